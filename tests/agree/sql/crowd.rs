//! What everybody comes to is a few values: no user carries everybody's list, and on Spark no task everybody's columns.

use insta::assert_snapshot;
use serde_json::{Value as Json, json};
use tagwell::{
    engine::Rulebook,
    sql::{self, Target},
};

use super::{engines::Engine, reparsed};

const ALL: [Engine; 4] = [Engine::DuckDb, Engine::Postgres, Engine::ClickHouse, Engine::Spark];

const RULES: &str = r#"rulebook "crowd" timezone "UTC"
table users key user_id { user_id: int  city: text  points: int  score: float?  money: decimal(2)? }
table orders of users by user_id at day key order_id { order_id: int  user_id: int  day: date }
let bought = count(orders)
let p90 = quantile(users.points, 90%)
let half = quantile(users.money per city, 50%)
let most = quantile(users.score, 100%)
let fifth = ntile(bought, 5)
tag rich when points >= p90
tag above when money > half
tag first when score = most
tag leads when top 10% by points
tag ahead when top 3 by (points where bought > 0)
tag behind when bottom 100 by (points per city)
"#;

fn query(engine: Engine, rules: &str) -> String {
    let checked = Rulebook::parse("crowd.rules", rules).unwrap().check(&Default::default()).unwrap();
    let ready = checked.engine(checked.clock("2026-11-22").unwrap());
    let target = Target::wide(engine.dialect());
    let query = sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target).unwrap();
    reparsed::again(engine, &query);
    query
}

/// The steps and their names, and the last select.
fn steps(query: &str) -> Vec<(&str, &str)> {
    let steps = query.split(",\n\n").map(|step| {
        let name = step.lines().find_map(|line| line.strip_suffix(" AS ("));
        (name.unwrap_or_default().trim(), step)
    });
    steps.collect()
}

#[test]
fn lists_of_everybody_stay_in_the_one_row_of_everybody() {
    for engine in ALL {
        let query = query(engine, RULES);
        let (of_totals, of_users): (Vec<_>, Vec<_>) =
            steps(&query).into_iter().partition(|(name, _)| name.starts_with("users_totals"));
        for list in ["p90_values", "half_values", "most_values"] {
            assert!(of_totals.iter().any(|(_, step)| step.contains(list)), "{engine:?}: {list} is nowhere\n{query}");
            let carried = of_users.iter().find(|(_, step)| step.contains(list));
            assert!(carried.is_none(), "{engine:?}: {list} is carried by users\n{}", carried.unwrap().1);
        }
        for table in ["users", "orders"] {
            let scans = query.lines().filter(|it| it.trim() == format!("FROM {table}")).count();
            assert_eq!(scans, 1, "{engine:?}: {table} is one step\n{query}");
        }
    }
}

#[test]
fn no_window_goes_over_users_on_spark() {
    let query = query(Engine::Spark, RULES);
    let windows: Vec<&str> =
        steps(&query).into_iter().filter(|(_, step)| step.contains(" OVER (")).map(|(name, _)| name).collect();
    assert!(!windows.is_empty() && windows.iter().all(|it| it.starts_with("users_places")), "{windows:?}\n{query}");
}

#[test]
fn ranks_on_spark_are_told_by_the_values_at_which_they_begin() {
    assert_snapshot!(query(
        Engine::Spark,
        r#"rulebook "rfm" timezone "UTC"
table users key user_id { user_id: int  city: text?  spend: decimal(2)  visits: int? }
let third = ntile(visits, 3)
tag best when top 10% by spend
tag last "the last of each city" when bottom 5 by (spend where visits > 1 per city)
"#
    ));
}

/// Twenty thousand lists of twenty thousand would be 3 GB.
#[test]
fn everybody_is_asked_about_in_little_memory() {
    let Some(mut driver) = Engine::DuckDb.driver() else { return };
    let setup = [
        "SET memory_limit = '200MB'",
        "SET temp_directory = ''",
        "CREATE OR REPLACE TABLE users AS SELECT i AS user_id, CAST(i % 2 AS VARCHAR) AS city, i AS points, CAST(i AS DOUBLE) AS score, \
         CAST(i AS DECIMAL(18, 2)) AS money FROM range(20000) AS t(i)",
        "CREATE OR REPLACE TABLE orders AS SELECT i AS order_id, i AS user_id, DATE '2026-01-01' AS day FROM range(10000) AS t(i)",
    ];
    let names = ["rich", "above", "first", "leads", "ahead", "behind"];
    let counts: Vec<String> = names.iter().map(|it| format!("count(*) FILTER (WHERE {it}) AS {it}")).collect();
    let all = query(Engine::DuckDb, RULES);
    let query = format!("SELECT {} FROM ({all})", counts.join(", "));
    let case = json!({ "setup": setup, "query": query, "kinds": names.map(|_| "int") });
    let answers: Vec<Json> = driver.answer(&[case]);
    assert_eq!(answers, [json!({ "rows": [["2000", "10000", "1", "2000", "3", "200"]] })]);
}
