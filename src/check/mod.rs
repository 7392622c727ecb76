//! From trees to meaning: names are resolved, types and units found, and every mistake of a rulebook is told at once.
//!
//! A pass collects mistakes and goes on; what a mistake leaves without a type is `None` from there on, and says nothing
//! further: one mistake, one message.

mod ahead;
mod book;
mod children;
mod declare;
mod expr;
mod fields;
mod foreign;
mod funnel;
mod habits;
mod lint;
mod may_be_missing;
mod memory;
mod names;
mod order;
mod rows;
mod rules;
mod segments;
mod testing;
mod unread;
mod walk;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    diagnostic::{Severity, Sink},
    intern::{Symbol, Texts},
    ir,
    schema::{Facts, Schema, TableId},
    source::{Sources, Span},
    syntax::ast,
    value::{Type, Zone},
};
use book::{Book, Ladders};
use names::Names;
use segments::Conduct;
use testing::changed;

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
///
/// Where the sink holds mistakes of syntax already, what is told beside them is what is wrong by itself: nothing that follows from
/// what could not be read, and no doubts.
pub fn check(files: &[ast::File], sources: &Sources, inputs: &Inputs, sink: &mut Sink) -> Option<ir::Rulebook> {
    let book = Book::of(files);
    let already = sink.found().len();
    let rulebook = lower(&book, sources, inputs, Surplus::Refused, sink);
    if sink.found().iter().take(already).any(|told| told.severity == Severity::Error) {
        book.unread.withdraw_what_follows(sources, already, sink);
        return None;
    }
    let (rulebook, conduct) = rulebook?;
    let facts = inputs.facts.get(rulebook.schema.root().name.as_str()).filter(|_| !rulebook.schema.root().declared);
    let zone = rulebook.zone();
    lint::run(&book, &conduct, lint::Found { rulebook: &rulebook, sources, facts, zone: &zone, sink });
    Some(rulebook)
}

/// Checks a rulebook without looking for what is doubtful about it: where nobody is told of doubts.
pub fn check_for_mistakes(
    files: &[ast::File],
    sources: &Sources,
    inputs: &Inputs,
    sink: &mut Sink,
) -> Option<ir::Rulebook> {
    lower(&Book::of(files), sources, inputs, Surplus::Refused, sink).map(|(rulebook, _)| rulebook)
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
    let (rulebook, _) = lower(&book, sources, inputs, surplus, sink)?;
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

fn lower<'a>(
    book: &Book<'a>,
    sources: &Sources,
    inputs: &Inputs,
    surplus: Surplus,
    sink: &mut Sink,
) -> Option<(ir::Rulebook, Conduct<'a>)> {
    let already = sink.found().len();
    let (name, zone) = declare::rulebook(book, sink);
    let (schema, root_is_known) = match book.unread.has_a_table() {
        // Which table holds the users is told where all are read.
        true => declare::tables_but_unread(book, sink),
        false => declare::tables(book, sink),
    };
    if root_is_known {
        children::look(book, &schema, sink);
    }
    let facts = inputs.facts.get(schema.root().name.as_str()).filter(|_| !schema.root().declared);
    let mut checker = Checker {
        sources,
        sink,
        zone,
        surplus,
        names: Arc::new(Names::beside(book.unread.declared())),
        texts: Texts::default(),
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
        tags: book.tags(),
        memory: ir::Memory::default(),
        with: vec![],
        settled: HashMap::new(),
        ladders: book.ladders(),
    };
    checker.declare_names(book);
    declare::forget_wrong_types(&mut checker, book);
    let order = checker.order(book);
    let conduct = Conduct::of(book, sources, checker.sink);
    checker.params = declare::params(&mut checker, book, inputs);
    if root_is_known {
        checker.infer_fields(book, &conduct, &order.all);
    }
    let definitions = checker.definitions(book, &order);
    let actions =
        if root_is_known { checker.actions(book, &conduct, &definitions, &order.all) } else { ir::Actions::default() };
    let tests = if root_is_known { testing::lower(&mut checker, book, &actions) } else { ir::Tests::default() };

    let is_wrong = |sink: &Sink| sink.found().iter().skip(already).any(|found| found.severity == Severity::Error);
    if is_wrong(checker.sink) {
        return None;
    }
    let rules = changed::Rules { book, conduct: &conduct, definitions: &definitions, order: &order, actions: &actions };
    changed::look(&mut checker, &rules, &tests);
    let rulebook = ir::Rulebook {
        name,
        zone: checker.zone.name().to_owned(),
        params: checker.params.into_iter().collect::<Option<_>>()?,
        lists: declare::lists(book),
        choices: checker.choices,
        definitions: definitions.into_iter().collect::<Option<_>>()?,
        aggregates: checker.aggregates,
        order: order.all,
        schema: checker.schema,
        actions: ir::Actions { memory: checker.memory, ..actions },
        tests,
    };
    testing::look(&rulebook, book, sources, checker.sink);
    (!is_wrong(checker.sink)).then_some((rulebook, conduct))
}

/// All that is known while a rulebook is being checked.
struct Checker<'a> {
    sources: &'a Sources,
    sink: &'a mut Sink,
    zone: Zone,
    surplus: Surplus,
    /// Shared by those who look ahead.
    names: Arc<Names>,
    /// The texts that rules compare with.
    texts: Texts,
    schema: Schema,
    /// Of the root's columns; none of one whose declaration or whose uses are wrong.
    column_types: Vec<Option<Type>>,
    /// What the data of an undeclared root table was found to hold.
    facts: Option<&'a Facts>,
    params: Vec<Option<ir::Param>>,
    /// Of definitions; none of one that is wrong, or not lowered yet.
    types: Vec<Option<Type>>,
    choices: Vec<ir::Choices>,
    /// Of what type what each level goes by, and what is missing to its arms, is; a moment by itself.
    by_types: HashMap<ir::DefinitionId, Type>,
    /// Questions over many rows so far.
    aggregates: Vec<ir::Aggregate>,
    /// What each funnel asks of its events.
    funnels: HashMap<ir::DefinitionId, ir::AggregateId>,
    /// The clause that is being looked at.
    scope: Option<Scope>,
    segments: BTreeSet<ir::DefinitionId>,
    tags: BTreeSet<ir::DefinitionId>,
    /// What is read of the state so far.
    memory: ir::Memory,
    /// The `with` names of the deed that is being looked at; none of one whose value is wrong.
    with: Vec<(Symbol, Option<ir::Expr>)>,
    /// Parameters that deeds take once and for all, with the first place of each.
    settled: HashMap<ir::ParamId, Span>,
    ladders: Ladders,
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
    /// In a deed that is done for each row of a table: a bare name is the row's column or the user's, and questions may be
    /// asked of the user's rows.
    Each(TableId),
}
