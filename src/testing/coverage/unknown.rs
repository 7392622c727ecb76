//! Whether a condition may be unknown: only then a test must have shown it so.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ir::{
        AggregateFunction, AggregateId, Body, Choice, DefinitionId, Expr, ExprKind, Function, Over, ProductOp, Rulebook,
    },
    schema::{ColumnId, TableId},
    value::{Value, number},
};

/// Whether an expression may be missing for somebody.
pub(super) fn may_be_missing(rulebook: &Rulebook, expr: &Expr) -> bool {
    may_be_missing_inside(rulebook, None, &Inside::default(), expr)
}

/// The same, asked of a row of a child table where there is one, and of somebody inside of a segment.
pub(super) fn may_be_missing_inside(rulebook: &Rulebook, rows: Option<TableId>, inside: &Inside, expr: &Expr) -> bool {
    let there = inside.definitions.clone();
    let (columns, had) = (&inside.columns, inside.had.as_slice());
    May { rulebook, rows, open: 0, known: BTreeMap::new(), there, guarded: vec![], columns, had }.be_missing(expr)
}

/// Whether what a definition comes to may be missing for somebody.
pub(super) fn definition_may_be_missing(rulebook: &Rulebook, id: DefinitionId) -> bool {
    let (columns, known) = (&BTreeSet::new(), BTreeMap::new());
    let there = vec![];
    May { rulebook, rows: None, open: 0, known, there, guarded: vec![], columns, had: &[] }.definition(id)
}

/// What is known of whoever is inside of a segment: what its condition compares, were it missing, would be unknown.
#[derive(Clone, Debug, Default)]
pub(super) struct Inside {
    columns: BTreeSet<ColumnId>,
    definitions: Vec<DefinitionId>,
    /// Tags and segments that are had.
    had: Vec<DefinitionId>,
}

impl Inside {
    pub(super) fn of(rulebook: &Rulebook, segment: DefinitionId) -> Inside {
        let mut inside = Inside::default();
        if let Body::Segment(condition) = &rulebook.definition(segment).body {
            inside.had.push(segment);
            inside.take(rulebook, condition, DEPTH);
        }
        inside
    }

    /// What is known beside that of somebody of whom these conditions are true.
    pub(super) fn and<'e>(&self, rulebook: &Rulebook, conditions: impl Iterator<Item = &'e Expr>) -> Inside {
        let mut inside = self.clone();
        conditions.for_each(|condition| inside.take(rulebook, condition, DEPTH));
        inside
    }

    fn take(&mut self, rulebook: &Rulebook, condition: &Expr, names: usize) {
        let mut compared = |expr: &Expr| match &expr.kind {
            ExprKind::Column(id) => drop(self.columns.insert(*id)),
            ExprKind::Definition(id) => self.definitions.push(*id),
            ExprKind::Widen(inner) => match &inner.kind {
                ExprKind::Column(id) => drop(self.columns.insert(*id)),
                ExprKind::Definition(id) => self.definitions.push(*id),
                _ => {}
            },
            _ => {}
        };
        match &condition.kind {
            ExprKind::And(parts) => parts.iter().for_each(|part| self.take(rulebook, part, names)),
            ExprKind::Compare { left, right, .. } => [left, right].into_iter().for_each(|it| compared(it)),
            ExprKind::Between { subject, .. } | ExprKind::Window { subject, .. } | ExprKind::In { subject, .. } => {
                compared(subject);
            }
            ExprKind::Column(_) | ExprKind::IsKnown(_) => match &condition.kind {
                ExprKind::IsKnown(operand) => compared(operand),
                _ => compared(condition),
            },
            ExprKind::Definition(id) if names > 0 => {
                if let Body::Tag(body) | Body::Segment(body) = &rulebook.definition(*id).body {
                    self.had.push(*id);
                    self.take(rulebook, body, names - 1);
                }
            }
            _ => {}
        }
    }
}

struct May<'m> {
    rulebook: &'m Rulebook,
    /// Whose rows are asked about.
    rows: Option<TableId>,
    /// Columns that are known to be there.
    columns: &'m BTreeSet<ColumnId>,
    /// Names that are being looked behind.
    open: usize,
    known: BTreeMap<DefinitionId, bool>,
    /// Names that a condition around has found to be known: `if last_visit is known then last_visit`.
    there: Vec<DefinitionId>,
    /// Columns likewise.
    guarded: Vec<ColumnId>,
    /// Tags and segments that are had: `held(vip)` beside `vip`.
    had: &'m [DefinitionId],
}

/// Names behind names that are looked behind; what lies deeper may be missing.
const DEPTH: usize = 64;

impl May<'_> {
    fn be_missing(&mut self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Constant(value) => *value == Value::Missing,
            // A test is played with state from its first moment.
            ExprKind::Column(id) if self.rulebook.actions.memory.here == Some(*id) => false,
            ExprKind::Column(id) => self.column(*id),
            ExprKind::Definition(id) => !self.there.contains(id) && self.definition(*id),
            ExprKind::Aggregate(id) => self.aggregate(*id),
            ExprKind::ChildColumn(id) => {
                self.rows.is_none_or(|table| self.rulebook.schema.table(table).column(*id).optional)
            }
            ExprKind::Reached(..)
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
                let always = match &condition.kind {
                    ExprKind::IsKnown(operand) => !self.be_missing(operand),
                    ExprKind::Definition(id) => self.had.contains(id),
                    _ => false,
                };
                found || !always && self.be_missing(otherwise)
            }
            // `reached is known and reached within 1y` is false where it is missing.
            ExprKind::And(parts) => {
                let guarded = parts.iter().filter_map(|part| match &part.kind {
                    ExprKind::IsKnown(operand) => match operand.kind {
                        ExprKind::Column(id) => Some(id),
                        _ => None,
                    },
                    _ => None,
                });
                let before = self.guarded.len();
                self.guarded.extend(guarded);
                let found = parts.iter().any(|part| self.be_missing(part));
                self.guarded.truncate(before);
                found
            }
            ExprKind::Coalesce(all) => all.iter().all(|it| self.be_missing(it)),
            ExprKind::Product { first, rest } => {
                let divides = |(op, by, _): &(ProductOp, Expr, _)| *op == ProductOp::Divide && !is_a_number(by);
                rest.iter().any(divides) || self.be_missing(first) || rest.iter().any(|(_, it, _)| self.be_missing(it))
            }
            ExprKind::Call { function, arguments } => {
                use Function::{Age, Average, First, Greatest, Last, Least, Mod, Most, Quantile};
                let of_nothing = match function {
                    Mod => !arguments.get(1).is_some_and(is_a_number),
                    _ => matches!(function, Age | Average | First | Greatest | Last | Least | Most | Quantile),
                };
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
        !self.columns.contains(&id) && !self.guarded.contains(&id) && self.rulebook.schema.root().column(id).optional
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
            // Whoever asks is one of everybody.
            AggregateFunction::Average
            | AggregateFunction::Least
            | AggregateFunction::Greatest
            | AggregateFunction::Most
            | AggregateFunction::Quantile(_)
            | AggregateFunction::Ntile(_)
                if aggregate.over == Over::Users && aggregate.filter.is_none() && aggregate.window.is_none() =>
            {
                aggregate.source.iter().chain(&aggregate.by).any(|it| self.be_missing(it))
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
