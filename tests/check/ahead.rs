//! A long rulebook is checked on all cores: to the same meaning and the same mistakes as a short one.

use std::fs;

use tagwell::{
    check::{Inputs, check_for_mistakes},
    diagnostic::{Diagnostic, Sink},
    engine::Rulebook,
};

use super::MARK;

/// What is meant by a text before some tags more, and what is wrong in it.
fn before_tags(text: &str, tags: usize) -> (Option<Vec<String>>, Vec<Diagnostic>) {
    let more: String = (0..tags).map(|number| format!("tag zzzzzzzzzzzz_{number} when true\n")).collect();
    let (rulebook, found) = Rulebook::parse_what_can_be([("case.rules", format!("{text}\n{more}"))]);
    let mut sink = Sink::new();
    found.into_iter().for_each(|it| sink.push(it));
    let meant = check_for_mistakes(rulebook.files(), rulebook.sources(), &Inputs::default(), &mut sink);
    let meant = meant.map(|meant| {
        let first = meant.definitions.len() - tags;
        let definitions = meant.definitions.iter().take(first).map(|it| format!("{it:?}"));
        let order = meant.order.iter().filter(|id| (id.0 as usize) < first);
        definitions
            .chain([format!("{:?} {:?} {:?}", order.collect::<Vec<_>>(), meant.aggregates, meant.actions)])
            .collect()
    });
    let mut told = sink.finish();
    told.retain(|it| (it.primary.span.start as usize) < text.len());
    (meant, told)
}

#[test]
fn every_case_of_this_folder_is_checked_alike() {
    let mut meaning = 0;
    for entry in fs::read_dir("tests/check").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "rules") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut parts = text.split("---\n");
        let prelude = parts.next().unwrap();
        for case in parts {
            let plain: String =
                case.lines().filter(|line| !line.starts_with(MARK)).map(|line| format!("{line}\n")).collect();
            let text = format!("{prelude}{plain}");
            let (short, long) = (before_tags(&text, 2), before_tags(&text, 300));
            meaning += usize::from(short.0.is_some());
            assert_eq!(long, short, "{}: {plain}", path.display());
        }
    }
    assert!(meaning > 100, "{meaning} of them mean something");
}
