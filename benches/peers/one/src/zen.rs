//! ZEN: the expression language of its decision engine, each condition compiled, one machine for all.

use std::error::Error;

use serde_json::{Map, Value as Json};
use zen_expression::{Expression, Scope, Variable, compile_expression, expression::Standard, vm::VM};

use crate::{
    Matcher, Record, Rule,
    condition::{Field, Words},
};

const WORDS: Words =
    Words { and: "and", or: "or", not: "not ", equal: "==", unequal: "!=", list: ("[", "]"), missing: "== null" };

pub struct Zen {
    rules: Vec<Expression<Standard>>,
    records: Vec<Scope>,
    machine: VM,
}

impl Zen {
    pub fn new(rules: &[Rule], records: &[Record]) -> Result<Zen, Box<dyn Error>> {
        let compiled = rules.iter().map(|rule| {
            let text = rule.when.written(&WORDS);
            compile_expression(&text).map_err(|error| format!("{text}: {error}"))
        });
        let scope = |record: &Record| {
            let value = |(name, field): &(String, Field)| {
                let json = match field {
                    Field::Whole(whole) => Json::from(*whole),
                    Field::Text(text) => Json::from(text.as_str()),
                    Field::Truth(truth) => Json::from(*truth),
                };
                (name.clone(), json)
            };
            Scope::new(Variable::from(Json::Object(record.iter().map(value).collect::<Map<_, _>>())))
        };
        let rules = compiled.collect::<Result<_, _>>()?;
        Ok(Zen { rules, records: records.iter().map(scope).collect(), machine: VM::new() })
    }
}

impl Matcher for Zen {
    fn matches(&mut self, record: usize, mut found: Option<&mut Vec<usize>>) -> usize {
        let Zen { rules, records, machine } = self;
        let scope = &records[record];
        let applies = |rule: &Expression<Standard>| {
            rule.evaluate_with_scope(scope, machine).is_ok_and(|value| value.as_bool() == Some(true))
        };
        let mut count = 0;
        let mut applies = applies;
        for (at, rule) in rules.iter().enumerate() {
            if applies(rule) {
                count += 1;
                if let Some(found) = found.as_mut() {
                    found.push(at);
                }
            }
        }
        count
    }
}
