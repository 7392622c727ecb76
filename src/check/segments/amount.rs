//! Lengths of time and numbers that are the same for everybody: `every 30d`, `at most 3 times`, `limit 3 within 7d`.

use super::Deeds;
use crate::{
    diagnostic::{Diagnostic, code::BAD_AMOUNT},
    ir::{Expr, ExprKind},
    syntax::ast,
    value::{Duration, Type, Value},
};

impl Deeds<'_, '_, '_> {
    /// A length of time that is more than nothing; `example` shows where it stands: `every 30d`.
    pub(super) fn length(&mut self, written: &ast::Expr, example: &str) -> Option<Duration> {
        let span = written.span();
        if let ast::ExprKind::Name(name) = &written.kind
            && let Some(length) = each(&name.symbol).filter(|_| self.checker.names.get(&name.symbol).is_none())
        {
            let message = format!("a length of time is wanted here, and `{}` is none", name.symbol);
            let told = Diagnostic::error(BAD_AMOUNT, span, message).help(format!("write `{length}`"));
            self.checker.sink.push(told.fix(format!("write `{length}`"), span, length));
            return None;
        }
        if let ast::ExprKind::Name(name) = &written.kind
            && let Some(number) = weekday(&name.symbol).filter(|_| self.checker.names.get(&name.symbol).is_none())
            && example.starts_with("every")
        {
            let message = format!("`every` counts from the entry, and `{}` is a day of the week", name.symbol);
            let help = format!("write `every 1d`, and behind the deed `when weekday(today) = {number}`");
            self.checker.sink.push(Diagnostic::error(BAD_AMOUNT, span, message).help(help));
            return None;
        }
        let lowered = self.checker.lower(written, Some(&Type::Duration))?;
        let value = self.settled(&lowered);
        let words = self.checker.quoted(span);
        let told = match (&lowered.ty, value) {
            (Type::Duration, Some(Value::Duration(length))) if length.is_positive() => return Some(length),
            (Type::Duration, Some(_)) => {
                Diagnostic::error(BAD_AMOUNT, span, format!("{words} is not more than nothing"))
                    .help(format!("write a length of time, such as `{example}`"))
            }
            (Type::Duration, None) => {
                Diagnostic::error(BAD_AMOUNT, span, format!("{words} is not the same for everybody"))
                    .help(format!("write it out, `{example}`, or name a `param`"))
            }
            _ => {
                let told = Diagnostic::error(
                    BAD_AMOUNT,
                    span,
                    format!("a length of time is wanted here, and {words} is none"),
                );
                match &written.unparenthesised().kind {
                    ast::ExprKind::Literal(ast::Literal::Number(_)) => told
                        .help(format!("write its unit: `{}d`, `{0}h`, `{0}mo`", self.checker.words(span)))
                        .suggest(format!("write `{}d`", self.checker.words(span)), span.after(), "d"),
                    _ => told.help(format!("write it out, `{example}`, or name a `param`")),
                }
            }
        };
        self.checker.sink.push(told);
        None
    }

    /// A whole number from 1; `example` shows where it stands: `at most 3 times`.
    pub(super) fn count(&mut self, written: &ast::Expr, example: &str) -> Option<u32> {
        let lowered = self.checker.lower(written, Some(&Type::Int))?;
        if let Some(Value::Int(number)) = self.settled(&lowered)
            && let Some(count) = u32::try_from(number).ok().filter(|count| *count > 0)
        {
            return Some(count);
        }
        let message =
            format!("a whole number from 1 is wanted here, and {} is none", self.checker.quoted(written.span()));
        self.checker.sink.push(
            Diagnostic::error(BAD_AMOUNT, written.span(), message)
                .help(format!("write it out, `{example}`, or name a `param`")),
        );
        None
    }

    /// The value of a constant or parameter that a deed takes once and for all.
    pub(super) fn settled(&mut self, lowered: &Expr) -> Option<Value> {
        if let ExprKind::Param(id) = lowered.kind {
            self.checker.settled.entry(id).or_insert(lowered.span);
        }
        self.checker.constant_value(lowered)
    }
}

/// `every day` as `every 1d`
fn each(word: &str) -> Option<&'static str> {
    Some(match word {
        "hour" | "hourly" => "1h",
        "day" | "daily" => "1d",
        "week" | "weekly" => "1w",
        "month" | "monthly" => "1mo",
        "year" | "yearly" | "annually" => "1y",
        _ => return None,
    })
}

/// The number of a day of the week, as `weekday` counts them.
fn weekday(word: &str) -> Option<usize> {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    const CHINESE: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
    let word = word.to_lowercase();
    let at = DAYS.iter().position(|day| *day == word || word.len() == 3 && day.starts_with(&word));
    at.or_else(|| CHINESE.iter().position(|day| *day == word)).map(|at| at + 1)
}
