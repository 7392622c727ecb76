//! The few lines of a source that a message shows, with its places in them.
//!
//! Whatever the file — one line of forty megabytes, a block of a million lines — a window is small, and what is in it is safe to print.

use std::ops::Range;

use super::visible::shown;
use crate::source::{Source, Span};

/// Places further apart than this many lines are shown in windows of their own.
const APART: usize = 12;
/// Of a place with more lines than this, only the first is shown.
const TALL: usize = 12;
/// A line with more bytes than this is cut around its places.
const WIDE: usize = 400;
/// Characters kept before and after a place when a line is cut.
const AROUND: usize = 60;

/// Whole lines, or the parts of them that matter.
pub(super) struct Window {
    /// What is shown.
    pub(super) text: String,
    /// The number of its first line, from 1.
    pub(super) first_line: usize,
    /// Whether characters at the beginning of a line are left out, so that columns cannot be counted here.
    pub(super) cut: bool,
    /// For each place, its index among those asked for, and where it stands in `text`.
    pub(super) marks: Vec<(usize, Range<usize>)>,
}

/// The windows in which all `spans` can be pointed at: the first span's window first, then in order of lines.
pub(super) fn windows(source: &Source, spans: &[Span]) -> Vec<Window> {
    windows_of(source, spans.iter().enumerate().map(|(at, span)| Place::new(source, at, *span)).collect())
}

/// A window of what is replaced between two bytes, none where that is too much to show.
pub(super) fn window_of_change(source: &Source, bytes: Range<usize>) -> Option<Window> {
    windows_of(source, vec![Place::exactly(source, bytes)?]).pop()
}

fn windows_of(source: &Source, mut places: Vec<Place>) -> Vec<Window> {
    places.sort_by_key(|place| (place.first_line, place.bytes.start));
    let mut groups: Vec<Vec<Place>> = vec![];
    for place in places {
        match groups.last_mut() {
            Some(group) if place.first_line <= group.iter().map(|one| one.last_line).max().unwrap_or(0) + APART => {
                group.push(place)
            }
            _ => groups.push(vec![place]),
        }
    }
    groups.sort_by_key(|group| !group.iter().any(|place| place.index == 0));
    groups.iter().map(|group| window(source, group)).collect()
}

/// A span that lies inside the source, on boundaries of characters, and is not too tall or too long to show.
struct Place {
    index: usize,
    bytes: Range<usize>,
    first_line: usize,
    last_line: usize,
}

impl Place {
    fn new(source: &Source, index: usize, span: Span) -> Place {
        let text = source.text();
        let start = text.floor_char_boundary(span.start as usize);
        let end = text.ceil_char_boundary(span.end as usize).max(start);
        // A line break at the end is not pointed at: the mark would run into the next line.
        let mut end = start + text.get(start..end).map_or(0, |meant| meant.trim_end_matches(['\n', '\r']).len());
        let first_line = source.line_column(start as u32).line;
        let mut last_line = source.line_column(end as u32).line;
        let line = source.line_range(start as u32);
        if last_line > first_line + TALL {
            end = line.end.max(start);
            last_line = first_line;
        }
        if first_line == last_line {
            end = end.min(text.floor_char_boundary(start + WIDE));
        }
        // The line break itself cannot be pointed at: just after the line's last character can.
        if start > line.end && first_line == last_line {
            return Place { index, bytes: line.end..line.end, first_line, last_line };
        }
        Place { index, bytes: start..end, first_line, last_line }
    }

    fn exactly(source: &Source, bytes: Range<usize>) -> Option<Place> {
        source.text().get(bytes.clone()).filter(|text| text.len() <= WIDE)?;
        let first_line = source.line_column(bytes.start as u32).line;
        let last_line = source.line_column(bytes.end as u32).line;
        (last_line - first_line <= TALL).then_some(Place { index: 0, bytes, first_line, last_line })
    }
}

fn window(source: &Source, places: &[Place]) -> Window {
    let first = places.iter().map(|place| place.bytes.start).min().unwrap_or(0);
    let last = places.iter().map(|place| place.bytes.end).max().unwrap_or(first);
    let mut shown_text = Shown::default();
    let mut line = source.line_range(first as u32);
    loop {
        shown_text.line(source.text(), line.clone(), places);
        let next = line.end + source.text().get(line.end..).map_or(0, break_length);
        if next == line.end || next > last {
            break;
        }
        shown_text.text.push('\n');
        line = source.line_range(next as u32);
    }
    let marks =
        places.iter().map(|place| (place.index, shown_text.at(place.bytes.start)..shown_text.at(place.bytes.end)));
    let (marks, first_line) = (marks.collect(), source.line_column(first as u32).line);
    Window { text: shown_text.text, first_line, cut: shown_text.cut, marks }
}

fn break_length(rest: &str) -> usize {
    if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) }
}

/// Text as it is shown, and which byte of it stands for which byte of the source.
#[derive(Default)]
struct Shown {
    text: String,
    cut: bool,
    /// Places in the source and in the text, both ascending.
    map: Vec<(usize, usize)>,
}

impl Shown {
    fn line(&mut self, text: &str, line: Range<usize>, places: &[Place]) {
        let keep = kept(text, line.clone(), places);
        if keep.start > line.start {
            self.map.push((line.start, self.text.len()));
            self.text.push('…');
            self.cut = true;
        }
        for (at, character) in text.get(keep.clone()).unwrap_or("").char_indices() {
            self.map.push((keep.start + at, self.text.len()));
            // A byte-order mark is nobody's mistake.
            if (keep.start + at, character) != (0, '\u{feff}') {
                self.text.push(shown(character));
            }
        }
        self.map.push((keep.end, self.text.len()));
        if keep.end < line.end {
            self.text.push('…');
        }
    }

    /// Where a byte of the source is shown; what is cut away is at the cut.
    fn at(&self, offset: usize) -> usize {
        let after = self.map.partition_point(|(source, _)| *source <= offset);
        self.map.get(after.saturating_sub(1)).map_or(0, |(_, shown)| *shown)
    }
}

/// The part of a line that is shown: all of it, or what is around its places.
fn kept(text: &str, line: Range<usize>, places: &[Place]) -> Range<usize> {
    if line.len() <= WIDE {
        return line;
    }
    let on_line =
        || places.iter().map(|place| &place.bytes).filter(|bytes| bytes.start <= line.end && bytes.end >= line.start);
    let Some(first) = on_line().map(|bytes| bytes.start.max(line.start)).min() else {
        return line.start..text.floor_char_boundary(line.start + AROUND);
    };
    let last = on_line().map(|bytes| bytes.end.min(line.end)).max().unwrap_or(first).min(first + WIDE);
    let start = text.floor_char_boundary(first.saturating_sub(AROUND)).max(line.start);
    start..text.ceil_char_boundary(last + AROUND).min(line.end)
}
