//! Tags users one by one inside a program, each in about the time of a function call: `cargo run --example embed`.
//!
//! Rules are compiled once. Any number of threads share the matcher; each has a scratch of its own, and asking about a user takes
//! no memory.
//!
//! A column that is not set is missing, and `record.clear()` forgets the last user's values. Moments are texts as in data, or
//! `Value::Timestamp` of microseconds since 1970. Rows of child tables come with JSON or beside the record: `docs/embedding.md`.

use std::thread;

use tagwell::engine::Rulebook;

const RULES: &str = r#"
table users key user_id {
  user_id:    text
  city:       text?
  purchases:  int
  spend:      decimal(2)
  last_order: date?
}

tag vip   "重要客户" when purchases >= 3 and spend > 500
tag local "本地"     when city in ["上海", "苏州"]
tag gone  "流失"     when last_order < 180d ago

level membership by spend { gold from 5000  silver from 500  red otherwise }
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let checked = Rulebook::parse("shop.rules", RULES)?.check(&Default::default())?;
    let matcher = checked.engine(checked.clock("2026-11-22")?).matcher()?;

    // Typed values, set by name.
    let mut scratch = matcher.scratch();
    let mut record = matcher.record();
    record.set("purchases", 4)?.set("spend", 720.5)?.set("city", "上海")?.set("last_order", "2026-10-10")?;
    let matches = matcher.evaluate(&record, &mut scratch)?;
    println!("{:?}, {:?}", matches.tags().collect::<Vec<_>>(), matches.choice("membership"));

    // The next user has no city and has never ordered: what is not set is missing.
    record.clear();
    record.set("purchases", 0)?.set("spend", 0)?.set("last_order", None::<&str>)?;
    let matches = matcher.evaluate(&record, &mut scratch)?;
    println!("{:?}, {:?}", matches.tags().collect::<Vec<_>>(), matches.choice("membership"));

    // JSON, as a queue or a web request brings it.
    let json = r#"{"user_id": "u2", "purchases": 1, "spend": 20, "last_order": "2026-01-05"}"#;
    let matches = matcher.evaluate_json(json, &mut scratch)?;
    println!("{:?}, {:?}", matches.tags().collect::<Vec<_>>(), matches.choice("membership"));

    // Threads share the matcher; a tag that is asked for often is looked up once.
    let vip = matcher.find("vip").ok_or("no tag `vip`")?;
    let vips: usize = thread::scope(|scope| {
        let count = |from: i64| {
            let matcher = &matcher;
            scope.spawn(move || {
                let (mut scratch, mut record, mut vips) = (matcher.scratch(), matcher.record(), 0);
                for spend in from..from + 1000 {
                    let set = record.set("purchases", 3).and_then(|record| record.set("spend", spend));
                    let found = set.and_then(|record| matcher.evaluate(record, &mut scratch));
                    vips += usize::from(found.is_ok_and(|matches| matches.has_id(vip)));
                }
                vips
            })
        };
        let threads: Vec<_> = [0, 1000].into_iter().map(count).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum()
    });
    println!("{vips} of 2000");
    Ok(())
}
