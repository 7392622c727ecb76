//! What becomes of made-up people in a made-up diary: each instant is played as a test plays it, and told in the words in which a
//! test would expect it.

use super::{case::expectation, guess::bare, made::Made, roots::Roots, setup::Setup};
use crate::{
    eval::{Context, GivenValues, Interpreter, User},
    ir::{self, Act, DefinitionId, Entry, ListId},
    schema::Role,
    source::{Sources, Span},
    testing::{
        Known, Person,
        diary::{Diary, Ways},
        fate,
    },
    value::{Clock, Type, Value, number},
};

/// A rulebook, as it stands or with a change, ready to be played.
pub(super) struct Stage {
    pub(super) ir: ir::Rulebook,
    sources: Sources,
    ways: Ways,
}

/// One instant of a made-up diary.
#[derive(Clone)]
pub(super) struct Page {
    pub(super) at: i64,
    /// All that is known of each user then.
    pub(super) made: Vec<Made>,
}

/// A made-up diary.
#[derive(Clone)]
pub(super) struct Plot {
    pub(super) pages: Vec<Page>,
    /// The number of the first user's label, from 0.
    pub(super) first: usize,
    /// Whether users stand in the uploaded lists.
    pub(super) listed: bool,
}

/// A deed: segment, and place in it.
pub(super) type Deed = (DefinitionId, String);

/// What became of one user at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// As it is expected: `s entered`, `s sends sms "…"`.
    pub(super) words: Vec<String>,
    /// The deeds that were done.
    pub(super) done: Vec<Deed>,
    /// In how many of the segments the user is.
    pub(super) inside: usize,
}

impl Stage {
    pub(super) fn new(ir: ir::Rulebook, sources: Sources) -> Stage {
        Stage { ways: Ways::of(&ir), ir, sources }
    }

    /// What becomes of everybody at each instant; none where something cannot be written.
    pub(super) fn played(
        &self,
        plot: &Plot,
        roots: &Roots,
        setup: &Setup,
        context: &Context,
    ) -> Option<Vec<Vec<Told>>> {
        let mut context = context.clone();
        for list in lists(setup) {
            if let Some(texts) = context.lists.get_mut(list.0 as usize) {
                *texts = listed(setup, plot).into_iter().map(|it| it.as_str().into()).collect();
            }
        }
        let order = self.ir.order_of(&self.ir.reads(roots.all()));
        let mut diary = Diary::default();
        let mut all = vec![];
        for page in &plot.pages {
            context.clock = Clock::at(page.at, context.clock.zone().clone())?;
            let mut people: Vec<Person> =
                page.made.iter().enumerate().map(|(at, made)| self.person(setup, made, plot.first + at)).collect();
            diary.recall(&self.ways, &mut people, page.at);
            let users: Vec<User<'_>> =
                people.iter().map(|it| User { record: &it.record, children: &it.children }).collect();
            let given: Vec<GivenValues> = people.iter().map(|it| it.definitions.clone()).collect();
            let interpreter = Interpreter::new(&self.ir, &context);
            let answers = interpreter.evaluate_given(&order, &users, &given);
            if answers.iter().any(|it| !it.overlaps.is_empty()) {
                return None;
            }
            let entry = Entry {
                as_of: Some(page.at),
                given: vec![],
                params: vec![],
                lists: vec![],
                expect: vec![],
                span: Span::default(),
            };
            let turns = diary.turns(&self.ways, interpreter, &self.sources, &people, &entry);
            let mut told = vec![];
            for (answers, turn) in answers.iter().zip(&turns) {
                let is_inside = |id: &&DefinitionId| *answers.value(**id) == Value::Bool(true);
                let mut of = Told { inside: roots.segments.iter().filter(is_inside).count(), ..Told::default() };
                for rule in &roots.rules {
                    of.words.push(expectation(&self.ir, *rule, answers, context.clock.zone())?);
                }
                for segment in &roots.segments {
                    self.tell(turn, *segment, &context, &mut of);
                }
                told.push(of);
            }
            all.push(told);
        }
        Some(all)
    }

    fn tell(&self, turn: &crate::action::Turn, segment: DefinitionId, context: &Context, of: &mut Told) {
        let name = bare(self.ir.definition(segment).name.as_str());
        if let Some((entered, _)) = fate::moved(turn, &self.ways, segment) {
            of.words.push(format!("{name} {}", if entered { "entered" } else { "left" }));
        }
        let mut silent = true;
        for decision in turn.decisions.iter().filter(|it| it.segment == segment) {
            silent = false;
            let words = match &decision.stopped {
                Some((reason, _)) => format!("{name} stopped by {}", crate::action::stop_name(*reason)),
                None => {
                    of.done.push((segment, decision.place.clone()));
                    let waits = self.waits(segment, &decision.place);
                    format!("{name} {}", fate::done(decision, &self.ir, context, waits))
                }
            };
            if !of.words.contains(&words) {
                of.words.push(words);
            }
        }
        if silent {
            of.words.push(format!("{name} silent"));
        }
    }

    /// Whether a deed ever waits: only of such it is said that it is done at once.
    fn waits(&self, segment: DefinitionId, place: &str) -> bool {
        let triggers = self.ir.actions.of(segment).into_iter().flat_map(|it| &it.triggers).enumerate();
        let mut deeds = triggers
            .flat_map(|(at, it)| it.body.deeds().enumerate().map(move |(place, deed)| (format!("{at}.{place}"), deed)));
        deeds.any(|(own, deed)| {
            let quiet = matches!(deed.act, Act::Send { .. }) && !self.ir.actions.policy.quiet.is_empty();
            own == place && (quiet || deed.hours.is_some())
        })
    }

    /// A user as a case gives them: keys of rows are filled in.
    fn person(&self, setup: &Setup, made: &Made, at: usize) -> Person {
        let (record, mut children, definitions) = setup.person(&self.ir, made, at);
        let schema = &self.ir.schema;
        let key = schema.root().key.and_then(|key| record.get(key.0 as usize)).cloned().unwrap_or(Value::Missing);
        let mut rows_known = std::collections::BTreeMap::new();
        for (id, rows) in &mut children {
            let table = schema.table(*id);
            for (place, row) in rows.iter_mut().enumerate() {
                if let Role::Children { by, .. } = table.role
                    && let Some(slot) = row.get_mut(by.0 as usize)
                {
                    *slot = number::widen(&key, &table.column(by).ty);
                }
                if let Some((own, slot)) = table.key.and_then(|own| Some((own, row.get_mut(own.0 as usize)?))) {
                    match table.column(own).ty {
                        Type::Text => *slot = Value::Text((place + 1).to_string().into()),
                        Type::Int => *slot = Value::Int(place as i64 + 1),
                        _ => {}
                    }
                }
            }
            rows_known.insert(*id, rows.iter().map(|row| vec![Known::Given; row.len()]).collect());
        }
        let known = vec![Known::Given; record.len()];
        Person { record, known, children, rows_known, definitions }
    }
}

/// The lists that a diary gives.
pub(super) fn lists(setup: &Setup) -> impl Iterator<Item = ListId> {
    setup.reads.lists.iter().copied()
}

/// What stands in them.
pub(super) fn listed(setup: &Setup, plot: &Plot) -> Vec<String> {
    if plot.listed { vec![setup.keys.label(plot.first), "other".to_owned()] } else { vec![] }
}
