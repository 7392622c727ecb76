//! Expressions: names get ids, operators their meaning, every node its type.

mod arithmetic;
mod bare;
mod calls;
mod columns;
mod comparison;
mod literals;
mod proposal;
mod rank;
mod source;
mod word_tests;

use super::{
    Checker,
    rules::{constant, widened},
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{NOT_A_VALUE, NOT_ALIKE, WRONG_TYPE},
    },
    ir::{Expr, ExprKind, Quorum},
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
            Ast::Paren(inner) => self.lower(inner, beside).map(|inner| inner.at(span)),
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
}
