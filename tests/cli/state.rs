//! A state file and those who may not have it: other rules, and a reader who went away.

use std::process::Stdio;

use super::Place;

pub(super) const SHOP: &str = "rulebook \"shop\"\ntable users key user_id { user_id: text  spend: int? }\nsegment s when spend > 5 { on enter send sms \"hi\"  on exit do call }\n";

pub(super) fn shop() -> Place {
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

pub(super) fn run<'w>(rules: &'w str, users: &'w str, as_of: &'w str) -> [&'w str; 11] {
    let rest = ["--state", "shop.state", "--actions", "actions.jsonl", "--format", "none"];
    let mut words = ["run", rules, users, "--as-of", as_of, "", "", "", "", "", ""];
    words[5..].copy_from_slice(&rest);
    words
}

pub(super) fn runs(place: &Place) -> i64 {
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

/// Who has a tag since the rules were edited has had it for no time, and may enter what asks for that together: that is said on the day
/// of the edit, since then it can still be helped.
#[test]
fn what_is_held_from_now_on_is_said() {
    let rules = SHOP.replace("segment s", "tag rich when spend > 5\nsegment s")
        + "segment dwell when held(rich) >= 3d { on enter do call }\n";
    let place = shop();
    let said = |rules: &str, day: &str| {
        place.write("shop.rules", rules);
        let answer = place.run(&run("shop.rules", "users.csv", day));
        assert_eq!(answer.code, 0, "{answer:?}");
        answer.err.lines().filter(|line| line.contains("counts from today")).map(str::to_owned).collect::<Vec<_>>()
    };
    let told = "`dwell` asks how long users have had `rich`: of 1 that counts from today, so they may enter together later, and are told then";
    assert_eq!(said(&rules, "2026-11-21"), [told], "the tag is new");
    assert_eq!(said(&rules, "2026-11-22"), [""; 0], "the rules are as they were");
    assert_eq!(
        said(&rules.replace("rich when spend > 5", "rich when spend > 0"), "2026-11-23"),
        [told],
        "one more has it"
    );
    assert_eq!(said(&rules.replace("rich", "wealthy"), "2026-11-24"), [told.replace("rich", "wealthy")]);
}

#[test]
fn a_parameter_that_is_another_is_told() {
    let rules = SHOP.replace("spend > 5", "spend > much").replace("table", "param much = 5\ntable");
    let place = Place::with(&[("shop.rules", &rules), ("users.csv", "user_id,spend\nu1,6\nu2,1\n")]);
    place.run(&run("shop.rules", "users.csv", "2026-11-20"));
    let words = [&run("shop.rules", "users.csv", "2026-11-21")[..], &["--param", "much=0"]].concat();
    let answer = place.run(&words);
    assert!(answer.err.contains("parameter `much` is another: 5 before, 0 now\n"), "{}", answer.err);
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

/// Three runs of `shop`; who leaves is remembered as one who was told before.
fn three_days() -> Place {
    let place = shop();
    for (users, as_of) in [("later.csv", "2026-11-21"), ("users.csv", "2026-11-22")] {
        let answer = place.run(&run("shop.rules", users, as_of));
        assert_eq!(answer.code, 0, "{answer:?}");
    }
    place
}

fn beside(place: &Place) -> Vec<String> {
    place.files().into_iter().filter(|file| file.starts_with("shop.state-")).collect()
}

#[test]
fn nothing_is_left_beside_a_state_by_any_command() {
    let place = three_days();
    assert_eq!((beside(&place), runs(&place)), (vec![], 3));
    place.write("tagged.csv", "user_id,segments\nu1,s\nu2,\n");
    place.write("outcomes.csv", "user_id,happened_at,outcome\n");
    let outcomes = "table outcomes of users by user_id at happened_at from \"outcomes.csv\" { user_id: text  happened_at: timestamp  outcome: text }\n";
    place.write("lift.rules", SHOP.replace("segment", &format!("{outcomes}segment")));
    for words in [
        &["actions", "--state", "shop.state"][..],
        &["simulate", "shop.rules", "users.csv", "--from", "2026-11-23", "--to", "2026-11-24", "--state", "shop.state"],
        &["explain", "shop.rules", "users.csv", "--user", "u1", "--as-of", "2026-11-23", "--state", "shop.state"],
        &["lift", "lift.rules", "--state", "shop.state"],
        &["repl", "shop.rules", "users.csv", "--as-of", "2026-11-23", "--state", "shop.state"],
        &["act", "shop.rules", "--from", "tagged.csv", "--as-of", "2026-11-23", "--state", "shop.state"],
        &["run", "shop.rules", "users.csv", "--as-of", "2026-11-24", "--state", "shop.state"],
        &["run", "shop.rules", "users.csv", "--as-of", "2026-11-24", "--state", "shop.state"],
        &["run", "shop.rules", "users.csv", "--as-of", "2026-11-20", "--state", "shop.state"],
    ] {
        let answer = match words {
            ["repl", ..] => place.run_with_input(words, ":why u1 s\n"),
            _ => place.run(words),
        };
        assert_eq!(answer.code, if words.contains(&"2026-11-20") { 2 } else { 0 }, "{words:?} {answer:?}");
        assert_eq!(beside(&place), Vec::<String>::new(), "{words:?}");
    }
    std::fs::copy(place.path("shop.state"), place.path("copy.state")).unwrap();
    let copy = place.run(&["actions", "--state", "copy.state"]);
    assert!(
        copy.out == place.run(&["actions", "--state", "shop.state"]).out && copy.out.lines().count() >= 2,
        "{copy:?}"
    );
}

/// Pages of another time stand beside a copy that was put back: SQLite would put them into it.
#[test]
fn what_stands_beside_a_copy_that_was_put_back_is_not_taken_for_its_own() {
    let place = shop();
    assert_eq!(place.run(&run("shop.rules", "later.csv", "2026-11-21")).code, 0);
    // Somebody reads, so that what the third run commits waits beside the file.
    let reader = rusqlite::Connection::open(place.path("shop.state")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM runs").unwrap();
    assert_eq!(place.run(&run("shop.rules", "users.csv", "2026-11-22")).code, 0);
    let waiting = std::fs::read(place.path("shop.state-wal")).unwrap();
    let second = std::fs::read(place.path("shop.state")).unwrap();
    drop(reader);
    let read = |state: &[u8]| {
        for name in ["shop.state", "shop.state-wal", "shop.state-shm"] {
            let _ = std::fs::remove_file(place.path(name));
        }
        place.write("shop.state", state);
        place.write("shop.state-wal", &waiting);
        place.run(&["actions", "--state", "shop.state"])
    };
    let whole = read(&second);
    assert_eq!((whole.code, runs(&place)), (0, 3), "{whole:?}");
    // Of other runs altogether.
    let other = shop();
    assert_eq!(other.run(&run("shop.rules", "users.csv", "2026-11-25")).code, 0);
    let other = std::fs::read(other.path("shop.state")).unwrap();
    let refused = read(&other);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("is not the one that `shop.state-wal` beside it was written for"), "{refused:?}");
    assert!(refused.err.contains("take away `shop.state-wal` and `shop.state-shm`"), "{refused:?}");
    assert!(std::fs::read(place.path("shop.state")).unwrap() == other, "nothing was put into it");
}

#[test]
fn a_state_on_read_only_ground_is_read() {
    let place = three_days();
    // As on a disk that takes nothing: what SQLite puts beside a file cannot be made.
    std::fs::create_dir(place.path("shop.state-shm")).unwrap();
    std::fs::copy(place.path("shop.state"), place.path("copy.state")).unwrap();
    for words in [
        &["actions", "--state", "shop.state"][..],
        &["simulate", "shop.rules", "users.csv", "--from", "2026-11-23", "--to", "2026-11-24", "--state", "shop.state"],
        &["explain", "shop.rules", "users.csv", "--user", "u1", "--as-of", "2026-11-23", "--state", "shop.state"],
    ] {
        let answer = place.run(words);
        let copy: Vec<&str> =
            words.iter().map(|word| if *word == "shop.state" { "copy.state" } else { word }).collect();
        assert_eq!((answer.code, answer.out), (0, place.run(&copy).out), "{words:?} {}", answer.err);
    }
}

#[test]
fn a_state_with_a_name_like_an_unfinished_file_stays() {
    let place = shop();
    let state = ".tagwell-shop.state";
    let day = |as_of: &str| {
        let words = ["run", "shop.rules", "users.csv", "--as-of", as_of, "--format", "none"];
        let answer = place.run(&[&words[..], &["--state", state, "--actions", "a.jsonl"]].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
    };
    day("2026-11-20");
    let hour = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let file = std::fs::File::options().write(true).open(place.path(state)).unwrap();
    file.set_modified(hour).unwrap();
    drop(file);
    day("2026-11-21");
    let state = rusqlite::Connection::open(place.path(state)).unwrap();
    let runs: i64 = state.query_row("SELECT count(*) FROM runs", [], |row| row.get(0)).unwrap();
    assert_eq!(runs, 2);
}

#[test]
fn the_same_run_is_the_same_whatever_the_order_of_what_it_declares() {
    let rules = "param zeta = 1\nparam alpha = 2\nlist zvips from \"vips.csv\"\nlist avips from \"vips.csv\"\ntable users key user_id { user_id: text  source: text }\ntable channels key source from \"channels.csv\" { source: text  price: int }\nsegment s when (user_id in zvips or user_id in avips) and channels[source].price > zeta + alpha { on enter do call }\n";
    let place = Place::with(&[
        ("shop.rules", rules),
        ("users.csv", "user_id,source\nu1,ads\n"),
        ("vips.csv", "user_id\nu1\n"),
        ("channels.csv", "source,price\nads,5\n"),
    ]);
    let again = || {
        let answer = place.run(&run("shop.rules", "users.csv", "2026-11-20"));
        assert_eq!(answer.code, 0, "{answer:?}");
        answer.err
    };
    again();
    let same = again();
    assert!(same.contains("made already") && !same.contains("that run was another"), "{same}");
    // A run by tables of version 3 did not count what is on them.
    forget_entries(&place);
    let same = again();
    assert!(same.contains("made already") && !same.contains("that run was another"), "{same}");
    place.write("channels.csv", "source,price\nads,6\n");
    assert!(again().contains("that run was another (lists or reference tables are others)"));
}

/// Lists and reference tables as a state has them whose last run was made by tables of version 3.
fn forget_entries(place: &Place) {
    let state = rusqlite::Connection::open(place.path("shop.state")).unwrap();
    assert!(state.execute("UPDATE lists SET entries = NULL", []).unwrap() > 0);
}

#[test]
fn the_same_as_of_with_others_is_said_to_be_another_run() {
    let place = shop();
    let again = |rules: &str, users: &str| place.run(&run(rules, users, "2026-11-20"));
    let same = again("shop.rules", "users.csv");
    assert!(same.err.contains("made already") && !same.err.contains("that run was another"), "{same:?}");
    place.write("more.csv", "user_id,spend\nu1,6\nu2,1\nu3,9\n");
    place.write("edited.rules", SHOP.replace("> 5", "> 4"));
    for (rules, users, said) in [
        ("edited.rules", "users.csv", "that run was another (the rules are others)"),
        ("shop.rules", "more.csv", "that run was another (3 users instead of 2)"),
        // As many, and u2 has spent more.
        ("shop.rules", "later.csv", "that run was another (users' records or rows are others)"),
    ] {
        let answer = again(rules, users);
        assert_eq!(answer.code, 0, "{answer:?}");
        assert!(answer.err.contains(said), "{answer:?}");
    }
}

#[test]
fn rows_of_children_that_are_others_are_said_to_be_another_run() {
    let rules = "table users key user_id { user_id: text }\ntable orders of users by user_id at paid_at { user_id: text  paid_at: date  amount: int }\nsegment s when sum(orders.amount) > 5 { on enter do call }\n";
    let place = Place::with(&[("shop.rules", rules), ("users.csv", "user_id\nu1\n")]);
    let again = |amount: &str| {
        place.write("orders.csv", format!("user_id,paid_at,amount\nu1,2026-11-01,{amount}\n"));
        place.run(&[&run("shop.rules", "users.csv", "2026-11-20")[..], &["--data", "orders=orders.csv"]].concat())
    };
    assert_eq!(again("6").code, 0);
    let same = again("6");
    assert!(same.err.contains("made already") && !same.err.contains("that run was another"), "{same:?}");
    let other = again("7");
    assert!(other.err.contains("that run was another (users' records or rows are others)"), "{other:?}");
}

#[test]
fn lists_and_reference_tables_that_are_others_are_told() {
    let rules = "list vips from \"vips.csv\"\ntable users key user_id { user_id: text  source: text }\ntable channels key source from \"channels.csv\" { source: text  price: int }\nsegment s when user_id in vips and channels[source].price > 3 { on enter do call }\n";
    let place = Place::with(&[("shop.rules", rules), ("users.csv", "user_id,source\nu1,ads\n")]);
    let day = |as_of: &str, list: &str, table: &str| {
        place.write("vips.csv", format!("user_id\n{list}"));
        place.write("channels.csv", format!("source,price\n{table}"));
        let answer = place.run(&run("shop.rules", "users.csv", as_of));
        assert_eq!(answer.code, 0, "{answer:?}");
        let said: Vec<&str> = answer.err.lines().filter(|it| it.contains("is another")).collect();
        said.join("\n")
    };
    let [three, two, one] = ["ads,4\nmail,1\nshop,9\n", "ads,4\nmail,1\n", "ads,5\n"];
    assert_eq!(day("2026-11-20", "u1\nu2\nu3\n", three), "");
    assert_eq!(day("2026-11-21", "u3\nu1\nu2\n", three), "", "in another order it is the same list");
    assert_eq!(day("2026-11-22", "u1\nu2\nu4\n", three), "list `vips` is another: 3 on it before, 3 now");
    assert_eq!(
        day("2026-11-23", "", two),
        "list `vips` is another: 3 on it before, 0 now\nreference table `channels` is another: 3 rows before, 2 rows now"
    );
    assert_eq!(day("2026-11-24", "", two), "");
    assert_eq!(
        day("2026-11-25", "u1\n", one).lines().last(),
        Some("reference table `channels` is another: 2 rows before, 1 row now")
    );
    // The run before did not count them.
    forget_entries(&place);
    assert_eq!(
        day("2026-11-26", "", ""),
        "list `vips` is another: 0 now\nreference table `channels` is another: 0 rows now"
    );
}

#[test]
fn each_record_of_a_preview_says_so_and_none_of_a_run() {
    let place = shop();
    for ending in ["jsonl", "csv"] {
        let file = format!("preview.{ending}");
        let written = |more: &[&str]| {
            let words = ["run", "shop.rules", "later.csv", "--as-of", "2026-11-21", "--format", "none", "--actions"];
            let answer = place.run(&[&words[..], &[&file], more].concat());
            assert_eq!(answer.code, 0, "{answer:?}");
            let text = std::fs::read_to_string(place.path(&file)).unwrap();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let (preview, real) = (written(&[]), written(&["--state", "shop.state"]));
        let records = |lines: Vec<String>| lines.into_iter().filter(|it| it.contains("sms")).collect::<Vec<_>>();
        let (preview, real) = (records(preview), records(real));
        assert_eq!(preview.len(), 2);
        let end = if ending == "csv" { ",true" } else { ",\"preview\":true}" };
        assert!(preview.iter().all(|line| line.ends_with(end)), "{preview:?}");
        assert!(real.len() == 1 && !real[0].ends_with(end), "{real:?}");
    }
}

#[test]
fn a_preview_in_parquet_has_the_column_that_says_so() {
    let place = shop();
    let words = ["run", "shop.rules", "later.csv", "--as-of", "2026-11-21", "--format", "none", "--actions"];
    for (more, says) in [(&["preview.parquet"][..], true), (&["real.parquet", "--state", "shop.state"], false)] {
        let answer = place.run(&[&words[..], more].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
        let answer = place.run(&["schema", more[0]]);
        assert_eq!((answer.code, answer.out.contains("preview:")), (0, says), "{answer:?}");
    }
    let rules =
        "table decisions key action_id { action_id: text  preview: text }\ntag is_preview when preview = \"true\"\n";
    place.write("look.rules", rules);
    let answer = place.run(&["run", "look.rules", "preview.parquet", "--format", "csv", "--as-of", "2026-11-22"]);
    let decisions: Vec<&str> = answer.out.lines().skip(1).collect();
    assert!(decisions.len() == 2 && decisions.iter().all(|line| line.ends_with(",is_preview,")), "{answer:?}");
}

#[test]
fn results_and_decisions_are_not_mixed_on_one_stream() {
    let place = shop();
    let words = ["run", "shop.rules", "users.csv", "--as-of", "2026-11-21", "--actions", "-"];
    let answer = place.run(&words);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{answer:?}");
    assert!(answer.err.contains("--format none") && answer.err.contains("--out FILE"), "{answer:?}");
    for rest in [&["--format", "none"][..], &["--out", "results.csv"]] {
        let answer = place.run(&[&words[..], rest].concat());
        assert_eq!((answer.code, answer.out.lines().count()), (0, 1), "{answer:?}");
    }
}

/// What other engines write must be names of the rules: else everybody would leave a segment that was renamed.
#[test]
fn results_whose_names_the_rules_do_not_have_are_refused() {
    let place = shop();
    for (segments, said) in [
        (
            "{s}",
            "error: tagged.csv:3: `{s}` in `segments` is no segment of these rules\n  = help: a list in CSV is its names with `;` between them: `win_back;welcome`; or write JSON Lines or Parquet\n",
        ),
        (
            "s;t",
            "error: tagged.csv:3: `t` in `segments` is no segment of these rules\n  = help: compute the results by the rules as they are now\n",
        ),
    ] {
        place.write("tagged.csv", format!("user_id,segments\nu1,s\nu2,{segments}\n"));
        let answer =
            place.run(&["act", "shop.rules", "--from", "tagged.csv", "--as-of", "2026-11-23", "--state", "new.state"]);
        assert_eq!((answer.code, &*answer.err), (2, said));
        assert!(!place.files().contains(&"new.state".to_owned()));
    }
}

/// Who computed the results was told of the rules, and may have asked for a `let` that no rule reads; whoever was at no step of a funnel is
/// no unknown.
#[test]
fn of_results_that_were_computed_elsewhere_only_what_they_say_is_told() {
    let rules = "table users key user_id { user_id: text  points: int }
table visits of users by user_id at at { user_id: text  at: date }
let twice = points * 2
funnel path on visits { came when at is known }
segment s when points > 1 { on enter do greet }
";
    let place =
        Place::with(&[("shop.rules", rules), ("tagged.csv", "user_id,path,segments,twice\nu1,came,s,4\nu2,,,0\n")]);
    let words = ["act", "shop.rules", "--from", "tagged.csv", "--as-of", "2026-11-23", "--state", "new.state"];
    let answer = place.run(&words);
    let told = "as of 2026-11-23T00:00:00Z
result  label  users  share   unknown
──────  ─────  ─────  ──────  ────────
path
  came         1      50.0 %
s              1      50.0 %  not told
2 users read, 2 evaluated, 0 rejected
";
    assert!(answer.code == 0 && answer.err.starts_with(told), "{}", answer.err);
}

/// A table of days holds each user many times, and what was so some days ago is not what is so today.
#[test]
fn results_of_another_day_are_refused() {
    let place = shop();
    let words = ["act", "shop.rules", "--from", "tagged.csv", "--as-of", "2026-11-23T10:00", "--state", "new.state"];
    place.write("tagged.csv", "user_id,segments,as_of\nu1,s,2026-11-23\nu2,s,2026-11-20\n");
    let answer = place.run(&words);
    let said = "error: tagged.csv:3: results of 2026-11-20, and it is decided about 2026-11-23\n  = help: of a table of days take the one, `WHERE as_of = '2026-11-23'`, or decide with `--as-of 2026-11-20`\n";
    assert_eq!((answer.code, &*answer.err), (2, said));
    assert!(!place.files().contains(&"new.state".to_owned()));
    place.write("tagged.csv", "user_id,segments,as_of\nu1,s,2026-11-23\nu2,s,2026-11-23\n");
    assert_eq!(place.run(&words).code, 0);
}

/// `act` has no data of the previous rules, so it asks whether a segment, and all that it reads, means what it meant.
#[test]
fn an_edit_that_leaves_a_segment_as_it_was_takes_no_message_of_results() {
    let rules = r#"rulebook "edited" timezone "UTC"
table users key user_id { user_id: text  spend: int  visits: int  name: text? }
table orders of users by buyer { buyer: text  payer: text }
param least = 500
let twice = spend * 2
tag big when twice > least
tag busy when visits > 3
segment late when big and visits < 3 and count(orders) > 0 { on enter send push "{name|you}: hello" }
"#;
    let edits: [(&str, &str, &str); 15] = [
        ("", "", "data"),
        ("tag busy", "# a comment\ntag busy", "data"),
        ("spend * 2", "spend   *\n  2", "data"),
        ("tag big when", "tag big \"Big\" when", "data"),
        ("visits > 3", "visits > 4", "data"),
        ("tag busy when visits > 3\n", "", "data"),
        ("tag busy", "tag quiet when visits = 0\ntag busy", "data"),
        ("least = 500", "least = 400", "data"),
        (": hello", ": come back", "data"),
        ("name: text?", "name: text?  city: text?", "data"),
        // What it reads means something else.
        ("spend * 2", "spend * 3", "rules"),
        ("visits < 3", "visits < 4", "rules"),
        ("spend: int ", "spend: int? ", "rules"),
        ("by buyer", "by payer", "rules"),
        ("timezone \"UTC\"", "timezone \"Asia/Tokyo\"", "rules"),
    ];
    for (from, to, reason) in edits {
        let place = Place::with(&[("r.rules", rules)]);
        place.write("one.csv", "user_id,tags,segments,name\nu1,big,,Lin\n");
        place.write("two.csv", "user_id,tags,segments,name\nu1,big,late,Lin\n");
        let act = |file: &str, as_of: &str| {
            let words = ["act", "r.rules", "--from", file, "--as-of", as_of, "--state", "s.state", "-q"];
            place.run(&[&words[..], &["--actions", "-", "--summary", "json"]].concat())
        };
        assert_eq!(act("one.csv", "2026-11-21T00:00Z").code, 0);
        assert!(rules.contains(from), "{from}");
        place.write("r.rules", rules.replacen(from, to, 1));
        let answer = act("two.csv", "2026-11-22T12:00Z");
        assert_eq!(answer.code, 0, "{to}: {answer:?}");
        assert_eq!(answer.out.lines().count(), usize::from(reason == "data"), "{to}: {answer:?}");
        assert!(answer.err.contains(&format!("\"{reason}\":1")), "{to}: {answer:?}");
    }
}
