//! Data files: where users come from. Rows are read strictly, one by one; what cannot be read is a [`BadRow`] that says file,
//! line, column and value.

mod bad_row;
mod columnar;
mod facts;
mod guard;
mod input;
mod json_lines;
mod lines;
mod table;
mod write;

pub use bad_row::{BadRow, DataError};
pub use facts::facts;
pub use guard::is_guarded;
pub use input::{Format, Input};
pub use write::{ColumnarForm, ColumnarWriter};

use crate::{
    schema::{ColumnId, Table},
    value::{Value, Zone},
};

/// One user's values by [`ColumnId`]; those of columns that nobody needs are missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The line that it begins on, from 1.
    pub line: u64,
    /// By [`ColumnId`] of the table that was asked for.
    pub values: Vec<Value>,
}

/// The rows of a file in order: a row, or why it is a bad one, or why the file cannot be read on.
pub type Rows = Box<dyn Iterator<Item = Result<Result<Row, Box<BadRow>>, DataError>> + Send>;

/// Reads a table's rows from a file. Only the needed columns are read, and judged; the header is judged at once.
///
/// # Errors
/// A file that cannot be opened, and a header that does not fit the table.
pub fn rows(input: &Input, table: &Table, needed: &[ColumnId], zone: &Zone) -> Result<Rows, DataError> {
    let mut parts = input.parts().to_vec().into_iter();
    let Some(first) = parts.next() else { return Ok(Box::new(std::iter::empty())) };
    let rest: Vec<Input> = parts.collect();
    let first = rows_of(&first, table, needed, zone)?;
    let (table, needed, zone) = (table.clone(), needed.to_vec(), zone.clone());
    let rest = rest.into_iter().flat_map(move |part| match rows_of(&part, &table, &needed, &zone) {
        Ok(rows) => rows,
        Err(error) => Box::new(std::iter::once(Err(error))),
    });
    Ok(Box::new(first.chain(rest)))
}

/// The rows of one file.
fn rows_of(input: &Input, table: &Table, needed: &[ColumnId], zone: &Zone) -> Result<Rows, DataError> {
    match input.format {
        Format::Csv => table::rows(input, b',', table, needed, zone),
        Format::Tsv => table::rows(input, b'\t', table, needed, zone),
        Format::JsonLines => json_lines::rows(input, table, needed, zone),
        Format::Parquet | Format::Arrow => columnar::rows(input, table, needed, zone),
    }
}
