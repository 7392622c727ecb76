//! Test blocks and snapshots.

use super::{
    doc::Doc,
    expression::{expression, name, quoted},
    page::Entry,
};
use crate::syntax::ast::{
    self, Details, Expectation, ExpectationKind, Field, Given, GivenValue, Override, Snapshot, StopReason,
};

/// One instant of a diary: `then`, each `given`, and below them `with` and `expect`.
pub(super) fn entries(it: &ast::Entry) -> Vec<Entry> {
    let mut entries: Vec<Entry> = vec![];
    if let Some(then) = &it.then {
        entries.push(Entry::new(it.place.0, expression(then).after("then as of")));
    }
    entries.extend(it.given.iter().map(given));
    if !it.with.is_empty() {
        let with = Doc::fill(Doc::commas(it.with.iter().map(over).collect()));
        entries.push(Entry::following(with.after("with")).shifted());
    }
    let expect = Doc::fill(Doc::commas(it.expect.iter().map(expectation).collect()));
    entries.push(Entry::following(expect.after("expect")).shifted());
    entries
}

fn given(it: &Given) -> Entry {
    let user = it.user.as_ref().map_or_else(Doc::nothing, |user| Doc::leaf(quoted(&user.value)));
    Entry::new(it.place.0, Doc::spaced(vec![Doc::leaf("given"), user, fields(&it.fields)]))
}

fn fields(all: &[Field]) -> Doc {
    if all.is_empty() {
        return Doc::words("{ }");
    }
    let all = Doc::fill(Doc::commas(all.iter().map(field).collect()));
    Doc::All(vec![Doc::leaf("{"), Doc::Space, all.align(), Doc::Space, Doc::leaf("}")])
}

fn field(it: &Field) -> Doc {
    let value = match &it.value {
        GivenValue::Value(value) => expression(value),
        GivenValue::Records(all) => {
            let all = Doc::fill(Doc::commas(all.iter().map(|record| fields(&record.fields)).collect()));
            Doc::All(vec![Doc::leaf("["), all.align(), Doc::leaf("]")])
        }
    };
    Doc::spaced(vec![Doc::leaf(name(&it.name) + ":"), value])
}

fn over(it: &Override) -> Doc {
    let (word, it, value) = match it {
        Override::Param(param, value) => ("param", param, value),
        Override::List(list, value) => ("list", list, value),
    };
    Doc::spaced(vec![Doc::leaf(word), Doc::leaf(name(it)), expression(value).after("=")])
}

fn expectation(it: &Expectation) -> Doc {
    let user = it.user.as_ref().map_or_else(Doc::nothing, |user| Doc::leaf(quoted(&user.value) + ":"));
    let outcome = |segment, words: &str| Doc::spaced(vec![Doc::leaf(name(segment)), Doc::words(words)]);
    let kind = match &it.kind {
        ExpectationKind::Condition(condition) => expression(condition),
        ExpectationKind::Entered(segment) => outcome(segment, "entered"),
        ExpectationKind::Left(segment) => outcome(segment, "left"),
        ExpectationKind::Sends { segment, channel, text, details: told } => {
            let text = text.as_ref().map_or_else(Doc::nothing, |text| Doc::leaf(quoted(&text.value)));
            Doc::spaced(vec![outcome(segment, "sends"), Doc::leaf(name(channel)), text, details(told)])
        }
        ExpectationKind::Does { segment, verb, details: told } => {
            Doc::spaced(vec![outcome(segment, "does"), Doc::leaf(name(verb)), details(told)])
        }
        ExpectationKind::Holds { segment, details: told } => {
            Doc::spaced(vec![outcome(segment, "holds"), details(told)])
        }
        ExpectationKind::StoppedBy { segment, reason } => match reason {
            StopReason::Require => outcome(segment, "stopped by require"),
            StopReason::Limit => outcome(segment, "stopped by limit"),
            StopReason::Cooldown => outcome(segment, "stopped by cooldown"),
            StopReason::Once => outcome(segment, "stopped by once"),
            StopReason::AtMost => outcome(segment, "stopped by at most"),
            StopReason::Channel => outcome(segment, "stopped by channel"),
        },
        ExpectationKind::Silent(segment) => outcome(segment, "silent"),
    };
    Doc::spaced(vec![user, kind])
}

fn details(it: &Details) -> Doc {
    let at_once = it.at_once.map_or_else(Doc::nothing, |_| Doc::words("at once"));
    let moment = |words: &str, moment: &Option<ast::Expr>| {
        moment.as_ref().map_or_else(Doc::nothing, |moment| expression(moment).after(words))
    };
    let with = if it.with.is_empty() { Doc::nothing() } else { Doc::spaced(vec![Doc::leaf("with"), fields(&it.with)]) };
    Doc::spaced(vec![at_once, moment("not before", &it.not_before), moment("not after", &it.not_after), with])
}

pub(super) fn snapshot(it: &Snapshot) -> Doc {
    let mut files = vec![Doc::leaf(quoted(&it.of.value))];
    let of_table = |(table, file): &(ast::Name, ast::Text)| {
        Doc::spaced(vec![Doc::leaf(name(table) + ":"), Doc::leaf(quoted(&file.value))])
    };
    files.extend(it.tables.iter().map(of_table));
    let as_of = it.as_of.as_ref().map_or_else(Doc::nothing, |it| expression(it).after("as of"));
    let name = Doc::leaf(quoted(&it.name.value)).after("snapshot");
    Doc::spaced(vec![name, Doc::fill(Doc::commas(files)).after("of"), as_of])
}
