//! `tagwell man`: the manual page, every verb on it.

use std::io;

use clap::CommandFactory;

use super::{
    Answer, Command,
    exit::{Exit, Failure},
    output::Output,
};

/// Print the manual page.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell man > ~/.local/share/man/man1/tagwell.1
  tagwell man | man -l -")]
pub(crate) struct Man {}

impl Man {
    /// Prints the page.
    pub(crate) fn answer(self) -> Answer {
        let page = page().map_err(|error| Failure::file("write", "the manual page", &error))?;
        let mut output = Output::standard();
        output.write(page)?;
        output.finish()?;
        Ok(Exit::Done)
    }
}

fn page() -> io::Result<Vec<u8>> {
    let mut command = Command::command().disable_help_subcommand(true);
    // Taken before the common options reach every verb: they are told once.
    let verbs: Vec<clap::Command> = command.get_subcommands().cloned().collect();
    command.build();
    let man = clap_mangen::Man::new(command).date("");
    let mut page = vec![];
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    for verb in verbs {
        page.extend(section(verb)?);
    }
    page.extend(examples(&man, ".SH")?);
    man.render_version_section(&mut page)?;
    Ok(page)
}

/// A verb as a section, what would be its own page's sections as parts of it.
fn section(verb: clap::Command) -> io::Result<Vec<u8>> {
    let mut text = format!(".SH TAGWELL {}\n", verb.get_name().to_uppercase().replace('-', "\\-")).into_bytes();
    let name = format!("tagwell {}", verb.get_name());
    let man = clap_mangen::Man::new(verb.bin_name(name).disable_help_flag(true));
    let mut parts = vec![];
    man.render_description_section(&mut parts)?;
    man.render_synopsis_section(&mut parts)?;
    man.render_options_section(&mut parts)?;
    for line in String::from_utf8_lossy(&parts).lines() {
        let line = line.strip_prefix(".SH ").map_or_else(|| line.to_owned(), |title| format!(".SS {title}"));
        text.extend(line.bytes().chain([b'\n']));
    }
    text.extend(examples(&man, ".SS")?);
    Ok(text)
}

/// What `--help` ends with, its lines as they are.
fn examples(man: &clap_mangen::Man, heading: &str) -> io::Result<Vec<u8>> {
    let mut extra = vec![];
    man.render_extra_section(&mut extra)?;
    let extra = String::from_utf8_lossy(&extra);
    let lines = extra.lines().filter(|line| !line.starts_with(".SH ") && *line != "Examples:");
    let lines: String = lines.map(|line| format!("{line}\n")).collect();
    Ok(format!("{heading} EXAMPLES\n.nf\n{lines}.fi\n").into_bytes())
}
