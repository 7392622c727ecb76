//! Rules are edited on a live state: the previous ones are asked about today's data, wherever those are (LANGUAGE.md §8).

use super::{Answer, Place};

const USERS: &str = "table users key user_id { user_id: text  spend: int? }\n";
const BIG: &str = "segment big when spend > 5 { on enter send sms \"big\" }\n";

/// A rulebook with these rules beside those for big spenders.
fn rules(more: &str) -> String {
    format!("rulebook \"shop\" timezone \"Asia/Shanghai\"\n{USERS}{BIG}{more}")
}

fn run(place: &Place, day: u32, more: &[&str]) -> Answer {
    let as_of = format!("2026-11-{day:02}");
    let words = ["run", "shop.rules", "users.csv", "--as-of", &as_of, "--state", "shop.state", "--format", "none"];
    let answer = place.run(&[&words[..], more].concat());
    assert_eq!(answer.code, 0, "{answer:?}");
    answer
}

/// Of each segment in the summary who entered and left, without the spaces.
fn moves(answer: &Answer) -> Vec<String> {
    let lines = answer.err.lines().skip_while(|line| !line.starts_with("segment") || !line.contains("entered"));
    let lines = lines.skip(2).take_while(|line| line.contains("  ") && !line.starts_with("segment"));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

const ORDERS: &str = "table orders of users by user_id { user_id: text  amount: int }\n";

/// What comes through standard input is read for both rulebooks, as often as it takes.
#[test]
fn rows_on_standard_input_are_there_for_the_previous_rules_and_for_todays() {
    let place = Place::with(&[("users.csv", "user_id,spend\nu1,1\n")]);
    let with = |amount: u32, comment: &str| {
        let left = format!("segment buyers when any(orders where amount > {amount}) {{ on exit send sms \"why?\" }}\n");
        rules(&format!("{ORDERS}{left}{comment}"))
    };
    let texts = [with(1, ""), with(1, "# now explained\n"), with(2, "")];
    for (day, text) in (1..).zip(texts) {
        place.write("shop.rules", text);
        let as_of = format!("2026-11-0{day}");
        let words = ["run", "shop.rules", "users.csv", "--data", "orders=csv:-", "--as-of", &as_of];
        let more = ["--state", "shop.state", "--format", "none", "--actions", "actions.jsonl"];
        let answer = place.run_with_input(&[&words[..], &more].concat(), "user_id,amount\nu1,9\n");
        assert!(answer.code == 0 && answer.err.contains("orders: 1 read"), "day {day}: {answer:?}");
        assert_eq!(place.read("actions.jsonl"), "", "day {day}: {answer:?}");
        assert_eq!(moves(&answer).len(), usize::from(day == 1), "day {day}: {answer:?}");
    }
}

/// Each day of a play reads what came through standard input: users, or their rows.
#[test]
fn a_play_reads_standard_input_on_each_of_its_days() {
    let buyers = "segment buyers when any(orders where amount > 1) { on exit send sms \"why?\" }\n";
    let (users, orders) = ("user_id,spend\nu1,9\n", "user_id,amount\nu1,9\n");
    let place = Place::with(&[("shop.rules", &rules(&format!("{ORDERS}{buyers}"))), ("users.csv", users)]);
    place.write("orders.csv", orders);
    place.write("big.rules", rules(""));
    let days = ["--from", "2026-11-01", "--to", "2026-11-03"];
    let play = |words: &[&str], input: &str| {
        let answer = place.run_with_input(&[&["simulate"], words, &days].concat(), input);
        assert_eq!(answer.code, 0, "{answer:?}");
        answer.out
    };
    let from_files = play(&["shop.rules", "users.csv", "--data", "orders=orders.csv"], "");
    assert_eq!(play(&["shop.rules", "users.csv", "--data", "orders=csv:-"], orders), from_files);
    assert_eq!(play(&["big.rules", "-"], users), play(&["big.rules", "users.csv"], ""));
}

/// `check` and `explain` look at standard input more than once, too.
#[test]
fn whoever_looks_at_standard_input_twice_sees_the_same() {
    let place = Place::with(&[("shop.rules", "tag big when spend > 5\n"), ("users.csv", "user_id,spend\nu1,1\n")]);
    let answer = place.run_with_input(&["check", "shop.rules", "-"], "user_id,spend\nu1,1\nu2,9\n");
    assert!(answer.code == 0 && answer.err.contains("2 users in `<stdin>`"), "{answer:?}");
    place.write(
        "shop.rules",
        rules(&format!("{ORDERS}let bought = sum(orders.amount)\ntag best when top 1 by bought\n")),
    );
    let words =
        ["explain", "shop.rules", "users.csv", "--user", "u1", "--data", "orders=csv:-", "--as-of", "2026-11-01"];
    let answer = place.run_with_input(&words, "user_id,amount\nu1,9\n");
    assert!(answer.code == 0 && answer.out.contains("9"), "{answer:?}");
}

/// What is edited; the rules before, what is typed behind them, the rules after; the rows of the new version.
type Edit<'e> = (&'e str, String, &'e [&'e str], String, &'e str);

/// A list, a child table, a reference table: the new version has another name, or its table or column has. On the same day u2 spends
/// more, which is data, whatever was edited.
#[test]
fn a_new_version_under_another_name_is_data() {
    let one = "user_id\nu1\n";
    let two = "user_id\nu1\nu2\n";
    let list = |file: &str| format!("list inv from \"{file}\"\nsegment a when user_id in inv {{ on enter do x }}\n");
    let child = |from: &str| {
        format!("table o of users by user_id {from} {{ user_id: text }}\nsegment a when any(o) {{ on enter do x }}\n")
    };
    let reference = |from: &str| {
        format!(
            "table r key user_id {from} {{ user_id: text }}\nsegment a when r[user_id].user_id is known {{ on enter do x }}\n"
        )
    };
    let renamed = "list inv from \"v2.csv\" column who\nsegment a when user_id in inv { on enter do x }\n".to_owned();
    let by_header = "table o of users by user_id from \"v2.csv\" { user_id: text from \"who\" }\nsegment a when any(o) { on enter do x }\n";
    let who = "who\nu1\nu2\n";
    let v1 = ["--data", "o=v1.csv"];
    let table: [Edit<'_>; 7] = [
        ("list", list("v1.csv"), &[], list("v2.csv"), two),
        ("child table", child("from \"v1.csv\""), &[], child("from \"v2.csv\""), two),
        ("reference table", reference("from \"v1.csv\""), &[], reference("from \"v2.csv\""), two),
        ("from --data to from", child(""), &v1, child("from \"v2.csv\""), two),
        ("a list's column", list("v1.csv"), &[], renamed, who),
        ("a header", child("from \"v1.csv\""), &[], by_header.to_owned(), who),
        ("a header of --data", child(""), &v1, by_header.to_owned(), who),
    ];
    for old_stays in [true, false] {
        for (what, before, more, after, rows) in &table {
            let place = Place::with(&[("v1.csv", one), ("v2.csv", rows), ("users.csv", "user_id,spend\nu1,9\nu2,1\n")]);
            place.write("shop.rules", rules(before));
            run(&place, 1, more);
            if !old_stays {
                std::fs::remove_file(place.path("v1.csv")).unwrap();
            }
            place.write("shop.rules", rules(after));
            place.write("users.csv", "user_id,spend\nu1,9\nu2,9\n");
            let answer = run(&place, 2, &[]);
            let told = || format!("{what}, the old file {}: {answer:?}", if old_stays { "stays" } else { "is gone" });
            assert_eq!(moves(&answer), ["big 1 (data 1) 0", "a 1 (data 1) 0"], "{}", told());
            assert!(!answer.err.contains("cannot be asked") && !answer.err.contains("changed: "), "{}", told());
        }
    }
}

/// What is edited; the rules and what is typed behind them, before and after; who enters a segment that reads it.
type Gone<'e> = (&'e str, String, &'e [&'e str], String, &'e [&'e str], &'e str);

/// What is there no more under its name takes with it what depends on it, and nothing else.
#[test]
fn only_what_depends_on_what_is_gone_cannot_be_asked() {
    let child = |name: &str| {
        format!(
            "table {name} of users by user_id {{ user_id: text }}\nsegment a when any({name}) {{ on enter do x }}\n"
        )
    };
    let unused = "list old from \"v1.csv\"\nsegment c when user_id in old\n".to_owned();
    let column = |name: &str| format!("segment a when {name} > 5 {{ on enter do x }}\n");
    let table: [Gone<'_>; 3] = [
        (
            "a table renamed",
            child("o"),
            &["--data", "o=v1.csv"],
            child("p"),
            &["--data", "p=v2.csv"],
            "a 1 (rules 1) 0",
        ),
        ("a list deleted", unused, &[], String::new(), &[], ""),
        ("a column renamed", column("points"), &[], column("score"), &[], "a 1 (rules 1) 0"),
    ];
    for (what, before, more, after, now, moved) in table {
        let place = Place::with(&[("v1.csv", "user_id\nu1\n"), ("v2.csv", "user_id\nu1\nu2\n")]);
        let with = |text: &str| rules(text).replace("spend: int? }", "spend: int?  points: int? }");
        place.write("users.csv", "user_id,spend,points\nu1,9,9\nu2,1,1\n");
        place.write("shop.rules", with(&before));
        run(&place, 1, more);
        std::fs::remove_file(place.path("v1.csv")).unwrap();
        place.write("users.csv", "user_id,spend,score\nu1,9,9\nu2,9,9\n");
        place.write("shop.rules", with(&after).replace("points: int?", "score: int?"));
        let answer = run(&place, 2, now);
        let expected: Vec<&str> = ["big 1 (data 1) 0", moved].into_iter().filter(|line| !line.is_empty()).collect();
        assert_eq!(moves(&answer), expected, "{what}: {answer:?}");
        let said = answer.err.contains("the previous rules of `a` cannot be asked any more");
        assert!(said != moved.is_empty() && !answer.err.contains("the rules of `big`"), "{what}: {answer:?}");
    }
}

/// A file without a single row, not even a header, is no rows: who had some leaves by data, also on the day of an edit.
#[test]
fn a_file_of_nothing_can_be_asked_about() {
    let place = Place::with(&[("users.csv", "user_id,spend\nu1,1\n"), ("orders.csv", "user_id,amount\nu1,9\n")]);
    let buyers = "segment buyers when any(orders where amount > 1) { on exit do call }\n";
    let text = rules(&format!("{ORDERS}{buyers}"));
    place.write("shop.rules", &text);
    run(&place, 1, &["--data", "orders=orders.csv"]);
    place.write("shop.rules", format!("{text}# now explained\n"));
    place.write("orders.csv", "user_id,amount\n");
    let answer = run(&place, 2, &["--data", "orders=orders.csv"]);
    assert_eq!(moves(&answer), ["buyers 0 1 (data 1)"], "{answer:?}");
}

/// Rules without a table know columns by their use: one that was renamed takes with it what reads it.
#[test]
fn a_renamed_column_without_a_table_is_no_other() {
    let rules = |column: &str| format!("segment big when spend > 5\nsegment rich when {column} > 5\n");
    let place = Place::with(&[("shop.rules", &rules("points")), ("users.csv", "user_id,spend,points\nu1,1,1\n")]);
    run(&place, 1, &[]);
    place.write("shop.rules", rules("score"));
    place.write("users.csv", "user_id,spend,score\nu1,9,9\n");
    let answer = run(&place, 2, &[]);
    assert_eq!(moves(&answer), ["big 1 (data 1) 0", "rich 1 (rules 1) 0"], "{answer:?}");
}

/// What `actions` writes is what was written then, also after the rules got another zone; and so is a run that is made again.
#[test]
fn decisions_stay_in_the_zone_in_which_they_were_made() {
    let text = "rulebook \"shop\" timezone \"Asia/Shanghai\"\nsegment big when spend > 5 { on enter send sms \"x\" hours 12:00..13:00 backfill }\n";
    let place = Place::with(&[("shop.rules", text), ("users.csv", "user_id,spend\nu1,9\n")]);
    let first = run(&place, 1, &["--actions", "-"]).out;
    assert!(first.contains("2026-11-01T12:00:00+08:00"), "{first}");
    place.write("shop.rules", text.replace("Asia/Shanghai", "UTC"));
    let as_of = ["run", "shop.rules", "users.csv", "--as-of", "2026-11-01T00:00+08:00", "--state", "shop.state"];
    let again = place.run(&[&as_of[..], &["--format", "none", "--actions", "-"]].concat());
    assert_eq!(again.out, first, "{again:?}");
    run(&place, 2, &[]);
    let told = place.run(&["actions", "--state", "shop.state"]);
    assert!(told.out == first && told.err == "1 decision\n", "{told:?}");
}
