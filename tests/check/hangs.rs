//! On what a case hangs: where it is not said to need a column that it does not give, no value of that column changes what it
//! expects.

use proptest::prelude::*;
use tagwell::{
    check::Inputs,
    engine::Rulebook,
    testing::{Outcome, Suite, Surroundings},
};

/// Conditions over `a`, `b` and `c`, whole numbers that may not be missing, and over rows with a column `d` of that kind.
fn condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (prop::sample::select(vec!["a", "b", "c"]), 0..3).prop_map(|(column, line)| format!("{column} > {line}")),
        (prop::sample::select(vec!["a", "b", "c"]), 0..3).prop_map(|(column, line)| format!("{column} = {line}")),
        (0..3).prop_map(|line| format!("count(rows where d > {line}) >= 1")),
        (0..3, 0..3).prop_map(|(line, other)| format!("count(rows where e > {line} and d > {other}) = 1")),
        Just("any(rows where e = 1)".to_owned()),
        Just("t".to_owned()),
        Just("l = low".to_owned()),
        Just("s >= 2".to_owned()),
        Just("m > 1".to_owned()),
    ];
    leaf.prop_recursive(3, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" or "))),
            inner.clone().prop_map(|it| format!("not ({it})")),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("at least 2 of ({})", all.join(", "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("none of ({})", all.join(", "))),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(when, then, or)| format!("(if {when} then {then} else {or})")),
            (inner.clone(), inner).prop_map(|(first, other)| format!("(({first}) ?? ({other}))")),
        ]
    })
}

fn rules(condition: &str, given: &str) -> String {
    format!(
        "table users key k {{ k: text  a: int  b: int  c: int  o: int? }}
table rows of users by k {{ k: text  d: int  e: int }}
tag t when a > 0 and (b > 1 or o > 1)
level l {{ high when b > 1  low when a > 1  none otherwise }}
score s {{ 1 when a > 1  2 when c > 0  b when o is known }}
let m = if c > 1 then a else b
tag asked when {condition}
test \"it\" {{ given {{ {given} }} expect asked }}
"
    )
}

/// How the one case goes, and the codes that are told.
fn played(text: &str) -> (Outcome, Vec<String>) {
    let rulebook = Rulebook::parse("hangs.rules", text).unwrap_or_else(|problems| panic!("{problems}"));
    let checked = rulebook.check(&Inputs::default()).unwrap_or_else(|problems| panic!("{problems}"));
    let suite = Suite::new(checked.rulebook(), rulebook.sources(), Surroundings::default());
    let verdict = suite.run(|_| true, &mut |_| {}).pop().unwrap();
    (verdict.outcome, verdict.found.iter().map(|it| it.code.to_string()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases / 4,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_not_asked_for_changes_nothing(
        condition in condition(),
        known in prop::collection::vec(prop::option::of(0..3), 3),
        row in prop::option::of(prop::option::of(0..3)),
        others in prop::collection::vec(prop::collection::vec(0..3, 4), 6),
    ) {
        let given = |columns: &[Option<i32>], d: Option<i32>| {
            let columns = ["a", "b", "c"].iter().zip(columns).filter_map(|(name, value)| Some(format!("{name}: {}", (*value)?)));
            let d = d.map(|d| format!("d: {d}, ")).unwrap_or_default();
            let rows = row.map(|_| format!("rows: [{{ {d}e: 1 }}]"));
            columns.chain(rows).collect::<Vec<_>>().join(", ")
        };
        let text = rules(&condition, &given(&known, row.flatten()));
        let (outcome, codes) = played(&text);
        if codes.iter().any(|code| code == "E0711") {
            return Ok(());
        }
        for other in others {
            let all: Vec<Option<i32>> = known.iter().zip(&other).map(|(known, other)| known.or(Some(*other))).collect();
            let whole = rules(&condition, &given(&all, row.flatten().or(Some(other[3]))));
            let (then, codes) = played(&whole);
            prop_assert!(!codes.contains(&"E0711".to_owned()), "{}", whole);
            prop_assert_eq!(outcome, then, "{}\n{}", text, whole);
        }
    }
}
