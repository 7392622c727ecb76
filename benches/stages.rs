//! Each stage of a run by itself, on one thread: rule text to rulebook, rulebook to plan, users in memory to answers, answers to
//! text. Reading is in `readers.rs`, one user alone in `one.rs`. `cargo bench --bench stages`; `-- plan` for one group.

mod made;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tagwell::{
    column::Batch,
    data,
    engine::{Engine, Rulebook},
    eval::kernel::{self, Found, Frame, Kernel, Slice},
    ir::DefinitionId,
    outcome::{Cells, Form, Layout, ResultColumn, ResultKind, Results, Shape},
    value::{Type, Zone},
};

/// Numbers of tags.
const SIZES: [u64; 3] = [10, 100, 1_000];
/// Users in memory.
const USERS: u64 = 1 << 16;

fn engine(tags: u64) -> Engine {
    let rulebook = Rulebook::parse("made.rules", &made::rules(tags)).expect("the rules are good");
    let checked = rulebook.check(&Default::default()).expect("the rules are good");
    checked.engine(checked.clock("2026-11-22").expect("a date"))
}

fn asked(engine: &Engine) -> Vec<DefinitionId> {
    (0..engine.rulebook().definitions.len() as u32).map(DefinitionId).collect()
}

/// Ready for users whose results are looked at one by one, as they are where records are written.
fn planned<'e>(engine: &'e Engine, asked: &[DefinitionId]) -> Kernel<'e> {
    Kernel::new(engine.interpreter(), engine.context(), asked, true)
}

/// Ready for users who are only counted.
fn planned_to_count<'e>(engine: &'e Engine, asked: &[DefinitionId]) -> Kernel<'e> {
    Kernel::new(engine.interpreter(), engine.context(), asked, false)
}

fn batches() -> Vec<Batch> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let csv = made::input(folder.path(), "users.csv", &made::csv_text(USERS));
    let chunks = data::chunks(&csv, made::wanted(), &Zone::utc()).expect("the file is good");
    chunks.map(|chunk| chunk.and_then(data::Chunk::parse).expect("the file is good").batch).collect()
}

fn slices<'b>(batches: &'b [Batch], kernel: &Kernel<'_>) -> Vec<Slice<'b>> {
    batches.iter().flat_map(|batch| Slice::all(batch, kernel.together())).collect()
}

fn rulebook(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("rulebook");
    for tags in SIZES {
        let text = made::rules(tags);
        group.throughput(Throughput::Elements(tags)).sample_size(20);
        group.bench_with_input(BenchmarkId::new("parse", tags), &text, |bench, text| {
            bench.iter(|| black_box(Rulebook::parse("made.rules", text).expect("the rules are good")));
        });
        let parsed = Rulebook::parse("made.rules", &text).expect("the rules are good");
        group.bench_with_input(BenchmarkId::new("check", tags), &parsed, |bench, parsed| {
            bench.iter(|| black_box(parsed.check(&Default::default()).expect("the rules are good")));
        });
        let engine = engine(tags);
        let asked = asked(&engine);
        group.bench_with_input(BenchmarkId::new("plan", tags), &engine, |bench, engine| {
            bench.iter(|| black_box(planned(engine, &asked)));
        });
    }
    group.finish();
}

fn evaluate(bench: &mut Criterion) {
    let batches = batches();
    let mut group = bench.benchmark_group("evaluate");
    group.throughput(Throughput::Elements(USERS)).sample_size(10);
    for tags in SIZES {
        let engine = engine(tags);
        let asked = asked(&engine);
        for (name, kernel) in [("kept", planned(&engine, &asked)), ("counted", planned_to_count(&engine, &asked))] {
            let slices = slices(&batches, &kernel);
            group.bench_function(BenchmarkId::new(name, tags), |bench| {
                bench.iter(|| slices.iter().for_each(|slice| drop(black_box(kernel.evaluate(slice)))));
            });
        }
    }
    group.finish();
}

/// What users got, as it is written.
fn results<'c>(key: Cells<'c>, cells: &'c [kernel::Cells<'c>], rows: usize) -> Results<'c> {
    let written = |cells: &'c kernel::Cells<'c>| match cells {
        kernel::Cells::Truths(yes, _) => Cells::Yes(yes),
        kernel::Cells::Column(column, start) => Cells::Column(column, *start),
        kernel::Cells::Own(column) => Cells::Column(column, 0),
        kernel::Cells::Missing => Cells::Missing,
    };
    Results { rows, key, results: cells.iter().map(written).collect(), extra: vec![] }
}

fn write(bench: &mut Criterion) {
    let batches = batches();
    let engine = engine(100);
    let asked = asked(&engine);
    let kernel = planned(&engine, &asked);
    let column = |id: &DefinitionId| ResultColumn {
        name: engine.rulebook().definition(*id).name.to_string(),
        kind: ResultKind::Tag,
    };
    let results_of = asked.iter().map(column).collect();
    let (key, zone) = ("user_id".to_owned(), Zone::utc());
    let layout = Layout { key, key_type: Type::Text, results: results_of, extra: vec![], zone };
    let answered: Vec<(Slice<'_>, Found)> = slices(&batches, &kernel)
        .into_iter()
        .map(|slice| {
            let found = kernel.evaluate(&slice);
            (slice, found)
        })
        .collect();
    let mut group = bench.benchmark_group("write");
    group.throughput(Throughput::Elements(USERS)).sample_size(10);
    for (name, shape, form) in [
        ("lists, JSON Lines", Shape::Records, Form::JsonLines),
        ("lists, CSV", Shape::Records, Form::Csv),
        ("wide, CSV", Shape::Wide, Form::Csv),
    ] {
        group.bench_function(name, |bench| {
            bench.iter(|| {
                for (slice, found) in &answered {
                    let cells: Vec<_> = asked.iter().map(|id| kernel.cells(found, slice, *id)).collect();
                    let key = slice.column(tagwell::schema::ColumnId(0));
                    let key = key.map_or(Cells::Missing, |(column, start)| Cells::Column(column, start));
                    black_box(layout.write(shape, form, &results(key, &cells, slice.rows())));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, rulebook, evaluate, write);
criterion_main!(benches);
