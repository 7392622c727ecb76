//! The five laws of the language.

mod bare_names;
mod errors_evaluate_nothing;
mod free_layout;
mod only_where_true;
mod result_when_condition;

use tagwell::engine::Rulebook;

/// The codes of what is wrong with a rulebook; none where it checks.
fn codes(rules: &str) -> Vec<String> {
    let checked = Rulebook::parse("law.rules", rules).and_then(|rulebook| rulebook.check(&Default::default()));
    match checked {
        Ok(_) => vec![],
        Err(problems) => problems
            .diagnostics()
            .iter()
            .filter(|it| it.severity == tagwell::diagnostic::Severity::Error)
            .map(|it| it.code.to_string())
            .collect(),
    }
}
