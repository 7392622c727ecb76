//! Microseconds as people read them: so many days or hours, `3 * 86400000000`; what such a number is stands above the query.

use crate::{sql::ast::Sql, value::Duration};

/// Microseconds of an hour.
pub(crate) const HOUR: i64 = 3_600_000_000;

/// So many microseconds. A unit has more than 32 bits, so that engines multiply in 64; more than these hold is a number of its own.
pub(crate) fn told(micros: impl Into<i128>) -> Sql {
    let micros = micros.into();
    let unit = [Duration::DAY_MICROS, HOUR].map(i128::from).into_iter().find(|unit| micros % unit == 0);
    match unit {
        Some(unit) if micros != 0 && micros != unit && i64::try_from(micros).is_ok() => {
            Sql::binary(Sql::int(micros / unit), "*", Sql::int(unit))
        }
        _ => Sql::int(micros),
    }
}
