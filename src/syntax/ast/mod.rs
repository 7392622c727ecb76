//! The tree of a rule file: what was written, nothing resolved.
//!
//! Two trees are equal when they say the same, wherever they stand: every node carries its [`Place`], and places never
//! differ. Parentheses are kept, since the formatter never removes them. Numbers, dates and durations keep their
//! spelling; the checker gives them values.

pub mod decl;
pub mod expr;
pub mod segment;
pub mod testing;

pub use decl::*;
pub use expr::*;
pub use segment::*;
pub use testing::*;

use crate::{
    intern::Symbol,
    source::{SourceId, Span},
};

/// Where a node stands. Any two places are equal, so that trees compare by what they say.
#[derive(Clone, Copy, Default)]
pub struct Place(pub Span);

impl PartialEq for Place {
    fn eq(&self, _: &Place) -> bool {
        true
    }
}

impl Eq for Place {}

impl std::fmt::Debug for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}..{}", self.0.start, self.0.end)
    }
}

/// A name as written: `vip`, `` `Last Order` ``, or a word where the grammar takes any word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name itself, without backticks, in NFC.
    pub symbol: Symbol,
    /// With its backticks.
    pub place: Place,
}

impl Name {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.place.0
    }
}

/// A quoted text as written: `"重要客户"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What it says, escapes resolved.
    pub value: String,
    /// With its quotes.
    pub place: Place,
}

impl Text {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.place.0
    }
}

/// A `#` comment, found by its offset; not part of any node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// With its `#`, without the line's end and without white space before it.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// One rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The text it was read from.
    pub source: SourceId,
    /// Declarations in the order written. Declarations that did not parse are not here; their diagnostics are.
    pub declarations: Vec<Declaration>,
    /// All comments in the order written, descriptions (`##`) among them.
    pub comments: Vec<Comment>,
    /// What could not be read as it stands, in the order written: what follows from it is not told.
    pub unread: Vec<Unread>,
}

/// A stretch of a file, one or a few declarations, that has a mistake of syntax which is not mended beyond doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// From where to where.
    pub place: Place,
    /// The word it begins with: `tag`, `table`.
    pub begins: Option<Symbol>,
    /// Every name that is written in it: what it declares is among them.
    pub names: Vec<Symbol>,
    /// Whether a probable mend was made, so that what it declares is in the tree.
    pub mended: bool,
}
