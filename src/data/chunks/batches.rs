//! Arrow in pieces: the file's own batches, in slices where they are large. They are unpacked one after the other, and read side by side.

use std::sync::Arc;

use arrow_array::RecordBatch;

use crate::data::{
    DataError, Input,
    chunks::{Parsed, Shared, arrays::Arrays},
    columnar::{self, Batches},
    damaged, table,
};

/// A file that is being cut.
pub(super) struct Part {
    form: Arc<Arrays>,
    input: Input,
    batches: Batches,
    /// What is left of a batch.
    left: Option<RecordBatch>,
    /// Rows of a piece at most.
    most: usize,
    /// Rows of the file before.
    before: u64,
}

/// Some rows of a batch.
pub(super) struct Piece {
    rows: RecordBatch,
    /// Rows of the file before it.
    before: u64,
}

impl Part {
    /// Opens a file, and judges its columns. A piece is of at most so many rows.
    pub(super) fn open(input: &Input, shared: &Arc<Shared>, most: usize) -> Result<Part, DataError> {
        let batches = columnar::open(input, None)?;
        let headers = columnar::headers(input, &batches.schema)?;
        let found = table::fit(input, &shared.wanted.table, &shared.wanted.needed, &headers)?;
        let columns = found.into_iter().map(|(_, id, column)| (id, column)).collect();
        let form = Arc::new(Arrays::of(input, columns, shared));
        Ok(Part { form, input: input.clone(), batches, left: None, most: most.max(1), before: 0 })
    }

    /// The next piece; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<(Arc<Arrays>, Piece)>, DataError> {
        let batch = match self.left.take() {
            Some(left) => left,
            None => match self.batches.batches.find(|batch| !batch.as_ref().is_ok_and(|it| it.num_rows() == 0)) {
                None => return Ok(None),
                Some(batch) => batch.map_err(|error| damaged::unfit(&self.input, error))?,
            },
        };
        let rows = batch.num_rows().min(self.most);
        if rows < batch.num_rows() {
            self.left = Some(batch.slice(rows, batch.num_rows() - rows));
        }
        let piece = Piece { rows: batch.slice(0, rows), before: self.before };
        self.before += rows as u64;
        Ok(Some((Arc::clone(&self.form), piece)))
    }
}

impl Piece {
    /// Reads its rows.
    pub(super) fn parse(self, form: &Arrays) -> Parsed {
        form.parsed(self.rows, self.before)
    }
}
