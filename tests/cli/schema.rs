//! `tagwell schema FILE`: the tables that data suggest. Each checks and reads the file that it came from.

use super::Place;

/// Name of the file, what it holds, and the tables printed.
fn suggested(file: &str, text: &str) -> String {
    let place = Place::with(&[(file, text)]);
    let answer = place.run(&["schema", file]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    place.write("it.rules", &answer.out);
    assert_eq!(place.run(&["fmt", "--check", "it.rules"]).code, 0, "{}", answer.out);
    let has_users = answer.out.lines().any(|line| line.starts_with("table users"));
    let users = if has_users { "" } else { "table users key user_id from \"known.csv\" { user_id: text }\n" };
    place.write("known.csv", "user_id\nu1\n7\n");
    place.write("it.rules", format!("{users}{}tag everybody when {}\n", answer.out, read_all(&answer.out)));
    let run = place.run(&["run", "it.rules", "--as-of", "2026-11-22", "--format", "none"]);
    assert_eq!(run.code, 0, "{}\n{}", answer.out, run.err);
    answer.out
}

/// A condition that reads every column of the last table, so that a type that does not fit its values is told.
fn read_all(tables: &str) -> String {
    let (_, last) = tables.rsplit_once("\ntable ").unwrap_or(("", tables.trim_start_matches("table ")));
    let name = last.split_whitespace().next().unwrap();
    let columns = last.lines().filter_map(|line| line.strip_prefix("  ")?.split_once(':'));
    let known = columns.map(|(column, _)| format!("{name}.{column}"));
    let asked = known.map(|column| match last.contains(" of users ") {
        true => format!("count({column}) >= 0"),
        false => format!("{} is known", column.trim_start_matches("users.")),
    });
    format!("all of ({})", asked.collect::<Vec<_>>().join(", "))
}

#[test]
fn a_column_that_names_users_and_repeats_makes_children() {
    let orders = "order_id,user_id,amount,ordered_at\no1,u1,3.50,2026-11-02 10:00\no2,u1,4,2026-11-03 10:00\n";
    insta::assert_snapshot!(suggested("orders.csv", orders), @r#"
    # Rows of users: a rulebook with this table declares `table users key …`, too.
    table orders of users by user_id at ordered_at key order_id from "orders.csv" {
      order_id:   text
      user_id:    text
      amount:     decimal(2)
      ordered_at: timestamp
    }
    "#);
    insta::assert_snapshot!(suggested("订单.csv", "日期,用户ID\n20261102,u1\n20261103,u1\n"), @r#"
    # Rows of users: a rulebook with this table declares `table users key …`, too.
    table 订单 of users by 用户ID at 日期 from "订单.csv" {
      日期:   date in "%Y%m%d"
      用户ID: text
    }
    "#);
}

#[test]
fn what_repeats_in_parquet_makes_children_too() {
    let place =
        Place::with(&[("users.csv", "user_id,n\nu1,1\nu2,2\n"), ("it.rules", "tag a when n > 0\ntag b when n > 1\n")]);
    let words = ["run", "it.rules", "users.csv", "--shape", "long", "--format", "parquet", "--out", "got.parquet"];
    assert_eq!(place.run(&words).code, 0);
    let answer = place.run(&["schema", "got.parquet"]);
    assert!(answer.out.contains("table got of users by user_id from"), "{}{}", answer.out, answer.err);
}

#[test]
fn dates_that_are_no_iso_say_how_they_are_written() {
    let users = "user_id,born,first_day,seen,signup_date,code,tied\n\
        u1,2001/3/5,20261102,2026/11/02 10:00,22.11.2026,20261102,01/02/2026\n\
        u2,1999/12/31,20261103,2026/11/03 23:59,23.11.2026,20261103,03/02/2026\n";
    insta::assert_snapshot!(suggested("users.csv", users), @r#"
    table users key user_id from "users.csv" {
      user_id:     text
      born:        date      in "%Y/%m/%d"
      first_day:   date      in "%Y%m%d"
      seen:        timestamp in "%Y/%m/%d %H:%M"
      signup_date: date      in "%d.%m.%Y"
      code:        int
      tied:        text  # a date? then say in which order: `date in "%d/%m/%Y"`
    }
    "#);
}

#[test]
fn json_says_its_own_types_and_nested_records_are_children() {
    let users = r#"{"user_id": "u1", "points": 5, "ratio": 0.5, "tags": ["a"], "orders": [{"id": "o1", "at": "2026-11-02T10:00", "qty": 2}]}
{"user_id": "u2", "points": 7, "ratio": 1, "home": {"city": "x"}, "orders": [{"id": "o2", "at": "2026-11-03T10:00", "qty": null}]}
"#;
    insta::assert_snapshot!(suggested("users.jsonl", users), @r#"
    table users key user_id from "users.jsonl" {
      user_id: text
      points:  int
      ratio:   float
      tags:    list of text?
      # `home` holds objects, or values of several kinds: no column can.
    }

    table orders of users by user_id at at key id {
      user_id: text
      id:      text
      at:      timestamp
      qty:     int?
    }
    "#);
}

#[test]
fn capital_truth_stays_a_text_and_a_first_column_that_repeats_is_no_key() {
    insta::assert_snapshot!(suggested("users.csv", "user_id,active\n1,True\n2,False\n"), @r#"
    table users key user_id from "users.csv" {
      user_id: int
      active:  text  # a text: compare it with "True"
    }
    "#);
    let text = "user_id,会员,退订,多少,生日,注册\nu1,是,Y,是,2026/10/1,1/2/2026\nu2,否,N,3,2025/1/15,3/4/2026\n";
    insta::assert_snapshot!(suggested("users.csv", text), @r#"
    table users key user_id from "users.csv" {
      user_id: text
      会员:    text  # a text: compare it with "是"
      退订:    text  # a text: compare it with "Y"
      多少:    text
      生日:    date in "%Y/%m/%d"
      注册:    text  # a date? then say in which order: `date in "%d/%m/%Y"`
    }
    "#);
    let place = Place::with(&[("cities.csv", "city,n\nx,1\nx,2\n")]);
    insta::assert_snapshot!(place.run(&["schema", "cities.csv"]).out, @r#"
    # No column is different in every row: put the one that says who it is behind `key`.
    table users key city from "cities.csv" {
      city: text
      n:    int
    }
    "#);
}

#[test]
fn a_header_that_no_name_can_hold_is_named_all_the_same() {
    let users = "user_id,n\u{202e}ame,\"a\nb\",c\td,e`f,\"vip\u{1b}\"\nu1,1,2,3,4,是\nu2,1,2,3,4,否\n";
    insta::assert_snapshot!(suggested("users.csv", users), @r#"
    table users key user_id from "users.csv" {
      user_id: text
      n_ame:   int  from "n\u{202e}ame"
      a_b:     int  from "a\nb"
      c_d:     int  from "c\td"
      e_f:     int  from "e`f"
      vip_:    text from "vip\u{1b}"  # a text: compare it with "是"
    }
    "#);
    let place = Place::with(&[("it.jsonl", "{\"user_id\":\"u1\",\"o\\u001b\":{\"a\":1}}\n")]);
    assert!(place.run(&["schema", "it.jsonl"]).out.contains("# `o␛` holds objects"));
}
