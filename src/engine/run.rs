//! Evaluating every user of a file, in order, on all cores.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::{
    column::{Batch, Column},
    data::{BadRow, DataError, Row, Rows},
    engine::{ChildCount, Engine, MetricValues, RecordError, Tally},
    eval::{Answers, Overlap, kernel::Kernel},
    ir::{DefinitionId, Reads},
    schema::TableId,
    value::{Value, print},
};

/// Users that are read before they are evaluated together.
pub(super) const TOGETHER: usize = 4096;

/// Why a run ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The data cannot be read on.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A bad row, where none is allowed.
    #[error("{0}")]
    BadRow(Box<BadRow>),
    /// More bad rows than allowed: so many, of so many read.
    #[error("{0} of {1} rows are bad, more than allowed")]
    TooManyBadRows(u64, u64),
    /// Two arms of an `exclusive` layer apply to a user.
    #[error("user `{key}`: {error}")]
    User {
        /// The user's key.
        key: String,
        /// The line of the user's row, where it is known.
        line: Option<u64>,
        /// What is wrong.
        error: RecordError,
    },
    /// The results cannot be written.
    #[error("{0}")]
    Output(#[from] std::io::Error),
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    /// Rows read, bad ones among them.
    pub read: u64,
    /// Bad rows set aside.
    pub rejected: u64,
    /// Who got what.
    pub tally: Tally,
    /// What became of the rows of child tables.
    pub children: BTreeMap<TableId, ChildCount>,
    /// The values of metrics.
    pub metrics: Vec<MetricValues>,
}

/// What happens to what a run finds.
pub trait RunSink {
    /// A user, in input order.
    ///
    /// # Errors
    /// What cannot be written.
    fn user(&mut self, record: &[Value], answers: &Answers) -> Result<(), RunError>;

    /// A bad row; an error ends the run.
    ///
    /// # Errors
    /// The row itself, where none is allowed.
    fn bad_row(&mut self, row: Box<BadRow>) -> Result<(), RunError>;

    /// So many rows of a table have been read; told now and then.
    fn progress(&mut self, rows: u64, table: &str) {
        let _ = (rows, table);
    }
}

impl Engine {
    /// Evaluates for every row what is asked for, which asks about no rows but the users' own, and hands the results on in input
    /// order; the same whatever the number of threads.
    ///
    /// # Errors
    /// What [`RunError`] says; nothing more is handed on after it.
    pub fn run(&self, rows: Rows, reads: &Reads, sink: &mut dyn RunSink) -> Result<Ran, RunError> {
        let mut ran = Ran::default();
        let mut rows = rows;
        let asked = self.rulebook().order_of(reads);
        let kernel = Kernel::new(self.interpreter(), self.context(), &asked);
        loop {
            let (mut users, mut ended) = (Vec::with_capacity(TOGETHER), true);
            for row in rows.by_ref() {
                ran.read += 1;
                match row? {
                    Ok(row) => users.push(row),
                    Err(bad) => {
                        ran.rejected += 1;
                        sink.bad_row(bad)?;
                    }
                }
                if users.len() == TOGETHER {
                    ended = false;
                    break;
                }
            }
            self.evaluate_together(&kernel, &asked, &users, sink, &mut ran.tally)?;
            sink.progress(ran.read, &self.rulebook().schema.root().name);
            if ended {
                return Ok(ran);
            }
        }
    }

    /// A user's key, as a message shows it.
    pub(super) fn key_text(&self, record: &[Value]) -> String {
        let key = self.rulebook().schema.root().key.and_then(|key| record.get(key.0 as usize));
        print::text(key.unwrap_or(&Value::Missing), self.clock().zone())
    }

    /// Rows as columns.
    fn batch(&self, users: &[Row]) -> Batch {
        let mut columns: Vec<Column> =
            self.rulebook().schema.root().columns.iter().map(|column| Column::new(&column.ty)).collect();
        for row in users {
            columns.iter_mut().zip(&row.values).for_each(|(column, value)| column.push(value));
        }
        let lines = users.iter().map(|row| row.line).collect();
        Batch { columns: columns.into_iter().map(Some).collect(), rows: users.len(), lines }
    }

    fn evaluate_together(
        &self,
        kernel: &Kernel<'_>,
        asked: &[DefinitionId],
        users: &[Row],
        sink: &mut dyn RunSink,
        tally: &mut Tally,
    ) -> Result<(), RunError> {
        let part = users.len().div_ceil(rayon::current_num_threads().max(1)).max(64);
        type Evaluated = (Vec<Answers>, Tally, Option<(usize, Overlap)>);
        let parts: Vec<Evaluated> = users
            .par_chunks(part)
            .map(|users| {
                let batch = self.batch(users);
                let found = kernel.evaluate(&batch);
                let mut tally = Tally::default();
                tally.add_all(asked, kernel, &batch, &found);
                let answers = (0..batch.rows).map(|row| kernel.answers(&found, &batch, row)).collect();
                (answers, tally, found.overlaps.first().copied())
            })
            .collect();
        let mut rows = users.iter();
        for (answers, part, overlap) in parts {
            tally.join(&part);
            for (at, (answers, row)) in answers.into_iter().zip(rows.by_ref()).enumerate() {
                if let Some((_, overlap)) = overlap.filter(|(row, _)| *row == at) {
                    let key = self.key_text(&row.values);
                    return Err(RunError::User { key, line: Some(row.line), error: self.overlap(overlap) });
                }
                sink.user(&row.values, &answers)?;
            }
        }
        Ok(())
    }
}
