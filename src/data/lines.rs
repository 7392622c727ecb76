//! Text whose lines have a length that memory can hold: a file of a gigabyte without a line's end, or a small one that unpacks
//! to that, is refused before it is swallowed whole.

use std::io::{self, Read};

use memchr::{memchr_iter, memrchr};

/// The longest line, in bytes.
const LONGEST: usize = 16 << 20;

/// A line that is too long.
#[derive(Debug, thiserror::Error)]
#[error("line {line} is longer than {} MiB", LONGEST >> 20)]
pub(super) struct TooLong {
    line: u64,
}

/// What to do about JSON in a line that is too long.
pub(super) const ONE_A_LINE: &str = "JSON is read line by line, one object a line: of an array make lines first (`jq -c '.[]'`), and leave out what no rule reads";
/// What to do about other rows that are too long.
pub(super) const A_QUOTE: &str = "it may lack a closing quote `\"`";

/// Passes bytes on, and stops in a line that is too long.
pub(super) struct Lines<R> {
    reader: R,
    /// The line that is being read, from 1, and its length so far.
    line: u64,
    length: usize,
}

impl<R: Read> Lines<R> {
    pub(super) fn of(reader: R) -> Lines<R> {
        Lines { reader, line: 1, length: 0 }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        self.length = match memrchr(b'\n', bytes) {
            Some(end) => {
                self.line += memchr_iter(b'\n', bytes).count() as u64;
                bytes.len() - end - 1
            }
            None => self.length + bytes.len(),
        };
        if self.length > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, TooLong { line: self.line }));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_never_ends_is_refused_by_its_number() {
        let endless = io::Cursor::new("user_id\n").chain(io::repeat(b'9'));
        let error = io::copy(&mut Lines::of(endless), &mut io::sink()).expect_err("it is too long");
        assert_eq!(error.to_string(), "line 2 is longer than 16 MiB");
    }

    #[test]
    fn many_lines_are_not_one_long_line() {
        let text = "0123456789\n".repeat(8 << 20);
        assert_eq!(io::copy(&mut Lines::of(text.as_bytes()), &mut io::sink()).expect("it is read"), text.len() as u64);
    }
}
