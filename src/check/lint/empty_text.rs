//! `city = ""`: an empty cell of a CSV file is missing, so that no column there is ever an empty text.

use super::Found;
use crate::{
    diagnostic::{Diagnostic, code::EMPTY_TEXT},
    ir::{CompareOp, Expr, ExprKind},
    value::Value,
};

pub(super) fn look(found: &mut Found<'_>) {
    let mut told = vec![];
    for root in found.roots_and_clauses() {
        root.each(&mut |node| {
            if let ExprKind::Compare { op, left, right } = &node.kind {
                told.extend(asked(found, node, *op, left, right).or_else(|| asked(found, node, *op, right, left)));
            }
        });
    }
    told.into_iter().for_each(|it| found.sink.push(it));
}

fn asked(found: &Found<'_>, node: &Expr, op: CompareOp, column: &Expr, value: &Expr) -> Option<Diagnostic> {
    let empty = matches!(&value.kind, ExprKind::Constant(Value::Text(text)) if text.is_empty());
    if !empty || !matches!(column.kind, ExprKind::Column(_) | ExprKind::ChildColumn(_)) {
        return None;
    }
    let name = found.words(column.span);
    let asks = match op {
        CompareOp::Equal => "is missing",
        CompareOp::NotEqual => "is known",
        CompareOp::Less | CompareOp::AtMost | CompareOp::Greater | CompareOp::AtLeast => return None,
    };
    let written = format!("{name} {asks}");
    Some(
        Diagnostic::warning(EMPTY_TEXT, node.span, format!("`{name}` is never an empty text where it comes from CSV"))
            .note("an empty cell is missing")
            .help(format!("write `{written}`"))
            .suggest(format!("write `{written}`"), node.span, written.clone()),
    )
}
