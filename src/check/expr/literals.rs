//! Literals get values.

use super::super::{Checker, rules::constant};
use crate::{
    diagnostic::{Diagnostic, code::BAD_LITERAL},
    ir::{Expr, ExprKind},
    source::Span,
    syntax::ast::{self, Literal, Unit},
    value::{Duration, Type, Value, duration::DurationUnit, literal, moment_text},
};

impl Checker<'_> {
    pub(super) fn literal(&mut self, written: &Literal, span: Span) -> Option<Expr> {
        let found = match written {
            Literal::Number(text) => literal::number(text)
                .map(|value| {
                    let ty = match &value {
                        Value::Decimal(decimal) => Type::Decimal(decimal.scale),
                        _ => Type::Int,
                    };
                    (value, ty)
                })
                .map_err(|error| error.to_string()),
            Literal::Percent(text) => literal::percent(text)
                .map(|decimal| (Value::Decimal(decimal), Type::Decimal(decimal.scale)))
                .map_err(|error| error.to_string()),
            Literal::Text(text) => Ok((Value::Text(self.texts.get(text)), Type::Text)),
            Literal::Bool(yes) => Ok((Value::Bool(*yes), Type::Bool)),
            Literal::Date(text) => {
                moment_text::parse_date(text).map(|date| (Value::Date(date), Type::Date)).map_err(|it| it.to_string())
            }
            Literal::Timestamp(text) => moment_text::parse_timestamp(text, &self.zone)
                .map(|instant| (Value::Timestamp(instant), Type::Timestamp))
                .map_err(|it| it.to_string()),
            Literal::TimeOfDay(text) => Err(match moment_text::parse_time_of_day(text) {
                Ok(_) => "is a time of day, and belongs into `hours` and `quiet` only".to_owned(),
                Err(error) => error.to_string(),
            }),
            Literal::Duration(parts) => duration(parts)
                .map(|duration| (Value::Duration(duration), Type::Duration))
                .ok_or_else(|| "is too long for a duration".to_owned()),
        };
        match found {
            Ok((value, ty)) => Some(constant(value, ty, span)),
            Err(reason) => {
                let message = format!("{} {reason}", self.quoted(span));
                let help = match written {
                    Literal::Date(_) => "write a day of the calendar, such as `2026-02-28`",
                    Literal::Timestamp(_) => "write a moment, such as `2026-11-22T08:00`",
                    Literal::TimeOfDay(_) => "compare `hour(t)` with a number",
                    Literal::Duration(_) => "write a shorter one, such as `1y`",
                    Literal::Number(_) | Literal::Percent(_) | Literal::Text(_) | Literal::Bool(_) => {
                        "write at most 38 digits"
                    }
                };
                self.sink.push(Diagnostic::error(BAD_LITERAL, span, message).help(help));
                None
            }
        }
    }

    /// Durations that are compared or added have no months, where a literal shows them.
    pub(super) fn no_months(&mut self, all: &[&Expr]) -> Option<()> {
        let with_months = all.iter().find(|it| match &it.kind {
            ExprKind::Constant(Value::Duration(duration)) => duration.months != 0,
            _ => false,
        });
        let Some(wrong) = with_months else { return Some(()) };
        let message = format!("{} has no fixed length: months are longer and shorter", self.quoted(wrong.span));
        self.sink.push(
            Diagnostic::error(crate::diagnostic::code::MONTHS_HAVE_NO_LENGTH, wrong.span, message)
                .help("write days (`90d`), or compare the age in place: `age(last_order) > 3mo`"),
        );
        None
    }
}

fn duration(parts: &[ast::DurationPart]) -> Option<Duration> {
    let mut whole = Duration::ZERO;
    for part in parts {
        let number = part.number.replace('_', "").parse().ok()?;
        let unit = match part.unit {
            Unit::Year => DurationUnit::Year,
            Unit::Month => DurationUnit::Month,
            Unit::Week => DurationUnit::Week,
            Unit::Day => DurationUnit::Day,
            Unit::Hour => DurationUnit::Hour,
            Unit::Minute => DurationUnit::Minute,
            Unit::Second => DurationUnit::Second,
        };
        whole = whole.joined(Duration::of(number, unit)?)?;
    }
    Some(whole)
}
