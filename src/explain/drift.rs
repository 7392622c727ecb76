//! Which way a value drifts as time goes by and nothing else happens.

use std::collections::HashMap;

use crate::{
    ir::{
        AggregateFunction, AggregateId, Body, DefinitionId, Expr, ExprKind, Function, Over, ProductOp, Rulebook, SumOp,
    },
    schema::ColumnId,
    value::Type,
};

/// How a value moves while only time passes. What changes only where a condition turns is still: the condition is looked at
/// by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drift {
    /// It stays.
    Still,
    /// It never becomes less: `now`, `age(joined)`.
    Up,
    /// It never becomes more: `born - today`.
    Down,
    /// It goes one way, whichever.
    OneWay,
    /// It goes up and down: `hour(now)`.
    Anyhow,
}

use Drift::{Anyhow, Down, OneWay, Still, Up};

impl Drift {
    fn reversed(self) -> Drift {
        match self {
            Up => Down,
            Down => Up,
            other => other,
        }
    }

    fn and(self, other: Drift) -> Drift {
        match (self, other) {
            (Still, other) | (other, Still) => other,
            (Up, Up) => Up,
            (Down, Down) => Down,
            _ => Anyhow,
        }
    }

    /// Whether two that are compared pass each other once at most.
    pub(super) fn crosses_once(self, other: Drift) -> bool {
        matches!(
            (self, other),
            (Still, Still | Up | Down | OneWay) | (Up | Down | OneWay, Still) | (Up, Down) | (Down, Up)
        )
    }
}

/// The drift of what a rulebook defines.
#[derive(Debug)]
pub(super) struct Drifts<'a> {
    rulebook: &'a Rulebook,
    definitions: HashMap<DefinitionId, Drift>,
    /// The column that holds the as-of of a run with state.
    here: Option<ColumnId>,
}

impl<'a> Drifts<'a> {
    /// Of these definitions, each after those it reads.
    pub(super) fn of(rulebook: &'a Rulebook, order: &[DefinitionId], here: Option<ColumnId>) -> Drifts<'a> {
        let mut drifts = Drifts { rulebook, definitions: HashMap::new(), here };
        for id in order {
            let drift = match &rulebook.definition(*id).body {
                Body::Let(expr) => drifts.expr(expr),
                Body::Tag(_) | Body::Segment(_) | Body::Level(_) | Body::Layer(_) => Still,
                Body::Funnel(_, aggregate) => drifts.aggregate(*aggregate),
                Body::Score(score) => {
                    let points = score.arms.iter().map(|arm| &arm.points);
                    let clamp = score.clamp.iter().flat_map(|(low, high)| [low, high]);
                    let mut all = [&score.base].into_iter().chain(points).chain(clamp);
                    if all.all(|it| drifts.expr(it) == Still) { Still } else { Anyhow }
                }
            };
            drifts.definitions.insert(*id, drift);
        }
        drifts
    }

    pub(super) fn definition(&self, id: DefinitionId) -> Drift {
        self.definitions.get(&id).copied().unwrap_or(Anyhow)
    }

    fn aggregate(&self, id: AggregateId) -> Drift {
        let aggregate = self.rulebook.aggregate(id);
        if aggregate.over == Over::Users || matches!(aggregate.function, AggregateFunction::Funnel(..)) {
            return Still;
        }
        let mut elements = aggregate.source.iter().chain(&aggregate.by);
        if elements.all(|it| self.expr(it) == Still) { Still } else { Anyhow }
    }

    fn all_still<'e>(&self, parts: impl IntoIterator<Item = &'e Expr>) -> Drift {
        if parts.into_iter().all(|part| self.expr(part) == Still) { Still } else { Anyhow }
    }

    fn together<'e>(&self, parts: impl IntoIterator<Item = &'e Expr>) -> Drift {
        parts.into_iter().fold(Still, |drift, part| drift.and(self.expr(part)))
    }

    /// Of an expression; a condition is still, since it is looked at by itself.
    pub(super) fn expr(&self, expr: &Expr) -> Drift {
        if expr.ty == Type::Bool {
            return Still;
        }
        match &expr.kind {
            ExprKind::Column(id) if Some(*id) == self.here => Up,
            ExprKind::Constant(_) | ExprKind::Column(_) | ExprKind::ChildColumn(_) | ExprKind::Param(_) => Still,
            ExprKind::Aggregate(id) => self.aggregate(*id),
            ExprKind::Reached(..) => Still,
            ExprKind::Definition(id) => self.definition(*id),
            ExprKind::ToNext(id) => match &self.rulebook.definition(*id).body {
                Body::Level(ladder) => ladder.by.as_ref().map_or(Still, |by| self.expr(by).reversed()),
                _ => Still,
            },
            ExprKind::Now => Up,
            ExprKind::Ago(duration) | ExprKind::FromNow(duration) => match self.expr(duration) {
                Still => Up,
                Up | Down | OneWay | Anyhow => Anyhow,
            },
            ExprKind::If { then, otherwise, .. } => match (self.expr(then), self.expr(otherwise)) {
                (a, b) if a == b => a,
                _ => Anyhow,
            },
            ExprKind::Lookup { key, .. } => self.all_still([&**key]),
            ExprKind::Coalesce(parts) | ExprKind::List(parts) => self.all_still(parts),
            ExprKind::Sum { first, rest } => rest.iter().fold(self.expr(first), |drift, (op, term, _)| {
                let term = self.expr(term);
                drift.and(if *op == SumOp::Subtract { term.reversed() } else { term })
            }),
            ExprKind::Product { first, rest } => {
                rest.iter().fold(self.expr(first), |drift, (op, factor, _)| match (drift, self.expr(factor), op) {
                    (Still, Still, _) => Still,
                    (Up | Down | OneWay, Still, _) | (Still, Up | Down | OneWay, ProductOp::Multiply) => OneWay,
                    _ => Anyhow,
                })
            }
            ExprKind::Negate(inner) => self.expr(inner).reversed(),
            ExprKind::Widen(inner) => self.expr(inner),
            ExprKind::Call { function, arguments } => self.call(*function, arguments),
            // Conditions, all of them.
            ExprKind::Or(_)
            | ExprKind::And(_)
            | ExprKind::Not(_)
            | ExprKind::Quorum { .. }
            | ExprKind::Compare { .. }
            | ExprKind::Between { .. }
            | ExprKind::Window { .. }
            | ExprKind::CompareAge { .. }
            | ExprKind::AgeBetween { .. }
            | ExprKind::In { .. }
            | ExprKind::InUploaded { .. }
            | ExprKind::Text { .. }
            | ExprKind::Matches { .. }
            | ExprKind::Has { .. }
            | ExprKind::HasOf { .. }
            | ExprKind::IsMissing(_)
            | ExprKind::IsKnown(_) => Still,
        }
    }

    fn call(&self, function: Function, arguments: &[Expr]) -> Drift {
        match function {
            Function::Anniversary => Anyhow,
            Function::Age => match self.all_still(arguments) {
                Still => Up,
                _ => Anyhow,
            },
            Function::Floor
            | Function::Ceil
            | Function::Round
            | Function::Date
            | Function::StartOfWeek
            | Function::StartOfMonth
            | Function::Year
            | Function::Min
            | Function::Max
            | Function::Clamp => self.together(arguments),
            Function::Lower
            | Function::Upper
            | Function::Trim
            | Function::Length
            | Function::Abs
            | Function::Mod
            | Function::Month
            | Function::Day
            | Function::Weekday
            | Function::Hour
            | Function::Bucket
            | Function::Count
            | Function::Sum
            | Function::Average
            | Function::Least
            | Function::Greatest
            | Function::First
            | Function::Last
            | Function::Distinct
            | Function::Most
            | Function::Quantile
            | Function::Any => self.all_still(arguments),
        }
    }
}
