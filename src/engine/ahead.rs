//! A piece of an input, which may be read before it is its turn.

use super::in_order;
use crate::data::{DataError, Parsed, chunks::Chunk};

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

impl in_order::Piece for Piece {
    fn read(&mut self) -> usize {
        let Piece::Unread(chunk) = std::mem::replace(self, Piece::Read(Ok(vec![]))) else { return 0 };
        let mut parsed = vec![];
        let all = chunk.and_then(|chunk| chunk.each(&mut |rows| parsed.push(rows)));
        let bytes = parsed.iter().map(|parsed| parsed.batch.bytes()).sum();
        *self = Piece::Read(all.map(|()| parsed));
        bytes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{
        data::{Input, Wanted, chunks_of},
        engine::{Rulebook, ahead::Piece, in_order::in_order},
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
        for (made_in, threads) in [(0, 2), (1, 3), (30, 2), (30, 4)] {
            let table = checked.rulebook().schema.root().clone();
            let wanted = Wanted { table, needed: vec![ColumnId(0)], nested: vec![], verbatim: false };
            let chunks = chunks_of(&input, wanted, &Zone::utc(), 64).expect("a right file");
            let make = || std::thread::sleep(Duration::from_millis(made_in));
            let work = |(): &(), _: usize, piece: Piece| {
                let mut lines = vec![];
                piece.each(&mut |rows| lines.extend(rows.batch.lines)).expect("right rows");
                lines
            };
            let mut all: Vec<u64> = vec![];
            let take = |lines: Vec<u64>| {
                all.extend(lines);
                Ok::<(), ()>(())
            };
            in_order((threads, true), chunks.map(Piece::Unread), make, work, take).expect("nothing fails");
            assert_eq!(all, (2..=501).collect::<Vec<u64>>(), "made in {made_in} ms, {threads} threads");
        }
    }
}
