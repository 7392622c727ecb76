//! Whatever the program: the layout says the same, laying out twice is laying out once, and comments survive, each once
//! and in order.

use proptest::prelude::*;
use tagwell::{format, syntax::ast};
use unicode_width::UnicodeWidthStr;

use super::parse;
use crate::generate::{
    print,
    print::{Token, run_together},
    program,
};

/// The tokens of a program with line breaks and comments between them, and the comments.
fn annotated(tokens: &[Token], choices: &[u8]) -> (String, Vec<String>) {
    const BETWEEN: &[&str] = &["", " ", "", "\n", "", "\n\n", "#", "", "\n#", "\n\n\n  #", "\r\n", "##", "\n##"];
    let (mut text, mut comments) = (String::new(), vec![]);
    for (at, sign) in print::signs(tokens).enumerate() {
        // Choices are fewer than tokens, and in no step with any repetition among them.
        let choice = usize::from(choices[at % choices.len()]) + at / choices.len();
        let between = BETWEEN[choice % BETWEEN.len()];
        if let Some(blanks) = between.strip_suffix('#') {
            let (blanks, hashes) = blanks.strip_suffix('#').map_or((blanks, "#"), |blanks| (blanks, "##"));
            let comment = format!("{hashes} {} says {sign}", comments.len());
            text += &format!("{blanks} {comment}\n");
            comments.push(comment);
        } else if between.is_empty() && run_together(&text, sign) {
            text.push(' ');
        } else {
            text += between;
        }
        text += sign;
    }
    (text, comments)
}

fn comments(file: &ast::File) -> Vec<String> {
    file.comments.iter().map(|comment| comment.text.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases / 2,
        max_shrink_iters: 4096,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_layout_says_the_same_and_is_laid_out_already(
        program in program(),
        choices in prop::collection::vec(any::<u8>(), 1..200),
    ) {
        let (text, said) = annotated(&print::file(&program.file), &choices);
        let (file, found) = parse(&text);
        prop_assert!(found.is_empty(), "{:?}\n{}", found, text);
        prop_assert_eq!(comments(&file), said.clone());
        let once = match format::format(&file, &text) {
            Ok(once) => once,
            Err(error) => return Err(TestCaseError::fail(format!("{error}:\n{text}"))),
        };
        let (again, found) = parse(&once);
        prop_assert!(found.is_empty(), "{:?}\n{}", found, once);
        prop_assert!(again.declarations == file.declarations, "{text}\nsays something else than\n{once}");
        prop_assert_eq!(comments(&again), said, "{}", once);
        prop_assert!(once.lines().all(|line| line.trim_end() == line), "spaces at the end of a line:\n{once}");
        match format::format(&again, &once) {
            Ok(twice) => prop_assert_eq!(&twice, &once, "from\n{}\nonce\n{}\ntwice\n{}", text, once, twice),
            Err(error) => return Err(TestCaseError::fail(format!("{error}:\n{once}"))),
        }
    }

    /// Programs that were never printed by anybody: characters removed, doubled, or put in from a keyboard.
    #[test]
    fn whatever_still_parses_has_a_layout(
        program in program(),
        choices in prop::collection::vec(any::<u8>(), 1..200),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..30), 1..4),
    ) {
        let mut text: Vec<char> = annotated(&print::file(&program.file), &choices).0.chars().collect();
        for (place, edit) in edits {
            let at = place.index(text.len());
            match edit {
                0..=9 => drop(text.remove(at)),
                10..=14 => text.insert(at, text[at]),
                _ => text.insert(at, [' ', '#', '-', '(', ')', ',', '"', '`', '/', '\n', '.', '1', 'a', '\u{3000}', '\r'][edit - 15]),
            }
        }
        let text: String = text.into_iter().collect();
        let (file, found) = parse(&text);
        if found.is_empty() {
            let once = match format::format(&file, &text) {
                Ok(once) => once,
                Err(error) => return Err(TestCaseError::fail(format!("{error}:\n{text}"))),
            };
            let twice = format::format(&parse(&once).0, &once);
            prop_assert_eq!(twice.as_deref(), Ok(once.as_str()), "from\n{}", text);
        }
    }

    #[test]
    fn a_program_has_one_layout_however_it_is_spread(program in program(), choices in prop::collection::vec(0_u8..5, 1..200)) {
        const BETWEEN: &[&str] = &["", " ", "  ", "\n", "\t"];
        let tokens = print::file(&program.file);
        let mut spread = String::new();
        for (at, sign) in print::signs(&tokens).enumerate() {
            let between = BETWEEN[usize::from(choices[at % choices.len()])];
            spread += if between.is_empty() && run_together(&spread, sign) { " " } else { between };
            spread += sign;
        }
        let short = print::on_one_line(&tokens);
        let one = format::format(&parse(&short).0, &short).expect("what parses has a layout");
        let other = format::format(&parse(&spread).0, &spread).expect("what parses has a layout");
        prop_assert_eq!(&one, &other);
        // Only what has no place to break is wider.
        let wide = one.lines().filter(|line| line.width() > 200);
        prop_assert!(wide.clone().count() <= 2 + one.lines().count() / 4, "{one}");
    }
}
