//! `tagwell completions`: what a shell needs to complete our words.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Answer, Command, exit::Exit, output::Output};

/// Print completions for a shell.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell completions bash > ~/.local/share/bash-completion/completions/tagwell
  tagwell completions zsh > ~/.zfunc/_tagwell
  tagwell completions fish > ~/.config/fish/completions/tagwell.fish")]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    pub(crate) fn answer(self) -> Answer {
        let mut script = vec![];
        clap_complete::generate(self.shell, &mut Command::command(), "tagwell", &mut script);
        let mut output = Output::standard();
        output.write(script)?;
        output.finish()?;
        Ok(Exit::Done)
    }
}
