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

#[cfg(test)]
mod tests {
    use super::*;
    use Truth::{False, True, Unknown};
    use proptest::prelude::*;

    const ALL: [Truth; 3] = [False, Unknown, True];

    #[test]
    fn tables_of_kleene() {
        let and = [[False, False, False], [False, Unknown, Unknown], [False, Unknown, True]];
        for (a, row) in ALL.into_iter().zip(and) {
            for (b, expected) in ALL.into_iter().zip(row) {
                assert_eq!(a.and(b), expected, "{a:?} and {b:?}");
                assert_eq!(a.not().or(b.not()), expected.not(), "not {a:?} or not {b:?}");
            }
        }
        assert_eq!(ALL.map(Truth::not), [True, Unknown, False]);
    }

    #[test]
    fn values_are_truths() {
        for truth in ALL {
            assert_eq!(Truth::of(&Value::from(truth)), truth);
        }
        assert_eq!(Value::from(Unknown), Value::Missing);
    }

    #[test]
    fn quorums_of_nothing() {
        assert_eq!(Truth::all_of([]), True);
        assert_eq!(Truth::any_of([]), False);
        assert_eq!(Truth::none_of([]), True);
        assert_eq!(Truth::at_least(1, []), False);
        assert_eq!(Truth::at_least(0, []), True);
    }

    /// Every way to settle what is unknown.
    fn settlements(conditions: &[Truth]) -> Vec<Vec<bool>> {
        conditions.iter().fold(vec![vec![]], |settled, condition| {
            let choices: &[bool] = match condition {
                False => &[false],
                True => &[true],
                Unknown => &[false, true],
            };
            settled.iter().flat_map(|one| choices.iter().map(|next| [one.as_slice(), &[*next]].concat())).collect()
        })
    }

    proptest! {
        #[test]
        fn unknown_only_where_it_could_change_the_answer(
            conditions in prop::collection::vec(prop::sample::select(&ALL[..]), 0..7),
            needed in 0_i64..8,
        ) {
            type Quorum = fn(usize, usize, i64) -> bool;
            let quorums: [(Truth, Quorum); 4] = [
                (Truth::all_of(conditions.clone()), |holding, all, _| holding == all),
                (Truth::any_of(conditions.clone()), |holding, _, _| holding > 0),
                (Truth::none_of(conditions.clone()), |holding, _, _| holding == 0),
                (Truth::at_least(needed, conditions.clone()), |holding, _, needed| i64::try_from(holding).unwrap() >= needed),
            ];
            for (answer, quorum) in quorums {
                let mut answers: Vec<bool> = settlements(&conditions)
                    .iter()
                    .map(|settled| quorum(settled.iter().filter(|holds| **holds).count(), settled.len(), needed))
                    .collect();
                answers.sort_unstable();
                answers.dedup();
                let expected = if let [one] = answers[..] { Truth::from(one) } else { Unknown };
                prop_assert_eq!(answer, expected);
            }
        }
    }
}
