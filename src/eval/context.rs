//! What an evaluation needs beside the rulebook and the user's own record: the clock, the uploaded lists, and the rows of
//! reference tables.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use crate::{
    column::print as mark,
    ir::DefinitionId,
    schema::{ColumnId, TableId},
    value::{Clock, Value, print},
};

/// Clock, lists and reference tables.
#[derive(Clone, Debug)]
pub struct Context {
    /// The one clock reading, and the zone.
    pub clock: Clock,
    /// The texts of each uploaded list, by [`crate::ir::ListId`].
    pub lists: Vec<HashSet<Arc<str>>>,
    /// The rows of each reference table that the rules look into.
    pub lookups: HashMap<TableId, Lookup>,
    /// What earlier decisions call deeds that stand at another place now, by segment and place.
    pub deeds: Arc<BTreeMap<(DefinitionId, String), String>>,
}

impl Context {
    /// Only a clock: no lists, no reference tables.
    pub fn new(clock: Clock) -> Context {
        Context { clock, lists: vec![], lookups: HashMap::new(), deeds: Arc::default() }
    }
}

/// The rows of one reference table by key.
#[derive(Clone, Debug, Default)]
pub struct Lookup {
    rows: HashMap<String, Vec<Value>>,
}

impl Lookup {
    /// Keeps a row (its values by [`ColumnId`]); false where the key was there already, and the first row stays.
    pub fn insert(&mut self, key: &Value, row: Vec<Value>, clock: &Clock) -> bool {
        let key = print::text(key, clock.zone());
        let free = !self.rows.contains_key(&key);
        if free {
            self.rows.insert(key, row);
        }
        free
    }

    /// The keys of the rows as texts, in order.
    pub fn keys(&self) -> impl Iterator<Item = Value> {
        let mut keys: Vec<&String> = self.rows.keys().collect();
        keys.sort_unstable();
        keys.into_iter().map(|key| Value::Text(key.as_str().into()))
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Its rows as one number: the same whatever their order.
    pub fn fingerprint(&self) -> u64 {
        let row = |(key, values): (&String, &Vec<Value>)| {
            let key = mark::of_bytes(key.as_bytes());
            values.iter().fold(key, |so_far, value| mark::mixed(so_far, mark::of_value(value)))
        };
        let sum = self.rows.iter().fold(0_u64, |sum, entry| sum.wrapping_add(row(entry)));
        mark::mixed(self.rows.len() as u64, sum)
    }

    /// The value of a column in the row of this key; missing where there is no such row, or the key is missing.
    pub fn get(&self, key: &Value, column: ColumnId, clock: &Clock) -> Value {
        if *key == Value::Missing {
            return Value::Missing;
        }
        let row = self.rows.get(&print::text(key, clock.zone()));
        row.and_then(|row| row.get(column.0 as usize)).cloned().unwrap_or(Value::Missing)
    }
}
