//! The command as it is typed: what goes to which stream, what is left on disk, and the exit code.

mod actions;
mod check;
mod columnar;
mod counted;
mod edited;
mod explain;
mod files;
mod fit;
mod fmt;
mod frame;
mod guarded;
mod lift;
mod pages;
mod repl;
mod run;
mod schema;
mod shown;
mod sql;
mod state;
#[cfg(unix)]
mod terminal;
mod test;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// The shortest rulebook.
const VIP: &str = "tag vip when purchases >= 3\n";

/// A folder of its own, in which commands are typed.
struct Place {
    folder: TempDir,
}

/// What a command answered.
#[derive(Debug)]
struct Answer {
    code: i32,
    out: String,
    err: String,
}

impl Place {
    /// A folder with these files.
    fn with(files: &[(&str, &str)]) -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        files.iter().for_each(|(name, text)| place.write(name, text));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Every file below the folder, hidden ones too, in order.
    fn files(&self) -> Vec<String> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { walk(&path, found) } else { found.push(path) }
            }
        }
        let mut found = vec![];
        walk(self.folder.path(), &mut found);
        found.sort();
        found.iter().map(|path| path.strip_prefix(self.folder.path()).unwrap().display().to_string()).collect()
    }

    /// The command, not started yet, without the settings of the machine it runs on.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tagwell"));
        command.args(words).current_dir(self.folder.path());
        for variable in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM", "CI", "TAGWELL_AS_OF"] {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, words: &[&str]) -> Answer {
        answer(&mut self.command(words))
    }

    fn run_with_input(&self, words: &[&str], input: impl AsRef<[u8]>) -> Answer {
        let mut child = self.command(words).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_ref()).unwrap();
        let output = child.wait_with_output().unwrap();
        Answer::new(&output)
    }
}

impl Answer {
    fn new(output: &std::process::Output) -> Answer {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let code = output.status.code().expect("it ends by itself");
        Answer { code, out: text(&output.stdout), err: text(&output.stderr) }
    }
}

fn answer(command: &mut Command) -> Answer {
    Answer::new(&command.output().unwrap())
}
