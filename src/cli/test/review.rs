//! Looking at what differs, one snapshot after the other: accept, reject, skip, and why.

use std::io::{self, BufRead, Write};

use tagwell::diagnostic::render::visible;

/// What somebody decided of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Keep what is new.
    Accept,
    /// Keep what was; the rules are wrong.
    Reject,
    /// Later.
    Skip,
}

/// One snapshot that is asked about.
pub(super) struct Question<'q> {
    pub(super) title: &'q str,
    pub(super) lines: &'q [String],
    /// What decided the results of a user; of the first who differs where none is named.
    pub(super) why: &'q dyn Fn(Option<&str>) -> Vec<String>,
}

const CHOICES: &str = "[a]ccept  [r]eject  [s]kip (Ctrl-D too)  [w]hy USER > ";

impl Question<'_> {
    /// Asks until there is an answer; the end of the input skips.
    pub(super) fn ask(&self, input: &mut dyn BufRead, output: &mut dyn Write) -> io::Result<Decision> {
        writeln!(output, "\n{}", visible(self.title))?;
        for line in self.lines {
            writeln!(output, "  {}", visible(line))?;
        }
        loop {
            write!(output, "{CHOICES}")?;
            output.flush()?;
            let mut answer = String::new();
            if input.read_line(&mut answer)? == 0 {
                writeln!(output)?;
                return Ok(Decision::Skip);
            }
            let (word, rest) = answer.trim().split_once(' ').unwrap_or((answer.trim(), ""));
            match word {
                "a" | "accept" => return Ok(Decision::Accept),
                "r" | "reject" => return Ok(Decision::Reject),
                "s" | "skip" => return Ok(Decision::Skip),
                "w" | "why" => {
                    let user = Some(rest.trim()).filter(|user| !user.is_empty());
                    for line in (self.why)(user) {
                        writeln!(output, "  {}", visible(&line))?;
                    }
                }
                _ => writeln!(
                    output,
                    "  a keeps what is new, r keeps what was (mend the rules), s decides later, `w u17` says what decided"
                )?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is decided by these lines, and what is said meanwhile.
    fn asked(typed: &str) -> (Decision, String) {
        let lines = ["u17: + vip".to_owned()];
        let why = |user: Option<&str>| vec![format!("why {}", user.unwrap_or("the first"))];
        let question = Question { title: "shop.rules:60: \"fixtures\": 1 of 3 users differ", lines: &lines, why: &why };
        let mut said = vec![];
        let decision = question.ask(&mut typed.as_bytes(), &mut said).expect("a text can be read");
        (decision, String::from_utf8_lossy(&said).into_owned())
    }

    #[test]
    fn a_word_decides() {
        for (typed, decision) in [
            ("a\n", Decision::Accept),
            ("reject\n", Decision::Reject),
            ("s\n", Decision::Skip),
            ("", Decision::Skip),
            ("\nyes\nw\nw u3\n a \n", Decision::Accept),
        ] {
            assert_eq!(asked(typed).0, decision, "{typed:?}");
        }
    }

    #[test]
    fn what_differs_is_shown_before_and_why_on_request() {
        let (_, said) = asked("w\nw u3\nhm\nr\n");
        assert!(said.contains("1 of 3 users differ\n  u17: + vip\n[a]ccept"), "{said}");
        assert!(said.contains("  why the first\n") && said.contains("  why u3\n"), "{said}");
        assert!(said.contains("r keeps what was"), "{said}");
    }
}
