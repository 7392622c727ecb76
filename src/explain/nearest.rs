//! The nearest way in: the smallest set of leaves whose truth would have to change for a condition to be true, with a value for
//! each thing that they stand on. Every proposal is asked of the interpreter before it is made.

use std::collections::BTreeMap;

use crate::{
    eval::Context,
    explain::{
        person::{Person, Seen, Slot, Supposed},
        proposal::{self, Step},
        table::{self, Table, value_of},
        trial::{Goal, Trial},
        turns::{Can, Turn},
    },
    value::{Truth, Value},
};

/// Combinations of values that are tried for one set of leaves.
const COMBINATIONS: usize = 2_000;

/// Combinations that are tried in all, for all sets of leaves. Conditions that hang together in so many ways are not met in practice.
const TRIALS: usize = 4_000;

/// How often a user is asked where conditions stand on several things at once, of which one has to make way for another.
const MAKING_WAY: usize = 20_000;

/// Values of something that makes way.
const FEW: usize = 8;

/// What a search came to.
#[derive(Clone, Debug)]
pub(super) enum Way<'a> {
    /// What would have to change, and how.
    Found(Vec<Step<'a>>, Supposed),
    /// Nothing would do.
    None,
    /// Nothing was found in reasonable time.
    TooMany,
}

/// What would have to change for a goal to be reached that is not.
pub(super) fn nearest<'a>(person: &Person<'a>, context: &Context, goal: &Goal<'a>) -> Way<'a> {
    let trial = Trial::new(person, context, goal);
    let now = trial.see(&Supposed::new());
    let search = Search { trial: &trial, now: &now };
    let (mut found, mut ended) = search.sets(&Supposed::new());
    if found.is_none() && !ended {
        trial.allow(MAKING_WAY);
        found = search.alone().or_else(|| search.making_way(&Supposed::new(), 2));
        ended = found.is_none() && trial.is_over();
    }
    trial.allow(usize::MAX);
    match found {
        Some(found) => {
            let found = proposal::smallest(&trial, &now, found);
            Way::Found(proposal::steps(&trial, &now, &found), found)
        }
        None if ended => Way::TooMany,
        None => Way::None,
    }
}

struct Search<'s, 't, 'a> {
    trial: &'s Trial<'t, 'a>,
    /// The user as they are.
    now: &'s Seen,
}

/// What a search for sets of leaves knows.
struct Known {
    /// On what each leaf stands.
    slots: Vec<Vec<Slot>>,
    tables: BTreeMap<Slot, Table>,
    /// Leaves that turn only where several things change.
    together: Vec<(Turn, Supposed)>,
}

impl Known {
    fn slots_of(&self, leaf: usize) -> &[Slot] {
        self.slots.get(leaf).map_or(&[], Vec::as_slice)
    }

    /// The leaves that stand on something.
    fn touching(&self, slot: Slot) -> Vec<usize> {
        (0..self.slots.len()).filter(|leaf| self.slots_of(*leaf).contains(&slot)).collect()
    }
}

impl Search<'_, '_, '_> {
    /// The smallest set of leaves that can turn, beside what is supposed; and whether the search ended before all were tried.
    fn sets(&self, base: &Supposed) -> (Option<Supposed>, bool) {
        let trial = self.trial;
        let formula = &trial.goal.formula;
        let seen = trial.see(base);
        if !base.is_empty() && trial.reached(base).is_some() {
            return (Some(base.clone()), false);
        }
        let truths = trial.all_truths(&seen);
        let mut known = Known {
            slots: table::slots(trial.person, formula.leaves(), base),
            tables: BTreeMap::new(),
            together: vec![],
        };
        for slot in known.slots.concat() {
            if !known.tables.contains_key(&slot) && !trial.is_over() {
                let table = trial.table(slot, known.touching(slot), self.now, base);
                known.tables.insert(slot, table);
            }
        }
        let mut can = vec![];
        for leaf in 0..formula.leaves().len() {
            let truth = truths.get(leaf).copied().unwrap_or(Truth::Unknown);
            let mut reaches = |to: Truth| {
                let reached = known.tables.values().any(|table| table.reaches(leaf, to));
                reached || {
                    let found = self.together(leaf, to, known.slots_of(leaf), base);
                    let reached = found.is_some();
                    known.together.extend(found.map(|supposed| (Turn { leaf, to }, supposed)));
                    reached
                }
            };
            can.push(Can {
                be_true: !truth.is_true() && reaches(Truth::True),
                be_false: truth != Truth::False && reaches(Truth::False),
            });
        }
        let mut left = TRIALS;
        let (found, ended) =
            formula.turn(&truths, &can, &mut |turns| self.realise(turns, &known, base, &mut left).transpose());
        match found {
            Some(Ok(found)) => (Some(found), false),
            Some(Err(TooMany)) => (None, true),
            None => (None, ended),
        }
    }

    /// One thing alone, also where nothing need turn from true to false or back: what is missing makes a condition unknown.
    fn alone(&self) -> Option<Supposed> {
        let known = self.stands_on(&Supposed::new());
        let mut slots = known.slots.concat();
        slots.dedup();
        slots.into_iter().find_map(|slot| self.with_one(&known, slot, &Supposed::new()))
    }

    fn stands_on(&self, base: &Supposed) -> Known {
        let slots = table::slots(self.trial.person, self.trial.goal.formula.leaves(), base);
        Known { slots, tables: BTreeMap::new(), together: vec![] }
    }

    fn with_one(&self, known: &Known, slot: Slot, base: &Supposed) -> Option<Supposed> {
        let table = self.trial.table(slot, known.touching(slot), self.now, base);
        let with = |(value, _): &(Value, Vec<Truth>)| {
            let mut supposed = base.clone();
            supposed.insert(slot, value.clone());
            supposed
        };
        table.values.iter().map(with).find(|supposed| self.trial.reached(supposed).is_some())
    }

    /// Where a condition stands on several things, what makes way for another is supposed first: of `a > b and b > 5` with `a`
    /// at 3 nothing need turn but `b > 5`, and `a` has to make way.
    fn making_way(&self, base: &Supposed, deeper: usize) -> Option<Supposed> {
        let known = self.stands_on(base);
        let mut shared: Vec<Slot> = vec![];
        for slots in known.slots.iter().filter(|slots| slots.len() > 1 || !base.is_empty()) {
            shared.extend(slots.iter().filter(|slot| !shared.contains(slot)).copied().collect::<Vec<_>>());
        }
        let mut ways = vec![];
        for slot in shared {
            let table = self.trial.table(slot, known.touching(slot), self.now, base);
            for value in table.known().take(FEW) {
                if self.trial.is_over() {
                    return None;
                }
                let mut supposed = base.clone();
                supposed.insert(slot, value.clone());
                if let (Some(found), _) = self.sets(&supposed) {
                    return Some(found);
                }
                ways.push(supposed);
            }
        }
        let deeper = deeper.checked_sub(1).filter(|deeper| *deeper > 0)?;
        ways.into_iter()
            .find_map(|supposed| if self.trial.is_over() { None } else { self.making_way(&supposed, deeper) })
    }

    /// Values of several things at once that turn a leaf: where some are missing, no other alone would.
    fn together(&self, leaf: usize, to: Truth, slots: &[Slot], base: &Supposed) -> Option<Supposed> {
        if slots.len() < 2 || slots.len() > 6 {
            return None;
        }
        let trial = self.trial;
        let reaches = |supposed: &Supposed| trial.truths(&trial.see(supposed), &[leaf]) == [to];
        let missing: Vec<Slot> =
            slots.iter().copied().filter(|slot| value_of(self.now, *slot) == Value::Missing).collect();
        let tables: Vec<(Slot, Table)> =
            slots.iter().map(|slot| (*slot, trial.table(*slot, vec![leaf], self.now, base))).collect();
        let with = |supposed: &Supposed, slot: Slot, value: Option<&Value>| {
            let mut supposed = supposed.clone();
            supposed.extend(value.map(|value| (slot, value.clone())));
            supposed
        };
        // What is missing is supposed to be something; or, where nothing is, one of them to be something else.
        let mut starts: Vec<Supposed> = vec![];
        for choice in 0..3 {
            let missing = tables.iter().filter(|(slot, _)| missing.contains(slot));
            let start = missing.fold(base.clone(), |supposed, (slot, table)| {
                with(&supposed, *slot, table.known().nth(choice).or(table.known().next()))
            });
            starts.push(start);
        }
        for (slot, table) in &tables {
            starts.extend(table.known().take(FEW).map(|value| with(base, *slot, Some(value))));
        }
        starts.dedup();
        for start in starts.into_iter().filter(|start| *start != *base) {
            if trial.is_over() {
                return None;
            }
            let mut ways = vec![start.clone()];
            for slot in slots {
                let table = trial.table(*slot, vec![leaf], self.now, &start);
                ways.extend(table.with(&[Turn { leaf, to }]).iter().take(2).map(|it| with(&start, *slot, Some(it))));
            }
            let Some(mut found) = ways.into_iter().find(|supposed| reaches(supposed)) else { continue };
            found.retain(|slot, _| !base.contains_key(slot));
            for slot in found.keys().copied().collect::<Vec<_>>() {
                let mut fewer = found.clone();
                fewer.remove(&slot);
                let all: Supposed = base.iter().chain(&fewer).map(|(slot, value)| (*slot, value.clone())).collect();
                if !fewer.is_empty() && reaches(&all) {
                    found = fewer;
                }
            }
            return Some(found);
        }
        None
    }

    /// Values with which these leaves turn and the goal is reached.
    fn realise(
        &self,
        turns: &[Turn],
        known: &Known,
        base: &Supposed,
        left: &mut usize,
    ) -> Result<Option<Supposed>, TooMany> {
        let holds = |supposed: &Supposed| {
            let truths = self.trial.reached(supposed);
            truths.is_some_and(|truths| turns.iter().all(|turn| truths.get(turn.leaf) == Some(&turn.to)))
        };
        // Which slot turns which leaf.
        let choices: Vec<Vec<Option<Slot>>> = turns
            .iter()
            .map(|turn| {
                let slots = known.slots_of(turn.leaf).iter().copied();
                let reaches = |slot: &Slot| known.tables.get(slot).is_some_and(|it| it.reaches(turn.leaf, turn.to));
                let mut choices: Vec<Option<Slot>> = slots.filter(reaches).map(Some).collect();
                if choices.is_empty() {
                    choices.push(None);
                }
                choices
            })
            .collect();
        let mut of_this_set = COMBINATIONS;
        for choice in Odometer::over(choices.iter().map(Vec::len).collect()) {
            let chosen = choices.iter().zip(&choice).map(|(choices, at)| choices.get(*at).copied().flatten());
            let mut fixed = base.clone();
            let mut open: BTreeMap<Slot, Vec<Turn>> = BTreeMap::new();
            for (turn, slot) in turns.iter().zip(chosen) {
                match slot {
                    Some(slot) => open.entry(slot).or_default().push(*turn),
                    None => {
                        let together = known.together.iter().find(|(it, _)| it == turn);
                        fixed.extend(together.into_iter().flat_map(|(_, supposed)| supposed.clone()));
                    }
                }
            }
            let values: Vec<(Slot, Vec<Value>)> = open
                .iter()
                .map(|(slot, turns)| (*slot, known.tables.get(slot).map_or(vec![], |table| table.with(turns))))
                .collect();
            for places in Odometer::over(values.iter().map(|(_, values)| values.len()).collect()) {
                if *left == 0 || self.trial.is_over() {
                    return Err(TooMany);
                }
                *left -= 1;
                if of_this_set == 0 {
                    return Ok(None);
                }
                of_this_set -= 1;
                let mut supposed = fixed.clone();
                for ((slot, values), at) in values.iter().zip(&places) {
                    supposed.extend(values.get(*at).map(|value| (*slot, value.clone())));
                }
                if holds(&supposed) {
                    return Ok(Some(supposed));
                }
            }
        }
        Ok(None)
    }
}

/// Nothing was found in reasonable time.
struct TooMany;

/// All combinations of so many choices, the last changing first.
struct Odometer {
    sizes: Vec<usize>,
    next: Option<Vec<usize>>,
}

impl Odometer {
    fn over(sizes: Vec<usize>) -> Odometer {
        let next = sizes.iter().all(|size| *size > 0).then(|| vec![0; sizes.len()]);
        Odometer { sizes, next }
    }
}

impl Iterator for Odometer {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let found = self.next.clone()?;
        let mut next = found.clone();
        let turned = next.iter_mut().zip(&self.sizes).rev().any(|(digit, size)| {
            *digit = (*digit + 1) % size;
            *digit != 0
        });
        self.next = turned.then_some(next);
        Some(found)
    }
}
