//! Rule files in the one layout.

mod columns;
mod comments;
mod habits;
mod language;
mod lines;
mod properties;
mod tokens;

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

/// The layout of a text without mistakes, which is the layout of itself.
fn laid_out(text: &str) -> String {
    let once = laid_out_once(text);
    assert_eq!(laid_out_once(&once), once, "twice is once");
    once
}

fn laid_out_once(text: &str) -> String {
    let (file, found) = parse(text);
    assert_eq!(found, [], "{text}");
    format::format(&file, text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}
