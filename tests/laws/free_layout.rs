//! Law 5: line breaks mean nothing, and commas between the entries of a block are optional.

use proptest::prelude::*;
use tagwell::{
    diagnostic::Sink,
    source::SourceId,
    syntax::{self, ast},
};

use crate::generate::{
    Program, print,
    print::{Token, run_together},
    program,
};

fn declarations(text: &str) -> Result<Vec<ast::Declaration>, String> {
    let mut sink = Sink::new();
    let file = syntax::parse(SourceId(0), text, &mut sink);
    let told: Vec<String> = sink
        .finish()
        .iter()
        .map(|it| format!("{} {} at `{}`", it.code, it.message, text.get(it.primary.span.range()).unwrap_or("")))
        .collect();
    if told.is_empty() { Ok(file.declarations) } else { Err(format!("{}\n{text}", told.join("\n"))) }
}

fn reads_back(program: &Program, text: &str) -> Result<(), TestCaseError> {
    match declarations(text) {
        Ok(read) => {
            let same = read == program.file.declarations;
            let file = ast::File { declarations: read, ..program.file.clone() };
            prop_assert!(same, "{}\nis read as\n{}", text, print::on_one_line(&print::file(&file)));
        }
        Err(told) => prop_assert!(false, "{}", told),
    }
    Ok(())
}

/// What stands between two tokens: of the choices, one each.
fn spread(tokens: &[Token], choices: &[u8]) -> String {
    const BETWEEN: &[&str] = &["\n", " ", "", "\r\n", "\t", "\n\n  ", "\u{3000}"];
    let mut text = String::new();
    for (at, token) in tokens.iter().enumerate() {
        let choice = usize::from(choices[at % choices.len()]) % BETWEEN.len();
        match token {
            Token::OptionalComma => text += [",", ""][choice % 2],
            Token::Sign(sign) => {
                let between = BETWEEN[choice];
                text += if between.is_empty() && run_together(&text, sign) { " " } else { between };
                text += sign;
            }
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_program_on_one_line_without_commas_is_the_same_program(program in program()) {
        reads_back(&program, &print::on_one_line(&print::file(&program.file)))?;
    }

    #[test]
    fn line_breaks_and_commas_anywhere_mean_nothing(program in program(), choices in prop::collection::vec(any::<u8>(), 1..60)) {
        reads_back(&program, &spread(&print::file(&program.file), &choices))?;
    }
}
