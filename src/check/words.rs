//! Types and places in the operator's words.

use super::Checker;
pub(super) use crate::value::print::quoted_text;
use crate::{
    source::{Sources, Span},
    value::Type,
};

impl Checker<'_> {
    /// What a value of the type is: `a number`, `text`, `a moment`.
    pub(super) fn kind(&self, ty: &Type) -> String {
        match ty {
            Type::Text => "text".into(),
            Type::Int | Type::Decimal(_) | Type::Float => "a number".into(),
            Type::Bool => "true or false".into(),
            Type::Date => "a date".into(),
            Type::Timestamp => "a moment".into(),
            Type::Duration => "a duration".into(),
            Type::List(of) => match &**of {
                Type::Text => "a list of texts".into(),
                Type::Int | Type::Decimal(_) | Type::Float => "a list of numbers".into(),
                Type::Date => "a list of dates".into(),
                Type::Timestamp => "a list of moments".into(),
                Type::Duration => "a list of durations".into(),
                Type::List(_) => "a list of lists".into(),
                Type::Bool | Type::Choice(_) => "a list".into(),
            },
            Type::Choice(id) => match self.choice_owner(*id) {
                Some(name) => format!("a value of `{name}`"),
                None => "a level's value".into(),
            },
        }
    }

    /// The words of a place, in backticks, cut where they are long.
    pub(super) fn quoted(&self, span: Span) -> String {
        format!("`{}`", self.snippet(span))
    }

    /// The words of a place, on one line, cut where they are long.
    pub(super) fn snippet(&self, span: Span) -> String {
        snippet(self.sources, span)
    }

    /// The words of a place exactly as they stand, to be put into a fix.
    pub(super) fn words(&self, span: Span) -> &str {
        self.sources.slice(span)
    }
}

/// The words of a place, on one line, cut where they are long.
pub(super) fn snippet(sources: &Sources, span: Span) -> String {
    let words: Vec<&str> = sources.slice(span).split_whitespace().collect();
    let text = words.join(" ");
    if text.chars().count() > 40 { text.chars().take(39).chain("…".chars()).collect() } else { text }
}

/// Whether values of the type are numbers.
pub(super) fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Decimal(_) | Type::Float)
}

/// Whether values of the type are moments: dates or timestamps.
pub(super) fn is_moment(ty: &Type) -> bool {
    matches!(ty, Type::Date | Type::Timestamp)
}

/// Whether two types compare: numbers with numbers, moments with moments, otherwise like with like.
pub(super) fn alike(a: &Type, b: &Type) -> bool {
    a == b || (is_number(a) && is_number(b)) || (is_moment(a) && is_moment(b))
}
