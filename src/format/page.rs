//! The page that is being printed: lines, indentation, and comments that come back where they stood.

use crate::{source::Span, syntax::ast::Comment};

pub(super) struct Page<'a> {
    text: String,
    comments: std::iter::Peekable<std::slice::Iter<'a, Comment>>,
    source: &'a str,
    indent: usize,
    /// Where the last thing printed ended in the source.
    last: usize,
}

impl<'a> Page<'a> {
    pub(super) fn new(comments: &'a [Comment], source: &'a str) -> Page<'a> {
        Page { text: String::new(), comments: comments.iter().peekable(), source, indent: 0, last: 0 }
    }

    /// A line for what stands at `span` in the source, with the comments before it above it and the one behind it behind it.
    pub(super) fn line(&mut self, line: &str, span: Span) {
        self.before(span.start as usize);
        self.write(line);
        self.behind(span.end as usize);
    }

    /// As [`Page::line`], opening a block; what follows is indented until [`Page::close`].
    pub(super) fn open(&mut self, line: &str, from: usize, to: usize) {
        self.before(from);
        self.write(&format!("{line} {{"));
        self.behind(to);
        self.indent += 1;
    }

    /// Ends a block that ends at this place in the source.
    pub(super) fn close(&mut self, line: &str, end: usize) {
        self.comments_before(end.saturating_sub(1));
        self.indent -= 1;
        self.write(line);
        self.behind(end);
    }

    /// The rest of the comments, and one line break at the end.
    pub(super) fn finish(mut self) -> String {
        self.before(self.source.len());
        let text = self.text.trim_matches('\n');
        if text.is_empty() { String::new() } else { format!("{text}\n") }
    }

    fn write(&mut self, line: &str) {
        self.text += &"  ".repeat(self.indent);
        self.text += line.trim_end();
        self.text.push('\n');
    }

    /// Comments up to a place, each on its line; a blank line where the source had one.
    fn before(&mut self, place: usize) {
        self.comments_before(place);
        self.gap(place);
    }

    fn comments_before(&mut self, place: usize) {
        while let Some(comment) = self.comments.next_if(|comment| (comment.place.0.start as usize) < place) {
            let span = comment.place.0;
            self.gap(span.start as usize);
            self.write(&comment.text);
            self.last = span.end as usize;
        }
    }

    fn gap(&mut self, place: usize) {
        let between = self.source.get(self.last..place).unwrap_or("");
        let blank = between.matches('\n').count() > 1;
        if blank && !self.text.is_empty() && !self.text.ends_with("\n\n") && !self.text.ends_with("{\n") {
            self.text.push('\n');
        }
        self.last = self.last.max(place);
    }

    /// The comment that stands behind on the same line of the source; those inside come first.
    fn behind(&mut self, end: usize) {
        self.last = self.last.max(end);
        let inside: Vec<&Comment> =
            std::iter::from_fn(|| self.comments.next_if(|comment| (comment.place.0.start as usize) < end)).collect();
        let next = self.comments.next_if(|comment| {
            let start = comment.place.0.start as usize;
            let between = self.source.get(end..start).unwrap_or("\n");
            !between.contains('\n')
        });
        let mut all = inside.into_iter().chain(next);
        if let Some(first) = all.next() {
            let end = self.text.trim_end_matches('\n').len();
            self.text.truncate(end);
            self.text += &format!("  {}\n", first.text);
            self.last = self.last.max(first.place.0.end as usize);
        }
        let rest: Vec<&Comment> = all.collect();
        for comment in rest {
            self.write(&comment.text);
            self.last = self.last.max(comment.place.0.end as usize);
        }
    }
}
