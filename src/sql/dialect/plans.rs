//! What Spark makes of many steps: it writes each out again for every step that reads it, before it plans the query.

use crate::sql::ast::Query;

/// Steps that build on each other are resolved one after the other, in at most a hundred rounds.
const ROUNDS: usize = 40;

/// What is to be done before a query of many steps, and of steps that are read again and again.
pub(super) fn advice(query: &Query, is_script: bool) -> Vec<String> {
    let mut said = vec![];
    if query.steps.len() > ROUNDS {
        let what = if is_script { "script" } else { "query" };
        said.push(format!(
            "the {what} has many steps, and may need SET spark.sql.analyzer.maxIterations = 1000; before it"
        ));
    }
    if let Some((name, times)) = query.most_often().filter(|_| !is_script) {
        said.push(format!(
            "Spark works a step out again for each that reads it, and plans `{name}` {times} times over; a script (`--create-table`) keeps it"
        ));
    }
    if is_script || query.most_often().is_none() {
        let again = query.read_again(is_script);
        let tables: Vec<String> = again.iter().map(|it| format!("`{it}`")).collect();
        let cached: Vec<String> = again.iter().map(|it| format!("CACHE TABLE {it};")).collect();
        if !again.is_empty() {
            let (tables, cached) = (tables.join(", "), cached.join(" "));
            said.push(format!("Spark reads {tables} more than twice: {cached} before it, where there is room"));
        }
    }
    said
}
