//! `tagwell check`, and what RULES may name.

use super::{Place, VIP};

#[test]
fn a_clean_rulebook_ends_with_0_and_says_so_on_standard_error() {
    let place = Place::with(&[("vip.rules", VIP)]);
    let answer = place.run(&["check", "vip.rules"]);
    assert_eq!(
        (answer.code, answer.out.as_str(), answer.err.as_str()),
        (0, "", "ok: 1 declaration in 1 file, no mistakes\n")
    );
    let quiet = place.run(&["check", "vip.rules", "-q"]);
    assert_eq!((quiet.code, quiet.out.as_str(), quiet.err.as_str()), (0, "", ""));
}

#[test]
fn a_word_of_the_language_for_a_name_is_told_once() {
    let rules = "tag known when points > 5\ntag rich when known and points > 6\nsegment poor when not known\n";
    let answer = Place::with(&[("a.rules", rules)]).run(&["check", "a.rules"]);
    assert!(
        answer.err.starts_with("error[E0115]: `known` is a word of the language\n --> a.rules:1:5\n"),
        "{}",
        answer.err
    );
    assert!(answer.code == 1 && answer.err.ends_with("\n1 error\n"), "{}", answer.err);
    // What is wrong beside it is told too.
    let more = format!("{rules}tag odd when known and points >\n");
    let answer = Place::with(&[("a.rules", &more)]).run(&["check", "a.rules"]);
    assert!(answer.err.contains("a.rules:4:") && answer.err.ends_with("\n2 errors\n"), "{}", answer.err);
}

#[test]
fn verbosely_each_window_is_told_as_the_instants_that_it_comes_to() {
    let rules = "\
rulebook \"shop\" timezone \"Asia/Shanghai\"
table users key user_id { user_id: text  born: date  last_order: timestamp? }
table orders of users by user_id at ordered_at { user_id: text  ordered_at: timestamp }
param recent = 7d
tag leaving when last_order between 30d..<60d
tag new when born within recent
tag here when count(orders during this month where true) > 0 and last_order within next 12h
";
    let place = Place::with(&[("shop.rules", rules)]);
    let answer = place.run(&["check", "shop.rules", "-v", "--as-of", "2026-11-22T10:00"]);
    assert_eq!((answer.code, answer.out.as_str()), (0, ""));
    insta::assert_snapshot!(answer.err, @r"
    ok: 7 declarations in 1 file, no mistakes
    as of 2026-11-22T10:00:00+08:00
    shop.rules:5:18: `last_order between 30d..<60d` is 2026-09-23T10:00:00+08:00 (left out) to 2026-10-23T10:00:00+08:00
    shop.rules:6:14: `born within recent` is 2026-11-15 to 2026-11-22
    shop.rules:7:28: `during this month` is 2026-11-01T00:00:00+08:00 to 2026-12-01T00:00:00+08:00 (left out)
    shop.rules:7:66: `last_order within next 12h` is 2026-11-22T10:00:00+08:00 to 2026-11-22T22:00:00+08:00
    ");
    let plain = place.run(&["check", "shop.rules", "--as-of", "2026-11-22T10:00"]);
    assert_eq!(plain.err, "ok: 7 declarations in 1 file, no mistakes\n");
}

#[test]
fn a_mistake_ends_with_1_and_is_counted() {
    let place = Place::with(&[]);
    place.write("vip.rules", b"tag vip \"\xd6\xd8\" when purchases >= 3\n");
    let answer = place.run(&["check", "vip.rules"]);
    assert_eq!((answer.code, answer.out.as_str()), (1, ""));
    insta::assert_snapshot!(answer.err);
    assert!(!place.run(&["check", "vip.rules", "-q"]).err.contains("1 error\n"), "the count is chatter");
}

#[test]
fn machine_forms_go_to_standard_output() {
    let place = Place::with(&[("good.rules", VIP)]);
    place.write("bad.rules", b"tag \xff");
    for (rules, code) in [("good.rules", 0), ("bad.rules", 1)] {
        for format in ["json", "sarif"] {
            let answer = place.run(&["check", rules, "--message-format", format]);
            assert_eq!(answer.code, code, "{rules} {format}");
            let document: serde_json::Value = serde_json::from_str(&answer.out).expect("one JSON document");
            let found = document
                .get("diagnostics")
                .or(document.pointer("/runs/0/results"))
                .and_then(|found| found.as_array())
                .unwrap();
            assert_eq!(found.len(), code as usize, "{rules} {format}");
        }
        let answer = place.run(&["check", rules, "--message-format", "github"]);
        assert_eq!(answer.code, code);
        assert_eq!(
            answer.out.lines().filter(|line| line.starts_with("::error file=bad.rules,line=1,")).count(),
            code as usize
        );
    }
}

#[test]
fn a_file_that_is_not_utf_8_is_named_with_byte_and_place() {
    let place = Place::with(&[]);
    place.write("utf16.rules", b"\xff\xfet\0a\0g\0");
    let answer = place.run(&["check", "utf16.rules"]);
    assert!(
        answer.err.contains("this file is UTF-16, not UTF-8") && answer.err.contains("utf16.rules:1:1"),
        "{}",
        answer.err
    );
    place.write("late.rules", b"tag vip when a\ntag \xe4\xbc\x9a\xff when b\n");
    let answer = place.run(&["check", "late.rules", "--message-format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    let span = serde_json::json!({"start": 22, "end": 22, "line": 2, "column": 6, "end_line": 2, "end_column": 6});
    assert_eq!(document["diagnostics"][0]["span"], span);
}

#[test]
fn a_folder_is_one_rulebook() {
    let place = Place::with(&[
        ("rules/b.rules", "tag b when true\n"),
        ("rules/a/z.rules", "tag z when true\n"),
        ("rules/notes.txt", "no rules"),
        ("rules/.git/x.rules", "nonsense ("),
        ("rules/.hidden.rules", "nonsense ("),
        ("rules/empty/x.csv", ""),
    ]);
    let answer = place.run(&["check", "rules"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, "ok: 2 declarations in 2 files, no mistakes\n"));
    assert_eq!(place.run(&["check", "."]).code, 0);
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles_or_nowhere_are_no_trouble() {
    use std::os::unix::fs::symlink;
    let place = Place::with(&[("rules/a.rules", VIP)]);
    symlink("..", place.path("rules/up")).unwrap();
    symlink("a.rules", place.path("rules/again.rules")).unwrap();
    symlink("nowhere.rules", place.path("rules/nowhere.rules")).unwrap();
    symlink("me.rules", place.path("rules/me.rules")).unwrap();
    let answer = place.run(&["check", "rules"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, "ok: 1 declaration in 1 file, no mistakes\n"));
}

#[test]
fn standard_input_is_a_rulebook_too() {
    let place = Place::with(&[]);
    assert_eq!(place.run_with_input(&["check", "-"], VIP).code, 0);
    let answer = place.run_with_input(&["check", "-"], b"\xff");
    assert_eq!(answer.code, 1);
    assert!(answer.err.contains("<stdin>:1:1"), "{}", answer.err);
}

#[test]
fn what_cannot_be_read_ends_with_2_and_a_proposal() {
    let place = Place::with(&[("shop.rules", VIP), ("users.csv", "user_id\n"), ("empty/readme.txt", "")]);
    for (rules, said) in [
        (
            "shpo.rules",
            "error: cannot read `shpo.rules`: there is no such file or folder\n  = help: did you mean `shop.rules`?\n",
        ),
        ("nothing", "error: cannot read `nothing`: there is no such file or folder\n"),
        ("empty", "error: there is no `.rules` file in the folder `empty`\n"),
        ("users.csv", "error: `users.csv` is a data file; rules come first\n"),
        ("shop.rules/x", "error: cannot read `shop.rules/x`: a part of its path is a file, not a folder\n"),
    ] {
        for verb in ["check", "fmt"] {
            let answer = place.run(&[verb, rules]);
            assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{rules}");
            assert!(answer.err.starts_with(said), "{}", answer.err);
        }
    }
}

#[test]
fn more_than_64_mib_is_too_much() {
    let place = Place::with(&[]);
    let file = std::fs::File::create(place.path("large.rules")).unwrap();
    file.set_len((64 << 20) + 1).unwrap();
    let answer = place.run(&["check", "large.rules"]);
    assert_eq!(answer.code, 1);
    assert!(
        answer.err.starts_with("error[E0009]: this file has more than 64 MiB\n --> large.rules:1:1\n"),
        "{}",
        answer.err
    );
}

#[test]
fn a_key_of_days_is_not_joined_by_instants() {
    let place = Place::with(&[(
        "a.rules",
        "table users key born { born: date }
         table visits of users by at_birth { at_birth: timestamp }
         tag visitor when any(visits)\n",
    )]);
    let answer = place.run(&["check", "a.rules"]);
    assert_eq!(answer.code, 1);
    let message = "`at_birth` is declared as `timestamp`, and the key of `users` as `date`";
    assert!(answer.err.contains(message), "{answer:?}");
}
