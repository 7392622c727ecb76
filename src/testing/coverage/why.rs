//! Why no case was found that would show something.

use super::{Gap, rows, search::TRIALS, setup::CROWD};
use crate::{
    ir::{AggregateFunction, Body, DefinitionId, ExprKind, Over, RankAmount, Rulebook, TriggerKind},
    source::Span,
    value::Duration,
};

/// Of a gap that stays, what is in the way; the rulebook is the one that the gap stands in.
pub fn why(rulebook: &Rulebook, gap: &Gap) -> String {
    // The last name that stands before it is the rule's.
    let all = rulebook.definitions.iter().zip((0..).map(DefinitionId));
    let before = all.filter(|(it, _)| it.span.source == gap.span.source && it.span.start <= gap.span.start);
    let Some((rule, id)) = before.max_by_key(|(it, _)| it.span.start) else {
        return "no rule that reads it comes to something else".to_owned();
    };
    let in_condition = |expr: &crate::ir::Expr| expr.span.start <= gap.span.start && gap.span.end <= expr.span.end;
    let is_here =
        |span: Span| span.source == gap.span.source && (rule.span.start..=gap.span.start).contains(&span.start);
    if let Some(needed) = needed_of_deed(rulebook, gap) {
        return needed;
    }
    let is_limit = |it: &crate::ir::Limit| {
        it.span.source == gap.span.source && it.span.start <= gap.span.start && gap.span.end <= it.span.end
    };
    if rulebook.actions.policy.limits.iter().any(is_limit) {
        return "needs somebody who is sent more messages than that within the time, and in no diary that was tried is anybody: write \
                it by hand, `then as of …`, or write the rules without it"
            .to_owned();
    }
    let of_channel = rulebook.actions.channels.iter().any(|channel| is_here(channel.span));
    if of_channel || matches!(&rule.body, Body::Segment(condition) if !in_condition(condition)) {
        return "no diary that was tried would come out otherwise: write one by hand, `then as of …`, or write the rules without it"
            .to_owned();
    }
    if [rows::NEEDLESS, rows::KEEPS_NONE].iter().any(|what| gap.what.contains(what)) {
        return format!(
            "of {TRIALS} users who were tried `{}` comes to the same for all: write the rule without it, where other words see to \
             that already, or a case by hand",
            rule.name
        );
    }
    let reads = rulebook.reads([id]);
    let ranks = reads.aggregates.iter().any(|id| {
        let aggregate = rulebook.aggregate(*id);
        let share = matches!(
            aggregate.function,
            AggregateFunction::Top(RankAmount::Share(_))
                | AggregateFunction::Bottom(RankAmount::Share(_))
                | AggregateFunction::Quantile(_)
        );
        share && aggregate.over == Over::Users
    });
    if ranks && gap.what.contains('%') {
        return format!("it takes more than {CROWD} users to tell these shares apart, or luckier ones");
    }
    if let Some((table, _)) = reads.lookups.first() {
        let table = &rulebook.schema.table(*table).name;
        return format!("what `{table}` holds decides it, and none of its rows does, nor any other user of {TRIALS}");
    }
    if let Some(list) = reads.lists.first().and_then(|list| rulebook.lists.get(list.0 as usize)) {
        return format!(
            "who is in `{}` decides it: write the case by hand, `with list {} = [\"u1\"]`",
            list.name, list.name
        );
    }
    match rule.body {
        Body::Level(_) | Body::Layer(_) => {
            format!("of {TRIALS} users who were tried none would get another arm: perhaps one above takes them already")
        }
        Body::Score(_) => format!("of {TRIALS} users who were tried none would get other points"),
        Body::Let(_) | Body::Tag(_) | Body::Funnel(..) | Body::Segment(_) => {
            format!("of {TRIALS} users who were tried `{}` comes to the same for all with and without it", rule.name)
        }
    }
}

/// What a diary would have to hold to show something of a deed, and none that was tried does.
fn needed_of_deed(rulebook: &Rulebook, gap: &Gap) -> Option<String> {
    let is_here =
        |span: Span| span.source == gap.span.source && span.start <= gap.span.start && gap.span.end <= span.end;
    let triggers = rulebook.actions.segments.iter().flat_map(|segment| {
        segment.triggers.iter().map(move |trigger| (rulebook.definition(segment.segment).name.as_str(), trigger))
    });
    let deeds = triggers.flat_map(|(name, trigger)| trigger.body.deeds().map(move |deed| (name, &trigger.on, deed)));
    let (segment, on, deed) = deeds.into_iter().find(|(.., deed)| is_here(deed.span))?;
    let mut held = None;
    deed.when.iter().for_each(|when| {
        when.each(&mut |node| {
            if let ExprKind::Column(id) = node.kind {
                let asked = rulebook.actions.memory.since.iter().find(|it| it.column == id);
                held = held.or(asked.map(|it| rulebook.definition(it.definition).name.as_str()));
            }
        });
    });
    let then = "write it by hand, `then as of …`, or write the rules without it";
    if let (Some(held), TriggerKind::Enter) = (held, on) {
        return Some(format!(
            "needs somebody who comes into `{segment}` having had `{held}` for so long before; nobody who was tried has, as where one \
             begins with the other: ask in `every …`, or {then}"
        ));
    }
    let is_length =
        gap.what.starts_with("no test") && gap.what.split('`').nth(1).is_some_and(|to| Duration::parse(to).is_ok());
    if is_length && deed.cooldown.is_some() && deed.when.as_ref().is_none_or(|when| !is_here(when.span)) {
        return Some(format!(
            "needs a diary in which it is done again so soon, and none that was tried comes to that: {then}"
        ));
    }
    if gap.what.starts_with("is never") && deed.when.as_ref().is_some_and(|when| is_here(when.span)) {
        return Some(format!(
            "needs somebody of `{segment}` of whom it is otherwise, and whom no deed above takes; nobody who was tried is: {then}"
        ));
    }
    let asked = deed.when.as_ref().is_some_and(|when| is_here(when.span));
    let many = (deed.once || deed.at_most.is_some()) && gap.what.starts_with("no test") && !asked;
    many.then(|| {
        format!("needs a diary in which it is done so many times, and none that was tried comes to that: {then}")
    })
}
