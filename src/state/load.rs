//! The file read into memory, in pieces by several threads: each has a connection of its own, and all see what the last whole
//! run left, since whoever asks keeps others from recording.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use rusqlite::{Connection, OptionalExtension, params};

use crate::state::{
    Kept, NameId, Remembered, StateError, ValueId, file,
    names::Names,
    packed::{Change, Changes, Pack, Packed, in_order},
    recent,
    remembered::{Keys, Memberships, NO_VALUE, Pieces, place, set_bit},
    sparse::{Sparse, USERS},
};

/// What is to be read, of one piece.
#[derive(Clone, Copy, Debug)]
enum Task {
    /// Eight bytes a user, which stand packed only.
    Fingerprints,
    /// The same in a file whose tables are of the first version.
    FingerprintsOfRows,
    /// A packed row, by its number.
    Packed(i64, Pack, u32),
    /// Rows.
    Users,
    Memberships(NameId),
    Kept(ValueId),
}

/// What has been read.
enum Done {
    Fingerprints(Vec<i64>),
    Keys(Keys),
    Absent(Sparse<i64>),
    Acted(Vec<u64>),
    Memberships(NameId, Memberships),
    Kept(ValueId, Sparse<Kept>),
    /// Of the run with that number.
    Changes(u32, Changes),
    /// Of the rows of users.
    Users(Keys, Sparse<i64>, Vec<u64>),
}

/// Reads all of it: what is packed, where that is of the last run.
pub(super) fn remembered(
    database: &Connection,
    path: &Path,
    names: &Names,
    (run, as_of): (i64, i64),
    threads: usize,
) -> Result<Remembered, StateError> {
    let read = |error| StateError::from_database(path, "read", &error);
    let last = database.query_row("SELECT coalesce(max(number), 0) FROM users", [], |row| row.get::<_, u32>(0));
    let last = last.map_err(read)?;
    if last == 0 {
        return Ok(Remembered { as_of, ..Remembered::default() });
    }
    let many = last as usize / USERS + 1;
    let has_packed = database.table_exists(None, "packed").map_err(read)?;
    let packed = if has_packed { packed(database, run).map_err(read)? } else { vec![] };
    let is_packed = !packed.is_empty();
    let fingerprints = if has_packed { Task::Fingerprints } else { Task::FingerprintsOfRows };
    let mut tasks: Vec<(usize, Task)> = (0..many).map(|piece| (piece, fingerprints)).collect();
    if is_packed {
        tasks.extend(packed);
    } else {
        let mut kinds = vec![Task::Users];
        kinds.extend(names.ids().map(Task::Memberships));
        kinds.extend(names.value_ids().map(Task::Kept));
        tasks.extend(kinds.iter().flat_map(|task| (0..many).map(move |piece| (piece, *task))));
    }

    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Done)>> = Mutex::new(vec![]);
    let work = |database: &Connection| -> Result<(), StateError> {
        while let Some((piece, task)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = task.read(database, *piece).map_err(read)?;
            let damaged =
                || StateError::Damaged { path: path.to_owned(), reason: "what is packed is cut short".into() };
            let found = found.ok_or_else(damaged)?;
            done.lock().unwrap_or_else(|broken| broken.into_inner()).push((*piece, found));
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let help = || work(&file::open_again(path)?);
        let helpers: Vec<_> = (1..threads.clamp(1, tasks.len())).map(|_| scope.spawn(help)).collect();
        let own = work(database);
        let helped = helpers.into_iter().map(|helper| helper.join().unwrap_or(Ok(())));
        helped.chain([own]).collect::<Result<(), StateError>>()
    })?;
    let done = done.into_inner().unwrap_or_else(|broken| broken.into_inner());
    let mut pieces = Pieces::of(done, many);
    if database.table_exists(None, "recent_fingerprints").map_err(read)? {
        recent::read_fingerprints(database, &mut pieces.users).map_err(read)?;
    }
    Ok(Remembered { as_of, pieces, is_packed, ..Remembered::default() })
}

/// The packed rows, where they are of a run: each with its piece.
fn packed(database: &Connection, run: i64) -> rusqlite::Result<Vec<(usize, Task)>> {
    let marker = "SELECT 1 FROM packed WHERE kind = ? AND id = ?";
    if database.query_row(marker, params![Pack::Run.word(), run], |_| Ok(())).optional()?.is_none() {
        return Ok(vec![]);
    }
    let mut statement = database.prepare("SELECT rowid, kind, id, piece FROM packed")?;
    let mut rows = statement.query([])?;
    let mut tasks = vec![];
    while let Some(row) = rows.next()? {
        let Some(pack) = Pack::of_word(row.get_ref(1)?.as_str()?).filter(|pack| *pack != Pack::Run) else { continue };
        tasks.push((row.get::<_, u32>(3)? as usize, Task::Packed(row.get(0)?, pack, row.get(2)?)));
    }
    Ok(tasks)
}

impl Pieces {
    /// What has been read, put in its place.
    fn of(done: Vec<(usize, Done)>, many: usize) -> Pieces {
        let mut pieces = Pieces::default();
        pieces.users.resize_with(many, Default::default);
        let mut later = vec![];
        for (piece, found) in done {
            let Some(users) = pieces.users.get_mut(piece) else { continue };
            match found {
                Done::Fingerprints(found) => users.fingerprints = Arc::new(found),
                Done::Keys(found) => users.keys = Arc::new(found),
                Done::Absent(found) => users.absent = Arc::new(found),
                Done::Acted(found) => users.acted = Arc::new(found),
                Done::Users(keys, absent, acted) => {
                    (users.keys, users.absent, users.acted) = (Arc::new(keys), Arc::new(absent), Arc::new(acted));
                }
                Done::Memberships(name, found) => *piece_of(&mut pieces.memberships, name.0, piece) = Arc::new(found),
                Done::Kept(value, found) => *piece_of(&mut pieces.kept, value.0, piece) = Arc::new(found),
                Done::Changes(run, changes) => later.push((run, changes)),
            }
        }
        later.sort_by_key(|(run, _)| *run);
        let later = later.iter().map(|(_, changes)| changes);
        pieces.change_memberships(&in_order(later));
        for users in &mut pieces.users {
            if users.fingerprints.len() != users.keys.ends.len() {
                let mut fingerprints = Vec::clone(&users.fingerprints);
                fingerprints.resize(users.keys.ends.len(), 0);
                users.fingerprints = Arc::new(fingerprints);
            }
        }
        pieces
    }

    /// Changes who is in what; the changes stand in order of names, then of users.
    pub(super) fn change_memberships(&mut self, changes: &[Change]) {
        for of_piece in changes.chunk_by(|one, other| (one.0, one.1 >> 16) == (other.0, other.1 >> 16)) {
            let Some((name, user, _)) = of_piece.first() else { continue };
            let members = piece_of(&mut self.memberships, name.0, place(*user).0);
            *members = Arc::new(members.changed(of_piece.iter().map(|(_, user, had)| (place(*user).1, *had))));
        }
    }
}

/// A piece of a name or value, by its number; made where it is not there.
pub(super) fn piece_of<T: Default>(all: &mut Vec<Vec<T>>, number: u32, piece: usize) -> &mut T {
    let at = number as usize;
    if all.len() <= at {
        all.resize_with(at + 1, Vec::new);
    }
    let pieces = all.get_mut(at).expect("it was just made");
    if pieces.len() <= piece {
        pieces.resize_with(piece + 1, T::default);
    }
    pieces.get_mut(piece).expect("it was just made")
}

impl Task {
    /// None where what is packed is not whole.
    fn read(self, database: &Connection, piece: usize) -> rusqlite::Result<Option<Done>> {
        let (first, behind) = ((piece * USERS) as i64, ((piece + 1) * USERS) as i64);
        match self {
            Task::Fingerprints => {
                let mut statement = database.prepare_cached("SELECT hashes FROM fingerprints WHERE piece = ?")?;
                let mut rows = statement.query(params![first / USERS as i64])?;
                let Some(row) = rows.next()? else { return Ok(Some(Done::Fingerprints(vec![]))) };
                let (hashes, rest) = row.get_ref(0)?.as_blob()?.as_chunks();
                let whole = rest.is_empty() && hashes.len() <= USERS;
                Ok(whole.then(|| Done::Fingerprints(hashes.iter().map(|hash| i64::from_le_bytes(*hash)).collect())))
            }
            Task::FingerprintsOfRows => fingerprints_of_rows(database, first, behind).map(Done::Fingerprints).map(Some),
            Task::Packed(row, pack, id) => {
                let mut statement = database.prepare_cached("SELECT bytes FROM packed WHERE rowid = ?")?;
                let mut rows = statement.query(params![row])?;
                let Some(row) = rows.next()? else { return Ok(None) };
                Ok(unpacked(pack, id, row.get_ref(0)?.as_blob()?))
            }
            Task::Users => users(database, first, behind).map(Some),
            Task::Memberships(name) => {
                let query = "SELECT user, value, since FROM memberships WHERE name = ? AND user >= ? AND user < ? ORDER BY user";
                let mut statement = database.prepare_cached(query)?;
                let mut rows = statement.query(params![name.0, first, behind])?;
                let mut found = vec![];
                while let Some(row) = rows.next()? {
                    let value = row.get::<_, Option<u32>>(1)?.unwrap_or(NO_VALUE);
                    found.push(((row.get::<_, i64>(0)? - first) as u16, (value, row.get(2)?)));
                }
                Ok(Some(Done::Memberships(name, Sparse::of(found))))
            }
            Task::Kept(value) => {
                let query =
                    "SELECT user, reached, held FROM kept WHERE value = ? AND user >= ? AND user < ? ORDER BY user";
                let mut statement = database.prepare_cached(query)?;
                let mut rows = statement.query(params![value.0, first, behind])?;
                let mut found = vec![];
                while let Some(row) = rows.next()? {
                    let kept = Kept { reached: row.get(1)?, held: row.get(2)? };
                    found.push(((row.get::<_, i64>(0)? - first) as u16, kept));
                }
                Ok(Some(Done::Kept(value, Sparse::of(found))))
            }
        }
    }
}

fn unpacked(pack: Pack, id: u32, bytes: &[u8]) -> Option<Done> {
    match pack {
        Pack::Run => None,
        Pack::Keys => Keys::unpacked(bytes).filter(|keys| keys.ends.len() <= USERS).map(Done::Keys),
        Pack::Absent => Packed::unpacked(bytes).map(Done::Absent),
        Pack::Acted => Packed::unpacked(bytes).map(Done::Acted),
        Pack::Memberships => Packed::unpacked(bytes).map(|found| Done::Memberships(NameId(id), found)),
        Pack::Kept => Packed::unpacked(bytes).map(|found| Done::Kept(ValueId(id), found)),
        Pack::Changes => Packed::unpacked(bytes).map(|found| Done::Changes(id, found)),
    }
}

/// Fingerprints of users as they stood in the first version of the tables.
fn fingerprints_of_rows(database: &Connection, first: i64, behind: i64) -> rusqlite::Result<Vec<i64>> {
    let query = "SELECT number, fingerprint FROM users WHERE number >= ? AND number < ? ORDER BY number";
    let mut statement = database.prepare_cached(query)?;
    let mut rows = statement.query(params![first, behind])?;
    let mut found = vec![];
    while let Some(row) = rows.next()? {
        found.resize((row.get::<_, i64>(0)? - first) as usize, 0);
        found.push(row.get(1)?);
    }
    Ok(found)
}

/// Packs the fingerprints that stand in rows, when a file's tables become those of the second version.
pub(super) fn pack_fingerprints(database: &Connection) -> rusqlite::Result<()> {
    let last = database.query_row("SELECT coalesce(max(number), 0) FROM users", [], |row| row.get::<_, i64>(0))?;
    for piece in 0..=last / USERS as i64 {
        let found = fingerprints_of_rows(database, piece * USERS as i64, (piece + 1) * USERS as i64)?;
        write_fingerprints(database, piece, &found)?;
    }
    database.execute_batch("ALTER TABLE users DROP COLUMN fingerprint")
}

/// Writes the fingerprints of a piece.
pub(super) fn write_fingerprints(database: &Connection, piece: i64, hashes: &[i64]) -> rusqlite::Result<()> {
    let mut bytes = Vec::with_capacity(size_of_val(hashes));
    hashes.iter().for_each(|hash| hash.pack(&mut bytes));
    let mut statement = database.prepare_cached("INSERT OR REPLACE INTO fingerprints (piece, hashes) VALUES (?, ?)")?;
    statement.execute(params![piece, bytes]).map(|_| ())
}

fn users(database: &Connection, first: i64, behind: i64) -> rusqlite::Result<Done> {
    let query = "SELECT number, key, seen FROM users WHERE number >= ? AND number < ? ORDER BY number";
    let mut statement = database.prepare_cached(query)?;
    let mut rows = statement.query(params![first, behind])?;
    let (mut keys, mut absent, mut acted) = (Keys::default(), vec![], vec![]);
    while let Some(row) = rows.next()? {
        let place = (row.get::<_, i64>(0)? - first) as u16;
        while keys.ends.len() < usize::from(place) {
            keys.push_hole();
        }
        keys.push(row.get_ref(1)?.as_str()?);
        absent.extend(row.get::<_, Option<i64>>(2)?.map(|seen| (place, seen)));
    }
    let query = "SELECT DISTINCT user FROM decisions WHERE user >= ? AND user < ?";
    let mut statement = database.prepare_cached(query)?;
    let mut rows = statement.query(params![first, behind])?;
    while let Some(row) = rows.next()? {
        set_bit(&mut acted, (row.get::<_, i64>(0)? - first) as u16);
    }
    Ok(Done::Users(keys, Sparse::of(absent), acted))
}
