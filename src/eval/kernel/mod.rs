//! The columnar evaluation: some thousand users at a time, sixty-four a word.
//!
//! Every distinct leaf of the rulebook is answered once for all of them, then every distinct combination of leaves by operations on
//! words. Each condition has two sets of bits, of whom it is true and of whom it is false; where no value is missing the second
//! is the rest. Leaves that are no comparison are answered once for each different text, or row by row by the plain interpreter, against
//! which all of this is held.

mod arena;
mod as_of;
mod bits;
mod counts;
mod frame;
mod ladder;
mod leaf;
mod pieces;

pub use counts::Spread;
pub use frame::{Frame, Slice};

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    column::Column,
    eval::{Answers, Context, Interpreter, Overlap, reference::Known, unknown::Cause},
    ir::{AggregateFunction, AggregateId, Body, DefinitionId, ExprKind},
    plan::{Node, NodeId, Plan, Slot, Step},
    schema::ColumnId,
    value::{Type, Value},
};
use arena::{Arena, combine};
pub(in crate::eval) use as_of::AsOf;
use leaf::{Answer, Dictionary};
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
    /// Tags that hang on columns alone, and on which.
    hangs_on: HashMap<DefinitionId, (NodeId, Vec<ColumnId>)>,
    /// Definitions that are something else under a name of their own.
    aliases: HashMap<DefinitionId, Slot>,
    /// What is missing where a question over child rows has no answer.
    lacking: HashMap<AggregateId, Cause>,
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
        let hangs_on = counts::hanging_on_columns(rulebook, &plan);
        let lacking = counts::lacking(rulebook, reads.aggregates.iter().copied());
        Kernel { interpreter, plan, pieces, funnels, to_next, conditions, hangs_on, aliases, lacking }
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
