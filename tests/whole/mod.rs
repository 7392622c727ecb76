//! Whole users: small rulebooks with their data, and what each user must get. The `.cases` files beside this one were written
//! from the language's page alone; `case.rs` says how they are read.
//!
//! `TAGWELL_BINARY=path cargo test whole` asks another build of the command; `WHOLE=ntile cargo test whole` only the cases whose
//! place or name has that word.

mod answer;
mod case;

use std::{
    env, fs,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use case::Case;

/// All cases of all files, in order.
fn cases() -> Vec<Case> {
    let files = fs::read_dir("tests/whole").expect("the cases are there");
    let mut files: Vec<PathBuf> = files.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "cases"));
    files.sort();
    let read =
        |path: &PathBuf| case::read(&path.display().to_string(), &fs::read_to_string(path).expect("cases are text"));
    files.iter().flat_map(read).collect()
}

/// What is wrong with a case, or nothing. One that waits must be wrong, or else its waiting is over.
fn verdict(case: &Case) -> Option<String> {
    let wrong = answer::differences(case);
    match (&case.waits, wrong.is_empty()) {
        (None, true) | (Some(_), false) => None,
        (None, false) => Some(wrong.join("\n")),
        (Some(reason), true) => Some(format!("it waits ({reason}), and holds: take out its `-- waits`")),
    }
}

#[test]
fn every_user_gets_what_the_language_says() {
    let word = env::var("WHOLE").unwrap_or_default();
    let all = cases();
    assert!(all.len() >= 900, "only {} cases", all.len());
    let asked: Vec<&Case> = all.iter().filter(|case| case.title().contains(&word)).collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(vec![]));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(case) = asked.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(reason) = verdict(case) {
                        let shown = format!("{}\n    {}", case.title(), reason.replace('\n', "\n    "));
                        wrong.lock().unwrap().push((case.file.clone(), case.line, shown));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    let shown: Vec<String> = wrong.into_iter().map(|(_, _, shown)| shown).collect();
    assert!(shown.is_empty(), "{} of {} cases differ:\n{}", shown.len(), asked.len(), shown.join("\n"));
}

#[test]
fn what_differs_is_found() {
    let text = fs::read_to_string("tests/whole/wrong.txt").expect("the wrong cases are there");
    for case in case::read("wrong.txt", &text) {
        assert!(verdict(&case).is_some(), "nothing is found wrong with {}", case.title());
    }
}
