//! Sixty-four users a word: which of them a condition is true of, and of which it is false.

use crate::value::Truth;

/// Words that hold a bit for each of so many rows.
pub(crate) fn words(rows: usize) -> usize {
    rows.div_ceil(64)
}

/// All bits of some rows.
pub(crate) fn all(rows: usize) -> Vec<u64> {
    let mut bits = vec![u64::MAX; words(rows)];
    trim(&mut bits, rows);
    bits
}

/// Takes the bits behind the last row away.
pub(crate) fn trim(bits: &mut [u64], rows: usize) {
    if let (Some(last), false) = (bits.get_mut(rows / 64), rows.is_multiple_of(64)) {
        *last &= (1 << (rows % 64)) - 1;
    }
}

/// How many bits are set.
pub(super) fn count(bits: &[u64]) -> u64 {
    bits.iter().map(|word| u64::from(word.count_ones())).sum()
}

/// The rows whose bit is set.
pub(crate) fn rows(bits: &[u64]) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(at, word)| {
        let mut left = *word;
        std::iter::from_fn(move || {
            let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(at * 64 + bit)
        })
    })
}

/// Whether a row's bit is set.
pub(crate) fn has(bits: &[u64], row: usize) -> bool {
    bits.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
}

/// Of whom a condition is true, and of whom false; the others do not know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits<'b> {
    pub(super) yes: &'b [u64],
    /// None where nobody is unknown: then it is all that are not `yes`.
    pub(super) no: Option<&'b [u64]>,
}

impl Bits<'_> {
    pub(super) fn truth(&self, row: usize) -> Truth {
        match (has(self.yes, row), self.no) {
            (true, _) => Truth::True,
            (false, Some(no)) if !has(no, row) => Truth::Unknown,
            (false, _) => Truth::False,
        }
    }
}
