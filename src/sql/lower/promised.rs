//! What the rules say of a column: that it is never missing, and its type. A row in which it is otherwise ends the query, as it ends `run`.

use crate::{
    schema::{Column, ColumnId, Table},
    sql::{
        ast::{Select, Sql},
        lower::{Lowering, epochs},
    },
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
        let known_by = table.column(table.key.filter(|it| read.contains(it)).unwrap_or(key));
        let known_by = (known_by.name.as_str(), Sql::of(input, &known_by.header));
        let ends = |column: &Column, broken: Sql, what: String| {
            let message = format!("table {}: {} {what}", table.name, column.header);
            (broken, self.dialect.fail_of_row(&message, &known_by))
        };
        let mut arms = vec![];
        for column in read.iter().filter(|id| Some(**id) != looked_at).map(|id| table.column(*id)) {
            if !column.optional {
                let is_missing = Sql::of(input, &column.header).missing();
                arms.push(ends(column, is_missing, "is NULL, and declared without `?`,".into()));
            }
        }
        for column in read.iter().filter(|id| Some(**id) != table.key).map(|id| table.column(*id)) {
            if let Some(loses) = self.loses(Sql::of(input, &column.header), column) {
                arms.push(ends(column, loses, format!("loses a part of its value as {}", column.ty)));
            }
        }
        if !arms.is_empty() {
            select.filter.push(Sql::Case(arms, Some(Box::new(Sql::bool(true)))));
        }
    }

    /// Whether a value loses a part of it in the type that the rules say; none where that cannot be.
    fn loses(&self, column: Sql, described: &Column) -> Option<Sql> {
        if epochs::is_number(described) { None } else { self.dialect.loses(&column, &described.ty) }
    }
}
