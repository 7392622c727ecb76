//! A `let` without a label or a list that no rule and no deed reads, and a template that no deed sends.

use std::collections::BTreeSet;

use crate::{
    diagnostic::{Diagnostic, Sink, code::UNUSED},
    ir::{Body, DefinitionId, ListId, Rulebook},
};

pub(super) fn look(rulebook: &Rulebook, sink: &mut Sink) {
    let rules = (0..rulebook.definitions.len() as u32).map(DefinitionId);
    let mut rules: Vec<DefinitionId> =
        rules.filter(|id| !matches!(rulebook.definition(*id).body, Body::Let(_))).collect();
    if rules.is_empty() {
        return;
    }
    // A metric is an answer by itself, and what has a label is kept for people to read.
    rules.extend(rulebook.metrics().into_iter().map(|metric| metric.definition));
    let all = (0..rulebook.definitions.len() as u32).map(DefinitionId);
    rules.extend(all.filter(|id| rulebook.definition(*id).label.is_some()));
    let mut deeds = vec![];
    rulebook.actions.each_expr(&mut |expr| deeds.push(expr));
    let reads = rulebook.reads_of(rules, deeds, []);
    let read: &BTreeSet<DefinitionId> = &reads.definitions;
    for (definition, at) in rulebook.definitions.iter().zip(0..) {
        if !read.contains(&DefinitionId(at)) {
            let name = &definition.name;
            sink.push(Diagnostic::warning(UNUSED, definition.span, format!("no rule reads `{name}`")).help(format!(
                "use it, take the `let` out, or give it a label where `--with` asks for it: `let {name} \"…\" = …`"
            )));
        }
    }
    for (list, at) in rulebook.lists.iter().zip(0..) {
        if !reads.lists.contains(&ListId(at)) {
            sink.push(
                Diagnostic::warning(UNUSED, list.span, format!("no rule reads `{}`", list.name))
                    .help("use it, or take the `list` out"),
            );
        }
    }
}
