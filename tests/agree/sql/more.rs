//! What the generator does not write: every function and construct once, over the same data.

use std::sync::Arc;

use tagwell::{
    eval::{Context, Lookup},
    ir::Rulebook,
    value::{Clock, Decimal, Value},
};

use super::setup::More;

/// Beside the generated rules.
pub(super) const RULES: &str = r#"
let m_upper = upper(category_of_user)
let m_trim = trim(name)
let m_bucket = bucket(user_id, "exp", 10000)
let m_share = bucket(points, "o'neil \\ ;--", 7)
let m_hour = hour(seen)
let m_week = start_of_week(seen)
let m_month = start_of_month(seen)
let m_day = day(seen)
let m_weekday = weekday(born)
let m_round = round(rate, 2)
let m_tens = round(balance, -1)
let m_clamp = clamp(balance, 0..points)
let m_first = first(interests)
let m_last = last(interests)
let m_count = count(interests)
let m_next_day = seen + 1d
let m_month_before = seen - 1mo
let m_two_hours = seen + 2h
let m_min = min(points, balance, 2.5)
let category_of_user = last(orders.category)
tag m_starts when name starts with "a"
tag m_ends when name ends with "\"" or name ends with "1"
tag m_part when name contains user_id
tag m_pattern when name matches /^[a-c]|水./
tag m_digits when name matches /\d+$/
tag m_class when category_of_user matches /^(?i)[^A\s]{1,3}$/
tag m_any when interests has any of ["a", "水果"]
tag m_all when interests has all of ["a", "b"]
tag m_none when interests has none of ["b"]
tag m_none_of when none of (active, points > 3, name = "a")
tag m_all_of when all of (active, points > 0)
tag m_same when balance = points or rate = balance
tag m_between when balance between points..100
tag m_day_is when seen = born or seen <= born
tag m_listed when name in ["a", "it's", "b\\", "\n", "水果"]
tag `m"; DROP TABLE users; --` "a\n*/ DROP TABLE users" when name = "'; DROP TABLE users; --" or name = "\\'"
let `m'x` = points + 1
let `SELECT` = `m'x` ?? 0
layer m_layer exclusive { m_a when points > 3  m_b when points <= 3 and active  m_c otherwise }
score m_score from 1.5 { balance when active  minus points when points > 3 } clamp -10..500
table channels key source { source: text  price: decimal(2)?  kind: text?  since: date? }
list blocked from "blocked.csv"
list banned from "banned.csv" column who
let m_price = channels[name].price
let m_kind = channels[category_of_user].kind
let m_prices = sum(orders.amount where channels[orders.category].price > 1)
let m_kinds = count(orders where channels[orders.category].kind = "paid" and paid)
tag m_priced when channels[name].price > 5 and channels[name].since < 2026-01-01
tag m_blocked when name in blocked
tag m_not_banned when user_id not in banned and not (name in banned)
let m_born_again = anniversary(born)
let m_seen_again = anniversary(seen)
tag m_birthday when anniversary(born) within next 30d
let m_third = quantile(orders.amount, 33.3%)
let m_half = quantile(orders.qty, 50%)
let m_last_of_all = quantile(orders.amount, 100%)
let m_eighty = quantile(users.points where active and points between 0..1000000, 80%)
let m_of_dues = max(orders.due)
tag m_top when top 2 by (points per active)
tag m_bottom when bottom 50% by balance
let m_fifth = ntile(balance, 5)
let m_fifth_of_active = ntile(points where active per name, 3)
let m_most_by = most(orders.category by orders.qty)
let m_most_of_all = most(users.name)
let m_distinct = distinct(orders.category within 90d)
let m_counted = count(distinct(orders.category))
let m_first_due = first(orders.due)
let m_last_took = last(orders.took)
let m_greatest_text = max(orders.category)
let m_least_text = min(users.name per active)
let m_alike = count(users per name)
let m_alikes = sum(users.points per [name, active])
funnel m_path on orders by category { m_one when qty > 0  m_two within 30d when amount > 1  m_three when paid }
let m_reached = reached(m_path)
funnel m_any_path on orders { m_four when paid  m_five when qty > 1 }
tag m_far when m_path >= m_two
let m_twice = span * 2
let m_half_span = span * 0.5
let m_third_span = span / 3
let m_shared = span / points
let m_rhythm = (max(orders.ordered_at) - min(orders.ordered_at)) / (count(orders) - 1)
let m_third_age = age(seen) / -7
level m_since by seen { m_late from 2026-11-20T00:00  m_early from 2026-01-01T00:00  m_never otherwise }
let m_to_late = to_next(m_since)
level m_days_of by span { m_long_span from 30d  m_short_span from 36h }
let m_to_long = to_next(m_days_of)
let m_age = age(seen)
let m_days = floor(age(seen) / 1d)
let m_shorter = min(span, 3d)
let m_ratio = span / 90min
let m_weeks = (seen - 2026-01-01T00:00) / 1w
tag m_long when span > 36h
let m_later = seen + span
let m_earlier = born - 13mo
let m_abs = abs(points)
let m_float_tens = round(rate, -1)
let m_float_third = round(rate / 3, 2)
let m_float_square = rate * rate
let m_float_cube = rate * rate * rate
let m_float_twice = rate + rate
let m_float_thousand = rate * 1000
let m_float_part = rate / 10_000_000_000
let m_float_share = rate / (rate * 0.5)
let m_float_sum = rate + balance - 3 * rate
let m_up = ceil(rate)
let m_down = floor(balance)
let m_length = length(name)
let m_joined = name + "-" + user_id
let m_lower = lower(name)
let m_lowest = lower("ΑΣ " + name + "Σ")
let m_quotient = balance / points
let m_rates = avg(users.rate per active)
let m_fine = balance * 0.12345 + 0.1234567
let m_finer = balance * 0.00001 * 0.0001
let m_fine_sum = sum(orders.amount * 0.123456)
let m_fine_mean = avg(orders.amount * 0.123456)
let m_fine_left = mod(balance * 1.00001, 0.0000007)
let m_fine_minus = -(balance * 1.0000001)
let m_fine_size = abs(0.00000001 - balance)
let m_fine_round = round(balance * 1.0000001, 5)
let m_fine_half = quantile(orders.amount * 1.000001, 50%)
let m_products = points * balance
let m_either = if active then balance * 2 else points ?? 0
let m_year = year(seen)
let m_month_of = month(born)
tag m_this_week when seen during this week or born during last year
tag m_next when born within next 30d or seen between 1d..<30d
tag m_old when age(born) >= 60y or age(seen) between 1d..1y
"#;

/// The rows of `channels`, and both lists; what of it are tables is told.
pub(super) fn context(rulebook: &Rulebook, clock: Clock, beside: &mut More) -> Context {
    let mut context = Context::new(clock);
    let Some(channels) = rulebook.schema.find("channels") else { return context };
    let text = |text: &str| Value::Text(text.into());
    let price = |cents: i128| Decimal::new(cents, 2).map_or(Value::Missing, Value::Decimal);
    let rows = vec![
        vec![text("a"), price(500), text("paid"), Value::Date(20_000)],
        vec![text("\u{6c34}\u{679c}"), price(501), Value::Missing, Value::Date(20_500)],
        vec![text("A, \"q\""), Value::Missing, text("paid"), Value::Missing],
        vec![text("e\u{301}"), price(-325), text("it's"), Value::Date(20_454)],
        vec![text(""), price(0), text("none"), Value::Missing],
    ];
    let mut lookup = Lookup::default();
    for row in &rows {
        assert!(lookup.insert(&row[0], row.clone(), &context.clock));
    }
    context.lookups.insert(channels, lookup);
    beside.reference.insert(channels, rows);
    let (blocked, banned) = (["a", "it's \\ --", "x\ny"], ["u0", "\u{6c34}\u{679c}", "b"]);
    let texts = |texts: [&str; 3]| texts.into_iter().map(Arc::from).collect();
    context.lists = vec![texts(blocked), texts(banned)];
    beside.lists = vec![("banned".into(), "who".into(), banned.map(str::to_owned).into())];
    context
}
