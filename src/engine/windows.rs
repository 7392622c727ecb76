//! The time conditions of a rulebook, each as the two instants that it comes to at one as-of.

use crate::{
    eval::{
        Answers, Context, Interpreter,
        reference::{SoFar, moment_type},
    },
    ir::{self, Expr, ExprKind},
    source::Span,
    value::{Clock, time::Window},
};

/// Each `within`, `between` and `during` that asks about time, in the order written, and the window that it is at this as-of:
/// none where its length is another for each user, or leaves the calendar.
pub fn windows(rulebook: &ir::Rulebook, clock: Clock) -> Vec<(Span, Option<Window>)> {
    let context = Context::new(clock);
    let interpreter = Interpreter::new(rulebook, &context);
    let answers = Answers::none(rulebook);
    let nobody = SoFar { record: &[], answers: &answers };
    let mut found = vec![];
    let mut look = |expr: &Expr| {
        if let ExprKind::Window { subject, window } = &expr.kind {
            found.push((expr.span, interpreter.row(&nobody).window(window, moment_type(&subject.ty))));
        }
    };
    rulebook.definitions.iter().for_each(|it| it.body.each_expr(&mut |expr| expr.each(&mut look)));
    rulebook.aggregates.iter().for_each(|it| it.each_expr(&mut |expr| expr.each(&mut look)));
    found.sort_by_key(|(span, _)| *span);
    found.dedup_by_key(|(span, _)| *span);
    found
}
