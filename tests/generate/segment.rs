//! Segments with all their deeds, and the policy.

use tagwell::syntax::ast::{
    Act, Deed, DeedChoice, Message, Place, Policy, PolicyEntry, Segment, SegmentEntry, Share, Term, Trigger,
    TriggerBody, TriggerKind,
};

use super::Choices;

impl Choices {
    pub(super) fn segment(&mut self) -> Segment {
        Segment {
            name: self.name(),
            label: self.label(),
            condition: self.expression(),
            entries: (self.one_of(5) != 1).then(|| self.several(0, Choices::segment_entry)),
        }
    }

    fn segment_entry(&mut self) -> SegmentEntry {
        match self.one_of(4) {
            0 => SegmentEntry::Backfill(Place::default()),
            1 => SegmentEntry::Require(self.expression()),
            _ => SegmentEntry::Trigger(self.trigger()),
        }
    }

    fn trigger(&mut self) -> Trigger {
        let on = match self.one_of(4) {
            0 => TriggerKind::Enter,
            1 => TriggerKind::Exit,
            2 => TriggerKind::Every(self.expression()),
            _ => TriggerKind::Each { table: self.name(), filter: self.maybe(Choices::expression) },
        };
        let share = |it: &mut Choices| Share {
            // No list: behind the deed before, `[` would be read as a part of its condition.
            share: it.postfix(0),
            name: it.name(),
            deed: it.deed(),
            place: Place::default(),
        };
        let body = match self.one_of(3) {
            0 => TriggerBody::Deed(self.deed()),
            1 => TriggerBody::Block(self.several(0, Choices::deed)),
            _ => TriggerBody::Split { salt: self.text(), shares: self.several(0, share) },
        };
        Trigger { on, body, place: Place::default() }
    }

    fn deed(&mut self) -> Deed {
        let act = match self.one_of(4) {
            0 => Act::Hold,
            1 => Act::Do { verb: self.name() },
            2 => Act::Send { channel: self.name(), message: Message::Text(self.text()) },
            _ => Act::Send { channel: self.name(), message: Message::Template(self.name()) },
        };
        let terms = self.up_to(3);
        let terms = (0..terms).map(|_| self.term()).collect();
        let choice = match self.one_of(3) {
            0 => None,
            1 => Some(DeedChoice::Otherwise(Place::default())),
            _ => Some(DeedChoice::When(self.expression())),
        };
        Deed { act, terms, choice, place: Place::default() }
    }

    fn term(&mut self) -> Term {
        match self.one_of(5) {
            0 => Term::Once(Place::default()),
            1 => Term::With(self.several(1, |it| (it.name(), it.expression()))),
            2 => Term::Hours(self.range()),
            3 => Term::Cooldown(self.expression()),
            _ => Term::AtMost(self.expression()),
        }
    }

    pub(super) fn policy(&mut self) -> Policy {
        Policy { entries: self.several(0, Choices::policy_entry) }
    }

    fn policy_entry(&mut self) -> PolicyEntry {
        match self.one_of(6) {
            0 => PolicyEntry::Quiet(self.range()),
            1 => PolicyEntry::Require(self.expression()),
            2 => PolicyEntry::Limit {
                channel: None,
                count: self.points(),
                within: self.operand(),
                place: Place::default(),
            },
            3 => PolicyEntry::Limit {
                channel: Some(self.name()),
                count: self.points(),
                within: self.operand(),
                place: Place::default(),
            },
            4 => PolicyEntry::Exempt(self.several(1, Choices::name)),
            _ => PolicyEntry::Priority(self.several(1, Choices::name)),
        }
    }
}
