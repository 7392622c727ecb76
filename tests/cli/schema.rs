//! `tagwell schema FILE`: the tables that data suggest. Each checks and reads the file that it came from.

use super::Place;

/// Name of the file, what it holds, and the tables printed.
fn suggested(file: &str, text: &str) -> String {
    let place = Place::with(&[(file, text)]);
    let answer = place.run(&["schema", file]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    if answer.out.contains(" of users ") && !answer.out.contains("table users") {
        let users = "table users key user_id { user_id: text }\n".to_owned();
        place.write("all.rules", users + &answer.out);
        assert_eq!(place.run(&["check", "all.rules"]).code, 0, "{}", answer.out);
    } else {
        place.write("all.rules", &answer.out);
        let run = place.run(&["run", "all.rules", "--as-of", "2026-11-22"]);
        assert_eq!(run.code, 0, "{}\n{}", answer.out, run.err);
    }
    assert_eq!(place.run(&["fmt", "--check", "all.rules"]).code, i32::from(place.read("all.rules") != answer.out));
    answer.out
}

#[test]
fn a_column_that_names_users_and_repeats_makes_children() {
    let orders = "order_id,user_id,amount,ordered_at\no1,u1,3.50,2026-11-02 10:00\no2,u1,4,2026-11-03 10:00\n";
    insta::assert_snapshot!(suggested("orders.csv", orders), @"");
    insta::assert_snapshot!(suggested("订单.csv", "日期,用户ID\n20261102,7\n20261103,7\n"), @"");
}

#[test]
fn dates_that_are_no_iso_say_how_they_are_written() {
    let users = "user_id,born,first_day,seen,signup_date,code,tied\n\
        u1,2001/3/5,20261102,2026/11/02 10:00,22.11.2026,20261102,01/02/2026\n\
        u2,1999/12/31,20261103,2026/11/03 23:59,23.11.2026,20261103,03/02/2026\n";
    insta::assert_snapshot!(suggested("users.csv", users), @"");
}

#[test]
fn json_says_its_own_types_and_nested_records_are_children() {
    let users = r#"{"user_id": "u1", "points": 5, "ratio": 0.5, "tags": ["a"], "orders": [{"id": "o1", "at": "2026-11-02T10:00", "qty": 2}]}
{"user_id": "u2", "points": 7, "ratio": 1, "home": {"city": "x"}, "orders": [{"id": "o2", "at": "2026-11-03T10:00", "qty": null}]}
"#;
    insta::assert_snapshot!(suggested("users.jsonl", users), @"");
}

#[test]
fn capital_truth_stays_a_text_and_a_first_column_that_repeats_is_no_key() {
    insta::assert_snapshot!(suggested("users.csv", "user_id,active\n1,True\n2,False\n"), @"");
    let place = Place::with(&[("cities.csv", "city,n\nx,1\nx,2\n")]);
    insta::assert_snapshot!(place.run(&["schema", "cities.csv"]).out, @"");
}
