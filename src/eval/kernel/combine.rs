//! Conditions of a block of rows, from the lanes of their leaves: combined, counted and kept.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{
    bits,
    conjunction::Shape,
    counts::Counts,
    lane::{self, Lane, WORDS},
    program::{ALL, ALWAYS, END_OF_LACK, END_OF_WAY, Group, Kind, Literal, NOWHERE, Program, Segment},
};

/// Bits that are kept of many users, one set after the other.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Words of a set: a whole number of blocks.
    pub(super) stride: usize,
    pub(super) yes: Vec<u64>,
    /// Of whom it is false, where somebody is unknown; empty where that is nobody.
    pub(super) no: Vec<u64>,
    /// Of which sets somebody is unknown.
    pub(super) open: Vec<bool>,
}

impl Kept {
    pub(super) fn new(sets: usize, rows: usize) -> Kept {
        let stride = rows.div_ceil(64 * WORDS) * WORDS;
        Kept { stride, yes: vec![0; sets * stride], no: vec![], open: vec![false; sets] }
    }

    /// Of whom a set is true and, where somebody is unknown, false.
    pub(super) fn get(&self, set: usize, rows: usize) -> Option<bits::Bits<'_>> {
        let all = set * self.stride..set * self.stride + bits::words(rows);
        let yes = self.yes.get(all.clone())?;
        let open = self.open.get(set).copied().unwrap_or(false);
        Some(bits::Bits { yes, no: if open { self.no.get(all) } else { None } })
    }

    /// Writes rows from a word on.
    #[inline(always)]
    fn write<S: Simd>(&mut self, set: u32, first: usize, rows: S::u64s) {
        let words: &[u64] = pulp::bytemuck::cast_slice(std::slice::from_ref(&rows));
        let from = set as usize * self.stride + first;
        if let Some(slot) = self.yes.get_mut(from..from + words.len()) {
            slot.copy_from_slice(words);
        }
    }

    /// Says of whom it is false. Of the words before, in which nobody was unknown, it is all others.
    #[inline(always)]
    fn write_no<S: Simd>(&mut self, set: u32, first: usize, rows: S::u64s, open: bool) {
        let is_open = self.open.get(set as usize).copied().unwrap_or(false);
        if open || is_open {
            let words: &[u64] = pulp::bytemuck::cast_slice(std::slice::from_ref(&rows));
            self.write_open(set as usize, first, words);
        }
    }

    #[inline(never)]
    fn write_open(&mut self, set: usize, first: usize, words: &[u64]) {
        if self.no.is_empty() {
            self.no = vec![0; self.yes.len()];
        }
        let from = set * self.stride;
        if let Some(open @ false) = self.open.get_mut(set) {
            *open = true;
            // A set is written from its first word on, but where a lane has several parts a block is written in strides.
            let before = from..from + self.stride;
            if let (Some(no), Some(yes)) = (self.no.get_mut(before.clone()), self.yes.get(before)) {
                no.iter_mut().zip(yes).for_each(|(no, yes)| *no = !yes);
            }
        }
        let from = from + first;
        if let Some(slot) = self.no.get_mut(from..from + words.len()) {
            slot.copy_from_slice(words);
        }
    }
}

/// Of whom something is true, and of whom it is settled: a part of a lane each.
#[derive(Clone, Copy)]
struct Answer<S: Simd> {
    yes: S::u64s,
    settled: S::u64s,
}

/// Lanes as they are read.
#[derive(Clone, Copy)]
struct Reading<'l, S: Simd> {
    simd: S,
    lanes: &'l [Lane],
    part: usize,
}

impl<S: Simd> Reading<'_, S> {
    #[inline(always)]
    fn at(self, lane: u32) -> S::u64s {
        lane::part::<S>(self.lanes, lane, self.part)
    }

    #[inline(always)]
    fn none(self) -> S::u64s {
        self.simd.splat_u64s(0)
    }

    #[inline(always)]
    fn without(self, own: S::u64s, other: S::u64s) -> S::u64s {
        lane::without(self.simd, own, other)
    }

    /// Of whom a literal is true where all are settled; rows behind the last mean nothing.
    #[inline(always)]
    fn sure(self, literal: &Literal) -> S::u64s {
        let inside = self.without(self.at(literal.high), self.at(literal.low));
        self.simd.xor_u64s(inside, self.simd.splat_u64s(literal.flip()))
    }

    #[inline(always)]
    fn answer(self, literal: &Literal) -> Answer<S> {
        let settled = self.at(literal.settled());
        Answer { yes: self.simd.and_u64s(self.sure(literal), settled), settled }
    }

    /// Combines where all are settled.
    #[inline(always)]
    fn combine_sure(self, made: &Made<'_>) -> S::u64s {
        let Some(shape) = made.shape else { return self.combine_seldom(made.kind, made.literals).yes };
        let all = self.at(ALL);
        let mut yes = all;
        for lane in made.with {
            yes = self.simd.and_u64s(yes, self.at(*lane));
        }
        for lane in made.without {
            yes = self.without(yes, self.at(*lane));
        }
        for [high, low] in made.unless.as_chunks::<2>().0 {
            yes = self.without(yes, self.without(self.at(*high), self.at(*low)));
        }
        if shape.flip { self.without(all, yes) } else { yes }
    }

    #[inline(always)]
    fn combine_open(self, kind: Kind, literals: &[Literal]) -> Answer<S> {
        let (simd, all) = (self.simd, self.at(ALL));
        // Who may be in it: of whom it is true, or unknown.
        let (mut yes, mut may) = (all, all);
        match kind {
            Kind::All => {
                for literal in literals {
                    let Answer { yes: own, settled } = self.answer(literal);
                    yes = simd.and_u64s(yes, own);
                    may = simd.and_u64s(may, simd.or_u64s(own, simd.not_u64s(settled)));
                }
            }
            Kind::Any => {
                (yes, may) = (self.none(), self.none());
                for literal in literals {
                    let Answer { yes: own, settled } = self.answer(literal);
                    yes = simd.or_u64s(yes, own);
                    may = simd.or_u64s(may, simd.or_u64s(own, simd.not_u64s(settled)));
                }
            }
            Kind::AtLeast(_) | Kind::Choose => return self.combine_seldom(kind, literals),
        }
        Answer { yes, settled: simd.or_u64s(yes, self.without(all, may)) }
    }

    #[inline(never)]
    fn combine_seldom(self, kind: Kind, literals: &[Literal]) -> Answer<S> {
        let (simd, all) = (self.simd, self.at(ALL));
        match (kind, literals) {
            (Kind::Choose, [condition, then, otherwise]) => {
                let chosen = self.answer(condition).yes;
                let (then, otherwise) = (self.answer(then), self.answer(otherwise));
                let choose = |a: S::u64s, b: S::u64s| simd.or_u64s(simd.and_u64s(a, chosen), self.without(b, chosen));
                Answer { yes: choose(then.yes, otherwise.yes), settled: choose(then.settled, otherwise.settled) }
            }
            (Kind::AtLeast(needed), _) => {
                let needed = (needed as usize).min(literals.len() + 1);
                // By number: rows that have so many at least.
                let mut none = vec![self.none(); needed + 1];
                none.iter_mut().take(1).for_each(|first| *first = all);
                let (mut yes, mut may) = (none.clone(), none);
                let count = |of: &mut Vec<S::u64s>, one: S::u64s| {
                    for number in (1..of.len()).rev() {
                        let before = of.get(number - 1).copied().unwrap_or(self.none());
                        if let Some(here) = of.get_mut(number) {
                            *here = simd.or_u64s(*here, simd.and_u64s(before, one));
                        }
                    }
                };
                for literal in literals {
                    let Answer { yes: own, settled } = self.answer(literal);
                    count(&mut yes, own);
                    count(&mut may, simd.and_u64s(all, simd.or_u64s(own, simd.not_u64s(settled))));
                }
                let last = |of: &[S::u64s]| of.get(needed).copied().unwrap_or(self.none());
                let yes = last(&yes);
                Answer { yes, settled: simd.or_u64s(yes, self.without(all, last(&may))) }
            }
            (Kind::All | Kind::Any | Kind::Choose, _) => Answer { yes: self.none(), settled: self.none() },
        }
    }

    /// Rows that are settled in none of some conditions.
    #[inline(always)]
    fn behind(self, rows: S::u64s, above: &[u32]) -> S::u64s {
        let mut left = rows;
        for lane in above {
            left = self.without(left, self.at(*lane));
        }
        left
    }
}

/// Answers the conditions of a segment for one block, whose leaves are in place.
pub(super) struct Combine<'c> {
    pub(super) program: &'c Program,
    pub(super) segment: &'c Segment,
    pub(super) block: usize,
    pub(super) lanes: &'c mut [Lane],
    pub(super) kept: &'c mut Kept,
    pub(super) counts: &'c mut Counts,
}

impl WithSimd for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Combine { program, segment, block, lanes, kept, counts } = self;
        let all = lanes.get(ALL as usize).copied();
        let open = segment.settled.iter().filter(|(lane, _)| lanes.get(*lane as usize).copied() != all);
        let doubts = open.fold(ALWAYS, |all, (_, doubt)| all | doubt);
        for group in &segment.inner_groups {
            for (inner, made) in
                segment.inner.get(group.outputs.clone()).unwrap_or_default().iter().zip(made(program, group))
            {
                let is_sure = inner.doubts & doubts == 0;
                for part in 0..lane::parts::<S>() {
                    let reading = Reading { simd, lanes: &*lanes, part };
                    let Answer { yes, settled } = match is_sure {
                        true => Answer { yes: reading.combine_sure(&made), settled: reading.at(ALL) },
                        false => reading.combine_open(made.kind, made.literals),
                    };
                    lane::write::<S>(lanes, inner.lane, part, yes);
                    if inner.asked || doubts != ALWAYS {
                        lane::write::<S>(lanes, inner.lane + 1, part, settled);
                    }
                }
            }
        }
        let mut outputs = Outputs { simd, lanes, segment, block, kept, counts };
        for group in &segment.groups {
            let of_group = segment.doubts.get(group.outputs.clone()).unwrap_or_default().iter();
            for ((at, own), made) in group.outputs.clone().zip(of_group).zip(made(program, group)) {
                if own & doubts == 0 {
                    outputs.sure(at, &made);
                } else {
                    outputs.open(at, &made);
                }
            }
        }
    }
}

/// One condition of a group.
struct Made<'p> {
    kind: Kind,
    literals: &'p [Literal],
    shape: Option<Shape>,
    /// Its lanes as the shape says.
    with: &'p [u32],
    without: &'p [u32],
    unless: &'p [u32],
}

/// The conditions of a group, one after the other.
#[inline(always)]
fn made<'p>(program: &'p Program, group: &'p Group) -> impl Iterator<Item = Made<'p>> {
    let literals = program.literals.get(group.literals.clone()).unwrap_or_default();
    let sure = program.sure.get(group.sure.clone()).unwrap_or_default();
    let shape = group.shape;
    let (with, without, lanes) =
        shape.map_or((0, 0, 0), |shape| (shape.with, shape.with + shape.without, shape.lanes()));
    (0..group.outputs.len()).map(move |at| {
        let (from, literal) = (at * lanes, at * group.arity);
        let lanes_of = |some: Range<usize>| sure.get(from + some.start..from + some.end).unwrap_or_default();
        Made {
            kind: group.kind,
            literals: literals.get(literal..literal + group.arity).unwrap_or_default(),
            shape,
            with: lanes_of(0..with),
            without: lanes_of(with..without),
            unless: lanes_of(without..lanes),
        }
    })
}

/// Where what comes out of the conditions goes.
struct Outputs<'o, S: Simd> {
    simd: S,
    lanes: &'o [Lane],
    segment: &'o Segment,
    block: usize,
    kept: &'o mut Kept,
    counts: &'o mut Counts,
}

impl<S: Simd> Outputs<'_, S> {
    #[inline(always)]
    fn kept_at(&self, output: usize) -> u32 {
        self.segment.kept.get(output).copied().unwrap_or(NOWHERE)
    }

    /// One of which nobody is in doubt.
    #[inline(always)]
    fn sure(&mut self, output: usize, made: &Made<'_>) {
        let kept_at = self.kept_at(output);
        let mut users = 0;
        for part in 0..lane::parts::<S>() {
            let reading = Reading { simd: self.simd, lanes: self.lanes, part };
            let yes = reading.combine_sure(made);
            users += lane::count::<S>(yes);
            if kept_at != NOWHERE {
                let first = self.block * WORDS + part * S::U64_LANES;
                self.kept.write::<S>(kept_at, first, yes);
                self.kept.write_no::<S>(kept_at, first, reading.without(reading.at(ALL), yes), false);
            }
        }
        self.counts.add(self.segment.counted + output, users);
    }

    /// One of which somebody may be in doubt. By itself it would not be compiled for the wide instructions that the rest is compiled for.
    #[inline(always)]
    fn open(&mut self, output: usize, made: &Made<'_>) {
        let kept_at = self.kept_at(output);
        let counted = self.segment.counted + output;
        for part in 0..lane::parts::<S>() {
            let reading = Reading { simd: self.simd, lanes: self.lanes, part };
            let first = self.block * WORDS + part * S::U64_LANES;
            let answer = reading.combine_open(made.kind, made.literals);
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
                let why = Why { reading, segment, output, first, kept: &mut *self.kept, counts: &mut *self.counts };
                why.find(unknown);
            }
        }
    }
}

/// What is missing for those of whom a condition is unknown.
struct Why<'w, S: Simd> {
    reading: Reading<'w, S>,
    segment: &'w Segment,
    output: usize,
    /// The first word of the rows.
    first: usize,
    kept: &'w mut Kept,
    counts: &'w mut Counts,
}

impl<S: Simd> Why<'_, S> {
    #[inline(always)]
    fn find(self, unknown: S::u64s) {
        let Why { reading, segment, output, first, kept, counts } = self;
        let mut told = unknown;
        if !segment.asked.is_empty() {
            told = ask(reading, segment, output, first, unknown, kept);
        }
        let lacks = &segment.lacks;
        let end = |at: usize| lacks.ends.get(at).map_or(0, |end| *end as usize);
        let steps = lacks.steps.get(if output == 0 { 0 } else { end(output - 1) }..end(output)).unwrap_or_default();
        // Lacks are counted in the order of their steps.
        let mut lack = lacks.firsts.get(output).map_or(0, |first| *first as usize);
        let (mut rows, mut left) = (reading.none(), told);
        for step in steps {
            left = reading.without(left, reading.at(step & !(END_OF_WAY | END_OF_LACK)));
            if step & END_OF_WAY != 0 {
                rows = reading.simd.or_u64s(rows, left);
                left = told;
            }
            if step & END_OF_LACK != 0 {
                counts.add_lack(lacks.first + lack, lane::count::<S>(rows));
                match lacks.kept.get(lack) {
                    None | Some(&NOWHERE) => {}
                    Some(set) => kept.write::<S>(*set, first, rows),
                }
                lack += 1;
                rows = reading.none();
            }
        }
    }
}

/// Keeps the rows for which the plain interpreter is asked; gives the others.
#[inline(never)]
fn ask<S: Simd>(
    reading: Reading<'_, S>,
    segment: &Segment,
    output: usize,
    first: usize,
    unknown: S::u64s,
    kept: &mut Kept,
) -> S::u64s {
    let Some((leaves, set)) = segment.asked.get(&output) else { return unknown };
    let mut asked = reading.none();
    for above in leaves {
        asked = reading.simd.or_u64s(asked, reading.behind(unknown, above));
    }
    kept.write::<S>(*set as u32, first, asked);
    reading.without(unknown, asked)
}
