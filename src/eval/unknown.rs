//! What was missing where a condition is unknown: what a summary counts as `unknown 88 (spend 80, last_order 12)`.

use std::collections::BTreeSet;

use crate::{
    eval::reference::Row,
    ir::{Body, Choice, DefinitionId, Expr, ExprKind, Ladder, Over, Rulebook},
    schema::{ColumnId, TableId},
    value::Value,
};

/// Something that is missing for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A column of theirs.
    Column(ColumnId),
    /// A `let` or funnel that asks about many rows and found none: `last_order`.
    Definition(DefinitionId),
    /// A question about the rows of a child table, asked where it is needed.
    Children(TableId),
    /// A question about everybody, likewise.
    Users,
}

/// What is missing for this user that an unknown condition hangs on. Looks into `let`s; a tag is never unknown to those who
/// name it.
pub fn causes(rulebook: &Rulebook, row: &Row<'_, '_>, condition: &Expr) -> BTreeSet<Cause> {
    causes_of_all(rulebook, row, &[condition])
}

/// The same of several conditions together: the arms of a level that a user came past.
pub fn causes_of_all(rulebook: &Rulebook, row: &Row<'_, '_>, conditions: &[&Expr]) -> BTreeSet<Cause> {
    let mut search = Search { rulebook, row, named: vec![], inside: None, found: BTreeSet::new() };
    conditions.iter().for_each(|condition| search.look(condition));
    // A list of names still to look behind, not a recursion: `let`s may build on each other ten thousand deep.
    let mut seen = BTreeSet::new();
    while let Some(id) = search.named.pop() {
        if seen.insert(id) {
            search.inside = Some(id);
            search.look_behind(&rulebook.definition(id).body);
        }
    }
    search.found
}

/// What the arms of a level or layer ask, but for `otherwise`.
pub fn asked_by(ladder: &Ladder) -> Vec<&Expr> {
    let asked = ladder.arms.iter().filter_map(|arm| match &arm.choice {
        Choice::From { condition, .. } | Choice::When(condition) => Some(condition),
        Choice::Otherwise => None,
    });
    asked.collect()
}

struct Search<'s> {
    rulebook: &'s Rulebook,
    row: &'s Row<'s, 's>,
    named: Vec<DefinitionId>,
    /// The definition that is being looked behind.
    inside: Option<DefinitionId>,
    found: BTreeSet<Cause>,
}

impl Search<'_> {
    fn look(&mut self, expr: &Expr) {
        if self.row.value(expr) != Value::Missing {
            return;
        }
        match &expr.kind {
            ExprKind::Column(id) => {
                self.found.insert(Cause::Column(*id));
            }
            ExprKind::Aggregate(id) | ExprKind::Reached(id, _) => {
                let aggregate = self.rulebook.aggregate(*id);
                let asked = match aggregate.over {
                    Over::Children(table) => Cause::Children(table),
                    Over::Users => Cause::Users,
                };
                // Of a question about everybody: what this user lacks to belong to a group, or to be ranked.
                let own = aggregate.per.iter().chain(aggregate.source.as_ref().filter(|_| aggregate.is_rank()));
                let before = self.found.len() + self.named.len();
                if aggregate.over == Over::Users {
                    own.for_each(|expr| self.look(expr));
                }
                if self.found.len() + self.named.len() == before {
                    self.found.insert(self.inside.map_or(asked, Cause::Definition));
                }
            }
            ExprKind::Definition(id) | ExprKind::ToNext(id) => self.named.push(*id),
            _ => expr.each_child(&mut |child| self.look(child)),
        }
    }

    fn look_behind(&mut self, body: &Body) {
        match body {
            Body::Let(expr) => self.look(expr),
            Body::Tag(_) | Body::Segment(_) => {}
            Body::Funnel(..) => self.found.extend(self.inside.map(Cause::Definition)),
            Body::Score(score) => score.arms.iter().for_each(|arm| self.look(&arm.points)),
            Body::Level(ladder) | Body::Layer(ladder) => {
                if let Some(by) = &ladder.by {
                    self.look(by);
                }
            }
        }
    }
}
