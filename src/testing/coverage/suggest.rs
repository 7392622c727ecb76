//! Tests that would show what no test shows.

use std::collections::HashMap;

use super::{Coverage, Measure, RuleCoverage, numbers::Owner, search::Search};
use crate::{
    engine::{Checked, Rulebook},
    ir::DefinitionId,
    source::Span,
    testing::{Suite, Surroundings},
    value::Clock,
};

/// A whole test that can be appended to the rules as it stands.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// Its name.
    pub name: String,
    /// `test "…" { … }`
    pub text: String,
}

/// Noon of a day, where no test says when it is: 2026-01-15T12:00Z.
const NOON: i64 = 1_768_478_400_000_000;

/// What the tests that are selected show, and tests that would show more. Each was tried: it checks and passes.
pub fn suggest(
    rulebook: &Rulebook,
    checked: &Checked,
    surroundings: &Surroundings,
    selected: &dyn Fn(&str) -> bool,
) -> (Coverage, Vec<Suggestion>) {
    let measure = Measure::new(rulebook, checked, surroundings, selected);
    let (coverage, mut noticed) = measure.coverage();
    let ir = checked.rulebook();
    let suite = Suite::new(ir, rulebook.sources(), surroundings.clone());
    let mut context = suite.context();
    let instants = ir.tests.tests.iter().flat_map(|test| &test.cases).flat_map(|case| &case.entries);
    let now = instants.filter_map(|it| it.as_of).max().unwrap_or(NOON);
    if let Some(clock) = Clock::at(now, context.clock.zone().clone()) {
        context.clock = clock;
    }
    let shown: HashMap<Span, &RuleCoverage> = coverage.rules.iter().map(|rule| (rule.span, rule)).collect();
    let mut found = vec![];
    for id in (0..ir.definitions.len() as u32).map(DefinitionId) {
        let definition = ir.definition(id);
        let shown = shown.get(&definition.span).copied();
        let lacks = shown.is_some_and(|rule| !rule.shown().and(rule.decided()).is_whole());
        let is_open = |owner: Owner| measure.changes_of(owner).any(|(at, _)| noticed.get(at) == Some(&false));
        let params = measure.params_behind(id);
        if !lacks && !is_open(Owner::Definition(id)) && !params.into_iter().any(|param| is_open(Owner::Param(param))) {
            continue;
        }
        let Some(search) = Search::new(&measure, id, &noticed, &context) else { continue };
        let name = free_name(ir, definition.name.as_str());
        if let Some(it) = search.found(&name, shown, u64::from(id.0)) {
            for at in it.noticed {
                if let Some(noticed) = noticed.get_mut(at) {
                    *noticed = true;
                }
            }
            found.push(Suggestion { name, text: it.text });
        }
    }
    (coverage, found)
}

fn free_name(ir: &crate::ir::Rulebook, rule: &str) -> String {
    let names =
        (1..).map(|at| if at == 1 { format!("{rule} at its edges") } else { format!("{rule} at its edges, {at}") });
    let mut free = names.filter(|name| !ir.tests.tests.iter().any(|test| test.name == *name));
    free.next().unwrap_or_default()
}
