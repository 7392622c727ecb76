//! For one rule over everybody: how many users meet each clause, and how many are left after it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::json;
use tagwell::{
    data::{self, BadRow, Wanted},
    engine::{Everybody, RunError, RunSink, Users},
    explain::{Waterfall, clauses},
    ir::{Body, DefinitionId, Rulebook},
    outcome,
    schema::ColumnId,
    value::{Value, moment_text::timestamp_text},
};

use super::{
    super::{
        book::{self, Book},
        clock::AsOf,
        data::tell_passed_over,
        exit::Failure,
        voice::Voice,
    },
    Explain, Format,
    asked::ended,
    painter,
};

/// The waterfalls of some rules.
pub(super) fn text(
    explain: &Explain,
    book: &Book,
    ids: &[DefinitionId],
    as_of: &AsOf,
    voice: &Voice,
) -> Result<String, Failure> {
    let rulebook = book.checked.rulebook();
    let falls = clauses(rulebook, book.checked.warnings().sources(), ids);
    if falls.rules.is_empty() {
        let names: Vec<String> = ids.iter().map(|id| format!("`{}`", rulebook.definition(*id).name)).collect();
        let failure = Failure::new(format!("{} has no clauses to count", names.join(", ")));
        return Err(failure.help("name a user: `--user ID`"));
    }
    for id in ids.iter().filter(|id| !falls.rules.iter().any(|rule| rule.rule == **id)) {
        let name = &rulebook.definition(*id).name;
        voice.say(&format!("note: `{name}` is a value, without clauses to count: `--user ID` explains it"));
    }
    let mut counted: Vec<DefinitionId> =
        falls.rules.iter().flat_map(|rule| &rule.clauses).flat_map(|it| [Some(it.alone), it.left]).flatten().collect();
    // Who reached a step of a funnel is one count.
    counted.dedup();
    let reads = falls.rulebook.reads(counted.iter().copied());
    let engine = book.engine(as_of, &Arc::new(falls.rulebook.clone()), &reads)?;
    as_of.tell(engine.clock().zone(), voice);
    let table = engine.rulebook().schema.root();
    let needed: std::collections::BTreeSet<ColumnId> =
        table.key.into_iter().chain(reads.columns.iter().copied()).collect();
    let needed: Vec<ColumnId> = needed.into_iter().collect();
    let users = book.users()?;
    let allowed = explain.data.allowed()?;
    let mut sink = Counting { counted, counts: Mutex::default(), users: AtomicU64::new(0), stop: allowed.none() };
    let ran = if reads.aggregates.is_empty() {
        let wanted = Wanted { table: table.clone(), needed, nested: vec![], verbatim: false };
        let chunks = data::chunks(users, wanted, engine.clock().zone()).map_err(book::failure)?;
        engine.run(chunks, &reads, &mut sink)
    } else {
        let everybody = Everybody {
            users,
            table,
            needed: &needed,
            children: book.children(&reads)?,
            reads: &reads,
            check_keys: false,
            verbatim: false,
        };
        engine.run_whole(&everybody, &mut sink)
    };
    let ran = ran.map_err(ended)?;
    tell_passed_over(ran.bad_rows(), voice);
    let as_of = timestamp_text(engine.clock().now(), engine.clock().zone());
    Ok(match explain.format {
        Format::Text => {
            let falls = falls.rules.iter().map(|fall| table_of(engine.rulebook(), fall, &sink, voice));
            falls.collect::<Vec<_>>().join("\n")
        }
        Format::Json => {
            let results: Vec<_> = falls.rules.iter().map(|fall| json_of(engine.rulebook(), fall, &sink)).collect();
            json!({ "as_of": as_of, "users": sink.users.load(Ordering::Relaxed), "results": results }).to_string()
                + "\n"
        }
    })
}

/// Of whom a condition is true, and of whom it is unknown.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    yes: u64,
    unknown: u64,
}

struct Counting {
    counted: Vec<DefinitionId>,
    counts: Mutex<BTreeMap<DefinitionId, Count>>,
    users: AtomicU64,
    stop: bool,
}

impl RunSink for Counting {
    type Ready = (u64, Vec<Count>);

    fn prepare(&self, users: &Users<'_>) -> (u64, Vec<Count>) {
        let of = |id: &DefinitionId| {
            let cells = users.result(*id);
            let mut count = Count::default();
            for row in 0..users.rows() {
                match cells.value(row) {
                    Value::Bool(true) => count.yes += 1,
                    Value::Missing => count.unknown += 1,
                    _ => {}
                }
            }
            count
        };
        (users.rows() as u64, self.counted.iter().map(of).collect())
    }

    fn take(&self, (users, counts): (u64, Vec<Count>)) -> Result<(), RunError> {
        self.users.fetch_add(users, Ordering::Relaxed);
        let mut sums = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, count) in self.counted.iter().zip(counts) {
            let sum = sums.entry(*id).or_default();
            sum.yes += count.yes;
            sum.unknown += count.unknown;
        }
        Ok(())
    }

    fn bad_row(&self, row: Box<BadRow>) -> Result<(), RunError> {
        if self.stop { Err(RunError::BadRow(row)) } else { Ok(()) }
    }
}

impl Counting {
    fn of(&self, id: DefinitionId) -> Count {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied().unwrap_or_default()
    }
}

fn table_of(rulebook: &Rulebook, fall: &Waterfall, counting: &Counting, voice: &Voice) -> String {
    let definition = rulebook.definition(fall.rule);
    let paint = painter(voice.colours.output);
    let label = definition.label.as_ref().map(|label| format!(" {label:?}")).unwrap_or_default();
    let arms = matches!(definition.body, Body::Level(_) | Body::Layer(_));
    let points = matches!(definition.body, Body::Score(_));
    let steps = matches!(definition.body, Body::Funnel(..));
    let heads: &[&str] = match (arms, points) {
        _ if steps => &["step", "reached"],
        (true, _) => &["arm", "alone", "unknown", "taken"],
        (false, true) => &["points", "alone", "unknown"],
        (false, false) => &["clause", "alone", "unknown", "left"],
    };
    let mut rows = vec![heads.iter().map(|it| (*it).to_owned()).collect::<Vec<String>>()];
    for clause in &fall.clauses {
        let alone = counting.of(clause.alone);
        let mut row = vec![clause.text.clone(), grouped(alone.yes), grouped(alone.unknown)];
        if steps {
            row.truncate(2);
            rows.push(row);
            continue;
        }
        row.extend(clause.left.map(|left| grouped(counting.of(left).yes)));
        rows.push(row);
    }
    let name = paint(tagwell::explain::Tone::Strong, definition.name.as_str());
    let users = match counting.users.load(Ordering::Relaxed) {
        1 => "1 user".to_owned(),
        number => format!("{} users", grouped(number)),
    };
    format!("{} {name}{label}, of {users}\n{}", definition.body.word(), outcome::aligned(&rows))
}

fn grouped(number: u64) -> String {
    super::super::summary::grouped(number)
}

fn json_of(rulebook: &Rulebook, fall: &Waterfall, counting: &Counting) -> serde_json::Value {
    let definition = rulebook.definition(fall.rule);
    let clauses: Vec<_> = fall
        .clauses
        .iter()
        .map(|clause| {
            let alone = counting.of(clause.alone);
            let left = clause.left.map(|left| counting.of(left).yes);
            json!({ "clause": clause.text, "alone": alone.yes, "unknown": alone.unknown, "left": left })
        })
        .collect();
    json!({ "name": definition.name.as_str(), "kind": definition.body.word(), "waterfall": clauses })
}
