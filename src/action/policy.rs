//! What stops a decision: consent, the channel, `once`, `at most`, `cooldown`, and the policy's limits, held against what was
//! decided for the user before (LANGUAGE.md §7, §11).

use crate::{
    action::{
        Done,
        history::{History, Past, Stopped},
    },
    intern::Symbol,
    ir::{Deed, Limit},
    value::{Clock, Duration, Moment, MomentType, time::Direction},
};

impl History {
    /// The count of a repetition in this stay: the one that is due, or the next where that many were decided before.
    pub(super) fn counted_on(&self, segment: &Symbol, place: &str, entered: i64, due: String) -> String {
        let number = |which: &str| which.parse::<u64>().ok();
        let stay = self.by(segment, place).filter(|it| it.entered == entered);
        let last = stay.filter_map(|it| it.which.as_deref().and_then(number)).max();
        match last.filter(|last| number(&due).is_some_and(|due| due <= *last)) {
            Some(last) => last.saturating_add(1).to_string(),
            None => due,
        }
    }

    /// Whether the deed was decided in this stay, stopped or not.
    pub(super) fn in_this_stay(&self, segment: &Symbol, place: &str, entered: i64) -> bool {
        self.by(segment, place).any(|it| it.entered == entered)
    }

    /// `once`: whether the deed was done before.
    pub(super) fn ever(&self, segment: &Symbol, place: &str) -> bool {
        self.done_by(segment, place).next().is_some()
    }

    /// `at most 3 times`: how often the deed was done in this stay.
    pub(super) fn in_stay(&self, segment: &Symbol, place: &str, entered: i64) -> usize {
        self.done_by(segment, place).filter(|it| it.entered == entered).count()
    }

    /// Whether `at most` stopped the deed in this stay already, which is recorded once.
    pub(super) fn is_over(&self, segment: &Symbol, place: &str, entered: i64) -> bool {
        self.by(segment, place).any(|it| it.entered == entered && it.stopped == Stopped::ByAtMost)
    }

    /// `cooldown 30d`: whether the deed was done less than that ago.
    pub(super) fn cools_down(&self, segment: &Symbol, place: &str, deed: Duration, clock: &Clock) -> bool {
        let end = ago(deed, clock);
        self.done_by(segment, place).any(|it| end.is_none_or(|end| it.decided_at > end))
    }

    /// Whether a limit is reached for what would be done.
    pub(super) fn is_reached(&self, limit: &Limit, done: &Done, clock: &Clock) -> bool {
        let concerned = match &limit.channel {
            None => true,
            Some(channel) => done.channel() == Some(channel),
        };
        let from = ago(limit.within, clock);
        let counts = |it: &&Past| {
            let on_it = match &limit.channel {
                None => it.hold || it.channel.is_some(),
                Some(channel) => it.channel.as_ref() == Some(channel),
            };
            let recent = from.is_none_or(|from| it.decided_at >= from);
            on_it && recent && it.stopped == Stopped::No && !it.exempt
        };
        let most = limit.count as usize;
        concerned && self.all().iter().filter(counts).take(most).count() >= most
    }
}

/// The instant so long ago; none before the calendar begins.
fn ago(duration: Duration, clock: &Clock) -> Option<i64> {
    match clock.shifted(duration, Direction::Back, MomentType::Timestamp)? {
        Moment::Timestamp(instant) => Some(instant),
        Moment::Date(_) => None,
    }
}

/// `cooldown 30d`
pub(super) fn cooldown_words(cooldown: Duration) -> String {
    format!("cooldown {cooldown}")
}

/// `at most 3 times`
pub(super) fn most_words(deed: &Deed) -> String {
    match deed.at_most {
        Some(1) => "at most 1 time".to_owned(),
        Some(most) => format!("at most {most} times"),
        None => String::new(),
    }
}
