//! Data read in rounds: some pieces at a time, side by side, given in the order of the file.

use std::sync::Mutex;

use rayon::prelude::*;

use crate::{
    column::Column,
    data::{self, BadRow, Chunk, Chunks, DataError, Format, Input, Parsed, Wanted, chunks_of},
    value::Zone,
};

/// Pieces of a round for each core. Two rounds are in memory: one is told while the next is read.
const PIECES: usize = 2;
/// Pieces of a round of text at least, which are small: where there are more of them less time is waited at a round's end, when some cores have
/// nothing left to do.
const PIECES_OF_TEXT: usize = 16;

/// A table's data in rounds.
pub(super) struct Rounds {
    chunks: Chunks,
    /// Pieces of a round at least.
    least: usize,
}

impl Rounds {
    /// Opens a table's data, in pieces of about so many bytes where that is said.
    pub(super) fn open(input: &Input, wanted: Wanted, zone: &Zone, piece: Option<usize>) -> Result<Rounds, DataError> {
        let chunks = match piece {
            Some(size) => chunks_of(input, wanted, zone, size)?,
            None => data::chunks(input, wanted, zone)?,
        };
        let least = match input.format {
            Format::Csv | Format::Tsv | Format::JsonLines => PIECES_OF_TEXT,
            Format::Parquet | Format::Arrow => 1,
        };
        Ok(Rounds { chunks, least })
    }

    /// The next pieces, each looked at where it is read; none at the end. While one thread cuts the file, others read pieces.
    pub(super) fn next<T: Send>(&mut self, look: impl Fn(Parsed) -> T + Sync) -> Vec<Result<T, DataError>> {
        let source = Mutex::new((0_usize, &mut self.chunks));
        let take = || {
            let mut source = source.lock().ok()?;
            let (at, chunks) = &mut *source;
            *at += 1;
            Some((*at, chunks.next()?))
        };
        let many = self.least.max(PIECES * rayon::current_num_threads());
        let mut pieces: Vec<(usize, Result<T, DataError>)> = (0..many)
            .into_par_iter()
            .with_max_len(1)
            .filter_map(|_| take())
            .map(|(at, chunk)| (at, chunk.and_then(Chunk::parse).map(&look)))
            .collect();
        pieces.sort_by_key(|(at, _)| *at);
        pieces.into_iter().map(|(_, piece)| piece).collect()
    }
}

/// Bad rows of a piece, and rows of its batch that turned out to be bad, in the file's order: each with its place in the file, of so
/// many rows before.
#[allow(clippy::vec_box, reason = "rows that are bad are handed on as the readers give them")]
pub(in crate::engine) fn in_order(
    bad: Vec<(usize, Box<BadRow>)>,
    found: Vec<(usize, Box<BadRow>)>,
    before: u64,
) -> Vec<(u64, Box<BadRow>)> {
    let mut all = Vec::with_capacity(bad.len() + found.len());
    let mut bad = bad.into_iter().peekable();
    let mut passed = 0;
    for (row, found) in found {
        while let Some((at, bad)) = bad.next_if(|(at, _)| *at <= row) {
            all.push((before + at as u64 + passed, bad));
            passed += 1;
        }
        all.push((before + row as u64 + passed, found));
    }
    for (at, bad) in bad {
        all.push((before + at as u64 + passed, bad));
        passed += 1;
    }
    all
}

/// The key column of users who have none: their places in the file.
pub(super) fn places(bad: &[(usize, Box<BadRow>)], rows: usize, before: u64) -> Column {
    let mut places = Vec::with_capacity(rows);
    let mut passed = 0;
    for row in 0..rows {
        passed += bad.get(passed..).unwrap_or_default().iter().take_while(|(at, _)| *at <= row).count();
        places.push((before + (row + passed) as u64) as i64);
    }
    let mut known = vec![u64::MAX; rows.div_ceil(64)];
    if let (Some(last), 1..) = (known.last_mut(), rows % 64) {
        *last &= (1 << (rows % 64)) - 1;
    }
    Column::of(crate::column::Data::Int(places), known, rows)
}
