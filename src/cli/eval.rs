//! `tagwell eval`: one expression, or a file of them.

use std::path::PathBuf;

use super::{Answer, data::SettingArgs, exit::Failure, report::MessageArgs, voice::Voice};

/// Evaluate one expression and print its value as JSON.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell eval '3 / 5 >= 60%'
  tagwell eval 'purchases >= 3 and spend > 500' --record '{\"purchases\":4,\"spend\":620.5}'
  tagwell eval 'today - 30d' --as-of 2026-11-22
  tagwell eval --cases cases.jsonl

Missing and unknown print as null. A line of --cases is {\"id\",\"expr\",\"record\",\"as_of\"}; its answer is {\"id\",\"value\"} or {\"id\",\"error\"}.")]
pub(crate) struct Eval {
    /// The expression.
    #[arg(
        value_name = "EXPR",
        allow_hyphen_values = true,
        required_unless_present = "cases",
        conflicts_with = "cases"
    )]
    pub(crate) expr: Option<String>,
    /// The user's record, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub(crate) record: Option<String>,
    /// Rules whose names the expression may use.
    #[arg(long, value_name = "RULES")]
    pub(crate) rules: Option<PathBuf>,
    /// Evaluate each line of a JSON Lines file; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) cases: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
}

impl Eval {
    /// Evaluates.
    pub(crate) fn answer(self, _voice: &Voice) -> Answer {
        Err(Failure::new("`tagwell eval` is not in this version yet"))
    }
}
