//! Results that another engine computed, before anything is decided of them: every name in them is one of the rules, and they are of the day
//! that is decided about, where they say of which.

use std::collections::{BTreeMap, BTreeSet};

use tagwell::{
    data::{self, Input},
    diagnostic::nearest,
    intern::Symbol,
    ir::{Body, Rulebook},
    schema::{Column, ColumnFacts, ColumnId, Source, Table},
    value::{
        Type, Value, Zone,
        moment_text::{MomentFormat, date_text},
    },
};

use super::{book, exit::Failure};

/// The column of a table of days, `--incremental`.
const DAY: &str = "as_of";

/// By column of the results: what it holds, and the names that may stand there.
pub(crate) struct Names(BTreeMap<String, (&'static str, BTreeSet<String>)>);

impl Names {
    /// Those of a rulebook, whose results they are.
    pub(crate) fn of(rulebook: &Rulebook) -> Names {
        let mut all: BTreeMap<String, (&'static str, BTreeSet<String>)> = BTreeMap::new();
        for definition in &rulebook.definitions {
            let name = definition.name.to_string();
            let column = match (&definition.body, &definition.ty) {
                (Body::Tag(_), _) => "tags".to_owned(),
                (Body::Segment(_), _) => "segments".to_owned(),
                (Body::Level(_) | Body::Layer(_) | Body::Funnel(..), Type::Choice(choices)) => {
                    let values = rulebook.choices(*choices).values.iter().map(|it| it.name.to_string());
                    all.insert(name, (definition.body.word(), values.collect()));
                    continue;
                }
                _ => continue,
            };
            let (_, names) = all.entry(column).or_insert_with(|| (definition.body.word(), BTreeSet::new()));
            names.insert(name);
        }
        Names(all)
    }

    /// Looks through the results, which are decided about on a day; rows that cannot be read are told where they are read again.
    pub(crate) fn meet(
        &self,
        results: &Rulebook,
        found: &[ColumnFacts],
        file: &Input,
        zone: &Zone,
        today: &Value,
    ) -> Result<(), Failure> {
        let mut table = results.schema.root().clone();
        let known = |name: &str| self.0.get(name);
        let columns: Vec<(ColumnId, &(&'static str, BTreeSet<String>))> = (table.columns.iter().zip(0..))
            .filter(|(column, _)| matches!(&column.ty, Type::Text | Type::List(_)))
            .filter_map(|(column, at)| Some((ColumnId(at), known(column.name.as_str())?)))
            .collect();
        let mut needed: Vec<ColumnId> = columns.iter().map(|(id, _)| *id).collect();
        let day = day_of(&mut table, found);
        needed.extend(day);
        if needed.is_empty() || file.is_read_once() {
            return Ok(());
        }
        for row in data::rows(file, &table, &needed, zone).map_err(book::failure)? {
            let Ok(row) = row.map_err(book::failure)? else { continue };
            let of = |id: ColumnId| row.values.get(id.0 as usize);
            if let Some(day @ Value::Date(_)) = day.and_then(of)
                && day != today
            {
                return Err(another_day(day, today, file, row.line));
            }
            for (id, (what, names)) in &columns {
                let values = match of(*id) {
                    Some(Value::List(elements)) => elements,
                    Some(one) => std::slice::from_ref(one),
                    None => &[],
                };
                let unknown = values.iter().find_map(|it| match it {
                    Value::Text(text) if !names.contains(&**text) => Some(text),
                    _ => None,
                });
                if let Some(text) = unknown {
                    return Err(self.unknown(text, what, names, &table.column(*id).header, file, row.line));
                }
            }
        }
        Ok(())
    }

    fn unknown(
        &self,
        text: &str,
        what: &str,
        names: &BTreeSet<String>,
        column: &str,
        file: &Input,
        line: u64,
    ) -> Failure {
        let what = if matches!(what, "tag" | "segment") { what.to_owned() } else { format!("value of `{column}`") };
        let failure =
            Failure::new(format!("{}:{line}: `{text}` in `{column}` is no {what} of these rules", file.name()));
        if text.starts_with(['{', '[']) {
            return failure.help(
                "a list in CSV is its names with `;` between them: `win_back;welcome`; or write JSON Lines or Parquet",
            );
        }
        match nearest(text, names.iter().map(String::as_str)) {
            Some(near) => failure.help(format!("there is `{near}`: compute the results by the rules as they are now")),
            None => failure.help("compute the results by the rules as they are now"),
        }
    }
}

/// The column with the day that results are of, read beside the others; none where they do not say, or the rules have one of that name.
fn day_of(table: &mut Table, found: &[ColumnFacts]) -> Option<ColumnId> {
    let is_day = found.iter().any(|it| it.header == DAY && it.ty == Some(Type::Date));
    if !is_day || table.columns.iter().any(|it| it.header == DAY) {
        return None;
    }
    let (name, header) = (Symbol::new(DAY), DAY.to_owned());
    let (ty, format, source) = (Type::Date, MomentFormat::Iso, Source::Data);
    table.columns.push(Column { name, header, ty, optional: true, format, source, span: None });
    Some(ColumnId(table.columns.len() as u32 - 1))
}

fn another_day(day: &Value, today: &Value, file: &Input, line: u64) -> Failure {
    let text = |it: &Value| if let Value::Date(day) = it { date_text(*day) } else { String::new() };
    let (day, today) = (text(day), text(today));
    let failure = Failure::new(format!("{}:{line}: results of {day}, and it is decided about {today}", file.name()));
    failure.help(format!("of a table of days take the one, `WHERE as_of = '{today}'`, or decide with `--as-of {day}`"))
}
