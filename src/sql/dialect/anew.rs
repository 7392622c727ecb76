//! What stands before a query whose rows are kept, where the engine has no `CREATE OR REPLACE TABLE`.

/// `CREATE TABLE tagged AS`, in place of a table that is there.
pub(super) fn created_anew(what: &str, name: &str) -> String {
    match what {
        "VIEW" => format!("CREATE OR REPLACE VIEW {name} AS\n"),
        _ => format!("DROP TABLE IF EXISTS {name};\n\nCREATE TABLE {name} AS\n"),
    }
}
