//! Conditions of a block of rows, from the lanes of their leaves: combined, counted and kept.

use pulp::{Simd, WithSimd};

use super::{
    conjunction::{Few, Many, Shape, Sizes, by_shape},
    counts::Counts,
    kept::Kept,
    lane::{self, Numbered, WORDS},
    program::{ALL, ALWAYS, Doubts, Group, Inner, Literal, NOWHERE, Program, Segment},
    reading::{Answer, Reading},
    sides::Sides,
    why::Why,
};

/// Answers the conditions of a segment for one block, whose leaves are in place.
pub(super) struct Combine<'c, L: ?Sized> {
    pub(super) program: &'c Program,
    pub(super) segment: &'c Segment,
    pub(super) block: usize,
    pub(super) lanes: &'c mut L,
    pub(super) sides: &'c mut Sides,
    pub(super) kept: &'c mut Kept,
    pub(super) counts: &'c mut Counts,
}

impl<L: Numbered + ?Sized> WithSimd for Combine<'_, L> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Combine { program, segment, block, lanes, sides, kept, counts } = self;
        let all = *lanes.lane(ALL);
        let open = segment.settled.iter().filter(|(lane, _)| *lanes.lane(*lane) != all);
        let doubts = open.fold(ALWAYS, |all, (_, doubt)| all | doubt);
        sides.tell(segment, doubts);
        let mut inner = Inners { simd, lanes, doubts };
        for (at, group) in segment.inner_groups.iter().enumerate() {
            let made = Made { program, group };
            let of_group = segment.inner.get(group.outputs.clone()).unwrap_or_default();
            let (sure, open) = sides.inner.of(at);
            if let (Some(shape), false) = (&group.shape, sure.is_empty()) {
                by_shape!(shape, inner.sure(shape, made, of_group, sure));
            }
            inner.open(made, of_group, open);
        }
        let mut outputs = Outputs { simd, lanes, segment, block, doubts, kept, counts };
        for (at, group) in segment.groups.iter().enumerate() {
            let made = Made { program, group };
            let (sure, open) = sides.outputs.of(at);
            if let (Some(shape), false) = (&group.shape, sure.is_empty()) {
                by_shape!(shape, outputs.sure(shape, made, sure));
            }
            outputs.open(made, open);
        }
    }
}

/// The conditions of a group.
#[derive(Clone, Copy)]
struct Made<'p> {
    program: &'p Program,
    group: &'p Group,
}

impl<'p> Made<'p> {
    /// The lanes of a conjunction.
    #[inline(always)]
    fn lanes<Of: Sizes>(self, shape: &Shape, at: usize) -> &'p [u32] {
        let [with, without, unless] = Of::of(shape);
        let lanes = with + without + 2 * unless;
        let from = self.group.lanes + at * lanes;
        self.program.conjoined.get(from..from + lanes).unwrap_or_default()
    }

    /// The lanes of the settled of a conjunction.
    #[inline(always)]
    fn settled(self, shape: &Shape, at: usize) -> &'p [u32] {
        let from = self.group.settled + at * shape.settled();
        self.program.settled.get(from..from + shape.settled()).unwrap_or_default()
    }

    #[inline(always)]
    fn literals(self, at: usize) -> &'p [Literal] {
        let from = self.group.literals + at * self.group.arity;
        self.program.literals.get(from..from + self.group.arity).unwrap_or_default()
    }

    /// What comes of a condition of which somebody may be in doubt.
    #[inline(always)]
    fn open<S: Simd, L: Numbered + ?Sized>(self, reading: Reading<'_, S, L>, at: usize) -> Answer<S> {
        match &self.group.shape {
            Some(shape) if shape.open.is_some() => {
                reading.open(shape, self.lanes::<Many>(shape, at), self.settled(shape, at))
            }
            _ => reading.combine(self.group.kind, self.literals(at)),
        }
    }
}

/// Where combinations go that others are made of.
struct Inners<'i, S: Simd, L: ?Sized> {
    simd: S,
    lanes: &'i mut L,
    /// What is in doubt in this block.
    doubts: Doubts,
}

impl<S: Simd, L: Numbered + ?Sized> Inners<'_, S, L> {
    /// Of those of which nobody is in doubt.
    #[inline(always)]
    fn sure<Of: Sizes>(&mut self, shape: &Shape, made: Made<'_>, all: &[Inner], sure: &[u32]) {
        for (at, inner) in sure.iter().filter_map(|at| Some((*at as usize, all.get(*at as usize)?))) {
            for part in 0..lane::parts::<S>() {
                let reading = Reading { simd: self.simd, lanes: &*self.lanes, part };
                let yes = reading.sure::<Of>(shape, made.lanes::<Of>(shape, at));
                self.write(inner, part, Answer { yes, settled: reading.at(ALL) });
            }
        }
    }

    /// Of the others.
    #[inline(always)]
    fn open(&mut self, made: Made<'_>, all: &[Inner], open: &[u32]) {
        for (at, inner) in open.iter().filter_map(|at| Some((*at as usize, all.get(*at as usize)?))) {
            for part in 0..lane::parts::<S>() {
                let reading = Reading { simd: self.simd, lanes: &*self.lanes, part };
                self.write(inner, part, made.open(reading, at));
            }
        }
    }

    #[inline(always)]
    fn write(&mut self, inner: &Inner, part: usize, answer: Answer<S>) {
        lane::write::<S>(self.lanes.lane_mut(inner.lane), part, answer.yes);
        if inner.asked || self.doubts != ALWAYS {
            lane::write::<S>(self.lanes.lane_mut(inner.lane + 1), part, answer.settled);
        }
    }
}

/// Where what comes out of the conditions goes.
struct Outputs<'o, S: Simd, L: ?Sized> {
    simd: S,
    lanes: &'o L,
    segment: &'o Segment,
    block: usize,
    /// What is in doubt in this block.
    doubts: Doubts,
    kept: &'o mut Kept,
    counts: &'o mut Counts,
}

impl<S: Simd, L: Numbered + ?Sized> Outputs<'_, S, L> {
    /// Those of which nobody is in doubt.
    #[inline(always)]
    fn sure<Of: Sizes>(&mut self, shape: &Shape, made: Made<'_>, sure: &[u32]) {
        for at in sure.iter().map(|at| *at as usize) {
            let output = made.group.outputs.start + at;
            let kept_at = self.kept_at(output);
            let mut users = 0;
            for part in 0..lane::parts::<S>() {
                let reading = Reading { simd: self.simd, lanes: self.lanes, part };
                let yes = reading.sure::<Of>(shape, made.lanes::<Of>(shape, at));
                users += lane::count::<S>(yes);
                if kept_at != NOWHERE {
                    let first = self.block * WORDS + part * S::U64_LANES;
                    self.kept.write::<S>(kept_at, first, yes);
                    self.kept.write_no::<S>(kept_at, first, reading.without(reading.at(ALL), yes), false);
                }
            }
            self.counts.add(self.segment.counted + output, users);
        }
    }

    /// The others.
    #[inline(always)]
    fn open(&mut self, made: Made<'_>, open: &[u32]) {
        for at in open.iter().map(|at| *at as usize) {
            for part in 0..lane::parts::<S>() {
                let reading = Reading { simd: self.simd, lanes: self.lanes, part };
                self.part(made.group.outputs.start + at, reading, made.open(reading, at));
            }
        }
    }

    #[inline(always)]
    fn kept_at(&self, output: usize) -> u32 {
        self.segment.kept.get(output).copied().unwrap_or(NOWHERE)
    }

    /// A part of one of which somebody may be in doubt.
    #[inline(always)]
    fn part(&mut self, output: usize, reading: Reading<'_, S, L>, answer: Answer<S>) {
        let kept_at = self.kept_at(output);
        let counted = self.segment.counted + output;
        let first = self.block * WORDS + reading.part * S::U64_LANES;
        self.counts.add(counted, lane::count::<S>(answer.yes));
        let unknown = reading.without(reading.at(ALL), answer.settled);
        let users = lane::count::<S>(unknown);
        if kept_at != NOWHERE {
            self.kept.write::<S>(kept_at, first, answer.yes);
            self.kept.write_no::<S>(kept_at, first, reading.without(answer.settled, answer.yes), users > 0);
        }
        if users > 0 {
            self.counts.add_unknown(counted, users);
            let segment = self.segment;
            let doubts = self.doubts & segment.doubts.get(output).copied().unwrap_or(ALWAYS);
            let why = Why { reading, segment, output, first, doubts, kept: &mut *self.kept, counts: &mut *self.counts };
            why.find(unknown, users);
        }
    }
}
