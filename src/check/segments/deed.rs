//! `send sms "…" with coupon = 50 cooldown 30d when vip`: one deed, and blocks of which the first that applies is done.

use super::{Deeds, conduct::pairs};
use crate::{
    check::names::Meaning,
    diagnostic::{
        Diagnostic,
        code::{AMBIGUOUS_NAME, BAD_DEED, SAID_TWICE},
    },
    ir::{Act, Deed, With},
    source::Span,
    syntax::ast,
};

impl<'c> Deeds<'c, '_, '_> {
    /// The deeds of a block: what stands behind one that everybody gets is never done.
    pub(super) fn block(&mut self, written: &'c [ast::Deed]) -> Vec<Deed> {
        let mut last: Option<Span> = None;
        for (at, deed) in written.iter().enumerate() {
            if let Some(first) = last {
                self.tell_never_done(deed, first);
                break;
            }
            match &deed.choice {
                Some(ast::DeedChoice::Otherwise(place)) if at == 0 => {
                    self.tell_no_otherwise(place.0, "nothing stands before this deed");
                }
                None | Some(ast::DeedChoice::Otherwise(_)) => last = Some(deed.place.0),
                Some(ast::DeedChoice::When(_)) => {}
            }
        }
        written.iter().filter_map(|deed| self.deed(deed)).collect()
    }

    fn tell_never_done(&mut self, deed: &ast::Deed, first: Span) {
        self.checker.sink.push(
            Diagnostic::error(BAD_DEED, deed.place.0, "this is never done: everybody gets the deed before it")
                .label(first, "nobody gets past this")
                .help("of a block one deed is done: write `when` and a condition behind the first, or a trigger for each where both are to be done"),
        );
    }

    pub(super) fn tell_no_otherwise(&mut self, place: Span, why: &str) {
        self.checker.sink.push(
            Diagnostic::error(BAD_DEED, place, format!("`otherwise` says nothing here: {why}"))
                .help("take it out, or write `when` and a condition"),
        );
    }

    /// One deed; none where something in it is wrong.
    pub(super) fn deed(&mut self, written: &'c ast::Deed) -> Option<Deed> {
        let with = self.with(written);
        let (mut hours, mut cooldown, mut at_most, mut once) = (None, None, None, None::<Span>);
        let mut whole = with.is_some();
        let holds = matches!(written.act, ast::Act::Hold);
        for term in &written.terms {
            match term {
                ast::Term::With(pairs) if holds => {
                    let place = pairs.first().map_or(written.place.0, |(name, _)| name.span());
                    self.tell_not_held(place, "with");
                }
                ast::Term::With(_) => {}
                ast::Term::Hours(range) if holds => self.tell_not_held(range.place.0, "hours"),
                ast::Term::Hours(range) => {
                    self.said_once(&mut hours, range.place.0, "hours");
                    match (self.hours(range, "hours"), &mut hours) {
                        (Some(slot), Some((_, found))) => *found = Some(slot),
                        (_, _) => whole = false,
                    }
                }
                ast::Term::Cooldown(length) => {
                    self.said_once(&mut cooldown, length.span(), "cooldown");
                    match (self.length(length, "cooldown 30d"), &mut cooldown) {
                        (Some(length), Some((_, found))) => *found = Some(length),
                        (_, _) => whole = false,
                    }
                }
                ast::Term::AtMost(count) => {
                    self.said_once(&mut at_most, count.span(), "at most");
                    match (self.count(count, "at most 3 times"), &mut at_most) {
                        (Some(count), Some((_, found))) => *found = Some(count),
                        (_, _) => whole = false,
                    }
                }
                ast::Term::Once(place) => {
                    if let Some(first) = once.replace(place.0) {
                        self.tell_said_twice(place.0, first, "once");
                    }
                }
            }
        }
        let when = match &written.choice {
            None | Some(ast::DeedChoice::Otherwise(_)) => Some(None),
            Some(ast::DeedChoice::When(condition)) => self.checker.condition(condition).map(Some),
        };
        let act = match &written.act {
            ast::Act::Send { channel, message } => {
                let message = self.message(channel, message);
                if let Some((place, Some(slot))) = hours {
                    self.slot_is_heard(slot, place);
                }
                message.map(|message| Act::Send { channel: channel.symbol.clone(), message })
            }
            ast::Act::Do { verb } => Some(Act::Do(verb.symbol.clone())),
            ast::Act::Hold => Some(Act::Hold),
        };
        self.checker.with.clear();
        let (act, with, when) = (act?, with?, when?);
        whole.then_some(Deed {
            act,
            with,
            hours: hours.and_then(|(_, slot)| slot),
            cooldown: cooldown.and_then(|(_, length)| length),
            at_most: at_most.and_then(|(_, count)| count),
            once: once.is_some(),
            when,
            span: written.place.0,
        })
    }

    /// `with coupon = 50, until = today + 7d`: each sees those before it, and all later terms see them.
    fn with(&mut self, written: &'c ast::Deed) -> Option<Vec<With>> {
        self.checker.with.clear();
        let mut all = vec![];
        let mut places: Vec<(&ast::Name, Span)> = vec![];
        for (name, value) in written.terms.iter().flat_map(pairs) {
            if let Some((_, first)) = places.iter().find(|(it, _)| it.symbol == name.symbol) {
                self.tell_said_twice(name.span(), *first, name.symbol.as_str());
            } else {
                self.is_free(name);
            }
            places.push((name, name.span()));
            let value = self.checker.lower(value, None);
            self.checker.with.push((name.symbol.clone(), value.clone()));
            all.push(value.map(|value| With { name: name.symbol.clone(), value }));
        }
        all.into_iter().collect()
    }

    /// Tells a `with` name that means something already.
    fn is_free(&mut self, name: &ast::Name) {
        let (symbol, span) = (&name.symbol, name.span());
        let of_rows = match self.checker.scope {
            Some(crate::check::Scope::Each(table)) => {
                let table = self.checker.schema.table(table);
                table.find(symbol).map(|id| (format!("a column of `{}`", table.name), table.column(id).span))
            }
            _ => None,
        };
        let meaning = self.checker.names.get(symbol).filter(|it| !matches!(it, Meaning::Channel));
        let declared = meaning.map(|meaning| {
            let what = match meaning {
                Meaning::Column(_) => "a field",
                Meaning::Table(_) => "a table",
                Meaning::Param(_) => "a parameter",
                Meaning::List(_) => "a list",
                Meaning::Definition(_) => "declared by the rules",
                Meaning::Template | Meaning::Channel => "a template",
            };
            (what.to_owned(), self.checker.names.place(symbol))
        });
        let value = || self.checker.names.is_value(symbol).then(|| ("a level's value".to_owned(), None));
        let Some((what, place)) = of_rows.or(declared).or_else(value) else { return };
        let mut told =
            Diagnostic::error(AMBIGUOUS_NAME, span, format!("`{symbol}` is given by `with`, and is {what} too"));
        if let Some(place) = place {
            told = told.label(place, "declared here");
        }
        self.checker.sink.push(told.help(format!("give what is sent along another name, such as `the_{symbol}`")));
    }

    fn said_once<T>(&mut self, slot: &mut Option<(Span, Option<T>)>, place: Span, word: &str) {
        if let Some((first, _)) = slot {
            let first = *first;
            self.tell_said_twice(place, first, word);
        } else {
            *slot = Some((place, None));
        }
    }

    fn tell_said_twice(&mut self, place: Span, first: Span, word: &str) {
        self.checker.sink.push(
            Diagnostic::error(SAID_TWICE, place, format!("`{word}` is said twice of one deed"))
                .label(first, "said here first")
                .help("take one of them out"),
        );
    }

    fn tell_not_held(&mut self, place: Span, word: &str) {
        self.checker.sink.push(
            Diagnostic::error(BAD_DEED, place, format!("`hold` sends nothing, so `{word}` says nothing here"))
                .help(format!("take the `{word}` out")),
        );
    }
}
