//! Tests that would show what no test shows.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    Coverage, DEEDS, Measure, RuleCoverage,
    deeds::Done,
    made::Dice,
    numbers::{Aim, Owner},
    plot::Plots,
    roots::{Roots, roots},
    search::Search,
};
use crate::{
    check::Inputs,
    engine::{Checked, Rulebook},
    eval::Context,
    ir::{Body, DefinitionId, Expr, ExprKind, TimeWindow},
    source::Span,
    testing::{Suite, Surroundings},
    value::{Clock, moment_text},
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
    let (coverage, mut found) = looked_for(rulebook, checked, surroundings, selected, Wanted::All);
    let is_let = |body: &Body| matches!(body, Body::Let(_) | Body::Funnel(..));
    if found.is_empty() || !checked.rulebook().definitions.iter().any(|it| is_let(&it.body)) {
        return (coverage, found);
    }
    // What these tests give, another one has to compute.
    let texts: Vec<&str> = found.iter().map(|it| it.text.as_str()).collect();
    let sources = rulebook.sources().iter().map(|(_, it)| (it.name().to_owned(), it.text().to_owned()));
    let with = Rulebook::parse_all(sources.chain([("suggested".to_owned(), texts.join("\n"))]));
    if let Ok(with) = with
        && let Ok(checked) = with.check(&Inputs::default())
    {
        let is_ours = |name: &str| selected(name) || found.iter().any(|it| it.name == name);
        let (_, more) = looked_for(&with, &checked, surroundings, &is_ours, Wanted::Computed);
        found.extend(more);
    }
    (coverage, found)
}

/// What tests are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// Whatever shows something new.
    All,
    /// What computes a `let` that all tests give.
    Computed,
}

fn looked_for(
    rulebook: &Rulebook,
    checked: &Checked,
    surroundings: &Surroundings,
    selected: &dyn Fn(&str) -> bool,
    wanted: Wanted,
) -> (Coverage, Vec<Suggestion>) {
    let measure = Measure::new(rulebook, checked, surroundings, selected);
    let (coverage, mut noticed, done) = measure.coverage();
    let ir = checked.rulebook();
    let suite = Suite::new(ir, rulebook.sources(), surroundings.clone());
    let mut context = suite.context();
    let instants = ir.tests.tests.iter().flat_map(|test| &test.cases).flat_map(|case| &case.entries);
    let now = instants.filter_map(|it| it.as_of).max().unwrap_or(NOON);
    if let Some(clock) = Clock::at(now, context.clock.zone().clone()) {
        context.clock = clock;
    }
    let shown: HashMap<Span, &RuleCoverage> = {
        let of_rules = coverage.rules.iter().filter(|rule| rule.kind != DEEDS);
        of_rules.map(|rule| (rule.span, rule)).collect()
    };
    let mut found = vec![];
    for id in (0..ir.definitions.len() as u32).map(DefinitionId) {
        let definition = ir.definition(id);
        let shown = shown.get(&definition.span).copied();
        let lacks = shown.is_some_and(|rule| !rule.shown().and(rule.decided()).is_whole());
        let is_open = |owner: Owner| measure.changes_of(owner).any(|(at, _)| noticed.get(at) == Some(&false));
        if wanted == Wanted::Computed && !(lacks && matches!(definition.body, Body::Let(_) | Body::Funnel(..))) {
            continue;
        }
        let params = measure.params_behind(id);
        if !lacks && !is_open(Owner::Definition(id)) && !params.into_iter().any(|param| is_open(Owner::Param(param))) {
            continue;
        }
        let Some(search) = Search::new(&measure, id, &noticed, &context) else { continue };
        let mut left = search.goals(shown);
        drop(search);
        let before = noticed.clone();
        for context in contexts(&measure, id, &context) {
            if left.is_empty() {
                break;
            }
            let Some(search) = Search::new(&measure, id, &before, &context) else { break };
            let name = free_name(ir, &found, definition.name.as_str());
            let it = search.found(&name, &left, u64::from(id.0));
            left = it.left;
            for at in it.noticed {
                if let Some(noticed) = noticed.get_mut(at) {
                    *noticed = true;
                }
            }
            found.extend(it.text.map(|text| Suggestion { name, text }));
        }
    }
    for roots in roots(ir).into_iter().filter(|_| wanted == Wanted::All) {
        let wanted = |owner: Owner| match owner {
            Owner::Deeds(id) => roots.segments.contains(&id),
            Owner::Definition(id) => roots.rules.contains(&id),
            Owner::Shared(_) => !roots.segments.is_empty(),
            Owner::Param(id) => {
                let of_deeds = !roots.segments.is_empty() && measure.whole.param_readers(id).next().is_none();
                of_deeds || roots.rules.iter().any(|rule| measure.params_behind(*rule).contains(&id))
            }
        };
        let unknown: HashSet<Span> = measure
            .changes
            .iter()
            .zip(&noticed)
            .filter(|(change, noticed)| change.aim == Aim::Unknown && **noticed)
            .map(|(change, _)| change.span)
            .collect();
        let changes = measure.changes.iter().zip(&noticed).enumerate();
        let changes = changes.filter(|(_, (change, _))| change.aim != Aim::Unknown || !unknown.contains(&change.span));
        let open: Vec<usize> =
            changes.filter(|(_, (change, noticed))| !**noticed && wanted(change.owner)).map(|(at, _)| at).collect();
        let deeds = not_done(ir, &done, &roots);
        if open.is_empty() && deeds.is_empty() {
            continue;
        }
        let names: Vec<&str> =
            roots.segments.iter().chain(&roots.rules).map(|id| ir.definition(*id).name.as_str()).collect();
        let name = format!("{} day by day", names.join(", "));
        let mut dice = Dice(names.len() as u64);
        let Some(plots) = Plots::new(&measure, &roots, &open, &context, &mut dice) else { continue };
        let mut taken: Vec<String> = found.iter().map(|it| it.name.clone()).collect();
        let mut names = || {
            let name = free(ir, &taken, &name);
            taken.push(name.clone());
            name
        };
        let Some(it) = plots.found(&mut names, &deeds, &mut dice) else { continue };
        for at in it.noticed {
            if let Some(noticed) = noticed.get_mut(at) {
                *noticed = true;
            }
        }
        found.extend(it.blocks.into_iter().map(|(name, text)| Suggestion { name, text }));
    }
    (coverage, found)
}

/// The instants at which a rule is asked: one, and of a rule that asks what day it is, or how long it is to or from a moment and
/// names days beside it, more of them.
fn contexts(measure: &Measure<'_>, id: DefinitionId, context: &Context) -> Vec<Context> {
    let ir = measure.whole.ir;
    let reads = ir.reads([id]);
    let (mut asks, mut is_relative) = (false, false);
    let mut look = |expr: &Expr| {
        expr.each(&mut |node| {
            let during = matches!(&node.kind, ExprKind::Window { window: TimeWindow::During(_), .. });
            asks |= during || matches!(node.kind, ExprKind::Now);
            let relative = matches!(&node.kind, ExprKind::Window { .. } | ExprKind::Ago(_) | ExprKind::FromNow(_));
            is_relative |= relative || matches!(node.kind, ExprKind::CompareAge { .. } | ExprKind::AgeBetween { .. });
        });
    };
    reads.definitions.iter().for_each(|id| ir.definition(*id).body.each_expr(&mut look));
    reads.aggregates.iter().for_each(|id| ir.aggregate(*id).each_expr(&mut look));
    let mut found = vec![context.clone()];
    let zone = context.clock.zone();
    let (now, (today, time)) = (context.clock.now(), zone.local(context.clock.now()));
    let numbers = reads.definitions.iter().flat_map(|id| measure.changes_of(Owner::Definition(*id)));
    let days: BTreeSet<i32> = numbers
        .flat_map(|(_, change)| [&change.text, &change.to])
        .filter_map(|text| moment_text::parse_date(text.get(..10).unwrap_or(text)).ok())
        .collect();
    let days = days.into_iter().take(DAYS).filter(|day| *day != today).map(|day| zone.instant(day, time));
    let days = days.filter(|_| asks || is_relative);
    let later = LATER.into_iter().filter(|_| asks).map(|hours| now.saturating_add(hours * HOUR));
    for instant in days.chain(later) {
        found.extend(Clock::at(instant, zone.clone()).map(|clock| Context { clock, ..context.clone() }));
    }
    found
}

/// Hours later at which a rule is asked that asks what day it is: another day of the week, of the month, of the year.
const LATER: [i64; 5] = [7, 24, 16 * 24, 45 * 24 + 12, 171 * 24 + 20];

const HOUR: i64 = 3_600_000_000;

/// Days that rules name, at which they are asked.
const DAYS: usize = 8;

/// The deeds that no test shows to be done.
fn not_done(ir: &crate::ir::Rulebook, done: &Done, roots: &Roots) -> Vec<(String, String)> {
    let of = |segment: &DefinitionId| {
        let name = ir.definition(*segment).name.to_string();
        let deeds = done.of(ir, *segment).into_iter().filter(|(_, arm)| !arm.taken);
        deeds.map(move |(place, _)| (name.clone(), place)).collect::<Vec<_>>()
    };
    roots.segments.iter().flat_map(of).collect()
}

fn free_name(ir: &crate::ir::Rulebook, found: &[Suggestion], rule: &str) -> String {
    let taken: Vec<String> = found.iter().map(|it| it.name.clone()).collect();
    free(ir, &taken, &format!("{rule} at its edges"))
}

/// A name that no test has.
fn free(ir: &crate::ir::Rulebook, taken: &[String], name: &str) -> String {
    let names = (1..).map(|at| if at == 1 { name.to_owned() } else { format!("{name}, {at}") });
    let mut free = names.filter(|name| !taken.contains(name) && !ir.tests.tests.iter().any(|test| test.name == *name));
    free.next().unwrap_or_default()
}
