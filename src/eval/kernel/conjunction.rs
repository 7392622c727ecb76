//! A condition as one conjunction of lanes: `a or b` is what is left of everybody without those of whom neither holds. A
//! comparison needs one lane then, or two, and nothing is turned round on the way.
//!
//! Somebody of whom a part is unknown may be in the conjunction if nothing else keeps them out: they are let through where the
//! part is asked, and told apart at the end, since whoever is in it and is settled in every part is in it for certain.

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::{
    counting,
    lane::Numbered,
    program::{ALL, Kind, Literal, NONE},
    reading::{Answer, Reading},
};

/// How many lanes a conjunction has of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    /// Whether all others are meant.
    pub(super) flip: bool,
    /// Whether the first lane is that of texts by which rows are put in order, so that few blocks have any of them.
    pub(super) seldom: bool,
    /// Lanes that all rows lie in.
    pub(super) with: usize,
    /// Lanes that none of the rows lies in.
    pub(super) without: usize,
    /// Pairs of lanes: no row lies in the first, unless it lies in the second.
    pub(super) unless: usize,
    /// Of the lanes that rows lie in, how many let those in of whom it is not settled, and how many lanes say who that is; none where
    /// the conjunction holds only of those who are in doubt about nothing.
    pub(super) open: Option<(usize, usize)>,
}

impl Shape {
    /// How many lanes.
    pub(super) fn lanes(&self) -> usize {
        self.with + self.without + 2 * self.unless
    }

    /// How many lanes of the settled: of each lane that lets in, and of all parts.
    pub(super) fn settled(&self) -> usize {
        self.open.map_or(0, |(let_in, parts)| let_in + parts)
    }
}

/// A conjunction: its lanes in the order of the shape, and those of the settled.
#[derive(Debug)]
pub(super) struct Conjunction {
    pub(super) shape: Shape,
    pub(super) lanes: Vec<u32>,
    pub(super) settled: Vec<u32>,
}

/// Literals as a conjunction; none of what is no conjunction.
pub(super) fn of(kind: Kind, literals: &[Literal]) -> Option<Conjunction> {
    let any = match kind {
        Kind::All => false,
        Kind::Any => true,
        Kind::AtLeast(_) | Kind::Choose => return None,
    };
    let (mut with, mut without, mut unless) = (vec![], vec![], vec![]);
    // Those that let in, with who is settled.
    let (mut doors, mut let_in) = (vec![], vec![]);
    // Whoever lies in a lane that keeps out must be settled.
    let mut may_be_open = true;
    for literal in literals {
        let flip = (literal.flip() != 0) != any;
        let settled = literal.settled();
        let mut lets_in = |lane: u32| match settled {
            ALL => with.push(lane),
            _ => {
                doors.push(lane);
                let_in.push(settled);
            }
        };
        let mut keeps_out = |lane: u32| may_be_open &= settled == ALL || lane <= settled;
        // Where nobody is in doubt, everybody is settled.
        let everybody = literal.high == ALL || literal.high == settled;
        match (flip, everybody, literal.low) {
            (false, true, NONE) => {}
            (false, true, low) => {
                keeps_out(low);
                without.push(low);
            }
            (false, false, low) => {
                lets_in(literal.high);
                if low != NONE {
                    keeps_out(low);
                    without.push(low);
                }
            }
            (true, true, low) => {
                lets_in(low);
            }
            (true, false, NONE) => {
                keeps_out(literal.high);
                without.push(literal.high);
            }
            (true, false, low) => {
                keeps_out(literal.high);
                unless.extend([literal.high, low]);
            }
        }
    }
    let mut parts: Vec<u32> = literals.iter().map(Literal::settled).filter(|lane| *lane != ALL).collect();
    parts.sort_unstable();
    parts.dedup();
    let shape = Shape {
        flip: any,
        seldom: false,
        with: doors.len() + with.len(),
        without: without.len(),
        unless: unless.len() / 2,
        open: may_be_open.then_some((doors.len(), parts.len())),
    };
    let settled = if may_be_open { [let_in, parts].concat() } else { vec![] };
    Some(Conjunction { shape, lanes: [doors, with, without, unless].concat(), settled })
}

/// How many lanes conjunctions of a group have of each kind, known when this is compiled where there are few.
pub(super) trait Sizes {
    /// Lanes that all rows lie in, that none lies in, and pairs.
    fn of(shape: &Shape) -> [usize; 3];

    /// The lanes of one of some conjunctions that stand one behind the other.
    fn lanes<'l>(shape: &Shape, all: &'l [u32], at: usize) -> Option<&'l [u32]>;
}

/// So many of each, and together.
pub(super) struct Few<const WITH: usize, const WITHOUT: usize, const UNLESS: usize, const ALL: usize>;

impl<const WITH: usize, const WITHOUT: usize, const UNLESS: usize, const ALL: usize> Sizes
    for Few<WITH, WITHOUT, UNLESS, ALL>
{
    #[inline(always)]
    fn of(_: &Shape) -> [usize; 3] {
        const { assert!(WITH + WITHOUT + 2 * UNLESS == ALL) };
        [WITH, WITHOUT, UNLESS]
    }

    #[inline(always)]
    fn lanes<'l>(_: &Shape, all: &'l [u32], at: usize) -> Option<&'l [u32]> {
        all.as_chunks::<ALL>().0.get(at).map(<[u32; ALL]>::as_slice)
    }
}

/// As many as the shape says.
pub(super) struct Many;

impl Sizes for Many {
    #[inline(always)]
    fn of(shape: &Shape) -> [usize; 3] {
        [shape.with, shape.without, shape.unless]
    }

    #[inline(always)]
    fn lanes<'l>(shape: &Shape, all: &'l [u32], at: usize) -> Option<&'l [u32]> {
        let width = shape.lanes();
        all.get(at * width..(at + 1) * width)
    }
}

/// What is done with conjunctions that are made alike.
pub(super) trait Work {
    fn of<Of: Sizes>(self);
}

/// The same by instructions of the processor; a function of its own for each size, or the memory of all would be taken at once.
struct OfSize<W, Of>(W, PhantomData<Of>);

impl<W: Work, Of: Sizes> WithSimd for OfSize<W, Of> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.0.of::<Of>();
    }
}

/// Does it for a shape.
#[inline(always)]
pub(super) fn by_shape<S: Simd>(simd: S, shape: &Shape, work: impl Work) {
    macro_rules! few {
        ($($with:literal $without:literal $unless:literal),* $(,)?) => {
            match (shape.with, shape.without, shape.unless) {
                $(($with, $without, $unless) => {
                    counting::vectorize(simd, OfSize(work, PhantomData::<Few<$with, $without, $unless, { $with + $without + 2 * $unless }>>));
                })*
                _ => counting::vectorize(simd, OfSize(work, PhantomData::<Many>)),
            }
        };
    }
    few! {
        0 1 0, 0 2 0, 0 3 0, 0 4 0,
        1 0 0, 1 1 0, 1 2 0, 1 3 0, 1 4 0,
        2 0 0, 2 1 0, 2 2 0, 2 3 0, 2 4 0,
        3 0 0, 3 1 0, 3 2 0, 3 3 0, 3 4 0,
        4 0 0, 4 1 0, 4 2 0, 4 3 0, 4 4 0,
        0 0 1, 0 1 1, 0 2 1, 0 3 1,
        1 0 1, 1 1 1, 1 2 1, 1 3 1,
        2 0 1, 2 1 1, 2 2 1, 2 3 1,
        3 0 1, 3 1 1, 3 2 1, 3 3 1,
    }
}

/// Does it in one function for all shapes.
#[inline(always)]
pub(super) fn whatever_the_shape<S: Simd>(simd: S, work: impl Work) {
    counting::vectorize(simd, OfSize(work, PhantomData::<Many>));
}

impl<S: Simd, L: Numbered + ?Sized> Reading<'_, S, L> {
    /// Of whom a conjunction is true where nobody is in doubt about it.
    #[inline(always)]
    pub(super) fn sure<Of: Sizes>(self, shape: &Shape, lanes: &[u32]) -> S::u64s {
        let all = self.at(ALL);
        let yes = self.within::<Of>(all, shape, lanes);
        if shape.flip { self.without(all, yes) } else { yes }
    }

    /// Those of some rows that lie in all lanes of a conjunction.
    #[inline(always)]
    pub(super) fn within<Of: Sizes>(self, rows: S::u64s, shape: &Shape, lanes: &[u32]) -> S::u64s {
        self.conjoin(rows, Of::of(shape), lanes)
    }

    /// Of whom it is true, and of whom it is settled.
    #[inline(always)]
    pub(super) fn open(self, shape: &Shape, doors: usize, lanes: &[u32], settled: &[u32]) -> Answer<S> {
        let (simd, all) = (self.simd, self.at(ALL));
        let mut may = all;
        for (lane, settled) in lanes.iter().zip(settled).take(doors) {
            may = simd.and_u64s(may, simd.or_u64s(self.at(*lane), simd.not_u64s(self.at(*settled))));
        }
        let others = lanes.get(doors..).unwrap_or_default();
        may = self.conjoin(may, [shape.with - doors, shape.without, shape.unless], others);
        let parts = settled.get(doors..).unwrap_or_default();
        let mut known = may;
        for lane in parts {
            known = simd.and_u64s(known, self.at(*lane));
        }
        let settled = self.without(all, self.without(may, known));
        Answer { yes: if shape.flip { self.without(all, may) } else { known }, settled }
    }

    /// Those of some rows that lie in a conjunction.
    #[inline(always)]
    fn conjoin(self, rows: S::u64s, [with, without, unless]: [usize; 3], lanes: &[u32]) -> S::u64s {
        let Some(lanes) = lanes.get(..with + without + 2 * unless) else { return self.none() };
        let (with, lanes) = lanes.split_at(with);
        let (without, unless) = lanes.split_at(without);
        let mut rows = rows;
        for lane in with {
            rows = self.simd.and_u64s(rows, self.at(*lane));
        }
        for lane in without {
            rows = self.without(rows, self.at(*lane));
        }
        for [high, low] in unless.as_chunks::<2>().0 {
            rows = self.without(rows, self.without(self.at(*high), self.at(*low)));
        }
        rows
    }
}
