//! The files that snapshots are kept in: those of insta, whose tools read them too.

use std::path::{Path, PathBuf};

use crate::ir::{Snapshot, file_name};

/// Where a snapshot of a rule file is kept: `snapshots/<file>__<name>.snap` beside it.
pub fn path(rules: &Path, snapshot: &Snapshot) -> PathBuf {
    let stem = rules.file_stem().unwrap_or_default().to_string_lossy();
    rules.with_file_name("snapshots").join(format!("{stem}__{}.snap", file_name(&snapshot.name)))
}

/// The text of the file: front matter, then what is kept.
pub fn file(rules: &Path, snapshot: &Snapshot, contents: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let source = rules.file_name().unwrap_or_default().to_string_lossy();
    let expression = format!("snapshot {}", quoted(&snapshot.name));
    format!("---\nsource: {}\nexpression: {}\n---\n{}\n", quoted(&source), quoted(&expression), contents.trim_end())
}

/// What a file keeps, without its front matter and without white space at its end; a file without front matter keeps all of it.
pub fn contents(file: &str) -> String {
    let text = file.strip_prefix('\u{feff}').unwrap_or(file).replace("\r\n", "\n");
    let behind = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map(|(_, behind)| behind);
    behind.unwrap_or(&text).trim_end().to_owned()
}
