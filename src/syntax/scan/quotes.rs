//! Texts, names in backticks, and patterns: what keeps its characters.

use unicode_ident::is_xid_start;

use super::{super::twins::twin, Last, Walk, hidden::is_refused_in_texts, word_length};
use crate::diagnostic::{Diagnostic, Edit, Fix, code};

impl Walk<'_, '_> {
    /// A text in the quotes that `open` begins.
    pub(super) fn quoted(&mut self, open: char) {
        self.last = Last::Operand;
        let line = self.line();
        let Some(length) = closed(line, open) else { return self.unclosed(open) };
        let written = line.get(..length).unwrap_or("");
        let close = written.chars().next_back().unwrap_or('"');
        let inside = written.get(open.len_utf8()..length - close.len_utf8()).unwrap_or("");
        self.escapes(self.at + open.len_utf8(), inside, open);
        if open == '"' && close == '"' {
            self.keep(length);
        } else {
            self.foreign_quotes(open, close, inside, length);
        }
        self.behind_text();
    }

    fn foreign_quotes(&mut self, open: char, close: char, inside: &str, length: usize) {
        let span = self.next_span(length);
        let escaped = match open == '\'' || twin(open) == Some('\'') {
            true => inside.replace("\\'", "'").replace('"', "\\\""),
            false => inside.to_owned(),
        };
        let typed = self.rest().get(..length).unwrap_or("");
        let quotes = format!("\"{escaped}\"");
        let single = matches!(twin(open).unwrap_or(open), '\'');
        let (code, message) = match (single, open) {
            (true, _) => (code::SINGLE_QUOTES, "a text stands in double quotes".to_owned()),
            (false, _) => (code::FOREIGN_QUOTES, format!("`{open}` is not the quote that begins a text")),
        };
        let mut fix = Fix { title: "write plain double quotes".to_owned(), edits: vec![], certain: true };
        if escaped == inside {
            let start = self.at;
            let end = self.at + length;
            if open != '"' {
                let span = self.span(start, start + open.len_utf8());
                fix.edits.push(Edit { span, text: "\"".to_owned() });
            }
            if close != '"' {
                let span = self.span(end - close.len_utf8(), end);
                fix.edits.push(Edit { span, text: "\"".to_owned() });
            }
        } else {
            fix.edits.push(Edit { span, text: quotes.clone() });
        }
        let primary = if typed.is_empty() { self.next_span(0) } else { span };
        self.sink.push(Diagnostic::error(code, primary, message).help(format!("write `{quotes}`")).with_fix(fix));
        self.done.cleaned.replace(self.at..self.at + open.len_utf8(), "\"");
        self.at += open.len_utf8();
        if escaped == inside {
            self.keep(inside.len());
        } else {
            self.replace(inside.len(), &escaped);
        }
        self.replace(close.len_utf8(), "\"");
    }

    /// A text that runs over its line's end.
    fn unclosed(&mut self, open: char) {
        let span = self.next_span(open.len_utf8());
        self.spoil();
        let line = self.line().trim_end();
        self.sink.push(
            Diagnostic::error(code::UNCLOSED_TEXT, span, "this text is never closed").here("begins here").help(
                "type `\"` where the text ends; it ends on the line where it begins (`\\n` is a line break in it)",
            ),
        );
        let inside: String = line
            .get(open.len_utf8()..)
            .unwrap_or("")
            .chars()
            .map(|it| if matches!(it, '"' | '\\') { ' ' } else { it })
            .collect();
        self.replace(open.len_utf8(), "\"");
        self.replace(inside.len(), &inside);
        self.done.cleaned.replace(self.at..self.at, "\"");
    }

    /// What touches a text from behind: more text that its quotes have cut off, or a word.
    fn behind_text(&mut self) {
        let rest = self.rest();
        let Some(next) = rest.chars().next() else { return };
        if !is_xid_start(next) {
            return;
        }
        let length = word_length(rest);
        if rest.get(length..).is_some_and(|behind| behind.starts_with('"')) {
            let word = rest.get(..length).unwrap_or("");
            let span = self.next_span(length);
            // The text before may have ended in a quote of another keyboard.
            let quote =
                self.text.get(..self.at).and_then(|before| before.chars().next_back()).map_or(0, char::len_utf8);
            let whole = self.span(self.at - quote, self.at + length + 1);
            self.sink.push(
                Diagnostic::error(code::INNER_QUOTES, span, "the quote before this ends the text")
                    .help(format!("a quote inside a text is written `\\\"`: `\\\"{word}\\\"`"))
                    .suggest("escape the inner quotes", whole, format!("\\\"{word}\\\"")),
            );
            self.spoil();
            let line = self.line().len();
            self.blank(line);
        } else {
            self.touching();
        }
    }

    fn escapes(&mut self, start: usize, inside: &str, open: char) {
        let mut rest = inside.char_indices();
        while let Some((at, it)) = rest.next() {
            if is_refused_in_texts(it) {
                self.hidden_in_text(it, self.span(start + at, start + at + it.len_utf8()));
            }
            if it != '\\' {
                continue;
            }
            let Some((_, escaped)) = rest.next() else { return };
            let span = |end: usize| self.span(start + at, start + at + end);
            match escaped {
                '"' | '\\' | 'n' | 't' => {}
                '\'' if open != '"' => {}
                'u' => {
                    let written = inside.get(at..).unwrap_or("");
                    let end = written.find('}').map_or(2, |close| close + 1);
                    let digits =
                        written.get(..end).and_then(|it| it.strip_prefix("\\u{")).and_then(|it| it.strip_suffix('}'));
                    let number =
                        digits.filter(|it| (1..=6).contains(&it.len())).and_then(|it| u32::from_str_radix(it, 16).ok());
                    if number.and_then(char::from_u32).is_none() {
                        let message = format!("`{}` is no character", written.get(..end).unwrap_or("\\u"));
                        let help =
                            "write the character's number in hexadecimal, as in `\\u{7c73}`, or the character itself";
                        self.sink.push(Diagnostic::error(code::BAD_ESCAPE, span(end), message).help(help));
                    }
                }
                _ => {
                    let span = span(1 + escaped.len_utf8());
                    let diagnostic =
                        Diagnostic::error(code::BAD_ESCAPE, span, format!("`\\{escaped}` is not an escape"));
                    self.sink.push(match escaped {
                        '\'' => diagnostic.help("write `'` as it is").fix("remove the backslash", span, "'"),
                        _ => diagnostic
                            .help(format!("for a backslash write `\\\\{escaped}`; the escapes are `\\\"` `\\\\` `\\n` `\\t` `\\u{{7c73}}`"))
                            .suggest("write the backslash twice", span, format!("\\\\{escaped}")),
                    });
                }
            }
        }
    }

    /// `` `Last Order` ``
    pub(super) fn quoted_name(&mut self, open: char) {
        self.last = Last::Operand;
        let line = self.line();
        let inside = line.get(open.len_utf8()..).unwrap_or("");
        let close = inside.char_indices().find(|(_, it)| matches!(it, '`' | '\u{ff40}'));
        let Some((length, close)) = close.filter(|(length, _)| *length > 0) else {
            let span = self.next_span(open.len_utf8());
            self.spoil();
            self.sink.push(
                Diagnostic::error(
                    code::UNCLOSED_NAME,
                    span,
                    "a name in backticks begins here and does not end on its line",
                )
                .help("close it with a second backtick: `` `Last Order` ``"),
            );
            return self.blank(open.len_utf8());
        };
        self.hidden_in_name(self.at + open.len_utf8(), inside.get(..length).unwrap_or(""));
        for (length, tick) in [(open.len_utf8(), open), (length, ' '), (close.len_utf8(), close)] {
            if tick == '\u{ff40}' {
                self.instead(length, "`", code::FOREIGN_CHARACTER, "this is a full-width backtick");
            } else {
                self.keep(length);
            }
        }
        self.last = Last::Operand;
    }

    /// `/^1[3-9]/`; false where it is none.
    pub(super) fn pattern(&mut self) -> bool {
        let line = self.line();
        let due = self.last == Last::Matches;
        let comment = line.starts_with("//");
        let mut escaped = false;
        let close = line.char_indices().skip(1).find(|(_, it)| {
            let closes = *it == '/' && !escaped;
            escaped = *it == '\\' && !escaped;
            closes
        });
        match close {
            Some((at, _)) if at > 1 => {
                for (at, it) in
                    line.char_indices().take_while(|(it, _)| *it < at).filter(|(_, it)| is_refused_in_texts(*it))
                {
                    self.hidden_in_text(it, self.span(self.at + at, self.at + at + it.len_utf8()));
                }
                self.keep(at + 1);
                self.last = Last::Operand;
                true
            }
            _ if due && !comment => {
                let span = self.next_span(1);
                self.spoil();
                let length = line.trim_end().len();
                self.sink.push(
                    Diagnostic::error(code::UNCLOSED_PATTERN, span, "this pattern is never closed")
                        .here("begins here")
                        .help("type `/` where the pattern ends; it ends on the line where it begins"),
                );
                self.blank(length);
                true
            }
            _ => false,
        }
    }
}

/// The length of a text with its quotes; none where it does not close on its line.
fn closed(line: &str, open: char) -> Option<usize> {
    let closes = |it: char| match open {
        '"' => it == '"',
        '\'' => it == '\'',
        '\u{3008}' => it == '\u{3009}',
        '\u{300a}' => it == '\u{300b}',
        '\u{300c}' => it == '\u{300d}',
        '\u{300e}' => it == '\u{300f}',
        '\u{2018}'..='\u{201b}' | '\u{ff07}' => matches!(twin(it).unwrap_or(it), '\''),
        _ => matches!(twin(it).unwrap_or(it), '"'),
    };
    let mut escaped = false;
    for (at, it) in line.char_indices().skip(1) {
        match it {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if closes(it) => return Some(at + it.len_utf8()),
            _ => {}
        }
    }
    // A foreign quote that a plain one closes.
    let plain = line.get(open.len_utf8()..).and_then(|inside| inside.find('"'));
    plain.filter(|_| !matches!(open, '"' | '\'')).map(|at| open.len_utf8() + at + 1)
}
