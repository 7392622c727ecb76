//! What becomes of a segment's deeds for one user: what a run would decide now, what waits for its time, and what stops it, until
//! when (LANGUAGE.md §7, §8).

use std::collections::BTreeMap;

use crate::{
    action::{Decider, Decision, Done, Occasion, Past, Person as Acted, Reason, Recalled, Tracked, Would, stop_name},
    eval::{Interpreter, reference::SoFar},
    explain::{
        Asked,
        later::first_instant,
        part::Part,
        person::{Person, Supposed},
        tree::one_line,
    },
    ir::{DefinitionId, StopReason, TriggerKind},
    schema::TableId,
    source::Span,
    value::{Clock, Truth, Value, print},
};

/// What is remembered of a user, and how a run would take it.
#[derive(Clone, Copy, Debug)]
pub struct Remembered<'a> {
    /// What the rules want remembered.
    pub tracked: &'a Tracked,
    /// What the last run left of the user.
    pub recalled: &'a Recalled,
    /// What was decided about them.
    pub past: &'a [Past],
    /// Segments that a run would find entered, or left, because they are asked about for the first time, or because the rules changed.
    pub reasons: &'a BTreeMap<DefinitionId, Reason>,
}

/// What a trigger of a segment comes to for a user.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// `on enter`, `every 30d`, `on each payments where paid`
    pub trigger: String,
    /// What it does; none where no deed applies.
    pub deed: Option<Done>,
    /// As it is written, where what it does hangs on a row.
    pub written: Option<String>,
    /// The variant of a `split`.
    pub variant: Option<String>,
    /// When.
    pub turn: Turn,
    /// Why it would not be done after all, and what would stop it then; empty where nothing does.
    pub stopped: Vec<Stopped>,
    /// Not to be done before this instant.
    pub not_before: Option<i64>,
    /// When it was last done for the user.
    pub last: Option<i64>,
}

/// When a deed is set off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A run would set it off now.
    Now,
    /// The user has been inside already when the run before was made.
    Heard,
    /// A run would find the user entered or left for a reason that nobody is told of.
    Unheard(Reason),
    /// When the user enters.
    Entry,
    /// When the user leaves.
    Exit,
    /// At this instant, if the user is still inside.
    At(i64),
    /// When the next row comes.
    Row,
    /// The user is not inside.
    Outside,
}

/// What stops a deed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// `cooldown`
    pub reason: &'static str,
    /// `cooldown 30d`
    pub by: String,
    /// The first instant at which this stops it no more, where time alone brings that.
    pub until: Option<i64>,
}

/// Asks about deeds of one user.
pub(super) struct Deeds<'d, 'a> {
    asked: &'d Asked<'a>,
    person: &'d Person<'a>,
    /// What happens to the user in all segments, as a run would find it now.
    occasions: Vec<Occasion>,
    /// What the user gets of all that deeds read.
    answers: crate::eval::Answers,
    rows: BTreeMap<TableId, Vec<Vec<Value>>>,
    /// What a run would decide now.
    decisions: Vec<Decision>,
    /// What was decided before, and what would be done now.
    past: Vec<Past>,
}

impl<'d, 'a> Deeds<'d, 'a> {
    /// Of these segments, and of all others where the policy counts messages together.
    pub(super) fn of(asked: &'d Asked<'a>, person: &'d Person<'a>, segments: &[DefinitionId]) -> Deeds<'d, 'a> {
        let rulebook = asked.rulebook;
        let reads = rulebook.reads_for_deeds(segments);
        let part = Part { order: rulebook.order_of(&reads), aggregates: rulebook.outside_of_definitions(&reads) };
        let seen = person.see_part(asked.context, &part, &Supposed::new());
        let mut deeds = Deeds {
            asked,
            person,
            occasions: vec![],
            answers: seen.answers,
            rows: BTreeMap::new(),
            decisions: vec![],
            past: asked.remembered.map_or(&[][..], |it| it.past).to_vec(),
        };
        let known = rulebook.deeds_beside(segments);
        deeds.occasions = known.into_iter().map(|id| deeds.occasion(id)).collect();
        if let Some(remembered) = asked.remembered {
            let clock = &asked.context.clock;
            deeds.rows = crate::action::happened_since(rulebook, person.children, remembered.recalled.seen, clock);
        }
        let set_off: Vec<Occasion> =
            deeds.occasions.iter().filter(|it| it.inside || it.reason.is_some()).copied().collect();
        deeds.decisions = deeds.decider(asked).decide(&deeds.acted(&deeds.known()), &set_off, || deeds.past.clone());
        let done = deeds.decisions.iter().filter(|it| it.stopped.is_none());
        let done: Vec<Past> = done.map(|it| it.as_past(rulebook, asked.context.clock.now())).collect();
        deeds.past.extend(done);
        deeds
    }

    fn decider(&self, asked: &'d Asked<'a>) -> Decider<'d> {
        let interpreter = Interpreter::new(asked.rulebook, asked.context);
        Decider::new(interpreter, asked.sources, asked.remembered.is_none())
    }

    fn known(&self) -> SoFar<'_> {
        SoFar { record: self.person.record, answers: &self.answers }
    }

    fn acted<'k>(&'k self, known: &'k SoFar<'k>) -> Acted<'k> {
        Acted {
            key: self.asked.key,
            known,
            rows: &self.rows,
            seen: self.asked.remembered.and_then(|it| it.recalled.seen),
        }
    }

    /// What a run would find of a segment now.
    fn occasion(&self, segment: DefinitionId) -> Occasion {
        let inside = Truth::of(self.answers.value(segment)).is_true();
        let since = self.asked.remembered.and_then(|it| since(it, segment, None));
        let moved = inside != since.is_some();
        let reason = self.asked.remembered.and_then(|it| it.reasons.get(&segment).copied()).unwrap_or(Reason::Data);
        Occasion {
            segment,
            since: since.unwrap_or(self.asked.context.clock.now()),
            inside,
            reason: moved.then_some(reason),
        }
    }

    /// What each trigger of a segment comes to.
    pub(super) fn told(&self, segment: DefinitionId) -> Vec<Deed> {
        let Some(occasion) = self.occasions.iter().find(|it| it.segment == segment) else { return vec![] };
        let decider = self.decider(self.asked);
        let all = decider.would(&self.acted(&self.known()), occasion, &self.past);
        all.iter().enumerate().map(|(at, would)| self.deed(&decider, occasion, would, at)).collect()
    }

    fn deed(&self, decider: &Decider<'d>, occasion: &Occasion, would: &Would<'_>, at: usize) -> Deed {
        let words = |span: Span| one_line(self.asked.sources.slice(span));
        let head = format!("{at}.");
        let now = self.decisions.iter().rfind(|it| it.segment == occasion.segment && it.place.starts_with(&head));
        let turn = match now {
            Some(_) => Turn::Now,
            None => self.turn(occasion, would),
        };
        let mut deed = Deed {
            trigger: self.trigger(&would.trigger.on),
            deed: would.done.clone(),
            written: would.deed.filter(|_| would.done.is_none()).map(|deed| words(deed.span)),
            variant: would.variant.as_ref().map(ToString::to_string),
            turn,
            stopped: vec![],
            not_before: would.not_before.filter(|_| turn == Turn::Now),
            last: would.last,
        };
        if let Some(Decision { done, stopped, not_before, .. }) = now {
            deed.deed = Some(done.clone());
            deed.written = None;
            deed.not_before = *not_before;
            let stopped = stopped.as_ref().map(|(reason, by)| self.stopped(decider, occasion, would, *reason, by));
            deed.stopped = stopped.unwrap_or_default();
            return deed;
        }
        let stop = would.stop.as_ref().map(|stop| self.stopped(decider, occasion, would, stop.reason, &stop.by));
        deed.stopped = stop.unwrap_or_default();
        // What is over when its time comes need not be told.
        if let Turn::At(at) = turn {
            deed.stopped.retain(|stop| stop.until.is_none_or(|until| until > at));
        }
        deed
    }

    fn turn(&self, occasion: &Occasion, would: &Would<'_>) -> Turn {
        let backfill = self.asked.rulebook.actions.of(occasion.segment).is_some_and(|it| it.backfill);
        // Where it is heard and nothing was decided, no deed applies.
        let moved = |reason: Reason| if reason.is_heard(backfill) { Turn::Now } else { Turn::Unheard(reason) };
        match (&would.trigger.on, occasion.inside) {
            (TriggerKind::Enter, true) => occasion.reason.map_or(Turn::Heard, moved),
            (TriggerKind::Enter, false) => Turn::Entry,
            (TriggerKind::Exit, true) => Turn::Exit,
            (TriggerKind::Exit, false) => occasion.reason.map_or(Turn::Outside, moved),
            (TriggerKind::Every(_), true) => would.due.map_or(Turn::Outside, Turn::At),
            (TriggerKind::Each { .. }, true) => Turn::Row,
            (TriggerKind::Every(_) | TriggerKind::Each { .. }, false) => Turn::Outside,
        }
    }

    /// `on each payments where paid`
    fn trigger(&self, on: &TriggerKind) -> String {
        match on {
            TriggerKind::Enter => "on enter".to_owned(),
            TriggerKind::Exit => "on exit".to_owned(),
            TriggerKind::Every(period) => format!("every {}", print::text(&Value::Duration(*period), self.zone())),
            TriggerKind::Each { table, filter } => {
                let name = &self.asked.rulebook.schema.table(*table).name;
                let filter =
                    filter.as_ref().map(|it| format!(" where {}", one_line(self.asked.sources.slice(it.span))));
                format!("on each {name}{}", filter.unwrap_or_default())
            }
        }
    }

    fn zone(&self) -> &crate::value::Zone {
        self.asked.context.clock.zone()
    }

    /// What stops a deed, one thing after the other as time goes by.
    fn stopped(
        &self,
        decider: &Decider<'d>,
        occasion: &Occasion,
        would: &Would<'_>,
        reason: StopReason,
        by: &str,
    ) -> Vec<Stopped> {
        let mut all = vec![];
        let mut clock = self.asked.context.clock.clone();
        let mut next = Some((reason, by.to_owned()));
        while let Some((reason, by)) = next.take() {
            let passes = matches!(reason, StopReason::Cooldown | StopReason::Limit);
            let stops = |instant: i64| {
                let clock = Clock::at(instant, clock.zone().clone())?;
                decider.waits_for(would, occasion, &self.past, &clock)
            };
            let is_over = |instant: i64| stops(instant).is_none_or(|it| it != (reason, by.clone()));
            let until = if passes { first_instant(&clock, is_over) } else { None };
            let later = until.and_then(|until| Clock::at(until, clock.zone().clone()).map(|clock| (until, clock)));
            all.push(Stopped { reason: stop_name(reason), by: by.clone(), until });
            if let Some((until, later)) = later.filter(|_| all.len() < MOST_STOPS) {
                next = stops(until);
                clock = later;
            }
        }
        all
    }
}

/// Things that stop a deed one after the other and are told.
const MOST_STOPS: usize = 5;

/// Since when the user has had something without a break, as the last run left it.
pub(super) fn since(remembered: &Remembered<'_>, id: DefinitionId, rank: Option<u32>) -> Option<i64> {
    let place = remembered.tracked.stays.iter().position(|it| it.definition == id && it.rank == rank)?;
    remembered.recalled.since.get(place).copied().flatten()
}

/// A deed in words: `send sms "…"`.
pub(super) fn words(deed: &Deed) -> String {
    let variant = deed.variant.as_ref().map(|it| format!("{it}: ")).unwrap_or_default();
    let what = match (&deed.deed, &deed.written) {
        (Some(Done::Send(channel, text)), _) => format!("send {channel} {}", print::quoted_text(text)),
        (Some(Done::Do(verb)), _) => format!("do {verb}"),
        (Some(Done::Hold), _) => "hold".to_owned(),
        (None, Some(written)) => written.clone(),
        (None, None) if deed.turn == Turn::Row => "what applies to the row".to_owned(),
        (None, None) => "no deed applies".to_owned(),
    };
    format!("{variant}{what}")
}
