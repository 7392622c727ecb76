//! Any text that parses has a layout that says the same, keeps every comment in order, and is the layout of itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tagwell::{
    diagnostic::Sink,
    format,
    source::SourceId,
    syntax::{self, ast},
};

fn parse(text: &str) -> Option<ast::File> {
    let mut sink = Sink::new();
    let file = syntax::parse(SourceId(0), text, &mut sink);
    (!sink.has_errors()).then_some(file)
}

fn comments(file: &ast::File) -> Vec<&str> {
    file.comments.iter().map(|comment| comment.text.trim_end()).collect()
}

fuzz_target!(|text: &str| {
    let Some(file) = parse(text) else { return };
    let once = format::format(&file, text).expect("what parses has a layout");
    let again = parse(&once).expect("a layout parses");
    assert_eq!(again.declarations, file.declarations);
    assert_eq!(comments(&again), comments(&file));
    assert_eq!(format::format(&again, &once).expect("a layout has a layout"), once);
});
