//! CEL: each condition compiled, the record's fields as variables of a context that is put together beforehand.

use std::{error::Error, sync::Arc};

use cel::{Context, Env, Program, Value};

use crate::{
    Matcher, Record, Rule,
    condition::{Field, Words},
};

const WORDS: Words =
    Words { and: "&&", or: "||", not: "!", equal: "==", unequal: "!=", list: ("[", "]"), missing: "== null" };

pub struct Cel {
    rules: Vec<Program>,
    records: Vec<Context<'static, 'static>>,
}

impl Cel {
    pub fn new(rules: &[Rule], records: &[Record]) -> Result<Cel, Box<dyn Error>> {
        let env = Arc::new(Env::stdlib());
        let compiled = rules.iter().map(|rule| {
            let text = rule.when.written(&WORDS);
            env.compile(&text).map_err(|error| format!("{text}: {error}"))
        });
        let compiled = compiled.collect::<Result<_, _>>()?;
        let context = |record: &Record| {
            let mut context = Context::with_env(Arc::clone(&env));
            for (name, field) in record {
                let value = match field {
                    Field::Whole(whole) => Value::Int(*whole),
                    Field::Text(text) => Value::from(text.as_str()),
                    Field::Truth(truth) => Value::Bool(*truth),
                };
                context.add_variable_from_value(name.clone(), value);
            }
            context
        };
        Ok(Cel { rules: compiled, records: records.iter().map(context).collect() })
    }
}

impl Matcher for Cel {
    fn matches(&mut self, record: usize, mut found: Option<&mut Vec<usize>>) -> usize {
        let context = &self.records[record];
        let mut count = 0;
        for (at, rule) in self.rules.iter().enumerate() {
            if matches!(rule.execute(context), Ok(Value::Bool(true))) {
                count += 1;
                if let Some(found) = found.as_mut() {
                    found.push(at);
                }
            }
        }
        count
    }
}
