//! Users who are asked about one by one get what the plain interpreter says, of many rules and of the shapes that generated rules
//! seldom have.

use tagwell::{
    engine::{Engine, Matcher, RecordError, Rulebook},
    eval::{Children, User},
    ir::DefinitionId,
    value::Value,
};

#[path = "../../benches/support/mod.rs"]
mod support;

fn engine(rules: &str) -> Engine {
    let rulebook = Rulebook::parse("one.rules", rules).unwrap_or_else(|problems| panic!("{problems}"));
    let checked = rulebook.check(&Default::default()).unwrap_or_else(|problems| panic!("{problems}"));
    checked.engine(checked.clock("2026-11-22").unwrap())
}

/// Each user's tags and values, whatever is asked for first.
fn agrees(engine: &Engine, users: &[Vec<Value>]) {
    let matcher = engine.matcher().unwrap();
    let mut scratch = matcher.scratch();
    let (rulebook, none) = (engine.rulebook(), Children::new());
    for user in users {
        let plain = engine.interpreter().evaluate(User { record: user, children: &none });
        let matches = matcher.evaluate(user, &mut scratch).unwrap();
        for (definition, at) in rulebook.definitions.iter().zip(0..) {
            let (name, expected) = (&definition.name, plain.value(DefinitionId(at)));
            assert_eq!(matches.has(name), *expected == Value::Bool(true), "{name} of {user:?}");
            assert_eq!(format!("{:?}", matches.value(name)), format!("{:?}", Some(expected)), "{name} of {user:?}");
        }
    }
}

/// More than fit into one row, and more pieces than have rows of their own.
#[test]
fn of_many_rules() {
    let engine = engine(&support::rulebook(1_600, 3));
    let matcher = engine.matcher().unwrap();
    let mut scratch = matcher.scratch();
    let none = Children::new();
    for user in support::users(60, 5) {
        let plain = engine.interpreter().evaluate(User { record: &user, children: &none });
        let expected = plain.values.iter().zip(0..).filter(|(value, _)| **value == Value::Bool(true));
        let expected: Vec<DefinitionId> = expected.map(|(_, at)| DefinitionId(at)).collect();
        assert!(!expected.is_empty());
        assert_eq!(matcher.evaluate(&user, &mut scratch).unwrap().tag_ids().collect::<Vec<_>>(), expected);
    }
}

/// Conditions on levels, quorums, what would be too many alternatives, texts that no rule names, unknown and not.
#[test]
fn of_every_shape() {
    let rules = support::TABLE.to_owned()
        + r#"
level membership by points { gold from 9000  silver from 2000  red otherwise }
level standing { high when spend > 3000 and visits > 100  low when average < 200 }
layer stage { active when last_order within 30d  fading when last_order within 120d  gone when purchases > 0 }
score heat from 20 { 40 when active_one  minus 10 when age > 50 } clamp 0..50
let rich = spend > 2000 or average > 300
let total = points + visits
tag active_one when stage = active and membership != red
tag not_high   when standing != high
tag no_standing when standing is missing
tag some_stage when stage is known and not (stage in [gone, fading])
tag rich_not   when not rich
tag open       when rich is missing
tag closed     when not active_one
tag warm       when heat >= 30 and total > 5000
tag two        when at least 2 of (age > 30, average > 250, last_order within 60d, grade = "a")
tag many       when at least 5 of (age > 30, average > 250, last_order within 60d, grade = "a", city = "上海", visits > 100,
                 points > 5000, spend > 1000, purchases > 10, opted_out, source = "ad", first_order < 300d ago)
tag not_many   when not many
tag pairs      when (age > 30 or average > 250) and (city = "上海" or grade = "a") and (visits > 100 or spend > 1000)
                 and (points > 5000 or purchases > 10) and (source = "ad" or not opted_out)
tag not_pairs  when not (age > 30 and average > 250 or city = "上海" and grade = "a")
tag chosen     when if age > 40 then grade = "a" else city = "上海"
tag looks      when city contains "海" or city starts with "北" or grade > "b"
tag other_city when city not in ["上海", "北京"] and city != "广州"
tag city_known when city is known and (average is missing or age is missing)
tag future     when age(seen) > 2000h and not (age(seen) < 3000h)
tag computed   when spend / visits > 20 or date(seen) < last_order
tag always     when 1 < 2
tag never      when age > 30 and age < 20
"#;
    agrees(&engine(&rules), &support::users(300, 9));
}

#[test]
fn of_lists() {
    let rules = r#"
table users key id { id: text  likes: list of text? }
tag tea      when likes has "tea"
tag not_tea  when not (likes has "tea")
tag either   when likes has any of ["tea", "coffee"]
tag both     when likes has all of ["tea", "coffee"]
tag neither  when likes has none of ["tea", "coffee"]
tag not_both when not (likes has all of ["tea", "coffee"])
tag some     when not (likes has none of ["tea", "milk"]) and likes has "coffee"
tag open     when (likes has "tea") is missing
"#;
    let list = |texts: &[&str]| vec![Value::from("u"), Value::from(texts.to_vec())];
    let users =
        [list(&[]), list(&["tea"]), list(&["coffee", "tea", "tea"]), list(&["milk", "x"]), list(&["coffee"]), vec![]];
    agrees(&engine(rules), &users);
}

#[test]
fn arms_of_an_exclusive_layer_that_both_apply_are_told() {
    let matcher =
        engine("layer stage exclusive { some when a > 1  more when a > 2  rest otherwise }").matcher().unwrap();
    let mut scratch = matcher.scratch();
    let mut record = matcher.record();
    record.set("a", 2).unwrap();
    assert_eq!(matcher.evaluate(&record, &mut scratch).unwrap().choice("stage"), Some("some"));
    record.set("a", 3).unwrap();
    let told = matcher.evaluate(&record, &mut scratch).unwrap_err();
    assert_eq!(told.to_string(), "`some` and `more` of the exclusive layer `stage` both apply");
    record.clear();
    assert_eq!(matcher.evaluate(&record, &mut scratch).unwrap().choice("stage"), Some("rest"));
}

#[test]
fn a_rule_about_everybody_is_told() {
    let told = engine("tag rich when spend > avg(users.spend)").matcher().unwrap_err();
    assert_eq!(told, RecordError::NeedsPopulation(Some("rich".into())));
}

#[test]
fn values_are_read_as_their_columns_types() {
    let matcher =
        engine(&(support::TABLE.to_owned() + "tag big when spend >= 500 and average > 1 and last_order within 30d"));
    let matcher = matcher.matcher().unwrap();
    let mut scratch = matcher.scratch();
    let mut record = matcher.record();
    record.set("spend", 500).unwrap().set("average", 1.5).unwrap().set("last_order", "2026-11-20").unwrap();
    assert!(matcher.evaluate(&record, &mut scratch).unwrap().has("big"));
    // Typed values that are of another type, as if they had been set.
    let mut values = record.to_vec();
    (values[8], values[9]) = (Value::Float(500.0), Value::Int(2));
    let matches = matcher.evaluate(&values, &mut scratch).unwrap();
    assert!(matches.has("big"));
    assert_eq!(matches.record()[9], Value::Float(2.0));
    for (name, value, told) in [
        ("spend", Value::Float(1.005), "`spend`: `1.005` has more than 2 digits after the point"),
        ("average", Value::Float(f64::NAN), "`average`: `NaN` is not a finite number"),
        ("average", Value::from("1.5"), "`average`: `1.5` is a text in quotes, and a number without them is wanted"),
        ("last_order", Value::from("soon"), "`last_order`: `soon` is not a date"),
        ("points", Value::Missing, "`points` is missing, and its type `int` may not be (`int?` may)"),
        ("spent", Value::Int(1), "no column of the users' table is called `spent`"),
    ] {
        let error = matcher.record().set(name, value).map(|_| ()).unwrap_err();
        assert!(error.to_string().starts_with(told), "{error}");
    }
    values[9] = Value::Float(f64::INFINITY);
    assert!(matcher.evaluate(&values, &mut scratch).is_err());
}

#[test]
fn threads_share_a_matcher() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    fn of_one<T: Send>(_: &T) {}
    let matcher: Matcher = engine("tag a when x > 1").matcher().unwrap();
    shared(&matcher);
    of_one(&matcher.scratch());
}
