//! A checked rulebook at one as-of, ready to be asked about users.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::{
    eval::{Answers, Context, Interpreter},
    ir::{self, Body},
    record::{self, BadField},
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
    /// A record that is not an object, or has a value that its column cannot have.
    pub fn evaluate_one(&self, json: &str) -> Result<Outcome<'_>, RecordError> {
        let json: Json = serde_json::from_str(json).map_err(|error| RecordError::NotJson(error.to_string()))?;
        let Json::Object(object) = json else { return Err(RecordError::NotAnObject) };
        let record = record::from_json(&object, self.rulebook.schema.root(), self.clock().zone())?;
        self.evaluate_record(&record)
    }

    /// What one user gets, given the values of the root table's columns by [`crate::schema::ColumnId`].
    ///
    /// # Errors
    /// Two arms of an `exclusive` layer that both apply.
    pub fn evaluate_record(&self, record: &[Value]) -> Result<Outcome<'_>, RecordError> {
        let answers = self.interpreter().evaluate(record);
        if let Some(overlap) = answers.overlaps.first() {
            let arm = |rank| self.choice_name(overlap.layer, rank).to_owned();
            let layer = self.rulebook.definition(overlap.layer).name.to_string();
            return Err(RecordError::Overlap { layer, first: arm(overlap.first), second: arm(overlap.second) });
        }
        Ok(Outcome { engine: self, answers })
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
