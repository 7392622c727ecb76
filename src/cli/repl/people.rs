//! Everybody in the data, asked something: what the prompt counts, shows and compares.

use std::{collections::BTreeSet, sync::Arc};

use tagwell::{
    column::Batch,
    data::{self, BadRow, Wanted},
    engine::{Everybody, RunError, RunSink, Users},
    ir::{DefinitionId, Rulebook},
    schema::{ColumnId, Table},
    value::{Value, print},
};

use super::super::{
    book::{self, Book},
    clock::AsOf,
    exit::Failure,
    explain::asked::ended,
};

/// What everybody got of some definitions.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    /// In input order, as they print.
    pub(crate) keys: Vec<String>,
    /// By user: a value for each definition that was asked about.
    pub(crate) values: Vec<Vec<Value>>,
    /// Rows that are bad, and passed over.
    pub(crate) rejected: u64,
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
        let engine = book.checked.engine_with(book.context(as_of, &reads)?).of(Arc::clone(rulebook));
        let table = engine.rulebook().schema.root();
        let needed: BTreeSet<ColumnId> = table.key.into_iter().chain(reads.columns.iter().copied()).collect();
        let needed: Vec<ColumnId> = needed.into_iter().collect();
        let users = book.users()?;
        let mut sink =
            Gathering { key: table.key, ids, people: People::default(), zone: engine.clock().zone().clone() };
        let ran = if reads.aggregates.is_empty() {
            let wanted = Wanted { table: table.clone(), needed, nested: vec![], verbatim: false };
            let chunks = data::chunks(users, wanted, engine.clock().zone()).map_err(book::failure)?;
            engine.run(chunks, &reads, &mut sink)
        } else {
            let children = book.children(&reads)?;
            let everybody = Everybody {
                users,
                table,
                needed: &needed,
                children,
                reads: &reads,
                check_keys: false,
                verbatim: false,
            };
            engine.run_whole(&everybody, &mut sink)
        };
        let rejected = ran.map_err(ended)?.rejected;
        Ok(People { rejected, ..sink.people })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// What each got of one definition, by its place among those that were asked about.
    pub(crate) fn of(&self, at: usize) -> impl Iterator<Item = (&str, &Value)> {
        let values = self.values.iter().map(move |values| values.get(at).unwrap_or(&Value::Missing));
        self.keys.iter().map(String::as_str).zip(values)
    }
}

struct Gathering<'g> {
    key: Option<ColumnId>,
    ids: &'g [DefinitionId],
    people: People,
    zone: tagwell::value::Zone,
}

impl RunSink for Gathering<'_> {
    type Ready = (Vec<String>, Vec<Vec<Value>>);

    fn prepare(&self, users: &Users<'_>) -> Self::Ready {
        let key = |row: usize| {
            let key = self.key.map_or(Value::Missing, |key| users.column(key).value(row));
            print::text(&key, &self.zone)
        };
        let cells: Vec<_> = self.ids.iter().map(|id| users.result(*id)).collect();
        let values = (0..users.rows()).map(|row| cells.iter().map(|cells| cells.value(row)).collect());
        ((0..users.rows()).map(key).collect(), values.collect())
    }

    fn take(&mut self, (keys, values): Self::Ready) -> Result<(), RunError> {
        self.people.keys.extend(keys);
        self.people.values.extend(values);
        Ok(())
    }

    fn bad_row(&mut self, _: Box<BadRow>) -> Result<(), RunError> {
        Ok(())
    }
}

/// The users' own columns in memory, so that what is being typed is answered at once.
#[derive(Debug, Default)]
pub(crate) struct InMemory {
    table: Option<Table>,
    batches: Vec<Batch>,
}

/// How many a condition selects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selected {
    pub(crate) yes: u64,
    pub(crate) of: u64,
}

/// More users than this are not kept in memory: then only the type is told while one types.
const MOST: usize = 2_000_000;

impl InMemory {
    /// Counts whom a condition over the users' own columns selects. None where there are too many users, or none can be read.
    pub(crate) fn count(
        &mut self,
        book: &Book,
        as_of: &AsOf,
        rulebook: &Arc<Rulebook>,
        id: DefinitionId,
    ) -> Option<Selected> {
        let reads = rulebook.reads([id]);
        if !reads.aggregates.is_empty() {
            return None;
        }
        let engine = book.checked.engine_with(book.context(as_of, &reads).ok()?).of(Arc::clone(rulebook));
        let table = engine.rulebook().schema.root();
        if !self.table.as_ref().is_some_and(|kept| alike(kept, table)) {
            self.read(book, table, engine.clock().zone())?;
        }
        let mut selected = Selected::default();
        engine.ask(&self.batches, &[id], &mut |users| {
            let cells = users.result(id);
            selected.of += users.rows() as u64;
            selected.yes += (0..users.rows()).filter(|row| cells.value(*row) == Value::Bool(true)).count() as u64;
        });
        Some(selected)
    }

    fn read(&mut self, book: &Book, table: &Table, zone: &tagwell::value::Zone) -> Option<()> {
        self.table = None;
        self.batches.clear();
        let needed = (0..table.columns.len() as u32).map(ColumnId).collect();
        let wanted = Wanted { table: table.clone(), needed, nested: vec![], verbatim: false };
        let mut users = 0;
        for chunk in data::chunks(book.users().ok()?, wanted, zone).ok()? {
            let batch = chunk.ok()?.parse().ok()?.batch;
            users += batch.rows;
            if users > MOST {
                self.batches.clear();
                return None;
            }
            self.batches.push(batch);
        }
        self.table = Some(table.clone());
        Some(())
    }
}

/// Whether what was read of one table can stand for the other.
fn alike(a: &Table, b: &Table) -> bool {
    let same = |a: &tagwell::schema::Column, b: &tagwell::schema::Column| a.header == b.header && a.ty == b.ty;
    a.columns.len() == b.columns.len() && a.columns.iter().zip(&b.columns).all(|(a, b)| same(a, b))
}
