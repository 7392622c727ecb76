//! One day that is played, and what it brought: a run like any other, with a state that is thrown away.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use tagwell::{
    action::Reason,
    data::BadRow,
    engine::{Everybody, RunError, RunSink, Users},
    ir::{DefinitionId, Reads, Rulebook},
    schema::{ColumnId, Table},
    state::{LedgerRow, Reader},
};

use super::super::{
    book::Book,
    clock::AsOf,
    exit::Failure,
    run::{
        Run,
        acting::{self, Acted, Acting},
        touches,
    },
    voice::Voice,
};

/// What a day brought.
#[derive(Clone, Debug, Default)]
pub(super) struct Day {
    pub(super) as_of: i64,
    /// Bad rows that were passed over.
    pub(super) bad: u64,
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
    pub(super) stopped: BTreeMap<String, u64>,
}

/// How many messages each user got.
#[derive(Clone, Debug, Default)]
pub(super) struct Sends(pub(super) BTreeMap<String, u64>);

/// What all days are played with.
pub(super) struct Play<'p> {
    pub(super) run: &'p Run,
    pub(super) book: Book,
    pub(super) table: &'p Table,
    pub(super) needed: &'p [ColumnId],
    pub(super) reads: &'p Reads,
    /// The state that goes from one day to the next.
    pub(super) state: &'p Path,
}

impl Play<'_> {
    /// Plays one.
    pub(super) fn day(&mut self, as_of: i64, sends: &mut Sends, voice: &Voice) -> Result<Day, Failure> {
        let rulebook = Arc::clone(self.book.checked.rulebook());
        let earlier = acting::open(Some(self.state), as_of, &rulebook, voice)?;
        let ledgers = touches::ledgers(&self.book, earlier.store().map(|it| it.ledger()), as_of)?;
        for (table, file) in &ledgers {
            self.book.say_where(table.clone(), file.path().to_string_lossy().into_owned());
        }
        let engine = self.book.checked.engine_with(self.book.context(&AsOf::Now(as_of), self.reads)?);
        let acting = Acting::begin(self.run, &self.book, engine, earlier, voice)?;
        let data = Everybody {
            users: self.book.users()?,
            table: self.table,
            needed: self.needed,
            children: self.book.children(self.reads)?,
            reads: self.reads,
            check_keys: false,
            verbatim: false,
        };
        let nobody = Nobody { stop: self.run.data.allowed()?.none() };
        let (ran, _, acted) = acting.run(self.run, &self.book, &data, nobody, None)?;
        let mut day = Day { as_of, bad: ran.bad_rows(), ..Day::default() };
        if let Acted::Moved(moves, _) = acted {
            for ((id, entered, reason), number) in moves.moved {
                let segment = day.segments.entry(id).or_default();
                let way = if entered { &mut segment.entered } else { &mut segment.left };
                *way.entry(reason).or_default() += number;
            }
        }
        let reader = Reader::open(self.state)?;
        reader.ledger().decisions(None, Some(reader.last_run().number), |row: LedgerRow| {
            if row.decision.act == "send" && row.decision.stopped.is_none() {
                *sends.0.entry(row.user.clone()).or_default() += 1;
            }
            if let Some(id) = named(&rulebook, &row.segment) {
                day.segments.entry(id).or_default().take(row);
            }
            Ok::<(), Failure>(())
        })?;
        Ok(day)
    }
}

fn named(rulebook: &Rulebook, name: &str) -> Option<DefinitionId> {
    (0..).map(DefinitionId).zip(&rulebook.definitions).find(|(_, it)| it.name.as_str() == name).map(|(id, _)| id)
}

/// Results are not looked at, only what is decided.
struct Nobody {
    stop: bool,
}

impl RunSink for Nobody {
    type Ready = ();

    fn looks(&self) -> bool {
        false
    }

    fn prepare(&self, _: &Users<'_>) {}

    fn take(&self, (): ()) -> Result<(), RunError> {
        Ok(())
    }

    fn bad_row(&self, row: Box<BadRow>) -> Result<(), RunError> {
        if self.stop { Err(RunError::BadRow(row)) } else { Ok(()) }
    }
}

impl Segment {
    fn take(&mut self, row: LedgerRow) {
        let it = row.decision;
        if it.stopped.is_none() {
            self.deferred += u64::from(it.not_before.is_some());
        }
        let (counts, what) = match (it.stopped, it.channel) {
            (Some(reason), _) => (&mut self.stopped, reason.into_owned()),
            (None, Some(channel)) => (&mut self.sent, channel.to_string()),
            (None, None) if it.act == "hold" => {
                self.held += 1;
                return;
            }
            (None, None) => (&mut self.done, it.act.into_owned()),
        };
        *counts.entry(what).or_default() += 1;
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
