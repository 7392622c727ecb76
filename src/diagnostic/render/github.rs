//! Diagnostics as workflow commands, which GitHub shows beside the changed lines of a pull request.
//!
//! The form is `::error file=…,line=…,title=…::message`, one a line; see "Workflow commands for GitHub Actions". Columns are given only where a
//! place lies in one line, because GitHub drops the place otherwise.

use super::visible::{visible, visible_line};
use crate::{diagnostic::Diagnostic, source::Sources};

/// Every diagnostic as one workflow command.
pub fn github(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    diagnostics.iter().map(|diagnostic| command(diagnostic, sources)).collect()
}

fn command(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let span = diagnostic.primary.span;
    let source = sources.get(span.source);
    let (start, end) = (source.line_column(span.start), source.line_column(span.end));
    let columns =
        if start.line == end.line { format!(",col={},endColumn={}", start.column, end.column) } else { String::new() };
    format!(
        "::{} file={},line={},endLine={}{columns},title={}::{}\n",
        diagnostic.severity.name(),
        property(&visible_line(source.name())),
        start.line,
        end.line,
        property(&format!("{}: {}", diagnostic.code, diagnostic.code.title())),
        data(&visible(&message(diagnostic))),
    )
}

/// Headline, then a line each for what is said at the place, the notes, the help and what a fix would do.
fn message(diagnostic: &Diagnostic) -> String {
    let here = Some(&diagnostic.primary.message).filter(|message| !message.is_empty()).cloned();
    let notes = diagnostic.notes.iter().map(|note| format!("note: {note}"));
    let help = diagnostic.help.iter().map(|help| format!("help: {help}"));
    let fixes = diagnostic.fixes.iter().map(|fix| format!("fix: {}", fix.title));
    let lines = std::iter::once(diagnostic.message.clone()).chain(here).chain(notes).chain(help).chain(fixes);
    lines.collect::<Vec<_>>().join("\n")
}

/// As the value of a property, where `:` and `,` separate.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// As the message, which ends with the line.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
