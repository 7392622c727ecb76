//! Questions over the rows of child tables, told piece by piece: whose each row is, what it is to the questions, and then, user by
//! user, what is kept of it. Users are spread over parts that never touch each other, so that each part can be told by a thread of its own
//! and the rows of a user come in the order of their input.

use rayon::prelude::*;

use crate::{
    column::{Batch, Data},
    eval::{
        accumulate::{Accumulator, Answered},
        whole::{
            NOBODY, Named, Pass, Whole,
            asked::Rows,
            clauses::{Clauses, Found, Question},
            gather,
            slots::{self, Lanes, Piece, Slots},
        },
    },
    ir::{AggregateId, Over},
    schema::{ColumnId, Role, TableId},
};

/// Parts that users are spread over at most.
const PARTS: usize = 64;

/// What a stage asks of one child table.
#[derive(Debug)]
pub(super) struct Children<'a> {
    clauses: Clauses<'a>,
    told: Told,
    lanes: Vec<Lanes>,
    at: Option<ColumnId>,
    /// Columns of the table.
    width: usize,
    /// How many parts users are spread over.
    parts: usize,
}

/// What is kept of the rows that were told so far, part by part.
#[derive(Debug, Default)]
pub struct Told {
    parts: Vec<Slots>,
    rows: u64,
}

/// Whose the rows of a piece are.
#[derive(Debug, Default)]
pub struct Owners {
    /// The user of each row; [`NOBODY`] of rows that are not looked at.
    pub users: Vec<u32>,
    /// Rows that name no user.
    pub keyless: u64,
    /// Rows of users who are not there.
    pub orphans: u64,
    /// The first of these.
    pub first_orphan: Option<usize>,
    /// Rows that have not happened yet.
    pub future: u64,
}

/// A piece of a child table, looked at, and not yet told.
#[derive(Debug)]
pub struct Asked {
    batch: Batch,
    found: Found,
    /// By part: rows, and the slot of each.
    picks: Vec<(Vec<u32>, Vec<u32>)>,
}

impl<'a> Children<'a> {
    fn of(whole: &Whole<'a>, table: TableId, ids: &[AggregateId], named: &Named) -> Children<'a> {
        let clauses = Clauses::of(whole.interpreter, Over::Children(table), ids);
        let share = |question: &Question<'_>| whole.share(question.aggregate, named);
        let other = |question: &Question<'_>| whole.accumulator(question.aggregate, Some(table), named);
        let parts = rayon::current_num_threads().next_power_of_two().min(PARTS);
        let parts = (0..parts).map(|_| Slots::of(&clauses.questions, share, other));
        let (parts, mut lanes): (Vec<Slots>, Vec<Vec<Lanes>>) = parts.unzip();
        let lanes = lanes.pop().unwrap_or_default();
        let of = whole.interpreter.rulebook().schema.table(table);
        let at = match of.role {
            Role::Children { at, .. } => at,
            Role::Root | Role::Reference => None,
        };
        let (many, told) = (parts.len(), Told { parts, rows: 0 });
        Children { clauses, told, lanes, at, width: of.columns.len(), parts: many }
    }

    /// The answers, once all rows are told.
    pub(super) fn finish(mut self, users: usize) -> Vec<(AggregateId, Answered)> {
        self.told.grow(users);
        let others: Vec<Vec<Accumulator>> =
            (0..self.clauses.questions.len()).map(|at| slots::others(&mut self.told.parts, at)).collect();
        let (parts, questions) = (&self.told.parts, &self.clauses.questions);
        let all = questions.par_iter().zip(&self.lanes).zip(others);
        all.map(|((question, lanes), others)| (question.id, gather::finish(parts, lanes, question, others, users)))
            .collect()
    }

    /// Takes out what is kept, so that more can be told while others look at what comes next; it is put back with [`Children::told`].
    pub(super) fn telling(&mut self) -> Told {
        std::mem::take(&mut self.told)
    }

    pub(super) fn told(&mut self, told: Told) {
        self.told = told;
    }
}

impl Told {
    fn grow(&mut self, users: usize) {
        let many = self.parts.len().max(1);
        self.parts.par_iter_mut().for_each(|part| part.grow(users.div_ceil(many)));
    }
}

impl<'a> Whole<'a> {
    /// Begins to ask of child tables what a stage asks of them.
    pub(super) fn ask_children(&self, stage: u32, named: &Named) -> Vec<(TableId, Children<'a>)> {
        let mut by_table: Vec<(TableId, Vec<AggregateId>)> = vec![];
        for id in self.stages.at(stage) {
            let Over::Children(table) = self.interpreter.rulebook().aggregate(id).over else { continue };
            match by_table.iter_mut().find(|(of, _)| *of == table) {
                Some((_, ids)) => ids.push(id),
                None => by_table.push((table, vec![id])),
            }
        }
        by_table.into_iter().map(|(table, ids)| (table, Children::of(self, table, &ids, named))).collect()
    }

    /// Whose the rows of a child table are. Rows of `without` are looked at no more.
    pub fn owners(&self, table: TableId, batch: &Batch, without: &[usize]) -> Owners {
        let Role::Children { by, .. } = self.interpreter.rulebook().schema.table(table).role else {
            return Owners::default();
        };
        let Some(keys) = batch.column(by) else { return Owners::default() };
        let mut owners = Owners { users: self.numbers.all(keys), ..Owners::default() };
        let mut without = without.iter().peekable();
        if owners.users.contains(&NOBODY) || without.peek().is_some() {
            for (row, user) in owners.users.iter_mut().enumerate() {
                if without.next_if_eq(&&row).is_some() {
                    *user = NOBODY;
                } else if *user == NOBODY {
                    if keys.is_known(row) {
                        owners.orphans += 1;
                        owners.first_orphan.get_or_insert(row);
                    } else {
                        owners.keyless += 1;
                    }
                }
            }
        }
        owners.future = self.take_future_away(table, batch, &mut owners.users);
        owners
    }

    /// Takes rows away that have not happened yet, and counts them.
    pub fn take_future_away(&self, table: TableId, batch: &Batch, users: &mut [u32]) -> u64 {
        let Role::Children { at: Some(at), .. } = self.interpreter.rulebook().schema.table(table).role else {
            return 0;
        };
        let (Some(column), clock) = (batch.column(at), self.interpreter.clock()) else { return 0 };
        let mut future = 0;
        let mut take = |row: usize, is_future: bool| {
            if is_future
                && column.is_known(row)
                && let Some(user) = users.get_mut(row).filter(|user| **user != NOBODY)
            {
                *user = NOBODY;
                future += 1;
            }
        };
        match column.data() {
            Data::Date(days) => {
                let today = clock.today();
                days.iter().enumerate().for_each(|(row, day)| take(row, *day > today));
            }
            Data::Timestamp(micros) => {
                let now = clock.now();
                micros.iter().enumerate().for_each(|(row, at)| take(row, *at > now));
            }
            _ => {}
        }
        future
    }

    /// What the rows of a piece are to the questions of a pass; on any thread.
    pub fn ask(&self, pass: &Pass<'_>, table: TableId, batch: Batch, users: &[u32]) -> Option<Asked> {
        let children = pass.children(table)?;
        let rows = Rows::of_children(self, &pass.named, &batch, children.width, users);
        let found = children.clauses.ask(&rows);
        let many = children.parts;
        let (mask, shift) = (many as u32 - 1, many.trailing_zeros());
        let each = batch.rows / many + batch.rows / many / 4;
        let mut picks = vec![(Vec::with_capacity(each), Vec::with_capacity(each)); many];
        if many == 1 {
            let rows = (0..).zip(users).filter(|(_, user)| **user != NOBODY);
            picks = vec![rows.map(|(row, user)| (row, *user)).unzip()];
        } else {
            for (row, user) in (0..).zip(users).filter(|(_, user)| **user != NOBODY) {
                if let Some((rows, slots)) = picks.get_mut((user & mask) as usize) {
                    rows.push(row);
                    slots.push(user >> shift);
                }
            }
        }
        Some(Asked { batch, found, picks })
    }

    /// Tells the questions of a pass about pieces, in their order. Meanwhile others may look at the pieces that follow.
    pub fn tell(&self, pass: &Pass<'_>, table: TableId, told: &mut Told, pieces: &[Asked]) {
        let Some(Children { clauses, at, .. }) = pass.children(table) else { return };
        told.grow(self.users);
        let mut before = told.rows;
        let mut starts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            starts.push(before);
            before += piece.batch.rows as u64;
        }
        told.parts.par_iter_mut().enumerate().for_each(|(part, slots)| {
            for (asked, before) in pieces.iter().zip(&starts) {
                let Some((rows, own)) = asked.picks.get(part) else { continue };
                let piece = Piece { columns: &asked.batch, found: &asked.found, at: *at, before: *before };
                slots.tell(&clauses.questions, &piece, rows, own);
            }
        });
        told.rows = before;
    }
}
