//! A column that the rules say is never missing: a row in which it is ends the query, as it ends `run`, whatever hangs on it.

use serde_json::json;
use tagwell::{
    engine::Rulebook,
    sql::{self, Target},
    value::{Type, Value},
};

use super::{engines::Engine, setup};

const RULES: &str = r#"rulebook "promised" timezone "UTC"
table users key user_id { user_id: int  points: int  city: text? }
table orders of users by user_id key number { number: int  user_id: int  rate: int  kind: text? }
table cities key city { city: text  large: bool }
tag rich when points > avg(users.points)
tag rates when avg(orders.rate) > 20
tag late when last(orders.kind) = "x"
tag in_town when cities[city].large
"#;

/// The points of two users, the numbers and rates of two orders, and whether a city is large.
type Data = ([Option<i64>; 2], [(Option<i64>, Option<i64>); 2], Option<bool>);

const ORDERS: [(Option<i64>, Option<i64>); 2] = [(Some(1), Some(10)), (Some(2), Some(40))];

/// What is there, and what is said of it.
const TABLES: [(Data, Option<&str>); 5] = [
    (([Some(1), Some(2)], ORDERS, Some(true)), None),
    (([Some(1), None], ORDERS, Some(true)), Some("table users: points is NULL, and declared without `?`, in ")),
    (([Some(1), Some(2)], [(Some(1), None), ORDERS[1]], Some(true)), Some("rate")),
    // What a row is known by may be what is missing.
    (([Some(1), Some(2)], [(None, Some(10)), ORDERS[1]], Some(true)), Some("number")),
    (([Some(1), Some(2)], ORDERS, None), Some("table cities: large is NULL, and declared without `?`, in ")),
];

fn ends(engine: Engine) {
    let checked = Rulebook::parse("promised.rules", RULES).unwrap().check(&Default::default()).unwrap();
    let ready = checked.engine(checked.clock("2026-11-22").unwrap());
    let target = Target::wide(engine.dialect());
    let query = sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target).unwrap();
    let Some(mut driver) = engine.driver_of_one() else { return };
    let schema = &ready.rulebook().schema;
    let table = |name: &str, rows: &[Vec<Value>]| {
        let table = schema.tables.iter().find(|it| it.name.as_str() == name).unwrap();
        setup::table_called(engine, name, table, &rows.iter().collect::<Vec<_>>())
    };
    let int = |it: Option<i64>| it.map_or(Value::Missing, Value::Int);
    let kinds: Vec<String> =
        [Type::Int, Type::Bool, Type::Bool, Type::Bool, Type::Bool].iter().map(super::cell::kind).collect();
    let cases = TABLES.map(|((points, orders, large), _)| {
        let users = [1, 2].map(|id| vec![Value::Int(id), int(points[id as usize - 1]), Value::Text("here".into())]);
        let orders = orders.map(|(number, rate)| vec![int(number), Value::Int(1), int(rate), Value::Missing]);
        let cities = [vec![Value::Text("here".into()), large.map_or(Value::Missing, Value::Bool)]];
        let setup = [table("users", &users), table("orders", &orders), table("cities", &cities)].concat();
        json!({ "setup": setup, "query": query, "kinds": kinds })
    });
    for (answer, (_, said)) in driver.answer(&cases).iter().zip(TABLES) {
        match said {
            None => assert_eq!(answer["rows"].as_array().map(Vec::len), Some(2), "{answer}"),
            Some(said) => {
                let error = answer["error"].as_str().unwrap_or_else(|| panic!("{said}: {answer}"));
                assert!(error.contains(said), "{said}: {error}");
            }
        }
    }
}

#[test]
fn what_is_promised_and_missing_ends_the_query_on_duckdb() {
    ends(Engine::DuckDb);
}

#[test]
fn what_is_promised_and_missing_ends_the_query_on_postgres() {
    ends(Engine::Postgres);
}

#[test]
fn what_is_promised_and_missing_ends_the_query_on_clickhouse() {
    ends(Engine::ClickHouse);
}

#[test]
fn what_is_promised_and_missing_ends_the_query_on_spark() {
    ends(Engine::Spark);
}
