//! Exact numbers of at most 38 digits: reading, arithmetic, comparison, rounding, printing.

use std::cmp::Ordering;
use std::fmt;

use super::Decimal;

/// Why a number could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// `12a`, `1.`, `.5`, the empty text
    #[error("is not a number")]
    NotANumber,
    /// More than 38 digits in all.
    #[error("has more than 38 digits")]
    TooManyDigits,
}

impl Decimal {
    /// Digits that a decimal can have in all.
    pub const MAX_DIGITS: u8 = 38;
    /// Nothing.
    pub const ZERO: Decimal = Decimal { mantissa: 0, scale: 0 };

    /// `mantissa × 10^-scale`, if it has at most 38 digits.
    #[must_use]
    pub fn new(_mantissa: i128, _scale: u8) -> Option<Decimal> {
        todo!()
    }

    /// Reads `-12.50`: digits, at most one point with digits on both sides, at most one minus. No `_`, no exponent, no plus.
    pub fn parse(_text: &str) -> Result<Decimal, NumberError> {
        todo!()
    }

    /// Reads a number as JSON writes it: as [`Decimal::parse`], and with an exponent.
    pub fn parse_scientific(_text: &str) -> Result<Decimal, NumberError> {
        todo!()
    }

    /// The shortest decimal that reads back as this float; none where it needs more than 38 digits.
    #[must_use]
    pub fn from_f64(_float: f64) -> Option<Decimal> {
        todo!()
    }

    /// The nearest float, ties to even.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        todo!()
    }

    /// The whole number that it is, if it is one of 64 bits.
    #[must_use]
    pub fn to_int(self) -> Option<i64> {
        todo!()
    }

    /// The same number with this many digits after the point; none where digits would be lost or do not fit.
    #[must_use]
    pub fn rescale(self, _scale: u8) -> Option<Decimal> {
        todo!()
    }

    /// Which is greater, exactly, whatever the scales.
    #[must_use]
    pub fn compare(self, _other: Decimal) -> Ordering {
        todo!()
    }

    /// `a + b` with the larger scale; none over 38 digits.
    #[must_use]
    pub fn checked_add(self, _other: Decimal) -> Option<Decimal> {
        todo!()
    }

    /// `a - b` with the larger scale; none over 38 digits.
    #[must_use]
    pub fn checked_sub(self, _other: Decimal) -> Option<Decimal> {
        todo!()
    }

    /// `a * b` with the sum of the scales; none over 38 digits.
    #[must_use]
    pub fn checked_mul(self, _other: Decimal) -> Option<Decimal> {
        todo!()
    }

    /// `mod(a, b)`, sign of `a`, with the larger scale; none where `b` is 0.
    #[must_use]
    pub fn checked_rem(self, _other: Decimal) -> Option<Decimal> {
        todo!()
    }

    /// `-a`
    #[must_use]
    pub fn negated(self) -> Decimal {
        Decimal { mantissa: -self.mantissa, scale: self.scale }
    }

    /// `round(x, digits)`, half away from zero; the result has `digits` digits after the point, at most its own, at least 0.
    #[must_use]
    pub fn round(self, _digits: i64) -> Option<Decimal> {
        todo!()
    }

    /// `floor(x)`; none outside 64 bits.
    #[must_use]
    pub fn floor(self) -> Option<i64> {
        todo!()
    }

    /// `ceil(x)`; none outside 64 bits.
    #[must_use]
    pub fn ceil(self) -> Option<i64> {
        todo!()
    }
}

impl From<i64> for Decimal {
    fn from(int: i64) -> Decimal {
        Decimal { mantissa: i128::from(int), scale: 0 }
    }
}

/// With all digits of its scale: `12.50`.
impl fmt::Display for Decimal {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
