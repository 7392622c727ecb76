//! The rules of the run before, met with today's data, lists and parameters, and asked again: so it is known whether they or the data
//! are the reason for what changes (LANGUAGE.md §8).

use std::{collections::BTreeSet, sync::Arc};

use tagwell::{
    action::Tracked,
    engine::{
        Everybody, Prints, Rulebook,
        stateful::{self, Again, Before, Lacking, Recollection},
    },
    intern::Symbol,
    ir::{DefinitionId, Reads},
    schema::ColumnId,
    state::{LastRun, Run as StateRun, Store},
    value::print,
};

use super::{
    super::{
        book::{self, Book},
        clock::AsOf,
        data::Allowed,
        exit::Failure,
    },
    Run, acting, ended, touches,
};

/// What the rules of the run before say.
#[derive(Default)]
pub(in crate::cli) struct Asked {
    /// Who is in which of their segments today.
    pub(super) again: Again,
    /// All of their segments.
    pub(super) segments: Vec<Symbol>,
    /// Those that cannot be asked today, each with why.
    pub(super) unasked: Vec<(Symbol, String)>,
}

/// What brings what is remembered to a rulebook; none where nothing is.
pub(super) type Recall<'r> = dyn Fn(&tagwell::ir::Rulebook, &Tracked) -> Option<Recollection> + 'r;

impl Run {
    /// What the rules of the run before say of today's data.
    pub(super) fn ask_again(
        &self,
        book: &Book,
        last: &LastRun,
        now: i64,
        store: Option<&Store>,
        recall: &Recall<'_>,
    ) -> Result<Asked, Failure> {
        let mut old = previous(book, last)?;
        // The ledger too is as it is today, whatever today's rules call it.
        let ledgers = touches::ledgers(&old, store.map(Store::ledger), now)?;
        for (table, file) in &ledgers {
            old.say_where(table.clone(), file.path().to_string_lossy().into_owned());
        }
        let checked = Arc::clone(old.checked.rulebook());
        let Askable { segments, unasked, reads, all } = askable(book, &old)?;
        let name = |id: &DefinitionId| checked.definition(*id).name.clone();
        let names = stateful::segments(&checked).iter().map(name).collect();
        if segments.is_empty() {
            return Ok(Asked { again: Again::default(), segments: names, unasked });
        }
        let tracked = Arc::new(Tracked::of(&checked));
        let remembered = recall(&checked, &tracked).map(Arc::new);
        // The same instant, also where the zone is another by now.
        let engine = old.checked.engine_with(old.context(&AsOf::Now(now), &reads)?);
        let engine = match &remembered {
            Some(remembered) => engine.remembering(Arc::clone(remembered) as _, tracked),
            None => engine,
        };
        let table = checked.schema.root().clone();
        let needed: BTreeSet<ColumnId> = table.key.into_iter().chain(reads.columns.iter().copied()).collect();
        let needed: Vec<ColumnId> = needed.into_iter().collect();
        let data = Everybody {
            users: old.users()?,
            table: &table,
            needed: &needed,
            children: old.children(&reads)?,
            reads: &reads,
            check_keys: false,
            verbatim: false,
        };
        let before =
            Before { engine: &engine, data, segments: &segments, remembered: remembered.as_deref().filter(|_| all) };
        let asked = self.threads(|| Again::ask(&before))?;
        let again = asked.map_err(|error| {
            ended(error, &old.users.as_ref().map(|it| it.name()).unwrap_or_default(), &Allowed::Any)
        })?;
        Ok(Asked { again, segments: names, unasked })
    }
}

/// What of a previous rulebook can be asked today.
pub(in crate::cli) struct Askable {
    /// The segments whose data are there.
    pub(in crate::cli) segments: Vec<DefinitionId>,
    /// The others, each with what is lacking.
    unasked: Vec<(Symbol, String)>,
    /// What is read for that.
    pub(in crate::cli) reads: Reads,
    /// Whether everything that its run read is read again, and is something else than today's rules read.
    all: bool,
}

/// What of the rules of the run before can be asked today.
pub(in crate::cli) fn askable(book: &Book, old: &Book) -> Result<Askable, Failure> {
    let (rulebook, today) = (old.checked.rulebook(), book.checked.rulebook());
    let all = stateful::segments(rulebook);
    let users = old.users()?;
    let facts = old.inputs.facts.values().next();
    let whole = acting::reads(old);
    let lacking = |reads: &Reads| Lacking::of(rulebook, today, &old.files, (users, facts), reads);
    if Prints::what(rulebook) != Prints::what(today) && lacking(&whole).is_nothing() {
        return Ok(Askable { segments: all, unasked: vec![], reads: whole, all: true });
    }
    let lacking = lacking(&rulebook.reads(all.iter().copied()));
    let mut unasked = vec![];
    let mut segments = vec![];
    for id in all {
        match lacking.for_segment(rulebook, id) {
            Some(why) => unasked.push((rulebook.definition(id).name.clone(), why.to_owned())),
            None => segments.push(id),
        }
    }
    let reads = rulebook.reads(segments.iter().copied());
    Ok(Askable { segments, unasked, reads, all: false })
}

/// The segments that mean what they meant in the run before; none where that cannot be told.
pub(in crate::cli) fn unchanged(book: &Book, now: &StateRun, last: &LastRun) -> Option<BTreeSet<Symbol>> {
    let read = |run: &StateRun| {
        let texts = run.files.iter().map(|(name, text)| (name.clone(), text.as_str()));
        let rulebook = Rulebook::parse_all(texts).ok()?;
        let alone = book.again(&rulebook, &[]).ok()?;
        Some((rulebook, alone))
    };
    let ((today, now), (before, then)) = (read(now)?, read(&last.run)?);
    Some(stateful::unchanged((&today, now.checked.rulebook()), (&before, then.checked.rulebook())))
}

/// The rules of the run before, met with today's data.
pub(in crate::cli) fn previous(book: &Book, last: &LastRun) -> Result<Book, Failure> {
    let told = |stop: book::Stop| match stop {
        book::Stop::Failure(failure) => failure,
        book::Stop::Rules(problems) => {
            let first = problems.diagnostics().first().map(|it| it.message.clone());
            Failure::new(first.unwrap_or_default())
        }
    };
    let texts = last.run.files.iter().map(|(name, text)| (name.clone(), text.as_str()));
    let rulebook = Rulebook::parse_all(texts).map_err(book::Stop::Rules).map_err(told)?;
    let alone = book.again(&rulebook, &[]).map_err(told)?;
    // A parameter is data: the previous rules are asked with today's.
    let today =
        book.checked.rulebook().params.iter().filter(|param| {
            alone.checked.rulebook().params.iter().any(|old| old.name == param.name && old.ty == param.ty)
        });
    let zone = book.checked.zone();
    let params: Vec<(String, String)> =
        today.map(|param| (param.name.to_string(), print::written(&param.value, &zone))).collect();
    let mut old = book.again(&rulebook, &params).map_err(told)?;
    // So are lists and tables: where today's rules have them, they are theirs.
    let met = stateful::met(old.checked.rulebook(), book.checked.rulebook());
    old.checked = old.checked.of(Arc::new(met));
    Ok(old)
}
