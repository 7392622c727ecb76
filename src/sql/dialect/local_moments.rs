//! Moments of the warehouse that have no zone: an engine reads them in the session's, which is right only where that is the rulebook's.

use crate::{
    sql::{
        Engine,
        ast::{Sql, Word},
    },
    value::Zone,
};

/// The names of UTC that a session may have beside the rulebook's own.
const UTC: [&str; 5] = ["UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z"];

/// How an engine tells them.
pub(crate) struct LocalMoments {
    /// What gives the type of a column, and its types without a zone.
    type_of: &'static str,
    types: &'static [&'static str],
    /// What gives the session's zone, and sets it.
    session: &'static str,
    set: &'static str,
}

const DUCKDB: LocalMoments = LocalMoments {
    type_of: "typeof",
    types: &["'TIMESTAMP'", "'TIMESTAMP_S'", "'TIMESTAMP_MS'", "'TIMESTAMP_NS'", "'DATE'"],
    session: "current_setting('TimeZone')",
    set: "SET TimeZone =",
};
const POSTGRES: LocalMoments = LocalMoments {
    type_of: "pg_typeof",
    types: &["CAST('timestamp' AS regtype)", "CAST('date' AS regtype)"],
    session: "current_setting('TimeZone')",
    set: "SET TimeZone =",
};
const SPARK: LocalMoments = LocalMoments {
    type_of: "typeof",
    types: &["'timestamp_ntz'", "'date'"],
    session: "current_timezone()",
    set: "SET TIME ZONE",
};

impl LocalMoments {
    /// None where every moment is an instant.
    pub(crate) fn of(engine: Engine) -> Option<LocalMoments> {
        match engine {
            Engine::DuckDb => Some(DUCKDB),
            Engine::Postgres => Some(POSTGRES),
            Engine::Spark => Some(SPARK),
            Engine::ClickHouse => None,
        }
    }

    /// Whether a column has such moments, and the session is of another zone.
    pub(crate) fn are_elsewhere(&self, column: Sql, zone: &Zone) -> Sql {
        let written = |text: &'static str| Sql::words([Word::Text(text)]);
        let types = self.types.iter().map(|it| written(it)).collect();
        let others = UTC.iter().filter(|it| zone.is_utc() && **it != zone.name());
        let names = std::iter::once(zone.name()).chain(others.copied()).map(Sql::text).collect();
        let is_local = Sql::call(self.type_of, [column]).one_of(types);
        Sql::all([is_local, written(self.session).one_of(names).negated()])
    }

    /// What is wrong then, and what to do.
    pub(crate) fn told(&self, zone: &Zone) -> String {
        let zone = zone.name();
        format!("has no zone, and the session's is not {zone} ({} '{zone}' before it),", self.set)
    }
}
