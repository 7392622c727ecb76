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
    #[error("has the unit `m`, which could be `min` or `mo`")]
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
    pub fn of(number: i64, unit: DurationUnit) -> Option<Duration> {
        let months =
            |each: i64| Some(Duration { months: i32::try_from(number.checked_mul(each)?).ok()?, ..Duration::ZERO });
        let days =
            |each: i64| Some(Duration { days: i32::try_from(number.checked_mul(each)?).ok()?, ..Duration::ZERO });
        let micros = |each: i64| Some(Duration { micros: number.checked_mul(each)?, ..Duration::ZERO });
        match unit {
            DurationUnit::Year => months(12),
            DurationUnit::Month => months(1),
            DurationUnit::Week => days(7),
            DurationUnit::Day => days(1),
            DurationUnit::Hour => micros(3_600_000_000),
            DurationUnit::Minute => micros(60_000_000),
            DurationUnit::Second => micros(SECOND_MICROS),
        }
    }

    /// Whether it is more than nothing, and no part of it less.
    #[must_use]
    pub fn is_positive(self) -> bool {
        let parts = [i64::from(self.months), i64::from(self.days), self.micros];
        parts.iter().all(|part| *part >= 0) && parts.iter().any(|part| *part > 0)
    }

    /// Reads a duration in the language's own form: `1d12h`, `-90s`, `1y2mo`, `1.5s`, `0s`.
    ///
    /// # Errors
    /// What is written otherwise, the unit `m`, and what does not fit.
    pub fn parse(text: &str) -> Result<Duration, DurationError> {
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if rest.is_empty() {
            return Err(DurationError::NotADuration);
        }
        let mut sum = Duration::ZERO;
        while !rest.is_empty() {
            let (part, after) = part(rest)?;
            sum = sum.joined(part).ok_or(DurationError::TooLong)?;
            rest = after;
        }
        if negative { sum.checked_neg().ok_or(DurationError::TooLong) } else { Ok(sum) }
    }

    /// `1d` and `12h` of the literal `1d12h` together, months too; none where it does not fit.
    #[must_use]
    pub fn joined(self, other: Duration) -> Option<Duration> {
        Some(Duration {
            months: self.months.checked_add(other.months)?,
            days: self.days.checked_add(other.days)?,
            micros: self.micros.checked_add(other.micros)?,
        })
    }

    /// `D1 + D2`; none where one has months.
    #[must_use]
    pub fn checked_add(self, other: Duration) -> Option<Duration> {
        if self.months != 0 || other.months != 0 { None } else { self.joined(other) }
    }

    /// `D1 - D2`; none where one has months.
    #[must_use]
    pub fn checked_sub(self, other: Duration) -> Option<Duration> {
        self.checked_add(other.checked_neg()?)
    }

    /// `-D`
    #[must_use]
    pub fn checked_neg(self) -> Option<Duration> {
        Some(Duration {
            months: self.months.checked_neg()?,
            days: self.days.checked_neg()?,
            micros: self.micros.checked_neg()?,
        })
    }

    /// `D * x`; none for a fraction of a month. A fraction of a day is exact time, of a microsecond rounded half away
    /// from zero.
    #[must_use]
    pub fn checked_mul(self, factor: Decimal) -> Option<Duration> {
        self.scaled(factor.mantissa, 10_i128.checked_pow(u32::from(factor.scale))?)
    }

    /// `D / x`, as [`Duration::checked_mul`].
    #[must_use]
    pub fn checked_div(self, divisor: Decimal) -> Option<Duration> {
        let power = 10_i128.checked_pow(u32::from(divisor.scale))?;
        self.scaled(power.checked_mul(divisor.mantissa.signum())?, divisor.mantissa.checked_abs()?)
    }

    /// `D1 / D2`; none where one has months, or by a duration of nothing.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn ratio(self, other: Duration) -> Option<f64> {
        match (self.exact_micros()?, other.exact_micros()?) {
            (_, 0) => None,
            (a, b) => Some(a as f64 / b as f64),
        }
    }

    /// So many days and microseconds divided among so many durations: exact time; none of none.
    #[must_use]
    pub fn mean(days: i64, micros: i128, count: u64) -> Option<Duration> {
        let sum = i128::from(days).checked_mul(i128::from(Duration::DAY_MICROS))?.checked_add(micros)?;
        let micros = i64::try_from(rounded_quotient(sum, i128::from(count))?).ok()?;
        Some(Duration { micros, ..Duration::ZERO })
    }

    /// Its microseconds, a day being 24 hours; none where it has months.
    #[must_use]
    pub fn exact_micros(self) -> Option<i128> {
        (self.months == 0).then(|| self.days_and_time())
    }

    /// So many microseconds, as days of 24 hours and what is left of them; none where it does not fit.
    #[must_use]
    pub fn of_micros(micros: i128) -> Option<Duration> {
        let day = i128::from(Duration::DAY_MICROS);
        Some(Duration { months: 0, days: i32::try_from(micros / day).ok()?, micros: i64::try_from(micros % day).ok()? })
    }

    /// Which is longer; none where one has months.
    #[must_use]
    pub fn compare(self, other: Duration) -> Option<Ordering> {
        Some(self.exact_micros()?.cmp(&other.exact_micros()?))
    }

    /// Days and time in microseconds.
    fn days_and_time(self) -> i128 {
        i128::from(self.days) * i128::from(Duration::DAY_MICROS) + i128::from(self.micros)
    }

    /// The duration times `numerator / denominator`.
    fn scaled(self, numerator: i128, denominator: i128) -> Option<Duration> {
        let common = greatest_common_divisor(numerator, denominator);
        if denominator == 0 || common == 0 {
            return None;
        }
        let (numerator, denominator) = (numerator / common, denominator / common);
        let times = |part: i128| part.checked_mul(numerator);
        let (months, days) = (times(i128::from(self.months))?, times(i128::from(self.days))?);
        if months % denominator != 0 {
            return None;
        }
        // The part of a day that is left over goes on as exact time.
        let left_over = (days % denominator).checked_mul(i128::from(Duration::DAY_MICROS))?;
        let micros = times(i128::from(self.micros))?.checked_add(left_over)?;
        Some(Duration {
            months: i32::try_from(months / denominator).ok()?,
            days: i32::try_from(days / denominator).ok()?,
            micros: i64::try_from(rounded_quotient(micros, denominator)?).ok()?,
        })
    }
}

/// In the language's own form: `-1d12h`, `1y2mo`, `0s`. Durations that are equal print alike: `36h` as `1d12h`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.days_and_time();
        let months = i128::from(self.months);
        if months == 0 && time == 0 {
            return f.write_str("0s");
        }
        // No operation mixes the signs; were they mixed, the later part would carry its own.
        let (leading, following) = if months == 0 { (time, 0) } else { (months, time) };
        if leading < 0 {
            f.write_str("-")?;
        }
        write_parts(f, months.unsigned_abs(), &[(12, "y"), (1, "mo")])?;
        if following != 0 && (following < 0) != (leading < 0) {
            f.write_str("-")?;
        }
        let time = time.unsigned_abs();
        let (seconds, fraction) = (time / 1_000_000, time % 1_000_000);
        write_parts(f, seconds - seconds % 60, &[(86_400, "d"), (3_600, "h"), (60, "min")])?;
        match (seconds % 60, fraction) {
            (0, 0) => Ok(()),
            (seconds, 0) => write!(f, "{seconds}s"),
            (seconds, fraction) => write!(f, "{seconds}.{}s", format!("{fraction:06}").trim_end_matches('0')),
        }
    }
}

const SECOND_MICROS: i64 = 1_000_000;

fn write_parts(f: &mut fmt::Formatter<'_>, mut rest: u128, units: &[(u128, &str)]) -> fmt::Result {
    for (length, unit) in units {
        let number = rest / length;
        rest %= length;
        if number > 0 {
            write!(f, "{number}{unit}")?;
        }
    }
    Ok(())
}

/// `12h` at the start of the text, and what follows it.
fn part(text: &str) -> Result<(Duration, &str), DurationError> {
    let (number, rest) = split_where(text, |c| !c.is_ascii_digit() && c != '.');
    let (unit, rest) = split_where(rest, |c| c.is_ascii_digit());
    let unit = match unit {
        "y" => DurationUnit::Year,
        "mo" => DurationUnit::Month,
        "w" => DurationUnit::Week,
        "d" => DurationUnit::Day,
        "h" => DurationUnit::Hour,
        "min" => DurationUnit::Minute,
        "s" => DurationUnit::Second,
        "m" if !number.is_empty() => return Err(DurationError::AmbiguousUnit),
        _ => return Err(DurationError::NotADuration),
    };
    let number = Decimal::parse(number).map_err(|error| match error {
        super::decimal::NumberError::NotANumber => DurationError::NotADuration,
        super::decimal::NumberError::TooManyDigits => DurationError::TooLong,
    })?;
    let part = if number.scale == 0 {
        number.to_int().and_then(|number| Duration::of(number, unit))
    } else if unit == DurationUnit::Second {
        let micros = number.rescale(6).ok_or(DurationError::NotADuration)?;
        i64::try_from(micros.mantissa).ok().map(|micros| Duration { micros, ..Duration::ZERO })
    } else {
        return Err(DurationError::NotADuration);
    };
    Ok((part.ok_or(DurationError::TooLong)?, rest))
}

/// The text before the first character that ends it, and the rest.
fn split_where(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.find(ends).and_then(|end| text.split_at_checked(end)).unwrap_or((text, ""))
}

/// `numerator / denominator`, half away from zero.
fn rounded_quotient(numerator: i128, denominator: i128) -> Option<i128> {
    let quotient = numerator.checked_div(denominator)?;
    let rest = numerator.checked_rem(denominator)?.unsigned_abs();
    let up = rest != 0 && rest >= denominator.unsigned_abs() - rest;
    let away = numerator.signum() * denominator.signum();
    quotient.checked_add(if up { away } else { 0 })
}

fn greatest_common_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.saturating_abs(), b.saturating_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn duration(text: &str) -> Duration {
        Duration::parse(text).expect("a duration of the test")
    }

    fn shown(duration: Option<Duration>) -> String {
        duration.map_or("missing".to_owned(), |duration| duration.to_string())
    }

    #[test]
    fn reading_and_printing() {
        let table = [
            ("30d", "30d"),
            ("1d12h", "1d12h"),
            ("12h1d", "1d12h"),
            ("-1d12h", "-1d12h"),
            ("36h", "1d12h"),
            ("2w", "14d"),
            ("3mo", "3mo"),
            ("14mo", "1y2mo"),
            ("-1y1d", "-1y1d"),
            ("90s", "1min30s"),
            ("1.5s", "1.5s"),
            ("0.000001s", "0.000001s"),
            ("0d", "0s"),
            ("-0s", "0s"),
            ("1mo90min", "1mo1h30min"),
        ];
        for (text, expected) in table {
            assert_eq!(duration(text).to_string(), expected, "{text}");
        }
        for text in
            ["", "-", "d", "30", "1d 12h", "1.5d", "+1d", "1D", "1d12", "1_0d", "P1D", "0.0000001s", "1.s", "30天"]
        {
            assert_eq!(Duration::parse(text), Err(DurationError::NotADuration), "{text}");
        }
        assert_eq!(Duration::parse("30m"), Err(DurationError::AmbiguousUnit));
        let endless = format!("{}d", "9".repeat(90));
        for text in ["2147483648d", "178956971y", "9223372036855s", "2147483647d1d", &endless] {
            assert_eq!(Duration::parse(text), Err(DurationError::TooLong), "{text}");
        }
    }

    #[test]
    fn multiples_and_fractions() {
        let decimal = |text: &str| Decimal::parse(text).expect("a decimal of the test");
        let table = [
            ("1d12h", "2", "3d"),
            ("1d", "0.5", "12h"),
            ("3d", "-1.5", "-4d12h"),
            ("1mo", "0.5", "missing"),
            ("2mo1d", "0.5", "1mo12h"),
            ("1y", "0", "0s"),
            ("0.000001s", "0.5", "0.000001s"),
            ("2147483647d", "2", "missing"),
            ("1d", "99999999999999999999999999999999999999", "missing"),
        ];
        for (length, factor, expected) in table {
            assert_eq!(shown(duration(length).checked_mul(decimal(factor))), expected, "{length} * {factor}");
        }
        let table = [
            ("1d", "2", "12h"),
            ("1d", "0", "missing"),
            ("1y", "5", "missing"),
            ("1y", "-4", "-3mo"),
            ("1h", "0.5", "2h"),
        ];
        for (length, divisor, expected) in table {
            assert_eq!(shown(duration(length).checked_div(decimal(divisor))), expected, "{length} / {divisor}");
        }
        assert_eq!(
            duration("60d").checked_div(decimal("2")),
            Some(duration("30d")),
            "whole days stay days of the calendar"
        );
    }

    #[test]
    fn months_have_no_length() {
        assert_eq!(duration("1mo").compare(duration("1mo")), None);
        assert_eq!(duration("1mo").checked_add(duration("1d")), None);
        assert_eq!(duration("1d").ratio(duration("1y")), None);
    }

    #[test]
    fn days_are_24_hours() {
        assert_eq!(duration("24h").compare(duration("1d")), Some(Ordering::Equal));
        assert_eq!(duration("3d").ratio(duration("12h")), Some(6.0));
        assert_eq!(duration("3d").ratio(duration("0s")), None);
        assert_eq!(shown(duration("1d").checked_sub(duration("36h"))), "-12h");
        assert_eq!(shown(Duration::mean(3, 0, 2)), "1d12h");
        assert_eq!(Duration::mean(1, 0, 0), None);
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_as_equal(days in any::<i32>(), micros in 0..Duration::DAY_MICROS) {
            let micros = if days < 0 { -micros } else { micros };
            let days = days / 2;
            let original = Duration { months: 0, days, micros };
            prop_assert_eq!(duration(&original.to_string()).compare(original), Some(Ordering::Equal));
        }

        #[test]
        fn months_read_back_the_same(months in 0..i32::MAX, days in 0..1000_i32, negative: bool) {
            let sign = if negative { -1 } else { 1 };
            let original = Duration { months: months * sign, days: days * sign, micros: 0 };
            prop_assert_eq!(duration(&original.to_string()), original);
        }

        #[test]
        fn division_undoes_multiplication(days in -10_000..10_000_i32, micros in -Duration::DAY_MICROS..Duration::DAY_MICROS, n in 1..1000_i64) {
            let original = Duration { months: 0, days, micros };
            let factor = Decimal::from(n);
            let back = original.checked_mul(factor).and_then(|product| product.checked_div(factor));
            prop_assert_eq!(back, Some(original));
        }
    }
}
