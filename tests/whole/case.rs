//! How a `.cases` file is read. It is chapters, `=== orders`, and in each the cases, `== what it shows`; both have sections,
//! `-- NAME`, and a chapter's sections hold for all its cases:
//!
//! - `-- rules` is rule text, the case's own below the chapter's; `-- users.csv`, `-- orders.jsonl` are files, a case's own in
//!   the place of the chapter's; `-- as of MOMENT` (else 2026-11-22), `-- with WORDS` for the command line;
//! - `-- expect` has a JSON object a user in input order, of results, lets and fields: a tag or segment is true or false;
//!   `-- summary` and `-- metrics` are part of `--summary json`; `-- output` is the whole standard output;
//! - `-- error` has texts that the message must say, ``at: `words` `` what it underlines; `-- says` and `-- silent` what else is
//!   and is not on standard error; `-- exit N`, else 2 beside `-- error`, 0 without;
//! - `-- writes FILE` has texts that must stand in a file which the command writes;
//! - `-- command` has the words of another command, one a line;
//! - `-- waits REASON`: the case is right, and does not hold yet.
//!
//! `-- each u1 u2` is many cases, a line each: `EXPRESSION | what u1 gets | what u2 gets`, or `EXPRESSION | error`, or
//! ``EXPRESSION | error at `words` ``. A line with `#` before anything else is a comment there.

use std::collections::BTreeMap;

/// A rulebook, its data, and what must come of it.
#[derive(Clone, Default)]
pub(super) struct Case {
    pub(super) file: String,
    pub(super) line: usize,
    name: String,
    pub(super) rules: String,
    /// Each by its name, in order of name.
    pub(super) files: BTreeMap<String, String>,
    pub(super) as_of: Option<String>,
    pub(super) with: Vec<String>,
    pub(super) command: Option<Vec<String>>,
    pub(super) expect: Option<Vec<String>>,
    pub(super) summary: Option<String>,
    pub(super) metrics: Option<String>,
    pub(super) output: Option<Vec<String>>,
    pub(super) error: Option<Vec<String>>,
    /// Files, and what must stand in them.
    pub(super) writes: Vec<(String, Vec<String>)>,
    pub(super) says: Vec<String>,
    pub(super) silent: Vec<String>,
    pub(super) exit: Option<i32>,
    pub(super) waits: Option<String>,
}

/// `-- HEAD`, and the lines below it.
struct Section {
    head: String,
    lines: Vec<(usize, String)>,
}

/// A chapter or a case: its title and what stands below.
struct Part {
    line: usize,
    title: String,
    sections: Vec<Section>,
}

impl Case {
    /// `tests/whole/children.cases:23: an order after the as-of has not happened yet`.
    pub(super) fn title(&self) -> String {
        format!("{}:{}: {}", self.file, self.line, self.name)
    }

    fn expects_something(&self) -> bool {
        let some = [&self.expect, &self.output, &self.error].iter().any(|lines| lines.is_some());
        some || self.summary.is_some() || self.metrics.is_some() || self.exit.is_some()
    }

    /// Puts a file in the place of the one for the same table.
    fn put(&mut self, name: &str, text: String) {
        self.files.retain(|other, _| stem(other) != stem(name));
        self.files.insert(name.into(), text);
    }

    fn add(&mut self, section: &Section) {
        let lines = || section.lines.iter().map(|(_, line)| line.clone()).filter(|line| !line.trim().is_empty());
        let text = || lines().map(|line| line + "\n").collect::<String>();
        let (word, rest) = section.head.split_once(' ').unwrap_or((&section.head, ""));
        match (word, rest) {
            ("each", _) => {}
            ("rules", "") => self.rules += &text(),
            ("as", moment) => self.as_of = moment.strip_prefix("of ").map(str::to_owned),
            ("with", words) => self.with.extend(words.split_whitespace().map(str::to_owned)),
            ("command", "") => self.command = Some(lines().collect()),
            ("expect", "") => self.expect = Some(lines().collect()),
            ("summary", "") => self.summary = Some(text()),
            ("metrics", "") => self.metrics = Some(text()),
            ("output", "") => self.output = Some(lines().collect()),
            ("error", "") => self.error = Some(lines().collect()),
            ("writes", file) => self.writes.push((file.into(), lines().collect())),
            ("says", "") => self.says = lines().collect(),
            ("silent", "") => self.silent = lines().collect(),
            ("exit", code) => self.exit = Some(code.parse().expect("an exit code is a number")),
            ("waits", reason) => self.waits = Some(reason.into()),
            (name, "") if name.contains('.') => self.put(name, text()),
            _ => panic!("{}: `-- {}` is no section", self.title(), section.head),
        }
    }
}

/// The table that a file is for: `orders` of `orders.csv`.
pub(super) fn stem(file: &str) -> &str {
    file.trim_start_matches("../").split('.').next().expect("a first part")
}

/// The chapters of a file, each with its cases.
fn parts(file: &str, text: &str) -> Vec<(Part, Vec<Part>)> {
    let mut chapters: Vec<(Part, Vec<Part>)> = vec![];
    for (at, line) in text.lines().enumerate() {
        let part = |title: &str| Part { line: at + 1, title: title.into(), sections: vec![] };
        if let Some(title) = line.strip_prefix("=== ") {
            chapters.push((part(title), vec![]));
            continue;
        }
        let Some((chapter, cases)) = chapters.last_mut() else {
            assert!(line.is_empty() || line.starts_with('#'), "{file}:{}: a chapter comes first", at + 1);
            continue;
        };
        if let Some(title) = line.strip_prefix("== ") {
            cases.push(part(title));
            continue;
        }
        let sections = &mut cases.last_mut().unwrap_or(chapter).sections;
        if let Some(head) = line.strip_prefix("-- ") {
            sections.push(Section { head: head.trim().into(), lines: vec![] });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push((at + 1, line.into()));
        } else {
            assert!(line.is_empty(), "{file}:{}: a section comes first", at + 1);
        }
    }
    chapters
}

/// The cases of a file, those of a table row by row.
pub(super) fn read(file: &str, text: &str) -> Vec<Case> {
    let mut found = vec![];
    for (chapter, cases) in parts(file, text) {
        let mut common = Case { file: file.into(), line: chapter.line, name: chapter.title.clone(), ..Case::default() };
        chapter.sections.iter().for_each(|section| common.add(section));
        found.extend(rows(&common, &chapter));
        for part in cases {
            let mut case = Case { line: part.line, name: part.title.clone(), ..common.clone() };
            part.sections.iter().for_each(|section| case.add(section));
            let rows = rows(&case, &part);
            assert!(case.expects_something() == rows.is_empty(), "{} expects nothing, or two things", case.title());
            if rows.is_empty() { found.push(case) } else { found.extend(rows) }
        }
    }
    found
}

/// The lines of the `-- each` of a part, as cases.
fn rows(case: &Case, part: &Part) -> Vec<Case> {
    let mut found = vec![];
    for section in &part.sections {
        let Some(users) = section.head.strip_prefix("each ") else { continue };
        let users = users.split_whitespace().count();
        for (line, row) in &section.lines {
            if !row.trim().is_empty() && !row.starts_with('#') {
                found.push(case.row(*line, row, users));
            }
        }
    }
    found
}

impl Case {
    fn row(&self, line: usize, row: &str, users: usize) -> Case {
        let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
        let mut case = Case { line, name: cells[0].into(), ..self.clone() };
        case.rules += &format!("let answer = {}\n", cells[0]);
        match cells[1].strip_prefix("error") {
            Some("") => case.error = Some(vec![]),
            Some(place) => case.error = Some(vec![place.trim_start().replacen("at ", "at: ", 1)]),
            None => {
                assert_eq!(cells.len() - 1, users, "{} has a value for each user", case.title());
                let values = cells[1..].iter().map(|value| format!("{{\"answer\":{value}}}"));
                case.expect = Some(values.collect());
            }
        }
        case
    }
}
