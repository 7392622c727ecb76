//! How a way in and a change in time read: rule, record, what is told.

use tagwell::{explain::What, value::Truth};

use super::Rules;

const TABLE: &str = "\
rulebook \"shown\" timezone \"Asia/Shanghai\"
table users key id { id: text  points: int?  spend: decimal(2)?  rate: float?  city: text?  active: bool?  seen: timestamp?  born: date?  mobile: text?  interests: list of text? }
param least = 500
";

/// The lines below the tree.
fn told(rule: &str, record: &str) -> String {
    told_of(&format!("tag it when {rule}"), record)
}

fn told_of(declarations: &str, record: &str) -> String {
    let rules = Rules::new(&format!("{TABLE}{declarations}\n"), "2026-11-22T10:00");
    let user = rules.user(&format!("{{\"id\": \"u\", {record}}}"));
    let id = rules.rulebook().find("it").unwrap();
    let results = rules.explain(&user, &[id]);
    let text = tagwell::explain::text(&"u".into_value(), rules.clock(), &results, &|_, word| word.to_owned());
    let closing = text.lines().skip(3).filter(|line| {
        ["  nearest", "  no way", "  from", "  until", "  to "].iter().any(|head| line.starts_with(head))
    });
    closing.map(|line| line.trim().trim_end_matches(", if nothing else happens")).collect::<Vec<_>>().join(" | ")
}

trait IntoValue {
    fn into_value(self) -> tagwell::value::Value;
}

impl IntoValue for &str {
    fn into_value(self) -> tagwell::value::Value {
        tagwell::value::Value::Text(self.into())
    }
}

#[test]
fn what_is_denied_by_its_own_word_is_one_condition() {
    let table = [
        ("city not in [\"上海\"]", "\"city\": \"上海\""),
        ("(city not in [\"上海\"])", "\"city\": \"上海\""),
        ("points not between 1..5", "\"points\": 3"),
        ("city not contains \"海\"", "\"city\": \"上海\""),
        ("city not starts with \"上\"", "\"city\": \"上海\""),
        ("city not ends with \"海\"", "\"city\": \"上海\""),
        ("city not matches /海/", "\"city\": \"上海\""),
        ("interests not has \"茶\"", "\"interests\": [\"茶\"]"),
        ("interests not has any of [\"茶\"]", "\"interests\": [\"茶\"]"),
        ("seen not within 30d", "\"seen\": \"2026-11-20T10:00\""),
        ("seen not between 1d..30d", "\"seen\": \"2026-11-20T10:00\""),
        ("seen not during this month", "\"seen\": \"2026-11-20T10:00\""),
    ];
    for (rule, record) in table {
        let rules = Rules::new(&format!("{TABLE}tag it when {rule}\n"), "2026-11-22T10:00");
        let user = rules.user(&format!("{{\"id\": \"u\", {record}}}"));
        let results = rules.explain(&user, &[rules.rulebook().find("it").unwrap()]);
        let [leaf] = results[0].tree.as_slice() else { panic!("{rule}: {:?}", results[0].tree) };
        assert_eq!((leaf.what, leaf.text.as_str()), (What::Leaf, rule));
        assert_eq!(leaf.truth, Some(Truth::False), "{rule}");
        assert_eq!((leaf.facts.len(), leaf.branches.len()), (1, 0), "{rule}");
        assert_eq!(leaf.window.is_some(), rule.starts_with("seen"), "{rule}");
        let nearest = results[0].nearest.as_ref().unwrap();
        assert_eq!(nearest.iter().map(|change| change.leaf.as_str()).collect::<Vec<_>>(), [rule]);
    }
}

#[test]
fn amounts_and_moments() {
    let table = [
        ("spend > 500", "\"spend\": 480", "nearest way in: spend is 480.00: 20.01 more"),
        ("spend > least", "\"spend\": 480", "nearest way in: spend is 480.00: 20.01 more"),
        ("rate > 500", "\"rate\": 480", "nearest way in: rate is 480.0: more than 20 more"),
        ("rate >= 500", "\"rate\": 480", "nearest way in: rate is 480.0: 20 more"),
        ("rate < 0.5", "\"rate\": 0.75", "nearest way in: rate is 0.75: more than 0.25 less"),
        ("rate > 500", "\"rate\": null", "nearest way in: rate is missing: would have to be more than 500.0"),
        ("points between 3..5", "\"points\": 9", "nearest way in: points is 9: 4 less"),
        ("points in [1, 8]", "\"points\": 6", "nearest way in: points is 6: 2 more"),
        ("mod(points, 7) = 3", "\"points\": 12", "nearest way in: points is 12: 2 less"),
        ("points * 2 + 1 > 100", "\"points\": 3", "nearest way in: points is 3: 47 more"),
        ("city = \"北京\"", "\"city\": \"上海\"", "nearest way in: city is \"上海\": would have to be \"北京\""),
        (
            "city != \"北京\"",
            "\"city\": \"北京\"",
            "nearest way in: city is \"北京\": would have to be another, such as \"x\"",
        ),
        ("lower(city) = \"rome\"", "\"city\": \"Oslo\"", "nearest way in: city is \"Oslo\": would have to be \"rome\""),
        (
            "mobile matches /^1[3-9]\\d{9}$/",
            "\"mobile\": \"x\"",
            "nearest way in: mobile is \"x\": would have to be another, such as \"13000000000\"",
        ),
        ("city is known", "\"city\": null", "nearest way in: city is missing: would have to be known, such as \"x\""),
        (
            "length(city) > 2",
            "\"city\": null",
            "nearest way in: city is missing: would have to be known, such as \"xxx\"",
        ),
        ("rate is known", "\"rate\": null", "nearest way in: rate is missing: would have to be known, such as 0.0"),
        (
            "floor(age(seen) / 1d) between 700..800",
            "\"seen\": \"2026-11-01T08:00\"",
            "nearest way in: seen is 2026-11-01 08:00: would have to be 2024-12-22 10:00 | from 2028-10-01 08:00",
        ),
        (
            "points > spend and spend > 5",
            "\"points\": 4, \"spend\": 2",
            "nearest way in: spend is 2.00: 3.01 more; and points is 4: 2 more",
        ),
        (
            "interests has \"tea\"",
            "\"interests\": [\"rice\"]",
            "nearest way in: interests is [\"rice\"]: would have to be [\"rice\",\"tea\"]",
        ),
        ("active", "\"active\": null", "nearest way in: active is missing: would have to be true"),
        ("active is missing", "\"active\": true", "nearest way in: active is true: would have to be missing"),
        ("points > 5 and points < 3", "\"points\": 4", "no way in: no other values of this user would do"),
        ("points > spend", "\"points\": 4, \"spend\": 7.5", "nearest way in: points is 4: 4 more"),
        (
            "points > spend",
            "\"points\": null",
            "nearest way in: points is missing: would have to be 1; and spend is missing: would have to be 0.00",
        ),
        ("spend > 500 and spend > 100", "\"spend\": 50", "nearest way in: spend is 50.00: 450.01 more"),
        (
            "(spend > 500 and active) or points > 5",
            "\"spend\": 50, \"points\": 2",
            "nearest way in: points is 2: 4 more",
        ),
        (
            "at least 2 of (points > 5, spend > 5, active)",
            "\"points\": 2, \"spend\": 9",
            "nearest way in: points is 2: 4 more",
        ),
        // Time.
        ("seen within 30d", "\"seen\": \"2026-11-01T08:00\"", "until 2026-12-01 08:00:00.000001"),
        (
            "seen < 30d ago",
            "\"seen\": \"2026-11-03T08:00\"",
            "nearest way in: seen is 2026-11-03 08:00: would have to be 2026-10-23 09:59:59.999999 | from 2026-12-03 08:00:00.000001",
        ),
        (
            "seen <= 30d ago",
            "\"seen\": \"2026-11-03T08:00\"",
            "nearest way in: seen is 2026-11-03 08:00: would have to be 2026-10-23 10:00 | from 2026-12-03 08:00",
        ),
        ("born within 1mo", "\"born\": \"2026-10-31\"", "until 2026-12-01 00:00"),
        (
            "age(born) >= 18y",
            "\"born\": \"2009-02-28\"",
            "nearest way in: born is 2009-02-28: would have to be 2008-11-22 | from 2027-02-28 00:00",
        ),
        (
            "anniversary(born) = today",
            "\"born\": \"2004-02-29\"",
            "nearest way in: born is 2004-02-29: would have to be 2003-11-22 | from 2027-02-28 00:00",
        ),
        (
            "now > 2027-01-01",
            "\"points\": 1",
            "no way in: no other values of this user would do | from 2027-01-02 00:00",
        ),
        (
            "points > 5 and weekday(today) = 1",
            "\"points\": 9",
            "no way in: no other values of this user would do | from 2026-11-23 00:00",
        ),
        ("hour(now) between 9..17", "\"points\": 9", "until 2026-11-22 18:00"),
    ];
    let mut wrong = vec![];
    for (rule, record, expected) in table {
        let found = told(rule, record);
        if found != expected {
            wrong.push(format!("{rule} of {record}\n  {found}\n  {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn steps_up_and_funnels() {
    let card = "level card by points { gold from 8000  silver from 500  red otherwise }\n";
    let path = "table visits of users by id at at { id: text  at: timestamp  page: text }\n\
                funnel path on visits { basket when page = \"b\"  buy within 7d when page = \"x\" }\n";
    let basket = "\"visits\": [{\"at\": \"2026-11-22T08:00\", \"page\": \"b\"}]";
    let table = [
        (format!("{card}tag it when card >= silver"), "\"points\": 450", "nearest way in: points is 450: 50 more"),
        (
            "level it by points { gold from 8000  silver from 500  red otherwise }".into(),
            "\"points\": 450",
            "to silver: points is 450: 50 more",
        ),
        (
            "score it { 20 when points > 500  10 when points > 100 }".into(),
            "\"points\": 50",
            "to 10 more: points is 50: 51 more",
        ),
        (
            "score it { 20 when points > 100  10 when points > 90 } clamp 0..25".into(),
            "\"points\": 95",
            "to 15 more: points is 95: 6 more",
        ),
        (
            "score it { 20 when points > 100  minus 30 when points > 100  5 when spend > 1 }".into(),
            "\"points\": 95, \"spend\": 1",
            "to 5 more: spend is 1.00: 0.01 more",
        ),
        ("score it from 90 { 20 when points > 100 } clamp 0..90".into(), "\"points\": 95", ""),
        (
            "score it { 5 when points > 0  minus 30 when points > 100 }".into(),
            "\"points\": 150",
            "to 30 more: points is 150: 50 less",
        ),
        (
            format!("{path}tag it when path = basket and reached(path) < 1d ago"),
            basket,
            "nearest way in: reached(path) is 2026-11-22 08:00: would have to be 2026-11-21 09:59:59.999999 | \
             from 2026-11-23 08:00:00.000001",
        ),
        (
            format!("{path}let since = age(reached(path))\ntag it when since > 30d"),
            basket,
            "nearest way in: reached(path) is 2026-11-22 08:00: would have to be 2026-10-23 09:59:59.999999 | \
             from 2026-12-22 08:00:00.000001",
        ),
        (
            format!("{path}level it {{ lost when reached(path) < 30d ago  warm otherwise }}"),
            basket,
            "to lost: reached(path) is 2026-11-22 08:00: would have to be 2026-10-23 09:59:59.999999 | \
             until 2026-12-22 08:00:00.000001",
        ),
        (
            format!("{path}tag it when path = buy"),
            basket,
            "nearest way in: path is \"basket\": would have to be \"buy\"",
        ),
    ];
    let mut wrong = vec![];
    for (rules, record, expected) in table {
        let found = told_of(&rules, record);
        if found != expected {
            wrong.push(format!("{rules} of {record}\n  {found}\n  {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A question that is written twice has one answer.
#[test]
fn what_is_asked_twice_is_one() {
    let tables = "table orders of users by id at at { id: text  at: timestamp  amount: int }\n";
    let rule = "tag it when sum(orders.amount) < 0 and sum(orders.amount) >= points";
    let found = told_of(&format!("{tables}{rule}"), "\"points\": null");
    let told = "nearest way in: sum(orders.amount) is 0: 1 less; and points is missing: would have to be -1";
    assert_eq!(found, told);
}
