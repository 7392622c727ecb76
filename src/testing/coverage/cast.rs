//! The people of made-up diaries: some who are inside of a segment and some who are not, of whom something becomes, and what is
//! otherwise about them from one instant to the next.

use std::collections::BTreeMap;

use super::{
    acted::{Deed, Page, Plot},
    guess::Written,
    made::{Dice, Made, Piece, Slot},
    plot::{MINUTE, Plots},
};
use crate::{
    ir::TriggerKind,
    schema::{Role, TableId},
    testing::fate::moment_words,
    value::{Clock, Duration, MomentType, Type, Value, Zone, moment_text::date_text, time::Direction},
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
        match self.lead.and_then(|lead| self.earlier(at, lead)) {
            Some(earlier) => {
                let made = self.pinned(made);
                vec![Page { at: earlier, made: made.clone() }, Page { at, made }]
            }
            None => vec![Page { at, made: made.to_vec() }],
        }
    }

    /// The same people, moments written as such: `40d ago` is another moment when it is told on another day.
    pub(super) fn pinned(&self, made: &[Made]) -> Vec<Made> {
        let mut made = made.to_vec();
        let pieces = made.iter_mut().flat_map(BTreeMap::values_mut);
        for piece in pieces {
            match piece {
                Piece::One(written) => pin(written, self.context.clock.zone()),
                Piece::Rows(rows) => {
                    let all = rows.iter_mut().flat_map(BTreeMap::values_mut);
                    all.for_each(|written| pin(written, self.context.clock.zone()));
                }
            }
        }
        made
    }

    /// Looks for users, and for rows, about whom something is done.
    pub(super) fn hear(&mut self, dice: &mut Dice) {
        let now = self.context.clock.now();
        let done = |plot: &Plot| -> Vec<Deed> {
            let told = self.played(&self.stage, plot).unwrap_or_default();
            told.into_iter().flatten().flat_map(|it| it.done).collect()
        };
        let plot = |pages: Vec<Page>| Plot { pages, first: 0, listed: false };
        let mut heard = vec![];
        for made in self.inside.iter().take(HEARD) {
            let deeds = done(&plot(self.since_long(now, made)));
            if !deeds.is_empty() {
                heard.push((made.clone(), deeds));
            }
        }
        // And those about whom something is done as they go out.
        let exits = self.roots.actions(&self.stage.ir).flat_map(|it| &it.triggers);
        let exits = exits.filter(|it| matches!(it.on, TriggerKind::Exit)).count();
        let mut left = vec![];
        for made in self.outside.iter().take(if exits > 0 { 2 * HEARD } else { 0 }) {
            let Some(before) = dice.pick(&self.inside) else { break };
            let mut pages = self.since_long(now, before);
            let inside = done(&plot(pages.clone())).len();
            pages.push(Page { at: now.saturating_add(60 * MINUTE), made: self.but(before.clone(), made) });
            let deeds: Vec<Deed> = done(&plot(pages)).split_off(inside);
            if !deeds.is_empty() {
                left.push((made.clone(), deeds));
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
                if !done(&plot(pages)).is_empty() {
                    rows.extend(row.map(|row| (table, row)));
                }
            }
        }
        (self.heard, self.left, self.rows) = (heard, left, rows);
    }

    /// Somebody who is inside, or not; mostly one about whom something is done then: what is aimed at, where there is such a one.
    pub(super) fn somebody(&self, inside: bool, at: i64, aim: Option<&Deed>, dice: &mut Dice) -> Vec<Made> {
        let (own, other) = if inside { (&self.inside, &self.outside) } else { (&self.outside, &self.inside) };
        let heard = if inside { &self.heard } else { &self.left };
        let aimed: Vec<&Vec<Made>> = {
            let is_aimed = |deeds: &Vec<Deed>| aim.is_some_and(|aim| deeds.contains(aim));
            heard.iter().filter(|(_, deeds)| is_aimed(deeds)).map(|(made, _)| made).collect()
        };
        let made = match dice.throw(4) {
            0 => None,
            1 => dice.pick(heard).map(|(made, _)| made),
            _ => dice.pick(&aimed).copied().or_else(|| dice.pick(heard).map(|(made, _)| made)),
        };
        let made = made.or_else(|| dice.pick(own)).or_else(|| dice.pick(other));
        let mut made = made.cloned().unwrap_or_else(|| vec![Made::new()]);
        made.iter_mut().for_each(|made| self.fix(made, at));
        made
    }

    /// The same people, but for what decides whether they are inside.
    pub(super) fn turned(
        &self,
        last: Vec<Made>,
        inside: bool,
        at: i64,
        aim: Option<&Deed>,
        dice: &mut Dice,
    ) -> Vec<Made> {
        let other = self.somebody(inside, at, aim, dice);
        self.but(last, &other)
    }

    fn but(&self, mut last: Vec<Made>, other: &[Made]) -> Vec<Made> {
        for (made, other) in last.iter_mut().zip(other) {
            let decides = other.iter().filter(|(slot, _)| self.decides.contains(slot));
            made.extend(decides.map(|(slot, piece)| (*slot, piece.clone())));
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
        rows.iter_mut().flat_map(BTreeMap::values_mut).for_each(|written| pin(written, zone));
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

fn pin(written: &mut Written, zone: &Zone) {
    match written.value {
        Value::Timestamp(instant) => written.text = moment_words(instant, zone),
        Value::Date(day) => written.text = date_text(day),
        _ => {}
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
