//! Texts that rules compare a column with, held against those that the data has: `city = "Shanghia"` of data that knows `Shanghai`
//! alone selects nobody, and nothing else says so.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use crate::{
    diagnostic::{Diagnostic, code::TEXT_NOT_IN_DATA, nearest},
    ir::{CompareOp, Expr, ExprKind, Rulebook},
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

/// The texts that rules compare a column with and that no row has, nor one that is near to them.
#[derive(Debug)]
pub struct Unseen<'c> {
    /// `city`; of a child table with its name, `orders.category`.
    pub column: String,
    /// Each once, with the first place that names it.
    pub texts: Vec<(&'c str, Span)>,
    /// What the rows have, in order; nothing where all are missing.
    pub seen: Vec<&'c str>,
}

#[derive(Debug, Default)]
struct Compared {
    /// What the rules compare it with, and where.
    with: Vec<(Arc<str>, Span)>,
    /// What was seen; none once there was too much.
    seen: Option<HashSet<Arc<str>>>,
    /// Whether there is a row.
    has_rows: bool,
}

/// A text, where rules name it, and what it is near to.
type NotSeen<'c> = (&'c str, Span, Option<String>);

impl ComparedTexts {
    /// Those of a rulebook.
    pub fn of(rulebook: &Rulebook) -> ComparedTexts {
        let mut compared = ComparedTexts { columns: BTreeMap::new() };
        let root = rulebook.schema.root;
        rulebook.each_question(&mut |expr, rows| compared.look(expr, root, rows));
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
            compared.has_rows = true;
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

    /// What was seen of each column of few texts, in order, and the texts of the rules that were not, with what each is near to.
    fn unknown(&self) -> impl Iterator<Item = (TableId, ColumnId, Vec<&str>, Vec<NotSeen<'_>>)> {
        self.columns.iter().filter_map(|((table, column), compared)| {
            let seen = compared.seen.as_ref().filter(|_| compared.has_rows)?;
            let mut known: Vec<&str> = seen.iter().map(|text| &**text).collect();
            known.sort_unstable();
            let near = |text: &str| {
                let near = nearest(text, known.iter().copied()).filter(|near| is_misspelt(text, near));
                near.map(str::to_owned)
            };
            let unseen = compared.with.iter().filter(|(text, _)| !seen.contains(text));
            let unseen = unseen.map(|(text, span)| (&**text, *span, near(text))).collect();
            Some((*table, *column, known, unseen))
        })
    }

    /// What no row has, and what no row has anything near to either: nothing may be wrong with it.
    pub fn unseen(&self, rulebook: &Rulebook) -> Vec<Unseen<'_>> {
        let mut all = vec![];
        for (table, column, seen, unseen) in self.unknown() {
            let mut texts: Vec<(&str, Span)> = vec![];
            for (text, span, near) in unseen {
                if near.is_none() && texts.iter().all(|(other, _)| *other != text) {
                    texts.push((text, span));
                }
            }
            let of = rulebook.schema.table(table);
            let name = &of.column(column).name;
            let column = if table == rulebook.schema.root { name.to_string() } else { format!("{}.{name}", of.name) };
            if !texts.is_empty() {
                all.push(Unseen { column, texts, seen });
            }
        }
        all
    }

    /// A warning for each text that was never seen, where one that is near to it was.
    pub fn doubts(&self, rulebook: &Rulebook) -> Vec<Diagnostic> {
        let mut doubts = vec![];
        for (table, column, _, unseen) in self.unknown() {
            for (text, span, near) in unseen {
                let Some(near) = near else { continue };
                let column = &rulebook.schema.table(table).column(column).name;
                let written = quoted_text(&near);
                let message = format!("no `{column}` in the data is {}", quoted_text(text));
                doubts.push(
                    Diagnostic::warning(TEXT_NOT_IN_DATA, span, message)
                        .help(format!("did you mean `{written}`? texts are compared letter by letter"))
                        .suggest(format!("write `{written}`"), span, written),
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
