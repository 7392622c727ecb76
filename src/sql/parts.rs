//! A query in parts, each kept in a table for those behind it: for an engine that works a step out once for every step that reads it. Where
//! questions about everybody build on each other, each would double the work of all before.

use std::collections::{HashMap, HashSet};

use crate::sql::ast::{From, Query, Select, Star, Step};

/// Times that a step may be worked out, before its rows are kept.
const MOST: u64 = 8;

/// A step whose rows are kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    /// The table that they are kept in.
    pub(crate) place: Vec<String>,
    /// What they are.
    pub(crate) query: Query,
}

impl Query {
    /// How often each step is worked out, where those that say so are kept.
    fn times(&self, is_kept: impl Fn(&Step, u64) -> bool) -> Vec<(u64, bool)> {
        let at: HashMap<&str, usize> =
            self.steps.iter().zip(0..).map(|(step, at)| (self.called(&step.name), at)).collect();
        let mut times = vec![(0_u64, false); self.steps.len()];
        let read = |select: &Select, by: u64, times: &mut Vec<(u64, bool)>| {
            for at in select.relations().filter_map(|name| at.get(self.called(name))) {
                times.get_mut(*at).into_iter().for_each(|it| it.0 = it.0.saturating_add(by));
            }
        };
        read(&self.last, 1, &mut times);
        for (at, step) in self.steps.iter().enumerate().rev() {
            let Some(own) = times.get_mut(at) else { continue };
            own.1 = is_kept(step, own.0);
            let by = if own.1 { 1 } else { own.0 };
            read(&step.select, by, &mut times);
        }
        times
    }

    /// The step that is worked out most often, and how often that is, where it is too often.
    pub(crate) fn most_often(&self) -> Option<(&str, u64)> {
        let times = self.times(|_, _| false);
        let of_tables = self.of_tables();
        let may_be = |step: &Step| !step.select.small && of_tables.contains(self.called(&step.name));
        let all = times.iter().zip(&self.steps).filter(|(_, step)| may_be(step));
        let most = all.map(|((times, _), step)| (self.called(&step.name), *times)).max_by_key(|(_, times)| *times);
        most.filter(|(_, times)| *times > MOST)
    }

    /// Tables that are read more than twice, in parts or not.
    pub(crate) fn read_again(&self, in_parts: bool) -> Vec<String> {
        let of_tables = self.of_tables();
        let may_be = |step: &Step| !step.select.small && of_tables.contains(self.called(&step.name));
        let times = self.times(|step, times| in_parts && times > MOST && may_be(step));
        let mut again: Vec<(String, u64)> = vec![];
        for (step, (times, is_kept)) in self.steps.iter().zip(times) {
            let From::Table(place, _) = &step.select.from else { continue };
            let (place, times) = (place.join("."), if is_kept { 1 } else { times });
            match again.iter_mut().find(|(table, _)| *table == place) {
                _ if step.select.small => {}
                Some((_, all)) => *all = all.saturating_add(times),
                None => again.push((place, times)),
            }
        }
        again.into_iter().filter(|(_, times)| *times > 2).map(|(table, _)| table).collect()
    }

    /// Steps that read a table, or read those. The others are known before any table is read, and with them what is left out.
    fn of_tables(&self) -> HashSet<String> {
        let mut all = HashSet::new();
        for step in &self.steps {
            let mut read = step.select.relations();
            if matches!(step.select.from, From::Table(..)) || read.any(|name| all.contains(self.called(name))) {
                all.insert(self.called(&step.name).to_owned());
            }
        }
        all
    }

    /// Steps to keep, in order, and what is left; `place` says which table a step is kept in.
    pub(crate) fn in_parts(mut self, place: impl Fn(&str) -> Vec<String>) -> (Vec<Kept>, Query) {
        let of_tables = self.of_tables();
        let may_be = |step: &Step| !step.select.small && of_tables.contains(self.called(&step.name));
        let times = self.times(|step, times| times > MOST && may_be(step));
        let mut kept = vec![];
        for at in 0..self.steps.len() {
            if !times.get(at).is_some_and(|it| it.1) {
                continue;
            }
            let Some(title) = self.steps.get(at).map(|it| self.called(&it.name).to_owned()) else { continue };
            let place = place(&title);
            let before = self.steps.iter().take(at).cloned().collect();
            let Some(step) = self.steps.get_mut(at) else { continue };
            let mut rows = Select::from(From::Table(place.clone(), title));
            rows.star = Star::All;
            let select = std::mem::replace(&mut step.select, rows);
            let comment = std::mem::replace(&mut step.comment, vec!["made above".into()]);
            let query = Query { comment, steps: before, last: select, ..self.clone() };
            kept.push(Kept { place, query: query.without_unread() });
        }
        (kept, self.without_unread())
    }

    /// Without steps and moments that nothing reads.
    fn without_unread(mut self) -> Query {
        let mut read: HashSet<&str> = self.last.relations().map(|name| self.called(name)).collect();
        for step in self.steps.iter().rev() {
            if read.contains(self.called(&step.name)) {
                read.extend(step.select.relations().map(|name| self.called(name)));
            }
        }
        let steps = self.steps.iter().filter(|step| read.contains(self.called(&step.name))).cloned().collect();
        self.steps = steps;
        self.trim_moments();
        self
    }
}
