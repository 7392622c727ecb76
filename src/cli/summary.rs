//! What a run came to, for people and for programs.

use serde_json::{Map, Value as Json, json};
use tagwell::{
    diagnostic::render::visible_line,
    engine::{ChildCount, Count, Engine, MetricValues, Ran},
    eval::unknown::{Ahead, Cause},
    ir::{Body, Definition, DefinitionId},
    outcome,
    schema::TableId,
    value::{Type, Value, moment_text::timestamp_text, print},
};

/// `1,204`
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What is known of those of whom a result is unknown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// How many they are, and what they lack.
    Found,
    /// Of results that were computed elsewhere how many have no value: who lacks a tag may not have it, or be unknown.
    OfResults,
}

impl Unknown {
    /// Whether they can be counted.
    fn is_told(self, body: &Body) -> bool {
        self == Unknown::Found || !matches!(body, Body::Tag(_) | Body::Segment(_))
    }
}

/// A table of counts, and the line that accounts for every row.
pub(crate) fn text(engine: &Engine, ran: &Ran, wanted: &[DefinitionId], unknown: Unknown) -> String {
    let mut rows = vec![vec!["result".to_owned(), "label".into(), "users".into(), "share".into(), "unknown".into()]];
    for id in wanted {
        let definition = engine.rulebook().definition(*id);
        let count = ran.tally.counts.get(id).cloned().unwrap_or_default();
        let share = |users: u64| match ran.tally.users {
            0 => String::new(),
            all => format!("{:.1} %", users as f64 * 100.0 / all as f64),
        };
        let label = definition.label.clone().unwrap_or_default();
        let unknown = match unknown {
            Unknown::Found => with_causes(engine, &count),
            _ if !unknown.is_told(&definition.body) => "not told".into(),
            Unknown::OfResults if count.unknown == 0 => String::new(),
            Unknown::OfResults => grouped(count.unknown),
        };
        match (&definition.body, &definition.ty) {
            (Body::Level(_) | Body::Layer(_) | Body::Funnel(..), Type::Choice(choices)) => {
                rows.push(vec![definition.name.to_string(), label, String::new(), String::new(), unknown]);
                let values = engine.rulebook().choices(*choices);
                let ranks = (0..values.values.len() as u32).zip(&values.values);
                let mut lines: Vec<Vec<String>> = ranks
                    .map(|(rank, value)| {
                        let users = count.by_rank.get(&rank).copied().unwrap_or(0);
                        let label = value.label.clone().unwrap_or_default();
                        vec![format!("  {}", value.name), label, grouped(users), share(users), String::new()]
                    })
                    .collect();
                if values.ordered {
                    lines.reverse();
                }
                rows.extend(lines);
            }
            _ => {
                rows.push(vec![definition.name.to_string(), label, grouped(count.known), share(count.known), unknown]);
            }
        }
    }
    let mut text = format!("as of {}\n", timestamp_text(engine.clock().now(), engine.clock().zone()));
    if rows.len() > 1 {
        text += &outcome::aligned(&rows);
    }
    let metrics = metric_rows(engine, ran);
    if metrics.len() > 1 {
        text += &outcome::aligned(&metrics);
    }
    for (id, count) in &ran.children {
        text += &children(engine, *id, count);
    }
    if ran.children.values().any(|count| count.future > 0) {
        text +=
            "what is after the as-of has not happened yet; the users' own columns carry no date and are as they are\n";
    }
    text + &closing(ran)
}

/// `3 users read, 2 evaluated, 1 rejected`
pub(crate) fn closing(ran: &Ran) -> String {
    let users = if ran.read == 1 { "user" } else { "users" };
    format!(
        "{} {users} read, {} evaluated, {} rejected\n",
        grouped(ran.read),
        grouped(ran.tally.users),
        grouped(ran.rejected)
    )
}

/// `88 (spend 80, last_order 12)`
fn with_causes(engine: &Engine, count: &Count) -> String {
    if count.unknown == 0 {
        return String::new();
    }
    let mut causes: Vec<_> = count.causes.iter().collect();
    causes.sort_by_key(|(cause, users)| (std::cmp::Reverse(**users), **cause));
    let causes: Vec<String> =
        causes.iter().map(|(cause, users)| format!("{} {}", cause_name(engine, **cause), grouped(**users))).collect();
    let number = grouped(count.unknown);
    if causes.is_empty() { number } else { format!("{number} ({})", causes.join(", ")) }
}

/// `spend`, `last_order`, `orders`
fn cause_name(engine: &Engine, cause: Cause) -> String {
    let rulebook = engine.rulebook();
    match cause {
        Cause::Column(id) => rulebook.schema.root().column(id).name.to_string(),
        Cause::Definition(id) => rulebook.definition(id).name.to_string(),
        Cause::Children(table) => rulebook.schema.table(table).name.to_string(),
        Cause::Users => rulebook.schema.root().name.to_string(),
        Cause::Ahead(ahead) => {
            let moment = match ahead {
                Ahead::Column(id) => Cause::Column(id),
                Ahead::Definition(id) => Cause::Definition(id),
                Ahead::Children(table) => Cause::Children(table),
                Ahead::Users => Cause::Users,
            };
            format!("{} in the future", cause_name(engine, moment))
        }
    }
}

/// A row a metric, or a row a group.
fn metric_rows(engine: &Engine, ran: &Ran) -> Vec<Vec<String>> {
    let rulebook = engine.rulebook();
    let zone = engine.clock().zone();
    let mut rows = vec![vec!["metric".to_owned(), "label".into(), "value".into()]];
    for metric in &ran.metrics {
        let definition = rulebook.definition(metric.definition);
        let label = definition.label.clone().unwrap_or_default();
        let shown = |value: &Value| print::for_people(&rulebook.shown(value, &definition.ty), zone);
        match metric.values.as_slice() {
            [(key, value)] if key.is_empty() => rows.push(vec![definition.name.to_string(), label, shown(value)]),
            groups => {
                rows.push(vec![definition.name.to_string(), label, String::new()]);
                let line = |(key, value): &(Vec<Value>, Value)| {
                    vec![format!("  {}", key_texts(engine, metric, key).join(", ")), String::new(), shown(value)]
                };
                rows.extend(groups.iter().map(line));
            }
        }
    }
    rows
}

/// What a group has in common, as texts.
fn key_texts(engine: &Engine, metric: &MetricValues, key: &[Value]) -> Vec<String> {
    let rulebook = engine.rulebook();
    let metrics = rulebook.metrics();
    let per = metrics.iter().find(|it| it.definition == metric.definition).map(|it| it.per.as_slice());
    let texts = key.iter().zip(per.unwrap_or_default());
    texts.map(|(value, per)| print::text(&rulebook.shown(value, &per.ty), engine.clock().zone())).collect()
}

/// `orders: 1,204 read, 3 of users who are not there (u9 and others), 12 after the as-of`
fn children(engine: &Engine, id: TableId, count: &ChildCount) -> String {
    let mut parts = vec![format!("{} read", grouped(count.read))];
    if count.orphans > 0 {
        let first = visible_line(count.first_orphan.as_deref().unwrap_or_default());
        let others = if count.orphans > 1 { " is the first" } else { "" };
        parts.push(format!("{} of users who are not there (`{first}`{others})", grouped(count.orphans)));
    }
    for (number, what) in
        [(count.keyless, "of no user"), (count.future, "after the as-of"), (count.rejected, "rejected")]
    {
        if number > 0 {
            parts.push(format!("{} {what}", grouped(number)));
        }
    }
    format!("{}: {}\n", engine.rulebook().schema.table(id).name, parts.join(", "))
}

/// The same for programs: one JSON object on one line.
pub(crate) fn json(
    engine: &Engine,
    ran: &Ran,
    wanted: &[DefinitionId],
    unknown: Unknown,
    acted: Option<Map<String, Json>>,
) -> String {
    let (mut counts, mut values) = (Object::of(wanted.len()), Object::of(0));
    let nobody = Count::default();
    for id in wanted {
        let definition: &Definition = engine.rulebook().definition(*id);
        let count = ran.tally.counts.get(id).unwrap_or(&nobody);
        let name = definition.name.as_str();
        let known = match (&definition.body, &definition.ty) {
            (Body::Level(_) | Body::Layer(_) | Body::Funnel(..), Type::Choice(choices)) => {
                let mut spread = Object::of(0);
                for (rank, value) in (0..).zip(&engine.rulebook().choices(*choices).values) {
                    spread.entry(value.name.as_str(), count.by_rank.get(&rank).unwrap_or(&0));
                }
                values.entry(name, spread.closed());
                "known"
            }
            (Body::Score(_), _) => "known",
            _ => "true",
        };
        match unknown.is_told(&definition.body) {
            true => counts.entry(name, format_args!("{{\"{known}\":{},\"unknown\":{}}}", count.known, count.unknown)),
            false => counts.entry(name, format_args!("{{\"{known}\":{},\"unknown\":null}}", count.known)),
        }
    }
    let mut summary = Object::of(0);
    summary.entry("as_of", Json::from(timestamp_text(engine.clock().now(), engine.clock().zone())));
    summary.entry("users", json!({"read": ran.read, "evaluated": ran.tally.users, "rejected": ran.rejected}));
    summary.entry("counts", counts.closed());
    summary.entry("values", values.closed());
    summary.entry("metrics", Json::Object(metrics(engine, ran)));
    summary.entry("children", Json::Object(children_json(engine, ran)));
    for (name, value) in acted.into_iter().flatten() {
        summary.entry(&name, value);
    }
    summary.closed() + "\n"
}

/// A JSON object while it is written: of ten thousand rules no tree is made first.
struct Object(String);

impl Object {
    /// Of about so many entries.
    fn of(entries: usize) -> Object {
        let mut text = String::with_capacity(1 + entries * 48);
        text.push('{');
        Object(text)
    }

    /// An entry whose value is JSON already.
    fn entry(&mut self, name: &str, value: impl std::fmt::Display) {
        use std::fmt::Write;
        if self.0.len() > 1 {
            self.0.push(',');
        }
        if name.bytes().any(|byte| byte == b'"' || byte == b'\\' || byte.is_ascii_control()) {
            self.0 += &Json::from(name).to_string();
        } else {
            self.0.extend(["\"", name, "\""]);
        }
        // A text takes whatever is written to it.
        let _ = write!(self.0, ":{value}");
    }

    fn closed(self) -> String {
        self.0 + "}"
    }
}

/// Each metric's value, or an object of its values by group.
fn metrics(engine: &Engine, ran: &Ran) -> Map<String, Json> {
    let rulebook = engine.rulebook();
    let mut all = Map::new();
    for metric in &ran.metrics {
        let definition = rulebook.definition(metric.definition);
        let shown = |value: &Value| {
            let text = print::json(&rulebook.shown(value, &definition.ty), engine.clock().zone());
            serde_json::from_str(&text).unwrap_or(Json::Null)
        };
        let mut json = Json::Object(Map::new());
        for (key, value) in &metric.values {
            let mut place = &mut json;
            for text in key_texts(engine, metric, key) {
                if !place.is_object() {
                    *place = Json::Object(Map::new());
                }
                let Json::Object(object) = place else { break };
                place = object.entry(text).or_insert(Json::Null);
            }
            *place = shown(value);
        }
        all.insert(definition.name.to_string(), json);
    }
    all
}

fn children_json(engine: &Engine, ran: &Ran) -> Map<String, Json> {
    let of = |(id, count): (&TableId, &ChildCount)| {
        let name = engine.rulebook().schema.table(*id).name.to_string();
        let count = json!({
            "read": count.read, "orphans": count.orphans, "future": count.future,
            "keyless": count.keyless, "rejected": count.rejected,
        });
        (name, count)
    };
    ran.children.iter().map(of).collect()
}
