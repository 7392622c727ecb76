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
const UTC: [&str; 5] = ["UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z"];

/// How an engine tells them.
#[derive(Clone, Copy)]
pub(crate) struct LocalMoments {
    /// Whether a column, of moments or of lists of them, has another type than that of instants.
    is_other: fn(&Sql, &Type) -> Sql,
    /// The type of instants.
    instant: &'static str,
    /// What gives the session's zone, and sets it.
    session: &'static str,
    set: &'static str,
    /// Ends the query with texts, one behind the other.
    end: fn(Vec<Sql>) -> Sql,
    /// Whether the planner knows the types of columns, and so has nothing left to ask of rows.
    is_planned: bool,
}

const DUCKDB: LocalMoments = LocalMoments {
    is_other: |column, _| Sql::binary(Sql::call("typeof", [column.clone()]), "NOT LIKE", Sql::text("%WITH TIME ZONE%")),
    instant: "TIMESTAMPTZ",
    session: "current_setting('TimeZone')",
    set: "SET TimeZone =",
    end: |texts| Sql::cast(Sql::call("error", [joined(texts)]), "BOOLEAN"),
    is_planned: true,
};
const POSTGRES: LocalMoments = LocalMoments {
    is_other: |column, ty| {
        let ty = if is_list(ty) { "timestamptz[]" } else { "timestamptz" };
        Sql::binary(Sql::call("pg_typeof", [column.clone()]), "<>", Sql::cast(Sql::text(ty), "regtype"))
    },
    instant: "timestamptz",
    session: "current_setting('TimeZone')",
    set: "SET TimeZone =",
    end: |texts| Sql::cast(joined(texts), "boolean"),
    is_planned: false,
};
const SPARK: LocalMoments = LocalMoments {
    is_other: |column, ty| {
        let ty = if is_list(ty) { "array<timestamp>" } else { "timestamp" };
        Sql::binary(Sql::call("typeof", [column.clone()]), "<>", Sql::text(ty))
    },
    instant: "TIMESTAMP",
    session: "current_timezone()",
    set: "SET TIME ZONE",
    end: |texts| Sql::cast(Sql::call("raise_error", [Sql::call("concat", texts)]), "BOOLEAN"),
    is_planned: true,
};

/// A column in which a moment without a zone would be of the session's.
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

fn is_list(ty: &Type) -> bool {
    matches!(ty, Type::List(element) if **element == Type::Timestamp)
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

    /// What is true of the rows of a table where this is; where a column has a type without a zone, and the session is of another zone than
    /// the rulebook's, it ends the query whatever the rows are.
    pub(crate) fn guarded(&self, rows: Sql, table: (&str, From), columns: &[OfMoments], zone: &Zone) -> Sql {
        let is_other = Sql::any(columns.iter().map(|it| {
            let is_moment = it.is_number.clone().map(Sql::negated);
            Sql::all(is_moment.into_iter().chain([(self.is_other)(&it.column, &it.ty)]))
        }));
        let session = Sql::words([Word::Text(self.session)]);
        let others = UTC.iter().filter(|it| zone.is_utc() && **it != zone.name());
        let names = std::iter::once(zone.name()).chain(others.copied()).map(Sql::text).collect();
        let is_elsewhere = Sql::all([session.clone().one_of(names).negated(), is_other]);
        let names: Vec<&str> = columns.iter().map(|it| it.name.as_str()).collect();
        let (name, zone) = (table.0, zone.name());
        let is_no = format!("table {name}: {} is no {}", names.join(" or "), self.instant);
        let end = (self.end)(vec![
            Sql::text(format!("{is_no}, and the session's zone is ")),
            session,
            Sql::text(format!(", not {zone} ({} '{zone}' before it)", self.set)),
        ]);
        if self.is_planned {
            return Sql::Case(vec![(is_elsewhere, end)], Some(Box::new(rows)));
        }
        // Asked once, of no row: else it would be asked of each, and no index would be used for what is true of the rows.
        let mut once = Select::from(From::Nothing);
        once.items = vec![Item::plain(Sql::if_else(is_elsewhere, end, Sql::bool(true)))];
        once.joins = vec![Join { kind: TYPES_OF, from: table.1, on: Some(Sql::bool(false)) }];
        Sql::all([rows, Sql::Select(Box::new(once))])
    }
}

/// One row without values, of columns that have their types.
const TYPES_OF: &str = "FROM (SELECT 1) AS no_row LEFT JOIN";

/// A column of ClickHouse, which has no zone of the session for texts and days: as instants of the rulebook's.
pub(crate) fn in_zone(column: Sql, ty: &Type, zone: &Zone) -> Sql {
    let instant = format!("DateTime64(6, '{}')", zone.name());
    Sql::cast(column, if is_list(ty) { format!("Array({instant})") } else { format!("Nullable({instant})") })
}
