//! An independent check of what coverage says of numbers (mutation analysis): the numbers of a text are found by a lexer of its own,
//! each is changed by its last digit as it is written, the whole text is checked, and all of its tests are played. Whatever nobody
//! notices must be among what coverage lists.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use proptest::{prelude::*, test_runner::TestRunner};
use regex::Regex;
use tagwell::{
    check::Inputs,
    engine::{Files, Rulebook},
    testing::{
        Outcome, Suite, Surroundings,
        coverage::{Coverage, Gap, suggest},
    },
};

use super::shipped;
use crate::agree::rules::{About, rulebook};

/// A text with one of its numbers changed by its last digit.
#[derive(Debug)]
struct Mutant {
    place: Range<usize>,
    to: String,
    text: String,
}

/// The numbers of rules: not those of tables, tests, texts, patterns, comments and names.
fn mutants(text: &str) -> Vec<Mutant> {
    let token = Regex::new(
        r#"(?x)
          (?P<skip> "(?:[^"\\\n]|\\.)*" | \#[^\n]* | `[^`\n]*` | matches\s*/(?:[^/\\\n]|\\.)*/ | [\p{L}_][\p{L}\p{N}_]* )
        | (?P<date> \d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2})? )
        | (?P<time> \d{2}:\d{2} )
        | (?P<number> (?:\d[\d_]*(?:\.\d+)?(?:mo|min|[ywdhs])?)+ )"#,
    )
    .unwrap();
    let digits = Regex::new(r"\d[\d_]*(?:\.\d+)?").unwrap();
    let mut found = vec![];
    for declaration in declarations(text) {
        let own = &text[declaration.clone()];
        if ["table", "test", "snapshot", "rulebook"].iter().any(|word| own.starts_with(word)) {
            continue;
        }
        for token in token.captures_iter(own) {
            let mut add = |range: Range<usize>, to: String| {
                let place = declaration.start + range.start..declaration.start + range.end;
                let text = format!("{}{to}{}", &text[..place.start], &text[place.end..]);
                found.push(Mutant { place, to, text });
            };
            if let Some(moment) = token.name("date").or_else(|| token.name("time")) {
                // Its last part; where there is no such day or time, the text does not check.
                let last = moment.end() - 2..moment.end();
                let number: i32 = own[last.clone()].parse().unwrap();
                for to in [number - 1, number + 1].into_iter().filter(|to| *to >= 0) {
                    add(last.clone(), format!("{to:02}"));
                }
            } else if let Some(number) = token.name("number") {
                for part in digits.find_iter(number.as_str()) {
                    let range = number.start() + part.start()..number.start() + part.end();
                    let steps = stepped(part.as_str());
                    steps.into_iter().for_each(|to| add(range.clone(), to));
                }
            }
        }
    }
    found
}

/// `12.50` is `12.49` and `12.51`; what would be below zero is none.
fn stepped(written: &str) -> Vec<String> {
    let plain = written.replace('_', "");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().unwrap();
    let scale = 10_i128.pow(fraction.len() as u32);
    let text = |it: i128| match fraction.len() {
        0 => it.to_string(),
        width => format!("{}.{:0width$}", it / scale, it % scale),
    };
    [digits - 1, digits + 1].into_iter().filter(|it| *it >= 0).map(text).collect()
}

/// From each word in the first column to the next one.
fn declarations(text: &str) -> Vec<Range<usize>> {
    let begins = Regex::new(r"(?m)^[a-z]+ ?").unwrap();
    let mut starts: Vec<usize> = begins.find_iter(text).map(|it| it.start()).collect();
    starts.push(text.len());
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// Whether a test fails, or the text does not check.
fn is_noticed(text: &str, surroundings: &Surroundings) -> bool {
    let Ok(rulebook) = Rulebook::parse("a.rules", text) else { return true };
    let Ok(checked) = rulebook.check(&Inputs::default()) else { return true };
    let suite = Suite::new(checked.rulebook(), rulebook.sources(), surroundings.clone());
    suite.run(|_| true, &mut |_| {}).iter().any(|it| it.outcome != Outcome::Passed)
}

/// Holds what coverage says of a text against its mutants; how much of it is covered, and how many mutants there were.
fn hold(name: &str, text: &str, folder: &Path) -> (usize, usize) {
    let rulebook = Rulebook::parse("a.rules", text).unwrap();
    let checked = rulebook.check(&Inputs::default()).unwrap_or_else(|_| panic!("{name} checks:\n{text}"));
    let files = Files { folder: folder.to_owned(), tables: vec![], ..Files::default() };
    let surroundings = Surroundings::read_all(checked.rulebook(), &files, |error| error.to_string());
    assert!(!is_noticed(text, &surroundings), "{name}: all tests pass\n{text}");
    let coverage = Coverage::of(&rulebook, &checked, &surroundings, &|_| true);
    let gaps: Vec<Range<usize>> = coverage
        .gaps()
        .into_iter()
        .filter(|gap| gap.what.starts_with("no test fails with `"))
        .map(|gap| gap.span.range())
        .collect();
    // What coverage holds to mean the same, such as another line between two values that a score can have.
    let not_counted = coverage.not_counted();
    let all = mutants(text);
    for mutant in &all {
        let around = |span: &Range<usize>| span.start <= mutant.place.start && mutant.place.end <= span.end;
        let same = |it: &Gap| {
            let span = it.span.range();
            around(&span) && {
                let to =
                    [&text[span.start..mutant.place.start], &mutant.to, &text[mutant.place.end..span.end]].concat();
                it.what.starts_with(&format!("is as good as `{to}`: "))
            }
        };
        let listed = gaps.iter().any(around) || not_counted.iter().any(same);
        assert!(
            listed || is_noticed(&mutant.text, &surroundings),
            "{name}: nobody notices `{}` in place of `{}`, and coverage does not say so:\n{}",
            mutant.to,
            &text[mutant.place.clone()],
            mutant.text,
        );
    }
    (coverage.share().percent(), all.len())
}

/// The text with the tests that are suggested for it.
fn with_suggestions(text: &str) -> String {
    let rulebook = Rulebook::parse("a.rules", text).unwrap();
    let checked = rulebook.check(&Inputs::default()).unwrap_or_else(|_| panic!("it checks:\n{text}"));
    let (_, found) = suggest(&rulebook, &checked, &Surroundings::default(), &|_| true);
    let tests: Vec<String> = found.into_iter().map(|it| it.text).collect();
    format!("{text}\n{}", tests.join("\n"))
}

/// Deeds of every kind, policies and what is remembered: all that they hang on is shown by diaries that are made up.
const ACTS: &[&str] = &[
    "segment s when spend > 500 { on enter send push \"hi\" cooldown 30d }\n",
    "segment s when spend > 500 { require not opted_out  on enter send sms \"{name|friend}, {coupon} off\" with coupon = 50 once }\n",
    "segment s when points >= 3 { every 7d send push \"hi\" at most 2 times  on exit do call with team = 4 when points >= 2 }\n",
    "segment s when points >= 3 { on enter send push \"hi\" hours 12:00..13:30  on exit send push \"bye\" }\npolicy { quiet 22:00..08:00 }\n",
    "segment s when points >= 3 { on enter send push \"hi\" }\nsegment z when points = 1 { on enter send sms \"ho\" }\n\
     policy { require sms_on  limit 2 within 7d  limit sms 1 within 12h  quiet 21:30..09:00 }\n",
    "channel sms { at most 20 characters  must contain \"STOP\" }\n\
     segment s when points >= 3 { on enter send sms \"{name|you}, come {word}\" with word = city ?? \"STOP\" }\n",
    "table users key id { id: text  points: int }\n\
     table pays of users by id at at key pay { pay: text  id: text  at: timestamp  amount: decimal(2)  ok: bool? }\n\
     segment s when points >= 3 { on each pays where ok and amount > 9.99 send push \"paid {pays.amount}\" cooldown 1d }\n",
    "level m by points { gold from 50 keep 40  silver from 20 keep 30d  red otherwise }\n",
    "tag vip when points >= 7\ntag loyal when held(vip) >= 90d\n",
    "table users key id { id: text  points: int }\n\
     segment s when points >= 3 { on enter split \"x1\" { 60% a send push \"a {points + 1}\"  30% b do gift  10% c hold } }\n",
    "param wait = 14d\nparam much = 5\nsegment s when points >= much { on enter {\n  send push \"a\" cooldown wait when points >= 9\n  \
     do note cooldown wait when points = 7\n  hold otherwise\n} }\n",
    // Whoever comes in has had the level for long, so a diary plays until that is so, again and again.
    "table users key id { id: text  points: int }\n\
     level m by points { gold from 50  silver from 20  red otherwise }\n\
     segment loyal when m >= silver and held(m) >= 14d { on enter send push \"hi\" cooldown 30d  every 7d do gift at most 3 times }\n",
    "table users key id { id: text  points: int }\ntag vip when points >= 7\n\
     segment s when vip and held(vip) >= 2w { on enter do gift once  on exit send push \"bye\" cooldown 60d\n  \
     every 10d send push \"hi\" at most 2 times cooldown 3d }\n",
    // The line lies where two rows come to it together.
    "table users key id { id: text }\n\
     table orders of users by id at at { id: text  at: timestamp  amount: decimal(2)  kind: text? }\n\
     segment s when count(orders) >= 2 { on enter send sms \"{coupon} off\" with coupon = if sum(orders.amount) >= 2000 then 100 else 50\n  \
     every 30d do call when sum(orders.amount where kind = \"fruit\") >= 1500.50 }\n",
];

/// Rules, and mistakes in them that are none of numbers: the tests that are suggested fail with each.
const WORDS: &[(&str, &[(&str, &str)])] = &[
    (
        "table users key id { id: text  spend: int }\n\
         level tier by spend { gold from 100  silver from 50  basic otherwise }\ntag t when tier >= silver\n",
        &[(">= silver", ">= gold"), (">= silver", ">= basic"), (">= silver", "> silver"), (">= silver", "<= silver")],
    ),
    (
        "table users key id { id: text  city: text  points: int }\ntag leader when top 1 by (points per city)\n",
        &[(" per city", "")],
    ),
    (
        "table users key id { id: text  city: text  points: int }\n\
         let here = avg(users.points where points > 0 per city)\ntag leader when points > here * 2\n",
        &[(" per city", ""), ("points > here", "points >= here"), (" where points > 0", "")],
    ),
    (
        "table users key id { id: int  spend: int }\nlet usual = avg(users.spend)\ntag t when spend > usual * 2\n",
        &[("spend >", "spend >="), ("avg", "max"), ("avg", "min")],
    ),
    ("table users key id { id: int  spend: int }\ntag t when top 20% by spend\n", &[("top", "bottom"), ("20%", "25%")]),
    (
        "table users key id { id: text  last: date }\ntag gone when last < 1y ago\n",
        &[("<", "<="), ("1y", "23mo"), ("1y", "13mo"), ("1y", "11mo"), ("1y", "366d"), ("1y", "364d"), ("<", ">")],
    ),
    (
        "table users key id { id: text  seen: timestamp  rate: float }\n\
         tag idle when seen <= 3d ago\ntag good when rate > 0.5\ntag old when age(seen) >= 2mo\n",
        &[("<=", "<"), ("rate >", "rate >="), ("age(seen) >=", "age(seen) >"), ("2mo", "9w")],
    ),
    (
        "table users key id { id: text  source: text }\ntag paid when source starts with \"paid\"\n",
        &[("starts with", "ends with"), ("starts with", "contains"), ("starts with", "=")],
    ),
    (
        "table users key id { id: text  source: text }\ntag org when source ends with \".org\"\ntag a when source contains \"a.\"\n",
        &[
            ("ends with", "starts with"),
            ("ends with", "contains"),
            ("contains", "starts with"),
            ("contains", "ends with"),
        ],
    ),
    (
        "table users key id { id: text }\ntable orders of users by id at at { id: text  at: timestamp  kind: text  amount: decimal(2) }\n\
         tag varied when count(distinct(orders.kind where amount > 5)) >= 2\n",
        &[("distinct(orders.kind where amount > 5)", "orders.kind where amount > 5"), ("amount >", "amount >=")],
    ),
];

#[test]
fn where_all_was_shown_words_that_draw_another_line_fail_a_test() {
    for (rules, mistakes) in WORDS {
        let whole = with_suggestions(rules);
        let (percent, _) = hold("words", &whole, Path::new("."));
        assert_eq!(percent, 100, "{whole}\n{}", gaps(&whole));
        for (right, wrong) in *mistakes {
            let changed = rules.replacen(right, wrong, 1);
            let checks =
                Rulebook::parse("a.rules", changed.as_str()).is_ok_and(|it| it.check(&Inputs::default()).is_ok());
            assert!(checks && changed != *rules, "it checks:\n{changed}");
            let changed = whole.replacen(right, wrong, 1);
            assert!(is_noticed(&changed, &Surroundings::default()), "nobody notices:\n{changed}");
        }
    }
}

#[test]
fn what_another_word_would_say_as_well_is_listed() {
    let rules = "table users key id { id: text  spend: int  last: timestamp }\n\
                 level tier by spend { gold from 100  silver from 50  basic otherwise }\ntag t when tier >= silver\n\
                 tag gone when last < 1y ago\n";
    let tests = "test \"t\" as of 2026-01-15 { given { tier: gold } expect t  given { tier: basic } expect not t\n\
                 given { last: 2y ago } expect gone  given { last: 1d ago } expect not gone }\n";
    let listed = gaps(&format!("{rules}{tests}"));
    for gap in ["`silver` no test fails with `gold`", "`<` no test fails with `<=`", "`1y` no test fails with `1y1d`"] {
        assert!(listed.contains(gap), "{listed}");
    }
}

#[test]
fn whoever_is_suggested_to_be_in_a_list_is_in_no_other() {
    let folder = tempfile::tempdir().unwrap();
    for list in ["heavy.csv", "other.csv"] {
        std::fs::write(folder.path().join(list), "user_id\nu1\n01172\n").unwrap();
    }
    let rules = "table users key id { id: text  city: text }\nlist heavy from \"heavy.csv\"\nlist other from \"other.csv\"\n\
                 tag named when id in heavy\ntag local when city in other\n";
    let rulebook = Rulebook::parse("a.rules", rules).unwrap();
    let checked = rulebook.check(&Inputs::default()).unwrap_or_else(|_| panic!("it checks"));
    let files = Files { folder: folder.path().to_owned(), tables: vec![], ..Files::default() };
    let surroundings = Surroundings::read_all(checked.rulebook(), &files, |error| error.to_string());
    let (_, found) = suggest(&rulebook, &checked, &surroundings, &|_| true);
    let tests: String = found.iter().map(|it| it.text.as_str()).collect();
    assert!(
        tests.contains("with list heavy = [\"u1\"]") && tests.contains("with list other = [\"one of other\"]"),
        "{tests}"
    );
    assert!(!is_noticed(&format!("{rules}{tests}"), &surroundings), "{tests}");
    let (percent, _) = hold("lists", &format!("{rules}{tests}"), folder.path());
    assert_eq!(percent, 100, "{tests}");
}

#[test]
fn what_suggested_tests_give_another_one_computes() {
    let text = "table users key id { id: text }\n\
                table orders of users by id at at { id: text  at: timestamp  amount: decimal(2)  qty: int }\n\
                let basket = avg(orders.amount * orders.qty)\ntag big when basket >= 250.50\n";
    let whole = with_suggestions(text);
    let (percent, _) = hold("a let", &whole, Path::new("."));
    assert_eq!(percent, 100, "{whole}\n{}", gaps(&whole));
}

#[test]
fn what_deeds_hang_on_is_shown_by_diaries_that_are_made_up() {
    for text in ACTS {
        let whole = with_suggestions(text);
        let (percent, mutants) = hold("an act", &whole, Path::new("."));
        assert!(percent == 100 && mutants > 0, "{percent} % of\n{whole}\n{}", gaps(&whole));
    }
}

fn gaps(text: &str) -> String {
    let rulebook = Rulebook::parse("a.rules", text).unwrap();
    let checked = rulebook.check(&Inputs::default()).unwrap_or_else(|_| panic!("it checks:\n{text}"));
    let coverage = Coverage::of(&rulebook, &checked, &Surroundings::default(), &|_| true);
    let line = |gap: Gap| format!("`{}` {}\n", rulebook.sources().slice(gap.span), gap.what);
    coverage.gaps().into_iter().map(line).collect()
}

#[test]
fn of_the_shipped_rulebooks_no_number_changes_unnoticed_and_unsaid() {
    let all = shipped();
    let of_some = |some: &[(String, PathBuf)]| {
        for (name, file) in some {
            let text = std::fs::read_to_string(file).unwrap();
            let (_, mutants) = hold(name, &text, file.parent().unwrap());
            assert!(mutants > 0, "{name}");
        }
    };
    // Each stands by itself, so they are spread over the processor's cores.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        all.chunks(all.len().div_ceil(cores)).for_each(|some| drop(scope.spawn(move || of_some(some))));
    });
}

#[test]
fn of_generated_rulebooks_no_number_changes_unnoticed_and_unsaid() {
    let cases =
        std::env::var("PROPTEST_CASES").ok().and_then(|it| it.parse().ok()).map_or(6, |cases: u32| cases.min(1_000));
    let mut runner = TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() });
    let bytes = || prop::collection::vec(any::<u8>(), 40..120);
    let books = (bytes(), prop::collection::vec(bytes(), 2..5));
    runner
        .run(&books, |(setting, declarations)| {
            let text = rulebook(&setting, &declarations, About::One);
            let checks = Rulebook::parse("a.rules", text.as_str()).is_ok_and(|it| it.check(&Inputs::default()).is_ok());
            prop_assume!(checks);
            hold("a generated one", &with_suggestions(&text), Path::new("."));
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_numbers_of_rules_are_found() {
    let text = "rulebook \"a 1\"\ntable users { a: decimal(2) }\nparam p = 1_000.50\ntag a3 \"7\" when x >= 9 and t between 1d12h..60d # 8\n  \
                and s matches /^1[3-9]/\npolicy { quiet 22:00..08:30 }\ntag d when u > 2026-03-01\ntest \"t\" { given { x: 3 } expect a3 }\n";
    let found: Vec<String> = mutants(text).into_iter().map(|it| format!("{}>{}", &text[it.place], it.to)).collect();
    let expected =
        "1_000.50>1000.49 1_000.50>1000.51 9>8 9>10 1>0 1>2 12>11 12>13 60>59 60>61 00>01 30>29 30>31 01>00 01>02";
    assert_eq!(found.join(" "), expected);
}
