//! What the command says beside its answer: on standard error, in colours or not, more or less of it.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use tagwell::diagnostic::render::{Colour, visible};

use super::{colour::Colours, exit::Failure, summary::grouped};

/// `-q`, `-v`, or neither. The answer itself is never silenced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Volume {
    /// Mistakes only.
    Quiet,
    /// And what was done.
    #[default]
    Normal,
    /// And how.
    Verbose,
}

/// How this command speaks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Voice {
    pub(crate) colours: Colours,
    pub(crate) volume: Volume,
}

/// What a word is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Error,
    Warning,
    Good,
    Help,
}

impl Voice {
    /// A line about what was done; silent with `-q`.
    pub(crate) fn say(&self, line: &str) {
        self.say_painted(&visible(line));
    }

    /// The same behind a word in its colour: `ok: 3 users read`.
    pub(crate) fn say_of(&self, word: &str, tone: Tone, line: &str) {
        self.say_painted(&format!("{}: {}", self.word(word, tone), visible(line)));
    }

    /// A line that may hold colours. They are escape sequences, so nothing of it comes from files or command lines as it is.
    pub(crate) fn say_painted(&self, line: &str) {
        if self.volume > Volume::Quiet {
            self.write(&format!("{line}\n"));
        }
    }

    /// A line that only `-v` wants.
    pub(crate) fn more(&self, line: &str) {
        if self.volume == Volume::Verbose {
            self.write(&format!("{}\n", visible(line)));
        }
    }

    /// Text as it is, whatever `-q` says. That nobody reads it is no reason to stop.
    pub(crate) fn write(&self, text: &str) {
        let mut stream = anstream::AutoStream::always(io::stderr().lock());
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    }

    /// What a program reads: it is written, or it is an error.
    pub(crate) fn answer(&self, text: &str) -> io::Result<()> {
        let mut stream = io::stderr().lock();
        stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
    }

    /// Why it could not be done, and what to type instead.
    pub(crate) fn complain(&self, failure: &Failure) {
        if failure.message.is_empty() {
            return;
        }
        let mut text = format!("{}: {}\n", self.word("error", Tone::Error), visible(&failure.message));
        for help in &failure.help {
            text += &format!("  = {}: {}\n", self.word("help", Tone::Help), visible(help).replace('\n', "\n    "));
        }
        self.write(&text);
    }

    /// A word for standard error, coloured where that is wanted.
    pub(crate) fn word<'a>(&self, word: &'a str, tone: Tone) -> Cow<'a, str> {
        tone.word(word, self.colours.error)
    }

    /// A word for standard output, likewise.
    pub(crate) fn answer_word<'a>(&self, word: &'a str, tone: Tone) -> Cow<'a, str> {
        tone.word(word, self.colours.output)
    }
}

impl Tone {
    fn word(self, word: &str, colour: Colour) -> Cow<'_, str> {
        match colour {
            Colour::Plain => Cow::Borrowed(word),
            Colour::Ansi => {
                let style = self.style();
                Cow::Owned(format!("{style}{word}{style:#}"))
            }
        }
    }

    fn style(self) -> anstyle::Style {
        let colour = match self {
            Tone::Error => anstyle::AnsiColor::BrightRed,
            Tone::Warning => anstyle::AnsiColor::Yellow,
            Tone::Good => anstyle::AnsiColor::BrightGreen,
            Tone::Help => return anstyle::Style::new().bold(),
        };
        colour.on_default().bold()
    }
}

/// `1 error`, `3 errors`.
pub(crate) fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {one}s", grouped(number as u64)) }
}
