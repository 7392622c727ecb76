//! A file to read: where it is, what form it has, and its bytes, unpacked.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::data::{
    DataError, Memory, beginning,
    lines::{self, Lines},
    pipe::Pipe,
};

/// The form of a data file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header, RFC 4180.
    Csv,
    /// Tab-separated values with a header.
    Tsv,
    /// One JSON object a line.
    JsonLines,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow, file or stream.
    Arrow,
}

/// A file to read, or standard input.
#[derive(Clone, Debug)]
pub struct Input {
    /// None for standard input.
    path: Option<PathBuf>,
    /// Its form.
    pub format: Format,
    packed: Packed,
    /// Standard input, or a pipe, which can be read only once.
    pipe: Arc<Pipe>,
    /// The parts of a folder or a glob, in path order; then this is none of them.
    parts: Vec<Input>,
    /// Where what is read of it is kept.
    memory: Option<Arc<Memory>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packed {
    Not,
    Gzip,
    Zstandard,
}

const KNOWN: &str = "csv, tsv, jsonl and ndjson (each also .gz or .zst), parquet and arrow";

impl Input {
    /// The file of `users.csv`, `users.jsonl.gz`, `csv:-`, `jsonl:export.txt`.
    ///
    /// # Errors
    /// A form that is not known.
    pub fn parse(spec: &str) -> Result<Input, DataError> {
        let (said, path) = match spec.split_once(':') {
            Some((word, path)) if named(word).is_some() => (Some(word), path),
            _ => (None, spec),
        };
        if path != "-" && !Path::new(path).is_file() && (Path::new(path).is_dir() || path.contains(['*', '?', '['])) {
            return Input::of_parts(path, said);
        }
        let (format, path) = match spec.split_once(':') {
            Some((word, path)) if named(word).is_some() => (named(word), path),
            _ => (None, spec),
        };
        let lower = path.to_lowercase();
        let (stem, packed) = match (lower.strip_suffix(".gz"), lower.strip_suffix(".zst")) {
            (Some(stem), _) => (stem, Packed::Gzip),
            (_, Some(stem)) => (stem, Packed::Zstandard),
            (None, None) => (lower.as_str(), Packed::Not),
        };
        let format = format.or_else(|| named(Path::new(stem).extension()?.to_str()?));
        let format = match (format, path) {
            (Some(format), _) => format,
            (None, "-") => Format::Csv,
            (None, _) => {
                return Err(DataError::Unfit {
                    file: path.into(),
                    reason: "the form of this file is not known from its name".into(),
                    help: Some(match Path::new(stem).extension().and_then(|ending| ending.to_str()) {
                        Some("xlsx" | "xls" | "numbers" | "ods") => {
                            "save the sheet as `CSV UTF-8` in the spreadsheet, and name that file".into()
                        }
                        Some("json") => format!(
                            "JSON is read line by line, an object a line: if it is that, say `jsonl:{path}`; of an array make lines first: `jq -c '.[]' {path} > users.jsonl`"
                        ),
                        _ => format!("say it: `csv:{path}`; known are {KNOWN}"),
                    }),
                });
            }
        };
        let path = (path != "-").then(|| PathBuf::from(path));
        Ok(Input { path, format, packed, pipe: Arc::default(), parts: vec![], memory: None })
    }

    /// A folder's files, or those that a glob such as `users-*.parquet` names, as one table.
    fn of_parts(path: &str, said: Option<&str>) -> Result<Input, DataError> {
        let pattern =
            if Path::new(path).is_dir() { format!("{}/*", glob::Pattern::escape(path)) } else { path.to_owned() };
        let found = glob::glob(&pattern)
            .map_err(|error| DataError::unfit(path, error.to_string(), "a pattern is written as `users-*.csv`"))?;
        let mut files: Vec<String> = vec![];
        for entry in found {
            let file = entry.map_err(|error| DataError::Unreadable { file: path.into(), error: error.into() })?;
            // What Spark writes beside its files, `_SUCCESS`, is no data either.
            let is_note = |name: &[u8]| name.starts_with(b".") || name.starts_with(b"_") && !name.contains(&b'.');
            let note = file.file_name().is_some_and(|name| is_note(name.as_encoded_bytes()));
            if file.is_file() && !note {
                files.push(file.to_string_lossy().into_owned());
            }
        }
        files.sort();
        let spec = |file: &String| said.map_or_else(|| file.clone(), |word| format!("{word}:{file}"));
        let parts: Result<Vec<Input>, DataError> = files.iter().map(|file| Input::parse(&spec(file))).collect();
        let parts = parts?;
        let Some(first) = parts.first() else {
            return Err(DataError::unfit(
                path,
                "there is no data file there",
                "put the table's files there, or name another folder or pattern",
            ));
        };
        let (format, packed) = (first.format, first.packed);
        Ok(Input { path: Some(path.into()), format, packed, pipe: Arc::default(), parts, memory: None })
    }

    /// The files that make up the table: itself, or its parts.
    pub(super) fn parts(&self) -> &[Input] {
        if self.parts.is_empty() { std::slice::from_ref(self) } else { &self.parts }
    }

    /// Where it is; none for standard input.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Where its bytes stand as they are, to be read in any order; none where they are packed, or come through a pipe.
    pub(super) fn plain_file(&self) -> Option<&Path> {
        self.path.as_deref().filter(|path| self.packed == Packed::Not && path.is_file())
    }

    /// The same; what is read of it is kept.
    pub(super) fn kept_in(self, memory: &Arc<Memory>) -> Input {
        Input { memory: Some(Arc::clone(memory)), ..self }
    }

    /// The same, read from its file.
    pub(super) fn kept_nowhere(self) -> Input {
        Input { memory: None, ..self }
    }

    /// Where what is read of it is kept, if it is.
    pub fn memory(&self) -> Option<&Arc<Memory>> {
        self.memory.as_ref()
    }

    /// Whether it is standard input, or a pipe.
    pub fn is_read_once(&self) -> bool {
        self.path.as_deref().is_none_or(is_pipe)
    }

    /// What messages call it.
    pub fn name(&self) -> String {
        self.path.as_ref().map_or_else(|| "<stdin>".into(), |path| path.to_string_lossy().into_owned())
    }

    /// Its bytes, unpacked. A text's lines have a length that memory can hold.
    ///
    /// # Errors
    /// A file that cannot be opened.
    pub fn open(&self) -> Result<Box<dyn Read + Send>, DataError> {
        let unpacked = self.open_unwatched()?;
        Ok(match self.format {
            Format::Csv | Format::Tsv | Format::JsonLines => Box::new(Lines::of(unpacked)),
            Format::Parquet | Format::Arrow => unpacked,
        })
    }

    /// The same for who watches the length of records.
    pub(super) fn open_unwatched(&self) -> Result<Box<dyn Read + Send>, DataError> {
        let bytes: Box<dyn Read + Send> = match &self.path {
            // `<(zcat users.csv.gz)` in a shell
            Some(path) if is_pipe(path) => self.once(|| Ok(Box::new(File::open(path)?)))?,
            Some(path) => {
                let file = File::open(path).map_err(|error| self.unreadable(error))?;
                if file.metadata().is_ok_and(|found| found.is_dir()) {
                    return Err(self.unreadable(io::ErrorKind::IsADirectory.into()));
                }
                Box::new(file)
            }
            None => self.once(|| Ok(Box::new(io::stdin())))?,
        };
        let mut bytes = BufReader::with_capacity(1 << 16, bytes);
        let begins = bytes.fill_buf().map_err(|error| self.unreadable(error))?;
        let wrong = match self.packed {
            Packed::Not => beginning::of_another_form(self, begins),
            Packed::Gzip => beginning::not_packed(self, begins, &beginning::GZIP),
            Packed::Zstandard => beginning::not_packed(self, begins, &beginning::ZSTANDARD),
        };
        wrong.map_or(Ok(()), Err)?;
        Ok(match self.packed {
            Packed::Not => Box::new(bytes),
            Packed::Gzip => Box::new(flate2::read::MultiGzDecoder::new(bytes)),
            Packed::Zstandard => Box::new(zstd::Decoder::new(bytes).map_err(|error| self.unreadable(error))?),
        })
    }

    /// An error of the system about this file.
    pub fn unreadable(&self, error: io::Error) -> DataError {
        match error.get_ref().and_then(|error| error.downcast_ref::<lines::TooLong>()) {
            Some(too_long) => {
                let help = if self.format == Format::JsonLines { lines::ONE_A_LINE } else { lines::A_QUOTE };
                DataError::Unfit { file: self.name(), reason: too_long.to_string(), help: Some(help.into()) }
            }
            None => DataError::Unreadable { file: self.name(), error },
        }
    }

    fn once(&self, open: impl FnOnce() -> io::Result<Box<dyn Read + Send>>) -> Result<Box<dyn Read + Send>, DataError> {
        let reader = self.pipe.read(open).map_err(|error| self.unreadable(error))?;
        Ok(Box::new(reader))
    }

    /// Who reads it next is the last to do so: of standard input, or a pipe, nothing is kept from then on.
    pub fn read_for_the_last_time(&self) {
        self.pipe.keep_no_more();
    }
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    path.metadata().is_ok_and(|found| found.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_: &Path) -> bool {
    false
}

fn named(word: &str) -> Option<Format> {
    match word {
        "csv" => Some(Format::Csv),
        "tsv" => Some(Format::Tsv),
        "jsonl" | "ndjson" => Some(Format::JsonLines),
        "parquet" => Some(Format::Parquet),
        "arrow" => Some(Format::Arrow),
        _ => None,
    }
}
