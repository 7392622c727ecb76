//! What conditions can be in doubt about: a bit for each thing that may be missing.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    assembler::{Assembler, LeafKey},
    program::{ALL, ALWAYS, BEYOND, Doubts, Kind, Literal, Segment},
};
use crate::{
    ir::{Expr, ExprKind},
    plan::{Atom, AtomId, Node, NodeId, Slot, TruthKey},
};

impl Assembler<'_> {
    /// A bit of its own for what can be missing, as long as there are some.
    pub(super) fn next_doubt(&self) -> Doubts {
        1 << ((self.program.sources.len() + self.program.leaves.len()) % BEYOND.trailing_zeros() as usize)
    }

    /// What some conditions can be in doubt about together.
    pub(super) fn doubts_of(&self, nodes: &[NodeId]) -> Doubts {
        nodes.iter().filter_map(|node| self.doubts.get(node.0 as usize)).fold(0, |all, one| all | one)
    }

    /// What must be missing of whoever is in an output, or of whom it is unknown.
    pub(super) fn wanted(&self, kind: Kind, literals: &[Literal]) -> Doubts {
        let of = |literal: &Literal| {
            let lane = literal.others_than()?;
            let at = self.program.sources.partition_point(|source| source.known() < lane);
            self.program.sources.get(at).filter(|source| source.known() == lane).map(|source| source.doubt)
        };
        match kind {
            Kind::All => literals.iter().filter_map(of).fold(0, |all, one| all | one),
            Kind::Any | Kind::AtLeast(_) | Kind::Choose => 0,
        }
    }

    /// Says of which segments what all rows of a block lack can be told apart.
    pub(super) fn tell_apart(&mut self) {
        let things = self.program.sources.len() + self.program.leaves.len();
        if things > BEYOND.trailing_zeros() as usize {
            return;
        }
        for segment in &mut self.program.segments {
            segment.tells_apart = segment.kept.is_empty() && segment.lacks.kept.is_empty() && segment.asked.is_empty();
            segment.inner_settled = segment.inner.iter().map(|inner| (inner.lane + 1, inner.doubts)).collect();
            segment.inner_settled.sort_unstable();
        }
    }

    /// What must be found before the conditions of a segment are combined, and what each of them can be in doubt about.
    pub(super) fn sources_of(&mut self, segment: &mut Segment, needed: &[NodeId]) {
        let (mut sources, mut leaves) = (BTreeSet::new(), BTreeSet::new());
        let mut settled: BTreeMap<u32, Doubts> = BTreeMap::new();
        for node in needed {
            let doubts = match self.node(*node) {
                Some(Node::Atom(id)) => self.leaf_of(*id, &mut sources, &mut leaves, &mut settled),
                None | Some(Node::Always(TruthKey::Unknown)) => ALWAYS,
                // Whether something is known is always known.
                Some(Node::Always(_) | Node::Closed(_) | Node::IsUnknown(_)) => 0,
                Some(Node::Not(_) | Node::All(_) | Node::Any(_) | Node::AtLeast(..) | Node::Choose(..)) => {
                    let parts = self.parts(*node).filter_map(|part| self.doubts.get(part.0 as usize));
                    parts.fold(0, |all, one| all | one)
                }
            };
            self.doubts.iter_mut().skip(node.0 as usize).take(1).for_each(|slot| *slot = doubts);
        }
        segment.sources = sources.into_iter().collect();
        segment.leaves = leaves.into_iter().collect();
        segment.settled = settled.into_iter().collect();
    }

    /// Where the bits of an atom come from, and what it can be in doubt about.
    fn leaf_of(
        &mut self,
        id: AtomId,
        sources: &mut BTreeSet<usize>,
        leaves: &mut BTreeSet<usize>,
        settled: &mut BTreeMap<u32, Doubts>,
    ) -> Doubts {
        let literal = self.leaf(id);
        let slot = match self.atom(id) {
            Some(Atom::Range(slot, _) | Atom::Known(slot)) => Some(*slot),
            // Whose text is known stands beside its cuts.
            Some(Atom::IsText(column, _) | Atom::OfText(column, _)) => Some(Slot::Column(*column)),
            Some(Atom::Flag(_) | Atom::Opaque(_)) | None => None,
        };
        let source = slot.and_then(|slot| self.sources.get(&slot)).copied();
        sources.extend(source);
        // Whether something is there at all is told beside whether it is in doubt.
        if let Some(source) = source.and_then(|at| self.program.sources.get(at)) {
            *settled.entry(source.known()).or_default() |= source.doubt;
        }
        let own = self.leaves.get(&LeafKey::Atom(id)).copied();
        leaves.extend(own);
        if literal.settled() == ALL {
            return 0;
        }
        let doubt = match own {
            // What is looked up by a text that is known may be missing all the same.
            Some(own) => self.program.leaves.get(own).map(|(_, _, doubt)| match self.atom(id) {
                Some(Atom::OfText(_, expr)) if !is_settled_by_text(expr) => doubt | BEYOND,
                _ => *doubt,
            }),
            None => source.and_then(|at| self.program.sources.get(at)).map(|source| match literal.settled() {
                settled if settled == source.known() => source.doubt,
                _ => source.doubt | BEYOND,
            }),
        };
        let doubt = doubt.unwrap_or(ALWAYS);
        *settled.entry(literal.settled()).or_default() |= doubt;
        doubt
    }
}

/// What is in doubt where something may be missing: whether it is known, and what is asked of it, where that is in doubt by itself. Of what is
/// not known, everything may be.
pub(super) fn doubts_of_way(settled: &[(u32, Doubts)], above: &[u32], known: u32) -> Doubts {
    let of = |lane: u32| {
        let found = settled.binary_search_by_key(&lane, |(lane, _)| *lane);
        found.ok().and_then(|at| settled.get(at)).map(|(_, doubts)| *doubts)
    };
    above.iter().filter_map(|lane| of(*lane)).fold(of(known).unwrap_or(Doubts::MAX), |all, one| all | one)
}

/// Whether a condition on a text is true or false of every text.
fn is_settled_by_text(expr: &Expr) -> bool {
    let mut settled = true;
    expr.each(&mut |node| {
        settled &= matches!(
            node.kind,
            ExprKind::Column(_)
                | ExprKind::ChildColumn(_)
                | ExprKind::Constant(_)
                | ExprKind::List(_)
                | ExprKind::Compare { .. }
                | ExprKind::In { .. }
                | ExprKind::InUploaded { .. }
                | ExprKind::Matches { .. }
                | ExprKind::Text { .. }
        );
    });
    settled
}
