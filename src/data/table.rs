//! CSV and TSV.

use std::{collections::HashSet, io::Read};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder, Terminator};
use unicode_normalization::UnicodeNormalization;

use crate::{
    data::{
        BadRow, DataError, Input, Row, Rows, Wanted,
        bad_row::{NEVER_CLOSED, odd_width, shown},
        encoding,
        quotes::Quotes,
    },
    diagnostic::nearest,
    schema::{Column, ColumnId, Table},
    value::{Type, Value, Zone, literal, literal::BadValue, moment_text},
};

/// Records of a file, one after the other.
type Records = Reader<Quotes<Box<dyn Read + Send>>>;

/// A reader at the first row behind the header, and the header.
pub(super) fn open(input: &Input, delimiter: u8) -> Result<(Records, Vec<String>), DataError> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .terminator(Terminator::CRLF)
        .from_reader(Quotes::of(input.open()?, delimiter));
    let mut record = ByteRecord::new();
    let any = reader.read_byte_record(&mut record).map_err(|error| unreadable(input, error))?;
    let headers = if any { headers(input, &record)? } else { vec![] };
    Ok((reader, headers))
}

fn not_utf8(input: &Input, header: &[u8]) -> DataError {
    let utf_16 = encoding::is_utf16(header);
    DataError::Unfit {
        file: input.name(),
        reason: if utf_16 { "the file is UTF-16, not UTF-8" } else { "the header is not UTF-8" }.into(),
        help: Some(encoding::remedy(utf_16)),
    }
}

/// The names in a header.
pub(super) fn headers(input: &Input, record: &ByteRecord) -> Result<Vec<String>, DataError> {
    let (mut headers, mut known) = (vec![], HashSet::new());
    for field in record {
        let text = std::str::from_utf8(field).map_err(|_| not_utf8(input, record.as_slice()))?;
        let header: String = text.trim_start_matches('\u{feff}').nfc().collect();
        if !known.insert(header.clone()) {
            return Err(DataError::unfit(&input.name(), format!("the header names `{header}` twice")));
        }
        headers.push(header);
    }
    Ok(headers)
}

/// The rows of a table.
pub(super) fn rows(input: &Input, delimiter: u8, wanted: &Wanted, zone: &Zone) -> Result<Rows, DataError> {
    let (mut reader, headers) = open(input, delimiter)?;
    let (table, needed) = (&wanted.table, &wanted.needed);
    let columns = if headers.is_empty() { vec![] } else { fit(input, table, needed, &headers)? };
    let shape = Shape {
        file: input.name(),
        width: headers.len(),
        all: table.columns.len(),
        columns,
        zone: zone.clone(),
        verbatim: wanted.verbatim,
    };
    let input = input.clone();
    let mut record = ByteRecord::new();
    Ok(Box::new(std::iter::from_fn(move || match reader.read_byte_record(&mut record) {
        Ok(false) => None,
        Ok(true) => Some(Ok(shape.row(&record, delimiter, reader.get_ref().never_closed()))),
        Err(error) => Some(Err(unreadable(&input, error))),
    })))
}

/// What is read of each row.
struct Shape {
    file: String,
    width: usize,
    all: usize,
    /// Field of the row, id, column.
    columns: Vec<(usize, ColumnId, Column)>,
    zone: Zone,
    verbatim: bool,
}

impl Shape {
    fn row(&self, record: &ByteRecord, delimiter: u8, never_closed: bool) -> Result<Row, Box<BadRow>> {
        let line = record.position().map_or(0, csv::Position::line);
        let bad = |column: Option<&Column>, reason: String| {
            let column = column.map(|column| column.header.clone());
            Box::new(BadRow { file: self.file.clone(), line, column, reason, verbatim: verbatim(record, delimiter) })
        };
        if never_closed {
            return Err(bad(None, NEVER_CLOSED.into()));
        }
        if record.len() != self.width {
            let reason = odd_width(record.len(), self.width);
            return Err(bad(None, reason));
        }
        let mut values = vec![Value::Missing; self.all];
        for (at, id, column) in &self.columns {
            let field = record.get(*at).unwrap_or_default();
            let text = std::str::from_utf8(field).map_err(|error| {
                let byte = field.get(error.valid_up_to()).copied().unwrap_or_default();
                bad(Some(column), encoding::not_utf8(byte))
            })?;
            if text.is_empty() {
                if column.optional {
                    continue;
                }
                return Err(bad(Some(column), format!("the value is missing, and `{}` may not be", column.ty)));
            }
            let value = read(text, column, &self.zone)
                .map_err(|reason| bad(Some(column), format!("{} {reason}", shown(text))))?;
            if let Some(slot) = values.get_mut(id.0 as usize) {
                *slot = value;
            }
        }
        let verbatim = if self.verbatim { verbatim(record, delimiter) } else { vec![] };
        Ok(Row { line, values, children: vec![], verbatim })
    }
}

/// A cell as its column's type.
pub(super) fn read(text: &str, column: &Column, zone: &Zone) -> Result<Value, BadValue> {
    match (&column.format, &column.ty) {
        (moment_text::MomentFormat::Iso, ty) => literal::from_text(text, ty, zone),
        (format, Type::Date) => Ok(Value::Date(moment_text::read_date(text, format, zone)?)),
        (format, _) => Ok(Value::Timestamp(moment_text::read_timestamp(text, format, zone)?)),
    }
}

/// Where each needed column stands in the header.
pub(super) fn fit(
    input: &Input,
    table: &Table,
    needed: &[ColumnId],
    headers: &[String],
) -> Result<Vec<(usize, ColumnId, Column)>, DataError> {
    let (mut found, mut lacking) = (vec![], vec![]);
    for id in needed {
        let column = table.column(*id);
        match headers.iter().position(|header| *header == column.header) {
            Some(at) => found.push((at, *id, column.clone())),
            None if column.optional => {}
            None => lacking.push(column),
        }
    }
    if lacking.is_empty() { Ok(found) } else { Err(self::lacking(input, &lacking, headers)) }
}

/// All columns that a header lacks, each with the one that may be meant.
fn lacking(input: &Input, columns: &[&Column], headers: &[String]) -> DataError {
    let other = headers.first().filter(|_| headers.len() == 1).and_then(|only| {
        [(';', "`;`"), ('\t', "a tab"), ('|', "`|`")].into_iter().find(|(sign, _)| only.contains(*sign))
    });
    if let Some((_, sign)) = other {
        let reason = format!("its fields seem to be separated by {sign}, and this is read as separated by commas");
        let help = Some("save it with commas; of tabs say `tsv:FILE`".to_owned());
        return DataError::Unfit { file: input.name(), reason, help };
    }
    let near = |column: &&Column| {
        let near = nearest(&column.header, headers.iter().map(String::as_str))?;
        Some((near.to_owned(), format!("`{}: {} from \"{near}\"`", column.name, column.ty)))
    };
    let (there, written): (Vec<String>, Vec<String>) = columns.iter().filter_map(near).unzip();
    let quoted = |names: Vec<&str>| names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    let help = (!there.is_empty()).then(|| {
        let there = quoted(there.iter().map(String::as_str).collect());
        let if_so = if written.len() == 1 { "if that is it" } else { "if those are they" };
        format!("the header has {there}; {if_so}, write {}", written.join(", "))
    });
    let word = if columns.len() == 1 { "column" } else { "columns" };
    let names = quoted(columns.iter().map(|column| column.header.as_str()).collect());
    DataError::Unfit { file: input.name(), reason: format!("the header has no {word} {names}"), help }
}

/// The row as CSV again, quoted where it must be.
pub(super) fn verbatim(record: &ByteRecord, delimiter: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(vec![]);
    match writer.write_byte_record(record) {
        Ok(()) => writer.into_inner().unwrap_or_default(),
        Err(_) => vec![],
    }
}

fn unreadable(input: &Input, error: csv::Error) -> DataError {
    let text = error.to_string();
    match error.into_kind() {
        ErrorKind::Io(error) => input.unreadable(error),
        _ => DataError::unfit(&input.name(), text),
    }
}
