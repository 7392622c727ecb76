//! Conditions of rows that all lack the same: of nobody is what they ask for known there, so whoever else is in one of them is unknown,
//! for want of just that.

use super::{
    conjunction::Shape,
    program::{ALWAYS, BEYOND, Doubts, Group, NOWHERE, Program, Segment},
};

/// Conjunctions without what their rows lack: unknown of all whom they still hold of.
#[derive(Debug, Default)]
pub(super) struct Lacking {
    alike: Vec<Alike>,
    lanes: Vec<u32>,
    unknown: Vec<Unknown>,
}

/// Those that have as many lanes of each kind.
#[derive(Clone, Copy, Debug)]
struct Alike {
    shape: Shape,
    /// Where their lanes end, and where they do.
    lanes: usize,
    unknown: usize,
}

/// What is counted of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unknown {
    /// Among the segment's outputs.
    pub(super) output: u32,
    /// What is missing, among the segment's lacks; the second may be [`NOWHERE`].
    pub(super) lacks: [u32; 2],
}

impl Lacking {
    pub(super) const NONE: Lacking = Lacking { alike: vec![], lanes: vec![], unknown: vec![] };

    pub(super) fn of(all: Vec<Lack>) -> Lacking {
        let (mut all, mut lacking) = (all, Lacking::default());
        all.sort_by_key(|lack| lack.shape);
        for Lack { shape, lanes, unknown } in all {
            lacking.lanes.extend(lanes);
            lacking.unknown.push(unknown);
            let ends = Alike { shape, lanes: lacking.lanes.len(), unknown: lacking.unknown.len() };
            match lacking.alike.last_mut() {
                Some(last) if last.shape == shape => *last = ends,
                _ => lacking.alike.push(ends),
            }
        }
        lacking
    }

    /// Those that are made alike, their lanes, and what is counted of each.
    pub(super) fn groups(&self) -> impl Iterator<Item = (&Shape, &[u32], &[Unknown])> {
        let mut from = (0, 0);
        self.alike.iter().map(move |Alike { shape, lanes, unknown }| {
            let (first, one) = std::mem::replace(&mut from, (*lanes, *unknown));
            let lanes = self.lanes.get(first..*lanes).unwrap_or_default();
            (shape, lanes, self.unknown.get(one..*unknown).unwrap_or_default())
        })
    }
}

/// A condition of which that can be told.
pub(super) struct Lack {
    shape: Shape,
    lanes: Vec<u32>,
    unknown: Unknown,
}

impl Lack {
    /// Of an output of a group, where some things are missing and nothing else is in doubt.
    pub(super) fn of(
        program: &Program,
        segment: &Segment,
        group: &Group,
        output: usize,
        missing: Doubts,
    ) -> Option<Lack> {
        let at = output - group.outputs.start;
        let shape = group.shape?;
        let (doors, _) = shape.open?;
        let of = |all: &'_ [u32], first: usize, number: usize| -> Option<Vec<u32>> {
            Some(all.get(first + at * number..first + (at + 1) * number)?.to_vec())
        };
        let lanes = of(&program.conjoined, group.lanes, shape.lanes())?;
        let settled = of(&program.settled, group.settled, shape.settled())?;
        let (let_in, parts) = settled.split_at_checked(doors)?;
        // All parts are known of everybody, or of nobody.
        parts.iter().try_for_each(|lane| is_missing(segment, *lane, missing).map(drop))?;
        let keeps = |(at, _): &(usize, &u32)| {
            let settled = let_in.get(*at);
            settled.is_none_or(|settled| is_missing(segment, *settled, missing) == Some(false))
        };
        let kept: Vec<u32> = lanes.iter().enumerate().filter(keeps).map(|(_, lane)| *lane).collect();
        let with = shape.with - (lanes.len() - kept.len());
        Some(Lack {
            shape: Shape { with, open: None, seldom: shape.seldom && kept.first() == lanes.first(), ..shape },
            lanes: kept,
            unknown: Unknown { output: output as u32, lacks: lacks(segment, output, missing)? },
        })
    }
}

/// Whether what a lane of the settled is of is missing: of everybody, or of nobody; none where it may be of some.
fn is_missing(segment: &Segment, lane: u32, missing: Doubts) -> Option<bool> {
    let of = |all: &[(u32, Doubts)]| {
        let found = all.binary_search_by_key(&lane, |(lane, _)| *lane).ok()?;
        all.get(found).map(|(_, doubts)| *doubts)
    };
    match (of(&segment.settled), of(&segment.inner_settled)) {
        (Some(doubts), _) => Some(doubts & missing != 0),
        (None, Some(doubts)) => (doubts & (missing | ALWAYS) == 0).then_some(false),
        (None, None) => None,
    }
}

/// What an output lacks of what is missing.
fn lacks(segment: &Segment, output: usize, missing: Doubts) -> Option<[u32; 2]> {
    let mut found = [NOWHERE; 2];
    let mut places = found.iter_mut();
    for lack in segment.lacks.of(output) {
        let doubts = segment.lacks.doubts.get(lack)?;
        if doubts & (ALWAYS | BEYOND) != 0 {
            return None;
        }
        if doubts & missing != 0 {
            // What stands in another condition is missing only of whom that is not settled.
            *places.next().filter(|_| segment.lacks.is_direct(output, lack))? = lack as u32;
        }
    }
    Some(found)
}
