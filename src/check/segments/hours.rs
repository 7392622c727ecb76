//! `hours 12:00..13:00`, `quiet 22:00..08:00`: times of day, and whether a slot leaves any time that is not quiet.

use super::Deeds;
use crate::{
    diagnostic::{Diagnostic, code::BAD_HOURS},
    ir::Hours,
    source::Span,
    syntax::ast,
    value::moment_text,
};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

impl Deeds<'_, '_, '_> {
    /// A slot of the day, behind the word `hours` or `quiet`.
    pub(super) fn hours(&mut self, range: &ast::Range, word: &str) -> Option<Hours> {
        let (from, to) = (self.time(&range.from, word), self.time(&range.to, word));
        if range.upper == ast::UpperEnd::Excluded {
            let span = range.place.0;
            let fixed = self.checker.words(span).replacen("..<", "..", 1);
            self.checker.sink.push(
                Diagnostic::error(BAD_HOURS, span, "a slot of the day is written with two dots")
                    .help(format!("write `{fixed}`"))
                    .fix(format!("write `{fixed}`"), span, fixed.clone()),
            );
        }
        let (from, to) = (from?, to?);
        if from == to {
            let span = range.place.0;
            let message = format!("{} begins when it ends", self.checker.quoted(span));
            let help = match word {
                "quiet" => "write two times, such as `quiet 22:00..08:00`",
                _ => "write two times, such as `hours 12:00..13:00`; for the whole day take it out",
            };
            self.checker.sink.push(Diagnostic::error(BAD_HOURS, span, message).help(help));
            return None;
        }
        Some(Hours { from, to })
    }

    fn time(&mut self, written: &ast::Expr, word: &str) -> Option<u16> {
        let span = written.span();
        let example = if word == "quiet" { "quiet 22:00..08:00" } else { "hours 12:00..13:00" };
        let told = match time_of_day(written) {
            None => {
                let message = format!("a time of day is wanted here, and {} is none", self.checker.quoted(span));
                let told = Diagnostic::error(BAD_HOURS, span, message);
                match self.checker.words(span).parse::<u8>().ok().filter(|hour| *hour < 24) {
                    Some(hour) => told.help(format!("write `{hour:02}:00`")).suggest(
                        format!("write `{hour:02}:00`"),
                        span,
                        format!("{hour:02}:00"),
                    ),
                    None => told.help(format!("write it like `{example}`")),
                }
            }
            Some(text) => match moment_text::parse_time_of_day(text) {
                Ok(time) => return Some(time),
                Err(_) if text == "24:00" => Diagnostic::error(BAD_HOURS, span, "there is no time `24:00`")
                    .help("midnight is `00:00`")
                    .fix("write `00:00`", span, "00:00"),
                Err(_) if text.matches(':').count() > 1 => {
                    let minutes = text.get(..5).unwrap_or(text);
                    Diagnostic::error(BAD_HOURS, span, format!("`{text}` has seconds, and slots have minutes"))
                        .help(format!("write `{minutes}`"))
                        .suggest(format!("write `{minutes}`"), span, minutes)
                }
                Err(_) => Diagnostic::error(BAD_HOURS, span, format!("there is no time `{text}`"))
                    .help("the times of a day are `00:00` to `23:59`"),
            },
        };
        self.checker.sink.push(told);
        None
    }

    /// Tells a slot that lies wholly inside of what is quiet.
    pub(super) fn slot_is_heard(&mut self, slot: Hours, place: Span) {
        let covering: Vec<(Hours, Span)> =
            self.quiet.iter().copied().filter(|(quiet, _)| minutes(slot).any(|minute| holds(*quiet, minute))).collect();
        if minutes(slot).any(|minute| !covering.iter().any(|(quiet, _)| holds(*quiet, minute))) {
            return;
        }
        let mut told = Diagnostic::error(BAD_HOURS, place, "these hours never come: they are quiet");
        for (_, span) in &covering {
            told = told.label(*span, "quiet here");
        }
        self.checker
            .sink
            .push(told.help("let the slot reach out of what is quiet: quiet hours hold for every segment"));
    }

    /// Tells a policy that leaves no time of the day.
    pub(super) fn some_time_is_left(&mut self) {
        let all = Hours { from: 0, to: 0 };
        if minutes(all).all(|minute| self.quiet.iter().any(|(quiet, _)| holds(*quiet, minute)))
            && let Some((_, last)) = self.quiet.last().copied()
        {
            let mut told = Diagnostic::error(BAD_HOURS, last, "with this the whole day is quiet");
            for (_, span) in self.quiet.iter().filter(|(_, span)| *span != last) {
                told = told.label(*span, "quiet here");
            }
            self.checker.sink.push(told.help("leave some time in which messages go out"));
        }
    }
}

/// The minutes of a slot, each as minutes after midnight.
fn minutes(slot: Hours) -> impl Iterator<Item = u16> {
    let end = if slot.over_midnight() { slot.to + DAY } else { slot.to };
    (slot.from..end).map(|minute| minute % DAY)
}

fn holds(slot: Hours, minute: u16) -> bool {
    match slot.over_midnight() {
        true => minute >= slot.from || minute < slot.to,
        false => (slot.from..slot.to).contains(&minute),
    }
}

/// `12:00` as written.
fn time_of_day(written: &ast::Expr) -> Option<&str> {
    match &written.unparenthesised().kind {
        ast::ExprKind::Literal(ast::Literal::TimeOfDay(text)) => Some(text),
        _ => None,
    }
}
