//! Where the results of a run go, and its bad rows.

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::json;
use tagwell::{
    column::Column,
    data::{BadRow, ColumnBatch, ColumnarForm, ColumnarWriter, Columns},
    engine::{Engine, RunError, RunSink, Users},
    eval::kernel,
    outcome::{Cells, Form, Layout, Results, Shape, UserResults, Writer},
    value::{Type, Value},
};
use tempfile::SpooledTempFile;

use super::{
    super::{exit::Failure, output::Output, progress::Progress},
    Format,
    plan::{Extra, Plan, is_listed, shown_type},
    unwritable,
};

/// Bytes of results that are held in memory until the last row is read; more go to a temporary file.
pub(super) const HELD: usize = 8 << 20;

/// Where results go.
pub(super) enum Target {
    At(Output),
    /// Until the last row is read.
    Held(SpooledTempFile, Output),
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Target::At(output) => Write::write(output, bytes),
            Target::Held(held, _) => held.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Target::At(output) => output.flush(),
            Target::Held(held, _) => held.flush(),
        }
    }
}

/// Results row by row, or as columns.
pub(super) enum Records {
    Rows(Box<Writer<Target>>),
    Columns(Box<ColumnarWriter<Target>>),
}

impl Records {
    fn written(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Records::Rows(writer) => writer.written(bytes),
            Records::Columns(_) => Ok(()),
        }
    }

    fn users(&mut self, users: &ColumnBatch) -> io::Result<()> {
        match self {
            Records::Columns(writer) => writer.users(users),
            Records::Rows(_) => Ok(()),
        }
    }

    fn user(&mut self, user: &UserResults) -> io::Result<()> {
        match self {
            Records::Rows(writer) => writer.user(user),
            Records::Columns(writer) => writer.user(user),
        }
    }

    pub(super) fn finish(self) -> io::Result<Target> {
        match self {
            Records::Rows(writer) => writer.finish(),
            Records::Columns(writer) => writer.finish(),
        }
    }
}

/// Writes users, and sets bad rows aside.
pub(super) struct Sink<'a> {
    pub(super) engine: &'a Engine,
    pub(super) plan: &'a Plan,
    /// What writes them; it is used by one thread at a time, while others make users ready.
    pub(super) writer: Mutex<Option<Records>>,
    pub(super) writes: bool,
    pub(super) shape: Shape,
    /// Where users can be written many at once.
    pub(super) many: Option<Many>,
    pub(super) limit: Option<u64>,
    pub(super) left: AtomicU64,
    pub(super) rejects: Mutex<Option<Output>>,
    pub(super) stop: bool,
    pub(super) progress: Mutex<Progress>,
}

/// How many users are written at once.
pub(super) enum Many {
    Text(Form, Layout),
    Columns(Columns),
}

/// Begins to write records in this format; nothing where none are written.
pub(super) fn begun(
    format: Format,
    layout: impl FnOnce() -> Layout,
    shape: Shape,
    target: Target,
) -> io::Result<(Option<Many>, Option<Records>)> {
    let rows = |form, many: bool, layout: Layout, target| {
        let many = many.then(|| Many::Text(form, layout.clone()));
        Ok((many, Some(Records::Rows(Box::new(Writer::begin(target, layout, shape, form)?)))))
    };
    let columns = |form, layout: Layout, target| {
        let many = Many::Columns(Columns::of(layout.clone(), shape));
        Ok((Some(many), Some(Records::Columns(Box::new(ColumnarWriter::begin(target, layout, shape, form)?)))))
    };
    match format {
        Format::Jsonl => rows(Form::JsonLines, true, layout(), target),
        Format::Csv => rows(Form::Csv, true, layout(), target),
        Format::Table => rows(Form::Table, false, layout(), target),
        Format::Parquet => columns(ColumnarForm::Parquet, layout(), target),
        Format::Arrow => columns(ColumnarForm::Arrow, layout(), target),
        Format::None => Ok((None, None)),
    }
}

/// Users who are ready to be written.
pub(super) enum Ready {
    /// As they are written.
    Bytes(Vec<u8>),
    /// As columns, or what was wrong with them.
    Columns(io::Result<ColumnBatch>),
    /// One by one.
    Users(Vec<UserResults>),
    /// Nothing is written of them.
    Nothing,
}

impl RunSink for Sink<'_> {
    type Ready = Ready;

    fn looks(&self) -> bool {
        self.writes
    }

    fn prepare(&self, users: &Users<'_>) -> Ready {
        match (self.writes, &self.many) {
            (false, _) => Ready::Nothing,
            (true, Some(Many::Text(form, layout))) if self.limit.is_none() => {
                Ready::Bytes(self.together(users, |results| layout.write(self.shape, *form, results)))
            }
            (true, Some(Many::Columns(columns))) if self.limit.is_none() => {
                Ready::Columns(self.together(users, |results| columns.batch(results)))
            }
            (true, _) => {
                let left = self.left.load(Ordering::Relaxed);
                let rows = users.rows().min(usize::try_from(left).unwrap_or(usize::MAX));
                Ready::Users((0..rows).map(|row| self.user(users, row)).collect())
            }
        }
    }

    fn take(&self, ready: Ready) -> Result<(), RunError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(writer) = writer.as_mut() else { return Ok(()) };
        match ready {
            Ready::Nothing => {}
            Ready::Bytes(bytes) => writer.written(&bytes)?,
            Ready::Columns(users) => writer.users(&users?)?,
            Ready::Users(users) => {
                for user in users {
                    let left = self.left.load(Ordering::Relaxed);
                    if left == 0 {
                        return Ok(());
                    }
                    self.left.store(left - 1, Ordering::Relaxed);
                    writer.user(&user)?;
                }
            }
        }
        Ok(())
    }

    fn bad_row(&self, row: Box<BadRow>) -> Result<(), RunError> {
        if self.stop {
            return Err(RunError::BadRow(row));
        }
        if let Some(rejects) = &mut *self.rejects.lock().unwrap_or_else(PoisonError::into_inner) {
            let end = row.verbatim.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
            let verbatim = row.verbatim.get(..end).unwrap_or_default();
            let mut line = json!({
                "file": row.file, "line": row.line, "column": row.column, "reason": row.reason,
                "row": String::from_utf8_lossy(verbatim),
            });
            // What is no UTF-8 has no text of its own.
            if let (Some(line), Err(_)) = (line.as_object_mut(), std::str::from_utf8(verbatim)) {
                let hex: String = verbatim.iter().map(|byte| format!("{byte:02x}")).collect();
                line.insert("row_hex".into(), hex.into());
            }
            rejects.write_all(format!("{line}\n").as_bytes())?;
        }
        Ok(())
    }

    fn progress(&self, rows: u64, table: &str) {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).tell(rows, table);
    }
}

impl Sink<'_> {
    /// One user's results.
    fn user(&self, users: &Users<'_>, row: usize) -> UserResults {
        let rulebook = self.engine.rulebook();
        let extra = self.plan.extra.iter().map(|it| match it {
            Extra::Column(id) => users.column(*id).value(row),
            Extra::Definition(id) if is_listed(&rulebook.definition(*id).body) => {
                Value::Bool(users.result(*id).value(row) == Value::Bool(true))
            }
            Extra::Definition(id) => rulebook.shown(&users.result(*id).value(row), &rulebook.definition(*id).ty),
        });
        UserResults {
            key: self.plan.key.map_or(Value::Missing, |key| users.column(key).value(row)),
            results: self.plan.results.iter().map(|id| users.result(*id).value(row)).collect(),
            extra: extra.collect(),
        }
    }

    /// Many users' results, put as they are to be written.
    fn together<T>(&self, users: &Users<'_>, put: impl FnOnce(&Results<'_>) -> T) -> T {
        let rulebook = self.engine.rulebook();
        let own: Vec<kernel::Cells<'_>> = self.plan.results.iter().map(|id| users.result(*id)).collect();
        let extra: Vec<kernel::Cells<'_>> = self
            .plan
            .extra
            .iter()
            .map(|it| match it {
                Extra::Column(id) => users.column(*id),
                Extra::Definition(id) => {
                    let (cells, ty) = (users.result(*id), &rulebook.definition(*id).ty);
                    if shown_type(ty) == *ty {
                        return cells;
                    }
                    let mut shown = Column::new(&shown_type(ty));
                    (0..users.rows()).for_each(|row| shown.push(&rulebook.shown(&cells.value(row), ty)));
                    kernel::Cells::Own(shown)
                }
            })
            .collect();
        // A `let` of `--with` that is a condition may be unknown, and is written as a value.
        let conditions: Vec<Option<Column>> = extra
            .iter()
            .zip(&self.plan.extra)
            .map(|(cells, extra)| match cells {
                // What is named so is true or false.
                kernel::Cells::Truths(..)
                    if matches!(extra, Extra::Definition(id) if is_listed(&rulebook.definition(*id).body)) =>
                {
                    None
                }
                kernel::Cells::Truths(..) => {
                    let mut values = Column::new(&Type::Bool);
                    (0..users.rows()).for_each(|row| values.push(&cells.value(row)));
                    Some(values)
                }
                kernel::Cells::Column(..) | kernel::Cells::Own(_) | kernel::Cells::Missing => None,
            })
            .collect();
        let key = self.plan.key.map_or(kernel::Cells::Missing, |key| users.column(key));
        let extra = extra.iter().zip(&conditions).map(|(cells, values)| match values {
            Some(values) => Cells::Column(values, 0),
            None => written(cells),
        });
        let results = Results {
            rows: users.rows(),
            key: written(&key),
            results: own.iter().map(written).collect(),
            extra: extra.collect(),
        };
        put(&results)
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        if let Ok(Some(writer)) = self.writer.into_inner() {
            match writer.finish().map_err(|error| unwritable(&error))? {
                Target::At(output) => output.finish()?,
                Target::Held(mut held, mut output) => {
                    held.seek(SeekFrom::Start(0)).map_err(|error| unwritable(&error))?;
                    let mut buffer = vec![0; 1 << 16];
                    loop {
                        let read = held.read(&mut buffer).map_err(|error| unwritable(&error))?;
                        if read == 0 {
                            break;
                        }
                        output.write(buffer.get(..read).unwrap_or_default())?;
                    }
                    output.finish()?;
                }
            }
        }
        let rejects = self.rejects.into_inner().unwrap_or_else(PoisonError::into_inner);
        rejects.map_or(Ok(()), Output::finish)
    }
}

/// What users got, as it is written.
pub(super) fn written<'c>(cells: &'c kernel::Cells<'c>) -> Cells<'c> {
    match cells {
        kernel::Cells::Truths(yes, _) => Cells::Yes(yes),
        kernel::Cells::Column(column, start) => Cells::Column(column, *start),
        kernel::Cells::Own(column) => Cells::Column(column, 0),
        kernel::Cells::Missing => Cells::Missing,
    }
}
