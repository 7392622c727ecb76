//! Literals, in the spelling of the source.

use pest::iterators::Pair;

use super::super::{
    ast::{DurationPart, Literal, Unit},
    grammar::{Parts, Rule},
};

/// What a literal says.
pub(super) fn literal(pair: Pair<'_, Rule>) -> Literal {
    let inner = Parts::of(pair).need();
    let written = inner.as_str();
    match inner.as_rule() {
        Rule::timestamp => Literal::Timestamp(written.to_owned()),
        Rule::date => Literal::Date(written.to_owned()),
        Rule::time_of_day => Literal::TimeOfDay(written.to_owned()),
        Rule::duration => Literal::Duration(duration(written)),
        Rule::percent => Literal::Percent(written.trim_end_matches('%').to_owned()),
        Rule::number => Literal::Number(written.to_owned()),
        Rule::text => Literal::Text(unescape(written)),
        Rule::truth => Literal::Bool(written == "true"),
        other => unreachable!("{other:?} is no literal"),
    }
}

/// A number, a date or a duration of one part; none where it is written in any other way.
pub(in crate::syntax) fn plain(written: &str) -> Option<Literal> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let length = written.bytes().take_while(u8::is_ascii_digit).count();
    let (number, behind) = written.split_at_checked(length)?;
    if let Some(unit) = unit(behind) {
        return Some(Literal::Duration(vec![DurationPart { number: number.to_owned(), unit }]));
    }
    if behind.is_empty() || behind.strip_prefix('.').is_some_and(digits) {
        return Some(Literal::Number(written.to_owned()));
    }
    let is_date = written.split('-').map(|part| if digits(part) { part.len() } else { 0 }).eq([4, 2, 2]);
    is_date.then(|| Literal::Date(written.to_owned()))
}

fn duration(written: &str) -> Vec<DurationPart> {
    let mut parts = vec![];
    let mut rest = written;
    while let Some(length) = rest.find(|it: char| it.is_ascii_alphabetic()) {
        let (number, behind) = rest.split_at(length);
        let letters = behind.find(|it: char| !it.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (suffix, next) = behind.split_at(letters);
        rest = next;
        if let Some(unit) = unit(suffix) {
            parts.push(DurationPart { number: number.to_owned(), unit });
        }
    }
    parts
}

/// The unit that a suffix stands for.
pub(super) fn unit(suffix: &str) -> Option<Unit> {
    [Unit::Year, Unit::Month, Unit::Week, Unit::Day, Unit::Hour, Unit::Minute, Unit::Second]
        .into_iter()
        .find(|unit| unit.suffix() == suffix)
}

/// What a quoted text says. Escapes that are none were told by the scanner and stand for themselves here.
pub(in crate::syntax) fn unescape(written: &str) -> String {
    let mut says = String::with_capacity(written.len());
    spelled(written, &mut |it, _| says.push(it));
    says
}

/// Each character that a quoted text says, and the byte of `written` at which it begins.
pub(in crate::syntax) fn spelled(written: &str, says: &mut dyn FnMut(char, usize)) {
    let quotes = usize::from(written.len() > 1 && written.starts_with('"') && written.ends_with('"'));
    let inside = written.get(quotes..written.len() - quotes).unwrap_or(written);
    let mut rest = inside.chars();
    loop {
        let at = quotes + inside.len() - rest.as_str().len();
        let Some(next) = rest.next() else { return };
        if next != '\\' {
            says(next, at);
            continue;
        }
        match rest.next() {
            Some('n') => says('\n', at),
            Some('t') => says('\t', at),
            Some('u') => {
                let digits =
                    rest.as_str().strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(digits, _)| digits);
                let meant = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
                match (digits, meant) {
                    (Some(digits), Some(meant)) => {
                        says(meant, at);
                        rest.nth(digits.len() + 1);
                    }
                    (_, _) => says('u', at),
                }
            }
            Some(other) => says(other, at),
            None => {}
        }
    }
}
