//! How large a number may become, as far as it can be told from how it is computed: what cannot leave its range is not asked whether it has.

use crate::{
    sql::{
        ast::{Literal, Sql},
        lower::Lowering,
    },
    value::Type,
};

/// No table has so many rows.
pub(crate) const ROWS: f64 = 281_474_976_710_656.0;
/// Whole and decimal numbers have 38 digits.
pub(crate) const DIGITS: f64 = 1e38;
/// Of 64 bits.
pub(crate) const INTS: f64 = 9.3e18;
/// Of the calendar, which has ten thousand years.
const DAYS: f64 = 3_660_000.0;
/// What is smaller stays a float, whatever is rounded.
const FLOATS: f64 = 1e300;

impl Lowering<'_> {
    /// The greatest size that a number may have; infinite where nothing is known.
    pub(crate) fn bound(&self, sql: &Sql) -> f64 {
        if let Some((_, bound)) = self.bounded.iter().find(|(it, _)| it == sql) {
            return *bound;
        }
        let all = |of: &mut dyn Iterator<Item = &Sql>| of.map(|it| self.bound(it)).fold(0.0, f64::max);
        match sql {
            Sql::Literal(Literal::Null) => 0.0,
            Sql::Literal(Literal::Int(int)) => (*int as f64).abs(),
            Sql::Literal(Literal::Float(float)) => float.abs(),
            Sql::Literal(Literal::Decimal(digits)) => digits.parse().map_or(DIGITS, f64::abs),
            Sql::Column(_, name) => self.bounds.get(name).copied().unwrap_or(f64::INFINITY),
            Sql::Minus(of) => self.bound(of),
            Sql::Case(arms, otherwise) => all(&mut arms.iter().map(|(_, then)| then).chain(otherwise.as_deref())),
            Sql::Call("coalesce", of) => all(&mut of.iter()),
            Sql::Call("nullif", of) => of.first().map_or(f64::INFINITY, |it| self.bound(it)),
            // The nearest whole number, and what a division of whole numbers leaves.
            Sql::Call("floor" | "ceil", of) => of.first().map_or(f64::INFINITY, |it| self.bound(it) + 1.0),
            Sql::Call("div" | "intDiv", of) => of.first().map_or(f64::INFINITY, |it| self.bound(it)),
            Sql::Binary("//" | "DIV", of) => self.bound(&of.0),
            Sql::Over(over) if matches!(over.function.name(), "rank" | "count") => ROWS,
            // Of whole and decimal numbers: floats are none's cast to one.
            Sql::Cast("CAST", of, ty) if self.dialect.ty(&Type::Float).as_ref() == Some(ty) => {
                self.bound(of).min(DIGITS)
            }
            Sql::Call("toFloat64", of) => of.first().map_or(DIGITS, |it| self.bound(it).min(DIGITS)),
            Sql::Cast("CAST", of, ty) if self.dialect.ty(&Type::Int).as_ref() == Some(ty) => self.bound(of).min(INTS),
            // Whole numbers with a point, which texts have not.
            Sql::Cast("CAST", of, _) if self.is_whole(of) => self.bound(of),
            Sql::Binary("+" | "-", of) => self.bound(&of.0) + self.bound(&of.1),
            Sql::Binary("*", of) => self.bound(&of.0) * self.bound(&of.1),
            Sql::Binary("/", of) => match &of.1 {
                Sql::Literal(Literal::Float(by)) if *by != 0.0 => self.bound(&of.0) / by.abs(),
                // By a whole number that is not 0.
                Sql::Call("nullif", divisor) if divisor.first().is_some_and(|it| self.is_whole(it)) => {
                    self.bound(&of.0)
                }
                _ => f64::INFINITY,
            },
            Sql::Finite(of) => self.bound(of),
            _ => f64::INFINITY,
        }
    }

    /// Whether it surely is a whole number, of whatever type.
    fn is_whole(&self, sql: &Sql) -> bool {
        match sql {
            Sql::Literal(Literal::Int(_)) => true,
            Sql::Column(_, name) => self.counts.contains(name) || self.wholes.contains(name),
            Sql::Cast("CAST", of, _) => self.is_whole(of),
            Sql::Call("toFloat64", of) => of.iter().all(|it| self.is_whole(it)),
            Sql::Binary("+" | "-" | "*", of) => self.is_whole(&of.0) && self.is_whole(&of.1),
            _ => false,
        }
    }

    /// Days from one date to another, of which the calendar has no more than these.
    pub(crate) fn days_between(&mut self, later: Sql, earlier: Sql) -> Sql {
        let days = self.dialect.days_between(later, earlier);
        self.bounded.push((days.clone(), DAYS));
        days
    }

    /// Of a whole number as a float that is divided by one, the number itself: `floor(age(born) / 1d)`.
    pub(crate) fn whole_of(&self, float: &Sql) -> Option<Sql> {
        let Sql::Binary("/", parts) = float else { return None };
        let (of, Sql::Literal(Literal::Float(1.0))) = &**parts else { return None };
        match of {
            Sql::Cast("CAST", of, ty) if self.dialect.ty(&Type::Float).as_ref() == Some(ty) => self.is_days(of),
            Sql::Call("toFloat64", of) => of.first().and_then(|of| self.is_days(of)),
            _ => None,
        }
    }

    fn is_days(&self, sql: &Sql) -> Option<Sql> {
        let is_one = |it: &Sql| self.bounded.iter().any(|(days, bound)| days == it && *bound == DAYS);
        match sql {
            Sql::Case(arms, None) if arms.iter().all(|(_, then)| is_one(then)) => Some(sql.clone()),
            _ => is_one(sql).then(|| sql.clone()),
        }
    }

    /// Keeps in mind how large a column may be.
    pub(crate) fn keep_bound(&mut self, name: &str, bound: f64) {
        if bound.is_finite() {
            self.bounds.insert(name.to_owned(), bound);
        }
    }

    /// Whether a whole number fits into 64 bits for sure.
    pub(crate) fn is_surely_int(&self, sql: &Sql) -> bool {
        self.bound(sql) < 4e18
    }

    /// What floats come to, where it is surely one; then only the sign of a zero is left to be taken off, which needs nothing where there is
    /// none.
    pub(crate) fn surely_finite(&self, sql: Sql) -> Sql {
        match sql {
            Sql::Finite(of) if self.bound(&of) < FLOATS => match has_plain_zero(&of) {
                true => *of,
                false => Sql::binary(*of, "+", Sql::Literal(Literal::Float(0.0))),
            },
            other => other,
        }
    }
}

/// Whether a float that is zero has no sign: sums have none where their first part has none.
fn has_plain_zero(sql: &Sql) -> bool {
    match sql {
        Sql::Literal(Literal::Float(float)) => !(*float == 0.0 && float.is_sign_negative()),
        Sql::Column(..) | Sql::Cast(..) | Sql::Finite(_) | Sql::Call("toFloat64", _) => true,
        Sql::Binary("+" | "-", of) => has_plain_zero(&of.0),
        // Nothing becomes zero here that was not.
        Sql::Binary("*", of) => match (&of.0, &of.1) {
            (Sql::Literal(Literal::Float(by)), other) | (other, Sql::Literal(Literal::Float(by))) => {
                *by >= 1.0 && has_plain_zero(other)
            }
            _ => false,
        },
        Sql::Case(arms, otherwise) => arms.iter().map(|(_, then)| then).chain(otherwise.as_deref()).all(has_plain_zero),
        _ => false,
    }
}
