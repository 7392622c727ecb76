//! `a when points > 3  b when points > 5`: an arm that nobody reaches, since those above take all who meet its condition.

use std::collections::HashSet;

use super::{
    Found,
    pieces::{Asked, Place, Subjects},
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{ASKED_TWICE, BOTH_APPLY, NEVER_REACHED},
    },
    ir::{Act, Body, Choice, Deed, Expr, Ladder, TriggerBody},
    source::Span,
    value::Truth,
};

/// Arms beyond this many are not held against each other.
const MANY: usize = 64;

/// So many ways in which values can stand together are gone through.
const WAYS: usize = 1 << 13;

/// What is taken where its condition is true and none above is.
struct Arm<'r> {
    /// None of `otherwise`, and of a deed for all: one to which nobody comes does no harm.
    condition: Option<&'r Expr>,
    /// Whether it can be had without its condition.
    kept: bool,
    name: String,
    span: Span,
}

pub(super) fn look(found: &mut Found<'_>) {
    // Where the same is asked above, or by another arm of an exclusive layer, that is told already.
    let twice = found.sink.found().iter().filter(|told| told.code == ASKED_TWICE || told.code == BOTH_APPLY);
    let twice: HashSet<Span> = twice.map(|told| told.primary.span).collect();
    let mut told = vec![];
    for definition in &found.rulebook.definitions {
        match &definition.body {
            Body::Level(ladder) | Body::Layer(ladder) => {
                let arms = arms(found, ladder);
                told.extend(unreached(found, &arms, &twice).into_iter().map(|(arm, above)| tell_value(arm, &above)));
            }
            Body::Let(_) | Body::Tag(_) | Body::Score(_) | Body::Funnel(..) | Body::Segment(_) => {}
        }
    }
    let triggers = found.rulebook.actions.segments.iter().flat_map(|segment| &segment.triggers);
    for trigger in triggers {
        if let TriggerBody::Block(block) = &trigger.body {
            let deeds: Vec<Arm<'_>> = block.iter().map(deed_as_arm).collect();
            told.extend(unreached(found, &deeds, &twice).into_iter().map(|(arm, above)| tell_deed(arm, &above)));
        }
    }
    told.into_iter().for_each(|it| found.sink.push(it));
}

fn tell_value(arm: &Arm<'_>, above: &[&Arm<'_>]) -> Diagnostic {
    tell(arm, above, &format!("nobody gets {}", arm.name), "arm")
}

fn tell_deed(deed: &Arm<'_>, above: &[&Arm<'_>]) -> Diagnostic {
    tell(deed, above, &format!("{} is never done here", deed.name), "deed")
}

fn tell(arm: &Arm<'_>, above: &[&Arm<'_>], never: &str, what: &str) -> Diagnostic {
    let place = |arm: &Arm<'_>| arm.condition.map_or(arm.span, |condition| condition.span);
    let take = match above {
        [_] => "what stands above takes",
        _ => "those above take",
    };
    let message = format!("{never}: {take} all who meet its condition");
    let mut told = Diagnostic::warning(NEVER_REACHED, place(arm), message);
    for above in above.iter().take(3) {
        told = told.label(place(above), format!("{} comes first", above.name));
    }
    let help = match above {
        [above] => format!("put it above {}, or narrow what stands there; or take the {what} out", above.name),
        _ => format!("put it further up, or narrow what stands above; or take the {what} out"),
    };
    told.help(help)
}

fn arms<'r>(found: &Found<'r>, ladder: &'r Ladder) -> Vec<Arm<'r>> {
    let names = found.rulebook.choices.get(ladder.choices.0 as usize);
    let arm = |arm: &'r crate::ir::Arm| {
        let name = names.and_then(|names| names.values.get(arm.rank as usize));
        let name = name.map_or_else(|| found.words(arm.span), |value| value.name.to_string());
        let (condition, kept) = match &arm.choice {
            Choice::When(condition) => (Some(condition), false),
            Choice::From { condition, keep, .. } => (Some(condition), !keep.is_empty()),
            Choice::Otherwise => (None, false),
        };
        Arm { condition, kept, name: format!("`{name}`"), span: arm.span }
    };
    ladder.arms.iter().map(arm).collect()
}

fn deed_as_arm(deed: &Deed) -> Arm<'_> {
    let words = match &deed.act {
        Act::Send { channel, .. } => format!("send {channel}"),
        Act::Do(verb) => format!("do {verb}"),
        Act::Hold => "hold".into(),
    };
    Arm { condition: deed.when.as_ref(), kept: false, name: format!("`{words}`"), span: deed.span }
}

/// Each arm that nobody reaches, with those above that take who meets its condition.
fn unreached<'a, 'r>(
    found: &Found<'_>,
    arms: &'a [Arm<'r>],
    twice: &HashSet<Span>,
) -> Vec<(&'a Arm<'r>, Vec<&'a Arm<'r>>)> {
    let arms = arms.get(..MANY).unwrap_or(arms);
    if arms.len() < 2 {
        return vec![];
    }
    let mut subjects = Subjects::default();
    let everybody = || Asked::Always(Truth::True);
    let asked: Vec<Asked> =
        arms.iter().map(|arm| arm.condition.map_or_else(everybody, |it| subjects.ask(found, it))).collect();
    if !subjects.settle(found) {
        return vec![];
    }
    let places: Vec<Vec<Place>> = (0..subjects.count()).map(|subject| subjects.places(subject)).collect();
    let ways = |wanted: &[usize]| {
        wanted.iter().try_fold(1, |ways: usize, subject| ways.checked_mul(places.get(*subject)?.len().max(1)))
    };
    let few = |wanted: &[usize]| ways(wanted).is_some_and(|ways| ways <= WAYS);
    let mut told = vec![];
    for (at, (arm, own)) in arms.iter().zip(&asked).enumerate().skip(1) {
        if arm.kept || arm.condition.is_none_or(|condition| twice.contains(&condition.span)) {
            continue;
        }
        let above: Vec<(usize, &Asked)> = asked.iter().take(at).enumerate().collect();
        let mine = subjects_of([own]);
        let everything = subjects_of(above.iter().map(|(_, asked)| *asked).chain([own]));
        // Where that is too much, only those above that ask about nothing else.
        let (wanted, above) = if few(&everything) {
            (everything, above)
        } else if few(&mine) {
            let within = above.into_iter().filter(|(_, it)| subjects_of([*it]).iter().all(|it| mine.contains(it)));
            let within = within.collect();
            (mine, within)
        } else {
            continue;
        };
        let takers = takers(found, &subjects, &places, &wanted, own, &above);
        told.extend(takers.map(|takers| (arm, takers.into_iter().filter_map(|at| arms.get(at)).collect())));
    }
    told
}

/// The one above that takes whoever meets the condition, or those that do together; none where somebody is left, or nobody meets it.
fn takers(
    found: &Found<'_>,
    subjects: &Subjects,
    places: &[Vec<Place>],
    wanted: &[usize],
    own: &Asked,
    above: &[(usize, &Asked)],
) -> Option<Vec<usize>> {
    let mut here = vec![Place::Missing; subjects.count()];
    let mut digits = vec![0; wanted.len()];
    let mut takers = vec![];
    let mut alone: Vec<&(usize, &Asked)> = above.iter().collect();
    loop {
        for (subject, digit) in wanted.iter().zip(&digits) {
            if let (Some(slot), Some(place)) =
                (here.get_mut(*subject), places.get(*subject).and_then(|all| all.get(*digit)))
            {
                *slot = *place;
            }
        }
        if subjects.truth(found, own, &here).is_true() {
            let (taker, _) = above.iter().find(|(_, it)| subjects.truth(found, it, &here).is_true())?;
            if !takers.contains(taker) {
                takers.push(*taker);
            }
            alone.retain(|(_, it)| subjects.truth(found, it, &here).is_true());
        }
        // The next way: as numbers are counted on.
        let next = wanted.iter().zip(digits.iter_mut()).any(|(subject, digit)| {
            *digit += 1;
            let counts_on = *digit < places.get(*subject).map_or(0, Vec::len);
            if !counts_on {
                *digit = 0;
            }
            counts_on
        });
        if !next {
            takers.sort_unstable();
            let one = alone.first().filter(|_| !takers.is_empty()).map(|(at, _)| vec![*at]);
            return one.or((!takers.is_empty()).then_some(takers));
        }
    }
}

fn subjects_of<'a>(all: impl IntoIterator<Item = &'a Asked>) -> Vec<usize> {
    let mut subjects = vec![];
    all.into_iter().for_each(|asked| asked.each_subject(&mut |subject| subjects.push(subject)));
    subjects.sort_unstable();
    subjects.dedup();
    subjects
}
