//! Steps that read nothing of what users have, of rows that were joined to their users: they read the rows as they were before.

use std::collections::HashSet;

use crate::sql::ast::{From, Item, Query, Select, Sql, Star, Step};

impl Query {
    /// Lets each step of rows and users that asks only of the rows do without the users. Rows of nobody are joined to nobody later.
    pub(crate) fn read_rows_alone(&mut self) {
        for at in 0..self.steps.len() {
            let Some((joined, rows, of_users)) = self.steps.get(at).and_then(with_users) else { continue };
            for reader in at + 1..self.steps.len() {
                let is_other =
                    self.steps.get(reader).is_none_or(|it| it.select.from != joined || !is_unqualified(&it.select));
                if is_other || !self.read_of(reader).is_disjoint(&of_users) {
                    continue;
                }
                self.steps.get_mut(reader).into_iter().for_each(|it| it.select.from = rows.clone());
            }
        }
    }
}

/// Of a step of rows with what their users have: the step, the rows, and the columns that are the users'.
fn with_users(step: &Step) -> Option<(From, From, HashSet<String>)> {
    let (From::Step(rows), Star::Of(star), [join]) =
        (&step.select.from, &step.select.star, step.select.joins.as_slice())
    else {
        return None;
    };
    let name = |item: &Item| match (&item.alias, &item.sql) {
        (Some(name), _) | (None, Sql::Column(_, name)) => Some(name.clone()),
        _ => None,
    };
    let of_users = step.select.items.iter().filter_map(name).collect();
    let is_plain = star == rows && join.kind == "JOIN" && step.select.filter.is_empty();
    is_plain.then(|| (From::Step(step.name.clone()), step.select.from.clone(), of_users))
}

/// Whether it reads one relation, whose name stands nowhere in it.
fn is_unqualified(select: &Select) -> bool {
    let mut none = select.joins.is_empty() && !matches!(select.star, Star::Of(_));
    select.each(&mut |sql| none &= !matches!(sql, Sql::Column(Some(_), _)));
    none
}
