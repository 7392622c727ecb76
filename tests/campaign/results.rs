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
        ("rest", "segment `near` asks for `rest`, which `tagged.jsonl` does not hold"),
        ("twice", "segment `near` asks for `twice`, which `tagged.jsonl` does not hold"),
        ("to_next(m)", "segment `near` asks `to_next(m)`, which results do not answer"),
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

const WAITING: &str = "table users key id { id: text  points: int?  since: timestamp?  took: duration? }
table orders of users by id at at { id: text  at: timestamp }
let quiet = age(since)
let made = count(orders)
tag vip when points >= 3
score heat { 10 when vip  5 when points > 100 }
level tier by points { gold from 100  red from 1 }
segment back when vip {
  backfill
  require took < 40h
  on enter send sms \"{floor(quiet / 1h)|?} {floor(took / 1h)|?} {heat}\" when quiet > 1d
}
";

const WAITING_USERS: &str =
    "id,points,since,took\nu1,5,2026-11-01,1d12h\nu2,500,2026-11-02T10:00:00.5,\nu3,5,,2h\nu4,,,\n";

/// A file of results with what is written beside them.
fn waiting(folder: &std::path::Path) {
    let children = ["--data", "orders=orders.csv"];
    fs::write(folder.join("rules.rules"), WAITING).unwrap();
    fs::write(folder.join("users.csv"), WAITING_USERS).unwrap();
    fs::write(folder.join("orders.csv"), "id,at\n").unwrap();
    let run = ["run", "rules.rules", "users.csv", "--as-of", "2026-11-22", "--state", "run.db"];
    let more = ["--actions", "run.jsonl", "--with", "quiet,took", "--out", "tagged.jsonl"];
    let ran = command(folder, &[&run[..], &more, &children].concat());
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// What is said of a file of results.
fn acted(folder: &std::path::Path, rules: &str, file: &str) -> (Option<i32>, String) {
    fs::remove_file(folder.join("act.db")).ok();
    let words = ["act", rules, "--from", file, "--as-of", "2026-11-22", "--state", "act.db", "--actions", "act.jsonl"];
    let acted = command(folder, &words);
    (acted.status.code(), String::from_utf8_lossy(&acted.stderr).into_owned())
}

/// A duration in results is as `run` writes it, or a whole number of microseconds, as the query of `sql` does, whatever file they come in.
#[test]
fn durations_come_as_texts_or_as_microseconds() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    waiting(folder);
    let by_run = decisions(&fs::read_to_string(folder.join("run.jsonl")).unwrap());
    assert_eq!(by_run.len(), 2, "{by_run:?}");
    let numbers = "id,points,heat,tier,quiet,took\nu1,5,10,red,1814400000000,129600000000\n\
        u2,500,15,gold,1691999500000,\nu3,5,10,red,,7200000000\nu4,,0,,,\n";
    fs::write(folder.join("numbers.csv"), numbers).unwrap();
    for (number, (quiet, took)) in
        [("int?", "decimal(0)?"), ("float?", "int?"), ("decimal(2)?", "float?")].into_iter().enumerate()
    {
        let rules = format!(
            "table users key id {{ id: text  points: int?  heat: int  tier: text?  quiet: {quiet}  took: {took} }}\n\
             tag vip when points >= 3\nsegment back when vip\n"
        );
        fs::write(folder.join("numbers.rules"), rules).unwrap();
        for ending in ["csv", "jsonl", "parquet", "arrow"] {
            let file = format!("tagged{number}.{ending}");
            let run = ["run", "numbers.rules", "numbers.csv", "--as-of", "2026-11-22", "--out", &file];
            let ran = command(folder, &[&run[..], &["--with", "heat,tier,quiet,took"]].concat());
            assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
            let (code, said) = acted(folder, "rules.rules", &file);
            assert_eq!(code, Some(0), "{quiet}, {file}: {said}");
            assert_eq!(decisions(&fs::read_to_string(folder.join("act.jsonl")).unwrap()), by_run, "{quiet}, {file}");
        }
    }
    assert_eq!(acted(folder, "rules.rules", "tagged.jsonl").0, Some(0));
    assert_eq!(decisions(&fs::read_to_string(folder.join("act.jsonl")).unwrap()), by_run);
}

#[test]
fn what_is_no_duration_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    waiting(folder);
    let table = [
        ("1", "2.5", "`2.5` is not a whole number"),
        ("1", "soon", "`soon` is not a duration such as `1d12h`"),
        ("1", "99999999999999999999999", "is too long for a duration"),
    ];
    for (took, quiet, told) in table {
        let text = format!("id,tags,segments,heat,tier,quiet,took\nu1,vip,back,5,red,{quiet},{took}\n");
        fs::write(folder.join("bad.csv"), text).unwrap();
        let (code, said) = acted(folder, "rules.rules", "bad.csv");
        assert!(code == Some(2) && said.contains("bad.csv:2: column `quiet`: ") && said.contains(told), "{said}");
    }
    fs::write(folder.join("days.csv"), "id,heat,tier,quiet,took\nu1,5,red,2026-11-01,1\n").unwrap();
    let rules = "table users key id { id: text  heat: int  tier: text  quiet: date  took: int }\n\
        tag vip when heat > 1\nsegment back when vip\n";
    fs::write(folder.join("days.rules"), rules).unwrap();
    let run = ["run", "days.rules", "days.csv", "--with", "heat,tier,quiet,took", "--out", "days.parquet"];
    assert_eq!(command(folder, &run).status.code(), Some(0));
    let (code, said) = acted(folder, "rules.rules", "days.parquet");
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(said);
}

/// What results do not answer is told where it is asked, all of it at once.
#[test]
fn what_results_lack_is_told_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    waiting(folder);
    let rules = WAITING.replace("when quiet > 1d", "when count(orders\n    within 1d) > 1")
        + "policy { require made > 0  require any(orders) or to_next(tier) is known }\n";
    fs::write(folder.join("more.rules"), rules).unwrap();
    let text = fs::read_to_string(folder.join("tagged.jsonl")).unwrap().replace("\"took\"", "\"taken\"");
    fs::write(folder.join("less.jsonl"), text.replace("\"heat\"", "\"hot\"")).unwrap();
    let (code, said) = acted(folder, "more.rules", "less.jsonl");
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(said);
    fs::write(folder.join("less.jsonl"), text).unwrap();
    let (code, said) = acted(folder, "more.rules", "less.jsonl");
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(said);
}

/// The counts are those of the run, as far as results tell them: not who is unknown to a tag, and not what a value lacks.
#[test]
fn results_are_counted_as_by_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    waiting(folder);
    insta::assert_snapshot!(acted(folder, "rules.rules", "tagged.jsonl").1);
    fs::remove_file(folder.join("act.db")).unwrap();
    let words = ["act", "rules.rules", "--from", "tagged.jsonl", "--as-of", "2026-11-22", "--state", "act.db"];
    let said = command(folder, &[&words[..], &["--summary", "json"]].concat()).stderr;
    let said: Value = serde_json::from_slice(&said).unwrap();
    insta::assert_snapshot!(said["counts"].to_string());
}
