//! One user's own fields, from JSON: the record that an evaluation reads, its values in the order of the root table's
//! columns.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::{
    schema::{Column, ColumnFacts, ColumnId, Facts, OwnTypes, Role, Table},
    value::{Duration, Type, Value, Zone, literal, literal::BadValue, moment_text, number, print},
};

/// Why a record cannot be taken: a column and what is wrong with its value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadField {
    /// `"spend": "much"`
    #[error("`{column}`: `{value}` {reason}")]
    Unreadable {
        /// The column's name in the data.
        column: String,
        /// The value as it stands there.
        value: String,
        /// What is wrong with it.
        reason: BadValue,
    },
    /// A column that may not be missing.
    #[error("`{column}` is missing, and its type `{ty}` may not be (`{ty}?` may)")]
    Missing {
        /// The column's name in the data.
        column: String,
        /// Its type as it is declared.
        ty: String,
    },
    /// `"orders": 5`, where a table's rows are wanted.
    #[error("`{column}`: `{value}` is not {wanted}")]
    NotRows {
        /// The table, or one of its rows.
        column: String,
        /// The value as it stands there.
        value: String,
        /// What would be right there.
        wanted: &'static str,
    },
}

impl BadField {
    /// The same of a row in a list: `orders[2].amount`.
    fn within(self, table: &str, place: usize) -> BadField {
        let path = |column: String| format!("{table}[{place}].{column}");
        match self {
            BadField::Unreadable { column, value, reason } => {
                BadField::Unreadable { column: path(column), value, reason }
            }
            BadField::Missing { column, ty } => BadField::Missing { column: path(column), ty },
            BadField::NotRows { column, value, wanted } => BadField::NotRows { column: path(column), value, wanted },
        }
    }
}

/// The values of a JSON object, by [`crate::schema::ColumnId`]. Keys that the table does not have are ignored.
///
/// # Errors
/// A value that is not of its column's type, or is missing where it may not be.
pub fn from_json(object: &Map<String, Json>, table: &Table, zone: &Zone) -> Result<Vec<Value>, BadField> {
    table.columns.iter().map(|column| field(object.get(&column.header), column, zone)).collect()
}

/// As [`from_json`], but only the needed columns are read, and may be wrong or lacking; the others are missing.
///
/// # Errors
/// As [`from_json`], of a needed column.
pub fn needed_from_json(
    object: &Map<String, Json>,
    table: &Table,
    needed: &BTreeSet<ColumnId>,
    zone: &Zone,
) -> Result<Vec<Value>, BadField> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(at, column)| match needed.contains(&ColumnId(at as u32)) {
            true => field(object.get(&column.header), column, zone),
            false => Ok(Value::Missing),
        })
        .collect()
}

/// The rows of a child table that stand in the user's own object: `"orders": [{"amount": 5}, …]`. None where the user has no
/// such key; null and `[]` are no rows. Only the needed columns are read; the `by` column need not be repeated, it holds the
/// user's own `key`.
///
/// # Errors
/// As [`from_json`], what is not a list of objects, and a key that two of them have.
pub fn children_from_json(
    object: &Map<String, Json>,
    table: &Table,
    needed: &BTreeSet<ColumnId>,
    key: &Value,
    zone: &Zone,
) -> Result<Vec<Vec<Value>>, BadField> {
    let name = table.name.as_str();
    let wrong = |path: String, json: &Json, wanted| BadField::NotRows { column: path, value: shown(json), wanted };
    let rows = match object.get(name) {
        None | Some(Json::Null) => return Ok(vec![]),
        Some(Json::Array(rows)) => rows,
        Some(other) => return Err(wrong(name.to_owned(), other, "a list of rows such as [{\"amount\": 5}]")),
    };
    let by = match table.role {
        Role::Children { by, .. } => Some(by),
        Role::Root | Role::Reference => None,
    };
    let read = |(place, row): (usize, &Json)| {
        let Json::Object(row) = row else {
            return Err(wrong(format!("{name}[{place}]"), row, "a row such as {\"amount\": 5}"));
        };
        let columns = table.columns.iter().enumerate().map(|(at, column)| {
            let id = ColumnId(at as u32);
            match needed.contains(&id) {
                true if by == Some(id) => Ok(number::widen(key, &column.ty)),
                true => field(row.get(&column.header), column, zone).map_err(|bad| bad.within(name, place)),
                false => Ok(Value::Missing),
            }
        });
        columns.collect::<Result<Vec<Value>, BadField>>()
    };
    if let Some(key) = table.key.map(|id| table.column(id)) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for (place, row) in rows.iter().enumerate() {
            let Some(own) = row.get(&key.header).filter(|own| !own.is_null()) else { continue };
            if !seen.insert(own.to_string()) {
                let path = format!("{name}[{place}].{}", key.header);
                return Err(wrong(path, own, "a key of its own: a row before it has it"));
            }
        }
    }
    rows.iter().enumerate().map(read).collect()
}

/// The value of one column.
pub(crate) fn field(json: Option<&Json>, column: &Column, zone: &Zone) -> Result<Value, BadField> {
    match json {
        None | Some(Json::Null) if column.optional => Ok(Value::Missing),
        None | Some(Json::Null) => Err(BadField::Missing { column: column.header.clone(), ty: column.ty.to_string() }),
        Some(json) => read(json, column, zone).map_err(|reason| BadField::Unreadable {
            column: column.header.clone(),
            value: shown(json),
            reason,
        }),
    }
}

/// A value as its column has them: numbers are widened, and what is of another type is read as it would be in JSON.
///
/// # Errors
/// A value that the column cannot have.
pub(crate) fn fitted(value: &Value, column: &Column, zone: &Zone) -> Result<Value, BadField> {
    let widened = number::widen(value, &column.ty);
    if is_of(&widened, &column.ty) {
        return Ok(widened);
    }
    let written = print::json(value, zone);
    match serde_json::from_str(&written) {
        Ok(json) => field(Some(&json), column, zone),
        // Floats beyond all numbers have no JSON.
        Err(_) => {
            Err(BadField::Unreadable { column: column.header.clone(), value: written, reason: BadValue::NotFinite })
        }
    }
}

/// Whether a value is one of a type.
fn is_of(value: &Value, ty: &Type) -> bool {
    match (value, ty) {
        (Value::Bool(_), Type::Bool)
        | (Value::Int(_), Type::Int)
        | (Value::Text(_), Type::Text)
        | (Value::Date(_), Type::Date)
        | (Value::Timestamp(_), Type::Timestamp)
        | (Value::Duration(_), Type::Duration) => true,
        (Value::Float(float), Type::Float) => float.is_finite(),
        (Value::Decimal(decimal), Type::Decimal(scale)) => decimal.scale == *scale,
        (Value::List(elements), Type::List(element)) => elements.iter().all(|it| is_of(it, element)),
        _ => false,
    }
}

fn read(json: &Json, column: &Column, zone: &Zone) -> Result<Value, BadValue> {
    let written = match json {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => {
            return literal::from_json(json, &column.ty, zone);
        }
    };
    match (&column.format, &column.ty) {
        (moment_text::MomentFormat::Iso, _) => literal::from_json(json, &column.ty, zone),
        (_, Type::Duration) => literal::duration_of_results(&written),
        (format, Type::Date) => Ok(Value::Date(moment_text::read_date(&written, format, zone)?)),
        (format, _) => Ok(Value::Timestamp(moment_text::read_timestamp(&written, format, zone)?)),
    }
}

/// The value as a message shows it: texts without quotes, long ones cut.
fn shown(json: &Json) -> String {
    let text = match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() > 60 { text.chars().take(60).chain("…".chars()).collect() } else { text }
}

/// What one record by itself says of fields that no table declares: a field that is not there is not known, one that is
/// keeps its own JSON type.
pub fn facts(object: &Map<String, Json>) -> Facts {
    let column = |(header, json): (&String, &Json)| ColumnFacts {
        header: header.clone(),
        ty: match json {
            Json::String(text) => Some(text_type(text)),
            Json::Array(elements) if elements.is_empty() => Some(Type::List(Box::new(Type::Text))),
            other => own_type(other),
        },
        missing: json.is_null(),
    };
    Facts { file: "<record>".into(), columns: object.iter().map(column).collect(), values: OwnTypes::Json }
}

/// What one text can be read as, if its uses ask for it.
fn text_type(text: &str) -> Type {
    if moment_text::parse_date(text).is_ok() {
        Type::Date
    } else if literal::from_text(text, &Type::Timestamp, &Zone::utc()).is_ok() {
        Type::Timestamp
    } else if Duration::parse(text).is_ok() {
        Type::Duration
    } else {
        Type::Text
    }
}

/// The type that a JSON value has by itself; a text that is a date or a timestamp can be read as one.
pub(crate) fn own_type(json: &Json) -> Option<Type> {
    match json {
        Json::Null | Json::Object(_) => None,
        Json::Bool(_) => Some(Type::Bool),
        Json::Number(_) => Some(Type::Float),
        Json::String(text) => Some(match text_type(text) {
            // What may be a length of time is as often an ordinary text: `2y`, a size.
            Type::Duration => Type::Text,
            ty => ty,
        }),
        Json::Array(elements) => elements.iter().find_map(own_type).map(|element| match element {
            Type::Timestamp => Type::List(Box::new(Type::Text)),
            element => Type::List(Box::new(element)),
        }),
    }
}
