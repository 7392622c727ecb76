//! The usual spellings of values, read without detours. What is spelled otherwise, rightly or wrongly, is none here and left
//! to the strict readers of [`crate::value`]; what is read here they would read the same.

use crate::{
    data::chunks::days::Days,
    value::{Duration, moment_text::MomentFormat, time::calendar},
};

/// Part of a text: all of it, and where the part begins and ends. Eight bytes can so be looked at at once.
#[derive(Clone, Copy)]
pub(super) struct Cell<'t> {
    pub(super) bytes: &'t [u8],
    pub(super) start: usize,
    pub(super) end: usize,
}

impl<'t> Cell<'t> {
    /// A text of its own.
    pub(super) fn whole(bytes: &'t [u8]) -> Cell<'t> {
        Cell { bytes, start: 0, end: bytes.len() }
    }

    /// Its bytes.
    #[inline]
    pub(super) fn raw(self) -> &'t [u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.start >= self.end
    }

    #[inline]
    fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    #[inline]
    fn at(self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    #[inline]
    fn part(self, start: usize, end: usize) -> Cell<'t> {
        Cell { bytes: self.bytes, start, end }
    }

    /// Whether it begins with a minus, and the rest.
    #[inline]
    fn sign(self) -> (bool, Cell<'t>) {
        let minus = !self.is_empty() && self.at(self.start) == Some(b'-');
        (minus, self.part(self.start + usize::from(minus), self.end))
    }

    /// Its last eight bytes, or fewer; those that are not its own are `0`.
    #[inline]
    fn last_eight(self) -> u64 {
        const ZEROS: u64 = 0x3030_3030_3030_3030;
        let before = self.end.checked_sub(8).and_then(|from| self.bytes.get(from..self.end)?.try_into().ok());
        match before {
            Some(eight) => {
                let foreign = 64 - 8 * self.len().min(8) as u32;
                let own = u64::MAX.checked_shl(foreign).unwrap_or(0);
                u64::from_le_bytes(eight) & own | ZEROS & !own
            }
            None => self.raw().iter().fold(ZEROS, |word, byte| word >> 8 | u64::from(*byte) << 56),
        }
    }

    /// At most eight digits.
    #[inline]
    fn eight_digits(self) -> Option<u64> {
        let digits = self.last_eight() ^ 0x3030_3030_3030_3030;
        let beyond = (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
        if beyond != 0 {
            return None;
        }
        let pairs = digits.wrapping_mul(2561) >> 8 & 0x00FF_00FF_00FF_00FF;
        let fours = pairs.wrapping_mul(6_553_601) >> 16 & 0x0000_FFFF_0000_FFFF;
        Some(fours.wrapping_mul(42_949_672_960_001) >> 32)
    }

    /// One to eighteen digits.
    #[inline(always)]
    fn digits(self) -> Option<u64> {
        if let 1..=8 = self.len() { self.eight_digits() } else { self.many_digits() }
    }

    fn many_digits(self) -> Option<u64> {
        match self.len() {
            9..=16 => {
                let middle = self.end - 8;
                let high = self.part(self.start, middle).eight_digits()?;
                Some(high * 100_000_000 + self.part(middle, self.end).eight_digits()?)
            }
            17..=18 => {
                let middle = self.end - 16;
                let high = self.part(self.start, middle).eight_digits()?;
                Some(high * 10_000_000_000_000_000 + self.part(middle, self.end).digits()?)
            }
            0..=8 | 19.. => None,
        }
    }
}

/// `-5`: a whole number of at most 18 digits.
#[inline]
pub(super) fn int(cell: Cell<'_>) -> Option<i64> {
    let (minus, digits) = cell.sign();
    let number = digits.digits()? as i64;
    Some(if minus { -number } else { number })
}

/// `12.50` as 1250: at most 18 digits at this scale.
#[inline]
pub(super) fn decimal(cell: Cell<'_>, scale: usize) -> Option<i64> {
    let (minus, number) = cell.sign();
    // Most often all digits after the point are there.
    let usual = number.end.checked_sub(scale + 1).filter(|at| *at > number.start && number.at(*at) == Some(b'.'));
    let mantissa = match usual {
        Some(point) if scale == 2 && point - number.start <= 8 => {
            let whole = number.part(number.start, point).eight_digits()?;
            let cents = two(number.at(point + 1)?, number.at(point + 2)?)?;
            whole * 100 + cents as u64
        }
        _ => decimal_at(number, usual.or_else(|| point(number)).unwrap_or(number.end), scale)?,
    };
    Some(if minus { -(mantissa as i64) } else { mantissa as i64 })
}

/// The same, its point there, or behind it.
#[inline]
fn decimal_at(number: Cell<'_>, point: usize, scale: usize) -> Option<u64> {
    let after = number.end.saturating_sub(point + 1);
    let whole = number.part(number.start, point);
    if after > scale || whole.len() + scale > 18 {
        return None;
    }
    let whole = whole.digits()?.checked_mul(power(scale)?)?;
    match point == number.end {
        true => Some(whole),
        false => Some(whole + number.part(point + 1, number.end).digits()? * power(scale - after)?),
    }
}

/// `12.5`: at most fifteen digits, so that one division, which rounds to the nearest, gives the nearest float.
#[inline]
pub(super) fn float(cell: Cell<'_>) -> Option<f64> {
    let (minus, number) = cell.sign();
    if number.len() > 16 {
        return None;
    }
    let float = match point(number) {
        None if number.len() > 15 => return None,
        None => number.digits()? as f64,
        Some(point) => {
            let after = number.end.saturating_sub(point + 1);
            let whole = number.part(number.start, point).digits()?;
            let mantissa = whole * power(after)? + number.part(point + 1, number.end).digits()?;
            mantissa as f64 / power(after)? as f64
        }
    };
    Some(if minus { -float + 0.0 } else { float })
}

#[inline]
fn point(number: Cell<'_>) -> Option<usize> {
    if number.len() > 1 && number.at(number.start + 1) == Some(b'.') {
        return Some(number.start + 1);
    }
    number.raw().iter().position(|byte| *byte == b'.').map(|at| number.start + at)
}

#[inline]
fn power(exponent: usize) -> Option<u64> {
    const POWERS: [u64; 19] = {
        let mut powers = [1; 19];
        let mut at = 1;
        while at < 19 {
            #[allow(clippy::indexing_slicing, reason = "a constant is computed when compiled")]
            {
                powers[at] = powers[at - 1] * 10;
            }
            at += 1;
        }
        powers
    };
    POWERS.get(exponent).copied()
}

/// `true`, `false`: which of them it is, is not told by a branch, since nobody could guess it.
#[inline]
pub(super) fn bool(cell: Cell<'_>) -> Option<bool> {
    let raw = cell.raw();
    let first = u32::from_le_bytes(*raw.first_chunk()?);
    let is_true = (first == u32::from_le_bytes(*b"true")) & (raw.len() == 4);
    let is_false = (first == u32::from_le_bytes(*b"fals")) & (raw.len() == 5) & (raw.last() == Some(&b'e'));
    (is_true | is_false).then_some(is_true)
}

/// `2026-11-22`, as days since 1970.
#[inline]
pub(super) fn date(cell: Cell<'_>) -> Option<i32> {
    day(cell.raw().try_into().ok()?)
}

#[inline]
fn day(text: &[u8; 10]) -> Option<i32> {
    let ([y1, y2], rest) = text.split_first_chunk()?;
    let century = two(*y1, *y2)?;
    let (year, month, day) = three_twos(rest.first_chunk()?, b'-')?;
    let year = century * 100 + year;
    let known = usize::try_from((year - Months::FIRST) * 12 + month - 1).ok().and_then(|at| MONTHS.0.get(at));
    match known {
        Some((before, days)) if day.wrapping_sub(1) as u64 <= *days as u64 && (1..=12).contains(&month) => {
            Some(before + day as i32)
        }
        _ => calendar::from_parts(year, month, day),
    }
}

/// `26-11-22`, `08:15:30`: three numbers of two digits, something between them. All eight bytes are looked at together.
#[inline]
fn three_twos(text: &[u8; 8], between: u8) -> Option<(i64, i64, i64)> {
    let between = u64::from(between);
    let zeros = 0x3030_0030_3000_3030 | between << 16 | between << 40;
    let digits = u64::from_le_bytes(*text) ^ zeros;
    // A digit is 0 to 9 by now, and what stands between is 0: anything else runs over into the upper half of its byte.
    let beyond = (digits.wrapping_add(0x7676_7f76_767f_7676) | digits) & 0x8080_8080_8080_8080;
    if beyond != 0 {
        return None;
    }
    let pairs = digits * 10 + (digits >> 8);
    let pair = |at: u32| i64::from((pairs >> (8 * at)) as u8);
    Some((pair(0), pair(3), pair(6)))
}

/// The months of the years that data are most often of: the day before the first, and how many days it has, less one.
struct Months([(i32, i32); 12 * Months::YEARS]);

impl Months {
    const FIRST: i64 = 1900;
    const YEARS: usize = 200;
}

static MONTHS: Months = {
    let mut months = [(0, 0); 12 * Months::YEARS];
    // 1899-12-31
    let (mut before, mut at) = (-25_568, 0);
    while at < months.len() {
        let (year, month) = (Months::FIRST as usize + at / 12, at % 12);
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            1 => 28 + is_leap as i32,
            3 | 5 | 8 | 10 => 30,
            _ => 31,
        };
        #[allow(clippy::indexing_slicing, reason = "a constant is computed when compiled")]
        {
            months[at] = (before, days - 1);
        }
        before += days;
        at += 1;
    }
    Months(months)
};

/// Two digits.
#[inline]
fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i64::from(tens) * 10 + i64::from(ones))
}

/// `2026-11-22T08:00`, `2026-11-22 08:00:30.5`, and either with `Z` or `+08:00`; `2026-11-22`, the day's first instant.
#[inline]
pub(super) fn timestamp(cell: Cell<'_>, days: &Days) -> Option<i64> {
    const SECOND: i64 = 1_000_000;
    let (date, rest) = cell.raw().split_first_chunk()?;
    let date = day(date)?;
    // Far from the ends of the calendar no zone leads beyond them.
    if !(-700_000..=2_900_000).contains(&date) {
        return None;
    }
    let midnight = i64::from(date) * Duration::DAY_MICROS;
    if let [b'T' | b' ', clock @ ..] = rest
        && let Ok(clock) = clock.try_into()
    {
        // `08:15:30`
        let (hour, minute, second) = three_twos(clock, b':')?;
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        return Some(midnight + ((hour * 60 + minute) * 60 + second) * SECOND - days.offset(date)?);
    }
    let Some(([b'T' | b' ', h1, h2, b':', m1, m2], rest)) = rest.split_first_chunk() else {
        return if rest.is_empty() { Some(midnight - days.offset(date)?) } else { None };
    };
    let (hour, minute) = (two(*h1, *h2)?, two(*m1, *m2)?);
    let (second, fraction, rest) = match rest.split_first_chunk() {
        Some(([b':', s1, s2], [b'.', rest @ ..])) => {
            let (micros, rest) = fraction(rest)?;
            (two(*s1, *s2)?, micros, rest)
        }
        Some(([b':', s1, s2], rest)) => (two(*s1, *s2)?, 0, rest),
        _ => (0, 0, rest),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let ahead = match rest {
        [] => days.offset(date)?,
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two(*h1, *h2)?, two(*m1, *m2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * 60 * SECOND * if *sign == b'-' { -1 } else { 1 }
        }
        _ => return None,
    };
    Some(midnight + ((hour * 60 + minute) * 60 + second) * SECOND + fraction - ahead)
}

/// `1763769600`, in units of so many microseconds.
#[inline]
pub(super) fn epoch(cell: Cell<'_>, unit: i64) -> Option<i64> {
    epoch_of(int(cell)?, unit)
}

/// The same of a number that is read already.
#[inline]
pub(super) fn epoch_of(number: i64, unit: i64) -> Option<i64> {
    // The years 100 to 9800 or so: none near the calendar's ends.
    number.checked_mul(unit).filter(|micros| (-59_000_000_000_000_000..=247_000_000_000_000_000).contains(micros))
}

/// The microseconds of an epoch's unit.
pub(super) fn unit(format: &MomentFormat) -> Option<i64> {
    match format {
        MomentFormat::EpochSeconds => Some(1_000_000),
        MomentFormat::EpochMillis => Some(1_000),
        MomentFormat::EpochMicros => Some(1),
        MomentFormat::Iso | MomentFormat::Pattern(_) => None,
    }
}

/// One to six digits of a second, in microseconds, and what follows.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(digits).filter(|(digits, _)| (1..=6).contains(&digits.len()))?;
    let micros = digits.iter().fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0'));
    Some((micros * power(6 - digits.len())? as i64, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Type, Value, Zone, literal};
    use proptest::prelude::*;

    /// What is read here, if it is.
    fn read(cell: Cell<'_>, ty: &Type, days: &Days) -> Option<Value> {
        match ty {
            Type::Int => int(cell).map(Value::Int),
            Type::Decimal(scale) => decimal(cell, usize::from(*scale)).map(|mantissa| {
                Value::Decimal(crate::value::Decimal { mantissa: i128::from(mantissa), scale: *scale })
            }),
            Type::Float => float(cell).map(Value::Float),
            Type::Bool => bool(cell).map(Value::Bool),
            Type::Date => date(cell).map(Value::Date),
            Type::Timestamp => timestamp(cell, days).map(Value::Timestamp),
            Type::Text | Type::Duration | Type::List(_) | Type::Choice(_) => None,
        }
    }

    const TYPES: [Type; 8] = [
        Type::Int,
        Type::Decimal(0),
        Type::Decimal(2),
        Type::Decimal(18),
        Type::Float,
        Type::Bool,
        Type::Date,
        Type::Timestamp,
    ];

    fn zone() -> Zone {
        Zone::parse("America/New_York").expect("a zone")
    }

    #[test]
    fn the_usual_spellings_are_read_here() {
        let table = [
            ("0", Type::Int),
            ("-123456789012345678", Type::Int),
            ("12.50", Type::Decimal(2)),
            ("12.5", Type::Decimal(2)),
            ("-1234567890123456", Type::Decimal(2)),
            ("1234567.12345678", Type::Float),
            ("-0.0", Type::Float),
            ("false", Type::Bool),
            ("2024-02-29", Type::Date),
            ("2024-02-29", Type::Timestamp),
            ("2024-02-29T08:00", Type::Timestamp),
            ("2024-02-29 08:00:30", Type::Timestamp),
            ("2024-02-29 08:00:30.5Z", Type::Timestamp),
            ("2024-02-29T08:00:00.123456-05:30", Type::Timestamp),
        ];
        let days = Days::of(&zone());
        for (text, ty) in table {
            let strict = literal::from_text(text, &ty, &zone()).ok();
            assert_eq!(read(Cell::whole(text.as_bytes()), &ty, &days), strict, "{text}");
            assert!(strict.is_some(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_here_reads_the_same_strictly(
            text in "-?[0-9]{0,20}(\\.[0-9]{0,20})?|[-0-9.eETZ: +]{0,26}|[12][0-9]{3}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\\.[0-9]{0,8})?)?(Z|[+-][0-2][0-9]:?[0-6][0-9])?)?|\\PC{0,9}",
            before in "[0-9]{0,9}",
        ) {
            let days = Days::of(&zone());
            let all = format!("{before}{text}123");
            let part = Cell { bytes: all.as_bytes(), start: before.len(), end: before.len() + text.len() };
            for ty in &TYPES {
                let strict = literal::from_text(&text, ty, &zone()).ok();
                for cell in [part, Cell::whole(text.as_bytes())] {
                    if let Some(value) = read(cell, ty, &days) {
                        prop_assert_eq!(Some(value), strict.clone(), "{} as {}", text, ty);
                    }
                }
            }
        }
    }
}
