//! Which definitions read what may be missing, themselves or through others: all else is as if it were there.

use std::collections::{BTreeSet, HashMap};

use super::outcomes::Source;
use crate::ir::{AggregateId, Body, DefinitionId, Expr, ExprKind, Rulebook};

/// Definitions by what they read.
#[derive(Debug, Default)]
pub(super) struct Readers {
    of: HashMap<Read, BTreeSet<DefinitionId>>,
}

/// Something that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Read {
    Source(Source),
    Definition(DefinitionId),
}

impl Readers {
    pub(super) fn of(rulebook: &Rulebook) -> Readers {
        let mut readers = Readers::default();
        for (at, definition) in rulebook.definitions.iter().enumerate() {
            let id = DefinitionId(at as u32);
            let mut aggregates = vec![];
            if let Body::Funnel(_, aggregate) = &definition.body {
                aggregates.push(*aggregate);
            }
            definition.body.each_expr(&mut |expr| readers.note(id, expr, &mut aggregates));
            while let Some(aggregate) = aggregates.pop() {
                if readers.add(id, Read::Source(Source::Rows(aggregate))) {
                    rulebook.aggregate(aggregate).each_expr(&mut |expr| readers.note(id, expr, &mut aggregates));
                }
            }
        }
        readers
    }

    fn note(&mut self, id: DefinitionId, expr: &Expr, aggregates: &mut Vec<AggregateId>) {
        expr.each(&mut |node| match &node.kind {
            ExprKind::Column(column) => _ = self.add(id, Read::Source(Source::Column(*column))),
            ExprKind::Lookup { table, .. } => _ = self.add(id, Read::Source(Source::Row(*table))),
            ExprKind::Definition(read) | ExprKind::ToNext(read) => _ = self.add(id, Read::Definition(*read)),
            ExprKind::Reached(aggregate, read) => {
                aggregates.push(*aggregate);
                self.add(id, Read::Definition(*read));
            }
            ExprKind::Aggregate(aggregate) => aggregates.push(*aggregate),
            _ => {}
        });
    }

    /// Whether it was not known yet.
    fn add(&mut self, id: DefinitionId, read: Read) -> bool {
        self.of.entry(read).or_default().insert(id)
    }

    /// Everybody who reads one of these, themselves or through others; of a ladder also itself.
    pub(super) fn all(&self, sources: impl IntoIterator<Item = Source>) -> BTreeSet<DefinitionId> {
        let mut all = BTreeSet::new();
        let mut open: Vec<DefinitionId> = vec![];
        for source in sources {
            open.extend(self.of.get(&Read::Source(source)).into_iter().flatten());
            if let Source::Ladder(id) = source {
                open.push(id);
            }
        }
        while let Some(id) = open.pop() {
            if all.insert(id) {
                open.extend(self.of.get(&Read::Definition(id)).into_iter().flatten());
            }
        }
        all
    }
}
