//! Campaigns from one run to the next: who enters and leaves and why, what is decided, what is stopped, and what is remembered.
//!
//! The tables `*.cases` hold rules, users from day to day and everything that is to happen; [`case`] tells how they are written. Each is played
//! through the command with a state file, and where it can be told as a diary, by `tagwell test` too: both must agree.

mod as_read;
mod case;
mod chance;
mod crash;
mod diary;
mod edited;
mod ids;
mod played;
mod record;
mod results;
mod simulated;

use rayon::prelude::*;

/// Plays every case of a file.
fn play(name: &str, text: &str) {
    let only = std::env::var("CASE").ok();
    let cases = case::cases(text);
    let cases = cases
        .iter()
        .filter(|case| only.as_ref().is_none_or(|only| case.title.contains(only.as_str())))
        .collect::<Vec<_>>();
    let wrong = cases
        .par_iter()
        .flat_map_iter(|case| {
            let told = case.is_diary().then(|| diary::differences(case)).into_iter().flatten();
            let wrong = played::differences(case).into_iter().chain(told).collect::<Vec<_>>();
            wrong.into_iter().map(|wrong| format!("── {name}:{} {}\n{wrong}\n", case.line, case.title))
        })
        .collect::<Vec<_>>();
    assert!(wrong.is_empty(), "{} of {} cases:\n\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// A test for each table.
macro_rules! tables {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            play(concat!(stringify!($name), ".cases"), include_str!(concat!(stringify!($name), ".cases")));
        }
    )* };
}

tables! { edges turns reasons limits consent hours repeats rows shares kept absent rulebooks runs elsewhere }
