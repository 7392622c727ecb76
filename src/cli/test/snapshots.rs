//! Snapshots of a rulebook: taken, held against their files, kept where that is wanted.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use tagwell::{
    diagnostic::{
        Diagnostic,
        code::{SNAPSHOT_DIFFERS, SNAPSHOT_FAILS, SNAPSHOT_NEW},
    },
    engine::{Checked, LoadError, Rulebook, RunError},
    ir::{Body, Snapshot},
    source::Sources,
    testing::{
        Outcome,
        snapshot::{self, Change, Difference, SnapshotError, Taken},
    },
};

use super::{
    super::{book, exit::Failure, output::Output, summary::grouped, voice::Voice},
    report::Played,
    review::{self, Decision},
};

/// Users of whom something differs, above which it is told how often what does.
const MANY: usize = 20;

/// What becomes of a snapshot that is not as its file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// It fails, and what is new is written beside the file.
    Beside,
    /// It fails, and nothing is written.
    Nothing,
    /// The file is written anew.
    New,
    /// Somebody is asked.
    Ask,
}

/// A rulebook, and where it stands.
pub(crate) struct Place<'p> {
    pub(crate) rulebook: &'p Rulebook,
    pub(crate) checked: &'p Checked,
    pub(crate) folder: &'p Path,
    /// The argument as it was typed, for proposals.
    pub(crate) rules: &'p str,
    /// What is to be done before these rules can be tested from their files, where those hold others.
    pub(crate) first: Option<&'p str>,
    /// Lines that are shown of a difference; none on anything but a terminal.
    pub(crate) most: Option<usize>,
    /// Who says what was kept.
    pub(crate) voice: Option<&'p Voice>,
}

/// A snapshot that was taken, beside what its file holds.
struct Held {
    file: PathBuf,
    text: String,
    taken: Taken,
    difference: Option<Difference>,
}

impl Place<'_> {
    fn sources(&self) -> &Sources {
        self.rulebook.sources()
    }

    /// Takes one, and says how it went.
    pub(crate) fn look(&self, snapshot: &Snapshot, keep: Keep) -> Result<Played, Failure> {
        let held = match self.hold(snapshot) {
            Ok(Some(held)) => held,
            Ok(None) => {
                if keep != Keep::Nothing {
                    drop(std::fs::remove_file(self.file(snapshot).with_extension("snap.new")));
                }
                return Ok(played(snapshot, Outcome::Passed, None));
            }
            Err(reason) => {
                let message = format!("the snapshot \"{}\" cannot be taken", snapshot.name);
                let mut found = Diagnostic::error(SNAPSHOT_FAILS, snapshot.span, message).note(reason.message);
                found.help = reason.help;
                return Ok(played(snapshot, Outcome::Error, Some(found)));
            }
        };
        let beside = held.file.with_extension("snap.new");
        let mut told = self.told(snapshot, &held);
        let keep = match keep {
            Keep::Ask => match self.ask(snapshot, &held)? {
                Decision::Accept => Keep::New,
                Decision::Reject => {
                    drop(std::fs::remove_file(&beside));
                    let stays = match held.difference {
                        Some(_) => "what was kept stays, and the test fails until the rules give that",
                        None => "nothing is kept, and the test fails until something is",
                    };
                    told.notes.push(format!("rejected: {stays}"));
                    told.help.clear();
                    Keep::Nothing
                }
                Decision::Skip => {
                    let file = beside.display();
                    told.notes
                        .push(format!("skipped: nothing is decided; what is new lies in `{file}` to be looked at"));
                    told.help = vec![format!("decide: `tagwell test {} --review` asks again", self.rules)];
                    Keep::Beside
                }
            },
            keep => keep,
        };
        match keep {
            Keep::New => {
                write(&held.file, &held.text)?;
                drop(std::fs::remove_file(&beside));
                if let Some(voice) = self.voice {
                    voice.say(&format!("kept: `{}`", held.file.display()));
                }
                return Ok(played(snapshot, Outcome::Passed, None));
            }
            Keep::Beside => write(&beside, &held.text)?,
            Keep::Nothing | Keep::Ask => {}
        }
        Ok(played(snapshot, Outcome::Failed, Some(told)))
    }

    fn file(&self, snapshot: &Snapshot) -> PathBuf {
        snapshot::path(Path::new(self.sources().get(snapshot.span.source).name()), snapshot)
    }

    /// None where it is as its file says.
    fn hold(&self, snapshot: &Snapshot) -> Result<Option<Held>, Failure> {
        let name = self.sources().get(snapshot.span.source).name();
        if name.starts_with('<') {
            let failure =
                Failure::new("rules that stand in no file have no folder, in which fixtures and snapshots lie");
            return Err(failure.help("name the rule file"));
        }
        let file = self.file(snapshot);
        let before = match std::fs::read_to_string(&file) {
            Ok(text) => Some(snapshot::contents(&text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::file("read", &file.to_string_lossy(), &error)),
        };
        let taken = snapshot::take(self.rulebook, self.checked, snapshot, self.folder).map_err(untakable)?;
        if before.as_ref() == Some(&taken.contents) {
            return Ok(None);
        }
        let text = snapshot::file(Path::new(name), snapshot, &taken.contents);
        let difference = before.map(|before| snapshot::difference(&before, &taken.contents));
        Ok(Some(Held { file, text, taken, difference }))
    }

    fn told(&self, snapshot: &Snapshot, held: &Held) -> Diagnostic {
        let file = held.file.display();
        // What the command keeps is what comes of the rules in the files.
        let first = self.first.map(|first| format!("{first}, then ")).unwrap_or_default();
        let accept = format!("if that is meant, {first}keep it: `tagwell test {} --accept`", self.rules);
        let Some(difference) = &held.difference else {
            let message = format!("the snapshot \"{}\" is not kept yet", snapshot.name);
            return Diagnostic::error(SNAPSHOT_NEW, snapshot.span, message)
                .note(format!("`{file}` is not there"))
                .help(format!("{first}keep it: `tagwell test {} --accept`, and read it", self.rules));
        };
        let message = format!("the snapshot \"{}\" differs: {}", snapshot.name, difference.summary());
        Diagnostic::error(SNAPSHOT_DIFFERS, snapshot.span, message)
            .note(self.lines(difference).join("\n"))
            .note(format!("kept in `{file}`"))
            .help(accept)
            .help(format!("{first}look at it one by one: `tagwell test {} --review`", self.rules))
    }

    fn lines(&self, difference: &Difference) -> Vec<String> {
        let mut lines = difference.lines();
        if let Some(most) = self.most.filter(|most| lines.len() > *most) {
            let rest = grouped((lines.len() - most) as u64);
            lines.truncate(most);
            lines.push(format!("… and {rest} more; `tagwell test {} -v` shows all", self.rules));
        }
        if difference.users.len() > MANY {
            // Of very many it is told first what differs how often.
            lines.splice(0..0, difference.counts());
        }
        lines
    }

    /// What is kept for the first time: what is said of all, and the first users.
    fn first_of(&self, contents: &str) -> Vec<String> {
        let mut parts = contents.split("\n\n");
        let head = parts.next().unwrap_or_default().lines().map(str::to_owned);
        let mut users: Vec<String> = parts.next().unwrap_or_default().lines().map(str::to_owned).collect();
        if let Some(most) = self.most.filter(|most| users.len() > *most) {
            let rest = grouped((users.len() - most) as u64);
            users.truncate(most);
            users.push(format!("… and {rest} more; `tagwell test {} --review -v` shows all", self.rules));
        }
        let others = parts.flat_map(|part| std::iter::once("").chain(part.lines())).map(str::to_owned);
        head.chain([String::new()]).chain(users).chain(others).collect()
    }

    fn ask(&self, snapshot: &Snapshot, held: &Held) -> Result<Decision, Failure> {
        let source = self.sources().get(snapshot.span.source);
        let line = source.line_column(snapshot.span.start).line;
        let place = format!("{}:{line}", source.name());
        let (title, lines) = match &held.difference {
            Some(difference) => {
                (format!("{place}: \"{}\": {}", snapshot.name, difference.summary()), self.lines(difference))
            }
            None => (format!("{place}: \"{}\" is not kept yet", snapshot.name), self.first_of(&held.taken.contents)),
        };
        let why = |key: Option<&str>| self.why(held, key);
        let question = review::Question { title: &title, lines: &lines, why: &why };
        let (mut input, mut output) = (std::io::stdin().lock(), std::io::stderr());
        question.ask(&mut input, &mut output).map_err(|error| Failure::file("read", "<stdin>", &error))
    }

    /// What decided the results that differ of a user, the first where none is named.
    fn why(&self, held: &Held, key: Option<&str>) -> Vec<String> {
        let users = held.difference.as_ref().map_or(&[][..], |it| it.users.as_slice());
        let Some(key) = key.or_else(|| users.first().map(|(key, _)| key.as_str())) else {
            return vec!["of whom? `w u17`".into()];
        };
        let changes = users.iter().find(|(known, _)| known == key).map_or(&[][..], |(_, changes)| changes.as_slice());
        let mut names: Vec<&str> = changes.iter().filter_map(Change::name).collect();
        if names.is_empty() {
            let rulebook = self.checked.rulebook();
            let results = rulebook.definitions.iter().filter(|it| !matches!(it.body, Body::Let(_)));
            names = results.map(|it| it.name.as_str()).collect();
        }
        match held.taken.why(key, &names, self.sources()) {
            Some(lines) => {
                std::iter::once(format!("{key}:")).chain(lines.into_iter().map(|it| format!("  {it}"))).collect()
            }
            None => vec![format!("`{key}` is not among the users")],
        }
    }
}

/// Why it cannot be taken, in the command's words.
fn untakable(error: SnapshotError) -> Failure {
    match error {
        SnapshotError::Data(error) | SnapshotError::Run(RunError::Data(error)) => book::failure(error),
        SnapshotError::Load(LoadError::Nowhere(ref table) | LoadError::NotNested(ref table)) => {
            let help = format!("name it in the snapshot: `, {table}: \"fixtures/{table}.csv\"`");
            Failure::new(error.to_string()).help(help)
        }
        SnapshotError::Load(error) => book::unloadable(error),
        SnapshotError::Run(_) | SnapshotError::Rules(_) | SnapshotError::AsOf => Failure::new(error.to_string()),
    }
}

fn played(snapshot: &Snapshot, outcome: Outcome, found: Option<Diagnostic>) -> Played {
    Played { span: snapshot.span, name: snapshot.name.clone(), case: None, outcome, found: found.into_iter().collect() }
}

/// Writes a file whole, with its folder.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file("write", &folder.to_string_lossy(), &error))?;
    }
    let mut output = Output::file(file)?;
    output.write(text)?;
    output.finish()
}

/// Files of snapshots, beside the rule files, that no rule file declares any more. Of a rulebook that is a folder all its rule
/// files are known; beside a single one there may be others, so only what bears its name is looked at.
pub(super) fn orphans(sources: &Sources, snapshots: &[Snapshot], whole_folder: bool) -> Vec<PathBuf> {
    let declared: BTreeSet<PathBuf> =
        snapshots.iter().map(|it| snapshot::path(Path::new(sources.get(it.span.source).name()), it)).collect();
    let files: Vec<&Path> = sources.iter().map(|(_, source)| Path::new(source.name())).collect();
    let folders: BTreeSet<PathBuf> = files.iter().map(|file| file.with_file_name("snapshots")).collect();
    let mut found = vec![];
    for folder in folders {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let kept = entries.map(|entry| entry.path()).filter(|path| path.extension() == Some(OsStr::new("snap")));
        for path in kept.filter(|path| !declared.contains(path)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let of = |file: &&&Path| {
                let stem = file.file_stem().unwrap_or_default().to_string_lossy();
                name.starts_with(&format!("{stem}__"))
            };
            let bears_a_name = files.iter().find(of).is_some();
            let says_rules = || {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                text.lines()
                    .take(4)
                    .any(|line| line.starts_with("source:") && line.trim_end_matches('"').ends_with(".rules"))
            };
            if (bears_a_name || whole_folder) && says_rules() {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
