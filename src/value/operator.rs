//! `+ - * /` and unary `-` on any values that have them: numbers, texts, durations, moments.
//! The checker has seen to the types; a combination that has no meaning is missing.

use super::time::{self, Direction, Moment, Zone};
use super::{Duration, Value, number, text};

/// `a + b`: numbers, texts, durations, moment + duration, duration + moment.
#[must_use]
pub fn add(a: &Value, b: &Value, zone: &Zone) -> Value {
    match (a, b) {
        (Value::Text(_), Value::Text(_)) => text::concat(a, b),
        (Value::Duration(a), Value::Duration(b)) => duration(a.checked_add(*b)),
        (Value::Date(_) | Value::Timestamp(_), Value::Duration(by)) => shift(a, *by, Direction::Forth, zone),
        (Value::Duration(by), Value::Date(_) | Value::Timestamp(_)) => shift(b, *by, Direction::Forth, zone),
        _ => number::add(a, b),
    }
}

/// `a - b`: numbers, durations, moment − duration, timestamp − timestamp, date − date.
#[must_use]
pub fn subtract(a: &Value, b: &Value, zone: &Zone) -> Value {
    match (a, b) {
        (Value::Duration(a), Value::Duration(b)) => duration(a.checked_sub(*b)),
        (Value::Date(_) | Value::Timestamp(_), Value::Duration(by)) => shift(a, *by, Direction::Back, zone),
        _ => match (Moment::of(a), Moment::of(b)) {
            (Some(a), Some(b)) => duration(time::difference(a, b, zone)),
            _ => number::subtract(a, b),
        },
    }
}

/// `a * b`: numbers, `D * x`, `n * D`.
#[must_use]
pub fn multiply(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Duration(length), factor) | (factor, Value::Duration(length)) => {
            duration(number::to_decimal(factor).and_then(|factor| length.checked_mul(factor)))
        }
        _ => number::multiply(a, b),
    }
}

/// `a / b`: numbers (a float), `D / n`, `D1 / D2` (a float).
#[must_use]
pub fn divide(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Duration(a), Value::Duration(b)) => a.ratio(*b).map_or(Value::Missing, number::finite),
        (Value::Duration(length), divisor) => {
            duration(number::to_decimal(divisor).and_then(|divisor| length.checked_div(divisor)))
        }
        _ => number::divide(a, b),
    }
}

/// `-a`: numbers and durations.
#[must_use]
pub fn negate(a: &Value) -> Value {
    match a {
        Value::Duration(length) => duration(length.checked_neg()),
        _ => number::negate(a),
    }
}

/// `abs(x)` of a number or a duration; of one that is partly negative, as `1mo - 3d` is, missing.
#[must_use]
pub fn abs(a: &Value) -> Value {
    match a {
        Value::Duration(length) => {
            let parts = [i64::from(length.months), i64::from(length.days), length.micros];
            match (parts.iter().any(|part| *part < 0), parts.iter().any(|part| *part > 0)) {
                (false, _) => a.clone(),
                (true, false) => duration(length.checked_neg()),
                (true, true) => match length.exact_micros() {
                    Some(exact) if exact < 0 => duration(length.checked_neg()),
                    Some(_) => a.clone(),
                    None => Value::Missing,
                },
            }
        }
        _ => number::abs(a),
    }
}

fn duration(answer: Option<Duration>) -> Value {
    answer.map_or(Value::Missing, Value::Duration)
}

fn shift(moment: &Value, by: Duration, direction: Direction, zone: &Zone) -> Value {
    Moment::of(moment).and_then(|moment| time::shift(moment, by, direction, zone)).map_or(Value::Missing, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::moment_text::{parse_date, parse_timestamp};
    use crate::value::print;

    /// `"a"`, `2d`, `2026-11-22`, `2026-11-22T08:00`, `missing`, numbers
    fn value(source: &str) -> Value {
        let zone = Zone::utc();
        if source == "missing" {
            Value::Missing
        } else if let Some(text) = source.strip_prefix('"') {
            Value::Text(text.trim_end_matches('"').into())
        } else if let Ok(moment) = parse_timestamp(source, &zone) {
            Value::Timestamp(moment)
        } else if let Ok(date) = parse_date(source) {
            Value::Date(date)
        } else if let Ok(duration) = Duration::parse(source) {
            Value::Duration(duration)
        } else {
            crate::value::literal::number(source).expect("a number of the test")
        }
    }

    #[test]
    fn operators_by_their_operands() {
        let zone = Zone::utc();
        let table = [
            ("\"a\"", "+", "\"b\"", "\"ab\""),
            ("\"a\"", "+", "missing", "null"),
            ("1", "+", "2.5", "3.5"),
            ("1d", "+", "12h", "\"1d12h\""),
            ("1mo", "+", "1d", "null"),
            ("2026-01-31", "+", "1mo", "\"2026-02-28\""),
            ("1mo", "+", "2026-01-31", "\"2026-02-28\""),
            ("2026-01-31", "+", "1h", "null"),
            ("2026-03-31", "-", "1mo", "\"2026-02-28\""),
            ("2026-03-31", "-", "2026-03-01", "\"30d\""),
            ("2026-03-31T12:00", "-", "2026-03-30T00:00", "\"1d12h\""),
            ("2026-03-30T00:00", "-", "2026-03-31T12:00", "\"-1d12h\""),
            ("2026-03-31T12:00", "-", "missing", "null"),
            ("2026-03-31T12:00", "-", "36h", "\"2026-03-30T00:00:00Z\""),
            ("2", "*", "1d12h", "\"3d\""),
            ("1mo", "*", "0.5", "null"),
            ("1y", "*", "0.5", "\"6mo\""),
            ("1d", "/", "2", "\"12h\""),
            ("1d", "/", "0", "null"),
            ("1d", "/", "6h", "4.0"),
            ("1mo", "/", "1d", "null"),
            ("1d", "/", "0s", "null"),
            ("5", "/", "1d", "null"),
        ];
        for (a, operator, b, expected) in table {
            let answer = match operator {
                "+" => add(&value(a), &value(b), &zone),
                "-" => subtract(&value(a), &value(b), &zone),
                "*" => multiply(&value(a), &value(b)),
                _ => divide(&value(a), &value(b)),
            };
            assert_eq!(print::json(&answer, &zone), expected, "{a} {operator} {b}");
        }
        assert_eq!(print::json(&negate(&value("1d12h")), &zone), "\"-1d12h\"");
    }
}
