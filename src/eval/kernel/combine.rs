//! Conditions of a block of rows, from the lanes of their leaves: combined, counted and kept.

use pulp::{Simd, WithSimd};

use super::{
    conjunction::{Many, Shape, Sizes, Work, by_shape, whatever_the_shape},
    counts::Counts,
    kept::Kept,
    lacking::Unknown,
    lane::{self, Lane, Numbered},
    program::{ALL, ALWAYS, Doubts, Group, Inner, Literal, NOWHERE, Program, Segment},
    reading::{Answer, Reading},
    sides::{Extent, InDoubt, Open, Sides},
    why::Why,
};

/// Answers the conditions of a segment for one block, whose leaves are in place.
pub(super) struct Combine<'c, L: ?Sized> {
    pub(super) program: &'c Program,
    pub(super) segment: &'c Segment,
    /// The first word of the rows.
    pub(super) word: usize,
    pub(super) lanes: &'c mut L,
    pub(super) sides: &'c mut Sides,
    pub(super) kept: &'c mut Kept,
    pub(super) counts: &'c mut Counts,
}

impl<L: Numbered + ?Sized> WithSimd for Combine<'_, L> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Combine { program, segment, word, lanes, sides, kept, counts } = self;
        let all = *lanes.lane(ALL);
        let in_doubt = InDoubt::of(segment, |lane| Extent::of(lanes.lane(lane), &all));
        let sides = sides.tell(program, segment, in_doubt);
        let mut inner = Inners { simd, lanes, doubts: in_doubt.any };
        for (at, group) in segment.inner_groups.iter().enumerate() {
            let made = Made::of(program, group);
            let of_group = segment.inner.get(group.outputs.clone()).unwrap_or_default();
            let (sure, open) = sides.inner.of(at);
            if let (Some(shape), false) = (&group.shape, sure.is_empty()) {
                by_shape(simd, shape, SureInner { inner: &mut inner, shape, made, all: of_group, sure });
            }
            inner.open(made, of_group, open);
        }
        let mut outputs = Outputs { simd, lanes, segment, word, kept, counts };
        for (at, group) in segment.groups.iter().enumerate() {
            let made = Made::of(program, group);
            let (sure, open) = sides.outputs.of(at);
            if let (Some(shape), false) = (&group.shape, sure.is_empty()) {
                by_shape(simd, shape, SureOutputs { outputs: &mut outputs, shape, made, sure });
            }
            if !open.is_empty() {
                whatever_the_shape(simd, OpenOutputs { outputs: &mut outputs, made, open });
            }
        }
        for (shape, lanes, unknown) in sides.lacking.groups() {
            by_shape(simd, shape, LackingOutputs { outputs: &mut outputs, shape, conjoined: lanes, all: unknown });
        }
    }
}

/// The conditions of a group.
#[derive(Clone, Copy)]
struct Made<'p> {
    group: &'p Group,
    /// Lanes of the conjunctions, one after the other.
    lanes: &'p [u32],
    /// Lanes of their settled.
    settled: &'p [u32],
    literals: &'p [Literal],
}

impl<'p> Made<'p> {
    fn of(program: &'p Program, group: &'p Group) -> Made<'p> {
        let conditions = group.outputs.len();
        let lanes = conditions * group.shape.map_or(0, |shape| shape.lanes());
        let settled = conditions * group.shape.map_or(0, |shape| shape.settled());
        Made {
            group,
            lanes: program.conjoined.get(group.lanes..group.lanes + lanes).unwrap_or_default(),
            settled: program.settled.get(group.settled..group.settled + settled).unwrap_or_default(),
            literals: program.literals.get(group.literals..).unwrap_or_default(),
        }
    }

    #[inline(always)]
    fn literals(self, at: usize) -> &'p [Literal] {
        let arity = self.group.arity;
        self.literals.get(at * arity..(at + 1) * arity).unwrap_or_default()
    }

    /// What comes of a condition of which somebody may be in doubt.
    #[inline(always)]
    fn open<S: Simd, L: Numbered + ?Sized>(self, reading: Reading<'_, S, L>, at: usize) -> Answer<S> {
        if let Some(shape) = &self.group.shape
            && let Some((doors, _)) = shape.open
            && let Some(lanes) = Many::lanes(shape, self.lanes, at)
        {
            let settled = self.settled.get(at * shape.settled()..(at + 1) * shape.settled()).unwrap_or_default();
            return reading.open(shape, doors, lanes, settled);
        }
        reading.combine(self.group.kind, self.literals(at))
    }
}

/// Conjunctions that are made alike, and the rows of a block.
struct Alike<'c, S, L: ?Sized> {
    simd: S,
    lanes: &'c L,
    shape: Shape,
    conjoined: &'c [u32],
    /// All rows, and how many they are.
    all: Lane,
    rows: u64,
}

impl<'c, S: Simd, L: Numbered + ?Sized> Alike<'c, S, L> {
    #[inline(always)]
    fn of(simd: S, lanes: &'c L, shape: &Shape, conjoined: &'c [u32]) -> Alike<'c, S, L> {
        let all = *lanes.lane(ALL);
        Alike { simd, lanes, shape: *shape, conjoined, all, rows: all.count() }
    }

    /// How many rows lie in all lanes of one of them.
    #[inline(always)]
    fn within<Of: Sizes>(&self, at: usize) -> u64 {
        let Some(own) = Of::lanes(&self.shape, self.conjoined, at) else { return 0 };
        let mut rows = Lane::NONE;
        for part in 0..lane::parts::<S>() {
            let reading = Reading { simd: self.simd, lanes: self.lanes, part };
            let within = reading.within::<Of>(lane::part::<S>(&self.all, part), &self.shape, own);
            lane::write::<S>(Some(&mut rows), part, within);
        }
        rows.count()
    }

    /// Of how many rows one of them is true, about which nobody is in doubt.
    #[inline(always)]
    fn users<Of: Sizes>(&self, at: usize) -> u64 {
        let within = self.within::<Of>(at);
        if self.shape.flip { self.rows - within } else { within }
    }
}

/// Whether anybody is in the first lane of a conjunction.
#[inline(always)]
fn begins<Of: Sizes, L: Numbered + ?Sized>(lanes: &L, shape: &Shape, conjoined: &[u32], at: usize) -> bool {
    Of::lanes(shape, conjoined, at).and_then(<[u32]>::first).is_none_or(|first| *lanes.lane(*first) != Lane::NONE)
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
            let Some(own) = Of::lanes(shape, made.lanes, at) else { continue };
            for part in 0..lane::parts::<S>() {
                let reading = Reading { simd: self.simd, lanes: &*self.lanes, part };
                let yes = reading.sure::<Of>(shape, own);
                self.write(inner, part, Answer { yes, settled: reading.at(ALL) });
            }
        }
    }

    /// Of the others.
    #[inline(always)]
    fn open(&mut self, made: Made<'_>, all: &[Inner], open: &[Open]) {
        for (at, inner) in open.iter().filter_map(|open| Some((open.at as usize, all.get(open.at as usize)?))) {
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

/// Combinations of a group of which nobody is in doubt.
struct SureInner<'w, 'i, S: Simd, L: ?Sized> {
    inner: &'w mut Inners<'i, S, L>,
    shape: &'w Shape,
    made: Made<'w>,
    all: &'w [Inner],
    sure: &'w [u32],
}

impl<S: Simd, L: Numbered + ?Sized> Work for SureInner<'_, '_, S, L> {
    #[inline(always)]
    fn of<Of: Sizes>(self) {
        self.inner.sure::<Of>(self.shape, self.made, self.all, self.sure);
    }
}

/// Outputs of a group of which nobody is in doubt.
struct SureOutputs<'w, 'o, S: Simd, L: ?Sized> {
    outputs: &'w mut Outputs<'o, S, L>,
    shape: &'w Shape,
    made: Made<'w>,
    sure: &'w [u32],
}

impl<S: Simd, L: Numbered + ?Sized> Work for SureOutputs<'_, '_, S, L> {
    #[inline(always)]
    fn of<Of: Sizes>(self) {
        self.outputs.sure::<Of>(self.shape, self.made, self.sure);
    }
}

/// Outputs of a group of which somebody may be in doubt.
struct OpenOutputs<'w, 'o, S: Simd, L: ?Sized> {
    outputs: &'w mut Outputs<'o, S, L>,
    made: Made<'w>,
    open: &'w [Open],
}

impl<S: Simd, L: Numbered + ?Sized> Work for OpenOutputs<'_, '_, S, L> {
    #[inline(always)]
    fn of<Of: Sizes>(self) {
        self.outputs.open(self.made, self.open);
    }
}

/// Outputs that are unknown of all whom they hold of, but for what nobody has.
struct LackingOutputs<'w, 'o, S: Simd, L: ?Sized> {
    outputs: &'w mut Outputs<'o, S, L>,
    shape: &'w Shape,
    conjoined: &'w [u32],
    all: &'w [Unknown],
}

impl<S: Simd, L: Numbered + ?Sized> Work for LackingOutputs<'_, '_, S, L> {
    #[inline(always)]
    fn of<Of: Sizes>(self) {
        self.outputs.lacking::<Of>(self.shape, self.conjoined, self.all);
    }
}

/// Where what comes out of the conditions goes.
struct Outputs<'o, S: Simd, L: ?Sized> {
    simd: S,
    lanes: &'o L,
    segment: &'o Segment,
    word: usize,
    kept: &'o mut Kept,
    counts: &'o mut Counts,
}

impl<S: Simd, L: Numbered + ?Sized> Outputs<'_, S, L> {
    /// Those of which nobody is in doubt.
    #[inline(always)]
    fn sure<Of: Sizes>(&mut self, shape: &Shape, made: Made<'_>, sure: &[u32]) {
        if self.segment.kept.is_empty() {
            return self.count_sure::<Of>(shape, made, sure);
        }
        for at in sure.iter().map(|at| *at as usize) {
            let Some(own) = Of::lanes(shape, made.lanes, at) else { continue };
            let output = made.group.outputs.start + at;
            let kept_at = self.kept_at(output);
            let mut users = 0;
            for part in 0..lane::parts::<S>() {
                let reading = Reading { simd: self.simd, lanes: self.lanes, part };
                let yes = reading.sure::<Of>(shape, own);
                users += lane::count::<S>(yes);
                if kept_at != NOWHERE {
                    let first = self.word + part * S::U64_LANES;
                    self.kept.write::<S>(kept_at, first, yes);
                    self.kept.write_no::<S>(kept_at, first, reading.without(reading.at(ALL), yes), false);
                }
            }
            self.counts.add(self.segment.counted + output, users);
        }
    }

    /// The same, where they are only counted.
    #[inline(always)]
    fn count_sure<Of: Sizes>(&mut self, shape: &Shape, made: Made<'_>, sure: &[u32]) {
        let outputs = &made.group.outputs;
        let counts = self.counts.of(self.segment.counted + outputs.start, outputs.len());
        let alike = Alike::of(self.simd, self.lanes, shape, made.lanes);
        if shape.seldom {
            for at in sure.iter().map(|at| *at as usize) {
                if let (Some(count), true) = (counts.get_mut(at), begins::<Of, L>(self.lanes, shape, made.lanes, at)) {
                    *count += alike.users::<Of>(at);
                }
            }
            return;
        }
        if sure.len() == counts.len() {
            for (at, count) in counts.iter_mut().enumerate() {
                *count += alike.users::<Of>(at);
            }
            return;
        }
        for at in sure.iter().map(|at| *at as usize) {
            if let Some(count) = counts.get_mut(at) {
                *count += alike.users::<Of>(at);
            }
        }
    }

    /// Those that are unknown of all whom they hold of, but for what nobody has.
    #[inline(always)]
    fn lacking<Of: Sizes>(&mut self, shape: &Shape, conjoined: &[u32], all: &[Unknown]) {
        let (first, alike) = (self.segment.counted, Alike::of(self.simd, self.lanes, shape, conjoined));
        for (at, Unknown { output, lacks }) in all.iter().enumerate() {
            let counted = first + *output as usize;
            if shape.seldom && !begins::<Of, L>(self.lanes, shape, conjoined, at) {
                continue;
            }
            let unknown = alike.within::<Of>(at);
            if shape.flip {
                self.counts.add(counted, alike.rows - unknown);
            }
            self.counts.add_unknown(counted, unknown);
            for lack in lacks.iter().filter(|lack| **lack != NOWHERE) {
                self.counts.add_lack(self.segment.lacks.first + *lack as usize, unknown);
            }
        }
    }

    /// The others.
    #[inline(always)]
    fn open(&mut self, made: Made<'_>, open: &[Open]) {
        let (simd, lanes, first) = (self.simd, self.lanes, made.group.outputs.start);
        for Open { at, lack } in open.iter().copied() {
            let (mut yes, mut unknown) = (Lane::NONE, Lane::NONE);
            for part in 0..lane::parts::<S>() {
                let reading = Reading { simd, lanes, part };
                let answer = made.open(reading, at as usize);
                lane::write::<S>(Some(&mut yes), part, answer.yes);
                lane::write::<S>(Some(&mut unknown), part, reading.without(reading.at(ALL), answer.settled));
            }
            let output = first + at as usize;
            let counted = self.segment.counted + output;
            self.counts.add(counted, yes.count());
            let users = unknown.count();
            if !self.segment.kept.is_empty() {
                self.keep(output, &yes, &unknown, users > 0);
            }
            if users > 0 {
                self.counts.add_unknown(counted, users);
                match lack {
                    NOWHERE => self.find_why(output, &unknown),
                    lack => self.counts.add_lack(self.segment.lacks.first + lack as usize, users),
                }
            }
        }
    }

    /// Keeps of whom an output is true, and of whom false.
    #[inline(always)]
    fn keep(&mut self, output: usize, yes: &Lane, unknown: &Lane, open: bool) {
        let kept_at = self.kept_at(output);
        if kept_at == NOWHERE {
            return;
        }
        for part in 0..lane::parts::<S>() {
            let reading = Reading { simd: self.simd, lanes: self.lanes, part };
            let first = self.word + part * S::U64_LANES;
            let (yes, unknown) = (lane::part::<S>(yes, part), lane::part::<S>(unknown, part));
            self.kept.write::<S>(kept_at, first, yes);
            let no = reading.without(reading.without(reading.at(ALL), unknown), yes);
            self.kept.write_no::<S>(kept_at, first, no, open);
        }
    }

    /// Finds what is missing for those of whom an output is unknown.
    #[inline(always)]
    fn find_why(&mut self, output: usize, unknown: &Lane) {
        for part in 0..lane::parts::<S>() {
            let reading = Reading { simd: self.simd, lanes: self.lanes, part };
            let first = self.word + part * S::U64_LANES;
            let (segment, kept, counts) = (self.segment, &mut *self.kept, &mut *self.counts);
            Why { reading, segment, output, first, kept, counts }.find(lane::part::<S>(unknown, part));
        }
    }

    #[inline(always)]
    fn kept_at(&self, output: usize) -> u32 {
        self.segment.kept.get(output).copied().unwrap_or(NOWHERE)
    }
}
