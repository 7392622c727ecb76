//! Cases that one of the two evaluations had wrong, or that had to be decided: a rule, rows, and what a user gets from either.

use super::{
    data::{Data, Record},
    evaluated::{Case, Files},
    rules::{self, About},
};

type Row<'r> = &'r [(&'static str, &'r str)];

/// The value of `answer` for the first user, which must be the same from everywhere.
fn answer(rule: &str, users: &[Row<'_>], orders: &[Row<'_>]) -> String {
    let rules = rules::rulebook(&[], &[], About::Everybody) + rule;
    let records = |rows: &[Row<'_>], table| rows.iter().map(|row| Record::of(table, row)).collect();
    let data = Data { users: records(users, 0), orders: records(orders, 1), visits: vec![] };
    let case = Case::new(&rules, &data);
    let plain = case.plain();
    for (files, threads) in [(Files::Csv, 1), (Files::Parts, 2), (Files::JsonLines, 7)] {
        assert_eq!(plain, case.streamed(files, threads).found, "{files:?}\n{case}");
    }
    plain.users[0].value("answer").to_owned()
}

const ONE: &[Row<'static>] = &[&[("user_id", "u0")]];

fn of_orders(rule: &str, orders: &[&[(&'static str, &str)]]) -> String {
    let orders: Vec<Vec<(&'static str, &str)>> =
        orders.iter().map(|row| [&[("user_id", "u0")], *row].concat()).collect();
    let orders: Vec<Row<'_>> = orders.iter().map(Vec::as_slice).collect();
    answer(rule, ONE, &orders)
}

#[test]
fn rows_in_a_users_record_are_that_users() {
    assert_eq!(of_orders("let answer = count(distinct(orders.user_id))", &[&[("qty", "1")]]), "1");
    assert_eq!(of_orders("let answer = count(orders where orders.user_id = \"u0\")", &[&[("qty", "1")]]), "1");
}

#[test]
fn durations_with_months_equal_nothing_and_are_in_nobodys_group() {
    let users: &[Row<'_>] = &[&[("user_id", "u0"), ("span", "1mo")], &[("user_id", "u1"), ("span", "1mo")]];
    assert_eq!(answer("let answer = count(users per span)", users, &[]), "null");
    assert_eq!(answer("let answer = (top 1 by (points ?? 0 per span))", users, &[]), "null");
}

#[test]
fn equal_durations_are_one_value_however_written() {
    let orders: &[Row<'_>] = &[&[("took", "1d")], &[("took", "24h")], &[("took", "2h")]];
    assert_eq!(of_orders("let answer = count(distinct(orders.took))", orders), "2");
    assert_eq!(of_orders("let answer = most(orders.took)", orders), "\"1d\"");
}

#[test]
fn of_equal_durations_the_earlier_stands() {
    // In New York 2026-11-01 has 25 hours: `1d` and `24h` come to different instants.
    let orders: &[Row<'_>] = &[
        &[("took", "24h"), ("ordered_at", "2026-01-02T00:00")],
        &[("took", "1d"), ("ordered_at", "2026-01-01T00:00")],
    ];
    for question in ["max(orders.took)", "min(orders.took)", "most(orders.took)"] {
        let rules = format!("let answer = 2026-10-31T12:00 + {question}");
        let rules = rules::rulebook(&[2], &[], About::Everybody) + &rules;
        assert!(rules.contains("America/New_York"));
        let orders: Vec<Vec<_>> = orders.iter().map(|row| [&[("user_id", "u0")], *row].concat()).collect();
        let orders = orders.iter().map(|row| Record::of(1, row)).collect();
        let data = Data { users: vec![Record::of(0, ONE[0])], orders, visits: vec![] };
        let case = Case::new(&rules, &data);
        let plain = case.plain();
        assert_eq!(plain, case.streamed(Files::Csv, 1).found);
        assert_eq!(plain.users[0].value("answer"), "\"2026-11-01T12:00:00-05:00\"", "{question}");
    }
}

#[test]
fn a_sum_of_durations_must_fit_and_not_what_it_passes_on_the_way() {
    let orders: &[Row<'_>] = &[
        &[("took", "2147483647d"), ("ordered_at", "2026-01-01T00:00")],
        &[("took", "-2d"), ("ordered_at", "2026-01-03T00:00")],
        &[("took", "1d"), ("ordered_at", "2026-01-02T00:00")],
    ];
    assert_eq!(of_orders("let answer = sum(orders.took)", orders), "\"2147483646d\"");
}

#[test]
fn the_less_of_two_answers_is_no_question_over_rows() {
    let orders: &[Row<'_>] = &[&[("qty", "3")], &[("qty", "-4")]];
    assert_eq!(of_orders("let answer = min(count(orders), 10)", orders), "2");
    assert_eq!(of_orders("let answer = max(sum(orders.qty), sum(orders.qty where qty > 0))", orders), "3");
    assert_eq!(of_orders("let answer = sum(max(orders.qty, 0))", orders), "3");
}

#[test]
fn many_different_values_of_one_user() {
    // From the 17th on, values are looked up; texts, ints and durations, each three times, in no order.
    let rows: Vec<[String; 3]> = (0..120)
        .map(|at| {
            let value = at * 37 % 40;
            [format!("t{value}"), value.to_string(), format!("{}h", value * 24)]
        })
        .collect();
    let orders: Vec<Vec<(&'static str, &str)>> = rows
        .iter()
        .map(|[category, qty, took]| vec![("category", category.as_str()), ("qty", qty), ("took", took)])
        .collect();
    let orders: Vec<Row<'_>> = orders.iter().map(Vec::as_slice).collect();
    for column in ["category", "qty", "took"] {
        assert_eq!(of_orders(&format!("let answer = count(distinct(orders.{column}))"), &orders), "40");
    }
    assert_eq!(of_orders("let answer = most(orders.qty)", &orders), "3");
    assert_eq!(of_orders("let answer = most(orders.category by orders.qty)", &orders), "\"t39\"");
}

#[test]
fn a_level_by_what_is_missing_to_the_next_of_another() {
    // Each level is asked twice by the next one: were it looked into anew, thirty of them would take hours.
    let mut rule = "level l0 by points { top_0 from 100  low_0 from 10 }\n".to_owned();
    for at in 1..60 {
        let before = at - 1;
        rule += &format!(
            "level l{at} by to_next(l{before}) - to_next(l{before}) + 20 {{ top_{at} from 50  low_{at} from 10 }}\n"
        );
    }
    rule += "let answer = to_next(l59)\nlet of_orders = count(orders where to_next(l59) = 30)\n";
    let users: &[Row<'_>] = &[&[("user_id", "u0"), ("points", "20")]];
    assert_eq!(answer(&rule, users, &[&[("user_id", "u0")]]), "30");
}

#[test]
fn a_metric_of_those_who_got_equally_far_at_the_same_moment() {
    let rule = "funnel path on orders { looked when qty = 1  bought when qty = 2 }
                let answer = count(users per reached(path))
                tag many when answer > 1";
    let orders: &[Row<'_>] = &[&[("user_id", "u0"), ("qty", "1"), ("ordered_at", "2026-01-01T00:00")]];
    assert_eq!(answer(rule, ONE, orders), "1");
    let data = Data { users: vec![Record::of(0, ONE[0])], orders: vec![Record::of(1, orders[0])], visits: vec![] };
    let case = Case::new(&(rules::rulebook(&[], &[], About::Everybody) + rule), &data);
    let metrics = case.streamed(Files::Csv, 1).metrics;
    assert!(metrics.contains("values: [([Timestamp(1767225600000000)], Int(1))]"), "{metrics}");
}

#[test]
fn a_share_of_many_digits_is_a_share() {
    let names: Vec<String> = (0..7).map(|at| format!("u{at}")).collect();
    let users: Vec<Vec<(&'static str, &str)>> =
        names.iter().map(|name| vec![("user_id", name.as_str()), ("points", "1")]).collect();
    let users: Vec<Row<'_>> = users.iter().map(Vec::as_slice).collect();
    let rule = "param third = 33.333333333333333333333333333333333333%
                let answer = (top third by points)";
    assert_eq!(answer(rule, &users, &[]), "true");
}

#[test]
fn what_lies_ahead_has_no_age_and_yet_nothing_is_missing() {
    let users: &[Row<'_>] = &[
        &[("user_id", "u0"), ("seen", "2026-12-24T10:00"), ("span", "1d")],
        &[("user_id", "u1"), ("span", "1d")],
        &[("user_id", "u2"), ("seen", "2026-01-01T10:00"), ("span", "1d")],
    ];
    for rule in ["age(seen)", "age(min((users.seen + users.span)))", "age(max(users.seen))"] {
        for whole in [
            "tag answer when RULE > 30d",
            "tag answer when RULE > 30d or points > 3",
            "tag answer when not (RULE > 30d)",
        ] {
            let rule = whole.replace("RULE", rule);
            assert_eq!(answer(&rule, &users[..1], &[]), "null", "{rule}");
            answer(&rule, users, &[]);
        }
    }
}

#[test]
fn what_is_counted_may_be_made_of_what_is_counted() {
    let users: &[Row<'_>] = &[&[("user_id", "u0"), ("points", "1"), ("active", "true")]];
    for (rule, expected) in [
        ("at least 1 of (at least 1 of (active, active), points > 1, points > 2)", "true"),
        ("at least 2 of (active and points > 0, points > 1 or active, points > 2)", "true"),
        ("at least 2 of (if points > 0 then active else points > 5, points > 2, points > 1)", "false"),
        ("if active and points > 0 then points > 0 and active else points > 3", "true"),
        ("not (at least 1 of (active and points > 1, at least 3 of (active, active, points > 1)))", "true"),
    ] {
        assert_eq!(answer(&format!("tag answer when {rule}"), users, &[]), expected, "{rule}");
    }
}
