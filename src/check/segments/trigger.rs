//! `on enter`, `on exit`, `every 30d`, `on each payments where paid`: when something is done.

use super::Deeds;
use crate::{
    check::Scope,
    diagnostic::{
        Diagnostic,
        code::{BAD_DEED, BAD_TRIGGER, UNKNOWN_NAME},
        nearest,
    },
    ir::{Trigger, TriggerBody, TriggerKind},
    schema::{Role, TableId},
    syntax::ast,
};

impl<'c> Deeds<'c, '_, '_> {
    pub(super) fn trigger(&mut self, written: &'c ast::Trigger) -> Option<Trigger> {
        let on = match &written.on {
            ast::TriggerKind::Enter => Some(TriggerKind::Enter),
            ast::TriggerKind::Exit => Some(TriggerKind::Exit),
            ast::TriggerKind::Every(length) => self.length(length, "every 30d").map(TriggerKind::Every),
            ast::TriggerKind::Each { table, filter } => {
                let found = self.rows(table);
                self.checker.scope = Some(Scope::Each(found?));
                let lowered = match filter {
                    None => Some(None),
                    Some(filter) => self.checker.condition(filter).map(Some),
                };
                found.zip(lowered).map(|(table, filter)| TriggerKind::Each { table, filter })
            }
        };
        let body = match &written.body {
            ast::TriggerBody::Deed(deed) => TriggerBody::Block(self.block(std::slice::from_ref(deed))),
            ast::TriggerBody::Block(deeds) if deeds.is_empty() => {
                self.checker.sink.push(
                    Diagnostic::error(BAD_DEED, written.place.0, "this trigger does nothing")
                        .help("write what is done, such as `send sms \"…\"` or `do close_task`, or take it out"),
                );
                TriggerBody::Block(vec![])
            }
            ast::TriggerBody::Block(deeds) => TriggerBody::Block(self.block(deeds)),
            ast::TriggerBody::Split { salt, shares } => self.split(salt, shares),
        };
        self.checker.scope = None;
        Some(Trigger { on: on?, body, span: written.place.0 })
    }

    /// The table whose rows something is done about.
    fn rows(&mut self, name: &ast::Name) -> Option<TableId> {
        let schema = &self.checker.schema;
        let span = name.span();
        let Some(id) = schema.find(&name.symbol).filter(|id| schema.table(*id).declared) else {
            let children = schema.tables.iter().filter(|table| matches!(table.role, Role::Children { .. }));
            let names: Vec<String> = children.map(|table| table.name.to_string()).collect();
            let told = Diagnostic::error(UNKNOWN_NAME, span, format!("there is no table `{}`", name.symbol));
            let near = nearest(&name.symbol, names.iter().map(String::as_str)).map(str::to_owned);
            self.checker.sink.push(match near {
                Some(near) => {
                    told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), span, near)
                }
                None => {
                    let (of, key) = self.checker.parent();
                    told.help(format!(
                        "declare it: `table {} of {of} by {key} at happened_at key id {{ … }}`",
                        self.checker.words(span)
                    ))
                }
            });
            return None;
        };
        let table = schema.table(id);
        let told = |message: String| Diagnostic::error(BAD_TRIGGER, span, message);
        let diagnostic = match table.role {
            Role::Children { .. } if table.is_ledger() => {
                told(format!("`{}` is what the rules themselves decided", table.name))
                    .help("name a table of the data, or ask about it behind `when`")
            }
            Role::Children { at: Some(_), .. } if table.key.is_some() => return Some(id),
            Role::Children { at, .. } => {
                let (what, word) = match at {
                    None => ("does not say when a row happened", "at happened_at"),
                    Some(_) => ("does not say what a row is known by, so that none is heard twice", "key id"),
                };
                let mut told = told(format!("the table `{}` {what}", table.name));
                if let Some(place) = table.span {
                    told = told.label(place, "declared here");
                }
                told.help(format!("name the column behind the table's `by`: `{word}`"))
            }
            Role::Root => told(format!("the rows of `{}` are the users", table.name))
                .help("write `on enter`, or name the table of what happens to them"),
            Role::Reference => {
                let (of, key) = self.checker.parent();
                told(format!("the rows of `{}` are nobody's: it is looked up", table.name)).help(format!(
                    "name a table of rows that users have: `table payments of {of} by {key} at paid_at key id`"
                ))
            }
        };
        self.checker.sink.push(diagnostic);
        None
    }
}
