//! Diagnostics for scripts and editors: one JSON document.
//!
//! `{"diagnostics":[{"code","severity","message","file","span","labels","notes","help","fixes"}]}`. Bytes count from 0, lines and columns from 1,
//! columns in characters; spans are half-open. Fields are only ever added.

use serde_json::{Value, json};

use crate::{
    diagnostic::{Diagnostic, Fix, Label},
    source::{Sources, Span},
};

/// All diagnostics as one JSON document, a diagnostic a line.
pub fn json(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let lines: Vec<String> = diagnostics.iter().map(|diagnostic| format!("\n{}", one(diagnostic, sources))).collect();
    format!("{{\"diagnostics\":[{}]}}\n", lines.join(","))
}

fn one(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let here = (!diagnostic.primary.message.is_empty()).then_some(&diagnostic.primary);
    let labels: Vec<Value> = here.into_iter().chain(&diagnostic.labels).map(|one| label(one, sources)).collect();
    let fixes: Vec<Value> = diagnostic.fixes.iter().map(|one| fix(one, sources)).collect();
    json!({
        "code": diagnostic.code.as_str(),
        "severity": diagnostic.severity.name(),
        "message": diagnostic.message,
        "file": file(diagnostic.primary.span, sources),
        "span": span(diagnostic.primary.span, sources),
        "labels": labels,
        "notes": diagnostic.notes,
        "help": diagnostic.help,
        "fixes": fixes,
    })
}

fn label(label: &Label, sources: &Sources) -> Value {
    json!({ "span": span(label.span, sources), "message": label.message, "file": file(label.span, sources) })
}

fn fix(fix: &Fix, sources: &Sources) -> Value {
    let edits = fix.edits.iter().map(|edit| {
        json!({ "file": file(edit.span, sources), "start": edit.span.start, "end": edit.span.end, "text": edit.text })
    });
    json!({ "title": fix.title, "certain": fix.certain, "edits": edits.collect::<Vec<_>>() })
}

fn file(span: Span, sources: &Sources) -> &str {
    sources.get(span.source).name()
}

fn span(span: Span, sources: &Sources) -> Value {
    let source = sources.get(span.source);
    let (start, end) = (source.line_column(span.start), source.line_column(span.end));
    json!({
        "start": span.start,
        "end": span.end,
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    })
}
