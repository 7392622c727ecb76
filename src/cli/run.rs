//! `tagwell run`: evaluates every user.

use std::{
    collections::BTreeSet,
    io::{self, IsTerminal, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

use serde_json::json;
use tagwell::{
    data::{self, BadRow, ColumnarForm, ColumnarWriter, Wanted},
    diagnostic::{Diagnostic, code::UNUSED, nearest, render::visible},
    engine::{Engine, Everybody, RunError, RunSink, Users},
    eval::kernel,
    intern::Symbol,
    ir::{Body, Choice, DefinitionId, Reads, Rulebook},
    outcome::{Cells, Form, Layout, ResultColumn, ResultKind, Results, UserResults, Writer},
    schema::{Column, ColumnId, Table},
    value::{Type, Value, moment_text::MomentFormat},
};
use tempfile::SpooledTempFile;

use super::{
    Answer,
    book::{self, Book, Given},
    clock::AsOf,
    data::{Allowed, DataArgs, SettingArgs},
    exit::{Exit, Failure},
    output::Output,
    progress::Progress,
    report::{self, MessageArgs},
    summary,
    voice::{Voice, Volume},
};

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
    /// The form of the counts on standard error.
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    pub(crate) summary: Summary,
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
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
        };
        let book = Book::read(&given, voice).map_err(|stop| stop.told(given.format, voice))?;
        let warnings = book.checked.warnings();
        // A `let` that is asked for by name is read by somebody.
        let asked = |found: &Diagnostic| {
            found.code == UNUSED && self.with.iter().any(|name| name == warnings.sources().slice(found.primary.span))
        };
        let told: Vec<Diagnostic> = warnings.diagnostics().iter().filter(|it| !asked(it)).cloned().collect();
        report::beside_the_answer(&told, warnings.sources(), given.format, voice);
        let allowed = self.data.allowed()?;
        let plan = Plan::of(&book, &self.only, &self.with)?;
        let as_of = AsOf::read(self.settings.as_of.as_deref());
        let context = book.context(&as_of, &plan.reads)?;
        let engine = book.checked.engine_with(context);
        let users = book.users()?;
        self.overwrites_nothing(&book, &plan.reads)?;
        let mut sink = self.sink(&engine, &plan, &allowed, voice)?;
        // Keys are compared where users are numbered.
        let ran = if plan.reads.aggregates.is_empty() && !self.data.check_keys {
            let wanted =
                Wanted { table: plan.table.clone(), needed: plan.needed.clone(), nested: vec![], verbatim: false };
            let chunks = data::chunks(users, wanted, engine.clock().zone()).map_err(book::failure)?;
            self.threads(|| engine.run(chunks, &plan.reads, &mut sink))?
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
            Err(error) => return Err(ended(error, &users.name(), &allowed)),
        };
        let of_children = ran.children.values().fold((0, 0), |(bad, read), it| (bad + it.rejected, read + it.read));
        if let Some(worst) = allowed.exceeded(ran.rejected + of_children.0, ran.read + of_children.1) {
            sink.rejects.map_or(Ok(()), Output::finish)?;
            return Err(worst);
        }
        sink.finish()?;
        if let Some(key) = plan.key.map(|key| plan.table.column(key)).filter(|_| !plan.table.declared)
            && key.name.as_str() != "user_id"
            && self.summary == Summary::Text
        {
            voice.say(&format!("users are told apart by `{}`, since no table says by what", key.name));
        }
        if let Some(level) = plan.results.iter().find(|id| has_keep(&engine.rulebook().definition(**id).body))
            && self.summary == Summary::Text
        {
            let name = &engine.rulebook().definition(*level).name;
            voice.say(&format!("`keep` of `{name}` has no effect: without state nothing has been before"));
        }
        match self.summary {
            Summary::Text if voice.volume == Volume::Quiet => {}
            Summary::Text => voice.write(&visible(&summary::text(&engine, &ran, &plan.results))),
            Summary::Json => voice.write(&summary::json(&engine, &ran, &plan.results)),
            Summary::None => {}
        }
        Ok(Exit::Done)
    }

    fn threads<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, Failure> {
        let Some(number) = self.data.threads else { return Ok(work()) };
        // More threads than this help nobody, and the system may refuse them.
        let number = number.min(std::num::NonZeroUsize::new(512).unwrap_or(number));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(number.get()).build();
        let pool = pool.map_err(|error| Failure::new(format!("cannot start {number} threads: {error}")))?;
        Ok(pool.install(work))
    }

    /// What is written is none of what is read.
    fn overwrites_nothing(&self, book: &Book, reads: &Reads) -> Result<(), Failure> {
        let real = |path: &Path| std::fs::canonicalize(path).ok().filter(|it| it.is_file());
        let mut read: Vec<PathBuf> = book.users.iter().filter_map(|users| real(Path::new(&users.name()))).collect();
        let children = book.children(reads)?;
        read.extend(children.values().flatten().filter_map(|file| real(Path::new(&file.name()))));
        read.extend(real(&self.rules));
        let mut written: Vec<PathBuf> = vec![];
        for (flag, path) in [("--out", &self.out), ("--rejects", &self.data.rejects)] {
            let Some(path) = path.as_deref().and_then(real) else { continue };
            if read.contains(&path) {
                let message = format!("{flag}: `{}` is read by this run, and would be written over", path.display());
                return Err(Failure::new(message).help("write to another file"));
            }
            written.push(path);
        }
        match (&self.out, &self.data.rejects) {
            (Some(out), Some(rejects)) if out == rejects && out.as_os_str() != "-" => {
                Err(Failure::new("--out and --rejects name the same file").help("write the rejects to another file"))
            }
            _ => Ok(()),
        }
    }

    /// The form of the records: as `--format` says, else as the file of `--out` ends.
    fn form(&self) -> Result<Format, Failure> {
        let path = match (self.format, &self.out) {
            (Some(format), _) => return Ok(format),
            (None, Some(path)) if path.as_os_str() != "-" && !is_device(path) => path,
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
        let chosen = self.form()?;
        let output = Output::to(self.out.as_deref())?;
        // Where bad rows may end the run, nothing is to be seen before the last row is read.
        let held = *allowed != Allowed::Any && self.out.is_none();
        let target = if held { Target::Held(SpooledTempFile::new(HELD), output) } else { Target::At(output) };
        let layout = plan.layout(engine);
        let text = match chosen {
            Format::Jsonl => Some((Form::JsonLines, layout.clone())),
            Format::Csv => Some((Form::Csv, layout.clone())),
            Format::Table | Format::Parquet | Format::Arrow | Format::None => None,
        };
        let rows = |form, target, layout| {
            Writer::begin(target, layout, shape, form).map(|writer| Some(Records::Rows(Box::new(writer))))
        };
        let columns = |form, target, layout| {
            let writer = ColumnarWriter::begin(target, layout, shape, form);
            writer.map(|writer| Some(Records::Columns(Box::new(writer))))
        };
        let writer = match chosen {
            Format::Jsonl => rows(Form::JsonLines, target, layout),
            Format::Csv => rows(Form::Csv, target, layout),
            Format::Table => rows(Form::Table, target, layout),
            Format::Parquet => columns(ColumnarForm::Parquet, target, layout),
            Format::Arrow => columns(ColumnarForm::Arrow, target, layout),
            Format::None => Ok(None),
        };
        let writer = writer.map_err(|error| unwritable(&error))?;
        let rejects = self.data.rejects.as_deref().map(Output::file).transpose()?;
        Ok(Sink {
            engine,
            plan,
            writes: writer.is_some(),
            writer: Mutex::new(writer),
            shape,
            text,
            limit: self.limit,
            left: self.limit.unwrap_or(u64::MAX),
            rejects,
            stop: allowed.none(),
            progress: Progress::begin(voice),
        })
    }
}

/// Bytes of results that are held in memory until the last row is read; more go to a temporary file.
const HELD: usize = 8 << 20;

/// What is evaluated, read and written.
struct Plan {
    results: Vec<DefinitionId>,
    extra: Vec<Extra>,
    reads: Reads,
    /// The users' table, with the columns that only `--with` asks for.
    table: Table,
    key: Option<ColumnId>,
    needed: Vec<ColumnId>,
}

/// A column of `--with`.
enum Extra {
    Column(ColumnId),
    Definition(DefinitionId),
}

impl Plan {
    fn of(book: &Book, only: &[String], with: &[String]) -> Result<Plan, Failure> {
        let rulebook = book.checked.rulebook();
        let all = || (0..rulebook.definitions.len() as u32).map(DefinitionId);
        let given = |id: &DefinitionId| !matches!(rulebook.definition(*id).body, Body::Let(_));
        let mut results: Vec<DefinitionId> = all().filter(given).collect();
        let mut metrics: Vec<DefinitionId> = rulebook.metrics().into_iter().map(|it| it.definition).collect();
        if !only.is_empty() {
            let name = |id: &DefinitionId| rulebook.definition(*id).name.as_str();
            let names: Vec<&str> = results.iter().chain(&metrics).map(name).collect();
            if let Some(unknown) = only.iter().find(|name| !names.contains(&name.as_str())) {
                return Err(no_result(rulebook, unknown, &names));
            }
            let asked = |id: &DefinitionId| only.iter().any(|wanted| wanted == name(id));
            results.retain(asked);
            metrics.retain(asked);
        }
        let mut table = rulebook.schema.root().clone();
        let mut extra = vec![];
        for name in with.iter().enumerate().filter(|(at, name)| !with.iter().take(*at).any(|it| it == *name)) {
            let name = name.1;
            // The key stands there anyway.
            if table.key.is_some_and(|key| table.column(key).name.as_str() == name) {
                continue;
            }
            extra.push(match (table.find(name), rulebook.find(name)) {
                (Some(column), _) => Extra::Column(column),
                // A level, layer, score or funnel is there already.
                (None, Some(id)) if results.contains(&id) && !is_listed(&rulebook.definition(id).body) => continue,
                (None, Some(id)) => Extra::Definition(id),
                (None, None) => Extra::Column(undeclared(book, &mut table, name)?),
            });
        }
        let asked = extra.iter().filter_map(|it| match it {
            Extra::Definition(id) => Some(*id),
            Extra::Column(_) => None,
        });
        let reads = rulebook.reads(results.iter().copied().chain(metrics).chain(asked));
        let key = table.key;
        let columns = extra.iter().filter_map(|it| match it {
            Extra::Column(id) => Some(*id),
            Extra::Definition(_) => None,
        });
        let needed: BTreeSet<ColumnId> = key.into_iter().chain(reads.columns.iter().copied()).chain(columns).collect();
        Ok(Plan { results, extra, reads, table, key, needed: needed.into_iter().collect() })
    }

    fn layout(&self, engine: &Engine) -> Layout {
        let rulebook = engine.rulebook();
        let result = |id: &DefinitionId| {
            let definition = rulebook.definition(*id);
            let kind = match (&definition.body, &definition.ty) {
                (Body::Tag(_), _) => ResultKind::Tag,
                (Body::Segment(_), _) => ResultKind::Segment,
                (_, Type::Choice(choices)) => {
                    let values = &rulebook.choices(*choices).values;
                    ResultKind::Choice(values.iter().map(|value| value.name.to_string()).collect())
                }
                (_, ty) => ResultKind::Score(ty.clone()),
            };
            ResultColumn { name: definition.name.to_string(), kind }
        };
        let extra = self.extra.iter().map(|it| match it {
            Extra::Column(id) => {
                let column = self.table.column(*id);
                (column.name.to_string(), column.ty.clone())
            }
            Extra::Definition(id) => {
                let definition = rulebook.definition(*id);
                (definition.name.to_string(), shown_type(&definition.ty))
            }
        });
        Layout {
            key: self.key.map_or_else(|| "user_id".into(), |key| self.table.column(key).name.to_string()),
            key_type: self.key.map_or(Type::Text, |key| self.table.column(key).ty.clone()),
            results: self.results.iter().map(result).collect(),
            extra: extra.collect(),
            zone: engine.clock().zone().clone(),
        }
    }
}

/// Whether something is there that is no file: `/dev/null`, a pipe.
fn is_device(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Whether an arm of a level is kept.
fn has_keep(body: &Body) -> bool {
    let Body::Level(ladder) = body else { return false };
    ladder.arms.iter().any(|arm| matches!(&arm.choice, Choice::From { keep, .. } if !keep.is_empty()))
}

/// Whether it stands in a list of names rather than in a column of its own.
fn is_listed(body: &Body) -> bool {
    matches!(body, Body::Tag(_) | Body::Segment(_))
}

/// The type of values as they are shown: those of levels by their names.
fn shown_type(ty: &Type) -> Type {
    match ty {
        Type::Choice(_) => Type::Text,
        Type::List(element) => Type::List(Box::new(shown_type(element))),
        other => other.clone(),
    }
}

/// A column that the data has and no rule names: written as it stands.
fn undeclared(book: &Book, table: &mut Table, name: &str) -> Result<ColumnId, Failure> {
    let rulebook = book.checked.rulebook();
    let headers: Vec<String> = match (table.declared, &book.users) {
        (false, Some(users)) => {
            data::facts(users).map_err(book::failure)?.columns.into_iter().map(|column| column.header).collect()
        }
        _ => vec![],
    };
    if !headers.iter().any(|header| header == name) {
        let columns = table.columns.iter().map(|column| column.name.as_str());
        let lets = rulebook.definitions.iter().map(|definition| definition.name.as_str());
        let names: Vec<&str> = columns.chain(lets).chain(headers.iter().map(String::as_str)).collect();
        return Err(no_such("--with", name, "field or `let`", &names));
    }
    table.columns.push(Column {
        name: Symbol::new(name),
        header: name.into(),
        ty: Type::Text,
        optional: true,
        format: MomentFormat::Iso,
        span: None,
    });
    Ok(ColumnId(table.columns.len() as u32 - 1))
}

/// `--only` of something else: a label, a `let`, or a name that is none.
fn no_result(rulebook: &Rulebook, wanted: &str, names: &[&str]) -> Failure {
    let failure = Failure::new(format!("--only: there is no result `{wanted}`"));
    let labelled = rulebook.definitions.iter().find(|it| it.label.as_deref() == Some(wanted));
    if let Some(labelled) = labelled {
        return failure.help(format!("that is the label of `{0}`: write `--only {0}`", labelled.name));
    }
    if rulebook.definitions.iter().any(|it| it.name.as_str() == wanted) {
        return failure.help(format!("it is a `let`: `--with {wanted}` shows it beside the results"));
    }
    match nearest(wanted, names.iter().copied()) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help(format!("the results are {}", names.join(", "))),
    }
}

fn no_such(flag: &str, name: &str, what: &str, names: &[&str]) -> Failure {
    let failure = Failure::new(format!("{flag}: there is no {what} `{name}`"));
    match nearest(name, names.iter().copied()) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure,
    }
}

/// Where results go.
enum Target {
    At(Output),
    /// Until the last row is read.
    Held(SpooledTempFile, Output),
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Target::At(output) => Write::write(output, bytes),
            Target::Held(held, _) => held.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Target::At(output) => output.flush(),
            Target::Held(held, _) => held.flush(),
        }
    }
}

/// Results row by row, or as columns.
enum Records {
    Rows(Box<Writer<Target>>),
    Columns(Box<ColumnarWriter<Target>>),
}

impl Records {
    fn written(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Records::Rows(writer) => writer.written(bytes),
            Records::Columns(_) => Ok(()),
        }
    }

    fn user(&mut self, user: &UserResults) -> io::Result<()> {
        match self {
            Records::Rows(writer) => writer.user(user),
            Records::Columns(writer) => writer.user(user),
        }
    }

    fn finish(self) -> io::Result<Target> {
        match self {
            Records::Rows(writer) => writer.finish(),
            Records::Columns(writer) => writer.finish(),
        }
    }
}

/// Writes users, and sets bad rows aside.
struct Sink<'a> {
    engine: &'a Engine,
    plan: &'a Plan,
    /// What writes them; it is used by one thread alone, while all make users ready.
    writer: Mutex<Option<Records>>,
    writes: bool,
    shape: tagwell::outcome::Shape,
    /// Where users can be written many at once.
    text: Option<(Form, Layout)>,
    limit: Option<u64>,
    left: u64,
    rejects: Option<Output>,
    stop: bool,
    progress: Progress,
}

/// Users who are ready to be written.
enum Ready {
    /// As they are written.
    Bytes(Vec<u8>),
    /// One by one.
    Users(Vec<UserResults>),
    /// Nothing is written of them.
    Nothing,
}

impl RunSink for Sink<'_> {
    type Ready = Ready;

    fn prepare(&self, users: &Users<'_>) -> Ready {
        match (self.writes, &self.text) {
            (false, _) => Ready::Nothing,
            (true, Some((form, layout))) if self.limit.is_none() => Ready::Bytes(self.bytes(users, layout, *form)),
            (true, _) => {
                let rows = users.rows().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                Ready::Users((0..rows).map(|row| self.user(users, row)).collect())
            }
        }
    }

    fn take(&mut self, ready: Ready) -> Result<(), RunError> {
        let Ok(Some(writer)) = self.writer.get_mut() else { return Ok(()) };
        match ready {
            Ready::Nothing => {}
            Ready::Bytes(bytes) => writer.written(&bytes)?,
            Ready::Users(users) => {
                for user in users {
                    if self.left == 0 {
                        return Ok(());
                    }
                    self.left -= 1;
                    writer.user(&user)?;
                }
            }
        }
        Ok(())
    }

    fn bad_row(&mut self, row: Box<BadRow>) -> Result<(), RunError> {
        if self.stop {
            return Err(RunError::BadRow(row));
        }
        if let Some(rejects) = &mut self.rejects {
            let line = json!({
                "file": row.file, "line": row.line, "column": row.column, "reason": row.reason,
                "row": String::from_utf8_lossy(&row.verbatim).trim_end_matches(['\r', '\n']),
            });
            rejects.write_all(format!("{line}\n").as_bytes())?;
        }
        Ok(())
    }

    fn progress(&mut self, rows: u64, table: &str) {
        self.progress.tell(rows, table);
    }
}

impl Sink<'_> {
    /// One user's results.
    fn user(&self, users: &Users<'_>, row: usize) -> UserResults {
        let rulebook = self.engine.rulebook();
        let extra = self.plan.extra.iter().map(|it| match it {
            Extra::Column(id) => users.column(*id).value(row),
            Extra::Definition(id) if is_listed(&rulebook.definition(*id).body) => {
                Value::Bool(users.result(*id).value(row) == Value::Bool(true))
            }
            Extra::Definition(id) => rulebook.shown(&users.result(*id).value(row), &rulebook.definition(*id).ty),
        });
        UserResults {
            key: self.plan.key.map_or(Value::Missing, |key| users.column(key).value(row)),
            results: self.plan.results.iter().map(|id| users.result(*id).value(row)).collect(),
            extra: extra.collect(),
        }
    }

    /// Many users' results, as they are written.
    fn bytes(&self, users: &Users<'_>, layout: &Layout, form: Form) -> Vec<u8> {
        let rulebook = self.engine.rulebook();
        let own: Vec<kernel::Cells<'_>> = self.plan.results.iter().map(|id| users.result(*id)).collect();
        let extra: Vec<kernel::Cells<'_>> = self
            .plan
            .extra
            .iter()
            .map(|it| match it {
                Extra::Column(id) => users.column(*id),
                Extra::Definition(id) => {
                    let (cells, ty) = (users.result(*id), &rulebook.definition(*id).ty);
                    if shown_type(ty) == *ty {
                        return cells;
                    }
                    let mut shown = tagwell::column::Column::new(&shown_type(ty));
                    (0..users.rows()).for_each(|row| shown.push(&rulebook.shown(&cells.value(row), ty)));
                    kernel::Cells::Own(shown)
                }
            })
            .collect();
        // A `let` of `--with` that is a condition may be unknown, and is written as a value.
        let conditions: Vec<Option<tagwell::column::Column>> = extra
            .iter()
            .zip(&self.plan.extra)
            .map(|(cells, extra)| match cells {
                // What is named so is true or false.
                kernel::Cells::Truths(..)
                    if matches!(extra, Extra::Definition(id) if is_listed(&rulebook.definition(*id).body)) =>
                {
                    None
                }
                kernel::Cells::Truths(..) => {
                    let mut values = tagwell::column::Column::new(&Type::Bool);
                    (0..users.rows()).for_each(|row| values.push(&cells.value(row)));
                    Some(values)
                }
                kernel::Cells::Column(..) | kernel::Cells::Own(_) | kernel::Cells::Missing => None,
            })
            .collect();
        let key = self.plan.key.map_or(kernel::Cells::Missing, |key| users.column(key));
        let extra = extra.iter().zip(&conditions).map(|(cells, values)| match values {
            Some(values) => Cells::Column(values, 0),
            None => written(cells),
        });
        let results = Results {
            rows: users.rows(),
            key: written(&key),
            results: own.iter().map(written).collect(),
            extra: extra.collect(),
        };
        layout.write(self.shape, form, &results)
    }

    fn finish(self) -> Result<(), Failure> {
        if let Ok(Some(writer)) = self.writer.into_inner() {
            match writer.finish().map_err(|error| unwritable(&error))? {
                Target::At(output) => output.finish()?,
                Target::Held(mut held, mut output) => {
                    held.seek(SeekFrom::Start(0)).map_err(|error| unwritable(&error))?;
                    let mut buffer = vec![0; 1 << 16];
                    loop {
                        let read = held.read(&mut buffer).map_err(|error| unwritable(&error))?;
                        if read == 0 {
                            break;
                        }
                        output.write(buffer.get(..read).unwrap_or_default())?;
                    }
                    output.finish()?;
                }
            }
        }
        self.rejects.map_or(Ok(()), Output::finish)
    }
}

/// What users got, as it is written.
fn written<'c>(cells: &'c kernel::Cells<'c>) -> Cells<'c> {
    match cells {
        kernel::Cells::Truths(yes, _) => Cells::Yes(yes),
        kernel::Cells::Column(column, start) => Cells::Column(column, *start),
        kernel::Cells::Own(column) => Cells::Column(column, 0),
        kernel::Cells::Missing => Cells::Missing,
    }
}

fn unwritable(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::closed_pipe(),
        _ => Failure::file("write", "the results", error),
    }
}

/// Why a run ended before its end, in the command's words.
fn ended(error: RunError, file: &str, allowed: &Allowed) -> Failure {
    match error {
        RunError::Data(error) => book::failure(error),
        RunError::BadRow(row) => Failure::new(row.to_string())
            .help("mend the row, or set bad rows aside: `--on-bad-row skip --rejects rejects.jsonl`"),
        RunError::TooManyBadRows(rejected, read) => {
            allowed.exceeded(rejected, read).unwrap_or_else(|| Failure::new("too many bad rows"))
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
