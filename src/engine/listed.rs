//! Entries of uploaded lists that no row has: a list of phone numbers written in another way than the data has them selects nobody, and
//! nothing else says so.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use crate::{
    ir::{Expr, ExprKind, ListId, Rulebook},
    schema::{ColumnId, TableId},
    value::Value,
};

/// The lists that rules hold columns against, and the entries that were not seen in any.
#[derive(Debug, Default)]
pub struct ListedTexts {
    /// Of each list the columns; none where something else than a column is looked for in it, too.
    columns: BTreeMap<ListId, Option<Vec<(TableId, ColumnId)>>>,
    left: BTreeMap<ListId, (usize, HashSet<Arc<str>>)>,
    /// The tables of which there was a row.
    seen: BTreeSet<TableId>,
}

/// What no row has of a list.
#[derive(Debug)]
pub struct UnseenEntries<'l> {
    /// The list.
    pub list: ListId,
    /// What is looked for in it: `user_id`; of a child table with its name, `orders.category`.
    pub columns: Vec<String>,
    /// How many entries it has, each once.
    pub entries: usize,
    /// Those that no row has, in order.
    pub unseen: Vec<&'l str>,
}

impl ListedTexts {
    /// Those of a rulebook.
    pub fn of(rulebook: &Rulebook) -> ListedTexts {
        let mut listed = ListedTexts::default();
        let root = rulebook.schema.root;
        rulebook.each_question(&mut |expr, rows| listed.look(expr, root, rows));
        listed
    }

    fn look(&mut self, expr: &Expr, root: TableId, rows: TableId) {
        expr.each(&mut |node| {
            let ExprKind::InUploaded { subject, list } = &node.kind else { return };
            let columns = self.columns.entry(*list).or_insert_with(|| Some(vec![]));
            let column = match &subject.kind {
                ExprKind::Column(id) => Some((root, *id)),
                ExprKind::ChildColumn(id) => Some((rows, *id)),
                _ => None,
            };
            match (columns.as_mut(), column) {
                (Some(columns), Some(column)) if !columns.contains(&column) => columns.push(column),
                (_, Some(_)) => {}
                (_, None) => *columns = None,
            }
        });
    }

    /// What a list holds. Lists of which that is not said are not spoken of.
    pub fn hold(&mut self, list: ListId, entries: HashSet<Arc<str>>) {
        self.left.insert(list, (entries.len(), entries));
    }

    /// A row of a table.
    pub fn see(&mut self, table: TableId, values: &[Value]) {
        self.seen.insert(table);
        for (list, columns) in &self.columns {
            let Some((_, left)) = self.left.get_mut(list).filter(|(_, left)| !left.is_empty()) else { continue };
            for (_, column) in columns.iter().flatten().filter(|(of, _)| *of == table) {
                if let Some(Value::Text(text)) = values.get(column.0 as usize) {
                    left.remove(text);
                }
            }
        }
    }

    /// The lists with entries that no row has, where there were rows of all tables that ask about them.
    pub fn unseen(&self, rulebook: &Rulebook) -> Vec<UnseenEntries<'_>> {
        let name = |(table, column): &(TableId, ColumnId)| {
            let of = rulebook.schema.table(*table);
            let name = &of.column(*column).name;
            if *table == rulebook.schema.root { name.to_string() } else { format!("{}.{name}", of.name) }
        };
        let of = |(list, columns): (&ListId, &Option<Vec<_>>)| {
            let columns = columns.as_ref()?;
            if !columns.iter().all(|(table, _)| self.seen.contains(table)) {
                return None;
            }
            let columns = columns.iter().map(name).collect();
            let (entries, left) = self.left.get(list).filter(|(_, left)| !left.is_empty())?;
            let mut unseen: Vec<&str> = left.iter().map(|text| &**text).collect();
            unseen.sort_unstable();
            Some(UnseenEntries { list: *list, columns, entries: *entries, unseen })
        };
        self.columns.iter().filter_map(of).collect()
    }
}
