//! Time: the as-of clock, moments shifted by durations, parts of moments, age and anniversary.
//!
//! The library behind zones and calendar stays in this module; elsewhere a date is an `i32` of days since 1970-01-01 and
//! a timestamp an `i64` of microseconds since 1970-01-01T00:00Z. Moments run from the year 1 to the year 9999.

pub mod calendar;
pub mod window;
pub mod zone;

pub use window::{Bound, Period, PeriodUnit, Which, Window};
pub use zone::{UnknownZone, Zone};

use super::compare::{Comparison, UpperEnd};
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
    pub fn at(_now: i64, _zone: Zone) -> Option<Clock> {
        todo!()
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
pub fn shift(_moment: Moment, _duration: Duration, _direction: Direction, _zone: &Zone) -> Option<Moment> {
    todo!()
}

/// `t1 - t2`: of timestamps exact time, of dates whole days; a date beside a timestamp is its first instant.
#[must_use]
pub fn difference(_later: Moment, _earlier: Moment, _zone: &Zone) -> Option<Duration> {
    todo!()
}

/// `date(t)`: the calendar day in the zone.
#[must_use]
pub fn date(_t: &Value, _zone: &Zone) -> Value {
    todo!()
}

/// `start_of_week(t)`: the Monday of its week, a date.
#[must_use]
pub fn start_of_week(_t: &Value, _zone: &Zone) -> Value {
    todo!()
}

/// `start_of_month(t)`: the first of its month, a date.
#[must_use]
pub fn start_of_month(_t: &Value, _zone: &Zone) -> Value {
    todo!()
}

/// `year(t)`
#[must_use]
pub fn year(_t: &Value, _zone: &Zone) -> Value {
    todo!()
}

/// `month(t)`, 1 to 12
#[must_use]
pub fn month(_t: &Value, _zone: &Zone) -> Value {
    todo!()
}

/// `day(t)`, of the month, from 1
#[must_use]
pub fn day(_t: &Value, _zone: &Zone) -> Value {
    todo!()
}

/// `weekday(t)`, 1 = Monday
#[must_use]
pub fn weekday(_t: &Value, _zone: &Zone) -> Value {
    todo!()
}

/// `hour(t)`, 0 to 23; of a date missing (the checker refuses it).
#[must_use]
pub fn hour(_t: &Value, _zone: &Zone) -> Value {
    todo!()
}

/// `age(t)`: how long ago; of a timestamp exact time, of a date whole days; of a moment in the future missing.
#[must_use]
pub fn age(_t: &Value, _clock: &Clock) -> Value {
    todo!()
}

/// `age(t) > 60y` written in place, which compares by the calendar: `t < now - 60y`; unknown of a moment in the future.
#[must_use]
pub fn compare_age(_comparison: Comparison, _t: &Value, _duration: &Value, _clock: &Clock) -> Truth {
    todo!()
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
pub fn anniversary(_d: &Value, _clock: &Clock) -> Value {
    todo!()
}
