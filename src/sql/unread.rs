//! Columns of tables that nobody reads: no step selects them.

use crate::sql::ast::{From, Query};

impl Query {
    /// Leaves out columns of tables that are asked about as their rows are read, and never again.
    pub(crate) fn leave_out_unread(&mut self) {
        for at in 0..self.steps.len() {
            let read = self.read_behind(at);
            let Some(select) = self.steps.get_mut(at).map(|it| &mut it.select) else { continue };
            if matches!(select.from, From::Table(..)) {
                select.items.retain(|it| it.alias.as_ref().is_none_or(|name| read.contains(name)));
            }
        }
    }
}
