//! What a rule is made of as far as coverage goes: its conditions, each once however often it is written, and its arms; and what
//! the rule comes to where one of them is otherwise.

use std::collections::BTreeMap;

use crate::{
    eval::reference::Row,
    ir::{Body, Choice, DefinitionId, Expr, ExprKind, Ladder, Quorum, Rulebook, Score},
    source::{Sources, Span},
    value::{Truth, Type, Value, compare, number},
};

/// A rule: a tag, a segment, a condition with a name, a score, a level or a layer.
#[derive(Debug)]
pub(super) struct Rule<'r> {
    pub(super) id: DefinitionId,
    body: &'r Body,
    /// The conditions that are not made of others, in the order written, each by what is written.
    pub(super) leaves: Vec<(&'r Expr, Span)>,
    by_text: BTreeMap<String, usize>,
    sources: &'r Sources,
}

impl<'r> Rule<'r> {
    /// None of what decides nothing: a number with a name, a funnel.
    pub(super) fn of(rulebook: &'r Rulebook, id: DefinitionId, sources: &'r Sources) -> Option<Rule<'r>> {
        let body = &rulebook.definition(id).body;
        let mut rule = Rule { id, body, leaves: vec![], by_text: BTreeMap::new(), sources };
        match body {
            Body::Let(expr) if expr.ty == Type::Bool => rule.collect(expr),
            Body::Tag(expr) | Body::Segment(expr) => rule.collect(expr),
            Body::Score(score) => score.arms.iter().for_each(|arm| rule.collect(&arm.condition)),
            Body::Level(ladder) | Body::Layer(ladder) => {
                for arm in &ladder.arms {
                    match &arm.choice {
                        Choice::From { condition, .. } => rule.keep(condition, arm.span),
                        Choice::When(condition) => rule.collect(condition),
                        Choice::Otherwise => {}
                    }
                }
            }
            Body::Let(_) | Body::Funnel(..) => return None,
        }
        Some(rule)
    }

    fn collect(&mut self, expr: &'r Expr) {
        match &expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::Quorum { conditions: parts, .. } => {
                parts.iter().for_each(|part| self.collect(part));
            }
            ExprKind::Not(inner) if expr.denied().is_none() => self.collect(inner),
            ExprKind::If { condition, then, otherwise } if expr.ty == Type::Bool => {
                [condition, then, otherwise].into_iter().for_each(|part| self.collect(part));
            }
            ExprKind::Constant(_) => {}
            _ => self.keep(expr, expr.span),
        }
    }

    fn keep(&mut self, leaf: &'r Expr, span: Span) {
        let next = self.leaves.len();
        if *self.by_text.entry(text(self.sources, span)).or_insert(next) == next {
            self.leaves.push((leaf, span));
        }
    }

    /// The arms: where each stands, and of a score whether it may apply beside others.
    pub(super) fn arms(&self) -> Vec<Span> {
        match self.body {
            Body::Score(score) => score.arms.iter().map(|arm| arm.span).collect(),
            Body::Level(ladder) | Body::Layer(ladder) => ladder.arms.iter().map(|arm| arm.span).collect(),
            Body::Let(_) | Body::Tag(_) | Body::Segment(_) | Body::Funnel(..) => vec![],
        }
    }

    /// Which arms are taken: of a level the first that applies, of a score all that do.
    pub(super) fn taken(&self, row: &Row<'_, '_>) -> Vec<bool> {
        match self.body {
            Body::Score(score) => score.arms.iter().map(|arm| row.truth(&arm.condition).is_true()).collect(),
            Body::Level(ladder) | Body::Layer(ladder) => {
                let first = ladder.arms.iter().position(|arm| row.applies(arm).is_true());
                (0..ladder.arms.len()).map(|at| Some(at) == first).collect()
            }
            Body::Let(_) | Body::Tag(_) | Body::Segment(_) | Body::Funnel(..) => vec![],
        }
    }

    /// The truth of each condition.
    pub(super) fn truths(&self, row: &Row<'_, '_>) -> Vec<Truth> {
        self.leaves.iter().map(|(leaf, _)| row.truth(leaf)).collect()
    }

    /// What the rule comes to where its conditions are such.
    pub(super) fn value(&self, truths: &[Truth], row: &Row<'_, '_>) -> Value {
        match self.body {
            Body::Let(expr) => self.truth(expr, truths).into(),
            Body::Tag(expr) | Body::Segment(expr) => self.truth(expr, truths).into(),
            Body::Score(score) => self.score(score, truths, row),
            Body::Level(ladder) | Body::Layer(ladder) => self.ladder(ladder, truths),
            Body::Funnel(..) => Value::Missing,
        }
    }

    /// The same as far as the rule's users see it: a tag is true or not.
    pub(super) fn seen(&self, value: &Value) -> Value {
        match self.body {
            Body::Tag(_) | Body::Segment(_) => Value::Bool(*value == Value::Bool(true)),
            Body::Let(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Funnel(..) => value.clone(),
        }
    }

    fn truth(&self, expr: &Expr, truths: &[Truth]) -> Truth {
        let all = |parts: &[Expr]| parts.iter().map(|part| self.truth(part, truths)).collect::<Vec<_>>();
        match &expr.kind {
            ExprKind::And(parts) | ExprKind::Quorum { quorum: Quorum::All, conditions: parts } => {
                Truth::all_of(all(parts))
            }
            ExprKind::Or(parts) | ExprKind::Quorum { quorum: Quorum::Any, conditions: parts } => {
                Truth::any_of(all(parts))
            }
            ExprKind::Quorum { quorum: Quorum::None, conditions } => Truth::none_of(all(conditions)),
            ExprKind::Quorum { quorum: Quorum::AtLeast(needed), conditions } => {
                Truth::at_least(i64::from(*needed), all(conditions))
            }
            ExprKind::Not(inner) if expr.denied().is_none() => self.truth(inner, truths).not(),
            ExprKind::If { condition, then, otherwise } if expr.ty == Type::Bool => {
                let branch = if self.truth(condition, truths).is_true() { then } else { otherwise };
                self.truth(branch, truths)
            }
            ExprKind::Constant(value) => Truth::of(value),
            _ => self.leaf(expr.span, truths),
        }
    }

    fn leaf(&self, span: Span, truths: &[Truth]) -> Truth {
        let at = self.by_text.get(&text(self.sources, span));
        at.and_then(|at| truths.get(*at)).copied().unwrap_or(Truth::Unknown)
    }

    fn score(&self, score: &Score, truths: &[Truth], row: &Row<'_, '_>) -> Value {
        let mut sum = row.value(&score.base);
        for arm in score.arms.iter().filter(|arm| self.truth(&arm.condition, truths).is_true()) {
            let points = row.value(&arm.points);
            sum = if arm.minus { number::subtract(&sum, &points) } else { number::add(&sum, &points) };
        }
        match &score.clamp {
            Some((low, high)) => compare::clamp(&sum, &row.value(low), &row.value(high), row.clock().zone()),
            None => sum,
        }
    }

    fn ladder(&self, ladder: &Ladder, truths: &[Truth]) -> Value {
        let applies = |choice: &Choice, span: Span| match choice {
            Choice::From { .. } => self.leaf(span, truths),
            Choice::When(condition) => self.truth(condition, truths),
            Choice::Otherwise => Truth::True,
        };
        let found = ladder.arms.iter().find(|arm| applies(&arm.choice, arm.span).is_true());
        found.map_or(Value::Missing, |arm| Value::Choice(arm.rank))
    }
}

/// A condition by what is written; what the checker wrote out by the arm that it comes from.
fn text(sources: &Sources, span: Span) -> String {
    sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ")
}
