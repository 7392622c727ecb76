//! A condition as a formula over its leaves: what tags, `let`s, levels and layers stand for is put in their place, so that a
//! leaf is a comparison, and all between the leaves is `and`, `or`, `not` and the like.

use std::collections::{BTreeSet, HashMap};

use crate::{
    explain::points::{self, OnPoints},
    ir::{Arm, Body, Choice, CompareOp, DefinitionId, Expr, ExprKind, Ladder, Quorum, Rulebook},
    source::Span,
    value::{Truth, Value},
};

/// Which node of a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct NodeId(pub(super) u32);

/// What a condition is made of.
#[derive(Clone, Debug)]
pub(super) enum Node {
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
    /// A condition on a score: whether it holds, by the arms that apply, each a bit.
    Points(Vec<NodeId>, Vec<bool>),
    /// An arm of a level: a reader who wants to get there looks from the lowest arm upwards, so what stands below comes first.
    Arm(NodeId, NodeId, NodeId),
}

/// A condition over leaves, which stand in rule order.
#[derive(Clone, Debug)]
pub(super) struct Formula<'a> {
    pub(super) nodes: Vec<Node>,
    pub(super) root: NodeId,
    leaves: Vec<&'a Expr>,
    /// How often each leaf is asked, over all ways to it.
    pub(super) asked: Vec<u64>,
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

    /// The formula of some conditions of which one is as wanted: true, or not true.
    pub(super) fn any(&mut self, wanted: &[(&'a Expr, bool)]) -> Formula<'a> {
        let mut parts = vec![];
        for (expr, is_true) in wanted {
            let node = self.node(expr);
            let closed = self.push(Node::Closed(node));
            parts.push(if *is_true { closed } else { self.push(Node::Not(closed)) });
        }
        let root = self.push(Node::Any(parts));
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
        if let Some(OnPoints { score, holds }) = points::opened(self.rulebook, expr) {
            let arms = score.arms.iter().map(|arm| self.node(&arm.condition)).collect();
            return self.push(Node::Points(arms, holds));
        }
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
        let text = match written_out(expr) || is_remembered(expr) {
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
        let ordered = self.rulebook.choices(ladder.choices).ordered;
        let mut rest = self.push(Node::Always(Truth::Unknown));
        for arm in ladder.arms.iter().rev() {
            let given = self.push(Node::Always(Truth::from(accepts(arm.rank))));
            rest = match self.arm(arm) {
                Some(condition) if ordered => self.push(Node::Arm(condition, given, rest)),
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
        let mut reached: BTreeSet<NodeId> = BTreeSet::new();
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            if !reached.insert(id) {
                continue;
            }
            match self.nodes.get(id.0 as usize) {
                Some(Node::Leaf(leaf)) => {
                    let next = leaves.len();
                    if *renamed.entry(*leaf).or_insert(next) == next {
                        leaves.extend(self.leaves.get(*leaf));
                    }
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
        let mut nodes = vec![];
        for id in reached {
            let Some(mut node) = self.nodes.get(id.0 as usize).cloned() else { continue };
            node.each_mut(&mut |child: &mut NodeId| *child = place.get(child).copied().unwrap_or(*child));
            if let Node::Leaf(leaf) = &mut node {
                *leaf = renamed.get(leaf).copied().unwrap_or(*leaf);
            }
            place.insert(id, NodeId(nodes.len() as u32));
            nodes.push(node);
        }
        let root = place.get(&root).copied().unwrap_or(root);
        let mut formula = Formula { nodes, root, leaves, asked: vec![] };
        formula.count();
        formula
    }
}

impl Node {
    fn each(&self, found: &mut impl FnMut(NodeId)) {
        match self {
            Node::Always(_) | Node::Leaf(_) => {}
            Node::Not(inner) | Node::Closed(inner) => found(*inner),
            Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts) | Node::Points(parts, _) => {
                parts.iter().for_each(|it| found(*it));
            }
            Node::Choose(a, b, c) => [a, b, c].into_iter().for_each(|it| found(*it)),
            Node::Arm(condition, given, rest) => [rest, condition, given].into_iter().for_each(|it| found(*it)),
        }
    }

    fn each_mut(&mut self, found: &mut impl FnMut(&mut NodeId)) {
        match self {
            Node::Always(_) | Node::Leaf(_) => {}
            Node::Not(inner) | Node::Closed(inner) => found(inner),
            Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts) | Node::Points(parts, _) => {
                parts.iter_mut().for_each(found);
            }
            Node::Choose(a, b, c) | Node::Arm(a, b, c) => [a, b, c].into_iter().for_each(found),
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

/// A question that the checker wrote out of `keep 1y`: all of an arm's have one place.
fn is_remembered(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::IsKnown(of) | ExprKind::Window { subject: of, .. } => of.span == expr.span,
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
                Node::Points(arms, holds) => {
                    let bit = |(at, arm): (usize, &NodeId)| usize::from(of(arm).is_true()) << at;
                    let applying: usize = arms.iter().enumerate().map(bit).sum();
                    Truth::from(holds.get(applying).copied().unwrap_or(false))
                }
                Node::Choose(condition, then, otherwise) | Node::Arm(condition, then, otherwise) => {
                    of(if of(condition).is_true() { then } else { otherwise })
                }
            };
            truths.push(truth);
        }
        truths.get(self.root.0 as usize).copied().unwrap_or(Truth::Unknown)
    }
}
