//! Warnings: what means something, but perhaps not what was wanted. One file a warning.

mod or_beside_and;
mod unused;

use super::book::Book;
use crate::{diagnostic::Sink, ir::Rulebook};

/// Looks through a rulebook without mistakes.
pub(super) fn run(book: &Book<'_>, rulebook: &Rulebook, sink: &mut Sink) {
    for definition in &book.definitions {
        for expr in definition.rule.expressions() {
            or_beside_and::look(expr, sink);
        }
    }
    unused::look(rulebook, sink);
}
