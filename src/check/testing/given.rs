//! What is given: each value meets the column, table or rule that it stands for.

use std::collections::HashMap;

use super::{Lowering, Users};
use crate::{
    check::{
        declare::fold,
        names::Meaning,
        rules::constant,
        words::{alike, is_moment},
    },
    diagnostic::{
        Diagnostic,
        code::{BAD_GIVEN, NOT_GIVEN, SAID_TWICE, UNKNOWN_NAME},
        nearest,
    },
    intern::Symbol,
    ir::{Expr, ExprKind, Given, GivenField, GivenKind, GivenRow},
    schema::{Role, Table, TableId},
    source::Span,
    syntax::ast,
    value::{Type, Value, literal, print},
};

impl Lowering<'_, '_> {
    /// The records of one entry; what is wrong is told and left out.
    pub(super) fn givens(&mut self, entry: &ast::Entry, users: &mut Users) -> Vec<Given> {
        let first = entry.then.is_none();
        let alone = entry.given.len() == 1;
        let mut all = vec![];
        for given in &entry.given {
            let user = self.user(given, alone, first, users);
            self.one_key(given);
            let fields = self.fields(&given.fields);
            all.extend(user.map(|user| Given { user, fields, span: given.place.0 }));
        }
        all
    }

    /// A label is the user's key already.
    fn one_key(&mut self, given: &ast::Given) {
        let root = self.checker.schema.root();
        let Some(key) = root.key.map(|key| root.column(key).name.clone()).filter(|_| given.user.is_some()) else {
            return;
        };
        let Some(field) = given.fields.iter().find(|field| field.name.symbol == key) else { return };
        self.checker.sink.push(
            Diagnostic::error(NOT_GIVEN, field.name.span(), format!("the label is the user's `{key}` already"))
                .help("take this out, or give the user no label"),
        );
    }

    fn fields(&mut self, written: &[ast::Field]) -> Vec<GivenField> {
        let mut seen: HashMap<&Symbol, Span> = HashMap::new();
        let mut all = vec![];
        for field in written {
            if !self.is_new(&field.name, &mut seen) {
                continue;
            }
            all.extend(self.field(field).map(|kind| GivenField { kind, span: field.name.span() }));
        }
        all
    }

    pub(super) fn is_new<'f>(&mut self, name: &'f ast::Name, seen: &mut HashMap<&'f Symbol, Span>) -> bool {
        let Some(first) = seen.insert(&name.symbol, name.span()) else { return true };
        self.checker.sink.push(
            Diagnostic::error(SAID_TWICE, name.span(), format!("`{}` is given twice", name.symbol))
                .label(first, "given here first")
                .help("take one of them out"),
        );
        false
    }

    fn field(&mut self, field: &ast::Field) -> Option<GivenKind> {
        let name = &field.name;
        match self.checker.names.get(&name.symbol) {
            Some(Meaning::Column(id)) => {
                let column = self.checker.schema.root().column(id).clone();
                let ty = self.checker.column_types.get(id.0 as usize)?.clone()?;
                let written = self.value(field, &format!("the column `{}`", name.symbol))?;
                let optional = column.optional;
                let value = self.typed(written, name, &ty, optional, !self.checker.schema.root().declared)?;
                Some(GivenKind::Column(id, value))
            }
            Some(Meaning::Table(id)) => self.rows(field, id),
            Some(Meaning::Definition(id)) if self.checker.segments.contains(&id) => {
                let help = format!("give what it hangs on; `expect {}` asks whether the user is in it", name.symbol);
                self.tell_not_given(name, "a segment", &help)
            }
            Some(Meaning::Definition(id)) => {
                let ty = self.checker.types.get(id.0 as usize)?.clone()?;
                let written = self.value(field, &format!("`{}`", name.symbol))?;
                let value = self.typed(written, name, &ty, true, true)?;
                Some(GivenKind::Definition(id, value))
            }
            Some(Meaning::Param(_)) => {
                let words = self.value_words(field);
                let help = format!("write behind the records: `with param {} = {words}`", name.symbol);
                self.tell_not_given(name, "a parameter", &help)
            }
            Some(Meaning::List(_)) => {
                let help = format!("write behind the records: `with list {} = [\"u1\"]`", name.symbol);
                self.tell_not_given(name, "an uploaded list", &help)
            }
            Some(Meaning::Template) => self.tell_not_given(name, "a template", "give what the rules read"),
            Some(Meaning::Channel) => self.tell_not_given(name, "a channel", "give what the rules read"),
            None => self.tell_unknown_field(name),
        }
    }

    fn tell_not_given(&mut self, name: &ast::Name, what: &str, help: &str) -> Option<GivenKind> {
        let message = format!("`{}` is {what}, and no record holds it", name.symbol);
        self.checker.sink.push(Diagnostic::error(NOT_GIVEN, name.span(), message).help(help));
        None
    }

    fn value_words(&self, field: &ast::Field) -> String {
        match &field.value {
            ast::GivenValue::Value(value) => self.checker.snippet(value.span()),
            ast::GivenValue::Records(_) => "…".into(),
        }
    }

    fn tell_unknown_field(&mut self, name: &ast::Name) -> Option<GivenKind> {
        let schema = &self.checker.schema;
        let tables = schema.tables.iter().filter(|table| matches!(table.role, Role::Children { .. }));
        let columns = schema.root().columns.iter().map(|column| column.name.to_string());
        let segments = &self.checker.segments;
        let given = |it| matches!(it, Meaning::Definition(id) if !segments.contains(&id));
        let rules = self.checker.names.of_meaning(given);
        let mut names: Vec<String> = tables.map(|table| table.name.to_string()).chain(columns).chain(rules).collect();
        names.sort_unstable();
        let told = Diagnostic::error(UNKNOWN_NAME, name.span(), format!("unknown field `{}`", name.symbol));
        let near = nearest(&name.symbol, names.iter().map(String::as_str)).map(str::to_owned);
        self.checker.sink.push(match near {
            Some(near) => {
                told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), name.span(), near)
            }
            None if self.checker.schema.root().declared => {
                let table = &self.checker.schema.root().name;
                told.help(format!("declare it in the table `{table}`, or take it out: no rule reads it"))
            }
            None => told.help("take it out: no rule reads it"),
        });
        None
    }

    /// The one value of a field, where it is no list of records.
    pub(super) fn value<'f>(&mut self, field: &'f ast::Field, what: &str) -> Option<&'f ast::Expr> {
        match &field.value {
            ast::GivenValue::Value(value) => Some(value),
            ast::GivenValue::Records(_) => {
                let message = format!("{what} has one value, and these are rows");
                self.checker.sink.push(
                    Diagnostic::error(BAD_GIVEN, field.place.0, message)
                        .help(format!("write a value: `{}: …`; a list is written `[\"a\", \"b\"]`", field.name.symbol)),
                );
                None
            }
        }
    }

    /// The rows of a child table.
    fn rows(&mut self, field: &ast::Field, id: TableId) -> Option<GivenKind> {
        let table = self.checker.schema.table(id).clone();
        match table.role {
            Role::Children { .. } if table.is_ledger() => {
                let help = "it holds what a diary's earlier entries decided";
                return self.tell_not_given(&field.name, "the ledger of decisions", help);
            }
            Role::Children { .. } => {}
            Role::Root => {
                let help = "give each of its users by a record: `given \"u1\" { … } given \"u2\" { … }`";
                return self.tell_not_given(&field.name, "the table of the users", help);
            }
            Role::Reference => {
                let help = "it is read from its file in tests, too: take it out here";
                return self.tell_not_given(&field.name, "a table that is looked up", help);
            }
        }
        match &field.value {
            ast::GivenValue::Records(records) => {
                let rows: Vec<GivenRow> = records.iter().map(|record| self.row(record, &table)).collect();
                self.keys_differ(&rows, &table);
                Some(GivenKind::Rows(id, rows))
            }
            ast::GivenValue::Value(value)
                if is_empty_list(value) || matches!(value.unparenthesised().kind, ast::ExprKind::Missing) =>
            {
                Some(GivenKind::Rows(id, vec![]))
            }
            ast::GivenValue::Value(value) => {
                let message =
                    format!("`{}` is a table, and {} are no rows", table.name, self.checker.quoted(value.span()));
                let column = table.columns.iter().find(|column| {
                    Some(&column.name) != self.by_name(&table)
                        && table.key.map(|key| &table.column(key).name) != Some(&column.name)
                });
                let example = column.map_or("…".to_owned(), |column| format!("{}: …", column.name));
                self.checker.sink.push(
                    Diagnostic::error(BAD_GIVEN, value.span(), message)
                        .help(format!("write rows: `{}: [{{ {example} }}]`; none: `{0}: []`", table.name)),
                );
                None
            }
        }
    }

    fn by_name<'t>(&self, table: &'t Table) -> Option<&'t Symbol> {
        match table.role {
            Role::Children { by, .. } => table.columns.get(by.0 as usize).map(|column| &column.name),
            Role::Root | Role::Reference => None,
        }
    }

    fn row(&mut self, record: &ast::Record, table: &Table) -> GivenRow {
        let mut seen: HashMap<&Symbol, Span> = HashMap::new();
        let mut columns = vec![];
        for field in &record.fields {
            if !self.is_new(&field.name, &mut seen) {
                continue;
            }
            let Some(id) = table.find(&field.name.symbol) else {
                self.tell_no_column(&field.name, table);
                continue;
            };
            let column = table.column(id);
            let written = self.value(field, &format!("the column `{}`", column.name));
            let value = written.and_then(|it| self.typed(it, &field.name, &column.ty, column.optional, false));
            columns.extend(value.map(|value| (id, value)));
        }
        GivenRow { columns, span: record.place.0 }
    }

    fn tell_no_column(&mut self, name: &ast::Name, table: &Table) {
        let message = format!("the table `{}` has no column `{}`", table.name, name.symbol);
        let told = Diagnostic::error(UNKNOWN_NAME, name.span(), message);
        let names: Vec<&str> = table.columns.iter().map(|it| it.name.as_str()).collect();
        self.checker.sink.push(match nearest(&name.symbol, names.iter().copied()) {
            Some(near) => {
                told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), name.span(), near)
            }
            None => told.help(format!("its columns are {}", names.join(", "))),
        });
    }

    /// The key of a child table tells its rows apart.
    fn keys_differ(&mut self, rows: &[GivenRow], table: &Table) {
        let Some(key) = table.key else { return };
        let mut seen: HashMap<String, Span> = HashMap::new();
        for row in rows {
            let Some((_, value)) = row.columns.iter().find(|(id, _)| *id == key) else { continue };
            let ExprKind::Constant(constant) = &value.kind else { continue };
            let text = print::text(constant, &self.checker.zone);
            if let Some(first) = seen.insert(text.clone(), value.span) {
                let message = format!("two rows of `{}` have the key `{text}`", table.name);
                self.checker.sink.push(
                    Diagnostic::error(BAD_GIVEN, value.span, message)
                        .label(first, "given here first")
                        .help("give each a key of its own, or leave the key out: it is filled in"),
                );
            }
        }
    }

    /// A value by itself, of a column's or a rule's type. `lenient` takes a timestamp for a date, where no table says which.
    pub(super) fn typed(
        &mut self,
        written: &ast::Expr,
        name: &ast::Name,
        ty: &Type,
        optional: bool,
        lenient: bool,
    ) -> Option<Expr> {
        if is_empty_list(written) && matches!(ty, Type::List(_)) {
            return Some(constant(Value::List([].into()), ty.clone(), written.span()));
        }
        if is_empty_list(written) {
            let message = format!("`{}` is {}, and no list", name.symbol, self.checker.kind(ty));
            let help =
                format!("write {}, such as `{}`; what is not known is `missing`", self.checker.kind(ty), example(ty));
            self.checker.sink.push(Diagnostic::error(BAD_GIVEN, written.span(), message).help(help));
            return None;
        }
        let lowered = self.checker.lower(written, Some(ty))?;
        self.stands_by_itself(&lowered, written)?;
        let span = written.span();
        let said = || format!("`{}`", name.symbol);
        if let ExprKind::Constant(Value::Missing) = lowered.kind {
            if optional {
                return Some(constant(Value::Missing, ty.clone(), span));
            }
            self.checker.sink.push(
                Diagnostic::error(BAD_GIVEN, span, format!("{} may not be missing: it is declared `{ty}`", said()))
                    .help(format!("write a value; if it may be missing, declare it `{}: {ty}?`", name.symbol)),
            );
            return None;
        }
        let moments = is_moment(ty) && is_moment(&lowered.ty);
        let too_fine = moments && *ty == Type::Date && lowered.ty == Type::Timestamp && !lenient;
        if !of_one_kind(&lowered.ty, ty) || too_fine {
            let (wanted, is) = (self.checker.kind(ty), self.checker.kind(&lowered.ty));
            let message = format!("{} is {wanted}, and {} is {is}", said(), self.checker.quoted(span));
            let mut told =
                Diagnostic::error(BAD_GIVEN, span, message).help(format!("write {wanted}, such as `{}`", example(ty)));
            if let ast::ExprKind::Literal(ast::Literal::Text(text)) = &written.unparenthesised().kind
                && literal::from_text(text, ty, &self.checker.zone).is_ok()
            {
                told.help = vec![format!("write it without quotes: `{text}`")];
                told = told.suggest("write it without quotes", span, text.clone());
            }
            let is_column = matches!(self.checker.names.get(&name.symbol), Some(Meaning::Column(_)));
            if lenient && is_column {
                told = told.help(format!("if {} is something else, declare it: no table does", said()));
            }
            self.checker.sink.push(told);
            return None;
        }
        let zone = self.checker.zone.clone();
        let Some(value) = fold(&lowered, &zone) else { return Some(lowered) };
        match literal::from_written(&value, ty, &zone) {
            Ok(value) => Some(constant(value, ty.clone(), span)),
            Err(reason) => {
                let message = format!("{} is declared `{ty}`, and {} {reason}", said(), self.checker.quoted(span));
                self.checker.sink.push(
                    Diagnostic::error(BAD_GIVEN, span, message).help(format!("write one such as `{}`", example(ty))),
                );
                None
            }
        }
    }

    /// What is given is a value, not a rule: it reads the clock and parameters, and nothing of the user's.
    fn stands_by_itself(&mut self, lowered: &Expr, written: &ast::Expr) -> Option<()> {
        let mut read: Option<Span> = None;
        lowered.each(&mut |node| {
            let reads = matches!(
                node.kind,
                ExprKind::Column(_)
                    | ExprKind::ChildColumn(_)
                    | ExprKind::Aggregate(_)
                    | ExprKind::Reached(..)
                    | ExprKind::Lookup { .. }
                    | ExprKind::Definition(_)
                    | ExprKind::InUploaded { .. }
                    | ExprKind::ToNext(_)
            );
            if reads {
                read = Some(read.map_or(node.span, |first| first.min(node.span)));
            }
        });
        let Some(read) = read else { return Some(()) };
        let message = format!("what is given is a value by itself, and this reads {}", self.checker.quoted(read));
        self.checker.sink.push(
            Diagnostic::error(NOT_GIVEN, written.span(), message)
                .help("write the value out: `500`, `\"上海\"`, `40d ago`"),
        );
        None
    }
}

/// `[]`, which data may hold and rules may not.
pub(super) fn is_empty_list(written: &ast::Expr) -> bool {
    matches!(&written.kind, ast::ExprKind::List(all) if all.is_empty())
}

/// Whether a value of one type may be given for another: numbers for numbers, moments for moments, lists of them likewise.
fn of_one_kind(given: &Type, wanted: &Type) -> bool {
    match (given, wanted) {
        (Type::List(given), Type::List(wanted)) => of_one_kind(given, wanted),
        (given, wanted) => alike(given, wanted),
    }
}

/// A value of a type, as it is written.
pub(crate) fn example(ty: &Type) -> &'static str {
    match ty {
        Type::Text => "\"上海\"",
        Type::Int => "3",
        Type::Decimal(0) => "5",
        Type::Decimal(1) => "5.0",
        Type::Decimal(_) | Type::Float => "5.00",
        Type::Bool => "true",
        Type::Date => "2026-11-22",
        Type::Timestamp => "40d ago",
        Type::Duration => "30d",
        Type::List(_) => "[…]",
        Type::Choice(_) => "one of its values",
    }
}
