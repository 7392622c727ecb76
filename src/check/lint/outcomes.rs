//! What an expression can come to where one thing is missing: the question behind the warning about negations.
//!
//! Everything else is taken for known, and for able to have any value: an answer that is not here cannot come.

use crate::{
    ir::{AggregateFunction, AggregateId, Body, DefinitionId, Expr, ExprKind, Quorum, Rulebook},
    schema::{ColumnId, TableId},
    value::Value,
};

/// What may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// `spend: int?`
    Column(ColumnId),
    /// `channels[source].price`, where no row has that key
    Row(TableId),
    /// A level or layer without `otherwise`, where no arm applies.
    Ladder(DefinitionId),
    /// `max(orders.ordered_at)`, where there is no order.
    Rows(AggregateId),
}

/// A set of outcomes. Of what is no condition, true and false both stand for known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcomes(u8);

impl Outcomes {
    const TRUE: Outcomes = Outcomes(1);
    const FALSE: Outcomes = Outcomes(2);
    const UNKNOWN: Outcomes = Outcomes(4);
    const KNOWN: Outcomes = Outcomes(3);
    const ANY: Outcomes = Outcomes(7);

    pub(super) fn can_be_true(self) -> bool {
        self.has(Outcomes::TRUE)
    }

    pub(super) fn can_be_false(self) -> bool {
        self.has(Outcomes::FALSE)
    }

    pub(super) fn can_be_unknown(self) -> bool {
        self.has(Outcomes::UNKNOWN)
    }

    fn has(self, one: Outcomes) -> bool {
        self.0 & one.0 != 0
    }

    fn or_else(self, other: Outcomes) -> Outcomes {
        Outcomes(self.0 | other.0)
    }

    fn known(self) -> Outcomes {
        Outcomes(self.0 & Outcomes::KNOWN.0)
    }

    fn not(self) -> Outcomes {
        Outcomes(self.0 & 4 | (self.0 & 1) << 1 | (self.0 & 2) >> 1)
    }

    /// `a and b` of every outcome with every other.
    fn and(self, other: Outcomes) -> Outcomes {
        let mut all = 0;
        if self.has(Outcomes::FALSE) || other.has(Outcomes::FALSE) {
            all |= Outcomes::FALSE.0;
        }
        if self.has(Outcomes::TRUE) && other.has(Outcomes::TRUE) {
            all |= Outcomes::TRUE.0;
        }
        let unknown = |a: Outcomes, b: Outcomes| a.has(Outcomes::UNKNOWN) && b.0 & (Outcomes::UNKNOWN.0 | 1) != 0;
        if unknown(self, other) || unknown(other, self) {
            all |= Outcomes::UNKNOWN.0;
        }
        Outcomes(all)
    }

    fn or(self, other: Outcomes) -> Outcomes {
        self.not().and(other.not()).not()
    }

    /// The value of a tag: unknown is false.
    fn closed(self) -> Outcomes {
        match self.can_be_unknown() {
            true => self.known().or_else(Outcomes::FALSE),
            false => self,
        }
    }
}

/// A rulebook in which one thing is missing, or nothing is.
pub(super) struct Without<'r> {
    rulebook: &'r Rulebook,
    source: Option<Source>,
    /// Questions that have no answer where the source has none, since they are the same in other places.
    rows: &'r [AggregateId],
    /// By [`DefinitionId`]; of those that no rule names, nothing.
    definitions: Vec<Outcomes>,
}

/// The definitions that others read by name, each after those that it reads itself.
pub(super) fn named(rulebook: &Rulebook) -> Vec<DefinitionId> {
    let mut named = vec![false; rulebook.definitions.len()];
    let mut look = |expr: &Expr| {
        expr.each(&mut |node| {
            if let ExprKind::Definition(id) = &node.kind {
                named.iter_mut().skip(id.0 as usize).take(1).for_each(|named| *named = true);
            }
        });
    };
    rulebook.definitions.iter().for_each(|definition| definition.body.each_expr(&mut look));
    rulebook.aggregates.iter().for_each(|aggregate| aggregate.each_expr(&mut look));
    rulebook.order.iter().copied().filter(|id| named.get(id.0 as usize) == Some(&true)).collect()
}

impl<'r> Without<'r> {
    /// Nothing is missing; `named` are the definitions that others read.
    pub(super) fn nothing(rulebook: &'r Rulebook, named: &[DefinitionId]) -> Without<'r> {
        let definitions = vec![Outcomes::KNOWN; rulebook.definitions.len()];
        Without { rulebook, source: None, rows: &[], definitions }.found_again(named)
    }

    /// A source is missing, with these questions; `readers` are those who read it of the definitions that others read, each after those that
    /// it reads itself.
    pub(super) fn missing(&self, source: Source, rows: &'r [AggregateId], readers: &[DefinitionId]) -> Without<'r> {
        let definitions = self.definitions.clone();
        Without { rulebook: self.rulebook, source: Some(source), rows, definitions }.found_again(readers)
    }

    fn found_again(mut self, named: &[DefinitionId]) -> Without<'r> {
        for id in named {
            let outcomes = self.body(*id);
            if let Some(slot) = self.definitions.get_mut(id.0 as usize) {
                *slot = outcomes;
            }
        }
        self
    }

    fn body(&self, id: DefinitionId) -> Outcomes {
        if self.source == Some(Source::Ladder(id)) {
            return Outcomes::UNKNOWN;
        }
        match &self.rulebook.definition(id).body {
            Body::Let(expr) => self.of(expr),
            Body::Funnel(_, id) => self.aggregate(*id),
            Body::Tag(expr) | Body::Segment(expr) => self.of(expr).closed(),
            Body::Score(score) => {
                let points = score.arms.iter().map(|arm| self.of(&arm.points));
                let missing = points.chain([self.of(&score.base)]).any(Outcomes::can_be_unknown);
                if missing { Outcomes::ANY } else { Outcomes::KNOWN }
            }
            // Whether an arm applied is asked of the ladder itself, as a source of its own.
            Body::Level(_) | Body::Layer(_) => Outcomes::KNOWN,
        }
    }

    /// What an expression can come to.
    pub(super) fn of(&self, expr: &Expr) -> Outcomes {
        match &expr.kind {
            ExprKind::Constant(Value::Bool(true)) => Outcomes::TRUE,
            ExprKind::Constant(Value::Bool(false)) => Outcomes::FALSE,
            ExprKind::Constant(Value::Missing) => Outcomes::UNKNOWN,
            ExprKind::Column(id) if self.source == Some(Source::Column(*id)) => Outcomes::UNKNOWN,
            // Whether there is a row is asked of the table, as a source of its own.
            ExprKind::Lookup { table, .. } if self.source == Some(Source::Row(*table)) => Outcomes::UNKNOWN,
            ExprKind::Lookup { .. } => Outcomes::KNOWN,
            ExprKind::Definition(id) => self.definitions.get(id.0 as usize).copied().unwrap_or(Outcomes::KNOWN),
            ExprKind::Aggregate(id) => self.aggregate(*id),
            ExprKind::Not(inner) => self.of(inner).not(),
            ExprKind::And(all) => self.all_of(all),
            ExprKind::Or(all) => self.any_of(all),
            ExprKind::Quorum { quorum, conditions } => match quorum {
                Quorum::All => self.all_of(conditions),
                Quorum::Any => self.any_of(conditions),
                Quorum::None => self.any_of(conditions).not(),
                Quorum::AtLeast(_) => self.parts(expr),
            },
            ExprKind::IsMissing(inner) => self.is_missing(inner),
            ExprKind::IsKnown(inner) => self.is_missing(inner).not(),
            ExprKind::Coalesce(all) => {
                let mut outcomes = Outcomes::UNKNOWN;
                for part in all {
                    if !outcomes.can_be_unknown() {
                        break;
                    }
                    outcomes = outcomes.known().or_else(self.of(part));
                }
                outcomes
            }
            ExprKind::If { condition, then, otherwise } => {
                let condition = self.of(condition).closed();
                let then = if condition.can_be_true() { self.of(then) } else { Outcomes(0) };
                let otherwise = if condition.has(Outcomes::FALSE) { self.of(otherwise) } else { Outcomes(0) };
                then.or_else(otherwise)
            }
            _ => self.parts(expr),
        }
    }

    /// Of no rows some questions have no answer; a rank is unknown where what is ranked is.
    fn aggregate(&self, id: AggregateId) -> Outcomes {
        if self.source == Some(Source::Rows(id)) || self.rows.contains(&id) {
            return Outcomes::UNKNOWN;
        }
        let aggregate = self.rulebook.aggregate(id);
        match &aggregate.function {
            AggregateFunction::Top(_) | AggregateFunction::Bottom(_) | AggregateFunction::Ntile(_) => {
                let ranked = aggregate.source.as_ref().map_or(Outcomes::KNOWN, |source| self.of(source));
                if ranked == Outcomes::UNKNOWN { Outcomes::UNKNOWN } else { Outcomes::KNOWN }
            }
            AggregateFunction::Count
            | AggregateFunction::CountDistinct
            | AggregateFunction::Any
            | AggregateFunction::Sum
            | AggregateFunction::Average
            | AggregateFunction::Least
            | AggregateFunction::Greatest
            | AggregateFunction::First
            | AggregateFunction::Last
            | AggregateFunction::Most
            | AggregateFunction::Distinct
            | AggregateFunction::Quantile(_)
            | AggregateFunction::Funnel(_, _) => Outcomes::KNOWN,
        }
    }

    fn all_of(&self, all: &[Expr]) -> Outcomes {
        all.iter().map(|it| self.of(it)).fold(Outcomes::TRUE, Outcomes::and)
    }

    fn any_of(&self, all: &[Expr]) -> Outcomes {
        all.iter().map(|it| self.of(it)).fold(Outcomes::FALSE, Outcomes::or)
    }

    fn is_missing(&self, inner: &Expr) -> Outcomes {
        let inner = self.of(inner);
        let yes = if inner.can_be_unknown() { Outcomes::TRUE } else { Outcomes(0) };
        let no = if inner.known().0 != 0 { Outcomes::FALSE } else { Outcomes(0) };
        yes.or_else(no)
    }

    /// Of what needs all its parts: unknown where one of them is.
    fn parts(&self, expr: &Expr) -> Outcomes {
        let mut outcomes = Outcomes::KNOWN;
        expr.each_child(&mut |part| {
            let part = self.of(part);
            if part == Outcomes::UNKNOWN && !matches!(expr.kind, ExprKind::Quorum { .. }) {
                outcomes = Outcomes::UNKNOWN;
            } else if part.can_be_unknown() && outcomes != Outcomes::UNKNOWN {
                outcomes = Outcomes::ANY;
            }
        });
        outcomes
    }
}
