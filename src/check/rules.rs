//! `let`, tag, score, level, layer and segment, lowered in the order in which they are evaluated.

use super::{
    Checker,
    book::{Book, Definition, Rule},
    declare::fold,
    order::Order,
    words::{alike, is_number},
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{BAD_ARMS, WRONG_TYPE},
    },
    intern::Symbol,
    ir::{self, AggregateId, Body, CompareOp, DefinitionId, Expr, ExprKind, Ladder},
    source::Span,
    syntax::ast,
    value::{Type, Value, compare, number},
};

impl Checker<'_> {
    /// Every definition by its id; none of one that is wrong.
    pub(super) fn definitions(&mut self, book: &Book<'_>, order: &Order) -> Vec<Option<ir::Definition>> {
        let mut all = self.ahead(book, &order.alone);
        for id in &order.all {
            let at = id.0 as usize;
            let (Some(written), Some(slot)) = (book.definitions.get(at), all.get_mut(at)) else { continue };
            if slot.is_none() {
                *slot = self.definition(*id, written);
            }
            if let Some(ty) = self.types.get_mut(at) {
                *ty = slot.as_ref().map(|it| it.ty.clone());
            }
        }
        all
    }

    pub(super) fn definition(&mut self, id: DefinitionId, written: &Definition<'_>) -> Option<ir::Definition> {
        let (label, span) = match written.rule {
            Rule::Let(it) => (&it.label, it.name.span()),
            Rule::Tag(it) => (&it.label, it.name.span()),
            Rule::Score(it) => (&it.label, it.name.span()),
            Rule::Level(it) => (&it.label, it.name.span()),
            Rule::Layer(it) => (&it.label, it.name.span()),
            Rule::Funnel(it) => (&it.label, it.name.span()),
            Rule::Segment(it) => (&it.label, it.name.span()),
            Rule::Expression(it) => (&None, it.span()),
        };
        let first = self.aggregates.len() as u32;
        let (body, ty) = match written.rule {
            Rule::Let(it) => self.let_body(&it.value)?,
            Rule::Expression(it) => self.expression_body(it)?,
            Rule::Tag(it) => (Body::Tag(self.condition(&it.condition)?), Type::Bool),
            Rule::Score(it) => self.score(it)?,
            Rule::Level(it) => {
                let ladder = self.ladder(id, it.by.as_ref(), false, &it.arms)?;
                let ty = Type::Choice(ladder.choices);
                (Body::Level(ladder), ty)
            }
            Rule::Layer(it) => {
                let ladder = self.ladder(id, None, it.exclusive.is_some(), &it.arms)?;
                let ty = Type::Choice(ladder.choices);
                (Body::Layer(ladder), ty)
            }
            Rule::Funnel(it) => self.funnel(id, it)?,
            Rule::Segment(it) => (Body::Segment(self.condition(&it.condition)?), Type::Bool),
        };
        let aggregates = (first..self.aggregates.len() as u32).map(AggregateId).collect();
        let name = written.rule.name().map_or_else(|| Symbol::new(""), |name| name.symbol.clone());
        let description = written.description.map(str::to_owned);
        let label = label.as_ref().map(|it| it.value.clone());
        Some(ir::Definition { name, label, description, body, ty, aggregates, span })
    }

    fn let_body(&mut self, value: &ast::Expr) -> Option<(Body, Type)> {
        let expr = self.lower(value, None)?;
        let ty = expr.ty.clone();
        Some((Body::Let(expr), ty))
    }

    /// An expression by itself; `missing` is one.
    fn expression_body(&mut self, value: &ast::Expr) -> Option<(Body, Type)> {
        let expr = self.lower(value, Some(&Type::Text))?;
        let ty = expr.ty.clone();
        Some((Body::Let(expr), ty))
    }

    fn score(&mut self, written: &ast::Score) -> Option<(Body, Type)> {
        let base = match &written.base {
            Some(base) => self.number(base, "the base of a score"),
            None => Some(constant(Value::Int(0), Type::Int, written.name.span())),
        };
        let mut arms = vec![];
        for arm in &written.arms {
            let points = self.number(&arm.points, "what a score adds");
            let condition = self.condition(&arm.condition);
            arms.push((arm, points, condition));
        }
        let clamp = match &written.clamp {
            None => None,
            Some(range) => {
                let without = self.clamp_without_its_end(range);
                let low = self.number(&range.from, "the end of a `clamp`");
                let high = self.number(&range.to, "the end of a `clamp`");
                if without {
                    return None;
                }
                Some((low?, high?))
            }
        };
        let base = base?;
        let mut ty = base.ty.clone();
        let mut lowered = vec![];
        for (arm, points, condition) in arms {
            let (points, condition) = (points?, condition?);
            ty = number::widest(&ty, &points.ty)?;
            lowered.push((arm, points, condition));
        }
        if let Some((low, high)) = &clamp {
            ty = number::widest(&number::widest(&ty, &low.ty)?, &high.ty)?;
        }
        let arms = lowered.into_iter().map(|(arm, points, condition)| ir::ScoreArm {
            minus: arm.minus,
            points: widened(points, &ty),
            condition,
            span: arm.place.0,
        });
        let arms = arms.collect();
        let clamp = clamp.map(|(low, high)| (widened(low, &ty), widened(high, &ty)));
        Some((Body::Score(Box::new(ir::Score { base: widened(base, &ty), arms, clamp })), ty))
    }

    fn number(&mut self, expr: &ast::Expr, what: &str) -> Option<Expr> {
        let lowered = self.lower(expr, None)?;
        if is_number(&lowered.ty) {
            return Some(lowered);
        }
        let message = format!("{what} is a number, and {} is {}", self.quoted(expr.span()), self.kind(&lowered.ty));
        self.sink.push(Diagnostic::error(WRONG_TYPE, expr.span(), message).help("write a number, such as `20`"));
        None
    }

    fn ladder(
        &mut self,
        id: DefinitionId,
        by: Option<&ast::Expr>,
        exclusive: bool,
        arms: &[ast::Arm],
    ) -> Option<Ladder> {
        let choices = self.choices_of(id)?;
        let by = match by {
            Some(by) => Some(self.lower(by, None)?),
            None => None,
        };
        if let Some(by) = &by {
            self.by_types.insert(id, by.ty.clone());
        }
        let mut lowered = vec![];
        let mut whole = true;
        let mut above: Option<(Value, Span)> = None;
        let mut otherwise: Option<Span> = None;
        for arm in arms {
            if let Some(first) = otherwise {
                self.sink.push(
                    Diagnostic::error(
                        BAD_ARMS,
                        arm.name.span(),
                        format!("`{}` stands behind `otherwise`", arm.name.symbol),
                    )
                    .label(first, "nobody gets past this")
                    .help("`otherwise` comes last"),
                );
                whole = false;
            }
            let choice = match &arm.choice {
                ast::Choice::Otherwise(place) => {
                    otherwise = otherwise.or(Some(place.0));
                    Some(ir::Choice::Otherwise)
                }
                ast::Choice::When(condition) => self.condition(condition).map(ir::Choice::When),
                ast::Choice::From { threshold, keep } => {
                    self.threshold_arm(arm, by.as_ref(), threshold, keep, &mut above)
                }
            };
            let rank = self.names.rank(&arm.name.symbol, choices);
            let choice = match (choice, rank) {
                (Some(ir::Choice::From { threshold, condition, keep }), Some(rank)) if !keep.is_empty() => {
                    let condition = self.kept_arm(id, arm, rank, condition, &keep);
                    condition.map(|condition| ir::Choice::From { threshold, condition, keep })
                }
                (choice, _) => choice,
            };
            match (choice, rank) {
                (Some(choice), Some(rank)) => lowered.push(ir::Arm { rank, choice, span: arm.place.0 }),
                _ => whole = false,
            }
        }
        // What is missing to an arm has as many digits as its threshold and the value together.
        if let Some(ty) = self.by_types.get(&id) {
            let thresholds = lowered.iter().filter_map(|arm| match &arm.choice {
                ir::Choice::From { threshold, .. } => Some(&threshold.ty),
                ir::Choice::When(_) | ir::Choice::Otherwise => None,
            });
            let widest = thresholds.fold(ty.clone(), |ty, threshold| number::widest(&ty, threshold).unwrap_or(ty));
            self.by_types.insert(id, widest);
        }
        whole.then_some(Ladder { choices, by, exclusive, arms: lowered })
    }

    fn threshold_arm(
        &mut self,
        arm: &ast::Arm,
        by: Option<&Expr>,
        threshold: &ast::Expr,
        keep: &[ast::Expr],
        above: &mut Option<(Value, Span)>,
    ) -> Option<ir::Choice> {
        let Some(by) = by else {
            self.sink.push(
                Diagnostic::error(BAD_ARMS, arm.place.0, "`from` needs a value to compare, and this level has no `by`")
                    .help("say what it goes by, `level NAME by points { … }`, or write `when` and a condition"),
            );
            return None;
        };
        let lowered = self.lower(threshold, Some(&by.ty))?;
        if !alike(&lowered.ty, &by.ty) {
            let message = format!(
                "the level goes by {}, and {} is {}",
                self.kind(&by.ty),
                self.quoted(threshold.span()),
                self.kind(&lowered.ty)
            );
            self.sink.push(
                Diagnostic::error(WRONG_TYPE, threshold.span(), message)
                    .label(by.span, "what the level goes by")
                    .help(format!("write {} behind `from`", self.kind(&by.ty))),
            );
            return None;
        }
        let value = match &lowered.kind {
            ExprKind::Param(id) => self.params.get(id.0 as usize).and_then(Option::as_ref).map(|it| it.value.clone()),
            _ => fold(&lowered, &self.zone),
        };
        match (&value, &above) {
            (None, _) => {
                self.sink.push(
                    Diagnostic::error(BAD_ARMS, threshold.span(), "a threshold is a number or a parameter")
                        .help("name the number by a `param`, or write `when` and a condition"),
                );
                return None;
            }
            (Some(value), Some((last, place))) => {
                let order = compare::order(value, last, &self.zone);
                if order.is_some_and(|order| order.is_ge()) {
                    self.sink.push(
                        Diagnostic::error(BAD_ARMS, threshold.span(), "thresholds go down from top to bottom")
                            .label(*place, "not lower than this")
                            .help("write the highest arm first; each `from` below is smaller"),
                    );
                }
            }
            (Some(_), None) => {}
        }
        *above = value.map(|value| (value, threshold.span()));
        let keep: Option<Vec<Expr>> = keep.iter().map(|it| self.lower(it, None)).collect();
        let condition = Expr {
            span: arm.place.0,
            ty: Type::Bool,
            kind: ExprKind::Compare {
                op: CompareOp::AtLeast,
                left: Box::new(by.clone()),
                right: Box::new(lowered.clone()),
            },
        };
        Some(ir::Choice::From { threshold: lowered, condition, keep: keep? })
    }
}

/// A constant expression.
pub(super) fn constant(value: Value, ty: Type, span: Span) -> Expr {
    Expr { kind: ExprKind::Constant(value), ty, span }
}

/// The same number in a wider type.
pub(super) fn widened(expr: Expr, ty: &Type) -> Expr {
    if expr.ty == *ty || !is_number(ty) || !is_number(&expr.ty) {
        return expr;
    }
    let span = expr.span;
    Expr { kind: ExprKind::Widen(Box::new(expr)), ty: ty.clone(), span }
}
