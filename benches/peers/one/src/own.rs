//! Tagwell.

use std::error::Error;

use tagwell::{
    engine::{Engine, Rulebook},
    ir::Body,
    record,
    value::Value,
};

use crate::Matcher;

pub struct Tagwell {
    engine: Engine,
    records: Vec<Vec<Value>>,
    /// The place of each definition among the tags.
    places: Vec<Option<usize>>,
}

impl Tagwell {
    pub fn new(source: &str, users: &[&str]) -> Result<Tagwell, Box<dyn Error>> {
        let rulebook = Rulebook::parse("bench.rules", source).map_err(|problems| problems.to_string())?;
        let checked = rulebook.check(&Default::default()).map_err(|problems| problems.to_string())?;
        let engine = checked.engine(checked.clock("2026-11-22")?);
        let (schema, zone) = (&engine.rulebook().schema, engine.clock().zone());
        let record = |line: &&str| -> Result<Vec<Value>, Box<dyn Error>> {
            let json: serde_json::Value = serde_json::from_str(line)?;
            Ok(record::from_json(json.as_object().ok_or("a record is an object")?, schema.root(), zone)?)
        };
        let records = users.iter().map(record).collect::<Result<_, _>>()?;
        let mut tags = 0..;
        let is_tag = |definition: &tagwell::ir::Definition| matches!(definition.body, Body::Tag(_));
        let places =
            engine.rulebook().definitions.iter().map(|it| if is_tag(it) { tags.next() } else { None }).collect();
        Ok(Tagwell { records, places, engine })
    }
}

impl Matcher for Tagwell {
    fn matches(&mut self, record: usize, found: Option<&mut Vec<usize>>) -> usize {
        let outcome = self.engine.evaluate_record(&self.records[record]).expect("rules about one user");
        let values = outcome.answers().values.iter().zip(&self.places);
        let tagged = values.filter_map(|(value, place)| if *value == Value::Bool(true) { *place } else { None });
        match found {
            Some(found) => {
                found.extend(tagged);
                found.len()
            }
            None => tagged.count(),
        }
    }
}
