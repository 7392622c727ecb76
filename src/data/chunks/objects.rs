//! JSON Lines in pieces. Lines are looked through for where the wanted values are; those are then read column by column.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use memchr::memchr_iter;
use serde_json::Value as Json;

use crate::{
    column::{self, Data, Texts},
    data::{
        BadRow, DataError, Input,
        chunks::{
            Fault, Parsed, Shared, build,
            build::{Known, Strictly},
            cell::Cell,
            cut::{Cutter, Ends, Piece},
            first_faults,
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
    /// Where each row stands, and its line.
    found: Vec<(usize, usize)>,
    lines: Vec<u64>,
    /// Rows that were read as a whole.
    whole: HashMap<usize, Vec<Value>>,
    /// Lines that are no rows, with the number of rows before.
    bad: Vec<(usize, Box<BadRow>)>,
    parsed: Parsed,
}

impl Form {
    /// Reads a piece.
    pub(super) fn parse(&self, piece: &Piece) -> Parsed {
        let bytes = &piece.bytes;
        let mut faults = vec![];
        let width = self.columns.len();
        let text = simdutf8::basic::from_utf8(bytes).ok();
        let mut rows = self.rows(piece, text.is_some());
        let columns: Vec<(ColumnId, column::Column)> = (self.columns.iter().enumerate())
            .map(|(place, (id, column))| {
                let spans = rows.spans.iter().skip(place).step_by(width);
                let mut strict =
                    Strict { id: *id, column, zone: &self.shared.zone, whole: &rows.whole, faults: &mut faults };
                (*id, self.column(bytes, text, column, rows.found.len(), spans, &mut strict))
            })
            .collect();
        let faults = first_faults(faults);
        if faults.is_empty() && rows.bad.is_empty() {
            rows.parsed.batch = self.shared.batch(columns, rows.lines);
            return rows.parsed;
        }
        self.without(bytes, rows, columns, faults)
    }

    /// Finds the rows, and where their values are.
    fn rows(&self, piece: &Piece, utf8: bool) -> Rows {
        let bytes = &piece.bytes;
        let wanted = &self.shared.wanted;
        let mut rows = Rows::default();
        let plain = wanted.nested.is_empty() && self.places.values().all(|places| places.len() == 1);
        let controls = bytes.iter().filter(|byte| **byte < 0x20 && **byte != b'\n').count() > 0;
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
                        rows.whole.insert(rows.found.len(), row.values);
                    }
                    Err(bad) => {
                        rows.spans.truncate(base);
                        rows.bad.push((rows.found.len(), bad));
                        continue;
                    }
                }
            }
            rows.found.push((from, end));
            rows.lines.push(line - 1);
            if !wanted.nested.is_empty() {
                rows.parsed.children.push(children);
            }
            if wanted.verbatim {
                rows.parsed.verbatim.push(raw.to_vec());
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
        let cells = spans.map(|span| Cell { bytes, start: span.start as usize, end: span.end as usize });
        if column.ty == Type::Text {
            return texts(text, rows, cells, strict);
        }
        let quoted = |cell: Cell<'t>| match cell.raw() {
            [b'"', .., b'"'] => Some(Cell { bytes, start: cell.start + 1, end: cell.end - 1 }),
            _ => None,
        };
        build::column(column, &self.shared.days, rows, cells, quoted, strict)
    }

    /// The rows of which none has a fault; and the others.
    fn without(
        &self,
        bytes: &[u8],
        rows: Rows,
        columns: Vec<(ColumnId, column::Column)>,
        faults: Vec<Fault>,
    ) -> Parsed {
        let mut keep = vec![true; rows.found.len()];
        let mut bad = vec![];
        let mut lines = rows.bad.into_iter().peekable();
        for (gone, fault) in faults.into_iter().enumerate() {
            while let Some((before, line)) = lines.next_if(|(before, _)| *before <= fault.row) {
                bad.push((before - gone, line));
            }
            let (start, end) = rows.found.get(fault.row).copied().unwrap_or_default();
            let line = rows.lines.get(fault.row).copied().unwrap_or_default();
            let header = self.shared.wanted.table.column(fault.column).header.clone();
            let raw = bytes.get(start..end).unwrap_or_default();
            bad.push((fault.row - gone, self.lines.bad(raw, line, Some(header), fault.reason)));
            if let Some(keep) = keep.get_mut(fault.row) {
                *keep = false;
            }
        }
        let gone = keep.iter().filter(|keep| !**keep).count();
        bad.extend(lines.map(|(before, line)| (before - gone, line)));
        fn only<T>(all: Vec<T>, keep: &[bool]) -> Vec<T> {
            all.into_iter().zip(keep).filter(|(_, keep)| **keep).map(|(one, _)| one).collect()
        }
        let columns = columns.into_iter().map(|(id, column)| (id, build::kept(&column, &keep))).collect();
        let batch = self.shared.batch(columns, only(rows.lines, &keep));
        let Parsed { children, verbatim, .. } = rows.parsed;
        Parsed { batch, bad, children: only(children, &keep), verbatim: only(verbatim, &keep) }
    }
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
fn texts<'t>(
    text: Option<&str>,
    rows: usize,
    cells: impl Iterator<Item = Cell<'t>>,
    strict: &mut Strict<'_>,
) -> column::Column {
    let (mut texts, mut known) = (Texts::default(), Known::of(rows));
    for (row, cell) in cells.enumerate() {
        let usual = match cell.raw() {
            [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => {
                text.and_then(|text| text.get(cell.start + 1..cell.end - 1))
            }
            _ => None,
        };
        match usual {
            Some(usual) => build::push_text(&mut texts, usual, row, &mut known),
            None => match strict.read(row, cell) {
                Value::Text(odd) => build::push_text(&mut texts, &odd, row, &mut known),
                _ => {
                    texts.push("");
                }
            },
        }
    }
    column::Column::of(Data::Texts(texts), known.bits, rows)
}
