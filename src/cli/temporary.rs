//! Files that are being written, so that none is left behind when the command is interrupted.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use tagwell::data::Memory;
use tempfile::{Builder, NamedTempFile};

use super::{exit::Exit, settling::Settling};

static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(vec![]);

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who can be interrupted, and then goes on with something else.
static LISTENER: OnceLock<Arc<Memory>> = OnceLock::new();

/// From now on Ctrl-C ends what is being read or evaluated, and not the command; it still does when it is pressed again.
pub(crate) fn interrupt_only(memory: Arc<Memory>) {
    let _ = LISTENER.set(memory);
}

/// Removes unfinished files and ends with the code for "interrupted" when Ctrl-C is pressed. Where no handler can be set the system ends the
/// command, which says the same to a shell.
pub(crate) fn remove_when_interrupted() {
    let _ = ctrlc::set_handler(|| {
        if LISTENER.get().is_some_and(|memory| !memory.stop()) {
            return;
        }
        // The lock is kept until the end: a file that is just being renamed is whole before, or not there.
        let files = unfinished();
        for file in files.iter() {
            let _ = if file.is_dir() { std::fs::remove_dir_all(file) } else { std::fs::remove_file(file) };
        }
        std::process::exit(Exit::Interrupted as i32);
    });
}

/// A folder that whoever made it removes, and an interruption too.
pub(crate) struct RemovedWhenInterrupted(PathBuf);

impl RemovedWhenInterrupted {
    /// Notes a folder, until this is dropped.
    pub(crate) fn folder(path: &Path) -> RemovedWhenInterrupted {
        unfinished().push(path.to_owned());
        RemovedWhenInterrupted(path.to_owned())
    }
}

impl Drop for RemovedWhenInterrupted {
    fn drop(&mut self) {
        unfinished().retain(|path| *path != self.0);
    }
}

/// A file in the system's folder for such that this command reads again: removed when this is dropped, and by an interruption.
#[derive(Debug)]
pub(crate) struct ReadAgain(NamedTempFile);

impl ReadAgain {
    /// Begins a file with an ending (`.csv`), which only its owner may read.
    pub(crate) fn with_ending(ending: &str) -> io::Result<ReadAgain> {
        remove_what_was_left(&std::env::temp_dir(), ending);
        let mut files = unfinished();
        let file = Builder::new().prefix(PREFIX).rand_bytes(DRAWN).suffix(ending).tempfile()?;
        files.push(file.path().to_owned());
        Ok(ReadAgain(file))
    }

    /// All of it is written: from now on it is locked, against those who remove what was left, and not against readers.
    pub(crate) fn written(self) -> ReadAgain {
        let _ = self.0.as_file().try_lock_shared();
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl io::Write for ReadAgain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Drop for ReadAgain {
    fn drop(&mut self) {
        unfinished().retain(|file| file != self.0.path());
    }
}

/// A file beside the one that it will become. Dropped without [`Temporary::finish`], it is removed.
pub(crate) struct Temporary {
    file: NamedTempFile,
    settling: Settling,
}

impl Temporary {
    /// Begins a file beside `becoming`, with the permissions of the file that is there, or those that a new file gets.
    pub(crate) fn beside(becoming: &Path) -> io::Result<Temporary> {
        let folder = becoming.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        remove_what_was_left(folder, "");
        // Made and noted under one lock, so that an interruption finds either no file or one it knows.
        let mut files = unfinished();
        let file = builder().tempfile_in(folder)?;
        // As long as somebody writes it; where the file system knows no locks, nobody takes it for one that was left.
        let _ = file.as_file().try_lock();
        files.push(file.path().to_owned());
        let temporary = Temporary { file, settling: Settling::default() };
        drop(files);
        if let Ok(existing) = std::fs::metadata(becoming) {
            temporary.file.as_file().set_permissions(existing.permissions())?;
        }
        Ok(temporary)
    }

    /// Brings what was written to the disk while other work is done.
    pub(crate) fn settle(&mut self) {
        self.settling.settle(self.file.as_file());
    }

    /// Puts the file, now whole, in its place: also where the power fails a moment later.
    pub(crate) fn finish(self, becoming: &Path) -> io::Result<()> {
        self.settling.finish()?;
        self.file.as_file().sync_all()?;
        let mut files = unfinished();
        files.retain(|file| file != self.file.path());
        self.file.persist(becoming).map(drop).map_err(|error| error.error)
    }
}

impl io::Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.settling.wrote(written, self.file.as_file());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// How the name of an unfinished file begins. Nobody else gives such names, since whatever has one may be removed.
const PREFIX: &str = ".tagwell-unfinished-";

/// So many letters and digits, drawn by chance, stand behind it.
const DRAWN: usize = 6;

/// Whether a file has a name that an unfinished one gets, with this ending.
fn is_ours(name: &OsStr, ending: &str) -> bool {
    let drawn = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(ending));
    drawn.is_some_and(|drawn| drawn.len() == DRAWN && drawn.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// So old is an unfinished file that may have been left by a command that was killed.
const LEFT: Duration = Duration::from_secs(60);

/// Removes files that were left in a folder by commands that were killed: nobody has them locked any more. What cannot be looked at stays.
fn remove_what_was_left(folder: &Path, ending: &str) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if !is_ours(&entry.file_name(), ending) {
            continue;
        }
        let old = |found: &std::fs::Metadata| {
            found.is_file() && found.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT))
        };
        // A link is none of ours.
        if !entry.metadata().is_ok_and(|found| old(&found)) {
            continue;
        }
        let Ok(file) = std::fs::File::open(entry.path()) else { continue };
        if file.try_lock().is_ok() {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(unix)]
fn builder() -> Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;
    // As for any new file; the process's mask is taken from it.
    let permissions = std::fs::Permissions::from_mode(0o666);
    let mut builder = Builder::new();
    builder.prefix(PREFIX).rand_bytes(DRAWN).permissions(permissions);
    builder
}

#[cfg(not(unix))]
fn builder() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).rand_bytes(DRAWN);
    builder
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        time::SystemTime,
    };

    use super::*;

    /// What is left of these files in a folder, an hour old but for those with `new` in their names, after a command has written there.
    fn left(names: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder for a test");
        let path = |name: &str| folder.path().join(name);
        let hour = SystemTime::now() - Duration::from_secs(3600);
        for name in names {
            let file = File::create(path(name)).expect("a file of the test");
            if !name.contains("new") {
                file.set_modified(hour).expect("a file of the test");
            }
        }
        // Another command is writing it.
        let written = File::open(path(names[0])).expect("it is there");
        written.try_lock().expect("nobody has it");
        drop(Temporary::beside(&path("out.csv")).expect("it can be written"));
        remove_what_was_left(folder.path(), ".csv");
        let all = fs::read_dir(folder.path()).expect("it is there").flatten();
        let mut left: Vec<String> = all.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        left.sort();
        left
    }

    #[test]
    fn what_a_killed_command_left_is_removed_by_the_next_one() {
        let written = ".tagwell-unfinished-writEn";
        let new = ".tagwell-unfinished-new123";
        let names = [written, ".tagwell-unfinished-Left01", ".tagwell-unfinished-Left02.csv", new];
        assert_eq!(left(&names), [new, written]);
    }

    #[test]
    fn what_has_a_like_name_and_is_somebody_elses_stays() {
        let mut names = [
            ".other",
            ".tagwell-left.csv",
            ".tagwell-notes",
            ".tagwell-shop.state",
            ".tagwell-unfinished-",
            ".tagwell-unfinished-abc-12",
            ".tagwell-unfinished-abcdef.jsonl",
            ".tagwell-unfinished-abcdefg",
            ".tagwell-unfinished-notes",
            ".tagwell-unfinished-shop.state",
            ".tagwell-x.state",
            "tagwell-unfinished-abcdef",
        ];
        // The first is locked, so each has a turn to be the second.
        for _ in 0..2 {
            let mut sorted = names.to_vec();
            sorted.sort();
            assert_eq!(left(&names), sorted);
            names.reverse();
        }
    }

    #[test]
    fn a_file_that_is_read_again_has_a_name_that_the_next_command_knows() {
        let file = ReadAgain::with_ending(".csv").expect("it can be written");
        let path = file.path().to_owned();
        assert!(path.file_name().is_some_and(|name| is_ours(name, ".csv") && !is_ours(name, "")));
        assert!(unfinished().contains(&path));
        drop(file);
        assert!(!unfinished().contains(&path) && !path.exists());
        let becoming = path.with_file_name("out.csv");
        let beside = Temporary::beside(&becoming).expect("it can be written");
        assert!(beside.file.path().file_name().is_some_and(|name| is_ours(name, "")));
    }
}
