//! `tagwell sql`: the query as a person reads it.

use super::Place;

#[test]
fn a_funnel_is_a_step_each_and_each_limit_one_column() {
    let rules = "rulebook \"shop\" timezone \"Europe/Berlin\"
table users key user_id { user_id: text }
table events of users by user_id at happened_at key id { user_id: text  id: int  happened_at: timestamp  kind: text }
param soon = 24h
funnel trial on events {
  install  when kind = \"install\"
  register within 1d when kind = \"register\"
  buy      within soon when kind = \"buy\"
  again    within 1d when kind = \"buy\"
  tell     when kind = \"tell\"
}
";
    let answer = Place::with(&[("shop.rules", rules)]).run(&[
        "sql",
        "shop.rules",
        "--dialect",
        "duckdb",
        "--as-of",
        "2026-11-22",
    ]);
    assert_eq!((answer.code, &*answer.err), (0, ""));
    let steps = answer.out.find("  -- adds").zip(answer.out.find("  -- how far each came"));
    insta::assert_snapshot!(steps.and_then(|(from, to)| answer.out.get(from..to)).unwrap());
}

#[test]
fn what_a_query_cannot_remember_is_told_beside_it() {
    let rules = "rulebook \"shop\" timezone \"Europe/Berlin\"
table users key user_id { user_id: text  points: int }
tag vip when points > 3
level tier by points { gold from 500 keep 30d  red otherwise }
tag loyal when held(vip) >= 30d
";
    let place = Place::with(&[("shop.rules", rules)]);
    let answer = place.run(&["sql", "shop.rules", "--dialect", "duckdb", "--as-of", "2026-11-22"]);
    let told = "`keep` of `tier` has no effect: a query has no state, so nothing has been before
`held` is missing for everybody: a query has no state, so nothing has been before
";
    assert_eq!((answer.code, &*answer.err), (0, told));
    assert!(told.lines().all(|line| answer.out.contains(&format!("-- {line}\n"))), "{}", answer.out);
}

#[test]
fn types_that_nothing_declares_are_told() {
    let place = Place::with(&[
        ("bare.rules", "tag vip when last_order between 30d..60d and spend > 500\n"),
        ("users.csv", "user_id,last_order,spend\nu1,2026-10-01,3\n"),
    ]);
    let words = ["sql", "bare.rules", "--dialect", "duckdb", "--as-of", "2026-11-22"];
    let bare = place.run(&words);
    assert_eq!(
        (bare.code, &*bare.err),
        (
            0,
            "no table is declared; read are `user_id` as text, `last_order` as timestamp, `spend` as float: name a file of users behind the rules where it is not so\n"
        )
    );
    let with_a_file = place.run(&[&words[..2], &["users.csv"], &words[2..]].concat());
    assert_eq!((with_a_file.code, &*with_a_file.err), (0, ""));
    assert!(with_a_file.out.contains("CAST(users.last_order AS DATE)"), "{}", with_a_file.out);
}

#[test]
fn a_table_is_in_one_place() {
    let place = Place::with(&[("shop.rules", "table users key id { id: text }\ntag t when id = \"a\"\n")]);
    let words =
        ["sql", "shop.rules", "--dialect", "duckdb", "--as-of", "2026-11-22", "--table", "users=lake.users", "--table"];
    let twice = place.run(&[&words[..], &["users=users"]].concat());
    let said = "error: --table: `users` is said to be in two places, `lake.users` and `users`\n  = help: leave one of them out\n";
    assert_eq!((twice.code, &*twice.err), (2, said));
    let once = place.run(&[&words[..], &["users=lake.users"]].concat());
    assert_eq!((once.code, &*once.err), (0, ""));
}

#[test]
fn what_is_wrong_with_the_line_is_told_with_what_to_type() {
    let rules = "table users key id { id: text }\ntag t when id = \"a\"\n";
    let place = Place::with(&[("shop.rules", rules), ("users.csv", "id\nu1\n")]);
    let words = ["sql", "shop.rules", "--dialect", "duckdb"];
    let answer = place.run(&[&words[..], &["--as-of", "param"]].concat());
    let help = "  = help: or `--as-of parameter`, and the query takes the moment when it is run\n";
    assert!(answer.code == 2 && answer.err.ends_with(help), "{}", answer.err);
    let help = "`read_parquet('u')` is no name of a table: write users=warehouse.sales.users; a file is 'users=\"users.parquet\"' on DuckDB";
    let answer = place.run(&[&words[..], &["--table", "users=read_parquet('u')"]].concat());
    assert!(answer.code == 2 && answer.err.contains(help), "{}", answer.err);
    for with in [&words[..], &["run", "shop.rules", "users.csv"]] {
        let answer = place.run(&[with, &["--with", "zz"]].concat());
        let said = "error: --with: there is no field or `let` `zz`\n  = help: there are `id`, `t`\n";
        assert_eq!((answer.code, &*answer.err), (2, said));
    }
}

/// Nobody reads the head of a query that goes to a file: what it costs, and what to do, is told as well.
#[test]
fn what_a_query_needs_is_told_beside_it() {
    let mut rules = "table users key id { id: text  x: int }\nlet m0 = avg(users.x)\n".to_owned();
    for n in 1..5 {
        rules += &format!("let over{n} = x > m{}\nlet m{n} = avg(users.x where over{n})\n", n - 1);
    }
    let place = Place::with(&[("shop.rules", &*(rules + "tag t when x > m4\n"))]);
    let words = ["sql", "shop.rules", "--dialect", "spark", "--as-of", "2026-11-22", "--out", "q.sql"];
    let answer = place.run(&words);
    assert_eq!(answer.code, 0, "{}", answer.err);
    insta::assert_snapshot!(answer.err);
    let query = place.read("q.sql");
    assert!(answer.err.lines().all(|line| query.contains(&line.replace("note: ", "-- "))), "{query}");
    assert_eq!(place.run(&[&words[..], &["-q"]].concat()).err, "");
    assert_eq!(place.run(&[&["sql", "shop.rules", "--dialect", "duckdb"], &words[4..]].concat()).err, "");
}

#[test]
fn what_one_engine_cannot_say_is_told_with_another_way() {
    let rules = "table users key id { id: text  city: text  x: int? }\ntag t when count(distinct(users.x per city)) > 1\n\
        let all = distinct(users.x per city)\ntag u when all has 3\n";
    let place = Place::with(&[("shop.rules", rules)]);
    let answer = place.run(&["sql", "shop.rules", "--dialect", "clickhouse", "--as-of", "2026-11-22"]);
    assert_eq!((answer.code, &*answer.out), (2, ""));
    insta::assert_snapshot!(answer.err);
}
