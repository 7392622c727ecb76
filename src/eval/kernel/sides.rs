//! Which conditions of a segment nobody is in doubt about, so that they are conjunctions and no more, and which are the others: found
//! once for each of the last sets of what was in doubt in a block.

use std::ops::Range;

use super::{
    lacking::{Lack, Lacking},
    lane::Lane,
    program::{ALWAYS, BEYOND, Doubts, Group, NOWHERE, Program, Segment},
};

/// What is in doubt in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InDoubt {
    /// Of somebody.
    pub(super) any: Doubts,
    /// Of everybody, where nothing is in doubt of some alone.
    missing: Doubts,
}

/// How many rows of a block lie in a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    All,
    Some,
    None,
}

impl Extent {
    pub(super) fn of(lane: &Lane, all: &Lane) -> Extent {
        match lane {
            lane if lane == all => Extent::All,
            &Lane::NONE => Extent::None,
            _ => Extent::Some,
        }
    }
}

impl InDoubt {
    /// What conditions may be in doubt about.
    fn told(&self) -> Doubts {
        if self.missing == 0 { self.any } else { self.missing | ALWAYS }
    }

    /// By the lanes of those that are settled.
    pub(super) fn of(segment: &Segment, extent: impl Fn(u32) -> Extent) -> InDoubt {
        let (mut any, mut missing, mut by_some) = (ALWAYS, 0, false);
        for (lane, doubts) in &segment.settled {
            let extent = extent(*lane);
            if extent != Extent::All {
                any |= doubts;
            }
            if extent == Extent::None && doubts & BEYOND == 0 {
                missing |= doubts;
            }
            by_some |= extent == Extent::Some;
        }
        // What is in doubt of values that are there has its column for it, if that is missing.
        let is_told = segment.tells_apart && !by_some && any & !(ALWAYS | BEYOND) == missing;
        InDoubt { any, missing: if is_told { missing } else { 0 } }
    }
}

/// The conditions of a segment on two sides, as they were told apart for what was in doubt in some blocks before.
#[derive(Debug, Default)]
pub(super) struct Sides {
    /// Which of the segments they are of.
    segment: usize,
    known: Vec<(InDoubt, Side)>,
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
    /// Outputs of rows that all lack the same.
    pub(super) lacking: Lacking,
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
    pub(super) fn tell(&mut self, program: &Program, segment: &Segment, in_doubt: InDoubt) -> &Side {
        let found = self.known.iter().position(|(known, _)| *known == in_doubt);
        let at = found.unwrap_or_else(|| {
            if self.known.len() < REMEMBERED {
                self.known.push((in_doubt, Side::default()));
                self.oldest = self.known.len() - 1;
            } else {
                self.oldest = (self.oldest + 1) % REMEMBERED;
            }
            if let Some((known, side)) = self.known.get_mut(self.oldest) {
                *known = in_doubt;
                side.tell(program, segment, in_doubt);
            }
            self.oldest
        });
        self.known.get(at).map_or(&NOTHING, |(_, side)| side)
    }
}

static NOTHING: Side = Side { inner: Apart::NONE, outputs: Apart::NONE, lacking: Lacking::NONE };

impl Side {
    fn tell(&mut self, program: &Program, segment: &Segment, in_doubt: InDoubt) {
        let doubts = in_doubt.told();
        self.inner.tell(&segment.inner_groups, |group, at| {
            let own = segment.inner.get(at).map_or(ALWAYS, |inner| inner.doubts);
            Some(if group.shape.is_some() && own & doubts == 0 { Told::Sure } else { Told::Open { lack: NOWHERE } })
        });
        let mut lacking = vec![];
        self.outputs.tell(&segment.groups, |group, at| {
            let own = segment.doubts.get(at).map_or(ALWAYS, |own| own & doubts);
            if segment.tells_apart && segment.wants.get(at).is_some_and(|wanted| wanted & !doubts != 0) {
                return None;
            }
            if group.shape.is_some() && own == 0 {
                return Some(Told::Sure);
            }
            if in_doubt.missing != 0
                && let Some(found) = Lack::of(program, segment, group, at, in_doubt.missing)
            {
                lacking.push(found);
                return None;
            }
            Some(Told::Open { lack: only_lack(segment, own, segment.lacks.of(at)) })
        });
        self.lacking = Lacking::of(lacking);
    }
}

/// What is told of a condition.
enum Told {
    Sure,
    Open { lack: u32 },
}

impl Apart {
    const NONE: Apart = Apart { sure: vec![], open: vec![], ends: vec![] };

    /// `told` is what is told of each condition: of its group, and of its place among all; none of those that need not be looked at.
    fn tell(&mut self, groups: &[Group], mut told: impl FnMut(&Group, usize) -> Option<Told>) {
        self.sure.clear();
        self.open.clear();
        self.ends.clear();
        for group in groups {
            for (at, place) in (0..).zip(group.outputs.clone()) {
                match told(group, place) {
                    None => {}
                    Some(Told::Sure) => self.sure.push(at),
                    Some(Told::Open { lack }) => self.open.push(Open { at, lack }),
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
