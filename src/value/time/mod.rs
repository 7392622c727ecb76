//! Time: the as-of clock, moments shifted by durations, parts of moments, age and anniversary.
//!
//! The library behind zones and calendar stays in this module; elsewhere a date is an `i32` of days since 1970-01-01 and
//! a timestamp an `i64` of microseconds since 1970-01-01T00:00Z. Moments run from the year 1 to the year 9999.

pub mod calendar;
pub mod window;
pub mod zone;

pub use window::{Bound, Period, PeriodUnit, Which, Window};
pub use zone::{UnknownZone, Zone};

use super::compare::{Comparison, UpperEnd, compare};
use super::{Duration, Truth, Value};

/// The one clock reading of a run and the rulebook's zone.
#[derive(Clone, Debug)]
pub struct Clock {
    now: i64,
    today: i32,
    zone: Zone,
}

/// A date or a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00Z.
    Timestamp(i64),
}

/// Which of the two types of moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MomentType {
    /// [`Moment::Date`]
    Date,
    /// [`Moment::Timestamp`]
    Timestamp,
}

/// Whether a duration is added to a moment or taken from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `40d ago`, `t - 40d`
    Back,
    /// `3mo from now`, `t + 3mo`
    Forth,
}

impl Clock {
    /// The clock stands at this instant (microseconds since 1970-01-01T00:00Z); none outside the years 1 to 9999.
    #[must_use]
    pub fn at(now: i64, zone: Zone) -> Option<Clock> {
        let now = in_calendar(now)?;
        let (today, _) = zone.local(now);
        Some(Clock { now, today, zone })
    }

    /// The as-of instant, in microseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now
    }

    /// The date of the as-of instant in the zone.
    #[must_use]
    pub fn today(&self) -> i32 {
        self.today
    }

    /// The rulebook's zone.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// `now` as a moment of a type: for a date it is `today`.
    #[must_use]
    pub fn now_as(&self, kind: MomentType) -> Moment {
        match kind {
            MomentType::Date => Moment::Date(self.today),
            MomentType::Timestamp => Moment::Timestamp(self.now),
        }
    }

    /// `30d ago`, `3mo from now`, beside a moment of this type; none where it leaves the calendar, or a date meets hours.
    #[must_use]
    pub fn shifted(&self, duration: Duration, direction: Direction, kind: MomentType) -> Option<Moment> {
        shift(self.now_as(kind), duration, direction, &self.zone)
    }
}

impl Moment {
    /// The moment that a value is.
    #[must_use]
    pub fn of(value: &Value) -> Option<Moment> {
        match value {
            Value::Date(days) => Some(Moment::Date(*days)),
            Value::Timestamp(micros) => Some(Moment::Timestamp(*micros)),
            _ => None,
        }
    }

    /// Which type it is.
    #[must_use]
    pub fn kind(self) -> MomentType {
        match self {
            Moment::Date(_) => MomentType::Date,
            Moment::Timestamp(_) => MomentType::Timestamp,
        }
    }
}

impl From<Moment> for Value {
    fn from(moment: Moment) -> Value {
        match moment {
            Moment::Date(days) => Value::Date(days),
            Moment::Timestamp(micros) => Value::Timestamp(micros),
        }
    }
}

/// `t + D`, `t - D`: months (clamped to the month's end), then days, both in the zone's calendar, then exact time.
/// A local time that a clock change skips is the first instant after the gap, one that it repeats is the earlier.
/// None where it leaves the calendar, or a date meets hours.
#[must_use]
pub fn shift(moment: Moment, duration: Duration, direction: Direction, zone: &Zone) -> Option<Moment> {
    let sign = match direction {
        Direction::Back => -1,
        Direction::Forth => 1,
    };
    let by_calendar = |date: i32| {
        let date = calendar::add_months(date, sign * i64::from(duration.months))?;
        calendar::add_days(date, sign * i64::from(duration.days))
    };
    match moment {
        Moment::Date(_) if duration.micros != 0 => None,
        Moment::Date(date) => by_calendar(date).map(Moment::Date),
        Moment::Timestamp(instant) => {
            // Exact time alone must not pass through local time: it would take the later of two repeated hours for the
            // earlier.
            let shifted = if duration.months == 0 && duration.days == 0 {
                instant
            } else {
                let (date, micros_of_day) = zone.local(instant);
                zone.instant(by_calendar(date)?, micros_of_day)
            };
            let exact = duration.micros.checked_mul(sign)?;
            in_calendar(shifted.checked_add(exact)?).map(Moment::Timestamp)
        }
    }
}

/// `t1 - t2`: of timestamps exact time, of dates whole days; a date beside a timestamp is its first instant.
#[must_use]
pub fn difference(later: Moment, earlier: Moment, zone: &Zone) -> Option<Duration> {
    if let (Moment::Date(later), Moment::Date(earlier)) = (later, earlier) {
        return Some(Duration { days: later.checked_sub(earlier)?, ..Duration::ZERO });
    }
    let instant = |moment: Moment| match moment {
        Moment::Date(date) => zone.start_of_day(date),
        Moment::Timestamp(instant) => instant,
    };
    Some(Duration { micros: instant(later).checked_sub(instant(earlier))?, ..Duration::ZERO })
}

/// An instant, if it lies in the years 1 to 9999 of UTC.
#[must_use]
pub fn in_calendar(instant: i64) -> Option<i64> {
    let first = i64::from(calendar::FIRST_DAY) * Duration::DAY_MICROS;
    let end = (i64::from(calendar::LAST_DAY) + 1) * Duration::DAY_MICROS;
    (first..end).contains(&instant).then_some(instant)
}

/// `date(t)`: the calendar day in the zone.
#[must_use]
pub fn date(t: &Value, zone: &Zone) -> Value {
    day_of(t, zone).map_or(Value::Missing, Value::Date)
}

/// `start_of_week(t)`: the Monday of its week, a date.
#[must_use]
pub fn start_of_week(t: &Value, zone: &Zone) -> Value {
    day_of(t, zone).and_then(calendar::start_of_week).map_or(Value::Missing, Value::Date)
}

/// `start_of_month(t)`: the first of its month, a date.
#[must_use]
pub fn start_of_month(t: &Value, zone: &Zone) -> Value {
    day_of(t, zone).and_then(calendar::start_of_month).map_or(Value::Missing, Value::Date)
}

/// `year(t)`
#[must_use]
pub fn year(t: &Value, zone: &Zone) -> Value {
    part_of(t, zone, |date| calendar::parts(date).year)
}

/// `month(t)`, 1 to 12
#[must_use]
pub fn month(t: &Value, zone: &Zone) -> Value {
    part_of(t, zone, |date| calendar::parts(date).month)
}

/// `day(t)`, of the month, from 1
#[must_use]
pub fn day(t: &Value, zone: &Zone) -> Value {
    part_of(t, zone, |date| calendar::parts(date).day)
}

/// `weekday(t)`, 1 = Monday
#[must_use]
pub fn weekday(t: &Value, zone: &Zone) -> Value {
    part_of(t, zone, calendar::weekday)
}

/// `hour(t)`, 0 to 23; of a date missing (the checker refuses it).
#[must_use]
pub fn hour(t: &Value, zone: &Zone) -> Value {
    match t {
        Value::Timestamp(instant) => Value::Int(zone.local(*instant).1 / 3_600_000_000),
        _ => Value::Missing,
    }
}

/// `age(t)`: how long ago; of a timestamp exact time, of a date whole days; of a moment in the future missing.
#[must_use]
pub fn age(t: &Value, clock: &Clock) -> Value {
    past(t, clock)
        .and_then(|moment| difference(clock.now_as(moment.kind()), moment, &clock.zone))
        .map_or(Value::Missing, Value::Duration)
}

/// `age(t) > 60y` written in place, which compares by the calendar: `t < now - 60y`; unknown of a moment in the future.
#[must_use]
pub fn compare_age(comparison: Comparison, t: &Value, duration: &Value, clock: &Clock) -> Truth {
    let (Some(moment), Value::Duration(duration)) = (past(t, clock), duration) else {
        return Truth::Unknown;
    };
    match clock.shifted(*duration, Direction::Back, moment.kind()) {
        Some(then) => compare(comparison.mirrored(), t, &then.into(), &clock.zone),
        None => Truth::Unknown,
    }
}

/// `age(t) between 30d..60d` written in place; unknown of a moment in the future.
#[must_use]
pub fn age_between(t: &Value, low: &Value, high: &Value, upper: UpperEnd, clock: &Clock) -> Truth {
    let below = match upper {
        UpperEnd::Included => Comparison::AtMost,
        UpperEnd::Excluded => Comparison::Less,
    };
    compare_age(Comparison::AtLeast, t, low, clock).and(compare_age(below, t, high, clock))
}

/// `anniversary(d)`: its next yearly return, today included, a date; 29 February returns on 28 February in common years.
/// The first return of a moment in the future is its own day.
#[must_use]
pub fn anniversary(d: &Value, clock: &Clock) -> Value {
    let next = day_of(d, &clock.zone).and_then(|born| {
        if born >= clock.today {
            return Some(born);
        }
        let years = calendar::parts(clock.today).year - calendar::parts(born).year;
        // Each return counts from the day itself, so that 29 February comes back every fourth year.
        let this_year = calendar::add_months(born, years.checked_mul(12)?)?;
        if this_year >= clock.today { Some(this_year) } else { calendar::add_months(born, years.checked_add(1)? * 12) }
    });
    next.map_or(Value::Missing, Value::Date)
}

/// The calendar day of a moment in the zone.
fn day_of(t: &Value, zone: &Zone) -> Option<i32> {
    match Moment::of(t)? {
        Moment::Date(date) => Some(date),
        // The local time of an instant at either end may lie outside the calendar.
        Moment::Timestamp(instant) => calendar::add_days(zone.local(instant).0, 0),
    }
}

fn part_of(t: &Value, zone: &Zone, part: impl Fn(i32) -> i64) -> Value {
    day_of(t, zone).map_or(Value::Missing, |date| Value::Int(part(date)))
}

/// A moment that is not in the future.
fn past(t: &Value, clock: &Clock) -> Option<Moment> {
    Moment::of(t).filter(|moment| match moment {
        Moment::Date(date) => *date <= clock.today,
        Moment::Timestamp(instant) => *instant <= clock.now,
    })
}

#[cfg(test)]
mod tests;
