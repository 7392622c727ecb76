//! `layer l exclusive { some when points > 1  more when points > 2 }`: two arms that both apply to somebody, told with what such a user has.
//! Only where each of them asks of columns alone, each by itself: any values can come together there.

use super::{
    Found,
    pieces::{Asked, Place, Subjects},
};
use crate::{
    diagnostic::{Diagnostic, code::BOTH_APPLY},
    ir::{Arm, Body, Choice, Expr, Ladder},
};

/// Arms beyond this many are not held against each other.
const MANY: usize = 64;

/// So many ways in which values can stand together are gone through.
const WAYS: usize = 1 << 13;

pub(super) fn look(found: &mut Found<'_>) {
    let mut told = vec![];
    for definition in &found.rulebook.definitions {
        if let Body::Layer(ladder) = &definition.body
            && ladder.exclusive
        {
            told.extend(overlap(found, ladder, &definition.name));
        }
    }
    told.into_iter().for_each(|it| found.sink.push(it));
}

/// The first two arms that both apply to somebody.
fn overlap(found: &Found<'_>, ladder: &Ladder, layer: &str) -> Option<Diagnostic> {
    let conditions = ladder.arms.iter().take(MANY).filter_map(|arm| match &arm.choice {
        Choice::When(condition) | Choice::From { condition, .. } => Some((arm, condition)),
        Choice::Otherwise => None,
    });
    let arms: Vec<(&Arm, &Expr)> = conditions.collect();
    let pairs = arms.iter().enumerate().flat_map(|(at, one)| arms.iter().skip(at + 1).map(move |other| (one, other)));
    for ((one, first), (other, second)) in pairs {
        let Some(user) = in_both(found, first, second) else { continue };
        let choices = found.rulebook.choices.get(ladder.choices.0 as usize);
        let name = |arm: &Arm| {
            let value = choices.and_then(|all| all.values.get(arm.rank as usize));
            value.map_or_else(|| found.words(arm.span), |value| value.name.to_string())
        };
        let message = format!(
            "`{}` and `{}` of the exclusive layer `{layer}` both apply to a user with {user}",
            name(one),
            name(other)
        );
        return Some(
            Diagnostic::warning(BOTH_APPLY, second.span, message)
                .label(first.span, format!("`{}` applies to them too", name(one)))
                .note("a run ends at the first such user")
                .help("let the conditions exclude each other, or take `exclusive` out: then the first that applies is taken"),
        );
    }
    None
}

/// What a user has to whom both conditions apply, as far as that is certain.
fn in_both(found: &Found<'_>, first: &Expr, second: &Expr) -> Option<String> {
    let mut subjects = Subjects::default();
    let both = Asked::And(vec![subjects.ask(found, first), subjects.ask(found, second)]);
    if !subjects.settle(found) {
        return None;
    }
    let places: Vec<Vec<Place>> = (0..subjects.count()).map(|subject| subjects.places(subject)).collect();
    let ways = places.iter().try_fold(1, |ways: usize, places| ways.checked_mul(places.len().max(1)));
    if ways.is_none_or(|ways| ways > WAYS) || !subjects.are_columns() {
        return None;
    }
    let mut digits = vec![0; places.len()];
    loop {
        let here: Vec<Place> =
            places.iter().zip(&digits).filter_map(|(places, digit)| places.get(*digit).copied()).collect();
        if subjects.truth(found, &both, &here).is_true() {
            let words: Vec<String> =
                here.iter().enumerate().filter_map(|(subject, place)| subjects.words(found, subject, *place)).collect();
            return (words.len() == here.len() && !words.is_empty()).then(|| words.join(" and "));
        }
        // The next way: as numbers are counted on.
        let next = places.iter().zip(digits.iter_mut()).any(|(places, digit)| {
            *digit += 1;
            let counts_on = *digit < places.len();
            if !counts_on {
                *digit = 0;
            }
            counts_on
        });
        if !next {
            return None;
        }
    }
}
