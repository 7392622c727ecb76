//! The local time of instants: of a timestamp of a table it is a column beside it, of which everything else is computed.

use crate::sql::{
    ast::{Item, Select, Sql},
    lower::{Held, Lowering},
};

impl Lowering<'_> {
    /// The time that the clock of the zone shows.
    pub(crate) fn local(&mut self, instant: Sql) -> Sql {
        let local = self.dialect.local(instant.clone(), self.clock().zone());
        match &instant {
            Sql::Column(None, name) if !local.is_short() && self.is_of_table(name) => {
                Sql::column(&self.column_beside(name))
            }
            _ => local,
        }
    }

    /// The same where it is written more than once: always a column.
    pub(crate) fn local_beside(&mut self, instant: Sql) -> Sql {
        let name = match &instant {
            // Beside the moments of the clock, which have one of their own.
            it if self.is_now(it) && self.moments.is_some() => "now".to_owned(),
            Sql::Column(_, name) => name.clone(),
            // No other instant that is written out is added to than the as-of.
            Sql::Literal(_) => "now".to_owned(),
            _ => self.about.clone(),
        };
        let local = self.local(instant);
        if local.is_short() {
            return local;
        }
        let local = self.column_of(local, &format!("{name}_local"), None);
        let zone = self.clock().zone();
        self.stack().explain(&local, &format!("by the clock of {}", zone.name()));
        local
    }

    /// Whether what is read now has a column of this name from its table.
    fn is_of_table(&self, name: &str) -> bool {
        let columns = self.rows.as_ref().map_or(&self.columns, |rows| &rows.columns);
        columns.values().any(|it| matches!(it, Held::One(Sql::Column(None, column)) if column == name))
    }

    fn column_beside(&mut self, name: &str) -> String {
        if let Some(local) = self.locals.get(name) {
            return local.clone();
        }
        let local = self.names.of(&format!("{name}_local"));
        self.locals.insert(name.to_owned(), local.clone());
        local
    }

    /// Adds to what is read of a table the local times that were asked for.
    pub(crate) fn read_locals(&self, select: &mut Select) {
        let zone = self.clock().zone();
        let beside = |item: &Item| {
            let name = self.locals.get(item.alias.as_ref()?)?;
            let comment = Some(format!("by the clock of {}", zone.name()));
            Some(Item { comment, ..Item::named(self.dialect.local(item.sql.clone(), zone), name) })
        };
        for item in std::mem::take(&mut select.items) {
            let local = beside(&item);
            select.items.push(item);
            select.items.extend(local);
        }
    }
}
