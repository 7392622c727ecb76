//! Users who are evaluated together, wherever their columns stand.

use crate::{
    column::{Batch, Column},
    ir::AggregateId,
    schema::ColumnId,
    value::Value,
};

/// The users that are asked about together: a batch of a file, or some of everybody.
pub trait Frame: std::fmt::Debug + Sync {
    /// How many.
    fn rows(&self) -> usize;
    /// How many columns they may have.
    fn columns(&self) -> usize;
    /// A column, and where in it the first of them stands: a multiple of 64.
    fn column(&self, id: ColumnId) -> Option<(&Column, usize)>;
    /// The answer of a question over many rows.
    fn aggregate(&self, id: AggregateId, row: usize) -> Value;
    /// The same of all rows, where it stands in a column.
    fn aggregates(&self, id: AggregateId) -> Option<(&Column, usize)>;
    /// When the furthest step of a funnel was last reached.
    fn reached(&self, id: AggregateId, row: usize) -> Value;
}

/// Some rows of a batch, the first at a multiple of 64; they ask about no rows but their own.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'b> {
    batch: &'b Batch,
    start: usize,
    rows: usize,
}

impl<'b> Slice<'b> {
    /// A batch in slices of so many rows, a multiple of 64.
    pub fn all(batch: &'b Batch, rows: usize) -> impl Iterator<Item = Slice<'b>> {
        let starts = (0..batch.rows).step_by(rows.max(64));
        starts.map(move |start| Slice { batch, start, rows: rows.min(batch.rows - start) })
    }

    /// Where in the batch it begins.
    pub fn start(&self) -> usize {
        self.start
    }
}

impl Frame for Slice<'_> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> usize {
        self.batch.columns.len()
    }

    fn column(&self, id: ColumnId) -> Option<(&Column, usize)> {
        self.batch.column(id).map(|column| (column, self.start))
    }

    fn aggregate(&self, _: AggregateId, _: usize) -> Value {
        Value::Missing
    }

    fn aggregates(&self, _: AggregateId) -> Option<(&Column, usize)> {
        None
    }

    fn reached(&self, _: AggregateId, _: usize) -> Value {
        Value::Missing
    }
}
