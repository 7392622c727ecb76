//! What is wrong with the rows of a file, told once a kind: which column, why, where first, and how often.

use std::collections::BTreeMap;

use tagwell::{
    data::{self, BadRow, Input, Row, Wanted},
    schema::ColumnId,
    value::Zone,
};

use super::keys::Keys;
use crate::cli::{book, exit::Failure, summary::grouped};

/// The kinds of bad cells of a file.
#[derive(Default)]
pub(super) struct Faults {
    /// By column, none of whole rows, and reason.
    kinds: BTreeMap<(Option<String>, String), Kind>,
}

/// Cells that are bad in the same way.
struct Kind {
    first: BadRow,
    rows: u64,
}

impl Faults {
    /// Reads a file to its end: the kinds of cells that cannot be read, and of keys that are not a row's own.
    pub(super) fn of(file: &Input, wanted: &Wanted, zone: &Zone, see: &mut dyn FnMut(&Row)) -> Result<Faults, Failure> {
        let (mut keys, mut repeated) = (Keys::of(&wanted.table, zone), Faults::default());
        let mut faults = Faults::of_cells(file, wanted, zone, &mut |row| match keys.refuses(row) {
            Some(bad) => repeated.take(bad),
            None => see(row),
        })?;
        faults.kinds.append(&mut repeated.kinds);
        Ok(faults)
    }

    /// A row ends at its first bad cell: where there are any, the columns without them are read again, until no
    /// other is found, and then each that has some by itself, so that all are counted. Standard input is read once.
    fn of_cells(file: &Input, wanted: &Wanted, zone: &Zone, see: &mut dyn FnMut(&Row)) -> Result<Faults, Failure> {
        let mut faults = Faults::default();
        read(file, wanted.clone(), zone, see, &mut |bad| faults.take(bad))?;
        let headers: Vec<&str> = wanted.table.columns.iter().map(|column| column.header.as_str()).collect();
        let column_of = |bad: &Option<String>| {
            let header = bad.as_deref()?;
            headers.iter().position(|it| *it == header).map(|at| ColumnId(at as u32))
        };
        let mut columns: Vec<ColumnId> = faults.kinds.keys().filter_map(|(column, _)| column_of(column)).collect();
        columns.dedup();
        if columns.is_empty() || file.name().starts_with('<') {
            return Ok(faults);
        }
        let part = |needed: Vec<ColumnId>| Wanted { needed, nested: vec![], ..wanted.clone() };
        loop {
            let rest = wanted.needed.iter().copied().filter(|id| !columns.contains(id)).collect();
            let before = columns.len();
            read(file, part(rest), zone, &mut |_| {}, &mut |bad| {
                columns.extend(column_of(&bad.column).filter(|id| !columns.contains(id)));
            })?;
            if columns.len() == before {
                break;
            }
        }
        faults.kinds.retain(|(column, _), _| column_of(column).is_none());
        for id in columns {
            read(file, part(vec![id]), zone, &mut |_| {}, &mut |bad| {
                if column_of(&bad.column) == Some(id) {
                    faults.take(bad);
                }
            })?;
        }
        Ok(faults)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// One for each kind, by the line on which it comes first.
    pub(super) fn failures(self) -> Vec<Failure> {
        let mut kinds: Vec<Kind> = self.kinds.into_values().collect();
        kinds.sort_by_key(|kind| kind.first.line);
        let said = |kind: Kind| match kind.rows {
            1 => Failure::new(kind.first.to_string()),
            rows => Failure::new(format!("{} (the first of {} rows)", kind.first, grouped(rows))),
        };
        kinds.into_iter().map(said).collect()
    }

    fn take(&mut self, bad: BadRow) {
        let kind = (bad.column.clone(), kind_of(&bad.reason));
        self.kinds.entry(kind).or_insert(Kind { first: bad, rows: 0 }).rows += 1;
    }
}

/// A reason without the value that it speaks of, and without numbers.
fn kind_of(reason: &str) -> String {
    const TWICE: &str = "` is there already, ";
    if reason.starts_with("the key `") && reason.contains(TWICE) {
        return TWICE.to_owned();
    }
    let behind = reason.strip_prefix('`').and_then(|rest| rest.split_once("` ")).map_or(reason, |(_, behind)| behind);
    let short = behind.split("; declare the column").next().unwrap_or(behind);
    short.chars().filter(|it| !it.is_ascii_digit()).collect()
}

fn read(
    file: &Input,
    wanted: Wanted,
    zone: &Zone,
    see: &mut dyn FnMut(&Row),
    bad: &mut dyn FnMut(BadRow),
) -> Result<(), Failure> {
    for row in data::rows_as(file, wanted, zone).map_err(book::failure)? {
        match row.map_err(book::failure)? {
            Ok(row) => see(&row),
            Err(row) => bad(*row),
        }
    }
    Ok(())
}
