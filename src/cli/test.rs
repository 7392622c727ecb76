//! `tagwell test`: the tests and snapshots of a rulebook.

mod coverage;
mod report;
mod review;
mod snapshots;

use std::{io::IsTerminal, path::PathBuf};

use tagwell::{
    check::Inputs,
    diagnostic::nearest,
    engine::{Checked, Files, Problems, Rulebook},
    ir,
    testing::{
        Suite, Surroundings,
        coverage::{Coverage, suggest},
    },
};

use super::{
    Answer, book,
    exit::{Exit, Failure},
    output::Output,
    report::{self as messages, MessageArgs},
    rules::Rules,
    voice::{Tone, Voice, Volume},
};
pub(crate) use report::{Played, Report};
pub(crate) use snapshots::{Keep, Place};

/// Users of whom what differs is shown on a terminal; elsewhere, and with `-v`, all are.
const MOST: usize = 20;

/// Run the tests and snapshots that stand in rules.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell test shop/                        every test and snapshot of a rulebook
  tagwell test shop/ --filter vip           those whose name holds a text
  tagwell test shop/ --format junit > tests.xml
  tagwell test shop/ --message-format github    what fails beside the lines of a pull request
  tagwell test shop/ --coverage --min 90    what the tests show of the rules, and what they do not
  tagwell test shop/ --suggest >> shop/more.rules    tests that show the rest
  tagwell test shop/ --accept               keeps what the snapshots come to now
  tagwell test shop/ --review               asks of each snapshot that differs

Exit code 0 where all pass, 1 where one does not, 2 where nothing is selected or the rules do not check.")]
pub(crate) struct Test {
    /// A .rules file, or a folder with .rules files; `-` is standard input.
    #[arg(value_name = "RULES")]
    rules: PathBuf,
    /// Run only tests and snapshots whose name holds TEXT, in capitals or not.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Tell what the tests show of each rule, and what they do not.
    #[arg(long)]
    coverage: bool,
    /// Fail where the tests show less than PERCENT of what they could.
    #[arg(long, value_name = "PERCENT", requires = "coverage", value_parser = clap::value_parser!(u8).range(0..=100))]
    min: Option<u8>,
    /// Print tests that show what no test shows; they can be appended to the rules as they stand.
    #[arg(long, conflicts_with_all = ["accept", "review", "coverage"])]
    suggest: bool,
    /// Keep what snapshots come to now.
    #[arg(long, conflicts_with = "review")]
    accept: bool,
    /// Look at snapshots that differ one by one, and decide: accept, reject, skip, or ask why.
    #[arg(long)]
    review: bool,
    /// The form of the answer.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    messages: MessageArgs,
}

/// `--format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// What failed, and why, for people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// JUnit's XML, which every CI reads
    Junit,
}

impl Test {
    /// Plays what is selected.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        let keep = self.keep()?;
        let texts = Rules::read(&self.rules)?.texts(self.messages.message_format, voice)?;
        let told = |problems: Problems| {
            messages::beside_the_answer(
                problems.diagnostics(),
                problems.sources(),
                self.messages.message_format,
                voice,
            );
            Failure::told()
        };
        let rulebook = Rulebook::parse_all(texts).map_err(told)?;
        let checked = rulebook.check(&Inputs::default()).map_err(told)?;
        let warnings = checked.warnings();
        messages::beside_the_answer(warnings.diagnostics(), warnings.sources(), self.messages.message_format, voice);
        // Who has no test yet may well ask for some.
        if !self.suggest || self.filter.is_some() {
            self.must_select(checked.rulebook())?;
        }
        let folder = book::folder_of(&self.rules);
        let files = Files { folder: folder.clone(), ..Files::default() };
        let sources = rulebook.sources();
        let told = |error| book::unloadable(error).message;
        let surroundings = match self.suggest {
            true => Surroundings::read_all(checked.rulebook(), &files, told),
            false => Surroundings::read(checked.rulebook(), &files, told),
        };
        let suite = Suite::new(checked.rulebook(), sources, surroundings.clone());
        if self.suggest {
            return self.suggestions(&rulebook, &checked, &surroundings, voice);
        }
        let verdicts = suite.run(|test| self.selects(&test.name), &mut |_| {});
        let mut played: Vec<Played> = verdicts.into_iter().map(|verdict| Played::case(&suite, verdict)).collect();
        let by_people = self.review || std::io::stdout().is_terminal();
        let shown = (by_people && voice.volume < Volume::Verbose).then_some(MOST);
        let place = Place {
            rulebook: &rulebook,
            checked: &checked,
            folder: &folder,
            rules: &self.rules.to_string_lossy(),
            first: None,
            most: shown,
            voice: Some(voice),
        };
        let all = &checked.rulebook().tests.snapshots;
        for snapshot in all.iter().filter(|it| self.selects(&it.name)) {
            played.push(place.look(snapshot, keep)?);
        }
        let orphans = match self.filter {
            None => snapshots::orphans(sources, all, self.rules.is_dir()),
            Some(_) => vec![],
        };
        for file in &orphans {
            let what = format!("`{}` keeps a snapshot that no rule file declares: remove it", file.display());
            voice.say_of("warning", Tone::Warning, &what);
        }
        let orphans = orphans.iter().map(|file| file.to_string_lossy().into_owned()).collect();
        let coverage =
            self.coverage.then(|| Coverage::of(&rulebook, &checked, &surroundings, &|name| self.selects(name)));
        let is_enough = coverage.as_ref().is_none_or(|it| it.share().percent() >= self.min.unwrap_or(0).into());
        let report = Report { played, sources, orphans, coverage, min: self.min };
        let mut output = Output::standard();
        output.write(report.text(self.format, self.messages.message_format, voice))?;
        output.finish()?;
        Ok(if report.is_good() && is_enough { Exit::Done } else { Exit::Findings })
    }

    /// Tests that show what no test shows, as they can be appended to the rules.
    fn suggestions(
        &self,
        rulebook: &Rulebook,
        checked: &Checked,
        surroundings: &Surroundings,
        voice: &Voice,
    ) -> Answer {
        let (found, suggested) = suggest(rulebook, checked, surroundings, &|name| self.selects(name));
        let text: Vec<String> = suggested.into_iter().map(|it| coverage::laid_out(it.text)).collect();
        let text = text.join("\n");
        let mut output = Output::standard();
        match self.format {
            Format::Text | Format::Junit => output.write(text.clone())?,
            Format::Json => {
                let told = coverage::json(&found, rulebook.sources());
                output.write(format!("{}\n", serde_json::json!({"coverage": told, "suggested": text})))?;
            }
        }
        output.finish()?;
        if found.gaps().is_empty() {
            voice.say("the tests show all that they could: nothing to suggest");
            return Ok(Exit::Done);
        }
        let sources = rulebook.sources().iter().map(|(_, it)| (it.name().to_owned(), it.text().to_owned()));
        let with = Rulebook::parse_all(sources.chain([("suggested".to_owned(), text)]));
        if let Ok(with) = with
            && let Ok(checked) = with.check(&Inputs::default())
        {
            let then = Coverage::of(&with, &checked, surroundings, &|_| true);
            let (now, then_share) = (found.share().percent(), then.share().percent());
            voice.say(&format!("the tests show {now} % of what they could, with these {then_share} %"));
            let left = then.gaps();
            if !left.is_empty() {
                voice.say("for these no user was found who would show them:");
                for gap in &left {
                    let gap_line = coverage::gaps(std::slice::from_ref(gap), with.sources());
                    let why = coverage::why(checked.rulebook(), gap);
                    voice.say(&format!("{}\n    {why}", gap_line.trim_end()));
                }
            }
        }
        Ok(Exit::Findings)
    }

    /// What becomes of snapshots that differ. In a CI nothing is written, and nobody is asked.
    fn keep(&self) -> Result<Keep, Failure> {
        let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
        match (self.accept, self.review) {
            (true, _) | (_, true) if in_ci => {
                let failure = Failure::new("`CI` is set, and there no snapshot is ever written");
                Err(failure.help("accept it where the rules are written, and commit the file"))
            }
            (true, _) => Ok(Keep::New),
            (false, true) if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() => {
                let failure = Failure::new("--review asks questions, and this is no terminal");
                Err(failure.help("keep all of them: `--accept`"))
            }
            (false, true) => Ok(Keep::Ask),
            (false, false) if in_ci => Ok(Keep::Nothing),
            (false, false) => Ok(Keep::Beside),
        }
    }

    fn selects(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| name.to_lowercase().contains(&filter.to_lowercase()))
    }

    /// Nothing tested is no success.
    fn must_select(&self, rulebook: &ir::Rulebook) -> Result<(), Failure> {
        let tests = rulebook.tests.tests.iter().filter(|test| !test.cases.is_empty()).map(|test| test.name.as_str());
        let names: Vec<&str> = tests.chain(rulebook.tests.snapshots.iter().map(|it| it.name.as_str())).collect();
        if names.iter().any(|name| self.selects(name)) {
            return Ok(());
        }
        let Some(filter) = self.filter.as_ref().filter(|_| !names.is_empty()) else {
            let failure = Failure::new(format!("there is no test in `{}`", self.rules.display()));
            return Err(failure
                .help("write one into the rules: `test \"a name\" { given { spend: 500.01 } expect vip }`")
                .help("`tagwell explain-code E0710` shows a whole one"));
        };
        let failure = Failure::new(format!("--filter: no test and no snapshot has `{filter}` in its name"));
        Err(match nearest(filter, names.iter().copied()) {
            Some(near) => failure.help(format!("did you mean `--filter '{near}'`?")),
            None => failure.help(format!("there are \"{}\"", names.join("\", \""))),
        })
    }
}
