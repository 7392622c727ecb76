//! Names of what users can be in, and values of levels, each by a small number.

use std::{collections::HashMap, fmt};

use rusqlite::{Connection, params};

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `segment`
    Segment,
    /// `tag`
    Tag,
    /// `level`
    Level,
    /// `layer`
    Layer,
    /// `funnel`
    Funnel,
}

/// A name that users can be in, as one state file numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(pub(super) u32);

/// A value of a level, layer or funnel, as one state file numbers it; two levels share none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub(super) u32);

impl Kind {
    const ALL: [Kind; 5] = [Kind::Segment, Kind::Tag, Kind::Level, Kind::Layer, Kind::Funnel];

    /// As it stands in the file.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Segment => "segment",
            Kind::Tag => "tag",
            Kind::Level => "level",
            Kind::Layer => "layer",
            Kind::Funnel => "funnel",
        }
    }
}

impl fmt::Display for NameId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "name#{}", self.0)
    }
}

impl fmt::Display for ValueId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "value#{}", self.0)
    }
}

/// All names and values of a state file.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    names: HashMap<(Kind, String), NameId>,
    values: HashMap<(NameId, String), ValueId>,
    /// By id.
    spelled: HashMap<NameId, (Kind, String)>,
    first_runs: HashMap<NameId, i64>,
    next_name: u32,
    next_value: u32,
}

impl Names {
    pub(super) fn read(database: &Connection) -> rusqlite::Result<Names> {
        let mut found = Names { next_name: 1, next_value: 1, ..Names::default() };
        let mut statement = database.prepare("SELECT id, kind, name, first_run FROM names")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, word, name): (u32, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.word() == word) {
                found.note(NameId(id), kind, name, row.get(3)?);
            }
        }
        let mut statement = database.prepare("SELECT id, name, value FROM level_values")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, name): (u32, u32) = (row.get(0)?, row.get(1)?);
            found.values.insert((NameId(name), row.get(2)?), ValueId(id));
            found.next_value = found.next_value.max(id.saturating_add(1));
        }
        Ok(found)
    }

    fn note(&mut self, id: NameId, kind: Kind, name: String, first_run: i64) {
        self.spelled.insert(id, (kind, name.clone()));
        self.names.insert((kind, name), id);
        self.first_runs.insert(id, first_run);
        self.next_name = self.next_name.max(id.0.saturating_add(1));
    }

    pub(super) fn name(&self, kind: Kind, name: &str) -> Option<NameId> {
        self.names.get(&(kind, name.to_owned())).copied()
    }

    pub(super) fn value(&self, name: NameId, value: &str) -> Option<ValueId> {
        self.values.get(&(name, value.to_owned())).copied()
    }

    pub(super) fn spelled(&self, id: NameId) -> Option<(Kind, &str)> {
        self.spelled.get(&id).map(|(kind, name)| (*kind, name.as_str()))
    }

    pub(super) fn first_run(&self, id: NameId) -> Option<i64> {
        self.first_runs.get(&id).copied()
    }

    /// The ids of all names.
    pub(super) fn ids(&self) -> impl Iterator<Item = NameId> + '_ {
        self.spelled.keys().copied()
    }

    /// The ids of all values.
    pub(super) fn value_ids(&self) -> impl Iterator<Item = ValueId> + '_ {
        self.values.values().copied()
    }

    /// The id of a name; one that is new is written down.
    pub(super) fn intern(
        &mut self,
        database: &Connection,
        kind: Kind,
        name: &str,
        run: i64,
    ) -> rusqlite::Result<NameId> {
        if let Some(known) = self.name(kind, name) {
            return Ok(known);
        }
        let id = NameId(self.next_name);
        let insert = "INSERT INTO names (id, kind, name, first_run) VALUES (?, ?, ?, ?)";
        database.execute(insert, params![id.0, kind.word(), name, run])?;
        self.note(id, kind, name.to_owned(), run);
        Ok(id)
    }

    /// The id of a value; one that is new is written down.
    pub(super) fn intern_value(
        &mut self,
        database: &Connection,
        name: NameId,
        value: &str,
    ) -> rusqlite::Result<ValueId> {
        if let Some(known) = self.value(name, value) {
            return Ok(known);
        }
        let id = ValueId(self.next_value);
        database
            .execute("INSERT INTO level_values (id, name, value) VALUES (?, ?, ?)", params![id.0, name.0, value])?;
        self.values.insert((name, value.to_owned()), id);
        self.next_value = self.next_value.saturating_add(1);
        Ok(id)
    }
}
