//! Which rows a question counts, and each change of that which a test should notice: a condition of a `where`, or of a step of a
//! funnel, that every row meets, or none; a window that is left out.

use std::collections::BTreeSet;

use super::{
    Arm,
    deeds::collect,
    numbers::{Aim, Change, Owner, Writer},
};
use crate::{
    ir::{AggregateFunction, Expr, Rulebook},
    source::Span,
};

/// What is said of a window, or a condition on rows, that could be left out.
pub(super) const NEEDLESS: &str = "no test fails without it";

/// What is said of a condition that no row has to meet.
pub(super) const KEEPS_NONE: &str = "no test fails where no row meets it";

/// Appends every change.
pub(super) fn changes(ir: &Rulebook, writer: &Writer<'_>, found: &mut Vec<Change>) {
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    for aggregate in &ir.aggregates {
        let mut conditions: Vec<&Expr> = aggregate.filter.iter().collect();
        if let AggregateFunction::Funnel(steps, _) = &aggregate.function {
            conditions.extend(steps.iter().map(|step| &step.condition));
        }
        let mut leaves = vec![];
        conditions.into_iter().for_each(|condition| collect(condition, &mut leaves));
        let window = aggregate.window.iter().map(|it| it.span).filter(|span| seen.insert(*span)).collect::<Vec<_>>();
        found.extend(window.into_iter().filter_map(|span| writer.change(Aim::Needed, span, "")));
        for span in leaves.into_iter().map(|leaf| leaf.span).filter(|span| seen.insert(*span)) {
            found.extend(writer.change(Aim::Needed, span, "true"));
            found.extend(writer.change(Aim::Kept, span, "false"));
        }
    }
}

/// What was shown of the questions that a rule asks about rows.
pub(super) fn shown(changes: &[Change], noticed: &[bool], owner: Owner) -> Vec<Arm> {
    let own = changes.iter().zip(noticed).filter(|(change, _)| change.owner == owner);
    let of_rows =
        own.filter_map(|(change, noticed)| Some(Arm { span: change.span, taken: *noticed, lacks: lacks(change.aim)? }));
    of_rows.collect()
}

/// What is said of a change of this kind that nobody notices; none of what is no such change.
pub(super) fn lacks(aim: Aim) -> Option<&'static str> {
    match aim {
        Aim::Needed => Some(NEEDLESS),
        Aim::Kept => Some(KEEPS_NONE),
        Aim::Number { .. } | Aim::True | Aim::False | Aim::Unknown | Aim::Border { .. } => None,
    }
}
