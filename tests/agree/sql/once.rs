//! What a query computes once, for all who ask for it; steps that stand where each may read them.

use tagwell::sql::{AsOf, Engine};

use super::reviewed::{TABLES, asked, steps};

/// What several ask of the different values of a column is one step.
#[test]
fn different_values_are_found_once() {
    let rules = "let kinds = distinct(orders.kind)
        let favourite = most(orders.kind)
        let dearest = most(orders.kind by orders.amount)
        let big = most(orders.kind where amount > 3)
        tag t when count(kinds) > 1 and favourite = dearest and big = favourite";
    let query = asked(Engine::DuckDb, &format!("{TABLES}{rules}"), |_| ()).unwrap();
    insta::assert_snapshot!(steps(&query).join("\n"));
}

/// Spark works a step out again for each that reads it: totals and ranks of a stage all read what comes before any of them, and one step joins
/// them.
#[test]
fn what_everybody_comes_to_is_joined_once() {
    let rules = "let spent = sum(orders.amount)
        tag rich when spent > avg(users.spent)
        tag rich_here when spent > avg(users.spent where points > 1 per city)
        tag upper_tenth when top 10% by (spent where points > 3)
        tag lowest when ntile(spent per city, 4) = 1";
    let query = asked(Engine::Spark, &format!("{TABLES}{rules}"), |_| ()).unwrap();
    let joined = "users_with_totals_and_lines";
    assert_eq!((steps(&query).contains(&joined), query.matches(joined).count()), (true, 2), "{query}");
}

/// The head says by what rows of the same moment come in order, where a rule hangs on it.
#[test]
fn the_order_of_rows_is_told_where_rules_hang_on_it() {
    for (rule, is_told) in [("last(orders.kind) = \"wine\"", true), ("count(orders) > 3", false)] {
        for engine in Engine::ALL {
            let query = asked(engine, &format!("{TABLES}tag t when {rule}"), |_| ()).unwrap();
            let told = "-- rows of `orders` of the same moment come in order of `number`";
            assert_eq!(query.contains(told), is_told, "{engine:?}: {rule}");
        }
    }
}

/// In a zone whose clock changes no more, a parameter's moments are one call each; elsewhere each is looked for.
#[test]
fn moments_of_a_settled_clock_are_one_call_each() {
    for (zone, found) in [("Asia/Shanghai", false), ("Europe/Berlin", true), ("Europe/Istanbul", true)] {
        let text =
            format!("{TABLES}tag t when seen within 30d or seen during last month").replace("Europe/Berlin", zone);
        for engine in Engine::ALL {
            let query = asked(engine, &text, |target| target.as_of = AsOf::Parameter).unwrap();
            assert_eq!(query.contains("_found"), found, "{zone}: {query}");
        }
    }
}

/// Questions about everybody that build on each other, of which ClickHouse would work each out twice for the next.
#[test]
fn what_several_steps_read_clickhouse_makes_once() {
    let mut rules = "table users key id { id: int }\n\
        table orders of users by id { id: int  amount: int }\n\
        let total = sum(orders.amount)\n\
        tag a1 when total > avg(users.total)\n"
        .to_owned();
    for (tag, before) in (2..=4).zip(1..) {
        rules += &format!("tag a{tag} when total > avg(users.total where a{before})\n");
    }
    let once = |rules: &str| {
        let query = asked(Engine::ClickHouse, rules, |_| ()).unwrap();
        (query.matches(" AS MATERIALIZED (\n").count(), query.contains("enable_materialized_cte = 1"))
    };
    assert_eq!(once(&rules), (4, true));
    // Rows of a table are as well read again, and an older server does not know the setting.
    let rows = "table users key id { id: int  points: int }\ntag rich when points > avg(users.points)";
    assert_eq!(once(rows), (0, false));
}

/// By the calendar an event's deadline costs something: it is computed of those events alone that may be the step before.
#[test]
fn deadlines_are_those_of_the_step_before() {
    let rules = |limits: [&str; 2]| {
        let [second, third] = limits;
        format!(
            "{TABLES}funnel f on orders {{ a when kind = \"a\"  b within {second} when kind = \"b\"  c within {third} when kind = \"c\" }}"
        )
    };
    for (limits, wanted) in [
        (
            ["1d", "2d"],
            vec!["CASE WHEN a THEN ordered_at END AS a_at", "CASE WHEN meets_b THEN ordered_at END AS b_at"],
        ),
        (["1d", "1d"], vec!["CASE WHEN a OR meets_b THEN ordered_at END AS a_or_b_at"]),
        (["24h", "2d"], vec!["AS ordered_at_plus_24h", "CASE WHEN meets_b THEN ordered_at END AS b_at"]),
    ] {
        // Without a key ties are asked of, so that conditions have names.
        let rules = rules(limits).replace(" key number {", " {");
        let query = asked(Engine::DuckDb, &rules, |_| ()).unwrap();
        wanted.iter().for_each(|it| assert!(query.contains(it), "{limits:?}: {it}: {query}"));
        assert!(!query.contains("AS c_at"), "{limits:?}: {query}");
    }
}

/// Of a funnel whose first step every row is, no rows are left out, so that its steps stand on those that others stand on.
#[test]
fn steps_of_a_funnel_are_its_own() {
    let rules = "table kinds key kind { kind: text  factor: int }
        tag busy when count(orders where kinds[kind].factor > 3) > 2
        funnel f on orders { a when true  b within 36h when kind = \"b\"  c within 2d when kind = \"c\" }";
    for engine in Engine::ALL {
        let query = asked(engine, &format!("{TABLES}{rules}"), |_| ()).unwrap();
        let mut steps: Vec<&str> = query
            .lines()
            .filter(|it| it.ends_with(" AS (") && it.starts_with("  ") && !it.starts_with("   "))
            .collect();
        let all = steps.len();
        steps.sort_unstable();
        steps.dedup();
        assert_eq!(steps.len(), all, "{engine:?}: {query}");
    }
}

/// Of what is short but no column, rows have the column that it is computed of.
#[test]
fn rows_have_what_their_users_is_computed_of() {
    let rules = "let least = -min(orders.amount)\ntag t when any(orders where amount >= least)";
    for engine in [Engine::DuckDb, Engine::Spark] {
        let query = asked(engine, &format!("{TABLES}{rules}"), |_| ()).unwrap();
        let column = if engine == Engine::DuckDb { "least_min" } else { "least" };
        assert!(query.contains(&format!(".{column}\n    FROM orders_rows")), "{engine:?}: {query}");
    }
}

/// It is asked which rows may be a step of a funnel, then which step: a condition has a name, and its text stands once.
#[test]
fn conditions_of_steps_are_written_once() {
    let rules =
        "funnel f on orders { a when number > 1  b within 2d when number > 2 and kind = \"b\"  c when number > 3 }";
    for engine in Engine::ALL {
        let query = asked(engine, &format!("{TABLES}{rules}"), |_| ()).unwrap();
        let text: Vec<&str> = query.lines().filter(|it| !it.trim_start().starts_with("--")).collect();
        let text = text.join("\n");
        assert_eq!(text.matches("number > 2").count(), 1, "{engine:?}: {query}");
        assert!(text.contains("WHERE a OR meets_b OR meets_c"), "{engine:?}: {query}");
    }
    // One column that is asked for few values is its own name.
    let rules = "funnel f on orders { a when kind = \"a\" or kind = \"z\"  b when kind = \"b\" }";
    let query = asked(Engine::DuckDb, &format!("{TABLES}{rules}"), |_| ()).unwrap();
    assert!(query.contains("WHERE kind IN ('a', 'z', 'b')"), "{query}");
}

/// What no event of a window can be is not asked: one of the year 1, whose local time is before all calendars.
#[test]
fn deadlines_in_a_window_ask_no_first_year() {
    for (rows, is_asked) in [("orders", true), ("(orders within 90d)", false)] {
        let tables = TABLES.replace("Europe/Berlin", "America/New_York");
        let rules = format!("{tables}funnel f on {rows} {{ a when kind = \"a\"  b within 2d when kind = \"b\" }}");
        let query = asked(Engine::DuckDb, &rules, |_| ()).unwrap();
        assert_eq!(query.contains("'0001-01-01"), is_asked, "{rows}: {query}");
    }
}

/// Microseconds are told by the days and hours that they are.
#[test]
fn microseconds_are_so_many_days_or_hours() {
    for (length, told) in [
        ("3d", "< 3 * 86400000000"),
        ("1d", "< 86400000000"),
        ("36h", "< 36 * 3600000000"),
        ("90min", "< 5400000000"),
        ("7s", "< 7000000"),
        // Days of which the product is none of 64 bits.
        ("300000000d", "< 25920000000000000000"),
    ] {
        let rules = format!("tag t when max(orders.ordered_at) - min(orders.ordered_at) < {length}");
        let query = asked(Engine::DuckDb, &format!("{TABLES}{rules}"), |_| ()).unwrap();
        assert!(query.contains(told), "{length}: {query}");
    }
}
