//! The declarations of all files, sorted by what they declare, each kind in the order written.

use std::collections::BTreeSet;

use super::unread::Unread;
use crate::{ir::DefinitionId, source::Span, syntax::ast, syntax::ast::DeclarationKind as Kind};

/// A rulebook's declarations.
#[derive(Default)]
pub(super) struct Book<'a> {
    pub(super) rulebooks: Vec<(&'a ast::Rulebook, Span)>,
    pub(super) tables: Vec<&'a ast::Table>,
    pub(super) params: Vec<&'a ast::Param>,
    pub(super) lists: Vec<&'a ast::ListDeclaration>,
    /// By [`DefinitionId`].
    pub(super) definitions: Vec<Definition<'a>>,
    pub(super) tests: Vec<&'a ast::TestBlock>,
    pub(super) snapshots: Vec<&'a ast::Snapshot>,
    /// With the word `policy`.
    pub(super) policies: Vec<(&'a ast::Policy, Span)>,
    pub(super) templates: Vec<&'a ast::Template>,
    pub(super) channels: Vec<&'a ast::Channel>,
    pub(super) unread: Unread<'a>,
}

/// A `let`, tag, score, level, layer, funnel or segment as written.
pub(super) struct Definition<'a> {
    pub(super) rule: Rule<'a>,
    pub(super) description: Option<&'a str>,
}

/// What `to_next` and `reached` are asked of.
#[derive(Clone, Default)]
pub(super) struct Ladders {
    /// The levels that go by a value.
    pub(super) levels: Vec<String>,
    pub(super) funnels: Vec<String>,
}

/// What a definition is.
#[derive(Clone, Copy)]
pub(super) enum Rule<'a> {
    Let(&'a ast::Let),
    Tag(&'a ast::Tag),
    Score(&'a ast::Score),
    Level(&'a ast::Level),
    Layer(&'a ast::Layer),
    Funnel(&'a ast::Funnel),
    Segment(&'a ast::Segment),
    /// What `eval` was asked: a `let` without a name.
    Expression(&'a ast::Expr),
}

impl<'a> Book<'a> {
    /// Sorts the declarations of all files.
    pub(super) fn of(files: &'a [ast::File]) -> Book<'a> {
        let mut book = Book { unread: Unread::of(files), ..Book::default() };
        for declaration in files.iter().flat_map(|file| &file.declarations) {
            if !book.unread.has_cut(declaration) {
                book.add(declaration);
            }
        }
        book
    }

    /// Adds what `eval` was asked.
    pub(super) fn add_expression(&mut self, expression: &'a ast::Expr) -> DefinitionId {
        self.definitions.push(Definition { rule: Rule::Expression(expression), description: None });
        DefinitionId(self.definitions.len() as u32 - 1)
    }

    /// Leaves tests and snapshots out.
    pub(super) fn forget_tests(&mut self) {
        self.tests.clear();
        self.snapshots.clear();
    }

    /// Which definitions are segments.
    pub(super) fn segments(&self) -> BTreeSet<DefinitionId> {
        let all = (0..).map(DefinitionId).zip(&self.definitions);
        all.filter(|(_, it)| matches!(it.rule, Rule::Segment(_))).map(|(id, _)| id).collect()
    }

    /// Which definitions are tags.
    pub(super) fn tags(&self) -> BTreeSet<DefinitionId> {
        let all = (0..).map(DefinitionId).zip(&self.definitions);
        all.filter(|(_, it)| matches!(it.rule, Rule::Tag(_))).map(|(id, _)| id).collect()
    }

    /// The segments that have a block, each with its entries.
    pub(super) fn segments_that_do(&self) -> impl Iterator<Item = (DefinitionId, &'a ast::Segment)> + '_ {
        (0..).map(DefinitionId).zip(&self.definitions).filter_map(|(id, it)| match it.rule {
            Rule::Segment(segment) if segment.entries.is_some() => Some((id, segment)),
            _ => None,
        })
    }

    /// The names of what `to_next` and `reached` are asked of, in the order written.
    pub(super) fn ladders(&self) -> Ladders {
        let mut ladders = Ladders::default();
        for definition in &self.definitions {
            match definition.rule {
                Rule::Level(it) if it.by.is_some() => ladders.levels.push(it.name.symbol.to_string()),
                Rule::Funnel(it) => ladders.funnels.push(it.name.symbol.to_string()),
                Rule::Level(_)
                | Rule::Let(_)
                | Rule::Tag(_)
                | Rule::Score(_)
                | Rule::Layer(_)
                | Rule::Segment(_)
                | Rule::Expression(_) => {}
            }
        }
        ladders
    }

    fn add(&mut self, declaration: &'a ast::Declaration) {
        let rule = match &declaration.kind {
            Kind::Rulebook(it) => return self.rulebooks.push((it, declaration.span())),
            Kind::Table(it) => return self.tables.push(it),
            Kind::Param(it) => return self.params.push(it),
            Kind::List(it) => return self.lists.push(it),
            Kind::Let(it) => Rule::Let(it),
            Kind::Tag(it) => Rule::Tag(it),
            Kind::Score(it) => Rule::Score(it),
            Kind::Level(it) => Rule::Level(it),
            Kind::Layer(it) => Rule::Layer(it),
            Kind::Funnel(it) => Rule::Funnel(it),
            Kind::Segment(it) => Rule::Segment(it),
            Kind::Test(it) => return self.tests.push(it),
            Kind::Snapshot(it) => return self.snapshots.push(it),
            Kind::Policy(it) => {
                let start = declaration.span();
                return self.policies.push((it, Span { end: start.start + "policy".len() as u32, ..start }));
            }
            Kind::Template(it) => return self.templates.push(it),
            Kind::Channel(it) => return self.channels.push(it),
        };
        self.definitions.push(Definition { rule, description: declaration.description.as_deref() });
    }
}

impl<'a> Rule<'a> {
    /// Its name, where it has one.
    pub(super) fn name(self) -> Option<&'a ast::Name> {
        match self {
            Rule::Let(it) => Some(&it.name),
            Rule::Tag(it) => Some(&it.name),
            Rule::Score(it) => Some(&it.name),
            Rule::Level(it) => Some(&it.name),
            Rule::Layer(it) => Some(&it.name),
            Rule::Funnel(it) => Some(&it.name),
            Rule::Segment(it) => Some(&it.name),
            Rule::Expression(_) => None,
        }
    }

    /// The arms of a level or layer.
    pub(super) fn arms(self) -> Option<&'a [ast::Arm]> {
        match self {
            Rule::Level(it) => Some(&it.arms),
            Rule::Layer(it) => Some(&it.arms),
            Rule::Let(_) | Rule::Tag(_) | Rule::Score(_) | Rule::Funnel(_) | Rule::Segment(_) | Rule::Expression(_) => {
                None
            }
        }
    }

    /// Its top-level expressions, in the order written.
    pub(super) fn expressions(self) -> Vec<&'a ast::Expr> {
        match self {
            Rule::Let(it) => vec![&it.value],
            Rule::Tag(it) => vec![&it.condition],
            Rule::Segment(it) => vec![&it.condition],
            Rule::Funnel(it) => {
                let clause: Vec<&ast::Expr> = match &it.on {
                    ast::FunnelSource::Table(_) => vec![],
                    ast::FunnelSource::Clause(clause) => clause.filter.iter().collect(),
                };
                let steps = it.steps.iter().flat_map(|step| step.within.iter().chain([&step.condition]));
                clause.into_iter().chain(steps).collect()
            }
            Rule::Expression(it) => vec![it],
            Rule::Score(it) => {
                let clamp = it.clamp.iter().flat_map(|range| [&*range.from, &*range.to]);
                let arms = it.arms.iter().flat_map(|arm| [&arm.points, &arm.condition]);
                it.base.iter().chain(arms).chain(clamp).collect()
            }
            Rule::Level(it) => it.by.iter().chain(it.arms.iter().flat_map(arm_expressions)).collect(),
            Rule::Layer(it) => it.arms.iter().flat_map(arm_expressions).collect(),
        }
    }
}

fn arm_expressions(arm: &ast::Arm) -> Vec<&ast::Expr> {
    match &arm.choice {
        ast::Choice::From { threshold, keep } => std::iter::once(threshold).chain(keep).collect(),
        ast::Choice::When(condition) => vec![condition],
        ast::Choice::Otherwise(_) => vec![],
    }
}
