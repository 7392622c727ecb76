//! What every operator and function means: the tables beside this file, `expression | record | answer`, row by row.
//!
//! They were written from the language's page alone. `@as-of`, `@zone`, `@table` and `@param` stay in force to the end of
//! the file; `-` is no record; the answer is the JSON that `tagwell eval` prints, or `error` where the expression must be
//! refused, or `error in data` where the record must.

use std::{fs, path::PathBuf, sync::Arc};

use serde_json::{Map, Value as Json};
use tagwell::{engine::Question, eval::Context};

/// What the directives above a row say.
#[derive(Clone)]
struct Setting {
    as_of: String,
    zone: String,
    table: Option<String>,
    params: String,
}

impl Setting {
    fn new() -> Setting {
        Setting { as_of: "2026-11-22T10:00".into(), zone: "UTC".into(), table: None, params: String::new() }
    }

    fn directive(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (word, rest.trim()) {
            ("@as-of", rest) => self.as_of = rest.into(),
            ("@zone", rest) => self.zone = rest.into(),
            ("@table", "-") => self.table = None,
            ("@table", rest) => self.table = Some(rest.into()),
            ("@param", rest) => self.params += &format!("param {rest}\n"),
            (word, _) => panic!("{word} is no directive"),
        }
    }

    fn rules(&self) -> Vec<(String, Arc<str>)> {
        let mut text = format!("rulebook \"table\" timezone \"{}\"\n{}", self.zone, self.params);
        if let Some(columns) = &self.table {
            text += &format!("table users key row_key {{ row_key: text?\n {}", columns.trim_start_matches('{'));
        }
        vec![("table.rules".into(), text.into())]
    }
}

/// What a row answers: JSON text, `error`, or `error in data`; with a reason for the latter two.
fn answer(setting: &Setting, expression: &str, record: &str) -> (String, String) {
    let record: Map<String, Json> = match record {
        "-" => Map::new(),
        text => serde_json::from_str(text).expect("a record is a JSON object"),
    };
    let question = match Question::check(&setting.rules(), expression, &record, &[]) {
        Ok(question) => question,
        Err(problems) => return ("error".into(), problems.to_string()),
    };
    let clock = question.clock(&setting.as_of).expect("a setting has a good as-of");
    match question.answer(&record, Context::new(clock)) {
        Ok(answer) => (answer, String::new()),
        Err(error) => ("error in data".into(), error.to_string()),
    }
}

fn tables() -> Vec<PathBuf> {
    let files = fs::read_dir("tests/eval").expect("the tables are there");
    let mut files: Vec<PathBuf> = files.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "table"));
    files.sort();
    files
}

/// Spaces inside JSON do not matter; digits do.
fn same(found: &str, wanted: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Json>(text).ok();
    found == wanted || matches!((read(found), read(wanted)), (Some(a), Some(b)) if a == b)
}

#[test]
fn every_row_of_the_tables_gives_its_answer() {
    // Rows of 128 brackets, unoptimised: a test's thread has little stack.
    let all = std::thread::Builder::new().stack_size(256 << 20).spawn(every_row).expect("a thread");
    all.join().expect("every row gives its answer");
}

fn every_row() {
    let (mut rows, mut wrong) = (0, vec![]);
    for file in tables() {
        let text = fs::read_to_string(&file).expect("a table can be read");
        let mut setting = Setting::new();
        for (at, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with('@') {
                setting.directive(line);
                continue;
            }
            let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
            let [expression, record, wanted] = cells.as_slice() else {
                panic!("{}:{}: {line}", file.display(), at + 1)
            };
            let (found, reason) = answer(&setting, expression, record);
            rows += 1;
            if !same(&found, wanted) {
                wrong.push(format!("{}:{}: {line}\n    found {found} {reason}", file.display(), at + 1));
            }
        }
    }
    assert!(rows >= 400, "only {rows} rows");
    assert!(wrong.is_empty(), "{} of {rows} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}
