//! Which conditions of a segment nobody is in doubt about, so that they are conjunctions and no more, and which are the others: found
//! anew only where something else is in doubt than in the block before.

use super::program::{Doubts, Group, Segment};

/// The conditions of a segment on two sides.
#[derive(Debug, Default)]
pub(super) struct Sides {
    /// What was in doubt when they were told apart.
    doubts: Option<Doubts>,
    pub(super) inner: Apart,
    pub(super) outputs: Apart,
}

/// Conditions told apart, each by its place in its group.
#[derive(Debug, Default)]
pub(super) struct Apart {
    sure: Vec<u32>,
    open: Vec<u32>,
    /// By group: where its own end.
    ends: Vec<(usize, usize)>,
}

impl Sides {
    /// Nothing is known of another segment.
    pub(super) fn forget(&mut self) {
        self.doubts = None;
    }

    /// Tells them apart by what is in doubt.
    pub(super) fn tell(&mut self, segment: &Segment, doubts: Doubts) {
        if self.doubts.replace(doubts) == Some(doubts) {
            return;
        }
        self.inner.tell(&segment.inner_groups, segment.inner.iter().map(|inner| inner.doubts), doubts);
        self.outputs.tell(&segment.groups, segment.doubts.iter().copied(), doubts);
    }
}

impl Apart {
    fn tell(&mut self, groups: &[Group], own: impl Iterator<Item = Doubts>, doubts: Doubts) {
        let mut own = own;
        self.sure.clear();
        self.open.clear();
        self.ends.clear();
        for group in groups {
            for (at, own) in own.by_ref().take(group.outputs.len()).enumerate() {
                let side = if group.shape.is_some() && own & doubts == 0 { &mut self.sure } else { &mut self.open };
                side.push(at as u32);
            }
            self.ends.push((self.sure.len(), self.open.len()));
        }
    }

    /// Those of a group: about which nobody is in doubt, and the others.
    pub(super) fn of(&self, group: usize) -> (&[u32], &[u32]) {
        let end = |group: usize| self.ends.get(group).copied().unwrap_or_default();
        let (from, to) = (group.checked_sub(1).map(end).unwrap_or_default(), end(group));
        (self.sure.get(from.0..to.0).unwrap_or_default(), self.open.get(from.1..to.1).unwrap_or_default())
    }
}
