//! What is missing for those of whom a condition is unknown, block by block.

use pulp::Simd;

use super::{
    counts::Counts,
    kept::Kept,
    lane::{self, Numbered},
    program::{END_OF_LACK, END_OF_WAY, NOWHERE, Segment},
    reading::Reading,
};

/// What is missing for those of whom a condition is unknown.
pub(super) struct Why<'w, S: Simd, L: ?Sized> {
    pub(super) reading: Reading<'w, S, L>,
    pub(super) segment: &'w Segment,
    pub(super) output: usize,
    /// The first word of the rows.
    pub(super) first: usize,
    pub(super) kept: &'w mut Kept,
    pub(super) counts: &'w mut Counts,
}

impl<S: Simd, L: Numbered + ?Sized> Why<'_, S, L> {
    #[inline(always)]
    pub(super) fn find(self, unknown: S::u64s) {
        let Why { reading, segment, output, first, kept, counts } = self;
        let lacks = &segment.lacks;
        let own = lacks.of(output);
        let mut told = unknown;
        if !segment.asked.is_empty() {
            told = ask(reading, segment, output, first, unknown, kept);
        }
        let steps = lacks.steps_of(output);
        // Lacks are counted in the order of their steps.
        let mut lack = own.start;
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
fn ask<S: Simd, L: Numbered + ?Sized>(
    reading: Reading<'_, S, L>,
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
