//! The first instant at which a run says otherwise.

use proptest::prelude::*;
use tagwell::{
    eval::Answers,
    explain::Later,
    ir::{Body, DefinitionId},
    value::{Truth, Value},
};

use super::{Rules, Someone, config};
use crate::agree::{
    data::{AS_OF, Data, Moments},
    rules::{self, About},
};

const DAY: i64 = 86_400_000_000;

/// What a run says: of a tag whether the user has it.
fn said(rules: &Rules, id: DefinitionId, answers: &Answers) -> Value {
    let value = answers.value(id);
    match rules.rulebook().definition(id).body {
        Body::Tag(_) | Body::Segment(_) => Value::Bool(Truth::of(value).is_true()),
        _ => value.clone(),
    }
}

/// Instants at which something may turn: around midnights and month ends near now, later ever further apart, and some by
/// chance.
fn instants(rules: &Rules, until: i64, chance: &[u32]) -> Vec<i64> {
    let now = rules.clock().now();
    let zone = rules.clock().zone();
    let today = rules.clock().today();
    let mut found = vec![];
    for day in (1..130).chain((130..6000).step_by(61)) {
        let midnight = zone.start_of_day(today + day);
        found.extend([midnight - 1, midnight, midnight + 1, midnight + DAY / 3]);
    }
    let mut change = now;
    for _ in 0..6 {
        let Some(next) = zone.next_change(change) else { break };
        change = next;
        found.extend([change - 1, change, change + 1, change + 3_600_000_000]);
        found.extend([30, 31].map(|days| change + days * DAY));
    }
    let span = (until - now).clamp(1, 20_000 * DAY);
    found.extend(chance.iter().map(|it| now + (i128::from(span) * i128::from(*it) / i128::from(u32::MAX)) as i64));
    found.retain(|instant| *instant > now && *instant < until);
    found
}

/// Whether each of these is otherwise at the instant that is told, and not before.
pub(super) fn hold(
    rules: &Rules,
    user: &Someone,
    told: &[(DefinitionId, Later)],
    chance: &[u32],
) -> Result<(), String> {
    hold_by(rules, told, chance, &|instant| rules.answers_at(user, instant))
}

/// The same, where a run at an instant says this.
pub(super) fn hold_by(
    rules: &Rules,
    told: &[(DefinitionId, Later)],
    chance: &[u32],
    answers_at: &dyn Fn(i64) -> Answers,
) -> Result<(), String> {
    let now = answers_at(rules.clock().now());
    let mut last = rules.clock().now();
    for (id, later) in told {
        let name = &rules.rulebook().definition(*id).name;
        let now = said(rules, *id, &now);
        match later {
            Later::At(instant) => {
                let at = |instant: i64| said(rules, *id, &answers_at(instant));
                let (before, at) = (at(instant - 1), at(*instant));
                if at == now || before != now {
                    return Err(format!("{name} at {instant} from {now:?}: {before:?}, then {at:?}"));
                }
                last = last.max(*instant);
            }
            Later::Never => last = rules.clock().now() + 20_000 * DAY,
            Later::HangsOnOthers => return Err(format!("{name}: there are no others")),
        }
    }
    for instant in instants(rules, last, chance) {
        let then = answers_at(instant);
        for (id, later) in told {
            let (now, then) = (said(rules, *id, &now), said(rules, *id, &then));
            if now != then && !matches!(later, Later::At(first) if *first <= instant) {
                let name = &rules.rulebook().definition(*id).name;
                return Err(format!("{name}: {later:?}, and at {instant} it is not {now:?} any more"));
            }
        }
    }
    Ok(())
}

fn bytes(most: usize, number: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..most), 1..number)
}

proptest! {
    #![proptest_config(config(30))]

    #[test]
    fn nothing_is_otherwise_before(
        setting in prop::collection::vec(any::<u8>(), 0..3), declared in bytes(40, 5), users in bytes(24, 3),
        orders in bytes(24, 6), chance in prop::collection::vec(any::<u32>(), 40),
    ) {
        let text = rules::rulebook(&setting, &declared, About::One);
        let rules = Rules::new(&text, AS_OF);
        let data = Data::from(&users, &orders, &[], Moments::Tied);
        for user in data.users.iter().filter(|user| user.key.is_some()) {
            let own: Vec<_> = data.orders.iter().filter(|order| order.key == user.key).collect();
            let json = user.json(&own, &[]);
            let someone = rules.user(&json);
            let ids: Vec<DefinitionId> = (0..rules.rulebook().definitions.len() as u32)
                .map(DefinitionId)
                .filter(|id| !matches!(rules.rulebook().definition(*id).body, Body::Let(_)))
                .collect();
            let explained = rules.explain(&someone, &ids);
            let told: Vec<(DefinitionId, Later)> = ids.into_iter().zip(explained.iter().map(|it| it.later)).collect();
            if let Err(wrong) = hold(&rules, &someone, &told, &chance) {
                prop_assert!(false, "{}\n{}\n{}", wrong, json, text);
            }
        }
    }
}

/// Conditions on time alone, in zones with and without clock changes, around them.
mod clock {
    use super::*;

    const CONDITIONS: &[&str] = &[
        "seen within 30d",
        "seen within 1mo",
        "seen within 36h",
        "seen between 1mo..3mo",
        "seen between 30d..<60d",
        "seen within next 7d",
        "seen within next 1mo",
        "seen < 1mo ago",
        "seen <= 30d ago",
        "seen > 2w from now",
        "age(seen) > 30d",
        "age(seen) between 1mo..2mo",
        "age(seen) <= 1y",
        "seen during this month",
        "seen during last week",
        "seen during yesterday",
        "seen during next month",
        "born within 1mo",
        "born between 30d..60d",
        "born during today",
        "born within next 7d",
        "age(born) > 18y",
        "born < 1mo ago",
        "anniversary(born) within next 7d",
        "anniversary(born) = today",
        "floor(age(seen) / 1d) >= 30",
        "now - seen > 40d",
        "seen + 1mo < now",
        "weekday(today) = 1",
        "hour(now) between 9..17",
        "day(today) = 31",
        "month(today) = 2 and day(today) = 29",
        "seen <= today",
        "today >= 2027-03-28",
        "now > 2027-03-28T02:30",
        "start_of_month(today) = today",
        "min(seen, now) < 30d ago",
        "count(orders within 30d) >= 1",
        "count(orders) >= 2",
        "max(orders.ordered_at) < 30d ago",
        "sum(orders.amount during this month) > 10",
        "any(orders where due within next 3d)",
        "count(orders within 7d) < count(calls between 3d..20d)",
        "any(calls during yesterday)",
        "sum(orders.amount within 1mo) >= 10 and any(calls within 2w)",
        "max(calls.at) > max(orders.ordered_at)",
        "min(calls.at) during last month",
        "count(calls where at < 36h ago) = 1",
        "age(max(calls.at)) between 1w..2w",
        "day(today) = 29 and month(today) = 2",
        "start_of_week(today) = 2026-12-28",
        "start_of_week(seen) = start_of_week(today)",
        "year(now) > 2026",
        "floor(age(born) / 1w) >= 500",
        "seen during next quarter",
        "seen during last year",
        "(now - seen) / 1h > 700",
        "now - max(orders.ordered_at) > 2w",
        "anniversary(seen) within next 1mo",
        "hour(now) = 2",
        "quantile(calls.long within 30d, 50%) > 3",
    ];

    fn moment() -> impl Strategy<Value = String> {
        let days = prop_oneof![-80_i32..80, -800_i32..400];
        (days, 0_u32..24, prop::sample::select(vec!["00:00", "30:00", "59:59.999999"])).prop_map(
            |(days, hour, rest)| {
                let date = jiff_free_date(days);
                format!("{date}T{hour:02}:{rest}")
            },
        )
    }

    /// A day so many days from 2026-10-20.
    fn jiff_free_date(days: i32) -> String {
        tagwell::value::moment_text::date_text(20_746 + days)
    }

    proptest! {
        #![proptest_config(config(60))]

        #[test]
        fn around_clock_changes_and_month_ends(
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "America/Santiago"]),
            one in prop::sample::select(CONDITIONS), other in prop::sample::select(CONDITIONS),
            joined in prop::sample::select(vec!["and", "or", "and not"]),
            seen in moment(), born in -8000_i32..60, orders in prop::collection::vec((moment(), 0_i32..20), 0..4),
            calls in prop::collection::vec((moment(), 0_i32..9), 0..3), as_of in moment(),
            chance in prop::collection::vec(any::<u32>(), 40),
        ) {
            let text = format!("rulebook \"clock\" timezone \"{zone}\"
                table users key id {{ id: text  seen: timestamp?  born: date? }}
                table orders of users by id at ordered_at {{ id: text  ordered_at: timestamp  amount: int  due: date? }}
                table calls of users by id at at {{ id: text  at: timestamp  long: int }}
                tag it when ({one}) {joined} ({other})
                tag alone when {one}\n");
            let rules = Rules::new(&text, &as_of);
            let orders: Vec<String> = orders
                .iter()
                .map(|(at, amount)| format!("{{\"ordered_at\": \"{at}\", \"amount\": {amount}, \"due\": \"{}\"}}", &at[..10]))
                .collect();
            let calls: Vec<String> = calls.iter().map(|(at, long)| format!("{{\"at\": \"{at}\", \"long\": {long}}}")).collect();
            let born = jiff_free_date(born);
            let (orders, calls) = (orders.join(", "), calls.join(", "));
            let json = format!("{{\"id\": \"u\", \"seen\": \"{seen}\", \"born\": \"{born}\", \"orders\": [{orders}], \"calls\": [{calls}]}}");
            let someone = rules.user(&json);
            let told = ["it", "alone"].map(|name| (rules.rulebook().find(name).unwrap(), rules.one(&someone, name).later));
            if let Err(wrong) = hold(&rules, &someone, &told, &chance) {
                prop_assert!(false, "{}\n{} as of {}\n{}", wrong, json, as_of, text);
            }
        }
    }
}
