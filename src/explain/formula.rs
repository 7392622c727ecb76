//! A condition as a formula over its leaves: what tags, `let`s, levels and layers stand for is put in their place, so that a
//! leaf is a comparison, and all between the leaves is `and`, `or`, `not` and the like.

use std::collections::HashMap;

use crate::{
    ir::{Arm, Body, Choice, CompareOp, DefinitionId, Expr, ExprKind, Ladder, Quorum, Rulebook},
    source::Span,
    value::{Truth, Value},
};

/// Which node of a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct NodeId(u32);

#[derive(Clone, Debug)]
enum Node {
    /// The same for everybody.
    Always(Truth),
    /// Which leaf.
    Leaf(usize),
    Not(NodeId),
    All(Vec<NodeId>),
    Any(Vec<NodeId>),
    AtLeast(u32, Vec<NodeId>),
    /// What is true where it is true, else false: what a tag is to those who name it.
    Closed(NodeId),
    /// `if c then a else b`
    Choose(NodeId, NodeId, NodeId),
}

/// A condition over leaves, which stand in rule order.
#[derive(Clone, Debug)]
pub(super) struct Formula<'a> {
    nodes: Vec<Node>,
    root: NodeId,
    leaves: Vec<&'a Expr>,
    /// How often each leaf is asked, over all ways to it.
    asked: Vec<u64>,
}

/// Builds formulas; a definition is put in place once.
pub(super) struct Builder<'a, 't> {
    rulebook: &'a Rulebook,
    /// What stands written at a place: two leaves that say the same are one.
    text: &'t dyn Fn(Span) -> String,
    nodes: Vec<Node>,
    leaves: Vec<&'a Expr>,
    by_text: HashMap<String, usize>,
    known: HashMap<DefinitionId, Option<NodeId>>,
}

impl<'a, 't> Builder<'a, 't> {
    /// Knows what the definitions of `order` stand for, each after those it reads.
    pub(super) fn new(
        rulebook: &'a Rulebook,
        order: &[DefinitionId],
        text: &'t dyn Fn(Span) -> String,
    ) -> Builder<'a, 't> {
        let mut builder =
            Builder { rulebook, text, nodes: vec![], leaves: vec![], by_text: HashMap::new(), known: HashMap::new() };
        for id in order {
            let node = match &rulebook.definition(*id).body {
                Body::Let(expr) if expr.ty == crate::value::Type::Bool => Some(builder.node(expr)),
                Body::Tag(expr) | Body::Segment(expr) => {
                    let inner = builder.node(expr);
                    Some(builder.push(Node::Closed(inner)))
                }
                Body::Let(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Funnel(..) => None,
            };
            builder.known.insert(*id, node);
        }
        builder
    }

    /// The formula of a condition.
    pub(super) fn condition(&mut self, expr: &'a Expr) -> Formula<'a> {
        let root = self.node(expr);
        self.formula(root)
    }

    /// The formula of a level having one of these ranks.
    pub(super) fn level(&mut self, ladder: &'a Ladder, accepts: impl Fn(u32) -> bool) -> Formula<'a> {
        let root = self.ladder(ladder, accepts);
        self.formula(root)
    }

    fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId(self.nodes.len() as u32 - 1)
    }

    fn all(&mut self, parts: &'a [Expr]) -> Vec<NodeId> {
        parts.iter().map(|part| self.node(part)).collect()
    }

    fn node(&mut self, expr: &'a Expr) -> NodeId {
        let node = match &expr.kind {
            ExprKind::And(parts) | ExprKind::Quorum { quorum: Quorum::All, conditions: parts } => {
                Node::All(self.all(parts))
            }
            ExprKind::Or(parts) | ExprKind::Quorum { quorum: Quorum::Any, conditions: parts } => {
                Node::Any(self.all(parts))
            }
            ExprKind::Quorum { quorum: Quorum::None, conditions } => {
                let any = Node::Any(self.all(conditions));
                Node::Not(self.push(any))
            }
            ExprKind::Quorum { quorum: Quorum::AtLeast(needed), conditions } => {
                Node::AtLeast(*needed, self.all(conditions))
            }
            ExprKind::Not(inner) => Node::Not(self.node(inner)),
            ExprKind::If { condition, then, otherwise } => {
                Node::Choose(self.node(condition), self.node(then), self.node(otherwise))
            }
            ExprKind::Definition(id) => match self.known.get(id).copied().flatten() {
                Some(node) => return node,
                None => self.leaf(expr),
            },
            ExprKind::Constant(value) => Node::Always(Truth::of(value)),
            ExprKind::Compare { op, left, right } => match (&left.kind, &right.kind) {
                (ExprKind::Definition(id), ExprKind::Constant(value)) => return self.ranked(expr, *id, *op, value),
                (ExprKind::Constant(value), ExprKind::Definition(id)) => {
                    return self.ranked(expr, *id, op.mirrored(), value);
                }
                _ => self.leaf(expr),
            },
            ExprKind::In { subject, list } => match (&subject.kind, ranks_of(list)) {
                (ExprKind::Definition(id), Some(ranks)) => match self.ladder_of(*id) {
                    Some(ladder) => return self.ladder(ladder, |rank| ranks.contains(&rank)),
                    None => self.leaf(expr),
                },
                _ => self.leaf(expr),
            },
            _ => self.leaf(expr),
        };
        self.push(node)
    }

    fn leaf(&mut self, expr: &'a Expr) -> Node {
        let text = match written_out(expr) {
            // Written out by the checker; the text behind its place is all of an arm.
            true => format!("{:p}", std::ptr::from_ref(expr)),
            false => (self.text)(expr.span),
        };
        let next = self.leaves.len();
        let at = *self.by_text.entry(text).or_insert(next);
        if at == next {
            self.leaves.push(expr);
        }
        Node::Leaf(at)
    }

    fn ladder_of(&self, id: DefinitionId) -> Option<&'a Ladder> {
        match &self.rulebook.definition(id).body {
            Body::Level(ladder) | Body::Layer(ladder) => Some(ladder),
            Body::Let(_) | Body::Tag(_) | Body::Score(_) | Body::Funnel(..) | Body::Segment(_) => None,
        }
    }

    /// `membership >= silver`
    fn ranked(&mut self, expr: &'a Expr, id: DefinitionId, op: CompareOp, value: &Value) -> NodeId {
        match (self.ladder_of(id), value) {
            (Some(ladder), Value::Choice(wanted)) => {
                let wanted = *wanted;
                self.ladder(ladder, |rank| op.accepts(rank.cmp(&wanted)))
            }
            _ => {
                let leaf = self.leaf(expr);
                self.push(leaf)
            }
        }
    }

    /// The first arm that applies gives the rank; nobody knows of those whom none takes.
    fn ladder(&mut self, ladder: &'a Ladder, accepts: impl Fn(u32) -> bool) -> NodeId {
        let mut rest = self.push(Node::Always(Truth::Unknown));
        for arm in ladder.arms.iter().rev() {
            let given = self.push(Node::Always(Truth::from(accepts(arm.rank))));
            rest = match self.arm(arm) {
                Some(condition) => self.push(Node::Choose(condition, given, rest)),
                None => given,
            };
        }
        rest
    }

    fn arm(&mut self, arm: &'a Arm) -> Option<NodeId> {
        match &arm.choice {
            Choice::From { condition, .. } | Choice::When(condition) => Some(self.node(condition)),
            Choice::Otherwise => None,
        }
    }

    /// What can be reached from a node, its leaves in the order in which a reader meets them.
    fn formula(&self, root: NodeId) -> Formula<'a> {
        let mut leaves = vec![];
        let mut renamed: HashMap<usize, usize> = HashMap::new();
        let mut nodes = self.nodes.clone();
        let mut seen = vec![false; nodes.len()];
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            let at = id.0 as usize;
            if seen.get(at).copied().unwrap_or(true) {
                continue;
            }
            if let Some(seen) = seen.get_mut(at) {
                *seen = true;
            }
            match nodes.get_mut(at) {
                Some(Node::Leaf(leaf)) => {
                    let next = leaves.len();
                    let named = *renamed.entry(*leaf).or_insert(next);
                    if named == next {
                        leaves.extend(self.leaves.get(*leaf));
                    }
                    *leaf = named;
                }
                Some(node) => {
                    let before = open.len();
                    node.each(&mut |child| open.push(child));
                    open.get_mut(before..).unwrap_or_default().reverse();
                }
                None => {}
            }
        }
        // What is not reached is left out; a node still stands behind those it is made of.
        let mut place = HashMap::new();
        let mut kept = vec![];
        for (at, mut node) in nodes.into_iter().enumerate().filter(|(at, _)| seen.get(*at) == Some(&true)) {
            node.each_mut(&mut |child: &mut NodeId| *child = place.get(child).copied().unwrap_or(*child));
            place.insert(NodeId(at as u32), NodeId(kept.len() as u32));
            kept.push(node);
        }
        let root = place.get(&root).copied().unwrap_or(root);
        let mut formula = Formula { nodes: kept, root, leaves, asked: vec![] };
        formula.count();
        formula
    }
}

impl Node {
    fn each(&self, found: &mut impl FnMut(NodeId)) {
        match self {
            Node::Always(_) | Node::Leaf(_) => {}
            Node::Not(inner) | Node::Closed(inner) => found(*inner),
            Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts) => parts.iter().for_each(|it| found(*it)),
            Node::Choose(a, b, c) => [a, b, c].into_iter().for_each(|it| found(*it)),
        }
    }

    fn each_mut(&mut self, found: &mut impl FnMut(&mut NodeId)) {
        match self {
            Node::Always(_) | Node::Leaf(_) => {}
            Node::Not(inner) | Node::Closed(inner) => found(inner),
            Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts) => parts.iter_mut().for_each(found),
            Node::Choose(a, b, c) => [a, b, c].into_iter().for_each(found),
        }
    }
}

/// A comparison that the checker wrote out of an arm: `silver from 1000`.
pub(super) fn written_out(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Compare { left, .. } => {
            left.span.source != expr.span.source || left.span.start < expr.span.start || left.span.end > expr.span.end
        }
        _ => false,
    }
}

fn ranks_of(list: &Expr) -> Option<Vec<u32>> {
    let rank = |value: &Value| match value {
        Value::Choice(rank) => Some(*rank),
        _ => None,
    };
    match &list.kind {
        ExprKind::Constant(Value::List(values)) => values.iter().map(rank).collect(),
        ExprKind::List(elements) => {
            let of = |element: &Expr| match &element.kind {
                ExprKind::Constant(value) => rank(value),
                _ => None,
            };
            elements.iter().map(of).collect()
        }
        _ => None,
    }
}

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

impl<'a> Formula<'a> {
    /// Its leaves, in rule order.
    pub(super) fn leaves(&self) -> &[&'a Expr] {
        &self.leaves
    }

    fn count(&mut self) {
        let mut ways = vec![0_u64; self.nodes.len()];
        if let Some(root) = ways.get_mut(self.root.0 as usize) {
            *root = 1;
        }
        let mut asked = vec![0_u64; self.leaves.len()];
        // A node stands behind those it is made of.
        for (at, node) in self.nodes.iter().enumerate().rev() {
            let own = ways.get(at).copied().unwrap_or(0);
            if let Node::Leaf(leaf) = node
                && let Some(asked) = asked.get_mut(*leaf)
            {
                *asked = asked.saturating_add(own);
            }
            node.each(&mut |child| {
                if let Some(ways) = ways.get_mut(child.0 as usize) {
                    *ways = ways.saturating_add(own);
                }
            });
        }
        self.asked = asked;
    }

    /// What it comes to.
    pub(super) fn truth(&self, leaves: &[Truth]) -> Truth {
        let mut truths: Vec<Truth> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let of = |id: &NodeId| truths.get(id.0 as usize).copied().unwrap_or(Truth::Unknown);
            let truth = match node {
                Node::Always(truth) => *truth,
                Node::Leaf(leaf) => leaves.get(*leaf).copied().unwrap_or(Truth::Unknown),
                Node::Not(inner) => of(inner).not(),
                Node::All(parts) => Truth::all_of(parts.iter().map(of)),
                Node::Any(parts) => Truth::any_of(parts.iter().map(of)),
                Node::AtLeast(needed, parts) => Truth::at_least(i64::from(*needed), parts.iter().map(of)),
                Node::Closed(inner) => Truth::from(of(inner).is_true()),
                Node::Choose(condition, then, otherwise) => of(if of(condition).is_true() { then } else { otherwise }),
            };
            truths.push(truth);
        }
        truths.get(self.root.0 as usize).copied().unwrap_or(Truth::Unknown)
    }

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
                Node::Choose(condition, then, otherwise) => {
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
    /// order, until one is taken. None where no set is, or none is found in reasonable time.
    pub(super) fn turn<T>(
        &self,
        truths: &[Truth],
        can: &[Can],
        take: &mut dyn FnMut(&[Turn]) -> Option<T>,
    ) -> Option<T> {
        let mut settled = vec![Settled::Open; self.leaves.len()];
        let least = self.bound(truths, can, &settled);
        if least >= NEVER {
            return None;
        }
        let mut search = Search { formula: self, truths, can, take, turns: vec![], left: STEPS };
        let least = least.div_ceil(WHOLE) as usize;
        (least.max(1)..=self.leaves.len()).find_map(|size| search.from(0, size, &mut settled))
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
