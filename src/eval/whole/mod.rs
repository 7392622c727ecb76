//! Everybody together: their own columns in little memory, and the answers of questions over many rows, found stage by stage.
//!
//! Who drives it hands it the users first, then, for each stage, the rows of the child tables that the stage asks about; at the
//! end every user can be evaluated as if alone. Nothing is kept of a child row but what the answers need.

mod asked;
mod children;
mod clauses;
mod gather;
mod lane;
mod numbers;
mod part;
mod slots;
mod steps;
mod truths;
mod users;
mod values;

pub use children::{Asked, Owners, Told};
pub use numbers::NOBODY;
pub use part::Part;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::{
    column::{Batch, Column, Data},
    eval::{
        Answers, Interpreter,
        accumulate::{Accumulator, Answered, FunnelTerms},
        kernel::{Cells, Kernel},
        reference::SoFar,
    },
    ir::{
        Aggregate, AggregateFunction, AggregateId, Body, DefinitionId, ExprKind, Ladder, Metric, Reads, Rulebook,
        Stages,
    },
    schema::{ColumnId, Table, TableId},
    value::{Type, Value},
};
use children::Children;
use numbers::Numbers;

/// Users that are evaluated together.
const TOGETHER: usize = 4096;

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
    /// The same for everybody.
    Same(Value),
    /// One a group, and each user's group; [`NOBODY`] of users who are in none.
    Groups(Vec<u32>, Column),
}

/// What a stage asks of the rows of child tables.
#[derive(Debug)]
pub struct Pass<'a> {
    stage: u32,
    children: Vec<(TableId, Children<'a>)>,
    named: Named,
}

/// What clauses read of definitions, by user; tags and segments closed, true or false.
type Named = BTreeMap<Name, Column>;

/// What is read of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    /// Its value.
    Value(DefinitionId),
    /// Of a `level … by`: the value that it goes by, which `to_next` reads.
    GoesBy(DefinitionId),
}

/// A user among everybody; or nobody in particular.
#[derive(Debug)]
struct Seen<'w> {
    whole: &'w Whole<'w>,
    user: Option<usize>,
    named: &'w Named,
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

    /// Gives the key of a row a user's number, unless it is missing ([`NOBODY`] is given back) or has one already, which is given back
    /// then. The users' columns follow, in the same order.
    ///
    /// # Errors
    /// The number that the key has.
    pub fn number(&mut self, keys: &Column, row: usize, number: usize) -> Result<(), u32> {
        self.numbers.insert(keys, row, number as u32)
    }

    /// The columns of users, behind those that are there.
    pub fn append(&mut self, batch: Batch) {
        self.users += batch.rows;
        for (all, part) in self.columns.iter_mut().zip(batch.columns) {
            if let (Some(all), Some(part)) = (all, part) {
                all.append(part);
            }
        }
    }

    fn column(&self, id: ColumnId) -> Option<&Column> {
        self.columns.get(id.0 as usize).and_then(Option::as_ref)
    }

    /// A user's columns; those that are not kept are missing.
    fn record(&self, user: usize) -> Vec<Value> {
        let value = |column: &Option<Column>| column.as_ref().map_or(Value::Missing, |column| column.get(user));
        self.columns.iter().map(value).collect()
    }

    /// Whether a stage reads anything of definitions.
    pub fn reads_definitions(&self, stage: u32) -> bool {
        !self.names_of(stage).is_empty()
    }

    /// Begins a stage: what it asks of child rows. What it reads of definitions is found first.
    pub fn begin(&self, stage: u32) -> Pass<'a> {
        let named = self.define(&self.names_of(stage));
        let children = self.ask_children(stage, &named);
        Pass { stage, children, named }
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
        Accumulator::new(aggregate, self.share(aggregate, named), terms, self.interpreter.clock())
    }

    /// The share that a quantile asks for.
    fn share(&self, aggregate: &Aggregate, named: &Named) -> Value {
        let known = Seen { whole: self, user: None, named };
        match &aggregate.function {
            AggregateFunction::Quantile(share) => self.interpreter.row(&known).value(share),
            _ => Value::Missing,
        }
    }

    /// The names that the clauses of a stage read: their values are known by then, and wanted by user.
    fn names_of(&self, stage: u32) -> Vec<Name> {
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

    /// The values of names for everybody, on all cores.
    fn define(&self, names: &[Name]) -> Named {
        let rulebook = self.interpreter.rulebook();
        let values = names.iter().filter_map(|name| match name {
            Name::Value(id) => Some(*id),
            Name::GoesBy(_) => None,
        });
        let values: Vec<DefinitionId> = values.collect();
        let levels = names.iter().filter_map(|name| match name {
            Name::GoesBy(id) => Some(*id),
            Name::Value(_) => None,
        });
        let levels: Vec<DefinitionId> = levels.collect();
        let mut named = Named::new();
        if !values.is_empty() {
            let order = rulebook.order_of(&rulebook.reads(values.iter().copied()));
            let kernel = Kernel::new(self.interpreter, self.interpreter.context(), &order, true);
            let parts = self.by_parts(|part| {
                let found = kernel.evaluate(part);
                let column =
                    |id: &DefinitionId| cut(rulebook, *id, kernel.cells(&found, part, *id), part.users().len());
                values.iter().map(column).collect()
            });
            let of = |id: &DefinitionId| Column::new(&rulebook.definition(*id).ty);
            let columns = joined(values.iter().map(of).collect(), parts);
            named.extend(values.iter().map(|id| Name::Value(*id)).zip(columns));
        }
        if !levels.is_empty() {
            let reads = rulebook.reads(levels.iter().copied());
            let order = rulebook.order_of(&reads);
            let new = || levels.iter().map(|id| Column::new(goes_by(rulebook, *id))).collect::<Vec<Column>>();
            let parts = self.by_parts(|part| {
                let mut columns = new();
                for user in part.users() {
                    let record = self.record(user);
                    let mut answers = self.answers(Some(user), &reads.aggregates);
                    self.interpreter.evaluate_answered(&order, &record, &mut answers);
                    let value = |id: &DefinitionId| answers.goes_by.get(id).unwrap_or(&Value::Missing);
                    columns.iter_mut().zip(&levels).for_each(|(column, id)| column.push(value(id)));
                }
                columns
            });
            named.extend(levels.iter().map(|id| Name::GoesBy(*id)).zip(joined(new(), parts)));
        }
        named
    }

    /// Looks at everybody, part by part, on all cores.
    fn by_parts<T: Send>(&self, look: impl Fn(&Part<'_>) -> T + Sync) -> Vec<T> {
        let starts: Vec<usize> = (0..self.users).step_by(TOGETHER).collect();
        let part = |start: usize| look(&Part::of(self, start..(start + TOGETHER).min(self.users)));
        starts.into_par_iter().map(part).collect()
    }

    /// Ends a stage: the answers of its questions over child rows, and then of those over everybody.
    pub fn end(&mut self, pass: Pass<'_>) {
        let Pass { stage, children, named } = pass;
        let users = self.users;
        let answered = children.into_iter().flat_map(|(_, children)| children.finish(users));
        self.found.extend(answered.map(|(id, answered)| (id, Found::Each(answered))));
        let found = self.ask_users(stage, &named);
        self.found.extend(found);
    }

    /// What is known before a user is evaluated: the answers of questions over many rows. Of nobody in particular: those that
    /// are the same for everybody.
    fn answers<'i>(&self, user: Option<usize>, ids: impl IntoIterator<Item = &'i AggregateId>) -> Answers {
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

    fn reached(&self, id: AggregateId, user: Option<usize>) -> Value {
        match (self.found.get(&id), user) {
            (Some(Found::Each(Answered { reached: Some(reached), .. })), Some(user)) => reached.get(user),
            _ => Value::Missing,
        }
    }

    fn aggregate(&self, id: AggregateId, user: Option<usize>) -> Value {
        match (self.found.get(&id), user) {
            (Some(Found::Same(value)), _) => value.clone(),
            (Some(Found::Each(answered)), Some(user)) => answered.values.get(user),
            (Some(Found::Groups(groups, values)), Some(user)) => match groups.get(user) {
                Some(group) if *group != NOBODY => values.get(*group as usize),
                Some(_) | None => Value::Missing,
            },
            (Some(Found::Each(_) | Found::Groups(..)), None) | (None, _) => Value::Missing,
        }
    }

    /// The answers of a question by user, where they stand in a column.
    fn answers_of_each(&self, id: AggregateId) -> Option<&Column> {
        match self.found.get(&id) {
            Some(Found::Each(answered)) => Some(&answered.values),
            Some(Found::Same(_) | Found::Groups(..)) | None => None,
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
        // Of each group the first user.
        let mut names = BTreeSet::new();
        metric.per.iter().for_each(|expr| {
            expr.each(&mut |node| match &node.kind {
                ExprKind::Definition(id) => names.extend([Name::Value(*id)]),
                ExprKind::ToNext(id) => names.extend([Name::Value(*id), Name::GoesBy(*id)]),
                _ => {}
            });
        });
        let named = self.define(&names.into_iter().collect::<Vec<Name>>());
        let groups = self.groups(&metric.per, &named);
        let mut seen = vec![false; groups.many];
        let mut found: Vec<(Vec<Value>, Value)> = vec![];
        for (user, group) in groups.of.iter().enumerate() {
            if let Some(seen) = seen.get_mut(*group as usize).filter(|seen| !**seen) {
                *seen = true;
                found.push(of(Some(user)));
            }
        }
        found.sort_by(|(a, _), (b, _)| {
            let orders = a.iter().zip(b).filter_map(|(a, b)| crate::value::compare::order(a, b, zone));
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        found
    }
}

/// Columns with those of all parts.
fn joined(mut all: Vec<Column>, parts: Vec<Vec<Column>>) -> Vec<Column> {
    for part in parts {
        all.iter_mut().zip(part).for_each(|(all, part)| all.append(part));
    }
    all
}

/// The values of a definition for some users; of a tag or segment whether they have it.
fn cut(rulebook: &Rulebook, id: DefinitionId, cells: Cells<'_>, rows: usize) -> Column {
    let definition = rulebook.definition(id);
    let is_closed = matches!(definition.body, Body::Tag(_) | Body::Segment(_));
    match cells {
        Cells::Column(column, start) => column.part(start, rows),
        Cells::Own(column) => column,
        Cells::Truths(yes, no) => {
            let flags = (0..rows).map(|row| truths::has(yes, row)).collect();
            let mut known: Vec<u64> = match no.filter(|_| !is_closed) {
                Some(no) => yes.iter().zip(no).map(|(yes, no)| yes | no).collect(),
                None => vec![u64::MAX; rows.div_ceil(64)],
            };
            if let (Some(last), 1..) = (known.last_mut(), rows % 64) {
                *last &= (1 << (rows % 64)) - 1;
            }
            Column::of(Data::Bool(flags), known, rows)
        }
        Cells::Missing => {
            let mut column = Column::new(&definition.ty);
            column.grow(rows);
            column
        }
    }
}

/// The type of what a level goes by.
fn goes_by(rulebook: &Rulebook, level: DefinitionId) -> &Type {
    match &rulebook.definition(level).body {
        Body::Level(Ladder { by: Some(by), .. }) => &by.ty,
        _ => &Type::Bool,
    }
}

impl<'a> Pass<'a> {
    /// The child tables that are asked about.
    pub fn tables(&self) -> BTreeSet<TableId> {
        self.children.iter().map(|(table, _)| *table).collect()
    }

    fn children(&self, table: TableId) -> Option<&Children<'a>> {
        self.children.iter().find(|(of, _)| *of == table).map(|(_, children)| children)
    }

    /// Takes out what is kept of a child table's rows, to be told more.
    pub fn telling(&mut self, table: TableId) -> Told {
        self.children_mut(table).map(Children::telling).unwrap_or_default()
    }

    /// Puts it back.
    pub fn told(&mut self, table: TableId, told: Told) {
        if let Some(children) = self.children_mut(table) {
            children.told(told);
        }
    }

    fn children_mut(&mut self, table: TableId) -> Option<&mut Children<'a>> {
        self.children.iter_mut().find(|(of, _)| *of == table).map(|(_, children)| children)
    }
}
