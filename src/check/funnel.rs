//! Funnels: the events they look at, their steps and limits.

use super::{Checker, Scope};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{BAD_ARMS, NOT_A_VALUE, UNKNOWN_NAME, WRONG_TYPE},
    },
    ir::{Aggregate, AggregateFunction, Body, DefinitionId, Expr, FUNNEL_STEPS as STEPS, FunnelStep, Over},
    schema::{ColumnId, Role, TableId},
    syntax::ast::{self, FunnelSource},
    value::Type,
};

impl Checker<'_> {
    /// `funnel path on (events within 30d) by session { … }`
    pub(super) fn funnel(&mut self, id: DefinitionId, written: &ast::Funnel) -> Option<(Body, Type)> {
        let choices = self.choices_of(id)?;
        let place = written.name.span();
        let (table, window, filter) = self.events(&written.on)?;
        let by = match &written.by {
            None => Some(None),
            Some(by) => self.column_of(table, by).map(Some),
        };
        if written.steps.len() > STEPS {
            self.sink.push(
                Diagnostic::error(BAD_ARMS, place, format!("a funnel has at most {STEPS} steps"))
                    .help("make two funnels of it"),
            );
            return None;
        }
        if written.steps.is_empty() {
            self.sink.push(
                Diagnostic::error(BAD_ARMS, place, "a funnel has at least one step").help(
                    "write its steps: `{ seen when event = \"view\"  bought within 7d when event = \"purchase\" }`",
                ),
            );
            return None;
        }
        let date = self.at_type(table) == Some(Type::Date);
        let mut steps = vec![];
        for (at, step) in written.steps.iter().enumerate() {
            let within = match &step.within {
                None => Some(None),
                Some(within) if at == 0 => {
                    self.sink.push(
                        Diagnostic::error(BAD_ARMS, within.span(), "the first step comes after nothing")
                            .help("take `within` out here; to look at recent events only, write it behind `on`: `on (events within 30d)`"),
                    );
                    None
                }
                Some(within) => self.limit(within, date).map(Some),
            };
            self.scope = Some(Scope::Where(table));
            let condition = self.condition(&step.condition);
            self.scope = None;
            steps.push(within.zip(condition).map(|(within, condition)| FunnelStep { within, condition }));
        }
        let steps: Option<Vec<FunnelStep>> = steps.into_iter().collect();
        let ty = Type::Choice(choices);
        let aggregate = self.keep(Aggregate {
            function: AggregateFunction::Funnel(steps?, by?),
            over: Over::Children(table),
            source: None,
            by: None,
            window,
            filter,
            per: vec![],
            ty: ty.clone(),
            span: place,
        });
        self.funnels.insert(id, aggregate);
        Some((Body::Funnel(choices, aggregate), ty))
    }

    /// The table of events, and which of them.
    fn events(&mut self, on: &FunnelSource) -> Option<(TableId, Option<Expr>, Option<Expr>)> {
        let (table, span, window, filter) = match on {
            FunnelSource::Table(name) => match self.table_of_rows(name) {
                Some(table) => (table, name.span(), None, None),
                None => {
                    let names: Vec<String> = self.child_tables();
                    let mut told =
                        Diagnostic::error(UNKNOWN_NAME, name.span(), format!("there is no table `{}`", name.symbol));
                    told = match crate::diagnostic::nearest(&name.symbol, names.iter().map(String::as_str))
                        .map(str::to_owned)
                    {
                        Some(near) => told.help(format!("did you mean `{near}`?")).suggest(
                            format!("write `{near}`"),
                            name.span(),
                            near,
                        ),
                        None => {
                            let (of, key) = self.parent();
                            told.help(format!(
                                "declare it: `table {} of {of} by {key} at happened_at {{ … }}`",
                                name.symbol
                            ))
                        }
                    };
                    self.sink.push(told);
                    return None;
                }
            },
            FunnelSource::Clause(clause) => {
                let span = clause.source.span();
                let lowered = self.clause(clause, true)?;
                let Over::Children(table) = lowered.over else { return self.not_events(self.schema.root, span) };
                if lowered.source.is_some() {
                    let message =
                        format!("a funnel looks at the rows of a table, and {} is a column", self.quoted(span));
                    self.sink.push(
                        Diagnostic::error(NOT_A_VALUE, span, message)
                            .help("name the table alone: `on (events within 30d)`"),
                    );
                    return None;
                }
                (table, span, lowered.window, lowered.filter)
            }
        };
        match self.schema.table(table).role {
            Role::Children { at: Some(_), .. } => Some((table, window, filter)),
            Role::Children { at: None, .. } | Role::Root | Role::Reference => self.not_events(table, span),
        }
    }

    fn not_events<T>(&mut self, table: TableId, span: crate::source::Span) -> Option<T> {
        let name = self.schema.table(table).name.clone();
        let told = if table == self.schema.root {
            Diagnostic::error(NOT_A_VALUE, span, "a funnel looks at what users did, not at the users")
                .help("name a table of theirs: `on events`")
        } else {
            let (of, key) = self.parent();
            Diagnostic::error(NOT_A_VALUE, span, format!("`{name}` does not say when its rows happened"))
                .help(format!("name the column in the table: `table {name} of {of} by {key} at happened_at {{`"))
        };
        self.sink.push(told);
        None
    }

    fn child_tables(&self) -> Vec<String> {
        let children = self.schema.tables.iter().filter(|table| matches!(table.role, Role::Children { .. }));
        children.map(|table| table.name.to_string()).collect()
    }

    /// A column of a table, by its bare name.
    fn column_of(&mut self, table: TableId, name: &ast::Name) -> Option<ColumnId> {
        let of = self.schema.table(table);
        if let Some(column) = of.find(&name.symbol) {
            return Some(column);
        }
        let names: Vec<String> = of.columns.iter().map(|it| it.name.to_string()).collect();
        let message = format!("the table `{}` has no column `{}`", of.name, name.symbol);
        let near = crate::diagnostic::nearest(&name.symbol, names.iter().map(String::as_str)).map(str::to_owned);
        let mut told = Diagnostic::error(UNKNOWN_NAME, name.span(), message);
        told = match near {
            Some(near) => {
                told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), name.span(), near)
            }
            None => told.help(format!("its columns are {}", names.join(", "))),
        };
        self.sink.push(told);
        None
    }

    /// The type of a child table's `at`.
    pub(super) fn at_type(&self, table: TableId) -> Option<Type> {
        let of = self.schema.table(table);
        match of.role {
            Role::Children { at: Some(at), .. } => Some(of.column(at).ty.clone()),
            Role::Children { at: None, .. } | Role::Root | Role::Reference => None,
        }
    }

    /// `within 1d` of a step: a length of time, constant or a parameter.
    fn limit(&mut self, within: &ast::Expr, date: bool) -> Option<Expr> {
        let lowered = self.lower(within, None)?;
        if lowered.ty == Type::Duration && self.constant_value(&lowered).is_some() {
            if date {
                self.no_hours(&lowered)?;
            }
            return Some(lowered);
        }
        let message = format!(
            "a length of time is wanted here, and {} is {}",
            self.quoted(within.span()),
            self.kind(&lowered.ty)
        );
        self.sink.push(
            Diagnostic::error(WRONG_TYPE, within.span(), message)
                .help("write a duration, `within 7d`, or name a `param`"),
        );
        None
    }
}
