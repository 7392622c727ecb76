//! What this version parses and formats, and does not evaluate yet.

use super::{Checker, book::Book};
use crate::{
    diagnostic::{Diagnostic, code::NOT_SUPPORTED_YET},
    source::Span,
    syntax::ast::DeclarationKind,
};

impl Checker<'_> {
    /// Tells every declaration that is passed over: none of them changes who gets which tag.
    pub(super) fn tell_what_is_not_supported(&mut self, book: &Book<'_>) {
        for declaration in &book.later {
            let (word, what) = match &declaration.kind {
                DeclarationKind::Segment(_) => ("segment", "what a `segment` does"),
                DeclarationKind::Policy(_) => ("policy", "`policy`"),
                DeclarationKind::Template(_) => ("template", "`template`"),
                DeclarationKind::Channel(_) => ("channel", "`channel`"),
                _ => continue,
            };
            let start = declaration.span();
            let span = Span { end: start.start + word.len() as u32, ..start };
            self.sink.push(
                Diagnostic::warning(NOT_SUPPORTED_YET, span, format!("{what} is not supported yet"))
                    .note("this version parses and formats it, and passes over it; everything else is evaluated"),
            );
        }
    }
}
