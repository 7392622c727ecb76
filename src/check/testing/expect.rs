//! What is expected: conditions, and what becomes of a user in a segment.

use super::{Lowering, Users};
use crate::{
    diagnostic::{Diagnostic, code::UNKNOWN_USER, nearest},
    ir::{Act, DefinitionId, Expectation, Expected, Fate, StopReason},
    source::Span,
    syntax::ast::{self, ExpectationKind as Kind},
};

impl Lowering<'_, '_> {
    /// The expectations of one entry; those that are wrong are told and left out.
    pub(super) fn expectations(&mut self, written: &[ast::Expectation], users: &Users) -> Vec<Expectation> {
        let mut label: Option<&ast::Text> = None;
        let mut all = vec![];
        for item in written {
            label = item.user.as_ref().or(label);
            let user = match label {
                None if users.all.len() == 1 => Some(0),
                None => None,
                Some(label) => match users.by_label.get(&label.value) {
                    Some(user) => Some(*user),
                    None => {
                        if item.user.is_some() {
                            self.tell_no_such_user(label, users);
                        }
                        continue;
                    }
                },
            };
            let span = match &item.user {
                Some(label) => self.behind(label.span(), item.place.0),
                None => item.place.0,
            };
            all.extend(self.expected(&item.kind, span).map(|expected| Expectation { user, expected, span }));
        }
        all
    }

    /// The part of an expectation behind its label.
    fn behind(&self, label: Span, whole: Span) -> Span {
        let rest = Span { start: label.end, ..whole };
        let text = self.checker.sources.slice(rest);
        let skipped = text.len() - text.trim_start_matches(|it: char| it == ':' || it.is_whitespace()).len();
        Span { start: rest.start + skipped as u32, ..rest }
    }

    fn tell_no_such_user(&mut self, label: &ast::Text, users: &Users) {
        let message = format!("the case gives no user \"{}\"", label.value);
        let told = Diagnostic::error(UNKNOWN_USER, label.span(), message);
        let labels: Vec<&str> = users.all.iter().filter_map(|it| it.label.as_deref()).collect();
        self.checker.sink.push(match nearest(&label.value, labels.iter().copied()) {
            Some(near) => told.help(format!("did you mean \"{near}\"?")).suggest(
                format!("write \"{near}\""),
                label.span(),
                format!("\"{near}\""),
            ),
            None if labels.is_empty() => told.help(format!("label the record: `given \"{}\" {{ … }}`", label.value)),
            None => told.help(format!("its users are \"{}\"", labels.join("\", \""))),
        });
    }

    fn expected(&mut self, kind: &Kind, span: Span) -> Option<Expected> {
        let name = match kind {
            Kind::Condition(condition) => {
                let first = self.checker.aggregates.len() as u32;
                let condition = self.checker.condition(condition)?;
                return Some(Expected::Condition(self.ask(condition, first)));
            }
            Kind::Entered(segment)
            | Kind::Left(segment)
            | Kind::Sends { segment, .. }
            | Kind::Does { segment, .. }
            | Kind::Holds { segment, .. }
            | Kind::StoppedBy { segment, .. }
            | Kind::Silent(segment) => segment,
        };
        let segment = self.checker.segment_named(name)?;
        self.can_become(segment, kind, span);
        Some(Expected::Fate(segment, self.fate(segment, kind)))
    }

    fn fate(&mut self, segment: DefinitionId, kind: &Kind) -> Fate {
        match kind {
            Kind::Entered(_) => Fate::Entered,
            Kind::Left(_) => Fate::Left,
            Kind::Sends { channel, text, details, .. } => {
                let through = &channel.symbol;
                let is = |act: &Act| matches!(act, Act::Send { channel, .. } if channel == through);
                let details = self.details(segment, details, &is);
                Fate::Sends { channel: through.clone(), text: text.as_ref().map(|text| text.value.clone()), details }
            }
            Kind::Does { verb, details, .. } => {
                let is = |act: &Act| matches!(act, Act::Do(own) if *own == verb.symbol);
                Fate::Does { verb: verb.symbol.clone(), details: self.details(segment, details, &is) }
            }
            Kind::Holds { details, .. } => Fate::Holds(self.details(segment, details, &|act| matches!(act, Act::Hold))),
            Kind::StoppedBy { reason, .. } => Fate::StoppedBy(stop_reason(*reason)),
            Kind::Silent(_) | Kind::Condition(_) => Fate::Silent,
        }
    }
}

fn stop_reason(reason: ast::StopReason) -> StopReason {
    match reason {
        ast::StopReason::Require => StopReason::Require,
        ast::StopReason::Limit => StopReason::Limit,
        ast::StopReason::Cooldown => StopReason::Cooldown,
        ast::StopReason::Once => StopReason::Once,
        ast::StopReason::AtMost => StopReason::AtMost,
        ast::StopReason::Channel => StopReason::Channel,
    }
}
