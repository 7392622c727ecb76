//! A key of a reference table that is there twice would double whoever looks it up: `run` does not begin, and a query ends with a message.

use serde_json::json;
use tagwell::{
    engine::Rulebook,
    sql::{self, Target},
    value::{Type, Value},
};

use super::{engines::Engine, setup};

const RULES: &str = r#"rulebook "ads" timezone "UTC"
table users key user_id { user_id: int  source: text?  zone: int? }
table channels key source { source: text  price: int }
table zones key zone { zone: int  fee: int }
tag dear when channels[source].price > 3
tag far when zones[zone].fee > 3
"#;

/// Keys of `channels` and of `zones`, and what is said of them.
const TABLES: [(&[&str], &[i64], Option<&str>); 4] = [
    (&["ads", "mail"], &[1, 2], None),
    (&["ads", "Ads", ""], &[], None),
    (&["ads", "mail", "ads"], &[1], Some("table channels: a key is there twice: each row needs its own source")),
    // Also one that nobody looks up.
    (&["ads"], &[1, 9, 9], Some("table zones: a key is there twice: each row needs its own zone")),
];

fn ends(engine: Engine) {
    let checked = Rulebook::parse("ads.rules", RULES).unwrap().check(&Default::default()).unwrap();
    let ready = checked.engine(checked.clock("2026-11-22").unwrap());
    let target = Target::wide(engine.dialect());
    let query = sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target).unwrap();
    let Some(mut driver) = engine.driver_of_one() else { return };
    let schema = &ready.rulebook().schema;
    let table = |name: &str, rows: &[Vec<Value>]| {
        let table = schema.tables.iter().find(|it| it.name.as_str() == name).unwrap();
        setup::table_called(engine, name, table, &rows.iter().collect::<Vec<_>>())
    };
    let text = |it: &str| Value::Text(it.into());
    let users = [vec![Value::Int(1), text("ads"), Value::Int(1)], vec![Value::Int(2), Value::Missing, Value::Missing]];
    // Rows without a key are nobody's, however many.
    let missing = || [Value::Missing, Value::Missing].map(|it| vec![it, Value::Int(5)]);
    let kinds: Vec<String> = [Type::Int, Type::Bool, Type::Bool].iter().map(super::cell::kind).collect();
    let cases = TABLES.map(|(channels, zones, _)| {
        let channels = channels.iter().map(|it| vec![text(it), Value::Int(5)]).chain(missing()).collect::<Vec<_>>();
        let zones = zones.iter().map(|it| vec![Value::Int(*it), Value::Int(5)]).chain(missing()).collect::<Vec<_>>();
        let setup = [table("users", &users), table("channels", &channels), table("zones", &zones)].concat();
        json!({ "setup": setup, "query": query, "kinds": kinds })
    });
    for (answer, (channels, zones, said)) in driver.answer(&cases).iter().zip(TABLES) {
        match said {
            None => assert_eq!(answer["rows"].as_array().map(Vec::len), Some(2), "{channels:?} {zones:?}: {answer}"),
            Some(said) => {
                let error = answer["error"].as_str().unwrap_or_else(|| panic!("{channels:?} {zones:?}: {answer}"));
                assert!(error.contains(said), "{error}");
            }
        }
    }
}

#[test]
fn a_key_that_is_there_twice_ends_the_query_on_duckdb() {
    ends(Engine::DuckDb);
}

#[test]
fn a_key_that_is_there_twice_ends_the_query_on_postgres() {
    ends(Engine::Postgres);
}

#[test]
fn a_key_that_is_there_twice_ends_the_query_on_clickhouse() {
    ends(Engine::ClickHouse);
}

#[test]
fn a_key_that_is_there_twice_ends_the_query_on_spark() {
    ends(Engine::Spark);
}
