//! Time zones: which local time an instant has, and which instant a local time is.

use std::ops::Range;
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};

use super::calendar;
use crate::value::Duration;

/// A time zone of the bundled database; clones share it.
#[derive(Clone, Debug)]
pub struct Zone {
    rules: TimeZone,
    name: Arc<str>,
}

/// A name that is no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone `{name}`")]
pub struct UnknownZone {
    /// As it was written.
    pub name: String,
    /// Zones of a similar name, the nearest first, at most three.
    pub similar: Vec<String>,
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = Duration::DAY_MICROS / SECOND;

/// The end of 2099: the rules of today, which no zone's clock passes midnight by, go on for ever.
const CHANGES_KNOWN: i64 = 130 * 365 * DAY;

impl Zone {
    /// Coordinated Universal Time, the zone of a rulebook that says none.
    #[must_use]
    pub fn utc() -> Zone {
        Zone { rules: TimeZone::UTC, name: "UTC".into() }
    }

    /// The zone of a name, `Asia/Shanghai`, from the bundled database, whatever the machine has.
    ///
    /// # Errors
    /// A name that the database does not have in this spelling, with those that are near.
    pub fn parse(name: &str) -> Result<Zone, UnknownZone> {
        if name == "UTC" {
            return Ok(Zone::utc());
        }
        let database = TimeZoneDatabase::bundled();
        let known = database.available().any(|known| known.as_str() == name);
        match database.get(name) {
            Ok(rules) if known => Ok(Zone { rules, name: name.into() }),
            Ok(_) | Err(_) => Err(UnknownZone { name: name.to_owned(), similar: similar(name, &database) }),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is Coordinated Universal Time itself.
    #[must_use]
    pub fn is_utc(&self) -> bool {
        matches!(
            &*self.name,
            "UTC" | "Etc/UTC" | "Etc/UCT" | "Etc/Universal" | "Etc/Zulu" | "UCT" | "Universal" | "Zulu"
        )
    }

    /// How far its local time is ahead of UTC at an instant, in seconds.
    #[must_use]
    pub fn offset_seconds(&self, instant: i64) -> i32 {
        self.rules.to_offset(timestamp(instant.div_euclid(SECOND))).seconds()
    }

    /// The local time of an instant: the date, and microseconds since local midnight (less than a day).
    #[must_use]
    pub fn local(&self, instant: i64) -> (i32, i64) {
        let local = instant.saturating_add(i64::from(self.offset_seconds(instant)) * SECOND);
        let day = local.div_euclid(Duration::DAY_MICROS);
        // 64 bits of microseconds are a hundred million days.
        (i32::try_from(day).unwrap_or(i32::MAX), local.rem_euclid(Duration::DAY_MICROS))
    }

    /// The instant of a local time, given as a date and microseconds since midnight (less than a day). One that a clock
    /// change skips is the first instant after the gap, one that it repeats is the earlier. A time that does not fit
    /// becomes the greatest or least instant; whether an instant lies in the calendar is for the caller to ask.
    #[must_use]
    pub fn instant(&self, date: i32, micros_of_day: i64) -> i64 {
        let local = i64::from(date).saturating_mul(Duration::DAY_MICROS).saturating_add(micros_of_day);
        let at = |offset: Offset| local.saturating_sub(i64::from(offset.seconds()) * SECOND);
        let Some(civil) = civil(date, micros_of_day) else {
            // Beyond the library's years no zone changes its clocks.
            return at(self.rules.to_offset(timestamp(local.div_euclid(SECOND))));
        };
        match self.rules.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => at(offset),
            // The offset before the change gives the earlier of the two.
            AmbiguousOffset::Fold { before, .. } => at(before),
            // By the offset after the change the skipped time comes before the change.
            AmbiguousOffset::Gap { before, after } => {
                let earlier = timestamp(at(after).div_euclid(SECOND));
                let change = self.rules.following(earlier).take(4).find(|change| change.offset() == after);
                change.map_or(at(before), |change| change.timestamp().as_microsecond())
            }
        }
    }

    /// How far its local time is ahead of UTC, in seconds, from the day before to the day after; none where that changes.
    #[must_use]
    pub fn offset_around(&self, date: i32) -> Option<i32> {
        let midnight = i64::from(date).checked_mul(Duration::DAY_MICROS / SECOND)?;
        // Local midnight is less than a day from midnight in UTC.
        let (from, until) = (timestamp(midnight - 3 * 86_400), timestamp(midnight + 4 * 86_400));
        let change = self.rules.following(from).next();
        let steady = change.is_none_or(|change| change.timestamp() > until);
        steady.then(|| self.rules.to_offset(timestamp(midnight)).seconds())
    }

    /// The next instant after this one at which its offset from UTC changes; none where it never does again.
    #[must_use]
    pub fn next_change(&self, instant: i64) -> Option<i64> {
        let mut later = self.rules.following(timestamp(instant.div_euclid(SECOND)));
        let change = later.find(|change| change.timestamp().as_microsecond() > instant)?;
        Some(change.timestamp().as_microsecond())
    }

    /// The first instant of a day.
    #[must_use]
    pub fn start_of_day(&self, date: i32) -> i64 {
        self.instant(date, 0)
    }

    /// The stretches of instants, without their ends, whose local date is the day before the one that they belong to: where
    /// a clock that had passed midnight goes back over it, the day that had begun goes on (Moncton, St. John's and Goose
    /// Bay before 2012). In order.
    #[must_use]
    pub fn evenings_again(&self) -> Vec<Range<i64>> {
        let mut evenings = Vec::new();
        let mut before = self.rules.to_offset(jiff::Timestamp::MIN).seconds();
        for change in self
            .rules
            .following(jiff::Timestamp::MIN)
            .take_while(|change| change.timestamp().as_second() < CHANGES_KNOWN)
        {
            let (at, after) = (change.timestamp().as_second(), change.offset().seconds());
            let (reached, back_to) = (at + i64::from(before), at + i64::from(after));
            let midnight = reached.div_euclid(DAY) * DAY;
            if back_to < midnight && midnight < reached {
                evenings.push(at * SECOND..(midnight - i64::from(after)) * SECOND);
            }
            before = after;
        }
        evenings
    }
}

/// Zones are the same where their names are.
impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

/// The library's instant, the nearest that it has.
fn timestamp(seconds: i64) -> jiff::Timestamp {
    let (least, greatest) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
    let nearest = if seconds < 0 { least } else { greatest };
    jiff::Timestamp::from_second(seconds).unwrap_or(nearest)
}

/// The library's local time, to the second; none beyond its years.
fn civil(date: i32, micros_of_day: i64) -> Option<DateTime> {
    let parts = calendar::parts(date);
    let seconds = micros_of_day.div_euclid(SECOND);
    let part = |number: i64| i8::try_from(number).ok();
    DateTime::new(
        i16::try_from(parts.year).ok()?,
        part(parts.month)?,
        part(parts.day)?,
        part(seconds / 3600)?,
        part(seconds / 60 % 60)?,
        part(seconds % 60)?,
        0,
    )
    .ok()
}

/// The three zones whose names are nearest, if any is near: the whole name, or the city alone.
fn similar(name: &str, database: &TimeZoneDatabase) -> Vec<String> {
    let wanted = name.to_lowercase().replace([' ', '-'], "_");
    if wanted.len() > 100 {
        return Vec::new();
    }
    let city = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let mut ranked: Vec<(usize, String)> = database
        .available()
        .map(|known| {
            let lower = known.as_str().to_lowercase();
            let whole = strsim::damerau_levenshtein(&wanted, &lower);
            let by_city = strsim::damerau_levenshtein(&city(&wanted), &city(&lower)) + usize::from(whole > 0);
            (whole.min(by_city), known.as_str().to_owned())
        })
        .filter(|(distance, _)| *distance <= 1 + wanted.chars().count() / 5)
        .collect();
    ranked.sort();
    ranked.into_iter().map(|(_, known)| known).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::moment_text::{parse_timestamp, timestamp_text};
    use proptest::prelude::*;

    fn zone(name: &str) -> Zone {
        Zone::parse(name).expect("a zone of the test")
    }

    #[test]
    fn local_times_that_clock_changes_skip_or_repeat() {
        let table = [
            // Spring forward at 02:00, an hour.
            ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T03:00:00+02:00"),
            ("Europe/Berlin", "2026-03-29T01:59:59.999999", "2026-03-29T01:59:59.999999+01:00"),
            ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T03:00:00+02:00"),
            ("Europe/Berlin", "2026-03-29T02:59:59.999999", "2026-03-29T03:00:00+02:00"),
            // Autumn: the earlier of the two.
            ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T02:30:00+02:00"),
            ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T03:00:00+01:00"),
            // A gap at midnight, a zone of half an hour, and a day that never was.
            ("America/Santiago", "2024-09-08T00:00", "2024-09-08T01:00:00-03:00"),
            ("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-04T02:30:00+11:00"),
            ("Pacific/Apia", "2011-12-30T12:00", "2011-12-31T00:00:00+14:00"),
            // Far years, where the zone's rule goes on.
            ("America/New_York", "9999-07-01T00:00", "9999-07-01T00:00:00-04:00"),
            ("America/New_York", "2026-03-08T02:30", "2026-03-08T03:00:00-04:00"),
            ("Asia/Shanghai", "2026-11-22T08:00", "2026-11-22T08:00:00+08:00"),
            ("Asia/Shanghai", "1900-01-01T00:00", "1900-01-01T00:00:00+08:05:43"),
            ("UTC", "0001-01-01T00:00", "0001-01-01T00:00:00Z"),
            ("UTC", "9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999Z"),
        ];
        for (name, local, expected) in table {
            let zone = zone(name);
            let instant = parse_timestamp(local, &zone).expect("a local time of the test");
            assert_eq!(timestamp_text(instant, &zone), expected, "{local} in {name}");
        }
    }

    #[test]
    fn evenings_that_come_again_are_of_the_day_that_had_begun() {
        let shown = |name: &str| {
            let zone = zone(name);
            let evenings = zone.evenings_again();
            for evening in &evenings {
                let (first, last) = (zone.local(evening.start).0, zone.local(evening.end - 1).0);
                assert_eq!(first, last, "{name}");
                assert!(
                    zone.start_of_day(first + 1) <= evening.start && zone.local(evening.end).0 == first + 1,
                    "{name}"
                );
            }
            let text = |instant| timestamp_text(instant, &zone);
            let last = evenings.last().map(|it| format!(", the last {} to {}", text(it.start), text(it.end)));
            format!("{name}: {}{}", evenings.len(), last.unwrap_or_default())
        };
        let zones = [
            "UTC",
            "Asia/Shanghai",
            "America/Havana",
            "America/Santiago",
            "America/St_Johns",
            "Antarctica/Casey",
            "America/Juneau",
        ];
        let table: Vec<String> = zones.iter().map(|name| shown(name)).collect();
        insta::assert_snapshot!(table.join("\n"), @"
        UTC: 0
        Asia/Shanghai: 0
        America/Havana: 0
        America/Santiago: 0
        America/St_Johns: 24, the last 2010-11-06T23:01:00-03:30 to 2010-11-07T00:00:00-03:30
        Antarctica/Casey: 1, the last 2010-03-04T23:00:00+08:00 to 2010-03-05T00:00:00+08:00
        America/Juneau: 1, the last 1867-10-18T15:33:32-08:57:41 to 1867-10-19T00:00:00-08:57:41
        ");
    }

    #[test]
    fn names_that_are_near_are_offered() {
        assert!(Zone::parse("Asia/Shanghai").is_ok());
        let similar = |name: &str| Zone::parse(name).map_err(|error| error.similar);
        assert_eq!(similar("Asia/Shangai"), Err(vec!["Asia/Shanghai".to_owned()]));
        assert_eq!(similar("Asia/shanghai"), Err(vec!["Asia/Shanghai".to_owned()]));
        assert_eq!(similar("Berlin"), Err(vec!["Europe/Berlin".to_owned()]));
        assert_eq!(similar("New York"), Err(vec!["America/New_York".to_owned()]));
        assert_eq!(similar("+08:00"), Err(vec![]));
        assert_eq!(similar(&"x".repeat(100_000)), Err(vec![]));
        assert_eq!(similar(""), Err(vec![]));
    }

    #[test]
    fn no_instant_is_too_far() {
        let zone = zone("America/New_York");
        for instant in [i64::MIN, i64::MAX] {
            let (date, micros) = zone.local(instant);
            assert!((0..Duration::DAY_MICROS).contains(&micros));
            assert!(
                zone.instant(date, micros)
                    .checked_sub(instant)
                    .is_some_and(|off| off.abs() <= 2 * Duration::DAY_MICROS)
            );
        }
        assert_eq!(zone.instant(i32::MAX, 0), i64::MAX);
        assert!(zone.instant(i32::MIN, 0) < -(1 << 62));
    }

    proptest! {
        #[test]
        fn an_instant_is_the_instant_of_its_local_time_unless_repeated(
            seconds in -4_000_000_000..8_000_000_000_i64,
            name in prop::sample::select(&["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Pacific/Apia", "Australia/Lord_Howe"][..]),
        ) {
            let zone = zone(name);
            let instant = seconds * SECOND;
            let (date, micros) = zone.local(instant);
            let back = zone.instant(date, micros);
            prop_assert!(back <= instant);
            prop_assert_eq!(zone.local(back), (date, micros));
        }
    }
}
