//! Sixty-four users a word: which of them a condition is true of, and of which it is false.

use wide::{i8x16, i16x8};

use super::pieces::Codes;

/// Words that hold a bit for each of so many rows.
pub(super) fn words(rows: usize) -> usize {
    rows.div_ceil(64)
}

/// All bits of some rows.
pub(super) fn all(rows: usize) -> Vec<u64> {
    let mut bits = vec![u64::MAX; words(rows)];
    trim(&mut bits, rows);
    bits
}

/// Takes the bits behind the last row away.
pub(super) fn trim(bits: &mut [u64], rows: usize) {
    if let (Some(last), false) = (bits.get_mut(rows / 64), rows.is_multiple_of(64)) {
        *last &= (1 << (rows % 64)) - 1;
    }
}

/// How many bits are set.
pub(super) fn count(bits: &[u64]) -> u64 {
    bits.iter().map(|word| u64::from(word.count_ones())).sum()
}

/// The rows whose bit is set.
pub(super) fn rows(bits: &[u64]) -> impl Iterator<Item = usize> {
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
pub(super) fn has(bits: &[u64], row: usize) -> bool {
    bits.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
}

/// Writes the bits of the rows whose piece is one of `low..high`. Bits behind the last row mean nothing.
pub(super) fn between(codes: &Codes, low: u32, high: u32, out: &mut [u64]) {
    match codes {
        Codes::Small(codes) => {
            let (low, high) = (low.min(127) as i8, high.min(128) as i16);
            for (chunk, word) in codes.chunks(64).zip(out) {
                *word = small(chunk, low, high);
            }
        }
        Codes::Middle(codes) => {
            let (low, high) = (low.min(32_767) as i16, high.min(32_768) as i32);
            for (chunk, word) in codes.chunks(64).zip(out) {
                *word = middle(chunk, low, high);
            }
        }
        Codes::Large(codes) => {
            for (chunk, word) in codes.chunks(64).zip(out) {
                *word = chunk
                    .iter()
                    .enumerate()
                    .fold(0, |word, (at, code)| word | u64::from((low..high).contains(code)) << at);
            }
        }
    }
}

/// Sixty-four small codes at a time; codes are at least 0, so a bound of -1 or of more than the greatest code always holds.
fn small(chunk: &[i8], low: i8, high: i16) -> u64 {
    let Ok(codes) = <&[i8; 64]>::try_from(chunk) else {
        let is_in = |code: &i8| *code >= low && i16::from(*code) < high;
        return chunk.iter().enumerate().fold(0, |word, (at, code)| word | u64::from(is_in(code)) << at);
    };
    let above = i8x16::splat(low.saturating_sub(1));
    let top = i8x16::splat(i8::try_from(high).unwrap_or(i8::MAX));
    let open = high > i16::from(i8::MAX);
    let mut word = 0;
    for (at, part) in codes.as_chunks::<16>().0.iter().enumerate() {
        let codes = i8x16::from(*part);
        let mut inside = codes.simd_gt(above).to_bitmask() as u64;
        if !open {
            inside &= codes.simd_lt(top).to_bitmask() as u64;
        }
        word |= (inside & 0xffff) << (16 * at);
    }
    word
}

fn middle(chunk: &[i16], low: i16, high: i32) -> u64 {
    let Ok(codes) = <&[i16; 64]>::try_from(chunk) else {
        let is_in = |code: &i16| *code >= low && i32::from(*code) < high;
        return chunk.iter().enumerate().fold(0, |word, (at, code)| word | u64::from(is_in(code)) << at);
    };
    let above = i16x8::splat(low.saturating_sub(1));
    let top = i16x8::splat(i16::try_from(high).unwrap_or(i16::MAX));
    let open = high > i32::from(i16::MAX);
    let mut word = 0;
    for (at, part) in codes.as_chunks::<8>().0.iter().enumerate() {
        let codes = i16x8::from(*part);
        let mut inside = codes.simd_gt(above).to_bitmask() as u64;
        if !open {
            inside &= codes.simd_lt(top).to_bitmask() as u64;
        }
        word |= (inside & 0xff) << (8 * at);
    }
    word
}
