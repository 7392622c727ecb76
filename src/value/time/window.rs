//! Windows: every relative time condition, resolved at one as-of into a plain comparison with two constants.

use std::cmp::Ordering;

use super::{Clock, Direction, Moment, MomentType, Zone, calendar};
use crate::value::compare::{Comparison, UpperEnd};
use crate::value::{Duration, Truth, Value};

/// One end of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// A moment of the type of the moments that are asked about.
    pub at: Moment,
    /// Whether that very moment belongs to the window.
    pub included: bool,
}

/// What a time condition came to: `low ≤ t ≤ high`, an end that is not included being `<`. It may hold nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Not before this; none for no limit.
    pub low: Option<Bound>,
    /// Not after this; none for no limit.
    pub high: Option<Bound>,
}

/// A calendar period beside the as-of: `this month`, `yesterday`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// Which one.
    pub which: Which,
    /// Of what length.
    pub unit: PeriodUnit,
}

/// `last`, `this`, `next`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// `last month`, `yesterday`
    Last,
    /// `this month`, `today`
    This,
    /// `next month`, `tomorrow`
    Next,
}

/// A calendar unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeriodUnit {
    /// `today`
    Day,
    /// `this week`, from Monday
    Week,
    /// `this month`
    Month,
    /// `this quarter`
    Quarter,
    /// `this year`
    Year,
}

impl Window {
    /// `t between 30d..60d`: `now - 60d ≤ t ≤ now - 30d`, and never in the future. None (unknown for every t) where an
    /// end leaves the calendar, or a date meets hours.
    #[must_use]
    pub fn between(near: Duration, far: Duration, upper: UpperEnd, kind: MomentType, clock: &Clock) -> Option<Window> {
        let low = Bound { at: clock.shifted(far, Direction::Back, kind)?, included: upper == UpperEnd::Included };
        let near = clock.shifted(near, Direction::Back, kind)?;
        let high = if is_later(near, clock) { clock.now_as(kind) } else { near };
        Some(Window { low: Some(low), high: Some(included(high)) })
    }

    /// `t within 30d`: `now - 30d ≤ t ≤ now`
    #[must_use]
    pub fn within(duration: Duration, kind: MomentType, clock: &Clock) -> Option<Window> {
        let low = clock.shifted(duration, Direction::Back, kind)?;
        Some(Window { low: Some(included(low)), high: Some(included(clock.now_as(kind))) })
    }

    /// `t within next 7d`: `now ≤ t ≤ now + 7d`
    #[must_use]
    pub fn within_next(duration: Duration, kind: MomentType, clock: &Clock) -> Option<Window> {
        let high = clock.shifted(duration, Direction::Forth, kind)?;
        Some(Window { low: Some(included(clock.now_as(kind))), high: Some(included(high)) })
    }

    /// `t during this month`: from the period's first instant (or day) to the next one's, which is not included.
    #[must_use]
    pub fn during(period: Period, kind: MomentType, clock: &Clock) -> Option<Window> {
        let (first, end) = period.days(clock.today())?;
        let at = |date: i32| match kind {
            MomentType::Date => Moment::Date(date),
            MomentType::Timestamp => Moment::Timestamp(clock.zone().start_of_day(date)),
        };
        Some(Window { low: Some(included(at(first))), high: Some(Bound { at: at(end), included: false }) })
    }

    /// `t between 2026-01-01..2026-01-31`, either end a date or a timestamp: a timestamp against a date by its
    /// calendar day, and a date against a timestamp likewise.
    #[must_use]
    pub fn from_to(from: Moment, to: Moment, upper: UpperEnd, kind: MomentType, zone: &Zone) -> Window {
        let high = match upper {
            UpperEnd::Included => Window::against(Comparison::AtMost, to, kind, zone).high,
            UpperEnd::Excluded => Window::against(Comparison::Less, to, kind, zone).high,
        };
        Window { low: Window::against(Comparison::AtLeast, from, kind, zone).low, high }
    }

    /// `t <= 2026-01-31`, `t = 2026-01-31`, `t < 30d ago` as a window. For `!=` the window of `=`, to be negated.
    #[must_use]
    pub fn against(comparison: Comparison, constant: Moment, kind: MomentType, zone: &Zone) -> Window {
        let (first, end) = match (kind, constant) {
            (MomentType::Timestamp, Moment::Date(date)) => {
                let start = |date: i32| Moment::Timestamp(zone.start_of_day(date));
                // All of the day: up to the next day's first instant, which is not included.
                (start(date), Bound { at: start(date.saturating_add(1)), included: false })
            }
            (MomentType::Date, Moment::Timestamp(instant)) => {
                let day = Moment::Date(zone.local(instant).0);
                (day, included(day))
            }
            (MomentType::Date, Moment::Date(_)) | (MomentType::Timestamp, Moment::Timestamp(_)) => {
                (constant, included(constant))
            }
        };
        let before = Bound { at: first, included: false };
        let after = Bound { at: end.at, included: !end.included };
        match comparison {
            Comparison::Equal | Comparison::NotEqual => Window { low: Some(included(first)), high: Some(end) },
            Comparison::Less => Window { low: None, high: Some(before) },
            Comparison::AtMost => Window { low: None, high: Some(end) },
            Comparison::Greater => Window { low: Some(after), high: None },
            Comparison::AtLeast => Window { low: Some(included(first)), high: None },
        }
    }

    /// Whether a moment lies in it; unknown where it is missing, or of the other type than the window.
    #[must_use]
    pub fn holds(&self, t: &Value) -> Truth {
        let Some(moment) = Moment::of(t) else {
            return Truth::Unknown;
        };
        let low = self.low.map_or(Truth::True, |low| {
            Truth::from(order(low.at, moment).map(|order| order.is_lt() || low.included && order.is_eq()))
        });
        let high = self.high.map_or(Truth::True, |high| {
            Truth::from(order(moment, high.at).map(|order| order.is_lt() || high.included && order.is_eq()))
        });
        low.and(high)
    }
}

impl Period {
    /// Its first day, and the first day after it, seen from a day; none where they leave the calendar.
    #[must_use]
    pub fn days(self, today: i32) -> Option<(i32, i32)> {
        let steps = match self.which {
            Which::Last => -1,
            Which::This => 0,
            Which::Next => 1,
        };
        type Later = fn(i32, i64) -> Option<i32>;
        let (start, later): (i32, Later) = match self.unit {
            PeriodUnit::Day => (today, calendar::add_days),
            PeriodUnit::Week => (calendar::start_of_week(today)?, |date, weeks| calendar::add_days(date, weeks * 7)),
            PeriodUnit::Month => (calendar::start_of_month(today)?, calendar::add_months),
            PeriodUnit::Quarter => {
                (calendar::start_of_quarter(today)?, |date, quarters| calendar::add_months(date, quarters * 3))
            }
            PeriodUnit::Year => (calendar::start_of_year(today)?, |date, years| calendar::add_months(date, years * 12)),
        };
        Some((later(start, steps)?, later(start, steps + 1)?))
    }
}

fn included(at: Moment) -> Bound {
    Bound { at, included: true }
}

fn is_later(moment: Moment, clock: &Clock) -> bool {
    order(moment, clock.now_as(moment.kind())).is_some_and(Ordering::is_gt)
}

/// Moments of one type by time.
fn order(a: Moment, b: Moment) -> Option<Ordering> {
    match (a, b) {
        (Moment::Date(a), Moment::Date(b)) => Some(a.cmp(&b)),
        (Moment::Timestamp(a), Moment::Timestamp(b)) => Some(a.cmp(&b)),
        (Moment::Date(_), Moment::Timestamp(_)) | (Moment::Timestamp(_), Moment::Date(_)) => None,
    }
}
