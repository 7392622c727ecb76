//! What has neither conditions nor numbers of its own, `let spend = sum(orders.amount)`, is not shown where tests give it and none
//! computes it. What no test speaks of at all, such as a metric, is left to snapshots.

use std::collections::BTreeSet;

use super::Arm;
use crate::{
    ir::{Body, DefinitionId, Rulebook},
    testing::Moment,
    value::Value,
};

/// What the tests computed, and what they gave.
#[derive(Debug, Default)]
pub(super) struct Computed {
    computed: BTreeSet<DefinitionId>,
    given: BTreeSet<DefinitionId>,
}

impl Computed {
    /// Takes note of what was evaluated for somebody of whom it was not given.
    pub(super) fn look(&mut self, moment: &Moment<'_>) {
        for person in moment.people {
            self.given.extend(person.definitions.keys());
            self.computed.extend(moment.order.iter().filter(|id| !person.definitions.contains_key(id)));
        }
    }

    /// What was shown of a `let` or a funnel that tests give.
    pub(super) fn of(&self, ir: &Rulebook, id: DefinitionId) -> Option<Arm> {
        let definition = ir.definition(id);
        match &definition.body {
            Body::Let(_) | Body::Funnel(..) => self.given.contains(&id).then(|| Arm {
                span: definition.span,
                taken: self.computed.contains(&id),
                lacks: "is given by every test that speaks of it, and computed by none",
            }),
            Body::Tag(_) | Body::Segment(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) => None,
        }
    }
}

/// Whether a value shows that it was computed: something that came of rows or columns.
pub(super) fn shows(value: &Value) -> bool {
    !matches!(value, Value::Missing | Value::Int(0))
}
