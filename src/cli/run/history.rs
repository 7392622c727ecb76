//! What was decided for users in runs before, read while others are evaluated.

use std::{collections::HashMap, sync::Arc};

use tagwell::{
    action::{Past, Tracked},
    engine::stateful::{self, Recollection},
    intern::Symbol,
    state::{self, Kind, NameId, StateError, Store},
};

/// What was decided in runs before.
pub(super) struct History {
    decided: state::Past,
    recollection: Arc<Recollection>,
    /// The segments that there still are.
    segments: HashMap<NameId, Symbol>,
}

impl History {
    pub(super) fn of(
        store: Option<&Store>,
        recollection: Option<&Arc<Recollection>>,
        tracked: &Tracked,
        rulebook: &tagwell::ir::Rulebook,
    ) -> Option<History> {
        let (store, recollection) = store.zip(recollection)?;
        let segments = tracked.segments.iter().filter_map(|place| tracked.stays.get(*place)).filter_map(|stay| {
            let name = &rulebook.definition(stay.definition).name;
            Some((store.name(Kind::Segment, name)?, name.clone()))
        });
        Some(History { decided: store.past(), recollection: Arc::clone(recollection), segments: segments.collect() })
    }

    /// For a user.
    pub(super) fn of_user(&self, number: u32) -> Result<Vec<Past>, StateError> {
        if !self.recollection.remembered().has_past(number) {
            return Ok(vec![]);
        }
        let past = self.decided.deeds(number)?.into_iter().map(|it| {
            let segment = self.segments.get(&it.segment).cloned();
            stateful::past(it, segment)
        });
        Ok(past.collect())
    }
}
