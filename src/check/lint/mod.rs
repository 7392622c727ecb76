//! Warnings: what means something, but perhaps not what was wanted. One file a warning.

mod always;
mod anniversary;
mod asked_twice;
mod empty_range;
mod empty_text;
mod exclusive;
mod negation;
mod or_beside_and;
mod outcomes;
mod pieces;
mod readers;
mod unreachable;
mod unused;
mod without_quotes;
mod words_of_deeds;

use std::collections::HashSet;

use super::{
    book::Book,
    segments::{Conduct, Wanted},
};
use crate::{
    diagnostic::Sink,
    ir::{Body, Choice, Definition, Expr, ExprKind, Rulebook},
    schema::Facts,
    source::{Sources, Span},
    value::{Value, Zone},
};
use outcomes::Source;

/// A rulebook without mistakes, and where to tell what is doubtful about it.
pub(super) struct Found<'r> {
    pub(super) rulebook: &'r Rulebook,
    pub(super) sources: &'r Sources,
    /// What was found in the data of an undeclared root table.
    pub(super) facts: Option<&'r Facts>,
    pub(super) zone: &'r Zone,
    pub(super) sink: &'r mut Sink,
}

/// Looks through a rulebook without mistakes.
pub(super) fn run(book: &Book<'_>, conduct: &Conduct<'_>, mut found: Found<'_>) {
    for definition in &book.definitions {
        definition.rule.expressions().into_iter().for_each(|expr| as_written(expr, &mut found));
        asked_twice::arms(definition.rule, found.sink);
    }
    for stated in conduct.stated(book) {
        as_written(stated.expr, &mut found);
        if stated.wanted == Wanted::Condition {
            always::for_everybody(stated.expr, found.sink);
        }
    }
    words_of_deeds::look(book, &mut found);
    negation::look(&mut found);
    empty_range::look(&mut found);
    empty_text::look(&mut found);
    always::look(&mut found);
    anniversary::look(&mut found);
    exclusive::look(&mut found);
    unreachable::look(&mut found);
    without_quotes::look(&mut found);
    unused::look(found.rulebook, found.sink);
}

/// What is seen in the words of one expression.
fn as_written(expr: &crate::syntax::ast::Expr, found: &mut Found<'_>) {
    or_beside_and::look(expr, found.sink);
    asked_twice::look(expr, found.sink);
    always::same_on_both_sides(expr, found.sink);
    always::beside_missing(expr, found);
}

impl<'r> Found<'r> {
    /// Every expression that was written by itself: without the comparisons that `from` stands for.
    fn roots(&self) -> Vec<&'r Expr> {
        let mut roots = vec![];
        for definition in &self.rulebook.definitions {
            let arms = match &definition.body {
                Body::Level(ladder) | Body::Layer(ladder) => ladder.arms.as_slice(),
                Body::Let(_) | Body::Tag(_) | Body::Score(_) | Body::Funnel(_, _) | Body::Segment(_) => &[],
            };
            let stands_for_from: HashSet<*const Expr> = arms
                .iter()
                .filter_map(|arm| match &arm.choice {
                    Choice::From { condition, .. } => Some(std::ptr::from_ref(condition)),
                    Choice::When(_) | Choice::Otherwise => None,
                })
                .collect();
            definition.body.each_expr(&mut |expr| {
                if !stands_for_from.contains(&std::ptr::from_ref(expr)) {
                    roots.push(expr);
                }
            });
        }
        self.rulebook.actions.each_stated(&mut |expr| roots.push(expr));
        roots
    }

    /// The same, with what is asked of rows.
    fn roots_and_clauses(&self) -> Vec<&'r Expr> {
        let mut roots = self.roots();
        for aggregate in &self.rulebook.aggregates {
            aggregate.each_expr(&mut |expr| roots.push(expr));
        }
        roots
    }

    /// The words of a place, on one line.
    fn words(&self, span: Span) -> String {
        self.sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The value of what reads nothing.
    fn constant(&self, expr: &Expr) -> Option<Value> {
        super::declare::fold(expr, self.zone)
    }

    /// The value of what reads nothing, or a parameter.
    fn constant_or_param(&self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Param(id) => self.rulebook.params.get(id.0 as usize).map(|param| param.value.clone()),
            _ => self.constant(expr),
        }
    }

    /// What may be missing, as it is written: one name, or all that is read of a row.
    fn names_of(&self, source: Source, lookups: &[Span]) -> Vec<String> {
        let name = match source {
            Source::Column(id) => written(self.rulebook.schema.root().column(id).name.as_str()),
            Source::Ladder(id) => written(self.rulebook.definition(id).name.as_str()),
            Source::Rows(id) => {
                // By the name of the `let` or funnel that it is the whole of.
                let is_whole = |definition: &&Definition| match &definition.body {
                    Body::Funnel(_, it) => *it == id,
                    Body::Let(expr) => matches!(expr.kind, ExprKind::Aggregate(it) if it == id),
                    Body::Tag(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Segment(_) => false,
                };
                let whole = self.rulebook.definitions.iter().find(is_whole);
                whole.map_or_else(|| self.words(self.rulebook.aggregate(id).span), |it| written(it.name.as_str()))
            }
            Source::Row(id) => {
                let mut names: Vec<String> = vec![];
                for name in lookups.iter().map(|span| self.words(*span)) {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                if !names.is_empty() {
                    return names;
                }
                self.rulebook.schema.table(id).name.to_string()
            }
        };
        vec![name]
    }
}

/// A name as rules write it.
fn written(name: &str) -> String {
    let mut characters = name.chars();
    let begins = characters.next().is_some_and(|it| unicode_ident::is_xid_start(it) || it == '_');
    match begins && characters.all(unicode_ident::is_xid_continue) && !crate::syntax::is_reserved(name) {
        true => name.to_owned(),
        false => format!("`{name}`"),
    }
}
