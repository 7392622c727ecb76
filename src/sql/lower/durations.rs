//! Durations: numbers of months, days and microseconds, each an expression of its own; most are nothing but one of them.

use crate::{
    ir::{Body, Choice, DefinitionId, Expr, ExprKind, Function, ProductOp, SumOp},
    source::Span,
    sql::{
        ast::{Literal, Sql},
        dialect::Arithmetic,
        lower::{ELSEWHERE, Held, Lowering, SMALL, arithmetic::without_sign_of_zero, size},
    },
    value::{Duration, Type, Value, number},
};

/// The parts of a duration: it is missing where one of them is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Length {
    pub(crate) months: Sql,
    pub(crate) days: Sql,
    pub(crate) micros: Sql,
}

impl Length {
    pub(crate) fn of(duration: Duration) -> Length {
        Length { months: Sql::int(duration.months), days: Sql::int(duration.days), micros: Sql::int(duration.micros) }
    }

    pub(crate) fn missing() -> Length {
        Length { months: Sql::NULL, days: Sql::NULL, micros: Sql::NULL }
    }

    /// Whether it is missing of everybody.
    pub(crate) fn is_missing(&self) -> bool {
        self.parts().into_iter().all(|it| *it == Sql::NULL)
    }

    fn micros(micros: Sql) -> Length {
        Length { months: Sql::int(0), days: Sql::int(0), micros }
    }

    pub(crate) fn days(days: Sql) -> Length {
        Length { months: Sql::int(0), days, micros: Sql::int(0) }
    }

    pub(crate) fn parts(&self) -> [&Sql; 3] {
        [&self.months, &self.days, &self.micros]
    }

    pub(crate) fn each(self, mut change: impl FnMut(Sql) -> Sql) -> Length {
        let mut change = |sql: Sql| if is_int(&sql) { sql } else { change(sql) };
        Length { months: change(self.months), days: change(self.days), micros: change(self.micros) }
    }

    /// That none of it is missing.
    pub(crate) fn known(&self) -> Sql {
        Sql::all(self.parts().into_iter().filter(|it| !is_int(it)).map(|it| it.clone().known()))
    }

    /// Whether it can have no months.
    pub(crate) fn is_exact(&self) -> bool {
        self.months.is_zero()
    }
}

fn is_int(sql: &Sql) -> bool {
    matches!(sql, Sql::Literal(Literal::Int(_)))
}

impl Lowering<'_> {
    /// An expression whose type is a duration.
    pub(crate) fn length(&mut self, expr: &Expr) -> Length {
        if let Some(value) = self.constant(expr) {
            return match value {
                Value::Duration(duration) => Length::of(duration),
                _ => Length::missing(),
            };
        }
        match &expr.kind {
            ExprKind::Column(id) => length_of(self.column(*id)),
            ExprKind::ChildColumn(id) => length_of(self.child_column(*id)),
            ExprKind::Aggregate(id) => length_of(self.answer(*id)),
            ExprKind::Definition(id) => length_of(self.definition(*id)),
            ExprKind::If { condition, then, otherwise } => {
                let condition = self.value(condition);
                let (then, otherwise) = (self.length(then), self.length(otherwise));
                self.either(condition, then, otherwise)
            }
            ExprKind::Coalesce(operands) => {
                let mut lengths: Vec<Length> = vec![];
                for operand in operands {
                    if !self.is_never_there(operand) {
                        lengths.push(self.length(operand));
                    }
                }
                let last = lengths.pop().unwrap_or_else(Length::missing);
                lengths.into_iter().rev().fold(last, |rest, first| {
                    let first = self.keep_parts(first);
                    self.either(first.known(), first, rest)
                })
            }
            ExprKind::Sum { first, rest } => self.length_sum(first, rest),
            ExprKind::Product { first, rest } => self.length_product(first, rest),
            ExprKind::Negate(operand) => {
                let length = self.length(operand);
                length.each(|it| self.plus(Arithmetic::Subtract, Sql::int(0), it))
            }
            ExprKind::Call { function: Function::Age, arguments } => match arguments.first() {
                Some(moment) => self.age(moment),
                None => Length::missing(),
            },
            ExprKind::Call { function, arguments } => self.length_call(*function, arguments, expr.span),
            ExprKind::ToNext(level) => self.length_to_next(*level),
            _ => {
                self.cannot(expr.span, "this duration is not written", ELSEWHERE);
                Length::missing()
            }
        }
    }

    /// Each part short: those that are not become columns of one step.
    pub(crate) fn keep_parts(&mut self, length: Length) -> Length {
        let from = self.at;
        let mut level = from;
        let mut keep = |part: Sql, noun: &str| {
            self.at = from;
            let part = self.keep_as(part, noun);
            level = level.max(self.at);
            part
        };
        let months = keep(length.months, "months");
        let (days, micros) = (keep(length.days, "days"), keep(length.micros, "micros"));
        self.at = level;
        Length { months, days, micros }
    }

    fn either(&mut self, condition: Sql, then: Length, otherwise: Length) -> Length {
        let condition = self.keep_as(condition, "condition");
        let choose = |then: Sql, otherwise: Sql| match then == otherwise && is_int(&then) {
            true => then,
            false => Sql::if_else(condition.clone(), then, otherwise),
        };
        Length {
            months: choose(then.months, otherwise.months),
            days: choose(then.days, otherwise.days),
            micros: choose(then.micros, otherwise.micros),
        }
    }

    /// Arithmetic of parts, in 64 bits.
    pub(crate) fn plus(&mut self, operator: Arithmetic, a: Sql, b: Sql) -> Sql {
        use Literal::Int;
        match (&a, &b) {
            (Sql::Literal(Int(a)), Sql::Literal(Int(b))) => {
                let sum = match operator {
                    Arithmetic::Add => a.checked_add(*b),
                    Arithmetic::Subtract => a.checked_sub(*b),
                    Arithmetic::Multiply => a.checked_mul(*b),
                    Arithmetic::Modulo => a.checked_rem(*b),
                };
                let sum = sum.and_then(|it| i64::try_from(it).ok());
                sum.map_or(Sql::NULL, Sql::int)
            }
            (_, Sql::Literal(Int(0))) if operator != Arithmetic::Multiply => a,
            (Sql::Literal(Int(0)), _) if operator == Arithmetic::Add => b,
            _ => self.combined(operator, (a, Type::Int), (b, Type::Int), &Type::Int),
        }
    }

    fn length_sum(&mut self, first: &Expr, rest: &[(SumOp, Expr, Type)]) -> Length {
        // Moments may come before: `t1 - t2 + 1d`.
        let mut so_far = None;
        let mut start = 0;
        if first.ty != Type::Duration {
            let Some(place) = rest.iter().position(|(.., ty)| *ty == Type::Duration) else { return Length::missing() };
            let (moments, _) = rest.split_at(place);
            let Some((_, other, _)) = rest.get(place) else { return Length::missing() };
            let kind = moments.last().map_or(&first.ty, |(.., ty)| ty).clone();
            let earlier_moment = if moments.is_empty() { self.value(first) } else { self.moment_sum(first, moments) };
            so_far = Some(self.difference((earlier_moment, &kind), other));
            start = place + 1;
        }
        let mut sum = match so_far {
            Some(length) => length,
            None => self.length(first),
        };
        for (op, term, _) in rest.iter().skip(start) {
            let term = self.length(term);
            let operator = if *op == SumOp::Add { Arithmetic::Add } else { Arithmetic::Subtract };
            sum = self.length_with(operator, sum, term);
        }
        sum
    }

    /// Two durations together. Months do not add up.
    fn length_with(&mut self, operator: Arithmetic, one: Length, other: Length) -> Length {
        let months: Vec<Sql> = [one.months, other.months].into_iter().filter(|it| !it.is_zero()).collect();
        let days = self.plus(operator, one.days, other.days);
        let micros = self.plus(operator, one.micros, other.micros);
        let months = match months.is_empty() {
            true => Sql::int(0),
            false => {
                let zero = months.into_iter().map(|it| Sql::binary(it, "=", Sql::int(0)));
                Sql::when(Sql::all(zero), Sql::int(0))
            }
        };
        self.fitting(Length { months, days, micros })
    }

    /// `to_next(level)` of a level by moments or durations.
    fn length_to_next(&mut self, level: DefinitionId) -> Length {
        let definition = self.rulebook.definition(level);
        let Body::Level(ladder) = &definition.body else { return Length::missing() };
        let Some(by) = &ladder.by else { return Length::missing() };
        let Held::One(value) = self.definition(level) else { return Length::missing() };
        let names = self.choices(&definition.ty);
        let mut arms = vec![];
        let below = ladder.arms.iter().map(|arm| {
            let above = ladder.arms.iter().rfind(|it| it.rank > arm.rank);
            let name = names.get(arm.rank as usize).cloned().unwrap_or_default();
            (Sql::binary(value.clone(), "=", Sql::text(name)), above)
        });
        for (here, above) in below.chain([(value.clone().missing(), ladder.arms.last())]) {
            let Some(Choice::From { threshold, .. }) = above.map(|it| &it.choice) else { continue };
            let to = match by.ty {
                Type::Duration => {
                    let (threshold, by) = (self.length(threshold), self.length(by));
                    self.length_with(Arithmetic::Subtract, threshold, by)
                }
                _ => {
                    let from = self.value(threshold);
                    self.difference((from, &threshold.ty), by)
                }
            };
            arms.push((here, to));
        }
        arms.into_iter().rev().fold(Length::missing(), |rest, (here, to)| self.either(here, to, rest))
    }

    /// Days and months have 32 bits.
    pub(crate) fn fitting(&mut self, length: Length) -> Length {
        let mut fit = |sql: Sql| match &sql {
            sql if is_int(sql) || is_small(sql) => sql.clone(),
            sql if size(sql) <= SMALL => {
                Sql::when(sql.clone().between(Sql::int(i32::MIN), Sql::int(i32::MAX)), sql.clone())
            }
            _ => {
                let kept = self.keep_as(sql, "sum");
                Sql::when(kept.clone().between(Sql::int(i32::MIN), Sql::int(i32::MAX)), kept)
            }
        };
        Length { months: fit(length.months), days: fit(length.days), micros: length.micros }
    }

    fn length_product(&mut self, first: &Expr, rest: &[(ProductOp, Expr, Type)]) -> Length {
        let Some(((op, factor, _), before)) = rest.split_last() else { return self.length(first) };
        let (subject, scalar) = match (before.is_empty(), first.ty == Type::Duration) {
            (_, true) => (self.length_product(first, before), factor),
            (true, false) => (self.length(factor), first),
            (false, false) => {
                self.cannot(
                    factor.span,
                    "a duration behind other factors is not written",
                    "name the factors with `let`",
                );
                return Length::missing();
            }
        };
        match (op, self.constant(scalar)) {
            (ProductOp::Multiply, Some(Value::Int(by))) => {
                let times = subject.each(|it| it);
                let times = Length {
                    months: self.plus(Arithmetic::Multiply, times.months, Sql::int(by)),
                    days: self.plus(Arithmetic::Multiply, times.days, Sql::int(by)),
                    micros: self.plus(Arithmetic::Multiply, times.micros, Sql::int(by)),
                };
                self.fitting(times)
            }
            _ if scalar.ty == Type::Int && *op == ProductOp::Multiply => {
                let by = self.value(scalar);
                let by = self.keep_as(by, "factor");
                let times = Length {
                    months: self.plus(Arithmetic::Multiply, subject.months, by.clone()),
                    days: self.plus(Arithmetic::Multiply, subject.days, by.clone()),
                    micros: self.plus(Arithmetic::Multiply, subject.micros, by),
                };
                self.fitting(times)
            }
            (_, Some(Value::Missing)) => Length::missing(),
            (ProductOp::Divide, None) if scalar.ty == Type::Int => {
                let by = self.value(scalar);
                let subject = self.keep_parts(subject);
                match is_between_moments(first) && subject.days.is_zero() && self.is_surely_int(&by) {
                    true => self.divided_plainly(subject.micros, by),
                    false => self.divided(subject, by),
                }
            }
            (op, number) => {
                let number = number.as_ref().and_then(number::to_decimal);
                let subject = self.keep_parts(subject);
                let fraction = number.and_then(|it| self.fraction(subject, it, *op == ProductOp::Divide));
                fraction.unwrap_or_else(|| {
                    self.cannot(
                        scalar.span,
                        "this fraction of a duration is not written",
                        "multiply by a number of few digits, or compare numbers: `D / 1d * 0.5`",
                    );
                    Length::missing()
                })
            }
        }
    }

    /// `D1 / D2`, a float, perhaps with more factors behind it.
    pub(crate) fn ratio(&mut self, first: &Expr, rest: &[(ProductOp, Expr, Type)]) -> Sql {
        // The place where a float comes of durations.
        let Some(place) = rest.iter().position(|(.., ty)| *ty == Type::Float) else { return Sql::NULL };
        let (before, at) = rest.split_at(place);
        let (Some((_, divisor, _)), after) = (at.first(), at.get(1..).unwrap_or_default()) else { return Sql::NULL };
        let above = self.length_product(first, before);
        let below = self.length(divisor);
        // Days between dates divided by days: both as microseconds are floats without being rounded, so the quotient is the same.
        let is_of_dates = match &first.kind {
            ExprKind::Call { function: Function::Age, arguments } => arguments.iter().all(|it| it.ty == Type::Date),
            ExprKind::Sum { first, rest } => {
                first.ty == Type::Date && matches!(rest.as_slice(), [(SumOp::Subtract, it, _)] if it.ty == Type::Date)
            }
            _ => false,
        };
        let (above, below) = match (before.is_empty() && is_of_dates, &below) {
            (true, Length { months, days, micros }) if months.is_zero() && micros.is_zero() && is_int(days) => {
                (above.days, below.days)
            }
            _ => (self.exact(above), self.exact(below)),
        };
        let wide = |this: &mut Self, sql: Sql| match sql {
            Sql::Literal(Literal::Int(int)) => Sql::Literal(Literal::Float(int as f64)),
            other => this.as_float(other, &Type::Int),
        };
        let divisor = match wide(self, below) {
            Sql::Literal(Literal::Float(float)) if float != 0.0 => Sql::Literal(Literal::Float(float)),
            other => Sql::call("nullif", [other, Sql::Literal(Literal::Float(0.0))]),
        };
        let is_positive = matches!(divisor, Sql::Literal(Literal::Float(float)) if float > 0.0);
        // No duration is longer than 2^31 days and 2^63 microseconds.
        let is_small = matches!(divisor, Sql::Literal(Literal::Float(float)) if float.abs() >= 100.0);
        let mut quotient = without_sign_of_zero(Sql::binary(wide(self, above), "/", divisor), is_positive);
        if is_small {
            self.bounded.push((quotient.clone(), 3e18));
        }
        for (op, factor, _) in after {
            let factor = self.float(factor);
            quotient = match op {
                ProductOp::Multiply => self.floats("*", quotient, factor),
                ProductOp::Divide => {
                    let factor = self.not_zero(factor);
                    self.floats("/", quotient, factor)
                }
            };
        }
        quotient
    }

    /// The microseconds of a duration, a day being 24 hours; missing where it has months.
    pub(crate) fn exact(&mut self, length: Length) -> Sql {
        const DAY: i64 = Duration::DAY_MICROS;
        if length.is_missing() {
            return self.literal(&Value::Missing, &Type::Int);
        }
        let wide = self.dialect.wide();
        let sum = match (&length.days, &length.micros) {
            (days, micros) if is_int(days) && is_int(micros) => {
                let of = |sql: &Sql| match sql {
                    Sql::Literal(Literal::Int(int)) => *int,
                    _ => 0,
                };
                Sql::int(of(days) * i128::from(DAY) + of(micros))
            }
            (days, micros) if days.is_zero() => micros.clone(),
            (days, micros) => {
                let days = Sql::binary(Sql::cast(days.clone(), wide), "*", Sql::int(DAY));
                if micros.is_zero() { days } else { Sql::binary(days, "+", micros.clone()) }
            }
        };
        match &length.months {
            months if months.is_zero() => sum,
            months if is_int(months) => Sql::cast(Sql::NULL, self.dialect.ty(&Type::Int).unwrap_or_default()),
            months => Sql::when(Sql::binary(months.clone(), "=", Sql::int(0)), sum),
        }
    }

    /// `age(t)`: how long ago; missing of the future.
    fn age(&mut self, moment: &Expr) -> Length {
        let value = self.value(moment);
        let value = self.keep_as(value, "since");
        let now = self.now(&moment.ty);
        let is_past = self.is_past(&value, &moment.ty);
        let since = match moment.ty {
            Type::Date => self.days_between(now, value),
            _ => Sql::binary(self.dialect.micros(now), "-", self.dialect.micros(value)),
        };
        let since = match is_past {
            Some(is_past) => Sql::when(is_past, since),
            None => since,
        };
        if moment.ty == Type::Date { Length::days(since) } else { Length::micros(since) }
    }

    /// `later - earlier` of moments.
    fn difference(&mut self, later: (Sql, &Type), earlier: &Expr) -> Length {
        let before = self.value(earlier);
        if *later.1 == Type::Date && earlier.ty == Type::Date {
            return Length::days(self.days_between(later.0, before));
        }
        let mut micros = |sql: Sql, ty: &Type| {
            let instant = if *ty == Type::Date { self.start_of_day(sql) } else { sql };
            self.dialect.micros(instant)
        };
        let (later, earlier) = (micros(later.0, later.1), micros(before, &earlier.ty));
        Length::micros(Sql::binary(later, "-", earlier))
    }

    fn length_call(&mut self, function: Function, arguments: &[Expr], span: Span) -> Length {
        let mut lengths: Vec<Length> = arguments.iter().map(|it| self.length(it).each(|it| it)).collect();
        lengths = lengths.into_iter().map(|it| self.keep_parts(it)).collect();
        let exact: Vec<Sql> = lengths.iter().map(|it| self.exact(it.clone())).collect();
        let exact: Vec<Sql> = exact.into_iter().map(|it| self.keep(it)).collect();
        match (function, lengths.as_slice(), exact.as_slice()) {
            (Function::Min | Function::Max, [first, ..], [of_first, ..]) => {
                let (op, not) = if function == Function::Min { ("<", ">=") } else { (">", "<=") };
                let mut best = (first.clone(), of_first.clone());
                for (length, of_length) in lengths.iter().zip(&exact).skip(1) {
                    let wins = self.keep(Sql::binary(of_length.clone(), op, best.1.clone()));
                    let stays = self.keep(Sql::binary(of_length.clone(), not, best.1.clone()));
                    let choose =
                        |a: &Sql, b: &Sql| Sql::Case(vec![(wins.clone(), a.clone()), (stays.clone(), b.clone())], None);
                    let chosen = Length {
                        months: choose(&length.months, &best.0.months),
                        days: choose(&length.days, &best.0.days),
                        micros: choose(&length.micros, &best.0.micros),
                    };
                    let chosen = self.keep_parts(chosen);
                    let exact = choose(of_length, &best.1);
                    best = (chosen, self.keep(exact));
                }
                best.0
            }
            (Function::Abs, [length], [exact]) if length.is_exact() => {
                let below = Sql::binary(exact.clone(), "<", Sql::int(0));
                let negative = length.clone().each(|part| self.plus(Arithmetic::Subtract, Sql::int(0), part));
                self.either(below, negative, length.clone())
            }
            _ => {
                self.cannot(span, "this function of durations is not written", ELSEWHERE);
                Length::missing()
            }
        }
    }
}

/// Whether it chooses among numbers of 32 bits that are written out.
fn is_small(sql: &Sql) -> bool {
    let fits = |it: &Sql| match it {
        Sql::Literal(Literal::Int(int)) => i32::try_from(*int).is_ok(),
        it => *it == Sql::NULL,
    };
    match sql {
        Sql::Case(arms, otherwise) => arms.iter().map(|(_, then)| then).chain(otherwise.as_deref()).all(fits),
        _ => false,
    }
}

fn length_of(held: Held) -> Length {
    match held {
        Held::Length(length) => length,
        Held::One(_) => Length::missing(),
    }
}

/// `last_order - first_order`: no two moments are further apart than 64 bits of microseconds, by far.
fn is_between_moments(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Sum { first, rest } => {
            first.ty == Type::Timestamp
                && matches!(rest.as_slice(), [(SumOp::Subtract, it, _)] if it.ty == Type::Timestamp)
        }
        _ => false,
    }
}
