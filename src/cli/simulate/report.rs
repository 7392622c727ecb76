//! What days that were played brought: a table for people, or JSON.

use std::{cmp::Reverse, collections::BTreeMap, fmt::Display};

use serde_json::{Map, Value as Json, json};
use tagwell::{
    diagnostic::render::{visible, visible_line},
    ir::{DefinitionId, Rulebook},
    outcome::aligned,
    value::{Zone, moment_text::timestamp_text},
};

use super::{
    super::summary::grouped,
    days::{Day, Segment, Sends},
};

/// Users who are shown that got most.
const MOST: usize = 10;

/// For people: a line for each day and segment to which anything happened, the sums, and who gets most.
pub(super) fn text(rulebook: &Rulebook, days: &[Day], sends: &Sends) -> String {
    let zone = rulebook.zone();
    let header = ["day", "segment", "entered", "left", "sent", "deferred", "held", "done", "stopped"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let name = |id: DefinitionId| rulebook.definition(id).name.to_string();
    for day in days {
        let (date, _) = zone.local(day.as_of);
        let date = tagwell::value::moment_text::date_text(date);
        rows.extend(day.segments.iter().map(|(id, segment)| row(&date, &name(*id), segment)));
    }
    for (id, segment) in total(days) {
        rows.push(row("all", &name(id), &segment));
    }
    let mut text = aligned(&rows);
    let sent: u64 = sends.0.values().sum();
    let people = sends.0.len() as u64;
    let runs = days.len() as u64;
    text += &format!("{}, {} to {}\n", counted(runs, "run"), counted(sent, "message"), counted(people, "user"));
    if people > 0 {
        let mut spread: BTreeMap<u64, u64> = BTreeMap::new();
        sends.0.values().for_each(|number| *spread.entry(*number).or_default() += 1);
        let parts: Vec<String> = spread
            .iter()
            .map(|(messages, users)| format!("{}: {}", grouped(*messages), counted(*users, "user")))
            .collect();
        text += &format!("messages a user gets, and how many users: {}\n", shortened(&parts));
        let most: Vec<String> =
            most(sends).map(|(user, number)| format!("{} {}", visible_line(user), grouped(number))).collect();
        text += &format!("most: {}\n", most.join(", "));
    }
    visible(&text).into_owned()
}

/// `1 run`, `1,204 users`
fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// The first, and how many others.
fn shortened(parts: &[String]) -> String {
    const SHOWN: usize = 12;
    match parts.get(SHOWN..) {
        Some(others) if !others.is_empty() => {
            let shown = parts.get(..SHOWN).unwrap_or_default().join(", ");
            format!("{shown}, and {} more (`--format json` has all)", others.len())
        }
        Some(_) | None => parts.join(", "),
    }
}

fn most(sends: &Sends) -> impl Iterator<Item = (&String, u64)> {
    let mut all: Vec<(&String, u64)> = sends.0.iter().map(|(user, number)| (user, *number)).collect();
    all.sort_by_key(|(user, number)| (Reverse(*number), *user));
    all.into_iter().take(MOST)
}

fn total(days: &[Day]) -> BTreeMap<DefinitionId, Segment> {
    let mut all: BTreeMap<DefinitionId, Segment> = BTreeMap::new();
    for (id, segment) in days.iter().flat_map(|day| &day.segments) {
        all.entry(*id).or_default().add(segment);
    }
    all
}

fn row(day: &str, name: &str, it: &Segment) -> Vec<String> {
    let sum = |all: &BTreeMap<tagwell::action::Reason, u64>| grouped(all.values().sum());
    vec![
        day.to_owned(),
        name.to_owned(),
        sum(&it.entered),
        sum(&it.left),
        parts(&it.sent),
        grouped(it.deferred),
        grouped(it.held),
        parts(&it.done),
        parts(&it.stopped),
    ]
}

/// `sms 12, push 3`
fn parts<K: Display>(all: &BTreeMap<K, u64>) -> String {
    match all.is_empty() {
        true => "0".to_owned(),
        false => all.iter().map(|(what, number)| format!("{what} {}", grouped(*number))).collect::<Vec<_>>().join(", "),
    }
}

/// For programs.
pub(super) fn json(rulebook: &Rulebook, days: &[Day], sends: &Sends, zone: &Zone) -> String {
    let of = |segments: &BTreeMap<DefinitionId, Segment>| {
        let each = segments.iter().map(|(id, it)| (rulebook.definition(*id).name.to_string(), segment(it)));
        Json::Object(each.collect::<Map<String, Json>>())
    };
    let day = |day: &Day| json!({ "as_of": timestamp_text(day.as_of, zone), "segments": of(&day.segments) });
    let users: Vec<Json> = most(sends).map(|(user, sent)| json!({ "user_id": user, "sent": sent })).collect();
    let mut spread: BTreeMap<u64, u64> = BTreeMap::new();
    sends.0.values().for_each(|number| *spread.entry(*number).or_default() += 1);
    let spread: Map<String, Json> = spread.into_iter().map(|(sent, users)| (sent.to_string(), users.into())).collect();
    let all = json!({
        "days": days.iter().map(day).collect::<Vec<Json>>(),
        "total": of(&total(days)),
        "users_by_messages": spread,
        "most": users,
    });
    format!("{all}\n")
}

fn segment(it: &Segment) -> Json {
    fn object<K: Display>(all: &BTreeMap<K, u64>) -> Map<String, Json> {
        all.iter().map(|(key, number)| (key.to_string(), Json::from(*number))).collect()
    }
    let by = |all: &BTreeMap<tagwell::action::Reason, u64>| -> Map<String, Json> {
        all.iter().map(|(reason, number)| (reason.name().to_owned(), Json::from(*number))).collect()
    };
    json!({
        "entered": by(&it.entered),
        "left": by(&it.left),
        "sent": object(&it.sent),
        "deferred": it.deferred,
        "held": it.held,
        "done": object(&it.done),
        "stopped": object(&it.stopped),
    })
}
