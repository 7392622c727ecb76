//! Rule files in the one layout.

mod properties;

use tagwell::{
    diagnostic::{Diagnostic, Sink},
    format,
    source::SourceId,
    syntax::{self, ast},
};

fn parse(text: &str) -> (ast::File, Vec<Diagnostic>) {
    let mut sink = Sink::new();
    let file = syntax::parse(SourceId(0), text, &mut sink);
    (file, sink.finish())
}

/// The layout of a text without mistakes.
fn laid_out(text: &str) -> String {
    let (file, found) = parse(text);
    assert_eq!(found, [], "{text}");
    format::format(&file, text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

#[test]
fn probe() {
    println!("{}", laid_out(&std::fs::read_to_string("/tmp/wt/scratch/a.rules").unwrap()));
}
