//! Why a state file cannot be used, in the operator's words: where, what, and what to do.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why a state file cannot be used. Shown, it is a headline; [`StateError::help`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// There is no such file, and one is needed.
    #[error("there is no state at `{}`", .0.display())]
    Missing(PathBuf),
    /// The folder that the file would lie in is not there.
    #[error("cannot create the state `{}`: there is no folder `{}`", path.display(), folder.display())]
    NoFolder {
        /// The state.
        path: PathBuf,
        /// What is not there.
        folder: PathBuf,
    },
    /// The file is something else; it was left as it is.
    #[error("`{}` is not a state of tagwell", .0.display())]
    Foreign(PathBuf),
    /// The file was written by a newer tagwell.
    #[error("the state `{}` was written by a newer tagwell (version {version} of its tables; this one knows {known})", path.display())]
    Newer {
        /// The state.
        path: PathBuf,
        /// Version of its tables.
        version: i64,
        /// The last version that is known here.
        known: i64,
    },
    /// No run has been recorded yet.
    #[error("the state `{}` holds no run yet", .0.display())]
    Empty(PathBuf),
    /// Another process records a run.
    #[error("the state `{}` is in use: another run is recording in it", .0.display())]
    Busy(PathBuf),
    /// It may not be written.
    #[error("the state `{}` is read-only", .0.display())]
    ReadOnly(PathBuf),
    /// It may not be opened.
    #[error("cannot open the state `{}`: {reason}", path.display())]
    Closed {
        /// The state.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// No room is left where it lies.
    #[error("cannot write the state `{}`: the disk is full", .0.display())]
    Full(PathBuf),
    /// Parts of the file are not what they were.
    #[error("the state `{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The state.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// What stands beside the file was written for another.
    #[error("the state `{}` is not the one that `{}-wal` beside it was written for", .0.display(), .0.display())]
    Stray(PathBuf),
    /// Somebody wrote it while it was read without locks.
    #[error("the state `{}` was written while it was read", .0.display())]
    Changed(PathBuf),
    /// All is recorded, and not in its place.
    #[error("the run is recorded, but the state `{}` could not be closed: {reason}", path.display())]
    Unclosed {
        /// The state.
        path: PathBuf,
        /// What the database said.
        reason: String,
    },
    /// Two users of one key.
    #[error("cannot record in the state `{}`: a key was given to two users", .0.display())]
    SameKey(PathBuf),
    /// Two decisions of one id.
    #[error("cannot record in the state `{}`: an action was decided twice", .0.display())]
    SameAction(PathBuf),
    /// Anything else that the database said.
    #[error("cannot {doing} the state `{}`: {reason}", path.display())]
    Other {
        /// The state.
        path: PathBuf,
        /// `read`, `write`.
        doing: &'static str,
        /// What the database said.
        reason: String,
    },
}

impl StateError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            StateError::Missing(path) => {
                format!("a state is made by `tagwell run RULES FILE --state {}`; look at the path", path.display())
            }
            StateError::NoFolder { folder, .. } => format!("make it with `mkdir -p {}`", folder.display()),
            StateError::Foreign(_) => "it was left as it is; give `--state` another path".into(),
            StateError::Newer { .. } => {
                "use that tagwell, or a newer one; or give `--state` another path to begin anew".into()
            }
            StateError::Empty(path) => {
                format!("record one with `tagwell run RULES FILE --state {}`", path.display())
            }
            StateError::Busy(_) => "wait until it has ended and try again; nothing was changed".into(),
            StateError::ReadOnly(_) => {
                "make the file and its folder writable for this user; nothing was changed".into()
            }
            StateError::Closed { .. } => "look at the path, which is a file's, and at who may read and write there".into(),
            StateError::Full(_) => "make room and run again: the state is as the last whole run left it".into(),
            StateError::Damaged { .. } => {
                "put the last copy of it back, and take away the `-wal` and `-shm` beside it; `sqlite3 FILE 'pragma integrity_check'` says more".into()
            }
            StateError::Stray(path) => {
                let path = path.display();
                format!("where `{path}` is a copy that was put back, take away `{path}-wal` and `{path}-shm`, which are of another time; nothing was changed")
            }
            StateError::Changed(_) => "ask again: a run was recorded meanwhile".into(),
            StateError::Unclosed { path, .. } => {
                let path = path.display();
                format!("what it recorded stands in `{path}-wal`: leave that beside `{path}`, the next command that takes the state puts it in its place; look at the disk")
            }
            StateError::SameKey(_) => "look for duplicate keys in the data; nothing was recorded".into(),
            StateError::SameAction(_) => "this is a defect of tagwell: please report it; nothing was recorded".into(),
            StateError::Other { .. } => {
                "the state is as the last whole run left it; look at the disk it lies on and run again".into()
            }
        }
    }

    /// What the database said of a file.
    pub(super) fn from_database(path: &Path, doing: &'static str, error: &rusqlite::Error) -> StateError {
        let path = path.to_owned();
        let (code, extended) = match error {
            rusqlite::Error::SqliteFailure(failure, _) => (Some(failure.code), failure.extended_code),
            _ => (None, 0),
        };
        let reason = match error {
            rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
            other => other.to_string(),
        };
        match code {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StateError::Busy(path),
            Some(ErrorCode::DiskFull) => StateError::Full(path),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StateError::ReadOnly(path),
            Some(ErrorCode::NotADatabase) => StateError::Foreign(path),
            Some(ErrorCode::CannotOpen) if path.is_dir() => {
                StateError::Closed { path, reason: "it is a folder".to_owned() }
            }
            Some(ErrorCode::CannotOpen) => StateError::Closed { path, reason },
            Some(ErrorCode::DatabaseCorrupt) => StateError::Damaged { path, reason },
            Some(ErrorCode::ConstraintViolation) if extended == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE => {
                match reason.contains("action_id") {
                    true => StateError::SameAction(path),
                    false => StateError::SameKey(path),
                }
            }
            // A value of another kind than a column has: somebody else wrote there.
            None => StateError::Damaged { path, reason },
            Some(_) => StateError::Other { path, doing, reason },
        }
    }
}
