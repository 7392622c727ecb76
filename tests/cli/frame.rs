//! Usage, streams, colours, exit codes.

use std::process::Stdio;

use super::{Place, VIP, answer};

#[test]
fn what_is_asked_for_goes_to_standard_output_and_ends_with_0() {
    let place = Place::with(&[]);
    for words in [
        &["--help"][..],
        &["--version"],
        &["run", "--help"],
        &["fmt", "-h"],
        &["help", "check"],
        &["explain-code", "--list"],
    ] {
        let answer = place.run(words);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{words:?}");
        assert!(!answer.out.is_empty(), "{words:?}");
    }
    assert_eq!(place.run(&["--version"]).out, format!("tagwell {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_command_has_examples_in_its_help() {
    let place = Place::with(&[]);
    for verb in ["run", "check", "fmt", "eval", "schema", "sql", "explain-code", "init", "completions", "man"] {
        let help = place.run(&[verb, "--help"]).out;
        assert!(help.contains(&format!("\nExamples:\n  tagwell {verb}")), "{help}");
    }
}

#[test]
fn what_makes_no_command_goes_to_standard_error_and_ends_with_2() {
    let place = Place::with(&[("vip.rules", VIP)]);
    for (words, said) in [
        (&[][..], "Usage: tagwell"),
        (&["check"], "<RULES>"),
        (&["chekc", "vip.rules"], "did you mean `tagwell check`?"),
        (&["vip.rules"], "did you mean `tagwell run vip.rules`?"),
        (&["check", "vip.rules", "--message-format", "xml"], "human"),
        (&["check", "vip.rules", "--color", "red"], "always"),
        (&["check", "vip.rules", "--frobnicate"], "--frobnicate"),
        (&["check", "vip.rules", "-q", "-v"], "cannot be used with"),
        (&["run", "vip.rules", "--param", "x"], "write NAME=VALUE"),
        (&["check", "vip.rules", "--data", "users.csv"], "write NAME=FILE, the table's name first: users=users.csv"),
        (&["run", "vip.rules", "--threads", "0"], "--threads"),
        (&["eval"], "EXPR"),
        (&["test", "vip.rules"], "there is no test in `vip.rules`"),
        (&["lsp"], "`tagwell lsp` is not in this version yet"),
        (&["run", "vip.rules", "users.csv", "--absent", "exit"], "--state"),
        (&["run", "vip.rules", "--users", "users.csv"], "write `--data users=users.csv`"),
        (&["run", "vip.rules", "--orders=orders.parquet"], "write `--data orders=orders.parquet`"),
        (&["simulate", "vip.rules", "users.csv", "--days", "30"], "write `--from 2026-12-01 --to 2026-12-30`"),
        (&["simulate", "vip.rules", "users.csv"], "For example: tagwell simulate shop.rules users.csv --from"),
        (&["act", "vip.rules", "--from", "tagged.csv"], "For example: tagwell act shop.rules --from"),
        (&["act", "vip.rules", "tagged.csv", "--state", "s"], "write `--from tagged.csv`"),
        (&["lift", "vip.rules"], "For example: tagwell lift shop.rules --state"),
        (&["lift", "vip.rules", "orders.csv", "--state", "s"], "write `--data orders=orders.csv`, and `--of orders`"),
    ] {
        let answer = place.run(words);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{words:?}");
        assert!(answer.err.contains(said), "{words:?}: {}", answer.err);
    }
}

#[test]
fn what_was_typed_cannot_write_to_the_terminal() {
    let place = Place::with(&[]);
    for words in [
        &["\u{1b}[31mx"][..],
        &["check", "--color=always", "--\u{9b}31m"],
        &["check", "a\u{1b}]0;b\u{7}"],
        &["explain-code", "\u{1b}c"],
    ] {
        let answer = place.run(words);
        assert_eq!(answer.code, 2);
        assert!(!answer.err.contains(|c: char| c.is_control() && c != '\n'), "{:?}", answer.err);
    }
}

#[test]
fn colours_come_where_they_are_asked_for() {
    let place = Place::with(&[]);
    let coloured = |words: &[&str], variables: &[(&str, &str)]| {
        answer(place.command(words).envs(variables.iter().copied())).err.contains('\u{1b}')
    };
    let unknown = ["explain-code", "E1"];
    assert!(!coloured(&unknown, &[]), "not a terminal");
    assert!(coloured(&["--color", "always", "explain-code", "E1"], &[("NO_COLOR", "1")]));
    assert!(coloured(&["explain-code", "E1", "--color=always"], &[]));
    assert!(coloured(&unknown, &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["explain-code", "E1", "--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    // Also where the words make no command.
    assert!(coloured(&["check", "--color", "always"], &[]));
    assert!(!coloured(&["check"], &[]));
}

#[test]
fn colours_are_colours_and_what_others_wrote_is_shown() {
    let place = Place::with(&[("a.rules", "tag a when points > 1\n"), ("b.rules", "tag a when points >\n")]);
    let said = |words: &[&str]| place.run(&[words, &["--color", "always"]].concat()).err;
    assert_eq!(said(&["check", "a.rules"]), "\u{1b}[1m\u{1b}[92mok\u{1b}[0m: 1 declaration in 1 file, no mistakes\n");
    let mistake = said(&["check", "b.rules"]);
    assert!(mistake.ends_with("\n\u{1b}[1m\u{1b}[91m1 error\u{1b}[0m\n"), "{mistake:?}");
    // A file's name obeys nothing.
    let name = "bad\u{1b}[31m.rules";
    place.write(name, "tag a when points > 1\n");
    place.write("users.csv", "user_id,points\nu1,2\n");
    place.write("t.rules", "tag a when points > 1\ntest \"a\" { given { points: 2 } expect a }\n");
    place.write("snapshots/t__\u{1b}[31mold.snap", "---\nsource: \"t.rules\"\nexpression: x\n---\n1\n");
    let orphan = said(&["test", "t.rules"]);
    let told = "\u{1b}[1m\u{1b}[33mwarning\u{1b}[0m: `snapshots/t__␛[31mold.snap` keeps a snapshot";
    assert!(orphan.starts_with(told), "{orphan:?}");
    let fit = said(&["check", "a.rules", "users.csv"]);
    assert!(!fit.contains('␛') && fit.contains("\u{1b}[92mok\u{1b}[0m: "), "{fit:?}");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let place = Place::with(&[]);
    for words in [&["--help"][..], &["man"], &["completions", "bash"], &["explain-code", "--list"]] {
        let mut child = place.command(words).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{words:?}");
    }
}

#[test]
fn a_closed_pipe_makes_no_mistake_go_away() {
    let place = Place::with(&[]);
    place.write("bad.rules", b"tag \xff");
    let mut child = place.command(&["check", "bad.rules", "--message-format", "json"]).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(1));
}

#[test]
fn nobody_listening_to_standard_error_stops_nothing() {
    let place = Place::with(&[("vip.rules", VIP)]);
    let mut child = place.command(&["check", "vip.rules"]).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_with_2() {
    let place = Place::with(&[("vip.rules", VIP)]);
    for words in [&["man"][..], &["--help"], &["check", "vip.rules", "--message-format", "json"], &["fmt", "-"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let input = std::fs::File::open(place.path("vip.rules")).unwrap();
        let answer = answer(place.command(words).stdin(Stdio::from(input)).stdout(Stdio::from(full)));
        assert_eq!(answer.code, 2, "{words:?}");
        assert_eq!(
            answer.err.lines().next(),
            Some("error: cannot write `standard output`: the disk is full"),
            "{words:?}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn interrupted_from_the_keyboard_ends_with_130() {
    let place = Place::with(&[]);
    let mut child = place.command(&["check", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let input = child.stdin.take();
    // It waits for input; only once it listens for the interruption is there something to test.
    let listens = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim().to_owned();
        u64::from_str_radix(&caught, 16).unwrap() & 0b10 != 0
    };
    let begun = std::time::Instant::now();
    while !listens() && begun.elapsed().as_secs() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let told = std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(told.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(130), &b""[..]));
    drop(input);
}
