//! `policy { … }`: what is asked of every message.

use super::Deeds;
use crate::{
    check::{Checker, book::Book, names::Meaning},
    diagnostic::{
        Diagnostic,
        code::{BAD_POLICY, SAID_TWICE, UNKNOWN_NAME},
        nearest,
    },
    ir::{DefinitionId, Limit, Policy},
    source::Span,
    syntax::ast::{Name, PolicyEntry},
};

impl<'c> Deeds<'c, '_, '_> {
    /// The policy; a second one is told.
    pub(super) fn policy(&mut self, book: &Book<'c>) -> Policy {
        let mut policy = Policy::default();
        if let Some((_, first)) = book.policies.first() {
            for (_, again) in book.policies.iter().skip(1) {
                self.checker.sink.push(
                    Diagnostic::error(BAD_POLICY, *again, "a rulebook has one policy")
                        .label(*first, "the first one")
                        .help("write the entries of both into one `policy { … }`"),
                );
            }
        }
        let (mut exempt, mut priority) = (vec![], vec![]);
        for entry in book.policies.iter().flat_map(|(policy, _)| &policy.entries) {
            match entry {
                PolicyEntry::Require(condition) => policy.require.extend(self.checker.condition(condition)),
                PolicyEntry::Limit { channel, count, within, place } => {
                    let count = self.count(count, "limit 3 within 7d");
                    let within = self.length(within, "limit 3 within 7d");
                    let channel = channel.as_ref().map(|it| it.symbol.clone());
                    let limit = count.zip(within);
                    policy.limits.extend(limit.map(|(count, within)| Limit { channel, count, within, span: place.0 }));
                }
                PolicyEntry::Quiet(range) => {
                    let quiet = self.hours(range, "quiet");
                    self.quiet.extend(quiet.map(|quiet| (quiet, range.place.0)));
                    policy.quiet.extend(quiet);
                }
                PolicyEntry::Exempt(names) => self.named(names, "exempt", &mut exempt),
                PolicyEntry::Priority(names) => self.named(names, "priority", &mut priority),
            }
        }
        self.some_time_is_left();
        policy.exempt = exempt.into_iter().map(|(id, _)| id).collect();
        policy.priority = priority.into_iter().map(|(id, _)| id).collect();
        policy
    }

    /// `[win_back, by_layer]`: segments, each once.
    fn named(&mut self, names: &[Name], word: &str, found: &mut Vec<(DefinitionId, Span)>) {
        for name in names {
            let Some(id) = self.checker.segment_named(name) else { continue };
            match found.iter().find(|(it, _)| *it == id) {
                None => found.push((id, name.span())),
                Some((_, first)) => self.checker.sink.push(
                    Diagnostic::error(
                        SAID_TWICE,
                        name.span(),
                        format!("`{}` stands twice behind `{word}`", name.symbol),
                    )
                    .label(*first, "named here first")
                    .help("take one of them out"),
                ),
            }
        }
    }
}

impl Checker<'_> {
    /// The segment of a name.
    pub(in crate::check) fn segment_named(&mut self, name: &Name) -> Option<DefinitionId> {
        let segments = &self.segments;
        let is_segment = |it| matches!(it, Meaning::Definition(id) if segments.contains(&id));
        let meaning = self.names.get(&name.symbol);
        if let Some(Meaning::Definition(id)) = meaning.filter(|it| is_segment(*it)) {
            return Some(id);
        }
        let segments = self.names.of_meaning(is_segment);
        let message = match meaning {
            Some(_) => format!("`{}` is no segment", name.symbol),
            None => format!("there is no segment `{}`", name.symbol),
        };
        let told = Diagnostic::error(UNKNOWN_NAME, name.span(), message);
        self.sink.push(match nearest(&name.symbol, segments.iter().map(String::as_str)) {
            Some(near) => {
                told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), name.span(), near)
            }
            None if segments.is_empty() => told.help(format!("declare it: `segment {} when …`", name.symbol)),
            None => told.help(format!("the segments are {}", segments.join(", "))),
        });
        None
    }
}
