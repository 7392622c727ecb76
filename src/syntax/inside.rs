//! Expressions inside of a quoted text: the holes of a message. What is told of them points at the characters of the text as
//! they were typed, whatever escapes stand before them.

use std::{ops::Range, sync::Arc};

use super::{ast::Expr, build, recovery, scan};
use crate::{
    diagnostic::{Diagnostic, Severity, Sink, code},
    source::{SourceId, Span},
};

/// What a quoted text says, character by character, each with its place in the file.
#[derive(Clone, Debug)]
pub struct Spelled {
    source: SourceId,
    says: Vec<(char, u32)>,
    /// Where the closing quote stands.
    end: u32,
}

impl Spelled {
    /// The characters of a text that was `written` at a place, quotes included.
    pub fn new(written: &str, place: Span) -> Spelled {
        let mut says = vec![];
        build::spelled(written, &mut |it, at| says.push((it, place.start + at as u32)));
        Spelled { source: place.source, says, end: place.end.saturating_sub(1) }
    }

    /// The characters.
    pub fn characters(&self) -> impl Iterator<Item = char> + '_ {
        self.says.iter().map(|(it, _)| *it)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.says.len()
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.says.is_empty()
    }

    /// The character at a position, from 0.
    pub fn at(&self, position: usize) -> Option<char> {
        self.says.get(position).map(|(it, _)| *it)
    }

    /// Some of the characters.
    pub fn text(&self, positions: Range<usize>) -> String {
        self.says.get(positions).unwrap_or_default().iter().map(|(it, _)| *it).collect()
    }

    /// Where they were typed.
    pub fn span(&self, positions: Range<usize>) -> Span {
        Span { source: self.source, start: self.place(positions.start), end: self.place(positions.end) }
    }

    fn place(&self, position: usize) -> u32 {
        self.says.get(position).map_or(self.end, |(_, at)| *at)
    }
}

/// The tree of an expression that stands inside of a text; none where it has a mistake, which is in the sink.
pub fn parse_inside(text: &Spelled, positions: Range<usize>, sink: &mut Sink) -> Option<Expr> {
    let mut written = String::new();
    let mut places: Vec<u32> = vec![];
    for (it, at) in text.says.get(positions.clone()).unwrap_or_default() {
        written.push(*it);
        places.resize(written.len(), *at);
    }
    places.push(text.place(positions.end));
    let mut found = Sink::new();
    let mut scanned = scan::scan(text.source, &written, &mut found);
    let place = |at: u32| places.get(at as usize).or(places.last()).copied().unwrap_or(at);
    let moved = |span: Span| Span { start: place(span.start), end: place(span.end), ..span };
    found.amend(0, |it| it.each_span(&mut |span| *span = moved(*span)));
    for comment in &scanned.comments {
        found.push(
            Diagnostic::error(code::BAD_HOLE, moved(comment.place.0), "no comment stands in a message")
                .help("take it out; a comment stands behind the deed"),
        );
    }
    scanned.cleaned = scanned.cleaned.within(Arc::from(places.as_slice()));
    let expr = recovery::expression(text.source, &scanned, &mut found);
    found.amend(0, escape);
    let wrong = found.found().iter().any(|it| it.severity == Severity::Error);
    found.finish().into_iter().for_each(|it| sink.push(it));
    expr.filter(|_| !wrong)
}

/// What a fix writes into a text is escaped as a text is.
pub fn escape(diagnostic: &mut Diagnostic) {
    for edit in diagnostic.fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
        edit.text = edit.text.replace('\\', "\\\\").replace('"', "\\\"");
    }
}
