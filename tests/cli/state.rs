//! A state file and those who may not have it: other rules, and a reader who went away.

use std::process::Stdio;

use super::Place;

const SHOP: &str = "rulebook \"shop\"\ntable users key user_id { user_id: text  spend: int? }\nsegment s when spend > 5 { on enter send sms \"hi\"  on exit do call }\n";

fn shop() -> Place {
    let place = Place::with(&[
        ("shop.rules", SHOP),
        ("mall.rules", &SHOP.replace("shop", "mall").replace("segment s", "segment m")),
        ("renamed.rules", &SHOP.replace("shop", "mall")),
        ("users.csv", "user_id,spend\nu1,6\nu2,1\n"),
        ("later.csv", "user_id,spend\nu1,6\nu2,6\n"),
    ]);
    let answer = place.run(&run("shop.rules", "users.csv", "2026-11-20"));
    assert_eq!(answer.code, 0, "{answer:?}");
    place
}

fn run<'w>(rules: &'w str, users: &'w str, as_of: &'w str) -> [&'w str; 11] {
    let rest = ["--state", "shop.state", "--actions", "actions.jsonl", "--format", "none"];
    let mut words = ["run", rules, users, "--as-of", as_of, "", "", "", "", "", ""];
    words[5..].copy_from_slice(&rest);
    words
}

fn runs(place: &Place) -> i64 {
    let state = rusqlite::Connection::open(place.path("shop.state")).unwrap();
    state.query_row("SELECT count(*) FROM runs", [], |row| row.get(0)).unwrap()
}

#[test]
fn the_state_of_other_rules_is_refused_at_any_as_of() {
    let place = shop();
    for as_of in ["2026-11-20", "2026-11-21"] {
        let answer = place.run(&run("mall.rules", "users.csv", as_of));
        assert_eq!(answer.code, 2, "{answer:?}");
        assert!(answer.err.contains("the state belongs to other rules"), "{answer:?}");
        assert!(answer.err.contains("the name `shop`") && answer.err.contains("the name `mall`"), "{answer:?}");
    }
    assert_eq!(runs(&place), 1);
    // It goes on as if nothing had been.
    let answer = place.run(&run("shop.rules", "later.csv", "2026-11-22"));
    assert!(answer.err.contains("s        1 (data 1)"), "{answer:?}");
}

#[test]
fn a_rulebook_of_another_name_is_known_by_its_segments() {
    let place = shop();
    let answer = place.run(&run("renamed.rules", "later.csv", "2026-11-21"));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.err.contains("had the name `shop`, and has the name `mall` now"), "{answer:?}");
    assert!(answer.err.contains("s        1 (data 1)"), "{answer:?}");
}

#[test]
fn what_a_run_writes_is_what_the_ledger_writes_in_every_form() {
    for ending in ["jsonl", "csv", "parquet"] {
        let place = shop();
        let (written, again) = (format!("written.{ending}"), format!("again.{ending}"));
        let words = ["run", "shop.rules", "later.csv", "--as-of", "2026-11-21", "--state", "shop.state", "--actions"];
        let answer = place.run(&[&words[..], &[&written, "--format", "none"]].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
        let answer = place.run(&["actions", "--state", "shop.state", "--since", "2026-11-21", "--out", &again]);
        assert_eq!(answer.code, 0, "{answer:?}");
        let [written, again] = [written, again].map(|name| std::fs::read(place.path(&name)).unwrap());
        assert!(written == again && written.len() > 100, "{ending}");
    }
}

#[test]
fn a_state_is_a_file() {
    let answer = shop().run(&["run", "shop.rules", "users.csv", "--state", "-", "--as-of", "2026-11-21"]);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.err.contains("--state: a state is a file"), "{answer:?}");
}

/// Who is told and who is not told by an edit of the rules stands in the summary.
#[test]
fn what_an_edit_did_is_said() {
    let place = shop();
    place.write("shop.rules", SHOP.replace("> 5", "> 0"));
    let answer = place.run(&run("shop.rules", "users.csv", "2026-11-21"));
    assert!(
        answer.err.contains("the rules of `s` changed: 1 entered by that alone, and were not told\n"),
        "{}",
        answer.err
    );
    place.write("shop.rules", SHOP.replace("segment s", "segment t"));
    let answer = place.run(&run("shop.rules", "users.csv", "2026-11-22"));
    assert!(answer.err.contains("`s` is no segment of the rules any more"), "{}", answer.err);
    assert!(answer.err.contains("first run of `t`: 1 inside were not told"), "{}", answer.err);
}

/// A pipe that is closed ends quietly; a run that was to be remembered and was not says so.
#[cfg(unix)]
#[test]
fn a_reader_who_goes_away_leaves_the_run_unrecorded_and_that_is_said() {
    let place = shop();
    let many: String = (0..5_000).map(|number| format!("v{number},6\n")).collect();
    place.write("later.csv", format!("user_id,spend\n{many}"));
    for to_stdout in [&["--actions", "-", "--format", "none"][..], &["--format", "jsonl"]] {
        let words = ["run", "shop.rules", "later.csv", "--as-of", "2026-11-21", "--state", "shop.state"];
        let words = [&words[..], to_stdout, &["--on-bad-row", "skip"]].concat();
        let mut child = place.command(&words).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("nothing was recorded in `shop.state`"), "{said}");
        assert_eq!(runs(&place), 1);
    }
}
