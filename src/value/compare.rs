//! Like with like: the order of any two values of one kind, and what the comparison operators make of it.

use std::cmp::Ordering;

use super::time::Zone;
use super::{Truth, Value, number};

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
pub fn order(a: &Value, b: &Value, zone: &Zone) -> Option<Ordering> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Choice(a), Value::Choice(b)) => Some(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => a.compare(*b),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(b)),
        (Value::Timestamp(instant), Value::Date(date)) => Some(against_day(*instant, *date, zone)),
        (Value::Date(date), Value::Timestamp(instant)) => Some(against_day(*instant, *date, zone).reverse()),
        (Value::List(a), Value::List(b)) => order_of_lists(a, b, zone),
        _ => number::order(a, b),
    }
}

/// An instant against a calendar day in the zone: before its first instant, within it, or from the next day's first on.
fn against_day(instant: i64, date: i32, zone: &Zone) -> Ordering {
    if instant < zone.start_of_day(date) {
        Ordering::Less
    } else if instant < zone.start_of_day(date.saturating_add(1)) {
        Ordering::Equal
    } else {
        Ordering::Greater
    }
}

/// By the first difference, a prefix before the longer.
fn order_of_lists(a: &[Value], b: &[Value], zone: &Zone) -> Option<Ordering> {
    for (a, b) in a.iter().zip(b) {
        let order = order(a, b, zone)?;
        if order.is_ne() {
            return Some(order);
        }
    }
    Some(a.len().cmp(&b.len()))
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
pub fn minimum(values: &[Value], zone: &Zone) -> Value {
    extreme(values, Ordering::Less, zone)
}

/// `max(a, b, …)`, as [`minimum`].
#[must_use]
pub fn maximum(values: &[Value], zone: &Zone) -> Value {
    extreme(values, Ordering::Greater, zone)
}

/// `clamp(x, low..high)`: the nearest value within; missing where the range holds nothing.
#[must_use]
pub fn clamp(x: &Value, low: &Value, high: &Value, zone: &Zone) -> Value {
    match order(low, high, zone) {
        Some(Ordering::Less | Ordering::Equal) => {
            // Widened by all three, so that the answer's type does not hang on which of them it is.
            let all = alike(&[x.clone(), low.clone(), high.clone()]);
            match all.as_slice() {
                [x, low, high] => minimum(&[maximum(&[x.clone(), low.clone()], zone), high.clone()], zone),
                _ => Value::Missing,
            }
        }
        Some(Ordering::Greater) | None => Value::Missing,
    }
}

fn extreme(values: &[Value], wanted: Ordering, zone: &Zone) -> Value {
    let mut values = alike(values).into_iter();
    let Some(mut best) = values.next() else {
        return Value::Missing;
    };
    for value in values {
        match order(&value, &best, zone) {
            Some(order) if order == wanted => best = value,
            Some(_) => {}
            None => return Value::Missing,
        }
    }
    best
}

/// Numbers in the widest of their types; anything else as it is.
fn alike(values: &[Value]) -> Vec<Value> {
    let mut types = values.iter().map(number::type_of);
    let first = types.next().flatten();
    let widest = types.fold(first, |widest, next| number::widest(&widest?, &next?));
    match widest {
        Some(widest) => values.iter().map(|value| number::widen(value, &widest)).collect(),
        None => values.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::moment_text::{parse_date, parse_timestamp};
    use crate::value::{Decimal, Duration};

    fn text(s: &str) -> Value {
        Value::Text(s.into())
    }

    fn decimal(s: &str) -> Value {
        Value::Decimal(Decimal::parse(s).expect("a decimal of the test"))
    }

    fn duration(s: &str) -> Value {
        Value::Duration(Duration::parse(s).expect("a duration of the test"))
    }

    #[test]
    fn operators_and_missing() {
        let zone = Zone::utc();
        let (one, two) = (Value::Int(1), decimal("2.0"));
        let table = [
            (Comparison::Equal, Truth::False),
            (Comparison::NotEqual, Truth::True),
            (Comparison::Less, Truth::True),
            (Comparison::AtMost, Truth::True),
            (Comparison::Greater, Truth::False),
            (Comparison::AtLeast, Truth::False),
        ];
        for (comparison, expected) in table {
            assert_eq!(compare(comparison, &one, &two, &zone), expected);
            assert_eq!(compare(comparison.mirrored(), &two, &one, &zone), expected);
            assert_eq!(compare(comparison.negated(), &one, &two, &zone), expected.not());
            assert_eq!(compare(comparison, &one, &Value::Missing, &zone), Truth::Unknown);
            assert_eq!(compare(comparison, &Value::Missing, &Value::Missing, &zone), Truth::Unknown);
        }
        assert_eq!(is_missing(&Value::Missing), Truth::True);
        assert_eq!(is_known(&Value::Missing), Truth::False);
    }

    #[test]
    fn texts_by_code_point() {
        let zone = Zone::utc();
        // U+FF5E is below U+1F44D as a code point, above it as UTF-16.
        assert_eq!(order(&text("\u{ff5e}"), &text("\u{1f44d}"), &zone), Some(Ordering::Less));
        assert_eq!(order(&text("Z"), &text("a"), &zone), Some(Ordering::Less));
        assert_eq!(order(&text("e\u{301}"), &text("\u{e9}"), &zone), Some(Ordering::Less));
    }

    #[test]
    fn a_timestamp_against_a_date_is_its_day_in_the_zone() {
        let zone = Zone::parse("Asia/Shanghai").expect("a zone");
        let day = Value::Date(parse_date("2026-01-31").expect("a date"));
        let table = [
            ("2026-01-30T23:59:59.999999", Ordering::Less),
            ("2026-01-31T00:00", Ordering::Equal),
            ("2026-01-31T23:59:59.999999", Ordering::Equal),
            ("2026-01-30T16:00Z", Ordering::Equal),
            ("2026-02-01T00:00", Ordering::Greater),
        ];
        for (timestamp, expected) in table {
            let timestamp = Value::Timestamp(parse_timestamp(timestamp, &zone).expect("a timestamp"));
            assert_eq!(order(&timestamp, &day, &zone), Some(expected), "{timestamp:?}");
            assert_eq!(order(&day, &timestamp, &zone), Some(expected.reverse()), "{timestamp:?}");
        }
    }

    #[test]
    fn durations_bools_choices_and_lists() {
        let zone = Zone::utc();
        assert_eq!(order(&duration("36h"), &duration("1d12h"), &zone), Some(Ordering::Equal));
        assert_eq!(order(&duration("1mo"), &duration("1y"), &zone), None);
        assert_eq!(order(&Value::Bool(true), &Value::Bool(true), &zone), Some(Ordering::Equal));
        assert_eq!(order(&Value::Choice(2), &Value::Choice(1), &zone), Some(Ordering::Greater));
        assert_eq!(order(&text("1"), &Value::Int(1), &zone), None);
        let list = |values: &[Value]| Value::List(values.into());
        assert_eq!(order(&list(&[Value::Int(1)]), &list(&[decimal("1.0")]), &zone), Some(Ordering::Equal));
        assert_eq!(order(&list(&[]), &list(&[Value::Int(1)]), &zone), Some(Ordering::Less));
    }

    #[test]
    fn ranges() {
        let zone = Zone::utc();
        let int = Value::Int;
        assert_eq!(between(&int(3), &int(3), &int(5), UpperEnd::Included, &zone), Truth::True);
        assert_eq!(between(&int(5), &int(3), &int(5), UpperEnd::Included, &zone), Truth::True);
        assert_eq!(between(&int(5), &int(3), &int(5), UpperEnd::Excluded, &zone), Truth::False);
        // One end decides whatever the other is.
        assert_eq!(between(&int(9), &Value::Missing, &int(5), UpperEnd::Included, &zone), Truth::False);
        assert_eq!(between(&int(4), &Value::Missing, &int(5), UpperEnd::Included, &zone), Truth::Unknown);
    }

    #[test]
    fn extremes_take_the_widest_type() {
        let zone = Zone::utc();
        assert_eq!(maximum(&[Value::Int(3), decimal("2.50")], &zone), decimal("3.00"));
        assert_eq!(minimum(&[Value::Int(3), Value::Float(4.0)], &zone), Value::Float(3.0));
        assert_eq!(minimum(&[Value::Int(3), Value::Missing], &zone), Value::Missing);
        assert_eq!(maximum(&[duration("1d"), duration("25h")], &zone), duration("25h"));
        assert_eq!(maximum(&[duration("1d"), duration("1mo")], &zone), Value::Missing);
        assert_eq!(maximum(&[], &zone), Value::Missing);
        assert_eq!(clamp(&Value::Int(150), &Value::Int(0), &Value::Int(100), &zone), Value::Int(100));
        assert_eq!(clamp(&Value::Int(-1), &decimal("0.5"), &Value::Int(100), &zone), decimal("0.5"));
        assert_eq!(clamp(&Value::Int(5), &Value::Int(9), &Value::Int(1), &zone), Value::Missing);
        assert_eq!(clamp(&Value::Missing, &Value::Int(0), &Value::Int(1), &zone), Value::Missing);
    }
}
