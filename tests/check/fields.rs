//! What undeclared fields are taken for: `rules | each field with its type`.

use tagwell::{check::Inputs, engine::Rulebook, value::Type};

fn kind(ty: &Type) -> String {
    match ty {
        Type::Float => "number".to_owned(),
        Type::Timestamp => "moment".to_owned(),
        Type::List(of) => format!("list of {}", kind(of)),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// The fields of a rulebook with their types, or the codes of what is wrong with it.
fn fields(rules: &str) -> String {
    let checked = Rulebook::parse("case.rules", rules).and_then(|it| it.check(&Inputs::default()));
    match checked {
        Err(problems) => problems.diagnostics().iter().map(|it| it.code.to_string()).collect::<Vec<_>>().join(" "),
        Ok(checked) => {
            let table = checked.rulebook().schema.root();
            let key = table.key.map(|key| table.column(key).name.clone());
            let fields = table.columns.iter().filter(|it| Some(&it.name) != key.as_ref());
            fields.map(|it| format!("{} {}", it.name, kind(&it.ty))).collect::<Vec<_>>().join(", ")
        }
    }
}

fn hold(rows: &[(&str, &str)]) {
    let found: Vec<(&str, String)> = rows
        .iter()
        .map(|(rules, _)| {
            let declares =
                ["tag ", "let ", "level ", "score ", "param ", "layer "].iter().any(|it| rules.starts_with(it));
            let text = if declares { (*rules).to_owned() } else { format!("tag t when {rules}") };
            (*rules, fields(&text))
        })
        .collect();
    let meant: Vec<(&str, String)> = rows.iter().map(|(rules, fields)| (*rules, (*fields).to_owned())).collect();
    assert_eq!(found, meant, "left what was found, right what is meant");
}

#[test]
fn differences_of_moments_are_durations() {
    hold(&[
        ("last - first > 90d", "last moment, first moment"),
        ("90d < last - first", "last moment, first moment"),
        ("(last - first) / 1d > 3", "last moment, first moment"),
        ("floor((last - first) / 1d) > 3", "last moment, first moment"),
        ("last - first between 30d..60d", "last moment, first moment"),
        ("(last - first) * 2 > 30d", "last moment, first moment"),
        ("max(last - first, third - last) > 30d", "last moment, first moment, third moment"),
        ("if big then last - first > 90d else false", "big bool, last moment, first moment"),
        ("let gap = last - first tag t when gap > 90d", "last moment, first moment"),
        ("let gap = last - first let double = gap * 2 tag t when double > 90d", "last moment, first moment"),
        ("param long = 90d tag t when last - first > long", "last moment, first moment"),
        ("now - last > 90d", "last moment"),
        ("last - 2026-01-01 > 90d", "last date"),
        ("today - last > 90d", "last date"),
        ("last - first > third - second", "last number, first number, third number, second number"),
        ("last - first > 90", "last number, first number"),
        ("last - first > 90d and first < now", "last moment, first moment"),
    ]);
}

#[test]
fn moments_and_durations_fix_each_other() {
    hold(&[
        ("x + 30d < now", "x moment"),
        ("x + 30d > 60d", "x duration"),
        ("x + 30d within 3d", "x moment"),
        ("last_order + x > now and last_order within 30d", "last_order moment, x duration"),
        ("30d - x > 3d", "x duration"),
        ("now - x > last_order and last_order within 30d", "x duration, last_order moment"),
        ("x * 2 > 30d", "x duration"),
        ("x / 1d > 3", "x duration"),
        ("1y / x > 3d", "x number"),
        ("-x > 3d", "x duration"),
        ("last_order < grace ago", "last_order moment, grace duration"),
        ("last_order within grace", "last_order moment, grace duration"),
        ("age(x) > 30d", "x moment"),
        ("age(x) > y", "x moment, y duration"),
        ("date(x) = 2026-01-31", "x moment"),
        ("min(a, b) within 3d", "a moment, b moment"),
        ("min(a, b) < now", "a moment, b moment"),
        ("min(a, b) > 3", "a number, b number"),
        ("min(a, b) > c", "a number, b number, c number"),
        ("a ?? b within 30d", "a moment, b moment"),
        ("(a ?? b) < now", "a moment, b moment"),
        ("(if flag then a else b) within 30d", "flag bool, a moment, b moment"),
        ("a < b and b within 30d", "a moment, b moment"),
        ("a = b and b = c and c > 3", "a number, b number, c number"),
        ("x + y > 3", "x number, y number"),
        ("x + y = \"ab\"", "x text, y text"),
        ("x * y > z", "x number, y number, z number"),
        ("level l by today - last { far from 90d near otherwise }", "last date"),
        ("level l by points { far from 90 near otherwise }", "points number"),
        ("score s { a - b when c }", "a number, b number, c bool"),
    ]);
}

#[test]
fn lists_have_elements() {
    hold(&[
        ("xs has \"a\"", "xs list of text"),
        ("xs has 3", "xs list of number"),
        ("xs has x and x > 3", "xs list of number, x number"),
        ("xs has any of [\"a\"]", "xs list of text"),
        ("max(amounts) > 3", "amounts list of number"),
        ("sum(amounts) > 3", "amounts list of number"),
        ("sum(waits) > 3d", "waits list of duration"),
        ("count(xs) > 3", "xs list of text"),
        ("first(xs) = \"a\"", "xs list of text"),
        ("last(visits) within 30d", "visits list of moment"),
        ("most(xs) > 3", "xs list of number"),
        ("distinct(xs) has 3", "xs list of number"),
        ("x in [1, 2]", "x number"),
        ("x in xs and x > 3", "x number, xs list of number"),
        ("3 in xs", "xs list of number"),
    ]);
}

#[test]
fn a_bare_field_beside_a_length_of_time_is_a_mistake() {
    hold(&[
        ("last_order > 30d", "E0401"),
        ("30d < last_order", "E0401"),
        ("param p = 30d tag t when last_order > p", "E0401"),
    ]);
}

#[test]
fn contradictory_uses_are_told() {
    hold(&[
        ("spend > 500 and spend within 30d", "E0303"),
        ("city = \"a\" and city > 3", "E0303"),
        ("flag and flag > 3", "E0303"),
        ("xs has \"a\" and xs = \"a\"", "E0303"),
    ]);
}

#[test]
fn a_use_far_from_its_let_is_heard() {
    let mut rules = "let x0 = last - first\n".to_owned();
    (1..200).for_each(|at| rules += &format!("let x{at} = x{}\n", at - 1));
    rules += "tag t when x199 > 90d\n";
    assert_eq!(fields(&rules), "last moment, first moment");
}
