//! Law 4: whatever chooses is written `RESULT when COND`, first that applies, `otherwise` last.

use tagwell::engine::Rulebook;

use super::codes;

const TABLE: &str = "table users key id { id: text?  a: bool  b: bool  n: int }\n";

#[test]
fn the_result_comes_first() {
    for (right, wrong) in [
        ("tag t when a", "tag when a t"),
        ("tag t when a", "when a tag t"),
        ("level l { up when a  down otherwise }", "level l { when a up  otherwise down }"),
        ("level l { up when a  down otherwise }", "level l { up if a  down else }"),
        ("level l { up when a  down otherwise }", "level l { a then up  else down }"),
        ("layer l { one when a  two when b }", "layer l { a: one  b: two }"),
        ("score s { 40 when a }", "score s { when a 40 }"),
        (
            "segment s when a { on enter { do x when a  do y otherwise } }",
            "segment s when a { on enter { when a do x } }",
        ),
        ("segment s when a { on exit do x once when b }", "segment s when a { on exit do x when b once }"),
    ] {
        assert_eq!(codes(&format!("{TABLE}{right}\n")), [""; 0], "{right}");
        assert_ne!(codes(&format!("{TABLE}{wrong}\n")), [""; 0], "{wrong}");
    }
}

#[test]
fn otherwise_is_last() {
    for wrong in [
        "level l { down otherwise  up when a }",
        "layer l { two otherwise  one when a }",
        "level l { down otherwise  lower otherwise }",
        "level l by n { down otherwise  up from 5 }",
    ] {
        assert_ne!(codes(&format!("{TABLE}{wrong}\n")), [""; 0], "{wrong}");
    }
}

#[test]
fn the_first_that_applies_is_chosen() {
    let rules = format!(
        "{TABLE}level l {{ first when a  second when b  third otherwise }}\n\
         layer y {{ first when a  second when b }}\n"
    );
    let checked = Rulebook::parse("law.rules", &rules)
        .and_then(|rulebook| rulebook.check(&Default::default()))
        .unwrap_or_else(|it| panic!("{it}"));
    let engine = checked.engine(checked.clock("2026-11-22").expect("a good as-of"));
    for (a, b, level, layer) in [
        (true, true, "first", Some("first")),
        (true, false, "first", Some("first")),
        (false, true, "second", Some("second")),
        (false, false, "third", None),
    ] {
        let user = engine.evaluate_one(&format!(r#"{{"id": "u", "a": {a}, "b": {b}, "n": 1}}"#)).expect("a record");
        assert_eq!((user.choice("l"), user.choice("y")), (Some(level), layer), "a {a}, b {b}");
    }
}
