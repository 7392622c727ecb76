//! The file itself: what is ours and what is not, how it is opened, and how older tables become newer ones.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use crate::state::{StateError, beside, load};

/// Stands in the file's header and says whose it is: `Tgwl`.
const APPLICATION: i64 = 0x5467_776c;

/// Version of the tables, which the header holds too: as many steps as there are here.
pub(super) const STEPS: [&str; 8] = [
    include_str!("version_1.sql"),
    include_str!("version_2.sql"),
    include_str!("version_3.sql"),
    include_str!("version_4.sql"),
    include_str!("version_5.sql"),
    include_str!("version_6.sql"),
    include_str!("version_7.sql"),
    include_str!("version_8.sql"),
];
const VERSION: i64 = STEPS.len() as i64;

/// How every database of SQLite begins.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// How long is waited for somebody who reads or writes just now.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far a file's tables are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    /// Nothing is in it.
    Blank,
    /// A state of this version of the tables.
    Version(i64),
}

/// Opens for recording, makes the file where there is none, and keeps all others from recording until the connection closes.
/// Whether the tables were made or changed for that, which others see only when it is committed.
pub(super) fn open_to_record(path: &Path) -> Result<(Connection, bool), StateError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(StateError::NoFolder { path: path.to_owned(), folder: folder.to_owned() });
    }
    let written = |error| StateError::from_database(path, "write", &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let alone = beside::alone(path);
    let database = connect(path, flags)?;
    beside::belongs(&database, path, alone)?;
    // What is not ours is not even switched to another journal.
    stand(&database, path)?;
    if database.is_readonly("main").map_err(written)? {
        return Err(StateError::ReadOnly(path.to_owned()));
    }
    // A run is one transaction, and what it decided may be sent the moment after: so it is on the disk when it is committed.
    // Who is referred to is known by the numbers that are read and given here, and tests ask the file for references that lead nowhere:
    // asked of every row while it is written, they would be half of what a first run costs.
    // A page of a new file is larger than SQLite's own, since a run writes many that stand together.
    let manner =
        "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;
                  PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; BEGIN IMMEDIATE";
    database.execute_batch(manner).map_err(written)?;
    // They are for those who change rows by hand; a run changes what is packed itself.
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).map_err(written)?;
    let from = match stand(&database, path)? {
        Stand::Blank => 0,
        Stand::Version(version) => version,
    };
    let steps = STEPS.iter().skip(usize::try_from(from).unwrap_or(usize::MAX));
    for step in steps {
        database.execute_batch(&written_out(step)).map_err(written)?;
    }
    if from < 2 {
        load::pack_fingerprints(&database).map_err(written)?;
    }
    if from < VERSION {
        let marks = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}");
        database.execute_batch(&marks).map_err(written)?;
    }
    Ok((database, from < VERSION))
}

/// Puts all that was committed into the file itself, and closes it: nothing is left beside it, unless somebody else has it open.
pub(super) fn close(path: &Path, database: Connection) -> Result<(), StateError> {
    let unclosed = |error: &rusqlite::Error| StateError::Unclosed { path: path.to_owned(), reason: error.to_string() };
    // Where somebody reads it just now, whoever closes last does it.
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(|error| unclosed(&error))?;
    database.close().map_err(|(_, error)| unclosed(&error))
}

/// How a file looks from outside, where it was opened as one that nobody writes.
pub(super) type Outside = (u64, Option<SystemTime>);

/// Opens for reading: what the last whole run left. Where nothing can be written, neither to the file nor beside it, it is read as it lies there;
/// how it looked then is given too.
pub(super) fn open_to_read(path: &Path) -> Result<(Connection, Option<Outside>), StateError> {
    if !path.exists() {
        return Err(StateError::Missing(path.to_owned()));
    }
    let alone = beside::alone(path);
    let database = open_again(path)?;
    let writable = !database.is_readonly("main").unwrap_or(true);
    let found = beside::belongs(&database, path, alone).and_then(|()| stand(&database, path));
    // Whoever may not write could not take away again what SQLite puts beside a file that is read.
    let lies_still = match &found {
        Ok(_) => !writable,
        Err(error) => matches!(error, StateError::Closed { .. } | StateError::ReadOnly(_)),
    };
    let (found, database, outside) = match lies_still && !beside::is_there(path) {
        true => {
            let outside = outside(path);
            let database = immutable(path)?;
            (stand(&database, path)?, database, Some(outside))
        }
        false => (found?, database, None),
    };
    match found {
        Stand::Blank => Err(StateError::Empty(path.to_owned())),
        Stand::Version(_) => Ok((database, outside)),
    }
}

/// A further connection for reading, of a file that has been looked at. It may write, and never does but for this: who closes last puts into the
/// file what stands beside it, which those who may only read cannot.
pub(super) fn open_again(path: &Path) -> Result<Connection, StateError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// A connection to what the file alone holds, without locks: for a file that nobody writes.
pub(super) fn immutable(path: &Path) -> Result<Connection, StateError> {
    ours(path)?;
    let mut uri = String::from("file:");
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for byte in absolute.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            b'\\' if cfg!(windows) => uri.push('/'),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    if cfg!(windows) {
        uri.insert_str("file:".len(), "///");
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(uri + "?immutable=1", flags);
    database.map_err(|error| StateError::from_database(path, "open", &error))
}

/// How a file looks from outside.
pub(super) fn outside(path: &Path) -> Outside {
    std::fs::metadata(path).map_or((0, None), |found| (found.len(), found.modified().ok()))
}

/// Refuses what is no database at all.
fn ours(path: &Path) -> Result<(), StateError> {
    // SQLite takes a file of a few bytes for an empty one.
    let mut start = vec![];
    let read = File::open(path).and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut start));
    if read.is_ok_and(|bytes| bytes > 0) && start != MAGIC {
        return Err(StateError::Foreign(path.to_owned()));
    }
    Ok(())
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StateError> {
    ours(path)?;
    // A path is a path, whatever it looks like: `file:x` and `:memory:` too.
    let plain: PathBuf = match path.is_absolute() {
        true => path.to_owned(),
        false => Path::new(".").join(path),
    };
    // A connection is used by one thread at a time.
    let database = Connection::open_with_flags(plain, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let database = database.map_err(|error| StateError::from_database(path, "open", &error))?;
    database.busy_timeout(PATIENCE).map_err(|error| StateError::from_database(path, "open", &error))?;
    Ok(database)
}

/// Whose file it is, and how far its tables are.
fn stand(database: &Connection, path: &Path) -> Result<Stand, StateError> {
    let number = |query: &str| {
        let found = database.query_row(query, [], |row| row.get::<_, i64>(0));
        found.map_err(|error| StateError::from_database(path, "read", &error))
    };
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    match (application, version, tables) {
        (0, 0, 0) => Ok(Stand::Blank),
        (APPLICATION, version, _) if version > VERSION => {
            Err(StateError::Newer { path: path.to_owned(), version, known: VERSION })
        }
        (APPLICATION, 1.., 1..) => Ok(Stand::Version(version)),
        _ => Err(StateError::Foreign(path.to_owned())),
    }
}

/// `{since}` in a view is the moment as text: `2026-11-22T08:00:00Z`, with six digits of a second where there is a fraction.
pub(super) fn written_out(step: &str) -> String {
    let mut text = String::with_capacity(step.len() * 2);
    let mut rest = step;
    while let Some((before, after)) = rest.split_once('{') {
        let (moment, behind) = after.split_once('}').unwrap_or((after, ""));
        let fraction = format!("((({moment}) % 1000000 + 1000000) % 1000000)");
        text.push_str(before);
        text.push_str(&format!(
            "strftime('%Y-%m-%dT%H:%M:%S', (({moment}) - {fraction}) / 1000000, 'unixepoch') \
             || CASE {fraction} WHEN 0 THEN '' ELSE printf('.%06d', {fraction}) END || 'Z'"
        ));
        rest = behind;
    }
    text.push_str(rest);
    text
}
