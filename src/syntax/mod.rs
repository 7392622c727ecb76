//! Rule text to trees. The only room that knows pest.

pub mod ast;
mod build;
mod cleaned;
mod failure;
mod grammar;
mod inside;
mod numbers;
mod quick;
mod recovery;
mod scan;
mod tokens;
mod twins;
mod words;

pub use inside::{Spelled, escape, parse_inside};
pub use numbers::{numbers, numbers_of};
pub use scan::is_hidden;
pub use words::{DECLARATIONS, RESERVED, is_reserved};

use crate::{
    diagnostic::{Diagnostic, Severity, Sink, code},
    source::{SourceId, Span},
};

/// The greatest length of a rule file, in bytes.
const LARGEST: usize = 64 << 20;

/// The tree of a rule file. It never fails: what parsed is in the tree, and every mistake is in the sink.
pub fn parse(source: SourceId, text: &str, sink: &mut Sink) -> ast::File {
    if text.len() > LARGEST {
        let message = "this file is larger than 64 MiB";
        sink.push(
            Diagnostic::error(code::TOO_LARGE, Span::new(source, 0, 0), message).help("split it into several files"),
        );
        return ast::File { source, declarations: vec![], comments: vec![], unread: vec![] };
    }
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
