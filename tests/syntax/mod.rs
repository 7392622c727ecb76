//! Rule text to trees, and what is said of text that is none.

mod ahead;
mod hostile;
mod messages;
mod pages;
mod shown;
mod trees;

use tagwell::{
    diagnostic::{Diagnostic, Sink},
    source::SourceId,
    syntax::{self, ast},
};

/// The tree, and every mistake in reading order.
fn parse(text: &str) -> (ast::File, Vec<Diagnostic>) {
    let mut sink = Sink::new();
    let file = syntax::parse(SourceId(0), text, &mut sink);
    (file, sink.finish())
}

#[test]
fn the_pages_own_examples_parse() {
    for text in [include_str!("rules/shop.rules"), include_str!("rules/segments.rules")] {
        let (file, found) = parse(text);
        assert_eq!(
            found,
            [],
            "{:?}",
            found.iter().map(|it| (&it.message, text.get(it.primary.span.range()))).collect::<Vec<_>>()
        );
        assert!(file.declarations.len() >= 4);
    }
}
