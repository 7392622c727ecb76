//! What is missing where a condition is unknown: ways from it to what its leaves read.

use std::collections::{BTreeMap, BTreeSet};

use super::assembler::{Assembler, LeafKey};
use crate::{
    eval::unknown::Cause,
    ir::{Aggregate, AggregateId, Body, DefinitionId, Expr, ExprKind, Over, Rulebook},
    plan::{Atom, Node, NodeId, Slot},
};

/// What is missing where something is unknown: ways to it through conditions that are not settled.
#[derive(Default)]
pub(super) struct Ways {
    pub(super) of: BTreeMap<Cause, Vec<(Vec<u32>, u32)>>,
    /// Ways to what lies ahead or is missing, and the same to what is missing alone: the others are ahead.
    pub(super) ahead: Ahead,
    pub(super) asked: Vec<Vec<u32>>,
    /// How many conditions were met on the way.
    met: usize,
}

/// As many conditions are met on all ways together; what others stand on many times over has more ways than can be told.
const MET: usize = 20_000;

impl Ways {
    /// From a condition to all that its leaves read; where that is too much, the plain interpreter is asked of everybody.
    pub(super) fn from(assembler: &mut Assembler<'_>, node: NodeId, named: &[DefinitionId]) -> Ways {
        let mut ways = Ways::default();
        assembler.ways(node, true, &[], named, &mut ways);
        match ways.met > MET {
            true => Ways { asked: vec![vec![]], ..Ways::default() },
            false => ways,
        }
    }
}

impl Assembler<'_> {
    /// Finds what is missing where a condition is unknown. `above` are the conditions that it stands in, by the lane of whom
    /// they are settled.
    fn ways(&mut self, node: NodeId, is_root: bool, above: &[u32], named: &[DefinitionId], ways: &mut Ways) {
        ways.met += 1;
        if ways.met > MET {
            return;
        }
        let within = |lane: u32| above.iter().copied().chain([lane]).collect::<Vec<u32>>();
        match self.node(node) {
            None | Some(Node::Always(_) | Node::Closed(_) | Node::IsUnknown(_)) => {}
            Some(Node::Not(inner)) => self.ways(*inner, is_root, above, named, ways),
            Some(Node::All(_) | Node::Any(_) | Node::AtLeast(..) | Node::Choose(..)) => {
                let own = if is_root { above.to_vec() } else { within(self.literal(node).settled()) };
                for part in self.parts(node) {
                    self.ways(part, false, &own, named, ways);
                }
            }
            Some(Node::Atom(id)) => {
                let settled = self.literal(node).settled();
                match self.atom(*id) {
                    Some(Atom::Range(Slot::Column(column), _) | Atom::IsText(column, _)) => {
                        let column = *column;
                        let known = self.known_lane(Slot::Column(column)).unwrap_or(settled);
                        let (ways, ways_ahead) =
                            (ways.of.entry(Cause::Column(column)).or_insert_with(no_way), &mut ways.ahead);
                        // Of the texts of a list it is asked once.
                        if ways.last().is_none_or(|(last, it)| *it != known || last != above) {
                            ways.push((above.to_vec(), known));
                        }
                        self.ahead(Cause::Column(column), above, (known, settled), ways_ahead);
                    }
                    Some(Atom::Flag(Slot::Column(column))) => {
                        ways.of.entry(Cause::Column(*column)).or_insert_with(no_way).push((above.to_vec(), settled));
                    }
                    Some(Atom::OfText(column, _)) => {
                        let column = *column;
                        let known = match self.known_lane(Slot::Column(column)) {
                            Some(known) => known,
                            None => self.own_leaf(LeafKey::KnownText(column)),
                        };
                        ways.of.entry(Cause::Column(column)).or_insert_with(no_way).push((within(settled), known));
                    }
                    Some(Atom::Range(slot @ Slot::Aggregate(aggregate), _)) => {
                        let (slot, aggregate) = (*slot, *aggregate);
                        let origins = origins(self.rulebook, named, aggregate);
                        match (origins.as_slice(), self.known_lane(slot)) {
                            ([cause], Some(known)) => {
                                ways.of.entry(*cause).or_insert_with(no_way).push((above.to_vec(), known));
                                self.ahead(*cause, above, (known, settled), &mut ways.ahead);
                            }
                            _ => ways.asked.push(within(settled)),
                        }
                    }
                    Some(Atom::Known(_)) | None => {}
                    Some(Atom::Range(..) | Atom::Flag(_) | Atom::Opaque(_)) => ways.asked.push(within(settled)),
                }
            }
        }
    }
}

/// Most often there is one.
fn no_way() -> Vec<(Vec<u32>, u32)> {
    Vec::with_capacity(1)
}

type Ahead = BTreeMap<Cause, [Vec<(Vec<u32>, u32)>; 2]>;

impl Assembler<'_> {
    /// Where something is known and a condition on it is not settled, it lies ahead.
    fn ahead(&self, cause: Cause, above: &[u32], (known, settled): (u32, u32), ways: &mut Ahead) {
        if known != settled {
            let [either, missing] = ways.entry(cause.ahead()).or_default();
            either.push((above.to_vec(), settled));
            missing.push((above.to_vec(), known));
        }
    }
}

/// What is said to be missing where a question over many rows has no answer: the `let` that asks it, or whose rows.
fn origins(rulebook: &Rulebook, named: &[DefinitionId], wanted: AggregateId) -> Vec<Cause> {
    let aggregate = rulebook.aggregate(wanted);
    if !is_plain_question(aggregate) {
        return vec![];
    }
    let mut causes: BTreeSet<Cause> = BTreeSet::new();
    let (mut seen, mut open) = (BTreeSet::new(), vec![]);
    let mut look = |expr: &Expr, inside: Option<DefinitionId>, open: &mut Vec<DefinitionId>| {
        expr.each(&mut |node| match &node.kind {
            ExprKind::Aggregate(id) | ExprKind::Reached(id, _) if *id == wanted => {
                let asked = match aggregate.over {
                    Over::Children(table) => Cause::Children(table),
                    Over::Users => Cause::Users,
                };
                causes.insert(inside.map_or(asked, Cause::Definition));
            }
            ExprKind::Definition(id) | ExprKind::ToNext(id) => open.push(*id),
            _ => {}
        });
    };
    for id in named {
        rulebook.definition(*id).body.each_expr(&mut |expr| look(expr, None, &mut open));
    }
    let mut funnels = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        match &rulebook.definition(id).body {
            Body::Tag(_) | Body::Segment(_) => {}
            Body::Funnel(_, aggregate) if *aggregate == wanted => {
                funnels.insert(Cause::Definition(id));
            }
            body => body.each_expr(&mut |expr| look(expr, Some(id), &mut open)),
        }
    }
    causes.extend(funnels);
    causes.into_iter().collect()
}

/// Whether nothing of the user's own can be missing for it.
fn is_plain_question(aggregate: &Aggregate) -> bool {
    aggregate.per.is_empty() && !aggregate.is_rank()
}
