//! A record as a test of a rulebook writes it, `{ spend: 5, seen: 2026-11-20 }`, as JSON.

use serde_json::{Map, Value};

/// The record as JSON.
pub(super) fn json(text: &str) -> Map<String, Value> {
    let mut reader = Reader { rest: text.trim() };
    match reader.value() {
        Value::Object(record) if reader.rest.is_empty() => record,
        other => panic!("not a record: {text}: {other}, {}", reader.rest),
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn taken(&mut self, what: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(what) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// What stands up to the next mark.
    fn bare(&mut self, stop: &[char]) -> &'a str {
        let end = self.rest.find(stop).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        word.trim()
    }

    fn value(&mut self) -> Value {
        if self.taken('{') {
            let mut record = Map::new();
            while !self.taken('}') {
                let name = self.bare(&[':']).to_owned();
                assert!(self.taken(':'), "a colon is missing before: {}", self.rest);
                let value = self.value();
                record.insert(name, value);
                self.taken(',');
            }
            return Value::Object(record);
        }
        if self.taken('[') {
            let mut list = vec![];
            while !self.taken(']') {
                list.push(self.value());
                self.taken(',');
            }
            return Value::Array(list);
        }
        if self.taken('"') {
            let text = self.bare(&['"']).to_owned();
            self.taken('"');
            return Value::String(text);
        }
        match self.bare(&[',', '}', ']']) {
            "missing" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            word => match word.parse::<i64>() {
                Ok(number) => Value::from(number),
                Err(_) => Value::String(word.to_owned()),
            },
        }
    }
}
