//! Arrays whose values stand as a column has them: their memory is the column's, where nobody else needs it.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType,
    cast::AsArray,
    types::{Date32Type, Decimal64Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType},
};
use arrow_schema::{DataType, TimeUnit};

use crate::{
    column::{self, Data, Texts},
    data::chunks::{arrays::in_years, build::Known, days::Days},
    schema::Column,
    value::{Type, time::in_calendar},
};

/// Whether all values of an array are right as they stand.
pub(super) fn can_be(array: &dyn Array, column: &Column, days: &Days) -> bool {
    if array.null_count() > 0 && !column.optional {
        return false;
    }
    match (&column.ty, array.data_type()) {
        (Type::Int, DataType::Int64) => true,
        (Type::Decimal(scale), DataType::Decimal64(_, own)) => i8::try_from(*scale) == Ok(*own),
        (Type::Float, DataType::Float64) => {
            are::<Float64Type>(array, |it| it.is_finite() && it.to_bits() != NEGATIVE_ZERO)
        }
        (Type::Date, DataType::Date32) => are::<Date32Type>(array, |it| in_years(&it)),
        (Type::Timestamp, DataType::Timestamp(TimeUnit::Microsecond, zoned)) => {
            (zoned.is_some() || days.are_of_utc())
                && are::<TimestampMicrosecondType>(array, |it| in_calendar(it).is_some())
        }
        (Type::Text, DataType::Dictionary(..)) => {
            let texts = array.as_dictionary_opt::<Int32Type>().and_then(|it| it.values().as_string_opt::<i32>());
            texts.is_some_and(|texts| texts.null_count() == 0)
        }
        _ => false,
    }
}

/// Zero has no sign.
const NEGATIVE_ZERO: u64 = 1 << 63;

/// Whether all values are right, also those of rows that have none: most often they are.
fn are<T: ArrowPrimitiveType>(array: &dyn Array, is_right: impl Fn(T::Native) -> bool) -> bool {
    let values = array.as_primitive_opt::<T>().map(|array| array.values());
    values.is_some_and(|values| values.iter().fold(true, |all, it| all & is_right(*it)))
}

/// The column of such an array.
pub(super) fn of(array: ArrayRef, column: &Column) -> column::Column {
    let rows = array.len();
    let mut known = Known::of(rows);
    match array.nulls().filter(|_| array.null_count() > 0) {
        None => known.set_all(rows),
        Some(nulls) => known.set_those(nulls),
    }
    let data = match &column.ty {
        Type::Int => Data::Int(values::<Int64Type>(array)),
        Type::Decimal(scale) => Data::Short(values::<Decimal64Type>(array), *scale),
        Type::Float => Data::Float(values::<Float64Type>(array)),
        Type::Date => Data::Date(values::<Date32Type>(array)),
        Type::Timestamp => Data::Timestamp(values::<TimestampMicrosecondType>(array)),
        _ => Data::Texts(texts(array)),
    };
    column::Column::of(data, known.bits, rows)
}

/// The values of an array: its memory, if it has that alone.
fn values<T: ArrowPrimitiveType>(array: ArrayRef) -> Vec<T::Native> {
    let values = array.as_primitive_opt::<T>().map(|array| array.values().clone());
    drop(array);
    values.map(Vec::from).unwrap_or_default()
}

/// Texts that rows share. Rows without one share a text of their own, which is empty.
fn texts(array: ArrayRef) -> Texts {
    let mut texts = Texts::default();
    let Some(dictionary) = array.as_dictionary_opt::<Int32Type>().cloned() else { return texts };
    drop(array);
    let nulls = dictionary.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
    let (keys, values) = dictionary.into_parts();
    if let Some(values) = values.as_string_opt::<i32>() {
        values.iter().for_each(|text| {
            texts.push(text.unwrap_or_default());
        });
    }
    let none = values.len() as u32;
    let keys = self::values::<Int32Type>(Arc::new(keys)).into_iter();
    let codes = match nulls {
        None => keys.map(|key| key as u32).collect(),
        Some(nulls) => {
            texts.push("");
            keys.enumerate().map(|(row, key)| if nulls.is_valid(row) { key as u32 } else { none }).collect()
        }
    };
    texts.shared(codes)
}
