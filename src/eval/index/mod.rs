//! One user against all rules of a rulebook, turned round: from what the user is to the rules that hold.
//!
//! Every condition becomes alternatives, each a set of pieces that features must fall into (`clauses`); a user's value falls
//! into one piece of each feature (`feature`); for each piece stands ready which alternatives it leaves possible, and what all
//! features leave possible holds (`table`). So ten thousand rules cost a look at each column and some operations on words.
//! What has no such form is answered before, by the plain interpreter or condition by condition (`walk`).

mod clauses;
mod feature;
mod lists;
mod pieces;
mod table;
mod texts;
mod walk;

use std::{cell::RefCell, collections::HashMap, sync::OnceLock};

use crate::{
    eval::{Context, Interpreter, Overlap, User, constants::AsOf, reference::Answers},
    ir::{AggregateId, Body, DefinitionId, Reads, Rulebook},
    plan::{NodeId, Plan, Slot, Step},
    schema::ColumnId,
    value::{Truth, Value},
};
use clauses::{Clause, Lowering};
use feature::{Feature, Source};
use lists::Lists;
pub use table::Found;
use table::Table;
use texts::Texts;
use walk::Walk;

/// A rulebook at one as-of, ready to be asked about users one by one. Shared between threads as it is; each thread brings a
/// [`Scratch`] of its own.
#[derive(Debug)]
pub struct Index {
    features: Vec<Feature>,
    lists: Lists,
    table: Table,
    walk: Walk,
    /// Tags, in order of declaration; their clauses are the first.
    tags: Vec<DefinitionId>,
    /// Segments, likewise, behind the tags.
    segments: Vec<DefinitionId>,
    /// By definition: which clause says whether a tag or segment holds.
    places: Vec<Option<u32>>,
    /// Further alternatives, behind all that stand for something, and what holds where one of them does.
    more: Vec<u32>,
    named: u32,
    /// Levels and layers, in the order of evaluation.
    ladders: Vec<Ladder>,
    /// What must be known before features are looked at, in order.
    before: Box<[Before]>,
    names: Texts,
    /// By definition, what must be known further before its value is, found when it is first asked for.
    behind: Vec<OnceLock<Box<[Before]>>>,
}

/// A level or layer: for each arm the clause that says whether it applies (none of `otherwise`), and its rank.
#[derive(Debug)]
struct Ladder {
    id: DefinitionId,
    exclusive: bool,
    arms: Vec<(Option<u32>, u32)>,
}

/// What the plain interpreter answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Ask(AggregateId),
    Define(DefinitionId),
}

/// What is worked out for one user after the other, in memory that is used again.
#[derive(Debug)]
pub struct Scratch {
    found: Found,
    truths: Vec<Truth>,
    /// Which texts stand in the user's lists.
    standing: Vec<Truth>,
    /// What the plain interpreter answered.
    answers: RefCell<Answers>,
}

/// Why a user has no answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Two arms of an `exclusive` layer apply.
    Overlap(Overlap),
    /// The value of a column is not one of its type.
    WrongType(ColumnId),
}

impl Index {
    /// Prepares all rules.
    pub fn of(interpreter: Interpreter<'_>, context: &Context) -> Index {
        let rulebook = interpreter.rulebook();
        let constants = AsOf { interpreter, context };
        let plan = Plan::of(rulebook, &rulebook.order.iter().copied().collect(), &constants);
        let named = |wanted: fn(&Body) -> bool| -> Vec<DefinitionId> {
            let all = rulebook.definitions.iter().zip(0..);
            all.filter(|(definition, _)| wanted(&definition.body)).map(|(_, at)| DefinitionId(at)).collect()
        };
        let tags = named(|body| matches!(body, Body::Tag(_)));
        let segments = named(|body| matches!(body, Body::Segment(_)));
        let conditions: HashMap<DefinitionId, NodeId> = plan
            .steps
            .iter()
            .filter_map(|step| match step {
                Step::Condition(id, node) => Some((*id, *node)),
                Step::Ladder(..) | Step::Score(..) | Step::Alias(..) | Step::Value(_) => None,
            })
            .collect();
        let mut nodes: Vec<NodeId> = vec![];
        let mut places = vec![None; rulebook.definitions.len()];
        for id in tags.iter().chain(&segments) {
            if let (Some(node), Some(place)) = (conditions.get(id), places.get_mut(id.0 as usize)) {
                *place = Some(nodes.len() as u32);
                nodes.push(*node);
            }
        }
        let mut ladders = vec![];
        for step in &plan.steps {
            let Step::Ladder(id, arms) = step else { continue };
            let exclusive = match &rulebook.definition(*id).body {
                Body::Level(ladder) | Body::Layer(ladder) => ladder.exclusive,
                Body::Let(_) | Body::Tag(_) | Body::Score(_) | Body::Funnel(..) | Body::Segment(_) => false,
            };
            let arm = |(node, rank): &(Option<NodeId>, u32)| {
                let place = node.map(|node| {
                    nodes.push(node);
                    nodes.len() as u32 - 1
                });
                (place, *rank)
            };
            ladders.push(Ladder { id: *id, exclusive, arms: arms.iter().map(arm).collect() });
        }
        let mut lowering = Lowering::new(rulebook, &plan, &constants);
        let alternatives = lowering.alternatives(&nodes);
        let (features, flags, lists) = (lowering.features, lowering.flags, lowering.lists);
        let mut rows: Vec<Option<&Clause>> = alternatives.iter().map(|all| all.first()).collect();
        let mut more = vec![];
        for (all, at) in alternatives.iter().zip(0..) {
            for clause in all.iter().skip(1) {
                rows.push(Some(clause));
                more.push(at);
            }
        }
        let counts: Vec<u32> = features.iter().map(Feature::count).collect();
        let table = Table::of(&rows, &counts);
        let walk = Walk::of(rulebook, &plan, &flags);
        let (mut definitions, mut aggregates, exprs) = walk.reads();
        for feature in &features {
            match feature.source {
                Source::Definition(id) => definitions.push(id),
                Source::Aggregate(id) => aggregates.push(id),
                Source::Column(_) | Source::Listed(_) | Source::Flag(_) => {}
            }
        }
        let before = in_order(rulebook, &rulebook.reads_of(definitions, exprs, aggregates));
        let named = nodes.len() as u32;
        let behind = rulebook.definitions.iter().map(|_| OnceLock::new()).collect();
        let names = Texts::of(rulebook.definitions.iter().map(|definition| definition.name.shared()));
        Index { features, lists, table, walk, tags, segments, places, more, named, ladders, before, names, behind }
    }

    /// Memory to work in.
    pub fn scratch(&self) -> Scratch {
        Scratch { found: self.table.found(), truths: vec![], standing: vec![], answers: RefCell::default() }
    }

    /// Finds what holds of a user.
    ///
    /// # Errors
    /// Arms of an `exclusive` layer that apply together, and a value that is not of its column's type.
    pub fn evaluate(&self, interpreter: Interpreter<'_>, user: User<'_>, scratch: &mut Scratch) -> Result<(), Refusal> {
        let answers = scratch.answers.get_mut();
        if !self.before.is_empty() {
            answers.overlaps.clear();
            answers.unknown_above.clear();
            answer(&self.before, interpreter, user, answers);
        }
        if !self.walk.is_empty() {
            self.walk.answer(interpreter, user.record, answers, &mut scratch.truths);
        }
        self.lists.look(user.record, &mut scratch.standing).map_err(Refusal::WrongType)?;
        let features = self.features.iter().zip(self.table.first());
        for ((feature, first), chosen) in features.zip(&mut scratch.found.chosen) {
            let piece = match feature.source {
                Source::Column(id) => {
                    let value = user.record.get(id.0 as usize).unwrap_or(&Value::Missing);
                    feature.piece(value).ok_or(Refusal::WrongType(id))?
                }
                source => computed(feature, source, answers, &scratch.standing, &self.walk, &scratch.truths),
            };
            *chosen = first + piece;
        }
        self.table.find(&mut scratch.found);
        scratch.found.gather(self.named, &self.more);
        match self.overlap(&scratch.found) {
            None => Ok(()),
            Some(overlap) => Err(Refusal::Overlap(overlap)),
        }
    }

    fn overlap(&self, found: &Found) -> Option<Overlap> {
        self.ladders.iter().filter(|ladder| ladder.exclusive).find_map(|ladder| {
            let mut applying = ladder.arms.iter().filter(|(place, _)| place.is_none_or(|place| found.has(place)));
            let (_, first) = applying.next()?;
            let (_, second) = applying.find(|(place, _)| place.is_some())?;
            Some(Overlap { layer: ladder.id, first: *first, second: *second })
        })
    }

    /// Tags, in order of declaration.
    pub fn tags(&self) -> &[DefinitionId] {
        &self.tags
    }

    /// Segments, in order of declaration.
    pub fn segments(&self) -> &[DefinitionId] {
        &self.segments
    }

    /// The definition of this name.
    pub fn find(&self, name: &str) -> Option<DefinitionId> {
        self.names.get(name).map(DefinitionId)
    }

    /// Whether it is a tag or segment, of which it is found at once whether it holds.
    pub fn is_found(&self, id: DefinitionId) -> bool {
        self.place(id).is_some()
    }

    /// Whether a tag or segment was found to hold; false of anything else.
    pub fn has(&self, found: &Found, id: DefinitionId) -> bool {
        self.place(id).is_some_and(|place| found.has(place))
    }

    fn place(&self, id: DefinitionId) -> Option<u32> {
        self.places.get(id.0 as usize).copied().flatten()
    }

    /// The tags that were found to hold, in order of declaration.
    pub fn tags_found<'s>(&'s self, found: &'s Found) -> impl Iterator<Item = DefinitionId> + 's {
        let found = found.between(0, self.tags.len() as u32);
        found.filter_map(|place| self.tags.get(place as usize).copied())
    }

    /// The segments that were found to hold, in order of declaration.
    pub fn segments_found<'s>(&'s self, found: &'s Found) -> impl Iterator<Item = DefinitionId> + 's {
        let from = self.tags.len() as u32;
        let found = found.between(from, from + self.segments.len() as u32);
        found.filter_map(move |place| self.segments.get((place - from) as usize).copied())
    }

    /// The value of a definition for the user who was asked about last: of a tag true, false, or missing where it is unknown.
    pub fn value(&self, interpreter: Interpreter<'_>, user: User<'_>, scratch: &Scratch, id: DefinitionId) -> Value {
        if self.has(&scratch.found, id) {
            return Value::Bool(true);
        }
        if let Some(ladder) = self.ladders.iter().find(|ladder| ladder.id == id) {
            let found = ladder.arms.iter().find(|(place, _)| place.is_none_or(|place| scratch.found.has(place)));
            return found.map_or(Value::Missing, |(_, rank)| Value::Choice(*rank));
        }
        let Some(behind) = self.behind.get(id.0 as usize) else { return Value::Missing };
        let behind = behind.get_or_init(|| {
            let rulebook = interpreter.rulebook();
            let all = in_order(rulebook, &rulebook.reads([id]));
            all.iter().copied().filter(|step| !self.before.contains(step)).collect()
        });
        // Nobody else holds it: what is computed here asks for nothing that is computed here.
        let Ok(mut answers) = scratch.answers.try_borrow_mut() else { return Value::Missing };
        answer(behind, interpreter, user, &mut answers);
        answers.value(id).clone()
    }
}

impl Scratch {
    /// What was found of the user who was asked about last.
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// The same, taken out.
    pub fn into_found(self) -> Found {
        self.found
    }
}

/// The piece of what is no column.
fn computed(
    feature: &Feature,
    source: Source,
    answers: &Answers,
    standing: &[Truth],
    walk: &Walk,
    truths: &[Truth],
) -> u32 {
    let value = match source {
        Source::Column(_) => &Value::Missing,
        Source::Definition(id) => answers.value(id),
        Source::Aggregate(id) => answers.aggregates.get(id.0 as usize).unwrap_or(&Value::Missing),
        Source::Listed(at) => {
            return Feature::piece_of(standing.get(at as usize).copied().unwrap_or(Truth::Unknown));
        }
        Source::Flag(flag) => return Feature::piece_of(walk.truth(flag, truths)),
    };
    feature.piece(value).unwrap_or(feature.missing())
}

/// Has the plain interpreter answer.
fn answer(steps: &[Before], interpreter: Interpreter<'_>, user: User<'_>, answers: &mut Answers) {
    if answers.values.is_empty() {
        *answers = Answers::none(interpreter.rulebook());
    }
    for step in steps {
        match step {
            Before::Ask(id) => interpreter.ask(*id, &user, answers),
            Before::Define(id) => interpreter.define(*id, user.record, answers),
        }
    }
}

/// What is read, in the order of evaluation.
fn in_order(rulebook: &Rulebook, reads: &Reads) -> Box<[Before]> {
    let mut steps = vec![];
    for id in &rulebook.order {
        let asked = rulebook.definition(*id).aggregates.iter().filter(|id| reads.aggregates.contains(id));
        steps.extend(asked.map(|id| Before::Ask(*id)));
        steps.extend(reads.definitions.contains(id).then_some(Before::Define(*id)));
    }
    steps.into()
}

/// What stands in a slot.
fn slot_value<'v>(slot: Slot, record: &'v [Value], answers: &'v Answers) -> &'v Value {
    match slot {
        Slot::Column(id) => record.get(id.0 as usize),
        Slot::Definition(id) => answers.values.get(id.0 as usize),
        Slot::Aggregate(id) => answers.aggregates.get(id.0 as usize),
    }
    .unwrap_or(&Value::Missing)
}
