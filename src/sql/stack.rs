//! Rows that get more columns step by step: what a step computes builds on the columns of the step before, so that nothing is
//! computed twice, and nothing needs an engine that reads its own aliases.

use std::collections::HashMap;

use crate::sql::{
    ast::{From, Item, Join, Purpose, Select, Sql, Star, Step, Word},
    layers::{self, Brings, Layer},
    names::Names,
};

/// What a column is called that is asked more than once.
pub(crate) const CONDITION: &str = "condition";

/// A relation and the columns that are added to it. Level 0 is the relation itself; a column of a level may be read from the next
/// level on.
#[derive(Debug)]
pub(crate) struct Stack {
    base: String,
    /// Of what the rows are: `users`.
    subject: String,
    layers: Vec<Layer>,
    /// Which declaration asks for columns now, and how many were asked for.
    turn: usize,
    asked: usize,
}

impl Stack {
    pub(crate) fn of(base: &str, subject: &str) -> Stack {
        Stack { base: base.to_owned(), subject: subject.to_owned(), layers: vec![], turn: 0, asked: 0 }
    }

    /// Columns are asked for by the declaration that comes so far down in the rules: so they are shown.
    pub(crate) fn turn(&mut self, declaration: usize) {
        self.turn = declaration;
    }

    /// The step that has all columns up to a level.
    pub(crate) fn relation(&self, level: usize) -> &str {
        match level.checked_sub(1).and_then(|at| self.layers.get(at).or(self.layers.last())) {
            Some(layer) => &layer.name,
            None => &self.base,
        }
    }

    /// Adds a column that is computed from those of a level; from which level on it may be read.
    pub(crate) fn add(&mut self, from: usize, item: Item) -> usize {
        self.asked += 1;
        let order = (self.turn, self.asked);
        if let Some(layer) = self.layer(from) {
            layer.items.push((order, item));
        }
        from + 1
    }

    /// Whether a column of this name was added.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.layers.iter().flat_map(|it| &it.items).any(|(_, it)| it.alias.as_deref() == Some(name))
    }

    /// The column that has this value already, if one has, and the level from which on it may be read.
    pub(crate) fn find(&self, sql: &Sql) -> Option<(String, usize)> {
        self.layers.iter().zip(1..).find_map(|(layer, level)| {
            let item = layer.items.iter().map(|(_, it)| it).find(|it| it.sql == *sql)?;
            Some((item.alias.clone()?, level))
        })
    }

    /// Joins something to the rows of a level: its steps, and the columns that it brings.
    pub(crate) fn join(
        &mut self,
        from: usize,
        before: Vec<Step>,
        join: Join,
        items: Vec<Item>,
        brings: Brings,
    ) -> usize {
        if let Some(layer) = self.layer(from) {
            layer.before.extend(before);
            layer.joins.push((join, items, brings));
        }
        from + 1
    }

    /// What a step is called that is joined already by this column and this value, and the level from which on its columns may be read.
    pub(crate) fn joined(&self, step: &str, by: &str, key: &Sql) -> Option<(String, usize)> {
        let plain = |sql: &Sql| match sql {
            Sql::Column(_, name) => Sql::column(name),
            other => other.clone(),
        };
        self.layers.iter().zip(1..).find_map(|(layer, level)| {
            layer.joins.iter().find_map(|(join, ..)| match (&join.from, &join.on) {
                (From::As(of, alias), Some(Sql::Binary("=", on))) if of == step => {
                    (on.0 == Sql::of(alias, by) && plain(&on.1) == plain(key)).then(|| (alias.clone(), level))
                }
                _ => None,
            })
        })
    }

    /// The column that a join brings already, and the level from which on it may be read.
    pub(crate) fn find_joined(&self, wanted: &Sql) -> Option<(String, usize)> {
        self.layers.iter().zip(1..).find_map(|(layer, level)| {
            let item = layer.joins.iter().flat_map(|(_, items, _)| items).find(|it| it.sql == *wanted)?;
            Some((item.alias.clone()?, level))
        })
    }

    /// One more column of what is joined under a name.
    pub(crate) fn bring(&mut self, alias: &str, item: Item) {
        let joins = self.layers.iter_mut().flat_map(|it| &mut it.joins);
        for (join, items, _) in joins {
            if matches!(&join.from, From::As(_, of) if of == alias) {
                items.push(item);
                return;
            }
        }
    }

    /// Says above a column what it is, unless something stands there.
    pub(crate) fn explain(&mut self, column: &Sql, comment: &str) {
        let Sql::Column(None, name) = column else { return };
        let mut items = self.layers.iter_mut().flat_map(|layer| {
            let looked_up = layer.joins.iter_mut().filter(|it| matches!(it.2, Brings::Columns(_)));
            let joined = looked_up.flat_map(|(_, items, _)| items);
            layer.items.iter_mut().map(|(_, it)| it).chain(joined)
        });
        if let Some(item) = items.find(|it| it.alias.as_ref() == Some(name)) {
            item.comment.get_or_insert_with(|| comment.to_owned());
        }
    }

    /// Says of a column that it is there for its own sake.
    pub(crate) fn declare(&mut self, column: &Sql, word: &'static str) {
        let Sql::Column(None, name) = column else { return };
        let mut items = self.layers.iter_mut().flat_map(|it| &mut it.items);
        if let Some((_, item)) = items.find(|(_, it)| it.alias.as_ref() == Some(name)) {
            item.purpose = Purpose::Declared(word);
        }
    }

    fn layer(&mut self, from: usize) -> Option<&mut Layer> {
        while self.layers.len() <= from {
            // Nobody reads this one, which two stacks on one base must not share: it has a title once it is known what it adds.
            let name = format!("{}#{}#{}", self.base, self.subject, self.layers.len() + 1);
            self.layers.push(Layer { name, before: vec![], joins: vec![], items: vec![] });
        }
        self.layers.get_mut(from)
    }

    /// Computes columns as late as may be, up to a level, so that what belongs together stands together.
    pub(crate) fn settle(&mut self, level: usize) {
        layers::settle(&mut self.layers, &self.base, level);
    }

    /// The steps, in order, and what they are called after what they add; the last one perhaps otherwise. Behind those whose columns are
    /// written more than once stands what keeps an engine from writing them out.
    pub(crate) fn steps(
        self,
        found: &mut Vec<Step>,
        mut last: Option<String>,
        fence: Option<&'static str>,
        names: &mut Names<'_>,
        titles: &mut HashMap<String, String>,
    ) {
        let mut read = self.base;
        let count = self.layers.len();
        for (layer, number) in self.layers.into_iter().zip(1..) {
            if layer.is_empty() && number < count {
                // Whoever reads it reads the one before.
                let before = titles.get(&read).cloned().unwrap_or_else(|| read.clone());
                titles.insert(layer.name, before);
                continue;
            }
            let title = match last.take_if(|_| number == count) {
                Some(title) => title,
                None => names.one_of(&layer.titles(&self.subject)),
            };
            titles.insert(layer.name.clone(), title);
            let comment = vec![layer.told()];
            found.extend(layer.before);
            let mut select = Select::from(From::Step(read.clone()));
            select.star = Star::All;
            if !layer.joins.is_empty() {
                select.star = Star::Of(read.clone());
            }
            for (join, items, _) in layer.joins {
                select.joins.push(join);
                select.items.extend(items);
            }
            if layer.items.iter().any(|(_, it)| matches!(it.purpose, Purpose::PartOf(_) | Purpose::Declared(CONDITION)))
            {
                select.tail.extend(fence.map(Word::Text));
            }
            select.items.extend(layer.items.into_iter().map(|(_, it)| it));
            found.push(Step { name: layer.name.clone(), comment, select });
            read = layer.name;
        }
    }
}
