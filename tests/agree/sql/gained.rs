//! A table of days, and rules that have more results than those that made it: columns of the types that are told above the script hold
//! them.

use serde_json::json;
use tagwell::{
    engine::Rulebook,
    sql::{self, Create, Extra, Shape, Target},
    value::Type,
};

use super::engines::Engine;

const TABLE: &str = "rulebook \"gained\" timezone \"UTC\"
table users key user_id { user_id: int  spend: decimal(2)  seen: timestamp }
let last = max(visits.at)
table visits of users by user_id at at key id { user_id: int  id: int  at: timestamp }
tag here when spend > 1\n";

/// What the rules gain: what stands above the script says its type by the first word, or by the name.
const GAINED: [(&str, &str, &str); 7] = [
    ("a tag", "vip", "tag vip when spend > 1"),
    ("a segment", "win_back", "segment win_back when vip"),
    ("a level", "tier", "level tier by spend { gold from 1.5  red otherwise }"),
    ("a funnel", "path", "funnel path on visits { one when id > 0 }"),
    ("`points`", "points", "score points { 2.125 when vip }"),
    ("`last`", "last", ""),
    ("`seen`", "seen", ""),
];

fn kept(engine: Engine) {
    let Some(mut driver) = engine.driver_of_one() else { return };
    let script = |gained: bool, shape: Shape, day: &str| {
        let rules = GAINED.iter().filter(|_| gained).map(|(.., rule)| format!("{rule}\n")).collect::<String>();
        let checked = Rulebook::parse("gained.rules", &(TABLE.to_owned() + &rules)).unwrap();
        let checked = checked.check(&Default::default()).unwrap();
        let ready = checked.engine(checked.clock(day).unwrap());
        let rulebook = ready.rulebook();
        let mut target = Target { shape, ..Target::wide(engine.dialect()) };
        (target.incremental, target.create) = (true, Some(Create::Table(vec!["gained".into()])));
        if gained {
            let seen = rulebook.schema.root().columns.iter().position(|it| it.name.as_str() == "seen").unwrap();
            let last = rulebook.find("last").unwrap();
            target.with = vec![Extra::Definition(last), Extra::Column(tagwell::schema::ColumnId(seen as u32))];
        }
        sql::query(rulebook, checked.warnings().sources(), ready.context(), &target).unwrap()
    };
    let statements = |script: &str| match engine {
        Engine::DuckDb | Engine::Postgres => vec![script.to_owned()],
        Engine::ClickHouse | Engine::Spark => {
            script.trim_end().trim_end_matches(';').split(";\n\n").map(str::to_owned).collect()
        }
    };
    let moment = match engine {
        Engine::ClickHouse => "toDateTime64('2026-11-20 08:00:00', 6, 'UTC')",
        Engine::DuckDb | Engine::Postgres => "TIMESTAMPTZ '2026-11-20 08:00:00+00'",
        Engine::Spark => "TIMESTAMP '2026-11-20 08:00:00+00:00'",
    };
    let tables = [
        ("users", format!("SELECT 1 AS user_id, CAST('2.50' AS DECIMAL(9, 2)) AS spend, {moment} AS seen")),
        ("visits", format!("SELECT 1 AS user_id, 7 AS id, {moment} AS at")),
    ];
    let made = tables.iter().flat_map(|(name, select)| match engine {
        Engine::Spark => vec![format!("CREATE OR REPLACE TEMP VIEW {name} AS {select}")],
        _ => vec![
            format!("DROP TABLE IF EXISTS {name}"),
            format!("CREATE TABLE {name}{} AS {select}", engine.table_tail()),
        ],
    });
    let made: Vec<String> = made.collect();
    for shape in [Shape::Wide, Shape::Records] {
        let later = script(true, shape, "2026-11-23");
        let told = later.split_once("ADD COLUMN name type, where the type is\n").unwrap().1;
        let types: Vec<(&str, &str)> = told
            .lines()
            .map_while(|it| it.strip_prefix("--   of "))
            .filter_map(|it| GAINED.iter().find_map(|(what, ..)| Some((*what, it.strip_prefix(what)?.trim()))))
            .collect();
        // Records have their tags and segments in lists, which were there before.
        let is_new = |what: &str| shape == Shape::Wide || !matches!(what, "a tag" | "a segment");
        let gained = GAINED.iter().filter(|(what, ..)| is_new(what));
        let added = gained.map(|(what, name, _)| {
            let ty =
                types.iter().find(|it| it.0 == *what).unwrap_or_else(|| panic!("{what} is not told of: {later}")).1;
            format!("ALTER TABLE gained ADD COLUMN {name} {ty}")
        });
        let mut setup = vec!["DROP TABLE IF EXISTS gained".to_owned()];
        setup.extend(made.iter().cloned());
        setup.extend(statements(&script(false, shape, "2026-11-22")));
        setup.extend(added);
        setup.extend(statements(&later));
        let query = "SELECT count(*) AS days, count(tier) AS tiers, count(path) AS paths, count(seen) AS seen, count(last) AS lasts, count(points) AS points FROM gained";
        let kinds = vec![super::cell::kind(&Type::Int); 6];
        let case = json!({ "setup": setup, "query": query, "kinds": kinds });
        let answer = driver.answer(&[case]).swap_remove(0);
        assert_eq!(answer["rows"], json!([["2", "1", "1", "1", "1", "1"]]), "{types:?}: {answer}");
    }
}

#[test]
fn columns_of_the_types_that_are_told_hold_what_rules_gained_on_duckdb() {
    kept(Engine::DuckDb);
}

#[test]
fn columns_of_the_types_that_are_told_hold_what_rules_gained_on_postgres() {
    kept(Engine::Postgres);
}

#[test]
fn columns_of_the_types_that_are_told_hold_what_rules_gained_on_clickhouse() {
    kept(Engine::ClickHouse);
}

#[test]
fn columns_of_the_types_that_are_told_hold_what_rules_gained_on_spark() {
    kept(Engine::Spark);
}
