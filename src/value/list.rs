//! Membership: `in`, `has` and its relatives. A missing list, or a missing value to look for, is unknown.

use super::time::Zone;
use super::{Truth, Value};

/// `x in [..]`
#[must_use]
pub fn is_in(_x: &Value, _list: &Value, _zone: &Zone) -> Truth {
    todo!()
}

/// `xs has v`
#[must_use]
pub fn has(list: &Value, x: &Value, zone: &Zone) -> Truth {
    is_in(x, list, zone)
}

/// `xs has any of [..]`
#[must_use]
pub fn has_any(_list: &Value, _wanted: &Value, _zone: &Zone) -> Truth {
    todo!()
}

/// `xs has all of [..]`
#[must_use]
pub fn has_all(_list: &Value, _wanted: &Value, _zone: &Zone) -> Truth {
    todo!()
}

/// `xs has none of [..]`
#[must_use]
pub fn has_none(list: &Value, wanted: &Value, zone: &Zone) -> Truth {
    has_any(list, wanted, zone).not()
}
