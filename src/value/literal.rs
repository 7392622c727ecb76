//! Values from text: number literals of the language, and strict values from data, whether CSV cells or JSON.

use std::sync::Arc;

use super::decimal::NumberError;
use super::duration::DurationError;
use super::moment_text::{self, MomentError, MomentFormat};
use super::number::{to_decimal, widen};
use super::time::{Zone, in_calendar};
use super::{Decimal, Duration, Type, Value};

/// Why a value in data cannot be taken; reads on after the value: "`2.5` is not a whole number".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// `2.5` where an int is declared
    #[error("is not a whole number")]
    NotWhole,
    /// `9223372036854775808`
    #[error("does not fit a 64-bit whole number")]
    IntOutOfRange,
    /// `1.005` where a decimal(2) is declared
    #[error("has more than {0} digits after the point")]
    SurplusDigits(u8),
    /// `1e999`, `NaN`
    #[error("is not a finite number")]
    NotFinite,
    /// `yes`
    #[error("is neither `true` nor `false`")]
    NotABool,
    /// `否`, `1`: one of two words, and how they are declared and asked about
    #[error("is neither `true` nor `false`; declare the column {0}")]
    TwoWords(String),
    /// `1,600.00`, `50%`: how the file has to have it
    #[error("is not a number; {0}")]
    ForPeople(String),
    /// `"5"` in JSON, where a number is wanted.
    #[error("is a text in quotes, and {0} is wanted")]
    TextFor(&'static str),
    /// A JSON number where a text is declared.
    #[error("is not a text")]
    NotAText,
    /// Something else than a JSON array.
    #[error("is not a list")]
    NotAList,
    /// `null` inside a list.
    #[error("has a missing element")]
    MissingElement,
    /// A column cannot be of a level's type.
    #[error("cannot be read from data")]
    NotData,
    /// `12a`
    #[error(transparent)]
    Number(#[from] NumberError),
    /// `soon`
    #[error(transparent)]
    Moment(#[from] MomentError),
    /// `30 days`
    #[error(transparent)]
    Duration(#[from] DurationError),
}

/// A number literal, `1_000` or `12.50`: an int, or a decimal where it has a point or does not fit 64 bits.
///
/// # Errors
/// What is no number, and one of more than 38 digits.
pub fn number(text: &str) -> Result<Value, NumberError> {
    let decimal = Decimal::parse(&text.replace('_', ""))?;
    match decimal.to_int() {
        Some(int) if decimal.scale == 0 => Ok(Value::Int(int)),
        Some(_) | None => Ok(Value::Decimal(decimal)),
    }
}

/// A percentage without its sign: `20` is 0.20.
///
/// # Errors
/// What is no number, and one of more than 38 digits.
pub fn percent(text: &str) -> Result<Decimal, NumberError> {
    let hundredfold = Decimal::parse(&text.replace('_', ""))?;
    let scale = hundredfold.scale.checked_add(2).ok_or(NumberError::TooManyDigits)?;
    Decimal::new(hundredfold.mantissa, scale).ok_or(NumberError::TooManyDigits)
}

/// A value of a type from a cell of text. The empty text is the caller's affair: it is missing in CSV.
/// A list is written with `;` between its elements.
///
/// # Errors
/// What is not a value of the type.
pub fn from_text(text: &str, kind: &Type, zone: &Zone) -> Result<Value, BadValue> {
    match kind {
        Type::Text => Ok(Value::Text(text.into())),
        Type::Int => int(Decimal::parse(text).map_err(|error| no_number(text, error))?),
        Type::Decimal(scale) => {
            decimal(Decimal::parse(text).map_err(|error| no_number(text, error))?, *scale).map(Value::Decimal)
        }
        Type::Float => float(text).map_err(|error| match error {
            BadValue::Number(error) => no_number(text, error),
            other => other,
        }),
        Type::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(two_words(text).map_or(BadValue::NotABool, BadValue::TwoWords)),
        },
        Type::Date => Ok(Value::Date(moment_text::read_date(text, &MomentFormat::Iso, zone)?)),
        Type::Timestamp => Ok(Value::Timestamp(moment_text::read_timestamp(text, &MomentFormat::Iso, zone)?)),
        Type::Duration => Ok(Value::Duration(Duration::parse(text)?)),
        Type::List(element) => {
            let elements: Result<Arc<[Value]>, BadValue> =
                text.split(';').map(|element_text| from_text(element_text, element, zone)).collect();
            elements.map(Value::List)
        }
        Type::Choice(_) => Err(BadValue::NotData),
    }
}

/// A duration as results have it: in the language's own form, or as a whole number of microseconds. These mean what the same duration means
/// as it is printed, `1d12h`: whole days are days.
///
/// # Errors
/// What is neither, and does not fit.
pub fn duration_of_results(text: &str) -> Result<Value, BadValue> {
    let Ok(number) = Decimal::parse_scientific(text) else { return Ok(Value::Duration(Duration::parse(text)?)) };
    let micros = number.rescale(0).ok_or(BadValue::NotWhole)?.mantissa;
    Ok(Value::Duration(Duration::of_micros(micros).ok_or(DurationError::TooLong)?))
}

/// Why a cell is no number, and how the file has to have it where that is known.
fn no_number(text: &str, error: NumberError) -> BadValue {
    let remedy = if error == NumberError::NotANumber { super::for_people::remedy(text) } else { None };
    remedy.map_or(BadValue::Number(error), BadValue::ForPeople)
}

/// How a column is declared whose values say yes and no in words of their own, and what is asked of it: `text`, and `= "否"`.
fn two_words(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    match lower.as_str() {
        "0" | "1" => Some(format!("`int`, and ask whether it is `= {text}`")),
        "yes" | "no" | "y" | "n" | "t" | "f" | "true" | "false" | "on" | "off" | "是" | "否" | "有" | "无" | "真"
        | "假" => Some(format!("`text`, and ask whether it is `= \"{text}\"`")),
        _ => None,
    }
}

/// A value of a type from JSON; `null` is missing.
///
/// # Errors
/// What is not a value of the type; text is never a number.
pub fn from_json(json: &serde_json::Value, kind: &Type, zone: &Zone) -> Result<Value, BadValue> {
    use serde_json::Value as Json;
    match (kind, json) {
        (_, Json::Null) => Ok(Value::Missing),
        (Type::Text, Json::String(text)) => Ok(Value::Text(text.as_str().into())),
        (Type::Text, _) => Err(BadValue::NotAText),
        (Type::Int, Json::Number(number)) => match Decimal::parse_scientific(&number.to_string()) {
            Ok(number) => int(number),
            // Whole or not, so many digits do not fit.
            Err(NumberError::TooManyDigits) => Err(BadValue::IntOutOfRange),
            Err(NumberError::NotANumber) => Err(BadValue::Number(NumberError::NotANumber)),
        },
        (Type::Decimal(scale), Json::Number(number)) => {
            decimal(Decimal::parse_scientific(&number.to_string())?, *scale).map(Value::Decimal)
        }
        (Type::Float, Json::Number(number)) => float(&number.to_string()),
        (Type::Int, Json::String(_)) => Err(BadValue::TextFor("a whole number without them")),
        (Type::Decimal(_) | Type::Float, Json::String(_)) => Err(BadValue::TextFor("a number without them")),
        (Type::Int | Type::Decimal(_) | Type::Float, _) => Err(BadValue::Number(NumberError::NotANumber)),
        (Type::Bool, Json::Bool(known)) => Ok(Value::Bool(*known)),
        (Type::Bool, Json::String(text)) => Err(match text.as_str() {
            "true" | "false" => BadValue::TextFor("`true` or `false` without them"),
            text => two_words(text).map_or(BadValue::TextFor("`true` or `false` without them"), BadValue::TwoWords),
        }),
        (Type::Bool, _) => Err(BadValue::NotABool),
        (Type::Date | Type::Timestamp | Type::Duration, Json::String(text)) => from_text(text, kind, zone),
        (Type::Date, _) => Err(BadValue::Moment(MomentError::NotADate)),
        (Type::Timestamp, _) => Err(BadValue::Moment(MomentError::NotATimestamp)),
        (Type::Duration, _) => Err(BadValue::Duration(DurationError::NotADuration)),
        (Type::List(element), Json::Array(elements)) => {
            let elements: Result<Arc<[Value]>, BadValue> = elements
                .iter()
                .map(|json| match from_json(json, element, zone)? {
                    Value::Missing => Err(BadValue::MissingElement),
                    value => Ok(value),
                })
                .collect();
            elements.map(Value::List)
        }
        (Type::List(_), Json::String(_)) => Err(BadValue::TextFor("a list such as [\"a\", \"b\"]")),
        (Type::List(_), _) => Err(BadValue::NotAList),
        (Type::Choice(_), _) => Err(BadValue::NotData),
    }
}

/// A float as a decimal of this scale, by its shortest decimal form; surplus digits are a bad value.
///
/// # Errors
/// What is not finite, has too many digits in all, or too many after the point.
pub fn decimal_from_float(float: f64, scale: u8) -> Result<Decimal, BadValue> {
    if !float.is_finite() {
        return Err(BadValue::NotFinite);
    }
    decimal(Decimal::from_f64(float).ok_or(NumberError::TooManyDigits)?, scale)
}

/// A value that a rule writes, as one of a type: numbers as data have them (`2.0` is an int, surplus digits are bad), a date
/// where a timestamp is wanted as that day's first instant in the zone, a timestamp where a date is wanted as its day.
///
/// # Errors
/// What is not a value of the type.
pub fn from_written(value: &Value, kind: &Type, zone: &Zone) -> Result<Value, BadValue> {
    match (value, kind) {
        (Value::Missing, _) => Ok(Value::Missing),
        (Value::Int(_) | Value::Decimal(_) | Value::Float(_), Type::Int | Type::Decimal(_)) => {
            let number = to_decimal(value).ok_or(NumberError::TooManyDigits)?;
            match kind {
                Type::Decimal(scale) => decimal(number, *scale).map(Value::Decimal),
                _ => int(number),
            }
        }
        (Value::Int(_) | Value::Decimal(_) | Value::Float(_), Type::Float) => Ok(widen(value, kind)),
        (Value::Date(date), Type::Timestamp) => {
            in_calendar(zone.start_of_day(*date)).map(Value::Timestamp).ok_or(MomentError::OutOfRange.into())
        }
        (Value::Timestamp(instant), Type::Date) => Ok(Value::Date(zone.local(*instant).0)),
        (Value::List(values), Type::List(element)) => {
            let elements: Result<Arc<[Value]>, BadValue> =
                values.iter().map(|value| from_written(value, element, zone)).collect();
            elements.map(Value::List)
        }
        (Value::Bool(_), Type::Bool)
        | (Value::Text(_), Type::Text)
        | (Value::Date(_), Type::Date)
        | (Value::Timestamp(_), Type::Timestamp)
        | (Value::Duration(_), Type::Duration)
        | (Value::Choice(_), Type::Choice(_)) => Ok(value.clone()),
        _ => Err(BadValue::NotData),
    }
}

/// A number as an int: `2.0` is one, `2.5` is not.
fn int(number: Decimal) -> Result<Value, BadValue> {
    let whole = number.rescale(0).ok_or(BadValue::NotWhole)?;
    whole.to_int().map(Value::Int).ok_or(BadValue::IntOutOfRange)
}

/// A number with exactly this many digits after the point.
fn decimal(number: Decimal, scale: u8) -> Result<Decimal, BadValue> {
    match number.rescale(scale) {
        Some(number) => Ok(number),
        // Zeros to the right do not count as digits, so only more places than there are can be in the way here.
        None if scale >= number.scale => Err(BadValue::Number(NumberError::TooManyDigits)),
        None => Err(BadValue::SurplusDigits(scale)),
    }
}

/// A float: digits, a point with digits on both sides, an exponent.
fn float(text: &str) -> Result<Value, BadValue> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (number, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    if !(digits(whole) && digits(fraction) && digits(exponent)) {
        let not_finite = ["nan", "inf", "infinity"]
            .iter()
            .any(|word| unsigned.strip_prefix('+').unwrap_or(unsigned).eq_ignore_ascii_case(word));
        return Err(if not_finite { BadValue::NotFinite } else { BadValue::Number(NumberError::NotANumber) });
    }
    match text.parse::<f64>() {
        Ok(float) if float.is_finite() => Ok(Value::Float(float + 0.0)),
        Ok(_) => Err(BadValue::NotFinite),
        Err(_) => Err(BadValue::Number(NumberError::NotANumber)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::print;
    use proptest::prelude::*;

    #[test]
    fn number_literals() {
        assert_eq!(number("1_000_000"), Ok(Value::Int(1_000_000)));
        assert_eq!(number("9223372036854775807"), Ok(Value::Int(i64::MAX)));
        let table = [("12.50", 1250, 2), ("9223372036854775808", 9_223_372_036_854_775_808, 0), ("1.0", 10, 1)];
        for (text, mantissa, scale) in table {
            assert_eq!(number(text), Ok(Value::Decimal(Decimal { mantissa, scale })), "{text}");
        }
        assert_eq!(number(&"9".repeat(39)), Err(NumberError::TooManyDigits));
        assert_eq!(percent("20"), Ok(Decimal { mantissa: 20, scale: 2 }));
        assert_eq!(percent("0.5"), Ok(Decimal { mantissa: 5, scale: 3 }));
    }

    /// What a cell of this type comes to, as JSON, or why it is bad.
    fn cell(text: &str, kind: &Type) -> String {
        let zone = Zone::utc();
        from_text(text, kind, &zone).map_or_else(|error| format!("{text} {error}"), |value| print::json(&value, &zone))
    }

    #[test]
    fn cells_are_read_strictly() {
        let list = Type::List(Box::new(Type::Int));
        let table = [
            ("2.0", Type::Int, "2"),
            ("-5", Type::Int, "-5"),
            ("2.5", Type::Int, "2.5 is not a whole number"),
            ("9223372036854775808", Type::Int, "9223372036854775808 does not fit a 64-bit whole number"),
            (
                "1e3",
                Type::Int,
                "1e3 is not a number; write out its digits: in Excel, format the cells as `0` before saving",
            ),
            (
                "1,234",
                Type::Int,
                "1,234 is not a number; write the bare number, `1234`: in Excel, format the cells as `General` before saving",
            ),
            (" 5", Type::Int, " 5 is not a number; write it without blanks, `5`"),
            ("1.5", Type::Decimal(2), "1.50"),
            ("1.500", Type::Decimal(2), "1.50"),
            ("1.005", Type::Decimal(2), "1.005 has more than 2 digits after the point"),
            (
                "99999999999999999999999999999999999999",
                Type::Decimal(2),
                "99999999999999999999999999999999999999 has more than 38 digits",
            ),
            ("1e3", Type::Float, "1000.0"),
            ("1e999", Type::Float, "1e999 is not a finite number"),
            ("NaN", Type::Float, "NaN is not a finite number"),
            ("-inf", Type::Float, "-inf is not a finite number"),
            (".5", Type::Float, ".5 is not a number"),
            ("-0.0", Type::Float, "0.0"),
            ("true", Type::Bool, "true"),
            (
                "TRUE",
                Type::Bool,
                "TRUE is neither `true` nor `false`; declare the column `text`, and ask whether it is `= \"TRUE\"`",
            ),
            (
                "否",
                Type::Bool,
                "否 is neither `true` nor `false`; declare the column `text`, and ask whether it is `= \"否\"`",
            ),
            ("1", Type::Bool, "1 is neither `true` nor `false`; declare the column `int`, and ask whether it is `= 1`"),
            ("maybe", Type::Bool, "maybe is neither `true` nor `false`"),
            ("2026-11-22", Type::Date, "\"2026-11-22\""),
            ("2026-02-30", Type::Date, "2026-02-30 is a day that does not exist"),
            ("2026-11-22 08:00", Type::Timestamp, "\"2026-11-22T08:00:00Z\""),
            ("1d12h", Type::Duration, "\"1d12h\""),
            ("30m", Type::Duration, "30m has the unit `m`, which could be `min` or `mo`"),
            ("1;2;3", list, "[1,2,3]"),
            ("米 \"a\"", Type::Text, "\"米 \\\"a\\\"\""),
        ];
        for (text, kind, expected) in table {
            assert_eq!(cell(text, &kind), expected, "{text} as {kind:?}");
        }
    }

    #[test]
    fn json_keeps_its_own_types() {
        let zone = Zone::utc();
        let list = Type::List(Box::new(Type::Text));
        let table = [
            ("null", Type::Int, "null"),
            ("2.0", Type::Int, "2"),
            ("1e3", Type::Int, "1000"),
            ("1e99", Type::Int, "does not fit a 64-bit whole number"),
            ("\"5\"", Type::Int, "is a text in quotes, and a whole number without them is wanted"),
            ("\"5\"", Type::Float, "is a text in quotes, and a number without them is wanted"),
            ("5", Type::Text, "is not a text"),
            ("0.1", Type::Decimal(2), "0.10"),
            ("0.30000000000000004", Type::Decimal(2), "has more than 2 digits after the point"),
            ("12345678901234567890123456789012345.678", Type::Decimal(3), "12345678901234567890123456789012345.678"),
            ("5", Type::Float, "5.0"),
            ("1e999", Type::Float, "is not a finite number"),
            ("\"true\"", Type::Bool, "is a text in quotes, and `true` or `false` without them is wanted"),
            ("5", Type::Bool, "is neither `true` nor `false`"),
            ("\"a;b\"", list.clone(), "is a text in quotes, and a list such as [\"a\", \"b\"] is wanted"),
            ("false", Type::Bool, "false"),
            ("\"2026-11-22T08:00:00.5Z\"", Type::Timestamp, "\"2026-11-22T08:00:00.5Z\""),
            ("1700000000", Type::Timestamp, "is not a timestamp such as `2026-11-22T08:00`"),
            ("[\"a\",\"b\"]", list.clone(), "[\"a\",\"b\"]"),
            ("[]", list.clone(), "[]"),
            ("[\"a\",null]", list.clone(), "has a missing element"),
            ("{}", list, "is not a list"),
        ];
        for (json, kind, expected) in table {
            let parsed: serde_json::Value = serde_json::from_str(json).expect("JSON of the test");
            let read = from_json(&parsed, &kind, &zone);
            let shown = read.map_or_else(|error| error.to_string(), |value| print::json(&value, &zone));
            assert_eq!(shown, expected, "{json} as {kind:?}");
        }
    }

    #[test]
    fn decimals_of_doubles() {
        assert_eq!(decimal_from_float(0.1, 2), Ok(Decimal { mantissa: 10, scale: 2 }));
        assert_eq!(decimal_from_float(0.125, 2), Err(BadValue::SurplusDigits(2)));
        assert_eq!(decimal_from_float(f64::NAN, 2), Err(BadValue::NotFinite));
        assert_eq!(decimal_from_float(1e300, 2), Err(BadValue::Number(NumberError::TooManyDigits)));
    }

    proptest! {
        #[test]
        fn no_cell_panics_and_what_prints_reads_back(text in "\\PC*|-?[0-9.e:T;dhmo-]{0,24}") {
            let zone = Zone::utc();
            let kinds = [Type::Int, Type::Decimal(3), Type::Float, Type::Bool, Type::Date, Type::Timestamp, Type::Text];
            for kind in kinds {
                if let Ok(value) = from_text(&text, &kind, &zone) {
                    prop_assert_eq!(from_text(&print::text(&value, &zone), &kind, &zone), Ok(value.clone()));
                    let json: serde_json::Value = serde_json::from_str(&print::json(&value, &zone)).unwrap();
                    prop_assert_eq!(from_json(&json, &kind, &zone), Ok(value));
                }
            }
        }

        #[test]
        fn floats_survive(float in any::<f64>().prop_filter("finite", |float| float.is_finite())) {
            let zone = Zone::utc();
            let value = Value::Float(float + 0.0);
            prop_assert_eq!(from_text(&print::text(&value, &zone), &Type::Float, &zone), Ok(value));
        }
    }
}
