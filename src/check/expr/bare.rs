//! Bare names: a column of the rows that a clause asks about, a column of the user's, what the rulebook declares, or a value of
//! the level beside it.

use super::super::{Checker, Scope, names::Meaning, rules::constant, words::quoted_text};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{AMBIGUOUS_NAME, NOT_A_VALUE, UNKNOWN_NAME},
    },
    intern::Symbol,
    ir::{Expr, ExprKind},
    schema::{ColumnId, Role, TableId},
    source::Span,
    syntax::ast,
    value::{Type, Value},
};

impl Checker<'_> {
    pub(super) fn name(&mut self, name: &ast::Name, beside: Option<&Type>) -> Option<Expr> {
        if let Some(found) = self.with_name(name) {
            return found;
        }
        if let Some(found) = self.row_name(name) {
            return found;
        }
        self.users_name(name, beside)
    }

    /// A name behind the `with` of the deed that is looked at: its value, written out.
    fn with_name(&mut self, name: &ast::Name) -> Option<Option<Expr>> {
        let (_, value) = self.with.iter().rev().find(|(it, _)| *it == name.symbol)?;
        let value = value.clone();
        let span = name.span();
        if self.is_in_clause() {
            let message = format!("`{}` is given by `with`, and this asks about many rows", name.symbol);
            self.sink.push(
                Diagnostic::error(NOT_A_VALUE, span, message)
                    .help(format!("write the value of `{}` here, or name it by a `param`", name.symbol)),
            );
            return Some(None);
        }
        Some(value.map(|value| Expr { span, ..value }))
    }

    /// A bare name in a clause that is a column of the rows; none where it is not.
    fn row_name(&mut self, name: &ast::Name) -> Option<Option<Expr>> {
        let (table, bare) = match self.scope? {
            Scope::Where(table) | Scope::Each(table) => (table, true),
            Scope::Source(table) => (table, false),
            Scope::UsersSource => return self.bare_in_source(name, self.schema.root),
            Scope::Users => return None,
        };
        let of = self.schema.table(table);
        let Some(column) = of.find(&name.symbol) else {
            return if bare { None } else { self.bare_in_source(name, table) };
        };
        let (words, rows, users) =
            (self.words(name.span()).to_owned(), of.name.clone(), self.schema.root().name.clone());
        let span = name.span();
        let (by_row, by_user) = (format!("{rows}.{words}"), format!("{users}.{words}"));
        let other = match self.names.get(&name.symbol) {
            Some(Meaning::Column(_)) => Some(format!("a column of `{users}`")),
            Some(Meaning::Definition(_) | Meaning::Param(_)) => Some("declared by the rules".to_owned()),
            Some(Meaning::Table(_) | Meaning::List(_) | Meaning::Template | Meaning::Channel) | None => None,
        };
        if let Some(other) = other {
            let message = format!("`{words}` is a column of `{rows}`, and {other} too");
            let mut told = Diagnostic::error(AMBIGUOUS_NAME, span, message)
                .help(format!("write `{by_row}` or `{by_user}`"))
                .suggest(format!("write `{by_row}`"), span, by_row);
            if let Some(place) = self.names.place(&name.symbol) {
                told = told.label(place, "declared here");
            }
            self.sink.push(told);
            return Some(None);
        }
        if bare {
            return Some(Some(self.child_column(column, table, span)));
        }
        self.sink.push(
            Diagnostic::error(NOT_A_VALUE, span, format!("`{words}` is a column of `{rows}`"))
                .help(format!("write the table's name before it: `{by_row}`"))
                .suggest(format!("write `{by_row}`"), span, by_row),
        );
        Some(None)
    }

    /// Something of the user's in a source, which is about the rows of one table alone.
    pub(super) fn bare_in_source(&mut self, name: &ast::Name, table: TableId) -> Option<Option<Expr>> {
        if !matches!(self.names.get(&name.symbol)?, Meaning::Column(_) | Meaning::Definition(_)) {
            return None;
        }
        let (words, rows, span) =
            (self.words(name.span()).to_owned(), self.schema.table(table).name.clone(), name.span());
        let told = if table == self.schema.root {
            let fixed = format!("{rows}.{words}");
            Diagnostic::error(
                NOT_A_VALUE,
                span,
                format!("whose `{words}` is it: this user's, or that of each of the `{rows}`?"),
            )
            .help(format!("write `{fixed}` for each of them; what is this user's stands outside the question"))
            .suggest(format!("write `{fixed}`"), span, fixed)
        } else {
            Diagnostic::error(
                NOT_A_VALUE,
                span,
                format!("this question is about `{rows}`, and `{words}` is the user's"),
            )
            .help(match self.moment_of(table).filter(|_| self.is_length(&name.symbol)) {
                Some(at) => format!("behind `where` it may stand: `{rows} where {at} within {words}`"),
                None => {
                    format!(
                        "compute with `{words}` outside: `sum({rows}.amount) * {words}`; behind `where` it may stand"
                    )
                }
            })
        };
        self.sink.push(told);
        Some(None)
    }

    /// What the moments of a table's rows are called.
    fn moment_of(&self, table: TableId) -> Option<&Symbol> {
        let table = self.schema.table(table);
        let Role::Children { at, .. } = table.role else { return None };
        at.map(|it| &table.column(it).name)
    }

    /// Whether a user's name is a length of time.
    fn is_length(&self, name: &Symbol) -> bool {
        let ty = match self.names.get(name) {
            Some(Meaning::Column(id)) => self.column_types.get(id.0 as usize),
            Some(Meaning::Definition(id)) => self.types.get(id.0 as usize),
            _ => None,
        };
        ty.and_then(Option::as_ref) == Some(&Type::Duration)
    }

    pub(super) fn child_column(&self, column: ColumnId, table: TableId, span: Span) -> Expr {
        let ty = self.schema.table(table).column(column).ty.clone();
        Expr { kind: ExprKind::ChildColumn(column), ty, span }
    }

    /// A name of the user's: a column of theirs, or what the rulebook declares.
    pub(super) fn users_name(&mut self, name: &ast::Name, beside: Option<&Type>) -> Option<Expr> {
        if self.tell_foreign_constant(name) {
            return None;
        }
        let span = name.span();
        let new = |kind, ty| Some(Expr { kind, ty, span });
        match self.names.get(&name.symbol) {
            Some(Meaning::Column(id)) => {
                let ty = self.column_types.get(id.0 as usize)?.clone()?;
                new(ExprKind::Column(id), ty)
            }
            Some(Meaning::Param(id)) => {
                let ty = self.params.get(id.0 as usize)?.as_ref()?.ty.clone();
                new(ExprKind::Param(id), ty)
            }
            Some(Meaning::Definition(id)) => {
                let ty = self.types.get(id.0 as usize)?.clone()?;
                new(ExprKind::Definition(id), ty)
            }
            Some(Meaning::Table(_)) => {
                let table = &name.symbol;
                let reference = self.schema.find(table).map(|id| matches!(self.schema.table(id).role, Role::Reference));
                let help = if reference == Some(true) {
                    format!("look a row up by its key, and name a column: `{table}[…].price`")
                } else {
                    let own = self
                        .schema
                        .find(table)
                        .and_then(|id| self.own_question("sum", id).or_else(|| self.own_question("last", id)));
                    match own {
                        Some(own) => {
                            format!("count its rows, `count({table})`, or ask about a column of theirs: `{own}`")
                        }
                        None => format!("count its rows: `count({table})`"),
                    }
                };
                self.not_a_value(name, "a table", &help)
            }
            Some(Meaning::List(_)) => {
                self.not_a_value(name, "an uploaded list", &format!("ask `user_id in {}`", name.symbol))
            }
            Some(Meaning::Template) => {
                self.not_a_value(name, "a template", &format!("send it: `send sms {}`", name.symbol))
            }
            Some(Meaning::Channel) => {
                let help = format!("if a field is meant, give the channel another name, such as `by_{}`", name.symbol);
                self.not_a_value(name, "a channel", &help)
            }
            None => self.value_name(name, beside),
        }
    }

    fn not_a_value(&mut self, name: &ast::Name, what: &str, help: &str) -> Option<Expr> {
        let message = format!("`{}` is {what}, not a value", name.symbol);
        self.sink.push(Diagnostic::error(NOT_A_VALUE, name.span(), message).help(help));
        None
    }

    /// A bare name that is declared nowhere: a value of the level beside it, or unknown.
    fn value_name(&mut self, name: &ast::Name, beside: Option<&Type>) -> Option<Expr> {
        let span = name.span();
        if let Some(Type::Choice(id)) = beside {
            if let Some(rank) = self.names.rank(&name.symbol, *id) {
                return Some(constant(Value::Choice(rank), Type::Choice(*id), span));
            }
            let owner = self.choice_owner(*id).unwrap_or_default();
            let values: Vec<String> =
                self.choice(*id).map(|it| it.values.iter().map(|it| it.name.to_string()).collect()).unwrap_or_default();
            let near = crate::diagnostic::nearest(&name.symbol, values.iter().map(String::as_str)).map(str::to_owned);
            let near = self.value_of_label(&name.symbol, *id).or(near);
            let mut told = Diagnostic::error(UNKNOWN_NAME, span, format!("`{owner}` has no value `{}`", name.symbol));
            told = match near {
                Some(near) => {
                    told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), span, near)
                }
                None => told.help(format!("its values are {}", values.join(", "))),
            };
            self.sink.push(told);
            return None;
        }
        if let Some(owner) = self.names.owner_of_value(&name.symbol).and_then(|id| self.choice_owner(id)) {
            let message = format!("`{}` is a value of `{owner}`, and stands beside none here", name.symbol);
            self.sink
                .push(Diagnostic::error(NOT_A_VALUE, span, message).help(format!("write `{owner} = {}`", name.symbol)));
            return None;
        }
        if beside == Some(&Type::Text) && self.names.nearest(&name.symbol, span, &[]).is_none() {
            let quoted = quoted_text(&name.symbol);
            self.sink.push(
                Diagnostic::error(UNKNOWN_NAME, span, format!("unknown field `{}`", name.symbol))
                    .help(format!("if it is a text, write it in quotes: `{quoted}`"))
                    .suggest(format!("write `{quoted}`"), span, quoted.clone()),
            );
            return None;
        }
        if beside == Some(&Type::Bool)
            && let Some(truth) = truth_word(&name.symbol)
        {
            self.sink.push(
                Diagnostic::error(UNKNOWN_NAME, span, format!("unknown field `{}`", name.symbol))
                    .help(format!("write `{truth}`"))
                    .suggest(format!("write `{truth}`"), span, truth),
            );
            return None;
        }
        self.tell_unknown(&name.symbol, span);
        None
    }
}

/// `yes` as `true`
fn truth_word(word: &str) -> Option<&'static str> {
    match word.to_lowercase().as_str() {
        "yes" | "y" | "on" | "true" | "t" | "是" | "真" => Some("true"),
        "no" | "n" | "off" | "false" | "f" | "否" | "假" => Some("false"),
        _ => None,
    }
}
