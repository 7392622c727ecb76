//! What tests read beside what they give: uploaded lists and reference tables, from the files that the rulebook names.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

#[cfg(feature = "data")]
use crate::{
    engine::{Files, LoadError},
    value::{Clock, Zone},
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
        let wanted = Surroundings::wanted(rulebook);
        let mut found = Surroundings::default();
        let zone = Zone::parse(&rulebook.zone).unwrap_or_else(|_| Zone::utc());
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
