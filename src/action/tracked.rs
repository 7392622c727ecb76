//! What is remembered of users from one run to the next (LANGUAGE.md §8): of which tags, segments and values the beginning is kept,
//! and how that reaches the rules.

use crate::{
    action::Arm,
    ir::{Body, DefinitionId, Memory, Rulebook},
    schema::ColumnId,
    value::{Type, Value},
};

/// All that is remembered of users, each thing by its place here.
#[derive(Clone, Debug)]
pub struct Tracked {
    /// Segments, tags that `held` asks about, and each value of levels (and of layers and funnels that `held` asks about).
    pub stays: Vec<Tracking>,
    /// Which of them are segments, in order of declaration.
    pub segments: Vec<usize>,
    /// The columns that rules read, each with what fills it.
    filled: Vec<(ColumnId, Filled)>,
}

/// Something that a user has for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracking {
    /// The segment, tag, level, layer or funnel.
    pub definition: DefinitionId,
    /// Of a level, layer or funnel the value's rank.
    pub rank: Option<u32>,
}

/// What fills a column.
#[derive(Clone, Copy, Debug)]
enum Filled {
    /// The as-of of the run.
    Here,
    /// Since when the user has something.
    Since(usize),
    /// When an arm was last reached.
    Reached(usize),
    /// Since when it is kept.
    Held(usize),
}

/// What is remembered of one user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recalled {
    /// What whoever remembers calls the user.
    pub number: Option<u32>,
    /// Whether the user was absent from the run before.
    pub returned: bool,
    /// When the user was last seen in the data; none of somebody who never was.
    pub seen: Option<i64>,
    /// What the user's record and rows came to then.
    pub print: u64,
    /// Since when the user has had what is tracked, by place; none of what they had not.
    pub since: Vec<Option<i64>>,
    /// Of each arm that is kept, in the order of [`Memory::kept`].
    pub arms: Vec<Arm>,
}

impl Tracked {
    /// What a rulebook wants to be remembered.
    pub fn of(rulebook: &Rulebook) -> Tracked {
        let memory = &rulebook.actions.memory;
        let mut stays = vec![];
        for (at, definition) in rulebook.definitions.iter().enumerate() {
            let id = DefinitionId(at as u32);
            let asked = memory.since.iter().any(|it| it.definition == id);
            match (&definition.body, &definition.ty) {
                (Body::Segment(_), _) => stays.push(Tracking { definition: id, rank: None }),
                (Body::Tag(_), _) if asked => stays.push(Tracking { definition: id, rank: None }),
                (Body::Level(_), Type::Choice(choices)) => stays.extend(values(rulebook, id, *choices)),
                (Body::Layer(_) | Body::Funnel(..), Type::Choice(choices)) if asked => {
                    stays.extend(values(rulebook, id, *choices));
                }
                _ => {}
            }
        }
        let is_segment = |it: &Tracking| matches!(rulebook.definition(it.definition).body, Body::Segment(_));
        let segments = (0..stays.len()).filter(|at| stays.get(*at).is_some_and(is_segment)).collect();
        let filled = filled(memory, &stays);
        Tracked { stays, segments, filled }
    }

    /// Whether rules read anything that is remembered.
    pub fn is_read(&self) -> bool {
        !self.filled.is_empty()
    }

    /// The columns that rules read, in the order of [`Tracked::values`].
    pub fn columns(&self) -> impl Iterator<Item = ColumnId> {
        self.filled.iter().map(|(column, _)| *column)
    }

    /// What rules read of a user in a run.
    pub fn values<'t>(&'t self, recalled: &'t Recalled, now: i64) -> impl Iterator<Item = (ColumnId, Value)> + 't {
        let value = move |filled: &Filled| match filled {
            Filled::Here => Some(now),
            Filled::Since(at) => recalled.since.get(*at).copied().flatten(),
            Filled::Reached(at) => recalled.arms.get(*at).and_then(|arm| arm.reached),
            Filled::Held(at) => recalled.arms.get(*at).and_then(|arm| arm.held),
        };
        self.filled
            .iter()
            .map(move |(column, filled)| (*column, value(filled).map_or(Value::Missing, Value::Timestamp)))
    }

    /// The definitions whose values are remembered.
    pub fn definitions(&self) -> impl Iterator<Item = DefinitionId> {
        self.stays.iter().map(|it| it.definition)
    }
}

impl Tracking {
    /// Whether a user has it whose value of the definition this is.
    pub fn is_had(&self, value: &Value) -> bool {
        match self.rank {
            None => *value == Value::Bool(true),
            Some(rank) => *value == Value::Choice(rank),
        }
    }
}

fn values(rulebook: &Rulebook, definition: DefinitionId, choices: crate::value::ChoiceId) -> Vec<Tracking> {
    let ranks = 0..rulebook.choices(choices).values.len() as u32;
    ranks.map(|rank| Tracking { definition, rank: Some(rank) }).collect()
}

fn filled(memory: &Memory, stays: &[Tracking]) -> Vec<(ColumnId, Filled)> {
    let since = memory.since.iter().filter_map(|it| {
        let place = stays.iter().position(|stay| stay.definition == it.definition && stay.rank == it.rank)?;
        Some((it.column, Filled::Since(place)))
    });
    let kept = memory.kept.iter().enumerate();
    let kept = kept.flat_map(|(at, it)| [(it.reached, Filled::Reached(at)), (it.held, Filled::Held(at))]);
    memory.here.map(|here| (here, Filled::Here)).into_iter().chain(since).chain(kept).collect()
}
