//! `channel sms { at most 70 characters  must contain "退订" }`: what it wants, and messages that never are like that.

use super::Deeds;
use crate::{
    diagnostic::{
        Diagnostic,
        code::{CHANNEL_REFUSES, SAID_TWICE},
    },
    ir::{Channel, MessagePart, Requirement},
    source::Span,
    syntax::ast,
    value::Type,
};

impl Deeds<'_, '_, '_> {
    pub(super) fn channel(&mut self, written: &ast::Channel) -> Channel {
        let mut requirements = vec![];
        let mut most: Option<Span> = None;
        for requirement in &written.requirements {
            match requirement {
                ast::Requirement::AtMostCharacters(count) => {
                    if let Some(first) = most.replace(count.span()) {
                        self.checker.sink.push(
                            Diagnostic::error(SAID_TWICE, count.span(), "the greatest length is said twice")
                                .label(first, "said here first")
                                .help("keep the smaller one"),
                        );
                    }
                    let count = self.count(count, "at most 70 characters");
                    requirements.extend(count.map(Requirement::AtMostCharacters));
                }
                ast::Requirement::MustContain(text) if text.value.is_empty() => {
                    self.checker.sink.push(
                        Diagnostic::error(CHANNEL_REFUSES, text.span(), "every message contains nothing")
                            .help("write what it must contain, such as `\"STOP\"`"),
                    );
                }
                ast::Requirement::MustContain(text) => requirements.push(Requirement::MustContain(text.value.clone())),
            }
        }
        let label = written.label.as_ref().map(|label| label.value.clone());
        Channel { name: written.name.symbol.clone(), label, requirements, span: written.name.span() }
    }

    /// Tells a message that its channel refuses whatever stands in its holes.
    pub(super) fn requirements(&mut self, channel: &ast::Name, text: &ast::Text, parts: &[MessagePart]) {
        let Some(declared) = self.channels.iter().find(|it| it.name == channel.symbol) else { return };
        let span = text.span();
        let mut all = vec![];
        for requirement in &declared.requirements {
            let told = match requirement {
                Requirement::AtMostCharacters(most) => {
                    let length = least_length(parts);
                    if length <= *most as usize {
                        continue;
                    }
                    let but = if has_holes(parts) { " without what its holes say" } else { "" };
                    let message =
                        format!("this is {length} characters long{but}, and `{}` takes at most {most}", channel.symbol);
                    let over = length - *most as usize;
                    Diagnostic::error(CHANNEL_REFUSES, span, message).help(format!("make it shorter by {over}"))
                }
                Requirement::MustContain(wanted) => {
                    if can_contain(parts, wanted) {
                        continue;
                    }
                    let message = format!("a message by `{}` must contain \"{wanted}\"", channel.symbol);
                    Diagnostic::error(CHANNEL_REFUSES, span, message).help(format!("write \"{wanted}\" into it"))
                }
            };
            all.push(told.label(declared.span, "declared here"));
        }
        all.into_iter().for_each(|it| self.checker.sink.push(it));
    }
}

fn has_holes(parts: &[MessagePart]) -> bool {
    parts.iter().any(|part| matches!(part, MessagePart::Hole { .. }))
}

/// How long the fixed texts are together.
fn least_length(parts: &[MessagePart]) -> usize {
    let fixed = parts.iter().map(|part| match part {
        MessagePart::Text(text) => text.chars().count(),
        MessagePart::Hole { .. } => 0,
    });
    fixed.sum()
}

/// Whether a message can contain a text: a hole may say anything, one of a number or a moment only digits and signs.
fn can_contain(parts: &[MessagePart], wanted: &str) -> bool {
    let digits = |it: char| it.is_ascii_digit() || "-. :".contains(it);
    let mut said = String::new();
    let mut instead = String::new();
    let mut open = false;
    for part in parts {
        match part {
            MessagePart::Text(text) => {
                said += text;
                instead += text;
            }
            MessagePart::Hole { value, fallback } => {
                open |= matches!(value.ty, Type::Text | Type::Choice(_)) || wanted.contains(digits);
                // What no text contains.
                said.push('\0');
                instead += fallback.as_deref().unwrap_or("\0");
            }
        }
    }
    open || said.contains(wanted) || instead.contains(wanted)
}
