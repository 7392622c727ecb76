//! What a state file keeps of each user, as the rules and their turns want it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    action::{Arm, Past, Recalled, Stopped, Tracked},
    engine::{Memory, Together},
    intern::Symbol,
    ir::{Body, DefinitionId, Rulebook},
    state::{Kind, NameId, PastDeed, Remembered, ValueId},
    value::Type,
};

/// A state file's users, for one rulebook.
#[derive(Debug)]
pub struct Recollection {
    remembered: Arc<Remembered>,
    previous: Option<i64>,
    /// By place in [`Tracked::stays`]; none of what the state does not know.
    stays: Vec<(Option<NameId>, Option<Option<ValueId>>)>,
    /// By place in [`crate::ir::Memory::kept`].
    kept: Vec<Option<ValueId>>,
    /// A bit for each user who was seen in this run.
    seen: Vec<AtomicU64>,
}

/// What a user had of a name, and since when.
type Had = Option<(Option<ValueId>, i64)>;

/// What a definition is to the state.
pub(super) fn kind(body: &Body) -> Option<Kind> {
    match body {
        Body::Segment(_) => Some(Kind::Segment),
        Body::Tag(_) => Some(Kind::Tag),
        Body::Level(_) => Some(Kind::Level),
        Body::Layer(_) => Some(Kind::Layer),
        Body::Funnel(..) => Some(Kind::Funnel),
        Body::Let(_) | Body::Score(_) => None,
    }
}

/// The name of a value of a level, layer or funnel.
pub(super) fn value_name(rulebook: &Rulebook, id: DefinitionId, rank: u32) -> Option<&str> {
    let Type::Choice(choices) = &rulebook.definition(id).ty else { return None };
    rulebook.choices(*choices).values.get(rank as usize).map(|value| value.name.as_str())
}

/// An earlier decision as what it is to those that follow; `segment` is its segment's name where the rules still have it: one that is gone
/// counts towards limits all the same.
pub fn past(deed: PastDeed, segment: Option<Symbol>) -> Past {
    Past {
        segment: segment.unwrap_or_else(|| Symbol::new("")),
        place: deed.deed,
        decided_at: deed.decided_at,
        entered: deed.entered,
        which: deed.occasion,
        hold: deed.channel.is_none() && deed.act == "hold",
        channel: deed.channel.map(|channel| Symbol::new(&channel)),
        stopped: match deed.stopped.as_deref() {
            None => Stopped::No,
            Some("at most") => Stopped::ByAtMost,
            Some(_) => Stopped::Otherwise,
        },
        exempt: deed.exempt,
    }
}

impl Recollection {
    /// What is remembered, for a rulebook; `name` and `value` find what the state calls something.
    pub fn of(
        rulebook: &Rulebook,
        tracked: &Tracked,
        remembered: Arc<Remembered>,
        previous: Option<i64>,
        name: &dyn Fn(Kind, &str) -> Option<NameId>,
        value: &dyn Fn(NameId, &str) -> Option<ValueId>,
    ) -> Recollection {
        let named = |id: DefinitionId| {
            let definition = rulebook.definition(id);
            kind(&definition.body).and_then(|kind| name(kind, &definition.name))
        };
        let of_rank = |id: DefinitionId, rank: u32| {
            named(id).zip(value_name(rulebook, id, rank)).and_then(|(level, text)| value(level, text))
        };
        let stays = tracked.stays.iter().map(|stay| {
            let value = match stay.rank {
                None => Some(None),
                Some(rank) => of_rank(stay.definition, rank).map(Some),
            };
            (named(stay.definition), value)
        });
        let kept = rulebook.actions.memory.kept.iter().map(|it| of_rank(it.level, it.rank));
        let words = remembered.last_number() as usize / 64 + 1;
        Recollection {
            stays: stays.collect(),
            kept: kept.collect(),
            previous,
            seen: (0..words).map(|_| AtomicU64::new(0)).collect(),
            remembered,
        }
    }

    /// All that the state knows.
    pub fn remembered(&self) -> &Remembered {
        &self.remembered
    }

    /// Numbers of users who were not asked about, and so are not in today's data; and such as no user has.
    pub fn unseen(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).step_by(64).zip(&self.seen).flat_map(|(first, word)| {
            let mut left = !word.load(Ordering::Relaxed);
            std::iter::from_fn(move || {
                let at = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(first + at)
            })
        })
    }
}

impl Recollection {
    /// A bit for each of so many users from a number on, 64 at most, of whom nothing is other than it was: the first of them is a row
    /// of a word of rows.
    fn stay(&self, users: &Together<'_>, word: usize, row: usize, many: usize, first: u32) -> u64 {
        let all = u64::MAX >> (64 - many);
        let mut moved = self.remembered.are_absent(first);
        let prints = users.prints.get(word * 64 + row..).unwrap_or_default();
        let known = self.remembered.fingerprints(first);
        if known.len() < many || prints.len() < many {
            return 0;
        }
        for (at, (known, print)) in known.iter().zip(prints).take(many).enumerate() {
            moved |= u64::from(*known as u64 != *print) << at;
        }
        for ((name, value), has) in self.stays.iter().zip(users.has) {
            let has = has.get(word).copied().unwrap_or(0) >> row;
            let had = match (name, value) {
                (Some(name), Some(None)) => self.remembered.have(*name, first),
                (Some(name), Some(value)) => {
                    let mut some = self.remembered.have(*name, first) & all;
                    let mut had = 0;
                    while some != 0 {
                        let at = some.trailing_zeros();
                        some &= some - 1;
                        let is = self.remembered.since(*name, first + at).is_some_and(|(is, _)| is == *value);
                        had |= u64::from(is) << at;
                    }
                    had
                }
                (None, _) | (_, None) => 0,
            };
            moved |= has ^ had;
        }
        !moved & all
    }
}

impl Memory for Recollection {
    fn numbers(&self, keys: &[&str], behind: Option<u32>) -> Vec<Option<u32>> {
        self.remembered.numbers(keys, behind.unwrap_or_default())
    }

    fn number(&self, key: &str) -> Option<u32> {
        self.remembered.number(key)
    }

    fn recall(&self, number: Option<u32>, into: &mut Recalled) {
        into.since.clear();
        into.since.resize(self.stays.len(), None);
        into.arms.clear();
        into.arms.resize(self.kept.len(), Arm::default());
        (into.seen, into.print, into.returned) = (None, 0, false);
        into.number = number;
        let Some(number) = number else { return };
        let absent = self.remembered.absent_since(number);
        into.returned = absent.is_some();
        into.seen = absent.or(self.previous);
        into.print = self.remembered.fingerprint(number).unwrap_or_default() as u64;
        let mut last: Option<(NameId, Had)> = None;
        for ((name, value), since) in self.stays.iter().zip(&mut into.since) {
            let (Some(name), Some(value)) = (name, value) else { continue };
            let had = match last {
                Some((of, had)) if of == *name => had,
                _ => self.remembered.since(*name, number),
            };
            last = Some((*name, had));
            *since = had.filter(|(is, _)| is == value).map(|(_, since)| since);
        }
        for (value, arm) in self.kept.iter().zip(&mut into.arms) {
            let Some(kept) = value.and_then(|value| self.remembered.kept(value, number)) else { continue };
            let reached = self.remembered.reached(kept, number);
            *arm = Arm { reached: Some(reached), held: kept.held.then_some(reached) };
        }
    }

    fn meet(&self, number: u32) -> bool {
        let Some(word) = self.seen.get(number as usize / 64) else { return true };
        let bit = 1 << (number % 64);
        word.load(Ordering::Relaxed) & bit == 0 && word.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }

    fn unmoved(&self, users: &Together<'_>, bits: &mut [u64]) {
        let numbers = users.numbers;
        for (word, bits) in bits.iter_mut().enumerate() {
            let rows = numbers.get(word * 64..).unwrap_or_default();
            let mut row = 0;
            while let Some(first) = rows.get(row).filter(|_| row < 64) {
                let Some(first) = *first else {
                    row += 1;
                    continue;
                };
                // Those behind each other in both, of one piece of the state.
                let follow = |(next, number): (u32, &Option<u32>)| *number == Some(next) && next >> 16 == first >> 16;
                let run = (first..).zip(rows.get(row..64.min(rows.len())).unwrap_or_default());
                let many = run.take_while(|it| follow(*it)).count().max(1);
                *bits &= !(self.stay(users, word, row, many, first) << row);
                row += many;
            }
        }
    }

    fn previous(&self) -> Option<i64> {
        self.previous
    }
}
