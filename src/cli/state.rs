//! A state that is only looked at, by `explain` and the prompt: what earlier runs left of users is brought to the rules, and nothing
//! is recorded.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tagwell::{
    action::{Past, Reason, Recalled, Tracked},
    engine::{
        Engine, Memory,
        stateful::{self, Recollection},
    },
    explain::{self, Asked},
    ir::{Body, DefinitionId},
    schema::ColumnId,
    state::{Kind, Reader, Remembered},
    value::{Truth, Value, moment_text::timestamp_text, print},
};

use super::{
    book::Book,
    clock::AsOf,
    data::DataArgs,
    exit::Failure,
    explain::asked::{self, Found},
    run::{before, moves, touches},
    temporary::ReadAgain,
    voice::{Voice, Volume},
};

/// A state file, and what was last read of it.
#[derive(Debug)]
pub(crate) struct State {
    path: PathBuf,
    /// All users, as of the run of a number.
    read: Mutex<Option<(i64, Arc<Remembered>)>>,
}

/// A state as a rulebook at one as-of sees it.
#[derive(Clone, Debug)]
pub(crate) struct Looked {
    pub(crate) state: Arc<State>,
    /// The decisions before the as-of, where the rules read them as rows: files that last as long as this does.
    _ledgers: Arc<Vec<(String, ReadAgain)>>,
}

impl State {
    /// A state that is there and holds a run.
    pub(crate) fn open(path: &Path) -> Result<Arc<State>, Failure> {
        Reader::open(path)?;
        Ok(Arc::new(State { path: path.to_owned(), read: Mutex::default() }))
    }

    fn reader(&self) -> Result<Reader, Failure> {
        Ok(Reader::open(&self.path)?)
    }

    /// The moment that is meant where nobody named one: by the clock to the second, but not before the last run, which may have been made
    /// within that second.
    pub(crate) fn not_before_the_last_run(&self, as_of: AsOf) -> Result<AsOf, Failure> {
        let AsOf::Now(now) = as_of else { return Ok(as_of) };
        let last = self.reader()?.last_run().run.as_of;
        Ok(AsOf::Now(if (now..now.saturating_add(1_000_000)).contains(&last) { last } else { now }))
    }

    /// All users, as the last run left them.
    fn remembered(&self, reader: &Reader) -> Result<Arc<Remembered>, Failure> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let number = reader.last_run().number;
        match read.as_ref().filter(|(known, _)| *known == number) {
            Some((_, remembered)) => Ok(Arc::clone(remembered)),
            None => {
                let remembered = Arc::new(reader.remembered()?);
                *read = Some((number, Arc::clone(&remembered)));
                Ok(remembered)
            }
        }
    }

    /// The number of the last run: what was found before is so no more where it is another.
    pub(crate) fn number(&self) -> Result<i64, Failure> {
        Ok(self.reader()?.last_run().number)
    }
}

impl Book {
    /// From now on the rules know of what earlier runs left, as a run at this moment would.
    pub(crate) fn remember(&mut self, state: &Arc<State>, now: i64) -> Result<(), Failure> {
        let reader = state.reader()?;
        let zone = self.checked.zone();
        let last = reader.last_run().run.as_of;
        if last > now {
            let (then, now) = (timestamp_text(last, &zone), timestamp_text(now, &zone));
            let failure = format!("the state has a run as of {then}, and this is as of {now}, which is earlier");
            return Err(Failure::new(failure)
                .help("what was before then is not known any more: take a later as-of, or leave --state out"));
        }
        let ledgers = touches::ledgers(self, Some(reader.ledger()), now)?;
        for (table, file) in &ledgers {
            self.say_where(table.clone(), file.path().to_string_lossy().into_owned());
        }
        self.state = Some(Looked { state: Arc::clone(state), _ledgers: Arc::new(ledgers) });
        Ok(())
    }
}

impl Looked {
    /// Brings what is remembered to an engine.
    pub(crate) fn bring(&self, engine: Engine) -> Result<Engine, Failure> {
        let tracked = Arc::new(Tracked::of(engine.rulebook()));
        let recollection = self.recollection(&engine, &tracked, &self.state.reader()?)?;
        let memory: Arc<dyn Memory> = Arc::new(recollection);
        Ok(engine.remembering(memory, tracked))
    }

    /// Brings what the ledger calls deeds to an engine.
    fn call_deeds(&self, engine: Engine, book: &Book) -> Result<Engine, Failure> {
        let reader = self.state.reader()?;
        let rulebook = engine.rulebook();
        let known = |segment: DefinitionId| match reader.name(Kind::Segment, &rulebook.definition(segment).name) {
            Some(id) => reader.deeds(id),
            None => Ok(vec![]),
        };
        let named = stateful::named(rulebook, book.checked.warnings().sources(), known)?;
        Ok(engine.calling_deeds(named.moved))
    }

    fn recollection(&self, engine: &Engine, tracked: &Tracked, reader: &Reader) -> Result<Recollection, Failure> {
        let remembered = self.state.remembered(reader)?;
        let name = |kind, name: &str| reader.name(kind, name);
        let value = |level, value: &str| reader.value(level, value);
        let previous = Some(reader.last_run().run.as_of);
        Ok(Recollection::of(engine.rulebook(), tracked, remembered, previous, &name, &value))
    }

    /// What is remembered of one user; their record gets what rules read of it.
    pub(crate) fn of_user(&self, engine: &Engine, found: &mut Found) -> Result<One, Failure> {
        let reader = self.state.reader()?;
        let tracked = Tracked::of(engine.rulebook());
        let memory = self.recollection(engine, &tracked, &reader)?;
        let mut recalled = Recalled::default();
        memory.recall(memory.number(&print::text(&found.key, engine.clock().zone())), &mut recalled);
        for (ColumnId(at), value) in tracked.values(&recalled, engine.clock().now()) {
            let at = at as usize;
            if found.record.len() <= at {
                found.record.resize(at + 1, Value::Missing);
            }
            if let Some(slot) = found.record.get_mut(at) {
                *slot = value;
            }
        }
        let mut past = vec![];
        for deed in recalled.number.map(|number| reader.past_deeds(number)).transpose()?.unwrap_or_default() {
            let segment = reader.name_of(deed.segment).and_then(|name| {
                let id = engine.rulebook().find(name)?;
                let definition = engine.rulebook().definition(id);
                matches!(definition.body, Body::Segment(_)).then(|| definition.name.clone())
            });
            past.push(stateful::past(deed, segment));
        }
        Ok(One { tracked, recalled, past, reasons: BTreeMap::new() })
    }

    /// Of which of some segments nobody would be told, since they were not asked about before, or since only the rules changed.
    pub(crate) fn reasons(
        &self,
        book: &Book,
        as_of: &AsOf,
        asked: &Asked<'_>,
        user: &str,
        segments: &[DefinitionId],
    ) -> Result<BTreeMap<DefinitionId, Reason>, Failure> {
        let reader = self.state.reader()?;
        let last = reader.last_run();
        let rulebook = asked.rulebook;
        let this = stateful::run_of(rulebook, asked.sources, asked.context, env!("CARGO_PKG_VERSION"));
        let changed = this.rules != last.run.rules && this.as_of != last.run.as_of;
        let now = explain::values(asked, segments);
        let before = if changed { self.before(book, as_of, last, user) } else { None };
        let mut reasons = BTreeMap::new();
        for (id, now) in segments.iter().zip(now) {
            let name = &rulebook.definition(*id).name;
            let old = before.as_ref().and_then(|before| before.get(name.as_str()));
            if reader.name(Kind::Segment, name).is_none() {
                reasons.insert(*id, Reason::First);
            } else if changed && old != Some(&Truth::of(&now).is_true()) {
                reasons.insert(*id, Reason::Rules);
            }
        }
        Ok(reasons)
    }

    /// In which segments the user is by the rules of the last run, on today's data; none where they cannot be asked any more.
    fn before(
        &self,
        book: &Book,
        as_of: &AsOf,
        last: &tagwell::state::LastRun,
        user: &str,
    ) -> Option<BTreeMap<String, bool>> {
        let mut old = before::previous(book, last).ok()?;
        // The ledger too is as it is today, whatever today's rules call it.
        let now = as_of.instant(&old.checked.zone()).ok()?;
        let ledgers = touches::ledgers(&old, Some(self.state.reader().ok()?.ledger()), now).ok()?;
        for (table, file) in &ledgers {
            old.say_where(table.clone(), file.path().to_string_lossy().into_owned());
        }
        let old = old;
        let rulebook = old.checked.rulebook();
        let before::Askable { segments, reads, .. } = before::askable(book, &old).ok()?;
        let engine = old.checked.engine_with(old.context(as_of, &reads).ok()?);
        let engine = self.bring(engine).ok()?;
        let quiet = Voice { volume: Volume::Quiet, ..Voice::default() };
        let mut found = asked::find(&old, &engine, &reads, user, &DataArgs::default(), &quiet).ok()?;
        self.of_user(&engine, &mut found).ok()?;
        let asked = Asked {
            rulebook,
            sources: old.checked.warnings().sources(),
            context: engine.context(),
            record: &found.record,
            children: &found.children,
            others: &found.others,
            key: None,
            remembered: None,
        };
        let values = explain::values(&asked, &segments);
        let named = segments.iter().map(|id| rulebook.definition(*id).name.to_string());
        Some(named.zip(values.iter().map(|value| Truth::of(value).is_true())).collect())
    }
}

/// What is remembered of one user.
pub(crate) struct One {
    tracked: Tracked,
    recalled: Recalled,
    past: Vec<Past>,
    pub(crate) reasons: BTreeMap<DefinitionId, Reason>,
}

impl One {
    pub(crate) fn as_explained(&self) -> explain::Remembered<'_> {
        explain::Remembered {
            tracked: &self.tracked,
            recalled: &self.recalled,
            past: &self.past,
            reasons: &self.reasons,
        }
    }
}

/// Explains results of one user, with what is remembered of them.
pub(crate) fn explained(
    book: &Book,
    as_of: &AsOf,
    user: &str,
    ids: &[DefinitionId],
    arguments: &DataArgs,
    voice: &Voice,
) -> Result<(Engine, Value, Vec<explain::Explained>), Failure> {
    let rulebook = book.checked.rulebook();
    let mut reads = rulebook.reads(ids.iter().copied());
    reads.join(rulebook.reads_for_deeds(ids));
    if book.state.is_none() {
        moves::without_state(rulebook, &reads).iter().for_each(|line| voice.say(line));
        if !rulebook.deeds_beside(ids).is_empty() {
            voice.say("a preview: without --state everybody inside counts as entering");
        }
    }
    let engine = book.engine(as_of, rulebook, &reads)?;
    let engine = match &book.state {
        Some(state) => state.call_deeds(engine, book)?,
        None => engine,
    };
    let mut found = asked::find(book, &engine, &reads, user, arguments, voice)?;
    let mut one = book.state.as_ref().map(|state| state.of_user(&engine, &mut found)).transpose()?;
    let key = print::text(&found.key, engine.clock().zone());
    let asked = Asked {
        rulebook,
        sources: book.checked.warnings().sources(),
        context: engine.context(),
        record: &found.record,
        children: &found.children,
        others: &found.others,
        key: Some(&key),
        remembered: None,
    };
    let segments = rulebook.deeds_beside(ids);
    if let (Some(state), Some(one)) = (&book.state, one.as_mut().filter(|_| !segments.is_empty())) {
        one.reasons = state.reasons(book, as_of, &asked, user, &segments)?;
    }
    let remembered = one.as_ref().map(One::as_explained);
    let asked = Asked { remembered: remembered.as_ref(), ..asked };
    let results = explain::explain(&asked, ids);
    Ok((engine, found.key.clone(), results))
}
