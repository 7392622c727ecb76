//! What a run remembers of its users (LANGUAGE.md §8): whoever keeps it brings it to the rules, as columns of the users' table that no
//! data has.

use std::{collections::BTreeMap, fmt::Debug, sync::Arc};

use crate::{
    action::{Recalled, Tracked},
    column::{Batch, Column},
    engine::{Engine, keys::Keys},
    eval::kernel::Cells,
    ir::REMEMBERED,
    schema::TableId,
    value::Value,
};

/// Whoever remembers users from one run to the next.
pub trait Memory: Debug + Send + Sync {
    /// What whoever remembers calls the users with these keys; none of somebody unknown. Data mostly come in the same order again, so
    /// the first may be looked for behind somebody. Called on many threads at once.
    fn numbers(&self, keys: &[&str], behind: Option<u32>) -> Vec<Option<u32>>;

    /// What whoever remembers calls the user with this key; none of somebody unknown.
    fn number(&self, key: &str) -> Option<u32> {
        self.numbers(&[key], None).first().copied().flatten()
    }

    /// What is remembered of a user; of somebody unknown, nothing.
    fn recall(&self, number: Option<u32>, into: &mut Recalled);

    /// Notes that a user is in today's data; false where that is known already.
    fn meet(&self, number: u32) -> bool {
        let _ = number;
        true
    }

    /// Of users who stand together, takes the bits of those of whom nothing is other than it was: known, in the last run's data,
    /// record and rows as they were, and all that is tracked. Whoever does not know leaves the bits as they are.
    fn unmoved(&self, users: &Together<'_>, bits: &mut [u64]) {
        let _ = (users, bits);
    }

    /// Whether anything is remembered; without, `held` is missing and `keep` has no effect.
    fn remembers(&self) -> bool {
        true
    }

    /// The as-of of the run before; none of the first.
    fn previous(&self) -> Option<i64>;
}

/// Users who stand together in a run, by row.
#[derive(Clone, Copy, Debug)]
pub struct Together<'t> {
    /// What whoever remembers calls them; none of somebody new.
    pub numbers: &'t [Option<u32>],
    /// What record and rows come to.
    pub prints: &'t [u64],
    /// By place in [`Tracked::stays`] a bit a row: whether they have it.
    pub has: &'t [Vec<u64>],
}

/// A memory, and what of it is kept and read by the rules.
#[derive(Clone, Debug)]
pub(super) struct Remembering {
    pub(super) memory: Arc<dyn Memory>,
    pub(super) tracked: Arc<Tracked>,
}

/// Rows of child tables that happened since the run before, by user, by `at`, then in input order.
pub type Recent = BTreeMap<u32, BTreeMap<TableId, Vec<Vec<Value>>>>;

impl Engine {
    /// The same engine with a memory: `held` and `keep` hang on it, and [`crate::engine::Turns`] can be taken.
    #[must_use]
    pub fn remembering(self, memory: Arc<dyn Memory>, tracked: Arc<Tracked>) -> Engine {
        let mut engine = self;
        engine.remembering = Some(Remembering { memory, tracked });
        engine
    }

    /// Brings what is remembered of users to their columns; who they are is found here where that is not known.
    pub(super) fn recall(&self, batch: &mut Batch, numbers: Option<&[Option<u32>]>) {
        let Some(Remembering { memory, tracked }) =
            self.remembering.as_ref().filter(|it| it.tracked.is_read() && it.memory.remembers())
        else {
            return;
        };
        let (now, zone) = (self.clock().now(), self.clock().zone());
        let mut columns: Vec<Column> = tracked.columns().map(|_| Column::new(&REMEMBERED)).collect();
        columns.iter_mut().for_each(|column| column.grow(batch.rows));
        let found;
        let numbers = match numbers {
            Some(numbers) => numbers,
            None => {
                let keys = self.rulebook().schema.root().key.and_then(|key| batch.column(key));
                let cells = keys.map_or(Cells::Missing, |keys| Cells::Column(keys, 0));
                found = Keys::of(&cells, zone).find(&**memory, 0..batch.rows, None);
                &found
            }
        };
        let mut recalled = Recalled::default();
        for (row, number) in numbers.iter().enumerate().take(batch.rows) {
            memory.recall(*number, &mut recalled);
            for (column, (_, value)) in columns.iter_mut().zip(tracked.values(&recalled, now)) {
                column.set(row, &value);
            }
        }
        for (id, column) in tracked.columns().zip(columns) {
            let at = id.0 as usize;
            if batch.columns.len() <= at {
                batch.columns.resize(at + 1, None);
            }
            if let Some(slot) = batch.columns.get_mut(at) {
                *slot = Some(column);
            }
        }
    }
}

/// Nothing was before: everybody is new.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Memory for Nothing {
    fn numbers(&self, keys: &[&str], _: Option<u32>) -> Vec<Option<u32>> {
        vec![None; keys.len()]
    }

    fn recall(&self, _: Option<u32>, into: &mut Recalled) {
        *into = Recalled::default();
    }

    fn remembers(&self) -> bool {
        false
    }

    fn previous(&self) -> Option<i64> {
        None
    }
}
