//! How a command ends: an exit code, and why if it could not be done.

use std::process::ExitCode;

/// The exit codes of the command; scripts rely on them. Of several the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Done, nothing to report.
    Done = 0,
    /// Done, and there are findings: errors of `check`, files that `fmt --check` would change.
    Findings = 1,
    /// Could not be done: usage, rules that do not compile, unreadable data, a full disk.
    Failed = 2,
    /// More bad rows, or decisions, than allowed.
    MoreThanAllowed = 3,
    /// A defect of Tagwell itself.
    Defect = 4,
    /// Interrupted from the keyboard.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command could not be done, for people; printed in the manner of a diagnostic, but about no place in a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// One headline; empty where everything has been said already.
    pub(crate) message: String,
    /// Something to type.
    pub(crate) help: Vec<String>,
}

impl Failure {
    /// What was asked for could not be done.
    pub(crate) fn new(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Failed, message: message.into(), help: vec![] }
    }

    /// A file could not be read or written: `cannot read `a.rules`: there is no such file`.
    pub(crate) fn file(doing: &str, name: &str, error: &std::io::Error) -> Failure {
        Failure::new(format!("cannot {doing} `{name}`: {}", reason(error)))
    }

    /// Standard output was closed by its reader, who has seen enough: no failure, and nothing to say.
    pub(crate) fn closed_pipe() -> Failure {
        Failure { exit: Exit::Done, message: String::new(), help: vec![] }
    }

    /// It could not be done, and why has been said already.
    pub(crate) fn told() -> Failure {
        Failure::new("")
    }

    /// Proposes something to type.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Failure {
        self.help.push(help.into());
        self
    }
}

/// An error of the system in plain words.
fn reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::IsADirectory => "it is a folder".into(),
        ErrorKind::NotADirectory => "a part of its path is a file, not a folder".into(),
        ErrorKind::StorageFull => "the disk is full".into(),
        ErrorKind::QuotaExceeded => "your quota on this disk is used up".into(),
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only".into(),
        _ => {
            // Without the number that the standard library adds: `… (os error 40)`.
            let text = error.to_string();
            let words = text.split(" (os error").next().unwrap_or(&text);
            words.to_lowercase()
        }
    }
}
