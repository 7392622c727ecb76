//! Rule text to trees. The only room that knows pest.

pub mod ast;
mod build;
mod cleaned;
mod failure;
mod grammar;
mod recovery;
mod scan;
mod tokens;
mod words;

pub use words::{DECLARATIONS, RESERVED, is_reserved};

use crate::{diagnostic::Sink, source::SourceId};

/// The tree of a rule file. It never fails: what parsed is in the tree, and every mistake is in the sink.
pub fn parse(source: SourceId, text: &str, sink: &mut Sink) -> ast::File {
    let scanned = scan::scan(source, text, sink);
    recovery::file(source, scanned, sink)
}

/// The tree of one expression; none where it has a mistake, which is in the sink.
pub fn parse_expression(source: SourceId, text: &str, sink: &mut Sink) -> Option<ast::Expr> {
    let scanned = scan::scan(source, text, sink);
    let text = scanned.cleaned.text().trim_start();
    let at = scanned.cleaned.text().len() - text.len();
    let pair = grammar::expression(text).ok()?;
    build::Builder::new(source, &scanned.cleaned, at, sink).whole_expression(pair)
}
