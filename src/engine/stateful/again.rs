//! The previous rulebook, asked again about today's data: where it gives the old answer, the rules are the reason for a new one
//! (LANGUAGE.md §8).

use std::{collections::HashMap, sync::Mutex};

use crate::{
    data::BadRow,
    engine::{Engine, Everybody, RunError, RunSink, Users},
    intern::Symbol,
    ir::{Body, DefinitionId, Rulebook},
    value::print,
};

/// Who is in which segment by the previous rulebook, on today's data.
#[derive(Debug, Default)]
pub struct Again {
    /// The segments that both rulebooks have, 64 at most a word.
    segments: HashMap<Symbol, usize>,
    words: usize,
    /// By key.
    inside: HashMap<String, Box<[u64]>>,
    /// The previous rulebook could not be asked: whatever changes is by the rules.
    silent: bool,
}

/// The previous rulebook, ready to be asked.
#[derive(Debug)]
pub struct Before<'b> {
    /// Its engine, at today's clock, with today's lists and parameters.
    pub engine: &'b Engine,
    /// Today's data, as it reads them.
    pub data: Everybody<'b>,
}

impl Again {
    /// It could not be asked.
    pub fn silent() -> Again {
        Again { silent: true, ..Again::default() }
    }

    /// Asks.
    ///
    /// # Errors
    /// What [`RunError`] says.
    pub fn ask(before: &Before<'_>) -> Result<Again, RunError> {
        let rulebook = before.engine.rulebook();
        let segments = segments(rulebook);
        let words = segments.len().div_ceil(64).max(1);
        let mut sink = Sink {
            engine: before.engine,
            segments: segments.iter().map(|(_, id)| *id).collect(),
            words,
            inside: Mutex::default(),
        };
        before.engine.run_whole(&before.data, &mut sink)?;
        let names = segments.into_iter().enumerate().map(|(at, (name, _))| (name, at));
        Ok(Again {
            segments: names.collect(),
            words,
            inside: sink.inside.into_inner().unwrap_or_default(),
            silent: false,
        })
    }

    /// The segments of the previous rulebook, in order of declaration.
    pub fn segments(&self) -> Vec<&Symbol> {
        let mut all: Vec<(&Symbol, usize)> = self.segments.iter().map(|(name, at)| (name, *at)).collect();
        all.sort_unstable_by_key(|(_, at)| *at);
        all.into_iter().map(|(name, _)| name).collect()
    }

    /// Whether the user with a key is in a segment by the previous rulebook; none where it cannot say.
    pub fn says(&self, key: &str, segment: &Symbol) -> Option<bool> {
        if self.silent {
            return None;
        }
        let at = *self.segments.get(segment)?;
        debug_assert!(at < self.words * 64);
        let words = self.inside.get(key);
        Some(words.and_then(|words| words.get(at / 64)).is_some_and(|word| word >> (at % 64) & 1 == 1))
    }
}

/// The segments of a rulebook, in order of declaration.
pub(super) fn segments(rulebook: &Rulebook) -> Vec<(Symbol, DefinitionId)> {
    let all = (0..).map(DefinitionId).zip(&rulebook.definitions);
    let segments = all.filter(|(_, definition)| matches!(definition.body, Body::Segment(_)));
    segments.map(|(id, definition)| (definition.name.clone(), id)).collect()
}

struct Sink<'s> {
    engine: &'s Engine,
    segments: Vec<DefinitionId>,
    words: usize,
    inside: Mutex<HashMap<String, Box<[u64]>>>,
}

impl RunSink for Sink<'_> {
    type Ready = Vec<(String, Box<[u64]>)>;

    fn prepare(&self, users: &Users<'_>) -> Self::Ready {
        let zone = self.engine.clock().zone();
        let key = self.engine.rulebook().schema.root().key;
        let cells: Vec<_> = self.segments.iter().map(|id| users.result(*id)).collect();
        let user = |row: usize| {
            let mut words = vec![0_u64; self.words];
            for (at, cells) in cells.iter().enumerate() {
                let is = cells.value(row) == crate::value::Value::Bool(true);
                if let Some(word) = words.get_mut(at / 64) {
                    *word |= u64::from(is) << (at % 64);
                }
            }
            let key = key.map(|key| print::text(&users.column(key).value(row), zone));
            (key.unwrap_or_default(), words.into_boxed_slice())
        };
        // Who is in none need not be kept.
        (0..users.rows()).map(user).filter(|(_, words)| words.iter().any(|word| *word != 0)).collect()
    }

    fn take(&self, ready: Self::Ready) -> Result<(), RunError> {
        self.inside.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(ready);
        Ok(())
    }

    fn bad_row(&self, _: Box<BadRow>) -> Result<(), RunError> {
        // Today's rulebook tells it.
        Ok(())
    }
}
