//! A run that had been made already: its decisions are written again, and what is other than it was then is said.

use std::sync::atomic::{AtomicU64, Ordering};

use tagwell::{
    data::BadRow,
    engine::{Engine, Prints, RunError, RunSink, Users},
    state::{LastRun, LedgerRow, Remembered, Run, Store},
    value::Zone,
};

use super::super::{
    actions::{ActionsWriter, Decisions, Record},
    exit::Failure,
    summary::grouped,
};

/// Takes all users together, beside what another sink does with their results.
pub(super) struct Compared<'e, S> {
    inner: S,
    prints: Prints<'e>,
    population: AtomicU64,
}

impl<'e, S> Compared<'e, S> {
    pub(super) fn new(engine: &'e Engine, inner: S) -> Compared<'e, S> {
        Compared { inner, prints: Prints::of(engine), population: AtomicU64::new(0) }
    }

    /// The other sink, and what all users come to, as a run records it.
    pub(super) fn end(self) -> (S, i64) {
        (self.inner, self.population.into_inner() as i64)
    }
}

impl<S: RunSink> RunSink for Compared<'_, S> {
    type Ready = Option<S::Ready>;

    fn prepare(&self, users: &Users<'_>) -> Self::Ready {
        self.population.fetch_add(self.prints.together(users), Ordering::Relaxed);
        self.inner.looks().then(|| self.inner.prepare(users))
    }

    fn take(&self, ready: Self::Ready) -> Result<(), RunError> {
        ready.map_or(Ok(()), |ready| self.inner.take(ready))
    }

    fn bad_row(&self, row: Box<BadRow>) -> Result<(), RunError> {
        self.inner.bad_row(row)
    }

    fn progress(&self, rows: u64, table: &str) {
        self.inner.progress(rows, table);
    }
}

/// The decisions of the last run, once more; how many they are.
pub(super) fn told(store: &Store, last: &LastRun, writer: Option<ActionsWriter>) -> Result<u64, Failure> {
    // In the zone of then, also where the rules have another by now.
    let zone = &Zone::parse(&last.run.timezone).unwrap_or_else(|_| Zone::utc());
    let mut writer = writer;
    let mut told = 0;
    store.ledger().decisions(None, Some(last.number), |row: LedgerRow| {
        told += 1;
        match &mut writer {
            Some(writer) => {
                let (key_type, decisions) = (last.run.key_type.as_str(), Decisions::Recorded);
                writer.write(&Record { row: &row, zone, key_type, decisions })
            }
            None => Ok(()),
        }
    })?;
    writer.map_or(Ok(()), ActionsWriter::finish)?;
    Ok(told)
}

/// What is other than it was when the run was made, and so did not count: of the users how many they are, and what they all come to.
pub(super) fn differences(
    now: &Run,
    then: &Run,
    remembered: &Remembered,
    (users, population): (u64, i64),
) -> Vec<String> {
    let mut all = vec![];
    if now.rules != then.rules {
        all.push("the rules are others".to_owned());
    }
    if now.params != then.params {
        all.push("parameters are others".to_owned());
    }
    // How many are on them is not known of every run, and what is on them says more.
    let contents = |run: &Run| run.lists.iter().map(|it| (it.name.clone(), it.fingerprint)).collect::<Vec<_>>();
    if contents(now) != contents(then) {
        all.push("lists or reference tables are others".to_owned());
    }
    let known = remembered.all().filter(|number| remembered.absent_since(*number).is_none()).count() as u64;
    if known != users {
        let word = if users == 1 { "user" } else { "users" };
        all.push(format!("{} {word} instead of {}", grouped(users), grouped(known)));
    } else if now.rules == then.rules && then.population.is_some_and(|then| then != population) {
        // By other rules other columns are read.
        all.push("users' records or rows are others".to_owned());
    }
    all
}
