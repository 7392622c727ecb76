//! Diagnostics in the form that `--message-format` asks for, on the stream where they belong, and the line that counts them.

use tagwell::{
    diagnostic::{
        Diagnostic, Severity,
        render::{self, Colour},
    },
    source::Sources,
};

use super::{
    exit::Failure,
    output::Output,
    voice::{Tone, Voice, Volume, count},
};

/// Every command that reads rules takes these.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct MessageArgs {
    /// How mistakes in rules are told: for people, as one JSON document, as GitHub annotations, or as SARIF.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, hide_possible_values = false)]
    pub(crate) message_format: MessageFormat,
}

/// `--message-format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum MessageFormat {
    /// Paragraphs that show the lines meant
    #[default]
    Human,
    /// One JSON document
    Json,
    /// Workflow commands, shown beside the lines of a pull request
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// More than this many paragraphs nobody reads; the machine forms tell everything.
const PARAGRAPHS: usize = 1000;

impl MessageFormat {
    /// All of it, in this form.
    pub(crate) fn text(self, found: &[Diagnostic], sources: &Sources, colour: Colour) -> String {
        match self {
            MessageFormat::Human => human(found, sources, colour),
            MessageFormat::Json => render::json(found, sources),
            MessageFormat::Github => render::github(found, sources),
            MessageFormat::Sarif => render::sarif(found, sources),
        }
    }
}

/// Tells what was found on standard error, where the answer of the command is something else. Nothing found, nothing told.
pub(crate) fn beside_the_answer(found: &[Diagnostic], sources: &Sources, format: MessageFormat, voice: &Voice) {
    if found.is_empty() || voice.volume == Volume::Quiet && !has_errors(found) {
        return;
    }
    voice.write(&format.text(found, sources, voice.colours.error));
    if format == MessageFormat::Human {
        voice.say(&counted(found, voice));
    }
}

/// Tells what was found where it is the answer: for people on standard error, for programs on standard output, also when there is nothing.
pub(crate) fn as_the_answer(
    found: &[Diagnostic],
    sources: &Sources,
    format: MessageFormat,
    voice: &Voice,
) -> Result<(), Failure> {
    match format {
        MessageFormat::Human => {
            voice.write(&format.text(found, sources, voice.colours.error));
            Ok(())
        }
        MessageFormat::Json | MessageFormat::Github | MessageFormat::Sarif => {
            let mut output = Output::standard();
            output.write(format.text(found, sources, Colour::Plain))?;
            output.finish()
        }
    }
}

fn human(found: &[Diagnostic], sources: &Sources, colour: Colour) -> String {
    let shown = found.get(..PARAGRAPHS).unwrap_or(found);
    let mut text = render::human(shown, sources, colour);
    let rest = found.len() - shown.len();
    if rest > 0 {
        text += &format!("… and {rest} more; `tagwell check --message-format json` tells all of them\n\n");
    }
    text
}

/// `2 errors, 1 warning`
pub(crate) fn counted(found: &[Diagnostic], voice: &Voice) -> String {
    let number = |severity| found.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let part = |severity: Severity, tone| {
        let words = count(number(severity), severity.name());
        (number(severity) > 0).then(|| voice.word(&words, tone).into_owned())
    };
    let parts = [part(Severity::Error, Tone::Error), part(Severity::Warning, Tone::Warning)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Whether anything found stops the rulebook.
pub(crate) fn has_errors(found: &[Diagnostic]) -> bool {
    found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}
