//! Segments, deeds, policy, channels.

use super::{
    declaration::label,
    expression::{expression, name, quoted, range},
    page::Page,
};
use crate::{
    source::Span,
    syntax::ast::{
        Act, Channel, Deed, DeedChoice, Message, Name, Policy, PolicyEntry, Requirement, Segment, SegmentEntry, Term,
        Trigger, TriggerBody, TriggerKind,
    },
};

pub(super) fn segment(it: &Segment, span: Span, page: &mut Page<'_>) {
    let head = format!("segment {}{} when {}", name(&it.name), label(&it.label), expression(&it.condition));
    let Some(entries) = &it.entries else { return page.line(&head, span) };
    page.open(&head, span.start as usize, it.condition.span().end as usize);
    for entry in entries {
        match entry {
            SegmentEntry::Require(condition) => {
                page.line(&format!("require {}", expression(condition)), condition.span());
            }
            SegmentEntry::Backfill(place) => page.line("backfill", place.0),
            SegmentEntry::Trigger(it) => trigger(it, page),
        }
    }
    page.close("}", span.end as usize);
}

fn trigger(it: &Trigger, page: &mut Page<'_>) {
    let on = match &it.on {
        TriggerKind::Enter => "on enter".to_owned(),
        TriggerKind::Exit => "on exit".to_owned(),
        TriggerKind::Every(length) => format!("every {}", expression(length)),
        TriggerKind::Each { table, filter } => {
            let filter = filter.as_ref().map(|it| format!(" where {}", expression(it))).unwrap_or_default();
            format!("on each {}{filter}", name(table))
        }
    };
    let (start, end) = (it.place.0.start as usize, it.place.0.end as usize);
    match &it.body {
        TriggerBody::Deed(it_deed) => page.line(&format!("{on} {}", deed(it_deed)), it.place.0),
        TriggerBody::Block(deeds) => {
            page.open(&on, start, start);
            for it in deeds {
                page.line(&deed(it), it.place.0);
            }
            page.close("}", end);
        }
        TriggerBody::Split { salt, shares } => {
            page.open(&format!("{on} split {}", quoted(&salt.value)), start, start);
            for share in shares {
                page.line(
                    &format!("{} {} {}", expression(&share.share), name(&share.name), deed(&share.deed)),
                    share.place.0,
                );
            }
            page.close("}", end);
        }
    }
}

fn deed(it: &Deed) -> String {
    let mut text = match &it.act {
        Act::Send { channel, message } => {
            let message = match message {
                Message::Text(text) => quoted(&text.value),
                Message::Template(template) => name(template),
            };
            format!("send {} {message}", name(channel))
        }
        Act::Do { verb } => format!("do {}", name(verb)),
        Act::Hold => "hold".into(),
    };
    for term in &it.terms {
        text += &match term {
            Term::With(all) => {
                let all: Vec<String> =
                    all.iter().map(|(key, it)| format!("{} = {}", name(key), expression(it))).collect();
                format!(" with {}", all.join(", "))
            }
            Term::Hours(it) => format!(" hours {}", range(it)),
            Term::Cooldown(it) => format!(" cooldown {}", expression(it)),
            Term::AtMost(it) => format!(" at most {} times", expression(it)),
            Term::Once(_) => " once".into(),
        };
    }
    match &it.choice {
        Some(DeedChoice::When(condition)) => text += &format!(" when {}", expression(condition)),
        Some(DeedChoice::Otherwise(_)) => text += " otherwise",
        None => {}
    }
    text
}

pub(super) fn policy(it: &Policy, start: usize, end: usize, page: &mut Page<'_>) {
    page.open("policy", start, start);
    let names = |all: &[Name]| all.iter().map(name).collect::<Vec<_>>().join(", ");
    for entry in &it.entries {
        let (line, span) = match entry {
            PolicyEntry::Require(condition) => (format!("require {}", expression(condition)), condition.span()),
            PolicyEntry::Limit { channel, count, within, place } => {
                let channel = channel.as_ref().map(|it| format!("{} ", name(it))).unwrap_or_default();
                (format!("limit {channel}{} within {}", expression(count), expression(within)), place.0)
            }
            PolicyEntry::Quiet(it) => (format!("quiet {}", range(it)), it.place.0),
            PolicyEntry::Exempt(all) => (format!("exempt [{}]", names(all)), of_names(all)),
            PolicyEntry::Priority(all) => (format!("priority [{}]", names(all)), of_names(all)),
        };
        page.line(&line, span);
    }
    page.close("}", end);
}

fn of_names(all: &[Name]) -> Span {
    match (all.first(), all.last()) {
        (Some(first), Some(last)) => first.span().to(last.span()),
        _ => Span::default(),
    }
}

pub(super) fn channel(it: &Channel, start: usize, end: usize, page: &mut Page<'_>) {
    page.open(&format!("channel {}{}", name(&it.name), label(&it.label)), start, it.name.span().end as usize);
    for requirement in &it.requirements {
        match requirement {
            Requirement::AtMostCharacters(it) => {
                page.line(&format!("at most {} characters", expression(it)), it.span())
            }
            Requirement::MustContain(it) => page.line(&format!("must contain {}", quoted(&it.value)), it.span()),
        }
    }
    page.close("}", end);
}
