//! What was found in a rulebook, together with the texts it was found in, so that it can be shown.

use std::{fmt, sync::Arc};

use crate::{
    diagnostic::{Diagnostic, Severity, render},
    source::Sources,
};

/// Diagnostics and the texts they speak of. Shown, it is what the command prints.
#[derive(Clone)]
pub struct Problems {
    diagnostics: Vec<Diagnostic>,
    sources: Arc<Sources>,
}

impl Problems {
    /// These, found in those.
    pub fn new(diagnostics: Vec<Diagnostic>, sources: &Arc<Sources>) -> Problems {
        Problems { diagnostics, sources: Arc::clone(sources) }
    }

    /// Each of them.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Each of them, taken out.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// The texts they speak of.
    pub fn sources(&self) -> &Arc<Sources> {
        &self.sources
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether nothing was found at all.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&render::human(&self.diagnostics, &self.sources, render::Colour::Plain))
    }
}

impl fmt::Debug for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl std::error::Error for Problems {}
