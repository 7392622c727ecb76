//! Parquet and Arrow: batches of typed columns, read row by row.

use std::{
    fs::File,
    io::{BufRead, BufReader, Cursor, Read},
    sync::Arc,
};

use arrow_array::{Array, RecordBatch, RecordBatchReader, cast::AsArray, types};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, DataType, SchemaRef, TimeUnit};
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
};

use crate::{
    data::{
        BadRow, DataError, Format, Input, Row, Rows, Wanted,
        bad_row::{ONCE, of_another_type},
        damaged::{DAMAGED, unfit},
        guard::guarded,
        instants::of_96_bits,
        pages::Pages,
        table,
    },
    schema::{Column, ColumnFacts, ColumnId, Facts, OwnTypes},
    value::{
        Decimal, Type, Value, Zone,
        literal::{self, BadValue},
        moment_text::{MomentError, MomentFormat},
        print,
        time::{calendar, in_calendar},
    },
};

/// Batches, whatever file they come from.
pub(super) struct Batches {
    pub(super) schema: SchemaRef,
    pub(super) batches: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>,
}

const OUTSIDE: &str = "the moment lies outside the years 1 to 9999";

/// The batches of a file; of Parquet only the named columns, where some are named.
pub(super) fn open(input: &Input, names: Option<&[&str]>) -> Result<Batches, DataError> {
    let Batches { schema, mut batches } =
        guarded(|| unguarded(input, names)).ok_or_else(|| unfit(input, DAMAGED))??;
    let mut broken = false;
    let batches = std::iter::from_fn(move || {
        if broken {
            return None;
        }
        guarded(|| batches.next()).unwrap_or_else(|| {
            broken = true;
            Some(Err(ArrowError::IpcError(DAMAGED.into())))
        })
    });
    Ok(Batches { schema, batches: Box::new(batches) })
}

fn unguarded(input: &Input, names: Option<&[&str]>) -> Result<Batches, DataError> {
    let packed = |input: &Input| {
        let mut bytes = vec![];
        input.open()?.read_to_end(&mut bytes).map_err(|error| input.unreadable(error))?;
        Ok::<_, DataError>(bytes)
    };
    match (input.format, input.plain_file()) {
        (Format::Parquet, Some(path)) => {
            let file = File::open(path).map_err(|error| input.unreadable(error))?;
            parquet(input, Pages::of(file), names)
        }
        (Format::Parquet, None) => parquet(input, bytes::Bytes::from(packed(input)?), names),
        _ => {
            // The file form begins with a magic word, the stream form does not.
            if let Some(path) = input.plain_file() {
                return arrow(input, File::open(path).map_err(|error| input.unreadable(error))?);
            }
            let bytes = packed(input)?;
            if bytes.starts_with(b"ARROW1") {
                let reader = FileReader::try_new(Cursor::new(bytes), None).map_err(|error| unfit(input, error))?;
                return Ok(Batches { schema: reader.schema(), batches: Box::new(reader) });
            }
            let reader = StreamReader::try_new(Cursor::new(bytes), None).map_err(|error| unfit(input, error))?;
            Ok(Batches { schema: reader.schema(), batches: Box::new(reader) })
        }
    }
}

/// A file that need not be in memory as a whole.
fn arrow(input: &Input, file: File) -> Result<Batches, DataError> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let is_file = reader.fill_buf().map_err(|error| input.unreadable(error))?.starts_with(b"ARROW1");
    if is_file {
        let reader = FileReader::try_new(reader, None).map_err(|error| unfit(input, error))?;
        return Ok(Batches { schema: reader.schema(), batches: Box::new(reader) });
    }
    let reader = StreamReader::try_new(reader, None).map_err(|error| unfit(input, error))?;
    Ok(Batches { schema: reader.schema(), batches: Box::new(reader) })
}

fn parquet(
    input: &Input,
    file: impl parquet::file::reader::ChunkReader + 'static,
    names: Option<&[&str]>,
) -> Result<Batches, DataError> {
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|error| unfit(input, error))?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, of_96_bits(metadata));
    let whole = Arc::clone(builder.schema());
    let builder = match names {
        None => builder,
        Some(names) => {
            let fields = whole.fields().iter().enumerate();
            let roots = fields.filter(|(_, field)| names.contains(&field.name().as_str())).map(|(at, _)| at);
            let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
            builder.with_projection(mask)
        }
    };
    let reader = builder.with_batch_size(4096).build().map_err(|error| unfit(input, error))?;
    // The header is judged by all columns of the file, the rows have the needed ones.
    Ok(Batches { schema: reader.schema(), batches: Box::new(reader) })
}

/// What the file says of its columns.
pub(super) fn facts(input: &Input) -> Result<Facts, DataError> {
    let batches = open(input, None)?;
    let fields = batches.schema.fields().iter();
    let columns = fields.map(|field| ColumnFacts {
        header: field.name().clone(),
        ty: type_of(field.data_type()),
        missing: field.is_nullable(),
    });
    Ok(Facts { file: input.name(), columns: columns.collect(), values: OwnTypes::Typed })
}

fn type_of(ty: &DataType) -> Option<Type> {
    Some(match ty {
        DataType::Boolean => Type::Bool,
        ty if ty.is_integer() => Type::Int,
        ty if ty.is_floating() => Type::Float,
        DataType::Decimal128(_, scale) => Type::Decimal(u8::try_from(*scale).ok()?),
        DataType::Date32 | DataType::Date64 => Type::Date,
        DataType::Timestamp(..) => Type::Timestamp,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Type::Text,
        DataType::Dictionary(_, values) => type_of(values)?,
        DataType::List(field) | DataType::LargeList(field) => Type::List(Box::new(type_of(field.data_type())?)),
        _ => return None,
    })
}

/// The names of a file's columns, each of which it has once.
pub(super) fn headers(input: &Input, schema: &SchemaRef) -> Result<Vec<String>, DataError> {
    let headers: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    match headers.iter().enumerate().find(|(at, header)| headers.iter().take(*at).any(|it| it == *header)) {
        Some((_, twice)) => {
            Err(DataError::unfit(&input.name(), format!("the file has the column `{twice}` twice"), ONCE))
        }
        None => Ok(headers),
    }
}

/// The rows of a table.
pub(super) fn rows(input: &Input, wanted: &Wanted, zone: &Zone) -> Result<Rows, DataError> {
    let Wanted { table, needed, verbatim: whole, .. } = wanted;
    let whole = *whole;
    let headers = headers(input, &open(input, None)?.schema)?;
    let columns = table::fit(input, table, needed, &headers)?;
    let names: Vec<&str> = columns.iter().map(|(_, _, column)| column.header.as_str()).collect();
    let Batches { batches, .. } = open(input, Some(&names))?;
    let (input, zone, all) = (input.clone(), zone.clone(), table.columns.len());
    let file = Arc::<str>::from(input.name());
    let mut line = 0;
    Ok(Box::new(batches.flat_map(move |batch| {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return vec![Err(unfit(&input, error))],
        };
        let rows = (0..batch.num_rows()).map(|at| {
            line += 1;
            let row = row(&batch, at, &columns, all, &zone).map(|values| {
                let verbatim = if whole { verbatim(&batch, at, &zone).into_bytes() } else { vec![] };
                Row { file: Arc::clone(&file), line, values, children: vec![], verbatim }
            });
            Ok(row.map_err(|(column, reason)| {
                let verbatim = verbatim(&batch, at, &zone).into_bytes();
                Box::new(BadRow { file: file.to_string(), line, column: Some(column), reason, verbatim })
            }))
        });
        rows.collect()
    })))
}

fn row(
    batch: &RecordBatch,
    at: usize,
    columns: &[(usize, ColumnId, Column)],
    all: usize,
    zone: &Zone,
) -> Result<Vec<Value>, (String, String)> {
    let mut values = vec![Value::Missing; all];
    for (_, id, column) in columns {
        let Some(array) = batch.column_by_name(&column.header) else { continue };
        let value = cell(array, at, column, &column.ty, zone).map_err(|reason| (column.header.clone(), reason))?;
        if value == Value::Missing && !column.optional {
            return Err((column.header.clone(), format!("the value is missing, and `{}` may not be", column.ty)));
        }
        if let Some(slot) = values.get_mut(id.0 as usize) {
            *slot = value;
        }
    }
    Ok(values)
}

/// A cell as its column's type.
pub(super) fn cell(array: &dyn Array, at: usize, column: &Column, ty: &Type, zone: &Zone) -> Result<Value, String> {
    if array.is_null(at) {
        return Ok(Value::Missing);
    }
    let bad = |value: &str, reason: &dyn std::fmt::Display| format!("`{value}` {reason}");
    let plain = column.format == MomentFormat::Iso;
    match plain_value(array, at, zone) {
        Plain::Missing => Ok(Value::Missing),
        Plain::Text(text) => match ty {
            Type::Text => Ok(Value::Text(text.into())),
            Type::Date | Type::Timestamp | Type::Duration if *ty == column.ty => {
                table::read(&text, column, zone).map_err(|reason| bad(&text, &reason))
            }
            other => Err(of_another_type("texts", other)),
        },
        Plain::Int(number) => match ty {
            Type::Int => Ok(Value::Int(number)),
            Type::Float => Ok(Value::Float(number as f64)),
            Type::Decimal(_) => Ok(crate::value::number::widen(&Value::Int(number), ty)),
            Type::Date | Type::Timestamp | Type::Duration if !plain => {
                table::read(&number.to_string(), column, zone).map_err(|reason| bad(&number.to_string(), &reason))
            }
            other => Err(of_another_type("whole numbers", other)),
        },
        Plain::Float(number) => match ty {
            Type::Float if number.is_finite() => Ok(Value::Float(number + 0.0)),
            Type::Int if number.fract() == 0.0 && number.abs() < 9e18 => Ok(Value::Int(number as i64)),
            Type::Int if number.fract() == 0.0 => Err(bad(&number.to_string(), &BadValue::IntOutOfRange)),
            Type::Decimal(scale) => literal::decimal_from_float(number, *scale).map(Value::Decimal).map_err(|it| {
                let reason = bad(&number.to_string(), &it);
                match it {
                    BadValue::SurplusDigits(_) => {
                        format!("{reason}; declare the column as a float, as the file has it, or have it written as a decimal")
                    }
                    _ => reason,
                }
            }),
            Type::Duration if !plain => {
                table::read(&number.to_string(), column, zone).map_err(|reason| bad(&number.to_string(), &reason))
            }
            Type::Float | Type::Int => Err(format!(
                "`{number}` is not {}",
                if *ty == Type::Int { "a whole number" } else { "a finite number" }
            )),
            other => Err(of_another_type("numbers", other)),
        },
        Plain::Decimal(number) => match ty {
            Type::Decimal(_) | Type::Int => literal::from_written(&Value::Decimal(number), ty, zone)
                .map_err(|reason| bad(&number.to_string(), &reason)),
            Type::Float => Ok(Value::Float(number.to_f64())),
            Type::Duration if !plain => {
                table::read(&number.to_string(), column, zone).map_err(|reason| bad(&number.to_string(), &reason))
            }
            other => Err(of_another_type("numbers", other)),
        },
        Plain::Other(Value::Date(day), _) if !(calendar::FIRST_DAY..=calendar::LAST_DAY).contains(&day) => {
            Err(OUTSIDE.into())
        }
        Plain::Other(Value::Timestamp(instant), _) if in_calendar(instant).is_none() => Err(OUTSIDE.into()),
        Plain::Other(value, kind) => match (ty, value) {
            (Type::Bool, value @ Value::Bool(_))
            | (Type::Date, value @ Value::Date(_))
            | (Type::Timestamp, value @ Value::Timestamp(_)) => Ok(value),
            (Type::Timestamp, Value::Date(date)) => Ok(Value::Timestamp(zone.start_of_day(date))),
            (other, _) => Err(of_another_type(kind, other)),
        },
        Plain::TooFine(seconds, nanos) => match ty {
            Type::Timestamp => Err(bad(&fine_text(seconds, nanos, zone), &MomentError::TooFine)),
            other => Err(of_another_type("timestamps", other)),
        },
        Plain::List(elements) => {
            let Type::List(of) = ty else { return Err(of_another_type("lists", ty)) };
            let values: Result<Vec<Value>, String> =
                (0..elements.len()).map(|at| cell(&elements, at, column, of, zone)).collect();
            let values = values?;
            if values.contains(&Value::Missing) {
                return Err("the list has a missing element".into());
            }
            Ok(Value::List(values.into()))
        }
        Plain::Unknown => Err(of_another_type(format_args!("{}, which cannot be read", array.data_type()), ty)),
    }
}

/// A cell as the file has it.
enum Plain {
    Missing,
    Text(String),
    Int(i64),
    Float(f64),
    Decimal(Decimal),
    /// And what it is in words.
    Other(Value, &'static str),
    List(Arc<dyn Array>),
    /// A timestamp of more than six digits of a second: the instant of the second, and nanoseconds.
    TooFine(i64, u32),
    Unknown,
}

fn plain_value(array: &dyn Array, at: usize, zone: &Zone) -> Plain {
    macro_rules! int {
        ($ty:ty) => {
            Plain::Int(i64::from(array.as_primitive::<$ty>().value(at)))
        };
    }
    match array.data_type() {
        DataType::Null => Plain::Missing,
        DataType::Boolean => Plain::Other(Value::Bool(array.as_boolean().value(at)), "booleans"),
        DataType::Int8 => int!(types::Int8Type),
        DataType::Int16 => int!(types::Int16Type),
        DataType::Int32 => int!(types::Int32Type),
        DataType::Int64 => int!(types::Int64Type),
        DataType::UInt8 => int!(types::UInt8Type),
        DataType::UInt16 => int!(types::UInt16Type),
        DataType::UInt32 => int!(types::UInt32Type),
        DataType::UInt64 => match i64::try_from(array.as_primitive::<types::UInt64Type>().value(at)) {
            Ok(number) => Plain::Int(number),
            Err(_) => Decimal::new(i128::from(array.as_primitive::<types::UInt64Type>().value(at)), 0)
                .map_or(Plain::Unknown, Plain::Decimal),
        },
        DataType::Float32 => Plain::Float(f64::from(array.as_primitive::<types::Float32Type>().value(at))),
        DataType::Float64 => Plain::Float(array.as_primitive::<types::Float64Type>().value(at)),
        DataType::Decimal128(_, scale) => {
            let mantissa = array.as_primitive::<types::Decimal128Type>().value(at);
            let decimal = u8::try_from(*scale).ok().and_then(|scale| Decimal::new(mantissa, scale));
            decimal.map_or(Plain::Unknown, Plain::Decimal)
        }
        DataType::Decimal64(_, scale) => {
            let mantissa = i128::from(array.as_primitive::<types::Decimal64Type>().value(at));
            let decimal = u8::try_from(*scale).ok().and_then(|scale| Decimal::new(mantissa, scale));
            decimal.map_or(Plain::Unknown, Plain::Decimal)
        }
        DataType::Utf8 => Plain::Text(array.as_string::<i32>().value(at).to_owned()),
        DataType::LargeUtf8 => Plain::Text(array.as_string::<i64>().value(at).to_owned()),
        DataType::Utf8View => Plain::Text(array.as_string_view().value(at).to_owned()),
        DataType::Date32 => Plain::Other(Value::Date(array.as_primitive::<types::Date32Type>().value(at)), "dates"),
        DataType::Date64 => {
            let millis = array.as_primitive::<types::Date64Type>().value(at);
            match i32::try_from(millis.div_euclid(86_400_000)) {
                Ok(days) => Plain::Other(Value::Date(days), "dates"),
                Err(_) => Plain::Unknown,
            }
        }
        DataType::Timestamp(unit, zoned) => {
            let micros = match unit {
                TimeUnit::Second => array.as_primitive::<types::TimestampSecondType>().value(at).checked_mul(1_000_000),
                TimeUnit::Millisecond => {
                    array.as_primitive::<types::TimestampMillisecondType>().value(at).checked_mul(1000)
                }
                TimeUnit::Microsecond => Some(array.as_primitive::<types::TimestampMicrosecondType>().value(at)),
                TimeUnit::Nanosecond => {
                    Some(array.as_primitive::<types::TimestampNanosecondType>().value(at).div_euclid(1000))
                }
            };
            let Some(micros) = micros else { return Plain::Unknown };
            let instant = match zoned {
                Some(_) => micros,
                // Without a zone it is local in the rulebook's.
                None => {
                    let day = 86_400_000_000;
                    let Ok(date) = i32::try_from(micros.div_euclid(day)) else { return Plain::Unknown };
                    zone.instant(date, micros.rem_euclid(day))
                }
            };
            match nanos_of(array, at) {
                0 => Plain::Other(Value::Timestamp(instant), "timestamps"),
                nanos => {
                    let within = instant.rem_euclid(1_000_000);
                    Plain::TooFine(instant - within, within as u32 * 1000 + nanos)
                }
            }
        }
        DataType::Dictionary(..) => {
            let own = array.slice(at, 1);
            let dictionary = own.as_any_dictionary();
            let key = Some(dictionary)
                .filter(|it| it.keys().is_valid(0))
                .and_then(|it| it.normalized_keys().first().copied());
            match key.filter(|key| dictionary.values().is_valid(*key)) {
                Some(key) => plain_value(dictionary.values(), key, zone),
                None => Plain::Missing,
            }
        }
        DataType::List(_) => Plain::List(array.as_list::<i32>().value(at)),
        DataType::LargeList(_) => Plain::List(array.as_list::<i64>().value(at)),
        _ => Plain::Unknown,
    }
}

/// The nanoseconds of a timestamp beyond its microseconds.
fn nanos_of(array: &dyn Array, at: usize) -> u32 {
    let nanos = array.as_primitive_opt::<types::TimestampNanosecondType>().map(|array| array.value(at));
    nanos.map_or(0, |nanos| nanos.rem_euclid(1000) as u32)
}

/// A timestamp with all its digits, as a text.
fn fine_text(second: i64, nanos: u32, zone: &Zone) -> String {
    let text = print::text(&Value::Timestamp(second), zone);
    match text.split_at_checked("2026-11-22T08:00:00".len()) {
        Some((second, offset)) => format!("{second}.{nanos:09}{offset}"),
        None => text,
    }
}

/// The row as a JSON object: these files have no text of their own.
pub(super) fn verbatim(batch: &RecordBatch, at: usize, zone: &Zone) -> String {
    let schema = batch.schema();
    let fields = schema.fields().iter().zip(batch.columns());
    let fields = fields.map(|(field, array)| {
        let value = if array.is_null(at) {
            serde_json::Value::Null
        } else {
            match plain_value(array, at, zone) {
                Plain::Missing | Plain::Unknown | Plain::List(_) => serde_json::Value::Null,
                Plain::Text(text) => text.into(),
                Plain::Int(number) => number.into(),
                Plain::Float(number) => number.into(),
                Plain::Decimal(number) => number.to_string().into(),
                Plain::Other(value, _) => print::text(&value, zone).into(),
                Plain::TooFine(second, nanos) => fine_text(second, nanos, zone).into(),
            }
        };
        (field.name().clone(), value)
    });
    serde_json::Value::Object(fields.collect()).to_string()
}
