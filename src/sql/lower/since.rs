//! Since when rows of a table are asked about. Where every question about them has a window, older rows change no answer, and are not
//! read at all: an engine leaves out partitions that lie before.

use crate::{
    sql::{
        AsOf,
        ast::{Literal, Sql},
        lower::{Lowering, clock::NOW},
    },
    value::{Duration, Type},
};

impl Lowering<'_> {
    /// The moment before which no row meets a condition; none where that is not a constant of the query, nor computed of its as-of.
    pub(crate) fn since(&self, condition: &Sql, at: &Sql) -> Option<Sql> {
        let bound = match condition {
            Sql::All(parts) => {
                return parts.iter().filter_map(|it| self.since(it, at)).reduce(|one, other| {
                    let is_later = self.is_no_later(&one, &other);
                    if is_later { other } else { one }
                });
            }
            Sql::Binary("=" | ">=" | ">", of) if of.0 == *at => &of.1,
            Sql::Between(of) if of.0 == *at => &of.1,
            _ => return None,
        };
        let is_fixed = match (bound, self.moment_type()) {
            (Sql::Literal(Literal::Timestamp(_)), Type::Timestamp) | (Sql::Literal(Literal::Date(_)), Type::Date) => {
                true
            }
            (Sql::Column(None, name), _) => {
                self.moments.as_ref().is_some_and(|moments| name == NOW || moments.has(name))
            }
            _ => false,
        };
        is_fixed.then(|| bound.clone())
    }

    /// The earliest of some moments: of those that are known to come later than another, none is left.
    pub(crate) fn earliest(&self, moments: Vec<Sql>) -> Option<Sql> {
        let mut left: Vec<Sql> = vec![];
        for moment in moments {
            if left.iter().any(|it| self.is_no_later(it, &moment)) {
                continue;
            }
            left.retain(|it| !self.is_no_later(&moment, it));
            left.push(moment);
        }
        match left.len() {
            0 | 1 => left.pop(),
            _ => Some(Sql::call("least", left.into_iter().map(|it| self.told_by_clock(it)))),
        }
    }

    /// Rows of a stretch of time. DuckDB leaves none out as it reads them where the stretch begins at a moment that another step computes: it
    /// does where the parameter itself says about when.
    pub(crate) fn within(&self, (at, ty): (Sql, &Type), since: Sql, now: Sql) -> Sql {
        let moments = match &since {
            Sql::Call("least", all) => all.as_slice(),
            one => std::slice::from_ref(one),
        };
        // None where one of them is a moment that is written: it may lie however far back.
        let days = moments.iter().map(|moment| match moment {
            Sql::Column(_, name) => self.days_back.get(name).copied(),
            _ => None,
        });
        let days = days.collect::<Option<Vec<i64>>>().and_then(|days| days.into_iter().max());
        let is_given = self.target.as_of == AsOf::Parameter && *ty == Type::Timestamp;
        let about = days.filter(|_| is_given).and_then(|days| self.dialect.about(self.given(), days));
        Sql::all(about.map(|about| Sql::binary(at.clone(), ">=", about)).into_iter().chain([at.between(since, now)]))
    }

    /// Whether one moment is known to come no later than the other.
    pub(crate) fn is_no_later(&self, one: &Sql, other: &Sql) -> bool {
        match (one, other) {
            (Sql::Literal(Literal::Timestamp(one)), Sql::Literal(Literal::Timestamp(other))) => one <= other,
            (Sql::Literal(Literal::Date(one)), Sql::Literal(Literal::Date(other))) => one <= other,
            (Sql::Column(None, name), Sql::Column(None, than)) => {
                // Months, then days, move the day; time of day stays, and exact time moves the instant: each of them keeps order.
                let is_longer = |one: &Duration, other: &Duration| {
                    one.months >= other.months && one.days >= other.days && one.micros >= other.micros
                };
                let lengths = self.ago.get(name).zip(self.ago.get(than));
                name == than || lengths.is_some_and(|(one, other)| is_longer(one, other))
            }
            _ => false,
        }
    }
}
