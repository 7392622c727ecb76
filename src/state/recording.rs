//! A run that is being recorded. What it says is kept for a while and written many rows at a time, in the tables' own order,
//! which is several times faster than row by row.

use std::{ops::Range, path::PathBuf, sync::Arc};

use rusqlite::{CachedStatement, Connection, params};

use crate::state::{
    Decision, Kept, Kind, KnownDeed, LastRun, Ledger, NameId, PastDeed, Remembered, Run, StateError, Store, ValueId,
    alike::{Alike, Own},
    deeds, file,
    load::piece_of,
    packed::{CHANGE, Changes, Pack, Packed, in_order},
    recent,
    remembered::{NO_VALUE, Pieces, Users, place, set_bit},
    rows::{self, number, optional_number, text},
};

/// So many rows are kept before they are written, of those that have a place among others: a first run has many, so that they come
/// behind each other in the tables' own order.
const ENOUGH_OF_FIRST: usize = 1 << 20;

/// Later runs change some here and there, and write them while others still evaluate: data mostly come in the order of the state.
const ENOUGH: usize = 1 << 11;

/// New users, who come behind all others.
const ENOUGH_OF_USERS: usize = 1 << 15;

/// What happened, in the order in which it is said.
const ENOUGH_OF_LEDGER: usize = 1 << 11;

/// A run that is being recorded: all of it or, without [`Recording::commit`], nothing.
#[derive(Debug)]
pub struct Recording {
    store: Store,
    /// This run's number.
    run: i64,
    /// The number of the user that is added next.
    next_user: u32,
    /// The index of keys is made at the end, since the first run adds all of them.
    unindexed: bool,
    waiting: Waiting,
    /// What decisions have alike.
    alike: Alike,
    /// What the run before left.
    before: Arc<Remembered>,
    /// What this one leaves, as far as it has been written, without what stands in `changes` and `fingerprints`.
    after: Pieces,
    /// How many memberships it leaves.
    members: usize,
    /// What was written of memberships, where what was before is packed.
    changes: Changes,
    /// Fingerprints that are other than before; of a first run all are.
    fingerprints: Vec<(u32, i64)>,
}

/// A run that is recorded, whatever happens from now on.
#[derive(Debug)]
pub struct Recorded {
    path: PathBuf,
    database: Connection,
}

impl Recorded {
    /// Puts all of it into the file itself.
    ///
    /// # Errors
    /// [`StateError::Unclosed`]
    pub fn close(self) -> Result<(), StateError> {
        file::close(&self.path, self.database)
    }
}

/// What a user has of a name from now on: of a level its value, and since when; nothing any more where none.
type Had = Option<(Option<ValueId>, i64)>;

/// What has been said and not been written.
#[derive(Debug, Default)]
struct Waiting {
    /// Numbers of users who were added: from the first to before the last.
    users: Range<u32>,
    seen: Vec<(u32, Option<i64>)>,
    memberships: Vec<(NameId, u32, Had)>,
    kept: Vec<(ValueId, u32, Option<Kept>)>,
    transitions: Vec<(u32, NameId, bool, &'static str)>,
    decisions: Vec<Own>,
}

impl Recording {
    pub(super) fn begin(store: Store, run: &Run) -> Result<Recording, StateError> {
        // What is remembered is read before anything is written.
        let before = store.remembered(1)?;
        let number = store.last.as_ref().map_or(1, |last| last.number.saturating_add(1));
        let written = |error| StateError::from_database(&store.path, "write", &error);
        run.write(&store.database, number).map_err(written)?;
        let users =
            store.database.query_row("SELECT coalesce(max(number), 0) FROM users", [], |row| row.get::<_, u32>(0));
        let users = users.map_err(written)?;
        if users == 0 {
            store.database.execute_batch("DROP INDEX users_by_key").map_err(written)?;
        }
        let after = before.pieces.clone();
        let members = after.memberships.iter().flatten().map(|members| members.len()).sum();
        let next_user = users.saturating_add(1);
        let waiting = Waiting { users: next_user..next_user, ..Waiting::default() };
        let (unindexed, changes) = (users == 0, Changes::default());
        let alike = Alike::begin(&store.database).map_err(written)?;
        let fingerprints = vec![];
        let run = number;
        Ok(Recording {
            store,
            run,
            next_user,
            unindexed,
            waiting,
            alike,
            before,
            after,
            members,
            changes,
            fingerprints,
        })
    }

    /// This run's number: 1 for the first.
    pub fn run(&self) -> i64 {
        self.run
    }

    /// The run before this one.
    pub fn last_run(&self) -> Option<&LastRun> {
        self.store.last_run()
    }

    /// What the run before left.
    pub fn remembered(&self) -> Arc<Remembered> {
        Arc::clone(&self.before)
    }

    /// See [`Store::past_deeds`].
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn past_deeds(&self, user: u32) -> Result<Vec<PastDeed>, StateError> {
        self.store.past_deeds(user)
    }

    /// See [`Store::ledger`].
    pub fn ledger(&self) -> Ledger<'_> {
        self.store.ledger()
    }

    /// The id of a name, which counts as evaluated from this run on, if it was not before.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn name(&mut self, kind: Kind, name: &str) -> Result<NameId, StateError> {
        let found = self.store.names.intern(&self.store.database, kind, name, self.run);
        found.map_err(|error| self.failed(&error))
    }

    /// Whether no earlier run has evaluated a name.
    pub fn is_first_run_of(&self, name: NameId) -> bool {
        self.store.names.first_run(name).is_none_or(|first| first >= self.run)
    }

    /// The id of a level's, layer's or funnel's value.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn value(&mut self, level: NameId, value: &str) -> Result<ValueId, StateError> {
        let found = self.store.names.intern_value(&self.store.database, level, value);
        found.map_err(|error| self.failed(&error))
    }

    /// Adds a user that no earlier run has seen; returns the number. Two of one key are found out at the end.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add_user(&mut self, key: &str, fingerprint: i64) -> Result<u32, StateError> {
        let number = self.next_user;
        self.next_user = number.checked_add(1).ok_or_else(|| StateError::Other {
            path: self.store.path.clone(),
            doing: "write",
            reason: "it holds more than 4,294,967,295 users".into(),
        })?;
        let (piece, user) = place(number);
        if self.after.users.len() <= piece {
            self.after.users.resize_with(piece + 1, Users::default);
        }
        if let Some(users) = self.after.users.get_mut(piece) {
            let (keys, fingerprints) = (Arc::make_mut(&mut users.keys), Arc::make_mut(&mut users.fingerprints));
            // Nobody is number 0.
            while keys.ends.len() < usize::from(user) {
                keys.push_hole();
                fingerprints.push(0);
            }
            keys.push(key);
            fingerprints.push(fingerprint);
        }
        if !self.unindexed {
            self.fingerprints.push((number, fingerprint));
        }
        self.waiting.users.end = self.next_user;
        self.write_last_where(self.waiting.users.len(), ENOUGH_OF_USERS)?;
        Ok(number)
    }

    /// A user's record or children are not what they were.
    pub fn set_fingerprint(&mut self, user: u32, fingerprint: i64) {
        match self.unindexed {
            true => recent::set_fingerprint(&mut self.after.users, user, fingerprint),
            false => self.fingerprints.push((user, fingerprint)),
        }
    }

    /// A user who was there in the run before is not in today's data; `seen` is that run's as-of.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn absent(&mut self, user: u32, seen: i64) -> Result<(), StateError> {
        self.waiting.seen.push((user, Some(seen)));
        self.write_where_enough(self.waiting.seen.len())
    }

    /// A user who was absent is back.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn returned(&mut self, user: u32) -> Result<(), StateError> {
        self.waiting.seen.push((user, None));
        self.write_where_enough(self.waiting.seen.len())
    }

    /// A user has a name from a moment on: of a level, layer or funnel with a value, in place of that before.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn enter(&mut self, user: u32, name: NameId, value: Option<ValueId>, since: i64) -> Result<(), StateError> {
        self.members = self.members.saturating_add(1);
        self.waiting.memberships.push((name, user, Some((value, since))));
        self.write_where_enough(self.waiting.memberships.len())
    }

    /// A user does not have a name any more.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn leave(&mut self, user: u32, name: NameId) -> Result<(), StateError> {
        self.members = self.members.saturating_sub(1);
        self.waiting.memberships.push((name, user, None));
        self.write_where_enough(self.waiting.memberships.len())
    }

    /// What keeps a user on an arm of a level from now on; none where nothing does any more.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn set_kept(&mut self, user: u32, value: ValueId, kept: Option<Kept>) -> Result<(), StateError> {
        self.waiting.kept.push((value, user, kept));
        self.write_where_enough(self.waiting.kept.len())
    }

    /// A user entered a segment, or left it, and why.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn transition(
        &mut self,
        user: u32,
        segment: NameId,
        entered: bool,
        reason: &'static str,
    ) -> Result<(), StateError> {
        self.waiting.transitions.push((user, segment, entered, reason));
        self.write_last_where(self.waiting.transitions.len(), ENOUGH_OF_LEDGER)
    }

    /// Something was decided about a user; the ledger keeps the order.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn decide(&mut self, user: u32, segment: NameId, decision: Decision) -> Result<(), StateError> {
        let of_segment = (segment, decision);
        let alike = self.alike.number(&of_segment);
        self.waiting.decisions.push(Own::of(user, alike, of_segment.1));
        self.write_last_where(self.waiting.decisions.len(), ENOUGH_OF_LEDGER)
    }

    /// What the ledger calls a segment's deeds from now on.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn set_deeds(&mut self, segment: NameId, all: &[KnownDeed]) -> Result<(), StateError> {
        deeds::write(&self.store.database, segment, all).map_err(|error| self.failed(&error))
    }

    /// The hash of the whole population, where it is known only now.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn set_population(&mut self, population: i64) -> Result<(), StateError> {
        let update = "UPDATE runs SET population = ? WHERE number = ?";
        let done = self.store.database.execute(update, params![population, self.run]);
        done.map(|_| ()).map_err(|error| self.failed(&error))
    }

    /// All of it is on the disk when this returns, in the file itself.
    ///
    /// # Errors
    /// Where it cannot be written: then nothing was recorded. With [`StateError::Unclosed`] it was.
    pub fn commit(self) -> Result<(), StateError> {
        self.record()?.close()
    }

    /// All of it is on the disk when this returns, in the file or beside it.
    ///
    /// # Errors
    /// Where it cannot be written: then nothing was recorded.
    pub fn record(mut self) -> Result<Recorded, StateError> {
        self.write()?;
        self.pack().map_err(|error| self.failed(&error))?;
        let index = "CREATE UNIQUE INDEX users_by_key ON users (key)";
        let end = if self.unindexed { format!("{index}; COMMIT") } else { "COMMIT".into() };
        self.store.database.execute_batch(&end).map_err(|error| self.failed(&error))?;
        let Store { path, database, .. } = self.store;
        Ok(Recorded { path, database })
    }

    fn failed(&self, error: &rusqlite::Error) -> StateError {
        StateError::from_database(&self.store.path, "write", error)
    }

    fn write_where_enough(&mut self, waiting: usize) -> Result<(), StateError> {
        let enough = if self.unindexed { ENOUGH_OF_FIRST } else { ENOUGH };
        if waiting < enough { Ok(()) } else { self.write() }
    }

    /// Writes what comes behind all that stands there, while others still evaluate.
    fn write_last_where(&mut self, waiting: usize, enough: usize) -> Result<(), StateError> {
        if waiting < enough {
            return Ok(());
        }
        let rest = self.next_user..self.next_user;
        let waiting = Waiting {
            users: std::mem::replace(&mut self.waiting.users, rest),
            transitions: std::mem::take(&mut self.waiting.transitions),
            decisions: std::mem::take(&mut self.waiting.decisions),
            ..Waiting::default()
        };
        self.put(&waiting)?;
        let Waiting { transitions, decisions, .. } = waiting.emptied();
        (self.waiting.transitions, self.waiting.decisions) = (transitions, decisions);
        Ok(())
    }

    fn put(&mut self, waiting: &Waiting) -> Result<(), StateError> {
        let written = self.alike.write(&self.store.database, self.run);
        let is_new = |name| self.is_first_run_of(name);
        let written = written.and_then(|()| waiting.write(&self.store.database, self.run, &self.after, is_new));
        written.map_err(|error| self.failed(&error))?;
        self.after.take(waiting);
        if !self.before.is_packed {
            let said = waiting.memberships.iter().map(|(name, user, had)| (*name, *user, packed(had)));
            self.after.change_memberships(&said.collect::<Vec<_>>());
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), StateError> {
        let rest = Waiting { users: self.next_user..self.next_user, ..Waiting::default() };
        let mut waiting = std::mem::replace(&mut self.waiting, rest);
        waiting.sort();
        self.put(&waiting)?;
        if self.before.is_packed {
            waiting.memberships.iter().for_each(|(name, user, had)| self.changes.push((*name, *user, packed(had))));
        }
        let users = self.next_user..self.next_user;
        self.waiting = Waiting { users, ..waiting.emptied() };
        Ok(())
    }

    /// Settles what has become much, and packs the pieces that are other than before.
    fn pack(&mut self) -> rusqlite::Result<()> {
        let database = &self.store.database;
        let whole = self.before.is_packed;
        if !whole {
            database.execute_batch("DELETE FROM packed")?;
        }
        let mut put = Late::new(database, "INSERT OR REPLACE INTO packed (kind, id, piece, bytes) VALUES (?, ?, ?, ?)");
        let mut put = |pack: Pack, id: i64, piece: usize, bytes: Vec<u8>| {
            put.prepared()?.execute(params![pack.word(), id, piece as i64, bytes]).map(|_| ())
        };
        let before = &self.before.pieces;
        let other = if self.unindexed { recent::Other::All } else { recent::Other::These(&self.fingerprints) };
        recent::write_fingerprints(database, self.run, other, &mut self.after.users)?;
        recent::settle_memberships(database, self.members)?;
        for (piece, users) in self.after.users.iter().enumerate() {
            let old = before.users.get(piece);
            let same = |same: fn(&Users, &Users) -> bool| old.is_some_and(|old| same(old, users));
            if !(whole && same(|old, new| Arc::ptr_eq(&old.keys, &new.keys))) {
                put(Pack::Keys, 0, piece, users.keys.packed())?;
            }
            if !(whole && same(|old, new| Arc::ptr_eq(&old.absent, &new.absent))) {
                put(Pack::Absent, 0, piece, users.absent.packed())?;
            }
            if !(whole && same(|old, new| Arc::ptr_eq(&old.acted, &new.acted))) {
                put(Pack::Acted, 0, piece, users.acted.packed())?;
            }
        }
        let known = "SELECT coalesce(sum(length(bytes)), 0) FROM packed WHERE kind = ?";
        let known = database.query_row(known, params![Pack::Changes.word()], |row| row.get::<_, i64>(0))? as usize;
        if !whole || recent::is_much(known / CHANGE + self.changes.len(), self.members) {
            self.after.change_memberships(&in_order([&self.changes]));
            for (id, piece, members) in changed(&before.memberships, &self.after.memberships, false) {
                put(Pack::Memberships, id, piece, members.packed())?;
            }
            database.execute("DELETE FROM packed WHERE kind = ?", params![Pack::Changes.word()])?;
        } else if self.changes.len() > 0 {
            put(Pack::Changes, self.run, 0, self.changes.packed())?;
        }
        for (id, piece, kept) in changed(&before.kept, &self.after.kept, whole) {
            put(Pack::Kept, id, piece, kept.packed())?;
        }
        database.execute("DELETE FROM packed WHERE kind = ?", params![Pack::Run.word()])?;
        put(Pack::Run, self.run, 0, vec![])
    }
}

/// What a user has of a name, as it is packed.
fn packed(had: &Had) -> Option<(u32, i64)> {
    had.map(|(value, since)| (value.map_or(NO_VALUE, |value| value.0), since))
}

/// The pieces that are other than before, or all of them where those before are not packed: by number of a name or value, and of the
/// piece.
fn changed<'p, T>(
    before: &'p [Vec<Arc<T>>],
    after: &'p [Vec<Arc<T>>],
    whole: bool,
) -> impl Iterator<Item = (i64, usize, &'p T)> {
    let all = after
        .iter()
        .enumerate()
        .flat_map(|(id, pieces)| pieces.iter().enumerate().map(move |(piece, is)| (id, piece, is)));
    let other = move |(id, piece, is): &(usize, usize, &Arc<T>)| {
        let was = before.get(*id).and_then(|pieces| pieces.get(*piece));
        !whole || !was.is_some_and(|was| Arc::ptr_eq(was, is))
    };
    all.filter(other).map(|(id, piece, is)| (id as i64, piece, Arc::as_ref(is)))
}

impl Pieces {
    /// Takes what has been said and written, in order of users, but for memberships.
    fn take(&mut self, waiting: &Waiting) {
        for said in waiting.seen.chunk_by(|one, other| one.0 >> 16 == other.0 >> 16) {
            let Some(users) = said.first().and_then(|it| self.users.get_mut(place(it.0).0)) else { continue };
            users.absent = Arc::new(users.absent.changed(said.iter().map(|(user, seen)| (place(*user).1, *seen))));
        }
        for decision in &waiting.decisions {
            let (piece, user) = place(decision.user);
            if let Some(users) = self.users.get_mut(piece) {
                let known = users.acted.get(usize::from(user >> 6)).is_some_and(|bits| bits >> (user & 63) & 1 == 1);
                if !known {
                    set_bit(Arc::make_mut(&mut users.acted), user);
                }
            }
        }
        for said in waiting.kept.chunk_by(|one, other| (one.0, one.1 >> 16) == (other.0, other.1 >> 16)) {
            let Some((value, first, _)) = said.first() else { continue };
            let all = piece_of(&mut self.kept, value.0, place(*first).0);
            *all = Arc::new(all.changed(said.iter().map(|(_, user, kept)| (place(*user).1, *kept))));
        }
    }
}

impl Waiting {
    /// Nothing, in the memory of what was written.
    fn emptied(mut self) -> Waiting {
        let Waiting { users: _, seen, memberships, kept, transitions, decisions } = &mut self;
        seen.clear();
        memberships.clear();
        kept.clear();
        transitions.clear();
        decisions.clear();
        self
    }

    /// In the tables' own order. Of what is said of one user twice the last counts: the order of those stays.
    fn sort(&mut self) {
        self.seen.sort_by_key(|it| it.0);
        self.memberships.sort_by_key(|it| (it.0, it.1));
        self.kept.sort_by_key(|it| (it.0, it.1));
    }

    fn write(
        &self,
        database: &Connection,
        run: i64,
        pieces: &Pieces,
        is_new: impl Fn(NameId) -> bool,
    ) -> rusqlite::Result<()> {
        let added: Vec<u32> = self.users.clone().collect();
        rows::write(database, "users (number, key)", &added, |user| {
            [number(*user), pieces.key(*user).map_or(rows::NULL, text)]
        })?;
        let mut see = Late::new(database, "UPDATE users SET seen = ?2 WHERE number = ?1");
        for (user, seen) in &self.seen {
            see.prepared()?.execute(params![user, seen])?;
        }
        // Of what is said of one user twice the last counts.
        let said = self.memberships.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1));
        // Of a name that is new nothing stands there yet: its rows come behind all others, and are settled at once.
        let said = said.filter_map(<[(NameId, u32, Had)]>::last);
        let (new, known): (Vec<&(NameId, u32, Had)>, Vec<_>) = said.partition(|(name, ..)| is_new(*name));
        let mut drop = Late::new(database, "DELETE FROM settled_memberships WHERE name = ? AND user = ?");
        for (name, user, _) in new.iter().filter(|(.., had)| had.is_none()) {
            drop.prepared()?.execute(params![name.0, user])?;
        }
        let new = new.into_iter().filter(|(.., had)| had.is_some()).collect::<Vec<_>>();
        for (kind, said) in [("settled", new), ("recent", known)] {
            let table = format!("{kind}_memberships (name, user, value, since)");
            rows::replace(database, &table, &said, |(name, user, had): &&(NameId, u32, Had)| {
                let value = had.and_then(|(value, _)| value).map(|value| value.0);
                [number(name.0), number(*user), optional_number(value), optional_number(had.map(|(_, since)| since))]
            })?;
        }
        let said = self.kept.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1));
        let (mut keep, mut change, mut leave) = (vec![], vec![], vec![]);
        for (value, user, kept) in said.filter_map(<[_]>::last) {
            let stands = pieces.kept(*value, *user).is_some();
            match kept {
                Some(kept) if stands => change.push((value, user, kept)),
                Some(kept) => keep.push((value, user, kept)),
                None => leave.push((value, user)),
            }
        }
        let mut drop = Late::new(database, "DELETE FROM kept WHERE value = ? AND user = ?");
        for (value, user) in leave {
            drop.prepared()?.execute(params![value.0, user])?;
        }
        let mut alter = Late::new(database, "UPDATE kept SET reached = ?, held = ? WHERE value = ? AND user = ?");
        for (value, user, kept) in change {
            alter.prepared()?.execute(params![kept.reached, kept.held, value.0, user])?;
        }
        rows::write(database, "kept (value, user, reached, held)", &keep, |(value, user, kept)| {
            [number(value.0), number(**user), optional_number(kept.reached), number(kept.held)]
        })?;
        let table = "transitions (run, user, segment, entered, reason)";
        rows::write(database, table, &self.transitions, |(user, segment, entered, reason)| {
            [number(run), number(*user), number(segment.0), number(*entered), text(reason)]
        })?;
        Own::write(database, &self.decisions)
    }
}

/// A statement that is prepared when it is first needed.
struct Late<'d> {
    database: &'d Connection,
    text: &'static str,
    statement: Option<CachedStatement<'d>>,
}

impl<'d> Late<'d> {
    fn new(database: &'d Connection, text: &'static str) -> Late<'d> {
        Late { database, text, statement: None }
    }

    fn prepared(&mut self) -> rusqlite::Result<&mut CachedStatement<'d>> {
        let prepared = match self.statement.take() {
            Some(statement) => statement,
            None => self.database.prepare_cached(self.text)?,
        };
        Ok(self.statement.insert(prepared))
    }
}
