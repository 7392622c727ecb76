//! Numbers of three types together: int and decimal exactly, beside a float by floats. What is out of range is missing.

use std::cmp::Ordering;

use super::{Decimal, Type, Value};

/// Two numbers brought to one type.
enum Pair {
    Ints(i64, i64),
    Decimals(Decimal, Decimal),
    Floats(f64, f64),
}

impl Pair {
    fn of(a: &Value, b: &Value) -> Option<Pair> {
        match (a, b) {
            (Value::Int(a), Value::Int(b)) => Some(Pair::Ints(*a, *b)),
            (Value::Float(_), _) | (_, Value::Float(_)) => Some(Pair::Floats(to_f64(a)?, to_f64(b)?)),
            _ => Some(Pair::Decimals(to_decimal(a)?, to_decimal(b)?)),
        }
    }
}

/// Which number is greater: int and decimal exactly, beside a float the other is first converted to the nearest float.
#[must_use]
pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match Pair::of(a, b)? {
        Pair::Ints(a, b) => Some(a.cmp(&b)),
        Pair::Decimals(a, b) => Some(a.compare(b)),
        Pair::Floats(a, b) => a.partial_cmp(&b),
    }
}

/// `a + b` of numbers.
#[must_use]
pub fn add(a: &Value, b: &Value) -> Value {
    match Pair::of(a, b) {
        Some(Pair::Ints(a, b)) => int(a.checked_add(b)),
        Some(Pair::Decimals(a, b)) => decimal(a.checked_add(b)),
        Some(Pair::Floats(a, b)) => finite(a + b),
        None => Value::Missing,
    }
}

/// `a - b` of numbers.
#[must_use]
pub fn subtract(a: &Value, b: &Value) -> Value {
    match Pair::of(a, b) {
        Some(Pair::Ints(a, b)) => int(a.checked_sub(b)),
        Some(Pair::Decimals(a, b)) => decimal(a.checked_sub(b)),
        Some(Pair::Floats(a, b)) => finite(a - b),
        None => Value::Missing,
    }
}

/// `a * b` of numbers.
#[must_use]
pub fn multiply(a: &Value, b: &Value) -> Value {
    match Pair::of(a, b) {
        Some(Pair::Ints(a, b)) => int(a.checked_mul(b)),
        Some(Pair::Decimals(a, b)) => decimal(a.checked_mul(b)),
        Some(Pair::Floats(a, b)) => finite(a * b),
        None => Value::Missing,
    }
}

/// `a / b` of numbers, a float; by zero: missing.
#[must_use]
pub fn divide(a: &Value, b: &Value) -> Value {
    // By zero the quotient is infinite or no number, and so missing.
    match (to_f64(a), to_f64(b)) {
        (Some(a), Some(b)) => finite(a / b),
        _ => Value::Missing,
    }
}

/// `mod(a, b)`, with the sign of `a`; by zero: missing.
#[must_use]
pub fn modulo(a: &Value, b: &Value) -> Value {
    match Pair::of(a, b) {
        Some(Pair::Ints(_, 0)) => Value::Missing,
        // −2⁶³ mod −1 is 0, though the quotient does not fit.
        Some(Pair::Ints(a, b)) => Value::Int(a.wrapping_rem(b)),
        Some(Pair::Decimals(a, b)) => decimal(a.checked_rem(b)),
        Some(Pair::Floats(a, b)) => finite(a % b),
        None => Value::Missing,
    }
}

/// `-x` of a number.
#[must_use]
pub fn negate(x: &Value) -> Value {
    match x {
        Value::Int(x) => int(x.checked_neg()),
        Value::Decimal(x) => Value::Decimal(x.negated()),
        Value::Float(x) => finite(-x),
        _ => Value::Missing,
    }
}

/// `abs(x)`
#[must_use]
pub fn abs(x: &Value) -> Value {
    match x {
        Value::Int(x) => int(x.checked_abs()),
        Value::Decimal(x) if x.mantissa < 0 => Value::Decimal(x.negated()),
        Value::Decimal(x) => Value::Decimal(*x),
        Value::Float(x) => finite(x.abs()),
        _ => Value::Missing,
    }
}

/// `round(x, digits)`, half away from zero; negative digits round to tens; floats round by their shortest decimal form.
/// An int stays an int, a float a float; a decimal of scale s gets the scale `digits`, at most s, at least 0.
#[must_use]
pub fn round(x: &Value, digits: &Value) -> Value {
    let Value::Int(digits) = *digits else {
        return Value::Missing;
    };
    match x {
        Value::Int(x) => int(Decimal::from(*x).round(digits).and_then(Decimal::to_int)),
        Value::Decimal(x) => decimal(x.round(digits)),
        Value::Float(x) => round_float(*x, digits).map_or(Value::Missing, finite),
        _ => Value::Missing,
    }
}

/// `floor(x)`, an int; missing outside 64 bits.
#[must_use]
pub fn floor(x: &Value) -> Value {
    match x {
        Value::Int(x) => Value::Int(*x),
        Value::Decimal(x) => int(x.floor()),
        Value::Float(x) => int(whole(x.floor())),
        _ => Value::Missing,
    }
}

/// `ceil(x)`, an int; missing outside 64 bits.
#[must_use]
pub fn ceil(x: &Value) -> Value {
    match x {
        Value::Int(x) => Value::Int(*x),
        Value::Decimal(x) => int(x.ceil()),
        Value::Float(x) => int(whole(x.ceil())),
        _ => Value::Missing,
    }
}

/// The number in a wider number type (int → decimal → float): for `if`, `min`, `max`, `??` of different number types.
/// Values that are no numbers, and a number already of the type, stay as they are; what does not fit is missing.
#[must_use]
pub fn widen(x: &Value, to: &Type) -> Value {
    match (x, to) {
        (Value::Int(_) | Value::Decimal(_), Type::Float) => to_f64(x).map_or(Value::Missing, finite),
        (Value::Int(_) | Value::Decimal(_), Type::Decimal(scale)) => {
            decimal(to_decimal(x).and_then(|number| number.rescale(*scale)))
        }
        _ => x.clone(),
    }
}

/// The widest of two number types; none if one is no number type.
#[must_use]
pub fn widest(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        (Type::Int, Type::Int) => Some(Type::Int),
        (Type::Float, Type::Int | Type::Decimal(_) | Type::Float) | (Type::Int | Type::Decimal(_), Type::Float) => {
            Some(Type::Float)
        }
        (Type::Decimal(scale), Type::Int) | (Type::Int, Type::Decimal(scale)) => Some(Type::Decimal(*scale)),
        (Type::Decimal(a), Type::Decimal(b)) => Some(Type::Decimal(*a.max(b))),
        _ => None,
    }
}

/// The type of a number; of a decimal by its own scale.
pub(super) fn type_of(x: &Value) -> Option<Type> {
    match x {
        Value::Int(_) => Some(Type::Int),
        Value::Decimal(x) => Some(Type::Decimal(x.scale)),
        Value::Float(_) => Some(Type::Float),
        _ => None,
    }
}

/// The number as the nearest float.
#[must_use]
pub fn to_f64(x: &Value) -> Option<f64> {
    match x {
        #[allow(clippy::cast_precision_loss)]
        Value::Int(x) => Some(*x as f64),
        Value::Decimal(x) => Some(x.to_f64()),
        Value::Float(x) => Some(*x),
        _ => None,
    }
}

/// The number as a decimal: an int, a decimal, a float by its shortest decimal form.
#[must_use]
pub fn to_decimal(x: &Value) -> Option<Decimal> {
    match x {
        Value::Int(x) => Some(Decimal::from(*x)),
        Value::Decimal(x) => Some(*x),
        Value::Float(x) => Decimal::from_f64(*x),
        _ => None,
    }
}

/// A float that may be a value: NaN and the infinities are missing, and zero has no sign.
#[must_use]
pub fn finite(x: f64) -> Value {
    if x.is_finite() { Value::Float(x + 0.0) } else { Value::Missing }
}

fn int(answer: Option<i64>) -> Value {
    answer.map_or(Value::Missing, Value::Int)
}

fn decimal(answer: Option<Decimal>) -> Value {
    answer.map_or(Value::Missing, Value::Decimal)
}

/// A float without a fraction as an int.
fn whole(x: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    #[allow(clippy::cast_possible_truncation)]
    (-LIMIT..LIMIT).contains(&x).then_some(x as i64)
}

/// Rounds the shortest decimal form, at any magnitude: 2.675 to two digits is 2.68.
fn round_float(x: f64, digits: i64) -> Option<f64> {
    // `-1.2345e67`: at most 17 digits, and an exponent.
    let shortest = format!("{x:e}");
    let (number, exponent) = shortest.split_once('e')?;
    let number = Decimal::parse(number).ok()?;
    let exponent: i64 = exponent.parse().ok()?;
    if digits > 400 {
        return Some(x);
    }
    // Rounding x to `digits` digits is rounding its leading form to so many more as the exponent says.
    let rounded = number.round(digits.saturating_add(exponent))?;
    format!("{rounded}e{exponent}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::literal;
    use proptest::prelude::*;

    /// `5`, `2.50`, `1e0` (a float), `missing`
    fn value(text: &str) -> Value {
        match text {
            "missing" => Value::Missing,
            text if text.contains('e') => Value::Float(text.parse().expect("a float of the test")),
            text => match text.strip_prefix('-') {
                Some(positive) => negate(&literal::number(positive).expect("a number of the test")),
                None => literal::number(text).expect("a number of the test"),
            },
        }
    }

    fn shown(value: &Value) -> String {
        match value {
            Value::Int(x) => x.to_string(),
            Value::Decimal(x) => x.to_string(),
            Value::Float(x) => format!("{x:e}"),
            Value::Missing => "missing".to_owned(),
            other => format!("{other:?}"),
        }
    }

    const MAX: &str = "9223372036854775807";

    #[test]
    fn arithmetic() {
        type Operator = fn(&Value, &Value) -> Value;
        type Rows = &'static [(&'static str, &'static str, &'static str)];
        let table: &[(&str, Operator, Rows)] = &[
            (
                "+",
                add,
                &[
                    ("1", "2", "3"),
                    ("1", "0.50", "1.50"),
                    ("0.1", "2e-1", "3.0000000000000004e-1"),
                    (MAX, "1", "missing"),
                    (MAX, "1.0", "9223372036854775808.0"),
                    ("1.7e308", "1.7e308", "missing"),
                    ("missing", "1", "missing"),
                ],
            ),
            ("-", subtract, &[("1", "2", "-1"), ("1.5", "1.50", "0.00"), ("-9223372036854775807", "2", "missing")]),
            (
                "*",
                multiply,
                &[("3", "0.10", "0.30"), ("1.5", "1.5", "2.25"), (MAX, "2", "missing"), ("2", "1.5e0", "3e0")],
            ),
            (
                "/",
                divide,
                &[
                    ("3", "5", "6e-1"),
                    ("1", "0", "missing"),
                    ("0", "0", "missing"),
                    ("1", "0e0", "missing"),
                    ("1.0", "4", "2.5e-1"),
                    ("-0e0", "5", "0e0"),
                ],
            ),
            (
                "mod",
                modulo,
                &[
                    ("7", "3", "1"),
                    ("-7", "3", "-1"),
                    ("7", "-3", "1"),
                    ("7", "0", "missing"),
                    ("7.5", "2", "1.5"),
                    ("7.5e0", "2", "1.5e0"),
                    ("7.5e0", "0", "missing"),
                    ("-4e0", "2", "0e0"),
                ],
            ),
        ];
        for (name, operator, rows) in table {
            for (a, b, expected) in *rows {
                assert_eq!(shown(&operator(&value(a), &value(b))), *expected, "{a} {name} {b}");
            }
        }
        assert_eq!(modulo(&Value::Int(i64::MIN), &Value::Int(-1)), Value::Int(0));
    }

    #[test]
    fn the_least_integer() {
        assert_eq!(negate(&Value::Int(i64::MIN)), Value::Missing);
        assert_eq!(abs(&Value::Int(i64::MIN)), Value::Missing);
        // Written, it is a decimal that compares exactly.
        let written = value("-9223372036854775808");
        assert_eq!(shown(&written), "-9223372036854775808");
        assert_eq!(order(&written, &Value::Int(i64::MIN)), Some(Ordering::Equal));
    }

    #[test]
    fn comparisons_are_exact_but_beside_a_float() {
        let table = [
            ("1", "1.00", Ordering::Equal),
            ("9007199254740993", "9007199254740992.5", Ordering::Greater),
            ("9007199254740993", "9007199254740992e0", Ordering::Equal),
            ("0.1", "1e-1", Ordering::Equal),
            ("19.99", "1.999e1", Ordering::Equal),
        ];
        for (a, b, expected) in table {
            assert_eq!(order(&value(a), &value(b)), Some(expected), "{a} {b}");
            assert_eq!(order(&value(b), &value(a)), Some(expected.reverse()), "{b} {a}");
        }
        assert_eq!(order(&value("1"), &Value::Missing), None);
        assert_eq!(order(&divide(&value("3"), &value("5")), &value("0.6")), Some(Ordering::Equal));
    }

    #[test]
    fn rounding() {
        let table = [
            ("2.675e0", "2", "2.68e0"),
            ("1.005e0", "2", "1.01e0"),
            ("-2.5e0", "0", "-3e0"),
            ("-4e-1", "0", "0e0"),
            ("1.5e300", "2", "1.5e300"),
            ("1.5e300", "-300", "2e300"),
            ("1.7e308", "-308", "missing"),
            ("1e-300", "2", "0e0"),
            ("1.25e-5", "6", "1.3e-5"),
            ("1234", "-2", "1200"),
            ("1250", "-2", "1300"),
            ("1250", "2", "1250"),
            (MAX, "-1", "missing"),
            ("12.345", "2", "12.35"),
            ("12.345", "-1", "10"),
            ("missing", "1", "missing"),
            ("5", "missing", "missing"),
        ];
        for (x, digits, expected) in table {
            assert_eq!(shown(&round(&value(x), &value(digits))), expected, "round({x}, {digits})");
        }
        assert_eq!(round(&Value::Float(5e-324), &Value::Int(i64::MAX)), Value::Float(5e-324));
        assert_eq!(round(&Value::Float(1e308), &Value::Int(i64::MIN)), Value::Float(0.0));
    }

    #[test]
    fn floors_and_ceilings_are_ints() {
        let table = [("2.5", "2", "3"), ("-2.5e0", "-3", "-2"), ("7", "7", "7"), ("1e19", "missing", "missing")];
        for (x, below, above) in table {
            assert_eq!(
                (shown(&floor(&value(x))), shown(&ceil(&value(x)))),
                (below.to_owned(), above.to_owned()),
                "{x}"
            );
        }
        assert_eq!(floor(&Value::Float(9_223_372_036_854_775_808.0)), Value::Missing);
        assert_eq!(floor(&Value::Float(-9_223_372_036_854_775_808.0)), Value::Int(i64::MIN));
    }

    #[test]
    fn widening() {
        assert_eq!(shown(&widen(&value("5"), &Type::Decimal(2))), "5.00");
        assert_eq!(shown(&widen(&value("0.5"), &Type::Decimal(2))), "0.50");
        assert_eq!(shown(&widen(&value("0.5"), &Type::Float)), "5e-1");
        assert_eq!(shown(&widen(&value(MAX), &Type::Decimal(30))), "missing");
        assert_eq!(widest(&Type::Decimal(2), &Type::Decimal(4)), Some(Type::Decimal(4)));
        assert_eq!(widest(&Type::Int, &Type::Text), None);
    }

    proptest! {
        #[test]
        fn whole_numbers_of_any_type_order_alike(a in -(1_i64 << 50)..(1_i64 << 50), b in -(1_i64 << 50)..(1_i64 << 50)) {
            let forms = |x: i64| [Value::Int(x), widen(&Value::Int(x), &Type::Decimal(3)), widen(&Value::Int(x), &Type::Float)];
            for left in forms(a) {
                for right in forms(b) {
                    prop_assert_eq!(order(&left, &right), Some(a.cmp(&b)));
                }
            }
        }

        #[test]
        fn a_float_rounds_to_a_multiple_near_it(x in -1e6..1e6_f64, digits in 0_i64..6) {
            let Value::Float(rounded) = round(&Value::Float(x), &Value::Int(digits)) else { panic!("a float") };
            prop_assert!((rounded - x).abs() <= 0.5 * 10_f64.powi(-i32::try_from(digits).unwrap()) * 1.000_001);
            prop_assert_eq!(round(&Value::Float(rounded), &Value::Int(digits)), Value::Float(rounded));
        }
    }
}
