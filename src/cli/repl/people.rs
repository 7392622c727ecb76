//! Everybody in the data, asked something: what the prompt counts, shows and compares.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tagwell::{
    column::Column,
    data::{self, BadRow, Input, Memory, Wanted},
    engine::{ChildCount, Engine, Everybody, Ran, RunError, RunSink, Users},
    ir::{DefinitionId, Reads, Rulebook},
    schema::{ColumnId, TableId},
    value::{Type, Value, print},
};

use super::super::{
    book::{self, Book},
    clock::AsOf,
    exit::Failure,
    explain::asked::ended,
    summary::grouped,
    voice::count,
};

/// What everybody got of some definitions.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    /// In input order, as they print.
    pub(crate) keys: Vec<String>,
    /// By definition that was asked about: the values of all users.
    pub(crate) columns: Vec<Arc<Column>>,
    /// Rows that are bad, and passed over.
    pub(crate) rejected: u64,
    /// What became of the rows of child tables that were read, and where each stands.
    pub(crate) children: BTreeMap<TableId, (ChildCount, String)>,
    /// The first bad row of each file.
    bad: BTreeMap<String, Box<BadRow>>,
    /// Where the users stand.
    file: String,
}

impl People {
    /// Asks everybody; the rulebook is the book's, perhaps with more definitions.
    pub(crate) fn ask(
        book: &Book,
        as_of: &AsOf,
        rulebook: &Arc<Rulebook>,
        ids: &[DefinitionId],
    ) -> Result<People, Failure> {
        let reads = rulebook.reads(ids.iter().copied());
        let engine = book.engine(as_of, rulebook, &reads)?;
        let table = engine.rulebook().schema.root();
        let memory = book.users()?.memory();
        let zone = engine.clock().zone().clone();
        let types = ids.iter().map(|id| rulebook.definition(*id).ty.clone()).collect();
        let mut sink = Gathering { key: table.key, ids, types, found: Mutex::default(), zone, memory };
        let ran = run(book, &engine, &reads, &mut sink)?;
        let Gathered { keys, columns, bad } = sink.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let columns = columns.into_iter().map(Arc::new).collect();
        let people = People { keys, columns, bad, ..People::default() };
        let file_of = |id: TableId| book.files.of_table(rulebook.schema.table(id)).unwrap_or_default();
        let children = ran.children.into_iter().map(|(id, count)| (id, (count, file_of(id)))).collect();
        Ok(People { rejected: ran.rejected, children, file: book.users()?.name(), ..people })
    }

    /// The same with other values.
    pub(crate) fn with(self, columns: Vec<Arc<Column>>) -> People {
        People { columns, ..self }
    }

    /// Whether any row that was read is bad.
    pub(crate) fn has_bad_rows(&self) -> bool {
        self.rejected > 0 || self.children.values().any(|(count, _)| count.rejected > 0)
    }

    /// The first of the users' rows that is bad.
    pub(crate) fn first_bad(&self) -> Option<&BadRow> {
        self.bad.get(&self.file).map(|row| &**row)
    }

    /// Users who have the key of another.
    pub(crate) fn repeated(&self) -> Option<String> {
        let mut seen = HashSet::with_capacity(self.len());
        let again: Vec<&String> = self.keys.iter().filter(|key| !seen.insert(key.as_str())).collect();
        let first = again.first()?;
        let rows = count(again.len(), "row");
        let have = if again.len() == 1 { "has" } else { "have" };
        Some(format!("{rows} {have} a key that was there before (`{first}`): is a row a user?"))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// What one of them got of one definition, by its place among those that were asked about.
    pub(crate) fn value(&self, at: usize, row: usize) -> Value {
        self.columns.get(at).map_or(Value::Missing, |column| column.get(row))
    }

    /// What each got of one definition.
    pub(crate) fn of(&self, at: usize) -> impl Iterator<Item = (&str, Value)> {
        self.keys.iter().enumerate().map(move |(row, key)| (key.as_str(), self.value(at, row)))
    }

    /// What was passed over to come to this, a line each.
    pub(crate) fn passed_over(&self, rulebook: &Rulebook) -> Vec<String> {
        let mut lines = vec![];
        if let (Some(first), 1..) = (self.first_bad(), self.rejected) {
            let rows = count(self.rejected as usize, "bad row");
            lines.push(format!("{rows} passed over: {first}"));
        }
        for (table, (count, file)) in &self.children {
            let mut what = vec![];
            if count.rejected > 0 {
                let first = self.bad.get(file).map(|first| format!(" ({first})")).unwrap_or_default();
                what.push(format!("{} bad{first}", grouped(count.rejected)));
            }
            if let (Some(first), 1..) = (&count.first_orphan, count.orphans) {
                what.push(format!("{} of users who are not there (`{first}` first)", grouped(count.orphans)));
            }
            if count.keyless > 0 {
                what.push(format!("{} without a user", grouped(count.keyless)));
            }
            if count.future > 0 {
                what.push(format!("{} after the as-of", grouped(count.future)));
            }
            if !what.is_empty() {
                let (name, read) = (&rulebook.schema.table(*table).name, grouped(count.read));
                lines.push(format!("{name}: of {read} rows these do not count: {}", what.join(", ")));
            }
        }
        lines
    }
}

fn run(book: &Book, engine: &Engine, reads: &Reads, sink: &mut impl RunSink) -> Result<Ran, Failure> {
    let table = engine.rulebook().schema.root();
    let needed: BTreeSet<ColumnId> = table.key.into_iter().chain(reads.columns.iter().copied()).collect();
    let needed: Vec<ColumnId> = needed.into_iter().collect();
    let users = book.users()?;
    let ran = if reads.aggregates.is_empty() {
        let wanted = Wanted { table: table.clone(), needed, nested: vec![], verbatim: false };
        let chunks = data::chunks(users, wanted, engine.clock().zone()).map_err(book::failure)?;
        engine.run(chunks, reads, sink)
    } else {
        let children = book.children(reads)?;
        let everybody =
            Everybody { users, table, needed: &needed, children, reads, check_keys: false, verbatim: false };
        engine.run_whole(&everybody, sink)
    };
    ran.map_err(ended)
}

/// An error once somebody wants it to end.
fn goes_on(memory: Option<&Arc<Memory>>) -> Result<(), RunError> {
    memory.map_or(Ok(()), |memory| memory.check()).map_err(RunError::Data)
}

struct Gathering<'g> {
    key: Option<ColumnId>,
    ids: &'g [DefinitionId],
    /// Of the definitions.
    types: Vec<Type>,
    found: Mutex<Gathered>,
    zone: tagwell::value::Zone,
    memory: Option<&'g Arc<Memory>>,
}

#[derive(Default)]
struct Gathered {
    keys: Vec<String>,
    columns: Vec<Column>,
    /// The first bad row of each file.
    bad: BTreeMap<String, Box<BadRow>>,
}

impl RunSink for Gathering<'_> {
    type Ready = (Vec<String>, Vec<Column>);

    fn prepare(&self, users: &Users<'_>) -> Self::Ready {
        let key = |row: usize| {
            let key = self.key.map_or(Value::Missing, |key| users.column(key).value(row));
            print::text(&key, &self.zone)
        };
        let column = |(id, ty): (&DefinitionId, &Type)| {
            let (cells, mut column) = (users.result(*id), Column::new(ty));
            column.grow(users.rows());
            (0..users.rows()).for_each(|row| column.set(row, &cells.value(row)));
            column
        };
        ((0..users.rows()).map(key).collect(), self.ids.iter().zip(&self.types).map(column).collect())
    }

    fn take(&self, (keys, columns): Self::Ready) -> Result<(), RunError> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.keys.extend(keys);
        if found.columns.is_empty() {
            found.columns = columns;
        } else {
            found.columns.iter_mut().zip(columns).for_each(|(all, part)| all.append(part));
        }
        goes_on(self.memory)
    }

    fn bad_row(&self, row: Box<BadRow>) -> Result<(), RunError> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.bad.entry(row.file.clone()).or_insert(row);
        Ok(())
    }
}

/// How many a condition selects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selected {
    pub(crate) yes: u64,
    pub(crate) of: u64,
}

/// Rows that are asked about at every key that is pressed: users' own columns, and rows of child tables with their users.
const ROWS: u64 = 2_000_000;
const MANY_ROWS: u64 = 200_000;

impl Selected {
    /// Counts whom a condition selects; none where that might take longer than somebody who types would wait.
    pub(crate) fn at_once(book: &Book, as_of: &AsOf, rulebook: &Arc<Rulebook>, id: DefinitionId) -> Option<Selected> {
        let reads = rulebook.reads([id]);
        let users = book.users.as_ref()?;
        let mut rows = known_rows(users)?;
        for input in book.children(&reads).ok()?.values().flatten() {
            rows += known_rows(input)?;
        }
        if rows > if reads.aggregates.is_empty() { ROWS } else { MANY_ROWS } {
            return None;
        }
        let engine = book.engine(as_of, rulebook, &reads).ok()?;
        let mut sink = Counting { id, yes: AtomicU64::new(0), of: AtomicU64::new(0) };
        run(book, &engine, &reads, &mut sink).ok()?;
        Some(Selected { yes: sink.yes.into_inner(), of: sink.of.into_inner() })
    }
}

/// Rows that are in memory, or about as many as a small file may have; none of a large one that would have to be read.
fn known_rows(input: &Input) -> Option<u64> {
    let known = input.memory()?.rows(input);
    known.or_else(|| {
        let size = std::fs::metadata(input.name()).ok()?.len();
        (size < 2 << 20).then_some(size / 20)
    })
}

struct Counting {
    id: DefinitionId,
    yes: AtomicU64,
    of: AtomicU64,
}

impl RunSink for Counting {
    type Ready = ();

    fn prepare(&self, users: &Users<'_>) {
        let cells = users.result(self.id);
        let yes = (0..users.rows()).filter(|row| cells.value(*row) == Value::Bool(true)).count();
        self.yes.fetch_add(yes as u64, Ordering::Relaxed);
        self.of.fetch_add(users.rows() as u64, Ordering::Relaxed);
    }

    fn take(&self, (): ()) -> Result<(), RunError> {
        Ok(())
    }

    fn bad_row(&self, _: Box<BadRow>) -> Result<(), RunError> {
        Ok(())
    }
}
