//! The rulebooks that come along: each checks without a warning, and says of its own data what its snapshot says.
//!
//! How a rulebook is run stands at the top of its file, in a comment of its own: `#   tagwell run rules/rfm --as-of 2026-11-22`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tagwell::{
    check::Inputs,
    engine::{Files, Rulebook},
    testing::{Outcome, Suite, Surroundings, plain, snapshot},
};

/// A rule file, and the words that its first lines say to type.
struct Told {
    file: PathBuf,
    words: Vec<String>,
}

/// The rule files below `rules/` and `examples/`, in order of their paths.
fn told() -> Vec<Told> {
    let mut found = vec![];
    for folder in ["rules", "examples"] {
        collect(Path::new(folder), &mut found);
    }
    found.sort();
    found.into_iter().map(Told::of).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rules") {
            found.push(path);
        }
    }
}

impl Told {
    fn of(file: PathBuf) -> Told {
        let text = fs::read_to_string(&file).unwrap();
        let mut lines = text.lines().take_while(|line| line.starts_with('#'));
        let line = lines.find_map(|line| line.strip_prefix("#   tagwell "));
        let line = line.unwrap_or_else(|| panic!("{} does not say how to run it", file.display()));
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        assert_eq!(words[0], "run", "{}", file.display());
        assert!(words.iter().any(|word| word == "--as-of"), "{} is told no as-of", file.display());
        Told { file, words }
    }

    /// The folder's name, which a snapshot is kept under.
    fn name(&self) -> String {
        self.file.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned()
    }

    /// The rules as they are typed: a folder, or the file.
    fn rules(&self) -> &str {
        &self.words[1]
    }

    /// Runs them as told, and with these words more.
    fn run(&self, more: &[&str]) -> (String, String) {
        let words: Vec<&str> = self.words.iter().map(String::as_str).chain(more.iter().copied()).collect();
        let (code, out, err) = tagwell(&words);
        assert_eq!(code, 0, "tagwell {}\n{err}", words.join(" "));
        (out, err)
    }
}

/// The command from the package's root, without the settings of the machine it runs on.
fn tagwell(words: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tagwell"));
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM", "CI", "TAGWELL_AS_OF"] {
        command.env_remove(variable);
    }
    let output = command.args(words).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().expect("it ends by itself"), text(&output.stdout), text(&output.stderr))
}

#[test]
fn every_rulebook_checks_without_a_warning() {
    for told in told() {
        let (code, out, err) = tagwell(&["check", told.rules()]);
        assert_eq!(code, 0, "{}\n{out}{err}", told.file.display());
        assert!(!err.contains("warning"), "{}\n{err}", told.file.display());
    }
}

#[test]
fn every_rulebook_is_laid_out() {
    for told in told() {
        let (code, _, err) = tagwell(&["fmt", "--check", told.rules()]);
        assert_eq!(code, 0, "{}\n{err}", told.file.display());
    }
}

#[test]
fn every_rulebook_says_this_of_its_data() {
    for told in told() {
        let (out, err) = told.run(&["--format", "csv", "--shape", "wide"]);
        let said = if told.file.starts_with("examples") { err } else { format!("{out}\n{err}") };
        insta::assert_snapshot!(told.name(), said);
    }
}

/// A rulebook of the library's, as the file stands.
fn rulebook(file: &Path) -> Rulebook {
    let text = fs::read_to_string(file).unwrap();
    Rulebook::parse(&file.to_string_lossy(), &text).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn every_rulebook_passes_the_tests_that_stand_in_it() {
    for Told { file, .. } in told() {
        let rulebook = rulebook(&file);
        let checked = rulebook.check(&Inputs::default()).unwrap_or_else(|problems| panic!("{problems}"));
        let files = Files { folder: file.parent().unwrap().to_owned(), tables: vec![], ..Files::default() };
        let surroundings = Surroundings::read(checked.rulebook(), &files, |error| error.to_string());
        let suite = Suite::new(checked.rulebook(), rulebook.sources(), surroundings);
        let verdicts = suite.run(|_| true, &mut |_| {});
        assert!(verdicts.len() >= 2, "{} has no tests", file.display());
        for verdict in verdicts {
            assert_eq!(verdict.outcome, Outcome::Passed, "{}", plain(&verdict.found, rulebook.sources()));
        }
    }
}

/// Each is held against its file by insta itself, so that its tools can be used on them.
#[test]
fn every_rulebook_keeps_a_snapshot_of_its_fixtures() {
    for Told { file, .. } in told() {
        let rulebook = rulebook(&file);
        let checked = rulebook.check(&Inputs::default()).unwrap_or_else(|problems| panic!("{problems}"));
        let folder = file.parent().unwrap();
        assert!(!checked.rulebook().tests.snapshots.is_empty(), "{} has no snapshot", file.display());
        for it in &checked.rulebook().tests.snapshots {
            let taken = snapshot::take(&rulebook, &checked, it, folder).unwrap_or_else(|error| panic!("{error}"));
            let path = fs::canonicalize(snapshot::path(&file, it)).unwrap();
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(path.parent().unwrap());
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            settings.bind(|| insta::assert_snapshot!(name, taken.contents));
        }
    }
}

/// What a README shows in its blocks of text is what its own command prints, line for line.
#[test]
fn every_readme_shows_what_its_rulebook_prints() {
    let mut wrong = vec![];
    for told in told() {
        let readme = told.file.with_file_name("README.md");
        let page = fs::read_to_string(&readme).unwrap_or_else(|_| panic!("{} is missing", readme.display()));
        let commands = page.lines().filter_map(|line| line.strip_prefix("    cargo run")?.split_once("-- run "));
        let mut all = String::new();
        for (_, command) in commands {
            let mut words: Vec<&str> = ["run"].into_iter().chain(command.split_whitespace()).collect();
            if !words.contains(&"--format") {
                words.extend(["--format", "table"]);
            }
            assert_eq!(words[1], told.rules(), "{} runs another rulebook", readme.display());
            let (_, out, err) = tagwell(&words);
            all += &format!("{out}\n{err}\n");
        }
        assert!(!all.is_empty(), "{} does not say how to run it", readme.display());
        let printed: BTreeSet<&str> = all.lines().map(str::trim_end).collect();
        let shown = blocks_of_text(&page);
        assert!(!shown.is_empty(), "{} shows nothing", readme.display());
        let missing = shown.into_iter().filter(|line| !printed.contains(line.trim_end()));
        wrong.extend(missing.map(|line| format!("{}: not printed: {line}", readme.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The lines of the blocks that are marked as text, without `…`, which stands for those left out.
fn blocks_of_text(page: &str) -> Vec<&str> {
    let (mut found, mut inside) = (vec![], false);
    for line in page.lines() {
        match line {
            "```text" => inside = true,
            "```" => inside = false,
            "…" | "" => {}
            _ if inside => found.push(line),
            _ => {}
        }
    }
    found
}
