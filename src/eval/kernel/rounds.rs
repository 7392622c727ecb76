//! After how many rounds of levels, scores and values a condition can be answered: those that it reads by name come first.

use super::assembler::Assembler;
use crate::{
    ir::{Expr, ExprKind},
    plan::{Atom, Node, NodeId, Slot, Step},
};

impl Assembler<'_> {
    /// When each node can be answered.
    pub(super) fn levels(&mut self) {
        // Nodes stand after what they are made of, steps after the nodes they need; both are walked together.
        let mut steps = self.plan.steps.iter();
        self.levels = vec![0; self.plan.nodes.len()];
        let mut done = 0;
        for step in steps.by_ref() {
            let needed = nodes_of(step);
            let upto = needed.iter().map(|node| node.0 as usize + 1).max().unwrap_or(done).max(done);
            while done < upto {
                let level = self.level_of_node(done);
                if let Some(slot) = self.levels.get_mut(done) {
                    *slot = level;
                }
                done += 1;
            }
            let of_nodes = needed.iter().filter_map(|node| self.levels.get(node.0 as usize)).copied().max();
            let body = &self.rulebook.definition(step.definition()).body;
            let own = match step {
                Step::Condition(..) => 0,
                Step::Alias(_, slot) => self.level_of_slot(*slot),
                Step::Ladder(..) | Step::Score(..) | Step::Value(_) => {
                    let mut level = 0;
                    body.each_expr(&mut |expr| level = level.max(self.level_of_reads(expr)));
                    level
                }
            };
            let level = of_nodes.unwrap_or(0).max(own);
            self.steps.insert(step.definition(), level);
        }
    }

    fn level_of_node(&self, at: usize) -> usize {
        let of =
            |ids: &[NodeId]| ids.iter().filter_map(|id| self.levels.get(id.0 as usize)).copied().max().unwrap_or(0);
        match self.plan.nodes.get(at) {
            None | Some(Node::Always(_)) => 0,
            Some(Node::Not(inner) | Node::Closed(inner) | Node::IsUnknown(inner)) => of(&[*inner]),
            Some(Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts)) => of(parts),
            Some(Node::Choose(a, b, c)) => of(&[*a, *b, *c]),
            Some(Node::Atom(atom)) => match self.atom(*atom) {
                Some(Atom::Range(slot, _) | Atom::Flag(slot) | Atom::Known(slot)) => self.level_of_slot(*slot),
                Some(Atom::Opaque(expr)) => self.level_of_reads(expr),
                Some(Atom::IsText(..) | Atom::OfText(..)) | None => 0,
            },
        }
    }

    fn level_of_slot(&self, slot: Slot) -> usize {
        match slot {
            Slot::Definition(id) => self.steps.get(&id).copied().unwrap_or(0) + 1,
            Slot::Column(_) | Slot::Aggregate(_) => 0,
        }
    }

    /// After the definitions that are read by name.
    fn level_of_reads(&self, expr: &Expr) -> usize {
        let mut level = 0;
        expr.each(&mut |node| {
            if let ExprKind::Definition(id) | ExprKind::ToNext(id) = &node.kind {
                level = level.max(self.steps.get(id).copied().unwrap_or(0) + 1);
            }
        });
        level
    }
}

/// The conditions that a step needs.
pub(super) fn nodes_of(step: &Step) -> Vec<NodeId> {
    match step {
        Step::Condition(_, node) => vec![*node],
        Step::Ladder(_, arms) => arms.iter().filter_map(|(node, _)| *node).collect(),
        Step::Score(_, arms) => arms.clone(),
        Step::Alias(..) | Step::Value(_) => vec![],
    }
}
