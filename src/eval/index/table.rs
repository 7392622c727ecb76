//! For each piece of each feature the clauses that it leaves possible, a bit each: what remains of all features together is what
//! holds.
//!
//! Where a feature has many pieces, neighbours share a row, in which every clause stands that one of them leaves possible; those
//! that a piece itself rules out are listed beside it. So the table stays small enough for the processor's own memory.

use super::clauses::Clause;

/// Five hundred and twelve clauses, as much as a line of the processor's memory holds.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Block([u64; 8]);

/// Clauses of a block.
const TOGETHER: usize = 512;
/// Features whose rows are looked at together.
const ABREAST: usize = 16;
/// No row: every clause is left possible.
const ALL: u32 = u32::MAX;
/// Blocks of rows up to which each piece may have a row of its own: half a megabyte.
const SMALL: usize = 1 << 13;
/// Clauses that a piece may list, on average, where the table would grow over that.
const LISTED: usize = 16;

/// The clauses of each piece.
#[derive(Debug)]
pub(super) struct Table {
    /// Blocks of a row.
    width: usize,
    rows: Vec<Block>,
    /// By feature and piece, one feature after the other.
    pieces: Vec<Piece>,
    /// The first piece of each feature.
    first: Vec<u32>,
    ruled_out: Vec<u32>,
    /// All clauses.
    all: Vec<Block>,
}

/// What a piece leaves possible.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Where its row begins.
    row: u32,
    /// Those of the row that are ruled out: a stretch of the list.
    from: u32,
    upto: u32,
}

/// What was found of one user.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The piece of each feature, counted through all of them: [`Table::first`] and the piece.
    pub(super) chosen: Vec<u32>,
    /// Which lists of clauses are ruled out.
    listing: Vec<(u32, u32)>,
    blocks: Vec<Block>,
}

impl Table {
    /// Of clauses by their places; none stands where nothing ever holds. `counts` says how many pieces each feature has.
    pub(super) fn of(clauses: &[Option<&Clause>], counts: &[u32]) -> Table {
        Table::within(clauses, counts, SMALL)
    }

    /// The same, with no more than so many blocks where each piece has a row of its own.
    fn within(clauses: &[Option<&Clause>], counts: &[u32], small: usize) -> Table {
        let width = clauses.len().div_ceil(TOGETHER).max(1);
        let mut all = vec![Block([0; 8]); width];
        for (clause, at) in clauses.iter().zip(0..) {
            set(&mut all, at, clause.is_some());
        }
        let mut table = Table { width, rows: vec![], pieces: vec![], first: vec![], ruled_out: vec![], all };
        let mut named: Vec<Vec<Named<'_>>> = counts.iter().map(|_| vec![]).collect();
        for (clause, at) in clauses.iter().zip(0..) {
            for (feature, pieces) in clause.iter().flat_map(|clause| clause.iter()) {
                if let Some(named) = named.get_mut(feature.0 as usize) {
                    named.push((at, pieces.stretches()));
                }
            }
        }
        let dense: usize = counts.iter().map(|count| *count as usize * width).sum();
        let listed = if dense > small { LISTED } else { 0 };
        for (count, named) in counts.iter().zip(&named) {
            table.first.push(table.pieces.len() as u32);
            table.add(*count, named, listed);
        }
        table
    }

    /// Adds the pieces of a feature that these clauses name.
    fn add(&mut self, count: u32, named: &[Named<'_>], listed: usize) {
        let mut changes: Vec<Vec<(u32, bool)>> = vec![vec![]; count as usize + 1];
        let mut now = self.all.clone();
        for (clause, stretches) in named {
            set(&mut now, *clause, false);
            for (low, high) in *stretches {
                for (at, possible) in [(*low, true), (*high, false)] {
                    changes.get_mut(at as usize).into_iter().for_each(|all| all.push((*clause, possible)));
                }
            }
        }
        // Few clauses of many are better listed than looked at in every row.
        if self.width > 1 && named.len() <= 2 * LISTED {
            let group: Vec<Vec<Block>> =
                changes.iter().take(count as usize).map(|changes| step(&mut now, changes)).collect();
            let all = self.all.clone();
            self.close(&all, &group, ALL);
            return;
        }
        let mut group: Vec<Vec<Block>> = vec![];
        // How many clauses the next row leaves possible, and those of the group: one by one, and together.
        let mut next = size(&now);
        let (mut each, mut all) = (0, next);
        let mut together = now.clone();
        for changes in changes.iter().take(count as usize) {
            let begun = changes.iter().filter(|(_, possible)| *possible).count();
            next = next + begun - (changes.len() - begun);
            let new = changes.iter().filter(|(clause, possible)| *possible && !has(&together, *clause)).count();
            let row = step(&mut now, changes);
            let ruled_out = (group.len() + 1) * (all + new) - each - next;
            if group.is_empty() || ruled_out > listed * (group.len() + 1) {
                self.keep(&together, &group);
                group.clear();
                (together, each, all) = (row.clone(), next, next);
            } else {
                together.iter_mut().zip(&row).for_each(|(all, row)| *all = all.or(row));
                (each, all) = (each + next, all + new);
            }
            group.push(row);
        }
        self.keep(&together, &group);
    }

    /// Adds pieces that share a row.
    fn keep(&mut self, together: &[Block], group: &[Vec<Block>]) {
        if !group.is_empty() {
            let row = self.rows.len() as u32;
            self.rows.extend(together);
            self.close(together, group, row);
        }
    }

    fn close(&mut self, together: &[Block], group: &[Vec<Block>], row: u32) {
        for own in group {
            let from = self.ruled_out.len() as u32;
            let out: Vec<Block> = together.iter().zip(own).map(|(all, own)| all.without(own)).collect();
            self.ruled_out.extend(bits(&out));
            self.pieces.push(Piece { row, from, upto: self.ruled_out.len() as u32 });
        }
    }

    /// Memory for what is found, so that none is taken later.
    pub(super) fn found(&self) -> Found {
        Found { chosen: self.first.clone(), listing: Vec::with_capacity(self.first.len()), blocks: self.all.clone() }
    }

    /// The first piece of each feature.
    pub(super) fn first(&self) -> &[u32] {
        &self.first
    }

    /// Finds the clauses that hold, from the pieces in `found.chosen`.
    pub(super) fn find(&self, found: &mut Found) {
        found.listing.clear();
        match self.width {
            1 => self.one_block(found),
            _ => self.blocks(found),
        }
        let Found { listing, blocks, .. } = found;
        for (from, upto) in listing {
            for clause in self.ruled_out.get(*from as usize..*upto as usize).unwrap_or_default() {
                set(blocks, *clause, false);
            }
        }
    }

    /// Rows of one block.
    fn one_block(&self, found: &mut Found) {
        let Some(mut all) = self.all.first().copied() else { return };
        for piece in &found.chosen {
            let Some(piece) = self.pieces.get(*piece as usize) else { continue };
            if piece.from != piece.upto {
                found.listing.push((piece.from, piece.upto));
            }
            if let Some(row) = self.rows.get(piece.row as usize) {
                all.and(row);
            }
        }
        if let Some(block) = found.blocks.first_mut() {
            *block = all;
        }
    }

    /// Rows of several blocks, so many of them at once that a block is seldom read and written again.
    fn blocks(&self, found: &mut Found) {
        found.blocks.copy_from_slice(&self.all);
        for chosen in found.chosen.chunks(ABREAST) {
            let mut rows = [&[][..]; ABREAST];
            let mut many = 0;
            for piece in chosen {
                let Some(piece) = self.pieces.get(*piece as usize) else { continue };
                if piece.from != piece.upto {
                    found.listing.push((piece.from, piece.upto));
                }
                let row = self.rows.get(piece.row as usize..).and_then(|rows| rows.get(..self.width));
                if let (Some(row), Some(slot)) = (row, rows.get_mut(many)) {
                    *slot = row;
                    many += 1;
                }
            }
            let rows = rows.get(..many).unwrap_or_default();
            for (at, block) in found.blocks.iter_mut().enumerate() {
                let mut all = *block;
                for row in rows {
                    if let Some(row) = row.get(at) {
                        all.and(row);
                    }
                }
                *block = all;
            }
        }
    }
}

impl Found {
    /// Whether a clause holds.
    #[inline]
    pub(super) fn has(&self, clause: u32) -> bool {
        has(&self.blocks, clause)
    }

    /// The clauses of a stretch that hold, in order.
    pub(super) fn between(&self, low: u32, high: u32) -> impl Iterator<Item = u32> {
        let words = low as usize / 64..(high as usize).div_ceil(64);
        words.flat_map(move |at| {
            let mut left = self.word(at);
            if at == low as usize / 64 {
                left &= u64::MAX << (low % 64);
            }
            if at == high as usize / 64 {
                left &= (1 << (high % 64)) - 1;
            }
            of_word(left, at as u32)
        })
    }

    /// Says of what stands in `places` that it holds where a clause does: the first of them of clause `first`, and so on.
    pub(super) fn gather(&mut self, first: u32, places: &[u32]) {
        if places.is_empty() {
            return;
        }
        let upto = first as usize + places.len();
        for at in first as usize / 64..upto.div_ceil(64) {
            let mut left = self.word(at);
            if at == first as usize / 64 {
                left &= u64::MAX << (first % 64);
            }
            while left != 0 {
                let clause = at * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                let place = clause.checked_sub(first as usize).and_then(|at| places.get(at));
                place.into_iter().for_each(|place| set(&mut self.blocks, *place, true));
            }
        }
    }

    #[inline]
    fn word(&self, at: usize) -> u64 {
        word_of(&self.blocks, at)
    }
}

/// A clause, and the pieces of a feature that it requires.
type Named<'c> = (u32, &'c [(u32, u32)]);

impl Block {
    #[inline]
    fn and(&mut self, other: &Block) {
        let ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) = (&mut self.0, &other.0);
        (*a, *b, *c, *d) = (*a & i, *b & j, *c & k, *d & l);
        (*e, *f, *g, *h) = (*e & m, *f & n, *g & o, *h & p);
    }

    fn or(&self, other: &Block) -> Block {
        Block(std::array::from_fn(|at| word(self, at) | word(other, at)))
    }

    fn without(&self, other: &Block) -> Block {
        Block(std::array::from_fn(|at| word(self, at) & !word(other, at)))
    }
}

fn word(block: &Block, at: usize) -> u64 {
    block.0.get(at).copied().unwrap_or(0)
}

#[inline]
fn word_of(blocks: &[Block], at: usize) -> u64 {
    blocks.get(at / 8).map_or(0, |block| word(block, at % 8))
}

#[inline]
fn has(blocks: &[Block], clause: u32) -> bool {
    word_of(blocks, clause as usize / 64) >> (clause % 64) & 1 == 1
}

#[inline]
fn set(blocks: &mut [Block], clause: u32, holds: bool) {
    let at = clause as usize / 64;
    if let Some(word) = blocks.get_mut(at / 8).and_then(|block| block.0.get_mut(at % 8)) {
        let bit = 1 << (clause % 64);
        if holds { *word |= bit } else { *word &= !bit }
    }
}

/// The next row, after some changes.
fn step(now: &mut [Block], changes: &[(u32, bool)]) -> Vec<Block> {
    // Where one stretch of a clause ends no other begins, so the order of changes does not matter.
    changes.iter().for_each(|(clause, possible)| set(now, *clause, *possible));
    now.to_vec()
}

fn size(blocks: &[Block]) -> usize {
    blocks.iter().flat_map(|block| block.0).map(|word| word.count_ones() as usize).sum()
}

fn bits(blocks: &[Block]) -> impl Iterator<Item = u32> {
    blocks.iter().flat_map(|block| block.0).zip(0_u32..).flat_map(|(word, at)| of_word(word, at))
}

/// The clauses of one word.
fn of_word(word: u64, at: u32) -> impl Iterator<Item = u32> {
    let mut left = word;
    std::iter::from_fn(move || {
        let bit = (left != 0).then(|| left.trailing_zeros())?;
        left &= left - 1;
        Some(at * 64 + bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::index::{feature::FeatureId, pieces::Pieces};
    use proptest::prelude::*;

    /// Pieces of each of twenty features, more than are looked at together.
    const COUNTS: [u32; 20] = [2, 3, 40, 5, 1, 7, 64, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 9];

    /// Clauses of up to three features; one of each twelve never holds.
    fn clauses() -> impl Strategy<Value = Vec<Option<Clause>>> {
        let requirement = (0..COUNTS.len(), any::<u64>(), any::<u64>());
        let clause = prop::collection::vec(requirement, 0..4).prop_map(|requirements| {
            let mut clause: Clause = vec![];
            for (feature, some, others) in requirements {
                let pieces = Pieces::chosen(COUNTS[feature], |piece| (some | others) >> piece & 1 == 1);
                if clause.iter().all(|(other, _)| other.0 != feature as u32) && !pieces.is_empty() {
                    clause.push((FeatureId(feature as u32), pieces));
                }
            }
            clause.sort_by_key(|(feature, _)| *feature);
            clause
        });
        prop::collection::vec(prop::option::weighted(0.92, clause), 0..1300)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_every_feature_leaves_possible_holds(
            clauses in clauses(),
            users in prop::collection::vec(any::<u64>(), 6),
            small in prop::sample::select(vec![0, usize::MAX]),
        ) {
            let table = Table::within(&clauses.iter().map(Option::as_ref).collect::<Vec<_>>(), &COUNTS, small);
            let mut found = table.found();
            for user in users {
                let piece = |feature: usize| (user.rotate_left(3 * feature as u32) % u64::from(COUNTS[feature])) as u32;
                let holds = |clause: &Clause| clause.iter().all(|(feature, pieces)| {
                    pieces.stretches().iter().any(|(low, high)| (*low..*high).contains(&piece(feature.0 as usize)))
                });
                let expected: Vec<u32> = (0..)
                    .zip(&clauses)
                    .filter(|(_, clause)| clause.as_ref().is_some_and(holds))
                    .map(|(at, _)| at)
                    .collect();
                for (feature, chosen) in found.chosen.iter_mut().enumerate() {
                    *chosen = table.first()[feature] + piece(feature);
                }
                table.find(&mut found);
                prop_assert_eq!(found.between(0, clauses.len() as u32).collect::<Vec<_>>(), expected.clone());
                prop_assert!(expected.iter().all(|at| found.has(*at)));
                let middle = clauses.len() as u32 / 2;
                let parts = found.between(0, middle).chain(found.between(middle, clauses.len() as u32));
                prop_assert_eq!(parts.collect::<Vec<_>>(), expected);
            }
        }
    }

    #[test]
    fn what_is_gathered_holds_too() {
        let clauses: Vec<Option<Clause>> = (0..200).map(|at| (at % 3 == 0).then(Vec::new)).collect();
        let table = Table::of(&clauses.iter().map(Option::as_ref).collect::<Vec<_>>(), &[]);
        let mut found = table.found();
        table.find(&mut found);
        // Of the clauses from 100 on, 102 and 198 hold, and say so of 1 and 2.
        let mut places = vec![7; 100];
        (places[2], places[98], places[3], places[5]) = (1, 2, 4, 4);
        for held in (100..200).filter(|at| at % 3 == 0 && ![102, 198, 105].contains(at)) {
            places[held - 100] = 9;
        }
        found.gather(100, &places);
        assert_eq!(found.between(0, 12).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 6, 9]);
    }
}
