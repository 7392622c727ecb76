//! Rows that an answer asks about and that are not seen: those that have not happened yet, and those of a table that the record
//! says nothing of.

use crate::{
    eval::{Context, rows},
    ir::{DefinitionId, Rulebook},
    testing::Person,
    value::moment_text::timestamp_text,
};

/// A line for each table that some definitions read of a user.
pub(super) fn told(rulebook: &Rulebook, asked: &[DefinitionId], person: &Person, context: &Context) -> Vec<String> {
    let given = person.definitions.keys().copied().collect();
    let reads = rulebook.reads_but(asked.iter().copied(), &given);
    let now = timestamp_text(context.clock.now(), context.clock.zone());
    let mut lines = vec![];
    for id in reads.children.keys() {
        let table = rulebook.schema.table(*id);
        let name = &table.name;
        let Some(given) = person.children.get(id) else {
            lines.push(format!("no `{name}` are given, so there are none: `{name}: [{{ … }}]`"));
            continue;
        };
        let is_future =
            |(at, row): (usize, &Vec<_>)| rows::is_future(table, rows::when(table, row, at as u64), &context.clock);
        let later = given.iter().enumerate().filter(|it| is_future(*it)).count();
        match later {
            0 => {}
            1 => lines.push(format!("1 row of `{name}` lies after {now}: it has not happened yet, and is not counted")),
            _ => lines.push(format!(
                "{later} rows of `{name}` lie after {now}: they have not happened yet, and are not counted"
            )),
        }
    }
    lines
}
