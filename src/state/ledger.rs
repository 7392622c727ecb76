//! The ledger: every decision that was made, also each one that was stopped, in the order decided.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, Row, params, types::FromSql};

use crate::state::{NameId, StateError, file, names::Names};

/// One decision, as it is recorded. Its fields are those of the action record that `--actions` writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// A hash of what was decided, the same whenever the same is decided again.
    pub action_id: String,
    /// The deed's place in the segment.
    pub deed: String,
    /// `enter`, `exit`, `every`, `each`
    pub trigger: Cow<'static, str>,
    /// Why the user entered or left: `data`, `time`, `rules`, …
    pub reason: Cow<'static, str>,
    /// `send`, `hold`, or the verb.
    pub act: Cow<'static, str>,
    /// On which channel, of a `send`.
    pub channel: Option<Arc<str>>,
    /// Which variant, of a `split`.
    pub variant: Option<String>,
    /// The whole text, of a `send`.
    pub message: Option<String>,
    /// Its terms, a JSON object.
    pub with: Cow<'static, str>,
    /// The earliest moment at which it may be done, where not at once.
    pub not_before: Option<i64>,
    /// The latest, where there is one.
    pub not_after: Option<i64>,
    /// `require`, `limit`, `cooldown`, `once`, `at most`, `channel`; none where it was not stopped.
    pub stopped: Option<Cow<'static, str>>,
    /// The leaf or limit that stopped it.
    pub stopped_by: Option<String>,
    /// Since when the user is in the segment, or was.
    pub entered: i64,
    /// Of `every` the count, of `on each` the row's key.
    pub occasion: Option<String>,
    /// The as-of at which it was decided.
    pub decided_at: i64,
    /// Its segment is exempt from the policy.
    pub exempt: bool,
}

/// A decision as it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// The number of the run that decided it.
    pub run: i64,
    /// The user's key.
    pub user: String,
    /// The segment's name.
    pub segment: Arc<str>,
    /// What was decided.
    pub decision: Decision,
}

/// What an earlier decision is to those that follow: it counts towards cooldowns, limits, `once` and `at most`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastDeed {
    /// The segment.
    pub segment: NameId,
    /// The deed's place in it.
    pub deed: String,
    /// `enter`, `exit`, `every`, `each`
    pub trigger: String,
    /// `send`, `hold`, or the verb.
    pub act: String,
    /// On which channel, of a `send`.
    pub channel: Option<String>,
    /// The as-of at which it was decided.
    pub decided_at: i64,
    /// Since when the user was in the segment.
    pub entered: i64,
    /// Of `every` the count, of `on each` the row's key.
    pub occasion: Option<String>,
    /// Why it was stopped, where it was.
    pub stopped: Option<String>,
    /// Its segment was exempt from the policy.
    pub exempt: bool,
}

/// A decision as a row of the child table `touches`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The user's key.
    pub user: String,
    /// The as-of at which it was decided: the row's `at`.
    pub decided_at: i64,
    /// The segment's name.
    pub segment: String,
    /// `send`, `hold`, or the verb: the column `do`.
    pub act: String,
    /// On which channel, of a `send`.
    pub channel: Option<String>,
    /// Which variant, of a `split`.
    pub variant: Option<String>,
    /// Why it was stopped, where it was.
    pub stopped: Option<String>,
}

/// What has been decided, of a state that is open.
#[derive(Clone, Copy, Debug)]
pub struct Ledger<'s> {
    pub(super) database: &'s Connection,
    pub(super) path: &'s Path,
    pub(super) names: &'s Names,
}

impl Ledger<'_> {
    /// In which zone the decisions of each run are written, by the run's number.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn zones(&self) -> Result<BTreeMap<i64, String>, StateError> {
        let found = || -> rusqlite::Result<BTreeMap<i64, String>> {
            let mut statement = self.database.prepare("SELECT number, timezone FROM runs")?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        found().map_err(|error| StateError::from_database(self.path, "read", &error))
    }

    /// Tells of each decision, in the order decided: all, those of a run, or those decided at a moment or later. Returns what
    /// `tell` returns where that is an error.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn decisions<E: From<StateError>>(
        &self,
        since: Option<i64>,
        run: Option<i64>,
        mut tell: impl FnMut(LedgerRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let first = match since {
            None => 0,
            Some(since) => {
                self.first_since(since).map_err(|error| StateError::from_database(self.path, "read", &error))?
            }
        };
        let query = "SELECT decisions.run, users.key, names.name, action_id, deed, trigger, reason, do, channel, variant, message, with,
                    not_before, not_after, stopped, stopped_by, entered, occasion, decided_at, exempt
             FROM decisions JOIN users ON users.number = decisions.user JOIN names ON names.id = decisions.segment
             WHERE decisions.number >= ?1 AND (?2 IS NULL OR decisions.run = ?2)
             ORDER BY decisions.number";
        self.each(
            query,
            params![first, run],
            |row| {
                let mut fields = Fields { row, at: 0 };
                Ok(LedgerRow {
                    run: fields.next()?,
                    user: fields.next()?,
                    segment: fields.next()?,
                    decision: Decision {
                        action_id: fields.next()?,
                        deed: fields.next()?,
                        trigger: fields.next()?,
                        reason: fields.next()?,
                        act: fields.next()?,
                        channel: fields.next()?,
                        variant: fields.next()?,
                        message: fields.next()?,
                        with: fields.next()?,
                        not_before: fields.next()?,
                        not_after: fields.next()?,
                        stopped: fields.next()?,
                        stopped_by: fields.next()?,
                        entered: fields.next()?,
                        occasion: fields.next()?,
                        decided_at: fields.next()?,
                        exempt: fields.next()?,
                    },
                })
            },
            &mut tell,
        )
    }

    /// From which number on decisions were made at a moment or later: runs follow each other in time, so it is found by halves.
    fn first_since(&self, moment: i64) -> rusqlite::Result<i64> {
        let last = "SELECT number FROM decisions ORDER BY number DESC LIMIT 1";
        let last = self.database.query_row(last, [], |row| row.get::<_, i64>(0)).optional()?.unwrap_or(0);
        let mut found = self
            .database
            .prepare("SELECT decided_at >= ?2 FROM decisions WHERE number >= ?1 ORDER BY number LIMIT 1")?;
        // All before `first` are earlier, and none from `behind` on. They are numbered from 1.
        let (mut first, mut behind) = (1, last.saturating_add(1));
        while first < behind {
            let middle = first + (behind - first) / 2;
            match found.query_row(params![middle, moment], |row| row.get::<_, bool>(0))? {
                true => behind = middle,
                false => first = middle + 1,
            }
        }
        Ok(first)
    }

    /// Tells of each decision as a row of `touches`, in the order decided.
    ///
    /// # Errors
    /// Where the file cannot be read, and what `tell` returns.
    pub fn touches<E: From<StateError>>(&self, mut tell: impl FnMut(Touch) -> Result<(), E>) -> Result<(), E> {
        let query = "SELECT users.key, decided_at, names.name, do, channel, variant, stopped
                     FROM decisions JOIN users ON users.number = decisions.user JOIN names ON names.id = decisions.segment
                     ORDER BY decisions.number";
        self.each(
            query,
            [],
            |row| {
                let mut fields = Fields { row, at: 0 };
                Ok(Touch {
                    user: fields.next()?,
                    decided_at: fields.next()?,
                    segment: fields.next()?,
                    act: fields.next()?,
                    channel: fields.next()?,
                    variant: fields.next()?,
                    stopped: fields.next()?,
                })
            },
            &mut tell,
        )
    }

    /// What was decided about a user in runs before one, in the order decided.
    pub(super) fn past_deeds(&self, user: u32, before: i64) -> Result<Vec<PastDeed>, StateError> {
        // They are put in order here: they are few, and asked for user by user.
        let query = "SELECT number, segment, deed, trigger, do, channel, decided_at, entered, occasion, stopped, exempt
                     FROM decisions WHERE user = ? AND run < ?";
        let mut found: Vec<(i64, PastDeed)> = vec![];
        let mut tell = |deed| {
            found.push(deed);
            Ok::<(), StateError>(())
        };
        self.each(
            query,
            params![user, before],
            |row| {
                let mut fields = Fields { row, at: 0 };
                let number = fields.next()?;
                let deed = PastDeed {
                    segment: NameId(fields.next()?),
                    deed: fields.next()?,
                    trigger: fields.next()?,
                    act: fields.next()?,
                    channel: fields.next()?,
                    decided_at: fields.next()?,
                    entered: fields.next()?,
                    occasion: fields.next()?,
                    stopped: fields.next()?,
                    exempt: fields.next()?,
                };
                Ok((number, deed))
            },
            &mut tell,
        )?;
        found.sort_unstable_by_key(|(number, _)| *number);
        Ok(found.into_iter().map(|(_, deed)| deed).collect())
    }

    /// The name of a segment.
    pub fn segment(&self, id: NameId) -> Option<&str> {
        self.names.spelled(id).map(|(_, name)| name)
    }

    fn each<T, E: From<StateError>>(
        &self,
        query: &str,
        parameters: impl rusqlite::Params,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
        tell: &mut impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let fail = |error| StateError::from_database(self.path, "read", &error);
        let mut statement = self.database.prepare_cached(query).map_err(fail)?;
        let mut rows = statement.query(parameters).map_err(fail)?;
        while let Some(row) = rows.next().map_err(fail)? {
            tell(read(row).map_err(fail)?)?;
        }
        Ok(())
    }
}

/// What was decided in runs before one that is being recorded: many threads may ask, each on a connection of its own, and nobody waits for
/// whoever records.
#[derive(Debug)]
pub struct Past {
    pub(super) path: PathBuf,
    /// The number of the run that is recorded.
    pub(super) run: i64,
    /// Connections that nobody uses just now.
    pub(super) idle: Mutex<Vec<Connection>>,
}

impl Past {
    /// What was decided about a user, in that order; see [`crate::state::Remembered::has_past`].
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn deeds(&self, user: u32) -> Result<Vec<PastDeed>, StateError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let known = idle().pop();
        let database = match known {
            Some(database) => database,
            None => file::open_again(&self.path)?,
        };
        let names = Names::default();
        let found = Ledger { database: &database, path: &self.path, names: &names }.past_deeds(user, self.run);
        idle().push(database);
        found
    }
}

/// The fields of a row, one after the other.
struct Fields<'r, 's> {
    row: &'r Row<'s>,
    at: usize,
}

impl Fields<'_, '_> {
    fn next<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        let field = self.row.get(self.at);
        self.at += 1;
        field
    }
}
