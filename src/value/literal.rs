//! Values from text: number literals of the language, and strict values from data, whether CSV cells or JSON.

use super::decimal::NumberError;
use super::duration::DurationError;
use super::moment_text::MomentError;
use super::time::Zone;
use super::{Decimal, Type, Value};

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
pub fn number(_text: &str) -> Result<Value, NumberError> {
    todo!()
}

/// A percentage without its sign: `20` is 0.20.
pub fn percent(_text: &str) -> Result<Decimal, NumberError> {
    todo!()
}

/// A value of a type from a cell of text. The empty text is the caller's affair: it is missing in CSV.
/// A list is written with `;` between its elements.
pub fn from_text(_text: &str, _kind: &Type, _zone: &Zone) -> Result<Value, BadValue> {
    todo!()
}

/// A value of a type from JSON; `null` is missing.
pub fn from_json(_json: &serde_json::Value, _kind: &Type, _zone: &Zone) -> Result<Value, BadValue> {
    todo!()
}

/// A float as a decimal of this scale, by its shortest decimal form; surplus digits are a bad value.
pub fn decimal_from_float(_float: f64, _scale: u8) -> Result<Decimal, BadValue> {
    todo!()
}
