//! The readers: pieces read column by column, beside the plain ones that read row by row and are the oracle, and beside
//! libraries that only split, or only unpack. `cargo bench --bench readers`; rows by the environment variable `ROWS`.

mod made;

use std::{env, fs, hint::black_box, path::Path, sync::Arc};

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{Field, Schema};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use made::{columns, csv_text, input, json_text, wanted};
use tagwell::{
    data::{self, Input},
    value::{Type, Value, Zone},
};

fn parquet_file(folder: &Path, rows: u64) -> Input {
    let csv = input(folder, "for.csv", &csv_text(rows));
    let plain = data::rows_as(&csv, wanted(), &Zone::utc()).expect("the file is good");
    let rows: Vec<data::Row> = plain.map(|row| row.expect("a good file").expect("a good row")).collect();
    let array = |at: usize, ty: &Type| -> ArrayRef {
        let values = rows.iter().map(|row| row.values.get(at).cloned().unwrap_or(Value::Missing));
        macro_rules! of {
            ($array:ty, $variant:path) => {
                <$array>::from_iter(values.map(|value| if let $variant(it) = value { Some(it) } else { None }))
            };
        }
        match ty {
            Type::Text => Arc::new(of!(StringArray, Value::Text)),
            Type::Int => Arc::new(of!(Int64Array, Value::Int)),
            Type::Float => Arc::new(of!(Float64Array, Value::Float)),
            Type::Date => Arc::new(of!(Date32Array, Value::Date)),
            Type::Timestamp => Arc::new(of!(TimestampMicrosecondArray, Value::Timestamp).with_timezone("UTC")),
            Type::Bool => Arc::new(of!(BooleanArray, Value::Bool)),
            _ => {
                let decimals =
                    values.map(|value| if let Value::Decimal(it) = value { Some(it.mantissa) } else { None });
                Arc::new(Decimal128Array::from_iter(decimals).with_precision_and_scale(18, 2).expect("two places"))
            }
        }
    };
    let arrays: Vec<ArrayRef> = columns().iter().enumerate().map(|(at, (_, ty, _))| array(at, ty)).collect();
    let fields: Vec<Field> = columns()
        .iter()
        .zip(&arrays)
        .map(|((name, ..), array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("as many values of each");
    let path = folder.join("users.parquet");
    let file = fs::File::create(&path).expect("a temporary file can be written");
    let snappy = parquet::basic::Compression::SNAPPY;
    let properties = parquet::file::properties::WriterProperties::builder().set_compression(snappy).build();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a good schema");
    writer.write(&batch).expect("a temporary file can be written");
    writer.close().expect("a temporary file can be written");
    Input::parse(&path.to_string_lossy()).expect("the form is known")
}

/// Row by row, as the plain readers do.
fn plain(input: &Input) -> usize {
    let wanted = wanted();
    let rows = data::rows_as(input, wanted, &Zone::utc()).expect("the file is good");
    rows.map(|row| black_box(row.expect("the file is good").expect("the row is good")).values.len()).sum()
}

/// In pieces, on one thread.
fn pieces(input: &Input) -> usize {
    let chunks = data::chunks(input, wanted(), &Zone::utc()).expect("the file is good");
    chunks.map(|chunk| black_box(chunk.and_then(data::Chunk::parse)).expect("the file is good").batch.rows).sum()
}

/// In pieces, on all threads.
fn pieces_on_all(input: &Input) -> usize {
    use rayon::iter::{ParallelBridge, ParallelIterator};
    let chunks = data::chunks(input, wanted(), &Zone::utc()).expect("the file is good");
    let rows = |chunk: Result<data::Chunk, _>| chunk.and_then(data::Chunk::parse).expect("the file is good").batch.rows;
    chunks.par_bridge().map(|chunk| black_box(rows(chunk))).sum()
}

/// Fields that are only split.
fn csv_crate(input: &Input) -> usize {
    let mut reader = csv::ReaderBuilder::new().from_reader(input.open().expect("the file is there"));
    let (mut record, mut fields) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record).expect("the file is good") {
        fields += black_box(&record).len();
    }
    fields
}

/// Objects that are only unpacked.
fn serde_json(input: &Input) -> usize {
    let text = fs::read(input.name()).expect("the file is there");
    let objects = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    objects.map(|line| black_box(serde_json::from_slice::<serde_json::Value>(line)).is_ok() as usize).sum()
}

/// Batches that are only unpacked.
fn parquet_crate(input: &Input) -> usize {
    let file = fs::File::open(input.name()).expect("the file is there");
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).expect("a good file");
    let reader = reader.with_batch_size(1 << 16).build().expect("a good file");
    reader.map(|batch| black_box(batch.expect("a good file")).num_rows()).sum()
}

/// A format, a file in it, and what a library does with it.
type Compared = (&'static str, Input, &'static str, fn(&Input) -> usize);

fn readers(bench: &mut Criterion) {
    let rows = env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let csv = input(folder.path(), "users.csv", &csv_text(rows));
    let json = input(folder.path(), "users.jsonl", &json_text(rows));
    let parquet = parquet_file(folder.path(), rows);
    let formats: [Compared; 3] = [
        ("csv", csv, "csv crate, split only", csv_crate),
        ("json", json, "serde_json, values only", serde_json),
        ("parquet", parquet, "parquet crate, batches only", parquet_crate),
    ];
    for (format, file, other, library) in formats {
        let mut group = bench.benchmark_group(format);
        group.throughput(Throughput::Elements(rows)).sample_size(10);
        group.bench_function("row by row", |bench| bench.iter(|| plain(&file)));
        group.bench_function(other, |bench| bench.iter(|| library(&file)));
        group.bench_function("pieces, one thread", |bench| bench.iter(|| pieces(&file)));
        group.bench_function("pieces, all threads", |bench| bench.iter(|| pieces_on_all(&file)));
        group.finish();
    }
}

criterion_group!(benches, readers);
criterion_main!(benches);
