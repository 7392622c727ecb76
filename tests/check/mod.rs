//! What `check` says of rules, in files whose expectations stand above the line they speak of:
//!
//! ```text
//! table users key user_id { … }          before the first `---`: what all cases of the file share
//! ---
//! #~ E0201 at `spnd`: unknown field `spnd`
//! #~ help: did you mean `spend`?
//! tag vip when spnd > 500
//! ```
//!
//! Each case is checked by itself, and the tests in it are played. All that is said must be expected, and all that is expected must be said, word for word:
//! code, place, message, help and notes, and what the first fix makes of the line. With `TAGWELL_BLESS=1` a file is
//! written anew from what is said; whoever does that reads the difference.

mod ahead;
mod fields;
mod hangs;
mod unreachable;

use std::{fmt::Write, fs, path::Path};

use tagwell::{
    check::{Inputs, check},
    diagnostic::{Diagnostic, Severity, Sink},
    engine::Rulebook,
    testing::{Suite, Surroundings},
};

const MARK: &str = "#~ ";

/// The text of a case without its expectations, with them as they should be.
fn with_expectations(prelude: &str, case: &str) -> String {
    let plain: Vec<&str> = case.lines().filter(|line| !line.starts_with(MARK)).collect();
    let mut text = prelude.to_owned();
    let first = text.len();
    plain.iter().for_each(|line| text += &format!("{line}\n"));
    let found = said(&text);
    let mut out = String::new();
    let mut start = first;
    for line in plain {
        let end = start + line.len() + 1;
        for it in found.iter().filter(|it| (start..end).contains(&(it.primary.span.start as usize))) {
            out += &expectation(&text, it);
        }
        writeln!(out, "{line}").unwrap();
        start = end;
    }
    // What stands at the very end, or in what the cases share.
    for it in found.iter().filter(|it| !(first..start).contains(&(it.primary.span.start as usize))) {
        out += &expectation(&text, it);
    }
    out
}

fn said(text: &str) -> Vec<Diagnostic> {
    match Rulebook::parse("case.rules", text) {
        Err(_) => {
            let (rulebook, found) = Rulebook::parse_what_can_be([("case.rules", text)]);
            let mut sink = Sink::new();
            found.into_iter().for_each(|it| sink.push(it));
            check(rulebook.files(), rulebook.sources(), &Inputs::default(), &mut sink);
            sink.finish()
        }
        Ok(rulebook) => match rulebook.check(&Inputs::default()) {
            Ok(checked) => {
                let suite = Suite::new(checked.rulebook(), rulebook.sources(), Surroundings::default());
                let played = suite.run(|_| true, &mut |_| {});
                let warnings = checked.warnings().diagnostics().iter().cloned();
                warnings.chain(played.into_iter().flat_map(|verdict| verdict.found)).collect()
            }
            Err(problems) => problems.into_diagnostics(),
        },
    }
}

fn expectation(text: &str, found: &Diagnostic) -> String {
    let range = found.primary.span.range();
    let words: Vec<&str> = text[range.clone()].split_whitespace().collect();
    let mut out = format!("{MARK}{} at `{}`: {}\n", found.code, words.join(" "), found.message);
    // Of what is told where tests are played, the clause that decided is half.
    let is_played = found.code.as_str() == "E0710";
    for label in found.labels.iter().filter(|label| is_played && label.message != "given here") {
        let words: Vec<&str> = text[label.span.range()].split_whitespace().collect();
        out += &format!("{MARK}label: `{}` {}\n", words.join(" "), label.message);
    }
    found.notes.iter().for_each(|note| out += &format!("{MARK}note: {}\n", note.replace('\n', " | ")));
    found.help.iter().for_each(|help| out += &format!("{MARK}help: {help}\n"));
    if let Some(fix) = found.fixes.first() {
        let mut mended = text.to_owned();
        let mut edits = fix.edits.clone();
        edits.sort_by_key(|edit| edit.span.start);
        edits.iter().rev().for_each(|edit| mended.replace_range(edit.span.range(), &edit.text));
        let begin = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        out += &format!("{MARK}fix: {}\n", mended[begin..].lines().next().unwrap_or(""));
    }
    out
}

/// What is told of a text alone, before names and types are looked at.
fn of_syntax(text: &str) -> Vec<Diagnostic> {
    Rulebook::parse_what_can_be([("case.rules", text)]).1
}

/// What is proposed works where it is typed: made alone, each mend takes its mistake away, and puts no other of the text there.
/// What does not.
fn mends_that_do_not_mend(prelude: &str, case: &str) -> Vec<String> {
    let plain: String = case.lines().filter(|line| !line.starts_with(MARK)).map(|line| format!("{line}\n")).collect();
    let text = format!("{prelude}{plain}");
    let found = said(&text);
    let syntax = of_syntax(&text);
    let mut wrong = vec![];
    for it in &found {
        // Of warnings only the first of a rule is told, so another place may say the same then.
        let words = |text: &str, other: &Diagnostic| match other.severity {
            Severity::Error => String::new(),
            Severity::Warning => text[other.primary.span.range()].to_owned(),
        };
        let place = words(&text, it);
        let times = |text: &str, all: &[Diagnostic]| {
            let same = |other: &&Diagnostic| {
                other.code == it.code && other.message == it.message && words(text, other) == place
            };
            all.iter().filter(same).count()
        };
        for fix in &it.fixes {
            let mut mended = text.clone();
            let mut edits = fix.edits.clone();
            edits.sort_by_key(|edit| edit.span.start);
            edits.iter().rev().for_each(|edit| mended.replace_range(edit.span.range(), &edit.text));
            let left = said(&mended);
            let upto = syntax.len() - usize::from(syntax.contains(it));
            if times(&mended, &left) >= times(&text, &found) || of_syntax(&mended).len() > upto {
                let shown: Vec<String> = left.iter().map(|it| format!("{} {}", it.code, it.message)).collect();
                wrong.push(format!("{plain}\n`{}` ({}) leaves: {}\n", fix.title, it.message, shown.join("; ")));
            }
        }
    }
    wrong
}

/// Holds a file against what is said of it.
fn holds(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check").join(name);
    let file = fs::read_to_string(&path).unwrap();
    let mut parts = file.split("---\n");
    let prelude = parts.next().unwrap();
    let cases: Vec<&str> = parts.collect();
    let meant: Vec<String> = cases.iter().map(|case| with_expectations(prelude, case)).collect();
    if std::env::var_os("TAGWELL_BLESS").is_some() {
        let all: Vec<&str> = std::iter::once(prelude).chain(meant.iter().map(String::as_str)).collect();
        fs::write(&path, all.join("---\n")).unwrap();
    }
    assert!(!cases.is_empty() && file.contains(MARK), "{name} expects nothing");
    let wrong: Vec<String> = cases.iter().flat_map(|case| mends_that_do_not_mend(prelude, case)).collect();
    assert!(wrong.is_empty(), "{name}: what is proposed does not mend:\n\n{}", wrong.join("\n"));
    for (case, meant) in cases.iter().zip(&meant) {
        assert!(case == meant, "{name} expects\n\n{case}\nand what is said is\n\n{meant}");
    }
}

/// One test a file.
macro_rules! files {
    ($($name:ident)*) => {
        $(#[test] fn $name() { holds(concat!(stringify!($name), ".rules")); })*

        #[test]
        fn every_file_is_run() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
            let mut found: Vec<String> = fs::read_dir(folder)
                .unwrap()
                .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".rules").map(str::to_owned))
                .collect();
            found.sort();
            assert_eq!(found, [$(stringify!($name)),*]);
        }
    };
}

files! { always anniversaries asked_twice bad_messages chinese deeds_in_words deeds_undeclared empty_ranges empty_texts everyday_actions everyday_data everyday_rules everyday_tests mistakes_in_conditions mistakes_in_files mistakes_in_messages mistakes_in_rules mistakes_in_segments mistakes_in_tests negations params_of_cases phrases played played_undeclared proposals queries repairs slips_in_tests unreachable unread unused without_quotes words_of_deeds }
