//! How many users got what: the counts that close every run, the unknown beside the tagged.

use std::collections::BTreeMap;

#[cfg(feature = "data")]
use crate::eval::kernel::{Kernel, Spread};
use crate::{
    eval::{Answers, Interpreter, reference::SoFar, unknown, unknown::Cause},
    ir::{Body, DefinitionId},
    value::Value,
};

/// Counts over all users evaluated so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Users evaluated.
    pub users: u64,
    /// Of each definition but `let`s.
    pub counts: BTreeMap<DefinitionId, Count>,
}

/// How one result is spread over the users.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Count {
    /// Of a tag: who has it. Of a score, level or layer: who has a value.
    pub known: u64,
    /// Of a tag: for whom it is unknown. Of a level or layer: who came to `otherwise`, or to nothing, past an arm that was
    /// unknown. Of a score: who has none.
    pub unknown: u64,
    /// Of a level or layer: users by rank.
    pub by_rank: BTreeMap<u32, u64>,
    /// What was missing where it was unknown; a user may lack several things.
    pub causes: BTreeMap<Cause, u64>,
}

impl Tally {
    /// What a kernel counted.
    #[cfg(feature = "data")]
    pub(super) fn of(kernel: Kernel<'_>) -> Tally {
        let count = |(id, Spread { known, unknown, by_rank, causes })| (id, Count { known, unknown, by_rank, causes });
        let (users, spreads) = kernel.spreads();
        Tally { users, counts: spreads.into_iter().map(count).collect() }
    }

    /// Counts what one user got of some definitions.
    pub fn add(&mut self, of: &[DefinitionId], interpreter: &Interpreter<'_>, record: &[Value], answers: &Answers) {
        let rulebook = interpreter.rulebook();
        self.users += 1;
        for id in of.iter().copied() {
            let definition = rulebook.definition(id);
            if matches!(definition.body, Body::Let(_)) {
                continue;
            }
            let count = self.counts.entry(id).or_default();
            let value = answers.value(id);
            match (&definition.body, value) {
                (Body::Tag(_) | Body::Segment(_), Value::Bool(true)) => count.known += 1,
                (Body::Tag(condition) | Body::Segment(condition), Value::Missing) => {
                    count.unknown += 1;
                    let known = SoFar { record, answers };
                    for cause in unknown::causes(rulebook, &interpreter.row(&known), condition) {
                        *count.causes.entry(cause).or_default() += 1;
                    }
                }
                (body @ (Body::Level(_) | Body::Layer(_) | Body::Funnel(..)), value) => {
                    if let Value::Choice(rank) = value {
                        count.known += 1;
                        *count.by_rank.entry(*rank).or_default() += 1;
                    }
                    if !answers.unknown_above.contains(&id) {
                        continue;
                    }
                    count.unknown += 1;
                    if let Body::Level(ladder) | Body::Layer(ladder) = body {
                        let known = SoFar { record, answers };
                        let asked = unknown::asked_by(ladder);
                        for cause in unknown::causes_of_all(rulebook, &interpreter.row(&known), &asked) {
                            *count.causes.entry(cause).or_default() += 1;
                        }
                    }
                }
                (Body::Score(_), Value::Missing) => count.unknown += 1,
                (Body::Score(_), _) => count.known += 1,
                (Body::Tag(_) | Body::Segment(_) | Body::Let(_), _) => {}
            }
        }
    }

    /// Both together.
    pub fn join(&mut self, other: &Tally) {
        self.users += other.users;
        for (id, theirs) in &other.counts {
            let ours = self.counts.entry(*id).or_default();
            ours.known += theirs.known;
            ours.unknown += theirs.unknown;
            theirs.by_rank.iter().for_each(|(rank, users)| *ours.by_rank.entry(*rank).or_default() += users);
            theirs.causes.iter().for_each(|(column, users)| *ours.causes.entry(*column).or_default() += users);
        }
    }
}
