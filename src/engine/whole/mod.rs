//! Evaluating rules that ask about many rows: the users are read and numbered, then the child tables are read once a stage,
//! and then every user is evaluated, in input order.

mod children;
mod nested;
mod places;
mod repeated;
pub(super) mod rounds;
mod since;
mod users;

pub use places::Places;
pub(super) use since::Since;
pub(super) use users::without_a_key_of_its_own;

use std::collections::{BTreeMap, HashSet};

use crate::{
    data::Input,
    engine::{
        Engine, Ran, RunError, RunSink, Tally,
        in_order::in_order,
        run::{Beside, Evaluated, TOGETHER},
    },
    eval::{
        kernel::Kernel,
        whole::{Part, Whole},
    },
    ir::{Body, DefinitionId, Reads},
    schema::{ColumnId, Table, TableId},
    value::Value,
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

impl Engine {
    /// Evaluates everybody and hands the results on in input order; the same whatever the number of threads.
    ///
    /// # Errors
    /// What [`RunError`] says; nothing more is handed on after it.
    pub fn run_whole<S: RunSink>(&self, data: &Everybody<'_>, sink: &mut S) -> Result<Ran, RunError> {
        self.run_whole_in(data, None, sink)
    }

    /// The same with data in pieces of about so many bytes.
    ///
    /// # Errors
    /// As [`Engine::run_whole`].
    pub fn run_whole_in<S: RunSink>(
        &self,
        data: &Everybody<'_>,
        piece: Option<usize>,
        sink: &mut S,
    ) -> Result<Ran, RunError> {
        let mut ran = Ran::default();
        let mut whole = Whole::new(self.interpreter(), data.reads, data.table, data.needed);
        let exclusive = |id: &DefinitionId| matches!(&self.rulebook().definition(*id).body, Body::Layer(ladder) if ladder.exclusive);
        let keeps_lines = data.check_keys || data.reads.definitions.iter().any(exclusive);
        let mut since = Since::of(self);
        let mut reading = Reading {
            engine: self,
            data,
            piece,
            ran: &mut ran,
            refused: HashSet::new(),
            keeps_lines,
            lines: Places::default(),
            since: since.as_mut(),
        };
        // Rows that stand in users' records are told to the first stage at once, where it reads nothing that is found first.
        let mut first = (!whole.reads_definitions(1)).then(|| whole.begin(1));
        reading.users(&mut whole, first.as_mut(), sink)?;
        if let Some(since) = reading.since.as_deref_mut() {
            since.grow(whole.users());
        }
        for stage in 1..=whole.stages() {
            let begun = first.take();
            let nested_told = begun.is_some();
            let mut pass = begun.unwrap_or_else(|| whole.begin(stage));
            reading.children(&whole, &mut pass, nested_told, sink)?;
            whole.end(pass);
        }
        let mut pass = whole.begin(whole.stages() + 1);
        reading.unasked(&whole, &mut pass, sink)?;
        let lines = reading.lines.lines;
        if let Some(since) = &mut since {
            since.sort();
        }
        self.hand_on(&whole, since.as_ref(), &lines, &mut ran, sink)?;
        let wanted = |it: &crate::ir::Metric| data.reads.definitions.contains(&it.definition);
        let metrics = self.rulebook().metrics();
        ran.metrics = metrics
            .iter()
            .filter(|it| wanted(it))
            .map(|it| MetricValues { definition: it.definition, values: whole.metric(it) })
            .collect();
        Ok(ran)
    }

    fn hand_on<S: RunSink>(
        &self,
        whole: &Whole<'_>,
        since: Option<&Since>,
        lines: &[u64],
        ran: &mut Ran,
        sink: &mut S,
    ) -> Result<(), RunError> {
        let sink = &*sink;
        let kernel = Kernel::new(self.interpreter(), self.context(), whole.order(), sink.looks());
        let evaluated = |kernel: &Kernel<'_>, _: usize, start: usize| {
            let users = Part::of(whole, start..(start + TOGETHER).min(whole.users()));
            let mut part = Evaluated::none();
            let beside = Beside { since: since.map(|since| (since, start)), numbers: None };
            let line = |row: usize| lines.get(start + row).copied();
            self.evaluate_frame(kernel, &users, beside, sink, line, &mut part);
            part
        };
        let starts = (0..whole.users()).step_by(TOGETHER);
        let take = |part| self.take(part, ran, sink);
        let kernel = in_order((rayon::current_num_threads(), false), starts, || kernel, evaluated, take)?;
        ran.tally = Tally::of(kernel);
        Ok(())
    }
}

/// The data as it is read.
struct Reading<'r, 'd> {
    engine: &'r Engine,
    data: &'r Everybody<'d>,
    /// Bytes of a piece, where that is said.
    piece: Option<usize>,
    ran: &'r mut Ran,
    /// Rows of the users' file, from 0, that were not taken.
    refused: HashSet<u64>,
    /// Whether something may be told of a user with the line.
    keeps_lines: bool,
    /// Where each user stands, then.
    lines: Places,
    /// What is found of rows for the users' turns.
    since: Option<&'r mut Since>,
}
