//! Windows: every relative time condition, resolved at one as-of into a plain comparison with two constants.

use super::{Clock, Moment, MomentType};
use crate::value::compare::UpperEnd;
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
    pub fn between(
        _near: Duration,
        _far: Duration,
        _upper: UpperEnd,
        _kind: MomentType,
        _clock: &Clock,
    ) -> Option<Window> {
        todo!()
    }

    /// `t within 30d`: `now - 30d ≤ t ≤ now`
    #[must_use]
    pub fn within(_duration: Duration, _kind: MomentType, _clock: &Clock) -> Option<Window> {
        todo!()
    }

    /// `t within next 7d`: `now ≤ t ≤ now + 7d`
    #[must_use]
    pub fn within_next(_duration: Duration, _kind: MomentType, _clock: &Clock) -> Option<Window> {
        todo!()
    }

    /// `t during this month`: from the period's first instant (or day) to the next one's, which is not included.
    #[must_use]
    pub fn during(_period: Period, _kind: MomentType, _clock: &Clock) -> Option<Window> {
        todo!()
    }

    /// `t between 2026-01-01..2026-01-31`, either end a date or a timestamp: a timestamp against a date by its
    /// calendar day, and a date against a timestamp likewise.
    #[must_use]
    pub fn from_to(_from: Moment, _to: Moment, _upper: UpperEnd, _kind: MomentType, _clock: &Clock) -> Option<Window> {
        todo!()
    }

    /// Whether a moment lies in it; unknown where it is missing.
    #[must_use]
    pub fn holds(&self, _t: &Value) -> Truth {
        todo!()
    }
}
