//! `tagwell run`: evaluates every user.

use std::path::PathBuf;

use super::{
    Answer,
    data::{DataArgs, SettingArgs},
    exit::Failure,
    report::MessageArgs,
    voice::Voice,
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
    pub(crate) fn answer(self, _voice: &Voice) -> Answer {
        Err(Failure::new("`tagwell run` is not in this version yet"))
    }
}
