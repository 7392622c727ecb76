//! Whether a condition may be unknown: only then a test must have shown it so.

use std::collections::BTreeMap;

use crate::{
    ir::{AggregateFunction, AggregateId, Body, Choice, DefinitionId, Expr, ExprKind, Function, ProductOp, Rulebook},
    schema::ColumnId,
    value::{Value, number},
};

/// Whether an expression may be missing for somebody.
pub(super) fn may_be_missing(rulebook: &Rulebook, expr: &Expr) -> bool {
    May { rulebook, open: 0, known: BTreeMap::new(), there: vec![] }.be_missing(expr)
}

struct May<'m> {
    rulebook: &'m Rulebook,
    /// Names that are being looked behind.
    open: usize,
    known: BTreeMap<DefinitionId, bool>,
    /// Names that a condition around has found to be known: `if last_visit is known then last_visit`.
    there: Vec<DefinitionId>,
}

/// Names behind names that are looked behind; what lies deeper may be missing.
const DEPTH: usize = 64;

impl May<'_> {
    fn be_missing(&mut self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Constant(value) => *value == Value::Missing,
            ExprKind::Column(id) => self.column(*id),
            ExprKind::Definition(id) => !self.there.contains(id) && self.definition(*id),
            ExprKind::Aggregate(id) => self.aggregate(*id),
            ExprKind::ChildColumn(_)
            | ExprKind::Reached(..)
            | ExprKind::Lookup { .. }
            | ExprKind::ToNext(_)
            | ExprKind::CompareAge { .. }
            | ExprKind::AgeBetween { .. } => true,
            ExprKind::Param(_) | ExprKind::Now | ExprKind::IsMissing(_) | ExprKind::IsKnown(_) => false,
            ExprKind::If { condition, then, otherwise } => {
                let there = match &condition.kind {
                    ExprKind::IsKnown(operand) => match operand.kind {
                        ExprKind::Definition(id) => Some(id),
                        _ => None,
                    },
                    _ => None,
                };
                self.there.extend(there);
                let found = self.be_missing(then);
                self.there.truncate(self.there.len() - usize::from(there.is_some()));
                found || self.be_missing(otherwise)
            }
            ExprKind::Coalesce(all) => all.iter().all(|it| self.be_missing(it)),
            ExprKind::Product { first, rest } => {
                let divides = |(op, by, _): &(ProductOp, Expr, _)| *op == ProductOp::Divide && !is_a_number(by);
                rest.iter().any(divides) || self.be_missing(first) || rest.iter().any(|(_, it, _)| self.be_missing(it))
            }
            ExprKind::Call { function, arguments } => {
                use Function::{Age, Average, First, Greatest, Last, Least, Mod, Most, Quantile};
                let of_nothing =
                    matches!(function, Age | Average | First | Greatest | Last | Least | Mod | Most | Quantile);
                of_nothing || arguments.iter().any(|it| self.be_missing(it))
            }
            _ => {
                let mut found = false;
                expr.each_child(&mut |child| found = found || self.be_missing(child));
                found
            }
        }
    }

    fn column(&self, id: ColumnId) -> bool {
        self.rulebook.schema.root().column(id).optional
    }

    fn definition(&mut self, id: DefinitionId) -> bool {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        if self.open >= DEPTH {
            return true;
        }
        self.open += 1;
        let rulebook = self.rulebook;
        let found = match &rulebook.definition(id).body {
            Body::Tag(_) | Body::Segment(_) => false,
            Body::Let(expr) => self.be_missing(expr),
            Body::Score(score) => {
                self.be_missing(&score.base) || score.arms.iter().any(|arm| self.be_missing(&arm.points))
            }
            Body::Level(ladder) | Body::Layer(ladder) => {
                !ladder.arms.iter().any(|arm| matches!(arm.choice, Choice::Otherwise))
            }
            Body::Funnel(..) => true,
        };
        self.open -= 1;
        self.known.insert(id, found);
        found
    }

    fn aggregate(&mut self, id: AggregateId) -> bool {
        use AggregateFunction::{Any, Count, CountDistinct, Distinct, Sum};
        let rulebook = self.rulebook;
        let aggregate = rulebook.aggregate(id);
        if aggregate.per.iter().any(|per| self.be_missing(per)) {
            return true;
        }
        match aggregate.function {
            Count | CountDistinct | Any | Sum | Distinct => false,
            AggregateFunction::Top(_) | AggregateFunction::Bottom(_) => {
                aggregate.source.as_ref().is_some_and(|source| self.be_missing(source))
            }
            _ => true,
        }
    }
}

/// A constant that can be divided by.
fn is_a_number(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Constant(value) => number::order(value, &Value::Int(0)).is_some_and(|it| it.is_ne()),
        ExprKind::Widen(inner) => is_a_number(inner),
        _ => false,
    }
}
