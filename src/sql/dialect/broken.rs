//! A row that breaks a promise of the rules, and the message that ends the query with it.

use crate::sql::ast::Sql;

/// What is wrong with a row.
pub(crate) struct Broken<'a> {
    pub(crate) table: &'a str,
    /// The columns of which one may be wrong, and whether it is.
    pub(crate) columns: Vec<(String, Sql)>,
    pub(crate) what: &'a str,
    /// A column that tells which row it is.
    pub(crate) row: (&'a str, Sql),
    pub(crate) may_be_missing: bool,
}

impl Broken<'_> {
    /// For engines whose messages are the same for all rows.
    pub(crate) fn in_a_row(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        format!("table {}: {} {} in a row", self.table, names.join(" or "), self.what)
    }

    /// Texts one behind the other: the column and the row are named.
    pub(crate) fn in_the_row(&self, text: &str) -> Vec<Sql> {
        let (table, what) = (self.table, self.what);
        let (by, row) = (self.row.0, Sql::cast(self.row.1.clone(), text));
        // A message that is missing would be none; rows of nobody are passed over.
        let row = if self.may_be_missing { Sql::call("coalesce", [row, Sql::text("NULL")]) } else { row };
        let Some(((last, _), others)) = self.columns.split_last() else { return vec![row] };
        if others.is_empty() {
            return vec![Sql::text(format!("table {table}: {last} {what} in the row of {by} ")), row];
        }
        let named = others.iter().map(|(name, is)| (is.clone(), Sql::text(name.clone())));
        let named = Sql::Case(named.collect(), Some(Box::new(Sql::text(last.clone()))));
        vec![Sql::text(format!("table {table}: ")), named, Sql::text(format!(" {what} in the row of {by} ")), row]
    }
}
