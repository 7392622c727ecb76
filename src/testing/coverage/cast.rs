//! The people of made-up diaries: some who are inside of a segment and some who are not, of whom something becomes, and what is
//! otherwise about them from one instant to the next.

use std::collections::BTreeMap;

use super::{
    acted::{Page, Plot},
    guess::Written,
    made::{Dice, Made, Piece, Slot},
    plot::{MINUTE, Plots},
};
use crate::{
    schema::{Role, TableId},
    testing::fate::moment_words,
    value::{Clock, Duration, MomentType, Type, Value, time::Direction},
};

/// Users that are made up to find some who are inside, and some who are not.
const PEOPLE: usize = 600;

/// Of these so many are asked whether something is done about them.
const HEARD: usize = 60;

impl Plots<'_> {
    /// Makes up users until some are inside, and some are not: where rules ask for how long something is held, after that long.
    pub(super) fn meet(&mut self, dice: &mut Dice) {
        let now = self.context.clock.now();
        let mut most = 1;
        let mut kept: Vec<Vec<Made>> = vec![];
        for _ in 0..PEOPLE {
            let mut made = self.setup.made(&kept, dice);
            self.setup.chain(&self.stage.ir, self.context, &mut made, dice);
            let inside = match self.roots.segments.is_empty() {
                true => 0,
                false => self.inside_of(now, &made),
            };
            if inside == 0 && !self.roots.segments.is_empty() {
                self.outside.push(made);
                continue;
            }
            if inside > most {
                most = inside;
                self.inside.clear();
            }
            if inside == most || self.roots.segments.is_empty() {
                kept = vec![made.clone()];
                self.inside.push(made);
            }
        }
    }

    /// In how many segments a user is at an instant, all of it being so for as long as rules ask.
    fn inside_of(&self, at: i64, made: &[Made]) -> usize {
        let plot = Plot { pages: self.since_long(at, made), first: 0, listed: false };
        let told = self.played(&self.stage, &plot).unwrap_or_default();
        told.iter().map(|page| page.iter().map(|it| it.inside).sum()).max().unwrap_or(0)
    }

    /// Somebody at an instant; before it, where rules ask for how long something is held, the same user that long ago.
    pub(super) fn since_long(&self, at: i64, made: &[Made]) -> Vec<Page> {
        let earlier = self.lead.and_then(|lead| self.earlier(at, lead));
        earlier.into_iter().chain([at]).map(|at| Page { at, made: made.to_vec() }).collect()
    }

    /// Looks for users, and for rows, about whom something is done.
    pub(super) fn hear(&mut self, dice: &mut Dice) {
        let now = self.context.clock.now();
        let done = |plot: &Plot| {
            let told = self.played(&self.stage, plot).unwrap_or_default();
            told.iter().flatten().any(|it| !it.done.is_empty())
        };
        let plot = |pages: Vec<Page>| Plot { pages, first: 0, listed: false };
        let mut heard = vec![];
        for made in self.inside.iter().take(HEARD) {
            if done(&plot(self.since_long(now, made))) {
                heard.push(made.clone());
            }
        }
        let mut rows = vec![];
        for table in self.roots.triggering(&self.stage.ir) {
            for _ in 0..HEARD {
                let Some(made) = dice.pick(&self.inside).cloned() else { break };
                let mut then = made.clone();
                if dice.throw(2) == 0 {
                    then.iter_mut().for_each(|made| drop(made.insert(Slot::Rows(table), Piece::Rows(vec![]))));
                }
                let mut pages = self.since_long(now, &then);
                let at = now.saturating_add(60 * MINUTE);
                self.append(&mut then, table, at, dice);
                let row = then.iter().find_map(|made| match made.get(&Slot::Rows(table)) {
                    Some(Piece::Rows(rows)) => rows.last().cloned(),
                    Some(Piece::One(_)) | None => None,
                });
                pages.push(Page { at, made: then });
                if done(&plot(pages)) {
                    rows.extend(row.map(|row| (table, row)));
                }
            }
        }
        (self.heard, self.rows) = (heard, rows);
    }

    /// Somebody who is inside, or not.
    pub(super) fn somebody(&self, inside: bool, at: i64, dice: &mut Dice) -> Vec<Made> {
        let inside_now = if self.heard.is_empty() || dice.throw(4) == 0 { &self.inside } else { &self.heard };
        let (own, other) = if inside { (inside_now, &self.outside) } else { (&self.outside, &self.inside) };
        let mut made = dice.pick(own).or_else(|| dice.pick(other)).cloned().unwrap_or_else(|| vec![Made::new()]);
        made.iter_mut().for_each(|made| self.fix(made, at));
        made
    }

    /// The same people, but for what decides whether they are inside.
    pub(super) fn turned(&self, mut last: Vec<Made>, inside: bool, at: i64, dice: &mut Dice) -> Vec<Made> {
        for (made, other) in last.iter_mut().zip(self.somebody(inside, at, dice)) {
            made.extend(other.into_iter().filter(|(slot, _)| self.decides.contains(slot)));
        }
        last
    }

    /// Another value in one place.
    pub(super) fn change(&self, made: &mut [Made], at: i64, dice: &mut Dice) {
        let slots: Vec<Slot> = self.setup.values.keys().copied().collect();
        let user = dice.throw(made.len());
        let Some(slot) = dice.pick(&slots).copied() else { return };
        let piece = self.setup.piece(slot, dice);
        if let (Some(user), Some(piece)) = (made.get_mut(user), piece) {
            let mut only = Made::from([(slot, piece)]);
            self.fix(&mut only, at);
            user.extend(only);
        }
    }

    /// A row more, which happens now; those before keep their moments.
    pub(super) fn append(&self, made: &mut [Made], table: TableId, at: i64, dice: &mut Dice) {
        let user = dice.throw(made.len());
        let Some(user) = made.get_mut(user) else { return };
        let mut rows = match user.get(&Slot::Rows(table)) {
            Some(Piece::Rows(rows)) => rows.clone(),
            Some(Piece::One(_)) | None => vec![],
        };
        let zone = self.context.clock.zone();
        for written in rows.iter_mut().flat_map(BTreeMap::values_mut) {
            if let Value::Timestamp(instant) = written.value {
                written.text = moment_words(instant, zone);
            }
        }
        let known: Vec<_> = self.rows.iter().filter(|(of, _)| *of == table).map(|(_, row)| row).collect();
        let known = dice.pick(&known).copied().cloned().filter(|_| dice.throw(4) > 0);
        let mut row = known.unwrap_or_else(|| self.setup.row(table, dice));
        if let Role::Children { at: Some(when), .. } = self.stage.ir.schema.table(table).role
            && self.stage.ir.schema.table(table).column(when).ty == Type::Timestamp
        {
            row.insert(when, Written { text: "0d ago".into(), value: Value::Timestamp(at) });
        }
        let mut new = Made::from([(Slot::Rows(table), Piece::Rows(vec![row]))]);
        self.fix(&mut new, at);
        if let Some(Piece::Rows(new)) = new.remove(&Slot::Rows(table)) {
            rows.extend(new);
        }
        user.insert(Slot::Rows(table), Piece::Rows(rows));
    }

    /// Fixes what is told from the clock, `40d ago`, at an instant.
    fn fix(&self, made: &mut Made, at: i64) {
        let Some(clock) = Clock::at(at, self.context.clock.zone().clone()) else { return };
        for piece in made.values_mut() {
            match piece {
                Piece::One(written) => fix(written, &clock),
                Piece::Rows(rows) => rows.iter_mut().flat_map(BTreeMap::values_mut).for_each(|it| fix(it, &clock)),
            }
        }
    }
}

fn fix(written: &mut Written, clock: &Clock) {
    let (text, direction) = match (written.text.strip_suffix(" ago"), written.text.strip_suffix(" from now")) {
        (Some(text), _) => (text, Direction::Back),
        (None, Some(text)) => (text, Direction::Forth),
        (None, None) => return,
    };
    let kind = match written.value {
        Value::Date(_) => MomentType::Date,
        Value::Timestamp(_) => MomentType::Timestamp,
        _ => return,
    };
    let moment = Duration::parse(text).ok().and_then(|length| clock.shifted(length, direction, kind));
    if let Some(moment) = moment {
        written.value = moment.into();
    }
}
