//! Ranks over everybody: `top 20% by spend`, `ntile(spend, 5)`.

use super::super::{
    Checker,
    words::{is_moment, is_number},
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{WRONG_ARGUMENTS, WRONG_TYPE},
    },
    ir::{AggregateFunction, Expr, ExprKind, RankAmount},
    source::Span,
    syntax::ast::{self, Argument, Clause, ExprKind as Ast},
    value::{Type, Value},
};

impl Checker<'_> {
    /// `top 20% by (spend where active per city)`
    pub(super) fn rank(&mut self, end: ast::RankEnd, amount: &ast::Expr, by: &Clause, span: Span) -> Option<Expr> {
        if self.is_in_clause() {
            return self.tell_nested(span);
        }
        let amount = self.rank_amount(amount);
        let clause = self.ranked(by);
        let (amount, clause) = (amount?, clause?);
        let function = match end {
            ast::RankEnd::Top => AggregateFunction::Top(amount),
            ast::RankEnd::Bottom => AggregateFunction::Bottom(amount),
        };
        self.asked(function, clause, Type::Bool, span)
    }

    /// `ntile(spend where active per city, 5)`
    pub(super) fn ntile(&mut self, arguments: &[Argument], span: Span) -> Option<Expr> {
        let [Argument::Clause(clause), Argument::Clause(parts)] = arguments else {
            return self.wrong_arguments(span, "ntile(spend, 5)");
        };
        if self.is_in_clause() {
            return self.tell_nested(span);
        }
        let parts = self.positive(&parts.source, "ntile(spend, 5)");
        let clause = self.ranked(clause);
        self.asked(AggregateFunction::Ntile(parts?), clause?, Type::Int, span)
    }

    /// A clause over everybody whose elements have an order that ranks go by.
    fn ranked(&mut self, clause: &Clause) -> Option<super::source::LoweredClause> {
        if let Some(by) = &clause.by {
            self.sink.push(
                Diagnostic::error(WRONG_ARGUMENTS, by.span(), "a rank goes by one value")
                    .help("write the value once: `top 20% by (spend where active)`"),
            );
            return None;
        }
        if let Some(inner) = self.inner_question(&clause.source) {
            return self.tell_nested(inner);
        }
        let lowered = self.clause(clause, false)?;
        let place = clause.source.span();
        let Some(source) = &lowered.source else {
            let message = format!("a rank goes by a value, and {} is a table", self.quoted(place));
            self.sink.push(Diagnostic::error(WRONG_TYPE, place, message).help("write `top 20% by spend`"));
            return None;
        };
        if lowered.over != crate::ir::Over::Users {
            let words = self.snippet(place);
            self.sink.push(
                Diagnostic::error(WRONG_TYPE, place, "a rank compares users, and a user has many of these rows").help(
                    format!("say which value of the user it goes by: `let spend = sum({words})`, and `by spend`"),
                ),
            );
            return None;
        }
        let ty = source.ty.clone();
        if is_number(&ty)
            || is_moment(&ty)
            || ty == Type::Duration
            || matches!(ty, Type::Choice(_)) && self.is_ordered(&ty)
        {
            return Some(lowered);
        }
        let message = format!("a rank goes by a number or a moment, and {} is {}", self.quoted(place), self.kind(&ty));
        self.sink.push(Diagnostic::error(WRONG_TYPE, place, message).help("write `top 20% by spend`"));
        None
    }

    /// `20%` or `100`
    fn rank_amount(&mut self, amount: &ast::Expr) -> Option<RankAmount> {
        let lowered = self.lower(amount, None)?;
        let fraction = matches!(&amount.unparenthesised().kind, Ast::Literal(ast::Literal::Number(digits)) if digits.contains('.'));
        match (&lowered.ty, self.constant_value(&lowered)) {
            (Type::Int, Some(Value::Int(number))) if number >= 0 => Some(RankAmount::Number(lowered)),
            (Type::Decimal(_), Some(value))
                if !fraction && crate::value::number::to_f64(&value).is_some_and(|it| (0.0..=1.0).contains(&it)) =>
            {
                Some(RankAmount::Share(lowered))
            }
            (_, value) => {
                let words = self.words(amount.span()).to_owned();
                let percent = value
                    .as_ref()
                    .and_then(crate::value::number::to_f64)
                    .filter(|it| fraction && 0.0 < *it && *it < 1.0);
                let message = format!("a share or a number of users is wanted here, and `{words}` is neither");
                let mut told = Diagnostic::error(WRONG_ARGUMENTS, amount.span(), message);
                told = match percent {
                    Some(share) => {
                        let percent = format!("{}%", (share * 1e6).round() / 1e4);
                        told.help(format!("write `{percent}`")).suggest(
                            format!("write `{percent}`"),
                            amount.span(),
                            percent,
                        )
                    }
                    None => told.help("write `top 20% by spend` or `top 100 by spend`; a `param` may stand there too"),
                };
                self.sink.push(told);
                None
            }
        }
    }

    /// A whole number of at least 1, constant or a parameter.
    fn positive(&mut self, expr: &ast::Expr, shape: &str) -> Option<Expr> {
        let lowered = self.lower(expr, None)?;
        match self.constant_value(&lowered) {
            Some(Value::Int(number)) if number > 0 => Some(lowered),
            _ => self.wrong_arguments(expr.span(), shape),
        }
    }

    /// The value of a constant or a parameter.
    pub(in crate::check) fn constant_value(&self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Param(id) => self.params.get(id.0 as usize)?.as_ref().map(|param| param.value.clone()),
            _ => super::super::declare::fold(expr, &self.zone),
        }
    }
}
