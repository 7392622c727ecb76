//! Everybody together: their own columns in little memory, and the answers of questions over many rows, found stage by stage.
//!
//! Who drives it hands it the users first, then, for each stage, the rows of the child tables that the stage asks about; at the
//! end every user can be evaluated as if alone. Nothing is kept of a child row but what the answers need.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
    sync::Arc,
};

#[cfg(feature = "data")]
use crate::eval::kernel::Frame;
use crate::{
    column::Column,
    eval::{
        Answers, Interpreter,
        accumulate::{Accumulator, Answered, FunnelTerms},
        ranks::Ranks,
        reference::{Known, Row, SoFar},
        rows::{self, When},
    },
    ir::{
        Aggregate, AggregateFunction, AggregateId, Body, DefinitionId, ExprKind, Ladder, Metric, Over, Reads, Stages,
    },
    schema::{ColumnId, Table, TableId},
    value::{Type, Value, number, print},
};

/// Every user's columns, and what was found so far.
#[derive(Debug)]
pub struct Whole<'a> {
    interpreter: Interpreter<'a>,
    stages: Stages,
    /// The definitions that are asked for and read, each after those it reads.
    order: Vec<DefinitionId>,
    /// By [`ColumnId`] of the users' table; none where nothing needs it.
    columns: Vec<Option<Column>>,
    users: usize,
    numbers: Numbers,
    found: BTreeMap<AggregateId, Found>,
}

/// The answers of one question.
#[derive(Debug)]
enum Found {
    /// One a user.
    Each(Answered),
    /// One a group, and each user's group.
    Groups(Vec<Option<u32>>, Column),
}

/// The number of each user, by key.
#[derive(Debug, Default)]
struct Numbers {
    ints: HashMap<i64, u32>,
    texts: HashMap<Arc<str>, u32>,
}

/// A child row with its user.
#[derive(Debug)]
pub struct ChildRow {
    /// The user's number.
    pub user: usize,
    /// When it happened.
    pub when: When,
    /// By [`ColumnId`] of the child table.
    pub values: Vec<Value>,
}

/// What a stage asks of the rows of child tables.
#[derive(Debug)]
pub struct Pass {
    stage: u32,
    accumulators: Vec<(AggregateId, TableId, Accumulator)>,
    named: Named,
}

/// What clauses read of definitions, by user.
type Named = BTreeMap<Name, Column>;

/// What is read of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// Its value.
    Value(DefinitionId),
    /// Of a `level … by`: the value that it goes by, which `to_next` reads.
    GoesBy(DefinitionId),
}

impl Name {
    fn definition(self) -> DefinitionId {
        match self {
            Name::Value(id) | Name::GoesBy(id) => id,
        }
    }
}

impl<'a> Whole<'a> {
    /// Nobody yet. `table` is the users' table, of which `needed` columns are kept.
    pub fn new(interpreter: Interpreter<'a>, reads: &Reads, table: &Table, needed: &[ColumnId]) -> Whole<'a> {
        let columns = table.columns.iter().enumerate();
        let columns =
            columns.map(|(at, column)| needed.contains(&ColumnId(at as u32)).then(|| Column::new(&column.ty)));
        let stages = Stages::of(interpreter.rulebook(), reads);
        let order = interpreter.rulebook().order_of(reads);
        let numbers = Numbers::default();
        Whole { interpreter, stages, order, columns: columns.collect(), users: 0, numbers, found: BTreeMap::new() }
    }

    /// How many users there are.
    pub fn users(&self) -> usize {
        self.users
    }

    /// The definitions that are evaluated.
    pub fn order(&self) -> &[DefinitionId] {
        &self.order
    }

    /// How many stages there are.
    pub fn stages(&self) -> u32 {
        self.stages.last()
    }

    /// Adds a user; false where the key was there already, and then nothing is added.
    pub fn add(&mut self, key: &Value, record: &[Value]) -> bool {
        if !self.numbers.insert(key, self.users as u32) {
            return false;
        }
        for (column, value) in self.columns.iter_mut().zip(record) {
            if let Some(column) = column {
                column.push(value);
            }
        }
        self.users += 1;
        true
    }

    /// The number of the user with this key.
    pub fn number(&self, key: &Value) -> Option<usize> {
        self.numbers.get(key)
    }

    /// A user's columns; those that are not kept are missing.
    pub fn record(&self, user: usize) -> Vec<Value> {
        let value = |column: &Option<Column>| column.as_ref().map_or(Value::Missing, |column| column.get(user));
        self.columns.iter().map(value).collect()
    }

    /// Begins a stage: what it asks of child rows. `named` comes of [`Whole::names_of`].
    pub fn begin(&self, stage: u32, named: Vec<(Name, Column)>) -> Pass {
        let rulebook = self.interpreter.rulebook();
        let named: Named = named.into_iter().collect();
        let mut accumulators = vec![];
        for id in self.stages.at(stage) {
            let aggregate = rulebook.aggregate(id);
            if let Over::Children(table) = aggregate.over {
                accumulators.push((id, table, self.accumulator(aggregate, Some(table), &named)));
            }
        }
        Pass { stage, accumulators, named }
    }

    fn accumulator(&self, aggregate: &Aggregate, table: Option<TableId>, named: &Named) -> Accumulator {
        let known = Seen { whole: self, user: None, named };
        let terms = match (&aggregate.function, table) {
            (AggregateFunction::Funnel(steps, _), Some(table)) => Some(FunnelTerms {
                limits: self.interpreter.limits(steps, &known),
                kind: self.interpreter.moments_of(table),
            }),
            _ => None,
        };
        let share = match &aggregate.function {
            AggregateFunction::Quantile(share) => self.interpreter.row(&known).value(share),
            _ => Value::Missing,
        };
        Accumulator::new(aggregate, share, terms, self.interpreter.clock())
    }

    /// The names that the clauses of a stage read: their values are known by then, and wanted by user.
    pub fn names_of(&self, stage: u32) -> Vec<Name> {
        let rulebook = self.interpreter.rulebook();
        let mut names = BTreeSet::new();
        for id in self.stages.at(stage) {
            rulebook.aggregate(id).each_expr(&mut |expr| {
                expr.each(&mut |node| match &node.kind {
                    ExprKind::Definition(id) => names.extend([Name::Value(*id)]),
                    ExprKind::ToNext(id) => names.extend([Name::Value(*id), Name::GoesBy(*id)]),
                    _ => {}
                });
            });
        }
        names.into_iter().collect()
    }

    /// Columns for the values of names.
    pub fn new_columns(&self, names: &[Name]) -> Vec<(Name, Column)> {
        let rulebook = self.interpreter.rulebook();
        let ty = |name: &Name| match name {
            Name::Value(id) => &rulebook.definition(*id).ty,
            Name::GoesBy(id) => match &rulebook.definition(*id).body {
                Body::Level(Ladder { by: Some(by), .. }) => &by.ty,
                _ => &Type::Bool,
            },
        };
        names.iter().map(|name| (*name, Column::new(ty(name)))).collect()
    }

    /// The values of names for some users, user by user.
    pub fn define(&self, names: &[Name], users: Range<usize>) -> Vec<Vec<Value>> {
        let rulebook = self.interpreter.rulebook();
        let reads = rulebook.reads(names.iter().map(|name| name.definition()));
        let order = rulebook.order_of(&reads);
        let of_user = |user: usize| {
            let record = self.record(user);
            let mut answers = self.answers(Some(user), &reads.aggregates);
            self.interpreter.evaluate_answered(&order, &record, &mut answers);
            let known = SoFar { record: &record, answers: &answers };
            let value = |name: &Name| match name {
                Name::Value(id) => known.definition(*id),
                Name::GoesBy(id) => known.goes_by(*id),
            };
            names.iter().map(value).collect()
        };
        users.map(of_user).collect()
    }

    /// Ends a stage: the answers of its questions over child rows, and then of those over everybody.
    pub fn end(&mut self, pass: Pass) {
        let Pass { stage, accumulators, named } = pass;
        let mut found: Vec<(AggregateId, Found)> = vec![];
        for (id, _, accumulator) in accumulators {
            found.push((id, Found::Each(accumulator.finish(self.users))));
        }
        for id in self.stages.at(stage) {
            let aggregate = self.interpreter.rulebook().aggregate(id);
            if aggregate.over == Over::Users {
                found.push((id, self.ask_users(aggregate, &named)));
            }
        }
        self.found.extend(found);
    }

    /// A question over everybody.
    fn ask_users(&self, aggregate: &Aggregate, named: &Named) -> Found {
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut group_of: Vec<Option<u32>> = Vec::with_capacity(self.users);
        let zone = self.interpreter.clock().zone();
        for user in 0..self.users {
            if aggregate.per.is_empty() {
                group_of.push(Some(0));
                continue;
            }
            let seen = Seen { whole: self, user: Some(user), named };
            let row = self.interpreter.row(&seen);
            let values: Vec<Value> = aggregate.per.iter().map(|expr| row.value(expr)).collect();
            let next = known.len() as u32;
            let key = || values.iter().map(|value| print::json(value, zone)).collect::<Vec<_>>().join(",");
            let grouped = values.iter().all(|value| rows::is_groupable(value, zone));
            group_of.push(grouped.then(|| *known.entry(key()).or_insert(next)));
        }
        let groups = if aggregate.per.is_empty() { 1 } else { known.len() };
        let elements = (0..self.users).map(|user| {
            let seen = Seen { whole: self, user: Some(user), named };
            rows::element(aggregate, &self.interpreter.row(&seen), When { at: None, place: user as u64 })
        });
        match &aggregate.function {
            AggregateFunction::Top(_) | AggregateFunction::Bottom(_) | AggregateFunction::Ntile(_) => Found::Each(
                self.rank(aggregate, elements.map(|it| it.map(|it| it.value)).collect(), &group_of, groups, named),
            ),
            _ => {
                let mut accumulator = self.accumulator(aggregate, None, named);
                accumulator.grow(groups);
                for (element, group) in elements.zip(&group_of) {
                    if let (Some(element), Some(group)) = (element, group) {
                        accumulator.add(*group as usize, element);
                    }
                }
                Found::Groups(group_of, accumulator.finish(groups).values)
            }
        }
    }

    fn rank(
        &self,
        aggregate: &Aggregate,
        values: Vec<Option<Value>>,
        group_of: &[Option<u32>],
        groups: usize,
        named: &Named,
    ) -> Answered {
        let mut ranks: Vec<Ranks> = (0..groups).map(|_| Ranks::default()).collect();
        for (value, group) in values.iter().zip(group_of) {
            if let (Some(value), Some(ranks)) = (value, group.and_then(|group| ranks.get_mut(group as usize))) {
                ranks.add(value);
            }
        }
        ranks.iter_mut().for_each(Ranks::sort);
        let mut answers = Column::new(&aggregate.ty);
        for (user, (value, group)) in values.iter().zip(group_of).enumerate() {
            let seen = Seen { whole: self, user: Some(user), named };
            let row = self.interpreter.row(&seen);
            let ranks = group.and_then(|group| ranks.get(group as usize));
            let place = value.as_ref().zip(ranks).and_then(|(value, ranks)| ranks.place(value));
            let answer = match (ranks, place) {
                (Some(ranks), Some((less, more))) => rows::rank(&aggregate.function, ranks.ranked(), less, more, &row),
                (Some(_), None) => rows::not_ranked(aggregate, &row),
                (None, _) => Value::Missing,
            };
            answers.push(&answer);
        }
        Answered { values: answers, reached: None }
    }

    /// What is known before a user is evaluated: the answers of questions over many rows. Of nobody in particular: those that
    /// are the same for everybody.
    pub fn answers<'i>(&self, user: Option<usize>, ids: impl IntoIterator<Item = &'i AggregateId>) -> Answers {
        let mut answers = Answers::none(self.interpreter.rulebook());
        for id in ids {
            if let Some(slot) = answers.aggregates.get_mut(id.0 as usize) {
                *slot = self.aggregate(*id, user);
            }
            if let (Some(Found::Each(Answered { reached: Some(reached), .. })), Some(user)) = (self.found.get(id), user)
            {
                answers.reached.insert(*id, reached.get(user));
            }
        }
        answers
    }

    /// What a user gets, once all stages have ended.
    pub fn evaluate(&self, user: usize) -> (Vec<Value>, Answers) {
        let record = self.record(user);
        let mut answers = self.answers(Some(user), self.stages.aggregates.keys());
        self.interpreter.evaluate_answered(&self.order, &record, &mut answers);
        (record, answers)
    }

    fn reached(&self, id: AggregateId, user: Option<usize>) -> Value {
        match (self.found.get(&id), user) {
            (Some(Found::Each(Answered { reached: Some(reached), .. })), Some(user)) => reached.get(user),
            _ => Value::Missing,
        }
    }

    fn aggregate(&self, id: AggregateId, user: Option<usize>) -> Value {
        match (self.found.get(&id), user) {
            (Some(Found::Each(answered)), Some(user)) => answered.values.get(user),
            (Some(Found::Groups(group_of, values)), Some(user)) => match group_of.get(user) {
                Some(Some(group)) => values.get(*group as usize),
                Some(None) | None => Value::Missing,
            },
            (Some(Found::Groups(_, values)), None) if self.interpreter.rulebook().aggregate(id).per.is_empty() => {
                values.get(0)
            }
            (Some(Found::Each(_) | Found::Groups(..)), None) | (None, _) => Value::Missing,
        }
    }

    /// The values of a metric: one, or one for each group that anybody belongs to, in order of what the group has in common.
    pub fn metric(&self, metric: &Metric) -> Vec<(Vec<Value>, Value)> {
        let rulebook = self.interpreter.rulebook();
        let zone = self.interpreter.clock().zone();
        let reads = rulebook.reads([metric.definition]);
        let order = rulebook.order_of(&reads);
        let of = |user: Option<usize>| {
            let record = user.map(|user| self.record(user)).unwrap_or_default();
            let mut answers = self.answers(user, &reads.aggregates);
            self.interpreter.evaluate_answered(&order, &record, &mut answers);
            let known = SoFar { record: &record, answers: &answers };
            let key: Vec<Value> = metric.per.iter().map(|expr| self.interpreter.row(&known).value(expr)).collect();
            (key, answers.value(metric.definition).clone())
        };
        if metric.per.is_empty() {
            return vec![of(None)];
        }
        let mut groups: BTreeMap<String, (Vec<Value>, Value)> = BTreeMap::new();
        for (key, value) in (0..self.users).map(|user| of(Some(user))) {
            if key.iter().all(|value| rows::is_groupable(value, zone)) {
                let text = key.iter().map(|value| print::json(value, zone)).collect::<Vec<_>>().join(",");
                groups.entry(text).or_insert((key, value));
            }
        }
        let mut found: Vec<(Vec<Value>, Value)> = groups.into_values().collect();
        found.sort_by(|(a, _), (b, _)| {
            let orders = a.iter().zip(b).filter_map(|(a, b)| crate::value::compare::order(a, b, zone));
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        found
    }
}

impl Pass {
    /// The child tables that are asked about.
    pub fn tables(&self) -> BTreeSet<TableId> {
        self.accumulators.iter().map(|(_, table, _)| *table).collect()
    }

    /// What is asked of one table: each can be told of the rows by itself, and all at the same time.
    pub fn questions(&mut self, table: TableId) -> Vec<Question<'_>> {
        let Pass { accumulators, named, .. } = self;
        let of_table = accumulators.iter_mut().filter(|(_, of, _)| *of == table);
        of_table.map(|(id, _, accumulator)| Question { id: *id, accumulator, named }).collect()
    }
}

/// One question of a pass.
#[derive(Debug)]
pub struct Question<'p> {
    id: AggregateId,
    accumulator: &'p mut Accumulator,
    named: &'p Named,
}

impl Question<'_> {
    /// Tells it of rows that have happened.
    pub fn tell(&mut self, whole: &Whole<'_>, rows: &[ChildRow]) {
        let aggregate = whole.interpreter.rulebook().aggregate(self.id);
        self.accumulator.grow(whole.users);
        for row in rows {
            let seen = Seen { whole, user: Some(row.user), named: self.named };
            let asked = whole.interpreter.child_row(&seen, &row.values);
            self.look(aggregate, &asked, row);
        }
    }

    fn look(&mut self, aggregate: &Aggregate, asked: &Row<'_, '_>, row: &ChildRow) {
        if matches!(aggregate.function, AggregateFunction::Funnel(..)) {
            if let Some((group, event)) = rows::event(aggregate, asked, row.when) {
                self.accumulator.add_event(row.user, &group, event);
            }
        } else if let Some(element) = rows::element(aggregate, asked, row.when) {
            self.accumulator.add(row.user, element);
        }
    }
}

/// A user among everybody.
#[derive(Debug)]
struct Seen<'w> {
    whole: &'w Whole<'w>,
    user: Option<usize>,
    named: &'w Named,
}

impl Known for Seen<'_> {
    fn column(&self, id: ColumnId) -> Value {
        let column = self.whole.columns.get(id.0 as usize).and_then(Option::as_ref);
        column.zip(self.user).map_or(Value::Missing, |(column, user)| column.get(user))
    }

    fn definition(&self, id: DefinitionId) -> Value {
        self.named.get(&Name::Value(id)).zip(self.user).map_or(Value::Missing, |(column, user)| column.get(user))
    }

    fn aggregate(&self, id: AggregateId) -> Value {
        self.whole.aggregate(id, self.user)
    }

    fn reached(&self, id: AggregateId) -> Value {
        self.whole.reached(id, self.user)
    }

    fn goes_by(&self, level: DefinitionId) -> Value {
        let column = self.named.get(&Name::GoesBy(level));
        column.zip(self.user).map_or(Value::Missing, |(column, user)| column.get(user))
    }
}

impl Numbers {
    fn insert(&mut self, key: &Value, number: u32) -> bool {
        match (whole(key), key) {
            (Some(key), _) => self.ints.insert_new(key, number),
            (None, Value::Text(key)) => self.texts.insert_new(Arc::clone(key), number),
            (None, other) => self.texts.insert_new(plain(other), number),
        }
    }

    fn get(&self, key: &Value) -> Option<usize> {
        let number = match (whole(key), key) {
            (Some(key), _) => self.ints.get(&key),
            (None, Value::Text(key)) => self.texts.get(key),
            (None, other) => self.texts.get(&plain(other)),
        };
        number.map(|number| *number as usize)
    }
}

/// A whole number, of whatever type: `7` in one table is `7.00` in another.
fn whole(key: &Value) -> Option<i64> {
    match key {
        Value::Int(key) => Some(*key),
        Value::Decimal(_) | Value::Float(_) => number::to_decimal(key)?.rescale(0)?.to_int(),
        _ => None,
    }
}

/// A key that is neither a text nor a whole number, as text; equal numbers alike.
fn plain(key: &Value) -> Arc<str> {
    let decimal = number::to_decimal(key).map(|it| it.to_string());
    match decimal.as_deref() {
        Some(text) if text.contains('.') => text.trim_end_matches('0').trim_end_matches('.').into(),
        Some(text) => text.into(),
        None => print::text(key, &crate::value::Zone::utc()).into(),
    }
}

trait InsertNew<K> {
    /// Inserts unless it is there; whether it was not.
    fn insert_new(&mut self, key: K, number: u32) -> bool;
}

impl<K: Eq + std::hash::Hash> InsertNew<K> for HashMap<K, u32> {
    fn insert_new(&mut self, key: K, number: u32) -> bool {
        match self.entry(key) {
            std::collections::hash_map::Entry::Occupied(_) => false,
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(number);
                true
            }
        }
    }
}

/// Some of everybody, who stand one after the other; the first at a multiple of 64.
#[cfg(feature = "data")]
#[derive(Debug)]
pub struct Part<'w> {
    whole: &'w Whole<'w>,
    users: Range<usize>,
}

#[cfg(feature = "data")]
impl<'w> Part<'w> {
    /// These users.
    pub fn of(whole: &'w Whole<'w>, users: Range<usize>) -> Part<'w> {
        Part { whole, users }
    }
}

#[cfg(feature = "data")]
impl Frame for Part<'_> {
    fn rows(&self) -> usize {
        self.users.len()
    }

    fn columns(&self) -> usize {
        self.whole.columns.len()
    }

    fn column(&self, id: ColumnId) -> Option<(&Column, usize)> {
        let column = self.whole.columns.get(id.0 as usize).and_then(Option::as_ref);
        column.map(|column| (column, self.users.start))
    }

    fn aggregate(&self, id: AggregateId, row: usize) -> Value {
        self.whole.aggregate(id, Some(self.users.start + row))
    }

    fn aggregates(&self, id: AggregateId) -> Option<(&Column, usize)> {
        match self.whole.found.get(&id) {
            Some(Found::Each(answered)) => Some((&answered.values, self.users.start)),
            Some(Found::Groups(..)) | None => None,
        }
    }

    fn reached(&self, id: AggregateId, row: usize) -> Value {
        self.whole.reached(id, Some(self.users.start + row))
    }
}
