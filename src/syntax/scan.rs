//! One walk over the characters of a file, before the grammar sees it.
//!
//! It knows texts, names in backticks, patterns and comments; everything it repairs is told. What it hands on is the clean
//! text, in which comments and foreign white space are blanks.

mod habits;
mod hidden;
mod quotes;

use std::{cell::Cell, ops::Range};

use unicode_ident::{is_xid_continue, is_xid_start};

use super::{
    ast::{Comment, Place},
    cleaned::Cleaned,
    twins::twin,
    words,
};
use crate::{
    cores,
    diagnostic::{Diagnostic, Sink, code},
    source::{SourceId, Span},
};
pub use hidden::is_hidden;

/// What the walk hands on.
pub(super) struct Scanned<'a> {
    /// The text as it was typed.
    pub(super) original: &'a str,
    pub(super) cleaned: Cleaned,
    pub(super) comments: Vec<Comment>,
    /// Bytes of the clean text where something is wrong that no repair makes right; what follows from it is not told.
    pub(super) spoiled: Vec<usize>,
}

/// Texts of fewer bytes are walked over as fast by one.
const LONG: usize = 1 << 16;

/// Walks over `text`; on all cores where it is long.
pub(super) fn scan<'a>(source: SourceId, text: &'a str, sink: &mut Sink) -> Scanned<'a> {
    in_parts(source, text, cores::parts(text.len(), LONG), sink)
}

fn in_parts<'a>(source: SourceId, text: &'a str, parts: usize, sink: &mut Sink) -> Scanned<'a> {
    let walk = |part: &Range<usize>| {
        let mut sink = Sink::new();
        let scanned = Walk::over(source, text, part.clone(), &mut sink);
        (scanned, sink.finish())
    };
    let parts = cut(text, parts);
    if parts.len() == 1 {
        return Walk::over(source, text, 0..text.len(), sink);
    }
    let walked = cores::side_by_side(&parts, cores::FLAT, walk).into_iter().zip(&parts);
    let mut whole = Scanned { original: text, cleaned: Cleaned::about(text.len()), comments: vec![], spoiled: vec![] };
    for (walked, part) in walked {
        let (scanned, told) = walked.unwrap_or_else(|| walk(part));
        told.into_iter().for_each(|told| sink.push(told));
        let before = whole.cleaned.text().len();
        whole.spoiled.extend(scanned.spoiled.into_iter().map(|spoiled| before + spoiled));
        whole.comments.extend(scanned.comments);
        whole.cleaned.append(scanned.cleaned);
    }
    whole
}

/// A text cut where a word begins a line: nothing that the walk knows reaches over that, but that a lone carriage return is told of
/// once.
fn cut(text: &str, parts: usize) -> Vec<Range<usize>> {
    let mut cut = vec![];
    let mut start = 0;
    let lone_return = || text.split('\r').skip(1).any(|behind| !behind.starts_with('\n'));
    if parts > 1 && !lone_return() {
        for number in 1..parts {
            let from = start.max(text.floor_char_boundary(text.len() / parts * number));
            let ends = text.get(from..).unwrap_or("").match_indices('\n').map(|(at, _)| from + at + 1);
            let word = |at: &usize| text.as_bytes().get(*at).is_some_and(u8::is_ascii_alphabetic);
            let Some(end) = ends.filter(|at| *at > start).find(word) else { break };
            cut.push(start..end);
            start = end;
        }
    }
    cut.push(start..text.len());
    cut
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

struct Walk<'a, 's> {
    source: SourceId,
    text: &'a str,
    at: usize,
    sink: &'s mut Sink,
    done: Scanned<'a>,
    last: Last,
    /// Whether anything but white space stands before this on the line.
    line_begun: bool,
    /// From where to where the line was last looked at: a line of very many texts is walked once, not once for each.
    line_seen: Cell<(usize, Option<usize>)>,
    /// Whether a lone carriage return was told.
    returns_told: bool,
}

impl<'a> Walk<'a, '_> {
    /// Walks over a part of a text.
    fn over(source: SourceId, text: &'a str, part: Range<usize>, sink: &mut Sink) -> Scanned<'a> {
        let mut walk = Walk {
            source,
            text: text.get(..part.end).unwrap_or(text),
            at: part.start,
            sink,
            done: Scanned { original: text, cleaned: Cleaned::about(part.len()), comments: vec![], spoiled: vec![] },
            last: Last::Start,
            line_begun: false,
            line_seen: Cell::new((part.start, None)),
            returns_told: false,
        };
        while walk.step() {}
        walk.done
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn line(&self) -> &'a str {
        let end = match self.line_seen.get() {
            (start, Some(end)) if (start..=end).contains(&self.at) => end,
            _ => self.rest().find(['\n', '\r']).map_or(self.text.len(), |length| self.at + length),
        };
        self.line_seen.set((self.at, Some(end)));
        self.text.get(self.at..end).unwrap_or("")
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }

    fn next_span(&self, length: usize) -> Span {
        self.span(self.at, self.at + length)
    }

    /// One comment, text, name, number or sign; false at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest().chars().next() else { return false };
        match first {
            'a'..='z' | 'A'..='Z' | '_' => {
                self.word();
                self.line_begun = true;
            }
            '\n' => {
                self.keep(1);
                self.line_begun = false;
                return true;
            }
            '\r' if !self.rest().starts_with("\r\n") => {
                self.lone_return();
                return true;
            }
            ' ' | '\t' | '\r' => self.keep(1),
            '\u{feff}' if self.at == 0 => self.blank(first.len_utf8()),
            '\u{3000}' => self.blank(first.len_utf8()),
            _ if is_hidden(first) => self.hidden(first),
            _ if first.is_whitespace() => self.foreign_blank(first),
            _ => {
                self.visible(first);
                self.line_begun = true;
            }
        }
        true
    }

    fn visible(&mut self, first: char) {
        match first {
            '#' => self.comment(1),
            '`' if !self.line_begun && self.rest().starts_with("```") => self.fence(),
            '`' | '\u{ff40}' => self.quoted_name(first),
            '\u{ff03}' => self.foreign_comment("\u{ff03}"),
            '"' | '\'' => self.quoted(first),
            _ if matches!(twin(first), Some('"' | '\'')) => self.quoted(first),
            '/' if self.rest().starts_with("/*") => self.foreign_comment("/*"),
            '<' | '=' | '>' if !self.line_begun && self.merge_mark() => {}
            '/' if self.last != Last::Operand && self.pattern() => {}
            '/' if self.rest().starts_with("//") => self.foreign_comment("//"),
            '-' if self.dashes_begin_a_comment() => self.foreign_comment("--"),
            _ if twin(first).is_some() => self.twins(),
            '0'..='9' => self.number(),
            _ if is_xid_start(first) || first == '_' => self.word(),
            _ => self.sign(first),
        }
    }

    /// The next `length` bytes as they are.
    fn keep(&mut self, length: usize) {
        let end = self.at + length;
        self.done.cleaned.keep(self.text.get(self.at..end).unwrap_or(""));
        self.at = end;
    }

    /// Blanks for the next `length` bytes.
    fn blank(&mut self, length: usize) {
        for _ in 0..length {
            self.done.cleaned.keep(" ");
        }
        self.at += length;
    }

    /// `text` in the place of the next `length` bytes.
    fn replace(&mut self, length: usize, text: &str) {
        self.done.cleaned.replace(self.at..self.at + length, text);
        self.at += length;
    }

    /// What is wrong here cannot be repaired.
    fn spoil(&mut self) {
        self.done.spoiled.push(self.done.cleaned.text().len());
    }

    fn comment(&mut self, sign: usize) {
        let line = self.line();
        let text = line.trim_end();
        let place = Place(self.next_span(text.len()));
        let text = format!("#{}", text.get(sign..).unwrap_or(""));
        self.hidden_in_comment(line);
        self.done.comments.push(Comment { text, place });
        self.blank(line.len());
    }

    fn word(&mut self) {
        let length = word_length(self.rest());
        let word = self.rest().get(..length).unwrap_or("");
        self.last = match word {
            "matches" => Last::Matches,
            "true" | "false" | "missing" | "known" | "now" | "today" | "ago" => Last::Operand,
            word if words::is_reserved(word) => Last::Start,
            _ => Last::Operand,
        };
        self.keep(length);
        let touches = self.rest().chars().next().is_some_and(|next| next == '"');
        if touches {
            self.touching();
        }
    }

    /// A word and a text, or a text and a word, with nothing between them.
    fn touching(&mut self) {
        let span = self.next_span(0);
        self.sink.push(
            Diagnostic::error(code::TOUCHING, span, "a space is missing between a name and a literal")
                .help("put a space here")
                .fix("put a space here", span, " "),
        );
        self.done.cleaned.replace(self.at..self.at, " ");
    }

    /// A number as far as it goes; what is wrong with it is found where the grammar stops at it.
    fn number(&mut self) {
        self.last = Last::Operand;
        let rest = self.rest();
        let length = rest.find(|it: char| !it.is_ascii_digit() && !matches!(it, '-' | '/')).unwrap_or(rest.len());
        let digits = rest.get(..length).unwrap_or("");
        let next = rest.get(length..).and_then(|behind| behind.chars().next());
        let ends = next.is_none_or(|next| !is_xid_continue(next) && next != '.' || next == 'T');
        match shaped_like_a_date(digits) {
            Some(date) if ends && date != digits => {
                let span = self.next_span(length);
                self.sink.push(
                    Diagnostic::error(code::BAD_DATE, span, format!("`{digits}` is not a date"))
                        .help(format!("a date has four digits, two and two: `{date}`"))
                        .fix(format!("write `{date}`"), span, date.clone()),
                );
                self.replace(length, &date);
            }
            _ => {
                let length = digits.find(['-', '/']).filter(|_| shaped_like_a_date(digits).is_none()).unwrap_or(length);
                self.keep(length.max(1));
                let rest = self.rest();
                let length = rest.find(|it: char| !is_xid_continue(it) || is_hidden(it) || twin(it).is_some());
                let length = length.unwrap_or(rest.len());
                self.keep(length);
            }
        }
    }

    fn sign(&mut self, first: char) {
        // No habit begins with a bracket or a comma.
        if matches!(first, '(' | ')' | '[' | ']' | '{' | '}' | ',') {
            self.keep(1);
            self.last = if matches!(first, ')' | ']' | '}') { Last::Operand } else { Last::Start };
            return;
        }
        let spaced =
            ["> =", "< =", "! ="].into_iter().find(|it| self.rest().starts_with(it) && !self.rest().starts_with("= ="));
        if let Some(spaced) = spaced {
            let meant: String = spaced.chars().filter(|it| *it != ' ').collect();
            return self.instead(spaced.len(), &meant, code::FOREIGN_OPERATOR, "a space splits this operator");
        }
        if let Some((typed, meant)) = super::twins::habit(self.rest()) {
            return self.foreign_sign(typed, meant);
        }
        let known = ":=<>+-*/%.?!";
        if !known.contains(first) {
            return self.unknown(first);
        }
        let length = if self.rest().starts_with("!=") { 2 } else { 1 };
        self.keep(length);
        self.last = if first == '%' { Last::Operand } else { Last::Start };
    }
}

/// The length of the word that `text` begins with. A full-width letter or a hidden character ends it: it is
/// mended on its own.
fn word_length(text: &str) -> usize {
    let ends = |it: char| match it.is_ascii() {
        true => !it.is_ascii_alphanumeric() && it != '_',
        false => !is_xid_continue(it) || is_hidden(it) || is_full_width(it),
    };
    text.find(ends).unwrap_or(text.len())
}

fn is_full_width(it: char) -> bool {
    ('\u{ff01}'..='\u{ff5e}').contains(&it)
}

/// `2026-1-5` as `2026-01-05`; none where that is not its shape.
fn shaped_like_a_date(digits: &str) -> Option<String> {
    if !digits.contains(['-', '/']) {
        return None;
    }
    let sign = if digits.contains('/') { '/' } else { '-' };
    let parts: Vec<&str> = digits.split(sign).collect();
    let [year, month, day] = parts.as_slice() else { return None };
    let fits = year.len() == 4 && (1..=2).contains(&month.len()) && (1..=2).contains(&day.len());
    fits.then(|| format!("{year}-{month:0>2}-{day:0>2}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PIECES: &[&str] = &[
        "tag",
        "when",
        "matches",
        "5",
        "2026-1-5",
        "\"t\"",
        "\"",
        "'t'",
        "`b",
        "/",
        "//",
        "--",
        "/*",
        "#",
        "## c",
        "```",
        "<<<<<<<",
        "==",
        "> =",
        "!",
        ";",
        "\u{ff08}",
        "\u{201c}t\u{201d}",
        "\u{3000}",
        "\u{a0}",
        "\u{200b}",
        "\u{feff}",
        "\r\n",
        "\n",
        "\ntag",
        "\na",
        " ",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn parts_are_walked_over_as_the_whole_is(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60),
            returns in any::<bool>(),
        ) {
            let text = pieces.concat() + if returns { "\r" } else { "" };
            let walked = |parts: usize| {
                let mut sink = Sink::new();
                let Scanned { original, cleaned, comments, spoiled } = in_parts(SourceId(0), &text, parts, &mut sink);
                (format!("{original:?} {cleaned:?} {comments:?} {spoiled:?}"), sink.finish())
            };
            let whole = walked(1);
            for parts in [2, 3, 7] {
                assert_eq!(walked(parts), whole, "{parts}: {text:?}");
            }
        }
    }
}
