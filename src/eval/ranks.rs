//! Ranks over everybody: each group's values are sorted once, and every user finds their place among them.

use crate::{
    plan::float_key,
    value::{Value, number},
};

/// The ranked values of one group.
#[derive(Debug, Default)]
pub struct Ranks {
    values: Vec<i128>,
}

impl Ranks {
    /// One more.
    pub fn add(&mut self, value: &Value) {
        self.values.extend(order_of(value));
    }

    /// All are in.
    pub fn sort(&mut self) {
        self.values.sort_unstable();
    }

    /// How many are ranked.
    pub fn ranked(&self) -> u64 {
        self.values.len() as u64
    }

    /// The key of the value at a place from the lowest, from 0.
    pub fn from_below(&self, place: u64) -> Option<i128> {
        self.values.get(usize::try_from(place).ok()?).copied()
    }

    /// How many are strictly less, and how many strictly more.
    pub fn place(&self, value: &Value) -> Option<(u64, u64)> {
        let own = order_of(value)?;
        let less = self.values.partition_point(|other| *other < own);
        let not_more = self.values.partition_point(|other| *other <= own);
        Some((less as u64, (self.values.len() - not_more) as u64))
    }
}

/// A number that stands to others as the value stands to others of its type; none of a duration with months.
fn order_of(value: &Value) -> Option<i128> {
    match value {
        Value::Int(number) | Value::Timestamp(number) => Some(i128::from(*number)),
        Value::Decimal(decimal) => Some(decimal.mantissa),
        Value::Date(days) => Some(i128::from(*days)),
        Value::Choice(rank) => Some(i128::from(*rank)),
        Value::Duration(duration) => duration.exact_micros(),
        Value::Float(_) => number::to_f64(value).map(|float| i128::from(float_key(float))),
        Value::Missing | Value::Bool(_) | Value::Text(_) | Value::List(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_stand_as_they_order() {
        let floats = [-1e300, -2.5, -1.0, -5e-324, 0.0, 5e-324, 1.0, 1e300];
        let keys: Vec<i128> = floats.iter().filter_map(|it| order_of(&Value::Float(*it))).collect();
        assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
        assert_eq!(order_of(&Value::Float(-0.0)), order_of(&Value::Float(0.0)));
    }

    #[test]
    fn ties_share_their_place() {
        let mut ranks = Ranks::default();
        [3, 1, 3, 2].iter().for_each(|it| ranks.add(&Value::Int(*it)));
        ranks.sort();
        assert_eq!(ranks.place(&Value::Int(3)), Some((2, 0)));
        assert_eq!(ranks.place(&Value::Int(1)), Some((0, 3)));
        assert_eq!(ranks.place(&Value::Missing), None);
    }
}
