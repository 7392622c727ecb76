//! What a funnel's one pass finds is what a search through every chain of events finds.

use proptest::prelude::*;
use tagwell::{
    eval::{
        funnel::{self, Event, Reached},
        rows::When,
    },
    value::{Clock, Duration, Moment, MomentType, Zone, time},
};

fn clock() -> Clock {
    Clock::at(1_795_000_000_000_000, Zone::parse("America/New_York").unwrap()).unwrap()
}

/// Every chain, step by step: which events can be the last of one that reached the step.
fn search(events: &[Event], limits: &[Option<Duration>], clock: &Clock) -> Option<Reached> {
    let in_time = |before: &Event, event: &Event, limit: Option<Duration>| {
        let (Some(limit), Some(before), Some(at)) = (limit, before.when.at, event.when.at) else {
            return limit.is_none();
        };
        match time::shift(Moment::Timestamp(before), limit, time::Direction::Forth, clock.zone()) {
            Some(Moment::Timestamp(last)) => at <= last,
            _ => true,
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

fn events() -> impl Strategy<Value = Vec<Event>> {
    // Hours around the end of summer time, some of them shared, now and then none.
    let event = (prop::option::weighted(0.9, 0..40_i64), 0..16_u64);
    prop::collection::vec(event, 0..8).prop_map(|events| {
        let hour = |hour: i64| 1_793_000_000_000_000 + hour * 3_600_000_000;
        let mut events: Vec<Event> = (0..)
            .zip(events)
            .map(|(place, (at, meets))| Event { when: When { at: at.map(hour), place }, meets })
            .collect();
        events.sort_by_key(|event| event.when);
        events
    })
}

fn limits() -> impl Strategy<Value = Vec<Option<Duration>>> {
    let limit = prop::sample::select(vec!["0s", "1h", "5h", "1d", "24h", "1mo"]);
    let limit = prop::option::of(limit.prop_map(|text| Duration::parse(text).unwrap()));
    prop::collection::vec(limit, 1..5).prop_map(|mut limits| {
        limits[0] = None;
        limits
    })
}

proptest! {
    #![proptest_config(super::config(500))]

    #[test]
    fn the_furthest_step_is_that_of_the_furthest_chain(events in events(), limits in limits()) {
        let clock = clock();
        let found = funnel::furthest(&events, &limits, MomentType::Timestamp, &clock);
        prop_assert_eq!(found, search(&events, &limits, &clock));
    }
}
