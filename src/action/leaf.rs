//! The leaf that decided: of a condition that did not come true the part without which it might have.

use crate::{
    eval::reference::Row,
    ir::{Expr, ExprKind, Quorum},
    source::Span,
    value::Truth,
};

/// The part of a condition that kept it from being true.
pub(super) fn against(row: &Row<'_, '_>, condition: &Expr) -> Span {
    leaf(row, condition, Truth::True)
}

/// The part that keeps a condition from being `wanted`.
fn leaf(row: &Row<'_, '_>, condition: &Expr, wanted: Truth) -> Span {
    let first = |all: &[Expr], wanted: Truth| {
        let against = all.iter().find(|it| row.truth(it) != wanted);
        against.map_or(condition.span, |it| leaf(row, it, wanted))
    };
    match (&condition.kind, wanted) {
        (ExprKind::And(all) | ExprKind::Quorum { quorum: Quorum::All, conditions: all }, Truth::True)
        | (ExprKind::Or(all) | ExprKind::Quorum { quorum: Quorum::Any, conditions: all }, Truth::False) => {
            first(all, wanted)
        }
        (ExprKind::Quorum { quorum: Quorum::None, conditions: all }, Truth::True) => first(all, Truth::False),
        (ExprKind::Not(inner), Truth::True | Truth::False) => match &inner.kind {
            ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) | ExprKind::Quorum { .. } => {
                leaf(row, inner, wanted.not())
            }
            // `not opted_out` is said as a whole.
            _ => condition.span,
        },
        _ => condition.span,
    }
}
