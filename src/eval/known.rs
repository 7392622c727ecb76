//! What is known of a user: as the data has them, and what was found so far.

use std::collections::BTreeMap;

use crate::{
    ir::{AggregateId, DefinitionId, Rulebook},
    schema::{ColumnId, TableId},
    value::Value,
};

/// A user as the data has them.
#[derive(Clone, Copy, Debug)]
pub struct User<'r> {
    /// Their own columns, by [`ColumnId`] of the root table.
    pub record: &'r [Value],
    /// Their rows of child tables.
    pub children: &'r Children,
}

/// A user's rows of each child table, in input order, their values by [`ColumnId`] of that table.
pub type Children = BTreeMap<TableId, Vec<Vec<Value>>>;

/// Values of definitions that are given, and not computed.
pub type GivenValues = BTreeMap<DefinitionId, Value>;

/// What one user got.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// The value of each definition, by [`DefinitionId`]. Of a tag: true, false, or missing where it is unknown.
    pub values: Vec<Value>,
    /// The answer of each question over many rows, by [`AggregateId`].
    pub aggregates: Vec<Value>,
    /// When the furthest step of a funnel was last reached.
    pub reached: BTreeMap<AggregateId, Value>,
    /// The value that each `level … by` went by.
    pub goes_by: BTreeMap<DefinitionId, Value>,
    /// Levels and layers where `otherwise` (or nothing) was reached although an arm above was unknown.
    pub unknown_above: Vec<DefinitionId>,
    /// Arms of `exclusive` layers that applied together.
    pub overlaps: Vec<Overlap>,
}

impl Answers {
    /// Nothing is known yet.
    pub fn none(rulebook: &Rulebook) -> Answers {
        Answers {
            values: vec![Value::Missing; rulebook.definitions.len()],
            aggregates: vec![Value::Missing; rulebook.aggregates.len()],
            reached: BTreeMap::new(),
            goes_by: BTreeMap::new(),
            unknown_above: vec![],
            overlaps: vec![],
        }
    }

    /// The value of one definition, as it was found: a tag may be unknown.
    pub fn value(&self, id: DefinitionId) -> &Value {
        self.values.get(id.0 as usize).unwrap_or(&Value::Missing)
    }

    pub(super) fn set(&mut self, id: DefinitionId, value: Value) {
        if let Some(slot) = self.values.get_mut(id.0 as usize) {
            *slot = value;
        }
    }

    /// Takes the answer of a question over many rows.
    pub fn set_aggregate(&mut self, id: AggregateId, value: Value) {
        if let Some(slot) = self.aggregates.get_mut(id.0 as usize) {
            *slot = value;
        }
    }
}

/// Where the names of an expression get their values.
pub trait Known: std::fmt::Debug {
    /// A column of the user.
    fn column(&self, id: ColumnId) -> Value;
    /// A definition, as it was found: a tag may be unknown.
    fn definition(&self, id: DefinitionId) -> Value;
    /// A question over many rows.
    fn aggregate(&self, id: AggregateId) -> Value;
    /// When the furthest step of a funnel was last reached.
    fn reached(&self, id: AggregateId) -> Value;
    /// The value that a `level … by` went by.
    fn goes_by(&self, level: DefinitionId) -> Value;
}

/// A user's record, and the answers found so far.
#[derive(Clone, Copy, Debug)]
pub struct SoFar<'r> {
    /// By [`ColumnId`].
    pub record: &'r [Value],
    /// Found so far.
    pub answers: &'r Answers,
}

impl Known for SoFar<'_> {
    fn column(&self, id: ColumnId) -> Value {
        self.record.get(id.0 as usize).cloned().unwrap_or(Value::Missing)
    }

    fn definition(&self, id: DefinitionId) -> Value {
        self.answers.value(id).clone()
    }

    fn aggregate(&self, id: AggregateId) -> Value {
        self.answers.aggregates.get(id.0 as usize).cloned().unwrap_or(Value::Missing)
    }

    fn reached(&self, id: AggregateId) -> Value {
        self.answers.reached.get(&id).cloned().unwrap_or(Value::Missing)
    }

    fn goes_by(&self, level: DefinitionId) -> Value {
        self.answers.goes_by.get(&level).cloned().unwrap_or(Value::Missing)
    }
}

/// Two arms of an `exclusive` layer that both apply to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The layer.
    pub layer: DefinitionId,
    /// The rank of the arm written first.
    pub first: u32,
    /// The rank of the other.
    pub second: u32,
}
