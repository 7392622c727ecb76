//! Which missing columns left a condition unknown: what a summary counts as `unknown 88 (spend 80, last_order 12)`.

use std::collections::BTreeSet;

use crate::{
    eval::reference::Row,
    ir::{Body, DefinitionId, Expr, ExprKind, Rulebook, TimeWindow},
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
            ExprKind::Definition(id) => self.named.push(*id),
            ExprKind::Constant(_) | ExprKind::Param(_) | ExprKind::Now => {}
            ExprKind::Lookup { key: operand, .. }
            | ExprKind::Ago(operand)
            | ExprKind::FromNow(operand)
            | ExprKind::Not(operand)
            | ExprKind::IsMissing(operand)
            | ExprKind::IsKnown(operand)
            | ExprKind::Negate(operand)
            | ExprKind::Widen(operand)
            | ExprKind::InUploaded { subject: operand, .. }
            | ExprKind::Matches { subject: operand, .. } => self.look(operand),
            ExprKind::If { condition, then, otherwise } => {
                for part in [condition, then, otherwise] {
                    self.look(part);
                }
            }
            ExprKind::Or(parts)
            | ExprKind::And(parts)
            | ExprKind::Quorum { conditions: parts, .. }
            | ExprKind::Coalesce(parts)
            | ExprKind::List(parts)
            | ExprKind::Call { arguments: parts, .. } => {
                for part in parts {
                    self.look(part);
                }
            }
            ExprKind::Compare { left: a, right: b, .. }
            | ExprKind::CompareAge { moment: a, duration: b, .. }
            | ExprKind::In { subject: a, list: b }
            | ExprKind::Text { subject: a, argument: b, .. }
            | ExprKind::Has { subject: a, element: b }
            | ExprKind::HasOf { subject: a, elements: b, .. } => {
                self.look(a);
                self.look(b);
            }
            ExprKind::Between { subject: a, low: b, high: c, .. }
            | ExprKind::AgeBetween { moment: a, low: b, high: c, .. } => {
                for part in [a, b, c] {
                    self.look(part);
                }
            }
            ExprKind::Window { subject, window } => {
                self.look(subject);
                match window {
                    TimeWindow::Ago { near, far, .. } => {
                        self.look(near);
                        self.look(far);
                    }
                    TimeWindow::Within(length) | TimeWindow::WithinNext(length) => self.look(length),
                    TimeWindow::During(_) => {}
                }
            }
            ExprKind::Sum { first, rest } => {
                self.look(first);
                rest.iter().for_each(|(_, term, _)| self.look(term));
            }
            ExprKind::Product { first, rest } => {
                self.look(first);
                rest.iter().for_each(|(_, factor, _)| self.look(factor));
            }
            ExprKind::ToNext(level) => self.named.push(*level),
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
