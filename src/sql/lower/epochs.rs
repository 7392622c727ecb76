//! Columns that the data write as numbers, `in epoch ms`: in the warehouse they may be numbers too, or moments.

use crate::{
    schema::Column,
    sql::{
        Engine,
        ast::Sql,
        dialect::local_moments::{has_moments, in_zone},
        lower::Lowering,
    },
    value::{Type, moment_text::MomentFormat},
};

impl Lowering<'_> {
    /// A column of the warehouse, in the type that it is computed in.
    pub(crate) fn read_column(&self, column: Sql, described: &Column) -> Sql {
        match micros(described) {
            None => self.read_plain(column, &described.ty),
            Some(each) => self.number_or_moment(&column, &described.ty, each),
        }
    }

    /// The same, where it is compared with what has that type.
    pub(crate) fn compared_column(&self, column: Sql, described: &Column) -> Sql {
        match micros(described) {
            None if self.is_of_zone(&described.ty) => in_zone(column, &described.ty, self.clock().zone()),
            None => self.dialect.compared(column, &described.ty),
            Some(each) => self.number_or_moment(&column, &described.ty, each),
        }
    }

    /// Whether what the warehouse has without a zone is read in the rulebook's, whatever the session's is.
    fn is_of_zone(&self, ty: &Type) -> bool {
        self.target.engine == Engine::ClickHouse && !self.clock().zone().is_utc() && has_moments(ty)
    }

    fn read_plain(&self, column: Sql, ty: &Type) -> Sql {
        match self.is_of_zone(ty) {
            true if *ty == Type::Timestamp => {
                Sql::call("toTimeZone", [in_zone(column, ty, self.clock().zone()), Sql::text("UTC")])
            }
            true => self.dialect.read(in_zone(column, ty, self.clock().zone()), ty),
            false => self.dialect.read(column, ty),
        }
    }

    fn number_or_moment(&self, column: &Sql, ty: &Type, each: i64) -> Sql {
        let [is_number, number, otherwise] = self.dialect.number_or(column, ty);
        let whole = self.dialect.ty(&Type::Int).unwrap_or_default();
        // Microseconds may stand behind the point.
        let fraction = match each {
            1 => None,
            1_000 => Some(Type::Decimal(3)),
            _ => Some(Type::Decimal(6)),
        };
        let number = match fraction.and_then(|it| self.dialect.ty(&it)) {
            Some(exact) => Sql::binary(Sql::cast(number, exact), "*", Sql::int(each)),
            None => number,
        };
        let number = Sql::cast(number, whole);
        let instant = self.dialect.instant_of_micros(number);
        let moment = match ty {
            Type::Date => self.dialect.date_of(self.dialect.local(instant, self.clock().zone())),
            _ => instant,
        };
        Sql::if_else(is_number, moment, self.read_plain(otherwise, ty))
    }
}

/// Whether the data write it as a number.
pub(super) fn is_number(described: &Column) -> bool {
    micros(described).is_some()
}

/// How many microseconds each is, where the data write numbers.
fn micros(described: &Column) -> Option<i64> {
    match described.format {
        MomentFormat::Iso | MomentFormat::Pattern(_) => None,
        MomentFormat::EpochSeconds => Some(1_000_000),
        MomentFormat::EpochMillis => Some(1_000),
        MomentFormat::EpochMicros => Some(1),
    }
}
