//! A user who is tried with other values, and what is to be reached.

use std::{cell::Cell, cmp::Ordering};

use crate::{
    eval::{Context, Interpreter, reference::Row},
    explain::{
        formula::Formula,
        part::Part,
        person::{Person, Seen, Supposed},
    },
    ir::{DefinitionId, Expr, Rulebook},
    value::{Truth, Value, number},
};

/// What is to be reached.
#[derive(Clone, Debug)]
pub(super) struct Goal<'a> {
    /// This is to be true.
    pub(super) formula: Formula<'a>,
    /// And a score is to be more than it is.
    pub(super) more: Option<(DefinitionId, Value)>,
    /// What else decides, beside the leaves of the formula.
    pub(super) beside: Vec<&'a Expr>,
}

impl<'a> Goal<'a> {
    /// Of a condition.
    pub(super) fn condition(formula: Formula<'a>) -> Goal<'a> {
        Goal { formula, more: None, beside: vec![] }
    }

    /// What these expressions read, and the score that is to be more.
    pub(super) fn part<'e>(&self, rulebook: &Rulebook, exprs: impl IntoIterator<Item = &'e Expr>) -> Part {
        let mut part = Part::of(rulebook, exprs);
        if let Some((score, _)) = self.more {
            let named = part.order.iter().copied().chain([score]);
            part.order = rulebook.order_of(&rulebook.reads(named));
        }
        part
    }

    /// How the score that is to be more would be to what it is now; none where there is none, or no number.
    pub(super) fn points(&self, seen: &Seen) -> Option<Ordering> {
        let (score, now) = self.more.as_ref()?;
        number::order(seen.answers.value(*score), now)
    }
}

/// A user who is tried with other values.
pub(super) struct Trial<'s, 'a> {
    pub(super) person: &'s Person<'a>,
    pub(super) context: &'s Context,
    pub(super) goal: &'s Goal<'a>,
    part: Part,
    /// Times that a user may still be asked.
    left: Cell<usize>,
}

impl<'s, 'a> Trial<'s, 'a> {
    pub(super) fn new(person: &'s Person<'a>, context: &'s Context, goal: &'s Goal<'a>) -> Trial<'s, 'a> {
        let part = goal.part(person.rulebook, goal.formula.leaves().iter().copied());
        Trial { person, context, goal, part, left: Cell::new(usize::MAX) }
    }

    /// From now on the user may be asked so many times.
    pub(super) fn allow(&self, times: usize) {
        self.left.set(times);
    }

    pub(super) fn count(&self) {
        self.left.set(self.left.get().saturating_sub(1));
    }

    pub(super) fn is_over(&self) -> bool {
        self.left.get() == 0
    }

    /// What the user gets of all that the goal reads.
    pub(super) fn see(&self, supposed: &Supposed) -> Seen {
        self.count();
        self.person.see_part(self.context, &self.part, supposed)
    }

    /// Asks in the place of an expression.
    pub(super) fn with_row<T>(&self, seen: &Seen, ask: impl FnOnce(&Row<'_, '_>) -> T) -> T {
        let known = seen.known();
        ask(&Interpreter::new(self.person.rulebook, self.context).row(&known))
    }

    /// Leaves of the formula by their places.
    pub(super) fn leaves(&self, places: &[usize]) -> Vec<&'a Expr> {
        places.iter().filter_map(|leaf| self.goal.formula.leaves().get(*leaf).copied()).collect()
    }

    /// The truths of leaves.
    pub(super) fn truths(&self, seen: &Seen, leaves: &[usize]) -> Vec<Truth> {
        self.with_row(seen, |row| {
            let leaf =
                |leaf: &usize| self.goal.formula.leaves().get(*leaf).map_or(Truth::Unknown, |leaf| row.truth(leaf));
            leaves.iter().map(leaf).collect()
        })
    }

    /// The truths of all leaves.
    pub(super) fn all_truths(&self, seen: &Seen) -> Vec<Truth> {
        let all: Vec<usize> = (0..self.goal.formula.leaves().len()).collect();
        self.truths(seen, &all)
    }

    /// The truths of all leaves, where the goal is reached with what is supposed.
    pub(super) fn reached(&self, supposed: &Supposed) -> Option<Vec<Truth>> {
        let seen = self.see(supposed);
        let truths = self.all_truths(&seen);
        let more = self.goal.more.is_none() || self.goal.points(&seen) == Some(Ordering::Greater);
        (more && self.goal.formula.truth(&truths).is_true()).then_some(truths)
    }
}
