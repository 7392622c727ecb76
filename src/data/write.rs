//! Results as Parquet and Arrow: typed columns, a few thousand users a batch.

use std::{
    io::{self, Write},
    sync::Arc,
};

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
    builder::{ListBuilder, StringBuilder},
};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};

use crate::{
    outcome::{Cell, Layout, Shape, UserResults},
    value::{Type, Value, Zone, print},
};

/// Users that are written together.
const TOGETHER: usize = 8192;

/// Writes results user by user as typed columns.
pub struct ColumnarWriter<W: Write + Send> {
    out: Form<W>,
    layout: Layout,
    shape: Shape,
    schema: Arc<Schema>,
    types: Vec<Kind>,
    rows: Vec<Vec<Cell>>,
}

/// What a column holds.
#[derive(Clone)]
enum Kind {
    Names,
    Name,
    Of(Type),
}

enum Form<W: Write + Send> {
    Parquet(Box<ArrowWriter<W>>),
    Arrow(Box<FileWriter<W>>),
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnarForm {
    /// Apache Parquet, packed by Zstandard.
    Parquet,
    /// An Apache Arrow file.
    Arrow,
}

fn failed(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

impl<W: Write + Send> ColumnarWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// Whatever `out` says.
    pub fn begin(out: W, layout: Layout, shape: Shape, form: ColumnarForm) -> io::Result<ColumnarWriter<W>> {
        let columns = layout.columns(shape);
        let types: Vec<Kind> = columns.iter().map(|(name, ty)| kind(name, ty.as_ref(), shape)).collect();
        let fields = columns.iter().zip(&types).map(|((name, _), kind)| Field::new(name, data_type(kind), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let out = match form {
            ColumnarForm::Parquet => {
                let packed = Compression::ZSTD(ZstdLevel::default());
                let properties = WriterProperties::builder().set_compression(packed).build();
                let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties)).map_err(failed)?;
                Form::Parquet(Box::new(writer))
            }
            ColumnarForm::Arrow => Form::Arrow(Box::new(FileWriter::try_new(out, &schema).map_err(failed)?)),
        };
        Ok(ColumnarWriter { out, layout, shape, schema, types, rows: vec![] })
    }

    /// Writes one user.
    ///
    /// # Errors
    /// Whatever `out` says.
    pub fn user(&mut self, user: &UserResults) -> io::Result<()> {
        let rows = self.layout.cells(self.shape, user);
        self.rows.extend(rows.into_iter().map(|row| row.into_iter().map(|(_, cell)| cell).collect()));
        if self.rows.len() >= TOGETHER { self.flush() } else { Ok(()) }
    }

    /// Ends the file, and gives the writer back.
    ///
    /// # Errors
    /// Whatever `out` says.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        match self.out {
            Form::Parquet(writer) => writer.into_inner().map_err(failed),
            Form::Arrow(mut writer) => {
                writer.finish().map_err(failed)?;
                writer.into_inner().map_err(failed)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        let arrays = self.types.iter().enumerate().map(|(at, kind)| column(&rows, at, kind, &self.layout.zone));
        let arrays: Result<Vec<ArrayRef>, ArrowError> = arrays.collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays.map_err(failed)?).map_err(failed)?;
        match &mut self.out {
            Form::Parquet(writer) => writer.write(&batch).map_err(failed),
            Form::Arrow(writer) => writer.write(&batch).map_err(failed),
        }
    }
}

fn kind(name: &str, ty: Option<&Type>, shape: Shape) -> Kind {
    match ty {
        Some(ty) => Kind::Of(ty.clone()),
        None if shape == Shape::Records && matches!(name, "tags" | "segments") => Kind::Names,
        None => Kind::Name,
    }
}

fn data_type(kind: &Kind) -> DataType {
    match kind {
        Kind::Names => DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
        Kind::Name => DataType::Utf8,
        Kind::Of(ty) => match ty {
            Type::Int => DataType::Int64,
            Type::Decimal(scale) => DataType::Decimal128(38, i8::try_from(*scale).unwrap_or(0)),
            Type::Float => DataType::Float64,
            Type::Bool => DataType::Boolean,
            Type::Date => DataType::Date32,
            Type::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Type::Text | Type::Duration | Type::List(_) | Type::Choice(_) => DataType::Utf8,
        },
    }
}

fn column(rows: &[Vec<Cell>], at: usize, kind: &Kind, zone: &Zone) -> Result<ArrayRef, ArrowError> {
    let cells = || rows.iter().map(|row| row.get(at));
    let values = || {
        cells().map(|cell| match cell {
            Some(Cell::One(value, _)) => value.clone(),
            Some(Cell::Names(_)) | None => Value::Missing,
        })
    };
    let texts = || {
        cells().map(|cell| match cell {
            Some(Cell::One(_, Some(name))) => Some(name.clone()),
            Some(Cell::One(Value::Missing, None)) | None => None,
            Some(Cell::One(value, None)) => Some(print::text(value, zone)),
            Some(Cell::Names(names)) => Some(names.join(";")),
        })
    };
    Ok(match data_type(kind) {
        DataType::List(_) => {
            let mut lists = ListBuilder::new(StringBuilder::new());
            for cell in cells() {
                if let Some(Cell::Names(names)) = cell {
                    names.iter().for_each(|name| lists.values().append_value(name));
                }
                lists.append(true);
            }
            Arc::new(lists.finish())
        }
        DataType::Int64 => Arc::new(Int64Array::from_iter(values().map(|value| match value {
            Value::Int(number) => Some(number),
            _ => None,
        }))),
        DataType::Float64 => Arc::new(Float64Array::from_iter(values().map(|value| match value {
            Value::Float(number) => Some(number),
            _ => None,
        }))),
        DataType::Boolean => Arc::new(BooleanArray::from_iter(values().map(|value| match value {
            Value::Bool(yes) => Some(yes),
            _ => None,
        }))),
        DataType::Date32 => Arc::new(Date32Array::from_iter(values().map(|value| match value {
            Value::Date(date) => Some(date),
            _ => None,
        }))),
        DataType::Timestamp(..) => {
            let instants = values().map(|value| match value {
                Value::Timestamp(instant) => Some(instant),
                _ => None,
            });
            Arc::new(TimestampMicrosecondArray::from_iter(instants).with_timezone("UTC"))
        }
        DataType::Decimal128(precision, scale) => {
            let numbers = values().map(|value| match value {
                Value::Decimal(number) => number.rescale(u8::try_from(scale).ok()?).map(|number| number.mantissa),
                _ => None,
            });
            Arc::new(Decimal128Array::from_iter(numbers).with_precision_and_scale(precision, scale)?)
        }
        _ => Arc::new(StringArray::from_iter(texts())),
    })
}
