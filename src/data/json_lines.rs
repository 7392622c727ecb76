//! JSON Lines.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
};

use serde_json::{Map, Value as Json};

use crate::{
    data::{BadRow, DataError, Input, Row, Rows},
    record::{self, BadField},
    schema::{ColumnId, Table},
    value::Zone,
};

/// The rows of a table.
pub(super) fn rows(input: &Input, table: &Table, needed: &[ColumnId], zone: &Zone) -> Result<Rows, DataError> {
    let (table, zone, input) = (table.clone(), zone.clone(), input.clone());
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
        Some(Ok(match record::needed_from_json(&object, &table, &needed, &zone) {
            Ok(values) => Ok(Row { line, values }),
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
