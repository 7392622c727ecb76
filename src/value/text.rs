//! Operators and functions on text. Characters are Unicode scalar values.

use super::{Truth, Value};

/// `lower(s)`
#[must_use]
pub fn lower(_s: &Value) -> Value {
    todo!()
}

/// `upper(s)`
#[must_use]
pub fn upper(_s: &Value) -> Value {
    todo!()
}

/// `trim(s)`: without white space at both ends.
#[must_use]
pub fn trim(_s: &Value) -> Value {
    todo!()
}

/// `length(s)`, in Unicode scalar values.
#[must_use]
pub fn length(_s: &Value) -> Value {
    todo!()
}

/// `a + b` of texts.
#[must_use]
pub fn concat(_a: &Value, _b: &Value) -> Value {
    todo!()
}

/// `s contains t`
#[must_use]
pub fn contains(_s: &Value, _t: &Value) -> Truth {
    todo!()
}

/// `s starts with t`
#[must_use]
pub fn starts_with(_s: &Value, _t: &Value) -> Truth {
    todo!()
}

/// `s ends with t`
#[must_use]
pub fn ends_with(_s: &Value, _t: &Value) -> Truth {
    todo!()
}
