//! Rows that a clause asks about: of a child table, each with its user, or the users themselves.

use crate::{
    column::{Batch, Column},
    eval::{
        reference::{Known, Row},
        whole::{NOBODY, Name, Named, Seen, Whole, truths, truths::Bits},
    },
    ir::{Expr, ExprKind},
    plan::Slot,
    schema::ColumnId,
    value::Value,
};

/// Rows that are asked about together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'r> {
    whole: &'r Whole<'r>,
    named: &'r Named,
    of: Of<'r>,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
enum Of<'r> {
    /// Rows of a child table of so many columns; the number of each row's user, [`NOBODY`] where it is not asked about.
    Children { batch: &'r Batch, width: usize, users: &'r [u32] },
    /// Users from one on, who is a multiple of 64.
    Users(usize),
}

impl<'r> Rows<'r> {
    pub(super) fn of_children(
        whole: &'r Whole<'r>,
        named: &'r Named,
        batch: &'r Batch,
        width: usize,
        users: &'r [u32],
    ) -> Rows<'r> {
        Rows { whole, named, of: Of::Children { batch, width, users }, len: batch.rows }
    }

    /// So many users from one on, who is a multiple of 64.
    pub(super) fn of_users(whole: &'r Whole<'r>, named: &'r Named, start: usize, len: usize) -> Rows<'r> {
        Rows { whole, named, of: Of::Users(start), len }
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Where they begin in their own columns.
    pub(super) fn start(&self) -> usize {
        match self.of {
            Of::Children { .. } => 0,
            Of::Users(start) => start,
        }
    }

    /// The number of a row's user.
    fn user(&self, row: usize) -> Option<usize> {
        match self.of {
            Of::Children { users, .. } => users.get(row).filter(|user| **user != NOBODY).map(|user| *user as usize),
            Of::Users(start) => Some(start + row),
        }
    }

    /// Whether a row is asked about.
    pub(super) fn is_somebodys(&self, row: usize) -> bool {
        self.user(row).is_some()
    }

    /// A column of the rows' own.
    pub(super) fn own(&self, id: ColumnId) -> Option<&'r Column> {
        match self.of {
            Of::Children { batch, .. } => batch.column(id),
            Of::Users(_) => self.whole.column(id),
        }
    }

    /// Where the values of a slot stand.
    pub(super) fn place(&self, slot: Slot) -> Option<Place<'r>> {
        let by_user = |column: &'r Column| match self.of {
            Of::Children { users, .. } => Place::ByUser(column, users),
            Of::Users(start) => Place::Own(column, start),
        };
        match (slot, self.of) {
            (Slot::Column(id), Of::Children { batch, width, .. }) => match (id.0 as usize).checked_sub(width) {
                None => batch.column(id).map(|column| Place::Own(column, 0)),
                Some(at) => self.whole.column(ColumnId(at as u32)).map(by_user),
            },
            (Slot::Column(id), Of::Users(start)) => self.whole.column(id).map(|column| Place::Own(column, start)),
            (Slot::Definition(id), _) => self.named.get(&Name::Value(id)).map(by_user),
            (Slot::Aggregate(id), _) => self.whole.answers_of_each(id).map(by_user),
        }
    }

    /// Ready to ask the plain interpreter these expressions of rows.
    pub(super) fn asking(&self, exprs: &[&Expr]) -> Asking<'r> {
        let mut needed: Vec<ColumnId> = vec![];
        exprs.iter().for_each(|expr| {
            expr.each(&mut |node| {
                if let ExprKind::ChildColumn(id) = &node.kind {
                    needed.push(*id);
                }
            });
        });
        needed.sort_unstable();
        needed.dedup();
        let width = match self.of {
            Of::Children { width, .. } => width,
            Of::Users(_) => 0,
        };
        Asking { rows: *self, needed, record: vec![Value::Missing; width] }
    }
}

/// Asks the plain interpreter row by row.
#[derive(Debug)]
pub(super) struct Asking<'r> {
    rows: Rows<'r>,
    /// Columns of the child row that are read.
    needed: Vec<ColumnId>,
    record: Vec<Value>,
}

impl Asking<'_> {
    /// What the interpreter says of a row.
    pub(super) fn ask<T>(&mut self, row: usize, ask: impl FnOnce(&Row<'_, '_>) -> T) -> T {
        let Rows { whole, named, of, .. } = self.rows;
        let seen = Seen { whole, user: self.rows.user(row), named };
        match of {
            Of::Children { batch, .. } => {
                for id in &self.needed {
                    if let Some(slot) = self.record.get_mut(id.0 as usize) {
                        *slot = batch.column(*id).map_or(Value::Missing, |column| column.get(row));
                    }
                }
                ask(&whole.interpreter.child_row(&seen, &self.record))
            }
            Of::Users(_) => ask(&whole.interpreter.row(&seen)),
        }
    }
}

/// Where the values of a slot stand, row by row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'r> {
    /// One a row, from here on.
    Own(&'r Column, usize),
    /// One a user.
    ByUser(&'r Column, &'r [u32]),
}

impl<'r> Place<'r> {
    pub(super) fn column(&self) -> &'r Column {
        match self {
            Place::Own(column, _) | Place::ByUser(column, _) => column,
        }
    }

    /// Where they begin, if they stand one after the other.
    pub(super) fn straight(&self, rows: usize) -> Option<usize> {
        match self {
            Place::Own(column, start) if start + rows <= column.len() => Some(*start),
            Place::Own(..) | Place::ByUser(..) => None,
        }
    }

    /// Where in the column the value of a row stands.
    pub(super) fn at(&self, row: usize) -> Option<usize> {
        match self {
            Place::Own(_, start) => Some(start + row),
            Place::ByUser(_, users) => users.get(row).filter(|user| **user != NOBODY).map(|user| *user as usize),
        }
    }

    pub(super) fn value(&self, row: usize) -> Value {
        self.at(row).map_or(Value::Missing, |at| self.column().get(at))
    }

    /// Of which rows it is known.
    pub(super) fn known(&self, rows: usize) -> Bits {
        match self {
            Place::Own(column, start) => truths::known_from(column, *start, rows),
            Place::ByUser(column, users) => {
                let mut known = truths::none(rows);
                for (row, user) in users.iter().enumerate().filter(|(_, user)| column.is_known(**user as usize)) {
                    if let (true, Some(word)) = (*user != NOBODY, known.get_mut(row / 64)) {
                        *word |= 1 << (row % 64);
                    }
                }
                known
            }
        }
    }
}

impl Known for Seen<'_> {
    fn column(&self, id: ColumnId) -> Value {
        self.whole.column(id).zip(self.user).map_or(Value::Missing, |(column, user)| column.get(user))
    }

    fn definition(&self, id: crate::ir::DefinitionId) -> Value {
        self.named.get(&Name::Value(id)).zip(self.user).map_or(Value::Missing, |(column, user)| column.get(user))
    }

    fn aggregate(&self, id: crate::ir::AggregateId) -> Value {
        self.whole.aggregate(id, self.user)
    }

    fn reached(&self, id: crate::ir::AggregateId) -> Value {
        self.whole.reached(id, self.user)
    }

    fn goes_by(&self, level: crate::ir::DefinitionId) -> Value {
        let column = self.named.get(&Name::GoesBy(level));
        column.zip(self.user).map_or(Value::Missing, |(column, user)| column.get(user))
    }
}
