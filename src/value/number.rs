//! Numbers of three types together: int and decimal exactly, beside a float by floats. What is out of range is missing.

use std::cmp::Ordering;

use super::{Type, Value};

/// Which number is greater: int and decimal exactly, beside a float the other is first converted to the nearest float.
#[must_use]
pub fn order(_a: &Value, _b: &Value) -> Option<Ordering> {
    todo!()
}

/// `a + b` of numbers.
#[must_use]
pub fn add(_a: &Value, _b: &Value) -> Value {
    todo!()
}

/// `a - b` of numbers.
#[must_use]
pub fn subtract(_a: &Value, _b: &Value) -> Value {
    todo!()
}

/// `a * b` of numbers.
#[must_use]
pub fn multiply(_a: &Value, _b: &Value) -> Value {
    todo!()
}

/// `a / b` of numbers, a float; by zero: missing.
#[must_use]
pub fn divide(_a: &Value, _b: &Value) -> Value {
    todo!()
}

/// `mod(a, b)`, with the sign of `a`; by zero: missing.
#[must_use]
pub fn modulo(_a: &Value, _b: &Value) -> Value {
    todo!()
}

/// `-x` of a number.
#[must_use]
pub fn negate(_x: &Value) -> Value {
    todo!()
}

/// `abs(x)`
#[must_use]
pub fn abs(_x: &Value) -> Value {
    todo!()
}

/// `round(x, digits)`, half away from zero; negative digits round to tens; floats round by their shortest decimal form.
/// An int stays an int, a float a float; a decimal of scale s gets the scale `digits`, at most s, at least 0.
#[must_use]
pub fn round(_x: &Value, _digits: &Value) -> Value {
    todo!()
}

/// `floor(x)`, an int; missing outside 64 bits.
#[must_use]
pub fn floor(_x: &Value) -> Value {
    todo!()
}

/// `ceil(x)`, an int; missing outside 64 bits.
#[must_use]
pub fn ceil(_x: &Value) -> Value {
    todo!()
}

/// The number in a wider number type (int → decimal → float): for `if`, `min`, `max`, `??` of different number types.
/// Values that are no numbers, and a number already of the type, stay as they are; what does not fit is missing.
#[must_use]
pub fn widen(_x: &Value, _to: &Type) -> Value {
    todo!()
}

/// The widest of two number types; none if one is no number type.
#[must_use]
pub fn widest(_a: &Type, _b: &Type) -> Option<Type> {
    todo!()
}

/// The number as the nearest float.
#[must_use]
pub fn to_f64(_x: &Value) -> Option<f64> {
    todo!()
}

/// A float that may be a value: NaN and the infinities are missing, and zero has no sign.
#[must_use]
pub fn finite(_x: f64) -> Value {
    todo!()
}
