//! Other words that could stand where a rule draws a line, each of which a test should notice: `>=` for `>` where no number beside it
//! is as fine as what it is compared with, the next level for a level, `ends with` for `starts with`.

use std::collections::BTreeSet;

use super::numbers::{Aim, Change, Owner, Writer};
use crate::{
    ir::{CompareOp, Expr, ExprKind, Rulebook, TextTest, TimeWindow},
    source::Span,
    value::{Type, Value},
};

/// Appends every change.
pub(super) fn changes(ir: &Rulebook, writer: &Writer<'_>, found: &mut Vec<Change>) {
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    let mut look = |expr: &Expr| {
        expr.each(&mut |node| {
            let of_rules = of(ir, writer, node).into_iter().filter(|it| matches!(it.owner, Owner::Definition(_)));
            let of_rules: Vec<Change> = of_rules.collect();
            let fresh: BTreeSet<Span> = of_rules.iter().map(|it| it.span).filter(|span| seen.insert(*span)).collect();
            found.extend(of_rules.into_iter().filter(|it| fresh.contains(&it.span)));
        });
    };
    ir.definitions.iter().for_each(|definition| definition.body.each_expr(&mut look));
    ir.aggregates.iter().for_each(|aggregate| aggregate.each_expr(&mut look));
}

/// What could stand in place of one expression's words.
fn of(ir: &Rulebook, writer: &Writer<'_>, node: &Expr) -> Vec<Change> {
    let sources = writer.rulebook.sources();
    match &node.kind {
        ExprKind::Compare { op, left, right } if is_ordered(*op) => {
            let levels = [&**left, &**right].map(|side| next_levels(ir, writer, side)).concat();
            if levels.is_empty() && !is_as_fine(left, right, writer) && !is_as_fine(right, left, writer) {
                return line(writer, left.span, right.span);
            }
            levels
        }
        ExprKind::CompareAge { op, moment, duration } if is_ordered(*op) => line(writer, moment.span, duration.span),
        ExprKind::Between { subject, low, high, .. } => {
            let levels = [&**low, &**high].map(|end| next_levels(ir, writer, end)).concat();
            if levels.is_empty() && !is_as_fine(high, subject, writer) {
                return end(writer, low.span, high.span);
            }
            levels
        }
        ExprKind::AgeBetween { low, high, .. } => end(writer, low.span, high.span),
        ExprKind::Window { subject, window: TimeWindow::Ago { near, far, .. } } => {
            let by_days = matches!(far.kind, ExprKind::Constant(_)) && sources.slice(far.span).ends_with('d');
            match by_days && subject.ty == Type::Date {
                true => vec![],
                false => end(writer, near.span, far.span),
            }
        }
        ExprKind::Text { test, subject, argument } => {
            let words = ["starts with", "ends with", "contains"];
            let Some(span) = between(writer, subject.span, argument.span) else { return vec![] };
            let written = sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
            let own = match test {
                TextTest::StartsWith => "starts with",
                TextTest::EndsWith => "ends with",
                TextTest::Contains => "contains",
            };
            if written != own {
                return vec![];
            }
            let others = words.into_iter().filter(|it| *it != own).zip([false, true]);
            others.filter_map(|(to, higher)| writer.change(Aim::Word { higher }, span, to)).collect()
        }
        _ => vec![],
    }
}

fn is_ordered(op: CompareOp) -> bool {
    !matches!(op, CompareOp::Equal | CompareOp::NotEqual)
}

/// What stands between two expressions, without white space and the brackets of a function around the first.
fn between(writer: &Writer<'_>, one: Span, other: Span) -> Option<Span> {
    let text = writer.rulebook.sources().get(one.source).text();
    let whole = one.range().end..other.range().start;
    let written = text.get(whole.clone()).filter(|_| one.source == other.source)?;
    let inner = written.trim_start_matches(|it: char| it.is_whitespace() || it == ')');
    let start = whole.start + (written.len() - inner.len());
    let inner = inner.trim_end_matches(|it: char| it.is_whitespace() || it == '(');
    Some(Span::new(one.source, start, start + inner.len()))
}

/// `>` for `>=`: what lies on the line itself.
fn line(writer: &Writer<'_>, one: Span, other: Span) -> Vec<Change> {
    let Some(span) = between(writer, one, other) else { return vec![] };
    let (to, higher) = match writer.rulebook.sources().slice(span) {
        ">=" => (">", true),
        ">" => (">=", false),
        "<=" => ("<", false),
        "<" => ("<=", true),
        _ => return vec![],
    };
    writer.change(Aim::Word { higher }, span, to).into_iter().collect()
}

/// `..<` for `..`: what lies on the upper end.
fn end(writer: &Writer<'_>, low: Span, high: Span) -> Vec<Change> {
    let Some(span) = between(writer, low, high) else { return vec![] };
    let (to, higher) = match writer.rulebook.sources().slice(span) {
        ".." => ("..<", false),
        "..<" => ("..", true),
        _ => return vec![],
    };
    writer.change(Aim::Word { higher }, span, to).into_iter().collect()
}

/// `gold` and `basic` for `silver`, where a level is compared with it.
fn next_levels(ir: &Rulebook, writer: &Writer<'_>, side: &Expr) -> Vec<Change> {
    let (ExprKind::Constant(Value::Choice(rank)), Type::Choice(id)) = (&side.kind, &side.ty) else { return vec![] };
    let all = &ir.choices(*id).values;
    let written = writer.rulebook.sources().slice(side.span);
    let is_own = |rank: u32| all.get(rank as usize).is_some_and(|it| it.name.as_str() == written.trim_matches('`'));
    if !is_own(*rank) {
        return vec![];
    }
    let near = [(rank.checked_sub(1), false), (rank.checked_add(1), true)];
    let near = near.into_iter().filter_map(|(rank, higher)| Some((all.get(rank? as usize)?, higher)));
    near.filter_map(|(it, higher)| {
        writer.change(Aim::Word { higher }, side.span, &super::guess::bare(it.name.as_str()))
    })
    .collect()
}

/// Whether a number, as it is written, goes in steps as small as what it is compared with: then a step of the number tells whether
/// the line belongs to it.
fn is_as_fine(number: &Expr, than: &Expr, writer: &Writer<'_>) -> bool {
    let (number, than) = (narrow(number), narrow(than));
    let written = writer.rulebook.sources().slice(number.span);
    match (&number.kind, &than.ty) {
        // No whole number is 2.5.
        (ExprKind::Constant(Value::Int(_) | Value::Decimal(_)), Type::Int)
        | (ExprKind::Constant(Value::Date(_)), _) => true,
        (ExprKind::Constant(Value::Int(_) | Value::Decimal(_)), Type::Decimal(digits)) => {
            let behind = written.split_once('.').map_or(0, |(_, behind)| behind.len());
            behind >= usize::from(*digits) && !written.ends_with('%')
        }
        (ExprKind::Ago(length) | ExprKind::FromNow(length), Type::Date) => {
            let days = writer.rulebook.sources().slice(length.span);
            matches!(length.kind, ExprKind::Constant(_)) && days.ends_with('d')
        }
        _ => false,
    }
}

/// Without what only makes a number wider.
fn narrow(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Widen(inner) => narrow(inner),
        _ => expr,
    }
}
