//! The forms in which data write their moments: ISO 8601 with some licence, a format of the column's own, epochs.

use super::moment_text::{MomentError, Strictness, parse_date, timestamp};
use super::time::{Zone, calendar, in_calendar};
use super::{Decimal, Duration};

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

/// Reads a date from data.
///
/// # Errors
/// What is not in the format, and a day that does not exist.
pub fn read_date(text: &str, format: &MomentFormat, zone: &Zone) -> Result<i32, MomentError> {
    match format {
        MomentFormat::Iso => parse_date(text).map_err(|error| match declarable(text) {
            Some(form) if error == MomentError::NotADate => MomentError::DateInAnotherForm(form),
            _ => error,
        }),
        MomentFormat::Pattern(pattern) => {
            let read = Formatted::read(text, pattern)?;
            match read.offset {
                // With an offset the text names an instant, whose day the zone decides.
                Some(_) => Ok(zone.local(read.instant(zone)?).0),
                None => Ok(read.date),
            }
        }
        MomentFormat::EpochSeconds | MomentFormat::EpochMillis | MomentFormat::EpochMicros => {
            Ok(zone.local(epoch(text, format)?).0)
        }
    }
}

/// Reads a timestamp from data; ISO 8601 also with a space for the `T`; a bare date is that day's first instant.
///
/// # Errors
/// What is not in the format, and a day or time that does not exist.
pub fn read_timestamp(text: &str, format: &MomentFormat, zone: &Zone) -> Result<i64, MomentError> {
    match format {
        MomentFormat::Iso => match parse_date(text) {
            Ok(date) => in_calendar(zone.start_of_day(date)).ok_or(MomentError::OutOfRange),
            Err(MomentError::NotADate) => {
                timestamp(text, zone, Strictness::Data).map_err(|error| match declarable(text) {
                    Some(form) if error == MomentError::NotATimestamp => MomentError::TimestampInAnotherForm(form),
                    _ => error,
                })
            }
            Err(error) => Err(error),
        },
        MomentFormat::Pattern(pattern) => Formatted::read(text, pattern)?.instant(zone),
        MomentFormat::EpochSeconds | MomentFormat::EpochMillis | MomentFormat::EpochMicros => epoch(text, format),
    }
}

/// Whether a format can be used: a sample written in it must read back, and name a day.
///
/// # Errors
/// Why it cannot.
pub fn check_format(format: &str) -> Result<(), String> {
    let sample = jiff::civil::date(2026, 11, 22).at(20, 30, 40, 0).to_zoned_datetime(jiff::tz::TimeZone::UTC);
    let Ok(sample) = sample else {
        return Ok(());
    };
    let written = jiff::fmt::strtime::format(format, &sample).map_err(|error| error.to_string())?;
    match Formatted::read(&written, format) {
        Ok(_) => Ok(()),
        Err(MomentError::NotInFormat(_)) => Err("it does not say year, month and day".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

const SECOND: i64 = 1_000_000;

/// The form in which a text names a moment, as a column declares it: `"%Y/%m/%d"`, `epoch s`; none where there is no telling.
#[must_use]
pub fn declarable(text: &str) -> Option<String> {
    const DAYS: &[&str] =
        &["%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d", "%Y\u{5e74}%m\u{6708}%d\u{65e5}", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y"];
    const TIMES: &[&str] = &["", " %H:%M", " %H:%M:%S", "T%H:%M:%S"];
    if text.len() > 40 || text.contains("  ") {
        return None;
    }
    if text.bytes().all(|it| it.is_ascii_digit()) {
        return match text.len() {
            8 => Formatted::read(text, "%Y%m%d").ok().map(|_| "\"%Y%m%d\"".to_owned()),
            10 => Some("epoch s".to_owned()),
            13 => Some("epoch ms".to_owned()),
            16 => Some("epoch us".to_owned()),
            _ => None,
        };
    }
    let forms = DAYS.iter().flat_map(|day| TIMES.iter().map(move |time| format!("{day}{time}")));
    let form = forms.into_iter().find(|form| Formatted::read(text, form).is_ok())?;
    let turned = form.replace("%d/%m", "%m/%d");
    let either = turned != form && Formatted::read(text, &turned).is_ok();
    Some(if either { format!("\"{form}\"` or `in \"{turned}\"") } else { format!("\"{form}\"") })
}

/// `1763769600`, `1763769600.5`
fn epoch(text: &str, format: &MomentFormat) -> Result<i64, MomentError> {
    let (unit, factor) = match format {
        MomentFormat::EpochSeconds => ("seconds", SECOND),
        MomentFormat::EpochMillis => ("milliseconds", 1_000),
        MomentFormat::EpochMicros | MomentFormat::Iso | MomentFormat::Pattern(_) => ("microseconds", 1),
    };
    let number = Decimal::parse_scientific(text).map_err(|_| MomentError::NotAnEpoch(unit))?;
    let micros = number.checked_mul(Decimal::from(factor)).ok_or(MomentError::OutOfRange)?;
    let whole = micros.rescale(0).ok_or(MomentError::TooFine)?;
    whole.to_int().and_then(in_calendar).ok_or(MomentError::OutOfRange)
}

/// What a format of the library found in a text.
struct Formatted {
    date: i32,
    micros_of_day: i64,
    /// Seconds ahead of UTC, where the text says so.
    offset: Option<i64>,
}

impl Formatted {
    fn read(text: &str, pattern: &str) -> Result<Formatted, MomentError> {
        let mismatch = || MomentError::NotInFormat(pattern.to_owned());
        let read = jiff::fmt::strtime::parse(pattern, text).map_err(|_| mismatch())?;
        if let Some(instant) = read.timestamp() {
            // `%s`: seconds since 1970, an instant by itself.
            let (date, micros_of_day) = Zone::utc().local(instant.as_microsecond());
            return Ok(Formatted { date, micros_of_day, offset: Some(0) });
        }
        let date = read.to_date().map_err(|_| mismatch())?;
        let date = calendar::from_parts(i64::from(date.year()), i64::from(date.month()), i64::from(date.day()))
            .ok_or(MomentError::OutOfRange)?;
        let time = match read.hour() {
            Some(_) => read.to_time().map_err(|_| mismatch())?,
            None => jiff::civil::Time::midnight(),
        };
        if time.subsec_nanosecond() % 1_000 != 0 {
            return Err(MomentError::TooFine);
        }
        let seconds = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
        let micros_of_day = seconds * SECOND + i64::from(time.subsec_nanosecond()) / 1_000;
        Ok(Formatted { date, micros_of_day, offset: read.offset().map(|offset| i64::from(offset.seconds())) })
    }

    fn instant(&self, zone: &Zone) -> Result<i64, MomentError> {
        let instant = match self.offset {
            Some(offset) => i64::from(self.date) * Duration::DAY_MICROS + self.micros_of_day - offset * SECOND,
            None => zone.instant(self.date, self.micros_of_day),
        };
        in_calendar(instant).ok_or(MomentError::OutOfRange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::moment_text::{date_text, timestamp_text};
    use proptest::prelude::*;

    fn shanghai() -> Zone {
        Zone::parse("Asia/Shanghai").expect("a zone")
    }

    #[test]
    fn forms_that_a_column_can_declare() {
        for (text, expected) in [
            ("2026/11/02", Some("\"%Y/%m/%d\"")),
            ("2026/11/02 08:30", Some("\"%Y/%m/%d %H:%M\"")),
            ("22.11.2026", Some("\"%d.%m.%Y\"")),
            ("11/22/2026", Some("\"%m/%d/%Y\"")),
            ("02/11/2026", Some("\"%d/%m/%Y\"` or `in \"%m/%d/%Y\"")),
            ("20261102", Some("\"%Y%m%d\"")),
            ("1763769600", Some("epoch s")),
            ("1763769600000", Some("epoch ms")),
            ("soon", None),
            ("2026/13/02", None),
            ("", None),
        ] {
            assert_eq!(declarable(text).as_deref(), expected, "{text}");
        }
        let read = read_date("2026/11/02", &MomentFormat::Iso, &shanghai()).map_err(|error| error.to_string());
        let said = "is not a date such as `2026-11-22`; its form can be declared in the table: `date in \"%Y/%m/%d\"`";
        assert_eq!(read, Err(said.to_owned()));
    }

    #[test]
    fn timestamps_of_data() {
        let zone = shanghai();
        let pattern = |pattern: &str| MomentFormat::Pattern(pattern.to_owned());
        let table = [
            ("2026-11-22 08:00:00", MomentFormat::Iso, "2026-11-22T08:00:00+08:00"),
            ("2026-11-22 08:00:00+00", MomentFormat::Iso, "2026-11-22T16:00:00+08:00"),
            ("2026-11-22T08:00+0100", MomentFormat::Iso, "2026-11-22T15:00:00+08:00"),
            ("2026-11-22", MomentFormat::Iso, "2026-11-22T00:00:00+08:00"),
            ("22.11.2026 08:30", pattern("%d.%m.%Y %H:%M"), "2026-11-22T08:30:00+08:00"),
            ("22.11.2026", pattern("%d.%m.%Y"), "2026-11-22T00:00:00+08:00"),
            ("22/Nov/2026:08:00:00 +0000", pattern("%d/%b/%Y:%H:%M:%S %z"), "2026-11-22T16:00:00+08:00"),
            ("0", MomentFormat::EpochSeconds, "1970-01-01T08:00:00+08:00"),
            ("1.5", MomentFormat::EpochSeconds, "1970-01-01T08:00:01.5+08:00"),
            ("-1", MomentFormat::EpochMillis, "1970-01-01T07:59:59.999+08:00"),
            ("1000001", MomentFormat::EpochMicros, "1970-01-01T08:00:01.000001+08:00"),
        ];
        for (text, format, expected) in table {
            let read = read_timestamp(text, &format, &zone).map(|t| timestamp_text(t, &zone));
            assert_eq!(read, Ok(expected.to_owned()), "{text}");
        }
        let table = [
            ("2026-11-22  08:00", MomentFormat::Iso, MomentError::NotATimestamp),
            ("2026-02-30", MomentFormat::Iso, MomentError::NoSuchDay),
            ("22/11/2026", pattern("%d.%m.%Y"), MomentError::NotInFormat("%d.%m.%Y".to_owned())),
            ("30.02.2026", pattern("%d.%m.%Y"), MomentError::NotInFormat("%d.%m.%Y".to_owned())),
            ("22.11.2026 x", pattern("%d.%m.%Y"), MomentError::NotInFormat("%d.%m.%Y".to_owned())),
            ("soon", MomentFormat::EpochSeconds, MomentError::NotAnEpoch("seconds")),
            ("0.0000001", MomentFormat::EpochSeconds, MomentError::TooFine),
            ("99999999999999999", MomentFormat::EpochSeconds, MomentError::OutOfRange),
        ];
        for (text, format, expected) in table {
            assert_eq!(read_timestamp(text, &format, &zone), Err(expected), "{text}");
        }
    }

    #[test]
    fn dates_of_data() {
        let zone = shanghai();
        let table = [
            ("2026-11-22", MomentFormat::Iso, "2026-11-22"),
            ("22.11.26", MomentFormat::Pattern("%d.%m.%y".to_owned()), "2026-11-22"),
            ("2026-11-22 20:00 +0000", MomentFormat::Pattern("%Y-%m-%d %H:%M %z".to_owned()), "2026-11-23"),
            ("57600", MomentFormat::EpochSeconds, "1970-01-02"),
        ];
        for (text, format, expected) in table {
            assert_eq!(read_date(text, &format, &zone).map(date_text), Ok(expected.to_owned()), "{text}");
        }
        assert_eq!(read_date("2026-11-22T08:00", &MomentFormat::Iso, &zone), Err(MomentError::NotADate));
    }

    #[test]
    fn formats_are_checked_before_data() {
        for format in ["%d.%m.%Y", "%Y%m%d%H%M%S", "%m/%d/%y %I:%M %p", "%Y-%m-%dT%H:%M:%S%z", "%s"] {
            assert_eq!(check_format(format), Ok(()), "{format}");
        }
        for format in ["%H:%M", "dd.mm.yyyy", "%", "%Y-%!", ""] {
            assert!(check_format(format).is_err(), "{format}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*|[0-9T:+.Z -]{0,30}") {
            let zone = Zone::utc();
            for format in [MomentFormat::Iso, MomentFormat::EpochMillis, MomentFormat::Pattern(text.clone())] {
                let _ = read_timestamp(&text, &format, &zone);
                let _ = read_date(&text, &format, &zone);
            }
            let _ = check_format(&text);
        }
    }
}
