//! What diagnostics look like in each form.

use proptest::prelude::*;
use tagwell::{
    diagnostic::{
        Diagnostic, Edit, Fix,
        code::BAD_TRIGGER,
        render::{self, Colour},
    },
    source::{SourceId, Sources, Span},
};

/// A text with its diagnostics; `«…»` in a text marks places, in order.
struct Case {
    sources: Sources,
    places: Vec<Span>,
}

impl Case {
    fn new(name: &str, marked: &str) -> Case {
        let mut case = Case { sources: Sources::new(), places: vec![] };
        case.add(name, marked);
        case
    }

    fn add(&mut self, name: &str, marked: &str) {
        let source = SourceId(self.sources.iter().count() as u32);
        let (mut text, mut open) = (String::new(), vec![]);
        for character in marked.chars() {
            match character {
                '«' => open.push(text.len()),
                '»' => self.places.push(Span::new(source, open.pop().expect("« comes before »"), text.len())),
                _ => text.push(character),
            }
        }
        self.sources.add(name, text);
    }

    fn error(&self, message: &str) -> Diagnostic {
        Diagnostic::error(BAD_TRIGGER, self.places[0], message)
    }

    fn human(&self, diagnostic: Diagnostic) -> String {
        render::human(&[diagnostic], &self.sources, Colour::Plain)
    }
}

/// What a mend shows is not proposed in words as well; what the words say beyond it stays.
#[test]
fn a_proposal_is_made_once() {
    let case = Case::new("vip.rules", "tag vip when «spnd» > 500\n");
    let mended = |help: &str, title: &str, text: &str| {
        case.human(case.error("unknown field `spnd`").help(help).suggest(title, case.places[0], text))
    };
    insta::assert_snapshot!(
        [
            mended("did you mean `spend`?", "write `spend`", "spend"),
            mended("if it is a field, write `spend`", "write `spend`", "spend"),
            mended("write `spend`", "put another name here", "spend"),
            mended("write `spend`, or declare it", "write `spend`", "spend"),
            mended("write `sum(orders.amount)`", "write `spend`", "spend"),
            mended("remove it", "remove `spnd`", ""),
        ]
        .concat()
    );
}

/// A place with label, note, help and a certain fix; one in a second file with an uncertain one.
fn two() -> (Case, Vec<Diagnostic>) {
    let mut case = Case::new("shop/vip.rules", "tag vip\n  when 城市 «==» \"上海\"\n");
    case.add("old, 100%.rules", "tag «vip» when points > 3\n");
    let first = case
        .error("`==` is written `=`")
        .here("compares")
        .label(case.places[1], "`vip` is declared here too")
        .note("one `=` compares; nothing is ever assigned")
        .help("write one `=`")
        .fix("replace `==` by `=`", case.places[0], "=");
    let second = Diagnostic::warning(BAD_TRIGGER, case.places[1], "`vip` is never used").suggest(
        "call it `VIP`",
        case.places[1],
        "VIP",
    );
    (case, vec![first, second])
}

#[test]
fn for_people() {
    let (case, both) = two();
    insta::assert_snapshot!(render::human(&both, &case.sources, Colour::Plain));
}

#[test]
fn for_people_at_a_terminal() {
    let (case, both) = two();
    insta::assert_snapshot!(render::human(&both, &case.sources, Colour::Ansi).replace('\u{1b}', "ESC"));
}

#[test]
fn for_scripts() {
    let (case, both) = two();
    let document = render::json(&both, &case.sources);
    let value: serde_json::Value = serde_json::from_str(&document).expect("one JSON document");
    assert_eq!(document.lines().count(), 3, "a diagnostic a line");
    insta::assert_snapshot!(format!("{value:#}"));
    assert_eq!(render::json(&[], &case.sources), "{\"diagnostics\":[]}\n");
}

#[test]
fn for_pull_requests() {
    let (case, both) = two();
    insta::assert_snapshot!(render::github(&both, &case.sources));
}

#[test]
fn a_message_cannot_end_its_workflow_command() {
    let case = Case::new("a.rules", "tag «a\nb»");
    let written = render::github(&[case.error("50% of\r\n::error::`x`, y")], &case.sources);
    assert_eq!(
        written,
        "::error file=a.rules,line=1,endLine=2,title=E0801%3A a trigger that never comes\
         ::50%25 of␍%0A::error::`x`, y\n"
    );
}

#[test]
fn for_code_scanning() {
    let (case, both) = two();
    let mut log: serde_json::Value =
        serde_json::from_str(&render::sarif(&both, &case.sources)).expect("one JSON document");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].take();
    log["runs"][0]["tool"]["driver"]["version"] = "VERSION".into();
    let rules = rules.as_array().expect("a list of rules").clone();
    assert_eq!(rules.len(), tagwell::diagnostic::Code::all().len());
    for result in log["runs"][0]["results"].as_array_mut().expect("a list of results") {
        let index = result["ruleIndex"].take().as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    insta::assert_snapshot!(format!("{log:#}"));
}

#[test]
fn places_of_every_shape() {
    let cases = [
        ("wide characters before the place", "tag 会员 \"重要客户\" when 消费金额 «===» 5"),
        ("a wide place", "tag vip when «购买次数» > 5"),
        ("a combining accent", "tag cafe\u{301} when «x» > 5"),
        ("a tab", "tag vip\n\twhen «x» > 5"),
        ("several lines", "tag vip\n  when «a > 1\n    and b > 2\n    and c > 3»\ntag x when true"),
        ("the end of a file without a line break", "tag vip when«»"),
        ("the end of a file after a line break", "tag vip when\n«»"),
        ("an empty file", "«»"),
        ("the line break itself", "tag vip when«\n»tag x when true"),
        ("inside a line break of two characters", "tag vip when\r«\n»tag x when true"),
        ("a carriage return at each end of line", "tag vip\r\n  when «x»\r\ntag y"),
        ("a byte-order mark", "\u{feff}«tag» vip"),
        ("a whole file", "«tag vip\nwhen a\n»"),
        ("a tall block", "«tag vip {\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n}»"),
    ];
    let shown = cases.map(|(name, marked)| {
        let case = Case::new("a.rules", marked);
        format!("## {name}\n{}", case.human(case.error("here").here("this")))
    });
    insta::assert_snapshot!(shown.concat());
}

#[test]
fn several_places() {
    let case = Case::new("a.rules", "table users {\n  «id»: int\n  name: text\n  «id»: text\n}\n");
    let near = duplicate(&case);
    let case = Case::new("a.rules", &format!("tag «vip» when a\n{}tag «vip» when b\n", "# nothing\n".repeat(40)));
    insta::assert_snapshot!(near + &duplicate(&case));
}

fn duplicate(case: &Case) -> String {
    let diagnostic = Diagnostic::error(BAD_TRIGGER, case.places[1], "this is declared twice").here("again here");
    case.human(diagnostic.label(case.places[0], "first here"))
}

#[test]
fn a_fix_of_several_edits_and_one_that_inserts_or_deletes() {
    let case = Case::new("a.rules", "tag vip when x between 3«» «and» 5«;»\n");
    let edits =
        vec![Edit { span: case.places[0], text: "..".into() }, Edit { span: case.places[1], text: String::new() }];
    let fix = Fix { title: "write a range".into(), edits, certain: true };
    let diagnostic = case.error("a range is written `3..5`").with_fix(fix).fix("remove `;`", case.places[2], "");
    let one_line = case.human(diagnostic);
    let case = Case::new("a.rules", "tag vip {\n«  # nothing\n»  x «&&»\n  y «&&» z\n}\n\n\n\ntag «x»");
    let edit = |at: usize, text: &str| Edit { span: case.places[at], text: text.into() };
    let edits = vec![edit(2, "and"), edit(0, ""), edit(1, "and"), edit(3, "y")];
    let several_lines = case.human(case.error("`&&` is written `and`").with_fix(Fix {
        title: "write `and`".into(),
        edits,
        certain: true,
    }));
    insta::assert_snapshot!(one_line + &several_lines);
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let case = Case::new(
        "a.rules",
        &format!("tag vip when {}«cty» = 1{}", "a > 1 and ".repeat(100_000), " and b".repeat(100_000)),
    );
    insta::assert_snapshot!(case.human(case.error("unknown field `cty`").suggest(
        "write `city`",
        case.places[0],
        "city"
    )));
}

#[test]
fn a_rule_file_cannot_write_to_the_terminal() {
    let case = Case::new("a\u{1b}[2J.rules", "tag «v\u{1b}[31mip\u{202e}» when \u{9b}31m\u{7}");
    let diagnostic =
        case.error("unknown `v\u{1b}[31mip\u{202e}\nx`").here("\u{1b}]0;title\u{7}").note("a\u{9b}b").help("c\u{1b}d");
    let shown = case.human(diagnostic.fix("write `\u{1b}`", case.places[0], "\u{1b}[0m"));
    assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
    insta::assert_snapshot!(shown);
}

#[test]
fn places_that_lie_nowhere_are_shown_somewhere() {
    let mut sources = Sources::new();
    let id = sources.add("a.rules", "会员");
    for (start, end) in [(0, 1), (1, 1), (1, 2), (5, 4), (6, 7), (7, 9), (100, 200), (0, usize::MAX)] {
        let diagnostic = Diagnostic::error(BAD_TRIGGER, Span { source: id, start, end: end as u32 }, "here");
        let diagnostic = diagnostic.fix("mend", Span { source: id, start, end: end as u32 }, "x");
        let shown = render::human(std::slice::from_ref(&diagnostic), &sources, Colour::Plain);
        assert!(shown.contains("a.rules:1:"), "{shown}");
        for shown in [render::json, render::github, render::sarif] {
            assert!(shown(std::slice::from_ref(&diagnostic), &sources).contains("a.rules"));
        }
    }
}

proptest! {
    /// Whatever the text and wherever the places: every form is made, and nothing in it is obeyed by a terminal.
    #[test]
    fn any_text_with_any_places(
        texts in proptest::collection::vec("([a-z =\n\t]|会|员|\r\n|\u{1b}|\u{202e}|e\u{301}|\u{feff}|\u{200d}|𝔘|👩){0,60}", 1..3),
        places in proptest::collection::vec((0u32..2, 0u32..150, 0u32..150), 1..6),
        message in "([a-z`]|会|\n|\u{9b}){0,20}",
    ) {
        let mut sources = Sources::new();
        for text in &texts {
            sources.add("a.rules", text.as_str());
        }
        let spans: Vec<Span> = places
            .iter()
            .map(|(source, start, end)| Span { source: SourceId(source % texts.len() as u32), start: *start, end: *end })
            .collect();
        let mut diagnostic = Diagnostic::error(BAD_TRIGGER, spans[0], message.as_str()).here(message.as_str());
        for span in &spans[1..] {
            diagnostic = diagnostic.label(*span, message.as_str()).fix("mend", *span, message.as_str());
        }
        let edits = spans.iter().map(|span| Edit { span: *span, text: message.clone() }).collect();
        let all = [diagnostic.with_fix(Fix { title: message.clone(), edits, certain: false })];
        let shown = render::human(&all, &sources, Colour::Plain);
        prop_assert!(!shown.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{shown:?}");
        for shown in [render::json, render::sarif] {
            let document: Result<serde_json::Value, _> = serde_json::from_str(&shown(&all, &sources));
            prop_assert!(document.is_ok());
        }
        prop_assert_eq!(render::github(&all, &sources).lines().count(), 1);
    }
}
