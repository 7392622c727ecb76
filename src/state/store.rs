//! A state file that is open: to be recorded in, or to be read.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
};

use rusqlite::Connection;

use crate::state::{
    Kind, KnownDeed, LastRun, Ledger, NameId, Past, PastDeed, Recording, Remembered, Run, StateError, ValueId, beside,
    deeds, file, load, names::Names,
};

/// A state that a run will be recorded in; nobody else can record until it is dropped. What is done to it is one transaction:
/// without [`Recording::commit`] nothing has happened.
#[derive(Debug)]
pub struct Store {
    pub(super) path: PathBuf,
    pub(super) database: Connection,
    pub(super) names: Names,
    pub(super) last: Option<LastRun>,
    /// Others do not see yet what it holds: its tables were made just now.
    unseen: bool,
    /// What was read of it.
    remembered: OnceLock<Arc<Remembered>>,
}

impl Store {
    /// Opens a state to record in; one that is not there is made.
    ///
    /// # Errors
    /// Where it cannot be written, is no state, is of a newer version, or another run is recording: then, after a second at
    /// most, [`StateError::Busy`].
    pub fn open(path: impl AsRef<Path>) -> Result<Store, StateError> {
        let path = path.as_ref().to_owned();
        let (database, unseen) = file::open_to_record(&path)?;
        let read = |error| StateError::from_database(&path, "read", &error);
        let last = LastRun::read(&database).map_err(read)?;
        let names = Names::read(&database).map_err(read)?;
        Ok(Store { path, database, names, last, unseen, remembered: OnceLock::new() })
    }

    /// The last run that was recorded.
    pub fn last_run(&self) -> Option<&LastRun> {
        self.last.as_ref()
    }

    /// The id of a name, where an earlier run evaluated it.
    pub fn name(&self, kind: Kind, name: &str) -> Option<NameId> {
        self.names.name(kind, name)
    }

    /// The id of a level's value, where some user had it.
    pub fn value(&self, level: NameId, value: &str) -> Option<ValueId> {
        self.names.value(level, value)
    }

    /// All users, and what they were in, in little memory; read by so many threads.
    ///
    /// # Errors
    /// Where the file cannot be read, or holds what it should not.
    pub fn remembered(&self, threads: usize) -> Result<Arc<Remembered>, StateError> {
        if let Some(known) = self.remembered.get() {
            return Ok(Arc::clone(known));
        }
        let last = self.last.as_ref().map_or((0, 0), |last| (last.number, last.run.as_of));
        let threads = if self.unseen { 1 } else { threads };
        let found = Arc::new(load::remembered(&self.database, &self.path, &self.names, last, threads)?);
        Ok(Arc::clone(self.remembered.get_or_init(|| found)))
    }

    /// The ledger of what has been decided.
    pub fn ledger(&self) -> Ledger<'_> {
        Ledger { database: &self.database, path: &self.path, names: &self.names }
    }

    /// What was decided about a user in earlier runs, in that order; see [`Remembered::has_past`].
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn past_deeds(&self, user: u32) -> Result<Vec<PastDeed>, StateError> {
        let next = self.last.as_ref().map_or(1, |last| last.number.saturating_add(1));
        self.ledger().past_deeds(user, next)
    }

    /// What the ledger calls a segment's deeds, and what they did in the last run.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn deeds(&self, segment: NameId) -> Result<Vec<KnownDeed>, StateError> {
        let found = deeds::read(&self.database, segment);
        found.map_err(|error| StateError::from_database(&self.path, "read", &error))
    }

    /// The same as [`Store::past_deeds`] for many threads, while a run is recorded.
    pub fn past(&self) -> Past {
        let run = self.last.as_ref().map_or(1, |last| last.number.saturating_add(1));
        Past { path: self.path.clone(), run, idle: Mutex::default() }
    }

    /// Begins to record a run.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn begin(self, run: &Run) -> Result<Recording, StateError> {
        Recording::begin(self, run)
    }
}

/// A state that is only read: what the last whole run left, also while another one is being recorded.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    database: Connection,
    /// How the file looked, where it is read without locks.
    outside: Option<file::Outside>,
    names: Names,
    last: LastRun,
}

impl Reader {
    /// Opens a state to read it.
    ///
    /// # Errors
    /// Where it is not there, cannot be read, is no state, is of a newer version, or holds no run yet.
    pub fn open(path: impl AsRef<Path>) -> Result<Reader, StateError> {
        let path = path.as_ref().to_owned();
        let (database, outside) = file::open_to_read(&path)?;
        let read = |error| StateError::from_database(&path, "read", &error);
        // All that is asked of it is of one moment.
        database.execute_batch("BEGIN").map_err(read)?;
        let last = LastRun::read(&database).map_err(read)?.ok_or_else(|| StateError::Empty(path.clone()))?;
        let names = Names::read(&database).map_err(read)?;
        Ok(Reader { path, database, outside, names, last })
    }

    /// The last run that was recorded.
    pub fn last_run(&self) -> &LastRun {
        &self.last
    }

    /// Writes what a state holds to another file, which is not there yet; the state itself stays as it is.
    ///
    /// # Errors
    /// Where it cannot be read, or the copy cannot be written.
    pub fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), StateError> {
        let (from, to) = (from.as_ref(), to.as_ref());
        let (database, outside) = file::open_to_read(from)?;
        let copied = database.execute("VACUUM INTO ?1", [to.to_string_lossy()]);
        copied.map_err(|error| StateError::from_database(to, "write", &error))?;
        unchanged(from, outside)
    }

    /// The ledger of what has been decided.
    pub fn ledger(&self) -> Ledger<'_> {
        Ledger { database: &self.database, path: &self.path, names: &self.names }
    }

    /// The id of a name, where a run evaluated it.
    pub fn name(&self, kind: Kind, name: &str) -> Option<NameId> {
        self.names.name(kind, name)
    }

    /// What the ledger calls a segment's deeds, and what they did in the last run.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn deeds(&self, segment: NameId) -> Result<Vec<KnownDeed>, StateError> {
        let found = deeds::read(&self.database, segment);
        found.map_err(|error| StateError::from_database(&self.path, "read", &error))
    }

    /// The name of an id.
    pub fn name_of(&self, id: NameId) -> Option<&str> {
        self.names.spelled(id).map(|(_, name)| name)
    }

    /// The id of a level's value, where some user had it.
    pub fn value(&self, level: NameId, value: &str) -> Option<ValueId> {
        self.names.value(level, value)
    }

    /// What was decided about a user so far, in that order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn past_deeds(&self, user: u32) -> Result<Vec<PastDeed>, StateError> {
        self.ledger().past_deeds(user, self.last.number.saturating_add(1))
    }

    /// All users, and what they were in.
    ///
    /// # Errors
    /// Where the file cannot be read, or holds what it should not.
    pub fn remembered(&self) -> Result<Remembered, StateError> {
        let last = (self.last.number, self.last.run.as_of);
        let found = load::remembered(&self.database, &self.path, &self.names, last, 1)?;
        self.unchanged().map(|()| found)
    }

    /// Whether all that was read is of one moment, also where the file lies on read-only ground, and is read without locks.
    ///
    /// # Errors
    /// Where it was written meanwhile.
    pub fn unchanged(&self) -> Result<(), StateError> {
        unchanged(&self.path, self.outside)
    }
}

fn unchanged(path: &Path, outside: Option<file::Outside>) -> Result<(), StateError> {
    match outside {
        Some(then) if then != file::outside(path) || beside::is_there(path) => {
            Err(StateError::Changed(path.to_owned()))
        }
        Some(_) | None => Ok(()),
    }
}
