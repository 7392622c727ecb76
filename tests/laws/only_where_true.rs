//! Law 1: a rule applies only where its condition is true — not where it is false, not where it is unknown.

use tagwell::{engine::Question, engine::Rulebook, eval::Context};

/// Where each of these conditions is true, false and unknown.
const ROWS: &[(&str, &str, &str)] = &[
    ("spend > 500", r#"{"spend": 501}"#, "true"),
    ("spend > 500", r#"{"spend": 500}"#, "false"),
    ("spend > 500", "{}", "null"),
    ("not (spend > 500)", r#"{"spend": 500}"#, "true"),
    ("not (spend > 500)", "{}", "null"),
    ("spend > 500 and vips", r#"{"vips": false}"#, "false"),
    ("spend > 500 and vips", r#"{"vips": true}"#, "null"),
    ("spend > 500 or vips", r#"{"vips": true}"#, "true"),
    ("spend > 500 or vips", r#"{"vips": false}"#, "null"),
    ("spend is missing", "{}", "true"),
    ("spend is known", "{}", "false"),
    ("spend between 3..5", "{}", "null"),
    ("spend not between 3..5", "{}", "null"),
    ("city in [\"x\"]", "{}", "null"),
    ("city not in [\"x\"]", "{}", "null"),
    ("city not contains \"x\"", "{}", "null"),
    ("last_order within 30d", r#"{"last_order": "2026-11-20"}"#, "true"),
    ("last_order within 30d", r#"{"last_order": "2026-12-20"}"#, "false"),
    ("last_order not within 30d", "{}", "null"),
    ("age(last_order) > 30d", r#"{"last_order": "2026-12-20"}"#, "null"),
    ("not (age(last_order) > 30d)", r#"{"last_order": "2026-12-20"}"#, "null"),
    ("spend / 0 > 1", r#"{"spend": 500}"#, "null"),
    ("vips", "{}", "null"),
    ("not vips", "{}", "null"),
    ("all of (vips, spend > 1)", r#"{"vips": false}"#, "false"),
    ("at least 1 of (vips, spend > 1)", r#"{"vips": true}"#, "true"),
    ("none of (vips, spend > 1)", r#"{"vips": false}"#, "null"),
    ("if vips then spend > 1 else spend < 1", "{}", "null"),
    ("if vips then vips else spend is missing", "{}", "true"),
];

const TABLE: &str = "table users key id { id: text?  spend: int?  city: text?  vips: bool?  last_order: date? }\n";

/// Every construct that asks a condition.
fn rules(condition: &str) -> String {
    format!(
        "{TABLE}tag applies when {condition}\n\
         tag other when not applies\n\
         score points from 1 {{ 10 when {condition} minus 100 when {condition} }}\n\
         level rank {{ upper when {condition} lower otherwise }}\n\
         layer part {{ yes when {condition} }}\n\
         let word = if {condition} then \"yes\" else \"no\"\n"
    )
}

#[test]
fn every_construct_applies_where_its_condition_is_true_and_nowhere_else() {
    for (condition, record, expected) in ROWS {
        let text = record.replacen('{', "{\"id\": \"u\", ", 1).replace(", }", "}");
        let json = serde_json::from_str(record).expect("a record is JSON");
        let files = [("law.rules".to_owned(), TABLE.into())];
        let question = Question::check(&files, condition, &json, &[]).unwrap_or_else(|it| panic!("{it}"));
        let clock = question.clock("2026-11-22").expect("a good as-of");
        assert_eq!(
            question.answer(&json, Context::new(clock)).expect("a good record"),
            *expected,
            "{condition} of {record}"
        );

        let checked = Rulebook::parse("law.rules", &rules(condition))
            .and_then(|rulebook| rulebook.check(&Default::default()))
            .unwrap_or_else(|it| panic!("{it}"));
        let engine = checked.engine(checked.clock("2026-11-22").expect("a good as-of"));
        let user = engine.evaluate_one(&text).expect("a good record");
        let applies = *expected == "true";
        let row = format!("{condition} of {record}");
        assert_eq!(user.has("applies"), applies, "a tag: {row}");
        assert_eq!(user.has("other"), !applies, "naming a condition closes it: {row}");
        assert_eq!(user.tags().contains(&"applies"), applies, "the list of tags: {row}");
        assert_eq!(user.json("points").as_deref(), Some(if applies { "-89" } else { "1" }), "a score: {row}");
        assert_eq!(user.choice("rank"), Some(if applies { "upper" } else { "lower" }), "a level: {row}");
        assert_eq!(user.json("word").as_deref(), Some(if applies { "\"yes\"" } else { "\"no\"" }), "`if`: {row}");
        assert_eq!(user.choice("part"), applies.then_some("yes"), "a layer: {row}");
    }
}
