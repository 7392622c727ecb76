//! Which conditions of a segment nobody is in doubt about, so that they are conjunctions and no more, and which are the others: found
//! once for each of the last sets of what was in doubt in a block.

use std::ops::Range;

use super::program::{ALWAYS, BEYOND, Doubts, Group, NOWHERE, Segment};

/// The conditions of a segment on two sides, as they were told apart for what was in doubt in some blocks before.
#[derive(Debug, Default)]
pub(super) struct Sides {
    /// Which of the segments they are of.
    segment: usize,
    known: Vec<(Doubts, Side)>,
    /// Which of them is forgotten next where there are too many.
    oldest: usize,
}

/// So many are remembered: where rows are put together by what they lack, a few come again and again.
const REMEMBERED: usize = 32;

/// The conditions of a segment on two sides.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub(super) inner: Apart,
    pub(super) outputs: Apart,
}

/// Conditions told apart, each by its place in its group.
#[derive(Debug, Default)]
pub(super) struct Apart {
    sure: Vec<u32>,
    open: Vec<Open>,
    /// By group: where its own end.
    ends: Vec<(usize, usize)>,
}

/// A condition about which somebody may be in doubt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) at: u32,
    /// What alone can be missing where it is unknown, among the segment's lacks; or [`NOWHERE`].
    pub(super) lack: u32,
}

impl Sides {
    /// Nothing is known of another segment.
    pub(super) fn begin(&mut self, segment: usize) {
        if self.segment != segment {
            *self = Sides { segment, ..Sides::default() };
        }
    }

    /// Tells them apart by what is in doubt.
    pub(super) fn tell(&mut self, segment: &Segment, doubts: Doubts) -> &Side {
        let found = self.known.iter().position(|(known, _)| *known == doubts);
        let at = found.unwrap_or_else(|| {
            if self.known.len() < REMEMBERED {
                self.known.push((doubts, Side::default()));
                self.oldest = self.known.len() - 1;
            } else {
                self.oldest = (self.oldest + 1) % REMEMBERED;
            }
            if let Some((known, side)) = self.known.get_mut(self.oldest) {
                *known = doubts;
                side.tell(segment, doubts);
            }
            self.oldest
        });
        self.known.get(at).map_or(&NOTHING, |(_, side)| side)
    }
}

static NOTHING: Side = Side { inner: Apart::NONE, outputs: Apart::NONE };

impl Side {
    fn tell(&mut self, segment: &Segment, doubts: Doubts) {
        self.inner.tell(&segment.inner_groups, segment.inner.iter().map(|inner| (inner.doubts, 0..0)), doubts, segment);
        let mut end = 0;
        let lacks = segment.lacks.lasts.iter().map(|last| {
            let first = std::mem::replace(&mut end, *last as usize);
            first..end
        });
        self.outputs.tell(&segment.groups, segment.doubts.iter().copied().zip(lacks), doubts, segment);
    }
}

impl Apart {
    const NONE: Apart = Apart { sure: vec![], open: vec![], ends: vec![] };

    /// `own` is of each condition what it can be in doubt about, and where what it lacks then stands.
    fn tell(
        &mut self,
        groups: &[Group],
        own: impl Iterator<Item = (Doubts, Range<usize>)>,
        doubts: Doubts,
        segment: &Segment,
    ) {
        let mut own = own;
        self.sure.clear();
        self.open.clear();
        self.ends.clear();
        for group in groups {
            for (at, (own, lacks)) in (0..).zip(own.by_ref().take(group.outputs.len())) {
                if group.shape.is_some() && own & doubts == 0 {
                    self.sure.push(at);
                } else {
                    self.open.push(Open { at, lack: only_lack(segment, own & doubts, lacks) });
                }
            }
            self.ends.push((self.sure.len(), self.open.len()));
        }
    }

    /// Those of a group: about which nobody is in doubt, and the others.
    pub(super) fn of(&self, group: usize) -> (&[u32], &[Open]) {
        let end = |group: usize| self.ends.get(group).copied().unwrap_or_default();
        let (from, to) = (group.checked_sub(1).map(end).unwrap_or_default(), end(group));
        (self.sure.get(from.0..to.0).unwrap_or_default(), self.open.get(from.1..to.1).unwrap_or_default())
    }
}

/// Of some lacks the one that alone can be, where that is one.
fn only_lack(segment: &Segment, doubts: Doubts, own: Range<usize>) -> u32 {
    let lacks = &segment.lacks;
    if !segment.asked.is_empty() || !lacks.kept.is_empty() || doubts & (ALWAYS | BEYOND) != 0 {
        return NOWHERE;
    }
    let mut possible = own.filter(|at| lacks.doubts.get(*at).is_none_or(|own| own & doubts != 0));
    match (possible.next(), possible.next()) {
        (Some(lack), None) => lack as u32,
        _ => NOWHERE,
    }
}
