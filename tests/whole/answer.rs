//! Runs the command on a case in a folder of its own, and says where its answer differs from what the case expects.

use std::{
    env, fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use regex::Regex;
use serde_json::Value as Json;

use super::case::{Case, stem};

/// What differs, a line or two each.
pub(super) fn differences(case: &Case) -> Vec<String> {
    // The rulebook's folder lies in another, so that a file can lie outside it.
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("book");
    for (name, text) in case.files.iter().chain([(&"a.rules".to_owned(), &case.rules)]) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::create_dir_all(&folder).unwrap();
        fs::write(path, text).unwrap();
    }
    let words = words(case);
    let output = run(&folder, &words);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let mut wrong = vec![];
    let code = case.exit.unwrap_or(if case.error.is_some() { 2 } else { 0 });
    if output.status.code() != Some(code) {
        wrong.push(format!("it should end with {code}, and ends with {:?}", output.status.code()));
    }
    if let Some(said) = &case.error {
        if !out.is_empty() {
            wrong.push(format!("beside an error it answers {out}"));
        }
        wrong.extend(unsaid(said, &err, || underlined(case, &folder, &words)));
    }
    if let Some(lines) = &case.output
        && !out.lines().eq(lines)
    {
        wrong.push(format!("it should print\n{}\nand prints\n{out}", lines.join("\n")));
    }
    if let Some(users) = &case.expect {
        wrong.extend(unlike(case, users, &out));
    }
    wrong
        .extend(case.says.iter().filter(|words| !err.contains(*words)).map(|words| format!("it should say `{words}`")));
    wrong.extend(case.silent.iter().filter(|words| err.contains(*words)).map(|words| format!("it says `{words}`")));
    for (file, texts) in &case.writes {
        let written = fs::read_to_string(folder.join(file)).unwrap_or_default();
        let lacking = texts.iter().filter(|text| !written.contains(*text));
        wrong.extend(lacking.map(|text| format!("{file} should have {text}\nand has {written}")));
    }
    let found = err.lines().rev().find(|line| line.starts_with("{\"as_of\"")).map(json).unwrap_or_default();
    for (wanted, found) in [(&case.summary, &found), (&case.metrics, &found["metrics"])] {
        if let Some(wanted) = wanted.as_ref().filter(|wanted| !holds(&json(wanted), found)) {
            wrong.push(format!("the summary should hold {wanted}it holds {found}"));
        }
    }
    if !wrong.is_empty() {
        wrong.push(err);
    }
    wrong
}

/// What is typed after the command's name.
fn words(case: &Case) -> Vec<String> {
    if let Some(words) = &case.command {
        return words.clone();
    }
    let as_of = case.as_of.as_deref().unwrap_or("2026-11-22T00:00:00Z");
    let mut words: Vec<String> = ["run", "a.rules", "--as-of", as_of, "--summary", "json"].map(str::to_owned).into();
    for file in case.files.keys().filter(|file| !file.contains('/')) {
        let table = Regex::new(&format!(r"\btable\s+{}\b([^{{]*)", regex::escape(stem(file)))).unwrap();
        match table.captures(&case.rules) {
            Some(head) if head[1].contains("from \"") => {}
            _ if stem(file) == "users" => words.push(file.clone()),
            Some(_) => words.extend(["--data".into(), format!("{}={file}", stem(file))]),
            None => {}
        }
    }
    let columns: Vec<String> = named(case).into_iter().filter(|name| matches!(kind(case, name), "" | "let")).collect();
    if !columns.is_empty() {
        words.extend(["--with".into(), columns.join(",")]);
    }
    words.extend(case.with.iter().cloned());
    words
}

/// The names that the case expects something of, but the key, each once.
fn named(case: &Case) -> Vec<String> {
    let mut names: Vec<String> = vec![];
    for user in case.expect.iter().flatten() {
        let user = json(user);
        let new = user.as_object().expect("an object a user").keys().filter(|name| *name != "user_id" && *name != "id");
        names.extend(new.cloned());
    }
    names.sort();
    names.dedup();
    names
}

/// The word that declares a name: `let`, `tag`, …; nothing for a field.
fn kind<'a>(case: &'a Case, name: &str) -> &'a str {
    let declares = format!(r"(?m)^\s*(let|tag|score|level|layer|funnel|segment)\s+{}\b", regex::escape(name));
    let found = Regex::new(&declares).unwrap().captures(&case.rules);
    found.map_or("", |found| found.get(1).expect("a group").as_str())
}

fn run(folder: &Path, words: &[String]) -> Output {
    let binary = env::var("TAGWELL_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_tagwell").into());
    let mut command = Command::new(binary);
    command.args(words).current_dir(folder).stdin(Stdio::null());
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM", "CI", "TAGWELL_AS_OF"] {
        command.env_remove(variable);
    }
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("what is printed is UTF-8")
}

fn json(text: impl AsRef<str>) -> Json {
    let text = text.as_ref();
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What an error should say, and does not.
fn unsaid(said: &[String], err: &str, underlined: impl Fn() -> Vec<String>) -> Vec<String> {
    let mut wrong = vec![];
    for words in said {
        if let Some(place) = words.strip_prefix("at: ") {
            let shown = underlined();
            if !shown.iter().any(|shown| shown == place.trim_matches('`')) {
                wrong.push(format!("it should underline {place}, and underlines {shown:?}"));
            }
        } else if !err.contains(words) {
            wrong.push(format!("it should say {words}"));
        }
    }
    if !err.contains("error") {
        wrong.push("it should be an error".into());
    }
    wrong
}

/// The words of the rules that the errors point at, labels too.
fn underlined(case: &Case, folder: &Path, words: &[String]) -> Vec<String> {
    let words = [words, &["--message-format".into(), "json".into()]].concat();
    let output = run(folder, &words);
    let all = text(&output.stdout) + &text(&output.stderr);
    let Ok(document) = serde_json::from_str::<Json>(&all) else { return vec![] };
    let errors = document["diagnostics"].as_array().into_iter().flatten().filter(|it| it["severity"] == "error");
    let labels = |it: &Json| it["labels"].as_array().cloned().unwrap_or_default();
    let spans = errors.flat_map(|it| [vec![it["span"].clone()], labels(it)].concat());
    let shown = spans.filter_map(|span| {
        let span = if span["span"].is_null() { &span } else { &span["span"] };
        let place = |end: &str| span[end].as_u64().and_then(|at| usize::try_from(at).ok());
        case.rules.get(place("start")?..place("end")?).map(str::to_owned)
    });
    shown.collect()
}

/// The users that get something else than they should.
fn unlike(case: &Case, users: &[String], out: &str) -> Vec<String> {
    let mut wrong = vec![];
    let records: Vec<Json> = out.lines().map(json).collect();
    if records.len() != users.len() {
        wrong.push(format!("{} users should get something, and {} do", users.len(), records.len()));
    }
    for (at, (wanted, record)) in users.iter().map(json).zip(&records).enumerate() {
        for (name, wanted) in wanted.as_object().expect("an object a user") {
            let among = |list: &str| {
                Json::Bool(record[list].as_array().is_some_and(|all| all.contains(&Json::from(name.as_str()))))
            };
            let found = match kind(case, name) {
                "tag" => among("tags"),
                "segment" => among("segments"),
                _ => record.get(name).cloned().unwrap_or_else(|| "nothing of this name".into()),
            };
            if !holds(wanted, &found) {
                wrong.push(format!("user {}: `{name}` should be {wanted}, and is {found}", at + 1));
            }
        }
    }
    wrong
}

/// Whether what was found is what is wanted: numbers by value, of objects at least the wanted entries.
fn holds(wanted: &Json, found: &Json) -> bool {
    match (wanted, found) {
        (Json::Object(wanted), Json::Object(found)) => {
            wanted.iter().all(|(name, wanted)| found.get(name).is_some_and(|found| holds(wanted, found)))
        }
        (Json::Array(wanted), Json::Array(found)) => {
            wanted.len() == found.len() && wanted.iter().zip(found).all(|(wanted, found)| holds(wanted, found))
        }
        (Json::Number(wanted), Json::Number(found)) => digits(&wanted.to_string()) == digits(&found.to_string()),
        _ => wanted == found,
    }
}

/// A number as it is written, without zeros at its end.
fn digits(number: &str) -> String {
    if number.contains(['e', 'E']) {
        return number.parse::<f64>().expect("a JSON number").to_string();
    }
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    number.replace("-0", if number == "-0" { "0" } else { "-0" })
}
