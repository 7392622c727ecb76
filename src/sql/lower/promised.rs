//! What the rules say of a column: that it is never missing, and its type. A row in which it is otherwise ends the query, as it ends `run`; so
//! does a moment whose zone would be the session's.

use crate::{
    schema::{Column, ColumnId, Table},
    sql::{
        ast::{Select, Sql},
        dialect::{Broken, LocalMoments},
        lower::{Lowering, epochs},
    },
    value::Type,
};

impl Lowering<'_> {
    /// Looks at the columns that are read of a table, whose rows have a key; what is missing is known to be otherwise of some.
    pub(crate) fn keep_promises(
        &self,
        input: &str,
        table: &Table,
        read: impl IntoIterator<Item = ColumnId>,
        key: ColumnId,
        looked_at: Option<ColumnId>,
        select: &mut Select,
    ) {
        let read: Vec<ColumnId> = read.into_iter().filter(|id| *id != key).collect();
        // By its own key a row is found again.
        let own = table.key.filter(|it| read.contains(it));
        let (known_by, may_be_missing) = (table.column(own.unwrap_or(key)), own.is_some());
        let of = |column: &Column| Sql::of(input, &column.header);
        let (mut missing, mut lost, mut elsewhere) = (vec![], vec![], vec![]);
        let (zone, local) = (self.clock().zone(), LocalMoments::of(self.target.engine));
        for (id, column) in read.iter().map(|id| (*id, table.column(*id))) {
            if !column.optional && Some(id) != looked_at {
                missing.push((column.header.clone(), of(column).missing()));
            }
            if let Some(local) = local.as_ref().filter(|_| column.ty == Type::Timestamp) {
                elsewhere.push((column.header.clone(), local.are_elsewhere(of(column), zone)));
            }
            if Some(id) != table.key {
                let loses = self.loses(of(column), column);
                lost.extend(loses.map(|it| (format!("{} as {}", column.header, column.ty), it)));
            }
        }
        let of_another_zone = local.map_or(String::new(), |it| it.told(zone));
        let broken = [
            (elsewhere, of_another_zone.as_str()),
            (missing, "is NULL, and declared without `?`,"),
            (lost, "loses a part of its value"),
        ];
        let arms = broken.into_iter().filter(|(columns, _)| !columns.is_empty()).map(|(columns, what)| {
            let any = Sql::any(columns.iter().map(|(_, it)| it.clone()));
            let row = (&*known_by.header, of(known_by));
            let table = table.name.as_str();
            (any, self.dialect.fail_of_row(&Broken { table, columns, what, row, may_be_missing }))
        });
        let arms: Vec<(Sql, Sql)> = arms.collect();
        if !arms.is_empty() {
            select.filter.push(Sql::Case(arms, Some(Box::new(Sql::bool(true)))));
        }
    }

    /// Whether a value loses a part of it in the type that the rules say; none where that cannot be.
    fn loses(&self, column: Sql, described: &Column) -> Option<Sql> {
        if epochs::is_number(described) { None } else { self.dialect.loses(&column, &described.ty) }
    }
}
