//! What has happened. Of a user's rows only those are asked that have, so nobody asks them whether they have, nor what is one of their moments:
//! when the last order was.

use crate::{
    ir::AggregateFunction,
    schema::{ColumnId, Role},
    sql::{
        ast::{Literal, Sql},
        lower::{Held, Lowering, Rows, clause::Clause},
    },
    value::{Moment, Type, time::Bound},
};

impl Lowering<'_> {
    /// The rows that are asked, and their `at`.
    fn rows_in_time(&self) -> Option<(&Rows, ColumnId)> {
        let rows = self.rows.as_ref()?;
        match self.rulebook.schema.table(rows.table).role {
            Role::Children { at: Some(at), .. } => Some((rows, at)),
            _ => None,
        }
    }

    /// The type of the `at` of the rows that are asked.
    pub(crate) fn moment_type(&self) -> Type {
        self.rows_in_time()
            .map_or(Type::Timestamp, |(rows, at)| self.rulebook.schema.table(rows.table).column(at).ty.clone())
    }

    /// Whether it is the `at` of the rows that are asked, or that of one of their rows: it is no later than now, or missing.
    pub(crate) fn has_happened(&self, moment: &Sql) -> bool {
        let own = self.rows_in_time().and_then(|(rows, at)| rows.columns.get(&at));
        match moment {
            Sql::Column(_, name) if self.happened.contains(name) => true,
            moment => matches!(own, Some(Held::One(own)) if own == moment),
        }
    }

    /// That it is no later than now; nothing of what has happened.
    pub(crate) fn is_past(&mut self, moment: &Sql, ty: &Type) -> Option<Sql> {
        let now = self.now(ty);
        (!self.has_happened(moment)).then(|| Sql::binary(moment.clone(), "<=", now))
    }

    /// Whether an answer is a moment that has happened: one of those that are asked about.
    pub(crate) fn picks_what_happened(&self, function: &AggregateFunction, clause: &Clause) -> bool {
        use AggregateFunction::{First, Greatest, Last, Least, Most};
        let moment = clause.element.as_ref().and_then(|it| it.parts.first());
        matches!(function, First | Last | Least | Greatest | Most) && moment.is_some_and(|it| self.has_happened(it))
    }

    /// Whether the end of a window leaves out nothing that has happened.
    pub(crate) fn is_endless(&self, end: &Bound) -> bool {
        let ty = match end.at {
            Moment::Date(_) => Type::Date,
            Moment::Timestamp(_) => Type::Timestamp,
        };
        let (at, now) = match (end.at, self.latest_now(&ty)) {
            (Moment::Date(at), Sql::Literal(Literal::Date(now))) => (i64::from(at), i64::from(now)),
            (Moment::Timestamp(at), Sql::Literal(Literal::Timestamp(now))) => (at, now),
            _ => return false,
        };
        if end.included { at >= now } else { at > now }
    }
}
