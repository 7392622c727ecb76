//! Moving the clock: what `:as-of` takes, and who came and went.

use tagwell::value::{
    Clock, Duration, Moment, Zone,
    moment_text::{parse_as_of, timestamp_text},
    time::{self, Direction},
};

use super::{
    super::clock::{self, AsOf},
    session::{Session, Wrong},
    shown,
};

/// What `:as-of` takes beside dates, timestamps and lengths of time: days by the clock of the machine.
pub(super) const WORDS: [&str; 4] = ["now", "today", "yesterday", "tomorrow"];

impl Session {
    /// The moment that rules call now.
    pub(super) fn now(&mut self) -> Result<String, Wrong> {
        let clock = self.clock()?;
        Ok(timestamp_text(clock.now(), clock.zone()))
    }

    pub(super) fn clock(&mut self) -> Result<Clock, Wrong> {
        let zone = self.zone()?;
        let instant = self.as_of.instant(&zone)?;
        Clock::at(instant, zone).ok_or_else(outside)
    }

    /// Moves the clock; who came and who went.
    pub(super) fn move_clock(&mut self, moment: &str) -> Result<String, Wrong> {
        let clock = self.clock()?;
        let instant = instant(moment, &clock)?;
        if Clock::at(instant, clock.zone().clone()).is_none() {
            return Err(outside());
        }
        let before = self.results_as_they_are()?;
        let old = std::mem::replace(&mut self.as_of, AsOf::Now(instant));
        // What is remembered, and the decisions before now, are met anew.
        let book = if self.state.is_some() { self.book.take() } else { None };
        let after = match self.results_as_they_are() {
            Ok(after) => after,
            Err(wrong) => {
                self.as_of = old;
                self.book = book.or(self.book.take());
                return Err(wrong);
            }
        };
        let mut said = format!("as of {}\n", self.now()?);
        if let (Some(before), Some(after)) = (before, after) {
            let changed = shown::changes(&before, &after, clock.zone());
            said += if changed.is_empty() { "nobody came or went\n" } else { &changed };
        }
        Ok(said)
    }
}

fn outside() -> Wrong {
    Wrong("error: that is outside the years 1 to 9999\n".into())
}

/// `2026-11-22`, `2026-11-22T08:00`, `+7d`, `7d`, `-1mo`, `tomorrow`: the instant.
fn instant(moment: &str, clock: &Clock) -> Result<i64, Wrong> {
    let zone = clock.zone();
    let words = moment.strip_prefix("now").map(str::trim_start).filter(|rest| rest.starts_with(['+', '-']));
    let moved = match words {
        // `now + 7d`
        Some(rest) => Some((whole(clock::now()), rest)),
        None => Some((clock.now(), moment)),
    };
    if let Some((from, by)) = moved
        && let Some((direction, length)) = length(by)
    {
        return shifted(from, direction, length, zone);
    }
    let real = whole(clock::now());
    let day = |by: &str, direction| {
        shifted(start_of_day(real, zone)?, direction, Duration::parse(by).ok().unwrap_or_default(), zone)
    };
    match moment {
        "now" => Ok(real),
        "today" => start_of_day(real, zone),
        "tomorrow" => day("1d", Direction::Forth),
        "yesterday" => day("1d", Direction::Back),
        text => parse_as_of(text, zone).map_err(|error| {
            let words = WORDS.map(|word| format!("`{word}`")).join(", ");
            let help = format!(
                "write a date or a timestamp (`:as-of 2026-11-22`, `:as-of 2026-11-22T08:00`), how far to go (`:as-of +7d`, `:as-of -1mo`), or {words}"
            );
            Wrong::new(&format!("`{moment}` {error}"), &help)
        }),
    }
}

/// `+7d`, `7d`, `7d from now`, `-1mo`, `1mo ago`: how far, and where to.
fn length(text: &str) -> Option<(Direction, Duration)> {
    let (direction, length) = match (text.strip_prefix('+'), text.strip_prefix('-'), text.strip_suffix("ago")) {
        (Some(length), ..) => (Direction::Forth, length),
        (_, Some(length), _) | (.., Some(length)) => (Direction::Back, length),
        (None, None, None) => (Direction::Forth, text.strip_suffix("from now").unwrap_or(text)),
    };
    Some((direction, Duration::parse(length.trim()).ok()?))
}

/// Whole seconds.
fn whole(instant: i64) -> i64 {
    instant - instant.rem_euclid(1_000_000)
}

fn shifted(from: i64, direction: Direction, length: Duration, zone: &Zone) -> Result<i64, Wrong> {
    match time::shift(Moment::Timestamp(from), length, direction, zone) {
        Some(Moment::Timestamp(instant)) => Ok(instant),
        Some(Moment::Date(_)) | None => Err(outside()),
    }
}

/// The first instant of a moment's day.
fn start_of_day(instant: i64, zone: &Zone) -> Result<i64, Wrong> {
    let text = timestamp_text(instant, zone);
    let day = text.split('T').next().unwrap_or(&text);
    parse_as_of(day, zone).map_err(|_| outside())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_as_they_are_typed() {
        let zone = Zone::parse("Asia/Shanghai").expect("a zone");
        let now = parse_as_of("2026-11-22T08:00", &zone).expect("a moment");
        let clock = Clock::at(now, zone.clone()).expect("a clock");
        for (typed, wanted) in [
            ("2026-11-23", "2026-11-23T00:00:00+08:00"),
            ("2026-11-23T10:30", "2026-11-23T10:30:00+08:00"),
            ("2026-11-23T10:30Z", "2026-11-23T18:30:00+08:00"),
            ("+7d", "2026-11-29T08:00:00+08:00"),
            ("+ 7d", "2026-11-29T08:00:00+08:00"),
            ("7d", "2026-11-29T08:00:00+08:00"),
            ("7d from now", "2026-11-29T08:00:00+08:00"),
            ("-7d", "2026-11-15T08:00:00+08:00"),
            ("7d ago", "2026-11-15T08:00:00+08:00"),
            ("-1mo", "2026-10-22T08:00:00+08:00"),
            ("+1d12h", "2026-11-23T20:00:00+08:00"),
        ] {
            let found = instant(typed, &clock).map(|it| timestamp_text(it, &zone));
            assert_eq!(found.map_err(|wrong| wrong.0), Ok(wanted.to_owned()), "{typed}");
        }
        for typed in ["soon", "+7", "7", "2026-1-5", "+9999y", ""] {
            assert!(instant(typed, &clock).is_err(), "{typed}");
        }
        let days: Vec<i64> =
            ["yesterday", "today", "tomorrow"].iter().filter_map(|it| instant(it, &clock).ok()).collect();
        let [yesterday, today, tomorrow] = days[..] else { panic!("all are moments") };
        assert!(tomorrow - today == 86_400_000_000 && today - yesterday == 86_400_000_000);
        assert!(instant("now", &clock).is_ok_and(|now| now >= today));
        assert!(instant("now + 7d", &clock).is_ok_and(|later| later > tomorrow));
    }
}
