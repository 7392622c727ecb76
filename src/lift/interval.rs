//! How sure a difference of two shares is.

/// The 97.5 % point of the standard normal distribution: 95 % of it lie between minus this and this.
const Z: f64 = 1.959_963_984_540_054;

/// How many of a group, and of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Those who did it.
    pub of: u64,
    /// All of the group.
    pub all: u64,
}

/// Where something lies with a confidence of 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Share {
    /// Between 0 and 1; none of an empty group.
    pub fn rate(self) -> Option<f64> {
        (self.all > 0).then(|| self.of as f64 / self.all as f64)
    }

    /// Where the share lies among all who could be in such a group: Wilson's score interval, without continuity correction
    /// (E. B. Wilson, “Probable inference, the law of succession, and statistical inference”, JASA 22, 1927). None of an empty group.
    pub fn interval(self) -> Option<Interval> {
        let (rate, all) = (self.rate()?, self.all as f64);
        let middle = 2.0 * all * rate + Z * Z;
        let half = Z * (Z * Z + 4.0 * all * rate * (1.0 - rate)).sqrt();
        let whole = 2.0 * (all + Z * Z);
        Some(Interval { low: ((middle - half) / whole).max(0.0), high: ((middle + half) / whole).min(1.0) })
    }

    /// Where the difference of two shares lies, this one less the other: the hybrid score interval, method 10 of
    /// R. G. Newcombe, “Interval estimation for the difference between independent proportions: comparison of eleven methods”,
    /// Statistics in Medicine 17, 1998, 873–890. It holds in small groups too, and where nobody or everybody did it. None where
    /// a group is empty.
    pub fn difference(self, other: Share) -> Option<Interval> {
        let (here, there) = (self.rate()?, other.rate()?);
        let (around, beside) = (self.interval()?, other.interval()?);
        let difference = here - there;
        let low = difference - (here - around.low).hypot(beside.high - there);
        let high = difference + (around.high - here).hypot(there - beside.low);
        Some(Interval { low: low.max(-1.0), high: high.min(1.0) })
    }
}

impl Interval {
    /// Whether it leaves nothing out: no difference is then as good an explanation as any.
    pub fn holds_zero(self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    /// The examples of Newcombe's Table II, with what it prints for method 10, and a trial of epinephrine as the R package
    /// `contingencytables` prints it (M. W. Fagerland, S. Lydersen, P. Laake, *Statistical Analysis of Contingency Tables*, 2017,
    /// chapter 4).
    #[test]
    fn the_published_examples_come_out() {
        let examples = [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((6, 7), (2, 7), 0.0582, 0.8062),
            ((5, 56), (0, 29), -0.0381, 0.1926),
            ((0, 10), (0, 20), -0.1611, 0.2775),
            ((0, 10), (0, 10), -0.2775, 0.2775),
            ((10, 10), (0, 20), 0.6791, 1.0),
            ((10, 10), (0, 10), 0.6075, 1.0),
            ((7, 34), (1, 34), 0.0189, 0.3404),
        ];
        for ((of, all), (other, others), low, high) in examples {
            let found = Share { of, all }.difference(Share { of: other, all: others }).expect("nobody is missing");
            assert!((found.low - low).abs() < 0.000_05, "{of}/{all} - {other}/{others}: {found:?}");
            assert!((found.high - high).abs() < 0.000_05, "{of}/{all} - {other}/{others}: {found:?}");
            // Seen from the other side it is the same.
            let back = Share { of: other, all: others }.difference(Share { of, all }).expect("nobody is missing");
            assert!((back.low + found.high).abs() < 1e-12 && (back.high + found.low).abs() < 1e-12);
        }
    }

    #[test]
    fn of_an_empty_group_nothing_is_known() {
        let (nobody, some) = (Share::default(), Share { of: 1, all: 2 });
        assert_eq!(
            (nobody.rate(), nobody.interval(), nobody.difference(some), some.difference(nobody)),
            (None, None, None, None)
        );
        assert_eq!(some.rate(), Some(0.5));
    }
}
