//! The plain interpreter, the streaming evaluation and, user by user, the matcher give everybody the same: rulebook and data are chosen by the bytes.
#![no_main]
#![allow(dead_code)]

#[path = "../../tests/agree/bytes.rs"]
mod bytes;
#[path = "../../tests/agree/data.rs"]
mod data;
#[path = "../../tests/agree/evaluated.rs"]
mod evaluated;
#[path = "../../tests/agree/rules.rs"]
mod rules;

use libfuzzer_sys::fuzz_target;

/// Byte strings for each declaration, user, order and visit.
type Rows = Vec<Vec<u8>>;

fuzz_target!(|case: (Vec<u8>, Rows, Rows, Rows, Rows)| {
    let (setting, mut declarations, users, orders, visits) = case;
    declarations.truncate(12);
    let rules = rules::rulebook(&setting, &declarations, rules::About::Everybody);
    let data = data::Data::from(&users, &orders, &visits, data::Moments::Tied);
    let case = evaluated::Case::new(&rules, &data);
    let plain = case.plain();
    for files in [evaluated::Files::Csv, evaluated::Files::JsonLines] {
        assert_eq!(plain, case.streamed(files, 2).found, "{files:?}\n{case}");
    }
    if case.is_about_each_alone() {
        assert_eq!(plain.users, case.one_by_one(), "{case}");
    }
});
