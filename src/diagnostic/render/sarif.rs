//! Diagnostics as SARIF 2.1.0, which code scanning services read.
//!
//! One run; every code of Tagwell is a rule, with its page as help. Columns count characters (`unicodeCodePoints`).

use serde_json::{Value, json};

use crate::{
    diagnostic::{Code, Diagnostic, Fix, Label, Severity},
    source::{SourceId, Sources, Span},
};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// All diagnostics as one SARIF log.
pub fn sarif(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let rules: Vec<Value> = Code::all().iter().map(|(code, title, page)| rule(*code, title, page)).collect();
    let results: Vec<Value> = diagnostics.iter().map(|diagnostic| result(diagnostic, sources)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "tagwell", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn rule(code: Code, title: &str, page: &str) -> Value {
    let level = if code.as_str().starts_with('W') { Severity::Warning } else { Severity::Error };
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": title },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": level.name() },
    })
}

fn result(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let rule = Code::all().iter().position(|(code, ..)| *code == diagnostic.code);
    let mut result = json!({
        "ruleId": diagnostic.code.as_str(),
        "level": diagnostic.severity.name(),
        "message": { "text": message(diagnostic) },
        "locations": [{ "physicalLocation": place(diagnostic.primary.span, sources) }],
    });
    let related: Vec<Value> = diagnostic.labels.iter().enumerate().map(|(at, one)| related(at, one, sources)).collect();
    let fixes: Vec<Value> = diagnostic.fixes.iter().map(|one| fix(one, sources)).collect();
    if let Some(object) = result.as_object_mut() {
        object.extend(rule.map(|rule| ("ruleIndex".to_owned(), json!(rule))));
        object.extend((!related.is_empty()).then(|| ("relatedLocations".to_owned(), json!(related))));
        object.extend((!fixes.is_empty()).then(|| ("fixes".to_owned(), json!(fixes))));
    }
    result
}

fn message(diagnostic: &Diagnostic) -> String {
    let here = Some(&diagnostic.primary.message).filter(|message| !message.is_empty());
    let more = here.into_iter().chain(&diagnostic.notes).chain(&diagnostic.help);
    std::iter::once(&diagnostic.message).chain(more).map(String::as_str).collect::<Vec<_>>().join("\n")
}

fn related(at: usize, label: &Label, sources: &Sources) -> Value {
    json!({ "id": at, "message": { "text": label.message }, "physicalLocation": place(label.span, sources) })
}

fn place(span: Span, sources: &Sources) -> Value {
    json!({ "artifactLocation": artifact(span.source, sources), "region": region(span, sources) })
}

fn region(span: Span, sources: &Sources) -> Value {
    let source = sources.get(span.source);
    let (start, end) = (source.line_column(span.start), source.line_column(span.end));
    json!({ "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column })
}

/// One change a file, its replacements in the order of the fix.
fn fix(fix: &Fix, sources: &Sources) -> Value {
    let mut touched: Vec<SourceId> = fix.edits.iter().map(|edit| edit.span.source).collect();
    touched.sort();
    touched.dedup();
    let changes = touched.into_iter().map(|source| {
        let edits = fix.edits.iter().filter(|edit| edit.span.source == source);
        let replacements = edits.map(
            |edit| json!({ "deletedRegion": region(edit.span, sources), "insertedContent": { "text": edit.text } }),
        );
        json!({
            "artifactLocation": artifact(source, sources),
            "replacements": replacements.collect::<Vec<_>>(),
        })
    });
    json!({ "description": { "text": fix.title }, "artifactChanges": changes.collect::<Vec<_>>() })
}

/// A file's name as a URI: relative as it was written, or `file://` where it is absolute.
fn artifact(source: SourceId, sources: &Sources) -> Value {
    let name = sources.get(source).name();
    let scheme = if name.starts_with('/') { "file://" } else { "" };
    json!({ "uri": format!("{scheme}{}", escaped(name)) })
}

fn escaped(path: &str) -> String {
    let safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
    path.bytes().map(|byte| if safe(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
