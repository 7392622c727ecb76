//! When each question over many rows can be answered: after those that its clause builds on. Questions of the same stage are
//! answered in one pass over the rows.

use std::collections::BTreeMap;

use crate::ir::{AggregateId, Body, DefinitionId, Expr, ExprKind, Reads, Rulebook};

/// The stage of each aggregate, from 1, among those that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// The stage in which an aggregate is answered: one after the last that its clause needs.
    pub aggregates: BTreeMap<AggregateId, u32>,
    /// The stage after which a definition is known: 0 where it asks about no rows but the user's own.
    pub definitions: BTreeMap<DefinitionId, u32>,
}

impl Stages {
    /// Sorts what some definitions read into stages.
    pub fn of(rulebook: &Rulebook, reads: &Reads) -> Stages {
        let mut stages = Stages::default();
        for id in rulebook.order.iter().filter(|id| reads.definitions.contains(id)) {
            let mut stage = 0;
            let body = &rulebook.definition(*id).body;
            if let Body::Funnel(_, aggregate) = body {
                stage = stages.aggregate(rulebook, *aggregate);
            }
            body.each_expr(&mut |expr| stage = stage.max(stages.expr(rulebook, expr)));
            stages.definitions.insert(*id, stage);
        }
        // Those that no definition asks: deeds do.
        for id in &reads.aggregates {
            stages.aggregate(rulebook, *id);
        }
        stages
    }

    /// How many stages there are.
    pub fn last(&self) -> u32 {
        self.aggregates.values().copied().max().unwrap_or(0)
    }

    /// The aggregates of one stage.
    pub fn at(&self, stage: u32) -> impl Iterator<Item = AggregateId> {
        self.aggregates.iter().filter(move |(_, at)| **at == stage).map(|(id, _)| *id)
    }

    fn expr(&mut self, rulebook: &Rulebook, expr: &Expr) -> u32 {
        let mut stage = 0;
        expr.each(&mut |node| {
            let this = match &node.kind {
                ExprKind::Aggregate(id) | ExprKind::Reached(id, _) => self.aggregate(rulebook, *id),
                ExprKind::Definition(id) | ExprKind::ToNext(id) => self.definitions.get(id).copied().unwrap_or(0),
                _ => 0,
            };
            stage = stage.max(this);
        });
        stage
    }

    fn aggregate(&mut self, rulebook: &Rulebook, id: AggregateId) -> u32 {
        if let Some(stage) = self.aggregates.get(&id) {
            return *stage;
        }
        let mut needs = 0;
        rulebook.aggregate(id).each_expr(&mut |expr| needs = needs.max(self.expr(rulebook, expr)));
        self.aggregates.insert(id, needs + 1);
        needs + 1
    }
}
