//! `+ - * /` and unary `-` on any values that have them: numbers, texts, durations, moments.
//! The checker has seen to the types; a combination that has no meaning is missing.

use super::Value;
use super::time::Zone;

/// `a + b`: numbers, texts, durations, moment + duration, duration + moment.
#[must_use]
pub fn add(_a: &Value, _b: &Value, _zone: &Zone) -> Value {
    todo!()
}

/// `a - b`: numbers, durations, moment − duration, timestamp − timestamp, date − date.
#[must_use]
pub fn subtract(_a: &Value, _b: &Value, _zone: &Zone) -> Value {
    todo!()
}

/// `a * b`: numbers, `D * x`, `n * D`.
#[must_use]
pub fn multiply(_a: &Value, _b: &Value) -> Value {
    todo!()
}

/// `a / b`: numbers (a float), `D / n`, `D1 / D2` (a float).
#[must_use]
pub fn divide(_a: &Value, _b: &Value) -> Value {
    todo!()
}

/// `-a`: numbers and durations.
#[must_use]
pub fn negate(_a: &Value) -> Value {
    todo!()
}
