//! Columns of Arrow arrays, as Parquet and Arrow files hold them, read column by column.

use std::{borrow::Cow, sync::Arc};

use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, RecordBatch,
    cast::AsArray,
    types::{
        Date32Type, Decimal64Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
        TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
        UInt16Type, UInt32Type,
    },
};
use arrow_schema::{DataType, TimeUnit};
use arrow_select::take::take;

use crate::{
    column::{self, Data, Texts},
    data::{
        BadRow, Input,
        chunks::{Fault, Found, Parsed, Shared, build, build::Known, cell, cell::Cell, days::Days, taken},
        columnar,
    },
    schema::{Column, ColumnId},
    value::{
        Duration, Type, Value, Zone,
        moment_text::MomentFormat,
        time::{calendar, in_calendar},
    },
};

/// How batches of a file are read.
pub(super) struct Arrays {
    file: Arc<str>,
    /// In the order in which they are judged.
    columns: Vec<(ColumnId, Column)>,
    shared: Arc<Shared>,
}

impl Arrays {
    pub(super) fn of(input: &Input, columns: Vec<(ColumnId, Column)>, shared: &Arc<Shared>) -> Arrays {
        Arrays { file: input.name().into(), columns, shared: Arc::clone(shared) }
    }

    /// Rows that follow so many of the file.
    pub(super) fn parsed(&self, batch: RecordBatch, before: u64) -> Parsed {
        let rows = batch.num_rows();
        let lines = (1..).map(|row| before + row).take(rows).collect();
        let (days, wanted) = (&self.shared.days, &self.shared.wanted);
        let mut faults = vec![];
        let mut columns = vec![];
        for (id, column) in &self.columns {
            let Some(array) = batch.column_by_name(&column.header) else { continue };
            let read = (!taken::can_be(array, column, days)).then(|| {
                let array = &written_out(array);
                let mut strict = Strict { id: *id, column, zone: &self.shared.zone, array, faults: &mut faults };
                self::column(array, column, days, &mut strict)
            });
            columns.push((*id, column, Arc::clone(array), read));
        }
        // Where no row has to be shown, nobody else needs what can be taken over.
        let batch = (wanted.verbatim || !faults.is_empty()).then_some(batch);
        let take = |(id, column, array, read): (ColumnId, &Column, ArrayRef, Option<column::Column>)| {
            (id, read.unwrap_or_else(|| taken::of(array, column)))
        };
        let columns = columns.into_iter().map(take).collect();
        let shown = |row| {
            let batch = batch.as_ref();
            batch.map_or(vec![], |batch| columnar::verbatim(batch, row, &self.shared.zone).into_bytes())
        };
        let verbatim = (0..rows).filter(|_| wanted.verbatim).map(shown).collect();
        let children = if wanted.nested.is_empty() { vec![] } else { vec![vec![]; rows] };
        let found = Found { columns, lines, children, verbatim, faults, none: vec![] };
        self.shared.sorted_out(&self.file, found, |row, line, column, reason| {
            Box::new(BadRow { file: self.file.to_string(), line, column, reason, verbatim: shown(row) })
        })
    }
}

/// Every row's value of a dictionary, one after the other; among the values that rows share one may be missing. Other arrays as they are.
fn written_out(array: &ArrayRef) -> ArrayRef {
    let dictionary = array.as_any_dictionary_opt();
    let values = dictionary.and_then(|it| take(it.values(), it.keys(), None).ok());
    values.unwrap_or_else(|| Arc::clone(array))
}

/// A column of the file as one of the table's.
fn column(array: &dyn Array, column: &Column, days: &Days, strict: &mut Strict<'_>) -> column::Column {
    let rows = array.len();
    let mut known = Known::of(rows);
    let (iso, texts) = (column.format == MomentFormat::Iso, texts_of(array));
    let cell = |row| if iso { Some(Cell::whole(texts.as_ref()?.get(row).as_bytes())) } else { None };
    let data = match &column.ty {
        Type::Int => {
            let mut ints = ints_of(array);
            if let (Some(Cow::Owned(ints)), 0) = (&mut ints, array.null_count()) {
                known.set_all(rows);
                return column::Column::of(Data::Int(std::mem::take(ints)), known.bits, rows);
            }
            let odd = |value: &Value| if let Value::Int(it) = value { Some(*it) } else { None };
            Data::Int(fill(array, |row: usize| ints.as_ref()?.get(row).copied(), odd, strict, &mut known))
        }
        Type::Float => {
            let floats = floats_of(array);
            let usual = |row: usize| floats.as_ref()?.get(row).copied().filter(|it| it.is_finite()).map(|it| it + 0.0);
            let odd = |value: &Value| if let Value::Float(it) = value { Some(*it) } else { None };
            Data::Float(fill(array, usual, odd, strict, &mut known))
        }
        Type::Decimal(scale) => decimals(array, *scale, strict, &mut known),
        Type::Bool => {
            let bools = array.as_boolean_opt();
            let odd = |value: &Value| if let Value::Bool(it) = value { Some(*it) } else { None };
            Data::Bool(fill(array, |row| Some(bools?.value(row)), odd, strict, &mut known))
        }
        Type::Text => Data::Texts(all_texts(array, texts.as_ref(), strict, &mut known)),
        Type::Date => {
            let dates = array.as_primitive_opt::<Date32Type>().map(|dates| dates.values());
            let usual = |row| match dates {
                Some(dates) => dates.get(row).copied().filter(in_years),
                None => cell::date(cell(row)?),
            };
            let odd = |value: &Value| if let Value::Date(it) = value { Some(*it) } else { None };
            Data::Date(fill(array, usual, odd, strict, &mut known))
        }
        Type::Timestamp => {
            let (instants, ints, unit) = (instants_of(array), ints_of(array), cell::unit(&column.format));
            let usual = |row| match (&instants, &ints) {
                (Some((instants, true)), _) => in_calendar(instants.get(row).copied()?),
                (Some((instants, false)), _) => in_calendar(local(*instants.get(row)?, days)?),
                (None, Some(ints)) => cell::epoch_of(*ints.get(row)?, unit?),
                (None, None) => cell::timestamp(cell(row)?, days),
            };
            let odd = |value: &Value| if let Value::Timestamp(it) = value { Some(*it) } else { None };
            Data::Timestamp(fill(array, usual, odd, strict, &mut known))
        }
        Type::Duration => {
            let odd = |value: &Value| if let Value::Duration(it) = value { Some(*it) } else { None };
            Data::Duration(fill(array, |_| None::<Duration>, odd, strict, &mut known))
        }
        Type::List(_) => {
            let odd = |value: &Value| if let Value::List(it) = value { Some(Some(it.clone())) } else { None };
            Data::List(fill(array, |_| None, odd, strict, &mut known))
        }
        Type::Choice(_) => Data::Choice(fill(array, |_| None, |_| None, strict, &mut known)),
    };
    column::Column::of(data, known.bits, rows)
}

fn fill<T: Default>(
    array: &dyn Array,
    usual: impl Fn(usize) -> Option<T>,
    odd: impl Fn(&Value) -> Option<T>,
    strict: &mut Strict<'_>,
    known: &mut Known,
) -> Vec<T> {
    let nulls = array.nulls();
    // Most often all are usual.
    if array.null_count() == 0
        && let Some(all) = all_of(array.len(), &usual)
    {
        known.set_all(array.len());
        return all;
    }
    // Or those that are there.
    if let Some(nulls) = nulls.filter(|_| strict.column.optional) {
        let all = all_of(array.len(), |row| if nulls.is_valid(row) { usual(row) } else { Some(T::default()) });
        if let Some(all) = all {
            known.set_those(nulls);
            return all;
        }
    }
    let one = |row| {
        let there = nulls.is_none_or(|nulls| nulls.is_valid(row));
        let usual = if there { usual(row) } else { None };
        let value = usual.or_else(|| odd(&strict.read(row)));
        if value.is_some() {
            known.set(row);
        }
        value.unwrap_or_default()
    };
    (0..array.len()).map(one).collect()
}

/// Every row's, where each is usual. All are asked, so that the place for them is taken once.
fn all_of<T: Default>(rows: usize, usual: impl Fn(usize) -> Option<T>) -> Option<Vec<T>> {
    let mut are_usual = true;
    let one = |row| {
        let value = usual(row);
        are_usual &= value.is_some();
        value.unwrap_or_default()
    };
    let all = (0..rows).map(one).collect();
    are_usual.then_some(all)
}

fn decimals(array: &dyn Array, scale: u8, strict: &mut Strict<'_>, known: &mut Known) -> Data {
    let same = matches!(array.data_type(), DataType::Decimal128(_, own) if i8::try_from(scale) == Ok(*own));
    let decimals = array.as_primitive_opt::<Decimal128Type>().filter(|_| same).map(|array| array.values());
    let ints = ints_of(array);
    let short = matches!(array.data_type(), DataType::Decimal64(_, own) if i8::try_from(scale) == Ok(*own));
    let short = array.as_primitive_opt::<Decimal64Type>().filter(|_| short).map(|array| array.values());
    let factor = 10_i64.checked_pow(u32::from(scale));
    let usual = |row: usize| match (short, decimals, &ints) {
        (Some(short), ..) => short.get(row).copied(),
        (None, Some(decimals), _) => i64::try_from(*decimals.get(row)?).ok(),
        (None, None, Some(ints)) => ints.get(row)?.checked_mul(factor?),
        (None, None, None) => None,
    };
    let mut long = vec![];
    let nulls = array.nulls();
    if array.null_count() == 0
        && let Some(all) = all_of(array.len(), usual)
    {
        known.set_all(array.len());
        return Data::Short(all, scale);
    }
    if let Some(nulls) = nulls.filter(|_| strict.column.optional) {
        let all = all_of(array.len(), |row| if nulls.is_valid(row) { usual(row) } else { Some(0) });
        if let Some(all) = all {
            known.set_those(nulls);
            return Data::Short(all, scale);
        }
    }
    let mut values = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        let there = nulls.is_none_or(|nulls| nulls.is_valid(row));
        let value = match if there { usual(row) } else { None } {
            Some(mantissa) => Some(mantissa),
            None => match strict.read(row) {
                Value::Decimal(it) => Some(i64::try_from(it.mantissa).unwrap_or_else(|_| {
                    long.push((row, it.mantissa));
                    0
                })),
                _ => None,
            },
        };
        if value.is_some() {
            known.set(row);
        }
        values.push(value.unwrap_or_default());
    }
    build::of_decimals(values, long, scale)
}

fn all_texts(array: &dyn Array, found: Option<&TextArray<'_>>, strict: &mut Strict<'_>, known: &mut Known) -> Texts {
    if let (Some(TextArray::Short(texts)), 0) = (found, array.null_count())
        && let Some(texts) = texts_in_one(texts)
    {
        known.set_all(array.len());
        return texts;
    }
    let nulls = array.nulls();
    let mut texts = Texts::default();
    for row in 0..array.len() {
        let there = nulls.is_none_or(|nulls| nulls.is_valid(row));
        match found.filter(|_| there) {
            Some(found) => build::push_text(&mut texts, found.get(row), row, known),
            None => match strict.read(row) {
                Value::Text(odd) => build::push_text(&mut texts, &odd, row, known),
                _ => {
                    texts.push("");
                }
            },
        }
    }
    texts
}

/// Texts that stand one after the other in the array, too.
fn texts_in_one(array: &arrow_array::StringArray) -> Option<Texts> {
    let offsets = array.value_offsets();
    let first = *offsets.first()?;
    let ends = offsets.iter().skip(1).map(|end| (end - first).unsigned_abs()).collect();
    let bytes = array.value_data().get(usize::try_from(first).ok()?..usize::try_from(*offsets.last()?).ok()?)?;
    Some(Texts::of(simdutf8::basic::from_utf8(bytes).ok()?.to_owned(), ends))
}

/// The arrays that hold texts.
enum TextArray<'a> {
    Short(&'a arrow_array::StringArray),
    Long(&'a arrow_array::LargeStringArray),
    View(&'a arrow_array::StringViewArray),
}

fn texts_of(array: &dyn Array) -> Option<TextArray<'_>> {
    let short = array.as_string_opt::<i32>().map(TextArray::Short);
    let long = || array.as_string_opt::<i64>().map(TextArray::Long);
    short.or_else(long).or_else(|| array.as_string_view_opt().map(TextArray::View))
}

impl TextArray<'_> {
    #[inline]
    fn get(&self, row: usize) -> &str {
        match self {
            TextArray::Short(array) => array.value(row),
            TextArray::Long(array) => array.value(row),
            TextArray::View(array) => array.value(row),
        }
    }
}

/// All values, those of null rows too, which mean nothing.
fn ints_of(array: &dyn Array) -> Option<Cow<'_, [i64]>> {
    fn of<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &dyn Array) -> Option<Cow<'_, [i64]>> {
        Some(array.as_primitive_opt::<T>()?.values().iter().map(|it| (*it).into()).collect::<Vec<_>>().into())
    }
    match array.data_type() {
        DataType::Int8 => of::<Int8Type>(array),
        DataType::Int16 => of::<Int16Type>(array),
        DataType::Int32 => of::<Int32Type>(array),
        DataType::Int64 => Some(Cow::Borrowed(array.as_primitive_opt::<Int64Type>()?.values())),
        DataType::UInt8 => of::<UInt8Type>(array),
        DataType::UInt16 => of::<UInt16Type>(array),
        DataType::UInt32 => of::<UInt32Type>(array),
        _ => None,
    }
}

fn floats_of(array: &dyn Array) -> Option<Cow<'_, [f64]>> {
    match array.data_type() {
        DataType::Float64 => Some(Cow::Borrowed(array.as_primitive_opt::<Float64Type>()?.values())),
        DataType::Float32 => {
            Some(array.as_primitive_opt::<Float32Type>()?.values().iter().map(|it| f64::from(*it)).collect())
        }
        _ => ints_of(array).map(|ints| ints.iter().map(|it| *it as f64).collect()),
    }
}

/// Whether a day lies in the calendar; the strict reader says what is wrong with others.
pub(super) fn in_years(day: &i32) -> bool {
    (calendar::FIRST_DAY..=calendar::LAST_DAY).contains(day)
}

/// Microseconds, and whether they are of instants; else they are of local times. None where any does not fit, or has more digits of a second.
fn instants_of(array: &dyn Array) -> Option<(Cow<'_, [i64]>, bool)> {
    let DataType::Timestamp(unit, zoned) = array.data_type() else { return None };
    fn all<T: ArrowPrimitiveType<Native = i64>>(
        array: &dyn Array,
        of: impl Fn(i64) -> Option<i64>,
    ) -> Option<Cow<'_, [i64]>> {
        let values = array.as_primitive_opt::<T>()?.values();
        all_of(values.len(), |row| of(*values.get(row)?)).map(Cow::Owned)
    }
    let micros = match unit {
        TimeUnit::Second => all::<TimestampSecondType>(array, |it| it.checked_mul(1_000_000)),
        TimeUnit::Millisecond => all::<TimestampMillisecondType>(array, |it| it.checked_mul(1_000)),
        TimeUnit::Microsecond => Some(Cow::Borrowed(&**array.as_primitive_opt::<TimestampMicrosecondType>()?.values())),
        TimeUnit::Nanosecond => all::<TimestampNanosecondType>(array, |it| (it % 1_000 == 0).then_some(it / 1_000)),
    };
    Some((micros?, zoned.is_some()))
}

/// The instant of a local time, where the day has one offset.
fn local(micros: i64, days: &Days) -> Option<i64> {
    let date = i32::try_from(micros.div_euclid(Duration::DAY_MICROS)).ok()?;
    micros.checked_sub(days.offset(date)?)
}

/// The strict reader of a column's values.
struct Strict<'r> {
    id: ColumnId,
    column: &'r Column,
    zone: &'r Zone,
    array: &'r dyn Array,
    faults: &'r mut Vec<Fault>,
}

impl Strict<'_> {
    /// The value of a row; missing where it is bad.
    #[cold]
    fn read(&mut self, row: usize) -> Value {
        let value = match columnar::cell(self.array, row, self.column, &self.column.ty, self.zone) {
            Ok(Value::Missing) if !self.column.optional => {
                Err(format!("the value is missing, and `{}` may not be", self.column.ty))
            }
            value => value,
        };
        value.unwrap_or_else(|reason| {
            self.faults.push(Fault { row, column: self.id, reason });
            Value::Missing
        })
    }
}
