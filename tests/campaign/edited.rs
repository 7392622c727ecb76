//! An edit of the rules alone tells nobody: rules by chance in place of others, over the same data, a second later.

use std::fs;

use serde_json::Value;

use super::{
    case::Case,
    chance::{case, seeds},
    played::command,
    simulated::folder,
};

/// Everything in the data happens at whole minutes, so nothing falls due in these seconds.
const SECONDS: [&str; 3] = ["2026-11-12T10:00:30", "2026-11-12T10:00:31", "2026-11-12T10:00:32"];

fn run(folder: &std::path::Path, as_of: &str) -> (Value, String) {
    let words = ["run", "rules.rules", "users.jsonl", "--as-of", as_of, "--state", "state.db"];
    let more = ["--actions", "actions.jsonl", "--format", "none", "--summary", "json"];
    let answer = command(folder, &[&words[..], &more[..]].concat());
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert_eq!(answer.status.code(), Some(0), "{said}");
    let summary = said.lines().find(|line| line.starts_with('{')).unwrap();
    (serde_json::from_str(summary).unwrap(), fs::read_to_string(folder.join("actions.jsonl")).unwrap())
}

/// The reasons of everybody who entered or left.
fn reasons(summary: &Value) -> Vec<String> {
    let segments = summary["segments"].as_object().unwrap().values();
    let ways = segments.flat_map(|segment| ["entered", "left"].map(|way| segment[way].as_object().unwrap().clone()));
    ways.flat_map(|reasons| reasons.into_iter().map(|(reason, _)| reason)).collect()
}

#[test]
fn an_edit_alone_tells_nobody() {
    let mut moved = 0;
    for seed in seeds(20) {
        let memory = seed % 2 == 0;
        let before = case(seed + 5000, memory);
        let after: Case = case(seed + 6000, memory);
        let folder = folder(&before);
        let folder = folder.path();
        let told = || format!("seed {seed}\n{}\ninto\n{}", before.rules, after.rules);
        run(folder, SECONDS[0]);
        fs::write(folder.join("rules.rules"), before.rulebook(&after.rules)).unwrap();
        let (summary, actions) = run(folder, SECONDS[1]);
        let reasons_of_edit = reasons(&summary);
        moved += reasons_of_edit.iter().filter(|reason| *reason == "rules").count();
        let others: Vec<_> = reasons_of_edit.iter().filter(|it| !["rules", "first"].contains(&it.as_str())).collect();
        assert!(others.is_empty(), "{others:?} {}", told());
        assert_eq!(actions, "", "{}", told());
        // And then nothing more happens.
        let (summary, actions) = run(folder, SECONDS[2]);
        assert_eq!((reasons(&summary), actions.as_str()), (vec![], ""), "{}", told());
    }
    assert!(moved > 10, "edits move many: {moved}");
}
