//! Moments that stand beside the rows of a table: those that somebody reads, each by its name. What they are computed of stays where it is.

use std::collections::{HashMap, HashSet};

use crate::sql::{
    ast::{From, Item, Query, Select, Sql, Star, Step},
    layers,
    lower::clock::{MOMENTS, NOW},
};

impl Query {
    /// Names the moments that the rows of each table have beside them, in place of all that there are.
    pub(crate) fn name_moments(&mut self) {
        let Some(last) = self.moments() else { return };
        let of_clock = self.steps.iter().take(last + 1).flat_map(|it| &it.select.items);
        let all: Vec<String> = of_clock.filter_map(|it| it.alias.clone()).collect();
        let has_all = |it: &Step| it.select.star == Star::Of(MOMENTS.to_owned());
        let of_rows = (last + 1..self.steps.len()).filter(|at| self.steps.get(*at).is_some_and(has_all));
        let of_rows: Vec<usize> = of_rows.collect();
        if of_rows.iter().map(|at| self.read_of(*at)).all(|read| all.iter().all(|it| !read.contains(it))) {
            // The parameter is asked for all the same: one that is wrong ends the query.
            let users = of_rows.first().and_then(|at| self.steps.get_mut(*at)).into_iter();
            users.for_each(|it| it.select.filter.push(Sql::of(MOMENTS, NOW).known()));
        }
        for at in of_rows {
            let (behind, read) = (self.read_behind(at), self.read_of(at));
            let names = all.iter().filter(|it| behind.contains(*it));
            let Some(select) = self.steps.get_mut(at).map(|it| &mut it.select) else { continue };
            select.star = Star::No;
            if !all.iter().any(|it| read.contains(it)) {
                select.joins.retain(|it| it.from != From::Step(MOMENTS.to_owned()));
            }
            select.items.splice(0..0, names.map(|it| Item::named(Sql::of(MOMENTS, it), it)));
        }
        if let Some(moments) = self.steps.get_mut(last).map(|it| &mut it.select) {
            let own: Vec<String> = moments.items.iter().filter_map(|it| it.alias.clone()).collect();
            let before = all.iter().filter(|it| !own.contains(it));
            moments.star = Star::No;
            moments.items.splice(0..0, before.map(|it| Item::named(Sql::column(it), it)));
        }
        self.trim_moments();
    }

    /// Leaves out moments that nobody reads, and what only they are computed of.
    pub(crate) fn trim_moments(&mut self) {
        let Some(last) = self.moments() else { return };
        let mut read: HashSet<String> = HashSet::new();
        let others = self.steps.iter().skip(last + 1).map(|it| &it.select).chain([&self.last]);
        others.for_each(|select| note(select, &mut read));
        let is_read = |it: &Item, read: &HashSet<String>| it.alias.as_ref().is_some_and(|it| read.contains(it));
        let mut empty: HashMap<String, From> = HashMap::new();
        // The first is the parameter.
        for (at, step) in self.steps.iter_mut().enumerate().take(last + 1).skip(1).rev() {
            let count = step.select.items.len();
            step.select.items.retain(|it| is_read(it, &read));
            note(&step.select, &mut read);
            if step.select.items.is_empty() && step.select.star == Star::All {
                empty.insert(step.name.clone(), step.select.from.clone());
            } else if step.select.items.len() < count {
                // Above the last one stands, too, what all of them are.
                let told = step.comment.len().saturating_sub(usize::from(at == last));
                step.comment.splice(0..told, layers::told_of(&step.select.items));
            }
        }
        self.steps.retain(|it| !empty.contains_key(&it.name));
        for step in &mut self.steps {
            while let From::Step(name) = &step.select.from
                && let Some(before) = empty.get(name)
            {
                step.select.from = before.clone();
            }
        }
    }

    /// Where the step stands that has all moments.
    pub(crate) fn moments(&self) -> Option<usize> {
        self.steps.iter().position(|it| self.called(&it.name) == MOMENTS)
    }

    /// The names of columns that a step reads, and whoever has its columns.
    pub(crate) fn read_of(&self, at: usize) -> HashSet<String> {
        let mut read = self.read_behind(at);
        self.steps.get(at).into_iter().for_each(|it| note(&it.select, &mut read));
        read
    }

    /// The names of columns that are read of a step, and of whoever has its columns.
    pub(crate) fn read_behind(&self, at: usize) -> HashSet<String> {
        let mut read = HashSet::new();
        let mut has_them: HashSet<&str> = self.steps.get(at).map(|it| self.called(&it.name)).into_iter().collect();
        let selects = self.steps.iter().skip(at + 1).map(|it| (&it.select, Some(self.called(&it.name))));
        for (select, name) in selects.chain([(&self.last, None)]) {
            if select.relations().any(|it| has_them.contains(self.called(it))) {
                note(select, &mut read);
                if select.has_all_of(|it| has_them.contains(self.called(it))) {
                    has_them.extend(name);
                }
            }
        }
        read
    }
}

/// The names of columns that a select reads.
fn note(select: &Select, read: &mut HashSet<String>) {
    select.each(&mut |sql| {
        if let Sql::Column(_, name) = sql {
            read.insert(name.clone());
        }
    });
}
