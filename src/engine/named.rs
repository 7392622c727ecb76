//! The files that rules name: whether they are there, and have the columns that the rules say. What is not there is told at its place
//! in the rules, before a run finds out.

use std::{io::ErrorKind, path::Path};

use crate::{
    data::{self, DataError},
    diagnostic::{
        Diagnostic,
        code::{COLUMN_NOT_THERE, FILE_NOT_THERE},
        nearest,
    },
    engine::Files,
    ir::Rulebook,
    source::Span,
    syntax::ast::{self, DeclarationKind, TableSource},
};

/// What is wrong with the files that `list`, `table … from` and `snapshot … of` name. A table of which `Files` says where it is, is
/// not looked for where the rules say; nor is `given`, the table of the users, where their file was named. The columns of the
/// users' fixtures are looked at where the rules could be read.
pub fn named_files(
    files: &[ast::File],
    rulebook: Option<&Rulebook>,
    beside: &Files,
    given: Option<&str>,
) -> Vec<Diagnostic> {
    let mut look = Look { beside, told: vec![] };
    let tables: Vec<&ast::Table> = files
        .iter()
        .flat_map(|file| &file.declarations)
        .filter_map(|declaration| match &declaration.kind {
            DeclarationKind::Table(table) => Some(&**table),
            _ => None,
        })
        .collect();
    let root = rulebook.map(|rulebook| rulebook.schema.root().name.as_str());
    let named = |name: &str| tables.iter().find(|table| table.name.symbol.as_str() == name).copied();
    for declaration in files.iter().flat_map(|file| &file.declarations) {
        match &declaration.kind {
            DeclarationKind::List(list) => {
                let name = list.name.symbol.as_str();
                if !beside.tables.iter().any(|(other, _)| other == name) {
                    let column = list.column.iter().map(|column| (column.symbol.to_string(), column.span()));
                    look.file(name, &list.from, &column.collect::<Vec<_>>());
                }
            }
            DeclarationKind::Table(table) => {
                let name = table.name.symbol.as_str();
                let elsewhere = given == Some(name) || beside.tables.iter().any(|(other, _)| other == name);
                if let Some(TableSource::File(text)) = table.from.as_ref().filter(|_| !elsewhere) {
                    look.file(name, text, &columns(table));
                }
            }
            DeclarationKind::Snapshot(snapshot) => {
                let users = root.and_then(named).map(columns).unwrap_or_default();
                look.fixture(&snapshot.of, &users);
                for (name, text) in &snapshot.tables {
                    look.fixture(text, &named(name.symbol.as_str()).map(columns).unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    look.told
}

/// The columns that a table's file must have, and where each is declared.
fn columns(table: &ast::Table) -> Vec<(String, Span)> {
    let must = table.columns.iter().flatten().filter(|column| !column.ty.optional);
    let header = |column: &ast::Column| match &column.header {
        Some(text) => (text.value.clone(), text.span()),
        None => (column.name.symbol.to_string(), column.name.span()),
    };
    must.map(header).collect()
}

struct Look<'a> {
    beside: &'a Files,
    told: Vec<Diagnostic>,
}

impl Look<'_> {
    /// The file of a table or a list, of whose columns each is told at its own place.
    fn file(&mut self, name: &str, text: &ast::Text, columns: &[(String, Span)]) {
        let Some(headers) = self.headers(Some(name), text) else { return };
        for (column, span) in columns.iter().filter(|(column, _)| !headers.contains(column)) {
            self.lacks(text, &headers, column, *span);
        }
    }

    /// A file of a snapshot: what it lacks is told where it is named, since other files are read for the table, too.
    fn fixture(&mut self, text: &ast::Text, columns: &[(String, Span)]) {
        let Some(headers) = self.headers(None, text) else { return };
        for (column, _) in columns.iter().filter(|(column, _)| !headers.contains(column)) {
            self.lacks(text, &headers, column, text.span());
        }
    }

    fn lacks(&mut self, text: &ast::Text, headers: &[String], column: &str, span: Span) {
        let message = format!("`{}` has no column `{column}`", text.value);
        let told = Diagnostic::error(COLUMN_NOT_THERE, span, message);
        let own = span == text.span();
        let near = nearest(column, headers.iter().map(String::as_str));
        self.told.push(match near {
            Some(near) => told.help(format!("did you mean `{near}`? it has {}", shown(headers))),
            None if headers.is_empty() => told.help("the file is empty: its first line names the columns"),
            None => told.help(format!("it has {}", shown(headers))),
        });
        if let Some(told) = self.told.last_mut().filter(|_| !own) {
            told.labels.push(crate::diagnostic::Label { span: text.span(), message: "looked for in this file".into() });
        }
    }

    /// What a file has for columns; nothing where it is not there, or no file says so.
    fn headers(&mut self, name: Option<&str>, text: &ast::Text) -> Option<Vec<String>> {
        let outside =
            text.value.starts_with('/') || text.value.contains('\\') || text.value.split('/').any(|it| it == "..");
        // A path that leads out of the folder was told.
        if outside || text.value.is_empty() {
            return None;
        }
        let path = self.beside.path(&text.value);
        match self.beside.input(&path).and_then(|input| data::headers(&input)) {
            Ok(headers) => headers,
            Err(error) => {
                self.told.push(self.unreadable((name, text), &path, error));
                None
            }
        }
    }

    fn unreadable(&self, (name, text): (Option<&str>, &ast::Text), path: &str, error: DataError) -> Diagnostic {
        let named = &text.value;
        match error {
            DataError::Unreadable { error, .. } if error.kind() == ErrorKind::NotFound => {
                let message = format!("there is no file `{named}` beside the rules");
                let told = Diagnostic::error(FILE_NOT_THERE, text.span(), message);
                let (folder, wanted) =
                    named.rsplit_once('/').map_or(("", named.as_str()), |(folder, name)| (folder, name));
                let names = data::files_in(Path::new(path).parent().unwrap_or(Path::new("")));
                match nearest(wanted, names.iter().map(String::as_str)) {
                    Some(near) => {
                        let near = if folder.is_empty() { near.to_owned() } else { format!("{folder}/{near}") };
                        told.help(format!("did you mean `{near}`?")).suggest(
                            format!("write `{near}`"),
                            text.span(),
                            format!("\"{near}\""),
                        )
                    }
                    None => {
                        let else_named = name.map(|name| format!("; or name another: `--data {name}=FILE`"));
                        let else_named = else_named.unwrap_or_default();
                        told.help(format!("put it there: it is looked for as `{path}`{else_named}"))
                    }
                }
            }
            DataError::Stopped => {
                Diagnostic::error(FILE_NOT_THERE, text.span(), format!("`{named}` was not read to its end"))
            }
            DataError::Unreadable { error, .. } => {
                Diagnostic::error(FILE_NOT_THERE, text.span(), format!("`{named}` cannot be read: {error}"))
                    .help("name a file that can be read")
            }
            DataError::Unfit { reason, help, .. } => {
                let told =
                    Diagnostic::error(FILE_NOT_THERE, text.span(), format!("`{named}` cannot be read: {reason}"));
                help.into_iter().fold(told, Diagnostic::help)
            }
        }
    }
}

/// The first columns of a file, by their names.
fn shown(headers: &[String]) -> String {
    const MANY: usize = 12;
    let names: Vec<String> = headers.iter().take(MANY).map(|header| format!("`{header}`")).collect();
    let more = if headers.len() > MANY { ", …" } else { "" };
    format!("{}{more}", names.join(", "))
}
