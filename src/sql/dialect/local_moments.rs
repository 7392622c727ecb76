//! Moments of the warehouse that have no zone: an engine reads them in the session's, which is right only where that is the rulebook's.

use crate::{
    sql::{
        Engine,
        ast::{From, Item, Join, Select, Sql, Word},
        dialect::joined,
    },
    value::{Type, Zone},
};

/// The names of UTC that a session may have beside the rulebook's own.
const UTC: [&str; 6] = ["UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z", "Zulu"];

/// How an engine tells them.
#[derive(Clone, Copy)]
pub(crate) struct LocalMoments {
    /// Whether a column, of moments or of lists of them, has another type than that of instants.
    is_other: fn(&Sql, &Type) -> Sql,
    /// Whether a column of days, or of lists of them, has instants, whose days are the session's.
    is_instants: fn(&Sql, &Type) -> Sql,
    /// The type of instants, that of days, and that of lists of them.
    instant: &'static str,
    day: &'static str,
    days: &'static str,
    /// That of conditions.
    condition: &'static str,
    /// What gives the session's zone, and sets it.
    session: &'static str,
    set: &'static str,
    /// Ends the query with texts, one behind the other, in the place of a value of a type.
    end: fn(Vec<Sql>, &'static str) -> Sql,
    /// Whether the planner knows the types of columns, and so has nothing left to ask of rows.
    is_planned: bool,
}

const DUCKDB: LocalMoments = LocalMoments {
    is_other: |column, _| Sql::binary(Sql::call("typeof", [column.clone()]), "NOT LIKE", Sql::text("%WITH TIME ZONE%")),
    is_instants: |column, _| Sql::binary(Sql::call("typeof", [column.clone()]), "LIKE", Sql::text("%WITH TIME ZONE%")),
    instant: "TIMESTAMPTZ",
    day: "DATE",
    days: "DATE[]",
    condition: "BOOLEAN",
    session: "current_setting('TimeZone')",
    set: "SET TimeZone =",
    end: |texts, ty| Sql::cast(Sql::call("error", [joined(texts)]), ty),
    is_planned: true,
};
const POSTGRES: LocalMoments = LocalMoments {
    is_other: |column, ty| {
        let ty = if is_list(ty) { "timestamptz[]" } else { "timestamptz" };
        Sql::binary(Sql::call("pg_typeof", [column.clone()]), "<>", Sql::cast(Sql::text(ty), "regtype"))
    },
    is_instants: |column, ty| {
        let ty = if *ty == Type::Date { "timestamptz" } else { "timestamptz[]" };
        Sql::binary(Sql::call("pg_typeof", [column.clone()]), "=", Sql::cast(Sql::text(ty), "regtype"))
    },
    instant: "timestamptz",
    day: "date",
    days: "date[]",
    condition: "boolean",
    session: "current_setting('TimeZone')",
    set: "SET TimeZone =",
    end: |texts, ty| Sql::cast(joined(texts), ty),
    is_planned: false,
};
const SPARK: LocalMoments = LocalMoments {
    is_other: |column, ty| {
        let ty = if is_list(ty) { "array<timestamp>" } else { "timestamp" };
        Sql::binary(Sql::call("typeof", [column.clone()]), "<>", Sql::text(ty))
    },
    is_instants: |column, ty| {
        let ty = if *ty == Type::Date { "timestamp" } else { "array<timestamp>" };
        Sql::binary(Sql::call("typeof", [column.clone()]), "=", Sql::text(ty))
    },
    instant: "TIMESTAMP",
    day: "DATE",
    days: "ARRAY<DATE>",
    condition: "BOOLEAN",
    session: "current_timezone()",
    set: "SET TIME ZONE",
    end: |texts, ty| Sql::cast(Sql::call("raise_error", [Sql::call("concat", texts)]), ty),
    is_planned: true,
};

/// A column in which a moment without a zone would be of the session's, or a day of an instant.
pub(crate) struct OfMoments {
    /// As the rules call it.
    pub(crate) name: String,
    pub(crate) column: Sql,
    pub(crate) ty: Type,
    /// Whether it is a number, of which nobody asks, where it may be one.
    pub(crate) is_number: Option<Sql>,
}

/// Whether a column has moments, or lists of them.
pub(crate) fn has_moments(ty: &Type) -> bool {
    matches!(ty, Type::Timestamp) || is_list(ty)
}

/// Whether what a column has may be read by the session's clock. A day that is no key would lose its time of day, of which is asked.
pub(crate) fn goes_by_clock(ty: &Type, is_key: bool) -> bool {
    has_moments(ty) || is_days(ty) && (is_key || *ty != Type::Date)
}

fn is_list(ty: &Type) -> bool {
    matches!(ty, Type::List(element) if **element == Type::Timestamp)
}

fn is_days(ty: &Type) -> bool {
    *ty == Type::Date || matches!(ty, Type::List(element) if **element == Type::Date)
}

impl LocalMoments {
    /// None where the session changes nothing.
    pub(crate) fn of(engine: Engine) -> Option<LocalMoments> {
        match engine {
            Engine::DuckDb => Some(DUCKDB),
            Engine::Postgres => Some(POSTGRES),
            Engine::Spark => Some(SPARK),
            Engine::ClickHouse => None,
        }
    }

    /// Whether the planner knows the types of columns, and so has nothing left to ask of rows.
    pub(crate) fn is_planned(&self) -> bool {
        self.is_planned
    }

    /// What is true of the rows of a table where this is; where a column has a type without a zone, and the session is of another zone than
    /// the rulebook's, it ends the query whatever the rows are.
    pub(crate) fn guarded(&self, rows: Sql, (table, from): (&str, From), columns: &[OfMoments], zone: &Zone) -> Sql {
        let of = |wanted: &'static str| {
            let columns: Vec<&OfMoments> = columns.iter().filter(|it| self.wanted(&it.ty) == wanted).collect();
            (!columns.is_empty()).then(|| self.told(table, &columns, zone, self.condition))
        };
        let arms = [self.instant, self.day, self.days].into_iter().filter_map(of).collect();
        if self.is_planned {
            return Sql::Case(arms, Some(Box::new(rows)));
        }
        // Asked once, of no row: else it would be asked of each, and no index would be used for what is true of the rows.
        let mut once = Select::from(From::Nothing);
        once.items = vec![Item::plain(Sql::Case(arms, Some(Box::new(Sql::bool(true)))))];
        once.joins = vec![Join { kind: TYPES_OF, from, on: Some(Sql::bool(false)) }];
        Sql::all([rows, Sql::Select(Box::new(once))])
    }

    /// A key in place of which the query ends likewise. Rows whose key nobody has may be left out before anything is asked of them; what a
    /// key is computed of is not.
    pub(crate) fn key(&self, value: Sql, table: &str, column: &OfMoments, zone: &Zone) -> Sql {
        Sql::Case(vec![self.told(table, &[column], zone, self.wanted(&column.ty))], Some(Box::new(value)))
    }

    /// The type that a column of one is of, where its zone is nobody's business.
    fn wanted(&self, ty: &Type) -> &'static str {
        match ty {
            Type::Date => self.day,
            ty if is_days(ty) => self.days,
            _ => self.instant,
        }
    }

    /// Whether the session is of another zone and one of these columns, of which one type is wanted, has another; and what ends the query then.
    fn told(&self, table: &str, columns: &[&OfMoments], zone: &Zone, result: &'static str) -> (Sql, Sql) {
        let ty = columns.first().map_or(self.instant, |it| self.wanted(&it.ty));
        let session = || Sql::words([Word::Text(self.session)]);
        let is_other = Sql::any(columns.iter().map(|it| match is_days(&it.ty) {
            true => (self.is_instants)(&it.column, &it.ty),
            false => {
                let is_moment = it.is_number.clone().map(Sql::negated);
                Sql::all(is_moment.into_iter().chain([(self.is_other)(&it.column, &it.ty)]))
            }
        }));
        let others = UTC.iter().filter(|it| zone.is_utc() && **it != zone.name());
        let names = std::iter::once(zone.name()).chain(others.copied()).map(Sql::text).collect();
        let is_elsewhere = Sql::all([session().one_of(names).negated(), is_other]);
        let (names, zone): (Vec<&str>, &str) = (columns.iter().map(|it| it.name.as_str()).collect(), zone.name());
        let is_no = format!("table {table}: {} is no {ty}", names.join(" or "));
        let end = (self.end)(
            vec![
                Sql::text(format!("{is_no}, and the session's zone is ")),
                session(),
                Sql::text(format!(", not {zone} ({} '{zone}' before it)", self.set)),
            ],
            result,
        );
        (is_elsewhere, end)
    }
}

/// One row without values, of columns that have their types.
const TYPES_OF: &str = "FROM (SELECT 1) AS no_row LEFT JOIN";

/// A column of ClickHouse, which has no zone of the session for texts and days: as instants of the rulebook's.
pub(crate) fn in_zone(column: Sql, ty: &Type, zone: &Zone) -> Sql {
    let instant = format!("DateTime64(6, '{}')", zone.name());
    Sql::cast(column, if is_list(ty) { format!("Array({instant})") } else { format!("Nullable({instant})") })
}
