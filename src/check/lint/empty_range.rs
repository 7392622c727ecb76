//! `between 60d..30d`, `3..<3`: a range that nothing lies in.

use super::Found;
use crate::{
    diagnostic::{Diagnostic, Edit, Fix, code::EMPTY_RANGE},
    ir::{Body, Expr, ExprKind, Function, TimeWindow, UpperEnd},
    value::{Duration, Value, compare},
};
use std::cmp::Ordering;

pub(super) fn look(found: &mut Found<'_>) {
    let mut empty = vec![];
    for root in found.roots_and_clauses() {
        root.each(&mut |node| match &node.kind {
            ExprKind::Between { low, high, upper, .. } | ExprKind::AgeBetween { low, high, upper, .. } => {
                empty.push((low.as_ref(), high.as_ref(), *upper, Ends::Plain));
            }
            ExprKind::Window { window: TimeWindow::Ago { near, far, upper }, .. } => {
                empty.push((near.as_ref(), far.as_ref(), *upper, Ends::Ago));
            }
            ExprKind::Call { function: Function::Clamp, arguments } => {
                if let [_, low, high] = arguments.as_slice() {
                    empty.push((low, high, UpperEnd::Included, Ends::Plain));
                }
            }
            _ => {}
        });
    }
    for definition in &found.rulebook.definitions {
        if let Body::Score(score) = &definition.body
            && let Some((low, high)) = &score.clamp
        {
            empty.push((low, high, UpperEnd::Included, Ends::Plain));
        }
    }
    for (low, high, upper, ends) in empty {
        if let Some(diagnostic) = tell(found, low, high, upper, ends) {
            found.sink.push(diagnostic);
        }
    }
}

/// What the ends of a range are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// Like the value that is compared.
    Plain,
    /// So long ago.
    Ago,
}

fn tell(found: &Found<'_>, low: &Expr, high: &Expr, upper: UpperEnd, ends: Ends) -> Option<Diagnostic> {
    let (from, to) = (found.constant_or_param(low)?, found.constant_or_param(high)?);
    let order = match (&from, &to) {
        (Value::Duration(from), Value::Duration(to)) => provably(*from, *to)?,
        _ => compare::order(&from, &to, found.zone)?,
    };
    let (from, to) = (found.words(low.span), found.words(high.span));
    let span = low.span.to(high.span);
    let dots = match upper {
        UpperEnd::Included => "..",
        UpperEnd::Excluded => "..<",
    };
    let message = format!("nothing lies in `{from}{dots}{to}`");
    let diagnostic = Diagnostic::warning(EMPTY_RANGE, span, message);
    match (order, upper) {
        (Ordering::Less, _) | (Ordering::Equal, UpperEnd::Included) => None,
        (Ordering::Equal, UpperEnd::Excluded) => Some(
            diagnostic
                .note("`..<` leaves the upper end out, and it is the lower end too")
                .help(format!("write `{from}..{to}`, which is `{from}` alone, or a higher upper end")),
        ),
        (Ordering::Greater, _) => {
            let swapped = format!("{to}{dots}{from}");
            let edits = vec![Edit { span: low.span, text: to }, Edit { span: high.span, text: from }];
            let help = match ends {
                Ends::Plain => format!("the lower end stands first: `{swapped}`"),
                Ends::Ago => format!("the shorter time stands first: `{swapped}`"),
            };
            Some(diagnostic.help(help).with_fix(Fix { title: format!("write `{swapped}`"), edits, certain: false }))
        }
    }
}

/// How two lengths of time stand to each other, whatever months they meet; none where that depends on the months.
fn provably(a: Duration, b: Duration) -> Option<Ordering> {
    if a == b {
        return Some(Ordering::Equal);
    }
    let ((a_least, a_most), (b_least, b_most)) = (bounds(a)?, bounds(b)?);
    if a_least > b_most || a.months > b.months && (a.days, a.micros) == (b.days, b.micros) {
        return Some(Ordering::Greater);
    }
    if a_most < b_least {
        return Some(Ordering::Less);
    }
    a.compare(b)
}

/// The least and the greatest length, in microseconds, of a duration that is not negative. A day is 24 hours here: clocks
/// change by less than the day by which months differ.
fn bounds(duration: Duration) -> Option<(i128, i128)> {
    const LEAST: [i128; 12] = [0, 28, 59, 89, 120, 150, 181, 212, 242, 273, 303, 334];
    const MOST: [i128; 12] = [0, 31, 62, 92, 123, 153, 184, 215, 245, 276, 306, 337];
    const DAY: i128 = 86_400_000_000;
    let (years, rest) = (i128::from(duration.months / 12), usize::try_from(duration.months % 12).ok()?);
    let exact = i128::from(duration.days) * DAY + i128::from(duration.micros);
    Some(((years * 365 + LEAST.get(rest)?) * DAY + exact, (years * 366 + MOST.get(rest)?) * DAY + exact))
}
