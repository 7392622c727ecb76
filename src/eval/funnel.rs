//! How far a chain of events got (LANGUAGE.md §5): the furthest step for which there are different events, in order, each
//! meeting its step's condition and each no later than its limit after the one before.

use std::collections::HashMap;

use crate::{
    eval::rows::When,
    value::{
        Clock, Duration, Moment, MomentType, Value, print,
        time::{self, Direction},
    },
};

/// An event that meets at least one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub when: When,
    /// A bit for each step whose condition it meets.
    pub meets: u64,
}

/// How far it got, and when it last got that far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reached {
    /// The step, from 0.
    pub step: u32,
    /// The latest event at which it was reached.
    pub when: When,
}

/// The furthest step that the events reach, which are in order of time and belong together.
///
/// One pass is enough: the latest event that reached a step gives the next one the latest limit. Steps are tried from the
/// last to the first, so that no event is two steps of one chain.
pub fn furthest(events: &[Event], limits: &[Option<Duration>], kind: MomentType, clock: &Clock) -> Option<Reached> {
    furthest_step(&steps(events, limits, kind, clock))
}

fn furthest_step(reached: &[Option<When>]) -> Option<Reached> {
    let furthest = reached.iter().enumerate().rev().find_map(|(step, when)| Some((step, (*when)?)));
    furthest.map(|(step, when)| Reached { step: step as u32, when })
}

/// When each step was last reached, by events that are in order of time and belong together.
fn steps(events: &[Event], limits: &[Option<Duration>], kind: MomentType, clock: &Clock) -> Vec<Option<When>> {
    let mut reached: Vec<Option<When>> = vec![None; limits.len()];
    for event in events {
        for (step, limit) in limits.iter().enumerate().rev() {
            if event.meets >> step & 1 == 0 {
                continue;
            }
            let follows =
                match step.checked_sub(1) {
                    None => true,
                    Some(before) => reached.get(before).copied().flatten().is_some_and(|before| {
                        limit.is_none_or(|limit| is_in_time(before, event.when, limit, kind, clock))
                    }),
                };
            if let (true, Some(slot)) = (follows, reached.get_mut(step)) {
                *slot = Some(event.when);
            }
        }
    }
    reached
}

/// The furthest step that any group of events reaches; of groups that got equally far, when the last did.
pub fn furthest_of_all(
    events: Vec<(Value, Event)>,
    limits: &[Option<Duration>],
    kind: MomentType,
    clock: &Clock,
) -> Option<Reached> {
    groups(events, clock).filter_map(|events| furthest(&events, limits, kind, clock)).max()
}

/// When each step was last reached by the group of events that got furthest; of groups that got equally far, the last. Of no
/// events, never.
pub fn steps_of_furthest(
    events: Vec<(Value, Event)>,
    limits: &[Option<Duration>],
    kind: MomentType,
    clock: &Clock,
) -> Vec<Option<When>> {
    let all = groups(events, clock).map(|events| steps(&events, limits, kind, clock));
    all.max_by_key(|steps| furthest_step(steps)).unwrap_or_else(|| vec![None; limits.len()])
}

/// The events that belong together, each group in order of time.
fn groups(events: Vec<(Value, Event)>, clock: &Clock) -> impl Iterator<Item = Vec<Event>> {
    let mut groups: HashMap<String, Vec<Event>> = HashMap::new();
    for (group, event) in events {
        groups.entry(print::json(&group, clock.zone())).or_default().push(event);
    }
    groups.into_values().map(|mut events| {
        events.sort_by_key(|event| event.when);
        events
    })
}

/// Whether an event comes no later than the limit after the one before.
fn is_in_time(before: When, event: When, limit: Duration, kind: MomentType, clock: &Clock) -> bool {
    let (Some(before), Some(at)) = (before.at, event.at) else { return false };
    let before = match kind {
        MomentType::Date => i32::try_from(before).map(Moment::Date).ok(),
        MomentType::Timestamp => Some(Moment::Timestamp(before)),
    };
    let last = before.and_then(|before| time::shift(before, limit, Direction::Forth, clock.zone()));
    match last {
        Some(Moment::Date(last)) => at <= i64::from(last),
        Some(Moment::Timestamp(last)) => at <= last,
        // Beyond the last year there is no limit.
        None => true,
    }
}

/// The moment of an event as a value.
pub fn moment(when: When, kind: MomentType) -> Value {
    match (when.at, kind) {
        (Some(at), MomentType::Date) => i32::try_from(at).map_or(Value::Missing, Value::Date),
        (Some(at), MomentType::Timestamp) => Value::Timestamp(at),
        (None, _) => Value::Missing,
    }
}
