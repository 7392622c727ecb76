//! A plan made ready for lanes: where the bits of each leaf stand, and how they are combined.
//!
//! The cuts of a slot give a lane each: the rows whose value lies before that cut. A comparison is then the rows before one cut
//! that do not lie before another, and costs nothing of its own. Every condition is a [`Literal`] over lanes, negations among
//! them; only `and`, `or`, `at least` and `if` are computed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::Range,
};

use crate::{
    eval::{kernel::ranked::Rank, unknown::Cause},
    ir::{Aggregate, Body, DefinitionId, Expr, ExprKind, Over, Rulebook},
    plan::{Atom, AtomId, Node, NodeId, Plan, Slot, Step, TruthKey},
    schema::ColumnId,
};

/// The lane of no row.
pub(super) const NONE: u32 = 0;
/// The lane of all rows.
pub(super) const ALL: u32 = 1;

/// A condition in terms of lanes: rows of `high` that are none of `low` (turned round where it is flipped), of those that are
/// settled: known to be true or false. Twelve bytes, since every block of rows walks along all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) high: u32,
    pub(super) low: u32,
    /// The lane of the settled; its highest bit says whether it is flipped.
    settled: u32,
}

const FLIPPED: u32 = 1 << 31;

impl Literal {
    fn new(high: u32, low: u32, settled: u32) -> Literal {
        Literal { high, low, settled: settled & !FLIPPED }
    }

    fn flipped(self, flip: bool) -> Literal {
        Literal { settled: if flip { self.settled ^ FLIPPED } else { self.settled }, ..self }
    }

    fn with_all_settled(self) -> Literal {
        Literal { settled: self.settled & FLIPPED | ALL, ..self }
    }

    /// The lane of whom it is true or false.
    #[inline(always)]
    pub(super) fn settled(&self) -> u32 {
        self.settled & !FLIPPED
    }

    /// All ones where it is turned round.
    #[inline(always)]
    pub(super) fn flip(&self) -> u64 {
        0_u64.wrapping_sub(u64::from(self.settled >> 31))
    }
}

/// How literals are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// `and`
    All,
    /// `or`
    Any,
    /// `at least 2 of`
    AtLeast(u32),
    /// `if a then b else c`
    Choose,
}

/// Literals that are combined.
#[derive(Clone, Debug)]
pub(super) struct Combination {
    pub(super) kind: Kind,
    /// Of [`Program::literals`].
    pub(super) parts: Range<usize>,
    /// Where what comes of it stands, of whom it is true; and behind it of whom it is settled.
    pub(super) lane: u32,
}

/// Conditions that are made alike: one after the other, the processor guesses better what comes next.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) kind: Kind,
    /// How many literals each has.
    pub(super) arity: usize,
    /// Of [`Program::literals`].
    pub(super) literals: Range<usize>,
    /// Of the segment's outputs.
    pub(super) outputs: Range<usize>,
}

/// What is wanted of a condition beside its number of users.
struct Output {
    kind: Kind,
    literals: Vec<Literal>,
    /// Where its bits are kept, where they are.
    kept: Option<usize>,
    /// Tags and segments that are this condition.
    tags: Vec<DefinitionId>,
    /// What is missing where it is unknown.
    lacks: Vec<Lack>,
    /// Of which leaves the plain interpreter must be asked, and where the rows are kept.
    asked: Option<(Vec<Vec<u32>>, usize)>,
}

/// Something that may be missing.
struct Lack {
    cause: Cause,
    /// Where the rows that lack it are kept.
    kept: Option<usize>,
    /// Each way to it: conditions that are not settled, by lane, and last whether it is known.
    ways: Vec<(Vec<u32>, u32)>,
}

/// What the conditions of a segment lack where they are unknown, one after the other as the conditions stand: each step is a
/// lane whose rows are left out.
#[derive(Debug, Default)]
pub(super) struct Lacks {
    pub(super) steps: Vec<u32>,
    /// By output: where its steps end.
    pub(super) ends: Vec<u32>,
    /// By output: its first lack.
    pub(super) firsts: Vec<u32>,
    /// Where the first is counted.
    pub(super) first: usize,
    /// By lack: where its rows are kept, or [`NOWHERE`]; empty where none are.
    pub(super) kept: Vec<u32>,
}

/// The last step of a way to something missing.
pub(super) const END_OF_WAY: u32 = 1 << 30;
/// The last step of all ways to it.
pub(super) const END_OF_LACK: u32 = 1 << 31;
/// No place.
pub(super) const NOWHERE: u32 = u32::MAX;

/// Values of a slot that are ranked among its cuts.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) slot: Slot,
    pub(super) rank: Rank,
    /// The first of its lanes: no row; then the rows before each cut; those whose value is known; those whose value is not.
    pub(super) lane: usize,
}

/// A leaf whose bits are found some other way.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaf {
    Atom(AtomId),
    /// Whether a text is known.
    KnownText(ColumnId),
}

/// Conditions that can be answered together, and the definitions that come of them.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// Of [`Program::sources`].
    pub(super) sources: Vec<usize>,
    /// Of [`Program::leaves`].
    pub(super) leaves: Vec<usize>,
    /// Lanes that are all rows where nobody is in doubt.
    pub(super) settled: Vec<u32>,
    pub(super) inner: Vec<Combination>,
    /// What comes out, by how it is made.
    pub(super) groups: Vec<Group>,
    /// The first output's count.
    pub(super) counted: usize,
    /// By output: where its bits are kept, or [`NOWHERE`]; empty where none are.
    pub(super) kept: Vec<u32>,
    pub(super) lacks: Lacks,
    /// Outputs of which the plain interpreter must be asked why they are unknown: the lanes of what the leaves stand in, and
    /// where the rows are kept.
    pub(super) asked: BTreeMap<usize, (Vec<Vec<u32>>, usize)>,
    /// Of the plan's steps.
    pub(super) steps: Vec<usize>,
}

/// A level, layer, score or value among what is asked for.
#[derive(Debug, Default)]
pub(super) struct LadderLacks {
    /// Where the rows that lack something are kept, by arm.
    pub(super) kept: BTreeMap<Cause, Vec<usize>>,
    /// Where the rows stand for which the plain interpreter must be asked.
    pub(super) asked: Vec<usize>,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) lanes: usize,
    pub(super) literals: Vec<Literal>,
    pub(super) sources: Vec<Source>,
    pub(super) leaves: Vec<(Leaf, u32)>,
    pub(super) segments: Vec<Segment>,
    /// How many sets of bits are kept.
    pub(super) kept: usize,
    /// Where the bits of a condition are kept.
    pub(super) kept_of: HashMap<NodeId, usize>,
    /// Where tags and segments are counted, and where the plain interpreter must be asked why they are unknown.
    pub(super) counted: Vec<(DefinitionId, usize, Option<usize>)>,
    /// How many conditions are counted.
    pub(super) counts: usize,
    /// What each count of lacks is of: which condition, and what is missing.
    pub(super) lacks: Vec<(usize, Cause)>,
    pub(super) ladders: HashMap<DefinitionId, LadderLacks>,
}

/// What is wanted of a program.
pub(super) struct Wanted<'w> {
    /// What is evaluated.
    pub(super) asked: &'w [DefinitionId],
    /// Whether the results are looked at user by user, not only counted.
    pub(super) looked_at: bool,
}

impl Program {
    pub(super) fn of(rulebook: &Rulebook, plan: &Plan<'_>, wanted: &Wanted<'_>) -> Program {
        let mut build = Build {
            rulebook,
            plan,
            program: Program { lanes: 2, ..Program::default() },
            sources: HashMap::new(),
            leaves: HashMap::new(),
            inner: HashMap::new(),
            levels: vec![],
            steps: HashMap::new(),
        };
        build.sources();
        build.levels();
        build.segments(wanted);
        build.program
    }
}

struct Build<'b> {
    rulebook: &'b Rulebook,
    plan: &'b Plan<'b>,
    program: Program,
    sources: HashMap<Slot, usize>,
    leaves: HashMap<LeafKey, usize>,
    /// The lane of a combination.
    inner: HashMap<NodeId, u32>,
    /// By node: after how many rounds of levels, scores and values it can be answered.
    levels: Vec<usize>,
    /// Likewise by definition.
    steps: HashMap<DefinitionId, usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum LeafKey {
    Atom(AtomId),
    KnownText(ColumnId),
}

/// What a condition is wanted for.
#[derive(Clone, Debug, Default)]
struct Use {
    kept: bool,
    tags: Vec<DefinitionId>,
    ladders: Vec<DefinitionId>,
}

/// What is missing where something is unknown: ways to it through conditions that are not settled.
#[derive(Default)]
struct Ways {
    of: BTreeMap<Cause, Vec<(Vec<u32>, u32)>>,
    asked: Vec<Vec<u32>>,
}

impl Build<'_> {
    /// The slots that are compared, each with the lanes of its cuts.
    fn sources(&mut self) {
        let mut texts: BTreeMap<ColumnId, Vec<std::sync::Arc<str>>> = BTreeMap::new();
        for atom in &self.plan.atoms {
            if let Atom::IsText(column, text) = atom {
                texts.entry(*column).or_default().push(std::sync::Arc::clone(text));
            }
        }
        let mut slots: Vec<Slot> = self.plan.cuts.keys().copied().collect();
        slots.sort_unstable();
        let cuts = slots.into_iter().filter_map(|slot| Some((slot, Rank::keys(self.plan.cuts.get(&slot)?))));
        let texts = texts.into_iter().map(|(column, texts)| (Slot::Column(column), Rank::texts(texts)));
        for (slot, rank) in cuts.chain(texts) {
            let lane = self.program.lanes;
            self.program.lanes += rank.pieces() + 2;
            self.sources.insert(slot, self.program.sources.len());
            self.program.sources.push(Source { slot, rank, lane });
        }
    }

    fn atom(&self, id: AtomId) -> Option<&Atom<'_>> {
        self.plan.atoms.get(id.0 as usize)
    }

    fn node(&self, id: NodeId) -> Option<&Node> {
        self.plan.nodes.get(id.0 as usize)
    }

    /// When each node can be answered.
    fn levels(&mut self) {
        // Nodes stand after what they are made of, steps after the nodes they need; both are walked together.
        let mut steps = self.plan.steps.iter();
        self.levels = vec![0; self.plan.nodes.len()];
        let mut done = 0;
        for step in steps.by_ref() {
            let needed = nodes_of(step);
            let upto = needed.iter().map(|node| node.0 as usize + 1).max().unwrap_or(done).max(done);
            while done < upto {
                let level = self.level_of_node(done);
                if let Some(slot) = self.levels.get_mut(done) {
                    *slot = level;
                }
                done += 1;
            }
            let of_nodes = needed.iter().filter_map(|node| self.levels.get(node.0 as usize)).copied().max();
            let body = &self.rulebook.definition(step.definition()).body;
            let own = match step {
                Step::Condition(..) => 0,
                Step::Alias(_, slot) => self.level_of_slot(*slot),
                Step::Ladder(..) | Step::Score(..) | Step::Value(_) => {
                    let mut level = 0;
                    body.each_expr(&mut |expr| level = level.max(self.level_of_reads(expr)));
                    level
                }
            };
            let level = of_nodes.unwrap_or(0).max(own);
            self.steps.insert(step.definition(), level);
        }
    }

    fn level_of_node(&self, at: usize) -> usize {
        let of =
            |ids: &[NodeId]| ids.iter().filter_map(|id| self.levels.get(id.0 as usize)).copied().max().unwrap_or(0);
        match self.plan.nodes.get(at) {
            None | Some(Node::Always(_)) => 0,
            Some(Node::Not(inner) | Node::Closed(inner) | Node::IsUnknown(inner)) => of(&[*inner]),
            Some(Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts)) => of(parts),
            Some(Node::Choose(a, b, c)) => of(&[*a, *b, *c]),
            Some(Node::Atom(atom)) => match self.atom(*atom) {
                Some(Atom::Range(slot, _) | Atom::Flag(slot) | Atom::Known(slot)) => self.level_of_slot(*slot),
                Some(Atom::Opaque(expr)) => self.level_of_reads(expr),
                Some(Atom::IsText(..) | Atom::OfText(..)) | None => 0,
            },
        }
    }

    fn level_of_slot(&self, slot: Slot) -> usize {
        match slot {
            Slot::Definition(id) => self.steps.get(&id).copied().unwrap_or(0) + 1,
            Slot::Column(_) | Slot::Aggregate(_) => 0,
        }
    }

    /// After the definitions that are read by name.
    fn level_of_reads(&self, expr: &Expr) -> usize {
        let mut level = 0;
        expr.each(&mut |node| {
            if let ExprKind::Definition(id) | ExprKind::ToNext(id) = &node.kind {
                level = level.max(self.steps.get(id).copied().unwrap_or(0) + 1);
            }
        });
        level
    }

    fn segments(&mut self, wanted: &Wanted<'_>) {
        // What is kept, and what is counted, by condition.
        let needs_all = wanted.looked_at || self.is_read_by_name();
        let asked: HashSet<DefinitionId> = wanted.asked.iter().copied().collect();
        let mut outputs: BTreeMap<NodeId, Use> = BTreeMap::new();
        let rounds = self.steps.values().copied().max().map_or(0, |last| last + 1);
        let mut steps: Vec<Vec<usize>> = vec![vec![]; rounds];
        for (at, step) in self.plan.steps.iter().enumerate() {
            let round = self.steps.get(&step.definition()).and_then(|round| steps.get_mut(*round));
            round.into_iter().for_each(|steps| steps.push(at));
            match step {
                Step::Condition(id, node) => {
                    let of = outputs.entry(*node).or_default();
                    of.kept |= needs_all;
                    let is_tag = matches!(self.rulebook.definition(*id).body, Body::Tag(_) | Body::Segment(_));
                    if is_tag && asked.contains(id) {
                        of.tags.push(*id);
                    }
                }
                Step::Ladder(id, _) => {
                    for node in nodes_of(step) {
                        let of = outputs.entry(node).or_default();
                        of.kept = true;
                        of.ladders.push(*id);
                    }
                }
                Step::Score(..) => nodes_of(step).into_iter().for_each(|node| {
                    outputs.entry(node).or_default().kept = true;
                }),
                Step::Alias(..) | Step::Value(_) => {}
            }
        }
        let mut here: Vec<Vec<(NodeId, Use)>> = (0..rounds).map(|_| vec![]).collect();
        for (node, of) in outputs {
            let round = self.levels.get(node.0 as usize).and_then(|level| here.get_mut(*level));
            round.into_iter().for_each(|here| here.push((node, of.clone())));
        }
        for (here, steps) in here.into_iter().zip(steps) {
            let segment = self.segment(here, steps);
            self.program.segments.push(segment);
        }
    }

    /// What is answered together: conditions with what is wanted of each, and the steps behind them.
    fn segment(&mut self, here: Vec<(NodeId, Use)>, steps: Vec<usize>) -> Segment {
        let mut segment = Segment { steps, ..Segment::default() };
        let mut needed: BTreeSet<NodeId> = BTreeSet::new();
        here.iter().for_each(|(node, _)| self.need(*node, &mut needed));
        let mut used: BTreeSet<NodeId> = needed.iter().flat_map(|node| self.parts(*node)).collect();
        // `tag a when b`: what b is to those who name it is computed before.
        used.extend(here.iter().map(|(node, _)| *node).filter(|it| matches!(self.node(*it), Some(Node::Closed(_)))));
        for node in needed.iter().filter(|node| used.contains(*node)) {
            if let Some(combined) = self.combination(*node) {
                segment.inner.push(combined);
            }
        }
        let here = here.into_iter().map(|(node, of)| self.output(node, used.contains(&node), of)).collect();
        self.outputs(&mut segment, here);
        self.sources_of(&mut segment, &needed);
        segment
    }

    /// Puts conditions that are made alike side by side, and among them those that begin with the same lane.
    fn outputs(&mut self, segment: &mut Segment, outputs: Vec<Output>) {
        let mut outputs = outputs;
        let sources = &self.program.sources;
        // A lane among many is seldom at hand: the next condition had better want one close to it.
        let many = |literal: &Literal| {
            let source = sources.partition_point(|source| source.lane <= literal.high as usize).checked_sub(1);
            source.and_then(|at| sources.get(at)).map_or(0, |source| source.rank.pieces())
        };
        for output in &mut outputs {
            if matches!(output.kind, Kind::All | Kind::Any) {
                output.literals.sort_by_key(|it| (std::cmp::Reverse(many(it)), it.high, it.low));
            }
        }
        outputs.sort_by_key(|it| (it.kind, it.literals.len(), it.literals.first().map(|it| (it.high, it.low))));
        let mut start = 0;
        for alike in outputs.chunk_by(|a, b| (a.kind, a.literals.len()) == (b.kind, b.literals.len())) {
            let Some(first) = alike.first() else { continue };
            let from = self.program.literals.len();
            self.program.literals.extend(alike.iter().flat_map(|it| it.literals.iter().copied()));
            segment.groups.push(Group {
                kind: first.kind,
                arity: first.literals.len(),
                literals: from..self.program.literals.len(),
                outputs: start..start + alike.len(),
            });
            start += alike.len();
        }
        segment.counted = self.program.counts;
        self.program.counts += outputs.len();
        segment.lacks.first = self.program.lacks.len();
        let place = |kept: Option<usize>| kept.map_or(NOWHERE, |kept| kept as u32);
        for (at, output) in outputs.into_iter().enumerate() {
            let counted = segment.counted + at;
            let asked = output.asked.as_ref().map(|(_, kept)| *kept);
            self.program.counted.extend(output.tags.into_iter().map(|id| (id, counted, asked)));
            segment.kept.push(place(output.kept));
            segment.lacks.firsts.push((self.program.lacks.len() - segment.lacks.first) as u32);
            for Lack { cause, kept, ways } in output.lacks {
                self.program.lacks.push((counted, cause));
                segment.lacks.kept.push(place(kept));
                for (above, known) in ways {
                    segment.lacks.steps.extend(above.into_iter().chain([known | END_OF_WAY]));
                }
                segment.lacks.steps.iter_mut().last().into_iter().for_each(|last| *last |= END_OF_LACK);
            }
            segment.lacks.ends.push(segment.lacks.steps.len() as u32);
            if let Some(asked) = output.asked {
                segment.asked.insert(at, asked);
            }
        }
        for kept in [&mut segment.kept, &mut segment.lacks.kept] {
            if kept.iter().all(|it| *it == NOWHERE) {
                kept.clear();
            }
        }
    }

    /// Whether the plain interpreter reads conditions by name.
    fn is_read_by_name(&self) -> bool {
        let is_asked = |atom: &Atom<'_>| match atom {
            Atom::Opaque(_) => true,
            Atom::Flag(slot) => !matches!(slot, Slot::Column(_)),
            Atom::Range(..) | Atom::Known(_) | Atom::IsText(..) | Atom::OfText(..) => false,
        };
        let opaque = self.plan.atoms.iter().any(is_asked);
        let steps = self.plan.steps.iter().any(|step| matches!(step, Step::Value(_) | Step::Score(..)));
        let others = self.plan.cuts.keys().any(|slot| !matches!(slot, Slot::Column(_)));
        opaque || steps || others
    }

    /// A condition and all that it is made of.
    fn need(&self, node: NodeId, needed: &mut BTreeSet<NodeId>) {
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            if needed.insert(node) {
                open.extend(self.parts(node));
            }
        }
    }

    fn parts(&self, node: NodeId) -> Vec<NodeId> {
        match self.node(node) {
            None | Some(Node::Always(_) | Node::Atom(_)) => vec![],
            Some(Node::Not(inner) | Node::Closed(inner) | Node::IsUnknown(inner)) => vec![*inner],
            Some(Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts)) => parts.clone(),
            Some(Node::Choose(a, b, c)) => vec![*a, *b, *c],
        }
    }

    /// A combination that others are made of.
    fn combination(&mut self, node: NodeId) -> Option<Combination> {
        let known = self.inner.get(&node).copied();
        let (kind, parts) = match self.node(node).cloned()? {
            Node::All(parts) => (Kind::All, parts),
            Node::Any(parts) => (Kind::Any, parts),
            Node::AtLeast(needed, parts) => (Kind::AtLeast(needed), parts),
            Node::Choose(a, b, c) => (Kind::Choose, vec![a, b, c]),
            // What would be turned round, or be unknown only beyond a cut, has no literal that is only ever true or false.
            Node::Closed(inner) if !is_plain(&self.literal(inner)) => (Kind::All, vec![inner]),
            Node::Closed(_) | Node::Always(_) | Node::Atom(_) | Node::Not(_) | Node::IsUnknown(_) => return None,
        };
        let parts = self.literals(&parts);
        let lane = known.unwrap_or_else(|| {
            let lane = self.two_lanes();
            self.inner.insert(node, lane);
            lane
        });
        Some(Combination { kind, parts, lane })
    }

    fn two_lanes(&mut self) -> u32 {
        let lane = self.program.lanes as u32;
        self.program.lanes += 2;
        lane
    }

    fn literals(&mut self, parts: &[NodeId]) -> Range<usize> {
        let literals: Vec<Literal> = parts.iter().map(|part| self.literal(*part)).collect();
        let start = self.program.literals.len();
        self.program.literals.extend(literals);
        start..self.program.literals.len()
    }

    fn literal(&mut self, node: NodeId) -> Literal {
        let all = |high| Literal::new(high, NONE, ALL);
        let unknown = Literal::new(NONE, NONE, NONE);
        match self.node(node).cloned() {
            None | Some(Node::Always(TruthKey::Unknown)) => unknown,
            Some(Node::Always(TruthKey::True)) => all(ALL),
            Some(Node::Always(TruthKey::False)) => all(NONE),
            Some(Node::Not(inner)) => self.literal(inner).flipped(true),
            Some(Node::IsUnknown(inner)) => {
                let settled = self.literal(inner).settled();
                Literal::new(ALL, settled, ALL)
            }
            Some(Node::Closed(inner)) => {
                let literal = self.literal(inner);
                match (is_plain(&literal), self.inner.get(&node)) {
                    (true, _) => literal.with_all_settled(),
                    (false, Some(lane)) => all(*lane),
                    (false, None) => {
                        let lane = self.two_lanes();
                        self.inner.insert(node, lane);
                        all(lane)
                    }
                }
            }
            Some(Node::All(_) | Node::Any(_) | Node::AtLeast(..) | Node::Choose(..)) => {
                let lane = match self.inner.get(&node) {
                    Some(lane) => *lane,
                    None => {
                        let lane = self.two_lanes();
                        self.inner.insert(node, lane);
                        lane
                    }
                };
                Literal::new(lane, NONE, lane + 1)
            }
            Some(Node::Atom(atom)) => self.leaf(atom),
        }
    }

    fn leaf(&mut self, id: AtomId) -> Literal {
        let found = match self.atom(id) {
            Some(Atom::Range(slot, range)) => self.sources.get(slot).and_then(|at| {
                let (source, cuts) = (self.program.sources.get(*at)?, self.plan.cuts.get(slot)?);
                let lane = |key| source.lane as u32 + cuts.piece(key);
                let literal = Literal::new(lane(range.high), lane(range.low), lane(range.unknown));
                Some(literal.flipped(range.outside))
            }),
            Some(Atom::IsText(column, text)) => self.sources.get(&Slot::Column(*column)).and_then(|at| {
                let source = self.program.sources.get(*at)?;
                let lane = source.lane as u32;
                let piece = source.rank.text(text)?;
                let settled = lane + source.rank.pieces() as u32;
                Some(Literal::new(lane + piece + 1, lane + piece, settled))
            }),
            Some(Atom::Known(slot)) => self.sources.get(slot).and_then(|at| {
                let source = self.program.sources.get(*at)?;
                let high = (source.lane + source.rank.pieces()) as u32;
                Some(Literal::new(high, NONE, ALL))
            }),
            Some(Atom::Flag(_) | Atom::OfText(..) | Atom::Opaque(_)) | None => None,
        };
        found.unwrap_or_else(|| {
            let lane = self.own_leaf(LeafKey::Atom(id));
            Literal::new(lane, NONE, lane + 1)
        })
    }

    /// The lanes of a leaf whose bits are found some other way.
    fn own_leaf(&mut self, key: LeafKey) -> u32 {
        if let Some((_, lane)) = self.leaves.get(&key).and_then(|at| self.program.leaves.get(*at)) {
            return *lane;
        }
        let lane = self.two_lanes();
        let leaf = match key {
            LeafKey::Atom(id) => Leaf::Atom(id),
            LeafKey::KnownText(column) => Leaf::KnownText(column),
        };
        self.leaves.insert(key, self.program.leaves.len());
        self.program.leaves.push((leaf, lane));
        lane
    }

    fn output(&mut self, node: NodeId, is_part: bool, of: Use) -> Output {
        let (kind, made_of) = match (is_part, self.node(node).cloned()) {
            (false, Some(Node::All(parts))) => (Kind::All, parts),
            (false, Some(Node::Any(parts))) => (Kind::Any, parts),
            (false, Some(Node::AtLeast(needed, parts))) => (Kind::AtLeast(needed), parts),
            (false, Some(Node::Choose(a, b, c))) => (Kind::Choose, vec![a, b, c]),
            _ => (Kind::All, vec![node]),
        };
        let literals = made_of.iter().map(|part| self.literal(*part)).collect();
        let kept = of.kept.then(|| self.keep());
        if let Some(kept) = kept {
            self.program.kept_of.insert(node, kept);
        }
        let mut output = Output { kind, literals, kept, tags: of.tags, lacks: vec![], asked: None };
        if output.tags.is_empty() && of.ladders.is_empty() {
            return output;
        }
        // Who names what decides what is said to be missing.
        let named: Vec<DefinitionId> = output.tags.iter().chain(&of.ladders).copied().collect();
        let mut ways = Ways::default();
        self.ways(node, true, &[], &named, &mut ways);
        for (cause, ways) in ways.of {
            let kept = (!of.ladders.is_empty()).then(|| self.keep());
            if let Some(kept) = kept {
                for ladder in &of.ladders {
                    self.program.ladders.entry(*ladder).or_default().kept.entry(cause).or_default().push(kept);
                }
            }
            output.lacks.push(Lack { cause, kept, ways });
        }
        if !ways.asked.is_empty() {
            let kept = self.keep();
            output.asked = Some((ways.asked, kept));
            for ladder in &of.ladders {
                self.program.ladders.entry(*ladder).or_default().asked.push(kept);
            }
        }
        output
    }

    fn keep(&mut self) -> usize {
        self.program.kept += 1;
        self.program.kept - 1
    }

    /// Finds what is missing where a condition is unknown. `above` are the conditions that it stands in, by the lane of whom
    /// they are settled.
    fn ways(&mut self, node: NodeId, is_root: bool, above: &[u32], named: &[DefinitionId], ways: &mut Ways) {
        let within = |lane: u32| above.iter().copied().chain([lane]).collect::<Vec<u32>>();
        match self.node(node).cloned() {
            None | Some(Node::Always(_) | Node::Closed(_) | Node::IsUnknown(_)) => {}
            Some(Node::Not(inner)) => self.ways(inner, is_root, above, named, ways),
            Some(Node::All(_) | Node::Any(_) | Node::AtLeast(..) | Node::Choose(..)) => {
                let own = if is_root { above.to_vec() } else { within(self.literal(node).settled()) };
                for part in self.parts(node) {
                    self.ways(part, false, &own, named, ways);
                }
            }
            Some(Node::Atom(id)) => {
                let settled = self.literal(node).settled();
                match self.atom(id) {
                    Some(Atom::Range(Slot::Column(column), _) | Atom::IsText(column, _)) => {
                        let column = *column;
                        let known = self.known_lane(Slot::Column(column)).unwrap_or(settled);
                        ways.of.entry(Cause::Column(column)).or_default().push((above.to_vec(), known));
                    }
                    Some(Atom::Flag(Slot::Column(column))) => {
                        ways.of.entry(Cause::Column(*column)).or_default().push((above.to_vec(), settled));
                    }
                    Some(Atom::OfText(column, _)) => {
                        let column = *column;
                        let known = match self.known_lane(Slot::Column(column)) {
                            Some(known) => known,
                            None => self.own_leaf(LeafKey::KnownText(column)),
                        };
                        ways.of.entry(Cause::Column(column)).or_default().push((within(settled), known));
                    }
                    Some(Atom::Range(slot @ Slot::Aggregate(aggregate), _)) => {
                        let (slot, aggregate) = (*slot, *aggregate);
                        let origins = origins(self.rulebook, named, aggregate);
                        match (origins.as_slice(), self.known_lane(slot)) {
                            ([cause], Some(known)) => {
                                ways.of.entry(*cause).or_default().push((above.to_vec(), known));
                            }
                            _ => ways.asked.push(within(settled)),
                        }
                    }
                    Some(Atom::Known(_)) | None => {}
                    Some(Atom::Range(..) | Atom::Flag(_) | Atom::Opaque(_)) => ways.asked.push(within(settled)),
                }
            }
        }
    }

    fn known_lane(&self, slot: Slot) -> Option<u32> {
        let source = self.sources.get(&slot).and_then(|at| self.program.sources.get(*at))?;
        Some((source.lane + source.rank.pieces()) as u32)
    }

    /// What must be found before the conditions of a segment are combined.
    fn sources_of(&mut self, segment: &mut Segment, needed: &BTreeSet<NodeId>) {
        let (mut sources, mut leaves) = (BTreeSet::new(), BTreeSet::new());
        let mut settled: BTreeSet<u32> = BTreeSet::new();
        for node in needed {
            match self.node(*node) {
                Some(Node::Always(TruthKey::Unknown)) => {
                    settled.insert(NONE);
                }
                Some(Node::Atom(id)) => {
                    let id = *id;
                    let literal = self.leaf(id);
                    if let Some(Atom::OfText(column, _)) = self.atom(id) {
                        // Whose text is known stands beside its cuts.
                        sources.extend(self.sources.get(&Slot::Column(*column)).copied());
                    }
                    match self.leaves.get(&LeafKey::Atom(id)) {
                        Some(at) => {
                            leaves.insert(*at);
                        }
                        None => {
                            let slot = match self.atom(id) {
                                Some(Atom::Range(slot, _) | Atom::Known(slot)) => Some(*slot),
                                Some(Atom::IsText(column, _)) => Some(Slot::Column(*column)),
                                _ => None,
                            };
                            sources.extend(slot.and_then(|slot| self.sources.get(&slot)).copied());
                        }
                    }
                    settled.insert(literal.settled());
                }
                _ => {}
            }
        }
        for key in self.leaves.keys() {
            if let LeafKey::KnownText(_) = key {
                leaves.extend(self.leaves.get(key).copied());
            }
        }
        settled.remove(&ALL);
        segment.sources = sources.into_iter().collect();
        segment.leaves = leaves.into_iter().collect();
        segment.settled = settled.into_iter().collect();
    }
}

/// Whether what a literal is true of are rows of `high` alone that are known: then it needs no other to be closed.
fn is_plain(literal: &Literal) -> bool {
    // Rows before a cut are known; those before the cut of the unknown are told by the lane of the unknown alone.
    literal.flip() == 0 && literal.high <= literal.settled()
}

/// The conditions that a step needs.
fn nodes_of(step: &Step) -> Vec<NodeId> {
    match step {
        Step::Condition(_, node) => vec![*node],
        Step::Ladder(_, arms) => arms.iter().filter_map(|(node, _)| *node).collect(),
        Step::Score(_, arms) => arms.clone(),
        Step::Alias(..) | Step::Value(_) => vec![],
    }
}

/// What is said to be missing where a question over many rows has no answer: the `let` that asks it, or whose rows.
fn origins(rulebook: &Rulebook, named: &[DefinitionId], wanted: crate::ir::AggregateId) -> Vec<Cause> {
    let aggregate = rulebook.aggregate(wanted);
    if !is_plain_question(aggregate) {
        return vec![];
    }
    let mut causes: BTreeSet<Cause> = BTreeSet::new();
    let (mut seen, mut open) = (BTreeSet::new(), vec![]);
    let mut look = |expr: &Expr, inside: Option<DefinitionId>, open: &mut Vec<DefinitionId>| {
        expr.each(&mut |node| match &node.kind {
            ExprKind::Aggregate(id) | ExprKind::Reached(id, _) if *id == wanted => {
                let asked = match aggregate.over {
                    Over::Children(table) => Cause::Children(table),
                    Over::Users => Cause::Users,
                };
                causes.insert(inside.map_or(asked, Cause::Definition));
            }
            ExprKind::Definition(id) | ExprKind::ToNext(id) => open.push(*id),
            _ => {}
        });
    };
    for id in named {
        rulebook.definition(*id).body.each_expr(&mut |expr| look(expr, None, &mut open));
    }
    let mut funnels = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        match &rulebook.definition(id).body {
            Body::Tag(_) | Body::Segment(_) => {}
            Body::Funnel(_, aggregate) if *aggregate == wanted => {
                funnels.insert(Cause::Definition(id));
            }
            body => body.each_expr(&mut |expr| look(expr, Some(id), &mut open)),
        }
    }
    causes.extend(funnels);
    causes.into_iter().collect()
}

/// Whether nothing of the user's own can be missing for it.
fn is_plain_question(aggregate: &Aggregate) -> bool {
    aggregate.per.is_empty() && !aggregate.is_rank()
}
