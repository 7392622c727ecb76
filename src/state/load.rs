//! The file read into memory, in pieces by several threads: each has a connection of its own, and all see what the last whole
//! run left, since whoever asks keeps others from recording.

use std::{
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use rusqlite::{Connection, params};

use crate::state::{
    Kept, NameId, Remembered, StateError, ValueId, file,
    names::Names,
    remembered::{NO_VALUE, Users},
    sparse::{Sparse, USERS},
};

/// A piece of what is to be read.
#[derive(Clone, Copy, Debug)]
enum Task {
    Users,
    Memberships(NameId),
    Kept(ValueId),
}

/// A piece that has been read.
enum Done {
    Users(Users),
    Memberships(NameId, Sparse<(u32, i64)>),
    Kept(ValueId, Sparse<Kept>),
}

/// Reads all of it.
pub(super) fn remembered(
    database: &Connection,
    path: &Path,
    names: &Names,
    as_of: i64,
    threads: usize,
) -> Result<Remembered, StateError> {
    let read = |error| StateError::from_database(path, "read", &error);
    let last = database.query_row("SELECT coalesce(max(number), 0) FROM users", [], |row| row.get::<_, u32>(0));
    let last = last.map_err(read)?;
    if last == 0 {
        return Ok(Remembered { as_of, ..Remembered::default() });
    }
    let pieces = last as usize / USERS + 1;
    let mut kinds = vec![Task::Users];
    kinds.extend(names.ids().map(Task::Memberships));
    kinds.extend(names.value_ids().map(Task::Kept));
    let tasks: Vec<(usize, Task)> =
        kinds.iter().flat_map(|task| (0..pieces).map(move |piece| (piece, *task))).collect();

    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Done)>> = Mutex::new(vec![]);
    let work = |database: &Connection| -> Result<(), StateError> {
        while let Some((piece, task)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = task.read(database, *piece).map_err(read)?;
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

    let mut done = done.into_inner().unwrap_or_else(|broken| broken.into_inner());
    done.sort_by_key(|(piece, _)| *piece);
    let (mut memberships, mut kept): (Vec<Vec<_>>, Vec<Vec<_>>) = (vec![], vec![]);
    let mut users = Vec::with_capacity(pieces);
    for (_, found) in done {
        match found {
            Done::Users(found) => users.push(found),
            Done::Memberships(name, found) => of(&mut memberships, name.0).push(found),
            Done::Kept(value, found) => of(&mut kept, value.0).push(found),
        }
    }
    Ok(Remembered { as_of, users, memberships, kept, numbers: Default::default() })
}

/// The pieces of a name or value, by its number.
fn of<T>(all: &mut Vec<Vec<T>>, number: u32) -> &mut Vec<T> {
    let at = number as usize;
    if all.len() <= at {
        all.resize_with(at + 1, Vec::new);
    }
    all.get_mut(at).expect("it was just made")
}

impl Task {
    fn read(self, database: &Connection, piece: usize) -> rusqlite::Result<Done> {
        let (first, behind) = ((piece * USERS) as i64, ((piece + 1) * USERS) as i64);
        match self {
            Task::Users => users(database, first, behind).map(Done::Users),
            Task::Memberships(name) => {
                let query = "SELECT user, value, since FROM memberships WHERE name = ? AND user >= ? AND user < ? ORDER BY user";
                let mut statement = database.prepare_cached(query)?;
                let mut rows = statement.query(params![name.0, first, behind])?;
                let mut found = Sparse::default();
                while let Some(row) = rows.next()? {
                    let value = row.get::<_, Option<u32>>(1)?.unwrap_or(NO_VALUE);
                    found.push((row.get::<_, i64>(0)? - first) as u16, (value, row.get(2)?));
                }
                Ok(Done::Memberships(name, found))
            }
            Task::Kept(value) => {
                let query =
                    "SELECT user, reached, held FROM kept WHERE value = ? AND user >= ? AND user < ? ORDER BY user";
                let mut statement = database.prepare_cached(query)?;
                let mut rows = statement.query(params![value.0, first, behind])?;
                let mut found = Sparse::default();
                while let Some(row) = rows.next()? {
                    let kept = Kept { reached: row.get(1)?, held: row.get(2)? };
                    found.push((row.get::<_, i64>(0)? - first) as u16, kept);
                }
                Ok(Done::Kept(value, found))
            }
        }
    }
}

fn users(database: &Connection, first: i64, behind: i64) -> rusqlite::Result<Users> {
    let query =
        "SELECT number, key, fingerprint, seen, acted FROM users WHERE number >= ? AND number < ? ORDER BY number";
    let mut statement = database.prepare_cached(query)?;
    let mut rows = statement.query(params![first, behind])?;
    let mut users = Users::default();
    while let Some(row) = rows.next()? {
        let place = (row.get::<_, i64>(0)? - first) as u16;
        while users.ends.len() < usize::from(place) {
            users.holes.push(users.ends.len() as u16);
            users.push("", 0);
        }
        users.push(row.get_ref(1)?.as_str()?, row.get(2)?);
        if let Some(seen) = row.get(3)? {
            users.absent.push(place, seen);
        }
        if row.get(4)? {
            let word = usize::from(place >> 6);
            users.acted.resize(users.acted.len().max(word + 1), 0);
            if let Some(bits) = users.acted.get_mut(word) {
                *bits |= 1 << (place & 63);
            }
        }
    }
    Ok(users)
}
