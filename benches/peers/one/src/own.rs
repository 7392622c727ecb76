//! Tagwell: the rulebook compiled to be asked about users one by one, the records as typed values.

use std::error::Error;

use tagwell::{
    engine::{self, Rulebook, Scratch},
    ir::Body,
    record,
    value::Value,
};

use crate::Matcher;

pub struct Tagwell {
    matcher: engine::Matcher,
    scratch: Scratch,
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
        let matcher = engine.matcher()?;
        Ok(Tagwell { scratch: matcher.scratch(), records, places, matcher })
    }
}

impl Matcher for Tagwell {
    fn matches(&mut self, record: usize, found: Option<&mut Vec<usize>>) -> usize {
        let record = &self.records[record];
        let matches = self.matcher.evaluate(record, &mut self.scratch).expect("rules about one user");
        match found {
            Some(found) => {
                found.extend(matches.tag_ids().filter_map(|id| self.places[id.0 as usize]));
                found.len()
            }
            None => matches.tag_ids().count(),
        }
    }
}
