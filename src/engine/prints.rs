//! What users' records and rows come to, each as one number: by it a run tells who is other than before, and whether it was made of the same
//! data.

use crate::{
    column::print as mark,
    engine::{Engine, Users, keys::Keys},
    eval::kernel::Cells,
    ir::{DefinitionId, Rulebook},
    schema::{Column, ColumnId, Source},
};

/// Takes users' records and rows together.
pub struct Prints<'p> {
    engine: &'p Engine,
    /// The columns that a user's record is.
    columns: Vec<ColumnId>,
}

impl<'p> Prints<'p> {
    /// Of the columns that the rules of an engine read.
    pub fn of(engine: &'p Engine) -> Prints<'p> {
        let rulebook = engine.rulebook();
        let all = rulebook.reads_for_actions((0..rulebook.definitions.len() as u32).map(DefinitionId));
        let own = |id: &ColumnId| rulebook.schema.root().column(*id).source == Source::Data;
        Prints { engine, columns: all.columns.iter().copied().filter(own).collect() }
    }

    /// What a record is, in words: the columns that rules read, of users and of their rows. Where two rulebooks say the same, what
    /// their runs found can be held against each other.
    pub fn what(rulebook: &Rulebook) -> Vec<String> {
        let all = rulebook.reads_for_actions((0..rulebook.definitions.len() as u32).map(DefinitionId));
        let schema = &rulebook.schema;
        let words = |column: &Column| (column.source == Source::Data).then(|| format!("{} {}", column.name, column.ty));
        let own = all.columns.iter().filter_map(|id| words(schema.root().column(*id)));
        let mut children = all.children.clone();
        for id in rulebook.actions.tables() {
            let columns = (0..schema.table(id).columns.len() as u32).map(ColumnId);
            children.entry(id).or_default().extend(columns);
        }
        let tables = children.iter().filter(|(id, _)| !schema.table(**id).is_ledger());
        let rows = tables.flat_map(|(id, columns)| {
            let of = move |column: &ColumnId| words(schema.table(*id).column(*column));
            columns.iter().filter_map(of).map(|column| format!("{} {column}", id.0))
        });
        own.chain(rows).collect()
    }

    /// What all of these users come to together; the same in whatever order they come, so that sums of such numbers can be compared.
    pub fn together(&self, users: &Users<'_>) -> u64 {
        let key = self.engine.rulebook().schema.root().key;
        let cells = key.map_or(Cells::Missing, |key| users.column(key));
        self.of_all(&Keys::of(&cells, self.engine.clock().zone()), &self.of_each(users))
    }

    /// The same of users whose keys and numbers are known.
    pub(super) fn of_all(&self, keys: &Keys<'_>, prints: &[u64]) -> u64 {
        let mut buffer = String::new();
        let of =
            |(row, print): (usize, &u64)| mark::mixed(mark::of_bytes(keys.text(row, &mut buffer).as_bytes()), *print);
        prints.iter().enumerate().map(of).fold(0, u64::wrapping_add)
    }

    /// What each user's record and rows come to.
    pub(super) fn of_each(&self, users: &Users<'_>) -> Vec<u64> {
        let mut prints: Vec<u64> = (0..users.rows()).map(|row| users.rows_print(row)).collect();
        for id in &self.columns {
            match users.column(*id) {
                Cells::Column(column, start) => column.mix_into(start, &mut prints),
                Cells::Own(column) => column.mix_into(0, &mut prints),
                Cells::Missing => mark::mix_missing(&mut prints),
                cells @ Cells::Truths(..) => {
                    for (row, print) in prints.iter_mut().enumerate() {
                        *print = mark::mixed(*print, mark::of_value(&cells.value(row)));
                    }
                }
            }
        }
        prints
    }
}
