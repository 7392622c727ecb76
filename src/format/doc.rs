//! What is printed, before it is known where lines break.

use unicode_width::UnicodeWidthStr;

use super::tokens;

/// A piece of a line with the places where it may break.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    /// Characters that stay together; a comment among them moves behind them, so none of several tokens stands last.
    Leaf(Leaf),
    /// A space.
    Space,
    /// A space; a line break where its group is broken.
    Line,
    /// Nothing; a line break where its group is broken.
    Edge,
    /// So many spaces more, to reach a column.
    Pad(usize),
    /// One after the other.
    All(Vec<Doc>),
    /// On one line, or broken at every `Line` and `Edge` of its own.
    Group(Vec<Doc>),
    /// As many on a line as fit, a space between.
    Fill(Vec<Doc>),
    /// Line breaks inside are so much further to the right.
    Nest(usize, Box<Doc>),
    /// Line breaks inside return to where this began.
    Align(Box<Doc>),
    /// Line breaks inside return to where the line began that this began on.
    Hang(Box<Doc>),
}

/// Characters that stay together.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) text: String,
    pub(super) width: usize,
    /// How many tokens they are.
    pub(super) tokens: usize,
}

impl Doc {
    pub(super) fn leaf(text: impl Into<String>) -> Doc {
        let text = text.into();
        Doc::Leaf(Leaf { width: text.width(), tokens: tokens::count(&text), text })
    }

    /// `/re/`
    pub(super) fn pattern(source: &str) -> Doc {
        let text = format!("/{source}/");
        Doc::Leaf(Leaf { width: text.width(), tokens: 1, text })
    }

    /// Words with a space between.
    pub(super) fn words(words: &str) -> Doc {
        let mut all: Vec<Doc> = words.split(' ').flat_map(|word| [Doc::Space, Doc::leaf(word)]).collect();
        all.remove(0);
        Doc::All(all)
    }

    pub(super) fn nothing() -> Doc {
        Doc::All(vec![])
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Doc::All(all) if all.is_empty())
    }

    pub(super) fn nest(self, by: usize) -> Doc {
        Doc::Nest(by, Box::new(self))
    }

    /// As many of them on a line as fit; nothing where there are none.
    pub(super) fn fill(parts: Vec<Doc>) -> Doc {
        if parts.is_empty() { Doc::nothing() } else { Doc::Fill(parts) }
    }

    pub(super) fn align(self) -> Doc {
        Doc::Align(Box::new(self))
    }

    /// With a word before it.
    pub(super) fn after(self, words: &str) -> Doc {
        Doc::All(vec![Doc::words(words), Doc::Space, self])
    }

    /// With something that touches its end.
    pub(super) fn then(self, text: &str) -> Doc {
        let mut doc = self;
        if !doc.extend(text) {
            doc = Doc::All(vec![doc, Doc::leaf(text)]);
        }
        doc
    }

    /// Puts `text` at the end of the last leaf, so that no comment comes between.
    fn extend(&mut self, text: &str) -> bool {
        match self {
            Doc::Leaf(leaf) => {
                leaf.tokens += tokens::count(text);
                leaf.width += text.width();
                leaf.text += text;
                true
            }
            Doc::All(all) | Doc::Group(all) | Doc::Fill(all) => all.iter_mut().rev().any(|last| last.extend(text)),
            Doc::Nest(_, inner) | Doc::Align(inner) | Doc::Hang(inner) => inner.extend(text),
            Doc::Space | Doc::Line | Doc::Edge | Doc::Pad(_) => false,
        }
    }

    /// The parts with a space between them, without those that are nothing.
    pub(super) fn spaced(parts: Vec<Doc>) -> Doc {
        let mut all = vec![];
        for part in parts.into_iter().filter(|part| !part.is_nothing()) {
            if !all.is_empty() {
                all.push(Doc::Space);
            }
            all.push(part);
        }
        Doc::All(all)
    }

    /// `a, b, c`, each comma on its leaf.
    pub(super) fn commas(parts: Vec<Doc>) -> Vec<Doc> {
        let last = parts.len().saturating_sub(1);
        let with_comma = |(at, part): (usize, Doc)| if at < last { part.then(",") } else { part };
        parts.into_iter().enumerate().map(with_comma).collect()
    }

    /// `[`, as many as fit on a line, `]`; broken, the brackets stand on lines of their own.
    pub(super) fn bracketed(open: Doc, parts: Vec<Doc>, close: &str) -> Doc {
        if parts.is_empty() {
            return Doc::All(vec![open, Doc::leaf(close)]);
        }
        Doc::enclosed(open, Doc::Fill(Doc::commas(parts)), close)
    }

    /// `(`, what is inside, `)`.
    pub(super) fn enclosed(open: Doc, inside: Doc, close: &str) -> Doc {
        let inside = Doc::All(vec![Doc::Edge, inside]).nest(2);
        Doc::Hang(Box::new(Doc::Group(vec![open, inside, Doc::Edge, Doc::leaf(close)])))
    }

    /// The width on one line.
    pub(super) fn width(&self) -> usize {
        match self {
            Doc::Leaf(leaf) => leaf.width,
            Doc::Space | Doc::Line => 1,
            Doc::Edge => 0,
            Doc::Pad(spaces) => *spaces,
            Doc::All(all) | Doc::Group(all) => all.iter().map(Doc::width).sum(),
            Doc::Fill(all) => all.iter().map(Doc::width).sum::<usize>() + all.len().saturating_sub(1),
            Doc::Nest(_, inner) | Doc::Align(inner) | Doc::Hang(inner) => inner.width(),
        }
    }

    /// How many tokens it has.
    pub(super) fn tokens(&self) -> usize {
        match self {
            Doc::Leaf(leaf) => leaf.tokens,
            Doc::Space | Doc::Line | Doc::Edge | Doc::Pad(_) => 0,
            Doc::All(all) | Doc::Group(all) | Doc::Fill(all) => all.iter().map(Doc::tokens).sum(),
            Doc::Nest(_, inner) | Doc::Align(inner) | Doc::Hang(inner) => inner.tokens(),
        }
    }

    /// All of it on one line.
    pub(super) fn on_one_line(&self) -> String {
        let mut line = String::new();
        self.write(&mut line);
        line
    }

    fn write(&self, line: &mut String) {
        match self {
            Doc::Leaf(leaf) => line.push_str(&leaf.text),
            Doc::Space | Doc::Line => line.push(' '),
            Doc::Edge => {}
            Doc::Pad(spaces) => line.push_str(&" ".repeat(*spaces)),
            Doc::All(all) | Doc::Group(all) => all.iter().for_each(|part| part.write(line)),
            Doc::Fill(all) => {
                for (at, part) in all.iter().enumerate() {
                    if at > 0 {
                        line.push(' ');
                    }
                    part.write(line);
                }
            }
            Doc::Nest(_, inner) | Doc::Align(inner) | Doc::Hang(inner) => inner.write(line),
        }
    }
}
