//! What the rules say of a column: that it is never missing. A row in which it is ends the query, as it ends `run`.

use crate::{
    schema::{ColumnId, Table},
    sql::{
        ast::{Select, Sql},
        lower::Lowering,
    },
};

impl Lowering<'_> {
    /// Looks at the columns that are read of a table, whose rows have a key.
    pub(crate) fn keep_promises(
        &self,
        input: &str,
        table: &Table,
        read: impl IntoIterator<Item = ColumnId>,
        key: ColumnId,
        select: &mut Select,
    ) {
        let promised = read.into_iter().filter(|id| *id != key).map(|id| table.column(id)).filter(|it| !it.optional);
        let promised: Vec<&str> = promised.map(|it| &*it.header).collect();
        if promised.is_empty() {
            return;
        }
        let missing = Sql::any(promised.iter().map(|header| Sql::of(input, header).missing()));
        let message = format!(
            "table {}: {} is NULL in a row: where it may be, write `?` behind its type",
            table.name,
            promised.join(" or ")
        );
        let key = Sql::of(input, &table.column(key).header);
        let fail = self.dialect.fail_of_row(&message, &key);
        select.filter.push(Sql::if_else(missing, fail, Sql::bool(true)));
    }
}
