//! The RULES argument: a file, a folder, or standard input, read into sources and trees.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use tagwell::{
    data,
    diagnostic::{
        Diagnostic, Sink,
        code::{NOT_UTF8, TOO_LARGE},
        nearest,
    },
    source::{SourceId, Sources, Span},
    syntax::{self, ast},
};

use super::{
    exit::Failure,
    report::{self, MessageFormat},
    voice::Voice,
};

/// Bytes that a rule file may have at most.
pub(crate) const LARGEST: u64 = 64 << 20;

/// The texts of a rulebook, in path order, and what was wrong with them as texts.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) sources: Sources,
    /// The files that could be read as text.
    pub(crate) files: Vec<RuleFile>,
    /// What could not be read as text, and why.
    pub(crate) found: Vec<Diagnostic>,
}

/// One text of a rulebook.
#[derive(Clone, Debug)]
pub(crate) struct RuleFile {
    pub(crate) source: SourceId,
    /// None for standard input.
    pub(crate) path: Option<PathBuf>,
}

impl Rules {
    /// Reads what the argument names.
    pub(crate) fn read(argument: &Path) -> Result<Rules, Failure> {
        Rules::read_all(&[argument])
    }

    /// Reads what several arguments name, as `fmt` takes them.
    pub(crate) fn read_all(arguments: &[impl AsRef<Path>]) -> Result<Rules, Failure> {
        let mut rules = Rules::default();
        for argument in arguments.iter().map(AsRef::as_ref) {
            if argument.as_os_str() == "-" {
                let bytes = limited(io::stdin().lock(), 0).map_err(|error| Failure::file("read", "<stdin>", &error))?;
                rules.add(None, bytes);
                continue;
            }
            for path in paths(argument)? {
                let name = path.to_string_lossy().into_owned();
                let bytes = File::open(&path).and_then(|file| {
                    let about = file.metadata().map_or(0, |of| of.len());
                    limited(file, about)
                });
                rules.add(Some(path), bytes.map_err(|error| Failure::file("read", &name, &error))?);
            }
        }
        Ok(rules)
    }

    /// The trees of all files and, in reading order, everything wrong with their texts and their syntax.
    pub(crate) fn parse(&self) -> (Vec<ast::File>, Vec<Diagnostic>) {
        let mut sink = Sink::new();
        self.found.iter().for_each(|diagnostic| sink.push(diagnostic.clone()));
        let parse = |file: &RuleFile| syntax::parse(file.source, self.sources.get(file.source).text(), &mut sink);
        let trees = self.files.iter().map(parse).collect();
        (trees, sink.finish())
    }

    /// The texts under their names; what could not be read as text ends the command.
    pub(crate) fn texts(&self, format: MessageFormat, voice: &Voice) -> Result<Vec<(String, Arc<str>)>, Failure> {
        if !self.found.is_empty() {
            report::beside_the_answer(&self.found, &self.sources, format, voice);
            return Err(Failure::told());
        }
        let text = |file: &RuleFile| {
            let source = self.sources.get(file.source);
            (source.name().to_owned(), source.shared_text())
        };
        Ok(self.files.iter().map(text).collect())
    }

    fn add(&mut self, path: Option<PathBuf>, bytes: Vec<u8>) {
        let name = path.as_ref().map_or_else(|| "<stdin>".into(), |path| path.to_string_lossy().into_owned());
        if bytes.len() as u64 > LARGEST {
            let source = self.sources.add(name, "");
            self.found.push(too_large(source));
            return;
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                let source = self.sources.add(name, text);
                self.files.push(RuleFile { source, path });
            }
            Err(error) => {
                // The text up to the first bad byte is kept, so that its place has a line and a column.
                let at = error.utf8_error().valid_up_to();
                let bytes = error.into_bytes();
                let text = bytes.get(..at).map(String::from_utf8_lossy).unwrap_or_default();
                let source = self.sources.add(name, text.as_ref());
                self.found.push(not_utf8(source, at, &bytes));
            }
        }
    }
}

fn not_utf8(source: SourceId, at: usize, bytes: &[u8]) -> Diagnostic {
    let byte = bytes.get(at).copied().unwrap_or_default();
    let utf_16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let message = if utf_16 { "this file is UTF-16, not UTF-8" } else { "this file is not UTF-8" };
    let told = Diagnostic::error(NOT_UTF8, Span::new(source, at, at), message)
        .here(format!("byte {at} of the file is 0x{byte:02X}"));
    let told = match !utf_16 && data::looks_like_gbk(bytes.get(at..).unwrap_or_default()) {
        true => told.note("it looks like GBK, in which Chinese Windows saves texts"),
        false => told,
    };
    told.help("save it as UTF-8: in Notepad under \"Save as\", Encoding: UTF-8; in VS Code \"Save with Encoding\"")
        .help(match utf_16 {
            true => "or convert it: `iconv -f UTF-16 -t UTF-8 old.rules > new.rules`",
            false => "or convert it: `iconv -f GB18030 -t UTF-8 old.rules > new.rules`",
        })
}

fn too_large(source: SourceId) -> Diagnostic {
    Diagnostic::error(TOO_LARGE, Span::new(source, 0, 0), "this file has more than 64 MiB")
        .help("put long lists of users or values into a column of the data")
}

/// All bytes, which may be about so many, but not many more than a rule file may have.
fn limited(reader: impl Read, about: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(about.min(LARGEST) as usize + 1);
    reader.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The rule files that an argument names.
fn paths(argument: &Path) -> Result<Vec<PathBuf>, Failure> {
    let name = argument.to_string_lossy().into_owned();
    let found = match std::fs::metadata(argument) {
        Ok(found) => found,
        Err(error) => return Err(missing(argument, Failure::file("read", &name, &error))),
    };
    if found.is_dir() {
        let mut found = vec![];
        walk(argument, &mut HashSet::new(), &mut found)?;
        found.sort();
        if found.is_empty() {
            let failure = Failure::new(format!("there is no `.rules` file in the folder `{name}`"));
            return Err(failure.help("`tagwell init DIR` makes a small working project"));
        }
        return Ok(found);
    }
    if is_data(argument) {
        let failure = Failure::new(format!("`{name}` is a data file; rules come first"));
        return Err(failure.help(format!("name the rules, then the data: `tagwell run RULES {name}`")));
    }
    Ok(vec![argument.to_owned()])
}

/// Collects all `*.rules` below a folder; hidden ones are left out, and what is reached twice over links is taken once.
fn walk(folder: &Path, seen: &mut HashSet<PathBuf>, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unreadable = |error: io::Error| Failure::file("read", &folder.to_string_lossy(), &error);
    if !seen.insert(std::fs::canonicalize(folder).map_err(unreadable)?) {
        return Ok(());
    }
    let entries: io::Result<Vec<_>> =
        std::fs::read_dir(folder).map_err(unreadable)?.map(|entry| Ok(entry?.file_name())).collect();
    let mut names = entries.map_err(unreadable)?;
    names.sort();
    for name in names.iter().filter(|name| !name.as_encoded_bytes().starts_with(b".")) {
        let path = folder.join(name);
        // A link that leads nowhere is nobody's rule file.
        let Ok(entry) = std::fs::metadata(&path) else { continue };
        if entry.is_dir() {
            walk(&path, seen, found)?;
        } else if entry.is_file() && path.extension() == Some(OsStr::new("rules")) {
            let once =
                std::fs::canonicalize(&path).map_err(|error| Failure::file("read", &path.to_string_lossy(), &error))?;
            if seen.insert(once) {
                found.push(path);
            }
        }
    }
    Ok(())
}

fn is_data(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.trim_end_matches(".gz").trim_end_matches(".zst");
    [".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".arrow"].iter().any(|ending| name.ends_with(ending))
}

/// Proposes a file beside the one that is not there.
fn missing(argument: &Path, failure: Failure) -> Failure {
    let folder = argument.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(wanted) = argument.file_name().map(OsStr::to_string_lossy) else { return failure };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(10_000);
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.ends_with(".rules") || folder.join(name).is_dir());
    names.sort();
    match nearest(&wanted, names.iter().map(String::as_str)) {
        Some(name) => failure.help(format!("did you mean `{}`?", argument.with_file_name(name).display())),
        None => failure,
    }
}
