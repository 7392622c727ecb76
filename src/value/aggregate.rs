//! Aggregates over a list of values: `sum(amounts)`, `count(interests)`. The same over children and populations are
//! these, on the elements that a clause lets through. Of a missing list all are missing.

use std::{cmp::Ordering, collections::HashMap};

use super::exact_sum::ExactSum;
use super::time::Zone;
use super::{Decimal, Duration, Truth, Type, Value, compare, list, number, print};

/// `count(xs)`
#[must_use]
pub fn count(xs: &Value) -> Value {
    elements(xs).and_then(|xs| i64::try_from(xs.len()).ok()).map_or(Value::Missing, Value::Int)
}

/// `sum(xs)` of numbers of one type, or durations without months; of no elements 0 in the type of the elements.
/// Only the sum must fit, not what it passes on the way.
#[must_use]
pub fn sum(xs: &Value, element: &Type) -> Value {
    elements(xs).map_or(Value::Missing, |xs| Total::of(xs, element).sum(element))
}

/// `avg(xs)`: of numbers a float, of durations a duration; of no elements missing.
#[must_use]
pub fn average(xs: &Value, element: &Type) -> Value {
    elements(xs).map_or(Value::Missing, |xs| Total::of(xs, element).average(element, xs.len() as u64))
}

/// What a sum of whole units runs over at.
const TWO_TO_128: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;

/// A sum so far, exact whatever the order.
#[derive(Clone, Debug)]
pub enum Total {
    /// Whole units at the scale of the type: the low 128 bits, and how often they ran over.
    Exact(i128, i32),
    /// Of floats.
    Float(ExactSum),
    /// Of durations: days and microseconds; none where one has months, and they do not add up.
    Duration(Option<(i64, i128)>),
}

impl Total {
    /// Of nothing, for elements of a type.
    #[must_use]
    pub fn zero(element: &Type) -> Total {
        match element {
            Type::Float => Total::Float(ExactSum::default()),
            Type::Duration => Total::Duration(Some((0, 0))),
            Type::Int
            | Type::Decimal(_)
            | Type::Text
            | Type::Bool
            | Type::Date
            | Type::Timestamp
            | Type::List(_)
            | Type::Choice(_) => Total::Exact(0, 0),
        }
    }

    fn of(xs: &[Value], element: &Type) -> Total {
        let mut total = Total::zero(element);
        xs.iter().for_each(|x| total.add(x));
        total
    }

    /// Adds whole units.
    pub fn add_units(&mut self, units: i128) {
        if let Total::Exact(low, high) = self {
            let (sum, over) = low.overflowing_add(units);
            *low = sum;
            *high += if over { units.signum() as i32 } else { 0 };
        }
    }

    /// Adds an element of the type.
    pub fn add(&mut self, x: &Value) {
        match self {
            Total::Exact(..) => self.add_units(match x {
                Value::Int(units) => i128::from(*units),
                Value::Decimal(decimal) => decimal.mantissa,
                _ => 0,
            }),
            Total::Float(sum) => {
                if let Some(x) = number::to_f64(x) {
                    sum.add(x);
                }
            }
            Total::Duration(sum) => {
                *sum = match (*sum, x) {
                    (Some((days, micros)), Value::Duration(x)) if x.months == 0 => {
                        Some((days.saturating_add(i64::from(x.days)), micros.saturating_add(i128::from(x.micros))))
                    }
                    _ => None,
                };
            }
        }
    }

    /// The sum, missing where it is out of range.
    #[must_use]
    pub fn sum(&self, element: &Type) -> Value {
        let sum = match (self, element) {
            (Total::Exact(units, 0), Type::Int) => i64::try_from(*units).ok().map(Value::Int),
            (Total::Exact(units, 0), Type::Decimal(scale)) => Decimal::new(*units, *scale).map(Value::Decimal),
            (Total::Float(sum), _) => Some(number::finite(sum.round())),
            (Total::Duration(sum), _) => sum.and_then(duration).map(Value::Duration),
            (Total::Exact(..), _) => None,
        };
        sum.unwrap_or(Value::Missing)
    }

    /// The mean of so many elements. Only the mean must fit, not their sum.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn average(&self, element: &Type, count: u64) -> Value {
        if count == 0 {
            return Value::Missing;
        }
        match (self, element) {
            (Total::Exact(units, 0), Type::Decimal(scale)) => {
                number::finite(Decimal { mantissa: *units, scale: *scale }.to_f64() / count as f64)
            }
            (Total::Exact(low, high), Type::Decimal(scale)) => {
                let one = Decimal { mantissa: 1, scale: *scale }.to_f64();
                number::finite((f64::from(*high) * TWO_TO_128 + *low as f64) * one / count as f64)
            }
            (Total::Exact(low, high), _) => {
                number::finite((f64::from(*high) * TWO_TO_128 + *low as f64) / count as f64)
            }
            (Total::Float(sum), _) => number::finite(sum.mean(count)),
            (Total::Duration(sum), _) => {
                let mean = sum.and_then(|(days, micros)| Duration::mean(days, micros, count));
                mean.map_or(Value::Missing, Value::Duration)
            }
        }
    }
}

/// Days and microseconds, if they fit.
fn duration((days, micros): (i64, i128)) -> Option<Duration> {
    Some(Duration { months: 0, days: i32::try_from(days).ok()?, micros: i64::try_from(micros).ok()? })
}

/// `any(flags)`: whether one of a list of conditions is true.
#[must_use]
pub fn any(xs: &Value, zone: &Zone) -> Truth {
    list::has(xs, &Value::Bool(true), zone)
}

/// `min(xs)`; of no elements missing.
#[must_use]
pub fn minimum(xs: &Value, zone: &Zone) -> Value {
    elements(xs).map_or(Value::Missing, |xs| compare::minimum(xs, zone))
}

/// `max(xs)`; of no elements missing.
#[must_use]
pub fn maximum(xs: &Value, zone: &Zone) -> Value {
    elements(xs).map_or(Value::Missing, |xs| compare::maximum(xs, zone))
}

/// `first(xs)`; of no elements missing.
#[must_use]
pub fn first(xs: &Value) -> Value {
    elements(xs).and_then(<[Value]>::first).cloned().unwrap_or(Value::Missing)
}

/// `last(xs)`; of no elements missing.
#[must_use]
pub fn last(xs: &Value) -> Value {
    elements(xs).and_then(<[Value]>::last).cloned().unwrap_or(Value::Missing)
}

/// `distinct(xs)`, in order of first appearance.
#[must_use]
pub fn distinct(xs: &Value, zone: &Zone) -> Value {
    let Some(xs) = elements(xs) else {
        return Value::Missing;
    };
    let groups = groups(xs, zone);
    Value::List(groups.into_iter().map(|group| group.value.clone()).collect())
}

/// `most(xs)`: the most frequent value; ties go to the one seen last. Of no elements missing.
#[must_use]
pub fn most(xs: &Value, zone: &Zone) -> Value {
    let groups = elements(xs).map(|xs| groups(xs, zone)).unwrap_or_default();
    let most = groups.into_iter().max_by_key(|group| (group.places.len(), group.places.last().copied()));
    most.map_or(Value::Missing, |group| group.value.clone())
}

/// `most(x by w)`: the value of the greatest sum; a missing weight adds nothing, and a sum that is out of range is the
/// least. Ties go to the one seen last. Of no elements missing.
#[must_use]
pub fn most_by(xs: &[Value], weights: &[Value], weight: &Type, zone: &Zone) -> Value {
    let mut best: Option<(Value, &Group<'_>)> = None;
    let groups = groups(xs, zone);
    for group in &groups {
        let mut total = Total::zero(weight);
        let known = group.places.iter().filter_map(|at| weights.get(*at)).filter(|it| **it != Value::Missing);
        known.for_each(|it| total.add(it));
        let sum = total.sum(weight);
        let wins = best.as_ref().is_none_or(|(greatest, other)| {
            let order = order_of_sums(&sum, greatest, zone);
            order.then(group.places.last().cmp(&other.places.last())).is_gt()
        });
        if wins {
            best = Some((sum, group));
        }
    }
    best.map_or(Value::Missing, |(_, group)| group.value.clone())
}

/// Which sum is greater; one that is out of range is the least.
#[must_use]
pub fn order_of_sums(a: &Value, b: &Value, zone: &Zone) -> Ordering {
    let known = (*a != Value::Missing).cmp(&(*b != Value::Missing));
    known.then(compare::order(a, b, zone).unwrap_or(Ordering::Equal))
}

/// `quantile(xs, share)` of numbers, a float: exact, linear between closest ranks. Of no elements missing, and for a
/// share outside 0 to 1.
#[must_use]
pub fn quantile(xs: &Value, share: &Value) -> Value {
    let Some(xs) = elements(xs) else {
        return Value::Missing;
    };
    let mut numbers = Numbers::default();
    xs.iter().for_each(|x| numbers.add(x));
    numbers.quantile(share)
}

/// Numbers that a quantile is asked of.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// Whole units at a scale.
    exact: Vec<i128>,
    scale: u8,
    floats: Vec<f64>,
}

impl Numbers {
    /// Instead of what there was: whole units at a scale.
    pub fn refill(&mut self, units: impl Iterator<Item = i128>, scale: u8) {
        self.exact.clear();
        self.exact.extend(units);
        self.scale = scale;
    }

    /// Instead of what there was: floats.
    pub fn refill_floats(&mut self, floats: impl Iterator<Item = f64>) {
        self.floats.clear();
        self.floats.extend(floats);
    }

    /// One more, of the same type as the others.
    pub fn add(&mut self, x: &Value) {
        match x {
            Value::Int(units) => self.exact.push(i128::from(*units)),
            Value::Decimal(decimal) => {
                self.scale = decimal.scale;
                self.exact.push(decimal.mantissa);
            }
            Value::Float(float) => self.floats.push(*float),
            _ => {}
        }
    }

    /// The quantile; of ints and decimals the float nearest to the exact answer. A share is a decimal.
    #[must_use]
    pub fn quantile(&mut self, share: &Value) -> Value {
        match self.exactly(share) {
            Some(answer) => answer,
            None if self.exact.is_empty() => {
                number::to_f64(share).map_or(Value::Missing, |it| of_floats(&mut self.floats, it))
            }
            None => {
                let decimals = self.exact.iter().filter_map(|units| Decimal::new(*units, self.scale));
                let mut floats: Vec<f64> = decimals.map(Decimal::to_f64).collect();
                number::to_f64(share).map_or(Value::Missing, |it| of_floats(&mut floats, it))
            }
        }
    }

    /// Between two ranks in whole units; none where they do not fit.
    fn exactly(&mut self, share: &Value) -> Option<Value> {
        let share = match share {
            Value::Float(_) => return None,
            share => number::to_decimal(share)?,
        };
        let last = i128::try_from(self.exact.len().checked_sub(1)?).ok()?;
        let whole = 10_i128.checked_pow(u32::from(share.scale))?;
        if share.mantissa < 0 || share.mantissa > whole {
            return Some(Value::Missing);
        }
        let rank = share.mantissa.checked_mul(last)?;
        let (below, part) = (usize::try_from(rank / whole).ok()?, rank % whole);
        let (_, low, above) = self.exact.select_nth_unstable(below);
        let low = *low;
        let high = above.iter().min().copied().unwrap_or(low);
        let units = low.checked_mul(whole)?.checked_add(high.checked_sub(low)?.checked_mul(part)?)?;
        let answer = Decimal::new(units, self.scale.checked_add(share.scale)?)?;
        Some(number::finite(answer.to_f64()))
    }
}

/// The same of floats, which it sorts.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn of_floats(numbers: &mut [f64], share: f64) -> Value {
    let Some(last) = numbers.len().checked_sub(1).filter(|_| (0.0..=1.0).contains(&share)) else {
        return Value::Missing;
    };
    numbers.sort_unstable_by(f64::total_cmp);
    let rank = share * last as f64;
    let (below, above) = (rank.floor() as usize, rank.ceil() as usize);
    match (numbers.get(below), numbers.get(above)) {
        (Some(low), Some(high)) => number::finite(low + (high - low) * (rank - rank.floor())),
        _ => Value::Missing,
    }
}

fn elements(xs: &Value) -> Option<&[Value]> {
    match xs {
        Value::List(elements) => Some(elements),
        _ => None,
    }
}

/// Equal elements of a list.
struct Group<'a> {
    value: &'a Value,
    /// Where they stand.
    places: Vec<usize>,
}

/// The elements by equality, in order of first appearance. Elements are of one type, so that equal ones print alike.
fn groups<'a>(xs: &'a [Value], zone: &Zone) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (place, value) in xs.iter().enumerate() {
        let at = *known.entry(print::json(value, zone)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.places.push(place),
            None => groups.push(Group { value, places: vec![place] }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(numbers: &[i64]) -> Value {
        Value::List(numbers.iter().map(|number| Value::Int(*number)).collect())
    }

    fn floats(numbers: &[f64]) -> Value {
        Value::List(numbers.iter().map(|number| Value::Float(*number)).collect())
    }

    fn shown(value: &Value) -> String {
        print::json(value, &Zone::utc())
    }

    #[test]
    fn of_a_few() {
        let zone = Zone::utc();
        let xs = ints(&[3, 1, 3, 2, 1]);
        let table = [
            (count(&xs), "5"),
            (sum(&xs, &Type::Int), "10"),
            (average(&xs, &Type::Int), "2.0"),
            (minimum(&xs, &zone), "1"),
            (maximum(&xs, &zone), "3"),
            (first(&xs), "3"),
            (last(&xs), "1"),
            (distinct(&xs, &zone), "[3,1,2]"),
            (most(&xs, &zone), "1"),
            (quantile(&xs, &Value::Float(0.5)), "2.0"),
            (quantile(&ints(&[1, 2]), &Value::Float(0.25)), "1.25"),
            (quantile(&xs, &Value::Float(1.5)), "null"),
        ];
        for (answer, expected) in table {
            assert_eq!(shown(&answer), expected);
        }
    }

    #[test]
    fn of_none_and_of_nothing_known() {
        let zone = Zone::utc();
        let none = ints(&[]);
        assert_eq!(count(&none), Value::Int(0));
        assert_eq!(shown(&sum(&none, &Type::Decimal(2))), "0.00");
        assert_eq!(shown(&sum(&none, &Type::Duration)), "\"0s\"");
        assert_eq!(shown(&distinct(&none, &zone)), "[]");
        assert_eq!(any(&none, &zone), Truth::False);
        for answer in [average(&none, &Type::Int), minimum(&none, &zone), first(&none), last(&none), most(&none, &zone)]
        {
            assert_eq!(answer, Value::Missing);
        }
        assert_eq!(count(&Value::Missing), Value::Missing);
        assert_eq!(sum(&Value::Missing, &Type::Int), Value::Missing);
        assert_eq!(distinct(&Value::Missing, &zone), Value::Missing);
        assert_eq!(any(&Value::Missing, &zone), Truth::Unknown);
    }

    #[test]
    fn only_the_sum_must_fit() {
        assert_eq!(sum(&ints(&[i64::MAX, 1, -1]), &Type::Int), Value::Int(i64::MAX));
        assert_eq!(sum(&ints(&[i64::MAX, 1]), &Type::Int), Value::Missing);
        assert_eq!(shown(&average(&ints(&[i64::MAX, i64::MAX]), &Type::Int)), "9.223372036854776e18");
        assert_eq!(sum(&floats(&[1e308, 1e308]), &Type::Float), Value::Missing);
        assert_eq!(average(&floats(&[1e308, 1e308, 1e308]), &Type::Float), Value::Float(1e308));
        let most = Value::Decimal(Decimal::parse(&"9".repeat(38)).expect("38 digits"));
        for number in [1, 2, 3, 4, 100] {
            let list = Value::List(vec![most.clone(); number].into());
            assert_eq!(average(&list, &Type::Decimal(0)), Value::Float(1e38), "{number}");
        }
        assert_eq!(sum(&floats(&[0.1; 10]), &Type::Float), Value::Float(1.0));
    }

    #[test]
    fn of_durations() {
        let durations = |texts: &[&str]| {
            let parsed = texts.iter().map(|text| Value::Duration(Duration::parse(text).expect("a duration")));
            Value::List(parsed.collect())
        };
        assert_eq!(shown(&sum(&durations(&["1d", "12h"]), &Type::Duration)), "\"1d12h\"");
        assert_eq!(shown(&average(&durations(&["1d", "2d"]), &Type::Duration)), "\"1d12h\"");
        assert_eq!(sum(&durations(&["1d", "1mo"]), &Type::Duration), Value::Missing);
        let far = durations(&["2147483647d", "1d", "-2d"]);
        assert_eq!(shown(&sum(&far, &Type::Duration)), "\"2147483646d\"");
        let far = durations(&["100000000d", "100000000d"]);
        assert_eq!(shown(&average(&far, &Type::Duration)), "\"100000000d\"");
    }
}
