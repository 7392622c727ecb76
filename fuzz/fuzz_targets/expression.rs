//! Any expression that checks is answered without a panic, and the answer is JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tagwell::{engine::Question, eval::Context};

fuzz_target!(|text: &str| {
    let record = serde_json::Map::new();
    let Ok(question) = Question::check(&[], text, &record, &[]) else { return };
    let clock = question.clock("2026-11-22T10:00").expect("a good as-of");
    let answer = question.answer(&record, Context::new(clock)).expect("nothing is required of an empty record");
    serde_json::from_str::<serde_json::Value>(&answer).expect("the answer is JSON");
});
