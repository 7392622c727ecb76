//! A plan made ready for lanes: from its conditions to the combinations, outputs and counts of a [`Program`].

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
    ops::Range,
    sync::Arc,
};

use foldhash::fast::RandomState;

use super::{
    conjunction::{self, Conjunction},
    doubts::doubts_of_way,
    lacks::Ways,
    literals::is_plain,
    order,
    program::{
        ALWAYS, Doubts, END_OF_LACK, END_OF_WAY, Group, Inner, Kind, Lists, Literal, NOWHERE, Program, Segment, Source,
        Wanted,
    },
    ranked::Rank,
    rounds::nodes_of,
};
use crate::{
    eval::unknown::Cause,
    ir::{Body, DefinitionId, Rulebook},
    plan::{Atom, AtomId, Node, NodeId, Plan, Slot, Step},
    schema::ColumnId,
};

/// What is looked up often.
type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;

/// What is wanted of a condition beside its number of users.
struct Output {
    kind: Kind,
    literals: Vec<Literal>,
    doubts: Doubts,
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
    /// Whether these are taken off from those that are counted of it.
    less: bool,
    /// Where the rows that lack it are kept.
    kept: Option<usize>,
    /// Each way to it: conditions that are not settled, by lane, and last whether it is known.
    ways: Vec<(Vec<u32>, u32)>,
}

impl Program {
    pub(super) fn of(rulebook: &Rulebook, plan: &Plan<'_>, wanted: &Wanted<'_>) -> Program {
        let mut assembler = Assembler {
            rulebook,
            plan,
            program: Program { lanes: 2, ..Program::default() },
            sources: HashMap::default(),
            leaves: HashMap::default(),
            inner: HashMap::default(),
            levels: vec![],
            steps: HashMap::default(),
            doubts: vec![0; plan.nodes.len()],
            lists: HashMap::default(),
            literals: vec![None; plan.atoms.len()],
        };
        assembler.sources();
        assembler.levels();
        assembler.segments(wanted);
        assembler.tell_apart();
        assembler.program
    }
}

/// A program while it is put together.
pub(super) struct Assembler<'b> {
    pub(super) rulebook: &'b Rulebook,
    pub(super) plan: &'b Plan<'b>,
    pub(super) program: Program,
    pub(super) sources: HashMap<Slot, usize>,
    pub(super) leaves: HashMap<LeafKey, usize>,
    /// The lane of a combination.
    pub(super) inner: HashMap<NodeId, u32>,
    /// By node: after how many rounds of levels, scores and values it can be answered.
    pub(super) levels: Vec<usize>,
    /// Likewise by definition.
    pub(super) steps: HashMap<DefinitionId, usize>,
    /// By node: what its literal can be in doubt about.
    pub(super) doubts: Vec<Doubts>,
    /// Conditions that a text is one of several: the lane of it, and the column.
    pub(super) lists: HashMap<NodeId, (u32, ColumnId)>,
    /// By atom: the lanes of it, once they are found.
    pub(super) literals: Vec<Option<Literal>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum LeafKey {
    Atom(AtomId),
    KnownText(ColumnId),
}

/// Some of a plan's conditions.
struct Marked(Vec<bool>);

impl Marked {
    fn of(plan: &Plan<'_>) -> Marked {
        Marked(vec![false; plan.nodes.len()])
    }

    /// One more; false where it is one of them already.
    fn add(&mut self, node: NodeId) -> bool {
        self.0.get_mut(node.0 as usize).is_some_and(|marked| !std::mem::replace(marked, true))
    }

    fn add_all(&mut self, nodes: impl Iterator<Item = NodeId>) {
        for node in nodes {
            self.add(node);
        }
    }

    fn has(&self, node: NodeId) -> bool {
        self.0.get(node.0 as usize) == Some(&true)
    }
}

/// What a condition is wanted for.
#[derive(Debug, Default)]
struct Use {
    kept: bool,
    tags: Vec<DefinitionId>,
    ladders: Vec<DefinitionId>,
}

impl<'b> Assembler<'b> {
    /// The slots that are compared, each with the lanes of its cuts.
    fn sources(&mut self) {
        let mut texts: BTreeMap<ColumnId, Vec<Arc<str>>> = BTreeMap::new();
        for atom in &self.plan.atoms {
            if let Atom::IsText(column, text) = atom {
                texts.entry(*column).or_default().push(Arc::clone(text));
            }
        }
        let mut slots: Vec<Slot> = self.plan.cuts.keys().copied().collect();
        slots.sort_unstable();
        let cuts = slots.into_iter().filter_map(|slot| Some((slot, Rank::keys(self.plan.cuts.get(&slot)?))));
        let texts = texts.into_iter().map(|(column, texts)| (Slot::Column(column), Rank::texts(texts)));
        for (slot, rank) in cuts.chain(texts) {
            let lists = self.lists(slot, &rank);
            let lane = self.program.lanes + lists.number;
            self.program.lanes = lane + rank.pieces() + 2;
            self.sources.insert(slot, self.program.sources.len());
            let doubt = self.next_doubt();
            self.program.sources.push(Source { slot, rank, lane, doubt, lists });
        }
    }

    /// The lists that the texts of a slot are compared with, whose lanes come next.
    fn lists(&mut self, slot: Slot, rank: &Rank) -> Lists {
        let Slot::Column(column) = slot else { return Lists::default() };
        let mut lists = Lists::default();
        for (at, node) in self.plan.nodes.iter().enumerate() {
            let Some(texts) = self.texts_of(node, column, rank) else { continue };
            let lane = self.program.lanes + lists.number;
            self.lists.insert(NodeId(at as u32), (lane as u32, column));
            for text in texts {
                let text = text as usize;
                lists.of_text.resize(lists.of_text.len().max(text + 1), vec![]);
                lists.of_text.iter_mut().skip(text).take(1).for_each(|of| of.push(lists.number as u32));
            }
            lists.number += 1;
        }
        lists
    }

    /// The texts of a condition that a column is one of several.
    fn texts_of(&self, node: &Node, column: ColumnId, rank: &Rank) -> Option<Vec<u32>> {
        let Node::Any(parts) = node else { return None };
        let text = |part: &NodeId| match self.node(*part)? {
            Node::Atom(atom) => match self.atom(*atom)? {
                Atom::IsText(own, text) if *own == column => rank.text(text),
                _ => None,
            },
            _ => None,
        };
        parts.iter().map(text).collect()
    }

    pub(super) fn atom(&self, id: AtomId) -> Option<&'b Atom<'b>> {
        self.plan.atoms.get(id.0 as usize)
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&'b Node> {
        self.plan.nodes.get(id.0 as usize)
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
            if let Some(here) = self.levels.get(node.0 as usize).and_then(|level| here.get_mut(*level)) {
                here.push((node, of));
            }
        }
        for (here, steps) in here.into_iter().zip(steps) {
            let segment = self.segment(here, steps);
            self.program.segments.push(segment);
        }
    }

    /// What is answered together: conditions with what is wanted of each, and the steps behind them.
    fn segment(&mut self, here: Vec<(NodeId, Use)>, steps: Vec<usize>) -> Segment {
        let mut segment = Segment { steps, ..Segment::default() };
        let needed = self.needed(here.iter().map(|(node, _)| *node));
        let mut used = Marked::of(self.plan);
        used.add_all(needed.iter().flat_map(|node| self.parts(*node)));
        // `tag a when b`: what b is to those who name it is computed before.
        used.add_all(here.iter().map(|(node, _)| *node).filter(|it| matches!(self.node(*it), Some(Node::Closed(_)))));
        self.sources_of(&mut segment, &needed);
        self.inner(&mut segment, &needed, &used);
        let here = here.into_iter().map(|(node, of)| self.output(node, used.has(node), of)).collect();
        self.outputs(&mut segment, here);
        self.known_texts(&mut segment);
        segment
    }

    /// Puts combinations that others are made of behind those that they are made of, and those that are made alike side by side.
    fn inner(&mut self, segment: &mut Segment, needed: &[NodeId], used: &Marked) {
        struct Made {
            depth: usize,
            kind: Kind,
            literals: Vec<Literal>,
            inner: Inner,
        }
        let mut depths: Vec<Option<usize>> = vec![None; self.plan.nodes.len()];
        let set = |depths: &mut Vec<Option<usize>>, node: NodeId, depth: usize| {
            depths.iter_mut().skip(node.0 as usize).take(1).for_each(|slot| *slot = Some(depth));
        };
        let mut asked: HashSet<u32, RandomState> = HashSet::default();
        let mut all: Vec<Made> = vec![];
        for node in needed.iter().copied() {
            if let Some(Node::IsUnknown(inner)) = self.node(node) {
                asked.insert(self.literal(*inner).settled());
            }
            // What is no conjunction goes by who is settled wherever it is combined.
            if matches!(self.kind(node), Some(Kind::AtLeast(_) | Kind::Choose)) {
                asked.extend(self.parts(node).map(|part| self.literal(part).settled()));
            }
            if !used.has(node) {
                continue;
            }
            let parts = self.parts(node);
            let depth = parts.filter_map(|part| *depths.get(part.0 as usize)?).max().map_or(0, |below| below + 1);
            let (kind, parts): (Kind, Vec<NodeId>) = match (self.kind(node), self.node(node)) {
                (Some(kind), _) => (kind, self.parts(node).collect()),
                // What would be turned round, or be unknown only beyond a cut, has no literal that is only ever true or false.
                (None, Some(Node::Closed(inner))) if !is_plain(&self.literal(*inner)) => (Kind::All, vec![*inner]),
                (None, _) => {
                    set(&mut depths, node, depth);
                    continue;
                }
            };
            set(&mut depths, node, depth + 1);
            let literals = parts.iter().map(|part| self.literal(*part)).collect();
            let doubts = self.doubts_of(&parts);
            let inner = Inner { lane: self.inner_lane(node), doubts, asked: false };
            all.push(Made { depth, kind, literals, inner });
        }
        // Beside what is always in doubt, something is in doubt in every block.
        let always = needed.iter().any(|node| self.doubts_of(&[*node]) & ALWAYS != 0);
        for made in &mut all {
            made.inner.asked = always || asked.contains(&(made.inner.lane + 1));
        }
        let alike: Vec<_> = all.iter().map(|made| (made.depth, made.kind, made.literals.as_slice())).collect();
        let (groups, order) = self.groups(alike, 0..0);
        segment.inner = order.into_iter().filter_map(|at| all.get(at)).map(|made| made.inner).collect();
        segment.inner_groups = groups;
    }

    /// Puts literals that are made alike side by side, in the order of the first number: groups, and the order of what is in them.
    /// `seldom` are the lanes that few blocks have anybody in.
    fn groups(&mut self, all: Vec<(usize, Kind, &[Literal])>, seldom: Range<u32>) -> (Vec<Group>, Vec<usize>) {
        let conjunctions = all.iter().map(|(_, kind, literals)| {
            let mut found = conjunction::of(*kind, literals)?;
            let first = found.lanes.first().filter(|_| found.shape.with > 0 && !found.shape.flip);
            found.shape.seldom = first.is_some_and(|first| seldom.contains(first));
            Some(found)
        });
        let conjunctions: Vec<Option<Conjunction>> = conjunctions.collect();
        let conjunction = |at: usize| conjunctions.get(at).and_then(Option::as_ref);
        let key = |at: usize| {
            let (first, kind, literals) = all.get(at)?;
            Some((*first, *kind, literals.len(), conjunction(at).map(|it| it.shape)))
        };
        let mut order: Vec<usize> = (0..all.len()).collect();
        let begins = |at: usize| all.get(at).and_then(|(_, _, literals)| literals.first()).map(|it| (it.high, it.low));
        order.sort_by_cached_key(|at| (key(*at), begins(*at)));
        let (mut groups, mut start) = (vec![], 0);
        for alike in order.chunk_by(|a, b| key(*a) == key(*b)) {
            let Some((_, kind, arity, shape)) = alike.first().and_then(|at| key(*at)) else { continue };
            let program = &mut self.program;
            groups.push(Group {
                kind,
                arity,
                literals: program.literals.len(),
                shape,
                lanes: program.conjoined.len(),
                settled: program.settled.len(),
                outputs: start..start + alike.len(),
            });
            for at in alike {
                let Some(Conjunction { lanes, settled, shape }) = conjunction(*at) else {
                    program.literals.extend(all.get(*at).into_iter().flat_map(|(_, _, literals)| literals.iter()));
                    continue;
                };
                program.conjoined.extend(lanes);
                program.settled.extend(settled);
                if shape.open.is_none() {
                    program.literals.extend(all.get(*at).into_iter().flat_map(|(_, _, literals)| literals.iter()));
                }
            }
            start += alike.len();
        }
        (groups, order)
    }

    /// Puts conditions that are made alike side by side, and among them those that begin with the same lane.
    fn outputs(&mut self, segment: &mut Segment, outputs: Vec<Output>) {
        let mut outputs = outputs;
        let sources = &self.program.sources;
        // A lane among many is seldom at hand: the next condition had better want one close to it.
        let many = |literal: &Literal| {
            let source = sources.partition_point(|source| source.first() <= literal.high as usize).checked_sub(1);
            source.and_then(|at| sources.get(at)).map_or(0, |source| source.rank.pieces())
        };
        let own = || segment.sources.iter().filter_map(|at| sources.get(*at));
        let leading = order::leading(own()).and_then(|at| own().nth(at));
        let seldom = leading.map_or(0..0, |source| source.first() as u32..source.known());
        for output in &mut outputs {
            let is_first = |it: &Literal| output.kind == Kind::All && it.flip() == 0 && seldom.contains(&it.high);
            match output.kind {
                Kind::All | Kind::Any => {
                    output.literals.sort_by_key(|it| (!is_first(it), Reverse(many(it)), it.high, it.low));
                }
                Kind::AtLeast(_) | Kind::Choose => {}
            }
        }
        let alike = outputs.iter().map(|output| (0, output.kind, output.literals.as_slice())).collect();
        let (groups, order) = self.groups(alike, seldom);
        segment.groups = groups;
        let mut outputs: Vec<Option<Output>> = outputs.into_iter().map(Some).collect();
        segment.counted = self.program.counts;
        self.program.counts += outputs.len();
        segment.lacks.first = self.program.lacks.len();
        let place = |kept: Option<usize>| kept.map_or(NOWHERE, |kept| kept as u32);
        for (at, output) in order.into_iter().filter_map(|at| outputs.get_mut(at)?.take()).enumerate() {
            let counted = segment.counted + at;
            let asked = output.asked.as_ref().map(|(_, kept)| *kept);
            segment.wants.push(self.wanted(output.kind, &output.literals));
            self.program.counted.extend(output.tags.into_iter().map(|id| (id, counted, asked)));
            segment.doubts.push(output.doubts);
            segment.kept.push(place(output.kept));
            for Lack { cause, less, kept, ways } in output.lacks {
                self.program.lacks.push((counted, cause, less));
                segment.lacks.kept.push(place(kept));
                let doubts = ways.iter().map(|(above, known)| doubts_of_way(&segment.settled, above, *known));
                segment.lacks.doubts.push(doubts.fold(0, |all, one| all | one));
                for (above, known) in ways {
                    segment.lacks.steps.extend(above.into_iter().chain([known | END_OF_WAY]));
                }
                segment.lacks.steps.iter_mut().last().into_iter().for_each(|last| *last |= END_OF_LACK);
            }
            segment.lacks.ends.push(segment.lacks.steps.len() as u32);
            segment.lacks.lasts.push(segment.lacks.doubts.len() as u32);
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

    /// Conditions and all that they are made of, each after what it is made of.
    fn needed(&self, nodes: impl Iterator<Item = NodeId>) -> Vec<NodeId> {
        let mut open: Vec<NodeId> = nodes.collect();
        let mut seen = Marked::of(self.plan);
        while let Some(node) = open.pop() {
            if seen.add(node) {
                open.extend(self.parts(node));
            }
        }
        (0..self.plan.nodes.len() as u32).map(NodeId).filter(|node| seen.has(*node)).collect()
    }

    /// What a condition is made of.
    pub(super) fn parts(&self, node: NodeId) -> impl Iterator<Item = NodeId> + use<'b> {
        let (parts, chosen): (&[NodeId], _) = match self.node(node) {
            None | Some(Node::Always(_) | Node::Atom(_)) => (&[], None),
            Some(Node::Not(inner) | Node::Closed(inner) | Node::IsUnknown(inner)) => {
                (std::slice::from_ref(inner), None)
            }
            Some(Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts)) => (parts, None),
            Some(Node::Choose(a, b, c)) => (&[], Some([*a, *b, *c])),
        };
        parts.iter().copied().chain(chosen.into_iter().flatten())
    }

    /// How a condition is combined of its parts, if it is.
    fn kind(&self, node: NodeId) -> Option<Kind> {
        match self.node(node)? {
            Node::All(_) => Some(Kind::All),
            Node::Any(_) if self.lists.contains_key(&node) => None,
            Node::Any(_) => Some(Kind::Any),
            Node::AtLeast(needed, _) => Some(Kind::AtLeast(*needed)),
            Node::Choose(..) => Some(Kind::Choose),
            Node::Always(_) | Node::Atom(_) | Node::Not(_) | Node::Closed(_) | Node::IsUnknown(_) => None,
        }
    }

    fn output(&mut self, node: NodeId, is_part: bool, of: Use) -> Output {
        let (kind, made_of): (Kind, Vec<NodeId>) = match self.kind(node) {
            Some(kind) if !is_part => (kind, self.parts(node).collect()),
            Some(_) | None => (Kind::All, vec![node]),
        };
        let literals = made_of.iter().map(|part| self.literal(*part)).collect();
        let doubts = self.doubts_of(&made_of);
        let kept = of.kept.then(|| self.keep());
        if let Some(kept) = kept {
            self.program.kept_of.insert(node, kept);
        }
        let mut output = Output { kind, literals, doubts, kept, tags: of.tags, lacks: vec![], asked: None };
        if output.tags.is_empty() && of.ladders.is_empty() {
            return output;
        }
        // Who names what decides what is said to be missing.
        let named: Vec<DefinitionId> = output.tags.iter().chain(&of.ladders).copied().collect();
        let ways = Ways::from(self, node, &named);
        let ahead = ways
            .ahead
            .into_iter()
            .flat_map(|(cause, [either, missing])| [(cause, false, either), (cause, true, missing)]);
        for (cause, less, ways) in ways.of.into_iter().map(|(cause, ways)| (cause, false, ways)).chain(ahead) {
            let kept = (!of.ladders.is_empty()).then(|| self.keep());
            if let Some(kept) = kept {
                for ladder in &of.ladders {
                    let lacks = self.program.ladders.entry(*ladder).or_default();
                    let sets = if less { &mut lacks.less } else { &mut lacks.kept };
                    sets.entry(cause).or_default().push(kept);
                }
            }
            output.lacks.push(Lack { cause, less, kept, ways });
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

    pub(super) fn known_lane(&self, slot: Slot) -> Option<u32> {
        let source = self.sources.get(&slot).and_then(|at| self.program.sources.get(*at))?;
        Some(source.known())
    }

    /// Whose texts are known is asked where it is counted what is missing.
    fn known_texts(&self, segment: &mut Segment) {
        let known = self.leaves.iter().filter(|(key, _)| matches!(key, LeafKey::KnownText(_)));
        segment.leaves.extend(known.map(|(_, at)| *at));
        segment.leaves.sort_unstable();
        segment.leaves.dedup();
    }
}
