//! ClickHouse's own types, of values that are known, and the cast to one that makes the rest missing.

use crate::{sql::ast::Sql, value::Type};

/// The type of what is known.
pub(super) fn plain(ty: &Type) -> Option<String> {
    Some(match ty {
        Type::Text | Type::Choice(_) => "String".into(),
        Type::Int => "Int64".into(),
        Type::Decimal(scale) => format!("Decimal(76, {scale})"),
        Type::Float => "Float64".into(),
        Type::Bool => "Bool".into(),
        Type::Date => "Date32".into(),
        Type::Timestamp => "DateTime64(6, 'UTC')".into(),
        Type::Duration | Type::List(_) => return None,
    })
}

/// Missing where it is beyond 64 bits.
pub(super) fn fitting(wide: Sql) -> Sql {
    Sql::call("accurateCastOrNull", [wide, Sql::text("Int64")])
}

/// The first day of the week or month that a day is this number of.
pub(super) fn first_of(number: &'static str, date: Sql) -> Sql {
    let back = Sql::binary(Sql::int(1), "-", Sql::call(number, [date.clone()]));
    Sql::call("addDays", [date, back])
}
