//! Moments without a zone, which engines read in the session's: where that is another than the rulebook's the query ends with what to do,
//! whatever the rows are, and where it is the same they are what `run` reads in a file.

use serde_json::json;
use tagwell::{
    engine::Rulebook,
    sql::{self, AsOf, Target},
    value::Type,
};

use super::engines::Engine;

/// As of 10:00 in Shanghai everything was an hour ago; in Los Angeles 09:00 has not come yet.
const RULES: &str = "rulebook \"local\" timezone \"Asia/Shanghai\"
table users key id { id: int  joined: timestamp? }
table orders of users by id at ordered_at key number { id: int  number: int  ordered_at: timestamp  paid_at: timestamp? }
tag bought_just_now when any(orders within 2h)
tag paid_just_now when any(orders where paid_at within 2h)
tag joined_today when joined during today
";

/// What the tables have, each moment as the engine spells it, and what is said of it in Los Angeles.
struct Tables {
    joined: String,
    /// None where there are no orders.
    ordered: Option<String>,
    paid: String,
    said: Option<&'static str>,
}

/// The moment by itself, and as what has no zone, of types that are compared with moments and of one that is not; how a session's zone is
/// set, where that is asked for.
struct Spelled {
    exact: &'static str,
    locals: [(&'static str, bool); 2],
    set: Option<&'static str>,
}

fn setup(engine: Engine, tables: &Tables, exact: &str) -> Vec<String> {
    let ordered = tables.ordered.as_deref().unwrap_or(exact);
    let none = if tables.ordered.is_none() { " WHERE 1 = 0" } else { "" };
    let orders = format!("SELECT 1 AS id, 7 AS number, {ordered} AS ordered_at, {} AS paid_at{none}", tables.paid);
    let each = [("users", format!("SELECT 1 AS id, {} AS joined", tables.joined)), ("orders", orders)];
    each.map(|(name, select)| made(engine, name, &select)).concat()
}

fn made(engine: Engine, name: &str, select: &str) -> Vec<String> {
    match engine {
        Engine::Spark => vec![format!("CREATE OR REPLACE TEMP VIEW {name} AS {select}")],
        _ => {
            let tail = engine.table_tail();
            vec![format!("DROP TABLE IF EXISTS {name}"), format!("CREATE TABLE {name}{tail} AS {select}")]
        }
    }
}

fn answers(engine: Engine, spelled: &Spelled) {
    let checked = Rulebook::parse("local.rules", RULES).unwrap().check(&Default::default()).unwrap();
    let ready = checked.engine(checked.clock("2026-11-22T10:00").unwrap());
    let asked = |as_of: AsOf| {
        let mut target = Target::wide(engine.dialect());
        target.as_of = as_of;
        sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target).unwrap()
    };
    let queries = [asked(AsOf::Constant), asked(AsOf::Parameter)];
    let exact = || spelled.exact.to_owned();
    let mut all = vec![Tables { joined: exact(), ordered: Some(exact()), paid: exact(), said: None }];
    for (local, is_compared) in spelled.locals {
        let (local, said) = (local.to_owned(), Some("orders: ordered_at or paid_at"));
        all.push(Tables { joined: local.clone(), ordered: None, paid: exact(), said: Some("users: joined") });
        all.push(Tables { joined: exact(), ordered: Some(exact()), paid: local.clone(), said });
        if is_compared {
            // By the clock of Los Angeles the only row lies ahead.
            all.push(Tables { joined: exact(), ordered: Some(local), paid: exact(), said });
        }
    }
    let kinds = [Type::Int, Type::Bool, Type::Bool, Type::Bool].iter().map(super::cell::kind).collect::<Vec<_>>();
    let case = |zone: &str, tables: &Tables, query: usize| {
        let zone = spelled.set.map(|set| format!("{set} '{zone}'"));
        let setup = [zone.into_iter().collect(), setup(engine, tables, spelled.exact)].concat();
        match query {
            0 => json!({ "setup": setup, "query": queries[0], "kinds": kinds }),
            _ => json!({ "setup": setup, "query": queries[1], "kinds": kinds, "as_of": "2026-11-22T02:00:00Z" }),
        }
    };
    let zones = ["Asia/Shanghai", "America/Los_Angeles"];
    let each =
        || all.iter().flat_map(|it| zones.map(|zone| (it, zone))).flat_map(|(it, zone)| [(it, zone, 0), (it, zone, 1)]);
    let cases: Vec<_> = each().map(|(tables, zone, query)| case(zone, tables, query)).collect();
    let Some(mut driver) = engine.driver_of_one() else { return };
    for (answer, (tables, zone, _)) in driver.answer(&cases).iter().zip(each()) {
        let told = format!("{} {:?} {}, {zone}: {answer}", tables.joined, tables.ordered, tables.paid);
        match (spelled.set, tables.said) {
            (Some(set), Some(said)) if zone != zones[0] => {
                let error = answer["error"].as_str().unwrap_or_default();
                assert!(error.contains(&format!("table {said} is no ")), "{told}");
                assert!(error.contains("the session's zone is America/Los_Angeles, not Asia/Shanghai ("), "{told}");
                assert!(error.contains(&format!("({set} 'Asia/Shanghai' before it)")), "{told}");
            }
            _ => {
                let ordered = if tables.ordered.is_some() { "true" } else { "false" };
                assert_eq!(answer["rows"], json!([["1", ordered, ordered, "true"]]), "{told}");
            }
        }
    }
}

#[test]
fn moments_without_a_zone_are_of_the_rulebooks_or_it_is_said_on_duckdb() {
    answers(
        Engine::DuckDb,
        &Spelled {
            exact: "TIMESTAMPTZ '2026-11-22 09:00:00+08'",
            locals: [("TIMESTAMP '2026-11-22 09:00:00'", true), ("'2026-11-22T09:00'", true)],
            set: Some("SET TimeZone ="),
        },
    );
}

#[test]
fn moments_without_a_zone_are_of_the_rulebooks_or_it_is_said_on_postgres() {
    answers(
        Engine::Postgres,
        &Spelled {
            exact: "TIMESTAMPTZ '2026-11-22 09:00:00+08'",
            locals: [("TIMESTAMP '2026-11-22 09:00:00'", true), ("CAST('2026-11-22T09:00' AS text)", false)],
            set: Some("SET TimeZone ="),
        },
    );
}

#[test]
fn moments_without_a_zone_are_of_the_rulebooks_or_it_is_said_on_spark() {
    answers(
        Engine::Spark,
        &Spelled {
            exact: "TIMESTAMP_LTZ '2026-11-22 09:00:00+08:00'",
            locals: [("TIMESTAMP_NTZ '2026-11-22 09:00:00'", true), ("'2026-11-22T09:00'", true)],
            set: Some("SET TIME ZONE"),
        },
    );
}

/// Its session has no say in it: they are the rulebook's always.
#[test]
fn moments_without_a_zone_are_of_the_rulebooks_on_clickhouse() {
    answers(
        Engine::ClickHouse,
        &Spelled {
            exact: "toDateTime64('2026-11-22 01:00:00', 6, 'UTC')",
            locals: [("'2026-11-22T09:00'", true), ("toNullable('2026-11-22 09:00:00')", true)],
            set: None,
        },
    );
}

/// Keys that are moments, by which rows find each other.
const KEYS: &str = "rulebook \"keys\" timezone \"Asia/Shanghai\"
table users key met { met: timestamp  seen: timestamp }
table orders of users by bought { bought: timestamp }
table prices key since { since: timestamp  price: int }
tag has_bought when count(orders) = 1
tag has_price when prices[seen].price = 3
";

fn meet(engine: Engine, ty: Type, exact: &str, local: &str, set: Option<&str>) {
    let rules = KEYS.replace("timestamp", &ty.to_string());
    let checked = Rulebook::parse("keys.rules", &rules).unwrap().check(&Default::default()).unwrap();
    let ready = checked.engine(checked.clock("2026-11-22T10:00").unwrap());
    let target = Target::wide(engine.dialect());
    let query = sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target).unwrap();
    let kinds = [ty, Type::Bool, Type::Bool].iter().map(super::cell::kind).collect::<Vec<_>>();
    let columns = [("users", "met"), ("orders", "bought"), ("prices", "since")];
    let case = |zone: &str, other: Option<usize>| {
        let zone = set.map(|set| format!("{set} '{zone}'"));
        let of = |at: usize| if other == Some(at) { local } else { exact };
        let selects = [
            format!("SELECT {} AS met, {exact} AS seen", of(0)),
            format!("SELECT {} AS bought", of(1)),
            format!("SELECT {} AS since, 3 AS price", of(2)),
        ];
        let made = columns.iter().zip(selects).flat_map(|((name, _), select)| made(engine, name, &select));
        json!({ "setup": zone.into_iter().chain(made).collect::<Vec<_>>(), "query": query, "kinds": kinds })
    };
    let each = || {
        [None, Some(0), Some(1), Some(2)]
            .into_iter()
            .flat_map(|other| ["Asia/Shanghai", "America/Los_Angeles"].map(|zone| (other, zone)))
    };
    let cases: Vec<_> = each().map(|(other, zone)| case(zone, other)).collect();
    let Some(mut driver) = engine.driver_of_one() else { return };
    for (answer, (other, zone)) in driver.answer(&cases).iter().zip(each()) {
        let told = format!("{other:?}, {zone}: {answer}");
        match other.map(|it| columns[it]) {
            Some((table, column)) if set.is_some() && zone != "Asia/Shanghai" => {
                let error = answer["error"].as_str().unwrap_or_default();
                assert!(error.contains(&format!("table {table}: {column} ")), "{told}");
            }
            _ => {
                let row = answer["rows"][0].as_array().map(|it| &it[1..]);
                assert_eq!(row, Some(&[json!("true"), json!("true")][..]), "{told}");
            }
        }
    }
}

#[test]
fn keys_without_a_zone_meet_or_it_is_said() {
    let exact = "TIMESTAMPTZ '2026-11-22 09:00:00+08'";
    let local = "TIMESTAMP '2026-11-22 09:00:00'";
    meet(Engine::DuckDb, Type::Timestamp, exact, local, Some("SET TimeZone ="));
    meet(Engine::Postgres, Type::Timestamp, exact, local, Some("SET TimeZone ="));
    meet(
        Engine::Spark,
        Type::Timestamp,
        "TIMESTAMP_LTZ '2026-11-22 09:00:00+08:00'",
        "TIMESTAMP_NTZ '2026-11-22 09:00:00'",
        Some("SET TIME ZONE"),
    );
    meet(
        Engine::ClickHouse,
        Type::Timestamp,
        "toDateTime64('2026-11-22 01:00:00', 6, 'UTC')",
        "'2026-11-22T09:00'",
        None,
    );
}

/// A day that is kept as its first instant is that day by the rulebook's clock alone.
#[test]
fn days_that_are_kept_as_instants_meet_or_it_is_said() {
    let (day, instant) = ("DATE '2026-11-22'", "TIMESTAMPTZ '2026-11-22 00:00:00+08'");
    meet(Engine::DuckDb, Type::Date, day, instant, Some("SET TimeZone ="));
    meet(Engine::Postgres, Type::Date, day, instant, Some("SET TimeZone ="));
    meet(Engine::Spark, Type::Date, day, "TIMESTAMP_LTZ '2026-11-22 00:00:00+08:00'", Some("SET TIME ZONE"));
}

/// Days of instants are those of the rulebook's clock, or it is said that the session goes by another.
#[test]
fn lists_of_instants_are_no_days_by_another_clock() {
    let rules = "rulebook \"days\" timezone \"Asia/Shanghai\"\n\
                 table users key id { id: int  visits: list of date }\n\
                 tag came when visits has 2026-11-22\n";
    let checked = Rulebook::parse("days.rules", rules).unwrap().check(&Default::default()).unwrap();
    let ready = checked.engine(checked.clock("2026-11-22T10:00").unwrap());
    let kinds = [Type::Int, Type::Bool].iter().map(super::cell::kind).collect::<Vec<_>>();
    for (engine, set, [days, instants]) in [
        (Engine::DuckDb, "SET TimeZone =", ["[DATE '2026-11-22']", "[TIMESTAMPTZ '2026-11-22 00:00:00+08']"]),
        (
            Engine::Postgres,
            "SET TimeZone =",
            ["ARRAY[DATE '2026-11-22']", "ARRAY[TIMESTAMPTZ '2026-11-22 00:00:00+08']"],
        ),
        (
            Engine::Spark,
            "SET TIME ZONE",
            ["array(DATE '2026-11-22')", "array(TIMESTAMP_LTZ '2026-11-22 00:00:00+08:00')"],
        ),
    ] {
        let target = Target::wide(engine.dialect());
        let query = sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target).unwrap();
        let each = [(days, "Asia/Shanghai"), (days, "UTC"), (instants, "Asia/Shanghai"), (instants, "UTC")];
        let cases: Vec<_> = each
            .iter()
            .map(|(visits, zone)| {
                let users = made(engine, "users", &format!("SELECT 1 AS id, {visits} AS visits"));
                let setup: Vec<String> = std::iter::once(format!("{set} '{zone}'")).chain(users).collect();
                json!({ "setup": setup, "query": query, "kinds": kinds })
            })
            .collect();
        let Some(mut driver) = engine.driver_of_one() else { continue };
        let answers = driver.answer(&cases);
        let (by_another, same) = answers.split_last().unwrap();
        same.iter().for_each(|it| assert_eq!(it["rows"], json!([["1", "true"]]), "{engine:?}: {it}"));
        let error = by_another["error"].as_str().unwrap_or_default();
        assert!(error.contains("table users: visits is no "), "{engine:?}: {by_another}");
        assert!(error.contains("the session's zone is UTC, not Asia/Shanghai"), "{engine:?}: {by_another}");
    }
}
