//! `tagwell explain-code`: the page of a diagnostic's code.

use tagwell::diagnostic::{Code, nearest};

use super::{
    Answer,
    exit::{Exit, Failure},
    output::Output,
};

/// Print what a code such as E0102 means, why it matters, and what to write instead.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell explain-code E0801
  tagwell explain-code --list")]
pub(crate) struct ExplainCode {
    /// The code, as a message shows it in brackets.
    #[arg(value_name = "CODE", required_unless_present = "list", conflicts_with = "list")]
    code: Option<String>,
    /// Print every code with one line on what it means.
    #[arg(long)]
    list: bool,
}

impl ExplainCode {
    /// Prints the page, or the list.
    pub(crate) fn answer(self) -> Answer {
        let text = match &self.code {
            None => Code::all().iter().map(|(code, title, _)| format!("{code}  {title}\n")).collect(),
            Some(typed) => Code::parse(typed).ok_or_else(|| unknown(typed))?.page().to_owned(),
        };
        let mut output = Output::standard();
        output.write(text)?;
        output.finish()?;
        Ok(Exit::Done)
    }
}

fn unknown(typed: &str) -> Failure {
    let failure = Failure::new(format!("there is no code `{typed}`"));
    let codes = Code::all().iter().map(|(code, ..)| code.as_str());
    let failure = match nearest(typed, codes) {
        Some(code) => failure.help(format!("did you mean `{code}`?")),
        None => failure,
    };
    failure.help("`tagwell explain-code --list` prints all of them")
}
