//! Explanations hold what they say: a way in, once taken, is in; an instant is the first one; and nothing smaller would do.

mod book;
mod everything;
mod further;
mod later;
mod nearest;
mod remembered;
mod shown;

use std::collections::BTreeMap;

use tagwell::{
    engine::{Checked, Rulebook},
    eval::{
        Answers, Children, Context, Interpreter, User,
        reference::SoFar,
        rows::{self, When},
    },
    explain::{Asked, Change, Explained, Others, explain, group_of},
    ir::{self, AggregateId, DefinitionId, Over},
    record,
    schema::{ColumnId, Role, TableId},
    value::{Clock, Decimal, Value, literal, print},
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
        let mut context = Context::new(checked.clock(as_of).unwrap());
        // What reference tables hold in all of these tests.
        let schema = &checked.rulebook().schema;
        let references = (0..).map(TableId).zip(&schema.tables).filter(|(_, table)| table.role == Role::Reference);
        for (id, _) in references {
            let rows = context.lookups.entry(id).or_default();
            for (name, size, grade) in [("rome", 3, Some(25)), ("oslo", 7, None), ("bonn", 1, Some(40))] {
                let grade = grade.map_or(Value::Missing, |mantissa| Value::Decimal(Decimal { mantissa, scale: 1 }));
                let name = Value::Text(name.into());
                rows.insert(&name, vec![name.clone(), Value::Int(size), grade], &context.clock);
            }
        }
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
            key: None,
            remembered: None,
        };
        explain(&asked, ids)
    }

    fn one(&self, user: &Someone, name: &str) -> Explained {
        self.explain(user, &[self.rulebook().find(name).unwrap()]).remove(0)
    }

    /// The value of a definition at the as-of, of the plain interpreter.
    fn value(&self, user: &Someone, id: DefinitionId) -> Value {
        self.answers_at(user, self.clock().now()).value(id).clone()
    }

    fn answers_at(&self, user: &Someone, instant: i64) -> Answers {
        let clock = Clock::at(instant, self.clock().zone().clone()).unwrap();
        let context = Context { clock, ..self.context.clone() };
        let interpreter = Interpreter::new(self.rulebook(), &context);
        interpreter.evaluate(User { record: &user.record, children: &user.children })
    }
}

/// A value that is proposed for a column stands in a file as it is told.
fn applied(rules: &Rules, change: &Change) {
    let table = rules.rulebook().schema.root();
    let column = table.column(table.find(&change.column).unwrap());
    let zone = rules.clock().zone();
    assert!(change.to != Value::Missing || column.optional, "{change:?}");
    if change.to != Value::Missing {
        let cell = print::text(&change.to, zone);
        assert!(!cell.is_empty() || matches!(change.to, Value::List(_)), "{change:?}");
        if !matches!(change.to, Value::List(_) | Value::Duration(_)) {
            let read = literal::from_text(&cell, &column.ty, zone);
            assert_eq!(read.as_ref(), Ok(&change.to), "it stands in a file as it is: {change:?}");
        }
    }
}

/// What is found of everybody but one.
fn others(rules: &Rules, users: &[Someone], but: usize) -> Others {
    let interpreter = Interpreter::new(rules.rulebook(), &rules.context);
    let all: Vec<User<'_>> = users.iter().map(|it| User { record: &it.record, children: &it.children }).collect();
    let mut others = Others { place: but as u64, ..Others::default() };
    for (place, answers) in interpreter.evaluate_all(&all).iter().enumerate().filter(|(place, _)| *place != but) {
        let known = SoFar { record: &users[place].record, answers };
        for (at, aggregate) in rules.rulebook().aggregates.iter().enumerate() {
            if let (Over::Users, Some(group)) = (aggregate.over, group_of(&interpreter, aggregate, &known)) {
                let when = When { at: None, place: place as u64 };
                let element = rows::element(aggregate, &interpreter.row(&known), when);
                others.add(AggregateId(at as u32), aggregate, group, element);
            }
        }
    }
    others.sort();
    others
}

/// Few by default; `PROPTEST_CASES=10000 cargo test explain` takes its time.
fn config(cases: u32) -> proptest::prelude::ProptestConfig {
    let default = proptest::prelude::ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { cases };
    proptest::prelude::ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 5_000, ..default }
}
