//! The people of a case: what is known of each at one instant, and what of it was given.

use std::collections::BTreeMap;

use crate::{
    eval::{Answers, Children, Context, GivenValues, Interpreter, reference::SoFar},
    ir::{Entry, Expr, Given, GivenField, GivenKind, GivenRow, Rulebook, TestUser},
    schema::{ColumnId, Role, Table, TableId},
    value::{Type, Value, literal, number, print},
};

/// Whence a value is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Known {
    /// The case does not mention it.
    #[default]
    Not,
    /// It follows: a label, the key of a row.
    Filled,
    /// The case gives it.
    Given,
}

/// One user of a case at one instant.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their columns, by [`ColumnId`].
    pub record: Vec<Value>,
    /// Whence each is known.
    pub known: Vec<Known>,
    /// Their rows.
    pub children: Children,
    /// Whence each value of each row is known.
    pub rows_known: BTreeMap<TableId, Vec<Vec<Known>>>,
    /// Definitions whose values are given.
    pub definitions: GivenValues,
}

impl Person {
    /// A user of whom only the label is known.
    pub(super) fn of(user: &TestUser, table: &Table) -> Person {
        let mut person = Person {
            record: vec![Value::Missing; table.columns.len()],
            known: vec![Known::Not; table.columns.len()],
            children: Children::new(),
            rows_known: BTreeMap::new(),
            definitions: GivenValues::new(),
        };
        if let (Some(key), Some(_)) = (table.key, &user.label) {
            person.set(key, user.key.clone(), Known::Filled);
        }
        person
    }

    pub(super) fn set(&mut self, column: ColumnId, value: Value, known: Known) {
        let at = column.0 as usize;
        if let (Some(slot), Some(whence)) = (self.record.get_mut(at), self.known.get_mut(at)) {
            (*slot, *whence) = (value, known);
        }
    }

    /// The user's key, where it is known.
    pub(super) fn key(&self, table: &Table) -> Option<Value> {
        let key = table.key?.0 as usize;
        let known = self.known.get(key).is_some_and(|known| *known != Known::Not);
        self.record.get(key).filter(|_| known).cloned()
    }

    /// Whether a column is one that the case would have to give: it may not be missing, or tells the user apart.
    pub(super) fn lacks(&self, column: ColumnId, table: &Table) -> bool {
        let known = self.known.get(column.0 as usize).copied().unwrap_or_default();
        known == Known::Not && (!table.column(column).optional || table.key == Some(column))
    }

    /// The same of a row's column.
    pub(super) fn row_lacks(&self, id: TableId, row: usize, column: ColumnId, table: &Table) -> bool {
        let known = self.rows_known.get(&id).and_then(|rows| rows.get(row)?.get(column.0 as usize)).copied();
        known.unwrap_or_default() == Known::Not && !table.column(column).optional
    }

    /// The record as a test writes it, with the values that it came to.
    pub fn written(&self, rulebook: &Rulebook, context: &Context) -> String {
        let zone = context.clock.zone();
        let root = rulebook.schema.root();
        let written = |value: &Value, ty: &Type| match value {
            Value::Choice(_) if rulebook.is_choice(ty) => print::text(&rulebook.shown(value, ty), zone),
            _ => print::written(&rulebook.shown(value, ty), zone),
        };
        let columns =
            root.columns.iter().zip(&self.record).zip(&self.known).filter(|(_, known)| **known == Known::Given);
        let mut fields: Vec<String> =
            columns.map(|((column, value), _)| format!("{}: {}", column.name, written(value, &column.ty))).collect();
        for (id, value) in &self.definitions {
            let definition = rulebook.definition(*id);
            fields.push(format!("{}: {}", definition.name, written(value, &definition.ty)));
        }
        for (id, rows) in &self.children {
            let table = rulebook.schema.table(*id);
            let known = self.rows_known.get(id).map_or(&[][..], Vec::as_slice);
            let row = |(values, known): (&Vec<Value>, &Vec<Known>)| {
                // What was decided before is given by nobody, and told all the same.
                let told = table.columns.iter().zip(values).zip(known).filter(|((_, value), known)| {
                    **known == Known::Given || table.is_ledger() && **value != Value::Missing
                });
                let fields: Vec<String> = told
                    .map(|((column, value), _)| format!("{}: {}", column.name, written(value, &column.ty)))
                    .collect();
                format!("{{ {} }}", fields.join(", "))
            };
            let rows: Vec<String> = rows.iter().zip(known).map(row).collect();
            if !rows.is_empty() {
                fields.push(format!("{}: [{}]", table.name, rows.join(", ")));
            }
        }
        if fields.is_empty() { "{ }".to_owned() } else { format!("{{ {} }}", fields.join(", ")) }
    }
}

impl Rulebook {
    /// Whether values of the type are those of a level, layer or funnel, which are written bare.
    fn is_choice(&self, ty: &Type) -> bool {
        matches!(ty, Type::Choice(_))
    }
}

/// Brings what an entry gives to its people. What it does not mention stays as it is; moments are fixed now.
pub(super) fn give(
    entry: &Entry,
    users: &[TestUser],
    people: &mut Vec<Person>,
    rulebook: &Rulebook,
    context: &Context,
) {
    let root = rulebook.schema.root();
    // Who comes later joins with their first record.
    let last = entry.given.iter().map(|given| given.user + 1).max().unwrap_or(0);
    for user in users.iter().take(last).skip(people.len()) {
        people.push(Person::of(user, root));
    }
    for given in &entry.given {
        if let Some(person) = people.get_mut(given.user) {
            person.take(given, rulebook, context);
        }
    }
}

impl Person {
    fn take(&mut self, given: &Given, rulebook: &Rulebook, context: &Context) {
        let root = rulebook.schema.root();
        // The rows of a user are filled in with the key, which may be given as a column.
        let (columns, others): (Vec<&GivenField>, Vec<&GivenField>) =
            given.fields.iter().partition(|field| matches!(field.kind, GivenKind::Column(..)));
        for field in columns.into_iter().chain(others) {
            match &field.kind {
                GivenKind::Column(id, value) => {
                    let value = value_of(value, &root.column(*id).ty, rulebook, context);
                    self.set(*id, value, Known::Given);
                }
                GivenKind::Definition(id, value) => {
                    let value = value_of(value, &rulebook.definition(*id).ty, rulebook, context);
                    self.definitions.insert(*id, value);
                }
                GivenKind::Rows(id, rows) => {
                    let table = rulebook.schema.table(*id);
                    let key = self.key(root);
                    let read = |(place, row)| self::row(place, row, table, key.as_ref(), rulebook, context);
                    let (values, known) = rows.iter().enumerate().map(read).unzip();
                    self.children.insert(*id, values);
                    self.rows_known.insert(*id, known);
                }
            }
        }
    }
}

/// A row of a child table: its user's key and, where the table has one, its own are filled in.
fn row(
    place: usize,
    given: &GivenRow,
    table: &Table,
    key: Option<&Value>,
    rulebook: &Rulebook,
    context: &Context,
) -> (Vec<Value>, Vec<Known>) {
    let mut values = vec![Value::Missing; table.columns.len()];
    let mut known = vec![Known::Not; table.columns.len()];
    let mut set = |column: ColumnId, value: Value, whence: Known| {
        let at = column.0 as usize;
        if let (Some(slot), Some(known)) = (values.get_mut(at), known.get_mut(at)) {
            (*slot, *known) = (value, whence);
        }
    };
    if let (Role::Children { by, .. }, Some(key)) = (&table.role, key) {
        set(*by, number::widen(key, &table.column(*by).ty), Known::Filled);
    }
    if let Some(own) = table.key {
        match table.column(own).ty {
            Type::Text => set(own, Value::Text((place + 1).to_string().into()), Known::Filled),
            Type::Int => set(own, Value::Int(place as i64 + 1), Known::Filled),
            Type::Decimal(_)
            | Type::Float
            | Type::Bool
            | Type::Date
            | Type::Timestamp
            | Type::Duration
            | Type::List(_)
            | Type::Choice(_) => {}
        }
    }
    for (column, value) in &given.columns {
        set(*column, value_of(value, &table.column(*column).ty, rulebook, context), Known::Given);
    }
    (values, known)
}

/// What is given, at this instant. The checker has seen to it that it reads nothing of anybody's and fits.
pub(super) fn value_of(value: &Expr, ty: &Type, rulebook: &Rulebook, context: &Context) -> Value {
    let interpreter = Interpreter::new(rulebook, context);
    let answers = Answers::none(rulebook);
    let found = interpreter.row(&SoFar { record: &[], answers: &answers }).value(value);
    literal::from_written(&found, ty, context.clock.zone()).unwrap_or(Value::Missing)
}
