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
/// One pass is enough: of the events that reached a step, the one whose limit ends last is the one that counts for the next. That need
/// not be the latest: where clocks go back, and where months end, a limit from a later moment may end before one from an earlier. Steps
/// are tried from the last to the first, so that no event is two steps of one chain.
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
    // The last moment of each step that has a limit, by whatever reached the step before.
    let mut until: Vec<Option<i64>> = vec![None; limits.len()];
    for event in events {
        for (step, limit) in limits.iter().enumerate().rev() {
            if event.meets >> step & 1 == 0 {
                continue;
            }
            let follows = match (step.checked_sub(1), limit) {
                (None, _) => true,
                (Some(before), None) => reached.get(before).is_some_and(Option::is_some),
                (Some(_), Some(_)) => {
                    let until = until.get(step).copied().flatten();
                    event.when.at.zip(until).is_some_and(|(at, until)| at <= until)
                }
            };
            let slot = reached.get_mut(step).filter(|_| follows);
            let Some(slot) = slot else { continue };
            *slot = Some(event.when);
            if let (Some(Some(limit)), Some(until)) = (limits.get(step + 1), until.get_mut(step + 1)) {
                *until = (*until).max(deadline(event.when, *limit, kind, clock));
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

/// The last moment that lies within the limit after an event; none after one that has no moment.
fn deadline(event: When, limit: Duration, kind: MomentType, clock: &Clock) -> Option<i64> {
    let at = event.at?;
    let at = match kind {
        MomentType::Date => Moment::Date(i32::try_from(at).ok()?),
        MomentType::Timestamp => Moment::Timestamp(at),
    };
    Some(match time::shift(at, limit, Direction::Forth, clock.zone()) {
        Some(Moment::Date(last)) => i64::from(last),
        Some(Moment::Timestamp(last)) => last,
        // Beyond the last year there is no limit.
        None => i64::MAX,
    })
}

/// The moment of an event as a value.
pub fn moment(when: When, kind: MomentType) -> Value {
    match (when.at, kind) {
        (Some(at), MomentType::Date) => i32::try_from(at).map_or(Value::Missing, Value::Date),
        (Some(at), MomentType::Timestamp) => Value::Timestamp(at),
        (None, _) => Value::Missing,
    }
}
