//! What must be found of a user so that some conditions can be asked.

use std::collections::BTreeSet;

use crate::ir::{AggregateId, Body, DefinitionId, Expr, ExprKind, Over, Rulebook};

use super::person::Slot;
use crate::schema::Source;

/// Definitions in the order of evaluation, and questions over rows that stand in the conditions themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    pub(super) order: Vec<DefinitionId>,
    pub(super) aggregates: Vec<AggregateId>,
}

impl Part {
    /// What these conditions read.
    pub(super) fn of<'e>(rulebook: &Rulebook, conditions: impl IntoIterator<Item = &'e Expr>) -> Part {
        let (mut named, mut aggregates) = (BTreeSet::new(), BTreeSet::new());
        let mut note = |node: &Expr| match &node.kind {
            ExprKind::Definition(id) | ExprKind::ToNext(id) => {
                named.insert(*id);
            }
            ExprKind::Aggregate(id) => {
                aggregates.insert(*id);
            }
            ExprKind::Reached(_, funnel) => {
                named.insert(*funnel);
            }
            _ => {}
        };
        conditions.into_iter().for_each(|expr| expr.each(&mut note));
        for id in aggregates.clone() {
            rulebook.aggregate(id).each_expr(&mut |expr| {
                expr.each(&mut |node| {
                    if let ExprKind::Definition(id) | ExprKind::ToNext(id) | ExprKind::Reached(_, id) = &node.kind {
                        named.insert(*id);
                    }
                });
            });
        }
        Part { order: rulebook.order_of(&rulebook.reads(named)), aggregates: aggregates.into_iter().collect() }
    }
}

/// What a condition stands on: each thing of a user that decides it and could be another, in the order written, but what stands
/// in their record first, since that can be changed as it is told. `key` is who they are, and stays.
pub(super) fn slots(rulebook: &Rulebook, condition: &Expr) -> Vec<Slot> {
    let mut found = vec![];
    walk(rulebook, condition, &mut |rulebook, node| {
        let slot = match &node.kind {
            // What the state remembers nobody can give.
            ExprKind::Column(id) if rulebook.schema.root().column(*id).source == Source::State => return,
            ExprKind::Column(id) if rulebook.schema.root().key != Some(*id) => Slot::Column(*id),
            ExprKind::Aggregate(id) if rulebook.aggregate(*id).over != Over::Users => Slot::Aggregate(*id),
            ExprKind::Definition(id) if stands_for_rows(rulebook, *id) => Slot::Definition(*id),
            ExprKind::Reached(id, _) => Slot::Reached(*id),
            _ => return,
        };
        if !found.contains(&slot) {
            found.push(slot);
        }
    });
    found.sort_by_key(|slot| !matches!(slot, Slot::Column(_)));
    found
}

/// Whether a name stands for something that is found from rows of child tables alone: it can be given, as in a test. What is
/// found from columns beside them is looked behind, since a column can be changed.
pub(super) fn stands_for_rows(rulebook: &Rulebook, id: DefinitionId) -> bool {
    let definition = rulebook.definition(id);
    match &definition.body {
        Body::Funnel(..) => true,
        Body::Let(expr) => {
            let mut beside = false;
            expr.each(&mut |node| {
                beside |= matches!(
                    node.kind,
                    ExprKind::Column(_) | ExprKind::Definition(_) | ExprKind::ToNext(_) | ExprKind::Reached(..)
                );
            });
            !beside && definition.aggregates.iter().any(|id| rulebook.aggregate(*id).over != Over::Users)
        }
        Body::Tag(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Segment(_) => false,
    }
}

/// Each node of a condition, of the definitions that it builds on (but for those that stand for rows), and of the questions over
/// everybody that it asks, where they read this user.
pub(super) fn walk<'a>(rulebook: &'a Rulebook, condition: &'a Expr, found: &mut dyn FnMut(&'a Rulebook, &'a Expr)) {
    let mut seen: BTreeSet<DefinitionId> = BTreeSet::new();
    let mut asked: BTreeSet<AggregateId> = BTreeSet::new();
    let mut open: Vec<&Expr> = vec![condition];
    while let Some(node) = open.pop() {
        found(rulebook, node);
        let before = open.len();
        match &node.kind {
            ExprKind::Definition(id) | ExprKind::ToNext(id) => {
                if !stands_for_rows(rulebook, *id) && seen.insert(*id) {
                    rulebook.definition(*id).body.each_expr(&mut |expr| open.push(expr));
                }
            }
            ExprKind::Aggregate(id) => {
                let aggregate = rulebook.aggregate(*id);
                if aggregate.over == Over::Users && asked.insert(*id) {
                    aggregate.each_expr(&mut |expr| open.push(expr));
                }
            }
            _ => node.each_child(&mut |child| open.push(child)),
        }
        open.get_mut(before..).unwrap_or_default().reverse();
    }
}
