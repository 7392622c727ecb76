//! Pages that the command prints: of a code, of the manual, for a shell.

use tagwell::diagnostic::Code;

use super::Place;

#[test]
fn explain_code_prints_the_page() {
    let place = Place::with(&[]);
    for (code, _, page) in Code::all() {
        let answer = place.run(&["explain-code", &code.as_str().to_lowercase()]);
        assert_eq!((answer.code, answer.out.as_str()), (0, *page));
    }
}

#[test]
fn a_code_that_is_not_there_is_told_with_the_nearest() {
    let answer = Place::with(&[]).run(&["explain-code", "EO801"]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert_eq!(
        answer.err,
        "error: there is no code `EO801`\n  = help: did you mean `E0801`?\n  = help: `tagwell explain-code --list` prints all of them\n"
    );
}

#[test]
fn the_list_has_a_line_for_each_code() {
    let list = Place::with(&[]).run(&["explain-code", "--list"]).out;
    assert_eq!(list.lines().count(), Code::all().len());
}

#[test]
fn the_manual_page_has_every_command_and_option() {
    let page = Place::with(&[]).run(&["man"]).out;
    for part in [
        ".TH tagwell 1",
        ".SH TAGWELL RUN",
        ".SH TAGWELL EXPLAIN\\-CODE",
        "\\-\\-message\\-format",
        "\\-\\-on\\-bad\\-row",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert_eq!(page.matches(".SH NAME").count(), 1);
    assert_eq!(page.matches("\\-\\-color\\fR \\fI<").count(), 1, "common options are told once");
    assert!(!page.contains("EXTRA"), "{page}");
}

#[test]
fn every_shell_gets_completions() {
    let place = Place::with(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let answer = place.run(&["completions", shell]);
        assert_eq!(answer.code, 0);
        assert!(answer.out.contains("explain-code"), "{shell}");
    }
    assert_eq!(place.run(&["completions", "tcsh"]).code, 2);
}
