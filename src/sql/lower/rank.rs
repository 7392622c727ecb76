//! `top`, `bottom`, `ntile`: how many of those ranked are strictly more, or strictly less, by window functions.

use crate::{
    ir::{AggregateFunction, AggregateId, RankAmount},
    sql::{
        ast::{Literal, Over, Sense, Sql},
        lower::{Bound, Held, Lowering, captions::Caption},
    },
    value::{Type, Value, number},
};

impl Lowering<'_> {
    pub(crate) fn rank(&mut self, id: AggregateId) {
        let aggregate = self.rulebook.aggregate(id).clone();
        let Some(source) = &aggregate.source else { return };
        self.at = 0;
        self.about = self.caption(id).name;
        let keys = self.group_keys(&aggregate.per);
        let (value, known) = self.ranked_by(source);
        let filter = aggregate.filter.as_ref().map(|filter| {
            let holds = self.value(filter);
            let holds = self.closed(holds);
            self.keep_as(holds, "counts")
        });
        let in_a_group: Vec<Sql> = keys.iter().map(|key| self.known(key.clone())).collect();
        let ranked = Sql::all(in_a_group.iter().cloned().chain([self.known(value.clone())]).chain(filter.clone()));
        let is_ranked = self.keep_as(ranked, "ranked");
        // Where all are ranked they are not told apart.
        let told_apart = Some(is_ranked.clone()).filter(|it| !it.is_literal());
        let partition: Vec<Sql> = told_apart.into_iter().chain(keys.clone()).collect();
        let over = |function: Sql, order: Option<Sense>| {
            // Nobody who is ranked lacks it, and the place of the others is not asked for.
            let order = order.map(|sense| (value.clone(), Sense { known: true, ..sense })).into_iter().collect();
            Sql::Over(Box::new(Over { function, partition: partition.clone(), order, before: false }))
        };
        let place = |sense: Sense| over(Sql::call("rank", []), Some(sense));
        let count = over(Sql::aggregate("count", None, None), None);
        let answer = match &aggregate.function {
            AggregateFunction::Top(amount) => self.is_ahead(amount, place(Sense::FALLING), count),
            AggregateFunction::Bottom(amount) => self.is_ahead(amount, place(Sense::RISING), count),
            AggregateFunction::Ntile(parts) => match self.constant(parts) {
                Some(Value::Int(parts)) if parts > 0 => {
                    let below = Sql::binary(place(Sense::RISING), "-", Sql::int(1));
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
                None => self.cannot(aggregate.span, "`ntile` of a number that differs is not written", ""),
            },
            _ => Sql::NULL,
        };
        let mut arms = vec![(is_ranked, answer)];
        if aggregate.ty == Type::Bool
            && let Some(filter) = filter
        {
            let left_out = in_a_group.into_iter().chain([known, filter.negated()]);
            arms.push((Sql::all(left_out), Sql::bool(false)));
        }
        let Caption { name, word, comment } = self.caption(id);
        let answer = match arms.as_slice() {
            [(Sql::Literal(Literal::Bool(true)), answer)] => answer.clone(),
            _ => Sql::Case(arms, None),
        };
        let column = self.column_of(answer, &name, Some((word, comment)));
        self.aggregates.insert(id, Bound { held: Held::One(column), level: self.at });
    }

    /// Whether fewer than the amount are ahead.
    fn is_ahead(&mut self, amount: &RankAmount, place: Sql, count: Sql) -> Sql {
        let ahead = Sql::binary(place.clone(), "-", Sql::int(1));
        match amount {
            RankAmount::Number(number) => match self.constant(number) {
                Some(Value::Int(number)) => Sql::binary(place, "<=", Sql::int(number)),
                Some(_) => self.literal(&Value::Missing, &Type::Bool),
                None => {
                    let number = self.value(number);
                    Sql::binary(place, "<=", number)
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
