//! The previous rulebook, asked again about today's data: where it gives the old answer, the rules are the reason for a new one
//! (LANGUAGE.md §8).

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    data::BadRow,
    engine::{Engine, Everybody, Prints, RunError, RunSink, Users, stateful::Recollection},
    intern::Symbol,
    ir::{Body, DefinitionId, Rulebook},
    value::print,
};

/// Who is in which segment by the previous rulebook, on today's data.
#[derive(Debug, Default)]
pub struct Again {
    /// The segments of the previous rulebook that could be asked, 64 at most a word.
    segments: HashMap<Symbol, usize>,
    words: usize,
    /// By key.
    inside: HashMap<String, Box<[u64]>>,
    /// Where it reads other columns than today's: whose record is another, in its own columns.
    others: Option<Others>,
}

/// Users whose records are others than when they were last seen, in the columns that the previous rulebook reads.
#[derive(Debug, Default)]
struct Others {
    /// By key.
    users: HashSet<String>,
    /// What all records come to.
    population: u64,
}

/// The previous rulebook, ready to be asked.
#[derive(Debug)]
pub struct Before<'b> {
    /// Its engine, at today's clock, with today's lists and parameters.
    pub engine: &'b Engine,
    /// Today's data, as it reads them.
    pub data: Everybody<'b>,
    /// The segments that it is asked about: those whose data are there.
    pub segments: &'b [DefinitionId],
    /// What is remembered of users, where it is to be told whose record is another; then `data` read all that deeds read, too.
    pub remembered: Option<&'b Recollection>,
}

impl Again {
    /// Asks.
    ///
    /// # Errors
    /// What [`RunError`] says.
    pub fn ask(before: &Before<'_>) -> Result<Again, RunError> {
        let Before { engine, data, segments, remembered } = before;
        let words = segments.len().div_ceil(64).max(1);
        let mut sink = Sink {
            engine,
            segments: segments.to_vec(),
            words,
            inside: Mutex::default(),
            recalled: remembered.map(|remembered| (remembered, Prints::of(engine))),
            others: Mutex::default(),
            population: AtomicU64::new(0),
        };
        engine.run_whole(data, &mut sink)?;
        let name = |id: &DefinitionId| engine.rulebook().definition(*id).name.clone();
        let named = segments.iter().enumerate().map(|(at, id)| (name(id), at));
        let users = sink.others.into_inner().unwrap_or_else(PoisonError::into_inner);
        let population = sink.population.into_inner();
        Ok(Again {
            segments: named.collect(),
            words,
            inside: sink.inside.into_inner().unwrap_or_else(PoisonError::into_inner),
            others: remembered.map(|_| Others { users, population }),
        })
    }

    /// Whether the user with a key is in a segment by the previous rulebook; none where it cannot say.
    pub fn says(&self, key: &str, segment: &Symbol) -> Option<bool> {
        let at = *self.segments.get(segment)?;
        debug_assert!(at < self.words * 64);
        let words = self.inside.get(key);
        Some(words.and_then(|words| words.get(at / 64)).is_some_and(|word| word >> (at % 64) & 1 == 1))
    }

    /// Where the previous rulebook reads other columns than today's: whether the record of the user with a key is another than when
    /// they were last seen, in its columns.
    pub fn is_other(&self, key: &str) -> Option<bool> {
        self.others.as_ref().map(|others| others.users.contains(key))
    }

    /// In that case, what everybody's records come to in its columns.
    pub fn population(&self) -> Option<u64> {
        self.others.as_ref().map(|others| others.population)
    }
}

/// The segments of a rulebook, in order of declaration.
pub fn segments(rulebook: &Rulebook) -> Vec<DefinitionId> {
    let all = (0..).map(DefinitionId).zip(&rulebook.definitions);
    all.filter(|(_, definition)| matches!(definition.body, Body::Segment(_))).map(|(id, _)| id).collect()
}

struct Sink<'s> {
    engine: &'s Engine,
    segments: Vec<DefinitionId>,
    words: usize,
    inside: Mutex<HashMap<String, Box<[u64]>>>,
    recalled: Option<(&'s Recollection, Prints<'s>)>,
    others: Mutex<HashSet<String>>,
    population: AtomicU64,
}

impl Sink<'_> {
    /// The keys of those whose record is another than it was.
    fn others(&self, users: &Users<'_>, key: impl Fn(usize) -> String) -> Vec<String> {
        let Some((recollection, prints)) = &self.recalled else { return vec![] };
        self.population.fetch_add(prints.together(users), Ordering::Relaxed);
        let (all, remembered) = (prints.of_each(users), recollection.remembered());
        let keys: Vec<String> = (0..all.len()).map(key).collect();
        let numbers = remembered.numbers(&keys.iter().map(String::as_str).collect::<Vec<_>>(), 0);
        let is_other = |number: Option<u32>, print: u64| {
            number.and_then(|number| remembered.fingerprint(number)) != Some(print as i64)
        };
        let each = keys.into_iter().zip(numbers.into_iter().zip(all));
        each.filter(|(_, (number, print))| is_other(*number, *print)).map(|(key, _)| key).collect()
    }
}

impl RunSink for Sink<'_> {
    type Ready = (Vec<(String, Box<[u64]>)>, Vec<String>);

    fn prepare(&self, users: &Users<'_>) -> Self::Ready {
        let zone = self.engine.clock().zone();
        let column = self.engine.rulebook().schema.root().key.map(|key| users.column(key));
        let key = |row: usize| column.as_ref().map_or_else(String::new, |key| print::text(&key.value(row), zone));
        let cells: Vec<_> = self.segments.iter().map(|id| users.result(*id)).collect();
        let user = |row: usize| {
            let mut words = vec![0_u64; self.words];
            for (at, cells) in cells.iter().enumerate() {
                let is = cells.value(row) == crate::value::Value::Bool(true);
                if let Some(word) = words.get_mut(at / 64) {
                    *word |= u64::from(is) << (at % 64);
                }
            }
            // Who is in none need not be kept.
            words.iter().any(|word| *word != 0).then(|| (key(row), words.into_boxed_slice()))
        };
        ((0..users.rows()).filter_map(user).collect(), self.others(users, key))
    }

    fn take(&self, (inside, others): Self::Ready) -> Result<(), RunError> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner).extend(inside);
        self.others.lock().unwrap_or_else(PoisonError::into_inner).extend(others);
        Ok(())
    }

    fn bad_row(&self, _: Box<BadRow>) -> Result<(), RunError> {
        // Today's rulebook tells it.
        Ok(())
    }
}
