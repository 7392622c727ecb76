//! `quantile(x, share)` of a list of values in order: exact, linear between closest ranks, a float. It is found where the list is, in the
//! one row of everybody or of a group, in columns that no user has.

use crate::{
    ir::{AggregateFunction, AggregateId, Expr},
    source::Span,
    sql::{
        ast::{Literal, Sql},
        dialect::Arithmetic::{Add, Multiply, Subtract},
        lower::{Lowering, captions::Caption},
    },
    value::{Decimal, Type, Value, number},
};

impl Lowering<'_> {
    /// The share of a quantile, where it is one.
    pub(crate) fn share(&mut self, share: &Expr, span: Span) -> Option<(Value, f64)> {
        let Some(share) = self.constant(share) else {
            self.cannot(span, "a quantile of a share that differs is not written", "write the share");
            return None;
        };
        let float = number::to_f64(&share).filter(|it| (0.0..=1.0).contains(it))?;
        Some((share, float))
    }

    /// The column with a quantile, beside the list that it is found in.
    pub(crate) fn quantile_of(&mut self, id: AggregateId, list: &str) -> Sql {
        let aggregate = self.rulebook.aggregate(id).clone();
        let AggregateFunction::Quantile(share) = &aggregate.function else { return Sql::NULL };
        let Some((share, float_share)) = self.share(share, aggregate.span) else { return Sql::NULL };
        let element = aggregate.source.as_ref().map_or(Type::Int, |it| it.ty.clone());
        let Caption { name, word, comment, .. } = self.caption(id);
        self.about.clone_from(&name);
        self.at = 0;
        let exact = match (&share, &element) {
            (Value::Float(_), _) | (_, Type::Float) => None,
            (share, _) => number::to_decimal(share),
        };
        let scale = if let Type::Decimal(scale) = element { scale } else { 0 };
        let of_list = list.strip_suffix("_values").unwrap_or(list).to_owned();
        let list = Sql::column(list);
        let quantile = match exact.filter(|it| it.scale <= 15 && it.scale + scale <= 30) {
            Some(share) => self.exact_quantile((list, &of_list), share, float_share, &element),
            None => self.float_quantile(list, float_share, &element),
        };
        self.column_of(quantile, &name, Some((word, comment)))
    }

    /// Where the greatest value of a list stands, from 0 on.
    fn last_place(&self, list: &Sql) -> Sql {
        Sql::binary(self.dialect.count(list.clone()), "-", Sql::int(1))
    }

    /// Columns of one step.
    fn kept_together<const N: usize>(&mut self, parts: [(Sql, &str); N]) -> [Sql; N] {
        let from = self.at;
        let mut level = from;
        let kept = parts.map(|(sql, noun)| {
            self.at = from;
            let kept = self.keep_as(sql, noun);
            level = level.max(self.at);
            kept
        });
        self.at = level;
        kept
    }

    fn float_quantile(&mut self, list: Sql, share: f64, element: &Type) -> Sql {
        let last = self.last_place(&list);
        let rank = Sql::binary(Sql::Literal(Literal::Float(share)), "*", self.as_float(last, &Type::Int));
        let rank = self.keep_as(rank, "rank");
        let int = self.dialect.ty(&Type::Int).unwrap_or_default();
        let at = |sql: Sql| Sql::cast(sql, int.clone());
        let below = self.dialect.element(list.clone(), at(self.dialect.floor(rank.clone())));
        let above = self.dialect.element(list, at(self.dialect.ceil(rank.clone())));
        let (below, above) = (self.as_float(below, element), self.as_float(above, element));
        let [below, above] = self.kept_together([(below, "low"), (above, "high")]);
        self.users.explain(&below, &format!("{} lies between these, by the fraction of the rank", self.about));
        let part = Sql::binary(rank.clone(), "-", self.dialect.floor(rank));
        if self.dialect.ends_out_of_range() && *element == Type::Float {
            let apart = self.floats("-", above, below.clone());
            let step = self.floats("*", apart, part);
            return self.floats("+", below, step);
        }
        let step = Sql::binary(Sql::binary(above, "-", below.clone()), "*", part);
        self.dialect.finite(Sql::binary(below, "+", step))
    }

    fn exact_quantile(
        &mut self,
        (list, of_list): (Sql, &str),
        share: Decimal,
        float_share: f64,
        element: &Type,
    ) -> Sql {
        let scale = if let Type::Decimal(scale) = element { *scale } else { 0 };
        let Decimal { mantissa, scale: digits } = share;
        let whole = 10_i64.pow(u32::from(digits));
        let end = match mantissa {
            0 => Some(self.dialect.element(list.clone(), Sql::int(0))),
            it if it == i128::from(whole) => Some(self.dialect.last(list.clone())),
            _ => None,
        };
        if let Some(end) = end {
            let end = self.keep_as(end, "value");
            return self.as_float(end, element);
        }
        let last = self.last_place(&list);
        let rank = Sql::binary(last.clone(), "*", Sql::int(share.mantissa));
        let (place, part) =
            (self.dialect.quotient(rank.clone(), Sql::int(whole)), Sql::binary(rank, "%", Sql::int(whole)));
        let low = self.dialect.element(list.clone(), place.clone());
        let high = self.dialect.element(list, Sql::binary(place, "+", Sql::int(1)));
        // At the end nothing is above.
        let high = Sql::call("coalesce", [high, low.clone()]);
        let from = self.at;
        let [low, high, part] = self.kept_together([(low, "low"), (high, "high"), (part, "rank")]);
        let level = std::mem::replace(&mut self.at, from);
        let last = match element {
            // Its digits always fit.
            Type::Int => last,
            // Several may be found in one list.
            _ => self.column_of(last, &format!("{of_list}_last"), None),
        };
        self.at = self.at.max(level);
        self.users.explain(&low, &format!("{} lies between low and high, rank / {whole} of the way", self.about));
        let wide = Type::Decimal(scale + share.scale);
        let fine = Type::Decimal(share.scale);
        let tenth =
            Sql::Literal(Literal::Decimal(format!("0.{}1", "0".repeat(usize::from(share.scale).saturating_sub(1)))));
        let fraction = Sql::binary(part.clone(), "*", tenth);
        let fraction = Sql::cast(fraction, self.dialect.ty(&fine).unwrap_or_default());
        // Two whole numbers may be further apart than one can be.
        let apart = if *element == Type::Int { Type::Decimal(0) } else { element.clone() };
        let ends = ((high.clone(), element.clone()), (low.clone(), element.clone()));
        // What is kept is called after what it is, where that takes steps of its own.
        let name = self.about.clone();
        let about = |this: &mut Self, noun: &str| this.about = format!("{name}_{noun}");
        about(self, "apart");
        let difference = self.combined(Subtract, ends.0, ends.1, &apart);
        about(self, "beyond_low");
        let between = self.combined(Multiply, (difference, apart), (fraction, fine), &wide);
        about(self, "exact");
        let sum = self.combined(Add, (low.clone(), element.clone()), (between, wide.clone()), &wide);
        self.about.clone_from(&name);
        let exact = self.dialect.to_float(sum, &wide);
        if *element == Type::Int {
            return exact;
        }
        // Of so many digits that they do not fit, floats hold enough.
        let rank = Sql::binary(Sql::Literal(Literal::Float(float_share)), "*", self.dialect.to_float(last, &Type::Int));
        let rank_share = Sql::binary(rank.clone(), "-", self.dialect.floor(rank));
        let (low, high) = (self.dialect.to_float(low, element), self.dialect.to_float(high, element));
        let rough = Sql::binary(low.clone(), "+", Sql::binary(Sql::binary(high, "-", low), "*", rank_share));
        Sql::call("coalesce", [exact, rough])
    }
}
