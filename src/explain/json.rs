//! Explanations as one JSON document.

use serde_json::{Map, Value as Json, json};

use crate::{
    action::Done,
    explain::{Branch, Change, Deed, Explained, Later, Stretch, Turn, What},
    value::{Clock, Truth, Value, Zone, moment_text::timestamp_text, print, time::Bound},
};

/// `{"as_of","user_id","results":[…]}`
pub fn json(user: &Value, clock: &Clock, results: &[Explained]) -> String {
    let zone = clock.zone();
    let results: Vec<Json> = results.iter().map(|result| result_json(result, zone)).collect();
    let document = json!({
        "as_of": timestamp_text(clock.now(), zone),
        "user_id": own(user, zone),
        "results": results,
    });
    let mut text = document.to_string();
    text.push('\n');
    text
}

fn own(value: &Value, zone: &Zone) -> Json {
    serde_json::from_str(&print::json(value, zone)).unwrap_or(Json::Null)
}

fn result_json(result: &Explained, zone: &Zone) -> Json {
    // Of what is there now it is told until when; of what is not, from when.
    let is_there = result.applies.unwrap_or(result.value != Value::Missing);
    let when = match result.later {
        Later::At(instant) => Json::from(timestamp_text(instant, zone)),
        Later::Never | Later::HangsOnOthers => Json::Null,
    };
    let (from, until) = if is_there { (Json::Null, when) } else { (when, Json::Null) };
    let nearest = match &result.nearest {
        Some(changes) => changes.iter().map(|change| change_json(change, zone)).collect(),
        None => Json::Null,
    };
    let tree = match result.tree.as_slice() {
        [one] => branch_json(one, zone),
        several => {
            json!({ "is": result.kind, "parts": several.iter().map(|it| branch_json(it, zone)).collect::<Vec<_>>() })
        }
    };
    json!({
        "name": result.name,
        "label": result.label,
        "kind": result.kind,
        "value": own(&result.value, zone),
        "tree": tree,
        "towards": result.more.as_ref().map_or_else(|| json!(result.towards), |more| own(more, zone)),
        "nearest": nearest,
        "gave_up": result.gave_up,
        "from": from,
        "until": until,
        "hangs_on_others": result.later == Later::HangsOnOthers,
        "unknown_above": result.unknown_above,
        "since": moment(result.since, zone),
        "deeds": result.deeds.iter().map(|deed| deed_json(deed, zone)).collect::<Vec<_>>(),
    })
}

fn moment(instant: Option<i64>, zone: &Zone) -> Json {
    instant.map_or(Json::Null, |instant| Json::from(timestamp_text(instant, zone)))
}

fn deed_json(deed: &Deed, zone: &Zone) -> Json {
    let (what, next) = match deed.turn {
        Turn::Now => ("now", None),
        Turn::Heard => ("inside", None),
        Turn::Unheard(reason) => (reason.name(), None),
        Turn::Entry => ("enter", None),
        Turn::Exit => ("exit", None),
        Turn::At(instant) => ("next", Some(instant)),
        Turn::Row => ("row", None),
        Turn::Outside => ("outside", None),
    };
    let (channel, message) = match &deed.deed {
        Some(Done::Send(channel, text)) => (Some(channel.as_str()), Some(text)),
        Some(Done::Do(_) | Done::Hold) | None => (None, None),
    };
    json!({
        "trigger": deed.trigger,
        "do": deed.deed.as_ref().map(Done::name),
        "channel": channel,
        "message": message,
        "written": deed.written,
        "variant": deed.variant,
        "when": what,
        "next": moment(next, zone),
        "not_before": moment(deed.not_before, zone),
        "stopped": deed.stopped.first().map(|it| it.reason),
        "stopped_by": deed.stopped.first().map(|it| it.by.as_str()),
        "stopped_until": moment(deed.stopped.first().and_then(|it| it.until), zone),
        "free_from": moment(deed.stopped.last().and_then(|it| it.until), zone),
        "last": moment(deed.last, zone),
    })
}

fn change_json(change: &Change, zone: &Zone) -> Json {
    json!({
        "leaf": change.leaf,
        "column": change.column,
        "is": own(&change.is, zone),
        "to": own(&change.to, zone),
    })
}

fn branch_json(branch: &Branch, zone: &Zone) -> Json {
    let mut object = Map::new();
    let mut put = |key: &str, value: Json| {
        object.insert(key.to_owned(), value);
    };
    put("is", Json::from(branch.what.word()));
    put("text", Json::from(branch.text.as_str()));
    if let Some(truth) = branch.truth {
        put("truth", Json::from(truth_word(truth)));
    }
    if let Some(value) = &branch.value {
        put("value", own(value, zone));
    }
    if !branch.facts.is_empty() {
        let facts: Map<String, Json> =
            branch.facts.iter().map(|fact| (fact.name.clone(), own(&fact.value, zone))).collect();
        put("values", Json::Object(facts));
    }
    if let Some(window) = branch.window {
        put("window", stretch_json(window, zone));
    }
    if let Some(rows) = &branch.rows {
        let future = rows.future;
        put("rows", json!({ "table": rows.table, "counted": rows.counted, "of": rows.happened, "future": future }));
    }
    if let Some(cut) = &branch.cut {
        let at = cut.at.as_ref().map_or(Json::Null, |at| own(at, zone));
        let value = own(&cut.value, zone);
        put("rank", json!({ "value": value, "less": cut.less, "more": cut.more, "ranked": cut.ranked, "cut": at }));
    }
    if let Some(kept) = &branch.kept {
        put("kept_since", own(kept, zone));
    }
    if let Some(points) = &branch.points {
        put("points", own(points, zone));
    }
    if let Some(reached) = &branch.reached {
        put("reached", own(reached, zone));
    }
    if matches!(branch.what, What::Arm | What::Points | What::Step) {
        put("takes", Json::from(branch.takes));
    }
    if !branch.branches.is_empty() {
        put("parts", branch.branches.iter().map(|it| branch_json(it, zone)).collect());
    }
    Json::Object(object)
}

fn stretch_json(stretch: Stretch, zone: &Zone) -> Json {
    let at = |bound: Option<Bound>| bound.map_or(Json::Null, |bound| own(&bound.at.into(), zone));
    let included = |bound: Option<Bound>| bound.is_none_or(|bound| bound.included);
    json!({
        "from": at(stretch.low), "from_included": included(stretch.low),
        "to": at(stretch.high), "to_included": included(stretch.high),
    })
}

/// `true`, `false`, `unknown`
pub(super) fn truth_word(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Unknown => "unknown",
    }
}

impl What {
    /// As a tree names it.
    pub(super) fn word(self) -> &'static str {
        match self {
            What::All => "all",
            What::Any => "any",
            What::None => "none",
            What::AtLeast(_) => "at least",
            What::Not => "not",
            What::If => "if",
            What::Leaf => "condition",
            What::Definition => "definition",
            What::Question => "question",
            What::By => "by",
            What::Arm => "arm",
            What::Points => "points",
            What::Step => "step",
            What::Clamp => "clamp",
        }
    }
}
