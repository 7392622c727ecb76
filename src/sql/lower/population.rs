//! Questions over everybody: one row for all, or one for each group, joined to every user.

use crate::{
    ir::{AggregateId, Expr},
    sql::{
        ast::Sql,
        layers::Brings,
        lower::{Lowering, aggregates::Together, answers::Key, clause::Order},
        stack::Stack,
    },
    value::Type,
};

/// What everybody comes to, or those of a group.
struct Totals {
    together: Together,
    /// The step that is asked.
    relation: String,
    /// The first level whose users may have it.
    join_at: usize,
}

impl Lowering<'_> {
    pub(crate) fn everybody(&mut self, ids: &[AggregateId]) {
        let (ranks, others): (Vec<AggregateId>, Vec<AggregateId>) =
            ids.iter().partition(|id| self.rulebook.aggregate(**id).is_rank());
        let mut groups: Vec<(Vec<Sql>, usize, Vec<AggregateId>)> = vec![];
        for id in others {
            let per = self.rulebook.aggregate(id).per.clone();
            let (keys, level) = self.measured(|this| this.group_keys(&per));
            match groups.iter_mut().find(|(known, ..)| *known == keys) {
                Some((_, at, ids)) => {
                    *at = (*at).max(level);
                    ids.push(id);
                }
                None => groups.push((keys, level, vec![id])),
            }
        }
        let asked: Vec<Totals> =
            groups.into_iter().filter_map(|(keys, level, ids)| self.group(keys, level, &ids)).collect();
        if !self.dialect.counts_values() {
            asked.into_iter().for_each(|it| self.join_totals(it, 0));
            for id in ranks {
                self.ranked(id).into_iter().for_each(|it| self.rank(it));
            }
            return;
        }
        // An engine that works a step out again for each that reads it has all of this read what comes before any of the answers.
        let ranked = ranks.into_iter().filter_map(|id| self.ranked(id)).collect();
        let (lines, others) = self.by_lines(ranked);
        let levels = lines.iter().flatten().map(|it| it.level).chain(asked.iter().map(|it| it.join_at));
        let last = levels.max().unwrap_or(0);
        asked.into_iter().for_each(|it| self.join_totals(it, last));
        lines.into_iter().for_each(|group| self.lines_of(group, last));
        others.into_iter().for_each(|it| self.rank(it));
    }

    /// That users are in a group, where some may be in none.
    pub(crate) fn in_groups(&self, keys: &[Key]) -> Vec<Sql> {
        let known = keys.iter().map(|key| self.known(Sql::column(&key.from)));
        known.filter(|it| !it.is_literal()).collect()
    }

    /// Joins what everybody comes to, to the users of a level or later.
    fn join_totals(&mut self, totals: Totals, level: usize) {
        let Totals { together, relation, join_at } = totals;
        self.join_all(together, Stack::of("", ""), vec![], join_at.max(level), Some(&relation));
    }

    /// The values that users of a group have in common, each short; missing where a user is in no group.
    pub(crate) fn group_keys(&mut self, per: &[Expr]) -> Vec<Sql> {
        per.iter()
            .map(|expr| match &expr.ty {
                Type::Duration => {
                    let length = self.length(expr);
                    let exact = self.exact(length);
                    self.keep_as(exact, "key")
                }
                _ => {
                    let value = self.value(expr);
                    // The key of a join is a column.
                    if matches!(value, Sql::Column(..)) { value } else { self.column_of(value, "group_key", None) }
                }
            })
            .collect()
    }

    fn group(&mut self, keys: Vec<Sql>, level: usize, ids: &[AggregateId]) -> Option<Totals> {
        let root = self.rulebook.schema.root().name.to_string();
        let mut named: Vec<Key> = vec![];
        for key in &keys {
            if let Sql::Column(_, from) = key {
                let name = self.names.of(&format!("{from}_group"));
                named.push(Key { from: from.clone(), name, own: key.clone() });
            }
        }
        let (step, group) = match named.is_empty() {
            true => (format!("{root}_totals"), String::new()),
            false => {
                let by: Vec<&str> = named.iter().map(|it| it.from.as_str()).collect();
                let group = format!("per_{}", by.join("_"));
                (format!("{root}_totals_{group}"), group)
            }
        };
        let step = self.names.of(&step);
        let mut together = Together::new(step, Brings::Totals(group), named);
        let order = Order { at: None, key: Some(Sql::column(&self.key)) };
        for id in ids {
            let aggregate = self.rulebook.aggregate(*id).clone();
            self.at = level;
            self.about = self.caption(*id).name;
            let mut clause = self.clause(&aggregate, &order);
            clause.level = clause.level.max(level);
            self.gather(*id, clause, &mut together);
        }
        let level = together.level().max(level);
        let relation = self.users.relation(level).to_owned();
        let join_at = together.last_level().max(level);
        (!together.is_empty()).then_some(Totals { together, relation, join_at })
    }

    /// What a rank goes by, as something that can be ordered.
    pub(crate) fn ranked_by(&mut self, expr: &Expr) -> (Sql, Sql) {
        if expr.ty == Type::Duration {
            let length = self.length(expr);
            let length = self.keep_parts(length);
            let known = length.known();
            let exact = self.exact(length);
            return (self.keep_as(exact, "micros"), known);
        }
        let value = self.value(expr);
        let value = self.keep_as(value, "value");
        let known = self.known(value.clone());
        match expr.ty {
            Type::Choice(_) => {
                let rank = self.rank_of(value, &expr.ty);
                (self.keep_as(rank, "rank"), known)
            }
            _ => (value, known),
        }
    }
}
