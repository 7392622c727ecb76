//! `anniversary(birthday) within 7d`: the next return of a day never lies behind, so a window that looks back holds today alone.

use super::Found;
use crate::{
    diagnostic::{Diagnostic, code::NEVER_BEHIND},
    ir::{Body, Expr, ExprKind, Function, TimeWindow},
};

pub(super) fn look(found: &mut Found<'_>) {
    let mut told = vec![];
    for root in found.roots_and_clauses() {
        root.each(&mut |node| {
            let ExprKind::Window { subject, window } = &node.kind else { return };
            if !is_anniversary(found, subject) {
                return;
            }
            let words = found.words(subject.span);
            match window {
                TimeWindow::Within(length) => {
                    let length_words = found.words(length.span);
                    let message = format!("`{words}` never lies behind: this is true on the day alone");
                    told.push(
                        Diagnostic::warning(NEVER_BEHIND, node.span, message)
                            .help(format!("write `within next {length_words}`; for the day alone `{words} = today`"))
                            .suggest(format!("write `within next {length_words}`"), length.span.before(), "next "),
                    );
                }
                TimeWindow::Ago { near, far, .. } => {
                    let (near, far) = (found.words(near.span), found.words(far.span));
                    let message = format!("`{words}` never lies behind: nothing lies in `{near}..{far}` ago");
                    told.push(
                        Diagnostic::warning(NEVER_BEHIND, node.span, message).help(format!(
                            "for the days to come write `{words} between {near} from now..{far} from now`"
                        )),
                    );
                }
                TimeWindow::WithinNext(_) | TimeWindow::During(_) => {}
            }
        });
    }
    told.into_iter().for_each(|diagnostic| found.sink.push(diagnostic));
}

/// Whether it is `anniversary(…)`, or a `let` that is.
fn is_anniversary(found: &Found<'_>, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { function: Function::Anniversary, .. } => true,
        ExprKind::Definition(id) => match &found.rulebook.definition(*id).body {
            Body::Let(value) => matches!(&value.kind, ExprKind::Call { function: Function::Anniversary, .. }),
            Body::Tag(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Funnel(..) | Body::Segment(_) => {
                false
            }
        },
        _ => false,
    }
}
