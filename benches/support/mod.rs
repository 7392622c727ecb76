//! Rulebooks and users to measure with, from a seed: the same number gives the same.

use std::fmt::Write;

use tagwell::value::{Decimal, Value};

/// Numbers that look like dice, the same on every machine (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    /// A number from 0 up to but not including `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % n
    }

    /// One of some.
    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

const CITIES: &[&str] =
    &["上海", "北京", "广州", "深圳", "杭州", "成都", "武汉", "苏州", "南京", "重庆", "天津", "西安"];
const SOURCES: &[&str] = &["search", "social", "friend", "shop", "ad"];
const GRADES: &[&str] = &["a", "b", "c", "d"];

/// The users' table: fourteen columns.
pub(crate) const TABLE: &str = "table users key user_id {
  user_id:     text
  city:        text?
  source:      text
  grade:       text?
  age:         int?
  points:      int
  purchases:   int
  visits:      int
  spend:       decimal(2)
  average:     float?
  first_order: date?
  last_order:  date?
  seen:        timestamp?
  opted_out:   bool
}
";

/// A rulebook of so many tags of two to five conditions; of every fifth, two of them are alternatives.
pub(crate) fn rulebook(tags: usize, seed: u64) -> String {
    let dice = &mut Dice(seed);
    let mut text = TABLE.to_owned();
    for tag in 0..tags {
        let mut conditions: Vec<String> = (0..2 + dice.below(4)).map(|_| condition(dice)).collect();
        if dice.below(5) == 0 {
            let [a, b] = [condition(dice), condition(dice)];
            conditions.push(format!("({a} or {b})"));
            conditions.remove(0);
        }
        let _ = writeln!(text, "tag t{tag} when {}", conditions.join(" and "));
    }
    text
}

fn condition(dice: &mut Dice) -> String {
    let number = |dice: &mut Dice, name: &str, most: u64| match dice.below(3) {
        0 => format!("{name} >= {}", dice.below(most)),
        1 => format!("{name} < {}", dice.below(most)),
        _ => {
            let low = dice.below(most);
            format!("{name} between {low}..{}", low + most / 4)
        }
    };
    match dice.below(13) {
        0 => format!("city = {:?}", dice.of(CITIES)),
        1 => format!("source in [{:?}, {:?}]", dice.of(SOURCES), dice.of(SOURCES)),
        2 => format!("grade != {:?}", dice.of(GRADES)),
        3 => number(dice, "age", 80),
        4 => number(dice, "points", 20_000),
        5 => number(dice, "purchases", 40),
        6 => number(dice, "visits", 300),
        7 => number(dice, "spend", 5_000),
        8 => number(dice, "average", 500),
        9 => format!("first_order < {}d ago", dice.below(1_500)),
        10 => format!("last_order within {}d", 1 + dice.below(400)),
        11 => format!("age(seen) > {}h", dice.below(5_000)),
        _ => dice.of(&["opted_out", "not opted_out"]).to_owned(),
    }
}

/// So many users, by the columns of [`TABLE`]. Of what may be missing, a tenth is.
pub(crate) fn users(number: usize, seed: u64) -> Vec<Vec<Value>> {
    let dice = &mut Dice(seed);
    let today = 20_779;
    (0..number).map(|at| user(dice, at, today)).collect()
}

fn user(dice: &mut Dice, at: usize, today: i32) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.into());
    let mut some = |value: &dyn Fn(&mut Dice) -> Value| {
        if dice.below(10) == 0 { Value::Missing } else { value(dice) }
    };
    let city = some(&|dice| text(dice.of(CITIES)));
    let grade = some(&|dice| text(dice.of(GRADES)));
    let age = some(&|dice| Value::Int(10 + dice.below(80) as i64));
    let average = some(&|dice| Value::Float(dice.below(50_000) as f64 / 100.0));
    let first_order = some(&|dice| Value::Date(today - dice.below(1_500) as i32));
    let last_order = some(&|dice| Value::Date(today - dice.below(400) as i32));
    let seen = some(&|dice| Value::Timestamp((i64::from(today) * 24 - dice.below(5_000) as i64) * 3_600_000_000));
    vec![
        text(&format!("u{at:08}")),
        city,
        text(dice.of(SOURCES)),
        grade,
        age,
        Value::Int(dice.below(20_000) as i64),
        Value::Int(dice.below(40) as i64),
        Value::Int(dice.below(300) as i64),
        Value::Decimal(Decimal { mantissa: i128::from(dice.below(500_000)), scale: 2 }),
        average,
        first_order,
        last_order,
        seen,
        Value::Bool(dice.below(10) == 0),
    ]
}
