//! Words that nothing declares, behind `send`, `do` and `limit`: one that stands there once and is close to another is most
//! often that one, misspelt.

use std::collections::{BTreeMap, BTreeSet};

use super::Found;
use crate::{
    check::{book::Book, segments::each_deed},
    diagnostic::{
        Diagnostic,
        code::{LIMIT_OF_NOTHING, UNUSED, WORD_USED_ONCE},
        nearest,
    },
    source::Span,
    syntax::ast::{Act, Message, Name, PolicyEntry},
};

/// Words and the places where they stand.
type Words<'a> = BTreeMap<&'a str, Vec<Span>>;

pub(super) fn look(book: &Book<'_>, found: &mut Found<'_>) {
    let (mut channels, mut verbs, mut templates) = (Words::new(), Words::new(), BTreeSet::new());
    each_deed(book, &mut |deed| match &deed.act {
        Act::Send { channel, message } => {
            channels.entry(channel.symbol.as_str()).or_default().push(channel.span());
            if let Message::Template(name) = message {
                templates.insert(&name.symbol);
            }
        }
        Act::Do { verb } => verbs.entry(verb.symbol.as_str()).or_default().push(verb.span()),
        Act::Hold => {}
    });
    let declared: BTreeSet<&str> = book.channels.iter().map(|channel| channel.name.symbol.as_str()).collect();
    used_once(&channels, &declared, "send", found);
    used_once(&verbs, &BTreeSet::new(), "do", found);
    for entry in book.policies.iter().flat_map(|(policy, _)| &policy.entries) {
        if let PolicyEntry::Limit { channel: Some(channel), .. } = entry {
            limit(channel, &channels, &declared, found);
        }
    }
    for template in book.templates.iter().filter(|it| !templates.contains(&it.name.symbol)) {
        found.sink.push(
            Diagnostic::warning(UNUSED, template.name.span(), format!("no deed sends `{}`", template.name.symbol))
                .help(format!("send it, `send sms {}`, or take the `template` out", template.name.symbol)),
        );
    }
}

fn used_once(words: &Words<'_>, declared: &BTreeSet<&str>, behind: &str, found: &mut Found<'_>) {
    let often = words.iter().filter(|(_, places)| places.len() > 1).map(|(word, _)| *word);
    let known: BTreeSet<&str> = often.chain(declared.iter().copied()).collect();
    for (word, places) in words {
        let ([place], false) = (places.as_slice(), declared.contains(word)) else { continue };
        let Some(near) = nearest(word, known.iter().copied()) else { continue };
        let why = if declared.contains(near) { "declared" } else { "used more often" };
        found.sink.push(
            Diagnostic::warning(WORD_USED_ONCE, *place, format!("`{word}` stands behind `{behind}` only here"))
                .note(format!("`{near}` is close to it, and {why}"))
                .help(format!("did you mean `{near}`?"))
                .suggest(format!("write `{near}`"), *place, near),
        );
    }
}

fn limit(channel: &Name, sent: &Words<'_>, declared: &BTreeSet<&str>, found: &mut Found<'_>) {
    let word = channel.symbol.as_str();
    if sent.contains_key(word) || declared.contains(word) {
        return;
    }
    let known = sent.keys().copied().chain(declared.iter().copied());
    let told = Diagnostic::warning(LIMIT_OF_NOTHING, channel.span(), format!("nothing is sent by `{word}`"));
    found.sink.push(match nearest(word, known.clone()) {
        Some(near) => {
            told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), channel.span(), near)
        }
        None if sent.is_empty() => told.help("take the limit out, or declare the channel"),
        None => told.help(format!("messages are sent by {}", sent.keys().copied().collect::<Vec<_>>().join(", "))),
    });
}
