//! The different values of rows: a step with one row for each user and value, which answers every question about the same values of the same
//! rows, `most(orders.store)` and `distinct(orders.store)`.

use crate::{
    sql::{
        ast::{From, Item, Select, Sense, Sql, Step},
        lower::{
            Lowering,
            aggregates::Together,
            answers::Key,
            clause::{Clause, Element},
        },
        names::Names,
    },
    value::Type,
};

/// A step with a row for each value, while questions add what they ask of it.
#[derive(Clone, Debug)]
pub(crate) struct EachValue {
    name: String,
    select: Select,
    /// The columns of the value: what it is known to equal others by.
    pub(crate) values: Vec<String>,
    /// And the value itself, in its parts.
    pub(crate) parts: Vec<Sql>,
}

impl EachValue {
    /// One more column, unless another question asked for it.
    pub(crate) fn add(&mut self, sql: Sql, name: &str, names: &mut Names<'_>) -> String {
        let known = self.select.items.iter().find(|it| it.sql == sql).and_then(|it| it.alias.clone());
        known.unwrap_or_else(|| {
            let name = names.of(name);
            self.select.items.push(Item::named(sql, &name));
            name
        })
    }

    /// The step, and who asks it for what.
    pub(crate) fn step(self, told: String) -> Step {
        Step { name: self.name, comment: vec![told], select: self.select }
    }
}

impl Lowering<'_> {
    /// A row for each value of the rows that a clause takes: that of an earlier question, where it asks of the same.
    pub(crate) fn each_value(
        &mut self,
        clause: &Clause,
        element: &Element,
        together: &Together,
        name: &str,
        noun: &str,
    ) -> EachValue {
        let keys = &together.keys;
        let level = self.at;
        let mut select = Select::from(From::Step(self.stack().relation(level).to_owned()));
        select.items = keys.iter().map(Key::item).collect();
        select.group = keys.iter().map(|key| Sql::column(&key.from)).collect();
        select.filter = clause.known.iter().cloned().collect();
        if self.rows.is_none() {
            select.filter.extend(self.in_groups(keys));
        }
        select.group.extend(element.group.iter().cloned());
        let known = together.apart_steps().find(|it| {
            it.select.group == select.group && it.select.filter == select.filter && it.select.from == select.from
        });
        let mut each = match known {
            Some(step) => {
                let (name, select) = (step.name.clone(), step.select.clone());
                EachValue { name, select, values: vec![], parts: vec![] }
            }
            None => {
                let name = self.names.of(&format!("{name}_{noun}"));
                EachValue { name, select, values: vec![], parts: vec![] }
            }
        };
        for value in &element.group {
            let own = match value {
                // Called as it is.
                Sql::Column(_, own) if !keys.iter().any(|key| key.from == *own || key.name == *own) => Some(own),
                _ => None,
            };
            let column = match own {
                Some(own) => {
                    if !each.select.items.iter().any(|it| it.sql == *value) {
                        each.select.items.push(Item::named(value.clone(), own));
                    }
                    own.clone()
                }
                None => each.add(value.clone(), &format!("{name}_value"), &mut self.names),
            };
            each.values.push(column);
        }
        // The parts of a duration are those of its first appearance.
        each.parts = match element.ty {
            Type::Duration => element
                .parts
                .iter()
                .map(|part| {
                    if part.is_literal() {
                        return part.clone();
                    }
                    let first = self.first_by(part.clone(), clause.order.sorted(Sense::RISING), None);
                    Sql::column(&each.add(first, &format!("{name}_part"), &mut self.names))
                })
                .collect(),
            _ => each.values.iter().map(|it| Sql::column(it)).collect(),
        };
        each
    }

    /// Puts the step of each value that another question made already in its place, and says what is left of a question's steps.
    pub(crate) fn shared_values(&mut self, mut steps: Vec<Step>, together: &mut Together) -> Vec<Step> {
        let Some(at) = steps.iter().position(|it| together.apart_steps().any(|known| known.name == it.name)) else {
            return steps;
        };
        let step = steps.remove(at);
        if let Some(Sql::Column(_, column)) = step.select.group.last()
            && !self.titles.contains_key(&step.name)
        {
            // `orders_by_users_and_store`
            let title = self.names.of(&format!("{}_and_{column}", together.name));
            self.titles.insert(step.name.clone(), title);
        }
        if let Some(known) = together.apart_steps_mut().find(|known| known.name == step.name) {
            known.select = step.select;
            known.comment.extend(step.comment);
        }
        steps
    }
}
