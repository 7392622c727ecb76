//! Ways in through rows of child tables: so many further rows as are told lead in, and one less does not.

use std::collections::BTreeSet;

use tagwell::value::{Value, print};

use super::Rules;
use crate::agree::data::AS_OF;

const TABLES: &str = "\
rulebook \"book\" timezone \"Europe/Berlin\"
table users key id { id: text }
table orders of users by id at at { id: text  at: timestamp  amount: int }
table lines of users by id at day { id: text  day: date  amount: int }
let days = count(distinct(lines.day))
let last_day = max(lines.day)
";

/// The tables that a condition asks about have so many rows, which differ in when they were, the latest six days ago.
fn rows(number: i64) -> String {
    let moment = |at: i64| tagwell::value::moment_text::date_text(20_773 - i32::try_from(at).unwrap());
    let of = |row: &dyn Fn(i64) -> String| (0..number).map(row).collect::<Vec<_>>().join(", ");
    let orders = of(&|at| format!("{{\"at\": \"{}T09:30\", \"amount\": 5}}", moment(at)));
    let lines = of(&|at| format!("{{\"day\": \"{}\", \"amount\": 5}}", moment(at)));
    format!("{{\"id\": \"u\", \"orders\": [{orders}], \"lines\": [{lines}]}}")
}

#[test]
fn further_rows_that_differ() {
    for (condition, is) in [
        ("count(distinct(orders.at)) >= 3", 0),
        ("count(distinct(orders.at)) >= 3", 1),
        ("count(orders.at) > 3", 2),
        ("count(distinct(orders.at within 20d where amount > 3)) >= 4", 1),
        ("count(distinct(date(orders.at))) > 2", 1),
        ("count(distinct(date(orders.at) within 20d)) between 5..9", 1),
        ("count(distinct(lines.day)) = 3", 0),
        ("count(distinct(lines.day between 6d..11d)) >= 6", 1),
        ("days >= 3", 1),
        ("days >= 10 and last_day within 90d", 2),
        ("days + 1 > 4 and not (days > 8)", 0),
        ("not (days < 4)", 2),
    ] {
        let rules = Rules::new(&format!("{TABLES}tag it when {condition}\n"), AS_OF);
        let explained = rules.one(&rules.user(&rows(is)), "it");
        let [change] = explained.nearest.as_deref().unwrap_or_default() else {
            panic!("{condition}: {:?}", explained.nearest)
        };
        let (Value::Int(now), Value::Int(to)) = (&change.is, &change.to) else { panic!("{condition}: {change:?}") };
        assert_eq!(*now, is, "{condition}");
        let applies = |number: i64| rules.one(&rules.user(&rows(number)), "it").applies;
        assert_eq!((applies(*to - 1), applies(*to)), (Some(false), Some(true)), "{condition}: {change:?}");
    }
}

/// Where rows last happened is told beside how many more there would have to be: both can be.
#[test]
fn rows_and_when_the_last_of_them_was() {
    let rules = Rules::new(&format!("{TABLES}tag it when days >= 3 and last_day between 30d..60d\n"), AS_OF);
    let explained = rules.one(&rules.user(&rows(1)), "it");
    let zone = rules.clock().zone();
    let told: Vec<String> =
        explained.nearest.iter().flatten().map(|it| format!("{} {}", it.column, print::text(&it.to, zone))).collect();
    assert_eq!(told, ["days 3", "last_day 2026-10-23"]);
}

/// A window has so many days, and no moment outside of it is found in it.
#[test]
fn what_a_window_cannot_hold() {
    for (condition, to) in [
        ("count(distinct(lines.day within 2d)) >= 3", Some(3)),
        ("count(distinct(lines.day within 2d)) >= 4", None),
        ("count(distinct(lines.day during today)) >= 2", None),
        ("count(distinct(lines.day between 5d..<10d)) >= 5", Some(5)),
        ("count(distinct(lines.day between 5d..<10d)) >= 6", None),
        ("count(distinct(lines.day during next month)) >= 1", None),
        ("count(distinct(date(orders.at) within 1d)) >= 2", Some(2)),
        ("count(distinct(date(orders.at) within 1d)) >= 3", None),
        ("count(distinct(orders.at within 1d)) >= 3", Some(3)),
        ("count(orders within 1d) >= 3", Some(3)),
    ] {
        let rules = Rules::new(&format!("{TABLES}tag it when {condition}\n"), AS_OF);
        let explained = rules.one(&rules.user(&rows(0)), "it");
        let told: Vec<&Value> = explained.nearest.iter().flatten().map(|it| &it.to).collect();
        assert_eq!(told, to.map(Value::Int).iter().collect::<Vec<_>>(), "{condition}");
    }
    for (condition, there_is) in [
        ("max(orders.at within 30d) < 20d ago", true),
        ("max(orders.at within 30d) < 60d ago", false),
        ("max(date(orders.at) within 30d) < 31d ago", false),
        ("last(lines.day between 7d..40d) during today", false),
        ("distinct(lines.day within 30d) has 2026-11-01", true),
        ("distinct(lines.day within 30d) has 2026-01-01", false),
    ] {
        let rules = Rules::new(&format!("{TABLES}tag it when {condition}\n"), AS_OF);
        let explained = rules.one(&rules.user(&rows(0)), "it");
        assert_eq!(explained.nearest.is_some(), there_is, "{condition}: {:?}", explained.nearest);
    }
}

/// What is `distinct` has nothing twice.
#[test]
fn different_elements() {
    for (condition, wanted) in [
        ("kinds has \"x\"", "[\"v\",\"b\",\"x\"]"),
        ("kinds has all of [\"x\", \"y\", \"b\"]", "[\"v\",\"b\",\"x\",\"y\"]"),
        ("kinds has none of [\"b\"]", "[\"v\"]"),
        ("count(kinds) >= 4", "[\"v\",\"b\",\"x1\",\"x2\"]"),
        ("count(kinds) > 3 and kinds has \"x\"", "[\"v\",\"b\",\"x\",\"x1\"]"),
        ("sum(sizes) > 20", "[5,20]"),
        ("count(sizes) = 3", "[5,1,3]"),
        ("count(visited) >= 3", "[\"2026-11-15\",\"2026-11-22\",\"2026-11-21\"]"),
    ] {
        let rules = Rules::new(
            &format!(
                "table users key id {{ id: text }}\n\
                 table orders of users by id at day {{ id: text  day: date  kind: text?  size: int }}\n\
                 let kinds = distinct(orders.kind)\nlet sizes = distinct(orders.size)\nlet visited = distinct(orders.day)\n\
                 tag it when {condition}\n"
            ),
            AS_OF,
        );
        let order = |kind: &str| format!("{{\"day\": \"2026-11-15\", \"kind\": \"{kind}\", \"size\": 5}}");
        let user = format!("{{\"id\": \"u\", \"orders\": [{}, {}, {}]}}", order("v"), order("b"), order("v"));
        let explained = rules.one(&rules.user(&user), "it");
        let told: BTreeSet<String> =
            explained.nearest.iter().flatten().map(|it| print::json(&it.to, rules.clock().zone())).collect();
        assert_eq!(told.into_iter().collect::<Vec<_>>(), [wanted], "{condition}");
    }
}
