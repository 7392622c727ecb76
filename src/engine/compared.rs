//! Texts that rules compare a column with, held against those that the data has: `city = "Shanghia"` of data that knows `Shanghai`
//! alone selects nobody, and nothing else says so.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use crate::{
    diagnostic::{Diagnostic, code::TEXT_NOT_IN_DATA, nearest},
    ir::{CompareOp, Expr, ExprKind, Over, Rulebook},
    schema::{ColumnId, TableId},
    source::Span,
    value::{Value, print::quoted_text},
};

/// Columns with more different texts than this are names, comments and the like, of which any may come tomorrow.
const FEW: usize = 200;

/// The columns that rules compare with texts, and the texts that were seen in them.
#[derive(Debug)]
pub struct ComparedTexts {
    columns: BTreeMap<(TableId, ColumnId), Compared>,
}

#[derive(Debug, Default)]
struct Compared {
    /// What the rules compare it with, and where.
    with: Vec<(Arc<str>, Span)>,
    /// What was seen; none once there was too much.
    seen: Option<HashSet<Arc<str>>>,
}

impl ComparedTexts {
    /// Those of a rulebook.
    pub fn of(rulebook: &Rulebook) -> ComparedTexts {
        let mut compared = ComparedTexts { columns: BTreeMap::new() };
        let root = rulebook.schema.root;
        for definition in &rulebook.definitions {
            definition.body.each_expr(&mut |expr| compared.look(expr, root, root));
        }
        for aggregate in &rulebook.aggregates {
            let table = match aggregate.over {
                Over::Users => root,
                Over::Children(table) => table,
            };
            aggregate.each_expr(&mut |expr| compared.look(expr, root, table));
        }
        compared
    }

    /// Whether nothing is compared.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    fn look(&mut self, expr: &Expr, root: TableId, rows: TableId) {
        expr.each(&mut |node| {
            let (column, values) = match &node.kind {
                ExprKind::Compare { op: CompareOp::Equal | CompareOp::NotEqual, left, right } => match &left.kind {
                    ExprKind::Constant(_) => (right, left),
                    _ => (left, right),
                },
                ExprKind::In { subject, list } => (subject, list),
                ExprKind::Has { subject, element } => (subject, element),
                ExprKind::HasOf { subject, elements, .. } => (subject, elements),
                _ => return,
            };
            let of = match &column.kind {
                ExprKind::Column(id) => (root, *id),
                ExprKind::ChildColumn(id) => (rows, *id),
                _ => return,
            };
            texts(values, &mut |text, span| {
                let compared = self.columns.entry(of).or_default();
                compared.seen.get_or_insert_default();
                compared.with.push((Arc::clone(text), span));
            });
        });
    }

    /// A row of a table.
    pub fn see(&mut self, table: TableId, values: &[Value]) {
        for ((_, column), compared) in self.columns.range_mut((table, ColumnId(0))..=(table, ColumnId(u32::MAX))) {
            match values.get(column.0 as usize) {
                Some(Value::Text(text)) => compared.see(text),
                Some(Value::List(elements)) => elements.iter().for_each(|element| {
                    if let Value::Text(text) = element {
                        compared.see(text);
                    }
                }),
                _ => {}
            }
        }
    }

    /// A warning for each text that was never seen, where one that is near to it was.
    pub fn doubts(&self, rulebook: &Rulebook) -> Vec<Diagnostic> {
        let mut doubts = vec![];
        for ((table, column), compared) in &self.columns {
            let Some(seen) = &compared.seen else { continue };
            let mut known: Vec<&str> = seen.iter().map(|text| &**text).collect();
            known.sort_unstable();
            for (text, span) in compared.with.iter().filter(|(text, _)| !seen.contains(text)) {
                let Some(near) = nearest(text, known.iter().copied()).filter(|near| is_misspelt(text, near)) else {
                    continue;
                };
                let column = &rulebook.schema.table(*table).column(*column).name;
                let written = quoted_text(near);
                let message = format!("no `{column}` in the data is {}", quoted_text(text));
                doubts.push(
                    Diagnostic::warning(TEXT_NOT_IN_DATA, *span, message)
                        .help(format!("did you mean `{written}`? texts are compared letter by letter"))
                        .suggest(format!("write `{written}`"), *span, written),
                );
            }
        }
        doubts
    }
}

impl Compared {
    fn see(&mut self, text: &Arc<str>) {
        let Some(seen) = &mut self.seen else { return };
        if seen.contains(text) {
            return;
        }
        seen.insert(Arc::clone(text));
        if seen.len() > FEW {
            self.seen = None;
        }
    }
}

/// Whether one may stand for the other: not where they are numbered differently, or two characters of which one is another.
fn is_misspelt(text: &str, near: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|it| !it.is_numeric()).collect::<String>();
    text.chars().count() > 2 && letters(text) != letters(near)
}

/// The texts that are written out in an expression that gives a text, or a list of texts.
fn texts(expr: &Expr, found: &mut impl FnMut(&Arc<str>, Span)) {
    match &expr.kind {
        ExprKind::Constant(Value::Text(text)) if !text.is_empty() => found(text, expr.span),
        ExprKind::List(all) => all.iter().for_each(|element| texts(element, found)),
        _ => {}
    }
}
