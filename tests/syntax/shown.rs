//! Trees and mistakes as text, for tests to show.

use std::fmt::Write;

use tagwell::{diagnostic::Diagnostic, syntax::ast};

/// The tree without the places in it, on as few lines as can be read.
pub(super) fn tree(file: &ast::File) -> String {
    let mut text = String::new();
    for declaration in &file.declarations {
        if let Some(description) = &declaration.description {
            writeln!(text, "## {description:?}").unwrap();
        }
        writeln!(text, "{}", compact(&format!("{:?}", declaration.kind))).unwrap();
    }
    text
}

/// What a tree's debug form says beside places.
pub(super) fn compact(debug: &str) -> String {
    let mut text = debug.to_owned();
    let place = |text: &str| {
        text.match_indices("place: ").find_map(|(at, found)| {
            let rest = &text[at + found.len()..];
            let length = rest.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(rest.len());
            let word = text[..at].rfind(|it: char| !it.is_alphanumeric() && it != '_').map_or(0, |at| at + 1);
            rest[..length].contains("..").then_some((word, at + found.len() + length))
        })
    };
    while let Some((start, end)) = place(&text) {
        let start = if text[..start].ends_with(", ") { start - 2 } else { start };
        let end = if text[..start].ends_with("{ ") && text[end..].starts_with(", ") { end + 2 } else { end };
        text.replace_range(start..end, "");
    }
    for (long, short) in
        [("Name { symbol: ", "Name {"), ("Expr { kind: ", "{"), (" }", "}"), ("Text { value: ", "Text {")]
    {
        text = text.replace(long, short);
    }
    text
}

/// Each mistake: its line with the words underlined, what is said, and what the mend makes of it.
pub(super) fn mistakes(text: &str, found: &[Diagnostic]) -> String {
    let mut shown = String::new();
    for it in found {
        let range = it.primary.span.range();
        let begin = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[range.start..].find('\n').map_or(text.len(), |at| range.start + at);
        let escape = |text: &str| {
            let plain = |it: char| it.is_ascii() && !it.is_control();
            text.chars()
                .map(|it| if plain(it) { it.to_string() } else { it.escape_unicode().to_string() })
                .collect::<String>()
        };
        let before = escape(&text[begin..range.start]);
        let words = escape(&text[range.start..range.end.max(range.start)]);
        writeln!(shown, "{} {}", it.code, escape(&it.message)).unwrap();
        writeln!(shown, "  {before}{words}{}", escape(&text[range.end.min(end)..end])).unwrap();
        writeln!(shown, "  {}{}", " ".repeat(before.len()), "^".repeat(words.len().max(1))).unwrap();
        for help in &it.help {
            writeln!(shown, "  help: {}", escape(help)).unwrap();
        }
        for fix in &it.fixes {
            let mut mended = text.to_owned();
            let mut edits = fix.edits.clone();
            edits.sort_by_key(|edit| edit.span.start);
            for edit in edits.iter().rev() {
                mended.replace_range(edit.span.range(), &edit.text);
            }
            let line = mended[begin..].lines().next().unwrap_or("");
            writeln!(shown, "  {}: {}", if fix.certain { "fix" } else { "offer" }, escape(line)).unwrap();
        }
    }
    shown
}
