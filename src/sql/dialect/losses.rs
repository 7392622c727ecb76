//! Columns of a wider type than the rules say: what a cast would round, or cut off.

use crate::{sql::ast::Sql, value::Type};

/// Whether a value as it is computed is another than it was; none of types that are no narrower than others.
pub(super) fn of(computed: Sql, column: Sql, ty: &Type) -> Option<Sql> {
    matches!(ty, Type::Int | Type::Decimal(_) | Type::Date).then(|| Sql::binary(computed, "<>", column))
}
