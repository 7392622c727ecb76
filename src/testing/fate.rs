//! What became of a user in a segment, in the words in which a test expects it, and whether that is as expected.

use crate::{
    action::{Decision, Done, Reason, Turn, stop_name},
    eval::Context,
    ir::{DefinitionId, Details, Rulebook, Start},
    testing::{diary::Ways, stage::value_of},
    value::{
        Type, Value, Zone, compare, literal,
        moment_text::{minute_text, parse_timestamp, timestamp_text},
        print,
    },
};

/// Whether a decision waits as it should, and takes along what it should.
pub(super) fn is_as_told(decision: &Decision, details: &Details, rulebook: &Rulebook, context: &Context) -> bool {
    let starts = match details.start {
        None => true,
        Some(Start::AtOnce) => decision.not_before.is_none(),
        Some(Start::NotBefore(instant)) => decision.not_before == Some(instant),
    };
    let ends = details.not_after.is_none_or(|instant| decision.not_after == Some(instant));
    starts
        && ends
        && details.with.iter().all(|(name, wanted)| {
            let own = decision.with.iter().find(|(own, ..)| own == name);
            own.is_some_and(|(_, value, ty)| is_same(value, &value_of(wanted, ty, rulebook, context), ty, context))
        })
}

fn is_same(value: &Value, wanted: &Value, ty: &Type, context: &Context) -> bool {
    let zone = context.clock.zone();
    // What a deed computes may have another scale than what is written.
    let value = literal::from_written(value, ty, zone).unwrap_or_else(|_| value.clone());
    value == *wanted || compare::order(&value, wanted, zone).is_some_and(|order| order.is_eq())
}

/// What became of a user in a segment, in words.
pub(super) fn said(turn: &Turn, ways: &Ways, segment: DefinitionId, rulebook: &Rulebook, context: &Context) -> String {
    let mut parts: Vec<String> = vec![];
    parts.extend(moved(turn, ways, segment).map(|(entered, reason)| {
        let what = if entered { "entered" } else { "left" };
        if reason == Reason::Data { what.to_owned() } else { format!("{what} (by {})", reason.name()) }
    }));
    for decision in turn.decisions.iter().filter(|it| it.segment == segment) {
        let done = done(decision, rulebook, context, false);
        parts.push(match &decision.stopped {
            None => done,
            Some((reason, by)) if stop_name(*reason) == by => format!("{done}: stopped by {by}"),
            Some((reason, by)) => format!("{done}: stopped by {}: `{by}`", stop_name(*reason)),
        });
    }
    if parts.is_empty() { "silent".to_owned() } else { parts.join(", ") }
}

/// A moment to the minute, where that says it all.
pub(super) fn moment_words(instant: i64, zone: &Zone) -> String {
    let short = minute_text(instant, zone).replace(' ', "T");
    if parse_timestamp(&short, zone) == Ok(instant) { short } else { timestamp_text(instant, zone) }
}

/// Whether the user came in or went out at this instant, and why.
pub(super) fn moved(turn: &Turn, ways: &Ways, segment: DefinitionId) -> Option<(bool, Reason)> {
    let place = ways.tracked.stays.iter().position(|stay| stay.definition == segment);
    turn.moves.iter().find(|(at, ..)| Some(*at) == place).map(|(_, entered, reason)| (*entered, *reason))
}

/// `sends sms "…" not before 2026-11-23T08:00 with { coupon: 50 }`; that it goes out at once is said of what `may_wait`.
pub(super) fn done(decision: &Decision, rulebook: &Rulebook, context: &Context, may_wait: bool) -> String {
    let zone = context.clock.zone();
    let mut text = match &decision.done {
        Done::Send(channel, text) => format!("sends {channel} {}", print::quoted_text(text)),
        Done::Do(verb) => format!("does {verb}"),
        Done::Hold => "holds".to_owned(),
    };
    if may_wait && decision.not_before.is_none() {
        text += " at once";
    }
    let mut tell = |words: &str, instant: Option<i64>| {
        text += &instant.map(|it| format!(" {words} {}", moment_words(it, zone))).unwrap_or_default();
    };
    tell("not before", decision.not_before);
    tell("not after", decision.not_after);
    let with = |(name, value, ty): &(crate::intern::Symbol, Value, Type)| {
        let shown = rulebook.shown(value, ty);
        let bare = matches!(ty, Type::Choice(_)) && shown != Value::Missing;
        format!("{name}: {}", if bare { print::text(&shown, zone) } else { print::written(&shown, zone) })
    };
    let with: Vec<String> = decision.with.iter().map(with).collect();
    if !with.is_empty() {
        text += &format!(" with {{ {} }}", with.join(", "));
    }
    text
}
