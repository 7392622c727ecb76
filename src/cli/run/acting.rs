//! `run --state` and `run --actions`: users' turns are taken beside their results.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tagwell::{
    action::{Reason, Tracked, Trigger},
    data::{self, BadRow, Wanted},
    engine::{
        Engine, Everybody, Memory, Nothing, RunError, RunSink, Standing, Turns, UserTurn, Users,
        stateful::{self, Again, Moves, Named, Recollection, Recorder},
    },
    intern::Symbol,
    ir::{Body, DefinitionId, Reads},
    schema::ColumnId,
    state::{Kind, LastRun, LedgerRow, Run as StateRun, Store},
    value::{Zone, moment_text::timestamp_text},
};

use super::{
    super::{
        actions::{ActionsWriter, Decisions, Record},
        book::{self, Book},
        exit::Failure,
        output::Output,
        voice::Voice,
    },
    Run,
    before::{self, Asked},
    history::History,
    repeated,
};

/// Everything that a run with state or actions reads beside what its results read.
pub(in crate::cli) fn reads(book: &Book) -> Reads {
    let rulebook = book.checked.rulebook();
    let all = (0..rulebook.definitions.len() as u32).map(DefinitionId);
    let mut reads = rulebook.reads_for_actions(all);
    for table in rulebook.actions.tables() {
        let columns = 0..rulebook.schema.table(table).columns.len() as u32;
        reads.children.entry(table).or_default().extend(columns.map(ColumnId));
    }
    reads
}

/// What a run knows of the run before.
pub(in crate::cli) struct Earlier {
    store: Option<Store>,
    last: Option<LastRun>,
    /// This run has been made already.
    again: bool,
}

/// The state of `--state`, held against the as-of of this run, and against whose it is.
pub(in crate::cli) fn open(
    path: Option<&Path>,
    now: i64,
    rulebook: &tagwell::ir::Rulebook,
    voice: &Voice,
) -> Result<Earlier, Failure> {
    if path.is_some_and(|path| path.as_os_str() == "-") {
        return Err(Failure::new("--state: a state is a file, and `-` is none").help("name it: `--state shop.state`"));
    }
    let zone = &rulebook.zone();
    let store = path.map(Store::open).transpose()?;
    let last = store.as_ref().and_then(Store::last_run).cloned();
    if let Some((store, last)) = store.as_ref().zip(last.as_ref()) {
        whose(store, &last.run.rulebook, rulebook, voice)?;
    }
    if let Some(last) = last.as_ref().filter(|last| last.run.as_of > now) {
        let (then, now) = (timestamp_text(last.run.as_of, zone), timestamp_text(now, zone));
        return Err(Failure::new(format!(
            "the state has a run as of {then}, and this one is as of {now}, which is earlier"
        ))
        .help("what was decided cannot be decided again: take a later --as-of, or another --state file"));
    }
    let again = last.as_ref().is_some_and(|last| last.run.as_of == now);
    Ok(Earlier { store, last, again })
}

/// A state belongs to one rulebook: with another's runs in between, each would take the other for its own previous rules, and
/// tell nobody anything. A rulebook that was renamed is known by its segments.
fn whose(store: &Store, was: &str, rulebook: &tagwell::ir::Rulebook, voice: &Voice) -> Result<(), Failure> {
    let is = rulebook.name.as_str();
    if was == is {
        return Ok(());
    }
    let mut segments = rulebook.definitions.iter().filter(|it| matches!(it.body, Body::Segment(_))).peekable();
    let called = |name: &str| if name.is_empty() { "no name".to_owned() } else { format!("the name `{name}`") };
    let known =
        segments.peek().is_none() || segments.any(|it| store.name(tagwell::state::Kind::Segment, &it.name).is_some());
    if !known {
        let message = format!(
            "the state belongs to other rules: its last run was of a rulebook with {}, this one has {}, and no segment of it is known there",
            called(was),
            called(is)
        );
        return Err(Failure::new(message).help("give each rulebook a `--state` file of its own"));
    }
    voice.say(&format!("the rulebook had {}, and has {} now: its decisions have other ids", called(was), called(is)));
    Ok(())
}

impl Earlier {
    /// Whether this run has been made already.
    pub(in crate::cli) fn is_again(&self) -> bool {
        self.again
    }

    pub(in crate::cli) fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// What the ledger calls the deeds of these rules.
    fn named(&self, book: &Book, rules_changed: bool) -> Result<Named, Failure> {
        let (rulebook, sources) = (book.checked.rulebook(), book.checked.warnings().sources());
        let mut before: Option<Option<Book>> = None;
        stateful::named(rulebook, sources, |segment| {
            let name = &rulebook.definition(segment).name;
            let Some((store, id)) = self.store.as_ref().and_then(|it| Some((it, it.name(Kind::Segment, name)?))) else {
                return Ok(vec![]);
            };
            let known = store.deeds(id)?;
            let Some(last) = self.last.as_ref().filter(|_| known.is_empty() && rules_changed) else { return Ok(known) };
            // A state of older tables, in which deeds are called by where they stood in the rules of the last run.
            let before = before.get_or_insert_with(|| before::previous(book, last).ok());
            Ok(before.as_ref().map_or(vec![], |before| {
                stateful::as_written(before.checked.rulebook(), before.checked.warnings().sources(), name)
            }))
        })
    }
}

/// What came of it.
pub(in crate::cli) enum Acted {
    /// What happened; `bool` whether it was a preview.
    Moved(Moves, bool),
    /// The run had been made already, with so many decisions; and what is other than it was then.
    Again(u64, Vec<String>),
}

/// A run whose users' turns are taken.
pub(in crate::cli) struct Acting {
    pub(in crate::cli) engine: Engine,
    tracked: Arc<Tracked>,
    recollection: Option<Arc<Recollection>>,
    past: Earlier,
    run: StateRun,
    before: Again,
    unchanged: BTreeSet<Symbol>,
    rules_changed: bool,
    named: Named,
}

impl Acting {
    /// Brings what is remembered to the engine; where the rules changed, the previous ones are asked again.
    pub(in crate::cli) fn begin(
        run: &Run,
        book: &Book,
        engine: Engine,
        past: Earlier,
        voice: &Voice,
    ) -> Result<Acting, Failure> {
        let rulebook = engine.rulebook();
        let tracked = Arc::new(Tracked::of(rulebook));
        let sources = book.checked.warnings().sources();
        let this = stateful::run_of(rulebook, sources, engine.context(), env!("CARGO_PKG_VERSION"));
        let remembered = match &past.store {
            Some(store) => Some(store.remembered(run.data.threads.map_or(2, |it| it.get().min(4)))?),
            None => None,
        };
        let recall = |rulebook: &tagwell::ir::Rulebook, tracked: &Tracked| {
            let (store, remembered) = past.store.as_ref().zip(remembered.as_ref())?;
            let previous = past.last.as_ref().map(|last| last.run.as_of);
            let name = |kind, name: &str| store.name(kind, name);
            let value = |level, value: &str| store.value(level, value);
            Some(Recollection::of(rulebook, tracked, Arc::clone(remembered), previous, &name, &value))
        };
        let recollection = recall(rulebook, &tracked).map(Arc::new);
        let rules_changed = !past.again && past.last.as_ref().is_some_and(|last| last.run.rules != this.rules);
        // The results of the previous rules were computed elsewhere: who is in a segment by them is known where it means the same.
        let edited = past.last.as_ref().filter(|_| rules_changed);
        let unchanged = match edited.filter(|_| run.of_results) {
            Some(last) => before::unchanged(book, &this, last).unwrap_or_default(),
            None => BTreeSet::new(),
        };
        let before = match edited {
            None => Asked::default(),
            Some(last) => match run.ask_again(book, last, this.as_of, past.store.as_ref(), &recall) {
                Ok(before) => before,
                Err(why) => {
                    voice.say(&format!(
                        "the previous rules cannot be asked any more ({}): whoever enters or leaves today does so by the rules",
                        why.message
                    ));
                    Asked::default()
                }
            },
        };
        let is_segment = |name: &Symbol| {
            rulebook.definitions.iter().any(|it| it.name == *name && matches!(it.body, Body::Segment(_)))
        };
        for (name, why) in before.unasked.iter().filter(|(name, _)| is_segment(name) && !unchanged.contains(name)) {
            voice.say(&format!(
                "the previous rules of `{name}` cannot be asked any more ({why}): whoever enters or leaves it today does so by the rules"
            ));
        }
        for name in before.segments.iter().filter(|name| !is_segment(name)) {
            voice.say(&format!(
                "`{name}` is no segment of the rules any more: who was in it has not left, and hears nothing (under another name it is a new segment)"
            ));
        }
        let memory: Arc<dyn Memory> = match &recollection {
            Some(recollection) => Arc::clone(recollection) as Arc<dyn Memory>,
            None => Arc::new(Nothing),
        };
        let named = past.named(book, rules_changed)?;
        let engine = engine.remembering(memory, Arc::clone(&tracked)).calling_deeds(named.moved.clone());
        let before = before.again;
        Ok(Acting { engine, tracked, recollection, past, run: this, before, unchanged, rules_changed, named })
    }

    /// Evaluates everybody and takes their turns; what is decided goes to the writer.
    pub(in crate::cli) fn run<S: RunSink + Send>(
        self,
        run: &Run,
        book: &Book,
        data: &Everybody<'_>,
        sink: S,
        writer: Option<ActionsWriter>,
    ) -> Result<(tagwell::engine::Ran, S, Acted), Failure> {
        let Acting { engine, tracked, recollection, past, run: this, before, unchanged, rules_changed, named } = self;
        let allowed = run.data.allowed()?;
        let users = data.users.name();
        let zone = engine.clock().zone().clone();
        if past.again {
            let mut sink = repeated::Compared::new(&engine, sink);
            let ran = run.threads(|| engine.run_whole(data, &mut sink))?;
            let ran = ran.map_err(|error| run.ended(error, &users, &allowed))?;
            let (sink, population) = sink.end();
            let Some((store, last)) = past.store.as_ref().zip(past.last.as_ref()) else {
                return Ok((ran, sink, Acted::Again(0, vec![])));
            };
            let told = repeated::told(store, last, writer)?;
            let remembered = recollection.as_ref().map(|it| it.remembered());
            let other = remembered.map(|it| repeated::differences(&this, &last.run, it, (ran.tally.users, population)));
            return Ok((ran, sink, Acted::Again(told, other.unwrap_or_default())));
        }
        let rulebook = Arc::clone(book.checked.rulebook());
        let as_of = timestamp_text(this.as_of, &zone);
        let preview = past.store.is_none();
        let first = first_asked(&rulebook, &past, &tracked);
        let nothing = StateRun::default();
        let last = past.last.as_ref().map(|last| last.run.clone());
        let changed = stateful::changed_inputs(&rulebook, &this, last.as_ref().unwrap_or(&nothing));
        let replaced = last.as_ref().map_or(vec![], |last| stateful::replaced(&rulebook, &this, last));
        let params = last.as_ref().map_or(vec![], |last| stateful::params_set_anew(&rulebook, &this, last));
        let read = stateful::segments_read(&rulebook, &tracked, &changed);
        let history = History::of(past.store.as_ref(), recollection.as_ref(), &tracked, &rulebook);
        let recorder = Recorder::preview(Arc::clone(&rulebook), Arc::clone(&tracked), zone.clone(), this.as_of);
        let recorder = match past.store.zip(recollection.as_ref()) {
            None => recorder,
            Some((store, recollection)) => {
                let mut recorder = Recorder::recording(recorder, store.begin(&this)?, Arc::clone(recollection))?;
                recorder.call_deeds(&named)?;
                recorder.under_new_rules = rules_changed || last.is_none();
                recorder
            }
        };
        // Whether others moved is known when everybody has been seen.
        let waits = last.is_some() && read.iter().any(|(_, everybody)| *everybody);
        let shared = Shared {
            recorder: Mutex::new(recorder),
            writer: Mutex::new(writer),
            key_type: this.key_type.clone(),
            zone,
            decisions: run.decisions(),
            waiting: Mutex::new(waits.then(Vec::new)),
            failed: Mutex::new(None),
        };
        let names: BTreeMap<DefinitionId, Symbol> =
            tracked.definitions().map(|id| (id, rulebook.definition(id).name.clone())).collect();
        let says = |key: &str, segment: DefinitionId| names.get(&segment).and_then(|name| before.says(key, name));
        let is_other = |key: &str| before.is_other(key).unwrap_or(true);
        let past = |number: u32| match history.as_ref().map_or(Ok(vec![]), |history| history.of_user(number)) {
            Ok(found) => found,
            Err(error) => {
                shared.fail(error.into());
                vec![]
            }
        };
        let standing = Standing {
            sources: book.checked.warnings().sources(),
            preview,
            first,
            unchanged: tracked
                .definitions()
                .filter(|id| names.get(id).is_some_and(|it| unchanged.contains(it)))
                .collect(),
            read_anew: read.iter().map(|(anew, _)| *anew).collect(),
            others_moved: vec![],
            asked_again: if rules_changed { Some(&says) } else { None },
            is_other: if before.population().is_some() { Some(&is_other) } else { None },
            past: &past,
        };
        let turns = Turns::of(&engine, standing)
            .ok_or_else(|| Failure::new("the run has no memory").help("this is a defect: please report it"))?;
        let mut acting = Sink { inner: sink, turns, shared: &shared };
        // Where nothing is asked about many rows, users are evaluated as they are read.
        let as_read = data.reads.aggregates.is_empty()
            && data.children.is_empty()
            && data.reads.children.is_empty()
            && !data.check_keys
            && engine.knows_keys();
        let ran = if as_read {
            let wanted = Wanted {
                table: data.table.clone(),
                needed: data.needed.to_vec(),
                nested: vec![],
                verbatim: data.verbatim,
            };
            if !run.goes_on {
                data.users.read_for_the_last_time();
            }
            let chunks = data::chunks(data.users, wanted, engine.clock().zone()).map_err(book::failure)?;
            run.threads(|| engine.run(chunks, data.reads, &mut acting))?
        } else {
            run.threads(|| engine.run_whole(data, &mut acting))?
        };
        let Sink { inner, turns, .. } = acting;
        if let Some(failure) = shared.failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(failure);
        }
        let ran = ran.map_err(|error| run.ended(error, &users, &allowed))?;
        if let Some(worst) = allowed.exceeded(engine.rulebook(), &ran) {
            return Err(worst);
        }
        // Where other columns are read than then, everybody is held against what they were in the columns of then.
        let now = before.population().unwrap_or_else(|| shared.recorder().moves.population) as i64;
        let moved = last.and_then(|last| last.population).is_some_and(|before| before != now);
        shared.end_of_waiting(&tracked, &read, moved)?;
        let absent = shared.recorder().absent();
        match run.may_be_absent()? {
            super::Allowed::Any => {}
            most => super::moves::absent_at_most(shared.recorder().missed(), most)?,
        }
        // Whose row was set aside may be among them.
        let spared = run.absent == super::Absent::Exit && ran.rejected > 0;
        if run.absent == super::Absent::Exit && !spared {
            absent.iter().filter_map(|key| turns.let_go(key)).try_for_each(|turn| shared.take(turn))?;
        }
        if let Some(most) = run.max_decisions {
            super::moves::at_most(&rulebook, &shared.recorder().moves, most)?;
        }
        // Nobody reads the state any more when it is closed.
        drop(turns);
        drop(history);
        let mut recorder = shared.recorder.into_inner().unwrap_or_else(PoisonError::into_inner);
        (recorder.moves.spared, recorder.moves.replaced, recorder.moves.params) = (spared, replaced, params);
        let writer = shared.writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut written = writer.map(ActionsWriter::close).transpose()?;
        // First the state, then the file takes its place: what the state holds can be written again, what it does not hold would be
        // decided again. What stands beside the state is put into it meanwhile.
        let (moves, recorded) = recorder.finish(&absent)?;
        let mut place = || written.take().map_or(Ok(()), Output::finish);
        let (closed, placed) = std::thread::scope(|scope| {
            let placed = std::thread::Builder::new().spawn_scoped(scope, &mut place).ok();
            let closed = recorded.map_or(Ok(()), |recorded| recorded.close().map_err(Failure::from));
            (closed, placed.map(|it| it.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
        });
        // Where the system has no thread to give, one comes after the other.
        let placed = placed.unwrap_or_else(place);
        closed.and(placed).map_err(|failure| match &run.state {
            Some(state) => failure.help(written_again(state, &as_of)),
            None => failure,
        })?;
        Ok((ran, inner, Acted::Moved(moves, preview)))
    }
}

fn written_again(state: &Path, as_of: &str) -> String {
    format!("the run is recorded: `tagwell actions --state {} --since {as_of}` writes its decisions", state.display())
}

/// The segments that no run before has asked about.
fn first_asked(rulebook: &tagwell::ir::Rulebook, past: &Earlier, tracked: &Tracked) -> Vec<DefinitionId> {
    let segments = tracked.segments.iter().filter_map(|place| tracked.stays.get(*place)).map(|stay| stay.definition);
    let known = |id: &DefinitionId| {
        let name = &rulebook.definition(*id).name;
        past.store.as_ref().is_some_and(|store| store.name(Kind::Segment, name).is_some())
    };
    segments.filter(|id| !known(id)).collect()
}

/// What many threads share.
struct Shared {
    recorder: Mutex<Recorder>,
    writer: Mutex<Option<ActionsWriter>>,
    key_type: String,
    zone: Zone,
    decisions: Decisions,
    /// Turns that wait for everybody to be seen; none where none need to.
    waiting: Mutex<Option<Vec<UserTurn>>>,
    failed: Mutex<Option<Failure>>,
}

impl Shared {
    fn recorder(&self) -> MutexGuard<'_, Recorder> {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, failure: Failure) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
    }

    /// Records a user's turn, and writes what was decided.
    fn take(&self, turn: UserTurn) -> Result<(), Failure> {
        let mut recorder = self.recorder();
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        recorder.take(turn, &mut |row: &LedgerRow| match writer.as_mut() {
            Some(writer) => {
                writer.write(&Record { row, zone: &self.zone, key_type: &self.key_type, decisions: self.decisions })
            }
            None => Ok(()),
        })
    }

    /// Records the turns that waited: where others moved, they are the reason for what only time could explain.
    fn end_of_waiting(&self, tracked: &Tracked, read: &[(bool, bool)], moved: bool) -> Result<(), Failure> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        for mut turn in waiting.into_iter().flatten() {
            if moved {
                for (number, place) in tracked.segments.iter().enumerate() {
                    if read.get(number).is_some_and(|(_, everybody)| *everybody) {
                        by_others(&mut turn, *place, tracked);
                    }
                }
            }
            self.take(turn)?;
        }
        Ok(())
    }
}

/// Of one segment: the reason is that others moved, where it was that time went on.
fn by_others(turn: &mut UserTurn, place: usize, tracked: &Tracked) {
    for (of, _, reason) in &mut turn.turn.moves {
        if *of == place && *reason == Reason::Time {
            *reason = Reason::Others;
        }
    }
    let segment = tracked.stays.get(place).map(|stay| stay.definition);
    for decision in &mut turn.turn.decisions {
        let moved = matches!(decision.trigger, Trigger::Enter | Trigger::Exit);
        if Some(decision.segment) == segment && moved && decision.reason == Reason::Time {
            decision.reason = Reason::Others;
        }
    }
}

/// Takes turns beside what another sink does with the results.
struct Sink<'s, S> {
    inner: S,
    turns: Turns<'s>,
    shared: &'s Shared,
}

impl<S: RunSink> RunSink for Sink<'_, S> {
    type Ready = (Option<S::Ready>, Vec<UserTurn>, u64);

    fn prepare(&self, users: &Users<'_>) -> Self::Ready {
        let (turns, population) = self.turns.take(users);
        (self.inner.looks().then(|| self.inner.prepare(users)), turns, population)
    }

    fn take(&self, (ready, turns, population): Self::Ready) -> Result<(), RunError> {
        {
            let mut recorder = self.shared.recorder();
            recorder.moves.population = recorder.moves.population.wrapping_add(population);
        }
        let mut waiting = self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match waiting.as_mut() {
            Some(waiting) => waiting.extend(turns),
            None => {
                for turn in turns {
                    if let Err(failure) = self.shared.take(turn) {
                        self.shared.fail(failure);
                        // What went wrong is kept; this only ends the run.
                        return Err(RunError::Output(std::io::ErrorKind::Other.into()));
                    }
                }
            }
        }
        ready.map_or(Ok(()), |ready| self.inner.take(ready))
    }

    fn bad_row(&self, row: Box<BadRow>) -> Result<(), RunError> {
        self.inner.bad_row(row)
    }

    fn progress(&self, rows: u64, table: &str) {
        self.inner.progress(rows, table);
    }
}
