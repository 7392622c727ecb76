//! `top`, `bottom`, `ntile`: how many of those ranked are strictly more, or strictly less. By window functions, where no engine minds
//! that all rows go through one window; else by the values at which ranks begin (`lines`).

use crate::{
    ir::{Aggregate, AggregateFunction, AggregateId, RankAmount},
    sql::{
        ast::{Literal, Over, Sense, Sql},
        lower::{Bound, Held, Lowering, captions::Caption},
    },
    value::{Type, Value, number},
};

/// Who is ranked, and by what.
pub(crate) struct Ranked {
    pub(crate) id: AggregateId,
    pub(crate) aggregate: Aggregate,
    pub(crate) keys: Vec<Sql>,
    pub(crate) value: Sql,
    known: Sql,
    pub(crate) filter: Option<Sql>,
    /// Whether the user has what ranks are told per.
    in_a_group: Vec<Sql>,
    pub(crate) is_ranked: Sql,
    /// The level that all of it can be read from.
    pub(crate) level: usize,
}

impl Lowering<'_> {
    pub(crate) fn ranked(&mut self, id: AggregateId) -> Option<Ranked> {
        let aggregate = self.rulebook.aggregate(id).clone();
        let source = aggregate.source.as_ref()?;
        self.at = 0;
        self.about = self.caption(id).name;
        let keys = self.group_keys(&aggregate.per);
        let (value, known) = self.ranked_by(source);
        let filter = aggregate.filter.as_ref().map(|filter| {
            let holds = self.value(filter);
            let holds = self.closed(holds);
            let among = self.keep_as(holds, "among");
            let told = format!("among whom: {}", self.shown_place(filter.span));
            self.stack().explain(&among, &told);
            among
        });
        let in_a_group: Vec<Sql> = keys.iter().map(|key| self.known(key.clone())).collect();
        let ranked = Sql::all(in_a_group.iter().cloned().chain([self.known(value.clone())]).chain(filter.clone()));
        let is_ntile = matches!(aggregate.function, AggregateFunction::Ntile(_));
        let mut ranked = Ranked { id, aggregate, keys, value, known, filter, in_a_group, is_ranked: ranked, level: 0 };
        // Whoever lacks the value is not told apart by a line.
        let is_asked = is_ntile || ranked.filter.is_some() || !self.dialect.counts_values() || !self.has_lines(&ranked);
        if is_asked {
            ranked.is_ranked = self.keep_as(ranked.is_ranked, "ranked");
        }
        ranked.level = self.at;
        Some(ranked)
    }

    /// A rank by windows over all who are ranked.
    pub(crate) fn rank(&mut self, ranked: Ranked) {
        self.at = ranked.level;
        self.about = self.caption(ranked.id).name;
        // Where all are ranked they are not told apart.
        let told_apart = Some(ranked.is_ranked.clone()).filter(|it| !it.is_literal());
        let partition: Vec<Sql> = told_apart.into_iter().chain(ranked.keys.clone()).collect();
        let over = |function: Sql, order: Option<Sense>| {
            // Nobody who is ranked lacks it, and the place of the others is not asked for.
            let order = order.map(|sense| (ranked.value.clone(), Sense { known: true, ..sense })).into_iter().collect();
            Sql::Over(Box::new(Over { function, partition: partition.clone(), order, before: false }))
        };
        let ahead = |sense: Sense| Sql::binary(over(Sql::call("rank", []), Some(sense)), "-", Sql::int(1));
        let count = over(Sql::aggregate("count", None, None), None);
        let answer = match &ranked.aggregate.function {
            AggregateFunction::Top(amount) => self.is_ahead(amount, ahead(Sense::FALLING), count),
            AggregateFunction::Bottom(amount) => self.is_ahead(amount, ahead(Sense::RISING), count),
            AggregateFunction::Ntile(parts) => match self.constant(parts) {
                Some(Value::Int(parts)) if parts > 0 => {
                    let below = ahead(Sense::RISING);
                    let wide = parts >= 1 << 20;
                    let below = if wide { Sql::cast(below, self.dialect.wide()) } else { below };
                    let place = Sql::binary(
                        Sql::int(1),
                        "+",
                        self.dialect.quotient(Sql::binary(below, "*", Sql::int(parts)), count),
                    );
                    match wide {
                        true => {
                            let cast = self.dialect.try_cast(place, &Type::Int);
                            self.narrow_in_place(cast, &Type::Int)
                        }
                        false => place,
                    }
                }
                Some(_) => self.literal(&Value::Missing, &Type::Int),
                None => {
                    let what = "`ntile` of a number that differs is not written";
                    self.cannot(ranked.aggregate.span, what, "write the number of parts")
                }
            },
            _ => Sql::NULL,
        };
        let arms = vec![(ranked.is_ranked.clone(), answer)];
        self.answer_rank(ranked, arms);
    }

    /// The column with a rank, of what it is where; of those who are left out, nobody is among the top.
    pub(crate) fn answer_rank(&mut self, ranked: Ranked, mut arms: Vec<(Sql, Sql)>) {
        if ranked.aggregate.ty == Type::Bool
            && let Some(filter) = ranked.filter
        {
            let left_out = Sql::all(ranked.in_a_group.into_iter().chain([ranked.known, filter.clone().negated()]));
            // Nobody is neither.
            let is_everybody_else = filter == ranked.is_ranked && left_out == filter.negated();
            arms.push((if is_everybody_else { Sql::bool(true) } else { left_out }, Sql::bool(false)));
        }
        let Caption { name, word, comment, .. } = self.caption(ranked.id);
        let otherwise = match arms.last() {
            Some((Sql::Literal(Literal::Bool(true)), _)) => arms.pop().map(|(_, answer)| answer),
            _ => None,
        };
        let answer = match (arms.is_empty(), otherwise) {
            (true, otherwise) => otherwise.unwrap_or(Sql::NULL),
            (false, otherwise) => Sql::Case(arms, otherwise.map(Box::new)),
        };
        let column = self.column_of(answer, &name, Some((word, comment)));
        self.aggregates.insert(ranked.id, Bound { held: Held::One(column), level: self.at });
    }

    /// Whether fewer than the amount are ahead.
    pub(crate) fn is_ahead(&mut self, amount: &RankAmount, ahead: Sql, count: Sql) -> Sql {
        match amount {
            RankAmount::Number(number) => match self.constant(number) {
                Some(Value::Int(number)) => fewer(ahead, Sql::int(number)),
                Some(_) => self.literal(&Value::Missing, &Type::Bool),
                None => {
                    let number = self.value(number);
                    fewer(ahead, number)
                }
            },
            RankAmount::Share(share) => {
                let Some(share) = self.constant(share) else {
                    return self.cannot(share.span, "a share that differs is not written", "write the share");
                };
                match number::to_decimal(&share) {
                    Some(share) if share.scale <= 9 && share.mantissa.unsigned_abs() < 1 << 40 => {
                        // Whole numbers: ahead × 100 < 20 × count.
                        let shortest = (0..share.scale).find_map(|scale| share.rescale(scale)).unwrap_or(share);
                        let whole = 10_i64.pow(u32::from(shortest.scale));
                        let ahead = if whole == 1 { ahead } else { Sql::binary(ahead, "*", Sql::int(whole)) };
                        let share = match shortest.mantissa {
                            1 => count,
                            share => Sql::binary(Sql::int(share), "*", count),
                        };
                        Sql::binary(ahead, "<", share)
                    }
                    _ => {
                        let share = number::to_f64(&share).unwrap_or(0.0);
                        let limit =
                            Sql::binary(Sql::Literal(Literal::Float(share)), "*", self.as_float(count, &Type::Int));
                        Sql::binary(self.as_float(ahead, &Type::Int), "<", limit)
                    }
                }
            }
        }
    }
}

/// `ahead < number`; of a place from one on, `place <= number`
fn fewer(ahead: Sql, number: Sql) -> Sql {
    match ahead {
        Sql::Binary("-", of) if of.1 == Sql::int(1) => Sql::binary(of.0, "<=", number),
        ahead => Sql::binary(ahead, "<", number),
    }
}
