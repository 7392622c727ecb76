//! Conditions that are answered one by one: those of which too many alternatives would have to be written out, and leaves that
//! are no comparison.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{
    clauses::{Flag, domain_of},
    slot_value,
};
use crate::{
    eval::{
        Interpreter,
        reference::{Answers, SoFar},
    },
    ir::{AggregateId, DefinitionId, Expr, Rulebook},
    plan::{Atom, Domain, Node, NodeId, Plan, Range, Slot, TruthKey},
    value::{Truth, Value},
};

/// Conditions in an order in which each stands after those it is made of.
#[derive(Debug, Default)]
pub(super) struct Walk {
    steps: Vec<Step>,
    /// Where the truth of each flag stands.
    flags: Vec<u32>,
}

/// A condition, made of earlier ones, by their places.
#[derive(Debug)]
enum Step {
    Always(Truth),
    Range(Slot, Domain, Range),
    Flag(Slot),
    Known(Slot),
    IsText(Slot, Arc<str>),
    Asked(Box<Expr>),
    Not(u32),
    All(Vec<u32>),
    Any(Vec<u32>),
    AtLeast(u32, Vec<u32>),
    Choose(u32, u32, u32),
    Closed(u32),
    IsUnknown(u32),
}

impl Walk {
    pub(super) fn of(rulebook: &Rulebook, plan: &Plan<'_>, flags: &[Flag]) -> Walk {
        let mut walk = Walk::default();
        let mut asked: BTreeSet<usize> = flags
            .iter()
            .filter_map(|flag| match flag {
                Flag::Node(node) => Some(node.0 as usize),
                Flag::Atom(_) => None,
            })
            .collect();
        let mut open: Vec<usize> = asked.iter().copied().collect();
        while let Some(at) = open.pop() {
            for part in plan.nodes.get(at).map(parts).unwrap_or_default() {
                if asked.insert(part.0 as usize) {
                    open.push(part.0 as usize);
                }
            }
        }
        let mut places: HashMap<NodeId, u32> = HashMap::new();
        let mut by_atom: HashMap<u32, u32> = HashMap::new();
        for at in asked {
            let Some(node) = plan.nodes.get(at) else { continue };
            let place = |node: &NodeId| places.get(node).copied().unwrap_or(0);
            let all = |parts: &[NodeId]| parts.iter().map(place).collect();
            let step = match node {
                Node::Always(TruthKey::True) => Step::Always(Truth::True),
                Node::Always(TruthKey::False) => Step::Always(Truth::False),
                Node::Always(TruthKey::Unknown) => Step::Always(Truth::Unknown),
                Node::Atom(atom) => {
                    by_atom.insert(atom.0, walk.steps.len() as u32);
                    leaf(rulebook, plan, atom.0)
                }
                Node::Not(inner) => Step::Not(place(inner)),
                Node::All(parts) => Step::All(all(parts)),
                Node::Any(parts) => Step::Any(all(parts)),
                Node::AtLeast(needed, parts) => Step::AtLeast(*needed, all(parts)),
                Node::Choose(condition, then, otherwise) => {
                    Step::Choose(place(condition), place(then), place(otherwise))
                }
                Node::Closed(inner) => Step::Closed(place(inner)),
                Node::IsUnknown(inner) => Step::IsUnknown(place(inner)),
            };
            places.insert(NodeId(at as u32), walk.steps.len() as u32);
            walk.steps.push(step);
        }
        for flag in flags {
            let place = match flag {
                Flag::Node(node) => places.get(node).copied().unwrap_or(0),
                Flag::Atom(atom) => *by_atom.entry(atom.0).or_insert_with(|| {
                    walk.steps.push(leaf(rulebook, plan, atom.0));
                    walk.steps.len() as u32 - 1
                }),
            };
            walk.flags.push(place);
        }
        walk
    }

    /// What its leaves read beside columns.
    pub(super) fn reads(&self) -> (Vec<DefinitionId>, Vec<AggregateId>, Vec<&Expr>) {
        let (mut definitions, mut aggregates, mut exprs) = (vec![], vec![], vec![]);
        for step in &self.steps {
            match step {
                Step::Range(slot, ..) | Step::Flag(slot) | Step::Known(slot) | Step::IsText(slot, _) => match slot {
                    Slot::Column(_) => {}
                    Slot::Definition(id) => definitions.push(*id),
                    Slot::Aggregate(id) => aggregates.push(*id),
                },
                Step::Asked(expr) => exprs.push(&**expr),
                Step::Always(_)
                | Step::Not(_)
                | Step::All(_)
                | Step::Any(_)
                | Step::AtLeast(..)
                | Step::Choose(..)
                | Step::Closed(_)
                | Step::IsUnknown(_) => {}
            }
        }
        (definitions, aggregates, exprs)
    }

    /// Whether there is nothing to answer.
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Answers all of them for one user.
    pub(super) fn answer(
        &self,
        interpreter: Interpreter<'_>,
        record: &[Value],
        answers: &Answers,
        truths: &mut Vec<Truth>,
    ) {
        truths.clear();
        for step in &self.steps {
            let truth = {
                let of = |place: &u32| truths.get(*place as usize).copied().unwrap_or(Truth::Unknown);
                match step {
                    Step::Always(truth) => *truth,
                    Step::Range(slot, domain, range) => match domain.key(slot_value(*slot, record, answers)) {
                        Some(key) => range.holds(key),
                        None => Truth::Unknown,
                    },
                    Step::Flag(slot) => Truth::of(slot_value(*slot, record, answers)),
                    Step::Known(slot) => Truth::from(*slot_value(*slot, record, answers) != Value::Missing),
                    Step::IsText(slot, text) => match slot_value(*slot, record, answers) {
                        Value::Text(own) => Truth::from(own == text),
                        _ => Truth::Unknown,
                    },
                    Step::Asked(expr) => interpreter.row(&SoFar { record, answers }).truth(expr),
                    Step::Not(inner) => of(inner).not(),
                    Step::All(parts) => Truth::all_of(parts.iter().map(of)),
                    Step::Any(parts) => Truth::any_of(parts.iter().map(of)),
                    Step::AtLeast(needed, parts) => Truth::at_least(i64::from(*needed), parts.iter().map(of)),
                    Step::Choose(condition, then, otherwise) => {
                        of(if of(condition).is_true() { then } else { otherwise })
                    }
                    Step::Closed(inner) => Truth::from(of(inner).is_true()),
                    Step::IsUnknown(inner) => Truth::from(of(inner).is_unknown()),
                }
            };
            truths.push(truth);
        }
    }

    /// The truth of a flag, after it was answered.
    pub(super) fn truth(&self, flag: u32, truths: &[Truth]) -> Truth {
        let place = self.flags.get(flag as usize).copied().unwrap_or(u32::MAX);
        truths.get(place as usize).copied().unwrap_or(Truth::Unknown)
    }
}

fn parts(node: &Node) -> Vec<NodeId> {
    match node {
        Node::Always(_) | Node::Atom(_) => vec![],
        Node::Not(inner) | Node::Closed(inner) | Node::IsUnknown(inner) => vec![*inner],
        Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts) => parts.clone(),
        Node::Choose(condition, then, otherwise) => vec![*condition, *then, *otherwise],
    }
}

fn leaf(rulebook: &Rulebook, plan: &Plan<'_>, atom: u32) -> Step {
    match plan.atoms.get(atom as usize) {
        Some(Atom::Range(slot, range)) => match domain_of(rulebook, *slot) {
            Some(domain) => Step::Range(*slot, domain, *range),
            None => Step::Always(Truth::Unknown),
        },
        Some(Atom::Flag(slot)) => Step::Flag(*slot),
        Some(Atom::Known(slot)) => Step::Known(*slot),
        Some(Atom::IsText(column, text)) => Step::IsText(Slot::Column(*column), text.clone()),
        Some(Atom::OfText(_, expr) | Atom::Opaque(expr)) => Step::Asked(Box::new((*expr).clone())),
        None => Step::Always(Truth::Unknown),
    }
}
