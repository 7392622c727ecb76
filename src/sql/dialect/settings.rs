//! What ClickHouse is told beside a query: of the query, so that it means the same on every server, and of a table that is made of it.

/// Said of a step that several read: else each of them works it out anew.
pub(super) const MATERIALIZED: &str = "MATERIALIZED ";

const USUAL: [&str; 4] =
    ["join_use_nulls = 1", "prefer_column_name_to_alias = 1", "precise_float_parsing = 1", "transform_null_in = 0"];

/// The settings of a query.
pub(super) fn of(query: &str) -> Vec<&'static str> {
    // An older server does not know it: where it is not needed, it is not asked for.
    let is_needed = query.contains(&format!(" AS {MATERIALIZED}(\n"));
    is_needed.then_some("enable_materialized_cte = 1").into_iter().chain(USUAL).collect()
}

/// A table whose rows stand in the order of a key, which may be of a type that can be missing.
pub(super) fn sorted(key: &str) -> String {
    format!("ORDER BY {key} SETTINGS allow_nullable_key = 1")
}
