//! What each user got, and how it serialises: as records, wide or long; as JSON Lines, CSV, or a table for people.

mod often;
mod rows;

pub use rows::{Cells, Results};

use std::{
    borrow::Cow,
    io::{self, Write},
};

use serde_json::Value as Json;
use unicode_width::UnicodeWidthStr;

use crate::{
    diagnostic::render::visible_line,
    value::{Type, Value, Zone, print},
};

/// What is written of every user.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The key column's name.
    pub key: String,
    /// And its type.
    pub key_type: Type,
    /// The results, in order of declaration.
    pub results: Vec<ResultColumn>,
    /// More columns: fields and `let`s, with their types; a level's value is a text.
    pub extra: Vec<(String, Type)>,
    /// The zone that moments print in.
    pub zone: Zone,
}

/// A tag, level, layer or score.
#[derive(Clone, Debug)]
pub struct ResultColumn {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ResultKind,
}

/// What a result is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultKind {
    /// In the list of tags where it is true.
    Tag,
    /// In the list of segments where it is true.
    Segment,
    /// A level, layer or funnel, with its values by rank.
    Choice(Vec<String>),
    /// A score.
    Score(Type),
}

impl ResultKind {
    /// Whether it stands in a list of names rather than in a column of its own.
    pub(crate) fn is_listed(&self) -> bool {
        matches!(self, ResultKind::Tag | ResultKind::Segment)
    }
}

/// What one user got.
#[derive(Clone, Debug, PartialEq)]
pub struct UserResults {
    /// The user.
    pub key: Value,
    /// By [`Layout::results`]; a tag is true, false or missing.
    pub results: Vec<Value>,
    /// By [`Layout::extra`].
    pub extra: Vec<Value>,
}

/// One record a user, a column a result, or a row a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The key, the list of tags, each level, layer and score, the list of segments.
    Records,
    /// The key, and a true-or-false column for each tag.
    Wide,
    /// `key,name,value` for each result.
    Long,
}

/// The form that results are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    JsonLines,
    /// RFC 4180, lists joined with `;`.
    Csv,
    /// Aligned for people: lists joined with `, `, and no character that a terminal would obey.
    Table,
}

/// A cell of a user's row.
pub(crate) enum Cell {
    /// A value, or the name of a level's value.
    One(Value, Option<String>),
    /// Tags, segments.
    Names(Vec<String>),
}

/// Writes results user by user.
pub struct Writer<W: Write> {
    out: W,
    layout: Layout,
    shape: Shape,
    form: Form,
    /// A table is written when its widths are known.
    rows: Vec<Vec<String>>,
}

impl<W: Write> Writer<W> {
    /// Begins: a header where the form has one.
    ///
    /// # Errors
    /// Whatever `out` says.
    pub fn begin(out: W, layout: Layout, shape: Shape, form: Form) -> io::Result<Writer<W>> {
        let mut writer = Writer { out, layout, shape, form, rows: vec![] };
        let header = writer.header();
        match form {
            Form::JsonLines => {}
            Form::Csv => writer.csv(&header)?,
            Form::Table => writer.rows.push(header),
        }
        Ok(writer)
    }

    /// Writes one user.
    ///
    /// # Errors
    /// Whatever `out` says.
    pub fn user(&mut self, user: &UserResults) -> io::Result<()> {
        for row in self.layout.cells(self.shape, user) {
            let texts = || row.iter().map(|(_, cell)| self.text(cell)).collect::<Vec<_>>();
            match self.form {
                Form::JsonLines => {
                    let fields =
                        row.iter().map(|(name, cell)| format!("{}:{}", Json::from(name.as_str()), self.json(cell)));
                    let line = format!("{{{}}}\n", fields.collect::<Vec<_>>().join(","));
                    self.out.write_all(line.as_bytes())?;
                }
                Form::Csv => {
                    let texts = texts();
                    self.csv(&texts)?;
                }
                Form::Table => {
                    let texts = texts();
                    self.rows.push(texts);
                }
            }
        }
        Ok(())
    }

    /// Writes users who are written already, in this form.
    ///
    /// # Errors
    /// Whatever `out` says.
    pub fn written(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// Ends, and gives the writer back.
    ///
    /// # Errors
    /// Whatever `out` says.
    pub fn finish(mut self) -> io::Result<W> {
        if self.form == Form::Table {
            let text = aligned(&self.rows);
            self.out.write_all(text.as_bytes())?;
        }
        Ok(self.out)
    }

    fn header(&self) -> Vec<String> {
        let key = self.layout.key.clone();
        let extra = self.layout.extra.iter().map(|(name, _)| name.clone());
        match self.shape {
            Shape::Long => vec![key, "name".into(), "value".into()],
            Shape::Wide => {
                std::iter::once(key).chain(self.layout.results.iter().map(|it| it.name.clone())).chain(extra).collect()
            }
            Shape::Records => {
                let named = self.layout.results.iter().filter(|it| !it.kind.is_listed());
                let named = named.map(|it| it.name.clone());
                [key, "tags".into()].into_iter().chain(named).chain(["segments".into()]).chain(extra).collect()
            }
        }
    }

    fn json(&self, cell: &Cell) -> String {
        match cell {
            Cell::One(_, Some(name)) => Json::from(name.as_str()).to_string(),
            Cell::One(value, None) => print::json(value, &self.layout.zone),
            Cell::Names(names) => Json::from(names.clone()).to_string(),
        }
    }

    fn text(&self, cell: &Cell) -> String {
        match cell {
            Cell::One(_, Some(name)) => name.clone(),
            Cell::One(value, None) if self.form == Form::Table => print::for_people(value, &self.layout.zone),
            Cell::One(value, None) => print::text(value, &self.layout.zone),
            Cell::Names(names) if self.form == Form::Table => names.join(", "),
            Cell::Names(names) => names.join(";"),
        }
    }

    fn csv(&mut self, fields: &[String]) -> io::Result<()> {
        let quoted = fields.iter().map(|field| {
            let must = field.contains(['"', ',', '\n', '\r']) || fields.len() == 1 && field.is_empty();
            if must { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.clone() }
        });
        let line = quoted.collect::<Vec<_>>().join(",") + "\n";
        self.out.write_all(line.as_bytes())
    }
}

impl Layout {
    /// The columns of a shape in order, with their types; those without are names, or lists of names.
    #[cfg(feature = "data")]
    pub(crate) fn columns(&self, shape: Shape) -> Vec<(String, Option<Type>)> {
        let key = (self.key.clone(), Some(self.key_type.clone()));
        let extra = self.extra.iter().map(|(name, ty)| (name.clone(), Some(ty.clone())));
        let result = |column: &ResultColumn| match &column.kind {
            ResultKind::Tag | ResultKind::Segment => (column.name.clone(), Some(Type::Bool)),
            ResultKind::Choice(_) => (column.name.clone(), None),
            ResultKind::Score(ty) => (column.name.clone(), Some(ty.clone())),
        };
        match shape {
            Shape::Long => vec![key, ("name".into(), None), ("value".into(), None)],
            Shape::Wide => std::iter::once(key).chain(self.results.iter().map(result)).chain(extra).collect(),
            Shape::Records => {
                let others = self.results.iter().filter(|it| !it.kind.is_listed()).map(result);
                let row = [key, ("tags".into(), None)].into_iter().chain(others);
                row.chain([("segments".into(), None)]).chain(extra).collect()
            }
        }
    }

    /// The rows of one user: names of columns, and cells.
    pub(crate) fn cells(&self, shape: Shape, user: &UserResults) -> Vec<Vec<(String, Cell)>> {
        let layout = self;
        let key = || (layout.key.clone(), Cell::One(user.key.clone(), None));
        let results = || layout.results.iter().zip(&user.results);
        let extra = || {
            layout
                .extra
                .iter()
                .map(|(name, _)| name.clone())
                .zip(user.extra.iter().map(|value| Cell::One(value.clone(), None)))
        };
        let tag = |value: &Value| Cell::One(Value::Bool(*value == Value::Bool(true)), None);
        let cell = |column: &ResultColumn, value: &Value| match &column.kind {
            ResultKind::Tag | ResultKind::Segment => tag(value),
            ResultKind::Score(_) => Cell::One(value.clone(), None),
            ResultKind::Choice(names) => match value {
                Value::Choice(rank) => Cell::One(Value::Missing, names.get(*rank as usize).cloned()),
                _ => Cell::One(Value::Missing, None),
            },
        };
        match shape {
            Shape::Records => {
                let held = |kind: ResultKind| {
                    let held = results().filter(|(it, value)| it.kind == kind && **value == Value::Bool(true));
                    Cell::Names(held.map(|(it, _)| it.name.clone()).collect())
                };
                let (tags, segments) = (held(ResultKind::Tag), held(ResultKind::Segment));
                let others = results().filter(|(it, _)| !it.kind.is_listed());
                let others = others.map(|(it, value)| (it.name.clone(), cell(it, value)));
                let row = [key(), ("tags".into(), tags)].into_iter().chain(others);
                vec![row.chain([("segments".into(), segments)]).chain(extra()).collect()]
            }
            Shape::Wide => {
                let others = results().map(|(it, value)| (it.name.clone(), cell(it, value)));
                vec![std::iter::once(key()).chain(others).chain(extra()).collect()]
            }
            Shape::Long => {
                let named = results().map(|(it, value)| (it.name.clone(), cell(it, value)));
                let row = |(name, value): (String, Cell)| {
                    let name = Cell::One(Value::Missing, Some(name));
                    vec![key(), ("name".into(), name), ("value".into(), value)]
                };
                named.chain(extra()).map(row).collect()
            }
        }
    }
}

/// Rows in columns that line up by display width, the first row underlined. What a terminal would obey, or nobody could see, is made
/// visible first.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<Cow<'_, str>>> =
        rows.iter().map(|row| row.iter().map(|cell| visible_line(cell)).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            let gap = " ".repeat(width.saturating_sub(cell.width()));
            format!("{cell}{gap}")
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text += "\n";
        if at == 0 {
            text += &widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>().join("  ");
            text += "\n";
        }
    }
    text
}
