//! New rows written many at a time: a statement of many rows costs a fraction of as many statements, since a place in the table is not
//! looked for anew for every row. A row that cannot be written ends the run, and with it the whole transaction: so no statement needs to
//! keep what its pages held before.

use rusqlite::{Connection, types::ToSqlOutput};

/// So many rows a statement.
const TOGETHER: usize = 64;

/// Writes rows of `N` columns into a table, given with its columns, and, of each row, what stands in them.
pub(super) fn write<'r, const N: usize, T>(
    database: &Connection,
    table: &str,
    all: &'r [T],
    values: impl Fn(&'r T) -> [ToSqlOutput<'r>; N],
) -> rusqlite::Result<()> {
    write_as("INSERT OR ROLLBACK", database, table, all, values)
}

/// The same, where a row takes the place of one that has its key.
pub(super) fn replace<'r, const N: usize, T>(
    database: &Connection,
    table: &str,
    all: &'r [T],
    values: impl Fn(&'r T) -> [ToSqlOutput<'r>; N],
) -> rusqlite::Result<()> {
    write_as("INSERT OR REPLACE", database, table, all, values)
}

fn write_as<'r, const N: usize, T>(
    verb: &str,
    database: &Connection,
    table: &str,
    all: &'r [T],
    values: impl Fn(&'r T) -> [ToSqlOutput<'r>; N],
) -> rusqlite::Result<()> {
    let row = format!("({})", ["?"; N].join(","));
    let mut rest = all;
    for many in [TOGETHER, 1] {
        let chunks = rest.chunks_exact(many);
        rest = chunks.remainder();
        if chunks.len() == 0 {
            continue;
        }
        let text = format!("{verb} INTO {table} VALUES {}", vec![row.as_str(); many].join(","));
        let mut statement = database.prepare_cached(&text)?;
        for rows in chunks {
            for (at, value) in rows.iter().flat_map(&values).enumerate() {
                statement.raw_bind_parameter(at + 1, value)?;
            }
            statement.raw_execute()?;
        }
    }
    Ok(())
}

/// A text as it is bound.
pub(super) fn text(text: &str) -> ToSqlOutput<'_> {
    ToSqlOutput::from(text)
}

/// A text that may be missing.
pub(super) fn optional<T: AsRef<str>>(text: &Option<T>) -> ToSqlOutput<'_> {
    text.as_ref().map_or(NULL, |text| ToSqlOutput::from(text.as_ref()))
}

/// A number.
pub(super) fn number<'r>(number: impl Into<i64>) -> ToSqlOutput<'r> {
    ToSqlOutput::from(number.into())
}

/// A number that may be missing.
pub(super) fn optional_number<'r>(of: Option<impl Into<i64>>) -> ToSqlOutput<'r> {
    of.map_or(NULL, number)
}

/// What is missing.
pub(super) const NULL: ToSqlOutput<'static> = ToSqlOutput::Owned(rusqlite::types::Value::Null);
