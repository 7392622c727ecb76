//! A rulebook met with its data: what every command needs that evaluates users.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use tagwell::{
    check::{Inputs, ROOT},
    data::{self, DataError, Input, Nested, Pipes},
    diagnostic::nearest,
    engine::{Checked, Engine, Files, LoadError, Problems, Rulebook},
    eval::Context,
    intern::Symbol,
    ir::{self, Reads},
    schema::{ColumnFacts, ColumnId, Source, TableId},
    value::{Clock, Value, time},
};

use super::{
    clock::AsOf,
    data::{DataArgs, SettingArgs},
    exit::Failure,
    report::{self, MessageFormat},
    results::Names,
    rules::Rules,
    state::Looked,
    voice::Voice,
};

/// A checked rulebook and where its users are.
pub(crate) struct Book {
    pub(crate) checked: Checked,
    pub(crate) users: Option<Input>,
    pub(crate) files: Files,
    /// What it was checked against.
    pub(crate) inputs: Inputs,
    /// What earlier runs left, where it is only looked at.
    pub(crate) state: Option<Looked>,
}

/// What a command was given to read.
pub(crate) struct Given<'a> {
    pub(crate) rules: &'a Path,
    pub(crate) file: Option<&'a Path>,
    pub(crate) data: &'a DataArgs,
    pub(crate) settings: &'a SettingArgs,
    pub(crate) format: MessageFormat,
    pub(crate) doubts: Doubts,
    /// What was read already that can be read only once.
    pub(crate) pipes: Arc<Pipes>,
}

/// Whether anybody is told what is doubtful about the rules.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubts {
    Told,
    /// Then they are not looked for.
    Untold,
}

impl Given<'_> {
    /// Standard input can be read for one thing only.
    fn one_standard_input(&self) -> Result<(), Failure> {
        let files = self.file.iter().map(|file| file.to_string_lossy().into_owned());
        let data = files.chain(self.data.tables.iter().map(|(_, file)| file.clone()));
        let is_standard = |spec: &String| spec == "-" || spec.ends_with(":-");
        let times = data.filter(is_standard).count() + usize::from(self.rules.as_os_str() == "-");
        if times <= 1 {
            return Ok(());
        }
        Err(Failure::new("standard input is asked for twice, and can be read for one thing only")
            .help("name a file for the others, or `/dev/fd/3` and the like"))
    }
}

/// What keeps a rulebook from being met with its data.
pub(crate) enum Stop {
    /// Mistakes in the rules.
    Rules(Problems),
    /// Anything else.
    Failure(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failure(failure)
    }
}

impl Stop {
    /// Tells mistakes in the rules, if that is what it is.
    pub(crate) fn told(self, format: MessageFormat, voice: &Voice) -> Failure {
        match self {
            Stop::Failure(failure) => failure,
            Stop::Rules(problems) => {
                report::beside_the_answer(problems.diagnostics(), problems.sources(), format, voice);
                Failure::told()
            }
        }
    }
}

impl Book {
    /// Reads, checks, and looks at the data where the rules do not say what it holds.
    pub(crate) fn read(given: &Given<'_>, voice: &Voice) -> Result<Book, Stop> {
        Book::met(&Rules::read(given.rules)?, given, voice)
    }

    /// The same of rules that were read already.
    pub(crate) fn met(rules: &Rules, given: &Given<'_>, voice: &Voice) -> Result<Book, Stop> {
        given.one_standard_input()?;
        let texts = rules.texts(given.format, voice)?;
        let rulebook = Rulebook::parse_all(texts).map_err(Stop::Rules)?;
        let folder = folder_of(given.rules);
        let file = given.file.map(|file| file.to_string_lossy().into_owned());
        let files = Files { folder, tables: given.data.tables.clone(), memory: None, pipes: Arc::clone(&given.pipes) };
        let book = Book::of(&rulebook, files, file.as_deref(), &given.settings.params, given.doubts);
        // To take the trees of a long rulebook apart takes longer than the system takes to free them when the command ends.
        std::mem::forget(rulebook);
        book
    }

    /// Reads and checks rules whose results stand in the file, computed elsewhere.
    pub(crate) fn read_results(given: &Given<'_>, voice: &Voice) -> Result<Book, Stop> {
        given.one_standard_input()?;
        let texts = Rules::read(given.rules)?.texts(given.format, voice)?;
        let rulebook = Rulebook::parse_all(texts).map_err(Stop::Rules)?;
        let inputs = Inputs { params: given.settings.params.clone(), ..Inputs::default() };
        let checked = rulebook.check(&inputs).map_err(Stop::Rules)?;
        let file = given.file.map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
        let users = Input::parse(&file).map_err(failure)?;
        let facts = data::facts(&users).map_err(failure)?;
        let columns: Vec<String> = facts.columns.iter().map(|column| column.header.clone()).collect();
        let names = Names::of(checked.rulebook());
        let checked = checked.of_results(&file, &columns).map_err(Stop::Rules)?;
        let zone = checked.zone();
        let now = AsOf::read(given.settings.as_of.as_deref()).instant(&zone)?;
        let today = time::date(&Value::Timestamp(now), &zone);
        names.meet(checked.rulebook(), &facts.columns, &users, &zone, &today)?;
        known_tables(&checked, &given.data.tables)?;
        let folder = folder_of(given.rules);
        let files = Files { folder, tables: given.data.tables.clone(), memory: None, pipes: Arc::clone(&given.pipes) };
        Ok(Book { checked, users: Some(users), files, inputs, state: None })
    }

    /// Checks rules, and looks at the data where they do not say what it holds. `file` is the users', if one was named.
    pub(crate) fn of(
        rulebook: &Rulebook,
        files: Files,
        file: Option<&str>,
        params: &[(String, String)],
        doubts: Doubts,
    ) -> Result<Book, Stop> {
        let check = |inputs: &Inputs| match doubts {
            Doubts::Told => rulebook.check(inputs),
            Doubts::Untold => rulebook.check_for_mistakes(inputs),
        };
        let mut inputs = Inputs { params: params.to_vec(), ..Inputs::default() };
        let alone = check(&inputs);
        let declared = alone.as_ref().ok().map(|checked| checked.rulebook().schema.root());
        let name = declared.map_or(ROOT, |table| table.name.as_str());
        let from = declared.and_then(|table| table.from.as_deref()).map(|from| files.path(from));
        let told = files.tables.iter().find(|(table, _)| table == name).map(|(_, file)| file.clone());
        if let (Some(told), Some(file)) = (&told, file) {
            let failure = Failure::new(format!("the users are given twice: `{file}`, and `--data {name}={told}`"));
            return Err(failure.help("leave one of them out").into());
        }
        let spec = told.or_else(|| file.map(str::to_owned)).or(from);
        let users = spec.map(|spec| files.input(&spec)).transpose().map_err(failure)?;
        let is_declared = declared.is_some_and(|table| table.declared);
        let checked = match &users {
            Some(users) if !is_declared => {
                inputs.facts.insert(Symbol::new(ROOT), data::facts(users).map_err(failure)?);
                check(&inputs).map_err(Stop::Rules)?
            }
            Some(_) | None => alone.map_err(Stop::Rules)?,
        };
        known_tables(&checked, &files.tables)?;
        Ok(Book { checked, users, files, inputs, state: None })
    }

    /// Other rules met with the same data: the previous ones, asked again.
    pub(crate) fn again(&self, rulebook: &Rulebook, params: &[(String, String)]) -> Result<Book, Stop> {
        let mut inputs = Inputs { params: params.to_vec(), ..Inputs::default() };
        let root = Symbol::new(ROOT);
        if let Some(users) = &self.users {
            let facts = match self.inputs.facts.get(&root) {
                Some(facts) => facts.clone(),
                None => data::facts(users).map_err(failure)?,
            };
            inputs.facts.insert(root.clone(), facts);
        }
        // What the rules read and the data do not have any more: what depends on it cannot be asked, and the rest can.
        let alone = rulebook.check_for_mistakes(&Inputs { params: params.to_vec(), ..Inputs::default() });
        if let (Some(facts), Ok(alone)) = (inputs.facts.get_mut(&root), alone) {
            let root = alone.rulebook().schema.root();
            let lacking = root.columns.iter().filter(|it| it.source == Source::Data && !root.declared);
            for header in lacking.map(|column| column.header.clone()) {
                if facts.columns.iter().all(|it| it.header != header) {
                    facts.columns.push(ColumnFacts { header, ty: None, missing: true });
                }
            }
        }
        let checked = rulebook.check(&inputs).map_err(Stop::Rules)?;
        let (tables, lists) = (&checked.rulebook().schema.tables, &checked.rulebook().lists);
        let is_theirs = |name: &str| {
            tables.iter().any(|table| *table.name == *name) || lists.iter().any(|list| *list.name == *name)
        };
        let told = self.files.tables.iter().filter(|(name, _)| is_theirs(name));
        let files = Files {
            folder: self.files.folder.clone(),
            tables: told.cloned().collect(),
            memory: self.files.memory.clone(),
            pipes: Arc::clone(&self.files.pipes),
        };
        Ok(Book { checked, users: self.users.clone(), files, inputs, state: None })
    }

    /// Says where a table is that no file was named for; what was said of it before no longer holds.
    pub(crate) fn say_where(&mut self, table: String, file: String) {
        self.files.tables.retain(|(named, _)| *named != table);
        self.files.tables.push((table, file));
    }

    /// Ready to be asked at one as-of, with what earlier runs left where there is a state; the rulebook is the book's, perhaps with more
    /// definitions.
    pub(crate) fn engine(&self, as_of: &AsOf, rulebook: &Arc<ir::Rulebook>, reads: &Reads) -> Result<Engine, Failure> {
        let engine = self.checked.engine_with(self.context(as_of, reads)?).of(Arc::clone(rulebook));
        match &self.state {
            Some(state) => state.bring(engine),
            None => Ok(engine),
        }
    }

    /// Where the users are.
    pub(crate) fn users(&self) -> Result<&Input, Failure> {
        self.users.as_ref().ok_or_else(|| {
            Failure::new("the rules do not say where the users are")
                .help("name the file behind the rules: `tagwell run RULES users.csv`, or write `from \"users.csv\"` in the `table`")
        })
    }

    /// Where the rows of the child tables are that the asked-for results read; none where they stand in the users' records.
    pub(crate) fn children(&self, reads: &Reads) -> Result<BTreeMap<TableId, Option<Input>>, Failure> {
        let users = self.users.as_ref().map(|users| users.format);
        self.files.children(self.checked.rulebook(), users, reads).map_err(unloadable)
    }

    /// The child tables whose rows stand in the users' records, with all of their columns.
    pub(crate) fn nested(&self, children: &BTreeMap<TableId, Option<Input>>) -> Vec<Nested> {
        let nested = children.iter().filter(|(_, file)| file.is_none());
        let of = |(id, _): (&TableId, &Option<Input>)| {
            let table = self.checked.rulebook().schema.table(*id).clone();
            let needed = (0..table.columns.len() as u32).map(ColumnId).collect();
            Nested { id: *id, table, needed }
        };
        nested.map(of).collect()
    }

    /// The clock of an as-of.
    pub(crate) fn clock(&self, as_of: &AsOf) -> Result<Clock, Failure> {
        let zone = self.checked.zone();
        let now = as_of.instant(&zone)?;
        Clock::at(now, zone).ok_or_else(|| Failure::new("the as-of is outside the years 1 to 9999"))
    }

    /// The clock, and what the asked-for results read beside the users' own fields.
    pub(crate) fn context(&self, as_of: &AsOf, reads: &Reads) -> Result<Context, Failure> {
        let clock = self.clock(as_of)?;
        self.files.context(self.checked.rulebook(), clock, reads).map_err(unloadable)
    }
}

/// Why a list or a reference table cannot be read, in the command's words.
pub(crate) fn unloadable(error: LoadError) -> Failure {
    match error {
        LoadError::Data(error) => failure(error),
        LoadError::Nowhere(ref table) => Failure::new(error.to_string()).help(format!("say it: `--data {table}=FILE`")),
        LoadError::NotNested(ref table) => Failure::new(error.to_string())
            .help(format!("say it: `--data {table}=FILE`"))
            .help("rows in the users' own records are read from JSON Lines only; write them to a file of their own"),
        LoadError::BadRow(_) => {
            Failure::new(error.to_string()).help("mend the row: of a list or a reference table none is set aside")
        }
        LoadError::KeyTwice { .. } => Failure::new(error.to_string())
            .help("take one of the rows out: a reference table has each key once, and none of its rows is set aside"),
    }
}

/// The folder in which the files lie that a rulebook names.
pub(crate) fn folder_of(rules: &Path) -> PathBuf {
    match rules.is_dir() {
        true => rules.to_owned(),
        false => rules.parent().map(Path::to_owned).unwrap_or_default(),
    }
}

/// Every `--data NAME=…` names a table of the rules.
fn known_tables(checked: &Checked, told: &[(String, String)]) -> Result<(), Failure> {
    let rulebook = checked.rulebook();
    let lists = || rulebook.lists.iter().map(|list| list.name.as_str());
    let names = || rulebook.schema.tables.iter().map(|table| table.name.as_str()).chain(lists());
    match told.iter().find(|(name, _)| !names().any(|known| known == name)) {
        None => Ok(()),
        Some((name, file)) => {
            let failure = Failure::new(format!("--data: the rules have no table or list `{name}`"));
            Err(match nearest(name, names()) {
                Some(near) => failure.help(format!("did you mean `--data {near}={file}`?")),
                None => failure.help(format!("there are {}", names().collect::<Vec<_>>().join(", "))),
            })
        }
    }
}

/// An error of the data in the command's words.
pub(crate) fn failure(error: DataError) -> Failure {
    match error {
        DataError::Stopped => Failure::new("interrupted"),
        DataError::Unreadable { file, error } => {
            let failure = Failure::file("read", &file, &error);
            match error.kind() {
                std::io::ErrorKind::UnexpectedEof => failure
                    .help("it ends too early, as what was cut off while it was written or copied: make it, or fetch it, again"),
                std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => failure
                    .help("it was cut off or damaged, perhaps while it was written or copied: make it, or fetch it, again"),
                _ => failure,
            }
        }
        DataError::Unfit { file, reason, help } => {
            let failure = Failure::new(format!("`{file}`: {reason}"));
            help.into_iter().fold(failure, Failure::help)
        }
    }
}
