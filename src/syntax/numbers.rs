//! Where numbers stand in a text: those that are written in rules, not those in texts, patterns and comments.

use std::ops::Range;

use super::{
    ast,
    tokens::{Kind, Tokens},
};

/// The places of all numbers of a file, in the order written: `500`, `20%`, `1d12h`, `2026-11-22`.
pub fn numbers(file: &ast::File, text: &str) -> Vec<Range<usize>> {
    numbers_of(&without_comments(file, text))
}

/// The same of a text without comments.
pub fn numbers_of(clean: &str) -> Vec<Range<usize>> {
    let mut found = vec![];
    let mut after_matches = false;
    let mut pattern_ends = 0;
    for token in Tokens::of(clean) {
        if token.start < pattern_ends {
            continue;
        }
        if after_matches && token.is("/") {
            pattern_ends = token.end() + pattern_length(clean.get(token.end()..).unwrap_or(""));
        }
        after_matches = token.is("matches");
        if token.kind == Kind::Number {
            found.push(token.range());
        }
    }
    found
}

/// Comments as blanks, so that every byte stays where it was.
fn without_comments(file: &ast::File, text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for comment in &file.comments {
        let place = comment.place.0.range();
        clean += text.get(clean.len()..place.start).unwrap_or("");
        clean.extend(std::iter::repeat_n(' ', place.end.saturating_sub(clean.len())));
    }
    clean += text.get(clean.len()..).unwrap_or("");
    clean
}

/// Up to and with the closing slash.
fn pattern_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, it) in rest.char_indices() {
        match it {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '/' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use crate::{diagnostic::Sink, source::SourceId, syntax};

    #[test]
    fn numbers_of_rules_and_of_nothing_else() {
        let text = "# 5 \"\ntag a3 \"7\" when x >= 1_000.50 and t between 1d12h..60d # 8\n  \
                    and s matches /^1[3-9]\\/2/ and top 20% by y and z < 9";
        let file = syntax::parse(SourceId(0), text, &mut Sink::new());
        let found: Vec<&str> = super::numbers(&file, text).into_iter().filter_map(|it| text.get(it)).collect();
        assert_eq!(found, ["1_000.50", "1d12h", "60d", "20%", "9"]);
    }
}
