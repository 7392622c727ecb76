//! Rule text to trees. The only room that knows pest.

pub mod ast;
mod build;
mod cleaned;
mod failure;
mod grammar;
mod recovery;
mod scan;
mod tokens;
mod twins;
mod words;

pub use words::{DECLARATIONS, RESERVED, is_reserved};

use crate::{
    diagnostic::{Severity, Sink},
    source::SourceId,
};

/// The tree of a rule file. It never fails: what parsed is in the tree, and every mistake is in the sink.
pub fn parse(source: SourceId, text: &str, sink: &mut Sink) -> ast::File {
    let scanned = scan::scan(source, text, sink);
    recovery::file(source, scanned, sink)
}

/// The tree of one expression; none where it has a mistake, which is in the sink.
pub fn parse_expression(source: SourceId, text: &str, sink: &mut Sink) -> Option<ast::Expr> {
    let before = sink.found().len();
    let scanned = scan::scan(source, text, sink);
    let expr = recovery::expression(source, &scanned, sink);
    let mistakes = sink.found().iter().skip(before).any(|it| it.severity == Severity::Error);
    expr.filter(|_| !mistakes)
}
