//! How the results of some users are spread, and what was missing where one is unknown: from words, not user by user.

use std::{collections::BTreeMap, sync::PoisonError};

use crate::{
    column::Data,
    eval::{
        kernel::{At, Found, Frame, Kernel, bits},
        unknown::{self, Cause},
    },
    ir::{Body, DefinitionId},
    value::Value,
};

/// How one result is spread over some users.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// Of a tag: who has it. Of a score, level, layer or funnel: who has a value.
    pub known: u64,
    /// For whom it is unknown.
    pub unknown: u64,
    /// Of a level, layer or funnel: users by rank.
    pub by_rank: BTreeMap<u32, u64>,
    /// What was missing where it was unknown.
    pub causes: BTreeMap<Cause, u64>,
}

/// Counts over some of the users that a kernel evaluated, by the places that its program gives them.
#[derive(Debug, Default)]
pub(super) struct Counts {
    users: u64,
    yes: Vec<u64>,
    unknown: Vec<u64>,
    lacks: Vec<u64>,
    /// Of what is not counted by words.
    others: BTreeMap<DefinitionId, Spread>,
}

impl Counts {
    pub(super) fn new(conditions: usize, lacks: usize) -> Counts {
        let none = |len: usize| vec![0; len];
        let others = BTreeMap::new();
        Counts { users: 0, yes: none(conditions), unknown: none(conditions), lacks: none(lacks), others }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, at: usize, users: u64) {
        if let Some(count) = self.yes.get_mut(at) {
            *count += users;
        }
    }

    /// Of conditions that stand one behind the other.
    #[inline(always)]
    pub(super) fn of(&mut self, first: usize, conditions: usize) -> &mut [u64] {
        self.yes.get_mut(first..first + conditions).unwrap_or_default()
    }

    #[inline(always)]
    pub(super) fn add_unknown(&mut self, at: usize, users: u64) {
        if let Some(count) = self.unknown.get_mut(at) {
            *count += users;
        }
    }

    #[inline(always)]
    pub(super) fn add_lack(&mut self, at: usize, users: u64) {
        if let Some(count) = self.lacks.get_mut(at) {
            *count += users;
        }
    }

    /// Both together.
    fn join(&mut self, other: Counts) {
        let add = |ours: &mut Vec<u64>, theirs: Vec<u64>| {
            ours.resize(ours.len().max(theirs.len()), 0);
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
        };
        self.users += other.users;
        add(&mut self.yes, other.yes);
        add(&mut self.unknown, other.unknown);
        add(&mut self.lacks, other.lacks);
        for (id, theirs) in other.others {
            let ours = self.others.entry(id).or_default();
            ours.known += theirs.known;
            ours.unknown += theirs.unknown;
            theirs.by_rank.into_iter().for_each(|(rank, users)| *ours.by_rank.entry(rank).or_default() += users);
            theirs.causes.into_iter().for_each(|(cause, users)| *ours.causes.entry(cause).or_default() += users);
        }
    }
}

impl Kernel<'_> {
    /// How many users were evaluated, and how each result is spread over them, of those that are asked for; nothing of a `let`.
    pub fn spreads(mut self) -> (u64, BTreeMap<DefinitionId, Spread>) {
        let mut counts = Counts::default();
        for scratch in self.scratch.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            counts.join(scratch.counts);
        }
        if counts.users == 0 {
            return (0, BTreeMap::new());
        }
        let mut others = std::mem::take(&mut counts.others);
        let first_lacks = self.first_lacks();
        let of = |counts: &[u64], at: usize| counts.get(at).copied().unwrap_or(0);
        // In their order from the beginning: what is found of one is larger than its place.
        let mut counted: Vec<(DefinitionId, usize)> =
            self.program.counted.iter().map(|(id, at, _)| (*id, *at)).collect();
        counted.sort_unstable();
        let counted = counted.into_iter().map(|(id, at)| {
            let mut spread = others.remove(&id).unwrap_or_default();
            spread.known = of(&counts.yes, at);
            spread.unknown = of(&counts.unknown, at);
            let mut causes = self.lacking(at, first_lacks.get(at).copied().unwrap_or(usize::MAX), &counts);
            causes.retain(|_, users| *users > 0);
            if spread.causes.is_empty() {
                spread.causes = causes;
            } else {
                causes.into_iter().for_each(|(cause, users)| *spread.causes.entry(cause).or_default() += users);
            }
            (id, spread)
        });
        // Put together at once, since each that is put between others moves them.
        let mut spreads: BTreeMap<DefinitionId, Spread> = counted.collect();
        spreads.append(&mut others);
        if spreads.len() < self.asked.len() {
            for id in &self.asked {
                if !matches!(self.interpreter.rulebook().definition(*id).body, Body::Let(_)) {
                    spreads.entry(*id).or_default();
                }
            }
        }
        (counts.users, spreads)
    }

    /// Of each condition where its lacks begin: they stand in the order of what they are counted of.
    fn first_lacks(&self) -> Vec<usize> {
        let all = &self.program.lacks;
        let mut first = vec![all.len(); self.program.counts];
        for (at, (counted, ..)) in all.iter().enumerate().rev() {
            if let Some(first) = first.get_mut(*counted) {
                *first = at;
            }
        }
        first
    }

    /// How many lack what, of those of whom a condition is unknown, whose lacks begin there.
    fn lacking(&self, counted: usize, first: usize, counts: &Counts) -> BTreeMap<Cause, u64> {
        let all = &self.program.lacks;
        let lacks = all.iter().zip(&counts.lacks).skip(first).take_while(|((of, ..), _)| *of == counted);
        let mut causes = BTreeMap::new();
        for ((_, cause, less), users) in lacks.filter(|(_, users)| **users > 0) {
            // What is taken off stands behind what it is taken off from, and is no more.
            let lacking: &mut u64 = causes.entry(*cause).or_default();
            *lacking = if *less { lacking.saturating_sub(*users) } else { *users };
        }
        causes
    }

    /// Counts what is not counted block by block.
    pub(super) fn count(&self, found: &Found, frame: &dyn Frame, counts: &mut Counts) {
        let rulebook = self.interpreter.rulebook();
        counts.users += found.rows as u64;
        for (id, _, asked) in &self.program.counted {
            let Some(rows) = asked.and_then(|set| found.kept.get(set, found.rows)) else { continue };
            if let Body::Tag(condition) | Body::Segment(condition) = &rulebook.definition(*id).body {
                let spread = counts.others.entry(*id).or_default();
                self.ask_why(found, frame, rows.yes, &[condition], spread);
            }
        }
        for id in &self.others {
            let mut spread = Spread::default();
            match &rulebook.definition(*id).body {
                Body::Score(_) => {
                    let known = found.values.get(id).map_or(0, |column| bits::count(column.known()));
                    spread.known = known;
                    spread.unknown = found.rows as u64 - known;
                }
                body @ (Body::Level(_) | Body::Layer(_) | Body::Funnel(..)) => {
                    self.count_ranks(found, frame, *id, &mut spread);
                    if let (Some(past), Body::Level(ladder) | Body::Layer(ladder)) = (found.unknown_above.get(id), body)
                    {
                        spread.unknown = bits::count(past);
                        if spread.unknown > 0 {
                            self.why_past(found, frame, *id, past, &unknown::asked_by(ladder), &mut spread);
                        }
                    }
                }
                Body::Let(_) | Body::Tag(_) | Body::Segment(_) => continue,
            }
            let ours = counts.others.entry(*id).or_default();
            ours.known += spread.known;
            ours.unknown += spread.unknown;
            spread.by_rank.into_iter().for_each(|(rank, users)| *ours.by_rank.entry(rank).or_default() += users);
            spread.causes.into_iter().for_each(|(cause, users)| *ours.causes.entry(cause).or_default() += users);
        }
    }

    fn count_ranks(&self, found: &Found, frame: &dyn Frame, id: DefinitionId, spread: &mut Spread) {
        if let Some(column) = found.values.get(&id)
            && let Data::Choice(ranks) = column.data()
        {
            let mut users: Vec<u64> = vec![];
            for rank in bits::rows(column.known()).filter_map(|row| ranks.get(row)).map(|rank| *rank as usize) {
                if rank >= users.len() {
                    users.resize(rank + 1, 0);
                }
                users.iter_mut().skip(rank).take(1).for_each(|users| *users += 1);
            }
            spread.known = users.iter().sum();
            let some = users.into_iter().enumerate().filter(|(_, users)| *users > 0);
            spread.by_rank = some.map(|(rank, users)| (rank as u32, users)).collect();
            return;
        }
        for row in 0..found.rows {
            if let Value::Choice(rank) = self.value(found, frame, id, row) {
                spread.known += 1;
                *spread.by_rank.entry(rank).or_default() += 1;
            }
        }
    }

    /// What was missing for those who came past an unknown arm.
    fn why_past(
        &self,
        found: &Found,
        frame: &dyn Frame,
        id: DefinitionId,
        past: &[u64],
        conditions: &[&crate::ir::Expr],
        spread: &mut Spread,
    ) {
        let Some(lacks) = self.program.ladders.get(&id) else { return };
        let together = |sets: &[usize]| {
            let mut all = vec![0; bits::words(found.rows)];
            for set in sets.iter().filter_map(|set| found.kept.get(*set, found.rows)) {
                all.iter_mut().zip(set.yes).for_each(|(all, set)| *all |= set);
            }
            all
        };
        let asked: Vec<u64> = together(&lacks.asked).iter().zip(past).map(|(asked, past)| asked & past).collect();
        self.ask_why(found, frame, &asked, conditions, spread);
        for (cause, sets) in &lacks.kept {
            let mut rows = together(sets);
            if let Some(less) = lacks.less.get(cause) {
                rows.iter_mut().zip(together(less)).for_each(|(rows, less)| *rows &= !less);
            }
            let told = rows.iter().zip(past).zip(&asked).map(|((rows, past), asked)| rows & past & !asked);
            let users: u64 = told.map(|word| u64::from(word.count_ones())).sum();
            if users > 0 {
                *spread.causes.entry(*cause).or_default() += users;
            }
        }
    }

    /// Asks the plain interpreter, user by user, what is missing.
    fn ask_why(
        &self,
        found: &Found,
        frame: &dyn Frame,
        rows: &[u64],
        conditions: &[&crate::ir::Expr],
        spread: &mut Spread,
    ) {
        for row in bits::rows(rows) {
            let known = At { kernel: self, frame, found, row };
            let row = self.interpreter.row(&known);
            for cause in unknown::causes_of_all(self.interpreter.rulebook(), &row, conditions) {
                *spread.causes.entry(cause).or_default() += 1;
            }
        }
    }
}
