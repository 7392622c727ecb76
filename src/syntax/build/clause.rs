//! The one source clause (LANGUAGE.md §4.2): source, `by`, window, `where`, `per`; and the arguments of calls.

use pest::iterators::Pair;

use super::{
    super::{
        ast::{Argument, Clause, Expr, ExprKind, Name, Place, Test, Window},
        grammar::{Parts, Rule},
    },
    Builder,
};
use crate::diagnostic::{Diagnostic, code};

/// Functions over the rows of a table or the elements of a list, whose window is on the table's `at` column.
const AGGREGATES: &[&str] =
    &["count", "any", "sum", "avg", "min", "max", "quantile", "first", "last", "most", "distinct", "ntile"];

/// Whether a comparison that ends an argument of `function` is a window on the rows.
pub(in crate::syntax) fn is_aggregate(function: &str) -> bool {
    AGGREGATES.contains(&function)
}

impl Builder<'_> {
    pub(super) fn arguments(&mut self, function: &Name, pair: Pair<'_, Rule>) -> Vec<Argument> {
        let aggregate = is_aggregate(&function.symbol);
        let arguments = Parts::of(pair).filter(|part| part.as_rule() == Rule::argument);
        arguments.map(|argument| self.argument(argument, aggregate)).collect()
    }

    fn argument(&mut self, pair: Pair<'_, Rule>, aggregate: bool) -> Argument {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        let first = parts.need();
        if first.as_rule() == Rule::pattern {
            return Argument::Pattern(self.pattern(first));
        }
        let source = self.expression(first);
        match parts.if_next(Rule::dots) {
            Some(dots) => Argument::Range(self.range_to(Box::new(source), dots, parts.need(), place)),
            None => Argument::Clause(self.clause(source, parts.need(), place, aggregate)),
        }
    }

    /// `source` with what follows it. A window that the expression took for a comparison is given back.
    fn clause(&mut self, source: Expr, tail: Pair<'_, Rule>, place: Place, aggregate: bool) -> Clause {
        let mut clause = Clause { source, by: None, window: None, filter: None, per: None, place };
        for part in Parts::of(tail) {
            let part_place = self.place(&part);
            match part.as_rule() {
                Rule::clause_by => clause.by = Some(self.expression(second(part))),
                Rule::window => clause.window = Some(Window { test: self.word_test(part), place: part_place }),
                Rule::clause_where => clause.filter = Some(self.expression(second(part))),
                _ => clause.per = Some(self.expression(second(part))),
            }
        }
        let more = clause.by.is_some() || clause.filter.is_some() || clause.per.is_some();
        if clause.window.is_none() && clause.by.is_none() && (aggregate || more) {
            give_window_back(clause)
        } else {
            clause
        }
    }

    /// What a `top … by` ranks by: an operand, or a clause in parentheses.
    pub(super) fn ranked_by(&mut self, pair: Pair<'_, Rule>) -> Clause {
        let place = self.place(&pair);
        match only(pair.clone(), Rule::paren) {
            Some(paren) => match self.clause_in_parentheses(paren, false) {
                clause if has_tail(&clause) => clause,
                clause => {
                    let source = Expr { kind: ExprKind::Paren(Box::new(clause.source)), place };
                    Clause { source, place, ..clause }
                }
            },
            None => {
                let source = self.expression(pair);
                Clause { source, by: None, window: None, filter: None, per: None, place }
            }
        }
    }

    /// `(events within 30d where paid)`; of `rows`, a comparison with a moment is the window on them.
    pub(super) fn clause_in_parentheses(&mut self, paren: Pair<'_, Rule>, rows: bool) -> Clause {
        let place = self.place(&paren);
        let mut parts = Parts::of(paren);
        if !self.enter(place) {
            self.leave();
            let source = Expr { kind: ExprKind::Missing, place };
            return Clause { source, by: None, window: None, filter: None, per: None, place };
        }
        let source = self.expression(parts.need());
        let clause = self.clause(source, parts.need(), place, rows);
        self.leave();
        clause
    }

    /// Parentheses where no clause may stand.
    pub(super) fn paren(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let tail = pair.clone().into_inner().find(|part| part.as_rule() == Rule::clause_tail);
        if let Some(stray) = tail.and_then(|tail| Parts::of(tail).next()) {
            let word = stray.as_str().split_whitespace().next().unwrap_or("").to_owned();
            let span = self.place(&stray).0;
            let span = crate::source::Span { end: span.start + word.len() as u32, ..span };
            self.tell(
                Diagnostic::error(
                    code::CLAUSE_OUTSIDE,
                    span,
                    format!("`{word}` has no table to choose rows from here"),
                )
                .help("it stands inside an aggregate: `count(orders where paid)`, `avg(users.spend per city)`; or with what is ranked: `ntile(spend where active, 5)`, `top 20% by (spend per city)`"),
            );
        }
        let inner = self.clause_in_parentheses(pair, false).source;
        Expr { kind: ExprKind::Paren(Box::new(inner)), place }
    }
}

/// Whether anything but a source stands in a clause.
fn has_tail(clause: &Clause) -> bool {
    clause.by.is_some() || clause.window.is_some() || clause.filter.is_some() || clause.per.is_some()
}

/// The expression behind a clause's word.
fn second(pair: Pair<'_, Rule>) -> Pair<'_, Rule> {
    let mut parts = Parts::of(pair);
    parts.need();
    parts.need()
}

/// `orders within 90d`, taken for a comparison, is a source and a window.
fn give_window_back(clause: Clause) -> Clause {
    let window =
        |test: &Test| matches!(test, Test::Between(_) | Test::Within(_) | Test::WithinNext(_) | Test::During(_));
    match clause.source.kind {
        ExprKind::Test { subject, negated: false, test, test_place } if window(&test) => {
            Clause { source: *subject, window: Some(Window { test, place: test_place }), ..clause }
        }
        _ => clause,
    }
}

/// The `rule` that a pair is through and through, with nothing beside it.
fn only(pair: Pair<'_, Rule>, rule: Rule) -> Option<Pair<'_, Rule>> {
    let mut pair = pair;
    loop {
        if pair.as_rule() == rule {
            return Some(pair);
        }
        let mut inner = pair.into_inner();
        pair = inner.next()?;
        if inner.next().is_some() {
            return None;
        }
    }
}
