//! Turns on their way into the state: what changes is recorded, each decision is handed on as the ledger keeps it, and what happened is
//! counted.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use crate::{
    action::{Arm, Decision, Done, Reason, Tracked, Turn, stop_name},
    engine::{
        UserTurn,
        stateful::{
            Named, Recollection, Replaced,
            recollection::{kind, value_name},
        },
    },
    intern::Symbol,
    ir::{DefinitionId, Rulebook, TriggerKind},
    state::{self, Kept, LedgerRow, NameId, Recorded, Recording, StateError, ValueId},
    value::{Value, Zone, print},
};

/// What happened to segments in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Who entered (true) and left, by segment and reason.
    pub moved: BTreeMap<(DefinitionId, bool, Reason), u64>,
    /// What was decided, by segment, by `send`, `hold` or verb, and by what stopped it.
    pub decided: BTreeMap<(DefinitionId, String, Option<&'static str>), u64>,
    /// Who is inside and was not told, since it is the segment's first run.
    pub untold: BTreeMap<DefinitionId, u64>,
    /// Who has begun to have what `held` asks about, in the first run under its rules: how long they have had it counts from this run.
    pub begun: BTreeMap<DefinitionId, u64>,
    /// Users whom the state knows and who are not in today's data.
    pub absent: u64,
    /// Those of them who were there in the run before.
    pub missed: u64,
    /// They were not let go, since rows were set aside, and theirs may be among those.
    pub spared: bool,
    /// What everybody's records and rows come to.
    pub population: u64,
    /// Uploaded lists and reference tables that are other than in the run before.
    pub replaced: Vec<Replaced>,
    /// Parameters that are other than in the run before: name, what they were and are, as written in rules.
    pub params: Vec<(String, String, String)>,
}

/// Records turns.
#[derive(Debug)]
pub struct Recorder {
    rulebook: Arc<Rulebook>,
    tracked: Arc<Tracked>,
    zone: Zone,
    now: i64,
    /// What the state calls what is tracked; none where nothing is recorded.
    names: Option<Names>,
    /// Whether this is the first run under its rules.
    pub under_new_rules: bool,
    /// What happened.
    pub moves: Moves,
}

#[derive(Debug)]
struct Names {
    recording: Recording,
    recollection: Arc<Recollection>,
    stays: Vec<(NameId, Option<ValueId>)>,
    kept: Vec<ValueId>,
}

impl Recorder {
    /// Counts turns, and hands decisions on; nothing is recorded.
    pub fn preview(rulebook: Arc<Rulebook>, tracked: Arc<Tracked>, zone: Zone, now: i64) -> Recorder {
        Recorder { rulebook, tracked, zone, now, names: None, under_new_rules: false, moves: Moves::default() }
    }

    /// Records turns.
    ///
    /// # Errors
    /// A state that cannot be written.
    pub fn recording(
        preview: Recorder,
        mut recording: Recording,
        recollection: Arc<Recollection>,
    ) -> Result<Recorder, StateError> {
        let rulebook = &preview.rulebook;
        let mut named = |id: DefinitionId, rank: Option<u32>| {
            let definition = rulebook.definition(id);
            let kind = kind(&definition.body).unwrap_or(state::Kind::Tag);
            let name = recording.name(kind, &definition.name)?;
            let value = rank.and_then(|rank| value_name(rulebook, id, rank));
            Ok((name, value.map(|value| recording.value(name, value)).transpose()?))
        };
        let stays: Result<Vec<_>, StateError> =
            preview.tracked.stays.iter().map(|stay| named(stay.definition, stay.rank)).collect();
        let kept: Result<Vec<_>, StateError> =
            rulebook.actions.memory.kept.iter().map(|it| named(it.level, Some(it.rank))).collect();
        let (stays, kept) = (stays?, kept?);
        let kept = kept.into_iter().filter_map(|(_, value)| value).collect();
        let names = Some(Names { recording, recollection, stays, kept });
        Ok(Recorder { names, ..preview })
    }

    /// Notes what the ledger calls deeds from now on.
    ///
    /// # Errors
    /// A state that cannot be written.
    pub fn call_deeds(&mut self, named: &Named) -> Result<(), StateError> {
        let Some(names) = &mut self.names else { return Ok(()) };
        for (segment, all) in &named.known {
            let name = names.recording.name(state::Kind::Segment, &self.rulebook.definition(*segment).name)?;
            names.recording.set_deeds(name, all)?;
        }
        Ok(())
    }

    /// Takes one user's turn; each decision is handed on.
    ///
    /// # Errors
    /// A state that cannot be written, and what `tell` cannot do.
    pub fn take<E: From<StateError>>(
        &mut self,
        user: UserTurn,
        tell: &mut impl FnMut(&LedgerRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let UserTurn { mut key, number, returned, turn } = user;
        for (place, entered, reason) in &turn.moves {
            let Some(stay) = self.tracked.stays.get(*place) else { continue };
            *self.moves.moved.entry((stay.definition, *entered, *reason)).or_default() += 1;
            let silent = self.rulebook.actions.of(stay.definition).is_some_and(|it| {
                !it.backfill && it.triggers.iter().any(|trigger| matches!(trigger.on, TriggerKind::Enter))
            });
            if *entered && *reason == Reason::First && silent && self.names.is_some() {
                *self.moves.untold.entry(stay.definition).or_default() += 1;
            }
        }
        if self.under_new_rules {
            let begun = turn.stays.iter().filter(|(_, has)| *has);
            for stay in begun.filter_map(|(place, _)| self.tracked.stays.get(*place)) {
                if self.rulebook.actions.memory.since.iter().any(|it| it.definition == stay.definition) {
                    *self.moves.begun.entry(stay.definition).or_default() += 1;
                }
            }
        }
        let number = match &mut self.names {
            Some(names) => names.record(&key, number, returned, &turn, self.now)?,
            None => 0,
        };
        let mut decisions = turn.decisions.into_iter();
        while let Some(decision) = decisions.next() {
            let stopped = decision.stopped.as_ref().map(|(reason, _)| stop_name(*reason));
            let is_same =
                |(_, name, why): &(DefinitionId, String, Option<&str>)| name == decision.done.name() && *why == stopped;
            let of_segment = self.moves.decided.range_mut((decision.segment, String::new(), None)..);
            let mut of_segment = of_segment.take_while(|((segment, ..), _)| *segment == decision.segment);
            // There are few, so that looking is less than naming it anew.
            match of_segment.find(|(what, _)| is_same(what)) {
                Some((_, number)) => *number += 1,
                None => {
                    let what = (decision.segment, decision.done.name().to_owned(), stopped);
                    self.moves.decided.insert(what, 1);
                }
            }
            let segment = decision.segment;
            let user = if decisions.len() > 0 { key.clone() } else { std::mem::take(&mut key) };
            let row = self.row(user, decision);
            tell(&row)?;
            if let Some(names) = &mut self.names {
                names.decide(number, segment, row, &self.tracked)?;
            }
        }
        Ok(())
    }

    fn row(&self, user: String, decision: Decision) -> LedgerRow {
        let terms = decision.with.iter().map(|(name, value, ty)| {
            let value = print::json(&self.rulebook.shown(value, ty), &self.zone);
            format!("{}:{value}", print::json(&Value::Text(name.shared()), &self.zone))
        });
        let with = match decision.with.is_empty() {
            true => "{}".into(),
            false => format!("{{{}}}", terms.collect::<Vec<_>>().join(",")).into(),
        };
        let act = act(&decision.done);
        let channel = decision.done.channel().map(Symbol::shared);
        let message = match decision.done {
            Done::Send(_, text) => Some(text),
            Done::Do(_) | Done::Hold => None,
        };
        let (stopped, stopped_by) = decision.stopped.map(|(reason, by)| (stop_name(reason).into(), by)).unzip();
        let recorded = state::Decision {
            action_id: decision.id,
            deed: decision.deed,
            trigger: decision.trigger.name().into(),
            reason: decision.reason.name().into(),
            act,
            channel,
            variant: decision.variant.as_ref().map(ToString::to_string),
            message,
            with,
            not_before: decision.not_before,
            not_after: decision.not_after,
            stopped,
            stopped_by,
            entered: decision.entered,
            occasion: decision.which,
            decided_at: self.now,
            exempt: decision.exempt,
        };
        let segment = self.rulebook.definition(decision.segment).name.shared();
        let run = self.names.as_ref().map_or(0, |names| names.recording.run());
        LedgerRow { run, user, segment, decision: recorded }
    }

    /// The keys of users whom the state knows and who are not in today's data.
    pub fn absent(&self) -> Vec<String> {
        let Some(names) = &self.names else { return vec![] };
        let remembered = names.recollection.remembered();
        names.recollection.unseen().filter_map(|number| remembered.key(number).map(str::to_owned)).collect()
    }

    /// Of the users who were there in the run before: how many are not in today's data, and how many they were.
    pub fn missed(&self) -> (u64, u64) {
        let Some(names) = &self.names else { return (0, 0) };
        let remembered = names.recollection.remembered();
        let was_there = |number: &u32| remembered.absent_since(*number).is_none();
        let is_user = |number: &u32| remembered.key(*number).is_some();
        let missed = names.recollection.unseen().filter(|number| is_user(number) && was_there(number)).count();
        (missed as u64, remembered.all().filter(was_there).count() as u64)
    }

    /// Ends the run: who is absent is noted, and all of it is kept, in a state that is to be closed.
    ///
    /// # Errors
    /// A state that cannot be written: then nothing was recorded.
    pub fn finish(mut self, absent: &[String]) -> Result<(Moves, Option<Recorded>), StateError> {
        let Some(mut names) = self.names.take() else { return Ok((self.moves, None)) };
        let recollection = Arc::clone(&names.recollection);
        let remembered = recollection.remembered();
        let previous = crate::engine::Memory::previous(&*recollection);
        self.moves.absent = absent.len() as u64;
        for number in absent.iter().filter_map(|key| remembered.number(key)) {
            if let (None, Some(previous)) = (remembered.absent_since(number), previous) {
                self.moves.missed += 1;
                names.recording.absent(number, previous)?;
            }
        }
        names.recording.set_population(self.moves.population as i64)?;
        let recorded = names.recording.record()?;
        Ok((self.moves, Some(recorded)))
    }
}

impl Names {
    fn record(
        &mut self,
        key: &str,
        number: Option<u32>,
        returned: bool,
        turn: &Turn,
        now: i64,
    ) -> Result<u32, StateError> {
        let recollection = Arc::clone(&self.recollection);
        let number = match number {
            None => self.recording.add_user(key, turn.print.unwrap_or_default() as i64)?,
            Some(number) => {
                if let Some(print) = turn.print {
                    self.recording.set_fingerprint(number, print as i64);
                }
                if returned {
                    self.recording.returned(number)?;
                }
                number
            }
        };
        // Who goes from one value of a level to another leaves the one and enters the other.
        for entering in [false, true] {
            for (place, has) in turn.stays.iter().filter(|(_, has)| *has == entering) {
                let Some((name, value)) = self.stays.get(*place) else { continue };
                match has {
                    true => self.recording.enter(number, *name, *value, now)?,
                    false => self.recording.leave(number, *name)?,
                }
            }
        }
        for (place, entered, reason) in &turn.moves {
            if let Some((name, _)) = self.stays.get(*place) {
                self.recording.transition(number, *name, *entered, reason.name())?;
            }
        }
        for (value, arm) in self.kept.iter().zip(&turn.arms) {
            let before = recollection.remembered().kept(*value, number).filter(|_| !turn.is_new);
            let after = kept(*arm, now);
            if before != after {
                self.recording.set_kept(number, *value, after)?;
            }
        }
        Ok(number)
    }

    fn decide(
        &mut self,
        number: u32,
        segment: DefinitionId,
        row: LedgerRow,
        tracked: &Tracked,
    ) -> Result<(), StateError> {
        let place = tracked.stays.iter().position(|stay| stay.definition == segment);
        match place.and_then(|place| self.stays.get(place)) {
            Some((name, _)) => self.recording.decide(number, *name, row.decision),
            None => Ok(()),
        }
    }
}

/// What is done, as the ledger keeps it.
fn act(done: &Done) -> Cow<'static, str> {
    match done {
        Done::Send(..) => "send".into(),
        Done::Do(verb) => verb.to_string().into(),
        Done::Hold => "hold".into(),
    }
}

/// What the state keeps of an arm: while it is reached no moment, so that nothing need be written.
fn kept(arm: Arm, now: i64) -> Option<Kept> {
    let reached = arm.reached?;
    Some(Kept { reached: (reached != now).then_some(reached), held: arm.held.is_some() })
}
