//! Whether a value can be missing, by the types of what it is computed from: what a message says needs a fallback then.
//!
//! A result out of range is missing too, and does not count: nobody writes a fallback for what does not happen.

use super::{Checker, Scope};
use crate::{
    ir::{
        Aggregate, AggregateFunction, Body, Choice, Definition, DefinitionId, Expr, ExprKind, Function, Over,
        ProductOp, Quorum,
    },
    value::{Value, number},
};

/// Which definitions can be missing, by their ids.
pub(super) struct MayBeMissing(Vec<bool>);

impl MayBeMissing {
    /// Looks at every definition, in the order in which they are evaluated; one that is wrong is taken for known.
    pub(super) fn new(
        definitions: &[Option<Definition>],
        order: &[DefinitionId],
        checker: &Checker<'_>,
    ) -> MayBeMissing {
        let mut found = MayBeMissing(vec![false; definitions.len()]);
        for id in order {
            let at = id.0 as usize;
            if let Some(Some(definition)) = definitions.get(at) {
                let missing = found.body(&definition.body, checker);
                if let Some(slot) = found.0.get_mut(at) {
                    *slot = missing;
                }
            }
        }
        found
    }

    fn body(&self, body: &Body, checker: &Checker<'_>) -> bool {
        match body {
            Body::Let(value) => self.of(value, checker),
            Body::Tag(_) | Body::Segment(_) => false,
            Body::Score(score) => {
                let ends = score.clamp.iter().flat_map(|(low, high)| [low, high]);
                let points = score.arms.iter().map(|arm| &arm.points);
                points.chain(ends).chain([&score.base]).any(|it| self.of(it, checker))
            }
            Body::Level(ladder) | Body::Layer(ladder) => {
                !ladder.arms.iter().any(|arm| matches!(arm.choice, Choice::Otherwise))
            }
            // Where not even the first step was reached.
            Body::Funnel(..) => true,
        }
    }

    /// Whether an expression can be missing, where the checker looks at it now.
    pub(super) fn of(&self, expr: &Expr, checker: &Checker<'_>) -> bool {
        let any = |parts: &[Expr]| parts.iter().any(|it| self.of(it, checker));
        match &expr.kind {
            ExprKind::Constant(value) => *value == Value::Missing,
            ExprKind::Column(id) => {
                let root = checker.schema.root();
                root.key != Some(*id) && root.columns.get(id.0 as usize).is_some_and(|column| column.optional)
            }
            ExprKind::ChildColumn(id) => match checker.scope {
                Some(Scope::Each(table) | Scope::Where(table) | Scope::Source(table)) => {
                    checker.schema.table(table).columns.get(id.0 as usize).is_some_and(|column| column.optional)
                }
                Some(Scope::Users | Scope::UsersSource) | None => true,
            },
            ExprKind::Aggregate(id) => {
                checker.aggregates.get(id.0 as usize).is_none_or(|aggregate| self.aggregate(aggregate, checker))
            }
            ExprKind::Reached(..) | ExprKind::Lookup { .. } | ExprKind::ToNext(_) => true,
            ExprKind::Definition(id) => self.0.get(id.0 as usize).copied().unwrap_or(false),
            ExprKind::Param(_) | ExprKind::Now | ExprKind::IsMissing(_) | ExprKind::IsKnown(_) => false,
            ExprKind::If { then, otherwise, .. } => self.of(then, checker) || self.of(otherwise, checker),
            ExprKind::Coalesce(all) => all.iter().all(|it| self.of(it, checker)),
            ExprKind::Product { first, rest } => {
                let divides = |op: &ProductOp, by: &Expr| {
                    *op == ProductOp::Divide && checker.constant_value(by).is_none_or(|value| is_nothing(&value))
                };
                self.of(first, checker) || rest.iter().any(|(op, it, _)| divides(op, it) || self.of(it, checker))
            }
            ExprKind::Call { function, arguments } => match function {
                // Of a moment in the future; of no elements.
                Function::Age
                | Function::Average
                | Function::Least
                | Function::Greatest
                | Function::First
                | Function::Last
                | Function::Most
                | Function::Quantile => true,
                Function::Mod => {
                    let by = arguments.get(1).and_then(|by| checker.constant_value(by));
                    by.is_none_or(|value| is_nothing(&value)) || any(arguments)
                }
                Function::Lower
                | Function::Upper
                | Function::Trim
                | Function::Length
                | Function::Abs
                | Function::Round
                | Function::Floor
                | Function::Ceil
                | Function::Min
                | Function::Max
                | Function::Clamp
                | Function::Date
                | Function::StartOfWeek
                | Function::StartOfMonth
                | Function::Year
                | Function::Month
                | Function::Day
                | Function::Weekday
                | Function::Hour
                | Function::Anniversary
                | Function::Bucket
                | Function::Count
                | Function::Sum
                | Function::Distinct
                | Function::Any => any(arguments),
            },
            ExprKind::Quorum { quorum: Quorum::All | Quorum::Any | Quorum::None | Quorum::AtLeast(_), .. }
            | ExprKind::Ago(_)
            | ExprKind::FromNow(_)
            | ExprKind::Or(_)
            | ExprKind::And(_)
            | ExprKind::Not(_)
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
            | ExprKind::Sum { .. }
            | ExprKind::Negate(_)
            | ExprKind::Widen(_)
            | ExprKind::List(_) => {
                let mut missing = false;
                expr.each_child(&mut |part| missing = missing || self.of(part, checker));
                missing
            }
        }
    }

    fn aggregate(&self, aggregate: &Aggregate, checker: &Checker<'_>) -> bool {
        let per = aggregate.per.iter().any(|it| self.of(it, checker));
        let empty = match &aggregate.function {
            AggregateFunction::Average
            | AggregateFunction::Least
            | AggregateFunction::Greatest
            | AggregateFunction::First
            | AggregateFunction::Last
            | AggregateFunction::Most
            | AggregateFunction::Quantile(_)
            | AggregateFunction::Funnel(..) => true,
            AggregateFunction::Top(_) | AggregateFunction::Bottom(_) | AggregateFunction::Ntile(_) => {
                // Who is not ranked has no place.
                aggregate.filter.is_some() || aggregate.source.as_ref().is_none_or(|source| self.of(source, checker))
            }
            AggregateFunction::Count
            | AggregateFunction::CountDistinct
            | AggregateFunction::Any
            | AggregateFunction::Sum
            | AggregateFunction::Distinct => false,
        };
        empty || aggregate.over == Over::Users && per
    }
}

/// What nothing can be divided by.
fn is_nothing(value: &Value) -> bool {
    number::to_f64(value).is_none_or(|it| it == 0.0)
        && !matches!(value, Value::Duration(length) if *length != crate::value::Duration::ZERO)
}
