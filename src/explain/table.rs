//! Values that something of a user could have, the nearest first, and how the conditions that stand on it are with each.

use crate::{
    eval::{Context, reference::Row},
    explain::{
        limits::{self, at_of, question},
        part,
        person::{Person, Seen, Slot, Supposed},
        standing::standing,
        trial::Trial,
        turns::Turn,
        values::Room,
    },
    ir::{AggregateFunction, Expr, ExprKind, Function, Rulebook},
    value::{Moment, Truth, Type, Value, time::Direction},
};

/// Values of a slot, the nearest first, and how the leaves that stand on it are with each.
#[derive(Clone, Debug)]
pub(super) struct Table {
    touching: Vec<usize>,
    pub(super) values: Vec<(Value, Vec<Truth>)>,
}

impl Table {
    fn truth(&self, leaf: usize, truths: &[Truth]) -> Option<Truth> {
        let at = self.touching.iter().position(|touching| *touching == leaf)?;
        truths.get(at).copied()
    }

    /// Whether some value brings a leaf to a truth.
    pub(super) fn reaches(&self, leaf: usize, to: Truth) -> bool {
        self.values.iter().any(|(_, truths)| self.truth(leaf, truths) == Some(to))
    }

    /// Values with which all of these leaves are as wanted.
    pub(super) fn with(&self, turns: &[Turn]) -> Vec<Value> {
        let fits = |truths: &[Truth]| turns.iter().all(|turn| self.truth(turn.leaf, truths) == Some(turn.to));
        self.values.iter().filter(|(_, truths)| fits(truths)).map(|(value, _)| value.clone()).collect()
    }

    /// Values, but for missing.
    pub(super) fn known(&self) -> impl Iterator<Item = &Value> {
        self.values.iter().map(|(value, _)| value).filter(|value| **value != Value::Missing)
    }
}

/// Values beside a slot that are looked at.
const BESIDE: usize = 200;

impl<'a> Trial<'_, 'a> {
    /// Tries values of a slot beside what is supposed; the leaves that stand on it are asked with each. The present value is
    /// the one of `now`.
    pub(super) fn table(&self, slot: Slot, touching: Vec<usize>, now: &Seen, supposed: &Supposed) -> Table {
        let leaves = self.leaves(&touching);
        let mut conditions = leaves.clone();
        conditions.extend(&self.goal.beside);
        let rulebook = self.person.rulebook;
        let part = self.goal.part(rulebook, conditions.iter().copied());
        // What stands on it also through names.
        let mut compared: Vec<&Expr> = vec![];
        let mut beside = vec![];
        let mut periodic = false;
        let seen = self.person.see_part(self.context, &part, supposed);
        let limits = self.with_row(&seen, |row| {
            for leaf in &conditions {
                part::walk(rulebook, leaf, &mut |_, node| {
                    periodic |= comes_round(node);
                    if beside.len() < BESIDE {
                        values_of(self.context, row, node, &mut beside);
                    }
                    if node.ty == Type::Bool && is_compared(&node.kind) {
                        compared.push(node);
                    }
                });
            }
            limits::limits(rulebook, row, slot)
        });
        let ask = |value: &Value| {
            let mut supposed = supposed.clone();
            supposed.insert(slot, value.clone());
            self.count();
            self.person.see_part(self.context, &part, &supposed)
        };
        let stands = |value: &Value| {
            let seen = ask(value);
            // Points may come to more where no condition turns: by what an arm adds, beyond a clamp.
            let points = self.goal.points(&seen).map_or(0, |it| if it.is_gt() { 2 } else { 1 });
            self.with_row(&seen, |row| {
                let numbers = compared.iter().flat_map(|node| standing(row, node)).chain([points]);
                numbers.fold(1_u64, |sum, it| sum.wrapping_mul(1_000_003).wrapping_add(it))
            })
        };
        let own = value_of(now, slot);
        let room = Room {
            ty: type_of(rulebook, slot),
            now: &own,
            optional: is_optional(rulebook, slot),
            limits,
            distinct: question(rulebook, slot)
                .is_some_and(|id| matches!(rulebook.aggregate(id).function, AggregateFunction::Distinct)),
            named: match type_of(rulebook, slot) {
                Type::Choice(id) => rulebook.choices(*id).values.len() as u32,
                _ => 0,
            },
            beside: &beside,
            periodic,
            clock: &self.context.clock,
        };
        let values = room.candidates(&stands).into_iter().map(|value| {
            let seen = ask(&value);
            (value, self.truths(&seen, &touching))
        });
        Table { values: values.collect(), touching: touching.clone() }
    }
}

/// A condition that compares something, and is not made of others.
fn is_compared(kind: &ExprKind) -> bool {
    !matches!(
        kind,
        ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::Quorum { .. }
            | ExprKind::If { .. }
            | ExprKind::Definition(_)
            | ExprKind::Constant(_)
            | ExprKind::ChildColumn(_)
    )
}

/// The values that stand beside a slot in a condition.
fn values_of(context: &Context, row: &Row<'_, '_>, node: &Expr, found: &mut Vec<Value>) {
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
            let texts = context.lists.get(list.0 as usize);
            keep(texts.and_then(|texts| texts.iter().min()).map_or(Value::Missing, |it| Value::Text(it.clone())));
        }
        ExprKind::Lookup { table, .. } => {
            let rows = context.lookups.get(table);
            rows.into_iter().flat_map(|rows| rows.keys()).take(BESIDE / 4).for_each(keep);
        }
        ExprKind::Matches { pattern, .. } => {
            keep(pattern.example().map_or(Value::Missing, |it| Value::Text(it.into())));
        }
        ExprKind::ChildColumn(_) => {}
        _ if node.ty == Type::Bool => {}
        _ => keep(row.value(node)),
    }
}

/// What a slot is now.
pub(super) fn value_of(seen: &Seen, slot: Slot) -> Value {
    let at = |values: &[Value], at: u32| values.get(at as usize).cloned().unwrap_or(Value::Missing);
    match slot {
        Slot::Column(id) => at(&seen.record, id.0),
        Slot::Definition(id) => at(&seen.answers.values, id.0),
        Slot::Aggregate(id) => at(&seen.answers.aggregates, id.0),
        Slot::Reached(id) => seen.answers.reached.get(&id).cloned().unwrap_or(Value::Missing),
    }
}

/// The type of a slot.
pub(super) fn type_of(rulebook: &Rulebook, slot: Slot) -> &Type {
    match slot {
        Slot::Column(id) => &rulebook.schema.root().column(id).ty,
        Slot::Definition(id) => &rulebook.definition(id).ty,
        Slot::Aggregate(id) => &rulebook.aggregate(id).ty,
        Slot::Reached(id) => at_of(rulebook, id).map_or(&Type::Timestamp, |(_, ty)| ty),
    }
}

fn is_optional(rulebook: &Rulebook, slot: Slot) -> bool {
    match slot {
        Slot::Column(id) => rulebook.schema.root().column(id).optional,
        Slot::Reached(_) => true,
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

/// What each leaf of some stands on, but for what is supposed already.
pub(super) fn slots(person: &Person<'_>, leaves: &[&Expr], but: &Supposed) -> Vec<Vec<Slot>> {
    let of = |leaf: &&Expr| {
        let mut slots = part::slots(person.rulebook, leaf);
        for slot in &mut slots {
            if let Slot::Aggregate(id) = slot {
                *id = person.first_of(*id);
            }
        }
        let mut seen = vec![];
        slots.retain(|slot| {
            let is_new = !seen.contains(slot);
            seen.push(*slot);
            is_new && !but.contains_key(slot)
        });
        slots
    };
    leaves.iter().map(of).collect()
}
