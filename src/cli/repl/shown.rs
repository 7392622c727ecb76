//! How the prompt tells what everybody got: how a value is spread, who are examples, and who came and went.

use std::{cmp::Ordering, collections::BTreeMap};

use tagwell::{
    ir::{Body, DefinitionId, Rulebook},
    outcome,
    value::{Type, Value, Zone, compare, number, print},
};

use super::{super::summary::grouped, people::People, session::Everyone};

/// Names of users that are shown.
const EXAMPLES: usize = 5;
/// Values that are shown.
const VALUES: usize = 12;

/// A value for the eye: moments in the zone to the minute, where they have no seconds.
pub(super) fn plain(value: &Value, zone: &Zone) -> String {
    let text = print::text(value, zone);
    let (Value::Timestamp(_), Some((day, time))) = (value, text.split_once('T')) else { return text };
    let time = time.split(['+', '-', 'Z']).next().unwrap_or(time);
    format!("{day} {}", time.strip_suffix(":00").unwrap_or(time))
}

/// How a value is spread over everybody, and some of whom it is true.
pub(crate) fn spread(name: &str, ty: &Type, rulebook: &Rulebook, people: &People, at: usize, zone: &Zone) -> String {
    let head = if name.is_empty() { String::new() } else { format!("{name}: ") };
    match ty {
        Type::Bool => format!("{head}{}\n", truths(people, at)),
        Type::Int | Type::Decimal(_) | Type::Float | Type::Date | Type::Timestamp | Type::Duration => {
            format!("{head}{}\n", ordered(ty, people, at, zone))
        }
        Type::Text | Type::Choice(_) | Type::List(_) => {
            let rows = values(ty, rulebook, people, at, zone);
            let head = if name.is_empty() { String::new() } else { format!("{name}\n") };
            format!("{head}{rows}")
        }
    }
}

/// `3 of 12 users (25.0 %): u1, u7, u9; unknown 1`
fn truths(people: &People, at: usize) -> String {
    let yes: Vec<&str> = people.of(at).filter(|(_, value)| **value == Value::Bool(true)).map(|(key, _)| key).collect();
    let unknown = people.of(at).filter(|(_, value)| **value == Value::Missing).count();
    let mut text =
        format!("{} of {}{}", grouped(yes.len() as u64), users(people.len()), share(yes.len(), people.len()));
    if !yes.is_empty() {
        text += &format!(": {}", examples(&yes));
    }
    if unknown > 0 {
        text += &format!("; unknown {}", grouped(unknown as u64));
    }
    text
}

pub(crate) fn users(number: usize) -> String {
    format!("{} {}", grouped(number as u64), if number == 1 { "user" } else { "users" })
}

fn share(part: usize, all: usize) -> String {
    match all {
        0 => String::new(),
        all => format!(" ({:.1} %)", part as f64 * 100.0 / all as f64),
    }
}

/// `u1, u7, u9, …`
fn examples(keys: &[&str]) -> String {
    let mut shown: Vec<&str> = keys.iter().take(EXAMPLES).copied().collect();
    if keys.len() > EXAMPLES {
        shown.push("…");
    }
    shown.join(", ")
}

/// Of values in order: the least, the quarters, the greatest; of numbers the mean.
fn ordered(ty: &Type, people: &People, at: usize, zone: &Zone) -> String {
    let mut known: Vec<&Value> = people.of(at).map(|(_, value)| value).filter(|it| **it != Value::Missing).collect();
    let missing = people.len() - known.len();
    known.sort_by(|a, b| compare::order(a, b, zone).unwrap_or(Ordering::Equal));
    let mut parts = vec![format!("{} known", grouped(known.len() as u64))];
    if missing > 0 {
        parts.push(format!("{} missing", grouped(missing as u64)));
    }
    let quantile = |quarter: usize| known.get((known.len().saturating_sub(1) * quarter + 2) / 4);
    for (word, quarter) in [("least", 0), ("quarter", 1), ("median", 2), ("three quarters", 3), ("greatest", 4)] {
        if let Some(value) = quantile(quarter) {
            parts.push(format!("{word} {}", plain(value, zone)));
        }
    }
    if matches!(ty, Type::Int | Type::Decimal(_) | Type::Float) && !known.is_empty() {
        let sum: f64 = known.iter().filter_map(|value| number::to_f64(value)).sum();
        let mean = number::round(&number::finite(sum / known.len() as f64), &Value::Int(2));
        parts.push(format!("mean {}", print::text(&mean, zone)));
    }
    parts.join(", ")
}

/// Of names and texts: how many have each, the most frequent first; of a level from top to bottom.
fn values(ty: &Type, rulebook: &Rulebook, people: &People, at: usize, zone: &Zone) -> String {
    let mut counts: BTreeMap<String, (usize, Option<u32>)> = BTreeMap::new();
    for (_, value) in people.of(at) {
        let (text, rank) = match value {
            Value::Missing => ("missing".to_owned(), None),
            Value::Choice(rank) => (print::text(&rulebook.shown(value, ty), zone), Some(*rank)),
            value => (print::json(&rulebook.shown(value, ty), zone), None),
        };
        counts.entry(text).or_insert((0, rank)).0 += 1;
    }
    let mut counts: Vec<(String, usize, Option<u32>)> =
        counts.into_iter().map(|(text, (count, rank))| (text, count, rank)).collect();
    match ty {
        Type::Choice(id) if rulebook.choices(*id).ordered => {
            counts.sort_by_key(|(_, _, rank)| std::cmp::Reverse(*rank))
        }
        Type::Choice(_) => counts.sort_by_key(|(_, _, rank)| rank.map_or(u32::MAX, |rank| rank)),
        _ => counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0))),
    }
    let rest = counts.len().saturating_sub(VALUES);
    let mut text = String::new();
    let widest = counts.iter().take(VALUES).map(|(text, ..)| width(text)).max().unwrap_or(0);
    for (value, count, _) in counts.iter().take(VALUES) {
        let gap = " ".repeat(widest - width(value));
        text += &format!("  {value}{gap}  {}{}\n", grouped(*count as u64), share(*count, people.len()));
    }
    if rest > 0 {
        text += &format!("  … and {} more\n", grouped(rest as u64));
    }
    text
}

fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// Who came and who went, of each result that the two have in common; empty where nobody did.
pub(crate) fn changes(
    before: &Everyone,
    after: &Everyone,
    zone: &Zone,
) -> String {
    let (before, after) =
        ((&*before.rulebook, &before.ids, &before.people), (&*after.rulebook, &after.ids, &after.people));
    let mut text = String::new();
    for (at, id) in after.1.iter().enumerate() {
        let definition = after.0.definition(*id);
        let known = before.1.iter().position(|it| before.0.definition(*it).name == definition.name);
        let Some(known) = known else { continue };
        let old = before.0.definition(before.1.get(known).copied().unwrap_or(*id));
        if std::mem::discriminant(&old.body) != std::mem::discriminant(&definition.body) {
            continue;
        }
        let pairs: Vec<(&str, &Value, &Value)> =
            before.2.of(known).zip(after.2.of(at)).map(|((key, a), (_, b))| (key, a, b)).collect();
        let lines = match definition.ty {
            Type::Bool => came_and_went(&pairs),
            _ => moved(&pairs, (before.0, &old.ty), (after.0, &definition.ty), zone),
        };
        if !lines.is_empty() {
            text += &format!("{}\n{lines}", definition.name);
        }
    }
    text
}

fn came_and_went(pairs: &[(&str, &Value, &Value)]) -> String {
    let is = |value: &Value| *value == Value::Bool(true);
    let came: Vec<&str> = pairs.iter().filter(|(_, a, b)| !is(a) && is(b)).map(|(key, ..)| *key).collect();
    let went: Vec<&str> = pairs.iter().filter(|(_, a, b)| is(a) && !is(b)).map(|(key, ..)| *key).collect();
    let line = |sign: &str, keys: &[&str]| match keys.is_empty() {
        true => String::new(),
        false => format!("  {sign} {}: {}\n", grouped(keys.len() as u64), examples(keys)),
    };
    line("+", &came) + &line("-", &went)
}

/// `silver → gold 2: u1, u7`
fn moved(
    pairs: &[(&str, &Value, &Value)],
    before: (&Rulebook, &Type),
    after: (&Rulebook, &Type),
    zone: &Zone,
) -> String {
    let shown = |value: &Value, (rulebook, ty): (&Rulebook, &Type)| match value {
        Value::Missing => "none".to_owned(),
        value => print::text(&rulebook.shown(value, ty), zone),
    };
    let is_number = matches!(after.1, Type::Int | Type::Decimal(_) | Type::Float);
    let mut moves: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (key, a, b) in pairs {
        let (old, new) = (shown(a, before), shown(b, after));
        if old == new {
            continue;
        }
        let how = match (is_number, number::order(a, b)) {
            (true, Some(Ordering::Less)) => "more".to_owned(),
            (true, Some(Ordering::Greater)) => "less".to_owned(),
            _ => format!("{old} → {new}"),
        };
        moves.entry(how).or_default().push(key);
    }
    let lines = moves.iter().map(|(how, keys)| format!("  {how} {}: {}\n", grouped(keys.len() as u64), examples(keys)));
    lines.take(VALUES).collect()
}

/// Some users with what they got, as a table: the tags and segments that they have in one column each, and everything else in its own.
/// Of the definitions in `first` the values come first.
pub(crate) fn table(
    rulebook: &Rulebook,
    ids: &[DefinitionId],
    first: &[String],
    people: &People,
    rows: impl IntoIterator<Item = usize>,
    zone: &Zone,
) -> String {
    let body = |id: &DefinitionId| &rulebook.definition(*id).body;
    let is = |at: &usize, wanted: fn(&Body) -> bool| ids.get(*at).is_some_and(|id| wanted(body(id)));
    let is_tag = |at: &usize| is(at, |body| matches!(body, Body::Tag(_)));
    let is_segment = |at: &usize| is(at, |body| matches!(body, Body::Segment(_)));
    let own: Vec<usize> = (0..ids.len()).filter(|at| !is_tag(at) && !is_segment(at)).collect();
    let (before, behind): (Vec<usize>, Vec<usize>) = own.into_iter().partition(|at| *at >= ids.len() - first.len());
    let name = |at: &usize| ids.get(*at).map(|id| rulebook.definition(*id).name.to_string()).unwrap_or_default();
    let mut head = vec!["user".to_owned()];
    head.extend(first.iter().cloned());
    let sorts: [(&str, Vec<usize>); 2] = [
        ("tags", (0..ids.len()).filter(is_tag).collect()),
        ("segments", (0..ids.len()).filter(is_segment).collect()),
    ];
    let sorts: Vec<_> = sorts.into_iter().filter(|(_, places)| !places.is_empty()).collect();
    head.extend(sorts.iter().map(|(word, _)| (*word).to_owned()));
    head.extend(behind.iter().map(name));
    let mut lines = vec![head];
    for row in rows {
        let Some((key, values)) = people.keys.get(row).zip(people.values.get(row)) else { continue };
        let cell = |at: &usize| match (values.get(*at), ids.get(*at)) {
            (Some(Value::Missing) | None, _) | (_, None) => "–".to_owned(),
            (Some(value), Some(id)) => plain(&rulebook.shown(value, &rulebook.definition(*id).ty), zone),
        };
        let mut line = vec![key.clone()];
        line.extend(before.iter().map(cell));
        for (_, places) in &sorts {
            let has = |at: &&usize| values.get(**at) == Some(&Value::Bool(true));
            let had: Vec<String> = places.iter().filter(has).map(name).collect();
            line.push(if had.is_empty() { "–".to_owned() } else { had.join(", ") });
        }
        line.extend(behind.iter().map(cell));
        lines.push(line);
    }
    outcome::aligned(&lines)
}
