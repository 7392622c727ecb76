//! One walk over the characters of a file, before the grammar sees it.
//!
//! It knows texts, names in backticks, patterns and comments; everything it repairs is told. What it hands on is the clean
//! text, in which comments and foreign white space are blanks.

use unicode_ident::{is_xid_continue, is_xid_start};

use super::{
    ast::{Comment, Place},
    cleaned::Cleaned,
};
use crate::{
    diagnostic::Sink,
    source::{SourceId, Span},
};

/// What the walk hands on.
pub(super) struct Scanned {
    pub(super) cleaned: Cleaned,
    pub(super) comments: Vec<Comment>,
    /// Bytes of the clean text where something is wrong that no repair makes right; what follows from it is not told.
    pub(super) spoiled: Vec<usize>,
}

/// Walks over `text`.
pub(super) fn scan(source: SourceId, text: &str, sink: &mut Sink) -> Scanned {
    let mut walk = Walk {
        source,
        text,
        at: 0,
        sink,
        done: Scanned { cleaned: Cleaned::starting_at(0), comments: vec![], spoiled: vec![] },
        last: Last::Start,
    };
    while walk.step() {}
    walk.done
}

/// What the walk has just passed, as far as it decides what comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing, or a sign or a word behind which an operand is due.
    Start,
    /// The word `matches`, behind which a pattern stands.
    Matches,
    /// What can end an operand.
    Operand,
}

struct Walk<'a> {
    source: SourceId,
    text: &'a str,
    at: usize,
    sink: &'a mut Sink,
    done: Scanned,
    last: Last,
}

impl Walk<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }

    /// One comment, text, name, number or sign; false at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest().chars().next() else { return false };
        match first {
            '#' => self.comment(),
            '"' => self.quoted_text(),
            '\u{feff}' | '\u{3000}' => self.blank(first.len_utf8()),
            _ if is_xid_start(first) || first == '_' => self.word(),
            _ => {
                self.keep(first.len_utf8());
                if !first.is_whitespace() {
                    let ends = first.is_ascii_digit() || matches!(first, ')' | ']' | '}' | '%');
                    self.last = if ends { Last::Operand } else { Last::Start };
                }
            }
        }
        true
    }

    /// The next `length` bytes as they are.
    fn keep(&mut self, length: usize) {
        let end = self.at + length;
        for it in self.text.get(self.at..end).unwrap_or("").chars() {
            self.done.cleaned.keep(it);
        }
        self.at = end;
    }

    /// Blanks for the next `length` bytes.
    fn blank(&mut self, length: usize) {
        for _ in 0..length {
            self.done.cleaned.keep(' ');
        }
        self.at += length;
    }

    fn comment(&mut self) {
        let line = self.rest().split('\n').next().unwrap_or("");
        let text = line.trim_end().to_owned();
        let place = Place(self.span(self.at, self.at + text.len()));
        let length = line.len();
        self.done.comments.push(Comment { text, place });
        self.blank(length);
    }

    fn quoted_text(&mut self) {
        let length = super::tokens::text_length(self.rest());
        self.keep(length);
        self.last = Last::Operand;
    }

    fn word(&mut self) {
        let length = self.rest().find(|it| !is_xid_continue(it)).unwrap_or(self.rest().len());
        self.last = match self.rest().get(..length).unwrap_or("") {
            "matches" => Last::Matches,
            "true" | "false" | "missing" | "known" | "now" | "today" | "ago" => Last::Operand,
            word if super::words::is_reserved(word) => Last::Start,
            _ => Last::Operand,
        };
        self.keep(length);
    }
}
