//! Expressions on one line.

use crate::syntax::{
    ast::{
        Argument, Clause, Direction, Expr, ExprKind, Literal, Name, Period, PeriodUnit, ProductOp, Quorum, Range,
        RankEnd, SumOp, Test, UpperEnd, Which,
    },
    is_reserved,
};

/// An expression as it is written.
pub fn expression(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::If { condition, then, otherwise } => {
            format!("if {} then {} else {}", expression(condition), expression(then), expression(otherwise))
        }
        ExprKind::Or(all) => joined(all, " or "),
        ExprKind::And(all) => joined(all, " and "),
        ExprKind::Coalesce(all) => joined(all, " ?? "),
        ExprKind::Not(inner) => format!("not {}", expression(inner)),
        ExprKind::Compare { op, left, right, .. } => {
            format!("{} {} {}", expression(left), op.symbol(), expression(right))
        }
        ExprKind::Test { subject, negated, test, .. } => {
            format!("{} {}{}", expression(subject), if *negated { "not " } else { "" }, self::test(test))
        }
        ExprKind::Sum { first, rest } => rest.iter().fold(expression(first), |text, (op, term)| {
            let sign = match op {
                SumOp::Add => "+",
                SumOp::Subtract => "-",
            };
            format!("{text} {sign} {}", expression(term))
        }),
        ExprKind::Product { first, rest } => rest.iter().fold(expression(first), |text, (op, factor)| {
            let sign = match op {
                ProductOp::Multiply => "*",
                ProductOp::Divide => "/",
            };
            format!("{text} {sign} {}", expression(factor))
        }),
        ExprKind::Negate(inner) => format!("-{}", expression(inner)),
        ExprKind::Shifted { duration, direction } => match direction {
            Direction::Ago => format!("{} ago", expression(duration)),
            Direction::FromNow => format!("{} from now", expression(duration)),
        },
        ExprKind::Call { function, arguments } => {
            let arguments: Vec<String> = arguments.iter().map(argument).collect();
            format!("{}({})", name(function), arguments.join(", "))
        }
        ExprKind::Quorum { quorum, conditions } => {
            let words = match quorum {
                Quorum::All => "all of".to_owned(),
                Quorum::Any => "any of".to_owned(),
                Quorum::None => "none of".to_owned(),
                Quorum::AtLeast(number) => format!("at least {number} of"),
            };
            format!("{words} ({})", joined(conditions, ", "))
        }
        ExprKind::Rank { end, amount, by } => {
            let word = match end {
                RankEnd::Top => "top",
                RankEnd::Bottom => "bottom",
            };
            let plain = by.by.is_none() && by.window.is_none() && by.filter.is_none() && by.per.is_none();
            let by = if plain { clause(by) } else { format!("({})", clause(by)) };
            format!("{word} {} by {by}", expression(amount))
        }
        ExprKind::Field { base, field } => format!("{}.{}", expression(base), name(field)),
        ExprKind::Index { base, index } => format!("{}[{}]", expression(base), expression(index)),
        ExprKind::Paren(inner) => format!("({})", expression(inner)),
        ExprKind::List(all) => format!("[{}]", joined(all, ", ")),
        ExprKind::Name(it) => name(it),
        ExprKind::Now => "now".into(),
        ExprKind::Today => "today".into(),
        ExprKind::Missing => "missing".into(),
        ExprKind::Literal(it) => literal(it),
    }
}

fn joined(all: &[Expr], between: &str) -> String {
    all.iter().map(expression).collect::<Vec<_>>().join(between)
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

pub(super) fn range(range: &Range) -> String {
    let dots = match range.upper {
        UpperEnd::Included => "..",
        UpperEnd::Excluded => "..<",
    };
    format!("{}{dots}{}", expression(&range.from), expression(&range.to))
}

fn argument(argument: &Argument) -> String {
    match argument {
        Argument::Clause(it) => clause(it),
        Argument::Range(it) => range(it),
        Argument::Pattern(it) => format!("/{}/", it.source),
    }
}

pub(super) fn clause(clause: &Clause) -> String {
    let mut text = expression(&clause.source);
    if let Some(by) = &clause.by {
        text += &format!(" by {}", expression(by));
    }
    if let Some(window) = &clause.window {
        text += &format!(" {}", test(&window.test));
    }
    if let Some(filter) = &clause.filter {
        text += &format!(" where {}", expression(filter));
    }
    if let Some(per) = &clause.per {
        text += &format!(" per {}", expression(per));
    }
    text
}

fn test(test: &Test) -> String {
    match test {
        Test::Between(it) => format!("between {}", range(it)),
        Test::In(it) => format!("in {}", expression(it)),
        Test::Contains(it) => format!("contains {}", expression(it)),
        Test::StartsWith(it) => format!("starts with {}", expression(it)),
        Test::EndsWith(it) => format!("ends with {}", expression(it)),
        Test::Matches(it) => format!("matches /{}/", it.source),
        Test::Has(it) => format!("has {}", expression(it)),
        Test::HasAny(it) => format!("has any of {}", expression(it)),
        Test::HasAll(it) => format!("has all of {}", expression(it)),
        Test::HasNone(it) => format!("has none of {}", expression(it)),
        Test::Within(it) => format!("within {}", expression(it)),
        Test::WithinNext(it) => format!("within next {}", expression(it)),
        Test::During(it) => format!("during {}", period(*it)),
        Test::IsMissing => "is missing".into(),
        Test::IsKnown => "is known".into(),
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
