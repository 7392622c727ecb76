//! The columnar evaluation: some thousand users at a time, sixty-four a word.
//!
//! Every distinct leaf of the rulebook is answered once for all of them, then every distinct combination of leaves by operations on
//! words. Each condition has two sets of bits, of whom it is true and of whom it is false; where no value is missing the second
//! is the rest. Leaves that are no comparison are answered once for each different text, or row by row by the plain interpreter, against
//! which all of this is held.

mod bits;
mod counts;
mod pieces;

pub use counts::Spread;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    column::{Batch, Column, Data},
    eval::{Answers, Context, Interpreter, Overlap, reference::Known},
    ir::{AggregateFunction, AggregateId, Body, DefinitionId, Expr, ExprKind, TimeWindow},
    plan::{Atom, AtomId, Constants, Node, NodeId, Plan, Slot, Step, TruthKey},
    schema::ColumnId,
    value::{
        Moment, MomentType, Truth, Type, Value, Zone, number,
        time::{Direction, Window},
    },
};
use pieces::{Codes, Pieces};

/// A rulebook ready to be asked about many users at one as-of. Shared between threads as it is.
#[derive(Debug)]
pub struct Kernel<'a> {
    interpreter: Interpreter<'a>,
    plan: Plan<'a>,
    pieces: HashMap<Slot, Pieces>,
    /// Funnels that are asked for.
    funnels: Vec<AggregateId>,
    /// Levels whose next arm is asked for.
    to_next: BTreeSet<DefinitionId>,
    /// Definitions that are conditions.
    conditions: HashMap<DefinitionId, NodeId>,
    /// Definitions that are something else under a name of their own.
    aliases: HashMap<DefinitionId, Slot>,
}

/// The users that are asked about together: a batch of a file, or some of everybody.
pub trait Frame: std::fmt::Debug + Sync {
    /// How many.
    fn rows(&self) -> usize;
    /// How many columns they may have.
    fn columns(&self) -> usize;
    /// A column, and where in it the first of them stands: a multiple of 64.
    fn column(&self, id: ColumnId) -> Option<(&Column, usize)>;
    /// The answer of a question over many rows.
    fn aggregate(&self, id: AggregateId, row: usize) -> Value;
    /// The same of all rows, where it stands in a column.
    fn aggregates(&self, id: AggregateId) -> Option<(&Column, usize)>;
    /// When the furthest step of a funnel was last reached.
    fn reached(&self, id: AggregateId, row: usize) -> Value;
}

/// Some rows of a batch, the first at a multiple of 64; they ask about no rows but their own.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'b> {
    batch: &'b Batch,
    start: usize,
    rows: usize,
}

impl<'b> Slice<'b> {
    /// A batch in slices of so many rows, a multiple of 64.
    pub fn all(batch: &'b Batch, rows: usize) -> impl Iterator<Item = Slice<'b>> {
        let starts = (0..batch.rows).step_by(rows.max(64));
        starts.map(move |start| Slice { batch, start, rows: rows.min(batch.rows - start) })
    }

    /// Where in the batch it begins.
    pub fn start(&self) -> usize {
        self.start
    }
}

impl Frame for Slice<'_> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> usize {
        self.batch.columns.len()
    }

    fn column(&self, id: ColumnId) -> Option<(&Column, usize)> {
        self.batch.column(id).map(|column| (column, self.start))
    }

    fn aggregate(&self, _: AggregateId, _: usize) -> Value {
        Value::Missing
    }

    fn aggregates(&self, _: AggregateId) -> Option<(&Column, usize)> {
        None
    }

    fn reached(&self, _: AggregateId, _: usize) -> Value {
        Value::Missing
    }
}

/// Of whom a condition is true, and of whom false; the others do not know.
#[derive(Clone, Copy, Debug)]
struct Bits<'b> {
    yes: &'b [u64],
    /// None where nobody is unknown: then it is all that are not `yes`.
    no: Option<&'b [u64]>,
}

/// The bits of all conditions, one after the other in one piece of memory.
#[derive(Debug, Default)]
struct Arena {
    words: usize,
    yes: Vec<u64>,
    no: Vec<u64>,
    /// Of which conditions somebody is unknown.
    open: Vec<bool>,
}

impl Arena {
    fn new(nodes: usize, words: usize) -> Arena {
        Arena { words, yes: vec![0; nodes * words], no: vec![], open: vec![false; nodes] }
    }

    fn get(&self, id: NodeId) -> Option<Bits<'_>> {
        let from = id.0 as usize * self.words;
        let yes = self.yes.get(from..from + self.words)?;
        let open = self.open.get(id.0 as usize).copied().unwrap_or(false);
        let no = if open { self.no.get(from..from + self.words) } else { None };
        Some(Bits { yes, no })
    }

    /// What stands before a condition, and where its own bits go.
    fn at(&mut self, id: usize) -> (Before<'_>, &mut [u64]) {
        let from = (id * self.words).min(self.yes.len());
        let (yes, rest) = self.yes.split_at_mut(from);
        let own = rest.get_mut(..self.words).unwrap_or_default();
        (Before { words: self.words, yes, no: &self.no, open: &self.open }, own)
    }

    /// Says of whom a condition is false, where somebody is unknown.
    fn set_no(&mut self, id: usize, no: &[u64]) {
        if self.no.is_empty() {
            self.no = vec![0; self.yes.len()];
        }
        let from = id * self.words;
        if let (Some(slot), Some(open)) = (self.no.get_mut(from..from + self.words), self.open.get_mut(id)) {
            slot.copy_from_slice(no);
            *open = true;
        }
    }
}

/// Conditions that are answered.
struct Before<'b> {
    words: usize,
    yes: &'b [u64],
    no: &'b [u64],
    open: &'b [bool],
}

impl<'b> Before<'b> {
    fn get(&self, id: &NodeId) -> Option<Bits<'b>> {
        let from = id.0 as usize * self.words;
        let yes = self.yes.get(from..from + self.words)?;
        let open = self.open.get(id.0 as usize).copied().unwrap_or(false);
        let no = if open { self.no.get(from..from + self.words) } else { None };
        Some(Bits { yes, no })
    }
}

/// What some users got.
#[derive(Debug, Default)]
pub struct Found {
    rows: usize,
    nodes: Arena,
    /// Of levels, layers, scores and values.
    values: BTreeMap<DefinitionId, Column>,
    /// What levels go by, where their next arm is asked for.
    goes_by: BTreeMap<DefinitionId, Column>,
    /// Of levels and layers: rows where `otherwise` (or nothing) was reached past an unknown arm.
    unknown_above: BTreeMap<DefinitionId, Vec<u64>>,
    /// What their arms ask, but for `otherwise`.
    arms: BTreeMap<DefinitionId, Vec<NodeId>>,
    /// Rows at which two arms of an `exclusive` layer apply.
    pub overlaps: Vec<(usize, Overlap)>,
}

impl<'a> Kernel<'a> {
    /// Prepares what is asked for.
    pub fn new(interpreter: Interpreter<'a>, context: &Context, asked: &[DefinitionId]) -> Kernel<'a> {
        let constants = AsOf { interpreter, context };
        let plan = Plan::of(interpreter.rulebook(), asked, &constants);
        let pieces = plan.cuts.iter().map(|(slot, cuts)| (*slot, Pieces::of(cuts))).collect();
        let rulebook = interpreter.rulebook();
        let reads = rulebook.reads(asked.iter().copied());
        let is_funnel = |id: &AggregateId| matches!(rulebook.aggregate(*id).function, AggregateFunction::Funnel(..));
        let funnels = reads.aggregates.iter().copied().filter(is_funnel).collect();
        let mut to_next = BTreeSet::new();
        for id in &reads.definitions {
            rulebook.definition(*id).body.each_expr(&mut |expr| {
                expr.each(&mut |node| {
                    if let ExprKind::ToNext(level) = &node.kind {
                        to_next.insert(*level);
                    }
                });
            });
        }
        let (mut conditions, mut aliases) = (HashMap::new(), HashMap::new());
        for step in &plan.steps {
            match step {
                Step::Condition(id, node) => {
                    conditions.insert(*id, *node);
                }
                Step::Alias(id, slot) => {
                    aliases.insert(*id, *slot);
                }
                Step::Ladder(..) | Step::Score(..) | Step::Value(_) => {}
            }
        }
        Kernel { interpreter, plan, pieces, funnels, to_next, conditions, aliases }
    }

    /// How many users are best evaluated together, so that what is found of them stays in the processor's own memory.
    pub fn together(&self) -> usize {
        let words = (1 << 17) / self.plan.nodes.len().max(1);
        (words * 64).clamp(512, 1 << 13)
    }

    /// What these users get.
    pub fn evaluate(&self, frame: &dyn Frame) -> Found {
        let rows = frame.rows();
        let nodes = Arena::new(self.plan.nodes.len(), bits::words(rows));
        let mut found = Found { rows, nodes, ..Found::default() };
        let mut working =
            Working { codes: HashMap::new(), known: HashMap::new(), texts: HashMap::new(), no: vec![], done: 0 };
        for step in &self.plan.steps {
            match step {
                Step::Condition(_, node) => self.settle(*node, frame, &mut found, &mut working),
                Step::Alias(..) => {}
                Step::Value(id) => {
                    let column = self.by_row(*id, frame, &found);
                    found.values.insert(*id, column);
                }
                Step::Ladder(id, arms) => {
                    arms.iter().filter_map(|(node, _)| *node).for_each(|node| {
                        self.settle(node, frame, &mut found, &mut working);
                    });
                    self.ladder(*id, arms, &mut found);
                    if self.to_next.contains(id) {
                        let column = self.goes_by(*id, frame, &found);
                        found.goes_by.insert(*id, column);
                    }
                }
                Step::Score(id, arms) => {
                    arms.iter().for_each(|node| self.settle(*node, frame, &mut found, &mut working));
                    let column = self.score(*id, arms, frame, &found);
                    found.values.insert(*id, column);
                }
            }
        }
        found
    }

    /// Answers a condition and all that it is made of, which stand before it.
    fn settle(&self, upto: NodeId, frame: &dyn Frame, found: &mut Found, working: &mut Working) {
        while working.done <= upto.0 as usize {
            let at = working.done;
            working.done += 1;
            let no = match self.plan.nodes.get(at) {
                None => return,
                Some(Node::Atom(atom)) if self.compared(*atom, at, frame, found, working) => None,
                Some(Node::Atom(atom)) => {
                    let Answer { yes, no } = self.atom(*atom, frame, found, working);
                    let (_, own) = found.nodes.at(at);
                    own.copy_from_slice(&yes);
                    no
                }
                Some(node) => {
                    let rows = found.rows;
                    let (before, own) = found.nodes.at(at);
                    combine(node, &before, own, rows)
                }
            };
            if let Some(no) = no {
                found.nodes.set_no(at, &no);
            }
        }
    }

    /// A comparison of a column with constants, straight from its pieces; false where it is none.
    fn compared(&self, id: AtomId, at: usize, frame: &dyn Frame, found: &mut Found, working: &mut Working) -> bool {
        let Some(Atom::Range(slot, range)) = self.plan.atoms.get(id.0 as usize) else { return false };
        let rows = frame.rows();
        let column = match slot {
            Slot::Column(id) => frame.column(*id),
            Slot::Definition(id) => found.values.get(id).map(|column| (column, 0)),
            Slot::Aggregate(id) => frame.aggregates(*id),
        };
        let (Some((column, start)), Some(pieces)) = (column, self.pieces.get(slot)) else { return false };
        let Some(cuts) = self.plan.cuts.get(slot).filter(|_| pieces::fits(column) && !range.has_unknown()) else {
            return false;
        };
        let known = working.known.entry(*slot).or_insert_with(|| known_of(column, start, rows));
        let codes = working.codes.entry(*slot).or_insert_with(|| pieces.codes(column, start, rows));
        let (_, own) = found.nodes.at(at);
        bits::between(codes, cuts.piece(range.low), cuts.piece(range.high), own);
        if range.outside {
            own.iter_mut().for_each(|word| *word = !*word);
        }
        match known {
            None => bits::trim(own, rows),
            Some(known) => {
                let no = &mut working.no;
                no.clear();
                no.extend(own.iter().zip(known.iter()).map(|(yes, known)| !yes & known));
                own.iter_mut().zip(known.iter()).for_each(|(yes, known)| *yes &= known);
                found.nodes.set_no(at, no);
            }
        }
        true
    }

    fn atom(&self, id: AtomId, frame: &dyn Frame, found: &Found, working: &mut Working) -> Answer {
        let rows = frame.rows();
        let Some(atom) = self.plan.atoms.get(id.0 as usize) else { return unknown(rows) };
        match atom {
            Atom::Range(slot, range) => match column_of(*slot, frame, found) {
                Some((column, start)) if pieces::fits(column) => {
                    let Some(pieces) = self.pieces.get(slot) else { return unknown(rows) };
                    let known = working.known.entry(*slot).or_insert_with(|| known_of(column, start, rows));
                    let codes = working.codes.entry(*slot).or_insert_with(|| pieces.codes(column, start, rows));
                    let Some(cuts) = self.plan.cuts.get(slot) else { return unknown(rows) };
                    let mut yes = vec![0; bits::words(rows)];
                    bits::between(codes, cuts.piece(range.low), cuts.piece(range.high), &mut yes);
                    if range.outside {
                        yes.iter_mut().for_each(|word| *word = !*word);
                    }
                    if range.has_unknown() {
                        let settled = settled(range, cuts, codes, known.clone(), rows);
                        return answered(yes, settled.as_deref(), rows);
                    }
                    answered(yes, known.as_deref(), rows)
                }
                Some((column, start)) => {
                    let keyed = |row: usize| {
                        let key = crate::plan::Domain::of(&self.type_of(*slot))
                            .and_then(|it| it.key(&column.get(start + row)));
                        key.map(|key| range.holds(key)).map_or(Truth::Unknown, |truth| truth)
                    };
                    by_truth(rows, keyed)
                }
                None => by_truth(rows, |row| {
                    let value = slot_value(*slot, frame, found, row);
                    let key = crate::plan::Domain::of(&self.type_of(*slot)).and_then(|it| it.key(&value));
                    key.map_or(Truth::Unknown, |key| range.holds(key))
                }),
            },
            Atom::Flag(slot) => match column_of(*slot, frame, found) {
                Some((column, start)) => match column.data() {
                    Data::Bool(flags) => {
                        let flags = flags.get(start..start + rows).unwrap_or_default();
                        let yes = packed(flags.iter().copied());
                        answered(yes, known_of(column, start, rows).as_deref(), rows)
                    }
                    _ => by_truth(rows, |row| Truth::of(&column.get(start + row))),
                },
                None => by_truth(rows, |row| Truth::of(&slot_value(*slot, frame, found, row))),
            },
            Atom::Known(slot) => match column_of(*slot, frame, found) {
                Some((column, start)) => {
                    Answer { yes: known_of(column, start, rows).unwrap_or_else(|| bits::all(rows)), no: None }
                }
                None => by_truth(rows, |row| Truth::from(slot_value(*slot, frame, found, row) != Value::Missing)),
            },
            Atom::OfText(column, expr) => self.of_text(*column, expr, frame, found, working),
            Atom::Opaque(expr) => {
                by_truth(rows, |row| self.interpreter.row(&At { kernel: self, frame, found, row }).truth(expr))
            }
        }
    }

    /// A condition on one column of texts: asked once of each different text.
    fn of_text(
        &self,
        column: ColumnId,
        expr: &Expr,
        frame: &dyn Frame,
        found: &Found,
        working: &mut Working,
    ) -> Answer {
        let rows = frame.rows();
        let ask = |row: usize| self.interpreter.row(&At { kernel: self, frame, found, row }).truth(expr);
        let Some((values, start)) = frame.column(column) else { return by_truth(rows, ask) };
        let texts = working.texts.entry(column).or_insert_with(|| Dictionary::of(values, start, rows));
        let truths: Vec<Truth> = texts.rows.iter().map(|row| ask(*row)).collect();
        let held = |wanted: Truth| {
            let mut bits = vec![0; bits::words(rows)];
            let mut part = vec![0; bits::words(rows)];
            let mut at = 0;
            // Texts that stand together are looked for together.
            while at < truths.len() {
                let same = truths.get(at..).unwrap_or_default().iter().take_while(|truth| **truth == wanted).count();
                if same > 0 {
                    bits::between(&texts.codes, at as u32, (at + same) as u32, &mut part);
                    bits.iter_mut().zip(&part).for_each(|(bits, part)| *bits |= part);
                }
                at += same.max(1);
            }
            bits::trim(&mut bits, rows);
            bits
        };
        let open = truths.iter().any(|truth| truth.is_unknown());
        Answer { yes: held(Truth::True), no: open.then(|| held(Truth::False)) }
    }

    fn ladder(&self, id: DefinitionId, arms: &[(Option<NodeId>, u32)], found: &mut Found) {
        let rows = found.rows;
        let exclusive = match &self.interpreter.rulebook().definition(id).body {
            Body::Level(ladder) | Body::Layer(ladder) => ladder.exclusive,
            _ => false,
        };
        let mut left = bits::all(rows);
        let mut unknown = vec![0; bits::words(rows)];
        let mut ranks: Vec<u32> = vec![0; rows];
        let mut known = vec![0; bits::words(rows)];
        let mut past = vec![0; bits::words(rows)];
        for (node, rank) in arms {
            let taken: Vec<u64> = match node.and_then(|node| found.nodes.get(node)) {
                None => {
                    past.iter_mut()
                        .zip(&left)
                        .zip(&unknown)
                        .for_each(|((past, left), unknown)| *past |= left & unknown);
                    left.clone()
                }
                Some(bits) => {
                    if let Some(no) = bits.no {
                        let open = unknown.iter_mut().zip(&left).zip(bits.yes.iter().zip(no));
                        open.for_each(|((unknown, left), (yes, no))| *unknown |= left & !yes & !no);
                    }
                    bits.yes.iter().zip(&left).map(|(yes, left)| yes & left).collect()
                }
            };
            bits::trim(&mut unknown, rows);
            for row in bits::rows(&taken) {
                if let Some(slot) = ranks.get_mut(row) {
                    *slot = *rank;
                }
            }
            known.iter_mut().zip(&taken).for_each(|(known, taken)| *known |= taken);
            left.iter_mut().zip(&taken).for_each(|(left, taken)| *left &= !taken);
        }
        past.iter_mut().zip(&left).zip(&unknown).for_each(|((past, left), unknown)| *past |= left & unknown);
        if exclusive {
            self.overlaps(id, arms, &ranks, found);
        }
        found.values.insert(id, Column::of(Data::Choice(ranks), known, rows));
        found.unknown_above.insert(id, past);
        found.arms.insert(id, arms.iter().filter_map(|(node, _)| *node).collect());
    }

    /// Rows at which a second arm of an exclusive layer applies.
    fn overlaps(&self, id: DefinitionId, arms: &[(Option<NodeId>, u32)], ranks: &[u32], found: &mut Found) {
        let mut seen = vec![0; bits::words(found.rows)];
        let mut twice = vec![];
        for (node, rank) in arms {
            let Some(bits) = node.and_then(|node| found.nodes.get(node)) else { continue };
            for row in bits::rows(bits.yes) {
                if bits::has(&seen, row) {
                    let first = ranks.get(row).copied().unwrap_or(0);
                    twice.push((row, Overlap { layer: id, first, second: *rank }));
                }
            }
            seen.iter_mut().zip(bits.yes).for_each(|(seen, yes)| *seen |= yes);
        }
        twice.sort_by_key(|(row, _)| *row);
        twice.dedup_by_key(|(row, _)| *row);
        found.overlaps.extend(twice);
    }

    fn score(&self, id: DefinitionId, arms: &[NodeId], frame: &dyn Frame, found: &Found) -> Column {
        let definition = self.interpreter.rulebook().definition(id);
        let mut column = Column::new(&definition.ty);
        let Body::Score(score) = &definition.body else { return column };
        let zone = self.interpreter.clock().zone();
        let conditions: Vec<Option<&[u64]>> =
            arms.iter().map(|node| found.nodes.get(*node).map(|bits| bits.yes)).collect();
        let whole = |expr: &Expr| match (&expr.kind, &definition.ty) {
            (ExprKind::Constant(Value::Int(points)), Type::Int) => Some(*points),
            _ => None,
        };
        let points: Option<Vec<i64>> = score
            .arms
            .iter()
            .map(|arm| {
                whole(&arm.points).and_then(|points| if arm.minus { points.checked_neg() } else { Some(points) })
            })
            .collect();
        let clamp = score.clamp.as_ref().map(|(low, high)| whole(low).zip(whole(high)));
        let simple = match (points, whole(&score.base), clamp) {
            (Some(points), Some(base), None) => Some((points, base, None)),
            (Some(points), Some(base), Some(Some((low, high)))) if low <= high => {
                Some((points, base, Some((low, high))))
            }
            _ => None,
        };
        let bounded = |points: &[i64]| points.iter().all(|it| it.unsigned_abs() < 1 << 40) && points.len() < 1 << 20;
        if let Some((points, base, clamp)) = simple
            && bounded(&points)
            && base.unsigned_abs() < 1 << 60
        {
            let mut sums = vec![base; frame.rows()];
            for (bits, points) in conditions.iter().zip(&points) {
                for row in bits.iter().flat_map(|bits| bits::rows(bits)) {
                    if let Some(sum) = sums.get_mut(row) {
                        *sum += points;
                    }
                }
            }
            if let Some((low, high)) = clamp {
                sums.iter_mut().for_each(|sum| *sum = (*sum).clamp(low, high));
            }
            return Column::of(Data::Int(sums), bits::all(frame.rows()), frame.rows());
        }
        for at in 0..frame.rows() {
            let known = At { kernel: self, frame, found, row: at };
            let row = self.interpreter.row(&known);
            let mut sum = row.value(&score.base);
            for (arm, bits) in score.arms.iter().zip(&conditions) {
                if bits.is_some_and(|bits| bits::has(bits, at)) {
                    let points = row.value(&arm.points);
                    sum = if arm.minus { number::subtract(&sum, &points) } else { number::add(&sum, &points) };
                }
            }
            if let Some((low, high)) = &score.clamp {
                sum = crate::value::compare::clamp(&sum, &row.value(low), &row.value(high), zone);
            }
            column.push(&sum);
        }
        column
    }

    /// What a level goes by.
    fn goes_by(&self, id: DefinitionId, frame: &dyn Frame, found: &Found) -> Column {
        let by = match &self.interpreter.rulebook().definition(id).body {
            Body::Level(ladder) => ladder.by.as_ref(),
            _ => None,
        };
        let mut column = Column::new(by.map_or(&Type::Int, |by| &by.ty));
        for row in 0..frame.rows() {
            let known = At { kernel: self, frame, found, row };
            column.push(&by.map_or(Value::Missing, |by| self.interpreter.row(&known).value(by)));
        }
        column
    }

    /// A value that is computed row by row.
    fn by_row(&self, id: DefinitionId, frame: &dyn Frame, found: &Found) -> Column {
        let definition = self.interpreter.rulebook().definition(id);
        let mut column = Column::new(&definition.ty);
        if let Body::Let(expr) = &definition.body {
            for row in 0..frame.rows() {
                column.push(&self.interpreter.row(&At { kernel: self, frame, found, row }).value(expr));
            }
        }
        column
    }

    fn type_of(&self, slot: Slot) -> Type {
        let rulebook = self.interpreter.rulebook();
        match slot {
            Slot::Column(id) => rulebook.schema.root().column(id).ty.clone(),
            Slot::Definition(id) => rulebook.definition(id).ty.clone(),
            Slot::Aggregate(id) => rulebook.aggregate(id).ty.clone(),
        }
    }

    /// What the users got of a definition, together.
    pub fn cells<'f>(&self, found: &'f Found, frame: &'f dyn Frame, id: DefinitionId) -> Cells<'f> {
        if let Some(node) = self.conditions.get(&id) {
            let bits = found.nodes.get(*node);
            return bits.map_or(Cells::Missing, |bits| Cells::Truths(bits.yes, bits.no));
        }
        let slot = self.aliases.get(&id).copied().unwrap_or(Slot::Definition(id));
        match (column_of(slot, frame, found), slot) {
            (Some((column, start)), _) => Cells::Column(column, start),
            (None, Slot::Aggregate(_)) => {
                let mut column = Column::new(&self.type_of(slot));
                (0..found.rows).for_each(|row| column.push(&slot_value(slot, frame, found, row)));
                Cells::Own(column)
            }
            (None, Slot::Column(_) | Slot::Definition(_)) => Cells::Missing,
        }
    }

    /// Everything that one of the users got.
    pub fn answers(&self, found: &Found, frame: &dyn Frame, row: usize) -> Answers {
        let rulebook = self.interpreter.rulebook();
        let mut answers = Answers::none(rulebook);
        for step in &self.plan.steps {
            let id = step.definition();
            if let Some(slot) = answers.values.get_mut(id.0 as usize) {
                *slot = self.value(found, frame, id, row);
            }
        }
        answers.reached = self.funnels.iter().map(|id| (*id, frame.reached(*id, row))).collect();
        let above = found.unknown_above.iter().filter(|(_, past)| bits::has(past, row));
        answers.unknown_above = above.map(|(id, _)| *id).collect();
        answers.overlaps = found.overlaps.iter().filter(|(at, _)| *at == row).map(|(_, overlap)| *overlap).collect();
        answers
    }

    /// The value of a definition for one of the users, as it was found: a tag may be unknown.
    pub fn value(&self, found: &Found, frame: &dyn Frame, id: DefinitionId, row: usize) -> Value {
        if let Some(node) = self.conditions.get(&id) {
            return found.nodes.get(*node).map_or(Value::Missing, |bits| bits.truth(row).into());
        }
        match self.aliases.get(&id) {
            Some(slot) => slot_value(*slot, frame, found, row),
            None => found.values.get(&id).map_or(Value::Missing, |column| column.get(row)),
        }
    }
}

/// One thing of many users.
#[derive(Clone, Debug)]
pub enum Cells<'f> {
    /// Of whom a condition is true, and of whom false (none where it is all the others).
    Truths(&'f [u64], Option<&'f [u64]>),
    /// Values of a column, from a row on.
    Column(&'f Column, usize),
    /// Values that were put together for this.
    Own(Column),
    /// Nobody has any.
    Missing,
}

impl Cells<'_> {
    /// The value of a row.
    pub fn value(&self, row: usize) -> Value {
        match self {
            Cells::Truths(yes, _) if bits::has(yes, row) => Value::Bool(true),
            Cells::Truths(_, Some(no)) if !bits::has(no, row) => Value::Missing,
            Cells::Truths(..) => Value::Bool(false),
            Cells::Column(column, start) => column.get(start + row),
            Cells::Own(column) => column.get(row),
            Cells::Missing => Value::Missing,
        }
    }
}

/// What is worked out for some users, and not kept.
struct Working {
    codes: HashMap<Slot, Codes>,
    known: HashMap<Slot, Option<Vec<u64>>>,
    texts: HashMap<ColumnId, Dictionary>,
    no: Vec<u64>,
    /// Conditions answered so far.
    done: usize,
}

/// One of the users.
#[derive(Debug)]
struct At<'k> {
    kernel: &'k Kernel<'k>,
    frame: &'k dyn Frame,
    found: &'k Found,
    row: usize,
}

impl Known for At<'_> {
    fn column(&self, id: ColumnId) -> Value {
        self.frame.column(id).map_or(Value::Missing, |(column, start)| column.get(start + self.row))
    }

    fn definition(&self, id: DefinitionId) -> Value {
        self.kernel.value(self.found, self.frame, id, self.row)
    }

    fn aggregate(&self, id: AggregateId) -> Value {
        self.frame.aggregate(id, self.row)
    }

    fn reached(&self, id: AggregateId) -> Value {
        self.frame.reached(id, self.row)
    }

    fn goes_by(&self, level: DefinitionId) -> Value {
        self.found.goes_by.get(&level).map_or(Value::Missing, |column| column.get(self.row))
    }
}

/// The different texts of some rows of a column.
struct Dictionary {
    /// Which of them each row has.
    codes: Codes,
    /// A row that has each of them.
    rows: Vec<usize>,
}

impl Dictionary {
    fn of(column: &Column, start: usize, rows: usize) -> Dictionary {
        let mut known: HashMap<Option<&str>, u32> = HashMap::new();
        let mut first: Vec<usize> = vec![];
        let mut last: Option<(Option<&str>, u32)> = None;
        let code = |row: usize| {
            let text = match column.data() {
                Data::Texts(texts) if column.is_known(start + row) => texts.get(start + row),
                Data::Text(texts) => texts.get(start + row).and_then(Option::as_deref),
                _ => None,
            };
            if let Some((same, code)) = last
                && same == text
            {
                return code;
            }
            let next = first.len() as u32;
            let code = *known.entry(text).or_insert(next);
            if code == next {
                first.push(row);
            }
            last = Some((text, code));
            code
        };
        let codes: Vec<u32> = (0..rows).map(code).collect();
        let codes = match first.len() {
            few if few <= i8::MAX as usize => Codes::Small(codes.iter().map(|code| *code as i8).collect()),
            some if some <= i16::MAX as usize => Codes::Middle(codes.iter().map(|code| *code as i16).collect()),
            _ => Codes::Large(codes),
        };
        Dictionary { codes, rows: first }
    }
}

/// The bits of a leaf.
struct Answer {
    yes: Vec<u64>,
    no: Option<Vec<u64>>,
}

impl Bits<'_> {
    fn truth(&self, row: usize) -> Truth {
        match (bits::has(self.yes, row), self.no) {
            (true, _) => Truth::True,
            (false, Some(no)) if !bits::has(no, row) => Truth::Unknown,
            (false, _) => Truth::False,
        }
    }

    fn no(&self, rows: usize) -> Vec<u64> {
        match self.no {
            Some(no) => no.to_vec(),
            None => inverted(self.yes, rows),
        }
    }
}

fn inverted(bits: &[u64], rows: usize) -> Vec<u64> {
    let mut inverted: Vec<u64> = bits.iter().map(|word| !word).collect();
    bits::trim(&mut inverted, rows);
    inverted
}

fn unknown(rows: usize) -> Answer {
    let none = vec![0; bits::words(rows)];
    Answer { yes: none.clone(), no: Some(none) }
}

/// Of a leaf: true where it holds and its value is known, false where its value is known and it does not hold.
fn answered(yes: Vec<u64>, known: Option<&[u64]>, rows: usize) -> Answer {
    let mut yes = yes;
    match known {
        None => {
            bits::trim(&mut yes, rows);
            Answer { yes, no: None }
        }
        Some(known) => {
            let no = yes.iter().zip(known).map(|(yes, known)| !yes & known).collect();
            yes.iter_mut().zip(known).for_each(|(yes, known)| *yes &= known);
            Answer { yes, no: Some(no) }
        }
    }
}

/// Where a value of a column is known; none where it always is.
fn known_of(column: &Column, start: usize, rows: usize) -> Option<Vec<u64>> {
    let first = start / 64;
    let mut known = column.known().get(first..first + bits::words(rows)).unwrap_or_default().to_vec();
    known.resize(bits::words(rows), 0);
    bits::trim(&mut known, rows);
    (bits::count(&known) != rows as u64).then_some(known)
}

/// Where a leaf is true or false: its value is known, and is none of which it is unknown.
fn settled(
    range: &crate::plan::Range,
    cuts: &crate::plan::Cuts,
    codes: &Codes,
    known: Option<Vec<u64>>,
    rows: usize,
) -> Option<Vec<u64>> {
    if !range.has_unknown() {
        return known;
    }
    let mut open = vec![0; bits::words(rows)];
    bits::between(codes, 0, cuts.piece(range.unknown), &mut open);
    bits::trim(&mut open, rows);
    if let Some(known) = known {
        open.iter_mut().zip(known).for_each(|(open, known)| *open &= known);
    }
    Some(open)
}

fn by_truth(rows: usize, truth: impl FnMut(usize) -> Truth) -> Answer {
    let truths: Vec<Truth> = (0..rows).map(truth).collect();
    let yes = packed(truths.iter().map(|truth| truth.is_true()));
    let unknown = truths.iter().any(|truth| truth.is_unknown());
    let no = unknown.then(|| packed(truths.iter().map(|truth| *truth == Truth::False)));
    Answer { yes, no }
}

fn packed(flags: impl ExactSizeIterator<Item = bool>) -> Vec<u64> {
    let mut words = vec![0; bits::words(flags.len())];
    for (row, flag) in flags.enumerate() {
        if let Some(word) = words.get_mut(row / 64) {
            *word |= u64::from(flag) << (row % 64);
        }
    }
    words
}

fn column_of<'f>(slot: Slot, frame: &'f dyn Frame, found: &'f Found) -> Option<(&'f Column, usize)> {
    match slot {
        Slot::Column(id) => frame.column(id),
        Slot::Definition(id) => found.values.get(&id).map(|column| (column, 0)),
        Slot::Aggregate(id) => frame.aggregates(id),
    }
}

fn slot_value(slot: Slot, frame: &dyn Frame, found: &Found, row: usize) -> Value {
    match slot {
        Slot::Aggregate(id) => frame.aggregate(id, row),
        Slot::Column(_) | Slot::Definition(_) => {
            column_of(slot, frame, found).map_or(Value::Missing, |(column, start)| column.get(start + row))
        }
    }
}

/// A condition that is made of others, which are answered; gives of whom it is false, where somebody is unknown.
fn combine(node: &Node, before: &Before<'_>, own: &mut [u64], rows: usize) -> Option<Vec<u64>> {
    let words = own.len();
    let fill = |own: &mut [u64], bits: &[u64]| own.copy_from_slice(bits);
    match node {
        Node::Atom(_) => None,
        Node::Always(TruthKey::True) => {
            fill(own, &bits::all(rows));
            None
        }
        Node::Always(TruthKey::False) => None,
        Node::Always(TruthKey::Unknown) => Some(vec![0; words]),
        Node::Not(inner) => {
            let inner = before.get(inner)?;
            match inner.no {
                Some(no) => {
                    fill(own, no);
                    Some(inner.yes.to_vec())
                }
                None => {
                    own.iter_mut().zip(inner.yes).for_each(|(own, yes)| *own = !yes);
                    bits::trim(own, rows);
                    None
                }
            }
        }
        Node::All(all) => {
            let mut parts = all.iter().filter_map(|id| before.get(id));
            let first = parts.next()?;
            fill(own, first.yes);
            for part in parts {
                own.iter_mut().zip(part.yes).for_each(|(all, part)| *all &= part);
            }
            let open = all.iter().filter_map(|id| before.get(id)).any(|part| part.no.is_some());
            open.then(|| {
                let mut no = vec![0; words];
                for part in all.iter().filter_map(|id| before.get(id)) {
                    match part.no {
                        Some(part) => no.iter_mut().zip(part).for_each(|(any, part)| *any |= part),
                        None => no.iter_mut().zip(part.yes).for_each(|(any, part)| *any |= !part),
                    }
                }
                bits::trim(&mut no, rows);
                no
            })
        }
        Node::Any(any) => {
            for part in any.iter().filter_map(|id| before.get(id)) {
                own.iter_mut().zip(part.yes).for_each(|(any, part)| *any |= part);
            }
            let open = any.iter().filter_map(|id| before.get(id)).any(|part| part.no.is_some());
            open.then(|| {
                let mut no = bits::all(rows);
                for part in any.iter().filter_map(|id| before.get(id)) {
                    match part.no {
                        Some(part) => no.iter_mut().zip(part).for_each(|(all, part)| *all &= part),
                        None => no.iter_mut().zip(part.yes).for_each(|(all, part)| *all &= !part),
                    }
                }
                no
            })
        }
        Node::AtLeast(needed, parts) => {
            let parts: Vec<Bits<'_>> = parts.iter().filter_map(|id| before.get(id)).collect();
            let answer =
                by_truth(rows, |row| Truth::at_least(i64::from(*needed), parts.iter().map(|part| part.truth(row))));
            fill(own, &answer.yes);
            answer.no
        }
        Node::Choose(condition, then, otherwise) => {
            let (condition, then, otherwise) = (before.get(condition)?, before.get(then)?, before.get(otherwise)?);
            let choose = |a: &[u64], b: &[u64]| -> Vec<u64> {
                let words = condition.yes.iter().zip(a.iter().zip(b));
                words.map(|(condition, (a, b))| condition & a | !condition & b).collect()
            };
            fill(own, &choose(then.yes, otherwise.yes));
            let open = then.no.is_some() || otherwise.no.is_some();
            open.then(|| choose(&then.no(rows), &otherwise.no(rows)))
        }
        Node::Closed(inner) => {
            fill(own, before.get(inner)?.yes);
            None
        }
        Node::IsUnknown(inner) => {
            let inner = before.get(inner)?;
            if let Some(no) = inner.no {
                own.iter_mut().zip(inner.yes.iter().zip(no)).for_each(|(own, (yes, no))| *own = !(yes | no));
                bits::trim(own, rows);
            }
            None
        }
    }
}

/// The values of constants at the as-of.
struct AsOf<'a, 'c> {
    interpreter: Interpreter<'a>,
    context: &'c Context,
}

/// Nobody: constants read nothing.
#[derive(Debug)]
struct Nobody;

impl Known for Nobody {
    fn column(&self, _: ColumnId) -> Value {
        Value::Missing
    }

    fn definition(&self, _: DefinitionId) -> Value {
        Value::Missing
    }

    fn aggregate(&self, _: AggregateId) -> Value {
        Value::Missing
    }

    fn reached(&self, _: AggregateId) -> Value {
        Value::Missing
    }

    fn goes_by(&self, _: DefinitionId) -> Value {
        Value::Missing
    }
}

impl Constants for AsOf<'_, '_> {
    fn value(&self, expr: &Expr) -> Value {
        self.interpreter.row(&Nobody).value(expr)
    }

    fn window(&self, window: &TimeWindow, kind: MomentType) -> Option<Window> {
        self.interpreter.row(&Nobody).window(window, kind)
    }

    fn ago(&self, duration: &Value, kind: MomentType) -> Option<Value> {
        let Value::Duration(duration) = duration else { return None };
        self.context.clock.shifted(*duration, Direction::Back, kind).map(Moment::into)
    }

    fn now(&self, kind: MomentType) -> Value {
        self.context.clock.now_as(kind).into()
    }

    fn zone(&self) -> &Zone {
        self.context.clock.zone()
    }
}
