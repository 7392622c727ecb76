//! What is said where a text stops to follow the grammar, and how it goes on.

use super::{ast::Declaration, build::Builder, cleaned::Cleaned, grammar, recovery::skip_blanks, tokens::Tokens};
use crate::{
    diagnostic::{Diagnostic, Sink, code},
    source::{SourceId, Span},
};

/// Parses what it can of a chunk in which something is wrong, and tells what is.
pub(super) fn mend(source: SourceId, chunk: Cleaned, declarations: &mut Vec<Declaration>, sink: &mut Sink) {
    let mut at = 0;
    while let Some(rest) = chunk.text().get(at..).filter(|rest| !rest.is_empty()) {
        match grammar::declaration(rest) {
            Ok(pair) => {
                let end = pair.as_span().end();
                declarations.extend(Builder::new(source, &chunk, at, sink).declaration(pair));
                at = skip_blanks(chunk.text(), at + end);
            }
            Err(failure) => {
                let place = at + failure.at;
                let token = Tokens::of(chunk.text()).find(|token| token.end() > place);
                let original = chunk.original(token.map_or(place..place, |token| token.range()));
                let span = Span::new(source, original.start, original.end);
                sink.push(Diagnostic::error(
                    code::UNEXPECTED,
                    span,
                    format!("this is not expected here {:?}", failure.expected),
                ));
                return;
            }
        }
    }
}
