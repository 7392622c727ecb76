//! One declaration after the other, so that a broken one hides no other.

use super::{
    ast::{Declaration, File},
    build::Builder,
    failure, grammar,
    scan::Scanned,
    tokens::{Kind, Tokens},
    words,
};
use crate::{diagnostic::Sink, source::SourceId};

/// All declarations of a scanned text.
pub(super) fn file(source: SourceId, scanned: Scanned, sink: &mut Sink) -> File {
    let text = scanned.cleaned.text();
    let starts = starts(text);
    let mut declarations: Vec<Declaration> = vec![];
    let mut at = skip_blanks(text, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match grammar::declaration(rest) {
            Ok(pair) => {
                let end = pair.as_span().end();
                declarations.extend(Builder::new(source, &scanned.cleaned, at, sink).declaration(pair));
                at = skip_blanks(text, at + end);
            }
            Err(_) => {
                let next = starts.get(starts.partition_point(|start| *start <= at)).copied().unwrap_or(text.len());
                let chunk = scanned.cleaned.part(at..next);
                failure::mend(source, chunk, &mut declarations, sink);
                at = next;
            }
        }
    }
    File { source, declarations, comments: scanned.comments }
}

pub(super) fn skip_blanks(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    at + (rest.len() - rest.trim_start().len())
}

/// Where a declaration begins in the first column, followed by what it may be followed by.
fn starts(text: &str) -> Vec<usize> {
    let mut starts = vec![];
    let mut tokens = Tokens::of(text).peekable();
    while let Some(token) = tokens.next() {
        let first_column = token.start == 0 || text.as_bytes().get(token.start - 1) == Some(&b'\n');
        if first_column && token.kind == Kind::Word && words::begins_declaration(token.text) {
            let named = tokens.peek().is_some_and(|next| match next.kind {
                Kind::Word => !words::is_reserved(next.text),
                Kind::Quoted | Kind::Text | Kind::Number => true,
                Kind::Sign => next.text == "{",
            });
            if named {
                starts.push(token.start);
            }
        }
    }
    starts
}
