//! CSV and TSV in pieces.

use std::{borrow::Cow, sync::Arc};

use crate::{
    column::{self, Data},
    data::{
        BadRow, DataError, Input,
        bad_row::{odd_width, shown},
        chunks::{
            Fault, Found, Parsed, Shared, build,
            build::{Known, Strictly},
            cell::Cell,
            cut::{Cutter, Ends, Piece},
            fields::{self, Fields},
            gather::Gather,
        },
        encoding,
        quotes::{BEYOND, Misquoted},
        table,
    },
    schema::{Column, ColumnId},
    value::{Type, Value, Zone},
};

/// A file that is being cut.
pub(super) struct Part {
    cutter: Cutter,
    form: Arc<Form>,
    /// The piece that the header was in, behind it.
    first: Option<Piece>,
}

/// What the rows of a file look like.
pub(super) struct Form {
    file: Arc<str>,
    delimiter: u8,
    headers: Vec<String>,
    /// Field of the row, id, column; in the order in which they are judged.
    columns: Vec<(usize, ColumnId, Column)>,
    shared: Arc<Shared>,
}

impl Part {
    /// Opens a file, and judges its header.
    pub(super) fn open(input: &Input, delimiter: u8, shared: &Arc<Shared>, size: usize) -> Result<Part, DataError> {
        let mut cutter = Cutter::open(input, Ends::Unquoted(delimiter), size)?;
        let mut begun = false;
        while let Some(mut piece) = cutter.next()? {
            if !begun && piece.bytes.starts_with(b"\xEF\xBB\xBF") {
                piece.bytes.drain(..3);
            }
            begun = true;
            let Some((start, end)) = fields::first_row(&piece.bytes, delimiter) else { continue };
            let feeds = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count() as u64;
            let line = piece.line + feeds(piece.bytes.get(..start).unwrap_or_default());
            let row = piece.bytes.get(start..end).unwrap_or_default();
            let wrong = Misquoted::find(row, delimiter);
            let headers = table::headers(input, &fields::record(row, delimiter), line, wrong)?;
            // The line's end goes with it, so that what is left begins with a row.
            let line_end = match piece.bytes.get(end..) {
                Some([b'\r', b'\n', ..]) => 2,
                Some([b'\r' | b'\n', ..]) => 1,
                _ => 0,
            };
            let above: Vec<u8> = piece.bytes.drain(..end + line_end).collect();
            piece.line += feeds(&above);
            let columns = table::fit(input, &shared.wanted.table, &shared.wanted.needed, &headers)?;
            let shared = Arc::clone(shared);
            let form = Arc::new(Form { file: input.name().into(), delimiter, headers, columns, shared });
            return Ok(Part { cutter, form, first: Some(piece) });
        }
        Err(table::no_header(input))
    }

    /// The next piece; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<(Arc<Form>, Piece)>, DataError> {
        let piece = match self.first.take() {
            Some(first) => Some(first),
            None => self.cutter.next()?,
        };
        Ok(piece.map(|piece| (Arc::clone(&self.form), piece)))
    }
}

impl Form {
    /// Reads a piece.
    ///
    /// # Errors
    /// Quotes that leave it open which rows there are.
    pub(super) fn parse(&self, piece: &Piece) -> Result<Parsed, DataError> {
        let bytes = &piece.bytes;
        let mut fields = Fields::split(bytes, self.delimiter, self.headers.len(), piece.line);
        let rows = fields.rows();
        let quotes = memchr::memchr(b'"', bytes).is_some();
        let has_texts = self.columns.iter().any(|(_, _, column)| column.ty == Type::Text);
        let text = if has_texts { simdutf8::basic::from_utf8(bytes).ok() } else { None };
        let mut faults = vec![];
        let columns = self.columns.iter().map(|(at, id, column)| {
            let cells = fields.column(*at);
            let mut strict = Strict { id: *id, column, zone: &self.shared.zone, quotes, faults: &mut faults };
            let data = match (&column.ty, text) {
                (Type::Text, Some(text)) => texts(text, rows, cells, &mut strict),
                _ => {
                    let cells = cells.map(|(start, end)| Cell { bytes, start, end });
                    build::column(column, &self.shared.days, rows, cells, Some, &mut strict)
                }
            };
            (*id, data)
        });
        let columns = columns.collect();
        let lines = std::mem::take(&mut fields.lines);
        let shown = |start, end| bytes.get(start..end).unwrap_or_default();
        let bad = |(start, end), line, column, reason| {
            Box::new(BadRow { file: self.file.to_string(), line, column, reason, verbatim: shown(start, end).to_vec() })
        };
        let none = fields.odd.iter().map(|odd| {
            let place = (odd.start, odd.end);
            let wrong = if odd.misquoted { Misquoted::find(shown(odd.start, odd.end), self.delimiter) } else { None };
            let bad = match wrong {
                None => bad(place, odd.line, None, odd_width(odd.fields, self.headers.len())),
                Some(wrong) => match wrong.error(&self.file, odd.line) {
                    Some(error) => return Err(error),
                    None => bad(place, odd.line, wrong.column(&self.headers), BEYOND.into()),
                },
            };
            Ok((odd.before, bad))
        });
        let none = none.collect::<Result<_, DataError>>()?;
        let places = (0..rows).filter(|_| self.shared.wanted.verbatim).map(|row| fields.row(row));
        let verbatim = places.map(|(start, end)| shown(start, end).to_vec()).collect();
        let found = Found { columns, lines, children: vec![], verbatim, faults, none };
        Ok(self
            .shared
            .sorted_out(&self.file, found, |row, line, column, reason| bad(fields.row(row), line, column, reason)))
    }
}

/// The strict reader of a column's cells.
struct Strict<'r> {
    id: ColumnId,
    column: &'r Column,
    zone: &'r Zone,
    /// Whether the piece has any quote.
    quotes: bool,
    faults: &'r mut Vec<Fault>,
}

impl Strictly for Strict<'_> {
    #[inline]
    fn is_missing(&self, cell: Cell<'_>) -> bool {
        self.column.optional && cell.is_empty()
    }

    /// What stands within a field's quotes, where nothing in it is a quote.
    #[inline]
    fn bare<'t>(&self, cell: Cell<'t>) -> Option<Cell<'t>> {
        match cell.raw() {
            [b'"', inner @ .., b'"'] if self.quotes && memchr::memchr(b'"', inner).is_none() => {
                Some(Cell { bytes: cell.bytes, start: cell.start + 1, end: cell.end - 1 })
            }
            _ => None,
        }
    }

    #[cold]
    fn read(&mut self, row: usize, cell: Cell<'_>) -> Value {
        let raw = cell.raw();
        let raw = if self.quotes && raw.first() == Some(&b'"') { fields::unquoted(raw) } else { Cow::Borrowed(raw) };
        if raw.is_empty() && self.column.optional {
            return Value::Missing;
        }
        match self.value(&raw) {
            Ok(value) => value,
            Err(reason) => {
                self.faults.push(Fault { row, column: self.id, reason });
                Value::Missing
            }
        }
    }
}

impl Strict<'_> {
    fn value(&self, raw: &[u8]) -> Result<Value, String> {
        let text = std::str::from_utf8(raw).map_err(|error| encoding::not_utf8(raw, error.valid_up_to()))?;
        if text.is_empty() {
            return Err(format!("the value is missing, and `{}` may not be", self.column.ty));
        }
        table::read(text, self.column, self.zone).map_err(|reason| format!("{} {reason}", shown(text)))
    }
}

/// Texts of a piece that is UTF-8 throughout.
fn texts(
    text: &str,
    rows: usize,
    cells: impl Iterator<Item = (usize, usize)>,
    strict: &mut Strict<'_>,
) -> column::Column {
    let (mut texts, mut known) = (Gather::of(rows), Known::of(rows));
    let bytes = text.as_bytes();
    for (row, (start, end)) in cells.enumerate() {
        let cell = Cell { bytes, start, end };
        let usual = match bytes.get(start) {
            Some(b'"') if start < end => strict.bare(cell).filter(|bare| !bare.is_empty()),
            _ => Some(cell),
        };
        match usual {
            Some(usual) if !usual.is_empty() => {
                texts.push_part(text, usual.start, usual.end);
                known.set(row);
            }
            _ => match strict.read(row, cell) {
                Value::Text(odd) => {
                    texts.push(&odd);
                    known.set(row);
                }
                _ => texts.push(""),
            },
        }
    }
    column::Column::of(Data::Texts(texts.finish()), known.bits, rows)
}
