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
        let key = Sql::of(input, &table.column(key).header);
        let promised = read.iter().filter(|id| Some(**id) != looked_at).map(|id| table.column(*id));
        let missing = promised.filter(|it| !it.optional).map(|it| (&*it.header, Sql::of(input, &it.header).missing()));
        let typed = read.iter().filter(|id| Some(**id) != table.key).map(|id| table.column(*id));
        let lost = typed.filter_map(|it| Some((&*it.header, self.loses(Sql::of(input, &it.header), it)?)));
        let broken: [(Vec<(&str, Sql)>, &str); 2] = [
            (missing.collect(), "is NULL in a row: where it may be, write `?` behind its type"),
            (lost.collect(), "loses a part of its value in a row: declare the type that it has"),
        ];
        let arms = broken.into_iter().filter(|(columns, _)| !columns.is_empty()).map(|(columns, what)| {
            let (names, broken): (Vec<&str>, Vec<Sql>) = columns.into_iter().unzip();
            let message = format!("table {}: {} {what}", table.name, names.join(" or "));
            (Sql::any(broken), self.dialect.fail_of_row(&message, &key))
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
