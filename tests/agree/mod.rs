//! The plain interpreter and the streaming evaluation give everybody the same, from every form of file, in any number of parts,
//! on any number of threads.

mod batches;
mod bytes;
pub(crate) mod data;
mod evaluated;
mod fields;
mod funnel;
mod one;
mod rounds;
pub(crate) mod rules;
mod settled;
mod sql;

use data::{Data, HEADERS, Moments, Record};
use evaluated::{Case, Files};
use proptest::prelude::*;
use rules::About;

fn rows(bytes: usize, most: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..bytes), 0..most)
}

/// Choices for the rows of users, orders and visits.
type Tables = (Vec<Vec<u8>>, Vec<Vec<u8>>, Vec<Vec<u8>>);

fn tables() -> impl Strategy<Value = Tables> {
    (rows(24, 7), rows(24, 28), rows(16, 10))
}

fn declarations() -> impl Strategy<Value = (Vec<u8>, Vec<Vec<u8>>)> {
    (prop::collection::vec(any::<u8>(), 0..3), prop::collection::vec(prop::collection::vec(any::<u8>(), 0..48), 1..7))
}

/// Few by default; `PROPTEST_CASES=5000 cargo test agree` takes its time.
fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { cases };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 20_000, ..default }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn streamed_is_what_the_plain_interpreter_says((setting, rules) in declarations(), (users, orders, visits) in tables(), only in any::<prop::sample::Index>()) {
        let rules = rules::rulebook(&setting, &rules, About::Everybody);
        let data = Data::from(&users, &orders, &visits, Moments::Tied);
        let case = Case::new(&rules, &data);
        let (plain, declared) = (case.plain(), case.definitions());
        for (files, threads) in [(Files::Csv, 1), (Files::Parts, 7), (Files::JsonLines, 2)] {
            let streamed = case.streamed(files, threads);
            prop_assert_eq!(&plain, &streamed.found, "{:?}\n{}", files, case);
        }
        if case.is_about_each_alone() {
            prop_assert_eq!(&plain.users, &case.one_by_one(), "{}", case);
        }
        let at = only.index(declared);
        let of_one: Vec<String> = plain.users.iter().map(|user| user.values()[at].1.clone()).collect();
        for files in [Files::Csv, Files::JsonLines] {
            prop_assert_eq!(&of_one, &case.only(at, files), "only the {}th, {:?}\n{}", at, files, case);
        }
    }

    #[test]
    fn the_order_of_a_file_is_nothing_to_go_by((setting, rules) in declarations(), (users, orders, visits) in tables(), by in any::<prop::sample::Index>()) {
        let rules = rules::rulebook(&setting, &rules, About::Everybody);
        let data = Data::from(&users, &orders, &visits, Moments::Different);
        let mut moved = data.clone();
        moved.orders.reverse();
        moved.visits.reverse();
        if !moved.orders.is_empty() {
            let by = by.index(moved.orders.len());
            moved.orders.rotate_left(by);
        }
        let (case, moved) = (Case::new(&rules, &data), Case::new(&rules, &moved));
        let (one, other) = (case.streamed(Files::Csv, 2), moved.streamed(Files::Csv, 2));
        prop_assert_eq!(&one, &other, "{}", case);
        prop_assert_eq!(&moved.plain(), &one.found, "{}", case);
    }

    #[test]
    fn a_user_alone_gets_what_they_get_among_others((setting, rules) in declarations(), (users, orders, visits) in tables()) {
        let rules = rules::rulebook(&setting, &rules, About::One);
        let data = Data::from(&users, &orders, &visits, Moments::Tied);
        let case = Case::new(&rules, &data);
        prop_assert_eq!(case.plain().users, case.one_by_one(), "{}", case);
    }
}

/// More users (4096) and rows (16384) than are looked at together.
#[test]
fn nothing_is_lost_between_batches() {
    let rules = rules::rulebook(&[], &[], About::Everybody)
        + "let orders_of_theirs = count(orders)
           let spend = sum(orders.amount)
           let favourite = most(orders.category)
           let latest = last(orders.qty)
           let heavy = avg(orders.weight where qty > 2)
           let all = count(users where spend > 0)
           let third = ntile(spend, 3)
           funnel path on orders { one when qty = 1  two when qty = 2  three within 90d when qty = 3 }
           tag keen when orders_of_theirs > 2 and favourite = \"a\"\n";
    let byte = |at: usize, by: usize| ((at * 2_654_435_761) >> 7) as u8 % by as u8;
    let users = vec![vec![]; 4200];
    let order =
        |at: usize| (0..24).map(|column| if column == 0 { byte(at, 10) } else { byte(at * 31 + column, 40) }).collect();
    let orders: Vec<Vec<u8>> = (0..17_000).map(order).collect();
    let mut data = Data::from(&users, &orders, &[], Moments::Tied);
    for (at, order) in data.orders.iter_mut().enumerate() {
        order.belongs_to(&format!("u{}", 3 + (at * 7919) % 4180), HEADERS[1][0]);
    }
    let case = Case::new(&rules, &data);
    let one = case.streamed(Files::Csv, 1);
    for (files, threads) in [(Files::Csv, 2), (Files::Parts, 7), (Files::JsonLines, 2)] {
        let other = case.streamed(files, threads);
        assert!(one.found == other.found, "{files:?} on {threads} threads");
    }
    let of_users: usize =
        one.found.users.iter().map(|user| user.value("orders_of_theirs").parse::<usize>().unwrap()).sum();
    let counts = one.counts("orders");
    assert_eq!(counts.read, 17_000);
    assert_eq!(of_users as u64 + counts.future + counts.orphans + counts.keyless, counts.read);
    // The plain interpreter looks at everybody for everybody: of rules about each user alone it says the same.
    let alone: String = rules
        .lines()
        .filter(|line| !line.contains("users where") && !line.contains("ntile"))
        .fold(String::new(), |text, line| text + line + "\n");
    let case = Case::new(&alone, &data);
    assert!(case.plain() == case.streamed(Files::Csv, 2).found);
}

/// More cuts of a column than users in a block, so that they share lanes, and many values that are missing.
#[test]
fn more_cuts_than_users_in_a_block() {
    let mut rules = rules::rulebook(&[], &[], About::Everybody);
    for at in 0..1300 {
        let (low, high) = (at * 7 % 2000, at * 7 % 2000 + at % 90);
        let condition = match at % 5 {
            0 => format!("points >= {low}"),
            1 => format!("points between {low}..{high} or name = \"n{}\"", at % 40),
            2 => format!("not (points > {low}) and rate < {}.5", at % 30),
            3 => format!("(points < {low} or rate >= {}) and not (name in [\"n1\", \"n{}\"])", at % 20, at % 50),
            _ => format!("at least 2 of (points > {high}, rate > {}, name = \"n{}\")", at % 9, at % 7),
        };
        rules += &format!("tag t{at} when {condition}\n");
    }
    let user = |at: usize| {
        let cells = [
            ("user_id", 1000, format!("u{at}")),
            ("points", 9, (at * 37 % 2100).to_string()),
            ("name", 11, format!("n{}", at % 60)),
            ("rate", 13, (at * 13 % 31).to_string()),
        ];
        let there = cells.iter().filter(|(_, by, _)| at % by != 3);
        Record::of(0, &there.map(|(column, _, cell)| (*column, cell.as_str())).collect::<Vec<_>>())
    };
    let data = Data { users: (0..700).map(user).collect(), orders: vec![], visits: vec![] };
    let case = Case::new(&rules, &data);
    let plain = case.plain();
    for threads in [1, 2] {
        assert!(plain == case.streamed(Files::Csv, threads).found);
    }
}
