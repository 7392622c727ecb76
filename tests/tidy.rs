//! The walls: every `use crate::` in `src/` is held against the table in `docs/architecture.md`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Room → rooms that it may import, as the table says.
fn walls() -> BTreeMap<String, BTreeSet<String>> {
    let page = fs::read_to_string("docs/architecture.md").expect("docs/architecture.md is there");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let doors = cells[2].split(", ").filter(|door| *door != "–").map(str::to_owned).collect();
        (cells[0].trim_matches('`').to_owned(), doors)
    })
    .collect()
}

/// All Rust files below `src/`.
fn files(below: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(below).expect("a folder of the package can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The room a file belongs to: the first folder or file name below `src/`.
fn room(file: &Path) -> String {
    let first = file.strip_prefix("src").expect("below src").components().next().expect("a name");
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// The rooms named after `crate::` anywhere in the code of a file.
fn doors(code: &str) -> BTreeSet<String> {
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(first_names_of_group(group));
        } else {
            found.insert(rest.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect());
        }
    }
    found
}

/// `a, b::{c, d}, e}` → a, b, e
fn first_names_of_group(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut name, mut open) = (0, vec![], String::new(), true);
    for it in group.chars() {
        match it {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(std::mem::take(&mut name));
                open = true;
            }
            ':' if depth == 0 => open = false,
            _ if depth == 0 && open && (it.is_alphanumeric() || it == '_') => name.push(it),
            _ => {}
        }
    }
    names.push(name);
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn every_room_imports_only_what_the_architecture_allows() {
    let walls = walls();
    let mut all = vec![];
    files(Path::new("src"), &mut all);
    let mut broken = vec![];
    for file in all {
        let room = room(&file);
        if room == "lib" || room == "main" {
            continue;
        }
        let Some(allowed) = walls.get(&room) else {
            broken.push(format!("{}: the room `{room}` is not in docs/architecture.md", file.display()));
            continue;
        };
        let code = fs::read_to_string(&file).expect("a source file can be read");
        for door in doors(&code) {
            if door != room && !allowed.contains(&door) {
                broken.push(format!("{}: `{room}` has no door to `{door}`", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "walls are broken:\n{}", broken.join("\n"));
}

#[test]
fn the_library_never_prints_and_reads_no_clock() {
    let mut all = vec![];
    files(Path::new("src"), &mut all);
    let mut found = vec![];
    for file in all.iter().filter(|file| !matches!(room(file).as_str(), "cli" | "main")) {
        let code = fs::read_to_string(file).expect("a source file can be read");
        for (at, line) in code.lines().enumerate() {
            let spoken = line.trim_start();
            let forbidden =
                ["println!", "eprintln!", "print!(", "SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"];
            if !spoken.starts_with("//") && forbidden.iter().any(|word| spoken.contains(word)) {
                found.push(format!("{}:{}: {spoken}", file.display(), at + 1));
            }
        }
    }
    assert!(found.is_empty(), "only the command prints and reads the clock:\n{}", found.join("\n"));
}
