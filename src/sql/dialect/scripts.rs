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

/// Columns by their names, as many on a line as it holds.
pub(super) fn listed(columns: &[String]) -> String {
    let mut lines: Vec<String> = vec![];
    for (at, column) in columns.iter().enumerate() {
        let column = format!("{column}{}", if at + 1 < columns.len() { "," } else { "" });
        match lines.last_mut() {
            Some(line) if line.chars().count() + column.chars().count() < WIDTH => *line += &format!(" {column}"),
            _ => lines.push(format!("  {column}")),
        }
    }
    lines.join("\n")
}

/// `INSERT INTO table (…) SELECT … FROM results_of_today`: by name, so that rules in another order are the same.
pub(super) fn inserted(insert: &str, table: &str, columns: &str) -> String {
    format!("{insert} {table} (\n{columns}\n)\nSELECT\n{columns}\nFROM results_of_today;\n\n")
}

/// The results of a day take the place of those that the table has of that day, in one transaction; `index` is a statement more.
pub(super) fn kept(table: &str, query: &str, columns: &[String], day: &str, index: &str) -> String {
    let insert = inserted("INSERT INTO", table, &listed(columns));
    format!(
        "BEGIN;\n\nCREATE TEMPORARY TABLE results_of_today AS\n{query};\n\n\
         CREATE TABLE IF NOT EXISTS {table} AS\nSELECT * FROM results_of_today WHERE FALSE;\n\n{index}\
         -- Once more for the same day changes nothing.\n\
         DELETE FROM {table} WHERE as_of = {day};\n\n\
         {insert}DROP TABLE results_of_today;\n\nCOMMIT;\n"
    )
}

/// Where a line is broken.
const WIDTH: usize = 100;
