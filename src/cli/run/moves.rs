//! What a run with state or actions says at its end: who entered and left which segment and why, and what was decided.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use tagwell::{
    action::Reason,
    engine::{
        Ran,
        stateful::{Moves, Replaced},
    },
    ir::{DefinitionId, Reads, Rulebook, TriggerKind},
    outcome::aligned,
};

use super::{
    super::{
        data::Allowed,
        exit::{Exit, Failure},
        summary::grouped,
    },
    Absent,
    acting::Acted,
};

/// What has no effect without state, of what these results read; a line each.
pub(in crate::cli) fn without_state(rulebook: &Rulebook, reads: &Reads) -> Vec<String> {
    let lost = rulebook.lost_without_state(reads).into_iter();
    lost.map(|what| format!("{what}: without --state nothing has been before")).collect()
}

/// For people.
pub(super) fn text(rulebook: &Rulebook, acted: &Acted) -> String {
    let (moves, preview) = match acted {
        Acted::Again(told, other) => {
            let decisions = if *told == 1 { "decision was" } else { "decisions were" };
            let mut text = format!(
                "this run had been made already: nothing new was decided, its {} {decisions} written again\n",
                grouped(*told)
            );
            if !other.is_empty() {
                text += &format!(
                    "that run was another ({}): the results are of today, the decisions of then; a later --as-of decides anew\n",
                    other.join(", ")
                );
            }
            return text;
        }
        Acted::Moved(moves, preview) => (moves, *preview),
    };
    let name = |id: &DefinitionId| rulebook.definition(*id).name.to_string();
    let mut text = String::new();
    if preview {
        text += "a preview: without --state everybody inside counts as entering\n";
    }
    if !moves.moved.is_empty() && !preview {
        let mut rows = vec![["segment", "entered", "left"].map(str::to_owned).to_vec()];
        for id in segments(moves) {
            let way = |entered: bool| {
                let by: Vec<(Reason, u64)> = Reason::ALL
                    .into_iter()
                    .filter_map(|reason| Some((reason, *moves.moved.get(&(id, entered, reason))?)))
                    .collect();
                let all: u64 = by.iter().map(|(_, number)| number).sum();
                let reasons: Vec<String> =
                    by.iter().map(|(reason, number)| format!("{} {}", reason.name(), grouped(*number))).collect();
                match by.is_empty() {
                    true => "0".to_owned(),
                    false => format!("{} ({})", grouped(all), reasons.join(", ")),
                }
            };
            rows.push(vec![name(&id), way(true), way(false)]);
        }
        text += &aligned(&rows);
    }
    for Replaced { name, is_table, before, now } in &moves.replaced {
        text += &match (is_table, before) {
            (false, Some(before)) => {
                format!("list `{name}` is another: {} on it before, {} now\n", grouped(*before), grouped(*now))
            }
            (false, None) => format!("list `{name}` is another: {} now\n", grouped(*now)),
            (true, Some(before)) => {
                format!("reference table `{name}` is another: {} before, {} now\n", rows(*before), rows(*now))
            }
            (true, None) => format!("reference table `{name}` is another: {} now\n", rows(*now)),
        };
    }
    for (name, before, now) in &moves.params {
        text += &format!("parameter `{name}` is another: {before} before, {now} now\n");
    }
    for (id, number) in &moves.untold {
        text += &format!(
            "first run of `{}`: {} inside were not told; with `backfill` in the segment they would have been\n",
            name(id),
            grouped(*number)
        );
    }
    for id in segments(moves).into_iter().filter(|_| !preview) {
        let by_rules = |entered: bool| match would_tell(rulebook, id, entered) {
            true => moves.moved.get(&(id, entered, Reason::Rules)).copied().unwrap_or(0),
            false => 0,
        };
        let told = match (by_rules(true), by_rules(false)) {
            (0, 0) => continue,
            (entered, 0) => format!("{} entered", grouped(entered)),
            (0, left) => format!("{} left", grouped(left)),
            (entered, left) => format!("{} entered and {} left", grouped(entered), grouped(left)),
        };
        text += &format!("the rules of `{}` changed: {told} by that alone, and were not told\n", name(&id));
    }
    for (segment, asked, number) in held_from_now(rulebook, moves) {
        text += &format!(
            "`{}` asks how long users have had `{}`: of {} that counts from today, so they may enter together later, and are told then\n",
            name(&segment),
            name(&asked),
            grouped(number)
        );
    }
    if !moves.decided.is_empty() {
        let mut rows = vec![["segment", "decided", "number", "stopped"].map(str::to_owned).to_vec()];
        let mut lines: BTreeMap<(DefinitionId, &str), (u64, Vec<String>)> = BTreeMap::new();
        for ((id, what, stopped), number) in &moves.decided {
            let line = lines.entry((*id, what.as_str())).or_default();
            match stopped {
                None => line.0 += number,
                Some(reason) => line.1.push(format!("{reason} {}", grouped(*number))),
            }
        }
        for ((id, what), (done, stopped)) in lines {
            rows.push(vec![name(&id), what.to_owned(), grouped(done), stopped.join(", ")]);
        }
        text += &aligned(&rows);
    }
    if moves.absent > 0 {
        text += &match moves.absent {
            1 => "1 user of the state is not in today's data\n".to_owned(),
            more => format!("{} users of the state are not in today's data\n", grouped(more)),
        };
        if moves.spared {
            text += "nobody is let go, since rows were set aside, and theirs may be among those: mend them\n";
        }
    }
    text
}

/// How many rows.
fn rows(number: u64) -> String {
    if number == 1 { "1 row".to_owned() } else { format!("{} rows", grouped(number)) }
}

/// For programs: beside the rest of the summary.
pub(super) fn json(rulebook: &Rulebook, acted: &Acted) -> Map<String, Json> {
    let mut all = Map::new();
    let (moves, preview) = match acted {
        Acted::Again(told, other) => {
            all.insert("again".into(), json!({ "decisions": told, "differs": other }));
            return all;
        }
        Acted::Moved(moves, preview) => (moves, *preview),
    };
    let name = |id: DefinitionId| rulebook.definition(id).name.to_string();
    let mut segments_json = Map::new();
    for id in segments(moves) {
        let way = |entered: bool| {
            let by = Reason::ALL.into_iter().filter_map(|reason| {
                Some((reason.name().to_owned(), Json::from(*moves.moved.get(&(id, entered, reason))?)))
            });
            Json::Object(by.collect())
        };
        let untold = moves.untold.get(&id).copied().unwrap_or(0);
        segments_json.insert(name(id), json!({ "entered": way(true), "left": way(false), "untold": untold }));
    }
    let mut decided = Map::new();
    for ((id, what, stopped), number) in &moves.decided {
        let of = decided.entry(name(*id)).or_insert_with(|| Json::Object(Map::new()));
        let Json::Object(of) = of else { continue };
        let Json::Object(what) = of.entry(what.clone()).or_insert_with(|| json!({ "done": 0, "stopped": {} })) else {
            continue;
        };
        match (stopped, what.get_mut("stopped")) {
            (None, _) => {
                what.insert("done".into(), Json::from(*number));
            }
            (Some(reason), Some(Json::Object(stopped))) => {
                stopped.insert((*reason).into(), Json::from(*number));
            }
            (Some(_), _) => {}
        }
    }
    let replaced = |tables: bool| {
        let all = moves.replaced.iter().filter(|it| it.is_table == tables);
        Json::Object(all.map(|it| (it.name.clone(), json!({ "before": it.before, "now": it.now }))).collect())
    };
    let params = moves.params.iter().map(|(name, before, now)| (name.clone(), json!({ "before": before, "now": now })));
    all.insert("params".into(), Json::Object(params.collect()));
    all.insert("preview".into(), Json::Bool(preview));
    all.insert("lists".into(), replaced(false));
    all.insert("tables".into(), replaced(true));
    all.insert("segments".into(), Json::Object(segments_json));
    let mut held = Map::new();
    for (segment, asked, number) in held_from_now(rulebook, moves) {
        let of = held.entry(name(segment)).or_insert_with(|| Json::Object(Map::new()));
        if let Json::Object(of) = of {
            of.insert(name(asked), Json::from(number));
        }
    }
    all.insert("held_from_now".into(), Json::Object(held));
    all.insert("decisions".into(), Json::Object(decided));
    all.insert("absent".into(), Json::from(moves.absent));
    all
}

/// `--max-absent`: ends a run that misses more of the users who were there in the run before.
pub(super) fn absent_at_most((missed, there): (u64, u64), most: Allowed) -> Result<(), Failure> {
    if !most.is_less_than(missed, there) {
        return Ok(());
    }
    let mut failure = Failure::new(format!(
        "{} of the {} users who were there in the run before are not in today's data, and --max-absent allows {most}; nothing was recorded",
        grouped(missed),
        grouped(there)
    ));
    failure.exit = Exit::MoreThanAllowed;
    Err(failure.help("look whether the data are whole; where they are, run again with a greater number"))
}

/// What is said where nobody was there, and everybody was let go.
pub(super) fn nobody(moves: &Moves, ran: &Ran, absent: Absent) -> Option<String> {
    (absent == Absent::Exit && ran.read == 0 && moves.missed > 0).then(|| {
        let who = match moves.missed {
            1 => "the 1 user who was there in the run before is".to_owned(),
            all => format!("all {} users who were there in the run before are", grouped(all)),
        };
        format!(
            "there are no users in the data: {who} let go; `--max-absent 5%` ends such a run before anything is recorded"
        )
    })
}

/// `--max-decisions`: ends a run that would say and do more than that.
pub(super) fn at_most(rulebook: &Rulebook, moves: &Moves, most: u64) -> Result<(), Failure> {
    let done = moves.decided.iter().filter(|((_, what, stopped), _)| stopped.is_none() && what != "hold");
    let mut by_segment: BTreeMap<DefinitionId, u64> = BTreeMap::new();
    done.for_each(|((segment, ..), number)| *by_segment.entry(*segment).or_default() += number);
    let all: u64 = by_segment.values().sum();
    if all <= most {
        return Ok(());
    }
    let mut worst: Vec<(DefinitionId, u64)> = by_segment.into_iter().collect();
    worst.sort_by_key(|(id, number)| (std::cmp::Reverse(*number), *id));
    let named =
        worst.iter().take(3).map(|(id, number)| format!("`{}` {}", rulebook.definition(*id).name, grouped(*number)));
    let mut failure = Failure::new(format!(
        "{} messages and deeds would be decided, and --max-decisions allows {}: {}; nothing was recorded",
        grouped(all),
        grouped(most),
        named.collect::<Vec<_>>().join(", ")
    ));
    failure.exit = Exit::MoreThanAllowed;
    Err(failure
        .help("look whether data or rules are what they should be; where they are, run again with a greater number"))
}

/// Whether a segment tells those who enter (or leave), but not where the rules are the reason.
fn would_tell(rulebook: &Rulebook, id: DefinitionId, entered: bool) -> bool {
    let tells = |on: &TriggerKind| match on {
        TriggerKind::Enter => entered,
        TriggerKind::Exit => !entered,
        TriggerKind::Every(_) | TriggerKind::Each { .. } => false,
    };
    let of = rulebook.actions.of(id);
    of.is_some_and(|it| !it.backfill && it.triggers.iter().any(|trigger| tells(&trigger.on)))
}

/// Segments that tell who enters, what they ask of how long users have had it, and of how many that counts from this run, the first
/// under its rules.
fn held_from_now(rulebook: &Rulebook, moves: &Moves) -> Vec<(DefinitionId, DefinitionId, u64)> {
    let mut found = vec![];
    let tells = |on: &TriggerKind| matches!(on, TriggerKind::Enter | TriggerKind::Every(_));
    let telling = rulebook.actions.segments.iter().filter(|it| it.triggers.iter().any(|trigger| tells(&trigger.on)));
    for segment in telling.map(|it| it.segment).filter(|_| !moves.begun.is_empty()) {
        let reads = rulebook.reads([segment]);
        for (asked, number) in &moves.begun {
            let mut since = rulebook.actions.memory.since.iter().filter(|it| it.definition == *asked);
            if since.any(|it| reads.columns.contains(&it.column)) {
                found.push((segment, *asked, *number));
            }
        }
    }
    found
}

/// The segments that anybody entered or left, in order of declaration.
fn segments(moves: &Moves) -> Vec<DefinitionId> {
    let mut all: Vec<DefinitionId> = moves.moved.keys().map(|(id, ..)| *id).collect();
    all.dedup();
    all
}
