//! Dates and timestamps as text: the language's literals, and ISO 8601 back. What else data may hold is in
//! [`super::moment_format`].

use super::Duration;
use super::time::{Zone, calendar, in_calendar};

pub use super::moment_format::{MomentFormat, check_format, read_date, read_timestamp};

/// Why a moment could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MomentError {
    /// `tomorrow`, `2026-1-5`
    #[error("is not a date such as `2026-11-22`")]
    NotADate,
    /// `2026/11/22`, in a form that the column can declare.
    #[error("is not a date such as `2026-11-22`; its form can be declared in the table: `date in {0}`")]
    DateInAnotherForm(String),
    /// `2026/11/22 08:00`, in a form that the column can declare.
    #[error("is not a timestamp such as `2026-11-22T08:00`; its form can be declared in the table: `timestamp in {0}`")]
    TimestampInAnotherForm(String),
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

/// Reads a date literal, `2026-11-22`.
///
/// # Errors
/// Any other spelling, and a day that the calendar does not have.
pub fn parse_date(text: &str) -> Result<i32, MomentError> {
    let mut cursor = Cursor { rest: text };
    let date = cursor.date().ok_or(MomentError::NotADate)?;
    if cursor.rest.is_empty() { date.exists() } else { Err(MomentError::NotADate) }
}

/// Reads a timestamp literal: `2026-11-22T08:00`, `…T08:00:30.5`, `…T08:00Z`, `…T08:00+08:00`; without an offset it is
/// local time in the zone.
///
/// # Errors
/// Any other spelling, and a day or time that does not exist.
pub fn parse_timestamp(text: &str, zone: &Zone) -> Result<i64, MomentError> {
    timestamp(text, zone, Strictness::Literal)
}

/// Reads a time of day, `08:00`, as minutes since midnight.
///
/// # Errors
/// Any other spelling, and a time that does not exist.
pub fn parse_time_of_day(text: &str) -> Result<u16, MomentError> {
    let mut cursor = Cursor { rest: text };
    let (hour, minute) = cursor.hour_and_minute().ok_or(MomentError::NotATimeOfDay)?;
    if !cursor.rest.is_empty() {
        return Err(MomentError::NotATimeOfDay);
    }
    if hour > 23 || minute > 59 {
        return Err(MomentError::NoSuchTime);
    }
    u16::try_from(hour * 60 + minute).map_err(|_| MomentError::NoSuchTime)
}

/// Reads an as-of: a timestamp, or a date, which is that day's first instant.
///
/// # Errors
/// As [`parse_timestamp`].
pub fn parse_as_of(text: &str, zone: &Zone) -> Result<i64, MomentError> {
    match parse_date(text) {
        Ok(date) => in_calendar(zone.start_of_day(date)).ok_or(MomentError::OutOfRange),
        Err(MomentError::NotADate) => parse_timestamp(text, zone),
        Err(error) => Err(error),
    }
}

/// `2026-11-22`
#[must_use]
pub fn date_text(date: i32) -> String {
    let mut text = String::with_capacity(10);
    push_date(&mut text, date);
    text
}

fn push_date(text: &mut String, date: i32) {
    let calendar::YearMonthDay { year, month, day } = calendar::parts(date);
    match u64::try_from(year) {
        Ok(year @ 0..=9999) => {
            push_two(text, year / 100);
            push_two(text, year % 100);
        }
        // In no calendar of ours.
        _ => text.push_str(&format!("{year:04}")),
    }
    for part in [month, day] {
        text.push('-');
        push_two(text, part.unsigned_abs());
    }
}

/// The last two digits.
fn push_two(text: &mut String, number: u64) {
    let digit = |of: u64| char::from(b'0' + (of % 10) as u8);
    text.push(digit(number / 10));
    text.push(digit(number));
}

/// `2026-11-22T08:00:00+08:00` in the zone, `Z` for UTC; a fraction only where there is one.
#[must_use]
pub fn timestamp_text(instant: i64, zone: &Zone) -> String {
    let (date, micros) = zone.local(instant);
    let (seconds, fraction) = (micros / SECOND, micros % SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    // `2026-11-22T08:00:00.000001+08:00`
    let mut text = String::with_capacity(32);
    push_date(&mut text, date);
    for (sign, part) in [('T', hour), (':', minute), (':', second)] {
        text.push(sign);
        push_two(&mut text, part.unsigned_abs());
    }
    if fraction != 0 {
        text.push('.');
        text.push_str(format!("{fraction:06}").trim_end_matches('0'));
    }
    if zone.is_utc() {
        text.push('Z');
        return text;
    }
    let offset = zone.offset_seconds(instant);
    let (sign, ahead) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
    for (sign, part) in [(sign, ahead / 3600), (':', ahead / 60 % 60)] {
        text.push(sign);
        push_two(&mut text, u64::from(part));
    }
    // Offsets from before standard time have seconds.
    if ahead % 60 != 0 {
        text.push(':');
        push_two(&mut text, u64::from(ahead % 60));
    }
    text
}

/// `2026-11-22 08:00` in the zone: to the minute, as a template's hole prints it.
#[must_use]
pub fn minute_text(instant: i64, zone: &Zone) -> String {
    let (date, micros) = zone.local(instant);
    let minutes = micros / SECOND / 60;
    format!("{} {:02}:{:02}", date_text(date), minutes / 60, minutes % 60)
}

const SECOND: i64 = 1_000_000;

/// Which spellings of a timestamp are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// `T`, offsets `Z` and `+08:00`
    Literal,
    /// Also a space for the `T`, and offsets `+0800` and `+08`
    Data,
}

pub(super) fn timestamp(text: &str, zone: &Zone, strictness: Strictness) -> Result<i64, MomentError> {
    let mut cursor = Cursor { rest: text };
    let date = cursor.date().ok_or(MomentError::NotATimestamp)?;
    let separated = cursor.take('T') || (strictness == Strictness::Data && cursor.take(' '));
    if !separated {
        return Err(MomentError::NotATimestamp);
    }
    let (hour, minute) = cursor.hour_and_minute().ok_or(MomentError::NotATimestamp)?;
    let (mut second, mut fraction) = (0, "");
    if cursor.take(':') {
        second = cursor.digits(2).ok_or(MomentError::NotATimestamp)?;
        if cursor.take('.') {
            fraction = cursor.all_digits();
            if fraction.is_empty() {
                return Err(MomentError::NotATimestamp);
            }
        }
    }
    let offset = cursor.offset(strictness).ok_or(MomentError::NotATimestamp)?;
    if !cursor.rest.is_empty() {
        return Err(MomentError::NotATimestamp);
    }
    let date = date.exists_anywhere()?;
    if hour > 23 || minute > 59 || second > 59 {
        return Err(MomentError::NoSuchTime);
    }
    let micros_of_day = ((hour * 60 + minute) * 60 + second) * SECOND + micros(fraction)?;
    let instant = match offset {
        Some(offset) => i64::from(date) * Duration::DAY_MICROS + micros_of_day - offset * SECOND,
        None => zone.instant(date, micros_of_day),
    };
    in_calendar(instant).ok_or(MomentError::OutOfRange)
}

/// Microseconds from the digits of a second's fraction; beyond the sixth only zeros.
fn micros(fraction: &str) -> Result<i64, MomentError> {
    let mut micros = 0;
    for (place, digit) in fraction.bytes().enumerate() {
        match (place, digit) {
            (0..=5, digit) => micros = micros * 10 + i64::from(digit - b'0'),
            (_, b'0') => {}
            _ => return Err(MomentError::TooFine),
        }
    }
    let missing = 6_usize.saturating_sub(fraction.len());
    Ok((0..missing).fold(micros, |micros, _| micros * 10))
}

/// A date as written, which the calendar need not have.
struct Written {
    year: i64,
    month: i64,
    day: i64,
}

impl Written {
    fn exists(&self) -> Result<i32, MomentError> {
        match calendar::from_parts(self.year, self.month, self.day) {
            Some(date) => Ok(date),
            None if self.year == 0 => Err(MomentError::OutOfRange),
            None => Err(MomentError::NoSuchDay),
        }
    }

    /// As [`Written::exists`], and also the year 0, whose last hours an offset may bring into the year 1.
    fn exists_anywhere(&self) -> Result<i32, MomentError> {
        match self.year {
            // The year 400 has the same days, 400 years (146 097 days) later.
            0 => Written { year: 400, ..*self }.exists().map(|date| date - 146_097),
            _ => self.exists(),
        }
    }
}

/// The text that is still to be read.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, expected: char) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Exactly so many digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        self.rest = rest;
        digits.parse().ok()
    }

    /// All digits that follow.
    fn all_digits(&mut self) -> &'a str {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        digits
    }

    fn date(&mut self) -> Option<Written> {
        let year = self.digits(4)?;
        let month = if self.take('-') { self.digits(2)? } else { return None };
        let day = if self.take('-') { self.digits(2)? } else { return None };
        Some(Written { year, month, day })
    }

    fn hour_and_minute(&mut self) -> Option<(i64, i64)> {
        let hour = self.digits(2)?;
        let minute = if self.take(':') { self.digits(2)? } else { return None };
        Some((hour, minute))
    }

    /// `Z`, `+08:00`, `+08:05:43`, or no offset: seconds ahead of UTC. None where it is something else.
    fn offset(&mut self, strictness: Strictness) -> Option<Option<i64>> {
        if self.rest.is_empty() {
            return Some(None);
        }
        if self.take('Z') {
            return Some(Some(0));
        }
        let sign = if self.take('+') {
            1
        } else if self.take('-') {
            -1
        } else {
            return None;
        };
        let hours = self.digits(2)?;
        let (mut minutes, mut seconds) = (0, 0);
        if self.take(':') {
            minutes = self.digits(2)?;
            if self.take(':') {
                seconds = self.digits(2)?;
            }
        } else if strictness == Strictness::Literal {
            return None;
        } else if !self.rest.is_empty() {
            minutes = self.digits(2)?;
        }
        let valid = hours <= 23 && minutes <= 59 && seconds <= 59;
        valid.then_some(Some(sign * ((hours * 60 + minutes) * 60 + seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shanghai() -> Zone {
        Zone::parse("Asia/Shanghai").expect("a zone")
    }

    #[test]
    fn dates() {
        assert_eq!(parse_date("1970-01-02"), Ok(1));
        let table = [
            ("2026-1-5", MomentError::NotADate),
            ("2026-02-30", MomentError::NoSuchDay),
            ("2025-02-29", MomentError::NoSuchDay),
            ("2026-13-01", MomentError::NoSuchDay),
            ("0000-01-01", MomentError::OutOfRange),
            ("2026-11-22 ", MomentError::NotADate),
            ("20261122", MomentError::NotADate),
            ("2026/11/22", MomentError::NotADate),
            ("２０２６-11-22", MomentError::NotADate),
            ("", MomentError::NotADate),
        ];
        for (text, expected) in table {
            assert_eq!(parse_date(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn timestamps() {
        let zone = shanghai();
        let table = [
            ("2026-11-22T08:00", "2026-11-22T08:00:00+08:00"),
            ("2026-11-22T08:00:30.5", "2026-11-22T08:00:30.5+08:00"),
            ("2026-11-22T08:00Z", "2026-11-22T16:00:00+08:00"),
            ("2026-11-22T08:00:30.120000000-03:30", "2026-11-22T19:30:30.12+08:00"),
            ("0001-01-01T08:05:43", "0001-01-01T08:05:43+08:05:43"),
        ];
        for (text, expected) in table {
            assert_eq!(
                parse_timestamp(text, &zone).map(|t| timestamp_text(t, &zone)),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
        let table = [
            ("2026-11-22", MomentError::NotATimestamp),
            ("2026-11-22 08:00", MomentError::NotATimestamp),
            ("2026-11-22T8:00", MomentError::NotATimestamp),
            ("2026-11-22T08", MomentError::NotATimestamp),
            ("2026-11-22T08:00:", MomentError::NotATimestamp),
            ("2026-11-22T08:00:00.", MomentError::NotATimestamp),
            ("2026-11-22T08:00+0800", MomentError::NotATimestamp),
            ("2026-11-22T08:00 Z", MomentError::NotATimestamp),
            ("2026-11-22T08:00+24:00", MomentError::NotATimestamp),
            ("2026-11-22T24:00", MomentError::NoSuchTime),
            ("2026-11-22T08:60", MomentError::NoSuchTime),
            ("2026-11-22T08:00:60", MomentError::NoSuchTime),
            ("2026-02-29T08:00", MomentError::NoSuchDay),
            ("2026-11-22T08:00:00.0000001", MomentError::TooFine),
            ("0001-01-01T00:00", MomentError::OutOfRange),
            ("9999-12-31T23:00-02:00", MomentError::OutOfRange),
        ];
        for (text, expected) in table {
            assert_eq!(parse_timestamp(text, &zone), Err(expected), "{text}");
        }
    }

    #[test]
    fn times_of_day() {
        assert_eq!(parse_time_of_day("08:00"), Ok(480));
        assert_eq!(parse_time_of_day("23:59"), Ok(1439));
        assert_eq!(parse_time_of_day("8:00"), Err(MomentError::NotATimeOfDay));
        assert_eq!(parse_time_of_day("08:00:00"), Err(MomentError::NotATimeOfDay));
        assert_eq!(parse_time_of_day("24:00"), Err(MomentError::NoSuchTime));
    }

    #[test]
    fn printing() {
        assert_eq!(timestamp_text(0, &Zone::utc()), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp_text(-1, &Zone::utc()), "1969-12-31T23:59:59.999999Z");
        let london = Zone::parse("Europe/London").expect("a zone");
        assert_eq!(timestamp_text(1_764_000_000_000_000, &london), "2025-11-24T16:00:00+00:00");
        assert_eq!(minute_text(0, &shanghai()), "1970-01-01 08:00");
        assert_eq!(parse_as_of("2026-11-22", &shanghai()), parse_timestamp("2026-11-22T00:00", &shanghai()));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(
            instant in -62_000_000_000_000_000..250_000_000_000_000_000_i64,
            name in prop::sample::select(&["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"][..]),
        ) {
            let zone = Zone::parse(name).unwrap();
            prop_assert_eq!(parse_timestamp(&timestamp_text(instant, &zone), &Zone::utc()), Ok(instant));
        }

        #[test]
        fn no_literal_panics(text in "\\PC*|[0-9T:+.Z -]{0,30}") {
            let _ = (parse_date(&text), parse_timestamp(&text, &Zone::utc()), parse_time_of_day(&text));
        }
    }
}
