//! `+ - * /`, unary `-`, and moments shifted by durations.

use super::super::{
    Checker,
    words::{is_moment, is_number},
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{HOURS_OF_A_DATE, WRONG_TYPE},
    },
    ir::{Expr, ExprKind, ProductOp, SumOp},
    source::Span,
    syntax::ast,
    value::{Type, Value, Zone, number, print},
};

impl Checker<'_> {
    pub(super) fn sum(
        &mut self,
        first: &ast::Expr,
        rest: &[(ast::SumOp, ast::Expr)],
        span: Span,
        beside: Option<&Type>,
    ) -> Option<Expr> {
        let beside = beside.filter(|ty| **ty == Type::Date);
        let mut terms = self.terms(first, rest, beside).into_iter();
        let lowered = terms.next().flatten();
        let terms: Vec<_> = rest.iter().zip(terms).map(|((op, it), term)| (*op, it, term)).collect();
        let lowered = lowered?;
        let lowered = self.day_beside(lowered, terms.first().and_then(|(.., it)| it.as_ref()));
        let mut ty = lowered.ty.clone();
        let mut sum = vec![];
        for (op, written, term) in terms {
            let term = self.day_beside(term?, Some(&lowered));
            let op = match op {
                ast::SumOp::Add => SumOp::Add,
                ast::SumOp::Subtract => SumOp::Subtract,
            };
            let result = match (&ty, op, &term.ty) {
                (Type::Text, SumOp::Add, Type::Text) => Some(Type::Text),
                (Type::Date, SumOp::Subtract, Type::Date) | (Type::Timestamp, SumOp::Subtract, Type::Timestamp) => {
                    Some(Type::Duration)
                }
                (moment, _, Type::Duration) if is_moment(moment) => {
                    if *moment == Type::Date {
                        self.no_hours(&term)?;
                    }
                    Some(moment.clone())
                }
                (Type::Duration, SumOp::Add, moment) if is_moment(moment) => {
                    if *moment == Type::Date {
                        self.no_hours(if sum.is_empty() { &lowered } else { &term })?;
                    }
                    Some(moment.clone())
                }
                (Type::Duration, _, Type::Duration) => {
                    self.no_months(&[&lowered, &term])?;
                    Some(Type::Duration)
                }
                (a, _, b) => number::widest(a, b),
            };
            let Some(result) = result else {
                let sign = if op == SumOp::Add { "+" } else { "-" };
                let message = format!(
                    "{} {sign} {} has no meaning: {} is {}",
                    self.kind(&ty),
                    self.kind(&term.ty),
                    self.quoted(written.span()),
                    self.kind(&term.ty)
                );
                let day = |span: Span| format!("take the day of the moment: `date({})`", self.snippet(span));
                let (of_first, of_term) = (day(first.span()), day(written.span()));
                let age = format!("how long ago it was is `age({})`", self.snippet(written.span()));
                let help = match (&ty, &term.ty) {
                    (Type::Date, Type::Timestamp) if self.words(first.span()) == "today" => age.as_str(),
                    (Type::Timestamp, Type::Date) if sum.is_empty() => of_first.as_str(),
                    (Type::Timestamp, Type::Date) => "take the day of the moment: `date(t)`",
                    (Type::Date, Type::Timestamp) => of_term.as_str(),
                    (a, b) if is_moment(a) && is_number(b) => "write a duration: `30d`",
                    _ => "numbers go with numbers, texts with texts, moments with durations",
                };
                let mut told = Diagnostic::error(WRONG_TYPE, written.span(), message).help(help);
                if help == age && op != SumOp::Add && sum.is_empty() {
                    let written_age = format!("age({})", self.words(written.span()));
                    told = told.suggest(format!("write `{written_age}`"), first.span().to(written.span()), written_age);
                }
                self.sink.push(told);
                return None;
            };
            ty = result.clone();
            sum.push((op, term, result));
        }
        Some(Expr { kind: ExprKind::Sum { first: Box::new(lowered), rest: sum }, ty, span })
    }

    /// A moment that the data has no value of is a date beside one: nothing says that it has hours.
    fn day_beside(&self, term: Expr, other: Option<&Expr>) -> Expr {
        match (&term.kind, other) {
            (ExprKind::Column(id), Some(Expr { ty: Type::Date, .. }))
                if term.ty == Type::Timestamp && self.is_never_known(*id) =>
            {
                Expr { kind: ExprKind::Constant(Value::Missing), ty: Type::Date, span: term.span }
            }
            _ => term,
        }
    }

    /// The terms of a sum: `now` beside a date is today; what is written `missing` is of its neighbour's type, and beside a
    /// moment a length of time.
    fn terms(
        &mut self,
        first: &ast::Expr,
        rest: &[(ast::SumOp, ast::Expr)],
        beside: Option<&Type>,
    ) -> Vec<Option<Expr>> {
        let written: Vec<&ast::Expr> = std::iter::once(first).chain(rest.iter().map(|(_, it)| it)).collect();
        let missing = |it: &ast::Expr| matches!(it.unparenthesised().kind, ast::ExprKind::Missing);
        let now =
            |it: &ast::Expr| matches!(it.unparenthesised().kind, ast::ExprKind::Now | ast::ExprKind::Shifted { .. });
        let mut terms: Vec<Option<Expr>> = written
            .iter()
            .enumerate()
            .map(|(at, it)| if missing(it) || now(it) { None } else { self.lower(it, beside.filter(|_| at == 0)) })
            .collect();
        let date = terms.iter().flatten().any(|it| it.ty == Type::Date).then_some(Type::Date);
        for (at, (it, term)) in written.iter().zip(terms.iter_mut()).enumerate().filter(|(_, (it, _))| now(it)) {
            *term = self.lower(it, date.as_ref().or(beside.filter(|_| at == 0)));
        }
        let taken = match terms.iter().flatten().next().map(|it| &it.ty) {
            Some(Type::Date | Type::Timestamp) => Type::Duration,
            Some(Type::Bool | Type::List(_) | Type::Choice(_)) | None => Type::Int,
            Some(ty) => ty.clone(),
        };
        for (it, term) in written.iter().zip(terms.iter_mut()).filter(|(it, _)| missing(it)) {
            *term = self.lower(it, Some(&taken));
        }
        terms
    }

    /// A date is shifted by days, not by hours; a parameter's value is known when rules are checked.
    pub(in crate::check) fn no_hours(&mut self, duration: &Expr) -> Option<()> {
        let (value, param) = match &duration.kind {
            ExprKind::Constant(value) => (Some(value), false),
            ExprKind::Param(id) => {
                let param = self.params.get(id.0 as usize).and_then(Option::as_ref);
                (param.map(|param| &param.value), true)
            }
            _ => (None, false),
        };
        let Some(value @ Value::Duration(it)) = value else { return Some(()) };
        if it.micros == 0 {
            return Some(());
        }
        let written = self.quoted(duration.span);
        let message = match param {
            true => format!("{written} is {}, which has hours, and a date has none", print::text(value, &Zone::utc())),
            false => format!("{written} has hours, and a date has none"),
        };
        let help = match param {
            true => "give the parameter whole days: `1d`, `2w`, `3mo`",
            false => "write whole days: `1d`, `2w`, `3mo`",
        };
        self.sink.push(Diagnostic::error(HOURS_OF_A_DATE, duration.span, message).help(help));
        None
    }

    pub(super) fn product(
        &mut self,
        first: &ast::Expr,
        rest: &[(ast::ProductOp, ast::Expr)],
        span: Span,
    ) -> Option<Expr> {
        let lowered = self.operand(first, None, &Type::Int);
        let factors: Vec<_> = rest.iter().map(|(op, it)| (*op, it, self.operand(it, None, &Type::Int))).collect();
        let lowered = lowered?;
        let mut ty = lowered.ty.clone();
        let mut product = vec![];
        for (op, written, factor) in factors {
            let factor = factor?;
            let op = match op {
                ast::ProductOp::Multiply => ProductOp::Multiply,
                ast::ProductOp::Divide => ProductOp::Divide,
            };
            let result = match (&ty, op, &factor.ty) {
                (Type::Duration, ProductOp::Divide, Type::Duration) => {
                    self.no_months(&[&lowered, &factor])?;
                    Some(Type::Float)
                }
                (Type::Duration, _, number) if is_number(number) => Some(Type::Duration),
                (number, ProductOp::Multiply, Type::Duration) if is_number(number) => Some(Type::Duration),
                (a, ProductOp::Divide, b) if is_number(a) && is_number(b) => Some(Type::Float),
                (Type::Float, _, b) if is_number(b) => Some(Type::Float),
                (a, _, Type::Float) if is_number(a) => Some(Type::Float),
                (Type::Int, _, Type::Int) => Some(Type::Int),
                (a, _, b) if is_number(a) && is_number(b) => {
                    let scale = |ty: &Type| match ty {
                        Type::Decimal(scale) => *scale,
                        _ => 0,
                    };
                    let scale = u32::from(scale(a)) + u32::from(scale(b));
                    if scale > 38 {
                        let message =
                            format!("the product would have {scale} digits after the point, and 38 is the most");
                        self.sink.push(
                            Diagnostic::error(WRONG_TYPE, span, message)
                                .help("round one of the factors: `round(x, 2)`"),
                        );
                        return None;
                    }
                    Some(Type::Decimal(scale as u8))
                }
                _ => None,
            };
            let Some(result) = result else {
                let wrong = if is_number(&ty) || ty == Type::Duration {
                    (written.span(), &factor.ty)
                } else {
                    (first.span(), &ty)
                };
                let message = format!(
                    "{} is {}, and only numbers are multiplied and divided",
                    self.quoted(wrong.0),
                    self.kind(wrong.1)
                );
                self.sink.push(
                    Diagnostic::error(WRONG_TYPE, wrong.0, message).help("a duration goes with a number: `30d * 2`"),
                );
                return None;
            };
            ty = result.clone();
            product.push((op, factor, result));
        }
        Some(Expr { kind: ExprKind::Product { first: Box::new(lowered), rest: product }, ty, span })
    }

    pub(super) fn negate(&mut self, inner: &ast::Expr, span: Span) -> Option<Expr> {
        let lowered = self.operand(inner, None, &Type::Int)?;
        if is_number(&lowered.ty) || lowered.ty == Type::Duration {
            let ty = lowered.ty.clone();
            return Some(Expr { kind: ExprKind::Negate(Box::new(lowered)), ty, span });
        }
        let message = format!("{} is {}, and has no negative", self.quoted(inner.span()), self.kind(&lowered.ty));
        self.sink.push(Diagnostic::error(WRONG_TYPE, inner.span(), message).help("write `not` before a condition"));
        None
    }

    /// `40d ago`
    pub(super) fn shifted(
        &mut self,
        duration: &ast::Expr,
        direction: ast::Direction,
        span: Span,
        beside: Option<&Type>,
    ) -> Option<Expr> {
        let lowered = self.lower(duration, None)?;
        if lowered.ty != Type::Duration {
            let message =
                format!("{} is {}, not a length of time", self.quoted(duration.span()), self.kind(&lowered.ty));
            let told = Diagnostic::error(WRONG_TYPE, duration.span(), message);
            let behind = match direction {
                ast::Direction::Ago => "ago",
                ast::Direction::FromNow => "from now",
            };
            self.sink.push(match &duration.unparenthesised().kind {
                ast::ExprKind::Literal(ast::Literal::Number(number)) if lowered.ty == Type::Int => told
                    .help(format!("write a unit: `{number}d {behind}` for days, `{number}mo {behind}` for months"))
                    .suggest(format!("write `{number}d {behind}`"), duration.span(), format!("{number}d")),
                _ => told.help(format!("write a duration: `30d {behind}`")),
            });
            return None;
        }
        let ty = if beside == Some(&Type::Date) { Type::Date } else { Type::Timestamp };
        if ty == Type::Date {
            self.no_hours(&lowered)?;
        }
        let kind = match direction {
            ast::Direction::Ago => ExprKind::Ago(Box::new(lowered)),
            ast::Direction::FromNow => ExprKind::FromNow(Box::new(lowered)),
        };
        Some(Expr { kind, ty, span })
    }
}
