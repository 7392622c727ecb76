//! What is remembered of a user in memory, as a state file would: diaries of tests go by it.

use crate::{
    action::{Done, Past, Recalled, Stopped, Tracked, Turn},
    ir::{Rulebook, StopReason},
};

/// One user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// What the next turn is held against.
    pub recalled: Recalled,
    /// What was decided.
    pub past: Vec<Past>,
}

impl Remembered {
    /// Takes what a turn changed.
    pub fn take(&mut self, turn: &Turn, tracked: &Tracked, rulebook: &Rulebook, now: i64) {
        let recalled = &mut self.recalled;
        recalled.seen = Some(now);
        recalled.print = turn.print.unwrap_or(recalled.print);
        recalled.since.resize(tracked.stays.len(), None);
        for (place, has) in &turn.stays {
            if let Some(since) = recalled.since.get_mut(*place) {
                *since = has.then_some(now);
            }
        }
        recalled.arms.clone_from(&turn.arms);
        self.past.extend(turn.decisions.iter().map(|decision| Past {
            segment: rulebook.definition(decision.segment).name.clone(),
            place: decision.place.clone(),
            decided_at: now,
            entered: decision.entered,
            which: decision.which.clone(),
            channel: decision.done.channel().cloned(),
            hold: decision.done == Done::Hold,
            stopped: match decision.stopped {
                None => Stopped::No,
                Some((StopReason::AtMost, _)) => Stopped::ByAtMost,
                Some(_) => Stopped::Otherwise,
            },
            exempt: decision.exempt,
        }));
    }
}
