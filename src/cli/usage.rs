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
    if let Some(failure) = later(error).or_else(|| unknown_verb(error)).or_else(|| second_file(error)) {
        voice.complain(&failure);
        return failure.exit;
    }
    if error.use_stderr() {
        voice.write(&text(error, colours.error));
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

/// A second data file where one is taken: `run shop.rules users.csv orders.csv`.
fn second_file(error: &clap::Error) -> Option<Failure> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let file = typed(error, ContextKind::InvalidArg).filter(|word| !word.starts_with('-') && word.contains('.'))?;
    let name = std::path::Path::new(file).file_name()?.to_str()?;
    let table = name.split('.').next().filter(|stem| !stem.is_empty())?;
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
