//! Whether the data fits the rules: every row is read, texts that rules name are looked for, and layers that promise it are held to it
//! that no user is in two of their arms.

use std::collections::BTreeSet;

use tagwell::{
    data::{self, BadRow, Input, Wanted},
    diagnostic::{Diagnostic, code::ARMS_OVERLAP},
    engine::{
        ComparedTexts, Engine, Everybody, ListedTexts, LoadError, RecordError, RunError, RunSink, Unseen,
        UnseenEntries, Users,
    },
    ir::{Body, DefinitionId, Rulebook},
    schema::{ColumnId, Role, TableId},
    source::{Sources, Span},
    value::print,
};

use super::faults::Faults;
use crate::cli::{
    book::{self, Book, Given},
    clock::AsOf,
    exit::Failure,
    rules::Rules,
    summary::grouped,
    voice::{Voice, count},
};

/// What a look at the data brought.
#[derive(Default)]
pub(super) struct Fit {
    /// What it says of the rules.
    pub(super) found: Vec<Diagnostic>,
    /// What was read to the end, in words.
    pub(super) read: Vec<String>,
    /// What is worth knowing of it and may well be meant so.
    pub(super) notes: Vec<String>,
    /// What keeps it from being read, bad cells a kind at a time.
    pub(super) failures: Vec<Failure>,
}

impl Fit {
    /// Reads every row of users and children.
    pub(super) fn of(rules: &Rules, given: &Given<'_>, voice: &Voice) -> Fit {
        let mut fit = Fit::default();
        if let Err(failure) = fit.look(rules, given, voice) {
            fit.failures.push(failure);
        }
        fit
    }

    fn look(&mut self, rules: &Rules, given: &Given<'_>, voice: &Voice) -> Result<(), Failure> {
        let book = Book::met(rules, given, voice).map_err(|stop| stop.told(given.format, voice))?;
        self.rows(&book, given, &rules.sources)?;
        if self.failures.is_empty() { self.exclusive_layers(&book, given) } else { Ok(()) }
    }

    fn rows(&mut self, book: &Book, given: &Given<'_>, sources: &Sources) -> Result<(), Failure> {
        let rulebook = book.checked.rulebook();
        let ids = || (0..rulebook.definitions.len() as u32).map(DefinitionId);
        let mut everything = rulebook.reads_for_actions(ids());
        rulebook.actions.tables().into_iter().for_each(|id| {
            everything.children.entry(id).or_default();
        });
        // What only deeds ask about, too, where somebody says where it is.
        let is_said = |id: &TableId| book.files.of_table(rulebook.schema.table(*id)).is_some();
        let asked = rulebook.reads(ids());
        everything.children.retain(|id, _| asked.children.contains_key(id) || is_said(id));
        everything.lookups.retain(|it| asked.lookups.contains(it) || is_said(&it.0));
        let children = book.children(&everything)?;
        let references: BTreeSet<TableId> = everything.lookups.iter().map(|(table, _)| *table).collect();
        let references = references.into_iter().map(|id| {
            let table = rulebook.schema.table(id);
            let path = book.files.of_table(table).ok_or_else(|| LoadError::Nowhere(table.name.to_string()))?;
            Ok((id, book.files.input(&path)?))
        });
        let references: Vec<(TableId, Input)> = references.collect::<Result<_, _>>().map_err(book::unloadable)?;
        let files = children.iter().filter_map(|(id, file)| Some((*id, file.as_ref()?)));
        let files = files.chain(references.iter().map(|(id, file)| (*id, file)));
        let (mut texts, mut listed) = (ComparedTexts::of(rulebook), ListedTexts::of(rulebook));
        let clock = book.clock(&AsOf::read(given.settings.as_of.as_deref()))?;
        for id in &everything.lists {
            let Some(list) = rulebook.lists.get(id.0 as usize) else { continue };
            match book.files.list(list, &clock) {
                Ok(entries) => listed.hold(*id, entries),
                Err(error) => self.failures.push(book::unloadable(error)),
            }
        }
        for (id, file) in std::iter::once((rulebook.schema.root, book.users()?)).chain(files) {
            let table = rulebook.schema.table(id);
            let is_root = matches!(table.role, Role::Root);
            let wanted = Wanted {
                table: table.clone(),
                needed: (0..table.columns.len() as u32).map(ColumnId).collect(),
                nested: if is_root { book.nested(&children) } else { vec![] },
                verbatim: false,
            };
            let mut number = 0;
            let faults = Faults::of(file, &wanted, &book.checked.zone(), &mut |row| {
                let children = row.children.iter().flat_map(|(child, rows)| rows.iter().map(|row| (*child, row)));
                for (table, values) in std::iter::once((id, &row.values)).chain(children) {
                    texts.see(table, values);
                    listed.see(table, values);
                }
                number += 1;
            })?;
            if !faults.is_empty() {
                self.failures.extend(faults.failures());
                continue;
            }
            let what = if is_root { "user" } else { "row" };
            self.read.push(format!("{} in `{}`", count(number, what), file.name()));
        }
        // What a text is near to is known where all rows were read.
        if self.failures.is_empty() {
            self.found.extend(texts.doubts(rulebook));
            self.notes.extend(texts.unseen(rulebook).iter().map(|unseen| in_no_row(unseen, sources)));
            self.notes.extend(listed.unseen(rulebook).iter().map(|unseen| on_no_row(unseen, rulebook)));
        }
        Ok(())
    }

    /// Evaluates the exclusive layers alone, each by itself, up to the first user in two arms.
    fn exclusive_layers(&mut self, book: &Book, given: &Given<'_>) -> Result<(), Failure> {
        let rulebook = book.checked.rulebook();
        let ids = (0..rulebook.definitions.len() as u32).map(DefinitionId);
        let exclusive = ids.filter(|id| matches!(&rulebook.definition(*id).body, Body::Layer(it) if it.exclusive));
        for id in exclusive {
            let reads = rulebook.reads([id]);
            let as_of = AsOf::read(given.settings.as_of.as_deref());
            let engine = book.checked.engine_with(book.context(&as_of, &reads)?);
            let Err(error) = ran(&engine, book, &reads)? else { continue };
            let RunError::User { key, line, error: RecordError::Overlap { first, second, .. } } = error else {
                continue;
            };
            let users = book.users()?.name();
            let place = line.map_or_else(|| users.clone(), |line| format!("{users}:{line}"));
            self.found.push(overlap(rulebook, id, (&first, &second), &key, &place));
        }
        Ok(())
    }
}

/// Values that are shown of a column or list.
const SHOWN: usize = 5;

/// `city: no row has "Paris" (shop.rules:3:24); rows have "Beijing", "Shanghai"`
fn in_no_row(unseen: &Unseen<'_>, sources: &Sources) -> String {
    let quoted = |text: &&str| print::quoted_text(text);
    let place = |(text, span): &(&str, Span)| {
        let source = sources.get(span.source);
        let at = source.line_column(span.start);
        format!("{} ({}:{}:{})", quoted(text), source.name(), at.line, at.column)
    };
    let texts = some(unseen.texts.iter().map(place).collect());
    let have = match unseen.seen.is_empty() {
        true => "none has a value there".to_owned(),
        false => format!("rows have {}", some(unseen.seen.iter().map(quoted).collect())),
    };
    format!("{}: no row has {texts}; {have}", unseen.column)
}

/// `list invited: 1 of its 340 entries is in no row's user_id: "u7"`
fn on_no_row(unseen: &UnseenEntries<'_>, rulebook: &Rulebook) -> String {
    let name = rulebook.lists.get(unseen.list.0 as usize).map_or("", |list| list.name.as_str());
    let (many, all) = (grouped(unseen.unseen.len() as u64), grouped(unseen.entries as u64));
    let is = if unseen.unseen.len() == 1 { "is" } else { "are" };
    let texts = some(unseen.unseen.iter().map(|text| print::quoted_text(text)).collect());
    format!("list {name}: {many} of {all} entries {is} in no row's {}: {texts}", unseen.columns.join(" or "))
}

/// The first of some words, and how many more there are.
fn some(all: Vec<String>) -> String {
    match all.len().checked_sub(SHOWN) {
        None | Some(0) => all.join(", "),
        Some(others) => {
            let first = all.iter().take(SHOWN).cloned().collect::<Vec<_>>();
            format!("{} and {} more", first.join(", "), grouped(others as u64))
        }
    }
}

/// Runs over everybody; the inner error is what keeps the run from its end.
fn ran(engine: &Engine, book: &Book, reads: &tagwell::ir::Reads) -> Result<Result<(), RunError>, Failure> {
    let table = engine.rulebook().schema.root();
    let key = table.key.into_iter();
    let mut needed: Vec<ColumnId> = reads.columns.iter().copied().chain(key).collect();
    needed.sort_unstable();
    needed.dedup();
    let users = book.users()?;
    if reads.aggregates.is_empty() {
        let wanted = Wanted { table: table.clone(), needed, nested: vec![], verbatim: false };
        let chunks = data::chunks(users, wanted, engine.clock().zone()).map_err(book::failure)?;
        return Ok(engine.run(chunks, reads, &mut Nobody).map(drop));
    }
    let children = book.children(reads)?;
    let everybody = Everybody { users, table, needed: &needed, children, reads, check_keys: false, verbatim: false };
    Ok(engine.run_whole(&everybody, &mut Nobody).map(drop))
}

fn overlap(rulebook: &Rulebook, id: DefinitionId, arms: (&str, &str), key: &str, place: &str) -> Diagnostic {
    let definition = rulebook.definition(id);
    let values = match &definition.body {
        Body::Layer(ladder) => rulebook.choices(ladder.choices).values.as_slice(),
        _ => &[],
    };
    let span =
        |name: &str| values.iter().find(|value| value.name.as_str() == name).map_or(definition.span, |it| it.span);
    let (first, second) = arms;
    let message = format!("`{second}` and `{first}` both apply to user `{key}`");
    Diagnostic::error(ARMS_OVERLAP, span(second), message)
        .label(span(first), "this applies, too")
        .note(format!("the user is on {place}"))
        .help("let the conditions exclude each other, or take `exclusive` out: then the first that applies is taken")
}

/// Looks at nothing that users get.
struct Nobody;

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
        Err(RunError::BadRow(row))
    }
}
