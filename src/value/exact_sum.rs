//! A sum of floats that is the same in any order: the exact sum, rounded once. Kept as an expansion, floats that do not
//! overlap and add up to the sum without loss.
//!
//! Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates", 1997, §2.4.

/// An exact sum so far.
#[derive(Clone, Debug, Default)]
pub struct ExactSum {
    /// Does not overlap, from small to large.
    parts: Vec<f64>,
    /// Of floats so large that a sum of them might overflow on the way: each times [`DOWN`].
    large: Vec<f64>,
}

/// From here on a float counts as large.
const LARGE: f64 = 1e270;
/// 2^-200: exact on every large float.
const DOWN: f64 = 6.223015277861142e-61;

impl ExactSum {
    /// Adds a finite float.
    pub fn add(&mut self, x: f64) {
        if x.abs() < LARGE {
            grow(&mut self.parts, x);
        } else {
            grow(&mut self.large, x * DOWN);
        }
    }

    /// Adds all of another sum.
    pub fn join(&mut self, other: &ExactSum) {
        other.parts.iter().for_each(|x| grow(&mut self.parts, *x));
        other.large.iter().for_each(|x| grow(&mut self.large, *x));
    }

    /// The sum divided by so many; the sum itself may be out of range.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn mean(&self, count: u64) -> f64 {
        let sum = self.round();
        if sum.is_finite() {
            return sum / count as f64;
        }
        rounded(&self.scaled()) / count as f64 / DOWN
    }

    /// The float nearest to the sum, ties to even; infinite where it is out of range.
    #[must_use]
    pub fn round(&self) -> f64 {
        if self.large.is_empty() {
            return rounded(&self.parts);
        }
        let all = self.scaled();
        if all.iter().all(|x| x.abs() < LARGE * DOWN) {
            // The large ones took each other away, and what is left is small enough to be added as it is.
            let mut small = self.parts.clone();
            self.large.iter().for_each(|x| grow(&mut small, x / DOWN));
            return rounded(&small);
        }
        rounded(&all) / DOWN
    }

    /// All of it times [`DOWN`].
    fn scaled(&self) -> Vec<f64> {
        let mut all = self.large.clone();
        self.parts.iter().for_each(|x| grow(&mut all, x * DOWN));
        all
    }
}

/// Adds one float to an expansion.
fn grow(parts: &mut Vec<f64>, x: f64) {
    let mut x = x;
    let mut kept = 0;
    for at in 0..parts.len() {
        let Some(part) = parts.get(at).copied() else { break };
        let (large, small) = if x.abs() < part.abs() { (part, x) } else { (x, part) };
        let sum = large + small;
        let lost = small - (sum - large);
        if lost != 0.0 {
            if let Some(slot) = parts.get_mut(kept) {
                *slot = lost;
            }
            kept += 1;
        }
        x = sum;
    }
    parts.truncate(kept);
    if x != 0.0 {
        parts.push(x);
    }
}

/// The float nearest to an expansion.
fn rounded(parts: &[f64]) -> f64 {
    let mut from = parts.iter().rev();
    let Some(mut sum) = from.next().copied() else { return 0.0 };
    let mut lost = 0.0;
    for part in from.by_ref() {
        let before = sum;
        sum = before + part;
        lost = part - (sum - before);
        if lost != 0.0 {
            break;
        }
    }
    // Half way between two floats, what comes after decides.
    if let Some(next) = from.next()
        && ((lost < 0.0 && *next < 0.0) || (lost > 0.0 && *next > 0.0))
    {
        let twice = lost * 2.0;
        let up = sum + twice;
        if twice == up - sum {
            return up;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(numbers: &[f64]) -> f64 {
        let mut sum = ExactSum::default();
        numbers.iter().for_each(|x| sum.add(*x));
        sum.round()
    }

    #[test]
    fn is_exact_and_rounded_once() {
        assert_eq!(sum(&[]), 0.0);
        assert_eq!(sum(&[0.1; 10]), 1.0);
        assert_eq!(sum(&[1e16, 1.0, -1e16]), 1.0);
        assert_eq!(sum(&[1.0, 1e100, 1.0, -1e100]), 2.0);
        // Half way between two floats, and a little more.
        assert_eq!(sum(&[9007199254740992.0, 1.0, 1e-20]), 9007199254740994.0);
        assert_eq!(sum(&[9007199254740992.0, 1.0]), 9007199254740992.0);
    }

    #[test]
    fn only_the_sum_must_fit() {
        assert_eq!(sum(&[1e308, 1e308, -1e308]), 1e308);
        assert_eq!(sum(&[1e308, -1e308, 5e-324]), 5e-324);
        assert_eq!(sum(&[1e308, 1e308]), f64::INFINITY);
        assert_eq!(sum(&[1e290, 1.0, -1e290]), 1.0);
    }

    proptest::proptest! {
        #[test]
        fn is_the_same_in_any_order(mut numbers in proptest::collection::vec(-1e300..1e300_f64, 0..40), by in 0..40_usize) {
            let one = sum(&numbers);
            let by = by % numbers.len().max(1);
            numbers.rotate_left(by);
            numbers.reverse();
            proptest::prop_assert_eq!(one.to_bits(), sum(&numbers).to_bits());
        }
    }
}
