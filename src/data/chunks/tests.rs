//! What pieces give is what the plain readers give row by row, whatever the file and wherever it is cut.

use std::{fs, path::Path};

use proptest::{prelude::*, sample::select};

use crate::{
    data::{BadRow, Input, Parsed, Row, Wanted, chunks_of, rows_as},
    schema::{Column, ColumnId, Role, Table},
    value::{Type, Zone, moment_text::MomentFormat},
};

/// `name: type`, and `optional`.
fn column(name: &str, ty: Type, optional: bool) -> Column {
    Column { name: name.into(), header: name.into(), ty, optional, format: MomentFormat::Iso, span: None }
}

fn table() -> Table {
    let columns = vec![
        column("id", Type::Text, false),
        column("n", Type::Int, true),
        column("d", Type::Decimal(2), true),
        column("f", Type::Float, true),
        column("b", Type::Bool, true),
        column("day", Type::Date, true),
        column("at", Type::Timestamp, true),
        column("long", Type::Duration, true),
        column("list", Type::List(Box::new(Type::Text)), true),
        Column { format: MomentFormat::EpochMillis, ..column("ms", Type::Timestamp, true) },
        Column { format: MomentFormat::Pattern("%d.%m.%Y".into()), ..column("german", Type::Date, true) },
        column("there", Type::Int, false),
        column("nowhere", Type::Text, true),
    ];
    let name = "users".into();
    Table { name, role: Role::Root, key: Some(ColumnId(0)), columns, from: None, declared: true, span: None }
}

fn wanted(verbatim: bool) -> Wanted {
    // The judge goes through the columns in this order.
    let needed = [0, 11, 2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 12].map(ColumnId).to_vec();
    Wanted { table: table(), needed, nested: vec![], verbatim }
}

fn zone() -> Zone {
    Zone::parse("Europe/Berlin").expect("a zone")
}

type Read = Result<Row, Box<BadRow>>;

/// The rows of a file in pieces of so many bytes, or why it cannot be read.
fn in_pieces(input: &Input, wanted: &Wanted, size: usize) -> Result<Vec<Read>, String> {
    let mut rows = vec![];
    for chunk in chunks_of(input, wanted.clone(), &zone(), size).map_err(|error| error.to_string())? {
        let chunk = chunk.map_err(|error| error.to_string())?;
        let Parsed { batch, bad, children, verbatim } = chunk.parse().map_err(|error| error.to_string())?;
        let mut bad = bad.into_iter().peekable();
        for row in 0..=batch.rows {
            while let Some((_, bad)) = bad.next_if(|(before, _)| *before <= row) {
                rows.push(Err(bad));
            }
            if row < batch.rows {
                let line = batch.lines[row];
                let children = children.get(row).cloned().unwrap_or_default();
                let verbatim = verbatim.get(row).cloned().unwrap_or_default();
                rows.push(Ok(Row { line, values: batch.record(row), children, verbatim }));
            }
        }
        assert!(bad.next().is_none());
    }
    Ok(rows)
}

fn one_by_one(input: &Input, wanted: &Wanted) -> Result<Vec<Read>, String> {
    let rows = rows_as(input, wanted.clone(), &zone()).map_err(|error| error.to_string())?;
    rows.collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// The line that each row begins on. The plain reader tells the one that it stood on when it had read the row before.
fn lines(bytes: &[u8], delimiter: u8) -> Vec<u64> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    let mut lines = vec![];
    while reader.read_byte_record(&mut record).unwrap() {
        let stood = record.position().unwrap().byte() as usize;
        let begins = stood + bytes[stood..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        lines.push(1 + bytes[..begins].iter().filter(|byte| **byte == b'\n').count() as u64);
    }
    lines
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> Input {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    Input::parse(path.to_str().unwrap()).unwrap()
}

fn check_delimited(bytes: &[u8], name: &str, delimiter: u8, size: usize, verbatim: bool) {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), name, bytes);
    let mut plain = one_by_one(&input, &wanted(verbatim));
    if let Ok(rows) = &mut plain {
        for (row, line) in rows.iter_mut().zip(lines(bytes, delimiter).into_iter().skip(1)) {
            match row {
                Ok(row) => row.line = line,
                Err(bad) => bad.line = line,
            }
        }
    }
    let shown = String::from_utf8_lossy(bytes);
    assert_eq!(in_pieces(&input, &wanted(verbatim), size), plain, "{shown:?} in pieces of {size}");
}

const HEADER: &str = "id,n,d,f,b,day,at,long,list,ms,german,there";

/// Cells that a column may hold: right ones, wrong ones, and what only looks like one.
fn cell(of: usize) -> BoxedStrategy<Vec<u8>> {
    let texts =
        ["", "u1", "米", "a \"b\" c", "\"quoted\"", "\"with, comma\"", "\"two\nlines\"", "\"a\"\"b\"", "\"open"];
    let usual: &[&str] = match of {
        1 | 11 => &["0", "7", "-12", "2.0", "99999999", "123456789012", "9223372036854775807", "2.5", "1e3"],
        2 => &["1.5", "-0.01", "12", "1234567890.12", "1.500", "1.005", "92233720368547758.07", "99999999999999999999"],
        3 => &["1.5", "-0.0", "1e3", "1e999", "NaN", "123456789.123456", "0.1", "12345678901234567890"],
        4 => &["true", "false", "TRUE", "\"true\""],
        5 => &["2026-11-22", "2026-02-30", "2026-1-5", "0000-01-01"],
        6 => {
            &["2026-11-22T08:00", "2026-03-29T02:30", "2026-11-22 08:00:00.5+02:00", "2026-11-22", "2026-11-22T08:00.5"]
        }
        7 => &["1d12h", "30m", "3mo"],
        8 => &["a;b", "\"a;b\"", ";"],
        9 => &["1763769600000", "x"],
        10 => &["22.11.2026", "2026-11-22"],
        _ => &texts,
    };
    let usual: Vec<Vec<u8>> = usual.iter().map(|text| text.as_bytes().to_vec()).collect();
    let odd: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    let nasty = prop::collection::vec(select(&b"\",\n\r\ta1.\xFF\xE7\xB1\xB3- "[..]), 0..12);
    prop_oneof![40 => select(usual), 4 => Just(vec![]), 1 => select(odd), 1 => nasty].boxed()
}

fn row() -> impl Strategy<Value = Vec<u8>> {
    let cells: Vec<BoxedStrategy<Vec<u8>>> = (0..12).map(cell).collect();
    let end = prop_oneof![20 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\r"), 1 => Just("\n\n"), 1 => Just(",\n")];
    let one = (cells, end).prop_map(|(cells, end)| [cells.join(&b','), end.as_bytes().to_vec()].concat());
    prop_oneof![20 => one, 1 => prop::collection::vec(select(&b"\",\n\r1a\xFF"[..]), 0..200)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn pieces_of_csv_hold_what_its_rows_are(
        mark in select(&["", "", "", "\u{feff}", "\n", "\r\n\n", "\u{feff}\n"][..]),
        rows in prop::collection::vec(row(), 0..12),
        size in 1_usize..600,
        cut in 0_usize..3,
        verbatim in any::<bool>(),
    ) {
        let mut bytes = [mark.as_bytes(), HEADER.as_bytes(), b"\n", &rows.concat()].concat();
        bytes.truncate(bytes.len() - cut);
        check_delimited(&bytes, "users.csv", b',', size, verbatim);
    }

    #[test]
    fn pieces_of_anything_hold_what_its_rows_are(
        head in select(&["id,there\n", "there\tid\n", "\"id\",\"there\"\r\n", "id\n", "", "id,id\n", "\u{feff}\"id\",there\n"][..]),
        body in prop::collection::vec(select(&b"\",\n\r\t1a\xFF\n,"[..]), 0..300),
        size in 1_usize..200,
    ) {
        let bytes = [head.as_bytes(), &body].concat();
        check_delimited(&bytes, "users.csv", b',', size, true);
        check_delimited(&bytes, "users.tsv", b'\t', size, true);
    }
}
