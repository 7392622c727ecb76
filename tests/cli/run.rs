//! `tagwell run`: every form in, every form out, bad rows, and what is told of them.

use super::Place;

const RULES: &str = "\
table users key user_id {
  user_id: text
  spend:   decimal(2)?
  last:    date?
}
tag vip when spend > 500 and last between 30d..60d
level tier by spend { gold from 500  silver otherwise }
score heat { 40 when vip  10 when spend is known }
";

const CSV: &str = "user_id,spend,last\nu1,500.01,2026-10-10\nu2,,2026-10-10\n\"u,3\",1.5,\n";

fn place() -> Place {
    Place::with(&[("a.rules", RULES), ("users.csv", CSV)])
}

#[test]
fn records_wide_and_long() {
    let place = place();
    let run = |more: &[&str]| {
        let mut words = vec!["run", "a.rules", "users.csv", "--as-of", "2026-11-22", "-q"];
        words.extend(more);
        let answer = place.run(&words);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""));
        answer.out
    };
    insta::assert_snapshot!(run(&[]), @r#"
    {"user_id":"u1","tags":["vip"],"tier":"gold","heat":50,"segments":[]}
    {"user_id":"u2","tags":[],"tier":"silver","heat":0,"segments":[]}
    {"user_id":"u,3","tags":[],"tier":"silver","heat":10,"segments":[]}
    "#);
    insta::assert_snapshot!(run(&["--format", "csv"]), @r#"
    user_id,tags,tier,heat,segments
    u1,vip,gold,50,
    u2,,silver,0,
    "u,3",,silver,10,
    "#);
    insta::assert_snapshot!(run(&["--format", "csv", "--shape", "wide", "--with", "spend"]), @r#"
    user_id,vip,tier,heat,spend
    u1,true,gold,50,500.01
    u2,false,silver,0,
    "u,3",false,silver,10,1.50
    "#);
    insta::assert_snapshot!(run(&["--format", "csv", "--shape", "long", "--only", "vip,tier", "--limit", "1"]), @"
    user_id,name,value
    u1,vip,true
    u1,tier,gold
    ");
    assert_eq!(run(&["--format", "none"]), "");
}

#[test]
fn the_summary_counts_the_unknown_beside_the_tagged() {
    let answer = place().run(&["run", "a.rules", "users.csv", "--as-of", "2026-11-22", "--summary", "json"]);
    insta::assert_snapshot!(answer.err, @r#"{"as_of":"2026-11-22T00:00:00Z","users":{"read":3,"evaluated":3,"rejected":0},"counts":{"vip":{"true":1,"unknown":1},"tier":{"known":3,"unknown":1},"heat":{"known":3,"unknown":0}},"values":{"tier":{"silver":2,"gold":1}},"metrics":{},"children":{}}"#);
}

#[test]
fn what_is_written_as_columns_reads_back() {
    let place = place();
    for form in ["parquet", "arrow"] {
        let file = format!("out.{form}");
        let words = ["run", "a.rules", "users.csv", "--as-of", "2026-11-22", "-q", "--with", "spend", "--out", &file];
        assert_eq!(place.run(&words).code, 0);
        place.write("b.rules", "tag rich when spend > 500 and tags has \"vip\"\n");
        let answer = place.run(&["run", "b.rules", &file, "--as-of", "2026-11-22", "-q", "--format", "csv"]);
        assert_eq!((answer.code, answer.out.as_str()), (0, "user_id,tags,segments\nu1,rich,\nu2,,\n\"u,3\",,\n"));
    }
}

#[test]
fn a_bad_row_ends_the_run_before_anything_is_written() {
    let place = place();
    place.write("bad.csv", "user_id,spend,last\nu1,1.00,\nu2,1.005,\n");
    let answer = place.run(&["run", "a.rules", "bad.csv", "--as-of", "2026-11-22"]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    insta::assert_snapshot!(answer.err, @"
    error: bad.csv:3: column `spend`: `1.005` has more than 2 digits after the point
      = help: mend the row, or set bad rows aside: `--on-bad-row skip --rejects rejects.jsonl`
    ");
}

#[test]
fn a_quote_that_is_never_closed_takes_no_row_without_a_word() {
    let place = place();
    place.write("open.csv", "user_id,spend,last\nu1,1.00,\n\"u2,2.00,\nu3,3.00,\n");
    place.write("orders.csv", "user_id,amount\nu1,5\nu2,\"6\nu3,7\n");
    let answer = place.run(&["run", "a.rules", "open.csv", "--as-of", "2026-11-22"]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    insta::assert_snapshot!(answer.err, @r#"
    error: `open.csv:3`: a quote `"` that opens on this line is never closed, so it takes all lines up to the end
      = help: which rows are meant cannot be told, so none is set aside: take the quote out, or close it; a quote inside a value is written `""`, and the value within quotes
    "#);
    let words = ["run", "a.rules", "open.csv", "--as-of", "2026-11-22", "--rejects", "aside.jsonl"];
    let answer = place.run(&words);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{}", answer.err);
    assert!(!place.path("aside.jsonl").exists());
    place.write(
        "b.rules",
        "table users key user_id { user_id: text }\ntable orders of users by user_id { user_id: text  amount: int }\ntag b when sum(orders.amount) > 5",
    );
    place.write("right.csv", "user_id\nu1\n");
    let words = ["run", "b.rules", "right.csv", "--data", "orders=orders.csv", "--as-of", "2026-11-22"];
    let answer = place.run(&[&words[..], &["--on-bad-row", "skip"]].concat());
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert!(answer.err.contains("orders.csv:3"), "{}", answer.err);
}

#[test]
fn a_value_that_goes_on_behind_its_closing_quote_is_a_bad_one() {
    let place = place();
    place.write("bad.csv", "user_id,spend,last\nu1,1.00,\n\"u\"2,2.00,\nu\"3,3.00,\n\"u4\" ,4.00,\n\"u5\",\"5.00\",\n");
    let words = ["run", "a.rules", "bad.csv", "--as-of", "2026-11-22", "--format", "csv", "-q"];
    let answer = place.run(&words);
    insta::assert_snapshot!(answer.err, @r#"
    error: bad.csv:3: column `user_id`: the value goes on behind its closing quote `"`; a quote inside a value is written `""`, and the value within quotes
      = help: mend the row, or set bad rows aside: `--on-bad-row skip --rejects rejects.jsonl`
    "#);
    let answer = place.run(&[&words[..], &["--rejects", "aside.jsonl"]].concat());
    assert_eq!(
        answer.out.lines().map(|line| line.split_once(',').unwrap().0).collect::<Vec<_>>(),
        ["user_id", "u1", "\"u\"\"3\"", "u5"]
    );
    insta::assert_snapshot!(place.read("aside.jsonl"), @r#"
    {"file":"bad.csv","line":3,"column":"user_id","reason":"the value goes on behind its closing quote `\"`; a quote inside a value is written `\"\"`, and the value within quotes","row":"\"u\"2,2.00,"}
    {"file":"bad.csv","line":5,"column":"user_id","reason":"the value goes on behind its closing quote `\"`; a quote inside a value is written `\"\"`, and the value within quotes","row":"\"u4\" ,4.00,"}
    "#);
}

#[test]
fn a_quote_too_many_takes_no_lines_up_to_the_next_one() {
    let place = place();
    let rows = |n: usize| format!("u{n},{n}.00,\n");
    let mut users: String = (0..3000).map(rows).collect();
    users =
        format!("user_id,spend,last\n{users}").replace("\nu1000,", "\n\"u1000,").replace("\nu2000,", "\n\"u2000\",");
    place.write("swallow.csv", users);
    let answer = place.run(&["run", "a.rules", "swallow.csv", "--as-of", "2026-11-22", "--max-bad-rows", "1%"]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    insta::assert_snapshot!(answer.err, @r#"
    error: `swallow.csv:1002`: a quote `"` that opens on this line takes all lines up to line 2002 into one value, which goes on behind its closing quote there
      = help: which rows are meant cannot be told, so none is set aside: take the quote out, or close it; a quote inside a value is written `""`, and the value within quotes
    "#);
    // An uploaded list.
    place.write("blocked.csv", "user_id\n\"u1\nu2\n\"u3\"\n");
    place.write("list.rules", "list blocked from \"blocked.csv\"\ntag b when user_id in blocked\n");
    let answer = place.run(&["run", "list.rules", "users.csv", "--as-of", "2026-11-22"]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert!(answer.err.contains("blocked.csv:2"), "{}", answer.err);
}

#[test]
fn the_share_of_bad_rows_is_of_each_table() {
    let place = place();
    let orders: String = (0..6).map(|at| format!("u1,{}\n", if at < 2 { "x" } else { "5" })).collect();
    let users: String = (0..94).map(|at| format!("u{at}\n")).collect();
    place.write("few.csv", format!("user_id\n{users}"));
    place.write("orders.csv", format!("user_id,amount\n{orders}"));
    place.write(
        "b.rules",
        "table users key user_id { user_id: text }\ntable orders of users by user_id { user_id: text  amount: int }\ntag b when sum(orders.amount) > 5",
    );
    let words = ["run", "b.rules", "few.csv", "--data", "orders=orders.csv", "--as-of", "2026-11-22", "--max-bad-rows"];
    for (most, code) in [("33%", 3), ("34%", 0), ("1", 3), ("2", 0)] {
        let answer = place.run(&[&words[..], &[most]].concat());
        assert_eq!(answer.code, code, "{most}: {}", answer.err);
        if most == "33%" {
            assert!(answer.err.contains("2 of 6 rows of `orders` are bad"), "{}", answer.err);
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_kept_where_rows_are_set_aside() {
    let place = place();
    place.write("bad.csv", b"user_id,spend,last\nM\xfcller,1.00,\n");
    let words = ["run", "a.rules", "bad.csv", "--as-of", "2026-11-22", "--rejects"];
    assert_eq!(place.run(&[&words[..], &["aside.jsonl"]].concat()).code, 0);
    insta::assert_snapshot!(place.read("aside.jsonl"), @r#"
    {"file":"bad.csv","line":2,"column":"user_id","reason":"byte 0xFC is not UTF-8; save the file as `CSV UTF-8`, or convert it by `iconv -f WINDOWS-1252 -t UTF-8`","row":"M�ller,1.00,","row_hex":"4dfc6c6c65722c312e30302c"}
    "#);
    let answer = place.run(&[&words[..], &["aside.csv"]].concat());
    insta::assert_snapshot!(answer.err, @r#"
    error: --rejects: bad rows are written as JSON Lines, and `aside.csv` is named otherwise
      = help: name it .jsonl
    "#);
    assert_eq!((answer.code, place.path("aside.csv").exists()), (2, false));
}

#[test]
fn a_list_says_which_column_it_was_taken_from() {
    let place = place();
    place.write("blocked.csv", "u1\nu2\n");
    for (rule, told) in [("", true), (" column u1", false)] {
        place.write("list.rules", format!("list blocked from \"blocked.csv\"{rule}\ntag b when user_id in blocked\n"));
        let answer = place.run(&["run", "list.rules", "users.csv", "--as-of", "2026-11-22"]);
        assert_eq!(answer.code, 0, "{}", answer.err);
        let line = "list blocked: the column `u1` of `blocked.csv`, its first\n";
        assert_eq!(answer.err.contains(line), told, "{}", answer.err);
    }
}

#[test]
fn bad_rows_are_set_aside_and_accounted_for() {
    let place = place();
    place.write("bad.csv", "user_id,spend,last\nu1,1.00,\nu2,much,\nu3\n,1,\n");
    let words =
        ["run", "a.rules", "bad.csv", "--as-of", "2026-11-22", "--on-bad-row", "skip", "--rejects", "aside.jsonl"];
    let answer = place.run(&words);
    assert_eq!(answer.code, 0);
    assert!(answer.err.ends_with("4 users read, 1 evaluated, 3 rejected\n"), "{}", answer.err);
    insta::assert_snapshot!(place.read("aside.jsonl"), @r#"
    {"file":"bad.csv","line":3,"column":"spend","reason":"`much` is not a number","row":"u2,much,"}
    {"file":"bad.csv","line":4,"column":null,"reason":"the row has 1 field, and the header has 3","row":"u3"}
    {"file":"bad.csv","line":5,"column":"user_id","reason":"the value is missing, and `text` may not be","row":",1,"}
    "#);
    let answer = place.run(&[&words[..], &["--max-bad-rows", "2"]].concat());
    assert_eq!((answer.code, answer.out.as_str()), (3, ""));
}

#[test]
fn the_same_bytes_for_any_number_of_threads_and_any_parts() {
    let place = place();
    let rows: String = (0..9000).map(|at| format!("u{at},{}.25,2026-10-{:02}\n", at % 900, at % 28 + 1)).collect();
    place.write("many.csv", format!("user_id,spend,last\n{rows}"));
    let (first, second) = rows.split_at(rows.find("u4000,").unwrap());
    place.write("parts/1.csv", format!("user_id,spend,last\n{first}"));
    place.write("parts/2.csv", format!("user_id,spend,last\n{second}"));
    let run = |file: &str, threads: &str| {
        place.run(&["run", "a.rules", file, "--as-of", "2026-11-22", "--threads", threads, "--summary", "json"])
    };
    let one = run("many.csv", "1");
    assert_eq!(one.code, 0);
    for (file, threads) in [("many.csv", "2"), ("many.csv", "7"), ("parts", "3")] {
        let other = run(file, threads);
        assert!(other.out == one.out && other.err == one.err, "{file} on {threads} threads");
    }
}

#[test]
fn layers_that_nobody_asked_for_cannot_end_a_run() {
    let place = Place::with(&[
        (
            "a.rules",
            "table users key user_id { user_id: text, x: int?, y: int? }
             table orders of users by user_id { user_id: text, qty: int? }
             layer l exclusive { a when x is missing  b when y is missing }
             tag first when user_id = \"u1\"
             tag buyer when any(orders)\n",
        ),
        ("users.csv", "user_id,x,y\nu1,1,\nu2,,2\n"),
        ("orders.csv", "user_id,qty\nu1,1\n"),
    ]);
    for only in ["first", "buyer"] {
        let data = ["--data", "orders=orders.csv", "--as-of", "2026-11-22", "-q", "--only", only];
        let answer = place.run(&[&["run", "a.rules", "users.csv"], &data[..]].concat());
        assert_eq!(answer.code, 0, "{}", answer.err);
        assert!(answer.out.starts_with(&format!("{{\"user_id\":\"u1\",\"tags\":[\"{only}\"]")), "{}", answer.out);
    }
}

#[test]
fn keys_of_numbers_meet_whatever_their_type() {
    for (key, by) in
        [("int", "decimal(2)"), ("decimal(1)", "int"), ("float", "decimal(2)"), ("decimal(2)", "decimal(3)")]
    {
        let place = Place::with(&[
            (
                "a.rules",
                &format!(
                    "table users key user_id {{ user_id: {key} }}
                     table orders of users by user_id {{ user_id: {by}, qty: int }}
                     tag buyer when any(orders)\n"
                ),
            ),
            ("users.csv", "user_id\n1\n2\n"),
            ("orders.csv", "user_id,qty\n2,1\n"),
        ]);
        let data = ["run", "a.rules", "users.csv", "--data", "orders=orders.csv", "--as-of", "2026-11-22"];
        let answer = place.run(&[&data[..], &["-q", "--format", "csv"]].concat());
        assert!(answer.out.ends_with(",buyer,\n"), "{key} {by}: {}", answer.out);
    }
}

#[test]
fn the_same_bytes_for_orders_in_any_order_and_in_any_parts() {
    let place = Place::with(&[(
        "a.rules",
        "table users key user_id { user_id: text, city: text }
         table orders of users by user_id at ordered_at { user_id: text, ordered_at: timestamp, amount: float, kind: text }
         let spend = sum(orders.amount)
         let typical = avg(users.spend per city)
         let favourite = most(orders.kind by orders.amount)
         tag keen when spend > typical and favourite = \"k1\"
         tag top_spender when top 10% by spend
         score heat { spend when keen }
         funnel path on orders { one when kind = \"k0\"  two within 9d when kind = \"k1\" }\n",
    )]);
    let users: String = (0..4200).map(|at| format!("u{at},c{}\n", at % 7)).collect();
    place.write("users.csv", format!("user_id,city\n{users}"));
    let order = |at: usize| {
        let (second, digits) = (at % 60, at * 7919 % 1000);
        let moment = format!("2026-10-{:02}T{:02}:{:02}:{second:02}", at % 28 + 1, at % 23, at * 31 % 59);
        format!("u{},{moment}.{at:06},{}.{digits:03},k{}\n", at * 31 % 4100, at % 97, (at + at / 4100) % 5)
    };
    let write = |name: &str, orders: &[String]| {
        place.write(name, format!("user_id,ordered_at,amount,kind\n{}", orders.concat()));
    };
    let mut orders: Vec<String> = (0..17_000).map(order).collect();
    write("orders.csv", &orders);
    write("parts/1.csv", &orders[..16_000]);
    write("parts/2.csv", &orders[16_000..]);
    orders.reverse();
    orders.rotate_left(1234);
    write("moved.csv", &orders);
    let run = |file: &str, threads: &str| {
        let data = format!("orders={file}");
        let words = ["run", "a.rules", "users.csv", "--data", &data, "--as-of", "2026-11-22", "--threads", threads];
        place.run(&[&words[..], &["--summary", "json", "--with", "spend,typical,favourite"]].concat())
    };
    let one = run("orders.csv", "1");
    assert_eq!(one.code, 0, "{}", one.err);
    let all = |word: &str| one.out.lines().filter(|line| line.contains(word)).count();
    assert!(all("keen") > 50 && all("top_spender") > 400 && all("\"path\":\"two\"") > 50, "{}", one.err);
    for (file, threads) in [("orders.csv", "7"), ("parts", "2"), ("moved.csv", "2")] {
        let other = run(file, threads);
        assert!(other.out == one.out && other.err == one.err, "{file} on {threads} threads");
    }
}

#[test]
fn what_is_told_of_files_that_cannot_be_meant() {
    let place = place();
    place.write("stdin.rules", "tag rich when spend > 5\n");
    for (words, said) in [
        (&["run", "a.rules", "users.csv", "--out", "tags.xlsx"][..], "name it .csv, .jsonl, .parquet or .arrow"),
        (&["run", "a.rules", "users.csv", "--out", "tags.csv.gz"], "is not known from its name"),
        (&["run", "-", "-"], "standard input is asked for twice"),
        (&["run", "a.rules", "users.csv", "orders.csv"], "`--data orders=orders.csv`"),
        (&["run", "a.rules", "users.xlsx"], "save the sheet as `CSV UTF-8`"),
        (&["run", "a.rules", "users.json"], "jq -c '.[]' users.json > users.jsonl"),
        (&["run", "a.rules", "users.csv", "--only", "last"], "there is no result `last`"),
        (&["run", "a.rules", "users.csv", "--data", "user=users.csv"], "did you mean `--data users=users.csv`?"),
    ] {
        let answer = place.run(words);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{words:?}\n{}", answer.err);
        assert!(answer.err.contains(said), "{words:?} does not say {said}:\n{}", answer.err);
    }
    place.write("gbk.csv", b"user_id,\xb3\xc7\xca\xd0\nu1,x\n");
    let answer = place.run(&["run", "a.rules", "gbk.csv"]);
    assert!(answer.code == 2 && answer.err.contains("iconv -f GB18030 -t UTF-8"), "{}", answer.err);
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let place = place();
    place.write("crlf.csv", "user_id,spend,last\r\nu1,1.00,\r\nu2,much,\r\n");
    let answer = place.run(&["run", "a.rules", "crlf.csv"]);
    assert!(answer.err.starts_with("error: crlf.csv:3: column `spend`"), "{}", answer.err);
}

#[test]
fn a_let_that_is_asked_for_is_read_by_somebody() {
    let place = place();
    place.write("b.rules", "let double = spend * 2\ntag rich when spend > 5\n");
    let shown = place.run(&["run", "b.rules", "users.csv", "--with", "double", "--summary", "none"]);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    let unread = place.run(&["run", "b.rules", "users.csv", "--summary", "none"]);
    assert!(unread.err.contains("no rule reads `double`"), "{}", unread.err);
    assert_eq!(place.run(&["run", "b.rules", "users.csv", "-q"]).err, "");
}

#[test]
fn a_key_that_is_a_number_needs_no_schema() {
    let large = "9007199254740993";
    let users = format!("{{\"user_id\":7,\"spend\":5}}\n{{\"user_id\":{large},\"spend\":600}}\n");
    let place = Place::with(&[
        ("users.jsonl", &users),
        ("users.csv", &format!("user_id,spend\n7,5\n{large},600\n")),
        ("big.rules", "tag big when spend > 500\n"),
        ("named.rules", &format!("tag big when user_id = {large}\n")),
    ]);
    let numbers = format!(
        "{{\"user_id\":7,\"tags\":[],\"segments\":[]}}\n{{\"user_id\":{large},\"tags\":[\"big\"],\"segments\":[]}}\n"
    );
    let texts = numbers.replace(":7,", ":\"7\",").replace(large, &format!("\"{large}\""));
    for (rules, users, records) in [
        ("big.rules", "users.jsonl", &numbers),
        ("named.rules", "users.jsonl", &numbers),
        ("big.rules", "users.csv", &texts),
        ("named.rules", "users.csv", &numbers),
    ] {
        let answer = place.run(&["run", rules, users, "--as-of", "2026-11-22", "-q"]);
        assert_eq!((answer.code, answer.out.as_str()), (0, records.as_str()), "{rules} {users}: {}", answer.err);
    }
    assert!(place.run(&["schema", "users.jsonl"]).out.contains("user_id: int"));
}

#[test]
fn what_is_typed_twice_or_in_vain_is_told() {
    let place = Place::with(&[
        ("users.csv", "user_id,spend\nu1,600\n"),
        ("none.rules", "tag big when spend > 500\n"),
        ("listed.rules", "let tags = spend + 1\ntag big when spend > 500\n"),
        ("two.rules", "param least = 500\nparam most = 900\ntag big when spend between least..most\n"),
    ]);
    for (arguments, told) in [
        (
            &["none.rules", "users.csv", "--data", "users=users.csv"][..],
            "error: the users are given twice: `users.csv`, and `--data users=users.csv`\n  = help: leave one of them out\n",
        ),
        (
            &["none.rules", "users.csv", "--param", "x=3"],
            "declare it in the rules: `param x = 3`; or leave `--param` out",
        ),
        (&["two.rules", "users.csv", "--param", "x=3"], "the parameters are least, most"),
        (&["two.rules", "users.csv", "--param", "leest=3"], "did you mean `--param least=3`?"),
        (&["none.rules", "users.csv", "--threads", "0"], "write a number from 1 upwards"),
        (
            &["listed.rules", "users.csv", "--with", "tags"],
            "--with tags: a record has the list of tags under that name",
        ),
    ] {
        let answer = place.run(&[&["run"], arguments].concat());
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{arguments:?}");
        assert!(answer.err.contains(told), "{arguments:?}: {}", answer.err);
    }
}

#[test]
fn a_parameter_takes_as_many_digits_as_are_given() {
    let rules = "table users key user_id { user_id: text  spend: decimal(2) }
        param part = 25%  param least = 1.5
        tag best when top part by spend
        tag much when spend > least";
    let users = "user_id,spend\na,1\nb,1.30\nc,1.26\nd,1.2\n";
    let place = Place::with(&[("a.rules", rules), ("users.csv", users)]);
    let run = |given: &[&str]| {
        let answer =
            place.run(&[&["run", "a.rules", "users.csv", "-q", "--shape", "wide", "--format", "csv"], given].concat());
        answer.out + &answer.err
    };
    assert_eq!(
        run(&["--param", "part=50.01%", "--param", "least=1.255"]),
        "user_id,best,much\na,false,false\nb,true,true\nc,true,true\nd,true,false\n"
    );
    let told = run(&["--param", "least=12345678901234567890123456789012345678.5"]);
    assert!(told.contains("is not of the type of `least`"), "{told}");
}

#[test]
fn nothing_that_is_read_is_written_over() {
    let place = place();
    for words in [
        &["run", "a.rules", "users.csv", "--out", "users.csv"][..],
        &["run", "a.rules", "users.csv", "--out", "./users.csv", "--format", "csv"],
        &["run", "a.rules", "users.csv", "--rejects", "users.csv"],
        &["run", "a.rules", "users.csv", "--out", "x.jsonl", "--rejects", "x.jsonl"],
    ] {
        let answer = place.run(words);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{words:?}\n{}", answer.err);
        assert_eq!(place.read("users.csv"), CSV, "{words:?}");
    }
}

#[test]
fn what_is_asked_for_twice_is_written_once() {
    let place = place();
    let run =
        |more: &[&str]| place.run(&[&["run", "a.rules", "users.csv", "--as-of", "2026-11-22", "-q"], more].concat());
    let once = run(&["--with", "spend"]).out;
    assert_eq!(run(&["--with", "spend,spend,user_id,tier"]).out, once);
    // A tag that is named is true or false.
    let tag = run(&["--with", "vip", "--format", "csv", "--limit", "2"]).out;
    assert_eq!(
        tag,
        run(&["--with", "vip", "--format", "csv"]).out.lines().take(3).map(|it| format!("{it}\n")).collect::<String>()
    );
    assert!(tag.ends_with("u2,,silver,0,,false\n"), "{tag}");
}

#[test]
fn the_run_says_what_tells_users_apart() {
    let place = Place::with(&[("b.rules", "tag rich when spend > 5\n"), ("c.csv", "customer,spend\nc1,9\n")]);
    let answer = place.run(&["run", "b.rules", "c.csv", "--as-of", "2026-11-22"]);
    assert!(answer.err.starts_with("users are told apart by `customer`"), "{}", answer.err);
    place.write("semi.csv", "user_id;spend\nu1;5\n");
    let answer = place.run(&["run", "b.rules", "semi.csv"]);
    assert!(answer.code == 2, "{}", answer.err);
    place.write("d.rules", "table users key user_id { user_id: text  spend: int }\ntag rich when spend > 5\n");
    let answer = place.run(&["run", "d.rules", "semi.csv"]);
    assert!(answer.err.contains("separated by `;`"), "{}", answer.err);
}

#[test]
fn rows_in_a_record_have_keys_of_their_own() {
    let place = Place::with(&[(
        "a.rules",
        "table users key id { id: text }\ntable orders of users by uid key no { uid: text  no: text }\ntag t when any(orders)\n",
    )]);
    place.write("u.jsonl", "{\"id\":\"u1\",\"orders\":[{\"no\":\"a\"},{\"no\":\"b\"},{\"no\":\"a\"}]}\n");
    let answer = place.run(&["run", "a.rules", "u.jsonl"]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert!(
        answer.err.starts_with("error: u.jsonl:1: column `orders[2].no`: `\"a\"` is not a key of its own")
            || answer.err.starts_with("error: u.jsonl:1: column `orders[2].no`: `a` is not a key of its own"),
        "{}",
        answer.err
    );
}

#[test]
fn a_kept_level_needs_state() {
    let place = place();
    place.write("b.rules", "level tier by spend { gold from 500 keep 1y  silver otherwise }\n");
    let answer = place.run(&["run", "b.rules", "users.csv", "--as-of", "2026-11-22"]);
    assert!(answer.err.starts_with("`keep` of `tier` has no effect: without --state"), "{}", answer.err);
}
