//! How the results of some users are spread, and what was missing where one is unknown: from words, not user by user.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    eval::{
        kernel::{At, Found, Frame, Kernel, arena::Bits, bits, leaf::known_of},
        unknown::{self, Cause},
    },
    ir::{AggregateId, Body, DefinitionId, Expr, ExprKind, Over, Rulebook},
    plan::{Atom, Node, NodeId, Plan, Slot, Step},
    schema::ColumnId,
};

/// How one result is spread over some users.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// Of a tag: who has it. Of a score, level, layer or funnel: who has a value.
    pub known: u64,
    /// For whom it is unknown.
    pub unknown: u64,
    /// Of a level, layer or funnel: users by rank.
    pub by_rank: BTreeMap<u32, u64>,
    /// What was missing where it was unknown.
    pub causes: BTreeMap<Cause, u64>,
}

impl Spread {
    /// Both together.
    pub fn join(&mut self, other: Spread) {
        self.known += other.known;
        self.unknown += other.unknown;
        other.by_rank.into_iter().for_each(|(rank, users)| *self.by_rank.entry(rank).or_default() += users);
        other.causes.into_iter().for_each(|(cause, users)| *self.causes.entry(cause).or_default() += users);
    }
}

impl Kernel<'_> {
    /// Adds how a result is spread over these users; false of a `let`, and of what was not asked for.
    pub fn spread(&self, found: &Found, frame: &dyn Frame, id: DefinitionId, sum: &mut Spread) -> bool {
        if let Some((node, columns)) = self.hangs_on.get(&id) {
            return self.spread_of_columns(found, frame, *node, columns, sum);
        }
        match self.spread_of(found, frame, id) {
            Some(spread) => {
                sum.join(spread);
                true
            }
            None => false,
        }
    }

    /// The same of a tag that hangs on columns alone, each of which leaves it unknown where it is missing and nothing else has
    /// decided: word by word.
    fn spread_of_columns(
        &self,
        found: &Found,
        frame: &dyn Frame,
        node: NodeId,
        columns: &[ColumnId],
        sum: &mut Spread,
    ) -> bool {
        let Some(bits) = found.nodes.get(node) else { return false };
        sum.known += bits::count(bits.yes);
        let Some(no) = bits.no else { return true };
        let (last, rest) = (found.rows / 64, found.rows % 64);
        let open = |at: usize, yes: u64, no: u64| {
            let all = if at < last { u64::MAX } else { (1 << rest) - 1 };
            !(yes | no) & all
        };
        let words = || bits.yes.iter().zip(no).enumerate().map(|(at, (yes, no))| open(at, *yes, *no));
        let unknown: u64 = words().map(|word| u64::from(word.count_ones())).sum();
        if unknown == 0 {
            return true;
        }
        sum.unknown += unknown;
        for id in columns {
            let Some((column, start)) = frame.column(*id) else { continue };
            let known = column.known().get(start / 64..).unwrap_or_default();
            let missing: u64 = words().zip(known).map(|(open, known)| u64::from((open & !known).count_ones())).sum();
            if missing > 0 {
                *sum.causes.entry(Cause::Column(*id)).or_default() += missing;
            }
        }
        true
    }

    fn spread_of(&self, found: &Found, frame: &dyn Frame, id: DefinitionId) -> Option<Spread> {
        let mut spread = Spread::default();
        match &self.interpreter.rulebook().definition(id).body {
            Body::Let(_) => return None,
            Body::Tag(condition) | Body::Segment(condition) => {
                let node = *self.conditions.get(&id)?;
                let bits = found.nodes.get(node)?;
                spread.known = bits::count(bits.yes);
                if bits.no.is_some() {
                    let open = open(&bits, found.rows);
                    spread.unknown = bits::count(&open);
                    if spread.unknown > 0 {
                        spread.causes = self.causes(found, frame, &[node], &[condition], &open);
                    }
                }
            }
            Body::Score(_) => {
                let column = found.values.get(&id)?;
                spread.known = bits::count(column.known());
                spread.unknown = found.rows as u64 - spread.known;
            }
            body @ (Body::Level(_) | Body::Layer(_) | Body::Funnel(..)) => {
                for row in 0..found.rows {
                    if let crate::value::Value::Choice(rank) = self.value(found, frame, id, row) {
                        spread.known += 1;
                        *spread.by_rank.entry(rank).or_default() += 1;
                    }
                }
                let Some(past) = found.unknown_above.get(&id) else { return Some(spread) };
                spread.unknown = bits::count(past);
                if let (Body::Level(ladder) | Body::Layer(ladder), true) = (body, spread.unknown > 0) {
                    let nodes = found.arms.get(&id).map_or(&[][..], Vec::as_slice);
                    spread.causes = self.causes(found, frame, nodes, &unknown::asked_by(ladder), past);
                }
            }
        }
        Some(spread)
    }

    fn causes(
        &self,
        found: &Found,
        frame: &dyn Frame,
        nodes: &[NodeId],
        conditions: &[&Expr],
        open: &[u64],
    ) -> BTreeMap<Cause, u64> {
        let mut missing: BTreeMap<Cause, Vec<u64>> = BTreeMap::new();
        if nodes.iter().all(|node| self.look(found, frame, *node, open, &mut missing)) {
            return missing.into_iter().map(|(cause, rows)| (cause, bits::count(&rows))).collect();
        }
        // Something else than a column is asked about: user by user.
        let mut causes = BTreeMap::new();
        for row in bits::rows(open) {
            let known = At { kernel: self, frame, found, row };
            let row = self.interpreter.row(&known);
            for cause in unknown::causes_of_all(self.interpreter.rulebook(), &row, conditions) {
                *causes.entry(cause).or_default() += 1;
            }
        }
        causes
    }

    /// Finds the columns that are missing where a condition is unknown for those who hang on it; false where it hangs on
    /// something else.
    fn look(
        &self,
        found: &Found,
        frame: &dyn Frame,
        node: NodeId,
        hang: &[u64],
        missing: &mut BTreeMap<Cause, Vec<u64>>,
    ) -> bool {
        let Some(bits) = found.nodes.get(node) else { return false };
        let hang: Vec<u64> = open(&bits, found.rows).iter().zip(hang).map(|(open, hang)| open & hang).collect();
        if bits::count(&hang) == 0 {
            return true;
        }
        let mut all = |nodes: &[NodeId]| nodes.iter().all(|node| self.look(found, frame, *node, &hang, missing));
        match self.plan.nodes.get(node.0 as usize) {
            Some(Node::Always(_)) => true,
            Some(Node::Not(inner)) => all(&[*inner]),
            Some(Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts)) => all(parts),
            Some(Node::Choose(condition, then, otherwise)) => all(&[*condition, *then, *otherwise]),
            Some(Node::Closed(_) | Node::IsUnknown(_)) => true,
            Some(Node::Atom(atom)) => match self.plan.atoms.get(atom.0 as usize) {
                Some(Atom::Range(Slot::Column(id), _) | Atom::Flag(Slot::Column(id)) | Atom::OfText(id, _)) => {
                    let Some((column, start)) = frame.column(*id) else { return false };
                    let Some(known) = known_of(column, start, found.rows) else { return true };
                    let rows = missing.entry(Cause::Column(*id)).or_insert_with(|| vec![0; bits::words(found.rows)]);
                    let here = hang.iter().zip(&known).map(|(hang, known)| hang & !known);
                    rows.iter_mut().zip(here).for_each(|(rows, here)| *rows |= here);
                    true
                }
                Some(Atom::Range(Slot::Aggregate(id), _) | Atom::Flag(Slot::Aggregate(id))) => {
                    let (Some(cause), Some((column, start))) = (self.lacking.get(id), frame.aggregates(*id)) else {
                        return false;
                    };
                    let Some(known) = known_of(column, start, found.rows) else { return true };
                    let rows = missing.entry(*cause).or_insert_with(|| vec![0; bits::words(found.rows)]);
                    let here = hang.iter().zip(&known).map(|(hang, known)| hang & !known);
                    rows.iter_mut().zip(here).for_each(|(rows, here)| *rows |= here);
                    true
                }
                Some(Atom::Range(..) | Atom::Flag(_) | Atom::Known(_) | Atom::Opaque(_)) | None => false,
            },
            None => false,
        }
    }
}

/// Tags that hang on columns alone: a leaf, or leaves joined by `and` or by `or`. Where such a one is unknown, each leaf whose
/// column is missing is unknown, and so keeps it open.
pub(super) fn hanging_on_columns(
    rulebook: &Rulebook,
    plan: &Plan<'_>,
) -> HashMap<DefinitionId, (NodeId, Vec<ColumnId>)> {
    let column = |id: &NodeId| match plan.nodes.get(id.0 as usize)? {
        Node::Atom(atom) => match plan.atoms.get(atom.0 as usize)? {
            Atom::Range(Slot::Column(id), _) | Atom::Flag(Slot::Column(id)) => Some(*id),
            Atom::OfText(id, expr) if is_unknown_where_missing(expr) => Some(*id),
            Atom::Range(..) | Atom::Flag(_) | Atom::OfText(..) | Atom::Known(_) | Atom::Opaque(_) => None,
        },
        _ => None,
    };
    let columns = |node: &NodeId| -> Option<Vec<ColumnId>> {
        let leaves = match plan.nodes.get(node.0 as usize)? {
            Node::All(all) | Node::Any(all) => all.iter().map(column).collect::<Option<Vec<ColumnId>>>()?,
            _ => vec![column(node)?],
        };
        let different: BTreeSet<ColumnId> = leaves.into_iter().collect();
        Some(different.into_iter().collect())
    };
    let hanging = plan.steps.iter().filter_map(|step| match step {
        Step::Condition(id, node) => match rulebook.definition(*id).body {
            Body::Tag(_) | Body::Segment(_) => Some((*id, (*node, columns(node)?))),
            _ => None,
        },
        Step::Ladder(..) | Step::Score(..) | Step::Alias(..) | Step::Value(_) => None,
    });
    hanging.collect()
}

/// What is told to be missing where a question over child rows has no answer: the `let` or funnel that asks it, or, where it is asked in
/// place, the table.
pub(super) fn lacking(
    rulebook: &Rulebook,
    asked: impl IntoIterator<Item = AggregateId>,
) -> HashMap<AggregateId, Cause> {
    let mut named: HashMap<AggregateId, Cause> = HashMap::new();
    for (at, definition) in rulebook.definitions.iter().enumerate() {
        if matches!(definition.body, Body::Let(_) | Body::Funnel(..)) {
            let cause = Cause::Definition(DefinitionId(at as u32));
            named.extend(definition.aggregates.iter().map(|id| (*id, cause)));
        }
    }
    let cause = |id: AggregateId| match rulebook.aggregate(id).over {
        Over::Children(table) => Some((id, named.get(&id).copied().unwrap_or(Cause::Children(table)))),
        Over::Users => None,
    };
    asked.into_iter().filter_map(cause).collect()
}

/// Whether a condition on a text asks it plainly, so that it is unknown where the text is missing.
fn is_unknown_where_missing(expr: &Expr) -> bool {
    let mut plain = true;
    expr.each(&mut |node| {
        plain &= matches!(
            node.kind,
            ExprKind::Column(_)
                | ExprKind::Constant(_)
                | ExprKind::Param(_)
                | ExprKind::List(_)
                | ExprKind::Compare { .. }
                | ExprKind::Between { .. }
                | ExprKind::Text { .. }
                | ExprKind::Matches { .. }
                | ExprKind::In { .. }
        );
    });
    plain
}

/// Of whom a condition is unknown.
fn open(bits: &Bits<'_>, rows: usize) -> Vec<u64> {
    match bits.no {
        None => vec![0; bits::words(rows)],
        Some(no) => {
            let mut open: Vec<u64> = bits.yes.iter().zip(no).map(|(yes, no)| !(yes | no)).collect();
            bits::trim(&mut open, rows);
            open
        }
    }
}
