//! Floats that come to more than can be added up: a query gives what `run` gives, or ends and says which rule asks for it. Rows that a `where`
//! leaves out do neither.

use serde_json::json;
use tagwell::{
    engine::Rulebook,
    sql::{self, Target},
    value::{Type, Value},
};

use super::{engines::Engine, setup};

const RULES: &str = r#"rulebook "floats" timezone "UTC"
table users key id { id: int }
table parts of users by id { id: int  f: float  kind: int }
tag added when sum(parts.f * parts.kind where kind < 5) = 3.5
tag much when sum(parts.f where kind = 7) = 153000000000000000
"#;

/// Values and kinds of one user's parts, their number, and what comes of it.
type Case = (&'static [(f64, i64)], usize, Comes);

/// Whether `added` and `much` hold, or how the query ends; of the third the widest numbers of DuckDB and Spark are too narrow.
enum Comes {
    To([bool; 2]),
    ToAnEnd(&'static str),
    ToAnEndOr { duckdb: &'static str, spark: &'static str, others: [bool; 2] },
}

const LARGE: &str = "floats.rules:5: floats this large";

const CASES: [Case; 6] = [
    (&[(1.5, 1), (2.0, 1)], 1, Comes::To([true, false])),
    // As large as there are, and left out.
    (&[(1.5, 1), (2.0, 1), (1e300, 9), (-1e300, 8), (1e16, 9)], 1, Comes::To([true, false])),
    (&[(1.7e13, 7)], 9, Comes::To([false, false])),
    (
        &[(1.7e13, 7)],
        9000,
        Comes::ToAnEndOr { duckdb: "Overflow in HUGEINT addition", spark: LARGE, others: [false, true] },
    ),
    (&[(1e16, 7)], 1, Comes::ToAnEnd(LARGE)),
    (&[(1e300, 7)], 1, Comes::ToAnEnd(LARGE)),
];

fn holds(engine: Engine) {
    let checked = Rulebook::parse("floats.rules", RULES).unwrap().check(&Default::default()).unwrap();
    let ready = checked.engine(checked.clock("2026-11-22").unwrap());
    let target = Target::wide(engine.dialect());
    let query = sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target).unwrap();
    let Some(mut driver) = engine.driver() else { return };
    let tables = &ready.rulebook().schema.tables;
    let table = |name: &str, rows: &[Vec<Value>]| {
        let table = tables.iter().find(|it| it.name.as_str() == name).unwrap();
        setup::table_called(engine, name, table, &rows.iter().collect::<Vec<_>>())
    };
    let kinds = [Type::Int, Type::Bool, Type::Bool].iter().map(super::cell::kind).collect::<Vec<_>>();
    let asked = CASES.map(|(parts, times, _)| {
        let part = |(value, kind): &(f64, i64)| vec![Value::Int(1), Value::Float(*value), Value::Int(*kind)];
        let parts: Vec<Vec<Value>> = (0..times).flat_map(|_| parts.iter().map(part)).collect();
        let setup = [table("users", &[vec![Value::Int(1)]]), table("parts", &parts)].concat();
        json!({ "setup": setup, "query": query, "kinds": kinds })
    });
    for (answer, (parts, _, comes)) in driver.answer(&asked).iter().zip(CASES) {
        let (tags, said) = match (comes, engine) {
            (Comes::To(tags), _) => (tags, None),
            (Comes::ToAnEnd(said), _) => ([false; 2], Some(said)),
            (Comes::ToAnEndOr { duckdb, .. }, Engine::DuckDb) => ([false; 2], Some(duckdb)),
            (Comes::ToAnEndOr { spark, .. }, Engine::Spark) => ([false; 2], Some(spark)),
            (Comes::ToAnEndOr { others, .. }, Engine::Postgres | Engine::ClickHouse) => (others, None),
        };
        match said {
            Some(said) => {
                let error = answer["error"].as_str().unwrap_or_else(|| panic!("{parts:?}: {answer}"));
                assert!(error.contains(said), "{parts:?}: {error}");
            }
            None => {
                let tag = |at: usize| answer["rows"][0][at].to_string().to_lowercase().contains('t');
                assert_eq!([tag(1), tag(2)], tags, "{parts:?}: {answer}");
            }
        }
    }
}

#[test]
fn floats_are_added_up_or_it_is_said_on_duckdb() {
    holds(Engine::DuckDb);
}

#[test]
fn floats_are_added_up_or_it_is_said_on_postgres() {
    holds(Engine::Postgres);
}

#[test]
fn floats_are_added_up_or_it_is_said_on_clickhouse() {
    holds(Engine::ClickHouse);
}

#[test]
fn floats_are_added_up_or_it_is_said_on_spark() {
    holds(Engine::Spark);
}
