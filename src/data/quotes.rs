//! Quotes in the rows of CSV and TSV files that do not stand as RFC 4180 has them. The `csv` crate takes such rows as they come, so that
//! a quote too many would take all lines up to the next one into a value, without a word.

use std::io::{Read, Result};

use memchr::{memchr_iter, memchr2};

use crate::data::DataError;

/// What is wrong with the quotes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misquoted {
    /// `"a"b`, on one line: the row is a bad one. Which field it is, from 0.
    Beyond(usize),
    /// `"a…`, up to the end: which rows it takes with it nobody can tell. Line feeds of the row before the quote.
    Open(u64),
    /// `"a…` and `…"b` on a further line: likewise. Line feeds of the row before the quote that opens, and before the one that closes.
    Over(u64, u64),
}

/// What a value is told that goes on behind its closing quote.
pub(super) const BEYOND: &str = "the value goes on behind its closing quote `\"`; a quote inside a value is written `\"\"`, and the value within quotes";

impl Misquoted {
    /// What is wrong with the quotes of a row: what makes rows beside it doubtful first.
    pub(super) fn find(row: &[u8], delimiter: u8) -> Option<Misquoted> {
        let lines = |end: usize| memchr_iter(b'\n', row.get(..end).unwrap_or_default()).count() as u64;
        let (mut at, mut field, mut found) = (0, 0, None);
        loop {
            if row.get(at) == Some(&b'"') {
                let open = at;
                at += 1;
                loop {
                    match (row.get(at), row.get(at + 1)) {
                        (None, _) => return Some(Misquoted::Open(lines(open))),
                        (Some(b'"'), Some(b'"')) => at += 2,
                        (Some(b'"'), _) => break,
                        _ => at += 1,
                    }
                }
                let close = at;
                at += 1;
                if row.get(at).is_some_and(|next| *next != delimiter) {
                    if memchr2(b'\n', b'\r', row.get(open..close).unwrap_or_default()).is_some() {
                        return Some(Misquoted::Over(lines(open), lines(close)));
                    }
                    found = found.or(Some(Misquoted::Beyond(field)));
                }
            }
            match row.get(at..).and_then(|rest| memchr::memchr(delimiter, rest)) {
                Some(more) => (at, field) = (at + more + 1, field + 1),
                None => return found,
            }
        }
    }

    /// The column of a bad row's value.
    pub(super) fn column(self, headers: &[String]) -> Option<String> {
        match self {
            Misquoted::Beyond(field) => headers.get(field).cloned(),
            Misquoted::Open(_) | Misquoted::Over(..) => None,
        }
    }

    /// The error that it is, of a row that begins on this line; none where the row is a bad one and no more.
    pub(super) fn error(self, file: &str, line: u64) -> Option<DataError> {
        let (before, reason) = match self {
            Misquoted::Beyond(_) => return None,
            Misquoted::Open(before) => {
                let all = "a quote `\"` that opens on this line is never closed, so it takes all lines up to the end";
                (before, all.to_owned())
            }
            Misquoted::Over(before, closed) => {
                let closed = line + closed;
                (
                    before,
                    format!(
                        "a quote `\"` that opens on this line takes all lines up to line {closed} into one value, which goes on behind its closing quote there"
                    ),
                )
            }
        };
        let help = "which rows are meant cannot be told, so none is set aside: take the quote out, or close it; a quote inside a value is written `\"\"`, and the value within quotes";
        Some(DataError::Unfit { file: format!("{file}:{}", line + before), reason, help: Some(help.into()) })
    }
}

/// Passes bytes on, and keeps those of the row that is being read as they stand in the file.
pub(super) struct Raw<R> {
    source: R,
    kept: Vec<u8>,
    /// How many bytes of the file stand before what is kept, and how many before what is still needed.
    from: u64,
    needed: u64,
}

impl<R> Raw<R> {
    pub(super) fn of(source: R) -> Raw<R> {
        Raw { source, kept: vec![], from: 0, needed: 0 }
    }

    /// Nobody asks any more for what stands before this place.
    pub(super) fn forget_before(&mut self, place: u64) {
        self.needed = place;
    }

    /// What stands between two places.
    pub(super) fn between(&self, start: u64, end: u64) -> &[u8] {
        let at = |place: u64| place.saturating_sub(self.from) as usize;
        self.kept.get(at(start)..at(end).min(self.kept.len())).unwrap_or_default()
    }
}

impl<R: Read> Read for Raw<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let gone = (self.needed.saturating_sub(self.from) as usize).min(self.kept.len());
        self.kept.drain(..gone);
        self.from += gone as u64;
        let read = self.source.read(buffer)?;
        self.kept.extend_from_slice(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_that_do_not_stand_as_they_should() {
        let table = [
            ("a,b", None),
            ("a,\"b\"", None),
            ("a,5\"", None),
            ("a,b\"c\"", None),
            ("a, \"b\" ", None),
            ("a,\"b\"\"\"", None),
            ("\"\",\"\"", None),
            ("\"a\nb\",\"c\r\n\"", None),
            ("a,\"b\"c,d", Some(Misquoted::Beyond(1))),
            ("\"a\" ,b", Some(Misquoted::Beyond(0))),
            ("\"a\"b\"c,d\"e", Some(Misquoted::Beyond(0))),
            ("a,\"b\"c,\"d\"e", Some(Misquoted::Beyond(1))),
            ("a,\"b", Some(Misquoted::Open(0))),
            ("\"a\nb\",\"c", Some(Misquoted::Open(1))),
            ("a,\"b\"\"", Some(Misquoted::Open(0))),
            ("\"a\"b,\"c\n", Some(Misquoted::Open(0))),
            ("a,\"b\nc,\"d\"", Some(Misquoted::Over(0, 1))),
            ("\"a\nb\",\"c\n\nd\"e", Some(Misquoted::Over(1, 3))),
            ("a,\"b\rc,\"d\"", Some(Misquoted::Over(0, 0))),
            ("\"a\"b,\"c\nd\"e,\"f", Some(Misquoted::Over(0, 1))),
        ];
        for (row, wrong) in table {
            assert_eq!(Misquoted::find(row.as_bytes(), b','), wrong, "{row:?}");
        }
    }

    #[test]
    fn what_is_still_needed_is_kept() {
        let mut raw = Raw::of(&b"0123456789"[..]);
        let mut buffer = [0; 4];
        for (needed, start, end, kept) in [(0, 1, 3, "12"), (3, 3, 7, "3456"), (7, 7, 10, "789")] {
            assert!(raw.read(&mut buffer).unwrap() > 0);
            assert_eq!(raw.between(start, end), kept.as_bytes());
            raw.forget_before(needed);
        }
        assert_eq!(raw.read(&mut buffer).unwrap(), 0);
        assert_eq!((raw.from, raw.kept.len()), (7, 3));
    }
}
