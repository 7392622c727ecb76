//! Coverage keeps its promise: where it says that all was shown, a change of any one number fails a test; and what it suggests makes
//! it rise.

mod mutation;

use std::{
    fs,
    path::{Path, PathBuf},
};

use tagwell::{
    check::Inputs,
    engine::{Checked, Files, Rulebook},
    testing::{
        Outcome, Suite, Surroundings,
        coverage::{Coverage, Gap, suggest},
    },
};

fn checked(text: &str) -> Option<(Rulebook, Checked)> {
    let rulebook = Rulebook::parse("a.rules", text).ok()?;
    let checked = rulebook.check(&Inputs::default()).ok()?;
    Some((rulebook, checked))
}

/// What the tests of a text show, and the tests that are suggested.
fn suggested(text: &str, folder: &Path) -> (Coverage, String) {
    let (rulebook, checked) = checked(text).unwrap_or_else(|| panic!("it checks:\n{text}"));
    let files = Files { folder: folder.to_owned(), tables: vec![], ..Files::default() };
    let surroundings = Surroundings::read(checked.rulebook(), &files, |error| error.to_string());
    let (coverage, found) = suggest(&rulebook, &checked, &surroundings, &|_| true);
    (coverage, found.into_iter().map(|it| it.text).collect::<Vec<_>>().join("\n"))
}

/// Whether the tests notice: the text does not check, or a test fails.
fn is_noticed(text: &str) -> bool {
    let Some((rulebook, checked)) = checked(text) else { return true };
    let suite = Suite::new(checked.rulebook(), rulebook.sources(), Surroundings::default());
    suite.run(|_| true, &mut |_| {}).iter().any(|it| it.outcome != Outcome::Passed)
}

/// Rules of every shape; a line that says no rule begins with `table`.
const BOOKS: [&str; 19] = [
    "tag vip when purchases >= 3 and last_order between 30d..60d and spend > 500\n",
    "tag vip when spend > 12.50 or not (points >= 7) or city in [\"a\", \"b\"]\n",
    "level membership by points { gold from 5000 silver from 1000 red otherwise }\n",
    "param near = 60d\nlayer tier { lost when last_order < 90d ago cold when last_order < near ago warm otherwise }\n",
    "score heat { 40 when purchases > 3 minus 20 when last_order < 30d ago } clamp 0..39\n",
    "table users key user_id { user_id: text }\n\
     table orders of users by user_id at ordered_at { user_id: text ordered_at: timestamp amount: decimal(2) }\n\
     let spend = sum(orders.amount within 90d)\ntag big when spend > 99.99\ntag often when count(orders) >= 2\n",
    "table users key id { id: text }\ntable events of users by id at at { id: text at: timestamp kind: text }\n\
     funnel path on events { visit when kind = \"v\" basket within 1d when kind = \"b\" buy within 7d when kind = \"x\" }\n\
     tag late when reached(path) < 30d ago\n",
    "table users key id { id: text }\ntable orders of users by id at at { id: text at: timestamp category: text }\n\
     tag varied when count(distinct(orders.category within 90d)) >= 5\n",
    "table users key id { id: text spend: int }\ntag best when top 20% by spend\n",
    "tag some when at least 2 of (purchases > 3, spend > 100, points > 5)\ntag once when floor(spend / 10) = 4\n",
    "score risk { 40 when a > 1 30 when b > 2 }\ntag danger when risk >= 60\n",
    "tag rich when spend * 20% > 44\ntag near when round(price, 1) = 3.5\ntag late when seen - joined > 2h30min\n",
    "tag morning when hour(seen) >= 8 and hour(seen) < 12\n\
     tag may when month(born) = 5 and day(born) <= 15 and year(born) > 1990\ntag mid when day(today) = 15\n",
    "table users key id { id: text kinds: list of text? nums: list of int? name: text? }\n\
     tag many when count(kinds) >= 3\ntag both when nums has all of [3, 6]\ntag long when length(name) > 4\n",
    "table users key id { id: text points: int }\ntag held_out when bucket(id, \"exp\", 100) < 10\n\
     level m by points { gold from 50 silver from 20 red otherwise }\ntag close when to_next(m) <= 7\n",
    "table users key id { id: text opens: int? }\ntag worst when ntile(opens, 10) = 1\n",
    "tag trial when expires between 2026-11-01..2027-02-28 and expires within next 15d\n",
    "tag odd when round(rate * 100, 1) >= 4.5\n",
    "table users key id { id: text points: int }\nlevel m by points { gold from 50 red otherwise }\n\
     segment s when m = gold and held(m) >= 14d { on enter do call }\n",
];

/// Questions about rows, and of each what could be written instead of a part of it: without a `where` or a window, with one that no row
/// meets, with a part of a condition only.
const QUESTIONS: [(&str, &[(&str, &str)]); 6] = [
    (
        "let visits = count(events within 30d where kind = \"visit\")\ntag regular when visits >= 2\n",
        &[(" where kind = \"visit\"", ""), (" within 30d", ""), ("kind = \"visit\"", "false")],
    ),
    (
        "tag payer when any(events during last month where kind = \"pay\" and (amount > 10 or gift))\n",
        &[(" during last month", ""), ("kind = \"pay\" and ", ""), (" or gift", ""), ("amount > 10 or ", "")],
    ),
    ("let spend = sum(events.amount where not gift)\ntag big when spend > 5\n", &[(" where not gift", "")]),
    (
        "level l { high when last(events.kind where kind in [\"in\", \"out\"]) = \"in\" low otherwise }\n",
        &[(" where kind in [\"in\", \"out\"]", "")],
    ),
    (
        "funnel path on (events where gift) { seen when kind = \"a\" bought when kind = \"b\" }\n",
        &[("(events where gift)", "events"), ("kind = \"b\"", "true"), ("kind = \"a\"", "true")],
    ),
    (
        "let usual = avg(users.points where city = \"a\")\ntag best when top 2 by (points where points > 3)\n",
        &[(" where city = \"a\"", ""), (" where points > 3", "")],
    ),
];

#[test]
fn where_all_was_shown_no_where_and_no_window_can_be_left_out() {
    let tables = "table users key id { id: text city: text points: int }\n\
                  table events of users by id at at { id: text at: timestamp kind: text? amount: int gift: bool }\n";
    for (rules, mistakes) in QUESTIONS {
        let rules = format!("{tables}{rules}");
        let (before, tests) = suggested(&rules, Path::new("."));
        let (after, _) = suggested(&format!("{rules}\n{tests}"), Path::new("."));
        assert!(before.share().percent() < 100 && after.gaps().is_empty(), "{rules}\n{tests}\n{:?}", after.gaps());
        for (right, wrong) in mistakes {
            let changed = rules.replacen(right, wrong, 1);
            assert!(changed != rules && checked(&changed).is_some(), "it checks:\n{changed}");
            assert!(is_noticed(&format!("{changed}\n{tests}")), "nobody notices:\n{changed}\n{tests}");
        }
    }
}

#[test]
fn a_where_that_nobody_misses_is_listed() {
    let tables =
        "table users key id { id: text }\ntable events of users by id at at { id: text at: timestamp kind: text }\n";
    let rules = "tag payer when any(events during today where kind = \"pay\")\n";
    let cases = [
        (
            "given { } expect not payer",
            "no test fails without it / no test fails without it, and no test fails where no row meets it",
        ),
        (
            "given { events: [{ at: 1h ago, kind: \"pay\" }] } expect payer",
            "no test fails without it / no test fails without it",
        ),
        (
            "given { events: [{ at: 1h ago, kind: \"pay\" }] } expect payer  given { events: [{ at: 1h ago, kind: \"see\" }] } expect not payer",
            "no test fails without it",
        ),
        (
            "given { events: [{ at: 1h ago, kind: \"pay\" }] } expect payer  given { events: [{ at: 1h ago, kind: \"see\" }, { at: 2d ago, kind: \"pay\" }] } expect not payer",
            "",
        ),
    ];
    for (cases, expected) in cases {
        let text = format!("{tables}{rules}test \"t\" as of 2026-11-22T12:00 {{ {cases} }}\n");
        let (coverage, _) = suggested(&text, Path::new("."));
        let of_rows = coverage.gaps().into_iter().map(|gap| gap.what).filter(|what| what.starts_with("no test fails"));
        assert_eq!(of_rows.collect::<Vec<_>>().join(" / "), expected, "{text}");
    }
}

/// Each number of the rules one digit less and one more, found without the library: every run of digits outside of texts and
/// tables that no letter touches on its left; what stands behind a point keeps its digits.
fn changed_by_one(rules: &str) -> Vec<String> {
    let bytes = rules.as_bytes();
    let mut found = vec![];
    let (mut at, mut quoted) = (0, false);
    while at < bytes.len() {
        let line = rules[..at].rfind('\n').map_or(0, |it| it + 1);
        quoted ^= bytes[at] == b'"';
        let touched = at > 0 && (bytes[at - 1].is_ascii_alphabetic() || bytes[at - 1] == b'_');
        if !bytes[at].is_ascii_digit() || quoted || touched || rules[line..].starts_with("table") {
            at += 1;
            continue;
        }
        let end = at + rules[at..].find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(rules.len() - at);
        let written = rules[at..end].split("..").next().unwrap();
        let end = at + written.len();
        let digits: i64 = written.replace('.', "").parse().unwrap();
        for to in [digits - 1, digits + 1].into_iter().filter(|to| *to >= 0) {
            let text = match written.split_once('.') {
                Some((_, fraction)) => {
                    let scale = 10_i64.pow(fraction.len() as u32);
                    format!("{}.{:0width$}", to / scale, to % scale, width = fraction.len())
                }
                None => to.to_string(),
            };
            found.push(format!("{}{text}{}", &rules[..at], &rules[end..]));
        }
        at = end;
    }
    found
}

#[test]
fn where_all_was_shown_every_change_of_a_number_fails_a_test() {
    for rules in BOOKS {
        let (before, tests) = suggested(rules, Path::new("."));
        let (after, more) = suggested(&format!("{rules}\n{tests}"), Path::new("."));
        let gaps: Vec<String> = after.gaps().into_iter().map(|gap| gap.what).collect();
        assert_eq!((after.share().percent(), gaps), (100, vec![]), "{rules}\n{tests}");
        assert!(more.is_empty() && before.share().percent() < 100, "{rules}\n{more}");
        assert!(!is_noticed(&format!("{rules}\n{tests}")), "what is suggested passes:\n{rules}\n{tests}");
        let changed = changed_by_one(rules);
        assert!(!changed.is_empty());
        for changed in changed {
            assert!(is_noticed(&format!("{changed}\n{tests}")), "nobody notices:\n{changed}\n{tests}");
        }
    }
}

#[test]
fn where_all_was_shown_other_mistakes_fail_a_test_too() {
    let mistakes = [
        (" and ", " or "),
        (" or ", " and "),
        ("not ", ""),
        (">=", ">"),
        ("> ", ">= "),
        ("minus ", ""),
        ("at least 2 of", "all of"),
        (" < ", " <= "),
    ];
    for rules in BOOKS {
        let (_, tests) = suggested(rules, Path::new("."));
        for (right, wrong) in mistakes.iter().filter(|(right, _)| rules.contains(right)) {
            let changed = rules.replacen(right, wrong, 1);
            assert!(is_noticed(&format!("{changed}\n{tests}")), "nobody notices:\n{changed}\n{tests}");
        }
    }
}

#[test]
fn the_tests_of_the_shipped_rulebooks_show_all_that_can_be_shown() {
    let mut found = vec![];
    for (name, file) in shipped() {
        let text = fs::read_to_string(&file).unwrap();
        let folder = file.parent().unwrap();
        let (rulebook, checked) = checked(&text).unwrap_or_else(|| panic!("{name} checks"));
        let files = Files { folder: folder.to_owned(), tables: vec![], ..Files::default() };
        let surroundings = Surroundings::read(checked.rulebook(), &files, |error| error.to_string());
        let coverage = Coverage::of(&rulebook, &checked, &surroundings, &|_| true);
        let written = |gap: &Gap| format!("{name}: `{}` {}", rulebook.sources().slice(gap.span), gap.what);
        found.extend(coverage.gaps().iter().map(written));
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn keys_of_reference_tables_are_tried() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("prices.csv"), "source,price\nads,3\nfriends,0\n").unwrap();
    let rules = "table users key id { id: text source: text? }\n\
                 table prices key source from \"prices.csv\" { source: text price: int }\n\
                 tag paid when prices[source].price > 0\n";
    let (rulebook, checked) = checked(rules).unwrap();
    let files = Files { folder: folder.path().to_owned(), tables: vec![], ..Files::default() };
    let surroundings = Surroundings::read_all(checked.rulebook(), &files, |error| error.to_string());
    let (_, found) = suggest(&rulebook, &checked, &surroundings, &|_| true);
    let text: String = found.iter().map(|it| it.text.as_str()).collect();
    assert!(text.contains("source: \"ads\"") && text.contains("source: \"friends\""), "{text}");
}

/// The rule files of `rules/` and `examples/`, by name.
fn shipped() -> Vec<(String, PathBuf)> {
    let files = |folder: &Path| fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect::<Vec<_>>();
    let folders = [Path::new("rules"), Path::new("examples")].into_iter().flat_map(files).filter(|it| it.is_dir());
    let all = folders.flat_map(|folder| files(&folder));
    let rules = all.filter(|it| it.extension().is_some_and(|ending| ending == "rules"));
    let mut all: Vec<_> = rules.map(|it| (it.file_stem().unwrap().to_string_lossy().into_owned(), it)).collect();
    all.sort();
    all
}

#[test]
fn shares_of_a_split_are_shown_on_both_sides_of_their_borders() {
    let rules = "table users key id { id: text points: int }\n\
                 segment s when points > 3 { on enter split \"x\" { 60% a send sms \"A\"  25.5% b send sms \"B\"  14.5% c hold } }\n";
    let (before, tests) = suggested(rules, Path::new("."));
    let gaps: Vec<String> = before.gaps().into_iter().map(|gap| gap.what).collect();
    for gap in [
        "no test fails with `59.9% a, 25.6% b` or `60.1% a, 25.4% b`",
        "no test fails with `25.4% b, 14.6% c` or `25.6% b, 14.4% c`",
    ] {
        assert!(gaps.iter().any(|it| it == gap), "{gaps:?}");
    }
    let (after, _) = suggested(&format!("{rules}\n{tests}"), Path::new("."));
    assert_eq!(after.gaps(), [], "{tests}");
    for (a, b, c) in
        [("50%", "35.5%", "14.5%"), ("59%", "26.5%", "14.5%"), ("60%", "25.4%", "14.6%"), ("60%", "39%", "1%")]
    {
        let changed = rules.replace("60%", a).replace("25.5%", b).replace("14.5%", c);
        assert!(checked(&changed).is_some() && is_noticed(&format!("{changed}\n{tests}")), "{changed}\n{tests}");
    }
}

#[test]
fn what_no_test_computes_is_listed() {
    let rules = "table users key id { id: text }\ntable orders of users by id { id: text amount: int kind: text? }\n\
                 let spend = sum(orders.amount)\ntag big when spend > 5\n\
                 test \"t\" { given { spend: 5 } expect not big  given { spend: 6 } expect big }\n";
    let (before, tests) = suggested(rules, Path::new("."));
    let gaps: Vec<String> = before.gaps().into_iter().map(|gap| gap.what).collect();
    assert_eq!(gaps, ["is given by every test that speaks of it, and computed by none"]);
    let (after, _) = suggested(&format!("{rules}\n{tests}"), Path::new("."));
    assert_eq!(after.gaps(), [], "{tests}");
}

#[test]
fn what_is_given_counts_as_untested() {
    let rules = "let rich = spend > 500\ntag vip when rich\ntest \"t\" { given { rich: true } expect vip }\n";
    let (coverage, _) = suggested(rules, Path::new("."));
    let shown: Vec<(&str, usize)> =
        coverage.rules.iter().map(|rule| (rule.name.as_str(), rule.share().shown)).collect();
    assert_eq!(shown, [("rich", 0), ("vip", 2)]);
}

#[test]
fn a_condition_that_is_evaluated_and_looked_at_by_nobody_decides_nothing() {
    let rules = "tag a when x > 1\ntag b when a or y > 1\ntest \"t\" { given { x: 2, y: 2 } expect b }\n";
    let (coverage, _) = suggested(rules, Path::new("."));
    let a = &coverage.rules[0].conditions[0];
    assert!(a.is_true && !a.decides_true, "`y > 1` is true beside it");
}
