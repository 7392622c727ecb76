//! Some of everybody, as the columnar evaluation looks at them.

use std::ops::Range;

use crate::{
    column::Column,
    eval::{
        kernel::Frame,
        whole::{Found, Whole},
    },
    ir::AggregateId,
    schema::ColumnId,
    value::Value,
};

/// Some of everybody, who stand one after the other; the first at a multiple of 64.
#[derive(Debug)]
pub struct Part<'w> {
    whole: &'w Whole<'w>,
    users: Range<usize>,
}

impl<'w> Part<'w> {
    /// These users.
    pub fn of(whole: &'w Whole<'w>, users: Range<usize>) -> Part<'w> {
        Part { whole, users }
    }

    /// Who they are.
    pub(super) fn users(&self) -> Range<usize> {
        self.users.clone()
    }
}

impl Frame for Part<'_> {
    fn rows(&self) -> usize {
        self.users.len()
    }

    fn columns(&self) -> usize {
        self.whole.columns.len()
    }

    fn column(&self, id: ColumnId) -> Option<(&Column, usize)> {
        self.whole.column(id).map(|column| (column, self.users.start))
    }

    fn aggregate(&self, id: AggregateId, row: usize) -> Value {
        self.whole.aggregate(id, Some(self.users.start + row))
    }

    fn aggregates(&self, id: AggregateId) -> Option<(&Column, usize)> {
        match self.whole.found.get(&id) {
            Some(Found::Each(answered)) => Some((&answered.values, self.users.start)),
            Some(Found::Groups(..) | Found::Same(_)) | None => None,
        }
    }

    fn reached(&self, id: AggregateId, row: usize) -> Value {
        self.whole.reached(id, Some(self.users.start + row))
    }
}
