//! `snapshot "fixtures" of "fixtures/users.csv", orders: "fixtures/orders.csv" as of 2026-11-22`

use std::collections::HashMap;

use super::Lowering;
use crate::{
    check::declare,
    diagnostic::{
        Diagnostic, Sink,
        code::{DECLARED_TWICE, NOT_GIVEN, SAID_TWICE, UNKNOWN_NAME, WITHOUT_AS_OF},
        nearest,
    },
    ir::{self, DefinitionId},
    schema::{Role, TableId},
    source::{SourceId, Span},
    syntax::ast,
};

/// Whether each snapshot has a name of its own, and a clock where rules ask about time.
pub(super) fn look(rulebook: &ir::Rulebook, sink: &mut Sink) {
    let everything = rulebook.reads((0..rulebook.definitions.len() as u32).map(DefinitionId));
    let in_time = rulebook.asks_about_time(&everything).map(|expr| expr.span).or_else(|| {
        let first = rulebook.tables_in_time(&everything).first().copied()?;
        rulebook.schema.table(first).span
    });
    let mut seen: HashMap<(SourceId, String), Span> = HashMap::new();
    for snapshot in &rulebook.tests.snapshots {
        // Two names that one file would be kept under are one name.
        let (name, span) = (&snapshot.name, snapshot.span);
        if let Some(first) = seen.insert((span.source, ir::file_name(name)), span) {
            sink.push(
                Diagnostic::error(DECLARED_TWICE, span, format!("there is a snapshot \"{name}\" already"))
                    .label(first, "declared here first")
                    .help("give it another name: it is the name of its file"),
            );
        }
        if let Some(place) = in_time.filter(|_| snapshot.as_of.is_none()) {
            sink.push(
                Diagnostic::error(WITHOUT_AS_OF, span, "a snapshot of rules about time says `as of`")
                    .label(place, "asks about time")
                    .help("write the moment that rules call now behind the files: `as of 2026-11-22`"),
            );
        }
    }
}

impl Lowering<'_, '_> {
    pub(super) fn snapshot(&mut self, written: &ast::Snapshot) -> ir::Snapshot {
        let as_of = written.as_of.as_ref().and_then(|as_of| self.instant(as_of, "as of"));
        let of = declare::path(&written.of, self.checker.sink);
        let tables = self.tables(written);
        ir::Snapshot { name: written.name.value.clone(), of, tables, as_of, span: written.name.span() }
    }

    fn tables(&mut self, written: &ast::Snapshot) -> Vec<(TableId, String)> {
        let mut all: Vec<(TableId, String)> = vec![];
        for (name, file) in &written.tables {
            let from = declare::path(file, self.checker.sink);
            let schema = &self.checker.schema;
            let found = schema.find(&name.symbol).map(|id| (id, schema.table(id)));
            match found {
                Some((id, table)) if matches!(table.role, Role::Children { .. } | Role::Reference) => {
                    if all.iter().any(|(other, _)| *other == id) {
                        let message = format!("the table `{}` is named twice", name.symbol);
                        let told = Diagnostic::error(SAID_TWICE, name.span(), message).help("take one of them out");
                        self.checker.sink.push(told);
                    }
                    all.push((id, from));
                }
                Some(_) => {
                    let message = format!("`{}` is read from no other file", name.symbol);
                    self.checker.sink.push(
                        Diagnostic::error(NOT_GIVEN, name.span(), message)
                            .help("the users' file stands first, without a name: `of \"fixtures/users.csv\"`"),
                    );
                }
                None => {
                    let names: Vec<&str> = schema.tables.iter().map(|table| table.name.as_str()).collect();
                    let message = format!("there is no table `{}`", name.symbol);
                    let told = Diagnostic::error(UNKNOWN_NAME, name.span(), message);
                    self.checker.sink.push(match nearest(&name.symbol, names) {
                        Some(near) => told.help(format!("did you mean `{near}`?")).suggest(
                            format!("write `{near}`"),
                            name.span(),
                            near,
                        ),
                        None => {
                            let (of, key) = self.checker.parent();
                            told.help(format!("declare it: `table {} of {of} by {key} {{ … }}`", name.symbol))
                        }
                    });
                }
            }
        }
        all
    }
}
