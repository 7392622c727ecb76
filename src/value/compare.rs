//! Like with like: the order of any two values of one kind, and what the comparison operators make of it.

use std::cmp::Ordering;

use super::time::Zone;
use super::{Truth, Value};

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// Whether a range's upper end belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpperEnd {
    /// `3..5`
    Included,
    /// `3..<5`
    Excluded,
}

impl Comparison {
    /// Whether an order satisfies it.
    #[must_use]
    pub fn accepts(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::AtMost => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::AtLeast => order.is_ge(),
        }
    }

    /// With its sides exchanged: `<` becomes `>`.
    #[must_use]
    pub fn mirrored(self) -> Comparison {
        match self {
            Comparison::Equal => Comparison::Equal,
            Comparison::NotEqual => Comparison::NotEqual,
            Comparison::Less => Comparison::Greater,
            Comparison::AtMost => Comparison::AtLeast,
            Comparison::Greater => Comparison::Less,
            Comparison::AtLeast => Comparison::AtMost,
        }
    }

    /// Its negation: `<` becomes `>=`; unknown stays unknown.
    #[must_use]
    pub fn negated(self) -> Comparison {
        match self {
            Comparison::Equal => Comparison::NotEqual,
            Comparison::NotEqual => Comparison::Equal,
            Comparison::Less => Comparison::AtLeast,
            Comparison::AtMost => Comparison::Greater,
            Comparison::Greater => Comparison::AtMost,
            Comparison::AtLeast => Comparison::Less,
        }
    }
}

/// How two values of one kind stand to each other; none where one is missing, where durations have months, and where
/// the kinds differ. A timestamp stands to a date as its calendar day in the zone does. Lists are equal or not:
/// those that differ go by their first difference, a prefix before the longer.
#[must_use]
pub fn order(_a: &Value, _b: &Value, _zone: &Zone) -> Option<Ordering> {
    todo!()
}

/// `a = b`, `a < b`, …: unknown where one is missing.
#[must_use]
pub fn compare(comparison: Comparison, a: &Value, b: &Value, zone: &Zone) -> Truth {
    order(a, b, zone).map(|order| comparison.accepts(order)).into()
}

/// `x between low..high`, `x between low..<high`
#[must_use]
pub fn between(x: &Value, low: &Value, high: &Value, upper: UpperEnd, zone: &Zone) -> Truth {
    let below = match upper {
        UpperEnd::Included => Comparison::AtMost,
        UpperEnd::Excluded => Comparison::Less,
    };
    compare(Comparison::AtLeast, x, low, zone).and(compare(below, x, high, zone))
}

/// `x is missing`
#[must_use]
pub fn is_missing(x: &Value) -> Truth {
    Truth::from(*x == Value::Missing)
}

/// `x is known`
#[must_use]
pub fn is_known(x: &Value) -> Truth {
    is_missing(x).not()
}

/// `min(a, b, …)` of numbers (in the widest of their types), moments or durations; missing where one is.
#[must_use]
pub fn minimum(_values: &[Value], _zone: &Zone) -> Value {
    todo!()
}

/// `max(a, b, …)`, as [`minimum`].
#[must_use]
pub fn maximum(_values: &[Value], _zone: &Zone) -> Value {
    todo!()
}

/// `clamp(x, low..high)`: the nearest value within; missing where the range holds nothing.
#[must_use]
pub fn clamp(_x: &Value, _low: &Value, _high: &Value, _zone: &Zone) -> Value {
    todo!()
}
