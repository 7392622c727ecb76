//! The whole outcome over fixtures, as text: what every user got, then what is the same for everybody.

use std::{collections::BTreeSet, path::Path, sync::Mutex};

use super::line::{self, Has, Line};
use crate::{
    check::Inputs,
    data::{self, BadRow, DataError, Input},
    engine::{Checked, Engine, Everybody, Files, LoadError, Problems, Ran, Rulebook, RunError, RunSink, Users},
    eval::{Answers, reference::SoFar},
    ir::{Body, DefinitionId, Ladder, Reads, Snapshot},
    schema::ColumnId,
    source::Sources,
    testing::decided::View,
    value::{Clock, Type, Value, moment_text::timestamp_text, print},
};

/// Why a snapshot cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A file cannot be read, or does not fit.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A list or a table cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A row is bad, or two arms of an exclusive layer apply.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The rules do not fit the fixtures.
    #[error("{0}")]
    Rules(Problems),
    /// Outside the years 1 to 9999.
    #[error("the as-of is outside the years 1 to 9999")]
    AsOf,
}

/// An outcome that was taken, and what it was taken from, so that it can be asked why.
#[derive(Debug)]
pub struct Taken {
    /// The outcome as text.
    pub contents: String,
    engine: Engine,
    users: Vec<(String, Vec<Value>, Answers)>,
}

/// Evaluates a snapshot's fixtures, which lie in the rulebook's folder.
///
/// # Errors
/// What [`SnapshotError`] says.
pub fn take(
    rulebook: &Rulebook,
    checked: &Checked,
    snapshot: &Snapshot,
    folder: &Path,
) -> Result<Taken, SnapshotError> {
    let mut files = Files { folder: folder.to_owned(), ..Files::default() };
    for (id, file) in &snapshot.tables {
        let table = checked.rulebook().schema.table(*id);
        files.tables.push((table.name.to_string(), files.path(file)));
    }
    let users = Input::parse(&files.path(&snapshot.of))?;
    let root = checked.rulebook().schema.root();
    let checked = match root.declared {
        true => checked.clone(),
        // What no table declares has its type from the data, too.
        false => {
            let mut inputs = Inputs::default();
            inputs.facts.insert(root.name.clone(), data::facts(&users)?);
            rulebook.check(&inputs).map_err(SnapshotError::Rules)?
        }
    };
    let rulebook = checked.rulebook();
    let clock = Clock::at(snapshot.as_of.unwrap_or(0), checked.zone()).ok_or(SnapshotError::AsOf)?;
    let results: Vec<DefinitionId> = (0..rulebook.definitions.len() as u32)
        .map(DefinitionId)
        .filter(|id| !matches!(rulebook.definition(*id).body, Body::Let(_)))
        .collect();
    let metrics = rulebook.metrics().into_iter().map(|it| it.definition);
    let reads = rulebook.reads(results.iter().copied().chain(metrics));
    let engine = checked.engine_with(files.context(rulebook, clock, &reads)?);
    let table = rulebook.schema.root();
    let needed: BTreeSet<ColumnId> = table.key.into_iter().chain(reads.columns.iter().copied()).collect();
    let needed: Vec<ColumnId> = needed.into_iter().collect();
    let everybody = Everybody {
        users: &users,
        table,
        needed: &needed,
        children: files.children(rulebook, Some(users.format), &reads)?,
        reads: &reads,
        check_keys: true,
        verbatim: false,
    };
    let mut sink = Collect { engine: &engine, reads: &reads, users: Mutex::new(vec![]) };
    let ran = engine.run_whole(&everybody, &mut sink)?;
    let users = sink.users.into_inner().unwrap_or_default();
    let contents = contents(&engine, snapshot, &results, &users, &ran);
    Ok(Taken { contents, engine, users })
}

/// Keeps everybody, in input order.
struct Collect<'c> {
    engine: &'c Engine,
    reads: &'c Reads,
    users: Mutex<Vec<(String, Vec<Value>, Answers)>>,
}

impl RunSink for Collect<'_> {
    type Ready = Vec<(String, Vec<Value>, Answers)>;

    fn prepare(&self, users: &Users<'_>) -> Self::Ready {
        let key = self.engine.rulebook().schema.root().key;
        let user = |row: usize| {
            let record = users.record(row);
            let mut answers = users.answers(row);
            for id in &self.reads.aggregates {
                if let Some(slot) = answers.aggregates.get_mut(id.0 as usize) {
                    *slot = users.aggregate(*id, row);
                }
            }
            let key = key.and_then(|key| record.get(key.0 as usize)).unwrap_or(&Value::Missing);
            (print::text(key, self.engine.clock().zone()), record, answers)
        };
        (0..users.rows()).map(user).collect()
    }

    fn take(&self, ready: Self::Ready) -> Result<(), RunError> {
        if let Ok(mut users) = self.users.lock() {
            users.extend(ready);
        }
        Ok(())
    }

    fn bad_row(&self, row: Box<BadRow>) -> Result<(), RunError> {
        Err(RunError::BadRow(row))
    }
}

fn contents(
    engine: &Engine,
    snapshot: &Snapshot,
    results: &[DefinitionId],
    users: &[(String, Vec<Value>, Answers)],
    ran: &Ran,
) -> String {
    let rulebook = engine.rulebook();
    let zone = engine.clock().zone();
    let shown = |value: &Value, ty: &Type| match value {
        Value::Missing => "missing".to_owned(),
        value => print::text(&rulebook.shown(value, ty), zone),
    };
    let mut above = vec![];
    if snapshot.as_of.is_some() {
        above.push(format!("as of {}", timestamp_text(engine.clock().now(), zone)));
    }
    above.push(format!("{} users", users.len()));
    for (id, count) in &ran.children {
        let parts = [
            (count.read, "read"),
            (count.orphans, "of users who are not there"),
            (count.keyless, "of no user"),
            (count.future, "after the as-of"),
        ];
        let parts = parts.into_iter().filter(|(number, what)| *number > 0 || *what == "read");
        let parts: Vec<String> = parts.map(|(number, what)| format!("{number} {what}")).collect();
        above.push(format!("{}: {}", rulebook.schema.table(*id).name, parts.join(", ")));
    }
    let line = |(key, _, answers): &(String, Vec<Value>, Answers)| {
        let item = |id: &DefinitionId| {
            let definition = rulebook.definition(*id);
            let has = match (&definition.body, answers.value(*id)) {
                (Body::Tag(_) | Body::Segment(_), Value::Bool(true)) => Has::Yes,
                (Body::Tag(_) | Body::Segment(_), Value::Missing) => Has::Unknown,
                (Body::Tag(_) | Body::Segment(_), _) => return None,
                (_, value) => Has::Value(shown(value, &definition.ty)),
            };
            Some((definition.name.to_string(), has))
        };
        Line { key: key.clone(), items: results.iter().filter_map(item).collect() }.text()
    };
    let lines: Vec<String> = users.iter().map(line).collect();
    let mut below = vec![];
    let all = rulebook.metrics();
    for metric in &ran.metrics {
        let definition = rulebook.definition(metric.definition);
        let per = all.iter().find(|it| it.definition == metric.definition).map_or(&[][..], |it| it.per.as_slice());
        match metric.values.as_slice() {
            [(key, value)] if key.is_empty() => {
                below.push(format!("{} = {}", definition.name, shown(value, &definition.ty)));
            }
            groups => {
                below.push(definition.name.to_string());
                for (key, value) in groups {
                    let key: Vec<String> =
                        key.iter().zip(per).map(|(key, per)| line::key(&shown(key, &per.ty))).collect();
                    below.push(format!("  {} = {}", key.join(", "), shown(value, &definition.ty)));
                }
            }
        }
    }
    let sections = [above.join("\n"), lines.join("\n"), below.join("\n")];
    sections.join("\n\n").trim_end().to_owned()
}

impl Taken {
    /// What decided results of a user: the clauses, with their values. None of a user who is not there.
    pub fn why(&self, key: &str, names: &[&str], sources: &Sources) -> Option<Vec<String>> {
        let (_, record, answers) = self.users.iter().find(|(known, ..)| known == key)?;
        let interpreter = self.engine.interpreter();
        let mut answers = answers.clone();
        for (at, definition) in self.engine.rulebook().definitions.iter().enumerate() {
            // What a level goes by, for `to_next`.
            if let Body::Level(Ladder { by: Some(by), .. }) = &definition.body {
                let goes_by = interpreter.row(&SoFar { record, answers: &answers }).value(by);
                answers.goes_by.insert(DefinitionId(at as u32), goes_by);
            }
        }
        let answers = &answers;
        let known = SoFar { record, answers };
        let row = interpreter.row(&known);
        let everybody = self.users.iter().map(|(_, record, answers)| SoFar { record, answers });
        let crowd: Vec<SoFar<'_>> = everybody.collect();
        let rulebook = self.engine.rulebook();
        let view = View { rulebook, row: &row, interpreter, answers, sources, given: &|_| false, crowd: &crowd };
        let mut lines = vec![];
        for id in names.iter().filter_map(|name| self.engine.rulebook().find(name)) {
            lines.push(view.fact_of(id));
            for clause in view.behind_rule(id) {
                let source = sources.get(clause.span.source);
                let words: Vec<&str> = source.slice(clause.span).split_whitespace().collect();
                let line = source.line_column(clause.span.start).line;
                lines.push(format!("  {}:{line}: `{}` {}", source.name(), words.join(" "), clause.said));
            }
        }
        Some(lines)
    }
}
