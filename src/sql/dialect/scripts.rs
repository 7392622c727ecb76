//! Statements around a query.

/// `a.b.c`
pub(super) fn dotted(parts: Vec<String>) -> String {
    parts.join(".")
}

/// `CREATE TABLE`, where the engine has no `CREATE OR REPLACE TABLE`.
pub(super) fn created_anew(what: &str, name: &str) -> String {
    match what {
        "VIEW" => format!("CREATE OR REPLACE VIEW {name} AS\n"),
        _ => format!("DROP TABLE IF EXISTS {name};\n\nCREATE TABLE {name} AS\n"),
    }
}

/// The results of a day take the place of those that the table has of that day, in one transaction.
pub(super) fn kept(table: &str, query: &str, day: &str) -> String {
    format!(
        "BEGIN;\n\nCREATE TEMPORARY TABLE results_of_today AS\n{query};\n\n\
         CREATE TABLE IF NOT EXISTS {table} AS\nSELECT * FROM results_of_today WHERE FALSE;\n\n\
         -- Once more for the same day changes nothing.\n\
         DELETE FROM {table} WHERE as_of = {day};\n\n\
         INSERT INTO {table}\nSELECT * FROM results_of_today;\n\n\
         DROP TABLE results_of_today;\n\nCOMMIT;\n"
    )
}
