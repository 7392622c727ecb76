//! Results as Parquet and Arrow: typed columns, some thousand users a batch.

use std::{
    io::{self, Write},
    ops::Range,
    sync::Arc,
};

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray, RecordBatch,
    StringArray, TimestampMicrosecondArray,
    builder::{ListBuilder, StringBuilder},
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};

use crate::{
    column::Data,
    outcome::{Cell, Cells, Layout, ResultKind, Results, Shape, UserResults},
    value::{Type, Value, Zone, print},
};

/// Users that are written together.
const TOGETHER: usize = 8192;

/// Writes results as typed columns: user by user, or many users at once.
pub struct ColumnarWriter<W: Write + Send> {
    out: Form<W>,
    columns: Columns,
    rows: Vec<Vec<Cell>>,
}

/// Makes typed columns of what many users got; shared between threads as it is.
#[derive(Clone, Debug)]
pub struct Columns {
    layout: Layout,
    shape: Shape,
    schema: Arc<Schema>,
    kinds: Vec<Kind>,
}

/// Typed columns of some users, to be written.
#[derive(Debug)]
pub struct ColumnBatch(RecordBatch);

/// What a column holds.
#[derive(Clone, Debug)]
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

/// As it is, so that whoever tells of it finds what the system said.
fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::other(error)
}

impl<W: Write + Send> ColumnarWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// Whatever `out` says.
    pub fn begin(out: W, layout: Layout, shape: Shape, form: ColumnarForm) -> io::Result<ColumnarWriter<W>> {
        let columns = Columns::of(layout, shape);
        let schema = &columns.schema;
        let out = match form {
            ColumnarForm::Parquet => {
                let packed = Compression::ZSTD(ZstdLevel::default());
                let properties = WriterProperties::builder().set_compression(packed).build();
                let writer = ArrowWriter::try_new(out, Arc::clone(schema), Some(properties)).map_err(failed)?;
                Form::Parquet(Box::new(writer))
            }
            ColumnarForm::Arrow => Form::Arrow(Box::new(FileWriter::try_new(out, schema).map_err(failed)?)),
        };
        Ok(ColumnarWriter { out, columns, rows: vec![] })
    }

    /// Writes one user.
    ///
    /// # Errors
    /// Whatever `out` says.
    pub fn user(&mut self, user: &UserResults) -> io::Result<()> {
        let rows = self.columns.layout.cells(self.columns.shape, user);
        self.rows.extend(rows.into_iter().map(|row| row.into_iter().map(|(_, cell)| cell).collect()));
        if self.rows.len() >= TOGETHER { self.flush() } else { Ok(()) }
    }

    /// Writes many users.
    ///
    /// # Errors
    /// Whatever `out` says.
    pub fn users(&mut self, users: &ColumnBatch) -> io::Result<()> {
        self.flush()?;
        self.batch(&users.0)
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
        let Columns { layout, schema, kinds, .. } = &self.columns;
        let arrays = kinds.iter().enumerate().map(|(at, kind)| column(&rows, at, kind, &layout.zone));
        let arrays: Result<Vec<ArrayRef>, ArrowError> = arrays.collect();
        let batch = RecordBatch::try_new(Arc::clone(schema), arrays.map_err(failed)?).map_err(failed)?;
        self.batch(&batch)
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        match &mut self.out {
            Form::Parquet(writer) => writer.write(batch).map_err(failed),
            Form::Arrow(writer) => writer.write(batch).map_err(failed),
        }
    }
}

impl Columns {
    /// Of results that are laid out so.
    pub fn of(layout: Layout, shape: Shape) -> Columns {
        let columns = layout.columns(shape);
        let kinds: Vec<Kind> = columns.iter().map(|(name, ty)| kind(name, ty.as_ref(), shape)).collect();
        let fields = columns.iter().zip(&kinds).map(|((name, _), kind)| Field::new(name, data_type(kind), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Columns { layout, shape, schema, kinds }
    }

    /// What many users got.
    ///
    /// # Errors
    /// Results that are not laid out so.
    pub fn batch(&self, users: &Results<'_>) -> io::Result<ColumnBatch> {
        let mut arrays: Vec<ArrayRef> = vec![];
        let mut add = |array: Result<ArrayRef, ArrowError>| array.map(|array| arrays.push(array)).map_err(failed);
        let kind = |at: usize| self.kinds.get(at).cloned().unwrap_or(Kind::Name);
        let results = || self.layout.results.iter().zip(&users.results);
        let named = |wanted: ResultKind| {
            names(
                users.rows,
                results().filter(|(it, _)| it.kind == wanted).map(|(it, cells)| (it.name.as_str(), cells)),
            )
        };
        let all = 0..users.rows;
        match self.shape {
            Shape::Long => {
                let each = || {
                    (0..users.rows)
                        .flat_map(|row| (0..users.results.len() + users.extra.len()).map(move |at| (row, at)))
                };
                add(typed(&kind(0), each().map(|(row, _)| value(&users.key, row)), &self.layout.zone))?;
                let extra: Vec<_> = self.layout.extra.iter().zip(&users.extra).collect();
                let results: Vec<_> = results().collect();
                let (mut names, mut values) = (StringBuilder::new(), StringBuilder::new());
                for (row, at) in each() {
                    if let Some((result, cells)) = results.get(at) {
                        names.append_value(&result.name);
                        values.append_option(text(cells, &result.kind, row, &self.layout.zone));
                    } else if let Some(((name, _), cells)) = extra.get(at - results.len()) {
                        names.append_value(name);
                        let value = value(cells, row);
                        values.append_option((value != Value::Missing).then(|| print::text(&value, &self.layout.zone)));
                    }
                }
                add(Ok(Arc::new(names.finish())))?;
                add(Ok(Arc::new(values.finish())))?;
            }
            Shape::Wide | Shape::Records => {
                let mut places = 0..;
                let mut next = || kind(places.next().unwrap_or(0));
                add(self.cells(&next(), &users.key, all.clone()))?;
                let is_wide = self.shape == Shape::Wide;
                if !is_wide {
                    next();
                    add(Ok(named(ResultKind::Tag)))?;
                }
                for (result, cells) in results().filter(|(it, _)| is_wide || !it.kind.is_listed()) {
                    let kind = next();
                    match &result.kind {
                        ResultKind::Choice(_) => {
                            let mut texts = StringBuilder::new();
                            all.clone().for_each(|row| {
                                texts.append_option(text(cells, &result.kind, row, &self.layout.zone));
                            });
                            add(Ok(Arc::new(texts.finish())))?;
                        }
                        ResultKind::Tag | ResultKind::Segment => {
                            let is_true = |row| Some(value(cells, row) == Value::Bool(true));
                            add(Ok(Arc::new(all.clone().map(is_true).collect::<BooleanArray>())))?;
                        }
                        ResultKind::Score(_) => add(self.cells(&kind, cells, all.clone()))?,
                    }
                }
                if !is_wide {
                    next();
                    add(Ok(named(ResultKind::Segment)))?;
                }
                for cells in &users.extra {
                    add(self.cells(&next(), cells, all.clone()))?;
                }
            }
        }
        RecordBatch::try_new(Arc::clone(&self.schema), arrays).map(ColumnBatch).map_err(failed)
    }

    /// Values of some rows.
    fn cells(&self, kind: &Kind, cells: &Cells<'_>, rows: Range<usize>) -> Result<ArrayRef, ArrowError> {
        if let (Kind::Of(Type::Text), Cells::Column(column, start)) = (kind, cells)
            && let Data::Texts(texts) = column.data()
        {
            let text = |row: usize| column.is_known(start + row).then(|| texts.get(start + row)).flatten();
            return Ok(Arc::new(rows.map(text).collect::<StringArray>()));
        }
        typed(kind, rows.map(|row| value(cells, row)), &self.layout.zone)
    }
}

/// The value of a row.
fn value(cells: &Cells<'_>, row: usize) -> Value {
    match cells {
        Cells::Yes(yes) => Value::Bool(yes.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)),
        Cells::Column(column, start) => column.get(start + row),
        Cells::Missing => Value::Missing,
    }
}

/// A result of a row, as a text.
fn text(cells: &Cells<'_>, kind: &ResultKind, row: usize, zone: &Zone) -> Option<String> {
    match (value(cells, row), kind) {
        (Value::Choice(rank), ResultKind::Choice(names)) => names.get(rank as usize).cloned(),
        (value, ResultKind::Tag | ResultKind::Segment) => Some((value == Value::Bool(true)).to_string()),
        (Value::Missing, _) | (_, ResultKind::Choice(_)) => None,
        (value, ResultKind::Score(_)) => Some(print::text(&value, zone)),
    }
}

/// Of each row the names of what is true of it.
fn names<'n>(rows: usize, all: impl Iterator<Item = (&'n str, &'n Cells<'n>)>) -> ArrayRef {
    let all: Vec<(&str, &[u64])> = all
        .filter_map(|(name, cells)| match cells {
            Cells::Yes(yes) => Some((name, *yes)),
            Cells::Column(..) | Cells::Missing => None,
        })
        .collect();
    let mut lists = ListBuilder::new(StringBuilder::new());
    // Of sixty-four rows at a time, what is true of each.
    let mut held: [Vec<&str>; 64] = std::array::from_fn(|_| vec![]);
    for start in (0..rows).step_by(64) {
        for (name, yes) in &all {
            let mut word = yes.get(start / 64).copied().unwrap_or(0);
            while word != 0 {
                held.get_mut(word.trailing_zeros() as usize).into_iter().for_each(|held| held.push(name));
                word &= word - 1;
            }
        }
        for held in held.iter_mut().take(rows - start) {
            held.drain(..).for_each(|name| lists.values().append_value(name));
            lists.append(true);
        }
    }
    Arc::new(lists.finish())
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
            Type::List(of) => DataType::List(item(of)),
            Type::Text | Type::Duration | Type::Choice(_) => DataType::Utf8,
        },
    }
}

/// What the lists of a column hold.
fn item(of: &Type) -> Arc<Field> {
    Arc::new(Field::new("item", data_type(&Kind::Of(of.clone())), true))
}

/// Lists, their elements typed as they are.
fn lists(of: &Type, values: impl Iterator<Item = Value>, zone: &Zone) -> Result<ArrayRef, ArrowError> {
    let (mut elements, mut lengths, mut known) = (vec![], vec![], vec![]);
    for value in values {
        let before = elements.len();
        if let Value::List(list) = &value {
            elements.extend(list.iter().cloned());
        }
        known.push(value != Value::Missing);
        lengths.push(elements.len() - before);
    }
    let elements = typed(&Kind::Of(of.clone()), elements.into_iter(), zone)?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(item(of), offsets, elements, Some(NullBuffer::from(known)))?))
}

/// One cell of each row.
fn column(rows: &[Vec<Cell>], at: usize, kind: &Kind, zone: &Zone) -> Result<ArrayRef, ArrowError> {
    let cells = || rows.iter().map(|row| row.get(at));
    if let Kind::Of(_) = kind {
        let values = cells().map(|cell| match cell {
            Some(Cell::One(value, _)) => value.clone(),
            Some(Cell::Names(_)) | None => Value::Missing,
        });
        return typed(kind, values, zone);
    }
    if let Kind::Names = kind {
        let mut lists = ListBuilder::new(StringBuilder::new());
        for cell in cells() {
            if let Some(Cell::Names(names)) = cell {
                names.iter().for_each(|name| lists.values().append_value(name));
            }
            lists.append(true);
        }
        return Ok(Arc::new(lists.finish()));
    }
    let texts = cells().map(|cell| match cell {
        Some(Cell::One(_, Some(name))) => Some(name.clone()),
        Some(Cell::One(Value::Missing, None)) | None => None,
        Some(Cell::One(value, None)) => Some(print::text(value, zone)),
        Some(Cell::Names(names)) => Some(names.join(";")),
    });
    Ok(Arc::new(texts.collect::<StringArray>()))
}

/// Values as they are typed.
fn typed(kind: &Kind, values: impl Iterator<Item = Value>, zone: &Zone) -> Result<ArrayRef, ArrowError> {
    if let Kind::Of(Type::List(of)) = kind {
        return lists(of, values, zone);
    }
    Ok(match data_type(kind) {
        DataType::Int64 => Arc::new(Int64Array::from_iter(values.map(|value| match value {
            Value::Int(number) => Some(number),
            _ => None,
        }))),
        DataType::Float64 => Arc::new(Float64Array::from_iter(values.map(|value| match value {
            Value::Float(number) => Some(number),
            _ => None,
        }))),
        DataType::Boolean => Arc::new(BooleanArray::from_iter(values.map(|value| match value {
            Value::Bool(yes) => Some(yes),
            _ => None,
        }))),
        DataType::Date32 => Arc::new(Date32Array::from_iter(values.map(|value| match value {
            Value::Date(date) => Some(date),
            _ => None,
        }))),
        DataType::Timestamp(..) => {
            let instants = values.map(|value| match value {
                Value::Timestamp(instant) => Some(instant),
                _ => None,
            });
            Arc::new(TimestampMicrosecondArray::from_iter(instants).with_timezone("UTC"))
        }
        DataType::Decimal128(precision, scale) => {
            let numbers = values.map(|value| match value {
                Value::Decimal(number) => number.rescale(u8::try_from(scale).ok()?).map(|number| number.mantissa),
                _ => None,
            });
            Arc::new(Decimal128Array::from_iter(numbers).with_precision_and_scale(precision, scale)?)
        }
        _ => {
            let texts = values.map(|value| (value != Value::Missing).then(|| print::text(&value, zone)));
            Arc::new(texts.collect::<StringArray>())
        }
    })
}
