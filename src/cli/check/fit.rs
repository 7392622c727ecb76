//! Whether the data fits the rules: every row is read, texts that rules name are looked for, and layers that promise it are held to it
//! that no user is in two of their arms.

use std::collections::BTreeSet;

use tagwell::{
    data::{self, BadRow, Input, Wanted},
    diagnostic::{Diagnostic, code::ARMS_OVERLAP},
    engine::{ComparedTexts, Engine, Everybody, RecordError, RunError, RunSink, Unseen, Users},
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
        let mut everything = rulebook.reads((0..rulebook.definitions.len() as u32).map(DefinitionId));
        // Rows that only set deeds off, too, where somebody says where they are.
        let is_said = |id: &TableId| book.files.of_table(rulebook.schema.table(*id)).is_some();
        rulebook.actions.tables().into_iter().filter(is_said).for_each(|id| {
            everything.children.entry(id).or_default();
        });
        let children = book.children(&everything)?;
        let references: BTreeSet<TableId> = everything.lookups.iter().map(|(table, _)| *table).collect();
        let references = references.into_iter().filter_map(|id| {
            let path = book.files.of_table(rulebook.schema.table(id))?;
            Some(book.files.input(&path).map(|file| (id, file)))
        });
        let references = references.collect::<Result<Vec<(TableId, Input)>, _>>().map_err(book::failure)?;
        let files = children.iter().filter_map(|(id, file)| Some((*id, file.as_ref()?)));
        let files = files.chain(references.iter().map(|(id, file)| (*id, file)));
        let mut texts = ComparedTexts::of(rulebook);
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
                texts.see(id, &row.values);
                for (child, rows) in &row.children {
                    rows.iter().for_each(|values| texts.see(*child, values));
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
        // Uploaded lists, and tables that nobody says anything of.
        if self.failures.is_empty() {
            book.context(&AsOf::read(given.settings.as_of.as_deref()), &everything)?;
        }
        // What a text is near to is known where all rows were read.
        if self.failures.is_empty() {
            self.found.extend(texts.doubts(rulebook));
            self.notes.extend(texts.unseen(rulebook).iter().map(|unseen| in_no_row(unseen, sources)));
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

/// Values that are shown of a column.
const SHOWN: usize = 5;

/// `city: no row has "Paris" (shop.rules:3:24); rows have "Beijing", "Shanghai"`
fn in_no_row(unseen: &Unseen<'_>, sources: &Sources) -> String {
    let quoted = |text: &&str| print::quoted_text(text);
    let some = |all: Vec<String>| match all.len().checked_sub(SHOWN) {
        None | Some(0) => all.join(", "),
        Some(others) => format!("{} and {others} more", all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ")),
    };
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
