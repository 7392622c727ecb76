//! What each trigger of a segment would do for a user if it were set off now: the deed that would be chosen, and what would stop
//! it, until when. Nothing is decided; it is what an explanation tells.

use crate::{
    action::{
        Done, Occasion, Past, Person, Reason, Trigger,
        decide::{Cause, Decider, Set},
        history::History,
        policy::cooldown_words,
    },
    intern::Symbol,
    ir::{Deed, Expr, ExprKind, SegmentActions, StopReason, Trigger as Written, TriggerBody, TriggerKind},
    value::Clock,
};

/// What a trigger would do for a user.
#[derive(Clone, Debug)]
pub struct Would<'d> {
    /// The trigger.
    pub trigger: &'d Written,
    /// The deed; none where no deed applies, and where which one does hangs on the row of an `on each`.
    pub deed: Option<&'d Deed>,
    /// What earlier decisions call it.
    pub name: String,
    /// What it would do; none where that hangs on the row.
    pub done: Option<Done>,
    /// The variant of a `split`.
    pub variant: Option<Symbol>,
    /// What would stop it.
    pub stop: Option<Stop>,
    /// When it was last done in this stay, and ever.
    pub last: Option<i64>,
    /// When an `every` falls due next.
    pub due: Option<i64>,
    /// Not to be done before this instant.
    pub not_before: Option<i64>,
}

/// What would stop a deed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Why.
    pub reason: StopReason,
    /// In the words of the rules.
    pub by: String,
}

impl<'d> Decider<'d> {
    /// What the triggers of a segment would do for a user, in the order written; `past` is what was decided for them so far.
    pub fn would(&self, person: &Person<'_>, occasion: &Occasion, past: &[Past]) -> Vec<Would<'d>> {
        let Some((_, segment)) = self.segment(occasion.segment) else { return vec![] };
        let history = History::of(past.to_vec());
        let triggers = segment.triggers.iter().enumerate();
        triggers.map(|(at, trigger)| self.one(segment, trigger, at, *occasion, person, &history)).collect()
    }

    fn one(
        &self,
        segment: &'d SegmentActions,
        trigger: &'d Written,
        at: usize,
        occasion: Occasion,
        person: &Person<'_>,
        history: &History,
    ) -> Would<'d> {
        let mut would = Would {
            trigger,
            deed: None,
            name: String::new(),
            done: None,
            variant: None,
            stop: None,
            last: None,
            due: None,
            not_before: None,
        };
        let on = match &trigger.on {
            TriggerKind::Enter => Trigger::Enter,
            TriggerKind::Exit => Trigger::Exit,
            TriggerKind::Every(period) => {
                let last = self.last_due(occasion.since, *period).filter(|_| occasion.inside);
                would.due = last.and_then(|last| self.repetition(occasion.since, *period, last + 1));
                Trigger::Every
            }
            TriggerKind::Each { .. } => Trigger::Each,
        };
        if let TriggerBody::Block(deeds) = &trigger.body
            && deeds.iter().any(|deed| deed.when.as_ref().is_some_and(reads_row))
        {
            // Which one it is hangs on the row.
            return would;
        }
        let cause = Cause { trigger: on, reason: Reason::Time, which: None, child: None };
        let Some(set) = self.chosen(at, segment, occasion, cause, person, &|| history) else { return would };
        let row = self.interpreter.row(person.known);
        let name = &self.interpreter.rulebook().definition(occasion.segment).name;
        would.deed = Some(set.deed);
        would.variant = set.variant.cloned();
        would.last = history.last_done(name, &set.name);
        let done = self.done(set.deed, &row);
        let mut hangs_on_row = false;
        set.deed.each_expr(&mut |expr| hangs_on_row |= reads_row(expr));
        set.segment.require.iter().for_each(|expr| hangs_on_row |= reads_row(expr));
        if !hangs_on_row {
            would.stop = self.stop(&set, &done, person, history);
            would.not_before = self.slots.of_deed(set.deed, matches!(done, Done::Send(..))).0;
            would.done = Some(done);
        }
        would.name = set.name;
        would
    }

    fn stop(&self, set: &Set<'_>, done: &Done, person: &Person<'_>, history: &History) -> Option<Stop> {
        let row = self.interpreter.row(person.known);
        let segment = set.occasion.segment;
        let name = &self.interpreter.rulebook().definition(segment).name;
        let exempt = self.actions().policy.exempt.contains(&segment);
        let (reason, by) = match self.stopped(set, done, &row, name, exempt, history) {
            Some(stopped) => stopped?,
            // It was told of before that `at most` stops it.
            None => (StopReason::AtMost, super::policy::most_words(set.deed)),
        };
        Some(Stop { reason, by })
    }

    /// The cooldown or limit that would stop a deed at another instant, by what was decided so far.
    pub fn waits_for(
        &self,
        would: &Would<'_>,
        occasion: &Occasion,
        past: &[Past],
        clock: &Clock,
    ) -> Option<(StopReason, String)> {
        let (deed, done) = would.deed.zip(would.done.as_ref())?;
        let history = History::of(past.to_vec());
        let name = &self.interpreter.rulebook().definition(occasion.segment).name;
        let policy = &self.actions().policy;
        if let Some(cooldown) = deed.cooldown.filter(|it| history.cools_down(name, &would.name, *it, clock)) {
            return Some((StopReason::Cooldown, cooldown_words(cooldown)));
        }
        if !matches!(done, Done::Send(..)) || policy.exempt.contains(&occasion.segment) {
            return None;
        }
        let limit = policy.limits.iter().find(|limit| history.is_reached(limit, done, clock))?;
        Some((StopReason::Limit, self.words(limit.span)))
    }
}

impl History {
    /// When the deed was last done.
    fn last_done(&self, segment: &Symbol, place: &str) -> Option<i64> {
        self.done_by(segment, place).map(|it| it.decided_at).max()
    }
}

/// Whether an expression reads a row of a child table.
fn reads_row(expr: &Expr) -> bool {
    let mut reads = false;
    expr.each(&mut |node| reads |= matches!(node.kind, ExprKind::ChildColumn(_)));
    reads
}
