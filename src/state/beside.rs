//! `FILE-wal`, which SQLite keeps beside a state while it is open: whether it was written for the file that it stands beside. SQLite itself
//! does not ask: it would put the pages of one time into a copy of another.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, config::DbConfig, params};

use crate::state::{StateError, file};

/// The last run that a file holds without what stands beside it: number, as-of, rules.
pub(super) type Alone = (i64, i64, String);

/// Whether something stands beside a state that belongs to it.
pub(super) fn is_there(path: &Path) -> bool {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    std::fs::metadata(PathBuf::from(name)).is_ok_and(|found| found.len() > 0)
}

/// What the file alone holds; none where nothing stands beside it, or it holds no run.
pub(super) fn alone(path: &Path) -> Option<Alone> {
    if !is_there(path) {
        return None;
    }
    let last = "SELECT number, as_of, rules FROM runs ORDER BY number DESC LIMIT 1";
    let database = file::immutable(path).ok()?;
    database.query_row(last, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).ok()
}

/// Holds what the file alone held against what it holds together with what stands beside it. Until then nothing is put into the file.
pub(super) fn belongs(database: &Connection, path: &Path, alone: Option<Alone>) -> Result<(), StateError> {
    let Some((number, as_of, rules)) = alone else { return Ok(()) };
    let keep = |apart: bool| database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, apart);
    let stray = |_: rusqlite::Error| StateError::Stray(path.to_owned());
    keep(true).map_err(stray)?;
    let same = "SELECT 1 FROM runs WHERE number = ? AND as_of = ? AND rules = ?";
    let known = database.query_row(same, params![number, as_of, rules], |_| Ok(())).optional().map_err(stray)?;
    let last = database.query_row("SELECT max(number) FROM runs", [], |row| row.get::<_, i64>(0)).map_err(stray)?;
    // Several runs wait beside the file only where somebody has read it all the while.
    let whole = last <= number.saturating_add(1) || {
        let found = database.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        found.map_err(stray)? == "ok"
    };
    if known.is_none() || !whole {
        return Err(StateError::Stray(path.to_owned()));
    }
    keep(false).map(drop).map_err(stray)
}
