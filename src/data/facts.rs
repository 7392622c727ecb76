//! What a file holds, found before any rule is evaluated: its columns, and the types that all values of each can be read as.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
};

use csv::ByteRecord;

use crate::{
    data::{DataError, Format, Input, columnar, json_lines, table},
    record,
    schema::{ColumnFacts, Facts, OwnTypes},
    value::{Type, Value, Zone, literal, number},
};

/// Looks through the whole file.
///
/// # Errors
/// A file that cannot be read, or whose header is no good.
pub fn facts(input: &Input) -> Result<Facts, DataError> {
    match input.memory() {
        Some(memory) => memory.facts(input, || all(input)),
        None => all(input),
    }
}

fn all(input: &Input) -> Result<Facts, DataError> {
    let mut parts =
        input.parts().iter().map(|part| of_file(part, &|| input.memory().map_or(Ok(()), |memory| memory.check())));
    let mut facts = parts.next().unwrap_or_else(|| Ok(Facts::default()))?;
    for part in parts {
        join(&mut facts, part?);
    }
    facts.file = input.name();
    Ok(facts)
}

/// What a further part adds to what is known: columns, and wider types.
fn join(facts: &mut Facts, part: Facts) {
    for column in part.columns {
        match facts.columns.iter_mut().find(|it| it.header == column.header) {
            None => facts.columns.push(ColumnFacts { missing: true, ..column }),
            Some(known) => {
                known.missing |= column.missing;
                known.ty = match (known.ty.take(), column.ty) {
                    (Some(a), Some(b)) if a == b => Some(a),
                    (Some(a), Some(b)) => Some(number::widest(&a, &b).unwrap_or(Type::Text)),
                    (a, b) => a.or(b),
                };
            }
        }
    }
}

/// Says whether to go on.
type GoesOn<'g> = &'g dyn Fn() -> Result<(), DataError>;
/// Rows after which that is asked.
const OFTEN: usize = 1 << 12;

fn of_file(input: &Input, goes_on: GoesOn<'_>) -> Result<Facts, DataError> {
    match input.format {
        Format::Csv => of_table(input, b',', goes_on),
        Format::Tsv => of_table(input, b'\t', goes_on),
        Format::JsonLines => of_json(input, goes_on),
        Format::Parquet | Format::Arrow => columnar::facts(input),
    }
}

fn of_table(input: &Input, delimiter: u8, goes_on: GoesOn<'_>) -> Result<Facts, DataError> {
    let (mut reader, headers) = table::open(input, delimiter)?;
    let mut columns: Vec<Guess> = headers.iter().map(|_| Guess::default()).collect();
    let mut record = ByteRecord::new();
    let mut rows = 0_usize;
    // What cannot be read here is told when the rows are read.
    while reader.read(&mut record).unwrap_or(false) {
        rows += 1;
        if rows.is_multiple_of(OFTEN) {
            goes_on()?;
        }
        for (guess, field) in columns.iter_mut().zip(record.iter()) {
            guess.see(&String::from_utf8_lossy(field));
        }
    }
    let columns = headers.into_iter().zip(columns);
    let columns = columns.map(|(header, guess)| ColumnFacts { header, ty: guess.ty(), missing: guess.missing });
    Ok(Facts { file: input.name(), columns: columns.collect(), values: OwnTypes::Written })
}

/// The types that all values so far can be read as, the narrowest first.
#[derive(Debug)]
pub(super) struct Guess {
    candidates: Vec<Type>,
    scale: u8,
    seen: bool,
    missing: bool,
}

impl Default for Guess {
    fn default() -> Guess {
        let candidates = vec![Type::Bool, Type::Int, Type::Decimal(0), Type::Float, Type::Date, Type::Timestamp];
        Guess { candidates, scale: 0, seen: false, missing: false }
    }
}

impl Guess {
    pub(super) fn see(&mut self, text: &str) {
        if text.is_empty() {
            self.missing = true;
            return;
        }
        self.seen = true;
        // `00042` is an id, not a number.
        let id = text.trim_start_matches('-').len() > 1
            && text.trim_start_matches('-').starts_with('0')
            && !text.trim_start_matches('-').starts_with("0.");
        let scale = &mut self.scale;
        self.candidates.retain(|candidate| match candidate {
            Type::Int | Type::Float if id => false,
            Type::Decimal(_) => match literal::number(text.trim_start_matches('-')) {
                Ok(Value::Decimal(decimal)) if !id && !text.contains('_') => {
                    *scale = decimal.scale.max(*scale);
                    true
                }
                Ok(Value::Int(_)) => !id && !text.contains('_'),
                _ => false,
            },
            ty => literal::from_text(text, ty, &Zone::utc()).is_ok(),
        });
    }

    pub(super) fn ty(&self) -> Option<Type> {
        match self.candidates.first() {
            _ if !self.seen => None,
            Some(Type::Decimal(_)) => Some(Type::Decimal(self.scale)),
            Some(ty) => Some(ty.clone()),
            None => Some(Type::Text),
        }
    }
}

fn of_json(input: &Input, goes_on: GoesOn<'_>) -> Result<Facts, DataError> {
    let mut facts = Facts { file: input.name(), columns: vec![], values: OwnTypes::Json };
    let mut unread = None;
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut times_seen: Vec<usize> = vec![];
    let mut rows = 0_usize;
    for (bytes, line) in BufReader::new(input.open()?).split(b'\n').zip(1..) {
        let bytes = bytes.map_err(|error| input.unreadable(error))?;
        let object = match json_lines::object(&bytes, line) {
            None => continue,
            Some(Ok(object)) => object,
            Some(Err(reason)) => {
                unread = unread.or(Some((line, reason)));
                continue;
            }
        };
        rows += 1;
        if rows.is_multiple_of(OFTEN) {
            goes_on()?;
        }
        for (header, json) in &object {
            let one = record::own_type(json);
            let known = places.get(header).and_then(|at| Some((facts.columns.get_mut(*at)?, times_seen.get_mut(*at)?)));
            match known {
                None => {
                    places.insert(header.clone(), facts.columns.len());
                    facts.columns.push(ColumnFacts { header: header.clone(), ty: one, missing: json.is_null() });
                    times_seen.push(1);
                }
                Some((column, times)) => {
                    *times += 1;
                    column.missing |= json.is_null();
                    column.ty = joined(column.ty.take(), one);
                }
            }
        }
    }
    // A key that a record does not have is missing there.
    for (column, times) in facts.columns.iter_mut().zip(times_seen) {
        column.missing |= times < rows;
    }
    match unread {
        // Without a single row, what is wrong with the first line is the mistake, not the fields that no line has.
        Some((line, reason)) if facts.columns.is_empty() => Err(DataError::Unfit {
            file: input.name(),
            reason: format!("line {line}: {reason}"),
            help: Some(ONE_A_LINE.into()),
        }),
        _ => Ok(facts),
    }
}

const ONE_A_LINE: &str = "write one JSON object a line: `{\"user_id\": \"u1\", \"spend\": 500}`";

/// The type of two values of one column; a text that is no date makes texts of all.
pub(super) fn joined(a: Option<Type>, b: Option<Type>) -> Option<Type> {
    match (a, b) {
        (Some(a), Some(b)) if a == b => Some(a),
        (Some(Type::Date | Type::Timestamp), Some(Type::Date | Type::Timestamp)) => Some(Type::Timestamp),
        (Some(Type::Date | Type::Timestamp | Type::Text), Some(Type::Date | Type::Timestamp | Type::Text)) => {
            Some(Type::Text)
        }
        (a, None) => a,
        (None, b) => b,
        (Some(_), Some(_)) => None,
    }
}
