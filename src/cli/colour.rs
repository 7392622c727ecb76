//! Whether a stream gets colours: `--color`, then `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`, `TERM`, then whether it is a terminal.

use std::io::IsTerminal;

use tagwell::diagnostic::render::Colour;

/// `--color`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum When {
    // Where the stream is a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    Always,
    Never,
}

/// The decision for each stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Colours {
    pub(crate) output: Colour,
    pub(crate) error: Colour,
}

impl Colours {
    /// Decides by flag, environment and what the streams are.
    pub(crate) fn decide(when: When) -> Colours {
        let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Colours {
            output: decide(when, variable, std::io::stdout().is_terminal()),
            error: decide(when, variable, std::io::stderr().is_terminal()),
        }
    }
}

fn decide(when: When, variable: impl Fn(&str) -> Option<String>, terminal: bool) -> Colour {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let wanted = match when {
        When::Always => true,
        When::Never => false,
        When::Auto if set("NO_COLOR").is_some() => false,
        When::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        When::Auto if set("CLICOLOR").is_some_and(|value| value == "0") => false,
        When::Auto if set("TERM").is_some_and(|value| value == "dumb") => false,
        When::Auto => terminal,
    };
    if wanted { Colour::Ansi } else { Colour::Plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_says_something_decides() {
        type Variables = &'static [(&'static str, &'static str)];
        let cases: [(When, Variables, bool, bool); 14] = [
            (When::Auto, &[], true, true),
            (When::Auto, &[], false, false),
            (When::Always, &[("NO_COLOR", "1")], false, true),
            (When::Never, &[("CLICOLOR_FORCE", "1")], true, false),
            (When::Auto, &[("NO_COLOR", "1")], true, false),
            (When::Auto, &[("NO_COLOR", "")], true, true),
            (When::Auto, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true, false),
            (When::Auto, &[("CLICOLOR_FORCE", "1")], false, true),
            (When::Auto, &[("CLICOLOR_FORCE", "0")], false, false),
            (When::Auto, &[("CLICOLOR_FORCE", "1"), ("CLICOLOR", "0")], false, true),
            (When::Auto, &[("CLICOLOR", "0")], true, false),
            (When::Auto, &[("CLICOLOR", "1")], false, false),
            (When::Auto, &[("TERM", "dumb")], true, false),
            (When::Auto, &[("CLICOLOR_FORCE", "yes"), ("TERM", "dumb")], false, true),
        ];
        for (when, variables, terminal, coloured) in cases {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            let expected = if coloured { Colour::Ansi } else { Colour::Plain };
            assert_eq!(decide(when, variable, terminal), expected, "{when:?} {variables:?} terminal: {terminal}");
        }
    }
}
