//! Rows that follow each other as the steps of a funnel do, which would seldom come by chance.

use std::{cmp::Ordering, collections::BTreeMap};

use super::{
    guess::Written,
    made::{Dice, Made, Piece, Slot},
    setup::Setup,
};
use crate::{
    eval::{Answers, Children, Context, GivenValues, Interpreter, reference::SoFar},
    ir::{self, AggregateFunction, FunnelStep, Over},
    schema::{ColumnId, Role, TableId},
    value::{Value, compare},
};

/// Rows that are tried for a step of a funnel.
const STEP_TRIALS: usize = 40;

impl Setup {
    /// Rows that follow each other as the steps of a funnel do, which would seldom come by chance.
    pub(super) fn chain(&self, ir: &ir::Rulebook, context: &Context, made: &mut [Made], dice: &mut Dice) {
        let funnels = self.reads.aggregates.iter().map(|id| ir.aggregate(*id));
        let funnels: Vec<(TableId, &[FunnelStep])> = funnels
            .filter_map(|aggregate| match (&aggregate.function, aggregate.over) {
                (AggregateFunction::Funnel(steps, _), Over::Children(table)) => Some((table, steps.as_slice())),
                _ => None,
            })
            .collect();
        let Some((table, steps)) = dice.pick(&funnels).copied() else { return };
        let at = dice.throw(made.len());
        if dice.throw(3) == 0 {
            return;
        }
        let Some(user) = made.get_mut(at) else { return };
        let (record, _, given) = self.remembering(ir, context, user, at);
        let mut answers = Answers::none(ir);
        for (id, value) in given {
            if let Some(slot) = answers.values.get_mut(id.0 as usize) {
                *slot = value;
            }
        }
        let known = SoFar { record: &record, answers: &answers };
        let interpreter = Interpreter::new(ir, context);
        let width = ir.schema.table(table).columns.len() as u32;
        let mut rows = vec![];
        for step in steps.iter().take(1 + dice.throw(steps.len())) {
            let meets = |row: &BTreeMap<ColumnId, Written>| {
                let value = |at: u32| row.get(&ColumnId(at)).map_or(Value::Missing, |it| it.value.clone());
                let values: Vec<Value> = (0..width).map(value).collect();
                interpreter.child_row(&known, &values).truth(&step.condition).is_true()
            };
            let tried = (0..STEP_TRIALS).map(|_| self.row(table, dice)).find(meets);
            rows.extend(tried);
        }
        // In the order of time.
        if let Role::Children { at: Some(when), .. } = ir.schema.table(table).role {
            let zone = context.clock.zone();
            let mut whens: Vec<Written> = rows.iter().filter_map(|row| row.get(&when).cloned()).collect();
            whens.sort_by(|a, b| compare::order(&a.value, &b.value, zone).unwrap_or(Ordering::Equal));
            if let (Some(first), Some(last)) = (whens.first().cloned(), whens.last().cloned())
                && dice.throw(2) == 0
            {
                // One step takes its time, and the others none.
                let at = dice.throw(whens.len());
                whens.iter_mut().enumerate().for_each(|(place, when)| {
                    *when = if place < at { first.clone() } else { last.clone() };
                });
            }
            let moments = rows.iter_mut().filter_map(|row| row.get_mut(&when));
            moments.zip(whens).for_each(|(slot, when)| *slot = when);
            // What belongs together has in common what steps are told apart by.
            let by = ir.aggregates.iter().find_map(|it| match &it.function {
                AggregateFunction::Funnel(_, by) if it.over == Over::Children(table) => *by,
                _ => None,
            });
            if let Some((by, first)) = by.and_then(|by| Some((by, rows.first()?.get(&by)?.clone())))
                && dice.throw(4) > 0
            {
                rows.iter_mut().for_each(|row| drop(row.insert(by, first.clone())));
            }
        }
        if !rows.is_empty() {
            user.insert(Slot::Rows(table), Piece::Rows(rows));
        }
    }

    /// Somebody at the first instant of a case, as a test plays it: there is a memory, and nothing is in it yet.
    pub(super) fn remembering(
        &self,
        ir: &ir::Rulebook,
        context: &Context,
        made: &Made,
        at: usize,
    ) -> (Vec<Value>, Children, GivenValues) {
        let (mut record, children, given) = self.person(ir, made, at);
        let here = ir.actions.memory.here.and_then(|here| record.get_mut(here.0 as usize));
        if let Some(slot) = here {
            *slot = Value::Timestamp(context.clock.now());
        }
        (record, children, given)
    }
}
