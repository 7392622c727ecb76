//! What is said of each mistake: the words it points at, what to type instead, what the mend makes of it.

use insta::assert_snapshot;

use super::{parse, shown};

fn said(texts: &[&str]) -> String {
    let one = |text: &&str| {
        let (_, found) = parse(text);
        assert!(!found.is_empty(), "{text}");
        shown::mistakes(text, &found)
    };
    texts.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Each as the condition of a tag.
fn said_of_conditions(conditions: &[&str]) -> String {
    let texts: Vec<String> = conditions.iter().map(|it| format!("tag t when {it}")).collect();
    said(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn signs_of_other_languages() {
    assert_snapshot!(said_of_conditions(&[
        "a == 1",
        "a && b",
        "a || b",
        "!a",
        "a <> 1",
        "a => 1",
        "a =< 1",
        "a > = 1",
        "a; ",
        "a & b",
        "a % 10 = 0",
        "a ? 1 : 2",
        "a like \"%x%\"",
        "a is \"x\"",
        "a is not \"x\"",
        "a not = 1",
        "a more than 3",
        "a at least 3",
        "not is missing",
        "a is null",
        "a is not null",
        "a is not missing",
        "a not is missing",
        "a AND b",
        "NOT a",
        "a \u{5927}\u{4e8e} 3",
    ]));
}

#[test]
fn characters_of_other_keyboards() {
    assert_snapshot!(said_of_conditions(&[
        "\u{ff08}a\u{ff09}",
        "a \u{ff1e}\u{ff1d} 3",
        "a > \u{ff15}\u{ff10}\u{ff10}",
        "\u{ff53}pen\u{ff44} > 3",
        "a \u{2264} 3",
        "a \u{2265} 3",
        "a \u{2260} 3",
        "a \u{d7} 3 > 1",
        "a \u{f7} 3 > 1",
        "a between 3\u{2026}5",
        "a between 3\u{ff5e}5",
        "a \u{2014} b > 1",
        "a in [1\u{3001}2]",
        "a in \u{3010}1\u{ff0c}2\u{3011}",
        "a > 3\u{3002}",
        "a > 3\u{ff1b}",
        "\u{ff01}a",
        "a = \u{201c}x\u{201d}",
        "a = \u{300c}x\u{300d}",
        "a = \u{2018}x\u{2019}",
        "a = 'it is \"x\"'",
        "a = \u{ff02}x\u{ff02}",
        "a\u{a0}= 3",
        "a = 1 \u{ff03} why",
        "a = 1 // why",
        "a = 1 -- why",
        "a > \u{a5}500",
        "a\u{ff06}\u{ff06}b",
    ]));
}

#[test]
fn keywords_without_a_space() {
    assert_snapshot!(said(&[
        "tag \u{8001}\u{5ba2} when\u{8d2d}\u{4e70} > 3",
        "tag\u{8001}\u{5ba2} when a",
        "tag t when a and\u{8d2d}\u{4e70}",
        "tag t when a within30d",
        "tag t when a = 3and b"
    ]));
}

#[test]
fn numbers_dates_and_units() {
    assert_snapshot!(said_of_conditions(&[
        "a > 1,000",
        "a > 1,000,000",
        "a > 1e5",
        "a > .5",
        "a > 5.",
        "a > 1__0",
        "a > 5\u{4e07}",
        "a > 60 %",
        "a within 30 days",
        "a within 30\u{5929}",
        "a within 3\u{4e2a}\u{6708}",
        "a within 2\u{5468}",
        "a within 1\u{5e74}",
        "a within 5\u{5206}\u{949f}",
        "a within 30m",
        "a within 3q",
        "a within 1.5d",
        "a > 2026-1-5",
        "a > 2026/1/5",
        "a > 2026-11-22 08:00",
        "a > 2026\u{5e74}1\u{6708}5\u{65e5}",
        "a > 3within",
    ]));
}

#[test]
fn ranges() {
    assert_snapshot!(said_of_conditions(&[
        "a between 3 and 5",
        "a between 30d and 60d and b",
        "a between 3-5",
        "a between 3..",
        "a between ..5",
        "a between 3, 5",
        "a within 2026-01-01..2026-01-31",
        "a during 30d",
        "a during this_month",
        "a within last 30d",
    ]));
}

#[test]
fn texts() {
    assert_snapshot!(said_of_conditions(&[
        "a = \"x",
        "a = \"\\q\"",
        "a = \"\\u{d800}\"",
        "a = \"it\\'s\"",
        "a = \"x \"y\" z\"",
        "a = \"x\"and b",
        "a matches /x",
        "a matches \"x\"",
        "`a",
        "a = \"x\u{1}\"",
        "a\u{0}",
        "a = /x/",
    ]));
}

/// What cannot be seen is refused, but for what a quoted text, a pattern or a comment may hold.
#[test]
fn hidden_characters() {
    assert_snapshot!(said_of_conditions(&[
        "a\u{200b} > 3",
        "spe\u{200d}nd > 3",
        "5\u{200c}00 > a",
        "a \u{feff}> 3",
        "a > 3 \u{0}",
        "a > \u{7}3",
        "a\u{ad} > 3",
        "a\u{fe0f} > 3",
        "\u{3164} > 3",
        "a \u{202e}> 3",
        "a > 3 # \u{2067}why",
        "a > 3 # why\u{2028}and b",
        "a = \"x\u{202e}y\"",
        "a = \"x\u{feff}y\"",
        "a = \"x\u{85}y\"",
        "a matches /x\u{202e}y/",
        "`a\u{200b}b` > 3",
        "a > 3\u{2029}and b",
        "a > 3\rand b\rand c",
    ]));
    for text in [
        "a = \"\u{2764}\u{fe0f} \u{1f469}\u{200d}\u{1f4bb}\"",
        "a = \"\u{645}\u{6cc}\u{200c}\u{62e}\"",
        "a = \"x\\u{202e}y\"",
        "a > 3 # \u{1f469}\u{200d}\u{1f4bb}",
        "a > 3\r\nand b\r\n",
    ] {
        assert_eq!(parse(&format!("tag t when {text}")).1, [], "{}", text.escape_unicode());
    }
}

/// The line ends of an old Macintosh end lines, and are told once.
#[test]
fn a_lone_carriage_return_hides_no_declaration() {
    let (file, found) = parse("# who\rtag a when b\rtag c when d == 1\r");
    let names: Vec<&str> = file.declarations.iter().filter_map(|it| it.name()).map(|it| &*it.symbol).collect();
    assert_eq!(names, ["a", "c"]);
    assert_eq!(found.iter().map(|it| it.code.as_str()).collect::<Vec<_>>(), ["E0002", "E0106"]);
    assert_eq!(found[0].notes, ["this file has 2 more"]);
    assert_eq!(found[0].fixes[0].edits.len(), 3);
}

#[test]
fn forms() {
    assert_snapshot!(said_of_conditions(&[
        "1 < a < 5",
        "1 <= a and 2 <= b <= 5",
        "a in (1, 2)",
        "all of [a, b]",
        "at least 2 (a, b)",
        "a has 1, 2",
        "a = []",
        "if a then b",
        "if a b else c",
        "if a then b elif c then d else e",
        "case when a then 1 else 2 end = 1",
        "now() > a",
        "count(*) > 3",
        "count(orders.*) > 3",
        "a.contains(\"x\")",
        "(a where b)",
        "sum(o.a) where b",
        "a group by b",
        "top 20% spend",
        "top(spend, 20%)",
        "next > 3",
        "a and",
        "a and and b",
        "a and not in [1]",
        "(a",
        "a)",
        "count(a] > 3",
        "a b",
        "Last Order > 3",
    ]));
}

#[test]
fn declarations() {
    assert_snapshot!(said(&[
        "tga vip when a",
        "Tag vip when a",
        "vip when a",
        "select id from users where a > 1",
        "if a > 1 then tag vip",
        "tag when a",
        "tag top when a",
        "tag win-back when a",
        "tag 30\u{5929} when a",
        "tag \"vip\" when a",
        "tag vip label when a",
        "tag vip a > 3",
        "tag vip",
        "tag vip = a",
        "tag vip: a",
        "tag vip when a \"label\"",
        "let x 3",
        "let x when 3",
        "let today = 1",
        "}",
        "param p 3",
        "rulebook shop",
        "table users { id text }",
        "table users { id\nname: text }",
        "table users { id: list<text> }",
        "table users { id: text",
        "level m by p { a >= 3 }",
        "level m by p { a: from 3 }",
        "level m by p { a else }",
        "score s { -20 when a }",
        "score s { 20: a }",
        "segment s when a { on enter sned sms \"x\" }",
        "segment s when a { on enter sms \"x\" }",
        "segment s when a { on enter send \"x\" }",
        "segment s when a { on entry hold }",
        "segment s when a { on enter do close task }",
        "policy { priority x }",
        "policy { limit 1 per 7d }",
        "channel sms { max 70 characters }",
        "test \"t\" { given { a = 1 } expect b }",
        "test \"t\" { given { a: 1 }, expect b }",
        "table u key a key b { }",
    ]));
}

#[test]
fn every_mistake_of_a_file_in_one_go() {
    let text = "tga vip when a == 1\ntag ok when a\ntag b when c is null and d between 3 and 5 and e within 30 days\nlevel m by p {\n  a >= 5\n  b: otherwise\n}\ntag also_ok when b\nlet x = (1 + 2\ntag last when x\n";
    let (file, found) = parse(text);
    let names: Vec<&str> = file.declarations.iter().filter_map(|it| it.name()).map(|it| &*it.symbol).collect();
    assert_eq!(names, ["vip", "ok", "b", "m", "also_ok", "x", "last"]);
    assert_snapshot!(shown::mistakes(text, &found));
}

/// A mend that is certain leaves nothing to tell, however often it is made.
#[test]
fn a_certain_mend_mends() {
    for condition in [
        "a == 1 && b <> 2",
        "a \u{ff1e} \u{ff15} and b between 3 and 5",
        "a is not null || !b",
        "a = 'x' // why",
        "a within 30 days;",
    ] {
        let mut text = format!("tag t when {condition}");
        let (_, found) = parse(&text);
        let mut edits: Vec<_> =
            found.iter().flat_map(|it| &it.fixes).filter(|it| it.certain).flat_map(|it| it.edits.clone()).collect();
        edits.sort_by_key(|edit| edit.span.start);
        for edit in edits.iter().rev() {
            text.replace_range(edit.span.range(), &edit.text);
        }
        assert!(parse(&text).1.is_empty(), "{text}");
    }
}

#[test]
fn records_that_are_still_open_where_a_diary_goes_on() {
    assert_snapshot!(said(&[
        "tag a when x > 3\ntest \"t\" as of 2026-01-01 {\n  given { x: 3 then as of 2026-01-02 expect a\n}",
        "tag a when x > 3\ntest \"t\" as of 2026-01-01 {\n  given { x: 4 } expect a\n  then as of 2026-01-02\n  given { t: 3d ago\n  then as of 2026-01-03 expect a\n}",
    ]));
}
