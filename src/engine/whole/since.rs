//! What is found of the rows of child tables for the users' turns: what each user's rows come to, and those that happened since the
//! run before.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    column::Batch,
    engine::{Engine, Recent},
    eval::{rows, whole::NOBODY},
    schema::TableId,
    value::{Clock, Value},
};

/// Rows, each with its moment.
type Rows = Vec<(rows::When, Vec<Value>)>;

/// What is found of everybody's rows.
#[derive(Debug)]
pub(in crate::engine) struct Since {
    /// By user.
    prints: Vec<AtomicU64>,
    recent: Mutex<BTreeMap<(u32, TableId), Rows>>,
    sorted: Recent,
    /// The run before; none of the first.
    previous: Option<Clock>,
    /// The tables whose rows set deeds off.
    tables: Vec<TableId>,
}

impl Since {
    /// Nothing yet; none where nobody remembers.
    pub(super) fn of(engine: &Engine) -> Option<Since> {
        let remembering = engine.remembering.as_ref()?;
        let zone = engine.clock().zone();
        Some(Since {
            prints: vec![],
            recent: Mutex::default(),
            sorted: Recent::new(),
            previous: remembering.memory.previous().and_then(|at| Clock::at(at, zone.clone())),
            tables: engine.rulebook().actions.tables(),
        })
    }

    /// What a user's rows come to.
    pub(in crate::engine) fn print(&self, user: usize) -> u64 {
        self.prints.get(user).map_or(0, |print| print.load(Ordering::Relaxed))
    }

    /// A user's rows since the run before.
    pub(in crate::engine) fn recent(&self, user: usize) -> Option<&BTreeMap<TableId, Vec<Vec<Value>>>> {
        self.sorted.get(&u32::try_from(user).ok()?)
    }

    /// Whether any rows happened to anybody since the run before.
    pub(in crate::engine) fn has_recent(&self) -> bool {
        !self.sorted.is_empty()
    }

    pub(super) fn grow(&mut self, users: usize) {
        self.prints.resize_with(users, AtomicU64::default);
    }

    /// Takes rows that have happened, each with its user, [`NOBODY`] of rows that are not looked at. They may come in any order.
    pub(super) fn note(&self, engine: &Engine, id: TableId, batch: &Batch, users: &[u32]) {
        let table = engine.rulebook().schema.table(id);
        let ledger = table.is_ledger();
        let mut prints = vec![u64::from(id.0); batch.rows];
        for column in batch.columns.iter().flatten() {
            column.mix_into(0, &mut prints);
        }
        let previous = self.previous.as_ref().filter(|_| self.tables.contains(&id));
        for (row, (user, print)) in users.iter().zip(prints).enumerate() {
            let Some(of) = self.prints.get(*user as usize).filter(|_| *user != NOBODY) else { continue };
            // A sum does not hang on the order; what the state itself decided is nothing new about a user.
            if !ledger {
                of.fetch_add(print, Ordering::Relaxed);
            }
            let Some(previous) = previous else { continue };
            let record = batch.record(row);
            let when = rows::When {
                place: batch.lines.get(row).copied().unwrap_or(row as u64),
                ..rows::when(table, &record, 0)
            };
            if rows::is_future(table, when, previous) {
                let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
                recent.entry((*user, id)).or_default().push((when, record));
            }
        }
    }

    /// Puts the rows since the run before in order.
    pub(super) fn sort(&mut self) {
        let recent = std::mem::take(&mut *self.recent.lock().unwrap_or_else(PoisonError::into_inner));
        for ((user, table), mut rows) in recent {
            rows.sort_by_key(|(when, _)| *when);
            let rows = rows.into_iter().map(|(_, row)| row).collect();
            self.sorted.entry(user).or_default().insert(table, rows);
        }
    }
}
