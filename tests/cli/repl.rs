//! `tagwell repl`, by scripts on standard input.

use std::io::{BufRead, BufReader, Write};

use super::{Answer, Place};

const USERS: &str = "user_id,city,points,spend,last_order\nu1,Rome,6200,480.00,2026-10-10\nu2,Oslo,380,900.50,2026-11-20\nu3,Rome,900,2700.00,2026-10-02\nu4,,12,,\n";
const RULES: &str = "\
## They stay away.
tag vip when spend > 500 and last_order between 30d..60d
level tier by points { gold from 5000  silver from 500  red otherwise }
";

fn place() -> Place {
    Place::with(&[("shop.rules", RULES), ("users.csv", USERS)])
}

fn talk(place: &Place, script: &str) -> Answer {
    place.run_with_input(&["repl", "shop.rules", "users.csv", "--as-of", "2026-11-22"], script)
}

#[test]
fn a_rule_is_checked_counted_and_shown() {
    let answer = talk(
        &place(),
        "tag rich when spend > 500\ntag rich when spend > 400\nlet city_of = city\nlevel by_spend by spend {\n  high from 1000\n  low otherwise\n}\n",
    );
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out);
}

#[test]
fn an_expression_prints_how_it_is_spread() {
    let answer = talk(&place(), "spend\nspend > 500\ncity\nlast_order\n2 + 3\ntoday - 30d\ntier\n");
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out);
}

#[test]
fn commands() {
    let answer = talk(
        &place(),
        ":why u1 vip\n:top 2 spend\n:sample 2 points > 100\n:as-of\n:as-of +15d\n:as-of 2026-11-22\n:schema\ntag vip when spend > 900\n:diff\n:rules\n",
    );
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out);
}

#[test]
fn a_script_stops_at_the_first_mistake() {
    for (script, said) in [
        ("spend > 1\nspnd > 500\npoints > 5000\n", "unknown field `spnd`"),
        ("tag vip when spend >\n\nspend\n", "error[E"),
        (":sampel 3\n", "error: there is no command `:sampel`\n  = help: did you mean `:sample`?\n"),
        (":why\n", "error: `:why` needs to know more\n  = help: write `:why ID [NAME…]`\n"),
        (":why u9\n", "error: there is no user `u9` in `users.csv`"),
        (":as-of soon\n", "error: `soon` is "),
        (":data nothing.csv\n", "error: cannot read `nothing.csv`"),
        (":load nothing.rules\n", "error: cannot read `nothing.rules`"),
        (":sample 3 spend\n", "error: `spend` is no condition"),
    ] {
        let answer = talk(&place(), script);
        assert_eq!(answer.code, 1, "{script}: {answer:?}");
        assert!(answer.err.contains(said), "{script}: {}", answer.err);
        assert!(!answer.out.contains("1 of 4"), "nothing is answered after it: {}", answer.out);
    }
}

#[test]
fn a_mistake_changes_nothing() {
    let place = place();
    let script = "tag vip when spend > 400\n:save\n";
    assert_eq!(talk(&place, script).code, 0);
    let saved = place.read("shop.rules");
    assert_eq!(
        saved,
        "## They stay away.\ntag vip when spend > 400\nlevel tier by points {\n  gold   from 5000\n  silver from 500\n  red    otherwise\n}\n"
    );
    assert_eq!(talk(&place, "tag vip when sped > 1\n:save\n").code, 1);
    assert_eq!(place.read("shop.rules"), saved);
    assert_eq!(place.files(), ["shop.rules", "users.csv"], "no history is kept of a script");
}

#[test]
fn no_file_is_written_over_but_the_rules_that_were_loaded() {
    let place = place();
    let users = place.read("users.csv");
    let answer = talk(&place, ":save users.csv\n");
    assert_eq!((answer.code, place.read("users.csv")), (1, users));
    assert!(answer.err.contains("users.csv is there already, and was not loaded here"), "{}", answer.err);
    assert_eq!(talk(&place, "tag a when points > 1\n:save\n:save new.rules\n:save new.rules\n").code, 0);
}

#[test]
fn a_session_can_begin_with_nothing() {
    let place = place();
    let script =
        "1d12h * 2\n:data users.csv\ntag rich when spend > 500\n:load shop.rules\n:save all.rules\n:quit\nnever\n";
    let answer = place.run_with_input(&["repl", "--as-of", "2026-11-22"], script);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{answer:?}");
    insta::assert_snapshot!(answer.out);
    assert!(place.read("all.rules").contains("tag rich when spend > 500"));
    assert_eq!(place.run_with_input(&["repl"], "").code, 0);
    assert_eq!(place.run_with_input(&["repl", "none.rules"], "").code, 2);
}

#[test]
fn rules_about_orders_and_about_everybody() {
    let rules = "table users key id { id: text }
        table orders of users by id at at { id: text  at: timestamp  amount: int }
        let spend = sum(orders.amount)
        tag best when top 50% by spend\n";
    let orders = "id,at,amount\na,2026-11-01,5\nb,2026-11-02,9\na,2026-12-01,50\n";
    let place = Place::with(&[("a.rules", rules), ("users.csv", "id\na\nb\nc\n"), ("orders.csv", orders)]);
    let words = ["repl", "a.rules", "users.csv", "--data", "orders=orders.csv", "--as-of", "2026-11-22"];
    let answer =
        place.run_with_input(&words, "count(orders) > 0\nspend\n:why a best\n:as-of +15d\nspend > avg(users.spend)\n");
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out);
}

#[test]
fn what_is_loaded_again_takes_the_place_of_what_was_there() {
    let place = place();
    place.write("more.rules", "tag vip when spend > 100\ntag fan when points > 500\n");
    place.write("sub/one.rules", "tag one when points > 1\n");
    let words = ["repl", "shop.rules", "users.csv", "--as-of", "2026-11-22"];
    let script = "tag fan when spend > 2000\ntag typed when points > 1\n:load shop.rules\n:load ./shop.rules\n:load more.rules\n:load sub\n:load sub/one.rules\n:load sub/\n:rules\n";
    let answer = place.run_with_input(&words, script);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out);
}

#[test]
fn a_file_that_was_changed_is_read_anew() {
    let place = place();
    let words = ["repl", "shop.rules", "users.csv", "--as-of", "2026-11-22"];
    let mut child = place.command(&words).stdin(std::process::Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut ask = |line: &str, lines: usize| {
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
        let mut said = String::new();
        (0..lines).for_each(|_| assert!(output.read_line(&mut said).unwrap() > 0));
        said
    };
    assert_eq!(ask("points > 500", 1), "2 of 4 users (50.0 %): u1, u3\n");
    place.write("users.csv", format!("{USERS}u5,Bonn,9000,1,2026-11-01\n"));
    assert_eq!(ask("points > 500", 1), "3 of 5 users (60.0 %): u1, u3, u5\n");
    place.write("shop.rules", format!("{RULES}tag new when points > 5000\ntag newer when points > 1\n"));
    assert_eq!(ask(":load shop.rules", 1), "4 declarations (+2 tags), 5 users\n");
    place.write("shop.rules", "tag vip when spend > 100\ntag new when points > 5000\n");
    assert_eq!(
        ask(":load shop.rules", 4),
        "2 declarations (1 changed, -1 tag, -1 level), 5 users\nwhat changed:\nvip\n  + 2: u1, u2\n"
    );
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn data_that_do_not_fit_are_told_at_once() {
    let rules = "table users key id { id: text }
        table orders of users by id at at { id: text  at: timestamp  amount: int  note: text? }\n";
    let files = [
        ("a.rules", rules),
        ("users.csv", "id\na\nb\n"),
        ("orders.csv", "id,at,amount\na,2026-11-01,5\nz,2026-11-02,9\na,2026-12-01,50\nb,soon,1\n"),
        ("wrong.csv", "id,ammount,city\na,5,Rome\n"),
        ("wrong.jsonl", "{\"id\": \"a\", \"at\": \"2026-11-01\"}\n"),
        ("bad.csv", "id\n\n"),
    ];
    let place = Place::with(&files);
    let talk = |words: &[&str], script: &str| place.run_with_input(words, script);
    let words = ["repl", "a.rules", "users.csv", "--as-of", "2026-11-22"];
    let good = talk(
        &words,
        ":data orders=orders.csv\nsum(orders.amount)\n:data users.csv\n:data users=users.csv\n:data orders.csv\n",
    );
    assert_eq!((good.code, good.err.as_str()), (0, ""));
    insta::assert_snapshot!(good.out);
    let wrong = |script: &str| {
        let answer = talk(&words, script);
        assert_eq!(answer.code, 1, "{script}: {answer:?}");
        answer.err
    };
    insta::assert_snapshot!(wrong(":data orders=wrong.csv\n"), @"
    error: `wrong.csv` does not fit the table `orders`: it has no `at`, `amount`
      = help: did you mean its `ammount`? then the table says `amount: int from \"ammount\"`
      = help: its columns are id, ammount, city
    ");
    insta::assert_snapshot!(wrong(":data orders=wrong.jsonl\n"), @"
    error: `wrong.jsonl` does not fit the table `orders`: it has no `amount`
      = help: its columns are id, at
    ");
    insta::assert_snapshot!(wrong(":data ordrs=orders.csv\n"), @"
    error: the rules have no table or list `ordrs`
      = help: did you mean `:data orders=orders.csv`?
    ");
    // What is given beside the rules is held against them before anything is asked.
    let words = ["repl", "a.rules", "users.csv", "--data", "orders=wrong.csv"];
    let answer = talk(&words, "");
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.err.contains("it has no `at`, `amount`"), "{}", answer.err);
}

#[test]
fn tests_are_played_where_they_are_typed() {
    let script = "\
test \"the line\" as of 2026-11-22 { given { spend: 501, last_order: 40d ago } expect vip  given { spend: 500, last_order: 40d ago } expect not vip }
:tests
tag vip when spend > 600 and last_order between 30d..60d
tag vip when spend > 500 and last_order between 30d..60d
:tests LINE
";
    let answer = talk(&place(), script);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out);
    let failing = "test \"wrong\" as of 2026-11-22 { given { spend: 500, last_order: 40d ago } expect vip }\n";
    let answer = talk(&place(), failing);
    assert_eq!(answer.code, 1);
    insta::assert_snapshot!(answer.err);
    for (script, said) in [
        (":tests\n", "error: the rules have no tests\n"),
        (
            "test \"a line\" as of 2026-11-22 { given { spend: 1, last_order: today } expect not vip }\n:tests linen\n",
            "the tests are \"a line\"",
        ),
    ] {
        let answer = talk(&place(), script);
        assert!(answer.code == 1 && answer.err.contains(said), "{script}: {answer:?}");
    }
}

#[test]
fn words_without_their_colon() {
    let place = place();
    let help = talk(&place, ":help\n").out;
    for bare in ["help", "?", "help()"] {
        assert_eq!(talk(&place, &format!("{bare}\n")).out, help, "{bare}");
    }
    for bare in ["exit", "quit", "q", "exit()"] {
        let answer = talk(&place, &format!("{bare}\n1 + 1\n"));
        assert_eq!((answer.code, answer.out.as_str()), (0, ""), "{bare}");
    }
    let named = talk(&place, "let help = points\nhelp > 1000\nhelp\n");
    assert_eq!(named.code, 0);
    assert!(
        named.out.contains("1 of 4 users") && named.out.ends_with("mean 1873.0\n"),
        "it is a name now: {}",
        named.out
    );
    let answer = talk(&place, "why u1 vip\n");
    assert!(answer.err.contains("commands begin with a colon: `:why u1 vip`"), "{}", answer.err);
}

#[test]
fn a_mistake_in_a_script_has_the_line_of_the_script() {
    let place = place();
    for (script, at) in [
        ("spend > 1\n\n  points > 1 and spnd > 500\n", "<stdin>:3:18"),
        ("# first\ntag a when points > 1\ntag b when\n  points > 1\n  and spnd > 2\n", "<stdin>:5:7"),
        ("tag a when points > 1\n\n:top 3 spnd\n", "<stdin>:3:8"),
        ("tag a when points > 1\n\n\ntag a when points > \"x\"\n", "<stdin>:4:"),
        ("\ntag vip when spnd > 1\n", "<stdin>:2:14"),
        ("tag a when points >\n\n", "<stdin>:1:"),
    ] {
        let answer = talk(&place, script);
        assert_eq!(answer.code, 1, "{script}: {answer:?}");
        assert!(answer.err.contains(at), "{script}: {at}: {}", answer.err);
    }
}

#[test]
fn data_can_be_looked_at_without_rules() {
    let place = place();
    let answer = place.run_with_input(
        &["repl", "users.csv", "--as-of", "2026-11-22"],
        "spend\npoints\ncity\nlast_order\n:data users.csv\n:top 2 points\n",
    );
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out);
}

#[test]
fn a_rule_goes_on_below() {
    let answer = talk(&place(), "tag a when points > 1\n  and spend > 500\npoints > 100\nand points < 1000\n\nand\n");
    assert_eq!(answer.code, 1, "a blank line ends it: {answer:?}");
    insta::assert_snapshot!(answer.out);
}

#[test]
fn a_command_does_not_go_on_below() {
    for command in [":save kept.rules", ":as-of", ":help", "help"] {
        let place = place();
        let answer = talk(&place, &format!("tag a when points > 1\n{command}\nand points < 5\n"));
        assert_eq!(answer.code, 1, "{command}: {answer:?}");
        assert!(answer.err.contains("error[E"), "what is typed there is no rule: {answer:?}");
        let files = place.files();
        assert!(files.iter().all(|file| !file.contains('\n')), "{files:?}");
    }
    // The rule above the command is whole.
    let answer = talk(&place(), "tag a when points > 1\n:as-of\n\n  and points < 5\n");
    assert_eq!(answer.code, 1, "{answer:?}");
}

#[test]
fn a_command_says_what_it_takes() {
    for (script, said) in [
        (":diff foo bar\n", "`:diff` takes nothing behind it, and `foo bar` stands there\n  = help: write `:diff`\n"),
        (":quit now\n", "`:quit` takes nothing behind it, and `now` stands there"),
        (":help save\n", "`:help` takes nothing behind it"),
        (":rules x\n", "`:rules` takes nothing behind it"),
        (":s\n", "`:s` begins the names of several commands\n  = help: write one of `:sample`, `:save`, `:schema`\n"),
        (":d\n", "help: write one of `:data`, `:diff`, `:drop`\n"),
        (":x\n", "there is no command `:x`\n  = help: `:help` lists what there is\n"),
    ] {
        let answer = talk(&place(), script);
        assert_eq!((answer.code, answer.out.as_str()), (1, ""), "{script}: {answer:?}");
        assert!(answer.err.contains(said), "{script}: {}", answer.err);
    }
}

#[test]
fn a_snapshot_is_kept_of_rules_that_are_in_their_file() {
    let place = Place::with(&[
        ("shop/shop.rules", &format!("{RULES}snapshot \"all\" of \"users.csv\" as of 2026-11-22\n")),
        ("shop/users.csv", USERS),
    ]);
    let talk = |script: &str| place.run_with_input(&["repl", "shop/shop.rules", "shop/users.csv"], script).err;
    let as_it_is = talk(":tests\n");
    assert!(as_it_is.contains("help: keep it: `tagwell test shop/shop.rules --accept`, and read it"), "{as_it_is}");
    let changed = talk("tag vip when spend > 900\n:tests\n");
    let told = "help: `:save` these rules, then keep it: `tagwell test shop/shop.rules --accept`, and read it";
    assert!(changed.contains(told), "{changed}");
}

#[test]
fn rules_are_taken_out() {
    let script = "tag rich when spend > 500\ntest \"a line\" { given { points: 1 } expect tier = red }\n:drop rich\n:drop test \"a line\"\n:drop vip tier\n:rules\nlet a = points\ntag b when a > 500\n:drop a\n";
    let answer = talk(&place(), script);
    assert_eq!(answer.code, 1, "what others name stays: {answer:?}");
    assert!(answer.err.contains("`b` uses `a`\n  = help: drop both: `:drop a b`"), "{}", answer.err);
    insta::assert_snapshot!(answer.out);
    let answer = talk(&place(), ":drop teir\n");
    assert_eq!(answer.err, "error: no rule is called `teir`\n  = help: did you mean `:drop tier`?\n");
}

#[test]
fn a_sample_shows_what_is_asked_about() {
    let place = place();
    let answer = talk(&place, ":sample 2 points > 100 and city = \"Rome\"\n:sam 1\n");
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out);
    let answer = place.run_with_input(&["repl", "users.csv"], ":sample 2\n:schema\n");
    insta::assert_snapshot!(answer.out);
}

#[test]
fn a_sample_of_nobody_says_so() {
    let answer = talk(&place(), ":sample points > 1000000\n");
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    assert!(answer.out.starts_with("0 of ") && answer.out.contains(" users match\n"), "{}", answer.out);
}

/// Only what reads a change is evaluated again; whoever begins anew with the changed rules is told the same.
#[test]
fn what_is_known_already_is_what_would_be_found() {
    let rules = "\
param big = 500
list some from \"some.csv\"
let twice = points * 2
tag vip when spend > big
tag sure when vip and twice > 100
tag listed when user_id in some
tag above when points > avg(users.points)
level tier by points { gold from 5000  silver from 500  red otherwise }
score heat { 5 when tier >= silver  1 when sure }
";
    let changes = [
        "param big = 1000",
        "let twice = points * 200",
        "tag vip when spend > 1",
        "level tier by twice { gold from 100  silver from 50  red otherwise }",
        "tag above when twice > avg(users.twice per city)",
        "rulebook \"shop\" timezone \"Asia/Shanghai\"",
        "list some from \"others.csv\"",
        "table users key user_id { user_id: text  city: text?  points: int?  spend: decimal(2)?  last_order: date? }",
    ];
    let place = Place::with(&[
        ("a.rules", rules),
        ("users.csv", USERS),
        ("some.csv", "id\nu1\n"),
        ("others.csv", "id\nu2\nu3\n"),
    ]);
    for upto in 1..=changes.len() {
        let all: String = changes[..upto].iter().map(|line| format!("{line}\n")).collect();
        let words = ["repl", "a.rules", "users.csv", "--as-of", "2026-11-22"];
        let talked = place.run_with_input(&words, format!("{all}:diff\n:sample\n:save all.rules\n"));
        assert_eq!((talked.code, talked.err.as_str()), (0, ""), "{all}");
        // Names on the way: which line of the talk says `what changed` is told by the diff as a whole.
        let fresh = ["repl", "all.rules", "users.csv", "--as-of", "2026-11-22"];
        let anew = place.run_with_input(&fresh, ":sample\n");
        let sample = talked.out.split("4 of 4 users\nuser").last().unwrap().replace("written to all.rules\n", "");
        assert!(anew.out.ends_with(&sample), "{all}{}\n{}", talked.out, anew.out);
        std::fs::remove_file(place.path("all.rules")).unwrap();
    }
    // What each change is said to do is what `:diff` says of it alone.
    for change in changes.into_iter().chain(["let points = spend"]) {
        let words = ["repl", "a.rules", "users.csv", "--as-of", "2026-11-22"];
        let told = place.run_with_input(&words, format!("{change}\n:diff\n"));
        let (_, diff) = told.out.rsplit_once("what changed:\n").unwrap_or(("", &told.out));
        let lines: Vec<&str> = diff.lines().collect();
        let (first, second) = lines.split_at(lines.len() / 2);
        let has_changed = told.out.contains("what changed");
        assert!(!has_changed || first == second, "{change}: {}", told.out);
    }
}
