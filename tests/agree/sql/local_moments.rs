//! Moments without a zone, which engines read in the session's: where that is another than the rulebook's the query ends with what to do,
//! and where it is the same they are what `run` reads in a file.

use serde_json::json;
use tagwell::{
    engine::Rulebook,
    sql::{self, Target},
    value::Type,
};

use super::engines::Engine;

const RULES: &str = "rulebook \"local\" timezone \"Asia/Shanghai\"
table users key id { id: int  joined: timestamp? }
table orders of users by id at ordered_at key number { id: int  number: int  ordered_at: timestamp }
tag bought_just_now when any(orders within 2h)
tag joined_today when joined during today
";

/// An hour before the as-of in Shanghai; in Los Angeles it has not come yet.
const MOMENT: &str = "2026-11-22 09:00:00";

fn answers(engine: Engine, local: &str, set: &str) {
    let checked = Rulebook::parse("local.rules", RULES).unwrap().check(&Default::default()).unwrap();
    let ready = checked.engine(checked.clock("2026-11-22T10:00").unwrap());
    let target = Target::wide(engine.dialect());
    let query = sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target).unwrap();
    let tables = [
        ("users", format!("SELECT 1 AS id, {local} '{MOMENT}' AS joined")),
        (
            "orders",
            format!("SELECT 1 AS id, 7 AS number, {local} '{}' AS ordered_at", MOMENT.replace("11-22", "11-20")),
        ),
        ("orders", format!("SELECT 1 AS id, 7 AS number, {local} '{MOMENT}' AS ordered_at")),
    ];
    let make = |(name, select): &(&str, String)| match engine {
        Engine::Spark => vec![format!("CREATE OR REPLACE TEMP VIEW {name} AS {select}")],
        _ => vec![format!("DROP TABLE IF EXISTS {name}"), format!("CREATE TABLE {name} AS {select}")],
    };
    let [users, earlier, orders] = tables.each_ref().map(make);
    let kinds = [Type::Int, Type::Bool, Type::Bool].iter().map(super::cell::kind).collect::<Vec<_>>();
    let case = |setup: Vec<String>| json!({ "setup": setup, "query": query, "kinds": kinds });
    let joined = |zone: &str, of: &[&Vec<String>]| {
        let tables = of.iter().flat_map(|it| it.iter().cloned());
        [format!("{set} '{zone}'")].into_iter().chain(tables).collect::<Vec<_>>()
    };
    // A query that ended leaves its connection in the midst of it.
    let ask = |case: serde_json::Value| engine.driver().map(|mut driver| driver.answer(&[case]).swap_remove(0));
    let Some(elsewhere) = ask(case(joined("America/Los_Angeles", &[&users, &earlier]))) else { return };
    let error = elsewhere["error"].as_str().unwrap_or_default();
    assert!(error.contains("has no zone, and the session's is not Asia/Shanghai ("), "{elsewhere}");
    assert!(error.contains(&format!("({set} 'Asia/Shanghai' before it)")), "{elsewhere}");
    let here = ask(case(joined("Asia/Shanghai", &[&users, &orders]))).unwrap();
    assert_eq!(here["rows"], json!([["1", "true", "true"]]), "{here}");
}

#[test]
fn moments_without_a_zone_are_of_the_rulebooks_or_it_is_said_on_duckdb() {
    answers(Engine::DuckDb, "TIMESTAMP", "SET TimeZone =");
}

#[test]
fn moments_without_a_zone_are_of_the_rulebooks_or_it_is_said_on_postgres() {
    answers(Engine::Postgres, "TIMESTAMP", "SET TimeZone =");
}

#[test]
fn moments_without_a_zone_are_of_the_rulebooks_or_it_is_said_on_spark() {
    answers(Engine::Spark, "TIMESTAMP_NTZ", "SET TIME ZONE");
}
