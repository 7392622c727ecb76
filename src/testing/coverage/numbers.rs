//! The numbers of a rulebook, and each change of one of them by its smallest step.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use super::{
    deeds,
    excerpt::{self, At},
    roots, rows,
    rule::Rule,
    step, wordings,
};
use crate::{
    engine,
    ir::{self, Act, DefinitionId, MessagePart, ParamId},
    source::{SourceId, Sources, Span},
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
    /// Where no case can show it, why: it does not count.
    pub not_counted: Option<String>,
}

/// Whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Owner {
    Definition(DefinitionId),
    Param(ParamId),
    /// What a segment does.
    Deeds(DefinitionId),
    /// What the deeds of several segments have in common: the policy, a channel, a template.
    Shared(At),
}

impl Owner {
    /// The declaration of what several segments have in common.
    pub(super) fn shared(self) -> Option<At> {
        match self {
            Owner::Shared(at) => Some(at),
            Owner::Definition(_) | Owner::Param(_) | Owner::Deeds(_) => None,
        }
    }
}

/// What a change would show, were it noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// That a number is not another by its smallest step. `1d12h` has two parts.
    Number { part: usize, higher: bool },
    /// That a condition of a deed, or of a rule that asks what is remembered, is true of somebody, which decides: here it never is.
    True,
    /// The same of false.
    False,
    /// That it is unknown of somebody, which is not true: here it is, or it is false.
    Unknown,
    /// That words are needed: here they are left out, or of rows every one meets them.
    Needed,
    /// That rows meet a condition, and count: here none does.
    Kept,
    /// Where one share of a split ends and the next begins: here it is a step off.
    Border { higher: bool },
    /// That words draw the line where they do: here others stand.
    Word { higher: bool },
}

/// A rulebook that says something else in one place.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) owner: Owner,
    pub(super) aim: Aim,
    /// What is changed, and where it stands.
    pub(super) span: Span,
    /// As it is written.
    pub(super) text: String,
    /// What would stand there.
    pub(super) to: String,
    /// Which declaration it stands in.
    pub(super) at: At,
    /// All of that declaration, with the change.
    pub(super) declaration: String,
}

impl Change {
    pub(super) fn is_number(&self) -> bool {
        matches!(self.aim, Aim::Number { .. })
    }
}

/// Every change that a test of a rulebook should notice: one number by its smallest step, and what deeds ask. One that does not
/// parse is none.
pub(super) fn changes(rulebook: &engine::Rulebook, ir: &ir::Rulebook) -> Vec<Change> {
    let writer = Writer::new(rulebook, ir);
    let mut found = vec![];
    let mut ranges: BTreeSet<(SourceId, usize, usize)> = BTreeSet::new();
    for file in rulebook.files() {
        let text = rulebook.sources().get(file.source).text();
        ranges.extend(syntax::numbers(file, text).into_iter().map(|it| (file.source, it.start, it.end)));
    }
    for hole in holes(ir) {
        let (text, start) = (rulebook.sources().slice(hole), hole.start as usize);
        ranges.extend(syntax::numbers_of(text).into_iter().map(|it| (hole.source, start + it.start, start + it.end)));
    }
    let shares: Vec<Span> = splits(rulebook).flatten().map(|it| it.share.span()).collect();
    for (source, start, end) in ranges {
        let span = Span::new(source, start, end);
        // A share alone can be no other, since they add up to a hundred.
        if shares.iter().any(|it| it.source == source && it.start <= span.start && span.end <= it.end) {
            continue;
        }
        for (part, steps) in step::steps(rulebook.sources().slice(span)).into_iter().enumerate() {
            for (higher, to) in [(false, steps.lower), (true, steps.higher)] {
                let aim = Aim::Number { part, higher };
                found.extend(to.and_then(|to| writer.change(aim, span, &to)));
            }
        }
        // A day more than a year is nearer than two years.
        if let Some(to) = step::by_a_day(rulebook.sources().slice(span)) {
            let of_rule = |it: &Change| matches!(it.owner, Owner::Definition(_) | Owner::Param(_));
            found.extend(writer.change(Aim::Number { part: 1, higher: true }, span, &to).filter(of_rule));
        }
    }
    for shares in splits(rulebook) {
        for pair in shares.windows(2) {
            found.extend(borders(&writer, pair));
        }
    }
    remembering(ir, &writer, &mut found);
    rows::changes(ir, &writer, &mut found);
    wordings::changes(ir, &writer, &mut found);
    deeds::changes(ir, &writer, &mut found);
    found
}

/// The conditions of rules that ask what is remembered: only a diary shows that they decide, so it is looked for with these changes.
fn remembering(ir: &ir::Rulebook, writer: &Writer<'_>, found: &mut Vec<Change>) {
    let sources = writer.rulebook.sources();
    for rule in roots::remembering(ir).filter_map(|id| Rule::of(ir, id, sources)) {
        for (_, span) in rule.leaves {
            let written = sources.slice(span);
            found.extend(writer.change(Aim::True, span, &format!("(({written}) is missing and ({written}))")));
            found.extend(writer.change(Aim::False, span, &format!("(({written}) is known or ({written}))")));
        }
    }
}

/// The shares of each split.
fn splits(rulebook: &engine::Rulebook) -> impl Iterator<Item = &[ast::Share]> {
    let declarations = rulebook.files().iter().flat_map(|file| &file.declarations);
    let segments = declarations.filter_map(|it| match &it.kind {
        DeclarationKind::Segment(segment) => Some(segment),
        _ => None,
    });
    segments.flat_map(|it| it.entries.iter().flatten()).filter_map(|entry| match entry {
        ast::SegmentEntry::Trigger(ast::Trigger { body: ast::TriggerBody::Split { shares, .. }, .. }) => {
            Some(shares.as_slice())
        }
        ast::SegmentEntry::Trigger(_) | ast::SegmentEntry::Require(_) | ast::SegmentEntry::Backfill(_) => None,
    })
}

/// Digits behind the point of a share.
fn fraction(written: &str) -> usize {
    written.trim_end_matches('%').split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

/// `60%` a step more or less: of as many digits as its neighbour has, so that both still add up.
fn share(written: &str, digits: usize, by: i64) -> Option<String> {
    let number = written.strip_suffix('%')?;
    let (whole, behind) = number.split_once('.').unwrap_or((number, ""));
    let steps = format!("{whole}{behind:0<digits$}").parse::<i64>().ok()?.checked_add(by).filter(|it| *it > 0)?;
    let scale = 10_i64.checked_pow(u32::try_from(digits).ok()?)?;
    Some(match digits {
        0 => format!("{steps}%"),
        _ => format!("{}.{:0digits$}%", steps / scale, steps % scale),
    })
}

/// Two neighbouring shares, of which the one is a step less and the other a step more.
fn borders(writer: &Writer<'_>, pair: &[ast::Share]) -> Vec<Change> {
    let [one, next] = pair else { return vec![] };
    let sources = writer.rulebook.sources();
    let (own, other) = (one.share.span(), next.share.span());
    let (a, b) = (sources.slice(own), sources.slice(other));
    let digits = fraction(a).max(fraction(b));
    let between = sources.slice(Span { start: own.end, end: other.start, ..own });
    let mut found = vec![];
    for (higher, by) in [(false, -1), (true, 1)] {
        let (Some(a), Some(b)) = (share(a, digits, by), share(b, digits, -by)) else { continue };
        let change = writer.change(Aim::Border { higher }, Span { end: other.end, ..own }, &format!("{a}{between}{b}"));
        found.extend(change.map(|it| Change {
            span: own,
            text: sources.slice(own).to_owned(),
            to: format!("{a} {}, {b} {}", one.name.symbol, next.name.symbol),
            ..it
        }));
    }
    found
}

/// Where the values of the holes of messages stand.
fn holes(ir: &ir::Rulebook) -> impl Iterator<Item = Span> {
    let deeds = ir.actions.segments.iter().flat_map(|it| &it.triggers).flat_map(|trigger| trigger.body.deeds());
    let messages = deeds.filter_map(|deed| match &deed.act {
        Act::Send { message, .. } => Some(message),
        Act::Do(_) | Act::Hold => None,
    });
    messages.flat_map(|message| &message.parts).filter_map(|part| match part {
        MessagePart::Hole { value, .. } => Some(value.span),
        MessagePart::Text(_) => None,
    })
}

/// Writes a declaration with something else in one place.
pub(super) struct Writer<'w> {
    pub(super) rulebook: &'w engine::Rulebook,
    owners: HashMap<Span, Owner>,
    segments: HashMap<Span, DefinitionId>,
    files: HashMap<SourceId, usize>,
}

impl<'w> Writer<'w> {
    fn new(rulebook: &'w engine::Rulebook, ir: &ir::Rulebook) -> Writer<'w> {
        let definitions = ir.definitions.iter().zip(0..).map(|(it, id)| (it.span, Owner::Definition(DefinitionId(id))));
        let params = ir.params.iter().zip(0..).map(|(it, id)| (it.span, Owner::Param(ParamId(id))));
        let segments = ir.actions.segments.iter().map(|it| (ir.definition(it.segment).span, it.segment));
        Writer {
            rulebook,
            owners: definitions.chain(params).collect(),
            segments: segments.collect(),
            files: rulebook.files().iter().enumerate().map(|(at, file)| (file.source, at)).collect(),
        }
    }

    /// The declaration that holds a place.
    pub(super) fn at(&self, span: Span) -> Option<(At, &'w ast::Declaration)> {
        let at = *self.files.get(&span.source)?;
        let file = self.rulebook.files().get(at)?;
        // Declarations stand in the order written.
        let behind = file.declarations.partition_point(|it| it.span().start <= span.start);
        let place = behind.checked_sub(1)?;
        let declaration = file.declarations.get(place)?;
        (span.end <= declaration.span().end).then_some((At { file: at, declaration: place }, declaration))
    }

    /// None where it does not stand in a rule, or does not parse.
    pub(super) fn change(&self, aim: Aim, span: Span, to: &str) -> Option<Change> {
        let (at, declaration) = self.at(span)?;
        let owner = self.owner(at, declaration, &span.range())?;
        let (text, whole) = (self.rulebook.sources().get(span.source).text(), declaration.span().range());
        let (before, after) = (text.get(whole.start..span.range().start)?, text.get(span.range().end..whole.end)?);
        let declaration = format!("{before}{to}{after}");
        excerpt::parsed(&mut Sources::new(), &declaration)?;
        let text = text.get(span.range()).unwrap_or("").to_owned();
        Some(Change { owner, aim, span, text, to: to.to_owned(), at, declaration })
    }

    /// Whose answer hangs on what stands at a place; nobody's of tests and tables.
    fn owner(&self, at: At, declaration: &ast::Declaration, place: &Range<usize>) -> Option<Owner> {
        let holds = |span: Span| span.range().start <= place.start && place.end <= span.range().end;
        let own = || self.owners.get(&declaration.name()?.span()).copied();
        match &declaration.kind {
            DeclarationKind::Param(_)
            | DeclarationKind::Let(_)
            | DeclarationKind::Tag(_)
            | DeclarationKind::Score(_)
            | DeclarationKind::Funnel(_)
            | DeclarationKind::Level(_)
            | DeclarationKind::Layer(_) => own(),
            DeclarationKind::Segment(segment) if holds(segment.condition.span()) => own(),
            DeclarationKind::Segment(segment) => self.segments.get(&segment.name.span()).copied().map(Owner::Deeds),
            DeclarationKind::Policy(_) | DeclarationKind::Template(_) | DeclarationKind::Channel(_) => {
                Some(Owner::Shared(at))
            }
            DeclarationKind::Rulebook(_)
            | DeclarationKind::Table(_)
            | DeclarationKind::List(_)
            | DeclarationKind::Test(_)
            | DeclarationKind::Snapshot(_) => None,
        }
    }
}
