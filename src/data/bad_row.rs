//! Why data could not be taken.

use std::fmt;

use crate::value::Type;

/// A row that cannot be taken, and exactly why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// The file.
    pub file: String,
    /// The line that the row begins on, from 1.
    pub line: u64,
    /// The column's name in the data, where it is one column's fault.
    pub column: Option<String>,
    /// What is wrong, the value in it.
    pub reason: String,
    /// The row as it was.
    pub verbatim: Vec<u8>,
}

impl BadRow {
    /// Whether its column is of another type in the file, so that every row with a value there is a bad one.
    pub fn is_of_its_column(&self) -> bool {
        self.reason.starts_with(OF_COLUMN)
    }
}

impl fmt::Display for BadRow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: ", self.file, self.line)?;
        if let Some(column) = &self.column {
            write!(out, "column `{column}`: ")?;
        }
        out.write_str(&self.reason)
    }
}

/// Why a data file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// It cannot be opened or read.
    #[error("cannot read `{file}`: {error}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// Somebody wanted it to end.
    #[error("interrupted")]
    Stopped,
    /// It is not what it says it is, or does not fit the table.
    #[error("`{file}`: {reason}")]
    Unfit {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
        /// What to do.
        help: Option<String>,
    },
}

impl DataError {
    /// A file that does not fit, and what to do.
    pub fn unfit(file: &str, reason: impl Into<String>, help: impl Into<String>) -> DataError {
        DataError::Unfit { file: file.into(), reason: reason.into(), help: Some(help.into()) }
    }
}

/// Why a row of another width than the header is a bad one.
pub(super) fn odd_width(fields: usize, width: usize) -> String {
    let noun = if fields == 1 { "field" } else { "fields" };
    format!("the row has {fields} {noun}, and the header has {width}")
}

/// What to do about a file that has two columns of one name.
pub(super) const ONCE: &str = "call one of them otherwise where the file is made";

/// How the reason begins where a column is of another type.
const OF_COLUMN: &str = "the column holds ";

/// Why a value of a column is bad that is of another type in the file.
pub(super) fn of_another_type(holds: impl fmt::Display, wanted: &Type) -> String {
    format!("{OF_COLUMN}{holds}, and the rules want {wanted}")
}

/// A value as a message shows it: on one line, long ones cut.
pub(super) fn shown(value: &str) -> String {
    let cut: String = value.chars().take(60).collect();
    let more = if cut.len() < value.len() { "…" } else { "" };
    format!("`{}{more}`", cut.replace('\n', "\\n").replace('\r', "\\r"))
}
