//! The previous rulebook met with today's files: its lists and tables are where, and as, today's rulebook has those of the same name
//! (LANGUAGE.md §8). What today's has no more is looked for where the previous one says; what cannot be found, cannot be asked.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    data::{self, Input},
    engine::Files,
    ir::{DefinitionId, List, ListId, Reads, Rulebook},
    schema::{Column, ColumnFacts, ColumnId, Facts, Role, Source, Table, TableId},
};

/// The previous rulebook, with the files, columns and headers of today's.
pub fn met(previous: &Rulebook, today: &Rulebook) -> Rulebook {
    let mut met = previous.clone();
    for list in &mut met.lists {
        if let Some(now) = today.lists.iter().find(|now| now.name == list.name) {
            list.from.clone_from(&now.from);
            list.column.clone_from(&now.column);
        }
    }
    for table in &mut met.schema.tables {
        let Some(now) = namesake(today, table).filter(|now| !now.is_ledger() && !table.is_ledger()) else { continue };
        table.from.clone_from(&now.from);
        for column in &mut table.columns {
            let Some(now) = same_column(now, column) else { continue };
            column.header.clone_from(&now.header);
            if column.ty == now.ty {
                column.format.clone_from(&now.format);
            }
        }
    }
    met
}

/// What today's rulebook has for a table of the previous one: its own users, or the table of the same name.
fn namesake<'t>(today: &'t Rulebook, table: &Table) -> Option<&'t Table> {
    match table.role {
        Role::Root => Some(today.schema.root()),
        Role::Children { .. } | Role::Reference => {
            let other = |now: &&Table| now.name == table.name && now.role != Role::Root;
            today.schema.tables.iter().find(other)
        }
    }
}

fn same_column<'t>(now: &'t Table, column: &Column) -> Option<&'t Column> {
    let is_data = |column: &Column| column.source == Source::Data;
    now.columns.iter().find(|now| now.name == column.name && is_data(now) && is_data(column))
}

/// What the previous rulebook reads and is not there today, each with what is to be said of it.
#[derive(Debug, Default)]
pub struct Lacking {
    lists: BTreeMap<ListId, String>,
    tables: BTreeMap<TableId, String>,
    columns: BTreeMap<(TableId, ColumnId), String>,
}

impl Lacking {
    /// Looks for what the previous rulebook, as it was [`met`], reads; `facts` say what the users' records hold where they are JSON.
    pub fn of(
        previous: &Rulebook,
        today: &Rulebook,
        files: &Files,
        (users, facts): (&Input, Option<&Facts>),
        reads: &Reads,
    ) -> Lacking {
        let mut lacking = Lacking::default();
        for id in &reads.lists {
            let Some(list) = previous.lists.get(id.0 as usize) else { continue };
            if let Err(why) = list_is_there(list, files) {
                lacking.lists.insert(*id, why);
            }
        }
        let mut tables: BTreeMap<TableId, BTreeSet<ColumnId>> = reads.children.clone();
        for (id, columns) in &mut tables {
            if let Role::Children { by, at } = previous.schema.table(*id).role {
                columns.extend([Some(by), at].into_iter().flatten());
            }
        }
        // Of a reference table all columns are read.
        for (id, _) in &reads.lookups {
            tables.insert(*id, (0..previous.schema.table(*id).columns.len() as u32).map(ColumnId).collect());
        }
        let root = previous.schema.root();
        tables.insert(previous.schema.root, root.key.into_iter().chain(reads.columns.iter().copied()).collect());
        for (id, columns) in tables {
            let table = previous.schema.table(id);
            if table.is_ledger() {
                continue;
            }
            let input = match (table.role == Role::Root, files.of_table(table)) {
                (true, _) => Ok(Some(users.clone())),
                (false, Some(path)) => files.input(&path).map(Some).map_err(|error| error.to_string()),
                (false, None) => Ok(None),
            };
            let found = input.and_then(|input| lacking.look(today, id, table, &columns, input.as_ref(), facts));
            if let Err(why) = found {
                lacking.tables.insert(id, why);
            }
        }
        lacking
    }

    /// Looks for the columns of a table; without a file of its own, its rows stand in the users' records.
    fn look(
        &mut self,
        today: &Rulebook,
        id: TableId,
        table: &Table,
        columns: &BTreeSet<ColumnId>,
        input: Option<&Input>,
        facts: Option<&Facts>,
    ) -> Result<(), String> {
        let now = namesake(today, table);
        let Some(input) = input else {
            let nested = facts.is_some_and(|facts| facts.columns.iter().any(|it| it.header == table.name.as_str()));
            return match nested || now.is_some() {
                true => Ok(()),
                false => Err(format!("nobody says where the table `{}` is", table.name)),
            };
        };
        let headers = data::headers(input).map_err(|error| error.to_string())?;
        let is_root = table.role == Role::Root;
        for column in columns.iter().filter_map(|id| Some((*id, table.columns.get(id.0 as usize)?))) {
            let (column_id, column) = column;
            // Of a file without a single record nothing is known, and nothing is read.
            let is_there = match (&headers, facts.filter(|_| is_root)) {
                (Some(headers), _) => headers.is_empty() || headers.contains(&column.header),
                // A column that was put there since the rules read it has no type.
                (None, Some(facts)) => {
                    let is_it = |it: &ColumnFacts| it.header == column.header && it.ty.is_some();
                    facts.columns.iter().all(|it| it.ty.is_none()) || facts.columns.iter().any(is_it)
                }
                (None, None) => true,
            };
            let is_known = now.is_some_and(|now| same_column(now, column).is_some());
            if column.source == Source::Data && !is_there && !(column.optional && is_known) {
                let why = format!("`{}` has no column `{}`", input.name(), column.header);
                self.columns.insert((id, column_id), why);
            }
        }
        Ok(())
    }

    /// Whether nothing is lacking.
    pub fn is_nothing(&self) -> bool {
        self.lists.is_empty() && self.tables.is_empty() && self.columns.is_empty()
    }

    /// What a segment of the previous rulebook reads and is not there, the first of it.
    pub fn for_segment(&self, previous: &Rulebook, segment: DefinitionId) -> Option<&str> {
        let reads = previous.reads([segment]);
        let root = previous.schema.root;
        let list = reads.lists.iter().find_map(|id| self.lists.get(id));
        let table = || {
            let mut tables = reads.children.keys().chain(reads.lookups.iter().map(|(id, _)| id));
            tables.find_map(|id| self.tables.get(id)).or_else(|| self.tables.get(&root))
        };
        let column = || {
            let key = previous.schema.root().key;
            let own = key.iter().chain(&reads.columns).find_map(|id| self.columns.get(&(root, *id)));
            // What tells whose a row is, and when it happened, is read with the others; a reference table is read as a whole.
            let mut tables = reads.children.keys().chain(reads.lookups.iter().map(|(id, _)| id));
            own.or_else(|| tables.find_map(|id| self.of_table(previous, *id, &reads)))
        };
        list.or_else(table).or_else(column).map(String::as_str)
    }

    fn of_table(&self, previous: &Rulebook, id: TableId, reads: &Reads) -> Option<&String> {
        let own = reads.children.get(&id);
        let is_read = |column: &ColumnId| match previous.schema.table(id).role {
            Role::Children { by, at } => {
                *column == by || Some(*column) == at || own.is_some_and(|own| own.contains(column))
            }
            Role::Root | Role::Reference => true,
        };
        self.columns.iter().find(|((table, column), _)| *table == id && is_read(column)).map(|(_, why)| why)
    }
}

/// Whether an uploaded list's file is there, and has its column.
fn list_is_there(list: &List, files: &Files) -> Result<(), String> {
    let input = files.input(&files.of_list(list)).map_err(|error| error.to_string())?;
    let headers = data::headers(&input).map_err(|error| error.to_string())?;
    match (headers, &list.column) {
        (Some(headers), Some(column)) if !headers.is_empty() && !headers.contains(column) => {
            Err(format!("`{}` has no column `{column}`", input.name()))
        }
        _ => Ok(()),
    }
}
