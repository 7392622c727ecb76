//! JSON Lines in pieces. Lines are looked through for where the wanted values are; those are then read column by column.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use memchr::memchr_iter;
use serde_json::Value as Json;

use crate::{
    column::{self, Data},
    data::{
        DataError, Input,
        chunks::{
            Fault, Found, Parsed, Shared, build,
            build::{Known, Strictly},
            cell::Cell,
            cut::{Cutter, Ends, Piece},
            gather::Gather,
            scan::{Scanner, Seen, Span},
        },
        json_lines,
    },
    record,
    schema::{Column, ColumnId},
    value::{Type, Value, Zone},
};

/// A file that is being cut.
pub(super) struct Part {
    cutter: Cutter,
    form: Arc<Form>,
}

/// What is read of the lines of a file.
pub(super) struct Form {
    lines: json_lines::Lines,
    /// By the place of their values; in the order in which they are judged.
    columns: Vec<(ColumnId, Column)>,
    places: HashMap<Vec<u8>, Vec<usize>>,
    shared: Arc<Shared>,
}

impl Part {
    /// Opens a file.
    pub(super) fn open(input: &Input, shared: &Arc<Shared>, size: usize) -> Result<Part, DataError> {
        let cutter = Cutter::open(input, Ends::Lines, size)?;
        let lines = json_lines::Lines::of(input, &shared.wanted, &shared.zone);
        let needed: BTreeSet<ColumnId> = shared.wanted.needed.iter().copied().collect();
        let columns: Vec<(ColumnId, Column)> =
            needed.into_iter().map(|id| (id, shared.wanted.table.column(id).clone())).collect();
        let mut places: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        for (place, (_, column)) in columns.iter().enumerate() {
            places.entry(column.header.clone().into_bytes()).or_default().push(place);
        }
        Ok(Part { cutter, form: Arc::new(Form { lines, columns, places, shared: Arc::clone(shared) }) })
    }

    /// The next piece; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<(Arc<Form>, Piece)>, DataError> {
        Ok(self.cutter.next()?.map(|piece| (Arc::clone(&self.form), piece)))
    }
}

/// The lines of a piece.
#[derive(Default)]
struct Rows {
    /// Of each row: where the values are, by place.
    spans: Vec<Span>,
    /// Where each row begins and ends.
    places: Vec<(usize, usize)>,
    /// Rows that were read as a whole.
    whole: HashMap<usize, Vec<Value>>,
    /// What is known of all of them.
    found: Found,
}

impl Form {
    /// Reads a piece.
    pub(super) fn parse(&self, piece: &Piece) -> Parsed {
        let bytes = &piece.bytes;
        let mut faults = vec![];
        let width = self.columns.len();
        let text = simdutf8::basic::from_utf8(bytes).ok();
        let mut rows = self.rows(piece, text.is_some());
        let columns = self.columns.iter().enumerate().map(|(place, (id, column))| {
            let spans = rows.spans.iter().skip(place).step_by(width);
            let mut strict =
                Strict { id: *id, column, zone: &self.shared.zone, whole: &rows.whole, faults: &mut faults };
            (*id, self.column(bytes, text, column, rows.places.len(), spans, &mut strict))
        });
        rows.found.columns = columns.collect();
        rows.found.faults = faults;
        self.shared.sorted_out(&self.lines.file, rows.found, |row, line, column, reason| {
            let (start, end) = rows.places.get(row).copied().unwrap_or_default();
            self.lines.bad(bytes.get(start..end).unwrap_or_default(), line, column, reason)
        })
    }

    /// Finds the rows, and where their values are.
    fn rows(&self, piece: &Piece, utf8: bool) -> Rows {
        let bytes = &piece.bytes;
        let wanted = &self.shared.wanted;
        let mut rows = Rows::default();
        let plain = wanted.nested.is_empty() && self.places.values().all(|places| places.len() == 1);
        let controls = has_controls(bytes);
        let place = |key: &[u8]| self.places.get(key).and_then(|places| places.first()).copied();
        let mut seen: Vec<Seen<'_>> = vec![];
        let (mut start, mut line, width) = (0, piece.line, self.columns.len());
        let last = (!bytes.ends_with(b"\n")).then_some(bytes.len());
        for end in memchr_iter(b'\n', bytes).chain(last) {
            let raw = bytes.get(start..end).unwrap_or_default();
            let (from, base) = (std::mem::replace(&mut start, end + 1), rows.spans.len());
            line += 1;
            if raw.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            rows.spans.resize(base + width, Span::default());
            let spans = rows.spans.get_mut(base..).unwrap_or_default();
            let right = plain && (utf8 || std::str::from_utf8(raw).is_ok());
            let scanned = right.then(|| Scanner::new(bytes, from, end, controls).object(&mut seen, place, spans));
            let mut children = vec![];
            if scanned.flatten().is_none() {
                match self.lines.row(raw, line - 1) {
                    Ok(row) => {
                        spans.fill(Span::default());
                        children = row.children;
                        rows.whole.insert(rows.places.len(), row.values);
                    }
                    Err(bad) => {
                        rows.spans.truncate(base);
                        rows.found.none.push((rows.places.len(), bad));
                        continue;
                    }
                }
            }
            rows.places.push((from, end));
            rows.found.lines.push(line - 1);
            if !wanted.nested.is_empty() {
                rows.found.children.push(children);
            }
            if wanted.verbatim {
                rows.found.verbatim.push(raw.to_vec());
            }
        }
        rows
    }

    fn column<'s, 't>(
        &self,
        bytes: &'t [u8],
        text: Option<&str>,
        column: &Column,
        rows: usize,
        spans: impl Iterator<Item = &'s Span>,
        strict: &mut Strict<'_>,
    ) -> column::Column {
        if column.ty == Type::Text {
            return texts(bytes, text, rows, spans, strict);
        }
        let cells = spans.map(|span| Cell { bytes, start: span.start(), end: span.end() });
        let quoted = |cell: Cell<'t>| match cell.raw() {
            [b'"', .., b'"'] => Some(Cell { bytes, start: cell.start + 1, end: cell.end - 1 }),
            _ => None,
        };
        build::column(column, &self.shared.days, rows, cells, quoted, strict)
    }
}

/// Whether there are control characters beside line feeds. Most pieces have none, so that no text need be looked at for them.
fn has_controls(bytes: &[u8]) -> bool {
    // Without branches within a block the compiler compares many bytes at once.
    let block =
        |block: &[u8]| block.iter().fold(0, |any, byte| any | u8::from(*byte < 0x20) & u8::from(*byte != b'\n'));
    bytes.chunks(1024).any(|bytes| block(bytes) != 0)
}

/// The strict reader of a column's values.
struct Strict<'r> {
    id: ColumnId,
    column: &'r Column,
    zone: &'r Zone,
    whole: &'r HashMap<usize, Vec<Value>>,
    faults: &'r mut Vec<Fault>,
}

impl Strictly for Strict<'_> {
    #[inline]
    fn is_missing(&self, cell: Cell<'_>) -> bool {
        // Of what is right, only `null` begins so. Where a row was read as a whole nothing is known of its cells.
        let is_null = cell.bytes.get(cell.start) == Some(&b'n') && !cell.is_empty();
        self.column.optional && self.whole.is_empty() && (is_null || cell.is_empty())
    }

    fn bare<'t>(&self, _: Cell<'t>) -> Option<Cell<'t>> {
        None
    }

    #[cold]
    fn read(&mut self, row: usize, cell: Cell<'_>) -> Value {
        if let Some(values) = self.whole.get(&row) {
            return values.get(self.id.0 as usize).cloned().unwrap_or(Value::Missing);
        }
        let json: Option<Json> = if cell.end == 0 { None } else { serde_json::from_slice(cell.raw()).ok() };
        match record::field(json.as_ref(), self.column, self.zone) {
            Ok(value) => value,
            Err(bad) => {
                let (_, reason) = json_lines::reason(bad);
                self.faults.push(Fault { row, column: self.id, reason });
                Value::Missing
            }
        }
    }
}

/// Texts, most often of a piece that is UTF-8 throughout.
fn texts<'s>(
    bytes: &[u8],
    text: Option<&str>,
    rows: usize,
    spans: impl Iterator<Item = &'s Span>,
    strict: &mut Strict<'_>,
) -> column::Column {
    let (mut texts, mut known) = (Gather::of(rows), Known::of(rows));
    for (row, span) in spans.enumerate() {
        let cell = Cell { bytes, start: span.start(), end: span.end() };
        let is_text = bytes.get(cell.start) == Some(&b'"') && !cell.is_empty() && !span.is_escaped();
        match text {
            Some(text) if is_text => {
                texts.push_part(text, cell.start + 1, cell.end - 1);
                known.set(row);
            }
            _ if strict.is_missing(cell) => texts.push(""),
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
