//! For each piece of each feature the clauses that it leaves possible, a bit each: what remains of all features together is what
//! holds.
//!
//! Where a feature has many pieces, neighbours share a row, in which every clause stands that one of them leaves possible; those
//! that a piece itself rules out are listed beside it. So the table stays small enough for the processor's own memory.

use super::{clauses::Clause, feature::Feature};

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
    row: u32,
    /// Those of the row that are ruled out: a stretch of the list.
    from: u32,
    upto: u32,
}

/// What was found of one user.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pieces: Vec<u32>,
    blocks: Vec<Block>,
}

impl Table {
    /// Of clauses by their places; none stands where nothing ever holds.
    pub(super) fn of(clauses: &[Option<&Clause>], features: &[Feature]) -> Table {
        let width = clauses.len().div_ceil(TOGETHER).max(1);
        let mut all = vec![Block([0; 8]); width];
        for (clause, at) in clauses.iter().zip(0..) {
            set(&mut all, at, clause.is_some());
        }
        let mut table =
            Table { width, rows: vec![], pieces: vec![], first: vec![], ruled_out: vec![], all };
        let mut named: Vec<Vec<Named<'_>>> = features.iter().map(|_| vec![]).collect();
        for (clause, at) in clauses.iter().zip(0..) {
            for (feature, pieces) in clause.iter().flat_map(|clause| clause.iter()) {
                if let Some(named) = named.get_mut(feature.0 as usize) {
                    named.push((at, pieces.stretches()));
                }
            }
        }
        let dense: usize = features.iter().map(|feature| feature.count() as usize * width).sum();
        let listed = if dense > SMALL { LISTED } else { 0 };
        for (feature, named) in features.iter().zip(&named) {
            table.first.push(table.pieces.len() as u32);
            table.add(feature.count(), named, listed);
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
            let group: Vec<Vec<Block>> = changes.iter().take(count as usize).map(|changes| step(&mut now, changes)).collect();
            let all = self.all.clone();
            self.close(&all, &group, ALL);
            return;
        }
        let mut group: Vec<Vec<Block>> = vec![];
        let (mut together, mut possible) = (now.clone(), 0);
        for changes in changes.iter().take(count as usize) {
            let row = step(&mut now, changes);
            let joined: Vec<Block> = together.iter().zip(&row).map(|(a, b)| a.or(b)).collect();
            let ruled_out = (group.len() + 1) * size(&joined) - possible - size(&row);
            if group.is_empty() || ruled_out > listed * (group.len() + 1) {
                self.keep(&together, &group);
                group.clear();
                (together, possible) = (row.clone(), size(&row));
            } else {
                (together, possible) = (joined, possible + size(&row));
            }
            group.push(row);
        }
        self.keep(&together, &group);
    }

    /// Adds pieces that share a row.
    fn keep(&mut self, together: &[Block], group: &[Vec<Block>]) {
        if !group.is_empty() {
            let row = (self.rows.len() / self.width) as u32;
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
        Found { pieces: Vec::with_capacity(self.first.len()), blocks: self.all.clone() }
    }

    /// Finds the clauses that hold, from the piece of each feature in turn.
    #[inline]
    pub(super) fn find<E>(
        &self,
        found: &mut Found,
        mut pieces: impl FnMut(usize) -> Result<u32, E>,
    ) -> Result<(), E> {
        found.pieces.clear();
        for (at, first) in self.first.iter().enumerate() {
            found.pieces.push(first + pieces(at)?);
        }
        found.blocks.copy_from_slice(&self.all);
        for chosen in found.pieces.chunks(ABREAST) {
            let mut rows = [&[][..]; ABREAST];
            let mut many = 0;
            for piece in chosen {
                let Some(piece) = self.pieces.get(*piece as usize).filter(|piece| piece.row != ALL) else { continue };
                let from = piece.row as usize * self.width;
                if let (Some(row), Some(slot)) = (self.rows.get(from..from + self.width), rows.get_mut(many)) {
                    *slot = row;
                    many += 1;
                }
            }
            let rows = rows.get(..many).unwrap_or_default();
            for (at, block) in found.blocks.iter_mut().enumerate() {
                for row in rows.iter().filter_map(|row| row.get(at)) {
                    block.and(row);
                }
            }
        }
        for piece in &found.pieces {
            let Some(piece) = self.pieces.get(*piece as usize) else { continue };
            for clause in self.ruled_out.get(piece.from as usize..piece.upto as usize).unwrap_or_default() {
                set(&mut found.blocks, *clause, false);
            }
        }
        Ok(())
    }
}

impl Found {
    /// Whether a clause holds.
    #[inline]
    pub(super) fn has(&self, clause: u32) -> bool {
        self.word(clause as usize / 64) >> (clause % 64) & 1 == 1
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
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(at as u32 * 64 + bit)
            })
        })
    }

    /// Says of what stands in `places` that it holds where a clause does: the first of them of clause `first`, and so on.
    pub(super) fn gather(&mut self, first: u32, places: &[u32]) {
        let upto = first as usize + places.len();
        for at in first as usize / 64..upto.div_ceil(64) {
            let mut left = self.word(at);
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
        self.blocks.get(at / 8).and_then(|block| block.0.get(at % 8)).copied().unwrap_or(0)
    }
}

/// A clause, and the pieces of a feature that it requires.
type Named<'c> = (u32, &'c [(u32, u32)]);

impl Block {
    #[inline]
    fn and(&mut self, other: &Block) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= b);
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
    let words = blocks.iter().flat_map(|block| block.0).zip(0_u32..);
    words.flat_map(|(word, at)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit))
}
