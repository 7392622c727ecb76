//! What the rules say of a column: that it is never missing, and its type. A row in which it is otherwise ends the query, as it ends `run`; so
//! does a column whose moments would be of the session's zone.

use crate::{
    schema::{Column, ColumnId, Table},
    sql::{
        ast::{Select, Sql},
        dialect::{
            Broken,
            local_moments::{LocalMoments, OfMoments, goes_by_clock},
        },
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
        let (keys, read): (Vec<ColumnId>, Vec<ColumnId>) = read.into_iter().partition(|id| *id == key);
        let asked = if self.keys_are_asked() { [keys, read.clone()].concat() } else { read.clone() };
        self.keep_zone(input, table, (&asked, key), select);
        // By its own key a row is found again.
        let own = table.key.filter(|it| read.contains(it));
        let (known_by, may_be_missing) = (table.column(own.unwrap_or(key)), own.is_some());
        let of = |column: &Column| Sql::of(input, &column.header);
        let (mut missing, mut lost) = (vec![], vec![]);
        for (id, column) in read.iter().map(|id| (*id, table.column(*id))) {
            if !column.optional && Some(id) != looked_at {
                missing.push((column.header.clone(), of(column).missing()));
            }
            if Some(id) != table.key {
                let loses = self.loses(of(column), column);
                lost.extend(loses.map(|it| (format!("{} as {}", column.header, column.ty), it)));
            }
        }
        let broken = [(missing, "is NULL, and declared without `?`,"), (lost, "loses a part of its value")];
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

    /// Asks of what type columns of moments are before it asks anything of their rows, which may all lie ahead by another clock.
    fn keep_zone(&self, input: &str, table: &Table, (read, key): (&[ColumnId], ColumnId), select: &mut Select) {
        let Some(local) = LocalMoments::of(self.target.engine) else { return };
        let columns = read.iter().map(|id| (*id, table.column(*id)));
        let columns = columns.filter(|(id, it)| goes_by_clock(&it.ty, *id == key));
        let columns: Vec<OfMoments> = columns.map(|(_, it)| self.of_moments(input, it)).collect();
        if columns.is_empty() {
            return;
        }
        // The first tells whose a row is, and what is nobody's has no moment to ask about.
        let rows = if select.filter.len() > 1 { select.filter.pop() } else { None }.unwrap_or(Sql::bool(true));
        let table = (table.name.as_str(), select.from.clone());
        select.filter.push(local.guarded(rows, table, &columns, self.clock().zone()));
    }

    /// Whether the zone of keys is asked with that of other columns, and not in their place.
    fn keys_are_asked(&self) -> bool {
        LocalMoments::of(self.target.engine).is_some_and(|it| !it.is_planned())
    }

    /// The column by which rows find each other, as it is read.
    pub(crate) fn read_key(&self, input: &str, table: &Table, key: ColumnId, read: Sql) -> Sql {
        let column = table.column(key);
        match LocalMoments::of(self.target.engine).filter(|it| it.is_planned() && goes_by_clock(&column.ty, true)) {
            Some(local) => local.key(read, &table.name, &self.of_moments(input, column), self.clock().zone()),
            None => read,
        }
    }

    fn of_moments(&self, input: &str, described: &Column) -> OfMoments {
        let column = Sql::of(input, &described.header);
        let is_number = epochs::is_number(described).then(|| self.dialect.number_or(&column, &described.ty));
        let is_number = is_number.map(|[is_number, ..]| is_number);
        OfMoments { name: described.header.clone(), column, ty: described.ty.clone(), is_number }
    }

    /// Whether a value loses a part of it in the type that the rules say; none where that cannot be.
    fn loses(&self, column: Sql, described: &Column) -> Option<Sql> {
        if epochs::is_number(described) { None } else { self.dialect.loses(&column, &described.ty) }
    }
}
