//! Queries as people read them: no word too many, names that a person would choose, and names that an engine takes for one.

use tagwell::{
    engine::Rulebook,
    sql::{self, AsOf, Create, Engine, Shape, Target},
};

pub(super) const TABLES: &str = r#"
rulebook "shop" timezone "Europe/Berlin"
table users key user_id { user_id: text  city: text?  kin: text?  points: int  spend: decimal(2)  joined: timestamp  seen: timestamp? }
table orders of users by user_id at ordered_at key number {
  number: int  user_id: text  ordered_at: timestamp  amount: decimal(2)  kind: text?  took: duration?
}
level card by points { gold from 5000  silver from 1000  red otherwise }
"#;

/// The query, or what is said in its place.
pub(super) fn asked(engine: Engine, rules: &str, change: impl FnOnce(&mut Target)) -> Result<String, Vec<String>> {
    let checked = Rulebook::parse("shop.rules", rules).unwrap().check(&Default::default()).unwrap();
    let ready = checked.engine(checked.clock("2026-11-22").unwrap());
    let mut target = Target::wide(engine);
    change(&mut target);
    let query = sql::query(checked.rulebook(), checked.warnings().sources(), ready.context(), &target);
    query.map_err(|problems| problems.into_iter().map(|it| it.message).collect())
}

/// What stands below the comment of a definition, on one line.
fn column(query: &str, name: &str) -> String {
    let (_, below) = query.split_once(&format!("{name} (shop.rules:")).unwrap_or_else(|| panic!("{name}: {query}"));
    let lines =
        below.lines().skip(1).take_while(|it| !it.trim_start().starts_with("--") && !it.starts_with("    FROM"));
    let text = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    text.trim_end_matches(',').to_owned()
}

#[test]
fn a_column_has_no_word_too_many() {
    use Engine::{DuckDb, Postgres, Spark};
    for (engine, rule, wanted) in [
        (DuckDb, r#"tag t when city in ["Berlin"]"#, "coalesce(city = 'Berlin', FALSE) AS t"),
        (DuckDb, r#"tag t when city not in ["Berlin"]"#, "coalesce(city <> 'Berlin', FALSE) AS t"),
        (DuckDb, "tag t when card > silver", "card = 'gold' AS t"),
        (DuckDb, "tag t when card > gold", "card <> card AS t"),
        (DuckDb, "tag t when city is known and (points > 3 and city is known)", "city IS NOT NULL AND points > 3 AS t"),
        (DuckDb, "tag t when points > 3 or points > 3", "points > 3 AS t"),
        (DuckDb, r#"tag t when city matches /^B.r/"#, r"coalesce(regexp_matches(city, '\AB[^\x{a}]r'), FALSE) AS t"),
        (
            DuckDb,
            r#"tag t when bucket(user_id, "a", 2) = 1"#,
            "CAST('0x' || substr(sha256('a:' || user_id), 1, 8) AS BIGINT) * 2 // 4294967296 = 1 AS t",
        ),
        (DuckDb, r#"tag t when (city ?? (kin ?? "x")) = "y""#, "coalesce(city, kin, 'x') = 'y' AS t"),
        // A rank among all, of whom nobody lacks what it goes by, is always known.
        (DuckDb, "tag t when ntile(points, 5) = 5", "t_ntile = 5 AS t"),
        (DuckDb, "tag t when points > 3 and top 3 by points", "points > 3 AND t_by_rank AS t"),
        (
            DuckDb,
            "let n = ntile(points, 5)\nscore t { n * 100 when n > 1 }",
            "CASE WHEN n > 1 THEN n * 100 ELSE 0 END AS t",
        ),
        // What has happened is not asked whether it has.
        (
            DuckDb,
            "tag t when max(orders.ordered_at) within 30d",
            "coalesce(t_max >= TIMESTAMPTZ '2026-10-23 00:00:00+02', FALSE) AS t",
        ),
        (
            Spark,
            "tag t when age(min(orders.ordered_at where amount > 3)) between 2h..<3h",
            "coalesce( t_min <= TIMESTAMP_LTZ '2026-11-21 22:00:00+01:00' AND t_min > TIMESTAMP_LTZ '2026-11-21 21:00:00+01:00', FALSE ) AS t",
        ),
        (
            DuckDb,
            r#"tag t when city is missing or trim(city) = "x""#,
            r"city IS NULL OR regexp_replace(city, '\A[\pZ\x{9}-\x{d}\x{85}]+|[\pZ\x{9}-\x{d}\x{85}]+\z', '', 'g') = 'x' AS t",
        ),
        // A float is no whole number, however it is bounded: divided by it a number may leave its range.
        (
            DuckDb,
            "let x = if points > 3 then points / 1 else 0.00000000000000000001\ntag t when points / x > 5",
            "coalesce( nullif( nullif( nullif(CAST(points AS DOUBLE) / nullif(x, 0e0), CAST('Infinity' AS DOUBLE)), CAST('-Infinity' AS DOUBLE) ), CAST('NaN' AS DOUBLE) ) + 0e0 > 5e0, FALSE ) AS t",
        ),
        (
            DuckDb,
            "tag t when points / points > 5",
            "coalesce(CAST(points AS DOUBLE) / nullif(CAST(points AS DOUBLE), 0e0) > 5e0, FALSE) AS t",
        ),
        // What cannot leave its range is plain arithmetic.
        (
            DuckDb,
            "tag t when count(orders) > count(orders within 30d) * 1.5",
            "CAST(t_count AS DECIMAL(38, 1)) > CAST(t_count_2 AS DECIMAL(38, 0)) * 1.5 AS t",
        ),
        (
            Spark,
            "score t from 1.5 { 2.5 when points > 3  minus 10 when points > 4 }",
            "1.5 + CASE WHEN points > 3 THEN 2.5 ELSE 0.0 END - CASE WHEN points > 4 THEN 10.0 ELSE 0.0 END AS t",
        ),
        (Postgres, "score t from 1.5 { 2.5 when points > 3 }", "1.5 + CASE WHEN points > 3 THEN 2.5 ELSE 0.0 END AS t"),
        (
            Spark,
            "score t { spend when points > 3  2.50 when points > 4 }",
            "try_add( CASE WHEN points > 3 THEN spend ELSE 0.00 END, CASE WHEN points > 4 THEN 2.50 ELSE 0.00 END ) AS t",
        ),
    ] {
        let query = asked(engine, &format!("{TABLES}{rule}"), |_| ()).unwrap();
        let name = if rule.contains("score t") { "score t" } else { "tag t" };
        assert_eq!(column(&query, name), wanted, "{engine:?}: {rule}");
    }
}

/// What another query is asked by.
type Change = fn(&mut Target);

/// The names of its steps.
pub(super) fn steps(query: &str) -> Vec<&str> {
    let steps = query.lines().filter_map(|it| it.strip_prefix("  ")?.split_once(" AS "));
    steps.filter(|(name, rest)| !name.starts_with(' ') && rest.ends_with('(')).map(|(name, _)| name).collect()
}

#[test]
fn the_local_time_of_a_moment_is_a_column_beside_it() {
    let rules = "let nights = count(orders where hour(orders.ordered_at) >= 22 or weekday(orders.ordered_at) > 5)
        let renewed = joined + 1mo
        tag late when hour(seen) > 20 or date(seen) = 2026-11-01";
    for engine in Engine::ALL {
        let query = asked(engine, &format!("{TABLES}{rules}"), |target| {
            target.with = [1, 2].map(|id| sql::Extra::Definition(tagwell::ir::DefinitionId(id))).to_vec();
        });
        let query = query.unwrap();
        for local in ["ordered_at_local", "joined_local", "seen_local"] {
            assert_eq!(query.matches(&format!(" AS {local}")).count(), 1, "{engine:?}: {query}");
        }
        assert_eq!(steps(&query)[0], "users_rows");
    }
}

#[test]
fn steps_are_called_after_what_they_add() {
    let rules = "let favourite = most(orders.kind)
        let own = count(orders where kind = favourite)
        tag loyal when own > 1
        tag spender when top 10% by (spend per city)
        tag any_wine when any(orders where kind = \"wine\") and points > 3
        let again = joined + 1mo
        tag soon when again within next 7d";
    let query = asked(Engine::DuckDb, &format!("{TABLES}{rules}"), |target| target.as_of = AsOf::Parameter).unwrap();
    insta::assert_snapshot!(steps(&query).join("\n"));
    for line in query.lines().filter(|it| it.trim_start().starts_with("-- adds")) {
        assert!(!line.ends_with(' '), "{line:?}");
    }
    for wanted in ["is_spender", "any_wine_orders"] {
        assert!(query.contains(&format!(" AS {wanted}")), "{wanted}: {query}");
    }
}

/// One more rule adds a step, and leaves the others their names.
#[test]
fn a_rule_that_compares_rows_with_their_users_renames_no_step() {
    let rules = "tag big when max(orders.amount) > 3
        let favourite = most(orders.kind)
        tag loyal when count(orders where kind = favourite) > 1";
    for engine in Engine::ALL {
        let names = |more: &str| {
            let query = asked(engine, &format!("{TABLES}{rules}\n{more}"), |_| ()).unwrap();
            steps(&query).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let mut more = names("tag early when any(orders where ordered_at <= joined)");
        assert!(more.contains(&"orders_rows".to_owned()) && more.contains(&"orders_by_users".to_owned()), "{more:?}");
        let added = more.iter().position(|it| it == "orders_with_joined").unwrap();
        more.remove(added);
        assert_eq!(more, names(""), "{engine:?}");
    }
}

#[test]
fn a_table_that_is_read_again_says_why_and_has_what_is_read() {
    let rules = "let favourite = most(orders.kind)
        tag loyal when count(orders where kind = favourite) > 1
        tag steady when min(orders.amount where amount > 3) > quantile(orders.amount, 90%)";
    for engine in Engine::ALL {
        let query = asked(engine, &format!("{TABLES}{rules}"), |_| ()).unwrap();
        let (_, again) =
            query.split_once("read again, beside favourite of their users, which is computed above").unwrap();
        let (again, _) = again.split_once(" FROM orders").unwrap();
        let selected: Vec<&str> =
            again.lines().skip(2).filter_map(|it| it.trim_end_matches(',').rsplit_once(" AS ")?.1.into()).collect();
        assert_eq!(selected, ["orders_user_id_2", "orders_kind"], "{engine:?}");
    }
}

/// What several ask for is called after none of them; and what one declares, after that.
#[test]
fn what_is_shared_is_called_after_what_it_is() {
    let rules = "tag median when quantile(orders.amount, 50%) > 3
        tag high when quantile(orders.amount, 90%) > 3
        tag mean when avg(orders.amount) > 3 and count(orders within 30d) > 2
        tag higher when avg(orders.amount) > 4 and count(orders within 90d) > 2
        tag often when count(orders within 30d) > 5
        let last_90d = count(orders within 90d)
        tag seldom when last_90d < 2
        tag once when max(orders.amount) > 5";
    for engine in Engine::ALL {
        let query = asked(engine, &format!("{TABLES}{rules}"), |_| ()).unwrap();
        for name in ["orders_amount_values", "orders_amount_sum", "orders_count", "last_90d", "once_max"] {
            assert!(query.contains(&format!(" AS {name}")), "{engine:?}: {name}: {query}");
        }
    }
}

#[test]
fn a_part_says_what_it_is_for() {
    let rules = "let soon = count(orders within 30d)
        tag much when sum(orders.amount within 30d) > 1.5 * sum(orders.amount)
        tag few when soon < 3 and spend < 1.2 * spend";
    let query = asked(Engine::DuckDb, &format!("{TABLES}{rules}"), |_| ()).unwrap();
    let lines: Vec<&str> = query.lines().map(str::trim).collect();
    let told = |name: &str| {
        let at = lines.iter().position(|it| it.ends_with(&format!(" AS {name},"))).unwrap_or_else(|| panic!("{query}"));
        lines[at - 1]
    };
    assert_eq!(told("much_value"), "-- for tag much (shop.rules:9)");
    let rules = "tag new when joined during this quarter";
    let query = asked(Engine::DuckDb, &format!("{TABLES}{rules}"), |target| target.as_of = AsOf::Parameter).unwrap();
    assert!(query.contains("-- how many months back the quarter began: 0 to -2\n"), "{query}");
}

#[test]
fn a_table_that_spark_reads_again_is_told_once() {
    let rules = "let favourite = most(orders.kind)
        tag loyal when count(orders where kind = favourite) > 1
        funnel bought on orders { one when amount > 1  two within 3d when amount > 2 }";
    let query = asked(Engine::Spark, &format!("{TABLES}{rules}"), |target| {
        target.create = Some(Create::Table(vec!["tagged".into()]));
    });
    let query = query.unwrap();
    let told: Vec<&str> = query.lines().filter(|it| it.starts_with("-- Spark reads")).collect();
    assert_eq!(
        told,
        ["-- Spark reads `orders` more than twice: CACHE TABLE orders; before it, where there is room"],
        "{query}"
    );
}

#[test]
fn what_comes_again_is_told_once_above() {
    let rules = r#"let mean = avg(orders.amount)
        tag t when abs(points) > 3 and round(mean, 1) > 2
        tag shrinks when spend < 1.5 * spend
        tag lower_case when lower(city) = "i" "#;
    let told = |engine: Engine| {
        let query = asked(engine, &format!("{TABLES}{rules}"), |target| {
            target.create = Some(Create::Table(vec!["tagged".into()]));
        });
        let query = query.unwrap();
        query.lines().skip(2).take_while(|it| !it.starts_with("WITH")).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(format!("{}\n\n{}", told(Engine::DuckDb), told(Engine::Spark)));
}

/// What is read of rows: where windows are all that is asked for, nothing before the earliest of them.
#[test]
fn rows_before_all_windows_are_not_read() {
    let events = "table visits of users by user_id at day { user_id: text  day: date?  pages: int }\n";
    let mut table = String::new();
    for (what, rules) in [
        ("windows of one kind", "tag t when count(orders within 30d) > 1 and any(orders within 90d where amount > 3)"),
        ("of more than one", "tag t when count(orders during last month) > sum(orders.amount between 1d..2w)"),
        ("a condition", "tag t when any(orders where ordered_at >= 2026-01-01 and amount > 3)"),
        (
            "a window, and a moment that is written",
            "tag t when count(orders within 30d) > 1 and any(orders where ordered_at >= 2026-01-01)",
        ),
        ("one has no window", "tag t when count(orders within 30d) > 1 and any(orders where amount > 3)"),
        ("of days", "tag t when count(visits within 30d) > 1 and max(visits.pages during this month) > 3"),
        ("of days, one has none", "tag t when count(visits within 30d) > max(visits.pages)"),
    ] {
        for engine in Engine::ALL {
            for as_of in [AsOf::Constant, AsOf::Parameter] {
                let query = asked(engine, &format!("{TABLES}{events}{rules}"), |target| target.as_of = as_of).unwrap();
                let (_, step) = query.split_once("-- what has happened").unwrap();
                let (step, _) = step.split_once("\n  )").unwrap();
                let (told, step) = step.split_once('\n').unwrap();
                let (_, filter) = step.rsplit_once("IS NOT NULL").unwrap();
                let filter = filter.split_whitespace().collect::<Vec<_>>().join(" ");
                table += &format!("{what}, {engine:?}, {as_of:?}:{told}\n  {filter}\n");
            }
        }
    }
    insta::assert_snapshot!(table);
}

/// Of a parameter nothing is computed that no statement reads; a table's rows have beside them, by name, what is asked of them.
#[test]
fn moments_that_nobody_reads_are_not_computed() {
    let none = "tag rich when spend > 3";
    let chain = "let favourite = most(orders.kind within 90d)
        let own = count(orders within 2mo where kind = favourite)
        tag loyal when own > 1 and joined during last quarter and seen during this month
        tag above when own > avg(users.own)
        tag higher when own > avg(users.own where above)
        tag best when own > avg(users.own where higher) and any(orders during this year)
        funnel bought on orders { one when amount > 1  two within 3d when amount > 2 }";
    let mut told = String::new();
    for (engine, rules) in Engine::ALL.into_iter().flat_map(|it| [(it, none), (it, chain)]) {
        let script = asked(engine, &format!("{TABLES}{rules}"), |target| {
            (target.as_of, target.create) = (AsOf::Parameter, Some(Create::Table(vec!["tagged".into()])));
        });
        let script = script.unwrap();
        assert!(!script.contains("moments.*") && !script.contains("9999-12"), "{engine:?}: {script}");
        let statements: Vec<&str> = script.split(";\n\n").collect();
        for statement in statements.iter().filter(|it| it.contains("  moments AS (")) {
            let (before, moments) = statement.split_once("  moments AS (").unwrap();
            let of_clock = before.lines().chain(moments.lines().take_while(|it| !it.starts_with("  )")));
            let computed = of_clock.filter_map(|line| line.trim_end_matches(',').rsplit_once(" AS "));
            for (_, name) in computed.filter(|it| it.1.chars().all(|it| it.is_alphanumeric() || it == '_')) {
                let words = statement.split(|it: char| !it.is_alphanumeric() && it != '_');
                assert!(words.filter(|it| *it == name).count() > 1, "{engine:?}: {name}: {statement}");
            }
        }
        let read = script.lines().filter_map(|it| it.trim().strip_prefix("moments.")).collect::<Vec<_>>().join(" ");
        let read = if read.is_empty() { "none," } else { &read };
        told += &format!("{engine:?}: {} statements: {read}\n", statements.len());
    }
    insta::assert_snapshot!(told, @r"
    DuckDb: 1 statements: none,
    DuckDb: 1 statements: this_month_start, this_month_end, last_quarter_start, this_quarter_start, ago_90d, this_year_start, ago_2mo,
    Postgres: 4 statements: none,
    Postgres: 4 statements: this_month_start, this_month_end, last_quarter_start, this_quarter_start, ago_90d, this_year_start, ago_2mo,
    ClickHouse: 1 statements: none,
    ClickHouse: 1 statements: this_month_start, this_month_end, last_quarter_start, this_quarter_start, ago_90d, this_year_start, ago_2mo,
    Spark: 4 statements: none,
    Spark: 6 statements: this_month_start, this_month_end, last_quarter_start, this_quarter_start, ago_90d, this_year_start, ago_2mo,
    ");
}

#[test]
fn nothing_is_asked_that_is_known() {
    let rules = "let kinds = distinct(orders.kind)
        let different = count(distinct(orders.kind where amount > 3))
        let everywhere = count(distinct(users.city))
        tag last when bottom 10% by (orders_spend per city)
        tag t when kinds has \"wine\" and different > 3 and everywhere > 3
        let orders_spend = max(orders.amount)";
    for engine in Engine::ALL {
        let query = asked(engine, &format!("{TABLES}{rules}"), |_| ()).unwrap();
        for never in ["count(ordered_at)", "kinds_first NULLS FIRST"] {
            assert!(!query.contains(never), "{engine:?}: {never}: {query}");
        }
        let is_spark = engine == Engine::Spark;
        // On Spark a line tells who is among the last; whoever lacks the value is not told apart.
        assert_eq!(query.contains("_ranked,"), !is_spark, "{engine:?}: {query}");
        let set = "array_size(collect_set(kind) FILTER (WHERE amount > 3))";
        assert_eq!(query.contains(set), is_spark, "{engine:?}: {query}");
        // Everybody's different values may be many.
        assert!(query.contains("count(DISTINCT city)"), "{engine:?}: {query}");
    }
}

/// What is said of rulebooks whose names an engine cannot give or keep apart, by the form of the answer.
fn refusals(rulebooks: &[(&str, &str)]) -> String {
    let wide = |_: &mut Target| ();
    let records = |target: &mut Target| target.shape = Shape::Records;
    let long = |target: &mut Target| target.shape = Shape::Long;
    let incremental = |target: &mut Target| {
        (target.incremental, target.create) = (true, Some(Create::Table(vec!["kept".into()])));
    };
    let view = |target: &mut Target| target.create = Some(Create::View(vec!["seen".into()]));
    let told = |engine: Engine, rules: &str, change: Change| match asked(engine, rules, change) {
        Ok(_) => "a query".to_owned(),
        Err(messages) => messages.join("; "),
    };
    let changes: [(&str, Change); 5] =
        [("wide", wide), ("records", records), ("long", long), ("incremental", incremental), ("view", view)];
    let mut table = String::new();
    for &(what, rules) in rulebooks {
        for engine in Engine::ALL {
            let mut all: Vec<(Vec<&str>, String)> = vec![];
            for (how, change) in changes {
                let said = told(engine, rules, change);
                match all.iter_mut().find(|(_, it)| *it == said) {
                    Some((hows, _)) => hows.push(how),
                    None => all.push((vec![how], said)),
                }
            }
            for (hows, said) in all {
                table += &format!("{what}, {engine:?}, {}: {said}\n", hows.join(" "));
            }
        }
    }
    table
}

#[test]
fn names_that_an_engine_takes_for_one_are_refused() {
    let tags = format!("{TABLES}tag vip when points > 1\ntag Vip when points > 2");
    let level = format!("{TABLES}level Card by points {{ a from 2  b otherwise }}");
    let umlauts = format!("{TABLES}tag ärger when points > 1\ntag Ärger when points > 2");
    let day = format!("{TABLES}tag As_Of when points > 1");
    let named = format!("{TABLES}layer Tags {{ a when points > 2 }}");
    let read = "table users key user_id { user_id: text  name: text  Name: text }\ntag t when name = Name";
    let tables = "table users key id { id: text }\ntable rows of users by id { id: text }
        table Rows of users by id { id: text }\ntag t when any(rows) and any(Rows)";
    let all = [
        ("tags", tags.as_str()),
        ("levels", &level),
        ("umlauts", &umlauts),
        ("the day", &day),
        ("tags that are no tags", &named),
        ("columns that are read", read),
        ("tables", tables),
    ];
    insta::assert_snapshot!(refusals(&all));
}

#[test]
fn names_that_an_engine_cannot_give_are_refused() {
    let long = "三十天内下过单且最近一次在七天之内的重要客户";
    let (tag, variable) =
        (format!("{TABLES}tag {long} when points > 1"), format!("{TABLES}tag `${{x}}` when points > 1"));
    let read = format!(
        "table users key user_id {{ user_id: text  {long}: int  `${{y}}`: int }}\ntag t when {long} > `${{y}}`"
    );
    let table = "table users key id { id: text }\ntable `${z}` of users by id { id: text }\ntag t when any(`${z}`)";
    let all =
        [("a long tag", tag.as_str()), ("a variable", &variable), ("columns that are read", &read), ("a table", table)];
    insta::assert_snapshot!(refusals(&all));
}

#[test]
fn what_is_read_is_not_written_over() {
    for (made, is_refused) in [
        (&["users"][..], true),
        (&["main", "Users"], true),
        (&["orders"], true),
        (&["tagged"], false),
        (&["users_2"], false),
    ] {
        let name: Vec<String> = made.iter().map(|it| (*it).to_owned()).collect();
        for create in [Create::Table(name.clone()), Create::View(name)] {
            for engine in Engine::ALL {
                let rules = format!("{TABLES}list blocked from \"b.csv\"\ntag t when points > 1");
                let checked = Rulebook::parse("shop.rules", &rules).unwrap().check(&Default::default()).unwrap();
                let ready = checked.engine(checked.clock("2026-11-22").unwrap());
                let tables = [("blocked".to_owned(), vec!["black".to_owned()])].into();
                let target = Target { create: Some(create.clone()), tables, ..Target::wide(engine) };
                let query = sql::query(ready.rulebook(), checked.warnings().sources(), ready.context(), &target);
                assert_eq!(query.is_err(), is_refused, "{engine:?} {create:?}");
            }
        }
    }
}

#[test]
fn what_only_a_state_knows_is_told_and_plainly_missing() {
    let rules = "tag vip when points > 3
        level tier by points { gold from 5000 keep 90d  silver from 1000  red otherwise }
        let long = held(vip)
        tag loyal when long >= 30d
        tag new_here when vip and held(vip) is missing
        tag either when held(tier) > 30d or points > 7";
    for engine in Engine::ALL {
        let query = asked(engine, &format!("{TABLES}{rules}"), |_| ()).unwrap();
        for line in [
            "-- `keep` of `tier` has no effect: a query has no state, so nothing has been before\n",
            "-- `held` is missing for everybody: a query has no state, so nothing has been before\n",
        ] {
            assert!(query.contains(line), "{engine:?}: {query}");
        }
        for result in ["FALSE AS loyal", "vip AS new_here"] {
            let plain = query.replace("CAST(vip AS Nullable(Bool))", "vip");
            assert!(plain.contains(&format!("\n  {result},\n")), "{engine:?}: {query}");
        }
        assert_eq!(column(&query, "tag either"), "points > 7 AS either", "{engine:?}");
    }
    let query = asked(Engine::DuckDb, TABLES, |_| ()).unwrap();
    assert!(!query.contains("nothing has been before"), "{query}");
}

#[test]
fn a_day_goes_into_the_columns_that_are_called_so() {
    for (engine, insert) in [
        (Engine::DuckDb, "INSERT INTO kept"),
        (Engine::Postgres, "INSERT INTO kept"),
        (Engine::ClickHouse, "INSERT INTO kept"),
        (Engine::Spark, "INSERT OVERWRITE TABLE kept"),
    ] {
        let script = asked(engine, &format!("{TABLES}tag t when points > 3"), |target| {
            target.incremental = true;
            target.create = Some(Create::Table(vec!["kept".into()]));
        });
        let script = script.unwrap();
        let wanted = format!(
            "{insert} (\n  user_id, card, t, as_of\n)\nSELECT\n  user_id, card, t, as_of\nFROM results_of_today;\n"
        );
        assert!(script.contains(&wanted), "{engine:?}: {script}");
    }
}

/// What is computed of the user stands in their row, under a name that says what it is; what rows are compared with is a column.
#[test]
fn moments_of_a_user_are_computed_once_and_not_by_the_row() {
    let rules = "tag early when any(orders where ordered_at <= joined + 7d)
        let first_month = count(orders where ordered_at between joined..joined + 30d)
        tag busy when first_month >= 3 and any(orders where ordered_at > joined + 30d)
        let wait = sum(orders.took) ?? 2d
        tag waited when any(orders where ordered_at within wait)";
    for engine in Engine::ALL {
        let query = asked(engine, &format!("{TABLES}{rules}"), |_| ()).unwrap();
        for column in ["joined_plus_7d", "joined_plus_30d", "waited_from"] {
            assert_eq!(
                query.matches(&format!(" AS {column},\n")).count() + query.matches(&format!(" AS {column}\n")).count(),
                1,
                "{engine:?}: {column}: {query}"
            );
            assert!(query.contains(&format!(".{column}")), "{engine:?}: {column}: {query}");
        }
        assert!(query.contains("ordered_at BETWEEN joined AND joined_plus_30d"), "{engine:?}: {query}");
    }
}
