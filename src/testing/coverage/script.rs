//! What happens in a made-up diary, and when: who comes in, goes out and is met again, on the days and at the hours that rules name.

use super::{
    acted::{Deed, Page, Plot, Told, lists},
    made::Dice,
    plot::{Goal, MINUTE, Plots},
};
use crate::{
    ir::{DefinitionId, TriggerKind},
    value::{
        Duration, Moment,
        moment_text::parse_time_of_day,
        time::{Direction, shift},
    },
};

/// Instants of a diary at most.
const PAGES: usize = 14;

impl Plots<'_> {
    /// A diary in which the goal may be reached.
    pub(super) fn made_up(&self, goal: &Goal, kept: &[(Plot, Vec<Vec<Told>>)], dice: &mut Dice) -> Plot {
        let change = match goal {
            Goal::Change(at) => self.changed.get(*at).map(|(_, change, _)| *change),
            Goal::Done(..) => None,
        };
        let aim = match goal {
            Goal::Change(at) => self.aims.get(*at).and_then(Option::as_ref),
            Goal::Done(segment, place) => Some(&(*segment, place.clone())),
        };
        let spelled: Vec<&str> = change.into_iter().flat_map(|it| [it.text.as_str(), it.to.as_str()]).collect();
        let own: Vec<Duration> = spelled.iter().filter_map(|text| Duration::parse(text).ok()).collect();
        let others = own.is_empty() || dice.throw(4) == 0;
        let lengths = if others { self.lengths.as_slice() } else { own.as_slice() };
        let count = spelled.iter().filter_map(|text| text.parse::<usize>().ok()).filter(|it| *it < PAGES).max();
        let number = match count {
            Some(count) if dice.throw(4) > 0 => count + 1 + dice.throw(2),
            _ => 1 + dice.throw(5),
        };
        let moved = match goal {
            Goal::Change(at) => self.moved.get(at).copied(),
            Goal::Done(..) => None,
        };
        let first = if self.setup.labels { moved.unwrap_or_else(|| dice.throw(60)) } else { 0 };
        let listed = lists(&self.setup).next().is_some() && dice.throw(3) == 0;
        let start = self.start(&spelled, dice);
        if dice.throw(3) == 0
            && let Some((plot, _)) = dice.pick(kept)
        {
            return self.otherwise(plot.clone(), (start, first), lengths, dice);
        }
        let mut plot = Plot { pages: vec![], first, listed };
        let odds = if own.is_empty() && count.is_none() { 5 } else { 2 };
        if dice.throw(odds) == 0 && !self.roots.segments.is_empty() {
            plot.pages = self.again(start, (lengths, count), aim, dice);
            return plot;
        }
        let regular = dice.throw(2) == 0;
        let (gap, shift_by) = (self.gap(lengths, dice), shifted(dice));
        let habit = dice.throw(4);
        let rows = self.roots.triggering(&self.stage.ir);
        let (mut at, mut is_inside) = (start, dice.throw(8) > 0);
        let mut ripens = false;
        for page in 0..number.min(PAGES) {
            if page > 0 {
                let before = at;
                let from = match (regular, dice.throw(2)) {
                    (true, _) => at,
                    (false, 0) => start,
                    (false, _) => dice.pick(&plot.pages).map_or(start, |page| page.at),
                };
                let lengths = if dice.throw(4) == 0 { self.lengths.as_slice() } else { lengths };
                let (gap, by) = if regular { (gap, shift_by) } else { (self.gap(lengths, dice), shifted(dice)) };
                let (from, gap, by) = match self.lead.filter(|_| ripens) {
                    Some(lead) => (before, lead, 0),
                    None => (from, gap, by),
                };
                at = self.later(from, gap).unwrap_or(at).saturating_add(by);
                if at <= before {
                    at = before.saturating_add(60 * MINUTE);
                }
            }
            let last = plot.pages.last().map(|page| page.made.clone());
            let turns = match habit {
                0 => false,
                1 => page > 0,
                _ => page > 0 && dice.throw(2) == 0,
            };
            is_inside ^= turns;
            ripens = is_inside && turns && dice.throw(2) == 0;
            let mut made = match last {
                Some(last) if !turns => last,
                // Mostly only what decides it is otherwise.
                Some(last) if dice.throw(4) > 0 => self.turned(last, is_inside, at, aim, dice),
                Some(_) | None => self.somebody(is_inside, at, aim, dice),
            };
            if page > 0 && dice.throw(4) == 0 {
                self.change(&mut made, at, dice);
            }
            for table in &rows {
                if dice.throw(2) == 0 {
                    self.append(&mut made, *table, at, dice);
                }
            }
            match page {
                0 if is_inside && dice.throw(4) > 0 => plot.pages.extend(self.since_long(at, &made)),
                _ => plot.pages.push(Page { at, made }),
            }
        }
        plot
    }

    /// The same thing happens again and again, each time so long after another as rules say, or a minute less or more.
    fn again(
        &self,
        start: i64,
        (lengths, count): (&[Duration], Option<usize>),
        aim: Option<&Deed>,
        dice: &mut Dice,
    ) -> Vec<Page> {
        let own = aim.and_then(|(segment, place)| self.trigger(*segment, place)).filter(|_| dice.throw(4) > 0);
        let triggers: Vec<&TriggerKind> =
            self.roots.actions(&self.stage.ir).flat_map(|it| &it.triggers).map(|it| &it.on).collect();
        let Some(kind) = own.or_else(|| dice.pick(&triggers).copied()) else { return vec![] };
        let times = match count {
            Some(count) => count + 1,
            None => 2 + dice.throw(2),
        };
        // Who comes in by having had something for long, and who comes in as fast as can be.
        let lead = self.lead.filter(|_| dice.throw(3) > 0);
        let mut made = self.somebody(true, start, aim, dice);
        let mut pages: Vec<Page> = vec![];
        let mut before: Option<i64> = None;
        for _ in 0..times.min(PAGES / 2) {
            let mut at = match before {
                Some(last) => {
                    let again = matches!(kind, TriggerKind::Every(_)) || dice.throw(2) > 0;
                    let from = if again { last } else { start };
                    let gap = match kind {
                        TriggerKind::Every(length) if dice.throw(4) > 0 => *length,
                        _ => self.gap(lengths, dice),
                    };
                    let at = self.later(from, gap).unwrap_or(from).saturating_add(shifted(dice));
                    at.max(last.saturating_add(2 * MINUTE))
                }
                None => start,
            };
            // What comes first, so that it can happen again.
            let between = match before {
                Some(last) => last.saturating_add(((at - last) / 2 / MINUTE).clamp(1, 60) * MINUTE),
                None => at.saturating_sub(60 * MINUTE),
            };
            match kind {
                TriggerKind::Enter => {
                    if before.is_some() {
                        made = self.turned(made, false, between, aim, dice);
                        pages.push(Page { at: between, made: made.clone() });
                    }
                    // Whoever comes in by having had something for long has it before.
                    let least = lead.and_then(|lead| self.later(between.saturating_add(MINUTE), lead));
                    at = at.max(least.filter(|_| before.is_some()).unwrap_or(at));
                    let has = lead.and_then(|lead| self.earlier(at, lead)).unwrap_or(at);
                    made = self.turned(made, true, at, aim, dice);
                    if has < at {
                        made = self.pinned(&made);
                    }
                    pages.extend((has < at).then(|| Page { at: has, made: made.clone() }));
                }
                TriggerKind::Exit => {
                    let (mut has, mut inside) = (between, between);
                    if let Some(lead) = lead {
                        match before {
                            Some(_) => inside = self.later(between, lead).unwrap_or(between).max(at - 60 * MINUTE),
                            None => has = self.earlier(between, lead).unwrap_or(between),
                        }
                        at = at.max(inside.saturating_add(MINUTE));
                    }
                    made = self.turned(made, true, inside, aim, dice);
                    if has < inside {
                        made = self.pinned(&made);
                        pages.push(Page { at: has, made: made.clone() });
                    }
                    pages.push(Page { at: inside, made: made.clone() });
                    made = self.turned(made, false, at, aim, dice);
                }
                TriggerKind::Each { table, .. } => {
                    if before.is_none() {
                        pages.extend(self.since_long(between, &made));
                    }
                    self.append(&mut made, *table, at, dice);
                }
                TriggerKind::Every(length) => match before {
                    None => {
                        if let Some(has) = lead.and_then(|lead| self.earlier(at, lead)) {
                            made = self.pinned(&made);
                            pages.push(Page { at: has, made: made.clone() });
                        }
                    }
                    // A late run does it so long before the next time as rules say.
                    Some(last) if dice.throw(3) == 0 => {
                        let next = self.later(last, *length).and_then(|next| self.later(next, *length));
                        let late = next.and_then(|next| self.earlier(next, self.gap(lengths, dice)));
                        if let Some((next, late)) = next.zip(late).filter(|(_, late)| *late > last) {
                            pages.push(Page { at: late, made: made.clone() });
                            at = next;
                        }
                    }
                    Some(_) => {}
                },
            }
            pages.push(Page { at, made: made.clone() });
            before = Some(at);
        }
        pages
    }

    /// What sets a deed off.
    fn trigger(&self, segment: DefinitionId, place: &str) -> Option<&TriggerKind> {
        let at = place.split('.').next()?.parse::<usize>().ok()?;
        self.stage.ir.actions.of(segment)?.triggers.get(at).map(|it| &it.on)
    }

    /// One thing of a diary otherwise.
    fn otherwise(&self, mut plot: Plot, (start, first): (i64, usize), lengths: &[Duration], dice: &mut Dice) -> Plot {
        let page = dice.throw(plot.pages.len());
        match dice.throw(4) {
            0 => plot.first = first,
            1 => plot.listed = lists(&self.setup).next().is_some() && !plot.listed,
            2 => {
                let by = start.saturating_sub(plot.pages.first().map_or(start, |page| page.at));
                plot.pages.iter_mut().for_each(|page| page.at = page.at.saturating_add(by));
            }
            _ => {}
        }
        if dice.throw(3) == 0 {
            return self.longer(plot, page, lengths, dice);
        }
        if let Some(page) = plot.pages.get_mut(page) {
            let at = page.at;
            self.change(&mut page.made, at, dice);
        }
        plot
    }

    /// The diary with an instant more, so long after one of them as rules say.
    fn longer(&self, mut plot: Plot, page: usize, lengths: &[Duration], dice: &mut Dice) -> Plot {
        let (from, last) = (plot.pages.get(page).map(|it| it.at), plot.pages.last().cloned());
        let at = from.and_then(|from| self.later(from, self.gap(lengths, dice)));
        if let Some((at, last)) = at.zip(last).filter(|(at, last)| *at > last.at && plot.pages.len() < PAGES) {
            plot.pages.push(Page { at: at.saturating_add(shifted(dice)), made: last.made });
        }
        plot
    }

    fn gap(&self, lengths: &[Duration], dice: &mut Dice) -> Duration {
        let own = dice.pick(lengths).copied().filter(|_| dice.throw(5) > 0);
        let plain = ["1h", "1d", "2d"].map(Duration::parse);
        own.or_else(|| dice.pick(&plain)?.as_ref().ok().copied()).unwrap_or(Duration::ZERO)
    }

    pub(super) fn later(&self, from: i64, length: Duration) -> Option<i64> {
        self.shifted(from, length, Direction::Forth)
    }

    pub(super) fn earlier(&self, from: i64, length: Duration) -> Option<i64> {
        self.shifted(from, length, Direction::Back)
    }

    fn shifted(&self, from: i64, length: Duration, way: Direction) -> Option<i64> {
        match shift(Moment::Timestamp(from), length, way, self.context.clock.zone())? {
            Moment::Timestamp(instant) => Some(instant),
            Moment::Date(_) => None,
        }
    }

    /// When a diary begins: at noon, or where a time of the day that is asked about is reached.
    fn start(&self, spelled: &[&str], dice: &mut Dice) -> i64 {
        let now = self.context.clock.now();
        let zone = self.context.clock.zone();
        let own: Vec<u16> = spelled.iter().filter_map(|text| parse_time_of_day(text).ok()).collect();
        let all: Vec<u16> = self.times();
        let times = if own.is_empty() { all } else { own };
        match dice.pick(&times).filter(|_| dice.throw(2) == 0 || spelled.iter().any(|it| it.contains(':'))) {
            Some(minutes) => {
                let (date, _) = zone.local(now);
                zone.instant(date, i64::from(*minutes) * MINUTE).saturating_add(shifted(dice))
            }
            None => now,
        }
    }

    /// The times of the day that rules name.
    fn times(&self) -> Vec<u16> {
        let actions = &self.stage.ir.actions;
        let deeds = actions.segments.iter().flat_map(|it| &it.triggers).flat_map(|trigger| trigger.body.deeds());
        let slots = deeds.filter_map(|deed| deed.hours).chain(actions.policy.quiet.iter().copied());
        slots.flat_map(|slot| [slot.from, slot.to]).collect()
    }
}

/// A minute to each side of the line, or on it.
fn shifted(dice: &mut Dice) -> i64 {
    [0, 0, MINUTE, -MINUTE].get(dice.throw(4)).copied().unwrap_or(0)
}
