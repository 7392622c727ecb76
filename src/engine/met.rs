//! Whose rows these are, where users who are remembered are evaluated as they are read: the number of each, and no key twice. Pieces
//! are read side by side, and pass here in their order, since of two rows with one key the first counts.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, Hasher},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::{
    data::Parsed,
    engine::{Engine, Memory, keys::Keys},
    eval::kernel::Cells,
    schema::ColumnId,
    value::{Type, Zone},
};

/// Everybody who was met so far.
pub(super) struct Met<'e> {
    memory: &'e dyn Memory,
    key: ColumnId,
    zone: &'e Zone,
    passing: Mutex<Passing>,
    turn: Condvar,
}

/// What the pieces left that have passed.
#[derive(Default)]
struct Passing {
    /// The piece whose turn it is.
    next: usize,
    /// Pieces that have passed before their turn, since they could not be read.
    early: BTreeSet<usize>,
    /// Whom the last row was of that is remembered.
    last: Option<u32>,
    strangers: Strangers,
}

/// Keys that nobody remembers.
#[derive(Default)]
struct Strangers {
    hash: RandomState,
    table: HashTable<u32>,
    texts: String,
    ends: Vec<usize>,
}

/// The users of a batch.
pub(super) struct Known {
    /// By row; none of who is new.
    pub(super) numbers: Vec<Option<u32>>,
    /// Rows without a key of their own.
    pub(super) refused: Vec<usize>,
}

/// A piece on its way: when this goes, the next one may pass.
pub(super) struct Pass<'m, 'e> {
    met: &'m Met<'e>,
    piece: usize,
}

impl<'e> Met<'e> {
    /// Nobody yet; none where nobody remembers, or where users are told apart by something else than a text or a whole number.
    pub(super) fn of(engine: &'e Engine) -> Option<Met<'e>> {
        let memory = &*engine.remembering.as_ref()?.memory;
        let key = key_that_prints_alike(engine)?;
        let zone = engine.clock().zone();
        Some(Met { memory, key, zone, passing: Mutex::default(), turn: Condvar::new() })
    }

    /// A piece begins; all before it have begun, on other threads.
    pub(super) fn begin(&self, piece: usize) -> Pass<'_, 'e> {
        Pass { met: self, piece }
    }

    /// Whom the rows of a batch are of.
    fn find(&self, parsed: &Parsed) -> Vec<Option<u32>> {
        let cells = parsed.batch.column(self.key).map_or(Cells::Missing, |column| Cells::Column(column, 0));
        let behind = self.passing().last;
        Keys::of(&cells, self.zone).find(self.memory, 0..parsed.batch.rows, behind)
    }

    fn passing(&self) -> MutexGuard<'_, Passing> {
        self.passing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of users, where two keys are one if and only if they print alike.
pub(super) fn key_that_prints_alike(engine: &Engine) -> Option<ColumnId> {
    let root = engine.rulebook().schema.root();
    root.key.filter(|key| matches!(root.column(*key).ty, Type::Text | Type::Int))
}

impl Pass<'_, '_> {
    /// Whose rows these are; which of them are the first of their user, when it is this piece's turn.
    pub(super) fn meet(self, batches: &[Parsed]) -> Vec<Known> {
        let met = self.met;
        let found: Vec<Vec<Option<u32>>> = batches.iter().map(|parsed| met.find(parsed)).collect();
        let mut passing = met.passing();
        while passing.next < self.piece {
            passing = met.turn.wait(passing).unwrap_or_else(PoisonError::into_inner);
        }
        batches.iter().zip(found).map(|(parsed, found)| passing.meet(met, parsed, found)).collect()
    }
}

impl Drop for Pass<'_, '_> {
    fn drop(&mut self) {
        let mut passing = self.met.passing();
        let Passing { next, early, .. } = &mut *passing;
        early.insert(self.piece);
        while early.remove(next) {
            *next += 1;
        }
        self.met.turn.notify_all();
    }
}

impl Passing {
    fn meet(&mut self, met: &Met<'_>, parsed: &Parsed, found: Vec<Option<u32>>) -> Known {
        let column = parsed.batch.column(met.key);
        let cells = column.map_or(Cells::Missing, |column| Cells::Column(column, 0));
        let keys = Keys::of(&cells, met.zone);
        self.last = found.iter().rev().flatten().next().copied().or(self.last);
        let mut known = Known { numbers: found, refused: vec![] };
        let mut buffer = String::new();
        for (row, number) in known.numbers.iter_mut().enumerate() {
            let has_key = column.is_some_and(|column| column.is_known(row));
            *number = number.filter(|_| has_key);
            let is_first = match number {
                Some(number) => met.memory.meet(*number),
                None => self.strangers.insert(keys.text(row, &mut buffer)),
            };
            if !has_key || !is_first {
                known.refused.push(row);
            }
        }
        known
    }
}

impl Strangers {
    /// Whether a key was not there yet.
    fn insert(&mut self, key: &str) -> bool {
        let Strangers { hash, table, texts, ends } = self;
        let of = |key: &str| {
            let mut hasher = hash.build_hasher();
            hasher.write(key.as_bytes());
            hasher.finish()
        };
        let text = |at: &u32| {
            let at = *at as usize;
            let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
            ends.get(at).and_then(|end| texts.get(start..*end)).unwrap_or_default()
        };
        let hashed = of(key);
        if table.find(hashed, |at| text(at) == key).is_some() {
            return false;
        }
        table.insert_unique(hashed, ends.len() as u32, |at| of(text(at)));
        texts.push_str(key);
        ends.push(texts.len());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Strangers;

    #[test]
    fn a_stranger_is_one_once() {
        let mut strangers = Strangers::default();
        let keys: Vec<String> = (0..5000).map(|at| format!("u{}", at % 4000)).chain([String::new()]).collect();
        let first: Vec<bool> = keys.iter().map(|key| strangers.insert(key)).collect();
        assert_eq!(first.iter().filter(|it| **it).count(), 4001);
        assert!(first[..4000].iter().all(|it| *it) && !first[4000]);
    }
}
