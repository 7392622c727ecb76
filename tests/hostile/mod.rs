//! Rule files, data files and places to write that mean no good. Whatever they hold, the command ends by itself, with the exit
//! code of its contract, and its message names the file and, where there is one, the line.

mod data;
mod places;
mod rules;

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// A folder of its own with two rulebooks in it: `vip.rules` asks whether `n > 1`, `typed.rules` declares its table.
struct Place(TempDir);

/// What became of a command.
struct End {
    code: i32,
    out: String,
    err: String,
}

/// No command here has much to do.
const LONGEST: Duration = Duration::from_secs(60);

impl Place {
    fn new() -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        place.write("vip.rules", "tag vip when n > 1\n");
        place.write("typed.rules", "table users key user_id { user_id: text n: int }\ntag vip when n > 1\n");
        place.write("good.csv", "user_id,n\nu1,1\nu2,5\n");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// Types a command; one that does not end, panics or dies of a signal fails the test.
    fn type_in(&self, words: &[&str]) -> End {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tagwell"));
        command.args(words).current_dir(self.0.path()).env_clear().env("TAGWELL_AS_OF", "2026-11-22");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let begun = Instant::now();
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        let told = format!("{words:?} after {:?}", begun.elapsed());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let end = End {
            code: output.status.code().unwrap_or_else(|| panic!("{told}: killed by a signal")),
            out: text(&output.stdout),
            err: text(&output.stderr),
        };
        assert!(begun.elapsed() < LONGEST, "{told}");
        assert!(end.code < 4, "{told}: exit {}\n{}", end.code, end.err);
        end
    }

    /// `run` ends with this code, and what it says contains all of these.
    #[track_caller]
    fn runs(&self, words: &[&str], code: i32, says: &[&str]) {
        let words: Vec<&str> = ["run"].iter().chain(words).copied().collect();
        let end = self.type_in(&words);
        assert_eq!(end.code, code, "{words:?}\n{}", end.err);
        for it in says {
            assert!(end.out.contains(it) || end.err.contains(it), "{words:?} does not say {it:?}\n{}", end.err);
        }
    }

    /// `check` of one rule file.
    #[track_caller]
    fn checks(&self, text: impl AsRef<[u8]>, code: i32, says: &[&str]) {
        self.write("hostile.rules", text);
        let end = self.type_in(&["check", "hostile.rules"]);
        assert_eq!(end.code, code, "{}", &end.err.chars().take(2000).collect::<String>());
        for it in says {
            assert!(
                end.err.contains(it),
                "it does not say {it:?}\n{}",
                &end.err.chars().take(2000).collect::<String>()
            );
        }
    }
}

/// Bytes as gzip packs them.
fn packed(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}
