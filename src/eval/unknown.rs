//! What was missing where a condition is unknown: what a summary counts as `unknown 88 (spend 80, last_order 12)`.

use std::collections::BTreeSet;

use crate::{
    eval::reference::Row,
    ir::{Body, Choice, DefinitionId, Expr, ExprKind, Function, Ladder, Over, Rulebook},
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
    /// It is there and lies ahead, so that it has no age.
    Ahead(Ahead),
}

/// A moment that lies ahead, where an age is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ahead {
    /// A column of theirs.
    Column(ColumnId),
    /// A `let` that asks about many rows.
    Definition(DefinitionId),
    /// A question about the rows of a child table, asked where it is needed.
    Children(TableId),
    /// A question about everybody, likewise.
    Users,
}

impl Cause {
    /// The same, that it lies ahead.
    #[must_use]
    pub fn ahead(self) -> Cause {
        Cause::Ahead(match self {
            Cause::Column(id) => Ahead::Column(id),
            Cause::Definition(id) => Ahead::Definition(id),
            Cause::Children(table) => Ahead::Children(table),
            Cause::Users => Ahead::Users,
            Cause::Ahead(ahead) => ahead,
        })
    }
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
            ExprKind::CompareAge { moment, .. } | ExprKind::AgeBetween { moment, .. } => {
                self.age(moment);
                expr.each_child(&mut |child| self.look(child));
            }
            ExprKind::Call { function: Function::Age, arguments } => {
                arguments.iter().for_each(|moment| {
                    self.age(moment);
                    self.look(moment);
                });
            }
            _ => expr.each_child(&mut |child| self.look(child)),
        }
    }

    /// An age is not known of what lies ahead: of a moment that is there. Only lengths that were computed may be missing beside.
    fn age(&mut self, moment: &Expr) {
        let is_ahead = match self.row.value(moment) {
            Value::Timestamp(instant) => instant > self.row.clock().now(),
            Value::Date(day) => day > self.row.clock().today(),
            _ => false,
        };
        if !is_ahead {
            return;
        }
        let (mut moment, mut inside) = (moment, self.inside);
        while let ExprKind::Definition(id) = &moment.kind
            && let Body::Let(value) = &self.rulebook.definition(*id).body
        {
            (moment, inside) = (value, Some(*id));
        }
        moment.each(&mut |node| match &node.kind {
            ExprKind::Column(id) => drop(self.found.insert(Cause::Column(*id).ahead())),
            ExprKind::Aggregate(id) | ExprKind::Reached(id, _) => {
                let asked = match self.rulebook.aggregate(*id).over {
                    Over::Children(table) => Cause::Children(table),
                    Over::Users => Cause::Users,
                };
                self.found.insert(inside.map_or(asked, Cause::Definition).ahead());
            }
            ExprKind::Definition(id) => drop(self.found.insert(Cause::Definition(*id).ahead())),
            _ => {}
        });
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
