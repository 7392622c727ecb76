//! `tagwell simulate`: plays days that follow each other, as if the rules had run on each; no state is written.

mod days;
mod report;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use tagwell::{
    schema::ColumnId,
    state::Reader,
    value::{Clock, Duration, Moment, Zone, moment_text::timestamp_text, time::Direction, time::shift},
};

use super::{
    Answer,
    book::{Book, Doubts, Given},
    clock::AsOf,
    data::{self, DataArgs, SettingArgs},
    exit::{Exit, Failure},
    output::Output,
    report::{self as messages, MessageArgs},
    run::{self, Absent, Run, Summary},
    temporary::RemovedWhenInterrupted,
    voice::Voice,
};
use days::Day;

/// Play days one after the other: how many messages they would bring, what is stopped and why.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell simulate shop/ users.csv --data orders=orders.csv --from 2026-11-01 --to 2026-11-30
  tagwell simulate shop/ users.csv --from 2026-11-01T10:00 --to 2026-12-01T10:00 --step 1w --format json
  tagwell simulate shop/ users.csv --from 2026-12-01T10:00 --to 2026-12-15T10:00 --state shop.state

Rows of child tables happen on their days, so that this is a true replay of them; the users' own columns carry no date and are as they are.
The first day is a first run: who is inside then is not told, unless the segment says `backfill`. With --state it follows the last run that
the state remembers: who was told, what cools down, what rules went before.")]
pub(crate) struct Simulate {
    /// A .rules file, or a folder with .rules files; `-` is standard input.
    #[arg(value_name = "RULES")]
    rules: PathBuf,
    /// The users, if the rules do not say where they are; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The first day: a date, or a moment whose time of day is that of every run.
    #[arg(long, value_name = "MOMENT")]
    from: String,
    /// The last day.
    #[arg(long, value_name = "MOMENT")]
    to: String,
    /// How long there is between two runs.
    #[arg(long, value_name = "DURATION", default_value = "1d")]
    step: String,
    /// Begin with what this state remembers; it stays as it is.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    /// Override a `param` of the rules: churn_after=45d.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = super::data::pair)]
    params: Vec<(String, String)>,
    /// The form of the answer.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    messages: MessageArgs,
}

/// `--format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Tables for people
    #[default]
    Table,
    /// One JSON document
    Json,
}

/// Runs that may be played at most.
const MOST: usize = 10_000;

impl Simulate {
    /// Plays.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        self.data.writes_no_rejects("simulate")?;
        let settings = SettingArgs { as_of: None, params: self.params.clone() };
        let given = Given {
            rules: &self.rules,
            file: self.file.as_deref(),
            data: &self.data,
            settings: &settings,
            format: self.messages.message_format,
            doubts: Doubts::Told,
            pipes: std::sync::Arc::default(),
        };
        let book = Book::read(&given, voice).map_err(|stop| stop.told(given.format, voice))?;
        let warnings = book.checked.warnings();
        messages::beside_the_answer(warnings.diagnostics(), warnings.sources(), given.format, voice);
        let rulebook = Arc::clone(book.checked.rulebook());
        let segments = rulebook.definitions.iter().any(|it| matches!(it.body, tagwell::ir::Body::Segment(_)));
        if !segments {
            return Err(Failure::new("the rules declare no segment, so there is nothing to play")
                .help("declare one: `segment win_back when …`, or evaluate one day: `tagwell run`"));
        }
        let instants = self.instants(&book.checked.zone())?;
        // Each day is a run like any other, with a state that is thrown away: what is played is what would be decided.
        let unwritable = |error: std::io::Error| Failure::file("write", "a state to play with", &error);
        let folder = tempfile::Builder::new().prefix("tagwell-").tempdir().map_err(unwritable)?;
        let _removed = RemovedWhenInterrupted::folder(folder.path());
        let played = folder.path().join("played.state");
        if let Some(state) = &self.state {
            self.begins_after(state, instants.first().copied(), &book.checked.zone())?;
            Reader::copy(state, &played)?;
        }
        let reads = run::acting::reads(&book);
        let table = rulebook.schema.root().clone();
        let needed: BTreeSet<ColumnId> = table.key.into_iter().chain(reads.columns.iter().copied()).collect();
        let needed: Vec<ColumnId> = needed.into_iter().collect();
        let zone = book.checked.zone();
        let run = self.run(&played);
        let mut play = days::Play { run: &run, book, table: &table, needed: &needed, reads: &reads, state: &played };
        let (mut all, mut sends): (Vec<Day>, _) = (vec![], days::Sends::default());
        for instant in instants {
            voice.more(&format!("as of {}", timestamp_text(instant, &zone)));
            all.push(play.day(instant, &mut sends, voice)?);
        }
        data::tell_passed_over(all.last().map_or(0, |day| day.bad), voice);
        let mut output = Output::standard();
        output.write(match self.format {
            Format::Table => report::text(&rulebook, &all, &sends),
            Format::Json => report::json(&rulebook, &all, &sends, &zone),
        })?;
        output.finish()?;
        Ok(Exit::Done)
    }

    /// The run that each day is.
    fn run(&self, state: &Path) -> Run {
        Run {
            rules: self.rules.clone(),
            file: self.file.clone(),
            data: self.data.clone(),
            settings: SettingArgs { as_of: None, params: self.params.clone() },
            out: None,
            format: Some(run::Format::None),
            shape: None,
            only: vec![],
            with: vec![],
            limit: None,
            state: Some(state.to_owned()),
            actions: None,
            absent: Absent::Keep,
            max_absent: None,
            max_decisions: None,
            summary: Summary::None,
            messages: self.messages,
            of_results: false,
            goes_on: true,
        }
    }

    /// Days that have been are not played again.
    fn begins_after(&self, state: &Path, first: Option<i64>, zone: &Zone) -> Result<(), Failure> {
        let last = Reader::open(state)?.last_run().run.as_of;
        if first.is_none_or(|first| first > last) {
            return Ok(());
        }
        let last = timestamp_text(last, zone);
        Err(Failure::new(format!(
            "--from: the last run of `{}` is as of {last}, which is not before it",
            state.display()
        ))
        .help("play what comes after that run; without --state days are played as if nothing had been before"))
    }

    /// The moments that are played.
    fn instants(&self, zone: &Zone) -> Result<Vec<i64>, Failure> {
        let moment = |text: &str, by: &'static str| AsOf::Said { text: text.to_owned(), by }.instant(zone);
        let (from, to) = (moment(&self.from, "--from")?, moment(&self.to, "--to")?);
        if to < from {
            return Err(Failure::new(format!("--to: `{}` lies before `--from {}`", self.to, self.from))
                .help("name the earlier one behind `--from`"));
        }
        let step = Duration::parse(&self.step).ok().filter(|step| {
            let next = shift(Moment::Timestamp(from), *step, Direction::Forth, zone);
            matches!(next, Some(Moment::Timestamp(next)) if next > from)
        });
        let step = step.ok_or_else(|| {
            Failure::new(format!("--step: `{}` is no length of time between two runs", self.step))
                .help("write one such as `1d`, `12h` or `1w`")
        })?;
        let mut all = vec![];
        for number in 0_i64.. {
            let long = step.checked_mul(number.into());
            let next = long.and_then(|long| shift(Moment::Timestamp(from), long, Direction::Forth, zone));
            let Some(Moment::Timestamp(next)) = next else { break };
            if next > to {
                break;
            }
            if all.len() >= MOST {
                return Err(Failure::new(format!("that is more than {MOST} runs")).help("take a longer `--step`"));
            }
            if Clock::at(next, zone.clone()).is_some() {
                all.push(next);
            }
        }
        Ok(all)
    }
}
