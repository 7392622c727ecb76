//! A long text is read ahead, on all cores: to the same trees and the same mistakes as a short one, which is read from its
//! beginning to its end.

use proptest::prelude::*;
use tagwell::{diagnostic::Diagnostic, syntax::ast};

use super::{hostile::WORDS, parse};
use crate::generate::{print, program};

/// So many tags are longer than any text that one thread reads.
const MANY: usize = 3000;

fn with_tags(text: &str, tags: usize) -> (ast::File, Vec<Diagnostic>) {
    let tags: String = (0..tags).map(|number| format!("tag number_{number} when spend > {number}\n")).collect();
    parse(&format!("{text}\n{tags}"))
}

fn is_read_alike(text: &str) {
    let (short, told) = with_tags(text, 2);
    let (mut long, told_of_long) = with_tags(text, MANY);
    assert_eq!(long.declarations.len(), short.declarations.len() + MANY - 2, "{text}");
    long.declarations.truncate(short.declarations.len());
    // As they are shown trees say where they stand.
    assert_eq!(format!("{long:?}"), format!("{short:?}"), "{text}");
    assert_eq!(told_of_long, told, "{text}");
}

#[test]
fn what_is_spoiled_is_told_apart_in_a_long_text_too() {
    for text in ["tag a when `b", "tag a when b\n`\n", "tag a \u{a7} when b", "tag a when b = \"c"] {
        is_read_alike(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn programs_are_read_alike(program in program(), cut in any::<prop::sample::Index>(), word in prop::sample::select(WORDS)) {
        let text = print::on_one_line(&print::file(&program.file)).replace(" tag ", "\ntag ");
        is_read_alike(&text);
        let cut = text.floor_char_boundary(cut.index(text.len().max(1)).min(text.len()));
        is_read_alike(&format!("{}{word}{}", &text[..cut], &text[cut..]));
    }

    #[test]
    fn a_soup_of_words_is_read_alike(words in prop::collection::vec((prop::sample::select(WORDS), 0..4_usize), 0..60)) {
        let between = |number| ["", " ", "\n", " "][number];
        let text: String = words.iter().map(|(word, number)| format!("{word}{}", between(*number))).collect();
        is_read_alike(&text);
    }
}
