//! What is remembered of a user in memory, as a state file would: diaries of tests go by it.

use crate::{
    action::{Decision, Done, Past, Recalled, Stopped, Tracked, Turn},
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
        self.past.extend(turn.decisions.iter().map(|decision| decision.as_past(rulebook, now)));
    }
}

impl Decision {
    /// What it is to the decisions that follow.
    pub fn as_past(&self, rulebook: &Rulebook, decided_at: i64) -> Past {
        Past {
            segment: rulebook.definition(self.segment).name.clone(),
            place: self.deed.clone(),
            decided_at,
            entered: self.entered,
            which: self.which.clone(),
            channel: self.done.channel().cloned(),
            hold: self.done == Done::Hold,
            stopped: match self.stopped {
                None => Stopped::No,
                Some((StopReason::AtMost, _)) => Stopped::ByAtMost,
                Some(_) => Stopped::Otherwise,
            },
            exempt: self.exempt,
        }
    }
}
