//! How the prompt tells what everybody got: how a value is spread, who are examples, and who came and went.

use std::{borrow::Cow, cmp::Ordering, collections::BTreeMap};

use tagwell::{
    diagnostic::render::visible_line,
    ir::{Body, DefinitionId, Rulebook},
    outcome,
    value::{Type, Value, Zone, compare, number, print},
};

use super::{super::summary::grouped, everyone::Everyone, people::People};

/// Names of users that are shown.
const EXAMPLES: usize = 5;
/// Values that are shown.
const VALUES: usize = 12;

/// A value for the eye: moments in the zone to the minute, where they have no seconds.
pub(super) fn plain(value: &Value, zone: &Zone) -> String {
    let text = print::for_people(value, zone);
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
    let (mut yes, mut unknown, mut some) = (0, 0, vec![]);
    for (key, value) in people.of(at) {
        match value {
            Value::Bool(true) => {
                yes += 1;
                if some.len() <= EXAMPLES {
                    some.push(key);
                }
            }
            Value::Missing => unknown += 1,
            _ => {}
        }
    }
    let mut text = format!("{} of {}{}", grouped(yes as u64), users(people.len()), share(yes, people.len()));
    if yes > 0 {
        text += &format!(": {}", examples(&some));
    }
    if unknown > 0 {
        text += &format!("; unknown {}", grouped(unknown));
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
    let mut shown: Vec<Cow<'_, str>> = keys.iter().take(EXAMPLES).map(|key| visible_line(key)).collect();
    if keys.len() > EXAMPLES {
        shown.push("…".into());
    }
    shown.join(", ")
}

/// Of values in order: the least, the quarters, the greatest; of numbers the mean.
fn ordered(ty: &Type, people: &People, at: usize, zone: &Zone) -> String {
    let mut known: Vec<Value> = people.of(at).map(|(_, value)| value).filter(|it| *it != Value::Missing).collect();
    let missing = people.len() - known.len();
    let sum: f64 = known.iter().filter_map(number::to_f64).sum();
    let mut parts = vec![format!("{} known", grouped(known.len() as u64))];
    if missing > 0 {
        parts.push(format!("{} missing", grouped(missing as u64)));
    }
    let last = known.len().saturating_sub(1);
    let mut quantile = |quarter: usize| {
        let (at, order) =
            ((last * quarter + 2) / 4, |a: &Value, b: &Value| compare::order(a, b, zone).unwrap_or(Ordering::Equal));
        (at < known.len()).then(|| known.select_nth_unstable_by(at, order).1.clone())
    };
    for (word, quarter) in [("least", 0), ("quarter", 1), ("median", 2), ("three quarters", 3), ("greatest", 4)] {
        if let Some(value) = quantile(quarter) {
            parts.push(format!("{word} {}", plain(&value, zone)));
        }
    }
    if matches!(ty, Type::Int | Type::Decimal(_) | Type::Float) && !known.is_empty() {
        let mean = number::round(&number::finite(sum / known.len() as f64), &Value::Int(2));
        parts.push(format!("mean {}", print::text(&mean, zone)));
    }
    parts.join(", ")
}

/// Of names and texts: how many have each, the most frequent first; of a level from top to bottom.
fn values(ty: &Type, rulebook: &Rulebook, people: &People, at: usize, zone: &Zone) -> String {
    let mut ranks: BTreeMap<Option<u32>, usize> = BTreeMap::new();
    let mut counts: BTreeMap<String, (usize, Option<u32>)> = BTreeMap::new();
    for (_, value) in people.of(at) {
        match value {
            Value::Missing => *ranks.entry(None).or_default() += 1,
            Value::Choice(rank) => *ranks.entry(Some(rank)).or_default() += 1,
            value => counts.entry(print::json(&value, zone)).or_insert((0, None)).0 += 1,
        }
    }
    for (rank, count) in ranks {
        let text = rank.map(|rank| print::text(&rulebook.shown(&Value::Choice(rank), ty), zone));
        counts.insert(text.unwrap_or_else(|| "missing".to_owned()), (count, rank));
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
    let rows: Vec<(Cow<'_, str>, usize)> =
        counts.iter().take(VALUES).map(|(text, count, _)| (visible_line(text), *count)).collect();
    let widest = rows.iter().map(|(text, _)| width(text)).max().unwrap_or(0);
    for (value, count) in &rows {
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
pub(crate) fn changes(before: &Everyone, after: &Everyone, zone: &Zone) -> String {
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
        let pairs = before.2.of(known).zip(after.2.of(at)).map(|((key, a), (_, b))| (key, a, b));
        let lines = match definition.ty {
            Type::Bool => came_and_went(pairs),
            _ => moved(pairs, (before.0, &old.ty), (after.0, &definition.ty), zone),
        };
        if !lines.is_empty() {
            text += &format!("{}\n{lines}", definition.name);
        }
    }
    text
}

fn came_and_went<'k>(pairs: impl Iterator<Item = (&'k str, Value, Value)>) -> String {
    let (mut came, mut went) = (Several::default(), Several::default());
    for (key, a, b) in pairs {
        match (a == Value::Bool(true), b == Value::Bool(true)) {
            (false, true) => came.add(key),
            (true, false) => went.add(key),
            (true, true) | (false, false) => {}
        }
    }
    let line = |sign: &str, some: &Several<'_>| match some.number {
        0 => String::new(),
        _ => format!("  {sign} {some}\n"),
    };
    line("+", &came) + &line("-", &went)
}

/// A number of users, and who some of them are.
#[derive(Default)]
struct Several<'k> {
    number: u64,
    first: Vec<&'k str>,
}

impl<'k> Several<'k> {
    fn add(&mut self, key: &'k str) {
        self.number += 1;
        if self.first.len() <= EXAMPLES {
            self.first.push(key);
        }
    }
}

impl std::fmt::Display for Several<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}", grouped(self.number), examples(&self.first))
    }
}

/// `silver → gold 2: u1, u7`
fn moved<'k>(
    pairs: impl Iterator<Item = (&'k str, Value, Value)>,
    before: (&Rulebook, &Type),
    after: (&Rulebook, &Type),
    zone: &Zone,
) -> String {
    let shown = |value: &Value, (rulebook, ty): (&Rulebook, &Type)| match value {
        Value::Missing => "none".to_owned(),
        value => print::for_people(&rulebook.shown(value, ty), zone),
    };
    let is_number = matches!(after.1, Type::Int | Type::Decimal(_) | Type::Float);
    let mut moves: BTreeMap<String, Several<'_>> = BTreeMap::new();
    // Of a level's values the names count, which may have other ranks now; each pair of ranks is looked at once.
    let mut ranks: BTreeMap<(Option<u32>, Option<u32>), Option<String>> = BTreeMap::new();
    for (key, a, b) in pairs {
        let told = || {
            let (old, new) = (shown(&a, before), shown(&b, after));
            (old != new).then(|| format!("{old} → {new}"))
        };
        let how = match (is_number, number::order(&a, &b)) {
            (_, Some(Ordering::Equal)) => None,
            (true, Some(Ordering::Less)) => Some("more".to_owned()),
            (true, Some(Ordering::Greater)) => Some("less".to_owned()),
            _ => match (rank(&a), rank(&b)) {
                (Some(a), Some(b)) => ranks.entry((a, b)).or_insert_with(told).clone(),
                _ if a == b => None,
                _ => told(),
            },
        };
        if let Some(how) = how {
            moves.entry(how).or_default().add(key);
        }
    }
    let lines = moves.iter().map(|(how, some)| format!("  {} {some}\n", visible_line(how)));
    lines.take(VALUES).collect()
}

/// The rank of a level's value, and that it is missing.
fn rank(value: &Value) -> Option<Option<u32>> {
    match value {
        Value::Choice(rank) => Some(Some(*rank)),
        Value::Missing => Some(None),
        _ => None,
    }
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
    let sorts: [(&str, Vec<usize>); 2] =
        [("tags", (0..ids.len()).filter(is_tag).collect()), ("segments", (0..ids.len()).filter(is_segment).collect())];
    let sorts: Vec<_> = sorts.into_iter().filter(|(_, places)| !places.is_empty()).collect();
    head.extend(sorts.iter().map(|(word, _)| (*word).to_owned()));
    head.extend(behind.iter().map(name));
    let mut lines = vec![head];
    for row in rows {
        let Some(key) = people.keys.get(row) else { continue };
        let cell = |at: &usize| match (people.value(*at, row), ids.get(*at)) {
            (Value::Missing, _) | (_, None) => "–".to_owned(),
            (value, Some(id)) => plain(&rulebook.shown(&value, &rulebook.definition(*id).ty), zone),
        };
        let mut line = vec![key.clone()];
        line.extend(before.iter().map(cell));
        for (_, places) in &sorts {
            let has = |at: &&usize| people.value(**at, row) == Value::Bool(true);
            let had: Vec<String> = places.iter().filter(has).map(name).collect();
            line.push(if had.is_empty() { "–".to_owned() } else { had.join(", ") });
        }
        line.extend(behind.iter().map(cell));
        lines.push(line);
    }
    outcome::aligned(&lines)
}
