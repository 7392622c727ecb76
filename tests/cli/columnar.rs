//! Results as Parquet and Arrow, of many users at once: the same file as user by user.

use std::fmt::Write;

use super::Place;

const RULES: &str = r#"rulebook "columns" timezone "Asia/Shanghai"

table users key user_id {
  user_id: text
  city:    text?
  points:  int?
  spend:   decimal(2)?
  rating:  float?
  born:    date?
  seen:    timestamp?
  wait:    duration?
  liked:   list of text?
  member:  bool?
}

let rich = spend > 50
let free = points * 1.5

tag vip when points > 30
tag seldom when rating < 0.2
tag never when points < 0
segment here when city = "上海"
segment told when member and city is known
level tier by points { gold from 40  silver from 10 }
layer ages exclusive { old when born < 2000-01-01  young when born >= 2000-01-01 }
score heat { 2 when member  0.25 when rating > 0.5 }
"#;

/// Users of whom everything is missing now and then; not a multiple of what is written together.
fn users() -> String {
    let mut users = "user_id,city,points,spend,rating,born,seen,wait,liked,member".to_owned();
    for user in 0..207 {
        write!(users, "\nu{user}").unwrap();
        for (column, every) in [3, 4, 5, 6, 7, 8, 9, 10, 11].into_iter().enumerate() {
            let value = match column {
                _ if user % every == 0 => String::new(),
                0 => ["上海", "\"a, b\"", "x"][user % 3].to_owned(),
                1 => (user % 60).to_string(),
                2 => format!("{}.{:02}", user % 90, user % 100),
                3 => format!("{}", user as f64 / 207.0),
                4 => format!("{}-03-0{}", 1990 + user % 20, 1 + user % 9),
                5 => format!("2026-11-0{}T08:00:00Z", 1 + user % 9),
                6 => format!("{}h", user),
                7 => format!("a;b{user}"),
                _ => ["true", "false"][user % 2].to_owned(),
            };
            write!(users, ",{value}").unwrap();
        }
    }
    users + "\n"
}

#[test]
fn many_at_once_are_as_one_by_one() {
    let place = Place::with(&[("a.rules", RULES), ("users.csv", &users())]);
    let with = "city,points,spend,rating,born,seen,wait,liked,member,rich,free,vip,here,tier,heat";
    for shape in [&[][..], &["--shape", "wide"], &["--shape", "long"]] {
        for form in ["parquet", "arrow"] {
            let written = |file: &str, more: &[&str]| {
                let words = ["run", "a.rules", "users.csv", "--as-of", "2026-11-22", "-q", "--format", form];
                let answer = place.run(&[&words, shape, &["--with", with, "--out", file], more].concat());
                assert_eq!(answer.code, 0, "{}", answer.err);
                std::fs::read(place.path(file)).unwrap()
            };
            // Where there is a limit users are written one by one.
            let (many, each) = (written("many", &[]), written("each", &["--limit", "1000"]));
            assert!(many.len() > 2_000, "{shape:?} {form}");
            assert!(many == each, "{shape:?} {form}: {} and {} bytes", many.len(), each.len());
        }
    }
}

#[test]
fn lists_are_lists() {
    let place = Place::with(&[
        (
            "a.rules",
            "table users key user_id { user_id: text  liked: list of text?  days: list of date? }\nlet first = days\ntag t when liked is known",
        ),
        (
            "users.jsonl",
            "{\"user_id\":\"u1\",\"liked\":[\"a;b\",\"c\"],\"days\":[\"2026-11-22\"]}\n{\"user_id\":\"u2\"}\n{\"user_id\":\"u3\",\"liked\":[],\"days\":[]}\n",
        ),
        ("b.rules", "tag t when liked has \"a;b\" and first has 2026-11-22"),
    ]);
    let words = ["run", "a.rules", "users.jsonl", "--as-of", "2026-11-22", "-q", "--with", "liked,first", "--out"];
    for file in ["out.parquet", "out.arrow"] {
        let answer = place.run(&[&words[..], &[file]].concat());
        assert_eq!(answer.code, 0, "{}", answer.err);
        let answer = place.run(&["run", "b.rules", file, "--as-of", "2026-11-22", "-q", "--with", "liked,first"]);
        insta::allow_duplicates! { insta::assert_snapshot!(answer.out + &answer.err, @r#"
    {"user_id":"u1","tags":["t"],"segments":[],"liked":["a;b","c"],"first":["2026-11-22"]}
    {"user_id":"u2","tags":[],"segments":[],"liked":null,"first":null}
    {"user_id":"u3","tags":[],"segments":[],"liked":[],"first":[]}
    "#) };
    }
}
