//! Rulebooks of everything that is explained, in small numbers, so that conditions meet: arithmetic, names, rows, funnels, levels,
//! scores, layers, ranks, texts, lists and time; and users for them.

use proptest::{prelude::*, sample::select};

/// What everybody has.
pub(super) const TABLES: &str = "\
rulebook \"book\" timezone \"Europe/Berlin\"
table users key id { id: text  a: int?  b: int  c: decimal(2)?  e: decimal(4)?  r: float?  city: text?  on: bool?  seen: timestamp?  born: date?  tags: list of text?  marks: list of int?  wait: duration?  due: date? }
table orders of users by id at at { id: text  at: timestamp  amount: decimal(2)  kind: text?  qty: int? }
table calls of users by id at at { id: text  at: timestamp  long: int }
table places key name { name: text  size: int  grade: decimal(1)? }
param near = 10d
param enough = 4
let spend = sum(orders.amount)
let often = count(orders within 30d)
let last_order = max(orders.at)
let half = a / 2
let both = spend + b
let when_reached = reached(path)
let since = age(reached(path))
let days = floor(age(seen) / 1d)
let liked = most(orders.kind)
let lately = sum(orders.amount between 7d..40d)
let twice = both * 2 - half
let size = places[city].size
let gap = seen - last_order
let rung = if on then a else missing
let called = sum(calls.long within 14d)
let window = sum(orders.amount within 7d) - sum(orders.amount between 7d..30d)
let until_due = due - today
let name = (city ?? \"nowhere\") + \"!\"
let grown = twice + s0
let patience = wait ?? near
score s0 { 4 when on  3 when a > 2  minus 2 when b > 6 }
funnel rush on calls { ring when long > 1  talk within 3d when long > 3 }
funnel path on orders { visit when kind = \"v\"  basket within 7d when kind = \"b\" or qty > 3  buy when kind = \"x\" }
";

pub(super) const AS_OF: &str = "2026-11-22T10:00";

/// Whether rules ask about everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    One,
    Everybody,
}

fn numbers(about: About) -> Vec<&'static str> {
    let mut all = vec![
        "a",
        "b",
        "c",
        "r",
        "(a + b)",
        "(a * 2 - b)",
        "(a * b)",
        "(c + a)",
        "(c - spend)",
        "abs(a - 5)",
        "abs(a - b)",
        "min(a, b)",
        "max(a, b, 3)",
        "clamp(b, 2..6)",
        "((a ?? 0) + b)",
        "mod(b, 7)",
        "round(c, 0)",
        "floor(c / 3)",
        "ceil(b / 4)",
        "(-a)",
        "(100 - a * 3)",
        "half",
        "spend",
        "both",
        "often",
        "count(orders)",
        "sum(orders.amount where kind = \"b\")",
        "avg(orders.amount)",
        "days",
        "floor(age(seen) / 1d)",
        "floor(age(born) / 1d)",
        "floor(since / 1d)",
        "length(city)",
        "count(tags)",
        "(if on then a else b)",
        "year(born)",
        "weekday(born)",
        "(b * b)",
        "(r * 2)",
        "e",
        "(c + e)",
        "(e * 3)",
        "round(e, 1)",
        "(c - e * 2)",
        "clamp(c, 0..5)",
        "twice",
        "lately",
        "size",
        "(size - a)",
        "places[city].grade",
        "rung",
        "(rung ?? b)",
        "called",
        "count(calls)",
        "(often + count(calls within 7d))",
        "count(orders during this month)",
        "sum(orders.qty within 40d where amount > 3)",
        "quantile(orders.amount, 50%)",
        "count(distinct(orders.kind))",
        "sum(marks)",
        "max(marks)",
        "month(seen)",
        "day(born)",
        "hour(seen)",
        "length(lower(city))",
        "(now - seen) / 1d",
        "gap / 1d",
        "to_next(lv)",
        "s",
        "s0",
        "grown",
        "window",
        "wait / 1d",
        "floor(wait / 1h)",
        "(a * b - c)",
        "(count(orders within 7d) - count(orders between 7d..30d))",
        "max(orders.amount between 3d..20d)",
        "avg(calls.long within 20d)",
        "until_due / 1d",
        "count(distinct(tags))",
        "avg(marks)",
        "bucket(city, \"salt\", 10)",
        "length(name)",
        "quantile(marks, 50%)",
    ];
    if about == About::Everybody {
        all.extend([
            "avg(users.a)",
            "(a - avg(users.a per city))",
            "ntile(b, 3)",
            "ntile(a per on, 2)",
            "max(users.b)",
            "count(users where a > 4)",
            "sum(users.b per city)",
            "ntile(spend, 2)",
            "ntile(c where b > 1 per on, 3)",
            "quantile(users.b where on, 50%)",
            "min(users.e)",
        ]);
    }
    all
}

/// What can be asked beside numbers.
const QUESTIONS: &[&str] = &[
    "on",
    "a is missing",
    "a is known",
    "city is missing",
    "city = \"rome\"",
    "city != \"rome\"",
    "city in [\"oslo\", \"bonn\"]",
    "city starts with \"ro\"",
    "lower(city) = \"rome\"",
    "city + \"!\" = \"rome!\"",
    "city not contains \"o\"",
    "city matches /^[a-c]+$/",
    "tags has \"x\"",
    "tags has none of [\"x\", \"y\"]",
    "liked = \"b\"",
    "liked is missing",
    "seen within 30d",
    "seen between 10d..20d",
    "seen < near ago",
    "seen within next 7d",
    "age(seen) > 1mo",
    "age(seen) between 1mo..2mo",
    "seen during this month",
    "seen = 2026-11-20",
    "born >= 2000-01-01",
    "age(born) >= 18y",
    "anniversary(born) within next 7d",
    "seen + 3d < now",
    "last_order within 10d",
    "last_order < 5d ago",
    "age(last_order) > near",
    "last_order within next 7d",
    "any(orders where kind = \"x\")",
    "any(orders within 7d)",
    "max(orders.qty) > 2",
    "first(orders.kind) = \"v\"",
    "path = basket",
    "path >= basket",
    "path = buy",
    "path is missing",
    "path in [visit, buy]",
    "reached(path) < 1d ago",
    "reached(path) within 5d",
    "reached(path) between 2d..9d",
    "age(reached(path)) > 3d",
    "age(reached(path)) between 1d..4d",
    "when_reached < 2d ago",
    "since > 2d",
    "reached(path) > last_order",
    "reached(path) > seen",
    "reached(path) is missing",
    "count(orders where at > reached(path)) >= 1",
    "upper(city) = \"ROME\"",
    "trim(city) ends with \"me\"",
    "city > \"o\"",
    "city between \"a\"..\"c\"",
    "tags has any of [\"y\", \"z\"]",
    "tags has all of [\"x\", \"z\"]",
    "marks has 3",
    "first(tags) = \"y\"",
    "last(marks) > 2",
    "tags is missing",
    "size > enough",
    "places[city].grade >= 2.5",
    "gap > 2d",
    "gap between 1d..20d",
    "gap is missing",
    "now - seen > 10d",
    "start_of_week(seen) = start_of_week(today)",
    "start_of_month(born) < 2010-01-01",
    "date(seen) = today",
    "seen during last quarter",
    "seen during next month",
    "born during this year",
    "seen >= 3mo ago",
    "age(seen) > 1y",
    "anniversary(born) during this month",
    "anniversary(born) = today",
    "last_order during this week",
    "max(orders.at) > max(calls.at)",
    "max(calls.at) within 3d",
    "last(orders.kind) = \"x\"",
    "any(calls within 14d where long > 4)",
    "most(orders.kind by orders.amount) = \"b\"",
    "(if on then seen else max(orders.at)) < 5d ago",
    "month(today) = 12",
    "hour(seen) >= 12",
    "weekday(today) = 1",
    "hour(now) between 9..17",
    "wait > 2d",
    "wait between 1d..3d",
    "wait is missing",
    "wait * 2 <= 5d",
    "seen + wait < now",
    "patience > near",
    "gap > wait",
    "due within next 10d",
    "until_due < 5d",
    "due > born",
    "start_of_month(due) = start_of_month(today)",
    "anniversary(due) within next 1mo",
    "due between 5d..40d",
    "rush = talk",
    "rush >= ring",
    "reached(rush) within 10d",
    "reached(rush) > reached(path)",
    "name = \"rome!\"",
    "name contains \"osl\"",
    "any(orders within 7d) and not any(orders between 7d..30d)",
    "all of (a > 2, b > 3, on)",
    "none of (a > 2, city is known, c < 1)",
    "s0 >= 5",
    "s0 between 1..4",
    "s0 = 7",
    "distinct(orders.kind) has \"x\"",
    "first(calls.long) = 3",
    "max(orders.at where kind = \"b\") < 10d ago",
    "now > 2026-12-01",
];

const OF_EVERYBODY: &[&str] = &[
    "top 50% by b",
    "top 1 by (a per on)",
    "bottom 40% by (c where b > 2)",
    "b > avg(users.b)",
    "top 2 by spend",
    "top 50% by (e where on)",
    "bottom 1 by half",
    "top 60% by (seen per city)",
    "count(users where on per city) > 1",
    "quantile(users.c, 50%) < c",
];

fn leaf(about: About) -> BoxedStrategy<String> {
    let number = || select(numbers(about)).prop_map(str::to_owned).boxed();
    let op = || select(vec![">", ">=", "<", "<=", "=", "!="]);
    let asked = select(QUESTIONS).prop_map(str::to_owned);
    let named = select(vec![
        "t0",
        "t1",
        "lv >= l1",
        "lv = l2",
        "lv < l2",
        "lw >= w1",
        "lw = w0",
        "lv in [l0, l2]",
        "s > 10",
        "s >= 25",
        "ly = y0",
        "ly in [y1, y2]",
        "lx >= x1",
        "lx is missing",
        "to_next(lv) < 3",
    ]);
    let all = prop_oneof![
        3 => (number(), op(), -2_i32..12).prop_map(|(number, op, than)| format!("{number} {op} {than}")),
        1 => (number(), op(), select(vec!["2.5", "0.75", "9.99"])).prop_map(|(number, op, than)| format!("{number} {op} {than}")),
        2 => (number(), 0_i32..5, 0_i32..9).prop_map(|(number, low, more)| format!("{number} between {low}..{}", low + more)),
        1 => (number(), select(vec![700, 20, 3000]), 1_i32..100).prop_map(|(number, low, more)| format!("{number} between {low}..{}", low + more)),
        2 => (number(), op(), number()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        4 => asked,
        3 => named.prop_map(str::to_owned),
    ];
    match about {
        About::One => all.boxed(),
        About::Everybody => prop_oneof![4 => all, 1 => select(OF_EVERYBODY).prop_map(str::to_owned)].boxed(),
    }
}

fn condition(about: About) -> BoxedStrategy<String> {
    let condition = leaf(about).prop_recursive(2, 5, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            2 => prop::collection::vec(inner.clone(), 2..3).prop_map(|parts| format!("({})", parts.join(" or "))),
            1 => inner.clone().prop_map(|part| format!("(not ({part}))")),
            1 => prop::collection::vec(inner.clone(), 3).prop_map(|parts| format!("at least 2 of ({})", parts.join(", "))),
            1 => (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
        ]
    });
    condition.boxed()
}

/// A rulebook: what each names stands above it, so nothing reads itself.
pub(super) fn rules(about: About) -> BoxedStrategy<String> {
    let plain = move || {
        leaf(About::One).prop_filter("names nothing", |it| {
            let words: Vec<&str> = it.split(|it: char| !it.is_alphanumeric()).collect();
            !["t0", "t1", "lv", "lw", "lx", "s", "ly"].iter().any(|name| words.contains(name))
        })
    };
    let by = select(vec![
        "a",
        "c",
        "spend",
        "(a + b)",
        "(c - b)",
        "days",
        "floor(c / 2)",
        "half",
        "e",
        "twice",
        "lately",
        "(rung ?? b)",
        "called",
    ]);
    let points = prop::collection::vec(
        (select(vec!["10", "20", "2.5", "minus 15", "minus 5", "a", "minus often"]), leaf_of_numbers()),
        1..5,
    );
    let clamp = select(vec!["", " clamp 0..30", " clamp 10..20"]);
    let from = select(vec!["", " from 10", " from -20"]);
    let layer = (plain(), plain());
    let several = prop::collection::vec(plain(), 2..4).prop_map(|all| all.join(" and "));
    (plain(), plain(), by, any::<bool>(), (plain(), plain(), several), (points, from, clamp), layer, condition(about))
        .prop_map(|(t0, t1, by, otherwise, (w1, w2, x1), (points, from, clamp), (y0, y1), condition)| {
            let arms: Vec<String> = points.iter().map(|(points, when)| format!("{points} when {when}")).collect();
            let otherwise = if otherwise { "  l0 otherwise" } else { "  l0 from -3" };
            format!(
                "{TABLES}tag t0 when {t0}\ntag t1 when {t1} or t0\n\
                 level lv by {by} {{ l3 from 20  l2 from 7  l1 from 3{otherwise} }}\n\
                 level lw {{ w2 when {w2}  w1 when {w1}  w0 otherwise }}\n\
                 level lx {{ x2 when {x1}  x1 when {w1} and {y1} }}\n\
                 layer ly {{ y0 when {y0}  y1 when {y1}  y2 otherwise }}\n\
                 score s{from} {{ {} }}{clamp}\n\
                 tag it when {condition}\n",
                arms.join("  ")
            )
        })
        .boxed()
}

/// Arms that share fields.
fn leaf_of_numbers() -> BoxedStrategy<String> {
    let number = select(vec!["a", "a", "b", "c", "spend", "half", "(a + b)", "days"]);
    prop_oneof![
        4 => (number.clone(), select(vec![">", ">=", "<", "<="]), 0_i32..15).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (number, 0_i32..5, 0_i32..9).prop_map(|(it, low, more)| format!("{it} between {low}..{}", low + more)),
        1 => select(vec!["on", "t0", "lv >= l2", "reached(path) < 3d ago", "path >= basket", "seen within 30d"]).prop_map(str::to_owned),
    ]
    .boxed()
}

fn moment() -> BoxedStrategy<String> {
    (prop_oneof![-40_i32..10, -900_i32..400], 0_u32..24)
        .prop_map(|(days, hour)| format!("{}T{hour:02}:30", tagwell::value::moment_text::date_text(20_779 + days)))
        .boxed()
}

fn or_missing(value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    prop_oneof![1 => Just("null".to_owned()), 5 => value].boxed()
}

/// A user as JSON.
pub(super) fn user() -> BoxedStrategy<String> {
    let text = |all: &'static [&'static str]| select(all).prop_map(|it| format!("\"{it}\""));
    let order =
        (moment(), 0_i32..12, or_missing(text(&["v", "b", "x"])), or_missing((0_i32..6).prop_map(|it| it.to_string())))
            .prop_map(|(at, amount, kind, qty)| {
                format!("{{\"at\": \"{at}\", \"amount\": {amount}, \"kind\": {kind}, \"qty\": {qty}}}")
            });
    let call = (moment(), 0_i32..9).prop_map(|(at, long)| format!("{{\"at\": \"{at}\", \"long\": {long}}}"));
    let quoted = |it: BoxedStrategy<String>| it.prop_map(|it| format!("\"{it}\""));
    let born =
        (-9000_i32..100).prop_map(|days| format!("\"{}\"", tagwell::value::moment_text::date_text(20_779 + days)));
    let number = || (-3_i32..15).prop_map(|it| it.to_string());
    (
        or_missing(number()),
        number(),
        or_missing((-300_i32..1500).prop_map(|it| format!("{}.{:02}", it / 100, (it % 100).abs()))),
        or_missing(select(vec!["0.5", "2.25", "-1.0", "7.1"]).prop_map(str::to_owned)),
        (or_missing(text(&["rome", "Rome", "oslo", "abc"])), or_missing(select(vec!["0.5", "2.2501", "-1.0", "7.125", "11.9999"]).prop_map(str::to_owned))),
        or_missing(select(vec!["true", "false"]).prop_map(str::to_owned)),
        or_missing(quoted(moment())),
        or_missing(born),
        (
            or_missing(select(vec!["[]", "[\"x\"]", "[\"y\", \"z\"]"]).prop_map(str::to_owned)),
            or_missing(select(vec!["[]", "[3]", "[1, 5, 2]"]).prop_map(str::to_owned)),
        ),
        (prop::collection::vec(order, 0..5), prop::collection::vec(call, 0..3)),
        (
            or_missing(select(vec!["1d", "2d", "12h", "5d", "1d12h"]).prop_map(|it| format!("\"{it}\""))),
            or_missing((-50_i32..30).prop_map(|days| format!("\"{}\"", tagwell::value::moment_text::date_text(20_779 + days)))),
        ),
    )
        .prop_map(|(a, b, c, r, (city, e), on, seen, born, (tags, marks), (orders, calls), (wait, due))| {
            format!(
                "\"a\": {a}, \"b\": {b}, \"c\": {c}, \"e\": {e}, \"r\": {r}, \"city\": {city}, \"on\": {on}, \"seen\": {seen}, \
                 \"born\": {born}, \"tags\": {tags}, \"marks\": {marks}, \"wait\": {wait}, \"due\": {due}, \"orders\": [{}], \"calls\": [{}]",
                orders.join(", "),
                calls.join(", ")
            )
        })
        .boxed()
}
