//! Conditions and records as the generators tell them, with every number a whole one: money in cents, ratings in 1e-12, days since
//! 1970, moments in microseconds.

use std::error::Error;

use serde_json::Value as Json;

use crate::{Record, Rule};

/// What a field holds, and what it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    Whole(i64),
    Text(String),
    Truth(bool),
}

/// A condition over one record's fields.
pub enum Condition {
    /// `spend >= 50000`; the operator as Tagwell writes it
    Compare(String, String, Field),
    /// `age between 16..25`: from, to, and whether the upper end is out
    Range(String, i64, i64, bool),
    /// `city in ["上海", "苏州"]`
    In(String, Vec<String>),
    /// `opted_out`
    Flag(String),
    /// `city is missing`
    Missing(String),
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
}

type Failure = Box<dyn Error>;

/// A rule from `tags-N-sSEED.json`.
pub fn rule(tag: &Json) -> Result<Rule, Failure> {
    Ok(Rule { name: text(tag, "name")?, when: condition(&tag["when"])? })
}

/// A record from a line of `users-N.jsonl`.
pub fn record(line: &str) -> Result<Record, Failure> {
    let json: Json = serde_json::from_str(line)?;
    let object = json.as_object().ok_or("a record is an object")?;
    object.iter().map(|(column, value)| Ok((column.clone(), field(column, value)?))).collect()
}

fn text(json: &Json, key: &str) -> Result<String, Failure> {
    Ok(json[key].as_str().ok_or_else(|| format!("`{key}` is not in {json}"))?.to_owned())
}

fn condition(json: &Json) -> Result<Condition, Failure> {
    let column = || text(json, "column");
    let end = |key: &str| match field(&column()?, &json[key])? {
        Field::Whole(end) => Ok(end),
        _ => Err::<_, Failure>(format!("{json} is not a range of numbers").into()),
    };
    let parts = || json["of"].as_array().ok_or("`of` is a list")?.iter().map(condition).collect::<Result<_, _>>();
    Ok(match text(json, "is")?.as_str() {
        "compare" => Condition::Compare(column()?, text(json, "op")?, field(&column()?, &json["value"])?),
        "range" => Condition::Range(column()?, end("low")?, end("high")?, json["open"] == true),
        "in" => {
            let values = json["values"].as_array().ok_or("`values` is a list")?;
            let values = values.iter().map(|value| Ok(value.as_str().ok_or("texts")?.to_owned()));
            Condition::In(column()?, values.collect::<Result<_, Failure>>()?)
        }
        "flag" => Condition::Flag(column()?),
        "missing" => Condition::Missing(column()?),
        "not" => Condition::Not(Box::new(condition(&json["of"])?)),
        "and" => Condition::And(parts()?),
        "or" => Condition::Or(parts()?),
        other => return Err(format!("no condition is called `{other}`").into()),
    })
}

fn field(column: &str, value: &Json) -> Result<Field, Failure> {
    let written = match value {
        Json::Bool(truth) => return Ok(Field::Truth(*truth)),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    Ok(match column {
        "age" | "points" | "purchases" => Field::Whole(written.parse()?),
        "spend" => Field::Whole(scaled(&written, 2)?),
        "rating" => Field::Whole(scaled(&written, 12)?),
        "signed_up" | "last_order" => Field::Whole(days(&written)?),
        "seen_at" => {
            let (day, time) = written.split_once('T').ok_or("a moment has a T")?;
            let mut seconds = 0;
            for part in time.split(':') {
                seconds = seconds * 60 + part.parse::<i64>()?;
            }
            Field::Whole((days(day)? * 86_400 + seconds) * 1_000_000)
        }
        _ => Field::Text(written),
    })
}

/// `12.5` with two digits is 1250.
fn scaled(text: &str, digits: usize) -> Result<i64, Failure> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    Ok(format!("{whole}{fraction:0<digits$}").parse()?)
}

/// Days since 1970 of a day in the Gregorian calendar.
fn days(text: &str) -> Result<i64, Failure> {
    let mut parts = text.split('-').map(str::parse::<i64>);
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("`{text}` is not a day").into());
    };
    let (month, day) = (month?, day?);
    let year = year? - i64::from(month <= 2);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let of_era = year.rem_euclid(400) * 365 + year.rem_euclid(400) / 4 - year.rem_euclid(400) / 100 + of_year;
    Ok(year.div_euclid(400) * 146_097 + of_era - 719_468)
}

/// How a language writes conditions.
pub struct Words {
    pub and: &'static str,
    pub or: &'static str,
    pub not: &'static str,
    pub equal: &'static str,
    pub unequal: &'static str,
    /// Before and after the values of a list.
    pub list: (&'static str, &'static str),
    /// After a column that is missing.
    pub missing: &'static str,
}

impl Condition {
    /// The condition in a language's words.
    pub fn written(&self, words: &Words) -> String {
        let joined = |parts: &[Condition], word: &str| {
            let parts: Vec<String> = parts.iter().map(|part| part.written(words)).collect();
            format!("({})", parts.join(&format!(" {word} ")))
        };
        match self {
            Condition::Compare(column, op, value) => {
                let op = match op.as_str() {
                    "=" => words.equal,
                    "!=" => words.unequal,
                    other => other,
                };
                format!("{column} {op} {}", value.written())
            }
            Condition::Range(column, low, high, open) => {
                let op = if *open { "<" } else { "<=" };
                format!("({column} >= {low} {} {column} {op} {high})", words.and)
            }
            Condition::In(column, values) => {
                let values: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
                format!("{column} in {}{}{}", words.list.0, values.join(", "), words.list.1)
            }
            Condition::Flag(column) => column.clone(),
            Condition::Missing(column) => format!("{column} {}", words.missing),
            Condition::Not(of) => format!("{}({})", words.not, of.written(words)),
            Condition::And(parts) => joined(parts, words.and),
            Condition::Or(parts) => joined(parts, words.or),
        }
    }
}

impl Field {
    fn written(&self) -> String {
        match self {
            Field::Whole(whole) => whole.to_string(),
            Field::Text(text) => format!("\"{text}\""),
            Field::Truth(truth) => truth.to_string(),
        }
    }
}
