//! Source text and places in it.
//!
//! Knows the text of every rule file and where a byte stands in lines and columns; knows nothing of what the text means.

use std::sync::{Arc, OnceLock};

/// Which text a [`Span`] points into; an index into [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// A half-open range of bytes in one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The text pointed into.
    pub source: SourceId,
    /// First byte, from 0.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` up to and without `end`.
    pub fn new(source: SourceId, start: usize, end: usize) -> Span {
        let clip = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source, start: clip(start), end: clip(end) }
    }

    /// The smallest span that covers both; `other` must be of the same source.
    pub fn to(self, other: Span) -> Span {
        Span { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span just after this one: where something is missing.
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// The empty span just before this one.
    pub fn before(self) -> Span {
        Span { end: self.start, ..self }
    }

    /// The same as a range of `usize`, for slicing with `str::get`.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A line and a column as people count them: both from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One text under the name it is shown by.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: Arc<str>,
    index: OnceLock<Index>,
}

impl Source {
    /// What messages call it: a path as the user wrote it, or `<expression>`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same, shared.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The text of a span, empty where the span does not lie on character boundaries.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Line and column of a byte offset; an offset past the end is the end. A byte-order mark has no column.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let index = self.index();
        let end = self.text.floor_char_boundary(offset as usize);
        let line = index.lines.partition_point(|start| *start as usize <= end);
        let start = index.lines.get(line.saturating_sub(1)).copied().unwrap_or(0) as usize;
        let column = self.characters_before(end).saturating_sub(self.characters_before(start)) + 1;
        let mark = usize::from(start == 0 && end > 0 && self.text.starts_with('\u{feff}'));
        LineColumn { line, column: column - mark }
    }

    /// The bytes of the line that an offset stands in, without its line break.
    pub fn line_range(&self, offset: u32) -> std::ops::Range<usize> {
        let lines = &self.index().lines;
        let end = (offset as usize).min(self.text.len());
        let line = lines.partition_point(|start| *start as usize <= end);
        let start = lines.get(line.saturating_sub(1)).copied().unwrap_or(0) as usize;
        let next = lines.get(line).map_or(self.text.len(), |next| *next as usize);
        let text = self.text.get(start..next).unwrap_or("");
        let text = text.strip_suffix('\n').unwrap_or(text);
        start..start + text.strip_suffix('\r').unwrap_or(text).len()
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let breaks = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            let lines = std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect();
            let blocks = bytes.chunks(BLOCK).scan(0, |before, block| {
                let so_far = *before;
                *before += characters_in(block) as u32;
                Some(so_far)
            });
            Index { lines, blocks: blocks.collect() }
        })
    }

    /// How many characters begin before a byte offset.
    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let before = self.index().blocks.get(block).copied();
        let rest = self.text.as_bytes().get(block * BLOCK..offset).unwrap_or_default();
        before.map_or_else(|| characters_in(self.text.as_bytes()), |before| before as usize + characters_in(rest))
    }
}

/// Where lines begin, and how many characters come before each block of bytes: a place in a line of many megabytes is found as fast as one in a short line.
#[derive(Clone, Debug)]
struct Index {
    lines: Vec<u32>,
    blocks: Vec<u32>,
}

/// Bytes that are counted afresh for each place, at most.
const BLOCK: usize = 1024;

/// Every byte of UTF-8 but a continuation begins a character.
fn characters_in(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

/// All texts that one rulebook was read from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    all: Vec<Source>,
}

impl Sources {
    /// No text yet.
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Keeps a text under the name it will be shown by.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(self.all.len() as u32);
        self.all.push(Source { name: name.into(), text: text.into(), index: OnceLock::new() });
        id
    }

    /// What the names of all texts begin with, up to the last `/`: the folder that they lie in; empty where they have none in common.
    pub fn folder(&self) -> &str {
        let mut names = self.all.iter().map(Source::name);
        let Some(first) = names.next() else { return "" };
        let same = names.fold(first.len(), |same, name| {
            let alike = first.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
            same.min(alike)
        });
        let end = first.as_bytes().get(..same).and_then(|it| it.iter().rposition(|it| *it == b'/'));
        end.and_then(|end| first.get(..=end)).unwrap_or_default()
    }

    /// The source behind an id that this collection gave out.
    pub fn get(&self, id: SourceId) -> &Source {
        self.all.get(id.0 as usize).expect("a source id comes from the collection that is asked")
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).slice(span)
    }

    /// Every source with its id, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.all.iter().enumerate().map(|(at, source)| (SourceId(at as u32), source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> (Sources, SourceId) {
        let mut sources = Sources::new();
        let id = sources.add("a.rules", text);
        (sources, id)
    }

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let (sources, id) = source("ab\r\n会员x\n\n");
        let places =
            [(0, 1, 1), (2, 1, 3), (4, 2, 1), (7, 2, 2), (10, 2, 3), (11, 2, 4), (12, 3, 1), (13, 4, 1), (99, 4, 1)];
        for (offset, line, column) in places {
            assert_eq!(sources.get(id).line_column(offset), LineColumn { line, column }, "byte {offset}");
        }
    }

    #[test]
    fn a_byte_order_mark_has_no_column() {
        let (sources, id) = source("\u{feff}tag\nx");
        for (offset, line, column) in [(0, 1, 1), (3, 1, 1), (4, 1, 2), (7, 2, 1)] {
            assert_eq!(sources.get(id).line_column(offset), LineColumn { line, column }, "byte {offset}");
        }
    }

    #[test]
    fn places_far_along_a_line_are_exact() {
        let (sources, id) = source(&"会".repeat(5000));
        for at in [0, 1, 341, 342, 1023, 1024, 4999, 5000] {
            assert_eq!(sources.get(id).line_column(at * 3), LineColumn { line: 1, column: at as usize + 1 });
        }
    }

    #[test]
    fn a_line_ends_before_its_line_break() {
        let (sources, id) = source("ab\r\ncd\n");
        for (offset, range) in [(0, 0..2), (3, 0..2), (4, 4..6), (6, 4..6), (7, 7..7), (99, 7..7)] {
            assert_eq!(sources.get(id).line_range(offset), range, "byte {offset}");
        }
    }
}
