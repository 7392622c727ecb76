//! The nearest way in: the smallest set of leaves whose truth would have to change for a condition to be true, with a value for
//! each thing that they stand on. Every proposal is asked of the interpreter before it is made.

use std::{cell::Cell, collections::BTreeMap};

use crate::{
    eval::{Context, Interpreter, reference::Row},
    explain::{
        formula::Formula,
        part::{self, Part},
        person::{Person, Seen, Slot, Supposed},
        turns::{Can, Turn},
        values::Room,
    },
    ir::{AggregateFunction, AggregateId, Body, Expr, ExprKind, Function, Rulebook},
    value::{Moment, Truth, Type, Value, time::Direction},
};

/// A leaf that would have to change, and what it stands on.
#[derive(Clone, Debug)]
pub(super) struct Step<'a> {
    pub(super) leaf: &'a Expr,
    pub(super) slot: Slot,
    pub(super) is: Value,
    pub(super) to: Value,
}

/// Combinations of values that are tried for one set of leaves.
const COMBINATIONS: usize = 2_000;

/// Records that are tried in all, for all sets of leaves. Conditions that hang together in so many ways are not met in practice.
const TRIALS: usize = 4_000;

/// What a search came to.
#[derive(Clone, Debug)]
pub(super) enum Way<'a> {
    /// What would have to change.
    Found(Vec<Step<'a>>),
    /// Nothing would do.
    None,
    /// Nothing was found in reasonable time.
    TooMany,
}

/// What would have to change for a formula to be true that is not.
pub(super) fn nearest<'a>(person: &Person<'a>, context: &Context, formula: &Formula<'a>) -> Way<'a> {
    let all: Vec<usize> = (0..formula.leaves().len()).collect();
    let search = Search { person, context, formula, left: Cell::new(TRIALS) };
    let part = Part::of(person.rulebook, formula.leaves().iter().copied());
    let now = search.see(&part, &Supposed::new());
    let truths = search.truths(&now, &all);
    let slots: Vec<Vec<Slot>> = formula.leaves().iter().map(|leaf| part::slots(person.rulebook, leaf)).collect();
    let mut tables: BTreeMap<Slot, Table> = BTreeMap::new();
    for slot in slots.iter().flatten() {
        if !tables.contains_key(slot) {
            let touching: Vec<usize> =
                all.iter().copied().filter(|leaf| slots_at(&slots, *leaf).contains(slot)).collect();
            tables.insert(*slot, search.table(*slot, touching, &now, &Supposed::new()));
        }
    }
    let mut together: Vec<(Turn, Supposed)> = vec![];
    let can: Vec<Can> = all
        .iter()
        .map(|leaf| {
            let mut reaches = |to: Truth| {
                if tables.values().any(|table| table.reaches(*leaf, to)) {
                    return true;
                }
                let found = search.together(*leaf, to, slots_at(&slots, *leaf), &now);
                let reaches = found.is_some();
                together.extend(found.map(|supposed| (Turn { leaf: *leaf, to }, supposed)));
                reaches
            };
            let truth = truths.get(*leaf).copied().unwrap_or(Truth::Unknown);
            Can {
                be_true: !truth.is_true() && reaches(Truth::True),
                be_false: truth != Truth::False && reaches(Truth::False),
            }
        })
        .collect();
    let known = Known { slots: &slots, tables: &tables, together: &together };
    match formula.turn(&truths, &can, &mut |turns| search.realise(turns, &known, &part, &now)) {
        (Some(found), _) if !found.is_empty() => Way::Found(found),
        (Some(_), _) | (None, true) => Way::TooMany,
        (None, false) => Way::None,
    }
}

fn slots_at(slots: &[Vec<Slot>], leaf: usize) -> &[Slot] {
    slots.get(leaf).map_or(&[], Vec::as_slice)
}

/// Values of a slot, the nearest first, and how the leaves that stand on it are with each.
#[derive(Clone, Debug)]
struct Table {
    touching: Vec<usize>,
    values: Vec<(Value, Vec<Truth>)>,
}

impl Table {
    fn truth(&self, leaf: usize, truths: &[Truth]) -> Option<Truth> {
        let at = self.touching.iter().position(|touching| *touching == leaf)?;
        truths.get(at).copied()
    }

    fn reaches(&self, leaf: usize, to: Truth) -> bool {
        self.values.iter().any(|(_, truths)| self.truth(leaf, truths) == Some(to))
    }

    /// Values with which all of these leaves are as wanted.
    fn with(&self, turns: &[Turn]) -> Vec<Value> {
        let fits = |truths: &[Truth]| turns.iter().all(|turn| self.truth(turn.leaf, truths) == Some(turn.to));
        self.values.iter().filter(|(_, truths)| fits(truths)).map(|(value, _)| value.clone()).collect()
    }
}

struct Known<'k> {
    slots: &'k [Vec<Slot>],
    tables: &'k BTreeMap<Slot, Table>,
    /// Leaves that turn only where several things change.
    together: &'k [(Turn, Supposed)],
}

struct Search<'s, 'a> {
    person: &'s Person<'a>,
    context: &'s Context,
    formula: &'s Formula<'a>,
    /// Records that may still be tried.
    left: Cell<usize>,
}

impl<'a> Search<'_, 'a> {
    fn see(&self, part: &Part, supposed: &Supposed) -> Seen {
        self.person.see_part(self.context, part, supposed)
    }

    fn interpreter(&self) -> Interpreter<'_> {
        Interpreter::new(self.person.rulebook, self.context)
    }

    fn truths(&self, seen: &Seen, leaves: &[usize]) -> Vec<Truth> {
        let known = seen.known();
        let interpreter = self.interpreter();
        let row = interpreter.row(&known);
        let leaf = |leaf: &usize| self.formula.leaves().get(*leaf).map_or(Truth::Unknown, |leaf| row.truth(leaf));
        leaves.iter().map(leaf).collect()
    }

    fn leaves(&self, touching: &[usize]) -> Vec<&'a Expr> {
        touching.iter().filter_map(|leaf| self.formula.leaves().get(*leaf).copied()).collect()
    }

    /// Tries values of a slot; the leaves that it decides are asked with each.
    fn table(&self, slot: Slot, touching: Vec<usize>, now: &Seen, supposed: &Supposed) -> Table {
        let leaves = self.leaves(&touching);
        let part = Part::of(self.person.rulebook, leaves.iter().copied());
        let ask = |value: &Value| {
            let mut supposed = supposed.clone();
            supposed.insert(slot, value.clone());
            self.truths(&self.see(&part, &supposed), &touching)
        };
        let standing = |value: &Value| {
            let numbers = ask(value).into_iter().map(|truth| truth as u64);
            numbers.fold(1_u64, |sum, truth| sum.wrapping_mul(1_000_003).wrapping_add(truth))
        };
        let own = value_of(now, slot);
        let own = supposed.get(&slot).unwrap_or(&own);
        let mut beside = vec![];
        let mut periodic = false;
        let known = now.known();
        let interpreter = self.interpreter();
        let row = interpreter.row(&known);
        for leaf in &leaves {
            part::walk(self.person.rulebook, leaf, &mut |_, node| {
                periodic |= comes_round(node);
                if beside.len() < BESIDE {
                    self.beside(&row, node, &mut beside);
                }
            });
        }
        let rulebook = self.person.rulebook;
        let room = Room {
            ty: type_of(rulebook, slot),
            now: own,
            optional: is_optional(rulebook, slot),
            counts: is_count(rulebook, slot),
            beside: &beside,
            periodic,
            clock: &self.context.clock,
        };
        let values = room.candidates(&standing).into_iter().map(|value| {
            let truths = ask(&value);
            (value, truths)
        });
        Table { values: values.collect(), touching: touching.clone() }
    }

    /// The values that stand beside a slot in a condition.
    fn beside(&self, row: &Row<'_, '_>, node: &Expr, found: &mut Vec<Value>) {
        let mut keep = |value: Value| {
            if !matches!(value, Value::Missing | Value::Bool(_)) && !found.contains(&value) {
                found.push(value);
            }
        };
        let clock = row.clock();
        let mut ago = |moment: &Expr, duration: &Expr| {
            let kind = crate::eval::reference::moment_type(&moment.ty);
            if let Value::Duration(duration) = row.value(duration)
                && let Some(moment) = clock.shifted(duration, Direction::Back, kind)
            {
                keep(Moment::into(moment));
            }
            keep(clock.now_as(kind).into());
        };
        match &node.kind {
            ExprKind::Window { subject, window } => {
                let kind = crate::eval::reference::moment_type(&subject.ty);
                let window = row.window(window, kind);
                let ends = window.into_iter().flat_map(|window| [window.low, window.high]).flatten();
                ends.for_each(|end| keep(end.at.into()));
            }
            ExprKind::CompareAge { moment, duration, .. } => ago(moment, duration),
            ExprKind::AgeBetween { moment, low, high, .. } => {
                ago(moment, low);
                ago(moment, high);
            }
            ExprKind::InUploaded { list, .. } => {
                let texts = self.context.lists.get(list.0 as usize);
                keep(texts.and_then(|texts| texts.iter().min()).map_or(Value::Missing, |it| Value::Text(it.clone())));
            }
            ExprKind::Matches { pattern, .. } => {
                keep(pattern.example().map_or(Value::Missing, |it| Value::Text(it.into())));
            }
            ExprKind::ChildColumn(_) => {}
            _ if node.ty == Type::Bool => {}
            _ => keep(row.value(node)),
        }
    }

    /// Values of several things at once that turn a leaf: where some are missing, no other alone would.
    fn together(&self, leaf: usize, to: Truth, slots: &[Slot], now: &Seen) -> Option<Supposed> {
        if slots.len() < 2 || slots.len() > 6 {
            return None;
        }
        let reaches = |supposed: &Supposed| {
            let part = Part::of(self.person.rulebook, self.leaves(&[leaf]));
            self.truths(&self.see(&part, supposed), &[leaf]) == [to]
        };
        let missing: Vec<Slot> = slots.iter().copied().filter(|slot| value_of(now, *slot) == Value::Missing).collect();
        for choice in 0..3 {
            let mut supposed = Supposed::new();
            for slot in &missing {
                let table = self.table(*slot, vec![leaf], now, &Supposed::new());
                let known: Vec<&Value> =
                    table.values.iter().map(|(value, _)| value).filter(|value| **value != Value::Missing).collect();
                supposed.extend(known.get(choice).or(known.first()).map(|value| (*slot, (*value).clone())));
            }
            let mut ways = vec![supposed.clone()];
            for slot in slots {
                let table = self.table(*slot, vec![leaf], now, &supposed);
                for value in table.with(&[Turn { leaf, to }]).into_iter().take(2) {
                    let mut supposed = supposed.clone();
                    supposed.insert(*slot, value);
                    ways.push(supposed);
                }
            }
            let Some(mut found) = ways.into_iter().find(|supposed| !supposed.is_empty() && reaches(supposed)) else {
                continue;
            };
            for slot in found.keys().copied().collect::<Vec<_>>() {
                let mut fewer = found.clone();
                fewer.remove(&slot);
                if !fewer.is_empty() && reaches(&fewer) {
                    found = fewer;
                }
            }
            return Some(found);
        }
        None
    }

    /// Values with which these leaves turn and the condition is true; no steps at all where too many were tried already.
    fn realise(&self, turns: &[Turn], known: &Known<'_>, part: &Part, now: &Seen) -> Option<Vec<Step<'a>>> {
        let all: Vec<usize> = (0..self.formula.leaves().len()).collect();
        let holds = |supposed: &Supposed| {
            let truths = self.truths(&self.see(part, supposed), &all);
            let turned = turns.iter().all(|turn| truths.get(turn.leaf) == Some(&turn.to));
            turned && self.formula.truth(&truths).is_true()
        };
        // Which slot turns which leaf.
        let choices: Vec<Vec<Option<Slot>>> = turns
            .iter()
            .map(|turn| {
                let slots = slots_at(known.slots, turn.leaf).iter().copied();
                let reaches = |slot: &Slot| known.tables.get(slot).is_some_and(|it| it.reaches(turn.leaf, turn.to));
                let mut choices: Vec<Option<Slot>> = slots.filter(reaches).map(Some).collect();
                if choices.is_empty() {
                    choices.push(None);
                }
                choices
            })
            .collect();
        let mut left = COMBINATIONS;
        for choice in Odometer::over(choices.iter().map(Vec::len).collect()) {
            let chosen: Vec<Option<Slot>> =
                choices.iter().zip(&choice).map(|(choices, at)| choices.get(*at).copied().flatten()).collect();
            let mut fixed = Supposed::new();
            let mut open: BTreeMap<Slot, Vec<Turn>> = BTreeMap::new();
            for (turn, slot) in turns.iter().zip(&chosen) {
                match slot {
                    Some(slot) => open.entry(*slot).or_default().push(*turn),
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
                if self.left.get() == 0 {
                    return Some(vec![]);
                }
                self.left.set(self.left.get() - 1);
                if left == 0 {
                    return None;
                }
                left -= 1;
                let mut supposed = fixed.clone();
                for ((slot, values), at) in values.iter().zip(&places) {
                    supposed.extend(values.get(*at).map(|value| (*slot, value.clone())));
                }
                if holds(&supposed) {
                    return Some(self.steps(turns, &chosen, &supposed, known, now));
                }
            }
        }
        None
    }

    fn steps(
        &self,
        turns: &[Turn],
        chosen: &[Option<Slot>],
        supposed: &Supposed,
        known: &Known<'_>,
        now: &Seen,
    ) -> Vec<Step<'a>> {
        let mut steps = vec![];
        for (turn, slot) in turns.iter().zip(chosen) {
            let Some(leaf) = self.formula.leaves().get(turn.leaf).copied() else { continue };
            let slots: Vec<Slot> = match slot {
                Some(slot) => vec![*slot],
                None => {
                    let together = known.together.iter().find(|(it, _)| it == turn);
                    together.into_iter().flat_map(|(_, supposed)| supposed.keys().copied()).collect()
                }
            };
            for slot in slots {
                if let Some(to) = supposed.get(&slot) {
                    steps.push(Step { leaf, slot, is: value_of(now, slot), to: to.clone() });
                }
            }
        }
        steps
    }
}

/// Values beside a slot that are looked at.
const BESIDE: usize = 200;

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

/// What a slot is now.
pub(super) fn value_of(seen: &Seen, slot: Slot) -> Value {
    let at = |values: &[Value], at: u32| values.get(at as usize).cloned().unwrap_or(Value::Missing);
    match slot {
        Slot::Column(id) => at(&seen.record, id.0),
        Slot::Definition(id) => at(&seen.answers.values, id.0),
        Slot::Aggregate(id) => at(&seen.answers.aggregates, id.0),
    }
}

/// The type of a slot.
pub(super) fn type_of(rulebook: &Rulebook, slot: Slot) -> &Type {
    match slot {
        Slot::Column(id) => &rulebook.schema.root().column(id).ty,
        Slot::Definition(id) => &rulebook.definition(id).ty,
        Slot::Aggregate(id) => &rulebook.aggregate(id).ty,
    }
}

/// The question over rows that a slot is the answer of, where it is nothing but that.
fn question(rulebook: &Rulebook, slot: Slot) -> Option<AggregateId> {
    match slot {
        Slot::Column(_) => None,
        Slot::Aggregate(id) => Some(id),
        Slot::Definition(id) => match &rulebook.definition(id).body {
            Body::Let(Expr { kind: ExprKind::Aggregate(id), .. }) => Some(*id),
            _ => None,
        },
    }
}

fn is_count(rulebook: &Rulebook, slot: Slot) -> bool {
    question(rulebook, slot).is_some_and(|id| {
        matches!(rulebook.aggregate(id).function, AggregateFunction::Count | AggregateFunction::CountDistinct)
    })
}

fn is_optional(rulebook: &Rulebook, slot: Slot) -> bool {
    match slot {
        Slot::Column(id) => rulebook.schema.root().column(id).optional,
        Slot::Definition(_) | Slot::Aggregate(_) => question(rulebook, slot).is_none_or(|id| {
            use AggregateFunction::{Any, Count, CountDistinct, Distinct, Sum};
            !matches!(rulebook.aggregate(id).function, Count | CountDistinct | Any | Sum | Distinct)
        }),
    }
}

/// Whether a condition asks about what comes round again: a part of a moment, a remainder.
fn comes_round(node: &Expr) -> bool {
    let ExprKind::Call { function, .. } = &node.kind else { return false };
    matches!(
        function,
        Function::Month
            | Function::Day
            | Function::Weekday
            | Function::Hour
            | Function::Anniversary
            | Function::Mod
            | Function::Year
            | Function::StartOfWeek
            | Function::StartOfMonth
    )
}
