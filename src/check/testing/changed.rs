//! `with param lapse = 90h`: whether the rules hold with what a case changes, as they must with `--param lapse=90h`.
//!
//! The definitions and deeds that name a parameter are lowered once more, beside the others, for each set of values that cases give;
//! of what that finds the first mistake is told where the case says so. The order of thresholds is looked at elsewhere.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    check::{Checker, book::Book, order::Order, segments::Conduct},
    diagnostic::{
        Diagnostic, Severity, Sink,
        code::{BAD_ARMS, BAD_OVERRIDE, HOURS_OF_A_DATE},
    },
    ir::{self, DefinitionId, Expr, ExprKind, ParamId, Tests},
    syntax::ast::{self, Override},
    value::Value,
};

type Changes = BTreeMap<ParamId, Value>;

/// The rules as they were lowered.
pub(in crate::check) struct Rules<'r, 'a> {
    pub(in crate::check) book: &'r Book<'a>,
    pub(in crate::check) conduct: &'r Conduct<'a>,
    pub(in crate::check) definitions: &'r [Option<ir::Definition>],
    pub(in crate::check) order: &'r Order,
    pub(in crate::check) actions: &'r ir::Actions,
}

/// Tells each value of a parameter with which a rule is a mistake.
pub(in crate::check) fn look(checker: &mut Checker<'_>, rules: &Rules<'_, '_>, tests: &Tests) {
    let mut looked_at: Vec<Changes> = vec![];
    for (written, test) in rules.book.tests.iter().zip(&tests.tests) {
        for (written, case) in written.cases.iter().zip(&test.cases) {
            let mut changes = Changes::new();
            for (written, entry) in written.entries.iter().zip(&case.entries) {
                changes.extend(entry.params.iter().cloned());
                if entry.params.is_empty() || looked_at.contains(&changes) {
                    continue;
                }
                if let Some(told) = wrong_with(checker, rules, &changes) {
                    tell(checker, written, &told);
                }
                looked_at.push(changes.clone());
            }
        }
    }
}

/// The first mistake of the rules with these values.
fn wrong_with(checker: &Checker<'_>, rules: &Rules<'_, '_>, changes: &Changes) -> Option<Diagnostic> {
    let readers: Vec<DefinitionId> =
        rules.order.all.iter().copied().filter(|id| definition_names(checker, rules, *id, changes)).collect();
    let mut acts = false;
    rules.actions.each_expr(&mut |expr| acts |= names(expr, changes));
    if readers.is_empty() && !acts {
        return None;
    }
    let mut sink = Sink::new();
    let mut beside = checker.beside(&mut sink);
    Arc::make_mut(&mut beside.names).outside_of_rules = false;
    beside.types = checker.types.clone();
    beside.by_types = checker.by_types.clone();
    beside.funnels = checker.funnels.clone();
    for (id, value) in changes {
        if let Some(Some(param)) = beside.params.get_mut(id.0 as usize) {
            param.value = value.clone();
        }
    }
    for id in readers {
        if let Some(written) = rules.book.definitions.get(id.0 as usize) {
            beside.definition(id, written);
        }
    }
    if acts {
        beside.actions(rules.book, rules.conduct, rules.definitions, &rules.order.all);
    }
    sink.found().iter().find(|told| told.severity == Severity::Error && told.code != BAD_ARMS).cloned()
}

fn definition_names(checker: &Checker<'_>, rules: &Rules<'_, '_>, id: DefinitionId, changes: &Changes) -> bool {
    let Some(Some(definition)) = rules.definitions.get(id.0 as usize) else { return false };
    let mut found = false;
    definition.body.each_expr(&mut |expr| found |= names(expr, changes));
    for aggregate in definition.aggregates.iter().filter_map(|id| checker.aggregates.get(id.0 as usize)) {
        aggregate.each_expr(&mut |expr| found |= names(expr, changes));
    }
    found
}

fn names(expr: &Expr, changes: &Changes) -> bool {
    let mut found = false;
    expr.each(&mut |node| found |= matches!(node.kind, ExprKind::Param(id) if changes.contains_key(&id)));
    found
}

/// Tells it where the entry gives the parameter that is named where the mistake is, else where it gives any.
fn tell(checker: &mut Checker<'_>, entry: &ast::Entry, told: &Diagnostic) {
    let at = told.primary.span;
    let rule = checker.words(at).to_owned();
    let mut given: Option<(&ast::Name, &ast::Expr)> = None;
    for it in &entry.with {
        if let Override::Param(name, value) = it
            && (given.is_none() || rule == name.symbol.as_str())
        {
            given = Some((name, value));
        }
    }
    let Some((name, value)) = given else { return };
    let message = format!("`{} = {}` cannot be: {}", name.symbol, checker.snippet(value.span()), told.message);
    let help = match told.help.first() {
        Some(help) if told.code == HOURS_OF_A_DATE => help.clone(),
        Some(_) | None => "give the parameter a value that the rule can take".to_owned(),
    };
    checker
        .sink
        .push(Diagnostic::error(BAD_OVERRIDE, value.span(), message).label(at, "a rule takes it here").help(help));
}
