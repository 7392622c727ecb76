//! One user against a rulebook: the matcher, and beside it the plain interpreter, in time a user.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a bench stops where it finds what it did not expect"
)]

mod support;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tagwell::{
    engine::{Engine, Rulebook},
    eval::{Children, User},
};

const USERS: usize = 1024;

fn engine(tags: usize) -> Engine {
    let rulebook = Rulebook::parse("bench.rules", &support::rulebook(tags, 7)).unwrap();
    let checked = rulebook.check(&Default::default()).unwrap();
    checked.engine(checked.clock("2026-11-22").unwrap())
}

fn one(criterion: &mut Criterion) {
    let users = support::users(USERS, 11);
    let mut group = criterion.benchmark_group("one");
    group.throughput(Throughput::Elements(1));
    for tags in [10, 100, 1_000, 10_000] {
        let engine = engine(tags);
        let matcher = engine.matcher().unwrap();
        let mut scratch = matcher.scratch();
        let mut next = users.iter().cycle();
        group.bench_function(BenchmarkId::new("matcher", tags), |bencher| {
            bencher.iter(|| {
                let matches = matcher.evaluate(next.next().unwrap(), &mut scratch).unwrap();
                black_box(&matches);
            });
        });
        let none = Children::new();
        let mut next = users.iter().cycle();
        group.bench_function(BenchmarkId::new("interpreter", tags), |bencher| {
            bencher.iter(|| engine.interpreter().evaluate(User { record: next.next().unwrap(), children: &none }));
        });
    }
    group.finish();
}

criterion_group!(benches, one);
criterion_main!(benches);
