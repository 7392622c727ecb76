//! The examples of the language's own page, and the rule files of this project.

use std::{fs, path::Path};

use insta::assert_snapshot;

use super::laid_out;

#[test]
fn the_pages_examples() {
    assert_snapshot!(laid_out(include_str!("../syntax/rules/shop.rules")));
    assert_snapshot!(laid_out(include_str!("../syntax/rules/segments.rules")));
}

/// Of the page's examples these come out as they stand there, letter for letter.
#[test]
fn much_of_the_page_is_laid_out_already() {
    let shop = include_str!("../syntax/rules/shop.rules");
    let segments = include_str!("../syntax/rules/segments.rules");
    let blocks = shop.split_inclusive("\n\n").map(str::trim).chain(["segment win_back", "policy"].map(|begin| {
        let block = segments.split(&format!("\n{begin}")).nth(1).expect("the page has such a block");
        let end = block.find("\n}").expect("a block ends") + 2;
        Box::leak(format!("{begin}{}", &block[..end]).into_boxed_str()) as &str
    }));
    let (mut same, mut other) = (0, vec![]);
    for block in blocks {
        if laid_out(block).trim() == block { same += 1 } else { other.push(block.lines().next().unwrap_or("")) }
    }
    // Labels are set in a column too, and a line of 137 columns is broken.
    let expected = [
        "tag vip \"\u{91cd}\u{8981}\u{5ba2}\u{6237},\u{5373}\u{5c06}\u{6d41}\u{5931}\" when purchases >= 3 and last_order between 30d..60d and spend > 500",
        "test \"spending just over the line makes a vip\" as of 2026-11-22T10:00 {",
    ];
    assert_eq!((same, other), (8, expected.to_vec()));
}

#[test]
fn the_projects_own_rules_are_laid_out() {
    let mut files = vec![];
    ["rules", "examples", "benches"].iter().for_each(|folder| rules_below(Path::new(folder), &mut files));
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).expect("a rule file can be read");
        assert_eq!(laid_out(&text), text, "{}", file.display());
    }
}

fn rules_below(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            rules_below(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rules") {
            found.push(path);
        }
    }
}
