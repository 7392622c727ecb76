//! The lanes of a condition: those of a leaf among the cuts of its slot, or lanes of its own.

use super::{
    assembler::{Assembler, LeafKey},
    program::{ALL, Leaf, Literal, NONE},
};
use crate::plan::{Atom, AtomId, Node, NodeId, Slot, TruthKey};

impl Assembler<'_> {
    pub(super) fn inner_lane(&mut self, node: NodeId) -> u32 {
        if let Some(lane) = self.inner.get(&node) {
            return *lane;
        }
        let lane = self.two_lanes();
        self.inner.insert(node, lane);
        lane
    }

    fn two_lanes(&mut self) -> u32 {
        let lane = self.program.lanes as u32;
        self.program.lanes += 2;
        lane
    }

    pub(super) fn literal(&mut self, node: NodeId) -> Literal {
        let all = |high| Literal::new(high, NONE, ALL);
        let unknown = Literal::new(NONE, NONE, NONE);
        match self.node(node) {
            None | Some(Node::Always(TruthKey::Unknown)) => unknown,
            Some(Node::Always(TruthKey::True)) => all(ALL),
            Some(Node::Always(TruthKey::False)) => all(NONE),
            Some(Node::Not(inner)) => self.literal(*inner).flipped(true),
            Some(Node::IsUnknown(inner)) => Literal::new(ALL, self.literal(*inner).settled(), ALL),
            Some(Node::Closed(inner)) => {
                let literal = self.literal(*inner);
                if is_plain(&literal) { literal.with_all_settled() } else { all(self.inner_lane(node)) }
            }
            Some(Node::All(_) | Node::Any(_) | Node::AtLeast(..) | Node::Choose(..)) => {
                if let Some((lane, column)) = self.lists.get(&node)
                    && let Some(known) = self.known_lane(Slot::Column(*column))
                {
                    return Literal::new(*lane, NONE, known);
                }
                let lane = self.inner_lane(node);
                Literal::new(lane, NONE, lane + 1)
            }
            Some(Node::Atom(atom)) => self.leaf(*atom),
        }
    }

    pub(super) fn leaf(&mut self, id: AtomId) -> Literal {
        let at = id.0 as usize;
        if let Some(Some(literal)) = self.literals.get(at) {
            return *literal;
        }
        let literal = self.new_leaf(id);
        self.literals.iter_mut().skip(at).take(1).for_each(|slot| *slot = Some(literal));
        literal
    }

    fn new_leaf(&mut self, id: AtomId) -> Literal {
        let found = match self.atom(id) {
            Some(Atom::Range(slot, range)) => self.sources.get(slot).and_then(|at| {
                let (source, cuts) = (self.program.sources.get(*at)?, self.plan.cuts.get(slot)?);
                let lane = |key| source.lane as u32 + cuts.piece(key);
                let literal = Literal::new(lane(range.high), lane(range.low), lane(range.unknown));
                Some(literal.flipped(range.outside))
            }),
            Some(Atom::IsText(column, text)) => self.sources.get(&Slot::Column(*column)).and_then(|at| {
                let source = self.program.sources.get(*at)?;
                let piece = source.rank.text(text)?;
                Some(Literal::new(source.lane as u32 + piece + 1, NONE, source.known()))
            }),
            Some(Atom::Known(slot)) => self
                .sources
                .get(slot)
                .and_then(|at| Some(Literal::new(self.program.sources.get(*at)?.known(), NONE, ALL))),
            Some(Atom::Flag(_) | Atom::OfText(..) | Atom::Opaque(_)) | None => None,
        };
        found.unwrap_or_else(|| {
            let lane = self.own_leaf(LeafKey::Atom(id));
            Literal::new(lane, NONE, lane + 1)
        })
    }

    /// The lanes of a leaf whose bits are found some other way.
    pub(super) fn own_leaf(&mut self, key: LeafKey) -> u32 {
        if let Some((_, lane, _)) = self.leaves.get(&key).and_then(|at| self.program.leaves.get(*at)) {
            return *lane;
        }
        let lane = self.two_lanes();
        let leaf = match key {
            LeafKey::Atom(id) => Leaf::Atom(id),
            LeafKey::KnownText(column) => Leaf::KnownText(column),
        };
        let doubt = self.next_doubt();
        self.leaves.insert(key, self.program.leaves.len());
        self.program.leaves.push((leaf, lane, doubt));
        lane
    }
}

/// Whether what a literal is true of are rows of `high` alone that are known: then it needs no other to be closed.
pub(super) fn is_plain(literal: &Literal) -> bool {
    // Rows before a cut are known; those before the cut of the unknown are told by the lane of the unknown alone.
    literal.flip() == 0 && literal.high <= literal.settled()
}
