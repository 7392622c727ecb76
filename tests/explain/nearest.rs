//! The nearest way in.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tagwell::{
    explain::Explained,
    ir::{Body, DefinitionId},
    value::{Decimal, Truth, Value, print},
};

use super::{Rules, Someone, applied, config};
use crate::agree::{
    data::{AS_OF, Data, Moments},
    rules::{self, About},
};

/// The user with the values that a way in proposes; none where it proposes something that stands in no record.
fn after(rules: &Rules, user: &Someone, explained: &Explained) -> Option<Someone> {
    let table = rules.rulebook().schema.root();
    let mut user = user.clone();
    for change in explained.nearest.as_ref()? {
        let id = table.find(&change.column)?;
        applied(rules, change);
        user.record[id.0 as usize] = change.to.clone();
    }
    Some(user)
}

/// Whether a way in, where one is proposed of columns alone, leads in.
fn leads_in(rules: &Rules, user: &Someone) -> Result<usize, String> {
    let mut taken = 0;
    let ids: Vec<DefinitionId> = (0..rules.rulebook().definitions.len() as u32).map(DefinitionId).collect();
    for (id, explained) in ids.iter().zip(rules.explain(user, &ids)) {
        let body = &rules.rulebook().definition(*id).body;
        let value = rules.value(user, *id);
        match body {
            Body::Tag(_) | Body::Segment(_) => {
                if Truth::of(&value).is_true() && explained.nearest.is_some() {
                    return Err(format!("{} applies, and has a way in", explained.name));
                }
                let Some(changed) = after(rules, user, &explained) else { continue };
                if rules.value(&changed, *id) != Value::Bool(true) {
                    return Err(format!("{}: {:?}", explained.name, explained.nearest));
                }
                taken += 1;
            }
            Body::Level(_) => {
                let Some(changed) = after(rules, user, &explained) else { continue };
                let definition = rules.rulebook().definition(*id);
                let reached = rules.rulebook().shown(&rules.value(&changed, *id), &definition.ty);
                let wanted = explained.towards.as_deref().unwrap_or_default();
                if reached != Value::Text(wanted.into()) {
                    return Err(format!("{} to {wanted}, not {reached:?}: {:?}", explained.name, explained.nearest));
                }
                taken += 1;
            }
            Body::Let(_) | Body::Score(_) | Body::Layer(_) | Body::Funnel(..) => {}
        }
    }
    Ok(taken)
}

fn bytes(most: usize, number: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..most), 1..number)
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn a_way_in_leads_in(setting in prop::collection::vec(any::<u8>(), 0..3), declared in bytes(40, 5), users in bytes(24, 4), orders in bytes(24, 8)) {
        let text = rules::rulebook(&setting, &declared, About::One);
        let rules = Rules::new(&text, AS_OF);
        let data = Data::from(&users, &orders, &[], Moments::Tied);
        for user in data.users.iter().filter(|user| user.key.is_some()) {
            let own: Vec<_> = data.orders.iter().filter(|order| order.key == user.key).collect();
            let json = user.json(&own, &[]);
            let someone = rules.user(&json);
            if let Err(wrong) = leads_in(&rules, &someone) {
                prop_assert!(false, "{}\n{}\n{}", wrong, json, text);
            }
        }
    }
}

/// Where two columns meet in one condition each amount is the least beside the other, also where points are asked for: an arm
/// may apply and still add too little.
#[test]
fn amounts_are_least_where_columns_meet() {
    for (declaration, user, towards, wanted) in [
        ("score it from -20 { a when (a + b) < 0 } clamp 0..30", (3, 0), "1 more", "a 21, b -22"),
        ("score it { a when (a + b) < 0 }", (3, 0), "3 more", "b -4"),
        ("score it { 5 when (a + b) < 0 }", (3, 0), "5 more", "a -1"),
        ("score it { a when a > 9007199254740993 }", (3, 0), "9007199254740994 more", "a 9007199254740994"),
        ("tag it when a + b between 5..7", (0, 1), "", "a 4"),
        ("tag it when a + b between 5..7 and a > 20", (0, 1), "", "a 21, b -14"),
        ("tag it when (a + b) < 0 and a > 20", (3, 0), "", "a 21, b -22"),
    ] {
        let rules = Rules::new(&format!("table users key id {{ id: text  a: int  b: int }}\n{declaration}\n"), AS_OF);
        let user = rules.user(&format!("{{\"id\": \"u\", \"a\": {}, \"b\": {}}}", user.0, user.1));
        let explained = rules.one(&user, "it");
        assert_eq!(explained.towards.as_deref().unwrap_or_default(), towards, "{declaration}: {:?}", explained.nearest);
        assert_eq!(changes(&explained), wanted, "{declaration}");
    }
}

/// Also where another condition turns every week of the centuries between.
#[test]
fn days_are_least_beside_what_comes_round() {
    for (condition, wanted) in [
        ("level it { high when a > 700 and weekday(born) between 0..4  low when year(born) < 3 }", "0002-12-31"),
        ("level it { high when a > 700 and weekday(born) between 0..4  low when year(born) > 9000 }", "9001-01-01"),
    ] {
        let rules =
            Rules::new(&format!("table users key id {{ id: text  a: int  born: date? }}\n{condition}\n"), AS_OF);
        let user = rules.user("{\"id\": \"u\", \"a\": 0, \"born\": \"2022-09-06\"}");
        let explained = rules.one(&user, "it");
        let told: Vec<String> =
            explained.nearest.iter().flatten().map(|it| print::text(&it.to, rules.clock().zone())).collect();
        assert_eq!(told, [wanted], "{condition}");
    }
}

/// Decimals of 38 digits on both sides of zero are further apart than 128 bits tell.
#[test]
fn amounts_of_all_digits() {
    let (line, most) = ("9".to_owned() + &"0".repeat(37), "9".repeat(38));
    for (condition, sign, wanted) in [
        (format!("x > {line}"), -1, format!("{}1", &line[..37])),
        (format!("x < -{line}"), 1, format!("-{}1", &line[..37])),
        (format!("x >= {most}"), -1, most.clone()),
    ] {
        let rules =
            Rules::new(&format!("table users key id {{ id: text  x: decimal(0) }}\ntag it when {condition}\n"), AS_OF);
        let mut user = rules.user("{\"id\": \"u\", \"x\": 0}");
        user.record[1] = Value::Decimal(Decimal { mantissa: sign * most.parse::<i128>().unwrap(), scale: 0 });
        let explained = rules.one(&user, "it");
        let to = |it: &tagwell::explain::Change| print::text(&it.to, rules.clock().zone());
        let told: Vec<String> = explained.nearest.iter().flatten().map(to).collect();
        assert_eq!(told, [wanted], "{condition}");
    }
}

/// A condition on points is the conditions of the arms that bring them.
#[test]
fn points_are_brought_by_arms() {
    const POINTS: &str = "score points { 10 when a > 100  15 when b > 4  minus 5 when a = 1 }";
    for (declaration, user, towards, wanted) in [
        ("tag it when points >= 20", (1, 0), "", "a 101, b 5"),
        ("tag it when points between 8..12", (2, 5), "", "a 1"),
        ("tag it when points < 0", (0, 0), "", "a 1"),
        ("level it by points { hot from 20  warm from 10  cold otherwise }", (0, 0), "warm", "a 101"),
        ("level it by points { hot from 20  warm from 10  cold otherwise }", (0, 5), "hot", "a 101"),
    ] {
        let table = "table users key id { id: text  a: int  b: int }";
        let rules = Rules::new(&format!("{table}\n{POINTS}\n{declaration}\n"), AS_OF);
        let user = rules.user(&format!("{{\"id\": \"u\", \"a\": {}, \"b\": {}}}", user.0, user.1));
        let explained = rules.one(&user, "it");
        assert_eq!(explained.towards.as_deref().unwrap_or_default(), towards, "{declaration}: {:?}", explained.nearest);
        assert_eq!(changes(&explained), wanted, "{declaration}");
    }
}

/// Each column and what it would be, in order of their names.
fn changes(explained: &Explained) -> String {
    let mut changes: Vec<String> = vec![];
    for change in explained.nearest.iter().flatten() {
        let Value::Int(to) = change.to else { panic!("{change:?}") };
        changes.push(format!("{} {to}", change.column));
    }
    changes.sort();
    changes.dedup();
    changes.join(", ")
}

/// Nothing is told that is not needed, also where what one condition needs brings others about.
#[test]
fn nothing_superfluous() {
    for (condition, (a, city), wanted) in [
        (
            "at least 2 of (city + \"!\" = \"rome!\", rung between 3..3, all of (a > 2, b > 3, on))",
            NOBODY,
            "a 3, on true",
        ),
        ("at least 2 of (city = \"rome\", rung = 3, on)", NOBODY, "city rome, on true"),
        ("at least 2 of (city = \"rome\", both = 9, all of (a > 2, b > 4))", NOBODY, "a 5, city rome"),
        ("at least 2 of (city = \"rome\", both > 20, a > 15)", ("0", "null"), "a 17"),
        ("any of (city = \"rome\" and rung = 3, rung = 3 and all of (a > 2, b > 3, on))", NOBODY, "a 3, on true"),
        ("any of (city = \"rome\" and rung = 3, all of (a > 2, on, rung > 1, rung < 9))", NOBODY, "a 3, on true"),
        ("(city = \"rome\" or a > 2 and on) and rung >= 3", NOBODY, "a 3, on true"),
        ("(city = \"rome\" or a > 3 and on) and rung <= 3", NOBODY, "a 0, city rome, on true"),
        ("rung >= 3 and not (city != \"rome\" and not (a > 2 and on))", OF_OSLO, "a 3, on true"),
        ("none of (rung ?? 0 < 3, city != \"rome\" and not (a > 1 and on))", OF_OSLO, "a 3, on true"),
        ("not (city is missing or rung != 3) or not none of (all of (a > 2, on, rung > 1))", NOBODY, "a 3, on true"),
        ("if city = \"rome\" then rung = 3 else all of (a > 2, on, b > 3)", OF_OSLO, "a 3, on true"),
    ] {
        let rules = Rules::new(
            &format!(
                "table users key id {{ id: text  a: int?  b: int  city: text?  on: bool? }}\n\
                 let rung = if on then a else missing\nlet both = a + b\ntag it when {condition}\n"
            ),
            AS_OF,
        );
        let user = rules.user(&format!("{{\"id\": \"u\", \"a\": {a}, \"b\": 4, \"city\": {city}}}"));
        let explained = rules.one(&user, "it");
        let zone = rules.clock().zone();
        let told = explained.nearest.iter().flatten().map(|it| format!("{} {}", it.column, print::text(&it.to, zone)));
        let told: BTreeSet<String> = told.collect();
        assert_eq!(told.into_iter().collect::<Vec<_>>().join(", "), wanted, "{condition}");
    }
}

/// Who lacks everything.
const NOBODY: (&str, &str) = ("null", "null");
const OF_OSLO: (&str, &str) = ("null", "\"oslo\"");

/// Of a list another element, one more or all of it other.
#[test]
fn lists_that_come_to_something() {
    for (condition, marks) in [
        ("sum(marks) = 7", "[]"),
        ("sum(marks) = 7", "[1, 2]"),
        ("sum(marks) = 7", "[20, 30]"),
        ("count(marks) >= 4 and max(marks) < 3", "[5]"),
        ("max(marks) < 3 and count(marks) = 2", "[5, 6, 7]"),
        ("avg(marks) > 9.5", "[1, 2]"),
        ("marks has 5 and count(marks) = 1", "[1]"),
        ("last(marks) = 4 and first(marks) = 1", "[1, 2]"),
        ("sum(marks) between 100..110", "null"),
        ("min(marks) >= 3", "[1, 9]"),
    ] {
        let table = "table users key id { id: text  marks: list of int? }";
        let rules = Rules::new(&format!("{table}\ntag it when {condition}\n"), AS_OF);
        let user = rules.user(&format!("{{\"id\": \"u\", \"marks\": {marks}}}"));
        let explained = rules.one(&user, "it");
        let changed = after(&rules, &user, &explained).unwrap_or_else(|| panic!("no way: {condition} of {marks}"));
        assert_eq!(rules.value(&changed, rules.rulebook().find("it").unwrap()), Value::Bool(true), "{condition}");
    }
}

/// What comes round again has more turns than are looked for, and the nearest are found.
#[test]
fn the_nearest_turn_of_what_comes_round() {
    let rules = Rules::new(
        "rulebook \"b\" timezone \"Europe/Berlin\"\ntable users key id { id: text  seen: timestamp? }\ntag it when not (hour(seen) >= 12)\n",
        AS_OF,
    );
    let explained = rules.one(&rules.user("{\"id\": \"u\", \"seen\": \"2025-12-04T16:30\"}"), "it");
    let to: Vec<&Value> = explained.nearest.iter().flatten().map(|change| &change.to).collect();
    assert_eq!(to, [&Value::Timestamp(1_764_845_999_999_999)], "11:59:59.999999 of that day");
}

/// Conditions over columns of few values, so that all records there are can be looked at.
mod small {
    use super::*;

    const TABLE: &str = "table users key id { id: text  a: int?  b: int?  d: bool?  e: text?  f: decimal(1)? }\n";
    const VALUES: [&[&str]; 5] = [
        &["null", "0", "1", "2", "3", "4", "5"],
        &["null", "0", "1", "2", "3", "4", "5"],
        &["null", "true", "false"],
        &["null", "\"x\"", "\"y\"", "\"z\""],
        &["null", "0.9", "1.0", "1.1", "2.5"],
    ];

    fn leaf() -> impl Strategy<Value = String> {
        let number = (prop::sample::select(vec!["a", "b"]), prop::sample::select(vec![">", "<=", "=", "!="]), 1..5);
        prop_oneof![
            number.prop_map(|(column, op, number)| format!("{column} {op} {number}")),
            (prop::sample::select(vec!["a", "b"]), 1..3, 3..5)
                .prop_map(|(it, low, high)| format!("{it} between {low}..{high}")),
            Just("d".to_owned()),
            prop::sample::select(vec!["x", "y"]).prop_map(|text| format!("e = \"{text}\"")),
            Just("f > 1".to_owned()),
            Just("a is missing".to_owned()),
            Just("e is known".to_owned()),
        ]
    }

    fn condition() -> impl Strategy<Value = String> {
        leaf().prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
                inner.clone().prop_map(|a| format!("(not {a})")),
                prop::collection::vec(inner, 3).prop_map(|parts| format!("at least 2 of ({})", parts.join(", "))),
            ]
        })
    }

    /// Every record, as places in [`VALUES`].
    fn all() -> Vec<Vec<usize>> {
        VALUES.iter().fold(vec![vec![]], |records, values| {
            records.iter().flat_map(|record| (0..values.len()).map(|it| [record.as_slice(), &[it]].concat())).collect()
        })
    }

    fn user(rules: &Rules, places: &[usize]) -> Someone {
        let fields: Vec<String> = ["a", "b", "d", "e", "f"]
            .iter()
            .zip(places.iter().zip(VALUES))
            .map(|(name, (at, values))| format!("\"{name}\": {}", values[*at]))
            .collect();
        rules.user(&format!("{{\"id\": \"u\", {}}}", fields.join(", ")))
    }

    /// How many columns two records differ in.
    fn other_places(one: &[usize], other: &[usize]) -> usize {
        one.iter().zip(other).filter(|(a, b)| a != b).count()
    }

    /// The leaves of a condition, each a tag of its own beside it.
    fn leaves(condition: &str) -> Vec<String> {
        let text = condition.replace("at least 2 of", "").replace("not ", "").replace(['(', ')'], "");
        let parts = text.split(" and ").flat_map(|it| it.split(" or ")).flat_map(|it| it.split(", "));
        let mut found: Vec<String> = vec![];
        parts.map(|it| it.trim().to_owned()).for_each(|it| {
            if !found.contains(&it) {
                found.push(it);
            }
        });
        found
    }

    proptest! {
        #![proptest_config(config(25))]

        #[test]
        fn no_smaller_set_of_leaves_would_do(condition in condition(), start in prop::collection::vec(any::<prop::sample::Index>(), 5)) {
            let leaves = leaves(&condition);
            let lets: String = leaves.iter().enumerate().map(|(at, leaf)| format!("let l{at} = {leaf}\n")).collect();
            let text = format!("{TABLE}tag it when {condition}\n{lets}");
            let rules = Rules::new(&text, "2026-11-22");
            let it = rules.rulebook().find("it").unwrap();
            let of_leaves: Vec<DefinitionId> = (0..leaves.len()).map(|at| rules.rulebook().find(&format!("l{at}")).unwrap()).collect();
            let places: Vec<usize> = start.iter().zip(VALUES).map(|(index, values)| index.index(values.len())).collect();
            let someone = user(&rules, &places);
            let explained = rules.one(&someone, "it");
            if rules.value(&someone, it) == Value::Bool(true) {
                prop_assert!(explained.nearest.is_none());
                return Ok(());
            }
            let truths = |user: &Someone| -> Vec<Value> { of_leaves.iter().map(|id| rules.value(user, *id)).collect() };
            let now = truths(&someone);
            let start_places = places.clone();
            // Of every record that is in, how many leaves differ; a leaf that need not differ is counted all the same, so that
            // what is proposed may be smaller, never greater.
            let differ = all().into_iter().filter_map(|places| {
                let other = user(&rules, &places);
                (rules.value(&other, it) == Value::Bool(true)).then(|| {
                    let leaves = truths(&other).iter().zip(&now).filter(|(a, b)| a != b).count();
                    (leaves, other_places(&places, &start_places))
                })
            });
            let differ: Vec<(usize, usize)> = differ.collect();
            let least = differ.iter().map(|(leaves, _)| *leaves).min();
            // One column may turn more leaves than two would have to: then the one is told.
            let columns = differ.iter().filter(|(leaves, _)| Some(*leaves) == least).map(|(_, columns)| *columns).min();
            let told: Option<BTreeSet<&str>> =
                explained.nearest.as_ref().map(|all| all.iter().map(|change| change.column.as_str()).collect());
            let is_less = told.map(|columns| columns.len()) < columns;
            let proposed = explained.nearest.as_ref().map(Vec::len);
            prop_assert_eq!(proposed.is_some(), least.is_some(), "{:?}\n{}\n{:?}", explained.nearest, text, places);
            prop_assert!(proposed <= least || is_less, "{:?} of {:?}\n{}\n{:?}", explained.nearest, least, text, places);
            if let Some(changed) = after(&rules, &someone, &explained) {
                prop_assert_eq!(rules.value(&changed, it), Value::Bool(true), "{:?}\n{}", explained.nearest, text);
                // Without any one of the changed values it is not in: nothing proposed is superfluous. (Where one column is asked
                // about twice, one value may turn both, and sets of as many leaves stand in rule order.)
                let names = ["a", "b", "d", "e", "f"];
                let twice = |name: &str| leaves.iter().filter(|leaf| leaf.starts_with(name)).count() > 1;
                if names.into_iter().any(twice) {
                    return Ok(());
                }
                for change in explained.nearest.as_ref().unwrap() {
                    let mut fewer = changed.clone();
                    let id = rules.rulebook().schema.root().find(&change.column).unwrap();
                    fewer.record[id.0 as usize] = someone.record[id.0 as usize].clone();
                    prop_assert!(rules.value(&fewer, it) != Value::Bool(true), "{:?}\n{}\n{:?}", explained.nearest, text, places);
                }
            }
        }
    }
}

/// Rules that ask about everybody: the others stay as they are, and what everybody comes to moves with the user.
mod everybody {
    use super::*;
    use tagwell::{
        eval::{Interpreter, User},
        explain::{Asked, explain},
    };

    const RULES: &[&str] = &[
        "a > avg(users.a)",
        "a > avg(users.a per b)",
        "top 50% by a",
        "top 1 by a",
        "top 2 by (a where b > 1)",
        "bottom 30% by a",
        "bottom 1 by (a per b)",
        "ntile(a, 4) >= 3",
        "ntile(a per b, 2) = 1",
        "count(users where a > 3) >= 2",
        "a >= quantile(users.a, 90%)",
        "count(users per b) > 1",
        "a = max(users.a) and b > 2",
        "not (top 50% by a) and b = 1",
    ];

    fn answers(rules: &Rules, users: &[Someone], id: DefinitionId) -> Vec<Value> {
        let users: Vec<User<'_>> = users.iter().map(|it| User { record: &it.record, children: &it.children }).collect();
        let all = Interpreter::new(rules.rulebook(), &rules.context).evaluate_all(&users);
        all.iter().map(|answers| answers.value(id).clone()).collect()
    }

    proptest! {
        #![proptest_config(config(60))]

        #[test]
        fn a_way_in_leads_in_among_others(rule in prop::sample::select(RULES), values in prop::collection::vec((-1_i64..8, 0_i64..4), 1..7)) {
            let text = format!("table users key id {{ id: text  a: decimal(1)?  b: int? }}\ntag it when {rule}\n");
            let rules = Rules::new(&text, "2026-11-22");
            let id = rules.rulebook().find("it").unwrap();
            let of = |value: i64| if value < 0 { "null".to_owned() } else { value.to_string() };
            let users: Vec<Someone> = values
                .iter()
                .enumerate()
                .map(|(at, (a, b))| rules.user(&format!("{{\"id\": \"u{at}\", \"a\": {}, \"b\": {b}}}", of(*a))))
                .collect();
            let now = answers(&rules, &users, id);
            for (at, user) in users.iter().enumerate() {
                let others = super::super::others(&rules, &users, at);
                let asked = Asked {
                    rulebook: rules.rulebook(),
                    sources: rules.checked.warnings().sources(),
                    context: &rules.context,
                    record: &user.record,
                    children: &user.children,
                    others: &others,
                    key: None,
                    remembered: None,
                };
                let explained = explain(&asked, &[id]).remove(0);
                prop_assert_eq!(&explained.value, &now[at], "as a run says\n{}\n{:?}", text, values);
                let Some(changed) = after(&rules, user, &explained) else { continue };
                let mut with = users.clone();
                with[at] = changed;
                let then = answers(&rules, &with, id);
                prop_assert_eq!(&then[at], &Value::Bool(true), "{:?}\n{}\n{:?} of u{}", explained.nearest, text, values, at);
            }
        }
    }
}
