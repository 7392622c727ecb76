//! `city = 上海`, `consent = yes`, `last_order > current_date - 30d`: where no table is declared and no data is there, a bare name
//! is a field; a text, a truth or the moment of asking was probably meant.

use std::collections::HashMap;

use super::{
    super::habits::{moment_elsewhere, truth_in_words},
    Found,
};
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
    let mut compared: Vec<(ColumnId, &Expr, Option<&Expr>)> = vec![];
    let mut moments: HashMap<ColumnId, &Expr> = HashMap::new();
    for root in found.roots_and_clauses() {
        root.each(&mut |node| {
            if let ExprKind::Column(id) = &node.kind {
                *reads.entry(*id).or_default() += 1;
                if moment_elsewhere(&table.column(*id).name).is_some() {
                    moments.entry(*id).or_insert(node);
                }
            }
            each_compared(node, &mut |value| {
                if let ExprKind::Column(id) = &value.kind
                    && value.ty == Type::Text
                {
                    let whole = Some(node).filter(|it| matches!(it.kind, ExprKind::Compare { .. }));
                    compared.push((*id, value, whole));
                }
            });
        });
    }
    let taken = |expr: &Expr, name: &str| {
        Diagnostic::warning(TEXT_WITHOUT_QUOTES, expr.span, format!("`{name}` is taken for a field here"))
    };
    let mut moments: Vec<(ColumnId, &Expr)> = moments.into_iter().collect();
    moments.sort_by_key(|(_, expr)| (expr.span.source, expr.span.start));
    for (id, expr) in moments {
        let name = &table.column(id).name;
        let Some(word) = moment_elsewhere(name) else { continue };
        let told = taken(expr, name)
            .note("no `table` is declared, so every bare name is a field")
            .help(format!("the moment of asking is `{word}`; if it is a field, declare the `table`"))
            .suggest(format!("write `{word}`"), expr.span, word);
        found.sink.push(told);
    }
    for (id, expr, whole) in compared {
        let name = &table.column(id).name;
        if reads.get(&id) != Some(&1) || table.key == Some(id) || moment_elsewhere(name).is_some() {
            continue;
        }
        let quoted = super::super::words::quoted_text(name);
        let told =
            taken(expr, name).note("no `table` is declared, so every bare name is a field; a text stands in quotes");
        // `consent = yes`
        if let Some(Expr { kind: ExprKind::Compare { op, left, .. }, span, .. }) = whole
            && let Some(truth) = truth_in_words(name)
        {
            let asked = found.words(left.span);
            let yes = truth == (*op == CompareOp::Equal);
            let written = if yes { asked } else { format!("not {asked}") };
            let told = told
                .help(format!("of what is true or false write `{written}`; if the data says it in a text, `{quoted}`"))
                .suggest(format!("write `{written}`"), *span, written);
            found.sink.push(told);
            continue;
        }
        let told = told
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
