//! Conditions as alternatives, each of which requires features to fall into certain pieces: disjunctive normal form.
//!
//! Truth has three values, so there are four things to want of a condition; negations turn one into another until they reach
//! the leaves, where each is a set of pieces. What would come to too many alternatives is answered by itself and becomes a
//! feature of its own.

use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
    sync::Arc,
};

use super::{
    feature::{Feature, FeatureId},
    lists::{Asked, Lists},
    pieces::Pieces,
};
use crate::{
    ir::{ExprKind, HasTest, Rulebook},
    plan::{Atom, AtomId, Constants, Domain, Node, NodeId, Plan, Range, Slot, Step, TruthKey, is_constant},
    schema::ColumnId,
    value::{Comparison, Type, Value},
};

/// A feature, and the pieces that it must fall into.
pub(super) type Requirement = (FeatureId, Pieces);

/// Requirements of different features, in order, all of which must hold.
pub(super) type Clause = Vec<Requirement>;

/// More alternatives than this are not written out.
const MANY: usize = 12;
/// More than these are not even compared with each other.
const FAR_TOO_MANY: usize = 128;

/// What is wanted of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    True,
    False,
    NotTrue,
    NotFalse,
}

impl Wanted {
    const ALL: [Wanted; 4] = [Wanted::True, Wanted::False, Wanted::NotTrue, Wanted::NotFalse];

    /// What is wanted of a condition where this is wanted of its negation.
    fn negated(self) -> Wanted {
        match self {
            Wanted::True => Wanted::False,
            Wanted::False => Wanted::True,
            Wanted::NotTrue => Wanted::NotFalse,
            Wanted::NotFalse => Wanted::NotTrue,
        }
    }

    /// Whether all parts of an `and` must be so, and one part of an `or`.
    fn is_upper(self) -> bool {
        matches!(self, Wanted::True | Wanted::NotFalse)
    }
}

/// A condition that is answered by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Flag {
    /// A leaf that is no comparison.
    Atom(AtomId),
    /// What would be too many alternatives.
    Node(NodeId),
}

/// What the conditions of a plan come to.
pub(super) struct Lowering<'p, 'a> {
    rulebook: &'p Rulebook,
    plan: &'p Plan<'a>,
    constants: &'p dyn Constants,
    pub(super) features: Vec<Feature>,
    slots: HashMap<Slot, FeatureId>,
    pub(super) flags: Vec<Flag>,
    flagged: HashMap<Flag, FeatureId>,
    /// The texts that the rules compare a column with.
    texts: HashMap<ColumnId, Vec<Arc<str>>>,
    pub(super) lists: Lists,
    listed: HashMap<u32, FeatureId>,
    /// Levels and layers: the condition of each arm and its rank.
    ladders: HashMap<Slot, &'p [(Option<NodeId>, u32)]>,
    /// By condition and what is wanted of it.
    found: Vec<[Option<Rc<[Clause]>>; 4]>,
}

impl<'p, 'a> Lowering<'p, 'a> {
    pub(super) fn new(rulebook: &'p Rulebook, plan: &'p Plan<'a>, constants: &'p dyn Constants) -> Lowering<'p, 'a> {
        let ladders = plan.steps.iter().filter_map(|step| match step {
            Step::Ladder(id, arms) => Some((Slot::Definition(*id), arms.as_slice())),
            Step::Condition(..) | Step::Score(..) | Step::Alias(..) | Step::Value(_) => None,
        });
        let mut lowering = Lowering {
            rulebook,
            plan,
            constants,
            features: vec![],
            slots: HashMap::new(),
            flags: vec![],
            flagged: HashMap::new(),
            texts: HashMap::new(),
            lists: Lists::default(),
            listed: HashMap::new(),
            ladders: ladders.collect(),
            found: vec![],
        };
        let mut listed: BTreeMap<ColumnId, Vec<Arc<str>>> = BTreeMap::new();
        for atom in &plan.atoms {
            if let Some((column, _, texts)) = lowering.same_text(atom) {
                lowering.texts.entry(column).or_default().extend(texts);
            }
            if let Some(asked) = Asked::of(atom, rulebook.schema.root(), constants) {
                listed.entry(asked.column).or_default().extend(asked.texts);
            }
        }
        for texts in lowering.texts.values_mut().chain(listed.values_mut()) {
            texts.sort_unstable();
            texts.dedup();
        }
        lowering.lists = Lists::of(&listed);
        lowering
    }

    /// The alternatives of which one must hold where a condition is true, of each of these conditions.
    pub(super) fn alternatives(&mut self, conditions: &[NodeId]) -> Vec<Rc<[Clause]>> {
        let mut demanded = vec![[false; 4]; self.plan.nodes.len()];
        let demand = |demanded: &mut Vec<[bool; 4]>, node: NodeId, wanted: Wanted| {
            if let Some(slot) = demanded.get_mut(node.0 as usize).and_then(|all| all.get_mut(wanted as usize)) {
                *slot = true;
            }
        };
        conditions.iter().for_each(|node| demand(&mut demanded, *node, Wanted::True));
        for at in (0..self.plan.nodes.len()).rev() {
            for wanted in Wanted::ALL {
                if is_demanded(&demanded, at, wanted) {
                    self.parts(at, wanted, &mut |node, wanted| demand(&mut demanded, node, wanted));
                }
            }
        }
        self.found = vec![[const { None }; 4]; self.plan.nodes.len()];
        for at in 0..self.plan.nodes.len() {
            for wanted in Wanted::ALL {
                if is_demanded(&demanded, at, wanted) {
                    let clauses = match self.lower(at, wanted) {
                        Some(clauses) => clauses,
                        None => self.by_itself(Flag::Node(NodeId(at as u32)), wanted),
                    };
                    if let Some(slot) = self.found.get_mut(at).and_then(|all| all.get_mut(wanted as usize)) {
                        *slot = Some(clauses.into());
                    }
                }
            }
        }
        conditions.iter().map(|node| self.get(*node, Wanted::True)).collect()
    }

    /// What a condition wants of those that it is made of.
    fn parts(&self, at: usize, wanted: Wanted, found: &mut dyn FnMut(NodeId, Wanted)) {
        match self.plan.nodes.get(at) {
            None | Some(Node::Always(_)) => {}
            Some(Node::Atom(atom)) => {
                for (node, _) in self.arms(*atom).into_iter().flatten() {
                    if let Some(node) = node {
                        found(*node, Wanted::True);
                        found(*node, Wanted::NotTrue);
                    }
                }
            }
            Some(Node::Not(inner)) => found(*inner, wanted.negated()),
            Some(Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts)) => {
                parts.iter().for_each(|part| found(*part, wanted));
            }
            Some(Node::Choose(condition, then, otherwise)) => {
                found(*condition, Wanted::True);
                found(*condition, Wanted::NotTrue);
                found(*then, wanted);
                found(*otherwise, wanted);
            }
            Some(Node::Closed(inner)) => {
                found(*inner, if wanted.is_upper() { Wanted::True } else { Wanted::NotTrue });
            }
            Some(Node::IsUnknown(inner)) => Wanted::ALL.iter().for_each(|wanted| found(*inner, *wanted)),
        }
    }

    /// The alternatives of a condition; none where there are too many.
    fn lower(&mut self, at: usize, wanted: Wanted) -> Option<Vec<Clause>> {
        match self.plan.nodes.get(at)? {
            Node::Always(truth) => Some(always(match wanted {
                Wanted::True => *truth == TruthKey::True,
                Wanted::False => *truth == TruthKey::False,
                Wanted::NotTrue => *truth != TruthKey::True,
                Wanted::NotFalse => *truth != TruthKey::False,
            })),
            Node::Atom(atom) => self.atom(*atom, wanted),
            Node::Not(inner) => Some(self.get(*inner, wanted.negated()).to_vec()),
            Node::All(parts) => self.at_least(if wanted.is_upper() { parts.len() } else { 1 }, parts, wanted),
            Node::Any(parts) => self.at_least(if wanted.is_upper() { 1 } else { parts.len() }, parts, wanted),
            Node::AtLeast(needed, parts) => {
                let needed = *needed as usize;
                // Fewer than so many hold where the others, and one more, do not.
                let needed = if wanted.is_upper() { needed } else { (parts.len() + 1).saturating_sub(needed) };
                self.at_least(needed, parts, wanted)
            }
            Node::Choose(condition, then, otherwise) => {
                let [first, second] =
                    [(Wanted::True, *then), (Wanted::NotTrue, *otherwise)].map(|(of_condition, part)| {
                        self.all(&[self.get(*condition, of_condition), self.get(part, wanted)])
                    });
                self.any(&[first?.into(), second?.into()])
            }
            Node::Closed(inner) => {
                let wanted = if wanted.is_upper() { Wanted::True } else { Wanted::NotTrue };
                Some(self.get(*inner, wanted).to_vec())
            }
            Node::IsUnknown(inner) if wanted.is_upper() => {
                self.all(&[self.get(*inner, Wanted::NotTrue), self.get(*inner, Wanted::NotFalse)])
            }
            Node::IsUnknown(inner) => self.any(&[self.get(*inner, Wanted::True), self.get(*inner, Wanted::False)]),
        }
    }

    /// So many of some conditions are as wanted.
    fn at_least(&self, needed: usize, parts: &[NodeId], wanted: Wanted) -> Option<Vec<Clause>> {
        let parts: Vec<Rc<[Clause]>> = parts.iter().map(|part| self.get(*part, wanted)).collect();
        if needed == 0 {
            return Some(always(true));
        }
        if needed == 1 {
            return self.any(&parts);
        }
        if needed >= parts.len() {
            return if needed == parts.len() { self.all(&parts) } else { Some(always(false)) };
        }
        let mut groups: Vec<Rc<[Clause]>> = vec![];
        for group in (0_u32..1 << parts.len().min(MANY)).filter(|group| group.count_ones() as usize == needed) {
            if parts.len() > MANY || groups.len() > MANY {
                return None;
            }
            let group: Vec<Rc<[Clause]>> =
                parts.iter().zip(0..).filter(|(_, at)| group >> at & 1 == 1).map(|(part, _)| part.clone()).collect();
            groups.push(self.all(&group)?.into());
        }
        self.any(&groups)
    }

    fn get(&self, node: NodeId, wanted: Wanted) -> Rc<[Clause]> {
        let found = self.found.get(node.0 as usize).and_then(|all| all.get(wanted as usize));
        found.cloned().flatten().unwrap_or_default()
    }

    /// One of them holds.
    fn any(&self, parts: &[Rc<[Clause]>]) -> Option<Vec<Clause>> {
        let mut single: BTreeMap<FeatureId, Vec<&Pieces>> = BTreeMap::new();
        let mut others: Vec<Clause> = vec![];
        for clause in parts.iter().flat_map(|part| part.iter()) {
            match clause.as_slice() {
                [] => return Some(always(true)),
                [(feature, pieces)] => single.entry(*feature).or_default().push(pieces),
                _ if others.len() > FAR_TOO_MANY => return None,
                _ => self.join(&mut others, clause.clone()),
            }
        }
        let mut clauses: Vec<Clause> = vec![];
        for (feature, pieces) in single {
            let pieces = Pieces::any_of(pieces);
            if pieces.is_all(self.count(feature)) {
                return Some(always(true));
            }
            clauses.push(vec![(feature, pieces)]);
        }
        clauses.extend(others);
        (clauses.len() <= MANY).then_some(clauses)
    }

    /// Adds an alternative; two that differ in one feature alone are one.
    fn join(&self, all: &mut Vec<Clause>, clause: Clause) {
        for other in all.iter_mut() {
            let alike = other.len() == clause.len() && other.iter().zip(&clause).all(|(a, b)| a.0 == b.0);
            let mut differing = other.iter().zip(&clause).enumerate().filter(|(_, (a, b))| a.1 != b.1);
            match (alike, differing.next(), differing.next()) {
                (true, None, _) => return,
                (true, Some((at, (a, b))), None) => {
                    let pieces = Pieces::any_of([&a.1, &b.1]);
                    // One that may be anything stays: as a requirement it is still right.
                    if let Some(requirement) = other.get_mut(at) {
                        requirement.1 = pieces;
                    }
                    return;
                }
                _ => {}
            }
        }
        all.push(clause);
    }

    /// All of them hold.
    fn all(&self, parts: &[Rc<[Clause]>]) -> Option<Vec<Clause>> {
        let mut all: Vec<Clause> = always(true);
        for part in parts {
            let mut longer: Vec<Clause> = vec![];
            for (clause, other) in all.iter().flat_map(|clause| part.iter().map(move |other| (clause, other))) {
                if let Some(both) = self.both(clause, other) {
                    self.join(&mut longer, both);
                }
                if longer.len() > MANY {
                    return None;
                }
            }
            all = longer;
        }
        Some(all)
    }

    /// The requirements of two together; none where they cannot both hold.
    fn both(&self, one: &Clause, other: &Clause) -> Option<Clause> {
        let mut both = one.clone();
        for (feature, pieces) in other {
            match both.binary_search_by_key(feature, |(feature, _)| *feature) {
                Ok(at) => {
                    let own = both.get_mut(at)?;
                    own.1 = own.1.and(pieces);
                    if own.1.is_empty() {
                        return None;
                    }
                }
                Err(at) => both.insert(at, (*feature, pieces.clone())),
            }
        }
        Some(both)
    }

    fn count(&self, feature: FeatureId) -> u32 {
        self.features.get(feature.0 as usize).map_or(0, Feature::count)
    }

    /// The alternatives of a leaf.
    fn atom(&mut self, id: AtomId, wanted: Wanted) -> Option<Vec<Clause>> {
        let atom = self.plan.atoms.get(id.0 as usize)?;
        if let Some(arms) = self.arms(id) {
            return self.of_ladder(arms, atom, wanted);
        }
        match atom {
            Atom::Range(slot, range) => {
                let feature = self.feature(*slot);
                let (holds, fails) = self.of_range(*slot, range, self.missing(feature))?;
                Some(self.required(feature, &holds, &fails, wanted))
            }
            Atom::Flag(slot) => {
                let feature = self.feature(*slot);
                Some(self.required(feature, &Pieces::of(1, 2), &Pieces::of(0, 1), wanted))
            }
            Atom::Known(slot) => {
                let feature = self.feature(*slot);
                let missing = self.missing(feature);
                Some(self.required(feature, &Pieces::of(0, missing), &Pieces::of(missing, missing + 1), wanted))
            }
            Atom::IsText(..) | Atom::OfText(..) => match self.same_text(atom) {
                Some((column, is_one, texts)) => {
                    let feature = self.feature(Slot::Column(column));
                    let missing = self.missing(feature);
                    let named = self.texts.get(&column).map_or(&[][..], Vec::as_slice);
                    let among = |piece: u32| named.get(piece as usize).is_some_and(|text| texts.contains(text));
                    let holds = Pieces::chosen(missing, |piece| among(piece) == is_one);
                    let fails = Pieces::chosen(missing, |piece| among(piece) != is_one);
                    Some(self.required(feature, &holds, &fails, wanted))
                }
                None => Some(self.by_itself(Flag::Atom(id), wanted)),
            },
            Atom::Opaque(_) => match Asked::of(atom, self.rulebook.schema.root(), self.constants) {
                Some(asked) => self.of_list(&asked, wanted),
                None => Some(self.by_itself(Flag::Atom(id), wanted)),
            },
        }
    }

    /// `interests has any of ["tea", "coffee"]`: one of them, or all, or none, is a feature as wanted.
    fn of_list(&mut self, asked: &Asked, wanted: Wanted) -> Option<Vec<Clause>> {
        let (all, wanted) = match asked.test {
            HasTest::Any => (false, wanted),
            HasTest::All => (true, wanted),
            HasTest::None => (false, wanted.negated()),
        };
        let mut parts: Vec<Rc<[Clause]>> = vec![];
        for text in &asked.texts {
            let number = self.lists.number(asked.column, text)?;
            let next = FeatureId(self.features.len() as u32);
            let feature = *self.listed.entry(number).or_insert(next);
            if feature == next {
                self.features.push(Feature::listed(number));
            }
            parts.push(self.required(feature, &Pieces::of(1, 2), &Pieces::of(0, 1), wanted).into());
        }
        if all == wanted.is_upper() { self.all(&parts) } else { self.any(&parts) }
    }

    /// The arms of the level or layer whose value a leaf asks about.
    fn arms(&self, atom: AtomId) -> Option<&'p [(Option<NodeId>, u32)]> {
        match self.plan.atoms.get(atom.0 as usize)? {
            Atom::Range(slot, _) | Atom::Known(slot) => self.ladders.get(slot).copied(),
            Atom::Flag(_) | Atom::IsText(..) | Atom::OfText(..) | Atom::Opaque(_) => None,
        }
    }

    /// `membership >= silver`: one of the arms that give such a value applies, and none above it.
    fn of_ladder(&self, arms: &[(Option<NodeId>, u32)], atom: &Atom<'_>, wanted: Wanted) -> Option<Vec<Clause>> {
        let (of_none, of_rank): (bool, Box<dyn Fn(u32) -> bool>) = match atom {
            Atom::Known(_) => (!wanted.is_upper(), Box::new(|_| wanted.is_upper())),
            Atom::Range(_, range) => {
                let is_wanted = move |rank: u32| range.holds(i128::from(rank)).is_true() == wanted.is_upper();
                (matches!(wanted, Wanted::NotTrue | Wanted::NotFalse), Box::new(is_wanted))
            }
            Atom::Flag(_) | Atom::IsText(..) | Atom::OfText(..) | Atom::Opaque(_) => return None,
        };
        let mut above: Vec<Clause> = always(true);
        let mut found: Vec<Rc<[Clause]>> = vec![];
        for (node, rank) in arms {
            let Some(node) = node else {
                if of_rank(*rank) {
                    found.push(above.into());
                }
                above = always(false);
                break;
            };
            if of_rank(*rank) {
                found.push(self.all(&[above.clone().into(), self.get(*node, Wanted::True)])?.into());
            }
            above = self.all(&[above.into(), self.get(*node, Wanted::NotTrue)])?;
        }
        if of_none {
            found.push(above.into());
        }
        self.any(&found)
    }

    /// Where a comparison holds, and where it does not.
    fn of_range(&self, slot: Slot, range: &Range, missing: u32) -> Option<(Pieces, Pieces)> {
        let cuts = self.plan.cuts.get(&slot)?;
        let inside = Pieces::of(cuts.piece(range.low), cuts.piece(range.high).min(missing));
        let outside = inside.others(missing);
        let (holds, fails) = if range.outside { (outside, inside) } else { (inside, outside) };
        let settled = Pieces::of(0, if range.has_unknown() { cuts.piece(range.unknown).min(missing) } else { missing });
        Some((holds.and(&settled), fails.and(&settled)))
    }

    /// One requirement, of the pieces of which a leaf is true and of those of which it is false.
    fn required(&self, feature: FeatureId, holds: &Pieces, fails: &Pieces, wanted: Wanted) -> Vec<Clause> {
        let count = self.count(feature);
        let pieces = match wanted {
            Wanted::True => holds.clone(),
            Wanted::False => fails.clone(),
            Wanted::NotTrue => holds.others(count),
            Wanted::NotFalse => fails.others(count),
        };
        if pieces.is_empty() || pieces.is_all(count) {
            return always(!pieces.is_empty());
        }
        vec![vec![(feature, pieces)]]
    }

    /// A condition that is a feature of its own.
    fn by_itself(&mut self, flag: Flag, wanted: Wanted) -> Vec<Clause> {
        let feature = match self.flagged.get(&flag) {
            Some(feature) => *feature,
            None => {
                let feature = FeatureId(self.features.len() as u32);
                self.features.push(Feature::flag(self.flags.len() as u32));
                self.flags.push(flag);
                self.flagged.insert(flag, feature);
                feature
            }
        };
        self.required(feature, &Pieces::of(1, 2), &Pieces::of(0, 1), wanted)
    }

    fn missing(&self, feature: FeatureId) -> u32 {
        self.features.get(feature.0 as usize).map_or(0, Feature::missing)
    }

    fn feature(&mut self, slot: Slot) -> FeatureId {
        if let Some(feature) = self.slots.get(&slot) {
            return *feature;
        }
        let ty = type_of(self.rulebook, slot);
        let texts = match slot {
            Slot::Column(column) => self.texts.get(&column).map_or(&[][..], Vec::as_slice),
            Slot::Definition(_) | Slot::Aggregate(_) => &[],
        };
        let feature = FeatureId(self.features.len() as u32);
        self.features.push(Feature::of(slot, ty, self.plan.cuts.get(&slot), texts));
        self.slots.insert(slot, feature);
        feature
    }

    /// `city = "上海"`, `city != "上海"`, `city in ["上海", "苏州"]`: the column, whether it must be one of the texts, and the texts.
    fn same_text(&self, atom: &Atom<'_>) -> Option<(ColumnId, bool, Vec<Arc<str>>)> {
        let (column, expr) = match atom {
            Atom::IsText(column, text) => return Some((*column, true, vec![text.clone()])),
            Atom::OfText(column, expr) => (column, expr),
            Atom::Range(..) | Atom::Flag(_) | Atom::Known(_) | Atom::Opaque(_) => return None,
        };
        let text = |value: &Value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        match &expr.kind {
            ExprKind::Compare { op, left, right } => {
                let is_one = match op {
                    Comparison::Equal => true,
                    Comparison::NotEqual => false,
                    Comparison::Less | Comparison::AtMost | Comparison::Greater | Comparison::AtLeast => return None,
                };
                let constant = match (&left.kind, &right.kind) {
                    (ExprKind::Column(_), _) if is_constant(right) => right,
                    (_, ExprKind::Column(_)) if is_constant(left) => left,
                    _ => return None,
                };
                Some((*column, is_one, vec![text(&self.constants.value(constant))?]))
            }
            ExprKind::In { subject, list } if matches!(subject.kind, ExprKind::Column(_)) && is_constant(list) => {
                let Value::List(values) = self.constants.value(list) else { return None };
                Some((*column, true, values.iter().map(text).collect::<Option<_>>()?))
            }
            _ => None,
        }
    }
}

/// The type of what stands in a slot.
pub(super) fn type_of(rulebook: &Rulebook, slot: Slot) -> &Type {
    match slot {
        Slot::Column(id) => &rulebook.schema.root().column(id).ty,
        Slot::Definition(id) => &rulebook.definition(id).ty,
        Slot::Aggregate(id) => &rulebook.aggregate(id).ty,
    }
}

/// The domain of what stands in a slot.
pub(super) fn domain_of(rulebook: &Rulebook, slot: Slot) -> Option<Domain> {
    Domain::of(type_of(rulebook, slot))
}

fn is_demanded(demanded: &[[bool; 4]], at: usize, wanted: Wanted) -> bool {
    demanded.get(at).and_then(|all| all.get(wanted as usize)).copied().unwrap_or(false)
}

/// Nothing is required, or nothing does.
fn always(holds: bool) -> Vec<Clause> {
    if holds { vec![vec![]] } else { vec![] }
}
