//! A rulebook met with its data: what every command needs that evaluates users.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use tagwell::{
    check::{Inputs, ROOT},
    data::{self, DataError, Format, Input, Nested},
    diagnostic::nearest,
    engine::{Checked, Problems, Rulebook},
    eval::{Context, Lookup},
    intern::Symbol,
    ir::Reads,
    schema::{Column, ColumnId, Role, Table, TableId},
    value::{Clock, Type, Value, moment_text::MomentFormat},
};

use super::{
    clock::AsOf,
    data::{DataArgs, SettingArgs},
    exit::Failure,
    report::{self, MessageFormat},
    rules::Rules,
    voice::Voice,
};

/// A checked rulebook and where its users are.
pub(crate) struct Book {
    pub(crate) checked: Checked,
    pub(crate) users: Option<Input>,
    folder: PathBuf,
    tables: Vec<(String, String)>,
    /// What it was checked against.
    pub(crate) inputs: Inputs,
}

/// What a command was given to read.
pub(crate) struct Given<'a> {
    pub(crate) rules: &'a Path,
    pub(crate) file: Option<&'a Path>,
    pub(crate) data: &'a DataArgs,
    pub(crate) settings: &'a SettingArgs,
    pub(crate) format: MessageFormat,
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
        given.one_standard_input()?;
        let texts = Rules::read(given.rules)?.texts(given.format, voice)?;
        let rulebook = Rulebook::parse_all(texts).map_err(Stop::Rules)?;
        let folder = match given.rules.is_dir() {
            true => given.rules.to_owned(),
            false => given.rules.parent().map(Path::to_owned).unwrap_or_default(),
        };
        let file = given.file.map(|file| file.to_string_lossy().into_owned());
        Book::of(&rulebook, folder, file.as_deref(), &given.data.tables, &given.settings.params)
    }

    /// Checks rules that lie in a folder, and looks at the data where they do not say what it holds. `file` is the users', if
    /// one was named.
    pub(crate) fn of(
        rulebook: &Rulebook,
        folder: PathBuf,
        file: Option<&str>,
        tables: &[(String, String)],
        params: &[(String, String)],
    ) -> Result<Book, Stop> {
        let mut inputs = Inputs { params: params.to_vec(), ..Inputs::default() };
        let alone = rulebook.check(&inputs);
        let declared = alone.as_ref().ok().map(|checked| checked.rulebook().schema.root());
        let name = declared.map_or(ROOT, |table| table.name.as_str());
        let from = declared.and_then(|table| table.from.as_deref()).map(|from| folder.join(from));
        let told = tables.iter().find(|(table, _)| table == name).map(|(_, file)| file.clone());
        if let (Some(told), Some(file)) = (&told, file) {
            let failure = Failure::new(format!("the users are given twice: `{file}`, and `--data {name}={told}`"));
            return Err(failure.help("leave one of them out").into());
        }
        let spec =
            told.or_else(|| file.map(str::to_owned)).or_else(|| from.map(|from| from.to_string_lossy().into_owned()));
        let users = spec.map(|spec| Input::parse(&spec)).transpose().map_err(failure)?;
        let is_declared = declared.is_some_and(|table| table.declared);
        let checked = match &users {
            Some(users) if !is_declared => {
                inputs.facts.insert(Symbol::new(ROOT), data::facts(users).map_err(failure)?);
                rulebook.check(&inputs).map_err(Stop::Rules)?
            }
            Some(_) | None => alone.map_err(Stop::Rules)?,
        };
        let tables = tables.to_vec();
        known_tables(&checked, &tables)?;
        Ok(Book { checked, users, folder, tables, inputs })
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
        let nested = self.users.as_ref().is_some_and(|users| users.format == Format::JsonLines);
        let mut found = BTreeMap::new();
        for id in reads.children.keys() {
            let table = self.checked.rulebook().schema.table(*id);
            let input = match self.file_of(table) {
                Some(path) => Some(Input::parse(&path).map_err(failure)?),
                None if nested => None,
                None if self
                    .users
                    .as_ref()
                    .is_some_and(|users| matches!(users.format, Format::Parquet | Format::Arrow)) =>
                {
                    let help = "rows in the users' own records are read from JSON Lines only; write them to a file of their own";
                    return Err(self.nowhere(table).help(help));
                }
                None => return Err(self.nowhere(table)),
            };
            found.insert(*id, input);
        }
        Ok(found)
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

    /// Where a table is: as the command line says, else as the rules do.
    fn file_of(&self, table: &Table) -> Option<String> {
        let told = self.tables.iter().find(|(name, _)| *name == *table.name).map(|(_, file)| file.clone());
        told.or_else(|| table.from.as_ref().map(|from| self.folder.join(from).to_string_lossy().into_owned()))
    }

    fn nowhere(&self, table: &Table) -> Failure {
        Failure::new(format!("the rules do not say where the table `{}` is", table.name))
            .help(format!("say it: `--data {}=FILE`", table.name))
    }

    /// The clock, and what the asked-for results read beside the users' own fields.
    pub(crate) fn context(&self, as_of: &AsOf, reads: &Reads) -> Result<Context, Failure> {
        let zone = self.checked.zone();
        let now = as_of.instant(&zone)?;
        let clock = Clock::at(now, zone).ok_or_else(|| Failure::new("the as-of is outside the years 1 to 9999"))?;
        let rulebook = self.checked.rulebook();
        let mut lists = vec![HashSet::new(); rulebook.lists.len()];
        for id in &reads.lists {
            let (Some(list), Some(slot)) = (rulebook.lists.get(id.0 as usize), lists.get_mut(id.0 as usize)) else {
                continue;
            };
            *slot = self.uploaded(&list.from, list.column.as_deref(), &clock)?;
        }
        let mut lookups = HashMap::new();
        let tables: BTreeSet<TableId> = reads.lookups.iter().map(|(table, _)| *table).collect();
        for table in tables {
            lookups.insert(table, self.lookup(table, &clock)?);
        }
        Ok(Context { clock, lists, lookups })
    }

    /// The texts of an uploaded list.
    fn uploaded(&self, from: &str, column: Option<&str>, clock: &Clock) -> Result<HashSet<Arc<str>>, Failure> {
        let path = self.folder.join(from).to_string_lossy().into_owned();
        let input = Input::parse(&path).map_err(failure)?;
        let facts = data::facts(&input).map_err(failure)?;
        let first = facts.columns.first().map(|column| column.header.clone());
        let Some(header) = column.map(str::to_owned).or(first) else { return Ok(HashSet::new()) };
        let text = Column {
            name: Symbol::new(&header),
            header,
            ty: Type::Text,
            optional: column.is_none(),
            format: MomentFormat::Iso,
            span: None,
        };
        let table = Table {
            name: Symbol::new("list"),
            role: Role::Reference,
            key: None,
            columns: vec![text],
            from: None,
            declared: true,
            span: None,
        };
        let mut found = HashSet::new();
        for row in data::rows(&input, &table, &[ColumnId(0)], clock.zone()).map_err(failure)? {
            let row = row.map_err(failure)?.map_err(|bad| Failure::new(bad.to_string()))?;
            if let Some(Value::Text(text)) = row.values.first() {
                found.insert(Arc::clone(text));
            }
        }
        Ok(found)
    }

    /// The rows of a reference table.
    fn lookup(&self, id: TableId, clock: &Clock) -> Result<Lookup, Failure> {
        let table = self.checked.rulebook().schema.table(id);
        let path = self.file_of(table).ok_or_else(|| self.nowhere(table))?;
        let input = Input::parse(&path).map_err(failure)?;
        let all: Vec<ColumnId> = (0..table.columns.len()).map(|at| ColumnId(at as u32)).collect();
        let mut lookup = Lookup::default();
        for row in data::rows(&input, table, &all, clock.zone()).map_err(failure)? {
            let row = row.map_err(failure)?.map_err(|bad| Failure::new(bad.to_string()))?;
            let key = table.key.and_then(|key| row.values.get(key.0 as usize)).cloned().unwrap_or(Value::Missing);
            if !lookup.insert(&key, row.values, clock) {
                let text = tagwell::value::print::text(&key, clock.zone());
                return Err(Failure::new(format!("{}:{}: the key `{text}` is there already", input.name(), row.line)));
            }
        }
        Ok(lookup)
    }
}

/// Every `--data NAME=…` names a table of the rules.
fn known_tables(checked: &Checked, told: &[(String, String)]) -> Result<(), Failure> {
    let tables = &checked.rulebook().schema.tables;
    let names = || tables.iter().map(|table| table.name.as_str());
    match told.iter().find(|(name, _)| !names().any(|known| known == name)) {
        None => Ok(()),
        Some((name, file)) => {
            let failure = Failure::new(format!("--data: the rules have no table `{name}`"));
            Err(match nearest(name, names()) {
                Some(near) => failure.help(format!("did you mean `--data {near}={file}`?")),
                None => failure.help(format!("the tables are {}", names().collect::<Vec<_>>().join(", "))),
            })
        }
    }
}

/// An error of the data in the command's words.
pub(crate) fn failure(error: DataError) -> Failure {
    match error {
        DataError::Unreadable { file, error } => Failure::file("read", &file, &error),
        DataError::Unfit { file, reason, help } => {
            let failure = Failure::new(format!("`{file}`: {reason}"));
            help.into_iter().fold(failure, Failure::help)
        }
    }
}
