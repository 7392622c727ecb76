//! What changed lately, in front of what is settled. From day to day a few users in a hundred change, here and there, so nearly every page of what
//! all users have would be written for a row or two. Changes are written behind each other instead, in tables of their own, which are small; when
//! they have become much, they are settled: all at once, which costs what every day would cost otherwise.

use std::sync::Arc;

use rusqlite::{Connection, params};

use crate::state::{
    load,
    packed::Packed,
    remembered::{Users, place},
};

/// Of what is settled so many parts are at least as much as one of what is recent.
const PARTS: usize = 4;

/// A number of a user, and the hash.
const CHANGE: usize = size_of::<u32>() + size_of::<i64>();

/// Whether so much is recent that it is to be settled.
pub(super) fn is_much(recent: usize, all: usize) -> bool {
    recent.saturating_mul(PARTS) > all
}

/// Settles who is in what, of so many memberships in all, where much of it is recent.
pub(super) fn settle_memberships(database: &Connection, all: usize) -> rusqlite::Result<()> {
    let count = "SELECT count(*) FROM recent_memberships";
    let recent = database.query_row(count, [], |row| row.get::<_, u32>(0))? as usize;
    if !is_much(recent, all) {
        return Ok(());
    }
    database.execute_batch(
        "DELETE FROM settled_memberships
           WHERE (name, user) IN (SELECT name, user FROM recent_memberships WHERE since IS NULL);
         INSERT OR REPLACE INTO settled_memberships
           SELECT name, user, value, since FROM recent_memberships WHERE since IS NOT NULL;
         DELETE FROM recent_memberships",
    )
}

/// Whose hashes a run left other than they were before.
pub(super) enum Other<'o> {
    All,
    /// Each with its user.
    These(&'o [(u32, i64)]),
}

/// Writes the hashes that a run left other than they were before; all of them, where many are recent: then these are put in their places, too.
pub(super) fn write_fingerprints(
    database: &Connection,
    run: i64,
    other: Other<'_>,
    all: &mut [Users],
) -> rusqlite::Result<()> {
    if let Other::These(other) = other {
        if other.is_empty() {
            return Ok(());
        }
        let users: usize = all.iter().map(|users| users.fingerprints.len()).sum();
        let sum = "SELECT coalesce(sum(length(hashes)), 0) FROM recent_fingerprints";
        let known = database.query_row(sum, [], |row| row.get::<_, i64>(0))? as usize;
        if !is_much(other.len() + known / CHANGE, users) {
            let mut hashes = Vec::with_capacity(other.len() * CHANGE);
            other.iter().for_each(|change| change.pack(&mut hashes));
            let insert = "INSERT INTO recent_fingerprints (run, hashes) VALUES (?, ?)";
            return database.execute(insert, params![run, hashes]).map(|_| ());
        }
        other.iter().for_each(|(user, hash)| set_fingerprint(all, *user, *hash));
    }
    for (piece, users) in all.iter().enumerate() {
        load::write_fingerprints(database, piece as i64, &users.fingerprints)?;
    }
    database.execute_batch("DELETE FROM recent_fingerprints")
}

/// Sets a user's hash; a user who was forgotten is not there any more.
pub(super) fn set_fingerprint(pieces: &mut [Users], user: u32, hash: i64) {
    let (piece, user) = place(user);
    let hashes = pieces.get_mut(piece).map(|users| Arc::make_mut(&mut users.fingerprints));
    if let Some(known) = hashes.and_then(|hashes| hashes.get_mut(usize::from(user))) {
        *known = hash;
    }
}

/// Puts the hashes that are recent in their places, those of later runs last.
pub(super) fn read_fingerprints(database: &Connection, pieces: &mut [Users]) -> rusqlite::Result<()> {
    let mut statement = database.prepare("SELECT hashes FROM recent_fingerprints ORDER BY run")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (changes, _) = row.get_ref(0)?.as_blob()?.as_chunks::<CHANGE>();
        for mut change in changes.iter().map(|bytes| bytes.as_slice()) {
            let Some((user, hash)) = <(u32, i64)>::unpack(&mut change) else { continue };
            set_fingerprint(pieces, user, hash);
        }
    }
    Ok(())
}
