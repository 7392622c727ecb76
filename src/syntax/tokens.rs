//! Words, numbers, texts and signs of a clean text: what a mistake points at, and what stands around it.

use std::ops::Range;

use unicode_ident::{is_xid_continue, is_xid_start};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `when`, `购买次数`
    Word,
    /// `` `Last Order` ``
    Quoted,
    /// Whatever begins with a digit: `30d`, `2026-11-22T10:00`, `3within`
    Number,
    /// `"fruit"`
    Text,
    /// `>=`, `(`, `..`
    Sign,
}

/// A piece of text that belongs together.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end()
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text && self.kind != Kind::Text
    }
}

/// The tokens of `text`, one after the other.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Tokens<'a> {
        Tokens { text, at: 0 }
    }

    /// Those from a line's beginning on, since none reaches over the end of its line.
    pub(super) fn from(text: &'a str, line: usize) -> Tokens<'a> {
        Tokens { text, at: line }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.text.get(self.at..)?;
        let blanks = rest.bytes().take_while(|it| matches!(it, b' ' | b'\n')).count();
        let trimmed = rest.get(blanks..)?.trim_start();
        let start = self.at + (rest.len() - trimmed.len());
        let first = trimmed.chars().next()?;
        let (kind, length) = match first {
            '"' => (Kind::Text, text_length(trimmed)),
            '`' => (Kind::Quoted, until(trimmed, '`')),
            '0'..='9' => (Kind::Number, number_length(trimmed)),
            _ if is_xid_start(first) || first == '_' => (Kind::Word, word_length(trimmed)),
            _ => (Kind::Sign, sign_length(trimmed, first)),
        };
        self.at = start + length;
        Some(Token { kind, text: trimmed.get(..length)?, start })
    }
}

/// A word as far as it goes; most are of plain letters.
fn word_length(text: &str) -> usize {
    let plain = plain_length(text);
    match text.as_bytes().get(plain) {
        Some(0x80..) => text.find(|it| !is_xid_continue(it)).unwrap_or(text.len()),
        Some(_) | None => plain,
    }
}

/// Plain letters, digits and `_`.
fn plain_length(text: &str) -> usize {
    text.bytes().take_while(|it| it.is_ascii_alphanumeric() || *it == b'_').count()
}

/// A quoted text with its quotes, up to the end of its line at most.
pub(super) fn text_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, it) in text.bytes().enumerate().skip(1) {
        match it {
            b'\n' => return at,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn until(text: &str, close: char) -> usize {
    let found = text.char_indices().skip(1).find(|(_, it)| *it == close || *it == '\n');
    found.map_or(text.len(), |(at, it)| if it == close { at + 1 } else { at })
}

/// A number with whatever touches it: letters, dates, times, a percent sign.
fn number_length(text: &str) -> usize {
    let plain = plain_length(text);
    if text.as_bytes().get(plain).is_none_or(|next| matches!(next, b' ' | b'\n' | b')' | b']' | b',')) {
        return plain;
    }
    let clock = |rest: &str| rest.bytes().take(5).map(|it| if it.is_ascii_digit() { b'0' } else { it }).eq(*b"00:00");
    let mut rest = text.chars();
    loop {
        let before = rest.as_str();
        let at = text.len() - before.len();
        let Some(next) = rest.next() else { return text.len() };
        let following = rest.as_str().chars().next();
        let digit_follows = following.is_some_and(|it| it.is_ascii_digit());
        let read = text.get(..at).unwrap_or("");
        let goes_on = match next {
            _ if is_xid_continue(next) => true,
            '.' => digit_follows && (!read.contains('.') || read.contains(':')),
            '-' => digit_follows && date_goes_on(read),
            '+' => digit_follows && read.contains('T') && clock(rest.as_str()),
            ':' => digit_follows && read.bytes().rev().take_while(u8::is_ascii_digit).count() <= 2,
            '%' => return at + 1,
            _ => false,
        };
        if !goes_on {
            return at;
        }
    }
}

/// `2026`, `2026-11` and `2026-11-22T10:00` take a `-` in.
fn date_goes_on(read: &str) -> bool {
    let mut parts = read.split('-');
    let year = parts.next().is_some_and(|year| year.len() == 4 && year.bytes().all(|it| it.is_ascii_digit()));
    let months = parts.next().is_none_or(|month| month.len() <= 2);
    year && months && (parts.next().is_none() || read.contains('T'))
}

fn sign_length(text: &str, first: char) -> usize {
    if matches!(first, '(' | ')' | '[' | ']' | ',') {
        return 1;
    }
    let signs = ["..<", "..", "??", "!=", "<=", ">="];
    signs.iter().find(|sign| text.starts_with(**sign)).map_or(first.len_utf8(), |sign| sign.len())
}
