//! What data hold, shown to people: a terminal obeys nothing of it, and columns line up. Forms for programs hold it as it is.

use super::{Answer, Place};

/// What a terminal would obey, or nobody could see; a tab and a line break.
const HIDDEN: &str = "\u{1b}[31mx\u{202e}y\u{2066}\u{9b}\u{7f}\tz\n.";

const RULES: &str = r#"
table users key user_id { user_id: text  name: text?  things: list of text  points: int }
table orders of users by user_id from "orders.jsonl" { user_id: text  amount: int }
let who  "as they call themselves" = name
let half "half of their points"    = points / 2
let mean "points of namesakes"     = avg(users.points per name)
## Named \u{202e} so.
tag fruit "\u{1b}label" when things has "水果"
tag named               when name = "\u{202e}x" or points > 7 or sum(orders.amount) > 5
level tier by points { high "\u{202e}top" from 20  low otherwise }
segment s when points > 2 { backfill  on enter { send sms "hello {name ?? \"you\"}" } }
test "\u{202e}" { given { name: "\u{1b}"  points: 3 } expect named }
"#;

fn place() -> Place {
    let user = |key: &str, name: &str, things: &[&str], points: u32| {
        serde_json::json!({ "user_id": key, "name": name, "things": things, "points": points }).to_string() + "\n"
    };
    let users = user(&format!("u1{HIDDEN}"), HIDDEN, &[HIDDEN, "b"], 5) + &user("u2", "水果", &["水果", "肉"], 50);
    let orders = serde_json::json!({ "user_id": format!("u9{HIDDEN}"), "amount": 3 }).to_string();
    Place::with(&[("it.rules", RULES), ("users.jsonl", &users), ("orders.jsonl", &(orders + "\n"))])
}

/// An answer of which a terminal obeys nothing.
fn harmless(answer: &Answer) -> String {
    let text = format!("{}---\n{}", answer.out, answer.err);
    let hidden = |it: char| it.is_control() && it != '\n' || "\u{202e}\u{2066}".contains(it);
    assert!(!text.contains(hidden), "{text:?}");
    text
}

const RUN: [&str; 7] = ["run", "it.rules", "users.jsonl", "--as-of", "2026-11-22", "--with", "who,things,half"];

#[test]
fn tables_line_up_and_lists_stand_like_tags() {
    let place = place();
    let answer = place.run(&[&RUN[..], &["--format", "table"]].concat());
    insta::assert_snapshot!(harmless(&answer));
    harmless(&place.run(&[&RUN[..], &["--format", "table", "--shape", "long"]].concat()));
}

#[test]
fn forms_for_programs_hold_what_the_data_hold() {
    let place = place();
    for (format, held) in [
        ("csv", format!("\"u1{HIDDEN}\",,low,s,\"{HIDDEN}\",\"{HIDDEN};b\",2.5\n")),
        ("csv", "u2,fruit;named,high,s,水果,水果;肉,25.0\n".to_owned()),
        ("jsonl", format!("\"who\":{}", serde_json::Value::from(HIDDEN))),
        ("jsonl", format!("\"things\":[{},\"b\"]", serde_json::Value::from(HIDDEN))),
    ] {
        let answer = place.run(&[&RUN[..], &["--format", format, "-q"]].concat());
        assert!(answer.out.contains(&held), "{}\n{held}", answer.out);
    }
    let user = format!("u1{HIDDEN}");
    let answer = place.run(&["explain", "it.rules", "users.jsonl", "--user", &user, "who", "--format", "json", "-q"]);
    let document: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(
        (&document["user_id"], &document["results"][0]["value"]),
        (&user.as_str().into(), &HIDDEN.into()),
        "{document}"
    );
}

#[test]
fn explanations() {
    let place = place();
    let words = |user: &str| {
        let user = ["explain", "it.rules", "users.jsonl", "--as-of", "2026-11-22", "--user", user];
        let all = harmless(&place.run(&user));
        all + &harmless(&place.run(&[&user[..], &["who", "-q"]].concat()))
    };
    insta::assert_snapshot!(words(&format!("u1{HIDDEN}")));
    for rest in [["--user", "nobody"].as_slice(), &["fruit", "named", "tier"]] {
        harmless(&place.run(&[&["explain", "it.rules", "users.jsonl"], rest].concat()));
    }
}

#[test]
fn the_prompt() {
    let script = "who\nthings\npoints > 0\n\"\\u{1b}\\u{202e}\"\n:top 2 points\n:sample 2 things has \"b\"\nlet who = if points > 7 then name else \"\\u{202e}\"\n\
        layer by_name { a when name = \"水果\"  b otherwise }\nlayer by_name { b when name = \"水果\"  a otherwise }\n:schema\n:why u2 who\n";
    let words = ["repl", "it.rules", "users.jsonl", "--as-of", "2026-11-22"];
    let answer = place().run_with_input(&words, script);
    assert_eq!(answer.code, 0, "{}", answer.err);
    insta::assert_snapshot!(harmless(&answer));
    for line in
        [":no\u{1b}", ":as-of \u{1b}", ":why \u{1b}", ":tests \u{1b}", ":drop \u{1b}", ":load \u{1b}", ":rules \u{1b}"]
    {
        let answer = place().run_with_input(&words, line);
        assert_eq!(answer.code, 1);
        harmless(&answer);
    }
}

#[test]
fn every_other_text() {
    let place = place();
    let state = ["it.rules", "users.jsonl", "--as-of", "2026-11-22", "--state", "it.state"];
    for (words, code) in [
        (["check", "it.rules", "users.jsonl"].as_slice(), 0),
        (&["simulate", "it.rules", "users.jsonl", "--from", "2026-11-22", "--to", "2026-11-23"], 0),
        (&["test", "it.rules"], 1),
        (&[&["run"], &state[..], &["--format", "none"]].concat(), 0),
        (&[&["explain"], &state[..], &["--user", "u2"]].concat(), 0),
        (&["schema", "users.jsonl"], 0),
    ] {
        let answer = place.run(words);
        assert_eq!(answer.code, code, "{words:?}: {}{}", answer.out, answer.err);
        let said = harmless(&answer);
        let most = "most: u1␛[31mx\u{fffd}y\u{fffd}\u{fffd}␡ z␊. 1, u2 1\n";
        assert!(words[0] != "simulate" || said.contains(most), "{said}");
    }
}

#[test]
fn a_text_that_is_proposed_can_be_written_in_a_rule() {
    let rules = "table users key user_id { user_id: text  city: text }\ntag far when city = \"P\\u{202e}aris\"\n";
    let place = Place::with(&[("it.rules", rules)]);
    let answer = place.run(&["test", "it.rules", "--suggest"]);
    assert!(answer.out.contains("given { city: \"P\\u{202e}aris\" }"), "{}{}", answer.out, answer.err);
    harmless(&answer);
}
