//! What a warehouse has in another type than files: moments that are numbers there too or are not, lists of numbers; and a list whose
//! column is not there.

use serde_json::{Value as Json, json};
use tagwell::{
    engine::Rulebook,
    sql::{self, Target},
    value::Type,
};

use super::engines::Engine;

const RULES: &str = r#"rulebook "apart" timezone "Asia/Shanghai"
table users key id { id: text  seen: timestamp? in epoch ms  born: date? in epoch s }
list black from "black.csv" column id
tag recent when seen within 30d
tag born_then when born = 2000-02-29
tag listed when id in black
tag unlisted when id not in black
"#;

/// 2026-11-21 and the last second of 2000-02-29 in Shanghai, as numbers and as moments.
const NUMBERS: &str = "CAST(1795219200000 AS BIGINT) AS seen, CAST(951839999 AS BIGINT) AS born";
const FRACTIONS: &str = "CAST(1795219200000.5 AS DOUBLE) AS seen, CAST(951839999.25 AS DECIMAL(20, 2)) AS born";
const MOMENTS: &str = "TIMESTAMP '2026-11-21 00:00:00+08:00' AS seen, DATE '2000-02-29' AS born";

fn answers(engine: Engine) {
    let checked = Rulebook::parse("apart.rules", RULES).unwrap().check(&Default::default()).unwrap();
    let ready = checked.engine(checked.clock("2026-11-22").unwrap());
    let mut target = Target::wide(engine.dialect());
    target.tables.insert("black".into(), vec!["black".into()]);
    let query = sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target).unwrap();
    let Some(mut driver) = engine.driver_of_one() else { return };
    let table = |name: &str, rows: &str| match engine {
        Engine::Spark => vec![format!("CREATE OR REPLACE TEMP VIEW {name} AS {rows}")],
        _ => vec![
            format!("DROP TABLE IF EXISTS {name}"),
            format!("CREATE TABLE {name}{} AS {rows}", engine.table_tail()),
        ],
    };
    let user = |id: &str, moments: &str| {
        let number = if engine == Engine::ClickHouse { "Nullable(Int64)" } else { "BIGINT" };
        let double = if engine == Engine::Postgres { "DOUBLE PRECISION" } else { "DOUBLE" };
        let moments = match engine {
            Engine::DuckDb | Engine::Postgres => moments.replace("TIMESTAMP '", "TIMESTAMPTZ '"),
            Engine::ClickHouse => moments.replace("+08:00'", "'"),
            Engine::Spark => moments.to_owned(),
        };
        format!("SELECT '{id}' AS id, {}", moments.replace("BIGINT", number).replace("DOUBLE", double))
    };
    let nobody = NUMBERS.replace("1795219200000", "NULL").replace("951839999", "NULL");
    let users = |moments: &str| {
        let all = [user("42", moments), user("042", moments), user("7", &nobody)];
        table("users", &all[..if moments == NUMBERS { 3 } else { 2 }].join(" UNION ALL "))
    };
    let kinds: Vec<String> =
        [Type::Text, Type::Bool, Type::Bool, Type::Bool, Type::Bool].iter().map(super::cell::kind).collect();
    let case = |setup: [Vec<String>; 2]| json!({ "setup": setup.concat(), "query": query, "kinds": kinds });
    let cases = [
        case([users(NUMBERS), table("black", "SELECT CAST(42 AS BIGINT) AS id")]),
        case([users(MOMENTS), table("black", "SELECT '42' AS id")]),
        case([users(FRACTIONS), table("black", "SELECT '42' AS id")]),
        // The users have a column of that name.
        case([users(NUMBERS), table("black", "SELECT '42' AS user_id")]),
    ];
    let told = driver.answer(&cases).into_iter().map(|answer| match answer["rows"].as_array() {
        Some(rows) => {
            let mut rows: Vec<String> = rows.iter().map(Json::to_string).collect();
            rows.sort();
            rows.join("\n")
        }
        None => "an error".to_owned(),
    });
    let told = told.collect::<Vec<_>>().join("\n\n");
    insta::allow_duplicates! {
        insta::assert_snapshot!(told, @r#"
        ["042","true","true","false","true"]
        ["42","true","true","true","false"]
        ["7","false","false","false","true"]

        ["042","true","true","false","true"]
        ["42","true","true","true","false"]

        ["042","true","true","false","true"]
        ["42","true","true","true","false"]

        an error
        "#);
    }
}

#[test]
fn what_has_another_type_is_read_all_the_same_on_duckdb() {
    answers(Engine::DuckDb);
}

#[test]
fn what_has_another_type_is_read_all_the_same_on_postgres() {
    answers(Engine::Postgres);
}

#[test]
fn what_has_another_type_is_read_all_the_same_on_clickhouse() {
    answers(Engine::ClickHouse);
}

#[test]
fn what_has_another_type_is_read_all_the_same_on_spark() {
    answers(Engine::Spark);
}
