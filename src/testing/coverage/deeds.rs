//! What deeds ask, and each change of it that a diary should notice: a condition that is never true, never false, or taken for true
//! or false where it is unknown; `once` and `must contain` left out. And which deeds were done.

use std::collections::BTreeSet;

use super::{
    Arm, Condition,
    numbers::{Aim, Change, Owner, Writer},
    rows,
    stops::is_left_to_holes,
    unknown::{self, Inside},
};
use crate::{
    intern::Symbol,
    ir::{self, Act, DefinitionId, Expected, Expr, ExprKind, Fate, Rulebook, TriggerKind},
    schema::TableId,
    source::Span,
    syntax::ast::{self, DeclarationKind},
    testing::Moment,
    value::Type,
};

/// Appends every change.
pub(super) fn changes(ir: &Rulebook, writer: &Writer<'_>, found: &mut Vec<Change>) {
    for (condition, rows, inside) in conditions(ir) {
        let mut leaves = vec![];
        collect(condition, &mut leaves);
        for leaf in leaves {
            // Only where what stands beside it is true does it matter whether it is unknown.
            let beside: &[Expr] = match &condition.kind {
                ExprKind::And(parts) => parts,
                _ => &[],
            };
            let holds = |part: &&Expr| part.span.start <= leaf.span.start && leaf.span.end <= part.span.end;
            let inside = inside.and(ir, beside.iter().filter(|part| !holds(part)));
            let written = writer.rulebook.sources().slice(leaf.span);
            let mut change = |aim: Aim, to: &str| found.extend(writer.change(aim, leaf.span, to));
            change(Aim::True, "false");
            change(Aim::False, "true");
            if unknown::may_be_missing_inside(ir, rows, &inside, leaf) {
                change(Aim::Unknown, &format!("(({written}) is missing or ({written}))"));
                change(Aim::Unknown, &format!("(({written}) is known and ({written}))"));
            }
        }
    }
    for file in writer.rulebook.files() {
        for declaration in &file.declarations {
            needed(ir, declaration, writer, found);
        }
    }
}

/// Words that only a diary shows to be needed.
fn needed(ir: &Rulebook, declaration: &ast::Declaration, writer: &Writer<'_>, found: &mut Vec<Change>) {
    match &declaration.kind {
        DeclarationKind::Segment(segment) => {
            let triggers = segment.entries.iter().flatten().filter_map(|entry| match entry {
                ast::SegmentEntry::Trigger(trigger) => Some(trigger),
                ast::SegmentEntry::Require(_) | ast::SegmentEntry::Backfill(_) => None,
            });
            let deeds: Vec<&ast::Deed> = triggers.flat_map(|trigger| deeds_of(&trigger.body)).collect();
            for term in deeds.into_iter().flat_map(|deed| &deed.terms) {
                if let ast::Term::Once(place) = term {
                    found.extend(writer.change(Aim::Needed, place.0, ""));
                }
            }
        }
        DeclarationKind::Channel(channel) => {
            for requirement in &channel.requirements {
                let ast::Requirement::MustContain(text) = requirement else { continue };
                if !is_left_to_holes(ir, &channel.name.symbol, &text.value) {
                    continue;
                }
                let span = text.span();
                let before = writer.rulebook.sources().get(span.source).text().get(..span.range().start);
                let start = before.and_then(|before| before.rfind("must")).unwrap_or(span.range().start);
                let whole = Span::new(span.source, start, span.range().end);
                found.extend(writer.change(Aim::Needed, whole, ""));
            }
        }
        _ => {}
    }
}

/// The messages on a channel.
pub(super) fn messages<'i>(ir: &'i Rulebook, channel: &'i Symbol) -> impl Iterator<Item = &'i ir::Message> {
    let deeds = ir.actions.segments.iter().flat_map(|it| &it.triggers).flat_map(|trigger| trigger.body.deeds());
    deeds.filter_map(move |deed| match &deed.act {
        Act::Send { channel: own, message } if own == channel => Some(message),
        Act::Send { .. } | Act::Do(_) | Act::Hold => None,
    })
}

fn deeds_of(body: &ast::TriggerBody) -> Vec<&ast::Deed> {
    match body {
        ast::TriggerBody::Deed(deed) => vec![deed],
        ast::TriggerBody::Block(deeds) => deeds.iter().collect(),
        ast::TriggerBody::Split { shares, .. } => shares.iter().map(|share| &share.deed).collect(),
    }
}

/// The conditions of deeds and of the policy, each with the table whose rows it is asked of, and what is known of whom it is asked.
fn conditions(ir: &Rulebook) -> Vec<(&Expr, Option<TableId>, Inside)> {
    let mut found = vec![];
    for segment in &ir.actions.segments {
        let inside = Inside::of(ir, segment.segment);
        let leaves = segment.triggers.iter().any(|it| matches!(it.on, TriggerKind::Exit));
        let known = if leaves { Inside::default() } else { inside.clone() };
        found.extend(segment.require.iter().map(|it| (it, None, known.clone())));
        for trigger in &segment.triggers {
            let (rows, known) = match &trigger.on {
                TriggerKind::Each { table, filter } => {
                    found.extend(filter.iter().map(|it| (it, Some(*table), inside.clone())));
                    (Some(*table), inside.clone())
                }
                TriggerKind::Enter | TriggerKind::Every(_) => (None, inside.clone()),
                TriggerKind::Exit => (None, Inside::default()),
            };
            found.extend(trigger.body.deeds().flat_map(|deed| &deed.when).map(|it| (it, rows, known.clone())));
        }
    }
    found.extend(ir.actions.policy.require.iter().map(|it| (it, None, Inside::default())));
    found
}

/// The conditions that are not made of others, in the order written.
pub(super) fn collect<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::Quorum { conditions: parts, .. } => {
            parts.iter().for_each(|part| collect(part, found));
        }
        // `x not in y` stands as a whole.
        ExprKind::Not(inner) if inner.span != expr.span => collect(inner, found),
        ExprKind::If { condition, then, otherwise } if expr.ty == Type::Bool => {
            [condition, then, otherwise].into_iter().for_each(|part| collect(part, found));
        }
        ExprKind::Constant(_) => {}
        _ => found.push(expr),
    }
}

/// Which deeds were done where a test expects that something is done: segment, and place in it.
#[derive(Debug, Default)]
pub(super) struct Done(BTreeSet<(DefinitionId, String)>);

impl Done {
    pub(super) fn look(&mut self, moment: &Moment<'_>) {
        for expectation in &moment.entry.expect {
            let Expected::Fate(segment, Fate::Sends { .. } | Fate::Does { .. } | Fate::Holds(_)) =
                &expectation.expected
            else {
                continue;
            };
            let turn = moment.turns.get(expectation.user.unwrap_or(0));
            let decisions = turn.into_iter().flat_map(|turn| &turn.decisions);
            let done = decisions.filter(|it| it.segment == *segment && it.stopped.is_none());
            self.0.extend(done.map(|it| (*segment, it.place.clone())));
        }
    }

    /// The deeds of a segment: the place of each, where it stands, and whether it was done.
    pub(super) fn of(&self, ir: &Rulebook, segment: DefinitionId) -> Vec<(String, Arm)> {
        let triggers = ir.actions.of(segment).into_iter().flat_map(|it| &it.triggers).enumerate();
        let deeds = triggers.flat_map(|(at, trigger)| {
            trigger.body.deeds().enumerate().map(move |(place, deed)| (format!("{at}.{place}"), deed.span))
        });
        deeds
            .map(|(place, span)| {
                let taken = self.0.contains(&(segment, place.clone()));
                (place, Arm { span, taken, lacks: "is never done" })
            })
            .collect()
    }
}

/// What was shown of what an owner asks and says beside its numbers.
pub(super) fn shown(changes: &[Change], noticed: &[bool], owner: Owner) -> (Vec<Condition>, Vec<Arm>) {
    let (mut conditions, mut arms): (Vec<Condition>, Vec<Arm>) = (vec![], vec![]);
    for (change, noticed) in changes.iter().zip(noticed).filter(|(change, _)| change.owner == owner) {
        if let Some(lacks) = rows::lacks(change.aim) {
            arms.push(Arm { span: change.span, taken: *noticed, lacks });
            continue;
        }
        if matches!(change.aim, Aim::Number { .. } | Aim::Border { .. } | Aim::Word { .. }) {
            continue;
        }
        if conditions.last().is_none_or(|last| last.span != change.span) {
            conditions.push(Condition { span: change.span, ..Condition::default() });
        }
        let Some(condition) = conditions.last_mut() else { continue };
        match change.aim {
            Aim::True => (condition.is_true, condition.decides_true) = (*noticed, *noticed),
            Aim::False => (condition.is_false, condition.decides_false) = (*noticed, *noticed),
            Aim::Unknown => condition.is_unknown = Some(condition.is_unknown.unwrap_or(false) || *noticed),
            Aim::Number { .. } | Aim::Border { .. } | Aim::Word { .. } | Aim::Needed | Aim::Kept => {}
        }
    }
    (conditions, arms)
}
