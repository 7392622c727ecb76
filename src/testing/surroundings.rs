//! What tests read beside what they give: uploaded lists and reference tables, from the files that the rulebook names.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

#[cfg(feature = "data")]
use crate::{
    engine::{Files, LoadError},
    value::Clock,
};
use crate::{
    eval::Lookup,
    ir::{DefinitionId, ListId, Reads, Rulebook},
    schema::TableId,
};

/// Lists and reference tables; of one that cannot be read, why. A case that hangs on it fails and says so.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The texts of uploaded lists.
    pub lists: BTreeMap<ListId, Result<HashSet<Arc<str>>, String>>,
    /// The rows of reference tables.
    pub lookups: HashMap<TableId, Result<Lookup, String>>,
}

impl Surroundings {
    /// What the tests of a rulebook read, some of which stands in files.
    pub fn wanted(rulebook: &Rulebook) -> Reads {
        let whole = rulebook.with_what_is_asked();
        let first = rulebook.definitions.len() as u32;
        whole.reads((first..).take(rulebook.tests.asked.len()).map(DefinitionId))
    }

    /// Reads what the tests of a rulebook need from its files; of what cannot be read `told` puts the reason into words.
    #[cfg(feature = "data")]
    pub fn read(rulebook: &Rulebook, files: &Files, told: impl Fn(LoadError) -> String) -> Surroundings {
        Surroundings::read_what(Surroundings::wanted(rulebook), rulebook, files, told)
    }

    /// The same with what any rule reads, tested or not.
    #[cfg(feature = "data")]
    pub fn read_all(rulebook: &Rulebook, files: &Files, told: impl Fn(LoadError) -> String) -> Surroundings {
        let whole = rulebook.with_what_is_asked();
        let all = whole.reads((0..whole.definitions.len() as u32).map(DefinitionId));
        Surroundings::read_what(all, rulebook, files, told)
    }

    #[cfg(feature = "data")]
    fn read_what(
        wanted: Reads,
        rulebook: &Rulebook,
        files: &Files,
        told: impl Fn(LoadError) -> String,
    ) -> Surroundings {
        let mut found = Surroundings::default();
        let zone = rulebook.zone();
        let Some(clock) = Clock::at(0, zone) else { return found };
        for id in wanted.lists {
            if let Some(list) = rulebook.lists.get(id.0 as usize) {
                found.lists.insert(id, files.list(list, &clock).map_err(&told));
            }
        }
        for (id, _) in wanted.lookups {
            let lookup = || files.lookup(rulebook.schema.table(id), &clock).map_err(&told);
            found.lookups.entry(id).or_insert_with(lookup);
        }
        found
    }
}
