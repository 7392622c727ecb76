//! The first pieces of an input, read while something else is made ready that takes its time.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::data::{
    DataError, Parsed,
    chunks::{Chunk, Chunks},
};

/// Pieces that are read ahead at most, so that memory stays small.
const MOST: usize = 8;

/// A piece of an input.
pub(super) enum Piece {
    /// As it stands there.
    Unread(Result<Chunk, DataError>),
    /// What was read of it.
    Read(Result<Vec<Parsed>, DataError>),
}

impl Piece {
    /// Its rows, some at a time.
    ///
    /// # Errors
    /// What cannot be read.
    pub(super) fn each(self, taken: &mut dyn FnMut(Parsed)) -> Result<(), DataError> {
        match self {
            Piece::Unread(chunk) => chunk?.each(taken),
            Piece::Read(parsed) => {
                parsed?.into_iter().for_each(taken);
                Ok(())
            }
        }
    }
}

/// Makes something, while on another thread the first pieces are read, until it is made; the same pieces come in the same order.
pub(super) fn while_made<Made>(
    chunks: Chunks,
    make: impl FnOnce() -> Made,
) -> (Made, impl Iterator<Item = Piece> + Send) {
    let is_made = AtomicBool::new(false);
    let mut chunks = chunks;
    let mut read = vec![];
    let made = std::thread::scope(|scope| {
        scope.spawn(|| {
            while read.len() < MOST && !is_made.load(Ordering::Relaxed) {
                let Some(chunk) = chunks.next() else { return };
                let mut parsed = vec![];
                let all = chunk.and_then(|chunk| chunk.each(&mut |rows| parsed.push(rows)));
                read.push(Piece::Read(all.map(|()| parsed)));
            }
        });
        let made = make();
        is_made.store(true, Ordering::Relaxed);
        made
    });
    (made, read.into_iter().chain(chunks.map(Piece::Unread)))
}
