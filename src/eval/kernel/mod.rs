//! The columnar evaluation: some thousand users at a time, sixty-four a word.
//!
//! Each value is ranked once among all constants that its column is compared with; that gives the rows before each of them, and
//! every comparison is made of two such sets of rows. Conditions are combined block by block, 512 rows at a time, as true and
//! as settled: known to be true or false. Leaves that are no comparison are answered once for each different text, or row by row by
//! the plain interpreter, against which all of this is held.

mod assembler;
pub(crate) mod bits;
mod combine;
mod conjunction;
mod counting;
mod counts;
mod doubts;
mod fill;
mod frame;
mod kept;
mod lacking;
mod lacks;
mod ladder;
mod lane;
mod leaf;
mod literals;
mod order;
mod program;
mod ranked;
mod reading;
mod rounds;
mod sides;
mod why;

use counts::Counts;
pub use counts::Spread;
pub use frame::{Frame, Slice};

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
    sync::{Mutex, PoisonError},
};

use crate::{
    column::Column,
    eval::{
        Answers, Context, Interpreter, Overlap,
        constants::AsOf,
        reference::{Known, Row},
    },
    ir::{AggregateFunction, AggregateId, Body, DefinitionId, Reads},
    plan::{Atom, AtomId, NodeId, Plan, Slot, Step},
    schema::ColumnId,
    value::{Type, Value},
};
use combine::Combine;
use fill::Fill;
use kept::Kept;
use lane::{BLOCK, Lane, Lanes};
use leaf::{Answer, Memo};
use order::{Order, Sought};
use program::{ALL, Doubts, Program, Segment, Wanted};
use sides::Sides;

/// A rulebook ready to be asked about many users at one as-of. Shared between threads as it is.
#[derive(Debug)]
pub struct Kernel<'a> {
    interpreter: Interpreter<'a>,
    plan: Plan<'a>,
    program: Program,
    asked: Vec<DefinitionId>,
    /// Scores, levels, layers and funnels that are asked for.
    others: Vec<DefinitionId>,
    /// Questions that are asked once of each different text of a column.
    text_questions: HashMap<ColumnId, Vec<AtomId>>,
    /// Funnels that are asked for.
    funnels: Vec<AggregateId>,
    /// Levels whose next arm is asked for.
    to_next: BTreeSet<DefinitionId>,
    /// By definition: the condition that it is.
    conditions: Vec<Option<NodeId>>,
    /// Definitions that are something else under a name of their own.
    aliases: HashMap<DefinitionId, Slot>,
    /// Memory that is used again, and the counts that stand in it: none of it may be lost.
    scratch: Mutex<Vec<Scratch>>,
}

/// Memory that an evaluation needs and the next one can use.
#[derive(Debug)]
struct Scratch {
    lanes: Lanes,
    /// Of each row of a block, the first lane of a source that it lies in.
    of: Vec<u32>,
    /// By source of a segment: the same of all rows, where they are put in another order.
    ordered: Vec<Vec<u32>>,
    fill: Fill,
    sides: Sides,
    memos: HashMap<ColumnId, Memo>,
    /// Of all users whom it was used for.
    counts: Counts,
}

impl Scratch {
    fn of(program: &Program) -> Scratch {
        Scratch {
            lanes: Lanes::new(program.lanes),
            of: vec![],
            ordered: vec![],
            fill: Fill::default(),
            sides: Sides::default(),
            memos: HashMap::new(),
            counts: Counts::new(program.counts, program.lacks.len()),
        }
    }
}

/// What some users got.
#[derive(Debug, Default)]
pub struct Found {
    rows: usize,
    kept: Kept,
    /// Of levels, layers, scores and values.
    values: BTreeMap<DefinitionId, Column>,
    /// What levels go by, where their next arm is asked for.
    goes_by: BTreeMap<DefinitionId, Column>,
    /// Of levels and layers: rows where `otherwise` (or nothing) was reached past an unknown arm.
    unknown_above: BTreeMap<DefinitionId, Vec<u64>>,
    /// Rows at which two arms of an `exclusive` layer apply.
    pub overlaps: Vec<(usize, Overlap)>,
}

impl<'a> Kernel<'a> {
    /// Prepares what is asked for. Where the results are not looked at user by user, they are only counted.
    pub fn new(interpreter: Interpreter<'a>, context: &Context, asked: &[DefinitionId], looked_at: bool) -> Kernel<'a> {
        let reads = interpreter.rulebook().reads(asked.iter().copied());
        Kernel::of_reads(interpreter, context, asked, &reads, looked_at)
    }

    /// The same, where it is known what the definitions that are asked for read.
    pub(crate) fn of_reads(
        interpreter: Interpreter<'a>,
        context: &Context,
        asked: &[DefinitionId],
        reads: &Reads,
        looked_at: bool,
    ) -> Kernel<'a> {
        let constants = AsOf { interpreter, context };
        let rulebook = interpreter.rulebook();
        let plan = Plan::of(rulebook, &reads.definitions, &constants);
        let program = Program::of(rulebook, &plan, &Wanted { asked, looked_at });
        let is_funnel = |id: &AggregateId| matches!(rulebook.aggregate(*id).function, AggregateFunction::Funnel(..));
        let funnels = reads.aggregates.iter().copied().filter(is_funnel).collect();
        let (mut conditions, mut aliases) = (vec![None; rulebook.definitions.len()], HashMap::new());
        for step in &plan.steps {
            match step {
                Step::Condition(id, node) => {
                    conditions.iter_mut().skip(id.0 as usize).take(1).for_each(|slot| *slot = Some(*node));
                }
                Step::Alias(id, slot) => {
                    aliases.insert(*id, *slot);
                }
                Step::Ladder(..) | Step::Score(..) | Step::Value(_) => {}
            }
        }
        let mut text_questions: HashMap<ColumnId, Vec<AtomId>> = HashMap::new();
        for (at, atom) in plan.atoms.iter().enumerate() {
            if let Atom::OfText(column, _) = atom {
                text_questions.entry(*column).or_default().push(AtomId(at as u32));
            }
        }
        let is_other = |id: &DefinitionId| {
            matches!(rulebook.definition(*id).body, Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Funnel(..))
        };
        let others = asked.iter().copied().filter(is_other).collect();
        let (asked, scratch) = (asked.to_vec(), Mutex::default());
        Kernel {
            interpreter,
            plan,
            program,
            asked,
            others,
            text_questions,
            funnels,
            to_next: reads.to_next.clone(),
            conditions,
            aliases,
            scratch,
        }
    }

    /// How many users are best evaluated together.
    pub fn together(&self) -> usize {
        // Where users are only counted, those who lack the same are put together, and the more there are, the more do.
        let most = if self.program.kept == 0 { 128 } else { 16 };
        let blocks = (1 << 22) / (BLOCK / 8 * self.program.kept.max(1));
        blocks.clamp(2, most) * BLOCK
    }

    /// What these users get; they are counted too.
    pub fn evaluate(&self, frame: &dyn Frame) -> Found {
        let rows = frame.rows();
        let mut found = Found { rows, kept: Kept::new(self.program.kept, rows), ..Found::default() };
        let used = self.scratch.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut scratch = used.unwrap_or_else(|| Scratch::of(&self.program));
        let mut leaves: HashMap<usize, Answer> = HashMap::new();
        for (number, segment) in self.program.segments.iter().enumerate() {
            scratch.sides.begin(number);
            self.segment(segment, frame, &mut found, &mut leaves, &mut scratch);
            for step in segment.steps.iter().filter_map(|at| self.plan.steps.get(*at)) {
                match step {
                    Step::Condition(..) | Step::Alias(..) => {}
                    Step::Value(id) => {
                        let column = self.by_row(*id, frame, &found);
                        found.values.insert(*id, column);
                    }
                    Step::Ladder(id, arms) => {
                        self.ladder(*id, arms, &mut found);
                        if self.to_next.contains(id) {
                            let column = self.goes_by(*id, frame, &found);
                            found.goes_by.insert(*id, column);
                        }
                    }
                    Step::Score(id, arms) => {
                        let column = self.score(*id, arms, frame, &found);
                        found.values.insert(*id, column);
                    }
                }
            }
        }
        self.count(&found, frame, &mut scratch.counts);
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        found
    }

    /// Answers the conditions of a segment, block by block.
    fn segment(
        &self,
        segment: &Segment,
        frame: &dyn Frame,
        found: &mut Found,
        leaves: &mut HashMap<usize, Answer>,
        scratch: &mut Scratch,
    ) {
        let program = &self.program;
        if segment.groups.is_empty() {
            return;
        }
        for at in &segment.leaves {
            if let (Some((leaf, ..)), false) = (program.leaves.get(*at), leaves.contains_key(at)) {
                leaves.insert(*at, self.leaf(*leaf, frame, found, &mut scratch.memos));
            }
        }
        // What stands in no column is put into one.
        let sources = segment.sources.iter().filter_map(|at| program.sources.get(*at));
        let own: HashMap<Slot, Column> = sources
            .clone()
            .filter(|source| column_of(source.slot, frame, found).is_none())
            .map(|source| (source.slot, self.put_together(source.slot, frame, found)))
            .collect();
        // What is kept is written while the columns are read.
        let mut kept = std::mem::take(&mut found.kept);
        let sought: Vec<Sought<'_>> = sources
            .map(|source| {
                let column = column_of(source.slot, frame, found);
                let column = column.or_else(|| own.get(&source.slot).map(|column| (column, 0)));
                Sought::of(source, column, found.rows)
            })
            .collect();
        let order = self.by_doubt(segment, &sought, leaves, found.rows);
        if let Some(order) = &order {
            order::ordered(&sought, &order.rows, &mut scratch.ordered);
        }
        let blocks =
            order.as_ref().map_or_else(|| order::blocks(0..found.rows).collect(), |order| order.blocks.clone());
        for Range { start: first, end } in blocks {
            let chosen = order.as_ref().map(|order| order.rows.get(first..end).unwrap_or_default());
            let all = Lane::first(end - first);
            scratch.lanes.set(ALL, all);
            scratch.of.resize(end - first, 0);
            for (at, sought) in sought.iter().enumerate() {
                let of = if order.is_some() {
                    scratch.ordered.get(at).and_then(|all| all.get(first..end)).unwrap_or_default()
                } else {
                    sought.lanes_of(first, &mut scratch.of);
                    &scratch.of
                };
                scratch.fill.fill(sought.source, of, &mut scratch.lanes);
            }
            let answers = segment.leaves.iter().filter_map(|at| Some((leaves.get(at)?, program.leaves.get(*at)?.1)));
            for (answer, lane) in answers {
                let of = |words: &[u64]| match chosen {
                    None => Lane::of(words.get(first / 64..).unwrap_or_default()),
                    Some(rows) => Lane::chosen(words, rows),
                };
                let settled = answer.settled.as_ref().map_or(all, |settled| of(settled));
                scratch.lanes.set(lane, of(&answer.yes).and(settled));
                scratch.lanes.set(lane + 1, settled);
            }
            let (word, sides, kept, counts) = (first / 64, &mut scratch.sides, &mut kept, &mut scratch.counts);
            match scratch.lanes.many() {
                Some(mut lanes) => {
                    let lanes = &mut lanes;
                    lane::dispatch(Combine { program, segment, word, lanes, sides, kept, counts });
                }
                None => {
                    let lanes = scratch.lanes.all();
                    lane::dispatch(Combine { program, segment, word, lanes, sides, kept, counts });
                }
            }
        }
        found.kept = kept;
    }

    /// Where users are only counted, and there are many: the order in which they are combined.
    fn by_doubt(
        &self,
        segment: &Segment,
        sought: &[Sought<'_>],
        leaves: &HashMap<usize, Answer>,
        rows: usize,
    ) -> Option<Order> {
        if self.program.kept > 0 || rows <= BLOCK {
            return None;
        }
        let mut known: Vec<(Doubts, &[u64])> = sought.iter().map(Sought::known).collect::<Option<_>>()?;
        for at in &segment.leaves {
            let settled = leaves.get(at)?.settled.as_deref();
            known.extend(self.program.leaves.get(*at).and_then(|(_, _, doubt)| Some((*doubt, settled?))));
        }
        order::by_doubt(sought, known.into_iter(), rows)
    }

    /// The values of a slot that stand in no column.
    fn put_together(&self, slot: Slot, frame: &dyn Frame, found: &Found) -> Column {
        let mut column = Column::new(&self.type_of(slot));
        (0..found.rows).for_each(|row| column.push(&slot_value(slot, frame, found, row)));
        column
    }

    /// Of whom a condition is true, and of whom false, where that is kept.
    fn bits<'f>(&self, found: &'f Found, node: NodeId) -> Option<bits::Bits<'f>> {
        found.kept.get(*self.program.kept_of.get(&node)?, found.rows)
    }

    fn condition(&self, id: DefinitionId) -> Option<NodeId> {
        self.conditions.get(id.0 as usize).copied().flatten()
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
        if let Some(node) = self.condition(id) {
            let bits = self.bits(found, node);
            return bits.map_or(Cells::Missing, |bits| Cells::Truths(bits.yes, bits.no));
        }
        let slot = self.aliases.get(&id).copied().unwrap_or(Slot::Definition(id));
        match (column_of(slot, frame, found), slot) {
            (Some((column, start)), _) => Cells::Column(column, start),
            (None, Slot::Aggregate(_)) => Cells::Own(self.put_together(slot, frame, found)),
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

    /// Asks the plain interpreter about one of the users.
    pub fn ask<T>(&self, found: &Found, frame: &dyn Frame, row: usize, what: impl FnOnce(&Row<'_, '_>) -> T) -> T {
        what(&self.interpreter.row(&self.known(found, frame, row)))
    }

    /// What is known of one of the users.
    pub fn known<'u>(&'u self, found: &'u Found, frame: &'u dyn Frame, row: usize) -> impl Known + 'u {
        At { kernel: self, frame, found, row }
    }

    /// The value of a definition for one of the users, as it was found: a tag may be unknown.
    pub fn value(&self, found: &Found, frame: &dyn Frame, id: DefinitionId, row: usize) -> Value {
        if let Some(node) = self.condition(id) {
            return self.bits(found, node).map_or(Value::Missing, |bits| bits.truth(row).into());
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

    /// Whether a condition is true of a row.
    pub fn is_true(&self, row: usize) -> bool {
        match self {
            Cells::Truths(yes, _) => bits::has(yes, row),
            Cells::Column(..) | Cells::Own(_) | Cells::Missing => self.value(row) == Value::Bool(true),
        }
    }
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
