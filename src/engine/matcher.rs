//! One user after the other against all rules, for programs that embed the library: compiled once, shared between threads, and
//! without taking memory for a user.

use std::{collections::BTreeMap, ops::Deref, sync::Arc};

use crate::{
    engine::{Engine, RecordError},
    eval::{
        Children, Interpreter, User,
        index::{self, Index, Refusal},
    },
    ir::DefinitionId,
    record::{self, BadField},
    value::{Type, Value, literal::BadValue, print},
};

/// A rulebook at one as-of, compiled to be asked about users one by one. Cheap to clone; threads share one, each with a
/// [`Scratch`] of its own.
///
/// ```
/// use tagwell::engine::Rulebook;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let rulebook = Rulebook::parse("shop.rules", r#"
///     table users key user_id { user_id: text  city: text?  spend: decimal(2)? }
///     tag big    when spend >= 500
///     tag local  when city in ["上海", "苏州"]
/// "#)?;
/// let checked = rulebook.check(&Default::default())?;
/// let matcher = checked.engine(checked.clock("2026-11-22")?).matcher()?;
///
/// let mut scratch = matcher.scratch();
/// let mut record = matcher.record();
/// record.set("city", "上海")?.set("spend", 720.5)?;
/// let matches = matcher.evaluate(&record, &mut scratch)?;
/// assert!(matches.has("big"));
/// assert_eq!(matches.tags().collect::<Vec<_>>(), ["big", "local"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Matcher {
    engine: Engine,
    index: Arc<Index>,
}

/// Memory that a [`Matcher`] works in, one user after the other. A thread needs one of its own.
#[derive(Debug)]
pub struct Scratch {
    found: index::Scratch,
    /// A user who was not given as typed values.
    record: Vec<Value>,
    children: Children,
}

/// What one user got, standing in the scratch until the next user is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Matches<'m> {
    matcher: &'m Matcher,
    user: User<'m>,
    scratch: &'m index::Scratch,
}

/// One user's own values, put together by name; what is not set is missing. A record that is used for the next user still holds what
/// the last one had: [`Record::clear`] forgets it. Rows of child tables stand beside a record ([`Matcher::evaluate_user`]), or in JSON
/// ([`Matcher::evaluate_json`]). `docs/embedding.md` shows every kind of value.
///
/// Stands for `&[Value]`, by [`crate::schema::ColumnId`].
#[derive(Clone, Debug)]
pub struct Record {
    engine: Engine,
    values: Vec<Value>,
}

const NO_CHILDREN: &Children = &BTreeMap::new();

impl Matcher {
    pub(super) fn new(engine: Engine, index: Arc<Index>) -> Matcher {
        Matcher { engine, index }
    }

    /// The engine that it was made by.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Memory to work in, for one thread.
    pub fn scratch(&self) -> Scratch {
        Scratch { found: self.index.scratch(), record: vec![], children: Children::new() }
    }

    /// A record of which nothing is known yet.
    pub fn record(&self) -> Record {
        let columns = self.engine.rulebook().schema.root().columns.len();
        Record { engine: self.engine.clone(), values: vec![Value::Missing; columns] }
    }

    /// The id of a definition, to ask for it without looking its name up each time.
    pub fn find(&self, name: &str) -> Option<DefinitionId> {
        self.index.find(name)
    }

    /// What one user gets who has no children, given the values of the root table's columns by
    /// [`crate::schema::ColumnId`]; those that are not given are missing. Takes no memory where all that the rules compare are
    /// columns; arithmetic, texts that are searched and questions about children are left to the plain interpreter, which may.
    ///
    /// # Errors
    /// As [`Matcher::evaluate_user`].
    pub fn evaluate<'m>(&'m self, record: &'m [Value], scratch: &'m mut Scratch) -> Result<Matches<'m>, RecordError> {
        self.evaluate_user(User { record, children: NO_CHILDREN }, scratch)
    }

    /// What one user gets, given their columns and the rows of their children: of each child table, by its
    /// [`crate::schema::TableId`], rows in the order in which they came, each with a value for every column of the table.
    ///
    /// # Errors
    /// Two arms of an `exclusive` layer that both apply, and a value that its column cannot have.
    pub fn evaluate_user<'m>(&'m self, user: User<'m>, scratch: &'m mut Scratch) -> Result<Matches<'m>, RecordError> {
        let Scratch { found, record, .. } = scratch;
        match self.index.evaluate(self.interpreter(), user, found) {
            Ok(()) => Ok(Matches { matcher: self, user, scratch: found }),
            Err(Refusal::WrongType(_)) => {
                *record = self.fitted(user.record)?;
                self.answer(User { record, ..user }, found)
            }
            Err(refusal) => Err(self.refused(refusal, user)),
        }
    }

    /// What one user gets, given as JSON with the rows of child tables in it: `{"user_id": "u1", "orders": [{"amount": 5}]}`.
    ///
    /// # Errors
    /// As [`Engine::evaluate_one`].
    pub fn evaluate_json<'m>(&'m self, json: &str, scratch: &'m mut Scratch) -> Result<Matches<'m>, RecordError> {
        let (record, children) = self.engine.read(json)?;
        (scratch.record, scratch.children) = (record, children);
        let user = User { record: &scratch.record, children: &scratch.children };
        self.answer(user, &mut scratch.found)
    }

    /// What a user gets whose values are of their columns' types.
    fn answer<'m>(&'m self, user: User<'m>, scratch: &'m mut index::Scratch) -> Result<Matches<'m>, RecordError> {
        match self.index.evaluate(self.interpreter(), user, scratch) {
            Ok(()) => Ok(Matches { matcher: self, user, scratch }),
            Err(refusal) => Err(self.refused(refusal, user)),
        }
    }

    fn refused(&self, refusal: Refusal, user: User<'_>) -> RecordError {
        match refusal {
            Refusal::Overlap(overlap) => self.engine.overlap(overlap),
            Refusal::WrongType(id) => {
                let column = self.engine.rulebook().schema.root().column(id).header.clone();
                let value = user.record.get(id.0 as usize).unwrap_or(&Value::Missing);
                let value = print::text(value, self.engine.clock().zone());
                BadField::Unreadable { column, value, reason: BadValue::NotData }.into()
            }
        }
    }

    /// Values of other types, read as their columns' types.
    fn fitted(&self, record: &[Value]) -> Result<Vec<Value>, BadField> {
        let columns = &self.engine.rulebook().schema.root().columns;
        let zone = self.engine.clock().zone();
        let fitted = record.iter().zip(columns).map(|(value, column)| match value {
            Value::Missing => Ok(Value::Missing),
            value => record::fitted(value, column, zone),
        });
        fitted.collect()
    }

    fn interpreter(&self) -> Interpreter<'_> {
        self.engine.interpreter()
    }
}

impl<'m> Matches<'m> {
    /// Whether the user has this tag, or is in this segment, or a `let` is true; false also where that is unknown.
    pub fn has(&self, name: &str) -> bool {
        self.matcher.find(name).is_some_and(|id| self.has_id(id))
    }

    /// As [`Matches::has`], by [`Matcher::find`].
    pub fn has_id(&self, id: DefinitionId) -> bool {
        match self.matcher.index.is_found(id) {
            true => self.matcher.index.has(self.scratch.found(), id),
            false => self.value_of(id) == Value::Bool(true),
        }
    }

    /// The names of the tags that the user has, in order of declaration.
    pub fn tags(&self) -> impl Iterator<Item = &'m str> + use<'m> {
        let matcher = self.matcher;
        self.tag_ids().map(|id| matcher.engine.rulebook().definition(id).name.as_str())
    }

    /// The tags that the user has, in order of declaration.
    pub fn tag_ids(&self) -> impl Iterator<Item = DefinitionId> + use<'m> {
        self.matcher.index.tags_found(self.scratch.found())
    }

    /// The names of the segments that the user is in, in order of declaration.
    pub fn segments(&self) -> impl Iterator<Item = &'m str> + use<'m> {
        let matcher = self.matcher;
        let found = matcher.index.segments_found(self.scratch.found());
        found.map(|id| matcher.engine.rulebook().definition(id).name.as_str())
    }

    /// The value of a `let`, tag, score, level, layer or funnel, worked out when it is asked for; of a tag missing where it is
    /// unknown. None where the rulebook has no such name.
    pub fn value(&self, name: &str) -> Option<Value> {
        Some(self.value_of(self.matcher.find(name)?))
    }

    /// As [`Matches::value`], by [`Matcher::find`].
    pub fn value_of(&self, id: DefinitionId) -> Value {
        self.matcher.index.value(self.matcher.interpreter(), self.user, self.scratch, id)
    }

    /// The bare name of a level's, layer's or funnel's value; none where the user has none.
    pub fn choice(&self, name: &str) -> Option<&'m str> {
        let rulebook = self.matcher.engine.rulebook();
        let id = self.matcher.find(name)?;
        match (self.value_of(id), &rulebook.definition(id).ty) {
            (Value::Choice(rank), Type::Choice(id)) => {
                Some(rulebook.choices(*id).values.get(rank as usize)?.name.as_str())
            }
            _ => None,
        }
    }

    /// The values that were asked about.
    pub fn record(&self) -> &'m [Value] {
        self.user.record
    }
}

impl Scratch {
    pub(super) fn into_found(self) -> index::Found {
        self.found.into_found()
    }
}

impl Record {
    /// Sets a column, by its name in rules. A number may be of another type where it loses nothing; a moment or a duration
    /// may be a text, written as in data: `"2026-11-22"`, `"2026-11-22T08:00"` (local in the rulebook's zone), `"2026-11-22T00:00Z"`.
    /// [`Value::Timestamp`] holds microseconds since 1970-01-01T00:00Z, [`Value::Date`] days. `None` and [`Value::Missing`] are
    /// missing; an empty text is a text.
    ///
    /// # Errors
    /// A name that the users' table does not have, and a value that its column cannot have.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> Result<&mut Record, RecordError> {
        let table = self.engine.rulebook().schema.root();
        let id = table.find(name).ok_or_else(|| RecordError::UnknownColumn(name.to_owned()))?;
        let value = record::fitted(&value.into(), table.column(id), self.engine.clock().zone())?;
        if let Some(slot) = self.values.get_mut(id.0 as usize) {
            *slot = value;
        }
        Ok(self)
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        self.values.fill(Value::Missing);
    }
}

impl Deref for Record {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.values
    }
}
