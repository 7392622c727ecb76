//! Test blocks and snapshots.

use super::{
    expression::{expression, name, quoted},
    page::Page,
};
use crate::{
    source::Span,
    syntax::ast::{
        Entry, Expectation, ExpectationKind, Field, Given, GivenValue, Override, Snapshot, StopReason, TestBlock,
    },
};

pub(super) fn test(it: &TestBlock, start: usize, end: usize, page: &mut Page<'_>) {
    let as_of = it.as_of.as_ref().map(|it| format!(" as of {}", expression(it))).unwrap_or_default();
    page.open(&format!("test {}{as_of}", quoted(&it.name.value)), start, it.name.span().end as usize);
    for entry in it.cases.iter().flat_map(|case| &case.entries) {
        self::entry(entry, page);
    }
    page.close("}", end);
}

fn entry(it: &Entry, page: &mut Page<'_>) {
    let start = it.place.0.start as usize;
    let head = |span: Span| Span { start: start as u32, ..span };
    let mut span = head(it.then.as_ref().map_or(it.place.0.before(), |then| then.span()));
    let then = it.then.as_ref().map(|then| format!("then as of {}", expression(then)));
    if let Some(then) = then {
        page.line(&then, span);
        span = span.after();
    }
    for given in &it.given {
        page.line(&self::given(given), given.place.0);
        span = given.place.0;
    }
    if !it.with.is_empty() {
        let with: Vec<String> = it.with.iter().map(over).collect();
        page.line(&format!("with {}", with.join(", ")), span.after());
    }
    let mut items = it.expect.iter();
    let expect: Vec<String> = items.by_ref().map(expectation).collect();
    let place = match (it.expect.first(), it.expect.last()) {
        (Some(first), Some(last)) => first.place.0.to(last.place.0),
        _ => it.place.0.after(),
    };
    page.line(&format!("  expect {}", expect.join(", ")), place);
}

fn given(it: &Given) -> String {
    let user = it.user.as_ref().map(|user| format!(" {}", quoted(&user.value))).unwrap_or_default();
    format!("given{user} {}", fields(&it.fields))
}

fn fields(all: &[Field]) -> String {
    let all: Vec<String> = all.iter().map(field).collect();
    if all.is_empty() { "{ }".into() } else { format!("{{ {} }}", all.join(", ")) }
}

fn field(it: &Field) -> String {
    let value = match &it.value {
        GivenValue::Value(value) => expression(value),
        GivenValue::Records(all) => {
            let all: Vec<String> = all.iter().map(|record| fields(&record.fields)).collect();
            format!("[{}]", all.join(", "))
        }
    };
    format!("{}: {value}", name(&it.name))
}

fn over(it: &Override) -> String {
    match it {
        Override::Param(param, value) => format!("param {} = {}", name(param), expression(value)),
        Override::List(list, value) => format!("list {} = {}", name(list), expression(value)),
    }
}

fn expectation(it: &Expectation) -> String {
    let user = it.user.as_ref().map(|user| format!("{}: ", quoted(&user.value))).unwrap_or_default();
    let kind = match &it.kind {
        ExpectationKind::Condition(condition) => expression(condition),
        ExpectationKind::Entered(segment) => format!("{} entered", name(segment)),
        ExpectationKind::Left(segment) => format!("{} left", name(segment)),
        ExpectationKind::Sends { segment, channel, text } => {
            let text = text.as_ref().map(|text| format!(" {}", quoted(&text.value))).unwrap_or_default();
            format!("{} sends {}{text}", name(segment), name(channel))
        }
        ExpectationKind::Does { segment, verb } => format!("{} does {}", name(segment), name(verb)),
        ExpectationKind::Holds(segment) => format!("{} holds", name(segment)),
        ExpectationKind::StoppedBy { segment, reason } => {
            let reason = match reason {
                StopReason::Require => "require",
                StopReason::Limit => "limit",
                StopReason::Cooldown => "cooldown",
                StopReason::Once => "once",
                StopReason::AtMost => "at most",
                StopReason::Channel => "channel",
            };
            format!("{} stopped by {reason}", name(segment))
        }
        ExpectationKind::Silent(segment) => format!("{} silent", name(segment)),
    };
    format!("{user}{kind}")
}

pub(super) fn snapshot(it: &Snapshot) -> String {
    let tables: String =
        it.tables.iter().map(|(table, file)| format!(", {}: {}", name(table), quoted(&file.value))).collect();
    let as_of = it.as_of.as_ref().map(|it| format!(" as of {}", expression(it))).unwrap_or_default();
    format!("snapshot {} of {}{tables}{as_of}", quoted(&it.name.value), quoted(&it.of.value))
}
