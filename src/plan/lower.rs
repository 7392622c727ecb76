//! From typed trees to leaves and combinations of them, each distinct one once.

use std::{collections::BTreeSet, hash::BuildHasher, sync::Arc};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::{
    ir::{Body, Choice, DefinitionId, Expr, ExprKind, Ladder, Over, Quorum, Rulebook, TimeWindow},
    plan::{Atom, AtomId, Cuts, Domain, Node, NodeId, Plan, Range, Slot, Step, TruthKey, is_condition},
    schema::{ColumnId, TableId},
    value::{Comparison, MomentType, Truth, Type, UpperEnd, Value, Zone, time::Window},
};

/// The values of constants at one as-of.
pub trait Constants {
    /// The value of an expression that reads nothing of the user's.
    fn value(&self, expr: &Expr) -> Value;
    /// The two instants that a time condition comes to.
    fn window(&self, window: &TimeWindow, kind: MomentType) -> Option<Window>;
    /// `now` for a type of moment, less a duration: where an age of that much begins.
    fn ago(&self, duration: &Value, kind: MomentType) -> Option<Value>;
    /// `now` for a type of moment.
    fn now(&self, kind: MomentType) -> Value;
    /// The rulebook's zone.
    fn zone(&self) -> &Zone;
}

pub(super) fn plan<'a>(
    rulebook: &'a Rulebook,
    definitions: &BTreeSet<DefinitionId>,
    constants: &dyn Constants,
) -> Plan<'a> {
    let mut lowering = Lowering::new(rulebook, constants, None, 2 * definitions.len());
    for id in rulebook.order.iter().filter(|id| definitions.contains(id)) {
        lowering.definition(*id);
    }
    let mut plan = lowering.plan;
    plan.cuts.values_mut().for_each(Cuts::sort);
    plan
}

/// Conditions of clauses over the same rows: for each of some lists the condition that all of it holds, none of an empty one.
pub(super) fn clauses<'a>(
    rulebook: &'a Rulebook,
    over: Over,
    lists: &[Vec<&'a Expr>],
    constants: &dyn Constants,
) -> (Plan<'a>, Vec<Option<NodeId>>) {
    let mut lowering = Lowering::new(rulebook, constants, Some(over), lists.len());
    let mut all_of = |all: &Vec<&'a Expr>| {
        let mut nodes: Vec<NodeId> = vec![];
        for expr in all {
            let node = lowering.condition(expr);
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        (!nodes.is_empty()).then(|| lowering.node(Node::All(nodes)))
    };
    let nodes = lists.iter().map(&mut all_of).collect();
    (lowering.plan, nodes)
}

/// What is told apart by what it is.
type Told<K, V> = std::collections::HashMap<K, V, RandomState>;

struct Lowering<'a, 'c> {
    rulebook: &'a Rulebook,
    constants: &'c dyn Constants,
    /// The rows that clauses ask about; none where definitions are lowered.
    over: Option<Over>,
    plan: Plan<'a>,
    /// Those of [`Atom::Range`].
    ranges: HashTable<AtomId>,
    /// Flags, and what is known.
    leaves: Told<(Slot, bool), AtomId>,
    /// Conditions on texts, by what they say.
    texts: Told<String, AtomId>,
    /// Columns that are one text.
    same: Told<(ColumnId, Arc<str>), AtomId>,
    /// Those that are no leaf by itself.
    nodes: HashTable<NodeId>,
    /// By leaf: the node that it is by itself.
    of_atoms: Vec<Option<NodeId>>,
    /// How ranges and nodes are told apart, which stand in the plan only.
    hash: RandomState,
    conditions: Told<DefinitionId, NodeId>,
    aliases: Told<DefinitionId, Slot>,
}

impl<'a, 'c> Lowering<'a, 'c> {
    /// There is memory for about so many leaves and nodes at once.
    fn new(rulebook: &'a Rulebook, constants: &'c dyn Constants, over: Option<Over>, about: usize) -> Lowering<'a, 'c> {
        let plan = Plan {
            atoms: Vec::with_capacity(about),
            nodes: Vec::with_capacity(about),
            steps: vec![],
            cuts: std::collections::HashMap::new(),
        };
        Lowering {
            rulebook,
            constants,
            over,
            plan,
            ranges: HashTable::with_capacity(about),
            leaves: Told::default(),
            texts: Told::default(),
            same: Told::default(),
            nodes: HashTable::with_capacity(about),
            of_atoms: vec![],
            hash: RandomState::default(),
            conditions: Told::default(),
            aliases: Told::default(),
        }
    }

    fn definition(&mut self, id: DefinitionId) {
        let body = &self.rulebook.definition(id).body;
        let step = match body {
            Body::Tag(expr) | Body::Segment(expr) => {
                let node = self.condition(expr);
                self.conditions.insert(id, node);
                Step::Condition(id, node)
            }
            Body::Let(expr) if is_condition(body) => {
                let node = self.condition(expr);
                self.conditions.insert(id, node);
                Step::Condition(id, node)
            }
            Body::Let(expr) => match self.slot(expr) {
                Some(slot) => {
                    self.aliases.insert(id, slot);
                    Step::Alias(id, slot)
                }
                None => Step::Value(id),
            },
            Body::Funnel(_, aggregate) => {
                self.aliases.insert(id, Slot::Aggregate(*aggregate));
                Step::Alias(id, Slot::Aggregate(*aggregate))
            }
            Body::Level(ladder) | Body::Layer(ladder) => Step::Ladder(id, self.ladder(ladder)),
            Body::Score(score) => {
                let arms = score.arms.iter().map(|arm| self.condition(&arm.condition)).collect();
                Step::Score(id, arms)
            }
        };
        self.plan.steps.push(step);
    }

    fn ladder(&mut self, ladder: &'a Ladder) -> Vec<(Option<NodeId>, u32)> {
        let arm = |arm: &'a crate::ir::Arm| {
            let condition = match &arm.choice {
                Choice::From { condition, .. } | Choice::When(condition) => Some(self.condition(condition)),
                Choice::Otherwise => None,
            };
            (condition, arm.rank)
        };
        ladder.arms.iter().map(arm).collect()
    }

    fn condition(&mut self, expr: &'a Expr) -> NodeId {
        match &expr.kind {
            ExprKind::Or(all) => {
                let all = self.conditions_of(all);
                self.node(Node::Any(all))
            }
            ExprKind::And(all) => {
                let all = self.conditions_of(all);
                self.node(Node::All(all))
            }
            ExprKind::Not(inner) => {
                let inner = self.condition(inner);
                self.not(inner)
            }
            ExprKind::Quorum { quorum, conditions } => {
                let all = self.conditions_of(conditions);
                match quorum {
                    Quorum::All => self.node(Node::All(all)),
                    Quorum::Any => self.node(Node::Any(all)),
                    Quorum::None => {
                        let any = self.node(Node::Any(all));
                        self.not(any)
                    }
                    // Here one that is asked twice counts twice.
                    Quorum::AtLeast(needed) => {
                        let all = conditions.iter().map(|it| self.condition(it)).collect();
                        self.node(Node::AtLeast(*needed, all))
                    }
                }
            }
            ExprKind::If { condition, then, otherwise } => {
                let parts = (self.condition(condition), self.condition(then), self.condition(otherwise));
                self.node(Node::Choose(parts.0, parts.1, parts.2))
            }
            ExprKind::Definition(id) => match (self.conditions.get(id).copied(), &self.rulebook.definition(*id).body) {
                (Some(node), Body::Tag(_) | Body::Segment(_)) => self.node(Node::Closed(node)),
                (Some(node), _) => node,
                // Its value is known by then, and closed.
                (None, body) if self.over.is_some() && is_condition(body) => {
                    let atom = self.flag(Slot::Definition(*id));
                    self.node(Node::Atom(atom))
                }
                (None, _) => self.opaque(expr),
            },
            ExprKind::IsMissing(operand) => {
                let known = self.is_known(operand);
                match known {
                    Some(known) => self.not(known),
                    None => self.opaque(expr),
                }
            }
            ExprKind::IsKnown(operand) => self.is_known(operand).unwrap_or_else(|| self.opaque(expr)),
            _ if is_constant(expr) => {
                let truth = Truth::of(&self.constants.value(expr));
                self.node(Node::Always(truth.into()))
            }
            _ => self.leaf(expr),
        }
    }

    fn conditions_of(&mut self, all: &'a [Expr]) -> Vec<NodeId> {
        let mut nodes: Vec<NodeId> = vec![];
        for expr in all {
            let node = self.condition(expr);
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        nodes
    }

    fn not(&mut self, inner: NodeId) -> NodeId {
        match self.plan.nodes.get(inner.0 as usize) {
            Some(Node::Not(twice)) => *twice,
            _ => self.node(Node::Not(inner)),
        }
    }

    fn is_known(&mut self, operand: &'a Expr) -> Option<NodeId> {
        if let Some(slot) = self.slot(operand) {
            let atom = self.known(slot);
            return Some(self.node(Node::Atom(atom)));
        }
        if operand.ty == Type::Bool {
            let node = self.condition(operand);
            let unknown = self.node(Node::IsUnknown(node));
            return Some(self.not(unknown));
        }
        None
    }

    /// A condition that is made of no others.
    fn leaf(&mut self, expr: &'a Expr) -> NodeId {
        if let Some(slot) = self.slot(expr) {
            let atom = self.flag(slot);
            return self.node(Node::Atom(atom));
        }
        if let Some(node) = self.compared(expr) {
            return node;
        }
        if let Some(node) = self.is_text(expr) {
            return node;
        }
        if let Some(column) = only_text(expr, self.rulebook, self.over) {
            let Some(same) = alike(expr) else { return self.atom(Atom::OfText(column, expr)) };
            if let Some(atom) = self.texts.get(&same) {
                let atom = *atom;
                return self.node(Node::Atom(atom));
            }
            let atom = self.new_atom(Atom::OfText(column, expr));
            self.texts.insert(same, atom);
            return self.node(Node::Atom(atom));
        }
        self.opaque(expr)
    }

    /// A comparison of a slot with constants.
    fn compared(&mut self, expr: &'a Expr) -> Option<NodeId> {
        let zone = self.constants.zone();
        match &expr.kind {
            ExprKind::Compare { op, left, right } => {
                let (op, subject, constant) = match (self.ranked(left), is_constant(right)) {
                    (Some(slot), true) => (*op, slot, right),
                    _ => (op.mirrored(), self.ranked(right).filter(|_| is_constant(left))?, left),
                };
                let range = subject.1.compared(op, &self.constants.value(constant), zone)?;
                Some(self.range(subject.0, range))
            }
            ExprKind::Between { subject, low, high, upper } if is_constant(low) && is_constant(high) => {
                let (slot, domain) = self.ranked(subject)?;
                let (low, high) = (self.constants.value(low), self.constants.value(high));
                let range = domain.between(&low, &high, *upper, zone)?;
                Some(self.range(slot, range))
            }
            ExprKind::Window { subject, window } if is_constant_window(window) => {
                let (slot, domain) = self.ranked(subject)?;
                let kind = moments(&subject.ty)?;
                let range = domain.window(&self.constants.window(window, kind)?)?;
                Some(self.range(slot, range))
            }
            ExprKind::CompareAge { op, moment, duration } if is_constant(duration) => {
                let (slot, domain) = self.ranked(moment)?;
                let kind = moments(&moment.ty)?;
                let ago = self.constants.ago(&self.constants.value(duration), kind)?;
                let range = domain.compared(op.mirrored(), &ago, zone)?;
                let unknown = domain.key(&self.constants.now(kind))? + 1;
                Some(self.range(slot, Range { unknown, ..range }))
            }
            ExprKind::AgeBetween { moment, low, high, upper } if is_constant(low) && is_constant(high) => {
                let (slot, domain) = self.ranked(moment)?;
                let kind = moments(&moment.ty)?;
                let ago = |duration: &Expr| self.constants.ago(&self.constants.value(duration), kind);
                let not_older = match upper {
                    UpperEnd::Included => Comparison::AtLeast,
                    UpperEnd::Excluded => Comparison::Greater,
                };
                let young = domain.compared(not_older, &ago(high)?, zone)?;
                let old = domain.compared(Comparison::AtMost, &ago(low)?, zone)?;
                let unknown = domain.key(&self.constants.now(kind))? + 1;
                let range = Range { low: young.low, high: old.high.max(young.low), unknown, outside: false };
                Some(self.range(slot, range))
            }
            ExprKind::In { subject, list } if is_constant(list) => {
                let (slot, domain) = self.ranked(subject)?;
                let Value::List(values) = self.constants.value(list) else { return None };
                let ranges: Option<Vec<Range>> =
                    values.iter().map(|value| domain.compared(Comparison::Equal, value, zone)).collect();
                let ranges = ranges?;
                let any = ranges.into_iter().map(|range| self.range(slot, range)).collect();
                Some(self.node(Node::Any(any)))
            }
            _ => None,
        }
    }

    /// A column of texts that is a constant, or one of a few.
    fn is_text(&mut self, expr: &'a Expr) -> Option<NodeId> {
        match &expr.kind {
            ExprKind::Compare { op: op @ (Comparison::Equal | Comparison::NotEqual), left, right } => {
                let (subject, constant) = if is_constant(right) { (left, right) } else { (right, left) };
                let column = self.text_column(subject).filter(|_| is_constant(constant))?;
                let Value::Text(text) = self.constants.value(constant) else { return None };
                let same = self.same_text(column, text);
                Some(if *op == Comparison::Equal { same } else { self.not(same) })
            }
            ExprKind::In { subject, list } if is_constant(list) => {
                let column = self.text_column(subject)?;
                let Value::List(values) = self.constants.value(list) else { return None };
                if values.is_empty() || values.len() > FEW_TEXTS {
                    return None;
                }
                let texts: Option<BTreeSet<Arc<str>>> = values.iter().map(text_of).collect();
                let any = texts?.into_iter().map(|text| self.same_text(column, text)).collect();
                Some(self.node(Node::Any(any)))
            }
            _ => None,
        }
    }

    fn same_text(&mut self, column: ColumnId, text: Arc<str>) -> NodeId {
        let known = self.same.get(&(column, Arc::clone(&text))).copied();
        let atom = known.unwrap_or_else(|| {
            let atom = self.new_atom(Atom::IsText(column, Arc::clone(&text)));
            self.same.insert((column, text), atom);
            atom
        });
        self.node(Node::Atom(atom))
    }

    fn text_column(&self, expr: &Expr) -> Option<ColumnId> {
        match self.slot(expr) {
            Some(Slot::Column(id)) if expr.ty == Type::Text => Some(id),
            _ => None,
        }
    }

    /// A slot whose values have keys.
    fn ranked(&self, expr: &Expr) -> Option<(Slot, Domain)> {
        // A number that was widened compares as it is: exactly, or beside a float as the nearest float.
        let domain = Domain::of(&expr.ty)?;
        Some((self.slot(expr)?, domain))
    }

    /// The slot that an expression is.
    fn slot(&self, expr: &Expr) -> Option<Slot> {
        match &expr.kind {
            ExprKind::Column(id) => Some(Slot::Column(match self.over {
                Some(Over::Children(table)) => behind(self.rulebook, table, *id),
                Some(Over::Users) | None => *id,
            })),
            ExprKind::ChildColumn(id) => Some(Slot::Column(*id)),
            ExprKind::Aggregate(id) => Some(Slot::Aggregate(*id)),
            ExprKind::Definition(id) => match self.aliases.get(id) {
                Some(slot) => Some(*slot),
                None if is_condition(&self.rulebook.definition(*id).body) => None,
                None => Some(Slot::Definition(*id)),
            },
            _ => None,
        }
    }

    fn range(&mut self, slot: Slot, range: Range) -> NodeId {
        let of = |atoms: &[Atom<'_>], id: AtomId| match atoms.get(id.0 as usize) {
            Some(Atom::Range(slot, range)) => Some((*slot, *range)),
            _ => None,
        };
        let (wanted, atoms) = (Some((slot, range)), &self.plan.atoms);
        let hash = self.hash.hash_one(wanted);
        if let Some(atom) = self.ranges.find(hash, |id| of(atoms, *id) == wanted).copied() {
            return self.node(Node::Atom(atom));
        }
        self.plan.cuts.entry(slot).or_default().add(&range);
        let atom = self.new_atom(Atom::Range(slot, range));
        let (atoms, state) = (&self.plan.atoms, &self.hash);
        self.ranges.insert_unique(hash, atom, |id| state.hash_one(of(atoms, *id)));
        self.node(Node::Atom(atom))
    }

    fn flag(&mut self, slot: Slot) -> AtomId {
        if let Some(atom) = self.leaves.get(&(slot, true)) {
            return *atom;
        }
        let atom = self.new_atom(Atom::Flag(slot));
        self.leaves.insert((slot, true), atom);
        atom
    }

    fn known(&mut self, slot: Slot) -> AtomId {
        if let Some(atom) = self.leaves.get(&(slot, false)) {
            return *atom;
        }
        let atom = self.new_atom(Atom::Known(slot));
        self.leaves.insert((slot, false), atom);
        atom
    }

    fn opaque(&mut self, expr: &'a Expr) -> NodeId {
        self.atom(Atom::Opaque(expr))
    }

    fn atom(&mut self, atom: Atom<'a>) -> NodeId {
        let atom = self.new_atom(atom);
        self.node(Node::Atom(atom))
    }

    fn new_atom(&mut self, atom: Atom<'a>) -> AtomId {
        self.plan.atoms.push(atom);
        AtomId(self.plan.atoms.len() as u32 - 1)
    }

    fn node(&mut self, node: Node) -> NodeId {
        let node = match node {
            Node::All(all) | Node::Any(all) if all.len() == 1 => match all.first() {
                Some(only) => return *only,
                None => Node::Always(TruthKey::True),
            },
            other => other,
        };
        if let Node::Atom(atom) = node {
            return self.atom_alone(atom);
        }
        let (nodes, hash) = (&self.plan.nodes, self.hash.hash_one(&node));
        if let Some(id) = self.nodes.find(hash, |id| nodes.get(id.0 as usize) == Some(&node)) {
            return *id;
        }
        let id = NodeId(self.plan.nodes.len() as u32);
        self.plan.nodes.push(node);
        let (nodes, state) = (&self.plan.nodes, &self.hash);
        self.nodes.insert_unique(hash, id, |id| nodes.get(id.0 as usize).map_or(0, |node| state.hash_one(node)));
        id
    }

    fn atom_alone(&mut self, atom: AtomId) -> NodeId {
        let at = atom.0 as usize;
        if let Some(Some(id)) = self.of_atoms.get(at) {
            return *id;
        }
        let id = NodeId(self.plan.nodes.len() as u32);
        self.plan.nodes.push(Node::Atom(atom));
        self.of_atoms.resize(self.of_atoms.len().max(at + 1), None);
        self.of_atoms.iter_mut().skip(at).take(1).for_each(|slot| *slot = Some(id));
        id
    }
}

/// Texts of a list that are compared one by one; in more of them each text is looked up.
const FEW_TEXTS: usize = 32;

fn text_of(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::Text(text) => Some(Arc::clone(text)),
        _ => None,
    }
}

/// Whether an expression reads nothing of the user's.
pub(crate) fn is_constant(expr: &Expr) -> bool {
    let mut constant = !matches!(
        expr.kind,
        ExprKind::Column(_)
            | ExprKind::ChildColumn(_)
            | ExprKind::Aggregate(_)
            | ExprKind::Reached(..)
            | ExprKind::Definition(_)
            | ExprKind::ToNext(_)
    );
    expr.each_child(&mut |child| constant = constant && is_constant(child));
    constant
}

fn is_constant_window(window: &TimeWindow) -> bool {
    match window {
        TimeWindow::Ago { near, far, .. } => is_constant(near) && is_constant(far),
        TimeWindow::Within(length) | TimeWindow::WithinNext(length) => is_constant(length),
        TimeWindow::During(_) => true,
    }
}

fn moments(ty: &Type) -> Option<MomentType> {
    match ty {
        Type::Date => Some(MomentType::Date),
        Type::Timestamp => Some(MomentType::Timestamp),
        _ => None,
    }
}

/// A user's column among those of a child row: it stands behind them.
pub(super) fn behind(rulebook: &Rulebook, table: TableId, id: ColumnId) -> ColumnId {
    ColumnId(rulebook.schema.table(table).columns.len() as u32 + id.0)
}

/// The one column that an expression reads, if it is one of texts; in a clause over children, of theirs.
fn only_text(expr: &Expr, rulebook: &Rulebook, over: Option<Over>) -> Option<ColumnId> {
    let table = match over {
        Some(Over::Children(table)) => table,
        Some(Over::Users) | None => rulebook.schema.root,
    };
    let of_children = table != rulebook.schema.root;
    let mut columns = BTreeSet::new();
    let mut others = false;
    expr.each(&mut |node| match &node.kind {
        ExprKind::ChildColumn(id) if of_children => {
            columns.insert(*id);
        }
        ExprKind::Column(id) if !of_children => {
            columns.insert(*id);
        }
        ExprKind::Column(_)
        | ExprKind::ChildColumn(_)
        | ExprKind::Aggregate(_)
        | ExprKind::Reached(..)
        | ExprKind::Definition(_)
        | ExprKind::ToNext(_) => others = true,
        _ => {}
    });
    let only = columns.first().copied().filter(|_| columns.len() == 1 && !others)?;
    (rulebook.schema.table(table).column(only).ty == Type::Text).then_some(only)
}

/// What a simple condition on texts says, wherever it stands; none of those that are seldom written twice.
fn alike(expr: &Expr) -> Option<String> {
    Some(match &expr.kind {
        ExprKind::Column(id) | ExprKind::ChildColumn(id) => format!("c{}", id.0),
        ExprKind::Constant(value) => format!("{value:?}"),
        ExprKind::Compare { op, left, right } => format!("({} {op:?} {})", alike(left)?, alike(right)?),
        ExprKind::Text { test, subject, argument } => format!("({} {test:?} {})", alike(subject)?, alike(argument)?),
        ExprKind::In { subject, list } => format!("({} in {})", alike(subject)?, alike(list)?),
        ExprKind::List(all) => all.iter().map(alike).collect::<Option<Vec<String>>>()?.join(","),
        _ => return None,
    })
}
