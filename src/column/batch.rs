//! Some thousand rows of a table, column by column: what readers give, and what the columnar evaluation works on.

use crate::{column::Column, schema::ColumnId, value::Value};

/// Rows of one table that stand one after the other in its data.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// By [`ColumnId`]; none where nothing needs it.
    pub columns: Vec<Option<Column>>,
    /// How many rows.
    pub rows: usize,
    /// The line that each row begins on, from 1.
    pub lines: Vec<u64>,
}

impl Batch {
    /// The values of one row; those of columns that are not there are missing.
    pub fn record(&self, row: usize) -> Vec<Value> {
        let value = |column: &Option<Column>| column.as_ref().map_or(Value::Missing, |column| column.get(row));
        self.columns.iter().map(value).collect()
    }

    /// About how many bytes of memory its columns take.
    pub fn bytes(&self) -> usize {
        self.columns.iter().flatten().map(Column::bytes).sum()
    }

    /// The values of a column, where it was read.
    pub fn column(&self, id: ColumnId) -> Option<&Column> {
        self.columns.get(id.0 as usize).and_then(Option::as_ref)
    }
}
