//! `tagwell act`: decisions from results that were computed elsewhere.

use std::path::PathBuf;

use super::{
    Answer,
    data::{DataArgs, SettingArgs},
    exit::Failure,
    report::MessageArgs,
    run::{Absent, Format, Run, Summary},
    voice::Voice,
};

/// Decide about segments from results that another engine computed.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell act shop/ --from tagged.parquet --state shop.state --actions today.jsonl --as-of 2026-11-22

TAGGED holds a row a user, with the columns of `tagwell run` or of the query of `tagwell sql`; beside them stand the fields and lets
that messages and conditions of deeds read, as `tagwell run --with NAME,…` writes them.")]
pub(crate) struct Act {
    /// A .rules file, or a folder with .rules files; `-` is standard input.
    #[arg(value_name = "RULES")]
    rules: PathBuf,
    /// The results: csv, jsonl, parquet or arrow by its ending.
    #[arg(long, value_name = "TAGGED")]
    from: PathBuf,
    /// Remember users in FILE.
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// Write what is decided to FILE (jsonl, csv or parquet by its ending).
    #[arg(long, value_name = "FILE")]
    actions: Option<PathBuf>,
    /// What becomes of users who are not in today's data: they stay as they are, or leave everything.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    absent: Absent,
    /// End before anything is recorded where more of the users who were there in the run before are not in today's data (exit 3): a number, or a share such as 5%.
    #[arg(long, value_name = "N|P%")]
    max_absent: Option<String>,
    /// End before anything is recorded where more than N messages and deeds would be decided (exit 3).
    #[arg(long, value_name = "N")]
    max_decisions: Option<u64>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    settings: SettingArgs,
    /// The form of the counts on standard error.
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    summary: Summary,
    #[command(flatten)]
    messages: MessageArgs,
}

impl Act {
    /// Decides.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        if self.from.as_os_str() == self.state.as_os_str() {
            return Err(Failure::new("--from and --state name the same file").help("name the results behind --from"));
        }
        let Act { rules, from, state, actions, absent, max_absent, max_decisions, data, settings, summary, messages } =
            self;
        let run = Run {
            rules,
            file: Some(from),
            data,
            settings,
            out: None,
            format: Some(Format::None),
            shape: None,
            only: vec![],
            with: vec![],
            limit: None,
            state: Some(state),
            actions,
            absent,
            max_absent,
            max_decisions,
            summary,
            messages,
            of_results: true,
            goes_on: false,
        };
        run.answer(voice)
    }
}
