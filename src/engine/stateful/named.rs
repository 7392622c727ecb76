//! What the ledger calls a deed: the place at which it stood when it was first seen, wherever it stands now. A deed that is put before
//! others so takes nothing from them: what they did counts for their `once`, `cooldown` and `at most` as before.
//!
//! Deeds are known again by what they do. The state keeps of each what it did in the last run, so an edit of the rules is a list of
//! deeds held against another.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ir::{Act, Body, Deed, DefinitionId, Rulebook, SegmentActions, TriggerBody, TriggerKind},
    source::{Sources, Span},
    state::KnownDeed,
};

/// What the ledger calls the deeds of a rulebook.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// By segment and place, where that is not the name.
    pub moved: BTreeMap<(DefinitionId, String), String>,
    /// Of each segment all that the state is to know from now on.
    pub known: Vec<(DefinitionId, Vec<KnownDeed>)>,
}

/// What the ledger calls the deeds of a rulebook; `known` says what the state knows of a segment's deeds.
///
/// # Errors
/// What `known` says.
pub fn named<E>(
    rulebook: &Rulebook,
    sources: &Sources,
    mut known: impl FnMut(DefinitionId) -> Result<Vec<KnownDeed>, E>,
) -> Result<Named, E> {
    let mut named = Named::default();
    for segment in &rulebook.actions.segments {
        let all = matched(known(segment.segment)?, deeds(segment, sources));
        for deed in &all {
            if let Some(place) = deed.place.as_ref().filter(|place| **place != deed.deed) {
                named.moved.insert((segment.segment, place.clone()), deed.deed.clone());
            }
        }
        named.known.push((segment.segment, all));
    }
    Ok(named)
}

/// The deeds of a rulebook's segment, each called by its place: what a state knows that has not been told.
pub fn as_written(rulebook: &Rulebook, sources: &Sources, segment: &str) -> Vec<KnownDeed> {
    let of = rulebook.actions.segments.iter().find(|it| {
        let definition = rulebook.definition(it.segment);
        definition.name.as_str() == segment && matches!(definition.body, Body::Segment(_))
    });
    of.map(|it| deeds(it, sources)).unwrap_or_default()
}

fn deeds(segment: &SegmentActions, sources: &Sources) -> Vec<KnownDeed> {
    let mut all = vec![];
    for (at, trigger) in segment.triggers.iter().enumerate() {
        let on = match &trigger.on {
            TriggerKind::Enter => "enter",
            TriggerKind::Exit => "exit",
            TriggerKind::Every(_) => "every",
            TriggerKind::Each { .. } => "each",
        };
        let written: Vec<(String, String)> = match &trigger.body {
            TriggerBody::Block(deeds) => deeds.iter().map(|deed| (on.to_owned(), words(deed, sources))).collect(),
            TriggerBody::Split { shares, .. } => shares
                .iter()
                .map(|it| (format!("{on} split"), format!("{} {}", it.name, words(&it.deed, sources))))
                .collect(),
        };
        for (place, (trigger, words)) in written.into_iter().enumerate() {
            let place = format!("{at}.{place}");
            all.push(KnownDeed { deed: place.clone(), place: Some(place), trigger, words });
        }
    }
    all
}

/// What a deed does, in the words of the rules.
fn words(deed: &Deed, sources: &Sources) -> String {
    let slice = |span: Span| sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut words = match &deed.act {
        Act::Send { channel, message } => format!("send {channel} {}", slice(message.span)),
        Act::Do(verb) => format!("do {verb}"),
        Act::Hold => "hold".to_owned(),
    };
    for with in &deed.with {
        words.push_str(&format!(" {} = {}", with.name, slice(with.value.span)));
    }
    words
}

/// `send sms`, `do call`, `hold`, of a split with its share before it: what stays where a text is mended.
fn kind(words: &str) -> &str {
    words.match_indices(' ').nth(1).and_then(|(end, _)| words.get(..end)).unwrap_or(words)
}

/// How alike two deeds are that are taken for one, the most alike first.
const ALIKE: [fn(&KnownDeed, &KnownDeed) -> bool; 6] = [
    |old, new| old.place == new.place && old.words == new.words,
    |old, new| old.place.is_some() && old.words == new.words,
    // It was taken out, and is back.
    |old, new| old.words == new.words,
    // Its text was mended, or its terms.
    |old, new| old.place == new.place && kind(&old.words) == kind(&new.words),
    |old, new| old.place.is_some() && kind(&old.words) == kind(&new.words),
    // It goes out on another channel.
    |old, new| old.place == new.place,
];

/// The deeds that are written, each with the name of the one that is known and that it is, or with a name that none has had; and those
/// that are written no more.
fn matched(known: Vec<KnownDeed>, written: Vec<KnownDeed>) -> Vec<KnownDeed> {
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    let mut left: Vec<usize> = (0..known.len()).collect();
    for alike in ALIKE {
        for (at, new) in written.iter().enumerate().filter(|(at, _)| !taken.contains_key(at)).collect::<Vec<_>>() {
            let of = |old: &&usize| known.get(**old).is_some_and(|old| old.trigger == new.trigger && alike(old, new));
            // Of several the one that stands first.
            let place = |old: &&usize| known.get(**old).and_then(|old| old.place.clone());
            if let Some(old) = left.iter().filter(of).min_by_key(place).copied() {
                left.retain(|it| *it != old);
                taken.insert(at, old);
            }
        }
    }
    let mut names: BTreeSet<String> = known.iter().map(|it| it.deed.clone()).collect();
    let mut all: Vec<KnownDeed> = vec![];
    for (at, new) in written.into_iter().enumerate() {
        let deed = match taken.get(&at).and_then(|old| known.get(*old)) {
            Some(old) => old.deed.clone(),
            None => free(&names, &new.deed),
        };
        names.insert(deed.clone());
        all.push(KnownDeed { deed, ..new });
    }
    all.extend(left.into_iter().filter_map(|old| known.get(old)).map(|old| KnownDeed { place: None, ..old.clone() }));
    all
}

/// A name that no deed has had: the place, or `0.1+1`, `0.1+2`, …
fn free(names: &BTreeSet<String>, place: &str) -> String {
    let others = (1_u64..).map(|count| format!("{place}+{count}"));
    std::iter::once(place.to_owned()).chain(others).find(|name| !names.contains(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{KnownDeed, matched};

    fn all(written: &str) -> Vec<KnownDeed> {
        let deeds = written.split("; ").filter(|it| !it.is_empty()).enumerate();
        let deed = |(at, words): (usize, &str)| KnownDeed {
            deed: format!("0.{at}"),
            place: Some(format!("0.{at}")),
            trigger: "enter".into(),
            words: words.into(),
        };
        deeds.map(deed).collect()
    }

    /// The names of deeds after edits, one after the other; who is written no more is in brackets.
    #[track_caller]
    fn called(edits: &[&str], expected: &str) {
        let known = edits.iter().fold(vec![], |known, written| matched(known, all(written)));
        let shown = known.iter().map(|it| match it.place {
            Some(_) => it.deed.clone(),
            None => format!("({})", it.deed),
        });
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expected);
    }

    #[test]
    fn a_deed_keeps_its_name_wherever_it_stands() {
        called(&["send sms A; do call"], "0.0 0.1");
        called(&["send sms A; do call", "do call; send sms A"], "0.1 0.0");
        called(&["send sms A", "send push B; send sms A"], "0.0+1 0.0");
        called(&["send sms A", "send sms B; send sms A"], "0.0+1 0.0");
        called(&["send sms A", "send push B; send sms A", "send sms C; send push B; send sms A"], "0.0+2 0.0+1 0.0");
    }

    #[test]
    fn a_text_that_is_mended_makes_no_other_deed_of_it() {
        called(&["send sms A", "send sms B"], "0.0");
        called(&["send sms A", "send push P; send sms B"], "0.0+1 0.0");
        called(&["send sms A; send sms B", "send sms A; send sms C"], "0.0 0.1");
        called(&["send sms A", "send email A"], "0.0");
    }

    #[test]
    fn a_name_is_given_once() {
        called(&["send sms A; do call", "do call"], "0.1 (0.0)");
        called(&["send sms A; do call", "do call", "do call; send sms A"], "0.1 0.0");
        called(&["send sms A; do call", "do call", "do note; do call"], "0.0+1 0.1 (0.0)");
        called(&["do call; do call", "do call; do call; do call"], "0.0 0.1 0.2");
    }
}
