//! Which missing columns left a condition unknown: what a summary counts as `unknown 88 (spend 80, last_order 12)`.

use std::collections::BTreeSet;

use crate::{
    eval::reference::Row,
    ir::{Body, DefinitionId, Expr, ExprKind, Rulebook},
    schema::ColumnId,
    value::Value,
};

/// The columns that are missing for this user and that an unknown condition hangs on. Looks into `let`s; a tag is never
/// unknown to those who name it.
pub fn missing_columns(rulebook: &Rulebook, row: &Row<'_, '_>, condition: &Expr) -> BTreeSet<ColumnId> {
    let mut search = Search { row, named: vec![], found: BTreeSet::new() };
    search.look(condition);
    // A list of names still to look behind, not a recursion: `let`s may build on each other ten thousand deep.
    let mut seen = BTreeSet::new();
    while let Some(id) = search.named.pop() {
        if seen.insert(id) {
            search.look_behind(&rulebook.definition(id).body);
        }
    }
    search.found
}

struct Search<'s> {
    row: &'s Row<'s, 's>,
    named: Vec<DefinitionId>,
    found: BTreeSet<ColumnId>,
}

impl Search<'_> {
    fn look(&mut self, expr: &Expr) {
        if self.row.value(expr) != Value::Missing {
            return;
        }
        match &expr.kind {
            ExprKind::Column(id) => {
                self.found.insert(*id);
            }
            ExprKind::Definition(id) | ExprKind::ToNext(id) => self.named.push(*id),
            _ => expr.each_child(&mut |child| self.look(child)),
        }
    }

    fn look_behind(&mut self, body: &Body) {
        match body {
            Body::Let(expr) => self.look(expr),
            Body::Tag(_) => {}
            Body::Score(score) => score.arms.iter().for_each(|arm| self.look(&arm.points)),
            Body::Level(ladder) | Body::Layer(ladder) => {
                if let Some(by) = &ladder.by {
                    self.look(by);
                }
            }
        }
    }
}
