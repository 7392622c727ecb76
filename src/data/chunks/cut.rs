//! A text cut into pieces of whole records, cheaply: only quotes and line ends are looked at.

use std::{
    io::{ErrorKind, Read},
    sync::{Arc, Mutex},
};

use memchr::{memchr, memchr_iter, memrchr, memrchr2};

use crate::data::{
    DataError, Input,
    chunks::eyes::{Eyes, Look, look, until_the_next},
    lines,
};

/// The longest record that is read, in bytes. A quote that is never closed would else take the whole file.
const LONGEST: usize = 16 << 20;

/// What ends a record.
#[derive(Clone, Copy)]
pub(super) enum Ends {
    /// A line's end that is not within quotes; this byte stands between fields.
    Unquoted(u8),
    /// Each line feed.
    Lines,
}

/// Some whole records.
pub(super) struct Piece {
    /// As they stand in the file.
    pub(super) bytes: Vec<u8>,
    /// The line that they begin on, from 1.
    pub(super) line: u64,
    spare: Spare,
}

/// Memory of pieces that have been read, for those to come.
type Spare = Arc<Mutex<Vec<Vec<u8>>>>;

impl Drop for Piece {
    fn drop(&mut self) {
        if let Ok(mut spare) = self.spare.lock() {
            spare.push(std::mem::take(&mut self.bytes));
        }
    }
}

/// Reads a file, and cuts it.
pub(super) struct Cutter {
    input: Input,
    source: Box<dyn Read + Send>,
    ends: Ends,
    /// Bytes that make a piece.
    size: usize,
    /// Bytes of a record that is not whole yet.
    rest: Vec<u8>,
    line: u64,
    ended: bool,
    spare: Spare,
}

impl Cutter {
    /// Opens a file.
    pub(super) fn open(input: &Input, ends: Ends, size: usize) -> Result<Cutter, DataError> {
        let source = input.open_unwatched()?;
        let size = size.clamp(1, 1 << 30);
        Ok(Cutter {
            input: input.clone(),
            source,
            ends,
            size,
            rest: vec![],
            line: 1,
            ended: false,
            spare: Spare::default(),
        })
    }

    /// The next records; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, DataError> {
        let mut bytes = self.spare.lock().ok().and_then(|mut spare| spare.pop()).unwrap_or_default();
        let rest = std::mem::take(&mut self.rest);
        if bytes.len() < rest.len() {
            bytes.resize(rest.len(), 0);
        }
        bytes.iter_mut().zip(&rest).for_each(|(to, from)| *to = *from);
        let mut filled = rest.len();
        let mut wanted = filled.saturating_add(self.size);
        loop {
            filled = self.fill(&mut bytes, filled, wanted)?;
            let found = bytes.get(..filled).unwrap_or_default();
            if self.ended {
                bytes.truncate(filled);
                return Ok((filled > 0).then(|| self.piece(bytes)));
            }
            if let Some(end) = self.ends.last(found) {
                self.rest = found.get(end..).unwrap_or_default().to_vec();
                bytes.truncate(end);
                return Ok(Some(self.piece(bytes)));
            }
            if filled >= LONGEST {
                return Err(self.endless());
            }
            wanted = filled.saturating_mul(2).min(LONGEST);
        }
    }

    /// Reads until so many bytes are there, or the file ends; gives how many are.
    fn fill(&mut self, bytes: &mut Vec<u8>, filled: usize, wanted: usize) -> Result<usize, DataError> {
        // What was there before is written over: no need to clear it.
        if bytes.len() < wanted {
            bytes.resize(wanted, 0);
        }
        let mut filled = filled;
        while let Some(free) = bytes.get_mut(filled..wanted).filter(|free| !free.is_empty()) {
            match self.source.read(free) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.input.unreadable(error)),
            }
        }
        Ok(filled)
    }

    fn piece(&mut self, bytes: Vec<u8>) -> Piece {
        let line = self.line;
        self.line += memchr_iter(b'\n', &bytes).count() as u64;
        Piece { bytes, line, spare: Arc::clone(&self.spare) }
    }

    fn endless(&self) -> DataError {
        let reason = format!("the row that begins on line {} is longer than {} MiB", self.line, LONGEST >> 20);
        let help = match self.ends {
            Ends::Unquoted(_) => lines::A_QUOTE,
            Ends::Lines => lines::ONE_A_LINE,
        };
        DataError::Unfit { file: self.input.name(), reason, help: Some(help.into()) }
    }
}

impl Ends {
    /// Where the last whole record of some that begin with a whole one ends.
    fn last(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Ends::Lines => memrchr(b'\n', bytes).map(|at| at + 1),
            Ends::Unquoted(_) if memchr(b'"', bytes).is_none() => memrchr2(b'\n', b'\r', bytes).map(|at| at + 1),
            Ends::Unquoted(delimiter) => {
                look(LastOfUsual { bytes, delimiter }).unwrap_or_else(|| last_unquoted(bytes, delimiter))
            }
        }
    }
}

/// Where the last whole record ends, where each quote opens a field, closes one, or is the first or second of two: with other quotes none.
/// 64 bytes are looked at together.
struct LastOfUsual<'b> {
    bytes: &'b [u8],
    delimiter: u8,
}

impl Look for LastOfUsual<'_> {
    type Found = Option<Option<usize>>;

    #[inline(always)]
    fn by<E: Eyes>(self, eyes: E) -> Option<Option<usize>> {
        let (blocks, tail) = self.bytes.as_chunks::<64>();
        let mut end = [0; 64];
        end.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
        // All ones where the bytes that follow are within quotes, and a bit for whether a field may begin behind the byte before them.
        let (mut inside, mut before) = (0_u64, 1_u64);
        let mut last = (0, 0);
        for (number, block) in blocks.iter().chain(std::iter::once(&end)).enumerate() {
            let lines = eyes.is(block, b'\n') | eyes.is(block, b'\r');
            let fields = eyes.is(block, self.delimiter);
            let quotes = eyes.is(block, b'"');
            let within = if quotes == 0 { inside } else { until_the_next(quotes) ^ inside };
            let special = fields | lines | quotes;
            if quotes & within & !(special << 1 | before) != 0 {
                return None;
            }
            before = special >> 63;
            inside = ((within as i64) >> 63) as u64;
            let lines = lines & !within;
            if lines != 0 {
                last = (number, lines);
            }
        }
        let (number, lines) = last;
        Some((lines != 0).then(|| number * 64 + 64 - lines.leading_zeros() as usize))
    }
}

/// As the `csv` crate has it: a quote opens where a field begins and nowhere else, and two within quotes are one of the text.
fn last_unquoted(bytes: &[u8], delimiter: u8) -> Option<usize> {
    let from = |at: usize| bytes.get(at..).unwrap_or_default();
    let last_of = |start: usize, end: usize| {
        let gap = bytes.get(start..end).unwrap_or_default();
        memrchr2(b'\n', b'\r', gap).map(|at| start + at + 1)
    };
    let mut last = None;
    // Where what is not within quotes begins, and where to look on.
    let (mut gap, mut at) = (0, 0);
    while let Some(open) = memchr(b'"', from(at)).map(|found| at + found) {
        let before = open.checked_sub(1).and_then(|before| bytes.get(before));
        if before.is_some_and(|before| ![delimiter, b'\n', b'\r'].contains(before)) {
            at = open + 1;
            continue;
        }
        if open - gap > 1 || before != Some(&delimiter) {
            last = last_of(gap, open).or(last);
        }
        let mut close = open + 1;
        loop {
            let Some(quote) = memchr(b'"', from(close)).map(|found| close + found) else { return last };
            match bytes.get(quote + 1) {
                Some(b'"') => close = quote + 2,
                Some(_) => {
                    at = quote + 1;
                    break;
                }
                // It may be the first of two.
                None => return last,
            }
        }
        gap = at;
    }
    last_of(gap, bytes.len()).or(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::chunks::eyes;

    #[test]
    fn records_end_where_no_quote_is_open() {
        let table = [
            ("a,b\nc", Some(4)),
            ("a,b", None),
            ("a\r\nb", Some(3)),
            ("a\rb", Some(2)),
            ("a\n\"b\nc", Some(2)),
            ("a\n\"b\"\nc", Some(6)),
            ("a\n\"b\"", Some(2)),
            ("a\n\"b\"\"\n", Some(2)),
            ("a\nb\"c\nd", Some(6)),
            ("\"a\n\"x\"\nb", Some(7)),
            ("x\n1,\"a\",\"b\n", Some(2)),
        ];
        for (text, end) in table {
            assert_eq!(last_unquoted(text.as_bytes(), b','), end, "{text:?}");
            assert_eq!(Ends::Unquoted(b',').last(text.as_bytes()), end, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn many_bytes_at_a_time_say_what_quote_after_quote_says(
            parts in proptest::collection::vec("\"([a-z,\n\r]|\"\"){0,70}\"|[a-z]{0,60}|,|\n|\r\n|\"", 0..60),
        ) {
            let text = parts.concat();
            let bytes = text.as_bytes();
            let found = look(LastOfUsual { bytes, delimiter: b',' });
            eyes::all_ways(|| LastOfUsual { bytes, delimiter: b',' }, &found);
            if let Some(found) = found {
                prop_assert_eq!(found, last_unquoted(bytes, b','));
            }
        }

        #[test]
        fn fields_as_they_are_written_are_looked_at_many_bytes_at_a_time(
            rows in proptest::collection::vec("([a-z]{0,9}|\"([a-z,\n]|\"\"){0,90}\"),[0-9]{0,3}\r?\n", 1..30),
            cut in 0..200_usize,
        ) {
            let text = rows.concat();
            let bytes = &text.as_bytes()[..text.len().saturating_sub(cut)];
            let found = look(LastOfUsual { bytes, delimiter: b',' });
            prop_assert_eq!(found, Some(last_unquoted(bytes, b',')));
        }
    }
}
