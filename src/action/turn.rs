//! One user's turn in a run: what changed since the last one, why, and what is decided.

use std::collections::BTreeMap;

use crate::{
    action::{Arm, Decider, Decision, Occasion, Past, Person, Reason, Recalled, Tracked, keep},
    eval::reference::Known,
    ir::DefinitionId,
    schema::TableId,
    value::Value,
};

/// A run as it stands between the one before and its own users.
pub struct Run<'r> {
    /// Decides.
    pub decider: Decider<'r>,
    /// What is remembered.
    pub tracked: &'r Tracked,
    /// Segments that were never asked about before.
    pub first: Vec<DefinitionId>,
    /// Where the rulebook changed: segments that mean what they meant, so that the previous one need not be asked.
    pub unchanged: Vec<DefinitionId>,
    /// Of each segment, by its place in [`Tracked::segments`], whether it reads lists or parameters that changed.
    pub read_anew: Vec<bool>,
    /// The same, whether it asks about everybody, and others moved.
    pub others_moved: Vec<bool>,
    /// Where the rulebook changed: whether a user of this key is in a segment by the previous one, on today's data; none where it
    /// cannot say.
    pub asked_again: Option<&'r AskedAgain<'r>>,
    /// Where the rulebook reads other columns than in the run before: whether the record of a user of this key is another than when they
    /// were last seen, in the columns of then.
    pub is_other: Option<&'r IsOther<'r>>,
}

/// The previous rulebook's answer.
pub type AskedAgain<'r> = dyn Fn(&str, DefinitionId) -> Option<bool> + Sync + 'r;
/// Whether the record of a user of this key is another.
pub type IsOther<'r> = dyn Fn(&str) -> bool + Sync + 'r;

/// What changes of what is remembered of a user, and what is decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// The user was never seen before.
    pub is_new: bool,
    /// What the record and rows come to, where that changed.
    pub print: Option<u64>,
    /// What the user has from now on (since this run), or has no longer, by place in [`Tracked::stays`].
    pub stays: Vec<(usize, bool)>,
    /// Of each segment entered or left: its place in [`Tracked::stays`], and why.
    pub moves: Vec<(usize, bool, Reason)>,
    /// What is to be remembered of each arm that is kept, in the order of [`crate::ir::Memory::kept`].
    pub arms: Vec<Arm>,
    /// In the order in which they were made.
    pub decisions: Vec<Decision>,
}

impl Turn {
    /// Whether nothing changes and nothing is decided.
    pub fn is_nothing(&self) -> bool {
        let Turn { is_new, print, stays, moves, arms, decisions } = self;
        !is_new && print.is_none() && stays.is_empty() && moves.is_empty() && arms.is_empty() && decisions.is_empty()
    }
}

/// A user as a run finds them, beside what was remembered.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'s> {
    /// The key, as it prints; a user of a test may have none.
    pub key: Option<&'s str>,
    /// What record and rows come to.
    pub print: u64,
    /// What is remembered.
    pub recalled: &'s Recalled,
    /// Whether they have what is tracked, by place in [`Tracked::stays`].
    pub has: &'s [bool],
    /// The rows that happened since they were last seen.
    pub rows: &'s BTreeMap<TableId, Vec<Vec<Value>>>,
}

impl Run<'_> {
    /// A user's turn. What is known of them is asked for only where something may be decided or kept, what was decided before only where
    /// something is set off.
    pub fn turn(&self, user: &Seen<'_>, known: &dyn Known, past: impl FnOnce() -> Vec<Past>) -> Turn {
        let Seen { key, print, recalled, has, rows } = *user;
        let now = self.decider.interpreter.clock().now();
        let mut turn = Turn { is_new: recalled.seen.is_none(), ..Turn::default() };
        turn.print = (turn.is_new || print != recalled.print).then_some(print);
        let before = |place: usize| recalled.since.get(place).copied().flatten();
        for (place, has) in has.iter().enumerate() {
            if *has != before(place).is_some() {
                turn.stays.push((place, *has));
            }
        }
        let mut occasions = vec![];
        for (number, place) in self.tracked.segments.iter().copied().enumerate() {
            let inside = has.get(place).copied().unwrap_or_default();
            let segment = match self.tracked.stays.get(place) {
                Some(stay) => stay.definition,
                None => continue,
            };
            let reason = match (inside, before(place)) {
                (true, None) | (false, Some(_)) => Some(self.reason(number, segment, inside, key, print, recalled)),
                (true, Some(_)) | (false, None) => None,
            };
            turn.moves.extend(reason.map(|reason| (place, inside, reason)));
            let since = before(place).unwrap_or(now);
            let occasion = Occasion { segment, since, inside, reason };
            if (inside || reason.is_some()) && self.decider.concerns(&occasion, !rows.is_empty()) {
                occasions.push(occasion);
            }
        }
        let memory = &self.decider.interpreter.rulebook().actions.memory;
        if occasions.is_empty() && memory.kept.is_empty() {
            return turn;
        }
        if !memory.kept.is_empty() {
            let row = self.decider.interpreter.row(known);
            turn.arms = keep(memory, &recalled.arms, &row, now);
        }
        if !occasions.is_empty() {
            let person = Person { key, known, rows, seen: recalled.seen };
            turn.decisions = self.decider.decide(&person, &occasions, past);
        }
        turn
    }

    /// The turn of a user who is not in today's data and is let go: all that they had ends. Nothing is decided about them.
    pub fn let_go(&self, recalled: &Recalled) -> Turn {
        let had = |place: &usize| recalled.since.get(*place).copied().flatten();
        let stays = (0..self.tracked.stays.len()).filter(|place| had(place).is_some()).map(|place| (place, false));
        let left = self.tracked.segments.iter().filter(|place| had(place).is_some());
        Turn {
            stays: stays.collect(),
            moves: left.map(|place| (*place, false, Reason::Gone)).collect(),
            arms: vec![Arm::default(); self.decider.interpreter.rulebook().actions.memory.kept.len()],
            // Who returns is not as they were.
            print: Some(0),
            ..Turn::default()
        }
    }

    /// Why a user entered or left a segment, of this number in [`Tracked::segments`].
    fn reason(
        &self,
        number: usize,
        segment: DefinitionId,
        inside: bool,
        key: Option<&str>,
        print: u64,
        recalled: &Recalled,
    ) -> Reason {
        if self.first.contains(&segment) {
            return Reason::First;
        }
        let asked = self.asked_again.filter(|_| !self.unchanged.contains(&segment));
        let again = asked.zip(key).map(|(ask, key)| ask(key, segment));
        match again {
            // The previous rulebook gives the old answer, or can no longer be asked: nobody is messaged for that.
            Some(Some(old)) if old != inside => return Reason::Rules,
            Some(None) => return Reason::Rules,
            Some(Some(_)) | None => {}
        }
        let anew = self.read_anew.get(number).copied().unwrap_or_default();
        let other = match self.is_other.zip(key) {
            Some((is_other, key)) => is_other(key),
            None => recalled.print != print,
        };
        if recalled.seen.is_none() || other || anew {
            return Reason::Data;
        }
        match self.others_moved.get(number) {
            Some(true) => Reason::Others,
            Some(false) | None => Reason::Time,
        }
    }
}
