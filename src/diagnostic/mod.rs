//! A message to the operator, as a value.
//!
//! What went wrong, where, and what to type instead. Rooms make diagnostics and put them into a [`Sink`]; only a renderer
//! turns them into text. Style: one short headline in lower case without a full stop, the user's words in backticks; the primary
//! label points at exactly the wrong characters; help is a sentence that proposes something to type.

pub mod code;
pub mod nearest;
pub mod render;

pub use code::Code;
pub use nearest::nearest;

use crate::source::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The rulebook evaluates nothing until this is mended.
    Error,
    /// The rulebook means something, but perhaps not what was wanted.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A place with a few words about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The characters meant.
    pub span: Span,
    /// What is to be seen there; may be empty for a primary label.
    pub message: String,
}

/// Text that replaces a span; an empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// Edits that together mend the mistake; `fmt --fix` and editors apply them as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What applying it does, as an imperative: ``replace `==` by `=` ``.
    pub title: String,
    /// Edits that do not overlap.
    pub edits: Vec<Edit>,
    /// Whether it keeps what the operator meant beyond doubt, so that `fmt --fix` may apply it unasked.
    pub certain: bool,
}

/// One mistake or one doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable identity, with a page of its own.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// The headline.
    pub message: String,
    /// Exactly the wrong characters.
    pub primary: Label,
    /// Other places that matter.
    pub labels: Vec<Label>,
    /// Facts that help to understand.
    pub notes: Vec<String>,
    /// Proposals: something to type.
    pub help: Vec<String>,
    /// Machine-applicable mends.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// An error about the characters of `span`.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Severity::Error, span, message.into())
    }

    /// A warning about the characters of `span`.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Severity::Warning, span, message.into())
    }

    fn new(code: Code, severity: Severity, span: Span, message: String) -> Diagnostic {
        let primary = Label { span, message: String::new() };
        Diagnostic { code, severity, message, primary, labels: vec![], notes: vec![], help: vec![], fixes: vec![] }
    }

    /// Says something at the primary place itself.
    pub fn here(mut self, message: impl Into<String>) -> Diagnostic {
        self.primary.message = message.into();
        self
    }

    /// Points at another place that matters.
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Adds a fact.
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    /// Proposes something to type.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help.push(help.into());
        self
    }

    /// Replaces `span` by `text`, beyond doubt what was meant.
    pub fn fix(self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Diagnostic {
        self.with_fix(Fix { title: title.into(), edits: vec![Edit { span, text: text.into() }], certain: true })
    }

    /// Replaces `span` by `text`, probably what was meant: shown and offered, never applied unasked.
    pub fn suggest(self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Diagnostic {
        self.with_fix(Fix { title: title.into(), edits: vec![Edit { span, text: text.into() }], certain: false })
    }

    /// Each place that it speaks of.
    pub fn each_span(&mut self, visit: &mut impl FnMut(&mut Span)) {
        visit(&mut self.primary.span);
        self.labels.iter_mut().for_each(|label| visit(&mut label.span));
        self.fixes.iter_mut().flat_map(|fix| &mut fix.edits).for_each(|edit| visit(&mut edit.span));
    }

    /// Adds a mend of several edits.
    pub fn with_fix(mut self, fix: Fix) -> Diagnostic {
        self.fixes.push(fix);
        self
    }
}

/// Collects what a pass finds, so that every mistake is told in one go.
#[derive(Debug, Default)]
pub struct Sink {
    found: Vec<Diagnostic>,
}

impl Sink {
    /// Nothing found yet.
    pub fn new() -> Sink {
        Sink::default()
    }

    /// Keeps one more.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Changes what was found from the number `first` on.
    pub fn amend(&mut self, first: usize, change: impl FnMut(&mut Diagnostic)) {
        self.found.iter_mut().skip(first).for_each(change);
    }

    /// Takes back what was found from the number `first` on, and does not fit.
    pub fn withdraw_since(&mut self, first: usize, unneeded: impl Fn(&Diagnostic) -> bool) {
        let later = self.found.split_off(first.min(self.found.len()));
        self.found.extend(later.into_iter().filter(|it| !unneeded(it)));
    }

    /// Takes back what something better was found to say about.
    pub fn withdraw(&mut self, unneeded: impl Fn(&Diagnostic) -> bool) {
        self.found.retain(|diagnostic| !unneeded(diagnostic));
    }

    /// Takes back some of what was found after the first so many.
    pub fn withdraw_after(&mut self, first: usize, unneeded: impl Fn(&Diagnostic) -> bool) {
        let mut at = 0;
        self.found.retain(|diagnostic| {
            at += 1;
            at <= first || !unneeded(diagnostic)
        });
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// What was found so far, in the order it was found.
    pub fn found(&self) -> &[Diagnostic] {
        &self.found
    }

    /// Everything in reading order: by source, place, then code; what was said twice is said once.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by(|a, b| (a.primary.span, a.code, &a.message).cmp(&(b.primary.span, b.code, &b.message)));
        self.found.dedup();
        self.found
    }
}
