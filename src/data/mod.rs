//! Data files: where users come from. Rows are read strictly, one by one; what cannot be read is a [`BadRow`] that says file,
//! line, column and value.

mod bad_row;
mod beginning;
pub mod chunks;
mod columnar;
mod damaged;
mod encoding;
mod facts;
mod guard;
mod headers;
mod input;
mod instants;
mod json_lines;
mod lines;
mod memory;
mod pages;
mod pipe;
mod pipes;
mod quotes;
mod survey;
mod table;
mod write;

pub use bad_row::{BadRow, DataError};
pub use chunks::{Chunk, Chunks, Parsed, chunks, chunks_but_for, chunks_of};
pub use encoding::{is_utf16, looks_like_gbk};
pub use facts::facts;
pub use guard::is_guarded;
pub use headers::{files_in, headers};
pub use input::{Format, Input};
pub use memory::{Memory, Stamp};
pub use pipes::Pipes;
pub use survey::{Survey, Surveyed, survey};
pub use write::{ColumnBatch, ColumnarForm, ColumnarWriter, Columns};

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    schema::{ColumnId, Role, Source, Table, TableId},
    value::{Value, Zone},
};

/// One user's values by [`ColumnId`]; those of columns that nobody needs are missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The file.
    pub file: Arc<str>,
    /// The line that it begins on, from 1.
    pub line: u64,
    /// By [`ColumnId`] of the table that was asked for.
    pub values: Vec<Value>,
    /// The rows of child tables that stand in it; only JSON holds any.
    pub children: Vec<(TableId, Vec<Vec<Value>>)>,
    /// The row as it stood in the file, where that was asked for.
    pub verbatim: Vec<u8>,
}

/// A child table whose rows stand in those of the users.
#[derive(Clone, Debug)]
pub struct Nested {
    /// Which table.
    pub id: TableId,
    /// Its columns.
    pub table: Table,
    /// Those that are read.
    pub needed: BTreeSet<ColumnId>,
}

/// The rows of a file in order: a row, or why it is a bad one, or why the file cannot be read on.
pub type Rows = Box<dyn Iterator<Item = Result<Result<Row, Box<BadRow>>, DataError>> + Send>;

/// What is read of a table's file.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The table; all names and types of its columns.
    pub table: Table,
    /// The columns that are read, and judged.
    pub needed: Vec<ColumnId>,
    /// Child tables whose rows stand in its own.
    pub nested: Vec<Nested>,
    /// Whether each row is given as it stood in the file, too.
    pub verbatim: bool,
}

impl Wanted {
    /// Without the users' columns that only the state fills: no data has them.
    fn of_data(mut self) -> Wanted {
        let table = &self.table;
        if !matches!(table.role, Role::Children { .. }) {
            self.needed.retain(|id| table.column(*id).source == Source::Data);
        }
        self
    }
}

/// Reads a table's rows from a file. Only the needed columns are read, and judged; the header is judged at once.
///
/// # Errors
/// A file that cannot be opened, and a header that does not fit the table.
pub fn rows(input: &Input, table: &Table, needed: &[ColumnId], zone: &Zone) -> Result<Rows, DataError> {
    let wanted = Wanted { table: table.clone(), needed: needed.to_vec(), nested: vec![], verbatim: false };
    rows_as(input, wanted, zone)
}

/// The same, with more of each row.
///
/// # Errors
/// As [`rows`].
pub fn rows_as(input: &Input, wanted: Wanted, zone: &Zone) -> Result<Rows, DataError> {
    let wanted = wanted.of_data();
    if let Some(memory) = input.memory()
        && let Some(kept) = memory.chunks(input, &wanted, zone)?
    {
        return Ok(rows_of_pieces(kept));
    }
    let mut parts = input.parts().to_vec().into_iter();
    let Some(first) = parts.next() else { return Ok(Box::new(std::iter::empty())) };
    let first = rows_of(&first, &wanted, zone)?;
    let zone = zone.clone();
    let rest = parts.flat_map(move |part| match rows_of(&part, &wanted, &zone) {
        Ok(rows) => rows,
        Err(error) => Box::new(std::iter::once(Err(error))),
    });
    Ok(Box::new(first.chain(rest)))
}

/// The rows of pieces.
fn rows_of_pieces(pieces: Chunks) -> Rows {
    Box::new(pieces.flat_map(|piece| match piece.and_then(Chunk::parse) {
        Ok(parsed) => rows_of_piece(parsed),
        Err(error) => vec![Err(error)],
    }))
}

fn rows_of_piece(parsed: Parsed) -> Vec<Result<Result<Row, Box<BadRow>>, DataError>> {
    let Parsed { file, batch, bad, children, verbatim } = parsed;
    let (mut children, mut verbatim) = (children.into_iter(), verbatim.into_iter());
    let mut bad = bad.into_iter().peekable();
    let mut rows = Vec::with_capacity(batch.rows);
    for at in 0..=batch.rows {
        while let Some((_, bad)) = bad.next_if(|(before, _)| *before <= at) {
            rows.push(Ok(Err(bad)));
        }
        if at < batch.rows {
            let line = batch.lines.get(at).copied().unwrap_or_default();
            let (children, verbatim) = (children.next().unwrap_or_default(), verbatim.next().unwrap_or_default());
            rows.push(Ok(Ok(Row { file: Arc::clone(&file), line, values: batch.record(at), children, verbatim })));
        }
    }
    rows
}

/// The rows of one file.
fn rows_of(input: &Input, wanted: &Wanted, zone: &Zone) -> Result<Rows, DataError> {
    match input.format {
        Format::Csv => table::rows(input, b',', wanted, zone),
        Format::Tsv => table::rows(input, b'\t', wanted, zone),
        Format::JsonLines => json_lines::rows(input, wanted, zone),
        Format::Parquet | Format::Arrow => columnar::rows(input, wanted, zone),
    }
}
