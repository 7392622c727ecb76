//! JSON Lines.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    sync::Arc,
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
    let input = input.clone();
    let shape = Lines::of(&input, wanted, zone);
    let lines = BufReader::new(input.open()?).split(b'\n').zip(1..);
    Ok(Box::new(lines.filter_map(move |(bytes, line)| match bytes {
        Err(error) => Some(Err(input.unreadable(error))),
        Ok(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => None,
        Ok(bytes) => Some(Ok(shape.row(&bytes, line))),
    })))
}

/// What is read of each line.
pub(super) struct Lines {
    pub(super) file: Arc<str>,
    wanted: Wanted,
    needed: BTreeSet<ColumnId>,
    zone: Zone,
}

impl Lines {
    pub(super) fn of(input: &Input, wanted: &Wanted, zone: &Zone) -> Lines {
        let needed = wanted.needed.iter().copied().collect();
        Lines { file: input.name().into(), wanted: wanted.clone(), needed, zone: zone.clone() }
    }

    /// The row of a line that is not blank.
    pub(super) fn row(&self, bytes: &[u8], line: u64) -> Result<Row, Box<BadRow>> {
        let bad = |column, reason| self.bad(bytes, line, column, reason);
        let object = match object(bytes, line) {
            Some(Ok(object)) => object,
            Some(Err(reason)) => return Err(bad(None, reason)),
            None => return Err(bad(None, "the line is blank".into())),
        };
        let Wanted { table, nested, verbatim, .. } = &self.wanted;
        let read = || {
            let values = record::needed_from_json(&object, table, &self.needed, &self.zone)?;
            let key = table.key.and_then(|key| values.get(key.0 as usize)).unwrap_or(&Value::Missing);
            let children = nested
                .iter()
                .map(|it| Ok((it.id, record::children_from_json(&object, &it.table, &it.needed, key, &self.zone)?)));
            let children = children.collect::<Result<_, BadField>>()?;
            let verbatim = if *verbatim { bytes.to_vec() } else { vec![] };
            Ok(Row { file: Arc::clone(&self.file), line, values, children, verbatim })
        };
        read().map_err(|field| {
            let (column, reason) = reason(field);
            bad(Some(column), reason)
        })
    }

    /// A line that cannot be taken.
    pub(super) fn bad(&self, bytes: &[u8], line: u64, column: Option<String>, reason: String) -> Box<BadRow> {
        Box::new(BadRow { file: self.file.to_string(), line, column, reason, verbatim: bytes.to_vec() })
    }
}

/// The column, and what is wrong with it.
pub(super) fn reason(field: BadField) -> (String, String) {
    match field {
        BadField::NotRows { column, value, wanted } => (column, format!("`{value}` is not {wanted}")),
        BadField::Unreadable { column, value, reason } => (column, format!("`{value}` {reason}")),
        BadField::Missing { column, ty } => (column, format!("the value is missing, and `{ty}` may not be")),
    }
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
