//! Bits that are kept while blocks are combined: of whom a condition is true, and of whom false.

use pulp::Simd;

use super::{bits, lane::WORDS};

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
    pub(super) fn write<S: Simd>(&mut self, set: u32, first: usize, rows: S::u64s) {
        let words: &[u64] = pulp::bytemuck::cast_slice(std::slice::from_ref(&rows));
        let from = set as usize * self.stride + first;
        if let Some(slot) = self.yes.get_mut(from..from + words.len()) {
            slot.copy_from_slice(words);
        }
    }

    /// Says of whom it is false. Of the words before, in which nobody was unknown, it is all others.
    #[inline(always)]
    pub(super) fn write_no<S: Simd>(&mut self, set: u32, first: usize, rows: S::u64s, open: bool) {
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
