//! `tagwell fmt`: rule files in the one canonical layout.

use std::path::{Path, PathBuf};

use tagwell::{
    diagnostic::{Diagnostic, Sink},
    format,
    source::Sources,
    syntax,
};

use super::{
    Answer,
    exit::{Exit, Failure},
    output::Output,
    report::{self, MessageArgs},
    rules::Rules,
    voice::{Voice, count},
};

/// Rewrite rule files in the one canonical layout; comments are kept.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell fmt rules/
  tagwell fmt --check rules/            for CI: lists the files that would change, exit code 1
  tagwell fmt --fix vip.rules           also mends `==`, `&&`, full-width characters and the like
  tagwell fmt - < vip.rules             reads standard input, writes standard output")]
pub(crate) struct Fmt {
    /// .rules files, or folders with .rules files; `-` reads standard input and writes standard output.
    #[arg(value_name = "RULES", required = true)]
    rules: Vec<PathBuf>,
    /// Change nothing; list the files that would change, and end with exit code 1 where there is one or a file does not parse.
    #[arg(long)]
    check: bool,
    /// Also apply the fixes that are certain.
    #[arg(long)]
    fix: bool,
    #[command(flatten)]
    messages: MessageArgs,
}

/// Fixes uncover mistakes that can be fixed too; never so many times.
const ROUNDS: usize = 16;

/// What becomes of one file.
struct Laid {
    text: String,
    /// Fixes applied.
    applied: usize,
    /// What is left that keeps the file from being laid out; its places are in `sources`.
    left: Vec<Diagnostic>,
    sources: Sources,
}

impl Fmt {
    /// Lays out every file.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        let rules = Rules::read_all(&self.rules)?;
        report::beside_the_answer(&rules.found, &rules.sources, self.messages.message_format, voice);
        let mut tally = Tally { broken: rules.found.len(), ..Tally::default() };
        let mut list = Output::standard();
        for file in &rules.files {
            let before = rules.sources.get(file.source);
            let laid = self.lay_out(before.name(), before.text())?;
            let broken = report::has_errors(&laid.left);
            if broken {
                report::beside_the_answer(&laid.left, &laid.sources, self.messages.message_format, voice);
            }
            let changed = laid.text != before.text();
            tally.add(changed, broken, laid.applied);
            match (&file.path, self.check) {
                (_, true) if changed && !broken => list.write(format!("{}\n", before.name()))?,
                (_, true) => {}
                (Some(path), false) if changed => rewrite(path, &laid.text)?,
                (Some(_), false) => {}
                (None, false) if broken => {}
                (None, false) => list.write(&laid.text)?,
            }
        }
        list.finish()?;
        if rules.files.iter().any(|file| file.path.is_some()) {
            voice.say(&tally.told(self.check));
        }
        Ok(match (self.check, tally.broken, tally.changed) {
            (true, 0, 0) | (false, 0, _) => Exit::Done,
            (true, _, _) => Exit::Findings,
            (false, _, _) => Exit::Failed,
        })
    }

    /// The canonical text of a file, after fixes where they are wanted; the text so far where it does not parse.
    fn lay_out(&self, name: &str, text: &str) -> Result<Laid, Failure> {
        let mut text = text.to_owned();
        let mut applied = 0;
        for _ in 0..ROUNDS {
            let mut sources = Sources::new();
            let source = sources.add(name, text.as_str());
            let mut sink = Sink::new();
            let tree = syntax::parse(source, &text, &mut sink);
            let left = sink.finish();
            if self.fix {
                let fixed = format::apply_fixes(&text, &left);
                if fixed.applied > 0 && fixed.text != text {
                    applied += fixed.applied;
                    text = fixed.text;
                    continue;
                }
            }
            if !report::has_errors(&left) {
                let formatted = format::format(&tree, &text);
                text = formatted.map_err(|error| Failure::new(format!("`{name}` stays as it is: {error}")))?;
            }
            return Ok(Laid { text, applied, left, sources });
        }
        Err(Failure::new(format!("the fixes of `{name}` come to no end"))
            .help("run `tagwell check` and mend what it says"))
    }
}

/// Puts a new text in a file's place, whole.
fn rewrite(path: &Path, text: &str) -> Result<(), Failure> {
    let mut output = Output::file(path)?;
    output.write(text)?;
    output.finish()
}

/// What became of all files.
#[derive(Default)]
struct Tally {
    changed: usize,
    same: usize,
    broken: usize,
    applied: usize,
}

impl Tally {
    fn add(&mut self, changed: bool, broken: bool, applied: usize) {
        self.applied += applied;
        match (broken, changed) {
            (true, _) => self.broken += 1,
            (false, true) => self.changed += 1,
            (false, false) => self.same += 1,
        }
    }

    fn told(&self, check: bool) -> String {
        let part = |number: usize, words: String| (number > 0).then_some(words);
        let parts = [
            part(
                self.applied,
                format!("{} {}", count(self.applied, "mistake"), if check { "would be fixed" } else { "fixed" }),
            ),
            part(
                self.changed,
                format!("{} {}", count(self.changed, "file"), if check { "would change" } else { "rewritten" }),
            ),
            part(self.broken, format!("{} not laid out", count(self.broken, "file"))),
            part(self.same, format!("{} unchanged", count(self.same, "file"))),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
