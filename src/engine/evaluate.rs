//! A checked rulebook at one as-of, ready to be asked about users.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Map, Value as Json};

use crate::{
    eval::{Answers, Children, Context, Interpreter, Overlap, User},
    ir::{self, Body, Over},
    record::{self, BadField},
    schema::{ColumnId, Role, Table, TableId},
    value::{Clock, Type, Value, print},
};

/// Answers for users at one as-of. Cheap to clone, and shared between threads as it is.
#[derive(Clone, Debug)]
pub struct Engine {
    rulebook: Arc<ir::Rulebook>,
    context: Arc<Context>,
}

/// Why a record could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Not JSON at all.
    #[error("the record is not JSON: {0}")]
    NotJson(String),
    /// JSON, but not an object.
    #[error("the record is not a JSON object such as {{\"user_id\": \"u1\"}}")]
    NotAnObject,
    /// A value that its column cannot have.
    #[error(transparent)]
    BadField(#[from] BadField),
    /// A rule that asks about everybody, asked about one.
    #[error("{} asks about everybody, and here is one user alone", .0.as_ref().map_or("this".to_owned(), |name| format!("`{name}`")))]
    NeedsPopulation(Option<String>),
    /// Two arms of an `exclusive` layer apply.
    #[error("`{first}` and `{second}` of the exclusive layer `{layer}` both apply")]
    Overlap {
        /// The layer.
        layer: String,
        /// The arm written first.
        first: String,
        /// The other.
        second: String,
    },
}

impl Engine {
    pub(super) fn new(rulebook: Arc<ir::Rulebook>, context: Context) -> Engine {
        Engine { rulebook, context: Arc::new(context) }
    }

    /// Another rulebook with the same clock, lists and reference tables: this one with more definitions, say.
    pub fn of(&self, rulebook: Arc<ir::Rulebook>) -> Engine {
        Engine { rulebook, context: Arc::clone(&self.context) }
    }

    /// What is evaluated.
    pub fn rulebook(&self) -> &ir::Rulebook {
        &self.rulebook
    }

    /// The clock, the lists, and the reference tables it is evaluated with.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The clock it is evaluated at.
    pub fn clock(&self) -> &Clock {
        &self.context.clock
    }

    /// The plain interpreter over this rulebook.
    pub fn interpreter(&self) -> Interpreter<'_> {
        Interpreter::new(&self.rulebook, &self.context)
    }

    /// What one user gets, given as JSON: `{"user_id": "u1", "spend": 500.01}`.
    ///
    /// # Errors
    /// A record that is not an object, or has a value that its column cannot have; and as [`Engine::evaluate_user`]. Rows of
    /// child tables stand in the record: `"orders": [{"amount": 5}]`.
    pub fn evaluate_one(&self, json: &str) -> Result<Outcome<'_>, RecordError> {
        let json: Json = serde_json::from_str(json).map_err(|error| RecordError::NotJson(error.to_string()))?;
        let Json::Object(object) = json else { return Err(RecordError::NotAnObject) };
        let record = record::from_json(&object, self.rulebook.schema.root(), self.clock().zone())?;
        self.evaluate_user(User { record: &record, children: &self.children_of(&object, &record)? })
    }

    /// The rows of child tables that stand in a user's JSON, of which `record` holds the user's own columns.
    pub(super) fn children_of(&self, object: &Map<String, Json>, record: &[Value]) -> Result<Children, RecordError> {
        let key = self.rulebook.schema.root().key.and_then(|key| record.get(key.0 as usize)).unwrap_or(&Value::Missing);
        let tables = self.rulebook.schema.tables.iter().enumerate();
        let children = tables.filter(|(_, table)| matches!(table.role, Role::Children { .. }));
        let read = |(at, table): (usize, &Table)| {
            let all: BTreeSet<ColumnId> = (0..table.columns.len()).map(|at| ColumnId(at as u32)).collect();
            let rows = record::children_from_json(object, table, &all, key, self.clock().zone())?;
            Ok((TableId(at as u32), rows))
        };
        children.map(read).collect()
    }

    /// What one user gets who has no children, given the values of the root table's columns by [`ColumnId`].
    ///
    /// # Errors
    /// As [`Engine::evaluate_user`].
    pub fn evaluate_record(&self, record: &[Value]) -> Result<Outcome<'_>, RecordError> {
        self.evaluate_user(User { record, children: &Children::new() })
    }

    /// What one user gets, given their columns and the rows of their children.
    ///
    /// # Errors
    /// Two arms of an `exclusive` layer that both apply, and a rule that asks about everybody.
    pub fn evaluate_user(&self, user: User<'_>) -> Result<Outcome<'_>, RecordError> {
        let asking =
            self.rulebook.definitions.iter().find(|definition| {
                definition.aggregates.iter().any(|id| self.rulebook.aggregate(*id).over == Over::Users)
            });
        if let Some(asking) = asking {
            return Err(RecordError::NeedsPopulation(Some(asking.name.to_string())));
        }
        let answers = self.interpreter().evaluate(user);
        self.outcome(answers)
    }

    /// What was found, unless arms of an `exclusive` layer overlap.
    pub(super) fn outcome(&self, answers: Answers) -> Result<Outcome<'_>, RecordError> {
        if let Some(overlap) = answers.overlaps.first() {
            return Err(self.overlap(*overlap));
        }
        Ok(Outcome { engine: self, answers })
    }

    /// What is told of arms of an exclusive layer that apply together.
    #[cfg_attr(not(feature = "data"), allow(dead_code))]
    pub(super) fn overlap(&self, overlap: Overlap) -> RecordError {
        let arm = |rank| self.choice_name(overlap.layer, rank).to_owned();
        let layer = self.rulebook.definition(overlap.layer).name.to_string();
        RecordError::Overlap { layer, first: arm(overlap.first), second: arm(overlap.second) }
    }

    fn choice_name(&self, definition: ir::DefinitionId, rank: u32) -> &str {
        let Type::Choice(id) = self.rulebook.definition(definition).ty else { return "" };
        self.rulebook.choices(id).values.get(rank as usize).map_or("", |value| value.name.as_str())
    }
}

/// What one user got.
#[derive(Clone, Debug)]
pub struct Outcome<'e> {
    engine: &'e Engine,
    answers: Answers,
}

impl<'e> Outcome<'e> {
    /// The names of the tags that the user has, in order of declaration.
    pub fn tags(&self) -> Vec<&'e str> {
        let definitions = self.engine.rulebook.definitions.iter().zip(&self.answers.values);
        let tagged = definitions
            .filter(|(definition, value)| matches!(definition.body, Body::Tag(_)) && **value == Value::Bool(true));
        tagged.map(|(definition, _)| definition.name.as_str()).collect()
    }

    /// Whether the user has this tag; false also where that is unknown.
    pub fn has(&self, tag: &str) -> bool {
        self.value(tag) == Some(&Value::Bool(true))
    }

    /// The value of a `let`, tag, score, level or layer; none where the rulebook has no such name.
    pub fn value(&self, name: &str) -> Option<&Value> {
        Some(self.answers.value(self.engine.rulebook.find(name)?))
    }

    /// The bare name of a level's or layer's value; none where the user has none.
    pub fn choice(&self, name: &str) -> Option<&'e str> {
        let id = self.engine.rulebook.find(name)?;
        match self.answers.value(id) {
            Value::Choice(rank) => Some(self.engine.choice_name(id, *rank)),
            _ => None,
        }
    }

    /// The value of a definition as JSON text: a level's value by its name, an unknown tag as `null`.
    pub fn json(&self, name: &str) -> Option<String> {
        match self.choice(name) {
            Some(choice) => Some(Json::from(choice).to_string()),
            None => Some(print::json(self.value(name)?, self.engine.clock().zone())),
        }
    }

    /// Everything that was found, by [`ir::DefinitionId`].
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// The same, taken out.
    pub fn into_answers(self) -> Answers {
        self.answers
    }
}
