//! The rows of one user that set off `on each`: those that happened since the user was last seen.

use std::collections::BTreeMap;

use crate::{
    eval::{Children, rows},
    ir::Rulebook,
    schema::TableId,
    value::{Clock, Value},
};

/// The rows that happened after an instant and not after the clock's, of the tables that set deeds off, by `at`, then in input order;
/// none where there was no instant before.
pub fn happened_since(
    rulebook: &Rulebook,
    children: &Children,
    before: Option<i64>,
    clock: &Clock,
) -> BTreeMap<TableId, Vec<Vec<Value>>> {
    let mut all = BTreeMap::new();
    let Some(before) = before.and_then(|before| Clock::at(before, clock.zone().clone())) else { return all };
    for id in rulebook.actions.tables() {
        let table = rulebook.schema.table(id);
        let rows = children.get(&id).map_or(&[][..], Vec::as_slice);
        let mut new: Vec<(rows::When, &Vec<Value>)> =
            rows.iter().enumerate().map(|(place, row)| (rows::when(table, row, place as u64), row)).collect();
        new.retain(|(when, _)| rows::is_future(table, *when, &before) && !rows::is_future(table, *when, clock));
        new.sort_by_key(|(when, _)| *when);
        if !new.is_empty() {
            all.insert(id, new.into_iter().map(|(_, row)| row.clone()).collect());
        }
    }
    all
}
