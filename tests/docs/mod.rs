//! README and docs are true: every rule in them checks, every command in them runs and prints what is shown.
//!
//! In a page: a `rules` block must check clean; a block after `<!-- file: NAME -->` is written to that file first; a `console`
//! block's `$ tagwell …` lines are run in order, in one folder a page, and what follows each must be what it prints (where
//! anything follows; a `…` line stands for any lines); lines indented by four that begin with `cargo run … -- ` are run from
//! the package's root. A table with the columns `expression` and `value` (and perhaps `record`, a JSON object, or `u1` for the file `u1.json` of the page) is evaluated, row
//! by row, as of 2026-11-22T10:00; after `<!-- with: NAME -->` the expressions use the rules of that file of the page.
//! A `sql` block after `<!-- state: NAME -->` is done to that state of the page.
//! A `repl` block is a session of the prompt: behind its `$ tagwell repl …` line what is typed stands behind `> ` (or `… `, where the input
//! goes on), and what follows must be what is answered.
//! Rules in README and in the reference are in the project's own layout.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use tagwell::{
    engine::Rulebook,
    syntax::{DECLARATIONS, RESERVED},
};

/// A fenced block: its language, its text, and the file it is meant to be.
struct Block {
    language: String,
    text: String,
    file: Option<String>,
    /// The state that it is done to.
    state: Option<String>,
    line: usize,
}

fn blocks(page: &str) -> Vec<Block> {
    let (mut found, mut open, mut file, mut state) = (vec![], None::<Block>, None, None);
    for (at, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let language = language.trim().to_owned();
                let (file, state) = (file.take(), state.take());
                open = Some(Block { language, text: String::new(), file, state, line: at + 1 });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => block.text += &format!("{line}\n"),
            (None, None) => {
                let named = |what| Some(line.strip_prefix(what)?.trim_end_matches("-->").trim().to_owned());
                file = named("<!-- file: ").or(file);
                state = named("<!-- state: ").or(state);
            }
        }
    }
    found
}

fn pages() -> Vec<String> {
    let mut found = vec!["README.md".to_owned()];
    for folder in ["docs", "examples", "rules"] {
        collect(Path::new(folder), &mut found);
    }
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("codes") {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path.to_string_lossy().into_owned());
        }
    }
}

/// Writes a file of a page, with its folder.
fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder of the page");
    fs::write(path, text).expect("a file of the page");
}

/// Runs the binary with a line's words; single quotes hold words together.
fn run(line: &str, folder: &Path) -> (i32, String) {
    let mut words = vec![];
    for (at, part) in line.split('\'').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    let output = Command::new(env!("CARGO_BIN_EXE_tagwell"))
        .args(&words)
        .current_dir(folder)
        .env_remove("TAGWELL_AS_OF")
        .env_remove("CI")
        .output()
        .expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), text)
}

/// Whether what was printed is what is shown; a line `…` in what is shown stands for any lines.
fn matches(shown: &str, printed: &str) -> bool {
    let shown = shown.trim().to_owned() + "\n";
    let parts: Vec<&str> = shown.split("…\n").collect();
    let mut rest = printed.trim();
    parts.iter().enumerate().all(|(at, part)| match rest.find(part.trim()) {
        Some(place) if at > 0 || place == 0 => {
            rest = &rest[place + part.trim().len()..];
            true
        }
        _ => false,
    })
}

/// A row of a table of expressions.
struct Asked {
    line: usize,
    expression: String,
    record: String,
    value: String,
    rules: Option<String>,
}

/// The rows of every table whose header names `expression` and `value`.
fn asked(page: &str) -> Vec<Asked> {
    let (mut found, mut places, mut rules) = (vec![], None, None);
    for (at, line) in page.lines().enumerate() {
        if let Some(name) = line.strip_prefix("<!-- with: ") {
            rules = Some(name.trim_end_matches("-->").trim().to_owned());
        }
        if line.starts_with("|---") {
            continue;
        }
        let Some(inside) = line.strip_prefix('|') else {
            // One table, one set of rules.
            rules = rules.filter(|_| places.is_none());
            places = None;
            continue;
        };
        let cells: Vec<&str> = inside.split('|').map(|it| it.trim().trim_matches('`')).collect();
        let Some((expression, record, value)) = places else {
            let named = |name: &str| cells.iter().position(|cell| *cell == name);
            places = named("expression").zip(named("value")).map(|(e, v)| (e, named("record"), v));
            continue;
        };
        let cell = |at: usize| cells.get(at).map_or(String::new(), |it| (*it).to_owned());
        let record = record.map(cell).filter(|it| !it.is_empty()).unwrap_or("{}".into());
        let row =
            Asked { line: at + 1, expression: cell(expression), record, value: cell(value), rules: rules.clone() };
        found.push(row);
    }
    found
}

#[test]
fn every_expression_in_a_table_of_the_pages_has_the_value_shown() {
    let (mut wrong, mut rows) = (vec![], 0);
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page can be read");
        let folder = tempfile::tempdir().expect("a folder for a test");
        for block in blocks(&text) {
            if let Some(file) = &block.file {
                write(&folder.path().join(file), &block.text);
            }
        }
        let mut tables: BTreeMap<Option<String>, Vec<Asked>> = BTreeMap::new();
        asked(&text).into_iter().for_each(|row| tables.entry(row.rules.clone()).or_default().push(row));
        for (rules, asked) in tables {
            rows += asked.len();
            let case = |row: &Asked| {
                // A bare name is that of a file of the page.
                let record = fs::read_to_string(folder.path().join(format!("{}.json", row.record)));
                let record = record.unwrap_or_else(|_| row.record.clone());
                let record: serde_json::Value = serde_json::from_str(&record)
                    .unwrap_or_else(|error| panic!("{page}:{}: {error}: {}", row.line, row.record));
                let case = serde_json::json!({"id": row.line.to_string(), "expr": row.expression, "record": record});
                format!("{case}\n")
            };
            fs::write(folder.path().join("cases.jsonl"), asked.iter().map(case).collect::<String>())
                .expect("the cases");
            let with = rules.map(|name| format!(" --rules {name}")).unwrap_or_default();
            let (code, answers) =
                run(&format!("eval --cases cases.jsonl --as-of 2026-11-22T10:00{with}"), folder.path());
            let lines: Vec<&str> = answers.lines().filter(|line| line.starts_with('{')).collect();
            assert_eq!((code, lines.len()), (0, asked.len()), "{page}: {answers}");
            for (row, line) in asked.iter().zip(lines) {
                let answer: serde_json::Value = serde_json::from_str(line).expect("an answer is JSON");
                let shown: Option<serde_json::Value> = serde_json::from_str(&row.value).ok();
                if answer.get("value") != shown.as_ref() || shown.is_none() {
                    wrong.push(format!("{page}:{}: {} is {line}, not {}", row.line, row.expression, row.value));
                }
            }
        }
    }
    assert!(rows >= 90, "the tables of docs/reference.md are read: {rows} rows");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reference_names_every_word_of_the_language() {
    let page = fs::read_to_string("docs/reference.md").expect("a page can be read");
    let (_, reserved) = page.split_once("## Reserved words").expect("its last part");
    let listed: BTreeSet<&str> = reserved.split('`').skip(1).step_by(2).collect();
    let missing = RESERVED.iter().filter(|word| !listed.contains(**word));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&str>::new(), "reserved, and not in the list");
    for word in DECLARATIONS {
        assert!(page.lines().any(|line| line.starts_with(&format!("{word} "))), "no example of `{word}`");
    }
}

#[test]
fn the_rules_of_the_first_pages_are_laid_out() {
    let folder = tempfile::tempdir().expect("a folder for a test");
    for page in ["README.md", "docs/reference.md"] {
        let text = fs::read_to_string(page).expect("a page can be read");
        let rules: Vec<Block> = blocks(&text).into_iter().filter(|block| block.language == "rules").collect();
        assert!(rules.len() >= 3, "{page}");
        for block in rules {
            fs::write(folder.path().join("it.rules"), &block.text).expect("a file of the page");
            let (code, printed) = run("fmt --check it.rules", folder.path());
            assert_eq!(code, 0, "{page}:{}\n{printed}", block.line);
        }
    }
}

#[test]
fn every_rule_in_the_pages_checks() {
    let mut wrong = vec![];
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page can be read");
        for block in blocks(&text).into_iter().filter(|block| block.language == "rules") {
            let checked = Rulebook::parse(&page, &block.text).and_then(|rulebook| rulebook.check(&Default::default()));
            if let Err(problems) = checked {
                wrong.push(format!("{page}:{}\n{problems}", block.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_command_in_the_pages_runs_and_prints_what_is_shown() {
    let mut wrong = vec![];
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page can be read");
        let folder = tempfile::tempdir().expect("a folder for a test");
        for line in text.lines().filter_map(|line| line.strip_prefix("    cargo run")) {
            let (_, arguments) = line.split_once("-- ").expect("the command's own words come after `--`");
            let (code, printed) = run(arguments, Path::new("."));
            if code != 0 {
                wrong.push(format!("{page}: {line}\n{printed}"));
            }
        }
        for block in blocks(&text) {
            if let Some(file) = &block.file {
                write(&folder.path().join(file), &block.text);
            }
            if block.language == "repl" {
                wrong.extend(differs(&page, &block, folder.path()));
            }
            if let Some(state) = &block.state {
                let state = rusqlite::Connection::open(folder.path().join(state)).expect("a state of the page");
                let done = state.execute_batch(&block.text);
                wrong.extend(done.err().map(|error| format!("{page}:{}: {error}", block.line)));
            }
            if block.language != "console" {
                continue;
            }
            for step in block.text.split("$ tagwell ").skip(1) {
                let (line, shown) = step.split_once('\n').unwrap_or((step, ""));
                let (code, printed) = run(line, folder.path());
                if (code != 0 && shown.trim().is_empty()) || !(shown.trim().is_empty() || matches(shown, &printed)) {
                    wrong.push(format!("{page}:{}: tagwell {line} (exit code {code})\n{printed}", block.line));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Replays a session; what is answered otherwise than shown.
fn differs(page: &str, block: &Block, folder: &Path) -> Option<String> {
    let (head, talk) = block.text.split_once('\n').expect("a session begins with its command");
    let words = head.strip_prefix("$ tagwell ").expect("a session begins with its command").split_whitespace();
    let (mut typed, mut shown) = (String::new(), String::new());
    for line in talk.lines() {
        match line.strip_prefix("> ").or_else(|| line.strip_prefix("… ")) {
            Some(input) => typed += &format!("{input}\n"),
            None => shown += &format!("{line}\n"),
        }
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_tagwell"))
        .args(words)
        .current_dir(folder)
        .env_remove("TAGWELL_AS_OF")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary runs");
    std::io::Write::write_all(&mut child.stdin.take().expect("its input"), typed.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let blank =
        |text: &str| text.lines().filter(|it| !it.trim().is_empty()).map(|it| format!("{it}\n")).collect::<String>();
    let same = blank(&shown) == blank(&printed);
    (!same).then(|| format!("{page}:{}: {head}\n{printed}", block.line))
}
