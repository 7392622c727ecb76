//! Questions over everybody: the same clauses with the users as rows, a slot for each group, and ranks.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use rayon::prelude::*;

use crate::{
    column::{Column, Data},
    eval::{
        accumulate::Answered,
        ranks::Ranks,
        rows,
        whole::{
            Found, NOBODY, Name, Named, Seen, Whole,
            asked::Rows,
            clauses::{self, Clauses, Elements, FoundOf, Question},
            gather,
            slots::{self, Columns, Piece, Slots},
            steps,
            truths::has,
        },
    },
    ir::{Aggregate, AggregateId, Expr, ExprKind, Over},
    plan::{Slot, float_key},
    value::{Value, print},
};

/// Users that are asked about together: a multiple of 64.
const TOGETHER: usize = 1 << 14;

/// The group of each user.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    /// By user; [`NOBODY`] of users who are in none.
    pub(super) of: Vec<u32>,
    pub(super) many: usize,
}

/// Everybody's columns, and what is known of definitions.
#[derive(Debug)]
struct Known<'w> {
    whole: &'w Whole<'w>,
    named: &'w Named,
}

impl Columns for Known<'_> {
    fn column(&self, slot: Slot) -> Option<&Column> {
        match slot {
            Slot::Column(id) => self.whole.column(id),
            Slot::Definition(id) => self.named.get(&Name::Value(id)),
            Slot::Aggregate(id) => self.whole.answers_of_each(id),
        }
    }
}

impl Whole<'_> {
    /// The answers of a stage's questions over everybody.
    pub(super) fn ask_users(&self, stage: u32, named: &Named) -> Vec<(AggregateId, Found)> {
        let rulebook = self.interpreter.rulebook();
        let ids: Vec<AggregateId> =
            self.stages.at(stage).filter(|id| rulebook.aggregate(*id).over == Over::Users).collect();
        if ids.is_empty() {
            return vec![];
        }
        let clauses = Clauses::of(self.interpreter, Over::Users, &ids);
        let starts: Vec<usize> = (0..self.users).step_by(TOGETHER).collect();
        let parts: Vec<clauses::Found> = starts
            .into_par_iter()
            .map(|start| clauses.ask(&Rows::of_users(self, named, start, TOGETHER.min(self.users - start))))
            .collect();
        let found = clauses::Found::joined(parts, clauses.questions.len(), TOGETHER);
        let questions: Vec<(&Question<'_>, FoundOf)> = clauses.questions.iter().zip(found.of).collect();
        questions
            .into_par_iter()
            .map(|(question, found)| {
                let groups = (!question.aggregate.per.is_empty()).then(|| self.groups(&question.aggregate.per, named));
                (question.id, self.answer_of(question, found, groups, named))
            })
            .collect()
    }

    fn answer_of(&self, question: &Question<'_>, found: FoundOf, groups: Option<Groups>, named: &Named) -> Found {
        let known = Known { whole: self, named };
        if question.aggregate.is_rank() {
            return Found::Each(self.rank(question.aggregate, &found, &known, groups));
        }
        let many = groups.as_ref().map_or(1, |groups| groups.many);
        let one = std::slice::from_ref(question);
        let share = |question: &Question<'_>| self.share(question.aggregate, named);
        let other = |question: &Question<'_>| self.accumulator(question.aggregate, None, named);
        let (mut slots, lanes) = Slots::of(one, share, other);
        slots.grow(many);
        let found = clauses::Found { of: vec![found] };
        let piece = Piece { columns: &known, found: &found, at: None, before: 0 };
        match &groups {
            None => {
                let nothing = vec![0; TOGETHER];
                for start in (0..self.users).step_by(TOGETHER) {
                    let rows: Vec<u32> = (start..(start + TOGETHER).min(self.users)).map(|row| row as u32).collect();
                    slots.tell(one, &piece, &rows, nothing.get(..rows.len()).unwrap_or_default());
                }
            }
            Some(groups) => {
                for (at, part) in groups.of.chunks(TOGETHER).enumerate() {
                    let rows = (0..).map(|row| (at * TOGETHER + row) as u32).zip(part);
                    let (rows, own): (Vec<u32>, Vec<u32>) = rows.filter(|(_, group)| **group != NOBODY).unzip();
                    slots.tell(one, &piece, &rows, &own);
                }
            }
        }
        let others = slots::others(std::slice::from_mut(&mut slots), 0);
        let lanes = lanes.first().cloned().unwrap_or_default();
        let answers = gather::finish(std::slice::from_ref(&slots), &lanes, question, others, many).values;
        match groups {
            None => Found::Same(answers.get(0)),
            Some(groups) => Found::Groups(groups.of, answers),
        }
    }

    /// What users have in common: everybody with the same values is of one group, and those without one of none.
    pub(super) fn groups(&self, per: &[Expr], named: &Named) -> Groups {
        let mut all: Option<Groups> = None;
        for expr in per {
            let own = self.groups_by(expr, named);
            all = Some(match all {
                None => own,
                Some(before) => before.and(&own),
            });
        }
        all.unwrap_or_else(|| Groups { of: vec![0; self.users], many: 1 })
    }

    fn groups_by(&self, expr: &Expr, named: &Named) -> Groups {
        let column = match &expr.kind {
            ExprKind::Column(id) => self.column(*id),
            ExprKind::Definition(id) => named.get(&Name::Value(*id)),
            _ => None,
        };
        match column {
            Some(column) => self.groups_of(column),
            None => self.groups_of(&self.computed(expr, named)),
        }
    }

    /// The values of an expression for everybody.
    fn computed(&self, expr: &Expr, named: &Named) -> Column {
        let starts: Vec<usize> = (0..self.users).step_by(TOGETHER).collect();
        let part = |start: usize| {
            let mut column = Column::new(&expr.ty);
            for user in start..(start + TOGETHER).min(self.users) {
                let seen = Seen { whole: self, user: Some(user), named };
                column.push(&self.interpreter.row(&seen).value(expr));
            }
            column
        };
        let parts: Vec<Column> = starts.into_par_iter().map(part).collect();
        let mut all = Column::new(&expr.ty);
        parts.into_iter().for_each(|part| all.append(part));
        all
    }

    fn groups_of(&self, column: &Column) -> Groups {
        match column.data() {
            Data::Bool(values) => Groups::of(column, values.iter()),
            Data::Int(values) | Data::Short(values, _) | Data::Timestamp(values) => Groups::of(column, values.iter()),
            Data::Decimal(values, _) => Groups::of(column, values.iter()),
            Data::Float(values) => Groups::of(column, values.iter().map(|it| float_key(*it))),
            Data::Date(values) => Groups::of(column, values.iter()),
            Data::Choice(values) => Groups::of(column, values.iter()),
            Data::Texts(texts) => Groups::of(column, (0..texts.len()).map(|row| texts.get(row))),
            Data::Text(texts) => Groups::of(column, texts.iter().map(Option::as_deref)),
            Data::Duration(_) | Data::List(_) => {
                let zone = self.interpreter.clock().zone();
                let text = |row: usize| {
                    let value = column.get(row);
                    rows::is_groupable(&value, zone).then(|| print::json(&value, zone))
                };
                let texts: Vec<Option<String>> = (0..column.len()).map(text).collect();
                let mut groups = Groups::of(column, texts.iter().map(Option::as_deref));
                let none = groups.of.iter_mut().zip(&texts).filter(|(_, text)| text.is_none());
                none.for_each(|(group, _)| *group = NOBODY);
                groups
            }
        }
    }

    /// Everybody's answer to `top`, `bottom` or `ntile`.
    fn rank(&self, aggregate: &Aggregate, found: &FoundOf, known: &Known<'_>, groups: Option<Groups>) -> Answered {
        let values = match &found.element {
            Elements::Rows => None,
            element => element.column(|slot| known.column(slot)),
        };
        let is_ranked = |user: usize| found.take.as_ref().is_none_or(|take| has(take, user));
        let answers = match (values.and_then(steps::keys), &groups) {
            (Some(keys), None) => self.rank_all(aggregate, &keys, known.named, &is_ranked),
            _ => self.rank_one_by_one(aggregate, values, known.named, groups.as_ref(), &is_ranked),
        };
        Answered { values: answers, reached: None }
    }

    /// Everybody in one group, by keys: where the answer changes is found, and each key is compared with it.
    fn rank_all(
        &self,
        aggregate: &Aggregate,
        keys: &[i64],
        named: &Named,
        is_ranked: &(impl Fn(usize) -> bool + Sync),
    ) -> Column {
        let nobody = Seen { whole: self, user: None, named };
        let row = self.interpreter.row(&nobody);
        let mut sorted: Vec<i64> =
            keys.iter().enumerate().filter(|(user, _)| is_ranked(*user)).map(|(_, key)| *key).collect();
        let steps =
            steps::steps(&mut sorted, |ranked, less, more| rows::rank(&aggregate.function, ranked, less, more, &row));
        let starts: Vec<usize> = (0..self.users).step_by(TOGETHER).collect();
        let part = |start: usize| {
            let mut column = Column::new(&aggregate.ty);
            for user in start..(start + TOGETHER).min(self.users) {
                let answer = match keys.get(user) {
                    Some(key) if is_ranked(user) => steps.of(*key),
                    _ => {
                        let seen = Seen { whole: self, user: Some(user), named };
                        rows::not_ranked(aggregate, &self.interpreter.row(&seen))
                    }
                };
                column.push(&answer);
            }
            column
        };
        let parts: Vec<Column> = starts.into_par_iter().map(part).collect();
        let mut all = Column::new(&aggregate.ty);
        parts.into_iter().for_each(|part| all.append(part));
        all
    }

    fn rank_one_by_one(
        &self,
        aggregate: &Aggregate,
        values: Option<&Column>,
        named: &Named,
        groups: Option<&Groups>,
        is_ranked: &(impl Fn(usize) -> bool + Sync),
    ) -> Column {
        let group = |user: usize| match groups {
            None => Some(0),
            Some(groups) => groups.of.get(user).copied().filter(|group| *group != NOBODY),
        };
        let value = |user: usize| {
            let value = values.filter(|_| is_ranked(user)).map_or(Value::Missing, |values| values.get(user));
            (value != Value::Missing).then_some(value)
        };
        let mut ranks: Vec<Ranks> = (0..groups.map_or(1, |groups| groups.many)).map(|_| Ranks::default()).collect();
        for user in 0..self.users {
            if let Some((group, value)) = group(user).zip(value(user))
                && let Some(ranks) = ranks.get_mut(group as usize)
            {
                ranks.add(&value);
            }
        }
        ranks.par_iter_mut().for_each(Ranks::sort);
        let starts: Vec<usize> = (0..self.users).step_by(TOGETHER).collect();
        let part = |start: usize| {
            let mut column = Column::new(&aggregate.ty);
            for user in start..(start + TOGETHER).min(self.users) {
                let seen = Seen { whole: self, user: Some(user), named };
                let row = self.interpreter.row(&seen);
                let ranks = group(user).and_then(|group| ranks.get(group as usize));
                let place = value(user).zip(ranks).and_then(|(value, ranks)| ranks.place(&value));
                column.push(&match (ranks, place) {
                    (Some(ranks), Some((less, more))) => {
                        rows::rank(&aggregate.function, ranks.ranked(), less, more, &row)
                    }
                    (Some(_), None) => rows::not_ranked(aggregate, &row),
                    (None, _) => Value::Missing,
                });
            }
            column
        };
        let parts: Vec<Column> = starts.into_par_iter().map(part).collect();
        let mut all = Column::new(&aggregate.ty);
        parts.into_iter().for_each(|part| all.append(part));
        all
    }
}

impl Groups {
    /// Users by their values, in order of first appearance.
    fn of<T: std::hash::Hash + Eq>(column: &Column, values: impl Iterator<Item = T>) -> Groups {
        let mut known: HashMap<T, u32, RandomState> = HashMap::default();
        let mut of = Vec::with_capacity(column.len());
        for (row, value) in values.take(column.len()).enumerate() {
            if !column.is_known(row) {
                of.push(NOBODY);
                continue;
            }
            let next = known.len() as u32;
            of.push(*known.entry(value).or_insert(next));
        }
        Groups { of, many: known.len() }
    }

    /// Users who are together in both.
    fn and(&self, other: &Groups) -> Groups {
        let mut known: HashMap<(u32, u32), u32, RandomState> = HashMap::default();
        let both = self.of.iter().zip(&other.of).map(|(a, b)| {
            if *a == NOBODY || *b == NOBODY {
                return NOBODY;
            }
            let next = known.len() as u32;
            *known.entry((*a, *b)).or_insert(next)
        });
        let of = both.collect();
        Groups { of, many: known.len() }
    }
}
