//! Rows of a child table that are no user's: what they lack to be put in order ends no query, as it ends no run.

use serde_json::json;
use tagwell::{
    engine::Rulebook,
    sql::{self, Target},
    value::{Type, Value},
};

use super::{engines::Engine, setup};

const TABLES: &str = "rulebook \"nobody\" timezone \"UTC\"
table users key user_id { user_id: int  favourite: text? }
table orders of users by user_id at ordered_at { user_id: int  ordered_at: timestamp  kind: text }
";

/// Each asks which row comes first.
const QUESTIONS: [&str; 5] = [
    "tag t when last(orders.kind) = \"a\"",
    "tag t when first(orders.kind where kind != favourite) = \"a\"",
    "tag t when most(orders.kind) = \"a\"",
    "tag t when distinct(orders.kind) = [\"a\", \"b\"]",
    "funnel t on orders { one when kind = \"a\"  two when kind = \"b\" }",
];

fn answers(engine: Engine) {
    let queries = QUESTIONS.map(|rule| {
        let rules = format!("{TABLES}{rule}\n");
        let checked = Rulebook::parse("nobody.rules", &rules).unwrap().check(&Default::default()).unwrap();
        let ready = checked.engine(checked.clock("2026-11-22").unwrap());
        let target = Target::wide(engine.dialect());
        let query = sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target).unwrap();
        (ready.rulebook().schema.clone(), query)
    });
    let Some(mut driver) = engine.driver_of_one() else { return };
    let text = |it: &str| Value::Text(it.into());
    let users = [vec![Value::Int(1), text("c")], vec![Value::Int(2), text("c")]];
    // Two orders of the same moment, whose they are, and one of somebody else.
    let orders = |whose: i64| {
        let order = |user: i64, day: i64, kind: &str| {
            vec![Value::Int(user), Value::Timestamp(1_790_000_000_000_000 + day * 86_400_000_000), text(kind)]
        };
        vec![order(whose, 1, "a"), order(whose, 1, "b"), order(2, 0, "a")]
    };
    let kinds = [Type::Int, Type::Text].map(|it| super::cell::kind(&it));
    let cases = queries.iter().flat_map(|(schema, query)| {
        [9, 1].map(|whose| {
            let table = |name: &str, rows: &[Vec<Value>]| {
                let table = schema.tables.iter().find(|it| it.name.as_str() == name).unwrap();
                setup::table_called(engine, name, table, &rows.iter().collect::<Vec<_>>())
            };
            let setup = [table("users", &users), table("orders", &orders(whose))].concat();
            json!({ "setup": setup, "query": query, "kinds": kinds })
        })
    });
    let cases: Vec<_> = cases.collect();
    for (answers, rule) in driver.answer(&cases).chunks(2).zip(QUESTIONS) {
        assert_eq!(answers[0]["rows"].as_array().map(Vec::len), Some(2), "{rule}: {}", answers[0]);
        let error = answers[1]["error"].as_str().unwrap_or_else(|| panic!("{rule}: {}", answers[1]));
        assert!(error.contains("of the same moment: which comes first decides"), "{rule}: {error}");
    }
}

#[test]
fn rows_of_nobody_that_have_no_order_end_no_query_on_duckdb() {
    answers(Engine::DuckDb);
}

#[test]
fn rows_of_nobody_that_have_no_order_end_no_query_on_postgres() {
    answers(Engine::Postgres);
}

#[test]
fn rows_of_nobody_that_have_no_order_end_no_query_on_spark() {
    answers(Engine::Spark);
}
