//! The one source clause (LANGUAGE.md §4.2): which table it is about, its window, its `where`, its `per`, and what may be asked
//! of the rows that it lets through.

use super::super::{
    Checker, Scope,
    words::{is_moment, is_number},
};
use crate::{
    diagnostic::{
        Diagnostic, Fix,
        code::{CLAUSE_OUTSIDE, NESTED_AGGREGATE, NOT_A_VALUE, NOT_ALIKE, WRONG_ARGUMENTS, WRONG_TYPE},
    },
    ir::{Aggregate, AggregateFunction, AggregateId, Expr, ExprKind, Over},
    schema::{Role, TableId},
    source::Span,
    syntax::ast::{self, Argument, Clause, ExprKind as Ast, Place, Test},
    value::Type,
};

/// The functions that a source clause may stand in, and how each is written.
const AGGREGATES: &[(&str, &str)] = &[
    ("count", "count(orders)"),
    ("any", "any(orders where amount > 100)"),
    ("sum", "sum(orders.amount)"),
    ("avg", "avg(orders.amount)"),
    ("min", "min(orders.amount)"),
    ("max", "max(orders.amount)"),
    ("first", "first(orders.category)"),
    ("last", "last(orders.category)"),
    ("most", "most(orders.category)"),
    ("distinct", "distinct(orders.category)"),
    ("quantile", "quantile(orders.amount, 90%)"),
];

/// Whether a function is asked of the rows of a table.
pub(super) fn is_asked_of_rows(function: &str) -> bool {
    AGGREGATES.iter().any(|(name, _)| *name == function)
}

/// Whether it is the `min` or `max` of several values.
fn of_two(function: &str, arguments: &[Argument]) -> bool {
    matches!(function, "min" | "max") && arguments.len() > 1
}

/// A clause whose parts have their types.
pub(in crate::check) struct LoweredClause {
    pub(in crate::check) over: Over,
    pub(in crate::check) source: Option<Expr>,
    pub(in crate::check) by: Option<Expr>,
    pub(in crate::check) window: Option<Expr>,
    pub(in crate::check) filter: Option<Expr>,
    pub(in crate::check) per: Vec<Expr>,
}

impl Checker<'_> {
    /// Whether what is looked at is asked of many rows.
    pub(super) fn is_in_clause(&self) -> bool {
        !matches!(self.scope, None | Some(Scope::Each(_)))
    }

    /// Whether a call asks about the rows of a table.
    pub(in crate::check) fn asks_about_rows(&self, function: &str, arguments: &[Argument]) -> bool {
        let of_several = || match arguments {
            // `min(count(orders), 10)` is the less of two numbers, and so is `sum(min(orders.price, 10))` of each row.
            [Argument::Clause(clause), _, ..] => {
                of_two(function, arguments) && !self.is_in_clause() && self.names_rows_itself(&clause.source)
            }
            _ => false,
        };
        self.is_question(function, arguments) || of_several()
    }

    /// The same, but for the `min` and `max` of several values.
    fn is_question(&self, function: &str, arguments: &[Argument]) -> bool {
        let Some(Argument::Clause(clause)) = arguments.first() else { return false };
        if !AGGREGATES.iter().any(|(name, _)| *name == function) {
            return false;
        }
        let has_clause =
            clause.by.is_some() || clause.window.is_some() || clause.filter.is_some() || clause.per.is_some();
        has_clause
            || !of_two(function, arguments) && self.row_table(&clause.source).is_some()
            || arguments.len() == 1 && self.is_no_name(&clause.source)
    }

    /// Whether an expression is a bare name that means nothing: a table, misspelt, or a column without its table's name.
    fn is_no_name(&self, source: &ast::Expr) -> bool {
        let known = |name: &ast::Name| {
            let symbol = &name.symbol;
            if let Some(Scope::Where(table) | Scope::Source(table) | Scope::Each(table)) = self.scope
                && self.schema.table(table).find(symbol).is_some()
            {
                return true;
            }
            self.names.get(symbol).is_some() || self.names.is_value(symbol) || !self.schema.root().declared
        };
        matches!(&source.unparenthesised().kind, Ast::Name(name) if !known(name))
    }

    /// A question about rows that stands inside of an expression.
    pub(super) fn inner_question(&self, expr: &ast::Expr) -> Option<Span> {
        let own = match &expr.kind {
            Ast::Call { function, arguments } => self.asks_about_rows(function.symbol.as_str(), arguments),
            Ast::Rank { .. } => true,
            _ => false,
        };
        let mut found = own.then(|| expr.span());
        if found.is_none() {
            super::super::walk::parts(expr, &mut |part| found = found.or_else(|| self.inner_question(part)));
        }
        found
    }

    /// Whether an expression names a table outside of the questions that stand in it.
    fn names_rows_itself(&self, expr: &ast::Expr) -> bool {
        match &expr.kind {
            Ast::Name(name) => self.table_of_rows(name).is_some(),
            Ast::Index { index, .. } => self.names_rows_itself(index),
            Ast::Call { function, arguments } if self.is_question(function.symbol.as_str(), arguments) => false,
            _ => {
                let mut names = false;
                super::super::walk::parts(expr, &mut |part| names = names || self.names_rows_itself(part));
                names
            }
        }
    }

    /// The table that a source names first, itself or one of its columns.
    pub(super) fn row_table(&self, source: &ast::Expr) -> Option<TableId> {
        let mut found = vec![];
        self.tables_named(source, &mut found);
        found.first().map(|(id, _)| *id)
    }

    /// Every table that a source names, and where.
    fn tables_named(&self, expr: &ast::Expr, found: &mut Vec<(TableId, Span)>) {
        match &expr.kind {
            Ast::Name(name) => {
                if let Some(id) = self.table_of_rows(name) {
                    found.push((id, name.span()));
                }
            }
            // `channels[source].price` is a value, whatever stands in its brackets.
            Ast::Index { index, .. } => self.tables_named(index, found),
            _ => super::super::walk::parts(expr, &mut |part| self.tables_named(part, found)),
        }
    }

    /// The table whose rows a bare name stands for.
    pub(in crate::check) fn table_of_rows(&self, name: &ast::Name) -> Option<TableId> {
        let id = self.schema.find(&name.symbol)?;
        match self.schema.table(id).role {
            Role::Root => {
                let undeclared = !self.schema.table(id).declared;
                (!undeclared || self.names.get(&name.symbol).is_none()).then_some(id)
            }
            Role::Children { .. } => Some(id),
            Role::Reference => None,
        }
    }

    /// `sum(orders.amount within 90d where paid)`
    pub(super) fn aggregate(&mut self, name: &ast::Name, arguments: &[Argument], span: Span) -> Option<Expr> {
        let word = name.symbol.as_str();
        let shape = AGGREGATES.iter().find(|(known, _)| *known == word).map_or("", |(_, shape)| shape);
        let Some(Argument::Clause(clause)) = arguments.first() else { return None };
        if self.is_in_clause() {
            return self.tell_nested(span);
        }
        // `count(distinct(orders.category))`: the one aggregate that stands in another.
        if let ("count", Ast::Call { function, arguments: inner }) = (word, &clause.source.kind)
            && function.symbol.as_str() == "distinct"
            && let [Argument::Clause(inner)] = inner.as_slice()
            && arguments.len() == 1
        {
            self.no_clause_outside(clause)?;
            let lowered = self.clause(inner, true)?;
            if lowered.source.is_none() {
                return self.tell_wants_a_column(inner, "distinct", "distinct(orders.category)");
            }
            return self.asked(AggregateFunction::CountDistinct, lowered, Type::Int, span);
        }
        let share = match (word, arguments) {
            ("quantile", [_, Argument::Clause(share)]) => Some(&share.source),
            ("quantile", _) => {
                let own = self.row_table(&clause.source).and_then(|table| self.own_question(word, table));
                return self.wrong_arguments(span, own.as_deref().unwrap_or(shape));
            }
            (_, [_]) => None,
            _ => {
                self.tell_several_parts(word, shape, arguments, span);
                return None;
            }
        };
        if clause.by.is_some() && word != "most" {
            let place = clause.by.as_ref().map_or(span, ast::Expr::span);
            self.sink.push(
                Diagnostic::error(WRONG_ARGUMENTS, place, format!("`by` belongs to `most`, and this is `{word}`"))
                    .help("take the `by` out; `most(orders.category by orders.amount)` takes one"),
            );
            return None;
        }
        let lowered = self.clause(clause, true);
        let share = share.map(|share| self.share(share));
        let lowered = lowered?;
        let rows_alone = lowered.source.is_none();
        if rows_alone && !matches!(word, "count" | "any") {
            return self.tell_wants_a_column(clause, word, shape);
        }
        let element = lowered.source.as_ref().map_or(Type::Bool, |source| source.ty.clone());
        let place = clause.source.span();
        let number = is_number(&element) || element == Type::Duration;
        let (function, fits, wanted, ty) = match word {
            "count" => (AggregateFunction::Count, true, "", Type::Int),
            "any" => (AggregateFunction::Any, element == Type::Bool, "a condition", Type::Bool),
            "sum" => (AggregateFunction::Sum, number, "a number", element.clone()),
            "avg" => {
                let ty = if element == Type::Duration { Type::Duration } else { Type::Float };
                (AggregateFunction::Average, number, "a number", ty)
            }
            "min" | "max" => {
                let fits = number || is_moment(&element) || element == Type::Text || self.is_ordered(&element);
                let function = if word == "min" { AggregateFunction::Least } else { AggregateFunction::Greatest };
                (function, fits, "a number or a moment", element.clone())
            }
            "first" => (AggregateFunction::First, true, "", element.clone()),
            "last" => (AggregateFunction::Last, true, "", element.clone()),
            "most" => (AggregateFunction::Most, true, "", element.clone()),
            "distinct" => (AggregateFunction::Distinct, true, "", Type::List(Box::new(element.clone()))),
            "quantile" => {
                let share = share??;
                (AggregateFunction::Quantile(share), is_number(&element), "a number", Type::Float)
            }
            _ => return None,
        };
        if !fits {
            let message = format!("{wanted} is wanted here, and {} is {}", self.quoted(place), self.kind(&element));
            let help = match word {
                "any" => format!("write the condition behind `where`: `any(orders where {} = …)`", self.snippet(place)),
                _ => format!("write `{shape}`"),
            };
            self.sink.push(Diagnostic::error(WRONG_TYPE, place, message).help(help));
            return None;
        }
        if matches!(element, Type::List(_)) && !matches!(word, "count" | "first" | "last") {
            let message = format!("{} is a list in every row already", self.quoted(place));
            self.sink.push(Diagnostic::error(WRONG_TYPE, place, message).help("ask about one value of each row"));
            return None;
        }
        self.asked(function, lowered, ty, span)
    }

    /// Keeps an aggregate, and gives the node that stands for its answer.
    pub(super) fn asked(
        &mut self,
        function: AggregateFunction,
        clause: LoweredClause,
        ty: Type,
        span: Span,
    ) -> Option<Expr> {
        let id = self.keep(Aggregate {
            function,
            over: clause.over,
            source: clause.source,
            by: clause.by,
            window: clause.window,
            filter: clause.filter,
            per: clause.per,
            ty: ty.clone(),
            span,
        });
        Some(Expr { kind: ExprKind::Aggregate(id), ty, span })
    }

    pub(in crate::check) fn keep(&mut self, aggregate: Aggregate) -> AggregateId {
        self.aggregates.push(aggregate);
        AggregateId(self.aggregates.len() as u32 - 1)
    }

    /// The parts of a clause; the source names its table unless the clause is a rank's, which asks about everybody.
    pub(in crate::check) fn clause(&mut self, clause: &Clause, named: bool) -> Option<LoweredClause> {
        let mut tables = vec![];
        self.tables_named(&clause.source, &mut tables);
        let table = match tables.first() {
            Some((table, _)) => *table,
            None if !named => self.schema.root,
            None => return self.tell_no_table(clause),
        };
        if let Some((other, place)) = tables.iter().find(|(other, _)| *other != table) {
            let (first, other) = (self.schema.table(table).name.clone(), self.schema.table(*other).name.clone());
            let message = format!("one question is about the rows of one table, and these are `{first}` and `{other}`");
            self.sink.push(
                Diagnostic::error(NOT_A_VALUE, *place, message)
                    .help("ask about each by itself, and put the answers together: `count(orders) + count(visits)`"),
            );
            return None;
        }
        let over = if table == self.schema.root { Over::Users } else { Over::Children(table) };
        let before = self.scope.replace(match over {
            Over::Users if named => Scope::UsersSource,
            Over::Users => Scope::Users,
            Over::Children(table) => Scope::Source(table),
        });
        let told = self.sink.found().len();
        let source = match &clause.source.unparenthesised().kind {
            Ast::Name(name) if self.table_of_rows(name).is_some() => Some(None),
            _ => self.lower(&clause.source, None).map(Some),
        };
        if source.is_none() {
            self.tell_by_behind_its_window(clause, told);
        }
        let by = match &clause.by {
            None => Some(None),
            Some(by) => self.weight(by).map(Some),
        };
        let window = match &clause.window {
            None => Some(None),
            Some(window) => self.window_clause(table, clause, window).map(Some),
        };
        self.scope = Some(match over {
            Over::Children(table) => Scope::Where(table),
            Over::Users => Scope::Users,
        });
        let filter = match &clause.filter {
            None => Some(None),
            Some(filter) => self.condition(filter).map(Some),
        };
        self.scope = Some(Scope::Users);
        let per = self.per(clause, over);
        self.scope = before;
        Some(LoweredClause { over, source: source?, by: by?, window: window?, filter: filter?, per: per? })
    }

    /// `most(orders.category within 1y by orders.amount)`: before `by` that is a comparison, which only a moment takes.
    fn tell_by_behind_its_window(&mut self, clause: &Clause, told: usize) {
        let (Some(by), Ast::Test { subject, test, negated: false, .. }) = (&clause.by, &clause.source.kind) else {
            return;
        };
        let timed = |end: &ast::Expr| {
            use ast::Literal::{Date, Duration, Timestamp};
            matches!(end.kind, Ast::Literal(Duration(_) | Date(_) | Timestamp(_)))
        };
        let window = match test {
            Test::Within(_) | Test::During(_) => true,
            Test::Between(range) => timed(&range.from) && timed(&range.to),
            _ => false,
        };
        let place = clause.source.span();
        let unlike = |it: &Diagnostic| {
            let inside = place.range().contains(&(it.primary.span.start as usize));
            inside && matches!(it.code, WRONG_TYPE | NOT_ALIKE)
        };
        let mut later = self.sink.found().get(told..).unwrap_or_default().iter();
        if !window || !later.all(unlike) {
            return;
        }
        self.sink.withdraw_since(told, unlike);
        let behind = Span { start: subject.span().end, ..clause.source.span() };
        let window = self.words(behind).trim();
        let written = format!("by {} {window}", self.words(by.span()));
        let start = behind.end - window.len() as u32;
        let one_line = written.split_whitespace().collect::<Vec<_>>().join(" ");
        let place = Span { start, ..behind };
        let told = Diagnostic::error(WRONG_TYPE, place, "`by` stands before the window, not behind it")
            .help(format!("write `{} {one_line}`", self.snippet(subject.span())));
        // Between its lines there may be comments, which would be lost.
        let whole = place.to(by.span());
        let lines = self.words(whole).contains('\n');
        self.sink.push(if lines { told } else { told.suggest(format!("write `{one_line}`"), whole, written) });
    }

    fn weight(&mut self, by: &ast::Expr) -> Option<Expr> {
        let lowered = self.lower(by, None)?;
        if is_number(&lowered.ty) || lowered.ty == Type::Duration {
            return Some(lowered);
        }
        let message =
            format!("`by` takes a number to add up, and {} is {}", self.quoted(by.span()), self.kind(&lowered.ty));
        self.sink.push(Diagnostic::error(WRONG_TYPE, by.span(), message).help("write `by orders.amount`"));
        None
    }

    /// `within 90d`: a condition on the `at` of the table, written out.
    fn window_clause(&mut self, table: TableId, clause: &Clause, window: &ast::Window) -> Option<Expr> {
        let of = self.schema.table(table);
        let at = match of.role {
            Role::Children { at: Some(at), .. } => of.column(at).name.clone(),
            Role::Children { at: None, .. } | Role::Root | Role::Reference => {
                let name = of.name.clone();
                let message = format!("`{name}` does not say when its rows happened");
                let help = match of.role {
                    Role::Root => {
                        format!(
                            "ask about a column of theirs behind `where`: `count({name} where last_order within 30d)`"
                        )
                    }
                    _ => {
                        let (of, key) = self.parent();
                        format!("name the column in the table: `table {name} of {of} by {key} at ordered_at {{`")
                    }
                };
                self.sink.push(Diagnostic::error(NOT_A_VALUE, window.place.0, message).help(help));
                return None;
            }
        };
        // The column by its table's name, at the place of the window: messages speak of what was written.
        let place = Place(clause.source.span());
        let name = |symbol| ast::Name { symbol, place };
        let base = ast::Expr { kind: Ast::Name(name(of.name.clone())), place };
        let subject = ast::Expr { kind: Ast::Field { base: Box::new(base), field: name(at) }, place };
        self.test(&subject, &window.test, window.place.0)
    }

    /// `per city`, `per [city, channel]`
    fn per(&mut self, clause: &Clause, over: Over) -> Option<Vec<Expr>> {
        let Some(per) = &clause.per else { return Some(vec![]) };
        if let Over::Children(table) = over {
            let name = self.schema.table(table).name.clone();
            let message = format!("`per` compares users with each other, and `{name}` are the rows of one");
            self.sink.push(Diagnostic::error(CLAUSE_OUTSIDE, per.span(), message).help(format!(
                "take `per {}` out, or ask about everybody: `avg(users.spend per city)`",
                self.snippet(per.span())
            )));
            return None;
        }
        let parts: Vec<&ast::Expr> = match &per.kind {
            Ast::List(all) => all.iter().collect(),
            _ => vec![per],
        };
        let parts: Vec<Option<Expr>> = parts.into_iter().map(|it| self.lower(it, None)).collect();
        parts.into_iter().collect()
    }

    /// `90%`: a number from 0 to 1, constant or a parameter.
    fn share(&mut self, share: &ast::Expr) -> Option<Expr> {
        let lowered = self.lower(share, None)?;
        let value = self.constant_value(&lowered);
        let known = value.as_ref().and_then(crate::value::number::to_f64);
        if known.is_some_and(|share| (0.0..=1.0).contains(&share)) {
            return Some(lowered);
        }
        let message = format!("a share is wanted here, from 0% to 100%, and {} is none", self.quoted(share.span()));
        self.sink
            .push(Diagnostic::error(WRONG_ARGUMENTS, share.span(), message).help("write `90%`, or name a `param`"));
        None
    }

    pub(super) fn tell_nested<T>(&mut self, span: Span) -> Option<T> {
        let words = self.snippet(span);
        self.sink.push(
            Diagnostic::error(NESTED_AGGREGATE, span, "a question about many rows stands inside another one")
                .help(format!("name the inner one: `let inner = {words}`, and write `inner` here")),
        );
        None
    }

    fn tell_no_table(&mut self, clause: &Clause) -> Option<LoweredClause> {
        let place = clause.source.span();
        let tables =
            self.schema.tables.iter().enumerate().filter(|(_, table)| matches!(table.role, Role::Children { .. }));
        let words = self.snippet(place);
        let mut told =
            Diagnostic::error(NOT_A_VALUE, place, format!("{} is no table, and no column of one", self.quoted(place)));
        let bare = match &clause.source.unparenthesised().kind {
            Ast::Name(name) => Some(name.symbol.clone()),
            _ => None,
        };
        let owner = bare.as_ref().and_then(|bare| {
            let mut owners = tables.clone().filter(|(_, table)| table.find(bare).is_some());
            owners.next().map(|(_, table)| table.name.clone())
        });
        told = match (owner, &bare) {
            (Some(owner), _) => {
                let fixed = format!("{owner}.{words}");
                told.help(format!("write the table's name before it: `{fixed}`")).suggest(
                    format!("write `{fixed}`"),
                    place,
                    fixed,
                )
            }
            (None, Some(bare)) => {
                let names: Vec<String> = tables
                    .map(|(_, table)| table.name.to_string())
                    .chain([self.schema.root().name.to_string()])
                    .collect();
                match crate::diagnostic::nearest(bare, names.iter().map(String::as_str)).map(str::to_owned) {
                    Some(near) => {
                        told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), place, near)
                    }
                    None => match self.as_the_users_table(bare) {
                        Some((help, name)) => told.help(help).suggest(format!("write `{name}`"), place, name),
                        None => {
                            let (of, key) = self.parent();
                            told.help(format!("a clause takes the rows of a table: declare it, `table orders of {of} by {key} at ordered_at {{ … }}`"))
                        }
                    },
                }
            }
            (None, None) => told.help("write each column with its table's name: `sum(orders.price * orders.qty)`"),
        };
        self.sink.push(told);
        None
    }

    /// `abs(x where paid)`, `sum(amounts within 30d)`: a clause where no rows are asked about.
    pub(super) fn no_clause_outside(&mut self, clause: &Clause) -> Option<()> {
        let window = clause.window.as_ref().map(|it| it.place.0);
        let others = [&clause.by, &clause.filter, &clause.per].into_iter().flatten().map(ast::Expr::span).next();
        let Some(place) = window.or(others) else { return Some(()) };
        let after = clause.source.span();
        let whole = Span { start: after.end, end: clause.place.0.end.max(after.end), ..after };
        self.sink.push(
            Diagnostic::error(CLAUSE_OUTSIDE, place, "a clause chooses among rows, and here are none")
                .help("take it out, or ask about a table: `sum(orders.amount where paid)`")
                .with_fix(Fix {
                    title: "take the clause out".into(),
                    edits: vec![crate::diagnostic::Edit { span: whole, text: String::new() }],
                    certain: false,
                }),
        );
        None
    }
}
