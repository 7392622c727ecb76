//! What becomes of the people of a case from one instant to the next: what is remembered of them, what changed, what was decided
//! (LANGUAGE.md §6–§8), in memory and through the same functions as a run with state.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    action::{Decider, Remembered, Run, Seen, Tracked, Turn, happened_since, stop_name},
    eval::{GivenValues, Interpreter, User, reference::SoFar, rows},
    ir::{DefinitionId, Entry, Expected, ListId, Over, ParamId, Rulebook},
    schema::TableId,
    source::Sources,
    testing::{Known, Person},
    value::{Value, print},
};

/// What is remembered of the people of a case.
#[derive(Debug, Default)]
pub(super) struct Diary {
    people: Vec<Kept>,
    /// The instant before.
    before: Option<i64>,
}

/// What is remembered of one of them.
#[derive(Debug, Default)]
struct Kept {
    remembered: Remembered,
    ledger: Vec<Vec<Value>>,
    /// Record, rows that had happened, and what was given, at the instant before.
    last: Option<Record>,
}

type Record = (Vec<Value>, BTreeMap<TableId, Vec<Vec<Value>>>, GivenValues);

/// What the suite knows of state once and for all.
#[derive(Debug)]
pub(super) struct Ways {
    /// What is remembered.
    pub(super) tracked: Tracked,
    /// What is evaluated for that, each after those it reads.
    order: Vec<DefinitionId>,
    /// Questions that only deeds ask.
    others: Vec<crate::ir::AggregateId>,
    /// Of each segment the lists and parameters that it reads, and whether it asks about everybody.
    segments: Vec<(BTreeSet<ListId>, BTreeSet<ParamId>, bool)>,
    /// `table touches of users from ledger`
    ledgers: Vec<TableId>,
}

impl Ways {
    pub(super) fn of(rulebook: &Rulebook) -> Ways {
        let tracked = Tracked::of(rulebook);
        let reads = rulebook.reads_for_actions(tracked.definitions());
        let segment = |place: &usize| {
            let id = tracked.stays.get(*place).map(|stay| stay.definition)?;
            let reads = rulebook.reads([id]);
            let everybody = reads.aggregates.iter().any(|id| rulebook.aggregate(*id).over == Over::Users);
            Some((reads.lists, reads.params, everybody))
        };
        let tables = (0..).map(TableId).zip(&rulebook.schema.tables);
        Ways {
            order: rulebook.order_of(&reads),
            others: rulebook.outside_of_definitions(&reads),
            segments: tracked.segments.iter().filter_map(segment).collect(),
            ledgers: tables.filter(|(_, table)| table.is_ledger()).map(|(id, _)| id).collect(),
            tracked,
        }
    }

    /// Whether an entry's answers hang on what is remembered, or later ones may.
    pub(super) fn concern(&self, entries: &[Entry]) -> bool {
        let fates =
            || entries.iter().flat_map(|entry| &entry.expect).any(|it| matches!(it.expected, Expected::Fate(..)));
        fates() || self.tracked.is_read() || entries.len() > 1 && !self.ledgers.is_empty()
    }
}

impl Diary {
    /// Brings what is remembered to the people: the columns and rows that only the state fills.
    pub(super) fn recall(&mut self, ways: &Ways, people: &mut [Person], now: i64) {
        self.people.resize_with(people.len(), Kept::default);
        for (person, remembered) in people.iter_mut().zip(&self.people) {
            for (column, value) in ways.tracked.values(&remembered.remembered.recalled, now) {
                person.set(column, value, Known::Filled);
            }
            for ledger in &ways.ledgers {
                let known = remembered.ledger.iter().map(|row| vec![Known::Filled; row.len()]).collect();
                person.children.insert(*ledger, remembered.ledger.clone());
                person.rows_known.insert(*ledger, known);
            }
        }
    }

    /// Everybody's turn at this instant; what is remembered from then on is kept.
    pub(super) fn turns(
        &mut self,
        ways: &Ways,
        interpreter: Interpreter<'_>,
        sources: &Sources,
        people: &[Person],
        entry: &Entry,
    ) -> Vec<Turn> {
        let now = interpreter.clock().now();
        // As a run as of the same instant once more: nothing is decided, and what is new is told by the next one.
        if self.before == Some(now) {
            return vec![Turn::default(); people.len()];
        }
        let users: Vec<User<'_>> =
            people.iter().map(|it| User { record: &it.record, children: &it.children }).collect();
        let given: Vec<GivenValues> = people.iter().map(|person| person.definitions.clone()).collect();
        let mut answers = interpreter.evaluate_given(&ways.order, &users, &given);
        interpreter.answer_others(&ways.others, &users, &mut answers);
        let records: Vec<Record> = people.iter().map(|person| record(person, interpreter)).collect();
        let moved: Vec<bool> =
            self.people.iter().zip(&records).map(|(it, record)| it.last.as_ref() != Some(record)).collect();
        let decider = Decider::new(interpreter, sources, false);
        let anew = |(lists, params, _): &(BTreeSet<ListId>, BTreeSet<ParamId>, bool)| {
            entry.lists.iter().any(|(id, _)| lists.contains(id))
                || entry.params.iter().any(|(id, _)| params.contains(id))
        };
        let read_anew: Vec<bool> = ways.segments.iter().map(anew).collect();
        let mut turns = vec![];
        for (at, ((person, answers), record)) in people.iter().zip(answers).zip(records).enumerate() {
            let others = moved.iter().enumerate().any(|(other, moved)| other != at && *moved);
            let others_moved = ways.segments.iter().map(|(.., everybody)| *everybody && others).collect();
            let run = Run {
                decider: decider.clone(),
                tracked: &ways.tracked,
                first: vec![],
                unchanged: vec![],
                read_anew: read_anew.clone(),
                others_moved,
                asked_again: None,
                is_other: None,
            };
            let Some(remembered) = self.people.get_mut(at) else { continue };
            let print = remembered
                .remembered
                .recalled
                .print
                .wrapping_add(u64::from(moved.get(at).copied().unwrap_or_default()));
            let rows = happened_since(interpreter.rulebook(), &person.children, self.before, interpreter.clock());
            let key = person.key(interpreter.rulebook().schema.root());
            let key = key.map(|key| print::text(&key, interpreter.clock().zone()));
            let has = |stay: &crate::action::Tracking| stay.is_had(answers.value(stay.definition));
            let has: Vec<bool> = ways.tracked.stays.iter().map(has).collect();
            let past = remembered.remembered.past.clone();
            let recalled = &remembered.remembered.recalled;
            let seen = Seen { key: key.as_deref(), print, recalled, has: &has, rows: &rows };
            let turn = run.turn(&seen, &SoFar { record: &person.record, answers: &answers }, || past);
            remembered.take(&turn, ways, interpreter.rulebook(), now);
            remembered.last = Some(record);
            turns.push(turn);
        }
        self.before = Some(now);
        turns
    }
}

impl Kept {
    fn take(&mut self, turn: &Turn, ways: &Ways, rulebook: &Rulebook, now: i64) {
        self.remembered.take(turn, &ways.tracked, rulebook, now);
        for decision in &turn.decisions {
            let segment = rulebook.definition(decision.segment).name.clone();
            let text = |text: Option<&str>| text.map_or(Value::Missing, |text| Value::Text(text.into()));
            let stopped = decision.stopped.as_ref().map(|(reason, _)| stop_name(*reason));
            self.ledger.push(vec![
                Value::Missing,
                Value::Timestamp(now),
                text(Some(&*segment)),
                text(Some(decision.done.name())),
                text(decision.done.channel().map(|it| it.as_str())),
                text(decision.variant.as_ref().map(|it| it.as_str())),
                text(stopped),
            ]);
        }
    }
}

/// What is held against the instant before: whether only time went on.
fn record(person: &Person, interpreter: Interpreter<'_>) -> Record {
    let schema = &interpreter.rulebook().schema;
    let own = schema.root().columns.iter().zip(&person.record);
    let own = own.filter(|(column, _)| column.source == crate::schema::Source::Data).map(|(_, value)| value.clone());
    let tables = person.children.iter().filter(|(id, _)| !schema.table(**id).is_ledger());
    let tables = tables.map(|(id, rows)| {
        let table = schema.table(*id);
        let happened = rows
            .iter()
            .enumerate()
            .filter(|(place, row)| !rows::is_future(table, rows::when(table, row, *place as u64), interpreter.clock()));
        (*id, happened.map(|(_, row)| row.clone()).collect())
    });
    (own.collect(), tables.collect(), person.definitions.clone())
}
