//! What a run remembers of its users (LANGUAGE.md §8): whoever keeps it brings it to the rules, as columns of the users' table that no
//! data has.

use std::{collections::BTreeMap, fmt::Debug, sync::Arc};

use crate::{
    action::{Recalled, Tracked},
    column::{Batch, Column},
    engine::Engine,
    ir::REMEMBERED,
    schema::TableId,
    value::{Value, print},
};

/// Whoever remembers users from one run to the next.
pub trait Memory: Debug + Send + Sync {
    /// What is remembered of the user with this key; of somebody unknown, nothing. Called on many threads at once, mostly for one user
    /// after the other: `into` then holds what was recalled of the one before.
    fn recall(&self, key: &str, into: &mut Recalled);

    /// Whether anything is remembered; without, `held` is missing and `keep` has no effect.
    fn remembers(&self) -> bool {
        true
    }

    /// The as-of of the run before; none of the first.
    fn previous(&self) -> Option<i64>;
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

    /// Brings what is remembered of users to their columns.
    pub(super) fn recall(&self, batch: &mut Batch) {
        let Some(Remembering { memory, tracked }) =
            self.remembering.as_ref().filter(|it| it.tracked.is_read() && it.memory.remembers())
        else {
            return;
        };
        let (now, zone) = (self.clock().now(), self.clock().zone());
        let mut columns: Vec<Column> = tracked.columns().map(|_| Column::new(&REMEMBERED)).collect();
        columns.iter_mut().for_each(|column| column.grow(batch.rows));
        let keys = self.rulebook().schema.root().key.and_then(|key| batch.column(key));
        let mut recalled = Recalled::default();
        for row in 0..batch.rows {
            let key = keys.map_or(Value::Missing, |keys| keys.get(row));
            memory.recall(&print::text(&key, zone), &mut recalled);
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
    fn recall(&self, _: &str, into: &mut Recalled) {
        *into = Recalled::default();
    }

    fn remembers(&self) -> bool {
        false
    }

    fn previous(&self) -> Option<i64> {
        None
    }
}
