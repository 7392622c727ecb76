//! How the operands of a condition stand to each other: finer than its truth, so that where it turns can be found between two
//! values, or two moments, of which it is alike false.

use std::cmp::Ordering;

use crate::{
    eval::reference::{Row, moment_type},
    ir::{Expr, ExprKind},
    value::{
        Moment, Value, compare,
        time::{Bound, Direction},
    },
};

/// A number for each pair of operands: less, equal, more, or not to be compared.
pub(super) type Standing = [u64; 3];

/// How the operands of a condition stand.
pub(super) fn standing(row: &Row<'_, '_>, expr: &Expr) -> Standing {
    let clock = row.clock();
    let order = |a: &Value, b: &Value| match compare::order(a, b, clock.zone()) {
        None => 0,
        Some(Ordering::Less) => 1,
        Some(Ordering::Equal) => 2,
        Some(Ordering::Greater) => 3,
    };
    let ago = |moment: &Expr, duration: &Expr| match row.value(duration) {
        Value::Duration(duration) => {
            clock.shifted(duration, Direction::Back, moment_type(&moment.ty)).map_or(Value::Missing, Moment::into)
        }
        _ => Value::Missing,
    };
    let now = |moment: &Expr| clock.now_as(moment_type(&moment.ty)).into();
    match &expr.kind {
        ExprKind::Compare { left, right, .. } => [order(&row.value(left), &row.value(right)), 0, 0],
        ExprKind::Between { subject, low, high, .. } => {
            let subject = row.value(subject);
            [order(&subject, &row.value(low)), order(&subject, &row.value(high)), 0]
        }
        ExprKind::Window { subject, window } => {
            let value = row.value(subject);
            let end = |bound: Option<Bound>| bound.map_or(7, |bound| order(&value, &bound.at.into()));
            match row.window(window, moment_type(&subject.ty)) {
                Some(window) => [end(window.low), end(window.high), 0],
                None => [9, 0, 0],
            }
        }
        ExprKind::CompareAge { moment, duration, .. } => {
            let value = row.value(moment);
            [order(&value, &now(moment)), order(&value, &ago(moment, duration)), 0]
        }
        ExprKind::AgeBetween { moment, low, high, .. } => {
            let value = row.value(moment);
            [order(&value, &now(moment)), order(&value, &ago(moment, low)), order(&value, &ago(moment, high))]
        }
        ExprKind::In { subject, list } => match row.value(list) {
            // Between which of its elements.
            Value::List(elements) => {
                let value = row.value(subject);
                let stands = |wanted: u64| elements.iter().filter(|it| order(&value, it) == wanted).count() as u64;
                [stands(3), stands(2), stands(0)]
            }
            _ => [row.truth(expr) as u64, 0, 0],
        },
        _ => [row.truth(expr) as u64, 0, 0],
    }
}
