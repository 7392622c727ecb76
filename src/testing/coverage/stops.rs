//! What no diary can show of channels and of the policy, by the rules alone: that a message is too long where none can be, that a
//! night is quiet where every message has hours by day, that a limit is reached where cooldowns leave nobody that many messages.

use std::collections::BTreeSet;

use super::{deeds, excerpt::Whole, numbers::Change};
use crate::{
    intern::Symbol,
    ir::{
        Act, Deed, DefinitionId, Expr, ExprKind, Hours, Limit, Message, MessagePart, Requirement, Rulebook,
        TriggerBody, TriggerKind,
    },
    syntax::ast::DeclarationKind,
    value::{Duration, Type, Value, Zone, print},
};

/// Minutes of a day.
const DAY: usize = 24 * 60;

/// Why no diary can show that a number of a channel, or of the policy, is not another.
pub(super) fn same(whole: &Whole<'_>, change: &Change, zone: &Zone) -> Option<String> {
    let declaration = whole.declaration(change.owner.shared()?)?;
    let changed = || {
        let (mut excerpt, _) = whole.checked_whole(&BTreeSet::new())?;
        excerpt.with(change.at, &change.declaration).map(|(changed, _)| changed)
    };
    match &declaration.kind {
        DeclarationKind::Channel(channel) => {
            let name = &channel.name.symbol;
            let most = |ir: &Rulebook| {
                let all = ir.actions.channel(name).into_iter().flat_map(|it| &it.requirements);
                let most = all.filter_map(|it| match it {
                    Requirement::AtMostCharacters(most) => Some(*most as usize),
                    Requirement::MustContain(_) => None,
                });
                most.min()
            };
            let changed = changed()?;
            let most = most(whole.ir)?.min(most(&changed)?);
            let mut longest = deeds::messages(whole.ir, name).map(|message| letters(whole.ir, message, zone));
            let longest = longest.try_fold(0, |longest, letters| letters.map(|it| it.max(longest)))?;
            (longest <= most).then(|| format!("no message on it has more than {longest} characters"))
        }
        DeclarationKind::Policy(_) => {
            let (own, then) = (&whole.ir.actions.policy, &changed()?.actions.policy);
            if own.quiet != then.quiet {
                let quiet = own.quiet.iter().chain(&then.quiet).copied().collect::<Vec<_>>();
                return by_day(whole.ir, &quiet)
                    .then(|| "every message has its hours, and none of them is quiet".into());
            }
            let mut limits = own.limits.iter().zip(&then.limits);
            let (own, then) = limits.find(|(own, then)| own.count != then.count || own.within != then.within)?;
            let most = most(whole.ir, own)?.max(most(whole.ir, then)?);
            let reached = most > own.count.min(then.count) as usize;
            (!reached).then(|| format!("by cooldowns and `once` nobody gets more than {most} within that time"))
        }
        _ => None,
    }
}

/// Why no diary can show that a number of a deed is not another: whoever is inside comes in once, and goes out once.
pub(super) fn same_deed(whole: &Whole<'_>, segment: DefinitionId, change: &Change) -> Option<String> {
    let bounded =
        whole.ir.actions.of(segment)?.triggers.iter().flat_map(|it| it.body.deeds()).any(|it| it.at_most.is_some());
    if !bounded || change.text.parse::<u32>().is_err() {
        return None;
    }
    let (mut excerpt, _) = whole.checked_whole(&BTreeSet::new())?;
    let (changed, _) = excerpt.with(change.at, &change.declaration)?;
    let then = changed.actions.of(changed.find(whole.ir.definition(segment).name.as_str())?)?;
    let triggers = whole.ir.actions.of(segment)?.triggers.iter().zip(&then.triggers);
    let deeds = triggers.flat_map(|(own, then)| {
        let word = match own.on {
            TriggerKind::Enter => Some("comes in"),
            TriggerKind::Exit => Some("goes out"),
            TriggerKind::Every(_) | TriggerKind::Each { .. } => None,
        };
        own.body.deeds().zip(then.body.deeds()).map(move |(own, then)| (word, own.at_most, then.at_most))
    });
    let (word, own, then) = deeds.into_iter().find(|(_, own, then)| own != then)?;
    let once = own.is_none_or(|it| it > 0) && then.is_none_or(|it| it > 0);
    word.filter(|_| once).map(|word| format!("in one stay nobody {word} twice"))
}

/// Of how many characters a message is at most; none where that is not known.
fn letters(ir: &Rulebook, message: &Message, zone: &Zone) -> Option<usize> {
    let part = |part: &MessagePart| match part {
        MessagePart::Text(text) => Some(text.chars().count()),
        MessagePart::Hole { value, fallback } => {
            let fallback = fallback.as_ref().map_or(0, |it| it.chars().count());
            hole(ir, value, zone).map(|letters| letters.max(fallback))
        }
    };
    message.parts.iter().try_fold(0, |sum, it| Some(sum + part(it)?))
}

fn hole(ir: &Rulebook, value: &Expr, zone: &Zone) -> Option<usize> {
    match (&value.kind, &value.ty) {
        (ExprKind::Constant(Value::Missing), _) => Some(0),
        (ExprKind::Constant(constant), ty) if !matches!(ty, Type::Choice(_)) => {
            Some(print::text(constant, zone).chars().count())
        }
        (ExprKind::If { then, otherwise, .. }, _) => Some(hole(ir, then, zone)?.max(hole(ir, otherwise, zone)?)),
        (_, Type::Choice(id)) => {
            let names = ir.choices(*id).values.iter();
            names.map(|it| it.label.as_deref().unwrap_or(it.name.as_str()).chars().count()).max()
        }
        (_, Type::Date) => Some("2026-11-22".len()),
        (_, Type::Int) => Some(i64::MIN.to_string().len()),
        _ => None,
    }
}

/// Whether every message has hours that touch no quiet ones.
fn by_day(ir: &Rulebook, quiet: &[Hours]) -> bool {
    let minutes = |slot: &Hours| {
        let (from, to) = (usize::from(slot.from), usize::from(slot.to));
        let to = if to <= from { to + DAY } else { to };
        (from..=to).map(|minute| minute % DAY).collect::<BTreeSet<usize>>()
    };
    let quiet: BTreeSet<usize> = quiet.iter().flat_map(minutes).collect();
    let mut sent = ir.actions.segments.iter().flat_map(|it| &it.triggers).flat_map(|it| it.body.deeds());
    sent.all(|deed| match &deed.act {
        Act::Send { .. } => deed.hours.is_some_and(|slot| minutes(&slot).is_disjoint(&quiet)),
        Act::Do(_) | Act::Hold => true,
    })
}

/// How many messages that count towards a limit somebody gets at most within its time; none where nothing bounds them.
fn most(ir: &Rulebook, limit: &Limit) -> Option<usize> {
    let of_deed = |deed: &Deed| {
        let counts = match (&deed.act, &limit.channel) {
            (Act::Send { .. } | Act::Hold, None) => true,
            (Act::Send { channel, .. }, Some(own)) => channel == own,
            (Act::Hold, Some(_)) | (Act::Do(_), _) => false,
        };
        match counts {
            false => Some(0),
            true => (deed.once || deed.cooldown.is_some_and(|it| is_longer(it, limit.within))).then_some(1),
        }
    };
    let segments = ir.actions.segments.iter().filter(|it| !ir.actions.policy.exempt.contains(&it.segment));
    segments.flat_map(|it| &it.triggers).try_fold(0, |sum, trigger| {
        let own = match &trigger.body {
            TriggerBody::Block(deeds) => deeds.iter().try_fold(0, |sum, deed| Some(sum + of_deed(deed)?)),
            // Each user falls to one of them.
            TriggerBody::Split { shares, .. } => {
                shares.iter().try_fold(0, |most, share| Some(of_deed(&share.deed)?.max(most)))
            }
        };
        Some(sum + own?)
    })
}

/// Whether it lasts longer, whatever months and days there are between.
fn is_longer(length: Duration, than: Duration) -> bool {
    let micros = |it: Duration, days_of_month: i128, day: i128| {
        (i128::from(it.months) * days_of_month + i128::from(it.days)) * day + i128::from(it.micros)
    };
    let hour = 3_600_000_000;
    micros(length, 28, 23 * hour) > micros(than, 31, 25 * hour)
}

/// Whether some message on a channel says something only where its holes do.
pub(super) fn is_left_to_holes(ir: &Rulebook, channel: &Symbol, wanted: &str) -> bool {
    deeds::messages(ir, channel).any(|message| {
        !message.parts.iter().any(|part| matches!(part, MessagePart::Text(text) if text.contains(wanted)))
    })
}
