//! Tests and snapshots: what is given is met with the schema, what is expected is lowered as any condition is, and both are held
//! against the rules that they speak of.

pub(super) mod changed;
mod details;
mod expect;
mod fate;
mod given;
mod overrides;
mod sense;
mod snapshot;

use std::collections::HashMap;

use super::{Checker, book::Book, declare::fold};
use crate::{
    diagnostic::{
        Diagnostic, Sink,
        code::{BAD_AS_OF, DECLARED_TWICE, UNKNOWN_USER},
    },
    ir::{self, DefinitionId},
    source::{SourceId, Sources, Span},
    syntax::ast,
    value::{Type, Value, literal, moment_text},
};

/// The tests and snapshots of a rulebook; those that are wrong are told, also where a rule is wrong as well.
pub(super) fn lower(checker: &mut Checker<'_>, book: &Book<'_>, actions: &ir::Actions) -> ir::Tests {
    if book.tests.is_empty() && book.snapshots.is_empty() {
        return ir::Tests::default();
    }
    std::sync::Arc::make_mut(&mut checker.names).outside_of_rules = true;
    let (definitions, aggregates) = (book.definitions.len() as u32, checker.aggregates.len());
    let mut lowering = Lowering { checker, book, actions, first: definitions, asked: vec![], names: HashMap::new() };
    let tests = book.tests.iter().map(|test| lowering.test(test)).collect();
    let snapshots = book.snapshots.iter().map(|snapshot| lowering.snapshot(snapshot)).collect();
    let asked = lowering.asked;
    ir::Tests { tests, snapshots, asked, aggregates: checker.aggregates.split_off(aggregates) }
}

/// Whether every case and every snapshot can be answered, where nothing is wrong with the rules.
pub(super) fn look(rulebook: &ir::Rulebook, book: &Book<'_>, sources: &Sources, sink: &mut Sink) {
    if !book.tests.is_empty() {
        sense::look(&rulebook.with_what_is_asked(), &rulebook.tests, sources, sink);
    }
    if !book.snapshots.is_empty() {
        snapshot::look(rulebook, sink);
    }
}

/// Tests on their way to meaning.
struct Lowering<'l, 'a> {
    checker: &'l mut Checker<'a>,
    book: &'l Book<'l>,
    actions: &'l ir::Actions,
    /// The id of the first condition that is expected.
    first: u32,
    /// The conditions that are expected.
    asked: Vec<ir::Definition>,
    /// The tests of each file by name, and where each is declared.
    names: HashMap<(SourceId, String), Span>,
}

/// The users of one case so far.
#[derive(Default)]
struct Users {
    all: Vec<ir::TestUser>,
    by_label: HashMap<String, usize>,
}

impl Lowering<'_, '_> {
    fn test(&mut self, test: &ast::TestBlock) -> ir::Test {
        let name = &test.name;
        if let Some(first) = self.names.insert((name.span().source, name.value.clone()), name.span()) {
            self.checker.sink.push(
                Diagnostic::error(DECLARED_TWICE, name.span(), format!("there is a test \"{}\" already", name.value))
                    .label(first, "declared here first")
                    .help("give it another name: failures, and `--filter`, tell tests apart by their names"),
            );
        }
        let as_of = test.as_of.as_ref().and_then(|as_of| Some((self.instant(as_of, "as of")?, as_of.span())));
        let cases = test.cases.iter().map(|case| self.case(case, as_of)).collect();
        ir::Test { name: test.name.value.clone(), cases, span: test.name.span() }
    }

    fn case(&mut self, case: &ast::Case, as_of: Option<(i64, Span)>) -> ir::Case {
        let mut users = Users::default();
        let mut now = as_of;
        let mut entries = vec![];
        for entry in &case.entries {
            if let Some(then) = &entry.then {
                now = self.later(then, now);
            }
            let given = self.givens(entry, &mut users);
            let (params, lists) = self.overrides(&entry.with);
            let expect = self.expectations(&entry.expect, &users);
            entries.push(ir::Entry {
                as_of: now.map(|(instant, _)| instant),
                given,
                params,
                lists,
                expect,
                span: entry.place.0,
            });
        }
        ir::Case { users: users.all, entries, span: case.place.0 }
    }

    /// `then as of …`: not before what was.
    fn later(&mut self, then: &ast::Expr, before: Option<(i64, Span)>) -> Option<(i64, Span)> {
        let next = (self.instant(then, "as of")?, then.span());
        if let Some((_, place)) = before.filter(|(before, _)| *before > next.0) {
            self.checker.sink.push(
                Diagnostic::error(BAD_AS_OF, then.span(), "a diary does not go back in time")
                    .label(place, "after this")
                    .help("write a later moment, or begin a case of its own by `given`"),
            );
        }
        Some(next)
    }

    /// A moment that is written out: a date is its first instant in the zone. `words` stand before it.
    fn instant(&mut self, written: &ast::Expr, words: &str) -> Option<i64> {
        let lowered = self.checker.lower(written, Some(&Type::Timestamp))?;
        let zone = self.checker.zone.clone();
        let value = fold(&lowered, &zone).and_then(|value| literal::from_written(&value, &Type::Timestamp, &zone).ok());
        if let Some(Value::Timestamp(instant)) = value {
            return Some(instant);
        }
        let message = format!("{} is no moment that is written out", self.checker.quoted(written.span()));
        let told = Diagnostic::error(BAD_AS_OF, written.span(), message);
        let quoted = match &written.kind {
            ast::ExprKind::Literal(ast::Literal::Text(text)) => {
                moment_text::parse_as_of(text, &zone).ok().map(|_| text.clone())
            }
            _ => None,
        };
        self.checker.sink.push(match quoted {
            Some(bare) => told.help(format!("write it without quotes: `{words} {bare}`")).suggest(
                "write it without quotes",
                written.span(),
                bare,
            ),
            None => told.help(format!("write a date or a timestamp: `{words} 2026-11-22`, `{words} 2026-11-22T10:00`")),
        });
        None
    }

    /// Whose record it is, where `given` stands: in the first entry each is a new user, later one who is there or joins.
    fn user(&mut self, given: &ast::Given, alone: bool, first: bool, users: &mut Users) -> Option<usize> {
        match &given.user {
            None if users.all.is_empty() && alone => {
                users.all.push(ir::TestUser { label: None, key: Value::Missing });
                Some(0)
            }
            None if !first && users.all.len() == 1 => Some(0),
            None => {
                let word = Span { end: given.place.0.start + "given".len() as u32, ..given.place.0 };
                self.checker.sink.push(
                    Diagnostic::error(UNKNOWN_USER, word, "of several users each has a label")
                        .help("write one: `given \"u1\" { … }`"),
                );
                None
            }
            Some(label) => {
                if let Some(known) = users.by_label.get(&label.value) {
                    if first {
                        let message = format!("\"{}\" is given twice", label.value);
                        self.checker.sink.push(
                            Diagnostic::error(UNKNOWN_USER, label.span(), message)
                                .help("put both records into one, or give the other user another label"),
                        );
                    }
                    return Some(*known);
                }
                if users.all.iter().any(|it| it.label.is_none()) {
                    self.checker.sink.push(
                        Diagnostic::error(UNKNOWN_USER, label.span(), "the user of this case has no label")
                            .help(format!("write `given \"{}\" {{ … }}` in its first entry, too", label.value)),
                    );
                    return None;
                }
                users.by_label.insert(label.value.clone(), users.all.len());
                let key = self.key(label);
                users.all.push(ir::TestUser { label: Some(label.value.clone()), key });
                Some(users.all.len() - 1)
            }
        }
    }

    /// A label as the key that it stands for.
    fn key(&mut self, label: &ast::Text) -> Value {
        let root = self.checker.schema.root();
        let Some(column) = root.key.map(|key| root.column(key)) else {
            return Value::Text(label.value.as_str().into());
        };
        match literal::from_text(&label.value, &column.ty, &self.checker.zone) {
            Ok(key) => key,
            Err(reason) => {
                let message = format!("a label is the user's `{}`, and `{}` {reason}", column.name, label.value);
                let help = format!("write one that is: the column is declared `{}`", column.ty);
                self.checker.sink.push(Diagnostic::error(UNKNOWN_USER, label.span(), message).help(help));
                Value::Missing
            }
        }
    }

    /// Keeps a condition that is expected.
    fn ask(&mut self, condition: ir::Expr, first_aggregate: u32) -> DefinitionId {
        let aggregates = (first_aggregate..self.checker.aggregates.len() as u32).map(ir::AggregateId).collect();
        let span = condition.span;
        self.asked.push(ir::Definition {
            name: "".into(),
            label: None,
            description: None,
            body: ir::Body::Let(condition),
            ty: Type::Bool,
            aggregates,
            span,
        });
        DefinitionId(self.first + self.asked.len() as u32 - 1)
    }
}
