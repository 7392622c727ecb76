//! Whether a quote is still open where a CSV or TSV file ends. The `csv` crate takes what follows such a quote for one field: the
//! rows in it would be lost without a word.

use std::io::{Read, Result};

use memchr::memchr;

/// Passes bytes on, and watches the quotes in them.
pub(super) struct Quotes<R> {
    source: R,
    delimiter: u8,
    place: Place,
    read: u64,
    ended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A quote here opens.
    FieldStart,
    Field,
    Quoted,
    /// Behind a quote that closes, unless another follows.
    Quote,
}

impl<R> Quotes<R> {
    /// Watches a file from its first byte on.
    pub(super) fn of(source: R, delimiter: u8) -> Quotes<R> {
        Quotes { source, delimiter, place: Place::FieldStart, read: 0, ended: false }
    }

    /// Whether all has been read and a quote is open: the row that was read last holds it.
    pub(super) fn never_closed(&self) -> bool {
        self.ended && self.place == Place::Quoted
    }

    fn outside(&self, byte: u8) -> Place {
        match byte {
            b'"' if self.place == Place::FieldStart => Place::Quoted,
            b'\n' | b'\r' => Place::FieldStart,
            byte if byte == self.delimiter => Place::FieldStart,
            _ => Place::Field,
        }
    }

    fn watch(&mut self, bytes: &[u8]) {
        if self.read > 3
            && matches!(self.place, Place::Field | Place::FieldStart)
            && memchr(b'"', bytes).is_none()
            && let Some(last) = bytes.last()
        {
            self.place = self.outside(*last);
            return;
        }
        for byte in bytes {
            self.read += 1;
            self.place = match (self.place, *byte) {
                (Place::FieldStart, 0xEF | 0xBB | 0xBF) if self.read <= 3 => Place::FieldStart,
                (Place::Quoted, b'"') => Place::Quote,
                (Place::Quoted, _) | (Place::Quote, b'"') => Place::Quoted,
                (_, byte) => self.outside(byte),
            };
        }
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.source.read(buffer)?;
        self.ended |= read == 0 && !buffer.is_empty();
        self.watch(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_that_opens_is_to_be_closed() {
        let table = [
            ("a,b\n", false),
            ("a,\"b\n", true),
            ("a,\"b\"", false),
            ("a,\"b\"\"", true),
            ("a,\"b\"\"\"", false),
            ("a,5\"\n", false),
            ("a,\"b\"c\"\n", false),
            ("\u{feff}\"a", true),
            ("a\r\"", true),
            ("", false),
        ];
        for (text, open) in table {
            for size in [1, 2, 100] {
                let mut quotes = Quotes::of(text.as_bytes(), b',');
                let mut buffer = vec![0; size];
                while quotes.read(&mut buffer).expect("bytes of the test") > 0 {
                    assert!(!quotes.never_closed(), "{text:?}");
                }
                assert_eq!(quotes.never_closed(), open, "{text:?}");
            }
        }
    }
}
