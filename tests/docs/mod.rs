//! README and docs are true: every rule in them checks, every command in them runs and prints what is shown.
//!
//! In a page: a `rules` block must check clean; a block after `<!-- file: NAME -->` is written to that file first; a `console`
//! block's `$ tagwell …` lines are run in order, in one folder a page, and what follows each must be what it prints (where
//! anything follows; a `…` line stands for any lines); lines indented by four that begin with `cargo run … -- ` are run from
//! the package's root.

use std::{fs, path::Path, process::Command};

use tagwell::engine::Rulebook;

/// A fenced block: its language, its text, and the file it is meant to be.
struct Block {
    language: String,
    text: String,
    file: Option<String>,
    line: usize,
}

fn blocks(page: &str) -> Vec<Block> {
    let (mut found, mut open, mut file) = (vec![], None::<Block>, None);
    for (at, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let language = language.trim().to_owned();
                open = Some(Block { language, text: String::new(), file: file.take(), line: at + 1 });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => block.text += &format!("{line}\n"),
            (None, None) => {
                if let Some(name) = line.strip_prefix("<!-- file: ") {
                    file = Some(name.trim_end_matches("-->").trim().to_owned());
                }
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
        .output()
        .expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), text)
}

/// Whether what was printed is what is shown; a line `…` in what is shown stands for any lines.
fn matches(shown: &str, printed: &str) -> bool {
    let parts: Vec<&str> = shown.trim().split("…\n").collect();
    let mut rest = printed.trim();
    parts.iter().enumerate().all(|(at, part)| match rest.find(part.trim()) {
        Some(place) if at > 0 || place == 0 => {
            rest = &rest[place + part.trim().len()..];
            true
        }
        _ => false,
    })
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
                fs::write(folder.path().join(file), &block.text).expect("a file of the page");
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
