//! Membership: `in`, `has` and its relatives. A missing list, or a missing value to look for, is unknown.

use super::compare::{Comparison, compare};
use super::time::Zone;
use super::{Truth, Value};

/// `x in [..]`
#[must_use]
pub fn is_in(x: &Value, list: &Value, zone: &Zone) -> Truth {
    match (x, list) {
        (Value::Missing, _) => Truth::Unknown,
        (x, Value::List(elements)) => {
            Truth::any_of(elements.iter().map(|element| compare(Comparison::Equal, x, element, zone)))
        }
        _ => Truth::Unknown,
    }
}

/// `xs has v`
#[must_use]
pub fn has(list: &Value, x: &Value, zone: &Zone) -> Truth {
    is_in(x, list, zone)
}

/// `xs has any of [..]`
#[must_use]
pub fn has_any(list: &Value, wanted: &Value, zone: &Zone) -> Truth {
    match (list, wanted) {
        (Value::List(_), Value::List(wanted)) => Truth::any_of(wanted.iter().map(|x| is_in(x, list, zone))),
        _ => Truth::Unknown,
    }
}

/// `xs has all of [..]`
#[must_use]
pub fn has_all(list: &Value, wanted: &Value, zone: &Zone) -> Truth {
    match (list, wanted) {
        (Value::List(_), Value::List(wanted)) => Truth::all_of(wanted.iter().map(|x| is_in(x, list, zone))),
        _ => Truth::Unknown,
    }
}

/// `xs has none of [..]`
#[must_use]
pub fn has_none(list: &Value, wanted: &Value, zone: &Zone) -> Truth {
    has_any(list, wanted, zone).not()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Decimal;

    fn list(numbers: &[i64]) -> Value {
        Value::List(numbers.iter().map(|number| Value::Int(*number)).collect())
    }

    #[test]
    fn membership() {
        let zone = Zone::utc();
        let decimal = Value::Decimal(Decimal { mantissa: 200, scale: 2 });
        assert_eq!(is_in(&Value::Int(2), &list(&[1, 2]), &zone), Truth::True);
        assert_eq!(is_in(&decimal, &list(&[1, 2]), &zone), Truth::True);
        assert_eq!(is_in(&Value::Int(3), &list(&[1, 2]), &zone), Truth::False);
        assert_eq!(is_in(&Value::Int(3), &list(&[]), &zone), Truth::False);
        assert_eq!(is_in(&Value::Missing, &list(&[]), &zone), Truth::Unknown);
        assert_eq!(is_in(&Value::Int(3), &Value::Missing, &zone), Truth::Unknown);
        assert_eq!(has(&list(&[1]), &Value::Int(1), &zone), Truth::True);
    }

    #[test]
    fn quantities() {
        let zone = Zone::utc();
        let table: &[(&[i64], &[i64], Truth, Truth)] = &[
            (&[1, 2], &[2, 3], Truth::True, Truth::False),
            (&[1, 2], &[1, 2], Truth::True, Truth::True),
            (&[1], &[2], Truth::False, Truth::False),
            (&[], &[2], Truth::False, Truth::False),
            (&[1], &[], Truth::False, Truth::True),
        ];
        for (elements, wanted, any, all) in table {
            let (elements, wanted) = (list(elements), list(wanted));
            assert_eq!(has_any(&elements, &wanted, &zone), *any, "{elements:?} any of {wanted:?}");
            assert_eq!(has_all(&elements, &wanted, &zone), *all, "{elements:?} all of {wanted:?}");
            assert_eq!(has_none(&elements, &wanted, &zone), any.not(), "{elements:?} none of {wanted:?}");
        }
        for test in [has_any, has_all, has_none] {
            assert_eq!(test(&Value::Missing, &list(&[1]), &zone), Truth::Unknown);
        }
    }
}
