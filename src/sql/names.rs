//! Names of steps and columns: each once in a query, whatever the engine makes of upper and lower case, and none longer than it takes.

use std::collections::HashSet;

use crate::sql::dialect::Dialect;

/// Names that are given.
pub(crate) struct Names<'d> {
    dialect: &'d dyn Dialect,
    taken: HashSet<String>,
}

impl<'d> Names<'d> {
    pub(crate) fn new(dialect: &'d dyn Dialect) -> Names<'d> {
        Names { dialect, taken: HashSet::new() }
    }

    /// Nobody gets this one.
    pub(crate) fn keep(&mut self, name: &str) {
        self.taken.insert(name.to_lowercase());
    }

    pub(crate) fn is_free(&self, name: &str) -> bool {
        !self.taken.contains(&shortened(name, self.dialect.longest_name()).to_lowercase())
    }

    /// The first of these that is free, or one like the last.
    pub(crate) fn one_of(&mut self, wanted: &[impl AsRef<str>]) -> String {
        let free = wanted.iter().find(|it| self.is_free(it.as_ref()));
        self.of(free.or(wanted.last()).map_or("_", AsRef::as_ref))
    }

    /// The name itself, or one that is like it.
    pub(crate) fn of(&mut self, wanted: &str) -> String {
        let longest = self.dialect.longest_name();
        let mut name = shortened(wanted, longest);
        let mut number = 1;
        while !self.taken.insert(name.to_lowercase()) {
            number += 1;
            let ending = format!("_{number}");
            name = shortened(wanted, longest.saturating_sub(ending.len())) + &ending;
        }
        name
    }
}

/// As many whole characters as fit into so many bytes; something in any case.
fn shortened(name: &str, bytes: usize) -> String {
    let plain: String = name.chars().map(|it| if it.is_control() { '_' } else { it }).collect();
    // Spark takes this for a variable.
    let plain = plain.replace("${", "$_");
    let end = plain.floor_char_boundary(bytes);
    let short = plain.get(..end).unwrap_or_default();
    if short.is_empty() { "_".into() } else { short.into() }
}
