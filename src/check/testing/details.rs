//! `win_back sends sms "…" not before 2026-11-23T08:00 with { coupon: 50 }`: when something is to be done, and what goes along.

use std::collections::HashMap;

use super::Lowering;
use crate::{
    diagnostic::{
        Diagnostic,
        code::{BAD_AS_OF, NO_SUCH_DEED},
        nearest,
    },
    ir::{Act, Deed, DefinitionId, Details, Start},
    source::Span,
    syntax::ast,
};

impl Lowering<'_, '_> {
    /// What is asked of the deeds of a segment that are of one kind; what none of them can meet is told and left out.
    pub(super) fn details(&mut self, id: DefinitionId, written: &ast::Details, is: &dyn Fn(&Act) -> bool) -> Details {
        let actions = self.actions;
        let triggers = actions.of(id).into_iter().flat_map(|segment| &segment.triggers);
        let deeds: Vec<&Deed> =
            triggers.flat_map(|trigger| trigger.body.deeds()).filter(|deed| is(&deed.act)).collect();
        let sends = deeds.iter().any(|deed| matches!(deed.act, Act::Send { .. }));
        let slots = deeds.iter().any(|deed| deed.hours.is_some());
        let waits = slots || sends && !actions.policy.quiet.is_empty();
        let mut details = Details::default();
        if written.at_once.is_some() {
            details.start = Some(Start::AtOnce);
        }
        if let Some(moment) = &written.not_before {
            self.may_wait(waits || deeds.is_empty(), moment.span(), "`hours` nor `quiet`", "hours 12:00..13:00");
            details.start = self.moment(moment, "not before").map(Start::NotBefore);
        }
        if let Some(moment) = &written.not_after {
            self.may_wait(slots || deeds.is_empty(), moment.span(), "`hours`", "hours 12:00..13:00");
            details.not_after = self.moment(moment, "not after");
        }
        let mut seen = HashMap::new();
        for field in &written.with {
            let name = &field.name;
            if !self.is_new(name, &mut seen) {
                continue;
            }
            let own = deeds.iter().flat_map(|deed| &deed.with);
            let Some(with) = own.clone().find(|with| with.name == name.symbol) else {
                let names: Vec<&str> = own.map(|with| with.name.as_str()).collect();
                if !deeds.is_empty() {
                    self.tell_not_with(name, &names);
                }
                continue;
            };
            let value = self.value(field, &format!("`{}`", name.symbol));
            let value = value.and_then(|value| self.typed(value, name, &with.value.ty, true, true));
            details.with.extend(value.map(|value| (name.symbol.clone(), value)));
        }
        details
    }

    /// Tells a moment that nothing waits for.
    fn may_wait(&mut self, can: bool, span: Span, lacks: &str, example: &str) {
        if can {
            return;
        }
        let neither = if lacks.contains(" nor ") { "neither" } else { "no" };
        self.checker.sink.push(
            Diagnostic::error(
                NO_SUCH_DEED,
                span,
                format!("none of these deeds waits: {neither} {lacks} is said of them"),
            )
            .help(format!("take this out, or write `{example}` behind the deed")),
        );
    }

    fn moment(&mut self, written: &ast::Expr, words: &str) -> Option<i64> {
        if let ast::ExprKind::Literal(ast::Literal::TimeOfDay(time)) = &written.unparenthesised().kind {
            self.checker.sink.push(
                Diagnostic::error(BAD_AS_OF, written.span(), format!("`{time}` does not say of which day"))
                    .help(format!("write the day, too: `{words} 2026-11-22T{time}`")),
            );
            return None;
        }
        self.instant(written, words)
    }

    fn tell_not_with(&mut self, name: &ast::Name, known: &[&str]) {
        let span = name.span();
        let told = Diagnostic::error(NO_SUCH_DEED, span, format!("no `{}` goes along with it", name.symbol));
        self.checker.sink.push(match nearest(&name.symbol, known.iter().copied()) {
            Some(near) => told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), span, near),
            None if known.is_empty() => {
                told.help(format!("no deed says `with`: it would be `with {} = …`", name.symbol))
            }
            None => told.help(format!("what goes along is {}", known.join(", "))),
        });
    }
}
