//! `win_back sends sms "…"`: whether any deed of the segment could let it come true.

use super::Lowering;
use crate::{
    check::{book::Rule, segments},
    diagnostic::{Diagnostic, code::NO_SUCH_DEED, nearest},
    ir::{Act, DefinitionId, MessagePart, SegmentActions},
    source::Span,
    syntax::ast::{self, ExpectationKind as Kind, StopReason, Term},
};

impl<'l> Lowering<'l, '_> {
    /// Tells what no deed of the segment can do.
    pub(super) fn can_become(&mut self, id: DefinitionId, written: &Kind, span: Span) {
        let book = self.book;
        let Some(Rule::Segment(segment)) = book.definitions.get(id.0 as usize).map(|it| it.rule) else { return };
        let name = self.checker.words(segment.name.span()).to_owned();
        let triggers = segment.entries.iter().flatten().filter_map(|entry| match entry {
            ast::SegmentEntry::Trigger(trigger) => Some(trigger),
            ast::SegmentEntry::Require(_) | ast::SegmentEntry::Backfill(_) => None,
        });
        let deeds: Vec<&ast::Deed> = triggers.flat_map(|trigger| segments::deeds(&trigger.body)).collect();
        let own_require = segment.entries.iter().flatten().any(|it| matches!(it, ast::SegmentEntry::Require(_)));
        match written {
            Kind::Sends { channel, text, .. } => {
                let channels = deeds.iter().filter_map(|deed| match &deed.act {
                    ast::Act::Send { channel, .. } => Some(channel.symbol.as_str()),
                    ast::Act::Do { .. } | ast::Act::Hold => None,
                });
                let channels: Vec<&str> = channels.collect();
                if !channels.contains(&channel.symbol.as_str()) {
                    self.tell_no_word(&name, "sends", "send", channel, &channels);
                } else if let Some(text) = text {
                    self.can_say(id, deeds.len(), channel, text);
                }
            }
            Kind::Does { verb, .. } => {
                let verbs = deeds.iter().filter_map(|deed| match &deed.act {
                    ast::Act::Do { verb } => Some(verb.symbol.as_str()),
                    ast::Act::Send { .. } | ast::Act::Hold => None,
                });
                let verbs: Vec<&str> = verbs.collect();
                if !verbs.contains(&verb.symbol.as_str()) {
                    self.tell_no_word(&name, "does", "do", verb, &verbs);
                }
            }
            Kind::Holds { .. } => {
                if !deeds.iter().any(|deed| matches!(deed.act, ast::Act::Hold)) {
                    let told = Diagnostic::error(NO_SUCH_DEED, span, format!("no deed of `{name}` holds"));
                    self.checker.sink.push(
                        told.help("expect what it does instead, or write `hold` into the segment: `10% control hold`"),
                    );
                }
            }
            Kind::StoppedBy { reason, .. } => {
                let term = |is: fn(&Term) -> bool| deeds.iter().flat_map(|deed| &deed.terms).any(is);
                let policy = |is: fn(&ast::PolicyEntry) -> bool| {
                    book.policies.iter().flat_map(|(policy, _)| &policy.entries).any(is)
                };
                let (can, word, example) = match reason {
                    StopReason::Require => {
                        let can = own_require || policy(|it| matches!(it, ast::PolicyEntry::Require(_)));
                        (can, "require", "require not opted_out")
                    }
                    StopReason::Limit => {
                        (policy(|it| matches!(it, ast::PolicyEntry::Limit { .. })), "limit", "limit 3 within 7d")
                    }
                    StopReason::Cooldown => (term(|it| matches!(it, Term::Cooldown(_))), "cooldown", "cooldown 30d"),
                    StopReason::Once => (term(|it| matches!(it, Term::Once(_))), "once", "once"),
                    StopReason::AtMost => (term(|it| matches!(it, Term::AtMost(_))), "at most", "at most 3 times"),
                    StopReason::Channel => {
                        let declared = |name: &ast::Name| {
                            book.channels.iter().any(|it| it.name.symbol == name.symbol && !it.requirements.is_empty())
                        };
                        let can = deeds.iter().any(|deed| match &deed.act {
                            ast::Act::Send { channel, .. } => declared(channel),
                            ast::Act::Do { .. } | ast::Act::Hold => false,
                        });
                        (can, "channel", "channel sms { at most 70 characters }")
                    }
                };
                if !can {
                    let message = format!("nothing that `{name}` does can be stopped by `{word}`");
                    self.checker.sink.push(
                        Diagnostic::error(NO_SUCH_DEED, span, message)
                            .help(format!("no rule says so; it would be written `{example}`")),
                    );
                }
            }
            Kind::Entered(_) | Kind::Left(_) | Kind::Silent(_) | Kind::Condition(_) => {}
        }
    }

    fn tell_no_word(&mut self, segment: &str, says: &str, word: &str, name: &ast::Name, known: &[&str]) {
        let span = name.span();
        let told = Diagnostic::error(NO_SUCH_DEED, span, format!("`{segment}` never {says} `{}`", name.symbol));
        let mut all = known.to_vec();
        all.sort_unstable();
        all.dedup();
        self.checker.sink.push(match nearest(&name.symbol, all.iter().copied()) {
            Some(near) => told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), span, near),
            None if all.is_empty() => told.help(format!("no deed of it says `{word}`")),
            None => told.help(format!("what it {says} is {}", all.join(", "))),
        });
    }

    /// Tells a text that no message of the segment can be. Where a deed is wrong nothing is told.
    fn can_say(&mut self, id: DefinitionId, deeds: usize, channel: &ast::Name, text: &ast::Text) {
        let Some(segment) = self.actions.of(id).filter(|segment| all_deeds(segment).count() == deeds) else { return };
        let messages: Vec<_> = all_deeds(segment)
            .filter_map(|deed| match &deed.act {
                Act::Send { channel: own, message } if *own == channel.symbol => Some(message),
                Act::Send { .. } | Act::Do(_) | Act::Hold => None,
            })
            .collect();
        if messages.iter().any(|message| can_be(&message.parts, &text.value)) {
            return;
        }
        let mut told = Diagnostic::error(NO_SUCH_DEED, text.span(), "no message of the segment can be this text");
        for message in messages.iter().take(3) {
            told = told.label(message.span, format!("what is sent by `{}`", channel.symbol));
        }
        self.checker.sink.push(told.help(
            "write the whole text, letter by letter, with what stands in its holes, or mend the message of the segment",
        ));
    }
}

fn all_deeds(segment: &SegmentActions) -> impl Iterator<Item = &crate::ir::Deed> {
    segment.triggers.iter().flat_map(|trigger| trigger.body.deeds())
}

/// Whether a message can be a text, where its holes may say anything.
fn can_be(parts: &[MessagePart], text: &str) -> bool {
    // Fixed texts between holes, the first where the text begins and the last where it ends.
    let mut fixed = vec![String::new()];
    for part in parts {
        match (part, fixed.last_mut()) {
            (MessagePart::Text(said), Some(last)) => *last += said,
            (MessagePart::Hole { .. }, _) => fixed.push(String::new()),
            (MessagePart::Text(_), None) => {}
        }
    }
    let Some((first, rest)) = fixed.split_first() else { return text.is_empty() };
    let Some((last, middle)) = rest.split_last() else { return text == first };
    let inside = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
    let Some(mut inside) = inside else { return false };
    for said in middle {
        match inside.find(said.as_str()) {
            Some(at) => inside = inside.get(at + said.len()..).unwrap_or(""),
            None => return false,
        }
    }
    true
}
