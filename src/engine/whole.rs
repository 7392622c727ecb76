//! Evaluating rules that ask about many rows: the users are read and numbered, then the child tables are read once a stage,
//! and then every user is evaluated, in input order.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use rayon::prelude::*;

use crate::{
    column::Column,
    data::{self, BadRow, Input, Nested, Row, Rows, Wanted},
    engine::{
        Engine, Ran, RunError, RunSink, Tally,
        run::{Evaluated, TOGETHER},
    },
    eval::{
        kernel::Kernel,
        rows::{self},
        whole::{ChildRow, Name, Part, Pass, Whole},
    },
    ir::Reads,
    schema::{ColumnId, Role, Table, TableId},
    value::{Value, Zone, print},
};

/// The data of a run that looks at everybody.
#[derive(Clone, Debug)]
pub struct Everybody<'a> {
    /// Where the users are.
    pub users: &'a Input,
    /// Their table.
    pub table: &'a Table,
    /// Their columns that are read.
    pub needed: &'a [ColumnId],
    /// Where the rows of each child table are; none where they stand in the users' own records.
    pub children: BTreeMap<TableId, Option<Input>>,
    /// What is asked for.
    pub reads: &'a Reads,
    /// Whether a repeated key is told with the line that had it first.
    pub check_keys: bool,
    /// Whether bad rows are kept as they stood.
    pub verbatim: bool,
}

/// What became of the rows of a child table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChildCount {
    /// Rows read, bad ones among them.
    pub read: u64,
    /// Rows of users who are not there.
    pub orphans: u64,
    /// The first of those users.
    pub first_orphan: Option<String>,
    /// Rows that name no user.
    pub keyless: u64,
    /// Rows after the as-of.
    pub future: u64,
    /// Bad rows set aside.
    pub rejected: u64,
}

/// A metric's value, or its values by what a group has in common.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricValues {
    /// The `let`.
    pub definition: crate::ir::DefinitionId,
    /// Groups and their values; where there is one value, of no group.
    pub values: Vec<(Vec<Value>, Value)>,
}

/// Child rows that are read before they are looked at together.
const ROWS: usize = 1 << 14;

impl Engine {
    /// Evaluates everybody and hands the results on in input order; the same whatever the number of threads.
    ///
    /// # Errors
    /// What [`RunError`] says; nothing more is handed on after it.
    pub fn run_whole<S: RunSink>(&self, data: &Everybody<'_>, sink: &mut S) -> Result<Ran, RunError> {
        let mut ran = Ran::default();
        let interpreter = self.interpreter();
        let mut whole = Whole::new(interpreter, data.reads, data.table, data.needed);
        let mut reading = Reading { engine: self, data, ran: &mut ran, refused: HashSet::new() };
        let mut first = Some(whole.begin(1, vec![]));
        reading.users(&mut whole, first.as_mut(), sink)?;
        for stage in 1..=whole.stages() {
            let named = define(&whole, &whole.names_of(stage));
            let begun = first.take().filter(|_| named.is_empty());
            let nested_told = begun.is_some();
            let mut pass = begun.unwrap_or_else(|| whole.begin(stage, named));
            reading.children(&whole, &mut pass, stage, nested_told, sink)?;
            whole.end(pass);
        }
        self.hand_on(&whole, &mut ran, sink)?;
        let wanted = |it: &crate::ir::Metric| data.reads.definitions.contains(&it.definition);
        let metrics = self.rulebook().metrics();
        ran.metrics = metrics
            .iter()
            .filter(|it| wanted(it))
            .map(|it| MetricValues { definition: it.definition, values: whole.metric(it) })
            .collect();
        Ok(ran)
    }

    fn hand_on<S: RunSink>(&self, whole: &Whole<'_>, ran: &mut Ran, sink: &mut S) -> Result<(), RunError> {
        let kernel = Kernel::new(self.interpreter(), self.context(), whole.order(), sink.looks());
        let mut counts = kernel.counts();
        for start in (0..whole.users()).step_by(TOGETHER * rayon::current_num_threads()) {
            let end = (start + TOGETHER * rayon::current_num_threads()).min(whole.users());
            let starts: Vec<usize> = (start..end).step_by(TOGETHER).collect();
            let shared = &*sink;
            let parts: Vec<Evaluated<S::Ready>> = starts
                .into_par_iter()
                .map(|start| {
                    let users = Part::of(whole, start..(start + TOGETHER).min(end));
                    let mut part = Evaluated::none(&kernel);
                    self.evaluate_frame(&kernel, &users, shared, |_| None, &mut part);
                    part
                })
                .collect();
            for part in parts {
                self.take(part, &mut counts, ran, sink)?;
            }
        }
        ran.tally = Tally::of(&kernel, &counts);
        Ok(())
    }
}

/// The values of definitions for everybody, on all cores.
fn define(whole: &Whole<'_>, names: &[Name]) -> Vec<(Name, Column)> {
    if names.is_empty() {
        return vec![];
    }
    let mut columns = whole.new_columns(names);
    for start in (0..whole.users()).step_by(16 * TOGETHER) {
        let users: Vec<usize> = (start..(start + 16 * TOGETHER).min(whole.users())).collect();
        let values: Vec<Vec<Vec<Value>>> = users
            .par_chunks(1024)
            .map(|part| match (part.first(), part.last()) {
                (Some(first), Some(last)) => whole.define(names, *first..last + 1),
                _ => vec![],
            })
            .collect();
        for user in values.into_iter().flatten() {
            columns.iter_mut().zip(&user).for_each(|((_, column), value)| column.push(value));
        }
    }
    columns
}

/// The data as it is read.
struct Reading<'r, 'd> {
    engine: &'r Engine,
    data: &'r Everybody<'d>,
    ran: &'r mut Ran,
    /// Rows of the users' file, from 0, that were not taken.
    refused: HashSet<u64>,
}

impl Reading<'_, '_> {
    /// Reads the users; rows of theirs that stand in their records are told to the first stage at once.
    fn users(
        &mut self,
        whole: &mut Whole<'_>,
        mut pass: Option<&mut Pass>,
        sink: &mut impl RunSink,
    ) -> Result<(), RunError> {
        let nested = self.nested(None);
        let (data, zone) = (self.data, self.engine.clock().zone());
        let (table, needed) = (data.table.clone(), data.needed.to_vec());
        let wanted = Wanted { table, needed, nested, verbatim: data.verbatim };
        let rows = data::rows_as(data.users, wanted, zone)?;
        // By user.
        let mut lines: Vec<u64> = vec![];
        let mut told: BTreeMap<TableId, Vec<ChildRow>> = BTreeMap::new();
        let mut places: BTreeMap<TableId, u64> = BTreeMap::new();
        let key = data.table.key;
        for (place, row) in rows.enumerate() {
            self.ran.read += 1;
            let row = match row? {
                Ok(row) => row,
                Err(bad) => {
                    self.refuse(place, bad, sink)?;
                    continue;
                }
            };
            let value = match key {
                Some(key) => row.values.get(key.0 as usize).cloned().unwrap_or(Value::Missing),
                None => Value::Int(place as i64),
            };
            if value == Value::Missing || !whole.add(&value, &row.values) {
                let first = whole.number(&value).and_then(|user| lines.get(user)).copied();
                let bad = self.without_a_key_of_its_own(&value, row, first);
                self.refuse(place, bad, sink)?;
                continue;
            }
            if self.data.check_keys {
                lines.push(row.line);
            }
            if whole.users().is_multiple_of(TOGETHER) {
                sink.progress(self.ran.read, &data.table.name);
            }
            let user = whole.users() - 1;
            for (table, children) in row.children {
                let place = places.entry(table).or_default();
                self.nested_rows(table, user, children, place, true, told.entry(table).or_default());
            }
            if told.values().any(|rows| rows.len() >= ROWS)
                && let Some(pass) = pass.as_deref_mut()
            {
                told.iter_mut().for_each(|(table, rows)| tell(whole, pass, *table, std::mem::take(rows)));
            }
        }
        if let Some(pass) = pass {
            told.into_iter().for_each(|(table, rows)| tell(whole, pass, table, rows));
        }
        Ok(())
    }

    fn refuse(&mut self, place: usize, bad: Box<BadRow>, sink: &mut impl RunSink) -> Result<(), RunError> {
        self.ran.rejected += 1;
        self.refused.insert(place as u64);
        sink.bad_row(bad)
    }

    fn without_a_key_of_its_own(&self, key: &Value, row: Row, first: Option<u64>) -> Box<BadRow> {
        let text = print::text(key, self.engine.clock().zone());
        let reason = match (key, first) {
            (Value::Missing, _) => "the key is missing".to_owned(),
            (_, Some(first)) => format!("the key `{text}` is there already, on line {first}"),
            (_, None) => format!("the key `{text}` is there already"),
        };
        let column = self.data.table.key.map(|key| self.data.table.column(key).header.clone());
        Box::new(BadRow { file: self.data.users.name(), line: row.line, column, reason, verbatim: row.verbatim })
    }

    /// The child tables whose rows stand in the users' records, of those that are asked about.
    fn nested(&self, asked: Option<&BTreeSet<TableId>>) -> Vec<Nested> {
        let tables = self.data.reads.children.iter();
        let nested = tables.filter(|(id, _)| {
            matches!(self.data.children.get(id), Some(None)) && asked.is_none_or(|asked| asked.contains(id))
        });
        let of = |(id, needed): (&TableId, &BTreeSet<ColumnId>)| Nested {
            id: *id,
            table: self.engine.rulebook().schema.table(*id).clone(),
            needed: needed.clone(),
        };
        nested.map(of).collect()
    }

    /// Rows of one user, sorted out: those that have happened.
    fn nested_rows(
        &mut self,
        id: TableId,
        user: usize,
        children: Vec<Vec<Value>>,
        place: &mut u64,
        counted: bool,
        told: &mut Vec<ChildRow>,
    ) {
        let table = self.engine.rulebook().schema.table(id);
        let count = self.ran.children.entry(id).or_default();
        for values in children {
            *place += 1;
            count.read += u64::from(counted);
            let when = rows::when(table, &values, *place);
            if rows::is_future(table, when, self.engine.clock()) {
                count.future += u64::from(counted);
                continue;
            }
            told.push(ChildRow { user, when, values });
        }
    }

    /// Reads the child tables that a stage asks about.
    fn children(
        &mut self,
        whole: &Whole<'_>,
        pass: &mut Pass,
        stage: u32,
        nested_told: bool,
        sink: &mut impl RunSink,
    ) -> Result<(), RunError> {
        let asked = pass.tables();
        for id in &asked {
            if let Some(Some(input)) = self.data.children.get(id) {
                let seen = self.ran.children.contains_key(id);
                self.file(*id, input, whole, pass, !seen, sink)?;
            }
        }
        let nested = self.nested(Some(&asked));
        if nested.is_empty() || nested_told && stage == 1 {
            return Ok(());
        }
        // The users' file once more, for what stands in it.
        let key: Vec<ColumnId> = self.data.table.key.into_iter().collect();
        let zone = self.engine.clock().zone();
        let wanted = Wanted { table: self.data.table.clone(), needed: key, nested, verbatim: false };
        let rows = data::rows_as(self.data.users, wanted, zone)?;
        let mut places: BTreeMap<TableId, u64> = BTreeMap::new();
        let mut told: BTreeMap<TableId, Vec<ChildRow>> = BTreeMap::new();
        let mut user = 0;
        for (place, row) in rows.enumerate() {
            let Ok(row) = row? else { continue };
            if self.refused.contains(&(place as u64)) {
                continue;
            }
            for (table, children) in row.children {
                let place = places.entry(table).or_default();
                self.nested_rows(table, user, children, place, false, told.entry(table).or_default());
            }
            if told.values().any(|rows| rows.len() >= ROWS) {
                told.iter_mut().for_each(|(table, rows)| tell(whole, pass, *table, std::mem::take(rows)));
            }
            user += 1;
        }
        told.into_iter().for_each(|(table, rows)| tell(whole, pass, table, rows));
        Ok(())
    }

    /// Reads the file of one child table; while rows are looked at, the next ones are read.
    fn file(
        &mut self,
        id: TableId,
        input: &Input,
        whole: &Whole<'_>,
        pass: &mut Pass,
        counted: bool,
        sink: &mut impl RunSink,
    ) -> Result<(), RunError> {
        let table = self.engine.rulebook().schema.table(id);
        let Role::Children { by, .. } = table.role else { return Ok(()) };
        let mut needed = self.data.reads.children.get(&id).cloned().unwrap_or_default();
        needed.insert(by);
        let unique = table.key;
        needed.extend(unique);
        let needed: Vec<ColumnId> = needed.into_iter().collect();
        let verbatim = self.data.verbatim && unique.is_some();
        let wanted = Wanted { table: table.clone(), needed, nested: vec![], verbatim };
        let mut rows = data::rows_as(input, wanted, self.engine.clock().zone())?;
        let mut sorting =
            Sorting { engine: self.engine, table, by, unique, seen: Seen::default(), place: 0, file: input.name() };
        let mut count = ChildCount::default();
        let mut bad = vec![];
        let mut ready = sorting.next(&mut rows, whole, &mut count, &mut bad)?;
        while !ready.is_empty() || !bad.is_empty() || sorting.more() {
            if counted {
                bad.drain(..).try_for_each(|row| sink.bad_row(row))?;
            }
            bad.clear();
            let (next, ()) = rayon::join(
                || sorting.next(&mut rows, whole, &mut count, &mut bad),
                || tell(whole, pass, id, std::mem::take(&mut ready)),
            );
            ready = next?;
            sink.progress(count.read, &table.name);
        }
        if counted {
            self.ran.children.insert(id, count);
        }
        Ok(())
    }
}

/// Tells every question about a table of these rows, on all cores.
fn tell(whole: &Whole<'_>, pass: &mut Pass, table: TableId, rows: Vec<ChildRow>) {
    pass.questions(table).par_iter_mut().for_each(|question| question.tell(whole, &rows));
}

/// Keys that were there already, in little memory: numbers as they are, anything else by a hash of 128 bits.
#[derive(Default)]
struct Seen {
    ints: HashSet<i64>,
    others: HashSet<u128>,
}

impl Seen {
    /// Whether it is new.
    fn insert(&mut self, key: &Value) -> bool {
        if let Value::Int(key) = key {
            return self.ints.insert(*key);
        }
        let text = print::text(key, &Zone::utc());
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, &text).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        self.others.insert(half(0) << 64 | half(1))
    }
}

/// Rows of a child table's file, sorted out: whose they are, and whether they have happened.
struct Sorting<'s> {
    engine: &'s Engine,
    table: &'s Table,
    by: ColumnId,
    /// The key, where rows that repeat one are bad.
    unique: Option<ColumnId>,
    seen: Seen,
    /// Rows read so far; none once the file has ended.
    place: u64,
    file: String,
}

impl Sorting<'_> {
    /// Whether the file may hold more.
    fn more(&self) -> bool {
        self.place != u64::MAX
    }

    /// The next rows that have happened; none at the end.
    #[allow(clippy::vec_box, reason = "rows that are bad are handed on as the readers give them")]
    fn next(
        &mut self,
        rows: &mut Rows,
        whole: &Whole<'_>,
        count: &mut ChildCount,
        bad: &mut Vec<Box<BadRow>>,
    ) -> Result<Vec<ChildRow>, RunError> {
        let mut ready = Vec::with_capacity(if self.more() { ROWS } else { 0 });
        while self.more() && ready.len() < ROWS && bad.len() < ROWS {
            let Some(row) = rows.next() else {
                self.place = u64::MAX;
                break;
            };
            self.place += 1;
            count.read += 1;
            match row? {
                Ok(row) => match self.repeated(&row) {
                    Some(row) => {
                        count.rejected += 1;
                        bad.push(row);
                    }
                    None => ready.extend(self.sort(row, whole, count)),
                },
                Err(row) => {
                    count.rejected += 1;
                    bad.push(row);
                }
            }
        }
        Ok(ready)
    }

    fn repeated(&mut self, row: &Row) -> Option<Box<BadRow>> {
        let key = self.unique?;
        let zone = self.engine.clock().zone();
        let value = row.values.get(key.0 as usize).filter(|value| **value != Value::Missing)?;
        if self.seen.insert(value) {
            return None;
        }
        let text = print::text(value, zone);
        Some(Box::new(BadRow {
            file: self.file.clone(),
            line: row.line,
            column: Some(self.table.column(key).header.clone()),
            reason: format!("the key `{text}` is there already"),
            verbatim: row.verbatim.clone(),
        }))
    }

    fn sort(&self, row: Row, whole: &Whole<'_>, count: &mut ChildCount) -> Option<ChildRow> {
        let key = row.values.get(self.by.0 as usize).unwrap_or(&Value::Missing);
        if *key == Value::Missing {
            count.keyless += 1;
            return None;
        }
        let Some(user) = whole.number(key) else {
            count.orphans += 1;
            count.first_orphan.get_or_insert_with(|| print::text(key, self.engine.clock().zone()));
            return None;
        };
        let when = rows::when(self.table, &row.values, self.place);
        if rows::is_future(self.table, when, self.engine.clock()) {
            count.future += 1;
            return None;
        }
        Some(ChildRow { user, when, values: row.values })
    }
}
