//! What a run came to, for people and for programs.

use serde_json::{Map, Value as Json, json};
use tagwell::{
    engine::{Count, Engine, Ran},
    ir::{Body, Definition, DefinitionId},
    outcome,
    value::{Type, moment_text::timestamp_text},
};

/// `1,204`
fn grouped(number: u64) -> String {
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

/// A table of counts, and the line that accounts for every row.
pub(crate) fn text(engine: &Engine, ran: &Ran, wanted: &[DefinitionId]) -> String {
    let mut rows = vec![vec!["result".to_owned(), "label".into(), "users".into(), "share".into(), "unknown".into()]];
    for id in wanted {
        let definition = engine.rulebook().definition(*id);
        let count = ran.tally.counts.get(id).cloned().unwrap_or_default();
        let share = |users: u64| match ran.tally.users {
            0 => String::new(),
            all => format!("{:.1} %", users as f64 * 100.0 / all as f64),
        };
        let label = definition.label.clone().unwrap_or_default();
        let unknown = unknown(engine, &count);
        match (&definition.body, &definition.ty) {
            (Body::Level(_) | Body::Layer(_), Type::Choice(choices)) => {
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
fn unknown(engine: &Engine, count: &Count) -> String {
    if count.unknown == 0 {
        return String::new();
    }
    let root = engine.rulebook().schema.root();
    let mut causes: Vec<_> = count.causes.iter().collect();
    causes.sort_by_key(|(column, users)| (std::cmp::Reverse(**users), **column));
    let causes: Vec<String> =
        causes.iter().map(|(column, users)| format!("{} {}", root.column(**column).name, grouped(**users))).collect();
    let number = grouped(count.unknown);
    if causes.is_empty() { number } else { format!("{number} ({})", causes.join(", ")) }
}

/// The same for programs: one JSON object on one line.
pub(crate) fn json(engine: &Engine, ran: &Ran, wanted: &[DefinitionId]) -> String {
    let (mut counts, mut values) = (Map::new(), Map::new());
    for id in wanted {
        let definition: &Definition = engine.rulebook().definition(*id);
        let count = ran.tally.counts.get(id).cloned().unwrap_or_default();
        let name = definition.name.to_string();
        match (&definition.body, &definition.ty) {
            (Body::Level(_) | Body::Layer(_), Type::Choice(choices)) => {
                let names = &engine.rulebook().choices(*choices).values;
                let spread = names.iter().enumerate().map(|(rank, value)| {
                    (value.name.to_string(), Json::from(count.by_rank.get(&(rank as u32)).copied().unwrap_or(0)))
                });
                values.insert(name.clone(), Json::Object(spread.collect()));
                counts.insert(name, json!({"known": count.known, "unknown": count.unknown}));
            }
            (Body::Score(_), _) => {
                counts.insert(name, json!({"known": count.known, "unknown": count.unknown}));
            }
            _ => {
                counts.insert(name, json!({"true": count.known, "unknown": count.unknown}));
            }
        }
    }
    let summary = json!({
        "as_of": timestamp_text(engine.clock().now(), engine.clock().zone()),
        "users": {"read": ran.read, "evaluated": ran.tally.users, "rejected": ran.rejected},
        "counts": counts,
        "values": values,
        "metrics": {},
        "children": {},
    });
    format!("{summary}\n")
}
