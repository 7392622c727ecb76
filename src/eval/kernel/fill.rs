//! Rows of a block put into the lanes of a source: those before each of its cuts, or those of each text.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use pulp::{Simd, WithSimd};

use super::{
    lane::{self, BLOCK, Lane, Lanes},
    program::Source,
    ranked::Rank,
};

/// Memory for it that is used again.
#[derive(Debug, Default)]
pub(super) struct Fill {
    /// By lane: the place of its rows among the different ones.
    places: Vec<u16>,
    different: Vec<Lane>,
    /// By the first lane of a source of texts: those of its lanes that have rows, and those of its lists.
    used: HashMap<usize, [Vec<u32>; 2], RandomState>,
}

/// What is done with the widest instructions that there are.
struct Filling<'f> {
    fill: &'f mut Fill,
    source: &'f Source,
    of: &'f [u32],
    lanes: &'f mut Lanes,
}

impl WithSimd for Filling<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Filling { fill, source, of, lanes } = self;
        let known = source.rank.pieces();
        match source.rank {
            Rank::Keys(_) if known > 2 * BLOCK => fill.share(simd, source.lane, known + 1, of, lanes),
            Rank::Keys(_) => {
                let lanes = lanes.some(source.lane, source.lanes());
                scatter(of, lanes);
                lane::accumulate(simd, lanes.get_mut(..=known).unwrap_or_default());
            }
            Rank::Texts(_) => fill.texts(source, of, lanes),
        }
    }
}

impl Fill {
    /// `of` each row the first lane that it lies in. The rows before a cut are those of the lanes before it; texts stay by themselves,
    /// since nothing lies between them. The last but one has all whose value is known, the last the others.
    pub(super) fn fill(&mut self, source: &Source, of: &[u32], lanes: &mut Lanes) {
        lane::dispatch(Filling { fill: self, source, of, lanes });
    }

    /// Of many texts few come up in a block: only lanes that have rows, or had some in the block before, are looked at.
    #[inline(always)]
    fn texts(&mut self, source: &Source, of: &[u32], lanes: &mut Lanes) {
        let known = source.rank.pieces();
        let number = source.lists.number;
        let (lists, lanes) = lanes.some(source.first(), number + source.lanes()).split_at_mut(number);
        let [texts, listed] = self.used.entry(source.lane).or_default();
        empty(lanes, texts);
        empty(lists, listed);
        let mut last = u32::MAX;
        for (row, at) in of.iter().enumerate() {
            let Some(lane) = lanes.get_mut(*at as usize) else { continue };
            if *at != last && lane.is_none() {
                texts.push(*at);
            }
            lane.set(row);
            last = *at;
        }
        let mut all = Lane::NONE;
        // Each list is written down before it is known whether it is a new one: that is as likely as not, and not worth a guess.
        listed.resize(number + 1, 0);
        let mut different = 0;
        for at in texts.iter().filter(|at| **at as usize <= known) {
            let Some(lane) = lanes.get(*at as usize).copied() else { continue };
            all = all.or(lane);
            // A text is one behind its number.
            let of_text = (*at as usize).checked_sub(1).and_then(|text| source.lists.of_text.get(text));
            for list in of_text.into_iter().flatten() {
                let (Some(rows), Some(slot)) = (lists.get_mut(*list as usize), listed.get_mut(different)) else {
                    continue;
                };
                *slot = *list;
                different += usize::from(rows.is_none());
                *rows = rows.or(lane);
            }
        }
        listed.truncate(different);
        if let Some(lane) = lanes.get_mut(known) {
            *lane = all;
            texts.push(known as u32);
        }
    }

    /// Where there are many more cuts than rows, most lanes are the same as the one before: each different one is found once, and
    /// shared where that can be.
    #[inline(always)]
    fn share<S: Simd>(&mut self, simd: S, first: usize, number: usize, of: &[u32], lanes: &mut Lanes) {
        let different = of.len() + 1;
        if let Some((places, found)) = lanes.shared(first, number) {
            return tell_apart(simd, of, first as u16, places, found.get_mut(..different).unwrap_or_default());
        }
        self.places.resize(number, 0);
        self.different.resize(different, Lane::NONE);
        tell_apart(simd, of, 0, &mut self.places, &mut self.different);
        for (lane, place) in lanes.some(first, number).iter_mut().zip(&self.places) {
            self.different.get(usize::from(*place)).into_iter().for_each(|rows| *lane = *rows);
        }
    }
}

/// Of lanes whose places are numbered from one on, the place of each: one for all that have the same rows; and the rows of each place.
#[inline(always)]
fn tell_apart<S: Simd>(simd: S, of: &[u32], first: u16, places: &mut [u16], found: &mut [Lane]) {
    places.fill(0);
    for lane in of {
        places.get_mut(*lane as usize).into_iter().for_each(|rows| *rows += 1);
    }
    sum(first, places);
    found.fill(Lane::NONE);
    for (row, lane) in of.iter().enumerate() {
        if let Some(place) = places.get(*lane as usize) {
            set(found, usize::from(place - first), row);
        }
    }
    lane::accumulate(simd, found);
}

/// Makes of numbers the sums up to each of them and of what is before. Four are added up at once, in the four parts of a word: no sum
/// has more than 16 bits.
#[inline(always)]
fn sum(before: u16, numbers: &mut [u16]) {
    const EACH: u64 = 0x0001_0001_0001_0001;
    let mut before = u64::from(before);
    let (fours, rest) = numbers.as_chunks_mut::<4>();
    for four in fours {
        let sums = four.iter().rev().fold(0, |all, number| all << 16 | u64::from(*number)).wrapping_mul(EACH);
        let all = sums.wrapping_add(before.wrapping_mul(EACH));
        *four = [all as u16, (all >> 16) as u16, (all >> 32) as u16, (all >> 48) as u16];
        before += sums >> 48;
    }
    for number in rest {
        before += u64::from(*number);
        *number = before as u16;
    }
}

/// Takes all rows out of lanes that had some.
#[inline(always)]
fn empty(lanes: &mut [Lane], used: &mut Vec<u32>) {
    for at in used.drain(..) {
        lanes.get_mut(at as usize).into_iter().for_each(|lane| *lane = Lane::NONE);
    }
}

/// Each row into the first lane that it lies in.
#[inline(always)]
fn scatter(of: &[u32], lanes: &mut [Lane]) {
    lanes.fill(Lane::NONE);
    of.iter().enumerate().for_each(|(row, lane)| set(lanes, *lane as usize, row));
}

#[inline(always)]
fn set(lanes: &mut [Lane], lane: usize, row: usize) {
    if let Some(lane) = lanes.get_mut(lane) {
        lane.set(row);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        eval::kernel::{lane::Numbered, program::Lists},
        plan::{Cuts, Range, Slot},
        schema::ColumnId,
    };

    /// A source of so many cuts, or of so many texts of which every third stands in the first list and every fourth in the second.
    fn source(pieces: usize, texts: bool) -> Source {
        let rank = match texts {
            true => Rank::texts((1..pieces).map(|at| at.to_string().into()).collect()),
            false => {
                let mut cuts = Cuts::default();
                (1..pieces as i128).for_each(|at| cuts.add(&Range { low: at, high: at, unknown: at, outside: false }));
                cuts.sort();
                Rank::keys(&cuts)
            }
        };
        let of = |text| [3, 4].iter().zip(0..).filter(|(every, _)| text % **every == 0).map(|(_, list)| list).collect();
        let lists =
            if texts { Lists { number: 2, of_text: (0..pieces - 1).map(of).collect() } } else { Lists::default() };
        Source { slot: Slot::Column(ColumnId(0)), rank, lane: 10, doubt: 1, lists }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_is_left_of_the_block_before(
            pieces in prop::sample::select(&[2_usize, 9, 300, 3000][..]),
            texts in any::<bool>(),
            blocks in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 1..BLOCK), 1..4),
        ) {
            let source = source(pieces, texts);
            let all = |fill: &mut Fill, lanes: &mut Lanes, of: &[u32]| {
                fill.fill(&source, of, lanes);
                let lanes = lanes.many().map(|lanes| (0..pieces + 14).map(|at| *lanes.lane(at as u32)).collect::<Vec<_>>());
                lanes.expect("many lanes")
            };
            let (mut fill, mut lanes) = (Fill::default(), Lanes::new(4000));
            for block in blocks {
                let of: Vec<u32> = block.iter().map(|at| at.index(pieces + 1) as u32 + 1).collect();
                let found = all(&mut fill, &mut lanes, &of);
                prop_assert_eq!(&found, &all(&mut Fill::default(), &mut Lanes::new(4000), &of));
                // By row: whether it lies in each lane of the source; of those whose value is not known nobody asks.
                for at in 0..=pieces {
                    for (row, own) in of.iter().enumerate() {
                        let known = *own as usize <= pieces;
                        let expected = match at {
                            _ if at == pieces => known,
                            at if texts => *own as usize == at,
                            at => *own as usize <= at,
                        };
                        prop_assert_eq!(found[10 + at].0[row / 64] >> (row % 64) & 1 == 1, expected, "lane {} row {}", at, row);
                    }
                }
            }
        }
    }
}
