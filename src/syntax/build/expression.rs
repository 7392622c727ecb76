//! Expressions, from loosest to tightest. Chains become flat nodes, so only what counts as a level recurses.

use pest::iterators::Pair;

use super::{
    super::{
        ast::{
            CompareOp, Direction, Expr, ExprKind, Pattern, Period, PeriodUnit, Place, ProductOp, Quorum, Range,
            RankEnd, SumOp, Test, UpperEnd, Which,
        },
        grammar::{Parts, Rule},
    },
    Builder, literal,
};
use crate::{
    diagnostic::{Diagnostic, code},
    source::Span,
};

impl Builder<'_> {
    /// Any expression or part of one.
    pub(super) fn expression(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let place = self.place(&pair);
        match pair.as_rule() {
            Rule::expression | Rule::primary | Rule::points => self.expression(Parts::of(pair).need()),
            Rule::if_then_else => self.if_then_else(pair, place),
            Rule::disjunction => self.chain(pair, place, &[Rule::kw_or], ExprKind::Or),
            Rule::conjunction => self.chain(pair, place, &[Rule::kw_and], ExprKind::And),
            Rule::operand => self.chain(pair, place, &[Rule::fallback_sign], ExprKind::Coalesce),
            Rule::negation => self.prefixed(pair, Rule::kw_not, ExprKind::Not),
            Rule::signed => self.prefixed(pair, Rule::minus_sign, ExprKind::Negate),
            Rule::comparison => self.comparison(pair, place),
            Rule::sum => self.sum(pair, place),
            Rule::product => self.product(pair, place),
            Rule::postfix => self.postfix(pair),
            Rule::bare => Expr { kind: ExprKind::Name(self.name(pair)), place },
            Rule::named => self.named(pair, place),
            Rule::quorum => self.quorum(pair, place),
            Rule::rank => self.rank(pair, place),
            Rule::paren => self.paren(pair, place),
            Rule::list => self.list(pair, place),
            Rule::literal => Expr { kind: ExprKind::Literal(literal::literal(pair)), place },
            Rule::kw_now => Expr { kind: ExprKind::Now, place },
            Rule::kw_today => Expr { kind: ExprKind::Today, place },
            Rule::kw_missing => Expr { kind: ExprKind::Missing, place },
            other => unreachable!("{other:?} is no expression"),
        }
    }

    pub(super) fn boxed(&mut self, pair: Pair<'_, Rule>) -> Box<Expr> {
        Box::new(self.expression(pair))
    }

    fn if_then_else(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let mut arms = vec![];
        let mut last = None;
        for part in Parts::of(pair) {
            match part.as_rule() {
                Rule::if_arm => {
                    let start = self.place(&part);
                    if !self.enter(start) {
                        self.depth -= arms.len() + 1;
                        return Expr { kind: ExprKind::Missing, place };
                    }
                    let mut inner = Parts::of(part);
                    inner.pass(&[Rule::kw_if]);
                    let condition = self.boxed(inner.need());
                    inner.pass(&[Rule::kw_then]);
                    let then = self.boxed(inner.need());
                    arms.push((condition, then, start.0));
                }
                Rule::kw_else => {}
                _ => last = Some(self.expression(part)),
            }
        }
        self.depth -= arms.len();
        let mut otherwise = last.expect("the grammar ends a choice with `else`");
        for (condition, then, start) in arms.into_iter().rev() {
            let place = Place(Span { end: place.0.end, ..start });
            otherwise = Expr { kind: ExprKind::If { condition, then, otherwise: Box::new(otherwise) }, place };
        }
        otherwise
    }

    fn chain(&mut self, pair: Pair<'_, Rule>, place: Place, between: &[Rule], kind: fn(Vec<Expr>) -> ExprKind) -> Expr {
        let mut parts = Parts::of(pair);
        let first = self.expression(parts.need());
        if parts.peek().is_none() {
            return first;
        }
        let mut all = vec![first];
        all.extend(parts.filter(|part| !between.contains(&part.as_rule())).map(|part| self.expression(part)));
        Expr { kind: kind(all), place }
    }

    /// `not not a`, `- - a`
    fn prefixed(&mut self, pair: Pair<'_, Rule>, prefix: Rule, kind: fn(Box<Expr>) -> ExprKind) -> Expr {
        let mut parts = Parts::of(pair);
        let mut places = vec![];
        while let Some(sign) = parts.if_next(prefix) {
            let place = self.place(&sign);
            places.push(place);
            if !self.enter(place) {
                self.depth -= places.len();
                return Expr { kind: ExprKind::Missing, place };
            }
        }
        let mut expr = self.expression(parts.need());
        self.depth -= places.len();
        for place in places.into_iter().rev() {
            let place = Place(place.0.to(expr.place.0));
            expr = Expr { kind: kind(Box::new(expr)), place };
        }
        expr
    }

    fn comparison(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let mut parts = Parts::of(pair);
        let left = self.boxed(parts.need());
        let Some(tail) = parts.next() else { return *left };
        let test_place = self.place(&tail);
        let kind = match tail.as_rule() {
            Rule::compare => {
                let mut parts = Parts::of(tail);
                let sign = parts.need();
                let op_place = self.place(&sign);
                let right = self.boxed(parts.need());
                ExprKind::Compare { op: compare_op(sign.as_str()), op_place, left, right }
            }
            Rule::is_test => {
                let known = Parts::of(tail).any(|part| part.as_rule() == Rule::kw_known);
                let test = if known { Test::IsKnown } else { Test::IsMissing };
                ExprKind::Test { subject: left, negated: false, test, test_place }
            }
            _ => {
                let mut parts = Parts::of(tail);
                let negated = parts.if_next(Rule::kw_not).is_some();
                let test = self.word_test(parts.need());
                ExprKind::Test { subject: left, negated, test, test_place }
            }
        };
        Expr { kind, place }
    }

    /// `within 30d`, `contains "a"`, …
    pub(super) fn word_test(&mut self, pair: Pair<'_, Rule>) -> Test {
        let rule = pair.as_rule();
        let mut parts = Parts::of(pair);
        if rule == Rule::window {
            return self.word_test(parts.need());
        }
        // The operator's own word; `period` and `range` begin with none.
        parts.need();
        match rule {
            Rule::between => Test::Between(self.range(parts.need())),
            Rule::within if parts.if_next(Rule::kw_next).is_some() => Test::WithinNext(self.boxed(parts.need())),
            Rule::within => Test::Within(self.boxed(parts.need())),
            Rule::during => Test::During(self.period(parts.need())),
            Rule::membership => Test::In(self.boxed(parts.need())),
            Rule::contains => Test::Contains(self.boxed(parts.need())),
            Rule::starts_with | Rule::ends_with => {
                parts.pass(&[Rule::kw_with]);
                let with = self.boxed(parts.need());
                if rule == Rule::starts_with { Test::StartsWith(with) } else { Test::EndsWith(with) }
            }
            Rule::matches => Test::Matches(self.pattern(parts.need())),
            Rule::has => match parts.if_next(Rule::has_which) {
                None => Test::Has(self.boxed(parts.need())),
                Some(which) => {
                    let these = self.boxed(parts.need());
                    match Parts::of(which).need().as_rule() {
                        Rule::kw_any => Test::HasAny(these),
                        Rule::kw_all => Test::HasAll(these),
                        _ => Test::HasNone(these),
                    }
                }
            },
            other => unreachable!("{other:?} is no word operator"),
        }
    }

    pub(super) fn pattern(&mut self, pair: Pair<'_, Rule>) -> Pattern {
        let written = pair.as_str();
        let source = written.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).unwrap_or(written);
        Pattern { source: source.to_owned(), place: self.place(&pair) }
    }

    pub(super) fn range(&mut self, pair: Pair<'_, Rule>) -> Range {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        let from = self.boxed(parts.need());
        self.range_to(from, parts.need(), parts.need(), place)
    }

    /// The range from `from`, with its dots and its upper end.
    pub(super) fn range_to(
        &mut self,
        from: Box<Expr>,
        dots: Pair<'_, Rule>,
        to: Pair<'_, Rule>,
        place: Place,
    ) -> Range {
        let upper = if dots.as_str() == "..<" { UpperEnd::Excluded } else { UpperEnd::Included };
        Range { from, to: self.boxed(to), upper, place }
    }

    fn period(&mut self, pair: Pair<'_, Rule>) -> Period {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        let (which, day) = match parts.need().as_rule() {
            Rule::kw_yesterday => (Which::Last, true),
            Rule::kw_today => (Which::This, true),
            Rule::kw_tomorrow => (Which::Next, true),
            Rule::kw_last => (Which::Last, false),
            Rule::kw_this => (Which::This, false),
            _ => (Which::Next, false),
        };
        if day {
            return Period { which, unit: PeriodUnit::Day, place };
        }
        let unit = match parts.need().as_rule() {
            Rule::kw_week => PeriodUnit::Week,
            Rule::kw_month => PeriodUnit::Month,
            Rule::kw_quarter => PeriodUnit::Quarter,
            _ => PeriodUnit::Year,
        };
        Period { which, unit, place }
    }

    fn sum(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let mut parts = Parts::of(pair);
        let first = self.boxed(parts.need());
        let mut rest = vec![];
        while let Some(sign) = parts.next() {
            let op = if sign.as_str() == "+" { SumOp::Add } else { SumOp::Subtract };
            rest.push((op, self.expression(parts.need())));
        }
        if rest.is_empty() { *first } else { Expr { kind: ExprKind::Sum { first, rest }, place } }
    }

    fn product(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let mut parts = Parts::of(pair);
        let first = self.boxed(parts.need());
        let mut rest = vec![];
        while let Some(sign) = parts.next() {
            let op = if sign.as_str() == "*" { ProductOp::Multiply } else { ProductOp::Divide };
            rest.push((op, self.expression(parts.need())));
        }
        if rest.is_empty() { *first } else { Expr { kind: ExprKind::Product { first, rest }, place } }
    }

    /// A chain of `.field` and `[index]` nests in the tree, so each counts as a level.
    fn postfix(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let mut parts = Parts::of(pair);
        let mut expr = self.expression(parts.need());
        let mut levels = 0;
        for tail in parts {
            let tail_place = self.place(&tail);
            let place = Place(expr.place.0.to(tail_place.0));
            levels += 1;
            if !self.enter(tail_place) {
                break;
            }
            let kind = match tail.as_rule() {
                Rule::field => {
                    let mut parts = Parts::of(tail);
                    parts.pass(&[Rule::dot]);
                    ExprKind::Field { base: Box::new(expr), field: self.name(parts.need()) }
                }
                Rule::index => ExprKind::Index { base: Box::new(expr), index: self.boxed(Parts::of(tail).need()) },
                Rule::kw_ago => ExprKind::Shifted { duration: Box::new(expr), direction: Direction::Ago },
                _ => ExprKind::Shifted { duration: Box::new(expr), direction: Direction::FromNow },
            };
            expr = Expr { kind, place };
        }
        self.depth -= levels;
        expr
    }

    fn named(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let mut parts = Parts::of(pair);
        let name = self.name(parts.need());
        let Some(arguments) = parts.next() else { return Expr { kind: ExprKind::Name(name), place } };
        let arguments = if self.enter(name.place) { self.arguments(&name, arguments) } else { vec![] };
        self.leave();
        Expr { kind: ExprKind::Call { function: name, arguments }, place }
    }

    fn quorum(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let mut parts = Parts::of(pair);
        let mut words = Parts::of(parts.need());
        let quorum = match words.need().as_rule() {
            Rule::kw_all => Quorum::All,
            Rule::kw_any => Quorum::Any,
            Rule::kw_none => Quorum::None,
            _ => {
                words.pass(&[Rule::kw_least]);
                Quorum::AtLeast(words.need().as_str().to_owned())
            }
        };
        let mut conditions = vec![];
        if self.enter(place) {
            conditions.extend(parts.filter(|part| part.as_rule() != Rule::close).map(|part| self.expression(part)));
        }
        self.leave();
        Expr { kind: ExprKind::Quorum { quorum, conditions }, place }
    }

    fn rank(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let mut parts = Parts::of(pair);
        let end = if parts.need().as_rule() == Rule::kw_top { RankEnd::Top } else { RankEnd::Bottom };
        let amount = self.boxed(parts.need());
        parts.pass(&[Rule::kw_by]);
        let by = self.ranked_by(parts.need());
        Expr { kind: ExprKind::Rank { end, amount, by: Box::new(by) }, place }
    }

    fn list(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let mut items = vec![];
        if self.enter(place) {
            let parts = Parts::of(pair).filter(|part| part.as_rule() != Rule::list_end);
            items.extend(parts.map(|part| self.expression(part)));
            if items.is_empty() && !self.too_deep {
                self.tell(
                    Diagnostic::error(code::EMPTY_LIST, place.0, "a list literal has at least one value")
                        .help("write the values that are meant, or remove the condition: nothing is in an empty list"),
                );
            }
        }
        self.leave();
        Expr { kind: ExprKind::List(items), place }
    }
}

fn compare_op(sign: &str) -> CompareOp {
    let all = [CompareOp::NotEqual, CompareOp::Less, CompareOp::AtMost, CompareOp::Greater, CompareOp::AtLeast];
    all.into_iter().find(|op| op.symbol() == sign).unwrap_or(CompareOp::Equal)
}
