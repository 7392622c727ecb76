//! Comments and blank lines of the source, each known by how many tokens stand before it.

use super::tokens::Walk;
use crate::syntax::ast::Comment;

/// A comment.
pub(super) struct Note<'a> {
    pub(super) text: &'a str,
    /// How many tokens stand before it.
    pub(super) behind: usize,
    /// Whether it has a line of its own.
    pub(super) own_line: bool,
    /// Whether a blank line stands above it.
    pub(super) blank_above: bool,
}

/// Where a token begins.
struct Place {
    start: usize,
    blank_above: bool,
}

/// Everything of the source that its tree does not say.
pub(super) struct Margin<'a> {
    notes: Vec<Note<'a>>,
    tokens: Vec<Place>,
}

impl<'a> Margin<'a> {
    pub(super) fn of(comments: &'a [Comment], source: &str) -> Margin<'a> {
        let mut margin = Margin { notes: vec![], tokens: vec![] };
        let mut walk = Walk::of(source);
        let mut last = 0;
        let breaks = |from: usize, to: usize| source.get(from..to).unwrap_or("").matches('\n').count();
        for comment in comments {
            let (start, end) = (comment.place.0.start as usize, comment.place.0.end as usize);
            margin.tokens_before(start, &mut walk, &mut last, breaks);
            let between = breaks(last, start);
            let own_line = between > 0 || margin.tokens.is_empty();
            let joins =
                margin.tokens.last().is_some_and(|token| matches!(source.get(token.start..last), Some("and" | "or")));
            let before_joint = margin.tokens.len().saturating_sub(1);
            let free = margin.notes.last().is_none_or(|note| note.behind < before_joint);
            // A line breaks before `and`, so what is said behind it is said of what stands before it.
            let behind = if joins && !own_line && free { before_joint } else { margin.tokens.len() };
            margin.notes.push(Note { text: comment.text.trim_end(), behind, own_line, blank_above: between > 1 });
            walk.skip_to(end);
            last = end;
        }
        margin.tokens_before(source.len(), &mut walk, &mut last, breaks);
        margin
    }

    fn tokens_before(
        &mut self,
        end: usize,
        walk: &mut Walk<'_>,
        last: &mut usize,
        breaks: impl Fn(usize, usize) -> usize,
    ) {
        while let Some(token) = walk.next_before(end) {
            self.tokens.push(Place { start: token.start, blank_above: breaks(*last, token.start) > 1 });
            *last = token.end;
        }
    }

    /// How many tokens begin before this place.
    pub(super) fn tokens_up_to(&self, place: usize) -> usize {
        self.tokens.partition_point(|token| token.start < place)
    }

    /// How many tokens there are.
    pub(super) fn tokens(&self) -> usize {
        self.tokens.len()
    }

    /// Whether a blank line stands above the token that has `before` tokens before it.
    pub(super) fn blank_above(&self, before: usize) -> bool {
        self.tokens.get(before).is_some_and(|token| token.blank_above)
    }

    pub(super) fn note(&self, at: usize) -> Option<&Note<'a>> {
        self.notes.get(at)
    }

    /// Whether a comment stands inside the tokens from the `start`th up to the `end`th.
    pub(super) fn has_note_inside(&self, start: usize, end: usize) -> bool {
        let first = self.notes.partition_point(|note| note.behind <= start);
        self.notes.get(first).is_some_and(|note| note.behind < end)
    }

    /// Whether the line goes on below `before` tokens without a blank line or a comment of its own line between.
    pub(super) fn adjoins(&self, before: usize) -> bool {
        let first = self.notes.partition_point(|note| note.behind < before);
        let notes = self.notes.get(first..).unwrap_or(&[]);
        let own = notes.iter().take_while(|note| note.behind == before).any(|note| note.own_line);
        !own && !self.blank_above(before)
    }
}
