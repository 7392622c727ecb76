//! Every code has a page, and every page has the shape that an operator can rely on.

use std::collections::HashSet;

use tagwell::{
    diagnostic::Code,
    testing::{Suite, Surroundings},
};

/// A fenced block of a page: what stands after the fence, and its lines.
struct Block {
    kind: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = vec![];
    let mut open = false;
    for line in page.lines() {
        match (line.strip_prefix("```"), open) {
            (Some(kind), false) => {
                blocks.push(Block { kind: kind.to_owned(), text: String::new() });
                open = true;
            }
            (Some(_), true) => open = false,
            (None, true) => blocks.last_mut().expect("a block is open").text += &format!("{line}\n"),
            (None, false) => {}
        }
    }
    assert!(!open, "a block is not closed");
    blocks
}

/// Mistakes of files rather than of text, which no block can show: their example is told in words.
const ABOUT_FILES: [&str; 3] = ["E0008", "E0009", "W0109"];

fn about_data_or_files(code: &str) -> bool {
    ABOUT_FILES.contains(&code) || code.starts_with("E06")
}

#[test]
fn every_page_has_the_prescribed_shape() {
    for (code, title, page) in Code::all() {
        let code = code.as_str();
        assert!(!title.is_empty() && !title.ends_with('.'), "{code}: the title is a line without a full stop");
        let headline = page.lines().next().unwrap_or("");
        assert!(
            headline.starts_with(&format!("# {code}: ")),
            "{code}: the page begins `# {code}: title`, not `{headline}`"
        );

        let example = page.find("\nFor example").unwrap_or_else(|| panic!("{code}: a line begins `For example`"));
        let instead = page.find("\nWrite instead").unwrap_or_else(|| panic!("{code}: a line begins `Write instead`"));
        assert!(example < instead, "{code}: the example comes before what to write instead");
        let paragraphs = page[..example].split("\n\n").skip(1).filter(|paragraph| !paragraph.trim().is_empty()).count();
        assert!(paragraphs >= 2, "{code}: a paragraph says what it means, and one why it matters");

        let wrong = blocks(&page[example..instead]);
        let right = blocks(&page[instead..]);
        assert_eq!(wrong.len(), 1, "{code}: one block shows the mistake");
        assert_eq!(right.len(), 1, "{code}: one block shows what to write instead");
        if !about_data_or_files(code) {
            assert_eq!(wrong[0].kind, "rules,fails", "{code}");
            assert_eq!(right[0].kind, "rules", "{code}");
        }
        assert!(wrong.iter().chain(&right).all(|block| !block.text.trim().is_empty()), "{code}: no block is empty");
    }
}

#[test]
fn codes_are_in_order_and_each_is_there_once() {
    let codes: Vec<&str> = Code::all().iter().map(|(code, ..)| code.as_str()).collect();
    let mut sorted = codes.clone();
    sorted.sort_by_key(|code| (code.starts_with('W'), *code));
    sorted.dedup();
    assert_eq!(codes, sorted);
    let shape = |code: &str| {
        code.len() == 5 && code.starts_with(['E', 'W']) && code[1..].bytes().all(|byte| byte.is_ascii_digit())
    };
    assert!(codes.iter().all(|code| shape(code)), "{codes:?}");
}

#[test]
fn every_page_belongs_to_a_code() {
    let known: HashSet<String> = Code::all().iter().map(|(code, ..)| format!("{code}.md")).collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/codes");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name) || name == "README.md", "docs/codes/{name} belongs to no code");
    }
}

#[test]
fn a_code_is_found_in_either_case() {
    assert_eq!(Code::parse(" e0801 ").map(Code::as_str), Some("E0801"));
    assert_eq!(Code::parse("E9999"), None);
}

/// The blocks of a page in this language.
fn blocks_of<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let opening = format!("```{language}\n");
    page.split(&opening as &str).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The codes that a text is told.
fn told(text: &str) -> Vec<String> {
    let rulebook = match tagwell::engine::Rulebook::parse("page.rules", text) {
        Ok(rulebook) => rulebook,
        Err(problems) => return problems.diagnostics().iter().map(|it| it.code.to_string()).collect(),
    };
    let found = match rulebook.check(&tagwell::check::Inputs::default()) {
        Ok(checked) => {
            // Some codes are told where tests are played.
            let suite = Suite::new(checked.rulebook(), rulebook.sources(), Surroundings::default());
            let played = suite.run(|_| true, &mut |_| {});
            // And some where a query is written.
            if text.contains("\\b") {
                return told_in_sql(&checked);
            }
            // And some where only results are known, and all that has a name.
            let root = checked.rulebook().schema.root().columns.iter().map(|it| it.header.clone());
            let names = checked.rulebook().definitions.iter().map(|it| it.name.to_string());
            let of_results = checked.of_results("tagged.csv", &root.chain(names).collect::<Vec<_>>());
            let of_results = of_results.err().map_or(vec![], |it| it.into_diagnostics());
            let warnings = checked.warnings().diagnostics().iter().cloned().chain(of_results);
            warnings.chain(played.into_iter().flat_map(|verdict| verdict.found)).collect()
        }
        Err(problems) => problems.into_diagnostics(),
    };
    found.iter().map(|it| it.code.to_string()).collect()
}

/// The codes of what no engine's SQL can say.
fn told_in_sql(checked: &tagwell::engine::Checked) -> Vec<String> {
    use tagwell::sql::{AsOf, Engine, Shape, Target, query};
    let engine = checked.engine(checked.clock("2026-11-22").unwrap());
    let told = Engine::ALL.iter().flat_map(|it| {
        let (tables, with) = (Default::default(), vec![]);
        let target = Target {
            engine: *it,
            shape: Shape::Records,
            tables,
            as_of: AsOf::Constant,
            with,
            incremental: false,
            create: None,
        };
        query(checked.rulebook(), checked.warnings().sources(), engine.context(), &target).err().unwrap_or_default()
    });
    told.map(|it| it.code.to_string()).collect()
}

#[test]
fn every_pages_example_fails_with_its_code_and_what_to_write_instead_is_clean() {
    let mut wrong = vec![];
    for (code, _, page) in Code::all() {
        for text in blocks_of(page, "rules,fails") {
            let found = told(text);
            if !found.contains(&code.to_string()) {
                wrong.push(format!("{code}: its example is told {found:?}"));
            }
        }
        for text in blocks_of(page, "rules") {
            let found = told(text);
            if !found.is_empty() {
                wrong.push(format!("{code}: what to write instead is told {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
