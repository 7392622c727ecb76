//! Between what numbers lie, whatever is given: a count is never less than nothing, an hour is one of a day.

use crate::{
    ir::{AggregateFunction, Body, DefinitionId, Expr, ExprKind, Function, Rulebook},
    value::{Value, number},
};

/// Between what a number lies, whatever is given.
pub(super) fn bounds(ir: &Rulebook, expr: &Expr) -> Option<(i64, Option<i64>)> {
    match &expr.kind {
        ExprKind::Call { function, .. } => match function {
            Function::Hour => Some((0, Some(23))),
            Function::Weekday => Some((1, Some(7))),
            Function::Month => Some((1, Some(12))),
            Function::Day => Some((1, Some(31))),
            Function::Length | Function::Count | Function::Bucket => Some((0, None)),
            _ => None,
        },
        ExprKind::Aggregate(id) => match ir.aggregate(*id).function {
            AggregateFunction::Count | AggregateFunction::CountDistinct => Some((0, None)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a definition can come to a value: what counts never comes to less than nothing.
pub(super) fn can_come_to(ir: &Rulebook, id: DefinitionId, value: &Value) -> bool {
    let Body::Let(expr) = &ir.definition(id).body else { return true };
    let Some((low, high)) = bounds(ir, expr) else { return true };
    let lies = |than: i64| number::order(value, &Value::Int(than));
    lies(low).is_none_or(|it| it.is_ge()) && high.and_then(lies).is_none_or(|it| it.is_le())
}
