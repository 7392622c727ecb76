//! Rows that are read one by one, gathered: of the formats that have no faster way yet.

use crate::{
    column::{Batch, Column},
    data::{DataError, Input, Parsed, Rows, Wanted, chunks::Shared, rows_of},
};

/// Rows that are given together.
const TOGETHER: usize = 4096;

/// A file that is being read.
pub(super) struct Part {
    rows: Rows,
    wanted: Wanted,
}

impl Part {
    /// Opens a file.
    pub(super) fn open(input: &Input, shared: &Shared) -> Result<Part, DataError> {
        let rows = rows_of(input, &shared.wanted, &shared.zone)?;
        Ok(Part { rows, wanted: shared.wanted.clone() })
    }

    /// The next rows; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Parsed>, DataError> {
        let table = &self.wanted.table;
        let mut columns: Vec<Option<Column>> = vec![None; table.columns.len()];
        for id in &self.wanted.needed {
            if let Some(slot) = columns.get_mut(id.0 as usize) {
                *slot = Some(Column::new(&table.column(*id).ty));
            }
        }
        let mut parsed = Parsed { batch: Batch { columns, rows: 0, lines: vec![] }, ..Parsed::default() };
        for row in self.rows.by_ref().take(TOGETHER) {
            match row? {
                Ok(row) => {
                    let slots = parsed.batch.columns.iter_mut().zip(&row.values);
                    slots.for_each(|(slot, value)| {
                        if let Some(column) = slot {
                            column.push(value);
                        }
                    });
                    parsed.batch.lines.push(row.line);
                    parsed.batch.rows += 1;
                    if !self.wanted.nested.is_empty() {
                        parsed.children.push(row.children);
                    }
                    if self.wanted.verbatim {
                        parsed.verbatim.push(row.verbatim);
                    }
                }
                Err(bad) => parsed.bad.push((parsed.batch.rows, bad)),
            }
        }
        Ok((parsed.batch.rows + parsed.bad.len() > 0).then_some(parsed))
    }
}
