//! `s matches /re/`: a pattern is compiled once, with the rulebook, and searches in linear time.

use super::{Truth, Value};

/// A compiled pattern; clones share it.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: std::sync::Arc<str>,
    regex: regex::Regex,
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// `/(a/`
    #[error("{reason}")]
    Syntax {
        /// In a few words: `unclosed group`
        reason: String,
        /// The characters (not bytes) of the source that are wrong, from 0, end excluded, if that is known.
        characters: Option<std::ops::Range<usize>>,
    },
    /// `/(a{1000}){1000}/`
    #[error("the pattern is too large")]
    TooLarge,
}

impl Pattern {
    /// Compiles what stands between the slashes, `\/` for a slash.
    pub fn compile(_source: &str) -> Result<Pattern, PatternError> {
        todo!()
    }

    /// As it was written, between the slashes.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the pattern is found somewhere in the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// `s matches /re/`
    #[must_use]
    pub fn matches(&self, s: &Value) -> Truth {
        match s {
            Value::Text(text) => Truth::from(self.is_match(text)),
            _ => Truth::Unknown,
        }
    }
}
