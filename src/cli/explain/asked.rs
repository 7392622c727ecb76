//! The one user that is asked about: their own row, their rows of child tables, and, where rules ask about everybody, what is
//! found of everybody else. Of the others nothing else is kept.

use std::{
    cmp::Ordering,
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use tagwell::{
    data::{self, BadRow, Input, Wanted},
    diagnostic::{nearest, render::visible_line},
    engine::{Engine, Everybody, RunError, RunSink, Users},
    eval::{
        Children,
        reference::SoFar,
        rows::{self, Element, When},
    },
    explain::{Others, group_of},
    ir::{AggregateId, Over, Reads},
    schema::{ColumnId, Role, TableId},
    value::{Value, Zone, compare, literal, print},
};

use super::super::{
    book::{self, Book},
    data::DataArgs,
    exit::Failure,
    voice::{Voice, count},
};

/// A user and what belongs to them.
pub(crate) struct Found {
    pub(crate) key: Value,
    pub(crate) record: Vec<Value>,
    pub(crate) children: Children,
    pub(crate) others: Others,
}

/// Finds the user of a key as it is typed.
pub(crate) fn find(
    book: &Book,
    engine: &Engine,
    reads: &Reads,
    user: &str,
    arguments: &DataArgs,
    voice: &Voice,
) -> Result<Found, Failure> {
    let finding = Finding { book, engine, reads, voice };
    let (key, record, mut children) = finding.own_row(user)?;
    for (table, file) in book.children(reads)? {
        if let Some(file) = file {
            let rows = finding.rows_of(table, &file, &key)?;
            children.insert(table, rows);
        }
    }
    let others = finding.others(&key, arguments)?;
    Ok(Found { key, record, children, others })
}

struct Finding<'f> {
    book: &'f Book,
    engine: &'f Engine,
    reads: &'f Reads,
    voice: &'f Voice,
}

impl Finding<'_> {
    fn zone(&self) -> &Zone {
        self.engine.clock().zone()
    }

    fn needed(&self) -> Vec<ColumnId> {
        let key = self.engine.rulebook().schema.root().key;
        key.into_iter().chain(self.reads.columns.iter().copied()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The user's own row, and the rows of theirs that stand in it.
    fn own_row(&self, user: &str) -> Result<(Value, Vec<Value>, Children), Failure> {
        let table = self.engine.rulebook().schema.root();
        let users = self.book.users()?;
        let Some(key) = table.key else {
            return Err(Failure::new("no column of the data tells users apart").help("say which: `table users key …`"));
        };
        let typed = literal::from_text(user, &table.column(key).ty, self.zone()).ok();
        let wanted = Wanted {
            table: table.clone(),
            needed: self.needed(),
            nested: self.book.nested(&self.book.children(self.reads)?),
            verbatim: false,
        };
        let (mut bad, mut first_bad) = (0, None);
        for row in data::rows_as(users, wanted, self.zone()).map_err(book::failure)? {
            let row = match row.map_err(book::failure)? {
                Ok(row) => row,
                Err(row) => {
                    bad += 1;
                    first_bad.get_or_insert(row);
                    continue;
                }
            };
            let own = row.values.get(key.0 as usize).cloned().unwrap_or(Value::Missing);
            if own != Value::Missing && (typed.as_ref() == Some(&own) || print::text(&own, self.zone()) == user) {
                if bad > 0 {
                    let rows = count(bad, "bad row");
                    self.voice.say(&format!("{rows} before this user passed over; `tagwell check` tells them"));
                }
                return Ok((own, row.values, row.children.into_iter().collect()));
            }
        }
        Err(self.nobody(users, user, key, first_bad))
    }

    /// There is no such user: the nearest key there is, and what was wrong with rows.
    fn nobody(&self, users: &Input, user: &str, key: ColumnId, first_bad: Option<Box<BadRow>>) -> Failure {
        let table = self.engine.rulebook().schema.root();
        let mut failure = Failure::new(format!("there is no user `{}` in `{}`", visible_line(user), users.name()));
        let mut keys: Vec<String> = vec![];
        if let Ok(rows) = data::rows(users, table, &[key], self.zone()) {
            let key_of = |row: &data::Row| row.values.get(key.0 as usize).map(|key| print::text(key, self.zone()));
            keys.extend(rows.filter_map(|row| key_of(&row.ok()?.ok()?)));
        }
        if let Some(near) = nearest(user, keys.iter().map(String::as_str)) {
            failure = failure.help(format!("did you mean `--user {}`?", visible_line(near)));
        } else if let Some(first) = keys.first() {
            let (column, first) = (&table.column(key).name, visible_line(first));
            failure = failure.help(format!("users are told apart by `{column}`; the first is `{first}`"));
        }
        match first_bad {
            Some(row) => failure.help(format!("some rows are bad, and passed over: {row}")),
            None => failure,
        }
    }

    /// The user's rows of a child table, in input order.
    fn rows_of(&self, id: TableId, file: &Input, key: &Value) -> Result<Vec<Vec<Value>>, Failure> {
        let table = self.engine.rulebook().schema.table(id);
        let Role::Children { by, .. } = table.role else { return Ok(vec![]) };
        let mut needed = self.reads.children.get(&id).cloned().unwrap_or_default();
        needed.insert(by);
        let needed: Vec<ColumnId> = needed.into_iter().collect();
        let mut found = vec![];
        for row in data::rows(file, table, &needed, self.zone()).map_err(book::failure)? {
            // A bad row names no user that could be believed.
            let Ok(row) = row.map_err(book::failure)? else { continue };
            let own = row.values.get(by.0 as usize).unwrap_or(&Value::Missing);
            if compare::order(own, key, self.zone()) == Some(Ordering::Equal) {
                found.push(row.values);
            }
        }
        Ok(found)
    }

    /// What rules ask about everybody is found of everybody else.
    fn others(&self, key: &Value, arguments: &DataArgs) -> Result<Others, Failure> {
        let rulebook = self.engine.rulebook();
        let about_everybody: Vec<AggregateId> =
            self.reads.aggregates.iter().copied().filter(|id| rulebook.aggregate(*id).over == Over::Users).collect();
        if about_everybody.is_empty() {
            return Ok(Others::default());
        }
        let table = rulebook.schema.root();
        let needed = self.needed();
        let everybody = Everybody {
            users: self.book.users()?,
            table,
            needed: &needed,
            children: self.book.children(self.reads)?,
            reads: self.reads,
            check_keys: false,
            verbatim: false,
        };
        let stop = arguments.allowed()?.none();
        let mut sink = Gathering { engine: self.engine, asked: about_everybody, key, stop, found: Mutex::default() };
        let ran = self.engine.run_whole(&everybody, &mut sink).map_err(ended)?;
        let (mut others, _) = sink.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        others.future = ran.children.values().any(|count| count.future > 0);
        others.sort();
        Ok(others)
    }
}

pub(crate) fn ended(error: RunError) -> Failure {
    match error {
        RunError::Data(error) => book::failure(error),
        RunError::BadRow(row) => {
            Failure::new(row.to_string()).help("mend the row, or pass bad rows over: `--on-bad-row skip`")
        }
        other @ (RunError::TooManyBadRows(..) | RunError::User { .. } | RunError::Output(_)) => {
            Failure::new(other.to_string())
        }
    }
}

/// Gathers what questions over everybody let through.
struct Gathering<'g> {
    engine: &'g Engine,
    asked: Vec<AggregateId>,
    key: &'g Value,
    stop: bool,
    found: Mutex<(Others, u64)>,
}

/// A user: their key, and of each question their group and element.
type Other = (Value, Vec<(AggregateId, String, Option<Element>)>);

impl RunSink for Gathering<'_> {
    type Ready = Vec<Other>;

    fn prepare(&self, users: &Users<'_>) -> Vec<Other> {
        let rulebook = self.engine.rulebook();
        let key = rulebook.schema.root().key;
        let interpreter = self.engine.interpreter();
        let of_row = |row: usize| {
            let (record, answers) = (users.record(row), users.answers(row));
            let known = SoFar { record: &record, answers: &answers };
            let of_question = |id: &AggregateId| {
                let aggregate = rulebook.aggregate(*id);
                let group = group_of(&interpreter, aggregate, &known)?;
                let element = rows::element(aggregate, &interpreter.row(&known), When { at: None, place: 0 });
                Some((*id, group, element))
            };
            let key = key.and_then(|key| record.get(key.0 as usize)).cloned().unwrap_or(Value::Missing);
            (key, self.asked.iter().filter_map(of_question).collect())
        };
        (0..users.rows()).map(of_row).collect()
    }

    fn take(&self, ready: Vec<Other>) -> Result<(), RunError> {
        let rulebook = self.engine.rulebook();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let (others, next) = &mut *found;
        for (key, elements) in ready {
            let place = *next;
            *next += 1;
            if key == *self.key {
                others.place = place;
                continue;
            }
            for (id, group, element) in elements {
                let element = element.map(|element| Element { when: When { at: None, place }, ..element });
                others.add(id, rulebook.aggregate(id), group, element);
            }
        }
        Ok(())
    }

    fn bad_row(&self, row: Box<BadRow>) -> Result<(), RunError> {
        if self.stop { Err(RunError::BadRow(row)) } else { Ok(()) }
    }
}
