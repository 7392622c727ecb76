//! The clause that decided: of a condition's tree the leaves without which it would have come out otherwise, with their values.

use crate::{
    eval::{
        Answers,
        reference::{Row, moment_type},
    },
    ir::{Arm, Body, Choice, DefinitionId, Expr, ExprKind, Ladder, Quorum, Rulebook},
    source::{Sources, Span},
    value::{Truth, Type, Value, Zone, print, time::Window},
};

/// A clause, and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decided {
    pub(super) span: Span,
    pub(super) said: String,
}

/// So many clauses are shown at most.
const CLAUSES: usize = 4;

/// So deep do rules name other rules before the look behind them ends.
const DEPTH: usize = 16;

/// One user, and what they got.
pub(super) struct View<'v> {
    pub(super) rulebook: &'v Rulebook,
    pub(super) row: &'v Row<'v, 'v>,
    pub(super) answers: &'v Answers,
    pub(super) sources: &'v Sources,
    /// Definitions that are given, and so are decided by nothing.
    pub(super) given: &'v dyn Fn(DefinitionId) -> bool,
}

impl View<'_> {
    /// What decided the rules that an expectation names, in the order in which it names them.
    pub(super) fn behind(&self, expected: &Expr) -> Vec<Decided> {
        let mut found = vec![];
        self.named(expected, None, &mut found);
        found.sort_by_key(|it: &Decided| it.span);
        found.dedup();
        found.truncate(CLAUSES);
        found
    }

    /// What decided one rule.
    #[cfg(feature = "data")]
    pub(super) fn behind_rule(&self, id: DefinitionId) -> Vec<Decided> {
        let mut found = vec![];
        self.definition(id, None, DEPTH, &mut found);
        found.truncate(CLAUSES);
        found
    }

    /// `membership is gold`
    #[cfg(feature = "data")]
    pub(super) fn fact_of(&self, id: DefinitionId) -> String {
        let definition = self.rulebook.definition(id);
        let value = self.answers.value(id);
        match (&definition.body, value) {
            (Body::Tag(_) | Body::Segment(_), Value::Missing) => format!("{} is unknown", definition.name),
            _ => format!("{} is {}", definition.name, self.value(value, &definition.ty)),
        }
    }

    /// The rules that an expression names, each with the value that it is compared with, if there is one.
    fn named(&self, expr: &Expr, beside: Option<&Expr>, found: &mut Vec<Decided>) {
        match &expr.kind {
            ExprKind::Definition(id) => self.definition(*id, beside, DEPTH, found),
            ExprKind::Compare { left, right, .. } => {
                self.named(left, Some(right), found);
                self.named(right, Some(left), found);
            }
            _ => expr.each_child(&mut |child| self.named(child, None, found)),
        }
    }

    fn definition(&self, id: DefinitionId, beside: Option<&Expr>, depth: usize, found: &mut Vec<Decided>) {
        if depth == 0 || (self.given)(id) {
            return;
        }
        let definition = self.rulebook.definition(id);
        match &definition.body {
            Body::Tag(condition) | Body::Segment(condition) => self.clause(condition, depth, found),
            Body::Let(expr) if expr.ty == Type::Bool => self.clause(expr, depth, found),
            Body::Let(expr) => {
                let said = format!("is {}", self.value(self.answers.value(id), &definition.ty));
                found.push(Decided { span: expr.span, said });
            }
            Body::Score(score) => {
                let applying = score.arms.iter().filter(|arm| self.row.truth(&arm.condition).is_true());
                found.extend(applying.map(|arm| Decided { span: arm.span, said: "applies".into() }));
            }
            Body::Level(ladder) | Body::Layer(ladder) => self.ladder(ladder, id, beside, depth, found),
            Body::Funnel(..) => {}
        }
    }

    /// The arm that was expected and did not apply, where it stands above; else the one that applied.
    fn ladder(&self, ladder: &Ladder, id: DefinitionId, beside: Option<&Expr>, depth: usize, found: &mut Vec<Decided>) {
        let place = |rank: &Value| {
            let is = |arm: &Arm| *rank == Value::Choice(arm.rank);
            ladder.arms.iter().position(is)
        };
        let actual = place(self.answers.value(id));
        let wanted = beside.and_then(|expr| match &expr.kind {
            ExprKind::Constant(rank) => place(rank),
            _ => None,
        });
        let shown = match (wanted, actual) {
            (Some(wanted), Some(actual)) if wanted < actual => Some(wanted),
            (wanted, None) => wanted,
            (_, Some(actual)) => Some(actual),
        };
        let Some(arm) = shown.and_then(|at| ladder.arms.get(at)) else { return };
        match &arm.choice {
            Choice::From { condition, .. } => self.leaf(condition, found),
            Choice::When(condition) => self.clause(condition, depth - 1, found),
            Choice::Otherwise => found.push(Decided { span: arm.span, said: "no arm above applies".into() }),
        }
    }

    fn clause(&self, condition: &Expr, depth: usize, found: &mut Vec<Decided>) {
        let truth = self.row.truth(condition);
        let first = |all: &[Expr], wanted: Truth, found: &mut Vec<Decided>| {
            if let Some(it) = all.iter().find(|it| self.row.truth(it) == wanted) {
                self.clause(it, depth, found);
            }
        };
        match &condition.kind {
            ExprKind::Not(inner) if condition.denied().is_none() => self.clause(inner, depth, found),
            ExprKind::And(all) | ExprKind::Quorum { quorum: Quorum::All, conditions: all } => match truth {
                Truth::True => all.iter().for_each(|it| self.clause(it, depth, found)),
                Truth::False | Truth::Unknown => first(all, truth, found),
            },
            ExprKind::Or(all) | ExprKind::Quorum { quorum: Quorum::Any, conditions: all } => match truth {
                Truth::False => all.iter().for_each(|it| self.clause(it, depth, found)),
                Truth::True | Truth::Unknown => first(all, truth, found),
            },
            ExprKind::Quorum { quorum: Quorum::None, conditions } => match truth {
                Truth::True => conditions.iter().for_each(|it| self.clause(it, depth, found)),
                Truth::False => first(conditions, Truth::True, found),
                Truth::Unknown => first(conditions, Truth::Unknown, found),
            },
            ExprKind::Quorum { quorum: Quorum::AtLeast(_), conditions } => {
                conditions.iter().for_each(|it| self.clause(it, depth, found));
            }
            ExprKind::Definition(id) => self.definition(*id, None, depth - 1, found),
            _ => self.leaf(condition, found),
        }
    }

    fn leaf(&self, leaf: &Expr, found: &mut Vec<Decided>) {
        let truth = match self.row.truth(leaf) {
            Truth::True => "true",
            Truth::False => "false",
            Truth::Unknown => "unknown",
        };
        let facts = self.facts(leaf).join(", ");
        let said = if facts.is_empty() { format!("is {truth}") } else { format!("is {truth}: {facts}") };
        found.push(Decided { span: leaf.span, said });
    }

    /// `spend is 480.00`, for each name and question that an expression asks.
    pub(super) fn facts(&self, expr: &Expr) -> Vec<String> {
        let mut all = vec![];
        self.collect(expr, &mut all);
        let mut seen = std::collections::HashSet::new();
        all.retain(|it| seen.insert(it.clone()));
        all
    }

    fn collect(&self, expr: &Expr, all: &mut Vec<String>) {
        let name = match &expr.kind {
            ExprKind::Column(id) => self.rulebook.schema.root().column(*id).name.to_string(),
            ExprKind::Definition(id) => self.rulebook.definition(*id).name.to_string(),
            ExprKind::Param(id) => match self.rulebook.params.get(id.0 as usize) {
                Some(param) => param.name.to_string(),
                None => return,
            },
            ExprKind::Aggregate(_) | ExprKind::Reached(..) | ExprKind::Lookup { .. } | ExprKind::ToNext(_) => {
                let words: Vec<&str> = self.sources.slice(expr.span).split_whitespace().collect();
                format!("`{}`", words.join(" "))
            }
            _ => {
                expr.each_child(&mut |child| self.collect(child, all));
                if let ExprKind::Window { subject, window } = &expr.kind
                    && let Some(window) = self.row.window(window, moment_type(&subject.ty))
                {
                    all.push(format!("the window is {}", window_text(&window, self.zone())));
                }
                return;
            }
        };
        all.push(format!("{name} is {}", self.value(&self.row.value(expr), &expr.ty)));
    }

    fn zone(&self) -> &Zone {
        self.row.clock().zone()
    }

    fn value(&self, value: &Value, ty: &Type) -> String {
        let shown = self.rulebook.shown(value, ty);
        match (ty, value) {
            (Type::Choice(_), Value::Choice(_)) => print::text(&shown, self.zone()),
            _ => print::written(&shown, self.zone()),
        }
    }
}

/// `2026-09-23T00:00:00Z to 2026-10-23T00:00:00Z`
fn window_text(window: &Window, zone: &Zone) -> String {
    let end = |end: crate::value::time::Bound| print::text(&end.at.into(), zone);
    match (window.low.map(end), window.high.map(end)) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("from {low}"),
        (None, Some(high)) => format!("up to {high}"),
        (None, None) => "any time".to_owned(),
    }
}
