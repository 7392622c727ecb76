//! What pieces give is what the plain readers give row by row, whatever the file and wherever it is cut.

use std::{fs, path::Path, sync::Arc};

use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array,
    Int8Array, Int64Array, LargeStringArray, ListArray, PrimitiveArray, RecordBatch, StringArray, StringViewArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt32Array,
    UInt64Array,
    types::{ArrowDictionaryKeyType, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt64Type},
};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{Field, Schema};
use arrow_select::take::take;

use proptest::{prelude::*, sample::select};

use crate::{
    data::{
        BadRow, Input, Memory, Nested, Parsed, Row, Wanted,
        chunks::{Chunk, Chunks},
        chunks_of, rows_as,
    },
    schema::{Column, ColumnId, Role, Source, Table, TableId},
    value::{Type, Value, Zone, moment_text::MomentFormat},
};

/// `name: type`, and `optional`.
fn column(name: &str, ty: Type, optional: bool) -> Column {
    Column {
        name: name.into(),
        header: name.into(),
        ty,
        optional,
        format: MomentFormat::Iso,
        source: Source::Data,
        span: None,
    }
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
        let Parsed { file, batch, bad, children, verbatim } = chunk.parse().map_err(|error| error.to_string())?;
        let mut bad = bad.into_iter().peekable();
        for row in 0..=batch.rows {
            while let Some((_, bad)) = bad.next_if(|(before, _)| *before <= row) {
                rows.push(Err(bad));
            }
            if row < batch.rows {
                let line = batch.lines[row];
                let children = children.get(row).cloned().unwrap_or_default();
                let verbatim = verbatim.get(row).cloned().unwrap_or_default();
                rows.push(Ok(Row {
                    file: std::sync::Arc::clone(&file),
                    line,
                    values: batch.record(row),
                    children,
                    verbatim,
                }));
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

fn file(folder: &Path, name: &str, bytes: &[u8]) -> Input {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    Input::parse(path.to_str().unwrap()).unwrap()
}

fn check_delimited(bytes: &[u8], name: &str, size: usize, verbatim: bool) {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), name, bytes);
    let plain = one_by_one(&input, &wanted(verbatim));
    let shown = String::from_utf8_lossy(bytes);
    assert_eq!(in_pieces(&input, &wanted(verbatim), size), plain, "{shown:?} in pieces of {size}");
}

const HEADER: &str = "id,n,d,f,b,day,at,long,list,ms,german,there";

/// Cells that a column may hold: right ones, wrong ones, and what only looks like one.
fn cell(of: usize) -> BoxedStrategy<Vec<u8>> {
    let texts = [
        "",
        "u1",
        "米",
        "a \"b\" c",
        "\"quoted\"",
        "\"with, comma\"",
        "\"two\nlines\"",
        "\"a\"\"b\"",
        "\"a\"b",
        "\"a\" ",
        "\"a\"b\"c\"",
        "\"open",
    ];
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
    #![proptest_config(ProptestConfig::with_cases(200))]

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
        check_delimited(&bytes, "users.csv", size, verbatim);
    }

    #[test]
    fn pieces_of_anything_hold_what_its_rows_are(
        head in select(&["id,there\n", "there\tid\n", "\"id\",\"there\"\r\n", "id\n", "", "id,id\n", "\u{feff}\"id\",there\n"][..]),
        body in prop::collection::vec(select(&b"\",\n\r\t1a\xFF\n,"[..]), 0..300),
        size in 1_usize..200,
    ) {
        let bytes = [head.as_bytes(), &body].concat();
        check_delimited(&bytes, "users.csv", size, true);
        check_delimited(&bytes, "users.tsv", size, true);
    }
}

/// What a memory gives, asked for these columns one question after the other, is what the file gives.
fn check_memory(bytes: &[u8], name: &str, questions: &[Vec<u32>]) {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), name, bytes);
    let memory = Arc::new(Memory::default());
    let shown = String::from_utf8_lossy(bytes);
    for question in questions {
        let needed: Vec<ColumnId> = question.iter().copied().map(ColumnId).collect();
        let wanted = Wanted { needed, ..wanted(false) };
        let kept = memory.input(&input.name()).unwrap();
        let no_verbatim = |rows: Result<Vec<Read>, String>| {
            rows.map(|rows| {
                rows.into_iter().map(|row| row.map(|row| Row { verbatim: vec![], ..row })).collect::<Vec<Read>>()
            })
        };
        let plain = no_verbatim(in_pieces(&input, &wanted, 1 << 20));
        assert_eq!(no_verbatim(in_pieces(&kept, &wanted, 1 << 20)), plain, "{shown:?}, {question:?}");
        assert_eq!(no_verbatim(one_by_one(&kept, &wanted)), plain, "{shown:?}, {question:?}, row by row");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_memory_gives_what_the_file_holds(
        rows in prop::collection::vec(row(), 0..6),
        questions in prop::collection::vec(prop::sample::subsequence((0..13).collect::<Vec<u32>>(), 1..13), 1..5),
    ) {
        let bytes = [HEADER.as_bytes(), b"\n", &rows.concat()].concat();
        check_memory(&bytes, "users.csv", &questions);
        let some: Vec<&[u8]> = b"id,there\nu1,5\nu2,7\n".split_inclusive(|byte| *byte == b'\n').collect();
        check_memory(&some.concat(), "users.csv", &questions);
    }
}

#[test]
fn a_memory_sees_that_a_file_was_changed_and_that_it_is_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let memory = Arc::new(Memory::default());
    let wanted = Wanted { needed: vec![ColumnId(0)], ..wanted(false) };
    for rows in ["u1,5\n", "u1,5\nu2,6\n", "u1,5\n"] {
        let input = file(folder.path(), "users.csv", format!("id,there\n{rows}").as_bytes());
        let kept = memory.input(&input.name()).unwrap();
        assert_eq!(in_pieces(&kept, &wanted, 1 << 20), in_pieces(&input, &wanted, 1 << 20));
        assert_eq!(memory.rows(&kept), Some(rows.lines().count() as u64));
        assert!(!memory.stop() && memory.stop());
        assert_eq!(in_pieces(&kept, &wanted, 1 << 20), Err("interrupted".into()));
        memory.go_on();
    }
}

/// JSON values that a column may hold.
fn json(of: usize) -> BoxedStrategy<String> {
    let texts = [
        "\"u1\"",
        "\"米\"",
        "\"a long text of more than sixteen bytes\"",
        "\"a \\\"b\\\"\"",
        "\"\\u7c73\\ud83d\\ude00\"",
        "\"\"",
    ];
    let usual: &[&str] = match of {
        1 | 11 => &["0", "7", "-12", "2.0", "123456789012", "9223372036854775807", "2.5", "1e3", "-0"],
        2 => &["1.5", "-0.01", "12", "1.500", "1.005", "92233720368547758.07", "99999999999999999999", "5e-1"],
        3 => &["1.5", "-0.0", "1e3", "1e999", "123456789.123456", "12345678901234567890", "7"],
        4 => &["true", "false"],
        5 => &["\"2026-11-22\"", "\"2026-02-30\"", "20261122"],
        6 => &["\"2026-11-22T08:00\"", "\"2026-03-29T02:30\"", "\"2026-11-22\"", "\"\\u0032026-11-22\"", "1763769600"],
        7 => &["\"1d12h\"", "\"30m\""],
        8 => &["[\"a\",\"b\"]", "[]", "[\"a\", null]", "[1]"],
        9 => &["1763769600000", "\"1763769600000\"", "1.5"],
        10 => &["\"22.11.2026\"", "\"2026-11-22\""],
        _ => &texts,
    };
    let odd = [
        "\"x\"",
        "5",
        "-1.0",
        "true",
        "[1,{\"a\":[]}]",
        "{}",
        "\"\\ud800\"",
        "\"\\x\"",
        "01",
        "nul",
        "\"",
        "\"\t\"",
        "",
        "{\"$serde_json::private::Number\":\"1\"}",
        "\"\u{1}\"",
    ];
    prop_oneof![60 => select(usual.to_vec()), 6 => Just("null"), 1 => select(odd.to_vec())]
        .prop_map(str::to_owned)
        .boxed()
}

fn object() -> impl Strategy<Value = Vec<u8>> {
    let keys: Vec<&str> = HEADER.split(',').chain(["more", "orders"]).collect();
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let orders = select(&["[]", "null", "[{\"amount\":5},{\"amount\":\"x\"}]", "[{\"amount\":5.5}]", "7"][..]);
    let values: Vec<BoxedStrategy<String>> =
        (0..13).map(json).chain([orders.prop_map(str::to_owned).boxed()]).collect();
    let pairs = values.prop_map(move |values| {
        keys.iter().zip(values).map(|(key, value)| format!("\"{key}\":{value}")).collect::<Vec<_>>()
    });
    let space = || select(&["", "", "", "", " ", "\t"][..]);
    let shuffled = prop_oneof![5 => pairs.clone(), 1 => pairs.prop_shuffle()];
    let left_out = prop_oneof![5 => Just(usize::MAX), 1 => 0_usize..14];
    let end = select(&["\n", "\n", "\n", "\n", "\r\n", "\n\n", " \n\t\n"][..]);
    let one = (shuffled, left_out, any::<bool>(), space(), space(), end);
    let one = one.prop_map(|(mut pairs, left_out, twice, before, between, end)| {
        if left_out < pairs.len() {
            let pair = pairs.remove(left_out);
            if twice {
                pairs.extend([pair.clone(), pair]);
            }
        }
        let pairs = pairs.join(&format!("{between},"));
        format!("{before}{{{between}{pairs}{between}}}{end}").into_bytes()
    });
    let odd =
        ["{}\n", "[]\n", "7\n", "{\"id\":\"a\",\"there\":1}\n", "{\"\\u0069d\":\"a\",\"there\":1}\n", "{\"id\"\n"];
    let nasty = prop::collection::vec(select(&b"{}\":,\n1a\xFF\\[ "[..]), 0..40);
    prop_oneof![20 => one, 1 => select(odd.to_vec()).prop_map(|line| line.as_bytes().to_vec()), 1 => nasty]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn pieces_of_json_lines_hold_what_its_rows_are(
        lines in prop::collection::vec(object(), 0..12),
        size in 1_usize..900,
        cut in 0_usize..3,
        broken in prop::option::weighted(0.1, 0_usize..2000),
        verbatim in any::<bool>(),
        with_orders in any::<bool>(),
    ) {
        let mut bytes = lines.concat();
        bytes.truncate(bytes.len().saturating_sub(cut));
        if let Some(at) = broken.filter(|at| *at < bytes.len()) {
            bytes[at] = 0xFF;
        }
        let orders = Table {
            name: "orders".into(),
            role: Role::Children { by: ColumnId(0), at: None },
            key: None,
            columns: vec![column("user_id", Type::Text, false), column("amount", Type::Decimal(2), false)],
            from: None,
            declared: true,
            span: None,
        };
        let orders = Nested { id: TableId(1), table: orders, needed: [0, 1].map(ColumnId).into() };
        let mut wanted = wanted(verbatim);
        wanted.nested.extend(with_orders.then_some(orders));
        let folder = tempfile::tempdir().unwrap();
        let input = file(folder.path(), "users.jsonl", &bytes);
        let shown = String::from_utf8_lossy(&bytes);
        prop_assert_eq!(in_pieces(&input, &wanted, size), one_by_one(&input, &wanted), "{:?} in pieces of {}", shown, size);
    }
}

#[test]
fn parts_of_a_table_follow_one_another_and_may_be_packed() {
    let folder = tempfile::tempdir().unwrap();
    let packed = |bytes: &[u8]| zstd::encode_all(bytes, 0).unwrap();
    file(folder.path(), "a.csv", b"id,there\nu1,1\nu2,x\n");
    file(folder.path(), "b.csv", b"there,n,id\r\n3,4,u3\r\n");
    file(folder.path(), "c.csv.zst", &packed(b"id,there\nu4,5"));
    let input = Input::parse(folder.path().to_str().unwrap()).unwrap();
    let rows = in_pieces(&input, &wanted(false), 5).unwrap();
    let told = rows.iter().map(|row| match row {
        Ok(row) => format!("{} {:?}", row.line, row.values[0]),
        Err(bad) => bad.to_string().replace(folder.path().to_str().unwrap(), ""),
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    2 Text("u1")
    /a.csv:3: column `there`: `x` is not a number
    2 Text("u3")
    2 Text("u4")
    "#);

    fs::write(folder.path().join("d.csv"), "id\nu5\n").unwrap();
    let input = Input::parse(folder.path().to_str().unwrap()).unwrap();
    let error = in_pieces(&input, &wanted(false), 5).unwrap_err();
    assert!(error.ends_with("d.csv`: the header has no column `there`"), "{error}");
}

#[test]
fn a_quote_that_is_never_closed_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "users.csv", format!("id,there\nu1,1\n\"u2,{}", "x\n".repeat(9 << 20)).as_bytes());
    let error = in_pieces(&input, &wanted(false), 1 << 20).unwrap_err();
    assert!(error.ends_with("the row that begins on line 3 is longer than 16 MiB"), "{error}");
}

/// Arrays as Parquet files may have them.
fn arrays() -> Vec<ArrayRef> {
    let list = [Some(vec![Some(1), Some(2)]), None, Some(vec![None]), Some(vec![])];
    let texts = [Some("2026-11-22"), None, Some("2026-11-22T08:00"), Some("米"), Some(""), Some("1d12h")];
    let floats = [Some(1.5), None, Some(-0.0), Some(2.0), Some(f64::NAN), Some(1e300), Some(0.125)];
    let instants = vec![Some(1_763_769_600), None, Some(-1), Some(i64::MAX), Some(1_774_747_800)];
    let times = || instants.clone().into_iter().map(|it| it.map(|it: i64| it.saturating_mul(1000)));
    vec![
        Arc::new(Int64Array::from(vec![Some(5), None, Some(-7), Some(i64::MAX), Some(0), Some(1_763_769_600_000)])),
        Arc::new(Int8Array::from(vec![Some(5), None, Some(-7)])),
        Arc::new(UInt64Array::from(vec![Some(5), None, Some(u64::MAX)])),
        Arc::new(Float64Array::from_iter(floats)),
        Arc::new(Float32Array::from(vec![Some(1.5), None, Some(0.1)])),
        Arc::new(
            Decimal128Array::from(vec![Some(150), None, Some(i128::from(i64::MAX) * 100), Some(155)])
                .with_precision_and_scale(38, 2)
                .unwrap(),
        ),
        Arc::new(Decimal128Array::from(vec![Some(7), Some(-1)]).with_precision_and_scale(10, 0).unwrap()),
        // Nothing is missing: these are taken as they are.
        Arc::new(Int64Array::from(vec![5, -7, i64::MAX, 0, 1])),
        Arc::new(Float64Array::from(vec![1.5, -0.0, 2.0])),
        Arc::new(Decimal128Array::from(vec![700, -125, 0]).with_precision_and_scale(15, 2).unwrap()),
        Arc::new(Decimal128Array::from(vec![700, 10_i128.pow(30)]).with_precision_and_scale(38, 2).unwrap()),
        Arc::new(Date32Array::from(vec![20_000, -1, 0])),
        Arc::new(Date32Array::from(vec![20_000, i32::MAX])),
        Arc::new(StringArray::from(vec!["a", "b", "a", "a", "", "b", "米", "a", "a"])),
        Arc::new(LargeStringArray::from(vec!["a", "b", "a", "a", "", "b", "米", "a", "a"])),
        Arc::new(StringViewArray::from(vec!["a", "b", "a", "a", "", "longer than a view holds", "米", "a", "a"])),
        Arc::new(vec!["a", "b", "a", "a", "", "b"].into_iter().collect::<DictionaryArray<Int32Type>>()),
        Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
        Arc::new(Date32Array::from(vec![Some(20_000), None, Some(-1)])),
        Arc::new(StringArray::from_iter(texts)),
        Arc::new(StringViewArray::from_iter(texts)),
        Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>()),
        Arc::new(TimestampSecondArray::from(instants.clone())),
        Arc::new(TimestampMillisecondArray::from_iter(times()).with_timezone("UTC")),
        Arc::new(TimestampMicrosecondArray::from_iter(times().map(|it| it.map(|it| it.saturating_mul(1000))))),
        Arc::new(TimestampNanosecondArray::from(vec![Some(1_763_769_600_123_456_789), None, Some(-1)])),
        Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(list)),
    ]
}

#[test]
fn pieces_of_parquet_and_arrow_hold_what_their_rows_are() {
    let folder = tempfile::tempdir().unwrap();
    let types = [
        Type::Text,
        Type::Int,
        Type::Decimal(2),
        Type::Decimal(0),
        Type::Float,
        Type::Bool,
        Type::Date,
        Type::Timestamp,
        Type::Duration,
        Type::List(Box::new(Type::Int)),
    ];
    for (number, array) in arrays().into_iter().enumerate() {
        let path = folder.path().join(format!("{number}.parquet"));
        let schema = Arc::new(Schema::new(vec![Field::new("x", array.data_type().clone(), true)]));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::clone(&array)]).unwrap();
        let properties = parquet::file::properties::WriterProperties::builder();
        let properties = properties.set_max_row_group_row_count(Some(4)).build();
        let file = fs::File::create(&path).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, schema, Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let half = batch.num_rows() / 2;
        let batches = [batch.slice(0, half), batch.slice(half, batch.num_rows() - half)];
        let (as_file, as_stream) = (path.with_extension("arrow"), path.with_extension("stream.arrow"));
        let mut writer = FileWriter::try_new(fs::File::create(&as_file).unwrap(), &batch.schema()).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap();
        let mut writer = StreamWriter::try_new(fs::File::create(&as_stream).unwrap(), &batch.schema()).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap();
        let inputs = [&path, &as_file, &as_stream].map(|path| Input::parse(path.to_str().unwrap()).unwrap());
        for (input, ty) in inputs.iter().flat_map(|input| types.iter().map(move |ty| (input, ty))) {
            let moments = matches!(ty, Type::Date | Type::Timestamp);
            for (optional, epoch) in [(true, false), (false, false), (true, true)] {
                let format = if epoch && moments { MomentFormat::EpochMillis } else { MomentFormat::Iso };
                let mut table = table();
                table.columns =
                    vec![Column { format, ..column("x", ty.clone(), optional) }, column("nowhere", Type::Int, true)];
                let needed = vec![ColumnId(0), ColumnId(1)];
                let wanted = Wanted { table, needed, nested: vec![], verbatim: optional };
                for size in [8, 24, 800] {
                    let told = format!("{:?} as {ty}, optional: {optional}, {size}", array.data_type());
                    assert_eq!(in_pieces(input, &wanted, size), one_by_one(input, &wanted), "{told}");
                }
            }
        }
    }
}

fn dictionary<K: ArrowDictionaryKeyType>(keys: &[Option<u8>], values: ArrayRef) -> ArrayRef
where
    K::Native: From<u8>,
{
    let keys = keys.iter().map(|key| key.map(K::Native::from)).collect::<PrimitiveArray<K>>();
    Arc::new(DictionaryArray::try_new(keys, values).unwrap())
}

/// The third of the values is missing, which some writers say in the dictionary and not of the row.
#[test]
fn dictionaries_of_arrow_files_say_what_their_values_written_out_say() {
    let keys: [Option<u8>; 6] = [Some(0), Some(2), None, Some(1), Some(2), Some(0)];
    let all: [(ArrayRef, Type); 4] = [
        (Arc::new(StringArray::from(vec![Some("金"), Some(""), None])), Type::Text),
        (Arc::new(LargeStringArray::from(vec![Some("2026-11-22"), Some("2026-02-30"), None])), Type::Date),
        (Arc::new(Int64Array::from(vec![Some(7), Some(-7), None])), Type::Int),
        (Arc::new(Float64Array::from(vec![Some(7.5), Some(0.0), None])), Type::Float),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.arrow");
    let input = Input::parse(path.to_str().unwrap()).unwrap();
    let read = |array: &ArrayRef, wanted: &Wanted| {
        let schema = Arc::new(Schema::new(vec![Field::new("x", array.data_type().clone(), true)]));
        let mut writer = FileWriter::try_new(fs::File::create(&path).unwrap(), &schema).unwrap();
        writer.write(&RecordBatch::try_new(schema, vec![Arc::clone(array)]).unwrap()).unwrap();
        writer.finish().unwrap();
        let rows = in_pieces(&input, wanted, 800);
        assert_eq!(rows, one_by_one(&input, wanted), "{:?}", array.data_type());
        rows
    };
    for (values, ty) in all {
        let own = |key: &Option<u8>| key.map(u32::from);
        let written_out = take(&values, &UInt32Array::from_iter(keys.iter().map(own)), None).unwrap();
        assert_eq!(written_out.null_count(), 3);
        let shared = [
            dictionary::<UInt8Type>(&keys, Arc::clone(&values)),
            dictionary::<UInt16Type>(&keys, Arc::clone(&values)),
            dictionary::<Int32Type>(&keys, Arc::clone(&values)),
            dictionary::<UInt64Type>(&keys, Arc::clone(&values)),
        ];
        for optional in [true, false] {
            let mut table = table();
            table.columns = vec![column("x", ty.clone(), optional)];
            let wanted = Wanted { table, needed: vec![ColumnId(0)], nested: vec![], verbatim: optional };
            let plain = read(&written_out, &wanted);
            for dictionary in &shared {
                assert_eq!(read(dictionary, &wanted), plain, "{:?} as {ty}", dictionary.data_type());
            }
        }
    }
}

/// Lines and values of a Parquet file's rows, in pieces of so many bytes, so many rows at a time; of some pieces at a time, which are cut
/// together, the last is read first.
fn some_at_a_time(
    input: &Input,
    wanted: &Wanted,
    size: usize,
    together: usize,
    hands: usize,
) -> Vec<(u64, Vec<Value>)> {
    let mut chunks = Chunks { together, ..chunks_of(input, wanted.clone(), &zone(), size).unwrap() };
    let mut rows = vec![];
    loop {
        let cut: Vec<Chunk> = chunks.by_ref().take(hands).map(Result::unwrap).collect();
        if cut.is_empty() {
            break;
        }
        for chunk in cut.into_iter().rev() {
            let mut taken = |Parsed { batch, .. }: Parsed| {
                assert!(batch.rows <= together, "{} rows at a time, and not {together}", batch.rows);
                rows.extend(batch.lines.iter().enumerate().map(|(row, line)| (*line, batch.record(row))));
            };
            chunk.each(&mut taken).unwrap();
        }
    }
    rows.sort_by_key(|(line, _)| *line);
    rows
}

#[test]
fn rows_of_a_group_are_the_same_whoever_reads_on() {
    let folder = tempfile::tempdir().unwrap();
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter((0..100).map(|it| (it % 7 != 3).then_some(it * it))));
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..100).map(|it| format!("u{}", it % 13))));
    let batch = RecordBatch::try_from_iter([("id", texts), ("n", numbers)]).unwrap();
    let path = folder.path().join("users.parquet");
    let properties = parquet::file::properties::WriterProperties::builder();
    let properties = properties.set_max_row_group_row_count(Some(60)).build();
    let file = fs::File::create(&path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let input = Input::parse(path.to_str().unwrap()).unwrap();
    let mut table = table();
    table.columns.truncate(2);
    let wanted = Wanted { table, needed: vec![ColumnId(0), ColumnId(1)], nested: vec![], verbatim: false };
    let expected: Vec<(u64, Vec<Value>)> = one_by_one(&input, &wanted)
        .unwrap()
        .into_iter()
        .map(|row| row.unwrap())
        .map(|row| (row.line, row.values))
        .collect();
    for size in [8, 56, 104, 160, 480] {
        for together in [1, 3, 7, 13, 100] {
            for hands in [1, 2, 3, 100] {
                let told = format!("pieces of {size} bytes, {together} rows at a time, {hands} hands");
                assert_eq!(some_at_a_time(&input, &wanted, size, together, hands), expected, "{told}");
            }
        }
    }
}
