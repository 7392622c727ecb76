//! `a or b and c`: `and` binds tighter, and many read it the other way.

use super::super::walk;
use crate::{
    diagnostic::{Diagnostic, Edit, Fix, Sink, code::OR_BESIDE_AND},
    syntax::ast::{Expr, ExprKind},
};

pub(super) fn look(expr: &Expr, sink: &mut Sink) {
    if let ExprKind::Or(all) = &expr.kind {
        for part in all.iter().filter(|part| matches!(part.kind, ExprKind::And(_))) {
            let span = part.span();
            let edits =
                vec![Edit { span: span.before(), text: "(".into() }, Edit { span: span.after(), text: ")".into() }];
            sink.push(
                Diagnostic::warning(OR_BESIDE_AND, span, "`or` beside `and` without parentheses")
                    .note("`and` binds tighter than `or`")
                    .help("put parentheses around what belongs together")
                    .with_fix(Fix { title: "put parentheses around the `and`".into(), edits, certain: true }),
            );
        }
    }
    walk::parts(expr, &mut |part| look(part, sink));
}
