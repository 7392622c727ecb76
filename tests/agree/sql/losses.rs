//! A column of a wider type than the rules say: what fits is read, and what would lose a part of it ends the query, as it ends `run`.

use serde_json::json;
use tagwell::{
    engine::Rulebook,
    sql::{self, Target},
    value::Type,
};

use super::engines::Engine;

const RULES: &str = r#"rulebook "losses" timezone "UTC"
table users key id { id: int  spend: decimal(2)?  visits: int?  born: date? }
tag rich when spend > 99.99
tag frequent when visits > 2
tag of_age when born < 2008-01-01
"#;

/// What is spent, the visits, the day of birth, and whether all of them fit.
const ROWS: [([&str; 3], bool); 8] = [
    (["CAST('99.9900' AS DECIMAL(12, 4))", "3", "DATE '2007-12-31'"], true),
    (["CAST('99.9960' AS DECIMAL(12, 4))", "3", "DATE '2007-12-31'"], false),
    (["CAST(99.5 AS DOUBLE PRECISION)", "CAST(3 AS DOUBLE PRECISION)", "DATE '2007-12-31'"], true),
    (["CAST(99.996 AS DOUBLE PRECISION)", "3", "DATE '2007-12-31'"], false),
    (["100", "CAST('2.0' AS DECIMAL(12, 1))", "DATE '2007-12-31'"], true),
    (["100", "CAST('2.9' AS DECIMAL(12, 1))", "DATE '2007-12-31'"], false),
    (["100", "3", "TIMESTAMP '2007-12-31 00:00:00'"], true),
    (["100", "3", "TIMESTAMP '2007-12-31 20:00:00'"], false),
];

fn ends(engine: Engine) {
    let checked = Rulebook::parse("losses.rules", RULES).unwrap().check(&Default::default()).unwrap();
    let ready = checked.engine(checked.clock("2026-11-22").unwrap());
    let target = Target::wide(engine.dialect());
    let query = sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target).unwrap();
    let Some(mut driver) = engine.driver_of_one() else { return };
    let kinds: Vec<String> = [Type::Int, Type::Bool, Type::Bool, Type::Bool].iter().map(super::cell::kind).collect();
    // ClickHouse compares no dates with texts, and says nothing of a time beside a date.
    let asked = ROWS.iter().filter(|(columns, _)| engine != Engine::ClickHouse || columns[2].starts_with("DATE"));
    let asked: Vec<_> = asked.collect();
    let cases = asked.iter().map(|([spend, visits, born], _)| {
        let double = if engine == Engine::Spark { "DOUBLE" } else { "DOUBLE PRECISION" };
        let row = format!("SELECT 1 AS id, {spend} AS spend, {visits} AS visits, {born} AS born");
        let row = row.replace("DOUBLE PRECISION", double);
        let setup = match engine {
            Engine::Spark => vec![format!("CREATE OR REPLACE TEMP VIEW users AS {row}")],
            _ => vec![
                "DROP TABLE IF EXISTS users".to_owned(),
                format!("CREATE TABLE users{} AS {row}", engine.table_tail()),
            ],
        };
        json!({ "setup": setup, "query": query, "kinds": kinds })
    });
    for (answer, (columns, fits)) in driver.answer(&cases.collect::<Vec<_>>()).iter().zip(asked) {
        let error = answer["error"].as_str().unwrap_or_default();
        match fits {
            true => assert_eq!(answer["rows"].as_array().map(Vec::len), Some(1), "{columns:?}: {answer}"),
            false => assert!(error.contains("loses a part of its value in "), "{columns:?}: {answer}"),
        }
    }
}

#[test]
fn what_would_lose_a_part_ends_the_query_on_duckdb() {
    ends(Engine::DuckDb);
}

#[test]
fn what_would_lose_a_part_ends_the_query_on_postgres() {
    ends(Engine::Postgres);
}

#[test]
fn what_would_lose_a_part_ends_the_query_on_clickhouse() {
    ends(Engine::ClickHouse);
}

#[test]
fn what_would_lose_a_part_ends_the_query_on_spark() {
    ends(Engine::Spark);
}
