//! Why a deed that was expected was not decided: what its trigger waits for, which deed above it was taken, and what of its own
//! condition is not so.

use crate::{
    action::Turn,
    intern::Symbol,
    ir::{Act, Deed, DefinitionId, ExprKind, Fate, Rulebook, Trigger, TriggerBody, TriggerKind},
    testing::{
        decided::{Decided, View},
        diary::Ways,
        fate,
    },
};

/// What a user's turn came to, and where in a diary it stands.
pub(super) struct Undone<'u> {
    pub(super) view: &'u View<'u>,
    pub(super) turn: &'u Turn,
    pub(super) ways: &'u Ways,
    /// Whether it is the first instant of its case.
    pub(super) is_first: bool,
    /// Whether the user is in the segment.
    pub(super) is_inside: bool,
}

impl Undone<'_> {
    /// Of each deed of a segment that would be what was expected, why it is not; none where something else is expected.
    pub(super) fn of(&self, rulebook: &Rulebook, segment: DefinitionId, expected: &Fate) -> Vec<Decided> {
        let triggers = rulebook.actions.of(segment).into_iter().flat_map(|it| &it.triggers).enumerate();
        let mut found = vec![];
        for (at, trigger) in triggers {
            for (place, deed) in trigger.body.deeds().enumerate().filter(|(_, deed)| is_meant(deed, expected)) {
                found.extend(self.why(rulebook, segment, (at, trigger), (place, deed)));
            }
        }
        found
    }

    fn why(
        &self,
        rulebook: &Rulebook,
        segment: DefinitionId,
        (at, trigger): (usize, &Trigger),
        (place, deed): (usize, &Deed),
    ) -> Vec<Decided> {
        let say = |said: String| vec![Decided { span: deed.span, said }];
        let name = &rulebook.definition(segment).name;
        let entered = fate::moved(self.turn, self.ways, segment).map(|(entered, _)| entered);
        match &trigger.on {
            TriggerKind::Enter if entered != Some(true) => {
                return if self.is_inside {
                    say(format!("is done on entering, and the user was in `{name}` before"))
                } else {
                    say(format!("is done on entering, and the user is not in `{name}`"))
                };
            }
            TriggerKind::Exit if entered != Some(false) => {
                return say(format!("is done on leaving, and nobody left `{name}` at this instant"));
            }
            TriggerKind::Every(_) | TriggerKind::Each { .. } if !self.is_inside => {
                return say(format!("is done about who is in `{name}`, and the user is not"));
            }
            TriggerKind::Each { table, .. } => {
                let table = &rulebook.schema.table(*table).name;
                return match self.is_first {
                    true => say(format!(
                        "hears the rows of `{table}` between one instant of the diary and the next, and this is the first: \
                         go on with `then as of …`"
                    )),
                    false => say(format!("heard no row of `{table}` since the instant before for which it applies")),
                };
            }
            TriggerKind::Enter | TriggerKind::Exit | TriggerKind::Every(_) => {}
        }
        if let TriggerBody::Split { .. } = trigger.body {
            return say("is another share than the user's".to_owned());
        }
        let is_above = |it: &&crate::action::Decision| {
            let (trigger, deed) = it.place.split_once('.').unwrap_or_default();
            it.segment == segment && trigger == at.to_string() && deed.parse().is_ok_and(|deed: usize| deed < place)
        };
        if self.turn.decisions.iter().any(|it| is_above(&it)) {
            return say("is not asked: of a block the first deed that applies is done".to_owned());
        }
        let Some(when) = deed.when.as_ref().filter(|when| !self.view.is_true(when)) else {
            return match trigger.on {
                TriggerKind::Every(_) => say("is not due at this instant".to_owned()),
                TriggerKind::Enter | TriggerKind::Exit | TriggerKind::Each { .. } => vec![],
            };
        };
        // What only deeds ask about rows is answered elsewhere.
        let mut asks_rows = false;
        when.each(&mut |node| asks_rows |= matches!(node.kind, ExprKind::Aggregate(_)));
        match asks_rows {
            true => vec![Decided { span: when.span, said: "is not true".to_owned() }],
            false => self.view.behind_condition(when),
        }
    }
}

/// Whether a deed is of the kind that is expected.
fn is_meant(deed: &Deed, expected: &Fate) -> bool {
    let is = |own: &Symbol, other: &Symbol| own == other;
    match (&deed.act, expected) {
        (Act::Send { channel, .. }, Fate::Sends { channel: wanted, .. }) => is(channel, wanted),
        (Act::Do(verb), Fate::Does { verb: wanted, .. }) => is(verb, wanted),
        (Act::Hold, Fate::Holds(_)) => true,
        _ => false,
    }
}
