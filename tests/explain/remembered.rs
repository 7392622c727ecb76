//! What is remembered counts as in a run: what is held and kept, when that ends, what a run would decide, and what stops it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tagwell::{
    action::{self, Decider, Past, Run, Seen, Tracked, Turn as Taken, happened_since},
    eval::{Answers, Context, Interpreter, User, reference::SoFar},
    explain::{Asked, Deed, Explained, Others, Remembered, Turn, explain},
    ir::{Body, DefinitionId},
    value::{Clock, Value},
};

use super::{Rules, Someone, config, later};

const BOOK: &str = "\
rulebook \"kept\" timezone \"Europe/Berlin\"
table users key id { id: text  points: int  seen: timestamp?  opted_out: bool }
table orders of users by id at at key oid { oid: text  id: text  at: timestamp }
tag fresh when seen within 20d
level card by points { gold from 8 keep 1mo  silver from 4 keep 2  red otherwise }
level pace by count(orders within 30d) { often from 2 keep 10d  once from 1  idle otherwise }
tag long_fresh when held(fresh) >= 5d
tag settled when held(card) > 12d
tag kept_long when card = gold and held(card) > 1w
tag slowed when pace = once and held(pace) between 2d..20d
segment keen when fresh and pace >= once {
  require not opted_out
  on enter { send sms \"gold\" cooldown 10d when card = gold  send sms \"hello\" cooldown 1mo otherwise }
  every 3d send push \"still here\" at most 2 times
  on each orders send sms \"thanks\" cooldown 12h
  on exit send sms \"bye\" once
}
segment calm when not fresh or points > 6 {
  on enter do call when points > 2
  every 1w send sms \"calm\"
}
policy { limit 2 within 7d  limit sms 1 within 3d  quiet 22:00..08:00 }
";

const DAY: i64 = 86_400_000_000;

/// What earlier runs left of a user.
struct Before {
    rules: Rules,
    tracked: Tracked,
    kept: action::Remembered,
}

impl Before {
    fn new() -> Before {
        let rules = Rules::new(BOOK, "2026-11-22T10:00");
        let tracked = Tracked::of(rules.rulebook());
        Before { rules, tracked, kept: action::Remembered::default() }
    }

    /// The user's record as a run at an instant reads it, by what is remembered.
    fn record(&self, user: &Someone, recalled: &action::Recalled, instant: i64) -> Vec<Value> {
        let mut record = user.record.clone();
        for (id, value) in self.tracked.values(recalled, instant) {
            record.resize(record.len().max(id.0 as usize + 1), Value::Missing);
            record[id.0 as usize] = value;
        }
        record
    }

    fn context(&self, instant: i64) -> Context {
        Context { clock: Clock::at(instant, self.rules.clock().zone().clone()).unwrap(), ..self.rules.context.clone() }
    }

    fn answers(&self, user: &Someone, recalled: &action::Recalled, instant: i64) -> Answers {
        let (context, record) = (self.context(instant), self.record(user, recalled, instant));
        let interpreter = Interpreter::new(self.rules.rulebook(), &context);
        interpreter.evaluate(User { record: &record, children: &user.children })
    }

    /// A run at an instant.
    fn turn(&self, user: &Someone, instant: i64) -> Taken {
        let (rulebook, recalled) = (self.rules.rulebook(), &self.kept.recalled);
        let (context, record) = (self.context(instant), self.record(user, recalled, instant));
        let answers = self.answers(user, recalled, instant);
        let has: Vec<bool> = self.tracked.stays.iter().map(|it| it.is_had(answers.value(it.definition))).collect();
        let rows = happened_since(rulebook, &user.children, recalled.seen, &context.clock);
        let sources = self.rules.checked.warnings().sources();
        let decider = Decider::new(Interpreter::new(rulebook, &context), sources, false);
        let run = Run {
            decider,
            tracked: &self.tracked,
            first: vec![],
            unchanged: vec![],
            read_anew: vec![],
            others_moved: vec![],
            is_other: None,
            asked_again: None,
        };
        let seen = Seen { key: Some("u"), print: 1, recalled, has: &has, rows: &rows };
        run.turn(&seen, &SoFar { record: &record, answers: &answers }, || self.kept.past.clone())
    }

    fn run(&mut self, user: &Someone, instant: i64) {
        let turn = self.turn(user, instant);
        self.kept.take(&turn, &self.tracked, self.rules.rulebook(), instant);
    }

    fn explain(&self, user: &Someone, ids: &[DefinitionId]) -> Vec<Explained> {
        let now = self.rules.clock().now();
        let (others, reasons) = (Others::default(), BTreeMap::new());
        let remembered = Remembered {
            tracked: &self.tracked,
            recalled: &self.kept.recalled,
            past: &self.kept.past,
            reasons: &reasons,
        };
        let record = self.record(user, &self.kept.recalled, now);
        let asked = Asked {
            rulebook: self.rules.rulebook(),
            sources: self.rules.checked.warnings().sources(),
            context: &self.rules.context,
            record: &record,
            children: &user.children,
            others: &others,
            key: Some("u"),
            remembered: Some(&remembered),
        };
        explain(&asked, ids)
    }
}

/// What a run would decide of a segment, and what is told of it: trigger by trigger the last.
fn decided(before: &Before, turn: &Taken, segment: DefinitionId, deeds: &[Deed]) -> Result<(), String> {
    for (at, deed) in deeds.iter().enumerate() {
        let of = turn.decisions.iter().rfind(|it| it.segment == segment && it.place.starts_with(&format!("{at}.")));
        let told = deed.stopped.first().map(|stop| (stop.reason, stop.by.clone()));
        match of {
            Some(decision) => {
                let stopped = decision.stopped.as_ref().map(|(reason, by)| (action::stop_name(*reason), by.clone()));
                if deed.turn != Turn::Now || deed.deed.as_ref() != Some(&decision.done) || told != stopped {
                    return Err(format!("{decision:?} is told as {deed:?}"));
                }
            }
            // Of who enters now nothing is decided where no deed applies.
            None if deed.turn == Turn::Now && (deed.deed.is_some() || deed.written.is_some()) => {
                return Err(format!("{deed:?} is not decided"));
            }
            None => {}
        }
    }
    let _ = before;
    Ok(())
}

fn moment(days: i32, hour: u32) -> String {
    format!("{}T{hour:02}:30", tagwell::value::moment_text::date_text(20_779 + days))
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn what_is_remembered_counts_as_in_a_run(
        runs in prop::collection::vec((0_i64..40, 0_i64..24, 0_i64..11), 0..5), points in 0_i64..11,
        seen in prop::option::of((-50_i32..3, 0_u32..24)), opted_out in any::<bool>(),
        orders in prop::collection::vec((-45_i32..4, 0_u32..24), 0..4), chance in prop::collection::vec(any::<u32>(), 20),
    ) {
        let mut before = Before::new();
        let json = |points: i64| {
            let seen = seen.map_or("null".to_owned(), |(days, hour)| format!("\"{}\"", moment(days, hour)));
            let order = |(at, (days, hour)): (usize, &(i32, u32))| {
                format!("{{\"oid\": \"o{at}\", \"at\": \"{}\"}}", moment(*days, *hour))
            };
            let orders: Vec<String> = orders.iter().enumerate().map(order).collect();
            let orders = orders.join(", ");
            format!("{{\"id\": \"u\", \"points\": {points}, \"seen\": {seen}, \"opted_out\": {opted_out}, \"orders\": [{orders}]}}")
        };
        let now = before.rules.clock().now();
        let mut earlier: Vec<(i64, i64)> = runs.iter().map(|(days, hours, points)| (now - days * DAY - hours * DAY / 24, *points)).collect();
        earlier.sort_unstable();
        earlier.dedup_by_key(|(instant, _)| *instant);
        earlier.retain(|(instant, _)| *instant < now);
        for (instant, points) in &earlier {
            let user = before.rules.user(&json(*points));
            before.run(&user, *instant);
        }
        let user = before.rules.user(&json(points));
        let rulebook = before.rules.rulebook();
        let all = (0..rulebook.definitions.len() as u32).map(DefinitionId);
        let ids: Vec<DefinitionId> = all.filter(|id| !matches!(rulebook.definition(*id).body, Body::Let(_))).collect();
        let explained = before.explain(&user, &ids);
        let told = || format!("{}\n{earlier:?}\n{:?}", json(points), before.kept);

        // The same values as in a run now, and the same decisions.
        let answers = before.answers(&user, &before.kept.recalled, now);
        let turn = before.turn(&user, now);
        for (id, explained) in ids.iter().zip(&explained) {
            let shown = rulebook.shown(answers.value(*id), &rulebook.definition(*id).ty);
            prop_assert_eq!(&explained.value, &shown, "{}: {}", explained.name, told());
            if let Err(wrong) = decided(&before, &turn, *id, &explained.deeds) {
                prop_assert!(false, "{}: {wrong}\n{}", explained.name, told());
            }
        }

        // The first instant at which a run says otherwise, where one is made now and none between.
        let mut after = before.kept.clone();
        after.take(&turn, &before.tracked, rulebook, now);
        let at = |instant: i64| match instant == now {
            true => answers.clone(),
            false => before.answers(&user, &after.recalled, instant),
        };
        let laters: Vec<_> = ids.iter().copied().zip(explained.iter().map(|it| it.later)).collect();
        if let Err(wrong) = later::hold_by(&before.rules, &laters, &chance, &at) {
            prop_assert!(false, "{wrong}\n{}", told());
        }

        // What is stopped is stopped until then, and no longer.
        for deed in explained.iter().flat_map(|it| &it.deeds) {
            let Some(until) = deed.stopped.last().and_then(|it| it.until) else { continue };
            let stops = |instant: i64| {
                let context = before.context(instant);
                let sources = before.rules.checked.warnings().sources();
                let decider = Decider::new(Interpreter::new(rulebook, &context), sources, false);
                stops_at(&decider, &before, &user, &after.past, deed, instant)
            };
            prop_assert!(stops(until - 1) && !stops(until), "{deed:?}\n{}", told());
        }
    }
}

/// Whether a cooldown or a limit stops a deed at an instant.
fn stops_at(decider: &Decider<'_>, before: &Before, user: &Someone, past: &[Past], deed: &Deed, instant: i64) -> bool {
    let rulebook = before.rules.rulebook();
    let record = before.record(user, &before.kept.recalled, instant);
    // The deed is the one that is chosen now.
    let now = before.rules.clock().now();
    let answers = before.answers(user, &before.kept.recalled, now);
    let rows = BTreeMap::new();
    let known = SoFar { record: &record, answers: &answers };
    let person = action::Person { key: Some("u"), known: &known, rows: &rows, seen: None };
    rulebook.actions.segments.iter().any(|segment| {
        let occasion = action::Occasion { segment: segment.segment, since: 0, inside: true, reason: None };
        let all = decider.would(&person, &occasion, past);
        all.iter().any(|would| {
            let same = would.done.is_some() && would.done == deed.deed;
            let by = would.stop.as_ref().map(|stop| action::stop_name(stop.reason));
            same && matches!(by, Some("cooldown" | "limit"))
        })
    })
}
