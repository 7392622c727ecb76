//! The verbs of the library: parse rule text, check it, compile it for one as-of, evaluate users.
//!
//! Each stage is a type of its own: what has been checked cannot be unchecked, and only what has been checked can be asked.
//! [`Rulebook`] → [`Checked`] → [`Engine`].

#[cfg(feature = "data")]
mod ahead;
mod compared;
mod evaluate;
#[cfg(feature = "data")]
mod in_order;
#[cfg(feature = "data")]
mod keys;
mod lacking;
mod listed;
#[cfg(feature = "data")]
mod load;
mod matcher;
#[cfg(feature = "data")]
mod memory;
#[cfg(feature = "data")]
mod met;
#[cfg(feature = "data")]
mod named;
#[cfg(feature = "data")]
mod prints;
mod problems;
mod question;
#[cfg(feature = "data")]
mod run;
#[cfg(all(feature = "data", feature = "state"))]
pub mod stateful;
mod tally;
#[cfg(feature = "data")]
mod turns;
#[cfg(feature = "data")]
mod whole;
mod windows;

pub use compared::{ComparedTexts, Unseen};
pub use evaluate::{Engine, Outcome, RecordError};
pub use listed::{ListedTexts, UnseenEntries};
#[cfg(feature = "data")]
pub use load::{Files, LoadError};
pub use matcher::{Matcher, Matches, Record, Scratch};
#[cfg(feature = "data")]
pub use memory::{Memory, Nothing, Recent, Together};
#[cfg(feature = "data")]
pub use named::named_files;
#[cfg(feature = "data")]
pub use prints::Prints;
pub use problems::Problems;
pub use question::Question;
#[cfg(feature = "data")]
pub use run::{Ran, RunError, RunSink, Users};
pub use tally::{Count, Tally};
#[cfg(feature = "data")]
pub use turns::{Standing, Turns, UserTurn};
#[cfg(feature = "data")]
pub use whole::{ChildCount, Everybody, MetricValues, Places};
pub use windows::windows;

use std::sync::Arc;

use crate::{
    check::{self, Inputs},
    diagnostic::{Diagnostic, Sink},
    eval::Context,
    ir,
    source::Sources,
    syntax::{self, ast},
    value::{Clock, Zone, moment_text},
};

/// Rule files, parsed.
#[derive(Debug)]
pub struct Rulebook {
    sources: Arc<Sources>,
    files: Vec<ast::File>,
    doubts: Vec<Diagnostic>,
}

impl Rulebook {
    /// Parses one rule file; `name` is what messages call it.
    ///
    /// # Errors
    /// Every mistake of the text.
    pub fn parse(name: &str, text: &str) -> Result<Rulebook, Problems> {
        Rulebook::parse_all([(name, text)])
    }

    /// Parses several rule files into one rulebook, in this order.
    ///
    /// # Errors
    /// Every mistake of every text, and what else is wrong with the rules beside it, as `check` tells it.
    pub fn parse_all<N: Into<String>, T: Into<Arc<str>>>(
        texts: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Rulebook, Problems> {
        let (rulebook, found) = Rulebook::parse_what_can_be(texts);
        let problems = Problems::new(found, &rulebook.sources);
        if problems.has_errors() {
            // What is wrong beside it, with names and types, is told with it.
            let mut sink = Sink::new();
            problems.diagnostics().iter().for_each(|it| sink.push(it.clone()));
            check::check(&rulebook.files, &rulebook.sources, &Inputs::default(), &mut sink);
            return Err(Problems::new(sink.finish(), &rulebook.sources));
        }
        Ok(Rulebook { doubts: problems.into_diagnostics(), ..rulebook })
    }

    /// Parses as [`Rulebook::parse_all`] does, and keeps what could be parsed beside what was found: for tools that go on
    /// after a mistake.
    pub fn parse_what_can_be<N: Into<String>, T: Into<Arc<str>>>(
        texts: impl IntoIterator<Item = (N, T)>,
    ) -> (Rulebook, Vec<Diagnostic>) {
        let mut sources = Sources::new();
        let ids: Vec<_> = texts.into_iter().map(|(name, text)| sources.add(name, text)).collect();
        let mut sink = Sink::new();
        let files = ids.into_iter().map(|id| syntax::parse(id, sources.get(id).text(), &mut sink)).collect();
        (Rulebook { sources: Arc::new(sources), files, doubts: vec![] }, sink.finish())
    }

    /// The texts.
    pub fn sources(&self) -> &Arc<Sources> {
        &self.sources
    }

    /// The trees, one a file.
    pub fn files(&self) -> &[ast::File] {
        &self.files
    }

    /// Checks names, types and units; what the data was found to hold and what parameters are set to come in `inputs`.
    ///
    /// # Errors
    /// Every mistake of the rulebook, warnings among them.
    pub fn check(&self, inputs: &Inputs) -> Result<Checked, Problems> {
        let mut sink = Sink::new();
        let checked = check::check(&self.files, &self.sources, inputs, &mut sink);
        self.checked(checked, sink)
    }

    /// The same without looking for what is doubtful, where nobody is told of doubts: for a long rulebook that costs as much.
    ///
    /// # Errors
    /// Every mistake of the rulebook.
    pub fn check_for_mistakes(&self, inputs: &Inputs) -> Result<Checked, Problems> {
        let mut sink = Sink::new();
        let checked = check::check_for_mistakes(&self.files, &self.sources, inputs, &mut sink);
        self.checked(checked, sink)
    }

    fn checked(&self, checked: Option<ir::Rulebook>, sink: Sink) -> Result<Checked, Problems> {
        let mut found = sink.finish();
        found.splice(0..0, self.doubts.iter().cloned());
        let problems = Problems::new(found, &self.sources);
        match checked {
            Some(rulebook) if !problems.has_errors() => {
                Ok(Checked { rulebook: Arc::new(rulebook), warnings: problems })
            }
            Some(_) | None => Err(problems),
        }
    }
}

/// A rulebook without mistakes.
#[derive(Clone, Debug)]
pub struct Checked {
    rulebook: Arc<ir::Rulebook>,
    warnings: Problems,
}

impl Checked {
    /// What it means.
    pub fn rulebook(&self) -> &Arc<ir::Rulebook> {
        &self.rulebook
    }

    /// Doubts that do not keep it from being evaluated.
    pub fn warnings(&self) -> &Problems {
        &self.warnings
    }

    /// The same rulebook over its own results, which stand in a file with these columns, computed elsewhere; see
    /// [`ir::Rulebook::of_results`].
    ///
    /// # Errors
    /// What deeds need that is not there.
    pub fn of_results(&self, file: &str, columns: &[String]) -> Result<Checked, Problems> {
        let rulebook = self.rulebook.of_results(columns);
        let rulebook = Arc::new(rulebook.map_err(|all| lacking::told(&all, file, self.warnings.sources()))?);
        Ok(Checked { rulebook, warnings: self.warnings.clone() })
    }

    /// The same rulebook as it reads other files and headers; its rules are the same.
    #[must_use]
    pub fn of(&self, rulebook: Arc<ir::Rulebook>) -> Checked {
        Checked { rulebook, warnings: self.warnings.clone() }
    }

    /// The rulebook's zone.
    pub fn zone(&self) -> Zone {
        self.rulebook.zone()
    }

    /// The clock at an as-of as it is typed: `2026-11-22` (that day's first instant in the rulebook's zone),
    /// `2026-11-22T10:00`, `2026-11-22T10:00+08:00`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn clock(&self, as_of: &str) -> Result<Clock, moment_text::MomentError> {
        let zone = self.zone();
        let now = moment_text::parse_as_of(as_of, &zone)?;
        Clock::at(now, zone).ok_or(moment_text::MomentError::OutOfRange)
    }

    /// Ready to be asked at one as-of; the rulebook reads no uploaded list and no reference table.
    pub fn engine(&self, clock: Clock) -> Engine {
        self.engine_with(Context::new(clock))
    }

    /// Ready to be asked at one as-of, with uploaded lists and reference tables.
    pub fn engine_with(&self, context: Context) -> Engine {
        Engine::new(Arc::clone(&self.rulebook), context)
    }
}
