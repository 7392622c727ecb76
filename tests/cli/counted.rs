//! Users who are only counted are put in another order, many lanes at a time: they are counted like those who are listed.

use std::fmt::Write;

use super::Place;

/// So many columns that what is in doubt needs more kinds than there are bits for it.
const COLUMNS: usize = 70;

/// A number that looks like chance, the same every time.
fn dice(user: usize, column: usize) -> usize {
    let mixed = (user as u64 * 1_000_003 + column as u64 * 7_919 + 17).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 33) as usize
}

fn rules() -> String {
    let mut rules = "table users key user_id {\n  user_id: text\n  city: text?\n".to_owned();
    for column in 0..COLUMNS {
        writeln!(rules, "  c{column}: int?").unwrap();
    }
    rules += "}\ntable cities key city from \"cities.csv\" { city: text  tier: text? }\n";
    // What is looked up by a text that is known may be missing: whose city is there is not told to lack it.
    rules += "tag best when cities[city].tier = \"x\"\n\
        tag best_of_some when cities[city].tier = \"x\" and c1 > 3\n\
        tag here when city in [\"c1\", \"c2\", \"c5\"]\n\
        tag elsewhere when not (city in [\"c1\", \"c2\", \"c5\"]) and c0 > 4\n\
        tag somewhere when city = \"c3\" or city in [\"c4\", \"c1\"] or c2 < 2\n\
        tag nowhere when not here and city != \"c7\"\n";
    for tag in 0..520 {
        let column = |at: usize| dice(tag, at) % COLUMNS;
        let number = |at: usize| dice(tag, at) % 12;
        let (a, b, c) = (column(1), column(2), column(3));
        let condition = match tag % 4 {
            0 => format!("c{a} > {} and c{b} <= {}", number(4), number(5)),
            1 => format!("c{a} between 2..{} or not (c{b} = {})", 2 + number(4), number(5)),
            2 => format!("at least 2 of (c{a} > {}, c{b} < {}, c{c} is missing)", number(4), number(5)),
            _ => format!(
                "c{a} >= {} and (c{b} < {} or city in [\"c{}\", \"c{}\"])",
                number(4),
                number(5),
                number(6),
                number(7)
            ),
        };
        writeln!(rules, "tag t{tag} when {condition}").unwrap();
    }
    rules
}

fn users(number: usize) -> String {
    let mut users = "user_id,city".to_owned();
    (0..COLUMNS).for_each(|column| write!(users, ",c{column}").unwrap());
    for user in 0..number {
        let city = dice(user, 900) % 12;
        write!(users, "\nu{user},{}", if city == 0 { String::new() } else { format!("c{city}") }).unwrap();
        for column in 0..COLUMNS {
            match dice(user, column) % (20 + column) {
                0 => users.push(','),
                value => write!(users, ",{}", value % 12).unwrap(),
            }
        }
    }
    users + "\n"
}

#[test]
fn as_if_they_were_listed() {
    let cities = "city,tier\nc1,x\nc2,\nc3,y\nc4,x\n";
    for number in [1, 511, 513, 2_600] {
        let place = Place::with(&[("a.rules", &rules()), ("cities.csv", cities), ("users.csv", &users(number))]);
        let run = |more: &[&str]| {
            let words = ["run", "a.rules", "users.csv", "--as-of", "2026-11-22"];
            let answer = place.run(&[&words, more].concat());
            assert_eq!(answer.code, 0, "{}", answer.err);
            answer.err
        };
        let listed = run(&["--out", "all.jsonl"]);
        for threads in ["1", "2"] {
            let counted = run(&["--format", "none", "--threads", threads]);
            assert_eq!(counted, listed, "{number} users, {threads} threads");
        }
    }
}
