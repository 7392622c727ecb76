//! A table that keeps the results of many days, `--incremental`: each day's rows are those of that day asked by itself, also where a
//! day was run twice.

use serde_json::Value as Json;
use tagwell::sql::Create;

use super::{
    Asked, Engine, by_hand, compare,
    shipped::{Shipped, asked_into},
};

const DAYS: [&str; 2] = ["2026-11-22", "2026-11-23"];

fn kept(engine: Engine, wanted: &str) {
    let Some(mut driver) = engine.driver() else { return };
    let found = by_hand::rulebooks().into_iter().find(|it| it.rules.ends_with(wanted)).unwrap();
    let create = || Some(Create::Table(vec!["kept".into()]));
    let day = |as_of: &str| {
        let (folder, rules, text) = (found.folder.clone(), found.rules.clone(), found.text.clone());
        let (root, children, as_of) = (found.root.clone(), found.children.clone(), format!("{as_of}T10:00"));
        asked_into(engine, &Shipped { folder, rules, text, root, children, as_of }, create()).unwrap()
    };
    let mut days: Vec<Asked> = DAYS.iter().map(|it| day(it)).collect();
    let scripts: Vec<Json> = days.iter().map(|it| it.case["query"].clone()).collect();
    assert!(days[0].expected != days[1].expected, "a day changes something");
    for (one, day) in days.iter_mut().zip(DAYS) {
        let setup = one.case["setup"].as_array_mut().unwrap();
        setup.push("DROP TABLE IF EXISTS kept".into());
        // The first day, the second, and the first once more.
        setup.extend([&scripts[0], &scripts[1], &scripts[0]].map(Json::clone));
        let columns: Vec<String> = one.names.iter().map(|it| format!("\"{it}\"")).collect();
        one.case["query"] = format!("SELECT {} FROM kept WHERE as_of = DATE '{day}'", columns.join(", ")).into();
    }
    compare(engine, &mut driver, &days, 0);
}

#[test]
fn duckdb_keeps_each_day_as_it_was() {
    kept(Engine::DuckDb, "window_edges.rules");
}

#[test]
fn postgres_keeps_each_day_as_it_was() {
    kept(Engine::Postgres, "window_edges.rules");
}
