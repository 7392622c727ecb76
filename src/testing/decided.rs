//! The clause that decided: of a condition's tree the leaves without which it would have come out otherwise, with their values.

use crate::{
    eval::{
        Answers, Interpreter,
        reference::{Row, SoFar, moment_type},
    },
    ir::{
        Aggregate, AggregateFunction, Arm, Body, Choice, DefinitionId, Expr, ExprKind, Ladder, Quorum, Rulebook, Score,
    },
    source::{Sources, Span},
    value::{Truth, Type, Value, Zone, compare, number, print, time::Window},
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
    pub(super) interpreter: Interpreter<'v>,
    pub(super) answers: &'v Answers,
    pub(super) sources: &'v Sources,
    /// Definitions that are given, and so are decided by nothing.
    pub(super) given: &'v dyn Fn(DefinitionId) -> bool,
    /// Everybody beside whom the user may stand, and what each got.
    pub(super) crowd: &'v [SoFar<'v>],
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

    /// What decided a condition.
    pub(super) fn behind_condition(&self, condition: &Expr) -> Vec<Decided> {
        let mut found = vec![];
        self.clause(condition, DEPTH, &mut found);
        found.truncate(CLAUSES);
        found
    }

    pub(super) fn is_true(&self, condition: &Expr) -> bool {
        self.row.truth(condition).is_true()
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
            Body::Score(score) => self.score(score, id, beside, depth, found),
            Body::Level(ladder) | Body::Layer(ladder) => self.ladder(ladder, id, beside, depth, found),
            Body::Funnel(_, aggregate) => self.funnel(self.rulebook.aggregate(*aggregate), id, found),
        }
    }

    /// Of a funnel the furthest step, and the next one.
    fn funnel(&self, aggregate: &Aggregate, id: DefinitionId, found: &mut Vec<Decided>) {
        let AggregateFunction::Funnel(steps, _) = &aggregate.function else { return };
        let furthest = match self.answers.value(id) {
            Value::Choice(rank) => Some(*rank as usize),
            _ => None,
        };
        if let Some(step) = furthest.and_then(|at| steps.get(at)) {
            found.push(Decided { span: step.condition.span, said: "the furthest step that is reached".into() });
        }
        if let Some(step) = steps.get(furthest.map_or(0, |at| at + 1)) {
            let said = match (&step.within, furthest) {
                (_, None) => "no row meets this".to_owned(),
                (None, Some(_)) => "no row meets this after the step before".to_owned(),
                (Some(within), Some(_)) => {
                    let within = self.value(&self.row.value(within), &within.ty);
                    format!("no row meets this within {within} of the step before")
                }
            };
            found.push(Decided { span: step.condition.span, said });
        }
    }

    /// `begins with 10, and 40, less 5, is 45`
    fn sum(&self, score: &Score, id: DefinitionId) -> Decided {
        let definition = self.rulebook.definition(id);
        let mut sum = self.row.value(&score.base);
        let mut said = format!("begins with {}", self.value(&sum, &score.base.ty));
        for arm in score.arms.iter().filter(|arm| self.row.truth(&arm.condition).is_true()) {
            let points = self.row.value(&arm.points);
            let (word, then) = match arm.minus {
                true => ("less", number::subtract(&sum, &points)),
                false => ("and", number::add(&sum, &points)),
            };
            said += &format!(", {word} {}", self.value(&points, &arm.points.ty));
            sum = then;
        }
        let whole = self.answers.value(id);
        if score.clamp.is_some() && compare::order(&sum, whole, self.zone()).is_some_and(|it| it.is_ne()) {
            said += &format!(", is {}, clamped", self.value(&sum, &definition.ty));
        }
        Decided { span: definition.span, said: format!("{said}, is {}", self.value(whole, &definition.ty)) }
    }

    /// What decided a condition of an arm; where that stands in another rule, the arm beside it.
    fn condition_of_arm(&self, condition: &Expr, arm: Span, depth: usize, found: &mut Vec<Decided>) {
        let before = found.len();
        self.clause(condition, depth, found);
        let inside =
            |it: &Decided| it.span.source == arm.source && arm.start <= it.span.start && it.span.end <= arm.end;
        if !found.get(before..).unwrap_or_default().iter().any(inside) {
            let said = if self.is_true(condition) { "applies" } else { "does not apply" };
            found.push(Decided { span: arm, said: said.into() });
        }
    }

    /// What a score adds up to. Of one that is less than expected the arms that would raise it, of one that is more those that would
    /// lower it; all where neither is known.
    fn score(&self, score: &Score, id: DefinitionId, beside: Option<&Expr>, depth: usize, found: &mut Vec<Decided>) {
        let wanted = beside.map(|expr| self.row.value(expr));
        let order = wanted.and_then(|it| compare::order(&it, self.answers.value(id), self.zone()));
        found.push(self.sum(score, id));
        for arm in &score.arms {
            let applies = self.row.truth(&arm.condition).is_true();
            // More is wanted: what adds and does not apply, and what takes away and does.
            let matters = order.is_none_or(|it| it.is_eq() || it.is_gt() == (applies == arm.minus));
            match applies {
                _ if !matters => {}
                true => found.push(Decided { span: arm.span, said: "applies".into() }),
                false => self.condition_of_arm(&arm.condition, arm.span, depth - 1, found),
            }
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
            Choice::When(condition) => self.condition_of_arm(condition, arm.span, depth - 1, found),
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
            ExprKind::Definition(id) if (self.given)(*id) => {
                let word = truth_word(truth);
                found.push(Decided { span: condition.span, said: format!("is {word}, as it is given") });
            }
            ExprKind::Definition(id) => self.definition(*id, None, depth.saturating_sub(1), found),
            _ => self.leaf(condition, found),
        }
    }

    fn leaf(&self, leaf: &Expr, found: &mut Vec<Decided>) {
        let truth = truth_word(self.row.truth(leaf));
        // What is asked is said of the leaf itself.
        let own =
            format!("`{}` is {truth}", self.sources.slice(leaf.span).split_whitespace().collect::<Vec<_>>().join(" "));
        let facts = self.facts(leaf).into_iter().filter(|it| *it != own).collect::<Vec<_>>().join(", ");
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
        if let Some(held) = self.held(expr) {
            all.push(held);
            return;
        }
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
        if let ExprKind::Aggregate(id) = &expr.kind {
            all.extend(self.place(self.rulebook.aggregate(*id), expr));
        }
    }

    /// `held(vip) is 2d, since 2026-11-22T00:00:00Z`: the checker has written it out as the as-of less a column of the state.
    fn held(&self, expr: &Expr) -> Option<String> {
        let ExprKind::If { condition, then, otherwise } = &expr.kind else { return None };
        let whole = matches!(&condition.kind, ExprKind::Definition(_) | ExprKind::Compare { .. })
            && matches!(&otherwise.kind, ExprKind::Constant(Value::Missing));
        let mut since = None;
        then.each(&mut |node| {
            if let ExprKind::Column(id) = node.kind
                && self.rulebook.actions.memory.since.iter().any(|it| it.column == id)
            {
                since = Some(node);
            }
        });
        let since = since.filter(|_| whole)?;
        let words: Vec<&str> = self.sources.slice(expr.span).split_whitespace().collect();
        let value = self.row.value(expr);
        let told = format!("{} is {}", words.join(" "), self.value(&value, &expr.ty));
        match value {
            Value::Missing => Some(told),
            _ => Some(format!("{told}, since {}", self.value(&self.row.value(since), &since.ty))),
        }
    }

    /// Where a user stands among those who are ranked, and where `top` or `bottom` cuts: `spend is 480.00, place 2 of 3; the last
    /// who is in has 500.00`.
    fn place(&self, rank: &Aggregate, asked: &Expr) -> Option<String> {
        let top = match rank.function {
            AggregateFunction::Top(_) => true,
            AggregateFunction::Bottom(_) => false,
            _ => return None,
        };
        let source = rank.source.as_ref()?;
        let words = self.sources.slice(source.span).split_whitespace().collect::<Vec<_>>().join(" ");
        let own = self.row.value(source);
        if own == Value::Missing {
            return Some(format!("{words} is missing"));
        }
        if let Some(filter) = rank.filter.as_ref().filter(|it| !self.row.truth(it).is_true()) {
            let words = self.sources.slice(filter.span).split_whitespace().collect::<Vec<_>>().join(" ");
            return Some(format!("`where {words}` leaves the user out"));
        }
        let alike: Vec<Value> = rank.per.iter().map(|per| self.row.value(per)).collect();
        let (mut before, mut all, mut cut) = (0, 0, None::<Value>);
        for other in self.crowd {
            let row = self.interpreter.row(other);
            let value = row.value(source);
            let is_ranked = rank.filter.as_ref().is_none_or(|it| row.truth(it).is_true());
            let is_beside = rank.per.iter().map(|per| row.value(per)).eq(alike.iter().cloned());
            if value == Value::Missing || !is_ranked || !is_beside {
                continue;
            }
            let stands_before = |a: &Value, b: &Value| {
                compare::order(a, b, self.zone()).is_some_and(|it| if top { it.is_gt() } else { it.is_lt() })
            };
            all += 1;
            before += usize::from(stands_before(&value, &own));
            if row.truth(asked).is_true() && cut.as_ref().is_none_or(|cut| stands_before(cut, &value)) {
                cut = Some(value);
            }
        }
        let cut = match cut {
            Some(cut) => format!("the last who is in has {}", self.value(&cut, &source.ty)),
            None => "nobody is in".to_owned(),
        };
        Some(format!("{words} is {}, place {} of {all}; {cut}", self.value(&own, &source.ty), before + 1))
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

fn truth_word(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Unknown => "unknown",
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
