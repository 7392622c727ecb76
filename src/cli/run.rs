//! `tagwell run`: evaluates every user.

pub(super) mod acting;
pub(super) mod before;
mod history;
mod lists;
pub(super) mod moves;
mod plan;
mod repeated;
mod sink;
pub(super) mod touches;

use std::{
    io::{self, IsTerminal},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use tagwell::{
    data::{self, Wanted},
    diagnostic::{Diagnostic, code::UNUSED, render::visible},
    engine::{Engine, Everybody, Files, Ran, RunError, RunSink},
    ir::Reads,
};
use tempfile::SpooledTempFile;

use super::{
    Answer,
    actions::{ActionsFormat, ActionsWriter, Decisions},
    book::{self, Book, Doubts, Given},
    clock::AsOf,
    data::{Allowed, DataArgs, SettingArgs},
    exit::{Exit, Failure},
    output::{self, Output},
    progress::Progress,
    report::{self, MessageArgs},
    summary::{self, Unknown},
    voice::{Tone, Voice, Volume},
};
use plan::Plan;
pub(super) use plan::nothing_to_show;
use sink::{HELD, Sink, Target};

/// Evaluate the rules for every user.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell run vip.rules users.csv
  tagwell run vip.rules users.csv --as-of 2026-11-22 --out tags.csv
  tagwell run rules/ --data users=users.parquet --only vip,membership --format jsonl")]
pub(crate) struct Run {
    /// A .rules file, or a folder with .rules files; `-` is standard input.
    #[arg(value_name = "RULES")]
    pub(crate) rules: PathBuf,
    /// The users, if the rules do not say where they are; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    /// Write the records to FILE, which is whole or not there.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The form of the records; by default as FILE of --out ends, a table on a terminal, jsonl elsewhere.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// One record a user with a column a result, or one row a result.
    #[arg(long, value_enum, value_name = "SHAPE")]
    pub(crate) shape: Option<Shape>,
    /// Give only these results.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Give these columns too: fields and lets.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) with: Vec<String>,
    /// Write N records at most; everybody is evaluated and counted.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// Remember users in FILE: who entered and left, levels kept, cooldowns and limits hang on what was before.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Write what is decided about segments to FILE (jsonl, csv or parquet by its ending); without --state, as if everybody inside just entered.
    #[arg(long, value_name = "FILE")]
    pub(crate) actions: Option<PathBuf>,
    /// What becomes of users who are not in today's data: they stay as they are, or leave everything.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t, requires = "state")]
    pub(crate) absent: Absent,
    /// End before anything is recorded where more of the users who were there in the run before are not in today's data (exit 3): a number, or a share such as 5%.
    #[arg(long, value_name = "N|P%", requires = "state")]
    pub(crate) max_absent: Option<String>,
    /// End before anything is recorded where more than N messages and deeds would be decided (exit 3).
    #[arg(long, value_name = "N", requires = "state")]
    pub(crate) max_decisions: Option<u64>,
    /// The form of the counts on standard error.
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    pub(crate) summary: Summary,
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
    /// Whether the data are results of these rules, computed elsewhere.
    #[arg(skip)]
    pub(crate) of_results: bool,
    /// Whether another run reads the same data after this one.
    #[arg(skip)]
    pub(crate) goes_on: bool,
}

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line
    Jsonl,
    /// Comma-separated, lists joined with `;`
    Csv,
    /// Apache Parquet
    Parquet,
    /// Apache Arrow
    Arrow,
    /// A table for people
    Table,
    /// No records; the counts still count everybody
    None,
}

/// `--shape`
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Shape {
    /// A true-or-false column for each tag and segment
    Wide,
    /// A row `user_id,name,value` for each result
    Long,
}

/// `--absent`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Absent {
    /// They stay as they are; nothing is decided about them
    #[default]
    Keep,
    /// They leave everything, with the reason `gone`
    Exit,
}

/// `--summary`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Summary {
    /// A table of counts
    #[default]
    Text,
    /// One JSON object
    Json,
    /// Nothing
    None,
}

impl Run {
    /// Evaluates every user.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        let given = Given {
            rules: &self.rules,
            file: self.file.as_deref(),
            data: &self.data,
            settings: &self.settings,
            format: self.messages.message_format,
            doubts: if voice.volume == Volume::Quiet { Doubts::Untold } else { Doubts::Told },
            pipes: std::sync::Arc::default(),
        };
        let book = match self.of_results {
            false => Book::read(&given, voice),
            true => Book::read_results(&given, voice),
        };
        let mut book = book.map_err(|stop| stop.told(given.format, voice))?;
        let allowed = self.data.allowed()?;
        self.may_be_absent()?;
        let as_of = AsOf::read(self.settings.as_of.as_deref());
        let acts = self.state.is_some() || self.actions.is_some();
        self.writes_apart()?;
        self.mixes_nothing()?;
        let writer = self.actions.as_deref().map(|path| actions_writer(path, self.decisions())).transpose()?;
        let earlier = match acts {
            true => {
                let now = as_of.instant(&book.checked.zone())?;
                Some(acting::open(self.state.as_deref(), now, book.checked.rulebook(), voice)?)
            }
            false => None,
        };
        let store = earlier.as_ref().and_then(acting::Earlier::store);
        let ledgers = touches::ledgers(&book, store.map(|it| it.ledger()), as_of.instant(&book.checked.zone())?)?;
        for (table, file) in &ledgers {
            book.say_where(table.clone(), file.path().to_string_lossy().into_owned());
        }
        let book = book;
        let warnings = book.checked.warnings();
        // A `let` that is asked for by name is read by somebody; and so it may be where results were computed, whose rules were told then.
        let asked = |found: &Diagnostic| {
            let is_named = || self.with.iter().any(|name| name == warnings.sources().slice(found.primary.span));
            found.code == UNUSED && (self.of_results || is_named())
        };
        let told: Vec<Diagnostic> = warnings.diagnostics().iter().filter(|it| !asked(it)).cloned().collect();
        report::beside_the_answer(&told, warnings.sources(), given.format, voice);
        let mut plan = Plan::of(&book, &self.only, &self.with)?;
        if acts {
            plan.read_too(acting::reads(&book));
        }
        let plan = plan;
        let context = book.context(&as_of, &plan.reads)?;
        let engine = book.checked.engine_with(context);
        let users = book.users()?;
        self.overwrites_nothing(&book, &plan.reads)?;
        let mut sink = self.sink(&engine, &plan, &allowed, voice)?;
        // Keys are compared where users are numbered.
        if let Some(earlier) = earlier {
            let again = earlier.is_again();
            let acting = acting::Acting::begin(&self, &book, engine.clone(), earlier, voice)?;
            let evaluated = acting.engine.clone();
            let everybody = Everybody {
                users,
                table: &plan.table,
                needed: &plan.needed,
                children: book.children(&plan.reads)?,
                reads: &plan.reads,
                check_keys: self.data.check_keys,
                verbatim: self.data.rejects.is_some(),
            };
            let acted = acting.run(&self, &book, &everybody, sink, writer);
            let (ran, sink, acted) = acted.map_err(|failure| if again { failure } else { self.unrecorded(failure) })?;
            sink.finish().map_err(|failure| match (failure.exit, &self.state) {
                (Exit::Failed, Some(_)) => {
                    failure.help("the run is recorded: the same line with the same --as-of writes its results again")
                }
                _ => failure,
            })?;
            self.tell(&evaluated, (&plan, &book.files), &ran, Some(&acted), voice)?;
            // As below, and what is remembered of all users.
            std::mem::forget((evaluated, book));
            return Ok(Exit::Done);
        }
        let ran = if plan.reads.aggregates.is_empty() && !self.data.check_keys {
            let wanted =
                Wanted { table: plan.table.clone(), needed: plan.needed.clone(), nested: vec![], verbatim: false };
            users.read_for_the_last_time();
            // Where users are counted and nobody is shown, their keys need only be right.
            let shows = sink.looks() || self.data.rejects.is_some();
            let unseen = plan.only_told_apart(engine.rulebook()).filter(|_| !shows);
            let chunks = data::chunks_but_for(unseen, users, wanted, engine.clock().zone()).map_err(book::failure)?;
            engine.run_on(number_of(self.data.threads), chunks, &plan.reads, &mut sink)
        } else {
            let everybody = Everybody {
                users,
                table: &plan.table,
                needed: &plan.needed,
                children: book.children(&plan.reads)?,
                reads: &plan.reads,
                check_keys: self.data.check_keys,
                verbatim: self.data.rejects.is_some(),
            };
            self.threads(|| engine.run_whole(&everybody, &mut sink))?
        };
        let ran = match ran {
            Ok(ran) => ran,
            Err(error) => return Err(self.ended(error, &users.name(), &allowed)),
        };
        if let Some(worst) = allowed.exceeded(engine.rulebook(), &ran) {
            sink.rejects.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Output::finish)?;
            return Err(worst);
        }
        sink.finish()?;
        self.tell(&engine, (&plan, &book.files), &ran, None, voice)?;
        // As with the trees: the system frees what a long rulebook means, and came to, sooner than it is taken apart.
        std::mem::forget((engine, book, ran));
        Ok(Exit::Done)
    }

    /// `--max-absent`
    fn may_be_absent(&self) -> Result<Allowed, Failure> {
        self.max_absent.as_deref().map_or(Ok(Allowed::Any), |text| Allowed::read("--max-absent", text))
    }

    /// Whoever reads the output may leave before its end; a run that was to be remembered says that it is not.
    fn unrecorded(&self, failure: Failure) -> Failure {
        match &self.state {
            Some(state) if failure.exit == Exit::Done => Failure::new(format!(
                "whoever reads standard output went away before its end: nothing was recorded in `{}`",
                state.display()
            ))
            .help("write to a file (`--out FILE`, `--actions FILE`), or read to the end"),
            Some(_) | None => failure,
        }
    }

    /// Why it ended before its end: of results, a column of another type is not for the rules to declare.
    fn ended(&self, error: RunError, file: &str, allowed: &Allowed) -> Failure {
        match error {
            RunError::BadRow(row) if self.of_results && row.is_of_its_column() => Failure::new(row.to_string()).help(
                "so is every row that has a value there: write the results again, by `tagwell run` or the query of `tagwell sql`, of the rules as they are now",
            ),
            error => ended(error, file, allowed),
        }
    }

    /// What closes the run on standard error.
    fn tell(
        &self,
        engine: &Engine,
        (plan, files): (&Plan, &Files),
        ran: &Ran,
        acted: Option<&acting::Acted>,
        voice: &Voice,
    ) -> Result<(), Failure> {
        if let Some(key) = plan.key.map(|key| plan.table.column(key)).filter(|_| !plan.table.declared)
            && key.name.as_str() != "user_id"
            && self.summary == Summary::Text
        {
            voice.say(&format!("users are told apart by `{}`, since no table says by what", key.name));
        }
        if self.state.is_none() && self.summary == Summary::Text {
            moves::without_state(engine.rulebook(), &plan.reads).iter().for_each(|line| voice.say(line));
        }
        let unknown = if self.of_results { Unknown::OfResults } else { Unknown::Found };
        match self.summary {
            Summary::Text if voice.volume == Volume::Quiet => {}
            Summary::Text => {
                lists::first_columns(engine.rulebook(), &plan.reads, files).iter().for_each(|line| voice.say(line));
                voice.write(&visible(&summary::text(engine, ran, &plan.results, unknown)));
                if let Some(acted) = acted {
                    voice.write(&visible(&moves::text(engine.rulebook(), acted)));
                }
            }
            Summary::Json => {
                let moves = acted.map(|it| moves::json(engine.rulebook(), it));
                voice.answer(&summary::json(engine, ran, &plan.results, unknown, moves)).map_err(|error| {
                    let recorded = if self.state.is_some() { "; the run is recorded" } else { "" };
                    let failure = Failure::file("write", "the summary", &error);
                    Failure { message: failure.message + recorded, ..failure }
                })?;
            }
            Summary::None => {}
        }
        if let Some(acting::Acted::Moved(moves, _)) = acted
            && let Some(warning) = moves::nobody(moves, ran, self.absent)
        {
            voice.say_of("warning", Tone::Warning, &warning);
        }
        Ok(())
    }

    /// Whose decisions it writes.
    fn decisions(&self) -> Decisions {
        if self.state.is_some() { Decisions::Recorded } else { Decisions::Previewed }
    }

    fn threads<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, Failure> {
        threads(self.data.threads, work)
    }

    /// What is written is none of what is read.
    fn overwrites_nothing(&self, book: &Book, reads: &Reads) -> Result<(), Failure> {
        let real = |path: &Path| std::fs::canonicalize(path).ok().filter(|it| it.is_file());
        let mut read: Vec<PathBuf> = book.users.iter().filter_map(|users| real(Path::new(&users.name()))).collect();
        let children = book.children(reads)?;
        read.extend(children.values().flatten().filter_map(|file| real(Path::new(&file.name()))));
        let lists = reads.lists.iter().filter_map(|id| book.checked.rulebook().lists.get(id.0 as usize));
        read.extend(lists.filter_map(|list| real(Path::new(&book.files.of_list(list)))));
        let lookups = reads.lookups.iter().map(|(table, _)| book.checked.rulebook().schema.table(*table));
        read.extend(lookups.filter_map(|table| real(Path::new(&book.files.of_table(table)?))));
        read.extend(real(&self.rules));
        for (flag, path) in [
            ("--out", &self.out),
            ("--rejects", &self.data.rejects),
            ("--actions", &self.actions),
            ("--state", &self.state),
        ] {
            let Some(path) = path.as_deref().and_then(real) else { continue };
            if read.contains(&path) {
                let message = format!("{flag}: `{}` is read by this run, and would be written over", path.display());
                return Err(Failure::new(message).help("write to another file"));
            }
        }
        Ok(())
    }

    /// No two things are written to the same file.
    fn writes_apart(&self) -> Result<(), Failure> {
        output::apart(&[
            ("--out", self.out.as_deref()),
            ("--rejects", self.data.rejects.as_deref()),
            ("--actions", self.actions.as_deref()),
            ("--state", self.state.as_deref()),
        ])
    }

    /// Standard output carries results or decisions.
    fn mixes_nothing(&self) -> Result<(), Failure> {
        let standard = |path: &Path| path.as_os_str() == "-" || path == Path::new("/dev/stdout");
        let decisions = self.actions.as_deref().is_some_and(standard);
        if !decisions || !self.out.as_deref().is_none_or(standard) || self.form()? == Format::None {
            return Ok(());
        }
        Err(Failure::new("--actions: standard output would carry results and decisions, mixed")
            .help("leave the results out: `--format none`; or write them to a file: `--out FILE`"))
    }

    /// The form of the records: as `--format` says, else as the file of `--out` ends.
    fn form(&self) -> Result<Format, Failure> {
        let path = match (self.format, &self.out) {
            (Some(format), _) => return Ok(format),
            (None, Some(path)) if path.as_os_str() != "-" && !output::is_device(path) => path,
            (None, _) if self.out.is_none() && std::io::stdout().is_terminal() => return Ok(Format::Table),
            (None, _) => return Ok(Format::Jsonl),
        };
        match path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase).as_deref() {
            Some("csv") => Ok(Format::Csv),
            Some("parquet") => Ok(Format::Parquet),
            Some("arrow") => Ok(Format::Arrow),
            Some("jsonl" | "ndjson") => Ok(Format::Jsonl),
            Some(_) | None => {
                let message = format!("`{}`: the form of this file is not known from its name", path.to_string_lossy());
                Err(Failure::new(message)
                    .help("name it .csv, .jsonl, .parquet or .arrow, or say the form: `--format csv`"))
            }
        }
    }

    fn sink<'a>(
        &self,
        engine: &'a Engine,
        plan: &'a Plan,
        allowed: &Allowed,
        voice: &Voice,
    ) -> Result<Sink<'a>, Failure> {
        let shape = match self.shape {
            None => tagwell::outcome::Shape::Records,
            Some(Shape::Wide) => tagwell::outcome::Shape::Wide,
            Some(Shape::Long) => tagwell::outcome::Shape::Long,
        };
        let named = plan.extra(engine).map(|(name, _)| name);
        if let Some(name) = named.filter(|_| self.shape.is_none()).find(|it| matches!(it.as_str(), "tags" | "segments"))
        {
            return Err(Failure::new(format!("--with {name}: a record has the list of {name} under that name"))
                .help("write `--shape wide`, which has no such list"));
        }
        let chosen = self.form()?;
        let output = Output::to(self.out.as_deref())?;
        // Where bad rows may end the run, nothing is to be seen before the last row is read.
        let held = *allowed != Allowed::Any && self.out.is_none();
        let target = if held { Target::Held(SpooledTempFile::new(HELD), output) } else { Target::At(output) };
        let begun = sink::begun(chosen, || plan.layout(engine), shape, target);
        let (many, writer) = begun.map_err(|error| unwritable(&error))?;
        let rejects = self.data.rejects.as_deref().map(rejects_file).transpose()?;
        Ok(Sink {
            engine,
            plan,
            writes: writer.is_some(),
            writer: Mutex::new(writer),
            shape,
            many,
            limit: self.limit,
            left: self.limit.unwrap_or(u64::MAX).into(),
            rejects: Mutex::new(rejects),
            stop: allowed.none(),
            progress: Mutex::new(Progress::begin(voice)),
        })
    }
}

/// More threads than this help nobody, and the system may refuse them.
const MOST_THREADS: usize = 512;

/// Of how many threads; where that is not said, as many as other runs take: one for each core, unless the environment says less.
fn number_of(threads: Option<NonZeroUsize>) -> usize {
    let said = || std::env::var("RAYON_NUM_THREADS").ok()?.parse().ok();
    let cores = || std::thread::available_parallelism().ok();
    threads.or_else(said).or_else(cores).map_or(1, NonZeroUsize::get).min(MOST_THREADS)
}

/// Works on so many cores.
pub(super) fn threads<T: Send>(number: Option<NonZeroUsize>, work: impl FnOnce() -> T + Send) -> Result<T, Failure> {
    let Some(_) = number else { return Ok(work()) };
    let number = number_of(number);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(number).build();
    let pool = pool.map_err(|error| Failure::new(format!("cannot start {number} threads: {error}")))?;
    Ok(pool.install(work))
}

/// Where decisions go.
fn actions_writer(path: &Path, decisions: Decisions) -> Result<ActionsWriter, Failure> {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
    let known = ending.as_deref().is_none_or(|it| matches!(it, "jsonl" | "ndjson" | "json" | "csv" | "parquet"));
    if !known && !output::is_device(path) {
        let message = format!("--actions: the form of `{}` is not known from its name", path.display());
        return Err(Failure::new(message).help("name it .jsonl, .csv or .parquet"));
    }
    ActionsWriter::begin(Output::file(path)?, ActionsFormat::of(Some(path)), decisions)
}

/// Where bad rows are set aside.
fn rejects_file(path: &Path) -> Result<Output, Failure> {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
    let known = ending.as_deref().is_none_or(|it| matches!(it, "jsonl" | "ndjson" | "json"));
    if !known && !output::is_device(path) {
        let message =
            format!("--rejects: bad rows are written as JSON Lines, and `{}` is named otherwise", path.display());
        return Err(Failure::new(message).help("name it .jsonl"));
    }
    Output::file(path)
}

fn unwritable(error: &io::Error) -> Failure {
    output::unwritable("the results", error)
}

/// Why a run ended before its end, in the command's words.
pub(super) fn ended(error: RunError, file: &str, allowed: &Allowed) -> Failure {
    match error {
        RunError::Data(error) => book::failure(error),
        RunError::BadRow(row) if row.is_of_its_column() => {
            Failure::new(row.to_string()).help("so is every row that has a value there: declare the column as the file has it, or write the file with the type that is wanted")
        }
        RunError::BadRow(row) => Failure::new(row.to_string())
            .help("mend the row, or set bad rows aside: `--on-bad-row skip --rejects rejects.jsonl`"),
        RunError::TooManyBadRows(rejected, read) => {
            allowed.over("", rejected, read).unwrap_or_else(|| Failure::new("too many bad rows"))
        }
        RunError::User { key, line, error } => {
            let place = line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
            Failure::new(format!("{place}: user `{key}`: {error}")).help(
                "let the conditions exclude each other, or take `exclusive` out: then the first that applies is taken",
            )
        }
        RunError::Output(error) => unwritable(&error),
    }
}
