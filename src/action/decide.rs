//! From what happened to one user to what is done about it (LANGUAGE.md §7, §8).

use std::{
    cell::{Cell, OnceCell},
    collections::{BTreeMap, HashMap},
};

use sha2::{Digest, Sha256};

use crate::{
    action::{
        Decision, Done, Reason, Trigger,
        history::{History, Past, Stopped},
        leaf, message,
        policy::{cooldown_words, most_words},
        slot::Slots,
    },
    eval::{
        Interpreter,
        reference::{Known, Row},
    },
    intern::Symbol,
    ir::{
        Act, Actions, Deed, DefinitionId, Expr, SegmentActions, Share, StopReason, Trigger as Written, TriggerBody,
        TriggerKind,
    },
    schema::TableId,
    source::{Sources, Span},
    value::{Duration, Moment, Value, hash, print, time::Direction, time::shift},
};

/// A rulebook at one instant, ready to decide for one user after the other.
#[derive(Clone, Debug)]
pub struct Decider<'d> {
    /// Answers what the rules ask.
    pub(super) interpreter: Interpreter<'d>,
    sources: &'d Sources,
    preview: bool,
    pub(super) slots: Slots,
    /// What each segment does, and which turn it has.
    segments: HashMap<DefinitionId, (usize, &'d SegmentActions)>,
}

/// One user at that instant.
#[derive(Clone, Copy, Debug)]
pub struct Person<'p> {
    /// The key, as it prints; a user of a test may have none.
    pub key: Option<&'p str>,
    /// The user's columns, and what they got.
    pub known: &'p dyn Known,
    /// The rows of child tables that happened since the user was last seen, by `at`, then in input order.
    pub rows: &'p BTreeMap<TableId, Vec<Vec<Value>>>,
    /// When the user was last seen before; none of somebody who never was.
    pub seen: Option<i64>,
}

/// What a segment is to a user at that instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// The segment.
    pub segment: DefinitionId,
    /// Since when the user is inside, or was.
    pub since: i64,
    /// Whether the user is inside.
    pub inside: bool,
    /// Why the user entered, or left; none of who stays.
    pub reason: Option<Reason>,
}

/// One deed that is set off.
pub(super) struct Set<'s> {
    pub(super) segment: &'s SegmentActions,
    pub(super) occasion: Occasion,
    trigger: Trigger,
    reason: Reason,
    pub(super) deed: &'s Deed,
    pub(super) place: String,
    /// What earlier decisions call it.
    pub(super) name: String,
    pub(super) variant: Option<&'s Symbol>,
    which: Option<String>,
    pub(super) child: Option<&'s [Value]>,
}

impl<'d> Decider<'d> {
    /// Decides by what the interpreter answers, and tells what decided in the words of the rules, whose texts are `sources`. In a `preview`
    /// everybody inside counts as entering, since nothing is remembered.
    pub fn new(interpreter: Interpreter<'d>, sources: &'d Sources, preview: bool) -> Decider<'d> {
        let actions = &interpreter.rulebook().actions;
        let slots = Slots::of(actions, interpreter.clock());
        // Segments of `priority` first, then the others, in order of declaration.
        let first: HashMap<DefinitionId, usize> =
            actions.policy.priority.iter().enumerate().map(|(turn, id)| (*id, turn)).collect();
        let turn = |(at, segment): (usize, &'d SegmentActions)| {
            let turn = first.get(&segment.segment).copied().unwrap_or(first.len() + at);
            (segment.segment, (turn, segment))
        };
        let segments = actions.segments.iter().enumerate().map(turn).collect();
        Decider { interpreter, sources, preview, slots, segments }
    }

    pub(super) fn actions(&self) -> &'d Actions {
        &self.interpreter.rulebook().actions
    }

    /// What is decided for a user, in the order in which the policy lets segments speak; what was decided before is asked for
    /// where something is set off.
    pub fn decide(
        &self,
        person: &Person<'_>,
        occasions: &[Occasion],
        past: impl FnOnce() -> Vec<Past>,
    ) -> Vec<Decision> {
        let mut set = vec![];
        let (past, known) = (Cell::new(Some(past)), OnceCell::new());
        let ask = || History::of(past.take().map(|past| past()).unwrap_or_default());
        let mut in_order: Vec<(usize, &SegmentActions, &Occasion)> =
            occasions.iter().filter_map(|it| self.segment(it.segment).map(|(turn, of)| (turn, of, it))).collect();
        in_order.sort_by_key(|(turn, ..)| *turn);
        for (_, segment, occasion) in in_order {
            self.set_off(segment, *occasion, person, &|| known.get_or_init(ask), &mut set);
        }
        if set.is_empty() {
            return vec![];
        }
        let mut history = known.into_inner().unwrap_or_else(ask);
        let mut decisions = Vec::with_capacity(set.len());
        let mut set = set.into_iter();
        while let Some(next) = set.next() {
            let Some(decision) = self.decision(next, person, &history) else { continue };
            // Those that follow go by it.
            if set.len() > 0 {
                history.push(self.past(&decision));
            }
            decisions.push(decision);
        }
        decisions
    }

    /// What a segment does, and which turn it has.
    pub(super) fn segment(&self, id: DefinitionId) -> Option<(usize, &'d SegmentActions)> {
        self.segments.get(&id).copied()
    }

    /// Whether anything could be decided for a user to whom this happens.
    pub fn concerns(&self, occasion: &Occasion, person_has_rows: bool) -> bool {
        let Some((_, segment)) = self.segment(occasion.segment) else { return false };
        let heard = occasion.reason.is_some_and(|reason| self.preview || reason.is_heard(segment.backfill));
        segment.triggers.iter().any(|trigger| match trigger.on {
            TriggerKind::Enter => heard && occasion.inside,
            TriggerKind::Exit => heard && !occasion.inside,
            TriggerKind::Every(_) => occasion.inside && occasion.reason.is_none(),
            TriggerKind::Each { .. } => self.hears_rows(segment, occasion) && person_has_rows,
        })
    }

    /// Whether a user's rows are heard: who is inside by an edit of the rules alone, and is not told of that, hears only rows that come
    /// after it.
    fn hears_rows(&self, segment: &SegmentActions, occasion: &Occasion) -> bool {
        occasion.inside && occasion.reason.is_none_or(|reason| self.preview || reason.is_heard(segment.backfill))
    }

    fn set_off<'s, 'h>(
        &self,
        segment: &'s SegmentActions,
        occasion: Occasion,
        person: &'s Person<'_>,
        history: &dyn Fn() -> &'h History,
        set: &mut Vec<Set<'s>>,
    ) {
        for (at, trigger) in segment.triggers.iter().enumerate() {
            let heard = occasion.reason.filter(|reason| self.preview || reason.is_heard(segment.backfill));
            let of = |trigger, reason| Cause { trigger, reason, which: None, child: None };
            let causes: Vec<Cause<'s>> = match &trigger.on {
                TriggerKind::Enter if occasion.inside => heard.map(|it| of(Trigger::Enter, it)).into_iter().collect(),
                TriggerKind::Exit if !occasion.inside => heard.map(|it| of(Trigger::Exit, it)).into_iter().collect(),
                TriggerKind::Every(period) if occasion.inside => {
                    let due = person.seen.and_then(|seen| self.due(occasion.since, *period, seen));
                    let which = |number: u64| Some(number.to_string());
                    let cause = |number| Cause { which: which(number), ..of(Trigger::Every, Reason::Time) };
                    due.map(cause).into_iter().collect()
                }
                TriggerKind::Each { table, filter } if self.hears_rows(segment, &occasion) => {
                    self.rows(*table, filter.as_ref(), person).collect()
                }
                TriggerKind::Enter | TriggerKind::Exit | TriggerKind::Every(_) | TriggerKind::Each { .. } => vec![],
            };
            for cause in causes {
                set.extend(self.chosen(at, segment, occasion, cause, person, history));
            }
        }
    }

    /// Whether a repetition fell due since a user was last seen who has been inside since.
    pub fn is_due(&self, entered: i64, period: Duration, seen: i64) -> bool {
        self.due(entered, period, seen).is_some()
    }

    /// The number of the last repetition that fell due since the user was last seen.
    fn due(&self, entered: i64, period: Duration, seen: i64) -> Option<u64> {
        let last = self.last_due(entered, period)?;
        (last > 0 && self.repetition(entered, period, last)? > seen).then_some(last)
    }

    /// The number of the last repetition that has fallen due; 0 where none has.
    pub(super) fn last_due(&self, entered: i64, period: Duration) -> Option<u64> {
        let now = self.interpreter.clock().now();
        let is_due = |number: u64| self.repetition(entered, period, number).is_some_and(|at| at <= now);
        let mut after = 1;
        while is_due(after) {
            after = after.checked_mul(2)?;
        }
        let (mut low, mut high) = (after / 2, after);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if is_due(middle) { low = middle } else { high = middle }
        }
        Some(low)
    }

    /// When a repetition falls due.
    pub(super) fn repetition(&self, entered: i64, period: Duration, number: u64) -> Option<i64> {
        let long = period.checked_mul(i64::try_from(number).ok()?.into())?;
        match shift(Moment::Timestamp(entered), long, Direction::Forth, self.interpreter.clock().zone())? {
            Moment::Timestamp(instant) => Some(instant),
            Moment::Date(_) => None,
        }
    }

    /// A cause for each row of a child table that happened since and meets the condition.
    fn rows<'s>(
        &self,
        table: TableId,
        filter: Option<&'s Expr>,
        person: &'s Person<'_>,
    ) -> impl Iterator<Item = Cause<'s>> {
        let key = self.interpreter.rulebook().schema.table(table).key;
        let zone = self.interpreter.clock().zone();
        let rows = person.rows.get(&table).map_or(&[][..], Vec::as_slice);
        let meets = move |row: &&'s Vec<Value>| {
            filter.is_none_or(|filter| self.interpreter.child_row(person.known, row).truth(filter).is_true())
        };
        rows.iter().filter(meets).map(move |row| {
            let key = key.and_then(|key| row.get(key.0 as usize)).unwrap_or(&Value::Missing);
            let which = Some(print::text(key, zone));
            Cause { trigger: Trigger::Each, reason: Reason::Data, which, child: Some(row.as_slice()) }
        })
    }

    /// Of a block the first deed that applies, of a split the user's share.
    pub(super) fn chosen<'s, 'h>(
        &self,
        at: usize,
        segment: &'s SegmentActions,
        occasion: Occasion,
        cause: Cause<'s>,
        person: &Person<'_>,
        history: &dyn Fn() -> &'h History,
    ) -> Option<Set<'s>> {
        let trigger = segment.triggers.get(at)?;
        let row = self.row(person.known, cause.child);
        let (place, deed, variant) = match &trigger.body {
            TriggerBody::Block(deeds) => {
                let applies = |deed: &Deed| deed.when.as_ref().is_none_or(|when| row.truth(when).is_true());
                let place = deeds.iter().position(applies)?;
                (place, deeds.get(place)?, None)
            }
            TriggerBody::Split { salt, shares } => {
                let bucket = u32::try_from(hash::bucket(person.key?, salt, 10_000)?).ok()?;
                let stays = occasion.since < self.interpreter.clock().now();
                let dealt = if stays { self.dealt(segment, at, &occasion, history()) } else { None };
                let anew = || shares.iter().position(|share| (share.from..share.to).contains(&bucket));
                let place = dealt.or_else(anew)?;
                let share = shares.get(place)?;
                if share.deed.when.as_ref().is_some_and(|when| !row.truth(when).is_true()) {
                    return None;
                }
                (place, &share.deed, Some(&share.name))
            }
        };
        let Cause { trigger, reason, which, child } = cause;
        let place = format!("{at}.{place}");
        let name = self.called(segment.segment, &place);
        Some(Set { segment, occasion, trigger, reason, deed, place, name, variant, which, child })
    }

    /// What the ledger calls the deed at a place.
    fn called(&self, segment: DefinitionId, place: &str) -> String {
        let moved = &self.interpreter.context().deeds;
        let name = if moved.is_empty() { None } else { moved.get(&(segment, place.to_owned())).cloned() };
        name.unwrap_or_else(|| place.to_owned())
    }

    /// The share of a split that a user was dealt in this stay, by this trigger or by another that deals by the same salt: who is
    /// inside stays in it, whatever the shares are by now.
    fn dealt(&self, segment: &SegmentActions, at: usize, occasion: &Occasion, history: &History) -> Option<usize> {
        let name = &self.interpreter.rulebook().definition(segment.segment).name;
        let was_dealt = |at: usize, place: usize| {
            history.in_this_stay(name, &self.called(segment.segment, &format!("{at}.{place}")), occasion.since)
        };
        let (salt, shares) = split(segment.triggers.get(at)?)?;
        if let Some(place) = (0..shares.len()).find(|place| was_dealt(at, *place)) {
            return Some(place);
        }
        let others = segment.triggers.iter().enumerate().filter(|(other, _)| *other != at);
        let mut dealt = others.filter_map(|(other, trigger)| {
            let (_, shares) = split(trigger).filter(|(of, _)| *of == salt)?;
            let place = (0..shares.len()).find(|place| was_dealt(other, *place))?;
            shares.get(place).map(|share| &share.name)
        });
        let dealt = dealt.next()?;
        shares.iter().position(|share| share.name == *dealt)
    }

    pub(super) fn row<'r>(&self, known: &'r dyn Known, child: Option<&'r [Value]>) -> Row<'d, 'r> {
        match child {
            None => self.interpreter.row(known),
            Some(child) => self.interpreter.child_row(known, child),
        }
    }

    fn decision(&self, set: Set<'_>, person: &Person<'_>, history: &History) -> Option<Decision> {
        let mut set = set;
        let rulebook = self.interpreter.rulebook();
        let row = self.row(person.known, set.child);
        let segment = set.occasion.segment;
        let name = &rulebook.definition(segment).name;
        let policy = &self.actions().policy;
        let exempt = policy.exempt.contains(&segment);
        // Where the period was shorter before, the count goes on from where it was.
        if set.trigger == Trigger::Every {
            set.which = set.which.map(|due| history.counted_on(name, &set.name, set.occasion.since, due));
        }
        // A row whose moment was corrected happened only once.
        if set.which.as_deref().is_some_and(|which| history.has(name, &set.name, set.occasion.since, which)) {
            return None;
        }
        let done = self.done(set.deed, &row);
        let stopped = self.stopped(&set, &done, &row, name, exempt, history)?;
        let (not_before, not_after) = match stopped {
            Some(_) => (None, None),
            None => self.slots.of_deed(set.deed, matches!(done, Done::Send(..))),
        };
        let with = |with: &crate::ir::With| (with.name.clone(), row.value(&with.value), with.value.ty.clone());
        Some(Decision {
            id: self.id(&set, name, person.key.unwrap_or_default()),
            segment,
            trigger: set.trigger,
            reason: set.reason,
            with: set.deed.with.iter().map(with).collect(),
            variant: set.variant.cloned(),
            not_before,
            not_after,
            stopped,
            entered: set.occasion.since,
            place: set.place,
            deed: set.name,
            which: set.which,
            done,
            exempt,
        })
    }

    /// What a decision is to those that follow.
    fn past(&self, decision: &Decision) -> Past {
        Past {
            segment: self.interpreter.rulebook().definition(decision.segment).name.clone(),
            place: decision.deed.clone(),
            decided_at: self.interpreter.clock().now(),
            entered: decision.entered,
            which: decision.which.clone(),
            channel: decision.done.channel().cloned(),
            hold: decision.done == Done::Hold,
            stopped: match &decision.stopped {
                None => Stopped::No,
                Some((StopReason::AtMost, _)) => Stopped::ByAtMost,
                Some(_) => Stopped::Otherwise,
            },
            exempt: decision.exempt,
        }
    }

    /// What a deed does, with its whole text.
    pub(super) fn done(&self, deed: &Deed, row: &Row<'_, '_>) -> Done {
        let zone = self.interpreter.clock().zone();
        match &deed.act {
            Act::Send { channel, message } => {
                Done::Send(channel.clone(), message::text(message, self.interpreter.rulebook(), row, zone))
            }
            Act::Do(verb) => Done::Do(verb.clone()),
            Act::Hold => Done::Hold,
        }
    }

    /// Why it is not done after all, if so; nothing at all where `at most` stopped the deed in this stay before.
    #[expect(clippy::option_option, reason = "no decision, a decision, a stopped one")]
    pub(super) fn stopped(
        &self,
        set: &Set<'_>,
        done: &Done,
        row: &Row<'_, '_>,
        name: &Symbol,
        exempt: bool,
        history: &History,
    ) -> Option<Option<(StopReason, String)>> {
        let (deed, clock, policy) = (set.deed, self.interpreter.clock(), &self.actions().policy);
        if let Done::Send(channel, text) = done {
            let of_all = policy.require.iter().filter(|_| !exempt);
            let unmet = set.segment.require.iter().chain(of_all).find(|it| !row.truth(it).is_true());
            if let Some(unmet) = unmet {
                return Some(Some((
                    StopReason::Require,
                    self.words(leaf::against(row, self.interpreter.rulebook(), unmet)),
                )));
            }
            let channel = self.actions().channel(channel);
            if let Some(unmet) = channel.and_then(|it| message::unmet(text, &it.requirements)) {
                return Some(Some((StopReason::Channel, unmet)));
            }
        }
        if deed.once && history.ever(name, &set.name) {
            return Some(Some((StopReason::Once, "once".to_owned())));
        }
        let stay = set.occasion.since;
        if deed.at_most.is_some_and(|most| history.in_stay(name, &set.name, stay) >= most as usize) {
            let told = history.is_over(name, &set.name, stay);
            return (!told).then(|| Some((StopReason::AtMost, most_words(deed))));
        }
        if let Some(cooldown) = deed.cooldown
            && history.cools_down(name, &set.name, cooldown, clock)
        {
            return Some(Some((StopReason::Cooldown, cooldown_words(cooldown))));
        }
        if matches!(done, Done::Send(..)) && !exempt {
            let limit = policy.limits.iter().find(|it| history.is_reached(it, done, clock));
            return Some(limit.map(|limit| (StopReason::Limit, self.words(limit.span))));
        }
        Some(None)
    }

    /// The words of the rules at a place, on one line.
    pub(super) fn words(&self, span: Span) -> String {
        self.sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn id(&self, set: &Set<'_>, segment: &Symbol, user: &str) -> String {
        let rulebook = self.interpreter.rulebook();
        let entered = set.occasion.since.to_string();
        let parts = [
            rulebook.name.as_str(),
            segment.as_str(),
            set.name.as_str(),
            user,
            entered.as_str(),
            set.trigger.name(),
            set.which.as_deref().unwrap_or_default(),
        ];
        let mut hash = Sha256::new();
        for part in parts {
            // With its length before it no part can pass for the end of another.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
        let mut id = String::with_capacity(32);
        for byte in hash.finalize().iter().take(16) {
            id.push(digit(byte >> 4));
            id.push(digit(byte & 15));
        }
        id
    }
}

/// The salt and the shares of a trigger that deals users out.
fn split(trigger: &Written) -> Option<(&str, &[Share])> {
    match &trigger.body {
        TriggerBody::Split { salt, shares } => Some((salt, shares)),
        TriggerBody::Block(_) => None,
    }
}

/// What sets a deed off.
pub(super) struct Cause<'s> {
    pub(super) trigger: Trigger,
    pub(super) reason: Reason,
    pub(super) which: Option<String>,
    pub(super) child: Option<&'s [Value]>,
}
