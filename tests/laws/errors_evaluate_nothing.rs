//! Law 2: like compares with like; anything else is an error before data is read. A rulebook with any error evaluates
//! nothing.

use super::codes;

const TABLE: &str = "
table users key id { id: text  word: text  n: int  d: decimal(2)  f: float  yes: bool  day: date  at: timestamp  words: list of text }
";

#[test]
fn like_compares_with_like() {
    for like in [
        "n = 3",
        "n = 3.5",
        "d > n",
        "f < d",
        "f = 20%",
        "word = \"x\"",
        "word < \"x\"",
        "yes = true",
        "day = 2026-11-22",
        "at > 2026-11-22T10:00",
        "at <= 2026-11-22",
        "at < 30d ago",
        "day within 30d",
        "at between 30d..60d",
        "age(at) > 30d",
        "word in [\"x\"]",
        "words has \"x\"",
        "n in [1, 2]",
        "word matches /x/",
        "at - at > 3d",
    ] {
        assert_eq!(codes(&format!("{TABLE}tag t when {like}\n")), [""; 0], "{like}");
    }
    for unlike in [
        "n = \"3\"",
        "word = 3",
        "word > 3",
        "yes = 1",
        "yes = \"true\"",
        "day = \"2026-11-22\"",
        "at > 30d",
        "day > 3",
        "n within 30d",
        "word between 3..5",
        "n in [\"x\"]",
        "words has 3",
        "word has \"x\"",
        "n contains \"x\"",
        "n matches /x/",
        "age(n) > 30d",
        "n + word = 3",
        "n",
        "word",
        "not n",
        "n and yes",
        "yes > false",
        "at - n > 3d",
        "if n then yes else yes",
        "if yes then n else word",
        "n ?? word = 3",
        "words = \"x\"",
        "lower(n) = \"x\"",
    ] {
        assert_ne!(codes(&format!("{TABLE}tag t when {unlike}\n")), [""; 0], "{unlike}");
    }
}

/// What is right beside what is wrong is not evaluated either, and no row is read.
#[cfg(feature = "cli")]
#[test]
fn nothing_is_evaluated_and_no_row_is_read() {
    let folder = tempfile::tempdir().expect("a folder for a test");
    let run = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tagwell"));
        let output = command.args(words).current_dir(folder.path()).output().expect("the binary runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    std::fs::write(folder.path().join("a.rules"), "tag fine when n > 3\n").expect("a file");
    std::fs::write(folder.path().join("b.rules"), "tag wrong when n > 3 and n = \"x\"\n").expect("a file");
    std::fs::write(folder.path().join("users.csv"), "id,n\nu1,5\n").expect("a file");
    let good = run(&["run", "a.rules", "users.csv", "--as-of", "2026-11-22", "-q"]);
    assert_eq!(good, (Some(0), "{\"id\":\"u1\",\"tags\":[\"fine\"],\"segments\":[]}\n".into(), String::new()));
    std::fs::write(folder.path().join("broken.csv"), "id,n\nu1,5,6\nu2,\"\n").expect("a file");
    for data in ["users.csv", "broken.csv"] {
        let (code, out, told) = run(&["run", ".", data, "--as-of", "2026-11-22", "-q", "--out", "out.jsonl"]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{told}");
        assert!(told.contains("b.rules") && !told.contains(data), "{told}");
        assert!(!folder.path().join("out.jsonl").exists(), "no result is begun");
    }
}
