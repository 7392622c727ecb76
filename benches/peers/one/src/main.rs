//! One record in memory against all rules: Tagwell beside a-tree, CEL and ZEN, each in the best form found, on one thread, checked to
//! find the same tags, and a table of nanoseconds and ratios of this one run.
//!
//!     one [FOLDER] [SEED]
//!
//! FOLDER holds `tags-N-sSEED.rules` and `.json`, and `users-10000.jsonl`, as `benches/peers/people.py` and `rulebooks.py` make them.
//! Everybody is given the same records, put together beforehand: typed values, and for the others all numbers, days and moments as whole
//! numbers, which they compare fastest. Only users of whom everything is known, since the others do not know "unknown".

mod atree;
mod cel;
mod condition;
mod own;
mod zen;

use std::{env, error::Error, fs, hint::black_box, path::Path, time::Instant};

use condition::{Condition, Field};
use serde_json::Value as Json;

/// How many records are asked about, one after the other.
const RECORDS: usize = 256;
/// How often everybody takes a turn.
const ROUNDS: usize = 7;
/// How long a turn lasts at least, in nanoseconds.
const TURN: u128 = 100_000_000;

/// Somebody who knows all rules and all records.
pub trait Matcher {
    /// The tags that this record has, by their places in the rulebook: how many, and, where asked for, which.
    fn matches(&mut self, record: usize, found: Option<&mut Vec<usize>>) -> usize;
}

/// A rule: its name and its condition.
pub struct Rule {
    pub name: String,
    pub when: Condition,
}

/// A record for those who know whole numbers, texts and truths.
pub type Record = Vec<(String, Field)>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let folder = Path::new(arguments.first().map_or("/tmp/bench", String::as_str));
    let seed = arguments.get(1).map_or("1", String::as_str);
    let known = |line: &&str| !line.contains("null");
    let users = fs::read_to_string(folder.join("users-10000.jsonl"))?;
    let users: Vec<&str> = users.lines().filter(known).take(RECORDS).collect();
    let records = users.iter().map(|line| condition::record(line)).collect::<Result<Vec<Record>, _>>()?;
    println!("| rules | Tagwell | best peer | ratio | others |\n|---|---|---|---|---|");
    for size in [10, 100, 1_000, 10_000] {
        let stem = folder.join(format!("tags-{size}-s{seed}"));
        let tags: Vec<Json> = serde_json::from_slice(&fs::read(stem.with_extension("json"))?)?;
        let rules = tags.iter().map(condition::rule).collect::<Result<Vec<Rule>, _>>()?;
        let source = fs::read_to_string(stem.with_extension("rules"))?;
        let mut everybody: Vec<(&str, Box<dyn Matcher>)> = vec![
            ("tagwell", Box::new(own::Tagwell::new(&source, &users)?)),
            ("a-tree", Box::new(atree::Tree::new(&rules, &records)?)),
            ("ZEN", Box::new(zen::Zen::new(&rules, &records)?)),
            ("CEL", Box::new(cel::Cel::new(&rules, &records)?)),
        ];
        agree(&rules, &mut everybody)?;
        print_row(size, &measure(&mut everybody));
    }
    Ok(())
}

/// An error where two do not find the same tags for a record.
fn agree(rules: &[Rule], everybody: &mut [(&str, Box<dyn Matcher>)]) -> Result<(), String> {
    for record in 0..RECORDS {
        let mut all = everybody.iter_mut().map(|(who, matcher)| {
            let mut found = vec![];
            matcher.matches(record, Some(&mut found));
            found.sort_unstable();
            (*who, found)
        });
        let Some((_, expected)) = all.next() else { return Ok(()) };
        for (who, found) in all {
            if found != expected {
                let place = (0..rules.len()).find(|at| found.contains(at) != expected.contains(at));
                let name = place.and_then(|at| rules.get(at)).map_or("", |rule| &rule.name);
                return Err(format!(
                    "record {record} of {} rules: {who} and tagwell do not agree on {name}",
                    rules.len()
                ));
            }
        }
    }
    Ok(())
}

/// Nanoseconds a record, the median of all turns.
fn measure<'w>(everybody: &mut [(&'w str, Box<dyn Matcher>)]) -> Vec<(&'w str, f64)> {
    let mut turns: Vec<Vec<f64>> = vec![vec![]; everybody.len()];
    for _ in 0..ROUNDS {
        for ((_, matcher), turns) in everybody.iter_mut().zip(&mut turns) {
            let (start, mut asked) = (Instant::now(), 0);
            // As many records as last a turn; of the slow ones only some.
            while asked < RECORDS || start.elapsed().as_nanos() < TURN {
                black_box(matcher.matches(asked % RECORDS, None));
                asked += 1;
                if asked % 16 == 0 && start.elapsed().as_nanos() > 4 * TURN {
                    break;
                }
            }
            turns.push(start.elapsed().as_nanos() as f64 / asked as f64);
        }
    }
    let median = |turns: &mut Vec<f64>| {
        turns.sort_by(f64::total_cmp);
        turns[turns.len() / 2]
    };
    everybody.iter().zip(&mut turns).map(|((who, _), turns)| (*who, median(turns))).collect()
}

fn print_row(size: usize, measured: &[(&str, f64)]) {
    let own = measured.iter().find(|(who, _)| *who == "tagwell").map_or(f64::NAN, |(_, time)| *time);
    let mut peers: Vec<_> = measured.iter().filter(|(who, _)| *who != "tagwell").collect();
    peers.sort_by(|one, other| one.1.total_cmp(&other.1));
    let told = |(who, time): &&(&str, f64)| format!("{who} {time:.0} ns ({:.1} ×)", time / own);
    let (best, others) = (&peers[..1], &peers[1..]);
    let ratio = best.first().map_or(f64::NAN, |best| best.1 / own);
    let told = |peers: &[&(&str, f64)]| peers.iter().map(told).collect::<Vec<_>>().join(", ");
    println!("| {size} | {own:.0} ns | {} | **{ratio:.1} ×** | {} |", told(best), told(others));
}
