//! Operators and functions on text. Characters are Unicode scalar values.

use super::{Truth, Value};

/// `lower(s)`
#[must_use]
pub fn lower(s: &Value) -> Value {
    mapped(s, |s| Value::Text(s.to_lowercase().into()))
}

/// `upper(s)`
#[must_use]
pub fn upper(s: &Value) -> Value {
    mapped(s, |s| Value::Text(s.to_uppercase().into()))
}

/// `trim(s)`: without white space at both ends.
#[must_use]
pub fn trim(s: &Value) -> Value {
    mapped(s, |s| Value::Text(s.trim().into()))
}

/// `length(s)`, in Unicode scalar values.
#[must_use]
pub fn length(s: &Value) -> Value {
    mapped(s, |s| i64::try_from(s.chars().count()).map_or(Value::Missing, Value::Int))
}

/// The longest text, in bytes, that a sum of texts makes.
const LONGEST: usize = 1 << 24;

/// `a + b` of texts; one that would grow out of all bounds is missing, as a number out of range is.
#[must_use]
pub fn concat(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) if a.len().saturating_add(b.len()) > LONGEST => Value::Missing,
        (Value::Text(a), Value::Text(b)) => Value::Text([&**a, &**b].concat().into()),
        _ => Value::Missing,
    }
}

/// `s contains t`
#[must_use]
pub fn contains(s: &Value, t: &Value) -> Truth {
    tested(s, t, |s, t| s.contains(t))
}

/// `s starts with t`
#[must_use]
pub fn starts_with(s: &Value, t: &Value) -> Truth {
    tested(s, t, |s, t| s.starts_with(t))
}

/// `s ends with t`
#[must_use]
pub fn ends_with(s: &Value, t: &Value) -> Truth {
    tested(s, t, |s, t| s.ends_with(t))
}

fn mapped(s: &Value, function: impl Fn(&str) -> Value) -> Value {
    match s {
        Value::Text(s) => function(s),
        _ => Value::Missing,
    }
}

fn tested(s: &Value, t: &Value, test: impl Fn(&str, &str) -> bool) -> Truth {
    match (s, t) {
        (Value::Text(s), Value::Text(t)) => Truth::from(test(s, t)),
        _ => Truth::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(s: &str) -> Value {
        Value::Text(s.into())
    }

    #[test]
    fn functions() {
        assert_eq!(lower(&text("ÀÉ ΑΣ İ")), text("àé ας i\u{307}"));
        assert_eq!(upper(&text("straße 米")), text("STRASSE 米"));
        assert_eq!(trim(&text("\u{3000} a b\t\u{a0}")), text("a b"));
        assert_eq!(length(&text("米👍🏽e\u{301}")), Value::Int(5));
        assert_eq!(length(&text("")), Value::Int(0));
        assert_eq!(concat(&text("米"), &text("👍")), text("米👍"));
        for function in [lower, upper, trim, length] {
            assert_eq!(function(&Value::Missing), Value::Missing);
        }
        assert_eq!(concat(&text("a"), &Value::Missing), Value::Missing);
    }

    #[test]
    fn tests_on_text() {
        assert_eq!(contains(&text("水果店"), &text("果")), Truth::True);
        assert_eq!(contains(&text("abc"), &text("")), Truth::True);
        assert_eq!(contains(&text("abc"), &text("B")), Truth::False);
        assert_eq!(starts_with(&text("abc"), &text("ab")), Truth::True);
        assert_eq!(ends_with(&text("abc"), &text("ab")), Truth::False);
        assert_eq!(contains(&Value::Missing, &text("a")), Truth::Unknown);
        assert_eq!(ends_with(&text("a"), &Value::Missing), Truth::Unknown);
    }
}
