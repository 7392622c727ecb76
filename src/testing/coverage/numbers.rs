//! The numbers of a rulebook, and the rulebooks in which one of them is another by its smallest step.

use std::ops::Range;

use super::step;
use crate::{
    check::{self, Inputs},
    diagnostic::{Severity, Sink},
    ir,
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

/// A rulebook that differs in one number.
#[derive(Debug)]
pub(super) struct Mutant {
    /// Which declaration, by the place of its name.
    pub(super) owner: Span,
    pub(super) span: Span,
    pub(super) text: String,
    /// Which number of the same spelling: `1d12h` has two.
    pub(super) part: usize,
    pub(super) higher: bool,
    pub(super) to: String,
    /// None where it does not check: nobody can make that change unseen.
    pub(super) rulebook: Option<ir::Rulebook>,
}

/// Every rulebook that differs from this one in one number by its smallest step, in the order written. A change that does not
/// parse is none.
pub(super) fn mutants(files: &[ast::File], sources: &Sources, inputs: &Inputs) -> Vec<Mutant> {
    let mut changes = vec![];
    for (at, file) in files.iter().enumerate() {
        let text = sources.get(file.source).text();
        for range in syntax::numbers(file, text) {
            let Some(owner) = file.declarations.iter().find_map(|it| owner(it, &range)) else { continue };
            let written = text.get(range.clone()).unwrap_or("");
            for (part, steps) in step::steps(written).into_iter().enumerate() {
                for (higher, to) in [(false, steps.lower), (true, steps.higher)] {
                    changes.extend(to.map(|to| Change { owner, file: at, range: range.clone(), part, higher, to }));
                }
            }
        }
    }
    // Each is checked by itself, so they are spread over the processor's cores, and put back in order.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = changes.len().div_ceil(cores).max(1);
    let made = |changes: &[Change]| -> Vec<Mutant> {
        changes.iter().filter_map(|change| change.mutant(files, sources, inputs)).collect()
    };
    std::thread::scope(|scope| {
        let made = &made;
        let running: Vec<_> = changes.chunks(share).map(|some| (some, scope.spawn(move || made(some)))).collect();
        running.into_iter().flat_map(|(some, it)| it.join().unwrap_or_else(|_| made(some))).collect()
    })
}

/// Something else in place of a number.
struct Change {
    owner: Span,
    file: usize,
    range: Range<usize>,
    part: usize,
    higher: bool,
    to: String,
}

impl Change {
    /// None where it does not parse.
    fn mutant(&self, files: &[ast::File], sources: &Sources, inputs: &Inputs) -> Option<Mutant> {
        let file = files.get(self.file)?;
        let text = sources.get(file.source).text();
        let changed = reparsed(file, text, &self.range, &self.to)?;
        Some(Mutant {
            owner: self.owner,
            span: Span::new(file.source, self.range.start, self.range.end),
            text: text.get(self.range.clone()).unwrap_or("").to_owned(),
            part: self.part,
            higher: self.higher,
            to: self.to.clone(),
            rulebook: checked(files, self.file, changed, sources, inputs, &self.range, &self.to),
        })
    }
}

/// The file with something else in place of a number; none where it does not parse.
fn reparsed(file: &ast::File, text: &str, range: &Range<usize>, to: &str) -> Option<ast::File> {
    let changed = replaced(text, range, to);
    let mut sink = Sink::new();
    let parsed = syntax::parse(file.source, &changed, &mut sink);
    let mistakes = sink.finish().iter().any(|it| it.severity == Severity::Error);
    (!mistakes).then_some(parsed)
}

fn replaced(text: &str, range: &Range<usize>, to: &str) -> String {
    let (before, after) = (text.get(..range.start).unwrap_or(""), text.get(range.end..).unwrap_or(""));
    format!("{before}{to}{after}")
}

fn checked(
    files: &[ast::File],
    at: usize,
    changed: ast::File,
    sources: &Sources,
    inputs: &Inputs,
    range: &Range<usize>,
    to: &str,
) -> Option<ir::Rulebook> {
    let mut texts = Sources::new();
    for (id, source) in sources.iter() {
        match id == changed.source {
            true => texts.add(source.name(), replaced(source.text(), range, to)),
            false => texts.add(source.name(), source.text()),
        };
    }
    let mut all = files.to_vec();
    if let Some(slot) = all.get_mut(at) {
        *slot = changed;
    }
    let mut sink = Sink::new();
    let found = check::check(&all, &texts, inputs, &mut sink);
    let mistakes = sink.finish().iter().any(|it| it.severity == Severity::Error);
    found.filter(|_| !mistakes)
}

/// The name of the declaration whose answer hangs on what stands at a place; none of tests and tables, of what takes state, and
/// of what segments do.
fn owner(declaration: &ast::Declaration, place: &Range<usize>) -> Option<Span> {
    let holds = |span: Span| span.range().start <= place.start && place.end <= span.range().end;
    let name = declaration.name().filter(|_| holds(declaration.span()))?.span();
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
