//! A case played through the command, run after run over one state file.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Map, Value};
use tempfile::TempDir;

use super::{
    case::{Case, Day},
    diary, record,
};

/// Where the command is.
pub(super) fn command(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tagwell"));
    command.args(words).current_dir(folder).env("NO_COLOR", "1").env_remove("TAGWELL_AS_OF").env_remove("CI");
    command.output().unwrap()
}

/// What a run is given: all users' records as they are by now.
#[derive(Default)]
struct Data {
    users: Vec<(String, Option<Map<String, Value>>)>,
    params: Vec<(String, String)>,
}

impl Data {
    fn change(&mut self, folder: &Path, day: &Day) {
        for (user, record) in &day.given {
            let given = record.as_ref().map(|record| record::json(record));
            let at = self.users.iter().position(|(known, _)| known == user).unwrap_or_else(|| {
                self.users.push((user.clone(), None));
                self.users.len() - 1
            });
            let known = &mut self.users[at].1;
            match (known, given) {
                (Some(known), Some(given)) => known.extend(given),
                (known, given) => *known = given,
            }
        }
        for (name, value) in &day.params {
            self.params.retain(|(known, _)| known != name);
            self.params.push((name.clone(), value.clone()));
        }
        for (name, value) in &day.lists {
            let Value::Array(keys) = serde_json::from_str::<Value>(value).unwrap() else {
                panic!("not a list: {value}")
            };
            let lines = keys.iter().map(|key| format!("{}\n", key.as_str().unwrap())).collect::<String>();
            std::fs::write(folder.join(format!("{name}.csv")), format!("user_id\n{lines}")).unwrap();
        }
        let mut lines = String::new();
        for (user, record) in &self.users {
            let Some(record) = record else { continue };
            let mut whole = Map::from_iter([("user_id".to_owned(), Value::from(user.as_str()))]);
            whole.extend(record.clone());
            lines.push_str(&format!("{}\n", Value::Object(whole)));
        }
        std::fs::write(folder.join("users.jsonl"), lines).unwrap();
    }

    fn run(&self, folder: &Path, as_of: &str, flags: &[String], state: bool) -> Output {
        let params = self.params.iter().map(|(name, value)| format!("--param={name}={value}")).collect::<Vec<_>>();
        let mut words = vec!["run", "rules.rules", "users.jsonl", "--as-of", as_of, "--actions", "actions.jsonl"];
        words.extend(params.iter().map(String::as_str));
        words.extend(flags.iter().map(String::as_str));
        if state {
            words.extend(["--state", "state.db"]);
        }
        command(folder, &words)
    }
}

/// A second before a moment that is not the first of its day.
fn second_before(as_of: &str) -> String {
    let (date, time) = as_of.split_once('T').unwrap();
    let mut parts = time.split(':').map(|part| part.parse::<u32>().unwrap());
    let seconds = (0..3).fold(0, |all, _| all * 60 + parts.next().unwrap_or_default()) - 1;
    format!("{date}T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A day as it went.
pub(super) struct Played {
    /// Turns and decisions, in a line each.
    pub(super) happened: Vec<String>,
    /// What everybody has, as it was written.
    pub(super) records: String,
}

/// A case on its way.
struct Playing<'c> {
    case: &'c Case,
    folder: TempDir,
    data: Data,
    /// All decisions so far.
    ledger: String,
    wrong: Vec<String>,
}

impl Playing<'_> {
    /// The run before the first day, where there is one.
    fn begin(case: &Case) -> Playing<'_> {
        let folder = tempfile::tempdir().unwrap();
        let mut playing = Playing { case, folder, data: Data::default(), ledger: String::new(), wrong: vec![] };
        let folder = playing.folder.path();
        std::fs::write(folder.join("rules.rules"), case.rulebook(&case.rules)).unwrap();
        if let Some(first) = case.days.first().filter(|_| !case.fresh && !case.stateless) {
            let nobody = Day { params: first.params.clone(), lists: first.lists.clone(), ..Day::default() };
            playing.data.change(folder, &nobody);
            let answer = playing.data.run(folder, &second_before(&first.as_of), &[], true);
            if answer.status.code() != Some(0) {
                playing.wrong.push(format!("line {}: {}", case.line, String::from_utf8_lossy(&answer.stderr)));
            }
        }
        playing
    }

    /// One day; nothing where the run failed, as it should or not.
    fn day(&mut self, day: &Day) -> Option<Played> {
        let (folder, stateless) = (self.folder.path(), self.case.stateless);
        self.data.change(folder, day);
        if let Some(rules) = &day.rules {
            let zone = day.zone.as_ref().unwrap_or(&self.case.zone);
            std::fs::write(folder.join("rules.rules"), self.case.rulebook_in(zone, rules)).unwrap();
        }
        let before = dump(folder);
        let _ = std::fs::remove_file(folder.join("actions.jsonl"));
        let answer = self.data.run(folder, &day.as_of, &day.flags, !stateless);
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        let (code, words) = day.fails.clone().unwrap_or_default();
        if answer.status.code() != Some(code) || !words.iter().all(|word| said.contains(word.as_str())) {
            self.wrong.push(format!("line {}: exit code {:?} and said:\n{said}", day.line, answer.status.code()));
            return None;
        }
        if code != 0 {
            if before != dump(folder) {
                self.wrong.push(format!("line {}: a run that failed left something in the state", day.line));
            }
            return None;
        }
        let actions = std::fs::read_to_string(folder.join("actions.jsonl")).unwrap();
        let mut happened = decided(&actions, &mut self.wrong);
        if !said.contains("had been made already") {
            self.ledger.push_str(&actions);
            if !stateless {
                happened = [transitions(folder), happened].concat();
            }
        }
        sort_turns(&mut happened);
        Some(Played { happened, records: String::from_utf8_lossy(&answer.stdout).into_owned() })
    }
}

/// What happened on each day of a case whose runs all succeed.
pub(super) fn play(case: &Case) -> Vec<Played> {
    let mut playing = Playing::begin(case);
    let played = case.days.iter().filter_map(|day| playing.day(day)).collect::<Vec<_>>();
    playing.wrong.extend(afterwards(&playing));
    assert!(playing.wrong.is_empty(), "{}\n{}", playing.wrong.join("\n"), case.rules);
    played
}

/// A day on which everybody is given as they are by then.
pub(super) fn everything(case: &Case, day: usize) -> Day {
    let mut whole = Day { as_of: case.days[day].as_of.clone(), ..Day::default() };
    whole.given = case.days[..=day].iter().flat_map(|day| day.given.clone()).collect();
    whole
}

/// What is not as the case says, each with its line.
pub(super) fn differences(case: &Case) -> Vec<String> {
    let mut playing = Playing::begin(case);
    let (mut inside, mut rules) = (vec![], &case.rules);
    for day in &case.days {
        let again = case.days.iter().take_while(|other| other.line < day.line).any(|other| other.as_of == day.as_of);
        rules = day.rules.as_ref().unwrap_or(rules);
        let Some(Played { mut happened, records }) = playing.day(day) else { continue };
        let wrong = &mut playing.wrong;
        let mut expected = day.happens.clone();
        sort_turns(&mut expected);
        shorten(&mut happened, &expected);
        if expected != happened {
            wrong.push(format!(
                "line {}: expected\n  {}\nhappened\n  {}",
                day.line,
                expected.join("\n  "),
                happened.join("\n  ")
            ));
        }
        diary::turn(&mut inside, day);
        for record in records
            .lines()
            .filter(|_| !case.stateless && !again)
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
        {
            let now =
                record["segments"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<BTreeSet<_>>();
            let asked = |segment: &str| rules.contains(&format!("segment {segment} "));
            let told = inside.iter().filter(|(user, segment)| record["user_id"] == *user && asked(segment));
            let told = told.map(|(_, segment)| *segment).collect::<BTreeSet<_>>();
            if told != now {
                wrong.push(format!(
                    "line {}: {} is in {now:?}, and by all that happened in {told:?}",
                    day.line, record["user_id"]
                ));
            }
        }
        for (user, items) in &day.have {
            for item in items.split(", ").filter(|item| !has(&records, user, item)) {
                wrong.push(format!("line {}: not so of {user}: {item}\n{records}", day.line));
            }
        }
    }
    if playing.wrong.is_empty() {
        playing.wrong = afterwards(&playing);
    }
    playing.wrong
}

/// What holds after every case: the last run again decides the same and changes nothing, the ledger has what was written, ids differ.
fn afterwards(playing: &Playing<'_>) -> Vec<String> {
    let Playing { case, folder, data, ledger, .. } = playing;
    let (folder, mut wrong) = (folder.path(), vec![]);
    let Some(last) = case.days.last().filter(|day| day.fails.is_none() && !case.stateless) else { return wrong };
    let (written, before) = (std::fs::read(folder.join("actions.jsonl")).unwrap(), dump(folder));
    data.run(folder, &last.as_of, &last.flags, true);
    if std::fs::read(folder.join("actions.jsonl")).unwrap() != written || dump(folder) != before {
        wrong.push("the same as-of again decided something else, or changed the state".to_owned());
    }
    let exported = command(folder, &["actions", "--state", "state.db"]);
    if String::from_utf8_lossy(&exported.stdout) != *ledger {
        wrong.push(format!(
            "`tagwell actions` says\n{}\ninstead of\n{ledger}",
            String::from_utf8_lossy(&exported.stdout)
        ));
    }
    let mut ids = ledger.lines().map(|line| line.split(',').next().unwrap_or_default()).collect::<Vec<_>>();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() != all {
        wrong.push("two decisions have one id".to_owned());
    }
    wrong
}

/// Decisions in a line each, in order.
fn decided(actions: &str, wrong: &mut Vec<String>) -> Vec<String> {
    let mut lines = vec![];
    for line in actions.lines() {
        let action = serde_json::from_str::<Value>(line).unwrap();
        let text = |name: &str| action[name].as_str().unwrap_or("?").to_owned();
        let mut told = format!("{} {} {} {}", text("user_id"), text("segment"), text("trigger"), text("do"));
        if action["do"] == "send" {
            told.push_str(&format!(" {} {}", text("channel"), action["message"]));
        }
        if action["with"].as_object().is_some_and(|with| !with.is_empty()) {
            told.push_str(&format!(" with {}", action["with"]));
        }
        for (word, name) in [
            ("variant", "variant"),
            ("from", "not_before"),
            ("to", "not_after"),
            ("stopped", "stopped"),
            ("by", "stopped_by"),
        ] {
            if !action[name].is_null() {
                told.push_str(&format!(" {word} {}", text(name)));
            }
        }
        if action["stopped"].is_null() != action["stopped_by"].is_null() {
            wrong.push(format!("stopped by nothing, or not stopped by something: {line}"));
        }
        lines.push(told);
    }
    lines
}

/// Who entered and left what in the last run.
fn transitions(folder: &Path) -> Vec<String> {
    let state = rusqlite::Connection::open(folder.join("state.db")).unwrap();
    let mut asked = state
        .prepare(
            "SELECT u.key, t.entered, n.name, t.reason FROM transitions t JOIN users u ON u.number = t.user JOIN names n ON n.id = t.segment
             WHERE t.run = (SELECT max(number) FROM runs)",
        )
        .unwrap();
    let rows = asked.query_map([], |row| {
        let turn = if row.get::<_, i64>(1)? == 1 { "enters" } else { "leaves" };
        Ok(format!("{} {turn} {}: {}", row.get::<_, String>(0)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Every row of every table, but for what the last run wrote of itself.
pub(super) fn dump(folder: &Path) -> Option<String> {
    if !folder.join("state.db").exists() {
        return None;
    }
    let state = rusqlite::Connection::open(folder.join("state.db")).unwrap();
    let mut names = state.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").unwrap();
    let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap).collect::<Vec<_>>();
    let mut told = String::new();
    // Runs do not ask this of every row: what they refer to is there all the same.
    let mut broken = state.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(broken.query([]).unwrap().next().unwrap().is_none(), "a row refers to what is not there");
    for name in names {
        let mut asked = state.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = asked.column_count();
        let rows = asked.query_map([], |row| {
            (0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at)).collect::<Result<Vec<_>, _>>()
        });
        rows.unwrap().for_each(|row| told.push_str(&format!("{name} {:?}\n", row.unwrap())));
    }
    Some(told)
}

/// Turns first, in the order of their words: nobody promises another. Decisions stay in their order.
fn sort_turns(lines: &mut [String]) {
    let is_turn = |line: &str| line.split(' ').nth(1).is_some_and(|word| word == "enters" || word == "leaves");
    lines.sort_by(|a, b| match (is_turn(a), is_turn(b)) {
        (true, true) => a.cmp(b),
        (a, b) => b.cmp(&a),
    });
}

/// Leaves out by what a decision was stopped where the case does not say it.
fn shorten(happened: &mut [String], expected: &[String]) {
    for (happened, expected) in happened.iter_mut().zip(expected) {
        if let Some((before, _)) = happened.split_once(" by ").filter(|(before, _)| before == expected) {
            *happened = before.to_owned();
        }
    }
}

/// Whether the user's record says so: `vip`, `not vip`, `membership = gold`, `membership is missing`.
fn has(records: &str, user: &str, item: &str) -> bool {
    let record = records
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|record| record["user_id"] == user);
    let Some(record) = record else { return false };
    let named = |name: &str| {
        ["tags", "segments"]
            .iter()
            .any(|list| record[*list].as_array().is_some_and(|all| all.iter().any(|one| one == name)))
    };
    match (item.strip_prefix("not "), item.split_once(" = "), item.strip_suffix(" is missing")) {
        (Some(name), ..) => !named(name),
        (_, Some((name, value)), _) => record[name] == value,
        (.., Some(name)) => record[name].is_null(),
        _ => named(item),
    }
}
