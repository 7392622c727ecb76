//! Durations: reading, printing, arithmetic. Where they are compared, divided or averaged a day is 24 hours, and months
//! have no length.

use std::cmp::Ordering;
use std::fmt;

use super::{Decimal, Duration};

/// A unit that a duration is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DurationUnit {
    /// `y`, twelve months
    Year,
    /// `mo`
    Month,
    /// `w`, seven days
    Week,
    /// `d`
    Day,
    /// `h`
    Hour,
    /// `min`
    Minute,
    /// `s`
    Second,
}

/// Why a duration could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// `soon`, `30`, `d`
    #[error("is not a duration such as `1d12h`")]
    NotADuration,
    /// `30m`
    #[error("has `m`, which could be `min` or `mo`")]
    AmbiguousUnit,
    /// `99999999999y`
    #[error("is too long for a duration")]
    TooLong,
}

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration { months: 0, days: 0, micros: 0 };
    /// Microseconds of a day of 24 hours.
    pub const DAY_MICROS: i64 = 86_400_000_000;

    /// `30d`: so many of one unit; none where it does not fit.
    #[must_use]
    pub fn of(_number: i64, _unit: DurationUnit) -> Option<Duration> {
        todo!()
    }

    /// Reads a duration in the language's own form: `1d12h`, `-90s`, `1y2mo`, `1.5s`, `0s`.
    pub fn parse(_text: &str) -> Result<Duration, DurationError> {
        todo!()
    }

    /// `1d` and `12h` of the literal `1d12h` together, months too; none where it does not fit.
    #[must_use]
    pub fn joined(self, _other: Duration) -> Option<Duration> {
        todo!()
    }

    /// `D1 + D2`; none where one has months.
    #[must_use]
    pub fn checked_add(self, _other: Duration) -> Option<Duration> {
        todo!()
    }

    /// `D1 - D2`; none where one has months.
    #[must_use]
    pub fn checked_sub(self, _other: Duration) -> Option<Duration> {
        todo!()
    }

    /// `-D`
    #[must_use]
    pub fn checked_neg(self) -> Option<Duration> {
        todo!()
    }

    /// `D * x`; none for a fraction of a month. A fraction of a day is exact time, of a microsecond rounded half away from zero.
    #[must_use]
    pub fn checked_mul(self, _factor: Decimal) -> Option<Duration> {
        todo!()
    }

    /// `D / x`, as [`Duration::checked_mul`].
    #[must_use]
    pub fn checked_div(self, _divisor: Decimal) -> Option<Duration> {
        todo!()
    }

    /// `D1 / D2`; none where one has months, or by a duration of nothing.
    #[must_use]
    pub fn ratio(self, _other: Duration) -> Option<f64> {
        todo!()
    }

    /// Its microseconds, a day being 24 hours; none where it has months.
    #[must_use]
    pub fn exact_micros(self) -> Option<i128> {
        todo!()
    }

    /// Which is longer; none where one has months.
    #[must_use]
    pub fn compare(self, _other: Duration) -> Option<Ordering> {
        todo!()
    }
}

/// In the language's own form: `-1d12h`, `1y2mo`, `0s`. Durations that are equal print alike: `36h` as `1d12h`.
impl fmt::Display for Duration {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
