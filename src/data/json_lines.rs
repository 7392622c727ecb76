//! JSON Lines.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
};

use serde_json::{Map, Value as Json};

use crate::{
    data::{BadRow, DataError, Input, Row, Rows, Wanted},
    record::{self, BadField},
    schema::ColumnId,
    value::{Value, Zone},
};

/// The rows of a table.
pub(super) fn rows(input: &Input, wanted: &Wanted, zone: &Zone) -> Result<Rows, DataError> {
    let (zone, input) = (zone.clone(), input.clone());
    let Wanted { table, needed, nested, verbatim } = wanted.clone();
    let needed: BTreeSet<ColumnId> = needed.iter().copied().collect();
    let lines = BufReader::new(input.open()?).split(b'\n').zip(1..);
    Ok(Box::new(lines.filter_map(move |(bytes, line)| {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => return Some(Err(input.unreadable(error))),
        };
        let bad = |column: Option<String>, reason: String| {
            Box::new(BadRow { file: input.name(), line, column, reason, verbatim: bytes.clone() })
        };
        let object = match object(&bytes, line)? {
            Ok(object) => object,
            Err(reason) => return Some(Ok(Err(bad(None, reason)))),
        };
        let read = || {
            let values = record::needed_from_json(&object, &table, &needed, &zone)?;
            let key = table.key.and_then(|key| values.get(key.0 as usize)).unwrap_or(&Value::Missing);
            let children = nested
                .iter()
                .map(|it| Ok((it.id, record::children_from_json(&object, &it.table, &it.needed, key, &zone)?)));
            let children = children.collect::<Result<_, BadField>>()?;
            Ok(Row { line, values, children, verbatim: if verbatim { bytes.clone() } else { vec![] } })
        };
        Some(Ok(match read() {
            Ok(row) => Ok(row),
            Err(BadField::NotRows { column, value, wanted }) => {
                Err(bad(Some(column), format!("`{value}` is not {wanted}")))
            }
            Err(BadField::Unreadable { column, value, reason }) => {
                Err(bad(Some(column), format!("`{value}` {reason}")))
            }
            Err(BadField::Missing { column, ty }) => {
                Err(bad(Some(column), format!("the value is missing, and `{ty}` may not be")))
            }
        }))
    })))
}

/// The object of a line, from 1, or what is wrong with it; none where the line is blank.
pub(super) fn object(bytes: &[u8], line: u64) -> Option<Result<Map<String, Json>, String>> {
    let marked = bytes.strip_prefix(b"\xef\xbb\xbf").filter(|_| line == 1);
    let bytes = marked.unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return None;
    }
    Some(match serde_json::from_slice(bytes) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err("the line is not a JSON object".into()),
        Err(error) => {
            let text = error.to_string();
            let reason = text.split(" at line").next().unwrap_or(&text);
            Err(format!("the line is not JSON: {reason}, at column {}", error.column()))
        }
    })
}
