//! What the segments of a rulebook do as it is written, with its messages taken apart.

use std::collections::HashMap;

use super::hole::{Piece, pieces};
use crate::{
    check::book::Book,
    diagnostic::Sink,
    intern::Symbol,
    source::{Sources, Span},
    syntax::ast::{
        Act, Deed, DeedChoice, Expr, Message, PolicyEntry, SegmentEntry, Template, Term, Text, TriggerBody, TriggerKind,
    },
};

/// The messages of a rulebook, taken apart.
pub(in crate::check) struct Conduct<'a> {
    /// By the place of the text.
    texts: HashMap<Span, Vec<Piece>>,
    templates: HashMap<&'a Symbol, &'a Template>,
}

/// An expression that segments or the policy ask something by.
pub(in crate::check) struct Stated<'c> {
    pub(in crate::check) expr: &'c Expr,
    pub(in crate::check) wanted: Wanted,
    /// The `with` names that it sees, each with its value.
    pub(in crate::check) with: Vec<(&'c Symbol, &'c Expr)>,
}

/// What is wanted of an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Wanted {
    Condition,
    Value,
}

impl<'a> Conduct<'a> {
    /// Takes the texts of all templates and deeds apart; what is wrong with their braces is told.
    pub(in crate::check) fn of(book: &Book<'a>, sources: &Sources, sink: &mut Sink) -> Conduct<'a> {
        let mut texts = HashMap::new();
        let mut add = |text: &Text| drop(texts.insert(text.span(), pieces(text, sources, sink)));
        book.templates.iter().for_each(|template| add(&template.text));
        each_deed(book, &mut |deed| {
            if let Act::Send { message: Message::Text(text), .. } = &deed.act {
                add(text);
            }
        });
        // Of two that are declared the first counts, as for every name.
        let templates = book.templates.iter().rev().map(|it| (&it.name.symbol, *it)).collect();
        Conduct { texts, templates }
    }

    /// The template of a name.
    pub(super) fn template(&self, name: &Symbol) -> Option<&'a Template> {
        self.templates.get(name).copied()
    }

    /// The names of all templates, in order of the alphabet.
    pub(super) fn template_names(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.templates.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// What a text says.
    pub(super) fn pieces(&self, text: &Text) -> &[Piece] {
        self.texts.get(&text.span()).map_or(&[], Vec::as_slice)
    }

    /// What a message says, where its template is there.
    fn of_message<'c>(&'c self, message: &'c Message) -> &'c [Piece] {
        match message {
            Message::Text(text) => self.pieces(text),
            Message::Template(name) => self.template(&name.symbol).map_or(&[], |template| self.pieces(&template.text)),
        }
    }

    /// Every expression that stands in what segments do and in the policy, in the order written.
    pub(in crate::check) fn stated<'c>(&'c self, book: &Book<'c>) -> Vec<Stated<'c>> {
        let mut all = vec![];
        let plain = |expr, wanted| Stated { expr, wanted, with: vec![] };
        for (_, segment) in book.segments_that_do() {
            for entry in segment.entries.iter().flatten() {
                match entry {
                    SegmentEntry::Require(condition) => all.push(plain(condition, Wanted::Condition)),
                    SegmentEntry::Trigger(trigger) => {
                        if let TriggerKind::Each { filter: Some(filter), .. } = &trigger.on {
                            all.push(plain(filter, Wanted::Condition));
                        }
                        deeds(&trigger.body).for_each(|deed| self.stated_in(deed, &mut all));
                    }
                    SegmentEntry::Backfill(_) => {}
                }
            }
        }
        for entry in book.policies.iter().flat_map(|(policy, _)| &policy.entries) {
            if let PolicyEntry::Require(condition) = entry {
                all.push(plain(condition, Wanted::Condition));
            }
        }
        all
    }

    fn stated_in<'c>(&'c self, deed: &'c Deed, all: &mut Vec<Stated<'c>>) {
        let mut with: Vec<(&Symbol, &Expr)> = vec![];
        for (name, value) in deed.terms.iter().flat_map(pairs) {
            all.push(Stated { expr: value, wanted: Wanted::Value, with: with.clone() });
            with.push((&name.symbol, value));
        }
        if let Some(DeedChoice::When(condition)) = &deed.choice {
            all.push(Stated { expr: condition, wanted: Wanted::Condition, with: with.clone() });
        }
        if let Act::Send { message, .. } = &deed.act {
            for piece in self.of_message(message) {
                if let Piece::Hole(hole) = piece
                    && let Some(value) = &hole.value
                {
                    all.push(Stated { expr: value, wanted: Wanted::Value, with: with.clone() });
                }
            }
        }
    }
}

/// `with coupon = 50, until = today + 7d`
pub(super) fn pairs(term: &Term) -> &[(crate::syntax::ast::Name, Expr)] {
    match term {
        Term::With(pairs) => pairs,
        Term::Hours(_) | Term::Cooldown(_) | Term::AtMost(_) | Term::Once(_) => &[],
    }
}

/// The deeds of a trigger, in the order written.
pub(in crate::check) fn deeds(body: &TriggerBody) -> impl Iterator<Item = &Deed> {
    let (block, shares) = match body {
        TriggerBody::Deed(deed) => (std::slice::from_ref(deed), &[][..]),
        TriggerBody::Block(deeds) => (deeds.as_slice(), &[][..]),
        TriggerBody::Split { shares, .. } => (&[][..], shares.as_slice()),
    };
    block.iter().chain(shares.iter().map(|share| &share.deed))
}

/// Every deed of a rulebook, in order of declaration.
pub(in crate::check) fn each_deed<'a>(book: &Book<'a>, found: &mut dyn FnMut(&'a Deed)) {
    for (_, segment) in book.segments_that_do() {
        for entry in segment.entries.iter().flatten() {
            if let SegmentEntry::Trigger(trigger) = entry {
                deeds(&trigger.body).for_each(&mut *found);
            }
        }
    }
}
