//! Rows of child tables that stand in the users' own records.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::{
    column::{Batch, Column},
    data::{Nested, Parsed, Wanted},
    engine::{
        RunError,
        whole::{Reading, rounds::Rounds},
    },
    eval::whole::{Asked, NOBODY, Pass, Whole},
    schema::{ColumnId, TableId},
};

/// Rows of one child table that stood in the records of a piece.
pub(super) struct Stood {
    table: TableId,
    batch: Batch,
    /// The row of the piece that each stood in.
    pub(super) owners: Vec<u32>,
}

/// Takes the rows that stood in records out of a piece, table by table.
pub(super) fn stood(parsed: &mut Parsed, nested: &[Nested]) -> Vec<Stood> {
    let records = std::mem::take(&mut parsed.children);
    let of = |nested: &Nested| {
        let column = |(at, column): (usize, &crate::schema::Column)| {
            nested.needed.contains(&ColumnId(at as u32)).then(|| Column::new(&column.ty))
        };
        let columns = nested.table.columns.iter().enumerate().map(column).collect();
        Stood { table: nested.id, batch: Batch { columns, rows: 0, lines: vec![] }, owners: vec![] }
    };
    let mut all: Vec<Stood> = nested.iter().map(of).collect();
    for (owner, tables) in records.into_iter().enumerate() {
        for (table, rows) in tables {
            let Some(stood) = all.iter_mut().find(|stood| stood.table == table) else { continue };
            for values in rows {
                stood.owners.push(owner as u32);
                stood.batch.rows += 1;
                for (column, value) in stood.batch.columns.iter_mut().zip(&values) {
                    if let Some(column) = column {
                        column.push(value);
                    }
                }
            }
        }
    }
    all.retain(|stood| stood.batch.rows > 0);
    all
}

impl Reading<'_, '_> {
    /// The child tables whose rows stand in the users' records, of those that are asked about.
    pub(super) fn nested(&self, asked: Option<&BTreeSet<TableId>>) -> Vec<Nested> {
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

    /// Tells rows, each with its user, in the order of the file. They are counted where they are read for the first time.
    pub(super) fn tell_nested(
        &mut self,
        whole: &Whole<'_>,
        pass: Option<&mut Pass<'_>>,
        told: Vec<(Stood, Vec<u32>)>,
        counted: bool,
    ) {
        let mut told = told;
        for (rows, users) in &mut told {
            let read = users.iter().filter(|user| **user != NOBODY).count() as u64;
            let future = whole.take_future_away(rows.table, &rows.batch, users);
            if let Some(since) = self.since.as_deref_mut().filter(|_| counted) {
                since.grow(whole.users());
                since.note(self.engine, rows.table, &rows.batch, users);
            }
            if counted {
                let count = self.ran.children.entry(rows.table).or_default();
                count.read += read;
                count.future += future;
            }
        }
        let Some(pass) = pass else { return };
        let shared = &*pass;
        let asked: Vec<(TableId, Option<Asked>)> = told
            .into_par_iter()
            .map(|(rows, users)| (rows.table, whole.ask(shared, rows.table, rows.batch, &users)))
            .collect();
        for (table, asked) in asked {
            if let Some(asked) = asked {
                let mut told = pass.telling(table);
                whole.tell(pass, table, &mut told, std::slice::from_ref(&asked));
                pass.told(table, told);
            }
        }
    }

    /// Reads the users' file once more, for what stands in it.
    pub(super) fn nested_again(
        &mut self,
        whole: &Whole<'_>,
        pass: &mut Pass<'_>,
        nested: &[Nested],
    ) -> Result<(), RunError> {
        let key: Vec<ColumnId> = self.data.table.key.into_iter().collect();
        let zone = self.engine.clock().zone();
        let wanted = Wanted { table: self.data.table.clone(), needed: key, nested: nested.to_vec(), verbatim: false };
        let mut rounds = Rounds::open(self.data.users, wanted, zone, self.piece)?;
        let (mut place, mut user) = (0, 0);
        loop {
            let pieces = rounds.next(|mut parsed| (stood(&mut parsed, nested), parsed.batch.rows, parsed.bad));
            if pieces.is_empty() {
                return Ok(());
            }
            let mut told = vec![];
            for piece in pieces {
                let (stood, rows, bad) = piece?;
                let mut bad = bad.into_iter().map(|(at, _)| at).peekable();
                let mut numbers = Vec::with_capacity(rows);
                for row in 0..rows {
                    while bad.next_if(|at| *at <= row).is_some() {
                        place += 1;
                    }
                    let taken = !self.refused.contains(&place);
                    numbers.push(if taken { user } else { NOBODY });
                    user += u32::from(taken);
                    place += 1;
                }
                place += bad.count() as u64;
                for rows in stood {
                    let own = |at: &u32| numbers.get(*at as usize).copied().unwrap_or(NOBODY);
                    let users = rows.owners.iter().map(own).collect();
                    told.push((rows, users));
                }
            }
            self.tell_nested(whole, Some(pass), told, false);
        }
    }
}
