//! Aggregates over a list of values: `sum(amounts)`, `count(interests)`. The same over children and populations are
//! these, on the elements that a clause lets through. Of a missing list all are missing.

use std::collections::HashMap;

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
    let Some(xs) = elements(xs) else {
        return Value::Missing;
    };
    let sum = match element {
        Type::Int => exact_sum(xs, 0).and_then(|sum| i64::try_from(sum).ok()).map(Value::Int),
        Type::Decimal(scale) => exact_sum(xs, *scale).and_then(|sum| Decimal::new(sum, *scale)).map(Value::Decimal),
        Type::Float => Some(number::finite(float_sum(xs))),
        Type::Duration => duration_sum(xs).map(Value::Duration),
        Type::Text | Type::Bool | Type::Date | Type::Timestamp | Type::List(_) | Type::Choice(_) => None,
    };
    sum.unwrap_or(Value::Missing)
}

/// `avg(xs)`: of numbers a float, of durations a duration; of no elements missing.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn average(xs: &Value, element: &Type) -> Value {
    let Some(xs) = elements(xs).filter(|xs| !xs.is_empty()) else {
        return Value::Missing;
    };
    let count = xs.len() as f64;
    let mean = match element {
        Type::Int => exact_sum(xs, 0).map(|sum| number::finite(sum as f64 / count)),
        Type::Decimal(scale) => exact_sum(xs, *scale)
            .and_then(|sum| Decimal::new(sum, *scale))
            .map(|sum| number::finite(sum.to_f64() / count)),
        Type::Float => Some(number::finite(float_sum(xs) / count)),
        Type::Duration => durations(xs).and_then(Duration::average).map(Value::Duration),
        Type::Text | Type::Bool | Type::Date | Type::Timestamp | Type::List(_) | Type::Choice(_) => None,
    };
    mean.unwrap_or(Value::Missing)
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
    let most = groups.into_iter().max_by_key(|group| (group.count, group.last));
    most.map_or(Value::Missing, |group| group.value.clone())
}

/// `quantile(xs, share)` of numbers, a float: exact, linear between closest ranks. Of no elements missing, and for a
/// share outside 0 to 1.
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn quantile(xs: &Value, share: &Value) -> Value {
    let (Some(xs), Some(share)) = (elements(xs), number::to_f64(share)) else {
        return Value::Missing;
    };
    let Some(mut numbers) = xs.iter().map(number::to_f64).collect::<Option<Vec<f64>>>() else {
        return Value::Missing;
    };
    let Some(last) = numbers.len().checked_sub(1).filter(|_| (0.0..=1.0).contains(&share)) else {
        return Value::Missing;
    };
    numbers.sort_by(f64::total_cmp);
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

/// Whole units at a scale, added exactly.
fn exact_sum(xs: &[Value], scale: u8) -> Option<i128> {
    xs.iter().try_fold(0_i128, |sum, x| sum.checked_add(number::to_decimal(x)?.rescale(scale)?.mantissa))
}

/// Neumaier's compensated sum: what each addition loses is carried beside it.
/// <https://en.wikipedia.org/wiki/Kahan_summation_algorithm#Further_enhancements>
fn float_sum(xs: &[Value]) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for x in xs.iter().filter_map(number::to_f64) {
        let next = sum + x;
        lost += if sum.abs() >= x.abs() { (sum - next) + x } else { (x - next) + sum };
        sum = next;
    }
    sum + lost
}

fn durations(xs: &[Value]) -> Option<Vec<Duration>> {
    xs.iter()
        .map(|x| match x {
            Value::Duration(duration) => Some(*duration),
            _ => None,
        })
        .collect()
}

fn duration_sum(xs: &[Value]) -> Option<Duration> {
    durations(xs)?.into_iter().try_fold(Duration::ZERO, Duration::checked_add)
}

/// Equal elements of a list.
struct Group<'a> {
    value: &'a Value,
    count: usize,
    /// Where the last of them stands.
    last: usize,
}

/// The elements by equality, in order of first appearance. Elements are of one type, so that equal ones print alike.
fn groups<'a>(xs: &'a [Value], zone: &Zone) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (last, value) in xs.iter().enumerate() {
        let at = *known.entry(print::json(value, zone)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => {
                group.count += 1;
                group.last = last;
            }
            None => groups.push(Group { value, count: 1, last }),
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
    }
}
