//! The tree of each construct, shown by the shortest text that has it.

use insta::assert_snapshot;

use super::{parse, shown};

fn trees(texts: &[&str]) -> String {
    let one = |text: &&str| {
        let (file, found) = parse(text);
        assert!(found.is_empty(), "{text}: {found:?}");
        format!("{text}\n{}", shown::tree(&file))
    };
    texts.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Each expression as the value of a `let`.
fn expressions(texts: &[&str]) -> String {
    let one = |text: &&str| {
        let mut sink = tagwell::diagnostic::Sink::new();
        let expr = tagwell::syntax::parse_expression(tagwell::source::SourceId(0), text, &mut sink);
        let expr = expr.unwrap_or_else(|| panic!("{text}: {:?}", sink.found()));
        format!("{text}\n  {}\n", shown::compact(&format!("{:?}", expr.kind)))
    };
    texts.iter().map(one).collect()
}

#[test]
fn literals() {
    assert_snapshot!(expressions(&[
        "500",
        "1_000_000",
        "12.50",
        "20%",
        r#""a \"b\" \\ \n \t \u{7c73}""#,
        "true",
        "false",
        "2026-11-22",
        "2026-11-22T08:00",
        "2026-11-22T08:00:30.5",
        "2026-11-22T08:00Z",
        "2026-11-22T08:00+08:00",
        "08:00",
        "30d",
        "1d12h",
        "1y2mo3w4d5h6min7s",
        "40d ago",
        "churn_after ago",
        "3mo from now",
        "now",
        "today",
        "missing",
        "[\"a\", \"b\",]",
        "`Last Order`",
        "最近购买",
    ]));
}

#[test]
fn operators_from_loosest_to_tightest() {
    assert_snapshot!(expressions(&[
        "if a then b else c",
        "if a then b else if c then d else e",
        "a or b or c",
        "a or b and not c",
        "not not a",
        "not a = b",
        "a = b",
        "a != b",
        "a < b",
        "a <= b",
        "a > b",
        "a >= b",
        "a ?? b ?? c",
        "a + b - c * d / e",
        "- -a * b",
        "-a.b[c].d",
        "(a)",
        "3 / 5 >= 60%",
    ]));
}

#[test]
fn words_that_ask() {
    assert_snapshot!(expressions(&[
        "x between 3..5",
        "x not between 3..<5",
        "x in [1, 2]",
        "x not in blocked",
        "s contains \"a\"",
        "s not starts with \"a\"",
        "s ends with \"a\"",
        r"s matches /^1[3-9]\d{9}\/$/",
        "xs has v",
        "xs has any of [1]",
        "xs has all of [1]",
        "xs not has none of [1]",
        "x is missing",
        "x is known",
        "t within 30d",
        "t within next 7d",
        "t during today",
        "t during last month",
        "t not during next quarter",
    ]));
}

#[test]
fn calls_and_clauses() {
    assert_snapshot!(expressions(&[
        "lower(name)",
        "min(a, b,)",
        "clamp(x, 0..100)",
        "count(orders)",
        "any(orders where category = \"水果\")",
        "sum(orders.amount within 90d)",
        "most(orders.category by orders.amount within 90d)",
        "sum(lines.price * lines.qty during this month where paid)",
        "count(distinct(orders.category))",
        "quantile(users.spend where active, 80%)",
        "avg(users.spend per [city, channel])",
        "ntile(spend where active per city, 5)",
        "lower(a within 3d)",
        "channels[source].price",
        "all of (a, b)",
        "any of (a)",
        "none of (a)",
        "at least 2 of (a, b, c)",
        "top 20% by spend",
        "top 100 by (spend where active per city)",
        "bottom 5 by (a + b) * 2",
    ]));
}

#[test]
fn words_of_declarations_are_names_too() {
    assert_snapshot!(expressions(&[
        "level + score * tag",
        "any + all",
        "at = from",
        "key is known",
        "by > 3",
        "count",
        "table.list",
        "last < first",
    ]));
}

#[test]
fn data() {
    assert_snapshot!(trees(&[
        "rulebook \"shop\"",
        "rulebook \"shop\" timezone \"Asia/Shanghai\"",
        "table users key id { id: text name: text? from \"Name\", day: date in \"%d.%m.%Y\" at: timestamp? in epoch ms }",
        "table orders \"订单\" of users by user_id at ordered_at key id from \"o.csv\" { tags: list of text? amount: decimal(2) }",
        "table touches of users from ledger",
        "param churn_after = 30d",
        "list blocked \"黑名单\" from \"blocked.csv\" column id",
        "let spend = sum(orders.amount)",
    ]));
}

#[test]
fn rules() {
    assert_snapshot!(trees(&[
        "tag vip \"重要\" when a",
        "score heat from 50 { 40 when a  minus 20 when b, points * 2 when c } clamp 0..100",
        "level m by points { black \"黑\" from 10000 keep 9000 keep 1y, gold when a  red otherwise }",
        "layer rfm exclusive { 重要 when a  other otherwise }",
        "funnel path on (events within 30d where paid) by session { install when a  buy \"买\" within 7d when b }",
        "funnel path on events { install when a }",
    ]));
}

#[test]
fn segments() {
    assert_snapshot!(trees(&[
        "segment s when a",
        "segment s \"x\" when a { require b on enter send sms \"t\" with c = 1, d = 2 cooldown 30d at most 3 times once hours 12:00..13:00 when e backfill }",
        "segment s when a { every 30d { do praise when b  hold otherwise } on exit do close on each payments where paid send push t }",
        "segment s when a { on enter split \"salt\" { 45% noon send sms \"A\"  55% control hold } }",
        "policy { require a limit 3 within 7d limit sms 1 within 1d quiet 22:00..08:00 exempt [x, y] priority [z] }",
        "template t \"{name|朋友}\"",
        "channel sms { at most 70 characters must contain \"退订\" }",
    ]));
}

#[test]
fn tests_and_snapshots() {
    assert_snapshot!(trees(&[
        "test \"t\" as of 2026-11-22T10:00 { given { a: 1, orders: [{ b: 40d ago }, { b: missing }] } with param p = 45d, list l = [\"u1\"] expect vip, not lost, s sends sms \"x\", s does v, s holds, s stopped by at most, s sends sms not before 2026-11-23T08:00 not after 2026-11-24 with { a: 1 }, s does v at once, s holds at once then as of 2026-11-23 expect s silent, s entered, s left }",
        "test \"t\" { given \"u1\" { a: 1 } given \"u2\" {} expect \"u1\": vip, \"u2\": not vip }",
        "snapshot \"f\" of \"u.csv\", orders: \"o.csv\" as of 2026-11-22",
    ]));
}

#[test]
fn comments_and_descriptions() {
    let text = "# at the top\n## Those who\n##  buy much\ntag vip when a # why\n\n## stray\n\ntag b when c ## not above\ntag d when e\r\n## of e\r\ntag e when \"#\"\n";
    let (file, found) = parse(text);
    assert!(found.is_empty());
    let comments: Vec<&str> = file.comments.iter().map(|it| it.text.as_str()).collect();
    assert_snapshot!(format!("{}{comments:#?}", shown::tree(&file)));
    for comment in &file.comments {
        assert_eq!(text[comment.place.0.range()], comment.text);
    }
}

#[test]
fn layout_means_nothing() {
    let (one, _) = parse(
        "level m by p { a \"A\" from 5, b otherwise } tag x when a and b let y = c + 1 list l from \"f\" tag z when y in l",
    );
    let (two, found) = parse(
        "\u{feff}level\nm\r\nby p{a \"A\" from 5 b\notherwise}tag\nx when a\nand\nb let y\n=\nc\n+\n1\nlist l\nfrom \"f\"\ntag z\nwhen y\nin\nl",
    );
    assert_eq!(found.iter().map(|it| it.code.as_str()).collect::<Vec<_>>(), [""; 0]);
    assert_eq!(one.declarations, two.declarations);
}

#[test]
fn what_looks_like_a_declaration_may_stand_inside_one() {
    let (file, found) = parse("level m by p {\ntag \"A\" from 5\ntest \"B\" from 4\nlist from 3\n}\ntag x when a\n");
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(file.declarations.len(), 2);
}
