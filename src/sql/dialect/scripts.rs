//! Statements around a query.

/// `a.b.c`
pub(super) fn dotted(parts: Vec<String>) -> String {
    parts.join(".")
}

/// `shop.tagged_tagwell_users_rows`: a table of a script's own, which is nobody else's.
pub(crate) fn beside(table: &[String], what: &str) -> Vec<String> {
    let mut place = table.to_vec();
    place.last_mut().into_iter().for_each(|it| *it += &format!("_tagwell_{what}"));
    place
}

/// `CREATE TABLE`, where the engine has no `CREATE OR REPLACE TABLE`.
pub(super) fn created_anew(what: &str, name: &str, query: &str) -> String {
    match what {
        "VIEW" => format!("CREATE OR REPLACE VIEW {name} AS\n{query};\n"),
        _ => format!("DROP TABLE IF EXISTS {name};\n\nCREATE TABLE {name} AS\n{query};\n"),
    }
}

/// The same without transactions: a table is made beside the one that was there, and takes its place.
pub(super) fn created_beside(what: &str, name: &[String], new: &[String], query: &str) -> String {
    let table = dotted(name.to_vec());
    if what == "VIEW" {
        return created_anew(what, &table, query);
    }
    // A table stays in its catalog, which is not said again.
    let to = dotted(name.get(name.len().saturating_sub(2)..).unwrap_or_default().to_vec());
    let made = created_anew(what, &dotted(new.to_vec()), query);
    format!("{made}\nDROP TABLE IF EXISTS {table};\n\nALTER TABLE {} RENAME TO {to};\n", dotted(new.to_vec()))
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

/// What is said where the table has a column of another type than its results have by now.
pub(super) fn of_another_type(table: &str) -> String {
    format!(
        "{table} has a column of another type than the rules give it now, and would lose a part of it: alter its type"
    )
}

/// `results_of_today EXCEPT` those that the table has of the day: what would be read again as something else.
pub(super) fn changed(table: &str, columns: &str, day: &str) -> String {
    let select = format!("  SELECT\n  {}\n  FROM", columns.replace('\n', "\n  "));
    format!("(\n{select} results_of_today\n  EXCEPT\n{select} {table}\n  WHERE as_of = {day}\n)")
}

/// The results of a day take the place of those that the table has of that day, in one transaction; `index` is a statement more, and
/// `fails` ends the script. An engine may go on with the transaction after a statement that it does not understand (`goes_on`), and whoever
/// gives it the script may go on with the next statement: so rows go only where there are results.
pub(super) fn kept(
    table: &str,
    query: &str,
    columns: &[String],
    day: &str,
    (index, fails, goes_on): (&str, &str, bool),
) -> String {
    let columns = listed(columns);
    let insert = inserted("INSERT INTO", table, &columns);
    let (why, results) = match goes_on {
        true => (
            "; where the statement above failed, so does this, and no row goes",
            "\n  AND (SELECT count(*) FROM results_of_today) >= 0",
        ),
        false => ("", ""),
    };
    format!(
        "BEGIN;\n\nCREATE TEMPORARY TABLE results_of_today AS\n{query};\n\n\
         CREATE TABLE IF NOT EXISTS {table} AS\nSELECT * FROM results_of_today WHERE FALSE;\n\n{index}\
         -- Once more for the same day changes nothing{why}.\n\
         DELETE FROM {table} WHERE as_of = {day}{results};\n\n\
         {insert}\
         -- A column of the type that rules of another day gave it may not hold what it is given: read again it would be something else.\n\
         CREATE TEMPORARY TABLE results_as_kept AS\nSELECT * FROM results_of_today WHERE FALSE;\n\n\
         INSERT INTO results_as_kept (\n{columns}\n)\nSELECT\n{columns}\nFROM {table} WHERE as_of = {day};\n\n\
         SELECT\n  CASE\n    WHEN EXISTS (SELECT * FROM results_of_today EXCEPT SELECT * FROM results_as_kept)\n      \
         THEN {fails}\n  END AS is_another;\n\n\
         DROP TABLE results_as_kept;\n\nDROP TABLE results_of_today;\n\nCOMMIT;\n"
    )
}

/// Where a line is broken.
const WIDTH: usize = 100;
