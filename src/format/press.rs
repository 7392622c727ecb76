//! The press: breaks lines that are too long, and sets each comment behind the token that it stood behind.

use super::{
    doc::{Doc, Leaf},
    margin::Margin,
};

/// The greatest width of a line, in columns.
pub(super) const WIDEST: usize = 120;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Flat,
    Broken,
}

/// What is still to be printed: how far lines are indented, whether they break, and what.
type Work<'d> = (usize, Mode, &'d Doc);

pub(super) struct Press<'a> {
    margin: Margin<'a>,
    text: String,
    column: usize,
    /// How far the line is indented.
    line_begins_at: usize,
    /// Spaces due before the next leaf.
    spaces: usize,
    /// Tokens printed.
    tokens: usize,
    /// Comments printed.
    notes: usize,
    /// Comments met that wait for a line of their own.
    waiting: Vec<usize>,
    /// Whether a comment ended this line.
    ended: bool,
    /// Whether a block has just begun.
    opened: bool,
}

impl<'a> Press<'a> {
    pub(super) fn new(margin: Margin<'a>) -> Press<'a> {
        let mut press = Press {
            margin,
            text: String::new(),
            column: 0,
            line_begins_at: 0,
            spaces: 0,
            tokens: 0,
            notes: 0,
            waiting: vec![],
            ended: false,
            opened: false,
        };
        press.meet_notes();
        press
    }

    pub(super) fn margin(&self) -> &Margin<'a> {
        &self.margin
    }

    /// What comes next is what stands at this place in the source.
    pub(super) fn arrive_at(&mut self, place: usize) {
        self.tokens = self.tokens.max(self.margin.tokens_up_to(place));
        self.meet_notes();
    }

    /// Ends the line. What waits stands above the next one, in its own column; blank lines stay, but for those at the
    /// beginning of a block.
    pub(super) fn next_line(&mut self, indent: usize) {
        self.set_waiting(indent, true);
        let blank = self.margin.blank_above(self.tokens);
        self.end_line(blank);
        self.indent(indent);
    }

    /// Ends the last line of a block; what waits still belongs into it.
    pub(super) fn last_line(&mut self, inside: usize, indent: usize) {
        self.set_waiting(inside, true);
        self.end_line(false);
        self.indent(indent);
    }

    /// The text, which ends in one line break.
    pub(super) fn finish(mut self) -> String {
        debug_assert_eq!(self.tokens, self.margin.tokens(), "the layout has the source's tokens:\n{}", self.text);
        self.tokens = self.margin.tokens();
        self.meet_notes();
        self.set_waiting(0, true);
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text
    }

    /// Prints it; lines that break begin `indent` columns from the left.
    pub(super) fn print(&mut self, doc: &Doc, indent: usize) {
        self.work_off(vec![(indent, Mode::Broken, doc)], 0);
    }

    /// Prints what lies on a pile of work, but for what was on it first.
    fn work_off<'d>(&mut self, mut work: Vec<Work<'d>>, first: usize) {
        while work.len() > first {
            let Some((indent, mode, doc)) = work.pop() else { return };
            match (doc, mode) {
                (Doc::Leaf(leaf), _) => self.leaf(leaf, indent),
                (Doc::Space, _) | (Doc::Line, Mode::Flat) => self.spaces += 1,
                (Doc::Pad(spaces), _) => self.spaces += spaces,
                (Doc::Edge, Mode::Flat) => {}
                (Doc::Line | Doc::Edge, Mode::Broken) => self.break_line(indent),
                (Doc::All(all), _) => work.extend(all.iter().rev().map(|part| (indent, mode, part))),
                (Doc::Group(all), _) => {
                    let mode =
                        if mode == Mode::Flat || self.fits(all, indent, &work) { Mode::Flat } else { Mode::Broken };
                    work.extend(all.iter().rev().map(|part| (indent, mode, part)));
                }
                (Doc::Fill(all), Mode::Flat) => flat_fill(all, indent, &mut work),
                (Doc::Fill(all), Mode::Broken) => self.fill(all, indent, &work),
                (Doc::Nest(by, inner), _) => work.push((indent + by, mode, inner)),
                (Doc::Align(inner), _) => work.push((self.goes_on_at(indent), mode, inner)),
                (Doc::Hang(inner), _) => {
                    let indent = if self.line_is_over() { indent } else { self.line_begins_at };
                    work.push((indent, mode, inner));
                }
            }
        }
    }

    fn fill(&mut self, all: &[Doc], indent: usize, after: &[Work<'_>]) {
        let last = all.len().saturating_sub(1);
        for (at, part) in all.iter().enumerate() {
            // What follows the last part has to fit as well.
            let mut work = if at == last { after.to_vec() } else { vec![] };
            if at > 0 {
                self.spaces += 1;
                if !self.fits(std::slice::from_ref(part), indent, &work) {
                    self.break_line(indent);
                }
            }
            let first = work.len();
            work.push((indent, Mode::Broken, part));
            self.work_off(work, first);
        }
    }

    /// Whether `parts`, and what follows them up to the next possible break, go on this line.
    fn fits(&self, parts: &[Doc], indent: usize, after: &[Work<'_>]) -> bool {
        let mut column = self.goes_on_at(indent);
        let mut tokens = self.tokens;
        let mut inside = 0;
        let mut work: Vec<Work<'_>> = parts.iter().rev().map(|part| (0, Mode::Flat, part)).collect();
        let mut after = after.iter().rev();
        loop {
            let Some((_, mode, doc)) = work.pop().or_else(|| {
                inside = inside.max(1);
                after.next().copied()
            }) else {
                return true;
            };
            match (doc, mode) {
                (Doc::Leaf(leaf), _) => {
                    let commented = tokens > self.tokens && self.notes_up_to(tokens);
                    if commented {
                        // A comment breaks the line: inside the parts that is no fit, behind them the line is over.
                        return inside > 0;
                    }
                    column += leaf.width;
                    tokens += leaf.tokens;
                    if column > WIDEST {
                        return false;
                    }
                }
                (Doc::Space, _) | (Doc::Line, Mode::Flat) => column += 1,
                (Doc::Pad(spaces), _) => column += spaces,
                (Doc::Edge, Mode::Flat) => {}
                (Doc::Line | Doc::Edge, Mode::Broken) => return true,
                (Doc::All(all), _) => work.extend(all.iter().rev().map(|part| (0, mode, part))),
                // What follows may break as soon as it can.
                (Doc::Group(all), _) => work.extend(all.iter().rev().map(|part| (0, mode, part))),
                (Doc::Fill(all), Mode::Flat) => flat_fill(all, 0, &mut work),
                (Doc::Fill(all), Mode::Broken) => work.extend(all.first().map(|part| (0, mode, part))),
                (Doc::Nest(_, inner) | Doc::Align(inner) | Doc::Hang(inner), _) => work.push((0, mode, inner)),
            }
        }
    }

    /// Whether a comment that is not printed yet stands behind no more than `tokens` tokens.
    fn notes_up_to(&self, tokens: usize) -> bool {
        self.margin.note(self.notes).is_some_and(|note| note.behind <= tokens)
    }

    /// The column of the next leaf.
    fn goes_on_at(&self, indent: usize) -> usize {
        if self.line_is_over() { indent } else { self.column + self.spaces }
    }

    fn line_is_over(&self) -> bool {
        self.ended || !self.waiting.is_empty()
    }

    fn leaf(&mut self, leaf: &Leaf, indent: usize) {
        if self.line_is_over() {
            self.break_line(indent);
        }
        self.text.extend(std::iter::repeat_n(' ', self.spaces));
        self.text += &leaf.text;
        self.column += self.spaces + leaf.width;
        self.spaces = 0;
        self.tokens += leaf.tokens;
        self.opened = leaf.text.ends_with('{');
        self.meet_notes();
    }

    /// Sets the comments that belong behind what is printed: one at the end of the line, others wait for the next.
    fn meet_notes(&mut self) {
        while let Some(note) = self.margin.note(self.notes).filter(|note| note.behind <= self.tokens) {
            if note.own_line || self.line_is_over() || self.text.is_empty() {
                self.waiting.push(self.notes);
            } else {
                self.text += "  ";
                self.text += note.text;
                self.ended = true;
            }
            self.notes += 1;
        }
    }

    /// A line break within a line that is too long.
    fn break_line(&mut self, indent: usize) {
        self.set_waiting(indent, false);
        self.end_line(false);
        self.indent(indent);
    }

    fn set_waiting(&mut self, indent: usize, with_blanks: bool) {
        for at in std::mem::take(&mut self.waiting) {
            let Some((text, blank)) = self.margin.note(at).map(|note| (note.text, note.blank_above)) else { continue };
            self.end_line(blank && with_blanks);
            self.text.extend(std::iter::repeat_n(' ', indent));
            self.text += text;
            self.opened = false;
        }
    }

    fn indent(&mut self, indent: usize) {
        self.spaces = indent;
        self.line_begins_at = indent;
    }

    fn end_line(&mut self, blank: bool) {
        if !self.text.is_empty() {
            self.text += if blank && !self.opened { "\n\n" } else { "\n" };
        }
        self.column = 0;
        self.spaces = 0;
        self.ended = false;
    }
}

/// Everything on one line.
fn flat_fill<'d>(all: &'d [Doc], indent: usize, work: &mut Vec<Work<'d>>) {
    for (at, part) in all.iter().enumerate().rev() {
        work.push((indent, Mode::Flat, part));
        if at > 0 {
            work.push((indent, Mode::Flat, &Doc::Space));
        }
    }
}
