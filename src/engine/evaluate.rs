//! A checked rulebook at one as-of, ready to be asked about users.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use serde_json::{Map, Value as Json};

use crate::{
    engine::Matcher,
    eval::{
        Answers, Children, Context, Interpreter, Overlap, User,
        index::{Found, Index},
    },
    ir::{self, Over},
    record::{self, BadField},
    schema::{ColumnId, Role, Table, TableId},
    value::{Clock, Type, Value, print},
};

/// Answers for users at one as-of. Cheap to clone, and shared between threads as it is.
#[derive(Clone, Debug)]
pub struct Engine {
    rulebook: Arc<ir::Rulebook>,
    context: Arc<Context>,
    /// Made when it is first asked for.
    index: Arc<OnceLock<Result<Arc<Index>, RecordError>>>,
    /// What is remembered of users, where somebody does.
    #[cfg(feature = "data")]
    pub(super) remembering: Option<super::memory::Remembering>,
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
    /// A value for a column that the users' table does not have.
    #[error("no column of the users' table is called `{0}`")]
    UnknownColumn(String),
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
        Engine {
            rulebook,
            context: Arc::new(context),
            index: Arc::default(),
            #[cfg(feature = "data")]
            remembering: None,
        }
    }

    /// Another rulebook with the same clock, lists and reference tables: this one with more definitions, say.
    pub fn of(&self, rulebook: Arc<ir::Rulebook>) -> Engine {
        Engine { rulebook, index: Arc::default(), ..self.clone() }
    }

    /// The same engine where earlier decisions call deeds otherwise than by the place at which they stand now.
    #[must_use]
    pub fn calling_deeds(self, moved: BTreeMap<(ir::DefinitionId, String), String>) -> Engine {
        let mut engine = self;
        Arc::make_mut(&mut engine.context).deeds = Arc::new(moved);
        engine
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

    /// Compiled to be asked about users one by one, as fast as can be.
    ///
    /// # Errors
    /// A rule that asks about everybody.
    pub fn matcher(&self) -> Result<Matcher, RecordError> {
        Ok(Matcher::new(self.clone(), Arc::clone(self.index()?)))
    }

    fn index(&self) -> Result<&Arc<Index>, RecordError> {
        let index = self.index.get_or_init(|| {
            let about_everybody = |definition: &&ir::Definition| {
                definition.aggregates.iter().any(|id| self.rulebook.aggregate(*id).over == Over::Users)
            };
            match self.rulebook.definitions.iter().find(about_everybody) {
                Some(asking) => Err(RecordError::NeedsPopulation(Some(asking.name.to_string()))),
                None => Ok(Arc::new(Index::of(self.interpreter(), &self.context))),
            }
        });
        index.as_ref().map_err(RecordError::clone)
    }

    /// What one user gets, given as JSON: `{"user_id": "u1", "spend": 500.01}`.
    ///
    /// # Errors
    /// A record that is not an object, or has a value that its column cannot have; and as [`Engine::evaluate_user`]. Rows of
    /// child tables stand in the record: `"orders": [{"amount": 5}]`.
    pub fn evaluate_one(&self, json: &str) -> Result<Outcome<'_>, RecordError> {
        let (record, children) = self.read(json)?;
        self.evaluate_user(User { record: &record, children: &children })
    }

    /// A user from JSON: their own columns, and the rows of child tables.
    pub(super) fn read(&self, json: &str) -> Result<(Vec<Value>, Children), RecordError> {
        let json: Json = serde_json::from_str(json).map_err(|error| RecordError::NotJson(error.to_string()))?;
        let Json::Object(object) = json else { return Err(RecordError::NotAnObject) };
        let record = record::from_json(&object, self.rulebook.schema.root(), self.clock().zone())?;
        let children = self.children_of(&object, &record)?;
        Ok((record, children))
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

    /// What one user gets, given their columns and the rows of their children. For many users one after the other a [`Matcher`]
    /// takes less memory and time.
    ///
    /// # Errors
    /// Two arms of an `exclusive` layer that both apply, a value that its column cannot have, and a rule that asks about
    /// everybody.
    pub fn evaluate_user(&self, user: User<'_>) -> Result<Outcome<'_>, RecordError> {
        let matcher = self.matcher()?;
        let mut scratch = matcher.scratch();
        let record = matcher.evaluate_user(user, &mut scratch)?.record().to_vec();
        let found = scratch.into_found();
        let answers = OnceLock::new();
        Ok(Outcome { engine: self, index: self.index()?, found, record, children: user.children.clone(), answers })
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
    index: &'e Index,
    found: Found,
    record: Vec<Value>,
    children: Children,
    /// Of the plain interpreter, when more than tags is asked for.
    answers: OnceLock<Answers>,
}

impl<'e> Outcome<'e> {
    /// The names of the tags that the user has, in order of declaration.
    pub fn tags(&self) -> Vec<&'e str> {
        let tagged = self.index.tags_found(&self.found);
        tagged.map(|id| self.engine.rulebook.definition(id).name.as_str()).collect()
    }

    /// Whether the user has this tag, or is in this segment, or a `let` is true; false also where that is unknown.
    pub fn has(&self, tag: &str) -> bool {
        self.index.find(tag).is_some_and(|id| match self.index.is_found(id) {
            true => self.index.has(&self.found, id),
            false => *self.answers().value(id) == Value::Bool(true),
        })
    }

    /// The value of a `let`, tag, score, level or layer; none where the rulebook has no such name.
    pub fn value(&self, name: &str) -> Option<&Value> {
        Some(self.answers().value(self.index.find(name)?))
    }

    /// The bare name of a level's or layer's value; none where the user has none.
    pub fn choice(&self, name: &str) -> Option<&'e str> {
        let id = self.index.find(name)?;
        match self.answers().value(id) {
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
        let user = User { record: &self.record, children: &self.children };
        self.answers.get_or_init(|| self.engine.interpreter().evaluate(user))
    }

    /// The same, taken out.
    pub fn into_answers(self) -> Answers {
        self.answers();
        self.answers.into_inner().unwrap_or_default()
    }
}
