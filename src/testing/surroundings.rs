//! What tests read beside what they give: uploaded lists and reference tables, from the files that the rulebook names.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
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
}
