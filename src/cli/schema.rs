//! `tagwell schema`: table declarations that a rulebook implies or a data file has.

use std::path::PathBuf;

use super::{Answer, exit::Failure, report::MessageArgs, voice::Voice};

/// Print the table declarations that rules imply or a data file has.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell schema users.csv
  tagwell schema vip.rules")]
pub(crate) struct Schema {
    /// Rules, or a data file.
    #[arg(value_name = "RULES|FILE")]
    pub(crate) subject: PathBuf,
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
}

impl Schema {
    /// Prints declarations.
    pub(crate) fn answer(self, _voice: &Voice) -> Answer {
        Err(Failure::new("`tagwell schema` is not in this version yet"))
    }
}
