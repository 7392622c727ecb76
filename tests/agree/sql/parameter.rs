//! One query, asked as of several moments, says each time what the plain interpreter says as of that moment.

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::json;
use tagwell::{
    eval::Context,
    sql,
    value::{Zone, moment_text::timestamp_text},
};

use super::{
    super::{
        data::{Data, Moments},
        declarations,
        evaluated::Case,
        rules::{self, About},
        tables,
    },
    Given, More, ask_of, by_hand, compare,
    engines::Engine,
    number, of_clickhouse,
    shipped::asked_into,
    tame, with_keys,
};

/// Among them clock changes of New York, a leap day, and the last microsecond of a year.
const AS_OFS: [&str; 5] =
    ["2026-11-22T10:00", "2026-03-08T07:30Z", "2026-11-01T05:30Z", "2024-02-29T00:00", "2025-12-31T23:59:59.999999"];

/// Windows of every form.
const WINDOWS: &str = r#"
tag w_ago when seen between 30d..60d
tag w_ago_open when seen between 1mo..<3mo
tag w_within when seen within 1y
tag w_next when seen within next 1w
tag w_before when seen < 3mo ago
tag w_from_now when seen >= 2d from now
tag w_age when age(seen) > 40d
tag w_age_between when age(seen) between 1d..400d
tag w_day when seen during today or born during yesterday
tag w_week when seen during this week or born during last week
tag w_month when seen during last month or born during this month
tag w_quarter when seen during this quarter or born during last quarter
tag w_year when seen during last year or born during next year
tag w_today when seen <= today or born = today
tag w_child when any(orders where paid)
let w_days = floor(age(seen) / 1d)
let w_recent = count(orders within 1w)
let w_last_year = count(orders during last year)
let w_visits = count(visits within 30d)
let w_this_month = count(orders during this month where due during this year or due during next week)
let w_this_day = count(visits during today) + count(visits during this quarter)
let w_up_to_now = count(orders between 0d..<30d) + count(visits between 0d..2w)
let w_not_lately = count(orders where not (ordered_at within 30d)) + count(visits where not (visited during this week))
let w_not_ahead = count(orders where not (ordered_at within next 1w)) + count(visits where not (visited < 2d from now))
let w_written = count(orders where ordered_at between 2025-01-01..2026-11-10) + count(visits where visited <= 2026-11-10)
let w_birthday = anniversary(born)
let w_since = now - seen
let w_start = start_of_month(now)
let w_now = now
let w_this_date = today
let w_month_ago = 30d ago
let w_of_lets = count(orders where ordered_at != w_now and ordered_at < w_month_ago) + count(visits where visited < w_month_ago)
let w_of_lets_and_seen = count(orders where (ordered_at > seen or ordered_at > w_month_ago) and date(ordered_at) != w_this_date)
level w_level { new when age(born) < 20y  soon when born within next 1y  other otherwise }
"#;

#[test]
fn a_parameter_of_duckdb_is_the_clock() {
    one_query_for_all(Engine::DuckDb);
}

#[test]
fn a_parameter_of_postgres_is_the_clock() {
    one_query_for_all(Engine::Postgres);
}

#[test]
fn a_parameter_of_clickhouse_is_the_clock() {
    one_query_for_all(Engine::ClickHouse);
}

#[test]
fn a_parameter_of_spark_is_the_clock() {
    one_query_for_all(Engine::Spark);
}

fn one_query_for_all(engine: Engine) {
    let Some(mut driver) = engine.driver() else { return };
    let mut runner = TestRunner::deterministic();
    let mut asked = vec![];
    let cases = number(if engine == Engine::Spark { 2 } else { 8 });
    for at in 0..cases {
        let (setting, lines) = declarations().new_tree(&mut runner).unwrap().current();
        let (users, orders, visits) = tables().new_tree(&mut runner).unwrap().current();
        let lines = if at % 2 == 0 { vec![] } else { lines };
        let text = with_keys(&rules::rulebook(&setting, &lines, About::Everybody)) + WINDOWS;
        let data = tame(Data::from(&users, &orders, &visits, Moments::Tied));
        let data = if engine == Engine::ClickHouse { of_clickhouse(data) } else { data };
        let mut query = None;
        for as_of in AS_OFS {
            let case = Case::at(as_of, &text, &data, |_, clock| Context::new(clock));
            let given = Given {
                rulebook: case.engine().rulebook(),
                sources: case.sources(),
                context: case.engine().context(),
                people: case.plain_values(),
                beside: More::default(),
            };
            let Some(mut one) = ask_of(engine, &text, given, sql::AsOf::Parameter, None) else { break };
            let now = timestamp_text(case.engine().clock().now(), &Zone::utc());
            one.case["as_of"] = json!(now);
            // Nothing of the moment is in it.
            let written = one.case["query"].clone();
            assert_eq!(query.get_or_insert_with(|| written.clone()), &written);
            asked.push(one);
        }
    }
    // Questions that all have windows: what is older than the earliest is not read.
    let mut since = by_hand::rulebooks();
    since.retain(|it| it.rules.ends_with("berlin_since.rules"));
    assert_eq!(since.len(), 1);
    asked.extend(since.iter().filter_map(|it| asked_into(engine, it, sql::AsOf::Parameter, None)).map(|mut one| {
        one.case["as_of"] = json!("2025-10-27T01:30:00Z");
        one
    }));
    assert!(asked.len() >= AS_OFS.len(), "too few are asked about");
    compare(engine, &mut driver, &asked, 0);
}
