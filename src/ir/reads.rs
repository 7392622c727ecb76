//! What a definition reads, through all that it builds on: so that only the columns that the asked-for results need are read.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cores,
    ir::{AggregateId, Body, Choice, DefinitionId, Expr, ExprKind, ListId, Over, ParamId, Rulebook, TimeWindow},
    schema::{ColumnId, Role, TableId},
};

/// So many definitions are looked through by more than one thread.
const MANY: usize = 2_000;

/// What some definitions read, directly and through others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Columns of the root table.
    pub columns: BTreeSet<ColumnId>,
    /// Definitions, those asked about among them.
    pub definitions: BTreeSet<DefinitionId>,
    /// Uploaded lists.
    pub lists: BTreeSet<ListId>,
    /// Parameters.
    pub params: BTreeSet<ParamId>,
    /// Columns of reference tables.
    pub lookups: BTreeSet<(TableId, ColumnId)>,
    /// Questions over many rows.
    pub aggregates: BTreeSet<AggregateId>,
    /// Child tables, and their columns that are read, `at` among them.
    pub children: BTreeMap<TableId, BTreeSet<ColumnId>>,
    /// Levels of which it is asked how far the next arm is.
    pub to_next: BTreeSet<DefinitionId>,
}

impl Reads {
    /// Takes what something else reads too.
    pub fn join(&mut self, other: Reads) {
        let Reads { columns, definitions, lists, params, lookups, aggregates, children, to_next } = other;
        self.columns.extend(columns);
        self.definitions.extend(definitions);
        self.lists.extend(lists);
        self.params.extend(params);
        self.lookups.extend(lookups);
        self.aggregates.extend(aggregates);
        self.to_next.extend(to_next);
        for (table, columns) in children {
            self.children.entry(table).or_default().extend(columns);
        }
    }
}

impl Rulebook {
    /// Everything that these definitions read.
    pub fn reads(&self, asked: impl IntoIterator<Item = DefinitionId>) -> Reads {
        let asked: Vec<DefinitionId> = asked.into_iter().collect();
        let each = asked.len().div_ceil(cores::parts(asked.len(), MANY));
        let parts: Vec<&[DefinitionId]> = asked.chunks(each.max(1)).collect();
        if let [] | [_] = parts.as_slice() {
            return self.reads_of(asked, [], []);
        }
        let read = |part: &&[DefinitionId]| self.reads_of(part.iter().copied(), [], []);
        let each = cores::side_by_side(&parts, cores::FLAT, read).into_iter().zip(&parts);
        let all = each.map(|(reads, part)| reads.unwrap_or_else(|| read(part)));
        all.reduce(|mut all, reads| {
            all.join(reads);
            all
        })
        .unwrap_or_default()
    }

    /// Everything that these definitions, expressions and questions over many rows read.
    pub fn reads_of<'e>(
        &self,
        asked: impl IntoIterator<Item = DefinitionId>,
        exprs: impl IntoIterator<Item = &'e Expr>,
        aggregates: impl IntoIterator<Item = AggregateId>,
    ) -> Reads {
        self.reads_beside(asked, exprs, aggregates, &BTreeSet::new())
    }

    /// What these definitions read, where the values of some definitions are given, so that nothing is read for them.
    pub fn reads_but(&self, asked: impl IntoIterator<Item = DefinitionId>, given: &BTreeSet<DefinitionId>) -> Reads {
        self.reads_beside(asked, [], [], given)
    }

    /// The same of definitions, expressions and questions over many rows.
    pub(crate) fn reads_beside<'e>(
        &self,
        asked: impl IntoIterator<Item = DefinitionId>,
        exprs: impl IntoIterator<Item = &'e Expr>,
        aggregates: impl IntoIterator<Item = AggregateId>,
        given: &BTreeSet<DefinitionId>,
    ) -> Reads {
        let mut reads = Reads::default();
        let mut open: Vec<DefinitionId> = asked.into_iter().collect();
        exprs.into_iter().for_each(|expr| self.note(expr, &mut reads, &mut open));
        aggregates.into_iter().for_each(|id| self.note_aggregate(id, &mut reads, &mut open));
        while let Some(id) = open.pop() {
            if reads.definitions.insert(id) && !given.contains(&id) {
                let body = &self.definition(id).body;
                if let Body::Funnel(_, aggregate) = body {
                    self.note_aggregate(*aggregate, &mut reads, &mut open);
                }
                body.each_expr(&mut |expr| self.note(expr, &mut reads, &mut open));
            }
        }
        reads
    }

    /// The definitions that are read, each after those it reads itself.
    pub fn order_of(&self, reads: &Reads) -> Vec<DefinitionId> {
        self.order.iter().copied().filter(|id| reads.definitions.contains(id)).collect()
    }

    fn note(&self, expr: &Expr, reads: &mut Reads, open: &mut Vec<DefinitionId>) {
        let mut aggregates = vec![];
        expr.each(&mut |node| match &node.kind {
            ExprKind::Column(id) => {
                reads.columns.insert(*id);
            }
            ExprKind::Definition(id) => open.push(*id),
            ExprKind::ToNext(id) => {
                reads.to_next.insert(*id);
                open.push(*id);
            }
            ExprKind::InUploaded { list, .. } => {
                reads.lists.insert(*list);
            }
            ExprKind::Param(id) => {
                reads.params.insert(*id);
            }
            ExprKind::Lookup { table, column, .. } => {
                reads.lookups.insert((*table, *column));
            }
            ExprKind::Aggregate(id) => aggregates.push(*id),
            ExprKind::Reached(id, funnel) => {
                aggregates.push(*id);
                open.push(*funnel);
            }
            _ => {}
        });
        for id in aggregates {
            self.note_aggregate(id, reads, open);
        }
    }

    fn note_aggregate(&self, id: AggregateId, reads: &mut Reads, open: &mut Vec<DefinitionId>) {
        if !reads.aggregates.insert(id) {
            return;
        }
        let aggregate = self.aggregate(id);
        if let Over::Children(table) = aggregate.over {
            let columns = reads.children.entry(table).or_default();
            columns.extend(aggregate.child_columns());
            if let Role::Children { at: Some(at), .. } = self.schema.table(table).role {
                columns.insert(at);
            }
        }
        // A clause holds no other aggregate, so this goes no deeper.
        aggregate.each_expr(&mut |expr| self.note(expr, reads, open));
    }
}

impl Body {
    /// Each expression that stands in it.
    pub fn each_expr<'e>(&'e self, found: &mut impl FnMut(&'e Expr)) {
        match self {
            Body::Let(expr) | Body::Tag(expr) | Body::Segment(expr) => found(expr),
            // What it asks of events stands in its aggregate.
            Body::Funnel(..) => {}
            Body::Score(score) => {
                found(&score.base);
                for arm in &score.arms {
                    found(&arm.points);
                    found(&arm.condition);
                }
                if let Some((low, high)) = &score.clamp {
                    found(low);
                    found(high);
                }
            }
            Body::Level(ladder) | Body::Layer(ladder) => {
                ladder.by.iter().for_each(&mut *found);
                for arm in &ladder.arms {
                    match &arm.choice {
                        Choice::From { threshold, condition, keep } => {
                            found(threshold);
                            found(condition);
                            keep.iter().for_each(&mut *found);
                        }
                        Choice::When(condition) => found(condition),
                        Choice::Otherwise => {}
                    }
                }
            }
        }
    }
}

impl Expr {
    /// This node and every node below it.
    pub fn each<'e>(&'e self, found: &mut impl FnMut(&'e Expr)) {
        found(self);
        self.each_child(&mut |child| child.each(found));
    }

    /// The nodes directly below it, in the order written.
    pub fn each_child<'e>(&'e self, found: &mut impl FnMut(&'e Expr)) {
        match &self.kind {
            ExprKind::Constant(_)
            | ExprKind::Column(_)
            | ExprKind::ChildColumn(_)
            | ExprKind::Aggregate(_)
            | ExprKind::Reached(..)
            | ExprKind::Definition(_)
            | ExprKind::Param(_)
            | ExprKind::Now
            | ExprKind::ToNext(_) => {}
            ExprKind::Lookup { key: operand, .. }
            | ExprKind::Ago(operand)
            | ExprKind::FromNow(operand)
            | ExprKind::Not(operand)
            | ExprKind::IsMissing(operand)
            | ExprKind::IsKnown(operand)
            | ExprKind::Negate(operand)
            | ExprKind::Widen(operand)
            | ExprKind::InUploaded { subject: operand, .. }
            | ExprKind::Matches { subject: operand, .. } => found(operand),
            ExprKind::If { condition: a, then: b, otherwise: c }
            | ExprKind::Between { subject: a, low: b, high: c, .. }
            | ExprKind::AgeBetween { moment: a, low: b, high: c, .. } => [a, b, c].into_iter().for_each(|it| found(it)),
            ExprKind::Or(parts)
            | ExprKind::And(parts)
            | ExprKind::Quorum { conditions: parts, .. }
            | ExprKind::Coalesce(parts)
            | ExprKind::List(parts)
            | ExprKind::Call { arguments: parts, .. } => parts.iter().for_each(found),
            ExprKind::Compare { left: a, right: b, .. }
            | ExprKind::CompareAge { moment: a, duration: b, .. }
            | ExprKind::In { subject: a, list: b }
            | ExprKind::Text { subject: a, argument: b, .. }
            | ExprKind::Has { subject: a, element: b }
            | ExprKind::HasOf { subject: a, elements: b, .. } => [a, b].into_iter().for_each(|it| found(it)),
            ExprKind::Window { subject, window } => {
                found(subject);
                match window {
                    TimeWindow::Ago { near, far, .. } => [near, far].into_iter().for_each(|it| found(it)),
                    TimeWindow::Within(length) | TimeWindow::WithinNext(length) => found(length),
                    TimeWindow::During(_) => {}
                }
            }
            ExprKind::Sum { first, rest } => {
                found(first);
                rest.iter().for_each(|(_, term, _)| found(term));
            }
            ExprKind::Product { first, rest } => {
                found(first);
                rest.iter().for_each(|(_, factor, _)| found(factor));
            }
        }
    }
}
