//! What becomes of single words, texts and signs.

use super::laid_out;

/// The layout of each as a condition.
#[test]
fn conditions() {
    for (typed, expected) in [
        ("a>3 and b", "a > 3 and b"),
        ("( a )", "(a)"),
        ("((a))", "((a))"),
        ("not(a)", "not (a)"),
        ("f ( a,b, )", "f(a, b)"),
        ("a in[ 1,2, ]", "a in [1, 2]"),
        ("x between 3 .. 5", "x between 3..5"),
        ("x between 3 ..< 5", "x between 3..<5"),
        ("-x > - 3", "-x > -3"),
        ("- - x > 3", "- -x > 3"),
        ("a-b>3", "a - b > 3"),
        ("orders . amount > 3", "orders.amount > 3"),
        ("channels [ source ] . price > 3", "channels[source].price > 3"),
        ("all of(a,b)", "all of (a, b)"),
        ("at least 2 of(a,b)", "at least 2 of (a, b)"),
        ("name matches /a b\\/c/", "name matches /a b\\/c/"),
        ("x > 1_000 and y within 1d12h", "x > 1_000 and y within 1d12h"),
        ("`vip` and `Last Order` is known", "vip and `Last Order` is known"),
        ("`when` and `a b` and `3`", "`when` and `a b` and `3`"),
        ("a = \"\\u{7c73}\\\"\\\\\\n\"", "a = \"\u{7c73}\\\"\\\\\\n\""),
        ("a = \"\\u{200b}\\u{feff}\"", "a = \"\\u{200b}\\u{feff}\""),
        ("if a then b else(c)", "if a then b else (c)"),
        ("top  20%  by spend", "top 20% by spend"),
        ("bottom 5 by(spend per city)", "bottom 5 by (spend per city)"),
        ("t<40d ago", "t < 40d ago"),
        ("t not within 3d", "t not within 3d"),
        ("t during last week", "t during last week"),
    ] {
        assert_eq!(laid_out(&format!("tag t when {typed}")), format!("tag t when {expected}\n"));
    }
}

/// Line breaks mean nothing, so neither does which of them were there.
#[test]
fn a_line_too_short_is_closed_up() {
    let text = "tag\n  vip\n  \"重要\"\n  when\n  a\n  and\n  b\ntest \"x\" { given {\n  a: 1\n} expect\n  vip }\n";
    assert_eq!(laid_out(text), "tag vip \"重要\" when a and b\ntest \"x\" {\n  given { a: 1 }\n    expect vip\n}\n");
}
