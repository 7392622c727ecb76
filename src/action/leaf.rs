//! The leaf that decided: of a condition that did not come true the part without which it might have, also where it stands in a
//! tag that the condition names.

use crate::{
    eval::reference::Row,
    ir::{Body, Expr, ExprKind, Quorum, Rulebook},
    source::Span,
    value::Truth,
};

/// The part of a condition that kept it from being true.
pub(super) fn against(row: &Row<'_, '_>, rulebook: &Rulebook, condition: &Expr) -> Span {
    Asked { row, rulebook }.leaf(condition, Truth::True, NAMES)
}

/// Names behind names that are followed.
const NAMES: usize = 16;

struct Asked<'a> {
    row: &'a Row<'a, 'a>,
    rulebook: &'a Rulebook,
}

impl Asked<'_> {
    /// The part that keeps a condition from being `wanted`; `names` more are followed.
    fn leaf(&self, condition: &Expr, wanted: Truth, names: usize) -> Span {
        let row = self.row;
        let first = |all: &[Expr], wanted: Truth| {
            let against = all.iter().find(|it| row.truth(it) != wanted);
            against.map_or(condition.span, |it| self.leaf(it, wanted, names))
        };
        match (&condition.kind, wanted) {
            (ExprKind::And(all) | ExprKind::Quorum { quorum: Quorum::All, conditions: all }, Truth::True)
            | (ExprKind::Or(all) | ExprKind::Quorum { quorum: Quorum::Any, conditions: all }, Truth::False) => {
                first(all, wanted)
            }
            (ExprKind::Quorum { quorum: Quorum::None, conditions: all }, Truth::True) => first(all, Truth::False),
            (ExprKind::Not(inner), Truth::True | Truth::False) => match &inner.kind {
                ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) | ExprKind::Quorum { .. } => {
                    self.leaf(inner, wanted.not(), names)
                }
                // What `not vip` asks stands in the tag.
                ExprKind::Definition(_) => match self.leaf(inner, wanted.not(), names) {
                    span if span == inner.span => condition.span,
                    span => span,
                },
                // `not opted_out` is said as a whole.
                _ => condition.span,
            },
            (ExprKind::Definition(id), Truth::True | Truth::False) if names > 0 => {
                let definition = self.rulebook.definition(*id);
                match &definition.body {
                    // What another engine computed stands under the name alone.
                    Body::Tag(body) | Body::Segment(body) if body.span == definition.span => condition.span,
                    // Unless its value is given, what it asks has decided.
                    Body::Tag(body) | Body::Segment(body) if row.truth(body).is_true() != wanted.is_true() => {
                        self.leaf(body, wanted, names - 1)
                    }
                    Body::Let(body) if row.truth(body) != wanted => self.leaf(body, wanted, names - 1),
                    Body::Tag(_) | Body::Segment(_) | Body::Let(_) => condition.span,
                    Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Funnel(..) => condition.span,
                }
            }
            _ => condition.span,
        }
    }
}
