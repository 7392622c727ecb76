//! `{name|朋友}`: where the holes of a text are, and what stands in them.

use crate::{
    diagnostic::{
        Diagnostic, Sink,
        code::{BAD_HOLE, BRACES_SAID},
    },
    source::{Sources, Span},
    syntax::{self, Spelled, ast},
};

/// A part of a message as written.
pub(in crate::check) enum Piece {
    /// As it is said: `{{` is a brace here.
    Text(String),
    Hole(Hole),
}

/// `{name|朋友}`
pub(in crate::check) struct Hole {
    /// `name`; none where it has a mistake, which was told.
    pub(super) value: Option<ast::Expr>,
    /// `朋友`, and where it stands, with the `|`.
    pub(super) fallback: Option<(String, Span)>,
}

/// The pieces of a text; what is wrong with its braces is told.
pub(super) fn pieces(text: &ast::Text, sources: &Sources, sink: &mut Sink) -> Vec<Piece> {
    let spelled = Spelled::new(sources.slice(text.span()), text.span());
    if !spelled.characters().eq(text.value.chars()) {
        // It was mended where it was read, and its mistake was told.
        return vec![Piece::Text(text.value.clone())];
    }
    let mut reader = Reader { text: &spelled, at: 0, said: String::new(), pieces: vec![], sink };
    while let Some(next) = spelled.at(reader.at) {
        reader.step(next);
    }
    reader.end_of_text();
    reader.pieces
}

struct Reader<'r> {
    text: &'r Spelled,
    at: usize,
    said: String,
    pieces: Vec<Piece>,
    sink: &'r mut Sink,
}

impl Reader<'_> {
    fn step(&mut self, next: char) {
        let twice = self.text.at(self.at + 1) == Some(next);
        match next {
            '{' if twice => {
                self.braces_said();
                self.say(next, 2);
            }
            '}' if twice => self.say(next, 2),
            '{' => self.hole(),
            '}' => {
                let span = self.text.span(self.at..self.at + 1);
                self.sink.push(
                    Diagnostic::error(BAD_HOLE, span, "this brace closes nothing")
                        .help("a brace of the text itself is written twice: `}}`")
                        .suggest("write `}}`", span, "}}"),
                );
                self.say(next, 1);
            }
            _ => self.say(next, 1),
        }
    }

    fn say(&mut self, it: char, length: usize) {
        self.said.push(it);
        self.at += length;
    }

    fn end_of_text(&mut self) {
        if !self.said.is_empty() {
            self.pieces.push(Piece::Text(std::mem::take(&mut self.said)));
        }
    }

    fn hole(&mut self) {
        let open = self.at;
        let (bar, close) = match self.ends(open + 1) {
            Ends::Closed { bar, close } => (bar, close),
            Ends::Open { inner } => {
                let told = match inner {
                    Some(inner) => {
                        let span = self.text.span(inner..inner + 1);
                        Diagnostic::error(BAD_HOLE, span, "a fallback is a plain text, and no hole stands in it")
                            .help("write the other value first: `{nickname ?? name|friend}`")
                    }
                    None => Diagnostic::error(BAD_HOLE, self.text.span(open..open + 1), "this hole is not closed")
                        .help(
                            "write `}` behind the value: `{name}`; a brace of the text itself is written twice: `{{`",
                        ),
                };
                self.sink.push(told);
                self.at = self.text.len();
                return;
            }
        };
        self.end_of_text();
        let end = bar.unwrap_or(close);
        let value = if self.text.text(open + 1..end).trim().is_empty() {
            let message = if bar.is_some() { "nothing stands before the fallback" } else { "this hole is empty" };
            self.sink.push(
                Diagnostic::error(BAD_HOLE, self.text.span(open..close + 1), message)
                    .help("name the value that is said: `{name}`, `{name|friend}`"),
            );
            None
        } else {
            syntax::parse_inside(self.text, open + 1..end, self.sink)
        };
        let fallback = bar.map(|bar| (self.text.text(bar + 1..close), self.text.span(bar..close)));
        if let Some(bar) = bar.filter(|bar| self.text.at(*bar) == Some(WIDE_BAR)) {
            let span = self.text.span(bar..bar + 1);
            self.sink.push(
                Diagnostic::error(BAD_HOLE, span, "this is the `|` of another keyboard").help("write `|`").fix(
                    "write `|`",
                    span,
                    "|",
                ),
            );
        }
        self.pieces.push(Piece::Hole(Hole { value, fallback }));
        self.at = close + 1;
    }

    /// Where the value of a hole ends, and the hole itself. Braces and bars in a text of the value are its own.
    fn ends(&self, from: usize) -> Ends {
        let (mut bar, mut quoted, mut at) = (None, false, from);
        while let Some(next) = self.text.at(at) {
            match next {
                '\\' if quoted => at += 1,
                '"' if bar.is_none() => quoted = !quoted,
                _ if quoted => {}
                '}' => return Ends::Closed { bar, close: at },
                '{' => return Ends::Open { inner: bar.map(|_| at) },
                '|' | WIDE_BAR if bar.is_none() => bar = Some(at),
                _ => {}
            }
            at += 1;
        }
        Ends::Open { inner: None }
    }

    /// `{{name}}`, as other languages write a hole.
    fn braces_said(&mut self) {
        let from = self.at + 2;
        let is_of_name = |it: char| it.is_alphanumeric() || matches!(it, '_' | '.' | ' ');
        let length = (from..).take_while(|at| self.text.at(*at).is_some_and(is_of_name)).count();
        let inside = self.text.text(from..from + length);
        let closed = [0, 1].iter().all(|more| self.text.at(from + length + more) == Some('}'));
        if !closed || inside.trim().is_empty() || inside.trim().contains(char::is_whitespace) {
            return;
        }
        let span = self.text.span(self.at..from + length + 2);
        let hole = format!("{{{}}}", inside.trim());
        self.sink.push(
            Diagnostic::warning(BRACES_SAID, span, format!("this says `{hole}`, letter by letter"))
                .note("two braces are one brace of the text")
                .help(format!("for the value write `{hole}`"))
                .suggest(format!("write `{hole}`"), span, hole.clone()),
        );
    }
}

/// `|` as a Chinese keyboard types it.
const WIDE_BAR: char = '\u{ff5c}';

/// Where a hole ends.
enum Ends {
    /// Positions of its bar and of its closing brace.
    Closed { bar: Option<usize>, close: usize },
    /// Nowhere; perhaps another one begins in its fallback.
    Open { inner: Option<usize> },
}
