//! What people type from habit, after `fmt --fix`. Other keyboards' characters are written as escapes, because editors
//! fold them.

use tagwell::format;

use super::{laid_out, parse};

/// The text after as many rounds of certain fixes as there are, laid out; none where a mistake is left.
fn mended(text: &str) -> Option<String> {
    let mut text = text.to_owned();
    for _ in 0..16 {
        let (_, found) = parse(&text);
        if found.is_empty() {
            return Some(laid_out(&text));
        }
        let fixed = format::apply_fixes(&text, &found);
        if fixed.applied == 0 {
            return None;
        }
        text = fixed.text;
    }
    panic!("the fixes come to no end: {text}")
}

#[test]
fn of_other_languages() {
    for (typed, expected) in [
        ("a == 1", "a = 1"),
        ("a && b || !c", "a and b or not c"),
        ("!(a && b)", "not (a and b)"),
        ("a <> 1", "a != 1"),
        ("a => 3 and b =< 3", "a >= 3 and b <= 3"),
        ("a = 5;", "a = 5"),
        ("a AND b OR NOT c", "a and b or not c"),
        ("a IN (\"x\", \"y\")", "a in [\"x\", \"y\"]"),
        ("a BETWEEN 3 AND 5", "a between 3..5"),
        ("city = 'x'", "city = \"x\""),
        ("a is null", "a is missing"),
        ("a is not null", "a is known"),
        ("a > 1,000", "a > 1_000"),
        ("a > 40%%", "a > 40%"),
        ("a > 3 // why", "a > 3  # why"),
        ("a > 3 -- why", "a > 3  # why"),
        ("a = 2026-1-5 or a = 2026/1/5", "a = 2026-01-05 or a = 2026-01-05"),
        ("a within 30 days", "a within 30d"),
    ] {
        let mended = mended(&format!("tag t when {typed}\n"));
        assert_eq!(mended.as_deref(), Some(format!("tag t when {expected}\n").as_str()), "{typed}");
    }
}

#[test]
fn of_other_keyboards() {
    for (typed, expected) in [
        ("a within 30\u{5929}", "a within 30d"),
        ("a < 60\u{5929}\u{524d}", "a < 60d ago"),
        ("a > 1\u{5343} or a > 500\u{5143}", "a > 1_000 or a > 500"),
        ("a within 3\u{4e2a}\u{6708} or a within 2\u{5468}", "a within 3mo or a within 2w"),
        ("a \u{2265} 3 and b \u{2264} 3 and c \u{2260} 3", "a >= 3 and b <= 3 and c != 3"),
        ("a \u{d7} 3 > b \u{f7} 2", "a * 3 > b / 2"),
        ("a between 3\u{2026}5", "a between 3..5"),
        ("a between 3\u{ff5e}5", "a between 3..5"),
        ("\u{ff08}a\u{ff09}and b", "(a) and b"),
        ("a \u{ff1d} \u{201c}x\u{201d}", "a = \"x\""),
        ("a in \u{3010}\u{201c}x\u{201d}\u{3001}\u{201c}y\u{201d}\u{3011}", "a in [\"x\", \"y\"]"),
        ("a = \u{2018}x\u{2019}", "a = \"x\""),
        ("\u{ff41}\u{ff42}\u{ff43} \u{ff1e} \u{ff15}\u{ff10}", "abc > 50"),
        ("a \u{2014} 3 > 4", "a - 3 > 4"),
        ("a > 50\u{ff05}", "a > 50%"),
        ("max(a\u{ff0c}b) > 3", "max(a, b) > 3"),
        ("a > 3 \u{ff03} why", "a > 3  # why"),
        ("a\u{3000}>\u{3000}3", "a > 3"),
        ("x > 3 and\u{8d2d}\u{4e70} > 3", "x > 3 and \u{8d2d}\u{4e70} > 3"),
    ] {
        let mended = mended(&format!("tag t when {typed}\n"));
        assert_eq!(mended.as_deref(), Some(format!("tag t when {expected}\n").as_str()), "{typed}");
    }
}

/// Blocks as other languages have them.
#[test]
fn of_other_blocks() {
    for (typed, expected) in [
        ("level m by p { gold: from 5, red: otherwise }", "level m by p {\n  gold from 5\n  red  otherwise\n}\n"),
        ("level m by p { gold from 5; red otherwise; }", "level m by p {\n  gold from 5\n  red  otherwise\n}\n"),
        ("let a == 3", "let a = 3\n"),
        ("let a := 3", "let a = 3\n"),
        ("TAG a WHEN b", "tag a when b\n"),
        ("tag a when b > 3and c", "tag a when b > 3 and c\n"),
        ("tag a if b", "tag a when b\n"),
        ("tag a = b > 3", "tag a when b > 3\n"),
        ("tag a b > 3", "tag a when b > 3\n"),
        ("tag a \"A\" not b", "tag a \"A\" when not b\n"),
        ("\u{6807}\u{7b7e} a when b", "tag a when b\n"),
        ("layer m { a when b c else }", "layer m {\n  a when b\n  c otherwise\n}\n"),
        ("layer m { a when b otherwise c }", "layer m {\n  a when b\n  c otherwise\n}\n"),
        ("level m by p { a >= 5 }", "level m by p {\n  a from 5\n}\n"),
    ] {
        assert_eq!(mended(typed).as_deref(), Some(expected), "{typed}");
    }
}

/// Where two things can be meant, nothing is changed.
#[test]
fn what_only_its_writer_knows_stays() {
    for typed in ["level m by p { a > 5 }", "tag a unless b", "tag a b", "tier a by b { c from 3 }"] {
        assert_eq!(mended(&format!("{typed}\n")), None, "{typed}");
    }
    for typed in ["a > 30m", "a like \"%x%\"", "a is true", "a > 5M", "a > 5\u{5206}", "a, b", "a ? 1 : 2"] {
        assert_eq!(mended(&format!("tag t when {typed}\n")), None, "{typed}");
    }
}
