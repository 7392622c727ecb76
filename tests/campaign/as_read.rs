//! Users are evaluated as they are read, or all together where the rules or `--check-keys` ask for it: what is decided, remembered and set
//! aside is the same.

use std::{fmt::Write, fs, path::Path, process::Command};

use super::played;

const RULES: &str = r#"
rulebook "shop" timezone "Asia/Shanghai"
table users key user_id { user_id: text, name: text?, points: int, city: text? }
tag hot when points > 50
level rank by points { gold from 60 keep 2d  silver from 30  red otherwise }
segment rich when points >= 80 { on enter send sms "{name|朋友}" cooldown 1d  on exit do call }
segment near when city = "上海" and held(hot) >= 1d { every 1d send push "hi" at most 2 times }
segment loyal when rank = gold { on enter split "x" { 50% a do gift  50% b hold } }
policy { limit 1 within 1d }
"#;

/// Users of a day, in an order that is a little other than that of the day before: some are gone, some new, some there twice or without a
/// key. Longer than a piece of a file.
fn users(day: u64) -> String {
    let mut lines = "user_id,name,points,city,note\n".to_owned();
    let mut line = |user: u64| {
        let key = if user.is_multiple_of(4001) { String::new() } else { format!("u{user}") };
        let points = (user * 37 + day * (user % 13) * 29) % 101;
        let city = ["上海", "北京", ""][((user + day * u64::from(user.is_multiple_of(50))) % 3) as usize];
        let _ = writeln!(lines, "{key},n{user},{points},{city},{:-<100}", "");
    };
    for user in (1..=20_000).filter(|user| !(user + day).is_multiple_of(101)) {
        if user.is_multiple_of(977) {
            line(user + 1);
            line(user);
        } else if (user - 1).is_multiple_of(977) && user > 1 {
            line(user % 7 * 1000 + 3);
        } else {
            line(user);
        }
    }
    (0..day * 40).for_each(|user| line(50_000 + user));
    (1..20).for_each(|user| line(user * 900));
    lines
}

/// What two days come to: results, decisions, what was set aside and the state.
fn two_days(folder: &Path, more: &[&str]) -> Vec<String> {
    fs::write(folder.join("shop.rules"), RULES).unwrap();
    let _ = fs::remove_file(folder.join("state.db"));
    let mut told = vec![];
    for day in 1..=3 {
        fs::write(folder.join("users.csv"), users(day)).unwrap();
        let as_of = format!("2026-11-{:02}T10:00", 20 + day);
        let mut command = Command::new(env!("CARGO_BIN_EXE_tagwell"));
        command.current_dir(folder).args(["run", "shop.rules", "users.csv", "--state", "state.db"]);
        command.args(["--actions", "actions.jsonl", "--on-bad-row", "skip", "--rejects", "bad.jsonl"]);
        command.args(["--as-of", &as_of, "--format", "csv"]).args(more);
        let answer = command.output().unwrap();
        assert_eq!(answer.status.code(), Some(0), "{}", String::from_utf8_lossy(&answer.stderr));
        let bad = fs::read_to_string(folder.join("bad.jsonl")).unwrap();
        // Only who compares keys beforehand tells the line of the first.
        let bad: Vec<&str> = bad.lines().map(|line| line.split(", on line").next().unwrap_or_default()).collect();
        let bad = bad.iter().map(|line| line.split(",\"row\"").next().unwrap_or_default().trim_end_matches('"'));
        told.push(bad.collect::<Vec<_>>().join("\n"));
        told.push(String::from_utf8(answer.stdout).unwrap());
        told.push(String::from_utf8(answer.stderr).unwrap());
        told.push(fs::read_to_string(folder.join("actions.jsonl")).unwrap());
    }
    told.push(played::dump(folder).unwrap());
    told
}

#[test]
fn read_by_any_number_of_threads_or_all_together_it_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let together = two_days(folder.path(), &["--check-keys"]);
    assert!(together[0].lines().count() > 20 && together[3].lines().count() == 0);
    assert!(together[7].lines().count() > 100 && together[11].lines().count() > 100);
    for threads in ["1", "2", "5"] {
        let as_read = two_days(folder.path(), &["--threads", threads]);
        for (at, (as_read, together)) in as_read.iter().zip(&together).enumerate() {
            let other = as_read.lines().zip(together.lines()).find(|(one, other)| one != other);
            assert!(as_read == together, "{threads} threads, part {at}: {other:?}");
        }
    }
}
