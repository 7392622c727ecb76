//! The values of a column by their order: each is a number, its key, and a comparison with a constant is a stretch of keys.
//! All constants of a column together cut its keys into pieces; which piece a value lies in answers every comparison.

use std::cmp::Ordering;

use crate::value::{
    Comparison, Decimal, Moment, MomentType, Truth, Type, UpperEnd, Value, Zone, compare, number,
    time::{Bound, Window},
};

/// How the values of a type become keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Ints: themselves.
    Int,
    /// Decimals of this scale: their digits.
    Decimal(u8),
    /// Floats: their bits, in order.
    Float,
    /// Dates: days.
    Date,
    /// Timestamps: microseconds.
    Timestamp,
    /// Values of a level: ranks.
    Choice,
}

/// Keys from `low` up to but not including `high`; and the keys from `unknown` on are unknown (a moment in the future has no
/// age).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// The first key that belongs to it.
    pub low: i128,
    /// The first key that does not any more.
    pub high: i128,
    /// The first key of which it is unknown.
    pub unknown: i128,
    /// Whether what lies outside is meant: `!=`.
    pub outside: bool,
}

/// Below every key.
pub(super) const LEAST: i128 = i128::MIN;
/// Above every key.
pub(super) const BEYOND: i128 = i128::MAX;

impl Range {
    /// Whether a key lies in it; unknown of those of which it is.
    pub fn holds(&self, key: i128) -> Truth {
        if key >= self.unknown {
            return Truth::Unknown;
        }
        Truth::from((self.low..self.high).contains(&key) != self.outside)
    }

    /// Whether there are keys of which it is unknown.
    pub fn has_unknown(&self) -> bool {
        self.unknown != BEYOND
    }
}

impl Domain {
    /// Of a type whose values have keys.
    pub fn of(ty: &Type) -> Option<Domain> {
        match ty {
            Type::Int => Some(Domain::Int),
            Type::Decimal(scale) => Some(Domain::Decimal(*scale)),
            Type::Float => Some(Domain::Float),
            Type::Date => Some(Domain::Date),
            Type::Timestamp => Some(Domain::Timestamp),
            Type::Choice(_) => Some(Domain::Choice),
            Type::Text | Type::Bool | Type::Duration | Type::List(_) => None,
        }
    }

    /// The key of a value of this type.
    pub fn key(self, value: &Value) -> Option<i128> {
        match (self, value) {
            (Domain::Int, Value::Int(it)) | (Domain::Timestamp, Value::Timestamp(it)) => Some(i128::from(*it)),
            (Domain::Decimal(scale), Value::Decimal(it)) => it.rescale(scale).map(|it| it.mantissa),
            (Domain::Float, Value::Float(it)) => Some(i128::from(float_key(*it))),
            (Domain::Date, Value::Date(it)) => Some(i128::from(*it)),
            (Domain::Choice, Value::Choice(it)) => Some(i128::from(*it)),
            _ => None,
        }
    }

    /// The value of a key, where there is one.
    pub fn value(self, key: i128) -> Option<Value> {
        Some(match self {
            Domain::Int => Value::Int(i64::try_from(key).ok()?),
            Domain::Decimal(scale) => Value::Decimal(Decimal { mantissa: key, scale }),
            Domain::Float => Value::Float(float_of(i64::try_from(key).ok()?)),
            Domain::Date => Value::Date(i32::try_from(key).ok()?),
            Domain::Timestamp => Value::Timestamp(i64::try_from(key).ok()?),
            Domain::Choice => Value::Choice(u32::try_from(key).ok()?),
        })
    }

    /// The least and the greatest key that there may be.
    pub fn ends(self) -> (i128, i128) {
        match self {
            Domain::Int | Domain::Timestamp => (i128::from(i64::MIN), i128::from(i64::MAX)),
            Domain::Decimal(_) => (-10_i128.pow(38) + 1, 10_i128.pow(38) - 1),
            Domain::Float => (i128::from(float_key(f64::MIN)), i128::from(float_key(f64::MAX))),
            Domain::Date => (i128::from(i32::MIN), i128::from(i32::MAX)),
            Domain::Choice => (0, i128::from(u32::MAX)),
        }
    }

    /// The keys that are less than a constant end before the first, those that are not greater end before the second.
    /// None where the constant does not compare.
    fn around(self, constant: &Value, zone: &Zone) -> Option<(i128, i128)> {
        let exact = |key: i128| Some((key, key + 1));
        match (self, constant) {
            (Domain::Int, Value::Int(it)) => exact(i128::from(*it)),
            (Domain::Decimal(scale), Value::Int(_) | Value::Decimal(_)) => {
                let constant = number::to_decimal(constant)?;
                match constant.rescale(scale) {
                    Some(it) => exact(it.mantissa),
                    None => self.search(&Value::Decimal(constant), zone),
                }
            }
            (Domain::Float, Value::Int(_) | Value::Decimal(_) | Value::Float(_)) => {
                exact(i128::from(float_key(number::to_f64(constant)?)))
            }
            (Domain::Date, Value::Date(it)) => exact(i128::from(*it)),
            (Domain::Timestamp, Value::Timestamp(it)) => exact(i128::from(*it)),
            (Domain::Choice, Value::Choice(it)) => exact(i128::from(*it)),
            (Domain::Timestamp, Value::Date(_)) => {
                let day = Moment::of(constant)?;
                let window = Window::against(Comparison::Equal, day, MomentType::Timestamp, zone);
                Some((self.at(window.low?)?, self.after(window.high?)?))
            }
            (Domain::Int, Value::Decimal(_) | Value::Float(_))
            | (Domain::Decimal(_), Value::Float(_))
            | (Domain::Date, Value::Timestamp(_)) => self.search(constant, zone),
            _ => None,
        }
    }

    /// The same, found by asking what the comparison itself says.
    fn search(self, constant: &Value, zone: &Zone) -> Option<(i128, i128)> {
        let (least, greatest) = self.ends();
        let first = |wanted: &dyn Fn(Ordering) -> bool| {
            let (mut low, mut high) = (least, greatest + 1);
            while low < high {
                // Rounded down, and without a difference that 128 bits do not hold.
                let middle = low + (high.abs_diff(low) / 2) as i128;
                let order = compare::order(&self.value(middle)?, constant, zone)?;
                if wanted(order) { high = middle } else { low = middle + 1 }
            }
            Some(low)
        };
        Some((first(&|order| order.is_ge())?, first(&|order| order.is_gt())?))
    }

    /// The keys that a comparison with a constant accepts.
    pub fn compared(self, op: Comparison, constant: &Value, zone: &Zone) -> Option<Range> {
        let (low, high) = self.around(constant, zone)?;
        let range = |low, high, outside| Some(Range { low, high, unknown: BEYOND, outside });
        match op {
            Comparison::Equal => range(low, high, false),
            Comparison::NotEqual => range(low, high, true),
            Comparison::Less => range(LEAST, low, false),
            Comparison::AtMost => range(LEAST, high, false),
            Comparison::Greater => range(high, BEYOND, false),
            Comparison::AtLeast => range(low, BEYOND, false),
        }
    }

    /// `x between low..high`
    pub fn between(self, low: &Value, high: &Value, upper: UpperEnd, zone: &Zone) -> Option<Range> {
        let from = self.around(low, zone)?.0;
        let (less, not_more) = self.around(high, zone)?;
        let to = match upper {
            UpperEnd::Included => not_more,
            UpperEnd::Excluded => less,
        };
        Some(Range { low: from, high: to.max(from), unknown: BEYOND, outside: false })
    }

    /// The moments of a window.
    pub fn window(self, window: &Window) -> Option<Range> {
        let low = match window.low {
            None => LEAST,
            Some(bound) if bound.included => self.at(bound)?,
            Some(bound) => self.after(Bound { included: true, ..bound })?,
        };
        let high = match window.high {
            None => BEYOND,
            Some(bound) => self.after(bound)?,
        };
        Some(Range { low, high: high.max(low), unknown: BEYOND, outside: false })
    }

    fn at(self, bound: Bound) -> Option<i128> {
        self.key(&bound.at.into())
    }

    /// The first key behind an upper end.
    fn after(self, bound: Bound) -> Option<i128> {
        Some(self.at(bound)? + i128::from(bound.included))
    }
}

/// The bits of a float so that they order as floats do; zero has no sign.
pub(crate) fn float_key(float: f64) -> i64 {
    let bits = (float + 0.0).to_bits() as i64;
    if bits < 0 { i64::MIN - bits } else { bits }
}

/// The float of such bits.
pub(crate) fn float_of(key: i64) -> f64 {
    f64::from_bits(if key < 0 { (i64::MIN - key) as u64 } else { key as u64 })
}

/// All keys at which something changes for some leaf of a slot, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cuts {
    keys: Vec<i128>,
}

impl Cuts {
    /// Adds the ends of a range.
    pub fn add(&mut self, range: &Range) {
        let ends = [range.low, range.high, range.unknown];
        self.keys.extend(ends.into_iter().filter(|key| *key != LEAST && *key != BEYOND));
    }

    /// All are there.
    pub fn sort(&mut self) {
        self.keys.sort_unstable();
        self.keys.dedup();
    }

    /// The cuts.
    pub fn keys(&self) -> &[i128] {
        &self.keys
    }

    /// The first piece that begins at or behind a key: pieces are numbered from 0, and cut k begins piece k + 1.
    pub fn piece(&self, key: i128) -> u32 {
        match key {
            LEAST => 0,
            BEYOND => self.keys.len() as u32 + 1,
            key => self.keys.partition_point(|cut| *cut < key) as u32 + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_of_more_digits_lies_between_two_keys() {
        let zone = Zone::utc();
        let decimal = |mantissa, scale| Value::Decimal(Decimal { mantissa, scale });
        let constants = [
            (Domain::Decimal(2), decimal(5005, 3), (501, 501)),
            (Domain::Decimal(2), decimal(-5005, 3), (-500, -500)),
            (Domain::Decimal(2), Value::Float(0.5), (50, 51)),
            (Domain::Decimal(0), decimal(10_i128.pow(38) - 1, 1), (10_i128.pow(37), 10_i128.pow(37))),
            (Domain::Decimal(38), Value::Int(7), (10_i128.pow(38), 10_i128.pow(38))),
            (Domain::Decimal(38), Value::Int(-7), (-10_i128.pow(38) + 1, -10_i128.pow(38) + 1)),
            (Domain::Int, decimal(55, 1), (6, 6)),
            (Domain::Int, Value::Float(1e300), (i128::from(i64::MAX) + 1, i128::from(i64::MAX) + 1)),
            (Domain::Int, Value::Float(-1e300), (i128::from(i64::MIN), i128::from(i64::MIN))),
        ];
        for (domain, constant, expected) in constants {
            assert_eq!(domain.around(&constant, &zone), Some(expected), "{domain:?} {constant:?}");
        }
    }
}
