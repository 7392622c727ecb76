//! `city = 上海`: where no table is declared and no data is there, a bare name is a field; a text was probably meant.

use std::collections::HashMap;

use super::Found;
use crate::{
    diagnostic::{Diagnostic, code::TEXT_WITHOUT_QUOTES},
    ir::{CompareOp, Expr, ExprKind},
    schema::ColumnId,
    value::Type,
};

pub(super) fn look(found: &mut Found<'_>) {
    let table = found.rulebook.schema.root();
    if table.declared || found.facts.is_some() {
        return;
    }
    let mut reads: HashMap<ColumnId, usize> = HashMap::new();
    let mut compared: Vec<(ColumnId, &Expr)> = vec![];
    for root in found.roots_and_clauses() {
        root.each(&mut |node| {
            if let ExprKind::Column(id) = &node.kind {
                *reads.entry(*id).or_default() += 1;
            }
            each_compared(node, &mut |value| {
                if let ExprKind::Column(id) = &value.kind
                    && value.ty == Type::Text
                {
                    compared.push((*id, value));
                }
            });
        });
    }
    for (id, expr) in compared {
        if reads.get(&id) != Some(&1) || table.key == Some(id) {
            continue;
        }
        let name = &table.column(id).name;
        let quoted = super::super::words::quoted_text(name);
        let told = Diagnostic::warning(TEXT_WITHOUT_QUOTES, expr.span, format!("`{name}` is taken for a field here"))
            .note("no `table` is declared, so every bare name is a field; a text stands in quotes")
            .help(format!("if it is a text, write `{quoted}`; if it is a field, declare the `table`"))
            .suggest(format!("write `{quoted}`"), expr.span, quoted.clone());
        found.sink.push(told);
    }
}

/// What a field is compared with, where that could be a text: `city = X`, `city in [X, Y]`, `name contains X`.
fn each_compared<'e>(node: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    match &node.kind {
        ExprKind::Compare { op: CompareOp::Equal | CompareOp::NotEqual, left, right } if reads(left) => visit(right),
        ExprKind::In { subject, list } if reads(subject) => {
            if let ExprKind::List(elements) = &list.kind {
                elements.iter().for_each(visit);
            }
        }
        ExprKind::Text { argument: value, .. } | ExprKind::Has { element: value, .. } => visit(value),
        _ => {}
    }
}

fn reads(expr: &Expr) -> bool {
    !matches!(expr.kind, ExprKind::Constant(_))
}
