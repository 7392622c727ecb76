//! Values as text: JSON as `tagwell eval` answers, and the plain text of a CSV cell.

use super::Value;
use super::time::Zone;

/// The value as JSON text: missing `null`, decimals with all their digits, floats in their shortest form and always with
/// a point or an exponent, moments as ISO 8601 text in the zone, durations in the language's own form.
/// A level's or layer's value is its rank: who knows the names replaces it by a text first.
#[must_use]
pub fn json(_value: &Value, _zone: &Zone) -> String {
    todo!()
}

/// The value as plain text, as a CSV cell holds it: missing empty, lists joined with `;`.
#[must_use]
pub fn text(_value: &Value, _zone: &Zone) -> String {
    todo!()
}
