//! Everybody gets the same whatever the size of the pieces that files are read in, and on any number of threads: users and rows of whole
//! numbers as keys, keys that come twice, rows that are nobody's, bad rows, and values that do not fit where they most often do.

use std::{collections::BTreeMap, fmt::Write, sync::Mutex};

use tagwell::{
    data::{BadRow, Input},
    engine::{Everybody, Rulebook, RunError, RunSink, Users},
    ir::DefinitionId,
    schema::ColumnId,
};

const RULES: &str = r#"
table users key id { id: int  city: text?  points: int? }
table orders of users by owner at happened key number {
  number: int  owner: decimal(1)?  happened: timestamp?  amount: decimal(2)  weight: float?  kind: text?  qty: int?
}
let orders_of_theirs = count(orders)
let spend            = sum(orders.amount)
let usual            = avg(orders.amount)
let usual_of_some    = avg(orders.qty where kind = "a" or kind = "b")
let load             = sum(orders.weight)
let usual_load       = avg(orders.weight where qty != 3)
let least            = min(orders.qty)
let most_ever        = max(orders.qty where weight is known)
let earliest         = min(orders.happened)
let first_kind       = first(orders.kind)
let last_amount      = last(orders.amount)
let last_weight      = last(orders.weight within 300d)
let favourite        = most(orders.kind)
let kinds            = distinct(orders.kind)
let amounts          = count(distinct(orders.qty))
let middle           = quantile(orders.amount, 50%)
let of_rich          = count(orders where qty > points and not (kind in ["c"]))
let any_heavy        = any(orders where weight > 2.5)
let neighbours       = count(users per city)
let fifth            = ntile(spend, 5)
tag best when top 10% by spend
tag poor when bottom 7 by (points where city is known)
let usual_spend      = avg(users.spend where orders_of_theirs > 0)
"#;

#[derive(Default)]
struct Sink {
    users: Mutex<Vec<String>>,
    bad: Mutex<Vec<String>>,
}

impl RunSink for Sink {
    type Ready = Vec<String>;

    fn prepare(&self, users: &Users<'_>) -> Vec<String> {
        (0..users.rows()).map(|row| format!("{:?} {:?}", users.record(row), users.answers(row).values)).collect()
    }

    fn take(&self, ready: Vec<String>) -> Result<(), RunError> {
        self.users.lock().unwrap().extend(ready);
        Ok(())
    }

    fn bad_row(&self, row: Box<BadRow>) -> Result<(), RunError> {
        self.bad.lock().unwrap().push(row.to_string());
        Ok(())
    }
}

fn users() -> String {
    let cities = ["上海", "", "北京", "苏州"];
    (0..900_usize).fold("id,city,points\n".to_owned(), |mut text, at| {
        // Some ids twice, one that is none, one far from the others.
        let id = match at {
            100 | 731 => "17".to_owned(),
            444 => "x".to_owned(),
            500 => "9000000000000000000".to_owned(),
            at => (at * 7 % 1009).to_string(),
        };
        let points = if at % 9 == 0 { String::new() } else { (at % 23).to_string() };
        let _ = writeln!(text, "{id},{},{points}", cities[at % 4]);
        text
    })
}

fn orders() -> String {
    (0..6000_usize).fold("number,owner,happened,amount,weight,kind,qty\n".to_owned(), |mut text, at| {
        let number = if at % 701 == 700 { at - 3 } else { at };
        let owner = match at % 50 {
            0 => String::new(),
            1 => format!("{}.5", at % 900),
            _ => format!("{}.0", at * 13 % 1100),
        };
        let happened = match at % 31 {
            0 => String::new(),
            30 => "2027-01-01T00:00".to_owned(),
            day => format!("2026-{:02}-{:02}T{:02}:00", at % 11 + 1, day % 28 + 1, at % 3),
        };
        let amount = match at % 400 {
            3 => "much".to_owned(),
            7 => "999999999999999999999999999999999999.99".to_owned(),
            9 => "92233720368547758.07".to_owned(),
            _ => format!("{}.{:02}", at % 97, at % 100),
        };
        let weight = ["0.1", "", "1e16", "-1e16", "3.25", "1e300", "-1e300", "5e-324"][at % 8];
        let kind = ["a", "b", "c", "", "d"][at * 7 % 5];
        let qty = match at % 777 {
            5 => "9223372036854775807".to_owned(),
            6 => "-9223372036854775808".to_owned(),
            rest if rest % 10 == 0 => String::new(),
            rest => (rest % 12).to_string(),
        };
        let _ = writeln!(text, "{number},{owner},{happened},{amount},{weight},{kind},{qty}");
        text
    })
}

#[test]
fn a_round_may_be_of_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Input::parse(&path.to_string_lossy()).unwrap()
    };
    let (users, orders) = (file("users.csv", users()), file("orders.csv", orders()));
    let checked = Rulebook::parse("a.rules", RULES).unwrap().check(&Default::default()).unwrap();
    let engine = checked.engine(checked.clock("2026-11-22").unwrap());
    let rulebook = engine.rulebook();
    let reads = rulebook.reads((0..rulebook.definitions.len() as u32).map(DefinitionId));
    let root = rulebook.schema.root();
    let needed: Vec<ColumnId> = (0..root.columns.len() as u32).map(ColumnId).collect();
    let run = |piece: Option<usize>, threads: usize| {
        let everybody = Everybody {
            users: &users,
            table: root,
            needed: &needed,
            children: BTreeMap::from([(rulebook.schema.find("orders").unwrap(), Some(orders.clone()))]),
            reads: &reads,
            check_keys: true,
            verbatim: true,
        };
        let mut sink = Sink::default();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let ran = pool.install(|| engine.run_whole_in(&everybody, piece, &mut sink)).unwrap();
        (
            sink.users.into_inner().unwrap(),
            sink.bad.into_inner().unwrap(),
            format!("{:?} {:?} {:?}", ran.tally, ran.children, ran.metrics),
        )
    };
    let whole = run(None, 1);
    assert_eq!(whole.0.len(), 897);
    let count = |words: &str| whole.1.iter().filter(|row| row.contains(words)).count();
    assert_eq!((count("the key `17` is there already, "), count("`x`"), count("much")), (2, 1, 15));
    assert_eq!(count("is there already") - 2, 7, "one of the orders that repeat a number is bad anyway");
    for (piece, threads) in [(None, 3), (Some(1), 2), (Some(100), 1), (Some(5000), 4)] {
        let other = run(piece, threads);
        assert!(other == whole, "pieces of {piece:?} bytes on {threads} threads");
    }
}
