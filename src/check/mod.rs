//! From trees to meaning: names are resolved, types and units found, and every mistake of a rulebook is told at once.
//!
//! A pass collects mistakes and goes on; what a mistake leaves without a type is `None` from there on, and says nothing
//! further: one mistake, one message.

mod book;
mod children;
mod declare;
mod expr;
mod fields;
mod foreign;
mod funnel;
mod habits;
mod later;
mod lint;
mod names;
mod order;
mod rows;
mod rules;
mod testing;
mod walk;
mod words;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{
    diagnostic::{Severity, Sink},
    intern::Symbol,
    ir,
    schema::{Facts, Schema, TableId},
    source::Sources,
    syntax::ast,
    value::{Type, Zone},
};
use book::Book;
use names::Names;

/// What a rulebook is checked against, beside itself.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// What was found in the data of a table, by the table's name; of an undeclared root table that is [`ROOT`].
    pub facts: BTreeMap<Symbol, Facts>,
    /// `--param name=value`, as typed.
    pub params: Vec<(String, String)>,
}

/// What the root table is called where none is declared.
pub const ROOT: &str = "users";

/// Checks a rulebook; every mistake and every doubt goes into the sink. None where there is an error.
pub fn check(files: &[ast::File], sources: &Sources, inputs: &Inputs, sink: &mut Sink) -> Option<ir::Rulebook> {
    let book = Book::of(files);
    let rulebook = lower(&book, sources, inputs, Surplus::Refused, sink)?;
    let facts = inputs.facts.get(rulebook.schema.root().name.as_str()).filter(|_| !rulebook.schema.root().declared);
    let zone = Zone::parse(&rulebook.zone).unwrap_or_else(|_| Zone::utc());
    lint::run(&book, lint::Found { rulebook: &rulebook, sources, facts, zone: &zone, sink });
    Some(rulebook)
}

/// Checks a rulebook without looking for what is doubtful about it: where nobody is told of doubts.
pub fn check_for_mistakes(
    files: &[ast::File],
    sources: &Sources,
    inputs: &Inputs,
    sink: &mut Sink,
) -> Option<ir::Rulebook> {
    lower(&Book::of(files), sources, inputs, Surplus::Refused, sink)
}

/// Checks one expression beside a rulebook, or beside none: it becomes the last definition, a `let` without a name. A field
/// that the data (one record) lacks is no mistake here, but missing. None where there is an error.
pub fn check_expression(
    expression: &ast::Expr,
    files: &[ast::File],
    sources: &Sources,
    inputs: &Inputs,
    sink: &mut Sink,
) -> Option<(ir::Rulebook, ir::DefinitionId)> {
    checked_with(expression, files, sources, inputs, Surplus::Missing, sink)
}

/// The same beside the data of many users: a field that they lack is a mistake, as in a rule.
pub fn check_expression_of_many(
    expression: &ast::Expr,
    files: &[ast::File],
    sources: &Sources,
    inputs: &Inputs,
    sink: &mut Sink,
) -> Option<(ir::Rulebook, ir::DefinitionId)> {
    checked_with(expression, files, sources, inputs, Surplus::Refused, sink)
}

fn checked_with(
    expression: &ast::Expr,
    files: &[ast::File],
    sources: &Sources,
    inputs: &Inputs,
    surplus: Surplus,
    sink: &mut Sink,
) -> Option<(ir::Rulebook, ir::DefinitionId)> {
    let mut book = Book::of(files);
    let id = book.add_expression(expression);
    // One record decides what an undeclared field is here, not what a test gives.
    book.forget_tests();
    let rulebook = lower(&book, sources, inputs, surplus, sink)?;
    Some((rulebook, id))
}

/// What a field is that the data does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Surplus {
    /// A mistake.
    Refused,
    /// Missing for everybody.
    Missing,
}

fn lower(
    book: &Book<'_>,
    sources: &Sources,
    inputs: &Inputs,
    surplus: Surplus,
    sink: &mut Sink,
) -> Option<ir::Rulebook> {
    let already = sink.found().len();
    let (name, zone) = declare::rulebook(book, sink);
    let (schema, root_is_known) = declare::tables(book, sink);
    if root_is_known {
        children::look(book, &schema, sink);
    }
    let facts = inputs.facts.get(schema.root().name.as_str()).filter(|_| !schema.root().declared);
    let mut checker = Checker {
        sources,
        sink,
        zone,
        surplus,
        names: Names::default(),
        schema,
        column_types: vec![],
        facts,
        params: vec![],
        types: vec![],
        choices: vec![],
        by_types: HashMap::new(),
        aggregates: vec![],
        funnels: HashMap::new(),
        scope: None,
        segments: book.segments(),
    };
    checker.declare_names(book);
    declare::forget_wrong_types(&mut checker, book);
    let order = checker.order(book);
    checker.params = declare::params(&mut checker, book, inputs);
    if root_is_known {
        checker.infer_fields(book, &order);
    }
    let definitions = checker.definitions(book, &order);
    checker.tell_what_is_not_supported(book);
    let tests = if root_is_known { testing::lower(&mut checker, book) } else { ir::Tests::default() };

    let is_wrong = |sink: &Sink| sink.found().iter().skip(already).any(|found| found.severity == Severity::Error);
    if is_wrong(checker.sink) {
        return None;
    }
    let rulebook = ir::Rulebook {
        name,
        zone: checker.zone.name().to_owned(),
        params: checker.params.into_iter().collect::<Option<_>>()?,
        lists: declare::lists(book),
        choices: checker.choices,
        definitions: definitions.into_iter().collect::<Option<_>>()?,
        aggregates: checker.aggregates,
        order,
        schema: checker.schema,
        tests,
    };
    testing::look(&rulebook, book, sources, checker.sink);
    (!is_wrong(checker.sink)).then_some(rulebook)
}

/// All that is known while a rulebook is being checked.
struct Checker<'a> {
    sources: &'a Sources,
    sink: &'a mut Sink,
    zone: Zone,
    surplus: Surplus,
    names: Names,
    schema: Schema,
    /// Of the root's columns; none of one whose declaration or whose uses are wrong.
    column_types: Vec<Option<Type>>,
    /// What the data of an undeclared root table was found to hold.
    facts: Option<&'a Facts>,
    params: Vec<Option<ir::Param>>,
    /// Of definitions; none of one that is wrong, or not lowered yet.
    types: Vec<Option<Type>>,
    choices: Vec<ir::Choices>,
    /// What each level goes by.
    by_types: HashMap<ir::DefinitionId, Type>,
    /// Questions over many rows so far.
    aggregates: Vec<ir::Aggregate>,
    /// What each funnel asks of its events.
    funnels: HashMap<ir::DefinitionId, ir::AggregateId>,
    /// The clause that is being looked at.
    scope: Option<Scope>,
    segments: HashSet<ir::DefinitionId>,
}

/// Where in a source clause an expression stands: what a bare name may mean there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Before the window, and behind `by`: the child table's columns are written with its name.
    Source(TableId),
    /// Behind `where`: a bare name is the row's column or the user's.
    Where(TableId),
    /// The source of a clause over everybody: columns of theirs are written with the table's name.
    UsersSource,
    /// In a clause over everybody: of each user in turn.
    Users,
}
