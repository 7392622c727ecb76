//! Dates and timestamps as text: the language's literals, the forms that data come in, and ISO 8601 back.

use super::time::Zone;

/// Why a moment could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MomentError {
    /// `tomorrow`, `2026-1-5`
    #[error("is not a date such as `2026-11-22`")]
    NotADate,
    /// `2026-11-22T8`
    #[error("is not a timestamp such as `2026-11-22T08:00`")]
    NotATimestamp,
    /// `8:00`
    #[error("is not a time of day such as `08:00`")]
    NotATimeOfDay,
    /// `2026-02-30`
    #[error("is a day that does not exist")]
    NoSuchDay,
    /// `25:00`
    #[error("is a time of day that does not exist")]
    NoSuchTime,
    /// `2026-11-22T08:00:00.1234567`
    #[error("has more than 6 digits of a second")]
    TooFine,
    /// `22/11/2026` where the column says `in "%d.%m.%Y"`
    #[error("does not match the format `{0}`")]
    NotInFormat(String),
    /// `soon` where the column says `in epoch s`
    #[error("is not a number of {0} since 1970")]
    NotAnEpoch(&'static str),
    /// Before the year 1 or after the year 9999.
    #[error("is outside the years 1 to 9999")]
    OutOfRange,
}

/// How a column writes its moments: `in "%d.%m.%Y"`, `in epoch ms`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MomentFormat {
    /// ISO 8601, with `T` or a space.
    Iso,
    /// `in "%d.%m.%Y %H:%M"`
    Pattern(String),
    /// `in epoch s`
    EpochSeconds,
    /// `in epoch ms`
    EpochMillis,
    /// `in epoch us`
    EpochMicros,
}

/// Reads a date literal, `2026-11-22`.
pub fn parse_date(_text: &str) -> Result<i32, MomentError> {
    todo!()
}

/// Reads a timestamp literal: `2026-11-22T08:00`, `…T08:00:30.5`, `…T08:00Z`, `…T08:00+08:00`; without an offset it is
/// local time in the zone.
pub fn parse_timestamp(_text: &str, _zone: &Zone) -> Result<i64, MomentError> {
    todo!()
}

/// Reads a time of day, `08:00`, as minutes since midnight.
pub fn parse_time_of_day(_text: &str) -> Result<u16, MomentError> {
    todo!()
}

/// Reads an as-of: a timestamp, or a date, which is that day's first instant.
pub fn parse_as_of(_text: &str, _zone: &Zone) -> Result<i64, MomentError> {
    todo!()
}

/// Reads a date from data.
pub fn read_date(_text: &str, _format: &MomentFormat, _zone: &Zone) -> Result<i32, MomentError> {
    todo!()
}

/// Reads a timestamp from data; ISO 8601 also with a space for the `T`; a bare date is that day's first instant.
pub fn read_timestamp(_text: &str, _format: &MomentFormat, _zone: &Zone) -> Result<i64, MomentError> {
    todo!()
}

/// Whether a format can be used: the reason, if it cannot.
pub fn check_format(_format: &str) -> Result<(), String> {
    todo!()
}

/// `2026-11-22`
#[must_use]
pub fn date_text(_date: i32) -> String {
    todo!()
}

/// `2026-11-22T08:00:00+08:00` in the zone, `Z` for UTC; a fraction only where there is one.
#[must_use]
pub fn timestamp_text(_instant: i64, _zone: &Zone) -> String {
    todo!()
}

/// `2026-11-22 08:00` in the zone: to the minute, as a template's hole prints it.
#[must_use]
pub fn minute_text(_instant: i64, _zone: &Zone) -> String {
    todo!()
}
