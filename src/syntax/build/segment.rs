//! Segments, deeds, the policy, templates and channels.

use pest::iterators::Pair;

use super::{
    super::{
        ast::{
            Act, Channel, Deed, DeedChoice, Message, Name, Place, Policy, PolicyEntry, Requirement, Segment,
            SegmentEntry, Share, Template, Term, Trigger, TriggerBody, TriggerKind,
        },
        grammar::{Parts, Rule},
    },
    Builder,
};

impl Builder<'_> {
    pub(super) fn segment(&mut self, mut parts: Parts<'_>) -> Segment {
        parts.pass(&[Rule::kw_segment]);
        let name = self.name(parts.need());
        let label = self.label(&mut parts);
        let condition = self.last(parts.need());
        let entries = parts.if_next(Rule::segment_block).map(|block| {
            let entries = Parts::of(block).filter(|part| part.as_rule() == Rule::segment_entry);
            entries.map(|entry| self.segment_entry(entry)).collect()
        });
        Segment { name, label, condition, entries }
    }

    fn segment_entry(&mut self, pair: Pair<'_, Rule>) -> SegmentEntry {
        let inner = Parts::of(pair).need();
        match inner.as_rule() {
            Rule::require => SegmentEntry::Require(self.last(inner)),
            Rule::trigger => SegmentEntry::Trigger(self.trigger(inner)),
            _ => SegmentEntry::Backfill(self.place(&inner)),
        }
    }

    fn trigger(&mut self, pair: Pair<'_, Rule>) -> Trigger {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        let on = self.trigger_kind(parts.need());
        let body = parts.need();
        let body = match body.as_rule() {
            Rule::deeds => {
                let deeds = Parts::of(body).filter(|part| part.as_rule() == Rule::deed);
                TriggerBody::Block(deeds.map(|deed| self.deed(deed)).collect())
            }
            Rule::split => {
                let mut inner = Parts::of(body);
                inner.pass(&[Rule::kw_split]);
                let salt = self.text(inner.need());
                let shares =
                    inner.filter(|part| part.as_rule() == Rule::share).map(|share| self.share(share)).collect();
                TriggerBody::Split { salt, shares }
            }
            _ => TriggerBody::Deed(self.deed(body)),
        };
        Trigger { on, body, place }
    }

    fn trigger_kind(&mut self, pair: Pair<'_, Rule>) -> TriggerKind {
        let mut parts = Parts::of(pair);
        if parts.if_next(Rule::kw_every).is_some() {
            return TriggerKind::Every(self.expression(parts.need()));
        }
        parts.pass(&[Rule::kw_on]);
        let when = parts.need();
        match when.as_rule() {
            Rule::kw_enter => TriggerKind::Enter,
            Rule::kw_exit => TriggerKind::Exit,
            _ => {
                let mut inner = Parts::of(when);
                inner.pass(&[Rule::kw_each]);
                let table = self.name(inner.need());
                TriggerKind::Each { table, filter: inner.next().map(|filter| self.last(filter)) }
            }
        }
    }

    fn share(&mut self, pair: Pair<'_, Rule>) -> Share {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        let share = self.expression(parts.need());
        let name = self.name(parts.need());
        Share { share, name, deed: self.deed(parts.need()), place }
    }

    fn deed(&mut self, pair: Pair<'_, Rule>) -> Deed {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        let act = self.act(parts.need());
        let mut deed = Deed { act, terms: vec![], choice: None, place };
        for part in parts {
            let place = self.place(&part);
            match part.as_rule() {
                Rule::when => deed.choice = Some(DeedChoice::When(self.last(part))),
                Rule::kw_otherwise => deed.choice = Some(DeedChoice::Otherwise(place)),
                _ => {
                    let term = self.term(part, place);
                    deed.terms.push(term);
                }
            }
        }
        deed
    }

    fn act(&mut self, pair: Pair<'_, Rule>) -> Act {
        let inner = Parts::of(pair).need();
        match inner.as_rule() {
            Rule::send => {
                let mut parts = Parts::of(inner);
                parts.pass(&[Rule::kw_send]);
                let channel = self.name(parts.need());
                let message = parts.need();
                let message = match message.as_rule() {
                    Rule::text => Message::Text(self.text(message)),
                    _ => Message::Template(self.name(message)),
                };
                Act::Send { channel, message }
            }
            Rule::do_verb => {
                let mut parts = Parts::of(inner);
                parts.pass(&[Rule::kw_do]);
                Act::Do { verb: self.name(parts.need()) }
            }
            _ => Act::Hold,
        }
    }

    fn term(&mut self, pair: Pair<'_, Rule>, place: Place) -> Term {
        match pair.as_rule() {
            Rule::with => {
                let pairs = Parts::of(pair).filter(|part| part.as_rule() == Rule::with_pair);
                Term::With(pairs.map(|pair| self.named_value(pair)).collect())
            }
            Rule::hours => {
                let mut inner = Parts::of(pair);
                inner.pass(&[Rule::kw_hours]);
                Term::Hours(self.range(inner.need()))
            }
            Rule::cooldown => Term::Cooldown(self.last(pair)),
            Rule::at_most => Term::AtMost(self.counted(pair)),
            _ => Term::Once(place),
        }
    }

    fn named_value(&mut self, pair: Pair<'_, Rule>) -> (Name, super::super::ast::Expr) {
        let mut inner = Parts::of(pair);
        let name = self.name(inner.need());
        inner.pass(&[Rule::equals]);
        (name, self.expression(inner.need()))
    }

    /// `at most 3 times`, `at most 70 characters`
    fn counted(&mut self, pair: Pair<'_, Rule>) -> super::super::ast::Expr {
        let mut inner = Parts::of(pair);
        inner.pass(&[Rule::kw_at, Rule::kw_most]);
        self.expression(inner.need())
    }

    pub(super) fn policy(&mut self, parts: Parts<'_>) -> Policy {
        let entries = parts.filter(|part| part.as_rule() == Rule::policy_entry);
        Policy { entries: entries.map(|entry| self.policy_entry(entry)).collect() }
    }

    fn policy_entry(&mut self, pair: Pair<'_, Rule>) -> PolicyEntry {
        let inner = Parts::of(pair).need();
        let place = self.place(&inner);
        match inner.as_rule() {
            Rule::require => PolicyEntry::Require(self.last(inner)),
            Rule::limit => {
                let mut parts = Parts::of(inner);
                parts.pass(&[Rule::kw_limit]);
                let channel = parts.if_next(Rule::limited).map(|name| self.name(Parts::of(name).need()));
                let count = self.expression(parts.need());
                parts.pass(&[Rule::kw_within]);
                PolicyEntry::Limit { channel, count, within: self.expression(parts.need()), place }
            }
            Rule::quiet => {
                let mut parts = Parts::of(inner);
                parts.pass(&[Rule::kw_quiet]);
                PolicyEntry::Quiet(self.range(parts.need()))
            }
            Rule::exempt => PolicyEntry::Exempt(self.names(inner)),
            _ => PolicyEntry::Priority(self.names(inner)),
        }
    }

    fn names(&mut self, pair: Pair<'_, Rule>) -> Vec<Name> {
        let names = pair.into_inner().nth(1).expect("the grammar puts names behind the word");
        Parts::of(names).filter(|part| part.as_rule() == Rule::name).map(|name| self.name(name)).collect()
    }

    pub(super) fn template(&mut self, mut parts: Parts<'_>) -> Template {
        parts.pass(&[Rule::kw_template]);
        let name = self.name(parts.need());
        Template { name, text: self.text(parts.need()) }
    }

    pub(super) fn channel(&mut self, mut parts: Parts<'_>) -> Channel {
        parts.pass(&[Rule::kw_channel]);
        let name = self.name(parts.need());
        let label = self.label(&mut parts);
        let requirements = parts.filter(|part| part.as_rule() == Rule::requirement);
        Channel { name, label, requirements: requirements.map(|it| self.requirement(it)).collect() }
    }

    fn requirement(&mut self, pair: Pair<'_, Rule>) -> Requirement {
        let inner = Parts::of(pair).need();
        if inner.as_rule() == Rule::at_most_characters {
            return Requirement::AtMostCharacters(self.counted(inner));
        }
        let mut parts = Parts::of(inner);
        parts.pass(&[Rule::kw_must, Rule::kw_contain]);
        Requirement::MustContain(self.text(parts.need()))
    }
}
