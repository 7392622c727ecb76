//! `tagwell test`: which tests are selected, how they are told, what is written where, and the exit code.

use super::{Answer, Place};

const SHOP: &str = "table users key user_id { user_id: text  points: int }
tag vip when points >= 1000
level membership by points { gold from 5000  silver from 1000  red otherwise }

test \"the line belongs to the vips\" {
  given { points: 1000 } expect vip
  given { points: 999 } expect not vip
}

test \"gold\" {
  given { points: 5000 } expect membership = gold
}
";

const USERS: &str = "user_id,points\nu1,1200\nu2,80\nu3,7000\n";

fn shop(more: &str) -> Place {
    Place::with(&[("shop.rules", &format!("{SHOP}{more}")), ("fixtures/users.csv", USERS)])
}

const SNAPSHOT: &str = "\nsnapshot \"fixtures\" of \"fixtures/users.csv\"\n";

/// The code and the last line of what is printed.
fn closing(answer: &Answer) -> (i32, &str) {
    (answer.code, answer.out.lines().last().unwrap_or_default())
}

#[test]
fn what_passes_is_counted_and_ends_with_0() {
    let place = shop("");
    assert_eq!(closing(&place.run(&["test", "shop.rules"])), (0, "2 tests (3 cases): 3 passed"));
    assert_eq!(closing(&place.run(&["test", ".", "--filter", "GOLD"])), (0, "1 test: 1 passed"));
    let told = place.run(&["test", "shop.rules", "-v"]);
    assert!(told.out.starts_with("ok  shop.rules:6: the line belongs to the vips, case 1\n"), "{}", told.out);
}

#[test]
fn what_fails_is_shown_with_its_line_and_ends_with_1() {
    let place = shop("test \"wrong\" { given { points: 999 } expect vip }\n");
    let answer = place.run(&["test", "shop.rules"]);
    assert_eq!(closing(&answer), (1, "3 tests (4 cases): 3 passed, 1 failed"));
    insta::assert_snapshot!(answer.out);
}

#[test]
fn an_empty_selection_is_an_error() {
    let place = shop("");
    place.write("none.rules", "tag vip when points >= 1000\n");
    let none = place.run(&["test", "none.rules"]);
    assert_eq!((none.code, none.out.as_str()), (2, ""));
    assert!(none.err.contains("there is no test in `none.rules`"), "{}", none.err);
    let misspelt = place.run(&["test", "shop.rules", "--filter", "glod"]);
    assert_eq!((misspelt.code, misspelt.out.as_str()), (2, ""));
    assert!(misspelt.err.contains("did you mean `--filter 'gold'`?"), "{}", misspelt.err);
}

#[test]
fn rules_that_do_not_check_are_not_tested() {
    let answer = shop("tag t when pionts > 5\n").run(&["test", "shop.rules"]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert!(answer.err.contains("did you mean `points`?"), "{}", answer.err);
}

#[test]
fn for_programs_there_is_one_document() {
    let place = shop("test \"wrong\" { given { points: 999 } expect vip }\n");
    let answer = place.run(&["test", "shop.rules", "--format", "json"]);
    assert_eq!(answer.code, 1);
    let json: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!((&json["passed"], &json["failed"]), (&3.into(), &1.into()));
    let told = json["tests"].as_array().unwrap();
    let short = told.iter().map(|it| {
        (
            it["line"].as_u64().unwrap(),
            it["name"].as_str().unwrap(),
            it["case"].as_u64().unwrap(),
            it["outcome"].as_str().unwrap(),
        )
    });
    assert_eq!(
        short.collect::<Vec<_>>(),
        [
            (6, "the line belongs to the vips", 1, "passed"),
            (7, "the line belongs to the vips", 2, "passed"),
            (11, "gold", 1, "passed"),
            (13, "wrong", 1, "failed"),
        ]
    );
    assert!(told[0]["message"].is_null() && told[0]["file"] == "shop.rules");
    insta::assert_snapshot!(told[3]["message"].as_str().unwrap());
}

#[test]
fn for_a_ci_there_is_junit() {
    let place = shop("test \"<wrong> & \\\"quoted\\\"\" { given { points: 999 } expect vip }\n");
    let answer = place.run(&["test", "shop.rules", "--format", "junit"]);
    assert_eq!(answer.code, 1);
    insta::assert_snapshot!(answer.out);
}

#[test]
fn what_fails_is_told_beside_the_lines_of_a_pull_request() {
    let place = shop("test \"wrong\" { given { points: 999 } expect vip }\n");
    let answer = place.run(&["test", "shop.rules", "--message-format", "github"]);
    assert_eq!(answer.code, 1);
    assert!(answer.out.starts_with("::error file=shop.rules,line=13,"), "{}", answer.out);
    assert_eq!(answer.out.lines().count(), 1, "{}", answer.out);
    assert_eq!(shop("").run(&["test", "shop.rules", "--message-format", "github"]).out, "");
}

#[test]
fn a_snapshot_is_kept_when_it_is_accepted() {
    let place = shop(SNAPSHOT);
    let kept = "snapshots/shop__fixtures.snap";
    let first = place.run(&["test", "shop.rules"]);
    assert_eq!(closing(&first), (1, "2 tests (3 cases), 1 snapshot: 3 passed, 1 failed"));
    assert!(first.out.contains("keep it: `tagwell test shop.rules --accept`"), "{}", first.out);
    assert_eq!(place.files(), ["fixtures/users.csv", "shop.rules", "snapshots/shop__fixtures.snap.new"]);
    assert_eq!(place.run(&["test", "shop.rules", "--accept"]).code, 0);
    assert_eq!(place.files(), ["fixtures/users.csv", "shop.rules", kept]);
    insta::assert_snapshot!(place.read(kept));
    assert_eq!(closing(&place.run(&["test", "."])), (0, "2 tests (3 cases), 1 snapshot: 4 passed"));
}

#[test]
fn what_differs_from_a_snapshot_is_told_user_by_user() {
    let place = shop(SNAPSHOT);
    assert_eq!(place.run(&["test", "shop.rules", "--accept"]).code, 0);
    let before = place.read("snapshots/shop__fixtures.snap");
    place.write("shop.rules", SHOP.replace("gold from 5000", "gold from 1200") + SNAPSHOT);
    place.write("fixtures/users.csv", "user_id,points\nu1,1200\nu2,1080\nu4,1\n");
    let answer = place.run(&["test", "shop.rules", "--filter", "fixtures"]);
    assert_eq!(answer.code, 1);
    insta::assert_snapshot!(answer.out);
    assert_eq!(place.read("snapshots/shop__fixtures.snap"), before);
    // What passes again leaves nothing lying about.
    place.write("shop.rules", format!("{SHOP}{SNAPSHOT}"));
    place.write("fixtures/users.csv", USERS);
    assert_eq!(place.run(&["test", "shop.rules"]).code, 0);
    assert_eq!(place.files(), ["fixtures/users.csv", "shop.rules", "snapshots/shop__fixtures.snap"]);
}

#[test]
fn in_a_ci_nothing_is_written() {
    let place = shop(SNAPSHOT);
    let files = place.files();
    let in_ci = |words: &[&str]| super::answer(place.command(words).env("CI", "true"));
    assert_eq!(in_ci(&["test", "shop.rules"]).code, 1);
    for flag in ["--accept", "--review"] {
        let refused = in_ci(&["test", "shop.rules", flag]);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""));
        assert!(refused.err.contains("no snapshot is ever written"), "{}", refused.err);
    }
    assert_eq!(place.files(), files);
}

#[test]
fn a_review_needs_a_terminal() {
    let answer = shop(SNAPSHOT).run(&["test", "shop.rules", "--review"]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("this is no terminal"), "{}", answer.err);
}

#[test]
fn a_snapshot_that_nobody_declares_is_reported() {
    let place = shop(SNAPSHOT);
    place.run(&["test", "shop.rules", "--accept"]);
    place.write("snapshots/shop__old.snap", place.read("snapshots/shop__fixtures.snap"));
    // Of another rule file, and of no rule file at all.
    place.write("snapshots/bar__fixtures.snap", place.read("snapshots/shop__fixtures.snap"));
    place.write("snapshots/shop__other.snap", "---\nsource: tests/main.rs\nexpression: x\n---\n1\n");
    let answer = place.run(&["test", "shop.rules"]);
    assert_eq!(answer.code, 0);
    assert!(
        answer.err.contains("`snapshots/shop__old.snap` keeps a snapshot that no rule file declares"),
        "{}",
        answer.err
    );
    assert_eq!(answer.err.lines().count(), 1, "{}", answer.err);
    // Of a folder all rule files are known.
    assert_eq!(place.run(&["test", "."]).err.lines().count(), 2);
}

#[test]
fn fixtures_that_cannot_be_read_leave_the_snapshot_without_an_answer() {
    let table = "table orders of users by user_id { user_id: text  amount: int }\ntag buyer when count(orders) > 0\n";
    for (more, said) in [
        ("snapshot \"fixtures\" of \"fixtures/user.csv\"\n".to_owned(), "there is no such file or folder"),
        (format!("{table}{SNAPSHOT}"), "the rules do not say where the table `orders` is"),
        ("snapshot \"fixtures\" of \"fixtures/bad.csv\"\n".to_owned(), "bad.csv:2: column `points`"),
    ] {
        let place = shop(&more);
        place.write("fixtures/bad.csv", "user_id,points\nu1,many\n");
        let answer = place.run(&["test", "shop.rules"]);
        assert_eq!(answer.code, 1, "{}", answer.out);
        assert!(answer.out.contains("error[E0603]") && answer.out.contains(said), "{}", answer.out);
    }
}

#[test]
fn lists_and_reference_tables_are_read_from_their_files() {
    let place = Place::with(&[
        ("blocked.csv", "user_id\nu1\n"),
        ("channels.csv", "source,price\nads,9\n"),
        (
            "shop.rules",
            "table users key user_id { user_id: text  source: text? }
list blocked from \"blocked.csv\"
table channels key source from \"channels.csv\" { source: text  price: int }
tag refused when user_id in blocked
tag dear when channels[source].price > 5
test \"of files\" {
  given \"u1\" { source: \"ads\" } expect refused, dear
  given \"u2\" { source: \"mail\" } expect not refused, channels[source].price is missing
  given \"u2\" { } with list blocked = [\"u2\"] expect refused
}
",
        ),
    ]);
    assert_eq!(closing(&place.run(&["test", "shop.rules"])), (0, "1 test (3 cases): 3 passed"));
    std::fs::remove_file(place.path("blocked.csv")).unwrap();
    let lacking = place.run(&["test", "shop.rules"]);
    assert_eq!(closing(&lacking), (1, "1 test (3 cases): 1 passed, 2 failed"));
    assert!(lacking.out.contains("`refused` needs the list `blocked`"), "{}", lacking.out);
}

#[test]
fn a_hundred_tests_are_all_played() {
    let mut rules = SHOP.to_owned();
    for number in 0..100 {
        rules +=
            &format!("test \"number {number}\" {{ given {{ points: {number} }} expect not vip, membership = red }}\n");
    }
    let place = Place::with(&[("shop.rules", &rules)]);
    assert_eq!(closing(&place.run(&["test", "shop.rules", "--filter", "number"])), (0, "100 tests: 100 passed"));
}

#[test]
fn a_snapshot_of_rules_without_a_schema_takes_types_from_its_fixtures() {
    let place = Place::with(&[
        ("same.rules", "tag same when a = b\ntag late when last < 2026-01-01\n\nsnapshot \"it\" of \"users.jsonl\"\n"),
        (
            "users.jsonl",
            "{\"id\":7,\"a\":1.0,\"b\":1,\"last\":\"2025-12-31\"}\n{\"id\":8,\"a\":\"x\",\"b\":\"y\",\"last\":null}\n",
        ),
        (
            "typed.jsonl",
            "{\"id\":7,\"a\":1.0,\"b\":1,\"last\":\"2025-12-31\"}\n{\"id\":8,\"a\":2,\"b\":3,\"last\":null}\n",
        ),
    ]);
    let mixed = place.run(&["test", "same.rules"]);
    assert!(mixed.code == 1 && mixed.out.contains("users.jsonl:1: column `a`: `1.0` is not a text"), "{}", mixed.out);
    place.write("same.rules", place.read("same.rules").replace("users.jsonl", "typed.jsonl"));
    assert_eq!(place.run(&["test", "same.rules", "--accept"]).code, 0);
    let kept = place.read("snapshots/same__it.snap");
    assert!(kept.ends_with("2 users\n\n7: same, late\n8: late is unknown\n"), "{kept}");
}

#[test]
fn coverage_lists_what_no_test_shows_with_its_line() {
    let place = shop("");
    let answer = place.run(&["test", "shop.rules", "--coverage"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    insta::assert_snapshot!(answer.out);
}

#[test]
fn coverage_below_the_minimum_ends_with_1() {
    let place = shop("");
    assert_eq!(place.run(&["test", "shop.rules", "--coverage", "--min", "50"]).code, 0);
    assert_eq!(place.run(&["test", "shop.rules", "--coverage", "--min", "100"]).code, 1);
    assert_eq!(place.run(&["test", "shop.rules", "--min", "100"]).code, 2);
}

#[test]
fn coverage_for_a_ci_is_a_suite_of_its_own() {
    let answer = shop("").run(&["test", "shop.rules", "--coverage", "--min", "90", "--format", "junit"]);
    assert_eq!(answer.code, 1, "{}", answer.err);
    let (_, suite) = answer.out.split_once("  <testsuite name=\"coverage\"").expect("there is one");
    let (head, rest) = suite.split_once('\n').unwrap();
    assert_eq!(head, " tests=\"3\" failures=\"1\" errors=\"0\">");
    assert!(rest.contains("<testcase name=\"level membership: "), "{rest}");
    assert!(rest.contains("<system-out>  shop.rules:3: "), "{rest}");
    assert!(rest.contains("<failure message=\"the tests show "), "{rest}");
    let enough = shop("").run(&["test", "shop.rules", "--coverage", "--min", "10", "--format", "junit"]);
    assert!(enough.code == 0 && !enough.out.contains("<failure"), "{}", enough.out);
}

#[test]
fn of_very_many_users_it_is_told_how_often_what_differs() {
    let users: String = (0..60).map(|at| format!("u{at},{}\n", at * 100)).collect();
    let place = shop(SNAPSHOT);
    place.write("fixtures/users.csv", format!("user_id,points\n{users}"));
    assert_eq!(place.run(&["test", "shop.rules", "--accept"]).code, 0);
    place.write("shop.rules", place.read("shop.rules").replace("silver from 1000", "silver from 3500"));
    let answer = place.run(&["test", "shop.rules", "--filter", "fixtures"]);
    let found: Vec<&str> = answer.out.lines().filter(|line| line.contains("silver → red")).collect();
    assert_eq!(found.len(), 27, "the headline, the count, and 25 users: {}", answer.out);
    assert!(answer.out.contains("25 × membership silver → red"), "{}", answer.out);
}

#[test]
fn coverage_for_programs_stands_beside_the_tests() {
    let answer = shop("").run(&["test", "shop.rules", "--coverage", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!((&json["passed"], &json["coverage"]["rules"][0]["name"]), (&3.into(), &"vip".into()));
    assert!(json["coverage"]["percent"].as_u64().unwrap() < 100, "{}", answer.out);
    assert_eq!(json["coverage"]["rules"][1]["gaps"][0]["line"], 3, "{}", answer.out);
}

#[test]
fn what_is_suggested_can_be_appended_and_closes_the_gap() {
    let place = shop("");
    let answer = place.run(&["test", "shop.rules", "--suggest"]);
    assert_eq!(answer.code, 1, "{}", answer.err);
    insta::assert_snapshot!(answer.out);
    place.write("shop.rules", format!("{SHOP}\n{}", answer.out));
    let full = place.run(&["test", "shop.rules", "--coverage", "--min", "100"]);
    assert_eq!(full.code, 0, "{}{}", full.out, full.err);
    let nothing = place.run(&["test", "shop.rules", "--suggest"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (0, ""), "{}", nothing.err);
}

#[test]
fn a_failed_test_shows_what_was_decided_before() {
    let rules = "table users key user_id { user_id: text  spend: int }
table touches of users from ledger
tag told when count(touches) > 1
segment s when spend > 5 { on enter send sms \"hi\" }
test \"told once\" as of 2026-11-20T10:00 {
  given { spend: 6 }
    expect s sends sms
  then as of 2026-11-21T10:00
    expect told
}
";
    let answer = Place::with(&[("shop.rules", rules)]).run(&["test", "shop.rules"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    let row = r#"touches: [{ decided_at: 2026-11-20T10:00:00Z, segment: "s", do: "send", channel: "sms" }]"#;
    assert!(answer.out.contains(row) || answer.err.contains(row), "{answer:?}");
}

/// A diary that plays one instant twice is as runs that do: the second decides nothing, and what is new is told by the next.
#[test]
fn the_same_instant_once_more_decides_nothing() {
    let rules = "table users key user_id { user_id: text  spend: int }
segment s when spend > 5 { on enter send sms \"hi\" }
test \"once more\" as of 2026-11-20T10:00 {
  given \"u1\" { spend: 1 }
    expect \"u1\": s silent
  then as of 2026-11-20T10:00
  given \"u1\" { spend: 6 }
    expect \"u1\": s, s silent
  then as of 2026-11-21T10:00
    expect \"u1\": s entered, s sends sms
  then as of 2026-11-21T10:00
    expect \"u1\": s silent
  then as of 2026-11-22T10:00
  given \"u1\" { spend: 1 }
    expect \"u1\": s left
}
";
    let answer = Place::with(&[("shop.rules", rules)]).run(&["test", "shop.rules"]);
    assert_eq!(answer.code, 0, "{answer:?}");
}
