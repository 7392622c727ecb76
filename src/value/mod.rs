//! Types and values, and the one meaning of every operator and function on single values, missing included.
//!
//! Each arithmetic edge — missing, overflow, empty range, leap day, clock change — is decided here, once, and has a row
//! in a table under `tests/eval/`. Nothing here knows names, columns or rulebooks.

pub mod aggregate;
pub mod compare;
pub mod decimal;
pub mod duration;
pub mod exact_sum;
mod for_people;
pub mod hash;
pub mod kind;
pub mod list;
pub mod literal;
pub mod moment_format;
pub mod moment_text;
pub mod number;
pub mod operator;
pub mod pattern;
pub mod print;
pub mod text;
pub mod time;
pub mod truth;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use compare::{Comparison, UpperEnd};
pub use pattern::Pattern;
pub use time::{Clock, Moment, MomentType, Zone};
pub use truth::Truth;

/// A type of LANGUAGE.md §2, without its `?`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Unicode text, compared by code point.
    Text,
    /// 64-bit integer.
    Int,
    /// Exact, with this many digits after the point, 38 digits in all.
    Decimal(u8),
    /// 64-bit float, always finite.
    Float,
    /// True or false; a condition also unknown, which is [`Value::Missing`].
    Bool,
    /// A day of the calendar.
    Date,
    /// An instant, in microseconds.
    Timestamp,
    /// Months, days and exact time.
    Duration,
    /// Elements are never missing.
    List(Box<Type>),
    /// A value of this level, layer or funnel.
    Choice(ChoiceId),
}

/// Which level, layer or funnel a [`Type::Choice`] belongs to; an index into the rulebook's enumerations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChoiceId(pub u32);

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not known; of a condition: unknown.
    Missing,
    /// Of [`Type::Bool`].
    Bool(bool),
    /// Of [`Type::Int`].
    Int(i64),
    /// Of [`Type::Decimal`].
    Decimal(Decimal),
    /// Of [`Type::Float`]; never NaN, never infinite.
    Float(f64),
    /// Of [`Type::Text`].
    Text(Arc<str>),
    /// Of [`Type::Date`]: days since 1970-01-01.
    Date(i32),
    /// Of [`Type::Timestamp`]: microseconds since 1970-01-01T00:00Z.
    Timestamp(i64),
    /// Of [`Type::Duration`].
    Duration(Duration),
    /// Of [`Type::List`]; no element is missing.
    List(Arc<[Value]>),
    /// Of [`Type::Choice`]: the rank, 0 the lowest; a level's top arm has the highest rank, a funnel's first step 0,
    /// a layer's first arm 0.
    Choice(u32),
}

/// An exact number: `mantissa × 10^-scale`, at most 38 digits. It begins at any multiple of eight bytes, so that a value takes no more
/// than four times eight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, packed(8))]
pub struct Decimal {
    /// All digits, signed.
    pub mantissa: i128,
    /// Digits after the point, at most 38.
    pub scale: u8,
}

/// A length of time: calendar months, calendar days, exact microseconds. Weeks are seven days, years twelve months.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Duration {
    /// Calendar months.
    pub months: i32,
    /// Calendar days, in the zone.
    pub days: i32,
    /// Exact time, in microseconds.
    pub micros: i64,
}

impl From<bool> for Value {
    fn from(it: bool) -> Value {
        Value::Bool(it)
    }
}

impl From<i32> for Value {
    fn from(it: i32) -> Value {
        Value::Int(i64::from(it))
    }
}

impl From<i64> for Value {
    fn from(it: i64) -> Value {
        Value::Int(it)
    }
}

impl From<f64> for Value {
    fn from(it: f64) -> Value {
        Value::Float(it)
    }
}

impl From<Decimal> for Value {
    fn from(it: Decimal) -> Value {
        Value::Decimal(it)
    }
}

impl From<Duration> for Value {
    fn from(it: Duration) -> Value {
        Value::Duration(it)
    }
}

impl From<&str> for Value {
    fn from(it: &str) -> Value {
        Value::Text(it.into())
    }
}

impl From<Arc<str>> for Value {
    fn from(it: Arc<str>) -> Value {
        Value::Text(it)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(it: Option<T>) -> Value {
        it.map_or(Value::Missing, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(it: Vec<T>) -> Value {
        Value::List(it.into_iter().map(Into::into).collect())
    }
}
