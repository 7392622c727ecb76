//! A table that keeps the results of many days, `--incremental`: each day's rows are those of that day asked by itself, also where a
//! day was run twice, and where the rules came in another order on another day; with an as-of in the script, or as its parameter.

use serde_json::Value as Json;
use tagwell::{
    engine::Rulebook,
    sql::{AsOf, Create},
    value::{Zone, moment_text::timestamp_text},
};

use super::{
    Asked, Engine, by_hand, compare,
    shipped::{Shipped, asked_into},
};

const DAYS: [&str; 2] = ["2026-11-22", "2026-11-23"];

fn kept(engine: Engine, wanted: &str, as_of: AsOf) {
    let Some(mut driver) = engine.driver() else { return };
    let found = by_hand::rulebooks().into_iter().find(|it| it.rules.ends_with(wanted)).unwrap();
    let create = || Some(Create::Table(vec!["kept".into()]));
    let other_way = turned(&found.text);
    let day = |day: &str, text: &str| {
        let (folder, rules, text) = (found.folder.clone(), found.rules.clone(), text.to_owned());
        let (root, children, moment) = (found.root.clone(), found.children.clone(), format!("{day}T10:00"));
        asked_into(engine, &Shipped { folder, rules, text, root, children, as_of: moment }, as_of, create()).unwrap()
    };
    let mut days: Vec<Asked> = vec![day(DAYS[0], &found.text), day(DAYS[1], &other_way)];
    let scripts: Vec<String> = days.iter().map(|it| it.case["query"].as_str().unwrap().to_owned()).collect();
    let later = day(DAYS[1], &found.text);
    assert!(days[0].expected != later.expected, "a day changes something");
    assert!(days[1].names != later.names, "columns come in another order");
    assert_eq!(scripts[0] == later.case["query"], as_of == AsOf::Parameter);
    let makes = |script: &String| script.contains("CREATE TABLE kept_tagwell_");
    assert_eq!(scripts.iter().all(makes), engine == Engine::Spark && wanted == "chains.rules");
    // The bounds of windows are known before a table is read: what lies before them is left out as it is read.
    assert!(!scripts.iter().any(|it| it.contains("kept_tagwell_moments")));
    // What gives the parameter, and the script: statement by statement, where the engine takes no more at once.
    let run = |at: usize| {
        let checked = Rulebook::parse("kept.rules", &found.text).unwrap().check(&Default::default()).unwrap();
        let now = timestamp_text(checked.clock(&format!("{}T10:00", DAYS[at])).unwrap().now(), &Zone::utc());
        let given = match engine {
            Engine::DuckDb => format!("SET VARIABLE as_of = '{now}'"),
            Engine::Postgres => format!("\\set as_of '{now}' \\\\"),
            Engine::ClickHouse => format!("SET param_as_of = '{}'", now.replace('T', " ").trim_end_matches('Z')),
            Engine::Spark => format!("SET as_of = {now}"),
        };
        let statements = match engine {
            Engine::DuckDb | Engine::Postgres => vec![scripts[at].clone()],
            Engine::ClickHouse | Engine::Spark => {
                scripts[at].trim_end().trim_end_matches(';').split(";\n\n").map(str::to_owned).collect()
            }
        };
        let given = (as_of == AsOf::Parameter).then_some(given);
        given.into_iter().chain(statements).map(Json::from).collect::<Vec<Json>>()
    };
    for (one, day) in days.iter_mut().zip(DAYS) {
        let setup = one.case["setup"].as_array_mut().unwrap();
        setup.push("DROP TABLE IF EXISTS kept".into());
        // The first day, the second, and the first once more.
        setup.extend([0, 1, 0].into_iter().flat_map(run));
        let quote = if engine == Engine::Spark { '`' } else { '"' };
        let columns: Vec<String> = one.names.iter().map(|it| format!("{quote}{it}{quote}")).collect();
        one.case["query"] = format!("SELECT {} FROM kept WHERE as_of = DATE '{day}'", columns.join(", ")).into();
    }
    compare(engine, &mut driver, &days, 0);
}

/// The same rules, the last of them first.
fn turned(text: &str) -> String {
    let is_rule = |line: &&str| line.starts_with("let ") || line.starts_with("tag ");
    let mut rules = text.lines().filter(is_rule).rev();
    let lines = text.lines().map(|line| if is_rule(&line) { rules.next().unwrap() } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn duckdb_keeps_each_day_as_it_was() {
    kept(Engine::DuckDb, "window_edges.rules", AsOf::Constant);
    kept(Engine::DuckDb, "window_edges.rules", AsOf::Parameter);
}

#[test]
fn postgres_keeps_each_day_as_it_was() {
    kept(Engine::Postgres, "window_edges.rules", AsOf::Constant);
    kept(Engine::Postgres, "window_edges.rules", AsOf::Parameter);
}

#[test]
fn clickhouse_keeps_each_day_as_it_was() {
    kept(Engine::ClickHouse, "window_edges.rules", AsOf::Parameter);
}

#[test]
fn spark_keeps_each_day_as_it_was() {
    kept(Engine::Spark, "window_edges.rules", AsOf::Parameter);
}

/// A script that makes tables of steps, since each would be worked out again and again.
#[test]
fn spark_keeps_steps_of_questions_that_build_on_each_other() {
    kept(Engine::Spark, "chains.rules", AsOf::Parameter);
}
