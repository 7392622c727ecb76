//! Names, each in its one spelling.
//!
//! LANGUAGE.md §1: names are compared after NFC normalisation and are case-sensitive.

use std::{borrow::Borrow, collections::HashSet, fmt, ops::Deref, sync::Arc};

use foldhash::fast::RandomState;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// A name in NFC, cheap to clone and to compare.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(Arc<str>);

impl Symbol {
    /// The name that `text` spells.
    pub fn new(text: &str) -> Symbol {
        if text.is_ascii() || is_nfc(text) {
            Symbol(text.into())
        } else {
            Symbol(text.nfc().collect::<String>().into())
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same text, shared.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl From<&str> for Symbol {
    fn from(text: &str) -> Symbol {
        Symbol::new(text)
    }
}

impl Deref for Symbol {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Symbol {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}`", self.0)
    }
}

/// Texts that are met often, each kept once.
#[derive(Debug, Default)]
pub struct Texts(HashSet<Arc<str>, RandomState>);

impl Texts {
    /// The same text, shared with all who asked for it.
    pub fn get(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.0.insert(Arc::clone(&text));
        text
    }

    /// The name that a text spells, shared likewise.
    pub fn name(&mut self, text: &str) -> Symbol {
        if text.is_ascii() || is_nfc(text) { Symbol(self.get(text)) } else { Symbol::new(text) }
    }
}
