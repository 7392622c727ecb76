//! The first pieces of an input, read while something else is made ready that takes its time.

use std::sync::{
    atomic::{AtomicBool, Ordering},
    mpsc,
};

use crate::{
    cores::keep_at_hand,
    data::{
        DataError, Parsed,
        chunks::{Chunk, Chunks},
    },
};

/// After so many bytes no more is read ahead, so that memory stays small.
const MOST: usize = 32 << 20;

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

/// Makes something, while on another thread the first pieces are read, until it is made; and goes on with it and all pieces, in the same
/// order: none waits for the piece that is being read then.
pub(super) fn while_made<Made, Done>(
    chunks: Chunks,
    make: impl FnOnce() -> Made,
    go_on: impl FnOnce(Made, &mut (dyn Iterator<Item = Piece> + Send)) -> Done,
) -> Done {
    let is_made = &AtomicBool::new(false);
    let (hand_on, read) = mpsc::channel();
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            keep_at_hand();
            let (mut chunks, mut bytes) = (chunks, 0);
            while bytes < MOST && !is_made.load(Ordering::Relaxed) {
                let Some(chunk) = chunks.next() else { break };
                let mut parsed = vec![];
                let all = chunk.and_then(|chunk| chunk.each(&mut |rows| parsed.push(rows)));
                bytes += parsed.iter().map(|parsed| parsed.batch.bytes()).sum::<usize>();
                if hand_on.send(Piece::Read(all.map(|()| parsed))).is_err() {
                    break;
                }
            }
            chunks
        });
        let made = make();
        is_made.store(true, Ordering::Relaxed);
        let left = move || reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let left = std::iter::once_with(left).flatten().map(Piece::Unread);
        go_on(made, &mut read.into_iter().chain(left))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        data::{Input, Wanted, chunks_of},
        engine::Rulebook,
        schema::ColumnId,
        value::Zone,
    };

    #[test]
    fn all_rows_come_in_their_order_however_many_are_read_ahead() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("users.csv");
        let text = (1..=500).fold("n\n".to_owned(), |text, n| format!("{text}{n}\n"));
        std::fs::write(&path, text).expect("it is written");
        let rules = Rulebook::parse("x.rules", "table users key n { n: int }\ntag a when n > 1").expect("right rules");
        let checked = rules.check(&crate::check::Inputs::default()).expect("right rules");
        let input = Input::parse(path.to_str().expect("a name")).expect("an input");
        for made_in in [0, 1, 30] {
            let table = checked.rulebook().schema.root().clone();
            let wanted = Wanted { table, needed: vec![ColumnId(0)], nested: vec![], verbatim: false };
            let chunks = chunks_of(&input, wanted, &Zone::utc(), 64).expect("a right file");
            let make = || std::thread::sleep(Duration::from_millis(made_in));
            let lines = while_made(chunks, make, |(), pieces| {
                let mut lines = vec![];
                for piece in pieces {
                    piece.each(&mut |rows| lines.extend(rows.batch.lines)).expect("right rows");
                }
                lines
            });
            assert_eq!(lines, (2..=501).collect::<Vec<u64>>(), "made in {made_in} ms");
        }
    }
}
