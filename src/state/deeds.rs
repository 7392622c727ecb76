//! What deeds are called in the ledger, and by what they are known again when the rules are edited.

use rusqlite::{Connection, params};

use crate::state::NameId;

/// A deed that a segment has, or had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownDeed {
    /// What the ledger calls it; no two deeds of a segment ever have one name.
    pub deed: String,
    /// Where it stood in the last run's rules; none where it did not.
    pub place: Option<String>,
    /// `enter`, `exit`, `every`, `each`; of a `split` with that word behind it.
    pub trigger: String,
    /// What it does, in the words of the rules.
    pub words: String,
}

/// Those that a segment has, and had, in the order of their names.
pub(super) fn read(database: &Connection, segment: NameId) -> rusqlite::Result<Vec<KnownDeed>> {
    // A file of older tables has none.
    if !database.table_exists(None, "deeds")? {
        return Ok(vec![]);
    }
    let query = "SELECT deed, place, trigger, words FROM deeds WHERE segment = ? ORDER BY deed";
    let mut statement = database.prepare_cached(query)?;
    let deed = |row: &rusqlite::Row<'_>| {
        Ok(KnownDeed { deed: row.get(0)?, place: row.get(1)?, trigger: row.get(2)?, words: row.get(3)? })
    };
    statement.query_map(params![segment.0], deed)?.collect()
}

/// Writes them, in place of those that were known.
pub(super) fn write(database: &Connection, segment: NameId, deeds: &[KnownDeed]) -> rusqlite::Result<()> {
    database.execute("DELETE FROM deeds WHERE segment = ?", params![segment.0])?;
    let mut insert =
        database.prepare_cached("INSERT INTO deeds (segment, deed, place, trigger, words) VALUES (?, ?, ?, ?, ?)")?;
    for it in deeds {
        insert.execute(params![segment.0, it.deed, it.place, it.trigger, it.words])?;
    }
    Ok(())
}
