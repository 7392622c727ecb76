//! A run as the state knows it: when, by which rules, lists and parameters.

use rusqlite::{Connection, OptionalExtension, params};

/// What is to be recorded of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The as-of.
    pub as_of: i64,
    /// The rulebook's name; empty where it has none.
    pub rulebook: String,
    /// A hash of the texts of its rules.
    pub rules: String,
    /// The version of the tool.
    pub version: String,
    /// The rulebook's time zone, in which the moments of its decisions are written.
    pub timezone: String,
    /// The type of the users' key, as a rule file writes it: `text`, `int`. Keys are kept as text; where they are numbers, they are
    /// written as numbers.
    pub key_type: String,
    /// The rule files: name and text, in order.
    pub files: Vec<(String, String)>,
    /// Parameters: name, and value as it would be written.
    pub params: Vec<(String, String)>,
    /// Uploaded lists, and reference tables.
    pub lists: Vec<KnownList>,
    /// A hash of the whole population, where one was taken.
    pub population: Option<i64>,
}

/// An uploaded list, or a reference table, as a run found it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownList {
    /// Its name in the rules.
    pub name: String,
    /// A hash of what is on it.
    pub fingerprint: i64,
    /// How many texts or rows; none of a run before these were counted.
    pub entries: Option<i64>,
}

/// The last run that was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastRun {
    /// Its number: 1 for the first.
    pub number: i64,
    /// What is known of it.
    pub run: Run,
}

impl LastRun {
    /// The last run that was recorded; none where none was.
    pub(super) fn read(database: &Connection) -> rusqlite::Result<Option<LastRun>> {
        let last = "SELECT number, as_of, rulebook, rules, version, timezone, key_type, population FROM runs ORDER BY number DESC LIMIT 1";
        let found = database.query_row(last, [], |row| {
            let run = Run {
                as_of: row.get(1)?,
                rulebook: row.get(2)?,
                rules: row.get(3)?,
                version: row.get(4)?,
                timezone: row.get(5)?,
                key_type: row.get(6)?,
                population: row.get(7)?,
                ..Run::default()
            };
            Ok(LastRun { number: row.get(0)?, run })
        });
        let Some(mut last) = found.optional()? else { return Ok(None) };
        last.run.files = pairs(database, "SELECT file, text FROM rule_files ORDER BY place")?;
        last.run.params = pairs(database, "SELECT name, value FROM params ORDER BY name")?;
        last.run.lists = lists(database)?;
        Ok(Some(last))
    }
}

impl Run {
    /// Writes it down; its files, parameters and lists take the place of those before.
    pub(super) fn write(&self, database: &Connection, number: i64) -> rusqlite::Result<()> {
        database.execute(
            "INSERT INTO runs (number, as_of, rulebook, rules, version, timezone, key_type, population) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            params![number, self.as_of, self.rulebook, self.rules, self.version, self.timezone, self.key_type, self.population],
        )?;
        database.execute_batch("DELETE FROM rule_files; DELETE FROM params; DELETE FROM lists")?;
        for (place, (file, text)) in self.files.iter().enumerate() {
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            database
                .execute("INSERT INTO rule_files (place, file, text) VALUES (?, ?, ?)", params![place, file, text])?;
        }
        for (name, value) in &self.params {
            database.execute("INSERT INTO params (name, value) VALUES (?, ?)", params![name, value])?;
        }
        for KnownList { name, fingerprint, entries } in &self.lists {
            let insert = "INSERT INTO lists (name, fingerprint, entries) VALUES (?, ?, ?)";
            database.execute(insert, params![name, fingerprint, entries])?;
        }
        Ok(())
    }
}

fn lists(database: &Connection) -> rusqlite::Result<Vec<KnownList>> {
    // A file of older tables does not count them.
    let counts = "SELECT count(*) FROM pragma_table_info('lists') WHERE name = 'entries'";
    let counts: i64 = database.query_row(counts, [], |row| row.get(0))?;
    let entries = if counts == 0 { "NULL" } else { "entries" };
    let mut statement = database.prepare(&format!("SELECT name, fingerprint, {entries} FROM lists ORDER BY name"))?;
    let list =
        |row: &rusqlite::Row<'_>| Ok(KnownList { name: row.get(0)?, fingerprint: row.get(1)?, entries: row.get(2)? });
    statement.query_map([], list)?.collect()
}

fn pairs<V: rusqlite::types::FromSql>(database: &Connection, query: &str) -> rusqlite::Result<Vec<(String, V)>> {
    let mut statement = database.prepare(query)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}
