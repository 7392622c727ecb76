//! What a rulebook asks of every user, prepared for one as-of: each distinct leaf of its conditions once, each distinct
//! combination of them once, in an order in which everything stands after what it builds on.
//!
//! Time conditions have become ranges, comparisons with constants cuts in the order of a column's values, so that the columnar
//! evaluation compares small codes and combines bits. What has no such form is left to the plain interpreter, leaf by leaf.

mod cuts;
mod lower;

pub(crate) use cuts::float_key;
#[cfg(feature = "data")]
pub(crate) use cuts::float_of;
pub use cuts::{Cuts, Domain, Range};
pub use lower::Constants;
pub(crate) use lower::is_constant;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    ir::{AggregateId, Body, DefinitionId, Expr, Over, Rulebook},
    schema::{ColumnId, TableId},
    value::Truth,
};

/// Where the values of a leaf come from: a column of a batch, or one that is computed beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// A column of the users' table.
    Column(ColumnId),
    /// The value of a definition that is no condition.
    Definition(DefinitionId),
    /// The answer of a question over many rows.
    Aggregate(AggregateId),
}

/// Which leaf; an index into [`Plan::atoms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AtomId(pub u32);

/// Which condition; an index into [`Plan::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// A leaf of conditions.
#[derive(Clone, Debug)]
pub enum Atom<'a> {
    /// `spend > 500`, `last_order between 30d..60d`: the values of a slot that lie in a range. Missing: unknown.
    Range(Slot, Range),
    /// A slot of conditions: its own truth.
    Flag(Slot),
    /// `spend is known`
    Known(Slot),
    /// `city = "上海"`: a column of texts that is this one, letter by letter. Missing: unknown.
    IsText(ColumnId, Arc<str>),
    /// Any other condition on one column of texts and constants: asked once of each different text.
    OfText(ColumnId, &'a Expr),
    /// Anything else: asked of the plain interpreter, row by row.
    Opaque(&'a Expr),
}

/// A condition over leaves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// The same for everybody.
    Always(TruthKey),
    /// A leaf.
    Atom(AtomId),
    /// `not a`
    Not(NodeId),
    /// `a and b`
    All(Vec<NodeId>),
    /// `a or b`
    Any(Vec<NodeId>),
    /// `at least 2 of (…)`
    AtLeast(u32, Vec<NodeId>),
    /// `if c then a else b`
    Choose(NodeId, NodeId, NodeId),
    /// True where it is true, else false: what a tag is to those who name it.
    Closed(NodeId),
    /// `(spend > 500) is missing`
    IsUnknown(NodeId),
}

/// A truth that can stand in a table of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TruthKey {
    /// True.
    True,
    /// False.
    False,
    /// Unknown.
    Unknown,
}

impl From<Truth> for TruthKey {
    fn from(truth: Truth) -> TruthKey {
        if truth.is_true() {
            TruthKey::True
        } else if truth.is_unknown() {
            TruthKey::Unknown
        } else {
            TruthKey::False
        }
    }
}

/// What a definition comes to.
#[derive(Clone, Debug)]
pub enum Step {
    /// A tag, segment, or a `let` that is a condition.
    Condition(DefinitionId, NodeId),
    /// A level or layer: the condition of each arm in order, none of `otherwise`; and the rank that it gives.
    Ladder(DefinitionId, Vec<(Option<NodeId>, u32)>),
    /// A score: the condition of each arm.
    Score(DefinitionId, Vec<NodeId>),
    /// A value that is another slot under a name of its own.
    Alias(DefinitionId, Slot),
    /// A value that the plain interpreter computes, user by user.
    Value(DefinitionId),
}

impl Step {
    /// The definition that it finds.
    pub fn definition(&self) -> DefinitionId {
        match self {
            Step::Condition(id, _)
            | Step::Ladder(id, _)
            | Step::Score(id, _)
            | Step::Alias(id, _)
            | Step::Value(id) => *id,
        }
    }
}

/// Everything that is asked of every user.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Each distinct leaf.
    pub atoms: Vec<Atom<'a>>,
    /// Each distinct condition, after those it is made of.
    pub nodes: Vec<Node>,
    /// The definitions that are asked for, each after those it builds on.
    pub steps: Vec<Step>,
    /// The cuts of each slot that is compared with constants.
    pub cuts: HashMap<Slot, Cuts>,
}

impl<'a> Plan<'a> {
    /// Prepares definitions, all that they build on among them, in the order of evaluation.
    pub fn of(rulebook: &'a Rulebook, definitions: &BTreeSet<DefinitionId>, constants: &dyn Constants) -> Plan<'a> {
        lower::plan(rulebook, definitions, constants)
    }

    /// Prepares conditions of clauses over the same rows: for each of some lists the condition that all of it holds, none of an
    /// empty list. [`Slot::Column`] is a column of the rows; in a clause over children the user's own stand behind theirs
    /// ([`behind`]).
    pub fn of_clauses(
        rulebook: &'a Rulebook,
        over: Over,
        lists: &[Vec<&'a Expr>],
        constants: &dyn Constants,
    ) -> (Plan<'a>, Vec<Option<NodeId>>) {
        lower::clauses(rulebook, over, lists, constants)
    }
}

/// Where the column of a child row's user stands: behind the row's own.
pub fn behind(rulebook: &Rulebook, table: TableId, id: ColumnId) -> ColumnId {
    lower::behind(rulebook, table, id)
}

/// Whether a definition is a condition.
pub(crate) fn is_condition(body: &Body) -> bool {
    match body {
        Body::Tag(_) | Body::Segment(_) => true,
        Body::Let(expr) => expr.ty == crate::value::Type::Bool,
        Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Funnel(..) => false,
    }
}
