//! `vip and vip`: one condition twice, where two were probably meant.

use super::super::{book::Rule, walk};
use crate::{
    diagnostic::{Diagnostic, Sink, code::ASKED_TWICE},
    source::Span,
    syntax::ast::{Choice, Expr, ExprKind},
};

pub(super) fn look(expr: &Expr, sink: &mut Sink) {
    match &expr.kind {
        ExprKind::And(all) | ExprKind::Or(all) => repeated(all, Repeated::Joined, sink),
        ExprKind::Quorum { conditions, .. } => repeated(conditions, Repeated::Listed, sink),
        _ => {}
    }
    walk::parts(expr, &mut |part| look(part, sink));
}

/// How the conditions stand together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeated {
    /// By `and` or `or`: asking twice changes nothing.
    Joined,
    /// In `at least 2 of (…)`, where one condition then counts twice.
    Listed,
}

/// Conditions beyond this many are not held against each other.
const MANY: usize = 500;

fn repeated(all: &[Expr], how: Repeated, sink: &mut Sink) {
    let mut before: Option<&Expr> = None;
    for (at, expr) in all.iter().take(MANY).enumerate() {
        let same = all.iter().take(at).find(|first| first.unparenthesised() == expr.unparenthesised());
        if let (Some(first), Some(before)) = (same, before) {
            let cut = Span { start: before.span().end, ..expr.span() };
            let note = match how {
                Repeated::Joined => "asked twice, it says no more than once",
                Repeated::Listed => "asked twice, it counts twice",
            };
            sink.push(
                Diagnostic::warning(ASKED_TWICE, expr.span(), "the same condition is asked twice")
                    .label(first.span(), "asked here first")
                    .note(note)
                    .help("remove one of them, or write the condition that was meant")
                    .suggest("remove the second", cut, ""),
            );
        }
        before = Some(expr);
    }
}

/// Two arms of a level or layer with one condition: the second is never given.
pub(super) fn arms(rule: Rule<'_>, sink: &mut Sink) {
    let mut seen: Vec<&Expr> = vec![];
    for arm in rule.arms().unwrap_or_default().iter().take(MANY) {
        let Choice::When(condition) = &arm.choice else { continue };
        if let Some(first) = seen.iter().find(|it| it.unparenthesised() == condition.unparenthesised()) {
            sink.push(
                Diagnostic::warning(ASKED_TWICE, condition.span(), "the arm above has the same condition")
                    .label(first.span(), "whoever this is true of gets the value of this arm")
                    .help(format!(
                        "write the condition that `{}` was meant to have, or remove the arm",
                        arm.name.symbol
                    )),
            );
        }
        seen.push(condition);
    }
}
