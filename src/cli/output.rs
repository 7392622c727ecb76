//! Where results go: standard output, or a file that is whole or not there.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use super::{exit::Failure, temporary::Temporary};

/// Bytes that are written together.
const TOGETHER: usize = 1 << 16;

/// Somewhere to write bytes. Nothing that was written to a file is seen before [`Output::finish`].
pub(crate) struct Output {
    name: String,
    target: Target,
}

enum Target {
    Standard(BufWriter<io::Stdout>),
    /// A device or a pipe: written to as it is.
    Direct(BufWriter<File>),
    /// Written beside the file it becomes.
    Beside(BufWriter<Temporary>, PathBuf),
}

impl Output {
    /// Standard output.
    pub(crate) fn standard() -> Output {
        let target = Target::Standard(BufWriter::with_capacity(TOGETHER, io::stdout()));
        Output { name: "standard output".into(), target }
    }

    /// The file of `--out FILE`; `-` is standard output, and so is `/dev/stdout`, which leads to whatever file that was sent to.
    pub(crate) fn file(path: &Path) -> Result<Output, Failure> {
        if path.as_os_str() == "-" || path == Path::new("/dev/stdout") {
            return Ok(Output::standard());
        }
        let name = path.to_string_lossy().into_owned();
        let target = open(path).map_err(|error| match absent_folder(path) {
            Some(folder) => Failure::new(format!("cannot write `{name}`: there is no folder `{folder}`"))
                .help(format!("make it with `mkdir -p {folder}`")),
            None => Failure::file("write", &name, &error),
        })?;
        Ok(Output { name, target })
    }

    /// The file if one is named, otherwise standard output.
    pub(crate) fn to(path: Option<&Path>) -> Result<Output, Failure> {
        path.map_or_else(|| Ok(Output::standard()), Output::file)
    }

    /// Writes bytes.
    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
        let written = self.target.writer().write_all(bytes.as_ref());
        written.map_err(|error| self.failure(&error))
    }

    /// Writes what is left, so that a disk that is full is known before [`Output::finish`]; it reaches the disk while other work is done.
    pub(crate) fn settle(&mut self) -> Result<(), Failure> {
        self.write_left()?;
        if let Target::Beside(writer, _) = &mut self.target {
            writer.get_mut().settle();
        }
        Ok(())
    }

    fn write_left(&mut self) -> Result<(), Failure> {
        self.target.writer().flush().map_err(|error| self.failure(&error))
    }

    /// Writes what is left and puts a file in its place.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.write_left()?;
        let name = self.name;
        match self.target {
            Target::Standard(_) | Target::Direct(_) => Ok(()),
            Target::Beside(writer, becoming) => {
                let temporary = writer.into_inner().map_err(io::IntoInnerError::into_error);
                let finished = temporary.and_then(|temporary| temporary.finish(&becoming));
                finished.map_err(|error| Failure::file("write", &name, &error))
            }
        }
    }

    fn failure(&self, error: &io::Error) -> Failure {
        match (&self.target, error.kind()) {
            (Target::Standard(_), io::ErrorKind::BrokenPipe) => Failure::closed_pipe(),
            _ => Failure::file("write", &self.name, error),
        }
    }
}

impl Target {
    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Target::Standard(writer) => writer,
            Target::Direct(writer) => writer,
            Target::Beside(writer, _) => writer,
        }
    }
}

/// For writers that take an [`io::Write`]. An error carries the file's name; [`unwritable`] puts it into words.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.target.writer().write(bytes).map_err(|error| Unwritable::of(&self.name, error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.writer().flush().map_err(|error| Unwritable::of(&self.name, error))
    }
}

/// An error of writing, and the file that it is about: writers of records in between know no names.
#[derive(Debug)]
struct Unwritable {
    name: String,
    error: io::Error,
}

impl Unwritable {
    fn of(name: &str, error: io::Error) -> io::Error {
        io::Error::new(error.kind(), Unwritable { name: name.to_owned(), error })
    }

    /// The error that others, writers of Parquet among them, put theirs around.
    fn within(error: &io::Error) -> Option<&Unwritable> {
        let mut at: &(dyn std::error::Error + 'static) = error;
        loop {
            if let Some(found) = at.downcast_ref::<Unwritable>() {
                return Some(found);
            }
            // What an `io::Error` is around is not its source, but the source of that is.
            let inside = at.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            at = match inside {
                Some(inside) => inside,
                None => at.source()?,
            };
        }
    }
}

impl std::fmt::Display for Unwritable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`: {}", self.name, self.error)
    }
}

impl std::error::Error for Unwritable {}

/// Why something cannot be written, by the name of the file where it came to one. A closed pipe is no failure.
pub(crate) fn unwritable(what: &str, error: &io::Error) -> Failure {
    match Unwritable::within(error) {
        _ if error.kind() == io::ErrorKind::BrokenPipe => Failure::closed_pipe(),
        Some(known) => Failure::file("write", &known.name, &known.error),
        None => Failure::file("write", what, error),
    }
}

/// No two things are written to the same file, and none to those that a state, which is named last, has beside it while it is written.
pub(crate) fn apart(named: &[(&str, Option<&Path>)]) -> Result<(), Failure> {
    let mut taken: Vec<(&str, PathBuf)> = vec![];
    for (flag, path) in named.iter().filter_map(|(flag, path)| Some((*flag, settled((*path)?)?))) {
        let beside = ["-wal", "-shm", "-journal"].map(|ending| {
            let mut name = path.clone().into_os_string();
            name.push(ending);
            PathBuf::from(name)
        });
        let is_state = flag == "--state";
        let own = |other: &&(&str, PathBuf)| other.1 == path || is_state && beside.contains(&other.1);
        if let Some((other, meant)) = taken.iter().find(own) {
            let message = match *meant == path {
                true => format!("{other} and {flag} name the same file, `{}`", path.display()),
                false => format!("{other}: `{}` is a file of the state `{}`", meant.display(), path.display()),
            };
            return Err(Failure::new(message).help(format!("name another file behind {other}")));
        }
        taken.push((flag, path));
    }
    Ok(())
}

/// Where a file is or will be; none of standard output, and of what can be written to by many.
fn settled(path: &Path) -> Option<PathBuf> {
    if path.as_os_str() == "-" || is_device(path) {
        return None;
    }
    let path = behind_links(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = std::fs::canonicalize(&path).ok();
    real.or_else(|| Some(std::fs::canonicalize(folder).ok()?.join(path.file_name()?)))
}

/// Whether something is there that is no file: `/dev/null`, a pipe.
pub(crate) fn is_device(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn open(path: &Path) -> io::Result<Target> {
    let target = behind_links(path);
    match std::fs::metadata(&target) {
        Ok(existing) if existing.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(existing) if !existing.is_file() => {
            Ok(Target::Direct(BufWriter::with_capacity(TOGETHER, OpenOptions::new().write(true).open(&target)?)))
        }
        Ok(_) => {
            // A file that may not be written is not to be replaced either.
            OpenOptions::new().write(true).open(&target)?;
            Ok(Target::Beside(BufWriter::with_capacity(TOGETHER, Temporary::beside(&target)?), target))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(Target::Beside(BufWriter::with_capacity(TOGETHER, Temporary::beside(&target)?), target))
        }
        Err(error) => Err(error),
    }
}

/// The folder of a path, where there is none.
fn absent_folder(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())?;
    Some(folder.to_string_lossy().into_owned())
}

/// The file that a symbolic link leads to, also where that does not exist yet: the link stays a link.
fn behind_links(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    for _ in 0..40 {
        let Ok(next) = std::fs::read_link(&target) else { break };
        target = target.parent().unwrap_or(Path::new("")).join(next);
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::exit::Exit;

    fn files(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_there_when_it_is_whole_and_not_before() -> Result<(), Failure> {
        let folder = tempfile::tempdir().expect("a folder for a test");
        let path = folder.path().join("tags.csv");
        std::fs::write(&path, "old").expect("a file of the test");
        let mut output = Output::file(&path)?;
        output.write("x".repeat(1 << 20))?;
        assert_eq!(std::fs::read_to_string(&path).ok().as_deref(), Some("old"));
        drop(output);
        assert_eq!(files(folder.path()), ["tags.csv"], "what is not finished is removed");
        let mut output = Output::file(&path)?;
        output.write("new")?;
        output.finish()?;
        assert_eq!(std::fs::read_to_string(&path).ok().as_deref(), Some("new"));
        assert_eq!(files(folder.path()), ["tags.csv"]);
        Ok(())
    }

    #[test]
    fn where_a_file_cannot_be_is_said_before_anything_is_written() {
        let folder = tempfile::tempdir().expect("a folder for a test");
        for path in [folder.path().to_owned(), folder.path().join("no/such/folder")] {
            let failure = Output::file(&path).err().expect("it cannot be written");
            assert_eq!(failure.exit, Exit::Failed);
            assert!(failure.message.contains("cannot write"), "{}", failure.message);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_has_the_permissions_of_any_new_file() -> Result<(), Failure> {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder for a test");
        let (ours, any) = (folder.path().join("ours"), folder.path().join("any"));
        Output::file(&ours)?.finish()?;
        std::fs::write(&any, "").expect("a file of the test");
        let mode = |path: &Path| std::fs::metadata(path).map(|found| found.permissions().mode()).ok();
        assert_eq!(mode(&ours), mode(&any));
        Ok(())
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_to_and_stays_one() -> Result<(), Failure> {
        use std::os::unix::fs::FileTypeExt;
        let mut output = Output::file(Path::new("/dev/null"))?;
        output.write("gone")?;
        output.finish()?;
        assert!(std::fs::metadata("/dev/null").is_ok_and(|found| found.file_type().is_char_device()));
        let mut full = Output::file(Path::new("/dev/full"))?;
        full.write("x")?;
        let failure = full.finish().expect_err("the disk is full");
        assert_eq!(failure.message, "cannot write `/dev/full`: the disk is full");
        Ok(())
    }
}
