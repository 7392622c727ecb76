//! The example sender keeps its promises: its own tests, in Python, run with the command that was just built.

use std::process::Command;

#[test]
fn the_example_sender_keeps_its_promises() {
    let python = |words: &[&str]| {
        Command::new("python3")
            .args(words)
            .current_dir("examples/sender")
            .env("TAGWELL", env!("CARGO_BIN_EXE_tagwell"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
    };
    if !python(&["-c", "import sqlite3"]).is_ok_and(|it| it.status.success()) {
        eprintln!("python3 with sqlite3 is missing: the example sender was not tried");
        return;
    }
    let output = python(&["-m", "unittest", "-v"]).expect("python3 was there a moment ago");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("test_who_unsubscribes_is_not_called_back_again") && !said.contains("skipped"), "{said}");
}
