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

/// Counted is as listed, on any number of threads.
fn is_as_listed(rules: &str, users: &[String]) {
    let cities = "city,tier\nc1,x\nc2,\nc3,y\nc4,x\n";
    for users in users {
        let place = Place::with(&[("a.rules", rules), ("cities.csv", cities), ("users.csv", users)]);
        let run = |more: &[&str]| {
            let words = ["run", "a.rules", "users.csv", "--as-of", "2026-11-22"];
            let answer = place.run(&[&words, more].concat());
            assert_eq!(answer.code, 0, "{}", answer.err);
            answer.err
        };
        let listed = run(&["--out", "all.jsonl"]);
        for threads in ["1", "2"] {
            let counted = run(&["--format", "none", "--threads", threads]);
            assert_eq!(counted, listed, "{} users, {threads} threads", users.lines().count() - 1);
        }
    }
}

#[test]
fn as_if_they_were_listed() {
    is_as_listed(&rules(), &[1, 511, 513, 2_600].map(users));
}

/// Few columns: hundreds of users lack the same, and nothing else.
#[test]
fn those_who_all_lack_the_same_are_told_what_they_lack() {
    let mut rules = "table users key user_id {
  user_id: text
  city: text?
  points: int?
  spend: decimal(2)?
  last: date?
  seen: timestamp?
  member: bool?
  age: int
}
"
    .to_owned();
    for tag in 0..600 {
        let pick = |at: usize, of: usize| dice(tag, at) % of;
        let mut conditions: Vec<String> = (0..2 + pick(0, 3))
            .map(|at| {
                let number = |of: usize| pick(10 + at, of);
                let condition = match pick(20 + at, 15) {
                    0 => format!("points > {}", number(50)),
                    1 => format!("points between {}..{}", number(20), 20 + number(40)),
                    2 => format!("spend <= {}.{}", number(60), number(9)),
                    3 => "city is missing".to_owned(),
                    4 => format!("{} is missing", ["points", "spend", "last", "seen", "member"][number(5)]),
                    5 => format!("age(last) > {}d", number(60)),
                    6 => format!("last within {}d", 1 + number(60)),
                    7 => format!("seen < {}d ago", number(40)),
                    8 => format!("age(seen) between {}d..{}d", number(20), 20 + number(50)),
                    9 => "member".to_owned(),
                    10 => format!("city = \"c{}\"", number(12)),
                    11 => format!("age >= {}", number(60)),
                    12 => format!("(points < {} or member)", number(50)),
                    13 if number(3) == 0 => format!("lower(city ?? \"x\") = \"{}\"", ["x", "c1"][number(2)]),
                    13 if number(3) == 1 => format!("city starts with \"c{}\"", number(12)),
                    13 => format!("(spend is missing or last within {}d or age > {})", number(50), number(60)),
                    _ => {
                        let some =
                            format!("\"c{}\", \"c{}\", \"c{}\"", number(12), pick(40 + at, 12), pick(60 + at, 12));
                        format!("city in [{some}]")
                    }
                };
                if pick(80 + at, 4) == 0 { format!("not ({condition})") } else { condition }
            })
            .collect();
        conditions.dedup();
        let how = if pick(1, 4) == 0 { " or " } else { " and " };
        writeln!(rules, "tag t{tag} when {}", conditions.join(how)).unwrap();
    }
    // With some whose dates lie ahead, and without.
    let users = [(2_000, 28), (12_000, 28), (12_000, 21)].map(|(number, days)| {
        let mut users = "user_id,city,points,spend,last,seen,member,age".to_owned();
        for user in 0..number {
            let pick = |at: usize, of: usize| dice(user, at) % of;
            write!(users, "\nu{user}").unwrap();
            for column in 0..6 {
                let value = match column {
                    _ if pick(100 + column, 7) == 0 => String::new(),
                    0 => format!("c{}", pick(1, 12)),
                    1 => pick(2, 60).to_string(),
                    2 => format!("{}.{}", pick(3, 60), pick(4, 99)),
                    3 => format!("2026-{:02}-{:02}", 10 + pick(5, 2), 1 + pick(6, days)),
                    4 => format!("2026-{:02}-{:02}T08:00:00Z", 10 + pick(8, 2), 1 + pick(9, days)),
                    _ => ["true", "false"][pick(10, 2)].to_owned(),
                };
                write!(users, ",{value}").unwrap();
            }
            write!(users, ",{}", pick(11, 70)).unwrap();
        }
        users + "\n"
    });
    is_as_listed(&rules, &users);
}

/// What is asked of a text lacks the text, and nothing else; what a text that is missing has an answer for lacks nothing.
#[test]
fn a_question_about_a_text_lacks_the_text() {
    let rules = "table users key user_id { user_id: text city: text? y: int? }
tag here when city = \"a\"
tag begins when y > 3 or city starts with \"c\"
tag both when lower(city ?? \"x\") = \"x\" and y > 3
";
    let some: String = (0..600).map(|at| format!("a{at},,1\nb{at},b,\n")).collect();
    let both: String = (0..600).map(|at| format!("c{at},,\n")).collect();
    let place = Place::with(&[("a.rules", rules), ("users.csv", &format!("user_id,city,y\n{some}{both}"))]);
    for more in [&["--format", "none"][..], &["--out", "all.jsonl"]] {
        let answer = place.run(&[&["run", "a.rules", "users.csv", "--as-of", "2026-11-22"], more].concat());
        let told = |tag: &str| {
            answer.err.lines().find(|line| line.trim_start().starts_with(tag)).unwrap_or_default().to_owned()
        };
        assert!(told("begins").contains("1,800 (city 1,200, y 1,200)"), "{}", answer.err);
        assert!(told("both").contains("600 (y 600)"), "{}", answer.err);
    }
}

/// Keys are not read where nobody is shown; what is counted, and who is told of in a message, is the same.
#[test]
fn counts_of_a_packed_file_need_no_keys() {
    let users: String = (0..700).map(|at| format!("u{at},{}\n", at % 9)).collect();
    let written = "table users key user_id { user_id: text n: int }\ntag a when n > 3";
    let place = Place::with(&[("a.rules", written), ("users.csv", &format!("user_id,n\n{users}"))]);
    let run = |more: &[&str]| place.run(&[&["run"], more, &["--as-of", "2026-11-22"]].concat());
    run(&["a.rules", "users.csv", "--with", "n", "--out", "packed.parquet"]);
    let layer = "layer one exclusive { low when n < 5  high when n > 3 }";
    for (name, more) in [("tags", "tag b when n > 5"), ("keys", "tag b when user_id < \"u5\""), ("layer", layer)] {
        place.write("b.rules", format!("{written}\n{more}\n"));
        let counted = run(&["b.rules", "packed.parquet", "--format", "none"]);
        let listed = run(&["b.rules", "packed.parquet", "--out", "all.jsonl"]);
        assert_eq!((&counted.err, counted.code), (&listed.err, listed.code), "{name}");
        assert_eq!(counted.err.contains("user `u4`"), name == "layer", "{}", counted.err);
    }
}
