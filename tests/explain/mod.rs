//! Explanations hold what they say: a way in, once taken, is in; an instant is the first one; and nothing smaller would do.

mod later;
mod nearest;
mod shown;

use std::collections::BTreeMap;

use tagwell::{
    engine::{Checked, Rulebook},
    eval::{Children, Context, Interpreter, User},
    explain::{Asked, Explained, Others, explain},
    ir::{self, DefinitionId},
    record,
    schema::{ColumnId, Role, TableId},
    value::{Clock, Value},
};

/// A checked rulebook at one as-of.
struct Rules {
    checked: Checked,
    context: Context,
}

/// A user's columns and rows.
#[derive(Clone)]
struct Someone {
    record: Vec<Value>,
    children: Children,
}

impl Rules {
    fn new(text: &str, as_of: &str) -> Rules {
        let rulebook = Rulebook::parse("a.rules", text).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        let checked = rulebook.check(&Default::default()).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        let context = Context::new(checked.clock(as_of).unwrap());
        Rules { checked, context }
    }

    fn rulebook(&self) -> &ir::Rulebook {
        self.checked.rulebook()
    }

    fn clock(&self) -> &Clock {
        &self.context.clock
    }

    fn user(&self, json: &str) -> Someone {
        let serde_json::Value::Object(object) = serde_json::from_str(json).unwrap() else { panic!("{json}") };
        let schema = &self.rulebook().schema;
        let zone = self.clock().zone();
        let record = record::from_json(&object, schema.root(), zone).unwrap_or_else(|error| panic!("{error}: {json}"));
        let key = schema.root().key.map_or(Value::Missing, |key| record[key.0 as usize].clone());
        let mut children = BTreeMap::new();
        for (at, table) in schema.tables.iter().enumerate() {
            if matches!(table.role, Role::Children { .. }) {
                let all = (0..table.columns.len() as u32).map(ColumnId).collect();
                let rows = record::children_from_json(&object, table, &all, &key, zone).unwrap();
                children.insert(TableId(at as u32), rows);
            }
        }
        Someone { record, children }
    }

    fn explain(&self, user: &Someone, ids: &[DefinitionId]) -> Vec<Explained> {
        let others = Others::default();
        let asked = Asked {
            rulebook: self.rulebook(),
            sources: self.checked.warnings().sources(),
            context: &self.context,
            record: &user.record,
            children: &user.children,
            others: &others,
        };
        explain(&asked, ids)
    }

    fn one(&self, user: &Someone, name: &str) -> Explained {
        self.explain(user, &[self.rulebook().find(name).unwrap()]).remove(0)
    }

    /// The value of a definition at the as-of, of the plain interpreter.
    fn value(&self, user: &Someone, id: DefinitionId) -> Value {
        self.value_at(user, id, self.clock().now())
    }

    fn value_at(&self, user: &Someone, id: DefinitionId, instant: i64) -> Value {
        let clock = Clock::at(instant, self.clock().zone().clone()).unwrap();
        let context = Context { clock, ..Context::new(self.clock().clone()) };
        let interpreter = Interpreter::new(self.rulebook(), &context);
        let answers = interpreter.evaluate(User { record: &user.record, children: &user.children });
        answers.value(id).clone()
    }
}

/// Few by default; `PROPTEST_CASES=10000 cargo test explain` takes its time.
fn config(cases: u32) -> proptest::prelude::ProptestConfig {
    let default = proptest::prelude::ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { cases };
    proptest::prelude::ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 5_000, ..default }
}
