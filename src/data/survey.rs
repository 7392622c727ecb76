//! What `schema` asks of a file beyond its [`facts`](super::facts()): what repeats, how moments are written, what is nested.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    io::{BufRead, BufReader},
};

use csv::ByteRecord;
use serde_json::Value as Json;

use crate::{
    data::{DataError, Format, Input, facts, facts::Guess, json_lines, rows, table},
    record,
    schema::{Column, ColumnId, Role, Source, Table},
    value::{Type, Value, Zone, moment_format, moment_text::MomentFormat, print},
};

/// The columns of a file, or of the records nested in one.
#[derive(Debug, Default)]
pub struct Survey {
    /// In order of first appearance.
    pub columns: Vec<Surveyed>,
    rows: u64,
    places: HashMap<String, usize>,
}

/// One column, looked at from end to end.
#[derive(Debug)]
pub struct Surveyed {
    /// Its header, or key in JSON.
    pub header: String,
    /// Records in its values: a child table of its own.
    pub nested: Option<Survey>,
    /// An object, or a mixture that no column can hold.
    pub shapeless: bool,
    times: u64,
    missing: bool,
    values: Values,
    /// The formats in which all values so far are written.
    formats: Vec<&'static str>,
    /// Of what may be a key: its values so far, as hashes; none once one came again.
    different: Option<HashSet<u64>>,
    /// The pairs of words for yes and no that all values so far belong to.
    truths: Vec<(&'static str, &'static str)>,
}

/// What the values of a column say of their type.
#[derive(Debug)]
enum Values {
    Written(Guess),
    Own(Option<Type>),
}

/// Formats that are no ISO 8601, dates first; of those that read the same texts only one that all values fit is offered.
const FORMATS: [&str; 14] = [
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y-%m-%d",
    "%Y年%m月%d日",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%Y%m%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y.%m.%d %H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%d.%m.%Y %H:%M",
];

/// Yes and no, as some programs write them.
const TRUTHS: [(&str, &str); 11] = [
    ("True", "False"),
    ("TRUE", "FALSE"),
    ("是", "否"),
    ("Y", "N"),
    ("y", "n"),
    ("Yes", "No"),
    ("yes", "no"),
    ("YES", "NO"),
    ("T", "F"),
    ("有", "无"),
    ("真", "假"),
];

/// Looks through the whole file.
///
/// # Errors
/// A file that cannot be read, or whose header is no good.
pub fn survey(input: &Input) -> Result<Survey, DataError> {
    let mut survey = Survey::default();
    for part in input.parts() {
        match part.format {
            Format::Csv => survey.see_table(part, b',')?,
            Format::Tsv => survey.see_table(part, b'\t')?,
            Format::JsonLines => survey.see_json(part)?,
            Format::Parquet | Format::Arrow => survey.take_facts(part)?,
        }
    }
    Ok(survey)
}

impl Survey {
    /// The column of this header.
    pub fn find(&self, header: &str) -> Option<&Surveyed> {
        self.places.get(header).and_then(|at| self.columns.get(*at))
    }

    /// Whether a value of the column may be missing: none was there, or one was not.
    pub fn is_missing(&self, column: &Surveyed) -> bool {
        column.missing || column.times < self.rows
    }

    fn column(&mut self, header: &str, values: fn() -> Values) -> Option<&mut Surveyed> {
        let at = match self.places.get(header) {
            Some(at) => *at,
            None => {
                self.places.insert(header.to_owned(), self.columns.len());
                self.columns.push(Surveyed {
                    header: header.to_owned(),
                    nested: None,
                    shapeless: false,
                    times: 0,
                    missing: false,
                    values: values(),
                    formats: FORMATS.to_vec(),
                    different: Some(HashSet::new()),
                    truths: TRUTHS.to_vec(),
                });
                self.columns.len() - 1
            }
        };
        self.columns.get_mut(at)
    }

    fn see_table(&mut self, input: &Input, delimiter: u8) -> Result<(), DataError> {
        let (mut reader, headers) = table::open(input, delimiter)?;
        for header in &headers {
            self.column(header, || Values::Written(Guess::default()));
        }
        let mut record = ByteRecord::new();
        // What cannot be read here is told when the rows are read.
        while reader.read(&mut record).unwrap_or(false) {
            self.rows += 1;
            for (header, field) in headers.iter().zip(record.iter()) {
                if let Some(column) = self.column(header, || Values::Written(Guess::default())) {
                    column.see_text(&String::from_utf8_lossy(field));
                }
            }
        }
        Ok(())
    }

    fn see_json(&mut self, input: &Input) -> Result<(), DataError> {
        for (bytes, line) in BufReader::new(input.open()?).split(b'\n').zip(1..) {
            let bytes = bytes.map_err(|error| input.unreadable(error))?;
            if let Some(Ok(object)) = json_lines::object(&bytes, line) {
                self.see_object(&object);
            }
        }
        // Where no line could be read, the facts say what is wrong with the first.
        if self.columns.is_empty() { facts(input).map(drop) } else { Ok(()) }
    }

    fn see_object(&mut self, object: &serde_json::Map<String, Json>) {
        self.rows += 1;
        for (header, json) in object {
            if let Some(column) = self.column(header, || Values::Own(None)) {
                column.see_json(json);
            }
        }
    }

    /// The file says the types; which texts and ints repeat, only its rows do.
    fn take_facts(&mut self, input: &Input) -> Result<(), DataError> {
        let mut columns = vec![];
        for fact in facts(input)?.columns {
            let Some(column) = self.column(&fact.header, || Values::Own(None)) else { continue };
            column.values = Values::Own(fact.ty.clone());
            column.missing |= fact.missing;
            column.formats.clear();
            column.truths.clear();
            if let Some(ty @ (Type::Text | Type::Int)) = fact.ty {
                let (name, header) = (fact.header.as_str().into(), fact.header);
                columns.push(Column {
                    name,
                    header,
                    ty,
                    optional: true,
                    format: MomentFormat::Iso,
                    source: Source::Data,
                    span: None,
                });
            }
        }
        let needed: Vec<ColumnId> = (0..columns.len() as u32).map(ColumnId).collect();
        let headers: Vec<String> = columns.iter().map(|column| column.header.clone()).collect();
        let (name, role) = ("rows".into(), Role::Reference);
        let table = Table { name, role, key: None, columns, from: None, declared: false, span: None };
        let zone = Zone::utc();
        for row in rows(input, &table, &needed, &zone)? {
            let Ok(row) = row? else { continue };
            for (header, value) in headers.iter().zip(&row.values).filter(|(_, value)| **value != Value::Missing) {
                if let Some(column) = self.column(header, || Values::Own(None)) {
                    column.see_again(&print::text(value, &zone));
                }
            }
        }
        Ok(())
    }
}

impl Surveyed {
    /// The narrowest type that all its values have; none where there are no values.
    pub fn ty(&self) -> Option<Type> {
        let own = match &self.values {
            Values::Written(guess) => guess.ty(),
            Values::Own(ty) => ty.clone(),
        };
        match (self.format(), own) {
            (Some(format), Some(_)) if format.contains("%H") => Some(Type::Timestamp),
            (Some(_), Some(_)) => Some(Type::Date),
            (_, own) => own,
        }
    }

    /// How its moments are written, where that has to be said.
    pub fn format(&self) -> Option<&'static str> {
        let digits = "%Y%m%d";
        let own = match &self.values {
            Values::Written(guess) => guess.ty(),
            Values::Own(ty) => ty.clone(),
        };
        match (own, self.formats.as_slice()) {
            (Some(Type::Text), [one]) => Some(one),
            (Some(Type::Int), [one]) if *one == digits && says_moment(&self.header) => Some(one),
            _ => None,
        }
    }

    /// Whether its moments can be read in two ways: `01/02/2026`.
    pub fn is_ambiguous(&self) -> bool {
        self.formats.len() > 1 && self.ty() == Some(Type::Text)
    }

    /// Whether two rows have the same value in it.
    pub fn repeats(&self) -> bool {
        self.different.is_none()
    }

    /// What says yes where every value is `True` or `False`, `是` or `否`, which are texts.
    pub fn yes(&self) -> Option<&'static str> {
        let (yes, _) = self.truths.first()?;
        (self.ty() == Some(Type::Text)).then_some(yes)
    }

    /// What is to be known of any value.
    fn see(&mut self, text: &str) {
        self.formats.retain(|format| is_written(text, format));
        self.truths.retain(|(yes, no)| [*yes, *no].contains(&text));
        self.see_again(text);
    }

    /// Whether a value was there before.
    fn see_again(&mut self, text: &str) {
        if let Some(different) = &mut self.different {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            if !different.insert(hasher.finish()) {
                self.different = None;
            }
        }
    }

    fn see_text(&mut self, text: &str) {
        self.times += 1;
        if let Values::Written(guess) = &mut self.values {
            guess.see(text);
        }
        match text {
            "" => self.missing = true,
            _ => self.see(text),
        }
    }

    fn see_json(&mut self, json: &Json) {
        self.times += 1;
        match json {
            Json::Null => self.missing = true,
            Json::Object(_) => self.shapeless = true,
            Json::Array(elements) if elements.iter().any(Json::is_object) => {
                let nested = self.nested.get_or_insert_default();
                elements.iter().filter_map(Json::as_object).for_each(|object| nested.see_object(object));
            }
            Json::Array(_) | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
                match json {
                    Json::String(text) => self.see(text),
                    other => self.see(&other.to_string()),
                }
                if let Values::Own(known) = &mut self.values {
                    let (before, one) = (known.take(), own_type(json));
                    let mixed = before.is_some() && one.is_some();
                    *known = joined(before, one);
                    self.shapeless |= mixed && known.is_none();
                }
            }
        }
    }
}

/// The type of a JSON value; a whole number is an int.
fn own_type(json: &Json) -> Option<Type> {
    match json {
        Json::Number(number) if number.is_i64() => Some(Type::Int),
        Json::Array(elements) => {
            let of = elements.iter().map(own_type).reduce(joined)?;
            let of = if of == Some(Type::Timestamp) { Some(Type::Text) } else { of };
            of.map(|of| Type::List(Box::new(of)))
        }
        other => record::own_type(other),
    }
}

/// The type of two values of one column.
fn joined(a: Option<Type>, b: Option<Type>) -> Option<Type> {
    match (a, b) {
        (Some(Type::Int), Some(Type::Float)) | (Some(Type::Float), Some(Type::Int)) => Some(Type::Float),
        (Some(Type::List(a)), Some(Type::List(b))) => joined(Some(*a), Some(*b)).map(|of| Type::List(Box::new(of))),
        (a, b) => facts::joined(a, b),
    }
}

/// Whether all values are written in a format.
fn is_written(text: &str, format: &str) -> bool {
    let zone = Zone::utc();
    // Eight digits and nothing else: a shorter number would be read as some early year.
    if format == "%Y%m%d" && text.len() != 8 {
        return false;
    }
    let pattern = MomentFormat::Pattern(format.to_owned());
    match format.contains("%H") {
        true => moment_format::read_timestamp(text, &pattern, &zone).is_ok(),
        false => moment_format::read_date(text, &pattern, &zone).is_ok(),
    }
}

/// Whether a header says that its column holds moments: only then are eight digits a date.
fn says_moment(header: &str) -> bool {
    let header = header.to_lowercase();
    ["date", "time", "day", "日期", "时间"].iter().any(|word| header.contains(word)) || header.ends_with("_at")
}
