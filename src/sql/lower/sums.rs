//! Sums and means: exact, whatever the order, and missing where they are out of range.

use crate::{
    source::Span,
    sql::{
        ast::{Literal, Sql},
        dialect::Computed,
        lower::{
            Lowering,
            answers::{Empty, Part, Whole},
            clause::Clause,
        },
    },
    value::{self, Type, Value},
};

/// Floats are summed as whole numbers of this fraction of one: 2^-70.
const FINE: f64 = 1_180_591_620_717_411_303_424.0;
/// Floats from here on are too large for that: 2^44.
const LARGE: f64 = 17_592_186_044_416.0;

impl Lowering<'_> {
    /// A number that aggregates came to, without a column of its own.
    pub(crate) fn narrow_in_place(&self, computed: Computed, ty: &Type) -> Sql {
        match computed {
            Computed::Checked(sql) => sql,
            Computed::Wide(sql) => self.in_range(sql, ty),
        }
    }

    fn zero(&self, sum: Sql) -> Sql {
        Sql::call("coalesce", [sum, Sql::int(0)])
    }

    /// `sum(x)` of numbers, 0 of none.
    pub(crate) fn sum_of(&mut self, clause: &Clause, value: &Sql, ty: &Type, span: Span) -> Part {
        let none = self.literal(&value::aggregate::sum(&Value::List([].into()), ty), ty);
        match ty {
            Type::Float => {
                let pieces = vec![self.float_sum(clause, value, span)];
                Part { pieces, whole: Whole::Floats, empty: Empty::Is(none), own: None }
            }
            _ => {
                let pieces = self.dialect.sum(value.clone(), ty, clause.rows.clone());
                // Where its parts are never missing, one `coalesce` behind the join is enough, unless there is none.
                let always = pieces.len() == 1 && self.dialect.sums_or_ends(ty);
                if always && self.rows.is_some() {
                    return Part { pieces, whole: Whole::Total(ty.clone()), empty: Empty::Counted(none), own: None };
                }
                let pieces = pieces.into_iter().map(|it| self.zero(it)).collect();
                Part { pieces, whole: Whole::Total(ty.clone()), empty: Empty::Is(none), own: None }
            }
        }
    }

    /// `avg(x)` of numbers.
    pub(crate) fn mean_of(&mut self, clause: &Clause, value: &Sql, ty: &Type, span: Span) -> Part {
        let counted = Some(value.clone()).filter(|it| !self.is_never_missing(it));
        let count = Sql::aggregate("count", counted, clause.rows.clone());
        let mut pieces = match ty {
            Type::Float => vec![self.float_sum(clause, value, span)],
            _ => self.dialect.sum(value.clone(), ty, clause.rows.clone()),
        };
        pieces.push(count);
        Part { pieces, whole: Whole::Mean(ty.clone()), empty: Empty::Missing, own: None }
    }

    /// What pieces make, each short.
    pub(crate) fn whole(&self, whole: &Whole, mut pieces: Vec<Sql>) -> Sql {
        match whole {
            Whole::Itself | Whole::Floats => pieces.into_iter().next().unwrap_or(Sql::NULL),
            Whole::Total(ty) => self.narrow_in_place(self.dialect.total(pieces, ty), ty),
            Whole::OfLengths(range) => self.whole_of_lengths(*range, pieces),
            Whole::MeanLength => self.mean_length(pieces),
            Whole::Untied(tie) => {
                let tied = pieces.pop().unwrap_or(Sql::NULL);
                let value = pieces.into_iter().next().unwrap_or(Sql::NULL);
                Sql::if_else(tied, self.dialect.fail(&tie.message, &tie.ty), value)
            }
            Whole::Mean(ty) => {
                let count = pieces.pop().unwrap_or(Sql::NULL);
                let sum = match ty {
                    Type::Float => pieces.into_iter().next().unwrap_or(Sql::NULL),
                    _ => self.dialect.total_float(pieces, ty),
                };
                Sql::binary(sum, "/", self.dialect.to_float(Sql::call("nullif", [count, Sql::int(0)]), &Type::Int))
            }
        }
    }

    /// The exact sum of floats, rounded once: they are summed as whole numbers. What is too large or too fine for that ends the query,
    /// since no other sum would be the same to the last bit.
    fn float_sum(&mut self, clause: &Clause, value: &Sql, span: Span) -> Sql {
        let float = |it: f64| Sql::Literal(Literal::Float(it));
        let fine = Sql::binary(value.clone(), "*", float(FINE));
        let is = |operator: &'static str| Sql::binary(Sql::call("abs", [value.clone()]), operator, float(LARGE));
        let wholes = self.dialect.wholes(is("<"), fine.clone());
        let added = Sql::aggregate(wholes.sum, Some(wholes.whole), clause.rows.clone());
        let sum = self.dialect.to_float(self.zero(added.clone()), &Type::Decimal(0));
        let sum = Sql::binary(sum, "/", float(FINE));
        let too_fine = self.dialect.has_fraction(fine);
        let unfit = Sql::any([is(">="), too_fine]);
        let unfit = Sql::all(clause.rows.clone().into_iter().chain([unfit]));
        let unfit = Sql::aggregate("count", None, Some(unfit));
        let message = format!(
            "{}: floats this large, or this fine, are not summed exactly here; declare the column as a decimal, sum durations before they are divided, or multiply very small shares first",
            self.place(span)
        );
        let fail = self.dialect.fail(&message, &Type::Float);
        let mut fails = vec![Sql::binary(unfit, ">", Sql::int(0))];
        if wholes.is_missing_beyond {
            let some = Sql::aggregate("count", Some(value.clone()), clause.rows.clone());
            fails.push(Sql::all([added.missing(), Sql::binary(some, ">", Sql::int(0))]));
        }
        Sql::if_else(Sql::any(fails), fail, sum)
    }

    /// Days and microseconds of a sum of durations.
    pub(crate) fn length_sum_of(&mut self, clause: &Clause, parts: &[Sql], months: Option<&Sql>) -> Vec<Part> {
        let with_months = self.with_months(clause, months);
        let part = |pieces: Vec<Sql>, whole: Whole| Part { pieces, whole, empty: Empty::Is(Sql::int(0)), own: None };
        let mut sums = vec![part(vec![Sql::int(0)], Whole::Itself)];
        for (of, range) in parts.iter().skip(1).zip([Some((i32::MIN, i32::MAX)), None]) {
            if of.is_zero() {
                sums.push(part(vec![Sql::int(0)], Whole::Itself));
                continue;
            }
            let pieces = self.dialect.sum(of.clone(), &Type::Int, clause.known.clone());
            let pieces: Vec<Sql> = pieces.into_iter().map(|it| self.zero(it)).collect();
            let total = self.dialect.total(pieces, &Type::Int);
            let total = self.narrow_in_place(total, &Type::Int);
            let pieces = [total].into_iter().chain(with_months.clone()).collect();
            sums.push(part(pieces, Whole::OfLengths(range)));
        }
        sums
    }

    /// The mean of durations, exact time, rounded half away from zero.
    pub(crate) fn length_mean_of(&mut self, clause: &Clause, exact: &Sql, months: Option<&Sql>) -> Vec<Part> {
        let wide = self.dialect.wide();
        let sum = Sql::aggregate("sum", Some(Sql::cast(exact.clone(), wide)), clause.known.clone());
        let count = Sql::aggregate("count", None, clause.known.clone());
        let pieces = [sum, count].into_iter().chain(self.with_months(clause, months)).collect();
        let mean = Part { pieces, whole: Whole::MeanLength, empty: Empty::Missing, own: None };
        vec![Part::missing(Sql::int(0)), Part::missing(Sql::int(0)), mean]
    }

    /// What is true where none of the durations has months.
    fn without_months(with_months: Option<Sql>) -> Option<Sql> {
        with_months.map(|count| Sql::binary(count, "=", Sql::int(0)))
    }

    fn whole_of_lengths(&self, range: Option<(i32, i32)>, pieces: Vec<Sql>) -> Sql {
        let mut pieces = pieces.into_iter();
        let total = pieces.next().unwrap_or(Sql::NULL);
        let fits = range.map(|(low, high)| total.clone().between(Sql::int(low), Sql::int(high)));
        let fits: Vec<Sql> = fits.into_iter().chain(Self::without_months(pieces.next())).collect();
        if fits.is_empty() { total } else { Sql::when(Sql::all(fits), total) }
    }

    fn mean_length(&self, pieces: Vec<Sql>) -> Sql {
        let mut pieces = pieces.into_iter();
        let (sum, count) = (pieces.next().unwrap_or(Sql::NULL), pieces.next().unwrap_or(Sql::NULL));
        let twice = Sql::binary(Sql::binary(Sql::call("abs", [sum.clone()]), "*", Sql::int(2)), "+", count.clone());
        let divisor = Sql::call("nullif", [Sql::binary(count, "*", Sql::int(2)), Sql::int(0)]);
        let mean = self.dialect.quotient(twice, divisor);
        let sign = Sql::if_else(Sql::binary(sum, "<", Sql::int(0)), Sql::int(-1), Sql::int(1));
        let mean = self.dialect.try_cast(Sql::binary(sign, "*", mean), &Type::Int);
        let mean = self.narrow_in_place(mean, &Type::Int);
        match Self::without_months(pieces.next()) {
            Some(fits) => Sql::when(fits, mean),
            None => mean,
        }
    }

    /// How many of the durations have months; none where none can.
    pub(crate) fn with_months(&self, clause: &Clause, months: Option<&Sql>) -> Option<Sql> {
        let all = clause.known.clone().into_iter().chain([months?.clone().negated()]);
        Some(Sql::aggregate("count", None, Some(Sql::all(all))))
    }
}
