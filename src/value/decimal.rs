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
    pub fn new(mantissa: i128, scale: u8) -> Option<Decimal> {
        let fits = mantissa.unsigned_abs() < power(Decimal::MAX_DIGITS)? && scale <= Decimal::MAX_DIGITS;
        fits.then_some(Decimal { mantissa, scale })
    }

    /// Reads `-12.50`: digits, at most one point with digits on both sides, at most one minus. No `_`, no exponent, no
    /// plus.
    ///
    /// # Errors
    /// What is written otherwise, and what has more than 38 digits.
    pub fn parse(text: &str) -> Result<Decimal, NumberError> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(NumberError::NotANumber),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        let digits = || whole.bytes().chain(fraction.bytes());
        if whole.is_empty() || !digits().all(|digit| digit.is_ascii_digit()) {
            return Err(NumberError::NotANumber);
        }
        let mut mantissa = 0_i128;
        for digit in digits() {
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|tens| tens.checked_add(i128::from(digit - b'0')))
                .ok_or(NumberError::TooManyDigits)?;
        }
        let scale = u8::try_from(fraction.len()).map_err(|_| NumberError::TooManyDigits)?;
        Decimal::new(if negative { -mantissa } else { mantissa }, scale).ok_or(NumberError::TooManyDigits)
    }

    /// Reads a number as JSON writes it: as [`Decimal::parse`], and with an exponent.
    ///
    /// # Errors
    /// As [`Decimal::parse`].
    pub fn parse_scientific(text: &str) -> Result<Decimal, NumberError> {
        let Some((number, exponent)) = text.split_once(['e', 'E']) else {
            return Decimal::parse(text);
        };
        let number = Decimal::parse(number)?;
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(NumberError::NotANumber);
        }
        if number.mantissa == 0 {
            return Ok(Decimal::ZERO);
        }
        let exponent: i64 = exponent.parse().map_err(|_| NumberError::TooManyDigits)?;
        number.times_power(exponent).ok_or(NumberError::TooManyDigits)
    }

    /// The shortest decimal that reads back as this float; none where it needs more than 38 digits.
    #[must_use]
    pub fn from_f64(float: f64) -> Option<Decimal> {
        Decimal::parse_scientific(&format!("{float:e}")).ok()
    }

    /// The nearest float, ties to even.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        // Where both parts are exact floats one division rounds once, and so to the nearest.
        let exact = self.mantissa.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS;
        if let (true, Some(divisor)) = (exact, POWERS.get(usize::from(self.scale))) {
            #[allow(clippy::cast_precision_loss)]
            return self.mantissa as i64 as f64 / divisor;
        }
        // The standard library's reader is correctly rounded, and no number of 38 digits is out of a float's range.
        let Decimal { mantissa, scale } = self;
        format!("{mantissa}e-{scale}").parse().unwrap_or(0.0)
    }

    /// The whole number that it is, if it is one of 64 bits.
    #[must_use]
    pub fn to_int(self) -> Option<i64> {
        i64::try_from(self.rescale(0)?.mantissa).ok()
    }

    /// The same number with this many digits after the point; none where digits would be lost or do not fit.
    #[must_use]
    pub fn rescale(self, scale: u8) -> Option<Decimal> {
        if scale >= self.scale {
            let factor = i128::try_from(power(scale - self.scale)?).ok()?;
            Decimal::new(self.mantissa.checked_mul(factor)?, scale)
        } else {
            let divisor = i128::try_from(power(self.scale - scale)?).ok()?;
            (self.mantissa % divisor == 0).then_some(Decimal { mantissa: self.mantissa / divisor, scale })
        }
    }

    /// Which is greater, exactly, whatever the scales.
    #[must_use]
    pub fn compare(self, other: Decimal) -> Ordering {
        let sign = self.mantissa.signum();
        if sign != other.mantissa.signum() {
            return sign.cmp(&other.mantissa.signum());
        }
        let (a, b) = aligned(self, other);
        // Where one does not fit when aligned it is greater than anything that does; both never happen.
        let order = match (a, b) {
            (Some(a), Some(b)) => a.cmp(&b),
            (None, _) => Ordering::Greater,
            (_, None) => Ordering::Less,
        };
        if sign < 0 { order.reverse() } else { order }
    }

    /// `a + b` with the larger scale; none over 38 digits.
    #[must_use]
    pub fn checked_add(self, other: Decimal) -> Option<Decimal> {
        let (a, b) = aligned(self, other);
        let (a, b) = (a?, b?);
        let scale = self.scale.max(other.scale);
        let (negative, magnitude) = if (self.mantissa < 0) == (other.mantissa < 0) {
            (self.mantissa < 0, a.checked_add(b)?)
        } else if a >= b {
            (self.mantissa < 0, a - b)
        } else {
            (other.mantissa < 0, b - a)
        };
        from_magnitude(negative, magnitude, scale)
    }

    /// `a - b` with the larger scale; none over 38 digits.
    #[must_use]
    pub fn checked_sub(self, other: Decimal) -> Option<Decimal> {
        self.checked_add(other.negated())
    }

    /// `a * b` with the sum of the scales; none over 38 digits.
    #[must_use]
    pub fn checked_mul(self, other: Decimal) -> Option<Decimal> {
        Decimal::new(self.mantissa.checked_mul(other.mantissa)?, self.scale.checked_add(other.scale)?)
    }

    /// `mod(a, b)`, sign of `a`, with the larger scale; none where `b` is 0.
    #[must_use]
    pub fn checked_rem(self, other: Decimal) -> Option<Decimal> {
        if other.mantissa == 0 {
            return None;
        }
        let scale = self.scale.max(other.scale);
        let magnitude = match aligned(self, other) {
            (Some(a), Some(b)) => a % b,
            // The divisor is larger than any number of the dividend's digits.
            (Some(a), None) => a,
            (None, _) => {
                scaled_remainder(self.mantissa.unsigned_abs(), scale - self.scale, other.mantissa.unsigned_abs())
            }
        };
        from_magnitude(self.mantissa < 0, magnitude, scale)
    }

    /// `-a`
    #[must_use]
    pub fn negated(self) -> Decimal {
        Decimal { mantissa: self.mantissa.saturating_neg(), scale: self.scale }
    }

    /// `round(x, digits)`, half away from zero; the result has `digits` digits after the point, at most its own, at
    /// least 0.
    #[must_use]
    pub fn round(self, digits: i64) -> Option<Decimal> {
        let surplus = i64::from(self.scale).saturating_sub(digits);
        if surplus <= 0 {
            return Some(self);
        }
        let kept = match u8::try_from(surplus).ok().and_then(power) {
            Some(divisor) => {
                let magnitude = self.mantissa.unsigned_abs();
                let rest = magnitude % divisor;
                magnitude / divisor + u128::from(rest >= divisor - rest)
            }
            // Over 38 digits dropped: less than half of the unit.
            None => 0,
        };
        let scale = u8::try_from(digits.max(0)).ok()?;
        let zeros = if kept == 0 { 0 } else { u8::try_from(digits.min(0).unsigned_abs()).ok()? };
        from_magnitude(self.mantissa < 0, kept.checked_mul(power(zeros)?)?, scale)
    }

    /// `floor(x)`; none outside 64 bits.
    #[must_use]
    pub fn floor(self) -> Option<i64> {
        i64::try_from(self.mantissa.div_euclid(i128::try_from(power(self.scale)?).ok()?)).ok()
    }

    /// `ceil(x)`; none outside 64 bits.
    #[must_use]
    pub fn ceil(self) -> Option<i64> {
        let divisor = i128::try_from(power(self.scale)?).ok()?;
        let below = self.mantissa.div_euclid(divisor);
        i64::try_from(below + i128::from(self.mantissa.rem_euclid(divisor) != 0)).ok()
    }

    /// The number times a power of ten, with the fewest digits after the point that its own spelling allows.
    fn times_power(self, exponent: i64) -> Option<Decimal> {
        let scale = i64::from(self.scale).checked_sub(exponent)?;
        if scale >= 0 {
            return Decimal::new(self.mantissa, u8::try_from(scale).ok()?);
        }
        let factor = power(u8::try_from(scale.unsigned_abs()).ok()?)?;
        Decimal::new(self.mantissa.checked_mul(i128::try_from(factor).ok()?)?, 0)
    }
}

impl From<i64> for Decimal {
    fn from(int: i64) -> Decimal {
        Decimal { mantissa: i128::from(int), scale: 0 }
    }
}

/// With all digits of its scale: `12.50`.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let divisor = power(self.scale).unwrap_or(1);
        let magnitude = self.mantissa.unsigned_abs();
        if self.mantissa < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", magnitude / divisor)?;
        match self.scale {
            0 => Ok(()),
            scale => write!(f, ".{:0width$}", magnitude % divisor, width = usize::from(scale)),
        }
    }
}

/// Powers of ten that are exact floats.
const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// 10 to this power, up to 38.
fn power(exponent: u8) -> Option<u128> {
    10_u128.checked_pow(u32::from(exponent))
}

/// Both magnitudes at the larger of the scales; none for one that does not fit 128 bits, which is over 38 digits.
fn aligned(a: Decimal, b: Decimal) -> (Option<u128>, Option<u128>) {
    let scale = a.scale.max(b.scale);
    let raised = |number: Decimal| number.mantissa.unsigned_abs().checked_mul(power(scale - number.scale)?);
    (raised(a), raised(b))
}

/// A number of at most 38 digits from its sign and digits.
fn from_magnitude(negative: bool, magnitude: u128, scale: u8) -> Option<Decimal> {
    let mantissa = i128::try_from(magnitude).ok()?;
    Decimal::new(if negative { -mantissa } else { mantissa }, scale)
}

/// `number × 10^zeros mod divisor`, where the product need not fit; both are below 10^38, so that their doubles do.
fn scaled_remainder(number: u128, zeros: u8, divisor: u128) -> u128 {
    let mut rest = number % divisor;
    for _ in 0..zeros {
        let double = rest * 2 % divisor;
        let eightfold = double * 2 % divisor * 2 % divisor;
        rest = (eightfold + double) % divisor;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).expect("a decimal of the test")
    }

    fn shown(number: Option<Decimal>) -> String {
        number.map_or("missing".to_owned(), |number| number.to_string())
    }

    const NINES: &str = "99999999999999999999999999999999999999";

    #[test]
    fn numbers_read_strictly() {
        for text in ["0", "12.50", "-0.001", "007.10", NINES] {
            assert!(Decimal::parse(text).is_ok(), "{text}");
        }
        for text in ["", "-", "1.", ".5", "+1", "1e3", "1_000", " 1", "1,5", "--1", "1.2.3", "١"] {
            assert_eq!(Decimal::parse(text), Err(NumberError::NotANumber), "{text}");
        }
        for text in [format!("{NINES}0"), format!("0.{NINES}0"), "1".repeat(400), format!("1.{}", "0".repeat(300))] {
            assert_eq!(Decimal::parse(&text), Err(NumberError::TooManyDigits), "{text}");
        }
        assert_eq!(Decimal::parse(&format!("000{NINES}")).map(|d| d.to_string()), Ok(NINES.to_owned()));
    }

    #[test]
    fn exponents_are_exact() {
        let table = [("1e3", "1000"), ("1.50e1", "15.0"), ("-25E-1", "-2.5"), ("0e999999999999", "0"), ("1e+2", "100")];
        for (text, expected) in table {
            assert_eq!(Decimal::parse_scientific(text).map(|d| d.to_string()), Ok(expected.to_owned()), "{text}");
        }
        assert_eq!(Decimal::parse_scientific("1e38"), Err(NumberError::TooManyDigits));
        assert_eq!(Decimal::parse_scientific("1e99999999999999999999"), Err(NumberError::TooManyDigits));
        assert_eq!(Decimal::parse_scientific("1e"), Err(NumberError::NotANumber));
        assert_eq!(Decimal::parse_scientific("1e+-2"), Err(NumberError::NotANumber));
    }

    #[test]
    fn arithmetic_is_exact_or_missing() {
        assert_eq!(shown(decimal("0.1").checked_add(decimal("0.20"))), "0.30");
        assert_eq!(shown(decimal("1").checked_sub(decimal("1.001"))), "-0.001");
        assert_eq!(shown(decimal("1.5").checked_mul(decimal("1.50"))), "2.250");
        assert_eq!(shown(decimal(NINES).checked_add(decimal("1"))), "missing");
        assert_eq!(shown(decimal(NINES).checked_sub(decimal(NINES))), "0");
        assert_eq!(shown(decimal(NINES).checked_mul(decimal("10"))), "missing");
        // Aligned, one side has 39 digits and the sum 38.
        assert_eq!(
            shown(decimal("18").checked_sub(decimal("9.9999999999999999999999999999999999999"))),
            "8.0000000000000000000000000000000000001"
        );
        assert_eq!(shown(decimal("-7.5").checked_rem(decimal("2"))), "-1.5");
        assert_eq!(shown(decimal("7.5").checked_rem(decimal("-2"))), "1.5");
        assert_eq!(shown(decimal("7").checked_rem(decimal("0.00"))), "missing");
        // 10^37 mod 0.07: the dividend does not fit at the divisor's scale; 10^39 mod 7 = 6.
        assert_eq!(shown(decimal(&format!("1{}", "0".repeat(37))).checked_rem(decimal("0.07"))), "0.06");
    }

    #[test]
    fn comparison_does_not_overflow() {
        let tiny = decimal(&format!("0.{}1", "0".repeat(37)));
        assert_eq!(decimal(NINES).compare(tiny), Ordering::Greater);
        assert_eq!(tiny.compare(decimal(NINES)), Ordering::Less);
        assert_eq!(decimal(NINES).negated().compare(tiny.negated()), Ordering::Less);
        assert_eq!(decimal("1.0").compare(decimal("1.00")), Ordering::Equal);
        assert_eq!(decimal("-1").compare(tiny), Ordering::Less);
        assert_eq!(decimal("0.00").compare(Decimal::ZERO), Ordering::Equal);
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        let table = [
            ("2.5", 0, "3"),
            ("-2.5", 0, "-3"),
            ("2.45", 1, "2.5"),
            ("2.449", 1, "2.4"),
            ("2.45", 5, "2.45"),
            ("15", -1, "20"),
            ("14.99", -1, "10"),
            ("-0.4", 0, "0"),
            ("999", -3, "1000"),
            ("499", -3, "0"),
            ("1", -400, "0"),
            ("1", i64::MIN, "0"),
            ("1", i64::MAX, "1"),
            (NINES, -1, "missing"),
        ];
        for (number, digits, expected) in table {
            assert_eq!(shown(decimal(number).round(digits)), expected, "round({number}, {digits})");
        }
        assert_eq!(decimal(&format!("0.5{}", "0".repeat(37))).round(0), Some(Decimal::from(1)));
        assert_eq!(decimal("-2.5").floor(), Some(-3));
        assert_eq!(decimal("-2.5").ceil(), Some(-2));
        assert_eq!(decimal("2.000").ceil(), Some(2));
        assert_eq!(decimal(NINES).floor(), None);
    }

    #[test]
    fn floats_are_nearest_and_shortest() {
        assert_eq!(decimal("0.1").to_f64(), 0.1);
        assert_eq!(decimal("9007199254740993").to_f64(), 9_007_199_254_740_992.0);
        assert_eq!(shown(Decimal::from_f64(0.1)), "0.1");
        assert_eq!(shown(Decimal::from_f64(1e22)), "10000000000000000000000");
        assert_eq!(shown(Decimal::from_f64(-0.0)), "0");
        assert_eq!(Decimal::from_f64(1e300), None);
        assert_eq!(Decimal::from_f64(f64::NAN), None);
    }

    fn small() -> impl Strategy<Value = Decimal> {
        (-1_000_000_000_000_i64..1_000_000_000_000, 0_u8..=9)
            .prop_map(|(mantissa, scale)| Decimal { mantissa: i128::from(mantissa), scale })
    }

    /// The mantissa at scale 18, where every product of two small decimals is whole.
    fn units(number: Decimal) -> i128 {
        number.mantissa * 10_i128.pow(18 - u32::from(number.scale))
    }

    proptest! {
        #[test]
        fn sums_and_orders_agree_with_whole_units(a in small(), b in small()) {
            prop_assert_eq!(a.checked_add(b).map(units), Some(units(a) + units(b)));
            prop_assert_eq!(a.checked_sub(b).map(units), Some(units(a) - units(b)));
            prop_assert_eq!(a.compare(b), units(a).cmp(&units(b)));
            prop_assert_eq!(a.checked_mul(b).map(|c| (c.mantissa, c.scale)), Some((a.mantissa * b.mantissa, a.scale + b.scale)));
        }

        #[test]
        fn remainders_agree_with_whole_units(a in small(), b in small()) {
            prop_assume!(b.mantissa != 0);
            prop_assert_eq!(a.checked_rem(b).map(units), Some(units(a) % units(b)));
        }

        #[test]
        fn what_is_printed_reads_back(mantissa in -(10_i128.pow(38) - 1)..10_i128.pow(38), scale in 0_u8..=38) {
            let number = Decimal { mantissa, scale };
            prop_assert_eq!(Decimal::parse(&number.to_string()), Ok(number));
            let float = number.to_f64();
            prop_assert_eq!(float, number.to_string().parse::<f64>().unwrap());
        }

        #[test]
        fn a_float_is_its_shortest_decimal(float in -1e15..1e15_f64) {
            prop_assert_eq!(Decimal::from_f64(float).map(Decimal::to_f64), Some(float + 0.0));
        }

        #[test]
        fn rounding_moves_at_most_half_a_unit(a in small(), digits in 0_i64..9) {
            let rounded = a.round(digits).unwrap();
            prop_assert!((units(rounded) - units(a)).abs() * 2 <= 10_i128.pow(18 - u32::try_from(digits).unwrap()));
        }
    }
}
