//! Expressions: names get ids, operators their meaning, every node its type.

mod arithmetic;
mod calls;
mod literals;
mod rank;
mod source;
mod word_tests;

use super::{
    Checker, Scope,
    names::Meaning,
    rules::{constant, widened},
    words::{alike, is_moment, quoted_text},
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{
            AMBIGUOUS_NAME, MOMENT_BESIDE_DURATION, NOT_A_VALUE, NOT_ALIKE, NOT_ORDERED, QUOTED_NAME, UNKNOWN_NAME,
            WRONG_TYPE,
        },
    },
    ir::{CompareOp, Expr, ExprKind, Quorum},
    schema::{ColumnId, Role, TableId},
    source::Span,
    syntax::ast::{self, ExprKind as Ast},
    value::{Type, Value, number},
};

impl Checker<'_> {
    /// A condition: true, false or unknown.
    pub(super) fn condition(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let lowered = self.lower(expr, Some(&Type::Bool))?;
        if lowered.ty == Type::Bool {
            return Some(lowered);
        }
        if let ExprKind::Constant(value) = &lowered.kind
            && self.tell_quoted_condition(value, expr.span())
        {
            return None;
        }
        let message =
            format!("a condition is wanted here, and {} is {}", self.quoted(expr.span()), self.kind(&lowered.ty));
        let words = self.words(expr.span()).to_owned();
        let help = match lowered.ty {
            Type::Int | Type::Decimal(_) | Type::Float => format!("compare it: `{words} > 0`"),
            Type::Date | Type::Timestamp => format!("compare it: `{words} within 30d`"),
            _ => format!("ask something of it: `{words} is known`"),
        };
        self.sink.push(Diagnostic::error(WRONG_TYPE, expr.span(), message).help(help));
        None
    }

    /// An expression and its type; what stands beside it helps with values of levels, and with `now` beside a date.
    pub(super) fn lower(&mut self, expr: &ast::Expr, beside: Option<&Type>) -> Option<Expr> {
        let span = expr.span();
        let new = |kind, ty| Some(Expr { kind, ty, span });
        match &expr.kind {
            Ast::Paren(inner) => self.lower(inner, beside).map(|inner| Expr { span, ..inner }),
            Ast::Literal(literal) => self.literal(literal, span),
            Ast::Name(name) => self.name(name, beside),
            Ast::Now => new(ExprKind::Now, if beside == Some(&Type::Date) { Type::Date } else { Type::Timestamp }),
            Ast::Today => new(ExprKind::Now, Type::Date),
            Ast::Missing => match beside {
                Some(ty) => Some(constant(Value::Missing, ty.clone(), span)),
                None => {
                    self.sink.push(
                        Diagnostic::error(WRONG_TYPE, span, "`missing` is not a value to compare or to compute with")
                            .help("ask `x is missing`, or write it as a branch: `if c then x else missing`"),
                    );
                    None
                }
            },
            Ast::Shifted { duration, direction } => self.shifted(duration, *direction, span, beside),
            Ast::If { condition, then, otherwise } => {
                let condition = self.condition(condition);
                let branches = self.of_one_type(&[then, otherwise], beside);
                let condition = condition?;
                let (mut branches, ty) = branches?;
                let otherwise = Box::new(branches.pop()?);
                let then = Box::new(branches.pop()?);
                new(ExprKind::If { condition: Box::new(condition), then, otherwise }, ty)
            }
            Ast::Or(all) => new(ExprKind::Or(self.conditions(all)?), Type::Bool),
            Ast::And(all) => new(ExprKind::And(self.conditions(all)?), Type::Bool),
            Ast::Not(inner) => new(ExprKind::Not(Box::new(self.condition(inner)?)), Type::Bool),
            Ast::Quorum { quorum, conditions } => {
                let number = conditions.len();
                let conditions = self.conditions(conditions)?;
                let quorum = self.quorum(quorum, number, span)?;
                new(ExprKind::Quorum { quorum, conditions }, Type::Bool)
            }
            Ast::Compare { op, left, right, op_place } => self.comparison(*op, op_place.0, left, right, span),
            Ast::Test { subject, negated, test, .. } => {
                let lowered = self.test(subject, test, span)?;
                if *negated { new(ExprKind::Not(Box::new(lowered)), Type::Bool) } else { Some(lowered) }
            }
            Ast::Coalesce(all) => {
                let (all, ty) = self.of_one_type(&all.iter().collect::<Vec<_>>(), beside)?;
                new(ExprKind::Coalesce(all), ty)
            }
            Ast::Sum { first, rest } => self.sum(first, rest, span, beside),
            Ast::Product { first, rest } => self.product(first, rest, span),
            Ast::Negate(inner) => self.negate(inner, span),
            Ast::Call { function, arguments } => self.call(function, arguments, span, beside),
            Ast::List(all) => {
                let beside = match beside {
                    Some(Type::List(element)) => Some(&**element),
                    _ => None,
                };
                let (all, ty) = self.of_one_type(&all.iter().collect::<Vec<_>>(), beside)?;
                new(ExprKind::List(all), Type::List(Box::new(ty)))
            }
            Ast::Field { base, field } => self.field(base, field, span),
            Ast::Index { .. } => {
                self.sink.push(
                    Diagnostic::error(NOT_A_VALUE, span, "a row is not a value")
                        .help(format!("name its column: `{}.price`", self.snippet(span))),
                );
                None
            }
            Ast::Rank { end, amount, by } => self.rank(*end, amount, by, span),
        }
    }

    fn conditions(&mut self, all: &[ast::Expr]) -> Option<Vec<Expr>> {
        let mut lowered: Vec<Option<Expr>> = Vec::with_capacity(all.len());
        for (at, it) in all.iter().enumerate() {
            lowered.push(if self.tell_value_among_conditions(all, at) { None } else { self.condition(it) });
        }
        lowered.into_iter().collect()
    }

    fn quorum(&mut self, quorum: &ast::Quorum, number: usize, span: Span) -> Option<Quorum> {
        match quorum {
            ast::Quorum::All => Some(Quorum::All),
            ast::Quorum::Any => Some(Quorum::Any),
            ast::Quorum::None => Some(Quorum::None),
            ast::Quorum::AtLeast(digits) => match digits.replace('_', "").parse::<u32>() {
                Ok(needed) if (1..=number).contains(&(needed as usize)) => Some(Quorum::AtLeast(needed)),
                _ => {
                    let message = format!("at least {digits} of {number} conditions is not a question");
                    self.sink.push(
                        Diagnostic::error(WRONG_TYPE, span, message).help(format!("write a number from 1 to {number}")),
                    );
                    None
                }
            },
        }
    }

    /// Whether an expression has its meaning from what stands beside it.
    fn leans(&self, expr: &ast::Expr) -> bool {
        match &expr.unparenthesised().kind {
            Ast::Name(name) => self.names.get(&name.symbol).is_none() && self.names.is_value(&name.symbol),
            Ast::Now | Ast::Shifted { .. } | Ast::Missing => true,
            Ast::List(all) => all.iter().any(|it| self.leans(it)),
            _ => false,
        }
    }

    /// An operand that may be written `missing`: then it has the type that the operator would take there.
    fn operand(&mut self, expr: &ast::Expr, beside: Option<&Type>, taken: &Type) -> Option<Expr> {
        let missing = matches!(expr.unparenthesised().kind, Ast::Missing);
        self.lower(expr, if missing { beside.or(Some(taken)) } else { beside })
    }

    /// Both sides of an operator, the one that stands by itself first.
    fn sides(&mut self, left: &ast::Expr, right: &ast::Expr) -> Option<(Expr, Expr)> {
        if self.leans(left) && !self.leans(right) {
            let right = self.lower(right, None)?;
            let left = self.lower(left, Some(&right.ty));
            return left.map(|left| (left, right));
        }
        let lowered = self.operand(left, None, &Type::Text);
        if lowered.is_none() && self.leans(right) {
            return None;
        }
        let beside = lowered.as_ref().map(|it| it.ty.clone());
        let right = self.lower(right, beside.as_ref());
        lowered.zip(right)
    }

    /// Several expressions that give one type, numbers widened.
    fn of_one_type(&mut self, all: &[&ast::Expr], beside: Option<&Type>) -> Option<(Vec<Expr>, Type)> {
        let mut lowered: Vec<Option<Expr>> = vec![None; all.len()];
        let mut ty: Option<Type> = None;
        let mut whole = true;
        for leaning in [false, true] {
            for (expr, slot) in all.iter().zip(lowered.iter_mut()) {
                if self.leans(expr) != leaning {
                    continue;
                }
                let beside = ty.clone().or_else(|| beside.cloned());
                *slot = self.lower(expr, beside.as_ref());
                let Some(found) = slot.as_ref() else {
                    whole = false;
                    continue;
                };
                let joined = match &ty {
                    None => Some(found.ty.clone()),
                    Some(ty) if *ty == found.ty => Some(ty.clone()),
                    Some(ty) => number::widest(ty, &found.ty),
                };
                match joined {
                    Some(joined) => ty = Some(joined),
                    None => {
                        let (this, others) =
                            (self.kind(&found.ty), ty.as_ref().map(|ty| self.kind(ty)).unwrap_or_default());
                        let message = format!("{} is {this}, and the others are {others}", self.quoted(expr.span()));
                        self.sink
                            .push(Diagnostic::error(NOT_ALIKE, expr.span(), message).help("give all of them one type"));
                        whole = false;
                    }
                }
            }
        }
        if !whole {
            return None;
        }
        let ty = ty?;
        let all: Option<Vec<Expr>> = lowered.into_iter().map(|it| it.map(|it| widened(it, &ty))).collect();
        Some((all?, ty))
    }

    fn name(&mut self, name: &ast::Name, beside: Option<&Type>) -> Option<Expr> {
        if let Some(found) = self.row_name(name) {
            return found;
        }
        self.users_name(name, beside)
    }

    /// A bare name in a clause that is a column of the rows; none where it is not.
    fn row_name(&mut self, name: &ast::Name) -> Option<Option<Expr>> {
        let (table, bare) = match self.scope? {
            Scope::Where(table) => (table, true),
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
            Some(Meaning::Table(_) | Meaning::List(_) | Meaning::Later) | None => None,
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
    fn bare_in_source(&mut self, name: &ast::Name, table: TableId) -> Option<Option<Expr>> {
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
            .help(format!(
                "compute with `{words}` outside: `sum({rows}.amount) * {words}`; behind `where` it may stand"
            ))
        };
        self.sink.push(told);
        Some(None)
    }

    fn child_column(&self, column: ColumnId, table: TableId, span: Span) -> Expr {
        let ty = self.schema.table(table).column(column).ty.clone();
        Expr { kind: ExprKind::ChildColumn(column), ty, span }
    }

    /// A name of the user's: a column of theirs, or what the rulebook declares.
    fn users_name(&mut self, name: &ast::Name, beside: Option<&Type>) -> Option<Expr> {
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
                    format!("count its rows, `count({table})`, or name a column of theirs, `sum({table}.amount)`")
                };
                self.not_a_value(name, "a table", &help)
            }
            Some(Meaning::List(_)) => {
                self.not_a_value(name, "an uploaded list", &format!("ask `user_id in {}`", name.symbol))
            }
            Some(Meaning::Later) => None,
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
        self.tell_unknown(&name.symbol, span);
        None
    }

    fn field(&mut self, base: &ast::Expr, field: &ast::Name, span: Span) -> Option<Expr> {
        let Ast::Index { base: table, index } = &base.kind else {
            if let Ast::Name(table) = &base.kind
                && let Some(id) = self.schema.find(&table.symbol)
            {
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
            let names: Vec<String> = table.columns.iter().map(|it| it.name.to_string()).collect();
            let message = format!("the table `{}` has no column `{}`", table.name, field.symbol);
            let near = crate::diagnostic::nearest(&field.symbol, names.iter().map(String::as_str)).map(str::to_owned);
            let mut told = Diagnostic::error(UNKNOWN_NAME, field.span(), message);
            told = match near {
                Some(near) => {
                    told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), field.span(), near)
                }
                None => told.help(format!("its columns are {}", names.join(", "))),
            };
            self.sink.push(told);
            return None;
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
            let names: Vec<String> = of.columns.iter().map(|it| it.name.to_string()).collect();
            let message = format!("the table `{name}` has no column `{}`", field.symbol);
            let near = crate::diagnostic::nearest(&field.symbol, names.iter().map(String::as_str)).map(str::to_owned);
            let mut told = Diagnostic::error(UNKNOWN_NAME, field.span(), message);
            told = match near {
                Some(near) => {
                    told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), field.span(), near)
                }
                None => told.help(format!("its columns are {}", names.join(", "))),
            };
            self.sink.push(told);
            return None;
        };
        match self.scope {
            Some(Scope::Source(scope) | Scope::Where(scope)) if scope == table => {
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
            None => {
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

    fn comparison(
        &mut self,
        op: ast::CompareOp,
        op_place: Span,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        if self.tell_comparison_with_nothing(op, left, right, span) {
            return None;
        }
        let op = compare_op(op);
        if let Some(compared) = self.age_comparison(op, left, right, span) {
            return compared;
        }
        let (lowered_left, lowered_right) = self.sides(left, right)?;
        self.must_compare(&lowered_left, &lowered_right, left, right, Some(op_place))?;
        let ordered = !matches!(op, CompareOp::Equal | CompareOp::NotEqual);
        if ordered && !self.is_ordered(&lowered_left.ty) {
            let kind = self.kind(&lowered_left.ty);
            self.sink.push(
                Diagnostic::error(NOT_ORDERED, op_place, format!("{kind} is equal or not, and never less or more"))
                    .help("write `=`, `!=` or `in`"),
            );
            return None;
        }
        let (left, right) = (Box::new(lowered_left), Box::new(lowered_right));
        Some(Expr { kind: ExprKind::Compare { op, left, right }, ty: Type::Bool, span })
    }

    pub(super) fn is_ordered(&self, ty: &Type) -> bool {
        match ty {
            Type::Bool | Type::List(_) => false,
            Type::Choice(id) => self.choice(*id).is_some_and(|it| it.ordered),
            Type::Text | Type::Int | Type::Decimal(_) | Type::Float | Type::Date | Type::Timestamp | Type::Duration => {
                true
            }
        }
    }

    /// Tells where two things do not compare.
    fn must_compare(
        &mut self,
        left: &Expr,
        right: &Expr,
        left_ast: &ast::Expr,
        right_ast: &ast::Expr,
        op: Option<Span>,
    ) -> Option<()> {
        if matches!((&left.ty, &right.ty), (Type::Duration, Type::Duration)) {
            return self.no_months(&[left, right]);
        }
        let comparable = match (&left.ty, &right.ty) {
            (Type::List(left), Type::List(right)) => op.is_some() && alike(left, right),
            (left, right) => alike(left, right),
        };
        if comparable {
            return Some(());
        }
        let (left_words, right_words) =
            (self.words(left_ast.span()).to_owned(), self.words(right_ast.span()).to_owned());
        if is_moment(&left.ty) && right.ty == Type::Duration || left.ty == Type::Duration && is_moment(&right.ty) {
            let (moment, duration) =
                if is_moment(&left.ty) { (&left_words, &right_words) } else { (&right_words, &left_words) };
            let sign = op.map(|place| self.words(place).to_owned()).unwrap_or_else(|| ">".into());
            let turned = match sign.as_str() {
                ">" => "<",
                ">=" => "<=",
                "<" => ">",
                "<=" => ">=",
                other => other,
            };
            let span = left_ast.span().to(right_ast.span());
            let (by_age, by_date) =
                (format!("age({moment}) {sign} {duration}"), format!("{moment} {turned} {duration} ago"));
            let message = format!("`{moment}` is a moment, and `{duration}` is a length of time");
            let place = if is_moment(&left.ty) { right_ast.span() } else { left_ast.span() };
            self.sink.push(
                Diagnostic::error(MOMENT_BESIDE_DURATION, place, message)
                    .help(format!("write `{by_age}`: so long ago; or `{by_date}`: before or after that moment"))
                    .suggest(format!("write `{by_age}`"), span, by_age)
                    .suggest(format!("write `{by_date}`"), span, by_date),
            );
            return None;
        }
        let quoted_value = |text: &Expr, choice: &Type| match (&text.kind, choice) {
            (ExprKind::Constant(Value::Text(text)), Type::Choice(id)) => {
                let values = self.choice(*id)?;
                let found =
                    values.values.iter().find(|it| it.name.as_str() == &**text || it.label.as_deref() == Some(text));
                Some(found.map(|it| it.name.to_string()))
            }
            _ => None,
        };
        let quoted = quoted_value(right, &left.ty)
            .map(|name| (right.span, name))
            .or_else(|| quoted_value(left, &right.ty).map(|name| (left.span, name)));
        if let Some((span, name)) = quoted {
            let mut told = Diagnostic::error(QUOTED_NAME, span, "quotes are for data: a level's value is a bare name");
            told = match name {
                Some(name) => told.help(format!("write `{name}`")).fix(format!("write `{name}`"), span, name),
                None => told.help("write one of its values, without quotes"),
            };
            self.sink.push(told);
            return None;
        }
        let message =
            format!("`{left_words}` is {}, and `{right_words}` is {}", self.kind(&left.ty), self.kind(&right.ty));
        let place = if matches!(left.kind, ExprKind::Constant(_)) { left.span } else { right.span };
        let mut told = Diagnostic::error(NOT_ALIKE, place, message);
        if let Some((text, span)) = self.remedy_of_unlike(op, (left_ast, &left.ty), (right_ast, &right.ty)) {
            self.sink.push(told.help(format!("write `{text}`")).suggest(format!("write `{text}`"), span, text.clone()));
            return None;
        }
        let (other, constant) = if place == right.span { (&left.ty, right) } else { (&right.ty, left) };
        let words = self.words(place).to_owned();
        told = match (other, &constant.kind) {
            (Type::Text, ExprKind::Constant(Value::Int(_) | Value::Decimal(_))) => {
                let quoted = quoted_text(&words);
                told.help(format!("write it as a text: `{quoted}`")).suggest(format!("write `{quoted}`"), place, quoted)
            }
            (Type::Int | Type::Decimal(_) | Type::Float, ExprKind::Constant(Value::Text(text)))
                if text.parse::<f64>().is_ok() =>
            {
                let bare = text.to_string();
                told.help(format!("write it as a number: `{bare}`")).suggest(format!("write `{bare}`"), place, bare)
            }
            (Type::Date | Type::Timestamp, ExprKind::Constant(Value::Text(text)))
                if crate::value::moment_text::parse_date(text).is_ok() =>
            {
                let bare = text.to_string();
                told.help(format!("write it as a date: `{bare}`")).suggest(format!("write `{bare}`"), place, bare)
            }
            (ty, _) => match ty {
                Type::Choice(id) => {
                    let values = self.choice(*id).map(|it| &it.values);
                    let names: Vec<String> = values.into_iter().flatten().map(|it| format!("`{}`", it.name)).collect();
                    told.help(format!("write one of its values: {}", names.join(", ")))
                }
                _ => told.help(format!("like compares with like: write {} there", self.kind(ty))),
            },
        };
        self.sink.push(told);
        None
    }
}

fn compare_op(op: ast::CompareOp) -> CompareOp {
    match op {
        ast::CompareOp::Equal => CompareOp::Equal,
        ast::CompareOp::NotEqual => CompareOp::NotEqual,
        ast::CompareOp::Less => CompareOp::Less,
        ast::CompareOp::AtMost => CompareOp::AtMost,
        ast::CompareOp::Greater => CompareOp::Greater,
        ast::CompareOp::AtLeast => CompareOp::AtLeast,
    }
}
