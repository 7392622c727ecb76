//! What `simulate` plays is what runs on the same days decide: from nothing, and from a state, which stays as it is.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Map, Value, json};

use super::{
    case::Case,
    chance::{case, seeds},
    played::{command, dump, everything},
    record,
};

/// The days that are played: those of the cases by chance, and some more.
pub(super) const DAYS: [&str; 7] = [
    "2026-11-07T10:00",
    "2026-11-08T10:00",
    "2026-11-09T10:00",
    "2026-11-10T10:00",
    "2026-11-11T10:00",
    "2026-11-12T10:00",
    "2026-11-13T10:00",
];

/// A folder with the rules of a case, and everybody as they are at its end.
pub(super) fn folder(case: &Case) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.rules"), case.rulebook(&case.rules)).unwrap();
    let mut users: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (user, given) in everything(case, case.days.len() - 1).given {
        users.entry(user).or_default().extend(record::json(&given.unwrap()));
    }
    let lines = users.into_iter().map(|(user, mut record)| {
        record.insert("user_id".to_owned(), user.into());
        format!("{}\n", Value::Object(record))
    });
    fs::write(folder.path().join("users.jsonl"), lines.collect::<String>()).unwrap();
    folder
}

/// What a run on each day brought each segment, as `simulate` tells it.
fn by_runs(folder: &Path, days: &[&str]) -> Vec<Value> {
    days.iter()
        .map(|as_of| {
            let words = ["run", "rules.rules", "users.jsonl", "--as-of", as_of, "--state", "state.db"];
            let more = ["--actions", "actions.jsonl", "--format", "none", "--summary", "json"];
            let answer = command(folder, &[&words[..], &more[..]].concat());
            let said = String::from_utf8_lossy(&answer.stderr).into_owned();
            assert_eq!(answer.status.code(), Some(0), "{said}");
            let summary = said.lines().find(|line| line.starts_with('{')).unwrap();
            let summary: Value = serde_json::from_str(summary).unwrap();
            brought(&summary, &fs::read_to_string(folder.join("actions.jsonl")).unwrap())
        })
        .collect()
}

/// From the summary of a run who entered and left, from its decisions the rest.
fn brought(summary: &Value, actions: &str) -> Value {
    let nothing =
        || json!({ "entered": {}, "left": {}, "sent": {}, "deferred": 0, "held": 0, "done": {}, "stopped": {} });
    let mut segments: BTreeMap<String, Value> = BTreeMap::new();
    for (name, moved) in summary["segments"].as_object().unwrap() {
        let segment = segments.entry(name.clone()).or_insert_with(nothing);
        segment["entered"] = moved["entered"].clone();
        segment["left"] = moved["left"].clone();
    }
    let add = |counts: &mut Value| *counts = json!(counts.as_u64().unwrap_or_default() + 1);
    for line in actions.lines() {
        let action: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| action[name].as_str();
        let segment = segments.entry(text("segment").unwrap().to_owned()).or_insert_with(nothing);
        if let Some(reason) = text("stopped") {
            add(&mut segment["stopped"][reason]);
            continue;
        }
        if !action["not_before"].is_null() {
            add(&mut segment["deferred"]);
        }
        match (text("do").unwrap(), text("channel")) {
            ("send", channel) => add(&mut segment["sent"][channel.unwrap()]),
            ("hold", _) => add(&mut segment["held"]),
            (verb, _) => add(&mut segment["done"][verb]),
        }
    }
    json!(segments)
}

/// What `simulate` says of the days, and of all of them.
fn played(folder: &Path, days: &[&str], more: &[&str]) -> (Vec<Value>, Value) {
    let words = ["simulate", "rules.rules", "users.jsonl", "--from", days[0], "--to", days[days.len() - 1]];
    let answer = command(folder, &[&words[..], &["--format", "json"], more].concat());
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert_eq!(answer.status.code(), Some(0), "{said}");
    let told: Value = serde_json::from_slice(&answer.stdout).unwrap();
    (told["days"].as_array().unwrap().iter().map(|day| day["segments"].clone()).collect(), told)
}

#[test]
fn what_is_played_is_what_runs_decide() {
    let mut sent = 0;
    for seed in seeds(8) {
        let case = case(seed + 2000, seed % 3 != 0);
        let folder = folder(&case);
        let (days, told) = played(folder.path(), &DAYS, &[]);
        assert_eq!(days, by_runs(folder.path(), &DAYS), "seed {seed}\n{}", case.rulebook(&case.rules));
        let of_users: u64 = told["users_by_messages"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(messages, users)| messages.parse::<u64>().unwrap() * users.as_u64().unwrap())
            .sum();
        let of_segments =
            told["total"].as_object().unwrap().values().flat_map(|it| it["sent"].as_object().unwrap().values());
        assert_eq!(of_users, of_segments.map(|number| number.as_u64().unwrap()).sum::<u64>(), "seed {seed}");
        sent += of_users;
    }
    assert!(sent > 20, "much is sent: {sent}");
}

#[test]
fn from_a_state_on_it_is_as_the_runs_that_follow_and_the_state_stays_as_it_is() {
    for seed in seeds(6) {
        let case = case(seed + 3000, seed % 3 != 0);
        let folder = folder(&case);
        let (before, after) = DAYS.split_at(3);
        by_runs(folder.path(), before);
        let state = dump(folder.path());
        let (days, _) = played(folder.path(), after, &["--state", "state.db"]);
        assert!(dump(folder.path()) == state, "seed {seed}: the state was written to");
        assert_eq!(days, by_runs(folder.path(), after), "seed {seed}\n{}", case.rulebook(&case.rules));
    }
}

/// What an edit would do is seen before it is made: the previous rules are the state's.
#[test]
fn an_edit_is_tried_on_a_state() {
    let folder = tempfile::tempdir().unwrap();
    let rules = |least: u32| {
        let rules = format!("segment s when spend > {least} {{ on enter send sms \"hi\" }}\n");
        fs::write(folder.path().join("rules.rules"), format!("{}{rules}", include_str!("schema.rules"))).unwrap();
    };
    rules(5);
    let users = "{\"user_id\":\"u1\",\"spend\":6}\n{\"user_id\":\"u2\",\"spend\":4}\n";
    fs::write(folder.path().join("users.jsonl"), users).unwrap();
    by_runs(folder.path(), &DAYS[..1]);
    rules(3);
    let (days, _) = played(folder.path(), &DAYS[1..3], &["--state", "state.db"]);
    assert_eq!(days[0]["s"]["entered"], json!({ "rules": 1 }));
    assert_eq!((&days[0]["s"]["sent"], &days[1]), (&json!({}), &json!({})));
}

#[test]
fn days_that_have_been_are_not_played_again() {
    let folder = folder(&case(1, false));
    by_runs(folder.path(), &DAYS[..2]);
    let words = ["simulate", "rules.rules", "users.jsonl", "--from", DAYS[1], "--to", DAYS[2], "--state", "state.db"];
    let answer = command(folder.path(), &words);
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert_eq!(answer.status.code(), Some(2), "{said}");
    assert!(said.contains("--from: the last run of `state.db` is as of 2026-11-08T10:00"), "{said}");
}
