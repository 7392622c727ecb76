//! One user's line: `u17: vip, membership = silver, heat = 60`. Written and read back, so that two of them can be compared name by
//! name.

use crate::{syntax, value::print};

/// What a user has of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Has {
    /// `vip`: a tag or segment.
    Yes,
    /// `vip is unknown`
    Unknown,
    /// `membership = silver`
    Value(String),
}

/// A user, and what they have, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) key: String,
    pub(super) items: Vec<(String, Has)>,
}

/// What stands for nothing at all.
const NOTHING: &str = "–";

impl Line {
    pub(super) fn text(&self) -> String {
        let item = |(name, has): &(String, Has)| {
            let name = written(name);
            match has {
                Has::Yes => name,
                Has::Unknown => format!("{name} is unknown"),
                Has::Value(value) => format!("{name} = {}", written(value)),
            }
        };
        let items: Vec<String> = self.items.iter().map(item).collect();
        let items = if items.is_empty() { NOTHING.to_owned() } else { items.join(", ") };
        format!("{}: {items}", key(&self.key))
    }

    /// None of what is no such line.
    pub(super) fn parse(text: &str) -> Option<Line> {
        let (key, rest) = match text.starts_with('"') {
            true => {
                let end = text.match_indices("\": ").map(|(at, _)| at).find(|at| !ends_escaped(text.get(..*at)))?;
                (unquoted(text.get(1..end)?), text.get(end + 3..)?)
            }
            false => text.split_once(": ").map(|(key, rest)| (key.to_owned(), rest))?,
        };
        let mut items = vec![];
        for item in split(rest).into_iter().filter(|item| *item != NOTHING) {
            let (name, has) = match (split_value(item), item.strip_suffix(" is unknown")) {
                (Some((name, value)), _) => (name, Has::Value(plain(value))),
                (None, Some(name)) => (name, Has::Unknown),
                (None, None) => (item, Has::Yes),
            };
            items.push((plain(name), has));
        }
        Some(Line { key, items })
    }

    pub(super) fn get(&self, name: &str) -> Option<&Has> {
        self.items.iter().find(|(known, _)| known == name).map(|(_, has)| has)
    }
}

/// A key bare where it is a plain word, else in quotes.
pub(super) fn key(key: &str) -> String {
    let is_plain = !key.is_empty() && key.chars().all(|it| it.is_alphanumeric() || "-_.@+".contains(it));
    if is_plain { key.to_owned() } else { print::quoted_text(key) }
}

fn ends_escaped(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.chars().rev().take_while(|it| *it == '\\').count() % 2 == 1)
}

fn unquoted(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(it) = characters.next() {
        match it {
            '\\' => match characters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('u') => {
                    let digits: String = characters.by_ref().skip(1).take_while(|it| *it != '}').collect();
                    out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
                }
                escaped => out.extend(escaped),
            },
            it => out.push(it),
        }
    }
    out
}

/// A name as rules write it; numbers and the like as they are.
fn written(name: &str) -> String {
    let is_plain = !syntax::is_reserved(name) && name.chars().all(|it| it.is_alphanumeric() || "_.-+:".contains(it));
    if is_plain || name == "missing" { name.to_owned() } else { format!("`{name}`") }
}

fn plain(name: &str) -> String {
    name.strip_prefix('`').and_then(|name| name.strip_suffix('`')).unwrap_or(name).to_owned()
}

/// The parts between commas, but for those between backticks.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut inside) = (vec![], 0, false);
    for (at, it) in text.char_indices() {
        match it {
            '`' => inside = !inside,
            ',' if !inside => {
                parts.extend(text.get(start..at).map(str::trim));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..).map(str::trim));
    parts
}

fn split_value(item: &str) -> Option<(&str, &str)> {
    let mut inside = false;
    for (at, it) in item.char_indices() {
        match it {
            '`' => inside = !inside,
            '=' if !inside => return Some((item.get(..at)?.trim(), item.get(at + 1..)?.trim())),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back_as_it_was_written() {
        let item = |name: &str, has: Has| (name.to_owned(), has);
        let items = [
            item("vip", Has::Yes),
            item("Last Order", Has::Yes),
            item("a, b = c", Has::Value("x, y".into())),
            item("heat", Has::Value("-0.50".into())),
            item("membership", Has::Value("missing".into())),
            item("top", Has::Unknown),
        ];
        for key in ["u1", "用户 7", "a\"b\\", "x\": y", "", "two\nlines", "back\\\\slash", "\u{1b}\u{202e}", "\\u{1b}"]
        {
            for number in 0..=items.len() {
                let line = Line { key: key.into(), items: items.iter().take(number).cloned().collect() };
                assert_eq!(Line::parse(&line.text()), Some(line.clone()), "{}", line.text());
            }
        }
    }
}
