//! A table of days whose column has the type that rules of another day gave it: what it would round ends the script, and is not kept.

use serde_json::json;
use tagwell::{
    engine::Rulebook,
    sql::{self, Create, Target},
    value::Type,
};

use super::engines::Engine;

const TABLE: &str =
    "rulebook \"retyped\" timezone \"UTC\"\ntable users key user_id { user_id: int  spend: decimal(1) }\n";

/// The score of the first day, of the second, and whether the column of the first holds it: PostgreSQL's numbers have as many digits as
/// they are given.
const SCORES: [(&str, &str, &[Engine]); 4] = [
    ("3", "4", &[Engine::DuckDb, Engine::Postgres, Engine::ClickHouse, Engine::Spark]),
    ("3", "3.375", &[]),
    ("0.5", "0.375", &[Engine::Postgres]),
    ("spend", "spend * 0.25", &[Engine::Postgres]),
];

fn kept(engine: Engine) {
    let script = |score: &str, day: &str| {
        let rules = format!("{TABLE}score points {{ {score} when user_id is known }}\n");
        let checked = Rulebook::parse("retyped.rules", &rules).unwrap().check(&Default::default()).unwrap();
        let ready = checked.engine(checked.clock(day).unwrap());
        let mut target = Target::wide(engine.dialect());
        (target.incremental, target.create) = (true, Some(Create::Table(vec!["retyped".into()])));
        sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target).unwrap()
    };
    let statements = |script: String| match engine {
        Engine::DuckDb | Engine::Postgres => vec![script],
        Engine::ClickHouse | Engine::Spark => {
            script.trim_end().trim_end_matches(';').split(";\n\n").map(str::to_owned).collect()
        }
    };
    for (first, second, holds) in SCORES {
        let Some(mut driver) = engine.driver_of_one() else { return };
        let users = match engine {
            Engine::Spark => vec![
                "CREATE OR REPLACE TEMP VIEW users AS SELECT 1 AS user_id, CAST('0.5' AS DECIMAL(9, 1)) AS spend"
                    .to_owned(),
            ],
            _ => vec![
                "DROP TABLE IF EXISTS users".to_owned(),
                format!(
                    "CREATE TABLE users{} AS SELECT 1 AS user_id, CAST('0.5' AS DECIMAL(9, 1)) AS spend",
                    engine.table_tail()
                ),
            ],
        };
        let fresh = ["DROP TABLE IF EXISTS retyped".to_owned()];
        let days = [script(first, "2026-11-22"), script(second, "2026-11-23")].map(statements);
        let setup = [&fresh[..], &users, &days.concat()].concat();
        let query = "SELECT count(*) AS days FROM retyped";
        let case = json!({ "setup": setup, "query": query, "kinds": [super::cell::kind(&Type::Int)] });
        let answer = driver.answer(&[case]).swap_remove(0);
        if holds.contains(&engine) {
            assert_eq!(answer["rows"], json!([["2"]]), "{first}, then {second}: {answer}");
        } else {
            let error = answer["error"].as_str().unwrap_or_default();
            let said = ["has a column of another type", "Cannot safely cast", "CANNOT_SAFELY_CAST"];
            assert!(said.iter().any(|it| error.contains(it)), "{first}, then {second}: {answer}");
        }
    }
}

#[test]
fn a_column_of_another_type_ends_the_script_on_duckdb() {
    kept(Engine::DuckDb);
}

#[test]
fn a_column_of_another_type_ends_the_script_on_postgres() {
    kept(Engine::Postgres);
}

#[test]
fn a_column_of_another_type_ends_the_script_on_clickhouse() {
    kept(Engine::ClickHouse);
}

#[test]
fn a_column_of_another_type_ends_the_script_on_spark() {
    kept(Engine::Spark);
}
