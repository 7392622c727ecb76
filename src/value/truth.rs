//! Three-valued logic (Kleene): true, false and unknown, and the quorums over conditions.

use super::Value;

/// What a condition comes to. Ordered so that `and` is the smaller and `or` the greater of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Truth {
    /// It does not hold.
    False,
    /// Missing data keep it open.
    Unknown,
    /// It holds.
    True,
}

impl Truth {
    /// `a and b`: false as soon as one is.
    #[must_use]
    pub fn and(self, other: Truth) -> Truth {
        self.min(other)
    }

    /// `a or b`: true as soon as one is.
    #[must_use]
    pub fn or(self, other: Truth) -> Truth {
        self.max(other)
    }

    /// `not a`: unknown stays unknown.
    #[must_use]
    #[allow(clippy::should_implement_trait)]
    pub fn not(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        }
    }

    /// Whether it is true: a rule applies only then.
    #[must_use]
    pub fn is_true(self) -> bool {
        self == Truth::True
    }

    /// Whether it is unknown.
    #[must_use]
    pub fn is_unknown(self) -> bool {
        self == Truth::Unknown
    }

    /// A condition's value as truth: missing is unknown.
    #[must_use]
    pub fn of(value: &Value) -> Truth {
        match value {
            Value::Bool(known) => Truth::from(*known),
            _ => Truth::Unknown,
        }
    }

    /// `all of (a, b, …)`
    #[must_use]
    pub fn all_of(conditions: impl IntoIterator<Item = Truth>) -> Truth {
        conditions.into_iter().fold(Truth::True, Truth::and)
    }

    /// `any of (a, b, …)`
    #[must_use]
    pub fn any_of(conditions: impl IntoIterator<Item = Truth>) -> Truth {
        conditions.into_iter().fold(Truth::False, Truth::or)
    }

    /// `none of (a, b, …)`
    #[must_use]
    pub fn none_of(conditions: impl IntoIterator<Item = Truth>) -> Truth {
        Truth::any_of(conditions).not()
    }

    /// `at least 2 of (a, b, …)`: unknown only where the unknown ones could change the answer.
    #[must_use]
    pub fn at_least(needed: i64, conditions: impl IntoIterator<Item = Truth>) -> Truth {
        let (mut holding, mut open) = (0_i64, 0_i64);
        for condition in conditions {
            match condition {
                Truth::True => holding += 1,
                Truth::Unknown => open += 1,
                Truth::False => {}
            }
        }
        if holding >= needed {
            Truth::True
        } else if holding + open >= needed {
            Truth::Unknown
        } else {
            Truth::False
        }
    }
}

impl From<bool> for Truth {
    fn from(known: bool) -> Truth {
        if known { Truth::True } else { Truth::False }
    }
}

impl From<Option<bool>> for Truth {
    fn from(answer: Option<bool>) -> Truth {
        answer.map_or(Truth::Unknown, Truth::from)
    }
}

impl From<Truth> for Value {
    fn from(truth: Truth) -> Value {
        match truth {
            Truth::False => Value::Bool(false),
            Truth::Unknown => Value::Missing,
            Truth::True => Value::Bool(true),
        }
    }
}
