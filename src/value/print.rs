//! Values as text: JSON as `tagwell eval` answers, and the plain text of a CSV cell.

use super::time::Zone;
use super::{Value, moment_text};

/// The value as JSON text: missing `null`, decimals with all their digits, floats in their shortest form and always with
/// a point or an exponent, moments as ISO 8601 text in the zone, durations in the language's own form.
/// A level's or layer's value is its rank: who knows the names replaces it by a text first.
#[must_use]
pub fn json(value: &Value, zone: &Zone) -> String {
    match value {
        Value::Missing => "null".to_owned(),
        Value::Bool(_) | Value::Int(_) | Value::Decimal(_) | Value::Float(_) | Value::Choice(_) => text(value, zone),
        Value::Text(_) | Value::Date(_) | Value::Timestamp(_) | Value::Duration(_) => quoted(&text(value, zone)),
        Value::List(elements) => {
            let elements: Vec<String> = elements.iter().map(|element| json(element, zone)).collect();
            format!("[{}]", elements.join(","))
        }
    }
}

/// The value as plain text, as a CSV cell holds it: missing empty, lists joined with `;`.
#[must_use]
pub fn text(value: &Value, zone: &Zone) -> String {
    match value {
        Value::Missing => String::new(),
        Value::Bool(known) => known.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Decimal(decimal) => decimal.to_string(),
        // Debug, unlike Display, is bounded in length: `1e300`.
        Value::Float(float) => format!("{float:?}"),
        Value::Text(text) => text.to_string(),
        Value::Date(date) => moment_text::date_text(*date),
        Value::Timestamp(instant) => moment_text::timestamp_text(*instant, zone),
        Value::Duration(duration) => duration.to_string(),
        Value::List(elements) => {
            let elements: Vec<String> = elements.iter().map(|element| text(element, zone)).collect();
            elements.join(";")
        }
        Value::Choice(rank) => rank.to_string(),
    }
}

/// The same for people: the elements of a list have `, ` between them.
#[must_use]
pub fn for_people(value: &Value, zone: &Zone) -> String {
    match value {
        Value::List(elements) => {
            let elements: Vec<String> = elements.iter().map(|element| for_people(element, zone)).collect();
            elements.join(", ")
        }
        value => text(value, zone),
    }
}

/// The value as a rule writes it: texts in quotes, missing as `missing`, moments and durations as they are.
/// A level's or layer's value is its rank: who knows the names replaces it first.
#[must_use]
pub fn written(value: &Value, zone: &Zone) -> String {
    match value {
        Value::Missing => "missing".to_owned(),
        Value::Text(text) => quoted_text(text),
        Value::List(elements) => {
            let elements: Vec<String> = elements.iter().map(|element| written(element, zone)).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Float(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Duration(_)
        | Value::Choice(_) => text(value, zone),
    }
}

/// `text` as it is written in a rule: quoted, with escapes, also for what no rule file may hold as it is.
#[must_use]
pub fn quoted_text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            other if is_refused(other) => quoted += &format!("\\u{{{:x}}}", u32::from(other)),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Control characters, and what turns the direction of writing or ends a line for some programs only.
fn is_refused(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Decimal, Duration};

    #[test]
    fn texts_as_rules_write_them() {
        for (text, written) in [
            ("水果 👩\u{200d}💻 \u{e9}", "\"水果 👩\u{200d}💻 é\""),
            ("a \"b\" \\ c\n\td", r#""a \"b\" \\ c\n\td""#),
            (
                "\u{1b}[31m\r\u{9b}\u{202e}\u{2066}\u{2028}\u{feff}",
                r#""\u{1b}[31m\u{d}\u{9b}\u{202e}\u{2066}\u{2028}\u{feff}""#,
            ),
        ] {
            assert_eq!(quoted_text(text), written);
        }
    }

    #[test]
    fn values_as_json_and_as_cells() {
        let list = Value::List([Value::Text("a".into()), Value::Text("米\n".into())].into());
        let table = [
            (Value::Missing, "null", ""),
            (Value::Bool(true), "true", "true"),
            (Value::Int(-5), "-5", "-5"),
            (Value::Decimal(Decimal { mantissa: -5, scale: 2 }), "-0.05", "-0.05"),
            (Value::Float(1.0), "1.0", "1.0"),
            (Value::Float(0.1), "0.1", "0.1"),
            (Value::Float(1e300), "1e300", "1e300"),
            (Value::Float(1e-7), "1e-7", "1e-7"),
            (Value::Text("a\"\\\u{1}👍".into()), "\"a\\\"\\\\\\u0001👍\"", "a\"\\\u{1}👍"),
            (Value::Date(0), "\"1970-01-01\"", "1970-01-01"),
            (Value::Timestamp(500_000), "\"1970-01-01T00:00:00.5Z\"", "1970-01-01T00:00:00.5Z"),
            (Value::Duration(Duration { months: 0, days: -1, micros: -43_200_000_000 }), "\"-1d12h\"", "-1d12h"),
            (list, "[\"a\",\"米\\n\"]", "a;米\n"),
            (Value::List([].into()), "[]", ""),
        ];
        for (value, as_json, as_text) in table {
            assert_eq!(json(&value, &Zone::utc()), as_json);
            assert_eq!(text(&value, &Zone::utc()), as_text);
            assert_eq!(for_people(&value, &Zone::utc()), as_text.replace(';', ", "));
        }
    }
}
