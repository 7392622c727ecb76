//! What keeps a state, and those whom it remembers, from an accident: limits of a run, outputs that are elsewhere, lists of the day.

use super::state::{run, runs, shop};

/// A table that came empty, or a mistake in a rule, would tell many: where a run may decide only so much, nothing is recorded beyond.
#[test]
fn more_than_may_be_decided_is_not_recorded() {
    let place = shop();
    let most = |most: &str| {
        let words = [&run("shop.rules", "later.csv", "2026-11-21")[..], &["--max-decisions", most]].concat();
        place.run(&words)
    };
    std::fs::remove_file(place.path("actions.jsonl")).unwrap();
    let answer = most("0");
    assert_eq!(answer.code, 3, "{answer:?}");
    assert!(
        answer.err.contains(
            "1 messages and deeds would be decided, and --max-decisions allows 0: `s` 1; nothing was recorded"
        ),
        "{}",
        answer.err
    );
    assert_eq!((runs(&place), place.path("actions.jsonl").exists()), (1, false));
    let answer = most("1");
    assert_eq!((answer.code, runs(&place)), (0, 2), "{answer:?}");
}

/// Data that broke off in the middle, or came empty, let many go: where a run may miss only so many, nothing is recorded beyond.
#[test]
fn more_absent_users_than_may_be_are_not_recorded() {
    let place = shop();
    let some = "user_id,spend\nu2,1\n";
    place.write("empty.csv", "user_id,spend\n");
    place.write("some.csv", some);
    let missing = |file: &str, day: &str, more: &[&str]| place.run(&[&run("shop.rules", file, day)[..], more].concat());
    for (file, most, told) in [
        ("empty.csv", "99%", "2 of the 2 users who were there in the run before are not in today's data"),
        (
            "some.csv",
            "49.9%",
            "1 of the 2 users who were there in the run before are not in today's data, and --max-absent allows 49.9%",
        ),
        ("some.csv", "0", "and --max-absent allows 0; nothing was recorded"),
    ] {
        for absent in ["keep", "exit"] {
            let answer = missing(file, "2026-11-21", &["--max-absent", most, "--absent", absent]);
            assert_eq!((answer.code, runs(&place)), (3, 1), "{file} {most}: {answer:?}");
            assert!(answer.err.contains(told) && answer.err.contains("help: "), "{file} {most}: {}", answer.err);
        }
    }
    let answer = missing("empty.csv", "2026-11-21", &["--max-absent", "some"]);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.err.contains("--max-absent: `some` is neither a whole number nor a percentage"), "{}", answer.err);
    let answer = missing("some.csv", "2026-11-21", &["--max-absent", "50%"]);
    assert_eq!((answer.code, runs(&place)), (0, 2), "{answer:?}");
    // Who was missed before is not missed anew, and whoever is let go by data of nobody is told.
    let answer = missing("some.csv", "2026-11-22", &["--max-absent", "0"]);
    assert_eq!((answer.code, runs(&place)), (0, 3), "{answer:?}");
    let answer = missing("empty.csv", "2026-11-23", &[]);
    assert!(answer.code == 0 && !answer.err.contains("warning"), "{answer:?}");
    let answer = missing("empty.csv", "2026-11-24", &["--absent", "exit", "--summary", "none"]);
    assert!(answer.code == 0 && !answer.err.contains("warning"), "they were missed before: {answer:?}");
    let answer = missing("users.csv", "2026-11-25", &[]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let answer = missing("empty.csv", "2026-11-26", &["--absent", "exit", "--summary", "none"]);
    let warning = "warning: there are no users in the data: all 2 users who were there in the run before are let go";
    assert!(answer.code == 0 && answer.err.contains(warning), "{answer:?}");
}

#[test]
fn nothing_is_written_over_a_state_nor_beside_it() {
    let place = shop();
    let before = std::fs::read(place.path("shop.state")).unwrap();
    std::os::unix::fs::symlink("shop.state", place.path("link")).unwrap();
    let actions = ["actions", "--state", "shop.state", "--out"];
    for (words, says) in [
        ([&actions[..], &["shop.state"]].concat(), "--out and --state name the same file"),
        ([&actions[..], &["./link"]].concat(), "--out and --state name the same file"),
        ([&actions[..], &["shop.state-wal"]].concat(), "is a file of the state"),
        (
            [
                "run",
                "shop.rules",
                "later.csv",
                "--as-of",
                "2026-11-21",
                "--state",
                "shop.state",
                "--actions",
                "shop.state-shm",
            ]
            .to_vec(),
            "is a file of the state",
        ),
        (
            ["run", "shop.rules", "later.csv", "--as-of", "2026-11-21", "--state", "shop.state", "--out", "link"]
                .to_vec(),
            "name the same file",
        ),
    ] {
        let answer = place.run(&words);
        assert!(
            answer.code == 2 && answer.err.contains(says) && answer.err.contains("help: "),
            "{words:?}: {answer:?}"
        );
    }
    assert!(std::fs::read(place.path("shop.state")).unwrap() == before);
    std::fs::create_dir(place.path("folder")).unwrap();
    let answer = place.run(&["run", "shop.rules", "users.csv", "--state", "folder"]);
    assert!(answer.code == 2 && answer.err.contains("it is a folder"), "{answer:?}");
}

#[test]
fn bad_rows_are_accounted_for_by_who_only_looks() {
    let place = shop();
    place.write("bad.csv", "user_id,spend\nu1,6\nu2,much\nu3,x\n");
    let simulate = ["simulate", "shop.rules", "bad.csv", "--from", "2026-11-21", "--to", "2026-11-22"];
    let explain = ["explain", "shop.rules", "bad.csv", "s"];
    for words in [&simulate[..], &explain] {
        let answer = place.run(&[words, &["--on-bad-row", "skip"]].concat());
        assert!(answer.code == 0 && answer.err.contains("2 bad rows passed over"), "{words:?}: {answer:?}");
    }
    for words in [&simulate[..], &explain, &["check", "shop.rules", "bad.csv"], &["repl", "shop.rules", "bad.csv"]] {
        let answer = place.run(&[words, &["--rejects", "rejects.jsonl"]].concat());
        assert!(answer.code == 2 && answer.err.contains("writes no bad rows"), "{words:?}: {answer:?}");
    }
}

/// The list of the day is named on the command line, and the rulebook's own file is another or none: the previous rules, asked again after an
/// edit, are asked about the same list, and who came on it is told.
#[test]
fn an_edit_keeps_nobody_on_the_list_of_the_day_untold() {
    const UPLOAD: &str = "table users key user_id { user_id: text  spend: int }\n\
        list invited from \"invited.csv\"\n\
        segment s when user_id in invited { on enter send sms \"hi\" once  on exit do call }\n";
    for own in [None, Some("id\n"), Some("id\nu2\n")] {
        let place = shop();
        std::fs::remove_file(place.path("shop.state")).unwrap();
        own.into_iter().for_each(|list| place.write("invited.csv", list));
        place.write("first.csv", "id\nu1\n");
        place.write("second.csv", "id\nu2\n");
        let day = |rules: &str, list: &str, day: &str| {
            place.write("shop.rules", rules);
            let list = format!("invited={list}");
            let answer = place.run(&[&run("shop.rules", "users.csv", day)[..], &["--data", &list]].concat());
            assert_eq!(answer.code, 0, "{answer:?}");
            place.read("actions.jsonl")
        };
        day(UPLOAD, "first.csv", "2026-11-20");
        let edited = format!("{UPLOAD}# a comment\n");
        let simulated = |words: &[&str]| {
            place.write("shop.rules", &edited);
            let state = ["--state", "shop.state", "--data", "invited=second.csv"];
            let answer = place.run(&[words, &state].concat());
            assert_eq!(answer.code, 0, "{answer:?}");
            answer.out
        };
        let days = ["--from", "2026-11-21", "--to", "2026-11-21", "--format", "json"];
        let played = simulated(&[&["simulate", "shop.rules", "users.csv"], &days[..]].concat());
        assert!(played.contains("\"sms\":1"), "{own:?}: {played}");
        let told = day(&edited, "second.csv", "2026-11-21");
        let [left, entered] =
            ["\"user_id\":\"u1\"", "\"user_id\":\"u2\""].map(|user| told.lines().find(|line| line.contains(user)));
        assert!(entered.is_some_and(|line| line.contains("\"message\":\"hi\"")), "{own:?}: {told}");
        assert!(left.is_some_and(|line| line.contains("\"call\"")), "{own:?}: {told}");
    }
}
