//! `tagwell check`: everything wrong with a rulebook, in one go.

use std::path::PathBuf;

use super::{
    Answer,
    exit::{Exit, Failure},
    report::{self, MessageArgs, MessageFormat},
    rules::Rules,
    voice::{Tone, Voice, count},
};

/// Look for mistakes in rules: syntax, names, types, units, and what is probably not meant.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell check vip.rules
  tagwell check rules/ --message-format github
  tagwell check rules/ --message-format json > mistakes.json

For people mistakes are told on standard error; json, github and sarif go to standard output.
Exit code 1 where there is an error, 0 where there are at most warnings.")]
pub(crate) struct Check {
    /// A .rules file, or a folder with .rules files; `-` is standard input.
    #[arg(value_name = "RULES")]
    rules: PathBuf,
    /// The users, to see whether the data fits the rules; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    messages: MessageArgs,
}

impl Check {
    /// Tells what is wrong.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        if self.file.is_some() {
            return Err(Failure::new("`tagwell check RULES FILE` is not in this version yet")
                .help("check the rules alone: `tagwell check RULES`"));
        }
        let rules = Rules::read(&self.rules)?;
        let (trees, found) = rules.parse();
        let exit = if report::has_errors(&found) { Exit::Findings } else { Exit::Done };
        match report::as_the_answer(&found, &rules.sources, self.messages.message_format, voice) {
            // Who reads has seen enough; that changes nothing about the rules.
            Err(Failure { exit: Exit::Done, .. }) | Ok(()) => {}
            Err(failure) => return Err(failure),
        }
        if !found.is_empty() {
            voice.say(&report::counted(&found, voice));
        } else if self.messages.message_format == MessageFormat::Human {
            let declarations = trees.iter().map(|tree| tree.declarations.len()).sum();
            let what = format!("{} in {}", count(declarations, "declaration"), count(rules.files.len(), "file"));
            voice.say(&format!("{}: {what}, no mistakes", voice.word("ok", Tone::Good)));
        }
        Ok(exit)
    }
}
