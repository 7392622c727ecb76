//! The page of each code about a text shows the mistake that it speaks of, and its remedy parses.

use tagwell::diagnostic::Code;

use super::parse;

fn block<'a>(page: &'a str, fence: &str) -> &'a str {
    let begin = page.find(fence).expect("the page has such a block") + fence.len();
    let end = page[begin..].find("\n```").expect("the block ends");
    &page[begin..begin + end]
}

#[test]
fn every_page_shows_its_mistake_and_a_remedy() {
    let of_syntax =
        |code: &str| code.starts_with("E00") && !["E0008", "E0009"].contains(&code) || code.starts_with("E01");
    for (code, _, page) in Code::all().iter().filter(|(code, ..)| of_syntax(code.as_str())) {
        let found: Vec<&str> = parse(block(page, "```rules,fails\n")).1.iter().map(|it| it.code.as_str()).collect();
        assert!(
            !found.is_empty() && found.iter().all(|it| *it == code.as_str()),
            "{code}: the example gives {found:?}"
        );
        let remedy = parse(block(page, "```rules\n")).1;
        assert!(remedy.is_empty(), "{code}: the remedy gives {remedy:?}");
    }
}
