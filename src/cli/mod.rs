//! The frame of the command: what can be typed, which verb answers, and the exit code. One verb a file.

mod act;
mod actions;
mod book;
mod check;
mod clock;
mod colour;
mod completions;
mod data;
mod eval;
mod exit;
mod explain;
mod explain_code;
mod fmt;
mod init;
mod lift;
mod man;
mod output;
mod progress;
mod repl;
mod report;
mod results;
mod rules;
mod run;
mod schema;
mod settling;
mod simulate;
mod sketch;
mod sql;
mod state;
mod summary;
mod temporary;
mod test;
mod usage;
mod voice;

use std::{
    ffi::OsString,
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use self::{
    colour::{Colours, When},
    exit::{Exit, Failure},
    voice::{Voice, Volume},
};

/// What every verb returns: how it ended, or why it could not be done.
type Answer = Result<Exit, Failure>;

/// Tags, scores, levels and segments of customers, from rules that read like sentences.
#[derive(Debug, Parser)]
#[command(name = "tagwell", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
#[command(disable_help_subcommand = false, propagate_version = false, after_help = EXAMPLES)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    manner: Manner,
}

const EXAMPLES: &str = "\
Examples:
  tagwell init shop                                        make a small working project
  tagwell check shop                                       look for mistakes in its rules
  tagwell run shop/shop.rules shop/users.csv               tag every user
  tagwell test shop                                        run the tests that stand in its rules
  tagwell eval 'points >= 1000' --record '{\"points\":6200}'   try one expression

Exit codes: 0 done; 1 findings; 2 could not be done; 3 more bad rows than allowed; 4 a defect of tagwell; 130 interrupted.";

/// How the command speaks; the same for every verb.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Manner {
    /// When to use colours. Without this, NO_COLOR, CLICOLOR_FORCE, CLICOLOR and TERM are heard.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t, help_heading = "Common options")]
    color: When,
    /// Say nothing but the answer and mistakes.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Common options")]
    quiet: bool,
    /// Say more about what is done.
    #[arg(short, long, global = true, help_heading = "Common options")]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Run(run::Run),
    Check(check::Check),
    Fmt(fmt::Fmt),
    Test(test::Test),
    Explain(explain::Explain),
    Repl(repl::Repl),
    Eval(eval::Eval),
    Schema(schema::Schema),
    Sql(sql::Sql),
    Simulate(simulate::Simulate),
    Act(act::Act),
    Actions(actions::Actions),
    Lift(lift::Lift),
    ExplainCode(explain_code::ExplainCode),
    Init(init::Init),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Does what was typed.
pub(crate) fn main() -> ExitCode {
    panic::set_hook(Box::new(|defect| {
        if !tagwell::data::is_guarded() {
            tell_defect(defect.location());
        }
    }));
    temporary::remove_when_interrupted();
    // Rules may nest 128 levels deep; the stack that the system gives is not ours to choose, a thread's is.
    let work = || {
        keep_what_was_freed();
        panic::catch_unwind(AssertUnwindSafe(|| answer(std::env::args_os().collect()))).unwrap_or(Exit::Defect)
    };
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(work);
    thread.map_or_else(|_| work(), |thread| thread.join().unwrap_or(Exit::Defect)).into()
}

/// Pieces of files are read into memory that is freed and wanted again at once. The GNU allocator gives such memory back to the system each
/// time, which clears it anew, until it has seen a block of 32 MiB go: so it is shown one, of which nothing is touched. One that is smaller
/// it keeps from then on, and need not go to the system for each page of what this thread asks for.
fn keep_what_was_freed() {
    for bytes in [(32 << 20) - (64 << 10), 24 << 20] {
        drop(std::hint::black_box(Vec::<u8>::with_capacity(bytes)));
    }
}

fn answer(arguments: Vec<OsString>) -> Exit {
    let parsed =
        Command::command().try_get_matches_from(&arguments).and_then(|found| Command::from_arg_matches(&found));
    let command = match parsed {
        Ok(command) => command,
        Err(error) => return usage::answer(&error, &arguments),
    };
    let Manner { color, quiet, verbose } = command.manner;
    let volume = match (quiet, verbose) {
        (true, _) => Volume::Quiet,
        (false, true) => Volume::Verbose,
        (false, false) => Volume::Normal,
    };
    let voice = Voice { colours: Colours::decide(color), volume };
    let answer = match command.verb {
        Verb::Run(run) => run.answer(&voice),
        Verb::Check(check) => check.answer(&voice),
        Verb::Fmt(fmt) => fmt.answer(&voice),
        Verb::Test(test) => test.answer(&voice),
        Verb::Explain(explain) => explain.answer(&voice),
        Verb::Repl(repl) => repl.answer(&voice),
        Verb::Eval(eval) => eval.answer(&voice),
        Verb::Schema(schema) => schema.answer(&voice),
        Verb::Sql(sql) => sql.answer(&voice),
        Verb::Simulate(simulate) => simulate.answer(&voice),
        Verb::Act(act) => act.answer(&voice),
        Verb::Actions(actions) => actions.answer(&voice),
        Verb::Lift(lift) => lift.answer(&voice),
        Verb::ExplainCode(explain_code) => explain_code.answer(),
        Verb::Init(init) => init.answer(&voice),
        Verb::Completions(completions) => completions.answer(),
        Verb::Man(man) => man.answer(),
    };
    answer.unwrap_or_else(|failure| {
        voice.complain(&failure);
        failure.exit
    })
}

/// Says where in our code it happened, and nothing of what it happened with: that may be somebody's data.
fn tell_defect(place: Option<&panic::Location<'_>>) {
    let place = place.map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
    Voice::default().write(&defect(&place));
}

fn defect(place: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let report = match env!("CARGO_PKG_REPOSITORY") {
        "" => "please report it".to_owned(),
        repository => format!("please report it at {repository}/issues"),
    };
    format!(
        "error: this is a defect of tagwell {version}{place}, not of your rules or your data\n  \
         = help: {report}, with this line and the command you typed\n"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_defect_says_version_place_and_what_to_do() {
        let said = super::defect(" (src/x.rs:7)");
        assert!(
            said.contains(env!("CARGO_PKG_VERSION")) && said.contains("src/x.rs:7") && said.contains("report it"),
            "{said}"
        );
    }

    #[test]
    fn the_words_of_the_command_line_do_not_contradict_each_other() {
        <super::Command as clap::CommandFactory>::command().debug_assert();
    }
}
