//! Which leaves of a formula would have to turn for it to be true: the smallest sets first, of equal ones the first in rule
//! order. What a node costs to be brought to a truth is summed up from the leaves, so that no step is taken in vain.

use crate::{
    explain::formula::{Formula, Node, NodeId},
    value::Truth,
};

/// What it costs to bring a node to a truth, in parts of a leaf.
#[derive(Clone, Copy, Debug, Default)]
struct Costs {
    yes: u64,
    no: u64,
    not_yes: u64,
    not_no: u64,
}

/// What cannot be had.
const NEVER: u64 = u64::MAX / 1024;
/// A leaf; of one that is asked several times each asking costs a part, so that no sum is more than the leaves cost.
const WHOLE: u64 = 720_720;

/// What becomes of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Which leaf.
    pub(super) leaf: usize,
    /// True or false.
    pub(super) to: Truth,
}

/// Whether a leaf can be brought to true, and to false.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Can {
    pub(super) be_true: bool,
    pub(super) be_false: bool,
}

/// What is settled of a leaf in a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    Open,
    As(Truth),
}

impl Formula<'_> {
    /// The least that must still be turned to make it true.
    fn bound(&self, truths: &[Truth], can: &[Can], settled: &[Settled]) -> u64 {
        let mut costs: Vec<Costs> = Vec::with_capacity(self.nodes.len());
        let free = |wanted: bool| if wanted { 0 } else { NEVER };
        for node in &self.nodes {
            let of = |id: &NodeId| costs.get(id.0 as usize).copied().unwrap_or_default();
            let each = |parts: &[NodeId], cost: fn(Costs) -> u64| -> Vec<u64> {
                parts.iter().map(|part| cost(of(part))).collect()
            };
            let sum = |costs: Vec<u64>| costs.into_iter().fold(0_u64, |sum, it| sum.saturating_add(it).min(NEVER));
            let least = |costs: Vec<u64>| costs.into_iter().min().unwrap_or(NEVER);
            let cheapest = |number: usize, mut costs: Vec<u64>| {
                costs.sort_unstable();
                if number > costs.len() { NEVER } else { sum(costs.into_iter().take(number).collect()) }
            };
            let known = |truth: Truth| Costs {
                yes: free(truth.is_true()),
                no: free(truth == Truth::False),
                not_yes: free(!truth.is_true()),
                not_no: free(truth != Truth::False),
            };
            let cost = match node {
                Node::Always(truth) => known(*truth),
                Node::Leaf(leaf) => {
                    let truth = truths.get(*leaf).copied().unwrap_or(Truth::Unknown);
                    match settled.get(*leaf) {
                        Some(Settled::As(truth)) => known(*truth),
                        Some(Settled::Open) | None => {
                            let can = can.get(*leaf).copied().unwrap_or_default();
                            let part = WHOLE / self.asked.get(*leaf).copied().unwrap_or(1).max(1);
                            let turned = |possible: bool| if possible { part } else { NEVER };
                            let now = known(truth);
                            Costs {
                                yes: now.yes.min(turned(can.be_true)),
                                no: now.no.min(turned(can.be_false)),
                                not_yes: now.not_yes.min(turned(can.be_false)),
                                not_no: now.not_no.min(turned(can.be_true)),
                            }
                        }
                    }
                }
                Node::Not(inner) => {
                    let Costs { yes, no, not_yes, not_no } = of(inner);
                    Costs { yes: no, no: yes, not_yes: not_no, not_no: not_yes }
                }
                Node::All(parts) => Costs {
                    yes: sum(each(parts, |it| it.yes)),
                    no: least(each(parts, |it| it.no)),
                    not_yes: least(each(parts, |it| it.not_yes)),
                    not_no: sum(each(parts, |it| it.not_no)),
                },
                Node::Any(parts) => Costs {
                    yes: least(each(parts, |it| it.yes)),
                    no: sum(each(parts, |it| it.no)),
                    not_yes: sum(each(parts, |it| it.not_yes)),
                    not_no: least(each(parts, |it| it.not_no)),
                },
                Node::AtLeast(needed, parts) => {
                    let needed = *needed as usize;
                    let against = (parts.len() + 1).saturating_sub(needed);
                    Costs {
                        yes: cheapest(needed, each(parts, |it| it.yes)),
                        no: cheapest(against, each(parts, |it| it.no)),
                        not_yes: cheapest(against, each(parts, |it| it.not_yes)),
                        not_no: cheapest(needed, each(parts, |it| it.not_no)),
                    }
                }
                Node::Closed(inner) => {
                    let Costs { yes, not_yes, .. } = of(inner);
                    Costs { yes, no: not_yes, not_yes, not_no: yes }
                }
                Node::Points(arms, holds) => {
                    let cost = |applying: usize| {
                        let each = arms
                            .iter()
                            .enumerate()
                            .map(|(at, arm)| if applying >> at & 1 == 1 { of(arm).yes } else { of(arm).not_yes });
                        sum(each.collect())
                    };
                    let cheapest = |wanted: bool| {
                        let all = holds.iter().enumerate().filter(|(_, holds)| **holds == wanted);
                        least(all.map(|(applying, _)| cost(applying)).collect())
                    };
                    let (yes, no) = (cheapest(true), cheapest(false));
                    Costs { yes, no, not_yes: no, not_no: yes }
                }
                Node::Choose(condition, then, otherwise) | Node::Arm(condition, then, otherwise) => {
                    let (condition, then, otherwise) = (of(condition), of(then), of(otherwise));
                    let either = |cost: fn(Costs) -> u64| {
                        let then = condition.yes.saturating_add(cost(then));
                        then.min(condition.not_yes.saturating_add(cost(otherwise))).min(NEVER)
                    };
                    Costs {
                        yes: either(|it| it.yes),
                        no: either(|it| it.no),
                        not_yes: either(|it| it.not_yes),
                        not_no: either(|it| it.not_no),
                    }
                }
            };
            costs.push(cost);
        }
        costs.get(self.root.0 as usize).map_or(NEVER, |it| it.yes)
    }

    /// Hands on sets of leaves that make it true when they are turned, the smallest first, of equal ones the first in rule
    /// order, until one is taken. None where no set is; and whether the search ended before all were handed on.
    pub(super) fn turn<T>(
        &self,
        truths: &[Truth],
        can: &[Can],
        take: &mut dyn FnMut(&[Turn]) -> Option<T>,
    ) -> (Option<T>, bool) {
        let mut settled = vec![Settled::Open; self.leaves().len()];
        let least = self.bound(truths, can, &settled);
        if least >= NEVER {
            return (None, false);
        }
        let mut search = Search { formula: self, truths, can, take, turns: vec![], left: STEPS };
        let least = least.div_ceil(WHOLE) as usize;
        let found = (least.max(1)..=self.leaves().len()).find_map(|size| search.from(0, size, &mut settled));
        (found, search.left == 0)
    }
}

/// Steps of a search for the nearest way: conditions that hang together in a way that takes more are not met in practice.
const STEPS: usize = 20_000;

struct Search<'s, 'a, T> {
    formula: &'s Formula<'a>,
    truths: &'s [Truth],
    can: &'s [Can],
    take: &'s mut dyn FnMut(&[Turn]) -> Option<T>,
    turns: Vec<Turn>,
    left: usize,
}

impl<T> Search<'_, '_, T> {
    /// Turns `size` leaves of those from `leaf` on.
    fn from(&mut self, leaf: usize, size: usize, settled: &mut Vec<Settled>) -> Option<T> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        if size == 0 {
            let as_it_would_be: Vec<Truth> = (0..self.truths.len()).map(|at| self.truth(at, settled)).collect();
            return if self.formula.truth(&as_it_would_be).is_true() { (self.take)(&self.turns) } else { None };
        }
        let bound = self.formula.bound(self.truths, self.can, settled);
        if bound >= NEVER || bound.div_ceil(WHOLE) as usize > size || leaf >= self.truths.len() {
            return None;
        }
        let now = self.truths.get(leaf).copied().unwrap_or(Truth::Unknown);
        let can = self.can.get(leaf).copied().unwrap_or_default();
        for (to, possible) in [(Truth::True, can.be_true), (Truth::False, can.be_false)] {
            if possible && to != now {
                self.settle(leaf, Settled::As(to), settled);
                self.turns.push(Turn { leaf, to });
                let found = self.from(leaf + 1, size - 1, settled);
                self.turns.pop();
                if found.is_some() {
                    return found;
                }
            }
        }
        self.settle(leaf, Settled::As(now), settled);
        let found = self.from(leaf + 1, size, settled);
        self.settle(leaf, Settled::Open, settled);
        found
    }

    fn settle(&self, leaf: usize, as_what: Settled, settled: &mut [Settled]) {
        if let Some(slot) = settled.get_mut(leaf) {
            *slot = as_what;
        }
    }

    fn truth(&self, leaf: usize, settled: &[Settled]) -> Truth {
        match settled.get(leaf) {
            Some(Settled::As(truth)) => *truth,
            Some(Settled::Open) | None => self.truths.get(leaf).copied().unwrap_or(Truth::Unknown),
        }
    }
}
