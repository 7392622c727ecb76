//! Lanes of a block as they are read, a part at a time, and what literals come to there.

use pulp::Simd;

use super::{
    lane::{self, Numbered},
    program::{ALL, Kind, Literal},
};

/// Of whom something is true, and of whom it is settled: a part of a lane each.
#[derive(Clone, Copy)]
pub(super) struct Answer<S: Simd> {
    pub(super) yes: S::u64s,
    pub(super) settled: S::u64s,
}

/// Lanes as they are read.
pub(super) struct Reading<'l, S: Simd, L: ?Sized> {
    pub(super) simd: S,
    pub(super) lanes: &'l L,
    pub(super) part: usize,
}

impl<S: Simd, L: ?Sized> Clone for Reading<'_, S, L> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Simd, L: ?Sized> Copy for Reading<'_, S, L> {}

impl<S: Simd, L: Numbered + ?Sized> Reading<'_, S, L> {
    #[inline(always)]
    pub(super) fn at(self, lane: u32) -> S::u64s {
        lane::part::<S>(self.lanes.lane(lane), self.part)
    }

    #[inline(always)]
    pub(super) fn none(self) -> S::u64s {
        self.simd.splat_u64s(0)
    }

    #[inline(always)]
    pub(super) fn without(self, own: S::u64s, other: S::u64s) -> S::u64s {
        lane::without(self.simd, own, other)
    }

    /// Rows that are settled in none of some conditions.
    #[inline(always)]
    pub(super) fn behind(self, rows: S::u64s, above: &[u32]) -> S::u64s {
        let mut left = rows;
        for lane in above {
            left = self.without(left, self.at(*lane));
        }
        left
    }

    #[inline(always)]
    fn answer(self, literal: &Literal) -> Answer<S> {
        let settled = self.at(literal.settled());
        let inside = self.without(self.at(literal.high), self.at(literal.low));
        let yes = self.simd.xor_u64s(inside, self.simd.splat_u64s(literal.flip()));
        Answer { yes: self.simd.and_u64s(yes, settled), settled }
    }

    /// What comes of literals, of which somebody may be in doubt; seldom, since most conditions are conjunctions.
    #[inline(never)]
    pub(super) fn combine(self, kind: Kind, literals: &[Literal]) -> Answer<S> {
        let (simd, all) = (self.simd, self.at(ALL));
        // Who may be in it: of whom it is true, or unknown.
        let may = |Answer { yes, settled }| simd.or_u64s(yes, self.without(all, settled));
        match (kind, literals) {
            (Kind::All, _) => {
                let (mut yes, mut possible) = (all, all);
                for own in literals.iter().map(|literal| self.answer(literal)) {
                    yes = simd.and_u64s(yes, own.yes);
                    possible = simd.and_u64s(possible, may(own));
                }
                Answer { yes, settled: simd.or_u64s(yes, self.without(all, possible)) }
            }
            (Kind::Any, _) => {
                let (mut yes, mut possible) = (self.none(), self.none());
                for own in literals.iter().map(|literal| self.answer(literal)) {
                    yes = simd.or_u64s(yes, own.yes);
                    possible = simd.or_u64s(possible, may(own));
                }
                Answer { yes, settled: simd.or_u64s(yes, self.without(all, possible)) }
            }
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
                let (mut yes, mut possible) = (none.clone(), none);
                let count = |of: &mut Vec<S::u64s>, one: S::u64s| {
                    for number in (1..of.len()).rev() {
                        let before = of.get(number - 1).copied().unwrap_or(self.none());
                        if let Some(here) = of.get_mut(number) {
                            *here = simd.or_u64s(*here, simd.and_u64s(before, one));
                        }
                    }
                };
                for own in literals.iter().map(|literal| self.answer(literal)) {
                    count(&mut yes, own.yes);
                    count(&mut possible, may(own));
                }
                let last = |of: &[S::u64s]| of.get(needed).copied().unwrap_or(self.none());
                let yes = last(&yes);
                Answer { yes, settled: simd.or_u64s(yes, self.without(all, last(&possible))) }
            }
            (Kind::Choose, _) => Answer { yes: self.none(), settled: self.none() },
        }
    }
}
