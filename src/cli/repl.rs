//! `tagwell repl`: the interactive prompt. The session answers line by line and knows no terminal; the line editor is at its
//! edge, and a script on standard input has none.

mod commands;
mod complete;
mod editor;
mod everyone;
mod hints;
mod history;
mod input;
mod loading;
mod moments;
mod people;
mod session;
mod shown;
mod testing;
mod texts;

use std::{
    io::{self, BufRead, IsTerminal},
    path::{Path, PathBuf},
};

use super::{
    Answer,
    clock::AsOf,
    data::{DataArgs, SettingArgs},
    exit::{Exit, Failure},
    output::Output,
    state::State,
    voice::{Voice, Volume},
};
use session::{Reply, Session};

/// Try rules out: type them, and see whom they select.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell repl
  tagwell repl users.csv
  tagwell repl vip.rules users.csv --as-of 2026-11-22
  echo 'spend > 500' | tagwell repl vip.rules users.csv

Type a rule or an expression; `:help` lists what else there is. Ctrl-C clears the line, Ctrl-D leaves. A script on standard
input runs line by line and stops at the first mistake, with exit code 1.")]
pub(crate) struct Repl {
    /// A .rules file, or a folder with .rules files.
    #[arg(value_name = "RULES")]
    pub(crate) rules: Option<PathBuf>,
    /// The users, if the rules do not say where they are.
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Take what earlier runs remembered from FILE, the state of `tagwell run --state FILE`; it is only read.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

impl Repl {
    /// Talks.
    pub(crate) fn answer(mut self, voice: &Voice) -> Answer {
        self.data.writes_no_rejects("repl")?;
        // `tagwell repl users.csv`: data can be looked at before there is any rule.
        if self.file.is_none() && self.rules.as_deref().is_some_and(is_data) {
            self.file = self.rules.take();
        }
        let mut as_of = AsOf::read(self.settings.as_of.as_deref()).in_whole_seconds();
        let state = self.state.as_deref().map(State::open).transpose()?;
        if let Some(state) = &state {
            as_of = state.not_before_the_last_run(as_of)?;
        }
        let mut session = Session::new(as_of.clone(), voice.colours.output);
        session.state = state;
        session.params.clone_from(&self.settings.params);
        session.tables.clone_from(&self.data.tables);
        session.users = self.file.as_ref().map(|file| file.to_string_lossy().into_owned());
        let mut said = String::new();
        if let Some(rules) = &self.rules {
            said = session.load(rules).map_err(|wrong| told(voice, &wrong.0))?;
        }
        session.all_fit().map_err(|wrong| told(voice, &wrong.0))?;
        if self.rules.is_none() && self.file.is_some() {
            said = session.look().map_err(|wrong| told(voice, &wrong.0))?;
        }
        let zone = session.zone().map_err(|wrong| told(voice, &wrong.0))?;
        as_of.instant(&zone)?;
        as_of.tell(&zone, voice);
        let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        if voice.volume > Volume::Quiet && terminal {
            voice.write(&said);
            voice.write("type a rule or an expression; `:help` lists the rest, Tab completes, Ctrl-D leaves\n");
        }
        match terminal {
            true => editor::talk(session, voice),
            false => script(session.of_script(), voice),
        }
    }
}

fn told(voice: &Voice, why: &str) -> Failure {
    voice.write(why);
    Failure::told()
}

/// Whether a file holds data, by its name.
fn is_data(path: &Path) -> bool {
    path.is_file() && tagwell::data::Input::parse(&path.to_string_lossy()).is_ok()
}

/// A script: its answers go to standard output; it stops at the first mistake.
fn script(mut session: Session, voice: &Voice) -> Answer {
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| Failure::file("read", "<stdin>", &error))?;
        match session.reply(&line) {
            Reply::More => {}
            Reply::Leave => return Ok(Exit::Done),
            reply => {
                if let Some(exit) = answered(reply, voice)? {
                    return Ok(exit);
                }
            }
        }
    }
    if session.pending().trim().is_empty() {
        return Ok(Exit::Done);
    }
    Ok(answered(session.finish(), voice)?.unwrap_or(Exit::Done))
}

/// Writes a reply; the exit code where it was a mistake.
fn answered(reply: Reply, voice: &Voice) -> Result<Option<Exit>, Failure> {
    match reply {
        Reply::Said(text) => {
            let mut output = Output::standard();
            output.write(text)?;
            output.finish()?;
            Ok(None)
        }
        Reply::Failed(why) => {
            voice.write(&why);
            Ok(Some(Exit::Findings))
        }
        Reply::More | Reply::Leave => Ok(None),
    }
}
