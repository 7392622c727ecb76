//! What is said when the words typed make no command, and what `--help` and `--version` print.

use std::ffi::OsString;

use clap::{
    CommandFactory,
    error::{ContextKind, ContextValue, ErrorKind},
};
use tagwell::diagnostic::{
    nearest,
    render::{Colour, visible},
};

use super::{
    Command,
    colour::{Colours, When},
    exit::{Exit, Failure},
    output::Output,
    voice::Voice,
};

/// Verbs that the language's design names and a later version will have.
const LATER_VERBS: &[&str] = &["diff", "forecast", "report", "doc", "lsp"];

/// Options of today's verbs that a later version will have.
const LATER_OPTIONS: [&str; 0] = [];

/// Prints what was asked for, or what is wrong with what was typed.
pub(super) fn answer(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let colours = Colours::decide(wanted(arguments));
    let voice = Voice { colours, ..Voice::default() };
    if let Some(failure) = later(error)
        .or_else(|| unknown_verb(error))
        .or_else(|| second_file(error, arguments))
        .or_else(|| file_of_a_table(error, arguments))
        .or_else(|| so_many_days(error, arguments))
    {
        voice.complain(&failure);
        return failure.exit;
    }
    if error.use_stderr() {
        voice.write(&text(error, colours.error));
        if let Some(example) = example(error, arguments) {
            voice.write(&format!("For example: {example}\n"));
        }
        return Exit::Failed;
    }
    let mut output = Output::standard();
    match output.write(text(error, colours.output)).and_then(|()| output.finish()) {
        Ok(()) => Exit::Done,
        Err(failure) => {
            voice.complain(&failure);
            failure.exit
        }
    }
}

/// In colours only where nobody's escape sequence is among the words typed.
fn text(error: &clap::Error, colour: Colour) -> String {
    let rendered = error.render();
    let plain = rendered.to_string();
    let safe = visible(&plain);
    if colour == Colour::Ansi && safe == plain { rendered.ansi().to_string() } else { safe.into_owned() }
}

/// Something that the design names and this version does not have.
fn later(error: &clap::Error) -> Option<Failure> {
    let later = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let verb = typed(error, ContextKind::InvalidSubcommand).filter(|verb| LATER_VERBS.contains(verb))?;
            format!("tagwell {verb}")
        }
        ErrorKind::UnknownArgument => {
            let option = typed(error, ContextKind::InvalidArg).filter(|option| LATER_OPTIONS.contains(option))?;
            option.to_owned()
        }
        _ => return None,
    };
    let failure = Failure::new(format!("`{later}` is not in this version yet"));
    Some(failure.help("`tagwell --help` lists what is"))
}

/// The verb that was typed.
fn verb(arguments: &[OsString]) -> &str {
    let command = Command::command();
    let mut words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    words.find(|word| command.find_subcommand(word).is_some()).unwrap_or_default()
}

/// A file of a table behind an option of the table's name: `run shop.rules --users users.csv`.
fn file_of_a_table(error: &clap::Error, arguments: &[OsString]) -> Option<Failure> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let option = typed(error, ContextKind::InvalidArg)?;
    let table = option.split('=').next()?.strip_prefix("--")?;
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let at = words.iter().position(|word| word.split('=').next() == option.split('=').next())?;
    let file = match words.get(at)?.split_once('=') {
        Some((_, file)) => file,
        None => words.get(at + 1)?,
    };
    let ends = [".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".arrow", ".gz", ".zst"];
    ends.iter().any(|end| file.ends_with(end)).then_some(())?;
    let failure = Failure::new(format!("there is no option `--{table}`"));
    Some(match verb(arguments) {
        "act" if matches!(table, "users" | "tagged" | "file") => failure.help(format!("write `--from {file}`")),
        "lift" | "act" | "simulate" | "run" | "check" | "explain" | "sql" => {
            failure.help(format!("write `--data {table}={file}`: the table's name, and its file"))
        }
        _ => return None,
    })
}

/// `simulate shop.rules users.csv --days 30`
fn so_many_days(error: &clap::Error, arguments: &[OsString]) -> Option<Failure> {
    let option = typed(error, ContextKind::InvalidArg).filter(|_| error.kind() == ErrorKind::UnknownArgument)?;
    let days = matches!(option.split('=').next()?, "--days" | "--day" | "--for" | "--horizon");
    (days && verb(arguments) == "simulate").then(|| {
        Failure::new(format!("there is no option `{option}`: the first and the last day are named"))
            .help("write `--from 2026-12-01 --to 2026-12-30` for 30 days")
    })
}

/// What a whole command looks like, where something of it was left out.
fn example(error: &clap::Error, arguments: &[OsString]) -> Option<&'static str> {
    (error.kind() == ErrorKind::MissingRequiredArgument).then_some(())?;
    Some(match verb(arguments) {
        "run" => "tagwell run shop.rules users.csv",
        "explain" => "tagwell explain shop.rules users.csv --user u1",
        "simulate" => "tagwell simulate shop.rules users.csv --from 2026-12-01 --to 2026-12-31",
        "act" => "tagwell act shop.rules --from tagged.parquet --state shop.state --actions today.jsonl",
        "lift" => "tagwell lift shop.rules --state shop.state --data orders=orders.csv --of orders",
        "actions" => "tagwell actions --state shop.state",
        "sql" => "tagwell sql shop.rules --dialect duckdb",
        _ => return None,
    })
}

/// A second data file where one is taken: `run shop.rules users.csv orders.csv`.
fn second_file(error: &clap::Error, arguments: &[OsString]) -> Option<Failure> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let file = typed(error, ContextKind::InvalidArg).filter(|word| !word.starts_with('-') && word.contains('.'))?;
    let name = std::path::Path::new(file).file_name()?.to_str()?;
    let table = name.split('.').next().filter(|stem| !stem.is_empty())?;
    match verb(arguments) {
        "act" => {
            let failure = Failure::new(format!("`act` takes no file by itself, and `{file}` is one"));
            return Some(
                failure.help(format!("write `--from {file}`; a file of another table is `--data {table}={file}`")),
            );
        }
        "lift" => {
            let failure = Failure::new(format!("`lift` takes no file by itself, and `{file}` is one"));
            return Some(
                failure
                    .help(format!("write `--data {table}={file}`, and `--of {table}` where its rows are the outcomes")),
            );
        }
        _ => {}
    }
    let failure = Failure::new(format!("one file of users is taken, and `{file}` is a second one"));
    Some(
        failure
            .help(format!("of another table say which: `--data {table}={file}`"))
            .help("parts of one table are a folder, or a pattern in quotes: `'users-*.csv'`"),
    )
}

fn unknown_verb(error: &clap::Error) -> Option<Failure> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let typed = typed(error, ContextKind::InvalidSubcommand)?;
    let failure = Failure::new(format!("there is no command `{typed}`"));
    let command = Command::command();
    let verbs = command.get_subcommands().map(clap::Command::get_name);
    Some(match nearest(typed, verbs) {
        Some(verb) => failure.help(format!("did you mean `tagwell {verb}`?")),
        None if typed.ends_with(".rules") => failure.help(format!("did you mean `tagwell run {typed}`?")),
        None => failure.help("`tagwell --help` lists the commands"),
    })
}

fn typed(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind) {
        Some(ContextValue::String(typed)) => Some(typed),
        _ => None,
    }
}

/// `--color` as it was typed, found without understanding the rest.
fn wanted(arguments: &[OsString]) -> When {
    let words: Vec<String> = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let before = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let mut words = words.iter().take(before);
    let mut when = When::Auto;
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--color") {
            Some("") => words.next().map(String::as_str),
            Some(value) => value.strip_prefix('='),
            None => continue,
        };
        when = match value {
            Some("always") => When::Always,
            Some("never") => When::Never,
            _ => when,
        };
    }
    when
}
