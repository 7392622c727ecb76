//! Columns of tables that nobody reads: no step selects them.

use crate::sql::ast::{From, Query};

impl Query {
    /// Leaves out columns of tables that are asked about as their rows are read, and never again.
    pub(crate) fn leave_out_unread(&mut self) {
        let of_tables = self.steps.iter().zip(0..).filter(|(it, _)| matches!(it.select.from, From::Table(..)));
        for at in of_tables.map(|(_, at)| at).collect::<Vec<usize>>() {
            let read = self.read_behind(at);
            if let Some(step) = self.steps.get_mut(at) {
                step.select.items.retain(|it| it.alias.as_ref().is_none_or(|name| read.contains(name)));
            }
        }
    }
}
