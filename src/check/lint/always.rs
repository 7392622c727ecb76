//! Conditions that are the same for everybody: `5 > 3`, `city = city`, `weekday(t) = 0`, `spend > 500 and spend < 100`.
//! Whether a value is there is another question: "always" is said of those whose value is known. What is compared with
//! `missing` is unknown for everybody.

use std::cmp::Ordering;

use super::{super::walk, Found};
use crate::{
    diagnostic::{Diagnostic, Sink, code::ALWAYS_OR_NEVER},
    ir::{CompareOp, Expr, ExprKind, Function, UpperEnd},
    source::Span,
    syntax::ast,
    value::{Value, compare},
};

pub(super) fn look(found: &mut Found<'_>) {
    let mut told = vec![];
    for root in found.roots_and_clauses() {
        root.each(&mut |node| match &node.kind {
            ExprKind::Compare { op, left, right } => {
                told.extend(constants(found, node, *op, left, right));
                told.extend(beyond(found, node.span, *op, left, right));
                told.extend(beyond(found, node.span, op.mirrored(), right, left));
            }
            ExprKind::In { subject, list } => told.extend(elements_beyond(found, subject, list)),
            ExprKind::And(all) => {
                told.extend(literals(all, Joined::And));
                told.extend(together(found, all, Joined::And));
            }
            ExprKind::Or(all) => {
                told.extend(literals(all, Joined::Or));
                told.extend(together(found, all, Joined::Or));
            }
            ExprKind::If { condition, .. } => {
                if let ExprKind::Constant(Value::Bool(yes)) = condition.kind {
                    told.push(
                        warning(condition.span, format!("this `if` always takes its {} branch", branch(yes)))
                            .help("write a condition, or that branch alone"),
                    );
                }
            }
            _ => {}
        });
    }
    told.into_iter().for_each(|it| found.sink.push(it));
}

fn warning(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::warning(ALWAYS_OR_NEVER, span, message)
}

fn branch(yes: bool) -> &'static str {
    if yes { "`then`" } else { "`else`" }
}

fn always(yes: bool) -> &'static str {
    if yes { "always true" } else { "never true" }
}

/// `city = city`
pub(super) fn same_on_both_sides(expr: &ast::Expr, sink: &mut Sink) {
    if let ast::ExprKind::Compare { op, left, right, .. } = &expr.kind
        && left.unparenthesised() == right.unparenthesised()
        && !matches!(left.unparenthesised().kind, ast::ExprKind::Literal(_) | ast::ExprKind::Negate(_))
    {
        let yes = matches!(op, ast::CompareOp::Equal | ast::CompareOp::AtMost | ast::CompareOp::AtLeast);
        let mut told = warning(expr.span(), format!("both sides are the same, so this is {}", always(yes)));
        told = match yes {
            true => told.help("compare with something else; to ask whether it is there, write `is known`"),
            false => told.help("compare with something else"),
        };
        sink.push(told);
    }
    walk::parts(expr, &mut |part| same_on_both_sides(part, sink));
}

/// `spend = missing`
pub(super) fn beside_missing(expr: &ast::Expr, found: &mut Found<'_>) {
    if let ast::ExprKind::Compare { op, left, right, .. } = &expr.kind {
        let is_missing = |it: &ast::Expr| matches!(it.unparenthesised().kind, ast::ExprKind::Missing);
        let what = match (is_missing(left), is_missing(right)) {
            (false, true) => Some(left),
            (true, false) => Some(right),
            (false, false) | (true, true) => None,
        };
        if let Some(what) = what {
            let asks = if *op == ast::CompareOp::Equal { "is missing" } else { "is known" };
            let written = format!("{} {asks}", found.words(what.span()));
            let told = warning(expr.span(), "a comparison with `missing` is always unknown");
            found.sink.push(told.help(format!("write `{written}`")).suggest(
                format!("write `{written}`"),
                expr.span(),
                written.clone(),
            ));
        }
    }
    walk::parts(expr, &mut |part| beside_missing(part, found));
}

/// `5 > 3`
fn constants(found: &Found<'_>, node: &Expr, op: CompareOp, left: &Expr, right: &Expr) -> Option<Diagnostic> {
    let order = compare::order(&found.constant(left)?, &found.constant(right)?, found.zone)?;
    let message = format!("`{}` is {}: both sides are constants", found.words(node.span), always(op.accepts(order)));
    Some(warning(node.span, message).help("compare a field or a name with a constant"))
}

/// How conditions are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joined {
    And,
    Or,
}

/// `spend > 500 or true`
fn literals(all: &[Expr], joined: Joined) -> Vec<Diagnostic> {
    let mut told = vec![];
    for part in all {
        let ExprKind::Constant(Value::Bool(yes)) = part.kind else { continue };
        let message = match (joined, yes) {
            (Joined::Or, true) => "with `or true` this is always true",
            (Joined::And, false) => "with `and false` this is never true",
            (Joined::Or, false) => "`or false` changes nothing",
            (Joined::And, true) => "`and true` changes nothing",
        };
        told.push(warning(part.span, message).help("remove it, or write the condition that was meant"));
    }
    told
}

/// The least and the greatest value that an expression can have, and what it is called.
fn bounds(found: &Found<'_>, expr: &Expr) -> Option<(i64, i64, &'static str)> {
    match &expr.kind {
        ExprKind::Widen(inner) => bounds(found, inner),
        ExprKind::Call { function, arguments } => match function {
            Function::Length => Some((0, i64::MAX, "a length is 0 or more")),
            Function::Count => Some((0, i64::MAX, "a count is 0 or more")),
            Function::Abs => Some((0, i64::MAX, "`abs` gives 0 or more")),
            Function::Month => Some((1, 12, "months are 1 to 12")),
            Function::Day => Some((1, 31, "days of a month are 1 to 31")),
            Function::Weekday => Some((1, 7, "`weekday` is 1 for Monday to 7 for Sunday")),
            Function::Hour => Some((0, 23, "hours are 0 to 23")),
            Function::Bucket => match found.constant(arguments.get(2)?)? {
                Value::Int(number) => {
                    Some((0, number.checked_sub(1)?, "buckets go from 0 to one less than their number"))
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Whether every value from `least` to `greatest` answers alike.
fn decided(found: &Found<'_>, op: CompareOp, (least, greatest): (i64, i64), value: &Value) -> Option<bool> {
    let low = compare::order(&Value::Int(least), value, found.zone)?;
    let high = if greatest == i64::MAX {
        Ordering::Greater
    } else {
        compare::order(&Value::Int(greatest), value, found.zone)?
    };
    match op {
        CompareOp::Equal | CompareOp::NotEqual => {
            let outside = low.is_gt() || high.is_lt();
            outside.then_some(op == CompareOp::NotEqual)
        }
        CompareOp::Less | CompareOp::AtMost | CompareOp::Greater | CompareOp::AtLeast => {
            (op.accepts(low) == op.accepts(high)).then_some(op.accepts(low))
        }
    }
}

/// `weekday(t) = 0`, `length(name) >= 0`
fn beyond(found: &Found<'_>, span: Span, op: CompareOp, left: &Expr, right: &Expr) -> Option<Diagnostic> {
    let (least, greatest, why) = bounds(found, left)?;
    let yes = decided(found, op, (least, greatest), &found.constant(right)?)?;
    Some(
        warning(span, format!("`{}` is {}", found.words(span), always(yes)))
            .note(why)
            .help("compare with a value that it can have"),
    )
}

/// `weekday(t) in [0, 6]`
fn elements_beyond(found: &Found<'_>, subject: &Expr, list: &Expr) -> Vec<Diagnostic> {
    let Some((least, greatest, why)) = bounds(found, subject) else { return vec![] };
    let ExprKind::List(elements) = &list.kind else { return vec![] };
    let never = |element: &&Expr| {
        let value = found.constant(element);
        value.is_some_and(|it| decided(found, CompareOp::Equal, (least, greatest), &it) == Some(false))
    };
    let tell = |element: &Expr| {
        let message = format!("`{}` is never `{}`", found.words(subject.span), found.words(element.span));
        warning(element.span, message).note(why).help("write a value that it can have")
    };
    elements.iter().filter(never).map(tell).collect()
}

/// `spend >= 100`, by what is compared as it is written.
struct Constraint<'e> {
    subject: String,
    op: CompareOp,
    value: Value,
    whole: &'e Expr,
}

/// Conditions beyond this many are not held against each other.
const MANY: usize = 200;

/// `spend > 500 and spend < 100`, `city != "a" or city != "b"`
fn together(found: &Found<'_>, all: &[Expr], joined: Joined) -> Vec<Diagnostic> {
    let constraints: Vec<Constraint<'_>> =
        all.iter().take(MANY).flat_map(|part| constraints(found, part, joined)).collect();
    let mut told: Vec<Diagnostic> = vec![];
    for (at, second) in constraints.iter().enumerate() {
        let clash = constraints.iter().take(at).find(|first| {
            first.whole.span != second.whole.span && first.subject == second.subject && excludes(found, first, second)
        });
        let Some(first) = clash else { continue };
        if told.iter().any(|it| it.primary.span == second.whole.span) {
            continue;
        }
        let (subject, other) = (&second.subject, found.words(first.whole.span));
        let one_value = first.op == CompareOp::Equal && second.op == CompareOp::Equal;
        let (message, help) = match (joined, one_value) {
            (Joined::And, true) => ("are never both true", format!("for either of them write `{subject} in [..]`")),
            (Joined::And, false) => ("are never both true", "if one of them is enough, write `or`".to_owned()),
            (Joined::Or, true) => {
                ("cannot both be false", format!("for neither of them write `{subject} not in [..]`"))
            }
            (Joined::Or, false) => ("cannot both be false", "if both must be true, write `and`".to_owned()),
        };
        let message = format!("this and `{other}` {message}");
        told.push(warning(second.whole.span, message).label(first.whole.span, "the other one").help(help));
    }
    told
}

/// What a condition demands of one value; joined by `or`, what its negation demands.
fn constraints<'e>(found: &Found<'_>, part: &'e Expr, joined: Joined) -> Vec<Constraint<'e>> {
    let one = |op: CompareOp, subject: &Expr, value: &Expr| {
        let op = if joined == Joined::Or { op.negated() } else { op };
        let value = found.constant(value)?;
        let reads = found.constant(subject).is_none();
        reads.then(|| Constraint { subject: found.words(subject.span), op, value, whole: part })
    };
    match &part.kind {
        ExprKind::Compare { op, left, right } => {
            one(*op, left, right).or_else(|| one(op.mirrored(), right, left)).into_iter().collect()
        }
        ExprKind::Between { subject, low, high, upper } if joined == Joined::And => {
            let upper = match upper {
                UpperEnd::Included => CompareOp::AtMost,
                UpperEnd::Excluded => CompareOp::Less,
            };
            [one(CompareOp::AtLeast, subject, low), one(upper, subject, high)].into_iter().flatten().collect()
        }
        _ => vec![],
    }
}

/// Whether no value meets both, of a kind that has a value between any two.
fn excludes(found: &Found<'_>, a: &Constraint<'_>, b: &Constraint<'_>) -> bool {
    let mixed =
        matches!((&a.value, &b.value), (Value::Date(_), Value::Timestamp(_)) | (Value::Timestamp(_), Value::Date(_)));
    let Some(order) = compare::order(&a.value, &b.value, found.zone).filter(|_| !mixed) else { return false };
    let equal = |op| op == CompareOp::Equal;
    let bounds_below = |op| matches!(op, CompareOp::Greater | CompareOp::AtLeast | CompareOp::Equal);
    let bounds_above = |op| matches!(op, CompareOp::Less | CompareOp::AtMost | CompareOp::Equal);
    let includes = |op| matches!(op, CompareOp::AtLeast | CompareOp::AtMost | CompareOp::Equal);
    // `a` from below and `b` from above, and the other way round: nothing lies between the two values.
    let empty = |below: CompareOp, above: CompareOp, order: Ordering| {
        bounds_below(below)
            && bounds_above(above)
            && (order.is_gt() || order.is_eq() && !(includes(below) && includes(above)))
    };
    let unequal = |one: CompareOp, other: CompareOp| equal(one) && other == CompareOp::NotEqual && order.is_eq();
    empty(a.op, b.op, order) || empty(b.op, a.op, order.reverse()) || unequal(a.op, b.op) || unequal(b.op, a.op)
}

/// `require true`, `send … when false`
pub(super) fn for_everybody(condition: &ast::Expr, sink: &mut Sink) {
    if let ast::ExprKind::Literal(ast::Literal::Bool(yes)) = condition.unparenthesised().kind {
        sink.push(
            warning(condition.span(), format!("this is {}", always(yes))).help("write a condition, or take it out"),
        );
    }
}
