//! Columns written with their table's name: `orders.amount`, `users.city`, and rows that are looked up, `channels[source].price`.

use super::super::{Checker, Scope, rules::widened, words::alike};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{NOT_A_VALUE, NOT_ALIKE, UNKNOWN_NAME},
    },
    ir::{Expr, ExprKind},
    schema::{Role, TableId},
    source::Span,
    syntax::ast::{self, ExprKind as Ast},
};

impl Checker<'_> {
    pub(super) fn field(&mut self, base: &ast::Expr, field: &ast::Name, span: Span) -> Option<Expr> {
        let Ast::Index { base: table, index } = &base.kind else {
            if let Ast::Name(table) = &base.kind
                && let Some(id) = self.schema.find(&table.symbol)
            {
                if self.schema.table(id).find(&field.symbol).is_none() && self.tell_asked_by_point(id, field, span) {
                    return None;
                }
                return self.column_of_rows(id, field, span);
            }
            return self.tell_no_columns(base, field);
        };
        let found = match &table.kind {
            Ast::Name(name) => self.schema.find(&name.symbol),
            _ => None,
        };
        if let Some(other) = found.map(|id| self.schema.table(id)).filter(|it| !matches!(it.role, Role::Reference)) {
            let name = other.name.clone();
            let help = if matches!(other.role, Role::Root) {
                format!(
                    "this user's own column is written bare: `{}`; of everybody ask an aggregate: `max({name}.{})`",
                    field.symbol, field.symbol
                )
            } else {
                format!(
                    "ask what you want of this user's: `last({name}.{0})`, `any({name} where {0} = …)`",
                    field.symbol
                )
            };
            let message = format!("`{name}` is not looked up by key: only a reference table is");
            self.sink.push(Diagnostic::error(NOT_A_VALUE, table.span(), message).help(help));
            return None;
        }
        let Some(id) = found else {
            let message = format!("{} is not a reference table", self.quoted(table.span()));
            let help = "declare it: `table channels key source from \"channels.csv\" { … }`";
            self.sink.push(Diagnostic::error(NOT_A_VALUE, table.span(), message).help(help));
            return None;
        };
        let key_type = {
            let table = self.schema.table(id);
            table.key.map(|key| table.column(key).ty.clone())
        };
        let key = self.lower(index, key_type.as_ref());
        let table = self.schema.table(id);
        let column = table.find(&field.symbol).map(|id| (id, table.column(id).ty.clone()));
        let Some((column, ty)) = column else {
            return self.tell_no_column(id, field);
        };
        let (key, key_type) = (key?, key_type?);
        if !alike(&key.ty, &key_type) {
            let message = format!(
                "the key of the table is {}, and {} is {}",
                self.kind(&key_type),
                self.quoted(index.span()),
                self.kind(&key.ty)
            );
            self.sink.push(Diagnostic::error(NOT_ALIKE, index.span(), message).help("look it up by its key"));
            return None;
        }
        let key = Box::new(widened(key, &key_type));
        Some(Expr { kind: ExprKind::Lookup { table: id, key, column }, ty, span })
    }

    /// `orders.amount` in a clause over orders, `users.city`
    fn column_of_rows(&mut self, table: TableId, field: &ast::Name, span: Span) -> Option<Expr> {
        if table == self.schema.root {
            return self.users_name(field, None).map(|expr| Expr { span, ..expr });
        }
        let of = self.schema.table(table);
        let name = of.name.clone();
        let Some(column) = of.find(&field.symbol) else {
            return self.tell_no_column(table, field);
        };
        match self.scope {
            Some(Scope::Source(scope) | Scope::Where(scope) | Scope::Each(scope)) if scope == table => {
                Some(self.child_column(column, table, span))
            }
            Some(Scope::Source(_) | Scope::Where(_) | Scope::UsersSource | Scope::Users) => {
                let message = format!("this question is not about the rows of `{name}`");
                self.sink.push(
                    Diagnostic::error(NOT_A_VALUE, span, message).help(format!(
                        "name what you want of them first: `let last_one = max({name}.{})`",
                        field.symbol
                    )),
                );
                None
            }
            None | Some(Scope::Each(_)) => {
                let words = self.words(span).to_owned();
                if matches!(of.role, Role::Reference) {
                    let message = format!("`{name}` has many rows, so `{words}` is not one value");
                    let help = format!("look a row up by its key: `{name}[…].{}`", field.symbol);
                    self.sink.push(Diagnostic::error(NOT_A_VALUE, span, message).help(help));
                    return None;
                }
                let help = {
                    format!(
                        "ask what you want of them: `sum({words})`, `max({words})`, `last({words})`, `count({name} where {} = …)`",
                        field.symbol
                    )
                };
                let message = format!("a user has many `{name}`, so `{words}` is not one value");
                self.sink.push(Diagnostic::error(NOT_A_VALUE, span, message).help(help));
                None
            }
        }
    }

    fn tell_no_column(&mut self, table: TableId, field: &ast::Name) -> Option<Expr> {
        let table = self.schema.table(table);
        let names: Vec<String> = table.columns.iter().map(|it| it.name.to_string()).collect();
        let message = format!("the table `{}` has no column `{}`", table.name, field.symbol);
        let told = Diagnostic::error(UNKNOWN_NAME, field.span(), message);
        let near = crate::diagnostic::nearest(&field.symbol, names.iter().map(String::as_str)).map(str::to_owned);
        self.sink.push(match near {
            Some(near) => {
                told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), field.span(), near)
            }
            None => told.help(format!("its columns are {}", names.join(", "))),
        });
        None
    }
}
