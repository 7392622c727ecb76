//! What `act` decides from the results of a run is what the run decided; only for reasons it has less to go by.

use std::fs;

use serde_json::Value;

use super::{
    chance::{case, seeds},
    played::command,
    simulated::{DAYS, folder},
};

/// Decisions in order, without their reasons.
fn decisions(text: &str) -> Vec<Value> {
    let decision = |line: &str| {
        let mut decision: Value = serde_json::from_str(line).unwrap();
        decision["reason"] = Value::Null;
        decision
    };
    text.lines().map(decision).collect()
}

#[test]
fn from_results_the_same_is_decided() {
    let mut decided = 0;
    for seed in seeds(24) {
        let case = case(seed + 4000, false);
        // Rows that set deeds off are no part of the results.
        if case.rules.contains("on each") {
            continue;
        }
        let folder = folder(&case);
        let folder = folder.path();
        for as_of in &DAYS[..4] {
            let words =
                ["run", "rules.rules", "users.jsonl", "--as-of", as_of, "--state", "run.db", "--actions", "run.jsonl"];
            let ran = command(folder, &[&words[..], &["--with", "spend,points,name,city,ok,seen"]].concat());
            assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
            fs::write(folder.join("tagged.jsonl"), &ran.stdout).unwrap();
            let words = ["act", "rules.rules", "--from", "tagged.jsonl", "--as-of", as_of, "--state", "act.db"];
            let acted = command(folder, &[&words[..], &["--actions", "act.jsonl"]].concat());
            assert_eq!(acted.status.code(), Some(0), "{}", String::from_utf8_lossy(&acted.stderr));
            let [by_run, by_act] =
                ["run.jsonl", "act.jsonl"].map(|file| fs::read_to_string(folder.join(file)).unwrap());
            assert_eq!(decisions(&by_act), decisions(&by_run), "seed {seed}, {as_of}\n{}", case.rulebook(&case.rules));
            decided += by_run.lines().count();
        }
    }
    assert!(decided > 20, "much is decided: {decided}");
}

/// What is missing to the next arm of a level stands in no results but by a name: it is asked for, and never missing in silence.
#[test]
fn what_is_missing_to_the_next_arm_is_written_beside() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("users.csv"), "id,points\nu1,1200\n").unwrap();
    let state = ["--as-of", "2026-11-22", "--actions"];
    let decided = |rest: &str, with: &[&str]| {
        let rules = format!(
            "table users key id {{ id: text  points: int }}\nlevel m by points {{ gold from 5000  silver from 1000  basic otherwise }}\n\
             let rest = to_next(m)\nlet twice = rest * 2\n\
             segment near when m = silver {{ backfill  on enter send sms \"{{{rest}|?}} more\" }}\n"
        );
        fs::write(folder.join("rules.rules"), rules).unwrap();
        let run = ["run", "rules.rules", "users.csv", "--out", "tagged.jsonl"];
        for file in ["run.db", "act.db"] {
            fs::remove_file(folder.join(file)).ok();
        }
        let ran = command(folder, &[&run[..], with, &state, &["run.jsonl", "--state", "run.db"]].concat());
        assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
        let act = ["act", "rules.rules", "--from", "tagged.jsonl"];
        let acted = command(folder, &[&act[..], &state, &["act.jsonl", "--state", "act.db"]].concat());
        (acted.status.code(), String::from_utf8_lossy(&acted.stderr).into_owned())
    };
    for (rest, told) in [
        ("rest", "deeds read what `tagged.jsonl` does not hold: `rest`"),
        ("twice", "deeds read what `tagged.jsonl` does not hold: `twice`"),
        ("to_next(m)", "a deed asks `to_next(m)`, which results do not answer"),
    ] {
        let (code, said) = decided(rest, &["--with", "points"]);
        assert!(code == Some(2) && said.contains(told), "{rest}: {said}");
    }
    assert_eq!(decided("rest", &["--with", "rest"]).0, Some(0));
    let [by_run, by_act] = ["run.jsonl", "act.jsonl"].map(|file| fs::read_to_string(folder.join(file)).unwrap());
    assert!(by_run.contains("3800 more"), "{by_run}");
    assert_eq!(decisions(&by_act), decisions(&by_run));
}

/// A requirement that names a tag is told by that name, whether the tag was asked or stands in the results.
#[test]
fn what_stopped_a_decision_is_told_alike() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rules = "table users key id { id: text }\ntable outcomes of users by id at at { id: text  at: date  outcome: text }\n\
        tag gone when any(outcomes where outcome = \"unsubscribed\")\n\
        segment all when id is known { backfill  require not gone  on enter send email \"hi\" }\n";
    fs::write(folder.join("rules.rules"), rules).unwrap();
    fs::write(folder.join("users.csv"), "id\nu1\nu2\n").unwrap();
    fs::write(folder.join("outcomes.csv"), "id,at,outcome\nu1,2026-11-01,unsubscribed\n").unwrap();
    let children = ["--data", "outcomes=outcomes.csv"];
    for (number, shape) in [&[][..], &["--shape", "wide"]].into_iter().enumerate() {
        let (run_state, act_state) = (format!("run{number}.db"), format!("act{number}.db"));
        let state = ["--as-of", "2026-11-22", "--state"];
        let run = ["run", "rules.rules", "users.csv", "--out", "tagged.jsonl"];
        let ran = [&run[..], shape, &children, &state, &[&run_state, "--actions", "run.jsonl"]].concat();
        assert_eq!(command(folder, &ran).status.code(), Some(0));
        let act = ["act", "rules.rules", "--from", "tagged.jsonl"];
        let acted = command(folder, &[&act[..], &state, &[&act_state, "--actions", "act.jsonl"]].concat());
        assert_eq!(acted.status.code(), Some(0), "{}", String::from_utf8_lossy(&acted.stderr));
        let [by_run, by_act] = ["run.jsonl", "act.jsonl"].map(|file| fs::read_to_string(folder.join(file)).unwrap());
        assert!(by_run.contains("\"stopped_by\":\"not gone\""), "{by_run}");
        assert_eq!(decisions(&by_act), decisions(&by_run));
    }
}
