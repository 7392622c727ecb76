//! A duration times a fraction that is known: `D * 0.5`, `D / 3`. Months must divide; what is left over of days goes on as exact time, and
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
                let whole = self.truncated(months.clone(), below);
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
            days => self.truncated(days.clone(), below),
        };
        let micros = self.times(length.micros, above);
        let micros = match (&micros, &left_over) {
            (Sql::Literal(Literal::Int(a)), Sql::Literal(Literal::Int(b))) => {
                let sum = a + b;
                Sql::int((2 * sum.abs() + below) / (2 * below) * sum.signum())
            }
            (micros, left_over) if left_over.is_zero() => self.rounded(micros.clone(), below),
            (micros, left_over) if micros.is_zero() => self.rounded(left_over.clone(), below),
            (micros, left_over) => self.rounded(Sql::binary(micros.clone(), "+", left_over.clone()), below),
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

    fn truncated(&self, number: Sql, below: i128) -> Sql {
        let int = self.dialect.ty(&Type::Int).unwrap_or_default();
        if below == 1 {
            return Sql::cast(number, int);
        }
        let size = self.dialect.quotient(Sql::call("abs", [number.clone()]), Sql::int(below));
        self.signed(number, Sql::cast(size, int))
    }

    /// Half away from zero; missing beyond 64 bits.
    fn rounded(&mut self, number: Sql, below: i128) -> Sql {
        let number = self.keep_as(number, "micros");
        let size = Sql::call("abs", [number.clone()]);
        let most = i128::from(i64::MAX) * below;
        let fits = Sql::binary(size.clone(), "<=", Sql::int(most));
        let twice = Sql::binary(Sql::binary(size, "*", Sql::int(2)), "+", Sql::int(below));
        let int = self.dialect.ty(&Type::Int).unwrap_or_default();
        let quotient = Sql::cast(self.dialect.quotient(twice, Sql::int(2 * below)), int);
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
