//! `tagwell sql`: the same rules as one query for an engine that holds the data.

use std::{collections::BTreeMap, path::PathBuf};

use tagwell::{
    diagnostic::nearest,
    ir::{DefinitionId, Rulebook},
    schema::{ColumnId, Source},
    sql::{self, Create, Engine, Extra, Shape, Target},
};

use super::{
    Answer,
    book::{Book, Given},
    clock::AsOf,
    data::{DataArgs, SettingArgs},
    exit::{Exit, Failure},
    output::Output,
    report::{self, MessageArgs},
    run::nothing_to_show,
    voice::{Tone, Voice},
};

/// Print the rules as one SQL query, with the columns of `run`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell sql shop.rules --dialect duckdb --as-of 2026-11-22 | duckdb shop.duckdb
  tagwell sql shop.rules --dialect spark --table users=lake.users --table orders=lake.orders
  tagwell sql shop.rules --dialect postgres --create-table tagged > tagged.sql
  tagwell sql shop.rules --dialect clickhouse --as-of parameter --incremental --create-table tagged
  tagwell sql shop.rules --dialect duckdb --shape long

With `--as-of parameter` the query is written once: it takes the moment as its parameter `as_of` and computes all windows of it.")]
#[command(mut_arg("as_of", |it| it.help(AS_OF)))]
pub(crate) struct Sql {
    /// A .rules file, or a folder with .rules files; `-` is standard input.
    #[arg(value_name = "RULES")]
    rules: PathBuf,
    /// A file of users, which tells the types where the rules declare no table.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The engine.
    #[arg(long, value_enum, value_name = "ENGINE")]
    dialect: DialectName,
    /// A record a user, a column a result, or a row a result.
    #[arg(long, value_enum, value_name = "SHAPE", default_value_t)]
    shape: ShapeName,
    /// Where a table or an uploaded list is: orders=warehouse.sales.orders. By default under its own name.
    #[arg(long = "table", value_name = "NAME=A.B.C", value_parser = table)]
    tables: Vec<(String, Vec<String>)>,
    /// More columns: fields and lets.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    with: Vec<String>,
    /// A whole script that makes a table of this name.
    #[arg(long, value_name = "A.B.C", value_parser = parts, conflicts_with = "create_view")]
    create_table: Option<Parts>,
    /// A whole script that makes a view of this name.
    #[arg(long, value_name = "A.B.C", value_parser = parts)]
    create_view: Option<Parts>,
    /// One column more, `as_of`: the day of the as-of. A table that is created keeps the rows of other days.
    #[arg(long, conflicts_with = "create_view")]
    incremental: bool,
    /// Write the query to FILE.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingArgs,
    #[command(flatten)]
    messages: MessageArgs,
}

/// What `--as-of` is where a query is written.
const AS_OF: &str = "The moment that rules call now, which the query has in it: a date, or a timestamp such as 2026-11-22T08:00+08:00; or \
    `parameter`, and the query takes the moment when it is run. By default TAGWELL_AS_OF, else the clock";

/// `--dialect`
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum DialectName {
    /// DuckDB
    Duckdb,
    /// PostgreSQL
    Postgres,
    /// ClickHouse
    Clickhouse,
    /// Spark SQL
    Spark,
}

/// `--shape`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum ShapeName {
    /// The key, the list of tags, each level, layer, score and funnel, the list of segments
    #[default]
    Records,
    /// A true-or-false column for each tag and segment
    Wide,
    /// A row for each result
    Long,
}

/// `a.b.c` in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts(Vec<String>);

impl Sql {
    /// Prints the query.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        let data = DataArgs::default();
        let format = self.messages.message_format;
        let given = Given {
            rules: &self.rules,
            file: self.file.as_deref(),
            data: &data,
            settings: &self.settings,
            format,
            doubts: super::book::Doubts::Told,
            pipes: std::sync::Arc::default(),
        };
        let book = Book::read(&given, voice).map_err(|stop| stop.told(format, voice))?;
        let rulebook = book.checked.rulebook();
        let target = self.target(rulebook)?;
        if rulebook.schema.root().key.is_none() {
            return Err(Failure::new("the rules do not say which column identifies a user")
                .help("declare the table, `table users key user_id { … }`, or name a file of users behind the rules"));
        }
        let is_parameter = matches!(self.settings.as_of.as_deref(), Some("parameter" | ":as_of"));
        let as_of = match is_parameter {
            // Nothing of this moment comes into the query.
            true => AsOf::Said { text: "2000-01-01".into(), by: "--as-of" },
            false => AsOf::read(self.settings.as_of.as_deref()),
        };
        let mut reads = rulebook.reads((0..rulebook.definitions.len() as u32).map(DefinitionId));
        // Reference tables, and lists that are mapped, are the warehouse's own.
        reads.lookups.clear();
        reads.lists.retain(|id| {
            let list = rulebook.lists.get(id.0 as usize);
            list.is_none_or(|list| !target.tables.contains_key(list.name.as_str()))
        });
        let context = book.context(&as_of, &reads).map_err(|failure| match as_of.instant(&book.checked.zone()) {
            Ok(_) => failure,
            Err(_) => failure.help("or `--as-of parameter`, and the query takes the moment when it is run"),
        })?;
        as_of.tell(context.clock.zone(), voice);
        let sources = book.checked.warnings().sources();
        let written = sql::written(rulebook, sources, &context, &target).map_err(|problems| {
            report::beside_the_answer(&problems, sources, format, voice);
            Failure::told()
        })?;
        for id in reads.lists.iter().filter(|_| is_parameter) {
            if let Some(list) = rulebook.lists.get(id.0 as usize) {
                voice.say(&format!(
                    "the list `{0}` stays as it is now, whatever day is asked for: `--table {0}=…` asks a table of the warehouse",
                    list.name
                ));
            }
        }
        sql::without_state(rulebook, &target).iter().for_each(|line| voice.say(line));
        // Of a query that goes to a file, or on to an engine, nobody reads the head.
        written.advice.iter().for_each(|line| voice.say_of("note", Tone::Help, line));
        if let Some(guessed) = guessed(rulebook).filter(|_| self.file.is_none()) {
            voice.say(&guessed);
        }
        let mut output = Output::to(self.out.as_deref())?;
        output.write(written.text)?;
        output.finish()?;
        Ok(Exit::Done)
    }

    fn target(&self, rulebook: &Rulebook) -> Result<Target, Failure> {
        let mut tables = BTreeMap::new();
        for (name, place) in &self.tables {
            let names = || {
                let tables = rulebook.schema.tables.iter().map(|it| it.name.as_str());
                tables.chain(rulebook.lists.iter().map(|it| it.name.as_str()))
            };
            if !names().any(|known| known == name) {
                let failure = Failure::new(format!("--table: the rules have no table or list `{name}`"));
                return Err(match nearest(name, names()) {
                    Some(near) => failure.help(format!("did you mean `--table {near}={}`?", place.join("."))),
                    None => failure.help(format!("there are {}", names().collect::<Vec<_>>().join(", "))),
                });
            }
            if let Some(other) = tables.insert(name.clone(), place.clone()).filter(|other| other != place) {
                let both = format!("`{}` and `{}`", other.join("."), place.join("."));
                return Err(Failure::new(format!("--table: `{name}` is said to be in two places, {both}"))
                    .help("leave one of them out"));
            }
        }
        let with = self.with.iter().map(|name| extra(rulebook, name)).collect::<Result<_, _>>()?;
        let is_own =
            |name: &String| ["results_of_today", "results_as_kept"].iter().any(|it| name.eq_ignore_ascii_case(it));
        let is_taken = |it: &Parts| it.0.last().is_some_and(is_own);
        if self.incremental && self.create_table.as_ref().is_some_and(is_taken) {
            return Err(Failure::new("--create-table: the script has a table of that name, the day's results")
                .help("give what is made another name"));
        }
        let create = match (&self.create_table, &self.create_view) {
            (Some(Parts(name)), _) => Some(Create::Table(name.clone())),
            (None, Some(Parts(name))) => Some(Create::View(name.clone())),
            (None, None) => None,
        };
        let engine = match self.dialect {
            DialectName::Duckdb => Engine::DuckDb,
            DialectName::Postgres => Engine::Postgres,
            DialectName::Clickhouse => Engine::ClickHouse,
            DialectName::Spark => Engine::Spark,
        };
        let shape = match self.shape {
            ShapeName::Records => Shape::Records,
            ShapeName::Wide => Shape::Wide,
            ShapeName::Long => Shape::Long,
        };
        let as_of = match self.settings.as_of.as_deref() {
            Some("parameter" | ":as_of") => sql::AsOf::Parameter,
            _ => sql::AsOf::Constant,
        };
        if as_of == sql::AsOf::Parameter && matches!(create, Some(Create::View(_))) && engine != Engine::ClickHouse {
            return Err(Failure::new("a view has no parameters").help("write the query, or `--create-table NAME`"));
        }
        if self.incremental {
            let names = rulebook.definitions.iter().map(|it| &it.name).chain(root_names(rulebook));
            if names.into_iter().any(|name| name.as_str() == "as_of") {
                return Err(Failure::new("--incremental writes a column `as_of`, and the rules have one of that name")
                    .help("give it another name"));
            }
        }
        Ok(Target { engine, shape, tables, as_of, with, incremental: self.incremental, create })
    }
}

/// The types of fields that no table declares, as what the rules ask has them.
fn guessed(rulebook: &Rulebook) -> Option<String> {
    let root = rulebook.schema.root();
    let fields = root.columns.iter().filter(|it| it.source == Source::Data);
    let fields: Vec<String> = fields.map(|it| format!("`{}` as {}", it.name, it.ty)).collect();
    let all = (root.span.is_none() && !fields.is_empty()).then(|| fields.join(", "))?;
    Some(format!("no table is declared; read are {all}: name a file of users behind the rules where it is not so"))
}

/// The names of the users' fields.
fn root_names(rulebook: &Rulebook) -> impl Iterator<Item = &tagwell::intern::Symbol> {
    rulebook.schema.root().columns.iter().map(|it| &it.name)
}

/// A field or a `let`.
fn extra(rulebook: &Rulebook, name: &str) -> Result<Extra, Failure> {
    let root = rulebook.schema.root();
    if let Some(id) = rulebook.find(name) {
        return Ok(Extra::Definition(id));
    }
    if let Some(at) = root.columns.iter().position(|it| it.name.as_str() == name) {
        return Ok(Extra::Column(ColumnId(at as u32)));
    }
    let columns = root.columns.iter().filter(|it| it.source == Source::Data).map(|it| it.name.as_str());
    let names: Vec<&str> = columns.chain(rulebook.definitions.iter().map(|it| it.name.as_str())).collect();
    Err(nothing_to_show(name, &names))
}

/// `NAME=A.B.C`
fn table(text: &str) -> Result<(String, Vec<String>), String> {
    let wrong = || "write NAME=A.B.C, the name in the rules first: orders=warehouse.sales.orders".to_owned();
    let (name, place) = text.split_once('=').ok_or_else(wrong)?;
    if is_file(place) {
        return Err(format!(
            "a file is a name in quotes, '{name}=\"{place}\"', on DuckDB; '{name}=parquet.`{place}`' on Spark"
        ));
    }
    if place.contains(['\'', '(']) && !place.contains(['"', '`']) {
        return Err(format!(
            "`{place}` is no name of a table: write {name}=warehouse.sales.{name}; a file is '{name}=\"{name}.parquet\"' on DuckDB, anything else a view that is made first"
        ));
    }
    let place = parts(place).map_err(|_| wrong())?;
    if name.trim().is_empty() { Err(wrong()) } else { Ok((name.trim().to_owned(), place.0)) }
}

/// Whether it is no name in parts, but the path of a file.
fn is_file(place: &str) -> bool {
    const ENDINGS: [&str; 6] = ["parquet", "csv", "tsv", "json", "jsonl", "ndjson"];
    let ends = place.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending));
    !place.contains(['"', '`']) && (ends || place.contains(['/', '\\']))
}

/// `A.B.C`; a part with a point in it stands in backticks or double quotes, of which two are one within.
fn parts(text: &str) -> Result<Parts, String> {
    let mut found = vec![];
    let mut part = String::new();
    let mut quote = None;
    let mut characters = text.chars().peekable();
    while let Some(it) = characters.next() {
        match (quote, it) {
            (None, '"' | '`') => quote = Some(it),
            (Some(open), it) if open == it => match characters.next_if_eq(&it) {
                Some(twice) => part.push(twice),
                None => quote = None,
            },
            (None, '.') => found.push(std::mem::take(&mut part)),
            (_, it) => part.push(it),
        }
    }
    found.push(part);
    let whole = quote.is_none() && found.iter().all(|it| !it.is_empty());
    if whole { Ok(Parts(found)) } else { Err("write the name in parts: warehouse.sales.orders".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stands_in_quotes() {
        for (text, is) in [("users.parquet", true), ("/data/users", true), ("a.b", false), ("\"users.parquet\"", false)]
        {
            assert_eq!(is_file(text), is, "{text}");
        }
        let said =
            "a file is a name in quotes, 'users=\"x.csv\"', on DuckDB; 'users=parquet.`x.csv`' on Spark".to_owned();
        assert_eq!(table("users=x.csv"), Err(said));
        for expression in ["users='x.csv'", "users=read_parquet('x.parquet')", "users=(SELECT 1)"] {
            assert!(table(expression).is_err_and(|it| it.contains("is no name of a table")), "{expression}");
        }
    }

    #[test]
    fn a_place_is_read_in_parts() {
        let read = |text: &str| parts(text).map(|it| it.0);
        assert_eq!(read("orders"), Ok(vec!["orders".to_owned()]));
        assert_eq!(read("a.b.c"), Ok(vec!["a".into(), "b".into(), "c".into()]));
        assert_eq!(read("\"a.b\".`c\"`"), Ok(vec!["a.b".into(), "c\"".into()]));
        assert_eq!(read("\"a\"\"b\".c"), Ok(vec!["a\"b".into(), "c".into()]));
        for wrong in ["", "a..b", ".a", "\"a", "\"a\"\""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
