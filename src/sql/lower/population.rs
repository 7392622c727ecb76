//! Questions over everybody: one row for all, or one for each group, joined to every user.

use crate::{
    ir::{AggregateId, Expr},
    sql::{
        ast::Sql,
        layers::Brings,
        lower::{Lowering, aggregates::Together, answers::Key, clause::Order, rank::Ranked},
        stack::Stack,
    },
    value::Type,
};

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
        for (keys, level, ids) in groups {
            self.group(keys, level, &ids);
        }
        let ranked: Vec<Ranked> = ranks.into_iter().filter_map(|id| self.ranked(id)).collect();
        let by_windows = if self.dialect.counts_values() { self.lines(ranked) } else { ranked };
        for ranked in by_windows {
            self.rank(ranked);
        }
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

    fn group(&mut self, keys: Vec<Sql>, level: usize, ids: &[AggregateId]) {
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
        if together.is_empty() {
            return;
        }
        let relation = self.users.relation(level).to_owned();
        let join_at = together.last_level().max(level);
        self.join_all(together, Stack::of("", ""), vec![], join_at, Some(&relation));
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
