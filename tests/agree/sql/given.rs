//! A parameter that is wrong ends the query, whether rules ask for a moment or not.

use serde_json::json;
use tagwell::{
    engine::Rulebook,
    sql::{self, AsOf, Target},
    value::{Type, Value},
};

use super::{cell, engines::Engine, setup};

const USERS: &str = "rulebook \"given\" timezone \"Asia/Shanghai\"
table users key user_id { user_id: int  joined: timestamp? }\n";

const RULES: [&str; 2] = ["tag first when user_id = 1", "tag first when user_id = 1 or joined within 3d"];

/// What is given, and what is said of it; a moment of ClickHouse's is one of UTC, however it is written.
const GIVEN: [(&str, Option<&str>); 7] = [
    ("2026-11-22T10:00:00Z", None),
    ("2026-11-22T10:00:00+09:00", None),
    // Since when Shanghai's clock has not changed for ten years.
    ("2001-12-31T00:00:00Z", Some("the as-of is not given, or not between 2002 and 2100")),
    ("2002-01-01T00:00:00Z", None),
    ("2150-01-01T00:00:00Z", Some("the as-of is not given, or not between 2002 and 2100")),
    ("2026-11-22", Some("write the as-of with its offset")),
    ("2026-11-22 10:00:00 PM", Some("write the as-of with its offset")),
];

fn ends(engine: Engine) {
    let Some(mut driver) = engine.driver_of_one() else { return };
    let given = || GIVEN.into_iter().filter(|(at, _)| engine != Engine::ClickHouse || at.ends_with('Z'));
    let kinds = [Type::Int, Type::Bool].iter().map(cell::kind).collect::<Vec<String>>();
    let cases = RULES.map(|rules| {
        let text = format!("{USERS}{rules}");
        let checked = Rulebook::parse("given.rules", &text).unwrap().check(&Default::default()).unwrap();
        let ready = checked.engine(checked.clock("2000-01-01").unwrap());
        let target = Target { as_of: AsOf::Parameter, ..Target::wide(engine.dialect()) };
        let query = sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target).unwrap();
        let users = [vec![Value::Int(1), Value::Missing], vec![Value::Int(2), Value::Missing]];
        let setup =
            setup::table_called(engine, "users", ready.rulebook().schema.root(), &users.iter().collect::<Vec<_>>());
        let case = |at| json!({ "setup": setup, "query": query, "kinds": kinds, "as_of": at });
        given().map(|(at, _)| case(at)).collect::<Vec<_>>()
    });
    let answers = driver.answer(&cases.concat());
    for (answer, (at, said)) in answers.iter().zip(given().chain(given())) {
        match said {
            None => assert_eq!(answer["rows"].as_array().map(Vec::len), Some(2), "{at}: {answer}"),
            Some(said) => {
                let error = answer["error"].as_str().unwrap_or_else(|| panic!("{at}: {answer}"));
                assert!(error.contains(said), "{at}: {error}");
            }
        }
    }
}

#[test]
fn a_wrong_parameter_ends_the_query_on_duckdb() {
    ends(Engine::DuckDb);
}

#[test]
fn a_wrong_parameter_ends_the_query_on_postgres() {
    ends(Engine::Postgres);
}

#[test]
fn a_wrong_parameter_ends_the_query_on_clickhouse() {
    ends(Engine::ClickHouse);
}

#[test]
fn a_wrong_parameter_ends_the_query_on_spark() {
    ends(Engine::Spark);
}
