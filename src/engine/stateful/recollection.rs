//! What a state file keeps of each user, as the rules and their turns want it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    action::{Arm, Past, Recalled, Stopped, Tracked},
    engine::Memory,
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

    /// Whether a user was asked about, and so is in today's data.
    pub fn was_seen(&self, number: u32) -> bool {
        let word = self.seen.get(number as usize / 64);
        word.is_some_and(|word| word.load(Ordering::Relaxed) >> (number % 64) & 1 == 1)
    }
}

impl Memory for Recollection {
    fn recall(&self, key: &str, into: &mut Recalled) {
        into.since.clear();
        into.since.resize(self.stays.len(), None);
        into.arms.clear();
        into.arms.resize(self.kept.len(), Arm::default());
        (into.seen, into.print, into.returned) = (None, 0, false);
        into.number = self.remembered.number_behind(into.number.unwrap_or_default(), key);
        let Some(number) = into.number else { return };
        if let Some(word) = self.seen.get(number as usize / 64) {
            let bit = 1 << (number % 64);
            if word.load(Ordering::Relaxed) & bit == 0 {
                word.fetch_or(bit, Ordering::Relaxed);
            }
        }
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

    fn previous(&self) -> Option<i64> {
        self.previous
    }
}
