//! Where the fields of delimited rows begin and end, whatever is in them, 64 bytes at a time. A row of another width than the
//! header's is set aside.

use std::borrow::Cow;

use csv::ByteRecord;
use memchr::memchr;
use wide::u8x32;

use crate::data::chunks::marks::{self, Usual};

/// Rows of a piece.
#[derive(Default)]
pub(super) struct Fields {
    /// Of each row: where each field begins, and one behind where the row ends; so each field ends one before the next. Where one row
    /// follows another directly the one's end is the other's beginning.
    starts: Vec<u32>,
    /// Starts of a row: from one row's first to the next row's.
    stride: usize,
    /// Fields of a row.
    width: usize,
    /// What is to be added to a row's first start.
    skip: u32,
    /// The line that each row begins on.
    pub(super) lines: Vec<u64>,
    /// Rows of another width, or with wrong quotes.
    pub(super) odd: Vec<Odd>,
}

/// A row of another width, or one whose quotes do not stand as they should.
pub(super) struct Odd {
    /// So many rows of the right width stand before it.
    pub(super) before: usize,
    pub(super) line: u64,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) fields: usize,
    /// A quote in it is never closed, or a value goes on behind one.
    pub(super) misquoted: bool,
}

impl Fields {
    /// Splits a piece of whole records, less than 4 GiB.
    pub(super) fn split(bytes: &[u8], delimiter: u8, width: usize, line: u64) -> Fields {
        match marks::usual(bytes, delimiter, width) {
            Some(usual) => Fields::of_usual(usual, line, width),
            None => Fields::of_any(bytes, delimiter, width, line),
        }
    }

    /// Rows that are as rows most often are.
    pub(super) fn of_usual(Usual { ends, rows, skip }: Usual, line: u64, width: usize) -> Fields {
        let lines = (line..).take(rows).collect();
        Fields { starts: ends, stride: width, width, skip, lines, odd: vec![] }
    }

    /// Any rows.
    pub(super) fn of_any(bytes: &[u8], delimiter: u8, width: usize, line: u64) -> Fields {
        let fields = Fields { stride: width + 1, width, ..Fields::default() };
        let mut splitter = Splitter { bytes, delimiter, width, line, row: 0, field: 0, base: 0, beyond: false, fields };
        // Ten bytes a field are about what data have.
        splitter.fields.starts.reserve(bytes.len() / 8);
        splitter.fields.lines.reserve(bytes.len() / 8 / width.max(1));
        match memchr(b'"', bytes) {
            Some(_) => splitter.run::<true>(),
            None => splitter.run::<false>(),
        }
        splitter.fields
    }

    /// How many rows have the right width.
    pub(super) fn rows(&self) -> usize {
        self.lines.len()
    }

    /// Where the fields of one column begin and end, row by row.
    #[inline]
    pub(super) fn column(&self, at: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let from = |at: usize| self.starts.get(at..).unwrap_or_default().iter().step_by(self.stride.max(1));
        let skip = if at == 0 { self.skip } else { 0 };
        let places = from(at).zip(from(at + 1)).take(self.rows());
        places.map(move |(start, next)| (start.wrapping_add(skip) as usize, next.wrapping_sub(1) as usize))
    }

    /// Where a row begins and ends.
    pub(super) fn row(&self, row: usize) -> (usize, usize) {
        let from = row * self.stride;
        match (self.starts.get(from), self.starts.get(from + self.width)) {
            (Some(start), Some(next)) => (start.wrapping_add(self.skip) as usize, next.wrapping_sub(1) as usize),
            _ => (0, 0),
        }
    }
}

struct Splitter<'t> {
    bytes: &'t [u8],
    delimiter: u8,
    width: usize,
    line: u64,
    /// Where the row begins, and the field.
    row: usize,
    field: usize,
    /// Starts of the rows before.
    base: usize,
    /// Whether a value of the row goes on behind its closing quote.
    beyond: bool,
    fields: Fields,
}

impl Splitter<'_> {
    fn run<const QUOTES: bool>(&mut self) {
        self.fields.starts.push(0);
        let (mut inside, mut passed, mut row_line) = (false, 0, self.line);
        let (blocks, tail) = self.bytes.as_chunks::<64>();
        let mut last = [0; 64];
        last.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
        for (number, block) in blocks.iter().chain(std::iter::once(&last)).enumerate() {
            let mut marks = marks::<QUOTES>(block, self.delimiter);
            let offset = number * 64;
            while marks != 0 {
                let bit = marks.trailing_zeros() as usize;
                marks &= marks - 1;
                let at = offset + bit;
                let byte = block.get(bit & 63).copied().unwrap_or(0);
                if QUOTES && inside {
                    match byte {
                        b'\n' => self.line += 1,
                        b'"' if at < passed => {}
                        b'"' if self.bytes.get(at + 1) == Some(&b'"') => passed = at + 2,
                        b'"' => {
                            inside = false;
                            let next = self.bytes.get(at + 1);
                            self.beyond |= next.is_some_and(|it| ![self.delimiter, b'\n', b'\r'].contains(it));
                        }
                        _ => {}
                    }
                } else if byte == self.delimiter {
                    self.fields.starts.push(at as u32 + 1);
                    self.field = at + 1;
                } else if QUOTES && byte == b'"' {
                    inside = at == self.field;
                } else {
                    self.end_of_row(at, row_line, false);
                    self.line += u64::from(byte == b'\n');
                    row_line = self.line;
                }
            }
        }
        if self.row < self.bytes.len() {
            self.end_of_row(self.bytes.len(), row_line, inside);
        }
        let whole = self.base;
        self.fields.starts.truncate(whole);
    }

    /// A line's end, or the end of all; `\r\n` ends a row and an empty line, which is none.
    #[inline]
    fn end_of_row(&mut self, at: usize, line: u64, open: bool) {
        let next = at as u32 + 1;
        let fields = self.fields.starts.len() - self.base;
        let misquoted = open | std::mem::take(&mut self.beyond);
        if fields == 1 && self.row == at {
            if let Some(start) = self.fields.starts.last_mut() {
                *start = next;
            }
        } else if fields == self.width && !misquoted {
            self.fields.starts.push(next);
            self.fields.lines.push(line);
            self.base = self.fields.starts.len();
            self.fields.starts.push(next);
        } else {
            let before = self.fields.rows();
            self.fields.odd.push(Odd { before, line, start: self.row, end: at, fields, misquoted });
            self.fields.starts.truncate(self.base);
            self.fields.starts.push(next);
        }
        (self.row, self.field) = (at + 1, at + 1);
    }
}

/// A bit for each byte that means something.
#[inline]
fn marks<const QUOTES: bool>(block: &[u8; 64], delimiter: u8) -> u64 {
    let half = |at: usize| {
        let bytes: [u8; 32] = block.get(at..at + 32).and_then(|half| half.try_into().ok()).unwrap_or([0; 32]);
        let bytes = u8x32::from(bytes);
        let is = |byte: u8| bytes.simd_eq(u8x32::splat(byte));
        let found = is(delimiter) | is(b'\n') | is(b'\r');
        let found = if QUOTES { found | is(b'"') } else { found };
        u64::from(found.to_bitmask())
    };
    half(0) | half(32) << 32
}

/// A field without its quotes. It begins with one.
pub(super) fn unquoted(raw: &[u8]) -> Cow<'_, [u8]> {
    let inner = raw.strip_prefix(b"\"").unwrap_or(raw);
    if let Some(text) = inner.strip_suffix(b"\"")
        && memchr(b'"', text).is_none()
    {
        return Cow::Borrowed(text);
    }
    let mut text = Vec::with_capacity(inner.len());
    let (mut inside, mut bytes) = (true, inner.iter().peekable());
    while let Some(byte) = bytes.next() {
        if inside && *byte == b'"' && bytes.next_if_eq(&&b'"').is_none() {
            inside = false;
        } else {
            text.push(*byte);
        }
    }
    Cow::Owned(text)
}

/// One row by itself, byte by byte: the header, and rows that messages show.
pub(super) fn record(row: &[u8], delimiter: u8) -> ByteRecord {
    let mut record = ByteRecord::new();
    let (mut start, mut inside, mut at) = (0, false, 0);
    let mut end = |start: usize, at: usize| {
        let raw = row.get(start..at).unwrap_or_default();
        record.push_field(&if raw.first() == Some(&b'"') { unquoted(raw) } else { Cow::Borrowed(raw) });
    };
    while let Some(byte) = row.get(at) {
        match byte {
            b'"' if inside && row.get(at + 1) == Some(&b'"') => at += 1,
            b'"' if inside => inside = false,
            b'"' if at == start => inside = true,
            byte if *byte == delimiter && !inside => {
                end(start, at);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    end(start, row.len());
    record
}

/// Where the first row begins and ends; none where there is none.
pub(super) fn first_row(bytes: &[u8], delimiter: u8) -> Option<(usize, usize)> {
    let begin = bytes.iter().position(|byte| !matches!(byte, b'\n' | b'\r'))?;
    let (mut inside, mut before) = (false, delimiter);
    let mut at = begin;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' if inside && bytes.get(at + 1) == Some(&b'"') => at += 1,
            b'"' if inside => inside = false,
            b'"' if before == delimiter => inside = true,
            b'\n' | b'\r' if !inside => break,
            _ => {}
        }
        before = *byte;
        at += 1;
    }
    Some((begin, at))
}
