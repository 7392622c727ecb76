//! Many users written at once, from columns: the same bytes as user by user, without a value in between.

use std::io::Write as _;

use serde_json::Value as Json;

use crate::{
    column::{Column, Data},
    outcome::{
        Form, Layout, ResultKind, Shape,
        often::{Named, Often},
    },
    value::{Value, Zone, print},
};

/// One thing of many users.
#[derive(Clone, Copy, Debug)]
pub enum Cells<'c> {
    /// Of whom a tag is true.
    Yes(&'c [u64]),
    /// Values of a column, from a row on.
    Column(&'c Column, usize),
    /// Nobody has any.
    Missing,
}

/// What many users got, column by column.
#[derive(Clone, Debug)]
pub struct Results<'c> {
    /// How many users.
    pub rows: usize,
    /// Who they are.
    pub key: Cells<'c>,
    /// By [`Layout::results`].
    pub results: Vec<Cells<'c>>,
    /// By [`Layout::extra`].
    pub extra: Vec<Cells<'c>>,
}

impl Layout {
    /// Writes users as JSON Lines or CSV; nothing of a table, whose widths are not known yet.
    pub fn write(&self, shape: Shape, form: Form, users: &Results<'_>) -> Vec<u8> {
        let mut out = Vec::with_capacity(users.rows.min(64) * 256);
        let pen = Pen { zone: &self.zone, form };
        match (shape, form) {
            (_, Form::Table) => {}
            (Shape::Records, _) => self.records(&pen, users, &mut out),
            (Shape::Wide, _) => self.wide(&pen, users, &mut out),
            (Shape::Long, _) => self.long(&pen, users, &mut out),
        }
        out
    }

    fn records(&self, pen: &Pen<'_>, users: &Results<'_>, out: &mut Vec<u8>) {
        let listed = |kind: ResultKind| {
            let all = self.results.iter().zip(&users.results).filter(move |(it, _)| it.kind == kind);
            Named::of(all.map(|(it, cells)| match cells {
                Cells::Yes(yes) => (*yes, pen.listed(&it.name)),
                Cells::Column(..) | Cells::Missing => (&[][..], pen.listed(&it.name)),
            }))
        };
        let (mut tags, mut segments) = (listed(ResultKind::Tag), listed(ResultKind::Segment));
        let fields: Vec<(Often, Cells<'_>, &ResultKind)> = self
            .results
            .iter()
            .zip(&users.results)
            .filter(|(it, _)| !it.kind.is_listed())
            .map(|(it, cells)| (Often::of(pen.field(&it.name)), *cells, &it.kind))
            .collect();
        let extra = self.extra.iter().zip(&users.extra);
        let extra: Vec<(Often, Cells<'_>)> =
            extra.map(|((name, _), cells)| (Often::of(pen.field(name)), *cells)).collect();
        let begin = Often::of(pen.first(&self.key));
        let (tags_field, segments_field) = (Often::of(pen.field("tags")), Often::of(pen.field("segments")));
        let names: Vec<Vec<Vec<u8>>> = fields.iter().map(|(.., kind)| pen.choices(kind)).collect();
        for start in (0..users.rows).step_by(64) {
            tags.turn_to(start / 64);
            segments.turn_to(start / 64);
            for at in 0..64.min(users.rows - start) {
                let row = start + at;
                begin.write(out);
                pen.cell(&users.key, None, row, out);
                tags_field.write(out);
                pen.list(&tags, at, out);
                for ((field, cells, _), names) in fields.iter().zip(&names) {
                    field.write(out);
                    pen.cell(cells, Some(names), row, out);
                }
                segments_field.write(out);
                pen.list(&segments, at, out);
                for (field, cells) in &extra {
                    field.write(out);
                    pen.cell(cells, None, row, out);
                }
                pen.end(out);
            }
            if start == 0 {
                // The others will be about as long.
                out.reserve(out.len() * (users.rows / 64 + 1));
            }
        }
    }

    fn wide(&self, pen: &Pen<'_>, users: &Results<'_>, out: &mut Vec<u8>) {
        let begin = pen.first(&self.key);
        let fields: Vec<(Vec<u8>, Vec<Vec<u8>>)> =
            self.results.iter().map(|it| (pen.field(&it.name), pen.choices(&it.kind))).collect();
        let extra: Vec<Vec<u8>> = self.extra.iter().map(|(name, _)| pen.field(name)).collect();
        for row in 0..users.rows {
            out.extend_from_slice(&begin);
            let empty = out.len();
            pen.cell(&users.key, None, row, out);
            if out.len() == empty && fields.is_empty() && extra.is_empty() {
                // A line of one empty field would be no line.
                out.extend_from_slice(b"\"\"");
            }
            for ((field, names), cells) in fields.iter().zip(&users.results) {
                out.extend_from_slice(field);
                pen.cell(cells, Some(names), row, out);
            }
            for (field, cells) in extra.iter().zip(&users.extra) {
                out.extend_from_slice(field);
                pen.cell(cells, None, row, out);
            }
            pen.end(out);
        }
    }

    fn long(&self, pen: &Pen<'_>, users: &Results<'_>, out: &mut Vec<u8>) {
        let (begin, name_field, value_field) = (pen.first(&self.key), pen.field("name"), pen.field("value"));
        let results =
            self.results.iter().zip(&users.results).map(|(it, cells)| (&it.name, pen.choices(&it.kind), cells));
        let extra = self.extra.iter().zip(&users.extra).map(|((name, _), cells)| (name, vec![], cells));
        let lines: Vec<_> = results.chain(extra).map(|(name, names, cells)| (pen.text(name), names, cells)).collect();
        for row in 0..users.rows {
            for (name, names, cells) in &lines {
                out.extend_from_slice(&begin);
                pen.cell(&users.key, None, row, out);
                out.extend_from_slice(&name_field);
                out.extend_from_slice(name);
                out.extend_from_slice(&value_field);
                pen.cell(cells, Some(names), row, out);
                pen.end(out);
            }
        }
    }
}

/// Whether a text stands in JSON as it is. Eight bytes are looked at together.
#[inline]
fn is_plain(text: &str) -> bool {
    let (eights, rest) = text.as_bytes().as_chunks::<8>();
    let odd = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    let any = |eight: &[u8; 8]| eight.iter().fold(false, |any, byte| any | odd(*byte));
    !eights.iter().any(any) && !rest.iter().any(|byte| odd(*byte))
}

/// How values are written in one form.
struct Pen<'p> {
    zone: &'p Zone,
    form: Form,
}

impl Pen<'_> {
    /// What stands before the first value of a line.
    fn first(&self, name: &str) -> Vec<u8> {
        match self.form {
            Form::JsonLines => format!("{{{}:", Json::from(name)).into_bytes(),
            Form::Csv | Form::Table => vec![],
        }
    }

    /// What stands before any other.
    fn field(&self, name: &str) -> Vec<u8> {
        match self.form {
            Form::JsonLines => format!(",{}:", Json::from(name)).into_bytes(),
            Form::Csv | Form::Table => b",".to_vec(),
        }
    }

    fn end(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(match self.form {
            Form::JsonLines => b"}\n",
            Form::Csv | Form::Table => b"\n",
        });
    }

    /// A name in a list of names, and what stands before it: quoted in JSON; in CSV the list is quoted as a whole where one of them must be.
    fn listed(&self, name: &str) -> Vec<u8> {
        match self.form {
            Form::JsonLines => format!(",{}", Json::from(name)).into_bytes(),
            Form::Csv | Form::Table => format!(";{name}").into_bytes(),
        }
    }

    /// A text by itself.
    fn text(&self, text: &str) -> Vec<u8> {
        let mut out = vec![];
        self.write_text(text, &mut out);
        out
    }

    /// The names of a level's values, as they are written.
    fn choices(&self, kind: &ResultKind) -> Vec<Vec<u8>> {
        match kind {
            ResultKind::Choice(names) => names.iter().map(|name| self.text(name)).collect(),
            ResultKind::Tag | ResultKind::Segment | ResultKind::Score(_) => vec![],
        }
    }

    #[inline]
    fn list(&self, named: &Named<'_>, user: usize, out: &mut Vec<u8>) {
        let start = out.len();
        match self.form {
            Form::JsonLines => {
                named.each(user, |name| name.write(out));
                // In the place of the first comma the list begins.
                match out.get_mut(start) {
                    Some(comma) => *comma = b'[',
                    None => out.push(b'['),
                }
                out.push(b']');
            }
            Form::Csv | Form::Table => {
                let mut must = false;
                named.each(user, |name| {
                    must |= name.bytes().iter().any(|byte| b"\",\n\r".contains(byte));
                    let between = if out.len() == start { 1 } else { 0 };
                    out.extend_from_slice(name.bytes().get(between..).unwrap_or_default());
                });
                if must {
                    let plain = String::from_utf8_lossy(&out.split_off(start)).into_owned();
                    self.write_text(&plain, out);
                }
            }
        }
    }

    fn cell(&self, cells: &Cells<'_>, names: Option<&Vec<Vec<u8>>>, row: usize, out: &mut Vec<u8>) {
        let (column, at) = match cells {
            Cells::Yes(yes) => {
                let yes = yes.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1);
                return out.extend_from_slice(if yes { b"true" } else { b"false" });
            }
            Cells::Missing => return self.missing(out),
            Cells::Column(column, start) => (column, start + row),
        };
        if !column.is_known(at) {
            return self.missing(out);
        }
        match (column.data(), names) {
            (Data::Choice(ranks), Some(names)) => {
                let name = ranks.get(at).and_then(|rank| names.get(*rank as usize));
                match name {
                    Some(name) => out.extend_from_slice(name),
                    None => self.missing(out),
                }
            }
            (Data::Int(values), _) => {
                let _ = write!(out, "{}", values.get(at).copied().unwrap_or(0));
            }
            (Data::Texts(texts), _) => self.write_text(texts.get(at).unwrap_or_default(), out),
            (Data::Text(texts), _) => {
                let text = texts.get(at).and_then(Option::as_deref);
                self.write_text(text.unwrap_or_default(), out);
            }
            _ => self.value(&column.get(at), out),
        }
    }

    fn value(&self, value: &Value, out: &mut Vec<u8>) {
        match self.form {
            Form::JsonLines => out.extend_from_slice(print::json(value, self.zone).as_bytes()),
            Form::Csv | Form::Table => self.write_text(&print::text(value, self.zone), out),
        }
    }

    fn missing(&self, out: &mut Vec<u8>) {
        if self.form == Form::JsonLines {
            out.extend_from_slice(b"null");
        }
    }

    fn write_text(&self, text: &str, out: &mut Vec<u8>) {
        match self.form {
            Form::JsonLines => {
                if is_plain(text) {
                    out.push(b'"');
                    out.extend_from_slice(text.as_bytes());
                    out.push(b'"');
                } else {
                    out.extend_from_slice(Json::from(text).to_string().as_bytes());
                }
            }
            Form::Csv | Form::Table => {
                if text.bytes().any(|byte| b"\",\n\r".contains(&byte)) {
                    out.push(b'"');
                    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
                    out.push(b'"');
                } else {
                    out.extend_from_slice(text.as_bytes());
                }
            }
        }
    }
}
