//! What this version parses and formats, and does not evaluate yet.

use super::{Checker, book::Book};
use crate::{
    diagnostic::{Diagnostic, code::NOT_SUPPORTED_YET},
    source::Span,
    syntax::ast::{Argument, DeclarationKind, Expr, ExprKind},
};

/// Functions over children, populations and state.
pub(super) const LATER: &[&str] =
    &["count", "sum", "avg", "quantile", "first", "last", "most", "distinct", "any", "ntile", "held", "reached"];

/// Those that take a list as well.
const AGGREGATES: &[&str] = &["count", "sum", "avg", "quantile", "first", "last", "most", "distinct"];

impl Checker<'_> {
    /// Whether an expression is one that this version does not evaluate.
    pub(super) fn is_not_supported(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Rank { .. } => true,
            ExprKind::Call { function, arguments } => {
                let word = function.symbol.as_str();
                let over_a_list = AGGREGATES.contains(&word) && !arguments.iter().any(|it| self.is_table(it));
                (LATER.contains(&word) && !over_a_list) || arguments.iter().any(|it| self.is_aggregate_argument(it))
            }
            _ => false,
        }
    }

    fn is_table(&self, argument: &Argument) -> bool {
        match argument {
            Argument::Clause(clause) => match &clause.source.kind {
                ExprKind::Name(name) => self.schema.find(&name.symbol).is_some(),
                _ => false,
            },
            Argument::Range(_) | Argument::Pattern(_) => false,
        }
    }

    fn is_aggregate_argument(&self, argument: &Argument) -> bool {
        let Argument::Clause(clause) = argument else { return false };
        let clauses = clause.by.is_some() || clause.window.is_some() || clause.filter.is_some() || clause.per.is_some();
        let child = match &clause.source.kind {
            ExprKind::Field { base, .. } => match &base.kind {
                ExprKind::Name(name) => self.schema.find(&name.symbol).is_some(),
                _ => false,
            },
            _ => false,
        };
        clauses || child
    }

    /// Tells where an expression cannot be evaluated yet.
    pub(super) fn tell_later(&mut self, span: Span, what: &str) {
        self.sink.push(
            Diagnostic::error(NOT_SUPPORTED_YET, span, format!("{what} is not supported yet"))
                .note("this version parses and formats it; it does not evaluate it"),
        );
    }

    /// Tells every declaration that cannot be evaluated yet.
    pub(super) fn tell_what_is_not_supported(&mut self, book: &Book<'_>) {
        for declaration in &book.later {
            let word = match &declaration.kind {
                DeclarationKind::Funnel(_) => "funnel",
                DeclarationKind::Segment(_) => "segment",
                DeclarationKind::Policy(_) => "policy",
                DeclarationKind::Template(_) => "template",
                DeclarationKind::Channel(_) => "channel",
                DeclarationKind::Test(_) => "test",
                DeclarationKind::Snapshot(_) => "snapshot",
                _ => continue,
            };
            let start = declaration.span();
            let span = Span { end: start.start + word.len() as u32, ..start };
            self.tell_later(span, &format!("`{word}`"));
        }
    }
}
