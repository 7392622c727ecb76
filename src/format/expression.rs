//! Expressions.

use super::doc::Doc;
use crate::syntax::{
    ast::{
        Argument, Clause, Direction, Expr, ExprKind, Literal, Name, Period, PeriodUnit, ProductOp, Quorum, Range,
        RankEnd, SumOp, Test, UpperEnd, Which,
    },
    is_reserved,
};

/// An expression on one line.
pub fn print_expr(expr: &Expr) -> String {
    expression(expr).on_one_line()
}

/// An expression that breaks before `and`, `or` and signs, and inside brackets.
pub(super) fn expression(expr: &Expr) -> Doc {
    match &expr.kind {
        ExprKind::If { .. } => choice(expr),
        ExprKind::Or(all) => chain(all, "or", |operand| expression(operand).nest(2)),
        ExprKind::And(all) => chain(all, "and", expression),
        ExprKind::Coalesce(all) => chain(all, "??", expression),
        ExprKind::Not(inner) => expression(inner).after("not"),
        ExprKind::Compare { op, left, right, .. } => {
            Doc::spaced(vec![expression(left), Doc::leaf(op.symbol()), expression(right)])
        }
        ExprKind::Test { subject, negated, test, .. } => {
            let not = if *negated { Doc::leaf("not") } else { Doc::nothing() };
            Doc::spaced(vec![expression(subject), not, self::test(test)])
        }
        ExprKind::Sum { first, rest } => terms(
            first,
            rest.iter().map(|(op, term)| match op {
                SumOp::Add => ("+", term),
                SumOp::Subtract => ("-", term),
            }),
        ),
        ExprKind::Product { first, rest } => terms(
            first,
            rest.iter().map(|(op, factor)| match op {
                ProductOp::Multiply => ("*", factor),
                ProductOp::Divide => ("/", factor),
            }),
        ),
        // Two dashes are a comment elsewhere.
        ExprKind::Negate(inner) if matches!(inner.kind, ExprKind::Negate(_)) => expression(inner).after("-"),
        ExprKind::Negate(inner) => Doc::All(vec![Doc::leaf("-"), expression(inner)]),
        ExprKind::Shifted { duration, direction } => match direction {
            Direction::Ago => Doc::spaced(vec![expression(duration), Doc::leaf("ago")]),
            Direction::FromNow => Doc::spaced(vec![expression(duration), Doc::words("from now")]),
        },
        ExprKind::Call { function, arguments } => {
            let arguments = arguments.iter().map(argument).collect();
            Doc::bracketed(Doc::leaf(name(function) + "("), arguments, ")")
        }
        ExprKind::Quorum { quorum, conditions } => {
            let words = match quorum {
                Quorum::All => Doc::words("all of ("),
                Quorum::Any => Doc::words("any of ("),
                Quorum::None => Doc::words("none of ("),
                Quorum::AtLeast(number) => Doc::words(&format!("at least {number} of (")),
            };
            Doc::bracketed(words, conditions.iter().map(expression).collect(), ")")
        }
        ExprKind::Rank { end, amount, by } => {
            let word = match end {
                RankEnd::Top => "top",
                RankEnd::Bottom => "bottom",
            };
            let plain = by.by.is_none() && by.window.is_none() && by.filter.is_none() && by.per.is_none();
            let by = if plain { clause(by) } else { parenthesised(clause(by)) };
            Doc::spaced(vec![Doc::leaf(word), expression(amount), by.after("by")])
        }
        ExprKind::Field { base, field } => Doc::All(vec![expression(base), Doc::leaf("."), Doc::leaf(name(field))]),
        ExprKind::Index { base, index } => {
            Doc::All(vec![expression(base).then("["), expression(index), Doc::leaf("]")])
        }
        ExprKind::Paren(inner) => parenthesised(expression(inner)),
        ExprKind::List(all) => Doc::bracketed(Doc::leaf("["), all.iter().map(expression).collect(), "]"),
        ExprKind::Name(it) => Doc::leaf(name(it)),
        ExprKind::Now => Doc::leaf("now"),
        ExprKind::Today => Doc::leaf("today"),
        ExprKind::Missing => Doc::leaf("missing"),
        ExprKind::Literal(it) => Doc::leaf(literal(it)),
    }
}

/// `if a then x else if b then y else z`, broken before each `else`.
fn choice(expr: &Expr) -> Doc {
    let mut parts = vec![];
    let mut rest = expr;
    while let ExprKind::If { condition, then, otherwise } = &rest.kind {
        parts.push(Doc::spaced(vec![expression(condition).after("if"), expression(then).after("then")]));
        parts.push(Doc::Line);
        parts.push(Doc::words("else"));
        parts.push(Doc::Space);
        rest = otherwise;
    }
    parts.push(expression(rest));
    Doc::Group(parts)
}

/// Operands with a word between, broken before the word.
fn chain(all: &[Expr], between: &str, operand: impl Fn(&Expr) -> Doc) -> Doc {
    let mut parts = vec![];
    for (at, it) in all.iter().enumerate() {
        if at > 0 {
            parts.extend([Doc::Line, Doc::leaf(between), Doc::Space]);
        }
        parts.push(operand(it));
    }
    Doc::Group(parts)
}

fn terms<'a>(first: &Expr, rest: impl Iterator<Item = (&'static str, &'a Expr)>) -> Doc {
    let mut parts = vec![expression(first)];
    for (sign, term) in rest {
        parts.extend([Doc::Line, Doc::leaf(sign), Doc::Space, expression(term)]);
    }
    Doc::Group(parts)
}

fn parenthesised(inner: Doc) -> Doc {
    Doc::enclosed(Doc::leaf("("), inner, ")")
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Number(text) | Literal::Date(text) | Literal::Timestamp(text) | Literal::TimeOfDay(text) => {
            text.clone()
        }
        Literal::Percent(text) => format!("{text}%"),
        Literal::Text(text) => quoted(text),
        Literal::Bool(yes) => yes.to_string(),
        Literal::Duration(parts) => parts.iter().map(|part| format!("{}{}", part.number, part.unit.suffix())).collect(),
    }
}

/// A text in quotes, with no more escapes than it needs.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            hidden if hidden.is_control() || is_hidden(hidden) => quoted += &format!("\\u{{{:x}}}", hidden as u32),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Characters that cannot be seen, or turn the line around.
fn is_hidden(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A name, in backticks where it is no plain word.
pub(super) fn name(name: &Name) -> String {
    let text = name.symbol.as_str();
    let mut characters = text.chars();
    let begins = characters.next().is_some_and(|first| first == '_' || unicode_ident::is_xid_start(first));
    let plain = begins && characters.all(unicode_ident::is_xid_continue) && !is_reserved(text);
    let foreign = text.chars().any(|it| ('\u{ff01}'..='\u{ff5e}').contains(&it));
    if plain && !foreign { text.to_owned() } else { format!("`{text}`") }
}

pub(super) fn range(range: &Range) -> Doc {
    let dots = match range.upper {
        UpperEnd::Included => "..",
        UpperEnd::Excluded => "..<",
    };
    Doc::All(vec![expression(&range.from).then(dots), expression(&range.to)])
}

fn argument(argument: &Argument) -> Doc {
    match argument {
        Argument::Clause(it) => clause(it),
        Argument::Range(it) => range(it),
        Argument::Pattern(it) => Doc::pattern(&it.source),
    }
}

/// A source with what chooses its rows.
pub(super) fn clause(clause: &Clause) -> Doc {
    let mut tail = vec![];
    let mut add = |part: Doc| tail.extend([Doc::Line, part]);
    if let Some(by) = &clause.by {
        add(expression(by).after("by"));
    }
    if let Some(window) = &clause.window {
        add(test(&window.test));
    }
    if let Some(filter) = &clause.filter {
        add(expression(filter).after("where"));
    }
    if let Some(per) = &clause.per {
        add(expression(per).after("per"));
    }
    let source = expression(&clause.source);
    if tail.is_empty() { source } else { Doc::Group(vec![source, Doc::All(tail).nest(2)]) }
}

fn test(test: &Test) -> Doc {
    match test {
        Test::Between(it) => range(it).after("between"),
        Test::In(it) => expression(it).after("in"),
        Test::Contains(it) => expression(it).after("contains"),
        Test::StartsWith(it) => expression(it).after("starts with"),
        Test::EndsWith(it) => expression(it).after("ends with"),
        Test::Matches(it) => Doc::pattern(&it.source).after("matches"),
        Test::Has(it) => expression(it).after("has"),
        Test::HasAny(it) => expression(it).after("has any of"),
        Test::HasAll(it) => expression(it).after("has all of"),
        Test::HasNone(it) => expression(it).after("has none of"),
        Test::Within(it) => expression(it).after("within"),
        Test::WithinNext(it) => expression(it).after("within next"),
        Test::During(it) => Doc::words(&period(*it)).after("during"),
        Test::IsMissing => Doc::words("is missing"),
        Test::IsKnown => Doc::words("is known"),
    }
}

fn period(period: Period) -> String {
    let which = match period.which {
        Which::Last => "last",
        Which::This => "this",
        Which::Next => "next",
    };
    let unit = match (period.unit, period.which) {
        (PeriodUnit::Day, Which::Last) => return "yesterday".into(),
        (PeriodUnit::Day, Which::This) => return "today".into(),
        (PeriodUnit::Day, Which::Next) => return "tomorrow".into(),
        (PeriodUnit::Week, _) => "week",
        (PeriodUnit::Month, _) => "month",
        (PeriodUnit::Quarter, _) => "quarter",
        (PeriodUnit::Year, _) => "year",
    };
    format!("{which} {unit}")
}
