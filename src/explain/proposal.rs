//! A way in that was found, made as small as it goes, and told leaf by leaf.

use crate::{
    explain::{
        person::{Seen, Slot, Supposed},
        table::{self, type_of, value_of},
        trial::Trial,
        values::{Line, far, middle, origin},
    },
    ir::Expr,
    value::{Clock, Truth, Type, Value},
};

/// A leaf that would have to change, and what it stands on.
#[derive(Clone, Debug)]
pub(super) struct Step<'a> {
    pub(super) leaf: &'a Expr,
    pub(super) slot: Slot,
    pub(super) is: Value,
    pub(super) to: Value,
}

/// Rounds in which what changes is brought nearer, as long as one thing makes room for another: where two meet in one condition
/// (`a + b between 0..3`), less of the one may do with what the other has come to.
const ROUNDS: usize = 64;

/// The same with nothing superfluous, each change the smallest that will do beside the others.
pub(super) fn smallest(trial: &Trial<'_, '_>, now: &Seen, found: Supposed) -> Supposed {
    let slots = table::slots(trial.person, trial.goal.formula.leaves(), &Supposed::new());
    let touching = |slot: Slot| -> Vec<usize> {
        slots.iter().enumerate().filter(|(_, slots)| slots.contains(&slot)).map(|(leaf, _)| leaf).collect()
    };
    let before = trial.all_truths(now);
    let leaves = |supposed: &Supposed| trial.reached(supposed).map(|truths| needed(trial, &before, &truths).len());
    let mut in_order = slots.concat();
    in_order.sort_by_key(|slot| !matches!(slot, Slot::Column(_)));
    // Leaves out a change that is not needed: one without which the fewest leaves turn; of equals what stands last in the rule, and rows
    // before columns, which can be changed as they are told.
    let without_one = |found: &Supposed| {
        let without = |slot: &Slot| {
            let mut fewer = found.clone();
            fewer.remove(slot).filter(|_| !fewer.is_empty())?;
            leaves(&fewer).map(|size| (fewer, size))
        };
        in_order.iter().rev().filter_map(without).min_by_key(|(_, size)| *size)
    };
    let mut found = found;
    let Some(mut size) = leaves(&found) else { return found };
    for _ in 0..ROUNDS {
        while let Some(fewer) = without_one(&found) {
            (found, size) = fewer;
        }
        let mut nearer = false;
        for slot in found.keys().copied().collect::<Vec<_>>() {
            let mut others = found.clone();
            let Some(so_far) = others.remove(&slot) else { continue };
            let ty = type_of(trial.person.rulebook, slot);
            let is = value_of(now, slot);
            let so_far = far(ty, &is, &so_far, &trial.context.clock);
            let table = trial.table(slot, touching(slot), now, &others);
            for (value, _) in &table.values {
                if let (Some(so_far), Some(this)) = (so_far, far(ty, &is, value, &trial.context.clock))
                    && this >= so_far
                {
                    break;
                }
                if found.get(&slot) == Some(value) {
                    break;
                }
                let mut supposed = others.clone();
                supposed.insert(slot, value.clone());
                if let Some(this) = leaves(&supposed).filter(|this| *this <= size) {
                    (found, size, nearer) = (supposed, this, true);
                    break;
                }
            }
            let does = |value: &Value| {
                let mut supposed = others.clone();
                supposed.insert(slot, value.clone());
                leaves(&supposed).is_some_and(|this| this <= size)
            };
            let to = found.get(&slot).and_then(|so_far| a_step_nearer(ty, &is, so_far, &trial.context.clock, &does));
            if let Some(to) = to {
                found.insert(slot, to);
                nearer = true;
            }
        }
        if !nearer {
            break;
        }
    }
    found
}

/// Where a step less would do, the last value on the way to what is that does: where conditions turn far more often than is looked for
/// (a weekday, over two thousand years), the place where another one turns may have been passed over.
fn a_step_nearer(ty: &Type, is: &Value, so_far: &Value, clock: &Clock, does: &dyn Fn(&Value) -> bool) -> Option<Value> {
    if !matches!(ty, Type::Int | Type::Decimal(_) | Type::Float | Type::Date | Type::Timestamp | Type::Duration) {
        return None;
    }
    let line = Line { ty };
    let does = |key: i128| line.value(key).is_some_and(|value| does(&value));
    let start = line.key(so_far)?;
    let mut beyond = line.key(is).unwrap_or_else(|| origin(ty, clock));
    // Decimals of 38 digits may be further apart than such a number goes.
    let step = beyond.cmp(&start) as i128;
    if beyond.abs_diff(start) < 2 || !does(start + step) {
        return None;
    }
    let mut last = start + step;
    while beyond.abs_diff(last) > 1 {
        let middle = middle(last, beyond);
        if does(middle) { last = middle } else { beyond = middle }
    }
    line.value(last)
}

/// The leaves that would have to be otherwise: of those that are, without what would do as it was.
fn needed(trial: &Trial<'_, '_>, before: &[Truth], then: &[Truth]) -> Vec<usize> {
    let changed = before.iter().zip(then).enumerate().filter(|(_, (before, then))| before != then);
    let mut needed: Vec<usize> = changed.map(|(leaf, _)| leaf).collect();
    let mut truths = then.to_vec();
    for leaf in needed.clone().into_iter().rev() {
        let mut fewer = truths.clone();
        if let (Some(slot), Some(before)) = (fewer.get_mut(leaf), before.get(leaf)) {
            *slot = *before;
        }
        if trial.goal.formula.truth(&fewer).is_true() {
            truths = fewer;
            needed.retain(|other| *other != leaf);
        }
    }
    needed
}

/// Each leaf that would have to change with what changes it, in rule order; then what makes way for another.
pub(super) fn steps<'a>(trial: &Trial<'_, 'a>, now: &Seen, found: &Supposed) -> Vec<Step<'a>> {
    let formula = &trial.goal.formula;
    let slots = table::slots(trial.person, formula.leaves(), &Supposed::new());
    let before = trial.all_truths(now);
    let then = trial.all_truths(&trial.see(found));
    let mut steps: Vec<Step<'a>> = vec![];
    let mut tell = |leaf: usize, slot: Slot| {
        if let (Some(leaf), Some(to)) = (formula.leaves().get(leaf).copied(), found.get(&slot)) {
            steps.push(Step { leaf, slot, is: value_of(now, slot), to: to.clone() });
        }
    };
    // Without this change alone, the leaf would be otherwise.
    let hangs_on = |leaf: usize, slot: Slot| {
        let mut fewer = found.clone();
        fewer.remove(&slot);
        trial.truths(&trial.see(&fewer), &[leaf]).first() != then.get(leaf)
    };
    let mut told: Vec<Slot> = vec![];
    for leaf in needed(trial, &before, &then) {
        let own = slots.get(leaf).map_or(&[][..], Vec::as_slice);
        let changed: Vec<Slot> = own.iter().copied().filter(|slot| found.contains_key(slot)).collect();
        let mut deciding: Vec<Slot> = changed.iter().copied().filter(|slot| hangs_on(leaf, *slot)).collect();
        if deciding.is_empty() {
            deciding.extend(changed.first());
        }
        for slot in deciding {
            tell(leaf, slot);
            told.push(slot);
        }
    }
    for slot in found.keys().filter(|slot| !told.contains(slot)) {
        let touching = || (0..slots.len()).filter(|leaf| slots.get(*leaf).is_some_and(|slots| slots.contains(slot)));
        let leaf = touching().find(|leaf| hangs_on(*leaf, *slot)).or_else(|| touching().next());
        leaf.into_iter().for_each(|leaf| tell(leaf, *slot));
    }
    steps
}
