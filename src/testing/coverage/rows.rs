//! Which rows a question counts, and each change of that which a test should notice: a condition of a `where`, or of a step of a
//! funnel, that every row meets, or none; a window, `per` or `distinct` that is left out.

use std::collections::BTreeSet;

use super::{
    Arm,
    deeds::collect,
    excerpt,
    numbers::{Aim, Change, Owner, Writer},
};
use crate::{
    ir::{Aggregate, AggregateFunction, DefinitionId, Expr, Rulebook},
    source::Span,
};

/// What is said of a window, or a condition on rows, that could be left out.
pub(super) const NEEDLESS: &str = "no test fails without it";

/// What is said of a condition that no row has to meet.
pub(super) const KEEPS_NONE: &str = "no test fails where no row meets it";

/// Appends every change.
pub(super) fn changes(ir: &Rulebook, writer: &Writer<'_>, found: &mut Vec<Change>) {
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    let ids = || (0..ir.definitions.len() as u32).map(DefinitionId);
    let read: BTreeSet<DefinitionId> = ids().flat_map(|id| excerpt::names(ir, id).0).collect();
    // Of a metric that no rule reads, the groups are looked at in its table.
    let metrics = ir.metrics().into_iter().map(|it| it.definition).filter(|id| !read.contains(id));
    let of_metrics: BTreeSet<Span> =
        metrics.flat_map(|id| &ir.definition(id).aggregates).map(|id| ir.aggregate(*id).span).collect();
    for aggregate in &ir.aggregates {
        let mut conditions: Vec<&Expr> = aggregate.filter.iter().collect();
        if let AggregateFunction::Funnel(steps, _) = &aggregate.function {
            conditions.extend(steps.iter().map(|step| &step.condition));
        }
        let mut leaves = vec![];
        conditions.into_iter().for_each(|condition| collect(condition, &mut leaves));
        let window = aggregate.window.iter().map(|it| it.span).filter(|span| seen.insert(*span)).collect::<Vec<_>>();
        found.extend(window.into_iter().filter_map(|span| writer.change(Aim::Needed, span, "")));
        let per = per(aggregate, writer).filter(|_| !of_metrics.contains(&aggregate.span));
        let words = [per, distinct(aggregate, writer)];
        found.extend(words.into_iter().flatten().filter(|change| seen.insert(change.span)));
        for span in leaves.into_iter().map(|leaf| leaf.span).filter(|span| seen.insert(*span)) {
            found.extend(writer.change(Aim::Needed, span, "true"));
            found.extend(writer.change(Aim::Kept, span, "false"));
        }
    }
}

/// `per city` left out: everybody is asked about at once.
fn per(aggregate: &Aggregate, writer: &Writer<'_>) -> Option<Change> {
    let (first, last) = (aggregate.per.first()?.span, aggregate.per.last()?.span);
    let whole = aggregate.span.range();
    let text = writer.rulebook.sources().get(first.source).text();
    let start = whole.start + text.get(whole.start..first.range().start)?.rfind("per")?;
    let is_list = text.get(start..first.range().start)?.contains('[');
    let behind = text.get(last.range().end..)?;
    let end = if is_list { last.range().end + behind.find(']')? + 1 } else { last.range().end };
    writer.change(Aim::Needed, Span::new(first.source, start, end), "")
}

/// `distinct` left out of `count(distinct(…))`: the same twice counts twice.
fn distinct(aggregate: &Aggregate, writer: &Writer<'_>) -> Option<Change> {
    let source =
        aggregate.source.as_ref().filter(|_| matches!(aggregate.function, AggregateFunction::CountDistinct))?;
    let whole = aggregate.span.range();
    let text = writer.rulebook.sources().get(source.span.source).text();
    let start = whole.start + text.get(whole.start..source.span.range().start)?.rfind("distinct")?;
    let word = Span::new(source.span.source, start, start + "distinct".len());
    let rest = text.get(word.range().end..whole.end)?;
    let inner = rest.trim_start().strip_prefix('(')?;
    let mut open = 1;
    let closes = inner.find(|letter: char| {
        open += match letter {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        open == 0
    })?;
    let end = word.range().end + (rest.len() - inner.len()) + closes + 1;
    let change = writer.change(Aim::Needed, Span::new(word.source, start, end), inner.get(..closes)?)?;
    Some(Change { span: word, ..change })
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
        Aim::Number { .. } | Aim::True | Aim::False | Aim::Unknown | Aim::Border { .. } | Aim::Word { .. } => None,
    }
}
