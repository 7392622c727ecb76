//! `tagwell explain`: why a user has a result or lacks it; without a user, how many each clause of a rule leaves.

pub(crate) mod asked;
mod waterfall;

use std::path::PathBuf;

use tagwell::{
    diagnostic::{nearest, render::Colour},
    explain::{self, Tone},
    ir::{Body, DefinitionId, Rulebook},
};

use super::{
    Answer,
    book::{Book, Doubts, Given},
    clock::AsOf,
    data::{DataArgs, SettingArgs},
    exit::{Exit, Failure},
    output::Output,
    report::MessageArgs,
    state::{self, State},
    voice::Voice,
};

/// Explain why a user has a result or lacks it; without --user, how many users each clause leaves.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell explain vip.rules users.csv --user u1
  tagwell explain vip.rules users.csv --user u1 vip membership
  tagwell explain vip.rules users.csv --user u1 vip --format json
  tagwell explain shop/ users.csv --user u1 win_back --state shop.state    what is done about u1, and what stops it
  tagwell explain vip.rules users.csv vip                 how many users each clause of vip leaves")]
pub(crate) struct Explain {
    /// A .rules file, or a folder with .rules files; `-` is standard input.
    #[arg(value_name = "RULES")]
    pub(crate) rules: PathBuf,
    /// The users, if the rules do not say where they are; then the results that are asked about, by default all.
    #[arg(value_name = "[FILE] NAME")]
    pub(crate) rest: Vec<String>,
    /// Whose results, by the users' key.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) user: Option<String>,
    /// Take what earlier runs remembered from FILE, the state of `tagwell run --state FILE`; it is only read.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// For people, or one JSON document.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
}

/// `--format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON document
    Json,
}

impl Explain {
    /// Explains.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        self.data.writes_no_rejects("explain")?;
        let (file, names) = self.file_and_names();
        let given = Given {
            rules: &self.rules,
            file: file.as_deref(),
            data: &self.data,
            settings: &self.settings,
            format: self.messages.message_format,
            doubts: Doubts::Told,
            pipes: std::sync::Arc::default(),
        };
        let mut book = Book::read(&given, voice).map_err(|stop| stop.told(given.format, voice))?;
        let ids = named(book.checked.rulebook(), &names, self.user.as_deref())?;
        let mut as_of = AsOf::read(self.settings.as_of.as_deref()).in_whole_seconds();
        if let Some(path) = &self.state {
            let state = State::open(path)?;
            as_of = state.not_before_the_last_run(as_of)?;
            book.remember(&state, as_of.instant(&book.checked.zone())?)?;
        }
        let book = book;
        let text = match &self.user {
            Some(user) => self.one(&book, user, &ids, &as_of, voice)?,
            None => waterfall::text(&self, &book, &ids, &as_of, voice)?,
        };
        let mut output = Output::standard();
        output.write(text)?;
        output.finish()?;
        Ok(Exit::Done)
    }

    /// What stands behind RULES: a file, if it looks like one, and names.
    fn file_and_names(&self) -> (Option<PathBuf>, Vec<String>) {
        let is_file =
            |word: &String| word == "-" || word.contains(['.', '/', '\\', ':', '*']) || PathBuf::from(word).exists();
        match self.rest.split_first() {
            Some((first, names)) if is_file(first) => (Some(PathBuf::from(first)), names.to_vec()),
            _ => (None, self.rest.clone()),
        }
    }

    fn one(
        &self,
        book: &Book,
        user: &str,
        ids: &[DefinitionId],
        as_of: &AsOf,
        voice: &Voice,
    ) -> Result<String, Failure> {
        let (engine, key, results) = state::explained(book, as_of, user, ids, &self.data, voice)?;
        as_of.tell(engine.clock().zone(), voice);
        Ok(match self.format {
            Format::Json => explain::json(&key, engine.clock(), &results),
            Format::Text => explain::text(&key, engine.clock(), &results, &painter(voice.colours.output)),
        })
    }
}

/// Colours, where the answer gets some.
pub(crate) fn painter(colour: Colour) -> impl Fn(Tone, &str) -> String {
    move |tone, word| {
        use anstyle::{AnsiColor, Style};
        if colour == Colour::Plain || word.is_empty() {
            return word.to_owned();
        }
        let style = match tone {
            Tone::Yes => AnsiColor::Green.on_default(),
            Tone::No => AnsiColor::Red.on_default(),
            Tone::Open => AnsiColor::Yellow.on_default(),
            Tone::Strong => Style::new().bold(),
            Tone::Quiet => Style::new().dimmed(),
        };
        format!("{style}{word}{style:#}")
    }
}

/// The definitions of these names; of no names all results.
pub(crate) fn named(rulebook: &Rulebook, names: &[String], user: Option<&str>) -> Result<Vec<DefinitionId>, Failure> {
    if names.is_empty() {
        let all = explain::results(rulebook);
        return match all.is_empty() {
            true => Err(Failure::new("the rules have no results to explain")),
            false => Ok(all),
        };
    }
    let mut found = vec![];
    for name in names {
        let id = rulebook.find(name).ok_or_else(|| unknown(rulebook, name, user))?;
        if !found.contains(&id) {
            found.push(id);
        }
    }
    Ok(found)
}

fn unknown(rulebook: &Rulebook, name: &str, user: Option<&str>) -> Failure {
    let failure = Failure::new(format!("the rules define no `{name}`"));
    let definitions = || rulebook.definitions.iter().filter(|it| !it.name.as_str().is_empty());
    if let Some(labelled) = definitions().find(|it| it.label.as_deref() == Some(name)) {
        return failure.help(format!("that is the label of `{}`", labelled.name));
    }
    if rulebook.schema.root().find(name).is_some() {
        return failure.help(format!("`{name}` is a column: what it decides is told with the results"));
    }
    let of_values = rulebook.choices.iter().find(|it| it.values.iter().any(|value| value.name.as_str() == name));
    if let Some(choices) = of_values {
        let level = rulebook.definition(choices.of);
        return failure.help(format!("that is a value of the {} `{}`", level.body.word(), level.name));
    }
    match nearest(name, definitions().map(|it| it.name.as_str())) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => {
            let results = definitions().filter(|it| !matches!(it.body, Body::Let(_))).map(|it| it.name.as_str());
            let failure = failure.help(format!("the results are {}", results.collect::<Vec<_>>().join(", ")));
            // `explain shop.rules users.csv u1`
            match user {
                None => failure.help(format!("a user is named by `--user {name}`")),
                Some(_) => failure,
            }
        }
    }
}
