//! A duration times a fraction that is known, `D * 0.5`, or divided by a whole number, `D / n`. Months must divide; what is left over of days goes on as exact time, and
//! microseconds are rounded half away from zero.

use crate::{
    sql::{
        ast::{Literal, Sql},
        lower::{Length, Lowering},
    },
    value::{Decimal, Duration, Type},
};

/// The greatest numbers that products are safe with in every engine.
const MOST: i128 = 1_000_000_000;

impl Lowering<'_> {
    /// The duration times a number, or divided by it; none where its digits are too many.
    pub(crate) fn fraction(&mut self, length: Length, number: Decimal, divided: bool) -> Option<Length> {
        let power = 10_i128.checked_pow(u32::from(number.scale))?;
        let (above, below) = match divided {
            false => (number.mantissa, power),
            true => (power * number.mantissa.signum(), number.mantissa.abs()),
        };
        let common = common_divisor(above.unsigned_abs(), below.unsigned_abs());
        if common == 0 {
            // By nothing.
            return Some(Length::missing());
        }
        let (above, below) = (above / common, below / common);
        if above.abs() > MOST || below > MOST {
            return None;
        }
        let months = self.times(length.months, above);
        let months = match &months {
            Sql::Literal(Literal::Int(it)) if it % below == 0 => Sql::int(it / below),
            Sql::Literal(_) => return Some(Length::missing()),
            months if below == 1 => months.clone(),
            months => {
                let rest = Sql::binary(months.clone(), "%", Sql::int(below));
                let whole = self.truncated(months.clone(), Sql::int(below));
                Sql::when(Sql::binary(rest, "=", Sql::int(0)), whole)
            }
        };
        let days = self.times(length.days, above);
        let left_over = match &days {
            Sql::Literal(Literal::Int(it)) => Sql::int(it % below * i128::from(Duration::DAY_MICROS)),
            _ if below == 1 => Sql::int(0),
            days => Sql::binary(Sql::binary(days.clone(), "%", Sql::int(below)), "*", Sql::int(Duration::DAY_MICROS)),
        };
        let days = match &days {
            Sql::Literal(Literal::Int(it)) => Sql::int(it / below),
            days => self.truncated(days.clone(), Sql::int(below)),
        };
        let micros = self.times(length.micros, above);
        let micros = match (&micros, &left_over) {
            (Sql::Literal(Literal::Int(a)), Sql::Literal(Literal::Int(b))) => {
                let sum = a + b;
                Sql::int((2 * sum.abs() + below) / (2 * below) * sum.signum())
            }
            (micros, left_over) if left_over.is_zero() => self.rounded(micros.clone(), &Sql::int(below)),
            (micros, left_over) if micros.is_zero() => self.rounded(left_over.clone(), &Sql::int(below)),
            (micros, left_over) => self.rounded(Sql::binary(micros.clone(), "+", left_over.clone()), &Sql::int(below)),
        };
        Some(self.fitting(Length { months, days, micros }))
    }

    /// A part of a duration times a number, in a type that holds it.
    fn times(&mut self, part: Sql, by: i128) -> Sql {
        match part {
            Sql::Literal(Literal::Int(part)) => Sql::int(part * by),
            part => {
                let wide = Sql::cast(part, self.dialect.wide());
                self.keep_as(if by == 1 { wide } else { Sql::binary(wide, "*", Sql::int(by)) }, "times")
            }
        }
    }

    /// The duration divided among so many, which differs; missing where it is none.
    pub(crate) fn divided(&mut self, length: Length, divisor: Sql) -> Length {
        let divisor = self.keep_as(divisor, "divisor");
        let start = self.at;
        let is_count = matches!(&divisor, Sql::Column(_, name) if self.counts.contains(name));
        let size = Sql::cast(divisor.clone(), self.dialect.wide());
        let size = if is_count { size } else { Sql::call("abs", [size]) };
        let size = self.keep_as(Sql::call("nullif", [size, Sql::int(0)]), "divisor");
        let level = std::mem::replace(&mut self.at, start);
        let sign = Sql::if_else(Sql::binary(divisor, "<", Sql::int(0)), Sql::int(-1), Sql::int(1));
        let sign = if is_count { Sql::int(1) } else { self.keep_as(sign, "sign") };
        let times = |this: &mut Self, part: Sql| match part {
            part if part.is_zero() => part,
            part => {
                let wide = Sql::cast(part, this.dialect.wide());
                let times = if is_count { wide } else { Sql::binary(wide, "*", sign.clone()) };
                this.keep_as(times, "times")
            }
        };
        let (months, days) = (times(self, length.months), times(self, length.days));
        let micros = times(self, length.micros);
        self.at = self.at.max(level);
        let rest = |part: &Sql| Sql::binary(part.clone(), "%", size.clone());
        let months = match months.is_zero() {
            true => months,
            false => {
                let whole = self.truncated(months.clone(), size.clone());
                Sql::when(Sql::binary(rest(&months), "=", Sql::int(0)), whole)
            }
        };
        let mut parts = vec![];
        if !days.is_zero() {
            parts.push(Sql::binary(rest(&days), "*", Sql::int(Duration::DAY_MICROS)));
        }
        parts.extend(Some(micros).filter(|it| !it.is_zero()));
        let sum = parts.into_iter().reduce(|a, b| Sql::binary(a, "+", b));
        let micros = match sum {
            Some(sum) => self.rounded(sum, &size),
            None => Sql::when(size.clone().known(), Sql::int(0)),
        };
        let days = if days.is_zero() { days } else { self.truncated(days, size) };
        self.fitting(Length { months, days, micros })
    }

    /// The time between two moments divided by a whole number that is small enough: half away from zero.
    pub(crate) fn divided_plainly(&mut self, micros: Sql, divisor: Sql) -> Length {
        let at = self.at;
        let micros = self.keep_as(micros, "part");
        self.at = at;
        let divisor = self.keep_as(divisor, "divisor");
        self.at = self.at.max(at);
        let size = |of: &Sql| Sql::call("abs", [of.clone()]);
        let half = self.dialect.quotient(size(&divisor), Sql::int(2));
        let below = Sql::call("nullif", [size(&divisor), Sql::int(0)]);
        let int = self.dialect.ty(&Type::Int).unwrap_or_default();
        let quotient = match self.dialect.quotient(Sql::binary(size(&micros), "+", half), below) {
            Sql::Cast(word, of, ty) if ty == int => Sql::Cast(word, of, ty),
            quotient => Sql::cast(quotient, int),
        };
        let is_negative = |of: Sql| Sql::binary(of, "<", Sql::int(0));
        let alike = Sql::binary(is_negative(micros), "=", is_negative(divisor));
        let micros = Sql::if_else(alike, quotient.clone(), Sql::binary(Sql::int(0), "-", quotient));
        Length { months: Sql::int(0), days: Sql::int(0), micros }
    }

    fn truncated(&self, number: Sql, below: Sql) -> Sql {
        let int = self.dialect.ty(&Type::Int).unwrap_or_default();
        if below == Sql::int(1) {
            return Sql::cast(number, int);
        }
        let size = self.dialect.quotient(Sql::call("abs", [number.clone()]), below);
        self.signed(number, Sql::cast(size, int))
    }

    /// Half away from zero; missing beyond 64 bits.
    fn rounded(&mut self, number: Sql, below: &Sql) -> Sql {
        let number = self.keep_as(number, "micros");
        let times = |by: i128| match below {
            Sql::Literal(Literal::Int(below)) => Sql::int(below * by),
            below => Sql::binary(below.clone(), "*", Sql::int(by)),
        };
        let size = Sql::call("abs", [number.clone()]);
        let fits = Sql::binary(size.clone(), "<=", times(i128::from(i64::MAX)));
        let twice = Sql::binary(Sql::binary(size, "*", Sql::int(2)), "+", below.clone());
        let int = self.dialect.ty(&Type::Int).unwrap_or_default();
        let quotient = Sql::cast(self.dialect.quotient(twice, times(2)), int);
        Sql::when(fits, self.signed(number, quotient))
    }

    fn signed(&self, number: Sql, size: Sql) -> Sql {
        let below = Sql::binary(number, "<", Sql::int(0));
        Sql::if_else(below, Sql::binary(Sql::int(0), "-", size.clone()), size)
    }
}

fn common_divisor(mut a: u128, mut b: u128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i128::try_from(a).unwrap_or(0)
}
