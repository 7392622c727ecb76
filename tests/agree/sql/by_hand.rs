//! Rulebooks written by hand, one a theme, over the whole language and over data with all the nasties: every cell as the plain
//! interpreter has it. The first lines of each say its zone and as-of; its tables stand in `by_hand/tables`.

use std::path::{Path, PathBuf};

use super::{
    Asked, Engine, compare,
    shipped::{Shipped, asked},
};

/// On Spark, which takes its time: those that once differed there, and some more. All of them with SQL_CASES.
const FEW: [&str; 20] = [
    "berlin_funnels",
    "berlin_since",
    "big_decimals",
    "decimals",
    "empty_list",
    "firstlast",
    "havana_funnels",
    "intlimits",
    "lists_and_missing",
    "lists_of_numbers",
    "missing",
    "nobody_per",
    "overflow",
    "quantiles",
    "ranks",
    "rounds",
    "st_johns",
    "topn_ties",
    "windows",
    "without_state",
];

/// A folder, the file of its users, and those of child tables.
type Folder = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const FOLDERS: [Folder; 6] = [
    ("", "users.jsonl", &[("orders", "orders.jsonl"), ("events", "events.jsonl"), ("visits", "visits.jsonl")]),
    // Funnels where clocks go back and forth, and months end: limits that end in another order than they begin.
    ("clocks", "users.jsonl", &[("events", "events.jsonl"), ("visits", "visits.jsonl"), ("days", "days.jsonl")]),
    // A clock that goes back over midnight, whose day had begun.
    ("evenings", "users.jsonl", &[("visits", "visits.jsonl")]),
    // Groups of nobody, ends the wrong way round, and floats at the edge of a digit.
    ("edges", "people.jsonl", &[("parts", "parts.jsonl")]),
    // Lists of numbers, what is missing in lists, and a table that is looked up and has no row.
    ("numbers", "sellers.jsonl", &[("buys", "buys.jsonl")]),
    // Names that must be quoted, and numbers of every width.
    ("quoted", "members.jsonl", &[("buys", "buys.jsonl"), ("\u{70b9}\u{51fb} log", "clicks.jsonl")]),
];

pub(super) fn rulebooks() -> Vec<Shipped> {
    FOLDERS.into_iter().flat_map(|(folder, root, children)| rulebooks_of(folder, root, children)).collect()
}

fn rulebooks_of(folder: &str, root: &str, children: &[(&str, &str)]) -> Vec<Shipped> {
    let folder = Path::new("tests/agree/sql/by_hand").join(folder);
    let tables = std::fs::read_to_string(folder.join("tables")).unwrap();
    let files = std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|it| it.extension().is_some_and(|it| it == "rules")).collect();
    files.sort();
    let all = files.into_iter().map(|rules| {
        let own = std::fs::read_to_string(&rules).unwrap();
        let as_of = own.lines().find_map(|it| it.strip_prefix("# as of ")).unwrap().to_owned();
        let children = children.iter().map(|(table, file)| ((*table).to_owned(), (*file).to_owned())).collect();
        Shipped { folder: folder.clone(), rules, text: own + &tables, root: root.to_owned(), children, as_of }
    });
    all.collect()
}

fn agree(engine: Engine, wanted: impl Fn(&str) -> bool) {
    let Some(mut driver) = engine.driver() else { return };
    let name = |it: &Shipped| it.rules.file_stem().unwrap().to_string_lossy().into_owned();
    let all: Vec<Shipped> = rulebooks().into_iter().filter(|it| wanted(&name(it))).collect();
    let asked: Vec<Asked> = all.iter().filter_map(|it| asked(engine, it)).collect();
    let refused = all.len() - asked.len();
    compare(engine, &mut driver, &asked, refused);
}

#[test]
fn what_is_written_by_hand_is_the_same_on_duckdb() {
    agree(Engine::DuckDb, |_| true);
}

#[test]
fn what_is_written_by_hand_is_the_same_on_postgres() {
    agree(Engine::Postgres, |_| true);
}

#[test]
fn what_is_written_by_hand_is_the_same_on_clickhouse() {
    // It takes a clock change at a minute past for one at the hour.
    agree(Engine::ClickHouse, |name| name != "st_johns");
}

#[test]
fn what_is_written_by_hand_is_the_same_on_spark() {
    let all = std::env::var_os("SQL_CASES").is_some();
    agree(Engine::Spark, |name| all || FEW.contains(&name));
}
