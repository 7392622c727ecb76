//! Where each value lies among the cuts of its slot: found once for a value, it answers every comparison of the rulebook with
//! that slot. A number is ranked among the constants that it is compared with, a text is one of those that it is compared with
//! or some other.

use std::{hash::BuildHasher, sync::Arc};

use foldhash::fast::FixedState;
use pulp::{Simd, WithSimd};

use super::lane;
use crate::{
    column::{Column, Data},
    plan::{Cuts, float_key},
};

/// Constants of one slot, made ready to be looked up.
#[derive(Debug)]
pub(super) enum Rank {
    Keys(Keys),
    Texts(Texts),
}

/// Cuts, by key.
#[derive(Debug)]
pub(super) struct Keys {
    /// Those that values of 64 bits can reach.
    cuts: Vec<i64>,
    /// All of them.
    wide: Vec<i128>,
    /// Cuts that lie before everything of 64 bits.
    below: u32,
    table: Table,
}

/// Where to begin looking for a value.
#[derive(Debug)]
enum Table {
    /// Few cuts: each is compared.
    Few([i64; FEW]),
    /// By the value's distance from the first cut: how many cuts are not greater.
    Exact { first: i64, found: Vec<u16> },
    /// By the value's distance from the first cut, so many bits dropped: how many cuts stand in buckets before; all of them in the last.
    Buckets { first: i64, shift: u32, counts: Vec<u32> },
}

const FEW: usize = 8;
/// Where the cuts lie no further apart, each value between them has a place of its own.
const CLOSE: u64 = 1 << 15;

/// Texts that are told apart.
#[derive(Debug)]
pub(super) struct Texts {
    texts: Vec<Arc<str>>,
    /// One more than the place of a text; by hash, the next free place where two meet.
    table: Vec<u32>,
    hasher: FixedState,
}

impl Rank {
    pub(super) fn keys(cuts: &Cuts) -> Rank {
        Rank::Keys(Keys::of(cuts.keys()))
    }

    pub(super) fn texts(texts: Vec<Arc<str>>) -> Rank {
        Rank::Texts(Texts::of(texts))
    }

    /// Into how many pieces values fall: one before each cut, and one behind the last.
    pub(super) fn pieces(&self) -> usize {
        match self {
            Rank::Keys(keys) => keys.wide.len() + 1,
            Rank::Texts(texts) => texts.texts.len() + 1,
        }
    }

    /// The piece of a text.
    pub(super) fn text(&self, text: &str) -> Option<u32> {
        match self {
            Rank::Keys(_) => None,
            Rank::Texts(texts) => Some(texts.piece(text)),
        }
    }

    /// The pieces of texts that so many rows of a column share, where they are fewer than the rows.
    pub(super) fn shared(&self, column: &Column, rows: usize) -> Option<Vec<u32>> {
        let (Rank::Texts(ranked), Data::Texts(texts)) = (self, column.data()) else { return None };
        let (_, number) = texts.codes().filter(|(_, number)| *number < rows)?;
        Some((0..number).map(|at| texts.text(at).map_or(0, |text| ranked.piece(text))).collect())
    }

    /// Of each row from one on, the first of the lanes that it lies in: one behind its piece; of a row that has no value, the last lane.
    /// `shared` has the pieces of texts that rows share. The first row is at the beginning of a word of 64.
    pub(super) fn lanes_of(&self, column: &Column, shared: Option<&[u32]>, first: usize, lanes: &mut [u32]) {
        lane::dispatch(Ranking { rank: self, column, shared, first, lanes });
    }
}

/// What is done with the widest instructions that there are.
struct Ranking<'r> {
    rank: &'r Rank,
    column: &'r Column,
    shared: Option<&'r [u32]>,
    first: usize,
    lanes: &'r mut [u32],
}

impl WithSimd for Ranking<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Ranking { rank, column, shared, first, lanes } = self;
        let missing = rank.pieces() as u32 + 1;
        match (rank, column.data()) {
            (Rank::Keys(keys), Data::Int(all) | Data::Short(all, _) | Data::Timestamp(all)) => {
                keys.lanes_of(all, first, lanes, |it| *it);
            }
            (Rank::Keys(keys), Data::Date(all)) => keys.lanes_of(all, first, lanes, |it| i64::from(*it)),
            (Rank::Keys(keys), Data::Float(all)) => keys.lanes_of(all, first, lanes, |it| float_key(*it)),
            (Rank::Keys(keys), Data::Choice(all)) => keys.lanes_of(all, first, lanes, |it| i64::from(*it)),
            (Rank::Keys(keys), Data::Decimal(all, _)) => each(all, first, lanes, |it| keys.wide_piece(*it)),
            (Rank::Texts(texts), Data::Texts(all)) => match (shared, all.codes()) {
                (Some(pieces), Some((codes, _))) => {
                    each(codes, first, lanes, |code| pieces.get(*code as usize).copied().unwrap_or(0));
                }
                _ => {
                    let piece = |row: usize| all.get(row).map_or(0, |text| texts.piece(text));
                    (first..).zip(lanes.iter_mut()).for_each(|(row, lane)| *lane = piece(row) + 1);
                }
            },
            (Rank::Texts(texts), Data::Text(all)) => {
                each(all, first, lanes, |text| text.as_deref().map_or(0, |text| texts.piece(text)));
            }
            (
                Rank::Keys(_) | Rank::Texts(_),
                Data::Bool(_)
                | Data::Text(_)
                | Data::Texts(_)
                | Data::Duration(_)
                | Data::List(_)
                | Data::Int(_)
                | Data::Short(..)
                | Data::Timestamp(_)
                | Data::Date(_)
                | Data::Choice(_)
                | Data::Float(_)
                | Data::Decimal(..),
            ) => return lanes.fill(missing),
        }
        // Whatever stands where there is no value has been ranked: that costs less than to ask of each row.
        let known = column.known().get(first / 64..).unwrap_or_default().iter().copied().chain(std::iter::repeat(0));
        for (known, lanes) in known.zip(lanes.chunks_mut(64)) {
            let mut unknown: u64 = !known;
            while unknown != 0 {
                let Some(lane) = lanes.get_mut(unknown.trailing_zeros() as usize) else { break };
                *lane = missing;
                unknown &= unknown - 1;
            }
        }
    }
}

/// Of each value from one on the lane behind its piece.
#[inline(always)]
fn each<T>(values: &[T], first: usize, lanes: &mut [u32], piece: impl Fn(&T) -> u32) {
    let values = values.get(first..).unwrap_or_default();
    lanes.iter_mut().zip(values).for_each(|(lane, value)| *lane = piece(value) + 1);
}

impl Keys {
    fn of(wide: &[i128]) -> Keys {
        let wide = wide.to_vec();
        let below = wide.iter().filter(|key| **key < i128::from(i64::MIN)).count() as u32;
        let cuts: Vec<i64> = wide.iter().filter_map(|key| i64::try_from(*key).ok()).collect();
        let table = match (cuts.first(), cuts.last()) {
            (Some(first), Some(last)) if cuts.len() > FEW => {
                let span = last.wrapping_sub(*first) as u64;
                if span < CLOSE {
                    let mut found = vec![0; span as usize + 1];
                    for cut in &cuts {
                        found.iter_mut().skip(cut.wrapping_sub(*first) as usize).take(1).for_each(|found| *found = 1);
                    }
                    let mut sum = 0;
                    for found in &mut found {
                        sum += *found;
                        *found = sum;
                    }
                    return Keys { table: Table::Exact { first: *first, found }, cuts, wide, below };
                }
                // Some buckets a cut, so that most hold one at most, and all of them stay at hand.
                let buckets = (4 * cuts.len()).next_power_of_two().clamp(1 << 10, 1 << 14).trailing_zeros();
                let shift = (64 - span.leading_zeros()).saturating_sub(buckets);
                let mut counts = vec![0; (span >> shift) as usize + 3];
                for cut in &cuts {
                    let bucket = (cut.wrapping_sub(*first) as u64 >> shift) as usize + 1;
                    if let Some(count) = counts.get_mut(bucket) {
                        *count += 1;
                    }
                }
                let mut sum = 0;
                for count in &mut counts {
                    sum += *count;
                    *count = sum;
                }
                Table::Buckets { first: *first, shift, counts }
            }
            _ => {
                let mut few = [i64::MAX; FEW];
                few.iter_mut().zip(&cuts).for_each(|(few, cut)| *few = *cut);
                Table::Few(few)
            }
        };
        Keys { cuts, wide, below, table }
    }

    /// Of each value from one on the lane behind the piece of its key.
    #[inline(always)]
    fn lanes_of<T>(&self, values: &[T], first: usize, lanes: &mut [u32], key: impl Fn(&T) -> i64) {
        match &self.table {
            Table::Few(few) => each(values, first, lanes, |value| self.among_few(few, key(value))),
            Table::Exact { first: cut, found } => {
                each(values, first, lanes, |value| self.exactly((*cut, found), key(value)));
            }
            Table::Buckets { first: cut, shift, counts } => {
                each(values, first, lanes, |value| self.in_buckets((*cut, *shift, counts), key(value)));
            }
        }
    }

    /// How many cuts are not greater than a key.
    fn piece(&self, key: i64) -> u32 {
        match &self.table {
            Table::Few(few) => self.among_few(few, key),
            Table::Exact { first, found } => self.exactly((*first, found), key),
            Table::Buckets { first, shift, counts } => self.in_buckets((*first, *shift, counts), key),
        }
    }

    #[inline(always)]
    fn among_few(&self, few: &[i64; FEW], key: i64) -> u32 {
        let found: u32 = few.iter().map(|cut| u32::from(*cut <= key)).sum();
        // The greatest key is not less than what fills the places up.
        self.below + found.min(self.cuts.len() as u32)
    }

    #[inline(always)]
    fn exactly(&self, (first, found): (i64, &[u16]), key: i64) -> u32 {
        // Behind the last cut lie all.
        let place = (key.wrapping_sub(first) as u64).min(found.len() as u64 - 1);
        let found = found.get(place as usize).map_or(0, |found| u32::from(*found));
        self.below + if key < first { 0 } else { found }
    }

    #[inline(always)]
    fn in_buckets(&self, (first, shift, counts): (i64, u32, &[u32]), key: i64) -> u32 {
        let bucket = (key.wrapping_sub(first) as u64 >> shift).min(counts.len() as u64 - 1);
        let before = counts.get(bucket as usize).copied().unwrap_or(0);
        // Cuts of later buckets are greater: mostly two comparisons tell, without a guess.
        let is_not_greater = |at: u32| self.cuts.get(at as usize).is_some_and(|cut| *cut <= key);
        let mut found = before + u32::from(is_not_greater(before)) + u32::from(is_not_greater(before + 1));
        if found == before + 2 {
            let more = self.cuts.get(found as usize..).unwrap_or_default();
            found += more.partition_point(|cut| *cut <= key) as u32;
        }
        self.below + if key < first { 0 } else { found }
    }

    fn wide_piece(&self, key: i128) -> u32 {
        match i64::try_from(key) {
            Ok(key) => self.piece(key),
            Err(_) => self.wide.partition_point(|cut| *cut <= key) as u32,
        }
    }
}

impl Texts {
    fn of(texts: Vec<Arc<str>>) -> Texts {
        let mut found =
            Texts { table: vec![0; (4 * texts.len()).next_power_of_two()], texts, hasher: FixedState::default() };
        for at in 0..found.texts.len() {
            let Some(text) = found.texts.get(at).cloned() else { continue };
            let mut place = found.place(&text);
            while found.table.get(place).is_some_and(|taken| *taken != 0) {
                place = (place + 1) % found.table.len();
            }
            if let Some(slot) = found.table.get_mut(place) {
                *slot = at as u32 + 1;
            }
        }
        found
    }

    #[inline(always)]
    fn place(&self, text: &str) -> usize {
        self.hasher.hash_one(text.as_bytes()) as usize & (self.table.len() - 1)
    }

    /// The place of a text; of any other, one behind the last.
    #[inline(always)]
    fn piece(&self, text: &str) -> u32 {
        let mut place = self.place(text);
        loop {
            match self.table.get(place) {
                None | Some(0) => return self.texts.len() as u32,
                Some(at) if self.texts.get(*at as usize - 1).is_some_and(|it| **it == *text) => return at - 1,
                Some(_) => place = (place + 1) & (self.table.len() - 1),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_value_lies_behind_the_cuts_that_are_not_greater(
            keys in proptest::collection::vec(-2000..2000_i128, 0..60),
            wide in proptest::collection::vec(i64::MIN..i64::MAX, 0..3),
            beyond in proptest::collection::vec(i128::MIN..i128::MAX, 0..2),
            values in proptest::collection::vec(-3000..3000_i64, 1..50),
        ) {
            let mut cuts: Vec<i128> = keys.into_iter().chain(wide.into_iter().map(i128::from)).chain(beyond).collect();
            cuts.sort_unstable();
            cuts.dedup();
            let ranked = Keys::of(&cuts);
            for value in values.into_iter().chain([i64::MIN, i64::MAX, 0]) {
                let expected = cuts.iter().filter(|key| **key <= i128::from(value)).count() as u32;
                proptest::prop_assert_eq!(ranked.piece(value), expected);
                let far = i128::from(value) << 64;
                let expected = cuts.iter().filter(|key| **key <= far).count() as u32;
                proptest::prop_assert_eq!(ranked.wide_piece(far), expected);
            }
        }
    }

    #[test]
    fn each_row_lies_in_the_lane_behind_its_piece_and_in_the_last_without_a_value() {
        use crate::value::Value;
        let tables: [(&str, Vec<i128>); 4] = [
            ("few", vec![-3, 0, i128::from(i64::MAX)]),
            ("exact", (0..60).map(|at| at * 3).collect()),
            ("buckets", (0..60).map(|at| at * at * at * 1_000_003).chain([i128::from(i64::MAX)]).collect()),
            ("none", vec![]),
        ];
        let value = |row: i64| match row % 7 {
            0 => Value::Missing,
            1 => Value::Int(i64::MIN),
            2 => Value::Int(i64::MAX),
            _ => Value::Int(row * row * row * 1_001 - 500),
        };
        for (name, cuts) in tables {
            let keys = Keys::of(&cuts);
            let mut column = Column::new(&crate::value::Type::Int);
            (0..150).for_each(|row| column.push(&value(row)));
            let expected: Vec<u32> = (0..150)
                .map(|row| match value(row) {
                    Value::Int(it) => keys.piece(it) + 1,
                    _ => cuts.len() as u32 + 2,
                })
                .collect();
            let rank = Rank::Keys(keys);
            for (first, rows) in [(0, 150), (0, 100), (64, 86), (128, 22), (64, 64)] {
                let mut lanes = vec![77; rows];
                rank.lanes_of(&column, None, first, &mut lanes);
                assert_eq!(lanes, expected[first..first + rows], "{name} from {first}");
            }
            // Rows that a column does not have have no value.
            let mut lanes = vec![77; 40];
            rank.lanes_of(&column, None, 128, &mut lanes);
            let beyond = vec![cuts.len() as u32 + 2; 18];
            assert_eq!(lanes, [&expected[128..], &beyond].concat(), "{name}");
        }
    }

    #[test]
    fn a_text_is_one_of_those_it_is_compared_with_or_another() {
        let texts: Vec<Arc<str>> = (0..40).map(|at| format!("城{at}").into()).collect();
        let ranked = Texts::of(texts);
        assert_eq!(
            [ranked.piece("城0"), ranked.piece("城39"), ranked.piece("城40"), ranked.piece("")],
            [0, 39, 40, 40]
        );
    }
}
