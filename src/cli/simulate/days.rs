//! One day that is played, and what it brought.

use std::{
    collections::BTreeMap,
    io::Write,
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use tagwell::{
    action::{Decision, Done, Reason, Tracked, stop_name},
    data::BadRow,
    engine::{Engine, Everybody, Played, RunError, RunSink, Standing, Turns, UserTurn, Users},
    ir::DefinitionId,
    source::Sources,
    value::{Zone, moment_text::timestamp_text},
};
use tempfile::NamedTempFile;

use super::super::{data::Allowed, exit::Failure, run};

/// What a day brought.
#[derive(Clone, Debug, Default)]
pub(super) struct Day {
    pub(super) as_of: i64,
    pub(super) segments: BTreeMap<DefinitionId, Segment>,
}

/// What it brought one segment.
#[derive(Clone, Debug, Default)]
pub(super) struct Segment {
    pub(super) entered: BTreeMap<Reason, u64>,
    pub(super) left: BTreeMap<Reason, u64>,
    /// By channel.
    pub(super) sent: BTreeMap<String, u64>,
    /// Of what was sent or done, what waits for an hour of its own.
    pub(super) deferred: u64,
    pub(super) held: u64,
    /// By verb.
    pub(super) done: BTreeMap<String, u64>,
    /// By what stopped it.
    pub(super) stopped: BTreeMap<&'static str, u64>,
}

/// How many messages each user got.
#[derive(Clone, Debug, Default)]
pub(super) struct Sends(pub(super) BTreeMap<String, u64>);

/// A day that is being played.
pub(super) struct Play<'p> {
    pub(super) engine: &'p Engine,
    pub(super) tracked: &'p Tracked,
    pub(super) played: &'p Played,
    pub(super) sources: &'p Sources,
    pub(super) allowed: Allowed,
}

impl Play<'_> {
    /// Plays it; what was decided becomes rows of the ledger.
    pub(super) fn day(
        &self,
        data: &Everybody<'_>,
        threads: Option<NonZeroUsize>,
        ledgers: &mut [(String, NamedTempFile)],
        sends: &mut Sends,
    ) -> Result<Day, Failure> {
        let rulebook = self.engine.rulebook();
        let past = |number: u32| self.played.past(number);
        let first = match self.played.has_begun() {
            true => vec![],
            false => self.tracked.definitions().collect(),
        };
        let standing = Standing {
            sources: self.sources,
            preview: false,
            first,
            read_anew: vec![],
            others_moved: vec![],
            asked_again: None,
            past: &past,
        };
        let turns = Turns::of(self.engine, standing).ok_or_else(|| Failure::new("nothing is remembered"))?;
        let day = Day { as_of: self.engine.clock().now(), ..Day::default() };
        let found = Mutex::new((day, vec![], std::mem::take(sends)));
        let mut sink = Sink { play: self, turns, found: &found };
        let ran = run::threads(threads, || self.engine.run_whole(data, &mut sink))?;
        let ran = ran.map_err(|error| run::ended(error, &data.users.name(), &self.allowed))?;
        if let Some(worst) = self.allowed.exceeded(ran.rejected, ran.read) {
            return Err(worst);
        }
        let (day, touches, all) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        *sends = all;
        for (_, file) in ledgers {
            let lines: String = touches.concat();
            file.write_all(lines.as_bytes()).map_err(|error| Failure::file("write", "the ledger's rows", &error))?;
        }
        let _ = rulebook;
        Ok(day)
    }
}

struct Sink<'s> {
    play: &'s Play<'s>,
    turns: Turns<'s>,
    found: &'s Mutex<(Day, Vec<String>, Sends)>,
}

impl RunSink for Sink<'_> {
    type Ready = Vec<UserTurn>;

    fn prepare(&self, users: &Users<'_>) -> Vec<UserTurn> {
        self.turns.take(users).0
    }

    fn take(&self, turns: Vec<UserTurn>) -> Result<(), RunError> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let (day, touches, sends) = &mut *found;
        let rulebook = self.play.engine.rulebook();
        let zone = Zone::utc();
        for turn in turns {
            self.play.played.take(&turn, self.play.tracked, rulebook, day.as_of);
            for (place, entered, reason) in &turn.turn.moves {
                let Some(stay) = self.play.tracked.stays.get(*place) else { continue };
                let segment = day.segments.entry(stay.definition).or_default();
                let way = if *entered { &mut segment.entered } else { &mut segment.left };
                *way.entry(*reason).or_default() += 1;
            }
            for decision in &turn.turn.decisions {
                day.segments.entry(decision.segment).or_default().take(decision);
                if decision.stopped.is_none() && matches!(decision.done, Done::Send(..)) {
                    *sends.0.entry(turn.key.clone()).or_default() += 1;
                }
                let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                touches.push(run::acting::touch_line([
                    turn.key.clone(),
                    timestamp_text(day.as_of, &zone),
                    rulebook.definition(decision.segment).name.to_string(),
                    decision.done.name().to_owned(),
                    text(decision.done.channel().map(|it| it.as_str())),
                    text(decision.variant.as_ref().map(|it| it.as_str())),
                    text(decision.stopped.as_ref().map(|(reason, _)| stop_name(*reason))),
                ]));
            }
        }
        Ok(())
    }

    fn bad_row(&self, row: Box<BadRow>) -> Result<(), RunError> {
        if self.play.allowed.none() { Err(RunError::BadRow(row)) } else { Ok(()) }
    }
}

impl Segment {
    fn take(&mut self, decision: &Decision) {
        if let Some((reason, _)) = &decision.stopped {
            *self.stopped.entry(stop_name(*reason)).or_default() += 1;
            return;
        }
        match &decision.done {
            Done::Send(channel, _) => *self.sent.entry(channel.to_string()).or_default() += 1,
            Done::Do(verb) => *self.done.entry(verb.to_string()).or_default() += 1,
            Done::Hold => self.held += 1,
        }
        self.deferred += u64::from(decision.not_before.is_some());
    }

    /// Adds what another day brought.
    pub(super) fn add(&mut self, other: &Segment) {
        fn join<K: Ord + Clone>(to: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
            for (key, number) in from {
                *to.entry(key.clone()).or_default() += number;
            }
        }
        join(&mut self.entered, &other.entered);
        join(&mut self.left, &other.left);
        join(&mut self.sent, &other.sent);
        join(&mut self.done, &other.done);
        join(&mut self.stopped, &other.stopped);
        self.deferred += other.deferred;
        self.held += other.held;
    }
}
