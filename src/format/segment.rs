//! Segments, deeds, policy, channels.

use super::{
    doc::Doc,
    expression::{expression, name, quoted, range},
    page::{Cell, Entry, Run},
};
use crate::syntax::ast::{
    Act, Deed, DeedChoice, Expr, Message, Name, PolicyEntry, Requirement, SegmentEntry, Share, Term, Trigger,
    TriggerBody, TriggerKind,
};

/// What stands in a segment's block.
pub(super) fn entry(it: &SegmentEntry) -> Entry {
    match it {
        SegmentEntry::Require(condition) => require(condition),
        SegmentEntry::Backfill(place) => Entry::new(place.0, Doc::leaf("backfill")),
        SegmentEntry::Trigger(it) => trigger(it),
    }
}

fn require(condition: &Expr) -> Entry {
    Entry::following(expression(condition).after("require"))
}

fn trigger(it: &Trigger) -> Entry {
    let on = match &it.on {
        TriggerKind::Enter => Doc::words("on enter"),
        TriggerKind::Exit => Doc::words("on exit"),
        TriggerKind::Every(length) => expression(length).after("every"),
        TriggerKind::Each { table, filter } => {
            let filter = filter.as_ref().map_or_else(Doc::nothing, |it| expression(it).after("where"));
            Doc::spaced(vec![Doc::leaf(name(table)).after("on each"), filter])
        }
    };
    match &it.body {
        TriggerBody::Deed(deed) => {
            let entry = Entry::of(it.place.0, vec![on.into(), Parts::of(deed).filled().into()]);
            match it.on {
                TriggerKind::Enter | TriggerKind::Exit => entry.run(Run::EnterOrExit),
                TriggerKind::Every(_) | TriggerKind::Each { .. } => entry,
            }
        }
        TriggerBody::Block(deeds) => {
            let deed = |it: &Deed| {
                let parts = Parts::of(it);
                Entry::of(it.place.0, parts.clone().cells()).or_broken(parts.filled()).run(Run::Deed)
            };
            Entry::new(it.place.0, on).block(deeds.iter().map(deed).collect())
        }
        TriggerBody::Split { salt, shares } => {
            let split = Doc::leaf(quoted(&salt.value)).after("split");
            Entry::new(it.place.0, Doc::spaced(vec![on, split])).block(shares.iter().map(share).collect())
        }
    }
}

fn share(it: &Share) -> Entry {
    let (share, name) = (expression(&it.share), Doc::leaf(name(&it.name)));
    let parts = Parts::of(&it.deed);
    let broken = Doc::spaced(vec![share.clone(), name.clone(), parts.clone().filled()]);
    let cells = [share.into(), name.into()].into_iter().chain(parts.cells()).collect();
    Entry::of(it.place.0, cells).or_broken(broken).run(Run::Share)
}

/// The parts of a deed.
#[derive(Clone)]
struct Parts {
    /// `send`, `do`, `hold`
    word: Doc,
    channel: Option<Doc>,
    /// The message or the verb.
    what: Doc,
    terms: Vec<Doc>,
    /// For whom.
    choice: Doc,
}

impl Parts {
    fn of(it: &Deed) -> Parts {
        let (word, channel, what) = match &it.act {
            Act::Send { channel, message } => {
                let message = match message {
                    Message::Text(text) => quoted(&text.value),
                    Message::Template(template) => name(template),
                };
                ("send", Some(Doc::leaf(name(channel))), Doc::leaf(message))
            }
            Act::Do { verb } => ("do", None, Doc::leaf(name(verb))),
            Act::Hold => ("hold", None, Doc::nothing()),
        };
        let choice = match &it.choice {
            Some(DeedChoice::When(condition)) => expression(condition).after("when"),
            Some(DeedChoice::Otherwise(_)) => Doc::leaf("otherwise"),
            None => Doc::nothing(),
        };
        Parts { word: Doc::leaf(word), channel, what, terms: it.terms.iter().map(term).collect(), choice }
    }

    /// The word; the rest with channels one below the other; for whom.
    fn cells(self) -> Vec<Cell> {
        let body = Doc::spaced(std::iter::once(self.what).chain(self.terms).collect());
        let body = self.channel.map_or_else(|| body.clone().into(), |channel| Cell::with_lead(channel, body.clone()));
        vec![self.word.into(), body, self.choice.into()]
    }

    /// On as many lines as it needs.
    fn filled(self) -> Doc {
        let act = Doc::spaced(vec![self.word, self.channel.unwrap_or_else(Doc::nothing), self.what]);
        let rest = self.terms.into_iter().chain([self.choice]).filter(|part| !part.is_nothing());
        Doc::fill(std::iter::once(act).chain(rest).collect())
    }
}

fn term(it: &Term) -> Doc {
    match it {
        Term::With(all) => {
            let pair = |(key, it): &(Name, _)| Doc::spaced(vec![Doc::leaf(name(key)), expression(it).after("=")]);
            Doc::fill(Doc::commas(all.iter().map(pair).collect())).after("with")
        }
        Term::Hours(it) => range(it).after("hours"),
        Term::Cooldown(it) => expression(it).after("cooldown"),
        Term::AtMost(it) => Doc::spaced(vec![expression(it).after("at most"), Doc::leaf("times")]),
        Term::Once(_) => Doc::leaf("once"),
    }
}

/// What stands in the policy.
pub(super) fn policy_entry(it: &PolicyEntry) -> Entry {
    match it {
        PolicyEntry::Require(condition) => require(condition),
        PolicyEntry::Limit { channel, count, within, place } => {
            let channel = channel.as_ref().map_or_else(Doc::nothing, |it| Doc::leaf(name(it)));
            let parts = vec![Doc::leaf("limit"), channel, expression(count), expression(within).after("within")];
            Entry::new(place.0, Doc::spaced(parts))
        }
        PolicyEntry::Quiet(it) => Entry::following(range(it).after("quiet")),
        PolicyEntry::Exempt(all) => Entry::following(names("exempt", all)),
        PolicyEntry::Priority(all) => Entry::following(names("priority", all)),
    }
}

fn names(word: &str, all: &[Name]) -> Doc {
    Doc::bracketed(Doc::leaf("["), all.iter().map(|it| Doc::leaf(name(it))).collect(), "]").after(word)
}

/// What a message on a channel must be like.
pub(super) fn requirement(it: &Requirement) -> Entry {
    match it {
        Requirement::AtMostCharacters(it) => {
            Entry::following(Doc::spaced(vec![expression(it).after("at most"), Doc::leaf("characters")]))
        }
        Requirement::MustContain(it) => Entry::following(Doc::leaf(quoted(&it.value)).after("must contain")),
    }
}
