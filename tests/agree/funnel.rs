//! What a funnel's one pass finds is what a search through every chain of events finds.

use proptest::prelude::*;
use tagwell::{
    eval::{
        funnel::{self, Event, Reached},
        rows::When,
    },
    value::{Clock, Duration, Moment, MomentType, Zone, moment_text::parse_timestamp, time},
};

/// Where limits may end in another order than they begin, or all at once: clocks that go back, clocks that go forth, and ends of months.
/// With each some minutes, of which events are a few away.
const PLACES: [(&str, &str, i64); 13] = [
    ("Europe/Berlin", "2025-10-26T01:00Z", 10),
    ("Europe/Berlin", "2025-03-30T01:00Z", 10),
    ("America/Havana", "2024-11-03T05:00Z", 10),
    ("America/Havana", "2024-03-10T05:00Z", 10),
    ("America/St_Johns", "2025-11-02T04:30Z", 10),
    ("America/St_Johns", "1988-10-30T01:31Z", 20),
    ("Africa/Casablanca", "2024-03-10T02:00Z", 10),
    ("Africa/Casablanca", "2024-04-14T02:00Z", 10),
    ("Australia/Lord_Howe", "2025-04-05T15:00Z", 5),
    // A day that came twice, and one that did not come.
    ("Pacific/Kwajalein", "1969-09-30T13:00Z", 180),
    ("Pacific/Apia", "2011-12-30T10:00Z", 180),
    ("UTC", "2026-01-31T00:00Z", 120),
    ("Europe/Berlin", "2024-02-29T00:00Z", 120),
];

fn clock(zone: &str) -> Clock {
    Clock::at(1_795_000_000_000_000, Zone::parse(zone).unwrap()).unwrap()
}

#[test]
fn clocks_change_there() {
    for (zone, near, _) in PLACES.iter().filter(|(_, near, _)| !near.ends_with("T00:00Z")) {
        let zone = Zone::parse(zone).unwrap();
        let near = parse_timestamp(near, &zone).unwrap();
        assert_eq!(zone.next_change(near - 1), Some(near), "{}", zone.name());
    }
}

/// Every chain, step by step: which events can be the last of one that reached the step.
fn search(events: &[Event], limits: &[Option<Duration>], kind: MomentType, clock: &Clock) -> Option<Reached> {
    let in_time = |before: &Event, event: &Event, limit: Option<Duration>| {
        let (Some(limit), Some(before), Some(at)) = (limit, before.when.at, event.when.at) else {
            return limit.is_none();
        };
        let before = match kind {
            MomentType::Date => Moment::Date(i32::try_from(before).unwrap()),
            MomentType::Timestamp => Moment::Timestamp(before),
        };
        match time::shift(before, limit, time::Direction::Forth, clock.zone()) {
            Some(Moment::Timestamp(last)) => at <= last,
            Some(Moment::Date(last)) => at <= i64::from(last),
            None => true,
        }
    };
    let mut chains: Vec<Vec<&Event>> = vec![vec![]];
    let mut furthest = None;
    for (step, limit) in limits.iter().enumerate() {
        let mut longer = vec![];
        for chain in &chains {
            for event in events.iter().filter(|event| event.meets >> step & 1 == 1) {
                let follows = chain.last().is_none_or(|last| last.when < event.when && in_time(last, event, *limit));
                if follows {
                    longer.push([&chain[..], &[event]].concat());
                }
            }
        }
        let last = longer.iter().filter_map(|chain| chain.last()).map(|event| event.when).max();
        furthest = last.map(|when| Reached { step: step as u32, when }).or(furthest);
        chains = longer;
    }
    furthest
}

/// When an event is.
#[derive(Clone, Debug)]
enum Moments {
    Unknown,
    /// So many steps from the place.
    Near(i64),
    /// So many steps from where the limit ends that is set by one of the events before it, whose next step it meets.
    AtTheEnd(prop::sample::Index, i64),
}

fn events() -> impl Strategy<Value = Vec<(Moments, u64)>> {
    let end = (any::<prop::sample::Index>(), -3..3_i64);
    let when = prop_oneof![
        1 => Just(Moments::Unknown),
        9 => (-6..7_i64).prop_map(Moments::Near),
        9 => end.prop_map(|(event, steps)| Moments::AtTheEnd(event, steps)),
    ];
    let meets = prop_oneof![6 => Just(0), 1 => (1..4_u32).prop_map(|step| 1 << step), 1 => 0..16_u64];
    prop::collection::vec((when, meets), 0..9)
}

fn limits(of: &'static [&'static str]) -> impl Strategy<Value = Vec<Option<Duration>>> {
    let limit = prop::sample::select(of).prop_map(|text| Duration::parse(text).unwrap());
    prop::collection::vec(prop::option::weighted(0.8, limit), 1..5).prop_map(|mut limits| {
        limits[0] = None;
        limits
    })
}

/// The events in order of time, near a place.
fn placed(
    events: Vec<(Moments, u64)>,
    limits: &[Option<Duration>],
    (near, step): (Moment, i64),
    clock: &Clock,
) -> Vec<Event> {
    let moment = |at: i64| match near {
        Moment::Date(_) => Moment::Date(i32::try_from(at).unwrap()),
        Moment::Timestamp(_) => Moment::Timestamp(at),
    };
    let number = |moment: Moment| match moment {
        Moment::Date(at) => i64::from(at),
        Moment::Timestamp(at) => at,
    };
    let mut placed: Vec<Event> = vec![];
    for (place, (when, mut meets)) in (0..).zip(events) {
        let at = match when {
            Moments::Unknown => None,
            Moments::Near(steps) => {
                meets = meets.max(1);
                Some(number(near) + steps * step)
            }
            Moments::AtTheEnd(..) if placed.is_empty() => None,
            Moments::AtTheEnd(event, steps) => {
                let before = event.get(&placed);
                meets |= before.meets << 1;
                let limit = limits.get(before.meets.trailing_zeros() as usize + 1).copied().flatten();
                let end = before
                    .when
                    .at
                    .zip(limit)
                    .and_then(|(at, limit)| time::shift(moment(at), limit, time::Direction::Forth, clock.zone()));
                Some(number(end.unwrap_or(near)) + steps * step)
            }
        };
        placed.push(Event { when: When { at, place }, meets });
    }
    placed.sort_by_key(|event| event.when);
    placed
}

proptest! {
    #![proptest_config(super::config(4000))]

    #[test]
    fn the_furthest_step_is_that_of_the_furthest_chain(
        place in prop::sample::select(&PLACES[..]),
        events in events(),
        limits in limits(&["1d", "1d", "1d", "1mo", "1mo", "1mo", "0s", "1h", "24h", "1d1h", "1mo1d", "1y"]),
    ) {
        let (zone, near, minutes) = place;
        let clock = clock(zone);
        let near = parse_timestamp(near, clock.zone()).unwrap();
        let events = placed(events, &limits, (Moment::Timestamp(near), minutes * 60_000_000), &clock);
        let found = funnel::furthest(&events, &limits, MomentType::Timestamp, &clock);
        prop_assert_eq!(found, search(&events, &limits, MomentType::Timestamp, &clock));
    }

    #[test]
    fn the_furthest_step_is_that_of_the_furthest_chain_of_days(
        events in events(),
        limits in limits(&["0d", "1d", "1mo", "1mo1d", "1y"]),
    ) {
        // 31 January 2024.
        let events = placed(events, &limits, (Moment::Date(19_753), 1), &clock("UTC"));
        let found = funnel::furthest(&events, &limits, MomentType::Date, &clock("UTC"));
        prop_assert_eq!(found, search(&events, &limits, MomentType::Date, &clock("UTC")));
    }
}
