//! No text panics, hangs or takes more than linear time, and no nest overflows the stack of a small thread.

use proptest::prelude::*;
use tagwell::{
    diagnostic::Sink,
    source::SourceId,
    syntax::{self, ast::DeclarationKind},
};

use super::parse;

/// Does `work` on a thread with as little stack as any that a host may call from.
fn on_a_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn_scoped(scope, work);
        thread.expect("a thread").join().expect("no panic")
    })
}

fn codes(text: &str) -> Vec<&'static str> {
    on_a_small_stack(|| parse(text).1.iter().map(|it| it.code.as_str()).collect())
}

fn nested(open: &str, inside: &str, close: &str, levels: usize) -> String {
    format!("tag deep when {}{inside}{}", open.repeat(levels), close.repeat(levels))
}

/// What the printer writes as an escape and what the reader refuses as it is are told apart in two rooms: each character comes back.
#[test]
fn every_character_is_read_as_texts_are_written() {
    let all = ('\0'..='\u{ffff}').chain('\u{1bca0}'..='\u{1d1ff}').chain('\u{e0000}'..='\u{e0fff}');
    for text in all.collect::<Vec<char>>().chunks(256).map(String::from_iter) {
        let quoted = tagwell::value::print::quoted_text(&text);
        let (file, found) = parse(&format!("list l from {quoted}"));
        assert!(found.is_empty(), "{quoted}: {found:?}");
        let [DeclarationKind::List(list)] = &file.declarations.iter().map(|it| &it.kind).collect::<Vec<_>>()[..] else {
            panic!("{quoted}: no list")
        };
        assert_eq!(list.from.value, text, "{quoted}");
    }
}

#[test]
fn a_nest_of_128_levels_is_read_and_one_more_is_an_error() {
    let nests = [
        ("(", "a", ")"),
        ("not ", "a", ""),
        ("- ", "a", ""),
        ("if a then ", "b", " else c"),
        ("if a then b else ", "c", ""),
        ("abs(", "a", ")"),
        ("a[", "1", "]"),
        ("[", "1", "]"),
        ("all of (", "a", ")"),
        ("(- ", "a", ")"),
    ];
    for (open, inside, close) in nests {
        let levels = if open == "(- " { 64 } else { 128 };
        assert_eq!(codes(&nested(open, inside, close, levels)), [""; 0], "{levels} of {open}");
        assert_eq!(codes(&nested(open, inside, close, levels + 1)), ["E0103"], "{levels} of {open} and one more");
        assert_eq!(codes(&nested(open, inside, close, 100_000)), ["E0103"], "very many of {open}");
    }
}

#[test]
fn what_never_ends_ends() {
    for open in [
        "(",
        "[",
        "{",
        "not ",
        "- ",
        "if ",
        "a(",
        "a.",
        "a[",
        "if a then ",
        "[{ a: ",
        "\"",
        "`",
        "'",
        "a ?? ",
        "a and ",
    ] {
        for before in ["", "tag a when ", "test \"a\" { given { a: ", "score a { "] {
            assert!(!codes(&format!("{before}{}", open.repeat(5_000))).is_empty(), "{before}{open}…");
        }
    }
}

#[test]
fn a_deep_nest_hides_no_other_declaration() {
    let text = format!("tag a when b\n{}\ntag c when d\n", nested("(", "a", ")", 500));
    let (file, found) = parse(&text);
    assert_eq!(file.declarations.len(), 2);
    assert_eq!(found.len(), 1);
}

#[test]
fn long_texts_are_read_whole() {
    let chain = |between: &str| format!("tag long when {}", vec!["a"; 10_000].join(between));
    for between in [" and ", " or ", " + ", " * ", " ?? "] {
        assert_eq!(codes(&chain(between)), [""; 0], "{between}");
    }
    let many = "tag many when (a + b) * 2 > 3 and c between 30d..60d\n".repeat(1_500);
    let (file, found) = parse(&many);
    assert_eq!((file.declarations.len(), found.len()), (1_500, 0));
    assert!(file.declarations.iter().all(|it| matches!(it.kind, DeclarationKind::Tag(_))));
}

#[test]
fn mistakes_by_the_thousand_are_all_told() {
    let broken = "tag many when a == 3 && b ＞ 4 and c between 3 and 5\ntag when\n".repeat(300);
    let (file, found) = parse(&broken);
    assert_eq!(file.declarations.len(), 300);
    assert_eq!(found.len(), 5 * 300);
}

#[test]
fn a_text_that_touches_one_in_other_quotes_is_pointed_at_whole() {
    for quotes in ["\u{201c}\u{201c}", "\u{201c}\u{201d}", "\u{300c}\u{300d}", "''", "\"\""] {
        anything_survives(&format!("tag t when {quotes}tag\"text\""));
    }
}

#[test]
fn a_foreign_quote_before_a_plain_one() {
    anything_survives("tag a \u{201c}b\u{201d}and\" when c");
}

fn anything_survives(text: &str) {
    let mut sink = Sink::new();
    let file = syntax::parse(SourceId(0), text, &mut sink);
    for declaration in &file.declarations {
        assert!(text.get(declaration.span().range()).is_some());
    }
    syntax::parse_expression(SourceId(0), text, &mut sink);
    for found in sink.finish() {
        let places = found
            .labels
            .iter()
            .map(|it| it.span)
            .chain(found.fixes.iter().flat_map(|fix| fix.edits.iter().map(|it| it.span)));
        for span in places.chain([found.primary.span]) {
            assert!(text.get(span.range()).is_some(), "{span:?} of {found:?}");
        }
        assert!(!found.message.is_empty());
    }
}

pub(super) const WORDS: &[&str] = &[
    "tag",
    "let",
    "level",
    "score",
    "segment",
    "test",
    "table",
    "policy",
    "funnel",
    "vip",
    "`a b`",
    "\"text\"",
    "\"",
    "'x'",
    "when",
    "and",
    "or",
    "not",
    "between",
    "within",
    "in",
    "is",
    "missing",
    "has",
    "any",
    "of",
    "if",
    "then",
    "else",
    "top",
    "20%",
    "by",
    "30d",
    "3..5",
    "..",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "=",
    "==",
    ">=",
    "<",
    "+",
    "-",
    "*",
    "/",
    "//",
    "--",
    "??",
    "?",
    ".",
    "null",
    "like",
    "30",
    "days",
    "30\u{5929}",
    "2026-1-5",
    "2026-11-22",
    "08:00",
    "otherwise",
    "from",
    "keep",
    "minus",
    "send",
    "sms",
    "on",
    "enter",
    "given",
    "expect",
    "as",
    "\n",
    "\n",
    "\n",
    " ",
    "#",
    "## x\n",
    "\u{ff08}",
    "\u{ff09}",
    "\u{ff1e}",
    "\u{201c}",
    "\u{201d}",
    "\u{300c}",
    "\u{3002}",
    "\u{3001}",
    "\u{3000}",
    "\u{0}",
    "\\",
    "matches",
    "/a/",
    "\u{2026}",
    "\u{ff0c}",
    "\u{ff41}\u{ff42}",
    "1e5",
    ".5",
    "5.",
    "1_",
    "1,000",
    "\u{1f600}",
    "\r\n",
    "\r",
    "\u{feff}",
    "AND",
    "IS",
    "case",
    "@",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_soup_of_words_is_survived(words in prop::collection::vec((prop::sample::select(WORDS), any::<bool>()), 0..60)) {
        let text: String = words.iter().map(|(word, spaced)| format!("{word}{}", if *spaced { " " } else { "" })).collect();
        anything_survives(&text);
    }

    #[test]
    fn any_characters_are_survived(text in "\\PC{0,80}|[\\x00-\\x7f]{0,80}") {
        anything_survives(&text);
    }

    #[test]
    fn a_broken_rulebook_is_survived(at in 0_usize..4_000, length in 0_usize..12, instead in prop::sample::select(WORDS)) {
        let mut text = include_str!("rules/shop.rules").to_owned();
        let floor = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let range = floor(at)..floor(at + length);
        text.replace_range(range, instead);
        anything_survives(&text);
    }
}
