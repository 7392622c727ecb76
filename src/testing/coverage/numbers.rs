//! The numbers of a rulebook, and each change of one of them by its smallest step.

use std::{collections::HashMap, ops::Range};

use super::{
    excerpt::{self, At},
    step,
};
use crate::{
    engine,
    ir::{self, DefinitionId, ParamId},
    source::{Sources, Span},
    syntax::{
        self,
        ast::{self, DeclarationKind},
    },
};

/// A number of a rule.
#[derive(Clone, Debug)]
pub struct Number {
    /// As it is written, with what touches it: `500`, `1d12h`.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// One step lower; none where nothing can stand there.
    pub lower: Option<Step>,
    /// One step higher.
    pub higher: Option<Step>,
}

/// A number changed by its smallest step.
#[derive(Clone, Debug)]
pub struct Step {
    /// What would stand there: `501`.
    pub to: String,
    /// Whether a test would fail, or the rulebook not check.
    pub noticed: bool,
}

/// Whose number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Owner {
    Definition(DefinitionId),
    Param(ParamId),
}

/// A number that is another by its smallest step.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) owner: Owner,
    /// Where the number stands.
    pub(super) span: Span,
    /// As it is written.
    pub(super) text: String,
    /// Which number of the same spelling: `1d12h` has two.
    pub(super) part: usize,
    pub(super) higher: bool,
    /// What would stand there.
    pub(super) to: String,
    /// Which declaration it stands in.
    pub(super) at: At,
    /// All of that declaration, with the change.
    pub(super) declaration: String,
}

/// Every change of one number of a rulebook by its smallest step, in the order written. One that does not parse is none.
pub(super) fn changes(rulebook: &engine::Rulebook, ir: &ir::Rulebook) -> Vec<Change> {
    let definitions = ir.definitions.iter().zip(0..).map(|(it, id)| (it.span, Owner::Definition(DefinitionId(id))));
    let params = ir.params.iter().zip(0..).map(|(it, id)| (it.span, Owner::Param(ParamId(id))));
    let owners: HashMap<Span, Owner> = definitions.chain(params).collect();
    let mut found = vec![];
    for (at, file) in rulebook.files().iter().enumerate() {
        let text = rulebook.sources().get(file.source).text();
        for range in syntax::numbers(file, text) {
            // Declarations stand in the order written.
            let behind = file.declarations.partition_point(|it| it.span().range().start <= range.start);
            let Some(place) = behind.checked_sub(1) else { continue };
            let Some(declaration) = file.declarations.get(place) else { continue };
            let Some(owner) = owner(declaration, &range).and_then(|name| owners.get(&name.span())) else { continue };
            let written = text.get(range.clone()).unwrap_or("");
            let whole = declaration.span().range();
            let (before, after) =
                (text.get(whole.start..range.start).unwrap_or(""), text.get(range.end..whole.end).unwrap_or(""));
            for (part, steps) in step::steps(written).into_iter().enumerate() {
                for (higher, to) in [(false, steps.lower), (true, steps.higher)] {
                    let Some(to) = to else { continue };
                    let declaration = format!("{before}{to}{after}");
                    if excerpt::parsed(&mut Sources::new(), &declaration).is_none() {
                        continue;
                    }
                    found.push(Change {
                        owner: *owner,
                        span: Span::new(file.source, range.start, range.end),
                        text: written.to_owned(),
                        part,
                        higher,
                        to,
                        at: At { file: at, declaration: place },
                        declaration,
                    });
                }
            }
        }
    }
    found
}

/// The name of a declaration whose answer hangs on what stands at a place; none of tests and tables, of what takes state, and
/// of what segments do.
fn owner<'d>(declaration: &'d ast::Declaration, place: &Range<usize>) -> Option<&'d ast::Name> {
    let holds = |span: Span| span.range().start <= place.start && place.end <= span.range().end;
    let name = declaration.name().filter(|_| holds(declaration.span()))?;
    let keeps = |arms: &[ast::Arm]| {
        arms.iter().any(|arm| match &arm.choice {
            ast::Choice::From { keep, .. } => keep.iter().any(|keep| holds(keep.span())),
            ast::Choice::When(_) | ast::Choice::Otherwise(_) => false,
        })
    };
    let counts = match &declaration.kind {
        DeclarationKind::Param(_)
        | DeclarationKind::Let(_)
        | DeclarationKind::Tag(_)
        | DeclarationKind::Score(_)
        | DeclarationKind::Funnel(_) => true,
        DeclarationKind::Level(level) => !keeps(&level.arms),
        DeclarationKind::Layer(layer) => !keeps(&layer.arms),
        DeclarationKind::Segment(segment) => holds(segment.condition.span()),
        DeclarationKind::Rulebook(_)
        | DeclarationKind::Table(_)
        | DeclarationKind::List(_)
        | DeclarationKind::Policy(_)
        | DeclarationKind::Template(_)
        | DeclarationKind::Channel(_)
        | DeclarationKind::Test(_)
        | DeclarationKind::Snapshot(_) => false,
    };
    counts.then_some(name)
}
