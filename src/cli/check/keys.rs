//! The keys of a file's rows, none of which is there twice.

use std::collections::{HashMap, hash_map::Entry};

use foldhash::fast::RandomState;
use tagwell::{
    data::{BadRow, Row},
    engine::Places,
    schema::{Role, Table},
    value::{Value, Zone, print},
};

/// The keys that were seen so far.
pub(super) struct Keys<'t> {
    table: &'t Table,
    zone: &'t Zone,
    /// By how it prints, which of the rows that were taken.
    rows: HashMap<Box<str>, u32, RandomState>,
    places: Places,
}

impl<'t> Keys<'t> {
    pub(super) fn of(table: &'t Table, zone: &'t Zone) -> Keys<'t> {
        Keys { table, zone, rows: HashMap::default(), places: Places::default() }
    }

    /// Why a row is not taken: users have a key, and no row has that of another.
    pub(super) fn refuses(&mut self, row: &Row) -> Option<BadRow> {
        let key = self.table.key?;
        let reason = match row.values.get(key.0 as usize) {
            None | Some(Value::Missing) if self.table.role == Role::Root => "the key is missing".to_owned(),
            None | Some(Value::Missing) => return None,
            Some(value) => {
                let number = self.rows.len() as u32;
                match self.rows.entry(print::text(value, self.zone).into()) {
                    Entry::Vacant(new) => {
                        new.insert(number);
                        self.places.push(&row.file, row.line);
                        return None;
                    }
                    Entry::Occupied(known) => {
                        let place = self.places.seen_from(&row.file, *known.get() as usize).unwrap_or_default();
                        format!("the key `{}` is there already, {place}", known.key())
                    }
                }
            }
        };
        let column = Some(self.table.column(key).header.clone());
        Some(BadRow { file: row.file.to_string(), line: row.line, column, reason, verbatim: row.verbatim.clone() })
    }
}
