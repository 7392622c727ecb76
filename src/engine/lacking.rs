//! What results lack that were computed elsewhere, told where the rules ask for it.

use std::sync::Arc;

use crate::{
    diagnostic::{Diagnostic, code::NOT_IN_RESULTS},
    engine::Problems,
    ir::{Lack, Lacking},
    source::Sources,
};

/// More of a question is not said again.
const SHORT: usize = 60;

/// A message for each thing that is asked; of results that are not those of the rules one, since then it is another file.
pub(super) fn told(all: &[Lacking], file: &str, sources: &Arc<Sources>) -> Problems {
    let results: Vec<(&str, &Lacking)> = all
        .iter()
        .filter_map(|it| if let Lack::Result(name) = &it.what { Some((name.as_str(), it)) } else { None })
        .collect();
    let told = match results.first() {
        Some((_, first)) => {
            let names: Vec<&str> = results.iter().map(|(name, _)| *name).collect();
            let (names, verb) = (names.join("`, `"), if names.len() == 1 { "is" } else { "are" });
            let message = format!("`{file}` does not hold the results of these rules: `{names}` {verb} not there");
            vec![Diagnostic::error(NOT_IN_RESULTS, first.span, message).help(
                "write them by `tagwell run`, or by the query of `tagwell sql`: columns `tags`, `segments`, and each level under its name",
            )]
        }
        None => {
            let mut told: Vec<Diagnostic> = all.iter().map(|it| asked(it, all, file, sources)).collect();
            told.sort_by_key(|it| it.primary.span);
            told
        }
    };
    Problems::new(told, sources)
}

/// What a deed asks, or the policy.
fn asked(lacking: &Lacking, all: &[Lacking], file: &str, sources: &Sources) -> Diagnostic {
    let who = match &lacking.by {
        Some(segment) => format!("segment `{segment}`"),
        None => "the policy".into(),
    };
    let told = |what: String| Diagnostic::error(NOT_IN_RESULTS, lacking.span, format!("{who} {what}"));
    let named = |told: Diagnostic| {
        let asked = sources.slice(lacking.span).split_whitespace().collect::<Vec<_>>().join(" ");
        let asked = if asked.chars().count() > SHORT { "…".into() } else { asked };
        told.help(format!("name it, `let NAME = {asked}`, and write that beside the results: `--with NAME`"))
    };
    match &lacking.what {
        Lack::Result(name) | Lack::Name(name) => {
            let names =
                all.iter().filter_map(|it| if let Lack::Name(name) = &it.what { Some(name.as_str()) } else { None });
            let names = names.collect::<Vec<_>>().join(",");
            told(format!("asks for `{name}`, which `{file}` does not hold"))
                .help(format!("write it beside the results: `--with {names}` of `tagwell run` or `tagwell sql`"))
        }
        Lack::Question => named(told("asks a question over many rows, which results do not answer".into())),
        Lack::ToNext(level) => named(told(format!("asks `to_next({level})`, which results do not answer"))),
    }
}
