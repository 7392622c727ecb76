//! CSV and TSV.

use std::{collections::HashSet, io::Read, sync::Arc};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder, Terminator};
use memchr::{memchr, memchr_iter};
use unicode_normalization::UnicodeNormalization;

use crate::{
    data::{
        BadRow, DataError, Input, Row, Rows, Wanted,
        bad_row::{ONCE, odd_width, shown},
        encoding,
        quotes::{BEYOND, Misquoted, Raw},
    },
    diagnostic::nearest,
    schema::{Column, ColumnId, Table},
    value::{Type, Value, Zone, literal, literal::BadValue, moment_text},
};

/// Records of a file, one after the other.
pub(super) struct Records {
    reader: Reader<Raw<Box<dyn Read + Send>>>,
    /// Where the record that was read last begins and ends.
    place: (u64, u64),
}

impl Records {
    /// Reads the next one; whether there was one.
    pub(super) fn read(&mut self, record: &mut ByteRecord) -> Result<bool, csv::Error> {
        let start = self.reader.position().byte();
        self.reader.get_mut().forget_before(start);
        let any = self.reader.read_byte_record(record)?;
        self.place = (start, self.reader.position().byte());
        Ok(any)
    }

    /// The line that the record begins on which was read last, and how it stands in the file.
    fn last(&self, record: &ByteRecord) -> (u64, &[u8]) {
        let raw = self.reader.get_ref().between(self.place.0, self.place.1);
        let raw = if self.place.0 == 0 { raw.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(raw) } else { raw };
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let blank = raw.iter().take_while(|byte| is_end(byte)).count();
        let (blank, row) = raw.split_at_checked(blank).unwrap_or((raw, &[]));
        let end = row.iter().rposition(|byte| !is_end(byte)).map_or(0, |last| last + 1);
        let line = record.position().map_or(0, csv::Position::line) + memchr_iter(b'\n', blank).count() as u64;
        (line, row.get(..end).unwrap_or_default())
    }
}

/// A reader at the first row behind the header, and the header.
pub(super) fn open(input: &Input, delimiter: u8) -> Result<(Records, Vec<String>), DataError> {
    let reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .terminator(Terminator::CRLF)
        .from_reader(Raw::of(input.open()?));
    let mut records = Records { reader, place: (0, 0) };
    let mut record = ByteRecord::new();
    if !records.read(&mut record).map_err(|error| unreadable(input, error))? {
        return Err(no_header(input));
    }
    let (line, row) = records.last(&record);
    let headers = headers(input, &record, line, Misquoted::find(row, delimiter))?;
    Ok((records, headers))
}

/// A file in which nothing stands.
pub(super) fn no_header(input: &Input) -> DataError {
    DataError::Unfit {
        file: input.name(),
        reason: "the file is empty: it has no header".into(),
        help: Some("its first line names the columns; with them alone it is a table without rows".into()),
    }
}

fn not_utf8(input: &Input, header: &[u8]) -> DataError {
    let from = encoding::of(header);
    DataError::Unfit {
        file: input.name(),
        reason: if from == "UTF-16" { "the file is UTF-16, not UTF-8" } else { "the header is not UTF-8" }.into(),
        help: Some(encoding::remedy(from)),
    }
}

/// The names in a header, which begins on this line, and may have wrong quotes.
pub(super) fn headers(
    input: &Input,
    record: &ByteRecord,
    line: u64,
    wrong: Option<Misquoted>,
) -> Result<Vec<String>, DataError> {
    if let Some(wrong) = wrong {
        let in_header = || {
            DataError::unfit(
                &format!("{}:{line}", input.name()),
                "a name in the header goes on behind its closing quote `\"`",
                "a quote inside a name is written `\"\"`, and the name within quotes",
            )
        };
        return Err(wrong.error(&input.name(), line).unwrap_or_else(in_header));
    }
    let (mut headers, mut known) = (vec![], HashSet::new());
    for field in record {
        let text = std::str::from_utf8(field).map_err(|_| not_utf8(input, record.as_slice()))?;
        let header: String = text.trim_start_matches('\u{feff}').nfc().collect();
        if !known.insert(header.clone()) {
            return Err(DataError::unfit(&input.name(), format!("the header names `{header}` twice"), ONCE));
        }
        headers.push(header);
    }
    Ok(headers)
}

/// The rows of a table.
pub(super) fn rows(input: &Input, delimiter: u8, wanted: &Wanted, zone: &Zone) -> Result<Rows, DataError> {
    let (mut records, headers) = open(input, delimiter)?;
    let columns = fit(input, &wanted.table, &wanted.needed, &headers)?;
    let shape = Shape {
        file: input.name().into(),
        delimiter,
        headers,
        all: wanted.table.columns.len(),
        columns,
        zone: zone.clone(),
        verbatim: wanted.verbatim,
    };
    let input = input.clone();
    let mut record = ByteRecord::new();
    Ok(Box::new(std::iter::from_fn(move || match records.read(&mut record) {
        Ok(false) => None,
        Ok(true) => Some(shape.row(&record, records.last(&record))),
        Err(error) => Some(Err(unreadable(&input, error))),
    })))
}

/// What is read of each row.
struct Shape {
    file: Arc<str>,
    delimiter: u8,
    headers: Vec<String>,
    all: usize,
    /// Field of the row, id, column.
    columns: Vec<(usize, ColumnId, Column)>,
    zone: Zone,
    verbatim: bool,
}

impl Shape {
    /// A row that begins on this line, and how it stands there.
    fn row(&self, record: &ByteRecord, (line, raw): (u64, &[u8])) -> Result<Result<Row, Box<BadRow>>, DataError> {
        let bad = |column: Option<String>, reason: String| {
            Err(Box::new(BadRow { file: self.file.to_string(), line, column, reason, verbatim: raw.to_vec() }))
        };
        if let Some(wrong) = memchr(b'"', raw).and_then(|_| Misquoted::find(raw, self.delimiter)) {
            return match wrong.error(&self.file, line) {
                Some(error) => Err(error),
                None => Ok(bad(wrong.column(&self.headers), BEYOND.into())),
            };
        }
        if record.len() != self.headers.len() {
            return Ok(bad(None, odd_width(record.len(), self.headers.len())));
        }
        Ok(match self.values(record) {
            Ok(values) => {
                let verbatim = if self.verbatim { raw.to_vec() } else { vec![] };
                Ok(Row { file: Arc::clone(&self.file), line, values, children: vec![], verbatim })
            }
            Err((column, reason)) => bad(Some(column.header.clone()), reason),
        })
    }

    /// Its values, or what is wrong with the first that cannot be taken.
    fn values(&self, record: &ByteRecord) -> Result<Vec<Value>, (&Column, String)> {
        let mut values = vec![Value::Missing; self.all];
        for (at, id, column) in &self.columns {
            let field = record.get(*at).unwrap_or_default();
            let text =
                std::str::from_utf8(field).map_err(|error| (column, encoding::not_utf8(field, error.valid_up_to())))?;
            if text.is_empty() {
                if column.optional {
                    continue;
                }
                return Err((column, format!("the value is missing, and `{}` may not be", column.ty)));
            }
            let value =
                read(text, column, &self.zone).map_err(|reason| (column, format!("{} {reason}", shown(text))))?;
            if let Some(slot) = values.get_mut(id.0 as usize) {
                *slot = value;
            }
        }
        Ok(values)
    }
}

/// A cell as its column's type.
pub(super) fn read(text: &str, column: &Column, zone: &Zone) -> Result<Value, BadValue> {
    match (&column.format, &column.ty) {
        (moment_text::MomentFormat::Iso, ty) => literal::from_text(text, ty, zone),
        (_, Type::Duration) => literal::duration_of_results(text),
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

fn unreadable(input: &Input, error: csv::Error) -> DataError {
    let text = error.to_string();
    match error.into_kind() {
        ErrorKind::Io(error) => input.unreadable(error),
        _ => DataError::unfit(&input.name(), text, "look at the quotes of the rows there"),
    }
}
