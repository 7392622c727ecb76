//! Of a long text every declaration is read ahead, on all cores, from where one seems to begin. What turns out not to be one is
//! read again in its place: the tree and the mistakes are those of reading one declaration after the other.

use super::{LONG, Outline, STACK, widest};
use crate::{
    cores,
    diagnostic::{Diagnostic, Sink},
    source::SourceId,
    syntax::{ast::Declaration, build::Builder, quick, scan::Scanned},
};

/// A declaration that was read.
pub(super) struct Ready {
    pub(super) declaration: Option<Declaration>,
    /// The byte behind it.
    pub(super) end: usize,
    pub(super) told: Vec<Diagnostic>,
}

/// What was read ahead.
#[derive(Default)]
pub(super) struct Ahead {
    /// As many of the outline's beginnings in each, but fewer in the last.
    parts: Vec<Vec<Option<Ready>>>,
    part: usize,
}

impl Ahead {
    /// What begins at one of the outline's beginnings, once; none where it is still to be read.
    pub(super) fn take(&mut self, start: usize) -> Option<Ready> {
        self.parts.get_mut(start.checked_div(self.part)?)?.get_mut(start % self.part)?.take()
    }
}

/// Reads what begins at the outline's beginnings.
pub(super) fn of(source: SourceId, scanned: &Scanned<'_>, outline: &Outline) -> Ahead {
    let threads = cores::parts(scanned.cleaned.text().len(), LONG);
    if threads == 1 {
        return Ahead::default();
    }
    let part = outline.starts.len().div_ceil(threads).max(1);
    let parts: Vec<&[usize]> = outline.starts.chunks(part).collect();
    let done = cores::side_by_side(&parts, STACK, |starts| {
        let mut memory = quick::Memory::default();
        starts.iter().map(|start| ready(source, scanned, outline, *start, &mut memory)).collect()
    });
    // What no thread has done is done in its place.
    Ahead { parts: done.into_iter().map(Option::unwrap_or_default).collect(), part }
}

/// What begins at `at`; none where that is no declaration.
pub(super) fn ready(
    source: SourceId,
    scanned: &Scanned<'_>,
    outline: &Outline,
    at: usize,
    memory: &mut quick::Memory,
) -> Option<Ready> {
    let text = scanned.cleaned.text();
    let (next, deep) = outline.ahead_of(at, text.len());
    if deep.is_some_and(|deep| deep < next) {
        return None;
    }
    if let Some(declaration) = quick::declaration(source, &scanned.cleaned, (at, next), memory) {
        return Some(Ready { declaration: Some(declaration), end: next, told: vec![] });
    }
    let pair = widest(text, at, &outline.starts, deep.unwrap_or(text.len())).ok()?;
    let end = at + pair.as_span().end();
    let mut sink = Sink::new();
    let declaration = Builder::new(source, &scanned.cleaned, at, &mut sink).declaration(pair);
    Some(Ready { declaration, end, told: sink.finish() })
}
