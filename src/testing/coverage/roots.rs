//! Of whom diaries are made up: segments that act, together where they share something, and rules that ask what is remembered.

use std::collections::BTreeSet;

use super::{made::Slot, proof, setup::Setup};
use crate::{
    eval::Context,
    ir::{self, DefinitionId, Expr, ExprKind, Over, SegmentActions, TriggerBody, TriggerKind},
    schema::{ColumnId, TableId},
    value::{Duration, Value},
};

/// Of whom something is expected.
#[derive(Clone, Debug, Default)]
pub(super) struct Roots {
    /// Segments, of what they do.
    pub(super) segments: Vec<DefinitionId>,
    /// Other rules, of their values.
    pub(super) rules: Vec<DefinitionId>,
}

impl Roots {
    pub(super) fn all(&self) -> impl Iterator<Item = DefinitionId> {
        self.segments.iter().chain(&self.rules).copied()
    }

    /// What its segments do.
    pub(super) fn actions<'i>(&self, ir: &'i ir::Rulebook) -> impl Iterator<Item = &'i SegmentActions> {
        ir.actions.segments.iter().filter(|it| self.segments.contains(&it.segment))
    }

    /// What deeds, and the policy, ask and say.
    pub(super) fn exprs<'e>(&self, ir: &'e ir::Rulebook) -> Vec<&'e Expr> {
        let mut found: Vec<&Expr> = vec![];
        self.actions(ir).for_each(|segment| segment.each_expr(&mut |expr| found.push(expr)));
        if !self.segments.is_empty() {
            found.extend(&ir.actions.policy.require);
        }
        found
    }

    /// What decides who is inside.
    pub(super) fn decides(&self, ir: &ir::Rulebook, setup: &Setup) -> BTreeSet<Slot> {
        let given: BTreeSet<DefinitionId> = setup
            .values
            .keys()
            .filter_map(|slot| match slot {
                Slot::Definition(id) => Some(*id),
                Slot::Column(_) | Slot::Rows(_) | Slot::Key => None,
            })
            .collect();
        let reads = ir.reads_but(self.all(), &given);
        let columns = reads.columns.into_iter().map(Slot::Column);
        let rules = reads.definitions.into_iter().filter(|id| given.contains(id)).map(Slot::Definition);
        columns.chain(rules).chain(reads.children.into_keys().map(Slot::Rows)).collect()
    }

    /// Whether one of its segments chooses by who somebody is.
    pub(super) fn splits(&self, ir: &ir::Rulebook) -> bool {
        self.actions(ir).flat_map(|it| &it.triggers).any(|it| matches!(it.body, TriggerBody::Split { .. }))
    }

    /// The definitions of which rules ask how long somebody has had them.
    pub(super) fn remembered(&self, ir: &ir::Rulebook) -> Vec<DefinitionId> {
        let reads = ir.reads_of(self.all(), self.exprs(ir), []);
        let since = ir.actions.memory.since.iter().filter(|it| reads.columns.contains(&it.column));
        since.map(|it| it.definition).collect()
    }

    /// The longest time for which something that is read here is asked to be held.
    pub(super) fn lead(&self, ir: &ir::Rulebook, read: &BTreeSet<DefinitionId>, context: &Context) -> Option<Duration> {
        let since: BTreeSet<ColumnId> = ir.actions.memory.since.iter().map(|it| it.column).collect();
        let mut found: Vec<Duration> = vec![];
        let mut look = |expr: &Expr| {
            expr.each(&mut |node| {
                let (subject, lines): (&Expr, Vec<&Expr>) = match &node.kind {
                    ExprKind::Compare { left, right, .. } if is_long(right, context, ir).is_none() => {
                        (&**right, vec![&**left])
                    }
                    ExprKind::Compare { left, right, .. } => (&**left, vec![&**right]),
                    ExprKind::Between { subject, low, high, .. } => (&**subject, vec![&**low, &**high]),
                    _ => return,
                };
                let mut is_held = false;
                subject.each(&mut |node| is_held |= matches!(&node.kind, ExprKind::Column(id) if since.contains(id)));
                found.extend(lines.into_iter().filter(|_| is_held).filter_map(|line| is_long(line, context, ir)));
            });
        };
        read.iter().for_each(|id| ir.definition(*id).body.each_expr(&mut look));
        self.exprs(ir).into_iter().for_each(look);
        found.into_iter().max_by_key(|it| (i64::from(it.months) * 31 + i64::from(it.days), it.micros))
    }

    /// Of each table whose rows trigger something what a new row is appended to.
    pub(super) fn triggering(&self, ir: &ir::Rulebook) -> Vec<TableId> {
        let tables = self.actions(ir).flat_map(|it| &it.triggers).filter_map(|it| match it.on {
            TriggerKind::Each { table, .. } => Some(table),
            TriggerKind::Enter | TriggerKind::Exit | TriggerKind::Every(_) => None,
        });
        tables.collect()
    }
}

/// A length of time that is the same for everybody.
fn is_long(expr: &Expr, context: &Context, ir: &ir::Rulebook) -> Option<Duration> {
    match proof::constant(ir, expr, context)? {
        Value::Duration(length) => Some(length),
        _ => None,
    }
}

/// Segments that act together at most: so many diaries are played with.
const TOGETHER: usize = 6;

/// Each segment that does something, all of them where they share limits, and each rule that asks what is remembered, beside the
/// segments whose decisions it counts.
pub(super) fn roots(ir: &ir::Rulebook) -> Vec<Roots> {
    let segments: Vec<DefinitionId> = ir.actions.segments.iter().map(|it| it.segment).collect();
    let together: Vec<DefinitionId> = segments.iter().take(TOGETHER).copied().collect();
    let mut all: Vec<Roots> = segments.iter().map(|id| Roots { segments: vec![*id], rules: vec![] }).collect();
    if segments.len() > 1 && !ir.actions.policy.limits.is_empty() {
        all.push(Roots { segments: together.clone(), rules: vec![] });
    }
    all.extend(remembering(ir).map(|id| Roots { segments: vec![], rules: vec![id] }));
    let counting = (0..ir.definitions.len() as u32).map(DefinitionId).filter(|id| counts_decisions(ir, *id));
    all.extend(counting.map(|id| Roots { segments: together.clone(), rules: vec![id] }));
    all
}

/// The rules that ask what is remembered, `held(vip) >= 30d`, themselves.
pub(super) fn remembering(ir: &ir::Rulebook) -> impl Iterator<Item = DefinitionId> {
    let memory = &ir.actions.memory;
    let since = memory.since.iter().map(|it| it.column);
    let state: Vec<_> = since.chain(memory.kept.iter().flat_map(|it| [it.reached, it.held])).collect();
    (0..ir.definitions.len() as u32).map(DefinitionId).filter(move |id| {
        let mut found = false;
        ir.definition(*id).body.each_expr(&mut |expr| {
            expr.each(&mut |node| {
                found |= matches!(node.kind, ir::ExprKind::Column(column) if state.contains(&column));
            });
        });
        found
    })
}

/// Whether a rule itself asks about what was decided.
pub(super) fn counts_decisions(ir: &ir::Rulebook, id: DefinitionId) -> bool {
    let mut own = ir.definition(id).aggregates.iter().map(|id| ir.aggregate(*id));
    own.any(|it| matches!(it.over, Over::Children(table) if ir.schema.table(table).is_ledger()))
}

/// The tags and segments of which a comparison asks for how long they are held.
pub(super) fn held_tags(expr: &Expr) -> Vec<DefinitionId> {
    let mut found = vec![];
    if let ExprKind::Compare { left, right, .. } = &expr.kind {
        for side in [left, right] {
            if let ExprKind::If { condition, otherwise, .. } = &side.kind
                && let (ExprKind::Definition(tag), ExprKind::Constant(Value::Missing)) =
                    (&condition.kind, &otherwise.kind)
            {
                found.push(*tag);
            }
        }
    }
    found
}
