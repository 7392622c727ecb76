//! Evaluating every user of a file, in order, on all cores: pieces of the file are read, evaluated and made ready to be written
//! side by side, and handed on in the order of the input.

use std::collections::BTreeMap;

use crate::{
    column::Batch,
    data::{BadRow, DataError, Parsed, chunks::Chunks},
    engine::{
        ChildCount, Engine, MetricValues, RecordError, Tally,
        ahead::Piece,
        in_order::in_order,
        met::{Known, Met, Pass, key_that_prints_alike},
        whole::{Since, rounds, without_a_key_of_its_own},
    },
    eval::{
        Answers, Overlap,
        kernel::{Cells, Found, Frame, Kernel, Slice},
        reference::{self, Row},
    },
    ir::{AggregateId, DefinitionId, Reads},
    schema::{ColumnId, TableId},
    value::{Value, print},
};

/// Users that are evaluated together where they stand in memory already.
pub(super) const TOGETHER: usize = 4096;
/// So many definitions take longer to be made ready than the first pieces take to be read.
const MANY: usize = 500;

/// Why a run ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The data cannot be read on.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A bad row, where none is allowed.
    #[error("{0}")]
    BadRow(Box<BadRow>),
    /// More bad rows than allowed: so many, of so many read.
    #[error("{0} of {1} rows are bad, more than allowed")]
    TooManyBadRows(u64, u64),
    /// Two arms of an `exclusive` layer apply to a user.
    #[error("user `{key}`: {error}")]
    User {
        /// The user's key.
        key: String,
        /// The line of the user's row, where it is known.
        line: Option<u64>,
        /// What is wrong.
        error: RecordError,
    },
    /// The results cannot be written.
    #[error("{0}")]
    Output(#[from] std::io::Error),
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    /// Rows read, bad ones among them.
    pub read: u64,
    /// Bad rows set aside.
    pub rejected: u64,
    /// Who got what.
    pub tally: Tally,
    /// What became of the rows of child tables.
    pub children: BTreeMap<TableId, ChildCount>,
    /// The values of metrics.
    pub metrics: Vec<MetricValues>,
}

impl Ran {
    /// Bad rows set aside, of users and of child tables.
    pub fn bad_rows(&self) -> u64 {
        self.rejected + self.children.values().map(|count| count.rejected).sum::<u64>()
    }
}

/// What happens to what a run finds.
pub trait RunSink: Sync {
    /// Users who are ready to be written.
    type Ready: Send;

    /// Whether it looks at what users got; if not, they are only counted.
    fn looks(&self) -> bool {
        true
    }

    /// Makes users ready to be written; called on many threads at once.
    fn prepare(&self, users: &Users<'_>) -> Self::Ready;

    /// Takes users who are ready, in input order, one call after the other.
    ///
    /// # Errors
    /// What cannot be written.
    fn take(&self, ready: Self::Ready) -> Result<(), RunError>;

    /// A bad row; an error ends the run.
    ///
    /// # Errors
    /// The row itself, where none is allowed.
    fn bad_row(&self, row: Box<BadRow>) -> Result<(), RunError>;

    /// So many rows of a table have been read; told now and then.
    fn progress(&self, rows: u64, table: &str) {
        let _ = (rows, table);
    }
}

/// Users who were evaluated together, and what they got.
#[derive(Clone, Copy, Debug)]
pub struct Users<'u> {
    kernel: &'u Kernel<'u>,
    frame: &'u dyn Frame,
    found: &'u Found,
    columns: usize,
    beside: Beside<'u>,
}

/// What is known of users beside their columns, where turns are taken.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beside<'u> {
    /// What is known of their rows in child tables; and which user the first of them is.
    pub(super) since: Option<(&'u Since, usize)>,
    /// What whoever remembers calls them, where that has been found.
    pub(super) numbers: Option<&'u [Option<u32>]>,
}

impl<'u> Users<'u> {
    /// How many.
    pub fn rows(&self) -> usize {
        self.frame.rows()
    }

    /// A column of theirs.
    pub fn column(&self, id: ColumnId) -> Cells<'u> {
        self.frame.column(id).map_or(Cells::Missing, |(column, start)| Cells::Column(column, start))
    }

    /// What they got of a definition.
    pub fn result(&self, id: DefinitionId) -> Cells<'u> {
        self.kernel.cells(self.found, self.frame, id)
    }

    /// What one of them got of a question over many rows.
    pub fn aggregate(&self, id: AggregateId, row: usize) -> Value {
        self.frame.aggregate(id, row)
    }

    /// The columns of one of them.
    pub fn record(&self, row: usize) -> Vec<Value> {
        (0..self.columns).map(|at| self.column(ColumnId(at as u32)).value(row)).collect()
    }

    /// What the rows of child tables that are one's come to, together.
    pub fn rows_print(&self, row: usize) -> u64 {
        self.beside.since.map_or(0, |(since, first)| since.print(first + row))
    }

    /// The rows of child tables that happened to one of them since the run before.
    pub fn recent(&self, row: usize) -> Option<&'u BTreeMap<TableId, Vec<Vec<Value>>>> {
        self.beside.since.and_then(|(since, first)| since.recent(first + row))
    }

    /// Whether child rows happened to any of all users since the run before.
    pub(super) fn has_recent(&self) -> bool {
        self.beside.since.is_some_and(|(since, _)| since.has_recent())
    }

    /// Which user of all the first of them is, and what whoever remembers calls them, as far as that has been found.
    pub(super) fn known(&self) -> (usize, Option<&'u [Option<u32>]>) {
        (self.beside.since.map_or(0, |(_, first)| first), self.beside.numbers)
    }

    /// Asks the plain interpreter about one of them.
    pub(super) fn ask<T>(&self, row: usize, what: impl FnOnce(&Row<'_, '_>) -> T) -> T {
        self.kernel.ask(self.found, self.frame, row, what)
    }

    /// What is known of one of them.
    pub(super) fn one(&self, row: usize) -> impl reference::Known + '_ {
        self.kernel.known(self.found, self.frame, row)
    }

    /// Everything that one of them got.
    pub fn answers(&self, row: usize) -> Answers {
        self.kernel.answers(self.found, self.frame, row)
    }
}

/// A piece of the input, evaluated.
pub(super) struct Evaluated<R> {
    pub(super) read: u64,
    #[allow(clippy::vec_box, reason = "rows that are bad are handed on as the readers give them")]
    pub(super) bad: Vec<Box<BadRow>>,
    pub(super) ready: Vec<R>,
    /// The first user to whom two arms of an exclusive layer apply: key, line, arms.
    pub(super) overlap: Option<(String, Option<u64>, Overlap)>,
}

impl<R> Evaluated<R> {
    /// Nobody yet.
    pub(super) fn none() -> Evaluated<R> {
        Evaluated { read: 0, bad: vec![], ready: vec![], overlap: None }
    }
}

impl Engine {
    /// Evaluates for every row what is asked for, which asks about no rows but the users' own, and hands the results on in input
    /// order; the same whatever the number of threads.
    ///
    /// # Errors
    /// What [`RunError`] says; nothing more is handed on after it.
    pub fn run<S: RunSink>(&self, chunks: Chunks, reads: &Reads, sink: &mut S) -> Result<Ran, RunError> {
        self.run_on(rayon::current_num_threads(), chunks, reads, sink)
    }

    /// The same on so many threads, the one that asks among them. Where users are remembered, rows without a key of their own are bad rows.
    ///
    /// # Errors
    /// What [`RunError`] says; nothing more is handed on after it.
    pub fn run_on<S: RunSink>(
        &self,
        threads: usize,
        chunks: Chunks,
        reads: &Reads,
        sink: &mut S,
    ) -> Result<Ran, RunError> {
        let asked = self.rulebook().order_of(reads);
        let make = || Kernel::of_reads(self.interpreter(), self.context(), &asked, reads, sink.looks());
        let is_long = asked.len() > MANY;
        let chunks = if is_long && !sink.looks() { chunks.of_which_much_is_asked() } else { chunks };
        let met = Met::of(self);
        // Users who are met pass in their order, so none is read before it is its turn.
        let ahead = is_long && met.is_none();
        let at_once = (!ahead).then(&make);
        let mut ran = Ran::default();
        let work = |kernel: &Kernel<'_>, number: usize, piece: Piece| {
            self.evaluated(kernel, met.as_ref().map(|met| met.begin(number)), piece, &*sink)
        };
        let take = |part: Result<Evaluated<S::Ready>, DataError>| {
            self.take(part?, &mut ran, &*sink)?;
            sink.progress(ran.read, &self.rulebook().schema.root().name);
            Ok::<(), RunError>(())
        };
        let pieces = chunks.map(Piece::Unread);
        let kernel = in_order((threads, ahead), pieces, || at_once.unwrap_or_else(make), work, take)?;
        ran.tally = Tally::of(kernel);
        Ok(ran)
    }

    /// Evaluates the rows of a piece.
    fn evaluated<S: RunSink>(
        &self,
        kernel: &Kernel<'_>,
        pass: Option<Pass<'_, '_>>,
        piece: Piece,
        sink: &S,
    ) -> Result<Evaluated<S::Ready>, DataError> {
        let mut part = Evaluated::none();
        let mut evaluate = |batch: &Batch, numbers: Option<&[Option<u32>]>| {
            for slice in Slice::all(batch, kernel.together()) {
                let line = |row: usize| batch.lines.get(slice.start() + row).copied();
                let own = |numbers: &'_ [Option<u32>]| slice.start()..(slice.start() + slice.rows()).min(numbers.len());
                let numbers = numbers.and_then(|numbers| numbers.get(own(numbers)));
                self.evaluate_frame(kernel, &slice, Beside { since: None, numbers }, sink, line, &mut part);
            }
        };
        let (mut read, mut bad) = (0, vec![]);
        let Some(pass) = pass else {
            piece.each(&mut |parsed| {
                let Parsed { mut batch, bad: found, .. } = parsed;
                read += (batch.rows + found.len()) as u64;
                self.recall(&mut batch, None);
                evaluate(&batch, None);
                bad.extend(found.into_iter().map(|(_, bad)| bad));
            })?;
            (part.read, part.bad) = (read, bad);
            return Ok(part);
        };
        let mut batches = vec![];
        piece.each(&mut |parsed| batches.push(parsed))?;
        let known = pass.meet(&batches);
        for (parsed, known) in batches.into_iter().zip(known) {
            read += (parsed.batch.rows + parsed.bad.len()) as u64;
            let (mut batch, numbers, found) = self.with_keys_of_their_own(parsed, known);
            self.recall(&mut batch, Some(&numbers));
            evaluate(&batch, Some(&numbers));
            bad.extend(found);
        }
        (part.read, part.bad) = (read, bad);
        Ok(part)
    }

    /// Whether users who are remembered can be evaluated as they are read, where nothing is asked about many rows: then those who have
    /// one key are found by how it prints.
    pub fn knows_keys(&self) -> bool {
        key_that_prints_alike(self).is_some()
    }

    /// The users of a batch who have a key of their own, what whoever remembers calls them, and the bad rows, in the file's order.
    #[allow(clippy::vec_box, reason = "rows that are bad are handed on as the readers give them")]
    fn with_keys_of_their_own(&self, parsed: Parsed, known: Known) -> (Batch, Vec<Option<u32>>, Vec<Box<BadRow>>) {
        let Parsed { file, batch, bad, verbatim, .. } = parsed;
        let Known { numbers, refused } = known;
        if refused.is_empty() {
            return (batch, numbers, bad.into_iter().map(|(_, bad)| bad).collect());
        }
        let (table, zone) = (self.rulebook().schema.root(), self.clock().zone());
        let keys = table.key.and_then(|key| batch.column(key));
        let key = |row: usize| keys.map_or(Value::Missing, |keys| keys.get(row));
        let told = |row: &usize| {
            let bad = without_a_key_of_its_own(&file, (table, &key(*row), None), &batch, *row, &verbatim, zone);
            (*row, bad)
        };
        let told = refused.iter().map(told).collect();
        let bad = rounds::in_order(bad, told, 0).into_iter().map(|(_, bad)| bad).collect();
        let mut keep = vec![true; batch.rows];
        for row in &refused {
            keep.iter_mut().skip(*row).take(1).for_each(|keep| *keep = false);
        }
        let kept = |row: usize| keep.get(row).copied().unwrap_or(true);
        let batch = Batch {
            columns: batch.columns.iter().map(|column| column.as_ref().map(|column| column.kept(&keep))).collect(),
            rows: batch.rows - refused.len(),
            lines: (0..).zip(&batch.lines).filter(|(row, _)| kept(*row)).map(|(_, line)| *line).collect(),
        };
        let numbers = (0..).zip(numbers).filter(|(row, _)| kept(*row)).map(|(_, number)| number).collect();
        (batch, numbers, bad)
    }

    /// Evaluates for users who are in memory what is asked for, which asks about no rows but their own.
    pub fn ask(&self, batches: &[Batch], asked: &[DefinitionId], found: &mut dyn FnMut(&Users<'_>)) {
        let kernel = Kernel::new(self.interpreter(), self.context(), asked, true);
        for slice in batches.iter().flat_map(|batch| Slice::all(batch, kernel.together())) {
            let frame: &dyn Frame = &slice;
            let evaluated = kernel.evaluate(frame);
            let columns = self.rulebook().schema.root().columns.len().max(frame.columns());
            found(&Users { kernel: &kernel, frame, found: &evaluated, columns, beside: Beside::default() });
        }
    }

    /// Evaluates users who stand one after the other.
    pub(super) fn evaluate_frame<S: RunSink>(
        &self,
        kernel: &Kernel<'_>,
        frame: &dyn Frame,
        beside: Beside<'_>,
        sink: &S,
        line: impl Fn(usize) -> Option<u64>,
        part: &mut Evaluated<S::Ready>,
    ) {
        if part.overlap.is_some() {
            return;
        }
        let found = kernel.evaluate(frame);
        let columns = self.rulebook().schema.root().columns.len().max(frame.columns());
        let users = Users { kernel, frame, found: &found, columns, beside };
        let overlap = found.overlaps.first();
        part.overlap = overlap.map(|(row, overlap)| (self.key_text(&users.record(*row)), line(*row), *overlap));
        if part.overlap.is_none() && sink.looks() {
            part.ready.push(sink.prepare(&users));
        }
    }

    /// Hands a piece on.
    pub(super) fn take<S: RunSink>(&self, part: Evaluated<S::Ready>, ran: &mut Ran, sink: &S) -> Result<(), RunError> {
        ran.read += part.read;
        for bad in part.bad {
            ran.rejected += 1;
            sink.bad_row(bad)?;
        }
        if let Some((key, line, overlap)) = part.overlap {
            return Err(RunError::User { key, line, error: self.overlap(overlap) });
        }
        part.ready.into_iter().try_for_each(|ready| sink.take(ready))
    }

    /// A user's key, as a message shows it.
    pub(super) fn key_text(&self, record: &[Value]) -> String {
        let key = self.rulebook().schema.root().key.and_then(|key| record.get(key.0 as usize));
        print::text(key.unwrap_or(&Value::Missing), self.clock().zone())
    }
}
