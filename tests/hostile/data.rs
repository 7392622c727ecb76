//! Data files.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, StructArray, TimestampNanosecondArray,
    UInt64Array,
};

use super::{Place, packed};

/// Runs the one-line rulebook over a file.
#[track_caller]
fn read(name: &str, bytes: impl AsRef<[u8]>, code: i32, says: &[&str]) {
    let place = Place::new();
    place.write(name, bytes);
    place.runs(&["vip.rules", name, "--summary", "none"], code, says);
}

#[test]
fn tables_name_the_line_that_is_wrong() {
    read("a.csv", "user_id,n\nu1\nu2,1\n", 2, &["a.csv:2", "1 field,"]);
    read("a.csv", "user_id,n\nu1,1,2\n", 2, &["a.csv:2", "3 fields"]);
    read("a.csv", "user_id,n,n\nu1,1,2\n", 2, &["a.csv", "twice"]);
    read("a.csv", "user_id,n\nu1,\"1\nu2,3\n", 2, &["a.csv:2", "never closed"]);
    read("a.csv", b"user_id,n\nu\xff,5\n", 2, &["a.csv:2", "0xFF"]);
    read("a.csv", b"user_id,n\xff\nu,5\n", 2, &["a.csv", "header", "CSV UTF-8"]);
    read("a.csv", b"\xff\xfeu\0,\0n\0\n\0", 2, &["a.csv", "UTF-16", "iconv -f UTF-16"]);
    read("a.csv", b"user_id,n\n\xd6\xd8,5\n", 2, &["a.csv:2", "0xD6", "CSV UTF-8", "iconv -f GB18030"]);
    read("a.csv", b"user_id,n\nM\xfcller,5\n", 2, &["a.csv:2", "0xFC", "CSV UTF-8", "iconv -f WINDOWS-1252"]);
    read("a.csv", "\"user_id\"x,n\nu,5\n", 2, &["a.csv:1", "in the header"]);
    read("a.csv", "\"user_id,n\nu,5\n", 2, &["a.csv:1", "never closed"]);
    read("a.csv", "user_id,n\nu,1e999\n", 2, &["a.csv:2", "1e999"]);
    read("a.csv", "user_id,n\nu,NaN\n", 2, &["a.csv:2", "NaN"]);
    read("a.csv", format!("user_id,n\nu,{}\n", "9".repeat(100_000)), 2, &["a.csv:2", "…"]);
    read("a.csv", b"\xef\xbb\xbfuser_id,n\r\nu1,5\r\n", 0, &["{\"user_id\":\"u1\",\"tags\":[\"vip\"]"]);
    read("a.csv", "", 2, &["`a.csv`: the file is empty: it has no header", "names the columns"]);
    read("a.csv", "\n\r\n", 2, &["a.csv", "no header"]);
    read("a.csv", "user_id,n\n", 0, &[]);
}

#[test]
fn json_lines_name_the_line_that_is_wrong() {
    read("a.jsonl", "[{\"user_id\":\"u\",\"n\":5}]\n", 2, &["a.jsonl", "line 1", "one JSON object a line"]);
    read("a.jsonl", "{\n \"user_id\":\"u\",\n \"n\":5\n}\n", 2, &["a.jsonl", "line 1"]);
    read("a.jsonl", "{\"user_id\":\"u\",\"n\":5}\n{\"user_id\":\"v\",", 2, &["a.jsonl:2"]);
    read("a.jsonl", "{\"user_id\":\"u\",\"n\":5}\n{\"user_id\":\"v\",\"n\":01}\n", 2, &["a.jsonl:2"]);
    read("a.jsonl", "{\"user_id\":\"u\",\"n\":1e999}\n", 2, &["a.jsonl:1"]);
    read("a.jsonl", "{\"user_id\":\"u\",\"n\":\"5\"}\n", 2, &["a.jsonl:1", "`5` is a text in quotes, and a"]);
    let long = format!("{{\"user_id\":\"u\",\"n\":5,\"more\":\"{}\"}}\n", "x".repeat(17 << 20));
    read("a.jsonl", long, 2, &["a.jsonl", "line 1 is longer than 16 MiB", "jq -c"]);
    read("a.jsonl", b"{\"user_id\":\"u\",\"n\":5}\n{\"user_id\":\"\xff\",\"n\":5}\n", 2, &["a.jsonl:2"]);
    let deep = format!("{{\"user_id\":\"u\",\"n\":{}{}}}\n", "[".repeat(100_000), "]".repeat(100_000));
    read("a.jsonl", deep, 2, &["a.jsonl", "line 1"]);
    read("a.jsonl", b"\xef\xbb\xbf{\"user_id\":\"u\",\"n\":5}\r\n\r\n", 0, &["\"vip\""]);
    let place = Place::new();
    place.write("int.rules", "table users key user_id { user_id: text  n: int }\ntag told when n > 0\n");
    place.write("a.jsonl", "");
    place.runs(&["int.rules", "a.jsonl"], 0, &["0 users read"]);
    let wide: String = (0..50_000).map(|at| format!("\"k{at}\":1,")).collect();
    read("a.jsonl", format!("{{{wide}\"user_id\":\"u\",\"n\":5}}\n"), 0, &["\"vip\""]);
}

#[test]
fn what_is_packed_is_unpacked_within_bounds() {
    let good = packed("user_id,n\nu,5\n");
    read("a.csv.gz", &good, 0, &["\"vip\""]);
    read("a.csv.gz", good.get(..good.len() - 5).unwrap(), 2, &["a.csv.gz", "fetch it, again"]);
    read("a.csv.gz", "user_id,n\nu,5\n", 2, &["a.csv.gz"]);
    read("a.csv.zst", "user_id,n\nu,5\n", 2, &["a.csv.zst"]);
    let bomb = packed(["user_id,n\nu,".as_bytes(), &vec![b'9'; 80 << 20]].concat());
    assert!(bomb.len() < 1 << 20);
    read("a.csv.gz", &bomb, 2, &["a.csv.gz", "line 2 is longer"]);
}

pub(super) fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(vec![], batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

pub(super) fn arrow(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = arrow_ipc::writer::FileWriter::try_new(vec![], &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

pub(super) fn users() -> (&'static str, ArrayRef) {
    ("user_id", Arc::new(StringArray::from(vec!["u1", "u2"])))
}

#[test]
fn typed_files_hold_what_they_hold() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 5]));
    let nested: ArrayRef = Arc::new(StructArray::try_from(vec![("x", Arc::clone(&numbers))]).unwrap());
    read("a.parquet", parquet(vec![users(), ("n", nested)]), 2, &["a.parquet:1", "`n`", "cannot be read"]);
    let large: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX, 1]));
    read("a.parquet", parquet(vec![users(), ("n", large)]), 0, &["{\"user_id\":\"u1\",\"tags\":[\"vip\"]"]);
    read("a.parquet", "PAR1", 2, &["a.parquet"]);
    read("a.parquet", "user_id,n\nu,5\n", 2, &["a.parquet"]);
    let place = Place::new();
    place.write("known.rules", "tag told when n is known\n");
    place.write("a.parquet", parquet(vec![users(), ("n", numbers)]));
    place.runs(&["known.rules", "a.parquet"], 0, &["{\"user_id\":\"u1\",\"tags\":[\"told\"]"]);
    place.write("a.parquet", parquet(vec![users(), ("n", Arc::new(Date32Array::from(vec![i32::MAX, 0])))]));
    place.runs(&["known.rules", "a.parquet"], 2, &["a.parquet:1", "years 1 to 9999"]);
    place.write("int.rules", "table users key user_id { user_id: text  n: int }\ntag told when n > 0\n");
    let large: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX, 1]));
    place.write("a.parquet", parquet(vec![users(), ("n", large)]));
    place.runs(&["int.rules", "a.parquet"], 2, &["a.parquet:1", "does not fit a 64-bit whole number"]);
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["1", "5"]));
    place.write("a.parquet", parquet(vec![users(), ("n", texts)]));
    place.runs(
        &["int.rules", "a.parquet"],
        2,
        &["the column holds texts, and the rules want int", "declare the column"],
    );
    place.write("seen.rules", "table users key user_id { user_id: text  n: timestamp? }\ntag told when n is known\n");
    let fine = |nanos: i64| Arc::new(TimestampNanosecondArray::from(vec![Some(nanos), None])) as ArrayRef;
    place.write("a.parquet", parquet(vec![users(), ("n", fine(1_795_305_600_123_456_789))]));
    let told = ["a.parquet:1", "`2026-11-22T00:00:00.123456789Z` has more than 6 digits of a second"];
    place.runs(&["seen.rules", "a.parquet"], 2, &told);
    place.write("a.parquet", parquet(vec![users(), ("n", fine(1_795_305_600_123_456_000))]));
    place.runs(&["seen.rules", "a.parquet"], 0, &["\"told\""]);
}

#[test]
fn a_float_that_no_decimal_is_says_what_to_declare() {
    let place = Place::new();
    place.write("money.rules", "table users key user_id { user_id: text  n: decimal(2) }\ntag told when n > 0\n");
    let sums = |sum: f64| parquet(vec![users(), ("n", Arc::new(Float64Array::from(vec![7.25, sum])))]);
    place.write("a.parquet", sums(0.3));
    place.runs(&["money.rules", "a.parquet"], 0, &["\"told\""]);
    place.write("a.parquet", sums(0.1 + 0.2));
    let told =
        ["a.parquet:2: column `n`: `0.30000000000000004` has more than 2 digits", "declare the column as a float"];
    place.runs(&["money.rules", "a.parquet"], 2, &told);
    place.write("a.parquet", sums(f64::NAN));
    place.runs(&["money.rules", "a.parquet"], 2, &["a.parquet:2: column `n`: `NaN` is not a finite number"]);
}

#[test]
fn two_columns_of_one_name_are_refused() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 5]));
    let columns = vec![users(), ("n", Arc::clone(&numbers)), ("n", numbers)];
    let says = ["has the column `n` twice", "call one of them otherwise"];
    read("a.parquet", parquet(columns.clone()), 2, &says);
    read("a.arrow", arrow(columns), 2, &says);
}

#[test]
fn a_file_that_cannot_be_read_says_what_it_is_and_what_to_do() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 5]));
    let columns = vec![users(), ("n", numbers)];
    let (rows, lists) = (arrow(columns.clone()), parquet(columns));
    let cut = |bytes: &[u8]| bytes[..bytes.len() - 20].to_vec();
    let gzip = [&[0x1f, 0x8b, 8, 0][..], &[0; 20]].concat();
    let again = ["cannot be read", "cut off or damaged", "make it, or fetch it, again"];
    let cases: [(&str, Vec<u8>, &[&str]); 16] = [
        ("a.parquet", vec![], &["`a.parquet`: the file is empty", "make it, or fetch it, again"]),
        ("a.parquet", cut(&lists), &again),
        ("a.parquet", b"user_id,n\nu1,5\n".to_vec(), &["no Parquet file", "as CSV is", "`csv:a.parquet`"]),
        ("a.parquet", b"{\"user_id\":\"u1\"}\n".to_vec(), &["no Parquet file", "`jsonl:a.parquet`"]),
        ("a.parquet", rows.clone(), &["no Parquet file: it begins as Arrow does", "`arrow:a.parquet`"]),
        ("a.parquet", gzip.clone(), &["no Parquet file: it is packed by gzip", "`gunzip`"]),
        ("a.parquet", [b"PARE", &[0; 20][..], b"PARE"].concat(), &["encrypted", "without encryption"]),
        ("a.arrow", vec![], &["`a.arrow`: the file is empty"]),
        ("a.arrow", cut(&rows), &again),
        ("a.arrow", lists.clone(), &["no Arrow file: it begins as Parquet does", "`parquet:a.arrow`"]),
        ("a.csv", lists.clone(), &["no CSV file: it begins as Parquet does", "`parquet:a.csv`"]),
        ("a.csv", b"PK\x03\x04sheet".to_vec(), &["a spreadsheet, or packed by zip", "`CSV UTF-8`"]),
        ("a.csv", gzip, &["no CSV file: it is packed by gzip", "`a.csv.gz`"]),
        (
            "a.csv.gz",
            b"user_id,n\nu1,5\n".to_vec(),
            &["`a.csv.gz`: this is not packed by gzip", "does not end in `.gz`"],
        ),
        ("a.csv.zst", b"(user_id,n\nu1,5\n".to_vec(), &["this is not packed by zstd", "does not end in `.zst`"]),
        ("a.jsonl", rows, &["no file of JSON Lines: it begins as Arrow does", "`arrow:a.jsonl`"]),
    ];
    for (name, bytes, says) in cases {
        read(name, bytes, 2, says);
    }
    // A name in a header is no beginning of anything else.
    read("a.csv", "PAR1,user_id,n\nx,u1,5\n", 0, &["\"vip\""]);
    read("a.csv", "ARROW1,user_id,n\nx,u1,5\n", 0, &["\"vip\""]);
    // The form that a name says goes before what it ends with.
    let place = Place::new();
    place.write("a.csv", lists);
    place.runs(&["vip.rules", "parquet:a.csv", "--summary", "none"], 0, &["{\"user_id\":\"u2\",\"tags\":[\"vip\"]"]);
}

/// By `pyarrow.parquet.write_table(table, path, write_page_checksum=True, store_schema=False, compression="none", use_dictionary=False,
/// write_statistics=False)`, of the rows `u1, 1` and `u2, 5`.
const CHECKSUMS: &[u8] = include_bytes!("checksums.parquet");

#[test]
fn a_page_that_is_not_as_it_was_written_is_found_by_its_checksum() {
    read("a.parquet", CHECKSUMS, 0, &["{\"user_id\":\"u2\",\"tags\":[\"vip\"]"]);
    let mut other = CHECKSUMS.to_vec();
    let at = other.windows(8).position(|bytes| bytes == 5i64.to_le_bytes()).expect("the last number");
    other[at] = 4;
    let says = ["`a.parquet`: this file cannot be read", "checksum", "make it, or fetch it, again"];
    read("a.parquet", &other, 2, &says);
    let place = Place::new();
    place.write("a.parquet", &other);
    for asked in [&["check", "vip.rules", "a.parquet"][..], &["schema", "a.parquet"]] {
        let end = place.type_in(asked);
        assert_eq!(end.code, 2, "{asked:?}");
        says.iter().for_each(|words| assert!(end.err.contains(words), "{asked:?}: {}", end.err));
    }
}

#[test]
fn a_damaged_file_is_no_defect_of_ours() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 5]));
    let columns = vec![users(), ("n", numbers)];
    for (name, good) in [("a.arrow", arrow(columns.clone())), ("a.parquet", parquet(columns))] {
        let place = Place::new();
        for at in (0..good.len()).step_by(good.len() / 60 + 1) {
            let mut bad = good.clone();
            bad[at] ^= 0x55;
            place.write(name, &bad);
            let end = place.type_in(&["run", "vip.rules", name]);
            assert!(end.code == 0 || end.code == 2 || end.code == 1, "byte {at}: {}", end.err);
            place.write(name, &good[..at]);
            let end = place.type_in(&["run", "vip.rules", name]);
            assert!(end.code == 0 || end.err.contains(name), "cut at {at}: {}", end.err);
        }
    }
}
