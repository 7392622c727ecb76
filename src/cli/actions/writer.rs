//! Decisions in the three forms that they are written in.

use std::{io, path::Path, sync::Arc};

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::properties::WriterProperties,
};

use super::{
    super::{
        exit::Failure,
        output::{self, Output},
    },
    record::{Cell, Decisions, FIELDS, Record},
};

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ActionsFormat {
    /// One JSON object a line.
    Jsonl,
    /// A line a decision, with a header.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl ActionsFormat {
    /// As a file's name ends; JSON Lines otherwise.
    pub(crate) fn of(file: Option<&Path>) -> ActionsFormat {
        match file.and_then(Path::extension).and_then(|ending| ending.to_str()) {
            Some("csv") => ActionsFormat::Csv,
            Some("parquet") => ActionsFormat::Parquet,
            Some(_) | None => ActionsFormat::Jsonl,
        }
    }
}

/// Decisions that are written together in Parquet.
const TOGETHER: usize = 8192;

/// Writes decisions one by one.
pub(crate) enum ActionsWriter {
    /// And the line that is written, whose memory is used again.
    Jsonl(Output, Vec<u8>),
    Csv(Output),
    Parquet(Box<Columns>),
}

/// Decisions on their way into columns.
pub(crate) struct Columns {
    writer: ArrowWriter<Output>,
    schema: Arc<Schema>,
    texts: Vec<[Option<String>; FIELDS.len()]>,
    moments: Vec<[Option<i64>; FIELDS.len()]>,
}

impl ActionsWriter {
    /// Begins to write.
    pub(crate) fn begin(output: Output, format: ActionsFormat, decisions: Decisions) -> Result<ActionsWriter, Failure> {
        Ok(match format {
            ActionsFormat::Jsonl => ActionsWriter::Jsonl(output, vec![]),
            ActionsFormat::Csv => {
                let mut output = output;
                output.write(line(decisions.fields().iter().map(|name| (*name).to_owned())))?;
                ActionsWriter::Csv(output)
            }
            ActionsFormat::Parquet => ActionsWriter::Parquet(Box::new(Columns::begin(output, decisions)?)),
        })
    }

    /// Writes one decision.
    pub(crate) fn write(&mut self, record: &Record<'_>) -> Result<(), Failure> {
        match self {
            ActionsWriter::Jsonl(output, line) => {
                line.clear();
                record.write_json(line);
                output.write(line)
            }
            ActionsWriter::Csv(output) => output.write(line(record.texts())),
            ActionsWriter::Parquet(columns) => columns.write(record),
        }
    }

    /// Ends the file, which is whole then.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.close()?.finish()
    }

    /// Writes all that is left; the file is there when the output is finished.
    pub(crate) fn close(self) -> Result<Output, Failure> {
        let mut output = match self {
            ActionsWriter::Jsonl(output, _) | ActionsWriter::Csv(output) => output,
            ActionsWriter::Parquet(columns) => columns.close()?,
        };
        output.settle()?;
        Ok(output)
    }
}

impl Columns {
    fn begin(output: Output, decisions: Decisions) -> Result<Columns, Failure> {
        let field = |name: &&str| match is_moment(name) {
            true => Field::new(*name, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
            false => Field::new(*name, DataType::Utf8, true),
        };
        let schema = Arc::new(Schema::new(decisions.fields().iter().map(field).collect::<Vec<_>>()));
        let packed = Compression::ZSTD(ZstdLevel::default());
        let properties = WriterProperties::builder().set_compression(packed).build();
        let writer = ArrowWriter::try_new(output, Arc::clone(&schema), Some(properties)).map_err(failed)?;
        Ok(Columns { writer, schema, texts: vec![], moments: vec![] })
    }

    fn write(&mut self, record: &Record<'_>) -> Result<(), Failure> {
        let cells = record.cells();
        self.moments.push(std::array::from_fn(|at| match cells.get(at) {
            Some(Cell::Moment(moment)) => Some(*moment),
            _ => None,
        }));
        self.texts.push(cells.map(|cell| match cell {
            Cell::Text(text) | Cell::Json(text) => Some(text.to_owned()),
            Cell::Missing | Cell::Moment(_) => None,
        }));
        if self.texts.len() < TOGETHER { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let (texts, moments) = (std::mem::take(&mut self.texts), std::mem::take(&mut self.moments));
        let column = |(at, field): (usize, &Arc<Field>)| -> ArrayRef {
            if is_moment(field.name()) {
                let values = moments.iter().map(|row| row.get(at).copied().flatten());
                Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
            } else {
                let values = texts.iter().map(|row| row.get(at).and_then(Option::as_deref));
                Arc::new(values.collect::<StringArray>())
            }
        };
        let columns = self.schema.fields().iter().enumerate().map(column).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        let batch = batch.map_err(|error| failed(error.into()))?;
        self.writer.write(&batch).map_err(failed)
    }

    fn close(mut self) -> Result<Output, Failure> {
        if !self.texts.is_empty() {
            self.flush()?;
        }
        self.writer.into_inner().map_err(failed)
    }
}

fn is_moment(field: &str) -> bool {
    matches!(field, "not_before" | "not_after" | "as_of")
}

/// A line of CSV, with its end.
fn line(fields: impl IntoIterator<Item = String>) -> String {
    let quoted = fields.into_iter().map(|field| match field.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    });
    quoted.collect::<Vec<_>>().join(",") + "\n"
}

/// Decisions cannot be written.
fn failed(error: ParquetError) -> Failure {
    let error = match error {
        ParquetError::External(error) => error,
        other => Box::new(other),
    };
    match error.downcast::<io::Error>() {
        Ok(error) => output::unwritable("the decisions", &error),
        Err(error) => Failure::new(format!("cannot write the decisions: {error}")),
    }
}
